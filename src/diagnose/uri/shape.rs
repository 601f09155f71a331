//! The marks of a query: `?`, `&` and `=` that parsing and printing it adds or drops.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::text::shown;
use super::super::url::Url;
use super::parameters::MAX_PARAMETERS;

/// At most so many parameters are changed one by one.
const MAX_SINGLE: usize = 8;

pub(super) fn changes<'a>(received: &Url, method: &str) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let rewritten = Cause::UriRewritten;
    let Some(query) = &received.query else {
        let evidence = "the signed URI has a `?` at its end";
        changes.push(Change::new(rewritten, evidence, cost::USUAL, |reading, _| {
            reading.url.query.is_none().then(|| reading.url.query = Some(String::new()))
        }));
        if method == "GET" {
            // A lost query cannot be guessed.
            let evidence = "it is a GET without a query, and HubSpot appends parameters to all of its own";
            changes.push(Change::suspicion(Cause::UriQueryLost, evidence));
        }
        return changes;
    };
    if query.is_empty() {
        changes.push(Change::new(rewritten, "the URI has a `?` at its end", cost::HINTED, |reading, _| {
            reading.url.query = None;
            Some(())
        }));
        return changes;
    }
    if received.parameters().len() > MAX_PARAMETERS {
        return changes;
    }
    empties(query, &mut changes);
    flags(received, &mut changes);
    changes
}

fn each<'a>(evidence: String, cost: u8, rewrite: impl Fn(&str) -> String + 'a) -> Change<'a> {
    Change::new(Cause::UriRewritten, evidence, cost, move |reading, budget| {
        let query = reading.url.query.as_ref()?;
        budget.spend(query.len())?;
        let rewritten = rewrite(query);
        (rewritten != *query).then(|| reading.url.query = Some(rewritten))
    })
}

/// Empty parameters.
fn empties(query: &str, changes: &mut Vec<Change<'_>>) {
    let has_empty = query.split('&').any(str::is_empty);
    if has_empty {
        changes.push(each("the query has `&` next to nothing".into(), cost::HINTED, |query| {
            query.split('&').filter(|parameter| !parameter.is_empty()).collect::<Vec<_>>().join("&")
        }));
        return;
    }
    changes.push(each("the signed query ends with `&`".into(), cost::USUAL, |query| format!("{query}&")));
    changes.push(each("the signed query begins with `&`".into(), cost::KNOWN, |query| format!("&{query}")));
    for (index, (at, _)) in query.match_indices('&').enumerate().take(MAX_SINGLE) {
        let before = query.get(..at).unwrap_or_default();
        let evidence = format!("the signed query has `&&` after {}", shown(before));
        changes.push(each(evidence, cost::KNOWN, move |query| {
            let at = query.match_indices('&').nth(index).map_or(query.len(), |(at, _)| at);
            let (before, after) = query.split_at_checked(at).unwrap_or((query, ""));
            format!("{before}&{after}")
        }));
    }
}

/// `flag` and `flag=`.
fn flags(received: &Url, changes: &mut Vec<Change<'_>>) {
    let parameters = received.parameters();
    let is_printed = |parameter: &str| {
        parameter.len() > 1 && parameter.ends_with('=') && !parameter.trim_end_matches('=').contains('=')
    };
    let is_flag = |parameter: &str| !parameter.is_empty() && !parameter.contains('=');
    let printed = parameters.iter().filter(|parameter| is_printed(parameter)).count();
    let bare = parameters.iter().filter(|parameter| is_flag(parameter)).count();
    let without = |parameter: &str| parameter.strip_suffix('=').unwrap_or(parameter).to_owned();
    let with = |parameter: &str| format!("{parameter}=");
    if printed > 0 {
        let evidence = "the signed query has names without `=` where this one has `=` and no value";
        changes.push(each(evidence.into(), cost::USUAL, move |query| mapped(query, None, is_printed, without)));
    }
    if bare > 0 {
        let evidence = "the signed query has `=` after names where this one has none";
        changes.push(each(evidence.into(), cost::USUAL, move |query| mapped(query, None, is_flag, with)));
    }
    for (index, parameter) in parameters.iter().enumerate().take(MAX_PARAMETERS) {
        if printed > 1 && is_printed(parameter) {
            let evidence = format!("the signed query has {} without `=`", shown(&without(parameter)));
            changes.push(each(evidence, cost::KNOWN, move |query| mapped(query, Some(index), is_printed, without)));
        } else if bare > 1 && is_flag(parameter) {
            let evidence = format!("the signed query has `=` after {}", shown(parameter));
            changes.push(each(evidence, cost::KNOWN, move |query| mapped(query, Some(index), is_flag, with)));
        }
    }
}

/// Rewrites those parameters that fit: all of them, or only the one with this index.
fn mapped(query: &str, only: Option<usize>, fits: impl Fn(&str) -> bool, rewrite: impl Fn(&str) -> String) -> String {
    let parameters = query.split('&').enumerate().map(|(index, parameter)| {
        if only.is_none_or(|only| only == index) && fits(parameter) { rewrite(parameter) } else { parameter.into() }
    });
    parameters.collect::<Vec<_>>().join("&")
}
