//! [`Verifier`]: the policy.

use core::fmt;
use core::time::Duration;

use crate::body::BodyRules;
use crate::claim::Claim;
use crate::state::Digest;
use crate::uri::Forms;
use crate::verification::{Running, Ticket, declassify};
use crate::version::Function;
use crate::{ClientSecret, Error, RequestHead, SecretError, UnixTime, Verification, Verified, Version};

/// Which requests to accept: the client secret, and how old a version and a signature may be.
///
/// Make it once at start-up and share it. Verifying needs only `&self`, allocates nothing and takes no lock.
///
/// ```
/// use core::time::Duration;
/// use hubspot_signature::{Verifier, Version};
///
/// # fn configured(client_secret: &str, old_secret: Option<&str>) -> Result<(), hubspot_signature::SecretError> {
/// let verifier = Verifier::new(client_secret, Version::V3)?
///     .previous_secret(old_secret)?              // during a rotation
///     .max_age(Duration::from_secs(300))         // the default
///     .max_clock_skew(Duration::from_secs(60))   // the default
///     .max_body(1 << 20);                        // no limit by default
/// # Ok(()) }
/// # configured("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", None).unwrap();
/// ```
#[derive(Clone)]
pub struct Verifier {
    current: ClientSecret,
    previous: Option<ClientSecret>,
    minimum_version: Version,
    max_age: Duration,
    max_clock_skew: Duration,
    max_body: Option<u64>,
    any_body: bool,
}

impl Verifier {
    /// Accepts requests that are signed with this client secret, by `minimum_version` or a newer version.
    ///
    /// Choose [`Version::V3`] if every HubSpot product that calls you sends it: without it, anyone who captured a request
    /// can strip its v3 headers and replay it at any time. Choose [`Version::V1`] only for a product that sends nothing
    /// newer: a v2 signature is also the v1 signature of a text, the one that begins with method and URI. See
    /// [which version](crate#which-version).
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text cannot be a client secret.
    pub fn new(client_secret: &str, minimum_version: Version) -> Result<Self, SecretError> {
        Ok(Self {
            current: ClientSecret::new(client_secret)?,
            previous: None,
            minimum_version,
            max_age: Duration::from_secs(300),
            max_clock_skew: Duration::from_secs(60),
            max_body: None,
            any_body: false,
        })
    }

