//! The search for a reading of the request whose signature is a presented one, within a budget of hashed bytes.

use std::borrow::Cow;
use std::format;
use std::prelude::rust_2024::*;

use super::Candidate;
use super::cause::{Cause, Step};
use super::presented::Claim;
use super::variation::{Variation, Weight};
use crate::uri::SignedUri;
use crate::version::Function;
use crate::{ClientSecret, UnixTime, Version};

/// What one hash costs beside its bytes: the padding, and for an HMAC the second hash.
const PER_HASH: u64 = 192;

/// How far the receiver's own clock may be ahead of the signer's, in milliseconds.
const OWN_CLOCK_MILLIS: u64 = 5000;

/// What may still be hashed, and what was.
pub(super) struct Budget {
    pub(super) left: u64,
    pub(super) hashed: u64,
    pub(super) tried: u64,
    pub(super) exhausted: bool,
}

impl Budget {
    pub(super) const fn new(bytes: u64) -> Self {
        Self { left: bytes, hashed: 0, tried: 0, exhausted: false }
    }

    /// Takes the cost of one hash, if there is enough left.
    fn spend(&mut self, length: usize) -> bool {
        let cost = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(PER_HASH);
        let Some(left) = self.left.checked_sub(cost) else {
            self.exhausted = true;
            return false;
        };
        self.left = left;
        self.hashed = self.hashed.saturating_add(cost);
        self.tried = self.tried.saturating_add(1);
        true
    }
}

/// How a signature may have been made.
struct Recipe {
    /// HMAC or a plain hash that begins with the secret.
    hmac: bool,
    /// Whether it covers method and URI.
    head: bool,
    /// The timestamp's text; empty if it is not covered.
    tail: String,
}

impl Recipe {
    /// The index of the presented digest that this recipe makes. Hashes with the core's own keyed states.
    fn matches<'a>(
        &self,
        secret: &ClientSecret,
        method: &str,
        uri: impl Iterator<Item = &'a str>,
        body: &[u8],
        claim: &Claim,
    ) -> Option<usize> {
        let function = if self.hmac { Function::HmacSha256 } else { Function::Sha256 };
        let mut state = secret.start(function);
        if self.head {
            state.update(method.as_bytes());
            uri.for_each(|piece| state.update(piece.as_bytes()));
        }
        state.update(body);
        state.update(self.tail.as_bytes());
        let digest = state.finish();
        claim.readings.iter().position(|reading| digest.is(&reading.digest).into())
    }
}

/// The parts of the request in all their readings.
pub(super) struct Parts<'a> {
    pub(super) methods: Vec<Variation<String>>,
    pub(super) uris: Vec<Variation<String>>,
    pub(super) bodies: Vec<Variation<Cow<'a, [u8]>>>,
    /// The timestamp's text, if there is one.
    pub(super) timestamp: Option<&'a str>,
    pub(super) now: UnixTime,
}

/// A reading of the request whose signature was presented.
pub(super) struct Match {
    /// All that differs from the request as received and the secrets that the service has.
    pub(super) steps: Vec<Step>,
    pub(super) candidate: usize,
    pub(super) uri: String,
    /// Whether the signature covers the URI.
    pub(super) covers_uri: bool,
}

/// The lightest reading of the request that the claim's signature fits.
pub(super) fn search(claim: &Claim, parts: &Parts<'_>, candidates: &[Candidate], budget: &mut Budget) -> Option<Match> {
    let recipes = recipes(claim, parts);
    for total in 0..=Weight::LAST.0 {
        for recipe in &recipes {
            // Method and URI make no difference to a scheme that does not cover them.
            let (methods, uris) = if recipe.value.head {
                (parts.methods.as_slice(), parts.uris.as_slice())
            } else {
                (parts.methods.get(..1)?, parts.uris.get(..1)?)
            };
            let Some(left) = left(total, recipe) else { continue };
            for method in methods {
                let Some(left) = left_of(left, total, method) else { continue };
                for uri in uris {
                    let Some(left) = left_of(left, total, uri) else { continue };
                    for body in parts.bodies.iter().filter(|body| left_of(left, total, *body) == Some(0)) {
                        let reading = Combination { recipe, method, uri, body };
                        match reading.try_candidates(claim, candidates, budget) {
                            Ok(None) => {}
                            Ok(found) => return found,
                            Err(Exhausted) => return None,
                        }
                    }
                }
            }
        }
    }
    None
}

