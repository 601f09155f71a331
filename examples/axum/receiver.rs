use axum::{Router, body::Bytes, routing::post};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version, tower::VerifyLayer};

#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId", alias = "vid")]
    object_id: u64,
}

async fn webhook(_: Verified, body: Bytes) -> String {
    let one = |_| serde_json::from_slice(&body).map(|event: Event| vec![event]); // a workflow's
    let events = serde_json::from_slice(&body).or_else(one).inspect_err(|error| eprintln!("not handled: {error}"));
    format!("records {:?}", events.iter().flatten().map(|event| event.object_id).collect::<Vec<_>>())
}

fn app(client_secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    let layer = VerifyLayer::new(Verifier::new(client_secret, Version::V3)?, url);
    Ok(Router::new().route("/hubspot/webhook", post(webhook)).layer(layer))
}
