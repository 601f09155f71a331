//! A request on its way: signed, then damaged. And what a diagnosis of it has to say.

use hubspot_signature::diagnose::{Cause, Certainty, Diagnosis, Diagnostician, Finding, ReceivedRequest};
use hubspot_signature::{ClientSecret, Header, UnixTime, Version};

pub const SECRET: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
pub const OTHER: &str = "99999999-4e5f-6071-8293-a4b5c6d7e8f9";
pub const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_123);
pub const URI: &str = "https://hooks.example.com/hubspot/events";
pub const FETCH: &str = "https://hooks.example.com/hubspot/card?name=O%27Neil%20%26%20S%C3%B6hne&when=12%3A30\
                     &userId=7&portalId=62515&userEmail=ada%40example.com&appId=54321";

/// A batch of the Webhooks API, keys in HubSpot's order.
pub const EVENTS: &str = "[{\"eventId\":1,\"subscriptionId\":12345,\"portalId\":62515,\"appId\":54321,\
                      \"occurredAt\":1564113600000,\"subscriptionType\":\"contact.propertyChange\",\"attemptNumber\":0,\
                      \"objectId\":123,\"propertyName\":\"city\",\"propertyValue\":\"Köln €/m²\",\
                      \"changeSource\":\"CRM\"}]";
/// Keys in alphabetical order, so that `serde_json::Value` keeps it.
pub const SORTED: &str = "{\"city\":\"Köln €/m²\",\"list\":[1,2.5,null,true],\"nested\":{\"a\":{},\"b\":[]},\"url\":\"https://a.example/b\"}";

/// A request on its way: signed, then damaged.
#[derive(Clone)]
pub struct Sent {
    pub method: String,
    pub uri: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Sent {
    /// Signed as it is, even if the verifier refuses that.
    pub fn unchecked(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let v2 = secret().v2(method, uri, &body);
        Self { method: method.into(), uri: uri.into(), headers: signed(method, uri, &body, ("v2", v2.as_str())), body }
    }

    pub fn new(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::unchecked(method, uri, body).genuine()
    }

    pub fn with_v1(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let v1 = secret().v1(&body);
        let headers = signed(method, uri, &body, ("v1", v1.as_str()));
        Self::genuine(Self { method: method.into(), uri: uri.into(), headers, body })
    }

    /// Nothing below can pass because the request was broken from the start.
    pub fn genuine(self) -> Self {
        let diagnosis = self.diagnosed();
        assert!(diagnosis.is_accepted() && diagnosis.findings().is_empty(), "{diagnosis}");
        self
    }

    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = uri.into();
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Adds a header.
    pub fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().into()));
        self
    }

    pub fn without(mut self, header: Header) -> Self {
        self.headers.retain(|(name, _)| name != header.name());
        self
    }

    pub fn set(self, header: Header, value: impl AsRef<[u8]>) -> Self {
        self.without(header).and(header.name(), value)
    }

    pub fn get(&self, header: Header) -> String {
        let (_, value) = self.headers.iter().find(|(name, _)| name == header.name()).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Only v1 or v2 stays.
    pub fn older_only(self) -> Self {
        self.without(Header::SignatureV3).without(Header::RequestTimestamp)
    }

    /// Only v3 stays.
    pub fn v3_only(self) -> Self {
        self.without(Header::Signature).without(Header::SignatureVersion)
    }

    pub fn diagnosed(&self) -> Diagnosis {
        self.diagnosed_by(&Diagnostician::new([SECRET], Version::V2), NOW)
    }

    pub fn diagnosed_by(&self, diagnostician: &Diagnostician, now: UnixTime) -> Diagnosis {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
        let request =
            ReceivedRequest { method: &self.method, uri: &self.uri, headers: &headers, body: Some(&self.body) };
        diagnostician.diagnose(&request, now)
    }

    #[track_caller]
    pub fn proves(&self, causes: &[Cause]) -> Finding {
        proves(&self.diagnosed(), causes)
    }

    /// The damage to the URI alone is proved, and the URI that was signed is named.
    #[track_caller]
    pub fn proves_uri(&self, signed: &str, causes: &[Cause]) {
        assert_eq!(self.proves(causes).signed_uri(), Some(signed));
    }

    #[track_caller]
    pub fn suspects(&self, cause: Cause) {
        suspects(&self.diagnosed(), cause);
    }
}

/// HubSpot's headers, made one by one, because `ClientSecret::sign` refuses what a verifier would.
fn signed(method: &str, uri: &str, body: &[u8], (version, older): (&str, &str)) -> Vec<(String, Vec<u8>)> {
    let v3 = secret().v3(method, uri, body, NOW);
    let time = NOW.as_millis().to_string();
    [
        (Header::SignatureV3, v3.as_str()),
        (Header::Signature, older),
        (Header::SignatureVersion, version),
        (Header::RequestTimestamp, &time),
    ]
    .map(|(header, value)| (header.name().to_owned(), value.into()))
    .into()
}

pub fn owned((name, value): (&'static str, &str)) -> (String, Vec<u8>) {
    (name.into(), value.into())
}

pub fn secret() -> ClientSecret {
    ClientSecret::new(SECRET).unwrap()
}

/// One finding is proved, with exactly these causes, and nothing else is said.
#[track_caller]
pub fn proves(diagnosis: &Diagnosis, causes: &[Cause]) -> Finding {
    proves_next_to(diagnosis, causes, &[])
}

/// One finding is proved, with exactly these causes, and exactly those others are likely.
#[track_caller]
pub fn proves_next_to(diagnosis: &Diagnosis, causes: &[Cause], others: &[Cause]) -> Finding {
    assert!(!diagnosis.is_accepted(), "the damage did no harm: {diagnosis}");
    let [finding, likely @ ..] = diagnosis.findings() else { panic!("{causes:?} expected: {diagnosis}") };
    assert_eq!(finding.certainty(), Certainty::Proved, "{diagnosis}");
    assert!(finding.causes().eq(causes.iter().copied()), "{causes:?} expected: {diagnosis}");
    assert!(!finding.matched().is_empty());
    assert!(likely.iter().all(|finding| finding.certainty() == Certainty::Likely), "{diagnosis}");
    assert!(likely.iter().flat_map(Finding::causes).eq(others.iter().copied()), "{others:?} expected: {diagnosis}");
    for fault in finding.faults() {
        assert!(!fault.evidence().is_empty() && !fault.fix().is_empty());
        assert!(format!("{diagnosis}").contains(fault.cause().description()));
    }
    finding.clone()
}

/// This is likely, and nothing else is said.
#[track_caller]
pub fn suspects(diagnosis: &Diagnosis, cause: Cause) {
    likely(diagnosis, &[cause]);
}

/// Exactly these are likely, and nothing is proved.
#[track_caller]
pub fn likely(diagnosis: &Diagnosis, causes: &[Cause]) {
    assert!(!diagnosis.is_accepted(), "the damage did no harm: {diagnosis}");
    let said: Vec<Cause> = diagnosis.findings().iter().flat_map(Finding::causes).collect();
    assert_eq!(said, causes, "{diagnosis}");
    assert!(diagnosis.findings().iter().all(|finding| finding.certainty() == Certainty::Likely), "{diagnosis}");
}

pub fn post() -> Sent {
    Sent::new("POST", URI, EVENTS)
}

pub fn get() -> Sent {
    Sent::new("GET", FETCH, "")
}
