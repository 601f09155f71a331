//! A client secret that changes while the server runs: the secret's file changes, and the next request is judged by the
//! new secret.
//!
//! The first line of the file is the secret. While HubSpot may still sign with the one before, that one is the second
//! line.

// [dependencies]
// axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
// hubspot-signature = { version = "0.1", features = ["axum"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET_FILE, HUBSPOT_WEBHOOK_URL (as configured in HubSpot).
// Optional: LISTEN (127.0.0.1:3000 without it).

use std::{env, error::Error, fs, path::PathBuf, sync::Arc, sync::Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{PublicUrl, SecretError, Verified, Verifier, Verifiers, Version};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(env::var("HUBSPOT_CLIENT_SECRET_FILE")?);
    let text = fs::read_to_string(&path)?;
    // Clones share what they hold.
    let verifiers = Verifiers::from(verifier(&text)?);
    let file = Arc::new(SecretFile { path, text: Mutex::new(text), verifiers: verifiers.clone() });
    let public_url = PublicUrl::endpoint(&env::var("HUBSPOT_WEBHOOK_URL")?)?;

    let app = Router::new()
        .route("/hubspot", post(webhook))
        .layer(VerifyLayer::new(verifiers, public_url).on_refusal(refused))
        // Outside the layer: before it judges.
        .layer(from_fn_with_state(file, reload));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

struct SecretFile {
    path: PathBuf,
    text: Mutex<String>,
    verifiers: Verifiers,
}

fn verifier(text: &str) -> Result<Verifier, SecretError> {
    let mut lines = text.lines();
    Verifier::new(lines.next().unwrap_or_default(), Version::V3)?.previous_secret(lines.next())
}

/// Reads the file before each request; that takes some microseconds, and its time of change may be too coarse to tell.
async fn reload(State(file): State<Arc<SecretFile>>, request: Request, next: Next) -> Response {
    if let Err(error) = file.read() {
        // Half written, perhaps: the secrets so far remain.
        eprintln!("{}: {error}", file.path.display());
    }
    next.run(request).await
}

impl SecretFile {
    fn read(&self) -> Result<(), Box<dyn Error>> {
        // Before the file is read: the text of a slower request would otherwise replace a newer one.
        let mut known = self.text.lock().expect("nothing panics here");
        let text = fs::read_to_string(&self.path)?;
        if *known != text {
            self.verifiers.replace(verifier(&text)?, []);
            *known = text;
        }
        Ok(())
    }
}

/// The reason is for the log, not for the sender.
fn refused(refusal: &Refusal<'_>, response: Response) -> Response {
    let (error, url) = (refusal.error(), refusal.url());
    eprintln!("refused: {} {url}: {error}. {}", error.code(), refusal.help());
    response
}

async fn webhook(verified: Verified) -> &'static str {
    // Once no request matches the previous secret any more, remove it from the file.
    verified.matched_secret().as_str()
}
