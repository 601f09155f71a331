//! [`Judgement`]: what an answer's status says of the signature.

use http::StatusCode;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// 2xx; and, to a forgery, whatever the handler answers to the genuine request.
    Accepted,
    /// 400, 401, 403 and 429: what a verification answers.
    Refused,
    /// 404, 405 and 501 to another method than the genuine one: the endpoint does not serve it.
    Unserved,
    /// Any other 4xx: the path (404), the method (405), the body's length (413) or kind (415) may have been refused
    /// before anything looked at the signature.
    Unjudged,
    /// Anything else: broken, or sent elsewhere.
    Neither,
}

impl Judgement {
    pub(crate) fn of_genuine(status: StatusCode) -> Self {
        match status.as_u16() {
            200..=299 => Self::Accepted,
            400 | 401 | 403 | 429 => Self::Refused,
            400..=499 => Self::Unjudged,
            _ => Self::Neither,
        }
    }

    /// `genuine` is the answer to the request that the forgery was made of, if it is known.
    pub(crate) fn of_forgery(status: StatusCode, method_is_forged: bool, genuine: Option<StatusCode>) -> Self {
        if is_matter_of_taste(status) && genuine == Some(status) {
            Self::Accepted
        } else if method_is_forged && [404, 405, 501].contains(&status.as_u16()) {
            Self::Unserved
        } else {
            Self::of_genuine(status)
        }
    }

    /// For a table.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unserved => "unserved",
            Self::Unjudged => "unjudged",
            Self::Neither => "neither",
        }
    }
}

/// Whether a handler answers so to an event that it cannot use, although the signature is right.
pub(crate) fn is_matter_of_taste(status: StatusCode) -> bool {
    [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY].contains(&status)
}
