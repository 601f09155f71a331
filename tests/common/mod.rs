//! Shared by the tests: one set of constants, one builder of requests, and the oracle.

#![allow(dead_code, reason = "each program uses its own part")]

#[cfg(feature = "http")]
pub mod http;
#[path = "../oracle/mod.rs"]
pub mod oracle;
#[cfg(feature = "tower")]
pub mod service;

use std::time::Duration;

use hubspot_signature::{
    BodyForm, ClientSecret, Error, Header, RequestHead, SignatureHeaders, SignedHeaders, UnixTime, Verified, Verifier,
    Version,
};

pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// That of another app, or the one before a rotation.
pub const OTHER_SECRET: &str = "0a4b7c1e-5d2f-4e8a-9b3c-6f1d2e7a8b90";
pub const URI: &str = "https://hooks.example.com/hubspot?portalId=62515";
pub const BODY: &str = r#"[{"eventId":1,"portalId":62515,"name":"Zoë"}]"#;
/// When the requests are signed, and judged unless a test says otherwise.
pub const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);
pub const VERSIONS: [Version; 3] = [Version::V1, Version::V2, Version::V3];

/// Accepts this version and newer ones.
pub fn verifier_from(minimum: Version) -> Verifier {
    Verifier::new(SECRET, minimum).expect("a usable secret")
}

/// Accepts v2 and v3.
pub fn verifier() -> Verifier {
    verifier_from(Version::V2)
}

/// Accepts every version.
pub fn lax_verifier() -> Verifier {
    verifier_from(Version::V1)
}

/// Accepts every version, signed at any time.
pub fn ageless_verifier() -> Verifier {
    lax_verifier().max_age(Duration::MAX).max_clock_skew(Duration::MAX)
}

/// Whether the searches that take long are wanted: `.ci/run` sets the variable.
pub fn is_full_check() -> bool {
    std::env::var_os("HUBSPOT_SIGNATURE_FULL_CHECK").is_some()
}

pub fn secret() -> ClientSecret {
    ClientSecret::new(SECRET).expect("a usable secret")
}

pub fn later(millis: u64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + millis)
}

pub fn earlier(millis: u64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() - millis)
}

