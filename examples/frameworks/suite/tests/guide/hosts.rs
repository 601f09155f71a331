//! Several public hosts on one server.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header::HOST};
use axum::response::IntoResponse;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, PublicUrlError, Verifier};
use tower::ServiceExt;

fn hosts(verifier: &Verifier, shop: Router, help: Router) -> Result<Router, PublicUrlError> {
    let layer = |url| Ok(VerifyLayer::new(verifier.clone(), PublicUrl::server(url)?));
    let shop = shop.layer(layer("https://shop.example.com")?);
    let help = help.layer(layer("https://help.example.com")?);
    // The host only selects the routes. Their layer knows which URL must have been signed.
    Ok(Router::new().fallback(async move |request: Request| {
        let routes = match host(&request) {
            Some("shop.example.com") => shop,
            Some("help.example.com") => help,
            _ => return StatusCode::MISDIRECTED_REQUEST.into_response(),
        };
        routes.oneshot(request).await.into_response()
    }))
}

/// Returns the host without its port. HTTP/2 has it in the URI.
fn host(request: &Request) -> Option<&str> {
    let in_header = || request.headers().get(HOST)?.to_str().ok();
    let authority = request.uri().authority().map(|authority| authority.as_str()).or_else(in_header)?;
    Some(authority.split_once(':').map_or(authority, |(host, _)| host))
}

use crate::prelude::{self, signed};

fn routes() -> Router {
    let routes = |name: &'static str| {
        Router::new()
            .route("/hubspot", axum::routing::post(async move || name))
            .route(&format!("/{name}"), axum::routing::post(async move || name))
    };
    hosts(&prelude::verifier(), routes("shop"), routes("help")).expect("URLs")
}

/// Signed for the first host, and sent to the second: in the header, or, as over HTTP/2, in the URI.
fn sent([signed_for, to]: [&str; 2], path: &str, in_uri: bool) -> axum::http::Request<axum::body::Body> {
    let mut request = signed(&format!("https://{signed_for}{path}"), path, "{}");
    if in_uri {
        *request.uri_mut() = format!("http://{to}{path}").parse().expect("a URI");
    } else {
        request.headers_mut().insert(HOST, to.parse().expect("a host"));
    }
    request
}

#[tokio::test]
async fn a_request_counts_at_its_own_host_alone() {
    let (routes, [shop, help]) = (routes(), ["shop.example.com", "help.example.com"]);
    for in_uri in [false, true] {
        for path in ["/hubspot", "/shop"] {
            let (status, text) = prelude::answer(&routes, sent([shop, shop], path, in_uri)).await;
            assert_eq!((status.as_u16(), &*text), (200, "shop"));
        }
        for path in ["/hubspot", "/shop", "/help"] {
            assert_eq!(prelude::status(&routes, sent([shop, help], path, in_uri)).await, 401);
            assert_eq!(prelude::status(&routes, sent([help, shop], path, in_uri)).await, 401);
        }
    }
}

#[tokio::test]
async fn an_unknown_host_has_no_routes() {
    for host in ["evil.example.com", "shop.example.com.evil.example.com"] {
        assert_eq!(prelude::status(&routes(), sent([host, host], "/hubspot", false)).await, 421);
    }
    assert_eq!(prelude::status(&routes(), signed("https://shop.example.com/hubspot", "/hubspot", "{}")).await, 421);
}
