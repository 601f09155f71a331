//! [`PublicUrl`]: the URL that HubSpot calls, and with it the methods for the request types of the `http` crate.

use core::fmt;
use std::string::String;

use ::http::header::{HeaderName, HeaderValue};
use ::http::uri::{Authority, PathAndQuery};
use ::http::{HeaderMap, Method, Request, Uri, request};

use crate::forwarded::{self, HTTP, HTTPS, Hop, host_text};
use crate::secret::Older;
use crate::uri::SignedUri;
use crate::{
    ClientSecret, Error, HeaderFault, RequestHead, SignatureHeaders, UnixTime, Verification, Verified, Verifier,
    Verifiers,
};

/// The URL at which HubSpot calls this server.
///
/// HubSpot signs the URL it called. A server sees only the path and the query of it, and proxies change even the path,
/// so the rest comes from configuration. Use [`endpoint`](Self::endpoint) unless one setting must serve many routes.
///
/// ```
/// use ::http::Request;
/// use hubspot_signature::{Error, PublicUrl, UnixTime, Verified, Verifier};
///
/// fn verified(
///     verifier: &Verifier,
///     url: &PublicUrl, // PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?, once at start-up
///     request: &Request<Vec<u8>>,
/// ) -> Result<Verified, Error> {
///     verifier.verify_request(url, request, UnixTime::now())
/// }
/// ```
///
/// Path and query are taken as the request line has them: nothing is decoded, sorted or printed again, and nothing is
/// allocated. Of a target in absolute form only the path and the query count.
#[derive(Clone, Debug)]
pub struct PublicUrl {
    origin: Origin,
    /// The part that a proxy or a nested router removed from the beginning of the path.
    path_prefix: String,
}

#[derive(Clone, Debug)]
enum Origin {
    /// The whole URL without its query, and the path in it.
    Endpoint {
        url: String,
        path: String,
        any_path: bool,
    },
    /// `https://hooks.example.com`, and perhaps the beginning of a path.
    Server(String),
    /// The scheme with `://`; the host is taken from the request.
    HostHeader(&'static str),
    ForwardedHeaders(Hop),
}

impl PublicUrl {
    /// Takes the URL of one endpoint, exactly as it is configured in HubSpot, such as
    /// `https://hooks.example.com/hubspot/webhook`. The query comes from each request.
    ///
    /// A prefix of the path that a gateway, a proxy or a nested router removes or adds does not matter: the signed path
    /// is the one given here. So that a request captured at one route cannot be replayed at another, the path that
    /// arrives must end with this path, or this path with it, in whole segments; otherwise the request is refused as
    /// [`Error::PathNotEndpoint`]. Escapes are decoded for the comparison, but an escaped slash that arrives does not
    /// end a segment: `/a%2Fhubspot` does not end with `/hubspot`. An escaped slash in the endpoint may arrive decoded.
    ///
    /// If a router removes all of the path, only `/` is left, which would fit every endpoint and is refused: put the
    /// layer on the outer router then. A longer path that ends with this one is accepted by design, so give routes of
    /// one setting different last segments.
    ///
    /// ```
    /// use hubspot_signature::{Error, PublicUrl, SignatureHeaders};
    ///
    /// let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    /// // A router nested at `/hubspot` sees only the rest of the path.
    /// let head = url.head("POST", "/webhook?tenant=7", SignatureHeaders::new())?;
    /// assert_eq!(head.uri().to_string(), "https://hooks.example.com/hubspot/webhook?tenant=7");
    /// let other = url.head("POST", "/admin", SignatureHeaders::new());
    /// assert!(matches!(other, Err(Error::PathNotEndpoint)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` URL, or has a query, a fragment or credentials.
    pub fn endpoint(url: &str) -> Result<Self, PublicUrlError> {
        let path = configured(url)?.path().into();
        Ok(Self::of(Origin::Endpoint { url: url.into(), path, any_path: false }))
    }

