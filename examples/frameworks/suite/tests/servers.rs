//! Every example server, as a process, over a real socket.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use suite::{
    BODY_LIMIT, BODY_TIMEOUT, Case, Connection, Event, Lambda, Nginx, Request, SECRET, Server, Signer, exchange,
    forged, genuine, head, hold, over_http2, oversized,
};

fn webhook(body: impl Into<Vec<u8>>) -> Request {
    let mut request = Request::new("POST", "/hubspot?tenant=7", body).signed_by(Signer::ThisCrate);
    request.headers.push(("Content-Type".into(), "application/json".into()));
    request
}

const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";

fn status(connection: Connection<TcpStream>) -> Option<u16> {
    connection.answer().map(|answer| answer.status)
}

fn dripped(address: SocketAddr) {
    let request = webhook(r#"{"objectId":7,"name":"Jürgen"}"#);
    let mut connection = Connection::open(address);
    connection.send_head(&request, "internal.test", CHUNKED);
    for byte in request.body.chunks(1) {
        assert!(connection.send_chunk(byte), "the server hung up on a genuine request");
        thread::sleep(Duration::from_millis(5));
    }
    connection.send(b"0\r\n\r\n");
    let answer = connection.answer().expect("an answer");
    assert_eq!((answer.status, &*answer.body), (200, &br#"{"received":[7]}"#[..]));
}

/// Starts a server, with its log.
fn logging(program: &str) -> (Server, tempfile::NamedTempFile) {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let server = Server::start_with(program, |command| {
        command.stderr(log.reopen().expect("a file"));
    });
    (server, log)
}

/// A sender that never ends its body holds the server no longer than the server allows.
fn never_ending(program: &str) {
    let (server, log) = logging(program);
    let request = webhook(r#"{"objectId":7}"#);
    let mut connection = Connection::open(server.address);
    connection.send_head(&request, "internal.test", CHUNKED);
    let start = Instant::now();
    while start.elapsed() < BODY_TIMEOUT + Duration::from_secs(2) && connection.send_chunk(b" ") {
        thread::sleep(Duration::from_millis(100));
    }
    // HubSpot sends it again. Of 4xx a workflow retries 429 only.
    let answer = connection.answer().expect("an answer");
    assert_eq!(answer.status, 503);
    assert!(!String::from_utf8_lossy(&answer.body).contains("elapsed"), "{answer:?}");
    let log = fs::read_to_string(&log).expect("text");
    let lines =
        log.lines().filter(|line| line.starts_with("503: ") && line.contains("/hubspot?tenant=7: the body did"));
    // In axum and warp, `TimeoutLayer` answers and logs nothing.
    assert_eq!(lines.count(), usize::from(!["axum", "warp"].contains(&program)), "{log}");
}

/// A fault of the head is answered before the body has come.
fn judged_by_its_head(address: SocketAddr) {
    let request = webhook("x".repeat(1000)).without(&["x-hubspot-signature-v3"]);
    for framing in ["Content-Length: 1000\r\n", CHUNKED] {
        let start = Instant::now();
        let mut connection = Connection::open(address);
        connection.send_head(&request, "internal.test", framing);
        // Rocket waits for 14 bytes before anything of its application runs.
        connection.send_chunk(&[b'x'; 14]);
        assert_eq!(status(connection), Some(401));
        assert!(start.elapsed() < BODY_TIMEOUT, "answered only after {:?}", start.elapsed());
    }
}

fn too_large(address: SocketAddr) {
    let request = oversized("");
    assert_eq!(exchange(address, &request).map(|answer| answer.status), Some(413), "announced");

    let mut connection = Connection::open(address);
    connection.send_head(&request, "internal.test", CHUNKED);
    request.body.chunks(5000).all(|chunk| connection.send_chunk(chunk));
    connection.send(b"0\r\n\r\n");
    assert_eq!(status(connection), Some(413), "in chunks");

    let mut connection = Connection::open(address);
    connection.send_head(&request, "internal.test", CHUNKED);
    let sent = (0..4 * BODY_LIMIT / 1024).take_while(|_| connection.send_chunk(&[b' '; 1024])).count();
    assert_eq!(status(connection), Some(413), "without an end, after {sent} KiB");
}

fn broken(address: SocketAddr) {
    // The type in the header is not signed, so it says nothing: HubSpot would repeat a 415.
    for kind in ["text/plain", ""] {
        let mut request = webhook(r#"{"objectId":7}"#);
        *request.header("Content-Type") = kind.into();
        assert_eq!(exchange(address, &request).map(|answer| answer.status), Some(200), "{kind:?}");
    }
    // No body of HubSpot's begins or ends like these, signed or not.
    for text in ["{\"objectId\":", "not JSON", "\u{feff}{}", "7"] {
        assert_eq!(exchange(address, &webhook(text)).map(|answer| answer.status), Some(401), "signed, but {text:?}");
    }

    let request = webhook(r#"{"objectId":7}"#);
    let mut connection = Connection::open(address);
    connection.send_head(&request, "internal.test", CHUNKED);
    connection.send_chunk(&request.body);
    connection.send(b"no length\r\n");
    assert_eq!(status(connection), Some(400), "not chunks");

    let request = webhook(r#"{"objectId":7,"name":"of some length"}"#);
    let mut connection = Connection::open(address);
    connection.send_head(&request, "internal.test", &format!("Content-Length: {}\r\n", request.body.len()));
    connection.send(&request.body[..20]);
    connection.cut_off();
    // The sender may be gone, and there is no one to tell.
    assert!(matches!(status(connection), Some(400) | None), "cut off");
}

macro_rules! servers {
    ($($name:ident: $program:literal),* $(,)?) => {$(
        mod $name {
            use super::*;

            #[test]
            fn accepts_what_hubspot_signed() {
                let server = Server::start($program);
                hold(&genuine(""), |request| exchange(server.address, request));
                dripped(server.address);
            }

            #[test]
            fn refuses_what_is_forged_stale_downgraded_or_doubled() {
                let mut server = Server::start($program);
                hold(&forged(""), |request| exchange(server.address, request));
                judged_by_its_head(server.address);
                hold(&genuine("")[..30], |request| exchange(server.address, request));
                assert!(server.is_running());
            }

            #[test]
            fn refuses_what_is_oversized_or_broken() {
                let mut server = Server::start($program);
                too_large(server.address);
                broken(server.address);
                assert!(server.is_running());
            }

            #[test]
            fn ends_a_body_that_never_does() {
                never_ending($program);
            }

            #[test]
            fn behind_nginx() {
                let server = Server::start($program);
                let nginx = Nginx::before(server.address);
                hold(&genuine(""), |request| nginx.exchange(request));
                hold(&forged(""), |request| nginx.exchange(request));
            }
        }
    )*};
}

servers! {
    actix_web: "actix-web",
    axum: "axum",
    hyper: "hyper",
    poem: "poem",
    rocket: "rocket",
    warp: "warp",
}

/// A server that refuses a request by its head closes the connection, and nginx answers 502 if it has not passed on the
/// body by then. `docs/deployment.md` tells how to keep it from taking the servers out for that.
#[test]
fn refusals_behind_nginx_take_no_server_out() {
    let server = Server::start("axum");
    let nginx = Nginx::before(server.address);
    for round in 0..30 {
        let unsigned = Request::new("POST", "/hubspot", vec![b' '; 600_000]);
        let status = nginx.exchange(&unsigned).expect("an answer").status;
        assert!([401, 502].contains(&status), "{round}: {status}");
        let genuine = webhook(r#"{"objectId":7}"#);
        assert_eq!(nginx.exchange(&genuine).expect("an answer").status, 200, "{round}");
    }
    // Not in any answer, if an unsigned request was the one that found no server.
    assert!(!nginx.errors().contains("no live upstreams"), "{}", nginx.errors());
}

/// With the endpoint as it is configured in HubSpot, the prefix needs no configuration; with the server, it is a part of
/// that.
#[test]
fn behind_nginx_that_removes_a_prefix() {
    for program in ["axum", "actix-web", "poem", "hyper", "warp", "rocket"] {
        let server = Server::start_at(program, "/crm");
        let nginx = Nginx::before(server.address);
        hold(&rewritten(genuine("/crm")), |request| nginx.exchange(request));
        hold(&forged("/crm"), |request| nginx.exchange(request));
    }
}

/// The other way: HubSpot calls `/hubspot`, the server sees `/crm/hubspot`.
#[test]
fn behind_nginx_that_adds_a_prefix() {
    let server = Server::start("hyper");
    let nginx = Nginx::adding("/crm/", server.address);
    hold(&rewritten(genuine("")), |request| nginx.exchange(request));
    hold(&forged(""), |request| nginx.exchange(request));
}

#[test]
fn http2() {
    for program in ["axum", "hyper", "warp"] {
        let server = Server::start(program);
        hold(&genuine(""), |request| over_http2(server.address, request));
        hold(&forged(""), |request| over_http2(server.address, request));
        assert_eq!(over_http2(server.address, &oversized("")).map(|answer| answer.status), Some(413));
    }
}

/// Nobody should send bytes above ASCII in a request line. Most servers take them if they are UTF-8; then they count as they
/// came.
#[test]
fn utf8_in_the_request_line() {
    let card = |email: &str| Request::new("GET", format!("/card?userEmail={email}"), "").signed_by(Signer::ThisCrate);
    for program in ["actix-web", "axum", "hyper", "poem", "rocket", "warp"] {
        let server = Server::start(program);
        let [accepted, refused] = if program == "actix-web" { [400, 400] } else { [200, 401] };
        let genuine = card("J\u{fc}rgen");
        let forged = Request { target: "/card?userEmail=J\u{f6}rgen".into(), ..genuine.clone() };
        let answer = exchange(server.address, &genuine).expect("an answer");
        assert_eq!(answer.status, accepted, "{program}");
        assert_eq!(String::from_utf8_lossy(&answer.body).contains("J\u{fc}rgen"), accepted == 200, "{program}");
        assert_eq!(exchange(server.address, &forged).map(|answer| answer.status), Some(refused), "{program}");

        // Not UTF-8, and signed as one would read it who replaces what is not.
        let mut replaced = head(&card("J\u{fffd}rgen"), "internal.test", "");
        let at = replaced.windows(3).position(|bytes| bytes == "\u{fffd}".as_bytes()).expect("in the target");
        replaced.splice(at..at + 3, [0xfc]);
        let mut connection = Connection::open(server.address);
        connection.send(&replaced);
        assert_eq!(status(connection), Some(400), "{program}");
    }
}

/// A genuine request for a path that the router does not know is lost, and the log says so, except in warp.
#[test]
fn paths_that_the_router_does_not_know() {
    for (program, slash, nowhere, line, lines) in [
        ("actix-web", 404, 404, "404: no route", 2),
        ("axum", 404, 404, "404: no route", 2),
        ("poem", 404, 404, "404: no route", 2),
        ("warp", 200, 404, "404", 0),
        // The verifier compares the path: here one that Rocket's router takes for the same,
        ("rocket", 401, 404, "404: no route", 1),
        // and here each, without a router.
        ("hyper", 401, 401, "path_not_endpoint", 2),
    ] {
        let (server, log) = logging(program);
        // In a log, these would turn the text around, and colour it. actix-web answers 400.
        let hiding = Request::new("POST", "/a\u{202e}b\u{9b}31m", "").signed_by(Signer::ThisCrate);
        assert!(exchange(server.address, &hiding).is_some_and(|answer| answer.status >= 400), "{program}");
        for (path, expected) in [("/hubspot/", slash), ("/nowhere", nowhere)] {
            let target = format!("{path}?tenant=7");
            let request = Request::new("POST", target, r#"{"objectId":7}"#).signed_by(Signer::ThisCrate);
            assert_eq!(
                exchange(server.address, &request).map(|answer| answer.status),
                Some(expected),
                "{program} {path}"
            );
        }
        let log = fs::read_to_string(&log).expect("text");
        let found: Vec<_> = log.lines().filter(|text| text.contains(line) && !text.contains("31m")).collect();
        assert_eq!(found.len(), lines, "{program}: {log}");
        // The router's line has the path, and not the query, which may name people.
        let of_router = found.iter().filter(|text| text.contains("404"));
        assert!(of_router.clone().all(|text| !text.contains("tenant")), "{program}: {log}");
        assert!(lines == 0 || found.iter().any(|text| text.contains("/nowhere")), "{program}: {log}");
        assert!(!log.contains(['\u{202e}', '\u{9b}']), "{program}: {log}");
    }
}

/// In warp, one path stays outside of the check, and only in that spelling.
#[test]
fn routes_that_hubspot_does_not_call() {
    let server = Server::start("warp");
    for (method, path, expected) in [
        ("GET", "/health", 200),
        ("GET", "/health?probe=1", 200),
        ("POST", "/health", 405),
        ("GET", "/health/", 401),
        ("GET", "//health", 401),
        ("GET", "/%68ealth", 401),
        ("GET", "/health/../card", 401),
        ("GET", "/card", 401),
        ("POST", "/hubspot", 401),
    ] {
        let answer = exchange(server.address, &Request::new(method, path, ""));
        assert_eq!(answer.map(|answer| answer.status), Some(expected), "{method} {path}");
    }
    // The answer to HEAD ends with its head.
    let (mut stream, mut answer) = (TcpStream::connect(server.address).expect("it listens"), String::new());
    stream.write_all(&head(&Request::new("HEAD", "/health", ""), "internal.test", "")).expect("it listens");
    stream.read_to_string(&mut answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

/// Of the two paths, the log names both.
#[test]
fn another_endpoint_is_named() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    fs::write(&secret, SECRET).expect("written");
    for program in ["actix-web", "hyper", "lambda_http", "poem", "reload", "rocket"] {
        let log = tempfile::NamedTempFile::new().expect("a file");
        let configure = |command: &mut Command| {
            for variable in ["HUBSPOT_WEBHOOK_URL", "HUBSPOT_PUBLIC_URL"] {
                command.env(variable, "https://hooks.example.com/moved");
            }
            command.env("HUBSPOT_CLIENT_SECRET_FILES", secret.path()).stderr(log.reopen().expect("a file"));
        };
        let answer = if program == "lambda_http" {
            Lambda::start_with("", configure).exchange(&webhook("{}"), Event::FunctionUrl)
        } else {
            exchange(Server::start_with(program, configure).address, &webhook("{}"))
        };
        assert_eq!(answer.map(|answer| answer.status), Some(401), "{program}");
        let log = fs::read_to_string(&log).expect("text");
        // An event has a host, too.
        let arrived = if program == "lambda_http" { "https://hooks.example.com/hubspot" } else { "/hubspot" };
        let endpoint = "https://hooks.example.com/moved";
        let expected = format!("refused: path_not_endpoint {arrived}?tenant=7 (endpoint: {endpoint}): ");
        assert!(log.contains(&expected), "{program}: {log}");
    }
}

/// Only where the path is at fault: `*` is none.
#[test]
fn no_other_fault_names_the_endpoint() {
    let (server, log) = logging("hyper");
    let request = Request { target: "*".into(), ..webhook("{}") };
    assert_eq!(exchange(server.address, &request).map(|answer| answer.status), Some(401));
    let log = fs::read_to_string(&log).expect("text");
    assert!(log.contains("refused: uri_not_absolute *: ") && !log.contains("endpoint:"), "{log}");
}

/// The requests that get through an nginx that writes the URL again: it drops a trailing question mark.
fn rewritten(mut cases: Vec<Case>) -> Vec<Case> {
    cases.retain(|case| !case.request.target.ends_with('?'));
    cases
}

/// The cases that an event can express: its headers are JSON text, an empty query is no query, and the values of a doubled
/// header are joined, which shows only in those that v3 needs.
fn in_events(mut cases: Vec<Case>) -> Vec<Case> {
    cases.retain(|Case { name, request, .. }| {
        !request.target.ends_with('?')
            && request.headers.iter().all(|(_, value)| value.is_ascii())
            && !["doubled x-hubspot-signature", "doubled x-hubspot-signature-version"].contains(&&**name)
    });
    cases
}

mod lambda_http {
    use suite::Event;

    use super::*;

    /// The event's path has the stage that HubSpot's URL has, or lacks it.
    #[test]
    fn on_a_stage() {
        let function = Lambda::start("/prod");
        let without_stage =
            |request: &Request| Request { target: request.target.replacen("/prod", "", 1), ..request.clone() };
        for event in [Event::HttpApi { stage: "prod", base64: true }, Event::HttpApi { stage: "prod", base64: false }] {
            hold(&in_events(genuine("/prod")), |request| function.exchange(request, event));
            hold(&in_events(forged("/prod")), |request| function.exchange(request, event));
            hold(&in_events(genuine("/prod")), |request| function.exchange(&without_stage(request), event));
            assert_eq!(function.exchange(&oversized("/prod"), event).map(|answer| answer.status), Some(413));
        }
    }

    /// A function URL, and an HTTP API's default stage; and a custom domain, whose URL has no stage although the event
    /// has one.
    #[test]
    fn without_a_stage() {
        let function = Lambda::start("");
        for event in [
            Event::FunctionUrl,
            Event::HttpApi { stage: "$default", base64: true },
            Event::HttpApi { stage: "prod", base64: true },
        ] {
            hold(&in_events(genuine("")), |request| function.exchange(request, event));
            hold(&in_events(forged("")), |request| function.exchange(request, event));
        }
    }

    /// An HTTP API decodes the path of the event; a function URL does not. The endpoint knows how it was signed.
    #[test]
    fn a_path_with_escapes() {
        let function = Lambda::start("/hook/a%40b%20c");
        for event in [Event::HttpApi { stage: "$default", base64: true }, Event::FunctionUrl] {
            hold(&in_events(genuine("/hook/a%40b%20c")), |request| function.exchange(request, event));
            hold(&in_events(forged("/hook/a%40b%20c")), |request| function.exchange(request, event));
        }
    }

    /// REST APIs and load balancers hand over a map of parameters: one survives, more lose their order.
    #[test]
    fn events_that_lose_the_order_of_parameters() {
        let function = Lambda::start("");
        for event in [Event::RestApi, Event::LoadBalancer] {
            let status = |query: &str| {
                let request = Request::new("POST", format!("/hubspot{query}"), r#"{"objectId":7}"#);
                function.exchange(&request.signed_by(Signer::ThisCrate), event).map(|answer| answer.status)
            };
            for _ in 0..10 {
                assert_eq!(status(""), Some(200), "{event:?}");
                assert_eq!(status("?tenant=7"), Some(200), "{event:?}");
                assert_eq!(status("?mail=ann%40example.com"), Some(200), "{event:?}");
                // Written anew as `+`.
                assert_eq!(status("?name=ann%20lee"), Some(401), "{event:?}");
            }
            // Of the 24 orders each event has one by chance: that all of these have the right one, once in 10^55 runs.
            let query = "?userId=9001&portalId=62515&userEmail=ann&appId=54321";
            assert!((0..40).any(|_| status(query) == Some(401)), "{event:?}");
        }
    }
}
