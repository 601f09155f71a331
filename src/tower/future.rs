//! [`VerifyFuture`]: reads the body, then calls the inner service or refuses.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::http::Response;
use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::Error;
use crate::tower::OnRefusal;
use crate::tower::reading::Reading;

pin_project! {
    /// The response of [`Verify`](crate::tower::Verify).
    ///
    /// Dropping it at any point drops what was read of the body, and the inner service is not called.
    pub struct VerifyFuture<S, H, ReqBody>
    where
        S: Service<::http::Request<Full<Bytes>>>,
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

impl<S, H, ReqBody> VerifyFuture<S, H, ReqBody>
where
    S: Service<::http::Request<Full<Bytes>>>,
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
    S: Service<::http::Request<Full<Bytes>>, Response = Response<ResBody>>,
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
                    let refused = match ready!(body.as_mut().poll_frame(cx)) {
                        Some(Ok(frame)) => match frame.into_data() {
                            Ok(data) => current.take(data, body.size_hint().lower()).err(),
                            Err(_trailers) => None,
                        },
                        Some(Err(_)) => Some(current.refuse(Error::BodyUnreadable)),
                        None => {
                            let Some(complete) = reading.take() else { return Poll::Pending };
                            match complete.finish() {
                                Ok(future) => state.set(State::Calling { future }),
                                Err(response) => state.set(State::Done { response: Some(response) }),
                            }
                            continue;
                        }
                    };
                    if refused.is_some() {
                        // Drops the inner service, which was ready, and with it its permit.
                        state.set(State::Done { response: refused });
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