    /// Takes the part of the URL that precedes the path of each request, such as `https://hooks.example.com`. Serves many
    /// routes at once.
    ///
    /// Add a path only if a gateway or a nested router removes it, as in `https://api.example.com/stage`. **Do not
    /// include the webhook's own path**, which comes with each request. One slash at the end is ignored. The text is
    /// otherwise used verbatim, so write the host exactly as it is configured in HubSpot, with the port if the URL has
    /// one.
    ///
    /// # Errors
    ///
    /// [`PublicUrlError`] if it is not an absolute `http` or `https` URL, or has a query, a fragment or credentials.
    pub fn server(url: &str) -> Result<Self, PublicUrlError> {
        configured(url)?;
        Ok(Self::of(Origin::Server(url.strip_suffix('/').unwrap_or(url).into())))
    }

    /// Takes `https://` and the `Host` (or HTTP/2 authority) **that the sender of the request chose**.
    ///
    /// One client secret serves all hosts of an app, so a request captured at one of them can be replayed at another
    /// that trusts its `Host`, and verifies there. Use it only behind a proxy that refuses hosts other than yours.
    #[must_use]
    pub const fn trusting_host_header() -> Self {
        Self::of(Origin::HostHeader(HTTPS))
    }

    /// As [`trusting_host_header`](Self::trusting_host_header), with `http://`: for a development proxy on this machine.
    #[must_use]
    pub const fn trusting_host_header_over_http() -> Self {
        Self::of(Origin::HostHeader(HTTP))
    }

    /// Takes scheme and host **from the forwarding headers of the request**: `Forwarded` (RFC 7239), `X-Forwarded-Proto`
    /// and `X-Forwarded-Host`; the `Host` if none of them names one. `X-Forwarded-Port` and `X-Forwarded-Prefix` are not
    /// used.
    ///
    /// Anyone can write these headers. Use it only if every request comes through a proxy that overwrites them; even
    /// then the warning of [`trusting_host_header`](Self::trusting_host_header) holds. A request whose headers contradict
    /// each other, occur twice or do not give the scheme is refused as [`Error::PublicUrlUnknown`].
    #[must_use]
    pub const fn trusting_forwarded_headers(hop: Hop) -> Self {
        Self::of(Origin::ForwardedHeaders(hop))
    }

    /// Puts a path such as `/stage` before that of each request: the part that a gateway or a nested router removes. An
    /// [`endpoint`](Self::endpoint) needs none.
    ///
    /// # Errors
    ///
    /// [`PublicUrlError::PathPrefix`] if it does not begin with a slash, ends with one, or is not a path; and for an
    /// endpoint.
    pub fn path_prefix(mut self, prefix: &str) -> Result<Self, PublicUrlError> {
        let is_path = prefix.parse::<PathAndQuery>().is_ok_and(|path| path.as_str() == prefix)
            && SignedUri::whole(prefix).survey().is_ok();
        let is_prefix = is_path && prefix.starts_with('/') && !prefix.ends_with('/') && !prefix.contains(['?', '#']);
        if !is_prefix || matches!(self.origin, Origin::Endpoint { .. }) {
            return Err(PublicUrlError::PathPrefix);
        }
        self.path_prefix = prefix.into();
        Ok(self)
    }

    /// Lets an [`endpoint`](Self::endpoint) accept any path. **A request captured at this endpoint can then be replayed
    /// at every route that the setting covers.** Use it only for a single route behind a gateway that rewrites the path.
    #[must_use]
    pub fn dangerously_accept_any_path(mut self) -> Self {
        if let Origin::Endpoint { any_path, .. } = &mut self.origin {
            *any_path = true;
        }
        self
    }

