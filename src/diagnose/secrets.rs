//! [`Candidate`]: the secrets to try, as given and without what their configuration added to them.

use std::format;
use std::prelude::rust_2024::*;

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::cause::Cause;
use super::change::cost;
use super::fault::Fault;
use crate::ClientSecret;
use crate::secret::QUOTES;

/// More additions than this around one secret are not removed.
const MAX_LAYERS: usize = 8;
/// More secrets than this in one text are not tried.
const MAX_JOINED: usize = 4;
/// Longer texts are no secrets.
const MAX_LENGTH: usize = 1024;

/// A secret to try.
pub(super) struct Candidate {
    /// The number of the given secret, from zero.
    pub(super) index: usize,
    pub(super) secret: ClientSecret,
    /// How it differs from the secret that the service has.
    pub(super) faults: Vec<Fault>,
    pub(super) cost: u8,
}

/// A secret as it was given.
pub(super) struct Given<'t> {
    pub(super) text: &'t str,
    pub(super) index: usize,
    /// Such as "the secret".
    pub(super) name: String,
    /// Whether the service does not have it.
    pub(super) is_other: bool,
}

/// The candidates of a given text, and its faults that are seen without a signature.
pub(super) fn candidates(given: &Given<'_>) -> (Vec<Candidate>, Vec<Fault>) {
    let name = &given.name;
    let mut candidates = Vec::new();
    let other = given.is_other.then(|| Fault::new(Cause::SecretOther, format!("{name} of those given matches")));
    let base = if given.is_other { cost::HINTED } else { cost::FREE };
    let mut push = |text: &str, cost: u8, faults: &[Fault]| {
        if let Ok(secret) = ClientSecret::new(text) {
            let faults = other.iter().chain(faults).cloned().collect();
            candidates.push(Candidate { index: given.index, secret, faults, cost: base.saturating_add(cost) });
        }
    };
    if given.text.len() > MAX_LENGTH {
        push(given.text, cost::FREE, &[]);
        return (candidates, [shape(name, "is far longer than a client secret")].into());
    }
    let (inner, mut faults) = peeled(given.text, name);
    if faults.is_empty() {
        push(inner, cost::FREE, &[]);
    } else {
        // The text itself may be the secret, if it can be one at all.
        push(given.text, cost::FREE, &[]);
        push(inner, cost::FREE, &faults);
    }
    for (text, fault) in rewritten(inner, name) {
        let together: Vec<Fault> = faults.iter().cloned().chain([fault]).collect();
        push(&text, cost::HINTED, &together);
    }
    faults.extend(suspicious_shape(inner, name));
    (candidates, faults)
}

fn shape(name: &str, evidence: &str) -> Fault {
    Fault::new(Cause::SecretShape, format!("{name} {evidence}"))
}

/// The text without what surrounds it, and the fault of each layer.
fn peeled<'t>(text: &'t str, name: &str) -> (&'t str, Vec<Fault>) {
    let mut rest = text;
    let mut faults: Vec<Fault> = Vec::new();
    for _ in 0..MAX_LAYERS {
        let Some((inner, fault)) = layer(rest, name) else { break };
        rest = inner;
        if faults.iter().all(|known| known.cause() != fault.cause()) {
            faults.push(fault);
        }
    }
    if rest.is_empty() {
        faults.push(Fault::new(Cause::SecretEmpty, format!("{name} is empty")));
    }
    (rest, faults)
}

/// The text without its outermost addition.
fn layer<'t>(text: &'t str, name: &str) -> Option<(&'t str, Fault)> {
    let visible = text.trim_matches(is_invisible);
    if visible.len() < text.len() {
        let fault = Fault::new(Cause::SecretWhiteSpace, format!("{name} begins or ends with an invisible character"));
        return Some((
            visible,
            fault.fixed_by(
                "Save the file as UTF-8 without a byte-order mark, or remove the character where the secret is read: \
                 `.trim_matches(['\\u{feff}', '\\u{200b}', '\\u{200c}', '\\u{200d}', '\\u{2060}'])`. `.trim()` leaves \
                 it, because it is not white space.",
            ),
        ));
    }
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    let trimmed = ["\\n", "\\r"].into_iter().fold(trimmed, |text, end| text.strip_suffix(end).unwrap_or(text));
    if trimmed.len() < text.len() {
        let fault = Fault::new(Cause::SecretWhiteSpace, format!("{name} begins or ends with white space"));
        return Some((trimmed, fault));
    }
    let unquoted = text.trim_matches(QUOTES);
    if unquoted.len() < text.len() {
        let fault = Fault::new(Cause::SecretQuoted, format!("{name} begins or ends with a quotation mark"));
        return Some((unquoted, fault));
    }
    if let Some((_, rest)) = text.split_at_checked(7).filter(|(start, _)| start.eq_ignore_ascii_case("bearer ")) {
        let fault = shape(name, "begins with `Bearer`").fixed_by("Configure the secret alone, without `Bearer`.");
        return Some((rest, fault));
    }
    if let Some((variable, rest)) = text.split_once(['=', ':']) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ' ' || c == '-';
        if !rest.trim_matches('=').is_empty() && variable.len() <= 64 && variable.chars().all(is_name) {
            let fault = shape(name, "begins with a name and `=`");
            return Some((rest, fault.fixed_by("Configure only the value that follows the `=`.")));
        }
    }
    None
}

