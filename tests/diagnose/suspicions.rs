//! The report on a request of which no reading matches. Few are tried here, so that the tests are quick.

use hubspot_signature::diagnose::{Cause, Diagnostician, Finding};
use hubspot_signature::{Header, Version};

use crate::request::*;

#[track_caller]
fn said(sent: &Sent, causes: &[Cause]) -> Vec<String> {
    let diagnosis = sent.diagnosed_by(
        &Diagnostician::new([OTHER], Version::V2).work_limit((64 << 10) + 8 * sent.body.len() as u64),
        NOW,
    );
    likely(&diagnosis, causes);
    let steps = diagnosis.findings().iter().flat_map(Finding::faults);
    steps.map(|fault| fault.evidence().to_owned()).collect()
}

#[test]
fn of_the_host() {
    said(&post(), &[]);
    for uri in ["/hubspot/events", "hooks.example.com/hubspot/events"] {
        said(&post().uri(uri), &[Cause::UriPathOnly]);
    }
    // The verifier may object to something else first.
    for uri in ["/hubspot/events", "hooks.example.com/hubspot/events", "https:///hubspot/events"] {
        let unsigned = post().v3_only().without(Header::SignatureV3).without(Header::RequestTimestamp).uri(uri);
        let evidence = &said(&unsigned, &[Cause::HeaderSigningOff, Cause::UriPathOnly])[1];
        assert_eq!(*evidence, format!("the URI is {uri:?}"));
    }
    for host in ["app", "app.internal", "10.0.3.7:8080", "192.168.0.1", "169.254.1.1", "127.0.0.1", "[::1]"] {
        said(&post().uri(format!("https://{host}/hubspot/events")), &[Cause::UriHost]);
    }
    for host in ["203.0.113.9", "[2001:db8::1]", "app.internal.example.com", "127.example.com"] {
        said(&post().uri(format!("https://{host}/hubspot/events")), &[]);
    }
    let named = post().and("X-Forwarded-Host", "edge.example.com");
    let evidence = "the URI has \"hooks.example.com\", and X-Forwarded-Host says \"edge.example.com\"";
    assert_eq!(said(&named, &[Cause::UriHost]), [evidence]);
    // The same host with a port, and what is no host.
    for value in ["hooks.example.com:443", "a b", "...", &"a".repeat(256)] {
        said(&post().and("X-Forwarded-Host", value), &[]);
    }
}

#[test]
fn of_the_scheme() {
    let http = post().uri(URI.replace("https", "http"));
    assert_eq!(said(&http, &[Cause::UriScheme]), ["the URI has http"]);
    let named = http.clone().and("X-Forwarded-Proto", "https");
    assert_eq!(said(&named, &[Cause::UriScheme]), ["the URI has http, and X-Forwarded-Proto says https"]);
    assert_eq!(said(&http.and("X-Forwarded-Proto", "http"), &[Cause::UriScheme]), ["the URI has http"]);
}

#[test]
fn of_the_path() {
    for (name, same, other, cause) in [
        ("X-Original-Uri", "/hubspot/events", "/else", Cause::UriRewritten),
        ("X-Forwarded-Prefix", "/hubspot", "/else", Cause::UriPrefixLost),
    ] {
        said(&post().and(name, same), &[]);
        assert_eq!(said(&post().and(name, other), &[cause]), [format!("{name} says \"/else\"")]);
    }
    said(&post().uri(format!("{URI}#top")), &[Cause::UriFragment]);
    for c in ['ö', ' ', '\t', '{', '`'] {
        said(&post().uri(format!("{URI}/{c}")), &[Cause::UriEscapesDecoded]);
    }
    said(&post().uri(format!("{URI}/!$&'()*+,;=:@-._~%20")), &[]);
}

#[test]
fn of_the_query() {
    let with = |query: &str| post().uri(format!("{URI}?{query}"));
    for query in ["a=1&b=1", "a=1", "b=1&a=1&c=1"] {
        said(&with(query), &[]);
    }
    for query in ["a=1&a=1", "a=1&b=2&a=1", "a=1?a=1"] {
        said(&with(query), &[Cause::UriQueryDoubled]);
    }
    said(&get(), &[]);
    said(&get().uri("https://hooks.example.com/card"), &[Cause::UriQueryLost]);
    // In alphabetical order, with all that HubSpot appends, and with more than that.
    said(&with("appId=3&portalId=2&userEmail=a%40b.example&userId=1"), &[Cause::UriQueryOrder]);
    for query in [
        "portalId=2&userEmail=a%40b.example&userId=1",
        "userId=1&portalId=2&userEmail=a%40b.example&appId=3",
        "a=1&b=2&c=3&d=4",
        "a=1&portalId=2&userEmail=a%40b.example&z=9",
    ] {
        said(&with(query), &[]);
    }
}

#[test]
fn of_the_length() {
    let events = EVENTS.len().to_string();
    assert_eq!(said(&post().body(""), &[Cause::BodyLost]), ["a \"POST\" without a body"]);
    said(&post().body("").and("Content-Length", "0"), &[]);
    said(&get(), &[]);
    for empty in [post().body(""), get()] {
        let evidence = format!("Content-Length says {events}, and the body has 0 bytes");
        assert_eq!(said(&empty.and("Content-Length", &events), &[Cause::BodyLost]), [evidence]);
    }
    said(&post().and("Content-Length", &events), &[]);
    let evidence = format!("the body is whole JSON, but Content-Length says 7, and the body has {events} bytes");
    assert_eq!(said(&post().and("Content-Length", "7"), &[Cause::BodyReserialised]), [evidence]);
    let evidence = "Content-Length says 7, and the body has 1 byte";
    assert_eq!(said(&post().body("x").and("Content-Length", "7"), &[Cause::BodyLength]), [evidence]);
}

#[test]
fn of_the_body() {
    for (body, causes) in [
        ("{}", &[Cause::BodyPlaceholder][..]),
        ("\"\"", &[Cause::BodyPlaceholder]),
        ("\"x\"", &[Cause::BodyDoubleSerialised]),
        ("\u{feff}text", &[Cause::BodyByteOrderMark]),
        ("text \u{fffd}", &[Cause::BodyLossy]),
        ("KÃ¶ln", &[Cause::BodyDoubleEncoded]),
        ("Ã b ö", &[]),
        ("ÖÄÜ", &[]),
        ("[1,2]", &[]),
        ("[1, 2]", &[Cause::BodyReserialised]),
        // Keys in alphabetical order, or too few of them to tell.
        ("{\"a\":1,\"b\":2,\"c\":3}", &[Cause::BodyReserialised]),
        ("[{\"a\":1,\"b\":2,\"c\":3}]", &[Cause::BodyReserialised]),
        ("{\"a\":1,\"b\":2}", &[]),
        ("{\"a\":1,\"b\":2,\"c\":{\"z\":1,\"y\":2}}", &[]),
        ("{\"b\":1,\"a\":2,\"c\":3}", &[]),
    ] {
        said(&post().body(body), causes);
    }
    said(&post().and("Content-Encoding", "identity"), &[]);
    let evidence = said(&post().and("Content-Encoding", "gzip"), &[Cause::BodyCompressed]);
    assert_eq!(evidence, ["Content-Encoding says \"gzip\""]);
    said(&post().body(b"\xff"), &[Cause::BodyNotUtf8]);
    // Of longer ones the style is not looked at.
    let spaced = |length: usize| format!("[1, \"{}\"]", "x".repeat(length - 7));
    said(&post().body(spaced(5 << 20)), &[Cause::BodyReserialised]);
    said(&post().body(spaced((5 << 20) + 1)), &[]);
}
