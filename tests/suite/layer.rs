//! The layer's further promises: what it gives back when it refuses, nesting, observing, sets of verifiers, hostile sizes.

use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use http_body::{Body, SizeHint};
use http_body_util::Full;
use hubspot_signature::tower::{Refusal, VerifyLayer, to_stderr};
use hubspot_signature::{
    BodyForm, Error, Header, HeaderFault, Hop, MatchedSecret, PublicUrl, Verified, Verifier, Verifiers, Version,
};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::common::http::{signed_for, strip_v3};
use crate::common::service::{Inner, Scripted, Seen, Step, frames, poll_once, run, scripted};
use crate::common::{NOW, OTHER_SECRET, SECRET, earlier, later, verifier};

const URL: &str = "https://hooks.example.com/hubspot?tenant=7";
const BODY: &[u8] = b"[{\"eventId\":1}]";
const MISMATCH: Error = Error::Mismatch { version: Version::V3 };

fn server() -> PublicUrl {
    PublicUrl::server("https://hooks.example.com").unwrap()
}

fn layer() -> VerifyLayer {
    VerifyLayer::with_clock(verifier(), server(), || NOW)
}

/// A request that HubSpot signed with `BODY`, and with another body in the place of it.
fn request<B>(body: B) -> Request<B> {
    signed_for(Request::post("/hubspot?tenant=7").body(BODY).unwrap(), URL).map(|_| body)
}

fn full(body: &'static [u8]) -> Full<Bytes> {
    Full::new(Bytes::from_static(body))
}

fn unsigned() -> Request<Full<Bytes>> {
    Request::post("/hubspot?tenant=7").body(full(BODY)).unwrap()
}

fn get() -> Request<()> {
    signed_for(Request::get("/hubspot?tenant=7").body("").unwrap(), URL).map(|_| ())
}

/// Sends one request and returns the response and what came through to the inner service.
fn send<B: Body>(layer: &VerifyLayer, request: Request<B>) -> (Response<String>, Seen) {
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let response = run(layer.layer(inner).oneshot(request)).unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (response, seen)
}

fn error_of(response: &Response<String>) -> Option<Error> {
    response.extensions().get().copied()
}

// --- What a refusal gives back ---

/// S7: the inner service was made ready for a request that is refused, and with it went a permit.
#[test]
fn a_refusal_releases_the_inner_service() {
    let broken = || request(scripted(frames(b"{\"a\":", &[]).into_iter().chain([Step::Fail])).0.boxed_body());
    let refused: [(Request<BoxedBody>, StatusCode); 5] = [
        (unsigned().map(BoxedBody::of), StatusCode::UNAUTHORIZED),
        (request(BoxedBody::of(full(b"{}"))), StatusCode::UNAUTHORIZED),
        (request(BoxedBody::of(full(b"a=b"))), StatusCode::UNAUTHORIZED),
        (get().map(|()| BoxedBody::of(full(b"{}"))), StatusCode::UNAUTHORIZED),
        (broken(), StatusCode::BAD_REQUEST),
    ];
    for (request, status) in refused {
        let stack = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1)).service(Inner::new());
        let mut one = stack.clone();
        run(ServiceExt::<Request<BoxedBody>>::ready(&mut one)).unwrap();
        let mut future = pin!(one.call(request));
        let mut other = stack.clone();
        let Poll::Ready(Ok(response)) = poll_once(future.as_mut()) else { panic!("not ready") };
        assert_eq!(response.status(), status);
        // The refused clone and its future are still there, idle.
        {
            let mut ready = pin!(ServiceExt::<Request<BoxedBody>>::ready(&mut other));
            assert!(poll_once(ready.as_mut()).is_ready(), "blocked by a refused request: {status}");
        }
        drop(one);
    }
}

/// And one that waits for its body keeps the permit, as the documentation says.
#[test]
fn a_request_whose_body_arrives_keeps_the_inner_service() {
    let stack = ServiceBuilder::new().layer(layer()).layer(ConcurrencyLimitLayer::new(1)).service(Inner::new());
    let (mut one, mut other) = (stack.clone(), stack);
    run(ServiceExt::<Request<Scripted>>::ready(&mut one)).unwrap();
    let mut future = Box::pin(one.call(request(scripted([Step::<Bytes>::Silence]).0)));
    assert!(poll_once(future.as_mut()).is_pending());
    let mut ready = pin!(ServiceExt::<Request<Scripted>>::ready(&mut other));
    assert!(poll_once(ready.as_mut()).is_pending());
    drop(future);
    assert!(poll_once(ready.as_mut()).is_ready());
}

/// S15: the body of a GET is refused at its announcement or at its first byte, and not read on.
#[test]
fn a_body_of_a_get_is_not_read() {
    for method in ["GET", "HEAD"] {
        let head = || signed_for(Request::builder().method(method).uri("/hubspot?tenant=7").body("").unwrap(), URL);
        let (mut announced, polls) = scripted([Step::Data(Bytes::from_static(b"{}")), Step::Silence]);
        announced.announced = |_| SizeHint::with_exact(2);
        let (response, seen) = send(&layer(), head().map(|_| announced));
        assert_eq!((response.status(), error_of(&response)), (StatusCode::UNAUTHORIZED, Some(Error::UnexpectedBody)));
        assert_eq!((polls.load(Relaxed), seen.requests.len()), (0, 0));

        let empty = Step::Data(Bytes::new());
        let (body, polls) = scripted([empty, Step::Data(Bytes::from_static(b"{")), Step::Silence]);
        let (response, _) = send(&layer(), head().map(|_| body));
        assert_eq!((response.status(), error_of(&response)), (StatusCode::UNAUTHORIZED, Some(Error::UnexpectedBody)));
        assert_eq!(polls.load(Relaxed), 2);
    }
}

