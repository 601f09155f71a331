//! Parameters of the query that were added, repeated, renamed or lost.

use std::collections::HashSet;
use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::text::shown;
use super::super::url::Url;
use super::endpoint::Endpoint;

/// A query with more parameters than this is left as it is.
pub(super) const MAX_PARAMETERS: usize = 32;
/// Parameters that HubSpot appends to the URLs of its own products.
pub(super) const APPENDED: [&str; 6] =
    ["userId", "portalId", "userEmail", "appId", "associatedObjectId", "associatedObjectType"];

pub(super) fn changes<'a>(received: &Url, endpoint: Option<&Endpoint>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let own = endpoint.and_then(|endpoint| endpoint.url.query.as_ref());
    if let Some(own) = own.filter(|own| !received.query.as_deref().unwrap_or_default().starts_with(own.as_str())) {
        let rest = received.query.as_ref().map(|query| format!("&{query}")).unwrap_or_default();
        let evidence = format!("the endpoint has the query {}", shown(own));
        changes.push(set(Cause::UriQueryLost, evidence.clone(), cost::HINTED, Some(own.clone())).suspected());
        changes.push(set(Cause::UriQueryLost, evidence, cost::HINTED, Some(format!("{own}{rest}"))));
    }
    let Some(query) = &received.query else { return changes };
    let half = query.len() / 2;
    let halves = query.split_at_checked(half).and_then(|(first, rest)| Some((first, rest.strip_prefix(['&', '?'])?)));
    if let Some((first, _)) = halves.filter(|(first, second)| first == second && !first.is_empty()) {
        let evidence = "both halves of the query are the same";
        changes.push(set(Cause::UriQueryDoubled, evidence.into(), cost::HINTED, Some(first.into())).suspected());
    }
    let parameters = received.parameters();
    if parameters.len() > MAX_PARAMETERS {
        return changes;
    }
    repeated(&parameters, &mut changes);
    renamed(&parameters, &mut changes);
    added(&parameters, &mut changes);
    changes
}

fn set<'a>(cause: Cause, evidence: String, cost: u8, query: Option<String>) -> Change<'a> {
    Change::new(cause, evidence, cost, move |reading, budget| {
        budget.spend(query.as_ref().map_or(0, String::len))?;
        (reading.url.query != query).then(|| reading.url.query.clone_from(&query))
    })
}

fn repeated(parameters: &[&str], changes: &mut Vec<Change<'_>>) {
    let mut seen = HashSet::new();
    let unique: Vec<&str> =
        parameters.iter().copied().filter(|parameter| parameter.is_empty() || seen.insert(*parameter)).collect();
    if unique.len() < parameters.len() {
        let evidence = "parameters of the query occur twice";
        let query = Some(unique.join("&"));
        changes.push(set(Cause::UriQueryDoubled, evidence.into(), cost::HINTED, query).suspected());
    }
}

/// Names that a parser of nested parameters gave to repeated ones: `a[]=1&a[]=2`, `a[0]=1&a[1]=2`, `a=1,2`.
fn renamed(parameters: &[&str], changes: &mut Vec<Change<'_>>) {
    let bare = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let name = name.replace("%5B", "[").replace("%5b", "[").replace("%5D", "]").replace("%5d", "]");
        let (name, index) = name.strip_suffix(']')?.rsplit_once('[')?;
        index.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{name}={value}"))
    };
    if parameters.iter().any(|parameter| bare(parameter).is_some()) {
        let all: Vec<String> =
            parameters.iter().map(|parameter| bare(parameter).unwrap_or_else(|| (*parameter).into())).collect();
        let evidence = "names in the query end with `[]` or a number in brackets";
        let query = Some(all.join("&"));
        changes.push(set(Cause::UriRewritten, evidence.into(), cost::HINTED, query).suspected());
    }
    for comma in [",", "%2C", "%2c"] {
        let split = |parameter: &&str| match parameter.split_once('=') {
            Some((name, value)) if value.contains(comma) => {
                let values = value.split(comma).take(16).map(|value| format!("{name}={value}"));
                values.collect::<Vec<_>>().join("&")
            }
            _ => (*parameter).to_owned(),
        };
        if parameters.iter().any(|parameter| parameter.contains(comma)) {
            let evidence = format!("a value in the query has `{comma}` where the signed query repeats the name");
            let query = parameters.iter().map(split).collect::<Vec<_>>().join("&");
            changes.push(set(Cause::UriRewritten, evidence, cost::KNOWN, Some(query)));
        }
    }
    // Of a repeated name, `[]` was removed.
    let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_owned();
    let names: Vec<String> = parameters.iter().map(|parameter| name(parameter)).collect();
    let is_repeated = |name: &String| names.iter().filter(|other| *other == name).take(2).count() > 1;
    if names.iter().any(is_repeated) {
        for brackets in ["[]", "%5B%5D"] {
            let bracketed = parameters.iter().map(|parameter| match parameter.split_once('=') {
                Some((name, value)) if is_repeated(&name.to_owned()) => format!("{name}{brackets}={value}"),
                _ => (*parameter).to_owned(),
            });
            let query = bracketed.collect::<Vec<_>>().join("&");
            let evidence = format!("the signed query has `{brackets}` after a repeated name");
            changes.push(set(Cause::UriRewritten, evidence, cost::KNOWN, Some(query)));
        }
    }
}

/// Parameters that a hop added: any one, or several at the beginning or the end.
fn added(parameters: &[&str], changes: &mut Vec<Change<'_>>) {
    let name = |parameter: &str| parameter.split('=').next().unwrap_or_default().to_owned();
    for left_out in 0..parameters.len() {
        let kept = parameters.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, kept)| *kept);
        let kept: Vec<&str> = kept.collect();
        let name = parameters.get(left_out).map(|parameter| name(parameter)).unwrap_or_default();
        let query = (!kept.is_empty()).then(|| kept.join("&"));
        let evidence = format!("the signed query lacks the parameter {}", shown(&name));
        changes.push(set(Cause::UriQueryAdded, evidence, cost::KNOWN, query));
    }
    for count in 2..parameters.len() {
        let rest = parameters.len().saturating_sub(count);
        let ends = [parameters.get(..rest), parameters.get(count..)];
        for (kept, end) in ends.into_iter().zip(["last", "first"]) {
            let evidence = format!("the signed query lacks the {end} {count} parameters");
            let query = kept.map(|kept| kept.join("&"));
            changes.push(set(Cause::UriQueryAdded, evidence, cost::GUESS, query));
        }
    }
    if parameters.len() > 1 {
        changes.push(set(Cause::UriQueryAdded, "the signed URI has no query".into(), cost::KNOWN, None));
    }
}
