//! The diagnosis as a whole.

use hubspot_signature::diagnose::{Cause, Diagnostician, ReceivedRequest};
use hubspot_signature::{Error, Header, SecretError, UnixTime, Version};

use crate::request::*;

#[test]
fn both_signatures_prove_one_finding() {
    let finding = post().uri(URI.replace("https", "http")).proves(&[Cause::UriScheme]);
    let headers: Vec<Header> = finding.matched().iter().map(|(header, _)| *header).collect();
    assert_eq!(headers, [Header::SignatureV3, Header::Signature]);
}

/// Each signature was damaged in its own way: the one does not witness for the other.
#[test]
fn two_faults_are_two_findings() {
    let (v3, v2) = (post().get(Header::SignatureV3), post().get(Header::Signature));
    let sent = post().set(Header::SignatureV3, format!("\"{v3}\"")).set(Header::Signature, format!("sha256={v2}"));
    let diagnosis = sent.diagnosed();
    let proved: Vec<Vec<Cause>> = diagnosis.findings().iter().map(|finding| finding.causes().collect()).collect();
    assert_eq!(proved, [[Cause::HeaderQuoted], [Cause::HeaderPrefixed]], "{diagnosis}");
    assert!(diagnosis.findings().iter().all(|finding| finding.matched().len() == 1), "{diagnosis}");
}

#[test]
fn expectation_is_said_with_lengths() {
    let diagnosis = post().body("").diagnosed();
    let texts: Vec<&str> = diagnosis.expected().collect();
    let [text, v2] = texts[..] else { panic!("{diagnosis}") };
    assert!(text.contains("judged as v3") && v2.contains("judged as v2"), "{diagnosis}");
    for part in ["\"POST\" (4 bytes)", &format!("{URI:?} ({} bytes)", URI.len()), "0 bytes", "1700000000123", "elided"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn verdict_is_the_verifiers() {
    let mismatch = Error::Mismatch { version: Version::V3 };
    assert_eq!(post().body("").diagnosed().verdict(), Ok(Err(mismatch)));
    let unusable = post().diagnosed_by(&Diagnostician::new([""], Version::V2), NOW);
    assert_eq!(unusable.verdict(), Err(SecretError::Empty));
    assert!(unusable.to_string().starts_with(&format!("Refused: {}.\n", SecretError::Empty)));
}

/// Nothing is said of a body that was not read, and no signature is compared.
#[test]
fn a_request_without_its_body_is_judged_by_its_head() {
    let sent = Sent::with_v1("POST", URI, EVENTS).uri(URI.replace("https", "http"));
    let sent = sent.and("Content-Length", EVENTS.len().to_string()).and("Content-Encoding", "gzip");
    let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
    let request = ReceivedRequest { method: "POST", uri: &sent.uri, headers: &headers, body: None };
    let diagnostician = Diagnostician::new([SECRET], Version::V3);
    let diagnosis = diagnostician.diagnose(&request, NOW);
    assert_eq!((diagnosis.verdict(), diagnosis.tried()), (Ok(Err(Error::BodyUnreadable)), 0));
    suspects(&diagnosis, Cause::UriScheme);
    let hours_later = UnixTime::from_millis(NOW.as_millis() + 10_000_000);
    let stale = diagnostician.diagnose(&request, hours_later);
    assert!(matches!(stale.verdict(), Ok(Err(Error::TimestampTooOld { .. }))), "{stale}");
    likely(&stale, &[Cause::TimestampStale, Cause::UriScheme]);
}

#[test]
fn debug_says_which_and_how_much() {
    let request =
        ReceivedRequest { method: "POST", uri: URI, headers: &[("Host", b"a.example")], body: Some(b"{\"a\":1}") };
    let expected = format!("ReceivedRequest {{ method: \"POST\", uri: {URI:?}, headers: [\"Host\"], body: 7 bytes }}");
    assert_eq!(format!("{request:?}"), expected);
    let unread = ReceivedRequest { body: None, ..request };
    assert_eq!(format!("{unread:?}"), expected.replace("7 bytes", "not read"));
    let text = format!("{:?}", Diagnostician::new([SECRET, OTHER], Version::V2).work_limit(77));
    assert!(text.contains("usable_secrets: 2") && text.contains("work_limit: 77"), "{text}");
}

#[test]
fn every_cause_is_described_once() {
    let codes: std::collections::HashSet<&str> = Cause::ALL.iter().map(|cause| cause.code()).collect();
    assert_eq!(codes.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        assert!(cause.description().ends_with('.') && cause.fix().ends_with(['.', ')']), "{cause:?}");
        let parts = ["secret", "method", "uri", "body", "scheme", "header", "timestamp"];
        assert!(parts.iter().any(|part| cause.code().starts_with(part)), "{cause:?}");
    }
}

/// The page for people lists every cause, its fix, and nothing else, in the words of the report.
#[test]
fn page_lists_every_cause() {
    let page = include_str!("../../docs/mismatch.md");
    assert!(page.lines().all(|line| line.chars().count() <= 100));
    let list = page.split_once("## Every cause").unwrap().1;
    let mut items: Vec<String> = Vec::new();
    for line in list.lines() {
        if line.starts_with("- ") {
            items.push(line.into());
        } else if let (Some(rest), Some(item)) = (line.strip_prefix("  "), items.last_mut()) {
            *item = format!("{item} {rest}");
        }
    }
    let expected: Vec<String> = Cause::ALL
        .iter()
        .map(|cause| format!("- **`{}`** {} Fix: {}", cause.code(), cause.description(), cause.fix()))
        .collect();
    assert_eq!(items, expected);
}