/// A request in hand, open to tampering.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(Header, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, uri: &str, body: impl AsRef<[u8]>) -> Self {
        Self { method: method.to_owned(), uri: uri.to_owned(), headers: Vec::new(), body: body.as_ref().to_vec() }
    }

    /// A request with the one signature, computed by the naive signer.
    pub fn signed(version: Version, method: &str, uri: &str, body: impl AsRef<[u8]>) -> Self {
        let request = Self::new(method, uri, body);
        let timestamp = NOW.as_millis().to_string();
        match version {
            Version::V1 => request.with_hash("v1", &oracle::v1(SECRET, &request.body)),
            Version::V2 => request.with_hash("v2", &oracle::v2(SECRET, method, uri, &request.body)),
            _ => request.with_mac(&oracle::v3(SECRET, method, uri, &request.body, &timestamp), &timestamp),
        }
    }

    /// A request as HubSpot sends it, with all four headers.
    pub fn signed_twice(method: &str, uri: &str, body: impl AsRef<[u8]>) -> Self {
        let request = Self::signed(Version::V3, method, uri, body);
        request.with_hash("v2", &oracle::v2(SECRET, method, uri, &request.body))
    }

    pub fn with(&self, header: Header, value: impl AsRef<[u8]>) -> Self {
        let mut request = self.clone();
        request.headers.push((header, value.as_ref().to_vec()));
        request
    }

    pub fn without(&self, header: Header) -> Self {
        let mut request = self.clone();
        request.headers.retain(|(name, _)| *name != header);
        request
    }

    pub fn replacing(&self, header: Header, value: impl AsRef<[u8]>) -> Self {
        self.without(header).with(header, value)
    }

    pub fn with_hash(&self, version: &str, signature: &str) -> Self {
        self.with(Header::Signature, signature).with(Header::SignatureVersion, version)
    }

    pub fn with_mac(&self, signature: &str, timestamp: &str) -> Self {
        self.with(Header::SignatureV3, signature).with(Header::RequestTimestamp, timestamp)
    }

    pub fn with_body(&self, body: impl AsRef<[u8]>) -> Self {
        Self { body: body.as_ref().to_vec(), ..self.clone() }
    }

    pub fn with_uri(&self, uri: &str) -> Self {
        Self { uri: uri.to_owned(), ..self.clone() }
    }

    pub fn with_method(&self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self.clone() }
    }

    /// The first value of a header.
    pub fn header(&self, header: Header) -> Option<&[u8]> {
        self.headers.iter().find(|(name, _)| *name == header).map(|(_, value)| value.as_slice())
    }

    pub fn signature_headers(&self) -> SignatureHeaders<'_> {
        self.headers.iter().fold(SignatureHeaders::new(), |all, (header, value)| all.with(*header, value))
    }

    pub fn head(&self) -> RequestHead<'_> {
        RequestHead::new(&self.method, &self.uri, self.signature_headers())
    }

    /// The answer of the verifier, after making sure that it is the same for the body in hand and in chunks.
    pub fn judge_at(&self, verifier: &Verifier, now: UnixTime) -> Result<Verified, Error> {
        let answer = verifier.verify(&self.head(), &self.body, now);
        for size in [1, 7, 64] {
            let streamed = self.stream(verifier, now, self.body.chunks(size));
            assert_eq!(without_form(streamed), without_form(answer), "in chunks of {size}: {self:?}");
        }
        answer
    }

    pub fn judge(&self, verifier: &Verifier) -> Result<Verified, Error> {
        self.judge_at(verifier, NOW)
    }

    pub fn stream<'a>(
        &self,
        verifier: &Verifier,
        now: UnixTime,
        chunks: impl Iterator<Item = &'a [u8]>,
    ) -> Result<Verified, Error> {
        let mut verification = verifier.begin(&self.head(), now)?;
        for chunk in chunks {
            if let Err(error) = verification.update(chunk) {
                // Once refused, a request stays refused.
                assert_eq!(verification.update(b"{}"), Err(error));
                assert_eq!(verification.finish(), Err(error));
                return Err(error);
            }
        }
        verification.finish()
    }

    /// Whether a hasty endpoint accepts the request: any signature is right, and nothing else is asked.
    pub fn fools_naive(&self, secret: &str, now: u64) -> bool {
        self.with_oracle(|request| oracle::accepts_naively(secret, request, now))
    }

    pub fn with_oracle<T>(&self, judge: impl FnOnce(&oracle::Request<'_>) -> T) -> T {
        let headers: Vec<_> =
            self.headers.iter().map(|(header, value)| (header.name().to_owned(), value.clone())).collect();
        judge(&oracle::Request { method: &self.method, uri: &self.uri, headers: &headers, body: &self.body })
    }
}

/// The same answer without the form that a refused body seems to have, which depends on how much of it had arrived.
pub fn without_form<T>(answer: Result<T, Error>) -> Result<T, Error> {
    answer.map_err(|error| match error {
        Error::BodyNotJson { .. } => Error::BodyNotJson { looks_like: BodyForm::Other },
        error => error,
    })
}

/// The headers of `signed` as the values of a request.
pub fn headers_of(signed: &SignedHeaders) -> Vec<(Header, Vec<u8>)> {
    let by_name = |name| Header::ALL.iter().copied().find(|header| header.name() == name).expect("one of HubSpot's");
    signed.pairs().map(|(name, value)| (by_name(name), value.as_bytes().to_vec())).collect()
}

