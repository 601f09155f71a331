//! HubSpot requests in warp: the filters become a service, and the layer wraps it.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["tower"] }
// hyper-util = { version = "0.1", features = ["server-auto", "service", "tokio"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }
// tower = { version = "0.5", features = ["util"] }
// tower-http = { version = "0.7", default-features = false, features = ["timeout"] }
// warp = { version = "0.4", default-features = false, features = ["server"] }

// Environment: HUBSPOT_CLIENT_SECRET, HUBSPOT_PUBLIC_URL (scheme and host: https://hooks.example.com).
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

use std::{collections::HashMap, env, error::Error, time::Duration};

use hubspot_signature::tower::{VerifyLayer, to_stderr};
use hubspot_signature::{PublicUrl, Verifier, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::timeout::TimeoutLayer;
use warp::Filter;
use warp::http::{Request, StatusCode};
use warp::hyper::body::{Bytes, Incoming};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?;
    // Scheme and host of both routes.
    let public_url = PublicUrl::server(&variable("HUBSPOT_PUBLIC_URL")?)
        .map_err(|error| format!("HUBSPOT_PUBLIC_URL: {error}. {}", error.help()))?;

    let mut verify = VerifyLayer::new(verifier, public_url).on_refusal(to_stderr);
    // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
    if env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() {
        verify = verify.retry_mismatches(Duration::from_secs(60));
    }

    // A filter that needs the proof: `.and(warp::ext::get::<hubspot_signature::Verified>())`.
    let webhook = warp::path!("hubspot")
        .and(warp::post())
        .and(warp::body::bytes() /* not `json`, which answers 415 and 400 */)
        .map(webhook);
    let card = warp::path!("card").and(warp::get()).and(warp::query()).map(card);
    let hubspot = ServiceBuilder::new().layer(verify).service(warp::service(webhook.or(card)));
    // Outside the layer, since HubSpot does not call it. Add other such paths below: every path that is not named there
    // is verified. Some load balancers send HEAD.
    let health = warp::path!("health").and(warp::get().or(warp::head()).unify()).map(|| StatusCode::OK);
    let health = warp::service(health.boxed());
    let routes = service_fn(move |request: Request<Incoming>| {
        let (hubspot, health) = (hubspot.clone(), health.clone());
        async move {
            match request.uri().path() {
                "/health" => health.oneshot(request).await,
                _ => hubspot.oneshot(request).await,
            }
        }
    });
    let service = ServiceBuilder::new()
        // Outermost, so that it also ends a body that never does. Not 408: a workflow never retries a 4xx but 429.
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(5)))
        .service(routes);

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

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
fn webhook(body: Bytes) -> warp::reply::Json {
    let ids: Vec<u64> = events(&body).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
    warp::reply::json(&json!({ "received": ids }))
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
fn events(body: &[u8]) -> Vec<Event> {
    // Parse each event by itself: invalid text in one, such as half of an emoji at its end, would make all of them fail.
    let events = match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Ok(events) => events.into_iter().map(|one| serde_json::from_str(one.get())).collect(),
        Err(_) => vec![serde_json::from_slice(body)],
    };
    // Its kind alone: the error quotes the value, which may be long and personal.
    let log = |error: &serde_json::Error| eprintln!("not handled: {:?}", error.classify());
    events.into_iter().filter_map(|event| event.inspect_err(log).ok()).collect()
}

/// A card on a CRM record.
fn card(query: HashMap<String, String>) -> warp::reply::Json {
    warp::reply::json(&json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
