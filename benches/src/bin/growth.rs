//! How cost grows with the work, as `what,size,value`: time with the size of the body, with secrets and with verifiers,
//! requests a second by one `Verifiers` with threads, and bytes held by slow connections in the layer.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::Full;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verifier, Verifiers, Version};
use hubspot_signature_benches::*;
use sha2::{Digest, Sha256};
use tower::{Layer, Service, service_fn};

fn main() {
    println!("what,size,value");
    body_size();
    secrets_and_verifiers();
    threads();
    slow_connections();
}

fn verifier() -> Verifier {
    Verifier::new(SECRET, Version::V3).expect("usable")
}

/// The shortest of several runs, in nanoseconds.
fn shortest(mut run: impl FnMut(), times: u32) -> f64 {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed().as_nanos() as f64
    };
    (0..times).map(|_| time(&mut run)).fold(f64::MAX, f64::min)
}

fn body_size() {
    let verifier = verifier();
    for size in (10..=26).step_by(2).map(|power| 1usize << power) {
        let sample = Sample::ascii(Version::V3, size);
        let pairs = sample.pairs();
        let head = head(&sample, &pairs);
        let before = HELD.load(Ordering::Relaxed);
        let times = (1 << 31 >> size.ilog2()).clamp(20, 2000);
        let verify = || {
            black_box(verifier.verify(black_box(&head), black_box(&sample.body), NOW)).unwrap();
        };
        println!("nanoseconds for a body of bytes,{size},{:.0}", shortest(verify, times));
        let hash = || {
            black_box(Sha256::digest(black_box(&sample.body)));
        };
        println!("nanoseconds for the bare hash of as many bytes,{size},{:.0}", shortest(hash, times));
        let mut verification = verifier.begin(&head, NOW).unwrap();
        sample.body.chunks(8192).for_each(|chunk| verification.update(chunk).unwrap());
        println!("bytes on the heap while a body of bytes is hashed,{size},{}", HELD.load(Ordering::Relaxed) - before);
        verification.finish().unwrap();
    }
}

/// The secret that matches is the last one.
fn secrets_and_verifiers() {
    let sample = Sample::ascii(Version::V3, 1024);
    let pairs = sample.pairs();
    let head = head(&sample, &pairs);
    let other = |number: usize| {
        Verifier::new(&format!("{number:08}-zzzz-zzzz-zzzz-zzzzzzzzzzzz"), Version::V3).expect("usable")
    };
    let rotating = other(1).previous_secret(SECRET).expect("usable");
    let time = |verify: &dyn Fn()| shortest(|| (0..100).for_each(|_| verify()), 500) / 100.0;
    for (secrets, verifier) in [(1, verifier()), (2, rotating)] {
        let ns = time(&|| {
            black_box(verifier.verify(black_box(&head), &sample.body, NOW)).unwrap();
        });
        println!("nanoseconds with secrets,{secrets},{ns:.0}");
    }
    for count in 1..=8 {
        let mut all: VecDeque<_> = (1..count).map(other).chain([verifier()]).collect();
        let first = all.pop_front().expect("one at least");
        let verifiers = Verifiers::new(first, all);
        let ns = time(&|| {
            black_box(verifiers.verify(black_box(&head), &sample.body, NOW)).unwrap();
        });
        println!("nanoseconds with verifiers,{count},{ns:.0}");
    }
}

fn threads() {
    let (verifiers, sample) = (Verifiers::from(verifier()), Sample::ascii(Version::V3, 1024));
    let pairs = sample.pairs();
    let head = head(&sample, &pairs);
    for count in [1, 2] {
        let run = || {
            for _ in 0..20_000 {
                black_box(verifiers.verify(black_box(&head), &sample.body, NOW)).unwrap();
            }
        };
        let ns = shortest(|| std::thread::scope(|scope| (0..count).for_each(|_| drop(scope.spawn(run)))), 20);
        println!(
            "requests a second by one `Verifiers` with threads,{count},{:.0}",
            f64::from(count) * 20_000.0 / ns * 1e9
        );
    }
}

/// A body of which each poll gives one frame, and then nothing until it is polled again.
struct Slow(VecDeque<Bytes>, bool);

impl Body for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.1 = !self.1;
        if self.1 { Poll::Pending } else { Poll::Ready(self.0.pop_front().map(|data| Ok(Frame::data(data)))) }
    }
}

fn slow_connections() {
    let layer = VerifyLayer::with_clock(verifier(), PublicUrl::server(ORIGIN).expect("usable"), || NOW);
    let mut service = layer.layer(service_fn(handler::<Full<Bytes>>));
    let sample = Sample::ascii(Version::V3, 64 * 1024);
    let frames: VecDeque<_> = sample.body.chunks(4096).map(|frame| Bytes::from_owner(frame.to_vec())).collect();
    for count in [1, 500, 1000, 2000] {
        let requests: Vec<_> = (0..count).map(|_| sample.http().map(|_| Slow(frames.clone(), false))).collect();
        let before = HELD.load(Ordering::Relaxed);
        let mut calls: Vec<_> = requests.into_iter().map(|request| Box::pin(service.call(request))).collect();
        let mut held = |what: &str, polls: usize| {
            for call in &mut calls {
                for _ in 0..polls {
                    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
                }
            }
            let bytes = (HELD.load(Ordering::Relaxed) - before) / count;
            println!("bytes held by each slow connection {what},{count},{bytes}");
        };
        held("before its body arrives", 1);
        held("with 32 KiB of its body arrived", 8);
        drop(calls);
    }
    let mut whole = pin!(service.call(sample.http().map(|_| Slow(frames, false))));
    while whole.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {}
}

/// Counts the bytes that are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
