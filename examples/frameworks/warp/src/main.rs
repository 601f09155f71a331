//! HubSpot requests in warp: the filters become a service, and the layer wraps it.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["tower"] }
// hyper-util = { version = "0.1", features = ["server-auto", "service", "tokio"] }
// serde_json = { version = "1", default-features = false, features = ["std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }
// tower = { version = "0.5", features = ["util"] }
// tower-http = { version = "0.7", default-features = false, features = ["timeout"] }
// warp = { version = "0.4", default-features = false, features = ["server"] }

use std::{collections::HashMap, env, error::Error, time::Duration};

use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verifier, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::timeout::TimeoutLayer;
use warp::Filter;
use warp::http::StatusCode;
use warp::hyper::body::Bytes;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?.max_body(64 * 1024);
    // Scheme and host of both routes.
    let public_url = PublicUrl::server(&env::var("HUBSPOT_PUBLIC_URL")?)?;

    let webhook = warp::path!("hubspot").and(warp::post()).and(warp::body::bytes()).map(webhook);
    let card = warp::path!("card").and(warp::get()).and(warp::query()).map(card);
    let service = ServiceBuilder::new()
        // Outermost, so that it also ends a body that never does. Not 408: a workflow never retries a 4xx but 429.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5)))
        .layer(VerifyLayer::new(verifier, public_url))
        .service(warp::service(webhook.or(card)));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, most likely: that passes.
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().timer(TokioTimer::new());
            if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("connection: {error}");
            }
        });
    }
}

/// A workflow's "Send a webhook" action.
fn webhook(body: Bytes) -> Result<warp::reply::Json, StatusCode> {
    // Not `body::json`: HubSpot would repeat its 415, which is no better the second time.
    let event: Value = serde_json::from_slice(&body).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(warp::reply::json(&json!({ "received": event["objectId"] })))
}

/// A card on a CRM record.
fn card(query: HashMap<String, String>) -> warp::reply::Json {
    warp::reply::json(&json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
