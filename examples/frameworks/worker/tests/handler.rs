//! The handler without its platform, by a clock of the test's own.

use std::cell::RefCell;

use example_worker::{received, response, settings, webhook};
use http::header::RETRY_AFTER;
use http::{Request, StatusCode};
use http_body_util::{Full, StreamBody};
use hubspot_signature::{ClientSecret, PublicUrl, UnixTime, Verifier};
use serde_json::json;

const SECRET: &str = "12345678-aaaa-bbbb-cccc-ddddeeeeffff";
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn configured() -> (Verifier, PublicUrl) {
    settings(SECRET, "https://hooks.example.com/hubspot").expect("usable")
}

/// Workers see the whole URL.
fn signed(body: impl AsRef<[u8]> + Into<Vec<u8>>) -> Request<Full<&'static [u8]>> {
    signed_as("POST", body)
}

fn signed_as(method: &str, body: impl AsRef<[u8]> + Into<Vec<u8>>) -> Request<Full<&'static [u8]>> {
    let url = "https://hooks.example.com/hubspot?tenant=7";
    let signed = ClientSecret::new(SECRET).expect("usable").sign(method, url, body.as_ref(), NOW);
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in signed.expect("a request to sign").pairs() {
        request = request.header(name, value);
    }
    request.body(Full::new(&*body.into().leak())).expect("a request")
}

async fn status(request: Request<Full<&'static [u8]>>, now: UnixTime) -> Result<(), StatusCode> {
    let (verifier, url) = configured();
    received(&verifier, &url, false, request, now).await.map(drop).map_err(|(status, _)| status)
}

#[tokio::test]
async fn accepts_what_hubspot_signed() {
    let (verifier, url) = configured();
    let body = received(&verifier, &url, false, signed(r#"{"objectId":7}"#), NOW).await.expect("genuine");
    let logged = RefCell::default();
    let webhook = |body: &[u8]| webhook(body, |error| Vec::push(&mut logged.borrow_mut(), error.to_string()));
    assert_eq!(webhook(&body), json!({ "received": [7] }));
    assert!(logged.take().is_empty());
    // Of the Webhooks API, and what is no event: logged, and no error.
    assert_eq!(
        webhook(br#"[{"objectId":7},{"fromObjectId":8},{"objectId":"x"},{"vid":9}]"#),
        json!({ "received": [7, 9] })
    );
    let lines = logged.take();
    assert!(lines.len() == 1 && lines[0].contains(r#"invalid type: string "x", expected u64"#), "{lines:?}");
    assert_eq!(webhook(b"{ "), json!({ "received": [] }));
    assert_eq!(logged.take().len(), 1);
}

/// Their errors name the variable, and say what to do.
#[test]
fn wrong_settings() {
    let url = "https://hooks.example.com/hubspot";
    for (secret, url, expected) in [
        (
            "pat-na1-12345678",
            url,
            "HUBSPOT_CLIENT_SECRET: the client secret looks like an access token (pat-\u{2026}). Use",
        ),
        (
            SECRET,
            "hooks.example.com",
            "HUBSPOT_WEBHOOK_URL: the public URL is not a valid absolute http or https URL. Give",
        ),
    ] {
        assert!(settings(secret, url).is_err_and(|error| error.starts_with(expected)), "{expected}");
    }
}

#[tokio::test]
async fn refuses_the_rest() {
    assert_eq!(status(signed("{}"), NOW).await, Ok(()));
    let six_minutes = UnixTime::from_millis(NOW.as_millis() + 360_000);
    assert_eq!(status(signed("{}"), six_minutes).await, Err(StatusCode::UNAUTHORIZED));
    assert_eq!(status(signed("{}").map(|_| Full::new(&b"{ }"[..])), NOW).await, Err(StatusCode::UNAUTHORIZED));
    let body_of = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    assert_eq!(status(signed(body_of(1 << 20)), NOW).await, Ok(()));
    assert_eq!(status(signed(body_of((1 << 20) + 1)), NOW).await, Err(StatusCode::PAYLOAD_TOO_LARGE));
}

/// While a secret or a URL changes, what does not match is to come again, and nothing else.
#[tokio::test]
async fn mismatches_may_be_repeated() {
    let (verifier, url) = configured();
    let large = || signed(format!("\"{}\"", "x".repeat(1 << 20)));
    for (request, is_changing, expected) in [
        (signed("{}").map(|_| Full::new(&b"{ }"[..])), false, (401, None)),
        (signed("{}").map(|_| Full::new(&b"{ }"[..])), true, (429, Some("60"))),
        (Request::post("/hubspot").body(Full::default()).expect("a request"), true, (401, None)),
        (large(), true, (413, None)),
    ] {
        let answer = received(&verifier, &url, is_changing, request, NOW).await.map(|body| webhook(&body, |_| ()));
        let response = response(answer.map_err(|(status, _)| status));
        let retry_after = response.headers().get(RETRY_AFTER).map(|value| value.to_str().expect("text"));
        assert_eq!((response.status().as_u16(), retry_after), expected);
    }
}

/// The arriving URL would hide a wrong setting.
#[tokio::test]
async fn logs_the_url_that_was_verified() {
    for (configured, expected) in [
        ("https://other.example.com/hubspot", "mismatch https://other.example.com/hubspot?tenant=7: "),
        (
            "https://hooks.example.com/webhook",
            "path_not_endpoint https://hooks.example.com/hubspot?tenant=7 (endpoint: https://hooks.example.com/webhook): ",
        ),
    ] {
        let (verifier, url) = settings(SECRET, configured).expect("usable");
        let (status, reason) = received(&verifier, &url, false, signed("{}"), NOW).await.expect_err("another URL");
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(reason.starts_with(expected), "{reason}");
    }
}

/// A card request is signed too, and no webhook.
#[tokio::test]
async fn takes_only_post() {
    for (method, body) in [("GET", ""), ("PUT", "{}")] {
        assert_eq!(status(signed_as(method, body), NOW).await, Err(StatusCode::METHOD_NOT_ALLOWED), "{method}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off() {
    let (verifier, url) = configured();
    let frames = [Ok(http_body::Frame::data(&b"{"[..])), Err(std::io::Error::other("gone"))];
    let request = signed("{}").map(|_| StreamBody::new(futures_util::stream::iter(frames)));
    let refused = received(&verifier, &url, false, request, NOW).await.map_err(|(status, _)| status);
    assert_eq!(refused, Err(StatusCode::BAD_REQUEST));
}
