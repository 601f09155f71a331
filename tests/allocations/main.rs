//! Allocations, and their size: a program of its own, because the counter replaces the allocator.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod core;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "tower")]
mod tower;
