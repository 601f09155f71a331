//! `examples/verify.rs` as a person runs it: what it says, how it exits, and that it never shows a secret or a signature.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
#![cfg(feature = "std")]

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use hubspot_signature::{ClientSecret, UnixTime};

/// The sample secret of HubSpot's documentation, with which the committed captures are signed.
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const OTHER_SECRET: &str = "0a4b7c1e-5d2f-4e8a-9b3c-6f1d2e7a8b90";
const URL: &str = "https://www.example.com";
const SIGNED: u64 = 1_693_657_560_000;

const WORKFLOW: &str = include_str!("../examples/captures/workflow.http");
const TAMPERED: &str = include_str!("../examples/captures/workflow-tampered.http");
const V3: &str = include_str!("../examples/captures/v3.http");

#[derive(Debug)]
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

const ENVIRONMENT: [(&str, &str); 2] = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", URL)];

/// Runs `cargo run --example verify -- ARGUMENTS`, which also builds the program when it is out of date.
fn verify(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new(env!("CARGO"));
    for variable in ["HUBSPOT_CLIENT_SECRET", "HUBSPOT_PUBLIC_URL"] {
        command.env_remove(variable);
    }
    let output = command
        .args(["run", "--quiet", "--offline", "--example", "verify", "--"])
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let outcome = Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };

    let signatures = [WORKFLOW, TAMPERED, V3].into_iter().flat_map(signatures);
    for hidden in signatures.chain([SECRET, OTHER_SECRET]) {
        assert!(!outcome.stdout.contains(hidden) && !outcome.stderr.contains(hidden), "{hidden} is shown: {outcome:?}");
    }
    outcome
}

fn signatures(capture: &str) -> impl Iterator<Item = &str> {
    capture.lines().filter_map(|line| line.split_once(": ")).filter_map(|(name, value)| {
        ["x-hubspot-signature", "x-hubspot-signature-v3"].contains(&&*name.to_lowercase()).then_some(value)
    })
}

/// Judges a capture at the time when `v3.http` was signed.
fn verify_with(environment: &[(&str, &str)], capture: &str) -> Outcome {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("{}/capture-{}.http", env!("CARGO_TARGET_TMPDIR"), COUNT.fetch_add(1, Ordering::Relaxed));
    std::fs::write(&name, capture).unwrap();
    let outcome = verify(&["--at", "1693657560000", &name], environment);
    std::fs::remove_file(&name).unwrap();
    outcome
}

fn verify_capture(capture: &str) -> Outcome {
    verify_with(&ENVIRONMENT, capture)
}

#[track_caller]
fn assert_accepted(outcome: &Outcome, version: &str) {
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let end = format!("carries a {version} signature of HubSpot's\n");
    assert!(outcome.stdout.starts_with("accepted: POST \"") && outcome.stdout.ends_with(&end), "{outcome:?}");
}

/// Refused with the reason and, below it, advice.
#[track_caller]
fn assert_refused(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("refused: ") && lines[0].contains(why), "{outcome:?}");
}

/// Nothing on standard output, so that no script takes it for a judgement.
#[track_caller]
fn assert_not_judged(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    assert!(outcome.stderr.starts_with("error: ") && outcome.stderr.contains(why), "{outcome:?}");
}

/// A capture of `target`, signed now or at another time.
fn signed(target: &str, uri: &str, body: &str, millis: u64) -> String {
    let (secret, time) = (ClientSecret::new(SECRET).unwrap(), UnixTime::from_millis(millis));
    let signature = secret.v3("POST", uri, body.as_bytes(), time);
    format!(
        "POST {target} HTTP/1.1\r\nx-hubspot-signature-v3: {}\r\nx-hubspot-request-timestamp: {millis}\r\n\r\n{body}",
        signature.as_str()
    )
}

#[test]
fn without_arguments_the_published_request_is_accepted() {
    // What is set for one's own captures has no say over this one.
    let environment = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PUBLIC_URL", "x")];
    assert_accepted(&verify(&[], &environment), "v3");
}

#[test]
fn the_committed_captures_are_as_hubspot_would_send_them() {
    for capture in [WORKFLOW, TAMPERED, V3] {
        let (head, body) = capture.split_once("\r\n\r\n").expect("CRLF, which git must not rewrite");
        assert!(head.split("\r\n").all(|line| !line.contains('\n')));
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "no newline after the body");
    }
}

#[test]
fn the_committed_captures_are_judged() {
    let on = |file| verify(&["--at", "1693657860000", file], &ENVIRONMENT);
    assert_accepted(&on("examples/captures/workflow.http"), "v2");
    assert_refused(&on("examples/captures/workflow-tampered.http"), "the v2 signature does not match");
    assert_accepted(&on("examples/captures/v3.http"), "v3");
    let late = verify(&["--at", "1693657920000", "examples/captures/v3.http"], &ENVIRONMENT);
    assert_refused(&late, "the signature is 6 min old");
}

