//! [`Endpoint`]: the URL as it is configured in HubSpot, to be compared with the one that was received.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::fault::Fault;
use super::super::text::shown;
use super::super::url::{Url, without_port};
use super::escapes::decoded;
use super::path::merged;

/// The URL that HubSpot is known to call.
pub(crate) struct Endpoint {
    pub(super) url: Url,
    received: Url,
}

/// The evidence of a part that differs.
pub(super) fn difference(part: &str, received: &str, own: &str) -> String {
    format!("the URI's {part} is {}, and the endpoint's is {}", shown(received), shown(own))
}

/// The fault of a path with a fix that begins with the service's own setting, which may have that path.
pub(crate) fn setting_first(fault: Fault) -> Fault {
    match fault.cause().setting_first() {
        Some(fix) => fault.fixed_by(fix),
        None => fault,
    }
}

impl Endpoint {
    pub(super) fn new(text: &str, received: &Url) -> Self {
        Self { url: Url::split(text), received: received.clone() }
    }

    pub(super) fn authority_cause(&self) -> Cause {
        let (received, own) = (&self.received.authority, &self.url.authority);
        if received.is_empty() {
            Cause::UriPathOnly
        } else if without_port(received).eq_ignore_ascii_case(without_port(own))
            && received.contains(':') != own.contains(':')
        {
            Cause::UriPort
        } else {
            Cause::UriHost
        }
    }

    pub(super) fn path_fault(&self) -> Fault {
        path_fault(&self.received, &self.url)
    }
}

/// The fault of a path that is not the endpoint's: of the service's own setting, or of something on the way.
pub(crate) fn path_fault(received: &Url, own: &Url) -> Fault {
    let evidence = difference("path", &received.path, &own.path);
    setting_first(Fault::new(path_cause(&received.path, &own.path), evidence))
}

fn path_cause(received: &str, own: &str) -> Cause {
    let bare = received.trim_end_matches('/');
    if bare == own.trim_end_matches('/') {
        Cause::UriTrailingSlash
    } else if bare.is_empty() {
        Cause::UriPrefixLost
    } else if merged(received) == merged(own) {
        Cause::UriDoubleSlash
    } else if own.ends_with(received) {
        Cause::UriPrefixLost
    } else if received.ends_with(own) {
        Cause::UriPrefixAdded
    } else if decoded(received) == decoded(own) {
        Cause::UriEscapesDecoded
    } else {
        Cause::UriRewritten
    }
}
