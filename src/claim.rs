//! [`Claim`]: what the headers of a request claim.

use crate::signature::Presented;
use crate::time::{self, Digits};
use crate::{Error, Header, SignatureHeaders, Version};

/// The newest signature that the headers of a request hold, well-formed.
#[derive(Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) version: Version,
    pub(crate) presented: Presented<'a>,
    /// `None` if the version signs no timestamp.
    pub(crate) digits: Option<&'a Digits>,
}

impl<'a> Claim<'a> {
    pub(crate) fn read(headers: &SignatureHeaders<'a>) -> Result<Self, Error> {
        // All headers are looked at before any decides, so that a doubled one is refused whatever version it belongs to.
        let [signature, name, v3, timestamp] = headers.values().map_err(|header| Error::DuplicateHeader { header })?;
        // The newest version that the request carries.
        let version = match (v3, name) {
            (Some(_), _) => Version::V3,
            // A name whose signature has a header of its own, which is absent, becomes `MissingHeader`.
            (None, Some(name)) => Version::named(name).ok_or(Error::UnknownVersion)?,
            // HubSpot's documentation has no default. v2 is the scheme of its workflow article, and the stricter one.
            (None, None) => signature.map(|_| Version::V2).ok_or(Error::MissingSignature)?,
        };
        let (scheme, header) = (version.scheme(), version.header());
        let text = if header == Header::SignatureV3 { v3 } else { signature };
        let text = text.ok_or(Error::MissingHeader { header })?;
        let malformed = Error::MalformedSignature { version, length: text.len() };
        let presented = scheme.encoding.read(text).ok_or(malformed)?;
        let digits = if scheme.has_timestamp {
            let text = timestamp.ok_or(Error::MissingHeader { header: Header::RequestTimestamp })?;
            Some(time::digits(text).ok_or(Error::MalformedTimestamp { length: text.len() })?)
        } else {
            None
        };
        Ok(Self { version, presented, digits })
    }
}
