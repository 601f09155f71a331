//! The body's shape as evidence, where the signed body cannot be made from it.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::Change;
use super::super::hints::Headers;
use super::super::text::{bytes, shown};
use super::json::Json;
use super::slots::MAX_REWRITTEN;

/// Methods whose requests need not have a body.
const WITHOUT_BODY: [&str; 4] = ["GET", "HEAD", "DELETE", "OPTIONS"];

/// So many question marks are looked at, and so many bytes before each.
const MAX_MARKS: usize = 200;
const MAX_NEAR: usize = 200;

/// The suspicions, the strongest first.
pub(super) fn suspicions<'a>(body: &[u8], method: &str, headers: &Headers<'_>) -> Vec<Change<'a>> {
    let mut suspicions = Vec::new();
    let mut push = |cause, evidence: String| suspicions.push(Change::suspicion(cause, evidence));
    let promised = headers.content_length();
    let length = body.len() as u64;
    if body.is_empty() {
        match promised {
            Some(promised) if promised > 0 => {
                push(Cause::BodyLost, format!("Content-Length says {promised}, and the body has 0 bytes"));
            }
            None if !WITHOUT_BODY.contains(&method) => {
                push(Cause::BodyLost, format!("a {} without a body", shown(method)));
            }
            _ => {}
        }
        return suspicions;
    }
    let is_other_length = promised.filter(|promised| *promised != length);
    let said = is_other_length
        .map(|promised| format!("Content-Length says {promised}, and the body has {}", bytes(body.len())));
    let is_long = body.len() > MAX_REWRITTEN;
    let Some(text) = core::str::from_utf8(body).ok().filter(|_| !is_long) else {
        let is_latin = || {
            let text: String = body.iter().map(|byte| char::from(*byte)).collect();
            Json::parse(&text).is_some()
        };
        if !is_long && body.contains(&b'?') && is_latin() {
            push(Cause::BodyLossy, "the body is Latin-1, and has `?` where other characters were".into());
            return suspicions;
        }
        if !is_long && !is_wrapped(body) {
            push(Cause::BodyNotUtf8, format!("the {} of the body are not UTF-8", bytes(body.len())));
        }
        if let Some(said) = said {
            push(Cause::BodyLength, said);
        }
        return suspicions;
    };
    if text.contains('\u{fffd}') {
        push(Cause::BodyLossy, "the body has U+FFFD, which replaces what could not be decoded".into());
    } else if let Some(evidence) = question_marks(text, is_other_length) {
        push(Cause::BodyLossy, evidence);
    }
    if text.starts_with("<Buffer ") || text.starts_with("00000000  ") {
        push(Cause::BodyDoubleSerialised, "the body is a buffer as it is printed, not its content".into());
        return suspicions;
    }
    if let Some(evidence) = notation(text) {
        push(Cause::BodyReserialised, evidence.into());
        return suspicions;
    }
    let is_lossy = suspicions.iter().any(|known| known.fault.cause() == Cause::BodyLossy);
    let Some(said) = said.filter(|_| !is_lossy) else { return suspicions };
    let is_json = Json::parse(text.trim_start_matches('\u{feff}')).is_some_and(|json| json.tokens().len() > 1);
    let cause = if is_json { Cause::BodyReserialised } else { Cause::BodyLength };
    let evidence = if is_json { format!("the body is whole JSON, but {said}") } else { said };
    suspicions.push(Change::suspicion(cause, evidence));
    suspicions
}

/// Compressed, or UTF-16 with its mark.
const fn is_wrapped(body: &[u8]) -> bool {
    matches!(body, [0x1f, 0x8b, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

/// `?` within words, for characters that ASCII does not have.
fn question_marks(text: &str, promised: Option<u64>) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let text = text.as_bytes();
    let marks = text.iter().enumerate().filter(|(_, byte)| **byte == b'?').map(|(at, _)| at).take(MAX_MARKS);
    let marks: Vec<usize> = marks.collect();
    let after = |at: usize| text.iter().skip(at).find(|byte| **byte != b'?').copied().unwrap_or_default();
    let within = marks.iter().filter(|at| ends_word(text, **at) && after(**at).is_ascii_alphabetic()).count();
    let at_end = |at: &usize| ends_word(text, *at) && b"\" ,".contains(&after(*at));
    let lost = promised.unwrap_or_default().saturating_sub(text.len() as u64);
    let explains = lost > 0 && lost <= (marks.len() as u64).saturating_mul(3) && marks.iter().any(at_end);
    (within > 0 || explains).then(|| "the body has `?` within words, where other characters were".into())
}

/// Whether the text up to here ends with a word that is no part of a URL.
fn ends_word(text: &[u8], at: usize) -> bool {
    let near = text.get(at.saturating_sub(MAX_NEAR)..at).unwrap_or_default();
    let start = near.iter().rposition(|byte| *byte == b'"').unwrap_or_default();
    near.last().is_some_and(u8::is_ascii_alphabetic) && !near.get(start..).unwrap_or_default().contains(&b'/')
}

/// The notation of a printed value that cannot be undone.
fn notation(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let begin = text.get(..200).unwrap_or(text);
    let is_braced = text.starts_with('{') && text.ends_with('}');
    if begin.starts_with("[object ") {
        Some("the body is `[object …]`, as JavaScript prints an object, not JSON")
    } else if begin.starts_with("map[") {
        Some("the body is a map as Go prints it, not JSON")
    } else if begin.starts_with("Array") && begin.contains("=>")
        || begin.starts_with("array(")
        || begin.starts_with("stdClass")
    {
        Some("the body is an array as PHP prints it, not JSON")
    } else if begin.starts_with("[B@") {
        Some("the body is a byte array's identity as Java prints it, not its content")
    } else if begin.starts_with("System.") || begin.starts_with("Newtonsoft.") {
        Some("the body is the name of a .NET type, not the value")
    } else if begin.starts_with("Object {")
        || begin.starts_with("Object({")
        || begin.starts_with("Some(")
        || begin.starts_with("Array [")
    {
        Some("the body is a value as Rust's `{:?}` prints it, not JSON")
    } else if is_braced
        && begin.contains('=')
        && !begin.contains("\":")
        && !begin.contains("=>")
        && !begin.contains("': ")
    {
        Some("the body is a map as Java's `toString()` prints it, not JSON")
    } else if is_braced && !begin.contains('"') && begin.contains(": ") && !begin.contains('\'') {
        Some("the body is an object as a program prints it, not JSON")
    } else if is_form(begin) {
        Some("the body is a form, not the JSON that HubSpot sends")
    } else if begin.starts_with("---\n") {
        Some("the body is YAML, not the JSON that HubSpot sends")
    } else if begin.starts_with('<') {
        Some("the body is XML or HTML, not the JSON that HubSpot sends")
    } else {
        None
    }
}

/// `a=1&b=2`, or with one pair alone.
fn is_form(text: &str) -> bool {
    let name = text.split('=').next().unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.[]%".contains(c);
    text.contains('=')
        && !name.is_empty()
        && name.len() <= 60
        && name.chars().all(is_name)
        && !text.contains(['{', '"', '\n'])
        && !text.ends_with('=')
}
