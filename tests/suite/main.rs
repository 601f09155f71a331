//! The promises of the library, one module each.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod attacks;
#[cfg(feature = "axum")]
mod axum;
mod boundary;
mod headers;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "tower")]
mod layer;
mod nul_bytes;
mod peers;
mod policy;
mod replay;
mod secrets;
mod signature_bits;
mod signing;
#[cfg(feature = "tower")]
mod tower;
mod uri;
mod vectors;
#[cfg(feature = "std")]
mod verifiers;
