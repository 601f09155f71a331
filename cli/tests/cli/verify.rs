//! `verify`.

use std::io::{Read, Write};

use hubspot_signature::{ClientSecret, UnixTime};

use crate::program::*;

const CAPTURED: [&str; 6] = ["verify", "--public-url", PUBLIC_URL, "--at", SIGNED, "-"];

fn verify(capture: &str) -> Outcome {
    run(&CAPTURED, capture.as_bytes())
}

#[test]
fn captures_are_judged() {
    verify(WORKFLOW).assert(0, "accepted by v2 with the current secret");
    verify(V3).assert(0, "accepted by v3 with the current secret");
    verify(TAMPERED).assert(1, "refused: the v2 signature does not match").assert(1, "hubspot-signature explain");
    verify(&V3.replace("\r\n", "\n")).assert(0, "accepted by v3");
    let file = File::new("v3.http", V3);
    run(&["verify", "--public-url", PUBLIC_URL, "--at", SIGNED, file.path()], b"").assert(0, "accepted by v3");
}

#[test]
fn a_request_in_parts_is_judged() {
    let (head, body) = V3.split_once("\r\n\r\n").unwrap();
    let mut arguments = vec!["verify", "--at", SIGNED, "--url", "https://www.example.com/webhook_uri", "--body", body];
    for line in head.lines().skip(1) {
        arguments.extend(["--header", line]);
    }
    run(&arguments, b"").assert(0, "accepted by v3");
    let from_stdin: Vec<_> =
        arguments.iter().map(|word| if *word == "--body" { "--body-file" } else { word }).collect();
    let from_stdin: Vec<_> = from_stdin.iter().map(|word| if *word == body { "-" } else { word }).collect();
    run(&from_stdin, body.as_bytes()).assert(0, "accepted by v3");
    run(&[&arguments[..], &["--method", "PUT"]].concat(), b"").assert(1, "refused: the v3 signature does not match");
    run(&[&arguments[..], &["-H", "X-HubSpot-Signature-v3: x"]].concat(), b"").assert(1, "occurs more than once");
    run(&["verify", "--url", "/webhook_uri", "-H", "X-HubSpot-Signature: ?"], b"").assert(1, "refused");
    for header in ["X-HubSpot-Signature-v3", ": x", ""] {
        run(&[&arguments[..], &["-H", header]].concat(), b"").assert_failed("give `Name: value`");
    }
}

/// The target is neither decoded nor normalised.
#[test]
fn a_target_is_taken_verbatim() {
    let signed = |method: &str, target: &str| {
        let url = format!("{PUBLIC_URL}{target}");
        let signed = ClientSecret::new(SECRET).unwrap().sign(method, &url, b"", UnixTime::now()).unwrap();
        signed.pairs().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<String>()
    };
    let judge = |target: &str, headers: &str| {
        let capture = format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
        run(&["verify", "--public-url", &format!("{PUBLIC_URL}/"), "-"], capture.as_bytes())
    };
    for target in ["/", "/?", "//a//b/", "/a/../b/./c%2fd?x='1'&y=%3a+%20&z", "/[a}?b|^`?/", "/a?http://b", "/<a>#b"] {
        judge(target, &signed("GET", target)).assert(0, "accepted by v3");
    }
    // Decoded on the way: refused, and not a fault of the capture.
    let headers = signed("GET", "/a%20b?c=%22d%22");
    judge("/a b?c=%22d%22", &headers).assert(1, "refused: the URI holds the byte 0x20");
    judge("/a%20b?c=\"d\"", &headers).assert(1, "refused: the URI holds the byte 0x22");
    judge("/a b", &headers).assert(1, "GET \"https://www.example.com/a b\"");
}

#[test]
fn time_is_the_clocks_or_told() {
    let at = |time| run(&["verify", "--public-url", PUBLIC_URL, "--at", time, "-"], V3.as_bytes());
    for time in ["2023-09-02T12:26:00Z", "2023-09-02T14:26:00.000+02:00", "1693657860000"] {
        at(time).assert(0, "accepted by v3");
    }
    at("2023-09-02T12:31:00.001Z").assert(1, "5 min old");
    at("2023-09-02T12:24:59Z").assert(1, "in the future").assert(1, "check this machine's clock.\n");
    at("1693657560").assert_failed("looks like seconds");
    at("yesterday").assert_failed("give 13 digits");
    at("").assert_failed("give 13 digits");
    at("1969-12-31T23:59:59Z").assert_failed("before 1970");

    let now = |capture: &str| run(&["verify", "--public-url", PUBLIC_URL, "-"], capture.as_bytes());
    now(V3).assert(1, "days old");
    let signed =
        ClientSecret::new(SECRET).unwrap().sign("GET", "https://www.example.com/", b"", UnixTime::now()).unwrap();
    let headers: String = signed.pairs().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    now(&format!("GET / HTTP/1.1\r\n{headers}\r\n")).assert(0, "accepted by v3");
}

