//! HubSpot requests in actix-web, which has request types of its own: an extractor verifies, and no handler that takes it
//! runs for anyone else.

use std::{collections::HashMap, env, error::Error, future::Future, pin::Pin, time::Duration};

use actix_web::error::{ErrorBadRequest, ErrorPayloadTooLarge, ErrorRequestTimeout, ErrorUnauthorized};
use actix_web::rt::time::timeout;
use actix_web::web::{self, Bytes, Data, Json, Query};
use actix_web::{App, FromRequest, HttpRequest, HttpServer, dev};
use hubspot_signature::{RequestHead, SignatureHeaders, Verifier, Version};
use serde_json::{Value, json};

struct HubSpot {
    verifier: Verifier,
    public_url: String,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hubspot = Data::new(HubSpot {
        // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
        verifier: Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3),
        // The path of each request is put behind it and brings its own slash.
        public_url: env::var("HUBSPOT_PUBLIC_URL")?.trim_end_matches('/').into(),
    });
    let app = move || {
        App::new()
            .app_data(hubspot.clone())
            .route("/hubspot", web::post().to(webhook))
            .route("/card", web::get().to(card))
    };
    let server = HttpServer::new(app).bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()))?;
    println!("listening on {}", server.addrs()[0]);
    Ok(server.run().await?)
}

/// The body of a request that HubSpot signed.
struct Signed(Bytes);

impl FromRequest for Signed {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), web::Payload::from_request(request, payload));
        Box::pin(async move {
            let hubspot: &Data<HubSpot> = request.app_data().expect("set in main");
            // The raw path and query: what routing and extractors make of them is decoded.
            let path_and_query = request.uri().path_and_query().map_or("", |raw| raw.as_str());
            let head = RequestHead {
                method: request.method().as_str(),
                uri: &format!("{}{path_and_query}", hubspot.public_url),
                headers: SignatureHeaders::from_lookup(|name| request.headers().get_all(name)),
            };
            let mut verification = hubspot.verifier.begin(&head).map_err(refused)?;
            let body = timeout(Duration::from_secs(5), payload.await?.to_bytes_limited(64 * 1024))
                .await
                .map_err(ErrorRequestTimeout)?
                .map_err(ErrorPayloadTooLarge)??;
            verification.update(&body);
            verification.finish().map_err(refused)?;
            Ok(Self(body))
        })
    }
}

/// The reason is for the log, not for the sender.
fn refused(error: hubspot_signature::Error) -> actix_web::Error {
    eprintln!("refused: {error}");
    ErrorUnauthorized("")
}

/// A workflow's "Send a webhook" action.
async fn webhook(Signed(body): Signed) -> actix_web::Result<Json<Value>> {
    let event: Value = serde_json::from_slice(&body).map_err(ErrorBadRequest)?;
    Ok(Json(json!({ "received": event["objectId"] })))
}

/// A card on a CRM record.
async fn card(_: Signed, query: Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
