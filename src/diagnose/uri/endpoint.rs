//! [`Endpoint`]: the URL as it is configured in HubSpot, to be compared with the one that was received.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::fault::Fault;
use super::super::text::shown;
use super::super::url::{Url, without_port};
use super::escapes::decoded;
use super::path::merged;

/// The attack that the comparison of paths prevents.
pub(crate) const REPLAY: &str = "the request is a replay at another route";

/// Ends a fix that changes the setting: with the new setting alone, the request verifies, but the router answers 404.
pub(crate) const ROUTE: &str = "The router also needs a route for the path that arrives.";

/// The URL that HubSpot is known to call.
pub(crate) struct Endpoint {
    pub(super) url: Url,
    received: Url,
    /// Whether nothing but the service's own setting tells it.
    is_setting: bool,
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
    pub(super) fn new(text: &str, is_setting: bool, received: &Url) -> Self {
        Self { url: Url::split(text), received: received.clone(), is_setting }
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

    /// Returns the path of the service's setting with its last slash added or removed, and the fault of the setting if that
    /// path was signed. Returns `None` unless the path that arrived is that path with or without a prefix.
    pub(super) fn other_slash(&self) -> Option<(String, Fault)> {
        let own = &self.url.path;
        let path = own.strip_suffix('/').map_or_else(|| format!("{own}/"), ToOwned::to_owned);
        // `PublicUrl::endpoint` takes the path with and without a prefix.
        let is_prefix = matches!(path_cause(&self.received.path, &path), Cause::UriPrefixLost | Cause::UriPrefixAdded);
        (self.is_setting && is_prefix && !path.is_empty()).then(|| {
            let fault = other_endpoint(Cause::UriTrailingSlash, &path, own, false);
            (path, fault)
        })
    }
}

/// The fault of a setting that has another path than the one that was signed. `is_called` says whether HubSpot is known to
/// call that.
pub(crate) fn other_endpoint(cause: Cause, signed: &str, own: &str, is_called: bool) -> Fault {
    let evidence = format!("the path {} was signed, and the endpoint's is {}", shown(signed), shown(own));
    let configure = format!("`PublicUrl::endpoint(…)`, or for several routes `PublicUrl::server`. {ROUTE}");
    let fix = if is_called || cause == Cause::UriTrailingSlash {
        format!("Configure the URL that was signed, {configure}")
    } else {
        // One secret signs for all routes of an app.
        format!("Only if HubSpot calls the URL that was signed, configure it: {configure} Otherwise, {REPLAY}.")
    };
    Fault::new(cause, evidence).fixed_by(fix)
}

/// The fault of a path that is not the endpoint's: of the service's own setting, or of something on the way.
pub(crate) fn path_fault(received: &Url, own: &Url) -> Fault {
    let evidence = difference("path", &received.path, &own.path);
    setting_first(Fault::new(path_cause(&received.path, &own.path), evidence))
}

fn path_cause(received: &str, own: &str) -> Cause {
    let (bare, own_bare) = (received.trim_end_matches('/'), own.trim_end_matches('/'));
    if bare == own_bare {
        Cause::UriTrailingSlash
    } else if bare.is_empty() {
        Cause::UriPrefixLost
    } else if merged(received) == merged(own) {
        Cause::UriDoubleSlash
    } else if own.ends_with(received) {
        Cause::UriPrefixLost
    } else if received.ends_with(own) {
        Cause::UriPrefixAdded
    } else if received.ends_with('/') != own.ends_with('/')
        && !own_bare.is_empty()
        && (own_bare.ends_with(bare) || bare.ends_with(own_bare))
    {
        // A prefix too, which `PublicUrl::endpoint` allows for.
        Cause::UriTrailingSlash
    } else if decoded(received) == decoded(own) {
        Cause::UriEscapesDecoded
    } else {
        Cause::UriRewritten
    }
}
