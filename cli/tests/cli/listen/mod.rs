//! `listen`, over real sockets: what it passes on, what it says, what it bounds, and nginx as the tunnel in front of it.

mod limits;
#[cfg(target_os = "linux")]
mod memory;
mod passing;
mod service;
mod stand;
mod telling;
mod tunnel;
