//! `examples/verify.rs` as a person runs it: what it says, how it exits, and that it never shows a secret or a signature.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

use std::fs;
use std::process::Command;

/// The placeholder of HubSpot's documentation, with which the committed captures are signed.
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const OTHER_SECRET: &str = "0a4b7c1e-5d2f-4e8a-9b3c-6f1d2e7a8b90";
const URL: &str = "https://www.example.com";
const V3: &str = "examples/captures/v3.http";

/// Runs `cargo run --example verify -- ARGUMENTS`, which also builds the program when it is out of date.
#[track_caller]
fn assert_says(status: i32, said: &str, environment: &[(&str, &str)], arguments: &[&str]) {
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
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    // Nothing on standard output that a script takes for a judgement.
    let (spoken, silent) = if status == 2 { (&stderr, &stdout) } else { (&stdout, &stderr) };
    assert!(spoken.contains(said) && silent.is_empty(), "{said:?} is not in {stdout}{stderr}");
    let v3 = fs::read_to_string(V3).unwrap();
    let signature = v3.lines().find_map(|line| line.strip_prefix("X-HubSpot-Signature-v3: ")).expect("a signature");
    for hidden in [SECRET, OTHER_SECRET, signature] {
        assert!(!stdout.contains(hidden) && !stderr.contains(hidden), "{hidden} is shown: {stdout}{stderr}");
    }
}

fn capture(name: &str, text: &str) -> String {
    let path = format!("{}/{}-{name}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn captures_are_judged() {
    assert_says(0, "accepted: POST \"https://www.example.com/webhook_uri\" carries a v3 signature", &[], &[]);
    let with = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", URL)];
    let says = |status, said: &str, arguments: &[&str]| assert_says(status, said, &with, arguments);
    says(1, "days old", &[V3]);
    says(0, "a v3 signature", &["--at", "1693657860000", V3]);
    says(1, "6 minutes old", &["--at", "1693657920000", V3]);
    says(1, "refused: ", &["examples/captures/workflow-tampered.http"]);
    let other = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PUBLIC_URL", URL)];
    assert_says(1, "does not match", &other, &["--at", "1693657560000", V3]);
    let other = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", "https://other.example")];
    assert_says(1, "does not match", &other, &["--at", "1693657560000", V3]);
}

#[test]
fn what_cannot_be_judged_is_told() {
    let with = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", URL)];
    let says = |said: &str, arguments: &[&str]| assert_says(2, said, &with, arguments);
    for usage in [&["--help"][..], &[V3, V3], &["--at", "1"], &["--now", "1", V3]] {
        says("usage: verify [--at MILLIS] FILE", usage);
    }
    says("--at is not a number", &["--at", SECRET, V3]);
    says("FILE cannot be read", &[SECRET]);
    let v3 = fs::read_to_string(V3).unwrap();
    let (head, _) = v3.split_once("\r\n\r\n").expect("CRLF, which git must not rewrite");
    says("FILE is cut short", &[&capture("cut", head)]);
    says("not an HTTP/1.1 request", &[&capture("none", "{\"eventId\":1}\r\n\r\n")]);
    says("does not begin with `/`", &[&capture("host", &v3.replacen("/webhook_uri", ".other.example/", 1))]);
    assert_says(2, "set HUBSPOT_CLIENT_SECRET", &with[1..], &[V3]);
    assert_says(2, "set HUBSPOT_PUBLIC_URL", &with[..1], &[V3]);
    assert_says(2, "client secret", &[("HUBSPOT_CLIENT_SECRET", ""), with[1]], &[V3]);
}

/// CRLF after each header, and no newline after the body: a signature covers every byte.
#[test]
fn the_committed_captures_are_as_hubspot_would_send_them() {
    for file in [V3, "examples/captures/workflow.http", "examples/captures/workflow-tampered.http"] {
        let capture = fs::read_to_string(file).unwrap();
        let (head, body) = capture.split_once("\r\n\r\n").expect("CRLF, which git must not rewrite");
        assert!(head.split("\r\n").all(|line| !line.contains('\n')));
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())), "no newline after the body");
    }
}
