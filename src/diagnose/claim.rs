//! [`Claim`]: a presented signature, read leniently, with what a relay or a test's signer did to its text.

use std::format;
use std::prelude::rust_2024::*;

use base64ct::{Base64, Encoding};

use super::cause::Cause;
use super::fault::Fault;
use super::hints::Headers;
use super::text::{bytes, shown};
use crate::secret::QUOTES;
use crate::{Header, Version};

/// More values of a doubled header tell nothing new.
const MAX_VALUES: usize = 4;
/// No signature is longer, whatever was added to it.
const MAX_LENGTH: usize = 512;

/// The signature that one header presents.
pub(super) struct Claim {
    pub(super) header: Header,
    /// The version it is judged as.
    pub(super) version: Version,
    /// Whether a header says so.
    pub(super) is_labelled: bool,
    /// The digests that its values can be read as.
    pub(super) readings: Vec<Presented>,
    /// The faults of the headers' names and of the label.
    pub(super) faults: Vec<Fault>,
}

/// One value, and what had to be undone to read it. It may be a valid signature, so it is never shown.
pub(super) struct Presented {
    pub(super) digest: [u8; 32],
    pub(super) is_base64: bool,
    pub(super) faults: Vec<Fault>,
}

/// The claims of a request, newest first, and the faults of its headers that need no signature to be seen.
pub(super) fn read(headers: &Headers<'_>) -> (Vec<Claim>, Vec<Fault>) {
    let mut faults: Vec<Fault> = Header::ALL
        .iter()
        .filter(|header| headers.all(header.name()).take(2).count() > 1)
        .map(|header| doubled(*header))
        .collect();
    let renamed = headers.renamed().map(|name| {
        Fault::new(Cause::HeaderMissing, format!("HubSpot's headers have other names, such as {}", shown(name)))
            .fixed_by(
                "Pass the headers under the names that HubSpot sends: X-HubSpot-Signature-v3, not the CGI variable \
             HTTP_X_HUBSPOT_SIGNATURE_V3.",
            )
    });
    let (label, unversioned) = label(headers);
    let is_labelled = headers.text(Header::SignatureVersion.name()).is_some();
    let mut claims = Vec::new();
    for (header, version) in [(Header::SignatureV3, Version::V3), (Header::Signature, unversioned)] {
        let values: Vec<&[u8]> =
            headers.all(header.name()).flat_map(|value| value.split(|byte| *byte == b',')).take(MAX_VALUES).collect();
        if values.is_empty() {
            continue;
        }
        let readings = readings(header, version, &values);
        if readings.is_empty() {
            faults.push(malformed(header, version, &values));
        }
        let label = label.iter().filter(|_| header == Header::Signature);
        let faults = renamed.iter().chain(label).cloned().collect();
        claims.push(Claim { header, version, is_labelled, readings, faults });
    }
    faults.extend(renamed);
    faults.extend(missing(headers, &claims));
    faults.extend(label);
    (claims, faults)
}

fn readings(header: Header, version: Version, values: &[&[u8]]) -> Vec<Presented> {
    let mut readings: Vec<Presented> = Vec::new();
    for value in values {
        let Some(mut reading) = Presented::of(value, version) else { continue };
        if values.len() > 1 {
            reading.faults.push(doubled(header));
        }
        if readings.iter().all(|known| known.digest != reading.digest) {
            readings.push(reading);
        }
    }
    readings
}

fn doubled(header: Header) -> Fault {
    Fault::new(Cause::HeaderDoubled, format!("{header} has more than one value"))
}

fn malformed(header: Header, version: Version, values: &[&[u8]]) -> Fault {
    let form = match version {
        Version::V1 | Version::V2 => "64 lower-case hex digits",
        Version::V3 => "44 characters of base64",
    };
    let lengths: Vec<String> = values.iter().map(|value| bytes(value.trim_ascii().len())).collect();
    Fault::new(Cause::HeaderMalformed, format!("{header} has {}; {version} has {form}", lengths.join(" and ")))
}

/// The version that `X-HubSpot-Signature` is judged as, and the fault of its label.
fn label(headers: &Headers<'_>) -> (Option<Fault>, Version) {
    let Some(text) = headers.text(Header::SignatureVersion.name()) else { return (None, Version::V2) };
    let shown = match text {
        "v1" => return (None, Version::V1),
        // Labelled v3, the newer header has the signature; the older one is then read as its default.
        "v2" | "v3" => return (None, Version::V2),
        // A longer text may be a signature in the wrong header.
        _ if text.len() <= 12 => shown(text),
        _ => format!("{} long", bytes(text.len())),
    };
    let mut values = text.split(',').map(str::trim);
    let first = values.next().unwrap_or_default();
    let is_repeated = text.contains(',') && values.all(|value| value == first);
    let cause = if is_repeated { Cause::HeaderDoubled } else { Cause::SchemeLabel };
    let fault = Fault::new(cause, format!("{} is {shown}", Header::SignatureVersion));
    let version = if first.contains('1') && !first.contains('2') { Version::V1 } else { Version::V2 };
    (Some(fault), version)
}