/// Characters without width, which are not white space: `trim` leaves them.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{ad}')
}

/// The secrets that the text may have been made from.
fn rewritten(bare: &str, name: &str) -> Vec<(String, Fault)> {
    let mut all = Vec::new();
    let lower = bare.to_ascii_lowercase();
    if lower != bare && bare.len() >= 32 {
        let fault = shape(name, "has capital letters, and it matches in lower case");
        all.push((lower, fault.fixed_by("Configure the secret in lower case, as HubSpot shows it.")));
    }
    if let Some(decoded) = decoded(bare) {
        let (inner, _) = peeled(&decoded, name);
        let fault = Fault::new(Cause::SecretBase64, format!("{name} matches when it is decoded from base64"));
        all.push((inner.into(), fault));
    }
    let dashed = bare.replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}', '\u{2212}'], "-");
    let visible: String = dashed.chars().filter(|c| !is_invisible(*c) && !c.is_whitespace()).collect();
    if visible != bare && is_uuid(&visible) {
        let fault = shape(name, "has characters that only look like `-`, or invisible ones, inside");
        all.push((visible, fault.fixed_by("Copy the client secret from the app's Auth tab again, as plain text.")));
    }
    if bare.len() == 32 && bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let at = |range: core::ops::Range<usize>| bare.get(range).unwrap_or_default();
        let uuid = format!("{}-{}-{}-{}-{}", at(0..8), at(8..12), at(12..16), at(16..20), at(20..32));
        let fault = shape(name, "lacks the hyphens of a client secret");
        all.push((uuid, fault.fixed_by("Configure the secret with its hyphens, as HubSpot shows it.")));
    }
    all.extend(joined(bare).into_iter().map(|part| {
        let fault = shape(name, "holds several secrets");
        (part, fault.fixed_by("Configure one secret; pass the other one to `Verifier::previous_secret`."))
    }));
    all
}

/// The text's parts that look like secrets, if there are several.
fn joined(text: &str) -> Vec<String> {
    let separated = text.split(|c: char| c.is_whitespace() || ",;|:=\"'`/".contains(c) || is_invisible(c));
    let separated: Vec<String> = separated.filter(|part| is_uuid(part)).take(MAX_JOINED).map(Into::into).collect();
    if !separated.is_empty() {
        return if separated.iter().any(|part| part == text) { Vec::new() } else { separated };
    }
    let halves = text.split_at_checked(36).filter(|(first, second)| is_uuid(first) && is_uuid(second));
    halves.map(|(first, second)| [first.into(), second.into()].into()).unwrap_or_default()
}

/// The decoded text, if this is base64 of a UUID. Line breaks may divide it.
fn decoded(text: &str) -> Option<String> {
    let mut joined: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    joined = joined.replace("\\n", "").replace('-', "+").replace('_', "/");
    let mut buffer = [0; 128];
    let bytes = match Base64::decode(&joined, &mut buffer) {
        Ok(bytes) => bytes.to_vec(),
        Err(_) => Base64Unpadded::decode(joined.trim_end_matches('='), &mut buffer).ok()?.to_vec(),
    };
    let decoded = String::from_utf8(bytes).ok()?;
    let (inner, _) = peeled(&decoded, "");
    is_uuid(inner).then_some(decoded)
}

/// Why a text is hardly a client secret.
fn suspicious_shape(bare: &str, name: &str) -> Option<Fault> {
    if bare.is_empty() {
        return None;
    }
    if bare.starts_with("pat-") {
        return Some(Fault::new(Cause::SecretAccessToken, format!("{name} begins with `pat-`")));
    }
    if !is_uuid(bare) {
        let count = super::text::counted(bare.chars().count() as u64, "character", "characters");
        return Some(shape(name, &format!("has {count} and not the shape of a UUID")));
    }
    let has_capitals = bare.bytes().any(|byte| byte.is_ascii_uppercase());
    has_capitals.then(|| shape(name, "has capital letters"))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}
