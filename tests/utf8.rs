//! v1 and v2 take a body only if it is UTF-8, and say how far it was, however it is cut into chunks.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

mod common;

use common::{NOW, Request, SECRET, URI, lax_verifier, naive};
use hubspot_signature::{Error, Version};
use proptest::prelude::*;

/// The answer for a body with a valid signature: what the standard library says of the whole.
fn expected(body: &[u8]) -> Result<(), Error> {
    match std::str::from_utf8(body) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::BodyNotUtf8 { valid_up_to: error.valid_up_to() as u64 }),
    }
}

fn check<'a>(body: &[u8], chunks: impl Iterator<Item = &'a [u8]>) {
    let request = Request::new("POST", URI, body).with_hash("v1", &naive::v1(SECRET, body));
    let verifier = lax_verifier();
    assert_eq!(verifier.verify_at(&request.head(), body, NOW).map(|_| ()), expected(body), "{body:x?} whole");
    assert_eq!(request.stream(&verifier, NOW, chunks).map(|_| ()), expected(body), "{body:x?} in chunks");
}

/// Every way to cut the body.
fn check_every_cut(body: &[u8]) {
    for cuts in 0..1_u32 << body.len().saturating_sub(1) {
        let mut chunks = Vec::new();
        let mut start = 0;
        for at in 1..body.len() {
            if cuts & 1 << (at - 1) != 0 {
                chunks.push(&body[start..at]);
                start = at;
            }
        }
        chunks.push(&body[start..]);
        check(body, chunks.into_iter());
    }
}

/// The bytes at the borders of the classes that UTF-8 divides bytes into (RFC 3629 section 4).
const BORDERS: [u8; 25] = [
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
    0xf1, 0xf3, 0xf4, 0xf5, 0xfe, 0xff,
];

#[test]
fn every_byte_alone_and_after_text() {
    for byte in 0..=u8::MAX {
        check_every_cut(&[byte]);
        check_every_cut(&[b'a', byte]);
        check_every_cut("é".as_bytes().iter().copied().chain([byte]).collect::<Vec<_>>().as_slice());
    }
}

#[test]
fn every_sequence_of_three_border_bytes() {
    for a in BORDERS {
        for b in BORDERS {
            for c in BORDERS {
                check_every_cut(&[a, b, c]);
            }
        }
    }
}

#[test]
fn four_bytes() {
    for lead in [0xf0, 0xf1, 0xf4, 0xf5] {
        for second in [0x7f, 0x80, 0x8f, 0x90, 0xbf, 0xc0] {
            for third in [0x7f, 0x80, 0xbf, 0xc0] {
                for fourth in [0x7f, 0x80, 0xbf, 0xc0] {
                    check_every_cut(&[lead, second, third, fourth]);
                    check_every_cut(&[lead, second, third, fourth, b'a']);
                }
            }
        }
    }
}

/// Both schemes, and empty chunks in the middle of a character.
#[test]
fn for_both_schemes() {
    for (body, expected) in [
        (&b"{\"name\":\"Zo\xc3\xab\"}"[..], Ok(())),
        (b"{\"name\":\"Zo\xeb\"}", Err(Error::BodyNotUtf8 { valid_up_to: 11 })),
        (b"abc\xe2\x82", Err(Error::BodyNotUtf8 { valid_up_to: 3 })),
        (b"\xef\xbb\xbf{}", Ok(())), // a byte-order mark is a character
    ] {
        let v2 = Request::new("POST", URI, body).with_hash("v2", &naive::v2(SECRET, "POST", URI, body));
        assert_eq!(v2.judge(&lax_verifier()).map(|_| ()), expected);
        let with_gaps = body.iter().flat_map(|byte| [&[][..], std::slice::from_ref(byte), &[]]);
        assert_eq!(v2.stream(&lax_verifier(), NOW, with_gaps).map(|_| ()), expected);
    }
}

/// v3 cannot be extended, and its body may be any bytes.
#[test]
fn not_for_v3() {
    for body in [&b"\xff"[..], b"\xc3", b"{\x80}"] {
        assert!(Request::signed(Version::V3, "POST", URI, body).judge(&lax_verifier()).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2048) })]

    #[test]
    fn any_bytes_in_any_chunks(
        pieces in prop::collection::vec(
            prop_oneof![
                4 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
                2 => "[a-zé€𝄞]{0,20}".prop_map(String::into_bytes),
                1 => prop::sample::select(BORDERS.to_vec()).prop_map(|byte| vec![byte]),
            ],
            0..12,
        ),
        sizes in prop::collection::vec(0_usize..6, 1..20),
    ) {
        let body = pieces.concat();
        let mut rest = body.as_slice();
        let mut chunks = Vec::new();
        for size in sizes {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        chunks.push(rest);
        check(&body, chunks.into_iter());
    }
}
