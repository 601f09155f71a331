//! The promises of the feature `http`: which URL is verified, and that the rest is the core.

use http::header::{FORWARDED, HOST};
use http::{HeaderName, HeaderValue, Method, Request, Uri, Version as HttpVersion};
use hubspot_signature::HeaderFault::{Absent, Contradicted, Doubled, Malformed};
use hubspot_signature::{
    Error, Header, HeaderFault, Hop, MatchedSecret, PublicUrl, PublicUrlError, RequestHead, SignatureHeaders, UnixTime,
    Verifier, Version,
};
use proptest::prelude::*;

use crate::common::http::{set, signed_for, strip_v3};
use crate::common::{NOW, OTHER_SECRET, SECRET, lax_verifier, secret, verifier, without_form};

const PROTO: &str = "x-forwarded-proto";
const NAME: &str = "x-forwarded-host";

type Headers = &'static [(&'static str, &'static str)];

fn configured(url: &str) -> PublicUrl {
    PublicUrl::server(url).unwrap()
}

fn post(uri: &str) -> Request<Vec<u8>> {
    Request::post(uri).body(b"[{\"eventId\":1}]".to_vec()).unwrap()
}

fn with(mut request: Request<Vec<u8>>, headers: &[(&'static str, &str)]) -> Request<Vec<u8>> {
    for &(name, value) in headers {
        request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    request
}

/// The request is taken for one to `url`, verbatim: v2 has no second form of the URI.
#[track_caller]
fn assert_url(public_url: &PublicUrl, request: Request<Vec<u8>>, url: &str) {
    let mut signed = request.clone();
    secret().sign_request(public_url, &mut signed, NOW).unwrap();
    assert_eq!(
        signed.headers()[Header::Signature.name()],
        secret().v2(request.method().as_str(), url, request.body()).as_str(),
        "signed another URL than {url}"
    );
    let genuine = strip_v3(signed_for(request.clone(), url));
    assert_eq!(
        verifier().verify_request(public_url, &genuine, NOW).map(|verified| verified.version()),
        Ok(Version::V2)
    );
    let other = strip_v3(signed_for(request, &format!("{url}x")));
    assert_eq!(verifier().verify_request(public_url, &other, NOW), Err(Error::Mismatch { version: Version::V2 }));
}

#[track_caller]
fn assert_refused(public_url: &PublicUrl, mut request: Request<Vec<u8>>, error: Error) {
    assert_eq!(secret().sign_request(public_url, &mut request, NOW), Err(error));
    assert_eq!(secret().sign_request_with_v1(public_url, &mut request, NOW), Err(error));
    let request = signed_for(request, "https://hooks.example.com/hubspot");
    assert_eq!(verifier().verify_request(public_url, &request, NOW), Err(error));
    let (parts, _) = request.into_parts();
    assert_eq!(verifier().begin_request(public_url, &parts, NOW).err(), Some(error));
}

const fn unknown(header: &'static str, fault: HeaderFault) -> Error {
    Error::PublicUrlUnknown { header, fault }
}

#[test]
fn public_urls_that_are_taken() {
    for (public_url, url) in [
        ("https://hooks.example.com", "https://hooks.example.com/hubspot?tenant=7"),
        ("https://hooks.example.com/", "https://hooks.example.com/hubspot?tenant=7"),
        ("http://localhost:3000", "http://localhost:3000/hubspot?tenant=7"),
        ("https://hooks.example.com:8443", "https://hooks.example.com:8443/hubspot?tenant=7"),
        ("https://hooks.example.com:443", "https://hooks.example.com:443/hubspot?tenant=7"),
        ("https://api.example.com/stage", "https://api.example.com/stage/hubspot?tenant=7"),
        ("https://api.example.com/stage/", "https://api.example.com/stage/hubspot?tenant=7"),
        ("https://api.example.com/a//", "https://api.example.com/a//hubspot?tenant=7"),
        ("https://api.example.com/a%2Fb@c", "https://api.example.com/a%2Fb@c/hubspot?tenant=7"),
        ("https://Hooks.Example.com", "https://Hooks.Example.com/hubspot?tenant=7"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example/hubspot?tenant=7"),
        ("https://a_b.example.com", "https://a_b.example.com/hubspot?tenant=7"),
        ("https://192.0.2.7", "https://192.0.2.7/hubspot?tenant=7"),
        ("https://[2001:db8::7]", "https://[2001:db8::7]/hubspot?tenant=7"),
        ("https://[2001:db8::7]:8443/", "https://[2001:db8::7]:8443/hubspot?tenant=7"),
    ] {
        assert_url(&configured(public_url), post("/hubspot?tenant=7"), url);
    }
}

#[test]
fn public_urls_that_are_refused() {
    use PublicUrlError::{Credentials, Fragment, NotAbsolute, Query};
    for (url, error) in [
        ("", NotAbsolute),
        ("*", NotAbsolute),
        ("/hubspot", NotAbsolute),
        ("hooks.example.com", NotAbsolute),
        ("hooks.example.com:443", NotAbsolute),
        ("//hooks.example.com", NotAbsolute),
        ("ftp://hooks.example.com", NotAbsolute),
        ("wss://hooks.example.com", NotAbsolute),
        ("https:/hooks.example.com", NotAbsolute),
        ("https://", NotAbsolute),
        ("https:///hubspot", NotAbsolute),
        ("https://:443", NotAbsolute),
        (" https://hooks.example.com", NotAbsolute),
        ("https://hooks.example.com\n", NotAbsolute),
        ("https://hooks.example.com/a b", NotAbsolute),
        ("https://hooks example.com", NotAbsolute),
        ("https://hooks.example.com\\stage", NotAbsolute),
        ("https://b\u{fc}cher.example", NotAbsolute),
        ("https://hooks%2Eexample.com", NotAbsolute),
        ("https://a.example.com,https", NotAbsolute),
        ("https://a.example.com;b", NotAbsolute),
        ("https://hooks.example.com:", NotAbsolute),
        ("https://hooks.example.com:https", NotAbsolute),
        ("https://hooks.example.com:+443", NotAbsolute),
        ("https://hooks.example.com:65536", NotAbsolute),
        ("https://hooks.example.com:80:80", NotAbsolute),
        ("https://2001:db8::7", NotAbsolute),
        ("https://[2001:db8::7", NotAbsolute),
        ("https://[2001:db8::7]x", NotAbsolute),
        ("https://[hooks.example.com]", NotAbsolute),
        ("https://[]", NotAbsolute),
        ("https://user@hooks.example.com", Credentials),
        ("https://user:password@hooks.example.com", Credentials),
        ("https://hooks.example.com:443@evil.example", Credentials),
        ("https://hooks.example.com?", Query),
        ("https://hooks.example.com/hubspot?tenant=7", Query),
        ("/hubspot?tenant=7", Query),
        ("https://hooks.example.com#", Fragment),
        ("https://hooks.example.com/hubspot#top", Fragment),
    ] {
        assert_eq!(PublicUrl::server(url).err(), Some(error), "{url:?}");
    }
}

#[test]
fn path_prefix_goes_between_the_public_url_and_the_path() {
    let prefixed = |prefix| configured("https://api.example.com").path_prefix(prefix).unwrap();
    assert_url(&prefixed("/stage"), post("/hubspot?a=b"), "https://api.example.com/stage/hubspot?a=b");
    assert_url(&prefixed("/v1/st%20age"), post("/?a=b"), "https://api.example.com/v1/st%20age/?a=b");
    let both = configured("https://api.example.com/stage/").path_prefix("/nested").unwrap();
    assert_url(&both, post("/hubspot"), "https://api.example.com/stage/nested/hubspot");
    let last = prefixed("/first").path_prefix("/second").unwrap();
    assert_url(&last, post("/hubspot"), "https://api.example.com/second/hubspot");
    let trusting = PublicUrl::trusting_host_header().path_prefix("/stage").unwrap();
    let request = with(post("/hubspot"), &[("host", "api.example.com")]);
    assert_url(&trusting, request, "https://api.example.com/stage/hubspot");
}

#[test]
fn path_prefixes_that_are_refused() {
    for prefix in
        ["", "/", "stage", "/stage/", "//", "*", "?", "/stage?", "/stage?a=b", "/stage#", "#", "/st age", "/a\n"]
    {
        let refused = configured("https://api.example.com").path_prefix(prefix).err();
        assert_eq!(refused, Some(PublicUrlError::PathPrefix), "{prefix:?}");
    }
}

#[test]
fn path_and_query_are_signed_byte_for_byte() {
    let public_url = configured("https://hooks.example.com");
    for target in [
        "/",
        "/?",
        "/hubspot?",
        "/hubspot?a=b&a=c&&=",
        "/hubspot?z=1&a=2",
        "/hubspot?q=a+b%20c%2Bd",
        "/%2540%2525?x=%2540",
        "/%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B?q=%3a%2f%3f%40%21%24%27%28%29%2a%2c%3b",
        "/:/?q=:/?@!$'()*,;",
        "/caf%C3%A9?name=%E2%82%AC",
        "/a/../b/./c//d",
        "/%zz%?%",
        "/a;b=c?d;e",
        "//evil.example/hubspot",
        "/?next=https://evil.example/",
        "/hubspot?a=b?c=d",
    ] {
        assert_url(&public_url, post(target), &format!("https://hooks.example.com{target}"));
    }
}

/// Versions of `http` before 1.3 refuse such a target themselves.
#[test]
fn a_target_in_plain_utf8_is_signed_byte_for_byte() {
    let target = "/caf\u{e9}?name=\u{20ac}";
    if target.parse::<Uri>().is_ok() {
        assert_url(
            &configured("https://hooks.example.com"),
            post(target),
            &format!("https://hooks.example.com{target}"),
        );
    }
}

#[test]
fn v3_takes_the_url_as_received_or_with_the_twelve_escapes_decoded() {
    let public_url = configured("https://hooks.example.com/a%2Fb");
    let request = || post("/%40?q=%27%2540%20+");
    for url in ["https://hooks.example.com/a%2Fb/%40?q=%27%2540%20+", "https://hooks.example.com/a/b/@?q='%2540%20+"] {
        let request = signed_for(request(), url);
        assert_eq!(verifier().verify_request(&public_url, &request, NOW).unwrap().version(), Version::V3);
    }
    for url in [
        "https://hooks.example.com/a%2Fb/@?q='%2540%20+",
        "https://hooks.example.com/a/b/@?q='@%20+",
        "https://hooks.example.com/a/b/@?q='%2540 +",
        "https://hooks.example.com/a/b/@?q='%2540%20%20",
    ] {
        let request = signed_for(request(), url);
        assert_eq!(
            verifier().verify_request(&public_url, &request, NOW),
            Err(Error::Mismatch { version: Version::V3 }),
            "{url}"
        );
    }
}

#[test]
fn of_an_absolute_target_only_path_and_query_count() {
    let public_url = configured("https://hooks.example.com");
    for target in [
        "http://evil.example/hubspot?tenant=7",
        "https://user:password@evil.example:1/hubspot?tenant=7",
        "ftp://hooks.example.com/hubspot?tenant=7",
        "http://hooks.example.com/hubspot?tenant=7#fragment",
        "/hubspot?tenant=7#fragment",
    ] {
        assert_url(&public_url, post(target), "https://hooks.example.com/hubspot?tenant=7");
    }
    assert_url(&public_url, post("http://evil.example"), "https://hooks.example.com/");
    // A target without a path.
    assert_url(&public_url, post("http://evil.example?tenant=7"), "https://hooks.example.com?tenant=7");
    let endpoint = PublicUrl::endpoint("https://hooks.example.com").unwrap();
    assert_url(&endpoint, post("http://evil.example?tenant=7"), "https://hooks.example.com?tenant=7");
    let with_host = with(post("http://evil.example/hubspot"), &[("host", "evil.example"), ("host", "another.example")]);
    assert_url(&public_url, with_host, "https://hooks.example.com/hubspot");
}

#[test]
fn targets_without_a_path_are_refused() {
    let every = [
        configured("https://hooks.example.com"),
        PublicUrl::trusting_host_header(),
        PublicUrl::trusting_forwarded_headers(Hop::First),
    ];
    for public_url in every {
        for (method, target) in [("OPTIONS", "*"), ("CONNECT", "hooks.example.com:443"), ("POST", "hooks.example.com")]
        {
            let request = Request::builder().method(method).uri(target).header("host", "hooks.example.com");
            let request = with(request.body(Vec::new()).unwrap(), &[(PROTO, "https")]);
            assert_refused(&public_url, request, Error::UriNotAbsolute);
        }
    }
}

#[test]
fn the_trusted_host_is_that_of_the_header_or_of_the_target() {
    let https = PublicUrl::trusting_host_header();
    let http = PublicUrl::trusting_host_header_over_http();
    for host in
        ["hooks.example.com", "hooks.example.com:8443", "localhost", "a_b-c.example", "[2001:db8::7]:80", "192.0.2.7"]
    {
        let request = || with(post("/hubspot?a=b"), &[("host", host)]);
        assert_url(&https, request(), &format!("https://{host}/hubspot?a=b"));
        assert_url(&http, request(), &format!("http://{host}/hubspot?a=b"));

        let mut over_http2 = post(&format!("http://{host}/hubspot?a=b"));
        *over_http2.version_mut() = HttpVersion::HTTP_2;
        assert_url(&https, over_http2.clone(), &format!("https://{host}/hubspot?a=b"));
        let with_both = with(over_http2, &[("host", host)]);
        assert_url(&https, with_both, &format!("https://{host}/hubspot?a=b"));
    }
}

#[test]
fn a_trusted_host_that_is_doubtful_is_refused() {
    let refused = |request, fault| assert_refused(&PublicUrl::trusting_host_header(), request, unknown("host", fault));
    refused(post("/hubspot"), Absent);
    refused(with(post("/hubspot"), &[("host", "hooks.example.com"), ("host", "evil.example")]), Doubled);
    refused(with(post("/hubspot"), &[("host", "hooks.example.com"), ("host", "hooks.example.com")]), Doubled);
    refused(with(post("https://hooks.example.com/hubspot"), &[("host", "evil.example")]), Contradicted);
    refused(with(post("https://hooks.example.com/hubspot"), &[("host", "hooks.example.com:443")]), Contradicted);
    refused(post("https://user@hooks.example.com/hubspot"), Malformed);
    refused(post("https://a,b/hubspot"), Malformed);
    let mut not_ascii = post("/hubspot");
    not_ascii.headers_mut().insert(HOST, HeaderValue::from_bytes(b"b\xfccher.example").unwrap());
    refused(not_ascii, Malformed);
    for host in MALFORMED_HOSTS {
        refused(with(post("/hubspot"), &[("host", host)]), Malformed);
    }
}

const MALFORMED_HOSTS: [&str; 27] = [
    "",
    " ",
    ":",
    ":443",
    "evil.example/path?",
    "evil.example/",
    "evil.example?",
    "evil.example#",
    "evil.example\\",
    "user@evil.example",
    "user:password@evil.example",
    "@evil.example",
    "a.example,b.example",
    "a.example b.example",
    "a.example\tb",
    "a.example;b",
    "\"a.example\"",
    "a.example%2Fb",
    "a.example:",
    "a.example:443x",
    "a.example:+443",
    "a.example:65536",
    "a.example:80:80",
    "https://a.example",
    "[a.example]",
    "[::1",
    "::1",
];

/// The danger that the name `trusting_host_header` warns of: the secret is the same for every host of an app, so a request captured
/// at one of them verifies at another that believes its `Host`.
#[test]
fn a_request_replayed_at_another_host_passes_where_the_host_header_is_trusted_and_only_there() {
    let captured = with(post("/hubspot"), &[("host", "staging.example.com")]);
    let captured = signed_for(captured, "https://staging.example.com/hubspot");
    let at_production = |public_url: &PublicUrl| verifier().verify_request(public_url, &captured, NOW);

    assert!(at_production(&PublicUrl::trusting_host_header()).is_ok());
    let refused = at_production(&configured("https://hooks.example.com"));
    assert_eq!(refused, Err(Error::Mismatch { version: Version::V3 }));
}

#[test]
fn forwarding_headers_that_are_taken() {
    let first = PublicUrl::trusting_forwarded_headers(Hop::First);
    let last = PublicUrl::trusting_forwarded_headers(Hop::Last);
    let two_hops: [(Headers, &str, &str); 4] = [
        (&[(PROTO, "https,http"), (NAME, "a.example,b.example:80")], "https://a.example", "http://b.example:80"),
        (&[(PROTO, " https \t, http "), (NAME, "a.example\t, b.example")], "https://a.example", "http://b.example"),
        (
            &[("forwarded", "for=192.0.2.1;proto=https;host=a.example, proto=http;host=\"b.example:80\"")],
            "https://a.example",
            "http://b.example:80",
        ),
        (
            &[("forwarded", "host=a.example;proto=https,for=unknown,HOST=b.example;Proto=HTTP;by=_x")],
            "https://a.example",
            "http://b.example",
        ),
    ];
    for (headers, of_first, of_last) in two_hops {
        let request = || with(with(post("/hubspot?a=b"), headers), &[("host", "internal:3000")]);
        assert_url(&first, request(), &format!("{of_first}/hubspot?a=b"));
        assert_url(&last, request(), &format!("{of_last}/hubspot?a=b"));
    }
    let one_hop: [(Headers, &str); 20] = [
        // Empty pairs and empty elements: RFC 7239 section 4, RFC 9110 section 5.6.1.2.
        (&[("forwarded", "for=192.0.2.60;proto=https;host=a.example;")], "https://a.example"),
        (&[("forwarded", ";;for=192.0.2.60;;proto=https;host=a.example")], "https://a.example"),
        (&[("forwarded", ", for=192.0.2.60;proto=https;host=a.example")], "https://a.example"),
        (&[("forwarded", ",,proto=https;host=a.example , ,")], "https://a.example"),
        (&[(PROTO, ",https,"), (NAME, " , a.example")], "https://a.example"),
        // Cloud Run sends both; they agree.
        (&[("forwarded", "for=\"192.0.2.60\";proto=https"), (PROTO, "https")], "https://internal:3000"),
        (&[("forwarded", "proto=HTTPS;host=a.example"), (PROTO, "https"), (NAME, "A.Example")], "https://a.example"),
        (&[("forwarded", "proto=https"), (NAME, "a.example")], "https://a.example"),
        (&[("forwarded", "host=a.example"), (PROTO, "http")], "http://a.example"),
        (&[("forwarded", "for=192.0.2.1"), (PROTO, "https"), (NAME, "a.example")], "https://a.example"),
        (&[(PROTO, "https"), (NAME, "a.example")], "https://a.example"),
        (&[(PROTO, "HTTP"), (NAME, "[2001:db8::7]:80")], "http://[2001:db8::7]:80"),
        (&[(PROTO, "https")], "https://internal:3000"),
        (&[(PROTO, "http")], "http://internal:3000"),
        (&[("forwarded", "proto=https")], "https://internal:3000"),
        (&[("forwarded", "proto=https;host=a.example")], "https://a.example"),
        (&[("forwarded", "proto=\"https\";host=\"a.example\"")], "https://a.example"),
        (&[("forwarded", "for=\"[2001:db8::7]:4711\"; proto=https; host=\"[2001:db8::7]\"")], "https://[2001:db8::7]"),
        (&[("forwarded", "\tproto=https;\thost=a.example\t")], "https://a.example"),
        (
            &[(PROTO, "https"), (NAME, "a.example"), ("x-forwarded-port", "1"), ("x-forwarded-prefix", "/p")],
            "https://a.example",
        ),
    ];
    for (headers, url) in one_hop {
        let request = || with(with(post("/hubspot?a=b"), headers), &[("host", "internal:3000")]);
        assert_url(&first, request(), &format!("{url}/hubspot?a=b"));
        assert_url(&last, request(), &format!("{url}/hubspot?a=b"));
    }
}

#[test]
fn forwarding_headers_that_are_doubtful_are_refused() {
    let refused: [(Headers, &str, HeaderFault); 36] = [
        (&[], PROTO, Absent),
        (&[(NAME, "a.example")], PROTO, Absent),
        (&[(PROTO, "")], PROTO, Malformed),
        (&[(PROTO, "ftp")], PROTO, Malformed),
        (&[(PROTO, "https://")], PROTO, Malformed),
        (&[(PROTO, "httpsx")], PROTO, Malformed),
        (&[(PROTO, "\"https\"")], PROTO, Malformed),
        (&[(PROTO, "https;http")], PROTO, Malformed),
        (&[(PROTO, ",")], PROTO, Malformed),
        (&[(PROTO, "https"), (PROTO, "https")], PROTO, Doubled),
        (&[(PROTO, "https"), (NAME, "")], NAME, Malformed),
        (&[(PROTO, "https"), (NAME, ",")], NAME, Malformed),
        (&[(PROTO, "https"), (NAME, "a.example"), (NAME, "a.example")], NAME, Doubled),
        (&[("forwarded", "proto=https"), ("forwarded", "proto=https")], "forwarded", Doubled),
        (&[("forwarded", "proto=https"), (PROTO, "http")], PROTO, Contradicted),
        (&[("forwarded", "proto=https"), (PROTO, "")], PROTO, Malformed),
        (&[("forwarded", "proto=https"), (PROTO, "https"), (PROTO, "https")], PROTO, Doubled),
        (&[("forwarded", "proto=https;host=a.example"), (NAME, "b.example")], NAME, Contradicted),
        (&[("forwarded", "proto=https;host=a.example"), (NAME, "a.example:443")], NAME, Contradicted),
        (&[("forwarded", "proto=https;host=a.example"), (NAME, "b.example, a.example,,")], NAME, Contradicted),
        (&[("forwarded", "")], "forwarded", Malformed),
        (&[("forwarded", ""), (PROTO, "https")], "forwarded", Malformed),
        (&[("forwarded", " , ,")], "forwarded", Malformed),
        (&[("forwarded", "host=a.example")], "forwarded", Absent),
        (&[("forwarded", "for=192.0.2.60;by=_x")], "forwarded", Absent),
        (&[("forwarded", "proto")], "forwarded", Malformed),
        (&[("forwarded", "proto=")], "forwarded", Malformed),
        (&[("forwarded", "proto=ftp")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;proto=https")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;host=a.example;Host=b.example")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;a.example")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;host=\"a.example")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;host=\"")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;host=a.example\"")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;host=\"a\\.example\"")], "forwarded", Malformed),
        (&[("forwarded", "proto=https;=a.example")], "forwarded", Malformed),
    ];
    for (headers, header, fault) in refused {
        for hop in [Hop::First, Hop::Last] {
            // In this case the two hops say different things.
            if headers.iter().any(|(_, value)| *value == "b.example, a.example,,") && hop == Hop::Last {
                continue;
            }
            let request = with(with(post("/hubspot"), headers), &[("host", "internal:3000")]);
            assert_refused(&PublicUrl::trusting_forwarded_headers(hop), request, unknown(header, fault));
        }
    }
    let mut not_ascii = post("/hubspot");
    not_ascii.headers_mut().insert(FORWARDED, HeaderValue::from_bytes(b"proto=https;host=b\xfc").unwrap());
    assert_refused(&PublicUrl::trusting_forwarded_headers(Hop::Last), not_ascii, unknown("forwarded", Malformed));
    // The host is missing from the forwarding headers, and then from the request.
    for headers in [&[(PROTO, "https")], &[("forwarded", "proto=https")]] {
        let request = with(post("/hubspot"), headers);
        assert_refused(&PublicUrl::trusting_forwarded_headers(Hop::Last), request, unknown("host", Absent));
    }
}

