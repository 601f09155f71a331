//! HubSpot requests in AWS Lambda, behind an API Gateway HTTP API or a function URL: the layer works on the events too,
//! because `lambda_http` turns them into `http::Request` and decodes base64 bodies. The guide
//! `hubspot_signature::guide::lambda` says what to expect of REST APIs and load balancers.

// [dependencies]
// bytes = "1"
// http-body-util = "0.1"
// hubspot-signature = { version = "0.1", features = ["tower"] }
// lambda_http = { version = "1", default-features = false, features = ["alb", "apigw_http", "apigw_rest"] }
// serde_json = { version = "1", default-features = false, features = ["std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

use std::env;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, Verifier, Version};
use lambda_http::http::{Request, Response, StatusCode};
use lambda_http::tower::{ServiceBuilder, service_fn};
use lambda_http::{Error, RequestExt};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&env::var("HUBSPOT_CLIENT_SECRET")?, Version::V3)?.max_body(64 * 1024);
    // The URL exactly as it is configured in HubSpot: whether the event's path has the stage or not, or was decoded by the
    // gateway, makes no difference.
    let public_url = PublicUrl::endpoint(&env::var("HUBSPOT_PUBLIC_URL")?)?;
    let service = ServiceBuilder::new().layer(VerifyLayer::new(verifier, public_url)).service(service_fn(answer));
    lambda_http::run(service).await
}

/// Sees only requests that HubSpot signed.
async fn answer(request: Request<Full<Bytes>>) -> Result<Response<String>, Error> {
    let body = request.body().clone().collect().await?.to_bytes();
    // The layer has made sure of the path: one function, one endpoint.
    let answer = match request.method().as_str() {
        "POST" => webhook(&body).ok_or(StatusCode::BAD_REQUEST),
        "GET" => Ok(card(&request)),
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
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
