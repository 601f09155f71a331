//! Which requests a verifier believes: minimum version, freshness, rotation, the newest scheme alone, and what is
//! refused before the body.

use std::collections::HashSet;
use std::mem::discriminant;
use std::time::Duration;

use crate::common::{
    BODY, NOW, OTHER_SECRET, Request, SECRET, URI, VERSIONS, ageless_verifier, comes_before_the_body, lax_verifier,
    oracle, refusals, verifier, verifier_from,
};
use hubspot_signature::{BodyForm, Error, Header, MatchedSecret, UnixTime, Verifier, Version};

#[test]
fn minimum_version() {
    for found in VERSIONS {
        let request = Request::signed(found, "POST", URI, BODY);
        for minimum in VERSIONS {
            let answer = request.judge(&verifier_from(minimum)).map(|verified| verified.version());
            let expected = if found < minimum { Err(Error::VersionBelowMinimum { found, minimum }) } else { Ok(found) };
            assert_eq!(answer, expected);
        }
    }
}

/// The proof says what was verified and when.
#[test]
fn proof() {
    for version in VERSIONS {
        let verified = Request::signed(version, "POST", URI, BODY).judge(&lax_verifier()).unwrap();
        assert_eq!(verified.version(), version);
        assert_eq!(verified.timestamp(), (version == Version::V3).then_some(NOW));
        assert_eq!(verified.matched_secret(), MatchedSecret::Current);
        assert_eq!(verified.matched_verifier(), 0);
    }
}

/// Both limits are inclusive, to the millisecond, by default and as configured.
#[test]
fn freshness() {
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    let signed = NOW.as_millis();
    let defaults = (verifier(), 300_000, 60_000);
    let configured = |age, skew| {
        let verifier = verifier().max_age(Duration::from_millis(age)).max_clock_skew(Duration::from_millis(skew));
        (verifier, age, skew)
    };
    for (verifier, age, skew) in [defaults, configured(1, 2), configured(0, 0), configured(86_400_000, 0)] {
        let (max_age, max_clock_skew) = (Duration::from_millis(age), Duration::from_millis(skew));
        let at = UnixTime::from_millis;
        let old = |now| Err(Error::TimestampTooOld { timestamp: NOW, now, max_age });
        let future = |now| Err(Error::TimestampInFuture { timestamp: NOW, now, max_clock_skew });
        for (now, expected) in [
            (NOW, Ok(())),
            (at(signed + age), Ok(())),
            (at(signed + age + 1), old(at(signed + age + 1))),
            (at(u64::MAX), old(at(u64::MAX))),
            (at(signed - skew), Ok(())),
            (at(signed - skew - 1), future(at(signed - skew - 1))),
            (at(0), future(at(0))),
        ] {
            assert_eq!(request.judge_at(&verifier, now).map(|_| ()), expected, "{age} {skew} at {now}");
        }
    }
    let ageless = ageless_verifier();
    for now in [0, signed, u64::MAX] {
        assert!(request.judge_at(&ageless, UnixTime::from_millis(now)).is_ok());
    }
}

/// A fraction of a millisecond in a limit is not rounded up.
#[test]
fn freshness_below_a_millisecond() {
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    let verifier = verifier().max_age(Duration::from_micros(1_999));
    assert!(request.judge_at(&verifier, UnixTime::from_millis(NOW.as_millis() + 1)).is_ok());
    assert!(request.judge_at(&verifier, UnixTime::from_millis(NOW.as_millis() + 2)).is_err());
}

/// Every timestamp of 13 digits and no other can be read, and is given back as it was.
#[test]
fn range_of_timestamps() {
    let ageless = ageless_verifier();
    for timestamp in [1_000_000_000_000, 1_234_567_890_123, 9_876_543_210_987, 9_999_999_999_999_u64] {
        let text = timestamp.to_string();
        let request = Request::new("POST", URI, BODY).with_mac(&oracle::v3(SECRET, "POST", URI, BODY, &text), &text);
        let verified = request.judge(&ageless).expect("13 digits");
        assert_eq!(verified.timestamp(), Some(UnixTime::from_millis(timestamp)));
    }
    for text in ["999999999999", "10000000000000", "0999999999999", "0000000000000"] {
        let request = Request::new("POST", URI, BODY).with_mac(&oracle::v3(SECRET, "POST", URI, BODY, text), text);
        assert_eq!(request.judge(&ageless), Err(Error::MalformedTimestamp { length: text.len() }));
    }
}