    /// Makes the head of a request from the types of any framework, without joining or allocating anything.
    ///
    /// `method` and `path_and_query` are those of the request line, as text.
    ///
    /// ```
    /// use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier};
    ///
    /// # type Headers<'a> = std::collections::HashMap<&'a str, &'a str>;
    /// fn verified(
    ///     verifier: &Verifier,
    ///     url: &PublicUrl,
    ///     (method, path_and_query, headers): (&str, &str, &Headers),
    ///     body: &[u8],
    /// ) -> Result<Verified, Error> {
    ///     let headers = SignatureHeaders::from_lookup(|name| headers.get(name));
    ///     verifier.verify(&url.head(method, path_and_query, headers)?, body, UnixTime::now())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UriNotAbsolute`] if `path_and_query` begins with neither a slash nor a question mark,
    /// [`Error::PathNotEndpoint`], and [`Error::PublicUrlUnknown`] if this public URL comes from headers of the request,
    /// which only the methods for the `http` crate see.
    pub fn head<'a>(
        &'a self,
        method: &'a str,
        path_and_query: &'a str,
        headers: SignatureHeaders<'a>,
    ) -> Result<RequestHead<'a>, Error> {
        Ok(RequestHead::with_uri(method, self.signed_uri(path_and_query, None)?, headers))
    }

    /// Returns the URL of an [`endpoint`](Self::endpoint), as it was given, and `None` for any other public URL. When a
    /// request is refused as [`Error::PathNotEndpoint`], log this URL next to the path that arrived.
    ///
    /// ```
    /// use hubspot_signature::PublicUrl;
    ///
    /// let url = PublicUrl::endpoint("https://hooks.example.com/hubspot")?;
    /// assert_eq!(url.endpoint_url(), Some("https://hooks.example.com/hubspot"));
    /// assert_eq!(PublicUrl::server("https://hooks.example.com")?.endpoint_url(), None);
    /// # Ok::<(), hubspot_signature::PublicUrlError>(())
    /// ```
    #[must_use]
    pub fn endpoint_url(&self) -> Option<&str> {
        match &self.origin {
            Origin::Endpoint { url, .. } => Some(url),
            _ => None,
        }
    }

    const fn of(origin: Origin) -> Self {
        Self { origin, path_prefix: String::new() }
    }

    /// The head of a request of the `http` crate.
    pub(crate) fn request_head<'a>(
        &'a self,
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
    ) -> Result<RequestHead<'a>, Error> {
        let path_and_query = uri.path_and_query().map_or("", PathAndQuery::as_str);
        let signed_uri = self.signed_uri(path_and_query, Some((uri, headers)))?;
        // Faster than four look-ups, each of which hashes a name, for as many headers as requests have.
        Ok(RequestHead::with_uri(method.as_str(), signed_uri, SignatureHeaders::from_pairs(headers)))
    }

    fn signed_uri<'a>(
        &'a self,
        path_and_query: &'a str,
        request: Option<(&'a Uri, &'a HeaderMap)>,
    ) -> Result<SignedUri<'a>, Error> {
        if !path_and_query.starts_with(['/', '?']) {
            // `OPTIONS *` and CONNECT.
            return Err(Error::UriNotAbsolute);
        }
        let unknown = |(header, fault)| Error::PublicUrlUnknown { header, fault };
        let (scheme, authority) = match (&self.origin, request) {
            (Origin::Endpoint { url, path, any_path }, _) => {
                // No client sends a fragment; one must not pass for the end of the path.
                let end = path_and_query.find(['?', '#']).unwrap_or(path_and_query.len());
                let (request_path, query) = path_and_query.split_at_checked(end).unwrap_or((path_and_query, ""));
                if !any_path && !is_same_route(path, request_path) {
                    return Err(Error::PathNotEndpoint);
                }
                return Ok(SignedUri::joined([url, query, "", ""]));
            }
            (Origin::Server(base), _) => (base.as_str(), ""),
            (Origin::HostHeader(scheme), Some((uri, headers))) => {
                (*scheme, forwarded::host(uri, headers).map_err(unknown)?)
            }
            (Origin::ForwardedHeaders(hop), Some((uri, headers))) => {
                forwarded::forwarded(*hop, uri, headers).map_err(unknown)?
            }
            (_, None) => return Err(unknown(("host", HeaderFault::Absent))),
        };
        Ok(SignedUri::joined([scheme, authority, &self.path_prefix, path_and_query]))
    }

    /// Whether the path of a [`server`](Self::server) stands at the beginning of the request's own path too, and so twice
    /// in the URL that was verified.
    #[cfg(feature = "tower")]
    pub(crate) fn repeats_path(&self, uri: &Uri) -> bool {
        let Origin::Server(base) = &self.origin else { return false };
        let path = base.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
        path.is_some_and(|path| {
            uri.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Reads a URL from configuration.
fn configured(url: &str) -> Result<Uri, PublicUrlError> {
    if url.contains('?') {
        return Err(PublicUrlError::Query);
    }
    if url.contains('#') {
        return Err(PublicUrlError::Fragment);
    }
    let parsed: Uri = url.parse().map_err(|_| PublicUrlError::NotAbsolute)?;
    let signed = SignedUri::whole(url);
    if !signed.is_absolute() || signed.survey().is_err() {
        return Err(PublicUrlError::NotAbsolute);
    }
    let authority = parsed.authority().map(Authority::as_str).unwrap_or_default();
    if authority.contains('@') {
        return Err(PublicUrlError::Credentials);
    }
    host_text(authority).ok_or(PublicUrlError::NotAbsolute)?;
    Ok(parsed)
}

/// Whether two percent-decoded paths are equal, or the longer one ends with the shorter one at a slash. A shorter path
/// that is only a slash does not count: it would fit too many.
///
/// An escaped slash of the request separates nothing, or the end of a value could pass for a route. One of the endpoint
/// may arrive decoded.
fn is_same_route(endpoint: &str, request: &str) -> bool {
    let or_root = |path| if str::is_empty(path) { "/" } else { path };
    let (mut endpoint, mut request) = (units_from_end(or_root(endpoint)), units_from_end(or_root(request)));
    let (mut is_at_slash, mut has_segment) = (false, false);
    loop {
        match (endpoint.next(), request.next()) {
            (None, None) => return true,
            (None, Some(_)) | (Some(_), None) => return is_at_slash && has_segment,
            (Some(Unit::EscapedSlash), Some(Unit::Byte(b'/'))) => is_at_slash = false,
            (Some(a), Some(b)) if a != b => return false,
            (Some(unit), Some(_)) => {
                is_at_slash = unit == Unit::Byte(b'/');
                has_segment |= !is_at_slash;
            }
        }
    }
}

/// A percent-decoded byte of a path.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Byte(u8),
    EscapedSlash,
}

/// The units of a path, last one first. Escapes cannot overlap, so the direction does not matter.
fn units_from_end(path: &str) -> impl Iterator<Item = Unit> {
    let mut rest = path.as_bytes();
    core::iter::from_fn(move || {
        if let [before @ .., b'%', high, low] = rest {
            if let (Some(high), Some(low)) = (char::from(*high).to_digit(16), char::from(*low).to_digit(16)) {
                rest = before;
                let byte = u8::try_from(high << 4 | low).ok()?;
                return Some(if byte == b'/' { Unit::EscapedSlash } else { Unit::Byte(byte) });
            }
        }
        let (last, before) = rest.split_last()?;
        rest = before;
        Some(Unit::Byte(*last))
    })
}

impl Verifier {
    /// Verifies a request of the `http` crate with its body; see [`verify`](Self::verify).
    ///
    /// ```
    /// use ::http::{Request, Response, StatusCode};
    /// use hubspot_signature::{ClientSecret, PublicUrl, UnixTime, Verifier, Version};
    ///
    /// fn answer(verifier: &Verifier, url: &PublicUrl, request: &Request<Vec<u8>>) -> Response<String> {
    ///     let mut response = Response::new(String::new());
    ///     match verifier.verify_request(url, request, UnixTime::now()) {
    ///         Ok(verified) => *response.body_mut() = format!("signed {}", verified.version()),
    ///         Err(error) => {
    ///             eprintln!("{}: {error}. {}", error.code(), error.help()); // for the log, not for the sender
    ///             *response.status_mut() = StatusCode::UNAUTHORIZED;
    ///         }
    ///     }
    ///     response
    /// }
    ///
    /// let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    /// let verifier = Verifier::new(secret, Version::V3)?;
    /// let url = PublicUrl::endpoint("https://hooks.example.com/hubspot")?; // as it is configured in HubSpot
    ///
    /// let mut request = Request::post("/hubspot?tenant=7").body(b"{}".to_vec())?;
    /// assert_eq!(answer(&verifier, &url, &request).status(), StatusCode::UNAUTHORIZED);
    /// ClientSecret::new(secret)?.sign_request(&url, &mut request, UnixTime::now())?;
    /// assert_eq!(answer(&verifier, &url, &request).body(), "signed v3");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn verify_request<B: AsRef<[u8]>>(
        &self,
        url: &PublicUrl,
        request: &Request<B>,
        now: UnixTime,
    ) -> Result<Verified, Error> {
        let head = url.request_head(request.method(), request.uri(), request.headers())?;
        self.verify(&head, request.body().as_ref(), now)
    }

    /// Begins to verify a request of the `http` crate whose body is still to come; see [`begin`](Self::begin).
    ///
    /// Here the body goes to a file while it is verified, so memory stays constant. A refused request leaves no file:
    ///
    /// ```
    /// use std::fs::{self, File};
    /// use std::io::{Read, Write};
    /// use std::path::Path;
    ///
    /// use ::http::Request;
    /// use hubspot_signature::{PublicUrl, UnixTime, Verification, Verifier};
    ///
    /// type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
    ///
    /// /// `path` must not exist yet. So that nobody can fill the disk, give the verifier a `max_body`, and limit the
    /// /// number of bodies at a time: after `begin_request` take a permit of a semaphore without waiting, and answer 503
    /// /// if there is none.
    /// fn save(verifier: &Verifier, url: &PublicUrl, request: Request<impl Read>, path: &Path) -> Result<()> {
    ///     let (head, body) = request.into_parts();
    ///     let verification = verifier.begin_request(url, &head, UnixTime::now())?; // may refuse: there is no file yet
    ///     let file = File::create_new(path)?;
    ///     write(verification, body, file).inspect_err(|_| drop(fs::remove_file(path)))
    /// }
    ///
    /// fn write(mut verification: Verification, mut body: impl Read, mut file: File) -> Result<()> {
    ///     let mut buffer = [0; 8192];
    ///     while let length @ 1.. = body.read(&mut buffer)? {
    ///         verification.update(&buffer[..length])?; // may refuse: stop reading
    ///         file.write_all(&buffer[..length])?;
    ///     }
    ///     verification.finish()?;
    ///     Ok(())
    /// }
    /// # use hubspot_signature::{ClientSecret, Version};
    /// # let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    /// # let verifier = Verifier::new(secret, Version::V3)?;
    /// # let url = PublicUrl::endpoint("https://hooks.example.com/hubspot")?;
    /// # let mut request = Request::post("/hubspot").body("{}")?;
    /// # ClientSecret::new(secret)?.sign_request(&url, &mut request, UnixTime::now())?;
    /// # let folder = std::env::temp_dir().join(format!("hubspot-signature-{}", std::process::id()));
    /// # fs::create_dir_all(&folder)?;
    /// # let path = folder.join("event.json");
    /// # save(&verifier, &url, request.clone().map(str::as_bytes), &path)?;
    /// # assert_eq!(fs::read(&path)?, b"{}");
    /// # fs::remove_file(&path)?;
    /// # save(&verifier, &url, request.map(|_| &b"[]"[..]), &path).unwrap_err();
    /// # assert_eq!(fs::read_dir(&folder)?.count(), 0);
    /// # fs::remove_dir(folder)?;
    /// # Result::Ok(())
    /// ```
    ///
    /// The [hyper server](crate::guide::servers#hyper) does the same without blocking a thread.
    ///
    /// # Errors
    ///
    /// As for [`begin`](Self::begin), and [`Error::PathNotEndpoint`] and [`Error::PublicUrlUnknown`].
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn begin_request(&self, url: &PublicUrl, parts: &request::Parts, now: UnixTime) -> Result<Verification, Error> {
        self.begin(&url.request_head(&parts.method, &parts.uri, &parts.headers)?, now)
    }
}

impl Verifiers {
    /// Verifies a request of the `http` crate with its body; see [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn verify_request<B: AsRef<[u8]>>(
        &self,
        url: &PublicUrl,
        request: &Request<B>,
        now: UnixTime,
    ) -> Result<Verified, Error> {
        let head = url.request_head(request.method(), request.uri(), request.headers())?;
        self.verify(&head, request.body().as_ref(), now)
    }

    /// Begins to verify a request of the `http` crate whose body is still to come; see [`Verifier::begin`].
    ///
    /// # Errors
    ///
    /// As for [`Verifier::begin_request`].
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn begin_request(&self, url: &PublicUrl, parts: &request::Parts, now: UnixTime) -> Result<Verification, Error> {
        self.begin(&url.request_head(&parts.method, &parts.uri, &parts.headers)?, now)
    }
}

