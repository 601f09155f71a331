//! The scheme: http where HubSpot called https, or the reverse.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::hints::Headers;
use super::super::url::Url;
use super::endpoint::Endpoint;

pub(super) fn changes<'a>(received: &Url, headers: &Headers<'_>, endpoint: Option<&Endpoint>) -> Vec<Change<'a>> {
    let hints = headers.schemes();
    let has = if received.scheme.is_empty() { "no scheme" } else { &received.scheme };
    let known = endpoint.map(|endpoint| endpoint.url.scheme.as_str()).filter(|scheme| !scheme.is_empty());
    let mut changes = Vec::new();
    for scheme in ["https", "http"] {
        if received.scheme == scheme {
            continue;
        }
        let hint = hints.iter().find(|hint| hint.value == scheme);
        let said = match hint {
            _ if known == Some(scheme) => format!(", and the endpoint {scheme}"),
            Some(hint) => format!(", and {} says {scheme}", hint.source),
            None => String::new(),
        };
        // HubSpot calls https but for local development, so http is suspicious by itself.
        let is_likely = known.map_or(scheme == "https", |known| known == scheme);
        let cost = if is_likely || hint.is_some() { cost::HINTED } else { cost::KNOWN };
        let change = Change::new(Cause::UriScheme, format!("the URI has {has}{said}"), cost, move |reading, _| {
            (reading.url.scheme != scheme && !reading.url.authority.is_empty())
                .then(|| reading.url.scheme = scheme.into())
        });
        changes.push(change.suspected_if(is_likely && !received.scheme.is_empty()));
    }
    changes
}
