//! The promises of the feature `tower`, over bodies that follow a script.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::RETRY_AFTER;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body::{Body, SizeHint};
use http_body_util::Full;
use hubspot_signature::tower::{Refusal, Unshaped, VerifyFuture, VerifyLayer};
use hubspot_signature::{BodyForm, Error, Header, HeaderFault, PublicUrl, UnixTime, Verified, Version};
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt};

use crate::common::http::{set, signed_at, signed_for, strip_v3};
use crate::common::service::{Inner, Scripted, Seen, Step, Woken, data_left, frames, poll_once, run, scripted};
use crate::common::{NOW, SECRET, secret, verifier};

const URL: &str = "https://hooks.example.com/hubspot?tenant=7";
const BODY: &[u8] = b"[{\"eventId\":1,\"name\":\"\xc3\xa4\"}]";

fn server() -> PublicUrl {
    PublicUrl::server("https://hooks.example.com").unwrap()
}

fn layer() -> VerifyLayer {
    VerifyLayer::with_clock(verifier(), server(), || NOW)
}

/// Takes no more than this many bytes of body.
fn limited(limit: usize) -> VerifyLayer {
    VerifyLayer::with_clock(verifier().max_body(limit as u64), server(), || NOW)
}

const fn too_large(limit: usize) -> Error {
    Error::BodyTooLarge { limit: limit as u64 }
}

/// A request that HubSpot signed with `BODY`, and with another body in the place of it.
fn request<B>(body: B) -> Request<B> {
    signed_for(Request::post("/hubspot?tenant=7").body(BODY).unwrap(), URL).map(|_| body)
}

fn full() -> Full<Bytes> {
    Full::new(Bytes::from_static(BODY))
}

/// Sends one request and returns the response and what came through to the inner service.
fn send<B: Body>(layer: &VerifyLayer, request: Request<B>) -> (Response<String>, Seen) {
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let response = run(layer.layer(inner).oneshot(request)).unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (response, seen)
}

#[track_caller]
fn assert_refused(response: &Response<String>, status: StatusCode, error: Error) {
    assert_eq!(response.extensions().get::<Error>(), Some(&error));
    assert_eq!(response.status(), status);
    assert_eq!(response.body(), "");
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

#[track_caller]
fn assert_passed(response: &Response<String>, seen: &Seen) -> Request<Bytes> {
    assert_eq!(response.extensions().get::<Error>(), None);
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "from inside"));
    let [request] = &seen.requests[..] else { panic!("{} requests came through", seen.requests.len()) };
    request.clone()
}

const MISMATCH: Error = Error::Mismatch { version: Version::V3 };

#[test]
fn a_genuine_request_goes_on_whole_and_with_the_proof() {
    let mut sent = request(full());
    *sent.version_mut() = http::Version::HTTP_2;
    sent.headers_mut().insert("x-kept", HeaderValue::from_static("kept"));
    sent.extensions_mut().insert("kept too");
    let head = sent.clone().into_parts().0;

    let (response, seen) = send(&layer(), sent);
    let (arrived, body) = assert_passed(&response, &seen).into_parts();
    assert_eq!(body, BODY);
    assert_eq!((arrived.method, arrived.uri, arrived.version), (head.method, head.uri, head.version));
    assert_eq!(arrived.headers, head.headers);
    assert_eq!(arrived.extensions.get(), Some(&"kept too"));
    let verified = arrived.extensions.get::<Verified>().unwrap();
    assert_eq!((verified.version(), verified.timestamp()), (Version::V3, Some(NOW)));
}

#[test]
fn a_forged_request_never_comes_through() {
    let (response, seen) = send(&layer(), request(Full::new(Bytes::from_static(b"[{\"eventId\":2}]"))));
    assert_refused(&response, StatusCode::UNAUTHORIZED, MISMATCH);
    assert!(seen.requests.is_empty());
}

