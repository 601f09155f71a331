//! What can be wrong: [`Error`] for a request, [`SecretError`] for the operator's configuration.

use core::fmt;
use core::time::Duration;

use crate::{Header, UnixTime, Version};

/// Why a request was refused. What is wrong lies in the request as it was handed over: its sender, what lies between
/// them and you, or the code that hands it over. Faults of configuration that show at start-up are types of their own,
/// and no request can raise them.
///
/// The value is small, `Copy`, and holds only names, numbers and times, so it can be logged as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The request carries no HubSpot signature at all.
    ///
    /// It is not from HubSpot, or request signing is not switched on for this webhook, or a proxy strips the headers.
    MissingSignature,
    /// A header that the presented scheme needs is not there although the others are.
    MissingHeader {
        /// The absent header.
        header: Header,
    },
    /// One of HubSpot's four headers occurs more than once, so it is not certain which value was meant.
    DuplicateHeader {
        /// The doubled header.
        header: Header,
    },
    /// `X-HubSpot-Signature-Version` is something other than `v1`, `v2` or `v3`.
    UnknownVersion,
    /// The newest scheme the request carries is older than the verifier accepts.
    ///
    /// An attacker can strip the newer headers from a captured request. Lower the minimum only if the HubSpot product
    /// in use sends nothing newer.
    VersionBelowMinimum {
        /// The newest scheme the request carries.
        found: Version,
        /// The oldest scheme the verifier accepts.
        minimum: Version,
    },
    /// The signature is not in the canonical form of its scheme: 64 lower-case hex digits for v1 and v2, 44 characters
    /// of padded standard base64 for v3.
    MalformedSignature {
        /// The scheme it was read for.
        version: Version,
        /// How many bytes it has, white space around it not counted.
        length: usize,
    },
    /// `X-HubSpot-Request-Timestamp` is not exactly 13 ASCII digits, the first of them not `0`.
    MalformedTimestamp {
        /// How many bytes it has, white space around it not counted.
        length: usize,
    },
    /// The request was signed longer ago than the verifier allows. A replay, or a clock that is wrong.
    TimestampTooOld {
        /// When HubSpot says it signed.
        timestamp: UnixTime,
        /// When it was judged.
        now: UnixTime,
        /// The greatest age that would have passed.
        max_age: Duration,
    },
    /// The request was signed further in the future than the verifier allows. A forgery, or a clock that is wrong.
    TimestampInFuture {
        /// When HubSpot says it signed.
        timestamp: UnixTime,
        /// When it was judged.
        now: UnixTime,
        /// The greatest lead that would have passed.
        max_clock_skew: Duration,
    },
    /// The method is not made of upper-case ASCII letters, as HubSpot signs it.
    InvalidMethod,
    /// The URI is not an absolute `http` or `https` URL. HubSpot signs the whole public URL; a path alone never
    /// matches.
    UriNotAbsolute,
    /// A GET or HEAD request has a body. HubSpot never sends one, and a signature does not tell where the URI ends and
    /// the body begins.
    UnexpectedBody,
    /// The body of a v1 or v2 request is not UTF-8. HubSpot's always is; a body forged by length extension never is.
    BodyNotUtf8 {
        /// How many bytes of the body were UTF-8.
        valid_up_to: u64,
    },
    /// The public URL is to be taken from headers of the request, and they do not give it: this one is absent, doubled,
    /// malformed, or contradicted by another. Comes only from a [`PublicUrl`](crate::http::PublicUrl) that trusts them.
    #[cfg(feature = "http")]
    #[cfg_attr(docsrs, doc(cfg(feature = "http")))]
    PublicUrlUnknown {
        /// The header's name in lower case.
        header: &'static str,
    },
    /// The body is larger than the layer accepts. It was not read further.
    #[cfg(feature = "tower")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    BodyTooLarge {
        /// The layer's [`body_limit`](crate::tower::VerifyLayer::body_limit), in bytes.
        limit: usize,
    },
    /// The body broke off or could not be read.
    #[cfg(feature = "tower")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tower")))]
    BodyUnreadable,
    /// Everything is well-formed, but the signature is not that of this request under this client secret.
    ///
    /// What to do: [My signature does not match](crate#my-signature-does-not-match), and the [page of that
    /// name](https://docs.rs/crate/hubspot-signature/latest/source/docs/mismatch.md).
    Mismatch {
        /// The scheme that was verified.
        version: Version,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::MissingSignature => f.write_str(
                "the request has no HubSpot signature; if HubSpot sent it, switch request signing on for this webhook \
                 and check that no proxy strips the X-HubSpot-* headers",
            ),
            Self::MissingHeader { header } => write!(
                f,
                "the header {header} is missing although other HubSpot signature headers are there; check that no \
                 proxy strips it"
            ),
            Self::DuplicateHeader { header } => write!(
                f,
                "the header {header} occurs more than once; HubSpot sends it once, so look for a proxy that adds or \
                 copies headers"
            ),
            Self::UnknownVersion => write!(
                f,
                "the header {} is none of v1, v2 and v3, the schemes HubSpot documents",
                Header::SignatureVersion
            ),
            Self::VersionBelowMinimum { found, minimum } => write!(
                f,
                "the newest signature of the request is {found} and this verifier accepts {minimum} or newer; lower \
                 the minimum only if the HubSpot product that calls you sends nothing newer"
            ),
            Self::MalformedSignature { version, length } => {
                let form = match version {
                    Version::V1 | Version::V2 => "64 lower-case hex digits",
                    Version::V3 => "44 characters of standard padded base64",
                };
                write!(
                    f,
                    "the {version} signature in {} is not {form} (it has {length} bytes); pass the header's value as \
                     it arrived, without prefix, quotes or decoding",
                    version.header()
                )
            }
            Self::MalformedTimestamp { length } => write!(
                f,
                "the header {} is not 13 digits, the Unix time in milliseconds (it has {length} bytes{}); pass the \
                 header's text as it arrived",
                Header::RequestTimestamp,
                if length == 10 { ", which looks like seconds" } else { "" }
            ),
            Self::TimestampTooOld { timestamp, now, max_age } => write!(
                f,
                "the signature is {} old and may be {} at most (HubSpot's are valid for 5 minutes); unless this is a \
                 replay, check this machine's clock and what delays the request",
                Span(now.saturating_since(timestamp)),
                Span(max_age)
            ),
            Self::TimestampInFuture { timestamp, now, max_clock_skew } => write!(
                f,
                "the signature is {} in the future and may be {} at most; unless this is a forgery, check this \
                 machine's clock",
                Span(timestamp.saturating_since(now)),
                Span(max_clock_skew)
            ),
            Self::InvalidMethod => f.write_str(
                "the method is not upper-case ASCII letters such as POST; pass it as the request line has it",
            ),
            Self::UriNotAbsolute => f.write_str(
                "the URI is not an absolute http or https URL; HubSpot signs the whole public URL it called: scheme, \
                 host, path and query",
            ),
            Self::UnexpectedBody => f.write_str(
                "a GET or HEAD request has a body; HubSpot sends none, so pass an empty body if there was none, and \
                 refuse the request if there was one",
            ),
            Self::BodyNotUtf8 { valid_up_to } => write!(
                f,
                "the body is not UTF-8 from byte {valid_up_to} on, as v1 and v2 require; pass the raw bytes as HubSpot \
                 sent them, neither compressed nor encoded"
            ),
            #[cfg(feature = "http")]
            Self::PublicUrlUnknown { header } => write!(
                f,
                "the public URL cannot be told from the request: its {header} header is absent, doubled, malformed or \
                 contradicted by another; configure the public URL instead"
            ),
            #[cfg(feature = "tower")]
            Self::BodyTooLarge { limit } => {
                write!(
                    f,
                    "the body is larger than {limit} bytes; raise the layer's body_limit if HubSpot sends such bodies"
                )
            }
            #[cfg(feature = "tower")]
            Self::BodyUnreadable => f.write_str("the body broke off or could not be read"),
            Self::Mismatch { version } => write!(
                f,
                "the {version} signature does not match; check, in this order: the client secret is that of the app \
                 that signs, {}the body is the raw bytes received",
                match version {
                    Version::V1 => "",
                    _ => "the URI is the public URL HubSpot called, ",
                }
            ),
        }
    }
}

