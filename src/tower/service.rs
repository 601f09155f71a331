//! [`Verify`]: the middleware's service.

use core::mem;
use core::task::{Context, Poll};

use ::http::{Request, Response};
use bytes::Bytes;
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use crate::Error;
use crate::http::begin_at;
use crate::tower::future::Reading;
use crate::tower::{OnRefusal, Refusal, Unshaped, VerifyFuture, VerifyLayer};

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
        let settings = &self.layer.settings;
        let (head, body) = request.into_parts();
        let verification = match begin_at(&settings.verifier, &settings.public_url, &head, (settings.clock)()) {
            Ok(verification) => verification,
            Err(error) => return self.refused(error, &head),
        };
        let limit = settings.body_limit;
        if body.size_hint().lower() > limit as u64 {
            return self.refused(Error::BodyTooLarge { limit }, &head);
        }
        // The clone has not been polled to readiness; the one that has goes with the request.
        let unready = self.inner.clone();
        let ready = mem::replace(&mut self.inner, unready);
        VerifyFuture::reading(body, Reading::new(head, verification, ready, self.layer.clone()))
    }
}

impl<S, H> Verify<S, H> {
    fn refused<ReqBody, ResBody>(&self, error: Error, head: &::http::request::Parts) -> VerifyFuture<S, H, ReqBody>
    where
        S: Service<Request<Full<Bytes>>, Response = Response<ResBody>>,
        H: OnRefusal<ResBody>,
        ResBody: Default,
    {
        VerifyFuture::refused(self.layer.refuse(&Refusal { error, head, body: &[] }))
    }
}
