//! [`Version`], and its [`Scheme`]: everything in which the versions differ.

use core::fmt;

use crate::Header;

/// A version of HubSpot's signature, by the name it has on the wire. Newer ones are greater.
///
/// HubSpot's workflow article describes a scheme without a number, and some texts therefore call it "the v1
/// signature". It is [`V2`](Self::V2) here and in the version header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Version {
    /// `SHA-256(secret + body)`. Covers neither method nor URL, and has no timestamp.
    V1,
    /// `SHA-256(secret + method + uri + body)`. Has no timestamp, so a captured request can be replayed at any time.
    V2,
    /// `HMAC-SHA-256(key = secret, method + uri + body + timestamp)`.
    V3,
}

/// One row per version; docs/PROTOCOL.md §1.
pub(crate) struct Scheme {
    name: &'static str,
    /// The header that carries the signature.
    header: Header,
    pub(crate) encoding: Encoding,
    pub(crate) function: Function,
    /// Whether method and URI are signed.
    pub(crate) covers_url: bool,
    /// Whether the timestamp is signed.
    pub(crate) has_timestamp: bool,
    /// Whether the URI may also be signed with twelve escapes decoded (docs/PROTOCOL.md §3).
    pub(crate) decodes_uri: bool,
}

const V1: Scheme = Scheme {
    name: "v1",
    header: Header::Signature,
    encoding: Encoding::Hex,
    function: Function::Sha256,
    covers_url: false,
    has_timestamp: false,
    decodes_uri: false,
};
const V2: Scheme = Scheme {
    name: "v2",
    header: Header::Signature,
    encoding: Encoding::Hex,
    function: Function::Sha256,
    covers_url: true,
    has_timestamp: false,
    decodes_uri: false,
};
const V3: Scheme = Scheme {
    name: "v3",
    header: Header::SignatureV3,
    encoding: Encoding::Base64,
    function: Function::HmacSha256,
    covers_url: true,
    has_timestamp: true,
    decodes_uri: true,
};

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// 64 lower-case hex digits.
    Hex,
    /// 44 characters of padded standard base64.
    Base64,
}

/// How a secret signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// SHA-256 of the secret and what is signed. Open to length extension: docs/PROTOCOL.md §5.1.
    Sha256,
    /// HMAC-SHA-256 of what is signed, keyed with the secret.
    HmacSha256,
}

impl Version {
    /// All versions, oldest first.
    pub(crate) const ALL: &'static [Self] = &[Self::V1, Self::V2, Self::V3];

    pub(crate) const fn scheme(self) -> &'static Scheme {
        match self {
            Self::V1 => &V1,
            Self::V2 => &V2,
            Self::V3 => &V3,
        }
    }

    /// The version that `X-HubSpot-Signature-Version` names.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|version| version.as_str().as_bytes() == name)
    }

    /// Returns the header that carries a signature of this version.
    #[must_use]
    pub const fn header(self) -> Header {
        self.scheme().header
    }

    /// Returns the name as `X-HubSpot-Signature-Version` has it: `v1`, `v2` or `v3`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.scheme().name
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
