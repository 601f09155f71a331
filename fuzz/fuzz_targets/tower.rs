//! The layer, given bodies in any frames, with pauses, errors, trailers and untrue announcements: the inner service is called
//! if and only if the body in memory would be accepted and keeps the limit, and then it gets that body to the byte. Otherwise
//! the response is the refusal that this body, read this far, has earned.
//!
//! The input is lines, `-`, and a request as for the target `http`. The lines: `data 3 1` (the next bytes of the body in
//! one frame, and how many of them in its first piece), `empty 200` (so many empty frames), `trailers`, `pending`, `fail`,
//! `announced 3` or `announced 3 7` (lower and upper end of one answer), `retry 500` in milliseconds, `observe`, and
//! `inner-fails`. What the script leaves of the body comes in one frame.
#![no_main]

use std::collections::VecDeque;
use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::{Buf, Bytes, buf::Chain};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{Error, Verified};
use hubspot_signature_fuzz::{Delivered, lines_until_dash};
use tower_layer::Layer;
use tower_service::Service;

/// One poll of the body.
#[derive(Clone, Debug)]
enum Event {
    Data(usize, usize),
    Empty(usize),
    Trailers,
    Pending,
    Fail,
}

#[derive(Default)]
struct Script {
    events: VecDeque<Event>,
    /// After these announcements, the truth.
    announced: VecDeque<(u64, Option<u64>)>,
    retry: Option<u64>,
    observe: bool,
    inner_fails: bool,
}

impl Script {
    fn parse(lines: &[&str]) -> Option<Self> {
        let mut script = Self::default();
        for line in lines {
            let mut words = line.split(' ');
            let word = words.next()?;
            let numbers: Vec<u64> = words.map(|number| number.parse().ok()).collect::<Option<_>>()?;
            let number = |at: usize| numbers.get(at).copied();
            let size = |at: usize| Some(usize::try_from(number(at)?).ok()?.min(4096));
            match word {
                "data" => script.events.push_back(Event::Data(size(0)?, size(1).unwrap_or_default())),
                "empty" => script.events.push_back(Event::Empty(size(0)?)),
                "trailers" => script.events.push_back(Event::Trailers),
                "pending" => script.events.push_back(Event::Pending),
                "fail" => script.events.push_back(Event::Fail),
                "announced" => script.announced.push_back((number(0)?, number(1))),
                "retry" => script.retry = Some(number(0)?),
                "observe" => script.observe = true,
                "inner-fails" => script.inner_fails = true,
                _ => return None,
            }
        }
        Some(script)
    }
}

