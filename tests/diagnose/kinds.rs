//! Kinds of damage that earlier versions did not find.

use hubspot_signature::diagnose::{Cause, Diagnostician};
use hubspot_signature::{Header, Version};

use crate::request::*;

#[test]
fn of_the_query() {
    let host = "https://hooks.example.com";
    for (signed, seen, causes) in [
        ("/hook?", "/hook", &[Cause::UriRewritten][..]),
        ("/hook", "/hook?", &[Cause::UriRewritten]),
        ("/hook?flag&x=1", "/hook?flag=&x=1", &[Cause::UriRewritten]),
        ("/hook?flag=&x=1", "/hook?flag&x=1", &[Cause::UriRewritten]),
        ("/hook?a=1&", "/hook?a=1", &[Cause::UriRewritten]),
        ("/hook?a=1&&b=2", "/hook?a=1&b=2", &[Cause::UriRewritten]),
        ("/hook?a=1&a=2", "/hook?a[]=1&a[]=2", &[Cause::UriRewritten]),
        ("/hook?a=1&a=2", "/hook?a%5B0%5D=1&a%5B1%5D=2", &[Cause::UriRewritten]),
        ("/hook?a=1&b=2", "/hook?a=1&amp;b=2", &[Cause::UriEscapesDoubled]),
        ("/hook?a=%3A%40&b=c", "/hook?a=%3A@&b=c", &[Cause::UriEscapesDecoded]),
        ("/a//b/c", "/a/b/c", &[Cause::UriDoubleSlash]),
        ("/a%2Fb/c", "/a/b/c", &[Cause::UriEscapesDecoded]),
        ("/shop/deal?x=1", "/index.php?q=shop/deal&x=1", &[Cause::UriRewritten]),
        ("/gateway/v3/hook", "/hook", &[Cause::UriPrefixLost]),
    ] {
        let sent = Sent::new("POST", &format!("{host}{signed}"), EVENTS).uri(format!("{host}{seen}"));
        sent.proves_uri(&format!("{host}{signed}"), causes);
    }
    for (signed, seen) in [
        ("https://www.hooks.example.com/a", "https://hooks.example.com/a"),
        ("https://Hooks.Example.com/a", "https://hooks.example.com/a"),
        ("https://xn--bcher-kva.example/a", "https://bücher.example/a"),
    ] {
        Sent::new("POST", signed, EVENTS).uri(seen).proves_uri(signed, &[Cause::UriHost]);
    }
}

#[test]
fn of_the_body() {
    let (twice, again) = (&[Cause::BodyDoubleSerialised][..], &[Cause::BodyReserialised][..]);
    let signed = "{\"id\":7,\"name\":\"Jürgen\",\"list\":[],\"map\":{}}";
    let numbers = format!("{:?}", signed.as_bytes());
    for (seen, causes) in [
        (format!("b{:?}", signed.replace('ü', "X")).replace('X', "\\xc3\\xbc"), twice),
        (numbers.clone(), twice),
        (format!("{{\"type\":\"Buffer\",\"data\":{}}}", numbers.replace(' ', "")), twice),
        (format!("{signed:?}"), twice),
        ("{'id': 7, 'name': 'Jürgen', 'list': [], 'map': {}}".into(), again),
        ("{\"id\"=>7, \"name\"=>\"Jürgen\", \"list\"=>[], \"map\"=>{}}".into(), again),
        ("{\"id\":7.0,\"name\":\"J\\u00fcrgen\",\"list\":[],\"map\":{}}".into(), again),
        ("{\"id\":7,\"name\":\"J\\u00fcrgen\",\"list\":[],\"map\":[]}".into(), again),
        ("{\"id\":7,\"name\":\"Jürgen\",\"extra\":null,\"list\":[],\"map\":{}}".into(), again),
        ("{\"id\":7,\"list\":[],\"map\":{},\"name\":\"Jürgen\"}".into(), again),
        (signed.replace('"', "&quot;"), &[Cause::BodyDoubleEncoded]),
        (signed.bytes().map(|byte| format!("{byte:02x}")).collect(), &[Cause::BodyBase64]),
    ] {
        Sent::new("POST", URI, signed).body(seen).proves(causes);
    }
    let utf16: Vec<u8> = signed.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Sent::new("POST", URI, signed).body(utf16).proves(&[Cause::BodyNotUtf8]);
    for printed in ["[object Object]", "{id=7, name=Jürgen}", "map[id:7]", "Array\n(\n    [id] => 7\n)", "id=7&name=J"]
    {
        let finding = Sent::new("POST", URI, signed).body(printed).diagnosed();
        assert!(finding.findings()[0].causes().eq([Cause::BodyReserialised]), "{finding}");
    }
}

