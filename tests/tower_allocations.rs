//! The promises of the feature `tower` about memory: one buffer, no larger than the limit, freed with the future.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
#![cfg(feature = "tower")]

mod adapters_common;

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll};

use adapters_common::service::{Scripted, Step, data_left, poll_once, scripted};
use adapters_common::{NOW, signed_for, verifier};
use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::{Extensions, Request, Response, StatusCode};
use http_body::SizeHint;
use http_body_util::Full;
use hubspot_signature::http::{PublicUrl, verify_at};
use hubspot_signature::tower::{Verify, VerifyLayer};
use hubspot_signature::{Error, Verified};
use tower::{Layer, Service};

const URL: &str = "https://hooks.example.com/hubspot";
const LIMIT: usize = 64 * 1024;
static BODY: [u8; LIMIT] = [b' '; LIMIT];

/// Answers, and allocates nothing itself.
#[derive(Clone)]
struct Silent;

impl Service<Request<Full<Bytes>>> for Silent {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        drop(request);
        ready(Ok(Response::default()))
    }
}

fn service() -> Verify<Silent> {
    let public_url = PublicUrl::new("https://hooks.example.com").unwrap();
    VerifyLayer::new(verifier(), public_url).clock(|| NOW).body_limit(LIMIT).layer(Silent)
}

fn request(length: usize, frame: usize) -> Request<Scripted> {
    let body = &BODY[..length];
    let steps = body.chunks(frame).map(|chunk| Step::Data(Bytes::from_static(chunk)));
    signed_for(Request::post("/hubspot").body(body).unwrap(), URL).map(|_| scripted(steps).0)
}

fn announced(mut request: Request<Scripted>) -> Request<Scripted> {
    request.body_mut().announced = |steps| SizeHint::with_exact(data_left(steps));
    request
}

/// What the layer spends on one request, which it must answer as expected. What was there before is freed uncounted.
fn spent(request: Request<Scripted>, status: StatusCode) -> AllocationInfo {
    let mut service = service();
    let mut request = Some(request);
    let mut response = None;
    let info = measure(|| {
        let mut future = pin!(service.call(request.take().unwrap()));
        loop {
            if let Poll::Ready(output) = poll_once(future.as_mut()) {
                response = Some(output);
                break;
            }
        }
    });
    assert_eq!(response.unwrap().unwrap().status(), status);
    info
}

/// What it costs to put a value in empty extensions: nobody can leave the proof or the reason for less.
fn one_extension<T: Clone + Send + Sync + 'static>(value: T) -> u64 {
    let mut extensions = Extensions::new();
    measure(|| drop(black_box(extensions.insert(value)))).count_total
}

fn proof() -> u64 {
    let request = signed_for(Request::post("/hubspot").body("").unwrap(), URL);
    let public_url = PublicUrl::new("https://hooks.example.com").unwrap();
    one_extension::<Verified>(verify_at(&verifier(), &public_url, &request, NOW).unwrap())
}

#[test]
fn a_request_in_one_frame_costs_the_proof_and_nothing_else() {
    for length in [0, 1, 5000, LIMIT] {
        assert_eq!(spent(request(length, LIMIT), StatusCode::OK).count_total, proof(), "{length} bytes");
    }
}

#[test]
fn an_announced_body_in_many_frames_costs_one_buffer_of_its_size() {
    for (length, frame) in [(2, 1), (5000, 1), (5000, 4999), (LIMIT, 1000), (LIMIT, 100)] {
        let whole = spent(announced(request(length, frame)), StatusCode::OK);
        assert_eq!(whole.count_total, proof() + 1, "{length} bytes");
        let head_only = spent(request(0, 1), StatusCode::OK);
        assert_eq!(whole.bytes_total, head_only.bytes_total + length as u64);
    }
}

/// The buffer doubles up to the limit; `Bytes` may put a few words beside one that is not full.
#[test]
fn a_body_of_unknown_length_costs_a_buffer_that_doubles() {
    for (length, buffers) in [(2, 1), (3, 2), (5, 3), (LIMIT, 16)] {
        let whole = spent(request(length, 1), StatusCode::OK);
        let beside = whole.count_total - proof() - buffers;
        assert!(beside <= 1, "{length} bytes: {beside} more than expected");
    }
}

