//! Escapes of the URI that were decoded, kept, or made twice.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::reading::Reading;
use super::super::url::Url;

/// Of so many different characters, each set is tried.
const MAX_SETS: usize = 6;
/// Characters that an escape may stand for in a query's value, or in a path except `/`.
const RESERVED: &str = ":/?@!$'()*,;[]~|+&=#";
const UNRESERVED: &str = "-_.~";

pub(super) fn changes<'a>(received: &Url) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    let text = received.join();
    quotes(&text, &mut changes);
    if has_escaped_percent(&text) {
        let evidence = "the URI has `%25` where the signed one has `%`";
        changes.push(in_both(Cause::UriEscapesDoubled, evidence.into(), cost::USUAL, |text| text.replace("%25", "%")));
    }
    kept(received, &mut changes);
    encoded_again(received, &text, &mut changes);
    changes
}

fn has_escaped_percent(text: &str) -> bool {
    text.match_indices("%25").any(|(at, _)| {
        let after = text.as_bytes().get(at.saturating_add(3)..at.saturating_add(5));
        after.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Rewrites path and query.
fn in_both<'a>(cause: Cause, evidence: String, cost: u8, rewrite: impl Fn(&str) -> String + 'a) -> Change<'a> {
    rewritten(cause, evidence, cost, move |url| {
        url.path = rewrite(&url.path);
        url.query = url.query.as_deref().map(&rewrite);
    })
}

fn rewritten<'a>(cause: Cause, evidence: String, cost: u8, rewrite: impl Fn(&mut Url) + 'a) -> Change<'a> {
    Change::new(cause, evidence, cost, move |reading: &mut Reading<'a>, budget| {
        budget.spend(reading.url.len().saturating_mul(4))?;
        let mut url = reading.url.clone();
        rewrite(&mut url);
        (url != reading.url).then(|| reading.url = url)
    })
}

fn quotes(text: &str, changes: &mut Vec<Change<'_>>) {
    if text.contains("%27") {
        let evidence = "the signed URI has `'` where this one has `%27`";
        changes.push(in_both(Cause::UriQuote, evidence.into(), cost::USUAL, |text| text.replace("%27", "'")));
    }
    if text.contains('\'') {
        let evidence = "the signed URI has `%27` where this one has `'`";
        changes.push(in_both(Cause::UriQuote, evidence.into(), cost::USUAL, |text| text.replace('\'', "%27")));
    }
}

/// Escapes that the signed URI has not: all, or some of them.
fn kept(received: &Url, changes: &mut Vec<Change<'_>>) {
    let text = received.join();
    let mut present: Vec<String> = Vec::new();
    for (at, _) in text.match_indices('%') {
        let Some(escape) = text.get(at..at.saturating_add(3)).filter(|escape| is_escape(escape)) else { continue };
        let upper = escape.to_ascii_uppercase();
        if present.len() <= MAX_SETS && !present.contains(&upper) {
            present.push(upper);
        }
    }
    if present.is_empty() {
        return;
    }
    let evidence = "the signed URI has all escapes decoded";
    let cause = if has_escaped_percent(&text) { Cause::UriEscapesDoubled } else { Cause::UriEscapesKept };
    changes.push(in_both(cause, evidence.into(), cost::USUAL, decoded));
    let evidence = "the signed URI has the twelve escapes of v3 decoded";
    changes.push(in_both(Cause::UriEscapesKept, evidence.into(), cost::USUAL, |text| {
        decoded_where(text, |byte| b":/?@!$'()*,;".contains(&byte))
    }));
    let evidence = "the signed URI has escapes decoded that stand for letters, digits and `-_.~`";
    changes.push(in_both(Cause::UriEscapesKept, evidence.into(), cost::USUAL, |text| {
        decoded_where(text, |byte| byte.is_ascii_alphanumeric() || UNRESERVED.as_bytes().contains(&byte))
    }));
    if present.len() > MAX_SETS {
        return;
    }
    for set in sets(&present) {
        let cost = if set.len() == 1 { cost::KNOWN } else { cost::GUESS };
        let evidence = format!("the signed URI has {} decoded", set.join(" and "));
        changes.push(in_both(Cause::UriEscapesKept, evidence, cost, move |text| {
            decoded_where(text, |byte| set.contains(&format!("%{byte:02X}")))
        }));
    }
}

