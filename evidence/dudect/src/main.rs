//! Times the verification of wrong signatures in two classes and lets a t-test say whether the classes differ. `run` beside
//! this crate says how.

use std::hint::black_box;

use dudect_bencher::rand::RngExt;
use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use hubspot_signature::{ClientSecret, Header, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use sha2::{Digest, Sha256};

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const URI: &str = "https://hooks.example.com/hubspot?portalId=62515&appId=54321";
const BODY: &[u8] = b"[{\"eventId\":1,\"portalId\":62515}]";
const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);
const SAMPLES: usize = 1_000_000;

/// Wrong signatures, each of one of the two classes at random. They lie one after the other in memory, so that the classes
/// differ in nothing else.
fn presented<const N: usize>(right: &str, rng: &mut BenchRng, wrong: [Wrong; 2]) -> Vec<(Class, [u8; N])> {
    let right: [u8; N] = right.as_bytes().try_into().expect("the signature's length");
    // Hex, or base64 but for the last two characters, of which one is padding and one not free.
    let (digits, free): (&[u8], usize) =
        if N == 64 { (b"0123456789abcdef", 64) } else { (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 42) };
    (0..SAMPLES)
        .map(|_| {
            let (class, wrong) = if rng.random() { (Class::Left, wrong[0]) } else { (Class::Right, wrong[1]) };
            let places = match wrong {
                Wrong::At(at) => at..at + 1,
                Wrong::Everywhere => 0..free,
            };
            let mut text = right;
            for place in &mut text[places] {
                let before = *place;
                while *place == before {
                    *place = digits[usize::from(rng.random::<u8>()) % digits.len()];
                }
            }
            (class, text)
        })
        .collect()
}

/// Where a signature is wrong.
#[derive(Clone, Copy)]
enum Wrong {
    At(usize),
    Everywhere,
}

const LAST_V2: Wrong = Wrong::At(63);
const LAST_V3: Wrong = Wrong::At(41);

fn verify_v2(runner: &mut CtRunner, rng: &mut BenchRng, wrong: [Wrong; 2]) {
    let verifier = Verifier::new(SECRET).unwrap();
    let right = ClientSecret::new(SECRET).unwrap().v2("POST", URI, BODY);
    for (class, text) in presented::<64>(right.as_str(), rng, wrong) {
        let headers = SignatureHeaders::new().with(Header::Signature, &text).with(Header::SignatureVersion, "v2");
        let head = RequestHead { method: "POST", uri: URI, headers };
        runner.run_one(class, || assert!(verifier.verify_at(black_box(&head), BODY, NOW).is_err()));
    }
}

fn verify_v3(runner: &mut CtRunner, rng: &mut BenchRng, wrong: [Wrong; 2]) {
    let verifier = Verifier::new(SECRET).unwrap();
    let right = ClientSecret::new(SECRET).unwrap().v3("POST", URI, BODY, NOW);
    for (class, text) in presented::<44>(right.as_str(), rng, wrong) {
        let headers =
            SignatureHeaders::new().with(Header::SignatureV3, &text).with(Header::RequestTimestamp, "1700000000000");
        let head = RequestHead { method: "POST", uri: URI, headers };
        runner.run_one(class, || assert!(verifier.verify_at(black_box(&head), BODY, NOW).is_err()));
    }
}

fn v2_first_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    verify_v2(runner, rng, [Wrong::At(0), LAST_V2]);
}

fn v2_all_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    verify_v2(runner, rng, [Wrong::Everywhere, LAST_V2]);
}

fn v3_first_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    verify_v3(runner, rng, [Wrong::At(0), LAST_V3]);
}

fn v3_all_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    verify_v3(runner, rng, [Wrong::Everywhere, LAST_V3]);
}

/// One secret again and again, or each time another.
fn secret_fixed_or_random(runner: &mut CtRunner, rng: &mut BenchRng) {
    let secrets: Vec<(Class, ClientSecret)> = (0..SAMPLES / 4)
        .map(|_| {
            let left = rng.random::<bool>();
            let text = if left { SECRET.to_owned() } else { format!("{:036x}", rng.random::<u128>()) };
            (if left { Class::Left } else { Class::Right }, ClientSecret::new(&text).unwrap())
        })
        .collect();
    for (class, secret) in &secrets {
        runner.run_one(*class, || black_box(secret.v3("POST", URI, BODY, NOW)).version() == Version::V3);
    }
}

/// The negative control: the comparison alone, as `==` on slices does it.
fn control_slices(runner: &mut CtRunner, rng: &mut BenchRng) {
    let right = ClientSecret::new(SECRET).unwrap().v2("POST", URI, BODY);
    for (class, text) in presented::<64>(right.as_str(), rng, [Wrong::At(0), LAST_V2]) {
        runner.run_one(class, || black_box(right.as_str()).as_bytes() == black_box(&text[..]));
    }
}

/// The negative control: a whole verifier of v2 whose comparison stops at the first difference.
fn control_early_exit(runner: &mut CtRunner, rng: &mut BenchRng) {
    let right = ClientSecret::new(SECRET).unwrap().v2("POST", URI, BODY);
    for (class, text) in presented::<64>(right.as_str(), rng, [Wrong::At(0), LAST_V2]) {
        runner.run_one(class, || {
            let digest =
                Sha256::new_with_prefix(SECRET).chain_update("POST").chain_update(URI).chain_update(BODY).finalize();
            let mut hex = [0; 64];
            base16ct::lower::encode(&digest, &mut hex).unwrap();
            hex.iter().zip(&text).all(|(a, b)| black_box(a) == black_box(b))
        });
    }
}

ctbench_main!(
    v2_first_or_last,
    v2_all_or_last,
    v3_first_or_last,
    v3_all_or_last,
    secret_fixed_or_random,
    control_slices,
    control_early_exit
);
