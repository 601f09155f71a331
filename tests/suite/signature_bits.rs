//! A signature passes as the exact text it is: every bit and every length, and the checks of form against real
//! decoders.

use crate::common::{BODY, NOW, Request, SECRET, URI, VERSIONS, lax_verifier, oracle};
use base64ct::{Base64, Encoding};
use hubspot_signature::{Error, Version};
use proptest::prelude::*;

fn signature_of(request: &Request, version: Version) -> Vec<u8> {
    request.header(version.header()).expect("signed").to_vec()
}

fn encode(version: Version, digest: &[u8]) -> String {
    if version == Version::V3 { oracle::base64(digest) } else { oracle::hex(digest) }
}

/// The decoded bytes of a well-formed signature, by decoders that are known to take the canonical form alone.
fn decode(version: Version, text: &[u8]) -> Option<[u8; 32]> {
    let mut buffer = [0; 256];
    let decoded = match version {
        Version::V3 => Base64::decode(text, &mut buffer).ok(),
        _ => base16ct::lower::decode(text, &mut buffer).ok(),
    };
    decoded?.try_into().ok()
}

#[test]
fn every_bit_of_the_text() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = signature_of(&request, version);
        for bit in 0..8 * right.len() {
            let mut text = right.clone();
            text[bit / 8] ^= 1 << (bit % 8);
            let answer = request.replacing(version.header(), &text).judge(&lax_verifier());
            let refusals = [Error::Mismatch { version }, Error::MalformedSignature { version, length: text.len() }];
            assert!(answer.is_err_and(|error| refusals.contains(&error)), "{version}: bit {bit}");
        }
    }
}

/// Each digest one bit off is well-formed, so that it is the comparison which has to refuse it.
#[test]
fn every_bit_of_the_digest() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = decode(version, &signature_of(&request, version)).expect("canonical");
        for bit in 0..256 {
            let mut digest = right;
            digest[bit / 8] ^= 1 << (bit % 8);
            let text = encode(version, &digest);
            assert_eq!(
                request.replacing(version.header(), &text).judge(&lax_verifier()),
                Err(Error::Mismatch { version }),
                "bit {bit}"
            );
        }
    }
}

/// The comparison gathers the differences of all bytes, so two that are alike must not cancel out.
#[test]
fn the_same_bit_of_two_bytes() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = decode(version, &signature_of(&request, version)).expect("canonical");
        for (first, second) in (0..32).flat_map(|first| (first + 1..32).map(move |second| (first, second))) {
            for bit in 0..8 {
                let mut digest = right;
                digest[first] ^= 1 << bit;
                digest[second] ^= 1 << bit;
                let request = request.replacing(version.header(), encode(version, &digest));
                let answer = lax_verifier().verify(&request.head(), &request.body, NOW);
                assert_eq!(answer, Err(Error::Mismatch { version }), "bit {bit} of {first} and {second}");
            }
        }
    }
}

/// A request with this text as signature: a well-formed one gets as far as the comparison.
fn parse(version: Version, text: &[u8]) -> Result<(), Error> {
    let request = Request::new("POST", URI, BODY).with(version.header(), text);
    let request = match version {
        Version::V3 => request.with(hubspot_signature::Header::RequestTimestamp, NOW.as_millis().to_string()),
        _ => request.with(hubspot_signature::Header::SignatureVersion, version.as_str()),
    };
    match lax_verifier().verify(&request.head(), &request.body, NOW) {
        Err(Error::Mismatch { version: found }) if found == version => Ok(()),
        other => Err(other.expect_err("no signature of this request is among the texts")),
    }
}

/// Every length from 0 to 100 and some long ones: beginnings of the right text, it and more, and one character
/// repeated.
#[test]
fn every_length_but_the_right_one() {
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = signature_of(&request, version);
        for length in (0..=100).chain([128, 1000, 65_536]).filter(|length| *length != right.len()) {
            let cycled: Vec<u8> = right.iter().copied().cycle().take(length).collect();
            let filled = |byte: u8| right.iter().copied().chain(std::iter::repeat(byte)).take(length).collect();
            for text in [cycled, filled(b'0'), filled(b'='), filled(0), vec![b'a'; length], vec![b'='; length]] {
                let answer = request.replacing(version.header(), &text).judge(&lax_verifier());
                assert_eq!(answer, Err(Error::MalformedSignature { version, length }));
            }
        }
        assert!(request.judge(&lax_verifier()).is_ok());
    }
}

/// A second fault does not make up for the first, wherever the two are.
#[test]
fn two_faults_in_the_form() {
    for version in VERSIONS {
        let right = signature_of(&Request::signed(version, "POST", URI, BODY), version);
        for second in 0..right.len() {
            for first in 0..second {
                let mut text = right.clone();
                (text[first], text[second]) = (b'-', b'-');
                let malformed = Error::MalformedSignature { version, length: text.len() };
                assert_eq!(parse(version, &text).err(), Some(malformed), "{version}: {first}, {second}");
            }
        }
    }
}

/// The signature of one scheme is none of another, whatever header it comes in.
#[test]
fn form_of_another_scheme() {
    let digest = oracle::hmac(SECRET.as_bytes(), b"x");
    for version in VERSIONS {
        let request = Request::signed(version, "POST", URI, BODY);
        let right = String::from_utf8(signature_of(&request, version)).unwrap();
        let bytes = decode(version, right.as_bytes()).unwrap();
        let mut texts = vec![
            right.to_ascii_uppercase(),
            right.to_ascii_lowercase(),
            format!("sha256={right}"),
            format!("\"{right}\""),
            right.replace('=', ""),
            right.replace('=', "%3D"),
            right.replace('+', " "),
            right.replace('+', "-").replace('/', "_"),
            oracle::base64(&bytes),
            oracle::hex(&bytes),
            oracle::hex(&digest),
        ];
        texts.retain(|text| *text != right);
        assert!(texts.len() >= 5);
        for text in texts {
            assert!(request.replacing(version.header(), &text).judge(&lax_verifier()).is_err(), "{version}: {text}");
        }
    }
}