/// v1 and v2 carry no time, so no policy about time touches them.
#[test]
fn freshness_does_not_apply_to_older_schemes() {
    let impatient = lax_verifier().max_age(Duration::ZERO).max_clock_skew(Duration::ZERO);
    for version in [Version::V1, Version::V2] {
        let request = Request::signed(version, "POST", URI, BODY).with(Header::RequestTimestamp, "1");
        for now in [0, u64::MAX] {
            let verified = request.judge_at(&impatient, UnixTime::from_millis(now)).expect("no time to check");
            assert_eq!(verified.timestamp(), None);
        }
    }
}

/// Signed by either secret a request passes, and the proof says by which; by a third it does not.
#[test]
fn rotation() {
    let rotating = lax_verifier().previous_secret(OTHER_SECRET).unwrap();
    let after = Verifier::new(OTHER_SECRET, Version::V1).unwrap();
    let uri = "https://hooks.example.com/a?x=%3A%2F";
    let decoded = oracle::decode_uri(uri);
    let sign = |secret: &str| {
        let timestamp = NOW.as_millis().to_string();
        let request = Request::new("POST", uri, BODY);
        [
            (Version::V1, request.with_hash("v1", &oracle::v1(secret, BODY))),
            (Version::V2, request.with_hash("v2", &oracle::v2(secret, "POST", uri, BODY))),
            (Version::V3, request.with_mac(&oracle::v3(secret, "POST", uri, BODY, &timestamp), &timestamp)),
            (Version::V3, request.with_mac(&oracle::v3(secret, "POST", &decoded, BODY, &timestamp), &timestamp)),
        ]
    };
    for (version, request) in sign(SECRET) {
        assert_eq!(request.judge(&rotating).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Current));
        assert_eq!(request.judge(&after), Err(Error::Mismatch { version }));
    }
    for (version, request) in sign(OTHER_SECRET) {
        assert_eq!(request.judge(&rotating).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Previous));
        assert_eq!(request.judge(&lax_verifier()), Err(Error::Mismatch { version }));
        assert_eq!(request.judge(&after).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Current));
    }
    for (version, request) in sign("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") {
        assert_eq!(request.judge(&rotating), Err(Error::Mismatch { version }));
    }
    // The same one twice counts as the current one, so a rotation that is over does not look as if it were not.
    let same = lax_verifier().previous_secret(SECRET).unwrap();
    for (_, request) in sign(SECRET) {
        assert_eq!(request.judge(&same).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Current));
    }
}

/// There is one previous secret: the last one given, or none.
#[test]
fn a_second_previous_secret_replaces_the_first() {
    let third = "77777777-5d2f-4e8a-9b3c-6f1d2e7a8b90";
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    let first_matches = Verifier::new(third, Version::V3).unwrap().previous_secret(SECRET).unwrap();
    assert_eq!(request.judge(&first_matches).map(|verified| verified.matched_secret()), Ok(MatchedSecret::Previous));
    let mismatch = Err(Error::Mismatch { version: Version::V3 });
    assert_eq!(request.judge(&first_matches.clone().previous_secret(OTHER_SECRET).unwrap()), mismatch);
    assert_eq!(request.judge(&first_matches.clone().previous_secret(None).unwrap()), mismatch);
    let second_matches = first_matches.previous_secret(OTHER_SECRET).unwrap().previous_secret(SECRET).unwrap();
    assert!(request.judge(&second_matches).is_ok());
    // An unusable one is an error, not the absence of one.
    assert!(second_matches.previous_secret(Some("")).is_err());
}

/// The newest scheme decides, for good as well: what is wrong with the older headers then matters to no one.
#[test]
fn newest_scheme_decides() {
    let v3 = Request::signed(Version::V3, "POST", URI, BODY);
    let wrong = "0".repeat(64);
    for request in [
        v3.clone(),
        Request::signed_twice("POST", URI, BODY),
        v3.with_hash("v2", &wrong),
        v3.with_hash("v1", &wrong),
        v3.with_hash("v9", "no signature"),
        v3.with_hash("v3", &wrong),
        v3.with(Header::SignatureVersion, ""),
    ] {
        assert_eq!(request.judge(&verifier()).map(|verified| verified.version()), Ok(Version::V3), "{request:?}");
    }
}