impl core::error::Error for Error {}

/// Why a text was refused as client secret. A fault of configuration: it shows at start-up, and no request can raise
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// The secret is empty. With an empty key anyone can sign.
    Empty,
    /// The secret has white space, a byte-order mark or a control character at its beginning or end, as left by a
    /// file's last line.
    SurroundingWhiteSpace,
    /// The secret begins or ends with a quotation mark, left over from a configuration file.
    Quoted,
    /// The secret begins with `pat-`: it is an access token. HubSpot signs with the app's client secret.
    AccessToken,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => {
                "the client secret is empty, so anyone could sign; check that the variable that holds it is set"
            }
            Self::SurroundingWhiteSpace => {
                "the client secret begins or ends with white space or a control character; trim it (a file's last \
                 newline is the usual cause)"
            }
            Self::Quoted => "the client secret begins or ends with quotation marks; remove them",
            Self::AccessToken => {
                "this looks like an access token (pat-…); HubSpot signs with the app's client secret, on the app's \
                 Auth tab"
            }
        })
    }
}

impl core::error::Error for SecretError {}

/// Why a text was refused as public URL. A fault of configuration: it shows at start-up, and no request can raise it.
#[cfg(feature = "http")]
#[cfg_attr(docsrs, doc(cfg(feature = "http")))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// It is not a URL that begins with `http://` or `https://` and a host, and perhaps a port, in ASCII.
    NotAbsolute,
    /// It has a query. That of each request is used.
    Query,
    /// It has a fragment, which is never sent.
    Fragment,
    /// It has a user name or password, which do not belong to the URL that HubSpot calls.
    Credentials,
    /// The path prefix does not begin with a slash, ends with one, or is not a path.
    PathPrefix,
}