/// A body that breaks a rule is refused at the frame that breaks it.
#[test]
fn a_body_is_judged_as_it_arrives() {
    let not_json = |looks_like| Error::BodyNotJson { looks_like };
    for (steps, read, error) in [
        (vec![&b" "[..], b"\n", b"a=b", b"{}"], 3, not_json(BodyForm::Form)),
        (vec![b"{", b"\0", b"}"], 2, Error::BodyHasNul),
        (vec![b"x"], 1, not_json(BodyForm::Other)),
    ] {
        let steps = steps.into_iter().map(|data| Step::Data(Bytes::from_static(data))).chain([Step::Silence]);
        let (body, polls) = scripted(steps);
        let (response, _) = send(&layer(), strip_v3(request(body)));
        assert_eq!((response.status(), error_of(&response)), (StatusCode::UNAUTHORIZED, Some(error)));
        assert_eq!(polls.load(Relaxed), read);
    }
    // The last byte can only be judged at the end.
    let (response, _) = send(&layer(), request(full(b"{}}x")));
    assert_eq!(error_of(&response), Some(not_json(BodyForm::Cut)));
    // v3 may hold a NUL.
    let (response, _) = send(&layer(), request(full(b"{\0}")));
    assert_eq!(error_of(&response), Some(MISMATCH));
}

// --- One setting, one error ---

#[test]
fn max_body_in_memory_streamed_and_in_the_layer() {
    for limit in [0, 1, BODY.len() - 1, BODY.len(), BODY.len() + 1] {
        let verifier = verifier().max_body(limit as u64);
        let expected = if limit < BODY.len() { Err(Error::BodyTooLarge { limit: limit as u64 }) } else { Ok(()) };
        let sent = request(BODY.to_vec());
        assert_eq!(verifier.verify_request(&server(), &sent, NOW).map(|_| ()), expected);
        let (parts, _) = sent.into_parts();
        let mut verification = verifier.begin_request(&server(), &parts, NOW).unwrap();
        let crosses = BODY.chunks(2).scan(0, |length, chunk| {
            *length += chunk.len();
            Some((chunk, *length > limit))
        });
        let mut streamed = Ok(());
        for (chunk, crosses) in crosses {
            streamed = verification.update(chunk);
            // At the chunk that crosses it.
            assert_eq!(streamed.is_err(), crosses);
            if crosses {
                break;
            }
        }
        assert_eq!(streamed, expected);
        let layer = VerifyLayer::with_clock(verifier, server(), || NOW);
        for frame in [1, 4, 100] {
            let (body, _) = scripted(frames(BODY, &vec![frame; BODY.len().div_ceil(frame)]));
            let (response, _) = send(&layer, request(body));
            assert_eq!(error_of(&response).map_or(Ok(()), Err), expected);
            let status = if expected.is_ok() { StatusCode::OK } else { StatusCode::PAYLOAD_TOO_LARGE };
            assert_eq!(response.status(), status);
        }
    }
}

/// A limit of nothing still lets an empty body pass.
#[test]
fn max_body_of_zero_takes_only_an_empty_body() {
    let layer = VerifyLayer::with_clock(verifier().max_body(0), server(), || NOW);
    let (response, _) = send(&layer, get().map(|()| full(b"")));
    assert_eq!(response.status(), StatusCode::OK);
    let (response, _) = send(&layer, request(full(BODY)));
    assert_eq!(error_of(&response), Some(Error::BodyTooLarge { limit: 0 }));
}

/// S3. In a process of its own, under a limit of memory: an announcement is only a hint.
#[cfg(target_os = "linux")]
#[test]
fn an_announcement_beyond_memory_is_survived() {
    const CHILD: &str = "HUBSPOT_SIGNATURE_TEST_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let program = std::env::current_exe().unwrap();
        let name = "layer::an_announcement_beyond_memory_is_survived";
        let output = std::process::Command::new("sh")
            .args(["-c", "ulimit -v 524288 && exec \"$0\" --exact \"$1\" --nocapture --test-threads=1"])
            .arg(program)
            .arg(name)
            .env(CHILD, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && text.contains("1 passed") && text.contains("survived"), "{text}");
        return;
    }
    // So that the limit is there: as much as the body announces cannot be had.
    let mut room = Vec::<u8>::new();
    assert!(room.try_reserve_exact(600 << 20).is_err(), "no limit of memory");
    for limit in [u64::MAX, 1 << 40, 1 << 62] {
        let layer = VerifyLayer::with_clock(verifier().max_body(limit), server(), || NOW);
        for announced in [
            |_: &std::collections::VecDeque<Step>| SizeHint::with_exact(4_611_686_018_427_387_904),
            |_: &_| SizeHint::with_exact(1 << 40),
        ] {
            let (mut body, _) = scripted([Step::Data(Bytes::from_static(b"{")), Step::Data(Bytes::from_static(b"}"))]);
            body.announced = announced;
            let (response, _) = send(&layer, request(body));
            let error = if limit == 1 << 40 && response.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Error::BodyTooLarge { limit }
            } else {
                MISMATCH
            };
            assert_eq!(error_of(&response), Some(error));
        }
    }
    println!("survived");
}

