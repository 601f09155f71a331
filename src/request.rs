//! [`RequestHead`]: the part of a request that precedes its body.

use core::fmt;

use crate::uri::{Forms, SignedUri};
use crate::{Error, SignatureHeaders, Version};

/// The part of a request that precedes its body: method, URL and HubSpot's headers.
///
/// ```
/// use hubspot_signature::{RequestHead, SignatureHeaders};
///
/// # let headers: std::collections::HashMap<&str, &str> = Default::default();
/// let head = RequestHead::new(
///     "POST",
///     "https://hooks.example.com/hubspot?tenant=7",
///     SignatureHeaders::from_lookup(|name| headers.get(name)),
/// );
/// assert_eq!(head.uri().to_string(), "https://hooks.example.com/hubspot?tenant=7");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    method: &'a str,
    uri: SignedUri<'a>,
    headers: SignatureHeaders<'a>,
}

impl<'a> RequestHead<'a> {
    /// Takes the method in upper case, as the request line has it, the URL and the headers.
    ///
    /// `uri` is the absolute public URL that HubSpot called: scheme, host, port if the URL has one, path and query, in
    /// the order and encoding of the request. v1 ignores it. Build it from configuration and the request's raw path and
    /// query, not from the request's `Host`: see [the public URL](crate#the-public-url).
    #[must_use]
    pub const fn new(method: &'a str, uri: &'a str, headers: SignatureHeaders<'a>) -> Self {
        Self::with_uri(method, SignedUri::whole(uri), headers)
    }

    pub(crate) const fn with_uri(method: &'a str, uri: SignedUri<'a>, headers: SignatureHeaders<'a>) -> Self {
        Self { method, uri, headers }
    }

    /// Returns the method.
    #[must_use]
    pub const fn method(&self) -> &'a str {
        self.method
    }

    /// Returns the URL that is verified, for logs. It may name people: `hubspot.fetch` appends `userEmail`.
    #[must_use]
    pub fn uri(&self) -> impl fmt::Display + Copy + use<'a> {
        self.uri
    }

    pub(crate) const fn signed_uri(&self) -> &SignedUri<'a> {
        &self.uri
    }

    pub(crate) const fn headers(&self) -> &SignatureHeaders<'a> {
        &self.headers
    }

    /// Judges what can be judged without the signature: the method, and the URI if the version signs it. Says in how many
    /// forms the version may have signed it.
    pub(crate) fn check(&self, version: Version) -> Result<Forms, Error> {
        if self.method.is_empty() || !self.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Error::InvalidMethod);
        }
        if !version.scheme().covers_url {
            return Ok(Forms::One);
        }
        if !self.uri.is_absolute() {
            return Err(Error::UriNotAbsolute);
        }
        let forms = self.uri.survey().map_err(|byte| Error::UriCharacter { byte })?;
        Ok(if version.scheme().decodes_uri { forms } else { Forms::One })
    }

    /// HubSpot sends no body with GET and HEAD, and the signature does not tell where the URI ends and the body begins:
    /// that of `GET …?portalId=123` is also that of `GET …?portalId=1` with the body `23` (docs/PROTOCOL.md §5.2).
    pub(crate) fn forbids_body(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }
}
