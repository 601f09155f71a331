//! For the request types of the `http` crate (1.x), which hyper, axum, poem, tonic and `lambda_http` share: verify,
//! begin and sign, over a [`PublicUrl`].
//!
//! HubSpot signs the URL it called. What a server sees of it is only the path and the query, so the rest has to come
//! from configuration:
//!
//! ```
//! use hubspot_signature::http::{self, PublicUrl};
//! use hubspot_signature::{Error, Verified, Verifier};
//!
//! fn verified(
//!     verifier: &Verifier,
//!     public_url: &PublicUrl, // PublicUrl::new("https://hooks.example.com")?, once at start-up
//!     request: &::http::Request<Vec<u8>>,
//! ) -> Result<Verified, Error> {
//!     http::verify(verifier, public_url, request)
//! }
//! ```
//!
//! Path and query are taken as the request line has them: nothing is decoded, sorted or printed again, and nothing is
//! allocated. Of a target in absolute form only the path and query count.

use core::net::Ipv6Addr;
use std::string::String;

use ::http::header::{HeaderName, HeaderValue};
use ::http::uri::{Authority, PathAndQuery};
use ::http::{HeaderMap, Method, Request, Uri, request};

use crate::uri::SignedUri;
use crate::verifier::Head;
use crate::{
    ClientSecret, Error, Header, PublicUrlError, SignatureHeaders, SignedHeaders, UnixTime, Verification, Verified,
    Verifier, Version,
};

/// Where HubSpot reaches this server: what comes before the path of a request in the URL that HubSpot signed.
#[derive(Clone, Debug)]
pub struct PublicUrl {
    origin: Origin,
    /// What a proxy or a nested router removed from the beginning of the path.
    path_prefix: String,
}

#[derive(Clone, Debug)]
enum Origin {
    /// `https://hooks.example.com`, and perhaps a path.
    Configured(String),
    /// The scheme with `://`; the host is taken from the request.
    HostHeader(&'static str),
    ForwardedHeaders(Hop),
}

/// Which entry of a forwarding header that several proxies have written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hop {
    /// The first: what the proxy nearest to HubSpot wrote, if that proxy drops what the sender wrote, else whatever the
    /// sender likes.
    First,
    /// The last: what the proxy nearest to this server wrote.
    Last,
}

const HTTPS: &str = "https://";
const HTTP: &str = "http://";

impl PublicUrl {
    /// The public URL from configuration, such as `https://hooks.example.com` or `https://api.example.com/stage`.
    ///
    /// A path is put before that of each request: give what a gateway or a nested router removes, **not the webhook's
    /// own path**, which comes with each request. One slash at the end is ignored. The text is otherwise used to the
    /// letter, so write the host as HubSpot is told it, with the port if the URL has one there.
    ///
    /// # Errors
    ///
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` URL, or has a query, a fragment or credentials.
    pub fn new(public_url: &str) -> Result<Self, PublicUrlError> {
        if public_url.contains('?') {
            return Err(PublicUrlError::Query);
        }
        if public_url.contains('#') {
            return Err(PublicUrlError::Fragment);
        }
        let url: Uri = public_url.parse().map_err(|_| PublicUrlError::NotAbsolute)?;
        if !SignedUri::whole(public_url).is_absolute() {
            return Err(PublicUrlError::NotAbsolute);
        }
        let authority = url.authority().map(Authority::as_str).unwrap_or_default();
        if authority.contains('@') {
            return Err(PublicUrlError::Credentials);
        }
        host_text(authority).ok_or(PublicUrlError::NotAbsolute)?;
        let base = public_url.strip_suffix('/').unwrap_or(public_url);
        Ok(Self { origin: Origin::Configured(base.into()), path_prefix: String::new() })
    }

    /// `https://` and the `Host` (or HTTP/2 authority) **that the sender of the request chose**.
    ///
    /// One client secret serves all hosts of an app, so whoever captures a request to one of them can send it to
    /// another that trusts its `Host`, and it will verify. Use it only behind a proxy that refuses hosts other than
    /// yours.
    #[must_use]
    pub const fn trusting_host_header() -> Self {
        Self { origin: Origin::HostHeader(HTTPS), path_prefix: String::new() }
    }