// --- Nesting ---

/// S12: the proof of an outer layer is none for an inner one's service.
#[test]
fn a_proof_from_outside_is_removed() {
    let stale = || {
        let verified = verifier().verify_request(&server(), &request(BODY.to_vec()), NOW).unwrap();
        let mut sent = unsigned();
        sent.extensions_mut().insert(verified);
        sent
    };
    let (response, seen) = send(&layer(), stale());
    assert_eq!((error_of(&response), seen.requests.len()), (Some(Error::MissingSignature), 0));
    // Observed, it goes on without the proof.
    let (response, seen) = send(&layer().dangerously_pass_unverified(), stale());
    assert_eq!((response.status(), seen.requests.len()), (StatusCode::OK, 1));
    assert_eq!(seen.requests[0].extensions().get::<Verified>(), None);
    assert_eq!(seen.requests[0].extensions().get::<Error>(), Some(&Error::MissingSignature));
}

#[test]
fn nested_layers() {
    let by = |secret: &str| VerifyLayer::with_clock(Verifier::new(secret, Version::V2).unwrap(), server(), || NOW);
    // The inner one decides: the proof is its own.
    let rotating = Verifier::new(OTHER_SECRET, Version::V2).unwrap().previous_secret(SECRET).unwrap();
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let stack =
        ServiceBuilder::new().layer(layer()).layer(VerifyLayer::with_clock(rotating, server(), || NOW)).service(inner);
    assert_eq!(run(stack.oneshot(request(full(BODY)))).unwrap().status(), StatusCode::OK);
    let proof = *seen.lock().unwrap().requests[0].extensions().get::<Verified>().unwrap();
    assert_eq!(proof.matched_secret(), MatchedSecret::Previous);

    // The inner one refuses what the outer one accepts, and the reverse.
    for (outer, inner, expected) in [(SECRET, OTHER_SECRET, 0), (OTHER_SECRET, SECRET, 0), (SECRET, SECRET, 1)] {
        let service = Inner::new();
        let seen = service.seen.clone();
        let stack = ServiceBuilder::new().layer(by(outer)).layer(by(inner)).service(service);
        let response = run(stack.oneshot(request(full(BODY)))).unwrap();
        assert_eq!(response.status() == StatusCode::OK, expected == 1);
        assert_eq!(seen.lock().unwrap().requests.len(), expected);
    }

    // Observed inside: what the inner one refuses goes on without the outer one's proof, and with the inner error.
    let service = Inner::new();
    let seen = service.seen.clone();
    let stack =
        ServiceBuilder::new().layer(layer()).layer(by(OTHER_SECRET).dangerously_pass_unverified()).service(service);
    assert_eq!(run(stack.oneshot(request(full(BODY)))).unwrap().status(), StatusCode::OK);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.requests[0].extensions().get::<Verified>(), None, "the outer proof");
    assert_eq!(seen.requests[0].extensions().get::<Error>(), Some(&MISMATCH));
}

/// Observed outside and verified inside: the error of the outer one is gone.
#[test]
fn an_observing_layer_outside_leaves_no_doubt() {
    let observing = VerifyLayer::with_clock(Verifier::new(OTHER_SECRET, Version::V2).unwrap(), server(), || NOW)
        .dangerously_pass_unverified();
    let service = Inner::new();
    let seen = service.seen.clone();
    let stack = ServiceBuilder::new().layer(observing).layer(layer()).service(service);
    assert_eq!(run(stack.oneshot(request(full(BODY)))).unwrap().status(), StatusCode::OK);
    let seen = seen.lock().unwrap();
    assert!(seen.requests[0].extensions().get::<Verified>().is_some());
    assert_eq!(seen.requests[0].extensions().get::<Error>(), None);
}

// --- Observing ---

