//! The promises of the feature `axum`: the extractor gives what the layer left, and fails loudly where it left nothing.

use std::convert::Infallible;

use crate::common::http::signed_for;
use crate::common::service::run;
use crate::common::{NOW, verifier};
use axum_core::body::Body;
use axum_core::extract::{FromRequest, FromRequestParts};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Error, PublicUrl, Verified, Version};
use tower::{Layer, ServiceExt, service_fn};

/// The service that axum makes of a handler that takes `Verified` and the body.
async fn handle(request: Request<Body>) -> Result<Response, Infallible> {
    let (mut parts, body) = request.into_parts();
    let verified = match Verified::from_request_parts(&mut parts, &()).await {
        Ok(verified) => verified,
        Err(rejection) => return Ok(rejection.into_response()),
    };
    // The proof stays for who asks next.
    assert_eq!(parts.extensions.get(), Some(&verified));
    let body = Bytes::from_request(Request::from_parts(parts, body), &()).await.unwrap();
    Ok(format!("{} bytes by {}", body.len(), verified.version()).into_response())
}

fn sent() -> Request<Body> {
    signed_for(Request::post("/hubspot").body("[{}]").unwrap(), "https://hooks.example.com/hubspot").map(Body::from)
}

fn text(response: Response) -> (StatusCode, String) {
    let (parts, body) = response.into_parts();
    let body = run(body.collect()).unwrap().to_bytes();
    (parts.status, String::from_utf8(body.to_vec()).unwrap())
}

#[test]
fn a_handler_behind_the_layer_gets_the_proof() {
    let layer = VerifyLayer::with_clock(verifier(), PublicUrl::server("https://hooks.example.com").unwrap(), || NOW);
    let service =
        layer.layer(service_fn(|request: Request<http_body_util::Full<Bytes>>| handle(request.map(Body::new))));
    let response = run(service.clone().oneshot(sent())).unwrap();
    assert_eq!(text(response), (StatusCode::OK, format!("4 bytes by {}", Version::V3)));

    let response = run(service.oneshot(sent().map(|_| Body::from("[]")))).unwrap();
    assert_eq!(response.extensions().get(), Some(&Error::Mismatch { version: Version::V3 }));
    assert_eq!(text(response), (StatusCode::UNAUTHORIZED, String::new()));
}

#[test]
fn a_handler_without_the_layer_does_not_run() {
    let response = run(handle(sent())).unwrap();
    let (status, text) = text(response);
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains("not behind the HubSpot signature layer"), "{text}");
}
