//! The lines, explanations and captures of `listen`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use hubspot_signature::UnixTime;
use serde_json::Value;

use super::service::{Service, nobody};
use super::stand::{ENDPOINT, Listen, event, event_to, post, signature};
use crate::program::*;

fn ago(time: Duration) -> UnixTime {
    UnixTime::from_millis(UnixTime::now().as_millis() - time.as_millis() as u64)
}

#[test]
fn a_line_for_each_request() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    listen.exchange(&event_to("/hubspot?userEmail=someone@example.com", b"{}"));
    let line = listen.report();
    let words: Vec<_> = line.split("  ").collect();
    let [time, request, verdict, answer] = words[..] else { panic!("{line}") };
    let now: Vec<_> = time.trim_end_matches('Z').split([':', '.']).map(|part| part.parse::<u64>().unwrap()).collect();
    let now = ((now[0] * 60 + now[1]) * 60 + now[2]) * 1000 + now[3];
    assert!(UnixTime::now().as_millis() % 86_400_000 - now < 20_000, "{line}");
    assert_eq!(request, "POST /hubspot");
    assert!(verdict.starts_with("verified v3, ") && verdict.ends_with(" ms old, current secret"), "{line}");
    assert!(answer.starts_with("service 200 in ") && answer.ends_with(" ms"), "{line}");

    let signed = signature(SECRET, "POST", ENDPOINT, b"{}", ago(Duration::from_secs(130)));
    listen.exchange(&post("/hubspot", &signed, b"{}"));
    assert!(listen.report().contains("  verified v3, 130 s old, current secret  "));
    let signed =
        signature(SECRET, "POST", ENDPOINT, b"{}", UnixTime::from_millis(UnixTime::now().as_millis() + 30_000));
    listen.exchange(&post("/hubspot", &signed, b"{}"));
    assert!(listen.report().contains(" s ahead of this clock, current secret  "));
    let v2: String = signed
        .lines()
        .filter(|line| line.contains("-signature:") || line.contains("-version:"))
        .map(|line| format!("{line}\r\n"))
        .collect();
    listen.exchange(&post("/hubspot", &v2, b"{}"));
    assert!(listen.report().contains("  verified v2, current secret  "), "{v2}");
    listen.end().assert(0, "");
}

#[test]
fn the_previous_secret_is_named() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--previous-secret", OTHER_SECRET]);
    listen.exchange(&post("/hubspot", &signature(OTHER_SECRET, "POST", ENDPOINT, b"{}", UnixTime::now()), b"{}"));
    assert!(listen.report().contains(" previous secret  "));
    listen.end();
}

#[test]
fn a_refusal_is_explained_below_its_line() {
    let service = Service::answering("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let signed = signature(SECRET, "POST", "http://abc.example-tunnel.app/hubspot", b"{}", UnixTime::now());
    listen.exchange(&post("/hubspot", &signed, b"{}"));
    let report = listen.report();
    let (line, below) = report.split_once('\n').expect("an explanation");
    assert!(line.contains("  refused: the v3 signature does not match this request  service 401 in "), "{line}");
    assert!(below.contains("[proved]") && below.contains("scheme"), "{below}");
    assert!(below.lines().all(|line| line.is_empty() || line.starts_with("    ")), "{below}");
    listen.end();
}

/// Only the path is wrong: both are named, and the difference is a finding.
#[test]
fn a_path_that_is_not_the_endpoints_is_explained() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    for is_signed_with_slash in [true, false] {
        let signed = format!("{ENDPOINT}{}", if is_signed_with_slash { "/" } else { "" });
        listen.exchange(&post("/hubspot/", &signature(SECRET, "POST", &signed, b"{}", UnixTime::now()), b"{}"));
        let report = listen.report();
        let both = "arrived at the path \"/hubspot/\", and the path of the endpoint is \"/hubspot\".";
        assert!(report.contains(both) && report.contains("\n    1. [proved] A slash at the end"), "{report}");
        // Where the URL that is set was signed, it is no advice.
        let advised = format!("`PublicUrl::endpoint({signed:?})`");
        assert_eq!(report.contains(&advised), is_signed_with_slash, "{report}");
        assert_eq!(report.contains("the path was changed on the way: disable"), !is_signed_with_slash, "{report}");
    }
    listen.end();
}

