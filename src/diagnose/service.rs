//! [`Service`]: the verdict of the service's own verifier.

use core::time::Duration;

use super::cause::{Cause, Part};
use super::fault::Fault;
use super::request::ReceivedRequest;
use crate::{Error, RequestHead, SecretError, SignatureHeaders, UnixTime, Verified, Verifier, Version};
use std::format;
use std::prelude::rust_2024::*;

/// The verifier that the service has. An error if its secret or its previous one is unusable.
pub(super) struct Service {
    verifier: Result<Verifier, SecretError>,
}

impl Service {
    pub(super) fn new(secret: &str, minimum: Version) -> Self {
        Self { verifier: Verifier::new(secret, minimum) }
    }

    pub(super) fn previous_secret(self, secret: &str) -> Self {
        Self { verifier: self.verifier.and_then(|verifier| verifier.previous_secret(secret)) }
    }

    pub(super) fn max_age(self, max_age: Duration) -> Self {
        Self { verifier: self.verifier.map(|verifier| verifier.max_age(max_age)) }
    }

    pub(super) fn max_clock_skew(self, skew: Duration) -> Self {
        Self { verifier: self.verifier.map(|verifier| verifier.max_clock_skew(skew)) }
    }

    pub(super) fn verify(
        &self,
        request: &ReceivedRequest<'_>,
        now: UnixTime,
    ) -> Result<Result<Verified, Error>, SecretError> {
        let ReceivedRequest { method, uri, headers, body } = *request;
        let verifier = self.verifier.as_ref().map_err(|error| *error)?;
        let headers = SignatureHeaders::from_pairs(headers.iter().copied());
        let head = RequestHead::new(method, uri, headers);
        Ok(match body {
            Some(body) => verifier.verify(&head, body, now),
            None => verifier.begin(&head, now).and(Err(Error::BodyUnreadable)),
        })
    }
}

/// The policy rule that refuses a request whose signature matches after `known` faults are fixed.
pub(super) fn policy_fault(error: Error, known: &[Fault]) -> Option<Fault> {
    let cause = match error {
        Error::TimestampTooOld { .. } => Cause::TimestampStale,
        Error::TimestampInFuture { .. } => Cause::TimestampFuture,
        Error::VersionBelowMinimum { .. } => Cause::SchemeBelowMinimum,
        Error::UnexpectedBody => Cause::BodyUnexpected,
        Error::BodyHasNul => Cause::BodyNotUtf8,
        Error::BodyNotJson { .. } => Cause::BodyNotJson,
        Error::UriNotAbsolute => Cause::UriPathOnly,
        Error::UriCharacter { .. } => Cause::UriEscapesDecoded,
        Error::InvalidMethod => Cause::MethodCase,
        Error::DuplicateHeader { .. } => Cause::HeaderDoubled,
        Error::MalformedTimestamp { .. } => Cause::TimestampMalformed,
        _ => return None,
    };
    // Another body, a whole URI, and so on have fixed it already.
    let is_fixed = match cause.part() {
        part @ (Part::Body | Part::Uri | Part::Method | Part::Time) if is_about_text(cause) => {
            known.iter().any(|fault| fault.cause().part() == part)
        }
        _ => known.iter().any(|fault| fault.cause() == cause),
    };
    // A doubled timestamp is malformed because it is doubled.
    let is_doubled = known.iter().any(|fault| fault.cause() == Cause::HeaderDoubled);
    let is_fixed = is_fixed || cause == Cause::TimestampMalformed && is_doubled;
    (!is_fixed).then(|| Fault::new(cause, format!("{error}")))
}

/// Whether another text in the same place satisfies the rule.
const fn is_about_text(cause: Cause) -> bool {
    !matches!(cause, Cause::TimestampStale | Cause::TimestampFuture)
}
