//! [`Diagnostician`]: finds out why requests are refused.

use core::fmt;
use core::time::Duration;
use std::format;
use std::prelude::rust_2024::*;

use super::budget::Budget;
use super::cause::Part;
use super::change::{Covers, Slot, cost};
use super::claim::{self, Claim};
use super::diagnosis::Search;
use super::expected::{app_id, expected};
use super::hints::Headers;
use super::proof::{self, Setting};
use super::reading::Reading;
use super::scheme::{Recipe, recipes};
use super::search::{Match, Space, search};
use super::secrets::{Candidate, Given, candidates};
use super::service::{Service, policy_fault};
use super::text::{counted, fingerprint};
use super::url::Url;
use super::{Cause, Certainty, Diagnosis, Fault, Finding, ReceivedRequest, body, method, uri};
use crate::{Error, Header, UnixTime, Version};

/// The most candidate secrets that are tried, not counting the previous one; further ones are ignored.
pub const MAX_SECRETS: usize = 8;

/// The most work that is done for one request, in bytes that are hashed, read or written: a fraction of a second.
pub const MAX_WORK: u64 = 96 << 20;

/// Finds out why requests are refused. Made once, from the secrets that may be right.
///
/// [The module](super) says what it is for, and what it must not be used for.
pub struct Diagnostician {
    candidates: Vec<Candidate>,
    /// How many secrets were given, usable or not.
    secrets: usize,
    /// The faults that the shape of a secret shows.
    secret_faults: Vec<Fault>,
    service: Service,
    endpoint: Option<String>,
    work_limit: u64,
}

/// The work of making the changes of a request, next to its bytes.
const LOOKING: usize = 8 << 10;

impl Diagnostician {
    /// Takes the secret in use, and after it any other that may be the right one: those of other apps, for instance. The
    /// service does not accept those; a secret that it accepts during a rotation goes to
    /// [`previous_secret`](Self::previous_secret). `minimum` is the oldest version that the service accepts, as given to
    /// [`Verifier::new`](crate::Verifier::new).
    ///
    /// Secrets are taken as the configuration has them: one in quotation marks is a finding, not an error.
    pub fn new<S: AsRef<str>>(candidate_secrets: impl IntoIterator<Item = S>, minimum: Version) -> Self {
        let mut texts = candidate_secrets.into_iter().take(MAX_SECRETS).peekable();
        let first = texts.peek().map(|text| text.as_ref().to_owned()).unwrap_or_default();
        let mut new = Self {
            candidates: Vec::new(),
            secrets: 0,
            secret_faults: Vec::new(),
            service: Service::new(&first, minimum),
            endpoint: None,
            work_limit: MAX_WORK,
        };
        for text in texts {
            let number = new.secrets.saturating_add(1);
            let name = if number == 1 { "the secret".into() } else { format!("secret number {number}") };
            new.add(text.as_ref(), name, number > 1);
        }
        new
    }

    /// The secret that the service accepts next to the one in use, as given to
    /// [`Verifier::previous_secret`](crate::Verifier::previous_secret).
    ///
    /// It is numbered after the secrets given to [`new`](Self::new), and does not count towards their limit.
    #[must_use]
    pub fn previous_secret(mut self, client_secret: &str) -> Self {
        self.service = self.service.previous_secret(client_secret);
        self.add(client_secret, "the previous secret".into(), false);
        self
    }

    fn add(&mut self, text: &str, name: String, is_other: bool) {
        let index = self.secrets;
        self.secrets = index.saturating_add(1);
        let (candidates, faults) = candidates(&Given { text, index, name, is_other });
        self.candidates.extend(candidates);
        // One that the service accepts comes before the same one given as another.
        self.candidates.sort_by_key(|candidate| candidate.cost);
        self.secret_faults.extend(faults);
    }

    /// The endpoint's URL, exactly as it is configured in HubSpot.
    ///
    /// With it, a wrong prefix, host, port, scheme or slash is found by comparing; without it, only by guessing.
    #[must_use]
    pub fn endpoint(mut self, url: &str) -> Self {
        self.endpoint = Some(url.trim().into());
        self
    }