#[test]
fn hosts_that_reach_into_other_parts_of_the_url_are_refused_in_every_header() {
    for host in MALFORMED_HOSTS {
        for hop in [Hop::First, Hop::Last] {
            let public_url = PublicUrl::trusting_forwarded_headers(hop);
            let request = with(post("/hubspot"), &[(PROTO, "https"), ("host", host)]);
            assert_refused(&public_url, request, unknown("host", Malformed));
            if !host.contains(',') {
                let request = with(post("/hubspot"), &[(PROTO, "https"), (NAME, host)]);
                assert_refused(&public_url, request, unknown(NAME, Malformed));
            }
            if !host.contains([',', ';']) {
                for quote in ["", "\""] {
                    if !host.contains('"') || quote == "\"" {
                        let forwarded = format!("proto=https;host={quote}{host}{quote}");
                        let request = with(post("/hubspot"), &[("forwarded", &forwarded)]);
                        assert_refused(&public_url, request, unknown("forwarded", Malformed));
                    }
                }
            }
        }
    }
}

/// A proxy that quotes what its client chose writes a sound header, however the client tries.
#[test]
fn what_a_proxy_quoted_is_never_read_as_its_own_words() {
    for chosen in [
        "x,host=evil.example;proto=https",
        "x,host=evil.example;proto=https;a=b",
        "x,proto=https;host=evil.example;a=",
        "x,proto=https;host=evil.example;a=\\\"",
        "x,proto=https;host=evil.example;a=\\\"\\\"",
        "x;host=evil.example;a=b",
        "x\\\";host=evil.example;a=\\\"b",
        "evil.example;proto=https,x",
        ",host=evil.example;proto=https;\\\"=b",
        "x,host=evil.example;proto=https,",
    ] {
        for hop in [Hop::First, Hop::Last] {
            let public_url = PublicUrl::trusting_forwarded_headers(hop);
            let request =
                |forwarded: &str| with(post("/hubspot"), &[("forwarded", forwarded), ("host", "hooks.example.com")]);
            for forwarded in [format!("proto=https;for=\"{chosen}\""), format!("for=\"{chosen}\";proto=https")] {
                assert_url(&public_url, request(&forwarded), "https://hooks.example.com/hubspot");
            }
            for forwarded in [format!("host=\"{chosen}\";proto=https"), format!("proto=https;host=\"{chosen}\"")] {
                assert_refused(&public_url, request(&forwarded), unknown("forwarded", Malformed));
            }
        }
    }
}

