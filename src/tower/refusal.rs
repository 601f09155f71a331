//! [`Refusal`], a request that is not let through, and [`OnRefusal`], the operator's say in the response to it.

use core::fmt;
use core::time::Duration;

use ::http::header::{HeaderValue, RETRY_AFTER};
use ::http::{Response, StatusCode, request};

use crate::Error;

/// A request that is not let through.
pub struct Refusal<'a> {
    pub(super) error: Error,
    pub(super) head: &'a request::Parts,
    pub(super) body: &'a [u8],
}

impl Refusal<'_> {
    /// Why.
    #[must_use]
    pub const fn error(&self) -> Error {
        self.error
    }

    /// Method, URI and headers as the layer saw them. The signature among them may be genuine and can be replayed, so
    /// do not log it.
    #[must_use]
    pub const fn head(&self) -> &request::Parts {
        self.head
    }

    /// What was read of the body: all of it if the error is one of [`Mismatch`](Error::Mismatch),
    /// [`BodyNotUtf8`](Error::BodyNotUtf8) and [`UnexpectedBody`](Error::UnexpectedBody), nothing otherwise.
    #[must_use]
    pub const fn body(&self) -> &[u8] {
        self.body
    }

    pub(super) fn response<B: Default>(&self, retry_mismatches: Option<Duration>) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = match (self.error, retry_mismatches) {
            (Error::BodyUnreadable, _) => StatusCode::BAD_REQUEST,
            (Error::BodyTooLarge { .. }, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (Error::Mismatch { .. }, Some(after)) => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(after)));
                StatusCode::TOO_MANY_REQUESTS
            }
            _ => StatusCode::UNAUTHORIZED,
        };
        response.extensions_mut().insert(self.error);
        response
    }
}

/// Rounded up: half a second must not become "at once".
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
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

/// What becomes of the response to a refusal. Closures are the usual implementation: see
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
