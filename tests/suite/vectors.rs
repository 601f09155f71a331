//! The published known answers: computed, and verified whole and in chunks of every size.

use crate::common::{Request, oracle};
use hubspot_signature::{ClientSecret, Error, Header, MatchedSecret, UnixTime, Verified, Verifier, Version};
use serde_json::Value;

struct Vector {
    id: String,
    version: Version,
    secret: String,
    method: String,
    uri: String,
    body: String,
    timestamp: Option<String>,
    signature: String,
}

/// The fields are described in vectors/README.md.
fn vectors() -> Vec<Vector> {
    let file: Value = serde_json::from_str(include_str!("../vectors/official.json")).expect("JSON");
    let read = |vector: &Value| {
        let text = |field: &str| vector[field].as_str().map(str::to_owned);
        let needed = |field: &str| text(field).unwrap_or_else(|| panic!("no {field} in {vector}"));
        Vector {
            id: needed("id"),
            version: match needed("version").as_str() {
                "v1" => Version::V1,
                "v2" => Version::V2,
                "v3" => Version::V3,
                other => panic!("version {other}"),
            },
            secret: needed("secret"),
            method: needed("method"),
            // v1 does not sign one, so any will do.
            uri: text("uri").unwrap_or_else(|| "https://www.example.com/any".to_owned()),
            body: needed("body"),
            timestamp: text("timestamp"),
            signature: needed("signature"),
        }
    };
    file.as_array().expect("an array").iter().map(read).collect()
}

impl Vector {
    fn time(&self) -> UnixTime {
        UnixTime::from_millis(self.timestamp.as_deref().map_or(0, |digits| digits.parse().expect("digits")))
    }

    fn request(&self) -> Request {
        let request = Request::new(&self.method, &self.uri, &self.body);
        match &self.timestamp {
            Some(timestamp) => request.with_mac(&self.signature, timestamp),
            None => request.with_hash(self.version.as_str(), &self.signature),
        }
    }

    fn verifier(&self) -> Verifier {
        let verifier = Verifier::new(&self.secret, Version::V1).expect("a usable secret");
        // Two are of the body `REQUEST_BODY`, which no product of HubSpot sends.
        if self.body == "REQUEST_BODY" { verifier.dangerously_accept_any_body() } else { verifier }
    }
}

#[test]
fn none_is_missing() {
    let count = |version| vectors().iter().filter(|vector| vector.version == version).count();
    assert_eq!([Version::V1, Version::V2, Version::V3].map(count), [2, 8, 8]);
}

#[test]
fn computed() {
    for vector in vectors() {
        let Vector { id, method, uri, body, .. } = &vector;
        let secret = ClientSecret::new(&vector.secret).unwrap();
        let computed = match vector.version {
            Version::V1 => secret.v1(body.as_bytes()),
            Version::V2 => secret.v2(method, uri, body.as_bytes()),
            _ => secret.v3(method, uri, body.as_bytes(), vector.time()),
        };
        assert_eq!(computed.as_str(), vector.signature, "{id}");
    }
}

/// The oracle of the other tests knows the answers too.
#[test]
fn computed_naively() {
    for vector in vectors() {
        let Vector { id, method, uri, body, .. } = &vector;
        let computed = match (vector.version, &vector.timestamp) {
            (Version::V1, None) => oracle::v1(&vector.secret, body),
            (Version::V2, None) => oracle::v2(&vector.secret, method, uri, body),
            (_, Some(timestamp)) => oracle::v3(&vector.secret, method, uri, body, timestamp),
            _ => panic!("{id} has no timestamp"),
        };
        assert_eq!(computed, vector.signature, "{id}");
    }
}

/// Those of the local development proxy are signed right, but as HubSpot itself never sends a request: a GET with a
/// body, and a timestamp that its test made short. So they are computed above and refused here.
fn expected_refusal(vector: &Vector) -> Option<Error> {
    match &vector.timestamp {
        Some(timestamp) if timestamp.len() == 10 => Some(Error::MalformedTimestamp { length: 10 }),
        _ if vector.method == "GET" && !vector.body.is_empty() => Some(Error::UnexpectedBody),
        _ => None,
    }
}

