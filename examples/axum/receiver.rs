use axum::{Json, Router, routing::post};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version, tower::VerifyLayer};

#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: u64,
}

async fn webhook(_: Verified, Json(events): Json<Vec<Event>>) -> String {
    let ids: Vec<u64> = events.iter().map(|event| event.object_id).collect();
    format!("records {ids:?}")
}

fn app(client_secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let verifier = Verifier::new(client_secret, Version::V3)?;
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    let routes = Router::new().route("/hubspot/webhook", post(webhook));
    Ok(routes.layer(VerifyLayer::new(verifier, url)))
}
