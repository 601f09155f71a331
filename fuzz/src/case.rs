//! [`Case`], a request and how it is judged; [`Sketch`], the form in which the fuzzer invents one.

use std::time::Duration;

use arbitrary::Arbitrary;
use hubspot_signature::{Error, MatchedSecret, RequestHead, SignatureHeaders, UnixTime, Verified, Verifier, Version};

use crate::oracle::{self, Accepted, Scheme};

/// What HubSpot sends, and some that it does not.
pub const BODIES: [&str; 6] = [
    "{}",
    r#"{"objectId": 7, "name": "Grüße", "url": "https:\/\/example.com"}"#,
    r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"appId":54321,"occurredAt":1564113600000}]"#,
    "{\"b\":1.0,\"a\":[1,2,{\"c\":null}]}\n",
    r#"{"inputFields":{"note":"\u00e4 \ud83d\ude00"},"origin":{"portalId":1,"actionDefinitionId":2}}"#,
    "a=1&b=%20c+d",
];

#[derive(Clone, Debug)]
pub struct Case {
    pub secret: String,
    pub previous: Option<String>,
    pub minimum: Scheme,
    /// Milliseconds, as are the next two.
    pub max_age: u64,
    pub max_clock_skew: u64,
    pub now: u64,
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Case {
    /// The verifier, if the secrets may be used. Whether they may, the oracle says too.
    pub fn verifier(&self) -> Option<Verifier> {
        let verifier = Verifier::new(&self.secret);
        assert_eq!(verifier.is_ok(), oracle::is_secret(&self.secret), "{:?}", self.secret);
        let mut verifier = verifier.ok()?;
        if let Some(previous) = &self.previous {
            let both = verifier.previous_secret(previous);
            assert_eq!(both.is_ok(), oracle::is_secret(previous), "{previous:?}");
            verifier = both.ok()?;
        }
        let minimum = match self.minimum {
            Scheme::V1 => Version::V1,
            Scheme::V2 => Version::V2,
            Scheme::V3 => Version::V3,
        };
        Some(
            verifier
                .minimum_version(minimum)
                .max_age(Duration::from_millis(self.max_age))
                .max_clock_skew(Duration::from_millis(self.max_clock_skew)),
        )
    }

    pub fn head(&self) -> RequestHead<'_> {
        let headers = SignatureHeaders::from_pairs(self.headers.iter().map(|(name, value)| (name, value)));
        RequestHead { method: &self.method, uri: &self.uri, headers }
    }

    pub fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.now)
    }

    /// Adds the headers with which HubSpot sends this request under the scheme. The fuzzer would be long in finding them.
    pub fn sign(&mut self, scheme: Scheme) {
        let timestamp = self.now.to_string();
        let signature = oracle::sign(scheme, &self.secret, &self.method, &self.uri, &self.body, timestamp.as_bytes());
        let mut add = |name: &str, value: String| self.headers.push((name.to_owned(), value.into_bytes()));
        if scheme == Scheme::V3 {
            add("x-hubspot-signature-v3", signature);
            add("x-hubspot-request-timestamp", timestamp);
        } else {
            add("x-hubspot-signature", signature);
            add("x-hubspot-signature-version", format!("{scheme:?}").to_lowercase());
        }
    }

    pub fn stream(&self, verifier: &Verifier, chunk_sizes: &[u8]) -> Result<Verified, Error> {
        let mut verification = verifier.begin_at(&self.head(), self.now())?;
        let mut rest = self.body.as_slice();
        for size in chunk_sizes {
            let (chunk, after) = rest.split_at(usize::from(*size).min(rest.len()));
            verification.update(chunk);
            rest = after;
        }
        verification.update(rest);
        verification.finish()
    }

    /// The crate accepts what the oracle accepts, for the same reasons, and nothing else, by every way in.
    pub fn check(&self) {
        let Some(verifier) = self.verifier() else { return };
        let verdict = verifier.verify_at(&self.head(), &self.body, self.now());
        assert_eq!(verdict.ok().map(Accepted::from), oracle::judge(self), "{verdict:?}\n{self:?}");

        // The same headers, looked up by name.
        let headers = SignatureHeaders::from_lookup(|wanted| {
            self.headers.iter().filter(move |header| header.0.eq_ignore_ascii_case(wanted)).map(|header| &header.1)
        });
        assert_eq!(verifier.verify_at(&RequestHead { headers, ..self.head() }, &self.body, self.now()), verdict);
        assert_eq!(self.stream(&verifier, &[1, 0, 7]), verdict);
        if let Err(error) = verdict {
            assert!(!error.to_string().is_empty());
        }
    }
}

