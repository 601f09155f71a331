//! [`VerifyFuture`]: reads and hashes the body, then calls the inner service or refuses.

use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::vec::Vec;

use ::http::{Request, Response, request};
use bytes::{Buf, Bytes};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::tower::{OnRefusal, Refusal, VerifyLayer};
use crate::{Error, Verification, Verified};

pin_project! {
    /// The response of [`Verify`](crate::tower::Verify).
    ///
    /// Dropping it at any point drops what was read of the body, and the inner service is not called.
    pub struct VerifyFuture<S, H, ReqBody>
    where
        S: Service<Request<Full<Bytes>>>,
    {
        #[pin]
        state: State<S, H, ReqBody, S::Future, S::Response>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, H, ReqBody, F, Response> {
        Reading { #[pin] body: ReqBody, reading: Option<Reading<S, H>> },
        Calling { #[pin] future: F },
        Done { response: Option<Response> },
    }
}

/// How many frames one poll takes at most. A sender who is never behind would otherwise keep the executor's thread to
/// themselves: empty frames cost nothing and count towards no limit.
const FRAMES_PER_POLL: usize = 128;

/// All that is known of a request while its body arrives.
pub(super) struct Reading<S, H> {
    head: request::Parts,
    verification: Verification,
    body: Buffered,
    inner: S,
    layer: VerifyLayer<H>,
}

impl<S, H> Reading<S, H> {
    pub(super) fn new(head: request::Parts, verification: Verification, inner: S, layer: VerifyLayer<H>) -> Self {
        Self { head, verification, body: Buffered::Empty, inner, layer }
    }
}

impl<S, H, ReqBody> VerifyFuture<S, H, ReqBody>
where
    S: Service<Request<Full<Bytes>>>,
{
    pub(super) fn reading(body: ReqBody, reading: Reading<S, H>) -> Self {
        Self { state: State::Reading { body, reading: Some(reading) } }
    }

    pub(super) fn refused(response: S::Response) -> Self {
        Self { state: State::Done { response: Some(response) } }
    }
}

impl<S, H, ReqBody, ResBody> Future for VerifyFuture<S, H, ReqBody>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>>,
    H: OnRefusal<ResBody>,
    ReqBody: Body,
    ResBody: Default,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        for _ in 0..FRAMES_PER_POLL {
            match state.as_mut().project() {
                StateProjection::Reading { mut body, reading } => {
                    let Some(current) = reading else { return Poll::Pending };
                    let outcome = match ready!(body.as_mut().poll_frame(cx)) {
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(data) => current.take(data, body.size_hint().lower()),
                            Err(_trailers) => Ok(()),
                        },
                        Some(Err(_)) => Err(Error::BodyUnreadable),
                        None => {
                            let Some(complete) = reading.take() else { return Poll::Pending };
                            match complete.finish() {
                                Ok(future) => state.set(State::Calling { future }),
                                Err(response) => state.set(State::Done { response: Some(response) }),
                            }
                            continue;
                        }
                    };
                    if let Err(error) = outcome {
                        let response = current.layer.refuse(&Refusal { error, head: &current.head, body: &[] });
                        state.set(State::Done { response: Some(response) });
                    }
                }
                StateProjection::Calling { future } => {
                    let result = ready!(future.poll(cx));
                    state.set(State::Done { response: None });
                    return Poll::Ready(result);
                }
                // A future that is polled after it was ready may do anything but panic here.
                StateProjection::Done { response } => {
                    return response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S, H> Reading<S, H> {
    /// Takes the data of a frame; `to_come` is how much the body says will follow at least.
    fn take(&mut self, mut data: impl Buf, to_come: u64) -> Result<(), Error> {
        let limit = self.layer.settings.body_limit;
        let length = data.remaining();
        if length > limit.saturating_sub(self.body.len()) {
            return Err(Error::BodyTooLarge { limit });
        }
        // Without a copy if the data are `Bytes`.
        let chunk = data.copy_to_bytes(length);
        self.verification.update(&chunk);
        self.body.push(chunk, to_come, limit);
        Ok(())
    }

    fn finish<ResBody>(self) -> Result<S::Future, Response<ResBody>>
    where
        S: Service<Request<Full<Bytes>>, Response = Response<ResBody>>,
        H: OnRefusal<ResBody>,
        ResBody: Default,
    {
        let Self { mut head, verification, body, mut inner, layer } = self;
        match verification.finish() {
            Ok(verified) => {
                head.extensions.insert::<Verified>(verified);
                Ok(inner.call(Request::from_parts(head, Full::new(body.into_bytes()))))
            }
            Err(error) => Err(layer.refuse(&Refusal { error, head: &head, body: &body.into_bytes() })),
        }
    }
}

/// The body so far. A body in one frame is not copied; one in several is collected in one allocation if its length was
/// announced.
enum Buffered {
    Empty,
    Frame(Bytes),
    Collected(Vec<u8>),
}

impl Buffered {
    fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Frame(bytes) => bytes.len(),
            Self::Collected(bytes) => bytes.len(),
        }
    }

    /// The caller has seen to it that the limit is kept; the capacity keeps it too.
    fn push(&mut self, chunk: Bytes, to_come: u64, limit: usize) {
        if chunk.is_empty() {
            return;
        }
        let mut collected = match mem::replace(self, Self::Empty) {
            Self::Empty => {
                *self = Self::Frame(chunk);
                return;
            }
            Self::Frame(first) => {
                let mut collected = Vec::new();
                reserve(&mut collected, first.len().saturating_add(chunk.len()), to_come, limit);
                collected.extend_from_slice(&first);
                collected
            }
            Self::Collected(mut collected) => {
                reserve(&mut collected, chunk.len(), to_come, limit);
                collected
            }
        };
        collected.extend_from_slice(&chunk);
        *self = Self::Collected(collected);
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Frame(bytes) => bytes,
            Self::Collected(bytes) => bytes.into(),
        }
    }
}

/// Makes room for `more` bytes, and for what is announced or else for as much again, but never beyond the limit.
fn reserve(collected: &mut Vec<u8>, more: usize, to_come: u64, limit: usize) {
    let needed = collected.len().saturating_add(more);
    if needed > collected.capacity() {
        let announced = needed.saturating_add(usize::try_from(to_come).unwrap_or(usize::MAX));
        let doubled = collected.capacity().saturating_mul(2);
        let capacity = announced.max(doubled).min(limit).max(needed);
        collected.reserve_exact(capacity.saturating_sub(collected.len()));
    }
}
