//! From a set of changes that was proved to a [`Finding`].

use std::format;
use std::prelude::rust_2024::*;

use super::cause::Part;
use super::claim::Claim;
use super::scheme::guessed;
use super::search::Match;
use super::text::shown;
use super::uri::{REPLAY, ROUTE, other_endpoint, path_fault, setting_first};
use super::url::{Url, is_internal};
use super::{Cause, Certainty, Fault, Finding};
use crate::UnixTime;

/// The facts of the service that the request shows, for the fixes.
pub(super) struct Setting<'s> {
    pub(super) received: &'s Url,
    pub(super) body: &'s [u8],
    pub(super) endpoint: Option<&'s str>,
    /// The endpoint that the service has, if it refuses the request for another path.
    pub(super) public_url: Option<&'s Url>,
    pub(super) timestamp: Option<&'s str>,
    pub(super) now: UnixTime,
}

impl Setting<'_> {
    /// Whether the service has this endpoint already.
    pub(super) fn has(&self, endpoint: &Url) -> bool {
        self.public_url.is_some_and(|own| own.endpoint() == endpoint.endpoint())
    }
}

/// The faults of a match, in the order of the parts they concern.
pub(super) fn faults(found: &Match<'_, '_>, claim: &Claim, pinned: &[Fault], setting: &Setting<'_>) -> Vec<Fault> {
    let presented = claim.readings.get(found.presented).map(|presented| presented.faults.as_slice());
    let is_encoding = |fault: &&Fault| matches!(fault.cause(), Cause::HeaderBase64ForHex | Cause::HeaderHexForBase64);
    let presented = presented.unwrap_or_default().iter().filter(|fault| {
        // The right encoding of the version that it is.
        !(found.recipe.is_other_version && is_encoding(fault))
    });
    let recipe = found.recipe.fault.as_ref().map(|fault| match found.guess {
        Some(guess) => guessed(fault, guess, setting.timestamp, setting.now),
        None => fault.clone(),
    });
    let changes = found.changes.iter().map(|change| &change.fault);
    let mut faults: Vec<Fault> = Vec::new();
    let all = found.candidate.faults.iter().chain(pinned).chain(changes).chain(presented).chain(&claim.faults);
    for fault in all.cloned().chain(recipe) {
        let fault = fixed(fault, found, setting);
        match faults.iter_mut().find(|known| known.cause() == fault.cause()) {
            Some(known) => known.add_evidence(fault.evidence()),
            None => faults.push(fault),
        }
    }
    let faults = path_faults(faults);
    let faults = body_faults(faults, &found.reading.body, setting.body);
    let mut faults = faults;
    faults.sort_by_key(|fault| order(fault.cause().part()));
    faults
}

/// One fault of the path where its front was replaced.
fn path_faults(faults: Vec<Fault>) -> Vec<Fault> {
    let is_front = |fault: &Fault| matches!(fault.cause(), Cause::UriPrefixAdded | Cause::UriPrefixLost);
    let fronts: Vec<&str> = faults.iter().filter(|fault| is_front(fault)).map(Fault::evidence).collect();
    let [first, second] = fronts.as_slice() else { return faults };
    let rewritten = Fault::new(Cause::UriRewritten, format!("{first}; {second}"));
    faults.iter().filter(|fault| !is_front(fault)).cloned().chain([rewritten]).collect()
}

/// One fault of the body where its serialiser made several changes at once.
fn body_faults(mut faults: Vec<Fault>, signed: &[u8], received: &[u8]) -> Vec<Fault> {
    let is_end = |byte: &&u8| !matches!(byte, b'\r' | b'\n');
    let is_rewritten = |fault: &Fault| fault.cause() == Cause::BodyReserialised;
    if !faults.iter().any(is_rewritten) {
        return faults;
    }
    if signed.iter().filter(is_end).eq(received.iter().filter(is_end)) {
        let evidence = "the signed body has more ends of lines, and is the same but for them";
        faults.retain(|fault| fault.cause().part() != Part::Body);
        faults.push(Fault::new(Cause::BodyLineEndings, evidence));
        return faults;
    }
    let is_edge =
        |fault: &Fault| matches!(fault.cause(), Cause::BodyTrimmed | Cause::BodyWhiteSpace | Cause::BodyLineEndings);
    let (edges, mut faults): (Vec<Fault>, Vec<Fault>) = faults.into_iter().partition(is_edge);
    if let Some(rewritten) = faults.iter_mut().find(|fault| is_rewritten(fault)) {
        for edge in &edges {
            rewritten.add_evidence(edge.evidence());
        }
    }
    faults
}

const fn order(part: Part) -> u8 {
    match part {
        Part::Secret => 0,
        Part::Header => 1,
        Part::Scheme => 2,
        Part::Time => 3,
        Part::Method => 4,
        Part::Uri => 5,
        Part::Body => 6,
    }
}

