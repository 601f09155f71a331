//! `send`: what goes over the wire, and whether `--check` tells good endpoints from bad ones.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use hubspot_signature::{ClientSecret, UnixTime, Version};
use serde_json::Value;
use sha2::Sha256;

use crate::program::*;
use crate::server::{PUBLIC_URL, Server, careful, careless};

fn send(server: &Server, target: &str, arguments: &[&str]) -> Outcome {
    run(&[&["send", "--to", &server.url(target), "--public-url", PUBLIC_URL], arguments].concat(), b"")
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

/// `extended` and `relabelled` have no v3 signature, and repeat `downgraded` where v3 is demanded.
const FORGERIES_OF_V3: &[&str] = FORGERIES.split_at(15).0;

const FORGERIES: [&str; 17] = [
    "unsigned",
    "tampered",
    "other-url",
    "other-method",
    "other-secret",
    "empty-secret",
    "other-host",
    "stale",
    "future",
    "two-times",
    "moved-time",
    "moved-body",
    "doubled",
    "malformed",
    "downgraded",
    "relabelled",
    "extended",
];

#[test]
fn each_event_is_as_hubspot_sends_it() {
    let server = Server::start(careful(Version::V3));
    for event in ["workflow", "batch", "card", "fetch"] {
        send(&server, "/hubspot?tenant=7", &["--event", event])
            .assert(0, "200 OK")
            .assert(0, "as it should be (genuine");
        let request = server.last();
        let query = request.uri().query().unwrap();
        assert!(query.starts_with("tenant=7"), "{query}");
        let older = if event == "batch" { "v1" } else { "v2" };
        assert_eq!(header(&request, "x-hubspot-signature-version"), older, "{event}");
        if event == "card" {
            assert_eq!(request.method(), "GET");
            assert!(request.body().is_empty());
            continue;
        }
        assert_eq!(request.method(), "POST");
        assert_eq!(header(&request, "content-type"), "application/json");
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        match event {
            "workflow" => assert!(body["properties"]["email"]["value"].is_string()),
            "batch" => {
                let ids: BTreeSet<_> =
                    body.as_array().unwrap().iter().map(|e| e["eventId"].as_u64().unwrap()).collect();
                assert_eq!(ids.len(), 100);
            }
            _ => {
                for name in ["userId", "portalId", "userEmail", "appId"] {
                    assert!(query.contains(&format!("&{name}=")), "{query}");
                }
            }
        }
    }
    send(&server, "/hubspot", &[]).assert(0, "POST http");
    assert!(server.last().body().starts_with(b"{\"vid\""), "a workflow's webhook by default");
}

#[test]
fn what_goes_over_the_wire_is_what_is_signed() {
    let server = Server::start(careful(Version::V3));
    for target in ["/", "/a/../b/./c%2fd?x='1'&y=%3a+%20&z", "/h?"] {
        for arguments in [&["--event", "card"][..], &["--body", "x"], &["--method", "DELETE"], &["--method", "GET"]] {
            send(&server, target, arguments).assert(0, "200 OK");
        }
    }
    let file = File::new("body", b"\xff\x00\r\n");
    send(&server, "/x", &["--method", "PATCH", "--body-file", file.path()]).assert(0, "200 OK");
    assert_eq!((server.last().method().as_str(), server.last().body().as_slice()), ("PATCH", &b"\xff\x00\r\n"[..]));

    // A prefix that a proxy removes, from the environment; and none, when --to itself is signed.
    let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", "https://hooks.example.com/stage")];
    run_in(&environment, &["send", "--to", &server.url("/x")], b"").assert(1, "401");
    let plain = Server::start(|request| {
        let uri = format!("http://{}{}", request.headers()["host"].to_str().unwrap(), request.uri());
        let signature = ClientSecret::new(SECRET).unwrap().v2("POST", &uri, request.body());
        if request.headers()["x-hubspot-signature"] == signature.as_str() { 200 } else { 401 }
    });
    run(&["send", "--to", &plain.url("/x?y=1")], b"").assert(0, "200 OK");
}

#[test]
fn the_exit_status_tells_what_the_endpoint_did() {
    let refuses = Server::start(|_| 401);
    let accepts = Server::start(|_| 204);
    let breaks = Server::start(|_| 500);
    send(&refuses, "/", &[]).assert(1, "NOT as it should be (genuine");
    send(&accepts, "/", &[]).assert(0, "204 No Content");
    send(&breaks, "/", &[]).assert(1, "NOT as it should be");
    send(&refuses, "/", &["--forge", "stale"]).assert(0, "as it should be (forged");
    send(&accepts, "/", &["--forge", "stale"]).assert(1, "NOT as it should be (forged");
    send(&breaks, "/", &["--forge", "stale"]).assert(1, "NOT as it should be (forged");
}

#[test]
fn each_forgery_is_refused_by_a_careful_endpoint() {
    let server = Server::start(careful(Version::V3));
    for forgery in FORGERIES {
        let event = if forgery.starts_with("moved") { "card" } else { "workflow" };
        send(&server, "/hubspot", &["--event", event, "--forge", forgery])
            .assert(0, "401")
            .assert(0, "as it should be");
    }
    let outcome = send(&server, "/hubspot", &["--event", "card", "--forge", "tampered"]);
    outcome.assert_failed("cannot be made of this request");
    send(&server, "/", &["--event", "workflow", "--event", "card"]).assert_failed("give one --event");
    send(&server, "/", &["--event", "workflow", "--body", "x"]).assert_failed("cannot be used with");
    send(&server, "/", &["--forge", "stale", "--check"]).assert_failed("cannot be used with");
    send(&server, "/", &["--minimum-version", "v2"]).assert_failed("--check");
    send(&server, "/", &["--method", "GET", "--body", "x"]).assert_failed("GET and HEAD carry no body");
}

#[test]
fn forgeries_are_as_their_help_says() {
    let server = Server::start(careful(Version::V3));
    for (forgery, minutes) in [("stale", -6), ("future", 10)] {
        send(&server, "/", &["--forge", forgery]).assert(0, "401");
        let signed: i64 = header(&server.last(), "x-hubspot-request-timestamp").parse().unwrap();
        let ahead = signed - i64::try_from(UnixTime::now().as_millis()).unwrap();
        assert!(ahead.abs_diff(minutes * 60_000) < 30_000, "{forgery} is {ahead} ms ahead");
    }
    for (signed, sent) in [("0", "1"), ("1", "0"), ("[\"a\"]", "[\"0\"]")] {
        send(&server, "/", &["--body", signed, "--forge", "tampered"]).assert(0, "401");
        assert_eq!(server.last().body(), sent.as_bytes());
    }
    // Only the last digit of a GET's URL borders on what follows it.
    for forgery in ["moved-time", "moved-body"] {
        send(&server, "/hubspot", &["--event", "fetch", "--forge", forgery]).assert_failed("cannot be made");
        for target in ["/a?b=1&c=20", "/a?b=1x"] {
            send(&server, target, &["--method", "GET", "--forge", forgery]).assert_failed("cannot be made");
        }
        send(&server, "/a?b=12", &["--method", "GET", "--forge", forgery]).assert(0, "401");
        assert_eq!(server.last().uri(), "/a?b=1");
    }
}

/// The forgeries that `--check` calls refused, accepted, unjudged and neither.
fn judged(outcome: &Outcome) -> [Vec<&str>; 4] {
    let (_, forgeries) = outcome.stdout.split_once("Forgeries").expect("a table");
    ["refused", "accepted", "unjudged", "neither"].map(|judgement| {
        let lines = forgeries.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.filter(|words| words.len() > 3 && words[1] == judgement).map(|words| words[3]).collect()
    })
}

#[test]
fn a_careful_endpoint_passes_the_check() {
    let server = Server::start(careful(Version::V3));
    let outcome = send(&server, "/hubspot", &["--check"]);
    outcome.assert(0, "4 of 4 genuine requests accepted, 15 of 15 forgeries refused");
    outcome.assert(0, "show nothing more: relabelled, extended\n");
    assert_eq!(judged(&outcome), [FORGERIES_OF_V3.to_vec(), vec![], vec![], vec![]]);
    assert!(!outcome.stdout.contains("BAD") && !outcome.stdout.contains("udged"), "{outcome:?}");
}

#[test]
fn an_endpoint_that_accepts_everything_fails_the_check() {
    let server = Server::start(|_| 200);
    let outcome = send(&server, "/hubspot", &["--check"]);
    outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 15 forgeries refused");
    assert_eq!(judged(&outcome), [vec![], FORGERIES_OF_V3.to_vec(), vec![], vec![]]);
}

#[test]
fn an_endpoint_that_refuses_everything_fails_the_check() {
    let server = Server::start(|_| 401);
    let outcome = send(&server, "/hubspot", &["--check"]);
    outcome.assert(1, "0 of 4 genuine requests accepted, 15 of 15 forgeries refused");
    outcome.assert(1, "a refusal says nothing");
}

#[test]
fn an_endpoint_that_breaks_fails_the_check() {
    let careful = careful(Version::V3);
    let server = Server::start(move |request| if careful(request) == 200 { 200 } else { 500 });
    let outcome = send(&server, "/hubspot", &["--check"]);
    outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 15 forgeries refused");
    assert_eq!(judged(&outcome), [vec![], vec![], vec![], FORGERIES_OF_V3.to_vec()]);
}

/// A status that says nothing of the signature proves nothing.
#[test]
fn an_endpoint_that_answers_another_4xx_is_not_judged() {
    for status in [402, 404, 405, 408, 413, 415, 422, 499] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| if careful(request) == 200 { 200 } else { status });
        let outcome = send(&server, "/hubspot", &["--check"]);
        outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 15 forgeries refused");
        outcome.assert(1, "NOT JUDGED, as").assert(1, &format!("unsigned ({status}), tampered ({status})"));
        assert_eq!(judged(&outcome), [vec![], vec![], FORGERIES_OF_V3.to_vec(), vec![]]);
        send(&server, "/hubspot", &["--forge", "stale"]).assert(1, "NOT as it should be (forged");
    }
    for status in [400, 401, 403, 429] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| if careful(request) == 200 { 200 } else { status });
        send(&server, "/hubspot", &["--check"]).assert(0, "15 of 15 forgeries refused");
        send(&server, "/hubspot", &["--forge", "stale"]).assert(0, "as it should be (forged");
    }
}