/// Every set of the items, but the empty one.
fn sets<T: Clone>(items: &[T]) -> impl Iterator<Item = Vec<T>> {
    let count = 1_usize.checked_shl(u32::try_from(items.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    (1..count).map(|set| {
        let chosen = items.iter().enumerate().filter(|(index, _)| (set >> *index) & 1 == 1);
        chosen.map(|(_, item)| item.clone()).collect()
    })
}

/// Escapes that the URI has lost.
fn encoded_again(received: &Url, text: &str, changes: &mut Vec<Change<'_>>) {
    let is_illegal = |c: char| !c.is_ascii() || c <= ' ' || "\"<>{}|\\^`".contains(c);
    let query = received.query.as_deref().unwrap_or_default();
    let has_lone_percent =
        text.match_indices('%').any(|(at, _)| !text.get(at..at.saturating_add(3)).is_some_and(is_escape));
    let evidence = if text.contains(is_illegal) {
        "the URI has characters that are always escaped in a request"
    } else if has_lone_percent {
        "the URI has a `%` that begins no escape"
    } else if query.contains("://") || query.split_once('?').is_some_and(|(before, after)| before != after) {
        "a value in the query has `:`, `/` or `?` without an escape"
    } else {
        ""
    };
    let cost = if evidence.is_empty() { cost::USUAL } else { cost::HINTED };
    let mut push = |how: &str, rewrite: fn(&mut Url)| {
        let evidence = match evidence {
            "" => format!("the signed URI {how}"),
            evidence => format!("{evidence}, and the signed one {how}"),
        };
        changes.push(rewritten(Cause::UriEscapesDecoded, evidence, cost, rewrite));
    };
    push("has escapes in its values for all but letters, digits and `-_.~`", |url| {
        in_values(url, |text| encoded(text, UNRESERVED, false));
    });
    push("has escapes in its names and values for all but letters, digits and `-_.~`", |url| {
        url.path = in_path(&url.path);
        let parameters = |query: &str| {
            let each = query.split('&').map(|parameter| match parameter.split_once('=') {
                Some((name, value)) => {
                    format!("{}={}", encoded(name, UNRESERVED, false), encoded(value, UNRESERVED, false))
                }
                None => encoded(parameter, UNRESERVED, false),
            });
            each.collect::<Vec<_>>().join("&")
        };
        url.query = url.query.as_deref().map(parameters);
    });
    push("has escapes in its values as `encodeURIComponent` writes them", |url| {
        in_values(url, |text| encoded(text, "-_.~!*'()", false));
    });
    push("has its values escaped as a form", |url| in_values(url, |text| encoded(text, "-_.*", true)));
    push("has escapes for what a URI cannot contain", |url| {
        let keep = "-_.~!*'();:@&=+$,/?[]";
        url.path = encoded(&url.path, keep, false);
        url.query = url.query.as_deref().map(|query| encoded(query, keep, false));
    });
    push("has all reserved characters of its path escaped", |url| {
        let segments: Vec<String> = url.path.split('/').map(|segment| encoded(segment, UNRESERVED, false)).collect();
        url.path = segments.join("/");
    });
    push("has spaces as `+`, and escapes for what a URI cannot contain", |url| {
        let keep = "-_.~!*'();:@&=+$,/?[]";
        url.path = in_path(&url.path);
        url.query = url.query.as_deref().map(|query| encoded(&query.replace(' ', "+"), keep, false));
    });
    if !evidence.is_empty() {
        changes.push(Change::suspicion(Cause::UriEscapesDecoded, evidence));
    }
    single_characters(received, changes);
}

/// Single characters, or sets of them, that were escaped in the path and in values.
fn single_characters(received: &Url, changes: &mut Vec<Change<'_>>) {
    let values: String =
        received.parameters().iter().filter_map(|one| one.split_once('=')).map(|(_, value)| value).collect();
    let is_present = |c: &char| values.contains(*c) || *c != '/' && received.path.contains(*c);
    let present: Vec<char> = RESERVED.chars().filter(is_present).collect();
    let usual = if present.len() > MAX_SETS {
        present.iter().map(|c| [*c].to_vec()).collect()
    } else {
        sets(&present).collect::<Vec<_>>()
    };
    for set in usual {
        let cost = if set.len() == 1 { cost::USUAL } else { cost::KNOWN };
        let escapes: Vec<String> = set.iter().map(|c| format!("`{c}`")).collect();
        let evidence = format!("the signed URI has {} escaped", escapes.join(" and "));
        changes.push(rewritten(Cause::UriEscapesDecoded, evidence, cost, move |url| {
            let with_escapes = |text: &str, is_path: bool| -> String {
                let is_escaped = |c: char| set.contains(&c) && !(is_path && c == '/');
                let mut out = String::with_capacity(text.len());
                text.chars().for_each(|c| if is_escaped(c) { push_escape(&mut out, c) } else { out.push(c) });
                out
            };
            url.path = with_escapes(&url.path, true);
            in_values_only(url, |text| with_escapes(text, false));
        }));
    }
}

fn in_values(url: &mut Url, rewrite: impl Fn(&str) -> String) {
    url.path = in_path(&url.path);
    in_values_only(url, rewrite);
}

/// Escapes what a path cannot contain.
pub(super) fn in_path(path: &str) -> String {
    encoded(path, "-_.~!*'();:@&=+$,/[]", false)
}

fn in_values_only(url: &mut Url, rewrite: impl Fn(&str) -> String) {
    let parameters = |query: &str| {
        let each = query.split('&').map(|parameter| match parameter.split_once('=') {
            Some((name, value)) => format!("{}={}", encoded(name, "-_.~!*'();:@$,/?[]+", false), rewrite(value)),
            None => rewrite(parameter),
        });
        each.collect::<Vec<_>>().join("&")
    };
    url.query = url.query.as_deref().map(parameters);
}

/// Escapes all but ASCII letters, digits, and what is to be kept. Escapes that are there already stay.
fn encoded(text: &str, keep: &str, space_as_plus: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let is_escape = c == '%' && text.get(at..at.saturating_add(3)).is_some_and(is_escape);
        if c.is_ascii_alphanumeric() || keep.contains(c) || is_escape {
            out.push(c);
        } else if " +".contains(c) && space_as_plus {
            out.push('+');
        } else {
            push_escape(&mut out, c);
        }
    }
    out
}

fn push_escape(out: &mut String, c: char) {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default().to_ascii_uppercase();
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        out.extend(['%', digit(byte >> 4), digit(byte & 0x0f)]);
    }
}

/// Whether this is `%` and two hex digits.
fn is_escape(text: &str) -> bool {
    matches!(text.as_bytes(), [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// All escapes decoded; the text as it was, if that is not UTF-8.
pub(super) fn decoded(text: &str) -> String {
    decoded_where(text, |_| true)
}

/// Some escapes decoded; the text as it was, if that is not UTF-8.
fn decoded_where(text: &str, is_decoded: impl Fn(u8) -> bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, after @ ..]) => hex_pair(*high, *low).map(|byte| (byte, after)),
            _ => None,
        };
        let (byte, after) = escaped.filter(|(byte, _)| is_decoded(*byte)).unwrap_or((*first, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.into())
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte| char::from(byte).to_digit(16);
    u8::try_from((digit(high)? << 4) | digit(low)?).ok()
}
