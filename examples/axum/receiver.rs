use axum::{Router, body::Bytes, routing::post};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version, tower::{VerifyLayer, to_stderr}};

#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: Option<u64>, // none in an association, for example
}

async fn webhook(_: Verified, body: Bytes) -> String {
    let events = serde_json::from_slice::<Vec<Event>>(&body).inspect_err(|e| eprintln!("unhandled: {:?}", e.classify()));
    format!("records {:?}", events.iter().flatten().filter_map(|event| event.object_id).collect::<Vec<_>>())
}

fn app(client_secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    let layer = VerifyLayer::new(Verifier::new(client_secret, Version::V3)?, url).on_refusal(to_stderr);
    Ok(Router::new().route("/hubspot/webhook", post(webhook)).layer(layer))
}
