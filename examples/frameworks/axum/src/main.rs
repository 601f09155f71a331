//! HubSpot requests in axum: one layer verifies for all routes, and no handler that takes [`Verified`] runs without it.

use std::{collections::HashMap, env, error::Error, time::Duration};

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::{get, post};
use hubspot_signature::http::PublicUrl;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Verified, Verifier, Version};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::timeout::TimeoutLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3);
    let public_url = PublicUrl::new(&env::var("HUBSPOT_PUBLIC_URL")?)?;

    let app = Router::new()
        .route("/hubspot", post(webhook))
        .route("/card", get(card))
        .layer(VerifyLayer::new(verifier, public_url).body_limit(64 * 1024))
        // Outermost, so that it also ends a body that never does.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5)));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

/// A workflow's "Send a webhook" action.
async fn webhook(_: Verified, Json(event): Json<Value>) -> Json<Value> {
    Json(json!({ "received": event["objectId"] }))
}

/// A card on a CRM record.
async fn card(_: Verified, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
