//! Why a signature does not match, said so that a person can act on it. Feature `diagnose`.
//!
//! Nearly always a genuine request is refused because something between HubSpot and the verifier changed what was signed:
//! a proxy ended TLS, a framework parsed the body and wrote it again, the secret is a token. A [`Diagnostician`] undoes
//! such changes one by one, and the plausible ones in pairs, until a signature of the request matches. What it undid is
//! then [*proved*](Certainty::Proved) to be the fault. What only the shape of the request or the secret suggests is said as
//! [*likely*](Certainty::Likely).
//!
//! ```
//! use hubspot_signature::diagnose::{Cause, Certainty, Diagnostician, ReceivedRequest};
//! use hubspot_signature::{ClientSecret, UnixTime};
//!
//! let (secret, now) = ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", UnixTime::from_millis(1_700_000_000_000));
//! # let sent = ClientSecret::new(secret)?.sign("POST", "https://hooks.example.com/hubspot", b"{\"objectId\":7}", now).expect("valid");
//! # let sent = sent.pairs().map(|(name, value)| (name, value.as_bytes()));
//! # let mut headers = vec![("X-Forwarded-Proto", &b"https"[..])];
//! # headers.extend(sent);
//! // A genuine request, as a service behind a TLS proxy and a JSON middleware sees it.
//! let request = ReceivedRequest {
//!     method: "POST",
//!     uri: "http://hooks.example.com/hubspot",
//!     headers: &headers,
//!     body: b"{\"objectId\": 7}",
//! };
//! let diagnosis = Diagnostician::new([secret]).diagnose(&request, now);
//!
//! let finding = &diagnosis.findings()[0];
//! assert_eq!(finding.certainty(), Certainty::Proved);
//! assert!(finding.causes().eq([Cause::UriScheme, Cause::BodyReserialised]));
//! assert_eq!(finding.signed_uri(), Some("https://hooks.example.com/hubspot"));
//! println!("{diagnosis}"); // for reading: what was expected, what was found, and how to mend it
//! # Ok::<(), hubspot_signature::SecretError>(())
//! ```
//!
//! `docs/mismatch.md` ("My signature does not match") lists each cause as people meet it.
//!
//! # What it must not be used for
//!
//! A diagnosis **accepts nothing**. That a signature matches after a change says what HubSpot signed, not that the request
//! may be trusted: some of the changes are just those that a forger makes. Verify with a [`Verifier`].
//!
//! It is a tool for operators: **do not run it on each refused request of a public endpoint**. One diagnosis hashes up to
//! [`MAX_HASHED_BYTES`], thousands of times what a verification does, and anyone can send requests that are refused. While
//! setting an endpoint up, ask a [`Throttle`] first. With the tower layer, in the closure of `VerifyLayer::on_refusal`:
//!
//! ```
//! use core::time::Duration;
//! use hubspot_signature::UnixTime;
//! use hubspot_signature::diagnose::{Diagnostician, ReceivedRequest, Throttle};
//! # #[cfg(feature = "tower")]
//! use hubspot_signature::tower::Refusal;
//!
//! static THROTTLE: Throttle = Throttle::new(3, Duration::from_secs(60));
//!
//! # #[cfg(feature = "tower")]
//! fn explain(refusal: &Refusal<'_>, diagnostician: &Diagnostician) {
//!     let now = UnixTime::now();
//!     if !THROTTLE.allow(now) {
//!         return;
//!     }
//!     let head = refusal.head();
//!     let url = refusal.url().unwrap_or_else(|| head.uri.to_string());
//!     let headers = head.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
//!     // Over HTTP/2 the host that was called is here, and not in `Host`.
//!     let authority = head.uri.authority().map(|authority| (":authority", authority.as_str().as_bytes()));
//!     let headers: Vec<_> = headers.chain(authority).collect();
//!     let request = ReceivedRequest {
//!         method: head.method.as_str(),
//!         uri: &url,
//!         headers: &headers,
//!         body: refusal.body(),
//!     };
//!     eprintln!("{}", diagnostician.diagnose(&request, now));
//! }
//! ```
//!
//! The layer reads no body of a request that it refuses before the body; the diagnosis then finds only what has nothing to
//! do with it. The same few lines serve any other framework.
//!
//! # What bounds it
//!
//! - At most [`MAX_HASHED_BYTES`] are hashed for one request, 192 counted for each hash beside its bytes. The budget
//!   is shared evenly between the (at most two) signature headers. [`Diagnostician::hash_budget`] lowers it.
//! - Bodies above 128 KiB and URIs above 8 KiB are taken as they are; only the rest of the request is varied. A rewritten
//!   body has at most 512 KiB, a decompressed one too. Each part is varied in at most 6,000 ways of 8 MiB together.
//! - At most [`MAX_SECRETS`] candidate secrets are tried and the previous one, header values of up to 4 KiB are looked at, and four
//!   values of a header that should have one.
//!
//! # What it reveals
//!
//! Neither a diagnosis nor its `Debug` or `Display` holds a secret, a computed or a presented signature. They do quote the
//! request's URI and forwarding headers, which may name people (`userEmail`): treat the text as you treat access logs.

