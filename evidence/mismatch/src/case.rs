//! A case, as a line of seen.jsonl or unseen.jsonl has it.

use base64ct::{Base64, Encoding};
use serde::Deserialize;

/// The parts of a request that can be recovered.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Recover {
    /// All of it: a signature can prove the causes.
    Proof,
    /// Nothing that a signature could prove; the shape of the request shows the cause.
    Shape,
    /// Nothing at all.
    None,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    kind: String,
    stack: String,
    method: String,
    uri: String,
    headers: Vec<(String, String)>,
    #[serde(flatten)]
    body: Body,
    secret: String,
    #[serde(default)]
    others: Vec<String>,
    previous: Option<String>,
    endpoint: Option<String>,
    at: u64,
    expected: Vec<Vec<String>>,
    recover: Recover,
    signed: SignedLine,
}

#[derive(Deserialize)]
struct SignedLine {
    method: String,
    uri: String,
    versions: Vec<String>,
    timestamp: u64,
    secret: Option<String>,
    #[serde(flatten)]
    body: Body,
}

/// Text, base64, or a long text as its start, the part that repeats, how often, and its end.
#[derive(Deserialize)]
struct Body {
    body: Option<String>,
    body64: Option<String>,
    body_repeated: Option<(String, String, usize, String)>,
}

impl Body {
    fn bytes(self) -> Option<Vec<u8>> {
        let repeated = self.body_repeated.map(|(start, unit, count, end)| start + &unit.repeat(count) + &end);
        let encoded = self.body64.map(|text| Base64::decode_vec(&text).expect("base64"));
        self.body.or(repeated).map(String::into_bytes).or(encoded)
    }
}

#[derive(Clone)]
pub struct Case {
    pub id: String,
    pub kind: String,
    pub stack: String,
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub secret: String,
    /// Further secrets that may be the right one.
    pub others: Vec<String>,
    pub previous: Option<String>,
    /// The URL as it is configured in HubSpot, where the case says so.
    pub endpoint: Option<String>,
    pub at: u64,
    /// Sets of causes; each set says the whole of it.
    pub expected: Vec<Vec<String>>,
    pub recover: Recover,
    pub signed: Signed,
}

/// The request as HubSpot signed it.
#[derive(Clone)]
pub struct Signed {
    pub method: String,
    pub uri: String,
    pub body: Vec<u8>,
    pub secret: String,
    pub versions: Vec<String>,
    pub timestamp: u64,
}

impl Signed {
    /// The version of `X-HubSpot-Signature`.
    pub fn older(&self) -> &str {
        self.versions.iter().map(String::as_str).find(|version| *version != "v3").unwrap_or("v3")
    }
}

impl Case {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// The cases of one file.
pub fn read(text: &str) -> Vec<Case> {
    text.lines().map(|line| from_line(serde_json::from_str(line).expect("a case"))).collect()
}

fn from_line(line: Line) -> Case {
    let body = line.body.bytes().unwrap_or_default();
    let SignedLine { method, uri, versions, timestamp, secret, body: signed_body } = line.signed;
    let signed = Signed {
        method,
        uri,
        body: signed_body.bytes().unwrap_or_else(|| body.clone()),
        secret: secret.unwrap_or_else(|| line.secret.clone()),
        versions,
        timestamp,
    };
    Case {
        id: line.id,
        kind: line.kind,
        stack: line.stack,
        method: line.method,
        uri: line.uri,
        headers: line.headers,
        body,
        secret: line.secret,
        others: line.others,
        previous: line.previous,
        endpoint: line.endpoint,
        at: line.at,
        expected: line.expected,
        recover: line.recover,
        signed,
    }
}
