//! [`Refusal`], a request that is refused, and [`OnRefusal`], which may change the response to it.

use core::fmt;
use core::time::Duration;
use std::format;
use std::io::{self, Write as _};
use std::string::{String, ToString};

use ::http::header::{HeaderValue, RETRY_AFTER};
use ::http::{Response, StatusCode, request};

use crate::tower::VerifyLayer;
use crate::{Error, PublicUrl};

/// A request that is refused.
///
/// `Display` is a line for the log: [code](Error::code), [`url`](Self::url), the endpoint if the request has another
/// path, the error, and [`help`](Self::help). The URL may name people, and is cut after 2,000 characters. The text may
/// change in any version.
pub struct Refusal<'a> {
    pub(super) error: Error,
    pub(super) head: &'a request::Parts,
    pub(super) body: Option<&'a [u8]>,
    pub(super) public_url: &'a PublicUrl,
    pub(super) is_passed_on: bool,
}

impl Refusal<'_> {
    /// Returns the reason.
    #[must_use]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// Returns method, URI and headers as the layer saw them. The signature among them may be genuine and can be
    /// replayed, so do not log it.
    #[must_use]
    pub const fn head(&self) -> &request::Parts {
        self.head
    }

    /// Returns the whole body if it is known to its end, as it is for a [`Mismatch`](Error::Mismatch), and `None`
    /// otherwise.
    #[must_use]
    pub const fn body(&self) -> Option<&[u8]> {
        self.body
    }

    /// Returns whether the request goes on to the inner service all the same, without a proof, because of
    /// [`dangerously_pass_unverified`](VerifyLayer::dangerously_pass_unverified).
    #[must_use]
    pub const fn is_passed_on(&self) -> bool {
        self.is_passed_on
    }

    /// Returns the URL that was verified. Compare it with the URL that is configured in HubSpot: a difference is the usual
    /// reason for a mismatch.
    ///
    /// Where no URL could be verified, as for [`PathNotEndpoint`](Error::PathNotEndpoint), it is the URI as the layer saw
    /// it. Either may name people: `hubspot.fetch` appends `userEmail`.
    #[must_use]
    pub fn url(&self) -> String {
        let request::Parts { method, uri, headers, .. } = self.head;
        let head = self.public_url.request_head(method, uri, headers);
        head.map_or_else(|_| uri.to_string(), |head| head.uri().to_string())
    }

    /// Returns the URL given to [`PublicUrl::endpoint`](crate::PublicUrl::endpoint), if the request is refused as
    /// [`PathNotEndpoint`](Error::PathNotEndpoint). Log it next to [`url`](Self::url), so that the paths can be compared.
    #[must_use]
    pub fn other_endpoint(&self) -> Option<&str> {
        self.public_url.endpoint_url().filter(|_| self.error == Error::PathNotEndpoint)
    }

    /// Returns advice for the operator, as [`Error::help`] does, with more about the public URL. Do not send it to the
    /// client.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self.error {
            Error::Mismatch { .. } if self.public_url.repeats_path(&self.head.uri) => {
                "The URL that was verified repeats the path given to PublicUrl::server. Give scheme and host only, or use \
                 PublicUrl::endpoint."
            }
            error => error.help(),
        }
    }

    fn response<B: Default>(&self, retry_mismatches: Option<Duration>) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = match (self.error, retry_mismatches) {
            (Error::BodyUnreadable, _) => StatusCode::BAD_REQUEST,
            (Error::BodyTooLarge { .. }, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (error, Some(after)) if error.may_be_misconfiguration() => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
                StatusCode::TOO_MANY_REQUESTS
            }
            _ => StatusCode::UNAUTHORIZED,
        };
        response.extensions_mut().insert(self.error);
        response
    }
}

impl<H> VerifyLayer<H> {
    /// The response to a refusal.
    pub(super) fn refuse<B: Default>(
        &self,
        error: Error,
        head: &request::Parts,
        body: Option<&[u8]>,
        is_passed_on: bool,
    ) -> Response<B>
    where
        H: OnRefusal<B>,
    {
        let refusal = Refusal { error, head, body, public_url: &self.settings.public_url, is_passed_on };
        self.on_refusal.shape(&refusal, refusal.response(self.settings.retry_mismatches))
    }
}

/// Rounded up: half a second must not become "at once".
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.error.code(), shown(&self.url()))?;
        if let Some(endpoint) = self.other_endpoint() {
            write!(f, " (endpoint: {endpoint})")?;
        }
        write!(f, ": {}. {}", self.error, self.help())
    }
}

/// The most characters of a URL that are shown. Anyone can send a long one.
const MOST_SHOWN: usize = 2000;

/// A URL for a log: cut, and without characters that reverse or hide text.
fn shown(url: &str) -> String {
    let (mut shown, mut rest) = (String::new(), url.chars());
    for c in rest.by_ref().take(MOST_SHOWN) {
        if c.is_ascii_graphic() {
            shown.push(c);
        } else {
            shown.extend(c.escape_unicode());
        }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Leaves out headers, query and body, which may hold a genuine signature and personal data.
impl fmt::Debug for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("error", &self.error)
            .field("method", &self.head.method)
            .field("path", &self.head.uri.path())
            .finish_non_exhaustive()
    }
}

/// Writes each refusal to standard error, as one line with the URL, and returns the response unchanged. The URL's query may
/// name people.
///
/// Pass it to [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal), or call it from a hook of your own. The
/// line begins with `refused: `, or with `passed on unverified: ` while the layer only
/// [observes](Refusal::is_passed_on).
pub fn to_stderr<B>(refusal: &Refusal<'_>, response: Response<B>) -> Response<B> {
    let outcome = if refusal.is_passed_on { "passed on unverified" } else { "refused" };
    write_line(format_args!("{outcome}: {refusal}"));
    response
}

/// Writes a line to standard error: at once, because that has no buffer. If it fails, nobody can be told; `eprintln!` would
/// panic.
pub(crate) fn write_line(line: impl fmt::Display) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Sees a refusal, and may change the response to it. Usually a closure: see
/// [`VerifyLayer::on_refusal`](crate::tower::VerifyLayer::on_refusal).
pub trait OnRefusal<B> {
    /// Takes the response that would be sent and returns the one to send.
    fn shape(&self, refusal: &Refusal<'_>, response: Response<B>) -> Response<B>;
}

impl<B, F: Fn(&Refusal<'_>, Response<B>) -> Response<B>> OnRefusal<B> for F {
    fn shape(&self, refusal: &Refusal<'_>, response: Response<B>) -> Response<B> {
        self(refusal, response)
    }
}

/// Sends the response as it is.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Unshaped;

impl<B> OnRefusal<B> for Unshaped {
    fn shape(&self, _: &Refusal<'_>, response: Response<B>) -> Response<B> {
        response
    }
}
