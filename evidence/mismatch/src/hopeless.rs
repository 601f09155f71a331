//! Requests of which nothing can be proved: whatever is said to be proved is false.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use crate::case::Case;
use crate::engine;

/// Makes so many from the cases, the same on every machine, and says whether all are free of proofs.
pub fn run(cases: &[Case], count: usize, neutral: &[&str]) -> bool {
    // Long bodies cost time and show nothing that short ones do not.
    let cases: Vec<_> = cases.iter().filter(|case| case.body.len() <= 4 << 10).collect();
    let (next, false_proofs, start) = (AtomicUsize::new(0), AtomicUsize::new(0), Instant::now());
    let work = || {
        loop {
            let number = next.fetch_add(1, Relaxed);
            if number >= count {
                return;
            }
            let mut chance = fastrand::Rng::with_seed(number as u64);
            let case = make(cases[number % cases.len()], &mut chance);
            if let Some(codes) = proof(&case, neutral) {
                false_proofs.fetch_add(1, Relaxed);
                println!("false proof: {} ({number}): {codes:?}", case.id);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let false_proofs = false_proofs.into_inner();
    let time = start.elapsed().as_secs_f64();
    println!("\nhopeless: {count} requests, {false_proofs} false proofs, {:.1} ms each", 1000.0 * time / count as f64);
    false_proofs == 0
}

/// The findings that are called proved for a request.
pub fn proof(case: &Case, neutral: &[&str]) -> Option<Vec<String>> {
    let is_said = |found: &engine::Found| found.codes.iter().any(|code| !neutral.contains(&code.as_str()));
    engine::diagnose(case).findings.into_iter().find(|found| found.is_proved && is_said(found)).map(|found| found.codes)
}

fn make(case: &Case, chance: &mut fastrand::Rng) -> Case {
    let mut case = case.clone();
    match chance.u8(..4) {
        // The damaged request, and a secret that nobody has.
        0 => renew_secret(&mut case, chance),
        // The request as HubSpot signed it, with signatures that nobody made.
        1 => {
            restore(&mut case);
            for (name, value) in &mut case.headers {
                if name.to_ascii_lowercase().contains("hubspot-signature") && value.len() > 10 {
                    *value = renewed(value, chance);
                }
            }
            renew_secret(&mut case, chance);
        }
        // One character of the body is another, and all else is right.
        2 if case.signed.body.len() > 40 => {
            restore(&mut case);
            let at = chance.usize(10..case.body.len() - 10);
            case.body[at] = if case.body[at] == b'q' { b'w' } else { b'q' };
        }
        // Another path, and all else is damaged as it was.
        _ => {
            renew_secret(&mut case, chance);
            let _ = write!(case.uri, "{}", chance.u32(..));
        }
    }
    case
}

fn renew_secret(case: &mut Case, chance: &mut fastrand::Rng) {
    let mut text = String::new();
    for (at, width) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if at > 0 {
            text.push('-');
        }
        (0..width).for_each(|_| text.push(chance.digit(16)));
    }
    case.secret = text;
    case.others.clear();
    case.previous = None;
}

/// Method, URI, body and secret as they were signed; the headers stay.
fn restore(case: &mut Case) {
    case.others.clear();
    case.previous = None;
    case.method.clone_from(&case.signed.method);
    case.uri.clone_from(&case.signed.uri);
    case.body.clone_from(&case.signed.body);
    case.secret.clone_from(&case.signed.secret);
}

/// Text of the same length and alphabet.
fn renewed(value: &str, chance: &mut fastrand::Rng) -> String {
    let is_hex = value.len() == 64;
    let body = value.trim_end_matches('=').len();
    let renew = |(at, c)| match c {
        _ if at >= body => c,
        _ if is_hex => chance.digit(16),
        _ => chance.alphanumeric(),
    };
    value.chars().enumerate().map(renew).collect()
}
