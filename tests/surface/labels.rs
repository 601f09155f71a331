//! For logs and metrics: codes, names, sentences and advice.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::time::Duration;

use hubspot_signature::{BodyForm, Error, Header, MatchedSecret, SecretError, UnixTime, Version};

use crate::common::{NOW, earlier, refusals};

/// Each variant of `Error` with its code, the facts that its sentence gives, and what its advice speaks of.
fn errors() -> Vec<(Error, &'static str, &'static str, &'static str)> {
    let (now, timestamp) = (NOW, earlier(720_000));
    let not_json = |looks_like| Error::BodyNotJson { looks_like };
    #[allow(unused_mut, reason = "some features add to it")]
    let mut all = vec![
        (Error::MissingSignature, "missing_signature", "no HubSpot signature", "enable request signing"),
        (
            Error::MissingHeader { header: Header::RequestTimestamp },
            "missing_header",
            "X-HubSpot-Request-Timestamp is missing",
            "proxy strips",
        ),
        (
            Error::DuplicateHeader { header: Header::SignatureV3 },
            "duplicate_header",
            "X-HubSpot-Signature-v3 occurs more than once",
            "proxy",
        ),
        (Error::UnknownVersion, "unknown_version", "X-HubSpot-Signature-Version is not v1, v2 or v3", "as it arrived"),
        (
            Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V3 },
            "version_below_minimum",
            "is v1, and v3 is the oldest accepted",
            "Lower the minimum only if",
        ),
        (
            Error::MalformedSignature { version: Version::V1, length: 63 },
            "malformed_signature",
            "v1 signature is not 64 lower-case hex digits (it has 63 bytes)",
            "as it arrived",
        ),
        // Of the right length, so the length is not the fault.
        (
            Error::MalformedSignature { version: Version::V2, length: 64 },
            "malformed_signature",
            "the v2 signature has 64 bytes that are not lower-case hex",
            "as it arrived",
        ),
        (
            Error::MalformedSignature { version: Version::V3, length: 44 },
            "malformed_signature",
            "the v3 signature has 44 bytes that are not canonical base64",
            "as it arrived",
        ),
        (
            Error::MalformedTimestamp { length: 13 },
            "malformed_timestamp",
            "the timestamp has 13 bytes that are not a time in milliseconds",
            "Unix time in milliseconds",
        ),
        (
            Error::MalformedSignature { version: Version::V3, length: 1 },
            "malformed_signature",
            "v3 signature is not 44 characters of padded base64 (it has 1 byte)",
            "as it arrived",
        ),
        (
            Error::MalformedTimestamp { length: 10 },
            "malformed_timestamp",
            "not 13 digits, as milliseconds are (it has 10 bytes)",
            "10 digits are seconds",
        ),
        (
            Error::TimestampTooOld { timestamp, now, max_age: Duration::from_secs(300) },
            "timestamp_too_old",
            "12 min old; the limit is 5 min",
            "this machine's clock and what delays the request. If it was queued",
        ),
        (
            Error::TimestampInFuture { timestamp: now, now: timestamp, max_clock_skew: Duration::from_secs(60) },
            "timestamp_in_future",
            "12 min in the future; the limit is 1 min",
            "this machine's clock, and that `now` is in milliseconds",
        ),
        (Error::InvalidMethod, "invalid_method", "upper-case", "as the request line has it"),
        (Error::UriNotAbsolute, "uri_not_absolute", "not an absolute http or https URL", "whole public URL"),
        (Error::UriCharacter { byte: b'{' }, "uri_character", "0x7b", "as the request line has them"),
        (Error::UriCharacter { byte: 0 }, "uri_character", "0x00", "as the request line has them"),
        (Error::UnexpectedBody, "unexpected_body", "GET or HEAD request has a body", "empty body"),
        (Error::BodyTooLarge { limit: 1 }, "body_too_large", "limit of 1 byte", "Verifier::max_body"),
        (Error::BodyTooLarge { limit: 2 }, "body_too_large", "limit of 2 bytes", "Verifier::max_body"),
        (not_json(BodyForm::ByteOrderMark), "body_not_json", "begins with a byte-order mark", "raw bytes"),
        (not_json(BodyForm::Gzip), "body_not_json", "looks like gzip", "Decompress the body"),
        (not_json(BodyForm::Base64), "body_not_json", "looks like base64", "Decode the body"),
        (not_json(BodyForm::Form), "body_not_json", "looks like a form", "raw bytes"),
        (not_json(BodyForm::Cut), "body_not_json", "begins like JSON and does not end like it", "cut the body off"),
        (not_json(BodyForm::Other), "body_not_json", "not a JSON object, array or string", "raw bytes"),
        (Error::BodyHasNul, "body_has_nul", "NUL byte, which v1 and v2 forbid", "Unless this is a forgery"),
        (Error::Mismatch { version: Version::V1 }, "mismatch", "v1 signature does not match", "client secret"),
        (Error::Mismatch { version: Version::V2 }, "mismatch", "v2 signature does not match", "the URL is the one"),
        (Error::Mismatch { version: Version::V3 }, "mismatch", "v3 signature does not match", "the URL is the one"),
    ];
    #[cfg(feature = "http")]
    {
        use hubspot_signature::HeaderFault::{Absent, Contradicted, Doubled, Malformed};
        let unknown = |header, fault| Error::PublicUrlUnknown { header, fault };
        let (code, help) = ("public_url_unknown", "PublicUrl::endpoint");
        all.extend([
            (unknown("host", Absent), code, "the header host, which is absent", help),
            (unknown("forwarded", Doubled), code, "the header forwarded, which is doubled", help),
            (unknown("x-forwarded-host", Malformed), code, "x-forwarded-host, which is malformed", help),
            (unknown("x-forwarded-proto", Contradicted), code, "x-forwarded-proto, which is contradicted", help),
            (
                Error::PathNotEndpoint,
                "path_not_endpoint",
                "path of the request is not that of the endpoint",
                "a trailing slash counts",
            ),
        ]);
    }
    #[cfg(any(feature = "tower", feature = "diagnose"))]
    all.push((Error::BodyUnreadable, "body_unreadable", "broke off or could not be read", "connection broke"));
    all
}

