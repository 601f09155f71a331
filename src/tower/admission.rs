//! [`Admission`]: a request whose head has passed.

use std::sync::Arc;

use crate::body::BodyRules;
use crate::claim::Claim;
use crate::verification::{Outcome, Ticket};
use crate::verifiers::greatest_age;
use crate::{Error, RequestHead, UnixTime, Verified, Verifier, Verifiers};

/// A request whose head has passed, while its body arrives.
///
/// It holds no hash state: the layer keeps the whole body anyway, and hashes it once that is complete.
pub(super) struct Admission {
    verifiers: Arc<[Verifier]>,
    ticket: Ticket,
}

/// The limit of a body where [`Verifier::max_body`] sets none.
pub(super) const DEFAULT_LIMIT: u64 = 1 << 20;

impl Admission {
    /// Judges the head, and returns the rules for the body: the laxest of those verifiers that let the head pass.
    pub(super) fn new(
        verifiers: &Verifiers,
        head: &RequestHead<'_>,
        now: UnixTime,
    ) -> Result<(Self, BodyRules), Error> {
        let claim = Claim::read(head.headers())?;
        let verifiers = verifiers.snapshot();
        if let [only] = &*verifiers {
            let ticket = only.admit(claim, head, now)?;
            let rules = only.body_rules(claim.version, head, DEFAULT_LIMIT);
            return Ok((Self { verifiers, ticket }, rules));
        }
        let mut outcome = Outcome::default();
        let mut laxest: Option<BodyRules> = None;
        for verifier in verifiers.iter() {
            let ticket = verifier.admit(claim, head, now);
            if ticket.is_ok() {
                let rules = verifier.body_rules(claim.version, head, DEFAULT_LIMIT);
                laxest = Some(laxest.map_or(rules, |laxest| laxest.or(&rules)));
            }
            outcome.add(ticket);
        }
        let ticket = outcome.into_result()?;
        // There are rules, since there is a ticket.
        let rules = laxest.unwrap_or(BodyRules::only_limit(DEFAULT_LIMIT));
        Ok((Self { verifiers, ticket }, rules))
    }

    /// Compares the signature, now that the body is complete and has kept the rules.
    ///
    /// The age is judged again: a body that arrives slowly must not make a request verify after its `expires_at`, when a
    /// memory of replay keys has forgotten it.
    pub(super) fn decide(&self, head: &RequestHead<'_>, body: &[u8], now: UnixTime) -> Result<Verified, Error> {
        if let [only] = &*self.verifiers {
            only.check_time(self.ticket.timestamp, now)?;
            return only.decide(&self.ticket, head, body);
        }
        let claim = Claim::read(head.headers())?;
        let age = greatest_age(&self.verifiers);
        let mut outcome = Outcome::default();
        for (index, verifier) in self.verifiers.iter().enumerate() {
            let verdict = verifier.verify_claim(claim, head, body, now, DEFAULT_LIMIT);
            outcome.add(verdict.map(|verified| verified.by(index, age)));
        }
        outcome.into_result()
    }
}
