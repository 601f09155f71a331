//! [`Version`], [`Signature`] and [`SignedHeaders`]: a signature as text; [`Presented`], the way back.

use core::fmt;

use base64ct::{Base64, Encoding};
use subtle::{Choice, ConstantTimeEq};

use crate::state::Digest;
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
        Presented::parse(version, text)?;
        let mut signature = Self { version, text: [0; 64] };
        signature.text.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
        Ok(signature)
    }

    /// The text of the header.
    ///
    /// A signature you computed proves whatever it signs: send it, but do not answer or log a request with it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The fall-back is out of reach: the text is ASCII, and no scheme's is longer than the array.
        self.text
            .get(..self.version.signature_length())
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    /// The scheme this is a signature of.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    pub(crate) fn encode(version: Version, digest: &Digest) -> Self {
        let mut signature = Self { version, text: [0; 64] };
        // 32 bytes become 64 or 44, so neither can fail; if one did, the zeros it leaves equal no parsed signature.
        let _ = match version {
            Version::V1 | Version::V2 => base16ct::lower::encode(digest.as_bytes(), &mut signature.text).is_ok(),
            Version::V3 => Base64::encode(digest.as_bytes(), &mut signature.text).is_ok(),
        };
        signature
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        let same_scheme = Choice::from(u8::from(self.version == other.version));
        (self.text.ct_eq(&other.text) & same_scheme).into()
    }
}

impl Eq for Signature {}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}, elided)", self.version)
    }
}

/// The text of a presented signature, in the canonical form of its scheme.
///
/// Its sender knows it, so nothing here need hide its time. The verifier compares digests: the text of the right
/// signature never comes to be.
#[derive(Clone, Copy)]
pub(crate) enum Presented<'a> {
    Hex(&'a [u8; 64]),
    Base64(&'a [u8; 44]),
}

// The form is judged by itself, since a request that is refused before its body needs no digest. The loops run over a
// fixed number of bytes and do not stop at the first bad one: that is the form which the compiler vectorises, and much
// faster than base16ct and base64ct, whose care is for secrets.

impl<'a> Presented<'a> {
    pub(crate) fn parse(version: Version, text: &'a [u8]) -> Result<Self, Error> {
        let presented = match version {
            Version::V1 | Version::V2 => {
                <&[u8; 64]>::try_from(text).ok().filter(|text| is_lower_hex(text)).map(Self::Hex)
            }
            Version::V3 => <&[u8; 44]>::try_from(text).ok().filter(|text| is_canonical_base64(text)).map(Self::Base64),
        };
        presented.ok_or(Error::MalformedSignature { version, length: text.len() })
    }

    /// The digest that the text stands for. There is one text for each.
    pub(crate) fn digest(self) -> [u8; 32] {
        match self {
            Self::Hex(text) => hex_digest(text),
            Self::Base64(text) => base64_digest(text),
        }
    }
}

fn hex_digest(text: &[u8; 64]) -> [u8; 32] {
    // Of '0' to '9', 0x30 to 0x39, the lower half is the value; of 'a' to 'f', 0x61 to 0x66, nine less.
    let values = text.map(|digit| (digit & 0x0f).wrapping_add((digit >> 6).wrapping_mul(9)));
    let mut digest = [0; 32];
    for (place, pair) in digest.iter_mut().zip(values.chunks_exact(2)) {
        *place = pair.iter().fold(0, |byte, value| byte << 4 | value);
    }
    digest
}

fn base64_digest(text: &[u8; 44]) -> [u8; 32] {
    // A multiple of 16, as below.
    let mut values = [0; 48];
    values.iter_mut().zip(text).for_each(|(place, digit)| *place = *digit);
    for value in &mut values {
        *value = match *value {
            digit @ b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            digit @ b'a'..=b'z' => digit.wrapping_sub(b'a' - 26),
            digit @ b'0'..=b'9' => digit.wrapping_add(52 - b'0'),
            b'+' => 62,
            _ => 63,
        };
    }
    let mut bytes = [0; 33];
    for (place, group) in bytes.chunks_exact_mut(3).zip(values.chunks_exact(4)) {
        let [_, three @ ..] = group.iter().fold(0, |bits, value| bits << 6 | u32::from(*value)).to_be_bytes();
        place.copy_from_slice(&three);
    }
    let [digest @ .., _padding] = bytes;
    digest
}

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

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Encoding};

    use super::*;

    /// Each value of each byte, among zeros, ones and both.
    #[test]
    fn the_digest_is_the_one_that_was_encoded() {
        for fill in [0, 0xff, 0x5a] {
            for (place, value) in (0..32).flat_map(|place| (0..=0xff).map(move |value| (place, value))) {
                let digest: [u8; 32] = core::array::from_fn(|at| if at == place { value } else { fill });
                let decoded = |version, text: &str| Presented::parse(version, text.as_bytes()).map(Presented::digest);
                let mut text = [0; 64];
                let hex = base16ct::lower::encode_str(&digest, &mut text).map(|text| decoded(Version::V2, text));
                assert_eq!(hex, Ok(Ok(digest)));
                let base64 = Base64::encode(&digest, &mut text).map(|text| decoded(Version::V3, text));
                assert_eq!(base64, Ok(Ok(digest)));
            }
        }
    }
}
