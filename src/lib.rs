//! Placeholder.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unreachable_pub, unnameable_types, missing_debug_implementations)]
#![warn(clippy::pedantic, clippy::exhaustive_enums, clippy::exhaustive_structs)]
// No input may reach a panic.
#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used
)]

#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "axum")]
mod axum;
mod error;
mod headers;
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
pub mod http;
mod secret;
mod signature;
mod time;
#[cfg(feature = "tower")]
#[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
pub mod tower;
mod uri;
mod utf8;
mod verifier;

#[cfg(feature = "http")]
pub use crate::error::PublicUrlError;
pub use crate::error::{Error, SecretError};
pub use crate::headers::{Header, SignatureHeaders};
pub use crate::secret::ClientSecret;
pub use crate::signature::{Signature, SignedHeaders, Version};
pub use crate::time::UnixTime;
pub use crate::verifier::{MatchedSecret, RequestHead, Verification, Verified, Verifier};
