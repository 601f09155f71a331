//! The genuine and the forged requests, each with the answer it must get.

use std::time::Duration;

use hubspot_signature::{ClientSecret, Header, UnixTime};
use serde_json::{Value, json};

use crate::{Answer, PUBLIC_URL, Request, SECRET, Signer};

/// The most bytes of body that the examples allow.
pub const BODY_LIMIT: usize = 1 << 20;

pub struct Case {
    pub name: String,
    pub request: Request,
    pub status: u16,
    /// The answer of the handler, which shows that it got the whole request. A refusal holds none of it.
    pub answer: Option<Value>,
}

/// Queries of a card request after `userEmail`, and what `userEmail` says when it is decoded.
const QUERIES: [(&str, &str); 10] = [
    ("userEmail=ann%40example.com&portalId=62515&associatedObjectId=53701", "ann@example.com"),
    // The twelve escapes, in both cases of their digits.
    ("userEmail=a&all=%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B&all=%3a%2f%3f%2a%2c%3b", "a"),
    // The same characters as they are.
    ("userEmail=a&all=:/?@!$'()*,;", "a"),
    ("userEmail=ann+lee%2Btest%40example.com", "ann lee+test@example.com"),
    ("userEmail=ann%20lee&empty=&none", "ann lee"),
    // One pass of decoding, not two.
    ("userEmail=ann%2540example.com&twice=%253A%25%32%46", "ann%40example.com"),
    ("userEmail=J%C3%BCrgen%20%E2%82%AC%F0%9F%A6%80&z=%c3%bc", "Jürgen €🦀"),
    // Neither sorted nor merged.
    ("b=2&a=1&userEmail=a&a=0&b=1", "a"),
    ("userEmail=a%26b%3Dc%22d%23e&next=https://app.example.com/x?y=1", "a&b=c\"d#e"),
    ("userEmail=a&&&=&;&", "a"),
];

