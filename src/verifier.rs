//! [`Verifier`], the policy; [`Verification`], one request on its way; [`Verified`], the proof.

use core::fmt;
use core::time::Duration;

use subtle::Choice;

use crate::signature::Presented;
use crate::state::{HashState, MacState};
use crate::time::{self, Digits, Freshness};
use crate::uri::SignedUri;
use crate::utf8::Utf8Check;
use crate::{ClientSecret, Error, Header, SecretError, SignatureHeaders, UnixTime, Version};

/// What of a request comes before its body.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "made with a literal; what HubSpot signs is all that can ever be in it")]
pub struct RequestHead<'a> {
    /// The method in upper case, as the request line has it.
    pub method: &'a str,
    /// The absolute public URL that HubSpot called: scheme, host, port if the URL has one, path and query, in the order
    /// and encoding of the request. Of no account for v1.
    ///
    /// Build it from configuration and the request's raw path and query, not from the request's `Host`: see
    /// [the public URL](crate#the-public-url).
    pub uri: &'a str,
    /// HubSpot's headers.
    pub headers: SignatureHeaders<'a>,
}

/// A [`RequestHead`] whose URI may be in parts. Adapters make it; the verifier knows nothing else.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a str,
    pub(crate) uri: SignedUri<'a>,
    pub(crate) headers: SignatureHeaders<'a>,
}

impl<'a> From<&RequestHead<'a>> for Head<'a> {
    fn from(head: &RequestHead<'a>) -> Self {
        let RequestHead { method, uri, headers } = *head;
        Self { method, uri: SignedUri::whole(uri), headers }
    }
}

/// Which requests to believe: the client secret, and how old a scheme and a signature may be.
///
/// Made once at start-up and shared; verifying needs only `&self`, allocates nothing and takes no lock.
///
/// ```
/// use core::time::Duration;
/// use hubspot_signature::{Verifier, Version};
///
/// # fn configured(client_secret: &str, old_secret: &str) -> Result<(), hubspot_signature::SecretError> {
/// let verifier = Verifier::new(client_secret)?
///     .previous_secret(old_secret)?              // while a rotation is under way
///     .minimum_version(Version::V3)              // default V2
///     .max_age(Duration::from_secs(300))         // default
///     .max_clock_skew(Duration::from_secs(60));  // default
/// # Ok(()) }
/// # configured("current", "previous").unwrap();
/// ```
#[derive(Clone)]
pub struct Verifier {
    current: ClientSecret,
    previous: Option<ClientSecret>,
    minimum_version: Version,
    freshness: Freshness,
}

impl Verifier {
    /// A verifier that accepts v2 and v3, the latter for 5 minutes, with a minute of clock skew.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text cannot be a client secret.
    pub fn new(client_secret: &str) -> Result<Self, SecretError> {
        Ok(Self {
            current: ClientSecret::new(client_secret)?,
            previous: None,
            minimum_version: Version::V2,
            freshness: Freshness { max_age: Duration::from_secs(300), max_clock_skew: Duration::from_secs(60) },
        })
    }

    /// Also accepts signatures made with the secret that was replaced. Take it out when the rotation is over.
    ///
    /// There is one: a second call replaces it. For several apps make one `Verifier` each.
    ///
    /// Both secrets are tried on every request, so the time taken does not tell which one matched;
    /// [`Verified::secret`] does.
    ///
    /// # Errors
    ///
    /// [`SecretError`] if the text cannot be a client secret.
    pub fn previous_secret(mut self, client_secret: &str) -> Result<Self, SecretError> {
        self.previous = Some(ClientSecret::new(client_secret)?);
        Ok(self)
    }

    /// The oldest scheme to accept. The default is [`Version::V2`], which is bound to method and URL.
    ///
    /// Set [`Version::V3`] if all the HubSpot products that call you send v3: without it, whoever captured a request
    /// can strip its v3 headers and replay it for ever. Set [`Version::V1`] only for what sends nothing newer, and know
    /// that any v2 signature of yours is also a v1 signature of some body.
    #[must_use]
    pub const fn minimum_version(mut self, minimum: Version) -> Self {
        self.minimum_version = minimum;
        self
    }

    /// How old a v3 signature may be. The default, and what HubSpot documents, is 5 minutes; exactly that still passes.
    ///
    /// For as long as this allows, whoever captured a request can replay it: a very long age is no protection at all.
    #[must_use]
    pub const fn max_age(mut self, max_age: Duration) -> Self {
        self.freshness.max_age = max_age;
        self
    }

    /// How far in the future a v3 signature may lie, for clocks that differ. The default is 1 minute.
    #[must_use]
    pub const fn max_clock_skew(mut self, max_clock_skew: Duration) -> Self {
        self.freshness.max_clock_skew = max_clock_skew;
        self
    }