#[test]
fn a_refusal_costs_the_reason_and_nothing_else() {
    let unsigned = || Request::post("/hubspot").body(scripted([]).0).unwrap();
    assert_eq!(spent(unsigned(), StatusCode::UNAUTHORIZED).count_total, one_extension(Error::MissingSignature));

    let mut too_large = request(1, 1);
    too_large.body_mut().announced = |_| SizeHint::with_exact(LIMIT as u64 + 1);
    let reason = one_extension(Error::BodyTooLarge { limit: LIMIT });
    assert_eq!(spent(too_large, StatusCode::PAYLOAD_TOO_LARGE).count_total, reason);

    let mut tampered = request(10, 10);
    tampered.body_mut().steps = scripted([Step::Data(Bytes::from_static(b"tampered"))]).0.steps;
    assert_eq!(spent(tampered, StatusCode::UNAUTHORIZED).count_total, reason);
}

/// One byte at a time, without end, announced or not: at every pause no more is held than the limit, while a frame is
/// taken no more than the old and the new buffer, and nothing when the future is gone.
#[test]
fn a_slow_body_holds_no_more_than_the_limit() {
    let announcements: [fn(&std::collections::VecDeque<Step>) -> SizeHint; 3] = [
        |_| SizeHint::default(),
        |_| SizeHint::with_exact(LIMIT as u64),
        |steps| if steps.len() >= 2 * LIMIT { SizeHint::default() } else { SizeHint::with_exact(u64::MAX) },
    ];
    for announces in announcements {
        let steps =
            BODY.iter().flat_map(|byte| [Step::Data(Bytes::from_static(std::slice::from_ref(byte))), Step::Pending]);
        let mut request = request(LIMIT, LIMIT).map(|_| scripted(steps).0);
        request.body_mut().announced = announces;
        let mut request = Some(request);
        let mut service = service();
        let all = measure(|| {
            let mut future = Box::pin(service.call(request.take().unwrap()));
            // The future and the body that was moved into it are no part of the buffer.
            let mut held = 0;
            for _ in 0..LIMIT {
                let turn = measure(|| assert!(poll_once(future.as_mut()).is_pending()));
                held += turn.bytes_current;
                assert!(held <= LIMIT as i64, "{held} bytes");
                assert!(turn.bytes_max <= LIMIT as u64, "{} bytes at once", turn.bytes_max);
            }
            assert_eq!(held, LIMIT as i64);
            drop(future);
        });
        assert!(all.bytes_current <= 0, "{} bytes leaked", all.bytes_current);
    }
}

#[test]
fn dropping_the_future_frees_what_was_read() {
    for frames in 0..4 {
        let mut held = AllocationInfo::default();
        let all = measure(|| {
            let mut service = service();
            let frames = std::iter::repeat_with(|| Step::Data(Bytes::from(BODY[..1000].to_vec()))).take(frames);
            let request = request(1, 1).map(|_| scripted(frames.chain([Step::Silence])).0);
            held = measure(|| {
                let mut future = Box::pin(service.call(request));
                assert!(poll_once(future.as_mut()).is_pending());
                drop(future);
            });
        });
        assert_eq!((all.count_current, all.bytes_current), (0, 0), "{frames} frames");
        // All of the request went into the future, and with it.
        assert!(held.bytes_current <= -1000 * i64::try_from(frames).unwrap());
    }
}

#[test]
fn a_body_that_outgrows_the_limit_is_let_go_with_the_refusal() {
    let steps = std::iter::repeat_with(|| Step::Data(Bytes::from_static(&BODY[..1000]))).take(100);
    let mut request = Some(request(1, 1).map(|_| scripted(steps).0));
    let mut service = service();
    let mut future = pin!(service.call(request.take().unwrap()));
    let mut response = None;
    let spent = measure(|| response = Some(poll_once(future.as_mut())));
    let Some(Poll::Ready(Ok(response))) = response else { panic!("not ready") };
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    // The reason in the response's extensions is all that stays; the future is still there.
    assert!(spent.bytes_current < 500, "{} bytes", spent.bytes_current);
}

/// The size of the future is part of what a request costs; a growth should be noticed.
#[test]
fn the_future_is_no_larger_than_it_has_to_be() {
    let size = size_of::<<Verify<Silent> as Service<Request<Full<Bytes>>>>::Future>();
    assert!(size <= 1536, "{size} bytes");
}
