//! Nothing allocates: not signing, not verifying, not refusing, on any path.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use common::{BODY, NOW, Request, SECRET, URI, lax_verifier, naive, refusals};
use hubspot_signature::{ClientSecret, Header, MatchedSecret, SignatureHeaders, Verifier, Version};

/// The system's allocator, counting for each thread, so that tests at the same time do not count each other's.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; the counter has no destructor and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` returns, after making sure that it allocated nothing.
#[track_caller]
fn without_allocation<T>(work: impl FnOnce() -> T) -> T {
    let before = COUNT.get();
    let result = black_box(work());
    assert_eq!(COUNT.get() - before, 0, "allocations");
    result
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
        let verifier = Verifier::new(SECRET).and_then(|verifier| verifier.previous_secret("another"));
        let verifier = verifier.map(|verifier| verifier.minimum_version(Version::V3));
        assert!(verifier.is_ok_and(|verifier| verifier.clone().previous_secret("").is_err()));
        assert!(Verifier::new("pat-").is_err());
    });
}

#[test]
fn signing() {
    without_allocation(|| {
        let secret = ClientSecret::new(SECRET).unwrap();
        let body = BODY.as_bytes();
        let signed = secret.sign("POST", URI, body, NOW);
        assert!(signed.as_pairs().iter().all(|(_, value)| !value.is_empty()));
        assert!(secret.sign_with_v1("POST", URI, body, NOW).clone().as_pairs()[1].1 == "v1");
        assert!(secret.v1(body) != secret.v2("POST", URI, body));
        assert!(secret.v3("POST", URI, body, NOW).as_str().ends_with('='));
    });
}

#[test]
fn handing_over_headers() {
    let signed = ClientSecret::new(SECRET).unwrap().sign("POST", URI, b"", NOW);
    without_allocation(|| {
        let pairs = signed.as_pairs();
        let headers = SignatureHeaders::from_pairs(pairs);
        let _ = black_box(headers);
        let _ = black_box(SignatureHeaders::from_pairs(pairs.into_iter().chain(pairs)));
        let lookup = |name| pairs.into_iter().filter(move |(one, _)| *one == name).map(|(_, value)| value);
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
    let decoded = naive::v3(SECRET, "POST", &naive::decode_uri(escaped), BODY, &timestamp);
    let requests = [
        Request::signed(Version::V1, "POST", URI, BODY),
        Request::signed(Version::V2, "POST", URI, BODY),
        Request::signed(Version::V3, "POST", URI, BODY),
        Request::signed(Version::V3, "POST", escaped, BODY),
        Request::new("POST", escaped, BODY).with_mac(&decoded, &timestamp),
        Request::signed_twice("POST", URI, BODY.repeat(1000)),
        Request::signed(Version::V2, "GET", URI, ""),
    ];
    let rotating = Verifier::new("another").unwrap().previous_secret(SECRET).unwrap().minimum_version(Version::V1);
    let about_to = lax_verifier().previous_secret("another").unwrap();
    for request in &requests {
        for (verifier, secret) in [
            (&lax_verifier(), MatchedSecret::Current),
            (&about_to, MatchedSecret::Current),
            (&rotating, MatchedSecret::Previous),
        ] {
            without_allocation(|| {
                let whole = verifier.verify_at(&request.head(), &request.body, NOW);
                assert!(whole.is_ok_and(|verified| verified.secret() == secret));
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
        let rotating = verifier.clone().previous_secret("another").unwrap();
        for verifier in [&verifier, &rotating] {
            without_allocation(|| {
                assert!(verifier.verify_at(&request.head(), &request.body, NOW) == Err(error));
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
    let signed = ClientSecret::new(SECRET).unwrap().sign("POST", URI, b"", now);
    without_allocation(|| {
        let headers = SignatureHeaders::from_pairs(signed.as_pairs());
        let head = hubspot_signature::RequestHead { method: "POST", uri: URI, headers };
        assert!(lax_verifier().verify(&head, b"").is_ok());
        assert!(lax_verifier().begin(&head).is_ok_and(|verification| verification.finish().is_ok()));
    });
}
