//! The shape of the API: auto traits, what may not be implemented, sizes, `Debug`, and messages that say what to do.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

mod common;

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use common::{BODY, NOW, Request, URI, refusals, secret, verifier};
use hubspot_signature::{
    ClientSecret, Error, Header, MatchedSecret, RequestHead, SecretError, Signature, SignatureHeaders, SignedHeaders,
    UnixTime, Verification, Verified, Verifier, Version,
};

/// Compiles only if the type does *not* implement the trait: with it, `check` could be either of two.
macro_rules! assert_not_impl {
    ($type:ty: $($trait:tt)+) => {{
        struct Implements;
        trait Ambiguous<A> {
            fn check() {}
        }
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + $($trait)+> Ambiguous<Implements> for T {}
        <$type as Ambiguous<_>>::check();
    }};
}

#[test]
fn auto_traits() {
    fn shared<T: Debug + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    fn owned<T: Debug + Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}
    owned::<ClientSecret>();
    owned::<Verifier>();
    owned::<Verification>();
    owned::<Verified>();
    owned::<Signature>();
    owned::<SignedHeaders>();
    owned::<UnixTime>();
    owned::<Version>();
    owned::<Header>();
    owned::<MatchedSecret>();
    owned::<Error>();
    owned::<SecretError>();
    shared::<RequestHead<'_>>();
    shared::<SignatureHeaders<'_>>();
}

#[test]
fn implemented_traits() {
    fn cloned<T: Clone>() {}
    fn copied<T: Copy>() {}
    fn name<T: Copy + Eq + Hash>() {}
    fn error<T: StdError + Copy + Eq + Send + Sync + 'static>() {}
    cloned::<ClientSecret>();
    cloned::<Verifier>();
    cloned::<Signature>();
    cloned::<SignedHeaders>();
    copied::<RequestHead<'_>>();
    copied::<SignatureHeaders<'_>>();
    name::<UnixTime>();
    name::<Version>();
    name::<Header>();
    name::<MatchedSecret>();
    name::<Verified>();
    error::<Error>();
    error::<SecretError>();
    assert!(Version::V1 < Version::V2 && Version::V2 < Version::V3);
    assert!(UnixTime::from_secs(1) == UnixTime::from_millis(1000) && UnixTime::from_secs(2).as_millis() == 2000);
}

/// What holds a secret cannot be printed by accident, compared in variable time, or left behind in a copy.
#[test]
fn absent_traits() {
    assert_not_impl!(ClientSecret: Display);
    assert_not_impl!(ClientSecret: PartialEq);
    assert_not_impl!(ClientSecret: Hash);
    assert_not_impl!(ClientSecret: Copy);
    assert_not_impl!(ClientSecret: AsRef<[u8]>);
    assert_not_impl!(ClientSecret: AsRef<str>);
    assert_not_impl!(Verifier: Display);
    assert_not_impl!(Verifier: PartialEq);
    assert_not_impl!(Verifier: Copy);
    assert_not_impl!(Verification: Clone); // one request, one answer
    assert_not_impl!(Signature: Display);
    assert_not_impl!(Signature: Copy);
    assert_not_impl!(Signature: PartialOrd);
    assert_not_impl!(Signature: Hash);
    assert_not_impl!(Verified: Default); // a proof comes from a verifier or not at all
    assert_not_impl!(Verified: From<bool>);
}

#[test]
fn sizes() {
    assert!(size_of::<Error>() <= 40, "{}", size_of::<Error>());
    assert!(size_of::<Result<Verified, Error>>() <= 40);
    assert_eq!(size_of::<SecretError>(), 1);
    assert_eq!(size_of::<UnixTime>(), size_of::<u64>());
    assert!(size_of::<RequestHead<'_>>() <= 128, "{}", size_of::<RequestHead<'_>>());
    assert!(size_of::<Signature>() <= 72, "{}", size_of::<Signature>());
    assert!(size_of::<Verification>() <= 1024, "{}", size_of::<Verification>());
}

