//! [`Recipe`]: each way in which a presented signature may have been made, its own scheme first.

use core::ops::RangeInclusive;
use std::boxed::Box;
use std::format;
use std::prelude::rust_2024::*;

use super::Cause;
use super::change::cost;
use super::claim::Claim;
use super::fault::Fault;
use super::text::shown_timestamp;
use crate::{Header, UnixTime, Version};

/// How far the receiver's own clock usually is ahead of the signer's, and how far it may be off, in milliseconds.
const USUAL_DELAY: u64 = 5_000;
const OWN_CLOCK: u64 = 60_000;

/// A way to make a signature.
pub(super) struct Recipe {
    /// HMAC, or a plain hash that begins with the secret.
    pub(super) is_hmac: bool,
    /// Whether it covers method and URI.
    pub(super) covers_head: bool,
    pub(super) timestamps: Timestamps,
    pub(super) cost: u8,
    /// The changes of the request that are tried with it cost at most so much.
    pub(super) most_changes: u8,
    pub(super) fault: Option<Fault>,
    /// Whether it is that of another version than the header's.
    pub(super) is_other_version: bool,
}

/// The texts that may stand at the end of what is signed.
pub(super) enum Timestamps {
    One(String),
    /// Any of these milliseconds, which are tried in this order.
    Millis(Vec<RangeInclusive<u64>>),
}

impl Timestamps {
    /// Each text, with its number if it is one of many.
    pub(super) fn texts(&self) -> Box<dyn Iterator<Item = (Vec<u8>, Option<u64>)> + '_> {
        match self {
            Self::One(text) => Box::new([(text.as_bytes().to_vec(), None)].into_iter()),
            Self::Millis(ranges) => Box::new(
                ranges.iter().cloned().flatten().map(|millis| (format!("{millis}").into_bytes(), Some(millis))),
            ),
        }
    }
}

/// The ways in which the claim's signature may have been made.
pub(super) fn recipes(claim: &Claim, timestamp: Option<&str>, now: UnixTime) -> Vec<Recipe> {
    let text = timestamp.unwrap_or_default();
    let tail = if is_timestamp(text) { text } else { "" };
    let mut all = match claim.version {
        Version::V1 => older(claim, false, tail),
        Version::V2 => older(claim, true, tail),
        Version::V3 => newest(claim, tail),
    };
    if claim.version == Version::V3 {
        let repaired = if tail.is_empty() { repaired(text) } else { Vec::new() };
        // What can be repaired needs no guess.
        if repaired.iter().all(|recipe| recipe.fault.as_ref().map(Fault::cause) == Some(Cause::TimestampMalformed)) {
            all.extend(own_clock(text, tail, now));
        }
        all.extend(repaired);
    }
    all
}

fn is_timestamp(text: &str) -> bool {
    text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn recipe(is_hmac: bool, covers_head: bool, tail: &str, cost: u8, fault: Option<Fault>) -> Recipe {
    let timestamps = Timestamps::One(tail.into());
    Recipe { is_hmac, covers_head, timestamps, cost, most_changes: cost::MOST, fault, is_other_version: false }
}

/// The signature of another version than the header or its label says.
fn other_version(claim: &Claim, version: Version, tail: &str, cost: u8) -> Recipe {
    let (is_hmac, covers_head) = (version == Version::V3, version != Version::V1);
    let fault = if claim.header == version.header() {
        Fault::new(
            Cause::SchemeVersion,
            format!("it is judged as {}, but it is the {version} signature", claim.version),
        )
    } else {
        Fault::new(Cause::SchemeVersion, format!("{} has the {version} signature", claim.header)).fixed_by(format!(
            "Pass the {version} signature under its own name, {}, as HubSpot sends it.",
            version.header()
        ))
    };
    Recipe { is_other_version: true, ..recipe(is_hmac, covers_head, tail, cost, Some(fault)) }
}

fn older(claim: &Claim, covers_head: bool, tail: &str) -> Vec<Recipe> {
    let (hint, known) = if claim.is_labelled { (cost::KNOWN, cost::KNOWN) } else { (cost::USUAL, cost::KNOWN) };
    let sibling = if covers_head { Version::V1 } else { Version::V2 };
    let is_v3_form = claim.readings.iter().any(|reading| reading.is_base64);
    let mut all = Vec::from([
        recipe(false, covers_head, "", cost::FREE, None),
        other_version(claim, sibling, "", hint),
        recipe(
            true,
            covers_head,
            "",
            known,
            Some(Fault::new(Cause::SchemeHmacForHash, "it is HMAC-SHA-256 over what this version hashes")),
        ),
        recipe(
            true,
            !covers_head,
            "",
            cost::GUESS,
            Some(Fault::new(Cause::SchemeHmacForHash, "it is HMAC-SHA-256 over what the other of v1 and v2 hashes")),
        ),
    ]);
    if !tail.is_empty() {
        let cost = if is_v3_form { cost::FREE } else { cost::KNOWN };
        all.push(other_version(claim, Version::V3, tail, cost));
    }
    all
}

fn newest(claim: &Claim, tail: &str) -> Vec<Recipe> {
    let is_hex = claim.readings.iter().any(|reading| !reading.is_base64);
    let other = if is_hex { cost::HINTED } else { cost::KNOWN };
    let mistake = |is_hmac, covers_head, tail: &str, cause, evidence: &'static str| {
        recipe(is_hmac, covers_head, tail, cost::KNOWN, Some(Fault::new(cause, evidence)))
    };
    let mut all = Vec::from([
        other_version(claim, Version::V2, "", other),
        other_version(claim, Version::V1, "", other),
        mistake(false, true, tail, Cause::SchemeHashForHmac, "it is SHA-256 over the secret and what v3 covers"),
        mistake(true, true, "", Cause::TimestampLeftOut, "it is HMAC-SHA-256 over method, URI and body"),
        mistake(true, false, "", Cause::SchemeBodyOnly, "it is HMAC-SHA-256 over the body"),
    ]);
    if !tail.is_empty() {
        let seconds = tail.get(..10).unwrap_or_default();
        let float = format!("{tail}.0");
        all.push(recipe(true, true, tail, cost::FREE, None));
        all.push(mistake(true, true, &float, Cause::TimestampFloat, "the signature covers it with `.0` at its end"));
        all.push(mistake(true, true, seconds, Cause::TimestampSeconds, "the signature covers it in seconds"));
    }
    all
}