#[cfg(feature = "http")]
impl fmt::Display for PublicUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => {
                "the public URL is not an absolute http or https URL; give scheme and host, as in \
                 https://hooks.example.com, and a host that is not ASCII in its xn-- form"
            }
            Self::Query => "the public URL has a query; leave it out, that of each request is used",
            Self::Fragment => "the public URL has a fragment (#…), which is never sent; leave it out",
            Self::Credentials => "the public URL has a user name or password; leave them out",
            Self::PathPrefix => "the path prefix must be a path that begins with a slash and does not end with one",
        })
    }
}

#[cfg(feature = "http")]
impl core::error::Error for PublicUrlError {}

/// A duration in the units a person would use. What they leave out is said as "more than", so that an age just
/// beyond a limit does not read like the limit.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        let seconds = self.0.as_secs();
        let (number, unit, lesser, lesser_unit, left_out) = match seconds {
            0 => return write!(f, "{} ms", self.0.as_millis()),
            1..MINUTE => (seconds, "s", 0, "", 0),
            MINUTE..HOUR => (seconds / MINUTE, "minute", seconds % MINUTE, "s", 0),
            HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min", seconds % MINUTE),
            _ => (seconds / DAY, "day", 0, "", seconds % DAY),
        };
        if left_out > 0 || self.0.subsec_nanos() > 0 {
            f.write_str("more than ")?;
        }
        let plural = if number > 1 && matches!(unit, "minute" | "day") { "s" } else { "" };
        write!(f, "{number} {unit}{plural}")?;
        match lesser {
            0 => Ok(()),
            _ => write!(f, " {lesser} {lesser_unit}"),
        }
    }
}
