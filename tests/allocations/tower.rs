//! The promises of the feature `tower` about memory: one buffer, no larger than the limit, freed with the future.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll};

use allocation_counter::{AllocationInfo, measure};
use bytes::Bytes;
use http::{Extensions, Request, Response, StatusCode};
use http_body::SizeHint;
use http_body_util::Full;
use hubspot_signature::tower::{Verify, VerifyLayer};
use hubspot_signature::{Error, PublicUrl, Verified};
use tower::{Layer, Service};

use crate::common::http::signed_for;
use crate::common::service::{Scripted, Step, data_left, poll_once, scripted};
use crate::common::{NOW, verifier};

const URL: &str = "https://hooks.example.com/hubspot";
const LIMIT: usize = 64 * 1024;
/// The last bytes of it, from the last two on, are JSON.
static BODY: [u8; LIMIT] = {
    let mut body = [b' '; LIMIT];
    (body[LIMIT - 2], body[LIMIT - 1]) = (b'{', b'}');
    body
};

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
    let public_url = PublicUrl::server("https://hooks.example.com").unwrap();
    VerifyLayer::with_clock(verifier().max_body(LIMIT as u64), public_url, || NOW).layer(Silent)
}

fn request(length: usize, frame: usize) -> Request<Scripted> {
    let body = &BODY[LIMIT - length..];
    let steps = body.chunks(frame).map(|chunk| Step::Data(Bytes::from_static(chunk)));
    signed_for(Request::post("/hubspot").body(body).unwrap(), URL).map(|_| scripted(steps).0)
}

fn announced(mut request: Request<Scripted>) -> Request<Scripted> {
    request.body_mut().announced = |steps| SizeHint::with_exact(data_left(steps));
    request
}

/// The allocations of the layer for one request, which it must answer as expected. What was there before is freed uncounted.
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

/// The cost of a value in empty extensions: nobody can leave the proof or the reason for less.
fn one_extension<T: Clone + Send + Sync + 'static>(value: T) -> u64 {
    let mut extensions = Extensions::new();
    measure(|| drop(black_box(extensions.insert(value)))).count_total
}

fn proof() -> u64 {
    let request = signed_for(Request::post("/hubspot").body("").unwrap(), URL);
    let public_url = PublicUrl::server("https://hooks.example.com").unwrap();
    one_extension::<Verified>(verifier().verify_request(&public_url, &request, NOW).unwrap())
}

#[test]
fn a_request_in_one_frame_costs_the_proof_and_nothing_else() {
    for length in [0, 2, 5000, LIMIT] {
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

/// The buffer doubles; `Bytes` may add a few words to one that is not full.
#[test]
fn a_body_of_unknown_length_costs_a_buffer_that_doubles() {
    for length in [2, 3, 5, 100, LIMIT] {
        let whole = spent(request(length, 1), StatusCode::OK);
        let buffers = whole.count_total - proof();
        assert!((1..=u64::from(length.ilog2()) + 2).contains(&buffers), "{length} bytes: {buffers} buffers");
    }
}

#[test]
fn a_refusal_costs_the_reason_and_nothing_else() {
    let unsigned = || Request::post("/hubspot").body(scripted([]).0).unwrap();
    assert_eq!(spent(unsigned(), StatusCode::UNAUTHORIZED).count_total, one_extension(Error::MissingSignature));

    let mut too_large = request(1, 1);
    too_large.body_mut().announced = |_| SizeHint::with_exact(LIMIT as u64 + 1);
    let reason = one_extension(Error::BodyTooLarge { limit: LIMIT as u64 });
    assert_eq!(spent(too_large, StatusCode::PAYLOAD_TOO_LARGE).count_total, reason);

    let mut tampered = request(10, 10);
    tampered.body_mut().steps = scripted([Step::Data(Bytes::from_static(b"tampered"))]).0.steps;
    assert_eq!(spent(tampered, StatusCode::UNAUTHORIZED).count_total, reason);
}

/// One byte at a time, announced or not: room grows with what has arrived, never by more than 64 KiB for what is only
/// announced, and nothing is held when the future is gone.
#[test]
fn a_slow_body_holds_twice_what_arrived_at_most() {
    type Announces = fn(&std::collections::VecDeque<Step>) -> SizeHint;
    let announcements: [(Announces, usize); 3] = [
        (|_| SizeHint::default(), 0),
        (|_| SizeHint::with_exact(LIMIT as u64), 64 << 10),
        (|steps| if steps.len() >= 2 * LIMIT { SizeHint::default() } else { SizeHint::with_exact(u64::MAX) }, 64 << 10),
    ];
    for (announces, hint) in announcements {
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
            for arrived in 1..=LIMIT {
                let turn = measure(|| assert!(poll_once(future.as_mut()).is_pending()));
                held += turn.bytes_current;
                let most = (2 * arrived.max(4) + hint) as i64;
                assert!(held <= most, "{held} bytes for {arrived}");
                assert!(turn.bytes_max as i64 <= most, "{} bytes at once", turn.bytes_max);
            }
            assert!(held >= LIMIT as i64);
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
