//! The axum example without its layer: what to compare its throughput with. Handlers and routes are the same.

use std::{collections::HashMap, env, error::Error};

use axum::Router;
use axum::extract::Query;
use axum::response::Json;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/hubspot", post(webhook)).route("/card", get(card));
    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn webhook(Json(event): Json<Value>) -> Json<Value> {
    Json(json!({ "received": event["objectId"] }))
}

async fn card(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
