//! The example that remembers what it has handled: each request is handled once, and none is lost.

#[allow(dead_code)] // what only the program needs
#[path = "../../replay/src/main.rs"]
mod server;

use std::fs;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{self, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use hubspot_signature::tower::VerifyLayer;
use hubspot_signature::{PublicUrl, UnixTime, Verified, Verifier, Version};
use suite::{PUBLIC_URL, Redis, Request, SECRET, Server, Signer, exchange, over_http2};
use tempfile::TempDir;
use tower::ServiceExt;

use server::once;
use server::seen::{Known, Seen, remember_until};

/// Replicas that share what they remember, and the file that their handlers write to.
struct Replicas {
    servers: Vec<Server>,
    folder: TempDir,
}

impl Replicas {
    fn start(count: usize, redis: Option<&Redis>) -> Self {
        let folder = tempfile::tempdir().expect("a new folder");
        let start = |_| {
            Server::start_with("replay", |command| {
                command.env("HANDLED", folder.path().join("handled")).env_remove("REDIS_URL");
                command.envs(redis.map(|redis| ("REDIS_URL", redis.url())));
                let log = fs::File::options().create(true).append(true).open(folder.path().join("log"));
                command.stderr(log.expect("a file"));
            })
        };
        Self { servers: (0..count).map(start).collect(), folder }
    }

    /// How often a handler has run.
    fn handled(&self) -> usize {
        fs::read_to_string(self.folder.path().join("handled")).unwrap_or_default().lines().count()
    }

    /// Sends a request to one of the replicas, over HTTP/1.1 or HTTP/2.
    fn status(&self, index: usize, http2: bool, request: &Request) -> u16 {
        let address = self.servers[index % self.servers.len()].address;
        let answer = if http2 { over_http2(address, request) } else { exchange(address, request) };
        answer.expect("an answer").status
    }

    /// Sends the variants of a request, and holds that all verify and that one is handled.
    fn handle_one_of(&self, variants: &[Request]) {
        let before = self.handled();
        for (index, request) in variants.iter().enumerate() {
            for http2 in [true, false] {
                assert_eq!(self.status(index, http2, request), 200, "{request:?}");
            }
        }
        assert_eq!(self.handled(), before + 1, "{variants:?}");
    }

    fn handle_once(&self) {
        // Four at once, for some turns.
        for turn in 0..10 {
            let request = Request::new("POST", format!("/hubspot?turn={turn}"), "{}").signed_by(Signer::ThisCrate);
            let before = self.handled();
            let barrier = Barrier::new(4);
            thread::scope(|scope| {
                for index in 0..4 {
                    let (request, barrier) = (&request, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        // A copy that comes while another is handled is to come again.
                        assert!([200, 503].contains(&self.status(index, index > 1, request)));
                    });
                }
            });
            assert_eq!(self.handled(), before + 1);
            assert_eq!(self.status(0, false, &request), 200);
            assert_eq!(self.handled(), before + 1);
        }
        self.handle_one_of(&spellings_of_the_header());
        self.handle_one_of(&spellings_of_the_uri());
        moved_boundaries().iter().for_each(|variants| self.handle_one_of(variants));
    }
}

/// HTTP/2 servers keep the white space around a value.
fn spellings_of_the_header() -> Vec<Request> {
    let request = Request::new("POST", "/hubspot?spelled=header", "{}").signed_by(Signer::ThisCrate);
    [("", ""), (" ", ""), ("", " "), ("", "\t"), ("\t", " ")]
        .map(|(before, after)| {
            let mut request = request.clone();
            let value = request.header("X-HubSpot-Signature-v3");
            *value = [before.as_bytes(), value, after.as_bytes()].concat();
            request
        })
        .into()
}

/// v3 signs the URI with twelve escapes decoded, so it does not say which of them were there.
fn spellings_of_the_uri() -> Vec<Request> {
    let request = Request::new("POST", "/hubspot?mail=ann%40example.com&next=%2Fx", "{}").signed_by(Signer::Documented);
    ["mail=ann%40example.com&next=%2Fx", "mail=ann@example.com&next=/x", "mail=ann@example.com&next=%2fx"]
        .map(|query| Request { target: format!("/hubspot?{query}"), ..request.clone() })
        .into()
}