#[test]
fn the_minimum_version_is_demanded() {
    let with =
        |version, capture: &str| run(&[&CAPTURED[..], &["--minimum-version", version]].concat(), capture.as_bytes());
    with("v3", V3).assert(0, "accepted by v3");
    with("v3", WORKFLOW).assert(1, "newest signature is v2, and v3 is the oldest accepted");
    let body = "[{\"eventId\":1}]";
    let signature = ClientSecret::new(SECRET).unwrap().v1(body.as_bytes());
    let v1 = format!(
        "POST / HTTP/1.1\r\nX-HubSpot-Signature: {}\r\nX-HubSpot-Signature-Version: v1\r\n\r\n{body}",
        signature.as_str()
    );
    with("v1", &v1).assert(0, "accepted by v1");
    verify(&v1).assert(1, "newest signature is v1, and v2 is the oldest accepted");
    with("v4", V3).assert_failed("possible values: v1, v2, v3");
}

#[test]
fn the_secret_comes_from_option_file_or_environment_in_this_order() {
    let judge = |environment: &[(&str, &str)], arguments: &[&str]| {
        run_in(environment, &[&CAPTURED[..], arguments].concat(), V3.as_bytes())
    };
    let (right, wrong) = (("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_CLIENT_SECRET", OTHER_SECRET));
    judge(&[right], &[]).assert(0, "accepted");
    judge(&[wrong], &[]).assert(1, "does not match");
    judge(&[wrong], &["--secret", SECRET]).assert(0, "accepted");
    judge(&[right], &["--secret", OTHER_SECRET]).assert(1, "does not match");
    for end in ["", "\n", "\r\n"] {
        let file = File::new(&format!("secret{}", end.len()), format!("{SECRET}{end}"));
        judge(&[wrong], &["--secret-file", file.path()]).assert(0, "accepted");
    }
    for (name, text, why) in [
        ("two-ends", format!("{SECRET}\n\n"), "white space"),
        ("space", format!("{SECRET} \n"), "white space"),
        ("quoted", format!("\"{SECRET}\"\n"), "quotation marks"),
        ("token", format!("pat-{SECRET}\n"), "access token"),
        ("empty", "\n".into(), "the client secret is empty"),
    ] {
        let file = File::new(name, text);
        judge(&[right], &["--secret-file", file.path()]).assert_failed(why);
    }
    let binary = File::new("binary", [0xff; 36]);
    judge(&[right], &["--secret-file", binary.path()]).assert_failed("--secret-file is not UTF-8");
    judge(&[right], &["--secret-file", "no such file"]).assert_failed("--secret-file cannot be read");
    judge(&[right], &["--secret-file", "x", "--secret", SECRET]).assert_failed("cannot be used with");
    judge(&[], &[]).assert_failed("set HUBSPOT_CLIENT_SECRET or give --secret-file");
    judge(&[("HUBSPOT_CLIENT_SECRET", "")], &[]).assert_failed("the client secret is empty");
}

#[test]
fn the_previous_secret_is_accepted_too() {
    let judge = |environment: &[(&str, &str)], arguments: &[&str]| {
        let environment = [environment, &[("HUBSPOT_CLIENT_SECRET", OTHER_SECRET)]].concat();
        run_in(&environment, &[&CAPTURED[..], arguments].concat(), V3.as_bytes())
    };
    let file = File::new("previous", format!("{SECRET}\n"));
    let expected = "accepted by v3 with the previous secret";
    judge(&[("HUBSPOT_PREVIOUS_SECRET", SECRET)], &[]).assert(0, expected);
    judge(&[], &["--previous-secret", SECRET]).assert(0, expected);
    judge(&[], &["--previous-secret-file", file.path()]).assert(0, expected);
    judge(&[], &["--previous-secret", ""]).assert_failed("the previous secret: the client secret is empty");
}

