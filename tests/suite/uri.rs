//! The URI of v3: as received or with the twelve escapes decoded, these and no others, in one pass.

use crate::common::{BODY, NOW, Request, SECRET, oracle, verifier};
use hubspot_signature::{Error, Header, Version};
use proptest::prelude::*;

/// A request to `uri` that was signed over `signed`.
fn request(uri: &str, signed: &str) -> Request {
    let timestamp = NOW.as_millis().to_string();
    Request::new("POST", uri, BODY).with_mac(&oracle::v3(SECRET, "POST", signed, BODY, &timestamp), &timestamp)
}

fn accepts(uri: &str, signed: &str) -> bool {
    match request(uri, signed).judge(&verifier()) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, Error::Mismatch { version: Version::V3 });
            false
        }
    }
}

#[test]
fn the_table() {
    for (escape, character) in [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ] {
        for escape in [escape.to_owned(), escape.to_lowercase()] {
            for around in ["https://a/#", "https://a/x#y", "https://a/?q=##", "https://a/?q=%#%&#", "https://a#/"] {
                let (uri, decoded) = (around.replace('#', &escape), around.replace('#', character));
                assert!(accepts(&uri, &decoded), "{uri} decoded");
                assert!(accepts(&uri, &uri), "{uri} as received");
                // Decoding goes one way: the URI is not escaped to fit.
                assert!(!accepts(&decoded, &uri), "{decoded} signed as {uri}");
            }
        }
    }
}

/// The whole URI is decoded or none of it, and v2 signs it as it is.
#[test]
fn neither_half_decoded_nor_for_v2() {
    let uri = "https://a/?x=%3A%2F%3A";
    assert!(accepts(uri, "https://a/?x=:/:") && accepts(uri, uri));
    for half in ["https://a/?x=:%2F%3A", "https://a/?x=%3A/%3A", "https://a/?x=:/%3A", "https://a/?x=%3a%2f%3a"] {
        assert!(!accepts(uri, half), "{half}");
    }
    let v2 = Request::signed(Version::V2, "POST", "https://a/?x=:/:", BODY);
    assert_eq!(v2.with_uri(uri).judge(&verifier()), Err(Error::Mismatch { version: Version::V2 }));
    assert!(Request::signed(Version::V2, "POST", uri, BODY).judge(&verifier()).is_ok());
}

/// Escapes outside the table, and what only looks like an escape, stay as they are.
#[test]
fn nothing_else_is_decoded() {
    for (uri, wrong) in [
        ("https://a/?x=%20", "https://a/?x= "),
        ("https://a/?x=%20", "https://a/?x=+"),
        ("https://a/?x=+", "https://a/?x= "),
        ("https://a/?x=%22", "https://a/?x=\""),
        ("https://a/?x=%25", "https://a/?x=%"),
        ("https://a/?x=%26", "https://a/?x=&"),
        ("https://a/?x=%2B", "https://a/?x=+"),
        ("https://a/?x=%3D", "https://a/?x=="),
        ("https://a/?x=%23", "https://a/?x=#"),
        ("https://a/?x=%5B", "https://a/?x=["),
        ("https://a/?x=%41", "https://a/?x=A"),
        ("https://a/?x=%7E", "https://a/?x=~"),
        ("https://a/?x=%C3%A4", "https://a/?x=ä"),
        ("https://a/?x=%", "https://a/?x="),
        ("https://a/?x=%3", "https://a/?x=:"),
        // One pass: what is decoded is not looked at again.
        ("https://a/?x=%2540", "https://a/?x=%40"),
        ("https://a/?x=%2540", "https://a/?x=@"),
        ("https://a/?x=%25%34%30", "https://a/?x=@"),
        ("https://a/?x=%%33A", "https://a/?x=:"),
    ] {
        assert_eq!(oracle::decode_uri(uri), uri, "{uri} has none of the twelve");
        assert!(accepts(uri, uri), "{uri}");
        assert!(!accepts(uri, wrong), "{uri} signed as {wrong}");
    }
    for (uri, decoded) in [
        ("https://a/?x=%%3A", "https://a/?x=%:"),
        ("https://a/?x=%3%3A", "https://a/?x=%3:"),
        ("https://a/?x=%%3A3A", "https://a/?x=%:3A"),
        ("https://a/?x=%3A%3", "https://a/?x=:%3"),
        ("https://a/ä%3Aß%2f𝄞", "https://a/ä:ß/𝄞"),
        ("https://a/%3A%3A%3A", "https://a/:::"),
    ] {
        assert!(accepts(uri, uri) && accepts(uri, decoded), "{uri}");
    }
}