mod body;
mod cause;
mod hints;
mod json;
mod likely;
mod presented;
mod report;
mod search;
mod throttle;
mod url;
mod variation;

use core::fmt;
use core::time::Duration;
use std::format;
use std::prelude::rust_2024::*;

use self::cause::shown;
pub use self::cause::{Cause, Certainty, Part, Step};
use self::hints::Headers;
use self::search::{Budget, Parts};
pub use self::throttle::Throttle;
use self::variation::{Variation, Variations, Weight};
use crate::secret::{QUOTES, is_white_space};
use crate::{
    ClientSecret, Error, Header, RequestHead, SecretError, SignatureHeaders, UnixTime, Verified, Verifier, Version,
};

/// The most bytes that are hashed for one request, in all its readings together: 32 MiB, well under a second.
pub const MAX_HASHED_BYTES: u64 = 32 << 20;

/// The most candidate secrets that are tried, beside the previous one; further ones are left out.
pub const MAX_SECRETS: usize = 8;

/// A request as it was received, whole.
#[derive(Clone, Copy)]
#[allow(clippy::exhaustive_structs, reason = "made with a literal; a request has no more parts")]
pub struct ReceivedRequest<'a> {
    /// The method, as it would be given to the verifier.
    pub method: &'a str,
    /// The URI, as it would be given to the verifier. It need not be absolute.
    pub uri: &'a str,
    /// All headers, not only HubSpot's: `Host`, `Forwarded`, `Content-Length` and others show what happened on the way.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body, as it would be given to the verifier.
    pub body: &'a [u8],
}

impl fmt::Debug for ReceivedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("uri", &self.uri)
            .field("headers", &names)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// Finds out why requests are refused. Made once from the secrets that may be right.
///
/// See [the module](self) for what it is for, and for what it is not.
pub struct Diagnostician {
    candidates: Vec<Candidate>,
    /// How many were given, usable or not.
    secrets: usize,
    /// What is wrong with a secret by its shape, with its index.
    secret_faults: Vec<Step>,
    /// Judges as the service does; there is none if the first secret or the previous one is unusable.
    verifier: Result<Verifier, SecretError>,
    minimum_version: Version,
    hash_budget: u64,
}

/// A secret to try, mended if need be.
struct Candidate {
    index: usize,
    secret: ClientSecret,
    /// How it differs from what the service has.
    steps: Vec<Step>,
}

impl Diagnostician {
    /// Takes the secret in use, and after it any other that may be the right one: those of other apps, say. By those the
    /// service accepts nothing; a secret that it does accept while another is rotated in goes to
    /// [`previous_secret`](Self::previous_secret).
    ///
    /// They are taken as the configuration has them: a secret in quotation marks is a finding, not an error.
    pub fn new<S: AsRef<str>>(candidate_secrets: impl IntoIterator<Item = S>) -> Self {
        let mut new = Self {
            candidates: Vec::new(),
            secrets: 0,
            secret_faults: Vec::new(),
            verifier: Err(SecretError::Empty),
            minimum_version: Version::V2,
            hash_budget: MAX_HASHED_BYTES,
        };
        for text in candidate_secrets.into_iter().take(MAX_SECRETS) {
            let text = text.as_ref();
            let number = new.secrets.saturating_add(1);
            if number == 1 {
                new.verifier = Verifier::new(text, Version::V2);
                new.add(text, "the secret", None);
            } else {
                let which = format!("secret number {number}");
                let other = Step::new(Cause::SecretOther, format!("{which} of those given matches"));
                new.add(text, &which, Some(&other));
            }
        }
        new
    }

