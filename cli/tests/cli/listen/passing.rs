//! Requests go on and answers come back byte for byte.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use hubspot_signature::UnixTime;
use hyper::body::Bytes;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sha2::{Digest, Sha256};

use super::service::{Service, read};
use super::stand::{ENDPOINT, Listen, event, event_to, exchange, signature};
use crate::program::SECRET;

/// JSON of a given length that no two calls share.
fn json(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut body = b"{\"text\":\"".to_vec();
    while body.len() + 2 < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        body.push(b"abcdefghijklmnopqrstuvwxyz012345"[(state % 32) as usize]);
    }
    body.extend_from_slice(b"\"}");
    body
}

fn chunked(head: &str, body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(size) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// Header lines by name; the order of different names means nothing (RFC 9110 section 5.3).
fn by_name(headers: &[(String, Vec<u8>)]) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let mut all = BTreeMap::<_, Vec<_>>::new();
    for (name, value) in headers {
        all.entry(name.to_ascii_lowercase()).or_default().push((name.clone(), value.clone()));
    }
    all
}

#[test]
fn a_request_goes_on_as_it_came() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let target = "/hubspot?b=%2F&a='x'&&%zz=+&email=a@b&c[]=\u{fc}?";
    let body = b"{\"name\":\"Gr\xc3\xbc\xc3\x9fe\",\r\n \"latin\":\"\xe4\", \"a\" :1.0}";
    let fields: Vec<(&str, &[u8])> = vec![
        ("Host", b"abc.example-tunnel.app"),
        ("X-Twice", b"one"),
        ("x-UPPER-lower", b"a, b;  c=\"d\""),
        ("X-Twice", b"two"),
        ("x-twice", b"three"),
        ("Latin-1", b"Gr\xfc\xdfe\t!"),
        ("Empty", b""),
        ("Connection", b"close"),
        ("Expect", b"100-continue"),
        ("Forwarded", b"for=192.0.2.60;proto=https;host=hooks.example.com;"),
        ("X-HubSpot-Signature-v3", b"AAAA"),
        ("Content-Type", b"application/json;charset=utf-8"),
    ];
    let mut request = format!("POST {target} HTTP/1.1\r\n").into_bytes();
    for (name, value) in &fields {
        request.extend([name.as_bytes(), b": ", *value, b"\r\n"].concat());
    }
    request.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
    request.extend(body);
    let mut stream = listen.connect();
    stream.write_all(&request).unwrap();
    let got = service.next();
    assert_eq!(got.line, format!("POST {target} HTTP/1.1"));
    assert_eq!(got.body, body);
    let mut sent: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    sent.push(("Content-Length".into(), body.len().to_string().into()));
    assert_eq!(by_name(&got.headers), by_name(&sent));
    listen.line();
    listen.end();
}

#[test]
fn an_answer_comes_back_as_it_is() {
    let answer =
        "HTTP/1.1 299 Quite Fine\r\nX-One: 1\r\nX-ONE: 2\r\nset-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhe\r\n!";
    let service = Service::answering(answer);
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut got = String::new();
    let mut stream = listen.connect();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").unwrap();
    stream.read_to_string(&mut got).unwrap();
    let mut lines: Vec<_> = got.split("\r\n").filter(|line| !line.eq_ignore_ascii_case("connection: close")).collect();
    let mut wanted: Vec<_> = answer.split("\r\n").collect();
    lines.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(lines, wanted, "{got:?}");
    listen.end();
}