    /// As [`trusting_host_header`](Self::trusting_host_header), with `http://`: for a development proxy on this
    /// machine.
    #[must_use]
    pub const fn trusting_host_header_over_http() -> Self {
        Self { origin: Origin::HostHeader(HTTP), path_prefix: String::new() }
    }

    /// Scheme and host **from the forwarding headers of the request**: `Forwarded` (RFC 7239), or `X-Forwarded-Proto`
    /// and `X-Forwarded-Host`; the `Host` if neither names one. `X-Forwarded-Port` and `X-Forwarded-Prefix` are not
    /// used.
    ///
    /// Anyone can write these headers. Use it only if every request comes through a proxy that overwrites them, and
    /// then the warning of [`trusting_host_header`](Self::trusting_host_header) still holds. A request that has both
    /// families, or one of the headers twice, or none that gives the scheme, is refused.
    #[must_use]
    pub const fn trusting_forwarded_headers(hop: Hop) -> Self {
        Self { origin: Origin::ForwardedHeaders(hop), path_prefix: String::new() }
    }

    /// Puts a path before that of each request: what a gateway or a nested router removes, such as `/stage`.
    ///
    /// # Errors
    ///
    /// [`PublicUrlError::PathPrefix`] if it does not begin with a slash, ends with one, or is not a path.
    pub fn path_prefix(mut self, prefix: &str) -> Result<Self, PublicUrlError> {
        let is_path = prefix.parse::<PathAndQuery>().is_ok_and(|path| path.as_str() == prefix);
        if !is_path || !prefix.starts_with('/') || prefix.ends_with('/') || prefix.contains(['?', '#']) {
            return Err(PublicUrlError::PathPrefix);
        }
        self.path_prefix = prefix.into();
        Ok(self)
    }

    /// The URL that HubSpot signed for a request with this URI and these headers, as text: for logs, for
    /// [`RequestHead`](crate::RequestHead) with a framework that has its own types, and for a diagnosis.
    ///
    /// ```
    /// use ::http::{HeaderMap, Uri};
    /// use hubspot_signature::http::PublicUrl;
    ///
    /// let public_url = PublicUrl::new("https://hooks.example.com/stage/")?;
    /// let url = public_url.url(&Uri::from_static("/hubspot?tenant=7"), &HeaderMap::new())?;
    /// assert_eq!(url, "https://hooks.example.com/stage/hubspot?tenant=7");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UriNotAbsolute`] if the URI has no path, and [`Error::PublicUrlUnknown`] if this public URL is to come from
    /// headers that do not give it.
    pub fn url(&self, uri: &Uri, headers: &HeaderMap) -> Result<String, Error> {
        Ok(self.of(uri, headers)?.as_received().collect())
    }

    /// The URL that HubSpot signed for this request.
    fn of<'a>(&'a self, uri: &'a Uri, headers: &'a HeaderMap) -> Result<SignedUri<'a>, Error> {
        let path_and_query = uri.path_and_query().map_or("", PathAndQuery::as_str);
        if !path_and_query.starts_with(['/', '?']) {
            // `OPTIONS *` and CONNECT.
            return Err(Error::UriNotAbsolute);
        }
        let (scheme, authority) = match &self.origin {
            Origin::Configured(base) => (base.as_str(), ""),
            Origin::HostHeader(scheme) => (*scheme, host(uri, headers)?),
            Origin::ForwardedHeaders(hop) => forwarded(*hop, uri, headers)?,
        };
        Ok(SignedUri::joined(scheme, authority, &self.path_prefix, path_and_query))
    }
}

/// Verifies a request with its body, at the time of the system clock.
///
/// # Errors
///
/// Any [`Error`].
pub fn verify<B: AsRef<[u8]>>(
    verifier: &Verifier,
    public_url: &PublicUrl,
    request: &Request<B>,
) -> Result<Verified, Error> {
    verify_at(verifier, public_url, request, UnixTime::now())
}

/// Verifies a request with its body, at the time you say.
///
/// # Errors
///
/// Any [`Error`].
pub fn verify_at<B: AsRef<[u8]>>(
    verifier: &Verifier,
    public_url: &PublicUrl,
    request: &Request<B>,
    now: UnixTime,
) -> Result<Verified, Error> {
    let head = head(public_url, request.method(), request.uri(), request.headers())?;
    verifier.verify_head(&head, request.body().as_ref(), now)
}

