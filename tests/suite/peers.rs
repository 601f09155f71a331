//! The weaknesses known of other implementations (docs/PROTOCOL.md §5, last paragraph), one test each: what passes or
//! crashes there is refused here.

use std::time::Duration;

use crate::common::{
    BODY, NOW, OTHER_SECRET, Request, SECRET, URI, VERSIONS, lax_verifier, oracle, verifier, verifier_from,
};
use hubspot_signature::{ClientSecret, Error, Header, SecretError, UnixTime, Verification, Verifier, Version};

/// A v3 request whose signature is right for whatever stands in the timestamp header.
fn signed_at(timestamp: &str) -> Request {
    Request::new("POST", URI, BODY).with_mac(&oracle::v3(SECRET, "POST", URI, BODY, timestamp), timestamp)
}

/// Node: compares with `===`, which stops at the first difference. How long we take is not for this test to tell, but
/// that the answer does not depend on how much of the signature is right.
#[test]
fn node_compares_with_triple_equals() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = request.header(version.header()).unwrap().to_vec();
        let wrong: Vec<u8> = right.iter().map(|byte| if *byte == b'0' { b'4' } else { b'0' }).collect();
        let last = if version == Version::V3 { right.len() - 1 } else { right.len() };
        for known in 0..last {
            // The first `known` characters guessed, and the padding as it must be.
            let guess = [&right[..known], &wrong[known..last], &right[last..]].concat();
            assert_ne!(guess, right);
            assert_eq!(
                request.replacing(version.header(), guess).judge(&lax_verifier()),
                Err(Error::Mismatch { version }),
                "{known} characters known"
            );
        }
    }
}

/// Node: does not check the age of a timestamp that is no number. Signed right, such a request would never expire.
#[test]
fn node_skips_the_age_of_what_is_no_number() {
    for timestamp in [
        "",
        "NaN",
        "Infinity",
        "undefined",
        "now",
        "1700000000000.0",
        "1.7e12",
        "+1700000000000",
        "-1700000000000",
        "0x18bcfe56800",
        "1,700,000,000",
        "1700000000000n",
        "1_700_000_000",
        "2023-11-14T22",
        "\u{661}\u{667}\u{660}\u{660}\u{660}\u{660}1",
        "170000000000O",
    ] {
        let request = signed_at(timestamp);
        assert!(request.fools_naive(SECRET, u64::MAX >> 1) || timestamp.parse::<f64>().is_ok(), "{timestamp}");
        let length = timestamp.len();
        assert_eq!(request.judge(&verifier()), Err(Error::MalformedTimestamp { length }), "{timestamp}");
    }
}

/// Python: raises `TypeError` when the signature is not ASCII, which is a crash at an attacker's wish.
#[test]
fn python_raises_on_a_signature_that_is_not_ascii() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = request.header(version.header()).unwrap().to_vec();
        for position in 0..right.len() {
            for strange in ["é", "\u{ff10}", "\u{1f600}"] {
                let text = [&right[..position], strange.as_bytes(), &right[position + 1..]].concat();
                let length = text.len();
                let answer = request.replacing(version.header(), text).judge(&lax_verifier());
                assert_eq!(answer, Err(Error::MalformedSignature { version, length }));
            }
            for byte in 0x80..=u8::MAX {
                let mut text = right.clone();
                text[position] = byte;
                let length = text.len();
                let answer = request.replacing(version.header(), text).judge(&lax_verifier());
                assert_eq!(answer, Err(Error::MalformedSignature { version, length }));
            }
        }
    }
}

/// PHP: an option that is null drops the age check. Here no verifier is without one unless its age is set to be
/// endless.
#[test]
fn php_drops_the_age_check() {
    let late = UnixTime::from_millis(NOW.as_millis() + 300_001);
    let request = signed_at("1700000000000");
    for verifier in [
        verifier(),
        verifier().max_clock_skew(Duration::MAX),
        verifier().max_age(Duration::ZERO),
        verifier_from(Version::V3),
        Verifier::new(OTHER_SECRET, Version::V2).unwrap().previous_secret(SECRET).unwrap(),
    ] {
        assert!(matches!(request.judge_at(&verifier, late), Err(Error::TimestampTooOld { .. })), "{verifier:?}");
    }
    assert_eq!(
        request.without(Header::RequestTimestamp).judge_at(&verifier(), late),
        Err(Error::MissingHeader { header: Header::RequestTimestamp })
    );
}