/// Every refusal but that of a body too large or broken goes on, whole, with the error in its extensions and told to the
/// hook.
#[test]
fn observing() {
    let not_json = |looks_like| Error::BodyNotJson { looks_like };
    let late = layer_at(|| later(300_001));
    let old = Error::TimestampTooOld { timestamp: NOW, now: later(300_001), max_age: Duration::from_secs(300) };
    let with_endpoint = VerifyLayer::with_clock(
        verifier(),
        PublicUrl::endpoint("https://hooks.example.com/elsewhere").unwrap(),
        || NOW,
    );
    let host_header = VerifyLayer::with_clock(verifier(), PublicUrl::trusting_host_header(), || NOW);
    let absent = Error::PublicUrlUnknown { header: "host", fault: HeaderFault::Absent };
    let cases: Vec<(VerifyLayer, Request<()>, &[u8], Error)> = vec![
        (layer(), unsigned().map(|_| ()), BODY, Error::MissingSignature),
        (layer(), request(()), b"{}", MISMATCH),
        (layer(), request(()), b"a=b", not_json(BodyForm::Other)),
        (layer(), request(()), b"{\"cut\":", not_json(BodyForm::Cut)),
        (layer(), strip_v3(request(())), b"{\0}", Error::BodyHasNul),
        (layer(), get(), b"a", Error::UnexpectedBody),
        (late, request(()), BODY, old),
        (with_endpoint, request(()), BODY, Error::PathNotEndpoint),
        (host_header, request(()), BODY, absent),
    ];
    for (layer, head, body, error) in cases {
        for frame in [1, 2, 100] {
            let told = Arc::new(Mutex::new(Vec::new()));
            let tells = told.clone();
            let observing = layer.clone().dangerously_pass_unverified().on_refusal(
                move |refusal: &Refusal<'_>, mut response: Response<String>| {
                    tells.lock().unwrap().push((refusal.error(), response.status()));
                    *response.status_mut() = StatusCode::IM_A_TEAPOT;
                    response
                },
            );
            let inner = Inner::new();
            let seen = inner.seen.clone();
            let steps = body.chunks(frame).map(|chunk| Step::Data(Bytes::copy_from_slice(chunk)));
            let response = run(observing.layer(inner).oneshot(head.clone().map(|()| scripted(steps).0))).unwrap();
            // The hook's response is dropped.
            assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "from inside"));
            let seen = seen.lock().unwrap();
            let [arrived] = &seen.requests[..] else { panic!("{error:?}: {} came through", seen.requests.len()) };
            let found = arrived.extensions().get::<Error>().copied();
            let same_kind =
                |error: Error| if let Error::BodyNotJson { .. } = error { not_json(BodyForm::Other) } else { error };
            assert_eq!(found.map(same_kind), Some(same_kind(error)));
            assert_eq!(arrived.extensions().get::<Verified>(), None);
            assert_eq!(arrived.body(), body, "{error:?}");
            assert_eq!(*told.lock().unwrap(), [(found.unwrap(), StatusCode::UNAUTHORIZED)], "told once");
        }
    }
    // What is verified has its proof and no error.
    let (response, seen) = send(&layer().dangerously_pass_unverified(), request(full(BODY)));
    assert_eq!(response.status(), StatusCode::OK);
    assert!(seen.requests[0].extensions().get::<Verified>().is_some());
    assert_eq!(seen.requests[0].extensions().get::<Error>(), None);
}

fn layer_at(clock: fn() -> hubspot_signature::UnixTime) -> VerifyLayer {
    VerifyLayer::with_clock(verifier(), server(), clock)
}

