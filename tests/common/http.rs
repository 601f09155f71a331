//! Requests of the `http` crate, signed as HubSpot signs.

use http::{HeaderName, HeaderValue, Request};
use hubspot_signature::{Header, SignedHeaders, UnixTime};

use super::{NOW, secret};

impl super::Request {
    /// The request as a server gets it whose public URL begins with `origin`. `None` if it is no such request.
    pub fn to_http(&self, origin: &str) -> Option<Request<Vec<u8>>> {
        let target = self.uri.strip_prefix(origin).filter(|target| target.starts_with(['/', '?']))?;
        let uri: http::Uri = target
            .parse()
            .ok()
            .filter(|uri: &http::Uri| uri.path_and_query().is_some_and(|path| path.as_str() == target))?;
        let mut request = Request::builder().method(self.method.as_str()).uri(uri).body(self.body.clone()).ok()?;
        for (header, value) in &self.headers {
            request.headers_mut().append(header.name(), HeaderValue::from_bytes(value).ok()?);
        }
        Some(request)
    }
}

/// Signs as if HubSpot had called `url`, whatever the request's own URI is.
pub fn signed_for<B: AsRef<[u8]>>(request: Request<B>, url: &str) -> Request<B> {
    signed_at(request, url, NOW)
}

/// Signs even what `ClientSecret::sign` refuses.
pub fn signed_at<B: AsRef<[u8]>>(mut request: Request<B>, url: &str, time: UnixTime) -> Request<B> {
    let (method, body) = (request.method().to_string(), request.body().as_ref().to_vec());
    let mut set = |header: Header, value: &str| {
        request.headers_mut().insert(header.name(), HeaderValue::from_str(value).unwrap());
    };
    set(Header::Signature, secret().v2(&method, url, &body).as_str());
    set(Header::SignatureVersion, "v2");
    set(Header::SignatureV3, secret().v3(&method, url, &body, time).as_str());
    set(Header::RequestTimestamp, &time.as_millis().to_string());
    request
}

pub fn set<B>(request: &mut Request<B>, signed: &SignedHeaders) {
    for (name, value) in signed.pairs() {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
}

/// Leaves only v2, which has one form of the URI where v3 has two.
pub fn strip_v3<B>(mut request: Request<B>) -> Request<B> {
    request.headers_mut().remove(Header::SignatureV3.name());
    request.headers_mut().remove(Header::RequestTimestamp.name());
    request
}
