//! Replay keys and expiry: one key for every spelling of one signed request, useless to a forger, and kept long enough.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use hubspot_signature::{Header, ReplayKey, UnixTime, Verifier, Version};
use proptest::prelude::*;

use crate::common::{
    BODY, NOW, OTHER_SECRET, Request, SECRET, URI, VERSIONS, ageless_verifier, lax_verifier, oracle, verifier,
};

fn key(request: &Request) -> ReplayKey {
    request.judge(&lax_verifier()).expect("genuine").replay_key()
}

/// The first half of the decoded signature, in 32 hex digits.
#[test]
fn replay_key() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let scheme = oracle::Scheme::ALL[version as usize];
        let time = NOW.as_millis().to_string();
        let digest = oracle::digest(scheme, SECRET, "POST", URI.as_bytes(), BODY.as_bytes(), time.as_bytes());
        let key = key(&request);
        assert_eq!(key.as_bytes()[..], digest[..16]);
        assert_eq!(key.to_string(), oracle::hex(&digest[..16]));
        assert_eq!(format!("{key:?}"), format!("ReplayKey({key})"));
        // Half of a signature is none: the rest is 128 bits.
        let text = String::from_utf8(request.header(version.header()).unwrap().to_vec()).unwrap();
        assert!(!text.contains(&key.to_string()) || version < Version::V3);
        assert!(request.replacing(version.header(), key.to_string()).judge(&lax_verifier()).is_err());
    }
}

/// S4: white space around the header's value, which HTTP/2 servers keep, and every spelling of the URI.
#[test]
fn one_key_for_every_spelling() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let signature = request.header(version.header()).unwrap().to_vec();
        let key_as_sent = key(&request);
        for (before, after) in [("", " "), (" ", ""), ("", "\t"), ("\t", "\t"), ("  ", " \t ")] {
            let spelled = [before.as_bytes(), &signature, after.as_bytes()].concat();
            let respelled = request.replacing(version.header(), &spelled);
            assert_eq!(key(&respelled), key_as_sent);
            // The other headers too.
            for (header, value) in &respelled.headers {
                let value = [before.as_bytes(), value, after.as_bytes()].concat();
                assert_eq!(key(&respelled.replacing(*header, value)), key_as_sent, "{header}");
            }
        }
        // By either secret, and whichever other signatures are there.
        let rotating = Verifier::new(OTHER_SECRET, Version::V1).unwrap().previous_secret(SECRET).unwrap();
        assert_eq!(request.judge(&rotating).unwrap().replay_key(), key_as_sent);
    }
    let v3 = Request::signed(Version::V3, "POST", URI, BODY);
    assert_eq!(key(&Request::signed_twice("POST", URI, BODY)), key(&v3));

    let seen = Request::signed(Version::V3, "POST", "https://hooks.example.com/a/b?to=x@y.z", BODY);
    for spelling in [
        "https://hooks.example.com/a%2Fb?to=x@y.z",
        "https://hooks.example.com/a%2fb%3Fto=x%40y.z",
        "https%3a%2f%2fhooks.example.com/a/b?to=x@y.z",
        "https://hooks.example.com/a/b%3fto=x%40y.z",
    ] {
        if spelling.starts_with("https://") {
            assert_eq!(key(&seen.with_uri(spelling)), key(&seen), "{spelling}");
        } else {
            assert!(seen.with_uri(spelling).judge(&verifier()).is_err());
        }
    }
    // And with the boundary moved where SECURITY.md says that it can be.
    let seen = Request::signed(Version::V3, "DELETE", "https://hooks.example.com/?ids=[1]", "");
    assert_eq!(key(&seen.with_uri("https://hooks.example.com/?ids=").with_body("[1]")), key(&seen));
}

/// A memory of keys is of use only where v3 is the minimum, as the documentation of `replay_key` says.
#[test]
fn open_the_keys_of_older_versions() {
    let seen = Request::signed_twice("POST", URI, BODY);
    let stripped = seen.without(Header::SignatureV3).without(Header::RequestTimestamp);
    assert_ne!(key(&stripped), key(&seen));
    let strict = Verifier::new(SECRET, Version::V3).unwrap();
    assert!(seen.judge(&strict).is_ok() && stripped.judge(&strict).is_err());
    // The same once more by HubSpot, and under v1 at another URL too.
    assert_eq!(key(&Request::signed(Version::V2, "GET", URI, "")), key(&Request::signed(Version::V2, "GET", URI, "")));
    let elsewhere = Request::signed(Version::V1, "PUT", "https://other.example.com/", BODY);
    assert_eq!(key(&Request::signed(Version::V1, "POST", URI, BODY)), key(&elsewhere));
}

