//! Bodies that a program printed in its own notation: byte strings, arrays of numbers, dictionaries.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::json::Json;
use super::members::Edit;
use super::slots::MAX_REWRITTEN;
use super::style::{Style, write};

/// A longer text is not taken for the content of a JSON string.
const MAX_WORDS: usize = 256;

pub(super) fn changes<'a>(body: &[u8]) -> Vec<Change<'a>> {
    let (mut changes, mut words) = (Vec::new(), Vec::new());
    let Some(text) = core::str::from_utf8(body).ok().map(str::trim).filter(|text| text.len() > 2) else {
        return changes;
    };
    let mut push = |cause, evidence: &'static str, print: fn(&str) -> Option<Vec<u8>>| {
        let change = Change::new(cause, evidence, cost::HINTED, move |reading, budget| {
            budget.spend(reading.body.len().saturating_mul(2))?;
            let text = core::str::from_utf8(&reading.body).ok()?;
            let original = print(text.trim()).filter(|original| original.len() <= MAX_REWRITTEN)?;
            budget.spend(original.len().saturating_mul(2))?;
            reading.set_body(original);
            Some(())
        });
        changes.push(change.suspected());
    };
    let twice = Cause::BodyDoubleSerialised;
    if text.starts_with('"') && text.ends_with('"') {
        push(twice, "the body is one JSON string, and the signed body is its content", |text| {
            Json::parse(text)?.as_string().map(String::into_bytes)
        });
    }
    if text.starts_with("bytearray(b") {
        push(twice, "the body is a byte array as Python's `str()` prints it", |text| {
            unescaped(text.strip_prefix("bytearray(b")?.strip_suffix(')')?)
        });
    }
    if text.starts_with("b\"") || text.starts_with("b'") {
        let evidence = "the body is a byte string as Rust's `{:?}` or Python's `str()` prints it";
        push(twice, evidence, |text| unescaped(text.strip_prefix('b')?));
    } else if text.starts_with('\'') || text.starts_with('"') {
        push(twice, "the body is in quotation marks, as a programming language prints a text", unescaped);
    }
    if text.starts_with("{\\\"") || text.starts_with("[{\\\"") || text.starts_with("[\\\"") {
        push(twice, "the body is escaped as the inside of a string literal", escapes_decoded);
    }
    if text.contains("\\x") || text.contains("\\U") {
        push(twice, "the body has escapes such as `\\xe4`, which JSON does not have", characters_decoded);
    }
    if text.len() < MAX_WORDS && !text.starts_with(['{', '[', '"', '<', '0']) && Json::parse(text).is_none() {
        let evidence = "the body is no JSON, but the content of a JSON string";
        words.push(Change::new(Cause::BodyReserialised, evidence, cost::HINTED, |reading, budget| {
            budget.spend(reading.body.len())?;
            let quoted = as_json_string(core::str::from_utf8(&reading.body).ok()?.trim(), false);
            reading.set_body(quoted.into_bytes());
            Some(())
        }));
    }
    let is_numbers = |byte: u8| byte.is_ascii_digit() || b"[]{}<>, \r\n\t:\"".contains(&byte);
    let begins = ["{\"type\":\"Buffer\"", "{\"0\":", "{ \"type\": \"Buffer\"", "{\"type\": \"Buffer\"", "{\"data\":["];
    let looks_numeric = text.len() > 3 && text.bytes().take(200).all(is_numbers) && text.contains([',', ' ']);
    let is_json = |bytes: &Vec<u8>| matches!(bytes.first(), Some(b'{' | b'[' | b'"'));
    let is_numbers = looks_numeric && numbers(text).as_ref().is_some_and(is_json);
    if is_numbers || begins.iter().any(|begin| text.starts_with(begin)) {
        push(twice, "the body is the numbers of its bytes, as an array of them is serialised or printed", numbers);
    }
    dictionaries(text, &mut push);
    changes.extend(words);
    changes
}