/// The fault with a fix that names the URL that was signed.
fn fixed(fault: Fault, found: &Match<'_, '_>, setting: &Setting<'_>) -> Fault {
    let called = &found.reading.url;
    if fault.cause().part() != Part::Uri || !called.is_whole() {
        return fault;
    }
    if setting.has(called) {
        return match fault.cause().on_the_way() {
            Some(way) => fault.fixed_by(format!(
                "The endpoint's URL was signed. If HubSpot's own requests arrive like this one, the path was changed \
                 on the way: {way} Otherwise, {REPLAY}."
            )),
            None => fault,
        };
    }
    let endpoint = called.endpoint();
    // Whether HubSpot is known to call this path.
    let is_own = setting.endpoint.is_some_and(|endpoint| Url::split(endpoint).path == called.path);
    let fault = if is_own && called.path != setting.received.path { setting_first(fault) } else { fault };
    let fix = named(fault.fix(), &endpoint);
    // HubSpot cannot have called an internal name, and it does call the endpoint: neither is a sign of a replay.
    let told = setting.endpoint.map(Url::split).filter(Url::is_whole);
    let is_known = told.as_ref().is_some_and(|told| told.authority == called.authority);
    let other = if fault.cause() == Cause::UriHost && !is_known && !is_internal(&setting.received.authority) {
        shown(&called.authority)
    } else if told.is_some_and(|told| !is_same(&told.endpoint(), &endpoint)) && names_signed(&fault) {
        shown(&endpoint)
    } else {
        return fault.fixed_by(fix);
    };
    let warning = format!(
        "The signature is that of a request to {other}: perhaps a replay of one that was captured there. Only if \
         HubSpot itself calls {other}: {fix}"
    );
    fault.fixed_by(warning)
}

/// Whether two URLs are the same but for a slash at the end.
fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// Whether the fix makes the service accept the URL that was signed.
fn names_signed(fault: &Fault) -> bool {
    fault.cause() == Cause::UriRewritten || fault.fix().contains("PublicUrl::endpoint(")
}

/// The fault of the service's endpoint where the path that arrived was signed.
pub(super) fn setting_fault(found: &Match<'_, '_>, setting: &Setting<'_>) -> Option<Fault> {
    let (signed, own) = (&found.reading.url, setting.public_url?);
    if !found.recipe.covers_head || signed.path != setting.received.path {
        return None;
    }
    // With another host it is perhaps a replay, and `fixed` says so.
    let told = setting.endpoint.map(Url::split);
    if signed.authority != own.authority && told.as_ref().is_none_or(|told| told.authority != signed.authority) {
        return None;
    }
    let is_called = told.is_some_and(|told| told.endpoint() == signed.endpoint());
    let cause = if is_same(&signed.path, &own.path) { Cause::UriTrailingSlash } else { Cause::UriEndpoint };
    let fault = other_endpoint(cause, &signed.path, &own.path, is_called);
    let fix = named(fault.fix(), &signed.endpoint());
    Some(fault.fixed_by(fix))
}

/// The likely fault of a path that is not the endpoint's, where no signature says which of the two HubSpot called.
pub(super) fn open_path(setting: &Setting<'_>) -> Option<Fault> {
    let (arrived, own) = (setting.received, setting.public_url?);
    let on_the_way = path_fault(arrived, own);
    // A configured path can differ in any way, so only a slash at its end has a cause of its own.
    let cause = match on_the_way.cause() {
        slash @ Cause::UriTrailingSlash => slash,
        _ => Cause::UriEndpoint,
    };
    let fault = Fault::new(cause, on_the_way.evidence().to_owned());
    // The diagnosis was given another URL than the one that the service has.
    let told = setting.endpoint.map(Url::split).filter(|told| told.is_whole() && !setting.has(told));
    let first = if cause == Cause::UriTrailingSlash && !is_same(&arrived.path, &own.path) {
        // The path that arrived lacks the prefix, so HubSpot does not call it.
        "Configure the URL as it is in HubSpot, with a slash at its end only if it has one there"
    } else {
        "If HubSpot calls the path that arrived, configure it"
    };
    let fix = match told {
        Some(told) => named(fault.fix(), &told.endpoint()),
        None => format!(
            "{first}: `PublicUrl::endpoint(…)`. {ROUTE} If HubSpot calls the endpoint, {REPLAY}, or the path was \
             changed on the way: {}",
            on_the_way.cause().on_the_way().unwrap_or_default()
        ),
    };
    Some(fault.fixed_by(fix))
}

/// The fix with the endpoint's own URL in it.
pub(super) fn named(fix: &str, endpoint: &str) -> String {
    let line = format!("PublicUrl::endpoint({})", shown(endpoint));
    fix.replace("PublicUrl::endpoint(\"https://your.public.host/path\")", &line)
        .replace("PublicUrl::endpoint(…)", &line)
}

/// The finding of a match.
pub(super) fn finding(found: &Match<'_, '_>, claim: &Claim, faults: Vec<Fault>) -> Finding {
    let signed_uri = found.recipe.covers_head.then(|| found.reading.url.join());
    let matched = [(claim.header, found.candidate.index)].into();
    Finding { faults, certainty: Certainty::Proved, matched, signed_uri }
}
