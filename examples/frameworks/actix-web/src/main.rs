//! HubSpot requests in actix-web, which has request types of its own: an extractor verifies, and no handler that takes it
//! runs for anyone else.

// [dependencies]
// actix-web = { version = "4", default-features = false, features = ["macros"] }
// hubspot-signature = { version = "0.1", features = ["http"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }

// Environment: HUBSPOT_CLIENT_SECRET, and as configured in HubSpot HUBSPOT_WEBHOOK_URL and HUBSPOT_CARD_URL.
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

// What the extractor needs, and then what the server needs.
use actix_web::error::{ErrorPayloadTooLarge, ErrorServiceUnavailable, ErrorUnauthorized, InternalError};
use actix_web::http::header::RETRY_AFTER;
use actix_web::rt::time::timeout;
use actix_web::web::{self, Bytes, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev};
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier};
use std::{env, fmt::Display, future::Future, pin::Pin, time::Duration};

use actix_web::web::{Json, Query};
use actix_web::{App, HttpServer};
use hubspot_signature::Version;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The most bytes of a body.
const BODY_LIMIT: usize = 1 << 20;

type HubSpot = Data<(Verifier, PublicUrl)>;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?
        .max_body(BODY_LIMIT as u64);
    // Each URL exactly as it is configured in HubSpot.
    let hubspot = |name| {
        let url =
            PublicUrl::endpoint(&variable(name)?).map_err(|error| format!("{name}: {error}. {}", error.help()))?;
        Ok::<HubSpot, String>(Data::new((verifier.clone(), url)))
    };
    let (webhook_url, card_url) = (hubspot("HUBSPOT_WEBHOOK_URL")?, hubspot("HUBSPOT_CARD_URL")?);
    let app = move || {
        App::new()
            .service(web::resource("/hubspot").app_data(webhook_url.clone()).post(webhook))
            .service(web::resource("/card").app_data(card_url.clone()).get(card))
            .default_service(web::to(unrouted))
    };
    let server = HttpServer::new(app).bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()))?;
    println!("listening on {}", server.addrs()[0]);
    Ok(server.run().await?)
}

/// HubSpot drops an event that was answered with 404, so the log tells which path arrived.
async fn unrouted(request: HttpRequest) -> HttpResponse {
    eprintln!("404: no route for {:?}", request.path());
    HttpResponse::NotFound().finish()
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// The body of a request that HubSpot signed, and the proof.
struct Signed(Bytes, Verified);

impl FromRequest for Signed {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            let (verifier, public_url) = &***request.app_data::<HubSpot>().expect("set in main");
            let path_and_query = request.uri().path_and_query().map_or("", |raw| raw.as_str());
            let headers = SignatureHeaders::from_lookup(|name| request.headers().get_all(name));
            let head = public_url.head(request.method().as_str(), path_and_query, headers);
            let head = head.map_err(|error| match (error, public_url.endpoint_url()) {
                (Error::PathNotEndpoint, Some(url)) => refused(error, format!("{path_and_query} (endpoint: {url})")),
                _ => refused(error, path_and_query),
            })?;
            let refused = |error| refused(error, head.uri());
            let mut verification = verifier.begin(&head, UnixTime::now()).map_err(refused)?;
            let body = timeout(Duration::from_secs(5), payload.await?.to_bytes_limited(BODY_LIMIT)).await;
            let body = body.map_err(|_| unfinished(head.uri()))?;
            let body = body.map_err(|_| refused(Error::BodyTooLarge { limit: BODY_LIMIT as u64 }))??;
            verification.update(&body).map_err(refused)?;
            let verified = verification.finish().map_err(refused)?;
            Ok(Self(body, verified))
        })
    }
}

/// The reason is for the log, not for the sender.
fn refused(error: Error, url: impl Display) -> actix_web::Error {
    eprintln!("refused: {} {url}: {error}. {}", error.code(), error.help());
    match error {
        Error::BodyTooLarge { .. } => ErrorPayloadTooLarge(""),
        // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
        _ if error.may_be_misconfiguration() && env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() => {
            let response = HttpResponse::TooManyRequests().insert_header((RETRY_AFTER, "60")).finish();
            InternalError::from_response(error, response).into()
        }
        _ => ErrorUnauthorized(""),
    }
}

/// Answers 503, not 408: a workflow never retries a 4xx except 429.
fn unfinished(url: impl Display) -> actix_web::Error {
    eprintln!("503: {url}: the body did not end in time");
    ErrorServiceUnavailable("")
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
async fn webhook(Signed(body, _verified): Signed) -> Json<Value> {
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
async fn card(_: Signed, query: Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