/// A body too large is refused all the same, announced or not, before and after another refusal; so is one that breaks.
#[test]
fn observing_keeps_the_limit() {
    let limited = || VerifyLayer::with_clock(verifier().max_body(4), server(), || NOW).dangerously_pass_unverified();
    for head in [request(()), unsigned().map(|_| ())] {
        for (steps, read) in
            [(vec![&b"{   }"[..]], 1), (vec![b"{   ", b"}"], 2), (vec![b"a=b", b"&c", b"=d"], 2), (vec![b"a=b&c"], 1)]
        {
            let steps = steps.into_iter().map(|data| Step::Data(Bytes::from_static(data))).chain([Step::Silence]);
            let (body, polls) = scripted(steps);
            let (response, seen) = send(&limited(), head.clone().map(|()| body));
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
            assert_eq!(error_of(&response), Some(Error::BodyTooLarge { limit: 4 }));
            assert_eq!((polls.load(Relaxed), seen.requests.len()), (read, 0));
        }
        let (mut body, _) = scripted(frames(b"{}", &[]));
        body.announced = |_| SizeHint::with_exact(5);
        let (response, seen) = send(&limited(), head.clone().map(|()| body));
        assert_eq!((response.status(), seen.requests.len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
        let (response, seen) = send(&limited(), head.map(|()| scripted([Step::<Bytes>::Fail]).0));
        assert_eq!((response.status(), seen.requests.len()), (StatusCode::BAD_REQUEST, 0));
        assert_eq!(error_of(&response), Some(Error::BodyUnreadable));
    }
    // Of several verifiers, the greatest.
    let set = Verifiers::new(verifier().max_body(4), [verifier().max_body(20)]);
    let several = VerifyLayer::with_clock(set, server(), || NOW).dangerously_pass_unverified();
    let (response, _) = send(&several, unsigned());
    assert_eq!(response.status(), StatusCode::OK);
    // Of those that the head passes, announced or not.
    let set = Verifiers::new(verifier().max_body(4), [Verifier::new(SECRET, Version::V3).unwrap().max_body(20)]);
    let several = VerifyLayer::with_clock(set, server(), || NOW).dangerously_pass_unverified();
    for announced in [|_: &_| SizeHint::default(), |_: &_| SizeHint::with_exact(BODY.len() as u64)] {
        let mut body = scripted(frames(BODY, &[])).0;
        body.announced = announced;
        let (response, seen) = send(&several, strip_v3(request(body)));
        assert_eq!(error_of(&response), Some(Error::BodyTooLarge { limit: 4 }));
        assert_eq!((response.status(), seen.requests.len()), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    }
    // By default a mebibyte, for what is not signed at all too.
    for (length, status) in [(1 << 20, StatusCode::OK), ((1 << 20) + 1, StatusCode::PAYLOAD_TOO_LARGE)] {
        let sent = unsigned().map(|_| Full::new(Bytes::from(vec![b' '; length])));
        let (response, _) = send(&layer().dangerously_pass_unverified(), sent);
        assert_eq!(response.status(), status);
    }
}

// --- What is answered ---

/// The errors that a wrong configuration causes.
#[test]
fn retries_are_for_what_a_wrong_configuration_causes() {
    let endpoint = PublicUrl::endpoint("https://hooks.example.com/elsewhere").unwrap();
    let forwarded = PublicUrl::trusting_forwarded_headers(Hop::Last);
    let no_scheme = Error::PublicUrlUnknown { header: "x-forwarded-proto", fault: HeaderFault::Absent };
    let mut decoded = request(full(BODY));
    *decoded.uri_mut() = "/hubspot?name={".parse().unwrap();
    let retrying = |layer: VerifyLayer| layer.retry_mismatches(Duration::from_secs(7));
    for (layer, request, error) in [
        (layer(), request(full(b"{}")), MISMATCH),
        (layer(), request(full(b"a=b")), Error::BodyNotJson { looks_like: BodyForm::Form }),
        (layer(), request(full(b"{\"cut\"")), Error::BodyNotJson { looks_like: BodyForm::Cut }),
        (VerifyLayer::with_clock(verifier(), endpoint, || NOW), request(full(BODY)), Error::PathNotEndpoint),
        (VerifyLayer::with_clock(verifier(), forwarded, || NOW), request(full(BODY)), no_scheme),
        (layer(), decoded, Error::UriCharacter { byte: b'{' }),
    ] {
        let (response, seen) = send(&retrying(layer.clone()), request.clone());
        assert_eq!((response.status(), error_of(&response)), (StatusCode::TOO_MANY_REQUESTS, Some(error)));
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert!(seen.requests.is_empty());
        let (response, _) = send(&layer, request);
        assert_eq!((response.status(), error_of(&response)), (StatusCode::UNAUTHORIZED, Some(error)));
        assert!(response.headers().is_empty());
    }
    // The layer makes a whole URL, unless it trusts a host that is none.
    assert!(Error::UriNotAbsolute.may_be_misconfiguration());
    for (request, error) in [
        (unsigned(), Error::MissingSignature),
        (get().map(|()| full(b"{}")), Error::UnexpectedBody),
        (strip_v3(request(full(b"{\0}"))), Error::BodyHasNul),
    ] {
        let (response, _) = send(&retrying(layer()), request);
        assert_eq!((response.status(), error_of(&response)), (StatusCode::UNAUTHORIZED, Some(error)));
        assert!(response.headers().is_empty());
    }
}

/// The URL that was verified, and advice that knows of a path given twice.
#[test]
fn a_refusal_tells_the_url() {
    let told = |public_url: PublicUrl, target: &str| {
        let told = Arc::new(Mutex::new(None));
        let tells = told.clone();
        let layer = VerifyLayer::with_clock(verifier(), public_url, || NOW).on_refusal(
            move |refusal: &Refusal<'_>, response: Response<String>| {
                *tells.lock().unwrap() = Some((refusal.error(), refusal.url(), refusal.help()));
                response
            },
        );
        let sent = signed_for(Request::post(target).body(BODY).unwrap(), "https://hooks.example.com/other");
        run(layer.layer(Inner::new()).oneshot(sent.map(full))).unwrap();
        told.lock().unwrap().take().unwrap()
    };
    let url = str::to_owned;
    let doubled = "The URL that was verified repeats the path given to PublicUrl::server. Give scheme and host only, or \
                   use PublicUrl::endpoint.";
    let at = |url: &str| PublicUrl::server(url).unwrap();
    let endpoint = |url: &str| PublicUrl::endpoint(url).unwrap();
    for (public_url, target, expected, help) in [
        (at("https://hooks.example.com"), "/hubspot?tenant=7", url(URL), MISMATCH.help()),
        // U4: the URL that stands in HubSpot, given as the server.
        (
            at("https://hooks.example.com/hubspot/webhook"),
            "/hubspot/webhook?a=b",
            url("https://hooks.example.com/hubspot/webhook/hubspot/webhook?a=b"),
            doubled,
        ),
        (
            at("https://a.example/hubspot"),
            "/hubspot/webhook",
            url("https://a.example/hubspot/hubspot/webhook"),
            doubled,
        ),
        (at("https://a.example/hubspot/"), "/hubspot", url("https://a.example/hubspot/hubspot"), doubled),
        (at("https://a.example/hub"), "/hubspot", url("https://a.example/hub/hubspot"), MISMATCH.help()),
        (at("https://a.example/"), "/hubspot", url("https://a.example/hubspot"), MISMATCH.help()),
        (at("https://a.example"), "/", url("https://a.example/"), MISMATCH.help()),
        (endpoint("https://a.example/x/hubspot"), "/hubspot?q", url("https://a.example/x/hubspot?q"), MISMATCH.help()),
    ] {
        assert_eq!(told(public_url, target), (MISMATCH, expected, help), "{target}");
    }
    // Only a mismatch is explained so. Where there is no URL to verify, the path is told, to be compared.
    let (error, no_url, help) = told(endpoint("https://a.example/x"), "/hubspot?q");
    assert_eq!((error, no_url, help), (Error::PathNotEndpoint, url("/hubspot?q"), Error::PathNotEndpoint.help()));
    let absent = Error::PublicUrlUnknown { header: "host", fault: HeaderFault::Absent };
    assert_eq!(told(PublicUrl::trusting_host_header(), "/hubspot"), (absent, url("/hubspot"), absent.help()));
}

/// A line for the log, in which no character of the URI hides or turns another.
#[test]
fn a_refusal_is_a_line() {
    let line = |public_url: PublicUrl, target: &[u8]| {
        let told = Arc::new(Mutex::new(String::new()));
        let tells = told.clone();
        let layer = VerifyLayer::with_clock(verifier(), public_url, || NOW).on_refusal(
            move |refusal: &Refusal<'_>, response: Response<String>| {
                *tells.lock().unwrap() = refusal.to_string();
                response
            },
        );
        let sent = signed_for(Request::post("/hubspot").body(BODY).unwrap(), "https://hooks.example.com/other");
        let (mut head, body) = sent.map(full).into_parts();
        head.uri = http::Uri::try_from(target).unwrap();
        run(layer.layer(Inner::new()).oneshot(Request::from_parts(head, body))).unwrap();
        told.lock().unwrap().clone()
    };
    const URL_LENGTH: usize = "https://hooks.example.com/hubspot".len();
    let endpoint = || PublicUrl::endpoint("https://hooks.example.com/hubspot").unwrap();
    for (public_url, target, begins, error) in [
        (endpoint(), "/hubspot?a=1", "mismatch https://hooks.example.com/hubspot?a=1", MISMATCH),
        (
            endpoint(),
            "/a\u{202e}b",
            "path_not_endpoint /a\\u{202e}b (endpoint: https://hooks.example.com/hubspot)",
            Error::PathNotEndpoint,
        ),
        (
            endpoint(),
            &format!("/hubspot?{}", "a".repeat(2000 - URL_LENGTH - 1)),
            &format!("mismatch https://hooks.example.com/hubspot?{}", "a".repeat(2000 - URL_LENGTH - 1)),
            MISMATCH,
        ),
        (
            endpoint(),
            &format!("/hubspot?{}", "a".repeat(60_000)),
            &format!("mismatch https://hooks.example.com/hubspot?{}…", "a".repeat(2000 - URL_LENGTH - 1)),
            MISMATCH,
        ),
    ] {
        // The oldest `http` that this crate takes has no such URI.
        if target.is_ascii() || http::Uri::try_from(target).is_ok() {
            assert_eq!(line(public_url, target.as_bytes()), format!("{begins}: {error}. {}", error.help()));
        }
    }
    let doubled = PublicUrl::server("https://hooks.example.com/hubspot").unwrap();
    assert!(line(doubled, b"/hubspot").contains(" repeats the path given to PublicUrl::server."));
}

/// In a process of its own: the line is written, and a log that takes nothing stops no answer.
#[cfg(target_os = "linux")]
#[test]
fn refusals_go_to_standard_error() {
    const CHILD: &str = "HUBSPOT_SIGNATURE_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let status = |layer: VerifyLayer, body| {
            let service = layer.on_refusal(to_stderr).layer(Inner::new());
            run(service.oneshot(unsigned().map(|_| body))).unwrap().status()
        };
        assert_eq!(status(layer(), full(BODY)), StatusCode::UNAUTHORIZED);
        let observing = || layer().dangerously_pass_unverified();
        assert_eq!(status(observing(), full(BODY)), StatusCode::OK);
        let too_large = Full::from(vec![b' '; (1 << 20) + 1]);
        assert_eq!(status(observing(), too_large), StatusCode::PAYLOAD_TOO_LARGE);
        return;
    }
    let run = |redirected: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("exec \"$0\" --exact layer::refusals_go_to_standard_error --nocapture {redirected}")])
            .arg(std::env::current_exe().unwrap())
            .env(CHILD, "1")
            .output()
            .unwrap();
        assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let line = |error: Error| format!("{} {URL}: {error}. {}\n", error.code(), error.help());
    let unsigned = line(Error::MissingSignature);
    let too_large = line(Error::BodyTooLarge { limit: 1 << 20 });
    assert_eq!(run(""), format!("refused: {unsigned}passed on unverified: {unsigned}refused: {too_large}"));
    assert_eq!(run("2>/dev/full"), "");
}

