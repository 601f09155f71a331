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
        for header in Header::ALL {
            value(headers, *header)?;
        }
        let version = Self::version(headers)?;
        let scheme = version.scheme();
        let text = required(headers, version.header())?;
        let malformed = Error::MalformedSignature { version, length: text.len() };
        let presented = scheme.encoding.read(text).ok_or(malformed)?;
        let digits = if scheme.has_timestamp {
            let text = required(headers, Header::RequestTimestamp)?;
            Some(time::digits(text).ok_or(Error::MalformedTimestamp { length: text.len() })?)
        } else {
            None
        };
        Ok(Self { version, presented, digits })
    }

    /// The newest version that the request carries.
    fn version(headers: &SignatureHeaders<'_>) -> Result<Version, Error> {
        for version in Version::ALL.iter().rev() {
            if version.header() != Header::Signature && value(headers, version.header())?.is_some() {
                return Ok(*version);
            }
        }
        let Some(name) = value(headers, Header::SignatureVersion)? else {
            let signature = value(headers, Header::Signature)?;
            // HubSpot's documentation has no default. v2 is the scheme of its workflow article, and the stricter one.
            return signature.map(|_| Version::V2).ok_or(Error::MissingSignature);
        };
        // A name whose signature has a header of its own, which is absent, becomes `MissingHeader`.
        Version::named(name).ok_or(Error::UnknownVersion)
    }
}

fn value<'a>(headers: &SignatureHeaders<'a>, header: Header) -> Result<Option<&'a [u8]>, Error> {
    headers.get(header).map_err(|header| Error::DuplicateHeader { header })
}

fn required<'a>(headers: &SignatureHeaders<'a>, header: Header) -> Result<&'a [u8], Error> {
    value(headers, header)?.ok_or(Error::MissingHeader { header })
}
