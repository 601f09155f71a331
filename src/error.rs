//! [`Error`]: why a request was refused.

use core::fmt;
use core::time::Duration;

use crate::body::{BodyFault, BodyForm};
use crate::time::Span;
use crate::version::Encoding;
use crate::{Header, UnixTime, Version};

/// Why a request was refused.
///
/// The fault lies in the request as it was handed over: with its sender, with whatever is between the sender and you, or
/// with the code that hands it over. A fault of configuration that shows at start-up has a type of its own, and no
/// request can cause it.
///
/// The value is small, `Copy`, and holds only names, numbers and times, so it can be logged as it is. `Display` is one
/// short sentence, [`code`](Self::code) a label for metrics, and [`help`](Self::help) the advice.
///
/// ```
/// use hubspot_signature::{Error, Version};
///
/// let error = Error::Mismatch { version: Version::V3 };
/// assert_eq!(error.code(), "mismatch");
/// assert_eq!(error.to_string(), "the v3 signature does not match this request");
/// println!("{error}. {}", error.help());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// The request carries no HubSpot signature.
    MissingSignature,
    /// A header that the presented version needs is absent, although others are present.
    MissingHeader {
        /// The absent header.
        header: Header,
    },
    /// One of HubSpot's headers occurs more than once, so it is not certain which value was meant.
    DuplicateHeader {
        /// The doubled header.
        header: Header,
    },
    /// `X-HubSpot-Signature-Version` is something other than `v1`, `v2` or `v3`.
    UnknownVersion,
    /// The newest version that the request carries is older than the verifier accepts.
    VersionBelowMinimum {
        /// The newest version that the request carries.
        found: Version,
        /// The oldest version that the verifier accepts.
        minimum: Version,
    },
    /// The signature is not in canonical form: 64 lower-case hex digits for v1 and v2, 44 characters of padded standard
    /// base64 for v3.
    MalformedSignature {
        /// The version that it was read for.
        version: Version,
        /// Its length in bytes, without the white space around it.
        length: usize,
    },
    /// `X-HubSpot-Request-Timestamp` is not exactly 13 ASCII digits, the first of them not `0`.
    MalformedTimestamp {
        /// Its length in bytes, without the white space around it.
        length: usize,
    },
    /// The request was signed longer ago than the verifier allows: a replay, a delay, or a clock that is wrong.
    TimestampTooOld {
        /// When HubSpot says it signed.
        timestamp: UnixTime,
        /// When the request was judged.
        now: UnixTime,
        /// The greatest age that passes.
        max_age: Duration,
    },
    /// The request was signed further in the future than the verifier allows: a forgery, or a clock that is wrong.
    TimestampInFuture {
        /// When HubSpot says it signed.
        timestamp: UnixTime,
        /// When the request was judged.
        now: UnixTime,
        /// The greatest lead that passes.
        max_clock_skew: Duration,
    },
    /// The method is not made of upper-case ASCII letters.
    InvalidMethod,
    /// The URI is not an absolute `http` or `https` URL.
    UriNotAbsolute,
    /// The URI holds a byte that clients must escape: `{`, `"`, white space or a control character.
    ///
    /// With it, the beginning of a body could be passed off as the end of the URI
    /// ([protocol, 5.2](crate::guide::protocol#5-attacks-that-a-verifier-must-refuse)).
    UriCharacter {
        /// The first such byte.
        byte: u8,
    },
    /// A GET or HEAD request has a body. HubSpot sends none.
    ///
    /// With it, the end of the URI could be passed off as a body
    /// ([protocol, 5.2](crate::guide::protocol#5-attacks-that-a-verifier-must-refuse)).
    UnexpectedBody,
    /// The body is longer than [`Verifier::max_body`](crate::Verifier::max_body). The rest was not read.
    BodyTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The body is not a JSON object, array or string, judged by its first and last byte.
    ///
    /// HubSpot sends nothing else, and the end of a URI could otherwise be passed off as a body
    /// ([protocol, 5.2](crate::guide::protocol#5-attacks-that-a-verifier-must-refuse)).
    BodyNotJson {
        /// The form that it seems to have, by the bytes that have arrived.
        looks_like: BodyForm,
    },
    /// The body of a v1 or v2 request holds a NUL byte, as every body forged by length extension does
    /// ([protocol, 5.1](crate::guide::protocol#5-attacks-that-a-verifier-must-refuse)).
    BodyHasNul,
    /// The public URL cannot be taken from this header of the request. Occurs only with a
    /// [`PublicUrl`](crate::PublicUrl) that trusts the request's headers.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    PublicUrlUnknown {
        /// The header's name in lower case.
        header: &'static str,
        /// Why not.
        fault: crate::HeaderFault,
    },
    /// The request's path is not that of the [endpoint](crate::PublicUrl::endpoint), with or without a prefix.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    PathNotEndpoint,
    /// The body broke off or could not be read. Occurs only in the tower layer, and in the diagnosis of a request whose
    /// body was not read.
    #[cfg(any(feature = "tower", feature = "diagnose"))]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "tower", feature = "diagnose"))))]
    BodyUnreadable,
    /// The request is well-formed, but the signature is not that of this request under this client secret.
    ///
    /// See [My signature does not match](crate#my-signature-does-not-match).
    Mismatch {
        /// The version that was verified.
        version: Version,
    },
}