    /// The secret that the service accepts beside the one in use, as given to [`Verifier::previous_secret`].
    ///
    /// It is numbered after the secrets given to [`new`](Self::new), whose number it does not count towards. If it is
    /// unusable the verdict says so, as a service with it would not start.
    #[must_use]
    pub fn previous_secret(mut self, client_secret: &str) -> Self {
        self.verifier = self.verifier.and_then(|verifier| verifier.previous_secret(client_secret));
        self.add(client_secret, "the previous secret", None);
        // It comes before the same secret given as another one.
        self.candidates.sort_by_key(|candidate| candidate.steps.len());
        self
    }

    /// Takes one more secret; `other` is said if one matches that the service does not have.
    fn add(&mut self, text: &str, which: &str, other: Option<&Step>) {
        let index = self.secrets;
        self.secrets = index.saturating_add(1);
        let fault = ClientSecret::new(text).err().map(|error| {
            let (cause, evidence) = match error {
                SecretError::Empty => (Cause::SecretEmpty, "is empty"),
                SecretError::SurroundingWhiteSpace => (Cause::SecretWhiteSpace, "begins or ends with white space"),
                SecretError::Quoted => (Cause::SecretQuoted, "begins or ends with a quotation mark"),
                SecretError::AccessToken => (Cause::SecretAccessToken, "begins with `pat-`"),
                _ => (Cause::SecretShape, "is not a client secret"),
            };
            Step::new(cause, format!("{which} {evidence}"))
        });
        let bare = bare_secret(text);
        if let Ok(secret) = ClientSecret::new(bare) {
            let steps = other.into_iter().chain(&fault).cloned().collect();
            self.candidates.push(Candidate { index, secret, steps });
        }
        let decoded = unbase64_secret(bare).and_then(|decoded| ClientSecret::new(bare_secret(&decoded)).ok());
        if let Some(secret) = decoded {
            let encoded = Step::new(Cause::SecretBase64, format!("{which} matches when it is decoded from base64"));
            let steps = other.into_iter().chain(&fault).cloned().chain([encoded]).collect();
            self.candidates.push(Candidate { index, secret, steps });
        }
        if let Some(fault) = fault {
            self.secret_faults.push(fault);
        }
        if !is_uuid(bare) && !bare.is_empty() && !bare.starts_with("pat-") {
            let evidence = format!("{which} has {} characters and not the shape of a UUID", bare.chars().count());
            self.secret_faults.push(Step::new(Cause::SecretShape, evidence));
        }
    }

    /// The oldest scheme that the service accepts, as given to [`Verifier::minimum_version`].
    #[must_use]
    pub fn minimum_version(mut self, minimum: Version) -> Self {
        self.minimum_version = minimum;
        self.verifier = self.verifier.map(|verifier| verifier.with_minimum_version(minimum));
        self
    }