#[test]
fn a_doubled_signature_header_is_refused() {
    let public_url = configured("https://hooks.example.com");
    for header in Header::ALL.iter().copied() {
        let mut request = signed_for(post("/hubspot"), "https://hooks.example.com/hubspot");
        let same = request.headers()[header.name()].clone();
        request.headers_mut().append(header.name(), same);
        assert_eq!(verifier().verify_request(&public_url, &request, NOW), Err(Error::DuplicateHeader { header }));
        let (parts, _) = request.into_parts();
        assert_eq!(verifier().begin_request(&public_url, &parts, NOW).err(), Some(Error::DuplicateHeader { header }));
    }
}

#[test]
fn a_missing_signature_header_is_told() {
    let public_url = configured("https://hooks.example.com");
    assert_eq!(verifier().verify_request(&public_url, &post("/hubspot"), NOW), Err(Error::MissingSignature));
    let mut request = signed_for(post("/hubspot"), "https://hooks.example.com/hubspot");
    request.headers_mut().remove(Header::RequestTimestamp.name());
    assert_eq!(
        verifier().verify_request(&public_url, &request, NOW),
        Err(Error::MissingHeader { header: Header::RequestTimestamp })
    );
}

#[test]
fn what_is_signed_verifies_for_every_method() {
    let public_url = configured("https://hooks.example.com/stage");
    let all = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::from_bytes(b"PURGE").unwrap(),
    ];
    for method in all {
        let body: &[u8] = if method == Method::GET || method == Method::HEAD { b"" } else { b"{\"a\":\"\xc3\xa4\"}" };
        let unsigned = Request::builder().method(&method).uri("/hubspot?a=%40").body(body).unwrap();

        let mut request = unsigned.clone();
        secret().sign_request(&public_url, &mut request, NOW).unwrap();
        let url = "https://hooks.example.com/stage/hubspot?a=%40";
        let mut by_core = unsigned.clone();
        set(&mut by_core, &secret().sign(method.as_str(), url, body, NOW).unwrap());
        assert_eq!(request.headers(), by_core.headers());
        let verified = verifier().verify_request(&public_url, &request, NOW).unwrap();
        assert_eq!((verified.version(), verified.timestamp()), (Version::V3, Some(NOW)));
        let verified = verifier().verify_request(&public_url, &strip_v3(request), NOW).unwrap();
        assert_eq!((verified.version(), verified.timestamp()), (Version::V2, None));

        let mut request = unsigned.clone();
        secret().sign_request_with_v1(&public_url, &mut request, NOW).unwrap();
        let mut by_core = unsigned;
        set(&mut by_core, &secret().sign_with_v1(method.as_str(), url, body, NOW).unwrap());
        assert_eq!(request.headers(), by_core.headers());
        assert_eq!(verifier().verify_request(&public_url, &request, NOW).unwrap().version(), Version::V3);
        assert_eq!(lax_verifier().verify_request(&public_url, &strip_v3(request), NOW).unwrap().version(), Version::V1);
    }
}

