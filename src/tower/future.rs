//! [`VerifyFuture`]: judges the request, then calls the inner service or refuses.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::http::Response;
use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_service::Service;

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
        state: State<S, H, ReqBody, S::Future>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, H, ReqBody, F> {
        Reading { #[pin] body: ReqBody, reading: Reading<S, H> },
        Calling { #[pin] future: F },
        Done,
    }
}

impl<S, H, ReqBody> VerifyFuture<S, H, ReqBody>
where
    S: Service<::http::Request<Full<Bytes>>>,
{
    pub(super) fn new(body: ReqBody, reading: Reading<S, H>) -> Self {
        Self { state: State::Reading { body, reading } }
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
        if let StateProjection::Reading { body, reading } = state.as_mut().project() {
            match ready!(reading.poll(body, cx)) {
                Ok(future) => state.set(State::Calling { future }),
                Err(response) => {
                    // Drops the inner service, which was ready, and with it its permit.
                    state.set(State::Done);
                    return Poll::Ready(Ok(response));
                }
            }
        }
        // A future that is polled after it was ready may do anything but panic here.
        let StateProjection::Calling { future } = state.as_mut().project() else { return Poll::Pending };
        let result = ready!(future.poll(cx));
        state.set(State::Done);
        Poll::Ready(result)
    }
}