    /// Verifies a request whose body is in hand, at the time of the system clock.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn verify(&self, head: &RequestHead<'_>, body: &[u8]) -> Result<Verified, Error> {
        self.verify_at(head, body, UnixTime::now())
    }

    /// Verifies a request whose body is in hand, at the time you say.
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub fn verify_at(&self, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
        self.verify_head(&Head::from(head), body, now)
    }

    /// Begins to verify a request whose body is still to come, at the time of the system clock.
    ///
    /// # Errors
    ///
    /// As for [`begin_at`](Self::begin_at).
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    pub fn begin(&self, head: &RequestHead<'_>) -> Result<Verification, Error> {
        self.begin_at(head, UnixTime::now())
    }

    /// Begins to verify a request whose body is still to come, at the time you say.
    ///
    /// The newest scheme that the request carries is the one verified. It decides alone: if it is malformed, stale or
    /// does not match, an older signature beside it is not looked at.
    ///
    /// ```
    /// # use hubspot_signature::{Error, RequestHead, UnixTime, Verified, Verifier};
    /// fn verify<'a>(
    ///     verifier: &Verifier,
    ///     head: &RequestHead<'_>,
    ///     body: impl Iterator<Item = &'a [u8]>,
    ///     now: UnixTime,
    /// ) -> Result<Verified, Error> {
    ///     let mut verification = verifier.begin_at(head, now)?; // may refuse: the body is not even read
    ///     for chunk in body {
    ///         verification.update(chunk);
    ///     }
    ///     verification.finish()
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever can be judged without the body: [`MissingSignature`](Error::MissingSignature),
    /// [`MissingHeader`](Error::MissingHeader), [`DuplicateHeader`](Error::DuplicateHeader),
    /// [`UnknownVersion`](Error::UnknownVersion), [`VersionBelowMinimum`](Error::VersionBelowMinimum),
    /// [`MalformedSignature`](Error::MalformedSignature), [`MalformedTimestamp`](Error::MalformedTimestamp),
    /// [`TimestampTooOld`](Error::TimestampTooOld), [`TimestampInFuture`](Error::TimestampInFuture),
    /// [`InvalidMethod`](Error::InvalidMethod), [`UriNotAbsolute`](Error::UriNotAbsolute).
    pub fn begin_at(&self, head: &RequestHead<'_>, now: UnixTime) -> Result<Verification, Error> {
        self.begin_head(&Head::from(head), now)
    }

    pub(crate) fn verify_head(&self, head: &Head<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
        // The judgement of `begin_head`, `update` and `finish`, without the hash states that those keep between the
        // steps: half the time on a body of a webhook's size. The tests hold the two to the same answer.
        let claim = self.check(head, now)?;
        let Head { method, uri, .. } = head;
        if forbids_body(method) && !body.is_empty() {
            return Err(Error::UnexpectedBody);
        }
        let presented = claim.presented.digest();
        let (current, previous) = match claim.scheme {
            Scheme::V1 => {
                Utf8Check::whole(body)?;
                self.each_secret(|secret| secret.v1_digest(body).is(&presented))
            }
            Scheme::V2 => {
                Utf8Check::whole(body)?;
                self.each_secret(|secret| secret.v2_digest(method, uri.as_received(), body).is(&presented))
            }
            Scheme::V3(digits, _) => {
                let has_escapes = uri.has_escapes();
                self.each_secret(|secret| {
                    let as_received = secret.v3_digest(method, uri.as_received(), body, digits).is(&presented);
                    if has_escapes {
                        as_received | secret.v3_digest(method, uri.decoded(), body, digits).is(&presented)
                    } else {
                        as_received
                    }
                })
            }
        };
        conclude(claim.version(), claim.timestamp(), current, previous)
    }

    pub(crate) fn begin_head(&self, head: &Head<'_>, now: UnixTime) -> Result<Verification, Error> {
        let claim = self.check(head, now)?;
        let Head { method, uri, .. } = head;
        let candidates = match claim.scheme {
            Scheme::V1 => Candidates::hashes(self.each_secret(ClientSecret::begin_v1)),
            Scheme::V2 => Candidates::hashes(self.each_secret(|secret| secret.begin_v2(method, uri.as_received()))),
            Scheme::V3(digits, timestamp) => {
                let (current, previous) = self.each_secret(|secret| UriForms::new(secret, method, uri));
                Candidates::Mac { current, previous, digits: *digits, timestamp }
            }
        };
        Ok(Verification {
            version: claim.version(),
            presented: claim.presented.digest(),
            candidates,
            body_forbidden: forbids_body(method),
            body_seen: false,
        })
    }

    /// All that can be judged before the body.
    fn check<'a>(&self, head: &Head<'a>, now: UnixTime) -> Result<Claim<'a>, Error> {
        let claim = Claim::read(&head.headers)?;
        let version = claim.version();
        if version < self.minimum_version {
            return Err(Error::VersionBelowMinimum { found: version, minimum: self.minimum_version });
        }
        if let Scheme::V3(_, timestamp) = claim.scheme {
            self.freshness.check(timestamp, now)?;
        }
        if head.method.is_empty() || !head.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(Error::InvalidMethod);
        }
        if version > Version::V1 && !head.uri.is_absolute() {
            return Err(Error::UriNotAbsolute);
        }
        Ok(claim)
    }

    /// Both secrets are always used, so that the time taken tells no more than that there are two.
    fn each_secret<T>(&self, with: impl Fn(&ClientSecret) -> T) -> (T, Option<T>) {
        (with(&self.current), self.previous.as_ref().map(with))
    }
}

