//! The shape of the API: auto traits, what may not be implemented, sizes, `Debug`, and messages that say what to do.

use std::error::Error as StdError;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::Duration;

use crate::common::{BODY, NOW, Request, URI, secret, verifier, verifier_from};
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

/// A type that holds a secret cannot be printed by accident, compared in variable time, or left behind in a copy.
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
    assert_not_impl!(Signature: PartialEq); // a verifier compares, and in constant time
    assert_not_impl!(Signature: PartialOrd);
    assert_not_impl!(Signature: Hash);
    assert_not_impl!(Verified: Default); // a proof comes from a verifier or not at all
    assert_not_impl!(Verified: From<bool>);
}

#[test]
fn sizes() {
    assert!(size_of::<Error>() <= 40, "{}", size_of::<Error>());
    assert!(size_of::<Result<Verified, Error>>() <= 72, "{}", size_of::<Result<Verified, Error>>());
    assert_eq!(size_of::<SecretError>(), 1);
    assert_eq!(size_of::<UnixTime>(), size_of::<u64>());
    assert!(size_of::<RequestHead<'_>>() <= 176, "{}", size_of::<RequestHead<'_>>());
    assert!(size_of::<Signature>() <= 72, "{}", size_of::<Signature>());
    assert!(size_of::<Verification>() <= 1024, "{}", size_of::<Verification>());
}

/// Never empty, and it says what the value is. That nothing leaks is in attacks.rs.
#[test]
fn debug() {
    let request = Request::signed_twice("POST", URI, BODY);
    let headers = request.signature_headers().with(Header::SignatureVersion, "v1");
    let shown = format!("{headers:?}");
    for part in ["Signature: 64 bytes", "SignatureV3: 44 bytes", "RequestTimestamp: 13 bytes", "repeated"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(format!("{:?}", SignatureHeaders::new()).matches("absent").count(), 4);

    assert!(format!("{:?}", secret()).contains("ClientSecret"));
    assert!(format!("{:?}", secret().v1(b"")).contains("v1"));
    let signed = format!("{:?}", secret().sign("POST", URI, b"", NOW).unwrap());
    assert!(signed.contains("SignedHeaders") && signed.contains("v2") && signed.contains("v3"), "{signed}");
    let shown = format!("{:?}", verifier_from(Version::V3).max_age(Duration::from_secs(7)));
    for part in
        ["Verifier", "previous: None", "V3", "max_age: 7s", "max_clock_skew: 60s", "max_body: None", "any_body: false"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let verification = verifier().begin(&request.head(), NOW).unwrap();
    assert!(format!("{verification:?}").contains("Verification"));
    assert!(format!("{:?}", request.judge(&verifier()).unwrap()).contains("Current"));
}

#[test]
fn display_of_names() {
    assert_eq!([Version::V1, Version::V2, Version::V3].map(|version| version.to_string()), ["v1", "v2", "v3"]);
    assert_eq!(NOW.to_string(), "1700000000000 ms");
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
        let signed = secret().sign("POST", URI, BODY.as_bytes(), time).unwrap();
        let request = Request { headers: crate::common::headers_of(&signed), ..Request::new("POST", URI, BODY) };
        request.judge_at(&verifier(), UnixTime::now()).map(|verified| verified.timestamp())
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
    let mut verification = verifier.begin(&request.head(), NOW).unwrap();
    verification.update(&request.body[..10]).unwrap();
    let rest = request.body[10..].to_vec();
    let verified = std::thread::spawn(move || {
        verification.update(&rest)?;
        verification.finish()
    });
    assert!(verified.join().unwrap().is_ok());
}
