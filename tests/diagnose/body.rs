//! Faults of the body.

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hubspot_signature::diagnose::Cause;
use serde_json::Value;
use std::io::Write;

use crate::request::*;

/// Python's `json.dumps` and others: a space after each `,` and `:`.
struct Spaced;

impl serde_json::ser::Formatter for Spaced {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

fn sorted() -> Sent {
    Sent::new("POST", URI, SORTED)
}

fn value() -> Value {
    serde_json::from_str(SORTED).unwrap()
}

fn spaced(value: &Value) -> String {
    let mut out = Vec::new();
    serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut out, Spaced)).unwrap();
    String::from_utf8(out).unwrap()
}

/// As PHP and Python escape by default.
fn ascii(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
            if c.is_ascii() { vec![c] } else { escaped.chars().collect() }
        })
        .collect()
}

#[test]
fn serialised_again() {
    assert_eq!(value().to_string(), SORTED, "the damage is nothing but the style");
    for body in [
        spaced(&value()),
        serde_json::to_string_pretty(&value()).unwrap(),
        ascii(SORTED),
        SORTED.replace('/', "\\/"),
        ascii(&spaced(&value())),
        ascii(SORTED).replace('/', "\\/"),
    ] {
        let finding = sorted().body(body).proves(&[Cause::BodyReserialised]);
        assert!(finding.faults()[0].evidence().contains("and HubSpot's has"), "{finding}");
    }
}

#[test]
fn serialised_compactly_though_signed_otherwise() {
    for (signed, words) in [
        (spaced(&value()), "a space after each"),
        (serde_json::to_string_pretty(&value()).unwrap(), "indented by 2 spaces"),
        (ascii(SORTED), "\\u escapes in lower case"),
        (SORTED.replace('/', "\\/"), "`/` as `\\/`"),
    ] {
        let finding = Sent::new("POST", URI, signed).body(SORTED).proves(&[Cause::BodyReserialised]);
        assert!(finding.faults()[0].evidence().contains(words), "{finding}");
    }
    let (upper, lower) = ("{\"city\":\"K\\u00F6ln\"}", "{\"city\":\"K\\u00f6ln\"}");
    let finding = Sent::new("POST", URI, upper).body(lower).proves(&[Cause::BodyReserialised]);
    assert!(finding.faults()[0].evidence().contains("\\u escapes in upper case"), "{finding}");
}