#[test]
fn nothing_is_lost_or_changed() {
    let service = Service::start(|request, stream| {
        let hash = Sha256::digest(&request.body).map(|byte| byte.to_string()).join(".");
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{hash}", hash.len());
    });
    let mut listen = Listen::start(&service.url("/hubspot"), &["--format", "json"]);
    let hash = |body: &[u8]| Sha256::digest(body).map(|byte| byte.to_string()).join(".").into_bytes();
    for (seed, length) in [2, 10, 4095, 65_536, 65_537, 1 << 20, (4 << 20) - 3, 4 << 20].into_iter().enumerate() {
        let body = json(length, seed as u64);
        assert_eq!(listen.exchange(&event(&body)).body, hash(&body), "{length}");
        let report = listen.json();
        assert_eq!((&report["verdict"], &report["body_bytes"]), (&"verified".into(), &body.len().into()), "{report}");
        for size in [1 << 16, 1000, 7] {
            let body = json(if size == 7 { length.min(5000) } else { length }, seed as u64);
            let signature = signature(SECRET, "POST", ENDPOINT, &body, UnixTime::now());
            let head = format!("POST /hubspot HTTP/1.1\r\nHost: h\r\n{signature}");
            assert_eq!(listen.exchange(&chunked(&head, &body, size)).body, hash(&body), "{length} by {size}");
            assert_eq!(listen.json()["verdict"], "verified");
        }
    }
    for _ in 0..32 {
        let request = service.next();
        // The framing is the sender's.
        assert_eq!(request.header("content-length").is_none(), request.header("transfer-encoding").is_some());
    }
    listen.end();
}

#[test]
fn http_2_with_prior_knowledge() {
    let service = Service::start(|request, stream| {
        let hash = Sha256::digest(&request.body).map(|byte| byte.to_string()).join(".");
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nX-Answer: yes\r\nContent-Length: {}\r\n\r\n{hash}", hash.len());
    });
    let mut listen = Listen::start(&service.url("/other"), &["--format", "json"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let address = listen.address;
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let mut exchanges = Vec::new();
        for number in 0..100_u64 {
            let body = json(2 + (number as usize * 9_973) % 300_000, number);
            let url = format!("{ENDPOINT}?number={number}&email=a%40b");
            let mut request = Request::post(&url).version(Version::HTTP_2);
            for line in signature(SECRET, "POST", &url, &body, UnixTime::now()).lines() {
                let (name, value) = line.split_once(": ").unwrap();
                request = request.header(name, value);
            }
            let mut sender = sender.clone();
            exchanges.push(tokio::spawn(async move {
                sender.ready().await.unwrap();
                let request = request.body(Full::new(Bytes::from(body.clone()))).unwrap();
                let answer = sender.send_request(request).await.unwrap();
                assert_eq!((answer.status().as_u16(), &answer.headers()["x-answer"]), (200, &"yes".parse().unwrap()));
                let got = answer.into_body().collect().await.unwrap().to_bytes();
                assert_eq!(got, Sha256::digest(&body).map(|byte| byte.to_string()).join("."));
            }));
        }
        for exchange in exchanges {
            exchange.await.unwrap();
        }
    });
    for _ in 0..100 {
        let report = listen.json();
        assert_eq!((&report["verdict"], &report["protocol"]), (&"verified".into(), &"HTTP/2".into()), "{report}");
        let request = service.next();
        assert!(request.line.starts_with("POST /other?number="), "{}", request.line);
        assert_eq!(request.header("host"), Some(&b"abc.example-tunnel.app"[..]));
    }
    listen.end();
}

/// Requests to the endpoint go to the path of `--to`, others keep theirs.
#[test]
fn only_the_path_of_the_endpoint_becomes_another() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/api/hook"), &[]);
    for (target, passed_on) in
        [("/hubspot", "/api/hook"), ("/hubspot?a=%2F'&b", "/api/hook?a=%2F'&b"), ("/hubspot/card?a", "/hubspot/card?a")]
    {
        listen.exchange(&event_to(target, b"{}"));
        assert_eq!(service.next().line, format!("POST {passed_on} HTTP/1.1"));
        listen.report();
    }
    listen.end();

    // A tunnel that spells the path otherwise is to be seen by the service as well.
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    for target in ["/hub%73pot", "/hubspot?", "/"] {
        listen.exchange(&event_to(target, b"{}"));
        assert_eq!(service.next().line, format!("POST {target} HTTP/1.1"));
    }
    listen.end();
}