#[test]
fn signing_replaces_the_headers_of_an_earlier_signature() {
    let public_url = configured("https://hooks.example.com");
    let mut request = with(post("/hubspot"), &[("x-hubspot-signature-v3", "old"), ("x-hubspot-signature-v3", "older")]);
    secret().sign_request(&public_url, &mut request, NOW).unwrap();
    assert!(verifier().verify_request(&public_url, &request, NOW).is_ok());
}

#[test]
fn a_body_on_get_is_refused() {
    let public_url = configured("https://hooks.example.com");
    let mut request = Request::get("/hubspot?portalId=1").body("23").unwrap();
    secret().sign_request(&public_url, &mut request, NOW).unwrap();
    assert_eq!(verifier().verify_request(&public_url, &request, NOW), Err(Error::UnexpectedBody));
}

#[test]
fn the_system_clock_may_judge() {
    let public_url = configured("https://hooks.example.com");
    let outcome = |time| {
        let mut request = post("/hubspot");
        secret().sign_request(&public_url, &mut request, time).unwrap();
        let whole = verifier().verify_request(&public_url, &request, UnixTime::now());
        let (parts, body) = request.into_parts();
        let streamed = verifier().begin_request(&public_url, &parts, UnixTime::now()).and_then(|mut verification| {
            verification.update(&body)?;
            verification.finish()
        });
        assert_eq!(streamed.is_ok(), whole.is_ok());
        whole
    };
    assert!(outcome(UnixTime::now()).is_ok());
    assert!(matches!(outcome(NOW), Err(Error::TimestampTooOld { .. })));
}

