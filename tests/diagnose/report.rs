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
    // The first half of the SHA-256 of `{"n":8}`.
    let body = "7 bytes, SHA-256 b300633032f2001b3ee950efc80290f4… (its first half)";
    let experiment = format!(
        "To settle it, try the client secrets of your other apps: `hubspot-signature explain --other-secrets`, or further \
         secrets for `Diagnostician::new`.\nCompare the endpoint letter by letter with the URL in HubSpot.\nLog the raw \
         body's length and SHA-256 where the request arrives first. Compare them with those of the body that was judged: \
         {body}. If they are the same, and so is the URL, the"
    );
    assert!(text.contains(&experiment), "{text}");
}

/// A right v1 signature says nothing of the URL, which is the usual fault: what is left to try is said all the same.
#[test]
fn of_a_url_that_nothing_shows() {
    let typo = "https://hook.example.com/hubspot/events";
    let of = |sent: Sent, endpoint: Option<&str>| {
        let diagnostician = Diagnostician::new([SECRET], Version::V2).work_limit(1 << 20);
        let diagnostician = endpoint.into_iter().fold(diagnostician, Diagnostician::endpoint);
        sent.uri(typo).diagnosed_by(&diagnostician, NOW).to_string()
    };
    let v1 = || Sent::with_v1("POST", URI, EVENTS);
    let text = of(v1(), Some(typo));
    assert!(text.contains("An older signature of the same request is right"), "{text}");
    let open = "Not tried: a host or a path that is neither the endpoint's nor a usual one.\nTo settle it, compare the \
                endpoint letter by letter with the URL in HubSpot.\n";
    assert!(text.contains(open) && !text.contains("another secret"), "{text}");
    let text = of(v1(), None);
    assert!(text.contains("run this again with `endpoint` set to the URL"), "{text}");
}

/// It covers neither method nor URL, so no URL settles why it fails.
#[test]
fn of_a_v1_signature_that_fails() {
    let fails = "The v1 signature, which covers neither method nor URL, does not match";
    let experiment = "To settle it, try the client secrets of your other apps: `hubspot-signature explain \
                      --other-secrets`, or further secrets for `Diagnostician::new`.\nLog the raw body's length and \
                      SHA-256 where the request arrives first. Compare them with";
    let diagnosed = |sent: &Sent, diagnostician: Diagnostician| {
        sent.diagnosed_by(&diagnostician.work_limit(1 << 20), NOW).to_string()
    };
    let wrong = |minimum| Diagnostician::new([OTHER], minimum);
    let v1 = Sent::with_v1("POST", URI, EVENTS);
    for diagnostician in [wrong(Version::V2), wrong(Version::V2).endpoint(URI)] {
        let text = diagnosed(&v1, diagnostician);
        assert!(
            text.contains(&format!("{fails} either: unless its header was changed on the way, the secret or")),
            "{text}"
        );
        assert!(text.contains(experiment), "{text}");
        assert!(!text.contains("`endpoint`") && !text.contains("a path prefix or a host"), "{text}");
    }
    let alone = diagnosed(&v1.clone().older_only(), wrong(Version::V1));
    assert!(alone.contains(&format!("{fails}: unless")) && alone.contains(experiment), "{alone}");
    let moved = diagnosed(
        &Sent::with_v1("POST", URI, "{\"n\":7}").body("{\"n\":8}"),
        Diagnostician::new([SECRET], Version::V2),
    );
    assert!(moved.contains(experiment), "{moved}");
    // v2 covers the URL; and a v1 signature that was visibly changed on the way shows nothing.
    let signature = v1.get(Header::Signature);
    for sent in [
        post(),
        post().older_only(),
        v1.clone().set(Header::Signature, format!("\"{signature}\"")),
        v1.clone().set(Header::Signature, signature.to_uppercase()),
        v1.clone().and(Header::Signature.name(), signature.replace('a', "b")),
        v1.clone().set(Header::Signature, &signature[1..]),
        v1.clone().set(Header::SignatureVersion, "V1"),
        v1.clone().set(Header::SignatureVersion, "v1,v1"),
        v1.clone().without(Header::Signature),
    ] {
        let text = diagnosed(&sent, wrong(Version::V2));
        assert!(!text.contains(fails), "{text}");
        assert!(text.contains("run this again with `endpoint` set to the URL"), "{text}");
    }
}

/// A limit on the work may end the search of v1 before its body is hashed once, with each secret that is accepted.
#[test]
fn of_a_v1_signature_that_was_not_compared() {
    let body = format!("{{\"n\":\"{}\"}}", "x".repeat(20_000));
    let sent = Sent::with_v1("POST", URI, body).uri("https://hooks.example.com/never/heard/of/it");
    for (secret, expected) in [(SECRET, false), (OTHER, true)] {
        let (mut is_uncompared, mut is_said) = (false, false);
        for limit in (90_000..180_000).step_by(500) {
            let diagnostician = Diagnostician::new([OTHER], Version::V2).previous_secret(secret).work_limit(limit);
            let diagnosis = sent.diagnosed_by(&diagnostician, NOW);
            is_uncompared |= diagnosis.tried() == 1 && diagnosis.findings().is_empty();
            is_said |= diagnosis.to_string().contains("The v1 signature");
        }
        assert_eq!((is_uncompared, is_said), (true, expected), "{secret}");
    }
}

/// The likely faults of what v1 covers come first where it fails.
#[test]
fn of_a_v1_signature_that_fails_with_suspicions() {
    let (http, spaced) = (URI.replace("https", "http"), EVENTS.replace(':', ": "));
    let diagnosed = |sent: Sent| {
        let diagnosis = sent.uri(&http).body(&*spaced).diagnosed_by(&Diagnostician::new([OTHER], Version::V2), NOW);
        diagnosis.findings().iter().flat_map(|finding| finding.causes().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let (uri, body) = (Cause::UriScheme, Cause::BodyReserialised);
    assert_eq!(diagnosed(Sent::with_v1("POST", URI, EVENTS)), [body, uri]);
    assert_eq!(diagnosed(post()), [uri, body]);
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
