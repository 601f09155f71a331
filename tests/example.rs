//! `examples/verify.rs` as a person runs it: what it says, how it exits, and that it never shows a secret or a signature.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use hubspot_signature::{ClientSecret, UnixTime};

/// The placeholder of HubSpot's documentation, with which the committed captures are signed.
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

/// Runs `cargo run --example verify -- ARGUMENTS`, which also builds the program when it is out of date.
fn verify(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Outcome {
    let mut command = Command::new(env!("CARGO"));
    for variable in ["HUBSPOT_CLIENT_SECRET", "HUBSPOT_PREVIOUS_SECRET", "HUBSPOT_PUBLIC_URL", "HUBSPOT_NOW"] {
        command.env_remove(variable);
    }
    let mut child = command
        .args(["run", "--quiet", "--offline", "--example", "verify", "--"])
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo runs");
    // A program that has found fault with its arguments may be gone before it reads this.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("cargo ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let outcome = Outcome { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };

    let signatures = [WORKFLOW, TAMPERED, V3, input].into_iter().flat_map(signatures);
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

/// Judges a capture from standard input at the time when `v3.http` was signed.
fn verify_capture(capture: &str) -> Outcome {
    verify(&["-"], &ENVIRONMENT, capture)
}

const ENVIRONMENT: [(&str, &str); 3] =
    [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", URL), ("HUBSPOT_NOW", "1693657560000")];

#[track_caller]
fn assert_accepted(outcome: &Outcome, how: &str) {
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().last(), Some(how), "{outcome:?}");
}

#[track_caller]
fn assert_refused(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    let last = outcome.stdout.lines().last().unwrap_or_default();
    assert!(last.starts_with("refused: ") && last.contains(why), "{outcome:?}");
}

/// Nothing on standard output, so that no script takes it for a judgement.
#[track_caller]
fn assert_not_judged(outcome: &Outcome, why: &str) {
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "{outcome:?}");
    let mut lines = outcome.stderr.lines();
    assert!(lines.any(|line| line.starts_with("error: ") && line.contains(why)), "{outcome:?}");
}

/// A capture of `target`, signed now or at another time.
fn signed(target: &str, uri: &str, body: &str, millis: u64, only_v2: bool) -> String {
    let headers = ClientSecret::new(SECRET).unwrap().sign("POST", uri, body.as_bytes(), UnixTime::from_millis(millis));
    let mut capture = format!("POST {target} HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers.as_pairs() {
        if !only_v2 || ["x-hubspot-signature", "x-hubspot-signature-version"].contains(&name) {
            capture += &format!("{name}: {value}\r\n");
        }
    }
    capture + "\r\n" + body
}

#[test]
fn without_arguments_the_committed_captures_come_out_as_expected() {
    // What is set for one's own captures has no say over these.
    let environment = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PUBLIC_URL", "x"), ("HUBSPOT_NOW", "0")];
    let outcome = verify(&[], &environment, "");
    assert_eq!(outcome.status, Some(0), "{outcome:?}");

    let starts = |prefix: &str| outcome.stdout.lines().filter(|line| line.starts_with(prefix)).collect::<Vec<_>>();
    assert_eq!(starts("POST \"https://www.example.com/webhook_uri\" with 33 bytes of body").len(), 4);
    assert_eq!(starts("as expected").len(), 4, "{outcome:?}");
    let judgements: Vec<_> =
        outcome.stdout.lines().filter(|line| line.starts_with("accepted") || line.starts_with("refused")).collect();
    let beginnings = [
        "accepted by v2 with the current secret",
        "refused: the v2 signature does not match",
        "accepted by v3 with the current secret",
        "refused: the signature is 6 minutes old",
    ];
    assert_eq!(judgements.len(), beginnings.len(), "{outcome:?}");
    assert!(judgements.iter().zip(beginnings).all(|(line, beginning)| line.starts_with(beginning)), "{outcome:?}");
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
fn a_file_is_judged_by_options() {
    let options = ["--secret", SECRET, "--url", URL, "--now", "1693657860000"];
    let on = |file| verify(&[&options[..], &[file]].concat(), &[], "");
    assert_accepted(&on("examples/captures/workflow.http"), "accepted by v2 with the current secret");
    assert_refused(&on("examples/captures/workflow-tampered.http"), "the v2 signature does not match");
    assert_accepted(&on("examples/captures/v3.http"), "accepted by v3 with the current secret");
}

#[test]
fn standard_input_is_judged_by_the_environment() {
    assert_accepted(&verify_capture(WORKFLOW), "accepted by v2 with the current secret");
    assert_accepted(&verify_capture(V3), "accepted by v3 with the current secret");
    assert_refused(&verify_capture(TAMPERED), "the v2 signature does not match");
}

#[test]
fn an_option_overrides_the_environment() {
    let outcome = verify(&["--now", "1693657920000", "-"], &ENVIRONMENT, V3);
    assert_refused(&outcome, "the signature is 6 minutes old");
    assert_refused(&verify(&["-", "--secret", OTHER_SECRET], &ENVIRONMENT, V3), "the v3 signature does not match");
    assert_refused(&verify(&["--url", "https://other.example", "-"], &ENVIRONMENT, V3), "does not match");
}

#[test]
fn the_clock_is_this_machines_unless_told() {
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let capture = signed("/hook", "https://www.example.com/hook", "[]", now, false);
    assert_accepted(&verify(&["-"], &ENVIRONMENT[..2], &capture), "accepted by v3 with the current secret");
    assert_refused(&verify(&["-"], &ENVIRONMENT[..2], V3), "days old");
}

#[test]
fn the_previous_secret_may_sign_too() {
    let rotating = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PREVIOUS_SECRET", SECRET)];
    let environment = [&rotating[..], &ENVIRONMENT[1..]].concat();
    assert_accepted(&verify(&["-"], &environment, V3), "accepted by v3 with the previous secret");
    let arguments = ["--secret", OTHER_SECRET, "--previous-secret", SECRET, "-"];
    assert_accepted(&verify(&arguments, &ENVIRONMENT, WORKFLOW), "accepted by v2 with the previous secret");
}

#[test]
fn the_public_url_and_the_target_are_joined_as_they_are() {
    let (prefix, target) = ("https://hooks.example.com:8443/a/b", "/c/../hook?b=%3a&a=1+2&b=%20'");
    let capture = signed(target, &format!("{prefix}{target}"), "{}", SIGNED, true);
    for url in [prefix, &format!("{prefix}/")] {
        let outcome = verify(&["--url", url, "-"], &ENVIRONMENT, &capture);
        assert_accepted(&outcome, "accepted by v2 with the current secret");
    }
}

#[test]
fn a_target_cannot_name_the_host() {
    // Signed by whoever holds the secret, but for another host.
    for target in ["https://other.example/hook", ".other.example/hook", "*"] {
        for uri in [target.to_owned(), format!("{URL}{target}")] {
            assert_not_judged(&verify_capture(&signed(target, &uri, "{}", SIGNED, false)), "does not begin with `/`");
        }
    }
}

#[test]
fn line_feeds_alone_are_read_too() {
    for capture in [WORKFLOW, V3] {
        let version = if capture == V3 { "v3" } else { "v2" };
        let how = format!("accepted by {version} with the current secret");
        assert_accepted(&verify_capture(&capture.replace("\r\n", "\n")), &how);
    }
}

#[test]
fn content_length_says_where_the_body_ends() {
    assert_accepted(&verify_capture(&format!("{WORKFLOW}\r\n")), "accepted by v2 with the current secret");
    let unmeasured = WORKFLOW.replace("Content-Length: 33\r\n", "");
    assert_accepted(&verify_capture(&unmeasured), "accepted by v2 with the current secret");
    assert_refused(&verify_capture(&(unmeasured + "\n")), "does not match");
}

#[test]
fn a_capture_that_is_cut_short_is_not_judged() {
    for end in [WORKFLOW.len() - 1, WORKFLOW.find("{").unwrap(), WORKFLOW.find("{").unwrap() - 1, 40, 0] {
        assert_not_judged(&verify_capture(&WORKFLOW[..end]), "the capture is cut short");
    }
}

#[test]
fn a_body_without_a_clear_end_is_not_judged() {
    let with = |line: &str| WORKFLOW.replace("Content-Length: 33", line);
    assert_not_judged(&verify_capture(&with("Content-Length: 33\r\ncontent-length: 33")), "one number");
    assert_not_judged(&verify_capture(&with("Content-Length: 33, 33")), "one number");
    assert_not_judged(&verify_capture(&with("Content-Length: -1")), "one number");
    assert_not_judged(&verify_capture(&with("transfer-encoding: chunked")), "Transfer-Encoding");
    assert_not_judged(&verify_capture(&with("Content-Length: 33\r\nTransfer-Encoding: chunked")), "Transfer-Encoding");
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
    let under = |secret: &str| verify(&["--secret", secret, "-"], &ENVIRONMENT, WORKFLOW);
    assert_refused(&under(OTHER_SECRET), "the v2 signature does not match");
    assert_not_judged(&under(""), "empty");
    assert_not_judged(&under(&format!("{SECRET}\n")), "white space");
    assert_not_judged(&under(&format!("pat-{SECRET}")), "access token");
    let outcome = verify(&["--previous-secret", "", "-"], &ENVIRONMENT, WORKFLOW);
    assert_not_judged(&outcome, "the previous secret: the client secret is empty");
}

#[test]
fn wrong_usage_is_told() {
    let told = |arguments: &[&str], why| assert_not_judged(&verify(arguments, &ENVIRONMENT, WORKFLOW), why);
    told(&["--url", URL], "give one FILE");
    told(&["-", SECRET], "give one FILE");
    told(&["--secrets"], "give one FILE");
    told(&["--now", "1", "--now", "2", "-"], "give one FILE");
    told(&["-", "--secret"], "--secret needs a value");
    told(&["--now", "today", "-"], "milliseconds");
    told(&["--url", "https://www.example.com/webhook_uri?x=", "-"], "must not have a query");
    told(&["--url", "https://www.example.com/#", "-"], "must not have a query or fragment");
    told(&[SECRET], "FILE cannot be read");
    assert_not_judged(&verify(&["-"], &ENVIRONMENT[1..], WORKFLOW), "HUBSPOT_CLIENT_SECRET");
    assert_not_judged(&verify(&["-"], &[ENVIRONMENT[0], ENVIRONMENT[2]], WORKFLOW), "HUBSPOT_PUBLIC_URL");
}

#[test]
fn help_shows_the_usage() {
    let outcome = verify(&["--help"], &[], "");
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    for word in
        ["usage: verify", "HUBSPOT_CLIENT_SECRET", "HUBSPOT_PREVIOUS_SECRET", "HUBSPOT_PUBLIC_URL", "HUBSPOT_NOW"]
    {
        assert!(outcome.stdout.contains(word), "{word}: {outcome:?}");
    }
}
