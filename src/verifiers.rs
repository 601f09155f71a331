//! [`Verifiers`]: several apps behind one endpoint, and new secrets while the server runs.

use core::fmt;
use core::time::Duration;
use std::sync::{Arc, PoisonError, RwLock};
use std::vec::Vec;

use crate::claim::Claim;
use crate::verification::{Outcome, Running};
use crate::{Error, RequestHead, UnixTime, Verification, Verified, Verifier};

/// One or several verifiers that can be replaced while the server runs.
///
/// Clones share the set: replace it in one place, and the next request is judged by the new one everywhere. Use several
/// verifiers where several apps call one endpoint; [`Verified::matched_verifier`] says whose secret matched.
///
/// ```
/// use hubspot_signature::{SecretError, Verifier, Verifiers, Version};
///
/// # fn set(sales_secret: &str, service_secret: &str, new_secret: &str) -> Result<(), SecretError> {
/// let (sales, service) = (Verifier::new(sales_secret, Version::V3)?, Verifier::new(service_secret, Version::V3)?);
/// let verifiers = Verifiers::new(sales.clone(), [service]); // give a clone of it to the layer
///
/// // The secret file has changed.
/// verifiers.replace(sales, [Verifier::new(new_secret, Version::V3)?]);
/// # Ok(()) }
/// # let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
/// # set(secret, secret, secret).unwrap();
/// ```
///
/// All verifiers are tried on every request. If none accepts it, the error is the one of the verifier that got furthest:
/// a mismatch, before a fault of the body, of method or URI, of the time, of the version, of the headers. Among equals
/// it is the first verifier's.
///
/// If their [`max_age`](Verifier::max_age) differs, [`Verified::expires_at`] counts by the greatest, whichever verifier
/// matched: two may have the same secret, and a replay key must outlive the last of them. For the same reason, remember
/// keys for the greater age some time before verifiers are replaced by others with a greater one.
#[derive(Clone)]
pub struct Verifiers {
    current: Arc<RwLock<Arc<[Verifier]>>>,
}

impl Verifiers {
    /// Takes the verifiers to try, in order.
    pub fn new(first: Verifier, others: impl IntoIterator<Item = Verifier>) -> Self {
        Self { current: Arc::new(RwLock::new(list(first, others))) }
    }

    /// Replaces all verifiers, here and in all clones. A request whose verification has begun is judged by the old ones.
    pub fn replace(&self, first: Verifier, others: impl IntoIterator<Item = Verifier>) {
        let verifiers = list(first, others);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = verifiers;
    }

    /// Verifies a request whose body is in memory; see [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// Any [`Error`].
    pub fn verify(&self, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
        let mut outcome = Outcome::default();
        let verifiers = self.snapshot();
        let age = greatest_age(&verifiers);
        for (index, verifier) in verifiers.iter().enumerate() {
            outcome.add(verifier.verify(head, body, now).map(|verified| verified.by(index, age)));
        }
        outcome.into_result()
    }

    /// Begins to verify a request whose body is still to come; see [`Verifier::begin`]. Allocates only if there are
    /// several verifiers.
    ///
    /// # Errors
    ///
    /// As for [`Verifier::begin`].
    pub fn begin(&self, head: &RequestHead<'_>, now: UnixTime) -> Result<Verification, Error> {
        let claim = Claim::read(head.headers())?;
        let verifiers = self.snapshot();
        let age = greatest_age(&verifiers);
        let mut admitted = Outcome::default();
        let mut begin = |(index, verifier): (usize, &Verifier)| -> Result<Running, Error> {
            let ticket = verifier.admit(claim, head, now).map(|ticket| ticket.by(index, age));
            admitted.add(ticket.map(|_| ()));
            Ok(verifier.run(ticket?, head))
        };
        let mut all = verifiers.iter().enumerate();
        // A set is never empty.
        let first = all.next().map_or(Err(Error::MissingSignature), &mut begin);
        let others: Vec<_> = all.map(begin).collect();
        admitted.into_result().map(|()| Verification::of_set(first, others))
    }

    /// The most bytes of body that any of the verifiers accepts.
    #[cfg(feature = "tower")]
    pub(crate) fn max_body(&self, default_limit: u64) -> u64 {
        let limits = |verifier: &Verifier| verifier.body_limit().unwrap_or(default_limit);
        self.snapshot().iter().map(limits).max().unwrap_or(default_limit)
    }

    /// The verifiers of now, unaffected by a later [`replace`](Self::replace).
    pub(crate) fn snapshot(&self) -> Arc<[Verifier]> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The greatest age at which any of them accepts.
pub(crate) fn greatest_age(verifiers: &[Verifier]) -> Duration {
    verifiers.iter().map(Verifier::age_limit).max().unwrap_or_default()
}

fn list(first: Verifier, others: impl IntoIterator<Item = Verifier>) -> Arc<[Verifier]> {
    core::iter::once(first).chain(others).collect()
}

impl From<Verifier> for Verifiers {
    fn from(verifier: Verifier) -> Self {
        Self::new(verifier, [])
    }
}

impl fmt::Debug for Verifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.snapshot().iter()).finish()
    }
}