    /// The age that the service accepts, as given to [`Verifier::max_age`].
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.verifier = self.verifier.map(|verifier| verifier.max_age(max_age));
        self
    }

    /// The clock skew that the service accepts, as given to [`Verifier::max_clock_skew`].
    #[must_use]
    pub fn max_clock_skew(mut self, max_clock_skew: Duration) -> Self {
        self.verifier = self.verifier.map(|verifier| verifier.max_clock_skew(max_clock_skew));
        self
    }

    /// Hashes at most so many bytes for one request; [`MAX_HASHED_BYTES`] at the most, which is the default.
    ///
    /// Less finds less: single changes of a small request take some 2 MiB.
    #[must_use]
    pub const fn hash_budget(mut self, bytes: u64) -> Self {
        self.hash_budget = if bytes < MAX_HASHED_BYTES { bytes } else { MAX_HASHED_BYTES };
        self
    }

    /// Says what is wrong with a request that was received at the time given.
    #[must_use]
    pub fn diagnose(&self, request: &ReceivedRequest<'_>, now: UnixTime) -> Diagnosis {
        let ReceivedRequest { method, uri, headers: pairs, body } = *request;
        let headers = Headers::new(pairs);
        let head = RequestHead::new(method, uri, SignatureHeaders::from_pairs(pairs.iter().copied()));
        let verdict = match &self.verifier {
            Ok(verifier) => verifier.verify(&head, body, now).map_err(Objection::Request),
            Err(error) => Err(Objection::Secret(*error)),
        };
        let (claims, header_faults) = presented::read(&headers);
        let timestamp = headers.text(Header::RequestTimestamp.name());
        let expected = claims
            .iter()
            .map(|claim| Expected {
                header: claim.header,
                version: claim.version,
                method: shown(method),
                uri: shown(uri),
                lengths: [method.len(), uri.len(), body.len()],
                timestamp: timestamp.map(timestamp_shown),
            })
            .collect();
        let mut diagnosis = Diagnosis {
            verdict,
            expected,
            findings: Vec::new(),
            app_id: likely::app_id(uri, body),
            search: Search { tried: 0, hashed_bytes: 0, complete: true },
        };
        if verdict.is_ok() {
            return diagnosis;
        }
        let parts = Parts {
            methods: methods(method),
            uris: url::variations(uri, &headers),
            bodies: body::variations(body),
            timestamp,
            now,
        };
        let share = self.hash_budget.checked_div(claims.len() as u64).unwrap_or_default();
        let (mut newest_matches, mut is_solved) = (false, false);
        let mut cleared: &[Part] = &[];
        for (index, claim) in claims.iter().enumerate() {
            let mut budget = Budget::new(share);
            let found = search::search(claim, &parts, &self.candidates, &mut budget);
            diagnosis.search.add(&budget);
            let Some(mut found) = found else { continue };
            if index == 0 {
                newest_matches = true;
                found.steps.extend(policy_fault(verdict, &found.steps));
            } else if found.steps.is_empty() {
                // The older signature is right as it is: if the newer one is not, that narrows the fault down.
                if newest_matches {
                    continue;
                }
                found.steps.push(older_matches(claim.version));
                cleared = parts_covered(claim.version);
            } else {
                is_solved = true;
            }
            diagnosis.prove(found, claim);
        }
        is_solved |= newest_matches;
        diagnosis.suspect(header_faults);
        diagnosis.suspect(self.secret_faults.iter().filter(|fault| fault.cause != Cause::SecretShape).cloned());
        if !newest_matches {
            diagnosis.suspect(policy_fault(verdict, &[]));
        }
        if !is_solved {
            let suspicions = likely::faults(request, &headers).into_iter().chain(self.secret_faults.iter().cloned());
            diagnosis.suspect(suspicions.filter(|step| !cleared.contains(&step.cause.part())));
        }
        diagnosis
    }
}

impl fmt::Debug for Diagnostician {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Diagnostician")
            .field("usable_secrets", &self.candidates.len())
            .field("verifier", &self.verifier)
            .field("hash_budget", &self.hash_budget)
            .finish_non_exhaustive()
    }
}

/// The secret without what clings to it.
fn bare_secret(text: &str) -> &str {
    text.trim_matches(|c: char| is_white_space(c) || QUOTES.contains(&c))
}

/// What is encoded, if the text is base64 of a UUID.
fn unbase64_secret(text: &str) -> Option<String> {
    use base64ct::{Base64, Encoding};
    let mut bytes = [0; 64];
    let decoded = Base64::decode(text, &mut bytes).ok()?;
    let decoded = core::str::from_utf8(decoded).ok()?;
    is_uuid(bare_secret(decoded)).then(|| decoded.into())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_alphanumeric(),
        })
}

