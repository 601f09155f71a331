//! Decides whether an HTTP request really comes from HubSpot.
//!
//! HubSpot signs its webhooks, workflow actions, CRM cards and `hubspot.fetch()` calls with the client secret of an
//! app. This crate computes all three versions of the signature (v1, v2, v3), compares in constant time, and returns a
//! proof or the reason. It fits every framework: the core is `no_std`, allocates nothing and hashes the body as it
//! arrives.
//!
//! # axum
//!
//! With the feature `axum`, a layer verifies each request before a handler runs, and a handler that takes [`Verified`]
//! cannot run without it:
//!
#![cfg_attr(all(doc, feature = "axum"), doc = concat!("```\n", include_str!("../examples/axum/receiver.rs"), "```"))]
//!
//! # Any framework
//!
//! ```
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use hubspot_signature::{Error, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Version};
//!
//! /// `headers` and `body` as they were received; `path_and_query` as the request line has it.
//! fn verified(
//!     verifier: &Verifier, // Verifier::new(client_secret, Version::V3)?, once at start-up
//!     method: &str,
//!     path_and_query: &str,
//!     headers: &[(&str, &[u8])],
//!     body: &[u8],
//! ) -> Result<Verified, Error> {
//!     let url = format!("https://hooks.example.com{path_and_query}");
//!     let headers = SignatureHeaders::from_pairs(headers.iter().copied());
//!     verifier.verify(&RequestHead::new(method, &url, headers), body, UnixTime::now())
//! }
//! # let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
//! # let url = "https://hooks.example.com/hubspot?tenant=7";
//! # let signed = hubspot_signature::ClientSecret::new(secret)?.sign("POST", url, b"{}", UnixTime::now())?;
//! # let headers: Vec<_> = signed.pairs().map(|(name, value)| (name, value.as_bytes())).collect();
//! # let verifier = Verifier::new(secret, Version::V3)?;
//! # assert!(verified(&verifier, "POST", "/hubspot?tenant=7", &headers, b"{}").is_ok());
//! # assert!(verified(&verifier, "POST", "/hubspot?tenant=8", &headers, b"{}").is_err());
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `http`, [`Verifier::verify_request`] takes an `http::Request` and [`PublicUrl::head`] the parts of
//! any other; with `tower`, [`VerifyLayer`](crate::tower::VerifyLayer) wraps a whole axum or hyper service; with `axum`,
//! [`Verified`] is an extractor. [`mod@diagnose`] says why a signature does not match. A body that arrives in pieces goes
//! through [`Verifier::begin`], [`Verification::update`] and [`Verification::finish`]; the
//! [hyper server](guide::servers#hyper) writes it to a file meanwhile.
//!
//! The [guides](guide) cover [deployment](guide::deployment), [testing](guide::testing), [AWS Lambda](guide::lambda),
//! [WebAssembly](guide::wasm), [replay](guide::replay), [queues](guide::queues), [mismatches](guide::mismatch),
//! [migrating](guide::migrating) from HubSpot's SDKs, the [program](guide::terminal), the [protocol](guide::protocol),
//! [speed](guide::speed), a [comparison](guide::comparison) and the [evidence](guide::evidence). There are whole
//! [servers](guide::servers) for axum, hyper, warp, poem, actix-web, Rocket, AWS Lambda and Cloudflare Workers.
//!
//! # The raw body
//!
//! HubSpot signs the bytes it sends. JSON that was parsed and written again has other bytes: spaces, key order,
//! `\u00e4` for `ä`, `\/` for `/`. Take the body before any middleware or extractor reads it, verify it as it is, and
//! parse it afterwards. HubSpot signs the plain body: if a proxy compresses it on the way, decompress it first. An absent
//! body is the empty slice, never `null` or `{}`.
//!
//! Two rules apply to a body, because nothing separates it from the URI in what is signed. A body that is not empty must
//! begin and end as a JSON object, array or string does ([`Error::BodyNotJson`]), and GET and HEAD have none
//! ([`Error::UnexpectedBody`]); otherwise the end of a query could be passed off as a body. v1 and v2 accept no NUL
//! byte ([`Error::BodyHasNul`]): with plain SHA-256, anyone who has seen a signature can compute that of the same body
//! with padding and any text appended, and every padding contains a NUL. HubSpot's bodies keep all of these rules.
//!
//! # The public URL
//!
//! v2 and v3 sign the URL that HubSpot called: scheme, host, port if the URL has one, path, query. Behind a proxy, a
//! tunnel or a gateway your server sees something else: `http` for `https`, an inner host, a path without its prefix.
//! So configure the public URL once: with [`PublicUrl::endpoint`] exactly as it is in HubSpot, or by hand from the base
//! and the request's raw path and query. Do not decode, sort or normalise either.
//!
//! Do not build the URL from the request's `Host`, which its sender chooses. One client secret serves every host of an
//! app, so a request captured at one host could be replayed at another and would verify there.
//!
//! For v3, HubSpot's documentation says that twelve escapes of the URI are decoded before it is signed (`%3A %2F %3F
//! %40 %21 %24 %27 %28 %29 %2A %2C %3B`); HubSpot's own SDKs sign it as it is. Both are accepted. So under v3 a URI
//! keeps its signature if any of these characters are escaped: never route by or split at an escaped `/` or `?`.
//!
//! # Which secret
//!
//! The **client secret** of the app that sends: 36 characters in the shape of a UUID, shown next to its client id. Not
//! an access token (`pat-…`), not a developer or service key. A private app has a client secret of its own. A text that
//! cannot be a client secret is a [`SecretError`] at start-up.
//!
//! # Which version
//!
//! A request usually carries two signatures: v3, and next to it v1 or v2. The newest one present is verified and decides
//! alone. The second argument of [`Verifier::new`] is the oldest version that you accept:
//!
//! | what sends the request | signatures | set |
//! |---|---|---|
//! | workflow webhooks, custom workflow actions, CRM cards, UI extensions | v2, v3 | [`Version::V3`] once you have seen v3 arrive |
//! | Webhooks API subscriptions, private-app webhooks | v1, v3 | [`Version::V3`] |
//! | anything that sends only v2 | v2 | [`Version::V2`] |
//! | anything that sends only v1 | v1 | [`Version::V1`], knowing that it covers neither method nor URL |
//!
//! **The names.** HubSpot's article on webhooks in workflows describes `X-HubSpot-Signature` as SHA-256 over client
//! secret, method, URI and body and gives it no number. Some texts therefore call it "the v1 signature", because it came
//! before v3. On the wire it is labelled `v2`, and `v1` is SHA-256 over client secret and body. This crate uses the labels of
//! the wire. It reads an `X-HubSpot-Signature` without a version header as v2.
//!
//! # Replay
//!
//! A v3 signature is valid for 5 minutes, as HubSpot documents, and for up to 1 minute ahead of your clock; both can be
//! set. v1 and v2 sign no time: anyone who has seen such a request can send it again at any time, and can strip the v3
//! headers off one that had them. So require v3.
//!
//! Within the 5 minutes, remember [`Verified::replay_key`]. Use the key rather than the header's text, which several
//! spellings share. In one process a map will do; several servers need a shared store:
//!
//! ```
//! use hubspot_signature::{UnixTime, Verified};
//!
//! /// Until when to remember a request: until it expires, and a minute longer, as the clocks of servers differ. `None` for
//! /// v1 and v2, which never expire.
//! pub fn remember_until(verified: &Verified) -> Option<UnixTime> {
//!     let expires_at = verified.expires_at()?;
//!     Some(UnixTime::from_millis(expires_at.as_millis().saturating_add(60_000)))
//! }
//! ```
//!
//! Before the handler runs, remember the key as *in progress*, for less than a minute. Once the handler has succeeded,
//! remember it as *handled*. Answer a copy with 503 in the first case and with 2xx in the second: HubSpot counts anything
//! else as a failure, and may itself deliver an event twice. If the handler fails, is cancelled or panics, forget the key.
//! The guide [replay](guide::replay) has the code.
//!
//! # Rotation
//!
//! While HubSpot may sign with either of two secrets, give the older one to [`Verifier::previous_secret`]. Both are
//! tried on every request; [`Verified::matched_secret`] says which one matched, so you can see when the older one is no
//! longer in use. To change secrets without a restart, replace the verifier of a [`Verifiers`].
//!
//! # Several apps
//!
//! Each app has a client secret of its own. If several call one endpoint, put a [`Verifier`] for each into a
//! [`Verifiers`]; [`Verified::matched_verifier`] says whose request it is.
//!
//! # What to answer
//!
//! Answer a refused request with 401 and nothing that explains it, and log [`Error::code`] and [`Error::help`], which
//! hold no secret. [`to_stderr`](crate::tower::to_stderr) does so for the layer, and adds the URL. **HubSpot does not
//! retry a request that was answered with 401**: a genuine event that is refused because *your* secret or public URL is
//! wrong is lost. While you change either, answer with 429 and `Retry-After` where [`Error::may_be_misconfiguration`]
//! returns `true`. Workflows then retry for up to three days, the Webhooks API up to ten times. Return to 401
//! afterwards, or forgers are invited to retry too.
//!
//! # Queues
//!
//! To verify later, store the method, the raw URL, the list of headers, the raw body and **your own time of receipt**.
//! Never take the time from the request's own header: every replay would be fresh.
//!
//! ```
//! use hubspot_signature::{Error, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier};
//!
//! struct Stored {
//!     method: String,
//!     url: String, // the public URL, with path and query as they were received
//!     headers: Vec<(String, Vec<u8>)>, // a list, so that doubled ones stay doubled
//!     body: Vec<u8>,
//!     received: UnixTime, // UnixTime::now() on arrival
//! }
//!
//! fn verify(verifier: &Verifier, stored: &Stored) -> Result<Verified, Error> {
//!     let headers = SignatureHeaders::from_pairs(stored.headers.iter().map(|(name, value)| (name, value)));
//!     let head = RequestHead::new(&stored.method, &stored.url, headers);
//!     verifier.verify(&head, &stored.body, stored.received)
//! }
//! ```
//!
//! # My signature does not match
//!
//! Three faults cause most mismatches: the URI is not the public URL, the body is not the raw bytes, the secret is not
//! the client secret of the app that signs. [`mod@diagnose`] knows more than seventy causes and undoes them, alone and
//! together, until a signature matches; the program `hubspot-signature` does so from the command line. The guide
//! [My signature does not match](guide::mismatch) starts from what you see and lists each cause with its fix.
//!
//! # WebAssembly and `no_std`
//!
//! Without features the crate is `no_std` and needs no allocator; you pass the time. On `wasm32-unknown-unknown`, where
//! the standard library has no clock, [`UnixTime::now`] does not exist: pass the host's time, such as JavaScript's
//! `Date.now()`, to [`UnixTime::from_millis`], and give the layer a clock.
//!
//! [`PublicUrl`] allocates nothing, but needs the feature `http` and with it `std`. Without it, nothing compares the path
//! of the request with that of the endpoint: route by the path first.
//!
//! ```
//! #![no_std]
//! # extern crate std; // for the panics of the test
//! use hubspot_signature::{Error, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier};
//!
//! /// `url` is the URL as HubSpot has it, with the query of the request.
//! pub fn verified(
//!     verifier: &Verifier,
//!     method: &str,
//!     url: &str,
//!     headers: &[(&str, &[u8])],
//!     body: &[u8],
//!     unix_millis: u64,
//! ) -> Result<Verified, Error> {
//!     let headers = SignatureHeaders::from_pairs(headers.iter().copied());
//!     verifier.verify(&RequestHead::new(method, url, headers), body, UnixTime::from_millis(unix_millis))
//! }
//! # fn main() {
//! # let (secret, url) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", "https://hooks.example.com/hubspot");
//! # let (millis, verifier) = (1_700_000_000_000, Verifier::new(secret, hubspot_signature::Version::V3).unwrap());
//! # let secret = hubspot_signature::ClientSecret::new(secret).unwrap();
//! # let signed = secret.sign("POST", url, b"{}", UnixTime::from_millis(millis)).unwrap();
//! # let headers: std::vec::Vec<_> = signed.pairs().map(|(name, value)| (name, value.as_bytes())).collect();
//! # assert!(verified(&verifier, "POST", url, &headers, b"{}", millis).is_ok());
//! # assert!(verified(&verifier, "PUT", url, &headers, b"{}", millis).is_err());
//! # }
//! ```
//!
//! # What may influence the running time
//!
//! It depends on the lengths of secret, URI and body, on what the sender sent, on how many secrets there are, on which of
//! the two URI forms of v3 was signed, and on the answer. It does not depend on the bytes of the secret or of a computed
//! signature: comparison goes through [`subtle`](https://docs.rs/subtle), and signing encodes with constant-time codecs.
//!
//! # Features
//!
//! | feature | gives | needs |
//! |---|---|---|
//! | `std` (default) | [`UnixTime::now`], [`Verifiers`] | the standard library |
//! | `http` | [`PublicUrl`], and methods for the requests of `http` 1.x | `std`, `http` |
//! | `tower` | [`mod@tower`]: the layer | `http` and the small crates of its traits |
//! | `axum` | [`Verified`] as an extractor of axum 0.8 | `tower`, `axum-core` |
//! | `diagnose` | [`mod@diagnose`]: why a signature does not match | `std`, `flate2` |
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

// Its examples are tests too.
#[cfg(all(doctest, feature = "axum"))]
#[doc = include_str!("../README.md")]
mod readme {}
#[cfg(doc)]
pub mod guide;

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
