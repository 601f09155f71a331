//! Each cause of docs/PROTOCOL.md §6, made by really doing the damage to a genuine request, is found and named.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
#![cfg(feature = "diagnose")]

mod body;
mod bounds;
mod captures;
mod endpoint;
mod headers;
#[cfg(feature = "tower")]
mod hook;
mod hostile;
mod kinds;
mod method;
mod notations;
mod pairs;
mod report;
mod request;
mod scheme;
mod secrets;
mod suspicions;
mod uri;
mod whole;