/// Anyone can send what is refused, and a diagnosis takes long.
#[test]
fn explanations_are_limited() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    let signed = signature(OTHER_SECRET, "POST", ENDPOINT, b"{}", UnixTime::now());
    for _ in 0..40 {
        stream.write_all(&post("/hubspot", &signed, b"{}")).unwrap();
        service.next();
    }
    let outcome = listen.end();
    assert_eq!(outcome.stdout.matches("  refused: ").count(), 40, "{outcome:?}");
    // On a busy machine a diagnosis can take too long.
    let count = |said| outcome.stdout.matches(said).count();
    let tried = count("    Refused: ") + count("Not explained: the diagnosis takes too long");
    assert!((5..=10).contains(&tried), "{tried}");
    assert_eq!(tried + count("Not explained: only 5 "), 40);
}

#[test]
fn a_service_that_refuses_what_verifies_is_called_out() {
    for status in [401, 403] {
        let service = Service::start(move |_, stream| {
            let _ = write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        });
        let mut listen = Listen::start(&service.url("/other"), &[]);
        let answer = listen.exchange(&event_to("/hubspot?userEmail=someone@example.com", b"{\"a\":1}"));
        assert!(answer.line.starts_with(&format!("HTTP/1.1 {status}")), "{answer:?}");
        let report = listen.report();
        for said in [
            &format!("The service answered {status} to a request that verifies here") as &str,
            "`listen` passed the request on to /other, the path of --to,",
            "HubSpot signed https://abc.example-tunnel.app/hubspot and the query",
            "the 7 raw bytes",
            "the client secret",
            "the clock",
        ] {
            assert!(report.contains(said), "{said:?} is not in {report}");
        }
        assert!(!report.contains("someone"), "{report}");
        listen.end();
    }
    // Nothing is said where the two agree.
    for (status, request) in [(200, event(b"{}")), (401, post("/hubspot", "", b"{}")), (500, event(b"{}"))] {
        let service = Service::start(move |_, stream| {
            let _ = write!(stream, "HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n");
        });
        let mut listen = Listen::start(&service.url("/hubspot"), &[]);
        listen.exchange(&request);
        assert!(!listen.report().contains("The service answered"), "{status}");
        listen.end();
    }
}

/// The router answers before anything verifies, so the service logs nothing.
#[test]
fn a_route_that_does_not_fit_is_told() {
    for (status, to, said) in [
        (
            404,
            "/other",
            "passed on to the path /other.\n    Look at the routes of the service: perhaps none has this path, or",
        ),
        (404, "/hubspot", "passed on to the path /hubspot.\n"),
        (404, "/hubspot", "one has it with a slash at its end.\n"),
        (404, "/hubspot/", "passed on to the path /hubspot/.\n"),
        (404, "/hubspot/", "one has it without the slash at its end.\n"),
        (405, "/other", "Perhaps its route for the path /other does not accept POST.\n"),
    ] {
        let service = Service::start(move |_, stream| {
            let _ = write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        });
        let mut listen = Listen::start(&service.url(to), &[]);
        listen.exchange(&event_to("/hubspot?userEmail=someone@example.com", b"{}"));
        let report = listen.report();
        let begins = format!("\n    The service answered {status} to a request that verifies here. ");
        assert!(report.contains(&begins) && report.contains(said), "{said:?} is not in {report}");
        let ends = format!("HubSpot does not retry a request that was answered with {status}.");
        assert!(report.ends_with(&ends) && !report.contains("someone"), "{report}");
        // Of one that does not verify it says nothing.
        listen.exchange(&post("/hubspot", "", b"{}"));
        assert!(!listen.report().contains("The service answered"), "{status}");
        listen.end();
    }
}

#[test]
fn a_service_that_accepts_what_does_not_verify_is_called_out() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    listen.exchange(&post("/hubspot", "", b"{}"));
    assert!(listen.report().ends_with("Does the service verify at all?"));
    listen.end();
}

