//! Requests of the `http` crate: the URL that is made of target, headers and public URL is the oracle's, a request is
//! accepted if and only if the oracle accepts it over that URL, and what is signed here is signed as the oracle signs.
#![no_main]

use hubspot_signature::{ClientSecret, Error, http};
use hubspot_signature_fuzz::oracle::{self, Accepted};
use hubspot_signature_fuzz::{Delivered, Scheme};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(Delivered { mut case, public_url, mut request, url }) = Delivered::parse(input) else { return };
    let Some(verifier) = case.verifier() else { return };
    let now = case.now();

    let verdict = http::verify_at(&verifier, &public_url, &request, now);
    let says_no_url = matches!(verdict, Err(Error::PublicUrlUnknown { .. } | Error::UriNotAbsolute));
    assert_eq!(says_no_url, url.is_none(), "{verdict:?} {url:?}\n{case:?}");
    let expected = url.as_ref().and_then(|_| oracle::judge(&case));
    assert_eq!(verdict.ok().map(Accepted::from), expected, "{verdict:?} {url:?}\n{case:?}");

    let (parts, body) = request.clone().into_parts();
    assert_eq!(http::verify_parts_at(&verifier, &public_url, &parts, &body, now), verdict);
    let streamed = http::begin_at(&verifier, &public_url, &parts, now).and_then(|mut verification| {
        for chunk in body.chunks(7) {
            verification.update(chunk);
        }
        verification.finish()
    });
    assert_eq!(streamed, verdict);

    let secret = ClientSecret::new(&case.secret).unwrap();
    for older in [Scheme::V1, Scheme::V2] {
        let signed = match older {
            Scheme::V1 => http::sign_with_v1(&secret, &public_url, &mut request, now),
            _ => http::sign(&secret, &public_url, &mut request, now),
        };
        assert_eq!(signed.is_ok(), url.is_some(), "{signed:?} {url:?}");
        if url.is_none() {
            continue;
        }
        case.headers.retain(|header| !header.0.to_lowercase().starts_with("x-hubspot-"));
        case.sign(older);
        case.sign(Scheme::V3);
        for (name, value) in case.headers.iter().filter(|header| header.0.starts_with("x-hubspot-")) {
            let found: Vec<&[u8]> = request.headers().get_all(name).iter().map(|value| value.as_bytes()).collect();
            assert_eq!(found, [value], "{name}");
        }
        let verdict = http::verify_at(&verifier, &public_url, &request, now);
        assert_eq!(verdict.ok().map(Accepted::from), oracle::judge(&case), "{verdict:?}\n{case:?}");
    }
});
