//! HubSpot requests in axum: a layer verifies for each route, and no handler that takes [`Verified`] runs without it.

// [dependencies]
// axum = { version = "0.8", default-features = false, features = ["http1", "http2", "json", "query", "tokio"] }
// hubspot-signature = { version = "0.1", features = ["axum"] }
// metrics = "0.24"
// metrics-exporter-prometheus = { version = "0.18", default-features = false }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }
// tower-http = { version = "0.7", default-features = false, features = ["timeout"] }
// tracing = { version = "0.1", default-features = false, features = ["std"] }
// tracing-subscriber = { version = "0.3", default-features = false, features = ["fmt"] }

// Environment: HUBSPOT_CLIENT_SECRET, and as configured in HubSpot HUBSPOT_WEBHOOK_URL and HUBSPOT_CARD_URL.
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

mod telemetry;

use std::{collections::HashMap, env, error::Error, time::Duration};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Query;
use axum::http::{StatusCode, Uri};
use axum::response::Json;
use axum::routing::{get, post};
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verified, Verifier, Version};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let metrics = telemetry::start()?;
    let [secret, webhook_url, card_url] =
        ["HUBSPOT_CLIENT_SECRET", "HUBSPOT_WEBHOOK_URL", "HUBSPOT_CARD_URL"].map(variable);
    // For the scraper on this machine: let the proxy pass on only the routes of `app`.
    let app = app(&secret?, &webhook_url?, &card_url?)?.route("/metrics", get(async move || metrics.render()));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

fn app(client_secret: &str, webhook_url: &str, card_url: &str) -> Result<Router, Box<dyn Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(client_secret, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?;
    // The URLs exactly as they are configured in HubSpot.
    let webhook_url =
        PublicUrl::endpoint(webhook_url).map_err(|error| format!("HUBSPOT_WEBHOOK_URL: {error}. {}", error.help()))?;
    let card_url =
        PublicUrl::endpoint(card_url).map_err(|error| format!("HUBSPOT_CARD_URL: {error}. {}", error.help()))?;
    let verify = |url| {
        let layer = VerifyLayer::new(verifier.clone(), url).on_refusal(telemetry::refused);
        // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
        let is_changing = env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some();
        if is_changing { layer.retry_mismatches(Duration::from_secs(60)) } else { layer }
    };

    Ok(Router::new()
        .route("/hubspot", post(webhook).layer(verify(webhook_url)))
        .route("/card", get(card).layer(verify(card_url)))
        .fallback(unrouted)
        // Outermost, so that it also ends a body that never does. Not 408: a workflow never retries a 4xx but 429.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5))))
}

/// HubSpot drops an event that was answered with 404, so the log tells which path arrived.
async fn unrouted(uri: Uri) -> StatusCode {
    tracing::warn!(path = uri.path(), "404: no route");
    StatusCode::NOT_FOUND
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
async fn webhook(verified: Verified, body: Bytes) -> Json<Value> {
    telemetry::accepted(&verified);
    let ids: Vec<u64> = events(&body).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
    Json(json!({ "received": ids }))
}

/// An event, as far as this handler needs it.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: Option<u64>, // none in an association, for example
    vid: Option<u64>, // a contact's id, where a workflow sends the contact
}

/// Returns the one event of a workflow, or those of the Webhooks API. One of another shape is logged and left out: to an
/// error, HubSpot would only send it again.
// Not axum's `Json`, which answers 415 and 422.
fn events(body: &[u8]) -> Vec<Event> {
    // Parse each event by itself: invalid text in one, such as half of an emoji at its end, would make all of them fail.
    let events = match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Ok(events) => events.into_iter().map(|one| serde_json::from_str(one.get())).collect(),
        Err(_) => vec![serde_json::from_slice(body)],
    };
    // Its kind alone: the error quotes the value, which may be long and personal.
    let log = |error: &serde_json::Error| tracing::warn!("not handled: {:?}", error.classify());
    events.into_iter().filter_map(|event| event.inspect_err(log).ok()).collect()
}

/// A card on a CRM record.
async fn card(verified: Verified, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    telemetry::accepted(&verified);
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