#[test]
fn json_has_an_object_a_line() {
    let service = Service::answering("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    let mut listen = Listen::start(&service.url("/hubspot"), &["--format", "json"]);
    listen.exchange(&event_to("/hubspot?a", b"{\"a\":1}"));
    let report = listen.json();
    for (pointer, value) in [
        ("/method", Value::from("POST")),
        ("/path", "/hubspot".into()),
        ("/protocol", "HTTP/1.1".into()),
        ("/body_bytes", 7.into()),
        ("/verdict", "verified".into()),
        ("/version", "v3".into()),
        ("/secret", "current".into()),
        ("/answer/by", "service".into()),
        ("/answer/status", 403.into()),
        ("/answer/fault", Value::Null),
        ("/answer/tunnel_hung_up", false.into()),
        ("/contradiction", "service_refuses".into()),
        ("/capture", Value::Null),
        ("/explanation", Value::Null),
    ] {
        assert_eq!(report.pointer(pointer), Some(&value), "{pointer} {report}");
    }
    assert!(report["age_millis"].as_i64().unwrap() < 20_000 && report["service_millis"].as_u64().unwrap() < 20_000);
    let time: jiff::Timestamp = report["time"].as_str().unwrap().parse().unwrap();
    assert!(UnixTime::now().as_millis() as i64 - time.as_millisecond() < 20_000, "{report}");

    listen.exchange(&post("/hubspot", "X-HubSpot-Signature-v3: a\r\n", b"{}"));
    let report = listen.json();
    assert_eq!((&report["verdict"], &report["code"]), (&"refused".into(), &"malformed_signature".into()), "{report}");
    assert!(report["reason"].as_str().unwrap().contains("is not 44 characters"), "{report}");
    assert!(report["explanation"].as_str().unwrap().starts_with("Refused"), "{report}");
    assert_eq!(report["contradiction"], Value::Null);
    listen.end();
}

#[test]
fn what_does_not_verify_can_be_refused_here() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--refuse"]);
    for request in [post("/hubspot", "", b"{}"), event_to("/elsewhere", b"{}")] {
        let answer = listen.exchange(&request);
        assert!(answer.line.starts_with("HTTP/1.1 401"), "{answer:?}");
        assert_eq!(answer.body, b"");
        assert!(listen.report().contains("  listen 401\n"));
    }
    service.assert_nothing_came();
    assert_eq!(listen.exchange(&event(b"{}")).body, b"ok");
    assert!(listen.report().contains("  service 200 in "));
    listen.end();
}

