//! Encodings around the body: compression, base64, hex, other character sets, and a byte-order mark.

use std::borrow::Cow;
use std::format;
use std::io::Read;
use std::prelude::rust_2024::*;

use base64ct::{Base64, Base64Unpadded, Encoding};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::super::budget::Budget;
use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::super::hints::Headers;
use super::super::reading::Reading;
use super::super::text::bytes;
use super::html;
use super::json::Json;
use super::slots::MAX_REWRITTEN;

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) fn changes<'a>(body: &[u8], headers: &Headers<'_>) -> Vec<Change<'a>> {
    let mut changes = Vec::new();
    if body.is_empty() {
        return changes;
    }
    compressed(body, headers, &mut changes);
    if let Ok(text) = core::str::from_utf8(body) {
        of_text(text, &mut changes);
    } else {
        of_bytes(&mut changes);
    }
    utf16(body, &mut changes);
    if body.starts_with(BOM) {
        let evidence = "the body begins with EF BB BF";
        let change = decoding(Cause::BodyByteOrderMark, evidence.into(), cost::HINTED, |body| {
            body.strip_prefix(BOM).map(<[u8]>::to_vec)
        });
        changes.push(change.suspected());
    } else {
        let evidence = "the signed body begins with EF BB BF";
        changes
            .push(decoding(Cause::BodyByteOrderMark, evidence.into(), cost::KNOWN, |body| Some([BOM, body].concat())));
    }
    changes
}

type Begins = fn(&[u8]) -> bool;
type Decode = fn(&[u8]) -> Option<Vec<u8>>;

/// The encodings that may be inside another one, told by their first bytes.
pub(super) fn inner<'a>() -> Vec<Change<'a>> {
    let all: [(_, _, Begins, Decode); 4] = [
        (
            Cause::BodyCompressed,
            "what is inside is compressed",
            |body| matches!(body, [0x1f, 0x8b, ..] | [0x78, ..]),
            decompressed,
        ),
        (
            Cause::BodyBase64,
            "what is inside is base64",
            |body| matches!(body, [b'e' | b'W' | b'H', b'0'..=b'z', ..]),
            unbase64,
        ),
        (
            Cause::BodyByteOrderMark,
            "what is inside begins with EF BB BF",
            |body| body.starts_with(BOM),
            |body| body.strip_prefix(BOM).map(<[u8]>::to_vec),
        ),
        (
            Cause::BodyDoubleSerialised,
            "what is inside is one JSON string",
            |body| body.starts_with(b"\""),
            |body| Json::parse(core::str::from_utf8(body).ok()?.trim())?.as_string().map(String::into_bytes),
        ),
    ];
    let changes = all.map(|(cause, evidence, begins, decode)| {
        Change::new(cause, evidence, cost::HINTED, move |reading, budget| {
            let is_inside = matches!(*reading.body, Cow::Owned(_)) && begins(&reading.body);
            if is_inside { decoded(reading, budget, &decode) } else { None }
        })
    });
    changes.into()
}

/// `decode` makes at most as much as is allowed of a body.
fn decoding<'a>(
    cause: Cause,
    evidence: String,
    cost: u8,
    decode: impl Fn(&[u8]) -> Option<Vec<u8>> + 'a,
) -> Change<'a> {
    Change::new(cause, evidence, cost, move |reading, budget| decoded(reading, budget, &decode))
}

fn decoded(reading: &mut Reading<'_>, budget: &mut Budget, decode: &impl Fn(&[u8]) -> Option<Vec<u8>>) -> Option<()> {
    budget.spend(reading.body.len())?;
    let decoded = decode(&reading.body).filter(|decoded| decoded.len() <= MAX_REWRITTEN)?;
    budget.spend(decoded.len())?;
    (decoded != **reading.body).then(|| reading.set_body(decoded))
}

fn compressed(body: &[u8], headers: &Headers<'_>, changes: &mut Vec<Change<'_>>) {
    let coding = headers.text("content-encoding").filter(|coding| !coding.is_empty() && *coding != "identity");
    let begins = match body {
        [0x1f, 0x8b, ..] => "gzip",
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => "zlib",
        _ if coding.is_some_and(|coding| coding.contains("deflate")) => "deflate",
        _ => "",
    };
    let evidence = match (begins, coding) {
        ("", None) => return,
        ("" | "deflate", Some(coding)) => format!("Content-Encoding says {}", super::super::text::shown(coding)),
        (begins, _) => format!("the {} begin as {begins} does", bytes(body.len())),
    };
    if begins.is_empty() {
        changes.push(Change::suspicion(Cause::BodyCompressed, evidence));
        return;
    }
    changes.push(decoding(Cause::BodyCompressed, evidence, cost::HINTED, decompressed).suspected());
}

