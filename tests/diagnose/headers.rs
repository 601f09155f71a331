//! Faults of the headers' text.

use hubspot_signature::diagnose::{Cause, Certainty, Diagnostician};
use hubspot_signature::{Error, Header, UnixTime, Version};

use crate::request::*;

fn v3() -> String {
    post().get(Header::SignatureV3)
}

/// A body for which the v3 signature has the property.
fn body_whose_v3(has: impl Fn(&str) -> bool) -> Sent {
    (0..10_000)
        .map(|n| Sent::new("POST", URI, format!("{{\"n\":{n}}}")))
        .find(|sent| has(&sent.get(Header::SignatureV3)))
        .unwrap()
}

#[track_caller]
fn v3_damaged(sent: Sent, damage: impl Fn(&str) -> String, cause: Cause) {
    let value = damage(&sent.get(Header::SignatureV3));
    assert_ne!(value, sent.get(Header::SignatureV3));
    sent.v3_only().set(Header::SignatureV3, value).proves(&[cause]);
}

#[test]
fn quoted_padded_prefixed() {
    v3_damaged(post(), |value| format!("\"{value}\""), Cause::HeaderQuoted);
    v3_damaged(post(), |value| format!("b'{value}'"), Cause::HeaderQuoted);
    v3_damaged(post(), |value| format!("{value}\r\n"), Cause::HeaderPadded);
    for c in ['\u{a0}', '\u{feff}', '\0'] {
        v3_damaged(post(), |value| format!("{c}{value}{c}"), Cause::HeaderPadded);
    }
    v3_damaged(post(), |value| format!("sha256={value}"), Cause::HeaderPrefixed);
    v3_damaged(post(), |value| format!("V3={value}"), Cause::HeaderPrefixed);
    // Spaces and tabs around a value do no harm.
    post().set(Header::SignatureV3, format!("  {}\t", v3())).genuine();
    let v2 = post().get(Header::Signature);
    post().older_only().set(Header::Signature, format!("sha256={v2}")).proves(&[Cause::HeaderPrefixed]);
}

#[track_caller]
fn says(sent: &Sent, cause: Cause) {
    let diagnosis = sent.diagnosed();
    let finding = diagnosis.findings().iter().find(|finding| finding.causes().any(|found| found == cause));
    assert_eq!(finding.map(|finding| finding.certainty()), Some(Certainty::Likely), "{diagnosis}");
}

/// A fault that anyone sees is told although other faults keep the signature from matching.
#[test]
fn faults_of_the_text_need_no_match() {
    for (damage, cause) in [
        (
            &(|value: &str| value.trim_end_matches('=').to_owned()) as &dyn Fn(&str) -> String,
            Cause::HeaderBase64Alphabet,
        ),
        (&|value| format!("\"{value}\""), Cause::HeaderQuoted),
        (&|value| format!("sha256={value}"), Cause::HeaderPrefixed),
    ] {
        let sent = post().set(Header::SignatureV3, damage(&v3())).uri("http://10.0.0.7:3000/x?unknown=1");
        says(&sent, cause);
    }
    let sent = post().older_only().uri("http://10.0.0.7:3000/x?unknown=1");
    let upper = sent.get(Header::Signature).to_uppercase();
    says(&sent.set(Header::Signature, upper), Cause::HeaderUpperCase);
}

#[test]
fn plus_turned_into_space() {
    v3_damaged(
        body_whose_v3(|value| value[1..].contains('+')),
        |value| value.replace('+', " "),
        Cause::HeaderPlusAsSpace,
    );
    // At the very beginning the space is trimmed away.
    v3_damaged(
        body_whose_v3(|value| value.starts_with('+')),
        |value| value.replace('+', " "),
        Cause::HeaderPlusAsSpace,
    );
}

#[test]
fn percent_encoded() {
    let encode = |value: &str| value.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    v3_damaged(body_whose_v3(|value| value.contains('+') && value.contains('/')), encode, Cause::HeaderPercentEncoded);
}

