//! The public URL, of one endpoint and of a server.

use hubspot_signature::{Error, PublicUrl, PublicUrlError, SignatureHeaders, UnixTime, Verified, Verifier};

fn endpoint() -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::endpoint("https://hooks.example.com/hubspot/webhook")
}

fn server() -> Result<PublicUrl, PublicUrlError> {
    PublicUrl::server("https://hooks.example.com")
}

fn from_environment() -> Result<PublicUrl, Box<dyn std::error::Error>> {
    Ok(PublicUrl::endpoint(&std::env::var("HUBSPOT_WEBHOOK_URL")?)?)
}

fn verified(
    (verifier, url): (&Verifier, &PublicUrl),
    (method, path_and_query): (&str, &str), // as in the request line: not decoded, not sorted
    headers: &[(String, Vec<u8>)],
    body: &[u8],
) -> Result<Verified, Error> {
    let headers = SignatureHeaders::from_pairs(headers.iter().map(|(name, value)| (name, value)));
    let head = url.head(method, path_and_query, headers)?;
    verifier.verify(&head, body, UnixTime::now())
}

/// Signed for a URL, and seen with this path under this setting.
fn judged(signed_for: &str, seen: &str, url: &PublicUrl) -> Result<Verified, Error> {
    let secret = hubspot_signature::ClientSecret::new(suite::SECRET).expect("usable");
    let signed = secret.sign("POST", signed_for, b"{}", UnixTime::now()).expect("a request to sign");
    let headers: Vec<_> = signed.pairs().map(|(name, value)| (name.to_owned(), value.into())).collect();
    verified((&crate::prelude::verifier(), url), ("POST", seen), &headers, b"{}")
}

#[test]
fn an_endpoint_is_the_same_behind_every_gateway() {
    let url = endpoint().expect("a URL");
    let signed = "https://hooks.example.com/hubspot/webhook?tenant=7";
    for seen in ["/hubspot/webhook", "/webhook", "/stage/hubspot/webhook", "/hubspot/%77ebhook"] {
        assert!(judged(signed, &format!("{seen}?tenant=7"), &url).is_ok(), "{seen}");
    }
    for seen in ["/card", "/ebhook", "/", "/webhook/more"] {
        assert_eq!(judged(signed, &format!("{seen}?tenant=7"), &url), Err(Error::PathNotEndpoint), "{seen}");
    }
}

/// Captured at another endpoint of the same app, and sent here.
#[test]
fn a_request_for_another_endpoint_does_not_verify() {
    let url = endpoint().expect("a URL");
    for signed in [
        "https://hooks.example.com/hubspot/other",
        "https://hooks.example.com/webhook",
        "https://hooks.example.com/stage/hubspot/webhook",
        "https://other.example.com/hubspot/webhook",
        "http://hooks.example.com/hubspot/webhook",
    ] {
        for seen in ["/hubspot/webhook", "/webhook"] {
            assert!(matches!(judged(signed, seen, &url), Err(Error::Mismatch { .. })), "{signed}");
        }
    }
}

#[test]
fn a_server_takes_the_path_from_the_request() {
    let url = server().expect("a URL");
    assert!(judged("https://hooks.example.com/a?b=c", "/a?b=c", &url).is_ok());
    assert!(judged("https://hooks.example.com/a?b=c", "/b?b=c", &url).is_err());
}

#[test]
fn without_the_variable_the_server_does_not_start() {
    assert!(from_environment().is_err());
}
