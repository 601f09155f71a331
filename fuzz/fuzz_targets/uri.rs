//! v3 is accepted over the URI as it came and over the URI with the twelve escapes replaced in the naive way, and over no
//! other.
#![no_main]

use hubspot_signature::{ClientSecret, Error, Header, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use hubspot_signature_fuzz::oracle;

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (uri, other) = input;
    let text = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let (secret, verifier) = (ClientSecret::new(text).unwrap(), Verifier::new(text).unwrap());
    let now = UnixTime::from_millis(1_700_000_000_000);
    let decoded = oracle::decode(uri);
    assert_eq!(oracle::decode(&decoded), decoded, "decoding is idempotent");

    for signed in [uri, &decoded, other] {
        let signature = secret.v3("POST", signed, b"{}", now);
        let headers = SignatureHeaders::new()
            .with(Header::SignatureV3, signature.as_str())
            .with(Header::RequestTimestamp, "1700000000000");
        let verdict = verifier.verify_at(&RequestHead { method: "POST", uri, headers }, b"{}", now);
        let expected = if !oracle::is_absolute(uri) {
            Some(Error::UriNotAbsolute)
        } else if signed == uri || signed == decoded {
            None
        } else {
            Some(Error::Mismatch { version: Version::V3 })
        };
        assert_eq!(verdict.err(), expected, "{uri:?} signed as {signed:?}");
    }
});