struct Scripted {
    events: VecDeque<Event>,
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
        match self.events.pop_front() {
            Some(Event::Data(size, first)) => {
                let size = size.min(self.rest.len());
                pieces(self.rest.split_to(size), first)
            }
            Some(Event::Empty(count)) => {
                if let Some(left) = count.checked_sub(1) {
                    self.events.push_front(Event::Empty(left));
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
    called: Option<(Result<Verified, Error>, Bytes)>,
    refused: Option<(Error, Option<Vec<u8>>)>,
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
        let (proof, error) = (request.extensions().get().copied(), request.extensions().get().copied());
        let verdict = match (proof, error) {
            (Some(verified), None) => Ok(verified),
            (None, Some(error)) => Err(error),
            other => panic!("{other:?}"),
        };
        let body = now(request.into_body().collect()).unwrap().to_bytes();
        let before = self.seen.lock().unwrap().called.replace((verdict, body));
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

/// The outcome that a request must have.
struct Fate {
    verdict: Result<Verified, Error>,
    /// Whether the body is read to its end.
    is_complete: bool,
    is_polled: bool,
}

/// Puts the same pieces of the body through the core, and adds what the layer makes of a limit and of a broken body.
fn fate(delivered: &Delivered, script: &Script) -> Option<Fate> {
    const DEFAULT_LIMIT: u64 = 1 << 20;
    let limit = delivered.case.max_body.unwrap_or(DEFAULT_LIMIT);
    let verifier = delivered.case.verifier()?.max_body(limit);
    let (parts, body) = delivered.request.clone().into_parts();
    let announced = script.announced.front().map_or(body.len() as u64, |first| first.0);
    let mut running =
        verifier.begin_request(&delivered.public_url, &parts, delivered.case.now()).and_then(|running| match () {
            () if announced > 0 && ["GET", "HEAD"].contains(&parts.method.as_str()) => Err(Error::UnexpectedBody),
            () if announced > limit => Err(Error::BodyTooLarge { limit }),
            () => Ok(running),
        });
    let fate = |error, is_polled| Some(Fate { verdict: Err(error), is_complete: false, is_polled });
    match running {
        Err(error @ Error::BodyTooLarge { .. }) => return fate(error, false),
        Err(error) if !script.observe => return fate(error, false),
        Err(_) if announced > limit => return fate(Error::BodyTooLarge { limit }, false),
        _ => {}
    }
    let sizes = script.events.iter().map(|event| match event {
        Event::Data(size, _) => Some(*size),
        Event::Fail => None,
        Event::Empty(_) | Event::Trailers | Event::Pending => Some(0),
    });
    let mut rest = body.as_slice();
    for size in sizes.chain([Some(usize::MAX)]) {
        let Some(size) = size else { return fate(Error::BodyUnreadable, true) };
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        rest = after;
        if let Err(error) = running.as_mut().map_or(Ok(()), |running| running.update(chunk)) {
            if !script.observe || matches!(error, Error::BodyTooLarge { .. }) {
                return fate(error, true);
            }
            running = Err(error);
        }
        // What is only observed keeps the limit all the same.
        if (body.len() - rest.len()) as u64 > limit {
            return fate(Error::BodyTooLarge { limit }, true);
        }
    }
    Some(Fate { verdict: running.and_then(|running| running.finish()), is_complete: true, is_polled: true })
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((lines, request)) = lines_until_dash(input) else { return };
    let Some(script) = Script::parse(&lines) else { return };
    let Some(delivered) = Delivered::parse(request) else { return };
    let Some(Fate { verdict, is_complete, is_polled }) = fate(&delivered, &script) else { return };
    let Script { events, announced, retry, observe, inner_fails } = script;
    let Delivered { case, public_url, request, .. } = delivered;
    let (verifier, time, body) = (case.verifier().expect("as before"), case.now(), case.body);

    // The outcome that it has.
    let seen = Arc::new(Mutex::new(Seen::default()));
    let polls = Arc::new(AtomicUsize::new(0));
    let mut layer = VerifyLayer::with_clock(verifier, public_url, move || time);
    if let Some(after) = retry {
        layer = layer.retry_mismatches(Duration::from_millis(after));
    }
    if observe {
        layer = layer.dangerously_pass_unverified();
    }
    let witness = seen.clone();
    let layer = layer.on_refusal(move |refusal: &Refusal<'_>, response: Response<()>| {
        assert!(!refusal.help().is_empty());
        let before = witness.lock().unwrap().refused.replace((refusal.error(), refusal.body().map(<[u8]>::to_vec)));
        assert!(before.is_none(), "refused twice");
        response
    });
    let mut service = layer.layer(Inner { ready: false, fails: inner_fails, seen: seen.clone() });
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(Service::<Request<Scripted>>::poll_ready(&mut service, &mut cx).is_ready());
    let announced = Mutex::new(announced);
    let scripted = Scripted { events, rest: body.clone().into(), announced, polls: polls.clone(), ended: false };
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
    assert_eq!(polls.load(Ordering::Relaxed) > 0, is_polled, "whether the body was polled");
    let passes = verdict.is_ok() || observe && is_complete;
    assert_eq!(refused, verdict.err().map(|error| (error, is_complete.then(|| body.clone()))));
    assert_eq!(called, passes.then(|| (verdict, body.into())));
    let Err(error) = verdict else {
        assert_eq!(result.map(|response| response.status()).ok(), (!inner_fails).then_some(StatusCode::ACCEPTED));
        return;
    };
    if passes {
        assert_eq!(result.map(|response| response.status()).ok(), (!inner_fails).then_some(StatusCode::ACCEPTED));
        return;
    }
    let response = result.unwrap();
    assert_eq!(response.extensions().get(), Some(&error));
    let retry_after = response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let (status, after) = match (error, retry) {
        (Error::BodyUnreadable, _) => (400, None),
        (Error::BodyTooLarge { .. }, _) => (413, None),
        (
            Error::Mismatch { .. }
            | Error::BodyNotJson { .. }
            | Error::UriNotAbsolute
            | Error::UriCharacter { .. }
            | Error::PublicUrlUnknown { .. }
            | Error::PathNotEndpoint,
            Some(millis),
        ) => (429, Some(millis.div_ceil(1000).to_string())),
        _ => (401, None),
    };
    assert_eq!((response.status().as_u16(), retry_after), (status, after));
});
