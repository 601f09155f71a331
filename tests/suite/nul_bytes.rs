//! The NUL rule: v1 and v2 take no NUL in the body or the URI, so nothing forged by length extension passes, and all else
//! that HubSpot signs does (docs/PROTOCOL.md §5.1). The attacks with a plain body are in attacks.rs.

use hubspot_signature::{Error, Verifier, Version};
use proptest::prelude::*;

use crate::common::{NOW, Request, SECRET, URI, lax_verifier, oracle};

const OLDER: [Version; 2] = [Version::V1, Version::V2];

/// Without the boundary rule, so that no other rule refuses what this one must.
fn any_body() -> Verifier {
    lax_verifier().dangerously_accept_any_body()
}

/// A request whose signature is right for these bytes.
fn signed(version: Version, body: &[u8]) -> Request {
    Request::signed(version, "POST", URI, body)
}

/// The rule rests on this: the last eight bytes of the glue are the length in bits, and below 2^53 bytes the first of
/// them is 0.
#[test]
fn every_glue_holds_a_nul() {
    // A few more than 2^16, where the protocol's notes have counted them.
    let small = 0..=200_000_u64;
    let edges = (16..=53).flat_map(|power| {
        let edge = 1_u64 << power;
        (edge.saturating_sub(130)..=edge + 130).chain([edge / 255 * 254, edge / 3, edge / 7 * 6])
    });
    let all_ones = (1..=53).map(|power| (1_u64 << power) - 1);
    for length in small.chain(edges).chain(all_ones).filter(|length| *length < 1 << 53) {
        let glue = oracle::glue(length);
        assert!(glue.contains(&0), "{length}");
        assert!(length > 200_000 || glue.iter().filter(|byte| **byte == 0).count() >= 5, "{length}");
        assert_eq!((length + glue.len() as u64) % 64, 0);
        assert_eq!(glue[glue.len() - 8], 0, "{length}");
    }
    // From there on the rule would not hold: 8 PiB.
    assert_ne!(*oracle::glue(1 << 53).last_chunk::<8>().unwrap(), [0; 8]);
    assert_ne!(oracle::glue(1 << 53)[oracle::glue(1 << 53).len() - 8], 0);
}

/// The former rule, that the body be UTF-8, failed here: the cut character makes one with the glue's first byte.
#[test]
fn extension_of_a_text_that_ends_in_a_cut_character() {
    let suffix = br#",{"eventId":2}]"#;
    let (mut utf8, mut forged_all) = (0, 0);
    for length in 0..400 {
        for cut in [b"\xc2".as_slice(), b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9f\x98", b"\xdf"] {
            let body = [b"[", "b".repeat(length).as_bytes(), cut].concat();
            for version in OLDER {
                let seen = signed(version, &body);
                let before_body = if version == Version::V1 { 0 } else { "POST".len() + URI.len() };
                let signature = String::from_utf8(seen.header(version.header()).unwrap().to_vec()).unwrap();
                let (glue, signature) = oracle::extend(&signature, SECRET.len() + before_body + body.len(), suffix);
                let forged =
                    seen.with_body([&body[..], &glue, suffix].concat()).replacing(version.header(), &signature);
                forged_all += 1;
                utf8 += usize::from(std::str::from_utf8(&forged.body).is_ok());
                assert!(forged.fools_naive(SECRET, 0), "not a forgery at all");
                for verifier in [any_body(), lax_verifier()] {
                    assert_eq!(verifier.verify(&forged.head(), &forged.body, NOW), Err(Error::BodyHasNul));
                }
            }
        }
    }
    // So that these are the forgeries that a check of UTF-8 lets through.
    assert!(utf8 > forged_all / 20, "{utf8} of {forged_all}");
}

/// The glue wholly in the URI, as text: HubSpot signed a URI that ends in a cut character, and the glue completes it.
#[test]
fn extension_of_a_uri() {
    let mut forged_all = 0;
    for length in 0..400 {
        for method in ["GET", "HEAD", "DELETE", "POST"] {
            let seen = [b"https://hooks.example.com/?q=", "a".repeat(length).as_bytes(), b"\xc2"].concat();
            let hash = oracle::v2(SECRET, method, &seen, "");
            let suffix = b"&portalId=1";
            let (glue, signature) = oracle::extend(&hash, SECRET.len() + method.len() + seen.len(), suffix);
            let bytes = [&seen[..], &glue, suffix].concat();
            let Ok(uri) = String::from_utf8(bytes) else { continue };
            let forged = Request::new(method, &uri, "").with_hash("v2", &signature);
            assert!(forged.fools_naive(SECRET, 0), "not a forgery at all");
            assert_eq!(forged.judge(&any_body()), Err(Error::UriCharacter { byte: 0 }));
            forged_all += 1;
        }
    }
    assert!(forged_all > 200, "{forged_all}");
}