#[test]
fn other_methods_pass_too() {
    let service = Service::answering("HTTP/1.1 204 No Content\r\nX-Here: 1\r\n\r\n");
    let mut listen = Listen::start(&service.url(""), &["--format", "json"]);
    for method in ["GET", "DELETE", "OPTIONS", "HEAD", "PATCH", "PROPFIND"] {
        let signature = signature(SECRET, method, &format!("{ENDPOINT}?a"), b"", UnixTime::now());
        let answer = listen.exchange(format!("{method} /hubspot?a HTTP/1.1\r\nHost: h\r\n{signature}\r\n").as_bytes());
        assert!(answer.line.starts_with("HTTP/1.1 204") && answer.header("x-here").is_some(), "{answer:?}");
        let got = service.next();
        assert_eq!(got.line, format!("{method} /hubspot?a HTTP/1.1"));
        assert!(got.header("content-length").is_none_or(|length| length == b"0"), "{got:?}");
        assert_eq!(listen.json()["verdict"], "verified");
    }
    let answer = listen.exchange(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(answer.line.starts_with("HTTP/1.1 204"), "{answer:?}");
    assert_eq!(service.next().line, "OPTIONS * HTTP/1.1");
    assert_eq!(listen.json()["code"], "uri_not_absolute");
    let answer = listen.exchange(b"CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(answer.line.starts_with("HTTP/1.1 501"), "{answer:?}");
    service.assert_nothing_came();
    listen.end();
}

/// nginx, by default, speaks HTTP/1.0 to what it stands before.
#[test]
fn http_1_0_passes() {
    let service = Service::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    let request = String::from_utf8(event(b"{}")).unwrap().replace("HTTP/1.1", "HTTP/1.0");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\nhello"), "{answer:?}");
    assert_eq!(service.next().body, b"{}");
    listen.end();
}

/// The beginning of an answer arrives while the service still writes its end.
#[test]
fn an_answer_is_streamed() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let service = Service::start(move |_, stream: &mut TcpStream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n").unwrap();
        wait.lock().unwrap().recv_timeout(Duration::from_secs(20)).expect("the beginning has arrived");
        stream.write_all(b"3\r\nend\r\n0\r\n\r\n").unwrap();
    });
    let mut listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    stream.write_all(&event(b"{}")).unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"begin\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        got.push(byte[0]);
    }
    go_on.send(()).unwrap();
    let mut rest = [0; 13];
    stream.read_exact(&mut rest).unwrap();
    assert_eq!(&rest, b"3\r\nend\r\n0\r\n\r\n");
    assert!(listen.line().contains("service 200 in "));
    listen.end();
}

#[test]
fn requests_one_after_another_and_at_once() {
    let service = Service::ok();
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    // Over one connection, the second before the first is answered.
    stream.write_all(&[event(b"{\"a\":1}"), event(b"{\"b\":2}")].concat()).unwrap();
    let mut both = vec![service.next().body, service.next().body];
    both.sort();
    assert_eq!(both, [b"{\"a\":1}".to_vec(), b"{\"b\":2}".to_vec()]);
    thread::scope(|scope| {
        for number in 0..40 {
            let address = listen.address;
            scope.spawn(move || {
                let body = json(1000 + number, number as u64);
                assert_eq!(exchange(address, &event(&body)).body, b"ok");
            });
        }
    });
    let outcome = listen.end();
    assert_eq!(outcome.stdout.matches("verified v3").count(), 42, "{outcome:?}");
    assert!(outcome.stderr.contains("42 requests, 42 verified"), "{outcome:?}");
}

/// The service may end its connection after each answer, and the tunnel keeps its own.
#[test]
fn the_connection_to_the_tunnel_stays() {
    let answer = "HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok";
    let service = Service::answering(answer);
    let listen = Listen::start(&service.url("/hubspot"), &[]);
    let mut stream = listen.connect();
    for _ in 0..3 {
        stream.write_all(&event(b"{}")).unwrap();
        let answer = read(&stream).expect("an answer");
        assert_eq!(answer.body, b"ok");
        assert!(answer.header("connection").is_none() && answer.header("keep-alive").is_none(), "{answer:?}");
    }
    listen.end();
}
