//! [`ReceivedRequest`]: the request to explain.

use core::fmt;
use std::prelude::rust_2024::*;

use super::text::length;

/// A request as it was received.
///
/// Of an `http::Request`, with the feature `http`:
///
/// ```
/// # #[cfg(feature = "http")]
/// # fn main() {
/// use hubspot_signature::diagnose::{Diagnosis, Diagnostician, ReceivedRequest};
/// use hubspot_signature::UnixTime;
///
/// fn explain(diagnostician: &Diagnostician, request: &http::Request<Vec<u8>>) -> Diagnosis {
///     let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
///     let headers: Vec<(&str, &[u8])> = headers.collect();
///     let target = request.uri().path_and_query().map_or("", |target| target.as_str());
///     let received = ReceivedRequest {
///         method: request.method().as_str(),
///         uri: &format!("https://hooks.example.com{target}"), // the URL that your service verifies
///         headers: &headers,
///         body: Some(request.body()),
///     };
///     diagnostician.diagnose(&received, UnixTime::now())
/// }
/// # let diagnostician = Diagnostician::new(["yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"], hubspot_signature::Version::V3);
/// # assert!(!explain(&diagnostician, &http::Request::new(Vec::new())).is_accepted());
/// # }
/// # #[cfg(not(feature = "http"))]
/// # fn main() {}
/// ```
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "made with a literal; a request has no more parts")]
pub struct ReceivedRequest<'a> {
    /// The method, as it would be given to the verifier.
    pub method: &'a str,
    /// The URI, as it would be given to the verifier. It need not be absolute.
    pub uri: &'a str,
    /// All headers, not only HubSpot's: `Host`, `Forwarded`, `Content-Length` and others show what happened on the way.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, as it would be given to the verifier. `None` if it was not read, as for a request that
    /// [`Verifier::begin`](crate::Verifier::begin) refuses: every signature covers the body, so none is compared then.
    pub body: Option<&'a [u8]>,
}

impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("uri", &self.uri)
            .field("headers", &names)
            .field("body", &format_args!("{}", length(self.body)))
            .finish()
    }
}
