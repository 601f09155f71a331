//! The promise that verifying through the feature `http` allocates nothing, whatever the verdict.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
#![cfg(feature = "http")]

mod adapters_common;

use adapters_common::{NOW, SECRET, signed_for, strip_v3, verifier};
use allocation_counter::measure;
use http::Request;
use hubspot_signature::http::{Hop, PublicUrl, begin_at, verify_at, verify_parts_at};
use hubspot_signature::{Error, Verifier, Version};

const URL: &str = "https://hooks.example.com/stage/hubspot?q=%40%27%2540+";

fn requests() -> Vec<(Request<Vec<u8>>, &'static str)> {
    let unsigned = Request::post("http://hooks.example.com/hubspot?q=%40%27%2540+")
        .header("host", "hooks.example.com")
        .header("x-forwarded-proto", "http, https")
        .header("x-forwarded-host", "evil.example, hooks.example.com")
        .body(vec![b'x'; 5000])
        .unwrap();
    let signed = signed_for(unsigned.clone(), URL);
    let mut tampered = signed.clone();
    tampered.body_mut().push(b'x');
    let mut doubled = signed.clone();
    doubled.headers_mut().append("x-hubspot-signature", "x".parse().unwrap());
    let mut nowhere = signed.clone();
    *nowhere.uri_mut() = "*".parse().unwrap();
    vec![
        (unsigned, "no signature"),
        (strip_v3(signed.clone()), "v2"),
        (signed, "v3"),
        (tampered, "tampered"),
        (doubled, "doubled"),
        (nowhere, "without a path"),
    ]
}

#[test]
fn verifying_allocates_nothing() {
    let rotating = Verifier::new("zzzzzzzz").unwrap().previous_secret(SECRET).unwrap();
    let public_urls = [
        PublicUrl::new("https://hooks.example.com").unwrap(),
        PublicUrl::trusting_host_header(),
        PublicUrl::trusting_forwarded_headers(Hop::Last),
    ]
    .map(|public_url| public_url.path_prefix("/stage").unwrap());
    let mut accepted = 0;
    for (request, what) in requests() {
        for verifier in [&verifier(), &rotating] {
            for public_url in &public_urls {
                let mut verdict = None;
                let whole = measure(|| verdict = Some(verify_at(verifier, public_url, &request, NOW)));
                assert_eq!(whole.count_total, 0, "{what}");
                accepted += usize::from(verdict.is_some_and(|verdict| verdict.is_ok()));

                let (parts, body) = request.clone().into_parts();
                let in_parts = measure(|| verdict = Some(verify_parts_at(verifier, public_url, &parts, &body, NOW)));
                assert_eq!(in_parts.count_total, 0, "{what}");

                let streamed = measure(|| {
                    let verification = begin_at(verifier, public_url, &parts, NOW);
                    verdict = Some(verification.and_then(|mut verification| {
                        body.chunks(7).for_each(|chunk| verification.update(chunk));
                        verification.finish()
                    }));
                });
                assert_eq!(streamed.count_total, 0, "{what}");
            }
        }
    }
    // v2 and v3 under both verifiers and every public URL: what was measured is the whole way.
    assert_eq!(accepted, 12);
}

#[test]
fn a_doubtful_host_allocates_nothing_either() {
    let request = Request::post("/hubspot").header("host", "evil.example/path?").body("").unwrap();
    let public_url = PublicUrl::trusting_host_header();
    let mut verdict = None;
    let spent = measure(|| verdict = Some(verify_at(&verifier(), &public_url, &request, NOW)));
    assert_eq!(verdict, Some(Err(Error::PublicUrlUnknown { header: "host" })));
    assert_eq!(spent.count_total, 0);
}

/// So that a counter that never counts is noticed.
#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![Version::V3; 8]))).count_total, 1);
}