    /// The age that the service accepts, as given to [`Verifier::max_age`](crate::Verifier::max_age).
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.service = self.service.max_age(max_age);
        self
    }

    /// The clock skew that the service accepts, as given to
    /// [`Verifier::max_clock_skew`](crate::Verifier::max_clock_skew).
    #[must_use]
    pub fn max_clock_skew(mut self, max_clock_skew: Duration) -> Self {
        self.service = self.service.max_clock_skew(max_clock_skew);
        self
    }

    /// Does at most so much work for one request, in bytes that are hashed, read or written; [`MAX_WORK`] at most, which
    /// is the default. Less finds less.
    #[must_use]
    pub const fn work_limit(mut self, bytes: u64) -> Self {
        self.work_limit = if bytes < MAX_WORK { bytes } else { MAX_WORK };
        self
    }

    /// Explains a request that was received at the given time.
    #[must_use]
    pub fn diagnose(&self, request: &ReceivedRequest<'_>, now: UnixTime) -> Diagnosis {
        self.explain(request, None, now)
    }

    /// Explains a request that the service refuses with [`Error::PathNotEndpoint`], because its path is not that of
    /// `public_url`, the URL given to [`PublicUrl::endpoint`](crate::PublicUrl::endpoint).
    ///
    /// Give the path and query that arrived, with the leading slash, as the `uri` of the request. Scheme and host are
    /// taken from `public_url`. If HubSpot signed the path that arrived, `public_url` is wrong. If HubSpot signed
    /// `public_url`, the path was changed on the way.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    #[must_use]
    pub fn diagnose_path(&self, request: &ReceivedRequest<'_>, public_url: &str, now: UnixTime) -> Diagnosis {
        let Url { scheme, authority, .. } = Url::split(public_url);
        let arrived = Url { scheme, authority, ..Url::split(request.uri) }.join();
        let mut diagnosis = self.explain(&ReceivedRequest { uri: &arrived, ..*request }, Some(public_url), now);
        diagnosis.verdict = Ok(Err(Error::PathNotEndpoint));
        diagnosis
    }

    /// `public_url` is the endpoint that the service has, if it is that which refuses the request.
    fn explain(&self, request: &ReceivedRequest<'_>, public_url: Option<&str>, now: UnixTime) -> Diagnosis {
        // If no endpoint is given, HubSpot probably calls the one that the service has.
        let endpoint = self.endpoint.as_deref().or(public_url);
        let is_setting = public_url.is_some() && endpoint == public_url;
        let public_url = public_url.map(Url::split);
        let headers = Headers::new(request.headers);
        let (claims, mut header_faults) = claim::read(&headers);
        let timestamp = headers.text(Header::RequestTimestamp.name());
        let verdict = self.service.verify(request, now);
        let mut diagnosis = Diagnosis {
            verdict,
            expected: claims.iter().map(|claim| expected(claim, request, timestamp)).collect(),
            findings: Vec::new(),
            app_id: app_id(request.uri, request.body),
            search: Search { knows_endpoint: endpoint.is_some(), knows_others: self.secrets > 1, ..Search::default() },
        };
        if diagnosis.is_accepted() && public_url.is_none() {
            return diagnosis;
        }
        let body = request.body.unwrap_or_default();
        let start = Reading::new(request.method, request.uri, body);
        let mut budget = Budget::new(self.work_limit);
        let slots = Self::slots(&start, request, &headers, endpoint, is_setting, &mut budget);
        let all: Vec<Vec<Recipe>> = claims.iter().map(|claim| recipes(claim, timestamp, now)).collect();
        let mut case = Case {
            diagnostician: self,
            claims: &claims,
            recipes: &all,
            slots: &slots,
            start: &start,
            budget,
            v1_fails: false,
        };
        let matches = if request.body.is_some() { case.matches() } else { claims.iter().map(|_| None).collect() };
        diagnosis.search.tried = case.budget.tried;
        diagnosis.search.work = case.budget.spent();
        diagnosis.search.is_cut = case.budget.is_exhausted();
        diagnosis.search.v1_fails = case.v1_fails;
        diagnosis.search.limits = limits(request, &claims, &self.candidates);
        let public_url = public_url.as_ref();
        let setting = Setting { received: &start.url, body, endpoint, public_url, timestamp, now };
        let outcome = prove(&mut diagnosis, &claims, &matches, &setting);
        // What is wrong with a signature's text is seen without a match too.
        let open = claims.iter().zip(&matches).filter(|(_, proved)| proved.is_none());
        let presented = open.flat_map(|(claim, _)| &claim.readings).flat_map(|presented| &presented.faults);
        header_faults.extend(presented.cloned());
        self.suspect(&mut diagnosis, header_faults, &slots, &outcome, &setting);
        diagnosis.search.older_matches = outcome.is_body_cleared;
        if !diagnosis.findings.iter().any(|finding| finding.certainty() == Certainty::Proved) {
            diagnosis.search.body = request.body.map(fingerprint);
        }
        diagnosis
    }

    /// All changes of the request, in the order in which they are undone. The body comes first, so that a long one is
    /// rewritten once for all changes of the URI.
    fn slots<'a>(
        start: &Reading<'a>,
        request: &ReceivedRequest<'a>,
        headers: &Headers<'_>,
        endpoint: Option<&str>,
        is_setting: bool,
        budget: &mut Budget,
    ) -> Vec<Slot<'a>> {
        // What it costs to look at body and URI, and to make the few hundred changes of a usual request.
        let body = if start.body.len() > body::MAX_REWRITTEN { 0 } else { start.body.len().saturating_mul(4) };
        let uri = if start.url.len() > uri::MAX_REWRITTEN { 0 } else { start.url.len().saturating_mul(64) };
        if budget.spend(body.saturating_add(uri).saturating_add(LOOKING)).is_none() {
            return Vec::new();
        }
        // Of a body that was not read, its absence shows no damage.
        let mut slots = if request.body.is_some() { body::slots(start, headers) } else { Vec::new() };
        slots.push(method::changes(request.method, headers));
        slots.extend(uri::slots(start, headers, endpoint, is_setting, budget));
        slots
    }

    /// The fault with a fix that names the endpoint, if that is known and not what the service has already.
    fn named(fault: Fault, setting: &Setting<'_>) -> Fault {
        let endpoint = setting.endpoint.map(Url::split).filter(Url::is_whole);
        let Some(endpoint) = endpoint.filter(|endpoint| !setting.has(endpoint)) else { return fault };
        let fix = proof::named(fault.fix(), &endpoint.endpoint());
        fault.fixed_by(fix)
    }

    /// Adds what the request suggests and no signature proved.
    fn suspect(
        &self,
        diagnosis: &mut Diagnosis,
        header_faults: Vec<Fault>,
        slots: &[Slot<'_>],
        outcome: &Outcome,
        setting: &Setting<'_>,
    ) {
        let is_shape = |fault: &&Fault| fault.cause() == Cause::SecretShape;
        let policy = match diagnosis.verdict {
            // The verdict says these, and what made the body or the URI so is found by its shape.
            Ok(Err(Error::BodyNotJson { .. } | Error::BodyHasNul | Error::UriCharacter { .. })) => None,
            Ok(Err(error)) if !outcome.is_newest_proved => policy_fault(error, &[]),
            _ => None,
        };
        diagnosis.suspect(header_faults);
        diagnosis.suspect(self.secret_faults.iter().filter(|fault| !is_shape(fault)).cloned());
        diagnosis.suspect(policy.map(|fault| Self::named(fault, setting)));
        let is_path_explained =
            diagnosis.findings.iter().flat_map(Finding::causes).any(|cause| cause.part() == Part::Uri);
        let open_path = proof::open_path(setting).filter(|_| !is_path_explained);
        // Leave out of the changes below the cause that `open_path` names, and prefixes, which an endpoint accepts.
        let path = setting.public_url.map(|own| uri::path_fault(setting.received, own).cause());
        let is_named = |cause| {
            path.is_some_and(|path| path == cause || matches!(cause, Cause::UriPrefixLost | Cause::UriPrefixAdded))
        };
        diagnosis.suspect(open_path);
        if outcome.is_solved {
            return;
        }
        let is_cleared = |slot: &&Slot<'_>| match slot.covers {
            Covers::Head => outcome.is_head_cleared,
            Covers::Body => outcome.is_body_cleared,
        };
        // The URI before the body: a proxy is the more usual cause. But no v1 signature fails because of the URI.
        let (head, body): (Vec<_>, Vec<_>) =
            slots.iter().filter(|slot| !is_cleared(slot)).partition(|slot| slot.covers == Covers::Head);
        let (first, second) = if diagnosis.search.v1_fails { (body, head) } else { (head, body) };
        let changes = first
            .into_iter()
            .chain(second)
            .flat_map(Slot::changes)
            .filter(|change| change.is_suspected && !is_named(change.fault.cause()));
        diagnosis.suspect(changes.map(|change| Self::named(change.fault.clone(), setting)));
        if !outcome.is_body_cleared {
            diagnosis.suspect(self.secret_faults.iter().filter(is_shape).cloned());
        }
    }
}