impl ClientSecret {
    /// Signs a request of the `http` crate as [`sign`](Self::sign) does, and sets its headers. For
    /// [tests](crate::guide::testing) of a handler.
    ///
    /// ```
    /// use hubspot_signature::{ClientSecret, PublicUrl, UnixTime, Verifier, Version};
    ///
    /// let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    /// let url = PublicUrl::endpoint("https://hooks.example.com/hubspot")?;
    /// let mut request = ::http::Request::post("/hubspot?tenant=7").body("{}")?;
    /// ClientSecret::new(secret)?.sign_request(&url, &mut request, UnixTime::now())?;
    /// assert!(Verifier::new(secret, Version::V3)?.verify_request(&url, &request, UnixTime::now()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`sign`](Self::sign), and [`Error::PathNotEndpoint`] and [`Error::PublicUrlUnknown`].
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn sign_request<B: AsRef<[u8]>>(
        &self,
        url: &PublicUrl,
        request: &mut Request<B>,
        now: UnixTime,
    ) -> Result<(), Error> {
        self.set_headers(Older::V2, url, request, now)
    }

    /// Signs a request of the `http` crate as [`sign_with_v1`](Self::sign_with_v1) does, and sets its headers.
    ///
    /// # Errors
    ///
    /// As for [`sign_request`](Self::sign_request).
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    pub fn sign_request_with_v1<B: AsRef<[u8]>>(
        &self,
        url: &PublicUrl,
        request: &mut Request<B>,
        now: UnixTime,
    ) -> Result<(), Error> {
        self.set_headers(Older::V1, url, request, now)
    }

