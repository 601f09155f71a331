//! `listen` as a running program, and the tunnel before it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use hubspot_signature::{ClientSecret, UnixTime};
use serde_json::Value;

use super::service::{Raw, read};
use crate::program::{OTHER_SECRET, Outcome, SECRET, assert_shows_no_signature, command};

pub const ENDPOINT: &str = "https://abc.example-tunnel.app/hubspot";
pub const LONG: Duration = Duration::from_secs(20);

pub struct Listen {
    pub child: Child,
    pub address: SocketAddr,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    /// The lines that were read so far.
    told: String,
    noted: String,
}

impl Listen {
    pub fn start(to: &str, arguments: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", to, arguments)
    }

    pub fn start_at(bind: &str, to: &str, arguments: &[&str]) -> Self {
        Self::with(&[&["--endpoint", ENDPOINT, "--bind", bind, "--to", to], arguments].concat())
    }

    pub fn with(arguments: &[&str]) -> Self {
        let mut command = command();
        command.arg("listen").args(arguments).env("HUBSPOT_CLIENT_SECRET", SECRET);
        let mut child = command.spawn().expect("the program starts");
        let stdout = lines(child.stdout.take().expect("piped"));
        let stderr = lines(child.stderr.take().expect("piped"));
        let first = stderr.recv_timeout(LONG).expect("it says where it listens");
        let address = first.split_once("http://").and_then(|(_, rest)| rest.split(' ').next());
        let address =
            address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("no address in {first}"));
        Self { child, address, stdout, stderr, told: String::new(), noted: first + "\n" }
    }

    /// The next line on standard output.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let line = self.stdout.recv_timeout(LONG).expect("a line");
        self.told.push_str(&line);
        self.told.push('\n');
        line
    }

    /// The next line, and those below it until nothing more comes.
    #[track_caller]
    pub fn report(&mut self) -> String {
        let mut report = self.line();
        while let Ok(line) = self.stdout.recv_timeout(Duration::from_millis(300)) {
            self.told.push_str(&line);
            self.told.push('\n');
            report = report + "\n" + &line;
        }
        report
    }

    #[track_caller]
    pub fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).expect("JSON")
    }

    pub fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Sends a request and reads the answer, over a connection of its own.
    #[track_caller]
    pub fn exchange(&self, request: &[u8]) -> Raw {
        exchange(self.address, request)
    }

    pub fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
    }

    /// Ends it as Ctrl-C does. None of its output holds a secret or a signature.
    #[track_caller]
    pub fn end(mut self) -> Outcome {
        self.interrupt();
        self.ended()
    }

    #[track_caller]
    pub fn ended(&mut self) -> Outcome {
        let status = self.child.wait().expect("it ends").code();
        for (lines, text) in [(&self.stdout, &mut self.told), (&self.stderr, &mut self.noted)] {
            loop {
                match lines.recv_timeout(LONG) {
                    Ok(line) => *text = format!("{text}{line}\n"),
                    Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => panic!("the program has ended and its output has not"),
                }
            }
        }
        let outcome = Outcome { status, stdout: self.told.clone(), stderr: self.noted.clone() };
        for hidden in [SECRET, OTHER_SECRET] {
            assert!(
                !outcome.stdout.contains(hidden) && !outcome.stderr.contains(hidden),
                "{hidden} is shown: {outcome:?}"
            );
        }
        assert_shows_no_signature(&outcome);
        outcome
    }
}

impl Drop for Listen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("not zero");
    stream.set_nodelay(true).expect("a socket");
    stream
}

#[track_caller]
pub fn exchange(address: SocketAddr, request: &[u8]) -> Raw {
    let mut stream = connect(address);
    stream.write_all(request).expect("written");
    read(&stream).expect("an answer")
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            if sender.send(line.expect("UTF-8")).is_err() {
                break;
            }
        }
    });
    receiver
}

/// HubSpot's headers for a request, as header lines.
pub fn signature(secret: &str, method: &str, url: &str, body: &[u8], at: UnixTime) -> String {
    let signed = ClientSecret::new(secret).unwrap().sign(method, url, body, at).unwrap();
    signed.pairs().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

/// A genuine event as the tunnel passes it on, for any URL of the endpoint's host.
pub fn event_to(target: &str, body: &[u8]) -> Vec<u8> {
    let url = format!("https://abc.example-tunnel.app{target}");
    let signature = signature(SECRET, "POST", &url, body, UnixTime::now());
    post(target, &signature, body)
}

pub fn event(body: &[u8]) -> Vec<u8> {
    event_to("/hubspot", body)
}

pub fn post(target: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("POST {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}
