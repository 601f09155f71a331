//! The layer in each place that an axum router has for one.

use std::collections::HashMap;
use std::net::SocketAddr;

use axum::body::Bytes;
use axum::extract::Query;
use axum::routing::{get, post};
use axum::{Json, Router};
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verified, Verifier, Version};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use suite::{BODY_LIMIT, Nginx, PUBLIC_URL, Request, SECRET, Signer, exchange, forged, genuine, hold};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: Option<u64>,
    vid: Option<u64>,
}

async fn webhook(_: Verified, body: Bytes) -> Json<Value> {
    let events: Vec<Option<Event>> = match serde_json::from_slice::<Vec<&RawValue>>(&body) {
        Ok(events) => events.into_iter().map(|one| serde_json::from_str(one.get()).ok()).collect(),
        Err(_) => vec![serde_json::from_slice(&body).ok()],
    };
    let ids: Vec<u64> = events.into_iter().flatten().filter_map(|event| event.object_id.or(event.vid)).collect();
    Json(json!({ "received": ids }))
}

async fn card(_: Verified, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}

fn routes() -> Router {
    Router::new().route("/hubspot", post(webhook)).route("/card", get(card))
}

fn verifier() -> Verifier {
    Verifier::new(SECRET, Version::V3).expect("a usable secret").max_body(BODY_LIMIT as u64)
}

/// The part of the path that a nested router lacks is given to its layer as the prefix.
fn layer(prefix: &str) -> VerifyLayer {
    let mut public_url = PublicUrl::server(PUBLIC_URL).expect("a URL");
    if !prefix.is_empty() {
        public_url = public_url.path_prefix(prefix).expect("a path");
    }
    VerifyLayer::new(verifier(), public_url)
}

/// Served for as long as the runtime lives.
fn serve(router: Router) -> (SocketAddr, Runtime) {
    let runtime = Runtime::new().expect("threads");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("bound");
    runtime.spawn(async { axum::serve(listener, router).await });
    (address, runtime)
}

fn status(address: SocketAddr, request: &Request) -> u16 {
    exchange(address, request).expect("an answer").status
}

/// The suite's requests, and what becomes of one for which there is no route.
fn holds(router: Router, prefix: &str, unsigned_and_unrouted: u16) {
    let (address, _runtime) = serve(router);
    hold(&genuine(prefix), |request| exchange(address, request));
    hold(&forged(prefix), |request| exchange(address, request));
    let unrouted = Request::new("GET", format!("{prefix}/nowhere"), "");
    assert_eq!(status(address, &unrouted), unsigned_and_unrouted);
    assert_eq!(status(address, &unrouted.signed_by(Signer::ThisCrate)), 404);
}

#[test]
fn layer_guards_the_fallback_too() {
    holds(routes().layer(layer("")), "", 401);
}

#[test]
fn route_layer_leaves_404_to_the_router() {
    holds(routes().route_layer(layer("")), "", 404);
}

#[test]
fn on_a_nested_router_with_its_prefix() {
    holds(Router::new().nest("/crm", routes().route_layer(layer("/crm"))), "/crm", 404);
    holds(Router::new().nest("/crm", routes().layer(layer("/crm"))), "/crm", 404);
}

#[test]
fn outside_a_nest() {
    holds(Router::new().nest("/crm", routes()).layer(layer("")), "/crm", 401);
    holds(Router::new().nest("/crm", routes()).route_layer(layer("")), "/crm", 404);
}

/// The routes with the endpoints that HubSpot calls at this prefix.
fn endpoints(prefix: &str) -> Router {
    let layer = |path| {
        let url = PublicUrl::endpoint(&format!("{PUBLIC_URL}{prefix}{path}")).expect("a URL");
        VerifyLayer::new(verifier(), url)
    };
    Router::new()
        .route("/hubspot", post(webhook).layer(layer("/hubspot")))
        .route("/card", get(card).layer(layer("/card")))
}

#[test]
fn endpoints_need_no_prefix() {
    holds(endpoints(""), "", 404);
    holds(Router::new().nest("/crm", endpoints("/crm")), "/crm", 404);
    let inner = Router::new().nest("/crm", endpoints("/api/crm"));
    holds(Router::new().nest("/api", inner), "/api/crm", 404);
}

/// nginx removes the prefix that HubSpot calls, or adds one that the router removes again.
#[test]
fn endpoints_behind_nginx() {
    let genuine = |prefix| {
        let mut cases = genuine(prefix);
        // nginx drops it.
        cases.retain(|case| !case.request.target.ends_with('?'));
        cases
    };
    let (address, _runtime) = serve(endpoints("/crm"));
    let nginx = Nginx::before(address);
    hold(&genuine("/crm"), |request| nginx.exchange(request));
    hold(&forged("/crm"), |request| nginx.exchange(request));

    let (address, _runtime) = serve(Router::new().nest("/inside", endpoints("")));
    let nginx = Nginx::adding("/inside/", address);
    hold(&genuine(""), |request| nginx.exchange(request));
    hold(&forged(""), |request| nginx.exchange(request));
}

/// Genuine at one endpoint, sent to another: neither by its own path nor under that of the other.
#[test]
fn a_request_for_another_endpoint_does_not_verify() {
    let url = || PublicUrl::endpoint(&format!("{PUBLIC_URL}/hubspot")).expect("a URL");
    let routes = Router::new().route("/hubspot", post(webhook)).route("/other", post(webhook));
    let (address, _runtime) = serve(routes.clone().layer(VerifyLayer::new(verifier(), url())));
    let signed = |path: &str| {
        let mut request = Request::new("POST", path, r#"{"objectId":7}"#).signed_by(Signer::ThisCrate);
        request.headers.push(("Content-Type".into(), "application/json".into()));
        request
    };
    let at = |path: &str, request: Request| status(address, &Request { target: path.into(), ..request });
    assert_eq!(at("/hubspot", signed("/hubspot")), 200);
    for path in ["/other", "/hubspot"] {
        assert_eq!(at(path, signed("/other")), 401, "{path}");
    }
    assert_eq!(at("/other", signed("/hubspot")), 401);

    // The option says what it risks.
    let layer = VerifyLayer::new(verifier(), url().dangerously_accept_any_path());
    let (address, _runtime) = serve(routes.layer(layer));
    assert_eq!(status(address, &Request { target: "/other".into(), ..signed("/hubspot") }), 200);
}

#[test]
fn on_a_nested_router_without_its_prefix_nothing_passes() {
    let (address, _runtime) = serve(Router::new().nest("/crm", routes().layer(layer(""))));
    for case in genuine("/crm") {
        assert_eq!(status(address, &case.request), 401, "{}", case.name);
    }
}

#[test]
fn a_handler_outside_the_layer_does_not_run() {
    let unguarded = routes().layer(layer("")).merge(Router::new().nest("/forgotten", routes()));
    let (address, _runtime) = serve(unguarded);
    let request = Request::new("GET", "/forgotten/card?userEmail=a", "").signed_by(Signer::ThisCrate);
    assert_eq!(status(address, &request), 500);
}
