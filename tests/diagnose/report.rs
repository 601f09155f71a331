//! The text for a person, line by line.

use hubspot_signature::diagnose::{Cause, Diagnosis, Diagnostician};
use hubspot_signature::{Header, Version};

use crate::request::*;

#[track_caller]
fn reads(diagnosis: &Diagnosis, expected: &[&str]) {
    let text = diagnosis.to_string();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{text}");
}

#[test]
fn of_a_proof() {
    let sent = post().uri(URI.replace("https", "http"));
    let diagnosis = sent.diagnosed_by(&Diagnostician::new([OTHER, SECRET], Version::V2), NOW);
    let tried = diagnosis.tried();
    reads(
        &diagnosis,
        &[
            &format!("Refused: {}.", diagnosis.verdict().unwrap().unwrap_err()),
            "",
            "X-HubSpot-Signature-v3 is judged as v3: the base64 HMAC-SHA-256, keyed with the client secret \
             (elided), of",
            "    the method     \"POST\" (4 bytes)",
            "    the URI        \"http://hooks.example.com/hubspot/events\" (39 bytes)",
            "    the body       248 bytes",
            "    the timestamp  \"1700000000123\"",
            "",
            "X-HubSpot-Signature is judged as v2: the hex SHA-256 of the client secret (elided), then",
            "    the method     \"POST\" (4 bytes)",
            "    the URI        \"http://hooks.example.com/hubspot/events\" (39 bytes)",
            "    the body       248 bytes",
            "",
            &format!("1. [proved] {}", Cause::SecretOther),
            "   Evidence: secret number 2 of those given matches.",
            &format!("   Fix: {}", Cause::SecretOther.fix()),
            &format!("   And: {}", Cause::UriScheme),
            "   Evidence: the URI has http.",
            &format!(
                "   Fix: {}",
                Cause::UriScheme
                    .fix()
                    .replace("https://your.public.host/path", "https://hooks.example.com/hubspot/events")
            ),
            "   Matches then: X-HubSpot-Signature-v3 (with secret number 2), X-HubSpot-Signature (with secret \
             number 2), over the URI \"https://hooks.example.com/hubspot/events\".",
            "",
            &format!("Compared {tried} readings of the request with its signatures."),
        ],
    );
}

/// With the first secret, which is not numbered; v1 covers neither method nor URI.
#[test]
fn of_a_proof_by_v1() {
    let sent = Sent::with_v1("POST", URI, "{}").older_only().body("{}\n");
    let diagnosis = sent.diagnosed_by(&Diagnostician::new([SECRET], Version::V1), NOW);
    let text = diagnosis.to_string();
    let (start, _) = text.split_once("\nCompared").unwrap();
    assert_eq!(
        start,
        format!(
            "Refused: {}.\n\n\
             X-HubSpot-Signature is judged as v1: the hex SHA-256 of the client secret (elided), then\n    \
             the body       3 bytes\n\n\
             1. [proved] {}\n   \
             Evidence: LF stands after the signed body.\n   \
             Fix: {}\n   \
             Matches then: X-HubSpot-Signature.\n",
            diagnosis.verdict().unwrap().unwrap_err(),
            Cause::BodyWhiteSpace,
            Cause::BodyWhiteSpace.fix()
        )
    );
}

#[test]
fn of_a_suspicion() {
    let sent = Sent::new("POST", URI, "{}").without(Header::SignatureV3).v3_only();
    let diagnosis = sent.diagnosed();
    reads(
        &diagnosis,
        &[
            &format!("Refused: {}.", diagnosis.verdict().unwrap().unwrap_err()),
            "",
            &format!("1. [likely] {}", Cause::HeaderMissing),
            "   Evidence: X-HubSpot-Signature-v3 is missing.",
            &format!("   Fix: {}", Cause::HeaderMissing.fix()),
            "",
            &format!("2. [likely] {}", Cause::BodyPlaceholder),
            "   Evidence: the body is `{}`.",
            &format!("   Fix: {}", Cause::BodyPlaceholder.fix()),
            "",
            "No change was tried.",
            "  - There is no readable signature to compare with.",
        ],
    );
}

/// With the endpoint given and nothing found, it may be a forgery.
#[test]
fn of_a_tampered_request() {
    let diagnostician = Diagnostician::new([SECRET], Version::V2).endpoint(URI);
    let text = Sent::new("POST", URI, "{\"n\":7}").body("{\"n\":8}").diagnosed_by(&diagnostician, NOW).to_string();
    assert!(
        text.contains("if they agree, the secret is another app's, or the request was changed or forged."),
        "{text}"
    );
}

#[test]
fn of_what_is_accepted() {
    let diagnosis = post().diagnosed();
    reads(
        &diagnosis,
        &[
            "Accepted: the v3 signature matches.",
            "",
            "X-HubSpot-Signature-v3 is judged as v3: the base64 HMAC-SHA-256, keyed with the client secret \
             (elided), of",
            "    the method     \"POST\" (4 bytes)",
            "    the URI        \"https://hooks.example.com/hubspot/events\" (40 bytes)",
            "    the body       248 bytes",
            "    the timestamp  \"1700000000123\"",
        ],
    );
}
