//! HubSpot requests in Rocket, which has request types of its own: a guard verifies, and no route that has it runs for
//! anyone else.
//!
//! Rocket itself waits for the first 14 bytes of a body, without a time limit, before any guard runs: let a proxy that
//! buffers requests stand before it.

use std::{env, error::Error, net::SocketAddr, time::Duration};

use hubspot_signature::{RequestHead, SignatureHeaders, Verification, Verifier, Version};
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::fairing::AdHoc;
use rocket::http::{ContentType, Status};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest, Request};
use rocket::tokio::time::timeout;
use rocket::{Config, get, post, routes};
use serde_json::{Value, json};

struct HubSpot {
    verifier: Verifier,
    public_url: String,
}

#[rocket::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hubspot = HubSpot {
        // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
        verifier: Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3),
        // The path of each request is put behind it and brings its own slash.
        public_url: env::var("HUBSPOT_PUBLIC_URL")?.trim_end_matches('/').into(),
    };
    let listen: SocketAddr = env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()).parse()?;
    let config = Config {
        address: listen.ip(),
        port: listen.port(),
        log_level: rocket::config::LogLevel::Off,
        ..Config::default()
    };
    let announce = AdHoc::on_liftoff("announce", |rocket| {
        Box::pin(async { println!("listening on {}:{}", rocket.config().address, rocket.config().port) })
    });
    rocket::custom(config).manage(hubspot).attach(announce).mount("/", routes![webhook, card]).launch().await?;
    Ok(())
}

/// Judges all that comes before the body.
fn begin(request: &Request<'_>) -> Result<Verification, Status> {
    let hubspot: &HubSpot = request.rocket().state().ok_or(Status::InternalServerError)?;
    let head = RequestHead {
        method: request.method().as_str(),
        uri: &format!("{}{}", hubspot.public_url, request.uri()),
        headers: SignatureHeaders::from_lookup(|name| request.headers().get(name)),
    };
    hubspot.verifier.begin(&head).map_err(refused)
}

/// The reason is for the log, not for the sender.
fn refused(error: hubspot_signature::Error) -> Status {
    eprintln!("refused: {error}");
    Status::Unauthorized
}

/// The body of a request that HubSpot signed.
struct Signed(Vec<u8>);

#[rocket::async_trait]
impl<'r> FromData<'r> for Signed {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let read = async {
            let mut verification = begin(request)?;
            let body = timeout(Duration::from_secs(5), data.open(64.kibibytes()).into_bytes())
                .await
                .map_err(|_| Status::RequestTimeout)?
                .map_err(|_| Status::BadRequest)?;
            if !body.is_complete() {
                return Err(Status::PayloadTooLarge);
            }
            verification.update(&body);
            verification.finish().map_err(refused)?;
            Ok(Self(body.into_inner()))
        };
        read.await.map_or_else(|status| Outcome::Error((status, ())), Outcome::Success)
    }
}

/// A request without a body that HubSpot signed. Rocket's GET routes have no access to a body, so none can deceive them.
struct SignedHead;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedHead {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        match begin(request).and_then(|verification| verification.finish().map_err(refused)) {
            Ok(_) => Outcome::Success(Self),
            Err(status) => Outcome::Error((status, ())),
        }
    }
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
fn card(_signed: SignedHead, #[allow(non_snake_case)] userEmail: Option<&str>) -> Answer {
    answer(json!({ "results": [{ "objectId": 1, "title": userEmail }] }))
}