/// Never empty, and it says what the value is. That nothing leaks is in attacks.rs.
#[test]
fn debug() {
    let request = Request::signed_twice("POST", URI, BODY);
    let headers = request.head().headers.with(Header::SignatureVersion, "v1");
    let shown = format!("{headers:?}");
    for part in ["Signature: 64 bytes", "SignatureV3: 44 bytes", "RequestTimestamp: 13 bytes", "repeated"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(format!("{:?}", SignatureHeaders::new()).matches("absent").count(), 4);

    assert!(format!("{:?}", secret()).contains("ClientSecret"));
    assert!(format!("{:?}", secret().v1(b"")).contains("v1"));
    let signed = format!("{:?}", secret().sign("POST", URI, b"", NOW));
    assert!(signed.contains("SignedHeaders") && signed.contains("1700000000000"), "{signed}");
    let shown = format!("{:?}", verifier().minimum_version(Version::V3).max_age(Duration::from_secs(7)));
    for part in ["Verifier", "previous: None", "V3", "max_age: 7s", "max_clock_skew: 60s"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let verification = verifier().begin_at(&request.head(), NOW).unwrap();
    assert!(format!("{verification:?}").contains("V3"));
    assert!(format!("{:?}", request.judge(&verifier()).unwrap()).contains("Current"));
}

#[test]
fn display_of_names() {
    assert_eq!([Version::V1, Version::V2, Version::V3].map(|version| version.to_string()), ["v1", "v2", "v3"]);
    assert_eq!(NOW.to_string(), "1700000000000 ms");
}

/// One variant of `Error` with the facts its message has to give, and what it has to say is to be done.
fn messages() -> Vec<(Error, &'static [&'static str])> {
    let (now, timestamp) = (NOW, UnixTime::from_millis(NOW.as_millis() - 720_000));
    vec![
        (Error::MissingSignature, &["no HubSpot signature", "switch request signing on", "X-HubSpot-*"]),
        (
            Error::MissingHeader { header: Header::RequestTimestamp },
            &["X-HubSpot-Request-Timestamp", "missing", "check that no proxy strips it"],
        ),
        (
            Error::DuplicateHeader { header: Header::SignatureV3 },
            &["X-HubSpot-Signature-v3", "more than once", "look for a proxy"],
        ),
        (Error::UnknownVersion, &["X-HubSpot-Signature-Version", "none of v1, v2 and v3"]),
        (
            Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V3 },
            &["is v1", "accepts v3 or newer", "lower the minimum only if"],
        ),
        (
            Error::MalformedSignature { version: Version::V1, length: 63 },
            &["v1", "X-HubSpot-Signature ", "64 lower-case hex digits", "63 bytes", "pass the header's value"],
        ),
        (
            Error::MalformedSignature { version: Version::V3, length: 43 },
            &["v3", "X-HubSpot-Signature-v3", "44 characters", "base64", "43 bytes", "pass the header's value"],
        ),
        (
            Error::MalformedTimestamp { length: 10 },
            &[
                "X-HubSpot-Request-Timestamp",
                "13 digits",
                "10 bytes, which looks like seconds",
                "pass the header's text",
            ],
        ),
        (
            Error::TimestampTooOld { timestamp, now, max_age: Duration::from_secs(300) },
            &["12 minutes old", "5 minutes at most", "HubSpot's are valid for 5 minutes", "check this machine's clock"],
        ),
        (
            Error::TimestampInFuture { timestamp: now, now: timestamp, max_clock_skew: Duration::from_secs(60) },
            &["12 minutes in the future", "1 minute at most", "check this machine's clock"],
        ),
        (Error::InvalidMethod, &["upper-case", "pass it as the request line has it"]),
        (Error::UriNotAbsolute, &["absolute http or https URL", "whole public URL", "scheme, host, path and query"]),
        (Error::UnexpectedBody, &["GET or HEAD", "pass an empty body", "refuse"]),
        (Error::BodyNotUtf8 { valid_up_to: 17 }, &["not UTF-8", "byte 17", "pass the raw bytes"]),
        (Error::Mismatch { version: Version::V1 }, &["v1", "check", "client secret", "raw bytes received"]),
        (Error::Mismatch { version: Version::V2 }, &["v2", "check", "client secret", "public URL", "raw bytes"]),
        (Error::Mismatch { version: Version::V3 }, &["v3", "check", "client secret", "public URL", "raw bytes"]),
    ]
}

#[test]
fn messages_say_what_to_do() {
    let listed: Vec<_> = messages().iter().map(|(error, _)| std::mem::discriminant(error)).collect();
    for (_, _, error) in refusals() {
        assert!(listed.contains(&std::mem::discriminant(&error)), "no message expected of {error:?}");
    }
    for (error, parts) in messages() {
        let message = error.to_string();
        for part in parts {
            assert!(message.contains(part), "{part:?} in {message:?}");
        }
        assert!(error.source().is_none());
        let debug = format!("{error:?}");
        assert!(debug.chars().next().is_some_and(char::is_uppercase), "{debug}");
    }
    let of_v1 = Error::Mismatch { version: Version::V1 }.to_string();
    assert!(!of_v1.contains("URI"), "v1 signs none: {of_v1}");
    let of_12 = Error::MalformedTimestamp { length: 12 }.to_string();
    assert!(!of_12.contains("seconds,") && !of_12.contains("looks like"), "{of_12}");
}

