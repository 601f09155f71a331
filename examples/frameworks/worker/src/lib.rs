//! The webhook in a Cloudflare Worker; no card.

// [lib]
// crate-type = ["cdylib", "rlib"]
// [dependencies]
// http = "1"
// http-body = "1"
// http-body-util = "0.1"
// hubspot-signature = { version = "0.1", features = ["http"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// worker = { version = "0.8", features = ["http"] }

// Environment: the secret HUBSPOT_CLIENT_SECRET and the variable HUBSPOT_WEBHOOK_URL, as configured in HubSpot.
// Optional: the variable HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

use std::fmt::Display;

use http::header::{HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verifier, Version};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use worker::{Context, Date, Env, HttpRequest, console_warn, event};

#[event(fetch)]
async fn fetch(request: HttpRequest, env: Env, _: Context) -> worker::Result<Response<String>> {
    let secret = env.secret("HUBSPOT_CLIENT_SECRET")?.to_string();
    let url = env.var("HUBSPOT_WEBHOOK_URL")?.to_string();
    let (verifier, url) = settings(&secret, &url)?;
    // WebAssembly has no clock: `UnixTime::now` does not exist there.
    let now = UnixTime::from_millis(Date::now().as_millis());
    let is_changing = env.var("HUBSPOT_RETRY_MISMATCHES").is_ok();
    let answer = match received(&verifier, &url, is_changing, request, now).await {
        // The output of `eprintln!` is lost here. The kind alone: the error quotes the value, which may be personal.
        Ok(body) => Ok(webhook(&body, |error| console_warn!("not handled: {:?}", error.classify()))),
        Err((status, reason)) => {
            // The reason is for the log, not for the sender.
            console_warn!("refused: {reason}");
            Err(status)
        }
    };
    Ok(response(answer))
}

pub fn response(answer: Result<Value, StatusCode>) -> Response<String> {
    let mut response = Response::default();
    match answer {
        Ok(answer) => *response.body_mut() = answer.to_string(),
        Err(status) => *response.status_mut() = status,
    }
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

/// The URL is exactly the one that is configured in HubSpot.
pub fn settings(secret: &str, url: &str) -> Result<(Verifier, PublicUrl), String> {
    let verifier = Verifier::new(secret, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?;
    let url = PublicUrl::endpoint(url).map_err(|error| format!("HUBSPOT_WEBHOOK_URL: {error}. {}", error.help()))?;
    Ok((verifier.max_body(1 << 20), url))
}

/// Returns the body of a request that HubSpot signed. It may have any type, so that tests run on any machine.
pub async fn received<B>(
    verifier: &Verifier,
    url: &PublicUrl,
    is_changing: bool,
    request: Request<B>,
    now: UnixTime,
) -> Result<Vec<u8>, (StatusCode, String)>
where
    B: Body<Data: AsRef<[u8]>, Error: Display> + Unpin,
{
    let (head, mut rest) = request.into_parts();
    if head.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, format!("{} {}", head.method, head.uri)));
    }
    let refused = |error: Error| {
        let status = match error {
            Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            // While a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
            _ if is_changing && error.may_be_misconfiguration() => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNAUTHORIZED,
        };
        // The URL that was verified: compare it with the one in HubSpot.
        let path_and_query = head.uri.path_and_query().map_or("", |raw| raw.as_str());
        let signed = url.head(head.method.as_str(), path_and_query, SignatureHeaders::new());
        let url = match (signed, url.endpoint_url()) {
            (Ok(head), _) => head.uri().to_string(),
            (Err(Error::PathNotEndpoint), Some(url)) => format!("{} (endpoint: {url})", head.uri),
            (Err(_), _) => head.uri.to_string(),
        };
        (status, format!("{} {url}: {error}. {}", error.code(), error.help()))
    };
    let mut verification = verifier.begin_request(url, &head, now).map_err(refused)?;
    let mut body = Vec::new();
    while let Some(frame) = rest.frame().await {
        let frame = frame.map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
        let Ok(chunk) = frame.into_data() else { continue };
        verification.update(chunk.as_ref()).map_err(refused)?;
        body.extend_from_slice(chunk.as_ref());
    }
    verification.finish().map_err(refused)?;
    Ok(body)
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
pub fn webhook(body: &[u8], log: impl Fn(&serde_json::Error)) -> Value {
    let ids: Vec<u64> = events(body, log).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
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
fn events(body: &[u8], log: impl Fn(&serde_json::Error)) -> Vec<Event> {
    // Parse each event by itself: invalid text in one, such as half of an emoji at its end, would make all of them fail.
    let events = match serde_json::from_slice::<Vec<&RawValue>>(body) {
        Ok(events) => events.into_iter().map(|one| serde_json::from_str(one.get())).collect(),
        Err(_) => vec![serde_json::from_slice(body)],
    };
    events.into_iter().filter_map(|event| event.inspect_err(&log).ok()).collect()
}

// The test needs the crate `tokio`: `cargo add --dev tokio --features macros,rt`.
#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::Full;
    use hubspot_signature::ClientSecret;

    #[tokio::test]
    async fn genuine_and_forged() -> Result<(), Box<dyn std::error::Error>> {
        let (secret, address) = ("12345678-aaaa-bbbb-cccc-ddddeeeeffff", "https://hooks.example.com/hubspot");
        let ((verifier, url), now) = (settings(secret, address)?, UnixTime::now());
        let mut genuine = Request::post(address).body(r#"{"objectId":7}"#)?;
        ClientSecret::new(secret)?.sign_request(&url, &mut genuine, now)?;
        let mut forged = genuine.clone();
        *forged.body_mut() = r#"{"objectId":8}"#;
        let requests = [(genuine, Ok(json!({ "received": [7] }))), (forged, Err(StatusCode::UNAUTHORIZED))];
        for (request, expected) in requests {
            let request = request.map(|body| Full::new(body.as_bytes()));
            let answer = received(&verifier, &url, false, request, now).await;
            let answer = answer.map(|body| webhook(&body, |error| panic!("{error}"))).map_err(|(status, _)| status);
            assert_eq!(answer, expected);
        }
        Ok(())
    }
}
