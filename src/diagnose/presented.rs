//! The signatures a request presents, read as leniently as can be: what a relay or a test's signer did to them is undone.

use std::format;
use std::prelude::rust_2024::*;
use std::{vec, vec::Vec};

use base64ct::{Base64, Encoding};

use super::cause::{Cause, Step, shown};
use super::hints::Headers;
use crate::secret::QUOTES;
use crate::{Header, Version};

/// More values of a doubled header than this tell nothing new.
const MAX_VALUES: usize = 4;
/// No signature, however it was dressed up, is longer.
const MAX_LENGTH: usize = 512;

/// What one header presents.
pub(super) struct Claim {
    pub(super) header: Header,
    /// The version it is judged as.
    pub(super) version: Version,
    /// The digests that its values can be read as.
    pub(super) readings: Vec<Reading>,
    /// What had to be mended about the label.
    pub(super) label: Option<Step>,
}

/// One value, and what had to be undone to read it. Holds a signature that may be valid, so it is never shown.
pub(super) struct Reading {
    pub(super) digest: [u8; 32],
    pub(super) steps: Vec<Step>,
}

/// The claims of a request, newest first, and what is wrong with its headers whatever the signatures say.
pub(super) fn read(headers: &Headers<'_>) -> (Vec<Claim>, Vec<Step>) {
    let mut claims = Vec::new();
    let mut faults = Vec::new();
    for &header in Header::ALL {
        let count = headers.all(header.name()).take(MAX_VALUES).count();
        if count > 1 {
            faults.push(doubled(header));
        }
    }
    let (label, unversioned) = label(headers);
    for (header, version) in [(Header::SignatureV3, Version::V3), (Header::Signature, unversioned)] {
        let values: Vec<&[u8]> =
            headers.all(header.name()).flat_map(|value| value.split(|byte| *byte == b',')).take(MAX_VALUES).collect();
        if values.is_empty() {
            continue;
        }
        let mut readings: Vec<Reading> = Vec::new();
        for value in &values {
            let Some(mut reading) = Reading::of(value, version) else { continue };
            if values.len() > 1 {
                reading.steps.push(doubled(header));
            }
            if readings.iter().all(|known| known.digest != reading.digest) {
                readings.push(reading);
            }
        }
        if readings.is_empty() {
            let lengths: Vec<usize> = values.iter().map(|value| value.trim_ascii().len()).collect();
            faults.push(Step::new(
                Cause::HeaderMalformed,
                format!("{header} has {lengths:?} bytes; {version} has {}", form(version)),
            ));
        }
        let label = if header == Header::Signature { label.clone() } else { None };
        claims.push(Claim { header, version, readings, label });
    }
    faults.extend(missing(headers, &claims, label));
    (claims, faults)
}

fn doubled(header: Header) -> Step {
    Step::new(Cause::HeaderDoubled, format!("{header} has more than one value"))
}

const fn form(version: Version) -> &'static str {
    match version {
        Version::V1 | Version::V2 => "64 lower-case hex digits",
        Version::V3 => "44 characters of base64",
    }
}

/// The version that `X-HubSpot-Signature` is judged as, and what is wrong with its label.
fn label(headers: &Headers<'_>) -> (Option<Step>, Version) {
    let Some(text) = headers.text(Header::SignatureVersion.name()) else { return (None, Version::V2) };
    let (fault, bare) = match text {
        "v1" => return (None, Version::V1),
        // Labelled v3, the newer header is the one to look at; beside it, the older signature is read as its default.
        "v2" | "v3" => return (None, Version::V2),
        // A longer text may be a signature that was put into the wrong header.
        _ if text.len() <= 8 => (shown(text), text),
        _ => (format!("{} bytes long", text.len()), text),
    };
    let fault = Step::new(Cause::SchemeLabel, format!("{} is {fault}", Header::SignatureVersion));
    let version = if bare.contains('1') && !bare.contains('2') { Version::V1 } else { Version::V2 };
    (Some(fault), version)
}

