//! From observing to refusing, and back to asking again.

use std::time::Duration;

use axum::body::Bytes;
use axum::response::Response;
use axum::{Extension, Router};
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{Error, Verified};

fn observing(routes: Router, verify: VerifyLayer) -> Router {
    let verify = verify.on_refusal(|refusal: &Refusal<'_>, response: Response| {
        tracing::warn!(code = refusal.error().code(), url = refusal.url(), "would be refused: {}", refusal.help());
        response
    });
    routes.layer(verify.dangerously_pass_unverified())
}

/// While the layer observes: runs for every request, as it did before there was a layer.
async fn webhook(verified: Option<Extension<Verified>>, error: Option<Extension<Error>>, _event: Bytes) -> String {
    match (verified, error) {
        (Some(Extension(verified)), _) => format!("signed {}", verified.version()),
        (None, Some(Extension(error))) => format!("not refused yet: {}", error.code()),
        (None, None) => "the layer is missing".to_owned(),
    }
}

fn refusing(routes: Router, verify: VerifyLayer) -> Router {
    // 429 with `Retry-After: 60`: HubSpot keeps what does not match, and sends it again.
    routes.layer(verify.retry_mismatches(Duration::from_secs(60)))
}

use crate::prelude::{self, signed};

fn routes() -> Router {
    Router::new().route("/hubspot", axum::routing::post(webhook))
}

fn layer() -> VerifyLayer {
    let url = hubspot_signature::PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    VerifyLayer::new(prelude::verifier(), url)
}

fn requests() -> [(axum::http::Request<axum::body::Body>, &'static str); 4] {
    let genuine = || signed("https://hooks.example.com/hubspot", "/hubspot", "{}");
    let unsigned = axum::http::Request::post("/hubspot").body("{}".into()).expect("a request");
    let mut forged = genuine();
    *forged.body_mut() = "{ }".into();
    let mut cut = genuine();
    *cut.body_mut() = "{".into();
    [
        (genuine(), "signed v3"),
        (unsigned, "not refused yet: missing_signature"),
        (forged, "not refused yet: mismatch"),
        (cut, "not refused yet: body_not_json"),
    ]
}

#[tokio::test]
async fn nothing_is_refused_and_all_is_told() {
    let log = crate::log::Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let routes = observing(routes(), layer());
    for (request, said) in requests() {
        let (status, text) = prelude::answer(&routes, request).await;
        assert_eq!((status.as_u16(), &*text), (200, said));
        let lines = log.take();
        match said.strip_prefix("not refused yet: ") {
            Some(code) => {
                assert!(lines.contains(code) && lines.contains("https://hooks.example.com/hubspot"), "{lines}")
            }
            None => assert_eq!(lines, ""),
        }
    }
    let without_layer = self::routes();
    assert_eq!(
        prelude::answer(&without_layer, requests().into_iter().next().expect("one").0).await.1,
        "the layer is missing"
    );
}

#[tokio::test]
async fn then_all_but_the_genuine_is_refused() {
    let statuses = [200, 401, 429, 429];
    let routes = refusing(routes(), layer());
    for ((request, said), expected) in requests().into_iter().zip(statuses) {
        assert_eq!(prelude::status(&routes, request).await, expected, "{said}");
    }
}
