//! Explains why a signature does not match. Feature `diagnose`.
//!
//! A genuine request is nearly always refused because something between HubSpot and the verifier changed what was signed:
//! a proxy ended TLS, a framework parsed the body and wrote it again, the secret is a token. A [`Diagnostician`] undoes
//! such changes, in sets that the request makes plausible, until a signature matches. The changes of that set are then
//! [proved](Certainty::Proved). A change that only the shape of the request or the secret suggests is
//! [likely](Certainty::Likely).
//!
//! ```
//! use hubspot_signature::diagnose::{Cause, Certainty, Diagnostician, ReceivedRequest};
//! use hubspot_signature::{ClientSecret, UnixTime, Version};
//!
//! let (secret, now) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", UnixTime::from_millis(1_700_000_000_000));
//! # let sent = ClientSecret::new(secret)?.sign("POST", "https://hooks.example.com/hubspot", b"{\"objectId\":7}", now)?;
//! # let sent = sent.pairs().map(|(name, value)| (name, value.as_bytes()));
//! # let mut headers = vec![("X-Forwarded-Proto", &b"https"[..])];
//! # headers.extend(sent);
//! // A genuine request, as a service behind a TLS proxy and a JSON middleware sees it.
//! let request = ReceivedRequest {
//!     method: "POST",
//!     uri: "http://hooks.example.com/hubspot",
//!     headers: &headers,
//!     body: Some(b"{\"objectId\": 7}"),
//! };
//! let diagnosis = Diagnostician::new([secret], Version::V3).diagnose(&request, now);
//!
//! let finding = &diagnosis.findings()[0];
//! assert_eq!(finding.certainty(), Certainty::Proved);
//! assert!(finding.causes().eq([Cause::UriScheme, Cause::BodyReserialised]));
//! assert_eq!(finding.signed_uri(), Some("https://hooks.example.com/hubspot"));
//! println!("{diagnosis}"); // for people: what was expected, what was found, and how to fix it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The guide [My signature does not match](crate::guide::mismatch) lists each cause.
//!
//! # The one setting that helps most
//!
//! [`Diagnostician::endpoint`] takes the URL as it is configured in HubSpot. With it, a wrong prefix, host, port, scheme or
//! slash is found by comparing; without it, only usual ones are found, by guessing.
//!
//! # With the tower layer
//!
//! One line writes the diagnosis of refused requests to standard error, of a few requests a minute at most:
//!
//! ```
//! # #[cfg(feature = "tower")]
//! # fn layer(layer: hubspot_signature::tower::VerifyLayer, secret: &str) {
//! use hubspot_signature::Version;
//! use hubspot_signature::diagnose::Diagnostician;
//!
//! let diagnostician = Diagnostician::new([secret], Version::V3).endpoint("https://hooks.example.com/hubspot");
//! let layer = layer.on_refusal(diagnostician.to_stderr());
//! # let _: hubspot_signature::tower::VerifyLayer<_> = { fn typed<H: Fn(&hubspot_signature::tower::Refusal<'_>, http::Response<String>) -> http::Response<String>>(layer: hubspot_signature::tower::VerifyLayer<H>) -> hubspot_signature::tower::VerifyLayer<H> { layer } typed(layer) };
//! # }
//! ```
//!
//! The layer does not read the body of a request that it refuses before the body. The diagnosis then compares no
//! signature, and says only what the rest of the request suggests.
//!
//! # What it must not be used for
//!
//! A diagnosis **accepts nothing**. That a signature matches after a change says what HubSpot signed, not that the request
//! may be trusted: some of the changes are exactly those that a forger makes. Verify with a
//! [`Verifier`](crate::Verifier).
//!
//! It is a tool for operators: **do not run it on every refused request of a public endpoint**. One diagnosis does up to
//! [`MAX_WORK`], thousands of times the work of a verification, and anyone can send requests that are refused. A
//! [`RateLimit`] bounds how many are explained.
//!
//! # What bounds it
//!
//! - [`MAX_WORK`] bounds all work for one request: each byte that is hashed, read or written to make what is hashed, with a
//!   constant for each step. [`Diagnostician::work_limit`] lowers it.
//! - Bodies above 5 MiB are taken as they are, and so are path and query of URIs above 8 KiB.
//! - At most [`MAX_SECRETS`] secrets are tried and the previous one, and headers of up to 4 KiB are read.
//!
//! # What it reveals
//!
//! Neither a diagnosis nor its `Debug` or `Display` holds a secret, a computed or a presented signature. They quote the
//! request's URI and forwarding headers, which may name people (`userEmail`): treat the text as you treat access logs.

mod body;
mod budget;
mod cause;
mod certainty;
mod change;
mod claim;
mod diagnosis;
mod diagnostician;
mod digest;
mod expected;
mod fault;
mod finding;
mod hints;
mod method;
mod proof;
mod rate_limit;
mod reading;
mod report;
mod request;
mod scheme;
mod search;
mod secrets;
mod service;
mod text;
#[cfg(all(feature = "tower", not(all(target_arch = "wasm32", target_os = "unknown"))))]
mod to_stderr;
mod uri;
mod url;

pub use self::cause::Cause;
pub use self::certainty::Certainty;
pub use self::diagnosis::Diagnosis;
pub use self::diagnostician::{Diagnostician, MAX_SECRETS, MAX_WORK};
pub use self::fault::Fault;
pub use self::finding::Finding;
pub use self::rate_limit::RateLimit;
pub use self::request::ReceivedRequest;