#[test]
fn the_clock_is_this_machines_unless_told() {
    assert_refused(&verify(&["examples/captures/v3.http"], &ENVIRONMENT), "days old");
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let fresh = signed("/hook", "https://www.example.com/hook", "[]", now);
    let name = format!("{}/fresh.http", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&name, fresh).unwrap();
    assert_accepted(&verify(&[&name], &ENVIRONMENT), "v3");
}

#[test]
fn the_public_url_and_the_target_are_joined_as_they_are() {
    let (prefix, target) = ("https://hooks.example.com:8443/a/b", "/c/../hook?b=%3a&a=1+2&b=%20'");
    let capture = signed(target, &format!("{prefix}{target}"), "{}", SIGNED);
    assert_accepted(&verify_with(&[ENVIRONMENT[0], ("HUBSPOT_PUBLIC_URL", prefix)], &capture), "v3");
    assert_refused(&verify_capture(&capture), "the v3 signature does not match");
}

#[test]
fn a_target_cannot_name_the_host() {
    // Signed with the secret, but for another host.
    for target in ["https://other.example/hook", ".other.example/hook", "*"] {
        for uri in [target.to_owned(), format!("{URL}{target}")] {
            assert_not_judged(&verify_capture(&signed(target, &uri, "{}", SIGNED)), "does not begin with `/`");
        }
    }
}

#[test]
fn line_feeds_alone_are_read_too() {
    assert_accepted(&verify_capture(&WORKFLOW.replace("\r\n", "\n")), "v2");
    assert_accepted(&verify_capture(&V3.replace("\r\n", "\n")), "v3");
}

#[test]
fn all_that_follows_the_empty_line_is_the_body() {
    assert_refused(&verify_capture(&format!("{WORKFLOW}\n")), "the v2 signature does not match");
    assert_refused(&verify_capture(&WORKFLOW[..WORKFLOW.len() - 1]), "begins like JSON and does not end like it");
}

#[test]
fn a_capture_that_is_cut_short_is_not_judged() {
    for end in [WORKFLOW.find('{').unwrap() - 1, 40, 0] {
        assert_not_judged(&verify_capture(&WORKFLOW[..end]), "FILE is cut short");
    }
}

#[test]
fn what_is_no_request_is_not_judged() {
    for text in ["HTTP/1.1 200 OK\r\n\r\n", "{\"eventId\":1}\r\n\r\n", &V3.replacen("HTTP/1.1", "HTTP/2", 1)] {
        assert_not_judged(&verify_capture(text), "not an HTTP/1.1 request");
    }
}

#[test]
fn a_doubled_header_is_refused() {
    for (capture, name) in [
        (WORKFLOW, "X-HubSpot-Signature"),
        (WORKFLOW, "X-HubSpot-Signature-Version"),
        (V3, "X-HubSpot-Signature-v3"),
        (V3, "X-HubSpot-Request-Timestamp"),
    ] {
        let line = capture.lines().find(|line| line.starts_with(&format!("{name}: "))).expect("the header is there");
        let doubled = capture.replace(line, &format!("{line}\r\n{}", line.replace(name, &name.to_lowercase())));
        assert_refused(&verify_capture(&doubled), &format!("the header {name} occurs more than once"));
    }
}

#[test]
fn a_wrong_secret_is_refused_and_an_unusable_one_not_tried() {
    let under = |secret: &str| verify_with(&[("HUBSPOT_CLIENT_SECRET", secret), ENVIRONMENT[1]], WORKFLOW);
    assert_refused(&under(OTHER_SECRET), "the v2 signature does not match");
    assert_not_judged(&under(""), "empty");
    assert_not_judged(&under(&format!("{SECRET}\n")), "white space");
    assert_not_judged(&under(&format!("pat-{SECRET}")), "access token");
    assert_not_judged(&under("${HUBSPOT_CLIENT_SECRET}"), "template");
}

#[test]
fn wrong_usage_is_told() {
    let told = |arguments: &[&str], why| assert_not_judged(&verify(arguments, &ENVIRONMENT), why);
    told(&["--help"], "usage: verify [--at MILLIS] FILE");
    told(&["--secret", SECRET], "usage");
    told(&["one", "two"], "usage");
    told(&["--at"], "usage");
    told(&["--at", "today", "examples/captures/v3.http"], "--at is not a number");
    told(&["--at", SECRET, "examples/captures/v3.http"], "--at is not a number");
    told(&[SECRET], "FILE cannot be read");
    assert_not_judged(&verify(&["x"], &ENVIRONMENT[1..]), "set HUBSPOT_CLIENT_SECRET");
    assert_not_judged(&verify(&["x"], &ENVIRONMENT[..1]), "set HUBSPOT_PUBLIC_URL");
}
