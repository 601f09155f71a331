//! nginx with TLS as the tunnel: HubSpot speaks https to it, and it speaks HTTP/1.0, HTTP/1.1 or HTTP/2 to `listen`.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::service::Service;
use super::stand::{ENDPOINT, Listen};
use crate::program::*;

struct Nginx {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Nginx {
    /// None where it, or openssl, is not installed.
    fn before(listen: &Listen) -> Option<Self> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-nginx", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let certificate = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-keyout", "key.pem", "-out", "certificate.pem"])
            .current_dir(&folder)
            .output();
        let certificate = installed(certificate)?;
        assert!(certificate.status.success(), "{certificate:?}");
        // nginx does not tell which port it got; one that was free a moment ago is free with near certainty.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let configuration =
            CONFIGURATION.replace("PORT", &port.to_string()).replace("LISTEN", &listen.address.to_string());
        fs::write(folder.join("nginx.conf"), configuration).expect("written");
        let mut nginx = Command::new("nginx");
        nginx.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        let child = nginx.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = installed(child)?;
        let this = Self { child, folder, port };
        let until = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = fs::read_to_string(this.folder.join("error.log"));
            assert!(Instant::now() < until, "nginx does not start: {log:?}");
            thread::sleep(Duration::from_millis(20));
        }
        Some(this)
    }
}

/// `None` if a program is not installed. Any other failure is one.
fn installed<T>(started: std::io::Result<T>) -> Option<T> {
    match started {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        started => Some(started.expect("it runs")),
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Killed, the master would leave its worker behind.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const CONFIGURATION: &str = "
daemon off;
worker_processes 1;
# Started by root, the worker would have another user, who may not see this folder. Otherwise it means nothing.
user root;
pid nginx.pid;
error_log error.log;
events {}
http {
    access_log off;
    client_max_body_size 8m;
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server {
        listen 127.0.0.1:PORT ssl http2;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        location / {
            proxy_pass http://LISTEN;
        }
        location /1.1/ {
            proxy_pass http://LISTEN/;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_set_header Host abc.example-tunnel.app;
        }
        # The only way in which nginx speaks HTTP/2 to what it stands before.
        location /2/ {
            rewrite ^/2(/.*)$ $1 break;
            grpc_pass grpc://LISTEN;
        }
    }
}
";

#[test]
fn nginx_as_the_tunnel() {
    let service = Service::ok();
    let mut listen = Listen::start(&service.url("/hubspot"), &["--format", "json"]);
    let Some(nginx) = Nginx::before(&listen) else {
        eprintln!("SKIPPED: nginx or openssl is not installed, so `listen` was not tried behind TLS");
        return;
    };
    let certificate = nginx.folder.join("certificate.pem");
    let body = File::new("large.json", format!("{{\"text\":\"{}\"}}", "Gr\u{fc}\u{df}e ".repeat(200_000)));
    for (path, protocol) in [("", "HTTP/1.0"), ("/1.1", "HTTP/1.1"), ("/2", "HTTP/2")] {
        let to = format!("https://localhost:{}{path}/hubspot?a=%2F", nginx.port);
        let send = |arguments: &[&str]| {
            let ca = ["--ca-file", certificate.to_str().unwrap()];
            run(&[&["send", "--to", &to, "--endpoint", ENDPOINT], &ca[..], arguments].concat(), b"")
        };
        for event in [&["--event", "workflow"][..], &["--event", "batch"], &["--body-file", body.path()]] {
            send(event).assert(0, "200 OK");
            let report = listen.json();
            assert_eq!(report["verdict"], "verified", "{path} {event:?} {report}");
            assert_eq!(report["protocol"], protocol, "{path} {report}");
            let request = service.next();
            assert_eq!(request.line.split(' ').nth(1), Some("/hubspot?a=%2F"));
            if event[0] == "--body-file" {
                assert_eq!(request.body, fs::read(body.path()).unwrap());
            }
        }
        send(&["--forge", "tampered"]);
        assert_eq!(listen.json()["code"], "mismatch");
        service.next();
    }
    listen.end();
}