/// Base64 has several texts for the same bytes if a decoder is lenient; one of them is canonical.
#[test]
fn base64_that_decodes_to_the_same_bytes() {
    let request = Request::signed(Version::V3, "POST", URI, BODY);
    let right = signature_of(&request, Version::V3);
    let (stem, last) = (&right[..42], right[42]);
    let mut same = 0;
    for byte in 0..=u8::MAX {
        let text = [stem, &[byte, b'=']].concat();
        let answer = request.replacing(Version::V3.header(), &text).judge(&lax_verifier());
        assert_eq!(answer.is_ok(), byte == last, "{byte}");
        // The four digits that differ in the two bits which carry nothing.
        let value = |digit: u8| naive_value(digit).map(|value| value >> 2);
        if value(byte).is_some() && value(byte) == value(last) && byte != last {
            same += 1;
            assert_eq!(answer, Err(Error::MalformedSignature { version: Version::V3, length: 44 }));
        }
    }
    assert_eq!(same, 3);
}

fn naive_value(digit: u8) -> Option<u8> {
    (0..64).find(|value| oracle::base64(&[value << 2]).as_bytes()[0] == digit)
}

/// The digest of one version, presented as another: each has its own function, so it matches nowhere else.
#[test]
fn the_digest_of_another_scheme() {
    for version in VERSIONS {
        let digest = decode(version, &signature_of(&Request::signed(version, "POST", URI, BODY), version)).unwrap();
        for other in VERSIONS.into_iter().filter(|other| *other != version) {
            let request = Request::signed(other, "POST", URI, BODY);
            let request = request.replacing(other.header(), encode(other, &digest));
            assert_eq!(request.judge(&lax_verifier()), Err(Error::Mismatch { version: other }));
        }
        // A digest of zeros is one like any other, and not equal to what holds none.
        let zeros = Request::signed(version, "POST", URI, BODY);
        let zeros = zeros.replacing(version.header(), encode(version, &[0; 32]));
        assert_eq!(zeros.judge(&lax_verifier()), Err(Error::Mismatch { version }));
    }
}

/// Whether the text passes for a signature, after making sure that the decoder says the same.
#[track_caller]
fn same_as_decoder(version: Version, text: &[u8]) -> bool {
    let text = oracle::trim(text); // as for every header
    match (parse(version, text), decode(version, text)) {
        (Ok(()), Some(digest)) => {
            assert_eq!(encode(version, &digest).as_bytes(), text, "canonical");
            true
        }
        (Err(error), None) => {
            assert_eq!(error, Error::MalformedSignature { version, length: text.len() });
            false
        }
        (parsed, decoded) => panic!("{version}: parsed {}, decoded {}", parsed.is_ok(), decoded.is_some()),
    }
}

/// All values of the last two characters, and of the two before the padding, where a lenient decoder goes wrong.
#[test]
fn last_characters_equal_the_decoder() {
    for version in [Version::V2, Version::V3] {
        let right = encode(version, &oracle::sha256(b"x")).into_bytes();
        for behind in [2, 3] {
            let at = right.len() - behind;
            let mut taken = 0;
            for first in 0..=u8::MAX {
                for second in 0..=u8::MAX {
                    let mut text = right.clone();
                    text[at] = first;
                    text[at + 1] = second;
                    taken += usize::from(same_as_decoder(version, &text));
                }
            }
            let expected = match (version, behind) {
                (Version::V3, 2) => 16,
                (Version::V3, _) => 64 * 16,
                _ => 16 * 16,
            };
            assert_eq!(taken, expected, "{version}, {behind} from the end");
        }
    }
}

/// Texts that are signatures, or nearly.
fn near_signature() -> impl Strategy<Value = Vec<u8>> {
    let valid = prop_oneof![
        any::<[u8; 32]>().prop_map(|digest| oracle::base64(&digest).into_bytes()),
        any::<[u8; 32]>().prop_map(|digest| oracle::hex(&digest).into_bytes()),
        prop::collection::vec(any::<u8>(), 28..36).prop_map(|bytes| oracle::base64(&bytes).into_bytes()),
        prop::collection::vec(any::<u8>(), 30..34).prop_map(|bytes| oracle::hex(&bytes).into_bytes()),
    ];
    let spoil = prop::option::of((
        any::<prop::sample::Index>(),
        prop_oneof![any::<u8>(), prop::sample::select(b"+/=-_Zz09 \n".to_vec())],
    ));
    let near = (valid, spoil).prop_map(|(mut text, spoil)| {
        if let Some((at, byte)) = spoil {
            let at = at.index(text.len());
            text[at] = byte;
        }
        text
    });
    prop_oneof![
        4 => near,
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => "[A-Za-z0-9+/]{43}=".prop_map(String::into_bytes),
        1 => "[A-Za-z0-9+/]{40,44}={0,3}".prop_map(String::into_bytes),
        1 => "[0-9a-fA-F]{64}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4096) })]

    #[test]
    fn form_equals_the_decoder(text in near_signature()) {
        for version in VERSIONS {
            same_as_decoder(version, &text);
        }
    }
}
