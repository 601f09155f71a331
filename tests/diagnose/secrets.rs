//! Faults of the client secret.

use hubspot_signature::diagnose::{Cause, Diagnosis, Diagnostician};
use hubspot_signature::{Header, MatchedSecret, SecretError, UnixTime, Version};

use crate::request::*;

fn with(secrets: &[&str]) -> Diagnosis {
    post().diagnosed_by(&Diagnostician::new(secrets, Version::V2), NOW)
}

#[test]
fn surrounding_characters() {
    for text in [format!("{SECRET}\n"), format!(" {SECRET}"), format!("{SECRET}\r\n"), format!("\u{feff}{SECRET}")] {
        proves(&with(&[&text]), &[Cause::SecretWhiteSpace]);
    }
    for text in [
        format!("\"{SECRET}\""),
        format!("'{SECRET}'"),
        format!("{SECRET}\""),
        format!("`{SECRET}`"),
        format!("“{SECRET}”"),
        format!("„{SECRET}‘"),
    ] {
        proves(&with(&[&text]), &[Cause::SecretQuoted]);
    }
    let both = with(&[&format!("\"{SECRET}\"\n")]);
    assert_eq!(both.verdict(), Err(SecretError::SurroundingWhiteSpace));
    proves(&both, &[Cause::SecretWhiteSpace, Cause::SecretQuoted]);
}

#[test]
fn base64_of_it() {
    proves(&with(&["MGExYjJjM2QtNGU1Zi02MDcxLTgyOTMtYTRiNWM2ZDdlOGY5"]), &[Cause::SecretBase64]);
    proves(&with(&["MGExYjJjM2QtNGU1Zi02MDcxLTgyOTMtYTRiNWM2ZDdlOGY5Cg=="]), &[Cause::SecretBase64]);
}

#[test]
fn access_token() {
    suspects(&with(&["pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"]), Cause::SecretAccessToken);
    let quoted = with(&["\"pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\""]);
    likely(&quoted, &[Cause::SecretQuoted, Cause::SecretAccessToken]);
    // The right one given next to it settles the matter.
    let diagnosis = with(&["pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", SECRET]);
    let finding = proves_next_to(&diagnosis, &[Cause::SecretOther], &[Cause::SecretAccessToken]);
    assert_eq!(finding.matched()[0].1, 1);
}

#[test]
fn empty() {
    suspects(&with(&[""]), Cause::SecretEmpty);
    proves_next_to(&with(&["", SECRET]), &[Cause::SecretOther], &[Cause::SecretEmpty]);
}

#[test]
fn not_in_the_shape_of_a_uuid() {
    let no_hyphens = "0a1b2c3d4e5f607182930a1b2c3d4e5f6071";
    for text in ["your-client-secret", "abc", no_hyphens, "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-2"] {
        let diagnosis = with(&[text]);
        suspects(&diagnosis, Cause::SecretShape);
        let evidence = format!("the secret has {} characters", text.len());
        assert!(diagnosis.findings()[0].faults()[0].evidence().starts_with(&evidence), "{diagnosis}");
    }
    // Not talked about once the fault is found.
    proves(&with(&["your-client-secret", SECRET]), &[Cause::SecretOther]);
}

#[test]
fn rotated_or_another_apps() {
    let other = OTHER;
    let finding = proves(&with(&[other, SECRET]), &[Cause::SecretOther]);
    assert_eq!(
        finding.matched().iter().map(|(header, _)| *header).collect::<Vec<_>>(),
        [Header::SignatureV3, Header::Signature]
    );
    assert!(finding.faults()[0].fix().contains("previous_secret"));
    // Alone it cannot be known; the report says whose secret is needed.
    let alone = with(&[other]);
    assert_eq!(alone.app_id(), Some(54321));
    assert!(alone.findings().is_empty(), "{alone}");
    assert!(format!("{alone}").contains("app 54321"));
    assert!(alone.tried() > 1000 && alone.is_complete());
}

/// A secret that the service accepts is no fault.
#[test]
fn previous() {
    let other = OTHER;
    let rotating = Diagnostician::new([other], Version::V2).previous_secret(SECRET);
    let accepted = post().diagnosed_by(&rotating, NOW);
    assert_eq!(accepted.verdict().unwrap().map(|verified| verified.matched_secret()), Ok(MatchedSecret::Previous));
    assert!(accepted.findings().is_empty());
    // The damage alone is told, and which secret it is told by.
    let damaged = post().uri(URI.replace("https", "http")).diagnosed_by(&rotating, NOW);
    let finding = proves(&damaged, &[Cause::UriScheme]);
    assert!(finding.matched().iter().all(|(_, secret)| *secret == 1));
    let late = UnixTime::from_millis(NOW.as_millis() + 301_000);
    proves(&post().diagnosed_by(&rotating, late), &[Cause::TimestampStale]);
    // The policy is kept whatever the order of the settings.
    let strict = Diagnostician::new([other], Version::V3).previous_secret(SECRET);
    proves(&post().older_only().diagnosed_by(&strict, NOW), &[Cause::SchemeBelowMinimum]);
    // It does not make the others acceptable, and is numbered after them.
    let third = "88888888-4e5f-6071-8293-a4b5c6d7e8f9";
    let finding = proves(
        &post().diagnosed_by(&Diagnostician::new([other, SECRET], Version::V2).previous_secret(third), NOW),
        &[Cause::SecretOther],
    );
    assert_eq!(finding.matched()[0].1, 1);
    let damaged = post().uri(URI.replace("https", "http"));
    let rotating = Diagnostician::new([other, third], Version::V2).previous_secret(SECRET);
    assert_eq!(proves(&damaged.diagnosed_by(&rotating, NOW), &[Cause::UriScheme]).matched()[0].1, 2);
}

/// As one may have done before there was a setting for it.
#[test]
fn previous_given_twice() {
    let other = OTHER;
    let rotating = Diagnostician::new([other, SECRET], Version::V2).previous_secret(SECRET);
    proves(&post().uri(URI.replace("https", "http")).diagnosed_by(&rotating, NOW), &[Cause::UriScheme]);
}

/// The service would not start with it, right as the current secret is.
#[test]
fn previous_unusable() {
    let with = |current, previous| {
        post().diagnosed_by(&Diagnostician::new([current], Version::V2).previous_secret(previous), NOW)
    };
    let diagnosis = with(SECRET, "");
    assert_eq!(diagnosis.verdict(), Err(SecretError::Empty));
    suspects(&diagnosis, Cause::SecretEmpty);
    assert!(format!("{diagnosis}").contains("the previous secret is empty"), "{diagnosis}");
    let quoted = format!("\"{SECRET}\"");
    proves(&with(OTHER, &quoted), &[Cause::SecretQuoted]);
    // An unusable current secret stays what is told of.
    assert_eq!(with("", SECRET).verdict(), Err(SecretError::Empty));
}
