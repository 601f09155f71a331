//! The README: its receiver is that of `examples/axum`, and works; the page stays short. The tests that `docs/testing.md`
//! shows are these.
#![cfg(feature = "axum")]
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, missing_docs, reason = "a test may panic")]

use std::collections::BTreeSet;

use axum::body::to_bytes;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use hubspot_signature::{ClientSecret, UnixTime};
use tower::ServiceExt;

include!("../examples/axum/receiver.rs");

const README: &str = include_str!("../README.md");
const LONG_AGO: UnixTime = UnixTime::from_millis(1_700_000_000_000);
const TESTING: &str = include_str!("../docs/testing.md");

/// The blocks of Rust.
fn blocks(page: &'static str, tag: &str) -> Vec<&'static str> {
    page.split(&format!("```rust{tag}\n")).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn receiver_is_the_example() {
    assert_eq!(blocks(README, "")[0], include_str!("../examples/axum/receiver.rs"));
}

// HubSpot's sample secret. A second one: `12345678-aaaa-bbbb-cccc-ddddeeeeffff`.
const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";

fn url() -> PublicUrl {
    PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook").unwrap()
}

/// A request as HubSpot would have sent it at that time.
fn signed(body: &str, at: UnixTime) -> Request<String> {
    let mut request = Request::post("/hubspot/webhook").body(body.to_owned()).unwrap();
    ClientSecret::new(SECRET).unwrap().sign_request_with_v1(&url(), &mut request, at).unwrap();
    request
}

async fn status(app: Router, request: Request<String>) -> StatusCode {
    app.oneshot(request.map(Body::from)).await.unwrap().status()
}

#[tokio::test]
async fn genuine() {
    let request = signed(r#"[{"objectId": 7}]"#, UnixTime::now());
    assert_eq!(status(app(SECRET).unwrap(), request).await, StatusCode::OK);
}

#[tokio::test]
async fn forged() {
    let mut request = signed(r#"[{"objectId": 7}]"#, UnixTime::now());
    *request.body_mut() = r#"[{"objectId": 8}]"#.to_owned();
    assert_eq!(status(app(SECRET).unwrap(), request).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn replayed_too_late() {
    let six_minutes_ago = UnixTime::from_millis(UnixTime::now().as_millis() - 360_000);
    let request = signed(r#"[{"objectId": 7}]"#, six_minutes_ago);
    assert_eq!(status(app(SECRET).unwrap(), request).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_card() {
    let url = PublicUrl::endpoint("https://hooks.example.com/card").unwrap();
    let mut request = Request::get("/card?userEmail=ann%40example.com").body(String::new()).unwrap();
    ClientSecret::new(SECRET).unwrap().sign_request(&url, &mut request, UnixTime::now()).unwrap();
    let layer = VerifyLayer::new(Verifier::new(SECRET, Version::V3).unwrap(), url);
    let app = Router::new().route("/card", get(async |_: Verified| "a card")).layer(layer);
    assert_eq!(status(app, request).await, StatusCode::OK);
}

#[tokio::test]
async fn at_a_fixed_time() {
    let then = UnixTime::from_millis(1_767_225_600_000);
    let layer = VerifyLayer::with_clock(Verifier::new(SECRET, Version::V3).unwrap(), url(), move || then);
    let app = Router::new().route("/hubspot/webhook", post(webhook)).layer(layer);
    assert_eq!(status(app, signed("[]", then)).await, StatusCode::OK);
}

#[tokio::test]
async fn handler_alone() {
    let (verifier, now) = (Verifier::new(SECRET, Version::V3).unwrap(), UnixTime::now());
    let verified = verifier.verify_request(&url(), &signed("[]", now), now).unwrap();
    assert_eq!(webhook(verified, r#"[{"objectId": 7}]"#.into()).await, "records [7]");
}

async fn answer(app: Router, request: Request<String>) -> (StatusCode, String) {
    let response = app.oneshot(request.map(Body::from)).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(to_bytes(response.into_body(), 1 << 10).await.unwrap().into()).unwrap())
}

/// As the Webhooks API sends them: of the fields, an association has others.
const BATCH: &str = r#"[
  {
    "eventId": 3816279340,
    "subscriptionId": 25,
    "portalId": 33,
    "appId": 1160452,
    "occurredAt": 1462216307945,
    "attemptNumber": 0,
    "subscriptionType": "contact.propertyChange",
    "objectId": 1246965,
    "propertyName": "lifecyclestage",
    "propertyValue": "subscriber",
    "changeSource": "ACADEMY"
  },
  {
    "eventId": 3816279480,
    "subscriptionId": 26,
    "portalId": 33,
    "appId": 1160452,
    "occurredAt": 1462216307946,
    "attemptNumber": 0,
    "subscriptionType": "contact.associationChange",
    "fromObjectId": 1246965,
    "toObjectId": 22,
    "associationType": "CONTACT_TO_COMPANY",
    "associationRemoved": false,
    "isPrimaryAssociation": true,
    "changeSource": "USER"
  }
]
"#;

/// One event of a workflow, several of the Webhooks API, and what is genuine and no event: never an error.
#[tokio::test]
async fn receiver_answers() {
    assert!(TESTING.contains(&format!("```json\n{BATCH}```")));
    for (body, said) in [
        (r#"[{"objectId": 1246965, "portalId": 62515}, {"objectId": 8}]"#, "records [1246965, 8]"),
        (BATCH, "records [1246965]"),
        (r#"[{"fromObjectId": 5}, {"objectId": 7}]"#, "records [7]"),
        ("[]", "records []"),
        ("[7,]", "records []"),
        // One event of another shape does not cost the others.
        (r#"[{"objectId": 7}, {"objectId": "x"}, 5, {"objectId": 8}]"#, "records [7, 8]"),
        (r#"[{"objectId": 7}, {"objectId": 2, "propertyValue": "\ud83d"}, {"objectId": 1e400}]"#, "records [7, 2]"),
        (r#"{"objectId": 7}"#, "records []"),
    ] {
        let answer = answer(app(SECRET).unwrap(), signed(body, UnixTime::now())).await;
        assert_eq!(answer, (StatusCode::OK, said.to_owned()), "{body}");
    }
    let refused = answer(app(SECRET).unwrap(), signed("[]", LONG_AGO)).await;
    assert_eq!(refused, (StatusCode::UNAUTHORIZED, String::new()));
}

/// The one block that is not compiled here is the rest of the example.
#[test]
fn the_server_is_that_of_the_example() {
    assert_eq!(README.matches("ignore").count(), 1);
    let [main] = blocks(README, ",ignore")[..] else { panic!("one block") };
    let example = include_str!("../examples/axum/main.rs");
    assert_eq!(example.split_once("include!(\"receiver.rs\");\n\n").unwrap().1, main);
}

/// The documentation lists the errors that deserve 429 in one place, and correctly.
#[test]
fn one_list_of_what_is_retried() {
    let (before, after) = include_str!("../src/error.rs").split_once("pub const fn may_be_misconfiguration").unwrap();
    let names = |text: &'static str, start: &str| -> BTreeSet<_> {
        text.split(start).skip(1).filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next()).collect()
    };
    let (_, listed) = before.rsplit_once("These errors are [").unwrap();
    let listed = listed.split_once(". They").unwrap().0;
    let listed: BTreeSet<_> = listed.split('`').filter(|word| word.starts_with(char::is_uppercase)).collect();
    let errors = names(after.split("=> false").next().unwrap(), "Self::");
    assert_eq!(errors.len(), 6);
    assert_eq!(errors, listed);
    let pages =
        [include_str!("../docs/deployment.md"), include_str!("../src/lib.rs"), include_str!("../src/tower/layer.rs")];
    assert!(pages.iter().all(|page| page.contains("may_be_misconfiguration")));
}

/// Paragraph by paragraph, and none without these tests.
#[test]
fn the_guide_shows_these_tests() {
    let blocks = blocks(TESTING, ",ignore");
    assert_eq!(blocks.len(), 2);
    for paragraph in blocks.iter().flat_map(|block| block.split("\n\n")) {
        assert!(include_str!("readme.rs").contains(paragraph.trim_end()), "{paragraph}");
    }
}

#[test]
fn one_screen() {
    assert!(README.lines().count() <= 100);
    assert!(README.split_whitespace().count() <= 700);
    let lines: Vec<usize> = blocks(README, "").iter().map(|block| block.lines().count()).collect();
    assert!(matches!(lines[..], [..=20, ..=12]), "{lines:?}");
}
