//! Nothing allocates: not signing, not verifying, not refusing, on any path.

use std::hint::black_box;

use allocation_counter::measure;
use hubspot_signature::{ClientSecret, Header, MatchedSecret, SignatureHeaders, Verifier, Version};

use crate::common::{BODY, NOW, OTHER_SECRET, Request, SECRET, URI, lax_verifier, oracle, refusals};

/// Returns what `work` returns, after making sure that it allocated nothing.
#[track_caller]
fn without_allocation<T>(work: impl FnOnce() -> T) -> T {
    let mut result = None;
    let spent = measure(|| result = Some(black_box(work())));
    assert_eq!(spent.count_total, 0, "allocations");
    result.unwrap()
}

#[test]
#[should_panic(expected = "allocations")]
fn the_counter_counts() {
    without_allocation(|| Box::new(1));
}

#[test]
#[should_panic(expected = "allocations")]
fn the_counter_counts_growth() {
    let mut text = String::from("a");
    without_allocation(|| text.push_str("more than fits"));
}

#[test]
fn configuring() {
    without_allocation(|| {
        let verifier = Verifier::new(SECRET, Version::V3).and_then(|verifier| verifier.previous_secret(OTHER_SECRET));
        assert!(verifier.is_ok_and(|verifier| verifier.clone().previous_secret("").is_err()));
        assert!(Verifier::new("pat-", Version::V3).is_err());
        assert!(Verifier::new("your-client-secret", Version::V3).is_err());
    });
}

#[test]
fn signing() {
    without_allocation(|| {
        let secret = ClientSecret::new(SECRET).unwrap();
        let body = BODY.as_bytes();
        let signed = secret.sign("POST", URI, body, NOW).unwrap();
        assert!(signed.pairs().all(|(_, value)| !value.is_empty()));
        let with_v1 = secret.sign_with_v1("POST", URI, body, NOW).unwrap();
        assert!(with_v1.clone().pairs().nth(1).is_some_and(|(_, value)| value == "v1"));
        assert!(secret.v1(body).as_str() != secret.v2("POST", URI, body).as_str());
        assert!(secret.v3("POST", URI, body, NOW).as_str().ends_with('='));
    });
}

#[test]
fn handing_over_headers() {
    let signed = ClientSecret::new(SECRET).unwrap().sign("POST", URI, b"", NOW).unwrap();
    without_allocation(|| {
        let headers = SignatureHeaders::from_pairs(signed.pairs());
        let _ = black_box(headers);
        let _ = black_box(SignatureHeaders::from_pairs(signed.pairs().chain(signed.pairs())));
        let lookup = |name| signed.pairs().filter(move |(one, _)| *one == name).map(|(_, value)| value);
        let _ = black_box(SignatureHeaders::from_lookup(lookup));
        let _ = black_box(SignatureHeaders::new().with(Header::Signature, " x "));
    });
}

/// Every scheme; with one secret and two, the current one matching or the previous; the URI as received and decoded;
/// the body in hand and streamed.
#[test]
fn accepting() {
    let escaped = "https://a/?x=%3A%2f%20";
    let timestamp = NOW.as_millis().to_string();
    let decoded = oracle::v3(SECRET, "POST", oracle::decode_uri(escaped), BODY, &timestamp);
    let requests = [
        Request::signed(Version::V1, "POST", URI, BODY),
        Request::signed(Version::V2, "POST", URI, BODY),
        Request::signed(Version::V3, "POST", URI, BODY),
        Request::signed(Version::V3, "POST", escaped, BODY),
        Request::new("POST", escaped, BODY).with_mac(&decoded, &timestamp),
        Request::signed_twice("POST", URI, BODY.repeat(1000)),
        Request::signed(Version::V2, "GET", URI, ""),
    ];
    let rotating = Verifier::new(OTHER_SECRET, Version::V1).unwrap().previous_secret(SECRET).unwrap();
    let about_to = lax_verifier().previous_secret(OTHER_SECRET).unwrap();
    for request in &requests {
        for (verifier, secret) in [
            (&lax_verifier(), MatchedSecret::Current),
            (&about_to, MatchedSecret::Current),
            (&rotating, MatchedSecret::Previous),
        ] {
            without_allocation(|| {
                let whole = verifier.verify(&request.head(), &request.body, NOW);
                assert!(whole.is_ok_and(|verified| verified.matched_secret() == secret));
                for size in [1, 64, 1000] {
                    assert!(request.stream(verifier, NOW, request.body.chunks(size)) == whole);
                }
            });
        }
    }
}

/// Each way to be refused, and its message written to a place that is there already.
#[test]
fn refusing() {
    use std::io::Write;

    let mut refused = 0;
    for (verifier, request, error) in refusals() {
        let rotating = verifier.clone().previous_secret(OTHER_SECRET).unwrap();
        for verifier in [&verifier, &rotating] {
            without_allocation(|| {
                assert!(verifier.verify(&request.head(), &request.body, NOW) == Err(error));
                assert!(request.stream(verifier, NOW, request.body.chunks(3)) == Err(error));
                let mut place = [0; 1000];
                write!(&mut place[..], "{error} {error:?} {verifier:?}").unwrap();
                black_box(place);
            });
            refused += 1;
        }
    }
    assert!(refused >= 28);
}

#[cfg(feature = "std")]
#[test]
fn with_the_system_clock() {
    let now = hubspot_signature::UnixTime::now();
    let signed = ClientSecret::new(SECRET).unwrap().sign("POST", URI, b"", now).unwrap();
    without_allocation(|| {
        let headers = SignatureHeaders::from_pairs(signed.pairs());
        let head = hubspot_signature::RequestHead::new("POST", URI, headers);
        assert!(lax_verifier().verify(&head, b"", hubspot_signature::UnixTime::now()).is_ok());
        assert!(
            lax_verifier()
                .begin(&head, hubspot_signature::UnixTime::now())
                .is_ok_and(|verification| verification.finish().is_ok())
        );
    });
}