    fn set_headers<B: AsRef<[u8]>>(
        &self,
        older: Older,
        url: &PublicUrl,
        request: &mut Request<B>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let head = url.request_head(request.method(), request.uri(), request.headers())?;
        let signed = self.sign_with(older, &head, request.body().as_ref(), now)?;
        for (name, value) in signed.pairs() {
            // Hex, base64 and digits are always header values.
            if let Ok(value) = HeaderValue::from_str(value) {
                request.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        Ok(())
    }
}

/// Why a text was refused as public URL. This is a fault of configuration: it shows at start-up, and no request can
/// cause it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// It is not a URL that begins with `http://` or `https://` and an ASCII host, and perhaps a port, or it holds a
    /// character that must be escaped.
    NotAbsolute,
    /// It has a query. The query comes from each request.
    Query,
    /// It has a fragment, which is never sent.
    Fragment,
    /// It has a user name or a password, which are not part of the URL that HubSpot calls.
    Credentials,
    /// The path prefix does not begin with a slash, ends with one, is not a path, or was set on an endpoint.
    PathPrefix,
}

impl PublicUrlError {
    /// Returns advice for the operator.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::NotAbsolute => {
                "Give the URL as in https://hooks.example.com/hubspot, with a host that is not ASCII in its xn-- form."
            }
            Self::Query => "Leave the query out. It comes from each request.",
            Self::Fragment => "Leave the fragment (#…) out. It is never sent.",
            Self::Credentials => "Leave user name and password out.",
            Self::PathPrefix => {
                "Give a path that begins with a slash and does not end with one. An endpoint needs no prefix."
            }
        }
    }
}

impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "the public URL is not a valid absolute http or https URL",
            Self::Query => "the public URL has a query",
            Self::Fragment => "the public URL has a fragment",
            Self::Credentials => "the public URL has a user name or a password",
            Self::PathPrefix => "the path prefix is not a path such as /stage",
        })
    }
}

impl core::error::Error for PublicUrlError {}
