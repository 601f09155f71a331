//! [`Judgement`]: what an answer's status says of the signature.

use http::StatusCode;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// 2xx.
    Accepted,
    /// 400, 401, 403 and 429: what a verification answers.
    Refused,
    /// Any other 4xx: the path (404), the method (405), the body's length (413) or kind (415) may have been refused
    /// before anything looked at the signature.
    Unjudged,
    /// Anything else: broken, or sent elsewhere.
    Neither,
}

impl Judgement {
    pub(crate) fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            200..=299 => Self::Accepted,
            400 | 401 | 403 | 429 => Self::Refused,
            400..=499 => Self::Unjudged,
            _ => Self::Neither,
        }
    }

    /// For a table.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unjudged => "unjudged",
            Self::Neither => "neither",
        }
    }
}
