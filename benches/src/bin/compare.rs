//! Times the crate and its peers and prints `scheme,bytes,case,nanoseconds,ratio to the bare hash`.
//!
//! All cases of one scheme and size take turns in short batches, and each keeps its shortest: what else runs on the machine
//! then hits all of them alike, and ratios hold on a machine that is not quiet.

use std::hint::black_box;
use std::time::{Duration, Instant};

use base64ct::Encoding;
use bytes::Bytes;
use http_body_util::Full;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};
use hubspot_signature_benches::*;
use sha2::{Digest, Sha256};
use tower::{Layer, Service, service_fn};

type Case<'a> = (&'static str, Box<dyn FnMut() + 'a>);

const ROUNDS: u32 = 400;
const BATCH: Duration = Duration::from_micros(200);

fn main() {
    println!("scheme,bytes,case,ns,ratio");
    // Sizes to time, if not all: `compare 200 1024`.
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { SIZES.to_vec() } else { sizes };
    for version in [Version::V1, Version::V2, Version::V3] {
        for &size in &sizes {
            compare(version, size);
        }
    }
    two_cores();
}

fn compare(version: Version, size: usize) {
    let verifier = Verifier::new(SECRET, Version::V1).expect("usable");
    let rotating = Verifier::new(SECRET, Version::V1).expect("usable");
    let rotating = rotating.previous_secret(PREVIOUS_SECRET).expect("usable");

    let sample = Sample::ascii(version, size);
    let pairs = sample.pairs();
    let head_of_sample = head(&sample, &pairs);
    let hashed = sample.hashed();

    let mut forged = sample.body.clone();
    forged[size / 2] ^= 1;
    let previous = Sample::new(PREVIOUS_SECRET, version, URI, letters(size), NOW);
    let previous_pairs = previous.pairs();
    let previous_head = head(&previous, &previous_pairs);
    let escapes = Sample::new(SECRET, version, URI_WITH_ESCAPES, letters(size), NOW);
    let escapes_pairs = escapes.pairs();
    let escapes_head = head(&escapes, &escapes_pairs);
    let umlaut = Sample::new(SECRET, version, URI, text(AN_UMLAUT, size), NOW);
    let umlaut_pairs = umlaut.pairs();
    let umlaut_head = head(&umlaut, &umlaut_pairs);
    let mixed = Sample::new(SECRET, version, URI, text(A_THIRD, size), NOW);
    let mixed_pairs = mixed.pairs();
    let mixed_head = head(&mixed, &mixed_pairs);
    // v3 is refused as too old, the others, which have no time, as malformed.
    let (refused, late) = match version {
        Version::V3 => (pairs.clone(), UnixTime::from_millis(NOW.as_millis() + 3_600_000)),
        _ => (pairs.iter().map(|(name, value)| (*name, value.to_uppercase())).collect(), NOW),
    };
    let refused_head = head(&sample, &refused);

    let public_url = PublicUrl::server(ORIGIN).expect("usable");
    let http = sample.http();
    let (parts, body) = sample.http().into_parts();
    let request = || http::Request::from_parts(parts.clone(), Full::new(body.clone()));
    let mut bare_service = service_fn(handler::<Full<Bytes>>);
    let layer = VerifyLayer::with_clock(verifier.clone(), public_url.clone(), || NOW);
    let mut service = layer.layer(service_fn(handler::<Full<Bytes>>));
    assert!(now(service.call(request())).expect("infallible").status().is_success());

    // Of 8 KiB, as hyper reads them.
    let framed = || http::Request::from_parts(parts.clone(), Frames(body.clone(), 8 * 1024));
    let mut bare_service_framed = service_fn(handler::<Frames>);
    let mut service_framed = layer.layer(service_fn(handler::<Full<Bytes>>));

    let ring = rings::Ring::new();
    let aws = aws::AwsLc::new();
    let body = &sample.body[..];
    let others = Peers::new(body);
    let signature = sample.signature().as_bytes();
    let timestamp = NOW.as_millis().to_string();

    let mut cases: Vec<Case<'_>> = vec![
        (
            "bare hash",
            Box::new(|| {
                black_box(Sha256::digest(black_box(&hashed)));
            }),
        ),
        (
            "accepted",
            Box::new(|| {
                black_box(verifier.verify(black_box(&head_of_sample), black_box(body), NOW)).unwrap();
            }),
        ),
        (
            "mismatch",
            Box::new(|| {
                black_box(verifier.verify(black_box(&head_of_sample), black_box(&forged), NOW)).unwrap_err();
            }),
        ),
        (
            "two secrets",
            Box::new(|| {
                black_box(rotating.verify(black_box(&previous_head), black_box(&previous.body), NOW)).unwrap();
            }),
        ),
        (
            "URI with escapes",
            Box::new(|| {
                black_box(verifier.verify(black_box(&escapes_head), black_box(body), NOW)).unwrap();
            }),
        ),
        (
            "an umlaut in 100 bytes",
            Box::new(|| {
                black_box(verifier.verify(black_box(&umlaut_head), black_box(&umlaut.body), NOW)).unwrap();
            }),
        ),
        (
            "a third not ASCII",
            Box::new(|| {
                black_box(verifier.verify(black_box(&mixed_head), black_box(&mixed.body), NOW)).unwrap();
            }),
        ),
        (
            "8 KiB frames",
            Box::new(|| {
                let mut verification = verifier.begin(black_box(&head_of_sample), NOW).unwrap();
                black_box(body).chunks(8 * 1024).for_each(|frame| verification.update(frame).unwrap());
                black_box(verification.finish()).unwrap();
            }),
        ),
        (
            "refused before the body",
            Box::new(|| {
                black_box(verifier.begin(black_box(&refused_head), late).map(drop)).unwrap_err();
            }),
        ),
        (
            "verify_request",
            Box::new(|| {
                black_box(verifier.verify_request(&public_url, black_box(&http), NOW)).unwrap();
            }),
        ),
        ("service without the layer", Box::new(|| drop(black_box(now(bare_service.call(request()))).unwrap()))),
        ("service in the tower layer", Box::new(|| drop(black_box(now(service.call(request()))).unwrap()))),
        (
            "service without the layer (8 KiB frames)",
            Box::new(|| drop(black_box(now(bare_service_framed.call(framed()))).unwrap())),
        ),
        (
            "service in the tower layer (8 KiB frames)",
            Box::new(|| drop(black_box(now(service_framed.call(framed()))).unwrap())),
        ),
    ];
    match version {
        Version::V3 => {
            cases.push((
                "ring",
                Box::new(|| {
                    assert!(ring.v3(METHOD, URI, black_box(body), black_box(&timestamp), black_box(signature)))
                }),
            ));
            cases.push((
                "aws-lc-rs",
                Box::new(|| assert!(aws.v3(METHOD, URI, black_box(body), black_box(&timestamp), black_box(signature)))),
            ));
            cases.push(("standardwebhooks", Box::new(|| others.standardwebhooks(black_box(body)))));
            cases.push(("webhook-verify", Box::new(|| others.webhook_verify(black_box(body)))));
        }
        Version::V2 => {
            cases.push((
                "ring",
                Box::new(|| assert!(ring.hashed(&[METHOD, URI], black_box(body), black_box(signature)))),
            ));
            cases.push((
                "aws-lc-rs",
                Box::new(|| assert!(aws.hashed(&[METHOD, URI], black_box(body), black_box(signature)))),
            ));
        }
        _ => {
            cases.push(("ring", Box::new(|| assert!(ring.hashed(&[], black_box(body), black_box(signature))))));
            cases.push(("aws-lc-rs", Box::new(|| assert!(aws.hashed(&[], black_box(body), black_box(signature))))));
        }
    }
    measure(version, size, cases);
}

