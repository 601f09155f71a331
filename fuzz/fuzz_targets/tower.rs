//! The layer, given bodies in any frames, with pauses, errors, trailers and untrue announcements: the inner service is called
//! if and only if the body in hand would be accepted and keeps the limit, and then it gets that body to the byte; otherwise
//! the response is the refusal that this body, read this far, has earned.
#![no_main]

use std::collections::VecDeque;
use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use arbitrary::Arbitrary;
use bytes::{Buf, Bytes, buf::Chain};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{Error, Verified, http as signed_http};
use hubspot_signature_fuzz::oracle::Origin;
use hubspot_signature_fuzz::{BODIES, Delivered, Scheme, Sketch};
use tower_layer::Layer;
use tower_service::Service;

#[derive(Arbitrary, Debug)]
struct Input {
    // First what decides most, and so that no bytes at all are the usual request.
    signed: u8,
    body: u8,
    limit: Option<u8>,
    script: [Option<Event>; 6],
    /// After these announcements, the truth.
    announced: Option<[(u64, Option<u64>); 2]>,
    retry: Option<u32>,
    inner_fails: bool,
    path: String,
    /// Its URI is not used.
    sketch: Sketch,
}

/// What the body does at one poll.
#[derive(Arbitrary, Clone, Debug)]
enum Event {
    /// The next bytes of the body, in two pieces.
    Data(u8, u8),
    /// So many empty frames.
    Empty(u8),
    Trailers,
    Pending,
    Fail,
}

struct Scripted {
    script: VecDeque<Event>,
    rest: Bytes,
    announced: Mutex<VecDeque<(u64, Option<u64>)>>,
    polls: Arc<AtomicUsize>,
    ended: bool,
}

type Data = Chain<Bytes, Bytes>;

impl Body for Scripted {
    type Data = Data;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Data>, &'static str>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        assert!(!self.ended, "polled after its end");
        let pieces = |bytes: Bytes, first: usize| {
            let mut second = bytes;
            let first = second.split_to(first.min(second.len()));
            Poll::Ready(Some(Ok(Frame::data(first.chain(second)))))
        };
        match self.script.pop_front() {
            Some(Event::Data(size, first)) => {
                let size = usize::from(size).min(self.rest.len());
                pieces(self.rest.split_to(size), first.into())
            }
            Some(Event::Empty(count)) => {
                if let Some(left) = count.checked_sub(1) {
                    self.script.push_front(Event::Empty(left));
                }
                pieces(Bytes::new(), 0)
            }
            Some(Event::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Event::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Event::Fail) => {
                self.ended = true;
                Poll::Ready(Some(Err("the connection was reset")))
            }
            None if self.rest.is_empty() => {
                self.ended = true;
                Poll::Ready(None)
            }
            None => pieces(std::mem::take(&mut self.rest), 1),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self.announced.lock().unwrap().pop_front() {
            None => SizeHint::with_exact(self.rest.len() as u64),
            Some((lower, upper)) => {
                let mut hint = SizeHint::new();
                hint.set_lower(lower);
                if let Some(upper) = upper {
                    hint.set_upper(upper.max(lower));
                }
                hint
            }
        }
    }
}

#[derive(Default)]
struct Seen {
    called: Option<(Verified, Bytes)>,
    refused: Option<(Error, Vec<u8>)>,
}

/// Answers 202, or fails, and holds its caller to the rule that only who was polled ready is called.
struct Inner {
    ready: bool,
    fails: bool,
    seen: Arc<Mutex<Seen>>,
}

impl Clone for Inner {
    fn clone(&self) -> Self {
        Self { ready: false, fails: self.fails, seen: self.seen.clone() }
    }
}

impl Service<Request<Full<Bytes>>> for Inner {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = Ready<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without having been ready");
        let verified = *request.extensions().get::<Verified>().unwrap();
        let body = now(request.into_body().collect()).unwrap().to_bytes();
        let before = self.seen.lock().unwrap().called.replace((verified, body));
        assert!(before.is_none(), "called twice");
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::ACCEPTED;
        ready(if self.fails { Err("the inner service failed") } else { Ok(response) })
    }
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The output of a future that has nothing to wait for.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