/// The endpoint serves no other method, and nobody can tell what it would make of the signature.
#[test]
fn a_forged_method_that_is_not_served_is_let_pass() {
    let answers = |unserved: u16| {
        let careful = careful(Version::V3);
        Server::start(move |request| if request.method() == "POST" { careful(request) } else { unserved })
    };
    let events = ["--check", "--event", "workflow", "--event", "batch"];
    let outcome = send(&answers(405), "/hubspot", &events);
    outcome.assert(0, "2 of 2 genuine requests accepted, 12 of 13 forgeries refused\n");
    outcome.assert(0, "not judged, as the endpoint does not serve the method: other-method (405)\n");
    assert_eq!(judged(&outcome)[2], ["other-method"]);
    assert!(!outcome.stdout.contains("BAD") && !outcome.stdout.contains("NOT JUDGED"), "{outcome:?}");
    // Any other status is no answer to the method.
    send(&answers(404), "/hubspot", &events).assert(1, "NOT JUDGED").assert(1, "other-method (404)\n");
    // A 405 to a method that is served is no answer either.
    let careful = careful(Version::V3);
    let server = Server::start(move |request| if careful(request) == 200 { 200 } else { 405 });
    send(&server, "/hubspot", &events).assert(1, "method: other-method (405)\n").assert(1, ", stale (405)");
}

