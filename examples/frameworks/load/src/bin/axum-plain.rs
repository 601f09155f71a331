//! The axum example without its time limit, log and counts, to compare with. Routes and answers are the same.
//!
//! Usage: `axum-plain [layer]`, with the layer or without it.

use std::{collections::HashMap, env, error::Error};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Query;
use axum::response::Json;
use axum::routing::{get, post};
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verifier, Version};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut webhook, mut card) = (post(webhook), get(card));
    if env::args().nth(1).as_deref() == Some("layer") {
        let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?;
        let webhook_url = PublicUrl::endpoint(&env::var("HUBSPOT_WEBHOOK_URL")?)?;
        let card_url = PublicUrl::endpoint(&env::var("HUBSPOT_CARD_URL")?)?;
        webhook = webhook.layer(VerifyLayer::new(verifier.clone(), webhook_url));
        card = card.layer(VerifyLayer::new(verifier, card_url));
    }
    let app = Router::new().route("/hubspot", webhook).route("/card", card);
    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn webhook(body: Bytes) -> Json<Value> {
    let events = match serde_json::from_slice(&body) {
        Ok(Value::Array(events)) => events,
        one => one.into_iter().collect(),
    };
    let ids: Vec<Option<u64>> = events.iter().map(|event| event["objectId"].as_u64()).collect();
    Json(json!({ "received": ids }))
}

async fn card(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
