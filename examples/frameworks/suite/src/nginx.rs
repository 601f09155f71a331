//! nginx as it stands before many a server: it terminates TLS, and the server behind it sees another host and scheme.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::server::Process;
use crate::socket::content_length;
use crate::{Answer, Connection, Request};

pub struct Nginx {
    address: SocketAddr,
    client: Arc<ClientConfig>,
    process: Process,
    folder: TempDir,
}

impl Nginx {
    pub fn before(server: SocketAddr) -> Self {
        Self::adding("", server)
    }

    /// Puts a path before that of each request.
    pub fn adding(path: &str, server: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a new folder");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        let certified = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
        write("certificate.pem", &certified.cert.pem());
        write("key.pem", &certified.signing_key.serialize_pem());
        let mut roots = RootCertStore::empty();
        roots.add(certified.cert.der().clone()).expect("a certificate");
        let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();

        // nginx does not tell which port it got, so it inherits a socket that is bound already, as its standard input.
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let configuration = include_str!("nginx.conf")
            .replace("LISTEN", &address.to_string())
            .replace("ADDED", path)
            .replace("SERVER", &server.to_string())
            .replace("HOST", HOST);
        write("nginx.conf", &configuration);
        let process =
            nginx(&folder).env("NGINX", "0;").stdin(OwnedFd::from(listener)).spawn().expect("nginx is installed");
        Self { address, client: Arc::new(client), process: Process(process), folder }
    }

    /// Returns the errors that nginx logged.
    pub fn errors(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }

    pub fn exchange(&self, request: &Request) -> Option<Answer> {
        // Waits in the socket's queue until nginx is ready.
        let Ok(socket) = TcpStream::connect(self.address) else {
            panic!("nginx is gone: {}", self.errors());
        };
        socket.set_read_timeout(Some(Duration::from_secs(20))).expect("not zero");
        let name = ServerName::try_from(HOST).expect("a name");
        let client = ClientConnection::new(self.client.clone(), name).expect("a configuration");
        let mut connection = Connection::over(StreamOwned::new(client, socket));
        connection.send_head(request, HOST, &content_length(request));
        connection.send(&request.body);
        connection.answer()
    }
}

impl Drop for Nginx {
    /// Killed, the master would leave its worker behind.
    fn drop(&mut self) {
        if nginx(&self.folder).args(["-s", "stop"]).status().is_ok_and(|status| status.success()) {
            let _ = self.process.0.wait();
        }
    }
}

fn nginx(folder: &TempDir) -> Command {
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "error.log"]);
    command
}

const HOST: &str = "hooks.example.com";