#[test]
fn verified_whole_and_in_chunks_of_every_size() {
    let mut refused = Vec::new();
    for vector in vectors() {
        let (verifier, request, now) = (vector.verifier(), vector.request(), vector.time());
        let whole = verifier.verify(&request.head(), &request.body, now);
        match expected_refusal(&vector) {
            Some(error) => {
                assert_eq!(whole, Err(error), "{}", vector.id);
                refused.push(vector.id.clone());
            }
            None => {
                let verified: Verified = whole.unwrap_or_else(|error| panic!("{}: {error}", vector.id));
                assert_eq!(verified.version(), vector.version);
                assert_eq!(verified.timestamp(), vector.timestamp.is_some().then_some(now));
                assert_eq!(verified.matched_secret(), MatchedSecret::Current);
                let by_default = Verifier::new(&vector.secret, Version::V1).unwrap();
                let default = by_default.verify(&request.head(), &request.body, now);
                match vector.body.as_str() {
                    "REQUEST_BODY" => assert!(matches!(default, Err(Error::BodyNotJson { .. })), "{}", vector.id),
                    _ => assert_eq!(default, whole, "{}", vector.id),
                }
            }
        }
        for size in 1..=70 {
            let streamed = request.stream(&verifier, now, request.body.chunks(size));
            assert_eq!(streamed, whole, "{} in chunks of {size}", vector.id);
        }
    }
    assert_eq!(
        refused,
        ["devproxy-v3-empty", "devproxy-v2-object", "devproxy-v3-object", "devproxy-v2-array", "devproxy-v3-array"]
    );
}

/// A guard against tests that accept anything: each known answer speaks for its own request only.
#[test]
fn none_verifies_with_the_signature_of_another() {
    let all = vectors();
    for vector in all.iter().filter(|vector| expected_refusal(vector).is_none()) {
        for other in all.iter().filter(|other| other.version == vector.version && other.signature != vector.signature) {
            let request = vector.request().replacing(vector.version.header(), &other.signature);
            assert_eq!(
                request.judge_at(&vector.verifier(), vector.time()),
                Err(Error::Mismatch { version: vector.version }),
                "{} with the signature of {}",
                vector.id,
                other.id
            );
        }
    }
}

/// Signed over the decoded URI, so it holds for each way in which the URI may have travelled.
#[test]
fn third_party_vector_with_its_uri_escaped() {
    let vector = vectors().into_iter().find(|vector| vector.id == "tp-verifier-lib").expect("the vector");
    assert!(vector.uri.ends_with("?x=a:b"));
    for escaped in ["?x=a:b", "?x=a%3Ab", "?x=a%3ab"] {
        let request = vector.request().with_uri(&vector.uri.replace("?x=a:b", escaped));
        let whole = request.judge_at(&vector.verifier(), vector.time());
        assert_eq!(whole.map(|verified| verified.version()), Ok(Version::V3), "{escaped}");
        for size in 1..=70 {
            assert_eq!(request.stream(&vector.verifier(), vector.time(), request.body.chunks(size)), whole);
        }
    }
    let request = vector.request().with_uri(&vector.uri.replace("?x=a:b", "?x=a%253Ab"));
    assert_eq!(
        request.judge_at(&vector.verifier(), vector.time()),
        Err(Error::Mismatch { version: Version::V3 }),
        "escaped twice is another URI"
    );
}

/// Without a version header the signature is read as v2, so the v2 answers hold and the v1 ones do not.
#[test]
fn without_a_version_header() {
    for vector in vectors().iter().filter(|v| v.version != Version::V3 && expected_refusal(v).is_none()) {
        let request = vector.request().without(Header::SignatureVersion);
        let version = request.judge_at(&vector.verifier(), vector.time()).map(|verified| verified.version());
        let expected = match vector.version {
            Version::V2 => Ok(Version::V2),
            _ => Err(Error::Mismatch { version: Version::V2 }),
        };
        assert_eq!(version, expected, "{}", vector.id);
    }
}