/// Verifies the parts of a request and its body, at the time of the system clock.
///
/// # Errors
///
/// Any [`Error`].
pub fn verify_parts(
    verifier: &Verifier,
    public_url: &PublicUrl,
    parts: &request::Parts,
    body: &[u8],
) -> Result<Verified, Error> {
    verify_parts_at(verifier, public_url, parts, body, UnixTime::now())
}

/// Verifies the parts of a request and its body, at the time you say.
///
/// # Errors
///
/// Any [`Error`].
pub fn verify_parts_at(
    verifier: &Verifier,
    public_url: &PublicUrl,
    parts: &request::Parts,
    body: &[u8],
    now: UnixTime,
) -> Result<Verified, Error> {
    verifier.verify_head(&head(public_url, &parts.method, &parts.uri, &parts.headers)?, body, now)
}

/// Begins to verify a request whose body is still to come, at the time of the system clock.
///
/// # Errors
///
/// As for [`Verifier::begin_at`], and [`Error::PublicUrlUnknown`].
pub fn begin(verifier: &Verifier, public_url: &PublicUrl, parts: &request::Parts) -> Result<Verification, Error> {
    begin_at(verifier, public_url, parts, UnixTime::now())
}

/// Begins to verify a request whose body is still to come, at the time you say.
///
/// # Errors
///
/// As for [`Verifier::begin_at`], and [`Error::PublicUrlUnknown`].
pub fn begin_at(
    verifier: &Verifier,
    public_url: &PublicUrl,
    parts: &request::Parts,
    now: UnixTime,
) -> Result<Verification, Error> {
    verifier.begin_head(&head(public_url, &parts.method, &parts.uri, &parts.headers)?, now)
}

/// Signs a request as [`ClientSecret::sign`] does, and sets its four headers.
///
/// ```
/// use hubspot_signature::http::{self, PublicUrl};
/// use hubspot_signature::{ClientSecret, UnixTime, Verifier};
///
/// let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// let public_url = PublicUrl::new("https://hooks.example.com")?;
/// let mut request = ::http::Request::post("/hubspot?tenant=7").body("{}")?;
/// http::sign(&ClientSecret::new(secret)?, &public_url, &mut request, UnixTime::now())?;
/// assert!(http::verify(&Verifier::new(secret)?, &public_url, &request).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::UriNotAbsolute`] if the request's URI has no path, and [`Error::PublicUrlUnknown`] if the public URL is to
/// come from headers that the request does not have.
pub fn sign<B: AsRef<[u8]>>(
    secret: &ClientSecret,
    public_url: &PublicUrl,
    request: &mut Request<B>,
    now: UnixTime,
) -> Result<(), Error> {
    sign_beside(Version::V2, secret, public_url, request, now)
}

/// Signs a request as [`ClientSecret::sign_with_v1`] does, and sets its four headers.
///
/// # Errors
///
/// As for [`sign`].
pub fn sign_with_v1<B: AsRef<[u8]>>(
    secret: &ClientSecret,
    public_url: &PublicUrl,
    request: &mut Request<B>,
    now: UnixTime,
) -> Result<(), Error> {
    sign_beside(Version::V1, secret, public_url, request, now)
}

/// v3, and `unversioned` beside it.
fn sign_beside<B: AsRef<[u8]>>(
    unversioned: Version,
    secret: &ClientSecret,
    public_url: &PublicUrl,
    request: &mut Request<B>,
    now: UnixTime,
) -> Result<(), Error> {
    let uri = public_url.of(request.uri(), request.headers())?;
    let signed = secret.sign_of(unversioned, request.method().as_str(), uri, request.body().as_ref(), now);
    set(request.headers_mut(), &signed);
    Ok(())
}

const fn header_name(header: Header) -> HeaderName {
    HeaderName::from_static(header.name())
}

const SIGNATURE: HeaderName = header_name(Header::Signature);
const SIGNATURE_VERSION: HeaderName = header_name(Header::SignatureVersion);
const SIGNATURE_V3: HeaderName = header_name(Header::SignatureV3);
const REQUEST_TIMESTAMP: HeaderName = header_name(Header::RequestTimestamp);

fn head<'a>(
    public_url: &'a PublicUrl,
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
) -> Result<Head<'a>, Error> {
    Ok(Head { method: method.as_str(), uri: public_url.of(uri, headers)?, headers: signature_headers(headers) })
}

