//! Sends a request as it is and takes the answer: no redirects, no proxy, no retries, as HubSpot is one request away.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, HOST, HeaderValue, TRANSFER_ENCODING, USER_AGENT};
use http::{HeaderMap, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_rustls::rustls;

use crate::Failure;
use crate::tls::Trust;

pub(crate) struct Client {
    runtime: Runtime,
    trust: Trust,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Its beginning.
    pub(crate) body: Vec<u8>,
    pub(crate) body_is_longer: bool,
    /// Whether a reset ended it, where only the end of the connection tells that it is whole.
    pub(crate) is_cut: bool,
}

/// How much of an answer is worth showing.
const MAX_ANSWER: usize = 64 * 1024;
/// As long as HubSpot waits for a connection, and for the answer to a workflow's webhook.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(30);
/// Some servers that speak no HTTP/2 wait for more when they are spoken to in it.
const ANSWER_OVER_HTTP2: Duration = Duration::from_secs(10);

impl Client {
    pub(crate) fn new(trust: Trust) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, trust })
    }

    pub(crate) fn send(&self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        let answer = self.runtime.block_on(within(ANSWER, self.exchange(request)));
        Ok(answer.map_err(|fault| fault.explained())?)
    }

    /// As [`Client::send`], over HTTP/2, where header values keep their white space. None if nothing answered so.
    pub(crate) fn send_over_http2(&self, request: Request<Vec<u8>>) -> Option<Answer> {
        self.runtime.block_on(within(ANSWER_OVER_HTTP2, self.exchange_over_http2(request))).ok()
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Answer, Fault> {
        let uri = request.uri().clone();
        let mut request = prepared(request);
        if let Some(host) = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        *request.uri_mut() = uri.path_and_query().map_or_else(Uri::default, |target| target.clone().into());
        let stream = within(CONNECT, self.connect(&uri, &[])).await?;
        let (mut sender, connection) =
            conn::http1::handshake(TokioIo::new(Patient::new(stream))).await.map_err(Fault::Http)?;
        let _connection = Connection::driven(connection);
        read(sender.send_request(request).await.map_err(Fault::Http)?).await
    }

    async fn exchange_over_http2(&self, request: Request<Vec<u8>>) -> Result<Answer, Fault> {
        let uri = request.uri().clone();
        let mut request = prepared(request);
        *request.version_mut() = Version::HTTP_2;
        let stream = within(CONNECT, self.connect(&uri, &[b"h2"])).await?;
        // Without TLS only the attempt tells whether the server speaks it.
        let handshake = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.map_err(Fault::Http)?;
        let _connection = Connection::driven(connection);
        read(sender.send_request(request).await.map_err(Fault::Http)?).await
    }

    /// With TLS, these protocols are offered.
    async fn connect(&self, uri: &Uri, protocols: &[&[u8]]) -> Result<Box<dyn Stream>, Fault> {
        let is_tls = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tcp = TcpStream::connect((host, port)).await.map_err(Fault::Unreachable)?;
        if !is_tls {
            return Ok(Box::new(tcp));
        }
        let name = host.to_owned().try_into().map_err(|error| Fault::Tls(io::Error::other(error)))?;
        let connector = self.trust.connector(protocols).map_err(|error| Fault::Tls(io::Error::other(error)))?;
        Ok(Box::new(connector.connect(name, tcp).await.map_err(Fault::Tls)?))
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection whose server may stop reading before it has the whole request, such as one that answers 413 to a long body
/// and closes. hyper gives up when it cannot write, so that the answer would stay unread: what cannot be written any more is
/// dropped here instead.
struct Patient<S> {
    stream: S,
    cannot_write: bool,
    /// Whether a part of the request waits to be written. A reset that is read meanwhile is told only once.
    is_writing: bool,
    has_read: bool,
}

impl<S> Patient<S> {
    const fn new(stream: S) -> Self {
        Self { stream, cannot_write: false, is_writing: false, has_read: false }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(cx, into));
        self.has_read |= into.filled().len() > before;
        let is_reset = outcome.as_ref().is_err_and(is_closed);
        // A server that closes before it has read everything resets the connection, behind its answer if it gave one.
        let is_unread = match outcome {
            Ok(()) => self.cannot_write,
            Err(_) => is_reset && (self.cannot_write || self.is_writing),
        };
        Poll::Ready(match outcome {
            _ if is_unread && self.has_read => Ok(()),
            _ if is_unread => Err(io::Error::other(
                "the server closed the connection before it had read the whole request, as servers do if the body is \
                 too large",
            )),
            Err(_) if is_reset && !self.has_read => {
                Err(io::Error::other("the server reset the connection without an answer"))
            }
            outcome => outcome,
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.cannot_write {
            self.is_writing = true;
            match ready!(Pin::new(&mut self.stream).poll_write(cx, bytes)) {
                Err(error) if is_closed(&error) => self.cannot_write = true,
                outcome => return Poll::Ready(outcome),
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cannot_write {
            return Poll::Ready(Ok(()));
        }
        match ready!(Pin::new(&mut self.stream).poll_flush(cx)) {
            Err(error) if is_closed(&error) => {
                self.cannot_write = true;
                Poll::Ready(Ok(()))
            }
            outcome => {
                self.is_writing &= outcome.is_err();
                Poll::Ready(outcome)
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn is_closed(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    [BrokenPipe, ConnectionAborted, ConnectionReset].contains(&error.kind())
}

fn is_of_reset(error: &hyper::Error) -> bool {
    std::error::Error::source(error).and_then(|source| source.downcast_ref()).is_some_and(is_closed)
}

/// The task that moves a connection's bytes. It ends when this is dropped.
struct Connection(JoinHandle<()>);

impl Connection {
    fn driven(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Self {
        // Its error is also that of the exchange.
        Self(tokio::spawn(async { drop(connection.await) }))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn prepared(request: Request<Vec<u8>>) -> Request<Full<Bytes>> {
    let mut request = request.map(|body| Full::new(Bytes::from(body)));
    let agent = HeaderValue::from_static(concat!("hubspot-signature/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().entry(USER_AGENT).or_insert(agent);
    request
}

async fn read(answer: Response<Incoming>) -> Result<Answer, Fault> {
    let (parts, mut incoming) = answer.into_parts();
    let has_no_length = [CONTENT_LENGTH, TRANSFER_ENCODING].iter().all(|name| !parts.headers.contains_key(name));
    let mut body = Vec::new();
    let mut is_cut = false;
    while body.len() <= MAX_ANSWER && !is_cut {
        let Some(frame) = incoming.frame().await else { break };
        match frame {
            Ok(frame) => body.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(error) if has_no_length && is_of_reset(&error) => is_cut = true,
            Err(error) => return Err(Fault::BrokeOff(error)),
        }
    }
    let body_is_longer = body.len() > MAX_ANSWER;
    body.truncate(MAX_ANSWER);
    Ok(Answer { status: parts.status, headers: parts.headers, body, body_is_longer, is_cut })
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(limit, work).await.unwrap_or(Err(Fault::Timeout))
}

/// Why there is no answer.
#[derive(Debug)]
enum Fault {
    Unreachable(io::Error),
    Tls(io::Error),
    Http(hyper::Error),
    BrokeOff(hyper::Error),
    Timeout,
}

impl Fault {
    fn explained(&self) -> String {
        match self {
            Self::Unreachable(error) => {
                format!("no answer came: {error}; is the server running, and is --to its address?")
            }
            Self::Tls(error) => {
                let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
                let advice = match inner {
                    Some(rustls::Error::InvalidCertificate(_)) => {
                        "; if the certificate is your own, give it, or that of the authority that signed it, as \
                         --ca-file"
                    }
                    // What a server without TLS answers is no message of TLS.
                    Some(rustls::Error::InvalidMessage(_)) => "; does the server speak https, or is --to http://…?",
                    _ => "",
                };
                format!("no answer came: {error}{advice}")
            }
            Self::Http(error) => format!("no answer came: {}", with_source(error)),
            Self::BrokeOff(error) => format!("the answer broke off: {}", with_source(error)),
            Self::Timeout => "no answer came in time; HubSpot would not wait longer either".into(),
        }
    }
}

/// hyper says in the source what in its own words is missing.
fn with_source(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod tests {
    use super::*;

    /// Here since a silent server would take half a minute.
    #[test]
    fn the_advice_is_about_what_went_wrong() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let unknown = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let no_tls = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        for (fault, advice) in [
            (Fault::Unreachable(refused), "is the server running"),
            (Fault::Tls(io::Error::other(unknown)), "as --ca-file"),
            (Fault::Tls(io::Error::other(no_tls)), "http://"),
            (Fault::Timeout, "HubSpot would not wait longer"),
        ] {
            assert!(fault.explained().contains(advice), "{advice:?} is not in {:?}", fault.explained());
        }
        assert_eq!(
            Fault::Tls(io::ErrorKind::UnexpectedEof.into()).explained(),
            "no answer came: unexpected end of file"
        );
    }

    /// Gives these bytes, if there are any, and then a reset.
    struct Reset(&'static [u8]);

    impl AsyncRead for Reset {
        fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            if self.0.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
            }
            into.put_slice(std::mem::take(&mut self.0));
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn a_reset_is_the_end_of_an_answer_only_if_the_request_could_not_be_written() {
        let client = Client::new(Trust::public()).expect("a runtime");
        let (answered, none) = (&b"HTTP/1.1 413 "[..], &b""[..]);
        for (answer, cannot_write, is_writing, why) in [
            (answered, true, false, None),
            (answered, false, true, None),
            (answered, false, false, Some("connection reset")),
            (none, true, false, Some("before it had read the whole request")),
            (none, false, true, Some("before it had read the whole request")),
            (none, false, false, Some("the server reset the connection without an answer")),
        ] {
            let mut stream = Patient { cannot_write, is_writing, ..Patient::new(Reset(answer)) };
            let mut bytes = [0; 64];
            let mut into = ReadBuf::new(&mut bytes);
            let mut read =
                || client.runtime.block_on(std::future::poll_fn(|cx| Pin::new(&mut stream).poll_read(cx, &mut into)));
            if !answer.is_empty() {
                read().expect("the answer comes first");
            }
            for _ in 0..2 {
                let said = read().err().map(|error| error.to_string());
                assert_eq!(said.is_some(), why.is_some(), "{said:?}");
                assert!(said.unwrap_or_default().contains(why.unwrap_or_default()), "{why:?}");
            }
            assert_eq!(into.filled(), answer);
        }
    }

    #[test]
    fn waiting_ends() {
        let client = Client::new(Trust::public()).expect("a runtime");
        let waited = client.runtime.block_on(within(Duration::ZERO, std::future::pending::<Result<(), Fault>>()));
        assert!(matches!(waited, Err(Fault::Timeout)));
    }
}
