//! HubSpot requests in bare hyper, HTTP/1 and HTTP/2. The body goes to a file, which is deleted if the request is refused.
//! Memory stays constant while a request is verified. Parsing a batch afterwards takes more memory than its length.

// [dependencies]
// form_urlencoded = "1"
// http-body-util = "0.1"
// hubspot-signature = { version = "0.1", features = ["http"] }
// hyper = { version = "1", features = ["http1", "http2", "server"] }
// hyper-util = { version = "0.1", features = ["server-auto", "service", "tokio"] }
// serde = { version = "1", features = ["derive"] }
// serde_json = { version = "1", default-features = false, features = ["raw_value", "std"] }
// tempfile = { version = "3", default-features = false }
// tokio = { version = "1", default-features = false, features = ["fs", "io-util", "macros", "net", "rt-multi-thread", "sync", "time"] }

// Environment: HUBSPOT_CLIENT_SECRET, and as configured in HubSpot HUBSPOT_WEBHOOK_URL and HUBSPOT_CARD_URL.
// Optional: LISTEN (127.0.0.1:3000 without it), HUBSPOT_RETRY_MISMATCHES (while a secret or a URL changes),
// FOLDER (for the bodies; the temporary folder without it). A process that is stopped leaves its files there: use this
// folder for nothing else, and empty it before each start. KEPT (another folder on the same disk, where the file of each
// genuine webhook stays, named by its replay key; without it, the file is deleted after the handler).

use std::fmt::Display;
use std::io::{BufReader, Seek};
use std::path::{Path, PathBuf};
use std::{collections::HashMap, convert::Infallible, env, fs, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full};
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier, Version};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::RETRY_AFTER;
use hyper::http::request::Parts;
use hyper::{Request, Response, StatusCode, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// The most bytes of a body. For larger files, also raise the time for a body in `received`, to at most 25 seconds (a
/// workflow waits 30 for the answer), and the limit of a proxy in front of this server (in nginx `client_max_body_size`).
const BODY_LIMIT: u64 = 1 << 20;

/// The most bodies that are received at the same time, each up to `BODY_LIMIT` on the disk. A forgery takes a place
/// too, until its body ends or its time is over. If all places are taken, a genuine request gets 503. So put a proxy
/// that buffers requests in front of this server: then no sender can be slow.
const BODIES: usize = 32;

struct HubSpot {
    bodies: Semaphore,
    verifier: Verifier,
    webhook_url: PublicUrl,
    card_url: PublicUrl,
    folder: PathBuf,
    kept: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workflows and cards send v3 next to v2. Only v3 has a timestamp, which limits replay, so require it.
    let verifier = Verifier::new(&variable("HUBSPOT_CLIENT_SECRET")?, Version::V3)
        .map_err(|error| format!("HUBSPOT_CLIENT_SECRET: {error}. {}", error.help()))?
        .max_body(BODY_LIMIT);
    // The URL exactly as it is configured in HubSpot.
    let endpoint =
        |name| PublicUrl::endpoint(&variable(name)?).map_err(|error| format!("{name}: {error}. {}", error.help()));
    let (folder, kept) = (path("FOLDER").unwrap_or_else(env::temp_dir), path("KEPT"));
    // Try the folders now, as for an event. Otherwise a wrong one shows only at the first event.
    let wrong_folder = |error| format!("FOLDER: {error}. Name a folder in which this program may create files");
    let file = NamedTempFile::new_in(&folder).map_err(wrong_folder)?;
    match &kept {
        Some(kept) => {
            let path = kept.join(file.path().file_name().expect("it has one"));
            keep(file, &path).and_then(|()| fs::remove_file(path)).map_err(|error| {
                format!(
                    "KEPT: {error}. Name a folder on the same disk as FOLDER, in which this program may create files"
                )
            })?;
        }
        None => file.close().map_err(wrong_folder)?,
    }
    let hubspot = Arc::new(HubSpot {
        bodies: Semaphore::new(BODIES),
        verifier,
        webhook_url: endpoint("HUBSPOT_WEBHOOK_URL")?,
        card_url: endpoint("HUBSPOT_CARD_URL")?,
        folder,
        kept,
    });
    let listener = TcpListener::bind(env::var("LISTEN").unwrap_or("127.0.0.1:3000".into())).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many open files, most likely: that passes.
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        let hubspot = hubspot.clone();
        tokio::spawn(async move {
            let mut server = auto::Builder::new(TokioExecutor::new());
            server.http1().timer(TokioTimer::new());
            let service = service_fn(move |request| answer(hubspot.clone(), request));
            if let Err(error) = server.serve_connection(TokioIo::new(stream), service).await {
                eprintln!("connection: {error}");
            }
        });
    }
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|_| format!("{name} is not set, or not UTF-8"))
}