#[test]
fn another_alphabet() {
    let url_safe = |value: &str| value.replace('+', "-").replace('/', "_");
    v3_damaged(
        body_whose_v3(|value| value.contains('+') || value.contains('/')),
        url_safe,
        Cause::HeaderBase64Alphabet,
    );
    v3_damaged(post(), |value| value.trim_end_matches('=').into(), Cause::HeaderBase64Alphabet);
}

#[test]
fn hex_for_base64_and_the_reverse() {
    use base64ct::Encoding;
    let mut digest = [0; 32];
    base64ct::Base64::decode(v3(), &mut digest).unwrap();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    post().v3_only().set(Header::SignatureV3, hex).proves(&[Cause::HeaderHexForBase64]);

    let v2 = post().get(Header::Signature);
    base16ct::lower::decode(&v2, &mut digest).unwrap();
    let mut buffer = [0; 64];
    let base64 = base64ct::Base64::encode(&digest, &mut buffer).unwrap();
    post().older_only().set(Header::Signature, base64).proves(&[Cause::HeaderBase64ForHex]);
    post().older_only().set(Header::Signature, v2.to_uppercase()).proves(&[Cause::HeaderUpperCase]);
}

#[test]
fn doubled() {
    post().and("X-HubSpot-Signature-v3", v3()).proves(&[Cause::HeaderDoubled]);
    post().and("x-hubspot-signature-v3", "AAAA").proves(&[Cause::HeaderDoubled]);
    post().set(Header::SignatureV3, format!("{0}, {0}", v3())).proves(&[Cause::HeaderDoubled]);
    post().and("X-HubSpot-Request-Timestamp", NOW.as_millis().to_string()).proves(&[Cause::HeaderDoubled]);
    // The one that matches stands behind another signature.
    let other = secret().sign("POST", URI, b"else", NOW).unwrap();
    let other = other.pairs().map(owned).filter(|(name, _)| name == Header::SignatureV3.name());
    let mut both = post();
    both.headers.splice(0..0, other);
    both.proves(&[Cause::HeaderDoubled]);
}

#[test]
fn malformed() {
    post().v3_only().set(Header::SignatureV3, &v3()[..40]).suspects(Cause::HeaderMalformed);
    post().v3_only().set(Header::SignatureV3, b"\xff\xfe").suspects(Cause::HeaderMalformed);
    for (value, lengths) in [("ab".repeat(20), "40"), ("g".repeat(64), "64")] {
        let v3 = post().v3_only().set(Header::SignatureV3, &value).diagnosed();
        let v2 = post().older_only().set(Header::Signature, &value).diagnosed();
        for (diagnosis, rest) in [(v3, "v3 has 44 characters of base64"), (v2, "v2 has 64 lower-case hex digits")] {
            suspects(&diagnosis, Cause::HeaderMalformed);
            let said = diagnosis.findings()[0].faults()[0].evidence();
            assert!(said.ends_with(&format!("has {lengths} bytes; {rest}")), "{said}");
        }
    }
    // Truncated, with a genuine v2 next to it.
    let diagnosis = post().set(Header::SignatureV3, &v3()[..40]).diagnosed();
    proves_next_to(&diagnosis, &[Cause::SchemeOlderMatches], &[Cause::HeaderMalformed]);
}

#[test]
fn stripped_or_never_sent() {
    let none = post().v3_only().without(Header::SignatureV3).without(Header::RequestTimestamp);
    none.suspects(Cause::HeaderSigningOff);
    assert_eq!(none.diagnosed().verdict(), Ok(Err(Error::MissingSignature)));
    assert_eq!(none.diagnosed().tried(), 0);
    post().v3_only().without(Header::SignatureV3).suspects(Cause::HeaderMissing);
    let later = UnixTime::from_millis(NOW.as_millis() + 60_001);
    let untimed = post().v3_only().without(Header::RequestTimestamp);
    untimed.proves(&[Cause::HeaderMissing]);
    suspects(&untimed.diagnosed_by(&Diagnostician::new([SECRET], Version::V2), later), Cause::HeaderMissing);
    post().without(Header::Signature).without(Header::SignatureV3).suspects(Cause::HeaderMissing);
}
