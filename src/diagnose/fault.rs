//! [`Fault`]: one thing that is wrong, with its evidence and its fix.

use std::borrow::Cow;
use std::format;

use super::Cause;

/// One fault of a [`Finding`](super::Finding): its cause, the evidence in this request, and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    cause: Cause,
    evidence: Cow<'static, str>,
    fix: Cow<'static, str>,
}

impl Fault {
    pub(super) fn new(cause: Cause, evidence: impl Into<Cow<'static, str>>) -> Self {
        Self { cause, evidence: evidence.into(), fix: cause.fix().into() }
    }

    /// The same fault with a fix that names the request's own values.
    pub(super) fn fixed_by(mut self, fix: impl Into<Cow<'static, str>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// Adds another sign of the same cause.
    pub(super) fn add_evidence(&mut self, evidence: &str) {
        if !self.evidence.contains(evidence) {
            self.evidence = format!("{}; {evidence}", self.evidence).into();
        }
    }

    /// The cause.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.cause
    }

    /// The evidence in this request. Text of the request is quoted, escaped and shortened.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }

    /// The fix, as a line of configuration or code where there is one.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }
}
