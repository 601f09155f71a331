//! Two ways to write the same: spaces, and the hex digits of escapes.

use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::url::Url;

pub(super) fn spaces<'a>(received: &Url) -> Vec<Change<'a>> {
    let query = received.query.as_deref().unwrap_or_default();
    let mut changes = Vec::new();
    if query.contains('+') {
        let evidence = "the signed query has `%20` where this one has `+`";
        // Form encoding writes `+`.
        changes.push(Change::new(Cause::UriSpace, evidence, cost::HINTED, |reading, budget| {
            let query = reading.url.query.as_ref()?;
            budget.spend(query.len())?;
            query.contains('+').then(|| query.replace('+', "%20")).map(|query| reading.url.query = Some(query))
        }));
    }
    if query.contains("%20") || query.contains(' ') {
        let evidence = "the signed query has `+` where this one has `%20`";
        changes.push(Change::new(Cause::UriSpace, evidence, cost::USUAL, |reading, budget| {
            let query = reading.url.query.as_ref()?;
            budget.spend(query.len())?;
            query.contains("%20").then(|| query.replace("%20", "+")).map(|query| reading.url.query = Some(query))
        }));
    }
    changes
}

pub(super) fn cases<'a>(received: &Url) -> Vec<Change<'a>> {
    let text = received.join();
    if !text.contains('%') {
        return Vec::new();
    }
    let has_lower = recased(&text, str::to_ascii_uppercase) != text;
    let (upper, lower) = if has_lower { (cost::HINTED, cost::USUAL) } else { (cost::USUAL, cost::USUAL) };
    [
        case("the signed URI has its escapes in upper case", upper, str::to_ascii_uppercase),
        case("the signed URI has its escapes in lower case", lower, str::to_ascii_lowercase),
    ]
    .into()
}

fn case<'a>(evidence: &'static str, cost: u8, recase: fn(&str) -> String) -> Change<'a> {
    Change::new(Cause::UriEscapeCase, evidence, cost, move |reading, budget| {
        let url = &mut reading.url;
        budget.spend(url.len())?;
        let (path, query) = (recased(&url.path, recase), url.query.as_deref().map(|query| recased(query, recase)));
        if path == url.path && query == url.query {
            return None;
        }
        (url.path, url.query) = (path, query);
        Some(())
    })
}

/// The escapes in the other case, nothing else.
fn recased(text: &str, recase: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split('%');
    let mut out: String = pieces.next().unwrap_or_default().into();
    for piece in pieces {
        out.push('%');
        match piece.split_at_checked(2) {
            Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                out.push_str(&recase(digits));
                out.push_str(rest);
            }
            _ => out.push_str(piece),
        }
    }
    out
}
