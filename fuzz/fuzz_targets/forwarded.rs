//! Forwarding headers, read by the crate and by an oracle that was written from RFC 7239 and RFC 9110: they give the same
//! public URL or none, and the error names a fault that is there.
//!
//! The input is a line, `first` or `last`, the request's target, and header lines.
#![no_main]

use std::sync::LazyLock;

use http::{HeaderName, HeaderValue, Request, Uri};
use hubspot_signature::{ClientSecret, Error, HeaderFault, Hop, PublicUrl, UnixTime};
use hubspot_signature_fuzz::oracle::{self, Origin};
use hubspot_signature_fuzz::{SECRET, Scheme};

static SIGNER: LazyLock<ClientSecret> = LazyLock::new(|| ClientSecret::new(SECRET).unwrap());

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|byte| *byte == b'\n');
    let (last, hop) = match lines.next() {
        Some(b"first") => (false, Hop::First),
        Some(b"last") => (true, Hop::Last),
        _ => return,
    };
    let Some(target) = lines.next().and_then(|line| str::from_utf8(line).ok()) else { return };
    let Ok(uri) = target.parse::<Uri>() else { return };
    let mut request = Request::new(b"{}");
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = uri;
    let mut headers = Vec::new();
    for line in lines {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else { return };
        headers.push((name.as_str().to_owned(), value.as_bytes().to_vec()));
        request.headers_mut().append(name, value);
    }

    let public_url = PublicUrl::trusting_forwarded_headers(hop);
    let expected = oracle::public_url(&Origin::Forwarded { last }, "", target, &headers);
    // The signature tells which URL was signed.
    let signed = SIGNER.sign_request(&public_url, &mut request, UnixTime::from_millis(1_700_000_000_000));
    let url = match (signed, &expected) {
        (Ok(()), oracle::PublicUrl::Known(url) | oracle::PublicUrl::Lenient(url)) => url,
        (Err(error), oracle::PublicUrl::Known(url)) => {
            let has_other_bytes = matches!(error, Error::UriCharacter { .. }) && !oracle::has_only_uri_characters(url);
            assert!(has_other_bytes, "{error:?} {expected:?} {headers:?}");
            return;
        }
        (Err(error), _) => return assert_fault(error, target, &headers),
        (Ok(()), oracle::PublicUrl::Unknown) => panic!("{expected:?} {headers:?}"),
    };
    let signature = oracle::sign(Scheme::V2, SECRET, "POST", url, b"{}", b"");
    assert_eq!(request.headers()["x-hubspot-signature"], signature, "{url} {headers:?}");
});

fn assert_fault(error: Error, target: &str, headers: &[(String, Vec<u8>)]) {
    let count = |name: &str| headers.iter().filter(|header| header.0 == name).count();
    match error {
        Error::UriNotAbsolute => assert!(!target.starts_with(['/', '?']) && !target.contains("://"), "{target}"),
        Error::UriCharacter { .. } => {}
        Error::PublicUrlUnknown { header, fault } => match fault {
            HeaderFault::Absent => assert!(count(header) == 0 || header == "forwarded", "{header} {headers:?}"),
            HeaderFault::Doubled => assert!(count(header) > 1, "{header} {headers:?}"),
            HeaderFault::Malformed => assert!(count(header) == 1 || target.contains("://"), "{header} {headers:?}"),
            HeaderFault::Contradicted => {
                let sources = count("forwarded") + count("x-forwarded-proto") + count("x-forwarded-host");
                assert!(sources > 1 || target.contains("://"), "{header} {headers:?}");
            }
            _ => unreachable!(),
        },
        _ => panic!("{error:?}"),
    }
}