impl fmt::Debug for Diagnostician {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostician")
            .field("usable_secrets", &self.candidates.len())
            .field("endpoint", &self.endpoint)
            .field("work_limit", &self.work_limit)
            .finish_non_exhaustive()
    }
}

impl Diagnosis {
    /// Adds what is only likely, unless a finding has the same cause.
    pub(super) fn suspect(&mut self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            let is_known = self.findings.iter().flat_map(Finding::causes).any(|cause| cause == fault.cause());
            if !is_known {
                self.findings.push(Finding::likely(fault));
            }
        }
    }
}

/// The search for one request.
struct Case<'c, 'a> {
    diagnostician: &'c Diagnostician,
    claims: &'c [Claim],
    recipes: &'c [Vec<Recipe>],
    slots: &'c [Slot<'a>],
    start: &'c Reading<'a>,
    budget: Budget,
    /// See [`Search::v1_fails`].
    v1_fails: bool,
}

/// The proofs for one claim, and what the match of another claim had shown before.
struct Proved<'c, 'a> {
    found: Match<'c, 'a>,
    pinned: Vec<Fault>,
}

impl<'c, 'a> Case<'c, 'a> {
    /// For each claim the set of changes that explains it.
    ///
    /// A v1 signature covers only the body, so it is explained first, and what it shows is taken for granted in the
    /// search for the other one. So is what any signature shows.
    fn matches(&mut self) -> Vec<Option<Proved<'c, 'a>>> {
        let mut order: Vec<usize> = (0..self.claims.len()).collect();
        let claims = self.claims;
        let is_v1 = |index: &usize| claims.get(*index).is_some_and(|claim| claim.version == Version::V1);
        order.sort_by_key(|index| !is_v1(index));
        let mut matches: Vec<Option<Proved<'c, 'a>>> = claims.iter().map(|_| None).collect();
        let mut rest = order.len();
        for index in &order {
            let found = self.next_match(*index, &matches, rest);
            rest = rest.saturating_sub(1);
            if let Some(place) = matches.get_mut(*index) {
                *place = found;
            }
        }
        // What the older signature shows may explain the newer one.
        for index in order {
            let is_open = matches.get(index).is_some_and(Option::is_none);
            let found = if is_open { self.pinned_match(index, &matches) } else { None };
            if let Some(place) = matches.get_mut(index).filter(|_| found.is_some()) {
                *place = found;
            }
        }
        matches
    }

