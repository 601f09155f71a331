//! HubSpot requests in poem: an extractor verifies, and no handler that takes it runs for anyone else.

// [dependencies]
// hubspot-signature = { version = "0.1", features = ["http"] }
// poem = { version = "3", default-features = false, features = ["server"] }
// serde_json = { version = "1", default-features = false, features = ["std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

use std::{collections::HashMap, env, error::Error, sync::Arc, time::Duration};

use hubspot_signature::{PublicUrl, SignatureHeaders, UnixTime, Verifier, Version};
use poem::error::BadRequest;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Json, Query};
use poem::{EndpointExt, FromRequest, Request, RequestBody, Route, Server, get, handler, post};
use serde_json::{Value, json};
use tokio::time::timeout;

type HubSpot = Arc<(Verifier, PublicUrl)>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?.max_body(64 * 1024);
    // Each URL exactly as it is configured in HubSpot.
    let hubspot =
        |url| Ok::<HubSpot, Box<dyn Error>>(Arc::new((verifier.clone(), PublicUrl::endpoint(&env::var(url)?)?)));
    let app = Route::new()
        .at("/hubspot", post(webhook).data(hubspot("HUBSPOT_WEBHOOK_URL")?))
        .at("/card", get(card).data(hubspot("HUBSPOT_CARD_URL")?));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into()));
    let acceptor = listener.into_acceptor().await?;
    for address in acceptor.local_addr().iter().filter_map(|address| address.as_socket_addr()) {
        println!("listening on {address}");
    }
    Ok(Server::new_with_acceptor(acceptor).run(app).await?)
}

/// The body of a request that HubSpot signed.
struct Signed(Vec<u8>);

impl<'a> FromRequest<'a> for Signed {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let (verifier, public_url) = &**request.data::<HubSpot>().expect("set in main");
        // The raw path and query: what routing and extractors make of them is decoded.
        let path_and_query = request.original_uri().path_and_query().map_or("", |raw| raw.as_str());
        let headers = SignatureHeaders::from_lookup(|name| request.headers().get_all(name));
        let head = public_url.head(request.method().as_str(), path_and_query, headers).map_err(refused)?;
        let mut verification = verifier.begin(&head, UnixTime::now()).map_err(refused)?;
        let body = timeout(Duration::from_secs(5), body.take()?.into_bytes_limit(64 * 1024)).await;
        // Not 408: a workflow never retries a 4xx but 429.
        let body = body.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)??;
        verification.update(&body).map_err(refused)?;
        verification.finish().map_err(refused)?;
        Ok(Self(body.into()))
    }
}

/// The reason is for the log, not for the sender.
fn refused(error: hubspot_signature::Error) -> StatusCode {
    eprintln!("refused: {error}");
    StatusCode::UNAUTHORIZED
}

/// A workflow's "Send a webhook" action.
#[handler]
fn webhook(Signed(body): Signed) -> poem::Result<Json<Value>> {
    let event: Value = serde_json::from_slice(&body).map_err(BadRequest)?;
    Ok(Json(json!({ "received": event["objectId"] })))
}

/// A card on a CRM record.
#[handler]
fn card(_: Signed, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    Json(json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] }))
}
