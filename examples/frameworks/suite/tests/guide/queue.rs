//! A request that is verified later than it came.

// [dependencies]
// axum = { version = "0.8", default-features = false, features = ["http1", "original-uri", "tokio"] }
// http = "1"
// hubspot-signature = { version = "0.1", features = ["axum"] }
// redis = { version = "1", default-features = false, features = ["connection-manager", "tokio-comp"] }
// tokio = { version = "1", default-features = false, features = ["macros", "net", "rt-multi-thread", "time"] }

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, OriginalUri};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::routing::{MethodRouter, post};
use base64::prelude::{BASE64_STANDARD, Engine};
use hubspot_signature::tower::{VerifyLayer, to_stderr};
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

// As in the replay guide: the store of the example server.
#[allow(dead_code)] // what this page does not show
#[path = "../../../replay/src/seen.rs"]
mod seen;

use seen::Seen;

struct Stored {
    received: UnixTime, // by your own clock, never the time in the request's header
    method: String,
    path_and_query: String,          // as in the request line
    headers: Vec<(String, Vec<u8>)>, // a list: a map would hide doubled headers
    body: Vec<u8>,                   // raw
}

/// Takes the URI as it came: in axum from `OriginalUri`, because inside `nest` that of the head lacks the prefix.
fn store(uri: &Uri, head: &Parts, body: Vec<u8>) -> Stored {
    Stored {
        received: UnixTime::now(),
        method: head.method.as_str().to_owned(),
        path_and_query: uri.path_and_query().map_or("", |raw| raw.as_str()).to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body,
    }
}

fn verify_later(verifier: &Verifier, url: &PublicUrl, stored: &Stored) -> Result<Verified, Error> {
    let headers = SignatureHeaders::from_pairs(stored.headers.iter().map(|(name, value)| (name, value)));
    let head = url.head(&stored.method, &stored.path_and_query, headers)?;
    verifier.verify(&head, &stored.body, stored.received)
}

/// Stores each request in the queue, and verifies none.
fn storing() -> MethodRouter {
    // More than an event can have: axum answers 413 to a longer body, and logs nothing. A workflow then drops the event.
    post(receive).layer(DefaultBodyLimit::max(8 << 20))
}