/// Dictionaries and hashes, which are written as HubSpot writes JSON.
fn dictionaries(text: &str, push: &mut impl FnMut(Cause, &'static str, fn(&str) -> Option<Vec<u8>>)) {
    let cause = Cause::BodyReserialised;
    let is_container = text.starts_with(['{', '[']) && text.ends_with(['}', ']']);
    if !is_container || Json::parse(text).is_some() {
        return;
    }
    if text.contains("=>") {
        push(cause, "the body is a hash as Ruby's `inspect` prints it, not JSON", |text| compact(&ruby(text)));
    } else if text.contains('\'') {
        push(cause, "the body is a dictionary as Python's `str()` prints it, not JSON", |text| compact(&python(text)));
    }
}

fn compact(text: &str) -> Option<Vec<u8>> {
    write(&Json::parse(text)?, Style::HUBSPOT, &Edit::None, MAX_REWRITTEN).map(String::into_bytes)
}

/// The dictionary with JSON's quotation marks and names.
fn python(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = [("True", "true"), ("False", "false"), ("None", "null")]
            .into_iter()
            .find(|(word, _)| rest.starts_with(word));
        if let Some((word, json)) = word {
            out.push_str(json);
            rest = rest.strip_prefix(word).unwrap_or_default();
        } else if c == '\'' || c == '"' {
            let (literal, after) = split_literal(rest, c);
            out.push_str(&as_json_string(literal, true));
            rest = after;
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// The hash with `:` for `=>` and `null` for `nil`.
fn ruby(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("=>") {
            out.push(':');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("nil") {
            out.push_str("null");
            rest = after;
        } else if let Some(after) =
            rest.strip_prefix(':').filter(|after| after.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
            let (symbol, after) = after.split_at_checked(end).unwrap_or((after, ""));
            out.push_str(&as_json_string(symbol, false));
            rest = after;
        } else if c == '"' {
            let (literal, after) = split_literal(rest, c);
            out.push_str(&as_json_string(literal, true));
            rest = after;
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// The inside of the literal that the text begins with, and what follows it.
fn split_literal(text: &str, quote: char) -> (&str, &str) {
    let inner = text.get(1..).unwrap_or_default();
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !is_escaped {
            return (inner.get(..at).unwrap_or_default(), inner.get(at.saturating_add(1)..).unwrap_or_default());
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    (inner, "")
}

/// A literal's inside as a JSON string.
fn as_json_string(literal: &str, has_escapes: bool) -> String {
    let decoded = if has_escapes { escapes_decoded(literal) } else { None };
    let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let mut out = String::from("\"");
    for c in decoded.as_deref().unwrap_or(literal).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c < ' ' => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A literal in quotation marks, decoded.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let quote = text.chars().next().filter(|c| "'\"".contains(*c))?;
    escapes_decoded(text.strip_prefix(quote)?.strip_suffix(quote)?)
}

/// The escapes of Rust, Python and JavaScript: `\"`, `\n`, `\xe4`, `\u00e4`, `\u{e4}`.
fn escapes_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'\\' {
            out.push(*first);
            rest = after;
            continue;
        }
        let (kind, after) = after.split_first()?;
        rest = match kind {
            b'x' => hex_byte(after, &mut out)?,
            b'u' => unicode(after, &mut out)?,
            kind => {
                out.push(match kind {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'0' => 0,
                    b'b' => 8,
                    b'f' => 12,
                    other => *other,
                });
                after
            }
        };
    }
    Some(out)
}

/// The text with Python's escapes for characters decoded, and those of JSON left as they are.
fn characters_decoded(text: &str) -> Option<Vec<u8>> {
    let mut pieces = text.split('\\');
    let mut out = pieces.next()?.as_bytes().to_vec();
    while let Some(piece) = pieces.next() {
        let length: usize = match piece.as_bytes().first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let digits = piece.get(1..length.saturating_add(1)).filter(|_| length > 0);
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        if let Some(number) = number.filter(|number| *number >= 0x80) {
            push_character(number, &mut out)?;
            out.extend_from_slice(piece.as_bytes().get(length.saturating_add(1)..)?);
        } else {
            out.push(b'\\');
            out.extend_from_slice(piece.as_bytes());
            // After an escaped backslash comes text.
            if piece.is_empty() {
                out.extend_from_slice([b"\\", pieces.next()?.as_bytes()].concat().as_slice());
            }
        }
    }
    Some(out)
}

fn hex_byte<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let digits = core::str::from_utf8(text.get(..2)?).ok()?;
    out.push(u8::from_str_radix(digits, 16).ok()?);
    text.get(2..)
}

/// `{e4}` or `00e4`, or two of those for a character beyond U+FFFF.
fn unicode<'t>(text: &'t [u8], out: &mut Vec<u8>) -> Option<&'t [u8]> {
    let number = |digits: &[u8]| u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok();
    if let [b'{', inner @ ..] = text {
        let end = inner.iter().take(8).position(|byte| *byte == b'}')?;
        push_character(number(inner.get(..end)?)?, out)?;
        return inner.get(end.saturating_add(1)..);
    }
    let first = number(text.get(..4)?)?;
    let rest = text.get(4..)?;
    let (0xd800..=0xdbff, [b'\\', b'u', after @ ..]) = (first, rest) else {
        push_character(first, out)?;
        return Some(rest);
    };
    let units = [u16::try_from(first).ok()?, u16::try_from(number(after.get(..4)?)?).ok()?];
    push_character(char::decode_utf16(units).next()?.ok()?.into(), out)?;
    after.get(4..)
}

fn push_character(number: u32, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(char::from_u32(number)?.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

/// The bytes whose numbers the text has: an array, Node's Buffer, a typed array (`{"0":123,…}`), Go's `[123 34]`.
fn numbers(text: &str) -> Option<Vec<u8>> {
    let text = text.split_once("\"data\"").map_or(text, |(_, rest)| rest);
    let is_typed_array = text.starts_with("{\"0\"");
    let inner = text.trim_start_matches([':', ' ', '[', '{', '<']).trim_end_matches(['}', ']', '>', ' ']);
    let items = inner.split([',', ' ', '\n', '\r', '\t']).filter(|item| !item.is_empty());
    items
        .map(|item| {
            let number = if is_typed_array { item.rsplit(':').next()? } else { item };
            number.trim().parse().ok()
        })
        .collect::<Option<Vec<u8>>>()
        .filter(|bytes| bytes.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations() {
        assert_eq!(unescaped("\"{\\\"a\\\":\\xc3\\xa4\\n}\"").as_deref(), Some("{\"a\":ä\n}".as_bytes()));
        assert_eq!(unescaped("'\\u{e4}\\u00e4\\ud83c\\udf89'").as_deref(), Some("ää🎉".as_bytes()));
        for text in [
            "[123, 34,125]",
            "{\"type\":\"Buffer\",\"data\":[123,34,125]}",
            "{\"0\":123,\"1\":34,\"2\":125}",
            "[123 34 125]",
        ] {
            assert_eq!(numbers(text).as_deref(), Some(&b"{\"}"[..]), "{text}");
        }
        assert_eq!(numbers("[1,256]"), None);
        let python = compact(&python("{'a': True, 'b': [None, \"it's\"], 'c': 'x\"y\\'z'}"));
        assert_eq!(python.as_deref(), Some("{\"a\":true,\"b\":[null,\"it's\"],\"c\":\"x\\\"y'z\"}".as_bytes()));
        let ruby = compact(&ruby("{\"a\"=>nil, :b=>[1, true], \"c\"=>\"=>\"}"));
        assert_eq!(ruby.as_deref(), Some("{\"a\":null,\"b\":[1,true],\"c\":\"=>\"}".as_bytes()));
    }
}