#[test]
fn the_public_url_and_the_target_are_joined_as_they_are() {
    let (prefix, target) = ("https://hooks.example.com:8443/a/b", "/c/../hook?b=%3a&a=1+2&b=%20'");
    let signature = ClientSecret::new(SECRET).unwrap().v2("POST", &format!("{prefix}{target}"), b"{}");
    let capture = format!("POST {target} HTTP/1.1\r\nX-HubSpot-Signature: {}\r\n\r\n{{}}", signature.as_str());
    for url in [prefix, &format!("{prefix}/")] {
        run(&["verify", "--public-url", url, "-"], capture.as_bytes()).assert(0, "accepted by v2");
        let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", url)];
        run_in(&environment, &["verify", "-"], capture.as_bytes()).assert(0, "accepted by v2");
    }
    run(&["verify", "-"], capture.as_bytes())
        .assert_failed("give --endpoint, the URL as it stands in HubSpot, or --public-url");
    let with = |url| run(&["verify", "--public-url", url, "-"], capture.as_bytes());
    with("hooks.example.com").assert_failed("--public-url: the public URL is not a valid absolute");
    with("https://hooks.example.com/?a=b").assert_failed("--public-url: the public URL has a query");
}

#[test]
fn a_target_cannot_name_the_host() {
    for target in ["https://other.example/hook", ".other.example/hook", "*"] {
        verify(&V3.replacen("/webhook_uri", target, 1)).assert_failed("does not begin with `/`");
    }
}

#[test]
fn the_body_is_what_the_headers_announce() {
    let more = verify(&format!("{WORKFLOW}\nGET / HTTP/1.1\r\n\r\n"));
    more.assert(0, "accepted by v2");
    assert!(more.stderr.contains("note: the capture goes on"), "{more:?}");
    let unmeasured = WORKFLOW.replace("Content-Length: 33\r\n", "");
    verify(&unmeasured).assert(0, "accepted by v2");
    verify(&(unmeasured + "\n")).assert(1, "does not match");
    for end in [WORKFLOW.len() - 1, WORKFLOW.find('{').unwrap(), WORKFLOW.find('{').unwrap() - 1, 40, 0] {
        verify(&WORKFLOW[..end]).assert_failed("the capture is cut short");
    }
    let with = |line: &str| verify(&WORKFLOW.replace("Content-Length: 33", line));
    with("Content-Length: 33\r\ncontent-length: 33").assert_failed("more than one Content-Length");
    with("Content-Length: 33, 33").assert_failed("not a number");
    with("Content-Length: +33").assert_failed("not a number");
    with("Content-Length: 99999999999999999999").assert_failed("not a number");
    with("Transfer-Encoding: gzip, chunked").assert_failed("other than chunked");
    with("Content-Length: 33\r\nTransfer-Encoding: chunked").assert_failed("both Content-Length and Transfer-Encoding");
}

#[test]
fn chunks_are_joined() {
    let (head, body) = WORKFLOW.split_once("\r\n\r\n").unwrap();
    let head = head.replace("Content-Length: 33", "transfer-encoding: Chunked");
    let chunked = |chunks: &str| verify(&format!("{head}\r\n\r\n{chunks}"));
    let (a, b) = body.split_at(10);
    chunked(&format!("21\r\n{body}\r\n0\r\n\r\n")).assert(0, "with 33 bytes of body").assert(0, "accepted by v2");
    chunked(&format!("A\r\n{a}\r\n17;ext=1\r\n{b}\r\n0\r\nTrailer: x\r\n\r\n")).assert(0, "accepted by v2");
    chunked(&format!("A\r\n{b}\r\n")).assert_failed("not in chunks");
    chunked(&format!("A\r\n{a}\r\n17\r\n{b}\r\n")).assert_failed("no chunk of length 0");
    chunked(&format!("A\r\n{a}\r\n17\r\n{b}")).assert_failed("no chunk of length 0");
    chunked(&format!("A\r\n{a}\r\nffffffffffffffff\r\n{b}")).assert_failed("no chunk of length 0");
    chunked("").assert_failed("no chunk of length 0");
    chunked(body).assert_failed("take its Transfer-Encoding header out");
}

#[test]
fn a_reader_that_has_gone_is_no_fault() {
    for (capture, status) in [(V3, 0), (TAMPERED, 1)] {
        let mut child = command().env("HUBSPOT_CLIENT_SECRET", SECRET).args(CAPTURED).spawn().unwrap();
        drop(child.stdout.take());
        // It writes only when it has read all of this.
        child.stdin.take().unwrap().write_all(capture.as_bytes()).unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(status), ""));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_fault() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = command();
    command.env("HUBSPOT_CLIENT_SECRET", SECRET).args(CAPTURED).stdout(full);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(V3.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
}