impl Error {
    /// Returns a stable lower-case name, for logs and metric labels: that of the variant, in snake case.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::MissingHeader { .. } => "missing_header",
            Self::DuplicateHeader { .. } => "duplicate_header",
            Self::UnknownVersion => "unknown_version",
            Self::VersionBelowMinimum { .. } => "version_below_minimum",
            Self::MalformedSignature { .. } => "malformed_signature",
            Self::MalformedTimestamp { .. } => "malformed_timestamp",
            Self::TimestampTooOld { .. } => "timestamp_too_old",
            Self::TimestampInFuture { .. } => "timestamp_in_future",
            Self::InvalidMethod => "invalid_method",
            Self::UriNotAbsolute => "uri_not_absolute",
            Self::UriCharacter { .. } => "uri_character",
            Self::UnexpectedBody => "unexpected_body",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::BodyNotJson { .. } => "body_not_json",
            Self::BodyHasNul => "body_has_nul",
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { .. } => "public_url_unknown",
            #[cfg(feature = "http")]
            Self::PathNotEndpoint => "path_not_endpoint",
            #[cfg(any(feature = "tower", feature = "diagnose"))]
            Self::BodyUnreadable => "body_unreadable",
            Self::Mismatch { .. } => "mismatch",
        }
    }

    /// How far the request got: the greater, the more it tells the operator of several verifiers.
    pub(crate) const fn stage(self) -> u8 {
        match self {
            Self::MissingSignature
            | Self::MissingHeader { .. }
            | Self::DuplicateHeader { .. }
            | Self::UnknownVersion
            | Self::MalformedSignature { .. }
            | Self::MalformedTimestamp { .. } => 0,
            Self::VersionBelowMinimum { .. } => 1,
            Self::TimestampTooOld { .. } | Self::TimestampInFuture { .. } => 2,
            Self::InvalidMethod | Self::UriNotAbsolute | Self::UriCharacter { .. } => 3,
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { .. } | Self::PathNotEndpoint => 3,
            Self::UnexpectedBody | Self::BodyTooLarge { .. } | Self::BodyNotJson { .. } | Self::BodyHasNul => 4,
            #[cfg(any(feature = "tower", feature = "diagnose"))]
            Self::BodyUnreadable => 4,
            Self::Mismatch { .. } => 5,
        }
    }

    /// Returns whether a mistake of the operator can cause this: a wrong secret, a wrong public URL, or a proxy that changes
    /// the body or the URI.
    ///
    /// HubSpot drops an event that was answered with 401. While you change one of these, answer such an error with 429 and
    /// `Retry-After` instead, and HubSpot sends the event again. These errors are [`Mismatch`](Self::Mismatch),
    /// [`BodyNotJson`](Self::BodyNotJson), [`UriNotAbsolute`](Self::UriNotAbsolute),
    /// [`UriCharacter`](Self::UriCharacter) and, with the feature `http`, `PublicUrlUnknown` and `PathNotEndpoint`. They
    /// do not include the errors of headers that a proxy strips or of a clock that is wrong.
    ///
    /// ```
    /// use hubspot_signature::Error;
    ///
    /// /// The status to answer with.
    /// fn status(error: Error, is_changing: bool) -> u16 {
    ///     match error {
    ///         Error::BodyTooLarge { .. } => 413,
    ///         _ if is_changing && error.may_be_misconfiguration() => 429,
    ///         _ => 401,
    ///     }
    /// }
    /// ```
    #[must_use]
    pub const fn may_be_misconfiguration(self) -> bool {
        match self {
            Self::Mismatch { .. } | Self::BodyNotJson { .. } | Self::UriNotAbsolute | Self::UriCharacter { .. } => true,
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { .. } | Self::PathNotEndpoint => true,
            _ => false,
        }
    }

    /// Returns advice for the operator, in one or two sentences. Do not send it to the client.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::MissingSignature => {
                "If HubSpot sent this request, enable request signing for the webhook, and check that no proxy strips \
                 the X-HubSpot-* headers."
            }
            Self::MissingHeader { .. } => "Check that no proxy strips the header.",
            Self::DuplicateHeader { .. } => {
                "HubSpot sends the header once. Look for a proxy that adds or copies headers."
            }
            Self::UnknownVersion => {
                "Pass the header's value as it arrived. If HubSpot has a newer version, update this crate."
            }
            Self::VersionBelowMinimum { .. } => {
                "An attacker can strip newer signatures from a captured request. Lower the minimum only if the HubSpot \
                 product that calls you sends nothing newer."
            }
            Self::MalformedSignature { .. } => {
                "Pass the header's value as it arrived, without prefix, quotation marks or decoding."
            }
            Self::MalformedTimestamp { .. } => {
                "Pass the header's value as it arrived: the Unix time in milliseconds. 10 digits are seconds."
            }
            Self::TimestampTooOld { .. } => {
                "Unless this is a replay, check this machine's clock and what delays the request. If it was queued before \
                 it is verified, pass the time at which you received it as now."
            }
            Self::TimestampInFuture { .. } => {
                "Unless this is a forgery, check this machine's clock, and that `now` is in milliseconds."
            }
            Self::InvalidMethod => "Pass the method as the request line has it, such as POST.",
            Self::UriNotAbsolute => {
                "Pass the whole public URL that HubSpot called: scheme, host, path and query. HubSpot signs all of it."
            }
            Self::UriCharacter { .. } => {
                "Pass the path and query as the request line has them. If they are, something decoded them on the way."
            }
            Self::UnexpectedBody => "Pass an empty body if there was none, and refuse the request if there was one.",
            Self::BodyTooLarge { .. } => {
                "If HubSpot sends such bodies, raise Verifier::max_body, and the framework's own limit if it is lower."
            }
            Self::BodyNotJson { looks_like } => match looks_like {
                BodyForm::ByteOrderMark => "Something added a byte-order mark. Pass the raw bytes of the body.",
                BodyForm::Gzip => "Decompress the body before it is verified. HubSpot signs the plain body.",
                BodyForm::Base64 => {
                    "Decode the body before it is verified: a gateway passes it on in base64 and says so in a flag."
                }
                BodyForm::Form => "Something parsed the body and wrote it again as a form. Pass the raw bytes.",
                BodyForm::Cut => "Something cut the body off or appended to it. Pass all of the raw bytes and no more.",
                BodyForm::Other => "Pass the raw bytes of the body, before anything parses or decodes them.",
            },
            Self::BodyHasNul => {
                "Unless this is a forgery, pass the raw bytes of the body: HubSpot's JSON never holds a NUL."
            }
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { .. } => {
                "Configure the public URL with PublicUrl::endpoint, or correct what the proxies write into the header."
            }
            #[cfg(feature = "http")]
            Self::PathNotEndpoint => {
                "Compare the two paths letter by letter: the configured one may have a typo, and a trailing slash counts. If \
                 a router removes all of the path, put the layer outside it. For many routes use PublicUrl::server."
            }
            #[cfg(any(feature = "tower", feature = "diagnose"))]
            Self::BodyUnreadable => "The connection broke, or a limit outside this layer was reached.",
            Self::Mismatch { version } => {
                if version.scheme().covers_url {
                    "Check in this order: the URL is the one that HubSpot called, the body is the raw bytes received, \
                     the client secret is that of the app that signs."
                } else {
                    "Check in this order: the body is the raw bytes received, the client secret is that of the app that \
                     signs."
                }
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MissingSignature => f.write_str("the request has no HubSpot signature"),
            Self::MissingHeader { header } => write!(f, "the header {header} is missing"),
            Self::DuplicateHeader { header } => write!(f, "the header {header} occurs more than once"),
            Self::UnknownVersion => write!(f, "the header {} is not v1, v2 or v3", Header::SignatureVersion),
            Self::VersionBelowMinimum { found, minimum } => {
                write!(f, "the newest signature is {found}, and {minimum} is the oldest accepted")
            }
            Self::MalformedSignature { version, length } => {
                let form = match (version.scheme().encoding, length) {
                    (Encoding::Hex, 64) => {
                        return write!(f, "the {version} signature has 64 bytes that are not lower-case hex");
                    }
                    (Encoding::Base64, 44) => {
                        return write!(f, "the {version} signature has 44 bytes that are not canonical base64");
                    }
                    (Encoding::Hex, _) => "64 lower-case hex digits",
                    (Encoding::Base64, _) => "44 characters of padded base64",
                };
                write!(f, "the {version} signature is not {form} (it has {})", Bytes(length as u64))
            }
            Self::MalformedTimestamp { length: 13 } => {
                f.write_str("the timestamp has 13 bytes that are not a time in milliseconds")
            }
            Self::MalformedTimestamp { length } => {
                write!(f, "the timestamp is not 13 digits, as milliseconds are (it has {})", Bytes(length as u64))
            }
            Self::TimestampTooOld { timestamp, now, max_age } => {
                let age = now.saturating_since(timestamp);
                write!(f, "the signature is {} old; the limit is {}", Span(age), Span(max_age))
            }
            Self::TimestampInFuture { timestamp, now, max_clock_skew } => {
                let lead = timestamp.saturating_since(now);
                write!(f, "the signature is {} in the future; the limit is {}", Span(lead), Span(max_clock_skew))
            }
            Self::InvalidMethod => f.write_str("the method is not upper-case ASCII letters"),
            Self::UriNotAbsolute => f.write_str("the URI is not an absolute http or https URL"),
            Self::UriCharacter { byte } => {
                write!(f, "the URI holds the byte 0x{byte:02x}, which clients must escape")
            }
            Self::UnexpectedBody => f.write_str("a GET or HEAD request has a body"),
            Self::BodyTooLarge { limit } => write!(f, "the body is longer than the limit of {}", Bytes(limit)),
            Self::BodyNotJson { looks_like } => f.write_str(match looks_like {
                BodyForm::ByteOrderMark => "the body begins with a byte-order mark, not as JSON does",
                BodyForm::Gzip => "the body is not JSON; it looks like gzip",
                BodyForm::Base64 => "the body is not JSON; it looks like base64",
                BodyForm::Form => "the body is not JSON; it looks like a form",
                BodyForm::Cut => "the body begins like JSON and does not end like it",
                BodyForm::Other => "the body is not a JSON object, array or string",
            }),
            Self::BodyHasNul => f.write_str("the body holds a NUL byte, which v1 and v2 forbid"),
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { header, fault } => {
                write!(f, "the public URL cannot be taken from the header {header}, which is {}", fault.as_str())
            }
            #[cfg(feature = "http")]
            Self::PathNotEndpoint => f.write_str("the path of the request is not that of the endpoint"),
            #[cfg(any(feature = "tower", feature = "diagnose"))]
            Self::BodyUnreadable => f.write_str("the body broke off or could not be read"),
            Self::Mismatch { version } => write!(f, "the {version} signature does not match this request"),
        }
    }
}

impl core::error::Error for Error {}

impl From<BodyFault> for Error {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Unexpected => Self::UnexpectedBody,
            BodyFault::TooLarge { limit } => Self::BodyTooLarge { limit },
            BodyFault::HasNul => Self::BodyHasNul,
            BodyFault::NotJson { looks_like } => Self::BodyNotJson { looks_like },
        }
    }
}

/// A number of bytes, with the noun that agrees with it.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "byte" } else { "bytes" })
    }
}
