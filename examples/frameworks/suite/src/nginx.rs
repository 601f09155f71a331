//! nginx as it stands before many a server: it terminates TLS, and the server behind it sees another host and scheme.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{env, fs, process, thread};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::server::Process;
use crate::socket::content_length;
use crate::{Answer, Connection, Request};

pub struct Nginx {
    address: SocketAddr,
    client: Arc<ClientConfig>,
    folder: PathBuf,
    _process: Process,
}

impl Nginx {
    pub fn before(server: SocketAddr) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let folder = env::temp_dir().join(format!("suite-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&folder).expect("a new folder");

        let certified = rcgen::generate_simple_self_signed([HOST.to_owned()]).expect("a certificate");
        fs::write(folder.join("certificate.pem"), certified.cert.pem()).expect("written");
        fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).expect("written");
        let mut roots = RootCertStore::empty();
        roots.add(certified.cert.der().clone()).expect("a certificate");
        let client = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();

        let address = free_address();
        let configuration = include_str!("nginx.conf")
            .replace("LISTEN", &address.to_string())
            .replace("SERVER", &server.to_string())
            .replace("HOST", HOST);
        fs::write(folder.join("nginx.conf"), configuration).expect("written");
        let process = Command::new("nginx")
            .arg("-p")
            .arg(&folder)
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx is installed");
        let nginx = Self { address, client: Arc::new(client), folder, _process: Process(process) };
        nginx.wait();
        nginx
    }

    fn wait(&self) {
        for _ in 0..400 {
            if TcpStream::connect(self.address).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(25));
        }
        panic!("nginx does not listen: {}", fs::read_to_string(self.folder.join("error.log")).unwrap_or_default());
    }

    pub fn exchange(&self, request: &Request) -> Option<Answer> {
        let socket = TcpStream::connect(self.address).expect("nginx listens");
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
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const HOST: &str = "hooks.example.com";

/// nginx does not tell which port it got, so it is told one that was free a moment ago.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}