#[test]
fn a_refused_head_costs_no_byte_of_the_body() {
    type Change = fn(&mut Request<()>);
    let cases: [(Change, Error); 13] = [
        (|request| request.headers_mut().clear(), Error::MissingSignature),
        (
            |request| drop(request.headers_mut().remove(Header::RequestTimestamp.name())),
            Error::MissingHeader { header: Header::RequestTimestamp },
        ),
        (
            |request| {
                request.headers_mut().append(Header::SignatureV3.name(), HeaderValue::from_static("again"));
            },
            Error::DuplicateHeader { header: Header::SignatureV3 },
        ),
        (
            |request| {
                *request = strip_v3(std::mem::take(request));
                request.headers_mut().insert(Header::SignatureVersion.name(), HeaderValue::from_static("v4"));
            },
            Error::UnknownVersion,
        ),
        (
            |request| {
                *request = strip_v3(std::mem::take(request));
                request.headers_mut().insert(Header::SignatureVersion.name(), HeaderValue::from_static("v1"));
            },
            Error::VersionBelowMinimum { found: Version::V1, minimum: Version::V2 },
        ),
        (
            |request| drop(request.headers_mut().insert(Header::SignatureV3.name(), HeaderValue::from_static("x"))),
            Error::MalformedSignature { version: Version::V3, length: 1 },
        ),
        (
            |request| {
                drop(request.headers_mut().insert(Header::RequestTimestamp.name(), HeaderValue::from_static("1")))
            },
            Error::MalformedTimestamp { length: 1 },
        ),
        (|request| *request.method_mut() = Method::from_bytes(b"post").unwrap(), Error::InvalidMethod),
        (|request| *request.uri_mut() = "*".parse().unwrap(), Error::UriNotAbsolute),
        (|request| *request.uri_mut() = "hooks.example.com:443".parse().unwrap(), Error::UriNotAbsolute),
        (|request| *request = signed_time(301_000).1, signed_time(301_000).0),
        (|request| *request = signed_time(-61_000).1, signed_time(-61_000).0),
        (
            |request| drop(request.headers_mut().remove("host")),
            Error::PublicUrlUnknown { header: "host", fault: HeaderFault::Absent },
        ),
    ];
    for (change, error) in cases {
        let layer = match error {
            Error::PublicUrlUnknown { .. } => {
                VerifyLayer::with_clock(verifier(), PublicUrl::trusting_host_header(), || NOW)
            }
            _ => layer(),
        };
        let mut head = request(());
        change(&mut head);
        let (mut body, polls) = scripted(frames(BODY, &[]));
        // Were the size judged first, this would be 413.
        body.announced = |_| SizeHint::with_exact(u64::MAX);
        let (response, seen) = send(&layer, head.map(|()| body));
        assert_refused(&response, StatusCode::UNAUTHORIZED, error);
        assert_eq!((polls.load(Relaxed), seen.requests.len()), (0, 0), "{error:?}");
    }
}

/// A request signed that many milliseconds before `NOW`, and what is wrong with it.
fn signed_time(age: i64) -> (Error, Request<()>) {
    let timestamp = UnixTime::from_millis(NOW.as_millis().checked_add_signed(-age).unwrap());
    let signed = signed_at(Request::post("/hubspot?tenant=7").body(BODY).unwrap(), URL, timestamp).map(|_| ());
    let error = if age > 0 {
        Error::TimestampTooOld { timestamp, now: NOW, max_age: Duration::from_secs(300) }
    } else {
        Error::TimestampInFuture { timestamp, now: NOW, max_clock_skew: Duration::from_secs(60) }
    };
    (error, signed)
}

#[test]
fn the_clock_of_the_layer_judges() {
    for age in [-60_000, -1, 0, 300_000] {
        let (response, seen) = send(&layer(), signed_time(age).1.map(|()| full()));
        assert_passed(&response, &seen);
    }
    let without_clock = VerifyLayer::new(verifier(), server());
    let (response, _) = send(&without_clock, request(full()));
    assert!(matches!(response.extensions().get(), Some(Error::TimestampTooOld { .. })));
    let now = signed_at(Request::post("/hubspot?tenant=7").body(BODY).unwrap(), URL, UnixTime::now());
    let (response, seen) = send(&without_clock, now.map(|_| full()));
    assert_passed(&response, &seen);
}

