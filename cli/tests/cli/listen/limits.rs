//! The limits of `listen` on bodies, connections and time, and its end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::service::{Service, nobody, read};
use super::stand::{LONG, Listen, event, exchange, post};

#[test]
fn a_body_has_a_limit() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--max-body", "1000", "--format", "json"]);
    let body = |length: usize| format!("{{{}}}", " ".repeat(length - 2)).into_bytes();
    assert_eq!(listen.exchange(&event(&body(1000))).body, b"ok");
    assert_eq!(listen.json()["verdict"], "verified");
    service.next();
    assert!(listen.exchange(&event(&body(1001))).line.starts_with("HTTP/1.1 413"));
    let report = listen.json();
    assert_eq!((&report["verdict"], &report["answer"]["status"]), (&"unread".into(), &413.into()), "{report}");
    // Announced, and never sent.
    let huge = b"POST /hubspot HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\n";
    assert!(listen.exchange(huge).line.starts_with("HTTP/1.1 413"));
    listen.json();
    // Not announced.
    let chunks = format!("64\r\n{}\r\n", " ".repeat(100)).repeat(11) + "0\r\n\r\n";
    let head = "POST /hubspot HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert!(listen.exchange(format!("{head}{chunks}").as_bytes()).line.starts_with("HTTP/1.1 413"));
    listen.json();
    service.assert_nothing_came();
    listen.end();
}

#[test]
fn connections_have_a_limit() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &["--max-connections", "2"]);
    let idle = [listen.connect(), listen.connect()];
    thread::sleep(Duration::from_millis(200));
    let mut third = listen.connect();
    third.write_all(&event(b"{}")).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(third.read(&mut [0]).is_err(), "it waits");
    drop(idle);
    third.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(read(&third).unwrap().body, b"ok");
    listen.end();
}

#[test]
fn requests_under_way_have_a_limit() {
    let (under_way, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let service = Service::start(move |_, stream| {
        seen.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(500));
        under_way.fetch_sub(1, Ordering::SeqCst);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let address = listen.address;
    thread::scope(|scope| {
        for _ in 0..90 {
            scope.spawn(move || assert_eq!(exchange(address, &event(b"{}")).body, b"ok"));
        }
    });
    let most = most.load(Ordering::SeqCst);
    assert!((10..=64).contains(&most), "{most}");
    listen.end();
}

#[test]
fn a_connection_that_does_nothing_ends() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &["--timeout", "1"]);
    let began = Instant::now();
    // Nothing, what may become HTTP/2, half a head, and nothing after a request.
    let mut after = listen.connect();
    after.write_all(&event(b"{}")).unwrap();
    let begun = ["", "PRI * HTTP", "POST / HTTP/1.1\r\nHost"].map(|begin| {
        let mut stream = listen.connect();
        stream.write_all(begin.as_bytes()).unwrap();
        stream
    });
    for mut stream in begun {
        let _ = stream.read_to_end(&mut Vec::new());
        assert!(began.elapsed() < LONG / 2);
    }
    let mut rest = Vec::new();
    after.read_to_end(&mut rest).expect("it is closed");
    assert!(rest.ends_with(b"ok"));
    assert!(began.elapsed() > Duration::from_millis(3500), "{:?}", began.elapsed());
    listen.end();
}

#[test]
fn a_head_that_drips_has_its_time() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &["--timeout", "1"]);
    let mut stream = listen.connect();
    stream.write_all(b"POST /hubspot HTTP/1.1\r\nX-Long: ").unwrap();
    let mut reading = stream.try_clone().unwrap();
    let closed = thread::spawn(move || reading.read_to_end(&mut Vec::new()));
    let began = Instant::now();
    while !closed.is_finished() {
        let _ = stream.write_all(b"x");
        thread::sleep(Duration::from_millis(200));
        assert!(began.elapsed() < LONG / 2);
    }
    listen.end();
}

#[test]
fn a_body_has_its_time() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--timeout", "1"]);
    let mut stream = listen.connect();
    stream.write_all(b"POST /hubspot HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{").unwrap();
    assert!(read(&stream).unwrap().line.starts_with("HTTP/1.1 408"));
    assert!(listen.line().contains("not judged: its body did not arrive in time  listen 408"));
    // One that breaks off has a line too.
    let mut stream = listen.connect();
    stream.write_all(b"POST /hubspot HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{").unwrap();
    drop(stream);
    assert!(listen.line().contains("not judged: its body broke off"));
    service.assert_nothing_came();
    listen.end();
}

#[test]
fn a_service_that_is_down() {
    let mut listen = Listen::start(&nobody(), &[]);
    assert!(listen.exchange(&event(b"{}")).line.starts_with("HTTP/1.1 502"));
    let line = listen.line();
    assert!(line.contains("verified v3") && line.contains("listen 502 in "), "{line}");
    assert!(line.contains("the service cannot be reached: Connection refused"), "{line}");
    listen.end();
}

#[test]
fn a_service_that_is_slow() {
    // It does not answer; it does not end its answer.
    for (begin, status) in [("", "504"), ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin", "200")] {
        let service = Service::start(move |_, stream: &mut TcpStream| {
            let _ = stream.write_all(begin.as_bytes());
            thread::sleep(LONG);
        });
        let mut listen = Listen::start(&service.url("/hubspot"), &["--timeout", "1"]);
        let began = Instant::now();
        let mut stream = listen.connect();
        stream.write_all(&event(b"{}")).unwrap();
        let mut answer = Vec::new();
        let _ = stream.take(4000).read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!((1..10).contains(&began.elapsed().as_secs()), "{answer}");
        let line = listen.line();
        let said =
            if begin.is_empty() { ": the service did not answer within 1 s" } else { ": its answer did not go on" };
        assert!(line.contains(status) && line.contains(said), "{line}");
        listen.end();
    }
}

