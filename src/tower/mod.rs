//! A tower layer that lets through only what HubSpot signed. For axum, hyper, tonic, warp, `lambda_http` and whatever
//! else runs tower services.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use ::http::{Request, Response};
//! use ::tower::{ServiceBuilder, service_fn};
//! use http_body_util::Full;
//! use hubspot_signature::http::PublicUrl;
//! use hubspot_signature::tower::VerifyLayer;
//! use hubspot_signature::{Verified, Verifier};
//!
//! # type Bytes = bytes::Bytes;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let layer = VerifyLayer::new(
//!     Verifier::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")?,
//!     PublicUrl::new("https://hooks.example.com")?,
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
//! # What happens to a request
//!
//! 1. The head is checked. What is missing, malformed, stale or too old a scheme is answered before a byte of the body
//!    is read.
//! 2. A body that is announced or turns out to be larger than [`body_limit`](VerifyLayer::body_limit) is answered with
//!    413.
//! 3. The body's frames are hashed as they arrive and kept in one buffer.
//! 4. If the signature matches, the request goes on with its whole body as [`Full<Bytes>`](http_body_util::Full) and
//!    [`Verified`](crate::Verified) in its extensions. Trailers are dropped: nobody signed them.
//!
//! A refusal is a response, never an error of the service: 401, or 400 for a body that broke off, or 413. It has no
//! body, carries the [`Error`](crate::Error) in its extensions for the layer outside that logs, and
//! [`on_refusal`](VerifyLayer::on_refusal) may shape it.
//!
//! How long a slow sender may take is for the server to limit, as for every other route: nothing here waits on a timer.
//! The inner service is made ready before the body is read, so a concurrency limit inside the layer counts senders who
//! are not verified yet.
//!
//! # Where to put it
//!
//! Inside whatever decompresses or limits, outside whatever reads the body or rewrites the URI. With axum's
//! `Router::nest`, a layer on the inner router sees the path without the nest's prefix: give that prefix to
//! [`PublicUrl`](crate::http::PublicUrl), or put the layer on the outer router.
//!
//! # While a secret or URL is being rolled out
//!
//! HubSpot never sends a request again that was answered with 401. See
//! [`retry_mismatches`](VerifyLayer::retry_mismatches).

mod future;
mod layer;
mod refusal;
mod service;

pub use self::future::VerifyFuture;
pub use self::layer::VerifyLayer;
pub use self::refusal::{OnRefusal, Refusal, Unshaped};
pub use self::service::Verify;
