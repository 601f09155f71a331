//! The host and the port.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::hints::{Headers, Hint};
use super::super::text::shown;
use super::super::url::{Url, is_internal, is_local, is_platform, without_port};
use super::endpoint::Endpoint;
use super::idn;

/// Ports that services listen on.
const PORTS: [&str; 10] = ["443", "80", "8443", "8080", "8000", "8888", "3000", "4000", "5000", "9000"];

pub(super) fn changes<'a>(received: &Url, headers: &Headers<'_>, endpoint: Option<&Endpoint>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    changes.extend(endpoint.and_then(|endpoint| of_endpoint(received, endpoint)));
    let hints = headers.hosts();
    for hint in &hints {
        of_hint(received, hint, headers, endpoint, &mut changes);
    }
    if received.authority.is_empty() || received.scheme.is_empty() {
        let evidence = format!("the URI is {}", shown(&received.join()));
        changes.push(Change::suspicion(Cause::UriPathOnly, evidence));
    }
    if received.authority.is_empty() {
        return changes;
    }
    ports(received, headers, &mut changes);
    names(received, &mut changes);
    let is_known = endpoint.is_some_and(|endpoint| endpoint.url.authority == received.authority);
    if !is_known && !changes.iter().any(|change| change.is_suspected) {
        let name = shown(&received.authority);
        if is_internal(&received.authority) {
            let evidence = format!("{name} is a name or address that HubSpot cannot reach");
            changes.push(Change::suspicion(Cause::UriHost, evidence));
        } else if is_platform(&received.authority) {
            let evidence = format!("{name} is a platform's name for a service, and HubSpot may call another");
            changes.push(Change::suspicion(Cause::UriHost, evidence));
        }
    }
    changes
}

fn set<'a>(cause: Cause, evidence: String, cost: u8, authority: &str) -> Change<'a> {
    let authority = authority.to_owned();
    Change::new(cause, evidence, cost, move |reading, _| {
        (reading.url.authority != authority).then(|| reading.url.authority.clone_from(&authority))
    })
}

/// Sets scheme and host.
fn set_origin<'a>(cause: Cause, evidence: String, cost: u8, scheme: &str, authority: &str) -> Change<'a> {
    let (scheme, authority) = (scheme.to_owned(), authority.to_owned());
    Change::new(cause, evidence, cost, move |reading, _| {
        reading.url.scheme.clone_from(&scheme);
        reading.url.authority.clone_from(&authority);
        Some(())
    })
}

fn of_endpoint<'a>(received: &Url, endpoint: &Endpoint) -> Option<Change<'a>> {
    let own = &endpoint.url;
    if own.authority.is_empty() || own.authority == received.authority {
        return None;
    }
    let cause = endpoint.authority_cause();
    if cause == Cause::UriPathOnly {
        let evidence =
            format!("the URI is {}, and the endpoint's is {}", shown(&received.path), shown(&own.endpoint()));
        return Some(set_origin(cause, evidence, cost::HINTED, &own.scheme, &own.authority).suspected());
    }
    let evidence = super::endpoint::difference("host", &received.authority, &own.authority);
    Some(set(cause, evidence, cost::HINTED, &own.authority).suspected())
}

