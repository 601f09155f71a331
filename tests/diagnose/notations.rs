//! Bodies as programs print and encode them, and secrets as people write them down.

use base64ct::Encoding;
use hubspot_signature::Version;
use hubspot_signature::diagnose::{Cause, Certainty, Diagnostician};

use crate::request::*;

const BODY: &str = "{\"city\":\"Köln\",\"path\":\"a\\\\b\",\"n\":1}";

/// The body as it is, with bytes above ASCII and the quotation mark escaped by `escape`.
fn escaped(escape: impl Fn(u8) -> String) -> String {
    BODY.bytes()
        .map(|byte| if byte.is_ascii() && byte != b'\\' { char::from(byte).into() } else { escape(byte) })
        .collect()
}

#[test]
fn printed_bodies_are_read_back() {
    let hex = |byte: u8| if byte == b'\\' { "\\\\".into() } else { format!("\\x{byte:02x}") };
    let python = escaped(hex);
    let inside = BODY.replace('\\', "\\\\").replace('"', "\\\"");
    for (seen, cause) in [
        (format!("bytearray(b'{python}')"), Cause::BodyDoubleSerialised),
        (format!("b'{python}'"), Cause::BodyDoubleSerialised),
        (format!("'{}'", BODY.replace('\\', "\\\\")), Cause::BodyDoubleSerialised),
        (inside, Cause::BodyDoubleSerialised),
    ] {
        let sent = Sent::new("POST", URI, BODY).body(seen.clone());
        let finding = sent.proves(&[cause]);
        assert_eq!(finding.certainty(), Certainty::Proved, "{seen}");
    }
}

/// Escapes that JSON does not have, alone and next to those that it has.
#[test]
fn escapes_of_other_languages_are_read_back() {
    for seen in [BODY.replace("ö", "\\xf6"), BODY.replace("ö", "\\U000000f6")] {
        Sent::new("POST", URI, BODY).body(seen.clone()).proves(&[Cause::BodyDoubleSerialised]);
    }
}

#[test]
fn white_space_escapes_of_a_printed_body_are_read_back() {
    let signed = "{\"a\":\"x\"}\r\n\t{\"b\":1}";
    let sent = Sent::new("POST", URI, signed);
    sent.clone().body("b'{\"a\":\"x\"}\\r\\n\\t{\"b\":1}'").proves(&[Cause::BodyDoubleSerialised]);
    sent.body("'{\"a\":\"x\"}\\r\\n\\t{\"b\":1}'").proves(&[Cause::BodyDoubleSerialised]);
}

#[test]
fn encoded_bodies_are_decoded() {
    let (mut text, mut url_text) = ([0; 128], [0; 128]);
    let base64 = base64ct::Base64::encode(BODY.as_bytes(), &mut text).unwrap();
    let url_safe = base64ct::Base64UrlUnpadded::encode(BODY.as_bytes(), &mut url_text).unwrap();
    let percent: String = BODY
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect();
    let wide =
        |to: fn(u16) -> [u8; 2], mark: &[u8]| [mark, &BODY.encode_utf16().flat_map(to).collect::<Vec<u8>>()].concat();
    for (seen, cause) in [
        (base64.as_bytes().to_vec(), Cause::BodyBase64),
        (url_safe.as_bytes().to_vec(), Cause::BodyBase64),
        (format!("data:application/json;base64,{base64}").into_bytes(), Cause::BodyBase64),
        (wide(u16::to_be_bytes, &[0xfe, 0xff]), Cause::BodyNotUtf8),
        (wide(u16::to_le_bytes, &[0xff, 0xfe]), Cause::BodyNotUtf8),
        (wide(u16::to_be_bytes, &[]), Cause::BodyNotUtf8),
        (wide(u16::to_le_bytes, &[]), Cause::BodyNotUtf8),
        (percent.clone().into_bytes(), Cause::BodyDoubleEncoded),
        (format!("{percent}=").into_bytes(), Cause::BodyDoubleEncoded),
        (percent.replace("%20", "+").into_bytes(), Cause::BodyDoubleEncoded),
    ] {
        Sent::new("POST", URI, BODY).body(seen).proves(&[cause]);
    }
}

