//! The requests on which HubSpot's helpers and this crate are known to disagree. Each is asserted from both sides, so the
//! list is neither too long nor too short: a peer that changes its mind fails the check.

use hubspot_signature::{
    BodyForm, ClientSecret, Error, Header, RequestHead, SecretError, SignatureHeaders, UnixTime, Verifier, Version,
};
use serde::Serialize;

use crate::oracle;

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const URI: &str = "https://hooks.example.com/hubspot";
const NOW: u64 = 1_700_000_000_000;

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Accept,
    Refuse,
    /// Throws, where it is asked for an answer.
    Error,
}
use Verdict::{Accept, Error as Throws, Refuse};

#[derive(Serialize)]
pub struct Disagreement {
    name: &'static str,
    secret: &'static str,
    method: &'static str,
    uri: &'static str,
    /// Bytes, since some are no text.
    body: Vec<u8>,
    version: &'static str,
    timestamp: Option<String>,
    signature: String,
    now: u64,
    node: Verdict,
    python: Verdict,
}

/// Each of them with this crate's own verdict asserted.
pub fn all() -> Vec<Disagreement> {
    let secret = ClientSecret::new(SECRET).unwrap();
    let base = || Disagreement {
        name: "",
        secret: SECRET,
        method: "POST",
        uri: URI,
        body: b"{}".to_vec(),
        version: "v3",
        timestamp: Some(NOW.to_string()),
        signature: String::new(),
        now: NOW,
        node: Accept,
        python: Accept,
    };
    let v3 = |method: &str, uri: &str, body: &[u8], timestamp: &str| oracle::v3(SECRET, method, uri, body, timestamp);
    let mut all = Vec::new();
    let mut add = |disagreement: Disagreement, expected: Result<(), Error>| {
        let verdict = disagreement.ours().map(|_| ());
        assert_eq!(verdict, expected, "{}", disagreement.name);
        all.push(disagreement);
    };

    add(
        Disagreement {
            name: "a time in the year 2340 is not too old",
            timestamp: Some("11700000000000".into()),
            uri: "https://hooks.example.com/hubspot?appId=5432",
            method: "GET",
            body: vec![],
            signature: v3("GET", "https://hooks.example.com/hubspot?appId=54321", b"", "1700000000000"),
            ..base()
        },
        Err(Error::MalformedTimestamp { length: 14 }),
    );
    add(
        Disagreement {
            name: "a time one hour in the future",
            timestamp: Some((NOW + 3_600_000).to_string()),
            signature: v3("POST", URI, b"{}", &(NOW + 3_600_000).to_string()),
            ..base()
        },
        Err(Error::TimestampInFuture {
            timestamp: UnixTime::from_millis(NOW + 3_600_000),
            now: UnixTime::from_millis(NOW),
            max_clock_skew: core::time::Duration::from_secs(60),
        }),
    );
    add(
        Disagreement {
            name: "a time that is not a number, signed as it is",
            timestamp: Some("never1".into()),
            signature: v3("POST", URI, b"{}", "never1"),
            python: Throws,
            ..base()
        },
        Err(Error::MalformedTimestamp { length: 6 }),
    );
    add(
        Disagreement {
            name: "a time with a decimal point",
            timestamp: Some(format!("{NOW}.0")),
            signature: v3("POST", URI, b"{}", &format!("{NOW}.0")),
            ..base()
        },
        Err(Error::MalformedTimestamp { length: 15 }),
    );
    add(
        Disagreement {
            name: "exactly five minutes old",
            timestamp: Some((NOW - 300_000).to_string()),
            signature: v3("POST", URI, b"{}", &(NOW - 300_000).to_string()),
            python: Throws,
            ..base()
        },
        Ok(()),
    );
    add(
        Disagreement {
            name: "v3 over the decoded URI",
            uri: "https://hooks.example.com/hubspot?q=%40",
            signature: v3("POST", "https://hooks.example.com/hubspot?q=@", b"{}", &NOW.to_string()),
            node: Refuse,
            python: Refuse,
            ..base()
        },
        Ok(()),
    );
    add(
        Disagreement {
            name: "a digit moved from the URI into the body of a GET",
            method: "GET",
            uri: "https://hooks.example.com/hubspot?portalId=1",
            body: b"23".to_vec(),
            signature: v3("GET", "https://hooks.example.com/hubspot?portalId=123", b"", &NOW.to_string()),
            ..base()
        },
        Err(Error::UnexpectedBody),
    );
    add(
        Disagreement {
            name: "the end of the query moved into the body of a DELETE",
            method: "DELETE",
            uri: "https://hooks.example.com/records/7?portalId=6251",
            body: b"5&userEmail=a".to_vec(),
            signature: v3(
                "DELETE",
                "https://hooks.example.com/records/7?portalId=62515&userEmail=a",
                b"",
                &NOW.to_string(),
            ),
            ..base()
        },
        Err(Error::BodyNotJson { looks_like: BodyForm::Form }),
    );
    add(
        Disagreement {
            name: "the beginning of the body moved into the URI",
            uri: "https://hooks.example.com/hubspot{\"a\":",
            body: b"[{\"b\":1}]".to_vec(),
            signature: v3("POST", URI, b"{\"a\":[{\"b\":1}]", &NOW.to_string()),
            ..base()
        },
        Err(Error::UriCharacter { byte: b'{' }),
    );
    add(
        Disagreement {
            name: "a NUL, which every length extension needs, in a body that was signed with it",
            version: "v2",
            timestamp: None,
            body: b"{\"a\":\"\0\"}".to_vec(),
            signature: oracle::v2(SECRET, "POST", URI, b"{\"a\":\"\0\"}"),
            ..base()
        },
        Err(Error::BodyHasNul),
    );
    add(
        Disagreement {
            name: "a byte that is not UTF-8 where U+FFFD was signed",
            version: "v2",
            timestamp: None,
            body: b"\"\xff\"".to_vec(),
            signature: secret.v2("POST", URI, "\"\u{fffd}\"".as_bytes()).as_str().into(),
            python: Throws,
            ..base()
        },
        Err(Error::Mismatch { version: Version::V2 }),
    );
    add(
        Disagreement {
            name: "a v2 signature as v1 of everything it signs",
            version: "v1",
            timestamp: None,
            body: format!("POST{URI}{{}}").into(),
            signature: secret.v2("POST", URI, b"{}").as_str().into(),
            ..base()
        },
        Err(Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V2 }),
    );
    add(
        Disagreement {
            name: "a signature that is not ASCII",
            version: "v2",
            timestamp: None,
            signature: "\u{e9}".repeat(64),
            node: Refuse,
            python: Throws,
            ..base()
        },
        Err(Error::MalformedSignature { version: Version::V2, length: 128 }),
    );
    // An empty secret cannot be asked for a verdict: this crate has no verifier for it.
    assert_eq!(ClientSecret::new("").err(), Some(SecretError::Empty));
    all.push(Disagreement {
        name: "an empty secret, so that anyone signs",
        secret: "",
        version: "v1",
        timestamp: None,
        // SHA-256 of `{}`.
        signature: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".into(),
        ..base()
    });
    all
}

impl Disagreement {
    fn ours(&self) -> Result<(), Error> {
        let version = match self.version {
            "v1" => Version::V1,
            "v2" => Version::V2,
            _ => Version::V3,
        };
        let headers = SignatureHeaders::new().with(version.header(), &self.signature);
        let headers = match &self.timestamp {
            Some(timestamp) => headers.with(Header::RequestTimestamp, timestamp),
            None => headers.with(Header::SignatureVersion, version.as_str()),
        };
        let head = RequestHead::new(self.method, self.uri, headers);
        let verifier = Verifier::new(self.secret, Version::V2).unwrap();
        verifier.verify(&head, &self.body, UnixTime::from_millis(self.now)).map(|_| ())
    }
}