/// The headers that a request lacks.
fn missing(headers: &Headers<'_>, claims: &[Claim]) -> Option<Fault> {
    let has = |header: Header| headers.all(header.name()).next().is_some();
    let lacks = |header: Header, why: &str| {
        let evidence = match headers.too_long(header.name()) {
            Some(length) => format!("{header} has {}, far more than any signature", bytes(length)),
            None => format!("{header} is missing{why}"),
        };
        Some(Fault::new(Cause::HeaderMissing, evidence))
    };
    match claims.first().map(|claim| claim.header) {
        None if Header::ALL.iter().any(|header| has(*header) || headers.too_long(header.name()).is_some()) => {
            lacks(if has(Header::RequestTimestamp) { Header::SignatureV3 } else { Header::Signature }, "")
        }
        None => Some(Fault::new(Cause::HeaderSigningOff, "the request has none of the four X-HubSpot-* headers")),
        Some(Header::SignatureV3) if !has(Header::RequestTimestamp) => {
            lacks(Header::RequestTimestamp, ", and the v3 signature covers it")
        }
        Some(Header::Signature) if has(Header::RequestTimestamp) => {
            lacks(Header::SignatureV3, " although its timestamp is there")
        }
        Some(Header::Signature) if headers.text(Header::SignatureVersion.name()) == Some("v3") => {
            lacks(Header::SignatureV3, " although the version header says v3")
        }
        Some(_) => None,
    }
}

impl Claim {
    /// Whether it is v1 as HubSpot writes it: under its own label, once, and in its own form.
    pub(super) fn is_plain_v1(&self) -> bool {
        let is_label = |fault: &Fault| matches!(fault.cause(), Cause::SchemeLabel | Cause::HeaderDoubled);
        self.version == Version::V1
            && !self.faults.iter().any(is_label)
            && self.readings.iter().any(|reading| reading.faults.is_empty())
    }
}

impl Presented {
    /// Undoes what can be undone, outermost first.
    fn of(value: &[u8], version: Version) -> Option<Self> {
        let mut faults = Vec::new();
        let mut text = core::str::from_utf8(value.get(..value.len().min(MAX_LENGTH))?).ok()?;
        // Spaces and tabs around a value are no part of it (RFC 9110 section 5.5).
        text = text.trim_matches([' ', '\t']);
        let bare = text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
        if bare.len() < text.len() {
            let surplus = text.len().abs_diff(bare.len());
            let verb = if surplus == 1 { "surrounds" } else { "surround" };
            faults.push(Fault::new(Cause::HeaderPadded, format!("{} {verb} it", bytes(surplus))));
            text = bare;
        }
        text = unquoted(text, &mut faults);
        text = unprefixed(text, &mut faults);
        text = unquoted(text, &mut faults);
        let mut owned = text.to_owned();
        if owned.contains('%') {
            for (escape, character) in [("%2b", "+"), ("%2f", "/"), ("%3d", "="), ("%20", " ")] {
                owned = owned.replace(escape, character).replace(&escape.to_ascii_uppercase(), character);
            }
            faults.push(Fault::new(Cause::HeaderPercentEncoded, "it has percent escapes"));
        }
        let (digest, is_base64) = match hex(&owned, version, &mut faults) {
            Some(digest) => (digest, false),
            None => (base64(owned, version, &mut faults)?, true),
        };
        Some(Self { digest, is_base64, faults })
    }
}

fn unquoted<'a>(text: &'a str, faults: &mut Vec<Fault>) -> &'a str {
    // Python prints bytes as b'…'.
    let inner = text.strip_prefix("b'").unwrap_or(text).trim_matches(QUOTES);
    if inner.len() < text.len() {
        faults.push(Fault::new(Cause::HeaderQuoted, "quotation marks surround it"));
    }
    inner
}

fn unprefixed<'a>(text: &'a str, faults: &mut Vec<Fault>) -> &'a str {
    const PREFIXES: [&str; 10] =
        ["sha256=", "sha-256=", "hmac-sha256=", "sha256:", "signature=", "hmac ", "bearer ", "v1=", "v2=", "v3="];
    for prefix in PREFIXES {
        let split = text.split_at_checked(prefix.len());
        if let Some((_, rest)) = split.filter(|(start, _)| start.eq_ignore_ascii_case(prefix)) {
            faults.push(Fault::new(Cause::HeaderPrefixed, format!("it begins with `{prefix}`")));
            return rest;
        }
    }
    text
}

fn hex(text: &str, version: Version, faults: &mut Vec<Fault>) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 64 || base16ct::mixed::decode(text, &mut digest).is_err() {
        return None;
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        faults.push(Fault::new(Cause::HeaderUpperCase, "it has hex digits in upper case"));
    }
    if version == Version::V3 {
        faults.push(Fault::new(Cause::HeaderHexForBase64, "it is 64 hex digits"));
    }
    Some(digest)
}

fn base64(mut text: String, version: Version, faults: &mut Vec<Fault>) -> Option<[u8; 32]> {
    // A `+` at the very beginning became a space that was trimmed.
    if text.len() == 43 && text.ends_with('=') {
        text.insert(0, ' ');
    }
    if text.contains(' ') {
        faults.push(Fault::new(Cause::HeaderPlusAsSpace, "it has spaces where base64 has `+`"));
        text = text.replace(' ', "+");
    }
    let standard = text.replace('-', "+").replace('_', "/");
    let padded = if standard.len() == 43 { standard + "=" } else { standard };
    if padded != text {
        faults.push(Fault::new(Cause::HeaderBase64Alphabet, "it has `-` or `_`, or lacks the `=` at its end"));
    }
    let mut digest = [0; 32];
    if Base64::decode(&padded, &mut digest).ok()?.len() != digest.len() {
        return None;
    }
    if version != Version::V3 {
        faults.push(Fault::new(Cause::HeaderBase64ForHex, "it is base64"));
    }
    Some(digest)
}
