//! What the tests of `http`, `tower` and `axum` share: one secret, one time, and requests signed by the core.

#![allow(dead_code, reason = "each test binary uses its part")]

#[cfg(feature = "tower")]
pub mod service;

use http::{HeaderName, HeaderValue, Request};
use hubspot_signature::{ClientSecret, Header, SignedHeaders, UnixTime, Verifier};

pub const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
pub const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);

pub fn secret() -> ClientSecret {
    ClientSecret::new(SECRET).unwrap()
}

pub fn verifier() -> Verifier {
    Verifier::new(SECRET).unwrap()
}

/// Signs with the core as if HubSpot had called `url`, whatever the request's own URI is.
pub fn signed_for<B: AsRef<[u8]>>(request: Request<B>, url: &str) -> Request<B> {
    signed_at(request, url, NOW)
}

pub fn signed_at<B: AsRef<[u8]>>(mut request: Request<B>, url: &str, time: UnixTime) -> Request<B> {
    let signed = secret().sign(request.method().as_str(), url, request.body().as_ref(), time);
    set(&mut request, &signed);
    request
}

pub fn set<B>(request: &mut Request<B>, signed: &SignedHeaders) {
    for (name, value) in signed.as_pairs() {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
}

/// Leaves only v2, which has one form of the URI where v3 has two.
pub fn strip_v3<B>(mut request: Request<B>) -> Request<B> {
    request.headers_mut().remove(Header::SignatureV3.name());
    request.headers_mut().remove(Header::RequestTimestamp.name());
    request
}