/// Anyone can choose the path, and the explanation quotes more of the request.
#[test]
fn nothing_hidden_is_printed() {
    let service = Service::answering("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let hidden = "\u{202e}\u{9b}2J\u{2028}\u{e0041}\u{200b}";
    let path = format!("/{hidden}");
    let body = format!("{{\"a\":\"{hidden}\u{1b}\"}}");
    let version = format!("X-HubSpot-Signature-Version: {hidden}\r\nX-HubSpot-Signature: {hidden}\r\n");
    let forwarded = format!("X-Forwarded-Host: {hidden}\r\nX-HubSpot-Signature: {}\r\n", "0".repeat(64));
    for format in ["text", "json"] {
        let arguments = ["--public-url", "https://abc.example-tunnel.app", "--bind", "127.0.0.1:0", "--format", format];
        let mut listen = Listen::with(&[&arguments[..], &["--to", &service.url("")]].concat());
        for request in [
            post(&path, &version, body.as_bytes()),
            post(&path, &forwarded, body.as_bytes()),
            // Verifies, and is called out with the URL.
            event_to(&path, body.as_bytes()),
        ] {
            listen.exchange(&request);
            let report = listen.report();
            assert!(report.contains("verified") || report.contains("refused"), "{report:?}");
            let shown = report.chars().find(|c| *c != '\n' && c.is_control() || !c.is_ascii() && hidden.contains(*c));
            assert_eq!(shown, None, "{report:?}");
            assert!(report.contains("u{202e}") || report.contains("\\u202e"), "{report:?}");
        }
        listen.end();
    }
}

/// A folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn captures_are_whole_and_private() {
    let folder = Folder::new("captures");
    let service = Service::ok();
    let inner = folder.0.join("inner");
    let mut listen = Listen::start(&service.url("/hubspot"), &["--save", inner.to_str().unwrap()]);
    let body = b"{\"name\":\"Gr\xc3\xbc\xc3\x9fe\",\r\n\r\n \"a\" :1.0}\n";
    listen.exchange(&event_to("/hubspot?a=%2F'b", body));
    let first = listen.report();
    // A chunked one, and one with a wrong signature.
    let signed = signature(SECRET, "POST", ENDPOINT, body, UnixTime::now());
    let mut chunked = format!(
        "POST /hubspot HTTP/1.1\r\nHost: h\r\nX-Other: \u{fc}\r\n{signed}Transfer-Encoding: chunked\r\n\r\n7\r\n"
    )
    .into_bytes();
    chunked.extend(
        [&body[..7], format!("\r\n{:x}\r\n", body.len() - 7).as_bytes(), &body[7..], b"\r\n0\r\n\r\n"].concat(),
    );
    listen.exchange(&chunked);
    listen.report();
    listen.exchange(&post("/hubspot", &signed, &body.to_ascii_uppercase()));
    listen.report();
    // Saved before it was passed on, so it is there though nobody answers.
    listen.end();
    let mut listen = Listen::start(&nobody(), &["--save", inner.to_str().unwrap()]);
    listen.exchange(&event(b""));
    listen.report();
    listen.end();

    let mut captures: Vec<_> = fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().path()).collect();
    captures.sort();
    assert_eq!(captures.len(), 4, "{captures:?}");
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.0), 0o700);
    assert_eq!(mode(&inner), 0o700);
    assert!(captures.iter().all(|capture| mode(capture) == 0o600));
    let name = captures[0].file_name().unwrap().to_str().unwrap();
    assert!(first.lines().next().unwrap().ends_with(&format!("  {name}")), "{first}");

    for (capture, accepted) in captures.iter().zip([true, true, false, true]) {
        let bytes = fs::read(capture).unwrap();
        let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let sent = if accepted { body.to_vec() } else { body.to_ascii_uppercase() };
        let sent = if capture == &captures[3] { Vec::new() } else { sent };
        assert_eq!(&bytes[head..], sent, "{capture:?}");
        let file = capture.to_str().unwrap();
        let verdict = run(&["verify", "--endpoint", ENDPOINT, file], b"");
        let explained = run(&["explain", "--endpoint", ENDPOINT, file], b"");
        if accepted {
            verdict.assert(0, "accepted by v3");
            assert_eq!(explained.status, Some(0), "{explained:?}");
        } else {
            verdict.assert(1, "refused");
            assert_eq!(explained.status, Some(1), "{explained:?}");
        }
    }
    // Sent again, it is the event anew: the same body, and a signature of now.
    let arguments = ["--endpoint", ENDPOINT, "--capture", captures[0].to_str().unwrap()];
    run(&[&["send", "--to", &service.url("/hubspot")], &arguments[..]].concat(), b"").assert(0, "200 OK");
    let [first, _, _, again] = [(); 4].map(|()| service.next());
    assert_eq!((&again.line, &again.body[..]), (&first.line, &body[..]));
    assert_ne!(again.header("x-hubspot-signature-v3"), first.header("x-hubspot-signature-v3"));
    let text = fs::read(&captures[1]).unwrap();
    let text = String::from_utf8_lossy(&text);
    assert!(text.starts_with("POST /hubspot HTTP/1.1\r\nhost: h\r\nx-other: \u{fc}\r\n"), "{text}");
    drop(folder);
}

#[test]
fn wrong_arguments_are_explained() {
    let listen = |arguments: &[&str]| run(&[&["listen"], arguments].concat(), b"");
    let to = ["--to", "http://127.0.0.1:9/hubspot"];
    listen(&to).assert_failed("give --endpoint");
    listen(&["--to", SECRET, "--endpoint", ENDPOINT]).assert_failed("--to is not");
    listen(&["--to", "http://127.0.0.1:9/?a", "--endpoint", ENDPOINT]).assert_failed("--to has a query");
    listen(&[&to[..], &["--public-url", "https://abc.example-tunnel.app"]].concat()).assert_failed("--to has a path");
    listen(&[&to[..], &["--endpoint", ENDPOINT, "--bind", SECRET]].concat()).assert_failed("--bind");
    listen(&[&to[..], &["--endpoint", ENDPOINT, "--max-connections", "0"]].concat()).assert_failed("--max-connections");
    let file = File::new("not-a-folder", "");
    listen(&[&to[..], &["--endpoint", ENDPOINT, "--save", file.path()]].concat())
        .assert_failed("--save cannot be made");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let held = std::net::TcpListener::bind(&taken).unwrap();
    listen(&[&to[..], &["--endpoint", ENDPOINT, "--bind", &taken]].concat()).assert_failed("cannot listen on --bind");
    drop(held);
    let itself = ["--to", &format!("http://{taken}/hubspot"), "--endpoint", ENDPOINT, "--bind", &taken];
    listen(&itself).assert_failed("listens on itself");
    let everywhere = taken.replace("127.0.0.1", "0.0.0.0");
    listen(&[&itself[..4], &["--bind", &everywhere]].concat()).assert_failed("listens on itself");
}