// --- Clocks and sets of verifiers ---

#[test]
fn a_clock_of_ones_own() {
    let (response, _) = send(&layer_at(|| later(300_000)), request(full(BODY)));
    assert_eq!(response.status(), StatusCode::OK);
    let (response, _) = send(&layer_at(|| later(300_001)), request(full(BODY)));
    assert!(matches!(error_of(&response), Some(Error::TimestampTooOld { .. })));
    let (response, _) = send(&layer_at(|| earlier(60_001)), request(full(BODY)));
    assert!(matches!(error_of(&response), Some(Error::TimestampInFuture { .. })));
}

/// A slow body makes a request stale.
#[test]
fn the_age_is_judged_again_when_the_body_is_complete() {
    let reads = Arc::new(std::sync::atomic::AtomicU64::new(0));
    for (verifiers, secret) in [
        (Verifiers::from(verifier()), MatchedSecret::Current),
        (Verifiers::new(Verifier::new(OTHER_SECRET, Version::V3).unwrap(), [verifier()]), MatchedSecret::Current),
    ] {
        // At the head, and at the end of the body.
        for (step, status) in [(300_000, StatusCode::OK), (300_001, StatusCode::UNAUTHORIZED)] {
            reads.store(0, Relaxed);
            let counted = reads.clone();
            let clock = move || later(counted.fetch_add(step, Relaxed));
            let layer = VerifyLayer::with_clock(verifiers.clone(), server(), clock);
            let (body, _) = scripted([Step::Pending, Step::Data(Bytes::from_static(BODY)), Step::Pending]);
            let (response, seen) = send(&layer, request(body));
            assert_eq!((response.status(), reads.load(Relaxed)), (status, 2 * step));
            if status == StatusCode::OK {
                assert_eq!(seen.requests[0].extensions().get::<Verified>().unwrap().matched_secret(), secret);
            } else {
                assert!(matches!(response.extensions().get(), Some(Error::TimestampTooOld { .. })));
                assert!(seen.requests.is_empty());
            }
        }
    }
}

