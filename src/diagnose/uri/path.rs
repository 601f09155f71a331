//! The path: prefixes, slashes, and what other headers say about it.

use std::format;
use std::prelude::rust_2024::*;

use super::super::budget::Budget;
use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::hints::Headers;
use super::super::text::shown;
use super::super::url::Url;
use super::endpoint::Endpoint;
use super::escapes::in_path;
use super::prefixes::{STAGES, USUAL};

/// Paths with more segments than this are not searched for a repetition.
const MAX_REPEATED: usize = 8;
/// At most so many segments are taken from the front without a hint.
const MAX_REMOVED: usize = 4;
/// The cost of making one of very many changes.
const PER_CHANGE: usize = 64;
/// At most so many slashes are doubled, each by itself.
const MAX_SLASHES: usize = 12;

/// The slashes of the path, and what was put in front of it.
pub(super) fn shapes<'a>(received: &Url) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    slashes(&received.path, &mut changes);
    removed(&received.path, &mut changes);
    escaped_slashes(&received.path, &mut changes);
    changes
}

/// The changes that give back a part of the front of the path, or all of it.
pub(super) fn changes<'a>(
    received: &Url,
    headers: &Headers<'_>,
    endpoint: Option<&Endpoint>,
    budget: &mut Budget,
) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    if let Some(endpoint) = endpoint.filter(|endpoint| endpoint.url.path != received.path) {
        let fault = endpoint.path_fault();
        let change = set(fault.cause(), fault.evidence().into(), cost::HINTED, &endpoint.url.path);
        changes.push(change.fixed_by(fault.fix().to_owned()).suspected());
        // The setting may be wrong by its last slash, while a hop adds or removes a prefix.
        changes.extend(endpoint.other_slash().map(|(path, fault)| {
            let change = set(fault.cause(), fault.evidence().into(), cost::HINTED, &path);
            change.fixed_by(fault.fix().to_owned())
        }));
    }
    let is_unknown = endpoint.is_none();
    for hint in headers.targets() {
        let original = Url::split(&hint.value);
        let evidence = format!("{} says {}", hint.source, shown(&hint.value));
        let differs = original.path != received.path || original.query.is_some() && original.query != received.query;
        if original.query.is_none() {
            changes.push(set(Cause::UriRewritten, evidence.clone(), cost::HINTED, &original.path));
        }
        let change = Change::new(Cause::UriRewritten, evidence, cost::HINTED, move |reading, _| {
            reading.url.path.clone_from(&original.path);
            reading.url.query.clone_from(&original.query);
            Some(())
        });
        changes.push(change.suspected_if(differs && is_unknown));
    }
    for hint in headers.prefixes() {
        let evidence = format!("{} says {}", hint.source, shown(&hint.value));
        let is_lost = !received.path.starts_with(&hint.value);
        changes.push(prefixed(evidence, cost::HINTED, &hint.value).suspected_if(is_lost && is_unknown));
    }
    for prefix in USUAL {
        changes.push(prefixed(format!("the signed path begins with {prefix}"), cost::KNOWN, prefix));
    }
    if endpoint.is_none() {
        joined_prefixes(&mut changes, budget);
    }
    changes
}

fn set<'a>(cause: Cause, evidence: String, cost: u8, path: &str) -> Change<'a> {
    let path = path.to_owned();
    Change::new(cause, evidence, cost, move |reading, _| {
        (reading.url.path != path).then(|| reading.url.path.clone_from(&path))
    })
}

/// Puts a prefix in front.
fn prefixed<'a>(evidence: String, cost: u8, prefix: &str) -> Change<'a> {
    let prefix = prefix.to_owned();
    Change::new(Cause::UriPrefixLost, evidence, cost, move |reading, budget| {
        budget.spend(prefix.len())?;
        let path = &reading.url.path;
        reading.url.path = format!("{prefix}{}", if path.is_empty() { "/" } else { path });
        Some(())
    })
}