/// A server with several routes.
#[test]
fn a_public_url_serves_all_paths() {
    let service = Service::ok();
    let public_url = ["--public-url", "https://abc.example-tunnel.app", "--bind", "127.0.0.1:0"];
    let mut listen = Listen::with(&[&public_url[..], &["--to", &service.url("")]].concat());
    listen.exchange(&event_to("/any/path?a", b"{}"));
    assert!(listen.report().contains("POST /any/path  verified v3"));
    assert_eq!(service.next().line, "POST /any/path?a HTTP/1.1");
    listen.end();
}

/// Several apps may call one endpoint, each with a secret of its own.
#[test]
fn the_secret_of_another_app_is_recognised() {
    let service = Service::ok();
    let signed =
        |body: &[u8]| post("/hubspot", &signature(OTHER_SECRET, "POST", ENDPOINT, body, UnixTime::now()), body);
    let listen = Listen::start(&service.url("/hubspot"), &["--refuse"]);
    assert!(listen.exchange(&signed(b"{}")).line.starts_with("HTTP/1.1 401"));
    listen.end();
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    listen.exchange(&signed(b"{}"));
    let report = listen.report();
    assert!(
        report.contains("give a file with their secrets as --other-secrets. Does the service verify at all?"),
        "{report}"
    );
    listen.end();

    let file = File::new("other-secrets", format!("aaaaaaaa-0000-4000-8000-000000000001\n\n \t\r\n{OTHER_SECRET}\n"));
    let others = ["--refuse", "--other-secrets", file.path()];
    let mut listen = Listen::start(&service.url("/hubspot"), &others);
    listen.exchange(&signed(b"{}"));
    let report = listen.report();
    assert!(report.contains(" old, secret 3 (--other-secrets)  service 200 in "), "{report}");
    // And what is wrong with its request is not the secret.
    let scheme = signature(OTHER_SECRET, "POST", &ENDPOINT.replace("https", "http"), b"{}", UnixTime::now());
    listen.exchange(&post("/hubspot", &scheme, b"{}"));
    let report = listen.report();
    assert!(report.contains("[proved] The URI has the wrong scheme"), "{report}");
    assert!(!report.contains("another of the given secrets") && !report.contains("secret number"), "{report}");
    listen.exchange(&event(b"{}"));
    assert!(listen.report().contains(" old, current secret  service 200 in "));
    listen.end();
    let mut listen = Listen::start(&service.url("/hubspot"), &[&others[..], &["--format", "json"]].concat());
    listen.exchange(&signed(b"{}"));
    let report = listen.json();
    assert_eq!((&report["secret"], &report["secret_number"]), (&"other".into(), &3.into()), "{report}");
    listen.exchange(&event(b"{}"));
    let report = listen.json();
    assert_eq!((&report["secret"], &report["secret_number"]), (&"current".into(), &Value::Null), "{report}");
    assert!(listen.end().stderr.contains("note: 2 requests, 2 verified"));

    let refusing = Service::answering("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
    let mut listen = Listen::start(&refusing.url("/hubspot"), &others);
    listen.exchange(&signed(b"{}"));
    let report = listen.report();
    assert!(report.contains("the client secret: that of another app matched"), "{report}");
    listen.end();

    let mut listen = Listen::start(&service.url("/hubspot"), &others[1..]);
    let stranger = "aaaaaaaa-0000-4000-8000-000000000002";
    listen.exchange(&post("/hubspot", &signature(stranger, "POST", ENDPOINT, b"{}", UnixTime::now()), b"{}"));
    let report = listen.report();
    assert!(report.contains("does not verify here. Does the service verify at all?"), "{report}");
    listen.end();

    let no_secret = File::new("no-other-secrets", format!("\n  \n{OTHER_SECRET}\nchangeme\n"));
    let spaces = File::new("other-secrets-with-spaces", format!("{OTHER_SECRET} \n"));
    let many = File::new("many-secrets", "aaaaaaaa-0000-4000-8000-000000000001\n".repeat(8));
    for (file, why) in [
        (&no_secret, "line 4 of --other-secrets: the client secret is a placeholder"),
        (&spaces, "line 1 of --other-secrets: the client secret begins or ends with white space"),
        (&many, "at most 8 secrets"),
    ] {
        run(&["listen", "--to", "http://127.0.0.1:9/", "--endpoint", ENDPOINT, "--other-secrets", file.path()], b"")
            .assert_failed(why);
    }
}