#[test]
fn a_service_that_closes_early() {
    let service = Service::answering("");
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    assert!(listen.exchange(&event(b"{}")).line.starts_with("HTTP/1.1 502"));
    assert!(listen.line().contains("listen 502 in "));
    listen.end();

    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let service = Service::answering(answer);
        let mut listen = Listen::start(&service.url("/hubspot"), &[]);
        let mut stream = listen.connect();
        stream.write_all(&event(b"{}")).unwrap();
        // Half an answer does not look like a whole one.
        let mut got = Vec::new();
        let _ = stream.read_to_end(&mut got);
        let got = String::from_utf8(got).unwrap();
        assert!(got.starts_with("HTTP/1.1 200") && !got.contains("\r\n0\r\n"), "{got}");
        assert!(listen.line().contains("service 200 in "), "{got}");
        let outcome = listen.end();
        assert!(outcome.stdout.contains(": its answer broke off"), "{outcome:?}");
    }

    let service = Service::answering("NONSENSE\r\n\r\n");
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    assert!(listen.exchange(&event(b"{}")).line.starts_with("HTTP/1.1 502"));
    assert!(listen.line().contains("is not HTTP/1"));
    listen.end();
}

/// It answers before it has read the body, and reads no more of it.
#[test]
fn a_service_that_reads_only_the_head() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("http://{}/hubspot", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 100];
        stream.read_exact(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
        thread::sleep(Duration::from_millis(500));
    });
    let mut listen = Listen::start(&to, &[]);
    let answer = listen.exchange(&post("/hubspot", "", format!("{{{}}}", " ".repeat(3 << 20)).as_bytes()));
    assert!(answer.line.starts_with("HTTP/1.1 413"), "{answer:?}");
    assert!(listen.line().contains("service 413"));
    server.join().unwrap();
    listen.end();
}

#[test]
fn a_tunnel_that_hangs_up() {
    let service = Service::start(|_, stream| {
        thread::sleep(Duration::from_millis(500));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    stream.write_all(&event(b"{}")).unwrap();
    thread::sleep(Duration::from_millis(100));
    drop(stream);
    let line = listen.line();
    assert!(
        line.contains("verified v3") && line.contains("service 200 in ") && line.contains("the tunnel had hung up"),
        "{line}"
    );
    assert_eq!(service.next().body, b"{}");
    listen.end();
}

#[test]
fn what_is_not_http_is_noted() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    assert!(listen.exchange(b"POST /a\x01b HTTP/1.1\r\nHost: h\r\n\r\n").line.starts_with("HTTP/1.1 400"));
    let outcome = listen.end();
    assert!(outcome.stderr.contains("note: a request that is not HTTP was refused with 400"), "{outcome:?}");
    assert!(outcome.stderr.contains("note: 0 requests"), "{outcome:?}");
}

#[test]
fn it_listens_to_this_machine_unless_told_otherwise() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    assert!(listen.address.ip().is_loopback());
    let outcome = listen.end();
    assert!(!outcome.stderr.contains("other machines"), "{outcome:?}");
    let help = crate::program::run(&["listen", "--help"], b"");
    help.assert(0, "[default: 127.0.0.1:");
    let listen = Listen::start_at("0.0.0.0:0", &service.url("/hubspot"), &[]);
    let outcome = listen.end();
    assert!(outcome.stderr.contains("note: 0.0.0.0 is open to other machines"), "{outcome:?}");
}

/// Who refuses what does not verify is told what still passes.
#[test]
fn a_minimum_that_can_be_replayed_is_noted() {
    let service = Service::ok();
    for (arguments, noted) in [
        (&["--refuse"][..], Some("note: --refuse lets v2 through, which can be replayed at any time")),
        (&["--refuse", "--minimum-version", "v1"], Some("note: --refuse lets v1 through")),
        (&["--refuse", "--minimum-version", "v3"], None),
        (&[], None),
    ] {
        let outcome = Listen::start(&service.url("/hubspot"), arguments).end();
        assert_eq!(outcome.stderr.contains("through"), noted.is_some(), "{outcome:?}");
        assert!(outcome.stderr.contains(noted.unwrap_or_default()), "{outcome:?}");
    }
}

/// With --to's own path, the service does not see the slash that HubSpot's path has or lacks.
#[test]
fn a_slash_that_is_hidden_is_noted() {
    let service = Service::ok();
    for (path, is_noted) in [("/hubspot/", true), ("/hubspot", false), ("/other/", false), ("", false)] {
        let outcome = Listen::start(&service.url(path), &[]).end();
        assert_eq!(
            outcome.stderr.contains("only one of --to and the endpoint ends with a slash"),
            is_noted,
            "{outcome:?}"
        );
    }
}

#[test]
fn ctrl_c_lets_requests_finish() {
    let service = Service::start(|_, stream| {
        thread::sleep(Duration::from_secs(1));
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let (mut asks, idle) = (listen.connect(), listen.connect());
    asks.write_all(&event(b"{}")).unwrap();
    thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    listen.interrupt();
    assert_eq!(read(&asks).unwrap().body, b"ok");
    let outcome = listen.ended();
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(outcome.stdout.contains("service 200 in "), "{outcome:?}");
    assert!(outcome.stderr.contains("note: 1 request, 1 verified"), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    drop(idle);
}

/// Who does not want to wait presses it twice.
#[test]
fn ctrl_c_twice_ends_it_at_once() {
    let service = Service::start(|_, _| thread::sleep(LONG));
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut asks = listen.connect();
    asks.write_all(&event(b"{}")).unwrap();
    thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    listen.interrupt();
    thread::sleep(Duration::from_millis(300));
    listen.interrupt();
    let outcome = listen.ended();
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
