//! Everything made of a client secret is overwritten when it is dropped: the tests look at the memory where it lay. A program
//! of its own, because the last one replaces the allocator.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
// An emulated 32-bit program sees other addresses than the kernel does.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicUsize, Ordering};

use hubspot_signature::{ClientSecret, Verifier, Version};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// As HubSpot's are, and shorter than a block of SHA-256, which therefore keeps it as it is until more follows.
const SHORT: &str = "12345678-aaaa-bbbb-cccc-ddddeeeeffff";
/// Longer than a block: the rest is kept as it is.
const LONG: &str = "a-secret-of-more-than-sixty-four-bytes,-of-which-a-hash-keeps-the-end-as-it-is";

/// SHA-256 that has absorbed one block, from which anyone can go on.
fn state(block: [u8; 64]) -> Vec<u8> {
    // FIPS 180-4 section 5.3.3.
    let mut state =
        [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
    compress256(&mut state, &[block]);
    state.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The two states of HMAC's that are as good as the secret (RFC 2104 section 2).
fn keyed(secret: &str) -> Vec<Vec<u8>> {
    let digest = Sha256::digest(secret);
    let mut key = if secret.len() > 64 { digest.to_vec() } else { secret.into() };
    key.resize(64, 0);
    [0x36, 0x5c].map(|pad| state(core::array::from_fn(|at| key[at] ^ pad))).into()
}

/// The states that a `ClientSecret` keeps.
fn kept(secret: &str) -> Vec<Vec<u8>> {
    let mut kept = keyed(secret);
    kept.extend(secret.as_bytes().first_chunk().copied().map(state));
    kept.push(secret.as_bytes()[secret.len() / 64 * 64..].into());
    kept
}

/// Drops a value and asserts that each of these was in its memory before, and no eight bytes of any are there afterwards.
#[track_caller]
fn assert_overwritten<T>(value: T, traces: &[Vec<u8>]) {
    let after = memory_after_drop(value, traces);
    for left in traces.iter().flat_map(|trace| trace.windows(8)) {
        assert!(!after.windows(8).any(|piece| piece == left), "left in memory");
    }
}

/// Drops a value and asserts that each of these was in its memory before, and afterwards less often.
#[track_caller]
fn memory_after_drop<T>(value: T, traces: &[Vec<u8>]) -> Vec<u8> {
    let mut place = vec![value];
    let address = place.as_ptr() as u64;
    // Through the kernel, since for the language there is nothing to read once the value is dropped.
    let memory = || {
        let mut bytes = vec![0; size_of::<T>()];
        File::open("/proc/self/mem").and_then(|memory| memory.read_exact_at(&mut bytes, address)).expect("readable");
        bytes
    };

    let before = memory();
    place.clear(); // drops the value where it lies and keeps the memory
    let after = memory();
    black_box(place);

    for trace in traces {
        let count = |memory: &[u8]| memory.windows(trace.len()).filter(|piece| piece == trace).count();
        assert!(count(&before) > 0, "not where the test looks");
        assert!(count(&after) < count(&before), "not overwritten");
    }
    after
}

#[test]
fn a_client_secret() {
    for secret in [SHORT, LONG] {
        assert_overwritten(ClientSecret::new(secret).expect("usable"), &kept(secret));
    }
}

#[test]
fn a_verifier_with_both_secrets() {
    let verifier =
        Verifier::new(SHORT, Version::V3).and_then(|verifier| verifier.previous_secret(LONG)).expect("usable");
    assert_overwritten(verifier, &[kept(SHORT), kept(LONG)].concat());
}

/// Nor does a request that is verified in pieces leave anything, where it was never moved.
///
/// An optimised program copies a whole value, unused parts of an `Option` or an enum included, and with them what others
/// left on the stack. Nothing in safe Rust overwrites those, as the documentation of `ClientSecret` says. So there the
/// test sees that the states themselves are overwritten, and not that no other copy lies next to them.
#[test]
fn a_verification() {
    use hubspot_signature::{RequestHead, SignatureHeaders, UnixTime};

    let url = "https://hooks.example.com/hubspot";
    let now = UnixTime::from_millis(1_700_000_000_000);
    for secret in [SHORT, LONG] {
        let signed = ClientSecret::new(secret).expect("usable").sign("POST", url, b"{}", now).expect("signed");
        let verifier = Verifier::new(secret, Version::V1).expect("usable");
        // v2, whose first block holds the secret, and v3, which begins with its key.
        for headers in
            [SignatureHeaders::from_pairs(signed.pairs().take(2)), SignatureHeaders::from_pairs(signed.pairs().skip(2))]
        {
            let head = RequestHead::new("POST", url, headers);
            let verification = verifier.begin(&head, now).expect("admitted");
            let expected = if format!("{headers:?}").contains("V3: absent") {
                let signed = [secret, "POST", url].concat();
                state(*signed.as_bytes().first_chunk().expect("more than a block"))
            } else {
                keyed(secret)[1].clone()
            };
            if cfg!(debug_assertions) {
                assert_overwritten(verification, &[expected]);
            } else {
                memory_after_drop(verification, &[expected]);
            }
        }
    }
}

/// The system's allocator, which looks at every block that is freed, as it lies, for the beginning of `TRACE`.
struct Looking;

/// Half of the secret of the layer's test, which occurs in no other.
const TRACE: &[u8; 16] = b"5ca1ab1e-5eed-4e";
#[cfg(feature = "tower")]
const TRACED_SECRET: &str = "5ca1ab1e-5eed-4e8a-9b3c-6f1d2e7a8b90";
/// How often freed blocks held it, and how often a known text, to show that the allocator sees what it looks for.
static FOUND: AtomicUsize = AtomicUsize::new(0);
static KNOWN: AtomicUsize = AtomicUsize::new(0);
const KNOWN_TEXT: &[u8; 16] = b"0badc0de-5eed-4e";
const KNOWN_SECRET: &str = "0badc0de-5eed-4e8a-9b3c-6f1d2e7a8b90";

// SAFETY: every call goes to the system's allocator as it came. A block is read before it is freed, while it is still
// this program's; bytes that were never written are read through a volatile pointer, one at a time.
unsafe impl GlobalAlloc for Looking {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that what a freed block holds was written by who had it.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        let byte = |at: usize| unsafe { place.add(at).read_volatile() };
        for at in 0..(layout.size() + 1).saturating_sub(16) {
            if byte(at) == TRACE[0] && (0..16).all(|i| byte(at + i) == TRACE[i]) {
                FOUND.fetch_add(1, Ordering::Relaxed);
            }
            if byte(at) == KNOWN_TEXT[0] && (0..16).all(|i| byte(at + i) == KNOWN_TEXT[i]) {
                KNOWN.fetch_add(1, Ordering::Relaxed);
            }
        }
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // By way of `dealloc`, so that what is left behind is looked at.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            unsafe {
                std::ptr::copy_nonoverlapping(place, new, layout.size().min(size));
                self.dealloc(place, layout);
            }
        }
        new
    }
}

