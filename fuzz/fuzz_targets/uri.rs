//! v3 is accepted over the URI as it came and over the URI with the twelve escapes replaced in the naive way, and over no
//! other. The input is a line with the URI, then one that was signed instead.
#![no_main]

use std::sync::LazyLock;

use hubspot_signature::{ClientSecret, Error, Header, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use hubspot_signature_fuzz::{SECRET, oracle};

static SIGNER: LazyLock<ClientSecret> = LazyLock::new(|| ClientSecret::new(SECRET).unwrap());
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(SECRET, Version::V3).unwrap());

libfuzzer_sys::fuzz_target!(|input: &str| {
    let Some((uri, other)) = input.split_once('\n') else { return };
    let now = UnixTime::from_millis(1_700_000_000_000);
    let decoded = oracle::decode_uri(uri);
    assert_eq!(oracle::decode_uri(&decoded), decoded, "decoding is idempotent");

    for signed in [uri, &decoded, other] {
        let signature = SIGNER.v3("POST", signed, b"{}", now);
        let headers = SignatureHeaders::new()
            .with(Header::SignatureV3, signature.as_str())
            .with(Header::RequestTimestamp, "1700000000000");
        let verdict = VERIFIER.verify(&RequestHead::new("POST", uri, headers), b"{}", now);
        let expected = if !oracle::is_absolute(uri) {
            Some(Error::UriNotAbsolute)
        } else if let Some(byte) = uri.bytes().find(|byte| !oracle::is_uri_byte(*byte)) {
            Some(Error::UriCharacter { byte })
        } else if signed == uri || signed == decoded {
            None
        } else {
            Some(Error::Mismatch { version: Version::V3 })
        };
        assert_eq!(verdict.err(), expected, "{uri:?} signed as {signed:?}");
    }
});
