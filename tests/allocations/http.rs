//! The promise that verifying through the feature `http` allocates nothing, whatever the verdict.

use allocation_counter::measure;
use http::Request;
use hubspot_signature::{Error, HeaderFault, Hop, PublicUrl, Verifier, Verifiers, Version};

use crate::common::http::{signed_for, strip_v3};
use crate::common::{NOW, OTHER_SECRET, SECRET, verifier};

const URL: &str = "https://hooks.example.com/stage/hubspot?q=%40%27%2540+";

fn requests() -> Vec<(Request<Vec<u8>>, &'static str)> {
    let unsigned = Request::post("http://hooks.example.com/hubspot?q=%40%27%2540+")
        .header("host", "hooks.example.com")
        .header("x-forwarded-proto", "http, https")
        .header("x-forwarded-host", "evil.example, hooks.example.com")
        .body(b"{}".repeat(2500))
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
    let rotating = Verifier::new(OTHER_SECRET, Version::V2).unwrap().previous_secret(SECRET).unwrap();
    let public_urls = [
        PublicUrl::server("https://hooks.example.com").unwrap().path_prefix("/stage").unwrap(),
        PublicUrl::trusting_host_header().path_prefix("/stage").unwrap(),
        PublicUrl::trusting_forwarded_headers(Hop::Last).path_prefix("/stage").unwrap(),
        PublicUrl::endpoint("https://hooks.example.com/stage/hubspot").unwrap(),
    ];
    let mut accepted = 0;
    for (request, what) in requests() {
        for verifier in [&verifier(), &rotating] {
            for public_url in &public_urls {
                let mut verdict = None;
                let whole = measure(|| verdict = Some(verifier.verify_request(public_url, &request, NOW)));
                assert_eq!(whole.count_total, 0, "{what}");
                accepted += usize::from(verdict.is_some_and(|verdict| verdict.is_ok()));

                // A set of one allocates no more.
                let set = Verifiers::from(verifier.clone());
                let by_set = measure(|| verdict = Some(set.verify_request(public_url, &request, NOW)));
                assert_eq!(by_set.count_total, 0, "{what}");

                let (parts, body) = request.clone().into_parts();
                let streamed = measure(|| {
                    for verification in
                        [verifier.begin_request(public_url, &parts, NOW), set.begin_request(public_url, &parts, NOW)]
                    {
                        verdict = Some(verification.and_then(|mut verification| {
                            body.chunks(7).try_for_each(|chunk| verification.update(chunk))?;
                            verification.finish()
                        }));
                    }
                });
                assert_eq!(streamed.count_total, 0, "{what}");
            }
        }
    }
    // v2 and v3 under both verifiers and every public URL: what was measured is the whole way.
    assert_eq!(accepted, 16);
}

#[test]
fn a_doubtful_host_allocates_nothing_either() {
    let request = Request::post("/hubspot").header("host", "evil.example/path?").body("").unwrap();
    let public_url = PublicUrl::trusting_host_header();
    let mut verdict = None;
    let spent = measure(|| verdict = Some(verifier().verify_request(&public_url, &request, NOW)));
    assert_eq!(verdict, Some(Err(Error::PublicUrlUnknown { header: "host", fault: HeaderFault::Malformed })));
    assert_eq!(spent.count_total, 0);
}

/// So that a counter that never counts is noticed.
#[test]
fn the_counter_counts() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![Version::V3; 8]))).count_total, 1);
}
