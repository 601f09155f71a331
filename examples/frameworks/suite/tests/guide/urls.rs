//! The public URL, of one endpoint and of a server, and several public hosts on one server.

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header::HOST};
use axum::response::IntoResponse;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Error, PublicUrl, PublicUrlError, SignatureHeaders, UnixTime, Verified, Verifier};
use tower::ServiceExt;

use crate::prelude::{self, signed};

fn endpoint() -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")
}

fn server() -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::server("https://hooks.example.com")
}

fn from_environment() -> Result<PublicUrl, Box<dyn std::error::Error>> {
    Ok(PublicUrl::endpoint(&std::env::var("HUBSPOT_WEBHOOK_URL")?)?)
}

fn verified(
    (verifier, url): (&Verifier, &PublicUrl),
    (method, path_and_query): (&str, &str), // as in the request line: not decoded, not sorted
    headers: &[(String, Vec<u8>)],
    body: &[u8],
) -> Result<Verified, Error> {
    let headers = SignatureHeaders::from_pairs(headers.iter().map(|(name, value)| (name, value)));
    let head = url.head(method, path_and_query, headers)?;
    verifier.verify(&head, body, UnixTime::now())
}

/// Signed for a URL, and seen with this path under this setting.
fn judged(signed_for: &str, seen: &str, url: &PublicUrl) -> Result<Verified, Error> {
    let secret = hubspot_signature::ClientSecret::new(suite::SECRET).expect("usable");
    let signed = secret.sign("POST", signed_for, b"{}", UnixTime::now()).expect("a request to sign");
    let headers: Vec<_> = signed.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect();
    verified((&prelude::verifier(), url), ("POST", seen), &headers, b"{}")
}

#[test]
fn an_endpoint_is_the_same_behind_every_gateway() {
    let url = endpoint().expect("a URL");
    let signed = "https://hooks.example.com/hubspot/webhook?tenant=7";
    for seen in ["/hubspot/webhook", "/webhook", "/stage/hubspot/webhook", "/hubspot/%77ebhook"] {
        assert!(judged(signed, &format!("{seen}?tenant=7"), &url).is_ok(), "{seen}");
    }
    for seen in ["/card", "/ebhook", "/", "/webhook/more"] {
        assert_eq!(judged(signed, &format!("{seen}?tenant=7"), &url), Err(Error::PathNotEndpoint), "{seen}");
    }
}

/// Captured at another endpoint of the same app, and sent here.
#[test]
fn a_request_for_another_endpoint_does_not_verify() {
    let url = endpoint().expect("a URL");
    for signed in [
        "https://hooks.example.com/hubspot/other",
        "https://hooks.example.com/webhook",
        "https://hooks.example.com/stage/hubspot/webhook",
        "https://other.example.com/hubspot/webhook",
        "http://hooks.example.com/hubspot/webhook",
    ] {
        for seen in ["/hubspot/webhook", "/webhook"] {
            assert!(matches!(judged(signed, seen, &url), Err(Error::Mismatch { .. })), "{signed}");
        }
    }
}

#[test]
fn a_server_takes_the_path_from_the_request() {
    let url = server().expect("a URL");
    assert!(judged("https://hooks.example.com/a?b=c", "/a?b=c", &url).is_ok());
    assert!(judged("https://hooks.example.com/a?b=c", "/b?b=c", &url).is_err());
}

#[test]
fn without_the_variable_the_server_does_not_start() {
    assert!(from_environment().is_err());
}

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

/// Shown by `migrating.md`.
mod migrating {
    use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier, Version};

    /// Once, at start-up.
    fn settings(client_secret: &str) -> Result<(Verifier, PublicUrl), Box<dyn std::error::Error>> {
        // The URL exactly as it is configured in HubSpot. The query comes from each request.
        let url = PublicUrl::endpoint("https://hooks.example.com/hubspot")?;
        Ok((Verifier::new(client_secret, Version::V3)?, url))
    }

    /// For each request: what the request line has, all headers, and the body as it came.
    fn verified(
        (verifier, url): &(Verifier, PublicUrl),
        method: &str,
        path_and_query: &str,
        headers: &[(String, Vec<u8>)],
        raw_body: &[u8],
    ) -> Result<Verified, Error> {
        let headers = SignatureHeaders::from_pairs(headers.iter().map(|(name, value)| (name, value)));
        verifier.verify(&url.head(method, path_and_query, headers)?, raw_body, UnixTime::now())
    }

    #[test]
    fn verifies_as_the_helpers_do() {
        let signed = crate::prelude::signed("https://hooks.example.com/hubspot?a=1", "/hubspot?a=1", "{}");
        let headers: Vec<_> =
            signed.headers().iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
        let settings = settings(crate::prelude::SECRET).expect("usable");
        assert!(verified(&settings, "POST", "/hubspot?a=1", &headers, b"{}").is_ok());
        assert!(verified(&settings, "POST", "/hubspot?a=1", &headers, b"{} ").is_err());
    }
}