libfuzzer_sys::fuzz_target!(|input: Input| {
    let Input { signed, body, limit, script, announced, retry, inner_fails, path, sketch } = input;
    let script: Vec<Event> = script.into_iter().flatten().collect();
    let announced: Vec<_> = announced.into_iter().flatten().collect();
    let mut case = sketch.case_over(format!("https://hooks.example.com/{path}"));
    if let Some(body) = BODIES.get(usize::from(body) % (BODIES.len() + 1)) {
        case.body = (*body).into();
    }
    match signed % 4 {
        0 => case.sign(Scheme::V3),
        1 => case.sign(Scheme::V2),
        2 => case.sign(Scheme::V1),
        _ => {}
    }
    let configured = Origin::Configured("https://hooks.example.com".to_owned());
    let Some(Delivered { case, public_url, request, .. }) = Delivered::new(case, &configured, "", &format!("/{path}"))
    else {
        return;
    };
    let Some(verifier) = case.verifier() else { return };
    let time = case.now();
    let limit = limit.map_or(1024 * 1024, usize::from);

    // What has to happen, read off the script.
    let (parts, body) = request.clone().into_parts();
    let first_hint = announced.first().map_or(body.len() as u64, |first| first.0);
    let (mut refused, mut polled, mut read) = (None, true, 0);
    if let Err(error) = signed_http::begin_at(&verifier, &public_url, &parts, time) {
        (refused, polled) = (Some(error), false);
    } else if first_hint > limit as u64 {
        (refused, polled) = (Some(Error::BodyTooLarge { limit }), false);
    }
    for event in &script {
        match event {
            _ if refused.is_some() => break,
            Event::Data(size, _) => read += usize::from(*size).min(body.len() - read),
            Event::Fail => refused = Some(Error::BodyUnreadable),
            Event::Empty(_) | Event::Trailers | Event::Pending => {}
        }
        if refused.is_none() && read > limit {
            refused = Some(Error::BodyTooLarge { limit });
        }
    }
    if refused.is_none() && body.len() > limit {
        refused = Some(Error::BodyTooLarge { limit });
    }
    let verdict = match refused {
        Some(error) => Err(error),
        None => signed_http::verify_at(&verifier, &public_url, &request, time),
    };

    // What does happen.
    let seen = Arc::new(Mutex::new(Seen::default()));
    let polls = Arc::new(AtomicUsize::new(0));
    let mut layer = VerifyLayer::new(verifier, public_url).body_limit(limit).clock(move || time);
    if let Some(after) = retry {
        layer = layer.retry_mismatches(Duration::from_millis(after.into()));
    }
    let witness = seen.clone();
    let layer = layer.on_refusal(move |refusal: &Refusal<'_>, response: Response<()>| {
        let before = witness.lock().unwrap().refused.replace((refusal.error(), refusal.body().to_vec()));
        assert!(before.is_none(), "refused twice");
        response
    });
    let mut service = layer.layer(Inner { ready: false, fails: inner_fails, seen: seen.clone() });
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(Service::<Request<Scripted>>::poll_ready(&mut service, &mut cx).is_ready());
    let scripted = Scripted {
        script: script.into(),
        rest: body.clone().into(),
        announced: Mutex::new(announced.into()),
        polls: polls.clone(),
        ended: false,
    };
    let mut future = pin!(service.call(request.map(|_| scripted)));
    let result = loop {
        let (polls_before, woken_before) = (polls.load(Ordering::Relaxed), woken.0.load(Ordering::Relaxed));
        let poll = future.as_mut().poll(&mut cx);
        assert!(polls.load(Ordering::Relaxed) - polls_before <= 128, "one poll took more than its share of frames");
        match poll {
            Poll::Ready(result) => break result,
            Poll::Pending => assert!(woken.0.load(Ordering::Relaxed) > woken_before, "nobody would poll it again"),
        }
    };

    let Seen { called, refused } = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(polls.load(Ordering::Relaxed) > 0, polled, "whether the body was polled");
    match verdict {
        Ok(verified) => {
            assert_eq!(called, Some((verified, body.into())));
            assert_eq!(refused, None);
            assert_eq!(result.map(|response| response.status()).ok(), (!inner_fails).then_some(StatusCode::ACCEPTED));
        }
        Err(error) => {
            assert_eq!(called, None, "{error:?}");
            let whole = matches!(error, Error::Mismatch { .. } | Error::BodyNotUtf8 { .. } | Error::UnexpectedBody);
            assert_eq!(refused, Some((error, if whole { body } else { Vec::new() })));
            let response = result.unwrap();
            assert_eq!(response.extensions().get(), Some(&error));
            let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
            let (status, after) = match (error, retry) {
                (Error::BodyUnreadable, _) => (400, None),
                (Error::BodyTooLarge { .. }, _) => (413, None),
                (Error::Mismatch { .. }, Some(millis)) => (429, Some(millis.div_ceil(1000).to_string())),
                _ => (401, None),
            };
            assert_eq!((response.status().as_u16(), retry_after), (status, after));
        }
    }
});
