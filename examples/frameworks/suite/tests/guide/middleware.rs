//! The layer next to other middleware.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{self, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http_body_util::Full;
use hubspot_signature::Verified;
use hubspot_signature::tower::VerifyLayer;
use tower::ServiceBuilder;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use axum::extract::DefaultBodyLimit;
use hubspot_signature::{PublicUrl, Verifier};

fn one_by_one(routes: Router, verify: VerifyLayer) -> Router {
    routes
        .layer(from_fn(audit)) // sees what is verified
        .layer(verify) // sees the bytes as they came
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5)))
        .layer(TraceLayer::new_for_http()) // added last, so outermost
}

fn in_a_builder(routes: Router, verify: VerifyLayer) -> Router {
    routes.layer(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http()) // in a builder the first is the outermost
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5)))
            .layer(verify)
            // Axum's middleware takes axum's body type.
            .map_request(|request: http::Request<Full<Bytes>>| request.map(Body::new))
            .layer(from_fn(audit)),
    )
}

async fn audit(verified: Verified, request: Request, next: Next) -> Response {
    println!("{} {}, signed {}", request.method(), request.uri().path(), verified.version());
    next.run(request).await
}

fn large_bodies(routes: Router, verifier: Verifier, url: PublicUrl) -> Router {
    routes
        // The layer's limit is enough; without this line, axum's extractors refuse more than 2 MiB.
        .layer(DefaultBodyLimit::disable())
        .layer(VerifyLayer::new(verifier.max_body(4 << 20), url))
}

use crate::prelude::{self, signed};

fn routes() -> Router {
    Router::new().route("/hubspot", axum::routing::post(async |_: Verified, body: Bytes| body.len().to_string()))
}

fn url() -> PublicUrl {
    PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL")
}

#[tokio::test]
async fn each_order_verifies_first() {
    let layer = || VerifyLayer::new(prelude::verifier(), url());
    for routes in [one_by_one(routes(), layer()), in_a_builder(routes(), layer())] {
        let genuine = signed("https://hooks.example.com/hubspot", "/hubspot", "{}");
        assert_eq!(prelude::answer(&routes, genuine).await, (axum::http::StatusCode::OK, "2".to_owned()));
        let mut forged = signed("https://hooks.example.com/hubspot", "/hubspot", "{}");
        *forged.body_mut() = "{ }".into();
        // 401, not the 500 of `audit` where `Verified` is missing.
        assert_eq!(prelude::status(&routes, forged).await, 401);
    }
}

#[tokio::test]
async fn both_limits_of_a_body() {
    let of = |megabytes: usize| {
        let body = format!("\"{}\"", "x".repeat((megabytes << 20) - 2));
        signed("https://hooks.example.com/hubspot", "/hubspot", body)
    };
    let limited = routes().layer(VerifyLayer::new(prelude::verifier().max_body(4 << 20), url()));
    assert_eq!(prelude::status(&limited, of(1)).await, 200);
    assert_eq!(prelude::status(&limited, of(3)).await, 413);
    let lifted = large_bodies(routes(), prelude::verifier(), url());
    assert_eq!(prelude::status(&lifted, of(3)).await, 200);
    assert_eq!(prelude::status(&lifted, of(4)).await, 200);
    assert_eq!(prelude::status(&lifted, of(5)).await, 413);
}