/// With its keys in alphabetical order.
fn sorted_value(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let sorted: std::collections::BTreeMap<String, Value> = members.into_iter().collect();
            sorted.into_iter().map(|(key, value)| (key, sorted_value(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted_value).collect(),
        other => other,
    }
}

#[test]
fn keys_in_another_order() {
    // The same with and without the feature `preserve_order`, which another crate may enable.
    let parsed: Value = serde_json::from_str(EVENTS).unwrap();
    let parsed = sorted_value(parsed);
    assert!(parsed.to_string().starts_with("[{\"appId\""));
    let finding = post().body(parsed.to_string()).proves(&[Cause::BodyReserialised]);
    assert!(finding.faults()[0].evidence().contains("the order of HubSpot's documentation"), "{finding}");
    let finding = post().body(spaced(&parsed)).proves(&[Cause::BodyReserialised]);
    assert!(finding.faults()[0].evidence().contains("the order of HubSpot's documentation"), "{finding}");
    let unsorted = "{\"url\":\"x\",\"city\":2,\"b\":{\"d\":1,\"c\":0}}";
    let finding = Sent::new("POST", URI, "{\"b\":{\"c\":0,\"d\":1},\"city\":2,\"url\":\"x\"}")
        .body(unsorted)
        .proves(&[Cause::BodyReserialised]);
    assert!(finding.faults()[0].evidence().contains("alphabetical"), "{finding}");
    // An order that nobody could know.
    let unsorted = "{\"u\":1,\"t\":2,\"s\":3,\"r\":4,\"q\":5,\"p\":6,\"o\":7}";
    let parsed = sorted_value(serde_json::from_str(unsorted).unwrap());
    Sent::new("POST", URI, unsorted).body(parsed.to_string()).suspects(Cause::BodyReserialised);
}

#[test]
fn numbers_keep_their_text() {
    let signed = "{\"big\":123456789012345678901234567890,\"exp\":1.0E10,\"float\":0.10,\"neg\":-0}";
    Sent::new("POST", URI, signed)
        .body(signed.replace(',', ", ").replace(':', ": "))
        .proves(&[Cause::BodyReserialised]);
}

#[test]
fn serialised_twice() {
    let twice = serde_json::to_string(EVENTS).unwrap();
    post().body(twice).proves(&[Cause::BodyDoubleSerialised]);
}

#[test]
fn white_space_lost_or_added() {
    for end in ["\n", "\r\n", " "] {
        let signed = format!("{EVENTS}{end}");
        Sent::new("POST", URI, signed.as_str()).body(signed.trim()).proves(&[Cause::BodyTrimmed]);
        post().body(signed).proves(&[Cause::BodyWhiteSpace]);
    }
    post().body(format!("\n\n {EVENTS}\n\n")).proves(&[Cause::BodyWhiteSpace]);
    Sent::new("POST", URI, "").body("\n").proves(&[Cause::BodyWhiteSpace]);
}

/// Of bodies of 5 MiB, those in a wrapping too.
#[test]
fn up_to_5_mib() {
    let json = |length: usize| format!("[\"{}\"]", "x".repeat(length - 4));
    let (at_most, too_long) = (json((5 << 20) - 1), json(5 << 20));
    let ended = |body: &str| format!("{body}\n");
    Sent::new("POST", URI, at_most.as_str()).body(ended(&at_most)).proves(&[Cause::BodyWhiteSpace]);
    likely(&Sent::new("POST", URI, too_long.as_str()).body(ended(&too_long)).diagnosed(), &[]);
    Sent::new("POST", URI, at_most.as_str()).body(gzip(at_most.as_bytes())).proves(&[Cause::BodyCompressed]);
    let short = json(100_000);
    let wrapped = Sent::new("POST", URI, short.as_str()).body(gzip(ended(&short).as_bytes()));
    wrapped.proves(&[Cause::BodyCompressed, Cause::BodyWhiteSpace]);
    let wrapped = Sent::new("POST", URI, too_long.as_str()).body(gzip(ended(&too_long).as_bytes()));
    likely(&wrapped.diagnosed(), &[Cause::BodyCompressed]);
}

#[test]
fn line_endings_changed() {
    let unix = serde_json::to_string_pretty(&value()).unwrap() + "\n";
    let windows = unix.replace('\n', "\r\n");
    Sent::new("POST", URI, unix.as_str()).body(windows.as_str()).proves(&[Cause::BodyLineEndings]);
    Sent::new("POST", URI, windows).body(unix).proves(&[Cause::BodyLineEndings]);
}

#[test]
fn byte_order_mark() {
    let marked = format!("\u{feff}{EVENTS}");
    post().body(marked.as_str()).proves(&[Cause::BodyByteOrderMark]);
    Sent::unchecked("POST", URI, marked).body(EVENTS).proves(&[Cause::BodyByteOrderMark]);
}

#[test]
fn read_as_latin_1_and_encoded_again() {
    let body = EVENTS.replace('€', "");
    let twice: String = body.bytes().map(char::from).collect();
    assert!(twice.contains("KÃ¶ln"));
    Sent::new("POST", URI, body).body(twice).proves(&[Cause::BodyDoubleEncoded]);
    // Windows-1252 has printable characters where Latin-1 has controls: `€` becomes `â‚¬`.
    let twice: String = EVENTS.replace('€', "\u{0}").bytes().map(char::from).collect();
    let twice = twice.replace('\u{0}', "\u{e2}\u{201a}\u{ac}");
    post().body(twice).proves(&[Cause::BodyDoubleEncoded]);
}

#[test]
fn converted_to_latin_1() {
    let body = EVENTS.replace('€', "");
    let latin: Vec<u8> = body.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    Sent::new("POST", URI, body.as_str()).body(latin.as_slice()).proves(&[Cause::BodyLatin1]);
    // v1 and v2 refuse it before they compare.
    Sent::new("POST", URI, body).older_only().body(latin).proves(&[Cause::BodyLatin1]);
    // In Windows-1252 the `€` is one byte too.
    let latin: Vec<u8> = EVENTS.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0x80)).collect();
    let finding = post().body(latin).proves(&[Cause::BodyLatin1]);
    assert!(finding.faults()[0].evidence().contains("Windows-1252"), "{finding}");
}

