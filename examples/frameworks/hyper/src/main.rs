//! HubSpot requests in bare hyper, HTTP/1 and HTTP/2: the layer wraps the service, as it would any tower service.

use std::{collections::HashMap, convert::Infallible, env, error::Error, time::Duration};

use http_body_util::{BodyExt, Full};
use hubspot_signature::http::PublicUrl;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Verifier, Version};
use hyper::body::Bytes;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, service_fn};
use tower_http::timeout::TimeoutLayer;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3);
    let public_url = PublicUrl::new(&env::var("HUBSPOT_PUBLIC_URL")?)?;
    let service = ServiceBuilder::new()
        // Outermost, so that it also ends a body that never does.
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5)))
        .layer(VerifyLayer::new(verifier, public_url).body_limit(64 * 1024))
        .service(service_fn(answer));

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

/// Sees only requests that HubSpot signed.
async fn answer(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let answer = match (head.method.as_str(), head.uri.path()) {
        ("POST", "/hubspot") => webhook(&body.collect().await?.to_bytes()).ok_or(StatusCode::BAD_REQUEST),
        ("GET", "/card") => Ok(card(head.uri.query().unwrap_or_default())),
        _ => Err(StatusCode::NOT_FOUND),
    };
    let mut response = Response::default();
    match answer {
        Ok(answer) => *response.body_mut() = answer.to_string().into(),
        Err(status) => *response.status_mut() = status,
    }
    Ok(response)
}

/// A workflow's "Send a webhook" action.
fn webhook(body: &[u8]) -> Option<Value> {
    let event: Value = serde_json::from_slice(body).ok()?;
    Some(json!({ "received": event["objectId"] }))
}

/// A card on a CRM record.
fn card(query: &str) -> Value {
    let query: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).collect();
    json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] })
}
