//! What the tests share: a request one can tamper with, a naive signer and verifier written from the protocol alone,
//! and the length extension of SHA-256.

#![allow(dead_code, reason = "each test file is a crate of its own and uses its own part of this one")]

use std::time::Duration;

use hubspot_signature::{
    ClientSecret, Error, Header, RequestHead, SignatureHeaders, SignedHeaders, UnixTime, Verified, Verifier, Version,
};
use sha2::{Digest, Sha256};

pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
pub const URI: &str = "https://hooks.example.com/hubspot?portalId=62515";
pub const BODY: &str = r#"[{"eventId":1,"portalId":62515,"name":"Zoë"}]"#;
/// When the requests are signed, and judged unless a test says otherwise.
pub const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);

/// The default policy.
pub fn verifier() -> Verifier {
    Verifier::new(SECRET).expect("a usable secret")
}

/// Accepts every scheme.
pub fn lax_verifier() -> Verifier {
    verifier().minimum_version(Version::V1)
}

pub fn secret() -> ClientSecret {
    ClientSecret::new(SECRET).expect("a usable secret")
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
            Version::V1 => request.with_hash("v1", &naive::v1(SECRET, &request.body)),
            Version::V2 => request.with_hash("v2", &naive::v2(SECRET, method, uri, &request.body)),
            _ => request.with_mac(&naive::v3(SECRET, method, uri, &request.body, &timestamp), &timestamp),
        }
    }

    /// A request as HubSpot sends it, with all four headers.
    pub fn signed_twice(method: &str, uri: &str, body: impl AsRef<[u8]>) -> Self {
        let request = Self::signed(Version::V3, method, uri, body);
        request.with_hash("v2", &naive::v2(SECRET, method, uri, &request.body))
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

    pub fn head(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            uri: &self.uri,
            headers: self.headers.iter().fold(SignatureHeaders::new(), |all, (header, value)| all.with(*header, value)),
        }
    }

    /// The answer of the verifier, after making sure that it is the same for the body in hand and in chunks.
    pub fn judge_at(&self, verifier: &Verifier, now: UnixTime) -> Result<Verified, Error> {
        let answer = verifier.verify_at(&self.head(), &self.body, now);
        for size in [1, 7, 64] {
            assert_eq!(self.stream(verifier, now, self.body.chunks(size)), answer, "in chunks of {size}: {self:?}");
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
        let mut verification = verifier.begin_at(&self.head(), now)?;
        chunks.for_each(|chunk| verification.update(chunk));
        verification.finish()
    }
}

/// The headers of `signed` as the values of a request.
pub fn headers_of(signed: &SignedHeaders) -> Vec<(Header, Vec<u8>)> {
    let by_name = |name| Header::ALL.into_iter().find(|header| header.name() == name).expect("one of HubSpot's");
    signed.as_pairs().into_iter().map(|(name, value)| (by_name(name), value.as_bytes().to_vec())).collect()
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
    add(verifier().minimum_version(minimum), v2.clone(), Error::VersionBelowMinimum { found, minimum });
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
    add(verifier(), get.with_body("{}"), Error::UnexpectedBody);
    add(lax_verifier(), v1.with_body(b"{\xff}"), Error::BodyNotUtf8 { valid_up_to: 1 });
    add(verifier(), v2.with_body(b"{\xff}"), Error::BodyNotUtf8 { valid_up_to: 1 });
    add(lax_verifier(), v1.with_body("{}"), Error::Mismatch { version: Version::V1 });
    add(verifier(), v2.with_body("{}"), Error::Mismatch { version: Version::V2 });
    add(verifier(), v3.with_body("{}"), Error::Mismatch { version });
    all
}

/// Whether the body plays no part in the refusal, so that it must come before the body.
pub fn comes_before_the_body(error: Error) -> bool {
    !matches!(error, Error::UnexpectedBody | Error::BodyNotUtf8 { .. } | Error::Mismatch { .. })
}

/// Signatures and their verification as one would first write them: everything concatenated, nothing checked that the
/// formula does not need.
///
/// HMAC, hex and base64 are written out from their definitions so that they share nothing with the crate but SHA-256.
pub mod naive {
    use super::{Digest, Header, Request, Sha256};

    pub fn sha256(message: &[u8]) -> [u8; 32] {
        Sha256::digest(message).into()
    }