#[global_allocator]
static ALLOCATOR: Looking = Looking;

#[test]
fn the_allocator_sees_what_is_freed() {
    let before = KNOWN.load(Ordering::Relaxed);
    drop(black_box(KNOWN_TEXT.to_vec()));
    assert!(KNOWN.load(Ordering::Relaxed) > before);
    let before = KNOWN.load(Ordering::Relaxed);
    let mut grown = black_box(KNOWN_TEXT.to_vec());
    grown.reserve_exact(1000);
    assert!(KNOWN.load(Ordering::Relaxed) > before);
    // A state that is moved out of its block leaves a copy, as the documentation says; one that is dropped there does not.
    let boxed = || Box::new(ClientSecret::new(KNOWN_SECRET).expect("usable"));
    let before = KNOWN.load(Ordering::Relaxed);
    drop(black_box(boxed()));
    assert_eq!(KNOWN.load(Ordering::Relaxed), before);
    let moved = *black_box(boxed());
    assert!(KNOWN.load(Ordering::Relaxed) > before);
    drop(black_box(moved));
}

/// S5: two hundred requests at once, whose futures are boxed, moved, interrupted, and freed in every state.
#[cfg(feature = "tower")]
#[test]
fn requests_through_the_layer_leave_no_secret_in_freed_memory() {
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::Full;
    use hubspot_signature::tower::VerifyLayer;
    use hubspot_signature::{PublicUrl, UnixTime, Verifiers};
    use tower::{Layer, Service};

    const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_000);

    /// Two frames, with a pause before each.
    struct Slow(Vec<&'static [u8]>, bool);
    impl http_body::Body for Slow {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
            self.1 = !self.1;
            if self.1 {
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(self.0.pop().map(|data| Ok(http_body::Frame::data(Bytes::from_static(data)))))
        }
    }

    let url = PublicUrl::server("https://hooks.example.com").expect("a URL");
    // The configuration's own copies are where one finds them: the text, and the states until the verifiers are dropped.
    let secret = ClientSecret::new(TRACED_SECRET).expect("usable");
    let verifiers = Verifiers::from(Verifier::new(TRACED_SECRET, Version::V1).expect("usable"));
    let layer = VerifyLayer::with_clock(verifiers, url.clone(), || NOW);
    let inner = tower::service_fn(|_: Request<Full<Bytes>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let mut service = layer.layer(inner);
    let before = FOUND.load(Ordering::Relaxed);

    let mut on_their_way = Vec::new();
    for number in 0..200 {
        let mut signed = Request::post(format!("/hubspot?n={number}&e=%3A")).body(&b"[{},{}]"[..]).expect("a request");
        secret.sign_request(&url, &mut signed, NOW).expect("signed");
        if number % 3 == 0 {
            signed.headers_mut().remove("x-hubspot-signature-v3");
        }
        if number % 6 == 0 {
            let v1 = secret.v1(b"[{},{}]").as_str().parse().expect("a value");
            signed.headers_mut().insert("x-hubspot-signature", v1);
            signed.headers_mut().insert("x-hubspot-signature-version", "v1".parse().expect("a value"));
        }
        let last: &[u8] = if number % 5 == 0 { b"{}}" } else { b"{}]" };
        let request = signed.map(|_| Slow(vec![last, b"[{},"], false));
        on_their_way.push(Box::pin(service.call(request)));
    }
    let mut cx = Context::from_waker(Waker::noop());
    let (mut accepted, mut refused) = (0, 0);
    for turn in 0..8 {
        on_their_way.retain_mut(|future| match future.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(response) => {
                let status = response.expect("a response").status();
                if status == 200 {
                    accepted += 1
                } else {
                    refused += 1
                }
                false
            }
            std::task::Poll::Pending => true,
        });
        if turn == 3 {
            // Some are given up on half way.
            on_their_way.truncate(150);
        }
    }
    assert!(on_their_way.is_empty() && accepted >= 100 && refused >= 25, "{accepted} {refused}");
    assert_eq!(FOUND.load(Ordering::Relaxed) - before, 0, "copies of the secret in freed memory");
    drop(service);
    drop(layer);
    drop(secret);
    // Optimised, unused parts of a verifier may hold what was left on the stack when it was made.
    if cfg!(debug_assertions) {
        assert_eq!(FOUND.load(Ordering::Relaxed) - before, 0, "copies of the secret after the verifiers were dropped");
    }
}
