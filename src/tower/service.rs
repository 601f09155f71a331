//! [`Verify`]: the middleware's service.

use core::mem;
use core::task::{Context, Poll};

use ::http::{Request, Response};
use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::tower::reading::Reading;
use crate::tower::{OnRefusal, Unshaped, VerifyFuture, VerifyLayer};
use crate::{Error, Verified};

/// Verifies each request before the inner service sees it. Made by [`VerifyLayer`].
#[derive(Clone, Debug)]
pub struct Verify<S, H = Unshaped> {
    pub(super) inner: S,
    pub(super) layer: VerifyLayer<H>,
}

impl<S, H, ReqBody, ResBody> Service<Request<ReqBody>> for Verify<S, H>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>> + Clone,
    H: OnRefusal<ResBody> + Clone,
    ReqBody: Body,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = VerifyFuture<S, H, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The clone has not been polled to readiness; the one that has goes with the request, or is dropped with its
        // permit when the request is refused.
        let unready = self.inner.clone();
        let ready = mem::replace(&mut self.inner, unready);
        let (mut head, body) = request.into_parts();
        // The verdict of another layer outside this one is not that of this one.
        head.extensions.remove::<Verified>();
        head.extensions.remove::<Error>();

        VerifyFuture::new(body, Reading::new(head, ready, self.layer.clone()))
    }
}
