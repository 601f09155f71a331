//! HTTP/1.1 over a bare socket, so that a test says exactly which bytes are sent, and when.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use crate::Request;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Vec<u8>,
}

/// One connection, for one request.
pub struct Connection<S> {
    stream: S,
}

impl Connection<TcpStream> {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
        Self { stream }
    }

    /// Says that no more will come, and leaves the other direction open.
    pub fn cut_off(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("still open");
    }
}

impl<S: Read + Write> Connection<S> {
    pub fn over(stream: S) -> Self {
        Self { stream }
    }

    /// The head, with the headers that frame the body.
    pub fn send_head(&mut self, request: &Request, host: &str, framing: &str) {
        self.send(&head(request, host, framing));
    }

    /// Whether the server still listens: it may answer, and hang up, before it has heard all.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    pub fn send_chunk(&mut self, bytes: &[u8]) -> bool {
        self.send(&[format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
    }

    /// The whole answer, or `None` if the server hung up without one.
    pub fn answer(mut self) -> Option<Answer> {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => received.extend_from_slice(&buffer[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    panic!("neither an answer nor the end; so far {:?}", String::from_utf8_lossy(&received))
                }
                // A server that hangs up on unread input resets the connection; what it said before counts.
                Err(_) => break,
            }
            // Some wait for the sender to hang up first.
            if let Some(answer) = parse(&received) {
                return Some(answer);
            }
        }
        assert!(received.is_empty(), "half an answer: {:?}", String::from_utf8_lossy(&received));
        None
    }
}

/// The answer, once it is whole. All that the servers say has either a length or chunks.
fn parse(received: &[u8]) -> Option<Answer> {
    let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (String::from_utf8_lossy(&received[..end]).to_lowercase(), &received[end + 4..]);
    let status = head.strip_prefix("http/1.1 ")?.get(..3)?.parse().expect("three digits");
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let body = match field("content-length") {
        Some(length) => body.get(..length.parse().expect("a number"))?.to_vec(),
        None if field("transfer-encoding") == Some("chunked") => unchunked(body)?,
        None => panic!("an answer without a length: {head}"),
    };
    Some(Answer { status, retry_after: field("retry-after").map(str::to_owned), body })
}

fn unchunked(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|bytes| bytes == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).ok()?, 16).expect("hex");
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(chunks.get(end + 2..end + 2 + length)?);
        chunks = chunks.get(end + 2 + length + 2..)?;
    }
}

/// The head of a request, with the headers that frame its body.
pub fn head(request: &Request, host: &str, framing: &str) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n{framing}", request.method, request.target).into_bytes();
    for (name, value) in &request.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"Connection: close\r\n\r\n");
    head
}

/// The length of the body, where there is one to speak of.
pub fn content_length(request: &Request) -> String {
    match (request.method, request.body.len()) {
        ("GET", 0) => String::new(),
        (_, length) => format!("Content-Length: {length}\r\n"),
    }
}

/// Sends a request to an example server, which sees itself under a host that is not the public one.
pub fn exchange(address: SocketAddr, request: &Request) -> Option<Answer> {
    let mut connection = Connection::open(address);
    connection.send_head(request, "internal.test", &content_length(request));
    connection.send(&request.body);
    connection.answer()
}