/// `X-HubSpot-Signature` is read as what the version header says, as v2 without one, and as nothing else.
#[test]
fn version_header() {
    let v1 = Request::signed(Version::V1, "POST", URI, BODY);
    let v2 = Request::signed(Version::V2, "POST", URI, BODY);
    let mismatch = |version| Err(Error::Mismatch { version });
    let version = |request: &Request| request.judge(&lax_verifier()).map(|verified| verified.version());
    assert_eq!(version(&v2.without(Header::SignatureVersion)), Ok(Version::V2));
    assert_eq!(version(&v1.without(Header::SignatureVersion)), mismatch(Version::V2));
    assert_eq!(version(&v1.replacing(Header::SignatureVersion, "v2")), mismatch(Version::V2));
    assert_eq!(version(&v2.replacing(Header::SignatureVersion, "v1")), mismatch(Version::V1));
    assert_eq!(
        version(&v2.replacing(Header::SignatureVersion, "v3")),
        Err(Error::MissingHeader { header: Header::SignatureV3 })
    );
    for unknown in ["", "v", "v0", "v4", "V2", "2", "v22", "v2.0", "\u{fe}", "v1, v2", "\"v2\""] {
        assert_eq!(version(&v2.replacing(Header::SignatureVersion, unknown)), Err(Error::UnknownVersion), "{unknown}");
    }
}

/// Every combination of absent headers has its answer.
#[test]
fn absent_headers() {
    let all = Request::signed_twice("POST", URI, BODY);
    for mask in 0..16_u32 {
        let present = |header: Header| {
            let at = Header::ALL.iter().position(|one| *one == header).unwrap();
            mask & 1 << at != 0
        };
        let absent = Header::ALL.iter().filter(|header| !present(**header));
        let request = absent.fold(all.clone(), |request, header| request.without(*header));
        let missing = |header| Err(Error::MissingHeader { header });
        let expected = if present(Header::SignatureV3) {
            if present(Header::RequestTimestamp) { Ok(Version::V3) } else { missing(Header::RequestTimestamp) }
        } else if present(Header::Signature) {
            Ok(Version::V2)
        } else if present(Header::SignatureVersion) {
            missing(Header::Signature)
        } else {
            Err(Error::MissingSignature)
        };
        assert_eq!(request.judge(&verifier()).map(|verified| verified.version()), expected, "{mask:04b}");
    }
}

/// The list of refusals is complete, each refusal is the one expected, and `begin` already makes every one that does
/// not need the body.
#[test]
fn refused_before_the_body() {
    let mut variants = HashSet::new();
    for (verifier, request, error) in refusals() {
        assert_eq!(request.judge(&verifier), Err(error));
        variants.insert(discriminant(&error));
        match verifier.begin(&request.head(), NOW) {
            Err(at_once) => assert!(at_once == error && comes_before_the_body(error), "{error:?}"),
            Ok(_) => assert!(!comes_before_the_body(error), "{error:?} can be told from the head"),
        }
    }
    assert_eq!(variants.len(), 17, "at least one request for each variant of Error without features");
}

