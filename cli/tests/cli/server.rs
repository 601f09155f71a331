//! A server on the loopback, and the handlers of good and bad endpoints.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use http::{HeaderName, HeaderValue, Request};
use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};

use crate::program::SECRET;

pub const PUBLIC_URL: &str = "https://hooks.example.com";

pub type Seen = Arc<Mutex<Vec<Request<Vec<u8>>>>>;

pub struct Server {
    address: SocketAddr,
    /// All requests that came, whatever was answered.
    pub seen: Seen,
}

impl Server {
    /// `handle` returns the status line's number and reason.
    pub fn start(handle: impl Fn(&Request<Vec<u8>>) -> u16 + Send + 'static) -> Self {
        Self::answering(move |request| format!("{} Status\r\n", handle(request)), "")
    }

    /// `handle` returns the status and any headers.
    pub fn answering(handle: impl Fn(&Request<Vec<u8>>) -> String + Send + 'static, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let seen = Seen::default();
        let server = Self { address, seen: Arc::clone(&seen) };
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("accepted");
                // Not, for one, the first words of HTTP/2.
                let Some(request) = read(&mut stream) else { continue };
                let head = handle(&request);
                let length = body.len();
                let body = if request.method() == "HEAD" { "" } else { body };
                seen.lock().unwrap().push(request);
                let _ = write!(stream, "HTTP/1.1 {head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            }
        });
        server
    }

    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    pub fn last(&self) -> Request<Vec<u8>> {
        self.seen.lock().unwrap().last().expect("a request came").clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<Request<Vec<u8>>> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(reader.read_until(b'\n', &mut head).expect("read"), 0, "the request is whole");
    }
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    parsed.parse(&head).ok()?;
    let mut request = Request::builder().method(parsed.method?).uri(parsed.path?);
    for header in parsed.headers.iter() {
        let value = HeaderValue::from_bytes(header.value).expect("a value");
        request = request.header(HeaderName::from_bytes(header.name.as_bytes()).expect("a name"), value);
    }
    let length = request.headers_ref().and_then(|headers| headers.get("content-length"));
    let length = length.map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the whole body");
    Some(request.body(body).expect("a request"))
}

/// Verifies as this library does.
pub fn careful(minimum: Version) -> impl Fn(&Request<Vec<u8>>) -> u16 + Send {
    verifying(Verifier::new(SECRET, minimum).unwrap())
}

pub fn verifying(verifier: Verifier) -> impl Fn(&Request<Vec<u8>>) -> u16 + Send {
    let public_url = PublicUrl::server(PUBLIC_URL).unwrap();
    move |request| match verifier.verify_request(&public_url, request, UnixTime::now()) {
        Ok(_) => 200,
        Err(_) => 401,
    }
}
