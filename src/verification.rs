//! [`Verification`]: a request whose body is being hashed. [`Verified`]: the proof, with its [`ReplayKey`].

use core::fmt;
#[cfg(feature = "std")]
use core::time::Duration;

use subtle::Choice;

use crate::body::BodyRules;
use crate::state::State;
use crate::time::Digits;
use crate::uri::Forms;
use crate::{ClientSecret, Error, RequestHead, UnixTime, Version};

/// A request whose head has passed and whose body is being hashed. Made by [`Verifier::begin`](crate::Verifier::begin).
///
/// It holds a few hundred bytes, however long the body is, and borrows nothing, so it can live in a future or a task. It
/// is as secret as the client secret until it is dropped, and is overwritten then; moving it leaves a copy that is not.
#[must_use = "a request is verified only when `finish` has returned `Ok`"]
pub struct Verification {
    first: Result<Running, Error>,
    /// Those of the further verifiers of a set.
    #[cfg(feature = "std")]
    others: std::vec::Vec<Result<Running, Error>>,
}

impl Verification {
    pub(crate) const fn new(running: Running) -> Self {
        Self {
            first: Ok(running),
            #[cfg(feature = "std")]
            others: std::vec::Vec::new(),
        }
    }

    /// Several verifiers at once.
    #[cfg(feature = "std")]
    pub(crate) const fn of_set(first: Result<Running, Error>, others: std::vec::Vec<Result<Running, Error>>) -> Self {
        Self { first, others }
    }

    fn each(&mut self) -> impl Iterator<Item = &mut Result<Running, Error>> {
        let all = core::iter::once(&mut self.first);
        #[cfg(feature = "std")]
        let all = all.chain(&mut self.others);
        all
    }

    /// Takes the next bytes of the body, raw as they were received. Chunks may have any size.
    ///
    /// # Errors
    ///
    /// As soon as the body breaks a rule: [`UnexpectedBody`](Error::UnexpectedBody),
    /// [`BodyTooLarge`](Error::BodyTooLarge), [`BodyNotJson`](Error::BodyNotJson) or
    /// [`BodyHasNul`](Error::BodyHasNul). Stop reading then; later calls return the same error.
    pub fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let mut outcome = Outcome::default();
        for slot in self.each() {
            let result = slot.as_mut().map_err(|error| *error).and_then(|running| running.update(chunk));
            if let Err(error) = result {
                *slot = Err(error);
            }
            outcome.add(result);
        }
        outcome.into_result()
    }

    /// Says whether the signature is that of this request, now that the body is complete.
    ///
    /// Neither the result nor the error reveals the expected signature.
    ///
    /// # Errors
    ///
    /// [`BodyNotJson`](Error::BodyNotJson), [`Mismatch`](Error::Mismatch), or the error that
    /// [`update`](Self::update) returned.
    pub fn finish(mut self) -> Result<Verified, Error> {
        let mut outcome = Outcome::default();
        for slot in self.each() {
            outcome.add(slot.as_mut().map_err(|error| *error).and_then(Running::finish));
        }
        outcome.into_result()
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").finish_non_exhaustive()
    }
}

/// The joint answer of the verifiers of a set: the first success, or else the most telling error.
pub(crate) struct Outcome<T>(Option<Result<T, Error>>);

impl<T> Default for Outcome<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Outcome<T> {
    pub(crate) fn add(&mut self, result: Result<T, Error>) {
        let replaces = match (&self.0, &result) {
            (None, _) | (Some(Err(_)), Ok(_)) => true,
            (Some(Ok(_)), _) => false,
            (Some(Err(known)), Err(error)) => error.stage() > known.stage(),
        };
        if replaces {
            self.0 = Some(result);
        }
    }

    pub(crate) fn into_result(self) -> Result<T, Error> {
        // A set is never empty.
        self.0.unwrap_or(Err(Error::MissingSignature))
    }
}

/// One verifier's part of a [`Verification`].
pub(crate) struct Running {
    ticket: Ticket,
    rules: BodyRules,
    current: Candidates,
    previous: Option<Candidates>,
}

