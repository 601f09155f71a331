//! Rust's serialisers on the lines of the standard input, and axum on a port: stack PORT
//! See node.mjs for what a server answers.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Write};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, Query, RawQuery, Request};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A webhook's event as programs declare it: what is optional comes back as `null`, what is not declared is dropped.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_id: i64,
    subscription_id: i64,
    portal_id: i64,
    app_id: i64,
    occurred_at: i64,
    subscription_type: String,
    attempt_number: u32,
    object_id: Option<i64>,
    property_name: Option<String>,
    property_value: Option<String>,
    change_source: Option<String>,
    source_id: Option<String>,
    message_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Action {
    callback_id: String,
    origin: Value,
    context: Option<Value>,
    object: Option<Value>,
    input_fields: BTreeMap<String, Value>,
}

type Failure = Box<dyn std::error::Error>;
type Op = fn(&[u8]) -> Result<Vec<u8>, Failure>;

fn text(body: &[u8]) -> Result<&str, Failure> {
    Ok(std::str::from_utf8(body)?)
}

const OPS: &[(&str, Op)] = &[
    ("value", |body| Ok(serde_json::to_vec(&serde_json::from_slice::<Value>(body)?)?)),
    ("valuePretty", |body| Ok(serde_json::to_vec_pretty(&serde_json::from_slice::<Value>(body)?)?)),
    ("valueToString", |body| Ok(serde_json::from_slice::<Value>(body)?.to_string().into_bytes())),
    ("map", |body| Ok(serde_json::to_vec(&serde_json::from_slice::<BTreeMap<String, Value>>(body)?)?)),
    ("typed", |body| Ok(serde_json::to_vec(&serde_json::from_slice::<Vec<Event>>(body)?)?)),
    ("typedAction", |body| Ok(serde_json::to_vec(&serde_json::from_slice::<Action>(body)?)?)),
    ("debug", |body| Ok(format!("{:?}", Bytes::copy_from_slice(body)).into_bytes())),
    ("debugVec", |body| Ok(format!("{:?}", body.to_vec()).into_bytes())),
    ("debugVecPretty", |body| Ok(format!("{:#?}", body.to_vec()).into_bytes())),
    ("debugString", |body| Ok(format!("{:?}", text(body)?).into_bytes())),
    ("debugLossy", |body| Ok(format!("{:?}", String::from_utf8_lossy(body)).into_bytes())),
    ("debugOption", |body| Ok(format!("{:?}", Some(text(body)?)).into_bytes())),
    ("debugValue", |body| Ok(format!("{:?}", serde_json::from_slice::<Value>(body)?).into_bytes())),
    ("escapeDebug", |body| Ok(text(body)?.escape_debug().to_string().into_bytes())),
    ("escapeAscii", |body| Ok(body.escape_ascii().to_string().into_bytes())),
    ("bytesJsonArray", |body| Ok(serde_json::to_vec(body)?)),
    ("twice", |body| Ok(serde_json::to_vec(text(body)?)?)),
    ("base64", |body| Ok(STANDARD.encode(body).into_bytes())),
    ("b64url", |body| Ok(URL_SAFE_NO_PAD.encode(body).into_bytes())),
    ("hex", |body| Ok(body.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes())),
    ("urlencode", |body| {
        Ok(percent_encoding::percent_encode(body, percent_encoding::NON_ALPHANUMERIC).to_string().into_bytes())
    }),
    ("latin1", |body| Ok(body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())),
    ("lines", |body| Ok(text(body)?.lines().collect::<Vec<_>>().join("\n").into_bytes())),
    ("trim", |body| Ok(text(body)?.trim().as_bytes().to_vec())),
    ("utf16", |body| Ok(text(body)?.encode_utf16().flat_map(u16::to_le_bytes).collect())),
    ("cut", |body| Ok(body.get(..200).ok_or("short")?.to_vec())),
];

type Change = fn(&str) -> Result<String, Failure>;

fn rebuilt(whole: &str, build: impl Fn(&str) -> Result<String, Failure>) -> Result<String, Failure> {
    let (base, query) = whole.split_once('?').ok_or("no query")?;
    Ok(format!("{base}?{}", build(query)?))
}

