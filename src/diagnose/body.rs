//! The bodies that may have been signed, given the one that was received.

use std::borrow::Cow;
use std::format;
use std::io::Read;
use std::prelude::rust_2024::*;

use base64ct::{Base64, Base64Unpadded, Encoding};
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use super::cause::{Cause, Step};
use super::json::Json;
use super::variation::{Variation, Variations, Weight};

/// Longer bodies are taken as they are. A batch of a hundred events has 30 KiB.
pub(super) const MAX_REWRITTEN: usize = 128 << 10;
/// No rewriting makes a body longer than this, decompression included.
const MAX_WRITTEN: usize = 512 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The body as received, then what it may have been.
pub(super) fn variations(body: &[u8]) -> Vec<Variation<Cow<'_, [u8]>>> {
    let mut all = Variations::new(Cow::Borrowed(body));
    if body.len() > MAX_REWRITTEN {
        return all.into_list();
    }
    let mut decoded = Vec::new();
    rewritings(body, |bytes, step| {
        if is_wrapping(step.cause()) {
            decoded.push((bytes.clone(), step.clone()));
        }
        all.single(Cow::Owned(bytes), step);
    });
    // Two changes of the body: the wrapping taken off, then what is inside rewritten.
    for (bytes, first) in decoded {
        if bytes.is_empty() || bytes.len() > MAX_REWRITTEN {
            continue;
        }
        rewritings(&bytes, |bytes, second| {
            if second.cause() != first.cause() {
                let steps = [first.clone(), second].into();
                all.push(Variation { value: Cow::Owned(bytes), steps, weight: Weight::DOUBLE, pairs: false });
            }
        });
    }
    all.into_list()
}

/// What can hide a further change, and occurs a few times at most for one body.
fn is_wrapping(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::BodyCompressed
            | Cause::BodyBase64
            | Cause::BodyLatin1
            | Cause::BodyDoubleEncoded
            | Cause::BodyDoubleSerialised
    )
}

/// Each single rewriting.
fn rewritings(body: &[u8], mut take: impl FnMut(Vec<u8>, Step)) {
    if body.is_empty() {
        for text in ["{}", "null", "[]", "\"\""] {
            take(text.into(), Step::new(Cause::BodyLost, format!("the signature is that of the body `{text}`")));
        }
        return;
    }
    let text = core::str::from_utf8(body).ok();

    if ["{}", "null", "undefined", "\"\"", "[]", "''", "None", "nil", "false"]
        .contains(&text.unwrap_or_default().trim())
    {
        let shown = text.unwrap_or_default().trim();
        take(
            Vec::new(),
            Step::new(Cause::BodyPlaceholder, format!("the body is `{shown}`; the signature is that of none")),
        );
    }
    if let Some(plain) = decompressed(body) {
        let evidence = format!("{} bytes here, {} bytes when decompressed", body.len(), plain.len());
        take(plain, Step::new(Cause::BodyCompressed, evidence));
    }
    if let Some(plain) = text.and_then(unbase64) {
        let evidence = format!("{} characters of base64, {} bytes when decoded", body.len(), plain.len());
        take(plain, Step::new(Cause::BodyBase64, evidence));
    }
    if let Some(rest) = body.strip_prefix(BOM) {
        take(rest.into(), Step::new(Cause::BodyByteOrderMark, "the body begins with EF BB BF"));
    } else {
        take([BOM, body].concat(), Step::new(Cause::BodyByteOrderMark, "the signed body begins with EF BB BF"));
    }
    match text {
        None => {
            let converted: String = body.iter().map(|byte| from_windows_1252(*byte)).collect();
            take(
                converted.into(),
                Step::new(Cause::BodyLatin1, "read as Windows-1252 and written as UTF-8 it matches"),
            );
            let converted: String = body.iter().map(|byte| char::from(*byte)).collect();
            take(converted.into(), Step::new(Cause::BodyLatin1, "read as Latin-1 and written as UTF-8 it matches"));
        }
        Some(text) => {
            for to_byte in [to_windows_1252, to_latin_1] {
                let bytes: Option<Vec<u8>> = text.chars().map(to_byte).collect();
                if let Some(bytes) = bytes.filter(|bytes| core::str::from_utf8(bytes).is_ok()) {
                    let evidence = "each non-ASCII character of the body is one byte of a UTF-8 sequence";
                    take(bytes, Step::new(Cause::BodyDoubleEncoded, evidence));
                }
            }
        }
    }
    white_space(body, &mut take);
    let Some(text) = text else { return };
    let json = text.trim_start_matches('\u{feff}');
    let Some(json) = Json::parse(json) else { return };
    if let Json::Text(inner) = &json {
        let evidence = "the body is one JSON string; the signature is that of its content";
        take(inner.clone().into(), Step::new(Cause::BodyDoubleSerialised, evidence));
    }
    json.spellings(text, MAX_WRITTEN.min(body.len().saturating_mul(6)), |text, words| {
        let evidence =
            format!("the signature is that of the same JSON {words} ({} bytes, not {})", text.len(), body.len());
        take(text.into(), Step::new(Cause::BodyReserialised, evidence));
    });
}

