//! The help, and what is said about wrong arguments.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::program::*;

#[test]
fn help_teaches() {
    run(&["--help"], b"").assert(0, "explain").assert(0, "HUBSPOT_CLIENT_SECRET").assert(0, "Exit status");
    for command in ["verify", "explain", "sign", "send", "listen"] {
        let help = run(&[command, "--help"], b"");
        help.assert(0, "Example")
            .assert(0, &format!("hubspot-signature {command} "))
            .assert(0, "Other users of this machine");
        assert!(help.stdout.lines().all(|line| line.chars().count() <= 100), "{help:?}");
    }
    run(&["--version"], b"").assert(0, env!("CARGO_PKG_VERSION"));
}

/// The help says which commands take the endpoint's URL.
#[test]
fn all_but_sign_take_the_endpoint() {
    run(&["--help"], b"").assert(0, "`sign` takes the whole URL to sign from --url alone");
    for command in ["verify", "explain", "sign", "send", "listen"] {
        let help = run(&[command, "--help"], b"");
        help.assert(0, if command == "sign" { "--url" } else { "HUBSPOT_ENDPOINT" });
        assert_eq!(help.stdout.contains("--endpoint"), command != "sign", "{help:?}");
    }
}

#[test]
fn without_arguments_the_help_is_an_error() {
    let outcome = run(&[], b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("Usage:"), "{outcome:?}");
}

const COMMANDS: [&str; 7] = ["verify", "explain", "sign", "send", "listen", "completions", "man"];

/// `run` looks for it: on both outputs, wherever it stands.
#[test]
fn a_secret_in_the_wrong_place_is_not_shown() {
    run(&[SECRET], b"").assert_failed("unrecognized subcommand");
    run(&["verify", "-", SECRET], b"").assert_failed("unexpected argument");
    run(&["verify", SECRET, "--public-url", PUBLIC_URL], b"").assert_failed("FILE cannot be read");
    run(&["verify", "-", "--secret-file", SECRET], b"").assert_failed("--secret-file cannot be read");
    run(&["sign", "--url", SECRET], b"").assert_failed("--url is not");
    run(&["send", "--to", SECRET], b"").assert_failed("--to is not");
    run(&["verify", "--at", SECRET, "-"], b"").assert_failed("give 13 digits");
    run(&["verify", "--url", SECRET], b"").assert_failed("--url is neither a URL nor a path");
    run(&["explain", "--url", "/a", "--method", SECRET], b"").assert_failed("--method is not a method");
    run(&["verify", "--minimum-version", SECRET, "-"], b"").assert_failed("possible values: v1, v2, v3");
    run(&["verify", "--url", PUBLIC_URL, "-H", SECRET], b"").assert_failed("give `Name: value`");
    run(&["send", "--to", "http://a/", "--event", SECRET], b"").assert_failed("possible values: workflow");
    run(&["send", "--to", "http://a/", "--public-url", SECRET], b"").assert_failed("--public-url: ");
    run(&["explain", "--format", SECRET, "-"], b"").assert_failed("possible values: text, json");
    // A misspelt option is still told.
    run(&["verify", &format!("--secrets={SECRET}")], b"").assert_failed("--secrets");
    run(&["verify", "--minimum-verison", "v3"], b"").assert_failed("--minimum-version");
    // So are a misspelt command, and a file where only one is taken.
    run(&["verfy"], b"").assert_failed("unrecognized subcommand 'verfy'");
    run(&["verify", "a.http", "b.http"], b"").assert_failed("unexpected argument 'b.http'");
    let file = File::new("20260102T030405.678Z-0002.http", "");
    run(&["verify", "a.http", file.path()], b"").assert_failed(&format!("unexpected argument '{}'", file.path()));
    let hidden = File::new("\u{1b}[2J\u{202e}.http", "");
    for word in [hidden.path(), "20260102T030405", "\u{1b}[2J", "captures/no-such-file.http"] {
        run(&["verify", "a.http", word], b"").assert_failed("unexpected argument '(not shown)'");
    }

    let misplaced = [SECRET, OTHER_SECRET];
    for command in COMMANDS {
        let help = run(&[command, "--help"], b"").stdout;
        let words = help.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        let options: Vec<_> = words.filter(|word| word.len() > 3 && word.starts_with("--")).collect();
        assert!(options.contains(&"--help"), "{help}");
        for secret in misplaced {
            for option in &options {
                run(&[command, &format!("{option}={secret}")], b"");
                run(&[command, option, secret], b"");
                run(&[command, "-", option, secret, secret], b"");
            }
            for word in [format!("--{secret}"), format!("-{secret}"), format!("-H{secret}"), format!("--{secret}=x")] {
                run(&[command, &word], b"").assert_failed("");
                run(&[command, "-", &word], b"").assert_failed("");
            }
        }
    }
}

