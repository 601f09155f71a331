//! Each request is handled once, although a copy of it verifies until it is five minutes old: behind the layer, a
//! middleware asks the module `seen` what was handled: in memory or, for several replicas, in Redis.

// [dependencies]
// axum = { version = "0.8", default-features = false, features = ["http1", "http2", "tokio"] }
// hubspot-signature = { version = "0.1", features = ["axum"] }
// redis = { version = "1", default-features = false, features = ["connection-manager", "tokio-comp"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET, HUBSPOT_WEBHOOK_URL (as configured in HubSpot), HANDLED (a file: each event that is
// handled becomes a line of it). Optional: REDIS_URL (in memory without it), LISTEN (127.0.0.1:3000 without it),
// HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes).

pub mod seen;

use std::{env, error::Error, fs::File, io::Write, path::PathBuf, sync::Arc, time::Duration};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hubspot_signature::tower::{VerifyLayer, to_stderr};
use hubspot_signature::{PublicUrl, Verified, Verifier, Version};
use seen::Seen;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // v1 and v2 have no timestamp, and no memory is long enough for them.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?;
    let public_url = PublicUrl::endpoint(&variable("HUBSPOT_WEBHOOK_URL")?)
        .map_err(|error| format!("HUBSPOT_WEBHOOK_URL: {error}. {}", error.help()))?;
    // An empty one counts as missing.
    let seen = if env::var_os("REDIS_URL").is_some_and(|url| !url.is_empty()) {
        Seen::in_redis(&variable("REDIS_URL")?)
            .map_err(|error| format!("REDIS_URL: {error}. Write it like redis://localhost:6379"))?
    } else {
        Seen::in_memory()
    };
    let verify = VerifyLayer::new(verifier, public_url).on_refusal(to_stderr);
    // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
    let is_changing = env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some();
    let verify = if is_changing { verify.retry_mismatches(Duration::from_secs(60)) } else { verify };
    let app = Router::new()
        .route("/hubspot", post(webhook))
        .with_state(Arc::new(variable("HANDLED")?.into()))
        .layer(from_fn_with_state(seen, once))
        // Outside the memory: only verified requests are remembered.
        .layer(verify);

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// Lets a request through to the handler until it has been handled: answered with 2xx.
pub async fn once(State(seen): State<Seen>, verified: Verified, request: Request, next: Next) -> Response {
    match seen.once(verified, next.run(request), |response| response.status().is_success()).await {
        Ok(Some(response)) => response,
        // A success: HubSpot takes anything else for a failure.
        Ok(None) => "handled before".into_response(),
        Err(status) => StatusCode::from_u16(status).expect("503 or 500").into_response(),
    }
}

/// Does what must not be done twice: here, writes a line to a file.
async fn webhook(State(handled): State<Arc<PathBuf>>, event: Bytes) -> Result<&'static str, StatusCode> {
    let mut line = event.escape_ascii().to_string();
    line.push('\n');
    let file = File::options().create(true).append(true).open(&*handled);
    match file.and_then(|mut file| file.write_all(line.as_bytes())) {
        Ok(()) => Ok("handled"),
        Err(_) => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