/// The plain body, if it is compressed and not too long.
fn decompressed(body: &[u8]) -> Option<Vec<u8>> {
    match body {
        [0x1f, 0x8b, ..] => read(MultiGzDecoder::new(body)),
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => read(ZlibDecoder::new(body)),
        _ if core::str::from_utf8(body).is_err() => read(DeflateDecoder::new(body)),
        _ => None,
    }
}

fn read(from: impl Read) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let limit = u64::try_from(MAX_REWRITTEN).ok()?;
    from.take(limit.saturating_add(1)).read_to_end(&mut plain).ok()?;
    (plain.len() <= MAX_REWRITTEN).then_some(plain)
}

fn of_text(text: &str, changes: &mut Vec<Change<'_>>) {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=-_\"\r\n".contains(&byte);
    if text.bytes().all(is_base64) && text.len() >= 4 {
        let begins_json = text.trim_start_matches('"').starts_with(['e', 'W', 'I', 'C', 'D']);
        let evidence = format!(
            "the body is {} that are all of base64's alphabet",
            super::super::text::counted(text.len() as u64, "character", "characters")
        );
        changes.push(
            decoding(Cause::BodyBase64, evidence, cost::HINTED, unbase64).suspected_if(begins_json && text.len() > 15),
        );
    }
    if let Some((_, data)) =
        text.split_once(";base64,").filter(|(kind, _)| kind.starts_with("data:") && kind.len() < 99)
    {
        let start = text.len().saturating_sub(data.len());
        let evidence = "the body is a `data:` URL";
        let change =
            decoding(Cause::BodyBase64, evidence.into(), cost::HINTED, move |body| unbase64(body.get(start..)?));
        changes.push(change.suspected());
    }
    let bare = text.trim_start_matches("<Buffer ").trim_end_matches('>');
    let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte.is_ascii_whitespace();
    let is_hex = bare.bytes().all(is_digit) && bare.len() >= 4;
    if is_hex || text.starts_with("\\x") {
        let evidence = "the body is hex digits";
        changes.push(
            decoding(Cause::BodyBase64, evidence.into(), cost::HINTED, unhex)
                .suspected_if(bare.starts_with(['7', '5', '\\'])),
        );
    }
    if text.starts_with("00000000") {
        let change = decoding(Cause::BodyBase64, "the body is a hex dump".into(), cost::HINTED, undump);
        changes.push(change.suspected());
    }
    let start = text.get(..64).unwrap_or(text);
    if ["%7B", "%7b", "%5B", "%5b", "{%22", "[%7B"].iter().any(|begin| start.starts_with(begin)) {
        let evidence = "the body is percent-encoded";
        let change = decoding(Cause::BodyDoubleEncoded, evidence.into(), cost::HINTED, unpercent);
        changes.push(change.suspected());
    }
    if text.contains("&quot;") || text.contains("&#") || text.contains("&amp;") {
        let evidence = "the body has HTML entities such as `&quot;`";
        for all in [true, false] {
            let change = decoding(Cause::BodyDoubleEncoded, evidence.into(), cost::HINTED, move |body| {
                html::unescaped(core::str::from_utf8(body).ok()?, all).map(String::into_bytes)
            });
            changes.push(change.suspected());
        }
    }
    if text.is_ascii() {
        return;
    }
    // The usual sign of UTF-8 read as Latin-1: Ã or Â before another character that is not ASCII.
    let is_doubled = text.contains(['Ã', 'Â', 'â'])
        && text.chars().zip(text.chars().skip(1)).any(|(a, b)| "ÃÂâ".contains(a) && !b.is_ascii());
    let cost = if is_doubled { cost::HINTED } else { cost::KNOWN };
    let evidence = if is_doubled {
        "the body has sequences such as `Ã¤`: each byte of a UTF-8 sequence is one character"
    } else {
        "each character of the body that is not ASCII is one byte of a UTF-8 sequence"
    };
    for to_byte in [to_windows_1252, to_latin_1] {
        let change = decoding(Cause::BodyDoubleEncoded, evidence.into(), cost, move |body| {
            let bytes: Option<Vec<u8>> = core::str::from_utf8(body).ok()?.chars().map(to_byte).collect();
            bytes.filter(|bytes| core::str::from_utf8(bytes).is_ok())
        });
        changes.push(change.suspected_if(is_doubled));
    }
}