/// In no format: not of the terminal, not of the direction of text, not invisible.
#[test]
fn control_characters_of_a_capture_are_not_obeyed() {
    const HIDDEN: &str = "\u{1b}[2J\u{9b}\u{202e}\u{2066}\u{2028}\u{200b}\u{feff}\u{7f}";
    let captures = [
        format!("POST /{HIDDEN} HTTP/1.1\r\nX-HubSpot-Signature: {HIDDEN}\r\n\r\n{{\"a\":\"{HIDDEN}\"}}"),
        format!(
            "POST / HTTP/1.1\r\nHost: {HIDDEN}\r\nX-Forwarded-Host: {HIDDEN}\r\nX-HubSpot-Signature: {:064}\r\n\r\n{HIDDEN}",
            0
        ),
        V3.replace("/webhook_uri", &format!("/webhook_uri?{HIDDEN}")),
    ];
    for capture in captures {
        for command in [&["verify"][..], &["explain"], &["explain", "--format", "json"]] {
            let arguments = [command, &["--public-url", PUBLIC_URL, "--at", SIGNED, "-"]].concat();
            let outcome = run(&arguments, capture.as_bytes());
            assert_eq!(outcome.status, Some(1), "{outcome:?}");
            let is_hidden = |c: char| HIDDEN.contains(c) && !"[2J".contains(c);
            assert!(!outcome.stdout.contains(is_hidden) && !outcome.stderr.contains(is_hidden), "{outcome:?}");
        }
    }
}

#[test]
fn the_endpoint_is_as_it_stands_in_hubspot() {
    let verify = |endpoint: &str, arguments: &[&str]| {
        run(&[&["verify", "--at", SIGNED, "-", "--endpoint", endpoint], arguments].concat(), V3.as_bytes())
    };
    verify("https://www.example.com/webhook_uri", &[]).assert(0, "accepted by v3");
    let other = verify("https://www.example.com/other", &[]);
    other.assert(1, "refused: the path of the request is not that of the endpoint");
    other.assert(
        1,
        "arrived at the path \"/webhook_uri\", and the path of the endpoint is \"/other\".\nCompare the two",
    );
    verify("https://www.example.com/webhook_uri?a=b", &[]).assert_failed("--endpoint: the public URL has a query");
    verify(PUBLIC_URL, &["--public-url", PUBLIC_URL]).assert_failed("cannot be used with");
    // A nested router has removed the beginning of the path, and the query is the request's.
    let url = "https://www.example.com/a/b?c=1";
    let signature = ClientSecret::new(SECRET).unwrap().v2("POST", url, b"{}");
    let capture = format!("POST /b?c=1 HTTP/1.1\r\nX-HubSpot-Signature: {}\r\n\r\n{{}}", signature.as_str());
    let set = |endpoint, server| {
        let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), endpoint, server];
        run_in(&environment, &["verify", "-"], capture.as_bytes())
    };
    let nothing = ("HUBSPOT_UNUSED", "");
    set(("HUBSPOT_ENDPOINT", "https://www.example.com/a/b"), nothing).assert(0, "accepted by v2");
    set(nothing, ("HUBSPOT_PUBLIC_URL", PUBLIC_URL)).assert(1, "refused: the v2 signature does not match");
    set(("HUBSPOT_ENDPOINT", PUBLIC_URL), ("HUBSPOT_PUBLIC_URL", PUBLIC_URL)).assert_failed("are both set");
    let chosen = ["verify", "-", "--endpoint", "https://www.example.com/a/b"];
    let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", "https://x.example")];
    run_in(&environment, &chosen, capture.as_bytes()).assert(0, "accepted by v2");
}

#[test]
fn colour_is_for_terminals() {
    assert!(!verify(V3).stdout.contains('\u{1b}'));
    let colour = |environment: &[(&str, &str)]| {
        let environment = [environment, &[("HUBSPOT_CLIENT_SECRET", SECRET)]].concat();
        run_in(&environment, &CAPTURED, V3.as_bytes()).stdout.contains('\u{1b}')
    };
    assert!(colour(&[("CLICOLOR_FORCE", "1")]));
    assert!(!colour(&[("NO_COLOR", "1")]));
}
