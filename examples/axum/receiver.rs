use axum::{Router, body::Bytes, routing::post};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version, tower::VerifyLayer};

async fn webhook(_: Verified, body: Bytes) -> String {
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default(); // an array, or a workflow's event
    let mut records = Vec::new();
    for event in body.as_array().cloned().unwrap_or(vec![body]) {
        match event.get("objectId").or(event.get("vid")).and_then(serde_json::Value::as_u64) {
            Some(id) => records.push(id),
            None => eprintln!("not handled: no objectId or vid, such as an association"),
        }
    }
    format!("records {records:?}")
}

fn app(client_secret: &str) -> Result<Router, Box<dyn std::error::Error>> {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")?;
    let layer = VerifyLayer::new(Verifier::new(client_secret, Version::V3)?, url);
    Ok(Router::new().route("/hubspot/webhook", post(webhook)).layer(layer))
}