#[test]
fn a_capture_and_parts_do_not_go_together() {
    run(&["verify"], b"").assert_failed("FILE");
    run(&["verify", "-", "--url", PUBLIC_URL], b"").assert_failed("cannot be used with");
    run(&["verify", "-", "-H", "a: b"], b"").assert_failed("cannot be used with");
    run(&["verify", "--url", PUBLIC_URL, "--public-url", PUBLIC_URL], b"").assert_failed("cannot be used with");
    run(&["verify", "--url", PUBLIC_URL, "--endpoint", PUBLIC_URL], b"").assert_failed("cannot be used with --url");
    run(&["explain", "--url", PUBLIC_URL, "--endpoint", PUBLIC_URL], b"").assert(1, "Refused: ");
}

#[test]
fn addresses_are_shown_as_they_should_be() {
    for to in ["/x", "localhost:3000", "localhost:3000/hubspot"] {
        run(&["send", "--to", to], b"").assert_failed(
            "--to is not a whole http or https URL such as http://localhost:3000/hubspot: it does not begin",
        );
    }
    let listen = |to, bind| run(&["listen", "--endpoint", PUBLIC_URL, "--to", to, "--bind", bind], b"");
    for to in ["localhost:3000", "localhost:3000/hubspot", "https://127.0.0.1:9/hubspot"] {
        let outcome = listen(to, "127.0.0.1:0");
        outcome.assert_failed("--to is not a whole http URL such as http://127.0.0.1:3000/hubspot: it does not begin");
        outcome.assert_failed("with http://, and `listen` passes on over http only");
    }
    for bind in ["4646", "localhost:4646"] {
        listen("http://127.0.0.1:9/", bind).assert_failed("such as 127.0.0.1:4646");
    }
}

/// The library's advice names its functions; here are options.
#[test]
fn advice_names_options() {
    let (url, v2) = ("https://www.example.com/webhook_uri", WORKFLOW.as_bytes());
    let endpoint = ["--endpoint", url];
    let elsewhere = ["--endpoint", "https://www.example.com/other"];
    let at = ["--at", SIGNED];
    let (verify, explain) = (&["verify", "-"][..], &["explain", "-"][..]);
    let tampered = V3.replacen("example_value", "exbmple_value", 1);
    for (command, arguments, capture, said, library) in [
        (
            verify,
            &endpoint[..],
            V3.as_bytes(),
            "give `verify` or `explain` the time at which you received it as --at",
            "as now",
        ),
        (explain, &endpoint, V3.as_bytes(), "give that time to `verify` or `explain` as --at", "`diagnose`"),
        (
            explain,
            &[&["--public-url", PUBLIC_URL], &at[..]].concat(),
            tampered.as_bytes(),
            "with --endpoint",
            "`endpoint`",
        ),
        (
            verify,
            &elsewhere,
            v2,
            "verify outside it. For many routes use PublicUrl::server (here --public-url)",
            "layer",
        ),
        (
            explain,
            &elsewhere,
            v2,
            "verify outside it. For many routes use PublicUrl::server (here --public-url)",
            "layer",
        ),
        (
            verify,
            &[&endpoint[..], &["--minimum-version", "v3"]].concat(),
            v2,
            "(here --minimum-version)",
            "minimum only",
        ),
    ] {
        let outcome = run(&[command, arguments].concat(), capture);
        outcome.assert(1, said);
        assert!(!outcome.stdout.contains(library), "{outcome:?}");
    }
}

