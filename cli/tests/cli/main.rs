//! The program `hubspot-signature` as a person runs it: what it says, how it exits, what it sends, and that it never shows a
//! secret.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

mod captures;
mod check;
mod explain;
mod http2;
#[cfg(unix)]
mod listen;
mod naive;
mod program;
mod readme;
mod send;
mod server;
mod sign;
mod terminal;
mod tls;
mod usage;
mod verify;