/// The names of an enum's variants, by its source.
fn variants(source: &str, name: &str) -> HashSet<String> {
    let (_, rest) = source.split_once(&format!("pub enum {name} {{\n")).expect("the enum");
    let (body, _) = rest.split_once("\n}").expect("its end");
    let is_variant = |line: &&str| line.starts_with("    ") && line[4..].starts_with(|c: char| c.is_ascii_uppercase());
    let name =
        |line: &str| line.trim().split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
    body.lines().filter(is_variant).map(name).collect()
}

fn snake_case(name: &str) -> String {
    let split = name.chars().flat_map(|c| c.is_ascii_uppercase().then_some('_').into_iter().chain([c]));
    split.collect::<String>().trim_start_matches('_').to_ascii_lowercase()
}

/// One sentence in lower case, without a full stop, that fits a line of a log.
#[track_caller]
fn assert_sentence(text: &str) {
    assert!(text.chars().count() <= 90, "{} characters: {text}", text.chars().count());
    assert!(text.starts_with(|c: char| c.is_lowercase()), "{text}");
    assert!(!text.ends_with('.') && !text.contains(['\n', '\r']) && !text.contains(". "), "{text}");
}

/// One or two sentences.
#[track_caller]
fn assert_advice(text: &str) {
    assert!(text.starts_with(|c: char| c.is_uppercase()) && text.ends_with('.'), "{text}");
    assert!(!text.contains("  ") && !text.contains('\n') && text.len() > 20, "{text}");
}

/// The sentence and the advice of an error that people read.
#[track_caller]
fn assert_texts(sentence: &str, help: &str, advice: &str) {
    assert!(help.contains(advice), "{advice:?} in {help:?}");
    assert_sentence(sentence);
    assert_advice(help);
}

