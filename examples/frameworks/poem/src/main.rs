//! HubSpot requests in poem: an extractor verifies, and no handler that takes it runs for anyone else.

use std::{collections::HashMap, env, error::Error, sync::Arc, time::Duration};

use hubspot_signature::http::PublicUrl;
use hubspot_signature::{RequestHead, SignatureHeaders, Verifier, Version};
use poem::error::BadRequest;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Json, Query};
use poem::{EndpointExt, FromRequest, Request, RequestBody, Route, Server, get, handler, post};
use serde_json::{Value, json};
use tokio::time::timeout;

struct HubSpot {
    verifier: Verifier,
    public_url: PublicUrl,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let hubspot = HubSpot {
        // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
        verifier: Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3),
        public_url: PublicUrl::new(&env::var("HUBSPOT_PUBLIC_URL")?)?,
    };
    let app = Route::new().at("/hubspot", post(webhook)).at("/card", get(card)).data(Arc::new(hubspot));

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
        let hubspot: &Arc<HubSpot> = request.data().expect("set in main");
        // The original URI: that of a nested route has lost its prefix.
        let url = hubspot.public_url.url(request.original_uri(), request.headers()).map_err(refused)?;
        let head = RequestHead {
            method: request.method().as_str(),
            uri: &url,
            headers: SignatureHeaders::from_lookup(|name| request.headers().get_all(name)),
        };
        let mut verification = hubspot.verifier.begin(&head).map_err(refused)?;
        let body = timeout(Duration::from_secs(5), body.take()?.into_bytes_limit(64 * 1024))
            .await
            .map_err(|_| StatusCode::REQUEST_TIMEOUT)??;
        verification.update(&body);
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
