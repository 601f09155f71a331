//! HubSpot requests in poem: an extractor verifies, and no handler that takes it runs for anyone else.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["http"] }
// poem = { version = "3", default-features = false, features = ["server"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET, and as configured in HubSpot HUBSPOT_WEBHOOK_URL and HUBSPOT_CARD_URL.
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

use std::{collections::HashMap, env, fmt::Display, sync::Arc, time::Duration};

use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier, Version};
use poem::error::ReadBodyError;
use poem::http::header::RETRY_AFTER;
use poem::http::{StatusCode, Uri};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Json, Query};
use poem::{EndpointExt, FromRequest, Request, RequestBody, Response, Route, Server, get, handler, post};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::time::timeout;

/// The most bytes of a body.
const BODY_LIMIT: usize = 1 << 20;

type HubSpot = Arc<(Verifier, PublicUrl)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?
        .max_body(BODY_LIMIT as u64);
    // Each URL exactly as it is configured in HubSpot.
    let hubspot = |name| {
        let url =
            PublicUrl::endpoint(&variable(name)?).map_err(|error| format!("{name}: {error}. {}", error.help()))?;
        Ok::<HubSpot, String>(Arc::new((verifier.clone(), url)))
    };
    let app = Route::new()
        .at("/hubspot", post(webhook).data(hubspot("HUBSPOT_WEBHOOK_URL")?))
        .at("/card", get(card).data(hubspot("HUBSPOT_CARD_URL")?))
        .at("/*", unrouted);

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()));
    let acceptor = listener.into_acceptor().await?;
    for address in acceptor.local_addr().iter().filter_map(|address| address.as_socket_addr()) {
        println!("listening on {address}");
    }
    Ok(Server::new_with_acceptor(acceptor).run(app).await?)
}

/// HubSpot drops an event that was answered with 404, so the log tells which path arrived.
#[handler]
fn unrouted(uri: &Uri) -> StatusCode {
    eprintln!("404: no route for {:?}", uri.path());
    StatusCode::NOT_FOUND
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// The body of a request that HubSpot signed, and the proof.
struct Signed(Vec<u8>, Verified);

impl<'a> FromRequest<'a> for Signed {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let (verifier, public_url) = &**request.data::<HubSpot>().expect("set in main");
        // The raw path and query: what routing and extractors make of them is decoded.
        let path_and_query = request.original_uri().path_and_query().map_or("", |raw| raw.as_str());
        let headers = SignatureHeaders::from_lookup(|name| request.headers().get_all(name));
        let head = public_url.head(request.method().as_str(), path_and_query, headers);
        let head = head.map_err(|error| match (error, public_url.endpoint_url()) {
            (Error::PathNotEndpoint, Some(url)) => refused(error, format!("{path_and_query} (endpoint: {url})")),
            _ => refused(error, path_and_query),
        })?;
        let refused = |error| refused(error, head.uri());
        let mut verification = verifier.begin(&head, UnixTime::now()).map_err(refused)?;
        let body = timeout(Duration::from_secs(5), body.take()?.into_bytes_limit(BODY_LIMIT)).await;
        let body = body.map_err(|_| unfinished(head.uri()))?.map_err(|error| match error {
            ReadBodyError::PayloadTooLarge => refused(Error::BodyTooLarge { limit: BODY_LIMIT as u64 }),
            error => error.into(),
        })?;
        verification.update(&body).map_err(refused)?;
        let verified = verification.finish().map_err(refused)?;
        Ok(Self(body.into(), verified))
    }
}

/// The reason is for the log, not for the sender.
fn refused(error: Error, url: impl Display) -> poem::Error {
    let url = url.to_string(); // may hold characters that hide text in a log
    eprintln!("refused: {} {}: {error}. {}", error.code(), url.escape_debug(), error.help());
    match error {
        Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE.into(),
        // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
        _ if error.may_be_misconfiguration() && env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() => {
            let response = Response::builder().status(StatusCode::TOO_MANY_REQUESTS).header(RETRY_AFTER, 60);
            poem::Error::from_response(response.finish())
        }
        _ => StatusCode::UNAUTHORIZED.into(),
    }
}

/// Answers 503, not 408: a workflow never retries a 4xx except 429.
fn unfinished(url: impl Display) -> StatusCode {
    eprintln!("503: {url}: the body did not end in time");
    StatusCode::SERVICE_UNAVAILABLE
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
#[handler]
fn webhook(Signed(body, _verified): Signed) -> Json<Value> {
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
#[handler]
fn card(_: Signed, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