/// The bodies of the Webhooks API and of workflows, whole or not what the handlers expect, with the records that an answer
/// names: no event is lost without a word, and none is sent again for its shape.
pub const EVENTS: [(&str, &[u64]); 15] = [
    (r#"[{"objectId":7,"attemptNumber":0}]"#, &[7]),
    (r#" [ {"objectId":7}, {"eventId":1,"objectId":8} ] "#, &[7, 8]),
    (r#"{"vid":9,"properties":{}}"#, &[9]),
    (r#"{"vid":9,"objectId":9}"#, &[9]),
    (r#"[{"vid":8,"objectId":7},{"vid":9}]"#, &[7, 9]),
    // An association has no `objectId`; the others of its batch count all the same.
    (r#"[{"objectId":7},{"fromObjectId":1,"toObjectId":2},{"objectId":8}]"#, &[7, 8]),
    // So do the others if an `objectId` has another type.
    (r#"[{"objectId":7},{"objectId":"x"},{"objectId":8}]"#, &[7, 8]),
    (r#"[{"objectId":7},[],null,"x",{"objectId":8}]"#, &[7, 8]),
    // Or if one has text that ends in half of an emoji, or a number that no type holds.
    (r#"[{"objectId":7},{"objectId":8,"propertyValue":"cut \ud83d"},{"objectId":1e400},{"objectId":9}]"#, &[7, 8, 9]),
    (r#"{"fromObjectId":1,"toObjectId":2}"#, &[]),
    ("[]", &[]),
    ("{}", &[]),
    (r#"{"objectId":"seven"}"#, &[]),
    (r#"{"objectId":}"#, &[]),
    ("{} {}", &[]),
];

/// Requests from HubSpot. Each is to be answered with 200 by the handler. `prefix` comes before each path.
pub fn genuine(prefix: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut accepted = |name: String, request: Request, answer: Value| {
        cases.push(Case { name, request, status: 200, answer: Some(answer) });
    };
    for signer in Signer::ALL {
        for (query, email) in QUERIES {
            let request = Request::new("GET", format!("{prefix}/card?{query}"), "").signed_by(signer);
            accepted(
                format!("{signer:?}: GET ?{query}"),
                request,
                json!({ "results": [{ "objectId": 1, "title": email }] }),
            );
        }
        for (id, text) in
            ["plain", "J\u{fc}rgen \u{20ac} \u{1f980} \u{feff}", "\\/ \u{7f} %40 + &", ""].iter().enumerate()
        {
            let body = json!({ "objectId": id, "properties": { "name": text } }).to_string();
            for query in ["", "?", "?tenant=7&mail=a%40b.c+%20%2540"] {
                let request = Request::new("POST", format!("{prefix}/hubspot{query}"), body.clone()).signed_by(signer);
                accepted(format!("{signer:?}: POST {query} {text:?}"), request, json!({ "received": [id] }));
            }
        }
    }
    // Bytes that a parser would print differently; the proxy's signer prints them itself, so it is left out.
    for signer in [Signer::ThisCrate, Signer::NodeSdk] {
        for body in [
            "\r\n { \"objectId\" : 7 , \"a\":\"\\u00fc\\/\", \"c\":7.0e0 }\n",
            "{\"b\":1.0e0,\"a\":2,\"objectId\":7,\"a\":3}",
        ] {
            let request = Request::new("POST", format!("{prefix}/hubspot"), body).signed_by(signer);
            accepted(format!("{signer:?}: POST {body:?}"), request, json!({ "received": [7] }));
        }
    }
    for signer in [Signer::ThisCrate, Signer::NodeSdk] {
        for (body, ids) in EVENTS {
            let request = Request::new("POST", format!("{prefix}/hubspot"), body).signed_by(signer);
            accepted(format!("{signer:?}: POST {body}"), request, json!({ "received": ids }));
        }
    }
    // A full batch of the Webhooks API with long values: about 83 KB.
    let batch: Vec<Value> = (0..100u64)
        .map(|id| {
            json!({ "eventId": id, "subscriptionId": 1_234_567, "portalId": 62_515,
        "appId": 54_321, "occurredAt": 1_700_000_000_000_u64, "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0, "objectId": id, "propertyName": "description", "propertyValue": "x".repeat(600),
        "changeSource": "CRM_UI" })
        })
        .collect();
    let request =
        Request::new("POST", format!("{prefix}/hubspot"), json!(batch).to_string()).signed_by(Signer::NodeSdk);
    accepted("a full batch".into(), request, json!({ "received": Vec::from_iter(0..100) }));
    let largest = Request::new("POST", format!("{prefix}/hubspot"), body_of(BODY_LIMIT)).signed_by(Signer::ThisCrate);
    accepted("the largest body allowed".into(), largest, json!({ "received": [7] }));
    for case in &mut cases {
        if case.request.method == "POST" {
            case.request.headers.push(("Content-Type".into(), "application/json".into()));
        }
    }
    cases
}

/// Requests that HubSpot did not send, or not so, or not now: each is to be answered with 401.
pub fn forged(prefix: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut refused = |name: &str, request: Request| {
        cases.push(Case { name: name.into(), request, status: 401, answer: None });
    };
    let [signature, version, v3, timestamp] =
        [Header::Signature, Header::SignatureVersion, Header::SignatureV3, Header::RequestTimestamp].map(Header::name);
    let unsigned = Request::new("POST", format!("{prefix}/hubspot?tenant=7"), r#"{"objectId":7}"#);
    let card = Request::new("GET", format!("{prefix}/card?userEmail=a&portalId=123"), "").signed_by(Signer::ThisCrate);
    let genuine = unsigned.clone().signed_by(Signer::ThisCrate);
    let at = |millis: i64| {
        let now = UnixTime::now().as_millis();
        UnixTime::from_millis(now.saturating_add_signed(millis))
    };
    let with = |change: &dyn Fn(&mut Request)| {
        let mut request = genuine.clone();
        change(&mut request);
        request
    };

    refused("no signature", unsigned.clone());
    // Tampered with.
    refused("body", with(&|r| r.body = r#"{"objectId":8}"#.into()));
    refused("body, longer", with(&|r| r.body.push(b'\n')));
    refused("body, gone", with(&|r| r.body.clear()));
    refused("query", with(&|r| r.target = format!("{prefix}/hubspot?tenant=8")));
    refused("query, gone", with(&|r| r.target = format!("{prefix}/hubspot")));
    refused("query of a card", Request { target: format!("{prefix}/card?userEmail=b&portalId=123"), ..card.clone() });
    refused("signature of another request", Request { headers: card.headers.clone(), ..genuine.clone() });
    let moved = Request { target: format!("{prefix}/card?userEmail=a&portalId=1"), body: "23".into(), ..card.clone() };
    refused("digits moved from the query to the body", moved);
    refused("timestamp", with(&|r| *r.header(timestamp) = at(1).as_millis().to_string().into()));
    refused("another secret", unsigned.clone().signed("12345678-aaaa-bbbb-cccc-ddddeeeefffe", &unsigned.url(), at(0)));
    for other in ["http://hooks.example.com", "https://hooks.example.com:443", "https://evil.example.com"] {
        let url = format!("{other}{}", unsigned.target);
        refused(&format!("signed for {other:?}"), unsigned.clone().signed(SECRET, &url, at(0)));
    }
    // Stale, or not yet.
    for (name, millis) in [("stale", -301_000), ("a day old", -86_400_000), ("from the future", 3_600_000)] {
        refused(name, unsigned.clone().signed_at(at(millis)));
    }
    for (name, digits) in [
        ("seconds", &at(0).as_millis().to_string()[..10]),
        ("the year 2340", "11700000000000"),
        ("a float", "1700000000000.0"),
        ("the least number", "-9223372036854775808"),
        ("no digits", "now"),
        ("empty", ""),
    ] {
        refused(&format!("timestamp: {name}"), with(&|r| *r.header(timestamp) = digits.into()));
    }
    // Downgraded: each example demands v3.
    refused("downgraded to v2", genuine.clone().without(&[v3, timestamp]));
    refused("downgraded to an unnamed version", genuine.clone().without(&[v3, timestamp, version]));
    let secret = ClientSecret::new(SECRET).expect("usable");
    let v1 = secret.sign_with_v1("POST", PUBLIC_URL, &unsigned.body, at(0)).expect("a request to sign");
    let headers = v1.pairs().map(|(name, value)| (name.into(), value.into())).collect();
    let v1 = Request { headers, ..unsigned.clone() };
    refused("downgraded to v1", v1.without(&[v3, timestamp]));
    refused("v3 without its time", genuine.clone().without(&[timestamp]));
    refused("v3 gone, its time left", genuine.clone().without(&[v3]));
    // Not a signature at all.
    let v2 = String::from_utf8(genuine.clone().header(signature).clone()).expect("hex");
    for (name, value) in [
        ("empty", ""),
        ("v2's", &*v2),
        ("not ASCII", "é"),
        ("long", &"A".repeat(4000)),
        ("zeros", &format!("{}=", "A".repeat(43))),
    ] {
        refused(&format!("signature: {name}"), with(&|r| *r.header(v3) = value.into()));
    }
    refused("signature: its padding gone", with(&|r| assert_eq!(r.header(v3).pop(), Some(b'='))));
    // Doubled, even with the same value.
    for header in [signature, version, v3, timestamp] {
        refused(
            &format!("doubled {header}"),
            with(&|r| {
                let value = r.header(header).clone();
                r.headers.push((header.to_uppercase(), value));
            }),
        );
    }
    refused(
        "doubled signature, the second wrong",
        with(&|r| r.headers.push((v3.into(), format!("{}=", "A".repeat(43)).into()))),
    );
    refused(
        "doubled signature, the first wrong",
        with(&|r| r.headers.insert(0, (v3.into(), format!("{}=", "A".repeat(43)).into()))),
    );
    for case in &mut cases {
        if case.request.method == "POST" {
            case.request.headers.push(("Content-Type".into(), "application/json".into()));
        }
    }
    cases
}

/// Sends every case and holds the answers against what must come.
pub fn hold(cases: &[Case], send: impl Fn(&Request) -> Option<Answer>) {
    assert!(cases.len() > 20);
    for Case { name, request, status, answer } in cases {
        let got = send(request).unwrap_or_else(|| panic!("{name}: hung up"));
        let text = String::from_utf8_lossy(&got.body);
        assert_eq!(got.status, *status, "{name}: {text}");
        match answer {
            Some(answer) => {
                assert_eq!(serde_json::from_slice::<Value>(&got.body).expect("JSON"), *answer, "{name}")
            }
            None => assert!(!text.contains("received") && !text.contains("results"), "{name}: {text}"),
        }
    }
}

/// Genuine, but for one byte more than the examples allow.
pub fn oversized(prefix: &str) -> Request {
    Request::new("POST", format!("{prefix}/hubspot"), body_of(BODY_LIMIT + 1)).signed_by(Signer::ThisCrate)
}

fn body_of(length: usize) -> String {
    let (start, end) = (r#"{"objectId":7,"padding":""#, r#""}"#);
    format!("{start}{}{end}", "x".repeat(length - start.len() - end.len()))
}

/// How long an example waits for a body. Kept here since the tests of slow senders turn on it.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(5);