/// HubSpot sends no body with these, and the signature does not tell where the URI ends and the body begins: the one of
/// `GET …?portalId=123` is also that of `GET …?portalId=1` with the body `23` (docs/PROTOCOL.md §5.2).
fn forbids_body(method: &str) -> bool {
    matches!(method, "GET" | "HEAD")
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { current, previous, minimum_version, freshness } = self;
        f.debug_struct("Verifier")
            .field("current", current)
            .field("previous", previous)
            .field("minimum_version", minimum_version)
            .field("max_age", &freshness.max_age)
            .field("max_clock_skew", &freshness.max_clock_skew)
            .finish()
    }
}

/// What the headers of a request claim: the newest signature among them, well-formed.
struct Claim<'a> {
    presented: Presented<'a>,
    scheme: Scheme<'a>,
}

/// What a [`Version`] needs beside the signature.
#[derive(Clone, Copy)]
enum Scheme<'a> {
    V1,
    V2,
    V3(&'a Digits, UnixTime),
}

impl<'a> Claim<'a> {
    fn read(headers: &SignatureHeaders<'a>) -> Result<Self, Error> {
        // All four are looked at before any decides, so that a doubled header is refused whichever scheme it belongs
        // to.
        let unversioned = headers.get(Header::Signature)?;
        let version = headers.get(Header::SignatureVersion)?;
        let v3 = headers.get(Header::SignatureV3)?;
        let timestamp = headers.get(Header::RequestTimestamp)?;

        if let Some(signature) = v3 {
            let presented = Presented::parse(Version::V3, signature)?;
            let timestamp = timestamp.ok_or(Error::MissingHeader { header: Header::RequestTimestamp })?;
            let digits = time::digits(timestamp)?;
            return Ok(Self { presented, scheme: Scheme::V3(digits, UnixTime::from_digits(digits)) });
        }
        let (version, scheme) = match version {
            None if unversioned.is_none() => return Err(Error::MissingSignature),
            // HubSpot's documentation has no default. v2 is the scheme of its workflow article, and the stricter one.
            None | Some(b"v2") => (Version::V2, Scheme::V2),
            Some(b"v1") => (Version::V1, Scheme::V1),
            Some(b"v3") => return Err(Error::MissingHeader { header: Header::SignatureV3 }),
            Some(_) => return Err(Error::UnknownVersion),
        };
        let signature = unversioned.ok_or(Error::MissingHeader { header: Header::Signature })?;
        Ok(Self { presented: Presented::parse(version, signature)?, scheme })
    }

    const fn version(&self) -> Version {
        match self.scheme {
            Scheme::V1 => Version::V1,
            Scheme::V2 => Version::V2,
            Scheme::V3(..) => Version::V3,
        }
    }

    const fn timestamp(&self) -> Option<UnixTime> {
        match self.scheme {
            Scheme::V1 | Scheme::V2 => None,
            Scheme::V3(_, timestamp) => Some(timestamp),
        }
    }
}

/// A request whose head has passed and whose body is being hashed. Made by [`Verifier::begin_at`].
///
/// It holds a few hundred bytes, however long the body is, and borrows nothing, so it can live in a future or a task.
#[must_use = "a request is verified only when `finish` has returned `Ok`"]
pub struct Verification {
    version: Version,
    /// The digest that the signature stands for.
    presented: [u8; 32],
    candidates: Candidates,
    body_forbidden: bool,
    body_seen: bool,
}

/// Each signature that would be right, in the making.
#[allow(clippy::large_enum_variant, reason = "boxing would allocate")]
enum Candidates {
    Hash { current: HashState, previous: Option<HashState>, utf8: Utf8Check },
    Mac { current: UriForms, previous: Option<UriForms>, digits: Digits, timestamp: UnixTime },
}

