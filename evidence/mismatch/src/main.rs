//! Scores what the library says of requests that real servers, proxies, frameworks and serialisers damaged.
//!
//! `mismatch FOLDER [--only seen|unseen] [--verbose] [--hopeless COUNT]`

mod case;
mod engine;
mod hopeless;
mod usage;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use case::{Case, Recover};
use engine::{Answer, Found};

#[global_allocator]
static ALLOCATOR: usage::Counting = usage::Counting;

/// The work that the library may do for one request.
const TIME: Duration = Duration::from_millis(500);
const MEMORY: usize = 64 << 20;
/// Of the cases that can be recovered, in percent: found at all, and proved.
const FOUND: f64 = 95.0;
const PROVED: f64 = 88.0;
/// These say what is not at fault, or what else the verifier holds against a request; they neither name a fault nor hide one.
const NEUTRAL: [&str; 2] = ["scheme-older-matches", "scheme-below-minimum"];

/// How the library did on one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// A proof that names the causes, and whose fix works when it is taken literally.
    Proved,
    /// All causes are named, as likely.
    Likely,
    /// Some of the causes are named, and nothing that is proved is wrong.
    Partly,
    NotFound,
    /// Only other causes are named, or a proof names others.
    Wrong,
    /// A proof whose fix does not work.
    FalseProof,
    /// The verifier accepts the request as it is: no case at all.
    Accepted,
}

const COLUMNS: [(&str, Outcome); 7] = [
    ("proved", Outcome::Proved),
    ("likely", Outcome::Likely),
    ("partly", Outcome::Partly),
    ("not found", Outcome::NotFound),
    ("wrong", Outcome::Wrong),
    ("false proof", Outcome::FalseProof),
    ("accepted", Outcome::Accepted),
];

