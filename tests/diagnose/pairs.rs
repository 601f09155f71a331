//! Several faults at once.

use hubspot_signature::diagnose::{Cause, Diagnostician};
use hubspot_signature::{Header, Version};

use crate::request::*;

#[test]
fn of_two_parts() {
    let spaced = EVENTS.replace(",\"", ", \"").replace("\":", "\": ");
    let http = URI.replace("https", "http");
    let internal = "http://app:3000/hubspot/events";
    post().uri(&http).body(spaced.as_str()).proves(&[Cause::UriScheme, Cause::BodyReserialised]);
    post().uri("http://hooks.example.com/events").proves_uri(URI, &[Cause::UriScheme, Cause::UriPrefixLost]);
    post().uri(internal).and("Host", "hooks.example.com").proves_uri(URI, &[Cause::UriScheme, Cause::UriHost]);
    post().older_only().set(Header::SignatureVersion, "v1").body(spaced.as_str()).proves(&[
        Cause::SchemeVersion,
        Cause::BodyReserialised,
        Cause::SchemeBelowMinimum,
    ]);
    post().uri(format!("{http}?stage=live")).proves_uri(URI, &[Cause::UriScheme, Cause::UriQueryAdded]);
    post().uri(&http).method("PUT").proves(&[Cause::MethodAssumed, Cause::UriScheme]);
    post()
        .uri(&http)
        .set(Header::RequestTimestamp, "1700000000123.0")
        .proves(&[Cause::TimestampFloat, Cause::UriScheme]);
    get().uri(FETCH.replace("https", "http")).body("{}").proves(&[Cause::UriScheme, Cause::BodyPlaceholder]);
    get()
        .uri(FETCH.replace("https", "http").replace("hooks.example.com/hubspot", "hooks.example.com"))
        .proves_uri(FETCH, &[Cause::UriScheme, Cause::UriPrefixLost]);
}

#[test]
fn with_what_costs_nothing_to_fix() {
    let secrets = [OTHER, &format!("{SECRET}\n")];
    let sent = post().uri(URI.replace("https", "http")).body(EVENTS.replace(",\"", ", \""));
    let diagnosis = sent.diagnosed_by(&Diagnostician::new(secrets, Version::V2), NOW);
    // `, ` without `: ` is nobody's style, but compact it matches.
    proves(&diagnosis, &[Cause::SecretOther, Cause::SecretWhiteSpace, Cause::UriScheme, Cause::BodyReserialised]);
}

#[test]
fn inside_a_wrapping() {
    let spaced = EVENTS.replace(",\"", ", \"").replace("\":", "\": ");
    post().body(format!("\u{feff}{spaced}")).proves(&[Cause::BodyByteOrderMark, Cause::BodyReserialised]);
    post().body(format!("\u{feff}{EVENTS}\n")).proves(&[Cause::BodyByteOrderMark, Cause::BodyWhiteSpace]);
}

#[test]
fn of_one_part_or_with_a_guess() {
    // Two changes of one aspect: here of the escapes.
    let signed = "https://hooks.example.com/card?name=O%27Neil%20Ltd";
    let received = "https://hooks.example.com/card?name=O'Neil+Ltd";
    Sent::new("GET", signed, "").uri(received).proves(&[Cause::UriQuote, Cause::UriSpace]);
    // A guess among many next to another change, of the URI or of the body.
    let signed = format!("{URI}?c=3&a=1&b=2");
    let sent = Sent::new("POST", &signed, EVENTS);
    let received = format!("{URI}?b=2&a=1&c=3");
    sent.clone().uri(received.as_str()).proves(&[Cause::UriQueryOrder]);
    sent.clone().uri(received.replace("https", "http")).proves(&[Cause::UriScheme, Cause::UriQueryOrder]);
    sent.uri(received).body(format!("{EVENTS}\n")).proves(&[Cause::UriQueryOrder, Cause::BodyWhiteSpace]);
    // Two changes of the body.
    let causes = [Cause::BodyByteOrderMark, Cause::BodyLineEndings];
    Sent::new("POST", URI, "[1,\n2]").body("\u{feff}[1,\r\n2]").proves(&causes);
}