/// A v1 signature of nothing but the secret is extended by a whole v2 request, and the reverse.
#[test]
fn extension_across_versions() {
    let hash = oracle::v1(SECRET, "");
    let suffix = format!("POST{URI}{{}}");
    let (glue, signature) = oracle::extend(&hash, SECRET.len(), suffix.as_bytes());
    for (version, name) in [(Version::V1, "v1"), (Version::V2, "v2")] {
        let body = [&glue[..], suffix.as_bytes()].concat();
        let forged = Request::new("POST", URI, body).with_hash(name, &signature);
        assert_eq!(forged.fools_naive(SECRET, 0), version == Version::V1);
        assert_eq!(forged.judge(&any_body()), Err(Error::BodyHasNul));
    }
}

/// Refused by the chunk that holds the NUL, wherever it is and however the body is cut; no chunk before it is.
#[test]
fn a_nul_at_every_place_of_every_length() {
    for version in OLDER {
        for length in 1..=300 {
            let mut body = vec![b'x'; length];
            for at in 0..length {
                body[at] = 0;
                let request = Request::new("POST", URI, &body).with_hash(version.as_str(), &"0".repeat(64));
                assert_eq!(any_body().verify(&request.head(), &body, NOW), Err(Error::BodyHasNul), "{at} of {length}");
                for cut in [at.saturating_sub(1), at, at + 1] {
                    let (first, second) = body.split_at(cut.min(length));
                    let mut verification = any_body().begin(&request.head(), NOW).unwrap();
                    if first.contains(&0) {
                        assert_eq!(verification.update(first), Err(Error::BodyHasNul));
                    } else {
                        assert_eq!(verification.update(first), Ok(()));
                        assert_eq!(verification.update(second), Err(Error::BodyHasNul));
                    }
                    assert_eq!(verification.finish(), Err(Error::BodyHasNul));
                }
                body[at] = b'x';
            }
        }
    }
}

/// Every other byte is HubSpot's to sign, alone and after text, and after every other one.
#[test]
fn every_other_byte_passes() {
    for version in OLDER {
        for byte in 1..=u8::MAX {
            for body in
                [vec![byte], vec![b'a', byte], vec![byte; 100], [b"{\"a\":\"", [byte].as_slice(), b"\"}"].concat()]
            {
                assert!(signed(version, &body).judge(&any_body()).is_ok(), "{byte}");
            }
        }
        let all: Vec<u8> =
            (1..=u8::MAX).flat_map(|first| (1..=u8::MAX).flat_map(move |second| [first, second])).collect();
        let request = signed(version, &all);
        assert!(any_body().verify(&request.head(), &request.body, NOW).is_ok());
    }
}

/// Text in Latin-1, and other bytes that are not UTF-8, by the default rules.
#[test]
fn latin_1_is_accepted() {
    for body in [&b"{\"name\":\"Zo\xeb\"}"[..], b"[\"\xe4\xf6\xfc\xdf\"]", b"{\"cut\":\"\xc2\"}", b"\"\xff\xfe\x80\""] {
        for version in OLDER.into_iter().chain([Version::V3]) {
            let request = signed(version, body);
            assert_eq!(request.judge(&lax_verifier()).map(|verified| verified.version()), Ok(version));
        }
    }
}

/// HMAC cannot be extended, so v3 keeps only the boundary rule.
#[test]
fn not_for_v3() {
    for body in [&b"{\"a\":\"\0\"}"[..], b"[\0]", b"\"\0\0\0\""] {
        assert!(signed(Version::V3, body).judge(&lax_verifier()).is_ok());
        for version in OLDER {
            assert_eq!(signed(version, body).judge(&lax_verifier()), Err(Error::BodyHasNul));
        }
    }
}

/// v1 signs no URI, so a URI cannot hold its glue.
#[test]
fn not_for_the_uri_of_v1() {
    let request = Request::signed(Version::V1, "POST", "https://hooks.example.com/\0", "{}");
    assert!(request.judge(&lax_verifier()).is_ok());
    for version in [Version::V2, Version::V3] {
        let request = Request::signed(version, "POST", "https://hooks.example.com/\0", "{}");
        assert_eq!(request.judge(&lax_verifier()), Err(Error::UriCharacter { byte: 0 }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2048) })]

    #[test]
    fn any_bytes_in_any_chunks(
        pieces in prop::collection::vec(
            prop_oneof![
                4 => "[a-zé€𝄞]{0,20}".prop_map(String::into_bytes),
                2 => prop::collection::vec(1..=u8::MAX, 0..80),
                1 => Just(vec![0]),
            ],
            0..12,
        ),
        sizes in prop::collection::vec(0_usize..90, 1..20),
        version in prop::sample::select(OLDER.to_vec()),
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
        let expected = if body.contains(&0) { Err(Error::BodyHasNul) } else { Ok(()) };
        let request = signed(version, &body);
        prop_assert_eq!(any_body().verify(&request.head(), &body, NOW).map(|_| ()), expected);
        prop_assert_eq!(request.stream(&any_body(), NOW, chunks.into_iter()).map(|_| ()), expected);
    }
}