impl Candidates {
    fn hashes((current, previous): (HashState, Option<HashState>)) -> Self {
        Self::Hash { current, previous, utf8: Utf8Check::default() }
    }
}

/// v3 under one secret. HubSpot's documentation says that the URI is signed with twelve escapes decoded, its SDKs and
/// its development proxy sign it as it is, so both are right; there is a second one only if they differ.
struct UriForms {
    as_received: MacState,
    decoded: Option<MacState>,
}

impl UriForms {
    fn new(secret: &ClientSecret, method: &str, uri: &SignedUri<'_>) -> Self {
        Self {
            as_received: secret.begin_v3(method, uri.as_received()),
            decoded: uri.has_escapes().then(|| secret.begin_v3(method, uri.decoded())),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.as_received.update(bytes);
        if let Some(mac) = &mut self.decoded {
            mac.update(bytes);
        }
    }

    /// Both forms are compared, whatever the first one says.
    fn matches(&mut self, presented: &[u8; 32], timestamp: &[u8]) -> Choice {
        self.update(timestamp);
        let as_received = self.as_received.finish().is(presented);
        match &mut self.decoded {
            Some(mac) => as_received | mac.finish().is(presented),
            None => as_received,
        }
    }
}

impl Verification {
    /// The scheme that is being verified.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Takes the next bytes of the body, raw as they were received. Chunks may be of any size.
    pub fn update(&mut self, chunk: &[u8]) {
        if chunk.is_empty() {
            return;
        }
        self.body_seen = true;
        if self.body_forbidden {
            return;
        }
        match &mut self.candidates {
            Candidates::Hash { current, previous, utf8 } => {
                utf8.update(chunk);
                current.update(chunk);
                if let Some(hash) = previous {
                    hash.update(chunk);
                }
            }
            Candidates::Mac { current, previous, .. } => {
                current.update(chunk);
                if let Some(forms) = previous {
                    forms.update(chunk);
                }
            }
        }
    }

    /// Says whether the signature is that of this request, now that the body is complete.
    ///
    /// What the signature should have been is not to be had, neither from the result nor from an error.
    ///
    /// # Errors
    ///
    /// [`UnexpectedBody`](Error::UnexpectedBody), [`BodyNotUtf8`](Error::BodyNotUtf8) or [`Mismatch`](Error::Mismatch).
    pub fn finish(mut self) -> Result<Verified, Error> {
        let Self { version, presented, candidates, body_seen, body_forbidden } = &mut self;
        if *body_seen && *body_forbidden {
            return Err(Error::UnexpectedBody);
        }
        match candidates {
            Candidates::Hash { current, previous, utf8 } => {
                utf8.finish()?;
                let matches = |hash: &mut HashState| hash.finish().is(presented);
                conclude(*version, None, matches(current), previous.as_mut().map(matches))
            }
            Candidates::Mac { current, previous, digits, timestamp } => {
                let matches = |forms: &mut UriForms| forms.matches(presented, digits);
                conclude(*version, Some(*timestamp), matches(current), previous.as_mut().map(matches))
            }
        }
    }
}

/// The one place where a comparison becomes a decision.
fn conclude(
    version: Version,
    timestamp: Option<UnixTime>,
    current: Choice,
    previous: Option<Choice>,
) -> Result<Verified, Error> {
    let secret = match previous {
        _ if current.into() => MatchedSecret::Current,
        Some(previous) if previous.into() => MatchedSecret::Previous,
        _ => return Err(Error::Mismatch { version }),
    };
    Ok(Verified { version, timestamp, secret })
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("version", &self.version()).finish_non_exhaustive()
    }
}

/// The proof that a request comes from whoever holds the client secret. Only a [`Verifier`] can make one.
///
/// ```compile_fail
/// let forged = hubspot_signature::Verified { version: todo!(), timestamp: None, secret: todo!() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verified {
    version: Version,
    timestamp: Option<UnixTime>,
    secret: MatchedSecret,
}

impl Verified {
    /// The scheme that was verified.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// When HubSpot signed, if the scheme says so: `None` for v1 and v2, which can be replayed at any time.
    #[must_use]
    pub const fn timestamp(&self) -> Option<UnixTime> {
        self.timestamp
    }

    /// Which of the secrets matched.
    #[must_use]
    pub const fn secret(&self) -> MatchedSecret {
        self.secret
    }
}

/// Which of a verifier's secrets a signature was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a verifier has these two")]
pub enum MatchedSecret {
    /// The one given to [`Verifier::new`].
    Current,
    /// The one given to [`Verifier::previous_secret`]: HubSpot still signs with it, so the rotation is not over.
    Previous,
}
