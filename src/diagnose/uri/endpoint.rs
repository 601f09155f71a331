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
    let is_of_the_way = matches!(
        fault.cause(),
        Cause::UriRewritten
            | Cause::UriEscapesDecoded
            | Cause::UriEscapesDoubled
            | Cause::UriEscapeCase
            | Cause::UriQuote
    );
    let on_the_way = fault.fix();
    if !is_of_the_way || on_the_way.contains("PublicUrl::endpoint") {
        return fault;
    }
    let (first, rest) = (on_the_way.get(..1).unwrap_or_default(), on_the_way.get(1..).unwrap_or_default());
    let fix = format!(
        "Configure the URL as it is in HubSpot: `PublicUrl::endpoint(…)`. If the path was changed on the way, {}{rest}",
        first.to_lowercase()
    );
    fault.fixed_by(fix)
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
