//! HubSpot requests in Rocket, which has request types of its own: a guard verifies, and no route that has it runs for
//! anyone else.
//!
//! Rocket itself waits for the first 14 bytes of a body, without a time limit, before any guard runs: let a proxy that
//! buffers requests stand before it.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["http"] }
// rocket = { version = "0.5", default-features = false }
// serde_json = { version = "1", default-features = false, features = ["std"] }

// What the guards need, and then what the server needs.
use hubspot_signature::{PublicUrl, SignatureHeaders, UnixTime, Verification, Verifier};
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::http::Status;
use rocket::outcome::{IntoOutcome, Outcome};
use rocket::request::{self, FromRequest, Request};
use rocket::tokio::time::timeout;
use std::time::Duration;

use hubspot_signature::Version;
use rocket::fairing::AdHoc;
use rocket::http::ContentType;
use rocket::{Config, get, post, routes};
use serde_json::{Value, json};
use std::{env, error::Error, net::SocketAddr};

type HubSpot = (Verifier, PublicUrl);

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?.max_body(64 * 1024);
    // Scheme and host of both routes.
    let hubspot: HubSpot = (verifier, PublicUrl::server(&env::var("HUBSPOT_PUBLIC_URL")?)?);
    let listen: SocketAddr = env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()).parse()?;
    let config = Config { address: listen.ip(), port: listen.port(), cli_colors: false, ..Config::default() };
    let announce = AdHoc::on_liftoff("announce", |rocket| {
        Box::pin(async { println!("listening on {}:{}", rocket.config().address, rocket.config().port) })
    });
    rocket::custom(config).manage(hubspot).attach(announce).mount("/", routes![webhook, card]).launch().await?;
    Ok(())
}

/// The body of a request that HubSpot signed.
struct Signed(Vec<u8>);

#[rocket::async_trait]
impl<'r> FromData<'r> for Signed {
    type Error = Option<hubspot_signature::Error>; // for Rocket's log
    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let refused = |error| (Status::Unauthorized, Some(error));
        let read = async {
            let mut verification = begin(request).map_err(refused)?;
            let body = timeout(Duration::from_secs(5), data.open(64.kibibytes()).into_bytes()).await;
            // Not 408: a workflow never retries a 4xx but 429.
            let body = body.map_err(|_| (Status::ServiceUnavailable, None))?.map_err(|_| (Status::BadRequest, None))?;
            let body = body.is_complete().then(|| body.into_inner()).ok_or((Status::PayloadTooLarge, None))?;
            verification.update(&body).and_then(|()| verification.finish()).map(|_| Self(body)).map_err(refused)
        };
        read.await.map_or_else(Outcome::Error, Outcome::Success)
    }
}

/// Proof that HubSpot signed a GET request. Not for other methods: it has not seen the body.
struct SignedGet;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedGet {
    type Error = hubspot_signature::Error;
    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        begin(request).and_then(|verification| verification.finish()).map(|_| Self).or_error(Status::Unauthorized)
    }
}

fn begin(request: &Request<'_>) -> Result<Verification, hubspot_signature::Error> {
    let (verifier, public_url) = request.rocket().state::<HubSpot>().expect("set in main");
    let (uri, headers) = (request.uri().to_string(), SignatureHeaders::from_lookup(|name| request.headers().get(name)));
    verifier.begin(&public_url.head(request.method().as_str(), &uri, headers)?, UnixTime::now())
}

type Answer = (ContentType, String);

fn answer(value: Value) -> Answer {
    (ContentType::JSON, value.to_string())
}

/// A workflow's "Send a webhook" action.
#[post("/hubspot", data = "<signed>")]
fn webhook(signed: Signed) -> Result<Answer, Status> {
    let event: Value = serde_json::from_slice(&signed.0).map_err(|_| Status::BadRequest)?;
    Ok(answer(json!({ "received": event["objectId"] })))
}

/// A card on a CRM record.
#[get("/card?<userEmail>")]
fn card(_signed: SignedGet, #[allow(non_snake_case)] userEmail: Option<&str>) -> Answer {
    answer(json!({ "results": [{ "objectId": 1, "title": userEmail }] }))
}
