//! The guides of the folder `docs/`. They exist in this documentation only; there is nothing to import.

#[cfg(any(not(doctest), feature = "tower"))]
#[doc = include_str!("../docs/deployment.md")]
pub mod deployment {}

#[cfg(any(not(doctest), feature = "diagnose"))]
#[doc = include_str!("../docs/mismatch.md")]
pub mod mismatch {}

#[cfg(any(not(doctest), feature = "std"))]
#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

#[doc = include_str!("../docs/terminal.md")]
pub mod terminal {}

#[doc = include_str!("../docs/comparison.md")]
pub mod comparison {}

#[doc = include_str!("../docs/speed.md")]
pub mod speed {}

#[doc = include_str!("../docs/evidence.md")]
pub mod evidence {}

#[doc = include_str!("../docs/PROTOCOL.md")]
pub mod protocol {}
