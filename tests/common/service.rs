//! Bodies that follow a script, an inner service that remembers, and an executor of one thread.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use bytes::{Buf, Bytes};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Error, PublicUrl, Verified, Verifiers};
use tower::{Layer, Service, ServiceExt};

/// The behaviour of a body at one poll.
pub enum Step<D = Bytes> {
    Data(D),
    Trailers,
    /// Pending, having woken the task.
    Pending,
    /// Pending, and nothing will come.
    Silence,
    Fail,
}

/// A body that does as the script says, counts how often it is polled, and announces what it is told to.
pub struct Scripted<D = Bytes> {
    pub steps: VecDeque<Step<D>>,
    pub polls: Arc<AtomicUsize>,
    pub announced: fn(&VecDeque<Step<D>>) -> SizeHint,
}

pub fn scripted<D>(steps: impl IntoIterator<Item = Step<D>>) -> (Scripted<D>, Arc<AtomicUsize>) {
    let polls = Arc::new(AtomicUsize::new(0));
    let steps = steps.into_iter().collect();
    (Scripted { steps, polls: polls.clone(), announced: |_| SizeHint::default() }, polls)
}

/// Frames of the given bytes, of the given sizes and then the rest.
pub fn frames(bytes: &'static [u8], sizes: &[usize]) -> Vec<Step> {
    let mut rest = bytes;
    let mut steps = Vec::new();
    for &size in sizes {
        let (frame, after) = rest.split_at(size.min(rest.len()));
        steps.push(Step::Data(Bytes::from_static(frame)));
        rest = after;
    }
    if !rest.is_empty() {
        steps.push(Step::Data(Bytes::from_static(rest)));
    }
    steps
}

pub fn data_left<D: Buf>(steps: &VecDeque<Step<D>>) -> u64 {
    let length = |step: &Step<D>| if let Step::Data(data) = step { data.remaining() as u64 } else { 0 };
    steps.iter().map(length).sum()
}

impl<D: Buf + Unpin> Body for Scripted<D> {
    type Data = D;
    type Error = &'static str;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<D>, &'static str>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        match self.steps.pop_front() {
            Some(Step::Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Step::Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Step::Pending) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Silence) => {
                self.steps.push_front(Step::Silence);
                Poll::Pending
            }
            Some(Step::Fail) => Poll::Ready(Some(Err("the connection was reset"))),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> SizeHint {
        (self.announced)(&self.steps)
    }
}

/// The requests that the inner services of one test have seen.
#[derive(Default)]
pub struct Seen {
    /// Heads and bodies of the requests that came through.
    pub requests: Vec<Request<Bytes>>,
    /// The number of each instance that was called; clones get the next number.
    pub called: Vec<usize>,
    pub instances: usize,
}

/// Answers with its name, remembers every request, and insists on being called only when it said that it is ready.
pub struct Inner {
    pub seen: Arc<Mutex<Seen>>,
    number: usize,
    ready: bool,
}

impl Inner {
    pub fn new() -> Self {
        Self { seen: Arc::new(Mutex::new(Seen { instances: 1, ..Seen::default() })), number: 0, ready: false }
    }
}

impl Clone for Inner {
    fn clone(&self) -> Self {
        let mut seen = self.seen.lock().unwrap();
        seen.instances += 1;
        Self { seen: self.seen.clone(), number: seen.instances - 1, ready: false }
    }
}

impl Service<Request<Full<Bytes>>> for Inner {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called before it was ready");
        let (parts, body) = request.into_parts();
        let body = run(body.collect()).unwrap();
        assert!(body.trailers().is_none());
        let mut seen = self.seen.lock().unwrap();
        seen.called.push(self.number);
        seen.requests.push(Request::from_parts(parts, body.to_bytes()));
        ready(Ok(Response::new("from inside".to_owned())))
    }
}

#[derive(Default)]
pub struct Woken(pub AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls to the end. A future that is pending without having woken its task would sleep without end; that fails the test.
pub fn run<F: Future>(future: F) -> F::Output {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut future = pin!(future);
    loop {
        let before = woken.0.load(Ordering::Relaxed);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(woken.0.load(Ordering::Relaxed) > before, "pending, and nobody will wake it");
    }
}

pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The verdict of the layer on a request whose body comes in frames of this size.
pub fn through_layer(
    verifiers: &(impl Into<Verifiers> + Clone),
    public_url: &PublicUrl,
    request: &Request<Vec<u8>>,
    frame: usize,
) -> Result<Verified, Error> {
    let inner = Inner::new();
    let seen = inner.seen.clone();
    let layer = VerifyLayer::with_clock(verifiers.clone(), public_url.clone(), || super::NOW);
    let steps = request.body().chunks(frame).map(|chunk| Step::Data(Bytes::copy_from_slice(chunk)));
    let sent = request.clone().map(|_| scripted(steps).0);
    let response = run(layer.layer(inner).oneshot(sent)).unwrap();
    let seen = seen.lock().unwrap();
    match response.extensions().get::<Error>() {
        Some(error) => {
            assert!(seen.requests.is_empty());
            Err(*error)
        }
        None => {
            assert_eq!(seen.requests[0].body(), request.body());
            Ok(*seen.requests[0].extensions().get::<Verified>().expect("the proof"))
        }
    }
}