/// Left open in SECURITY.md: nothing separates URI and body in the signed text.
fn moved_boundaries() -> [Vec<Request>; 2] {
    let variants = |signed: (&str, &str), moved: (&str, &str)| {
        let request = Request::new("POST", signed.0, signed.1).signed_by(Signer::ThisCrate);
        let moved = Request { target: moved.0.into(), body: moved.1.into(), ..request.clone() };
        vec![request, moved]
    };
    [
        variants(("/hubspot?list=[1]", ""), ("/hubspot?list=", "[1]")),
        variants(("/hubspot?list=", "[[1],[2]]"), ("/hubspot?list=[[1],", "[2]]")),
    ]
}

#[test]
fn in_memory() {
    Replicas::start(1, None).handle_once();
}

#[test]
fn two_replicas_with_redis() {
    Replicas::start(2, Some(&Redis::start())).handle_once();
}

/// Without Redis the two would each handle it: the test above can fail.
#[test]
fn two_replicas_without_redis_handle_twice() {
    let replicas = Replicas::start(2, None);
    let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
    assert_eq!([0, 1, 2, 3].map(|index| replicas.status(index, false, &request)), [200; 4]);
    assert_eq!(replicas.handled(), 2);
}

#[test]
fn redis_is_away() {
    let mut redis = Redis::start();
    let replicas = Replicas::start(2, Some(&redis));
    let known = Request::new("POST", "/hubspot?known", "{}").signed_by(Signer::ThisCrate);
    let new = Request::new("POST", "/hubspot?new", "{}").signed_by(Signer::ThisCrate);
    assert_eq!(replicas.status(0, false, &known), 200);
    assert_eq!(replicas.handled(), 1);

    redis.stop();
    for index in 0..4 {
        assert_eq!(replicas.status(index, false, &known), 503);
        assert_eq!(replicas.status(index, false, &new), 503);
    }
    // A forgery learns nothing of it.
    assert_eq!(replicas.status(0, false, &Request { body: "{ }".into(), ..new.clone() }), 401);
    assert_eq!(replicas.handled(), 1);

    redis.resume();
    // The first request finds that the connection of its replica is gone.
    for index in 0..2 {
        assert_eq!(replicas.status(index, false, &new), 200);
    }
    assert_eq!(replicas.handled(), 2);
    replicas.handle_one_of(&[Request::new("POST", "/hubspot?newer", "{}").signed_by(Signer::ThisCrate)]);
}

/// An event that could not be handled may come again.
#[test]
fn the_handler_fails() {
    let redis = Redis::start();
    for redis in [None, Some(&redis)] {
        let replicas = Replicas::start(1, redis);
        let folder: &Path = replicas.folder.path();
        fs::create_dir(folder.join("handled")).expect("where the file would be");
        let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
        assert_eq!(replicas.status(0, false, &request), 500);
        let log = fs::read_to_string(folder.join("log")).expect("text");
        assert!(log.starts_with("replay keys: ") && log.ends_with(": not handled: no success\n"), "{log}");
        fs::remove_dir(folder.join("handled")).expect("empty");
        replicas.handle_one_of(&[request]);
    }
}

/// Only what HubSpot signed is remembered, and only at the endpoint it was signed for.
#[test]
fn forgeries_are_not_handled() {
    let replicas = Replicas::start(1, None);
    let genuine = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
    assert_eq!(replicas.status(0, false, &Request { body: "{ }".into(), ..genuine.clone() }), 401);
    let other = Request::new("POST", "/other", "{}").signed_by(Signer::ThisCrate);
    assert_eq!(replicas.status(0, false, &Request { target: "/hubspot".into(), ..other }), 401);
    assert_eq!(replicas.handled(), 0);
    let log = fs::read_to_string(replicas.folder.path().join("log")).expect("text");
    assert_eq!(log.matches("refused: mismatch https://hooks.example.com/hubspot: ").count(), 2, "{log}");
    replicas.handle_one_of(&[genuine]);
}

/// The middleware of the example before a handler that a test chooses.
struct Guarded {
    routes: Router,
    runs: Arc<AtomicUsize>,
    ends: Arc<AtomicUsize>,
}