/// The method as received, then what it may have been.
fn methods(received: &str) -> Vec<Variation<String>> {
    let mut all = Variations::new(received.to_owned());
    let upper = received.to_ascii_uppercase();
    if received.len() <= 32 {
        let steps = [Step::new(Cause::MethodCase, format!("the method is {}", shown(received)))].into();
        all.push(Variation { value: upper, steps, weight: Weight::NONE, pairs: true });
    }
    for method in ["POST", "GET", "PUT", "PATCH", "DELETE"] {
        let step =
            Step::new(Cause::MethodAssumed, format!("the method is {}, the signed one {method}", shown(received)));
        all.single(method.into(), step);
    }
    all.into_list()
}

/// A timestamp header's text if it may be shown: anything long may be a signature in the wrong header.
fn timestamp_shown(text: &str) -> String {
    if text.len() <= 32 { shown(text) } else { format!("{} bytes", text.len()) }
}

/// What the verifier holds against a request whose signature is right.
fn policy_fault(verdict: Result<Verified, Objection>, known: &[Step]) -> Option<Step> {
    let Err(Objection::Request(error)) = verdict else { return None };
    let cause = match error {
        Error::TimestampTooOld { .. } => Cause::TimestampStale,
        Error::TimestampInFuture { .. } => Cause::TimestampFuture,
        Error::VersionBelowMinimum { .. } => Cause::SchemeBelowMinimum,
        Error::UnexpectedBody => Cause::BodyUnexpected,
        Error::BodyHasNul => Cause::BodyNotUtf8,
        Error::UriNotAbsolute => Cause::UriPathOnly,
        Error::InvalidMethod => Cause::MethodCase,
        Error::DuplicateHeader { .. } => Cause::HeaderDoubled,
        Error::MalformedTimestamp { .. } => Cause::TimestampMalformed,
        _ => return None,
    };
    // A reading without that body, or with a whole URI, has mended it already.
    let is_mended = match cause {
        Cause::BodyUnexpected | Cause::BodyNotUtf8 => known.iter().any(|step| step.cause.part() == Part::Body),
        Cause::UriPathOnly => known.iter().any(|step| step.cause.part() == Part::Uri),
        Cause::MethodCase => known.iter().any(|step| step.cause.part() == Part::Method),
        Cause::TimestampMalformed => known.iter().any(|step| step.cause.part() == Part::Time),
        Cause::HeaderDoubled => known.iter().any(|step| step.cause == cause),
        _ => false,
    };
    (!is_mended).then(|| Step::new(cause, format!("{error}")))
}

/// What a signature that matches acquits.
const fn parts_covered(version: Version) -> &'static [Part] {
    match version {
        Version::V1 => &[Part::Secret, Part::Body],
        Version::V2 | Version::V3 => &[Part::Secret, Part::Method, Part::Uri, Part::Body],
    }
}

fn older_matches(version: Version) -> Step {
    let (evidence, mend) = if version == Version::V1 {
        (
            "the v1 signature is right, so the secret and the body are; the fault is in the method, the URI or the timestamp",
            "Look at the method, the URI and the timestamp.",
        )
    } else {
        (
            "the v2 signature is right, so the secret, the method, the URI and the body are; the fault is in the v3 \
             signature's header or its timestamp",
            "Look at what changes X-HubSpot-Signature-v3 or X-HubSpot-Request-Timestamp on the way.",
        )
    };
    Step::new(Cause::SchemeOlderMatches, evidence).mended_by(mend)
}

/// Why the service's verifier refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objection {
    /// The request is at fault.
    Request(Error),
    /// The first secret or the previous one is unusable, so there is no verifier.
    Secret(SecretError),
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Secret(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Objection {}

/// What is wrong with one request.
///
/// `Display` writes it for a person, over several lines.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    verdict: Result<Verified, Objection>,
    expected: Vec<Expected>,
    findings: Vec<Finding>,
    app_id: Option<u64>,
    search: Search,
}

impl Diagnosis {
    /// What the verifier says, with the first secret, the previous one and the policy given.
    ///
    /// # Errors
    ///
    /// Why the request is refused. If it is not, there are no findings.
    pub const fn verdict(&self) -> Result<Verified, Objection> {
        self.verdict
    }