fn white_space(body: &[u8], take: &mut impl FnMut(Vec<u8>, Step)) {
    let trimmed = body.trim_ascii();
    let surplus = body.len().saturating_sub(trimmed.len());
    if surplus > 0 {
        let evidence = format!("{surplus} bytes of white space surround the signed body");
        take(trimmed.into(), Step::new(Cause::BodyWhiteSpace, evidence));
        for (end, name) in [(&b"\r\n"[..], "CR LF"), (b"\n", "LF"), (b" ", "a space")] {
            if let Some(rest) = body.strip_suffix(end) {
                take(rest.into(), Step::new(Cause::BodyWhiteSpace, format!("{name} stands after the signed body")));
            }
        }
    }
    for (end, name) in [(&b"\n"[..], "LF"), (b"\r\n", "CR LF"), (b" ", "a space")] {
        take([body, end].concat(), Step::new(Cause::BodyTrimmed, format!("the signed body ends in {name}")));
    }
    if body.contains(&b'\n') {
        let mut unix = Vec::with_capacity(body.len());
        for line in body.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\r\n") {
                Some(rest) => unix.extend_from_slice(&[rest, b"\n"].concat()),
                None => unix.extend_from_slice(line),
            }
        }
        let mut windows = Vec::with_capacity(unix.len());
        for line in unix.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(rest) => windows.extend_from_slice(&[rest, b"\r\n"].concat()),
                None => windows.extend_from_slice(line),
            }
        }
        take(unix, Step::new(Cause::BodyLineEndings, "the signed body has LF where this one has CR LF"));
        take(windows, Step::new(Cause::BodyLineEndings, "the signed body has CR LF where this one has LF"));
    }
}

/// The plain body, if this is gzip or zlib and not longer than is allowed once decompressed.
fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    fn read(from: impl Read) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        let limit = u64::try_from(MAX_WRITTEN).ok()?;
        from.take(limit.saturating_add(1)).read_to_end(&mut plain).ok()?;
        (plain.len() <= MAX_WRITTEN).then_some(plain)
    }
    match body {
        [0x1f, 0x8b, ..] => read(MultiGzDecoder::new(body)),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => read(ZlibDecoder::new(body)),
        _ => None,
    }
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let joined: String = text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '"').collect();
    let standard = joined.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let mut plain = std::vec![0; standard.len()];
    let length = if joined.ends_with('=') {
        Base64::decode(joined.replace('-', "+").replace('_', "/"), &mut plain).ok()?.len()
    } else {
        Base64Unpadded::decode(standard, &mut plain).ok()?.len()
    };
    plain.truncate(length);
    (length > 0).then_some(plain)
}

/// What Windows-1252 has at 0x80 to 0x9F; U+0000 where it has nothing.
const WINDOWS_1252: [char; 32] = [
    '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•',
    '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
];

fn from_windows_1252(byte: u8) -> char {
    match WINDOWS_1252.get(usize::from(byte).wrapping_sub(0x80)) {
        Some('\0') | None => char::from(byte),
        Some(c) => *c,
    }
}

fn to_windows_1252(c: char) -> Option<u8> {
    match WINDOWS_1252.iter().position(|known| *known == c && c != '\0') {
        Some(index) => u8::try_from(index).ok()?.checked_add(0x80),
        None => to_latin_1(c),
    }
}

fn to_latin_1(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok()
}
