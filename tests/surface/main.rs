//! The shape of the API, and the texts that people and their logs see.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod api;
mod labels;