/// Signed as bytes, and refused because v1 and v2 are for text.
#[test]
fn never_was_utf_8() {
    let sent = Sent::unchecked("POST", URI, b"{\"city\":\"K\0ln\"}").older_only();
    sent.proves(&[Cause::BodyNotUtf8]);
}

#[test]
fn decoded_lossily() {
    let latin: Vec<u8> = EVENTS.replace('€', "").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    post().body(String::from_utf8_lossy(&latin).into_owned()).suspects(Cause::BodyLossy);
}

#[test]
fn placeholder_for_nothing() {
    for placeholder in ["{}", "null", "undefined", "\"\"", "[]", "{}\n"] {
        Sent::new("POST", URI, "").body(placeholder).proves(&[Cause::BodyPlaceholder]);
        get().body(placeholder).proves(&[Cause::BodyPlaceholder]);
    }
    for signed in ["{}", "[]"] {
        Sent::new("POST", URI, signed).body("").proves(&[Cause::BodyLost]);
    }
}

#[test]
fn base64_from_a_gateway() {
    for encoded in [base64(EVENTS.as_bytes()), base64(EVENTS.as_bytes()).trim_end_matches('=').into(), base64(b"{}")] {
        let signed = if encoded.len() < 8 { "{}" } else { EVENTS };
        Sent::new("POST", URI, signed).body(encoded).proves(&[Cause::BodyBase64]);
    }
    let (start, end) = (&base64(EVENTS.as_bytes())[..76], &base64(EVENTS.as_bytes())[76..]);
    post().body(format!("{start}\r\n{end}\r\n")).proves(&[Cause::BodyBase64]);
    post().body(format!("\"{start}{end}\"")).proves(&[Cause::BodyBase64]);
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn compressed() {
    let gzip = gzip(EVENTS.as_bytes());
    post().body(gzip.as_slice()).and("Content-Encoding", "gzip").proves(&[Cause::BodyCompressed]);
    post().body(gzip.as_slice()).proves(&[Cause::BodyCompressed]);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(EVENTS.as_bytes()).unwrap();
    post().body(zlib.finish().unwrap()).proves(&[Cause::BodyCompressed]);
    // Both, as a gateway delivers compressed requests.
    post().body(base64(&gzip)).proves(&[Cause::BodyBase64, Cause::BodyCompressed]);
    // Cut off: nothing to prove, but plain to see.
    likely(&post().body(&gzip[..40]).diagnosed(), &[Cause::BodyCompressed]);
}

#[test]
fn read_twice_so_empty() {
    post().body("").suspects(Cause::BodyLost);
    let finding = post().body("").and("Content-Length", EVENTS.len().to_string()).diagnosed();
    assert!(format!("{finding}").contains(&format!("Content-Length says {}, and the body has 0 bytes", EVENTS.len())));
}

#[test]
fn shortened() {
    post().body(&EVENTS[..60]).and("Content-Length", EVENTS.len().to_string()).suspects(Cause::BodyLength);
}

#[test]
fn forged_by_moving_the_boundary() {
    // The signature of `…&appId=54321` is that of `…&appId=543` with the body `21`: right, and refused.
    let (uri, body) = FETCH.split_at(FETCH.len() - 2);
    let finding = get().uri(uri).body(body).proves(&[Cause::BodyUnexpected]);
    assert!(finding.faults()[0].fix().contains("refuse the request"));
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    let mut buffer = vec![0; bytes.len() * 2 + 4];
    base64ct::Base64::encode(bytes, &mut buffer).unwrap().into()
}

/// The signature is right, and the boundary rule refuses the body all the same.
#[test]
fn signed_and_not_json() {
    for body in ["5", "a=b", "{", "null"] {
        proves(&Sent::unchecked("POST", URI, body).diagnosed(), &[Cause::BodyNotJson]);
    }
}
