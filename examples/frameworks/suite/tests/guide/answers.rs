//! The answer to a genuine event that the handler cannot use.

use axum::body::Bytes;
use axum::http::StatusCode;
use hubspot_signature::Verified;

#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: u64,
}

async fn webhook(_: Verified, body: Bytes) -> StatusCode {
    match serde_json::from_slice::<Event>(&body) {
        Ok(event) => handle(event),
        // Genuine, but not for this handler. To send it again would not help.
        Err(error) => {
            eprintln!("not handled: {error}");
            StatusCode::NO_CONTENT
        }
    }
}

fn handle(event: Event) -> StatusCode {
    println!("record {}", event.object_id);
    StatusCode::OK
}

use crate::prelude::{self, signed};

#[tokio::test]
async fn is_a_success() {
    let url = hubspot_signature::PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let routes = axum::Router::new()
        .route("/hubspot", axum::routing::post(webhook))
        .layer(hubspot_signature::tower::VerifyLayer::new(prelude::verifier(), url));
    let signed = |body| signed("https://hooks.example.com/hubspot", "/hubspot", body);
    assert_eq!(prelude::status(&routes, signed(r#"{"objectId":7}"#)).await, 200);
    assert_eq!(prelude::status(&routes, signed(r#"[{"subscriptionId":7}]"#)).await, 204);
    let mut forged = signed(r#"{"objectId":7}"#);
    *forged.body_mut() = r#"{"objectId":8}"#.into();
    assert_eq!(prelude::status(&routes, forged).await, 401);
}
