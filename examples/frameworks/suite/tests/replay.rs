//! The example that remembers what it has handled: each request runs the handler once.

use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use suite::{Redis, Request, Server, Signer, exchange, over_http2};
use tempfile::TempDir;

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
                        assert_eq!(self.status(index, index > 1, request), 200);
                    });
                }
            });
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
    // The first request tells each replica that its connection is gone; HubSpot sends it again.
    for index in 0..2 {
        let again = (0..100).find(|_| replicas.status(index, false, &new) != 503);
        assert!(again.is_some(), "never connects again");
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
    replicas.handle_one_of(&[genuine]);
}