#[test]
fn messages_say_what_to_do() {
    for (error, _, fact, advice) in errors() {
        let (sentence, help) = (error.to_string(), error.help());
        assert!(sentence.contains(fact), "{fact:?} in {sentence:?}");
        assert_texts(&sentence, help, advice);
        assert!(error.source().is_none());
        assert!(format!("{error:?}").starts_with(char::is_uppercase), "{error:?}");
    }
    let of_v1 = Error::Mismatch { version: Version::V1 }.help();
    assert!(!of_v1.contains("URL"), "v1 signs none: {of_v1}");
    for (_, _, error) in refusals() {
        let is_listed = errors().iter().any(|(listed, ..)| listed.code() == error.code());
        assert!(is_listed, "{error:?}");
    }
}

/// A label of a metric must not change; it is the variant's name.
#[test]
fn codes_are_the_names_of_the_variants() {
    let mut seen = HashSet::new();
    for (error, code, ..) in errors() {
        assert_eq!(error.code(), code);
        let debug = format!("{error:?}");
        let name = debug.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
        assert_eq!(snake_case(name), code);
        seen.insert(name.to_owned());
    }
    // None is left out, unless a feature is.
    let mut all = variants(include_str!("../../src/error.rs"), "Error");
    assert_eq!(all.len(), 20);
    if !cfg!(feature = "http") {
        all.retain(|name| !["PublicUrlUnknown", "PathNotEndpoint"].contains(&name.as_str()));
    }
    if !cfg!(any(feature = "tower", feature = "diagnose")) {
        all.remove("BodyUnreadable");
    }
    assert_eq!(seen, all);
}

/// Whatever a sender writes and an operator sets.
#[test]
fn sentences_are_short_for_extreme_values_too() {
    let times = [0, 1, NOW.as_millis(), 9_999_999_999_999, u64::MAX].map(UnixTime::from_millis);
    let limits = [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(59_999), Duration::MAX];
    for timestamp in times {
        for now in times {
            for limit in limits {
                assert_sentence(&Error::TimestampTooOld { timestamp, now, max_age: limit }.to_string());
                assert_sentence(&Error::TimestampInFuture { timestamp, now, max_clock_skew: limit }.to_string());
            }
        }
    }
    for length in [0, 1, 13, 44, 64, usize::MAX] {
        assert_sentence(&Error::MalformedTimestamp { length }.to_string());
        for version in [Version::V1, Version::V2, Version::V3] {
            assert_sentence(&Error::MalformedSignature { version, length }.to_string());
        }
    }
    for header in Header::ALL.iter().copied() {
        assert_sentence(&Error::MissingHeader { header }.to_string());
        assert_sentence(&Error::DuplicateHeader { header }.to_string());
    }
    for limit in [0, 1, u64::MAX] {
        assert_sentence(&Error::BodyTooLarge { limit }.to_string());
    }
    for byte in 0..=u8::MAX {
        assert_sentence(&Error::UriCharacter { byte }.to_string());
    }
    #[cfg(feature = "http")]
    for header in ["host", "forwarded", "x-forwarded-proto", "x-forwarded-host"] {
        use hubspot_signature::HeaderFault::{Absent, Contradicted, Doubled, Malformed};
        for fault in [Absent, Doubled, Malformed, Contradicted] {
            assert_sentence(&Error::PublicUrlUnknown { header, fault }.to_string());
        }
    }
}

#[test]
fn names_of_versions_and_secrets() {
    for (version, name) in [(Version::V1, "v1"), (Version::V2, "v2"), (Version::V3, "v3")] {
        assert_eq!((version.as_str(), version.to_string()), (name, name.to_owned()));
    }
    assert_eq!(MatchedSecret::Current.as_str(), "current");
    assert_eq!(MatchedSecret::Previous.as_str(), "previous");
}