/// A request for each way to be refused, the verifier that refuses it, and the refusal.
///
/// Each differs in the one thing from a request that passes.
pub fn refusals() -> Vec<(Verifier, Request, Error)> {
    let v1 = Request::signed(Version::V1, "POST", URI, BODY);
    let v2 = Request::signed(Version::V2, "POST", URI, BODY);
    let v3 = Request::signed(Version::V3, "POST", URI, BODY);
    let get = Request::signed(Version::V2, "GET", URI, "");
    let (header, version) = (Header::RequestTimestamp, Version::V3);
    for (verifier, request) in [(lax_verifier(), &v1), (verifier(), &v2), (verifier(), &v3), (verifier(), &get)] {
        request.judge(&verifier).expect("untampered");
    }

    let mut all = Vec::new();
    let mut add = |verifier: Verifier, request: Request, error| all.push((verifier, request, error));
    add(verifier(), Request::new("POST", URI, BODY), Error::MissingSignature);
    add(verifier(), v3.without(header), Error::MissingHeader { header });
    add(verifier(), v2.without(Header::Signature), Error::MissingHeader { header: Header::Signature });
    add(verifier(), v2.replacing(Header::SignatureVersion, "v3"), Error::MissingHeader { header: Header::SignatureV3 });
    add(verifier(), v3.with(header, "1700000000000"), Error::DuplicateHeader { header });
    add(verifier(), v2.replacing(Header::SignatureVersion, "v4"), Error::UnknownVersion);
    let (found, minimum) = (Version::V1, Version::V2);
    add(verifier(), v1.clone(), Error::VersionBelowMinimum { found, minimum });
    let (found, minimum) = (Version::V2, Version::V3);
    add(verifier_from(minimum), v2.clone(), Error::VersionBelowMinimum { found, minimum });
    add(verifier(), v3.replacing(Header::SignatureV3, "c2hvcnQ="), Error::MalformedSignature { version, length: 8 });
    add(
        verifier(),
        v2.replacing(Header::Signature, "0".repeat(63)),
        Error::MalformedSignature { version: Version::V2, length: 63 },
    );
    add(verifier(), v3.replacing(header, "1700000000"), Error::MalformedTimestamp { length: 10 });
    let (max_age, max_clock_skew) = (Duration::from_secs(300), Duration::from_secs(60));
    let timestamp = UnixTime::from_millis(NOW.as_millis() - 300_001);
    add(
        verifier(),
        v3.replacing(header, timestamp.as_millis().to_string()),
        Error::TimestampTooOld { timestamp, now: NOW, max_age },
    );
    let timestamp = UnixTime::from_millis(NOW.as_millis() + 60_001);
    add(
        verifier(),
        v3.replacing(header, timestamp.as_millis().to_string()),
        Error::TimestampInFuture { timestamp, now: NOW, max_clock_skew },
    );
    add(verifier(), v3.with_method("post"), Error::InvalidMethod);
    add(verifier(), v3.with_uri("/hubspot?portalId=62515"), Error::UriNotAbsolute);
    add(verifier(), v2.with_uri("https://hooks.example.com/{"), Error::UriCharacter { byte: b'{' });
    add(verifier(), v3.with_uri("https://hooks.example.com/?q= "), Error::UriCharacter { byte: b' ' });
    add(verifier(), get.with_body("{}"), Error::UnexpectedBody);
    add(verifier().max_body(1), v3.with_body("{}"), Error::BodyTooLarge { limit: 1 });
    add(lax_verifier(), v1.with_body("5"), Error::BodyNotJson { looks_like: BodyForm::Other });
    add(verifier(), v3.with_body("{}x"), Error::BodyNotJson { looks_like: BodyForm::Cut });
    add(lax_verifier(), v1.with_body("{\0}"), Error::BodyHasNul);
    add(verifier(), v2.with_body("{\0}"), Error::BodyHasNul);
    add(lax_verifier(), v1.with_body("{}"), Error::Mismatch { version: Version::V1 });
    add(verifier(), v2.with_body("{}"), Error::Mismatch { version: Version::V2 });
    add(verifier(), v3.with_body("{}"), Error::Mismatch { version });
    all
}

/// Whether the body plays no part in the refusal, so that it must come before the body.
pub fn comes_before_the_body(error: Error) -> bool {
    !matches!(
        error,
        Error::UnexpectedBody
            | Error::BodyTooLarge { .. }
            | Error::BodyNotJson { .. }
            | Error::BodyHasNul
            | Error::Mismatch { .. }
    )
}
