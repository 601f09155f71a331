use axum::{Router, body::Bytes, routing::post};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version, tower::VerifyLayer, tower::to_stderr};
#[derive(serde::Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: Option<u64>, // absent from an association event, for example
}

async fn webhook(_: Verified, body: Bytes) -> String {
    let log = |error: &serde_json::Error| eprintln!("unhandled: {:?}", error.classify());
    let batch = serde_json::from_slice::<Vec<&serde_json::value::RawValue>>(&body).inspect_err(log).into_iter();
    let events = batch.flatten().filter_map(|one| serde_json::from_str::<Event>(one.get()).inspect_err(log).ok());
    format!("records {:?}", events.filter_map(|event| event.object_id).collect::<Vec<_>>())
}

fn app(client_secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    let layer = VerifyLayer::new(Verifier::new(client_secret, Version::V3)?, url).on_refusal(to_stderr);
    Ok(Router::new().route("/hubspot/webhook", post(webhook)).layer(layer))
}
