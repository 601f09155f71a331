//! Does one thing N times, for `check`, which runs it under callgrind: `count CASE N`.
//!
//! Each case of the crate has a bare hash next to it that compresses as many blocks, so that the difference is what the crate
//! adds. With `allocations` in N's place it prints how often the case allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, UnixTime, Verifier, Version};
use hubspot_signature_benches::*;
use sha2::{Digest, Sha256};
use tower::{Layer, Service, service_fn};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [case, times] = &arguments[..] else {
        eprintln!("count CASE N, or count CASE allocations");
        exit(2);
    };
    let (scheme, case) = case.split_once('-').unwrap_or((case, ""));
    let version = match scheme {
        "v1" => Version::V1,
        "v2" => Version::V2,
        _ => Version::V3,
    };
    let mut run = prepare(version, case);
    match times.parse::<usize>() {
        Ok(times) => (0..times).for_each(|_| run()),
        Err(_) => {
            run();
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            run();
            println!("{}", ALLOCATIONS.load(Ordering::Relaxed) - before);
        }
    }
}

fn prepare(version: Version, case: &str) -> Box<dyn FnMut()> {
    let verifier = Verifier::new(SECRET, Version::V1).expect("usable");
    let rotating = verifier.clone().previous_secret(PREVIOUS_SECRET).expect("usable");
    let public_url = PublicUrl::server(ORIGIN).expect("usable");
    let sample: &'static Sample = Box::leak(Box::new(match case {
        "umlaut" => Sample::new(SECRET, version, URI, text(AN_UMLAUT, 1024), NOW),
        "mixed" => Sample::new(SECRET, version, URI, text(A_THIRD, 1024), NOW),
        _ => Sample::ascii(version, 1024),
    }));
    let head = head(sample, Box::leak(sample.pairs().into_boxed_slice()));
    match case {
        "bare" => {
            let hashed = sample.hashed();
            Box::new(move || {
                let digest = black_box(Sha256::digest(black_box(&hashed)));
                if version == Version::V3 {
                    black_box(Sha256::digest(black_box(digest))); // HMAC's outer hash: one block
                }
            })
        }
        "accepted" | "umlaut" | "mixed" => Box::new(move || {
            black_box(verifier.verify(black_box(&head), black_box(&sample.body), NOW)).unwrap();
        }),
        "rotating" => Box::new(move || {
            black_box(rotating.verify(black_box(&head), black_box(&sample.body), NOW)).unwrap();
        }),
        "streamed" => Box::new(move || {
            let mut verification = verifier.begin(black_box(&head), NOW).unwrap();
            black_box(&sample.body).chunks(512).for_each(|frame| verification.update(frame).unwrap());
            black_box(verification.finish()).unwrap();
        }),
        "refused" => {
            let late = UnixTime::from_millis(NOW.as_millis() + 3_600_000);
            Box::new(move || {
                black_box(verifier.begin(black_box(&head), late).map(drop)).unwrap_err();
            })
        }
        "http" => {
            let request = sample.http();
            Box::new(move || {
                black_box(verifier.verify_request(&public_url, black_box(&request), NOW)).unwrap();
            })
        }
        "service" => {
            let mut service = service_fn(handler::<Full<Bytes>>);
            let (parts, body) = sample.http().into_parts();
            Box::new(move || {
                let request = http::Request::from_parts(parts.clone(), Full::new(body.clone()));
                drop(black_box(now(service.call(request))).unwrap());
            })
        }
        "tower" => {
            let mut service =
                VerifyLayer::with_clock(verifier, public_url, || NOW).layer(service_fn(handler::<Full<Bytes>>));
            let (parts, body) = sample.http().into_parts();
            Box::new(move || {
                let request = http::Request::from_parts(parts.clone(), Full::new(body.clone()));
                assert!(black_box(now(service.call(request))).unwrap().status().is_success());
            })
        }
        _ => {
            eprintln!("no case {case}");
            exit(2);
        }
    }
}

/// Counts what the system allocator is asked for.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