/// Each forgery is the one it claims to be: an endpoint that makes the mistake accepts it.
#[test]
fn a_careless_endpoint_is_told_its_mistakes() {
    let server = Server::start(careless);
    let outcome = send(&server, "/hubspot", &["--check"]);
    outcome.assert(1, "4 of 4 genuine requests accepted");
    let refused = vec!["unsigned", "tampered", "other-url", "other-method", "other-secret", "empty-secret"];
    let accepted = |forgeries: &[&'static str]| forgeries.iter().copied().filter(|f| !refused.contains(f)).collect();
    assert_eq!(judged(&outcome), [refused.clone(), accepted(FORGERIES_OF_V3), vec![], vec![]]);
    let outcome = send(&server, "/hubspot", &["--check", "--minimum-version", "v2"]);
    assert_eq!(judged(&outcome), [refused.clone(), accepted(&FORGERIES), vec![], vec![]]);
}

/// From the signature that was captured, SHA-256 goes on to that of the longer body.
#[test]
fn the_extension_is_made_without_the_secret() {
    const MORE: &[u8] = b",{\"eventId\":1}";
    let server = Server::start(careful(Version::V3));
    let (secret, url) = (ClientSecret::new(SECRET).unwrap(), format!("{PUBLIC_URL}/hubspot"));
    for event in ["batch", "workflow"] {
        send(&server, "/hubspot", &["--event", event, "--forge", "extended"]).assert(0, "401");
        let request = server.last();
        let before_body = SECRET.len() + if event == "batch" { 0 } else { "POST".len() + url.len() };
        let padded = request.body().strip_suffix(MORE).unwrap();
        let hashed_bits = u64::from_be_bytes(*padded.last_chunk().unwrap());
        let captured = &padded[..usize::try_from(hashed_bits / 8).unwrap() - before_body];
        serde_json::from_slice::<Value>(captured).expect("a whole body");
        let signature = if event == "batch" { secret.v1(captured) } else { secret.v2("POST", &url, captured) };

        let mut state = [0; 8];
        base16ct::lower::decode(signature.as_str(), &mut [0; 32])
            .unwrap()
            .chunks_exact(4)
            .zip(&mut state)
            .for_each(|(bytes, word)| *word = u32::from_be_bytes(bytes.try_into().unwrap()));
        let mut block = [0; 64];
        block[..MORE.len()].copy_from_slice(MORE);
        block[MORE.len()] = 0x80;
        let length = before_body + request.body().len();
        block[56..].copy_from_slice(&(length as u64 * 8).to_be_bytes());
        sha2::block_api::compress256(&mut state, &[block]);
        let forged: String = state.iter().map(|word| format!("{word:08x}")).collect();
        assert_eq!(header(&request, "x-hubspot-signature"), forged, "{event}");
    }
}

#[test]
fn an_endpoint_without_a_secret_is_told() {
    let server = Server::start(|request| {
        let Some(presented) = request.headers().get("x-hubspot-signature-v3") else { return 401 };
        let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
        let mac = mac.chain_update(request.method().as_str()).chain_update(PUBLIC_URL);
        let mac = mac.chain_update(request.uri().to_string()).chain_update(request.body());
        let mac = mac.chain_update(request.headers()["x-hubspot-request-timestamp"].as_bytes());
        let mut text = [0; 44];
        let computed = Base64::encode(&mac.finalize().into_bytes(), &mut text).unwrap();
        if presented == computed { 200 } else { 401 }
    });
    let outcome = send(&server, "/hubspot", &["--check"]);
    assert_eq!(judged(&outcome)[1], ["empty-secret"]);
}

#[test]
fn the_minimum_version_says_what_is_a_forgery() {
    let v2 = Server::start(careful(Version::V2));
    let outcome = send(&v2, "/hubspot", &["--check"]);
    assert_eq!(judged(outcome.assert(1, ""))[1], ["downgraded"]);
    outcome.assert(1, "the endpoint takes v2 alone").assert(1, "demand v3 (`.minimum_version(Version::V3)`");
    // What is advised helps.
    outcome.assert(1, "--minimum-version v2\n");
    // The batch's v1 is below v2.
    let outcome = send(&v2, "/hubspot", &["--check", "--minimum-version", "v2"]);
    outcome.assert(0, "17 of 17 forgeries refused").assert(0, "downgraded    batch");
    assert!(!outcome.stdout.contains("alone"), "{outcome:?}");

    let v1 = Server::start(careful(Version::V1));
    let outcome = send(&v1, "/hubspot", &["--check", "--minimum-version", "v2"]);
    assert_eq!(judged(outcome.assert(1, ""))[1], ["downgraded", "relabelled"]);
    outcome.assert(1, "takes v1 alone").assert(1, "Version::V2").assert(1, "--minimum-version v1\n");
    let outcome = send(&v1, "/hubspot", &["--check", "--minimum-version", "v1"]);
    outcome.assert(0, "15 of 15 forgeries refused").assert(0, "downgraded, relabelled\n");
    // The batch's v1 is too old, extended or not.
    let outcome = send(&v2, "/hubspot", &["--check", "--minimum-version", "v2", "--event", "batch"]);
    outcome.assert(0, "moved-time, moved-body, extended\n");
}

#[test]
fn only_chosen_events_are_checked() {
    let careful = careful(Version::V3);
    let server = Server::start(move |request| if request.method() == "POST" { careful(request) } else { 405 });
    send(&server, "/hubspot", &["--check"]).assert(1, "3 of 4 genuine requests accepted");
    let outcome = send(&server, "/hubspot", &["--check", "--event", "workflow", "--event", "batch"]);
    outcome.assert(0, "2 of 2 genuine").assert(0, "moved-time, moved-body, relabelled");
    send(&server, "/hubspot", &["--check", "--body", "[]"]).assert(0, "1 of 1 genuine").assert(0, " 200  own ");
}

#[test]
fn an_answer_is_shown_and_not_obeyed() {
    let server =
        Server::answering(|_| "302 Found\r\nLocation: /elsewhere\r\n".into(), "one\u{1b}[2Jtwo\u{9b}\n\t\"Grüße\"\n");
    let outcome = send(&server, "/", &[]);
    outcome
        .assert(1, "302 Found")
        .assert(1, "location: /elsewhere")
        .assert(1, "one\\u{1b}[2Jtwo\\u{9b}\n\t\"Grüße\"\n");
    assert!(!outcome.stdout.contains(['\u{1b}', '\u{9b}']), "{outcome:?}");
    assert_eq!(server.seen.lock().unwrap().len(), 1, "a redirect is not followed");
}

#[test]
fn of_a_long_answer_the_beginning_is_shown() {
    const SHOWN: usize = 64 * 1024;
    for length in [SHOWN, SHOWN + 1] {
        let server = Server::answering(|_| "200 OK\r\n".into(), "#".repeat(length).leak());
        let outcome = send(&server, "/", &[]);
        assert_eq!(outcome.assert(0, "#").stdout.matches('#').count(), SHOWN);
        assert_eq!(outcome.stdout.contains("#\n…\n"), length > SHOWN);
    }
}

#[test]
fn no_answer_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let outcome = run(&["send", "--to", &to], b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("is the server running"), "{outcome:?}");
    assert_eq!(run(&["send", "--check", "--to", &to], b"").status, Some(2));
    run(&["send", "--to", "/x"], b"").assert_failed("--to is not a whole http or https URL");
    run(&["send", "--to", &to, "--ca-file", "no such file"], b"").assert_failed("--ca-file cannot be read");
    let file = File::new("no.pem", "no certificate");
    run(&["send", "--to", &to, "--ca-file", file.path()], b"").assert_failed("holds no PEM certificate");
}