#[test]
fn messages_about_secrets_say_what_to_do() {
    let all = [
        (SecretError::Empty, "anyone could sign", "Check that the variable"),
        (SecretError::SurroundingWhiteSpace, "white space or an invisible character", "Remove it"),
        (SecretError::Quoted, "quotation mark", "Remove the quotation marks"),
        (SecretError::Bearer, "Authorization", "the client secret alone"),
        (SecretError::AccessToken, "looks like an access token", "the app's client secret"),
        (SecretError::Template, "not expanded", "Give the value, not its name or place"),
        (SecretError::Assignment, "whole assignment", "the value alone"),
        (SecretError::Placeholder, "never filled in", "Use the app's client secret"),
        (SecretError::InnerWhiteSpace, "invisible character inside", "Give one secret on one line"),
        (SecretError::TooShort, "shorter than 16 characters", "36 characters"),
    ];
    for (error, fact, advice) in all {
        let (sentence, help) = (error.to_string(), error.help());
        assert!(sentence.contains(fact), "{fact:?} in {sentence:?}");
        assert_texts(&sentence, help, advice);
        assert!(error.source().is_none());
    }
    let names: HashSet<_> = all.iter().map(|(error, ..)| format!("{error:?}")).collect();
    assert_eq!(names, variants(include_str!("../../src/secret.rs"), "SecretError"));
}

#[cfg(feature = "http")]
#[test]
fn messages_about_public_urls_say_what_to_do() {
    use hubspot_signature::PublicUrlError;

    let all = [
        (PublicUrlError::NotAbsolute, "not a valid absolute http or https URL", "Give the URL as in https://"),
        (PublicUrlError::Query, "has a query", "Leave the query out"),
        (PublicUrlError::Fragment, "has a fragment", "Leave the fragment"),
        (PublicUrlError::Credentials, "a user name or a password", "Leave user name and password out"),
        (PublicUrlError::PathPrefix, "not a path such as /stage", "begins with a slash"),
    ];
    for (error, fact, advice) in all {
        let (sentence, help) = (error.to_string(), error.help());
        // Nothing behind it: the advice is printed next.
        assert!(sentence.ends_with(fact), "{fact:?} in {sentence:?}");
        assert_texts(&sentence, help, advice);
    }
    let names: HashSet<_> = all.iter().map(|(error, ..)| format!("{error:?}")).collect();
    assert_eq!(names, variants(include_str!("../../src/public_url.rs"), "PublicUrlError"));
}

/// Ages in the unit a person would use, rounded down, right at each border, in a sentence of bounded length (fuzzing
/// found one that was too long).
#[test]
fn messages_give_ages_to_be_read() {
    const SECOND: u64 = 1_000;
    const MINUTE: u64 = 60 * SECOND;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    for (millis, shown) in [
        (1, "1 ms"),
        (999, "999 ms"),
        (SECOND, "1 s"),
        (MINUTE - 1, "more than 59 s"),
        (MINUTE, "1 min"),
        (MINUTE + SECOND, "1 min 1 s"),
        (2 * MINUTE, "2 min"),
        (5 * MINUTE + SECOND, "5 min 1 s"),
        (12 * MINUTE, "12 min"),
        (5 * MINUTE + 1, "more than 5 min"),
        (34 * MINUTE + 57 * SECOND + 1, "more than 34 min 57 s"),
        (HOUR - 1, "more than 59 min 59 s"),
        (HOUR, "1 h"),
        (HOUR + SECOND, "more than 1 h"),
        (2 * HOUR - MINUTE, "1 h 59 min"),
        (3 * HOUR - 1, "more than 2 h 59 min"),
        (DAY - 1, "more than 23 h 59 min"),
        (DAY, "1 day"),
        (DAY + HOUR, "more than 1 day"),
        (2 * DAY - 1, "more than 1 day"),
        (400 * DAY, "400 days"),
        (99_999 * DAY, "99999 days"),
        (99_999 * DAY + 1, "more than 99999 days"),
        (100_000 * DAY, "more than 99999 days"),
    ] {
        let later = UnixTime::from_millis(NOW.as_millis() + millis);
        let old = Error::TimestampTooOld { timestamp: NOW, now: later, max_age: Duration::ZERO }.to_string();
        assert_eq!(old, format!("the signature is {shown} old; the limit is 0 ms"));
        let max_clock_skew = Duration::from_millis(millis);
        let future = Error::TimestampInFuture { timestamp: later, now: NOW, max_clock_skew }.to_string();
        assert_eq!(future, format!("the signature is {shown} in the future; the limit is {shown}"));
        assert_sentence(&future);
    }
}