#[test]
fn a_body_announced_as_too_large_is_not_read() {
    for announced in [|_: &_| SizeHint::with_exact(BODY.len() as u64), |_: &_| SizeHint::with_exact(u64::MAX)] {
        let (mut body, polls) = scripted(frames(BODY, &[]));
        body.announced = announced;
        let limit = BODY.len() - 1;
        let (response, seen) = send(&limited(limit), request(body));
        assert_refused(&response, StatusCode::PAYLOAD_TOO_LARGE, too_large(limit));
        assert_eq!((polls.load(Relaxed), seen.requests.len()), (0, 0));
    }
}

#[test]
fn a_body_that_turns_out_too_large_is_read_no_further() {
    let limit = BODY.len() - 1;
    for (sizes, read) in [(vec![], 1), (vec![10], 2), (vec![BODY.len() - 1], 2), (vec![1; BODY.len()], BODY.len())] {
        let mut steps = frames(BODY, &sizes);
        steps.push(Step::Silence);
        let (body, polls) = scripted(steps);
        let (response, seen) = send(&limited(limit), request(body));
        assert_refused(&response, StatusCode::PAYLOAD_TOO_LARGE, too_large(limit));
        assert_eq!((polls.load(Relaxed), seen.requests.len()), (read, 0));
    }
}

#[test]
fn a_body_of_exactly_the_limit_passes() {
    for sizes in [vec![], vec![1], vec![0, 7, 0, 0, 9], vec![1; BODY.len()]] {
        for announced in [|_: &_| SizeHint::default(), |steps: &_| SizeHint::with_exact(data_left(steps))] {
            let (mut body, _) = scripted(frames(BODY, &sizes));
            body.announced = announced;
            let (response, seen) = send(&limited(BODY.len()), request(body));
            assert_eq!(assert_passed(&response, &seen).body(), BODY);
        }
    }
}

