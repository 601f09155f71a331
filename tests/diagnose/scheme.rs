//! Faults of the scheme.

use hubspot_signature::diagnose::{Cause, Diagnostician};
use hubspot_signature::{Header, UnixTime, Version};

use crate::request::*;

/// HMAC-SHA-256 as any signer computes it.
fn hmac(parts: &[&str]) -> [u8; 32] {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().into()
}

fn sha256(parts: &[&str]) -> [u8; 32] {
    use sha2::Digest;
    let mut hash = sha2::Sha256::new();
    parts.iter().for_each(|part| hash.update(part.as_bytes()));
    hash.finalize().into()
}

fn hex(digest: [u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn base64(digest: [u8; 32]) -> String {
    use base64ct::Encoding;
    base64ct::Base64::encode(&digest, &mut [0; 64]).unwrap().into()
}

fn timestamp() -> String {
    NOW.as_millis().to_string()
}

#[test]
fn wrong_label() {
    // v1 labelled v2, unlabelled v1, and v2 labelled v1.
    let v1 = Sent::with_v1("POST", URI, EVENTS);
    v1.clone().older_only_unchecked().set(Header::SignatureVersion, "v2").proves(&[Cause::SchemeVersion]);
    v1.older_only_unchecked().without(Header::SignatureVersion).proves(&[Cause::SchemeVersion]);
    let diagnostician = Diagnostician::new([SECRET], Version::V1);
    let v2 = post().older_only().set(Header::SignatureVersion, "v1");
    proves(&v2.diagnosed_by(&diagnostician, NOW), &[Cause::SchemeVersion]);
    proves(&v2.diagnosed(), &[Cause::SchemeVersion, Cause::SchemeBelowMinimum]);
}

#[test]
fn label_changed() {
    for label in ["V2", "\"v2\"", "two", "v12"] {
        let finding = post().older_only().set(Header::SignatureVersion, label).proves(&[Cause::SchemeLabel]);
        assert!(finding.faults()[0].evidence().ends_with(&format!("is {label:?}")), "{finding}");
    }
    let v1 = Sent::with_v1("POST", URI, EVENTS).older_only().set(Header::SignatureVersion, "V1");
    let diagnostician = Diagnostician::new([SECRET], Version::V1);
    proves(&v1.diagnosed_by(&diagnostician, NOW), &[Cause::SchemeLabel]);
}

/// The version header speaks of a signature that is not there.
#[test]
fn labelled_v3_without_a_v3_signature() {
    let diagnosis = post().older_only().set(Header::SignatureVersion, "v3").diagnosed();
    suspects(&diagnosis, Cause::HeaderMissing);
    let said = diagnosis.findings()[0].faults()[0].evidence();
    assert_eq!(said, "X-HubSpot-Signature-v3 is missing although the version header says v3");
}

#[test]
fn signature_in_the_wrong_header() {
    let (v2, v3) = (post().get(Header::Signature), post().get(Header::SignatureV3));
    let swapped = post().v3_only().set(Header::SignatureV3, v2);
    swapped.proves(&[Cause::SchemeVersion]);
    let swapped = post().without(Header::SignatureV3).set(Header::Signature, v3);
    let causes = [Cause::SchemeVersion];
    let finding = proves_next_to(&swapped.diagnosed(), &causes, &[Cause::HeaderMissing]);
    assert!(finding.faults()[0].evidence().contains("has the v3 signature"), "{finding}");
    assert!(finding.faults()[0].fix().contains("X-HubSpot-Signature-v3"), "{finding}");
}

#[test]
fn hmac_for_v2() {
    let forged = post().older_only().set(Header::Signature, hex(hmac(&["POST", URI, EVENTS])));
    forged.proves(&[Cause::SchemeHmacForHash]);
    let forged = post().older_only().set(Header::Signature, hex(hmac(&[EVENTS])));
    let finding = forged.proves(&[Cause::SchemeHmacForHash]);
    assert!(finding.faults()[0].evidence().contains("the other of v1 and v2"), "{finding}");
    assert_eq!(finding.signed_uri(), None);
}

#[test]
fn plain_hash_for_v3() {
    let signature = base64(sha256(&[SECRET, "POST", URI, EVENTS, &timestamp()]));
    post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::SchemeHashForHmac]);
}

#[test]
fn body_alone() {
    let signature = base64(hmac(&[EVENTS]));
    post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::SchemeBodyOnly]);
}

#[test]
fn fine_for_an_older_version_than_demanded() {
    let v3_demanded = Diagnostician::new([SECRET], Version::V3);
    let v2 = post().older_only();
    let finding = proves(&v2.diagnosed_by(&v3_demanded, NOW), &[Cause::SchemeBelowMinimum]);
    assert!(finding.faults()[0].fix().contains("Verifier::new"));
    Sent::with_v1("POST", URI, EVENTS).older_only().proves(&[Cause::SchemeBelowMinimum]);
}