    fn next_match(&mut self, index: usize, matches: &[Option<Proved<'c, 'a>>], rest: usize) -> Option<Proved<'c, 'a>> {
        if let Some(found) = self.pinned_match(index, matches) {
            return Some(found);
        }
        // What v1 shows is all that there is to know of secret and body.
        let by_v1 = matches.iter().flatten().any(|proved| !proved.found.recipe.covers_head);
        if by_v1 {
            return None;
        }
        let slots = self.slots.iter().collect();
        let found = self.search(index, slots, &self.diagnostician.candidates, self.start, rest <= 1)?;
        Some(Proved { found, pinned: Vec::new() })
    }

    /// A search that takes for granted what another signature showed.
    fn pinned_match(&mut self, index: usize, matches: &[Option<Proved<'c, 'a>>]) -> Option<Proved<'c, 'a>> {
        let other =
            matches.iter().enumerate().find(|(other, _)| *other != index).and_then(|(_, other)| other.as_ref())?;
        let pinned: Vec<Fault> =
            other.pinned.iter().chain(other.found.changes.iter().map(|change| &change.fault)).cloned().collect();
        let covers_head = other.found.recipe.covers_head;
        let slots = self.slots.iter().filter(|slot| !covers_head && slot.covers == Covers::Head).collect();
        let reading = other.found.reading.clone();
        let candidates = core::slice::from_ref(other.found.candidate);
        let found = self.search(index, slots, candidates, &reading, true)?;
        Some(Proved { found, pinned })
    }

    fn search(
        &mut self,
        index: usize,
        slots: Vec<&'c Slot<'a>>,
        candidates: &'c [Candidate],
        start: &Reading<'a>,
        is_last: bool,
    ) -> Option<Match<'c, 'a>> {
        let (claim, recipes) = (self.claims.get(index)?, self.recipes.get(index)?);
        if claim.readings.is_empty() {
            return None;
        }
        let mut share = self.budget.share(is_last);
        let found = search(&Space { slots, candidates, recipes, claim }, start, &mut share);
        self.budget.join(&share);
        if claim.is_plain_v1() {
            // The body as it is comes first, with each secret that the service accepts.
            let accepted = candidates.iter().filter(|candidate| candidate.cost == cost::FREE).count().max(1);
            self.v1_fails = found.is_none() && share.tried >= accepted as u64;
        }
        found
    }
}

