//! HubSpot requests in AWS Lambda, behind an API Gateway HTTP API or a function URL: the layer works on the events too,
//! because `lambda_http` turns them into `http::Request` and decodes base64 bodies. The guide
//! `hubspot_signature::guide::lambda` says what to expect of REST APIs and load balancers.

// [dependencies]
// bytes = "1"
// http-body-util = "0.1"
// hubspot-signature = { version = "0.1", features = ["tower"] }
// lambda_http = { version = "1", default-features = false, features = ["alb", "apigw_http", "apigw_rest"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET, HUBSPOT_PUBLIC_URL (the function's URL as configured in HubSpot).
// Optional: HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

use std::{env, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hubspot_signature::tower::{VerifyLayer, to_stderr};
use hubspot_signature::{PublicUrl, Verifier, Version};
use lambda_http::http::{Request, Response, StatusCode};
use lambda_http::tower::{Service, ServiceBuilder, service_fn};
use lambda_http::{Error, RequestExt};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_http::run(app(&variable("HUBSPOT_CLIENT_SECRET")?, &variable("HUBSPOT_PUBLIC_URL")?)?).await
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// The function, as the runtime and the tests call it.
fn app(
    client_secret: &str,
    public_url: &str,
) -> Result<impl Service<lambda_http::Request, Response = Response<String>, Error = Error, Future: Send> + use<>, Error>
{
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(client_secret, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?;
    // The URL exactly as it is configured in HubSpot. Unless its path is only `/`, it makes no difference whether the
    // event's path has the stage or not, or was decoded by the gateway.
    let public_url =
        PublicUrl::endpoint(public_url).map_err(|error| format!("HUBSPOT_PUBLIC_URL: {error}. {}", error.help()))?;
    let mut verify = VerifyLayer::new(verifier, public_url).on_refusal(to_stderr);
    // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
    if env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() {
        verify = verify.retry_mismatches(Duration::from_secs(60));
    }
    Ok(ServiceBuilder::new().layer(verify).service(service_fn(answer)))
}

/// Sees only requests that HubSpot signed.
async fn answer(request: Request<Full<Bytes>>) -> Result<Response<String>, Error> {
    let body = request.body().clone().collect().await?.to_bytes();
    // The layer has made sure of the path: one function, one endpoint.
    let answer = match request.method().as_str() {
        "POST" => Ok(webhook(&body)),
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

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
fn webhook(body: &[u8]) -> Value {
    let ids: Vec<u64> = events(body).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
    json!({ "received": ids })
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
fn card(request: &Request<Full<Bytes>>) -> Value {
    json!({ "results": [{ "objectId": 1, "title": request.query_string_parameters().first("userEmail") }] })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use hubspot_signature::{ClientSecret, UnixTime};
    use lambda_http::tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn an_event_is_answered() -> Result<(), Error> {
        let (secret, url) = ("12345678-aaaa-bbbb-cccc-ddddeeeeffff", "https://hooks.example.com/prod/hubspot");
        let signed = ClientSecret::new(secret)?.sign("POST", url, br#"{"objectId":7}"#, UnixTime::now())?;
        for (body, is_base64, expected) in [
            (r#"{"objectId":7}"#, false, (200, r#"{"received":[7]}"#)),
            ("eyJvYmplY3RJZCI6N30=", true, (200, r#"{"received":[7]}"#)), // the same body in base64
            (r#"{"objectId":8}"#, false, (401, "")),
            ("eyJvYmplY3RJZCI6OH0=", true, (401, "")),
        ] {
            // As an HTTP API delivers it, payload format 2.0.
            let event = json!({
                "version": "2.0",
                "rawPath": "/prod/hubspot",
                "headers": signed.pairs().collect::<HashMap<_, _>>(),
                "requestContext": { "stage": "prod", "http": { "method": "POST", "path": "/prod/hubspot" } },
                "body": body,
                "isBase64Encoded": is_base64,
            });
            let request = lambda_http::request::from_str(&event.to_string())?;
            let response = app(secret, url)?.oneshot(request).await?;
            assert_eq!((response.status().as_u16(), &**response.body()), expected, "{body}");
        }
        Ok(())
    }
}
