//! `sign`: the headers are the library's, and the curl command sends just what was signed.

use std::io::Write;
use std::process::Command;

use hubspot_signature::{ClientSecret, UnixTime, Verifier, Version};
use serde_json::Value;

use crate::program::*;
use crate::server::{self, Server, verifying};

const URL: &str = "https://www.example.com/webhook_uri";
const BODY: &str = "{'example_field':'example_value'}";

#[test]
fn the_published_request_is_signed_as_published() {
    let outcome = run(&["sign", "--url", URL, "--body", BODY, "--at", SIGNED], b"");
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let signed: Vec<_> = outcome.stdout.lines().map(str::to_owned).collect();
    let published: Vec<_> = V3
        .lines()
        .filter(|line| line.starts_with("X-HubSpot"))
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
        .collect();
    assert_eq!(signed, published);

    let json = run(&["sign", "--url", URL, "--body", BODY, "--at", SIGNED, "--format", "json"], b"");
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&json["method"], &json["url"]), (&"POST".into(), &URL.into()));
    let headers = json["headers"].as_object().unwrap();
    assert_eq!(headers.len(), 4);
    for line in published {
        let (name, value) = line.split_once(": ").unwrap();
        assert_eq!(headers[name], value);
    }
}

#[test]
fn v1_is_signed_on_demand() {
    let outcome = run(&["sign", "--v1", "--url", URL, "--body", BODY, "--at", SIGNED], b"");
    let v1 = ClientSecret::new(SECRET).unwrap().v1(BODY.as_bytes());
    outcome.assert(0, v1.as_str()).assert(0, "x-hubspot-signature-version: v1");
}

#[test]
fn what_is_signed_is_accepted() {
    for (arguments, method) in [
        (&["--body", "{}"][..], "POST"),
        (&["--method", "DELETE"], "DELETE"),
        (&[], "GET"),
        (&["--method", "POST"], "POST"),
    ] {
        let signed = run(&[&["sign", "--url", URL], arguments].concat(), b"");
        let body = if arguments.contains(&"--body") { "{}" } else { "" };
        let capture = format!("{method} /webhook_uri HTTP/1.1\r\n{}\r\n{body}", signed.stdout.replace('\n', "\r\n"));
        run(&["verify", "--public-url", PUBLIC_URL, "-"], capture.as_bytes()).assert(0, "accepted by v3");
    }
    // Now, unless told.
    let signed = run(&["sign", "--url", URL], b"").stdout;
    let time = signed.lines().last().unwrap().rsplit(' ').next().unwrap().parse::<u64>().unwrap();
    assert!(UnixTime::now().as_millis() - time < 60_000);
}

/// A capture, as the other commands take it.
#[test]
fn a_whole_request_is_written() {
    for (arguments, first) in [
        (
            &["--body", "{\"a\":\n\"\u{fc}\"}"][..],
            "POST /webhook_uri?a=%40 HTTP/1.1\r\nHost: www.example.com\r\nContent-Type",
        ),
        (&["--method", "POST"], "POST /webhook_uri?a=%40 HTTP/1.1\r\nHost: www.example.com\r\nContent-Type"),
        (&[], "GET /webhook_uri?a=%40 HTTP/1.1\r\nHost: www.example.com\r\nx-hubspot"),
    ] {
        let url = format!("{URL}?a=%40");
        let signed = run(&[&["sign", "--url", &url, "--format", "http"], arguments].concat(), b"");
        assert!(signed.stdout.starts_with(first), "{signed:?}");
        run(&["verify", "--endpoint", URL, "-"], signed.stdout.as_bytes()).assert(0, "accepted by v3");
        assert!(!signed.stdout.contains(SECRET));
    }
    let signed = ["sign", "--url", URL, "--format", "http", "--to", "http://127.0.0.1:3000/inner"];
    let signed = run(&signed, b"").stdout;
    assert!(signed.starts_with("GET /inner HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n"), "{signed}");
    run(&["explain", "--public-url", "http://127.0.0.1:3000", "--endpoint", URL, "-"], signed.as_bytes())
        .assert(1, "[proved] The URI has the wrong scheme");
    let with_password = run(&["sign", "--url", "https://ann:pass@a.example/b", "--format", "http"], b"").stdout;
    assert!(with_password.contains("Host: a.example\r\n") && !with_password.contains("pass"), "{with_password}");
}

/// Nothing of it is taken for a colour or for text.
#[test]
fn a_body_of_any_bytes_is_written_whole() {
    let body: Vec<u8> = [b"{\"a\":\"\x1b[31m", &(0..=u8::MAX).collect::<Vec<u8>>()[..], b"\"}"].concat();
    let mut child = command()
        .args(["sign", "--url", URL, "--format", "http", "--body-file", "-"])
        .env("HUBSPOT_CLIENT_SECRET", SECRET)
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&body).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stdout.ends_with(&body), "{output:?}");
    run(&["verify", "--endpoint", URL, "-"], &output.stdout).assert(0, "accepted by v3");
}