impl Guarded {
    /// `handler` gets the number of its run, from 1.
    fn new<F>(seen: &Seen, handler: impl Fn(usize) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = StatusCode> + Send,
    {
        let verifier = Verifier::new(SECRET, Version::V3).expect("usable");
        let url = PublicUrl::endpoint(&format!("{PUBLIC_URL}/hubspot")).expect("a URL");
        let (runs, ends): (Arc<AtomicUsize>, Arc<AtomicUsize>) = Default::default();
        let (began, ended) = (runs.clone(), ends.clone());
        let webhook = async move || {
            let status = handler(began.fetch_add(1, Ordering::SeqCst) + 1).await;
            ended.fetch_add(1, Ordering::SeqCst);
            status
        };
        let routes = Router::new()
            .route("/hubspot", post(webhook))
            .layer(from_fn_with_state(seen.clone(), once))
            .layer(VerifyLayer::new(verifier, url));
        Self { routes, runs, ends }
    }

    async fn answer(&self, request: &Request) -> (u16, String) {
        let mut builder = http::Request::builder().method(request.method).uri(&request.target);
        for (name, value) in &request.headers {
            builder = builder.header(name, value.as_slice());
        }
        let request = builder.body(Body::from(request.body.clone())).expect("a request");
        let response = self.routes.clone().oneshot(request).await.expect("infallible");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1000).await.expect("short");
        (status, String::from_utf8(body.into()).expect("text"))
    }

    /// As a time limit outside does it, or a sender that hangs up.
    async fn give_up_on(&self, request: &Request) {
        tokio::time::timeout(Duration::from_millis(200), self.answer(request)).await.expect_err("it hangs");
    }

    fn counts(&self) -> (usize, usize) {
        (self.runs.load(Ordering::SeqCst), self.ends.load(Ordering::SeqCst))
    }
}

/// In memory, and in a Redis.
fn memories(redis: &Redis) -> [Seen; 2] {
    [Seen::in_memory(), Seen::in_redis(&redis.url()).expect("a URL")]
}

const HANDLED_BEFORE: (u16, &str) = (200, "handled before");