async fn receive(OriginalUri(uri): OriginalUri, head: Parts, body: Bytes) -> StatusCode {
    let is_stored = put(store(&uri, &head, body.into())).await;
    // HubSpot sends it again after a 503.
    if is_stored { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Verifies on arrival, and puts each event into the queue once. The layer bounds the body.
fn verifying(verify: VerifyLayer, seen: Seen) -> MethodRouter {
    let receive = async move |verified: Verified, OriginalUri(uri): OriginalUri, head: Parts, body: Bytes| {
        let storing = put(store(&uri, &head, body.into()));
        match seen.once(verified, storing, |is_stored| *is_stored).await {
            // `None` for a copy of what was stored.
            Ok(Some(true) | None) => StatusCode::OK,
            Ok(Some(false)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    };
    // Without `disable`, axum reads at most 2 MiB. The layer that is added last is the outer one.
    post(receive).layer::<_, Infallible>(DefaultBodyLimit::disable()).layer(verify.on_refusal(to_stderr))
}

/// The longest that an event may wait. The store must know it: `Seen::in_redis(&redis_url)?.for_queue(LIMIT)`.
const LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Handles an event from the queue. Returns whether the queue can delete it. If not, the queue must deliver it again.
async fn consume(verifier: &Verifier, url: &PublicUrl, seen: &Seen, stored: Stored, now: UnixTime) -> bool {
    let event = || format!("{:?}, received at {}", stored.path_and_query, stored.received);
    let waited = Duration::from_millis(now.as_millis().saturating_sub(stored.received.as_millis()));
    if waited > LIMIT {
        eprintln!("dropped: waited for {waited:?}: {}", event());
        return true;
    }
    match verify_later(verifier, url, &stored) {
        // `None` for a copy of what was handled.
        Ok(verified) => matches!(seen.once(verified, handle(stored), |done| *done).await, Ok(Some(true) | None)),
        Err(error) => {
            // With a wrong secret or URL here, every event may be genuine, and HubSpot sends none of them again.
            let is_kept = error.may_be_misconfiguration();
            let outcome = if is_kept { "kept" } else { "dropped" };
            // Compare the endpoint with the path that came, and with the URL in HubSpot.
            let endpoint = url.endpoint_url().unwrap_or("none");
            let (code, help) = (error.code(), error.help());
            eprintln!("{outcome}: {code}: {}, endpoint {endpoint}: {error}. {help}", event());
            !is_kept
        }
    }
}

/// `Stored` as JSON has it.
#[derive(Serialize, Deserialize)]
struct Message {
    received: u64,
    method: String,
    path_and_query: String,
    headers: Vec<(String, String)>, // the values as base64
    body: String,                   // base64
}

fn to_json(stored: Stored) -> serde_json::Result<String> {
    let Stored { received, method, path_and_query, headers, body } = stored;
    let received = received.as_millis();
    let headers = headers.into_iter().map(|(name, value)| (name, BASE64_STANDARD.encode(value))).collect();
    serde_json::to_string(&Message { received, method, path_and_query, headers, body: BASE64_STANDARD.encode(body) })
}

fn from_json(json: &str) -> Result<Stored, Box<dyn std::error::Error>> {
    let Message { received, method, path_and_query, headers, body } = serde_json::from_str(json)?;
    let received = UnixTime::from_millis(received);
    let headers = headers.into_iter().map(|(name, value)| Ok((name, BASE64_STANDARD.decode(value)?)));
    let headers = headers.collect::<Result<_, base64::DecodeError>>()?;
    Ok(Stored { received, method, path_and_query, headers, body: BASE64_STANDARD.decode(body)? })
}

use crate::prelude;

fn stored_at(received: UnixTime, signed: UnixTime, body: &str) -> Stored {
    let secret = hubspot_signature::ClientSecret::new(suite::SECRET).expect("usable");
    let url = "https://hooks.example.com/hubspot?a=1&b=%40";
    let signed = secret.sign("POST", url, body.as_bytes(), signed).expect("a request to sign");
    let mut request = axum::http::Request::post("/hubspot?a=1&b=%40");
    for (name, value) in signed.pairs() {
        request = request.header(name, value);
    }
    let (head, body) = request.body(body.as_bytes().to_vec()).expect("a request").into_parts();
    Stored { received, ..store(&head.uri, &head, body) }
}

fn before(time: UnixTime, millis: u64) -> UnixTime {
    UnixTime::from_millis(time.as_millis() - millis)
}

/// As it lies in the queue for twenty minutes, having been this old when it came.
fn stored(age: u64) -> Stored {
    let minutes_ago = |minutes: u64| before(UnixTime::now(), minutes * 60_000);
    stored_at(minutes_ago(20), minutes_ago(20 + age), "{}")
}

#[test]
fn is_judged_by_the_time_at_which_it_came() {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let verifier = prelude::verifier();
    assert!(verify_later(&verifier, &url, &stored(0)).is_ok());
    assert!(verify_later(&verifier, &url, &stored(4)).is_ok());
    assert!(matches!(verify_later(&verifier, &url, &stored(6)), Err(Error::TimestampTooOld { .. })));
    let now = Stored { received: UnixTime::now(), ..stored(0) };
    assert!(matches!(verify_later(&verifier, &url, &now), Err(Error::TimestampTooOld { .. })));
    let mut doubled = stored(0);
    doubled.headers.extend(doubled.headers.clone());
    assert!(matches!(verify_later(&verifier, &url, &doubled), Err(Error::DuplicateHeader { .. })));
    let other = Stored { body: b"{ }".to_vec(), ..stored(0) };
    assert!(matches!(verify_later(&verifier, &url, &other), Err(Error::Mismatch { .. })));
}

#[test]
fn each_byte_comes_back_from_json() {
    let url = PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL");
    let back = from_json(&to_json(stored(0)).expect("JSON")).expect("its own");
    assert!(verify_later(&prelude::verifier(), &url, &back).is_ok());
    let mut odd = stored(0);
    odd.headers.push(("x-odd".to_owned(), vec![0xff, b'a']));
    odd.body = (0..=255).collect();
    let before = (odd.received, odd.method.clone(), odd.path_and_query.clone(), odd.headers.clone(), odd.body.clone());
    let back = from_json(&to_json(odd).expect("JSON")).expect("its own");
    assert_eq!(before, (back.received, back.method, back.path_and_query, back.headers, back.body));
    assert!(from_json("{}").is_err());
}

static HANDLED: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Fails the first time if the event says so.
async fn handle(event: Stored) -> bool {
    let is_done = !event.body.ends_with(b"fails\"") || runs(&event.body) > 0;
    HANDLED.lock().expect("nothing panics here").push(event.body);
    is_done
}

fn runs(body: &[u8]) -> usize {
    HANDLED.lock().expect("nothing panics here").iter().filter(|handled| *handled == body).count()
}

#[tokio::test]
async fn each_event_is_handled_once_and_none_too_late() {
    const MINUTE: u64 = 60_000;
    let (url, verifier) =
        (PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL"), prelude::verifier());
    let redis = suite::Redis::start();
    let (memory, redis) = (Seen::in_memory(), Seen::in_redis(&redis.url()).expect("a URL"));
    for (name, seen) in [("memory", memory.for_queue(LIMIT)), ("redis", redis.for_queue(LIMIT))] {
        let now = UnixTime::now();
        let limit = LIMIT.as_millis() as u64;
        // Whether it is done, and how often it was handled by then.
        let consume = async |body: &str, received, signed| {
            let done = consume(&verifier, &url, &seen, stored_at(received, signed, body), now).await;
            (done, runs(body.as_bytes()))
        };
        let body = |what: &str| format!("\"{name} {what}\"");

        let fresh = body("fresh");
        assert_eq!(consume(&fresh, now, now).await, (true, 1));
        assert_eq!(consume(&fresh, now, now).await, (true, 1), "a copy");
        assert_eq!(consume(&body("stale"), now, before(now, 5 * MINUTE + 1)).await, (true, 0));

        // The oldest that may be handled, and the copy of it that came last.
        let (old, received) = (body("old"), before(now, limit));
        let signed = before(received, 5 * MINUTE);
        assert_eq!(consume(&old, before(received, 1), signed).await, (true, 0), "waited too long");
        assert_eq!(consume(&old, received, signed).await, (true, 1));
        assert_eq!(consume(&old, received, signed).await, (true, 1), "a copy");

        let fails = body("fails");
        assert_eq!(consume(&fails, now, now).await, (false, 1));
        assert_eq!(consume(&fails, now, now).await, (true, 2), "again");
        assert_eq!(consume(&fails, now, now).await, (true, 2), "a copy");
    }
    // Another consumer handles it, or has died.
    let (now, seen) = (UnixTime::now(), Seen::in_memory().for_queue(LIMIT));
    let event = || stored_at(now, now, "\"begun\"");
    let begun = seen.begin(&verify_later(&verifier, &url, &event()).expect("genuine")).await;
    assert!(matches!(begun, Ok(seen::Known::New(_))));
    assert!(!consume(&verifier, &url, &seen, event(), now).await);
    // Without a time that was signed, no store knows when to forget it.
    let mut old = stored_at(now, now, "\"v2\"");
    old.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-hubspot-signature-v3"));
    let lenient = Verifier::new(suite::SECRET, hubspot_signature::Version::V2).expect("usable");
    assert!(!consume(&lenient, &url, &seen, old, now).await);
    assert_eq!((runs(b"\"begun\""), runs(b"\"v2\"")), (0, 0));
    // A store that does not know of the queue refuses such an old event: it may have forgotten it.
    let received = before(UnixTime::now(), LIMIT.as_millis() as u64 / 2);
    let event = stored_at(received, received, "\"early\"");
    assert!(!consume(&verifier, &url, &Seen::in_memory(), event, UnixTime::now()).await);
    assert_eq!(runs(b"\"early\""), 0);
}

/// While the consumer has a wrong secret or URL, each event waits, and none longer than the limit.
#[tokio::test]
async fn a_wrong_setting_deletes_nothing() {
    let urls = ["hubspot", "moved"].map(|path| PublicUrl::endpoint(&format!("https://hooks.example.com/{path}")));
    let [url, other_url] = urls.map(|url| url.expect("a URL"));
    let other_host = PublicUrl::endpoint("https://other.example.com/hubspot").expect("a URL");
    let other_secret = Verifier::new("12345678-aaaa-bbbb-cccc-ddddeeee0001", hubspot_signature::Version::V3);
    let (verifier, other_secret) = (prelude::verifier(), other_secret.expect("usable"));
    let seen = Seen::in_memory().for_queue(LIMIT);
    let (now, body) = (UnixTime::now(), "\"misjudged\"");
    let event = || stored_at(now, now, body);
    for (verifier, url) in [(&other_secret, &url), (&verifier, &other_url), (&verifier, &other_host)] {
        assert!(!consume(verifier, url, &seen, event(), now).await);
        let limit = LIMIT.as_millis() as u64;
        assert!(!consume(verifier, url, &seen, event(), UnixTime::from_millis(now.as_millis() + limit)).await);
        assert!(consume(verifier, url, &seen, event(), UnixTime::from_millis(now.as_millis() + limit + 1)).await);
    }
    // Nothing that a setting explains.
    assert!(consume(&verifier, &url, &seen, Stored { headers: Vec::new(), ..event() }, now).await);
    assert_eq!(runs(body.as_bytes()), 0);
    assert!(consume(&verifier, &url, &seen, event(), now).await);
    assert_eq!(runs(body.as_bytes()), 1, "once the setting is right");
}

/// The log says why an event comes again, or never will: this program runs the test above once more, and reads it.
#[test]
fn the_log_has_each_reason() {
    let mut command = std::process::Command::new(std::env::current_exe().expect("it runs"));
    command.args(["--exact", "queue::each_event_is_handled_once_and_none_too_late", "--nocapture"]);
    let output = command.output().expect("it starts");
    let log = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{log}");
    let count = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    for (text, expected) in [
        (": not handled: no success", 2),
        (": handled before", 6),
        (": a copy is in progress", 1),
        (": too late. Behind a queue, call `for_queue`", 1),
        (": v1 and v2 never expire. Let the verifier require v3", 1),
        ("dropped: timestamp_too_old: ", 2),
        ("dropped: waited for ", 2),
    ] {
        assert_eq!(count(text), expected, "{text}: {log}");
    }
    assert_eq!(count("replay keys: "), 11, "{log}");
}

/// An event that was put into the queue under its key, with the same store, is handled from there.
#[tokio::test]
async fn an_arrival_is_no_copy() {
    let (url, verifier) =
        (PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL"), prelude::verifier());
    let redis = suite::Redis::start();
    for (name, seen) in [("memory", Seen::in_memory()), ("redis", Seen::in_redis(&redis.url()).expect("a URL"))] {
        let (now, body) = (UnixTime::now(), format!("\"{name} arrival\""));
        let event = || stored_at(now, now, &body);
        let arrival = || verify_later(&verifier, &url, &event()).expect("genuine");
        assert_eq!(seen.once(arrival(), async { true }, |done| *done).await, Ok(Some(true)));
        let queue = seen.clone().for_queue(LIMIT);
        assert!(consume(&verifier, &url, &queue, event(), now).await);
        assert_eq!(runs(body.as_bytes()), 1);
        assert!(consume(&verifier, &url, &queue, event(), now).await, "a copy");
        assert_eq!(runs(body.as_bytes()), 1);
        assert_eq!(seen.once(arrival(), async { true }, |done| *done).await, Ok(None), "a copy on arrival");
    }
}

/// A copy may come when the signature expires, by a clock that is a minute behind, and then wait for the limit.
#[tokio::test]
async fn a_key_outlives_the_last_copy() {
    let redis = suite::Redis::start();
    let seen = Seen::in_redis(&redis.url()).expect("a URL").for_queue(LIMIT);
    let (url, verifier) =
        (PublicUrl::endpoint("https://hooks.example.com/hubspot").expect("a URL"), prelude::verifier());
    let now = UnixTime::now();
    let event = stored_at(now, now, "\"expires\"");
    let key = verify_later(&verifier, &url, &event).expect("genuine").replay_key();
    assert!(consume(&verifier, &url, &seen, event, now).await);
    let mut client = redis::Client::open(redis.url()).expect("a URL").get_connection().expect("it listens");
    let left: u64 = redis::cmd("PTTL").arg(format!("hubspot:queue:{key}")).query(&mut client).expect("a number");
    let passed = UnixTime::now().as_millis() - now.as_millis();
    let until = LIMIT.as_millis() as u64 + 300_000 + 60_000;
    assert!(left.abs_diff(until - passed) < 5_000, "{left}");
}

static STORED: Mutex<Vec<Stored>> = Mutex::new(Vec::new());

/// Fails the first time if the event says so.
async fn put(event: Stored) -> bool {
    static FULL: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());
    let mut full = FULL.lock().expect("nothing panics here");
    if event.body.ends_with(b"is full\"") && !full.contains(&event.body) {
        full.push(event.body);
        return false;
    }
    STORED.lock().expect("nothing panics here").push(event);
    true
}

/// The paths of the stored events with this body.
fn paths(body: &str) -> Vec<String> {
    let stored = STORED.lock().expect("nothing panics here");
    stored.iter().filter(|event| event.body == body.as_bytes()).map(|event| event.path_and_query.clone()).collect()
}

const NESTED: &str = "https://hooks.example.com/crm/hubspot";

#[tokio::test]
async fn a_nested_route_stores_the_path_that_came() {
    let routes = prelude::Router::new().nest("/crm/hubspot", prelude::Router::new().route("/", storing()));
    let (url, verifier) = (PublicUrl::endpoint(NESTED).expect("a URL"), prelude::verifier());
    // The second is longer than axum reads by itself.
    for body in ["\"nested\"".to_owned(), format!("\"{}\"", "a".repeat(2 << 20))] {
        let request = prelude::signed(&format!("{NESTED}?a=1"), "/crm/hubspot?a=1", &*body);
        assert_eq!(prelude::status(&routes, request).await, 200);
        assert_eq!(paths(&body), ["/crm/hubspot?a=1"]);
        let stored = STORED.lock().expect("nothing panics here");
        let event = stored.iter().find(|event| event.body == body.as_bytes()).expect("stored");
        assert!(verify_later(&verifier, &url, event).is_ok());
    }
    let request = prelude::signed(NESTED, "/crm/hubspot", format!("\"{}\"", "a".repeat(8 << 20)));
    assert_eq!(prelude::status(&routes, request).await, 413);
    let request = prelude::signed(NESTED, "/crm/hubspot", "\"is full\"");
    assert_eq!(prelude::status(&routes, request).await, 503);
}

/// An event that was stored without the prefix waits, and is handled when any path will do.
#[tokio::test]
async fn an_event_without_its_prefix_is_rescued() {
    let (url, verifier) = (PublicUrl::endpoint(NESTED).expect("a URL"), prelude::verifier());
    let (now, body) = (UnixTime::now(), "\"unprefixed\"");
    let signed = prelude::signed(&format!("{NESTED}?a=1"), "/?a=1", body);
    let event = || Stored { received: now, ..store(signed.uri(), &signed_parts(&signed), body.into()) };
    let seen = Seen::in_memory().for_queue(LIMIT);
    assert!(!consume(&verifier, &url, &seen, event(), now).await);
    assert_eq!(runs(body.as_bytes()), 0);
    let url = url.dangerously_accept_any_path();
    assert!(consume(&verifier, &url, &seen, event(), now).await);
    assert_eq!(runs(body.as_bytes()), 1);
}

fn signed_parts(request: &prelude::Request<prelude::Body>) -> Parts {
    let mut copy = prelude::Request::post(request.uri().clone()).body(()).expect("a request");
    *copy.headers_mut() = request.headers().clone();
    copy.into_parts().0
}

#[tokio::test]
async fn an_arrival_is_stored_once_and_no_forgery() {
    let url = "https://hooks.example.com/hubspot";
    let verify = VerifyLayer::new(prelude::verifier(), PublicUrl::endpoint(url).expect("a URL"));
    let routes = prelude::Router::new().route("/hubspot", verifying(verify, Seen::in_memory()));
    let body = "\"arrives when it is full\"";
    let signed = prelude::signed(url, "/hubspot", body);
    let copy = || {
        let mut copy = prelude::Request::post("/hubspot").body(body.into()).expect("a request");
        *copy.headers_mut() = signed.headers().clone();
        copy
    };
    assert_eq!(prelude::status(&routes, copy()).await, 503);
    for _ in 0..2 {
        assert_eq!(prelude::status(&routes, copy()).await, 200);
        assert_eq!(paths(body), ["/hubspot"]);
    }
    let mut forged = copy();
    *forged.body_mut() = "\"forged\"".into();
    assert_eq!(prelude::status(&routes, forged).await, 401);
    assert!(paths("\"forged\"").is_empty());
}

/// The layer judges the path that `nest` leaves, and the store has the path that came.
#[tokio::test]
async fn an_arrival_may_be_nested() {
    let url = PublicUrl::endpoint(NESTED).expect("a URL");
    let verify = |max_body| VerifyLayer::new(prelude::verifier().max_body(max_body), url.clone());
    let seen = Seen::in_memory();
    let nested =
        |path: &str, inner: &str, route| prelude::Router::new().nest(path, prelude::Router::new().route(inner, route));
    let prefix = nested("/crm", "/hubspot", verifying(verify(4 << 20), seen.clone()));
    let all = nested("/crm/hubspot", "/", verifying(verify(1 << 20), seen));
    let outside = nested("/crm/hubspot", "/", storing()).layer(verify(1 << 20));
    // The first is longer than axum reads by itself.
    for (routes, filler, status, times) in [(prefix, 3 << 20, 200, 1), (all, 1, 401, 0), (outside, 2, 200, 1)] {
        let body = format!("\"nested {}\"", "a".repeat(filler));
        let request = prelude::signed(&format!("{NESTED}?a=1"), "/crm/hubspot?a=1", &*body);
        assert_eq!(prelude::status(&routes, request).await, status, "{filler}");
        assert_eq!(paths(&body), vec!["/crm/hubspot?a=1"; times], "{filler}");
    }
}

/// The log names each event, and where it was expected: this program runs two tests above once more, and reads it.
#[test]
fn the_log_names_each_event() {
    let mut command = std::process::Command::new(std::env::current_exe().expect("it runs"));
    command.args([
        "--exact",
        "queue::a_wrong_setting_deletes_nothing",
        "queue::an_event_without_its_prefix_is_rescued",
    ]);
    let output = command.arg("--nocapture").output().expect("it starts");
    let log = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{log}");
    let count = |begin: &str, end: &str| {
        let between = |line: &str| Some(line.strip_prefix(begin)?.split_once(" ms")?.1.starts_with(end));
        log.lines().filter_map(between).filter(|is_it| *is_it).count()
    };
    let path = "\"/hubspot?a=1&b=%40\", received at 1";
    for (begin, end, expected) in [
        (format!("kept: path_not_endpoint: {path}"), ", endpoint https://hooks.example.com/moved: ", 2),
        (format!("kept: mismatch: {path}"), ", endpoint https://hooks.example.com/hubspot: ", 2),
        (format!("kept: mismatch: {path}"), ", endpoint https://other.example.com/hubspot: ", 2),
        (format!("dropped: missing_signature: {path}"), ", endpoint https://hooks.example.com/hubspot: ", 1),
        (format!("dropped: waited for 86400.001s: {path}"), "", 3),
        (
            "kept: path_not_endpoint: \"/?a=1\", received at 1".into(),
            ", endpoint https://hooks.example.com/crm/hubspot: ",
            1,
        ),
    ] {
        assert_eq!(count(&begin, end), expected, "{begin}{end}: {log}");
    }
}
