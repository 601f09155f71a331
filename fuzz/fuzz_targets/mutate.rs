//! A request that this crate signs is accepted; after any one change that makes it another request, it is not.
#![no_main]

use arbitrary::Arbitrary;
use hubspot_signature::{ClientSecret, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};

#[derive(Arbitrary, Debug)]
struct Input {
    path: String,
    body: String,
    millis: u64,
    with_v1: bool,
    /// Which of the two signatures the verifier sees.
    v3: bool,
    change: Change,
}

#[derive(Arbitrary, Debug)]
enum Change {
    Nothing,
    Secret(String),
    Method(String),
    Path(String),
    Body(Vec<u8>),
    BodyByte {
        at: usize,
        bits: u8,
    },
    Signature {
        at: usize,
        bits: u8,
    },
    Timestamp {
        at: usize,
        bits: u8,
    },
    /// A part of the path becomes the beginning of the body.
    Boundary {
        moved: usize,
    },
}

libfuzzer_sys::fuzz_target!(|input: Input| {
    let Input { path, body, millis, with_v1, v3, change } = input;
    let text = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
    let now = UnixTime::from_millis(1_000_000_000_000 + millis % 9_000_000_000_000);
    let mut uri = format!("https://hooks.example.com/{path}");
    let secret = ClientSecret::new(text).unwrap();
    let signed = match with_v1 {
        true => secret.sign_with_v1("POST", &uri, body.as_bytes(), now),
        false => secret.sign("POST", &uri, body.as_bytes(), now),
    };
    let pairs = signed.as_pairs();
    let mut pairs = if v3 { pairs[2..].to_vec() } else { pairs[..2].to_vec() };
    let mut values: Vec<Vec<u8>> = pairs.iter().map(|pair| pair.1.as_bytes().to_vec()).collect();

    let mut secret = text.to_owned();
    let mut method = "POST".to_owned();
    let mut body = body.into_bytes();
    let original = (secret.clone(), method.clone(), uri.clone(), body.clone(), values.clone());
    match change {
        Change::Nothing => {}
        Change::Secret(other) => secret = other,
        Change::Method(other) => method = other,
        Change::Path(path) => uri = format!("https://hooks.example.com/{path}"),
        Change::Body(other) => body = other,
        Change::BodyByte { at, bits } => flip(&mut body, at, bits),
        Change::Signature { at, bits } => flip(&mut values[0], at, bits),
        Change::Timestamp { at, bits } if v3 => flip(&mut values[1], at, bits),
        Change::Timestamp { .. } => {}
        Change::Boundary { moved } => {
            let at = uri.len() - moved % (path.len() + 1);
            if uri.is_char_boundary(at) {
                body.splice(0..0, uri.split_off(at).into_bytes());
            }
        }
    }
    let changed = (secret.clone(), method.clone(), uri.clone(), body.clone(), values.clone()) != original;
    // What a scheme does not sign, it cannot defend: v1 neither method nor URL, and no scheme where the URL ends.
    let source = |(_, method, uri, body, values): &(String, String, String, Vec<u8>, Vec<Vec<u8>>)| match (v3, with_v1)
    {
        (true, _) => [method.as_bytes(), uri.as_bytes(), body, &values[1]].concat(),
        (false, false) => [method.as_bytes(), uri.as_bytes(), body].concat(),
        (false, true) => body.clone(),
    };
    let after = (secret.clone(), method.clone(), uri.clone(), body.clone(), values.clone());
    let undefended = secret == text && values[0] == original.4[0] && source(&after) == source(&original);

    let Ok(verifier) = Verifier::new(&secret) else { return };
    let verifier = verifier.minimum_version(Version::V1);
    for (pair, value) in pairs.iter_mut().zip(&values) {
        match std::str::from_utf8(value) {
            Ok(value) => pair.1 = value,
            // Other bytes are never a signature or a time; the text target sends them.
            Err(_) => return,
        }
    }
    let headers = SignatureHeaders::from_pairs(pairs.iter().copied());
    let verdict = verifier.verify_at(&RequestHead { method: &method, uri: &uri, headers }, &body, now);
    if !changed {
        assert!(verdict.is_ok(), "{verdict:?}");
    } else if !undefended && !uri.contains('%') {
        assert!(verdict.is_err());
    }
});

fn flip(bytes: &mut [u8], at: usize, bits: u8) {
    if !bytes.is_empty() {
        let at = at % bytes.len();
        bytes[at] ^= bits;
    }
}