    /// Also accepts signatures made with the secret that was replaced. Remove it when the rotation is over.
    ///
    /// Takes a `&str` or an `Option<&str>`: `.as_str()` of a `String`, `.as_deref()` of an `Option<String>`. There is one
    /// previous secret: a second call replaces the first. For several apps, make one `Verifier` each and a
    /// [`Verifiers`](crate::Verifiers) of them.
    ///
    /// Both secrets are tried on every request, so the time taken does not tell which one matched;
    /// [`Verified::matched_secret`] does.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text cannot be a client secret.
    pub fn previous_secret<'a>(mut self, client_secret: impl Into<Option<&'a str>>) -> Result<Self, SecretError> {
        self.previous = client_secret.into().map(ClientSecret::new).transpose()?;
        Ok(self)
    }

    /// Sets how old a v3 signature may be. The default, as HubSpot documents it, is 5 minutes; exactly that still passes.
    ///
    /// For this long, anyone who captured a request can replay it: a very long age is no protection at all.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets how far in the future a v3 signature may lie, for clocks that differ. The default is 1 minute.
    #[must_use]
    pub const fn max_clock_skew(mut self, max_clock_skew: Duration) -> Self {
        self.max_clock_skew = max_clock_skew;
        self
    }

    /// Sets how long a body may be, in bytes. A longer one is [`Error::BodyTooLarge`], at the chunk that crosses the
    /// limit.
    ///
    /// The default is no limit, since a body in memory was limited by whatever read it. Set one when you write a body to
    /// disk as it arrives. The tower layer, which reads the body itself, takes 1 MiB where none is set. A Webhooks API
    /// batch of 100 events has about 40 KB, and more with long property values.
    #[must_use]
    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// Accepts bodies that are not a JSON object, array or string. **The end of a URL can then be passed off as a body**:
    /// the signature of `DELETE …?portalId=62515` is also that of `DELETE …?portalId=6251` with the body `5`.
    ///
    /// HubSpot sends no such body, so use this only for a sender of your own. The other rules stay: GET and HEAD have no
    /// body, v1 and v2 no NUL, and a signed URI none of `{`, `"`, white space and control characters.
    #[must_use]
    pub const fn dangerously_accept_any_body(mut self) -> Self {
        self.any_body = true;
        self
    }

    /// Verifies a request whose body is in memory.
    ///
    /// The newest version that the request carries is the one verified, and it decides alone: if it is malformed, stale
    /// or does not match, an older signature next to it is not looked at.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub fn verify(&self, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
        self.verify_claim(Claim::read(head.headers())?, head, body, now, u64::MAX)
    }

    /// Begins to verify a request whose body is still to come.
    ///
    /// The age is judged here, not when the body ends. Limit how long a body may take, as for any other route. If you
    /// remember replay keys, do so until a minute after [`Verified::expires_at`], as clocks differ, and refuse a request
    /// that is complete only after that minute.
    ///
    /// ```
    /// # use hubspot_signature::{Error, RequestHead, UnixTime, Verified, Verifier};
    /// fn verify<'a>(
    ///     verifier: &Verifier,
    ///     head: &RequestHead<'_>,
    ///     body: impl Iterator<Item = &'a [u8]>,
    ///     now: UnixTime,
    /// ) -> Result<Verified, Error> {
    ///     let mut verification = verifier.begin(head, now)?; // may refuse: the body is not even read
    ///     for chunk in body {
    ///         verification.update(chunk)?; // may refuse: stop reading
    ///     }
    ///     verification.finish()
    /// }
    /// ```
    ///
    /// Undo what was done with the chunks if the request is refused: the
    /// [hyper server](crate::guide::servers#hyper) deletes the file to which it wrote them.
    ///
    /// # Errors
    ///
    /// Whatever can be judged without the body: [`MissingSignature`](Error::MissingSignature),
    /// [`MissingHeader`](Error::MissingHeader), [`DuplicateHeader`](Error::DuplicateHeader),
    /// [`UnknownVersion`](Error::UnknownVersion), [`MalformedSignature`](Error::MalformedSignature),
    /// [`MalformedTimestamp`](Error::MalformedTimestamp), [`VersionBelowMinimum`](Error::VersionBelowMinimum),
    /// [`TimestampTooOld`](Error::TimestampTooOld), [`TimestampInFuture`](Error::TimestampInFuture),
    /// [`InvalidMethod`](Error::InvalidMethod), [`UriNotAbsolute`](Error::UriNotAbsolute),
    /// [`UriCharacter`](Error::UriCharacter).
    pub fn begin(&self, head: &RequestHead<'_>, now: UnixTime) -> Result<Verification, Error> {
        Ok(Verification::new(self.run(self.admit(Claim::read(head.headers())?, head, now)?, head)))
    }
}

#[allow(clippy::inline_always, reason = "left to itself the compiler calls them: 8 % of the time of a small body")]
impl Verifier {
    /// The verdict of `begin`, `update` and `finish`, without the hash states that those keep between the steps: at 200
    /// bytes they take a fifth longer. The tests hold both to the same answers.
    #[inline(always)]
    pub(crate) fn verify_claim(
        &self,
        claim: Claim<'_>,
        head: &RequestHead<'_>,
        body: &[u8],
        now: UnixTime,
        limit: u64,
    ) -> Result<Verified, Error> {
        let ticket = self.admit(claim, head, now)?;
        let mut rules = self.body_rules(claim.version, head, limit);
        rules.update(body)?;
        rules.finish()?;
        self.decide(&ticket, head, body)
    }

