//! HubSpot requests in AWS Lambda, behind an API Gateway HTTP API or a function URL: the layer works on the events too,
//! since `lambda_http` turns them into `http::Request` and decodes base64 bodies.

use std::env;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hubspot_signature::http::PublicUrl;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{Verifier, Version};
use lambda_http::http::{Request, Response, StatusCode};
use lambda_http::tower::{ServiceBuilder, service_fn};
use lambda_http::{Error, RequestExt};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Workflows and cards send v3 beside v2. Nothing less is accepted: only v3 bears a time, which ends its replay.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?)?.minimum_version(Version::V3);
    // Without the stage: `lambda_http` puts a named stage back into the path. Where the URL that HubSpot calls has none, as
    // with a custom domain, set AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH.
    let public_url = PublicUrl::new(&env::var("HUBSPOT_PUBLIC_URL")?)?;
    let service = ServiceBuilder::new()
        .layer(VerifyLayer::new(verifier, public_url).body_limit(64 * 1024))
        .service(service_fn(answer));
    lambda_http::run(service).await
}

/// Sees only requests that HubSpot signed.
async fn answer(request: Request<Full<Bytes>>) -> Result<Response<String>, Error> {
    let body = request.body().clone().collect().await?.to_bytes();
    // The stage, if there is one, comes before the route.
    let answer = match (request.method().as_str(), request.uri().path().rsplit('/').next()) {
        ("POST", Some("hubspot")) => webhook(&body).ok_or(StatusCode::BAD_REQUEST),
        ("GET", Some("card")) => Ok(card(&request)),
        _ => Err(StatusCode::NOT_FOUND),
    };
    let mut response = Response::default();
    match answer {
        Ok(answer) => *response.body_mut() = answer.to_string(),
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
fn card(request: &Request<Full<Bytes>>) -> Value {
    json!({ "results": [{ "objectId": 1, "title": request.query_string_parameters().first("userEmail") }] })
}
