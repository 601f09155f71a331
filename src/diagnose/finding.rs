//! [`Finding`]: faults that come together.

use std::prelude::rust_2024::*;

use super::{Cause, Certainty, Fault};
use crate::Header;

/// One fault, or several that come together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub(super) faults: Vec<Fault>,
    pub(super) certainty: Certainty,
    /// The headers whose signatures match, each with the number of the secret, from zero.
    pub(super) matched: Vec<(Header, usize)>,
    pub(super) signed_uri: Option<String>,
}

impl Finding {
    /// Something that the request suggests.
    pub(super) fn likely(fault: Fault) -> Self {
        Self { faults: [fault].into(), certainty: Certainty::Likely, matched: Vec::new(), signed_uri: None }
    }

    /// How sure it is.
    #[must_use]
    pub const fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// The faults. If the finding is proved, a signature matches once all of them are undone.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The causes of the faults.
    pub fn causes(&self) -> impl Iterator<Item = Cause> + '_ {
        self.faults.iter().map(Fault::cause)
    }

    /// The signatures that match once the faults are undone: the header that presents each, and the secret it was made
    /// with. Secrets are counted from zero: those of [`Diagnostician::new`](super::Diagnostician::new), then the
    /// previous one. Empty if the finding is only likely.
    #[must_use]
    pub fn matched(&self) -> &[(Header, usize)] {
        &self.matched
    }

    /// The URI that was signed, if the finding is proved and the signature covers the URI.
    #[must_use]
    pub fn signed_uri(&self) -> Option<&str> {
        self.signed_uri.as_deref()
    }
}