/// The peers that verify other vendors' schemes of the kind of v3: HMAC-SHA-256 over a timestamp and the body, without method
/// and URL. They read the system clock.
struct Peers {
    webhook: standardwebhooks::Webhook,
    webhook_headers: http::HeaderMap,
    slack_secret: webhook_verify::Secret,
    slack_headers: [(&'static str, String); 2],
}

impl Peers {
    fn new(body: &[u8]) -> Self {
        let seconds = UnixTime::now().as_millis() / 1000;

        let webhook = standardwebhooks::Webhook::from_bytes(SECRET.into()).expect("usable");
        let mut webhook_headers = http::HeaderMap::new();
        let signed = webhook.sign("msg_1", seconds as i64, body).expect("signs");
        webhook_headers.insert("webhook-id", "msg_1".parse().expect("a value"));
        webhook_headers.insert("webhook-timestamp", seconds.into());
        webhook_headers.insert("webhook-signature", signed.parse().expect("a value"));

        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
        let mac = ring::hmac::sign(&key, &[format!("v0:{seconds}:").as_bytes(), body].concat());
        let mut hex = [0; 64];
        let hex = base16ct::lower::encode_str(mac.as_ref(), &mut hex).expect("64 digits");
        let slack_headers =
            [("X-Slack-Signature", format!("v0={hex}")), ("X-Slack-Request-Timestamp", seconds.to_string())];
        Self { webhook, webhook_headers, slack_secret: webhook_verify::Secret::new(SECRET), slack_headers }
    }

    fn standardwebhooks(&self, body: &[u8]) {
        self.webhook.verify(body, black_box(&self.webhook_headers)).expect("accepted");
    }

    fn webhook_verify(&self, body: &[u8]) {
        use webhook_verify::{Provider, verify};
        let [(signature, value), (timestamp, time)] = black_box(&self.slack_headers);
        let headers = [(*signature, value.as_str()), (*timestamp, time.as_str())];
        verify(Provider::Slack, &headers, body, &self.slack_secret, Default::default()).expect("accepted");
    }
}

fn measure(version: Version, size: usize, mut cases: Vec<Case<'_>>) {
    let mut best = vec![f64::MAX; cases.len()];
    let mut batches = vec![1; cases.len()];
    for round in 0..ROUNDS {
        for ((best, batch), (_, case)) in best.iter_mut().zip(&mut batches).zip(&mut cases) {
            // Fills the cache with this case's data: with a long body, a batch is a single run.
            case();
            let start = Instant::now();
            (0..*batch).for_each(|_| case());
            let elapsed = start.elapsed();
            *best = best.min(elapsed.as_nanos() as f64 / f64::from(*batch));
            if round < 20 && elapsed < BATCH {
                *batch *= 2;
            }
        }
        if round > 80 && size > 100_000 {
            break;
        }
    }
    for ((name, _), ns) in cases.iter().zip(&best) {
        println!("{version},{size},{name},{ns:.0},{:.3}", ns / best[0]);
    }
}

/// How many requests two threads verify in the time in which one verifies one: nothing is shared but the verifier.
fn two_cores() {
    let verifier = Verifier::new(SECRET, Version::V3).expect("usable");
    let sample = Sample::ascii(Version::V3, 1024);
    let pairs = sample.pairs();
    let head = head(&sample, &pairs);
    let run = || {
        let start = Instant::now();
        for _ in 0..50_000 {
            black_box(verifier.verify(black_box(&head), black_box(&sample.body), NOW)).unwrap();
        }
        start.elapsed().as_secs_f64()
    };
    let (mut one, mut two) = (f64::MAX, f64::MAX);
    for _ in 0..20 {
        one = one.min(run());
        let both = std::thread::scope(|scope| {
            let other = scope.spawn(run);
            let mine = run();
            mine.max(other.join().expect("no panic"))
        });
        two = two.min(both);
    }
    println!("v3,1024,requests of two threads to one's,,{:.3}", 2.0 * one / two);
}

/// HubSpot's schemes on another library, with the same care: keyed once, parts hashed as they are, canonical text, freshness,
/// constant-time comparison, JSON by its ends, and for v1 and v2 no NUL, against length extension.
macro_rules! scheme {
    ($module:ident, $library:ident, $name:ident, $equal:path) => {
        mod $module {
            use super::*;
            use $library::{digest, hmac};

            pub struct $name {
                prefixed: digest::Context,
                key: hmac::Key,
            }

            impl $name {
                pub fn new() -> Self {
                    let mut prefixed = digest::Context::new(&digest::SHA256);
                    prefixed.update(SECRET.as_bytes());
                    Self { prefixed, key: hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()) }
                }

                pub fn hashed(&self, head: &[&str], body: &[u8], signature: &[u8]) -> bool {
                    let mut presented = [0; 32];
                    if !is_json(body)
                        || body.iter().fold(false, |found, byte| found | (*byte == 0))
                        || !base16ct::lower::decode(signature, &mut presented).is_ok_and(|bytes| bytes.len() == 32)
                    {
                        return false;
                    }
                    let mut hash = self.prefixed.clone();
                    head.iter().for_each(|part| hash.update(part.as_bytes()));
                    hash.update(body);
                    $equal(hash.finish().as_ref(), &presented).is_ok()
                }

                pub fn v3(&self, method: &str, uri: &str, body: &[u8], timestamp: &str, signature: &[u8]) -> bool {
                    let fresh = timestamp.parse::<u64>().is_ok_and(|time| NOW.as_millis().abs_diff(time) <= 300_000);
                    let mut presented = [0; 32];
                    if !fresh
                        || !is_json(body)
                        || !base64ct::Base64::decode(signature, &mut presented).is_ok_and(|bytes| bytes.len() == 32)
                    {
                        return false;
                    }
                    let mut mac = hmac::Context::with_key(&self.key);
                    [method.as_bytes(), uri.as_bytes(), body, timestamp.as_bytes()]
                        .iter()
                        .for_each(|part| mac.update(part));
                    $equal(mac.sign().as_ref(), &presented).is_ok()
                }
            }
        }
    };
}

fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii(), [] | [b'{', .., b'}'] | [b'[', .., b']'] | [b'"', .., b'"'])
}

#[allow(deprecated, reason = "the only comparison that ring has")]
fn ring_equal(a: &[u8], b: &[u8]) -> Result<(), ring::error::Unspecified> {
    ring::constant_time::verify_slices_are_equal(a, b)
}

scheme!(rings, ring, Ring, ring_equal);
scheme!(aws, aws_lc_rs, AwsLc, aws_lc_rs::constant_time::verify_slices_are_equal);
