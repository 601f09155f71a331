//! The service behind `listen`: keeps the bytes of each request, and answers as a test wants it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// A request as its bytes came.
#[derive(Debug)]
pub struct Raw {
    pub line: String,
    /// Each with its name as it was spelled.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The chunks joined.
    pub body: Vec<u8>,
}

impl Raw {
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let mut named = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_slice())
    }
}

pub struct Service {
    address: SocketAddr,
    seen: Receiver<Raw>,
}

impl Service {
    /// `answer` writes what it likes, on a connection that ends then.
    pub fn start(answer: impl Fn(&Raw, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, seen) = channel();
        let answer: &'static _ = Box::leak(Box::new(answer));
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("accepted");
                let sender = sender.clone();
                thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    answer(&request, &mut stream);
                    let _ = sender.send(request);
                    let _ = stream.shutdown(Shutdown::Write);
                    // Closing with bytes unread would reset the connection, and the answer with it.
                    let _ = std::io::copy(&mut stream, &mut std::io::sink());
                });
            }
        });
        Self { address, seen }
    }

    pub fn answering(answer: &'static str) -> Self {
        Self::start(move |_, stream| {
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    pub fn ok() -> Self {
        Self::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    #[track_caller]
    pub fn next(&self) -> Raw {
        self.seen.recv_timeout(Duration::from_secs(20)).expect("a request came")
    }

    #[track_caller]
    pub fn assert_nothing_came(&self) {
        assert!(self.seen.try_recv().is_err());
    }
}

/// An address at which nothing listens.
pub fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}/hubspot", listener.local_addr().expect("bound"))
}

/// None if the connection ends before a request.
pub fn read(stream: &TcpStream) -> Option<Raw> {
    let mut reader = BufReader::new(stream);
    let line = line(&mut reader)?;
    let mut headers = Vec::new();
    loop {
        let field = self::line(&mut reader)?;
        if field.is_empty() {
            break;
        }
        let colon = field.iter().position(|byte| *byte == b':').expect("a header");
        let name = String::from_utf8(field[..colon].into()).expect("a name");
        headers.push((name, field[colon + 1..].trim_ascii().into()));
    }
    let mut raw = Raw { line: String::from_utf8(line).expect("a first line"), headers, body: Vec::new() };
    if raw.header("transfer-encoding").is_some_and(|coding| coding == b"chunked") {
        loop {
            let size = String::from_utf8(self::line(&mut reader)?).expect("a size");
            let size = usize::from_str_radix(&size, 16).expect("a size");
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk).ok()?;
            raw.body.extend(chunk);
            assert_eq!(self::line(&mut reader)?, b"");
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = raw.header("content-length") {
        let length = std::str::from_utf8(length).expect("text").parse().expect("a number");
        raw.body = vec![0; length];
        reader.read_exact(&mut raw.body).ok()?;
    } else if raw.line.starts_with("HTTP/") && !raw.line.contains(" 204 ") {
        reader.read_to_end(&mut raw.body).ok()?;
    }
    Some(raw)
}

fn line(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line).ok()?;
    line.strip_suffix(b"\r\n").map(<[u8]>::to_vec)
}