/// The conclusions that the proofs allow.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
struct Outcome {
    is_newest_proved: bool,
    /// Whether a proof names the fault.
    is_solved: bool,
    is_head_cleared: bool,
    is_body_cleared: bool,
}

/// Adds what was proved.
fn prove(
    diagnosis: &mut Diagnosis,
    claims: &[Claim],
    matches: &[Option<Proved<'_, '_>>],
    setting: &Setting<'_>,
) -> Outcome {
    let mut outcome =
        Outcome { is_newest_proved: false, is_solved: false, is_head_cleared: false, is_body_cleared: false };
    for (index, (claim, proved)) in claims.iter().zip(matches).enumerate() {
        let Some(Proved { found, pinned }) = proved else { continue };
        let mut faults = proof::faults(found, claim, pinned, setting);
        if index == 0 || outcome.is_newest_proved {
            faults.extend(proof::setting_fault(found, setting));
        }
        if index == 0 {
            outcome.is_newest_proved = true;
            outcome.is_solved = true;
            if let Ok(Err(error)) = diagnosis.verdict {
                faults.extend(policy_fault(error, &faults));
            }
        } else if faults.is_empty() {
            // The older signature is right as it is: if the newer one is not, that narrows the fault down.
            if outcome.is_newest_proved {
                continue;
            }
            faults.push(older_matches(claim.version));
            outcome.is_body_cleared = true;
            outcome.is_head_cleared = found.recipe.covers_head;
        } else if !outcome.is_newest_proved && !found.recipe.covers_head {
            outcome.is_body_cleared = true;
        } else {
            outcome.is_solved = true;
        }
        diagnosis.prove(found, claim, faults);
    }
    outcome
}

impl Diagnosis {
    /// Adds what a match proves. If a newer signature proved as much already, it is one finding with one more witness.
    fn prove(&mut self, found: &Match<'_, '_>, claim: &Claim, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let finding = proof::finding(found, claim, faults);
        let is_same = |known: &&mut Finding| {
            let is_same_uri = known.signed_uri == finding.signed_uri || finding.signed_uri.is_none();
            known.certainty == Certainty::Proved
                && is_same_uri
                && finding.faults.iter().all(|fault| known.faults.contains(fault))
        };
        match self.findings.iter_mut().find(is_same) {
            Some(known) => known.matched.extend(finding.matched),
            None => self.findings.push(finding),
        }
    }
}

fn older_matches(version: Version) -> Fault {
    let (evidence, fix) = if version == Version::V1 {
        (
            "the v1 signature is right, so the secret and the body are; the fault is in the method, the URI or the \
             timestamp",
            "Look at the method, the URI and the timestamp.",
        )
    } else {
        (
            "the v2 signature is right, so the secret, the method, the URI and the body are; the fault is in the v3 \
             signature's header or its timestamp",
            "Look at what changes X-HubSpot-Signature-v3 or X-HubSpot-Request-Timestamp on the way.",
        )
    };
    Fault::new(Cause::SchemeOlderMatches, evidence).fixed_by(fix)
}

/// The parts of the request that were taken as they are, or why nothing was tried.
fn limits(request: &ReceivedRequest<'_>, claims: &[Claim], candidates: &[Candidate]) -> Vec<String> {
    let mut limits = Vec::new();
    if candidates.is_empty() {
        limits.push("there is no usable secret to try".into());
    }
    if claims.iter().all(|claim| claim.readings.is_empty()) {
        limits.push("there is no readable signature to compare with".into());
    }
    let Some(body) = request.body else {
        limits.push("the body was not read, and every signature covers it".into());
        return limits;
    };
    if body.len() > body::MAX_REWRITTEN {
        let (length, most) = (body.len() >> 20, body::MAX_REWRITTEN >> 20);
        limits.push(format!("the body was taken as it is: it has {length} MiB, and at most {most} MiB are rewritten"));
    }
    if request.uri.len() > uri::MAX_REWRITTEN {
        let length = counted(request.uri.len() as u64, "byte", "bytes");
        limits.push(format!(
            "path and query were taken as they are: the URI has {length}, and at most {} are rewritten",
            uri::MAX_REWRITTEN
        ));
    }
    limits
}
