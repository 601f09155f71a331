//! [`Certainty`]: how sure a finding is.

use core::fmt;

/// How sure a [`Finding`](super::Finding) is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "either a signature matches or none does")]
pub enum Certainty {
    /// A presented signature matches once the changes are undone.
    Proved,
    /// The shape of the request or of the secret suggests it. No signature confirms it.
    Likely,
}

impl fmt::Display for Certainty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proved => "proved",
            Self::Likely => "likely",
        })
    }
}
