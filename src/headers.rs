//! [`Header`], the names of HubSpot's four headers, and [`SignatureHeaders`], their values in one request.

use core::fmt;

/// One of the headers in which HubSpot sends signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Header {
    /// `X-HubSpot-Signature`: the v1 or v2 signature.
    Signature,
    /// `X-HubSpot-Signature-Version`: which of the two it is, `v1` or `v2`.
    SignatureVersion,
    /// `X-HubSpot-Signature-v3`: the v3 signature.
    SignatureV3,
    /// `X-HubSpot-Request-Timestamp`: when the v3 signature was made, in Unix milliseconds.
    RequestTimestamp,
}

impl Header {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Signature, Self::SignatureVersion, Self::SignatureV3, Self::RequestTimestamp];

    /// Returns the name in lower case, as HTTP/2 sends it and most frameworks look it up.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signature => "x-hubspot-signature",
            Self::SignatureVersion => "x-hubspot-signature-version",
            Self::SignatureV3 => "x-hubspot-signature-v3",
            Self::RequestTimestamp => "x-hubspot-request-timestamp",
        }
    }
}

impl fmt::Display for Header {
    /// The name as HubSpot's documentation spells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signature => "X-HubSpot-Signature",
            Self::SignatureVersion => "X-HubSpot-Signature-Version",
            Self::SignatureV3 => "X-HubSpot-Signature-v3",
            Self::RequestTimestamp => "X-HubSpot-Request-Timestamp",
        })
    }
}

/// The values of HubSpot's headers in one request, borrowed from it.
///
/// The verifier refuses a header that occurs twice, so pass *all* values of a name where your framework gives them.
/// White space around a value is dropped, as HTTP asks for (RFC 9110 section 5.5).
///
/// There are three ways to make one. Use the first that fits:
///
/// ```
/// use hubspot_signature::{Header, SignatureHeaders};
/// # let request_headers: Vec<(String, String)> = Vec::new();
/// # let framework_headers: std::collections::HashMap<&str, String> = Default::default();
///
/// // From all headers of the request; names compare without case.
/// let headers = SignatureHeaders::from_pairs(request_headers.iter().map(|(name, value)| (name, value)));
///
/// // From a look-up by lower-case name. A `get_all`, as `http::HeaderMap` has it, shows doubled headers; a `get` that
/// // returns an `Option` cannot.
/// let headers = SignatureHeaders::from_lookup(|name| framework_headers.get(name));
///
/// // Field by field.
/// let headers = SignatureHeaders::new()
///     .with(Header::SignatureV3, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=")
///     .with(Header::RequestTimestamp, b"1693657560000");
/// ```
#[derive(Clone, Copy, Default)]
pub struct SignatureHeaders<'a> {
    signature: Value<'a>,
    signature_version: Value<'a>,
    signature_v3: Value<'a>,
    request_timestamp: Value<'a>,
}

#[derive(Clone, Copy, Default)]
enum Value<'a> {
    #[default]
    Absent,
    Once(&'a [u8]),
    Repeated,
}

impl<'a> SignatureHeaders<'a> {
    /// Starts without any header.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            signature: Value::Absent,
            signature_version: Value::Absent,
            signature_v3: Value::Absent,
            request_timestamp: Value::Absent,
        }
    }

    /// Adds a value. Adding a second value to a header doubles it, which the verifier refuses.
    #[must_use]
    pub fn with<V: AsRef<[u8]> + ?Sized>(mut self, header: Header, value: &'a V) -> Self {
        self.add(header, value.as_ref());
        self
    }

    /// Picks HubSpot's headers from all headers of a request. Names compare without case.
    ///
    /// Takes an iterator of `(name, &value)`, where the name is text, the value text or bytes: a slice's
    /// `iter().copied()`, a map's `iter()`, or an `&http::HeaderMap`.
    #[must_use]
    pub fn from_pairs<I, N, V>(pairs: I) -> Self
    where
        I: IntoIterator<Item = (N, &'a V)>,
        N: AsRef<str>,
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let mut headers = Self::new();
        for (name, value) in pairs {
            let name = name.as_ref();
            if let Some(header) = Header::ALL.iter().copied().find(|header| name.eq_ignore_ascii_case(header.name())) {
                headers.add(header, value.as_ref());
            }
        }
        headers
    }

    /// Looks up each of HubSpot's headers by its lower-case name.
    ///
    /// The closure returns all values of that name, as a `get_all` does, or the only one as an `Option`.
    #[must_use]
    pub fn from_lookup<F, I, V>(mut lookup: F) -> Self
    where
        F: FnMut(&'static str) -> I,
        I: IntoIterator<Item = &'a V>,
        V: AsRef<[u8]> + ?Sized + 'a,
    {
        let mut headers = Self::new();
        for &header in Header::ALL {
            // Two values tell as much as two thousand.
            for value in lookup(header.name()).into_iter().take(2) {
                headers.add(header, value.as_ref());
            }
        }
        headers
    }

    fn add(&mut self, header: Header, value: &'a [u8]) {
        let place = match header {
            Header::Signature => &mut self.signature,
            Header::SignatureVersion => &mut self.signature_version,
            Header::SignatureV3 => &mut self.signature_v3,
            Header::RequestTimestamp => &mut self.request_timestamp,
        };
        *place = match place {
            Value::Absent => Value::Once(trim_ows(value)),
            Value::Once(_) | Value::Repeated => Value::Repeated,
        };
    }

    fn value(&self, header: Header) -> &Value<'a> {
        match header {
            Header::Signature => &self.signature,
            Header::SignatureVersion => &self.signature_version,
            Header::SignatureV3 => &self.signature_v3,
            Header::RequestTimestamp => &self.request_timestamp,
        }
    }

    /// The value, if there is one. A header that is doubled is the error.
    pub(crate) fn get(&self, header: Header) -> Result<Option<&'a [u8]>, Header> {
        match *self.value(header) {
            Value::Absent => Ok(None),
            Value::Once(value) => Ok(Some(value)),
            Value::Repeated => Err(header),
        }
    }
}

/// Shows which headers are there and not their values: anyone who reads a valid v1 or v2 signature in a log can replay
/// the request.
impl fmt::Debug for SignatureHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for header in Header::ALL {
            match self.value(*header) {
                Value::Absent => map.entry(header, &format_args!("absent")),
                Value::Once(value) => map.entry(header, &format_args!("{} bytes", value.len())),
                Value::Repeated => map.entry(header, &format_args!("repeated")),
            };
        }
        map.finish()
    }
}

/// Drops optional white space: spaces and tabs, nothing else.
fn trim_ows(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