impl From<Verified> for Accepted {
    fn from(verified: Verified) -> Self {
        Self {
            scheme: match verified.version() {
                Version::V1 => Scheme::V1,
                Version::V2 => Scheme::V2,
                Version::V3 => Scheme::V3,
                _ => unreachable!(),
            },
            timestamp: verified.timestamp().map(UnixTime::as_millis),
            by_current: verified.secret() == MatchedSecret::Current,
        }
    }
}

/// A case with its signatures yet to be computed, so that the fuzzer reaches what lies behind a right one.
#[derive(Arbitrary, Clone, Debug)]
pub struct Sketch {
    secret: Secret,
    previous: Option<Secret>,
    minimum: Scheme,
    max_age: Limit,
    max_clock_skew: Limit,
    now: Now,
    method: Method,
    uri: Uri,
    headers: Vec<Header>,
    body: Vec<u8>,
}

#[derive(Arbitrary, Clone, Debug)]
enum Secret {
    Documented,
    /// Of this many characters, to lie on each side of the hash's block.
    Long(u8),
    Text(String),
}

#[derive(Arbitrary, Clone, Debug)]
enum Limit {
    Default,
    Millis(u64),
}

#[derive(Arbitrary, Clone, Debug)]
enum Now {
    Usual,
    Millis(u64),
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
            Self::Documented => "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy".to_owned(),
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
    pub fn case(&self) -> Case {
        self.case_over(match &self.uri {
            Uri::PathAndQuery(text) => format!("https://hooks.example.com/{text}"),
            Uri::Text(text) => text.clone(),
        })
    }

    /// The same over another URI.
    pub fn case_over(&self, uri: String) -> Case {
        let limit = |limit: &Limit, default| match limit {
            Limit::Default => default,
            Limit::Millis(millis) => *millis,
        };
        let mut case = Case {
            secret: self.secret.text(),
            previous: self.previous.as_ref().map(Secret::text),
            minimum: self.minimum,
            max_age: limit(&self.max_age, 300_000),
            max_clock_skew: limit(&self.max_clock_skew, 60_000),
            now: match self.now {
                Now::Usual => 1_700_000_000_000,
                Now::Millis(millis) => millis,
            },
            method: match &self.method {
                Method::Get => "GET".to_owned(),
                Method::Post => "POST".to_owned(),
                Method::Text(text) => text.clone(),
            },
            uri,
            headers: Vec::new(),
            body: self.body.clone(),
        };
        let time = |value: &Value| match value {
            Value::Time { after_now } => {
                Some(case.now.saturating_add_signed((*after_now).into()).to_string().into_bytes())
            }
            Value::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        };
        let timestamp = self
            .headers
            .iter()
            .find(|header| matches!(header.name, Name::RequestTimestamp))
            .and_then(|header| time(&header.value))
            .unwrap_or_default();
        case.headers = self
            .headers
            .iter()
            .map(|Header { name, value, padding }| {
                let mut value = match value {
                    Value::Signed { scheme, by, decoded, damage } => {
                        let secret = match by {
                            Signer::Current => &case.secret,
                            Signer::Previous => case.previous.as_ref().unwrap_or(&case.secret),
                            Signer::Stranger => "stranger",
                        };
                        let uri = if *decoded { oracle::decode(&case.uri) } else { case.uri.clone() };
                        let text = oracle::sign(*scheme, secret, &case.method, &uri, &case.body, &timestamp);
                        let mut text = text.into_bytes();
                        if let Some((at, bits)) = damage {
                            let at = usize::from(*at) % text.len();
                            text[at] ^= bits;
                        }
                        text
                    }
                    Value::Version(scheme) => format!("{scheme:?}").to_lowercase().into_bytes(),
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
            })
            .collect();
        case
    }
}