/// Returns a path. An empty variable counts as missing: Docker Compose and systemd set it so if it has no value.
fn path(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

async fn answer(hubspot: Arc<HubSpot>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let answer = match head.method.as_str() {
        "POST" => match received(&hubspot, &hubspot.webhook_url, &head, body).await {
            Ok((file, verified)) => webhook(&hubspot, file, verified).await,
            Err(status) => Err(status),
        },
        "GET" => received(&hubspot, &hubspot.card_url, &head, body).await.map(|_| card(head.uri.query())),
        _ => Err(StatusCode::METHOD_NOT_ALLOWED),
    };
    let mut response = Response::default();
    match answer {
        Ok(answer) => *response.body_mut() = answer.to_string().into(),
        Err(status) => *response.status_mut() = status,
    }
    if response.status() == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, 60.into());
    }
    Ok(response)
}

/// Writes the body of a request that HubSpot signed to a file, which is deleted when it is dropped: also if the request
/// is refused, does not end in time, or breaks off. Returns it with the proof.
async fn received(
    hubspot: &HubSpot,
    url: &PublicUrl,
    head: &Parts,
    mut body: Incoming,
) -> Result<(NamedTempFile, Verified), StatusCode> {
    let refused = |error| refused(error, url, head);
    // Refuses an unsigned or stale request before there is a file.
    let mut verification = hubspot.verifier.begin_request(url, head, UnixTime::now()).map_err(refused)?;
    // One that announces too much, too.
    if body.size_hint().lower() > BODY_LIMIT {
        return Err(refused(Error::BodyTooLarge { limit: BODY_LIMIT }));
    }
    // Held until the body is complete. If no place is free, the answer is 503, and HubSpot sends the request again.
    let place = hubspot.bodies.try_acquire();
    let _place = place.map_err(|_| unavailable(format!("{}: {BODIES} bodies are arriving already", head.uri)))?;
    let file = NamedTempFile::new_in(&hubspot.folder).map_err(unavailable)?;
    let mut writer = File::from_std(file.reopen().map_err(unavailable)?);
    let broken = |error| {
        eprintln!("400: {}: the body broke off: {error}", head.uri);
        StatusCode::BAD_REQUEST
    };
    let reading = async {
        while let Some(frame) = body.frame().await {
            let Ok(chunk) = frame.map_err(broken)?.into_data() else { continue };
            // Refuses the chunk that crosses `max_body` before it is written.
            verification.update(&chunk).map_err(refused)?;
            writer.write_all(&chunk).await.map_err(unavailable)?;
        }
        writer.flush().await.map_err(unavailable)
    };
    let unfinished = |_| unavailable(format!("{}: the body did not end in time", head.uri));
    timeout(Duration::from_secs(5), reading).await.map_err(unfinished)??;
    Ok((file, verification.finish().map_err(refused)?))
}