/// All pairs after a `%` of those of the first 256 characters that a URI may hold: each URI here holds 220 of them, so
/// one wrong among them changes what is signed.
#[test]
fn every_pair_of_characters_after_a_percent_sign() {
    let in_uris = |c: &char| u8::try_from(*c).is_ok_and(oracle::is_uri_byte);
    let characters: Vec<char> = (0..=u8::MAX).map(char::from).filter(in_uris).collect();
    assert_eq!(characters.len(), 256 - 33 - 3);
    for first in &characters {
        let escapes: String = characters.iter().map(|second| format!("%{first}{second}~")).collect();
        let uri = format!("https://a/{escapes}");
        assert!(accepts(&uri, &oracle::decode_uri(&uri)), "{first:?}");
    }
}

/// The pairs about the hex digits, one at a time: an escape on its own is seen as well.
#[test]
fn every_pair_of_hex_digits_alone() {
    let digits: Vec<char> = "/0123456789:@ABCDEFG`abcdefg%é".chars().collect();
    let mut decoded = 0;
    for first in &digits {
        for second in &digits {
            let uri = format!("https://a/%{first}{second}");
            let model = oracle::decode_uri(&uri);
            decoded += usize::from(model != uri);
            assert!(accepts(&uri, &model) && accepts(&uri, &uri), "{uri}");
        }
    }
    assert_eq!(decoded, 12 + 6, "six of the twelve have a letter, which may be small");
}

/// Texts dense with percent signs, escapes and their neighbours.
fn escapes() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "%[23][0-9A-Fa-f]",
        "%40",
        "%[0-9A-Fa-f]{2}",
        "%25[23][0-9A-Fa-f]",
        "%[23]?",
        "[!-~]",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| {
        let text = pieces.concat();
        format!(
            "https://a/{}",
            text.chars().filter(|c| oracle::has_only_uri_characters(&c.to_string())).collect::<String>()
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// As received and decoded by the model both pass, and nothing decoded any further.
    #[test]
    fn decoding_is_the_model(uri in escapes()) {
        let decoded = oracle::decode_uri(&uri);
        prop_assert!(accepts(&uri, &uri));
        prop_assert!(accepts(&uri, &decoded));
        if decoded != uri {
            prop_assert!(!accepts(&decoded, &uri), "a decoded URI does not become the escaped one");
        }
    }

    /// The decoded URI has nothing left to decode, so it has one form: itself.
    #[test]
    fn decoding_is_idempotent(uri in escapes()) {
        let once = oracle::decode_uri(&uri);
        prop_assert_eq!(&oracle::decode_uri(&once), &once, "the model");
        prop_assert!(accepts(&once, &once));
        // Escaping a character that decoding left in place gives a URI that decodes to the same.
        if let Some(at) = once.rfind(['!', '$', '\'', '(', ')', '*', ',', ';', '@', ':']) {
            let escaped = format!("{}%{:02X}{}", &once[..at], once.as_bytes()[at], &once[at + 1..]);
            if escaped.starts_with("https://a/") {
                prop_assert_eq!(&oracle::decode_uri(&escaped), &once);
                prop_assert!(accepts(&escaped, &once));
            }
        }
    }

    /// A URI signed for another place does not pass, whatever is escaped in it.
    #[test]
    fn another_uri_is_refused(uri in escapes(), signed in escapes()) {
        let same = signed == uri || signed == oracle::decode_uri(&uri);
        prop_assert_eq!(accepts(&uri, &signed), same);
    }
}

/// The decoded form is tried with a body, without one, and on a GET.
#[test]
fn decoded_for_every_method() {
    let (uri, decoded) = ("https://a/?x=%3a", "https://a/?x=:");
    for (method, body) in [("GET", ""), ("DELETE", ""), ("PUT", BODY)] {
        let request = Request::signed(Version::V3, method, decoded, body).with_uri(uri);
        assert!(request.judge(&verifier()).is_ok(), "{method}");
        let spoiled = request.replacing(Header::SignatureV3, oracle::base64(&[9; 32]));
        assert_eq!(spoiled.judge(&verifier()), Err(Error::Mismatch { version: Version::V3 }));
    }
}