#[test]
fn a_stream_tells_a_tampered_body() {
    let public_url = configured("https://hooks.example.com");
    let (parts, body) = signed_for(post("/hubspot"), "https://hooks.example.com/hubspot").into_parts();
    let judged = |body: &[u8]| {
        let mut verification = verifier().begin_request(&public_url, &parts, NOW).unwrap();
        verification.update(body)?;
        verification.finish()
    };
    assert!(judged(&body).is_ok());
    assert_eq!(judged(b"{}"), Err(Error::Mismatch { version: Version::V3 }));
    assert!(matches!(judged(&body[1..]), Err(Error::BodyNotJson { .. })));
    assert!(matches!(judged(&body[..5]), Err(Error::BodyNotJson { .. })));
}

#[test]
fn the_secret_that_matched_is_told() {
    let public_url = configured("https://hooks.example.com");
    let rotating = Verifier::new(OTHER_SECRET, Version::V3).unwrap().previous_secret(SECRET).unwrap();
    let request = signed_for(post("/hubspot"), "https://hooks.example.com/hubspot");
    assert_eq!(rotating.verify_request(&public_url, &request, NOW).unwrap().matched_secret(), MatchedSecret::Previous);
}

/// Texts near the ones the headers may hold, so that the accepting paths are met often.
fn header_text() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"https",
        b"http",
        b"proto=",
        b"host=",
        b"for=",
        b"Proto=https",
        b"host=a.example",
        b"proto=https;host=a.example",
        b"a.example",
        b"evil",
        b":443",
        b":",
        b"[::1]",
        b"[",
        b"]",
        b"/",
        b"?",
        b"#",
        b"@",
        b"%2F",
        b",",
        b", ",
        b";",
        b"=",
        b"\"",
        b"\\",
        b" ",
        b"\t",
        b"\x80",
        b"\xff",
        b"\xc3\xa4",
    ];
    let likely = proptest::collection::vec(proptest::sample::select(pieces), 0..6).prop_map(|pieces| pieces.concat());
    prop_oneof![3 => likely, 1 => proptest::collection::vec(any::<u8>(), 0..24)]
}