    /// RFC 2104.
    pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut block = [0; 64];
        if key.len() > 64 {
            block[..32].copy_from_slice(&sha256(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let inner = sha256(&[&block.map(|byte| byte ^ 0x36), message].concat());
        sha256(&[block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat())
    }

    pub fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for group in bytes.chunks(3) {
            let bits = (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(*group.get(i).unwrap_or(&0)));
            for i in 0..4 {
                let digit = char::from(ALPHABET[bits >> (18 - 6 * i) & 63]);
                text.push(if i <= group.len() { digit } else { '=' });
            }
        }
        text
    }

    pub fn v1(secret: &str, body: impl AsRef<[u8]>) -> String {
        hex(&sha256(&[secret.as_bytes(), body.as_ref()].concat()))
    }

    pub fn v2(secret: &str, method: &str, uri: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> String {
        hex(&sha256(&[secret.as_bytes(), method.as_bytes(), uri.as_ref(), body.as_ref()].concat()))
    }

    pub fn v3(secret: &str, method: &str, uri: &str, body: impl AsRef<[u8]>, timestamp: &str) -> String {
        base64(&hmac(
            secret.as_bytes(),
            &[method.as_bytes(), uri.as_bytes(), body.as_ref(), timestamp.as_bytes()].concat(),
        ))
    }

    /// The table of v3, as replacements. One after the other is as good as one pass: none of the characters is part of
    /// an escape, so no replacement makes a new one.
    pub fn decode_uri(uri: &str) -> String {
        const TABLE: [(&str, &str); 12] = [
            ("%3A", ":"),
            ("%2F", "/"),
            ("%3F", "?"),
            ("%40", "@"),
            ("%21", "!"),
            ("%24", "$"),
            ("%27", "'"),
            ("%28", "("),
            ("%29", ")"),
            ("%2A", "*"),
            ("%2C", ","),
            ("%3B", ";"),
        ];
        TABLE.iter().fold(uri.to_owned(), |uri, (escape, character)| {
            uri.replace(escape, character).replace(&escape.to_lowercase(), character)
        })
    }

    /// Whether *any* signature of the request is right: no minimum version, no check of form, `==` for a comparison.
    /// Of the timestamp it asks what the SDKs ask, that it is not more than five minutes old.
    pub fn accepts(secret: &str, request: &Request, now: u64) -> bool {
        let text = |header| request.header(header).map(|value| String::from_utf8_lossy(value).into_owned());
        let Request { method, uri, body, .. } = request;
        let hash = match text(Header::SignatureVersion).as_deref() {
            Some("v1") => v1(secret, body),
            _ => v2(secret, method, uri, body),
        };
        if text(Header::Signature).is_some_and(|signature| signature == hash) {
            return true;
        }
        let (Some(signature), Some(timestamp)) = (text(Header::SignatureV3), text(Header::RequestTimestamp)) else {
            return false;
        };
        let too_old = timestamp.parse::<i128>().is_ok_and(|signed| i128::from(now) - signed > 300_000);
        !too_old
            && [uri.clone(), decode_uri(uri)].iter().any(|uri| v3(secret, method, uri, body, &timestamp) == signature)
    }
}

/// The length extension of SHA-256: from `hash = hex(SHA-256(m))` and the length of `m` alone, without knowing `m`,
/// the glue and `hex(SHA-256(m ‖ glue ‖ suffix))`.
pub fn extend(hash: &str, length: usize, suffix: &[u8]) -> (Vec<u8>, String) {
    // What SHA-256 itself appends to m (FIPS 180-4 section 5.1.1): a one bit, zeros, the length in bits.
    let padding = |length: usize| {
        let zeros = (64 + 56 - (length + 1) % 64) % 64;
        [[0x80].as_slice(), &vec![0; zeros], &(length as u64 * 8).to_be_bytes()].concat()
    };
    let glue = padding(length);
    // The hash is the whole state after m ‖ glue, so hashing goes on from there.
    let mut state: [u32; 8] =
        std::array::from_fn(|i| u32::from_str_radix(&hash[8 * i..8 * i + 8], 16).expect("a hash in hex"));
    let rest = [suffix, &padding(length + glue.len() + suffix.len())].concat();
    for block in rest.chunks(64) {
        sha2::block_api::compress256(&mut state, &[block.try_into().expect("padded to whole blocks")]);
    }
    (glue, naive::hex(&state.map(u32::to_be_bytes).concat()))
}
