//! [`Sketch`], a [`Case`] with its signatures yet to be computed, so that the fuzzer reaches what lies behind a right one.

use arbitrary::{Arbitrary, Unstructured};

use crate::oracle::{self, Scheme};
use crate::{Case, SECRET};

#[derive(Arbitrary, Clone, Debug)]
pub struct Sketch {
    secret: Secret,
    previous: Option<Secret>,
    minimum: Scheme,
    max_age: Option<u64>,
    max_clock_skew: Option<u64>,
    max_body: Option<u8>,
    any_body: bool,
    chunks: [u8; 3],
    now: Option<u64>,
    method: Method,
    uri: Uri,
    headers: Vec<Header>,
    body: Body,
}

impl Arbitrary<'_> for Scheme {
    fn arbitrary(u: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        u.choose(&Self::ALL).copied()
    }
}

#[derive(Arbitrary, Clone, Debug)]
enum Secret {
    Documented,
    /// Of this many characters, to lie on each side of the hash's block.
    Long(u8),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Method {
    Get,
    Post,
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Uri {
    PathAndQuery(String),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Body {
    Empty,
    Object(Vec<u8>),
    Array(Vec<u8>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Clone, Debug)]
struct Header {
    name: Name,
    value: Value,
    padding: Padding,
}

#[derive(Arbitrary, Clone, Debug)]
enum Name {
    Signature,
    SignatureVersion,
    SignatureV3,
    RequestTimestamp,
    Capitals(Box<Name>),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Padding {
    None,
    Blanks(u8),
    Byte(u8),
}

#[derive(Arbitrary, Clone, Debug)]
enum Value {
    Signed { scheme: Scheme, by: Signer, decoded: bool, damage: Option<(u8, u8)> },
    Time { after_now: i32 },
    Version(Scheme),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Clone, Debug)]
enum Signer {
    Current,
    Previous,
    Stranger,
}

impl Secret {
    fn text(&self) -> String {
        match self {
            Self::Documented => SECRET.to_owned(),
            Self::Long(length) => "s".repeat((*length).into()),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Name {
    fn text(&self) -> String {
        match self {
            Self::Signature => "x-hubspot-signature".to_owned(),
            Self::SignatureVersion => "x-hubspot-signature-version".to_owned(),
            Self::SignatureV3 => "x-hubspot-signature-v3".to_owned(),
            Self::RequestTimestamp => "x-hubspot-request-timestamp".to_owned(),
            Self::Capitals(name) => name.text().to_uppercase(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Sketch {
    /// Computes the signatures.
    pub fn case(self) -> Case {
        let mut case = Case {
            secret: self.secret.text(),
            previous: self.previous.as_ref().map(Secret::text),
            minimum: self.minimum,
            max_age: self.max_age.unwrap_or(300_000),
            max_clock_skew: self.max_clock_skew.unwrap_or(60_000),
            max_body: self.max_body.map(u64::from),
            any_body: self.any_body,
            chunks: self.chunks.map(usize::from).to_vec(),
            now: self.now.unwrap_or(1_700_000_000_000),
            method: match self.method {
                Method::Get => "GET".to_owned(),
                Method::Post => "POST".to_owned(),
                Method::Text(text) => text,
            },
            uri: match self.uri {
                Uri::PathAndQuery(text) => format!("https://hooks.example.com/{text}"),
                Uri::Text(text) => text,
            },
            headers: Vec::new(),
            body: match self.body {
                Body::Empty => Vec::new(),
                Body::Object(inner) => [b"{", inner.as_slice(), b"}"].concat(),
                Body::Array(inner) => [b"[", inner.as_slice(), b"]"].concat(),
                Body::Bytes(bytes) => bytes,
            },
        };
        let time = |value: &Value| match value {
            Value::Time { after_now } => {
                Some(case.now.saturating_add_signed((*after_now).into()).to_string().into_bytes())
            }
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        };
        let timestamp = self.headers.iter().find(|header| matches!(header.name, Name::RequestTimestamp));
        let timestamp = timestamp.and_then(|header| time(&header.value)).unwrap_or_default();
        let headers = self.headers.iter().map(|Header { name, value, padding }| {
            let mut value = match value {
                Value::Signed { scheme, by, decoded, damage } => {
                    let secret = match by {
                        Signer::Current => &case.secret,
                        Signer::Previous => case.previous.as_ref().unwrap_or(&case.secret),
                        Signer::Stranger => "stranger",
                    };
                    let uri = if *decoded { oracle::decode_uri(&case.uri) } else { case.uri.clone() };
                    let text = oracle::sign(*scheme, secret, &case.method, &uri, &case.body, &timestamp);
                    let mut text = text.into_bytes();
                    if let Some((at, bits)) = damage {
                        let at = usize::from(*at) % text.len();
                        text[at] ^= bits;
                    }
                    text
                }
                Value::Version(scheme) => scheme.name().as_bytes().to_vec(),
                other => time(other).unwrap_or_default(),
            };
            match padding {
                Padding::None => {}
                Padding::Blanks(count) => {
                    value.splice(0..0, std::iter::repeat_n(b'\t', (count % 4).into()));
                    value.extend(std::iter::repeat_n(b' ', (count / 4 % 4).into()));
                }
                Padding::Byte(byte) => value.push(*byte),
            }
            (name.text(), value)
        });
        case.headers = headers.collect();
        case
    }
}
