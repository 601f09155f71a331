//! `explain`: that the library's diagnosis is given the request as it is, and comes out whole.

use serde_json::Value;

use crate::program::*;

fn explain(arguments: &[&str], capture: &str) -> Outcome {
    run(&[&["explain", "--at", SIGNED, "-"], arguments].concat(), capture.as_bytes())
}

#[test]
fn a_cause_is_named_with_its_fix() {
    explain(&["--public-url", "http://www.example.com"], V3)
        .assert(1, "Refused: the v3 signature does not match")
        .assert(1, "[proved]")
        .assert(1, "Fix: Configure the URL as it is in HubSpot, `PublicUrl::endpoint(\"https://www.example.com/");
    explain(&["--public-url", PUBLIC_URL], V3).assert(0, "Accepted: the v3 signature matches");
    run(&["explain", "--public-url", PUBLIC_URL, "-"], V3.as_bytes())
        .assert(1, "signed longer ago than the verifier allows");
}

#[test]
fn what_a_reader_looks_for_stands_out() {
    let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("CLICOLOR_FORCE", "1")];
    let arguments = ["explain", "--at", SIGNED, "--public-url", "http://www.example.com", "-"];
    let outcome = run_in(&environment, &arguments, V3.as_bytes());
    outcome.assert(1, "Refused\u{1b}[0m: the v3").assert(1, "\n\nX-HubSpot-Signature-v3 is judged");
    outcome
        .assert(1, "\n\u{1b}[1m1. [proved]")
        .assert(1, "\n   Evidence:")
        .assert(1, "\n   \u{1b}[1mFix:\u{1b}[0m Configure");
    outcome.assert(1, "\n\nCompared");
}