/// The timestamps that a text other than 13 digits may have been.
fn repaired(text: &str) -> Vec<Recipe> {
    if text.is_empty() {
        return Vec::new();
    }
    let shown = shown_timestamp(text);
    let one =
        |tail: &str, cost, cause, evidence: String| recipe(true, true, tail, cost, Some(Fault::new(cause, evidence)));
    // Two equal values, joined by a comma as RFC 9110 has it.
    let mut values = text.split(',').map(str::trim);
    if let Some(first) = values.next().filter(|first| is_timestamp(first)) {
        let rest: Vec<&str> = values.collect();
        let evidence = format!("{} has {shown}", Header::RequestTimestamp);
        let mut all = Vec::from([one(first, cost::FREE, Cause::HeaderDoubled, evidence.clone())]);
        all.extend(
            rest.into_iter()
                .filter(|value| is_timestamp(value) && *value != first)
                .take(3)
                .map(|value| one(value, cost::HINTED, Cause::HeaderDoubled, evidence.clone())),
        );
        return all;
    }
    if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = |covers: &str| format!("the header has {shown}, and the signature covers {covers}");
        let mut millis = one("", cost::HINTED, Cause::TimestampSeconds, seconds("milliseconds"));
        let start = text.parse().unwrap_or(0_u64).saturating_mul(1000);
        millis.timestamps = Timestamps::Millis([start..=start.saturating_add(999)].into());
        return [one(text, cost::HINTED, Cause::TimestampSeconds, seconds("that text")), millis].into();
    }
    let evidence = format!("the header has {shown}");
    let float = text.parse().ok().filter(|number: &f64| number.is_finite());
    let millis = float.map(|number| if number < 1e11 { number * 1000.0 } else { number });
    if let Some(millis) = millis.filter(|millis| (1e12..1e13).contains(millis)) {
        return [
            one(&format!("{millis:.0}"), cost::FREE, Cause::TimestampFloat, evidence.clone()),
            one(text, cost::HINTED, Cause::TimestampFloat, evidence),
        ]
        .into();
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).take(14).collect();
    let mut all = Vec::from([one(text, cost::HINTED, Cause::TimestampMalformed, evidence.clone())]);
    if digits.len() == 13 {
        all.push(one(&digits, cost::FREE, Cause::TimestampMalformed, evidence));
    }
    all
}

/// The times near that of receipt: one of them was signed if the receiver's clock wrote the header.
fn own_clock(text: &str, tail: &str, now: UnixTime) -> Vec<Recipe> {
    let claimed = tail.parse().unwrap_or(now.as_millis());
    if claimed.abs_diff(now.as_millis()) > OWN_CLOCK {
        return Vec::new();
    }
    let (cause, said) = match (tail, text) {
        ("", "") => (Cause::HeaderMissing, "there is no timestamp; "),
        ("", _) => (Cause::TimestampMalformed, ""),
        _ => (Cause::TimestampOwnClock, "the header has the time of receipt; "),
    };
    let within = |ranges: Vec<RangeInclusive<u64>>, cost| {
        let evidence = format!("{said}the signature covers another time, near that of receipt");
        let timestamps = Timestamps::Millis(ranges);
        // Thousands of times are tried only with what the request itself suggests.
        let most_changes = cost::HINTED;
        Recipe { timestamps, most_changes, ..recipe(true, true, "", cost, Some(Fault::new(cause, evidence))) }
    };
    let (near, far) = (claimed.saturating_sub(USUAL_DELAY), claimed.saturating_sub(OWN_CLOCK));
    let (usual, guess) = if tail.is_empty() { (cost::FREE, cost::KNOWN) } else { (cost::GUESS, cost::FAR) };
    [
        within([near..=claimed].into(), usual),
        within([far..=near, claimed..=claimed.saturating_add(OWN_CLOCK)].into(), guess),
    ]
    .into()
}

/// The evidence of a guessed time, in milliseconds before or after that of receipt.
pub(super) fn guessed(fault: &Fault, guess: u64, timestamp: Option<&str>, now: UnixTime) -> Fault {
    if fault.cause() == Cause::TimestampSeconds {
        return fault.clone();
    }
    let claimed = timestamp.filter(|text| is_timestamp(text)).and_then(|text| text.parse().ok());
    let receipt = claimed.unwrap_or(now.as_millis());
    let side = if guess <= receipt { "before" } else { "after" };
    let other = "another time, near that of receipt";
    let exact = format!("a time {} ms {side} that of receipt", receipt.abs_diff(guess));
    Fault::new(fault.cause(), fault.evidence().replace(other, &exact))
}
