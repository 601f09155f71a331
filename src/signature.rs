//! [`Version`], [`Signature`] and [`SignedHeaders`]: the canonical text of a signature, and its comparison in constant time.

use core::fmt;

use base64ct::{Base64, Encoding};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use crate::state::{HashState, MacState};
use crate::time::Decimal;
use crate::{Error, Header, UnixTime};

/// A scheme of HubSpot's, by the name it has on the wire. Later ones are greater.
///
/// What HubSpot's workflow article describes without a number, and some texts therefore call "the v1 signature", is
/// [`V2`](Self::V2) here and in the version header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// `SHA-256(secret + body)`. Bound to neither method, URL nor time.
    V1,
    /// `SHA-256(secret + method + uri + body)`. Not bound to a time: a captured request can be replayed for ever.
    V2,
    /// `HMAC-SHA-256(key = secret, method + uri + body + timestamp)`.
    V3,
}

impl Version {
    /// The header that carries a signature of this scheme.
    #[must_use]
    pub const fn header(self) -> Header {
        match self {
            Self::V1 | Self::V2 => Header::Signature,
            Self::V3 => Header::SignatureV3,
        }
    }

    /// The name in `X-HubSpot-Signature-Version`: `v1`, `v2` or `v3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }

    /// The length of a signature in bytes of text.
    const fn signature_length(self) -> usize {
        match self {
            Self::V1 | Self::V2 => 64,
            Self::V3 => 44,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A signature in the one text its scheme allows: 64 lower-case hex digits (v1, v2) or 44 characters of padded base64
/// (v3).
///
/// It is kept as text since that text is canonical: a computed signature is encoded and compared with the header as it
/// arrived, so no decoder can be lenient.
///
/// `==` takes the same time wherever two signatures differ. `Debug` shows only the scheme: whoever reads a valid v1 or
/// v2 signature in a log can replay the request, and a computed one signs a forgery.
#[derive(Clone)]
pub struct Signature {
    version: Version,
    /// The text, then zeros.
    text: [u8; 64],
}

impl Signature {
    /// Reads a signature of the given scheme as a header has it. Nothing is trimmed, and nothing but the canonical form
    /// is taken.
    ///
    /// # Errors
    ///
    /// [`Error::MalformedSignature`].
    pub fn parse(version: Version, text: &[u8]) -> Result<Self, Error> {
        check_form(version, text)?;
        Ok(Self::of(version, text))
    }

    /// A signature whose form has been checked.
    pub(crate) fn of(version: Version, text: &[u8]) -> Self {
        let mut signature = Self { version, text: [0; 64] };
        signature.text.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        signature
    }

    /// The text of the header.
    ///
    /// A signature you computed proves whatever it signs: send it, but do not answer or log a request with it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The fall-back is out of reach: the text is ASCII.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        // The fall-back is out of reach: no scheme's text is longer than the array.
        self.text.get(..self.version.signature_length()).unwrap_or_default()
    }

    /// The scheme this is a signature of.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// A computed digest in the text of its scheme. The digest itself is overwritten.
    fn encode(version: Version, mut digest: [u8; 32]) -> Self {
        let mut signature = Self { version, text: [0; 64] };
        // 32 bytes become 64 or 44, so neither can fail; if one did, the zeros it leaves equal no parsed signature.
        let _ = match version {
            Version::V1 | Version::V2 => base16ct::lower::encode(&digest, &mut signature.text).is_ok(),
            Version::V3 => Base64::encode(&digest, &mut signature.text).is_ok(),
        };
        digest.as_mut_slice().zeroize(); // a slice in one go, an array byte by byte
        signature
    }

    /// Whether the text of this signature is that text, without a branch on either.
    pub(crate) fn ct_is(&self, text: &[u8]) -> Choice {
        match self.version {
            Version::V1 | Version::V2 => ct_eq::<64>(&self.text, text),
            Version::V3 => ct_eq::<44>(&self.text, text),
        }
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        (self.ct_is(other.as_bytes()) & Choice::from(u8::from(self.version == other.version))).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}, elided)", self.version)
    }
}

/// The v1 or v2 signature that a SHA-256 amounts to.
pub(crate) fn hashed(version: Version, hash: &mut HashState) -> Signature {
    Signature::encode(version, hash.finish())
}

/// The v3 signature that an HMAC over method, URI and body amounts to, the timestamp added.
pub(crate) fn authenticated(mac: &mut MacState, timestamp: &[u8]) -> Signature {
    mac.update(timestamp);
    Signature::encode(Version::V3, mac.finish())
}

/// Compares the first `N` bytes of the one with the other, which has no more.
///
/// `subtle` judges the difference of all bytes at once: byte by byte it would take longer than a block of SHA-256.
fn ct_eq<const N: usize>(a: &[u8; 64], b: &[u8]) -> Choice {
    match (a.first_chunk::<N>(), b.try_into()) {
        (Some(a), Ok(b)) => {
            let b: &[u8; N] = b;
            a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)).ct_eq(&0)
        }
        _ => Choice::from(0),
    }
}

/// Whether a presented text is in the canonical form of its scheme.
pub(crate) fn check_form(version: Version, text: &[u8]) -> Result<(), Error> {
    let canonical = match version {
        Version::V1 | Version::V2 => text.try_into().is_ok_and(is_lower_hex),
        Version::V3 => text.try_into().is_ok_and(is_canonical_base64),
    };
    if canonical { Ok(()) } else { Err(Error::MalformedSignature { version, length: text.len() }) }
}

// The two checks of form look at public text only. They fold over a fixed number of bytes rather than stop at the first
// bad one because that is the form the compiler vectorises, which makes them much faster than decoding.

fn is_lower_hex(text: &[u8; 64]) -> bool {
    text.iter().fold(true, |all, byte| all & matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 32 bytes are 256 bits: 42 characters of six bits, one whose low two bits must be zero (RFC 4648 section 3.5), one
/// `=`.
fn is_canonical_base64(text: &[u8; 44]) -> bool {
    let [digits @ .., last, pad] = text;
    // A multiple of 16, which spares the compiler a loop over the rest.
    let mut padded = [b'A'; 48];
    padded.iter_mut().zip(digits).for_each(|(place, digit)| *place = *digit);
    padded.iter().fold(true, |all, byte| all & matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/'))
        && b"AEIMQUYcgkosw048".iter().any(|byte| byte == last)
        && *pad == b'='
}

/// The four headers of a signed request, as HubSpot would send them.
///
/// Made by [`ClientSecret::sign`](crate::ClientSecret::sign) and
/// [`ClientSecret::sign_with_v1`](crate::ClientSecret::sign_with_v1).
#[derive(Clone)]
pub struct SignedHeaders {
    unversioned: Signature,
    v3: Signature,
    timestamp: Decimal,
}

impl SignedHeaders {
    pub(crate) fn new(unversioned: Signature, v3: Signature, timestamp: UnixTime) -> Self {
        Self { unversioned, v3, timestamp: timestamp.decimal() }
    }

    /// Name and value of each header.
    #[must_use]
    pub fn as_pairs(&self) -> [(&'static str, &str); 4] {
        [
            (Header::Signature.name(), self.unversioned.as_str()),
            (Header::SignatureVersion.name(), self.unversioned.version().as_str()),
            (Header::SignatureV3.name(), self.v3.as_str()),
            (Header::RequestTimestamp.name(), self.timestamp.as_str()),
        ]
    }
}

impl fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeaders")
            .field("unversioned", &self.unversioned)
            .field("v3", &self.v3)
            .field("timestamp", &self.timestamp.as_str())
            .finish()
    }
}