/// Whom a time limit outside cuts off, HubSpot sends again: the event must be handled, by this run or by the next.
#[tokio::test]
async fn nobody_waits_for_the_handler_any_more() {
    let redis = Redis::start();
    for seen in memories(&redis) {
        let served = Guarded::new(&seen, |_| async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            StatusCode::OK
        });
        let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
        served.give_up_on(&request).await;
        // Not yet handled, so no success; HubSpot asks again.
        let start = Instant::now();
        let answer = loop {
            let answer = served.answer(&request).await;
            if answer.0 != 503 {
                break answer;
            }
            assert!(start.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!((answer.0, &*answer.1), HANDLED_BEFORE);
        assert_eq!(served.counts(), (1, 1), "begun and ended");
    }
}

#[tokio::test]
async fn the_handler_panics() {
    let redis = Redis::start();
    for seen in memories(&redis) {
        let served = Guarded::new(&seen, async |run| if run == 1 { panic!("on purpose") } else { StatusCode::OK });
        let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
        assert_eq!(served.answer(&request).await.0, 500);
        assert_eq!(served.answer(&request).await, (200, String::new()));
        let again = served.answer(&request).await;
        assert_eq!((again.0, &*again.1), HANDLED_BEFORE);
        assert_eq!(served.counts(), (2, 1));
    }
}

/// 429 makes HubSpot send it again, and 422 or a redirect may.
#[tokio::test]
async fn only_a_success_counts_as_handled() {
    let redis = Redis::start();
    for seen in memories(&redis) {
        let answers = [429, 422, 307, 503, 204].map(|status| StatusCode::from_u16(status).expect("a status"));
        let served = Guarded::new(&seen, move |run| async move { answers[run - 1] });
        let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
        for status in answers {
            assert_eq!(served.answer(&request).await.0, status.as_u16());
        }
        let again = served.answer(&request).await;
        assert_eq!((again.0, &*again.1), HANDLED_BEFORE);
    }
}

/// A handler that never ends is ended, and its request may come again.
#[tokio::test(start_paused = true)]
async fn the_handler_hangs() {
    let served = Guarded::new(&Seen::in_memory(), async |run| {
        if run == 1 {
            std::future::pending::<()>().await;
        }
        StatusCode::OK
    });
    let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
    assert_eq!(served.answer(&request).await.0, 503);
    assert_eq!(served.answer(&request).await, (200, String::new()));
    assert_eq!(served.counts(), (2, 1));
}

fn verified(request: &Request) -> Verified {
    verified_within(request, Duration::from_secs(300))
}

fn verified_within(request: &Request, max_age: Duration) -> Verified {
    let headers = hubspot_signature::SignatureHeaders::from_pairs(request.headers.iter().map(|(n, v)| (n, v)));
    let url = format!("{PUBLIC_URL}{}", request.target);
    let head = hubspot_signature::RequestHead::new(request.method, &url, headers);
    let verifier = Verifier::new(SECRET, Version::V3).expect("usable").max_age(max_age);
    verifier.verify(&head, &request.body, UnixTime::now()).expect("genuine")
}

/// A process that dies in a handler says nothing more: its request is free again before HubSpot's first new attempt.
#[tokio::test]
async fn the_process_dies() {
    let redis = Redis::start();
    let seen = Seen::in_redis(&redis.url()).expect("a URL");
    let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
    let verified = verified(&request);
    assert!(matches!(seen.begin(&verified).await, Ok(Known::New(_))));
    assert!(matches!(seen.begin(&verified).await, Ok(Known::InProgress)));

    let mut client = redis::Client::open(redis.url()).expect("a URL").get_connection().expect("it listens");
    let name = format!("hubspot:{}", verified.replay_key());
    let left: u64 = redis::cmd("PTTL").arg(&name).query(&mut client).expect("a number");
    assert!((20_000..60_000).contains(&left), "longer than a handler may take, shorter than HubSpot waits: {left}");

    let served = Guarded::new(&seen, async |_| StatusCode::OK);
    assert_eq!(served.answer(&request).await.0, 503);
    redis::cmd("PEXPIRE").arg(&name).arg(1).exec(&mut client).expect("the key is there");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(served.answer(&request).await, (200, String::new()));
    // Now for as long as it verifies anywhere.
    let left: u64 = redis::cmd("PTTL").arg(&name).query(&mut client).expect("a number");
    let until = remember_until(&verified).expect("v3").as_millis() - UnixTime::now().as_millis();
    assert!(left.abs_diff(until) < 5_000 && left > 300_000, "{left}");
}

/// As long as can be, without an overflow here or in Redis.
#[tokio::test]
async fn a_queue_without_a_limit() {
    let redis = Redis::start();
    for (number, seen) in memories(&redis).into_iter().enumerate() {
        let seen = seen.for_queue(Duration::MAX);
        let verified = verified(&Request::new("POST", format!("/hubspot?{number}"), "{}").signed_by(Signer::ThisCrate));
        assert!(matches!(seen.begin(&verified).await, Ok(Known::New(_))));
        seen.finish(&verified).await.expect("a lifetime that Redis takes");
        assert!(matches!(seen.begin(&verified).await, Ok(Known::Handled)));
    }
}

/// A handler that outlived its time in progress leaves alone what a later one has remembered.
#[tokio::test]
async fn a_late_failure_forgets_nothing_of_others() {
    let redis = Redis::start();
    let [first, second] = [(); 2].map(|()| Seen::in_redis(&redis.url()).expect("a URL"));
    let mut client = redis::Client::open(redis.url()).expect("a URL").get_connection().expect("it listens");
    for is_handled in [true, false] {
        let target = format!("/hubspot?{is_handled}");
        let verified = verified(&Request::new("POST", target, "{}").signed_by(Signer::ThisCrate));
        let Ok(Known::New(late)) = first.begin(&verified).await else { panic!("known") };
        redis::cmd("PEXPIRE")
            .arg(format!("hubspot:{}", verified.replay_key()))
            .arg(1)
            .exec(&mut client)
            .expect("it is there");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let Ok(Known::New(turn)) = second.begin(&verified).await else { panic!("known") };
        if is_handled {
            second.finish(&verified).await.expect("it listens");
        }
        first.forget(&verified, late).await.expect("it listens");
        let known = first.begin(&verified).await.expect("it listens");
        assert_eq!((matches!(known, Known::Handled), matches!(known, Known::InProgress)), (is_handled, !is_handled));
        // Its own turn it may forget, but not what it has handled.
        second.forget(&verified, turn).await.expect("it listens");
        let known = first.begin(&verified).await.expect("it listens");
        assert_eq!(matches!(known, Known::New(_)), !is_handled);
    }
}

/// A copy is known under a verifier with another greatest age, too.
#[tokio::test]
async fn another_greatest_age() {
    let redis = Redis::start();
    for seen in memories(&redis) {
        let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
        let [this, other] = [300, 240].map(|age| verified_within(&request, Duration::from_secs(age)));
        assert!(matches!(seen.begin(&this).await, Ok(Known::New(_))));
        assert!(matches!(seen.begin(&other).await, Ok(Known::InProgress)));
        seen.finish(&this).await.expect("it listens");
        assert!(matches!(seen.begin(&other).await, Ok(Known::Handled)));
    }
}

fn client(redis: &Redis) -> redis::Connection {
    redis::Client::open(redis.url()).expect("a URL").get_connection().expect("it listens")
}

/// As a Redis with a `timeout` does to idle ones, and a proxy at any time.
fn close_connections(redis: &Redis) {
    let closed: u64 =
        redis::cmd("CLIENT").arg(&["KILL", "TYPE", "normal"]).query(&mut client(redis)).expect("a number");
    assert!(closed > 0, "there was one");
}

/// No command that changes something is executed until `execute_commands`.
fn delay_commands(redis: &Redis) {
    redis::cmd("CLIENT").arg(&["PAUSE", "600000", "WRITE"]).exec(&mut client(redis)).expect("it listens");
}

fn execute_commands(redis: &Redis) {
    redis::cmd("CLIENT").arg("UNPAUSE").exec(&mut client(redis)).expect("it listens");
}

#[tokio::test]
async fn the_first_request_finds_its_connection_closed() {
    let mut redis = Redis::start();
    let served = Guarded::new(&Seen::in_redis(&redis.url()).expect("a URL"), async |_| StatusCode::OK);
    for number in 0..6 {
        let request = Request::new("POST", format!("/hubspot?{number}"), "{}").signed_by(Signer::ThisCrate);
        assert_eq!(served.answer(&request).await, (200, String::new()), "{number}");
        if number % 2 == 0 {
            close_connections(&redis);
        } else {
            redis.stop();
            redis.resume();
        }
    }
}

/// The handler's success is remembered, and its failure forgotten, all the same.
#[tokio::test]
async fn connections_close_while_a_handler_runs() {
    let redis = Redis::start();
    let served = Guarded::new(&Seen::in_redis(&redis.url()).expect("a URL"), async |run| {
        tokio::time::sleep(Duration::from_millis(500)).await;
        if run == 1 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    });
    let request = Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate);
    for expected in [500, 200] {
        let close = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            close_connections(&redis);
        };
        assert_eq!(tokio::join!(served.answer(&request), close).0.0, expected);
    }
    let again = served.answer(&request).await;
    assert_eq!((again.0, &*again.1), HANDLED_BEFORE);
    assert_eq!(served.counts(), (2, 2));
}

