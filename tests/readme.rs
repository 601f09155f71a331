//! The README: its receiver is that of `examples/axum`, and works; the page stays short.
#![cfg(feature = "axum")]
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, missing_docs, reason = "a test may panic")]

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hubspot_signature::{ClientSecret, UnixTime};
use tower::ServiceExt;

include!("../examples/axum/receiver.rs");

const README: &str = include_str!("../README.md");
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const URL: &str = "https://hooks.example.com/hubspot/webhook";

/// The blocks of Rust.
fn blocks() -> Vec<&'static str> {
    README.split("```rust\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn receiver_is_the_example() {
    assert_eq!(blocks()[0], include_str!("../examples/axum/receiver.rs"));
}

#[test]
fn receiver_answers() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let answer = |signed: &str, sent: &'static str| {
        let headers = ClientSecret::new(SECRET).unwrap().sign("POST", URL, signed.as_bytes(), UnixTime::now()).unwrap();
        let request = headers
            .pairs()
            .fold(Request::post("/hubspot/webhook"), |request, (name, value)| request.header(name, value));
        let request = request.header("content-type", "application/json").body(Body::from(sent)).unwrap();
        runtime.block_on(async {
            let response = app(SECRET).unwrap().oneshot(request).await.unwrap();
            (response.status(), to_bytes(response.into_body(), 1 << 10).await.unwrap())
        })
    };
    let events = r#"[{"objectId": 1246965, "portalId": 62515}]"#;
    assert_eq!(answer(events, events), (StatusCode::OK, "records [1246965]".into()));
    assert_eq!(answer(events, r#"[{"objectId": 1246966, "portalId": 62515}]"#), (StatusCode::UNAUTHORIZED, "".into()));
    assert_eq!(answer("{}", "{}").0, StatusCode::UNPROCESSABLE_ENTITY, "signed, but no event");
}

#[test]
fn one_screen() {
    assert!(README.lines().count() <= 100);
    assert!(README.split_whitespace().count() <= 700);
    let lines: Vec<usize> = blocks().iter().map(|block| block.lines().count()).collect();
    assert!(matches!(lines[..], [..=20, ..=12]), "{lines:?}");
    assert!(!README.contains("ignore"));
}
