//! A log line and a count for each request, with the names that the crate keeps stable.

use std::{error::Error, io};

use axum::body::Body;
use axum::http::Response;
use hubspot_signature::Verified;
use hubspot_signature::tower::Refusal;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

pub fn start() -> Result<PrometheusHandle, Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let recorder = PrometheusBuilder::new().install_recorder()?;
    // A counter that first appears as 1 shows no increase, so no alarm would go off.
    metrics::counter!("hubspot_refused_total", "code" => "mismatch").increment(0);
    Ok(recorder)
}

pub fn accepted(verified: &Verified) {
    // "previous" tells when the old secret can go.
    let (version, secret) = (verified.version().as_str(), verified.matched_secret().as_str());
    tracing::info!(version, secret, "accepted");
    metrics::counter!("hubspot_accepted_total", "version" => version, "secret" => secret).increment(1);
}

/// The reason is for the log, not for the sender. The headers stay out of it: a signature that was refused only for its
/// age, or because of a wrong setting here, is genuine.
pub fn refused(refusal: &Refusal<'_>, response: Response<Body>) -> Response<Body> {
    let (error, code, method) = (refusal.error(), refusal.error().code(), refusal.head().method.as_str());
    let version = match error {
        hubspot_signature::Error::Mismatch { version } => Some(version.as_str()),
        _ => None,
    };
    // The URL that was verified: compare it with the one in HubSpot. Its query may name people. The field endpoint is set
    // only for another path.
    let (url, endpoint) = (refusal.url(), refusal.other_endpoint());
    tracing::warn!(code, version, method, url, endpoint, "refused: {error}. {}", refusal.help());
    metrics::counter!("hubspot_refused_total", "code" => code).increment(1);
    response
}
