//! The same request through the methods for the `http` crate and through the layer.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Error, PublicUrl, UnixTime, Verified, Verifier};
use tower_layer::Layer;
use tower_service::Service;

pub fn verify_request(
    verifier: &Verifier,
    url: &PublicUrl,
    request: &Request<Bytes>,
    now: UnixTime,
) -> Result<Verified, Error> {
    verifier.verify_request(url, request, now)
}

pub fn begin_request(
    verifier: &Verifier,
    url: &PublicUrl,
    request: &Request<Bytes>,
    now: UnixTime,
) -> Result<Verified, Error> {
    let (parts, body) = request.clone().into_parts();
    let mut verification = verifier.begin_request(url, &parts, now)?;
    body.chunks(37).try_for_each(|chunk| verification.update(chunk))?;
    verification.finish()
}

/// From the making of the service to its answer, the verifier's states moving as they do in a server.
pub fn layer(verifier: &Verifier, url: &PublicUrl, request: &Request<Bytes>, now: UnixTime) -> Result<Verified, Error> {
    let mut service = VerifyLayer::with_clock(verifier.clone(), url.clone(), move || now).layer(Inner);
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Service::<Request<Full<Bytes>>>::poll_ready(&mut service, &mut cx).is_ready());
    let Poll::Ready(response) = pin!(service.call(request.clone().map(Full::new))).poll(&mut cx) else {
        panic!("a body in memory is not waited for")
    };
    let response = response.unwrap();
    match response.extensions().get::<Error>() {
        Some(error) => Err(*error),
        None => Ok(*response.extensions().get().expect("put there by the inner service")),
    }
}

/// Answers with the proof that it was given.
#[derive(Clone)]
struct Inner;

impl Service<Request<Full<Bytes>>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        let mut response = Response::new(());
        response.extensions_mut().insert(*request.extensions().get::<Verified>().expect("verified"));
        ready(Ok(response))
    }
}