/// The changes that a header with a host suggests: to that host, with and without its port.
fn of_hint(
    received: &Url,
    hint: &Hint,
    headers: &Headers<'_>,
    endpoint: Option<&Endpoint>,
    changes: &mut Vec<Change<'_>>,
) {
    let bare = without_port(&hint.value);
    let both = [hint.value.as_str(), bare];
    for host in both.into_iter().take(if bare == hint.value { 1 } else { 2 }) {
        let is_local = is_local(host);
        let said = format!("{} says {}", hint.source, shown(host));
        if received.authority.is_empty() {
            let says_http = headers.schemes().first().is_some_and(|hint| hint.value == "http");
            let evidence = format!("the URI is {}, and {said}", shown(&received.path));
            let usual = if is_local { "http" } else { "https" };
            let path_only = |scheme, cost| set_origin(Cause::UriPathOnly, evidence.clone(), cost, scheme, host);
            changes.push(path_only(usual, cost::HINTED).suspected_if(endpoint.is_none()));
            if !is_local {
                changes.push(path_only("http", if says_http { cost::USUAL } else { cost::KNOWN }));
            }
            continue;
        }
        if host == received.authority {
            continue;
        }
        // A later hop's own name says nothing about the public name that HubSpot called.
        let is_later_hop = is_internal(host) && !is_internal(&received.authority);
        let evidence = format!("the URI has {}, and {said}", shown(&received.authority));
        let is_same_host = without_port(host) == without_port(&received.authority);
        let cause = if is_same_host { Cause::UriPort } else { Cause::UriHost };
        let cost = if is_later_hop { cost::KNOWN } else { cost::HINTED };
        let is_suspected = !is_later_hop && !is_same_host && endpoint.is_none() && !is_local;
        if is_local {
            changes.push(set_origin(Cause::UriLocalProxy, said, cost::USUAL, "http", host));
        }
        changes.push(set(cause, evidence, cost, host).suspected_if(is_suspected));
    }
}

fn ports(received: &Url, headers: &Headers<'_>, changes: &mut Vec<Change<'_>>) {
    let bare = without_port(&received.authority);
    let mut port = |authority: &str, evidence: String, cost| {
        if authority != received.authority {
            changes.push(set(Cause::UriPort, evidence, cost, authority));
        }
    };
    for hint in headers.ports() {
        let evidence = format!("{} says {}", hint.source, hint.value);
        port(&format!("{bare}:{}", hint.value), evidence, cost::USUAL);
    }
    port(bare, "HubSpot called the host without a port".into(), cost::HINTED);
    for number in PORTS {
        port(&format!("{bare}:{number}"), format!("HubSpot called port {number}"), cost::KNOWN);
    }
}

/// Other spellings of the host's name.
fn names(received: &Url, changes: &mut Vec<Change<'_>>) {
    let authority = &received.authority;
    let lower = authority.to_ascii_lowercase();
    if lower == *authority {
        let evidence = "HubSpot called the host with capital letters";
        let labels = authority.split('.').count();
        let capitals = [1, labels.saturating_sub(1), labels].map(|labels| capitalised(authority, labels));
        for capitals in capitals.into_iter().chain([authority.to_ascii_uppercase()]) {
            changes.push(set(Cause::UriHost, evidence.into(), cost::KNOWN, &capitals));
        }
    } else {
        let evidence = "the host of the URI has capital letters";
        changes.push(set(Cause::UriHost, evidence.into(), cost::HINTED, &lower).suspected());
    }
    if let Some(rest) = authority.strip_prefix("www.") {
        changes.push(set(Cause::UriHost, "HubSpot called the host without `www.`".into(), cost::USUAL, rest));
    } else {
        let evidence = "HubSpot called the host with `www.`";
        changes.push(set(Cause::UriHost, evidence.into(), cost::KNOWN, &format!("www.{authority}")));
    }
    if let Some(rest) = authority.strip_suffix('.') {
        changes.push(set(Cause::UriHost, "the host ends with a dot".into(), cost::HINTED, rest).suspected());
    }
    if let Some(ascii) = idn::to_ascii(&lower) {
        let evidence = "the host has characters that are not ASCII, which are sent as `xn--…`";
        changes.push(set(Cause::UriHost, evidence.into(), cost::HINTED, &ascii).suspected());
    }
    if let Some(unicode) = idn::to_unicode(authority) {
        let evidence = "HubSpot called the host in its Unicode form, without `xn--`";
        changes.push(set(Cause::UriHost, evidence.into(), cost::USUAL, &unicode));
    }
}

/// The name with a capital at the beginning of the first labels.
fn capitalised(name: &str, labels: usize) -> String {
    let each = name.split('.').enumerate().map(|(index, label)| {
        let mut characters = label.chars();
        match characters.next().filter(|_| index < labels) {
            Some(first) => format!("{}{}", first.to_ascii_uppercase(), characters.as_str()),
            None => label.into(),
        }
    });
    each.collect::<Vec<_>>().join(".")
}
