//! `send` to `https://`, with the certificates that developers have.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::http2;
use crate::program::*;

/// A key and its certificate, made by `openssl req -x509` and what is added to that.
struct Pair {
    key: File,
    certificate: File,
}

impl Pair {
    fn new(name: &str, arguments: &[&str]) -> Self {
        let key = File::new(&format!("{name}-key.pem"), "");
        let certificate = File::new(&format!("{name}.pem"), "");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"])
            .args(["-keyout", key.path(), "-out", certificate.path()])
            .args(arguments)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{made:?}");
        Self { key, certificate }
    }
}

/// The configuration of a server that proves who it is with this pair.
fn config(pair: &Pair) -> ServerConfig {
    let certificates =
        CertificateDer::pem_file_iter(pair.certificate.path()).unwrap().collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_file(pair.key.path()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(certificates, key).unwrap()
}

/// Answers each request with 200, over TLS and HTTP/1.1.
fn serve(pair: &Pair) -> SocketAddr {
    let config = Arc::new(config(pair));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.expect("accepted"));
            // A client that does not trust the server hangs up.
            if stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\na page");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    address
}

fn send(server: SocketAddr, trust: Option<&Pair>) -> Outcome {
    let to = format!("https://localhost:{}/", server.port());
    let mut arguments = vec!["send", "--method", "GET", "--sign-local-address", "--to", &to];
    arguments.extend(trust.iter().flat_map(|pair| ["--ca-file", pair.certificate.path()]));
    run(&arguments, b"")
}

#[track_caller]
fn assert_distrusts(outcome: &Outcome) {
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("give it, or that of the authority that signed it, as --ca-file"), "{outcome:?}");
}

#[test]
fn a_certificate_of_plain_openssl_is_trusted_when_given() {
    let names = ["-addext", "subjectAltName=DNS:localhost"];
    let plain = Pair::new("plain", &[]);
    let named = Pair::new("named", &names);
    let leaf = Pair::new("leaf", &[&names[..], &["-addext", "basicConstraints=critical,CA:FALSE"]].concat());
    for pair in [&plain, &named, &leaf] {
        let server = serve(pair);
        send(server, Some(pair)).assert(0, "200 OK").assert(0, "a page").assert(0, "as it should be");
        assert_distrusts(&send(server, None));
    }
    // The same name, another key.
    assert_distrusts(&send(serve(&plain), Some(&leaf)));
}

#[test]
fn an_authority_is_trusted_for_what_it_signed() {
    let authority = Pair::new("authority", &[]);
    let by = ["-CA", authority.certificate.path(), "-CAkey", authority.key.path()];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE", "-addext"];
    let signed = |name, of| Pair::new(name, &[&by[..], &leaf, &[of]].concat());
    let server = serve(&signed("signed", "subjectAltName=DNS:localhost"));
    send(server, Some(&authority)).assert(0, "200 OK");
    assert_distrusts(&send(server, None));
    assert_distrusts(&send(serve(&signed("other", "subjectAltName=DNS:other.example")), Some(&authority)));
}

#[test]
fn a_server_without_tls_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = format!("https://{}/", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            stream.and_then(|mut stream| stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")).expect("answered");
        }
    });
    let outcome = run(&["send", "--sign-local-address", "--to", &to], b"");
    assert_eq!(outcome.status, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("or is --to http://"), "{outcome:?}");
}

/// The server's own preference for HTTP/2, and for none.
#[test]
fn http2_is_spoken_where_the_server_agrees() {
    let pair = Pair::new("http2", &[]);
    let check = |port: u16| {
        let to = format!("https://localhost:{port}/hubspot");
        let send = ["send", "--check", "--event", "workflow", "--public-url", crate::server::PUBLIC_URL, "--to", &to];
        run(&[&send[..], &["--ca-file", pair.certificate.path()]].concat(), b"")
    };
    let server = http2::Server::over_tls(config(&pair), http2::Memory::OfText);
    check(server.port()).assert(1, "15 of 16 forgeries refused").assert(1, "accepted 200  respelled ");
    check(serve(&pair).port()).assert(1, "0 of 15 forgeries refused").assert(1, "respelled (no HTTP/2)");
}