/// From the words of the cases to the library's codes.
type Words = BTreeMap<String, Vec<String>>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let (mut only, mut is_verbose, mut hopeless) = (None, false, 10_000);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--only" => only = arguments.next(),
            "--verbose" => is_verbose = true,
            "--hopeless" => hopeless = arguments.next().and_then(|count| count.parse().ok()).expect("a count"),
            other => panic!("unknown argument {other}"),
        }
    }
    let file = |name: &str| std::fs::read_to_string(format!("{folder}/{name}")).expect(name);
    let words: Words = serde_json::from_str(&file("causes.json")).expect("causes.json");

    let (mut is_good, mut all) = (true, Vec::new());
    for set in ["seen", "unseen"] {
        if only.as_ref().is_none_or(|only| only == set) {
            let cases = case::read(&file(&format!("{set}.jsonl")));
            is_good &= score(set, &cases, &words, is_verbose);
            all.extend(cases);
        }
    }
    control(&all, &words);
    if hopeless > 0 {
        is_good &= hopeless::run(&all, hopeless, &NEUTRAL);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Negative control: a proof with another URL, with one cause less or with a cause more is no proof, and a request that can
/// be recovered is not hopeless.
fn control(cases: &[Case], words: &Words) {
    let (mut changed, mut hopeful) = (0, 0);
    for case in cases.iter().filter(|case| case.recover == Recover::Proof && case.body.len() < 4 << 10).take(200) {
        let answer = engine::diagnose(case);
        if judge(case, &answer, words) != Outcome::Proved {
            continue;
        }
        hopeful += usize::from(hopeless::proof(case, &NEUTRAL).is_some());
        let with = |change: &dyn Fn(&mut Found)| {
            let mut findings = answer.findings.clone();
            findings.iter_mut().for_each(change);
            judge(case, &Answer { is_accepted: false, findings }, words)
        };
        let other_uri = with(&|found| found.signed_uri = found.signed_uri.as_ref().map(|uri| format!("{uri}x")));
        let is_of_uri = answer.findings.iter().any(|found| found.is_proved && found.signed_uri.is_some());
        assert!(!is_of_uri || other_uri > Outcome::Likely, "{}: another URL is not noticed", case.id);
        let fewer = with(&|found| found.codes.truncate(found.codes.len() - 1));
        assert!(fewer > Outcome::Proved || case.expected.len() > 1, "{}: a cause less is not noticed", case.id);
        let more = with(&|found| found.codes.push("uri-another".into()));
        assert!(more > Outcome::Likely, "{}: another cause is not noticed", case.id);
        changed += 1;
    }
    assert!(changed > 50 && hopeful == changed, "the negative control found too little to change");
    println!("\nnegative control: {changed} proofs changed, and each change was noticed");
}

/// Runs a set, prints its score, and says whether it reaches what is promised.
fn score(set: &str, cases: &[Case], words: &Words, is_verbose: bool) -> bool {
    let mut kinds: BTreeMap<(Recover, &str), Vec<Outcome>> = BTreeMap::new();
    let (mut slowest, mut largest) = ((Duration::ZERO, ""), (0, ""));
    for case in cases {
        let start = usage::time();
        let (answer, peak) = usage::peak(|| engine::diagnose(case));
        let time = usage::time().saturating_sub(start);
        slowest = slowest.max((time, &case.id));
        largest = largest.max((peak, &case.id));
        let outcome = judge(case, &answer, words);
        kinds.entry((case.recover, &case.kind)).or_default().push(outcome);
        if is_verbose && outcome > Outcome::Likely {
            println!("{outcome:?}: {} ({})\n  expected {:?}", case.id, case.stack, case.expected);
            println!("  signed {} {}\n  seen   {} {}", case.signed.method, case.signed.uri, case.method, case.uri);
            for Found { is_proved, codes, signed_uri, .. } in &answer.findings {
                println!("  {} {codes:?} {signed_uri:?}", if *is_proved { "proved" } else { "likely" });
            }
        }
    }

    println!("\n{set}: {} cases", cases.len());
    for (recover, title) in [
        (Recover::Proof, "what can be recovered"),
        (Recover::Shape, "what is lost for good, to be named by its shape"),
        (Recover::None, "what nothing shows"),
    ] {
        let of_these = || kinds.iter().filter(|((other, _), _)| *other == recover);
        println!("  {title}");
        print!("    {:26}", "");
        COLUMNS.iter().for_each(|(name, _)| print!("{name:>12}"));
        println!();
        for ((_, kind), outcomes) in of_these() {
            row(kind, outcomes);
        }
        row("in all", &of_these().flat_map(|(_, outcomes)| outcomes.clone()).collect::<Vec<_>>());
    }
    let recoverable: Vec<_> = kinds
        .iter()
        .filter(|((recover, _), _)| *recover == Recover::Proof)
        .flat_map(|(_, outcomes)| outcomes)
        .collect();
    let share = |last| {
        100.0 * recoverable.iter().filter(|outcome| ***outcome <= last).count() as f64 / recoverable.len().max(1) as f64
    };
    let (found, proved) = (share(Outcome::Likely), share(Outcome::Proved));
    let wrong = kinds.values().flatten().filter(|outcome| **outcome >= Outcome::Wrong).count();
    println!("  of what can be recovered: {found:.1} % proved or likely, {proved:.1} % proved; wrong in all: {wrong}");
    println!("  slowest: {:.3} s ({})", slowest.0.as_secs_f64(), slowest.1);
    println!("  most memory: {:.1} MiB ({})", largest.0 as f64 / (1 << 20) as f64, largest.1);
    found >= FOUND && proved >= PROVED && wrong == 0 && slowest.0 <= TIME && largest.0 <= MEMORY
}

fn row(name: &str, outcomes: &[Outcome]) {
    print!("    {name:26}");
    for (_, column) in COLUMNS {
        print!("{:>12}", outcomes.iter().filter(|outcome| **outcome == column).count());
    }
    println!();
}

fn judge(case: &Case, answer: &Answer, words: &Words) -> Outcome {
    if answer.is_accepted {
        return Outcome::Accepted;
    }
    let means = |word: &String, code: &String| words.get(word).is_some_and(|codes| codes.contains(code));
    let is_asked = |code: &String| case.expected.iter().flatten().any(|word| means(word, code));
    let is_fault = |code: &&String| !NEUTRAL.contains(&code.as_str()) || is_asked(code);
    let names_all =
        |set: &[String], codes: &[&String]| set.iter().all(|word| codes.iter().any(|code| means(word, code)));
    let mut is_proved = false;
    let mut is_other = false;
    for found in answer.findings.iter().filter(|found| found.is_proved) {
        let codes: Vec<_> = found.codes.iter().filter(is_fault).collect();
        if codes.is_empty() {
            continue;
        }
        if found.matched.is_empty() || !engine::fix_works(case, found) {
            return Outcome::FalseProof;
        }
        let is_right = |set: &Vec<String>| {
            names_all(set, &codes) && codes.iter().all(|code| set.iter().any(|word| means(word, code)))
        };
        // A body-only signature proves a part of the whole.
        let is_part = |set: &Vec<String>| codes.iter().all(|code| set.iter().any(|word| means(word, code)));
        is_proved |= case.expected.iter().any(is_right);
        is_other |= !case.expected.iter().any(is_part);
    }
    if is_other {
        return Outcome::Wrong;
    }
    if is_proved {
        return Outcome::Proved;
    }
    let codes: Vec<_> = answer.findings.iter().flat_map(|found| &found.codes).filter(is_fault).collect();
    // `~body` has the codes that say that the body is at fault, and not how.
    let vague = |word: &String| word.split_once('-').map(|(part, _)| format!("~{part}")).unwrap_or_default();
    let names_some = |set: &Vec<String>| {
        set.iter().any(|word| codes.iter().any(|code| means(word, code) || means(&vague(word), code)))
    };
    if case.expected.iter().any(|set| names_all(set, &codes)) {
        Outcome::Likely
    } else if case.expected.iter().any(names_some) {
        Outcome::Partly
    } else if codes.is_empty() {
        Outcome::NotFound
    } else {
        Outcome::Wrong
    }
}