#[test]
fn of_the_secret() {
    let encoded = "MGExYjJjM2QtNGU1Zi02MDcxLTgyOTMt\nYTRiNWM2ZDdlOGY5\n";
    for (text, causes) in [
        (SECRET.to_uppercase(), &[Cause::SecretShape][..]),
        (format!("HUBSPOT_CLIENT_SECRET={SECRET}"), &[Cause::SecretShape]),
        (format!("Bearer {SECRET}"), &[Cause::SecretShape]),
        (format!("{OTHER},{SECRET}"), &[Cause::SecretShape]),
        (format!("\u{feff}{SECRET}"), &[Cause::SecretWhiteSpace]),
        (format!("{SECRET}\u{200b}"), &[Cause::SecretWhiteSpace]),
        (encoded.into(), &[Cause::SecretWhiteSpace, Cause::SecretBase64]),
    ] {
        let diagnosis = post().diagnosed_by(&Diagnostician::new([text.as_str()], Version::V2), NOW);
        proves(&diagnosis, causes);
        assert!(!diagnosis.to_string().contains(&SECRET[..8]), "{diagnosis}");
    }
    // `trim` leaves a byte-order mark, so the fix is not to trim.
    let diagnosis = post().diagnosed_by(&Diagnostician::new([format!("\u{feff}{SECRET}")], Version::V2), NOW);
    assert!(diagnosis.findings()[0].faults()[0].fix().contains("trim_matches"), "{diagnosis}");
}

#[test]
fn of_the_headers() {
    let time = NOW.as_millis();
    for header in [Header::RequestTimestamp, Header::Signature, Header::SignatureV3, Header::SignatureVersion] {
        let value = post().get(header);
        let is_older = matches!(header, Header::Signature | Header::SignatureVersion);
        let sent = if is_older { post().older_only() } else { post() };
        let joined = sent.set(header, format!("{value},{value}"));
        let finding = joined.diagnosed();
        assert!(finding.findings()[0].causes().eq([Cause::HeaderDoubled]), "{header}: {finding}");
    }
    let sent = post().set(Header::RequestTimestamp, format!("{time}, {time}"));
    sent.proves(&[Cause::HeaderDoubled]);
    let mut renamed = post();
    for (name, _) in &mut renamed.headers {
        *name = format!("HTTP_{}", name.to_uppercase().replace('-', "_"));
    }
    let finding = renamed.proves(&[Cause::HeaderMissing]);
    assert!(finding.faults()[0].fix().contains("HTTP_X_HUBSPOT_SIGNATURE_V3"), "{finding}");
}

/// Three changes, each of which the request suggests.
#[test]
fn triples() {
    let card = "https://hooks.example.com/cards/deal?userId=7&portalId=9&name=Big%20deal";
    let seen = "http://app:3000/cards/deal?name=Big+deal&portalId=9&userId=7";
    let sent = Sent::new("GET", card, "").uri(seen).body("{}").and("X-Forwarded-Host", "hooks.example.com");
    let causes = [Cause::UriScheme, Cause::UriHost, Cause::UriQueryOrder, Cause::UriSpace, Cause::BodyPlaceholder];
    let finding = sent.proves(&causes);
    assert_eq!(finding.signed_uri(), Some(card));
}