#[test]
fn older_signature_narrows_it_down() {
    // The v3 header was replaced; v2 shows that the rest is right.
    let sent = post().set(Header::SignatureV3, base64([7; 32]));
    let finding = sent.proves(&[Cause::SchemeOlderMatches]);
    assert!(finding.faults()[0].evidence().contains("the method, the URI and the body are"));
    // The URI is beyond repair; v1 shows that secret and body are right, so they are not suspected.
    let sent = Sent::with_v1("POST", URI, EVENTS.replace(':', ": ")).uri("https://10.0.0.1/else");
    proves_next_to(&sent.diagnosed(), &[Cause::SchemeOlderMatches], &[Cause::UriHost]);
}

#[test]
fn timestamp_left_out() {
    let signature = base64(hmac(&["POST", URI, EVENTS]));
    post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::TimestampLeftOut]);
}

#[test]
fn timestamp_as_a_float() {
    post().set(Header::RequestTimestamp, format!("{}.0", timestamp())).proves(&[Cause::TimestampFloat]);
    post().set(Header::RequestTimestamp, "1.700000000123E12").proves(&[Cause::TimestampFloat]);
    post().set(Header::RequestTimestamp, "1700000000.123").proves(&[Cause::TimestampFloat]);
    let signature = base64(hmac(&["POST", URI, EVENTS, &format!("{}.0", timestamp())]));
    post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::TimestampFloat]);
}

#[test]
fn timestamp_in_seconds() {
    post().set(Header::RequestTimestamp, "1700000000").proves(&[Cause::TimestampSeconds]);
    let signature = base64(hmac(&["POST", URI, EVENTS, "1700000000"]));
    let signed = post().v3_only().set(Header::SignatureV3, signature);
    signed.proves(&[Cause::TimestampSeconds]);
    signed.set(Header::RequestTimestamp, "1700000000").proves(&[Cause::TimestampSeconds]);
}

#[test]
fn timestamp_mangled() {
    let diagnostician = Diagnostician::new([SECRET], Version::V2);
    let later = UnixTime::from_millis(NOW.as_millis() + 60_001);
    for text in ["\"1700000000123\"", "1,700,000,000,123"] {
        let sent = post().set(Header::RequestTimestamp, text);
        sent.proves(&[Cause::TimestampMalformed]);
        proves(&sent.diagnosed_by(&diagnostician, later), &[Cause::TimestampMalformed]);
    }
    // Microseconds, signed as they are.
    let micros = "1700000000123456";
    let signature = base64(hmac(&["POST", URI, EVENTS, micros]));
    let sent = post().v3_only().set(Header::SignatureV3, signature).set(Header::RequestTimestamp, micros);
    sent.proves(&[Cause::TimestampMalformed]);
    let sent = post().v3_only().set(Header::RequestTimestamp, "yesterday");
    sent.proves(&[Cause::TimestampMalformed]);
    suspects(&sent.diagnosed_by(&diagnostician, later), Cause::TimestampMalformed);
}

#[test]
fn timestamp_of_the_receivers_own_clock() {
    let received = UnixTime::from_millis(NOW.as_millis() + 1234);
    let sent = post().v3_only().set(Header::RequestTimestamp, received.as_millis().to_string());
    let diagnosed = |now| sent.diagnosed_by(&Diagnostician::new([SECRET], Version::V2), now);
    let finding = proves(&diagnosed(received), &[Cause::TimestampOwnClock]);
    assert!(finding.faults()[0].evidence().contains("1234 ms"), "{finding}");
    // The header's time is the time of receipt only if that was just now.
    let later = |millis| UnixTime::from_millis(received.as_millis() + millis);
    proves(&diagnosed(later(60_000)), &[Cause::TimestampOwnClock]);
    likely(&diagnosed(later(60_001)), &[]);
}

#[test]
fn stale_or_from_the_future() {
    let diagnostician = Diagnostician::new([SECRET], Version::V2);
    let later = UnixTime::from_millis(NOW.as_millis() + 12 * 60_000);
    let finding = proves(&post().diagnosed_by(&diagnostician, later), &[Cause::TimestampStale]);
    assert!(finding.faults()[0].evidence().contains("12 min old"), "{finding}");
    let earlier = UnixTime::from_millis(NOW.as_millis() - 120_000);
    proves(&post().diagnosed_by(&diagnostician, earlier), &[Cause::TimestampFuture]);
    // Stale and damaged.
    let damaged = post().uri(URI.replace("https", "http"));
    proves(&damaged.diagnosed_by(&diagnostician, later), &[Cause::UriScheme, Cause::TimestampStale]);
    // Stale, and nothing matches: only the age is sure.
    let other = Diagnostician::new([OTHER], Version::V2);
    suspects(&post().diagnosed_by(&other, later), Cause::TimestampStale);
    // The policy is the service's.
    let patient = Diagnostician::new([SECRET], Version::V2).max_age(std::time::Duration::from_secs(3600));
    assert!(post().diagnosed_by(&patient, later).is_accepted());
    let tolerant = Diagnostician::new([SECRET], Version::V2).max_clock_skew(std::time::Duration::from_secs(180));
    assert!(post().diagnosed_by(&tolerant, earlier).is_accepted());
}

impl Sent {
    fn older_only_unchecked(self) -> Self {
        self.older_only()
    }
}