#[test]
fn messages_about_secrets_say_what_to_do() {
    for (error, parts) in [
        (SecretError::Empty, ["anyone could sign", "check that the variable"]),
        (SecretError::SurroundingWhiteSpace, ["white space", "trim it"]),
        (SecretError::Quoted, ["quotation marks", "remove them"]),
        (SecretError::AccessToken, ["looks like an access token", "HubSpot signs with the app's client secret"]),
    ] {
        let message = error.to_string();
        for part in parts {
            assert!(message.contains(part), "{part:?} in {message:?}");
        }
        assert!(!format!("{error:?}").is_empty() && error.source().is_none());
    }
}

/// Ages in the unit a person would use, rounded down, right at each border.
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
        (MINUTE, "1 minute"),
        (MINUTE + SECOND, "1 minute 1 s"),
        (2 * MINUTE, "2 minutes"),
        (5 * MINUTE + SECOND, "5 minutes 1 s"),
        (12 * MINUTE, "12 minutes"),
        (5 * MINUTE + 1, "more than 5 minutes"),
        (HOUR - 1, "more than 59 minutes 59 s"),
        (HOUR, "1 h"),
        (HOUR + SECOND, "more than 1 h"),
        (2 * HOUR - MINUTE, "1 h 59 min"),
        (3 * HOUR - 1, "more than 2 h 59 min"),
        (DAY - 1, "more than 23 h 59 min"),
        (DAY, "1 day"),
        (DAY + HOUR, "more than 1 day"),
        (2 * DAY - 1, "more than 1 day"),
        (400 * DAY, "400 days"),
    ] {
        let later = UnixTime::from_millis(NOW.as_millis() + millis);
        let old = Error::TimestampTooOld { timestamp: NOW, now: later, max_age: Duration::ZERO }.to_string();
        assert!(old.contains(&format!("is {shown} old and may be 0 ms at most")), "{old}");
        let max_clock_skew = Duration::from_millis(millis);
        let future = Error::TimestampInFuture { timestamp: later, now: NOW, max_clock_skew }.to_string();
        assert!(future.contains(&format!("is {shown} in the future and may be {shown} at most")), "{future}");
    }
}

/// The system clock, read as milliseconds.
#[cfg(feature = "std")]
#[test]
fn system_clock() {
    use std::time::{SystemTime, UNIX_EPOCH};

    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let now = u128::from(UnixTime::now().as_millis());
    let after = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    assert!((before..=after).contains(&now));
    assert_eq!(UnixTime::from(UNIX_EPOCH + Duration::from_micros(1_999)), UnixTime::from_millis(1));
    assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_secs(1)), UnixTime::from_millis(0));

    let at = |time| {
        let signed = secret().sign("POST", URI, BODY.as_bytes(), time);
        let request = Request { headers: common::headers_of(&signed), ..Request::new("POST", URI, BODY) };
        let whole = verifier().verify(&request.head(), &request.body).map(|verified| verified.timestamp());
        let mut verification = verifier().begin(&request.head())?;
        verification.update(&request.body);
        assert_eq!(verification.finish().map(|verified| verified.timestamp()), whole);
        whole
    };
    let now = UnixTime::now();
    assert_eq!(at(now), Ok(Some(now)));
    let old = UnixTime::from_millis(now.as_millis() - 400_000);
    assert!(matches!(at(old), Err(Error::TimestampTooOld { .. })));
    let future = UnixTime::from_millis(now.as_millis() + 100_000);
    assert!(matches!(at(future), Err(Error::TimestampInFuture { .. })));
}

/// Shared by every thread of a server, as `&` and as clones.
#[test]
fn one_verifier_for_many_threads() {
    let verifier = verifier();
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert!(request.judge(&verifier).is_ok()));
        }
        let cloned = verifier.clone();
        let request = request.clone();
        scope.spawn(move || assert!(request.judge(&cloned).is_ok()));
    });
    // A streaming verification may move to another thread between chunks.
    let mut verification = verifier.begin_at(&request.head(), NOW).unwrap();
    verification.update(&request.body[..10]);
    let rest = request.body[10..].to_vec();
    let verified = std::thread::spawn(move || {
        verification.update(&rest);
        verification.finish()
    });
    assert!(verified.join().unwrap().is_ok());
}