/// Every part of the header's text that consists of what a host may consist of.
fn hosts_within(text: &[u8]) -> impl Iterator<Item = &str> {
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
    text.chunk_by(move |a, b| is_host(a) && is_host(b)).filter(move |run| run.iter().all(is_host)).flat_map(|run| {
        (0..run.len())
            .flat_map(move |from| (from + 1..=run.len()).map(move |to| std::str::from_utf8(&run[from..to]).unwrap()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn no_header_panics_and_an_accepted_host_is_nothing_but_a_host(
        host in proptest::option::of(header_text()),
        forwarded in proptest::option::weighted(0.4, header_text()),
        proto in proptest::option::of(prop_oneof![Just(b"https".to_vec()), header_text()]),
        name in proptest::option::of(header_text()),
        which in 0..4,
    ) {
        let public_url = match which {
            0 => PublicUrl::trusting_host_header(),
            1 => PublicUrl::trusting_host_header_over_http(),
            2 => PublicUrl::trusting_forwarded_headers(Hop::First),
            _ => PublicUrl::trusting_forwarded_headers(Hop::Last),
        };
        let mut request = post("/hubspot?a=b");
        let named = [("host", &host), ("forwarded", &forwarded), (PROTO, &proto), (NAME, &name)];
        let mut texts = Vec::new();
        for (header, text) in named {
            if let Some(Ok(value)) = text.as_ref().map(|text| HeaderValue::from_bytes(text)) {
                texts.push(value.as_bytes().to_vec());
                request.headers_mut().insert(header, value);
            }
        }
        match secret().sign_request(&public_url, &mut request, NOW) {
            Ok(()) => {
                let signature = &request.headers()[Header::Signature.name()];
                let explained = texts.iter().flat_map(|text| hosts_within(text)).any(|host| {
                    ["https", "http"].iter().any(|scheme| {
                        let url = format!("{scheme}://{host}/hubspot?a=b");
                        signature == secret().v2("POST", &url, request.body()).as_str()
                    })
                });
                prop_assert!(explained, "{:?}", texts);
                prop_assert!(verifier().verify_request(&public_url, &request, NOW).is_ok());
            }
            Err(error) => prop_assert!(matches!(error, Error::PublicUrlUnknown { .. }), "{error:?}"),
        }
    }

    #[test]
    fn the_verdict_is_that_of_the_core_on_the_joined_url(
        origin in proptest::sample::select(&["https://hooks.example.com", "http://localhost:3000", "https://[::1]/a%40"][..]),
        slash in any::<bool>(),
        prefix in proptest::option::of("(/[a-zA-Z0-9%._~:@!$'()*+,;=-]{1,6}){1,2}"),
        authority in proptest::option::of(Just("http://evil.example")),
        path in "(/(%40|%2540|%27|%2b|%|[a-z ]{0,3}|[+:@!$&'()*,;=]){0,3}){1,3}",
        query in proptest::option::of("(%3F|%2C|%20|%|[a-z0-9&=+?/]){0,8}"),
        method in proptest::sample::select(&["GET", "POST", "PUT", "DELETE", "post", "HEAD"][..]),
        body in prop_oneof![
            Just(Vec::new()),
            proptest::collection::vec(any::<u8>(), 1..80),
            "[a-z]{0,40}".prop_map(|text| format!("{{{text}}}").into_bytes()),
        ],
        signed_url in 0..3,
        with_v1 in any::<bool>(),
        without_v3 in any::<bool>(),
        time in prop_oneof![Just(0_u64), 299_000..301_000_u64],
        cut in any::<proptest::sample::Index>(),
    ) {
        let path = path.replace(' ', "%20");
        let target = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let mut public_url = configured(&format!("{origin}{}", if slash { "/" } else { "" }));
        let mut joined = origin.to_owned();
        if let Some(prefix) = &prefix {
            public_url = public_url.path_prefix(prefix).unwrap();
            joined.push_str(prefix);
        }
        joined.push_str(&target);
        let uri: Uri = format!("{}{target}", authority.unwrap_or_default()).parse().unwrap();
        let mut request = Request::builder().method(method).uri(uri).body(body).unwrap();

        let url = match signed_url {
            0 => joined.clone(),
            1 => joined.replace("%40", "@").replace("%27", "'").replace("%3F", "?").replace("%2C", ","),
            _ => format!("{joined}&x"),
        };
        request = signed_for(request, &url);
        if with_v1 {
            let v1 = secret().v1(request.body());
            request.headers_mut().insert(Header::Signature.name(), HeaderValue::from_str(v1.as_str()).unwrap());
            request.headers_mut().insert(Header::SignatureVersion.name(), HeaderValue::from_static("v1"));
        }
        if without_v3 {
            request = strip_v3(request);
        }
        let now = UnixTime::from_millis(NOW.as_millis() + time);
        let verifier = lax_verifier();
        let head = RequestHead::new(method, &joined, SignatureHeaders::from_pairs(request.headers()));
        let by_core = verifier.verify(&head, request.body(), now);

        prop_assert_eq!(verifier.verify_request(&public_url, &request, now), by_core);
        let by_parts = public_url.head(method, &target, SignatureHeaders::from_pairs(request.headers())).unwrap();
        prop_assert_eq!(by_parts.uri().to_string(), joined);
        prop_assert_eq!(by_parts.method(), method);
        prop_assert_eq!(verifier.verify(&by_parts, request.body(), now), by_core);
        let (parts, body) = request.into_parts();
        let streamed = verifier.begin_request(&public_url, &parts, now).and_then(|mut verification| {
            let (start, end) = body.split_at(cut.index(body.len() + 1));
            verification.update(start)?;
            verification.update(end)?;
            verification.finish()
        });
        prop_assert_eq!(without_form(streamed), without_form(by_core));
    }
}

// --- Endpoints ---

const ENDPOINT: &str = "https://hooks.example.com/hubspot/webhook";

fn at(url: &str) -> PublicUrl {
    PublicUrl::endpoint(url).unwrap()
}

/// The signed path is the endpoint's, whatever a gateway or a router did to the beginning of the request's.
#[test]
fn endpoint() {
    for (url, path) in [
        (ENDPOINT, "/hubspot/webhook"),
        // A prefix that was removed.
        (ENDPOINT, "/webhook"),
        // One that was added.
        (ENDPOINT, "/stage/hubspot/webhook"),
        (ENDPOINT, "/a/b/c/hubspot/webhook"),
        // Percent-decoded on the way, or encoded.
        ("https://hooks.example.com/hook/a%40b", "/hook/a@b"),
        ("https://hooks.example.com/hook/a@b", "/hook/a%40b"),
        ("https://hooks.example.com/hook/a%40b", "/a@b"),
        ("https://hooks.example.com/hook/%C3%A4", "/%c3%a4"),
        (ENDPOINT, "/%77ebhook"),
        // An escaped slash of the endpoint may arrive decoded.
        ("https://hooks.example.com/hook/a%2Fb", "/hook/a%2fb"),
        ("https://hooks.example.com/hook/a%2Fb", "/hook/a/b"),
        ("https://hooks.example.com/hook/a%2Fb", "/a/b"),
        ("https://hooks.example.com/100%", "/100%"),
        ("https://hooks.example.com/100%25", "/100%"),
        // A trailing slash belongs to the path.
        ("https://hooks.example.com/hubspot/", "/hubspot/"),
        ("https://hooks.example.com/stage/hubspot/", "/hubspot/"),
        // The root, and no path at all, which is the root.
        ("https://hooks.example.com/", "/"),
        ("https://hooks.example.com", "/"),
        ("https://hooks.example.com:8443/hubspot", "/hubspot"),
    ] {
        assert_url(&at(url), post(path), url);
        assert_url(&at(url), post(&format!("{path}?tenant=7&x=%40+")), &format!("{url}?tenant=7&x=%40+"));
        assert_url(&at(url), post(&format!("{path}?")), &format!("{url}?"));
        // Path and query count, wherever the target says that it goes.
        assert_url(&at(url), post(&format!("http://evil.example{path}?a=/x")), &format!("{url}?a=/x"));
        let head = at(url).head("POST", path, SignatureHeaders::new()).map(|head| head.uri().to_string());
        assert_eq!(head.as_deref(), Ok(url));
    }
}

/// A request captured at one route is not replayed at another that shares the setting.
#[test]
fn endpoint_of_another_route() {
    for (url, path) in [
        (ENDPOINT, "/"),
        (ENDPOINT, "//"),
        // An escaped slash separates nothing: this is a value of another route.
        (ENDPOINT, "/hubspot%2Fwebhook"),
        (ENDPOINT, "/contacts/7%2Fhubspot%2Fwebhook"),
        (ENDPOINT, "/contacts/7%2fwebhook"),
        ("https://hooks.example.com/a%2Fb", "/b"),
        (ENDPOINT, "/admin"),
        (ENDPOINT, "/hubspot"),
        (ENDPOINT, "/hubspot/"),
        (ENDPOINT, "/hubspot/webhook/"),
        (ENDPOINT, "/hubspot/webhook/admin"),
        (ENDPOINT, "/hubspot/webhook2"),
        (ENDPOINT, "/hubspot/Webhook"),
        (ENDPOINT, "/hook"),
        (ENDPOINT, "/xhubspot/webhook"),
        (ENDPOINT, "/other/webhook"),
        (ENDPOINT, "/hubspot/%2577ebhook"),
        (ENDPOINT, "/stage/hubspot/webhoo"),
        (ENDPOINT, "/webhook;x"),
        (ENDPOINT, "/webhook%3F"),
        ("https://hooks.example.com/hubspot/", "/hubspot"),
        ("https://hooks.example.com/hubspot/", "/"),
        ("https://hooks.example.com/", "/hubspot"),
        ("https://hooks.example.com", "/hubspot"),
        ("https://hooks.example.com", "/hubspot/"),
    ] {
        for query in ["", "?x=1", "?/hubspot/webhook"] {
            assert_refused(&at(url), post(&format!("{path}{query}")), Error::PathNotEndpoint);
        }
        // A fragment, which only a text can have, is no part of the path.
        for target in [path.to_owned(), format!("{path}?x=1"), format!("{path}#/hubspot/webhook")] {
            let head = at(url).head("POST", &target, SignatureHeaders::new()).map(|_| ());
            assert_eq!(head, Err(Error::PathNotEndpoint), "{target}");
        }
        // The option whose name says so takes it: for a gateway that rewrites the path.
        let any = at(url).dangerously_accept_any_path();
        assert_url(&any, post(&format!("{path}?x=1")), &format!("{url}?x=1"));
    }
    // Only a path can be the endpoint's.
    for target in ["*", "hooks.example.com:443"] {
        let request = Request::options(target).body(Vec::new()).unwrap();
        for public_url in [at(ENDPOINT), at(ENDPOINT).dangerously_accept_any_path()] {
            assert_refused(&public_url, request.clone(), Error::UriNotAbsolute);
        }
    }
}

/// The URL that is verified comes in parts, and each of them is looked at.
#[test]
fn every_part_of_the_url_keeps_the_rule() {
    for base in ["https://hooks.example.com", "https://hooks.example.com/a%2Fb", "https://hooks.example.com/a%20b"] {
        for prefix in ["/stage", "/%40"] {
            let server = PublicUrl::server(base).unwrap().path_prefix(prefix).unwrap();
            for (target, byte) in [("/{", b'{'), ("/%2F?q=\"", b'"'), ("/a b", b' '), ("/\u{7f}", 0x7f), ("/%zz\0", 0)]
            {
                let url = format!("{base}{prefix}{target}");
                let signed = signed_for(post("/"), &url);
                let head = server.head("POST", target, SignatureHeaders::from_pairs(signed.headers())).unwrap();
                assert_eq!(head.uri().to_string(), url);
                assert_eq!(verifier().verify(&head, signed.body(), NOW), Err(Error::UriCharacter { byte }), "{url:?}");
            }
        }
    }
}

/// On other forms of the public URL the option does nothing.
#[test]
fn any_path_is_for_endpoints() {
    let server = configured("https://hooks.example.com").dangerously_accept_any_path();
    assert_url(&server, post("/a"), "https://hooks.example.com/a");
    let trusting = PublicUrl::trusting_host_header().dangerously_accept_any_path();
    assert_url(&trusting, with(post("/a"), &[("host", "a.example")]), "https://a.example/a");
}

#[test]
fn endpoints_that_are_refused() {
    use PublicUrlError::{Credentials, Fragment, NotAbsolute, PathPrefix, Query};
    for (url, error) in [
        ("", NotAbsolute),
        ("/hubspot/webhook", NotAbsolute),
        ("hooks.example.com/hubspot", NotAbsolute),
        ("ftp://hooks.example.com/hubspot", NotAbsolute),
        ("https://hooks.example.com/a b", NotAbsolute),
        ("https://hooks.example.com/{id}", NotAbsolute),
        ("https://hooks.example.com/\"", NotAbsolute),
        ("https://user@hooks.example.com/hubspot", Credentials),
        ("https://hooks.example.com/hubspot?", Query),
        ("https://hooks.example.com/hubspot?tenant=7", Query),
        ("https://hooks.example.com/hubspot#", Fragment),
    ] {
        assert_eq!(PublicUrl::endpoint(url).err(), Some(error), "{url:?}");
        assert_eq!(PublicUrl::server(url).err(), Some(error), "{url:?}");
    }
    assert_eq!(at(ENDPOINT).path_prefix("/stage").err(), Some(PathPrefix));
}

/// Each way that a path may have changed, against a rule written out by cutting at slashes.
#[test]
fn endpoint_rule_by_segments() {
    let paths: Vec<String> = ["", "a", "b", "ab"]
        .iter()
        .flat_map(|first| ["", "/a", "/b", "/ab", "/", "//"].iter().map(move |second| format!("/{first}{second}")))
        .flat_map(|path| [path.clone(), format!("{path}/a"), format!("{path}/")])
        .collect();
    let mut accepted = 0;
    for of_endpoint in &paths {
        for of_request in &paths {
            let ends_with = |long: &str, short: &str| {
                let has_segment = short.split('/').any(|segment| !segment.is_empty());
                long == short || has_segment && long.strip_suffix(short).is_some()
            };
            let expected = ends_with(of_endpoint, of_request) || ends_with(of_request, of_endpoint);
            let url = format!("https://hooks.example.com{of_endpoint}");
            let head = at(&url).head("POST", of_request, SignatureHeaders::new()).map(|_| ());
            assert_eq!(head.is_ok(), expected, "{of_endpoint} {of_request}: {head:?}");
            accepted += usize::from(expected);
        }
    }
    assert!(accepted > paths.len() && accepted < paths.len() * paths.len() / 2, "{accepted}");
}

/// For any framework, from text. The forms that trust the request need its headers, which only the adapters see.
#[test]
fn head_from_text() {
    let genuine = strip_v3(signed_for(post("/hubspot?x=1"), "https://hooks.example.com/stage/hubspot?x=1"));
    let headers = || SignatureHeaders::from_pairs(genuine.headers());
    for public_url in [
        configured("https://hooks.example.com/stage"),
        configured("https://hooks.example.com").path_prefix("/stage").unwrap(),
        at("https://hooks.example.com/stage/hubspot"),
    ] {
        let head = public_url.head("POST", "/hubspot?x=1", headers()).unwrap();
        assert_eq!(head.uri().to_string(), "https://hooks.example.com/stage/hubspot?x=1");
        assert!(verifier().verify(&head, genuine.body(), NOW).is_ok());
        assert!(public_url.head("PUT", "/hubspot?x=1", headers()).is_ok_and(|head| head.method() == "PUT"));
        for target in ["", "*", "hubspot", "https://hooks.example.com/hubspot", "@evil.example/"] {
            assert_eq!(public_url.head("POST", target, headers()).err(), Some(Error::UriNotAbsolute), "{target:?}");
        }
    }
    for public_url in [
        PublicUrl::trusting_host_header(),
        PublicUrl::trusting_host_header_over_http(),
        PublicUrl::trusting_forwarded_headers(Hop::Last),
    ] {
        assert_eq!(public_url.head("POST", "/hubspot", headers()).err(), Some(unknown("host", Absent)));
    }
}

/// Several public hosts on one server: each route has the endpoint of its host, so a request captured at one does not
/// pass at the other's.
#[test]
fn several_public_hosts() {
    let (sales, service) = (at("https://sales.example.com/hook"), at("https://service.example.com/hook"));
    let captured = signed_for(post("/hook"), "https://sales.example.com/hook");
    assert!(verifier().verify_request(&sales, &captured, NOW).is_ok());
    let replayed = with(captured, &[("host", "service.example.com")]);
    assert_eq!(verifier().verify_request(&service, &replayed, NOW), Err(Error::Mismatch { version: Version::V3 }));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    /// The public URL of every form and request is that of the oracle, which was written from the RFCs.
    #[test]
    fn the_public_url_is_that_of_the_oracle(
        host in proptest::option::of(prop_oneof![Just(b"a.example".to_vec()), header_text()]),
        forwarded in proptest::option::weighted(0.5, header_text()),
        proto in proptest::option::of(prop_oneof![Just(b"https".to_vec()), header_text()]),
        name in proptest::option::weighted(0.4, prop_oneof![Just(b"a.example".to_vec()), header_text()]),
        target in "(http://a\\.example)?(/(a|b|%40|@|%2F)?){1,3}(\\?[a-z=%&]{0,4})?",
        which in 0..8_usize,
    ) {
        use crate::common::oracle::{self, Origin};
        let url = ["https://hooks.example.com", "https://hooks.example.com/a/@"][which % 2];
        let (public_url, origin) = match which / 2 {
            0 => (configured(url), Origin::Server(url.to_owned())),
            1 => (at(url), Origin::Endpoint { url: url.to_owned(), any_path: false }),
            2 if which % 2 == 0 => (PublicUrl::trusting_host_header(), Origin::Host { https: true }),
            2 => (PublicUrl::trusting_host_header_over_http(), Origin::Host { https: false }),
            _ if which % 2 == 0 => {
                (PublicUrl::trusting_forwarded_headers(Hop::First), Origin::Forwarded { last: false })
            }
            _ => (PublicUrl::trusting_forwarded_headers(Hop::Last), Origin::Forwarded { last: true }),
        };
        let mut request = post(&target);
        let mut headers = Vec::new();
        for (header, text) in [("host", &host), ("forwarded", &forwarded), (PROTO, &proto), (NAME, &name)] {
            if let Some(Ok(value)) = text.as_ref().map(|text| HeaderValue::from_bytes(text)) {
                headers.push((header.to_owned(), value.as_bytes().to_vec()));
                request.headers_mut().insert(header, value);
            }
        }
        let signed = secret().sign_request(&public_url, &mut request, NOW);
        let signs = |url: &str| {
            request.headers()[Header::Signature.name()] == secret().v2("POST", url, request.body()).as_str()
        };
        match oracle::public_url(&origin, "", &target, &headers) {
            oracle::PublicUrl::Known(url) => prop_assert!(signed.is_ok() && signs(&url), "{:?} {:?}", signed, url),
            oracle::PublicUrl::Lenient(url) => prop_assert!(signed.is_err() || signs(&url), "{:?} {:?}", signed, url),
            oracle::PublicUrl::Unknown => prop_assert!(signed.is_err()),
        }
    }
}