    /// What had to be signed, for each signature that was presented, newest first.
    #[must_use]
    pub fn expected(&self) -> &[Expected] {
        &self.expected
    }

    /// What is at fault: first what is proved, then what is likely.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was tried to find it.
    #[must_use]
    pub const fn search(&self) -> Search {
        self.search
    }

    /// The app that the request says it comes from: the one whose client secret is needed.
    #[must_use]
    pub const fn app_id(&self) -> Option<u64> {
        self.app_id
    }

    /// Adds what a match proves. If a newer signature proved as much already, it is one finding, with one more witness.
    fn prove(&mut self, found: search::Match, claim: &presented::Claim) {
        let search::Match { steps, candidate, uri, covers_uri } = found;
        let signed_uri = covers_uri.then_some(uri);
        if steps.is_empty() {
            return;
        }
        let matched = Matched { header: claim.header, secret: candidate };
        let is_part_of = |finding: &&mut Finding| {
            finding.signed_uri == signed_uri && steps.iter().all(|step| finding.steps.contains(step))
        };
        if let Some(same) = self.findings.iter_mut().find(is_part_of) {
            same.matched.push(matched);
            return;
        }
        self.findings.push(Finding { steps, certainty: Certainty::Proved, matched: [matched].into(), signed_uri });
    }

    /// Adds what the shape says, unless the same cause is there already.
    fn suspect(&mut self, faults: impl IntoIterator<Item = Step>) {
        for step in faults {
            if !self.findings.iter().any(|finding| finding.causes().any(|cause| cause == step.cause)) {
                let (steps, certainty) = ([step].into(), Certainty::Likely);
                self.findings.push(Finding { steps, certainty, matched: Vec::new(), signed_uri: None });
            }
        }
    }
}

/// What had to be signed for a presented signature to match. `Display` says it; the secret is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    header: Header,
    version: Version,
    method: String,
    uri: String,
    /// Of method, URI and body.
    lengths: [usize; 3],
    timestamp: Option<String>,
}

impl Expected {
    /// The header that presents the signature.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The scheme it is judged by.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }
}

/// One fault, or two that come together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    steps: Vec<Step>,
    certainty: Certainty,
    matched: Vec<Matched>,
    signed_uri: Option<String>,
}

impl Finding {
    /// How sure it is.
    #[must_use]
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Each change with its evidence and its mend. If it is proved, the signature matches after all of them.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The causes of the steps.
    pub fn causes(&self) -> impl Iterator<Item = Cause> + '_ {
        self.steps.iter().map(Step::cause)
    }

    /// The signatures that match after the change; empty if it is likely only.
    #[must_use]
    pub fn matched(&self) -> &[Matched] {
        &self.matched
    }

    /// The URI that was signed, if the change is proved and the scheme covers the URI.
    #[must_use]
    pub fn signed_uri(&self) -> Option<&str> {
        self.signed_uri.as_deref()
    }
}

/// A signature that matches after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Matched {
    header: Header,
    secret: usize,
}

impl Matched {
    /// The header that presents the signature.
    #[must_use]
    pub const fn header(self) -> Header {
        self.header
    }

    /// Which of the secrets given it was made with, counted from zero: those of [`Diagnostician::new`], then
    /// [`Diagnostician::previous_secret`].
    #[must_use]
    pub const fn secret(self) -> usize {
        self.secret
    }
}

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Search {
    tried: u64,
    hashed_bytes: u64,
    complete: bool,
}

impl Search {
    /// How many readings of the request were tried, counted for each secret and signature.
    #[must_use]
    pub const fn tried(self) -> u64 {
        self.tried
    }

    /// What they cost of the [budget](MAX_HASHED_BYTES).
    #[must_use]
    pub const fn hashed_bytes(self) -> u64 {
        self.hashed_bytes
    }

    /// Whether all of them were tried before the budget was used up.
    #[must_use]
    pub const fn is_complete(self) -> bool {
        self.complete
    }

    const fn add(&mut self, budget: &Budget) {
        self.tried = self.tried.saturating_add(budget.tried);
        self.hashed_bytes = self.hashed_bytes.saturating_add(budget.hashed);
        self.complete &= !budget.exhausted;
    }
}
