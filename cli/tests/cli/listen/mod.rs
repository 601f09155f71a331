//! `listen` over real sockets. Unix only, as the tests end it with a signal.

mod limits;
#[cfg(target_os = "linux")]
mod memory;
mod passing;
mod sdk;
mod service;
mod stand;
mod telling;
mod tunnel;