#[test]
fn the_default_limit_is_one_mebibyte() {
    for (length, status) in [(1 << 20, StatusCode::OK), ((1 << 20) + 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let body = [b"[", vec![b' '; length - 2].as_slice(), b"]"].concat();
        let request = signed_for(Request::post("/hubspot?tenant=7").body(body).unwrap(), URL);
        let (response, _) = send(&layer(), request.map(|body| Full::new(Bytes::from(body))));
        assert_eq!(response.status(), status);
    }
}

#[test]
fn an_empty_body_passes_whatever_the_limit() {
    for steps in [vec![], vec![Step::Data(Bytes::new()), Step::Trailers, Step::Data(Bytes::new())]] {
        let empty = signed_for(Request::get("/hubspot?tenant=7").body("").unwrap(), URL);
        let (body, _) = scripted(steps);
        let (response, seen) = send(&limited(0), empty.map(|_| body));
        assert!(assert_passed(&response, &seen).body().is_empty());
    }
}

#[test]
fn a_body_on_get_is_refused_when_it_comes() {
    let get = signed_for(Request::get("/hubspot?tenant=7").body("").unwrap(), URL);
    let (response, seen) = send(&layer(), get.map(|_| Full::new(Bytes::from_static(b"7"))));
    assert_refused(&response, StatusCode::UNAUTHORIZED, Error::UnexpectedBody);
    assert!(seen.requests.is_empty());
}

#[test]
fn announcements_that_lie_change_nothing_but_the_room_that_is_made() {
    type Announced = fn(&std::collections::VecDeque<Step>) -> SizeHint;
    let lies: [Announced; 4] = [
        |_| SizeHint::with_exact(0),
        |_| SizeHint::with_exact(1 << 20),
        |steps| SizeHint::with_exact(if steps.len() == 3 { 0 } else { u64::MAX }),
        |steps| SizeHint::with_exact(data_left(steps) / 2),
    ];
    for announced in lies {
        let (mut body, _) = scripted(frames(BODY, &[5, 5]));
        body.announced = announced;
        let (response, seen) = send(&layer(), request(body));
        assert_eq!(assert_passed(&response, &seen).body(), BODY);
    }
}

#[test]
fn a_body_in_one_frame_is_handed_on_without_a_copy() {
    let bytes = Bytes::from(BODY.to_vec());
    let empty = || Step::Data(Bytes::new());
    let (body, _) = scripted([empty(), Step::Pending, Step::Data(bytes.clone()), empty(), Step::Trailers]);
    let (response, seen) = send(&layer(), request(body));
    let arrived = assert_passed(&response, &seen);
    assert_eq!((arrived.body().as_ptr(), arrived.body().len()), (bytes.as_ptr(), bytes.len()));
}

#[test]
fn trailers_are_dropped() {
    let (body, _) = scripted(frames(BODY, &[3]).into_iter().chain([Step::Trailers]));
    let (response, seen) = send(&layer(), request(body));
    // The inner service asserts that none arrived.
    assert_eq!(assert_passed(&response, &seen).body(), BODY);
}

#[test]
fn data_in_pieces_are_taken_whole() {
    let split = |at: usize| Bytes::from_static(&BODY[..at]).chain(Bytes::from_static(&BODY[at..]));
    for at in [0, 1, 20, BODY.len()] {
        let (body, _) = scripted([Step::Data(split(at))]);
        let (response, seen) = send(&layer(), request(body));
        assert_eq!(assert_passed(&response, &seen).body(), BODY);

        let (body, _) = scripted([Step::Data(split(at))]);
        let (response, _) = send(&limited(BODY.len() - 1), request(body));
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}

#[test]
fn a_body_that_breaks_off_is_a_bad_request() {
    for before in [vec![], frames(BODY, &[]), frames(BODY, &[4])] {
        let (body, _) = scripted(before.into_iter().chain([Step::Pending, Step::Fail]));
        let (response, seen) = send(&layer(), request(body));
        assert_refused(&response, StatusCode::BAD_REQUEST, Error::BodyUnreadable);
        assert!(seen.requests.is_empty());
    }
}

/// An inner service that fails with a type of its own, first when asked whether it is ready, then when called.
#[derive(Clone, Debug)]
struct Failing {
    ready: Result<(), InnerError>,
}

#[derive(Clone, Debug, PartialEq)]
struct InnerError(u32);

impl Service<Request<Full<Bytes>>> for Failing {
    type Response = Response<String>;
    type Error = InnerError;
    type Future = Ready<Result<Response<String>, InnerError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InnerError>> {
        Poll::Ready(self.ready.clone())
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        ready(Err(InnerError(2)))
    }
}

#[test]
fn errors_of_the_inner_service_are_its_own() {
    let send = |ready| run(layer().layer(Failing { ready }).oneshot(request(full()))).unwrap_err();
    assert_eq!(send(Err(InnerError(1))), InnerError(1));
    assert_eq!(send(Ok(())), InnerError(2));
}

#[test]
fn a_refusal_is_no_error_even_of_a_failing_service() {
    let unsigned = Request::post("/hubspot").body(full()).unwrap();
    let response = run(layer().layer(Failing { ready: Ok(()) }).oneshot(unsigned)).unwrap();
    assert_refused(&response, StatusCode::UNAUTHORIZED, Error::MissingSignature);
}

#[test]
fn the_instance_that_was_ready_is_the_one_called() {
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let mut service = layer().layer(inner);
    let unsigned = || Request::post("/hubspot").body(full()).unwrap();

    for sent in [request(full()), unsigned(), request(full())] {
        run(ServiceExt::<Request<Full<Bytes>>>::ready(&mut service)).unwrap();
        run(service.call(sent)).unwrap();
    }

    let seen = seen.lock().unwrap();
    // The second was refused, and went with the request that it was made ready for.
    assert_eq!(seen.called, [0, 2]);
    assert_eq!(seen.instances, 4);
}

#[test]
fn two_requests_may_be_on_their_way_at_once() {
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let mut service = layer().layer(inner);
    let mut call = |body| {
        run(ServiceExt::<Request<Scripted>>::ready(&mut service)).unwrap();
        service.call(request(body))
    };
    let mut first = pin!(call(scripted(frames(BODY, &[4]).into_iter().chain([Step::Pending])).0));
    assert!(poll_once(first.as_mut()).is_pending());
    run(call(scripted(frames(BODY, &[])).0)).unwrap();
    run(first).unwrap();
    assert_eq!(seen.lock().unwrap().called, [1, 0]);
}

/// Not ready until told.
#[derive(Clone)]
struct Busy(Arc<Mutex<bool>>);

impl Service<Request<Full<Bytes>>> for Busy {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if *self.0.lock().unwrap() { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

#[test]
fn the_layer_is_ready_when_the_inner_service_is() {
    let is_free = Arc::new(Mutex::new(false));
    let mut service = layer().layer(Busy(is_free.clone()));
    let mut when_ready = pin!(ServiceExt::<Request<Full<Bytes>>>::ready(&mut service));
    assert!(poll_once(when_ready.as_mut()).is_pending());
    *is_free.lock().unwrap() = true;
    assert!(poll_once(when_ready).is_ready());
}

#[test]
fn only_mismatches_are_answered_with_a_retry() {
    let retrying = limited(100).retry_mismatches(Duration::from_millis(29_001));
    let (response, seen) = send(&retrying, request(Full::new(Bytes::from_static(b"{}"))));
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers().len(), 1);
    assert_eq!(response.headers()[RETRY_AFTER], "30");
    assert_eq!(response.extensions().get(), Some(&MISMATCH));
    assert!(response.body().is_empty() && seen.requests.is_empty());

    let (response, seen) = send(&retrying, request(full()));
    assert_passed(&response, &seen);

    let with_nul = strip_v3(request(Full::new(Bytes::from_static(b"{\0}"))));
    let (response, _) = send(&retrying, with_nul);
    assert_refused(&response, StatusCode::UNAUTHORIZED, Error::BodyHasNul);
    let (response, _) = send(&retrying, signed_time(301_000).1.map(|()| full()));
    assert_refused(&response, StatusCode::UNAUTHORIZED, signed_time(301_000).0);
    let (response, _) = send(&retrying, Request::post("/hubspot").body(full()).unwrap());
    assert_refused(&response, StatusCode::UNAUTHORIZED, Error::MissingSignature);
    let (response, _) = send(&retrying, request(Full::new(Bytes::from_static(&[b' '; 101]))));
    assert_refused(&response, StatusCode::PAYLOAD_TOO_LARGE, too_large(100));
    let (response, _) = send(&retrying, request(scripted([Step::<Bytes>::Fail]).0));
    assert_refused(&response, StatusCode::BAD_REQUEST, Error::BodyUnreadable);
}

#[test]
fn the_delay_is_in_whole_seconds_and_never_shorter_than_asked() {
    for (delay, header) in [
        (Duration::ZERO, "0"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_secs(60), "60"),
        (Duration::MAX, "18446744073709551615"),
    ] {
        let (response, _) = send(&layer().retry_mismatches(delay), request(Full::new(Bytes::from_static(b"{}"))));
        assert_eq!(response.headers()[RETRY_AFTER], header);
    }
}

#[test]
fn the_hook_sees_the_refusal_and_shapes_the_response() {
    let sees = |request: Request<Scripted>| {
        let noted = Arc::new(Mutex::new(Vec::new()));
        let notes = noted.clone();
        let shaping = limited(100).on_refusal(move |refusal: &Refusal<'_>, response: Response<String>| {
            let head = refusal.head();
            assert_eq!(response.extensions().get(), Some(&refusal.error()));
            notes.lock().unwrap().push((
                refusal.error(),
                (head.method.clone(), head.uri.clone(), head.headers.clone()),
                refusal.body().map(<[u8]>::to_vec),
                response.status(),
            ));
            let mut response = response.map(|_| "not from HubSpot".to_owned());
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        });
        let head = (request.method().clone(), request.uri().clone(), request.headers().clone());
        let response = run(shaping.layer(Inner::new()).oneshot(request)).unwrap();
        let mut noted = noted.lock().unwrap();
        if let Some((_, seen_head, ..)) = noted.first() {
            assert_eq!(seen_head, &head);
            assert_eq!((response.status(), response.body().as_str()), (StatusCode::IM_A_TEAPOT, "not from HubSpot"));
        } else {
            assert_eq!(response.status(), StatusCode::OK);
        }
        noted.drain(..).map(|(error, _, body, status)| (error, body, status)).collect::<Vec<_>>()
    };
    assert_eq!(sees(request(scripted(frames(BODY, &[3])).0)), []);
    assert_eq!(
        sees(request(scripted(frames(b"[one and two]", &[3, 4])).0)),
        [(MISMATCH, Some(b"[one and two]".to_vec()), StatusCode::UNAUTHORIZED)]
    );
    assert_eq!(
        sees(request(scripted(frames(b"{}", &[])).0)),
        [(MISMATCH, Some(b"{}".to_vec()), StatusCode::UNAUTHORIZED)]
    );
    assert_eq!(
        sees(request(scripted(frames(b"a=b", &[1])).0)),
        [(Error::BodyNotJson { looks_like: BodyForm::Other }, None, StatusCode::UNAUTHORIZED)]
    );
    assert_eq!(
        sees(strip_v3(request(scripted(frames(b"{a\0", &[1])).0))),
        [(Error::BodyHasNul, None, StatusCode::UNAUTHORIZED)]
    );
    let get = signed_for(Request::get("/hubspot?tenant=7").body("").unwrap(), URL);
    assert_eq!(
        sees(get.map(|_| scripted(frames(b"7", &[])).0)),
        [(Error::UnexpectedBody, None, StatusCode::UNAUTHORIZED)]
    );
    assert_eq!(
        sees(request(scripted(frames(&[b' '; 101], &[50])).0)),
        [(too_large(100), None, StatusCode::PAYLOAD_TOO_LARGE)]
    );
    assert_eq!(
        sees(request(scripted(frames(BODY, &[3]).into_iter().chain([Step::Fail])).0)),
        [(Error::BodyUnreadable, None, StatusCode::BAD_REQUEST)]
    );
    assert_eq!(
        sees(Request::post("/hubspot").body(scripted(frames(BODY, &[])).0).unwrap()),
        [(Error::MissingSignature, None, StatusCode::UNAUTHORIZED)]
    );
}

/// Of a request that has none, nothing is left to read.
#[test]
fn the_hook_sees_that_there_is_no_body() {
    for (body, expected) in [("", Some(&[][..])), ("{}", None)] {
        let shaping = layer().on_refusal(move |refusal: &Refusal<'_>, response: Response<String>| {
            assert_eq!((refusal.error(), refusal.body()), (Error::MissingSignature, expected));
            response
        });
        let unsigned = Request::post("/hubspot").body(Full::new(Bytes::from(body))).unwrap();
        let response = run(shaping.layer(Inner::new()).oneshot(unsigned)).unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
}

#[test]
fn nothing_that_is_shown_holds_a_secret_a_signature_or_personal_data() {
    let shown = Arc::new(Mutex::new(String::new()));
    let shows = shown.clone();
    let layer = layer().retry_mismatches(Duration::from_secs(60));
    let mut shown_by_debug = format!("{layer:?} {:?}", layer.layer(Failing { ready: Ok(()) }));
    assert!(shown_by_debug.contains("retry_mismatches: Some(60s)"), "{shown_by_debug}");

    let shaping = layer.on_refusal(move |refusal: &Refusal<'_>, response: Response<String>| {
        *shows.lock().unwrap() += &format!("{refusal:?} {refusal:#?} {}", refusal.error());
        response
    });
    let forged = b"{\"email\":\"someone@example.com\"}";
    let mut sent = Request::post("/hubspot?userEmail=someone%40example.com").body(&forged[..]).unwrap();
    set(&mut sent, &secret().sign("POST", "https://other.example.com/", forged, NOW).unwrap());
    let url = "https://hooks.example.com/hubspot?userEmail=someone%40example.com";
    let expected = secret().sign("POST", url, forged, NOW).unwrap();
    let presented = sent.headers().clone();
    let sent = sent.map(|body| Full::new(Bytes::from_static(body)));
    let response = run(shaping.layer(Inner::new()).oneshot(sent)).unwrap();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    shown_by_debug += &format!("{response:?} {:?} {shaping:?}", response.extensions().get::<Error>());
    shown_by_debug += &shown.lock().unwrap();

    assert!(shown_by_debug.contains("path: \"/hubspot\""), "{shown_by_debug}");
    for kept_back in [SECRET, "someone", "userEmail"] {
        assert!(!shown_by_debug.contains(kept_back), "{kept_back} in {shown_by_debug}");
    }
    for header in [Header::Signature, Header::SignatureV3] {
        let expected = expected.pairs().find(|(name, _)| *name == header.name()).unwrap().1;
        assert!(!shown_by_debug.contains(expected));
        assert!(!shown_by_debug.contains(presented[header.name()].to_str().unwrap()));
    }
}

#[test]
fn dropping_the_future_drops_the_body_and_calls_nobody() {
    for sizes in [vec![], vec![3], vec![3, 4]] {
        let inner = Inner::new();
        let seen = inner.seen.clone();
        let (body, polls) = scripted(frames(BODY, &sizes).into_iter().chain([Step::Silence]));
        let mut future = Box::pin(layer().layer(inner).oneshot(request(body)));
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(polls.load(Relaxed), sizes.len() + 2);
        drop(future);
        assert_eq!(seen.lock().unwrap().requests.len(), 0);
        assert_eq!((Arc::strong_count(&seen), Arc::strong_count(&polls)), (1, 1));
    }
}

/// Everything that is held is freed when the verdict is out, not only when the future is dropped.
#[test]
fn a_finished_future_holds_nothing_and_may_be_polled_again() {
    let huge = Bytes::from(vec![b' '; 200]);
    let requests: [(Request<Scripted>, StatusCode); 5] = [
        (request(scripted(frames(BODY, &[3])).0), StatusCode::OK),
        (request(scripted(frames(b"{}", &[1])).0), StatusCode::UNAUTHORIZED),
        (request(scripted([Step::Data(huge)]).0), StatusCode::PAYLOAD_TOO_LARGE),
        (request(scripted([Step::Fail]).0), StatusCode::BAD_REQUEST),
        (Request::post("/hubspot").body(scripted([]).0).unwrap(), StatusCode::UNAUTHORIZED),
    ];
    for (request, status) in requests {
        let polls = request.body().polls.clone();
        let inner = Inner::new();
        let seen = inner.seen.clone();
        let mut service = limited(100).layer(inner);
        run(ServiceExt::<Request<Scripted>>::ready(&mut service)).unwrap();
        let mut future = pin!(service.call(request));
        let Poll::Ready(Ok(response)) = poll_once(future.as_mut()) else { panic!("not ready") };
        assert_eq!(response.status(), status);
        drop(service);
        assert_eq!((Arc::strong_count(&polls), Arc::strong_count(&seen)), (1, 1), "{status}");
        assert!(poll_once(future.as_mut()).is_pending());
        assert!(poll_once(future).is_pending());
    }
}

#[test]
fn the_future_of_the_inner_service_is_polled_to_its_end() {
    let slow = tower::service_fn(|request: Request<Full<Bytes>>| async move {
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls > 300 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok::<_, Infallible>(Response::new(request.uri().path().to_owned()))
    });
    assert_eq!(run(layer().layer(slow).oneshot(request(full()))).unwrap().body(), "/hubspot");
}

/// A sender who is always ahead gets its turn, and no more than its turn.
#[test]
fn a_body_without_end_does_not_keep_the_thread() {
    struct Endless(u32);
    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
            self.0 += 1;
            assert!(self.0 < 100_000, "still the same poll");
            let frame = if self.0 % 2 == 0 {
                http_body::Frame::data(Bytes::new())
            } else {
                http_body::Frame::trailers(http::HeaderMap::new())
            };
            Poll::Ready(Some(Ok(frame)))
        }
    }
    let mut future = pin!(layer().layer(Inner::new()).oneshot(request(Endless(0))));
    let woken = Arc::new(Woken::default());
    let waker = std::task::Waker::from(woken.clone());
    for turn in 1..=10 {
        assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.0.load(Relaxed), turn);
    }
}

