//! `send`: what goes over the wire, and whether `--check` tells good endpoints from bad ones.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use http::Request;
use hubspot_signature::{ClientSecret, UnixTime, Version};
use serde_json::Value;

use crate::program::*;
use crate::server::{PUBLIC_URL, Server, careful};

fn send(server: &Server, target: &str, arguments: &[&str]) -> Outcome {
    run(&[&["send", "--to", &server.url(target), "--public-url", PUBLIC_URL], arguments].concat(), b"")
}

fn header<'a>(request: &'a Request<Vec<u8>>, name: &str) -> &'a str {
    request.headers()[name].to_str().unwrap()
}

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
        for arguments in [&["--event", "card"][..], &["--body", "{}"], &["--method", "DELETE"], &["--method", "GET"]] {
            send(&server, target, arguments).assert(0, "200 OK");
        }
    }
    let file = File::new("body", b"{\xff\x00}\r\n");
    send(&server, "/x", &["--method", "PATCH", "--body-file", file.path()]).assert(0, "200 OK");
    assert_eq!((server.last().method().as_str(), server.last().body().as_slice()), ("PATCH", &b"{\xff\x00}\r\n"[..]));

    // As the Webhooks API signs.
    send(&server, "/x", &["--v1", "--body", "[{}]"]).assert(0, "200 OK");
    assert_eq!(header(&server.last(), "x-hubspot-signature-version"), "v1");
    assert_eq!(header(&server.last(), "x-hubspot-signature"), ClientSecret::new(SECRET).unwrap().v1(b"[{}]").as_str());
    let v1 = Server::start(careful(Version::V1));
    let check = ["--v1", "--body", "[{}]", "--check", "--minimum-version", "v1"];
    send(&v1, "/x", &check).assert(0, "1 of 1 genuine requests accepted").assert(0, "extended           own ");

    // A prefix that a proxy removes, from the environment; and none, when --to itself is signed.
    let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_PUBLIC_URL", "https://hooks.example.com/stage")];
    run_in(&environment, &["send", "--to", &server.url("/x")], b"").assert(1, "401");
    let plain = Server::start(|request| {
        let uri = format!("http://{}{}", request.headers()["host"].to_str().unwrap(), request.uri());
        let signature = ClientSecret::new(SECRET).unwrap().v2("POST", &uri, request.body());
        if request.headers()["x-hubspot-signature"] == signature.as_str() { 200 } else { 401 }
    });
    run(&["send", "--to", &plain.url("/x?y=1"), "--sign-local-address"], b"").assert(0, "200 OK");
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
fn what_does_not_go_together_is_told() {
    let server = Server::start(careful(Version::V3));
    let outcome = send(&server, "/hubspot", &["--event", "card", "--forge", "tampered"]);
    outcome.assert_failed("cannot be made of this request");
    send(&server, "/", &["--event", "workflow", "--event", "card"]).assert_failed("give one --event");
    send(&server, "/", &["--event", "workflow", "--body", "x"]).assert_failed("cannot be used with");
    send(&server, "/", &["--event", "workflow", "--v1"]).assert_failed("cannot be used with");
    send(&server, "/", &["--v1"]).assert_failed("`batch` is signed so");
    send(&server, "/", &["--forge", "stale", "--check"]).assert_failed("cannot be used with");
    send(&server, "/", &["--minimum-version", "v2"]).assert_failed("--check");
    send(&server, "/", &["--skip", "future"]).assert_failed("--check");
    send(&server, "/", &["--forge", "respelled"]).assert_failed("only --check");
    send(&server, "/", &["--capture", "-", "--event", "card"]).assert_failed("cannot be used with");
    send(&server, "/", &["--sign-local-address"]).assert_failed("cannot be used with");
    send(&server, "/", &["--method", "GET", "--body", "x"]).assert_failed("GET and HEAD carry no body");
    let note = "a verifier refuses the request that this sends: the body is not a JSON object, array or string\n";
    for (body, notes) in [("not json", 1), ("{}", 0)] {
        for more in [&[][..], &["--check"]] {
            let outcome = send(&server, "/", &[&["--body", body], more].concat());
            assert_eq!(outcome.stderr.matches(note).count(), notes, "{outcome:?}");
        }
    }
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
    // Bound and not listening: nobody answers there, and nobody else gets the port.
    let silent = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _entered = silent.enter();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let to = format!("http://{}/", socket.local_addr().unwrap());
    let to = ["send", "--sign-local-address", "--to", &to];
    let outcome = run(&to, b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("is the server running"), "{outcome:?}");
    assert_eq!(run(&[&to[..], &["--check"]].concat(), b"").status, Some(2));
    run(&["send", "--to", "/x"], b"").assert_failed("--to is not a whole http or https URL");
    for to in ["127.0.0.1:", "127.0.0.1:abc", "127.0.0.1:70000", "127.0.0.1:-1", "0:70000", "1:99991"] {
        let to = format!("http://{to}/hubspot");
        run(&["send", "--to", &to, "--sign-local-address"], b"").assert_failed("its host or port is not valid");
    }
    run(&[&to[..], &["--ca-file", "no such file"]].concat(), b"").assert_failed("--ca-file cannot be read");
    let file = File::new("no.pem", "no certificate");
    run(&[&to[..], &["--ca-file", file.path()]].concat(), b"").assert_failed("holds no PEM certificate");

    let hangs_up = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/", hangs_up.local_addr().unwrap());
    thread::spawn(move || hangs_up.incoming().for_each(drop));
    let outcome = run(&["send", "--sign-local-address", "--to", &to], b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("no answer came: "), "{outcome:?}");
}