fn of_bytes(changes: &mut Vec<Change<'_>>) {
    type FromByte = fn(u8) -> char;
    let sets: [(FromByte, &str); 2] = [(from_windows_1252, "Windows-1252"), (char::from, "Latin-1")];
    for (from_byte, name) in sets {
        let evidence = format!("read as {name} and written as UTF-8 it matches");
        changes.push(decoding(Cause::BodyLatin1, evidence, cost::HINTED, move |body| {
            core::str::from_utf8(body)
                .is_err()
                .then(|| body.iter().map(|byte| from_byte(*byte)).collect::<String>().into_bytes())
        }));
    }
}

/// UTF-16, told by the NUL next to each ASCII character at the beginning.
fn utf16(body: &[u8], changes: &mut Vec<Change<'_>>) {
    let is_little = match body {
        [0xff, 0xfe, ..] => true,
        [0xfe, 0xff, ..] => false,
        [first, 0, ..] if first.is_ascii() && *first != 0 => true,
        [0, second, ..] if second.is_ascii() && *second != 0 => false,
        _ => return,
    };
    let evidence = format!("the body is UTF-16, {}-endian", if is_little { "little" } else { "big" });
    let change = decoding(Cause::BodyNotUtf8, evidence, cost::HINTED, move |body| {
        let units = body.chunks_exact(2).map(|pair| {
            let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
            if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
        });
        let units = units.enumerate().filter(|(index, unit)| *index > 0 || *unit != 0xfeff).map(|(_, unit)| unit);
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().map(String::into_bytes)
    });
    let fix = "Verify the raw bytes. Do not encode the body's text again: .NET's `Encoding.Unicode` is UTF-16.";
    changes.push(change.suspected().fixed_by(fix));
}

fn unbase64(body: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?;
    let joined: String = text.chars().filter(|c| !c.is_ascii_whitespace() && *c != '"').collect();
    let standard = joined.replace('-', "+").replace('_', "/");
    let mut plain = std::vec![0; standard.len()];
    let length = match Base64::decode(&standard, &mut plain) {
        Ok(decoded) => decoded.len(),
        Err(_) => Base64Unpadded::decode(standard.trim_end_matches('='), &mut plain).ok()?.len(),
    };
    plain.truncate(length);
    (length > 0).then_some(plain)
}

fn unhex(body: &[u8]) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?.trim().trim_start_matches("<Buffer ").trim_end_matches('>');
    of_digits(text.strip_prefix("\\x").unwrap_or(text))
}

fn of_digits(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.split_ascii_whitespace().collect();
    let mut plain = std::vec![0; digits.len() / 2];
    base16ct::mixed::decode(digits, &mut plain).ok()?;
    Some(plain)
}

/// The bytes of a hex dump as `hexdump -C`, Go's `hex.Dump` and `xxd` print it: lines of an offset, the bytes, and the same
/// as text.
fn undump(body: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(body.len() / 4);
    for line in core::str::from_utf8(body).ok()?.lines().filter(|line| !line.trim().is_empty()) {
        let (offset, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (offset, digits) = match offset.strip_suffix(':') {
            // Groups of `xxd` have one space between them.
            Some(offset) => (offset, rest.split("  ").next()?),
            None => (offset, rest.split('|').next()?),
        };
        if usize::from_str_radix(offset, 16).ok()? != plain.len() {
            return None;
        }
        plain.extend(of_digits(digits)?);
    }
    Some(plain)
}

fn unpercent(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let [first, after @ ..] = rest {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (byte, after) = match (first, after) {
            (b'%', [high, low, after @ ..]) => ((digit(*high)? << 4) | digit(*low)?, after),
            (b'+', after) => (b' ', after),
            _ => (*first, after),
        };
        out.push(byte);
        rest = after;
    }
    // A parser of forms makes a name without a value of it.
    if let Some(without) = out.strip_suffix(b"=") {
        out = without.to_vec();
    }
    Some(out)
}

/// The characters of Windows-1252 from 0x80 to 0x9F; U+0000 where it has none.
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
    if c.is_ascii() {
        return to_latin_1(c);
    }
    match WINDOWS_1252.iter().position(|known| *known == c) {
        Some(index) => u8::try_from(index).ok()?.checked_add(0x80),
        None => to_latin_1(c),
    }
}

fn to_latin_1(c: char) -> Option<u8> {
    u8::try_from(u32::from(c)).ok()
}
