//! From observing to refusing, and back to asking again; a refused request in a file.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::TRANSFER_ENCODING;
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use axum::{Extension, Router};
use hubspot_signature::tower::{Refusal, VerifyLayer, to_stderr};
use hubspot_signature::{Error, Verified};
use warp::{Filter, Rejection};

/// The route alone: around the whole router, the layer would later refuse `/health` too.
fn observing(verify: VerifyLayer) -> MethodRouter {
    // Writes `passed on unverified: ` and the reason.
    post(webhook).layer(verify.on_refusal(to_stderr).dangerously_pass_unverified())
}

/// While the layer observes: runs for every request, as it did before there was a layer.
async fn webhook(verified: Option<Extension<Verified>>, error: Option<Extension<Error>>, _event: Bytes) -> String {
    let found = match (verified, error) {
        (Some(Extension(verified)), _) => format!("verified: {}", verified.version()),
        (None, Some(Extension(error))) => format!("not refused yet: {}", error.code()),
        (None, None) => "the layer is missing".to_owned(),
    };
    eprintln!("{found}");
    found
}

/// While the layer observes, in warp: runs for every request. In the server, write
/// `.layer(verify.dangerously_pass_unverified())` in place of `.layer(verify)`.
fn webhook_in_warp() -> impl Filter<Extract = (String,), Error = Rejection> + Clone {
    warp::path!("hubspot")
        .and(warp::post())
        .and(warp::ext::optional::<Verified>())
        .and(warp::ext::optional::<Error>())
        .and(warp::body::bytes())
        .map(|verified: Option<Verified>, error: Option<Error>, _event: Bytes| {
            let found = match (verified, error) {
                (Some(verified), _) => format!("verified: {}", verified.version()),
                (None, Some(error)) => format!("not refused yet: {}", error.code()),
                (None, None) => "the layer is missing".to_owned(),
            };
            eprintln!("{found}");
            found
        })
}

fn refusing(verify: VerifyLayer) -> MethodRouter {
    // 429 with `Retry-After: 60`: HubSpot keeps what does not match, and sends it again.
    post(webhook).layer(verify.on_refusal(to_stderr).retry_mismatches(Duration::from_secs(60)))
}

fn capturing(routes: Router, verify: VerifyLayer, path: PathBuf) -> Router {
    routes.layer(verify.on_refusal(move |refusal: &Refusal<'_>, response: Response| {
        // For another error the body was perhaps not read.
        if matches!(refusal.error(), Error::Mismatch { .. }) {
            // The first one only: a file that exists is left alone.
            let file = File::create_new(&path);
            let written = file.and_then(|mut file| file.write_all(&captured(refusal)));
            eprintln!("{}: {written:?}", path.display());
        }
        to_stderr(refusal, response) // and the log's line
    }))
}

/// A refused request as HTTP/1.1 text. Its signature may be genuine: keep it out of the log.
fn captured(refusal: &Refusal<'_>) -> Vec<u8> {
    let (head, body) = (refusal.head(), refusal.body().unwrap_or_default());
    let target = head.uri.path_and_query().map_or("/", |raw| raw.as_str());
    let mut text = format!("{} {target} HTTP/1.1\r\n", head.method).into_bytes();
    // The body is no longer in chunks.
    let headers = head.headers.iter().filter(|(name, _)| **name != TRANSFER_ENCODING);
    for (name, value) in headers {
        text.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    [&text, &b"\r\n"[..], body].concat()
}

use crate::prelude::{self, StatusCode, signed};
use http_body_util::Full;
use hyper::body::Frame;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, ServiceExt};
use tower_http::timeout::TimeoutLayer;

fn routes(route: MethodRouter) -> Router {
    Router::new().route("/hubspot", route)
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
        (genuine(), "verified: v3"),
        (unsigned, "not refused yet: missing_signature"),
        (forged, "not refused yet: mismatch"),
        (cut, "not refused yet: body_not_json"),
    ]
}

#[tokio::test]
async fn nothing_is_refused_and_all_is_told() {
    let observed = routes(observing(layer()));
    for (request, said) in requests() {
        let (status, text) = prelude::answer(&observed, request).await;
        assert_eq!((status.as_u16(), &*text), (200, said));
    }
    let without_layer = routes(post(webhook));
    assert_eq!(
        prelude::answer(&without_layer, requests().into_iter().next().expect("one").0).await.1,
        "the layer is missing"
    );
}