/// Other requests have other keys: each part that is signed counts.
#[test]
fn other_requests_have_other_keys() {
    let mut keys = Vec::new();
    for version in VERSIONS {
        for body in ["{}", "[]", BODY] {
            keys.push(key(&Request::signed(version, "POST", URI, body)));
        }
    }
    for version in [Version::V2, Version::V3] {
        keys.push(key(&Request::signed(version, "PUT", URI, BODY)));
        keys.push(key(&Request::signed(version, "POST", &format!("{URI}1"), BODY)));
    }
    for time in [1, 2] {
        let text = (NOW.as_millis() - time).to_string();
        let signature = oracle::v3(SECRET, "POST", URI, BODY, &text);
        keys.push(key(&Request::new("POST", URI, BODY).with_mac(&signature, &text)));
    }
    assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    // Ordered as their texts are.
    keys.sort();
    assert!(keys.is_sorted_by_key(ToString::to_string));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_escaped_spelling_has_the_key(
        path in "[a-z:/@!$'()*,;?]{0,30}",
        escaped in prop::collection::vec(any::<bool>(), 30),
        lower in any::<bool>(),
    ) {
        let seen = Request::signed(Version::V3, "POST", &format!("https://hooks.example.com/{path}"), BODY);
        let respelled: String = path
            .chars()
            .zip(escaped)
            .map(|(c, escaped)| match c {
                c if !escaped || c.is_ascii_lowercase() => c.to_string(),
                c if lower => format!("%{:02x}", c as u32),
                c => format!("%{:02X}", c as u32),
            })
            .collect();
        let respelled = seen.with_uri(&format!("https://hooks.example.com/{respelled}"));
        prop_assert_eq!(key(&respelled), key(&seen));
    }

    /// A key is forgotten no sooner than at the last millisecond at which the request passes.
    #[test]
    fn expires_at_is_the_last_moment(
        age in prop_oneof![0..600_000_u64, Just(u64::MAX)],
        nanos in 0..1_000_000_u32,
        time in 1_000_000_000_000_u64..=9_999_999_999_999,
    ) {
        let max_age = Duration::from_millis(age).saturating_add(Duration::from_nanos(nanos.into()));
        let verifier = ageless_verifier().max_age(max_age);
        let text = time.to_string();
        let request =
            Request::new("POST", URI, BODY).with_mac(&oracle::v3(SECRET, "POST", URI, BODY, &text), &text);
        let verified = request.judge_at(&verifier, UnixTime::from_millis(time)).unwrap();
        let expires_at = verified.expires_at().expect("v3");
        prop_assert_eq!(expires_at.as_millis(), time.saturating_add(age));
        prop_assert_eq!(request.judge_at(&verifier, expires_at).map(|verified| verified.expires_at()), Ok(Some(expires_at)));
        if let Some(after) = expires_at.as_millis().checked_add(1) {
            prop_assert!(request.judge_at(&verifier, UnixTime::from_millis(after)).is_err());
        }
    }
}

/// By default five minutes after the signature; older versions never expire.
#[test]
fn expires_at() {
    for (version, expires_at) in [(Version::V1, None), (Version::V2, None), (Version::V3, Some(300_000))] {
        let verified = Request::signed_twice("POST", URI, BODY);
        let request = Request::signed(version, "POST", URI, BODY);
        let expected = expires_at.map(|millis| UnixTime::from_millis(NOW.as_millis() + millis));
        assert_eq!(request.judge(&lax_verifier()).unwrap().expires_at(), expected);
        assert_eq!(verified.judge(&verifier()).unwrap().expires_at(), Some(crate::common::later(300_000)));
        // The clock at which it was judged plays no part.
        let late = request.judge_at(&lax_verifier(), crate::common::later(299_999)).unwrap();
        assert_eq!(late.expires_at(), expected);
        assert!(request.header(Header::Signature).is_some() || version == Version::V3);
    }
    let endless = ageless_verifier();
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    assert_eq!(request.judge(&endless).unwrap().expires_at(), Some(UnixTime::from_millis(u64::MAX)));
}
