//! A tower layer that lets through only what HubSpot signed, for axum, hyper, warp, `lambda_http` and everything else
//! that runs tower services.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use ::http::{Request, Response};
//! use ::tower::{ServiceBuilder, service_fn};
//! use http_body_util::Full;
//! use hubspot_signature::tower::VerifyLayer;
//! use hubspot_signature::{PublicUrl, Verified, Verifier, Version};
//!
//! # type Bytes = bytes::Bytes;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = VerifyLayer::new(
//!     Verifier::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Version::V3)?,
//!     PublicUrl::endpoint("https://hooks.example.com/hubspot")?,
//! );
//! let service = ServiceBuilder::new().layer(layer).service(service_fn(|request: Request<Full<Bytes>>| async move {
//!     let verified = request.extensions().get::<Verified>().expect("the layer puts it there");
//!     Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(verified.version().as_str())))
//! }));
//! # fn check<S: ::tower::Service<Request<Full<Bytes>>>>(_: S) {}
//! # check(service);
//! # Ok(()) }
//! ```
//!
//! # How a request is treated
//!
//! 1. The head is checked. A missing, malformed or stale signature, or one of too old a version, is rejected before any
//!    of the body is read. So are a GET or HEAD that announces a body, and a request that announces more
//!    than [`Verifier::max_body`](crate::Verifier::max_body), which is 1 MiB here unless it is set.
//! 2. The body is read into one buffer, which grows with the data that arrive. A body that breaks a rule is rejected at
//!    the frame that breaks it.
//! 3. The complete body is hashed and the signature compared. Its age is judged once more, so that a slow sender does not
//!    outlive the time for which a replay key is remembered.
//! 4. If it matches, the request goes on with its body as [`Full<Bytes>`](https://docs.rs/http-body-util/0.1/http_body_util/struct.Full.html) and
//!    [`Verified`](crate::Verified) in its extensions. Trailers are dropped, since nobody signed them.
//!
//! A refusal is a response, never an error of the service: 413 for a body that is too large, 400 for one that broke off,
//! 401 for everything else, or 429 where [`retry_mismatches`](VerifyLayer::retry_mismatches) says so. It has no body and
//! carries the [`Error`](crate::Error) in its extensions, for a layer outside that logs;
//! [`on_refusal`](VerifyLayer::on_refusal) may change it.
//!
//! The layer has no timeout; limit slow senders in the server, as for any other route. The inner service is made ready
//! before the body is read, so a concurrency limit inside the layer counts senders who are not verified yet.
//!
//! # Where to put it
//!
//! Put it inside everything that decompresses or limits, and outside everything that reads the body or rewrites the URI.
//! With axum's `Router::nest`, a layer on the inner router sees the path without the nest's prefix.
//! [`PublicUrl::endpoint`](crate::PublicUrl::endpoint) accepts that, unless the rest is only `/`: then put the layer on
//! the outer router.
//!
//! # While a secret or URL is being changed
//!
//! HubSpot does not retry a request that was answered with 401. See
//! [`retry_mismatches`](VerifyLayer::retry_mismatches).

mod admission;
mod future;
mod layer;
mod reading;
mod refusal;
mod service;

pub use self::future::VerifyFuture;
pub use self::layer::VerifyLayer;
#[cfg(feature = "diagnose")]
pub(crate) use self::refusal::write_line;
pub use self::refusal::{OnRefusal, Refusal, Unshaped, to_stderr};
pub use self::service::Verify;
