//! A request that this crate signs is accepted. After any one change that makes it another request, it is not.
//!
//! The input is lines of `path`, `time`, `older v1` or `older v2` (the version next to v3), `show older` if that is the
//! one to verify, and the changes; then `-` and the body.
#![no_main]

use std::sync::LazyLock;

use hubspot_signature::{ClientSecret, RequestHead, SignatureHeaders, UnixTime, Verifier, Version};
use hubspot_signature_fuzz::{SECRET, lines_until_dash, oracle};

static SIGNER: LazyLock<ClientSecret> = LazyLock::new(|| ClientSecret::new(SECRET).unwrap());
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| Verifier::new(SECRET, Version::V1).unwrap());

#[derive(Clone, PartialEq)]
struct Signed {
    secret: String,
    method: String,
    uri: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((lines, body)) = lines_until_dash(input) else { return };
    let mut path = "hubspot";
    let (mut now, mut with_v1, mut v3) = (UnixTime::from_millis(1_700_000_000_000), false, true);
    let mut changes = Vec::new();
    for line in lines {
        match line.split_once(' ') {
            Some(("path", text)) => path = text,
            Some(("time", millis)) => {
                let Ok(millis) = millis.parse() else { return };
                now = UnixTime::from_millis(millis);
            }
            Some(("older", version)) => with_v1 = version == "v1",
            Some(("show", version)) => v3 = version != "older",
            Some(change) => changes.push(change),
            None => return,
        }
    }

    let uri = format!("https://hooks.example.com/{path}");
    let signed = match with_v1 {
        true => SIGNER.sign_with_v1("POST", &uri, body, now),
        false => SIGNER.sign("POST", &uri, body, now),
    };
    let has_13_digits = oracle::timestamp_millis(now.as_millis().to_string().as_bytes()).is_some();
    assert_eq!(signed.is_ok(), oracle::has_only_uri_characters(&uri) && has_13_digits, "{signed:?}");
    let Ok(signed) = signed else { return };
    let headers = signed.pairs().map(|(name, value)| (name, value.as_bytes().to_vec()));
    let headers = if v3 { headers.skip(2).collect() } else { headers.take(2).collect() };
    let original = Signed { secret: SECRET.to_owned(), method: "POST".to_owned(), uri, body: body.to_vec(), headers };
    let mut changed = original.clone();
    for (name, argument) in changes {
        if change(&mut changed, name, argument).is_none() {
            return;
        }
    }

    // What a scheme does not sign, it cannot defend: v1 neither method nor URL, and no scheme where the URL ends.
    let source = |Signed { method, uri, body, headers, .. }: &Signed| match (v3, with_v1) {
        (true, _) => [method.as_bytes(), uri.as_bytes(), body, &headers[1].1].concat(),
        (false, false) => [method.as_bytes(), uri.as_bytes(), body].concat(),
        (false, true) => body.clone(),
    };
    let undefended = changed.secret == SECRET
        && oracle::trim(&changed.headers[0].1) == original.headers[0].1
        && source(&changed) == source(&original);

    let another;
    let verifier = if changed.secret == SECRET {
        &*VERIFIER
    } else {
        let Ok(verifier) = Verifier::new(&changed.secret, Version::V1) else { return };
        another = verifier;
        &another
    };
    let headers = SignatureHeaders::from_pairs(changed.headers.iter().map(|(name, value)| (name, value)));
    let verdict = verifier.verify(&RequestHead::new(&changed.method, &changed.uri, headers), &changed.body, now);
    if changed == original {
        let has_nul = !v3 && body.contains(&0);
        assert_eq!(verdict.is_ok(), oracle::body_may_stand_alone(body) && !has_nul, "{verdict:?}");
    } else if !undefended && !changed.uri.contains('%') {
        assert!(verdict.is_err());
    }
});

/// `None` if there is no such change.
fn change(signed: &mut Signed, name: &str, argument: &str) -> Option<()> {
    let flip = |bytes: &mut Vec<u8>| {
        let (at, bits) = argument.split_once(' ')?;
        let (at, bits) = (at.parse::<usize>().ok()?, bits.parse::<u8>().ok()?);
        let at = at.checked_rem(bytes.len())?;
        bytes[at] ^= bits;
        Some(())
    };
    match name {
        "secret" => argument.clone_into(&mut signed.secret),
        "method" => argument.clone_into(&mut signed.method),
        "to-path" => signed.uri = format!("https://hooks.example.com/{argument}"),
        "body" => signed.body = argument.into(),
        "flip-body" => flip(&mut signed.body)?,
        "flip-signature" => flip(&mut signed.headers[0].1)?,
        "flip-second-header" => flip(&mut signed.headers[1].1)?,
        // The last bytes of the URI become the first of the body.
        "move" => {
            let at = signed.uri.len().checked_sub(argument.parse().ok()?)?;
            let moved = signed.uri.get(at..)?.as_bytes().to_vec();
            signed.uri.truncate(at);
            signed.body.splice(0..0, moved);
        }
        _ => return None,
    }
    Some(())
}