/// The answer to the first `SET` comes too late: the second one finds the key of its own call.
#[tokio::test]
async fn redis_executes_a_command_whose_answer_is_lost() {
    let redis = Redis::start();
    let replicas = [(); 2].map(|()| Seen::in_redis(&redis.url()).expect("a URL"));
    for (number, seen) in replicas.iter().enumerate() {
        let other = verified(&Request::new("POST", format!("/hubspot?{number}"), "{}").signed_by(Signer::ThisCrate));
        assert!(matches!(seen.begin(&other).await, Ok(Known::New(_))), "connected");
    }
    let verified = verified(&Request::new("POST", "/hubspot", "{}").signed_by(Signer::ThisCrate));
    delay_commands(&redis);
    let execute = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        execute_commands(&redis);
    };
    let (first, second, ()) = tokio::join!(replicas[0].begin(&verified), replicas[1].begin(&verified), execute);
    let (new, other) = if matches!(first, Ok(Known::New(_))) { (first, second) } else { (second, first) };
    let Ok(Known::New(turn)) = new else { panic!("nobody handles it") };
    assert!(matches!(other, Ok(Known::InProgress)), "a copy is handled at the same time");
    // By the turn that Redis has.
    replicas[0].forget(&verified, turn).await.expect("it listens");
    assert!(matches!(replicas[1].begin(&verified).await, Ok(Known::New(_))));
}

/// A request that was answered with 503 is not in progress when Redis executes its `SET` at last.
#[tokio::test]
async fn redis_executes_a_command_after_the_answer() {
    let redis = Redis::start();
    let seen = Seen::in_redis(&redis.url()).expect("a URL");
    let served = Guarded::new(&seen, async |_| StatusCode::OK);
    let [connects, request] =
        ["/hubspot?connects", "/hubspot"].map(|target| Request::new("POST", target, "{}").signed_by(Signer::ThisCrate));
    assert_eq!(served.answer(&connects).await.0, 200);
    delay_commands(&redis);
    assert_eq!(served.answer(&request).await.0, 503);
    execute_commands(&redis);
    let start = Instant::now();
    while served.answer(&request).await.0 == 503 {
        assert!(start.elapsed() < Duration::from_secs(10), "in progress, although nothing runs");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(served.counts(), (1 + 1, 1 + 1));
}
