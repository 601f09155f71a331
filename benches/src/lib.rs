//! The requests that all benches verify, and what the tower layer needs to be run in process.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use hubspot_signature::{ClientSecret, Header, RequestHead, SignatureHeaders, UnixTime, Version};

pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
pub const PREVIOUS_SECRET: &str = "yyyyyyyy-zzzz-zzzz-zzzz-zzzzzzzzzzzz";
pub const METHOD: &str = "POST";
pub const ORIGIN: &str = "https://hooks.example.com";
pub const URI: &str = "https://hooks.example.com/hubspot?tenant=7";
pub const URI_WITH_ESCAPES: &str = "https://hooks.example.com/hubspot?back=https%3A%2F%2Fapp.example%2F7";
pub const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);
pub const SIZES: [usize; 4] = [200, 1024, 16 * 1024, 1024 * 1024];

/// A signed request.
pub struct Sample {
    pub version: Version,
    pub uri: &'static str,
    pub body: Vec<u8>,
    pub timestamp: UnixTime,
    signature: String,
}

impl Sample {
    pub fn new(secret: &str, version: Version, uri: &'static str, body: Vec<u8>, timestamp: UnixTime) -> Self {
        let secret = ClientSecret::new(secret).expect("a usable secret");
        let signature = match version {
            Version::V1 => secret.v1(&body),
            Version::V2 => secret.v2(METHOD, uri, &body),
            _ => secret.v3(METHOD, uri, &body, timestamp),
        };
        Self { version, uri, body, timestamp, signature: signature.as_str().to_owned() }
    }

    /// A request whose body is a JSON string of ASCII letters.
    pub fn ascii(version: Version, size: usize) -> Self {
        Self::new(SECRET, version, URI, letters(size), NOW)
    }

    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Name and value of its headers.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        match self.version {
            Version::V3 => vec![
                (Header::SignatureV3.name(), self.signature.clone()),
                (Header::RequestTimestamp.name(), self.timestamp.as_millis().to_string()),
            ],
            version => vec![
                (Header::Signature.name(), self.signature.clone()),
                (Header::SignatureVersion.name(), version.as_str().to_owned()),
            ],
        }
    }

    pub fn http(&self) -> http::Request<Bytes> {
        let mut request =
            http::Request::builder().method(METHOD).uri(self.uri.strip_prefix(ORIGIN).expect("of ORIGIN"));
        for (name, value) in self.pairs() {
            request = request.header(name, value);
        }
        request.body(self.body.clone().into()).expect("a valid request")
    }

    /// As many bytes as the scheme hashes.
    pub fn hashed(&self) -> Vec<u8> {
        let head = match self.version {
            Version::V1 => SECRET.len(),
            Version::V2 => SECRET.len() + METHOD.len() + self.uri.len(),
            _ => METHOD.len() + self.uri.len() + NOW.as_millis().to_string().len(),
        };
        vec![b'a'; head + self.body.len()]
    }
}

pub fn head<'a>(sample: &Sample, pairs: &'a [(&'static str, String)]) -> RequestHead<'a> {
    let headers = SignatureHeaders::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
    RequestHead::new(METHOD, sample.uri, headers)
}

/// A JSON string of so many bytes, all ASCII.
pub fn letters(size: usize) -> Vec<u8> {
    quoted("a".repeat(size - 2))
}

fn quoted(text: String) -> Vec<u8> {
    format!("\"{text}\"").into_bytes()
}

/// A JSON string of so many bytes, with `text` over and over.
pub fn text(text: &str, size: usize) -> Vec<u8> {
    let mut repeated: String = text.chars().cycle().take(size - 2).collect();
    while repeated.len() > size - 2 {
        repeated.pop();
    }
    repeated.push_str(&"a".repeat(size - 2 - repeated.len()));
    quoted(repeated)
}

/// Text of which a third of the characters are not ASCII.
pub const A_THIRD: &str = "Grüße aus Köln, 日本 und Łódź! ";

/// Text with one character that is not ASCII in a hundred bytes.
pub const AN_UMLAUT: &str =
    "In a hundred bytes of a text like this one there is a single letter with an umlaut, which is the \u{fc}. ";

/// A body that arrives in frames of so many bytes.
#[derive(Clone)]
pub struct Frames(pub Bytes, pub usize);

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.1.min(self.0.len());
        Poll::Ready((length > 0).then(|| Ok(Frame::data(self.0.split_to(length)))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

/// The service under the layer, and alone: it reads the whole body, as a handler would.
pub async fn handler<B>(request: http::Request<B>) -> Result<http::Response<Full<Bytes>>, Infallible>
where
    B: Body<Data = Bytes, Error = Infallible>,
{
    use http_body_util::BodyExt;
    let body = request.into_body().collect().await?.to_bytes();
    Ok(http::Response::new(Full::new(body.slice(..0))))
}

/// Runs what waits for nothing but its turn.
pub fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}
