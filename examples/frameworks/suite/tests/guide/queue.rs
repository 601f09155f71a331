//! A request that is verified later than it came.

use axum::http::request::Parts;
use base64::prelude::{BASE64_STANDARD, Engine};
use hubspot_signature::{Error, PublicUrl, SignatureHeaders, UnixTime, Verified, Verifier};
use serde::{Deserialize, Serialize};

struct Stored {
    received: UnixTime, // by your own clock, never the time in the request's header
    method: String,
    path_and_query: String,          // as in the request line
    headers: Vec<(String, Vec<u8>)>, // a list: a map would hide doubled headers
    body: Vec<u8>,                   // raw
}

fn store(head: &Parts, body: Vec<u8>) -> Stored {
    Stored {
        received: UnixTime::now(),
        method: head.method.as_str().to_owned(),
        path_and_query: head.uri.path_and_query().map_or("", |raw| raw.as_str()).to_owned(),
        headers: head.headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect(),
        body,
    }
}

fn verify_later(verifier: &Verifier, url: &PublicUrl, stored: &Stored) -> Result<Verified, Error> {
    let headers = SignatureHeaders::from_pairs(stored.headers.iter().map(|(name, value)| (name, value)));
    let head = url.head(&stored.method, &stored.path_and_query, headers)?;
    verifier.verify(&head, &stored.body, stored.received)
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

/// As it lies in the queue for twenty minutes, having been this old when it came.
fn stored(age: u64) -> Stored {
    let secret = hubspot_signature::ClientSecret::new(suite::SECRET).expect("usable");
    let minutes_ago = |minutes: u64| UnixTime::from_millis(UnixTime::now().as_millis() - minutes * 60_000);
    let url = "https://hooks.example.com/hubspot?a=1&b=%40";
    let signed = secret.sign("POST", url, b"{}", minutes_ago(20 + age)).expect("a request to sign");
    let mut request = axum::http::Request::post("/hubspot?a=1&b=%40");
    for (name, value) in signed.pairs() {
        request = request.header(name, value);
    }
    let (head, body) = request.body(b"{}".to_vec()).expect("a request").into_parts();
    Stored { received: minutes_ago(20), ..store(&head, body) }
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