impl Running {
    pub(crate) fn new(
        ticket: Ticket,
        rules: BodyRules,
        head: &RequestHead<'_>,
        current: &ClientSecret,
        previous: Option<&ClientSecret>,
    ) -> Self {
        let begin = |secret| Candidates::new(secret, &ticket, head);
        Self { ticket, rules, current: begin(current), previous: previous.map(begin) }
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.rules.update(chunk)?;
        self.current.update(chunk);
        if let Some(previous) = &mut self.previous {
            previous.update(chunk);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Verified, Error> {
        self.rules.finish()?;
        let ticket = &self.ticket;
        let current = self.current.matches(ticket);
        let previous = self.previous.as_mut().map(|previous| previous.matches(ticket));
        ticket.conclude(current, previous)
    }
}

/// The states that may lead to the presented signature, under one secret.
///
/// HubSpot's documentation says that v3 signs the URI with twelve escapes decoded; its SDKs and its development proxy
/// sign it as it is. Both are accepted, so there are two states where the two forms differ.
struct Candidates {
    as_received: State,
    decoded: Option<State>,
}

impl Candidates {
    fn new(secret: &ClientSecret, ticket: &Ticket, head: &RequestHead<'_>) -> Self {
        let (method, uri, version) = (head.method(), head.signed_uri(), ticket.version);
        Self {
            as_received: secret.begin(version, method, uri.as_received()),
            decoded: (ticket.forms == Forms::Two).then(|| secret.begin(version, method, uri.decoded())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.as_received.update(bytes);
        if let Some(state) = &mut self.decoded {
            state.update(bytes);
        }
    }

    fn matches(&mut self, ticket: &Ticket) -> bool {
        let is_match = |state: &mut State| {
            state.update(ticket.timestamp_text());
            declassify(state.finish().is(&ticket.digest))
        };
        is_match(&mut self.as_received) || self.decoded.as_mut().is_some_and(is_match)
    }
}

/// Turns a comparison into a decision: the only place where control flow may come to depend on a computed digest.
///
/// Which of the two URI forms was signed is no secret, so the second is not computed once the first matches.
#[inline(never)]
pub(crate) fn declassify(is_match: Choice) -> bool {
    is_match.into()
}

/// A request that has passed everything but the comparison.
#[derive(Clone, Copy)]
pub(crate) struct Ticket {
    pub(crate) version: Version,
    /// The digest that the presented signature stands for.
    pub(crate) digest: [u8; 32],
    /// `None` if the version signs no timestamp.
    pub(crate) digits: Option<Digits>,
    pub(crate) forms: Forms,
    pub(crate) timestamp: Option<UnixTime>,
    pub(crate) expires_at: Option<UnixTime>,
    /// The place of the verifier in its set.
    pub(crate) verifier: usize,
}

#[allow(clippy::inline_always, reason = "as in `verifier.rs`")]
impl Ticket {
    /// The same under another verifier of a set with this greatest age.
    #[cfg(feature = "std")]
    pub(crate) fn by(mut self, verifier: usize, greatest_age: Duration) -> Self {
        self.verifier = verifier;
        self.expires_at = self.timestamp.map(|timestamp| timestamp.saturating_add(greatest_age));
        self
    }

    /// The text of the timestamp as it was signed; empty if the version signs none.
    pub(crate) fn timestamp_text(&self) -> &[u8] {
        self.digits.as_ref().map_or(&[], Digits::as_slice)
    }

    #[inline(always)]
    pub(crate) fn conclude(&self, current: bool, previous: Option<bool>) -> Result<Verified, Error> {
        let Self { version, digest, timestamp, expires_at, verifier, .. } = *self;
        let secret = match previous {
            _ if current => MatchedSecret::Current,
            Some(true) => MatchedSecret::Previous,
            _ => return Err(Error::Mismatch { version }),
        };
        let [half @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = digest;
        Ok(Verified { version, timestamp, secret, verifier, replay_key: ReplayKey(half), expires_at })
    }
}

/// The proof that a request comes from someone who holds the client secret. Only a verifier can make one.
///
/// ```
/// use hubspot_signature::{Error, RequestHead, UnixTime, Verifier};
///
/// fn handle(verifier: &Verifier, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<(), Error> {
///     let verified = verifier.verify(head, body, now)?;
///     println!("{} under the {} secret", verified.version(), verified.matched_secret().as_str());
///     println!("remember {} until {:?}", verified.replay_key(), verified.expires_at());
///     Ok(())
/// }
/// ```
///
/// No other code can:
///
/// ```compile_fail,E0451
/// # use hubspot_signature::Verified;
/// fn forged(verified: Verified) -> Verified {
///     Verified { timestamp: None, ..verified }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verified {
    version: Version,
    timestamp: Option<UnixTime>,
    secret: MatchedSecret,
    verifier: usize,
    replay_key: ReplayKey,
    expires_at: Option<UnixTime>,
}

impl Verified {
    /// The same by another verifier of a set with this greatest age.
    #[cfg(feature = "std")]
    pub(crate) fn by(mut self, verifier: usize, greatest_age: Duration) -> Self {
        self.verifier = verifier;
        self.expires_at = self.timestamp.map(|timestamp| timestamp.saturating_add(greatest_age));
        self
    }

    /// Returns the version that was verified.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Returns when HubSpot signed. `None` for v1 and v2, which can be replayed at any time.
    #[must_use]
    pub const fn timestamp(&self) -> Option<UnixTime> {
        self.timestamp
    }

    /// Returns which of the verifier's secrets matched.
    #[must_use]
    pub const fn matched_secret(&self) -> MatchedSecret {
        self.secret
    }

    /// Returns which verifier of a [`Verifiers`](crate::Verifiers) matched, counted from 0. A single [`Verifier`] is 0.
    ///
    /// The number is the verifier's place in the set that judged the request; a
    /// [`replace`](crate::Verifiers::replace) may change the places.
    ///
    /// [`Verifier`]: crate::Verifier
    #[must_use]
    pub const fn matched_verifier(&self) -> usize {
        self.verifier
    }

    /// Returns the key under which to remember this request, so that a replay is recognised: see [Replay](crate#replay).
    ///
    /// It is of use with [`Version::V3`] as the minimum. Where v2 or v1 pass too, a request that is stripped of its v3
    /// headers has another key, and under those two everything with the same content has one, a second genuine request
    /// included.
    #[must_use]
    pub const fn replay_key(&self) -> ReplayKey {
        self.replay_key
    }

    /// Returns the time after which no verifier of those that judged the request accepts it. `None` for v1 and v2, which
    /// never expire.
    ///
    /// Keep the [`replay_key`](Self::replay_key) a minute longer, as the clocks of servers differ, and refuse a request
    /// whose body was so slow that this minute has passed too. A [queue](crate::guide::queues) that verifies later judges
    /// by the time of receipt: there, keep keys longer. The time is the timestamp plus
    /// [`max_age`](crate::Verifier::max_age), the greatest of a [`Verifiers`](crate::Verifiers); at that very millisecond
    /// the request still passes.
    #[must_use]
    pub const fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }
}

/// Identifies a signed request: the same for each replay, however its header and URI are spelled.
///
/// It is the first half of the decoded signature, which is of no use to a forger. `Display` writes 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplayKey([u8; 16]);

impl ReplayKey {
    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayKey({self})")
    }
}

/// Which of a verifier's secrets a signature was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a verifier has these two")]
pub enum MatchedSecret {
    /// The one given to [`Verifier::new`](crate::Verifier::new).
    Current,
    /// The one given to [`Verifier::previous_secret`](crate::Verifier::previous_secret). HubSpot still signs with it, so
    /// the rotation is not over.
    Previous,
}

impl MatchedSecret {
    /// Returns a stable lower-case name, for logs and metric labels: `current` or `previous`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Previous => "previous",
        }
    }
}