#[test]
fn a_body_in_more_frames_than_one_turn_takes_arrives_whole() {
    for extra in 0..3 {
        for turn in [127, 128, 129, 1000] {
            let empty = std::iter::repeat_with(|| Step::Data(Bytes::new())).take(turn);
            let (body, _) = scripted(empty.chain(frames(BODY, &vec![1; extra])));
            let (response, seen) = send(&layer(), request(body));
            assert_eq!(assert_passed(&response, &seen).body(), BODY);
        }
    }
}

#[test]
fn the_parts_are_what_servers_need_them_to_be() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send + 'static>() {}
    let shaping = layer().on_refusal(|_: &Refusal<'_>, response: Response<String>| response);
    shared(&layer());
    shared(&shaping);
    shared(&layer().layer(Inner::new()));
    shared(&shaping.layer(Inner::new()));
    sent::<VerifyFuture<Inner, Unshaped, Scripted>>();
    // A body that is sent but not shared, as axum's is.
    type NotSync = std::pin::Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;
    sent::<VerifyFuture<Inner, Unshaped, NotSync>>();
}

/// The settings of one clone are not those of another.
#[test]
fn settings_of_a_clone_are_its_own() {
    let layer = layer();
    let retrying = layer.clone().retry_mismatches(Duration::from_secs(1));
    let (response, _) = send(&retrying, request(Full::new(Bytes::from_static(b"{}"))));
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let (response, _) = send(&layer, request(Full::new(Bytes::from_static(b"{}"))));
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn a_body_arrives_byte_for_byte_however_it_was_framed(
        body in "[a-zä€\\[\\]{}\":, ]{0,200}".prop_map(|text| format!(" [{text}] ")),
        steps in proptest::collection::vec((0..4_u8, 0..40_usize), 0..40),
        version in prop_oneof![Just(Version::V2), Just(Version::V3)],
        tampered in proptest::option::weighted(0.2, any::<proptest::sample::Index>()),
        announces in any::<bool>(),
        limit in prop_oneof![4 => Just(1000_usize), 1 => 0..400_usize],
    ) {
        let mut signed = signed_for(Request::post("/hubspot?tenant=7").body(body).unwrap(), URL);
        if version == Version::V2 {
            signed = strip_v3(signed);
        }
        let mut sent = signed.body().clone();
        if let Some(index) = tampered {
            let mut at = 2 + index.index(sent.len() - 3);
            while !sent.is_char_boundary(at) {
                at -= 1;
            }
            // Still what looks like JSON.
            sent.insert(at, 'Z');
        }
        let whole = Bytes::from(sent);
        let mut rest = whole.clone();
        let mut script = Vec::new();
        for (kind, size) in steps {
            script.push(match kind {
                0 => Step::Pending,
                1 => Step::Trailers,
                _ => Step::Data(rest.split_to(size.min(rest.len()))),
            });
        }
        script.push(Step::Data(rest));
        let (mut scripted, _) = scripted(script);
        if announces {
            scripted.announced = |steps| SizeHint::with_exact(data_left(steps));
        }
        let (response, seen) = send(&limited(limit), signed.map(|_| scripted));
        if whole.len() > limit {
            assert_refused(&response, StatusCode::PAYLOAD_TOO_LARGE, too_large(limit));
            prop_assert!(seen.requests.is_empty());
        } else if tampered.is_some() {
            assert_refused(&response, StatusCode::UNAUTHORIZED, Error::Mismatch { version });
            prop_assert!(seen.requests.is_empty());
        } else {
            let arrived = assert_passed(&response, &seen);
            prop_assert_eq!(arrived.body(), &whole);
        }
    }
}