/// What is left of the weight after a recipe. The last guesses are made with nothing else changed.
fn left(total: u8, recipe: &Variation<Recipe>) -> Option<u8> {
    if (total == Weight::LAST.0) != (recipe.weight == Weight::LAST) {
        return None;
    }
    left_of(total, total, recipe)
}

/// What is left of the weight after a part; nothing if it does not fit, or does not pair and something else is changed.
fn left_of<T>(left: u8, total: u8, part: &Variation<T>) -> Option<u8> {
    let weight = part.weight.0;
    if !part.pairs && weight < total {
        return None;
    }
    left.checked_sub(weight)
}

struct Exhausted;

struct Combination<'a, 'b> {
    recipe: &'a Variation<Recipe>,
    method: &'a Variation<String>,
    uri: &'a Variation<String>,
    body: &'a Variation<Cow<'b, [u8]>>,
}

impl Combination<'_, '_> {
    fn try_candidates(
        &self,
        claim: &Claim,
        candidates: &[Candidate],
        budget: &mut Budget,
    ) -> Result<Option<Match>, Exhausted> {
        let Self { recipe, method, uri, body } = self;
        let length = method.value.len().saturating_add(uri.value.len()).saturating_add(body.value.len());
        // The decoded URI is no change: the verifier accepts it for v3.
        let signed_uri = SignedUri::whole(&uri.value);
        let both_forms = recipe.value.hmac && recipe.value.head && signed_uri.survey() == Ok(crate::uri::Forms::Two);
        for candidate in candidates {
            for decode in [false, true].into_iter().take(if both_forms { 2 } else { 1 }) {
                if !budget.spend(length) {
                    return Err(Exhausted);
                }
                let (recipe, secret, method, body) = (&recipe.value, &candidate.secret, &method.value, &body.value);
                let found = if decode {
                    recipe.matches(secret, method, signed_uri.decoded(), body, claim)
                } else {
                    recipe.matches(secret, method, signed_uri.as_received(), body, claim)
                };
                if let Some(reading) = found.and_then(|index| claim.readings.get(index)) {
                    let label = claim.label.iter().cloned();
                    let steps = candidate.steps.iter().chain(&reading.steps).cloned().chain(label);
                    let steps = steps.chain(
                        [&self.recipe.steps, &self.method.steps, &uri.steps, &self.body.steps]
                            .into_iter()
                            .flatten()
                            .cloned(),
                    );
                    return Ok(Some(Match {
                        steps: steps.collect(),
                        candidate: candidate.index,
                        uri: uri.value.clone(),
                        covers_uri: recipe.head,
                    }));
                }
            }
        }
        Ok(None)
    }
}

