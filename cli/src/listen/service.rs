//! [`Service`]: passes a request on, over a connection of its own.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use http::request::Parts;
use http::{Request, Response, StatusCode, Uri, Version};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::Failure;

/// The kind of URL that `--to` takes.
pub(super) const URL: &str = "http URL such as http://127.0.0.1:3000/hubspot";
/// As long as HubSpot waits for a connection.
const CONNECT: Duration = Duration::from_secs(3);

pub(super) struct Service {
    url: String,
    host: String,
    port: u16,
    /// The path that takes the place of the endpoint's.
    path: Option<String>,
    timeout: Duration,
}

/// The reason why there is no answer, and the status for the tunnel.
pub(super) struct NoAnswer {
    pub(super) status: StatusCode,
    pub(super) why: String,
}

/// The task that moves the bytes of a connection. It ends when this is dropped.
pub(super) struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Service {
    pub(super) fn new(to: &Uri, timeout: Duration) -> Result<Self, Failure> {
        let (Some("http"), Some(host)) = (to.scheme_str(), to.host()) else {
            return Err(format!("--to is not a whole {URL}").into());
        };
        if to.query().is_some() {
            return Err("--to has a query; each request brings its own".into());
        }
        if to.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err("--to has credentials; each request brings its own headers".into());
        }
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let path = Some(to.path()).filter(|path| *path != "/").map(Into::into);
        Ok(Self { url: to.to_string(), host: bare.into(), port: to.port_u16().unwrap_or(80), path, timeout })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the path of the service, unless each request keeps its own.
    pub(super) fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Returns the addresses of the service; none if its name is unknown.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        (self.host.as_str(), self.port).to_socket_addrs().into_iter().flatten()
    }

    /// Returns the target for a request to the endpoint, if it is another one. A path that is only spelled otherwise stays,
    /// so that the service sees it as it came.
    pub(super) fn target(&self, target: &str) -> Option<String> {
        let path = self.path.as_deref()?;
        let end = target.find('?').unwrap_or(target.len());
        let (its_path, query) = target.split_at_checked(end)?;
        (!decoded(its_path).eq(decoded(path))).then(|| format!("{path}{query}"))
    }

    /// Passes a request on. `target` replaces the one it came with.
    pub(super) async fn send(
        &self,
        parts: Parts,
        target: Option<String>,
        body: Bytes,
    ) -> Result<(Response<Incoming>, Connection), NoAnswer> {
        let request = request(parts, target, body).map_err(|error| NoAnswer {
            status: StatusCode::BAD_GATEWAY,
            why: format!("it cannot be passed on: {error}"),
        })?;
        let stream = match tokio::time::timeout(CONNECT, TcpStream::connect((self.host.as_str(), self.port))).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(bad_gateway(format!("the service cannot be reached: {error}"))),
            Err(_) => return Err(bad_gateway("the service takes no connection".into())),
        };
        // A failure only delays.
        let _ = stream.set_nodelay(true);
        let exchange = async {
            let handshake = http1::Builder::new().preserve_header_case(true).handshake(TokioIo::new(stream)).await;
            let (mut sender, connection) = handshake?;
            // Its error is also that of the exchange.
            let connection = Connection(tokio::spawn(async { drop(connection.await) }));
            Ok((sender.send_request(request).await?, connection))
        };
        match tokio::time::timeout(self.timeout, exchange).await {
            Ok(answer) => answer.map_err(|error: hyper::Error| bad_gateway(fault(&error))),
            Err(_) => Err(NoAnswer {
                status: StatusCode::GATEWAY_TIMEOUT,
                why: format!("the service did not answer within {} s", self.timeout.as_secs()),
            }),
        }
    }
}

fn request(mut parts: Parts, target: Option<String>, body: Bytes) -> http::Result<Request<Full<Bytes>>> {
    if let Some(target) = target {
        parts.uri = target.parse()?;
    } else if parts.version == Version::HTTP_2 {
        // HTTP/1.1 has the target without the host.
        parts.uri = parts.uri.path_and_query().map_or_else(Uri::default, |target| target.clone().into());
    }
    if parts.version == Version::HTTP_2 {
        parts.version = Version::HTTP_11;
    }
    Ok(Request::from_parts(parts, Full::new(body)))
}

fn bad_gateway(why: String) -> NoAnswer {
    NoAnswer { status: StatusCode::BAD_GATEWAY, why }
}

fn fault(error: &hyper::Error) -> String {
    if error.is_incomplete_message() {
        "the service closed the connection before it answered".into()
    } else if error.is_parse() {
        format!("what the service answers is not HTTP/1: {error}")
    } else {
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        format!("the service broke off: {error}{}", source.unwrap_or_default())
    }
}

/// The bytes of a path, its escapes undone.
fn decoded(path: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = path.as_bytes();
    std::iter::from_fn(move || {
        let escape = match rest {
            [b'%', high, low, after @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(*high).zip(digit(*low)).map(|(high, low)| ((high << 4) | low, after))
            }
            _ => None,
        };
        let (byte, after) = escape.or_else(|| rest.split_first().map(|(byte, after)| (*byte, after)))?;
        rest = after;
        Some(byte)
    })
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn only_another_path_is_replaced() {
        let service = |to: &str| Service::new(&to.parse().expect("a URL"), Duration::ZERO).expect("a service");
        let here = service("http://127.0.0.1:3000/hub/spot");
        assert_eq!(here.target("/hub/spot?a=%2F"), None);
        assert_eq!(here.target("/hu%62%2fspot?a"), None);
        assert_eq!(here.target("/spot?a=%2F?"), Some("/hub/spot?a=%2F?".into()));
        assert_eq!(here.target("/"), Some("/hub/spot".into()));
        assert_eq!(service("http://127.0.0.1:3000").target("/spot"), None);
        assert_eq!(service("http://[::1]:3000/").target("/spot"), None);
    }

    #[test]
    fn a_service_is_a_whole_url() {
        for wrong in ["https://h/", "/hubspot", "h:80", "http://h/?a", "http://a@h/"] {
            assert!(Service::new(&wrong.parse().expect("a URI"), Duration::ZERO).is_err(), "{wrong}");
        }
    }
}
