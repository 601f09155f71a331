//! Decides whether an HTTP request really comes from HubSpot.
//!
//! HubSpot signs its webhooks, workflow actions, CRM cards and `hubspot.fetch()` calls with the client secret of an
//! app. This crate computes all three schemes (v1, v2, v3), compares in constant time, and answers with a proof or with
//! the reason. It fits every framework: the core is `no_std`, allocates nothing and hashes the body as it arrives.
//!
//! ```
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), hubspot_signature::SecretError> {
//! use hubspot_signature::{Error, RequestHead, SignatureHeaders, Verified, Verifier};
//!
//! /// `headers` and `body` as they were received; `path_and_query` as the request line has it.
//! fn verified(
//!     verifier: &Verifier, // Verifier::new(client_secret)?, once at start-up
//!     method: &str,
//!     path_and_query: &str,
//!     headers: &[(&str, &[u8])],
//!     body: &[u8],
//! ) -> Result<Verified, Error> {
//!     let head = RequestHead {
//!         method,
//!         uri: &format!("https://hooks.example.com{path_and_query}"),
//!         headers: SignatureHeaders::from_pairs(headers.iter().copied()),
//!     };
//!     verifier.verify(&head, body)
//! }
//! # let secret = hubspot_signature::ClientSecret::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")?;
//! # let now = hubspot_signature::UnixTime::now();
//! # let signed = secret.sign("POST", "https://hooks.example.com/hubspot?tenant=7", b"{}", now);
//! # let headers = signed.as_pairs().map(|(name, value)| (name, value.as_bytes()));
//! # let verifier = Verifier::new("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy")?;
//! # assert!(verified(&verifier, "POST", "/hubspot?tenant=7", &headers, b"{}").is_ok());
//! # assert!(verified(&verifier, "POST", "/hubspot?tenant=8", &headers, b"{}").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `http`, [`http::verify`] does this for an `http::Request`; with `tower`,
//! [`VerifyLayer`](crate::tower::VerifyLayer) does it for a whole axum or hyper service; with `axum`, [`Verified`] is
//! an extractor. [`mod@diagnose`] says why a signature does not match. A body that arrives in pieces goes through
//! [`Verifier::begin`], [`Verification::update`] and [`Verification::finish`].
//!
//! # The raw body
//!
//! HubSpot signs the bytes it sends. JSON that was parsed and written again has other bytes: spaces, key order,
//! `\u00e4` for `ä`, `\/` for `/`. Take the body before any middleware or extractor reads it, hand it over as it is,
//! and parse it after it has been verified. HubSpot signs the plain body: if a proxy compresses it on the way,
//! decompress it first, and do nothing else to it. An absent body is the empty slice, never `null` or `{}`.
//!
//! v1 and v2 take only UTF-8 ([`Error::BodyNotUtf8`]). Both are SHA-256 over secret and message, so whoever saw one
//! signature can compute that of the message with SHA-256's padding and anything else appended. The padding begins with
//! the byte 0x80 where a character has just ended, and there UTF-8 never has it. GET and HEAD take no body
//! ([`Error::UnexpectedBody`]): HubSpot sends none, and as nothing separates URI and body in what is signed, the end of
//! the query could otherwise be passed off as a body.
//!
//! # The public URL
//!
//! v2 and v3 sign the URL that HubSpot called: scheme, host, port if the URL has one, path, query. Behind a proxy, a
//! tunnel or a gateway your server sees something else: `http` for `https`, an inner host, a path without its prefix.
//! So configure the public URL once and append the request's raw path and query. Do not decode, sort or normalise
//! either.
//!
//! Do not build the URL from the request's `Host`, which its sender chooses. One client secret serves every host of an
//! app, so a request captured at one host could be replayed at another, and would verify there.
//!
//! For v3, HubSpot's documentation says that twelve escapes of the URI are decoded before it is signed (`%3A %2F %3F
//! %40 %21 %24 %27 %28 %29 %2A %2C %3B`); HubSpot's own SDKs sign it as it is. Both are accepted. So under v3 a URI and
//! the same URI with any of these characters escaped share a signature: do not let an escaped `/` or `?` route or split
//! anything.
//!
//! # Which secret
//!
//! The **client secret** of the app that sends, 36 characters in the shape of a UUID, shown beside its client id. Not
//! an access token (`pat-…`), not a developer or service key. A private app has a client secret of its own. What cannot
//! be a client secret is a [`SecretError`] at start-up.
//!
//! # Which version
//!
//! A request usually carries two signatures: v3, and beside it v1 or v2. The newest one present is verified and decides
//! alone. [`Verifier::minimum_version`] says what is the least you accept:
//!
//! | what sends the request | signatures | set |
//! |---|---|---|
//! | workflow webhooks, custom workflow actions, CRM cards, UI extensions | v2, v3 | [`Version::V3`] once you have seen v3 arrive |
//! | Webhooks API subscriptions, private-app webhooks | v1, v3 | [`Version::V3`] |
//! | whatever sends only v2 | v2 | [`Version::V2`], the default |
//! | whatever sends only v1 | v1 | [`Version::V1`], knowing that it binds neither method nor URL |
//!
//! **The names.** HubSpot's article on webhooks in workflows describes `X-HubSpot-Signature` as SHA-256 over client
//! secret, method, URI and body and gives it no number, so some texts call that "the v1 signature", as the one before
//! v3. On the wire it is labelled `v2`, and `v1` is SHA-256 over client secret and body. This crate uses the labels of
//! the wire. An `X-HubSpot-Signature` without a version header is read as v2.
//!
//! # Replay
//!
//! A v3 signature is good for 5 minutes, as HubSpot documents, and for up to 1 minute ahead of your clock; both can be
//! set. The timestamp must be exactly 13 digits, the first of them not 0. v1 and v2 sign no time: whoever has seen such
//! a request can send it again whenever they like, and can strip the v3 headers off one that had them. Against that,
//! demand v3. Against a replay within that time, remember the v3 signatures of what you have handled, each for maximum
//! age and clock skew together (6 minutes), or handle events so that a second time does no harm; HubSpot itself may
//! deliver one twice.
//!
//! # Rotation
//!
//! While HubSpot may sign with either of two secrets, give the older one to [`Verifier::previous_secret`]. Both are
//! tried on every request; [`Verified::secret`] says which one matched, so you can see when the older one is no longer
//! in use and take it out.
//!
//! # What to answer
//!
//! Answer a refused request with 401 and nothing that explains it; log the [`Error`], which holds no secret. But know
//! that **HubSpot does not send a request again that was answered with 401**: a genuine event refused because *your*
//! secret or public URL is wrong is lost. While you roll out either, answer [`Error::Mismatch`] with 429 and
//! `Retry-After` instead: workflows then try again for up to three days, the Webhooks API up to ten times. Return to
//! 401 afterwards, or forgers are invited to try again too.
//!
//! # My signature does not match
//!
//! Three faults are behind most of it: the secret is not the client secret of the app that signs, the URI is not the
//! public URL, the body is not the raw bytes. Feature `diagnose` knows over seventy causes and undoes them, alone and
//! in pairs, until a signature matches; the program `hubspot-signature` (package `hubspot-signature-cli`) does so from the command line:
//! `hubspot-signature explain`. The page [`docs/mismatch.md`][mismatch] starts from what you see and lists each cause
//! with its mend.
//!
//! [mismatch]: https://docs.rs/crate/hubspot-signature/latest/source/docs/mismatch.md
//!
//! # What may influence the running time
//!
//! The lengths of secret, URI and body, what the sender sent, how many secrets there are, and the answer. Not the bytes
//! of the secret or of a computed signature: comparison goes through [`subtle`](https://docs.rs/subtle), and where you
//! sign, encoding goes through constant-time codecs.
//!
//! # Features
//!
//! | feature | gives | needs |
//! |---|---|---|
//! | `std` (default) | the system clock: [`Verifier::verify`], [`Verifier::begin`], [`UnixTime::now`] | the standard library |
//! | `http` | [`http`](mod@http): verify, begin, sign for `http` 1.x, and `PublicUrl` | `std`, `http` |
//! | `tower` | [`mod@tower`]: the layer | `http` and the small crates of its traits |
//! | `axum` | [`Verified`] as an extractor of axum 0.8 | `tower`, `axum-core` |
//! | `diagnose` | [`mod@diagnose`]: why a signature does not match | `std`, `flate2`, `serde`, `serde_json` |
//!
//! Without features the crate is `no_std` and needs no allocator; the clock is yours ([`Verifier::verify_at`],
//! [`Verifier::begin_at`]).
//!
//! # What this crate does not do
//!
//! It does not parse the body, remember requests, talk to HubSpot's API, or handle OAuth. It does not hide the length
//! of a request or that it was refused. A verified body is what someone with the client secret signed; whether its
//! contents make sense is for you to judge, with a strict JSON parser.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "std")]
extern crate std;

// Its first example asks the system clock.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
mod readme {}
// Their lines are those of the adapters.
#[cfg(all(doctest, feature = "tower"))]
#[doc = include_str!("../docs/deployment.md")]
mod deployment {}
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../docs/migrating.md")]
mod migrating {}
#[cfg(all(doctest, feature = "diagnose"))]
#[doc = include_str!("../docs/mismatch.md")]
mod mismatch {}

#[cfg(feature = "axum")]
mod axum;
mod body;
mod claim;
#[cfg(feature = "diagnose")]
#[cfg_attr(docsrs, doc(cfg(feature = "diagnose")))]
pub mod diagnose;
mod error;
#[cfg(feature = "http")]
mod forwarded;
mod headers;
#[cfg(feature = "http")]
mod public_url;
mod request;
mod secret;
mod signature;
mod state;
mod time;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower;
mod uri;
mod verification;
mod verifier;
#[cfg(feature = "std")]
mod verifiers;
mod version;

pub use crate::body::BodyForm;
pub use crate::error::Error;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use crate::forwarded::{HeaderFault, Hop};
pub use crate::headers::{Header, SignatureHeaders};
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub use crate::public_url::{PublicUrl, PublicUrlError};
pub use crate::request::RequestHead;
pub use crate::secret::{ClientSecret, SecretError};
pub use crate::signature::{Signature, SignedHeaders};
pub use crate::time::UnixTime;
pub use crate::verification::{MatchedSecret, ReplayKey, Verification, Verified};
pub use crate::verifier::Verifier;
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use crate::verifiers::Verifiers;
pub use crate::version::Version;