/// The ways in which the claim's signature may have been made: its own scheme, the other ones, and usual mistakes.
fn recipes(claim: &Claim, parts: &Parts<'_>) -> Vec<Variation<Recipe>> {
    const HMAC: bool = true;
    const HASH: bool = false;

    let mut recipes = Vec::new();
    let mut push = |(hmac, head, tail): (bool, bool, &str), weight: Weight, pairs: bool, steps: Vec<Step>| {
        recipes.push(Variation { value: Recipe { hmac, head, tail: tail.into() }, steps, weight, pairs });
    };
    let claimed = claim.version;
    let header = claim.header;
    let other = |version: Version| {
        let label = if header == crate::Header::Signature {
            format!("it is judged as {claimed}, but it is the {version} signature")
        } else {
            format!("{header} has the {version} signature")
        };
        [Step::new(Cause::SchemeVersion, label)].into()
    };
    let mistaken = |cause, evidence: &str| [Step::new(cause, evidence)].into();
    let as_timestamp = |text: &str| text.len() == 13 && text.bytes().all(|byte| byte.is_ascii_digit());
    let timestamp = parts.timestamp.unwrap_or_default();
    let tail = if as_timestamp(timestamp) { timestamp } else { "" };

    let (single, none) = (Weight::SINGLE, Weight::NONE);
    match claimed {
        Version::V1 | Version::V2 => {
            let (own, sibling) = if claimed == Version::V1 { (false, Version::V2) } else { (true, Version::V1) };
            push((HASH, own, ""), none, true, Vec::new());
            push((HASH, !own, ""), single, true, other(sibling));
            if !tail.is_empty() {
                push((HMAC, true, tail), single, true, other(Version::V3));
            }
            let evidence = "it is HMAC-SHA-256 over what this version hashes";
            push((HMAC, own, ""), single, true, mistaken(Cause::SchemeHmacForHash, evidence));
            let evidence = "it is HMAC-SHA-256, over what the other of v1 and v2 hashes";
            push((HMAC, !own, ""), single, false, mistaken(Cause::SchemeHmacForHash, evidence));
        }
        Version::V3 => {
            if tail.is_empty() {
                repaired_timestamps(timestamp, &mut |text, weight, pairs, step| {
                    push((HMAC, true, &text), weight, pairs, [step].into());
                });
            } else {
                push((HMAC, true, tail), none, true, Vec::new());
                let seconds = tail.get(..10).unwrap_or_default();
                let evidence = "the signature covers it with `.0` at its end";
                push((HMAC, true, &format!("{tail}.0")), single, true, mistaken(Cause::TimestampFloat, evidence));
                let evidence = "the signature covers it in seconds";
                push((HMAC, true, seconds), single, true, mistaken(Cause::TimestampSeconds, evidence));
            }
            push((HASH, true, ""), single, true, other(Version::V2));
            push((HASH, false, ""), single, true, other(Version::V1));
            let evidence = "it is SHA-256 over the secret and what v3 covers";
            push((HASH, true, tail), single, true, mistaken(Cause::SchemeHashForHmac, evidence));
            let evidence = "it is HMAC-SHA-256 over method, URI and body";
            push((HMAC, true, ""), single, true, mistaken(Cause::TimestampLeftOut, evidence));
            let evidence = "it is HMAC-SHA-256 over the body";
            push((HMAC, false, ""), single, true, mistaken(Cause::SchemeBodyOnly, evidence));
            own_clock(timestamp, tail, parts.now, &mut |text, step| {
                push((HMAC, true, &text), Weight::LAST, false, [step].into());
            });
        }
    }
    recipes
}

/// What a timestamp that is not 13 digits may have been.
fn repaired_timestamps(text: &str, take: &mut impl FnMut(String, Weight, bool, Step)) {
    if text.is_empty() {
        return;
    }
    let shown = super::timestamp_shown(text);
    let is_seconds = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_seconds {
        let step =
            Step::new(Cause::TimestampSeconds, format!("the header has {shown}, and the signature covers that text"));
        take(text.into(), Weight::SINGLE, true, step);
        let step = Step::new(
            Cause::TimestampSeconds,
            format!("the header has {shown}, and the signature covers milliseconds"),
        );
        for millis in 0..1000 {
            take(format!("{text}{millis:03}"), Weight::LAST, false, step.clone());
        }
        return;
    }
    let float = text.parse().ok().filter(|number: &f64| number.is_finite());
    let millis = float.map(|number| if number < 1e11 { number * 1000.0 } else { number });
    if let Some(millis) = millis.filter(|millis| (1e12..1e13).contains(millis)) {
        let step = Step::new(Cause::TimestampFloat, format!("the header has {shown}"));
        take(format!("{millis:.0}"), Weight::NONE, true, step.clone());
        take(text.into(), Weight::SINGLE, true, step);
        return;
    }
    let step = Step::new(Cause::TimestampMalformed, format!("the header has {shown}"));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == 13 {
        take(digits, Weight::NONE, true, step.clone());
    }
    take(text.into(), Weight::SINGLE, true, step);
}

/// The times shortly before now (or before the header's time, if that is now): one of them was signed if the receiver's
/// clock wrote the header.
fn own_clock(text: &str, tail: &str, now: UnixTime, take: &mut impl FnMut(String, Step)) {
    let claimed = tail.parse().unwrap_or(now.as_millis());
    if claimed.abs_diff(now.as_millis()) > OWN_CLOCK_MILLIS {
        return;
    }
    for earlier in 0..=OWN_CLOCK_MILLIS {
        let signed = claimed.saturating_sub(earlier);
        let (cause, said) = match (tail, text) {
            ("", "") => (Cause::HeaderMissing, "there is no timestamp; "),
            ("", _) => (Cause::TimestampMalformed, ""),
            _ => (Cause::TimestampOwnClock, "the header has the time of receipt; "),
        };
        let step = Step::new(cause, format!("{said}the signature covers a time {earlier} ms before that of receipt"));
        take(format!("{signed}"), step);
    }
}