/// A server that refuses a long body does not read it first.
#[test]
fn an_answer_that_comes_before_the_body_is_read_is_shown() {
    let file = File::new("long", vec![b'1'; 32 * 1024 * 1024]);
    for (answer, status) in [
        ("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nlong", Some(1)),
        ("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\nlong", Some(1)),
        ("", Some(2)),
    ] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = format!("http://{}/", server.local_addr().unwrap());
        // Closes with most of the body unread, which resets the connection.
        thread::spawn(move || {
            for stream in server.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read_exact(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        for _ in 0..10 {
            let outcome = run(&["send", "--sign-local-address", "--to", &to, "--body-file", file.path()], b"");
            assert_eq!(outcome.status, status, "{outcome:?}");
            if answer.is_empty() {
                let why = "connection error: the server closed the connection before it had read the whole request, as servers do if";
                assert!(outcome.stderr.contains(why), "{outcome:?}");
            } else {
                outcome.assert(1, "413").assert(1, "lon");
            }
        }
    }
}

/// A server that has the whole request and then crashes resets the connection too, and it is not the body's length.
#[test]
fn a_reset_behind_the_whole_request_is_told() {
    let cut = "note: the server reset the connection within its answer";
    for (answer, status, said) in [
        ("", 2, "no answer came: connection error: the server reset the connection without an answer\n"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart", 0, cut),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart", 2, "the answer broke off: "),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n", 2, "the answer broke off: "),
    ] {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = format!("http://{}/", server.local_addr().unwrap());
        thread::spawn(move || {
            for stream in server.incoming() {
                let mut stream = stream.unwrap();
                let mut request = Vec::new();
                // All but the last byte, which has come too: closing with a byte unread resets the connection.
                while !request.ends_with(b"{\"whole\":1") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.extend(byte);
                }
                let _ = stream.write_all(answer.as_bytes());
                // Waits until the client has the answer, since a reset may discard what it has not read.
                thread::sleep(std::time::Duration::from_millis(300));
            }
        });
        let outcome = run(&["send", "--sign-local-address", "--to", &to, "--body", "{\"whole\":1}"], b"");
        assert_eq!(outcome.status, Some(status), "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{said:?} is not in {outcome:?}");
        assert!(!outcome.stderr.contains("too large"), "{outcome:?}");
        assert_eq!(outcome.stdout.contains("\npart\n"), said == cut, "{outcome:?}");
    }
}

#[test]
fn a_proxy_is_not_asked() {
    let server = Server::start(|_| 200);
    let environment =
        [("HUBSPOT_CLIENT_SECRET", SECRET), ("http_proxy", "http://127.0.0.1:1"), ("HTTP_PROXY", "http://127.0.0.1:1")];
    let environment = [&environment[..], &[("ALL_PROXY", "http://127.0.0.1:1"), ("no_proxy", "")]].concat();
    run_in(&environment, &["send", "--sign-local-address", "--to", &server.url("/")], b"").assert(0, "200 OK");
}

/// As many headers as the forgery says, and in this order.
#[test]
fn doubled_headers_arrive_doubled() {
    let server = Server::start(careful(Version::V3));
    let values = |name: &str| -> Vec<String> {
        server.last().headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    send(&server, "/", &["--forge", "doubled"]).assert(0, "401");
    let [wrong, right] = <[String; 2]>::try_from(values("x-hubspot-signature-v3")).expect("two signatures");
    let [time] = <[String; 1]>::try_from(values("x-hubspot-request-timestamp")).expect("one time");
    let (request, time) = (server.last(), UnixTime::from_millis(time.parse().unwrap()));
    let url = format!("{PUBLIC_URL}{}", request.uri());
    let signature = ClientSecret::new(SECRET).unwrap().v3("POST", &url, request.body(), time);
    assert_eq!(right, signature.as_str());
    assert_ne!(wrong, right);

    send(&server, "/", &["--forge", "two-times"]).assert(0, "401");
    let times = values("x-hubspot-request-timestamp");
    let [fresh, signed]: [u64; 2] =
        times.iter().map(|time| time.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap();
    assert!(UnixTime::now().as_millis() - fresh < 60_000 && fresh - signed == 360_000, "{fresh} {signed}");
    assert_eq!(values("x-hubspot-signature-v3").len(), 1);
}

/// Moved out of the query of a request without a body, whatever its method.
#[test]
fn a_body_is_moved_on_each_method() {
    let server = Server::start(careful(Version::V3));
    for (forgery, event, method, query) in [
        ("moved-body", "card", "GET", "portalId=6251"),
        ("moved-body-delete", "fetch", "DELETE", "appId=5432"),
        ("moved-body-post", "fetch", "POST", "appId=5432"),
        ("moved-body-delete", "workflow", "DELETE", "portalId=6251"),
        ("moved-body-post", "batch", "POST", "portalId=6251"),
    ] {
        send(&server, "/hubspot", &["--event", event, "--forge", forgery]).assert(0, "401");
        let request = server.last();
        assert_eq!((request.method().as_str(), request.body().len()), (method, 1), "{forgery}");
        assert!(request.uri().query().unwrap().ends_with(query), "{request:?}");
        // It has the signature of the request that it was made of.
        let digit = std::str::from_utf8(request.body()).unwrap();
        let url = format!("{PUBLIC_URL}{}{digit}", request.uri());
        let time = UnixTime::from_millis(header(&request, "x-hubspot-request-timestamp").parse().unwrap());
        let signature = ClientSecret::new(SECRET).unwrap().v3(method, &url, b"", time);
        assert_eq!(header(&request, "x-hubspot-signature-v3"), signature.as_str());
    }
}

/// Yesterday's event again: the same method, query, headers and body, signed for now and for the URL given.
#[test]
fn a_capture_is_signed_anew() {
    let server = Server::start(careful(Version::V3));
    let file = File::new(
        "capture.http",
        V3.replace("/webhook_uri ", "/old?a=1&b=%20 ").replace("Host: ", "X-Kept: 1\r\nX-Kept: 2\r\nHost: "),
    );
    let again =
        |target: &str, arguments: &[&str]| send(&server, target, &[&["--capture", file.path()], arguments].concat());
    again("/hubspot", &[])
        .assert(0, "200 OK")
        .assert(0, "which HubSpot knows as https://hooks.example.com/hubspot?a=1&b=%20");
    let request = server.last();
    assert_eq!((request.method().as_str(), request.uri().to_string()), ("POST", "/hubspot?a=1&b=%20".into()));
    assert_eq!(request.body(), V3.split_once("\r\n\r\n").unwrap().1.as_bytes());
    assert!(request.headers().get_all("x-kept").iter().eq(["1", "2"]));
    assert_eq!(header(&request, "content-type"), "application/json");
    assert_eq!(header(&request, "host"), server.url("").trim_start_matches("http://"));
    for name in ["x-hubspot-signature", "x-hubspot-signature-v3", "x-hubspot-request-timestamp", "content-length"] {
        assert_eq!(request.headers().get_all(name).iter().count(), 1, "{name}");
    }
    assert_eq!(header(&request, "x-hubspot-signature-version"), "v2");
    // The query of --to is the one that counts.
    again("/hubspot?c=2", &[]).assert(0, "200 OK");
    assert_eq!(server.last().uri(), "/hubspot?c=2");
    again("/hubspot", &["--body", "{}"]).assert(0, "200 OK");
    assert_eq!(server.last().body(), b"{}");
    again("/hubspot", &["--forge", "stale"]).assert(0, "401");

    let batch = V3.replace("X-HubSpot-Signature-Version: v2", "X-HubSpot-Signature-Version: v1");
    let batch = File::new("batch.http", batch);
    send(&server, "/", &["--capture", batch.path()]).assert(0, "200 OK");
    assert_eq!(header(&server.last(), "x-hubspot-signature-version"), "v1");
    again("/hubspot", &["--v1"]).assert(0, "200 OK");
    assert_eq!(header(&server.last(), "x-hubspot-signature-version"), "v1");
    let har = r#"{"request":{"method":"PUT","url":"https://a/b?c","headers":[{"name":":path","value":"/b"}],
                  "postData":{"text":"{}"}}}"#;
    let har = File::new("request.har", har);
    send(&server, "/", &["--capture", har.path()]).assert(0, "PUT http").assert(0, "https://hooks.example.com/?c\n");
    let get = File::new("get.http", V3.replacen("POST", "GET", 1));
    send(&server, "/", &["--capture", get.path()]).assert_failed("a GET or HEAD with a body");
    let curl = File::new("curl.http", "> POST /a HTTP/2\n> Content-Length: 2\n> \n* sent\n");
    send(&server, "/", &["--capture", curl.path()]).assert_failed("`curl -v` does not show the body");
    send(&server, "/", &["--capture", curl.path(), "--body", "{}"]).assert(0, "200 OK");
}

#[test]
fn the_endpoint_is_what_is_signed() {
    let server = Server::start(careful(Version::V3));
    let endpoint = "https://hooks.example.com/hubspot/webhook";
    let to = |target: &str| run(&["send", "--to", &server.url(target), "--endpoint", endpoint, "--event", "card"], b"");
    // The server sees the path without its prefix.
    let outcome = to("/webhook");
    outcome.assert(1, "which HubSpot knows as https://hooks.example.com/hubspot/webhook?userId");
    to("/hubspot/webhook").assert(0, "200 OK");
    let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_ENDPOINT", endpoint)];
    let to = server.url("/hubspot/webhook");
    run_in(&environment, &["send", "--to", &to], b"").assert(0, "200 OK");
}

#[test]
fn a_path_that_is_not_the_endpoints_is_named_with_it() {
    let server = Server::start(careful(Version::V3));
    let endpoint = "https://hooks.example.com/hubspot/webhook";
    let slashed = "https://hooks.example.com/hubspot/webhook/";
    let to = server.url("/hubspot/webhook//");
    run(&["send", "--to", &to, "--endpoint", slashed], b"").assert_failed("has \"/hubspot/webhook/\"\nGive");
    for (path, difference) in [("/elsewhere?a=1", ""), ("/hubspot/webhook/", ": only one has a slash at its end")] {
        let to = server.url(path);
        let command = ["send", "--to", &to, "--endpoint", endpoint];
        let path = path.split('?').next().unwrap();
        let error = format!("error: --to has the path {path:?}, and --endpoint has \"/hubspot/webhook\"{difference}\n");
        for more in [&[][..], &["--check"], &["--forge", "stale"]] {
            run(&[&command, more].concat(), b"").assert_failed(&error);
        }
        // What is advised works.
        let outcome = run(&command, b"");
        outcome.assert_failed(
            "`hubspot-signature sign --url SIGNED_URL --body-file FILE --format curl --to OTHER_URL | sh`",
        );
        run(&["sign", "--url", endpoint, "--body-file", "-", "--format", "curl", "--to", &to], b"{}").assert(0, &to);
        // The option counts, the variable only without one.
        let other = "https://hooks.example.com/other";
        let environment = [("HUBSPOT_CLIENT_SECRET", SECRET), ("HUBSPOT_ENDPOINT", other)];
        run_in(&environment, &command, b"").assert_failed(&error);
        run_in(&environment, &["send", "--to", &to], b"").assert_failed("and HUBSPOT_ENDPOINT has \"/other\"\n");
    }
    assert!(server.seen.lock().unwrap().is_empty());
}

/// The server verifies its public URL, so the local address alone signs for nothing.
#[test]
fn without_a_public_url_it_asks() {
    let server = Server::start(careful(Version::V3));
    let to = server.url("/hubspot");
    for command in [&["send", "--to", &to][..], &["send", "--check", "--to", &to]] {
        run(command, b"").assert_failed("give --endpoint, the URL as it stands in HubSpot");
    }
    assert!(server.seen.lock().unwrap().is_empty());
}

/// At a terminal, which `script` plays.
#[cfg(target_os = "linux")]
#[test]
fn at_a_terminal_it_asks_for_the_public_url() {
    let server = Server::start(careful(Version::V3));
    let program = format!("{} send --to {}", env!("CARGO_BIN_EXE_hubspot-signature"), server.url("/hubspot"));
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &program, "/dev/null"]);
    script.env("HUBSPOT_CLIENT_SECRET", SECRET).env_remove("HUBSPOT_ENDPOINT").env_remove("HUBSPOT_PUBLIC_URL");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script runs");
    child.stdin.take().unwrap().write_all(b"https://hooks.example.com/hubspot\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("The URL as it stands in HubSpot") && said.contains("200 OK"), "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
}