#[test]
fn several_apps() {
    let other = Verifier::new(OTHER_SECRET, Version::V2).unwrap();
    for (verifiers, expected) in [
        (Verifiers::new(other.clone(), [verifier()]), Some(1)),
        (Verifiers::new(verifier(), [other.clone()]), Some(0)),
        (Verifiers::new(other.clone(), [other.clone()]), None),
    ] {
        let layer = VerifyLayer::with_clock(verifiers, server(), || NOW);
        for frame in [1, 100] {
            let (response, seen) = send(&layer, request(scripted(frames(BODY, &vec![frame; BODY.len()])).0));
            let proof = seen.requests.first().and_then(|request| request.extensions().get::<Verified>());
            assert_eq!(proof.map(Verified::matched_verifier), expected);
            assert_eq!(error_of(&response), if expected.is_some() { None } else { Some(MISMATCH) });
        }
    }
    // The laxest rule lets the body in; each verifier judges by its own in the end.
    let any = other.dangerously_accept_any_body().max_body(1 << 22);
    let set = Verifiers::new(verifier().max_body(100), [any]);
    let layer = VerifyLayer::with_clock(set, server(), || NOW);
    let (response, _) = send(&layer, request(full(b"a=b")));
    assert_eq!(error_of(&response), Some(MISMATCH));
    let (response, _) = send(&layer, request(Full::new(Bytes::from(vec![b'x'; 1 << 21]))));
    assert_eq!(error_of(&response), Some(MISMATCH));
    let (response, _) = send(&layer, request(Full::new(Bytes::from(vec![b'x'; (1 << 22) + 1]))));
    assert_eq!(error_of(&response), Some(Error::BodyTooLarge { limit: 1 << 22 }));
    let genuine = signed_for(Request::post("/hubspot?tenant=7").body(vec![b' '; 200]).unwrap(), URL);
    let (response, _) = send(&layer, genuine.map(|body| Full::new(Bytes::from(body))));
    assert!(matches!(error_of(&response), Some(MISMATCH | Error::BodyTooLarge { limit: 100 })));
}

/// A verifier that the head did not pass lends the body no laxer rule.
#[test]
fn rules_are_those_of_the_admitted() {
    let strict = Verifier::new(OTHER_SECRET, Version::V3).unwrap().dangerously_accept_any_body().max_body(1 << 22);
    let set = Verifiers::new(strict, [verifier().max_body(10)]);
    let layer = VerifyLayer::with_clock(set, server(), || NOW);
    // At the first frame: the rest never comes.
    let (body, _) = scripted([Step::Data(Bytes::from_static(b"a=b")), Step::Silence]);
    let (response, _) = send(&layer, strip_v3(request(body)));
    assert_eq!(error_of(&response), Some(Error::BodyNotJson { looks_like: BodyForm::Form }));
    let (response, _) = send(&layer, strip_v3(request(full(b"{         }"))));
    assert_eq!(error_of(&response), Some(Error::BodyTooLarge { limit: 10 }));
}