fn signature_headers(headers: &HeaderMap) -> SignatureHeaders<'_> {
    SignatureHeaders::from_headers(|header| {
        let name = match header {
            Header::Signature => SIGNATURE,
            Header::SignatureVersion => SIGNATURE_VERSION,
            Header::SignatureV3 => SIGNATURE_V3,
            Header::RequestTimestamp => REQUEST_TIMESTAMP,
        };
        headers.get_all(name)
    })
}

fn set(headers: &mut HeaderMap, signed: &SignedHeaders) {
    for (name, value) in signed.as_pairs() {
        // Hex, base64 and digits are always header values.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The authority of the request, which HTTP/2 and absolute-form targets have in the URI, and others in `Host`. If both
/// are there they must be the same.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Error> {
    let in_uri = uri.authority().map(Authority::as_str);
    let in_header = only(headers, "host")?;
    let unknown = Error::PublicUrlUnknown { header: "host" };
    let host = match (in_uri, in_header) {
        (Some(a), Some(b)) if a != b => return Err(unknown),
        (a, b) => a.or(b).ok_or(unknown)?,
    };
    host_text(host).ok_or(unknown)
}

/// Scheme and authority as proxies say they were.
fn forwarded<'a>(hop: Hop, uri: &'a Uri, headers: &'a HeaderMap) -> Result<(&'static str, &'a str), Error> {
    let standard = only(headers, "forwarded")?;
    let proto = only(headers, "x-forwarded-proto")?;
    let name = only(headers, "x-forwarded-host")?;
    let (proto, proto_header, name, name_header) = match standard {
        Some(_) if proto.is_some() || name.is_some() => {
            return Err(Error::PublicUrlUnknown { header: "forwarded" });
        }
        Some(list) => {
            let element = forwarded_element(hop.of(list));
            let (proto, name) = element.ok_or(Error::PublicUrlUnknown { header: "forwarded" })?;
            (proto, "forwarded", name, "forwarded")
        }
        None => {
            (proto.map(|list| hop.of(list)), "x-forwarded-proto", name.map(|list| hop.of(list)), "x-forwarded-host")
        }
    };
    let scheme = match proto {
        Some(proto) if proto.eq_ignore_ascii_case("https") => HTTPS,
        Some(proto) if proto.eq_ignore_ascii_case("http") => HTTP,
        _ => return Err(Error::PublicUrlUnknown { header: proto_header }),
    };
    let authority = match name {
        Some(name) => host_text(name).ok_or(Error::PublicUrlUnknown { header: name_header })?,
        None => host(uri, headers)?,
    };
    Ok((scheme, authority))
}

impl Hop {
    /// The entry of a comma-separated list. A comma in quotes separates too: it leaves half a pair of quotes in the
    /// entry, which [`forwarded_element`] and [`host_text`] refuse.
    fn of(self, list: &str) -> &str {
        let entry = match self {
            Self::First => list.split_once(',').map_or(list, |(first, _)| first),
            Self::Last => list.rsplit_once(',').map_or(list, |(_, last)| last),
        };
        trim_ows(entry)
    }
}

/// The `proto` and `host` of one element of `Forwarded`: `for=192.0.2.60;proto=https;host="hooks.example.com:8443"`.
///
/// A quotation mark anywhere but round a whole value is refused: what a proxy quoted because its client chose it, such
/// as `host="x,host=y;a=b"`, must not be read as pairs of the proxy's own.
fn forwarded_element(element: &str) -> Option<(Option<&str>, Option<&str>)> {
    let (mut proto, mut host) = (None, None);
    for pair in element.split(';') {
        let (name, value) = pair.split_once('=')?;
        let value = match value.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"')?,
            None => value,
        };
        if name.contains('"') || value.contains(['"', '\\']) {
            return None;
        }
        let place = match trim_ows(name) {
            name if name.eq_ignore_ascii_case("proto") => &mut proto,
            name if name.eq_ignore_ascii_case("host") => &mut host,
            _ => continue,
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some((proto, host))
}

/// The value of a header that may occur once.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Error> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(value), None) => Ok(Some(value)),
        _ => Err(Error::PublicUrlUnknown { header: name }),
    }
}

/// A host and perhaps a port, and nothing that could reach into another part of a URL.
fn host_text(text: &str) -> Option<&str> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    // The digits too, since parsing takes a plus sign.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (is_host && port.is_none_or(is_port)).then_some(text)
}

fn trim_ows(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