/// Of several faults the same one is named every time: headers, then version, time, method, URI, and the body last.
#[test]
fn order_of_refusals() {
    let stale = UnixTime::from_millis(NOW.as_millis() - 400_000);
    let time = stale.as_millis().to_string();
    let mut request = Request::new("get", "/path", "{12")
        .with(Header::SignatureV3, "short")
        .with_hash("v9", "short")
        .with(Header::RequestTimestamp, "soon")
        .with(Header::RequestTimestamp, "late");
    let strict = verifier_from(Version::V3).max_body(2);
    let expect = |request: &Request, error| {
        assert_eq!(request.judge(&strict), Err(error));
        request.clone()
    };
    request = expect(&request, Error::DuplicateHeader { header: Header::RequestTimestamp });
    request = request.without(Header::RequestTimestamp);
    request = expect(&request, Error::MalformedSignature { version: Version::V3, length: 5 });
    request = request.replacing(Header::SignatureV3, oracle::base64(&[7; 32]));
    request = expect(&request, Error::MissingHeader { header: Header::RequestTimestamp });
    request = request.with(Header::RequestTimestamp, "soon");
    request = expect(&request, Error::MalformedTimestamp { length: 4 });

    // The older scheme in between: its version is judged before anything else of it but its form.
    let mut older = request.without(Header::SignatureV3);
    older = expect(&older, Error::UnknownVersion);
    older = older.replacing(Header::SignatureVersion, "v1");
    older = expect(&older, Error::MalformedSignature { version: Version::V1, length: 5 });
    older = older.replacing(Header::Signature, "0".repeat(64));
    expect(&older, Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V3 });

    request = request.replacing(Header::RequestTimestamp, time);
    request =
        expect(&request, Error::TimestampTooOld { timestamp: stale, now: NOW, max_age: Duration::from_secs(300) });
    request = request.replacing(Header::RequestTimestamp, NOW.as_millis().to_string());
    request = expect(&request, Error::InvalidMethod).with_method("GET");
    request = expect(&request, Error::UriNotAbsolute).with_uri("https://hooks.example.com/ \"");
    request = expect(&request, Error::UriCharacter { byte: b' ' }).with_uri(URI);
    request = expect(&request, Error::UnexpectedBody).with_method("POST");
    request = expect(&request, Error::BodyTooLarge { limit: 2 }).with_body([0xff]);
    request = expect(&request, Error::BodyNotJson { looks_like: BodyForm::Other }).with_body("{}");
    expect(&request, Error::Mismatch { version: Version::V3 });

    // A body that breaks two rules: the first byte decides, then a NUL, and at the end the last byte.
    let v2 = Request::new("POST", URI, b"\0").with_hash("v2", &"0".repeat(64));
    assert_eq!(v2.with_method("GET").judge(&verifier()), Err(Error::UnexpectedBody));
    assert_eq!(v2.judge(&verifier()), Err(Error::BodyNotJson { looks_like: BodyForm::Other }));
    assert_eq!(v2.with_body("{\0").judge(&verifier()), Err(Error::BodyHasNul));
    assert_eq!(v2.with_body("{").judge(&verifier()), Err(Error::BodyNotJson { looks_like: BodyForm::Cut }));
}

#[test]
fn methods() {
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X", "PROPFIND"] {
        for version in VERSIONS {
            let body = if matches!(method, "GET" | "HEAD") { "" } else { BODY };
            assert!(Request::signed(version, method, URI, body).judge(&lax_verifier()).is_ok(), "{method}");
            assert!(Request::signed(version, method, URI, "").judge(&lax_verifier()).is_ok(), "{method}");
        }
    }
    for method in ["", "get", "Post", "POST ", " POST", "P0ST", "PÖST", "M-SEARCH", "POST\0", "\u{ff30}OST"] {
        for version in VERSIONS {
            let request = Request::signed(version, method, URI, "");
            assert_eq!(request.judge(&lax_verifier()), Err(Error::InvalidMethod), "{method:?}");
        }
    }
}

/// HubSpot signs an absolute URL. v1 signs none, so there it may be anything.
#[test]
fn absolute_uris() {
    for uri in [
        "https://a",
        "http://a",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com:8443/a?b#c",
        "http://[::1]/",
        "http://127.0.0.1:3000/x",
        "https://müller.example/ä",
    ] {
        for version in VERSIONS {
            assert!(Request::signed(version, "POST", uri, BODY).judge(&lax_verifier()).is_ok(), "{uri}");
        }
    }
    for uri in [
        "",
        "/",
        "/hubspot",
        "hooks.example.com/hubspot",
        "//hooks.example.com/hubspot",
        "https:/hooks.example.com",
        "https:hooks.example.com",
        "https://",
        "http://",
        "http:///path",
        "https://?x",
        "https://#x",
        "https://:443/",
        "https://@/",
        "ftp://example.com/",
        "httpss://example.com/",
        " https://example.com/",
        "\u{feff}https://example.com/",
        "null",
        "http",
        "https:/é",
    ] {
        assert!(Request::signed(Version::V1, "POST", uri, BODY).judge(&lax_verifier()).is_ok(), "{uri}");
        for version in [Version::V2, Version::V3] {
            let request = Request::signed(version, "POST", uri, BODY);
            assert_eq!(request.judge(&lax_verifier()), Err(Error::UriNotAbsolute), "{uri}");
        }
    }
}
