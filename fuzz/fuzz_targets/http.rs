//! Requests of the `http` crate: the URL that is made of target, headers and public URL is the oracle's, a request is
//! accepted if and only if the oracle accepts it over that URL, and what is signed here is signed as the oracle signs.
#![no_main]

use hubspot_signature::{ClientSecret, Error};
use hubspot_signature_fuzz::oracle::{self, PublicUrl};
use hubspot_signature_fuzz::{Delivered, Scheme};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some(Delivered { mut case, public_url, mut request, url }) = Delivered::parse(input) else { return };
    let Some(verifier) = case.verifier() else { return };
    let now = case.now();

    let verdict = verifier.verify_request(&public_url, &request, now);
    let (parts, body) = request.clone().into_parts();
    let streamed = verifier.begin_request(&public_url, &parts, now).and_then(|mut verification| {
        body.chunks(7).try_for_each(|chunk| verification.update(chunk))?;
        verification.finish()
    });
    assert_eq!(streamed.ok(), verdict.ok());
    let says_no_url =
        matches!(verdict, Err(Error::PublicUrlUnknown { .. } | Error::PathNotEndpoint | Error::UriNotAbsolute));
    match url {
        PublicUrl::Unknown => assert!(says_no_url, "{verdict:?}\n{case:?}"),
        PublicUrl::Lenient(_) if says_no_url => return,
        PublicUrl::Lenient(_) | PublicUrl::Known(_) => {
            assert!(!says_no_url, "{verdict:?}\n{case:?}");
            case.assert_agrees(&verdict);
        }
    }

    let secret = ClientSecret::new(&case.secret).unwrap();
    let may_be_signed = !says_no_url
        && oracle::is_method(&case.method)
        && oracle::has_only_uri_characters(&case.uri)
        && oracle::timestamp_millis(case.now.to_string().as_bytes()).is_some();
    for older in [Scheme::V1, Scheme::V2] {
        let signed = match older {
            Scheme::V1 => secret.sign_request_with_v1(&public_url, &mut request, now),
            _ => secret.sign_request(&public_url, &mut request, now),
        };
        assert_eq!(signed.is_ok(), may_be_signed, "{signed:?}\n{case:?}");
        if !may_be_signed {
            continue;
        }
        case.headers.retain(|header| !header.0.to_lowercase().starts_with("x-hubspot-"));
        case.sign(older);
        case.sign(Scheme::V3);
        for (name, value) in case.headers.iter().filter(|header| header.0.starts_with("x-hubspot-")) {
            let found: Vec<&[u8]> = request.headers().get_all(name).iter().map(|value| value.as_bytes()).collect();
            assert_eq!(found, [value], "{name}");
        }
        case.assert_agrees(&verifier.verify_request(&public_url, &request, now));
    }
});
