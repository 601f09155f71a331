//! Computed signatures equal those of a naive signer that concatenates, for secrets and bodies of every length about a
//! block.

use crate::common::oracle;
use hubspot_signature::{ClientSecret, Error, SignedHeaders, UnixTime};
use proptest::prelude::*;

/// All three schemes against the naive signer.
fn check(secret: &str, method: &str, uri: &str, body: &[u8], millis: u64) {
    let client = ClientSecret::new(secret).expect("a usable secret");
    let timestamp = UnixTime::from_millis(millis);
    let v1 = oracle::v1(secret, body);
    let v2 = oracle::v2(secret, method, uri, body);
    let v3 = oracle::v3(secret, method, uri, body, &millis.to_string());
    assert_eq!(client.v1(body).as_str(), v1);
    assert_eq!(client.v2(method, uri, body).as_str(), v2);
    assert_eq!(client.v3(method, uri, body, timestamp).as_str(), v3);

    // Both signatures at once, if a verifier could accept them.
    let values = |signed: SignedHeaders| -> Vec<_> { signed.pairs().map(|(_, value)| value.to_owned()).collect() };
    let digits = millis.to_string();
    let refusal = if !oracle::is_method(method) {
        Some(Error::InvalidMethod)
    } else if !oracle::is_absolute(uri) {
        Some(Error::UriNotAbsolute)
    } else if let Some(byte) = uri.bytes().find(|byte| !oracle::is_uri_byte(*byte)) {
        Some(Error::UriCharacter { byte })
    } else if digits.len() != 13 {
        Some(Error::MalformedTimestamp { length: digits.len() })
    } else {
        None
    };
    let by = |version, signature: &str| {
        refusal.map_or_else(|| Ok([signature, version, &v3, &digits].map(str::to_owned).to_vec()), Err)
    };
    assert_eq!(client.sign(method, uri, body, timestamp).map(values), by("v2", &v2));
    assert_eq!(client.sign_with_v1(method, uri, body, timestamp).map(values), by("v1", &v1));
}

/// The parts written out by hand, against published answers: RFC 4231 and RFC 4648.
#[test]
fn the_oracle_itself() {
    let mac = |key: &[u8], message: &[u8]| oracle::hex(&oracle::hmac(key, message));
    assert_eq!(
        mac(b"Jefe", b"what do ya want for nothing?"),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        mac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
    for (bytes, text) in
        [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")]
    {
        assert_eq!(oracle::base64(bytes.as_bytes()), text);
    }
    assert_eq!(oracle::base64(&[0xff, 0xef, 0xbe]), "/+++");
}

/// From the shortest to three blocks, and the block itself, on either side of where HMAC begins to hash its key.
#[test]
fn secrets_of_every_length() {
    for length in 16..=200 {
        let secret: String = ('a'..='z').cycle().take(length).collect();
        check(&secret, "POST", "https://a/", b"{}", 1_700_000_000_000);
    }
}

#[test]
fn bodies_of_every_length() {
    let body: Vec<u8> = (0..=u8::MAX).collect();
    for length in 0..=body.len() {
        check(crate::common::SECRET, "POST", crate::common::URI, &body[..length], 1_700_000_000_000);
    }
}

/// The timestamp is signed as its decimal digits, however many.
#[test]
fn timestamps_of_every_length() {
    for digits in 0..20 {
        for millis in [
            10_u64.pow(digits),
            10_u64.pow(digits) - 1,
            10_u64.pow(digits) + 7,
            12_345_678_901_234_567_890 / 10_u64.pow(digits),
        ] {
            check(crate::common::SECRET, "POST", crate::common::URI, b"", millis);
        }
    }
    check(crate::common::SECRET, "POST", crate::common::URI, b"", u64::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Texts need not be sensible to be signed.
    #[test]
    fn any_input(
        secret in any::<String>(),
        method in any::<String>(),
        uri in any::<String>(),
        body in prop::collection::vec(any::<u8>(), 0..300),
        millis in any::<u64>(),
    ) {
        let secret = format!("~0123456789abc{secret}~"); // so that nothing at its ends makes it unusable
        prop_assume!(oracle::is_secret(&secret));
        check(&secret, &method, &uri, &body, millis);
    }
}