/// A future that waits for its first poll is judged by the time and the verifiers of that poll, and one whose body ends
/// at a later poll by that later time: also where all of the body is there, in more frames than one poll takes.
#[test]
fn nothing_is_judged_before_the_first_poll() {
    let time = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let read = time.clone();
    let verifiers = Verifiers::from(verifier());
    let layer = VerifyLayer::with_clock(verifiers.clone(), server(), move || later(read.load(Relaxed)));
    let many = || scripted(frames(BODY, &[1; 4]).into_iter().chain((0..200).map(|_| Step::Data(Bytes::new())))).0;
    for (passes_unverified, status) in [(false, StatusCode::UNAUTHORIZED), (true, StatusCode::OK)] {
        let layer = if passes_unverified { layer.clone().dangerously_pass_unverified() } else { layer.clone() };
        let inner = Inner::new();
        let seen = inner.seen.clone();
        let mut service = layer.layer(inner);
        let mut call = |body| {
            run(ServiceExt::<Request<Scripted>>::ready(&mut service)).unwrap();
            Box::pin(service.call(request(body)))
        };
        let held = |future: std::pin::Pin<&mut dyn Future<Output = Result<Response<String>, _>>>,
                    error: fn(&Error) -> bool| {
            let Poll::Ready(Ok::<_, std::convert::Infallible>(response)) = poll_once(future) else {
                panic!("not ready")
            };
            assert_eq!(response.status(), status);
            let seen = std::mem::take(&mut seen.lock().unwrap().requests);
            assert_eq!(seen.len(), usize::from(passes_unverified));
            let extensions = seen.first().map_or(response.extensions(), Request::extensions);
            assert!(extensions.get().is_some_and(error), "{extensions:?}");
            assert_eq!(extensions.get::<Verified>(), None);
        };
        let is_old = |error: &Error| matches!(error, Error::TimestampTooOld { .. });

        time.store(300_000, Relaxed);
        let mut late = call(scripted(frames(BODY, &[])).0);
        time.store(300_001, Relaxed);
        held(late.as_mut(), is_old);

        time.store(300_000, Relaxed);
        let mut late = call(many());
        assert!(poll_once(late.as_mut()).is_pending());
        time.store(300_001, Relaxed);
        held(late.as_mut(), is_old);

        time.store(0, Relaxed);
        let mut revoked = call(scripted(frames(BODY, &[])).0);
        verifiers.replace(Verifier::new(OTHER_SECRET, Version::V2).unwrap(), []);
        held(revoked.as_mut(), |error| *error == MISMATCH);
        verifiers.replace(verifier(), []);
    }
}

/// Replaced while a body arrives: that request is judged by the old secret, the next by the new one.
#[test]
fn verifiers_replaced_while_a_body_arrives() {
    let verifiers = Verifiers::from(verifier());
    let layer = VerifyLayer::with_clock(verifiers.clone(), server(), || NOW);
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let service = layer.layer(inner);
    let (body, _) = scripted([
        Step::Data(Bytes::from_static(&BODY[..5])),
        Step::Pending,
        Step::Data(Bytes::from_static(&BODY[5..])),
    ]);
    let mut under_way = pin!(service.clone().oneshot(request(body)));
    assert!(poll_once(under_way.as_mut()).is_pending());
    verifiers.replace(Verifier::new(OTHER_SECRET, Version::V2).unwrap(), []);
    let next = run(service.clone().oneshot(request(full(BODY)))).unwrap();
    assert_eq!(error_of(&next), Some(MISMATCH));
    assert_eq!(run(under_way).unwrap().status(), StatusCode::OK);
    assert_eq!(seen.lock().unwrap().requests.len(), 1);
    let rotating = Verifier::new(OTHER_SECRET, Version::V2).unwrap().previous_secret(SECRET).unwrap();
    verifiers.replace(rotating, []);
    assert_eq!(run(service.oneshot(request(full(BODY)))).unwrap().status(), StatusCode::OK);
}

/// By either hop, with a prefix: the layer's URL is that of the adapter (S14).
#[test]
fn a_path_prefix_under_forwarded_headers() {
    let public_url = PublicUrl::trusting_forwarded_headers(hubspot_signature::Hop::Last).path_prefix("/stage").unwrap();
    let layer = VerifyLayer::with_clock(verifier(), public_url, || NOW);
    for (url, status) in [
        ("https://hooks.example.com/stage/hubspot", StatusCode::OK),
        ("https://hooks.example.com/hubspot", StatusCode::UNAUTHORIZED),
    ] {
        let mut sent = signed_for(Request::post("/hubspot").body(BODY).unwrap(), url).map(full);
        sent.headers_mut().insert("forwarded", "proto=https;host=hooks.example.com".parse().unwrap());
        let (response, _) = send(&layer, sent);
        assert_eq!(response.status(), status);
    }
    assert!(Header::ALL.len() == 4);
}

/// Bodies of different types in one list.
type Boxed = std::pin::Pin<Box<dyn Body<Data = Bytes, Error = &'static str>>>;
struct BoxedBody(Boxed);

impl BoxedBody {
    fn of<B: Body<Data = Bytes> + 'static>(body: B) -> Self {
        use http_body_util::BodyExt;
        Self(Box::pin(body.map_err(|_| "unreadable")))
    }
}

impl Scripted {
    fn boxed_body(self) -> BoxedBody {
        BoxedBody::of(self)
    }
}

impl Body for BoxedBody {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, &'static str>>> {
        self.0.as_mut().poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The clone that is left behind for a refused request is ready again when it is asked, not before.
#[test]
fn a_clone_is_made_ready_anew() {
    #[derive(Clone)]
    struct Counted(Arc<Mutex<usize>>);
    impl Service<Request<Full<Bytes>>> for Counted {
        type Response = Response<String>;
        type Error = std::convert::Infallible;
        type Future = Ready<Result<Response<String>, Self::Error>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            *self.0.lock().unwrap() += 1;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
            ready(Ok(Response::default()))
        }
    }
    let count = Arc::new(Mutex::new(0));
    let mut service = layer().layer(Counted(count.clone()));
    for expected in 1..4 {
        let mut future = pin!(async {
            ServiceExt::<Request<Full<Bytes>>>::ready(&mut service).await.unwrap();
            service.call(unsigned()).await.unwrap()
        });
        assert!(matches!(future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())), Poll::Ready(_)));
        assert_eq!(*count.lock().unwrap(), expected);
    }
}