const URLS: &[(&str, Change)] = &[
    ("url", |whole| Ok(url::Url::parse(whole)?.to_string())),
    ("urlPairs", |whole| {
        let parsed = url::Url::parse(whole)?;
        let pairs: Vec<_> = parsed.query_pairs().into_owned().collect();
        let mut again = parsed.clone();
        again.query_pairs_mut().clear().extend_pairs(pairs);
        Ok(again.to_string())
    }),
    ("urlAdded", |whole| {
        let mut parsed = url::Url::parse(whole)?;
        parsed.query_pairs_mut().append_pair("source", "hubspot");
        Ok(parsed.to_string())
    }),
    ("btree", |whole| {
        rebuilt(whole, |query| {
            Ok(serde_urlencoded::to_string(serde_urlencoded::from_str::<BTreeMap<String, String>>(query)?)?)
        })
    }),
    ("pairs", |whole| {
        rebuilt(whole, |query| {
            Ok(serde_urlencoded::to_string(serde_urlencoded::from_str::<Vec<(String, String)>>(query)?)?)
        })
    }),
    ("percentDecode", |whole| Ok(percent_encoding::percent_decode_str(whole).decode_utf8()?.into_owned())),
    ("fragment", |whole| {
        let mut parsed = url::Url::parse(whole)?;
        parsed.set_fragment(Some("received"));
        Ok(parsed.to_string())
    }),
    ("segments", |whole| {
        let mut parsed = url::Url::parse(whole)?;
        parsed.path_segments_mut().map_err(|()| "no base")?.push("");
        Ok(parsed.to_string())
    }),
    ("hostOnly", |whole| {
        let mut parsed = url::Url::parse(whole)?;
        parsed.set_port(None).map_err(|()| "no port")?;
        Ok(parsed.to_string())
    }),
];

async fn answer(
    OriginalUri(original): OriginalUri,
    path: Option<Path<HashMap<String, String>>>,
    query: Query<BTreeMap<String, String>>,
    RawQuery(raw): RawQuery,
    request: Request,
) -> String {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 23).await.unwrap_or_default();
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut urls = json!({
        "raw": format!("http://{host}{original}"),
        "uri": format!("https://{host}{}", parts.uri),
        "path": format!("https://{host}{}", original.path()),
        "uriToString": parts.uri.to_string(),
        "query": format!("https://{host}{}?{}", original.path(), serde_urlencoded::to_string(&query.0).unwrap_or_default()),
        "rawQuery": format!("https://{host}{}?{}", original.path(), raw.unwrap_or_default()),
    });
    if let Some(Path(captured)) = path {
        let captured: Vec<_> = captured.into_values().collect();
        urls["captured"] = format!(
            "https://{host}/{}{}",
            captured.concat(),
            original.query().map(|query| format!("?{query}")).unwrap_or_default()
        )
        .into();
    }
    let mut bodies = json!({
        "debug": STANDARD.encode(format!("{body:?}")),
        "debugLossy": STANDARD.encode(format!("{:?}", String::from_utf8_lossy(&body))),
    });
    if let Ok(value) = serde_json::from_slice::<Value>(&body) {
        bodies["json"] = STANDARD.encode(value.to_string()).into();
    }
    let headers: Vec<_> =
        parts.headers.iter().map(|(name, value)| [name.as_str(), value.to_str().unwrap_or_default()]).collect();
    let printed: Vec<_> = parts.headers.iter().map(|(name, value)| [name.to_string(), format!("{value:?}")]).collect();
    json!({ "h": headers, "p": printed, "u": urls, "b": bodies }).to_string()
}

fn find<T: Copy>(all: &[(&str, T)], name: &Value) -> T {
    all.iter().find(|(other, _)| name == other).expect("an operation").1
}

fn main() {
    let port: u16 = std::env::args().nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.spawn(async move {
        let nested = Router::new().route("/{*rest}", axum::routing::any(answer));
        let app = Router::new().nest("/mounted", nested.clone()).merge(nested);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port");
        axum::serve(listener, app).await
    });
    let (mut out, lock) = (std::io::stdout(), include_str!("../Cargo.lock"));
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"")).expect("a dependency");
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let packages = ["axum", "bytes", "percent-encoding", "serde_json", "serde_urlencoded", "url"];
    let versions: BTreeMap<_, _> = packages.into_iter().map(|name| (name, version(name))).collect();
    let names = |all: Vec<&str>| json!(all);
    let hello = json!({
        "versions": versions,
        "ops": names(OPS.iter().map(|(name, _)| *name).collect()),
        "urls": names(URLS.iter().map(|(name, _)| *name).collect()),
    });
    writeln!(out, "{hello}").expect("an open output");
    for line in std::io::stdin().lock().lines() {
        let job: Value = serde_json::from_str(&line.expect("a line")).expect("a job");
        let made = match job["url"].as_str() {
            Some(url) => find(URLS, &job["op"])(url).map(String::into_bytes),
            None => find(OPS, &job["op"])(&STANDARD.decode(job["body"].as_str().unwrap_or_default()).expect("base64")),
        };
        let answer = match made {
            Ok(made) => json!({ "out": STANDARD.encode(made) }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}").expect("an open output");
    }
}