/// As `hexdump -C`, Go's `hex.Dump` and `xxd` print it.
#[test]
fn a_hex_dump_is_read_back() {
    let dump = |groups: &dyn Fn(&str) -> String| -> String {
        let line = |(index, bytes): (usize, &[u8])| {
            let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let text: String = bytes.iter().map(|b| if b.is_ascii_graphic() { char::from(*b) } else { '.' }).collect();
            format!("{:08x}{}\n", index * 16, groups(&format!("{}\n{text}", hex.join(" "))))
        };
        BODY.as_bytes().chunks(16).enumerate().map(line).collect()
    };
    let c = dump(&|line| {
        let (hex, text) = line.split_once('\n').unwrap();
        let (first, second) = hex.split_at_checked(24).unwrap_or((hex, ""));
        format!("  {first} {second}  |{text}|")
    });
    let xxd = dump(&|line| {
        let (hex, text) = line.split_once('\n').unwrap();
        let pairs: Vec<String> = hex.split(' ').collect::<Vec<_>>().chunks(2).map(<[&str]>::concat).collect();
        format!(": {}  {text}", pairs.join(" "))
    });
    let sent = |seen: &str| Sent::new("POST", URI, BODY).body(seen);
    for seen in [&c, &format!("{c}{:08x}\n", BODY.len()), &xxd, xxd.trim_end()] {
        let finding = sent(seen).proves(&[Cause::BodyBase64]);
        assert_eq!(finding.faults()[0].evidence(), "the body is a hex dump", "{seen}");
    }
    // With a line left out it is only likely.
    let (start, end) = c.split_at(c.find("00000010").unwrap());
    let cut = sent(&format!("{start}{}", &end[end.find('\n').unwrap() + 1..])).diagnosed();
    assert!(
        cut.findings().iter().flat_map(|finding| finding.causes()).any(|cause| cause == Cause::BodyBase64),
        "{cut}"
    );
    for seen in ["00000000", "00000000  7b 2", "00000000  7b  |{|\n00000000  7d  |}|", "00000000: zz"] {
        let _ = sent(seen).diagnosed();
    }
}

/// A body that is lost for good is named by how it looks.
#[test]
fn notations_that_lose_the_body_are_named() {
    for (seen, evidence) in [
        ("[B@6d06d69c", "as Java prints it"),
        ("System.Collections.Generic.Dictionary`2[System.String,System.Object]", "the name of a .NET type"),
        ("Object {\"city\": String(\"Köln\")}", "as Rust's `{:?}` prints it"),
        ("{ city: Köln, n: 1 }", "an object as a program prints it"),
        ("---\ncity: Köln\nn: 1\n", "YAML"),
        ("<city>Köln</city>", "XML or HTML"),
        ("{city=Köln, n=1}", "as Java's `toString()` prints it"),
        ("Array\n(\n    [city] => Köln\n)\n", "as PHP prints it"),
    ] {
        let diagnosis = Sent::new("POST", URI, BODY).body(seen).diagnosed();
        let text = diagnosis.to_string();
        assert!(text.contains(evidence), "{evidence}: {text}");
        assert!(diagnosis.findings().iter().all(|finding| finding.certainty() == Certainty::Likely), "{text}");
    }
}

/// Text written as Latin-1 by something that has no other characters.
#[test]
fn characters_that_became_question_marks_are_named() {
    let signed = "{\"city\":\"Köln €\"}";
    let seen: Vec<u8> = signed.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let diagnosis = Sent::new("POST", URI, signed).body(seen).diagnosed();
    assert!(
        diagnosis.findings().iter().any(|finding| finding.causes().any(|cause| cause == Cause::BodyLossy)),
        "{diagnosis}"
    );
}

#[test]
fn secrets_as_people_write_them_are_found() {
    for (given, evidence) in [
        (SECRET.replace('-', "\u{2011}"), "only look like `-`"),
        (SECRET.replace('-', ""), "lacks the hyphens"),
        (SECRET.replacen('-', "-\u{200b}", 1), "invisible ones, inside"),
    ] {
        let sent = Sent::new("POST", URI, EVENTS);
        let diagnosis = sent.diagnosed_by(&Diagnostician::new([given.as_str()], Version::V2), NOW);
        let text = diagnosis.to_string();
        assert!(text.contains(evidence), "{evidence}: {text}");
        assert!(text.contains("[proved]"), "{text}");
    }
    let long = "x".repeat(100_000);
    let diagnosis = Sent::new("POST", URI, EVENTS).diagnosed_by(&Diagnostician::new([long], Version::V2), NOW);
    assert!(diagnosis.to_string().contains("is far longer than a client secret"), "{diagnosis}");
}

/// Parameters whose equals sign a framework added or dropped, in a query that has both kinds.
#[test]
fn a_single_equals_sign_is_found() {
    let signed = "https://hooks.example.com/hubspot/events?a=&flag&b=1&other";
    for seen in [
        "https://hooks.example.com/hubspot/events?a&flag&b=1&other",
        "https://hooks.example.com/hubspot/events?a=&flag=&b=1&other",
        "https://hooks.example.com/hubspot/events?a=&flag&b=1&other=",
    ] {
        let finding = Sent::new("POST", signed, EVENTS).uri(seen).diagnosed();
        assert_eq!(finding.findings()[0].certainty(), Certainty::Proved, "{finding}");
        assert_eq!(finding.findings()[0].signed_uri(), Some(signed), "{finding}");
    }
}

/// Escapes of control characters in a body that was parsed and written again.
#[test]
fn control_characters_are_written_as_serialisers_do() {
    let signed = "{\"a\":\"\\b\\f\\n\\r\\t\\u0001\",\"b\":1}";
    let sent = Sent::new("POST", URI, signed);
    sent.body("{\"a\": \"\\b\\f\\n\\r\\t\\u0001\", \"b\": 1}").proves(&[Cause::BodyReserialised]);
}
