//! HubSpot requests in Rocket, which has request types of its own: a guard verifies, and no route that has it runs for
//! anyone else.
//!
//! Rocket itself waits for the first 14 bytes of a body, without a time limit, before any guard runs: let a proxy that
//! buffers requests stand before it.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["http"] }
// rocket = { version = "0.5", default-features = false }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }

// Environment: HUBSPOT_CLIENT_SECRET, and as configured in HubSpot HUBSPOT_WEBHOOK_URL and HUBSPOT_CARD_URL.
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

// What the guards need, and then what the server needs.
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verification, Verified, Verifier};
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::fairing::{AdHoc, Fairing};
use rocket::http::Status;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::tokio::time::timeout;
use std::{env, time::Duration};

use hubspot_signature::Version;
use rocket::http::ContentType;
use rocket::{Config, catch, catchers, get, post, routes};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The most bytes of a body.
const BODY_LIMIT: usize = 1 << 20;

struct HubSpot {
    verifier: Verifier,
    webhook_url: PublicUrl,
    card_url: PublicUrl,
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?
        .max_body(BODY_LIMIT as u64);
    // The URL exactly as it is configured in HubSpot.
    let endpoint =
        |name| PublicUrl::endpoint(&variable(name)?).map_err(|error| format!("{name}: {error}. {}", error.help()));
    let (webhook_url, card_url) = (endpoint("HUBSPOT_WEBHOOK_URL")?, endpoint("HUBSPOT_CARD_URL")?);
    let hubspot = HubSpot { verifier, webhook_url, card_url };
    let listen: SocketAddr = env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()).parse()?;
    let config = Config { address: listen.ip(), port: listen.port(), cli_colors: false, ..Config::default() };
    let announce = AdHoc::on_liftoff("announce", |rocket| {
        Box::pin(async { println!("listening on {}:{}", rocket.config().address, rocket.config().port) })
    });
    let server = rocket::custom(config).manage(hubspot).attach(retry_after()).attach(announce);
    server.mount("/", routes![webhook, card]).register("/", catchers![unrouted]).launch().await?;
    Ok(())
}

/// HubSpot drops an event that was answered with 404, so the log tells which path arrived.
#[catch(404)]
fn unrouted(request: &Request<'_>) {
    eprintln!("404: no route for {} {:?}", request.method(), request.uri().path().as_str());
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// The body of a request that HubSpot signed, and the proof.
struct Signed(Vec<u8>, Verified);

#[rocket::async_trait]
impl<'r> FromData<'r> for Signed {
    type Error = ();
    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let hubspot = hubspot(request);
        let refused = |error| refused(request, &hubspot.webhook_url, error);
        let read = async {
            let mut verification = begin(request, &hubspot.webhook_url).map_err(refused)?;
            let body = timeout(Duration::from_secs(5), data.open(BODY_LIMIT.bytes()).into_bytes()).await;
            let body = body.map_err(|_| unfinished(request))?.map_err(|_| Status::BadRequest)?;
            let body = body.is_complete().then(|| body.into_inner());
            let body = body.ok_or_else(|| refused(Error::BodyTooLarge { limit: BODY_LIMIT as u64 }))?;
            verification.update(&body).map_err(refused)?;
            let verified = verification.finish().map_err(refused)?;
            Ok(Self(body, verified))
        };
        read.await.map_or_else(|status| Outcome::Error((status, ())), Outcome::Success)
    }
}

/// Proof that HubSpot signed a GET request. Not for other methods: it has not seen the body.
struct SignedGet;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedGet {
    type Error = ();
    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let url = &hubspot(request).card_url;
        let verified = begin(request, url).and_then(|verification| verification.finish());
        verified.map_or_else(|error| Outcome::Error((refused(request, url, error), ())), |_| Outcome::Success(Self))
    }
}

fn hubspot<'r>(request: &'r Request<'_>) -> &'r HubSpot {
    request.rocket().state().expect("set in main")
}

fn begin(request: &Request<'_>, url: &PublicUrl) -> Result<Verification, Error> {
    let (uri, headers) = (request.uri().to_string(), SignatureHeaders::from_lookup(|name| request.headers().get(name)));
    hubspot(request).verifier.begin(&url.head(request.method().as_str(), &uri, headers)?, UnixTime::now())
}

/// The reason is for the log, not for the sender.
fn refused(request: &Request<'_>, url: &PublicUrl, error: Error) -> Status {
    let uri = request.uri().to_string();
    let url = match (url.head(request.method().as_str(), &uri, SignatureHeaders::new()), url.endpoint_url()) {
        (Ok(head), _) => head.uri().to_string(),
        (Err(Error::PathNotEndpoint), Some(url)) => format!("{uri} (endpoint: {url})"),
        (Err(_), _) => uri,
    };
    // The URL may hold characters that hide text in a log.
    eprintln!("refused: {} {}: {error}. {}", error.code(), url.escape_debug(), error.help());
    match error {
        Error::BodyTooLarge { .. } => Status::PayloadTooLarge,
        // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
        _ if error.may_be_misconfiguration() && env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() => {
            Status::TooManyRequests // `retry_after` adds the header
        }
        _ => Status::Unauthorized,
    }
}

/// Answers 503, not 408: a workflow never retries a 4xx except 429.
fn unfinished(request: &Request<'_>) -> Status {
    eprintln!("503: {}: the body did not end in time", request.uri());
    Status::ServiceUnavailable
}

/// Tells HubSpot when to try again.
fn retry_after() -> impl Fairing {
    AdHoc::on_response("Retry-After", |_, response| {
        Box::pin(async move {
            if response.status() == Status::TooManyRequests {
                response.set_raw_header("Retry-After", "60");
            }
        })
    })
}

type Answer = (ContentType, String);

fn answer(value: Value) -> Answer {
    (ContentType::JSON, value.to_string())
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
#[post("/hubspot", data = "<signed>")]
fn webhook(signed: Signed) -> Answer {
    let Signed(body, _verified) = signed;
    let ids: Vec<u64> = events(&body).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
    answer(json!({ "received": ids }))
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
#[get("/card?<userEmail>")]
fn card(_signed: SignedGet, #[allow(non_snake_case)] userEmail: Option<&str>) -> Answer {
    answer(json!({ "results": [{ "objectId": 1, "title": userEmail }] }))
}
