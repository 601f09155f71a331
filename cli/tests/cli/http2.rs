//! A server that speaks HTTP/1.1 and HTTP/2, and remembers the signatures that it accepted.

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::program::SECRET;
use crate::server::PUBLIC_URL;

#[derive(Clone, Copy)]
pub enum Memory {
    None,
    /// Of `Verified::replay_key()`.
    OfKeys,
    /// Of the header's value, as it is.
    OfText,
}

pub struct Server(SocketAddr);

impl Server {
    pub fn start(memory: Memory) -> Self {
        Self::over(None, memory)
    }

    pub fn over_tls(mut config: ServerConfig, memory: Memory) -> Self {
        config.alpn_protocols = vec![b"h2".into(), b"http/1.1".into()];
        Self::over(Some(TlsAcceptor::from(Arc::new(config))), memory)
    }

    fn over(tls: Option<TlsAcceptor>, memory: Memory) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("bound");
        let seen: Arc<Mutex<HashSet<Vec<u8>>>> = Arc::default();
        // It ends with the test.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                loop {
                    let (stream, _) = listener.accept().await.expect("accepted");
                    let seen = Arc::clone(&seen);
                    let service = service_fn(move |request| answer(memory, Arc::clone(&seen), request));
                    let tls = tls.clone();
                    tokio::spawn(async move {
                        let server = Builder::new(TokioExecutor::new());
                        let _ = match tls {
                            None => server.serve_connection(TokioIo::new(stream), service).await,
                            Some(tls) => {
                                let stream = tls.accept(stream).await.expect("TLS");
                                server.serve_connection(TokioIo::new(stream), service).await
                            }
                        };
                    });
                }
            });
        });
        Self(address)
    }

    pub fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.0)
    }

    pub const fn port(&self) -> u16 {
        self.0.port()
    }
}

async fn answer(
    memory: Memory,
    seen: Arc<Mutex<HashSet<Vec<u8>>>>,
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, body.collect().await.expect("the whole body").to_bytes());
    let verifier = Verifier::new(SECRET, Version::V3).unwrap();
    let public_url = PublicUrl::server(PUBLIC_URL).unwrap();
    let status = match verifier.verify_request(&public_url, &request, UnixTime::now()) {
        Err(_) => StatusCode::UNAUTHORIZED,
        Ok(verified) => {
            let key = match memory {
                Memory::None => None,
                Memory::OfKeys => Some(verified.replay_key().as_bytes().to_vec()),
                Memory::OfText => Some(request.headers()["x-hubspot-signature-v3"].as_bytes().to_vec()),
            };
            let is_new = key.is_none_or(|key| seen.lock().unwrap().insert(key));
            if is_new { StatusCode::OK } else { StatusCode::CONFLICT }
        }
    };
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}