    /// Judges everything that precedes the body, by this verifier's policy.
    #[inline(always)]
    pub(crate) fn admit(&self, claim: Claim<'_>, head: &RequestHead<'_>, now: UnixTime) -> Result<Ticket, Error> {
        let (found, minimum) = (claim.version, self.minimum_version);
        if found < minimum {
            return Err(Error::VersionBelowMinimum { found, minimum });
        }
        let timestamp = claim.digits.map(UnixTime::from_digits);
        self.check_time(timestamp, now)?;
        let forms = head.check(found)?;
        let expires_at = timestamp.map(|timestamp| timestamp.saturating_add(self.max_age));
        let (digest, digits) = (claim.presented.digest(), claim.digits.copied());
        Ok(Ticket { version: found, digest, digits, forms, timestamp, expires_at, verifier: 0 })
    }

    /// Both limits are inclusive.
    #[inline(always)]
    pub(crate) fn check_time(&self, timestamp: Option<UnixTime>, now: UnixTime) -> Result<(), Error> {
        let Some(timestamp) = timestamp else { return Ok(()) };
        let Self { max_age, max_clock_skew, .. } = *self;
        if now.saturating_since(timestamp) > max_age {
            return Err(Error::TimestampTooOld { timestamp, now, max_age });
        }
        if timestamp.saturating_since(now) > max_clock_skew {
            return Err(Error::TimestampInFuture { timestamp, now, max_clock_skew });
        }
        Ok(())
    }

    #[cfg(feature = "std")]
    pub(crate) const fn age_limit(&self) -> Duration {
        self.max_age
    }

    /// The rules for the body of an admitted request; `limit` applies where the verifier sets none.
    #[inline(always)]
    pub(crate) fn body_rules(&self, version: Version, head: &RequestHead<'_>, limit: u64) -> BodyRules {
        let is_extendable = version.scheme().function == Function::Sha256;
        BodyRules::new(head.forbids_body(), is_extendable, !self.any_body, self.max_body.unwrap_or(limit))
    }

    #[cfg(feature = "tower")]
    pub(crate) const fn body_limit(&self) -> Option<u64> {
        self.max_body
    }

    /// The state of an admitted request whose body is still to come.
    pub(crate) fn run(&self, ticket: Ticket, head: &RequestHead<'_>) -> Running {
        let rules = self.body_rules(ticket.version, head, u64::MAX);
        Running::new(ticket, rules, head, &self.current, self.previous.as_ref())
    }

    /// Compares the signature of an admitted request whose body has kept the rules.
    #[inline(always)]
    pub(crate) fn decide(&self, ticket: &Ticket, head: &RequestHead<'_>, body: &[u8]) -> Result<Verified, Error> {
        let (version, method, uri) = (ticket.version, head.method(), head.signed_uri());
        let timestamp = ticket.timestamp_text();
        let has_two_forms = ticket.forms == Forms::Two;
        let is_match = |digest: Digest| declassify(digest.is(&ticket.digest));
        let matches = |secret: &ClientSecret| {
            is_match(secret.digest(version, method, uri.as_received(), body, timestamp))
                || (has_two_forms && is_match(secret.digest(version, method, uri.decoded(), body, timestamp)))
        };
        // Both secrets are always used, so that the time taken tells no more than that there are two.
        ticket.conclude(matches(&self.current), self.previous.as_ref().map(matches))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { current, previous, minimum_version, max_age, max_clock_skew, max_body, any_body } = self;
        f.debug_struct("Verifier")
            .field("current", current)
            .field("previous", previous)
            .field("minimum_version", minimum_version)
            .field("max_age", max_age)
            .field("max_clock_skew", max_clock_skew)
            .field("max_body", max_body)
            .field("any_body", any_body)
            .finish()
    }
}