fn causes(outcome: &Outcome) -> Vec<String> {
    let json: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(json["accepted"], Value::Bool(outcome.status == Some(0)));
    let faults = json["findings"].as_array().unwrap().iter().flat_map(|finding| finding["faults"].as_array().unwrap());
    faults.map(|fault| fault["cause"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn json_has_all_of_it() {
    let spaced = WORKFLOW.replace(":\"", ": \"").replace("Content-Length: 33\r\n", "");
    let outcome = explain(&["--public-url", "http://www.example.com", "--format", "json"], &spaced);
    assert_eq!(outcome.status, Some(1), "{outcome:?}");
    assert_eq!(causes(&outcome), ["uri-scheme", "body-reserialised"]);
    let json: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let finding = &json["findings"][0];
    assert_eq!(finding["certainty"], "proved");
    assert_eq!(finding["signed_uri"], "https://www.example.com/webhook_uri");
    assert_eq!(finding["matched"][0]["header"], "X-HubSpot-Signature");
    assert_eq!(finding["matched"][0]["secret"], 1);
    assert!(json["expected"][0].as_str().unwrap().starts_with("X-HubSpot-Signature is judged as v2"));
    assert!(json["tried"].as_u64().unwrap() > 1);
    for text in ["description", "evidence", "fix"] {
        assert!(finding["faults"][0][text].as_str().is_some_and(|text| !text.is_empty()), "{text}: {outcome:?}");
    }
    // What is left to try stands nowhere else.
    let forged = explain(&["--public-url", PUBLIC_URL, "--format", "json"], &V3.replace("example_value", "forged"));
    let text: Value = serde_json::from_str(&forged.stdout).unwrap();
    let text = text["text"].as_str().unwrap();
    assert!(text.starts_with("Refused: ") && text.contains("\nTo settle it, "), "{text}");
    let accepted = explain(&["--public-url", PUBLIC_URL, "--format", "json"], V3);
    assert_eq!(causes(accepted.assert(0, "accepted by v3")), [""; 0]);
}

/// Content-Length still says how long the body was when it was signed.
#[test]
fn a_body_of_another_length_than_announced_is_taken_whole() {
    let arguments = ["--public-url", PUBLIC_URL, "--format", "json"];
    assert_eq!(causes(&explain(&arguments, &WORKFLOW.replace(":\"", ": \""))), ["body-reserialised"]);
    let lost = &WORKFLOW[..WORKFLOW.find('{').unwrap()];
    assert!(causes(&explain(&arguments, lost)).contains(&"body-lost".to_owned()));
    explain(&arguments, &format!("{WORKFLOW}\r\n")).assert(0, "accepted by v2");
}

#[test]
fn all_headers_are_looked_at() {
    let capture = V3.replace("Host: www.example.com", "Host: 10.0.0.7:3000\r\nX-Forwarded-Host: www.example.com");
    let outcome = explain(&["--public-url", "https://10.0.0.7:3000", "--format", "json"], &capture);
    assert_eq!(causes(&outcome), ["uri-host"]);
}

/// Any prefix, not only a usual one, and a host that no header names.
#[test]
fn the_url_is_compared_with_the_endpoint() {
    let capture = V3.replace("Host: www.example.com\r\n", "");
    let headers = capture.lines().skip(1).take_while(|line| !line.is_empty());
    let mut arguments =
        vec!["explain", "--at", SIGNED, "--format", "json", "--url", "http://10.0.0.7:3000/", "--method", "POST"];
    let body = &capture[capture.find("\r\n\r\n").unwrap() + 4..];
    arguments.extend(["--body", body]);
    headers.for_each(|header| arguments.extend(["-H", header]));
    arguments.extend(["--endpoint", "https://www.example.com/webhook_uri"]);
    let expected = ["uri-scheme", "uri-host", "uri-prefix-lost"];
    assert_eq!(causes(&run(&arguments, b"")), expected);

    // The same of a capture: with the whole URL that the service verifies, or with its server.
    let json = ["--endpoint", "https://www.example.com/webhook_uri", "--format", "json"];
    let stripped = capture.replace("POST /webhook_uri", "POST /");
    for (service, capture, expected) in [
        (["--url", "http://10.0.0.7:3000/"], &capture, &expected[..]),
        (["--public-url", "http://10.0.0.7:3000"], &stripped, &expected),
        (["--public-url", "http://10.0.0.7:3000"], &capture, &["uri-scheme", "uri-host"]),
        (["--public-url", "https://www.example.com:8443"], &capture, &["uri-port"]),
        (["--public-url", "https://www.example.com/odd-mount"], &capture, &["uri-prefix-added"]),
        (["--url", "https://www.example.com/webhook_uri/"], &capture, &["uri-trailing-slash"]),
    ] {
        assert_eq!(causes(&explain(&[&service[..], &json].concat(), capture)), expected, "{service:?}");
    }
    explain(&["--url", "https://www.example.com/webhook_uri", "--endpoint", PUBLIC_URL], &stripped)
        .assert(0, "Accepted");
    explain(&["--url", "secret"], &capture).assert_failed("--url is neither a URL nor a path");
    explain(&["--url", PUBLIC_URL, "--public-url", PUBLIC_URL], &capture).assert_failed("cannot be used with");
}

/// The service verifies another path than the one that arrived, and the endpoint is told as wrongly.
#[test]
fn the_request_line_is_a_candidate() {
    let wrong = "https://www.example.com/webhooks";
    let outcome = explain(&["--url", wrong, "--endpoint", wrong], V3);
    outcome.assert(1, "[proved]").assert(1, "over the URI \"https://www.example.com/webhook_uri\"");
    // And without --url, it is said how to compare.
    let more = "Give the URL that your code verified as --url.";
    explain(&["--endpoint", "https://www.example.com/webhook_uri"], V3).assert(0, more);
    assert!(!explain(&["--url", "https://www.example.com/webhook_uri"], V3).stdout.contains(more));
}

/// The service may have another secret than the one given here, so that nothing is wrong with what is judged.
#[test]
fn what_is_left_if_the_request_verifies() {
    let another = "it has a different secret from the one given here, or it verified a different method, URL or body";
    let but_for_its_time = format!(
        "Apart from its timestamp, the request verifies. If your service says that the signature does not match, {another}"
    );
    let url = ["--url", "https://www.example.com/webhook_uri"];
    let explain_at =
        |at: &str, capture: &str| run(&[&["explain", "--at", at, "-"], &url[..]].concat(), capture.as_bytes());
    let accepted = explain_at(SIGNED, V3);
    assert!(accepted.assert(0, another).stdout.contains(another) && !accepted.stdout.contains("Apart from"));
    explain_at("2033-09-02T12:26:00Z", V3).assert(1, &but_for_its_time);
    explain_at("2003-09-02T12:26:00Z", V3).assert(1, &but_for_its_time);
    // Not if something else is wrong too.
    let damaged = V3.replace(":\"", ": \"").replace(":'", ": '");
    for (at, capture) in [(SIGNED, &*damaged), ("2033-09-02T12:26:00Z", &*damaged)] {
        assert!(!explain_at(at, capture).stdout.contains(another), "{at}");
    }
}

/// Else a request that the service refused for its query would be accepted here without a word.
#[test]
fn a_query_that_url_lacks_is_noted() {
    let url = "https://www.example.com/webhook_uri";
    let capture = V3.replacen("/webhook_uri", "/webhook_uri?tenant=7", 1);
    let said =
        |url: &str, capture: &str| explain(&["--url", url], capture).stderr.contains("the query in --url is not");
    assert!(said(url, &capture) && said(&format!("{url}?tenant=8"), &capture) && said(&format!("{url}?a"), V3));
    assert!(!said(url, V3) && !said(&format!("{url}?tenant=7"), &capture));
}

/// A path copied from a log line is taken for the fault, so it is said what to give.
#[test]
fn a_url_that_is_only_a_path_is_noted() {
    let note = "note: --url is only a path: give the whole URL that your code verified. For path_not_endpoint, give your \
                service's own URL as --endpoint, and no --url\n";
    let (endpoint, url) = ("https://www.example.com/webhook_uri", "https://www.example.com/webhook_uri/");
    let outcome = explain(&["--url", "/webhook_uri", "--endpoint", endpoint, "--format", "json"], V3);
    assert_eq!((causes(&outcome), &*outcome.stderr), (vec!["uri-path-only".to_owned()], note));
    let parts = run(&["explain", "--at", SIGNED, "--url", "/webhook_uri", "--body", "{}"], b"");
    assert!(parts.stderr.contains(note), "{parts:?}");
    assert_eq!(explain(&["--url", url, "--endpoint", endpoint], V3).stderr, "");
    assert_eq!(explain(&["--endpoint", endpoint], V3).stderr, "");
    let verify = run(&["verify", "--at", SIGNED, "--url", "/webhook_uri", "--body", "{}"], b"");
    assert!(!verify.stderr.contains("path_not_endpoint"), "{verify:?}");
}

/// The option that settles an open question is one of this program, and runs when it is added.
#[test]
fn the_experiment_is_a_command_that_runs() {
    let arguments = ["--public-url", "http://10.0.0.7:3000/none-of-the-usual"];
    let capture = V3.replace("Host: www.example.com\r\n", "");
    let outcome = explain(&arguments, &capture);
    outcome.assert(1, "To settle it, run this again with --endpoint set to the URL");
    assert!(!outcome.stdout.contains("Diagnostician"), "{outcome:?}");
    explain(&[&arguments[..], &["--endpoint", "https://www.example.com/webhook_uri"]].concat(), &capture)
        .assert(1, "[proved]");
}

/// No URL settles why a v1 signature fails, and this program has an option for what does.
#[test]
fn the_experiment_for_v1_is_an_option_of_this_program() {
    let url = "https://www.example.com/webhook_uri";
    let signed = run(&["sign", "--v1", "--url", url, "--at", SIGNED, "--body", "{}", "--format", "http"], b"");
    let environment = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET)];
    let arguments = ["explain", "--at", SIGNED, "--public-url", PUBLIC_URL, "-"];
    let outcome = run_in(&environment, &arguments, signed.stdout.as_bytes());
    outcome
        .assert(1, "The v1 signature, which covers neither")
        .assert(1, "`hubspot-signature explain --other-secrets`");
    let others = File::new("v1-others", SECRET);
    let outcome =
        run_in(&environment, &[&arguments[..], &["--other-secrets", others.path()]].concat(), signed.stdout.as_bytes());
    outcome.assert(1, "[proved] The signature was made with another of the given secrets");
}

/// The documentation advises to require v3, and the default here is v2.
#[test]
fn a_downgraded_request_is_told() {
    let downgraded: String =
        V3.split_inclusive('\n').filter(|line| !line.contains("-v3") && !line.contains("Timestamp")).collect();
    let remark = "a verifier that requires v3 refuses it";
    let verify = |capture: &str| run(&["verify", "--at", SIGNED, "--public-url", PUBLIC_URL, "-"], capture.as_bytes());
    verify(&downgraded).assert(0, "accepted by v2 with the current secret").assert(0, remark);
    explain(&["--public-url", PUBLIC_URL], &downgraded).assert(0, "Accepted: the v2").assert(0, remark);
    for outcome in [verify(V3), explain(&["--public-url", PUBLIC_URL], V3), verify(&downgraded.replace('{', "["))] {
        assert!(!outcome.stdout.contains(remark), "{outcome:?}");
    }
}

#[test]
fn other_secrets_are_tried_and_numbered() {
    let explain = |arguments: &[&str]| {
        let environment = [("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PUBLIC_URL", PUBLIC_URL)];
        run_in(&environment, &[&["explain", "--at", SIGNED, "-"], arguments].concat(), V3.as_bytes())
    };
    let others = File::new("others", format!("00000000-0000-4000-8000-00000000000a\n\n{SECRET}\n"));
    explain(&["--previous-secret", SECRET]).assert(0, "Accepted");
    explain(&["--other-secrets", others.path()]).assert(1, "secret number 3");
    explain(&["--other-secrets", others.path(), "--previous-secret", "x"]).assert(1, "secret number 3");
    let damaged = V3.replace("POST /", "POST /prod/");
    let explained = run_in(
        &[("HUBSPOT_CLIENT_SECRET", OTHER_SECRET), ("HUBSPOT_PREVIOUS_SECRET", SECRET)],
        &["explain", "--at", SIGNED, "--public-url", PUBLIC_URL, "--other-secrets", others.path(), "-"],
        damaged.as_bytes(),
    );
    explained.assert(1, "(with secret number 4)");
    assert!(!explained.stdout.contains("another of the secrets given"), "{explained:?}");
    let seven = File::new("seven", format!("{SECRET}\n").repeat(7));
    explain(&["--other-secrets", seven.path()]).assert(1, "secret number 2");
    let many = File::new("many", format!("{SECRET}\n").repeat(8));
    explain(&["--other-secrets", many.path()]).assert_failed("at most 8 secrets");
}

#[test]
fn an_unusable_secret_is_explained() {
    let explain = |secret: &str| {
        run_in(
            &[("HUBSPOT_CLIENT_SECRET", secret)],
            &["explain", "--at", SIGNED, "--public-url", PUBLIC_URL, "-"],
            V3.as_bytes(),
        )
    };
    explain(&format!("{SECRET}\n")).assert(1, "white space");
    explain("pat-na1-00000000-0000-4000-8000-000000000000").assert(1, "access token");
    explain("").assert(1, "empty");
}

/// The endpoint is shown where the two URLs are compared, so it must be one.
#[test]
fn a_secret_in_the_place_of_the_endpoint_is_not_shown() {
    for secret in [SECRET, OTHER_SECRET, "pat-na1-0a4b7c1e", "https://ann:pass@www.example.com/"] {
        for url in ["--url", "--public-url"] {
            let outcome = explain(&[url, "https://www.example.com/webhook_uri", "--endpoint", secret], V3);
            outcome.assert_failed("--endpoint: ");
            assert!(!outcome.stderr.contains(secret), "{outcome:?}");
        }
        let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_ENDPOINT", secret)];
        let outcome = run_in(&environment, &["explain", "--url", "https://www.example.com/", "-"], V3.as_bytes());
        outcome.assert_failed("--endpoint: ");
        assert!(!outcome.stderr.contains(secret), "{outcome:?}");
    }
}

/// The path alone refuses the request, and the rest of it is explained all the same.
#[test]
fn a_path_that_is_not_the_endpoints_is_told_first() {
    let endpoint = ["--endpoint", "https://www.example.com/other"];
    explain(&endpoint, V3)
        .assert(1, "Refused: the path of the request is not that of the endpoint")
        .assert(
            1,
            "Only if HubSpot calls the URL that was signed, configure it: `PublicUrl::endpoint(\"https://www.example",
        )
        .assert(1, "Otherwise, the request is a replay at another route.");
    let json = explain(&[&endpoint[..], &["--format", "json"]].concat(), V3);
    json.assert(1, "\"verdict\": \"the path of the request is not that of the endpoint\"")
        .assert(1, "\"accepted\": false");
    let endpoint = ["--endpoint", "https://www.example.com/webhook_uri"];
    explain(&endpoint, V3).assert(0, "Accepted");
    // The signature is right for the endpoint, and the path is not.
    let moved = V3.replacen("/webhook_uri", "/elsewhere", 1);
    explain(&endpoint, &moved)
        .assert(1, "the path of the request is not")
        .assert(1, "The endpoint's URL was signed. If HubSpot's own requests arrive like this one, the path");
    // Both paths are named, and the difference is a finding, whichever of them has the slash, and if it is only that.
    let url = "https://www.example.com/webhook_uri";
    let slashed = |target| V3.replacen("/webhook_uri", target, 1);
    for (target, endpoint, fix, found) in [
        ("/webhook_uri/", "/webhook_uri", "The endpoint's URL was signed", &["uri-trailing-slash"] as &[&str]),
        ("/elsewhere", "/webhook_uri", "The endpoint's URL was signed", &["uri-rewritten"]),
        ("/webhook_uri", "/webhook_uri/", "Configure the URL that was signed", &["uri-trailing-slash"]),
        (
            "/webhook_uri/?a=1",
            "/webhook_uri",
            "The endpoint's URL was signed",
            &["uri-trailing-slash", "uri-query-added"],
        ),
    ] {
        let arguments = ["--endpoint", &format!("https://www.example.com{endpoint}")];
        let capture = slashed(target);
        let path = target.split('?').next().unwrap();
        let both =
            format!("The request arrived at the path {path:?}, and the path of the endpoint is {endpoint:?}.\nCompare");
        let outcome = explain(&arguments, &capture);
        outcome.assert(1, &both).assert(1, "\n1. [proved] ").assert(1, fix);
        // The setting is not advised where it is right already.
        let is_advised = outcome.stdout.contains(&format!("`PublicUrl::endpoint({url:?})`"));
        assert_eq!(is_advised, endpoint == "/webhook_uri/", "{outcome:?}");
        assert!(!outcome.stdout.contains("Configure the URL") || is_advised, "{outcome:?}");
        assert_eq!(causes(&explain(&[&arguments[..], &["--format", "json"]].concat(), &capture)), found, "{target}");
    }
    let long = slashed(&format!("/{}", "\u{9b}a".repeat(150)));
    explain(&endpoint, &long).assert(1, &format!("at the path \"/{}\\u{{9b}}\"…, and", "\\u{9b}a".repeat(99)));
}