/// The reason is for the log, not for the sender.
fn refused(error: Error, url: &PublicUrl, head: &Parts) -> StatusCode {
    let path_and_query = head.uri.path_and_query().map_or("", |raw| raw.as_str());
    let signed = url.head(head.method.as_str(), path_and_query, SignatureHeaders::new());
    let url = match (signed, url.endpoint_url()) {
        (Ok(head), _) => head.uri().to_string(),
        (Err(Error::PathNotEndpoint), Some(url)) => format!("{path_and_query} (endpoint: {url})"),
        (Err(_), _) => path_and_query.to_owned(),
    };
    // The URL may hold characters that hide text in a log.
    eprintln!("refused: {} {}: {error}. {}", error.code(), url.escape_debug(), error.help());
    match error {
        Error::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        // Set while a secret or a URL changes: HubSpot sends again what gets 429, and drops what gets 401.
        _ if error.may_be_misconfiguration() && env::var_os("HUBSPOT_RETRY_MISMATCHES").is_some() => {
            StatusCode::TOO_MANY_REQUESTS
        }
        _ => StatusCode::UNAUTHORIZED,
    }
}

/// Answers 503, so that HubSpot sends the request again: the disk may be full. A workflow retries no 4xx except 429.
fn unavailable(reason: impl Display) -> StatusCode {
    eprintln!("503: {reason}");
    StatusCode::SERVICE_UNAVAILABLE
}

/// A workflow's "Send a webhook" action, or subscriptions of the Webhooks API.
async fn webhook(hubspot: &HubSpot, file: NamedTempFile, verified: Verified) -> Result<Value, StatusCode> {
    let (kept, name) = (hubspot.kept.clone(), verified.replay_key().to_string());
    // Reading and syncing a file block their thread.
    let handled = spawn_blocking(move || {
        let events = events(file.as_file()).map_err(unavailable)?;
        let ids: Vec<u64> = events.iter().filter_map(|event| event.object_id.or(event.vid)).collect();
        // Without `KEPT`, the file is deleted here.
        if let Some(folder) = kept {
            keep(file, &folder.join(name)).map_err(unavailable)?;
        }
        Ok(json!({ "received": ids }))
    });
    handled.await.map_err(unavailable)?
}

/// Moves the file. In the new folder too, only the user that runs this program can read it. A copy of the request replaces
/// the file.
fn keep(file: NamedTempFile, path: &Path) -> std::io::Result<()> {
    // Sync before the answer: HubSpot never sends again what was answered with 200, and a power cut loses what is still
    // in memory. Sync the file's name too, where the system can sync a folder.
    file.as_file().sync_all()?;
    file.persist(path)?;
    match path.parent().filter(|_| cfg!(unix)) {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// An event, as far as this handler needs it.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "objectId")]
    object_id: Option<u64>, // none in an association, for example
    vid: Option<u64>, // a contact's id, where a workflow sends the contact
}

/// Returns the one event of a workflow, or those of the Webhooks API. One of another shape is logged and left out: to an
/// error, HubSpot would only send it again.
fn events(mut body: &fs::File) -> std::io::Result<Vec<Event>> {
    // Parse each event by itself: invalid text in one, such as half of an emoji at its end, would make all of them fail.
    let events = match serde_json::from_reader::<_, Vec<Box<RawValue>>>(BufReader::new(body)) {
        Ok(events) => events.into_iter().map(|one| serde_json::from_str(one.get())).collect(),
        Err(error) if error.is_io() => return Err(error.into()),
        Err(_) => {
            body.rewind()?;
            vec![serde_json::from_reader(BufReader::new(body))]
        }
    };
    // Its kind alone: the error quotes the value, which may be long and personal.
    let log = |error: &serde_json::Error| eprintln!("not handled: {:?}", error.classify());
    Ok(events.into_iter().filter_map(|event| event.inspect_err(log).ok()).collect())
}

/// A card on a CRM record.
fn card(query: Option<&str>) -> Value {
    let query: HashMap<_, _> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    json!({ "results": [{ "objectId": 1, "title": query.get("userEmail") }] })
}