/// Ruby: replaces invalid bytes by `?` before hashing, so a signed `?` can be replaced by any of them.
#[test]
fn ruby_replaces_invalid_bytes() {
    let body = r#"{"name":"Who?"}"#;
    for version in VERSIONS {
        let seen = Request::signed(version, "POST", URI, body);
        for byte in [0xff, 0x80, 0xc3] {
            let forged: Vec<u8> = body.bytes().map(|b| if b == b'?' { byte } else { b }).collect();
            let replaced: Vec<u8> = forged.iter().map(|b| if b.is_ascii() { *b } else { b'?' }).collect();
            assert!(seen.with_body(replaced).fools_naive(SECRET, NOW.as_millis()), "as Ruby hashes it");
            assert_eq!(seen.with_body(forged).judge(&lax_verifier()), Err(Error::Mismatch { version }));
        }
    }
}

/// All four: any time in the future is accepted.
#[test]
fn sdks_accept_any_future() {
    for ahead in [60_001, 3_600_000, 8_299_999_999_999] {
        let timestamp = UnixTime::from_millis(NOW.as_millis() + ahead);
        let request = signed_at(&timestamp.as_millis().to_string());
        assert!(request.fools_naive(SECRET, NOW.as_millis()));
        assert_eq!(
            request.judge(&verifier()),
            Err(Error::TimestampInFuture { timestamp, now: NOW, max_clock_skew: Duration::from_secs(60) })
        );
    }
}

/// Rust crates: copy each body, and read without a bound. Here the state of a request is of one small size, and what is
/// fed to it is not kept (alloc.rs counts).
#[test]
fn rust_crates_copy_the_body() {
    assert!(size_of::<Verification>() <= 1024, "{}", size_of::<Verification>());
    let chunk = *br#"["a","b"]"#;
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, chunk.repeat(100_000));
        let streamed = request.stream(&lax_verifier(), NOW, std::iter::repeat_n(&chunk[..], 100_000));
        assert_eq!(streamed.map(|verified| verified.version()), Ok(version));
        let too_long = request.stream(&lax_verifier(), NOW, std::iter::repeat_n(&chunk[..], 100_001));
        assert_eq!(too_long, Err(Error::Mismatch { version }));
    }
}

/// Rust crates: panic on a timestamp at the end of a range.
#[test]
fn rust_crates_panic_on_extreme_timestamps() {
    let clocks = [0, 1, NOW.as_millis(), u64::MAX - 1, u64::MAX].map(UnixTime::from_millis);
    let limits = [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(300), Duration::MAX];
    let texts = [
        "0",
        "0000000000000",
        "1000000000000",
        "9999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "340282366920938463463374607431768211456",
    ];
    for text in texts {
        let request = signed_at(text);
        for now in clocks {
            for max_age in limits {
                for skew in limits {
                    let verifier = verifier().max_age(max_age).max_clock_skew(skew);
                    let answer = request.judge_at(&verifier, now);
                    let endless = max_age == Duration::MAX && skew == Duration::MAX;
                    let well_formed = text.len() == 13 && !text.starts_with('0');
                    assert!(answer.is_ok() || !well_formed || !endless, "{text} at {now}: {answer:?}");
                    assert!(answer.is_err() || well_formed, "{text}");
                    let _ = answer.map_err(|error| error.to_string()); // nor may the message
                }
            }
        }
    }
    // Nor can one sign at a time that a verifier would refuse.
    for now in clocks {
        let signed = ClientSecret::new(SECRET).unwrap().sign("POST", URI, b"", now);
        let length = now.as_millis().to_string().len();
        let expected = if length == 13 { None } else { Some(Error::MalformedTimestamp { length }) };
        assert_eq!(signed.err(), expected);
    }
    assert_eq!(UnixTime::from_secs(u64::MAX), UnixTime::from_millis(u64::MAX));
}

/// Rust crates: accept an empty key, with which anyone can sign.
#[test]
fn rust_crates_accept_an_empty_key() {
    assert_eq!(ClientSecret::new("").err(), Some(SecretError::Empty));
    assert_eq!(Verifier::new("", Version::V1).err(), Some(SecretError::Empty));
    assert_eq!(verifier().previous_secret("").err(), Some(SecretError::Empty));
}