/// A second secret has a place of its own in some commands only.
#[test]
fn two_secrets_in_one_are_told_apart_by_what_the_command_takes() {
    let one = "aaaaaaaa-0000-4000-8000-000000000001";
    let two = format!("{one} aaaaaaaa-0000-4000-8000-000000000002");
    let file = File::new("two-on-a-line", &two);
    let (endpoint, to) = (["--endpoint", "https://www.example.com/webhook_uri"], ["--to", "http://127.0.0.1:9/"]);
    let listen = [&["listen"], &endpoint[..], &to].concat();
    let verify = [&["verify", "-"], &endpoint[..]].concat();
    let previous = ["--previous-secret", &two];
    let to_previous = "while it is rotated, goes to --previous-secret-file.";
    let too_many = "Give one secret only, on one line.";
    for (secret, arguments, said) in [
        (&*two, &verify, to_previous),
        (&two, &listen, to_previous),
        (&two, &vec!["sign", "--url", endpoint[1]], too_many),
        (&two, &vec!["send", "--sign-local-address", to[0], to[1]], too_many),
        (&two, &[&["send", "--check", "--sign-local-address"], &to[..]].concat(), too_many),
        (one, &[&verify[..], &previous].concat(), too_many),
        (one, &[&listen[..], &previous].concat(), too_many),
        (one, &[&listen[..], &["--other-secrets", file.path()]].concat(), "Give each secret on a line of its own."),
    ] {
        let outcome = run_in(&[("HUBSPOT_CLIENT_SECRET", secret)], arguments, WORKFLOW.as_bytes());
        outcome.assert_failed(said);
        assert_eq!(outcome.stderr.contains("previous-secret-file"), said == to_previous, "{outcome:?}");
    }
}

/// It has no number either.
#[test]
fn a_line_of_white_space_holds_no_other_secret() {
    let file = File::new("blank-lines", format!(" \t\r\n\n{SECRET}\n"));
    let arguments = ["explain", "--at", SIGNED, "--public-url", PUBLIC_URL, "--other-secrets", file.path(), "-"];
    run_in(&[("HUBSPOT_CLIENT_SECRET", OTHER_SECRET)], &arguments, V3.as_bytes())
        .assert(1, "secret number 2 of those given matches");
}

#[test]
fn shells_learn_the_commands() {
    for shell in ["bash", "fish", "zsh"] {
        let script = run(&["completions", shell], b"");
        for word in ["explain", "minimum-version", "other-secret", "moved-body-post"] {
            script.assert(0, word);
        }
    }
    for shell in ["elvish", "powershell"] {
        run(&["completions", shell], b"").assert(0, "explain").assert(0, "minimum-version");
    }
    run(&["completions", "tcsh"], b"").assert_failed("possible values: bash");
    // What bash offers.
    let asked = r#"source /dev/stdin; COMP_WORDS=(hubspot-signature ver) COMP_CWORD=1
        _hubspot__signature hubspot-signature ver hubspot-signature; echo "${COMPREPLY[@]}""#;
    let script = run(&["completions", "bash"], b"").stdout;
    let mut bash =
        Command::new("bash").args(["-c", asked]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let offered = bash.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(offered.stdout).unwrap(), "verify\n");
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let page = |arguments: &[&str]| run(&[&["man"], arguments].concat(), b"");
    page(&[]).assert(0, ".TH hubspot-signature 1").assert(0, "explain").assert(0, "Exit status");
    for command in COMMANDS {
        page(&[command]).assert(0, &format!(".TH hubspot-signature-{command} 1")).assert(0, "Example");
    }
    page(&["send"]).assert(0, "\\fB\\-\\-capture\\fR").assert(0, "HTTP/2 with a space after the signature");
    page(&[SECRET]).assert_failed("there is no such command");
}