/// Two usual prefixes, one after the other: a stage or a mount point, and a router's path.
fn joined_prefixes(changes: &mut Vec<Change<'_>>, budget: &mut Budget) {
    let count = STAGES.saturating_mul(USUAL.len());
    if budget.afford(count.saturating_mul(PER_CHANGE)).is_none() {
        return;
    }
    for first in USUAL.iter().take(STAGES) {
        for second in USUAL {
            let prefix = format!("{first}{second}");
            changes.push(prefixed(format!("the signed path begins with {prefix}"), cost::FAR, &prefix));
        }
    }
}

fn slashes(path: &str, changes: &mut Vec<Change<'_>>) {
    if path.is_empty() {
        let evidence = "the signed path is `/`";
        changes.push(set(Cause::UriTrailingSlash, evidence.into(), cost::HINTED, "/"));
        return;
    }
    if let Some(rest) = path.strip_suffix('/') {
        let evidence = "the signed path has no `/` at its end";
        changes.push(set(Cause::UriTrailingSlash, evidence.into(), cost::USUAL, rest));
    } else {
        let evidence = "the signed path has a `/` at its end";
        changes.push(set(Cause::UriTrailingSlash, evidence.into(), cost::USUAL, &format!("{path}/")));
    }
    if path.contains("//") {
        let evidence = "the signed path has `/` where this one has `//`";
        changes.push(set(Cause::UriDoubleSlash, evidence.into(), cost::HINTED, &merged(path)).suspected());
    }
    for (at, _) in path.match_indices('/').take(MAX_SLASHES) {
        let Some((before, after)) = path.split_at_checked(at) else { continue };
        let evidence = if at == 0 {
            "the signed path begins with `//`".to_owned()
        } else {
            format!("the signed path has `//` after {}", shown(before))
        };
        changes.push(set(Cause::UriDoubleSlash, evidence, cost::KNOWN, &format!("{before}/{after}")));
    }
}

/// The path with one slash where several follow each other.
pub(super) fn merged(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !out.ends_with('/') {
            out.push(c);
        }
    }
    out
}

/// Segments at the front that HubSpot did not call.
fn removed(path: &str, changes: &mut Vec<Change<'_>>) {
    let mut rest = path;
    for depth in 1..=MAX_REPEATED {
        let Some(at) = rest.strip_prefix('/').and_then(|after| after.find('/')) else { break };
        let Some((_, after)) = rest.split_at_checked(at.saturating_add(1)) else { break };
        rest = after;
        let prefix = path.strip_suffix(rest).unwrap_or_default();
        let is_repeated = rest.strip_prefix(prefix).is_some_and(|after| after.is_empty() || after.starts_with('/'));
        if is_repeated {
            let evidence = format!("the path begins with {} twice, the signed one once", shown(prefix));
            changes.push(set(Cause::UriPrefixAdded, evidence, cost::HINTED, rest).suspected());
        } else if depth <= MAX_REMOVED {
            let evidence = format!("the signed path lacks {} at its beginning", shown(prefix));
            let cost = if depth == 1 { cost::USUAL } else { cost::KNOWN };
            changes.push(set(Cause::UriPrefixAdded, evidence, cost, rest));
        }
    }
    if let Some((before, _)) = path.split_once(';') {
        let evidence = "the path has a parameter after `;`";
        changes.push(set(Cause::UriRewritten, evidence.into(), cost::KNOWN, before));
    }
}

/// Each slash may have been an escaped one: WSGI and some proxies decode the path and nothing else.
fn escaped_slashes(path: &str, changes: &mut Vec<Change<'_>>) {
    for (at, _) in path.match_indices('/').skip(1).take(MAX_SLASHES) {
        let Some((before, after)) = path.split_at_checked(at) else { continue };
        let Some(after) = after.strip_prefix('/').filter(|after| !after.is_empty()) else { continue };
        for escape in ["%2F", "%2f"] {
            let evidence = format!("the signed path has `{escape}` after {}", shown(before));
            let escaped = in_path(&format!("{before}{escape}{after}"));
            changes.push(set(Cause::UriEscapesDecoded, evidence, cost::KNOWN, &escaped));
        }
    }
}
