//! Client secrets that change while the server runs: a file changes, and the next request is judged by the new secret.
//!
//! Each app has a file. Its first line is the secret. While HubSpot may still sign with the one before, that one is the
//! second line. Blank lines do not count. Write a new file elsewhere on the same disk and rename it, so that no request
//! finds half of it.
//!
//! While there is a file `retry` next to the first app's file, a signature that does not match gets 429, so that
//! HubSpot sends the request again.

// [dependencies]
// axum = { version = "0.8", default-features = false, features = ["http1", "tokio"] }
// hubspot-signature = { version = "0.1", features = ["axum"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET_FILES (one path for each app, separated as in PATH: by `:`, on Windows by `;`),
// HUBSPOT_WEBHOOK_URL (as configured in HubSpot).
// Optional: LISTEN (127.0.0.1:3000 without it).

use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs, sync::Arc, sync::Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::post;
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{PublicUrl, SecretError, Verified, Verifier, Verifiers, Version};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // By its number: what is no file may be a secret in the wrong variable.
    let app = |(number, path): (usize, PathBuf)| match read(&path).and_then(|text| parse(&text)) {
        Ok((verifier, _)) => Ok(App { path, verifier, seen: None }),
        Err(error) => Err(format!("HUBSPOT_CLIENT_SECRET_FILES: app {number}: {error}")),
    };
    let paths = variable("HUBSPOT_CLIENT_SECRET_FILES")?;
    let apps = env::split_paths(&paths).enumerate().map(app).collect::<Result<Vec<_>, _>>()?;
    // Clones share what they hold: `reload` adds the other apps.
    let verifiers = Verifiers::from(apps[0].verifier.clone());
    let retry = apps[0].path.with_file_name("retry");
    let secrets = Secrets { apps: Mutex::new(apps), verifiers: verifiers.clone(), hasher: RandomState::new() };
    secrets.reload();
    let secrets = Arc::new(secrets);
    let public_url = PublicUrl::endpoint(&variable("HUBSPOT_WEBHOOK_URL")?)
        .map_err(|error| format!("HUBSPOT_WEBHOOK_URL: {error}. {}", error.help()))?;

    let verify = VerifyLayer::new(verifiers, public_url)
        .on_refusal(move |refusal: &Refusal<'_>, response| refused(refusal, &retry, response));
    let app = Router::new()
        .route("/hubspot", post(webhook))
        .layer(verify)
        // Outside the layer: before it judges.
        .layer(from_fn(move |request: Request, next: Next| {
            secrets.reload();
            next.run(request)
        }));

    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

fn variable(name: &str) -> Result<String, String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("{name} is not set, or empty, or not UTF-8"))
}

struct App {
    path: PathBuf,
    verifier: Verifier,
    seen: Option<u64>, // a hash of the file when it was last read, or of the error
}

struct Secrets {
    apps: Mutex<Vec<App>>,
    verifiers: Verifiers,
    hasher: RandomState,
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Also says how many secrets there are, for the log.
fn parse(text: &str) -> Result<(Verifier, &'static str), String> {
    let lines: Vec<_> = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).collect();
    // HubSpot's secrets have this length. With part of one, a genuine request would get 401, and HubSpot would drop it.
    if let Some((number, _)) = lines.iter().find(|(_, secret)| secret.len() != 36) {
        return Err(format!("line {number}: a client secret has 36 characters"));
    }
    let help = |error: SecretError| format!("{error}. {}", error.help());
    match lines[..] {
        [] => Err("no client secret".into()),
        [(_, secret)] => Ok((Verifier::new(secret, Version::V3).map_err(help)?, "1 secret")),
        [(_, secret), (_, previous)] => {
            let verifier = Verifier::new(secret, Version::V3).and_then(|new| new.previous_secret(Some(previous)));
            Ok((verifier.map_err(help)?, "2 secrets"))
        }
        [_, _, (number, _), ..] => Err(format!("line {number}: a third client secret")),
    }
}

impl Secrets {
    /// Reads the files before each request, in some microseconds. Their times may be too coarse to show a change.
    fn reload(&self) {
        // Locked before the files are read: a slower request would otherwise bring older secrets back.
        let mut apps = self.apps.lock().expect("nothing panics here");
        for (number, app) in apps.iter_mut().enumerate() {
            let text = read(&app.path);
            let seen = Some(self.hasher.hash_one(&text));
            if seen == app.seen {
                continue;
            }
            app.seen = seen;
            match text.and_then(|text| parse(&text)) {
                Ok((verifier, count)) => {
                    app.verifier = verifier;
                    // Two such lines for one change mean that a request found half of the file.
                    eprintln!("app {number}: {count} in {}", app.path.display());
                }
                // The file may be half written.
                Err(error) => eprintln!("app {number} keeps its secrets: {}: {error}", app.path.display()),
            }
        }
        self.verifiers.replace(apps[0].verifier.clone(), apps[1..].iter().map(|app| app.verifier.clone()));
    }
}

/// The reason is for the log, not for the sender.
fn refused(refusal: &Refusal<'_>, retry: &Path, mut response: Response) -> Response {
    eprintln!("refused: {refusal}");
    // HubSpot sends again what gets 429, and drops what gets 401.
    if refusal.error().may_be_misconfiguration() && retry.exists() {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

async fn webhook(verified: Verified) -> String {
    let matched = format!("app {}: {} secret", verified.matched_verifier(), verified.matched_secret().as_str());
    // Once no request matches an app's previous secret any more, remove it from the file. Apps are counted from 0.
    eprintln!("accepted: {matched}");
    matched
}