#[tokio::test]
async fn in_warp_too() {
    let service = warp::service(webhook_in_warp());
    let observed = layer().dangerously_pass_unverified().layer(service.clone());
    let text = async |response: axum::http::Response<_>| {
        let body = axum::body::to_bytes(axum::body::Body::new(response.into_body()), usize::MAX).await.expect("whole");
        String::from_utf8(body.into()).expect("text")
    };
    for (request, said) in requests() {
        let response = observed.clone().oneshot(request).await.expect("infallible");
        assert_eq!((response.status().as_u16(), &*text(response).await), (200, said));
    }
    let request = axum::http::Request::post("/hubspot").body(Full::<Bytes>::default()).expect("a request");
    assert_eq!(text(service.oneshot(request).await.expect("infallible")).await, "the layer is missing");
}

/// A body that breaks off.
struct Broken;

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(Err(std::io::Error::other("gone"))))
    }
}

/// In the log, that is `refused`, not `passed on unverified`: `refusals_go_to_standard_error` of the library's tests.
/// A body that cannot be read, or not to its end, reaches no handler.
#[tokio::test]
async fn some_bodies_are_refused_all_the_same() {
    let routes = routes(observing(layer()));
    let url = "https://hooks.example.com/hubspot";
    for (length, expected) in [(1 << 20, 200), ((1 << 20) + 1, 413)] {
        let body = format!("\"{}\"", "x".repeat(length - 2));
        assert_eq!(prelude::status(&routes, signed(url, "/hubspot", body.clone())).await, expected, "signed");
        let unsigned = axum::http::Request::post("/hubspot").body(body.into()).expect("a request");
        assert_eq!(prelude::status(&routes, unsigned).await, expected, "unsigned");
    }
    let broken = signed(url, "/hubspot", "{}").map(|_| axum::body::Body::new(Broken));
    assert_eq!(prelude::status(&routes, broken).await, 400);
}

/// A body that never comes.
struct Silent;

impl axum::body::HttpBody for Silent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Pending
    }
}

/// The layer waits for the body, so a time limit outside ends it, signed or not.
#[tokio::test(start_paused = true)]
async fn a_slow_body_is_refused_all_the_same() {
    let limit = TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5));
    let routes = routes(observing(layer())).layer(limit);
    let unsigned = axum::http::Request::post("/hubspot").body("{}".into()).expect("a request");
    for request in [signed("https://hooks.example.com/hubspot", "/hubspot", "{}"), unsigned] {
        let silent = request.map(|_| axum::body::Body::new(Silent));
        assert_eq!(prelude::status(&routes, silent).await, 503);
    }
}

#[tokio::test]
async fn then_all_but_the_genuine_is_refused() {
    let statuses = [200, 401, 429, 429];
    let routes = routes(refusing(layer()));
    for ((request, said), expected) in requests().into_iter().zip(statuses) {
        assert_eq!(prelude::status(&routes, request).await, expected, "{said}");
    }
}

#[tokio::test]
async fn the_first_mismatch_is_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("captured-request.txt");
    let routes = capturing(routes(post(webhook)), layer(), path.clone());
    let [(genuine, _), (unsigned, _), ..] = requests();
    prelude::status(&routes, genuine).await;
    prelude::status(&routes, unsigned).await;
    assert!(!path.exists());
    let mut forged = signed("https://hooks.example.com/hubspot", "/hubspot?a=%40", "{\"a\":\"\u{e9}\"}");
    forged.headers_mut().insert("transfer-encoding", "chunked".parse().expect("text"));
    let headers = forged.headers().clone();
    prelude::status(&routes, forged).await;
    let captured = std::fs::read(&path).expect("written");
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut parsed = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(length) = parsed.parse(&captured).expect("a request") else { panic!("cut") };
    assert_eq!((parsed.method, parsed.path), (Some("POST"), Some("/hubspot?a=%40")));
    assert!(parsed.headers.iter().all(|field| headers[field.name] == field.value && field.name != "transfer-encoding"));
    assert_eq!(parsed.headers.len(), headers.len() - 1);
    assert_eq!(&captured[length..], "{\"a\":\"\u{e9}\"}".as_bytes());

    let mut other = requests().into_iter().next().expect("one").0;
    *other.body_mut() = "{ }".into();
    assert_eq!(prelude::status(&routes, other).await, 401);
    assert_eq!(std::fs::read(&path).expect("written"), captured);
}
