//! The help, and what is said about wrong arguments.

use crate::program::*;

#[test]
fn help_teaches() {
    run(&["--help"], b"").assert(0, "explain").assert(0, "HUBSPOT_CLIENT_SECRET").assert(0, "Exit status");
    for command in ["verify", "explain", "sign", "send"] {
        let help = run(&[command, "--help"], b"");
        help.assert(0, "Example")
            .assert(0, &format!("hubspot-signature {command} "))
            .assert(0, "Other users of this machine");
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 100), "{help:?}");
    }
    run(&["--version"], b"").assert(0, env!("CARGO_PKG_VERSION"));
}

#[test]
fn without_arguments_the_help_is_an_error() {
    let outcome = run(&[], b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("Usage:"), "{outcome:?}");
}

#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    // `run` looks for it.
    run(&[SECRET], b"").assert_failed("unrecognized subcommand");
    run(&["verify", "-", SECRET], b"").assert_failed("unexpected argument");
    run(&["verify", SECRET, "--public-url", PUBLIC_URL], b"").assert_failed("FILE cannot be read");
    run(&["verify", &format!("--secrets={SECRET}")], b"").assert_failed("--secrets");
    run(&["verify", "-", "--secret-file", SECRET], b"").assert_failed("--secret-file cannot be read");
    run(&["sign", "--url", SECRET], b"").assert_failed("--url is not");
    run(&["send", "--to", SECRET], b"").assert_failed("--to is not");
}

#[test]
fn a_capture_and_parts_do_not_go_together() {
    run(&["verify"], b"").assert_failed("FILE");
    run(&["verify", "-", "--url", PUBLIC_URL], b"").assert_failed("cannot be used with");
    run(&["verify", "-", "-H", "a: b"], b"").assert_failed("cannot be used with");
    run(&["verify", "--url", PUBLIC_URL, "--public-url", PUBLIC_URL], b"").assert_failed("cannot be used with");
}