/// What a request lacks.
fn missing(headers: &Headers<'_>, claims: &[Claim], label: Option<Step>) -> Vec<Step> {
    let has = |header: Header| headers.all(header.name()).next().is_some();
    let lacks = |header: Header, why: &str| vec![Step::new(Cause::HeaderMissing, format!("{header} is missing{why}"))];
    let mut faults = match claims.first().map(|claim| claim.header) {
        None if Header::ALL.iter().copied().any(has) => {
            lacks(if has(Header::RequestTimestamp) { Header::SignatureV3 } else { Header::Signature }, "")
        }
        None => vec![Step::new(Cause::HeaderSigningOff, "none of the four X-HubSpot-* headers is there")],
        Some(Header::SignatureV3) if !has(Header::RequestTimestamp) => {
            lacks(Header::RequestTimestamp, ", and the v3 signature covers it")
        }
        Some(Header::Signature) if has(Header::RequestTimestamp) => {
            lacks(Header::SignatureV3, " though its timestamp is there")
        }
        Some(Header::Signature) if headers.text(Header::SignatureVersion.name()) == Some("v3") => {
            lacks(Header::SignatureV3, " though the version header says v3")
        }
        Some(_) => Vec::new(),
    };
    faults.extend(label);
    faults
}

impl Reading {
    /// Undoes what can be undone, outermost first.
    fn of(value: &[u8], version: Version) -> Option<Self> {
        let mut steps = Vec::new();
        let mut text = core::str::from_utf8(value.get(..value.len().min(MAX_LENGTH))?).ok()?;
        // Spaces and tabs round a value are no part of it (RFC 9110 section 5.5).
        text = text.trim_matches([' ', '\t']);
        let bare = text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        if bare.len() < text.len() {
            steps
                .push(Step::new(Cause::HeaderPadded, format!("{} bytes surround it", text.len().abs_diff(bare.len()))));
            text = bare;
        }
        text = unquoted(text, &mut steps);
        for prefix in ["sha256=", "sha-256=", "hmac-sha256=", "sha256:", "signature=", "v1=", "v2=", "v3="] {
            let split = text.split_at_checked(prefix.len());
            if let Some((_, rest)) = split.filter(|(start, _)| start.eq_ignore_ascii_case(prefix)) {
                steps.push(Step::new(Cause::HeaderPrefixed, format!("it begins with `{prefix}`")));
                text = rest;
                break;
            }
        }
        text = unquoted(text, &mut steps);
        let mut owned = text.to_owned();
        if owned.contains('%') {
            for (escape, character) in [("%2b", "+"), ("%2f", "/"), ("%3d", "="), ("%20", " ")] {
                owned = owned.replace(escape, character).replace(&escape.to_ascii_uppercase(), character);
            }
            steps.push(Step::new(Cause::HeaderPercentEncoded, "it has percent escapes"));
        }
        let digest = match hex(&owned, version, &mut steps) {
            Some(digest) => digest,
            None => base64(owned, version, &mut steps)?,
        };
        Some(Self { digest, steps })
    }
}

fn unquoted<'a>(text: &'a str, steps: &mut Vec<Step>) -> &'a str {
    // Python prints bytes as b'…'.
    let inner = text.strip_prefix("b'").unwrap_or(text).trim_matches(QUOTES);
    if inner.len() < text.len() {
        steps.push(Step::new(Cause::HeaderQuoted, "quotation marks surround it"));
    }
    inner
}

fn hex(text: &str, version: Version, steps: &mut Vec<Step>) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || base16ct::mixed::decode(text, &mut digest).is_err() {
        return None;
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        steps.push(Step::new(Cause::HeaderUpperCase, "it has hex digits in upper case"));
    }
    if version == Version::V3 {
        steps.push(Step::new(Cause::HeaderHexForBase64, "it is 64 hex digits"));
    }
    Some(digest)
}

fn base64(mut text: String, version: Version, steps: &mut Vec<Step>) -> Option<[u8; 32]> {
    // A `+` at the very beginning became a space that was trimmed.
    if text.len() == 43 && text.ends_with('=') {
        text.insert(0, ' ');
    }
    if text.contains(' ') {
        steps.push(Step::new(Cause::HeaderPlusAsSpace, "it has spaces where base64 has `+`"));
        text = text.replace(' ', "+");
    }
    let standard = text.replace('-', "+").replace('_', "/");
    let padded = if standard.len() == 43 { standard + "=" } else { standard };
    if padded != text {
        steps.push(Step::new(Cause::HeaderBase64Alphabet, "it has `-` or `_`, or lacks the `=` at its end"));
    }
    let mut digest = [0; 32];
    if Base64::decode(&padded, &mut digest).ok()?.len() != digest.len() {
        return None;
    }
    if version != Version::V3 {
        steps.push(Step::new(Cause::HeaderBase64ForHex, "it is base64"));
    }
    Some(digest)
}