#[test]
fn a_proxy_is_not_asked() {
    let server = Server::start(|_| 200);
    let environment =
        [("HUBSPOT_CLIENT_SECRET", SECRET), ("http_proxy", "http://127.0.0.1:1"), ("HTTP_PROXY", "http://127.0.0.1:1")];
    let environment = [&environment[..], &[("ALL_PROXY", "http://127.0.0.1:1"), ("no_proxy", "")]].concat();
    run_in(&environment, &["send", "--to", &server.url("/")], b"").assert(0, "200 OK");
}

/// With `openssl s_server`, which answers a GET with a file.
#[test]
fn https_is_spoken() {
    let (key, certificate) = (File::new("key.pem", ""), File::new("certificate.pem", ""));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key.path(), "-out", certificate.path()])
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        eprintln!("not tested: there is no openssl");
        return;
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let mut server = Command::new("openssl")
        .args(["s_server", "-WWW", "-4", "-accept", &port, "-key", key.path(), "-cert", certificate.path()])
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let page = File::new("page.txt", "a page");
    let name = page.path().rsplit('/').next().unwrap();
    let to = format!("https://localhost:{port}/{name}");
    let trusting = ["send", "--method", "GET", "--to", &to, "--ca-file", certificate.path()];
    let mut outcome = run(&trusting, b"");
    for _ in 0..50 {
        if outcome.status != Some(2) {
            break;
        }
        thread::sleep(Duration::from_millis(100));
        outcome = run(&trusting, b"");
    }
    let distrusting = run(&["send", "--method", "GET", "--to", &to], b"");
    let _ = server.kill();
    let _ = server.wait();
    outcome.assert(0, "200 ").assert(0, "a page").assert(0, "as it should be");
    assert_eq!(distrusting.status, Some(2), "{distrusting:?}");
    assert!(distrusting.stderr.contains("give --ca-file"), "{distrusting:?}");
}