#[test]
fn what_hubspot_does_not_send_is_not_signed() {
    let sign = |arguments: &[&str]| run(&[&["sign"], arguments].concat(), b"\0");
    for method in ["GET", "HEAD"] {
        sign(&["--url", URL, "--body", "x", "--method", method]).assert_failed("GET and HEAD carry no body");
    }
    sign(&["--url", URL, "--method", "post"]).assert_failed("upper-case");
    sign(&["--url", URL, "--method", ""]).assert_failed("upper-case");
    for (url, why) in [
        ("/webhook_uri", "begin with http"),
        ("www.example.com/x", "begin with http"),
        ("ftp://www.example.com/", "begin with http"),
        ("https://", "its host or port"),
        ("https://a/b c", "white space or a control character"),
        ("https://a/b\u{7f}c", "white space or a control character"),
        (&format!("https://a/{}", "b".repeat(65_525)), "it is too long"),
        ("https://a/#b", "a fragment"),
        ("https://a/\u{fc}", "not ASCII"),
    ] {
        let url_such_as = "http or https URL such as https://hooks.example.com/hubspot";
        let outcome = sign(&["--url", url]);
        outcome.assert_failed(&format!("--url is not a whole {url_such_as}: it"));
        outcome.assert_failed(why);
    }
    sign(&["--url", URL, "--format", "curl", "--to", "localhost"]).assert_failed("--to is not a whole");
    sign(&["--url", "https://a/{b}"]).assert_failed("0x7b, which clients must escape");
    sign(&["--url", URL, "--at", "1970-01-02T00:00:00Z"]).assert_failed("13 digits");
    sign(&["--url", URL, "--format", "wget"]).assert_failed("possible values: headers, curl, http, json");
}

#[test]
fn what_a_verifier_refuses_is_noted() {
    for (body, refused) in [("hello", true), ("a=b", true), ("{}", false), (BODY, false)] {
        for format in ["headers", "curl", "http", "json"] {
            let outcome = run(&["sign", "--url", URL, "--body", body, "--format", format], b"");
            outcome.assert(0, "");
            let noted = outcome.stderr.starts_with("note: a verifier refuses the request that this signs: ");
            assert_eq!(noted, refused, "{body} {outcome:?}");
            assert!(refused || outcome.stderr.is_empty(), "{outcome:?}");
        }
    }
}

#[test]
fn an_address_is_not_left_out_in_silence() {
    let to = ["sign", "--url", URL, "--to", "http://127.0.0.1:3000/"];
    for format in [&[][..], &["--format", "headers"], &["--format", "json"]] {
        run(&[&to, format].concat(), b"").assert_failed("--to is for --format curl or http");
    }
}

/// Runs the printed command with `sh`.
#[test]
fn the_curl_command_sends_what_was_signed() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("not tested: there is no curl");
        return;
    }
    let careful = verifying(Verifier::new(SECRET, Version::V3).unwrap().dangerously_accept_any_body());
    // For the body of an answer to HEAD, curl would wait.
    let server = Server::answering(move |request| format!("{} Status\r\n", careful(request)), "an answer");
    let targets = ["/hubspot", "/a/../b/./c%2Fd?x=[1-3]&y=(a,b)&z='&q=$HOME`id`&%C3%BC=+%20"];
    let bodies = [
        "{}",
        "it's\n a \"$HOME\" `id` \\ \\\\ !x",
        "\r\nGrüße ☎\n\n",
        "@/etc/hostname",
        "-d x",
        "",
        " ",
        "'",
        "''\\''",
        "%41&a=b",
        "\0\u{1b}[2J%s\\101\u{202e}",
    ];
    for target in targets {
        let url = format!("{}{}", server::PUBLIC_URL, target);
        let to = server.url(target);
        let sends = |arguments: &[&str], input: &[u8], method: &str, body: &[u8]| {
            let base = ["sign", "--format", "curl", "--url", &url, "--to", &to];
            let printed = run(&[&base[..], arguments].concat(), input);
            assert_eq!(printed.status, Some(0), "{printed:?}");
            let shell =
                Command::new("sh").arg("-c").arg(format!("{} --silent --fail", printed.stdout.trim_end())).output();
            let shell = shell.expect("sh runs");
            assert!(shell.status.success(), "{printed:?} {shell:?}");
            let last = server.last();
            assert_eq!((last.method().as_str(), last.body().as_slice()), (method, body), "{printed:?}");
            let is_plain = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
            assert!(printed.stdout.chars().all(is_plain), "{printed:?}");
            let described = ["content-type", "content-length"].map(|name| last.headers().get(name).is_some());
            assert_eq!(described, [!["GET", "HEAD"].contains(&method); 2], "{last:?}");
            assert!(last.headers().get("content-type").is_none_or(|value| value == "application/json"), "{last:?}");
        };
        for body in bodies {
            if !body.contains('\0') {
                sends(&["--method", "POST", &format!("--body={body}")], b"", "POST", body.as_bytes());
            }
            sends(&["--method", "PUT", "--body-file", "-"], body.as_bytes(), "PUT", body.as_bytes());
        }
        sends(&["--body-file", "-"], b"\xff\xfe", "POST", b"\xff\xfe");
        let file = File::new("it's a body", b"\r\n\x00{\"a\":1}\n");
        sends(&["--body-file", file.path()], b"", "POST", b"\r\n\x00{\"a\":1}\n");
        sends(&[], b"", "GET", b"");
        sends(&["--method", "HEAD"], b"", "HEAD", b"");
    }
}
