//! The answer to a genuine event that the handler cannot use.

use hubspot_signature::Verified;
use serde::Deserialize;
use serde_json::value::RawValue;

async fn webhook(_: Verified, body: axum::body::Bytes) -> String {
    let ids: Vec<u64> = events(&body).iter().filter_map(|event| event.object_id.or(event.vid)).collect();
    format!("records {ids:?}")
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

use crate::prelude::{self, signed};

#[tokio::test]
async fn is_a_success() {
    let url = hubspot_signature::PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let routes = axum::Router::new()
        .route("/hubspot", axum::routing::post(webhook))
        .layer(hubspot_signature::tower::VerifyLayer::new(prelude::verifier(), url));
    let signed = |body| signed("https://hooks.example.com/hubspot", "/hubspot", body);
    for (body, said) in suite::EVENTS {
        let answer = prelude::answer(&routes, signed(body)).await;
        assert_eq!(answer, (axum::http::StatusCode::OK, format!("records {said:?}")), "{body}");
    }
    let mut forged = signed(r#"{"objectId":7}"#);
    *forged.body_mut() = r#"{"objectId":8}"#.into();
    assert_eq!(prelude::status(&routes, forged).await, 401);
}
