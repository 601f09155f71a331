//! [`Signature`] and [`SignedHeaders`]: a computed signature as text. [`Presented`]: the way back.

use core::fmt;

use base64ct::Encoding as _;

use crate::state::Digest;
use crate::time::Digits;
use crate::version::Encoding;
use crate::{Header, Version};

/// A signature that a [`ClientSecret`](crate::ClientSecret) computed, as the text of its header.
///
/// It proves whatever it signs. Send it, but do not answer a request with it, log it, or compare a received signature
/// with it: a [`Verifier`](crate::Verifier) does that in constant time and checks everything else. `Debug` shows only
/// the version.
#[derive(Clone)]
pub struct Signature {
    version: Version,
    /// The text, then zeros.
    text: [u8; 64],
}

impl Signature {
    /// Returns the text of the header: 64 lower-case hex digits (v1, v2) or 44 characters of padded base64 (v3).
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The fall-back cannot be reached: the text is ASCII and fits the array in every encoding.
        self.text
            .get(..self.version.scheme().encoding.length())
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    pub(crate) fn encode(version: Version, digest: &Digest) -> Self {
        let mut signature = Self { version, text: [0; 64] };
        // 32 bytes become 64 or 44, so neither can fail.
        let _ = match version.scheme().encoding {
            Encoding::Hex => base16ct::lower::encode(digest.as_bytes(), &mut signature.text).is_ok(),
            Encoding::Base64 => base64ct::Base64::encode(digest.as_bytes(), &mut signature.text).is_ok(),
        };
        signature
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}, elided)", self.version)
    }
}

impl Encoding {
    /// The length of a signature in bytes of text.
    const fn length(self) -> usize {
        match self {
            Self::Hex => 64,
            Self::Base64 => 44,
        }
    }

    /// Reads a presented signature, or returns `None` unless it is in canonical form. There is one text per digest.
    pub(crate) fn read(self, text: &[u8]) -> Option<Presented<'_>> {
        match self {
            Self::Hex => <&[u8; 64]>::try_from(text).ok().filter(|text| is_lower_hex(text)).map(Presented::Hex),
            Self::Base64 => {
                <&[u8; 44]>::try_from(text).ok().filter(|text| is_canonical_base64(text)).map(Presented::Base64)
            }
        }
    }
}

/// The text of a presented signature, in the canonical form of its encoding.
///
/// The sender knows this text, so reading it need not be constant-time. The verifier compares digests; the expected text
/// is never built.
#[derive(Clone, Copy)]
pub(crate) enum Presented<'a> {
    Hex(&'a [u8; 64]),
    Base64(&'a [u8; 44]),
}

impl Presented<'_> {
    /// Decodes the text. Apart from reading it, since a request that is refused before its body needs no digest.
    pub(crate) fn digest(self) -> [u8; 32] {
        match self {
            Self::Hex(text) => hex_digest(text),
            Self::Base64(text) => base64_digest(text),
        }
    }
}

// The loops below run over a fixed number of bytes and do not stop at the first bad one: the compiler vectorises that
// form, and it is much faster than base16ct and base64ct, whose care is for secrets.

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

/// The headers of a signed request, as HubSpot would send them.
///
/// Made by [`ClientSecret::sign`](crate::ClientSecret::sign) and
/// [`ClientSecret::sign_with_v1`](crate::ClientSecret::sign_with_v1).
#[derive(Clone)]
pub struct SignedHeaders {
    older: Signature,
    v3: Signature,
    timestamp: Digits,
}

impl SignedHeaders {
    pub(crate) fn new(older: Signature, v3: Signature, timestamp: Digits) -> Self {
        Self { older, v3, timestamp }
    }

    /// Returns the name, in lower case, and the value of each header.
    pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            (Header::Signature, self.older.as_str()),
            (Header::SignatureVersion, self.older.version.as_str()),
            (Header::SignatureV3, self.v3.as_str()),
            (Header::RequestTimestamp, core::str::from_utf8(&self.timestamp).unwrap_or_default()),
        ]
        .into_iter()
        .map(|(header, value)| (header.name(), value))
    }
}

impl fmt::Debug for SignedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedHeaders").field("older", &self.older).field("v3", &self.v3).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64ct::Base64;

    use super::*;

    /// Each value of each byte, among zeros, ones and both.
    #[test]
    fn the_digest_is_the_one_that_was_encoded() {
        for fill in [0, 0xff, 0x5a] {
            for (place, value) in (0..32).flat_map(|place| (0..=0xff).map(move |value| (place, value))) {
                let digest: [u8; 32] = core::array::from_fn(|at| if at == place { value } else { fill });
                let mut text = [0; 64];
                let decoded = |encoding: Encoding, text: &str| encoding.read(text.as_bytes()).map(Presented::digest);
                let hex = base16ct::lower::encode_str(&digest, &mut text).map(|text| decoded(Encoding::Hex, text));
                assert_eq!(hex, Ok(Some(digest)));
                let base64 = Base64::encode(&digest, &mut text).map(|text| decoded(Encoding::Base64, text));
                assert_eq!(base64, Ok(Some(digest)));
            }
        }
    }
}
