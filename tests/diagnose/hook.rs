//! The hook of the tower layer.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use hubspot_signature::diagnose::{Cause, Diagnostician};
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{ClientSecret, Error, PublicUrl, UnixTime, Verifier, Version};
use tower::{Layer, ServiceExt, service_fn};

use crate::request::*;

/// Of a server that is configured with http.
const CONFIGURED: &str = "http://hooks.example.com/hubspot/events";

fn layer() -> VerifyLayer {
    VerifyLayer::new(Verifier::new(SECRET, Version::V3).unwrap(), PublicUrl::endpoint(CONFIGURED).unwrap())
}

/// A genuine request that the server refuses.
fn request() -> Request<String> {
    let signed = ClientSecret::new(SECRET).unwrap();
    let signed = signed.sign("POST", URI, EVENTS.as_bytes(), UnixTime::now()).unwrap();
    let mut request = Request::post("/hubspot/events");
    for (name, value) in signed.pairs() {
        request = request.header(name, value);
    }
    request.body(EVENTS.into()).unwrap()
}

async fn answer<B>(_: Request<B>) -> Result<Response<String>, Infallible> {
    Ok(Response::new(String::new()))
}

/// Polls a future that waits for nothing.
fn ready<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) else { panic!("it waits") };
    output
}

/// The number of the minute.
fn minute() -> u64 {
    UnixTime::now().as_millis() / 60_000
}

/// Those of scanners do not take the place of those that may be HubSpot's.
#[test]
fn requests_without_a_signature_have_a_limit_of_their_own() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&reports);
    let hook = Diagnostician::new([SECRET], Version::V3)
        .endpoint(URI)
        .report_to(move |diagnosis| to.lock().unwrap().push(diagnosis.verdict().unwrap().unwrap_err()));
    let layer = layer().on_refusal(hook);
    for _ in 0..5 {
        let mut unsigned = request();
        unsigned.headers_mut().clear();
        ready(layer.layer(service_fn(answer)).oneshot(unsigned)).unwrap();
    }
    ready(layer.layer(service_fn(answer)).oneshot(request())).unwrap();
    let reports = reports.lock().unwrap();
    assert!(matches!(reports[..], [Error::MissingSignature, .., Error::Mismatch { .. }]), "{reports:?}");
}

#[test]
fn three_refusals_a_minute_are_explained() {
    // Again if a minute ended in between, which allows more.
    while !three_are_explained() {}
}

fn three_are_explained() -> bool {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (to, diagnostician) = (Arc::clone(&reports), Diagnostician::new([SECRET], Version::V3).endpoint(URI));
    let hook = diagnostician.report_to(move |diagnosis| to.lock().unwrap().push(diagnosis.clone()));
    let layer = layer().on_refusal(hook);
    let begun = minute();
    for _ in 0..5 {
        let response = ready(layer.layer(service_fn(answer)).oneshot(request())).unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    let is_one_minute = begun == minute();
    let reports = reports.lock().unwrap();
    assert!((3..=5).contains(&reports.len()), "{}", reports.len());
    for diagnosis in reports.iter() {
        let finding = proves(diagnosis, &[Cause::UriScheme]);
        assert_eq!(finding.signed_uri(), Some(URI));
    }
    assert!(!is_one_minute || reports.len() == 3, "{}", reports.len());
    is_one_minute
}

#[test]
fn one_line_sets_it_up() {
    let layer = layer().on_refusal(Diagnostician::new([SECRET], Version::V3).to_stderr());
    let response = ready(layer.layer(service_fn(answer)).oneshot(request())).unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

/// As `docs/mismatch.md` has it: each refusal is counted, three are explained, and the layer does not borrow the secret.
#[test]
fn one_hook_counts_and_explains() {
    type Answer = Response<String>;
    fn counted(
        secret: &str,
        [refused, explained]: [&Arc<Mutex<u32>>; 2],
    ) -> VerifyLayer<impl Fn(&Refusal<'_>, Answer) -> Answer + Clone + Send + Sync + use<>> {
        let (refused, explained) = (Arc::clone(refused), Arc::clone(explained));
        let explain = Diagnostician::new([secret], Version::V3).report_to(move |_| *explained.lock().unwrap() += 1);
        layer().on_refusal(move |refusal: &Refusal<'_>, response: Answer| {
            *refused.lock().unwrap() += 1;
            explain(refusal, response)
        })
    }
    let counts = [Arc::default(), Arc::default()];
    let secret = String::from(SECRET);
    let layer = counted(&secret, counts.each_ref());
    drop(secret);
    for _ in 0..5 {
        let response = ready(layer.layer(service_fn(answer)).oneshot(request())).unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    let [refused, explained] = counts.map(|count| *count.lock().unwrap());
    assert_eq!(refused, 5);
    assert!((3..=5).contains(&explained), "{explained}");
}

/// The layer refuses it by its head, so nothing is known of its body.
#[test]
fn a_body_that_was_not_read_is_no_finding() {
    let hour = core::time::Duration::from_secs(3600);
    let an_hour_ago = UnixTime::from(std::time::SystemTime::now() - hour);
    let signed = ClientSecret::new(SECRET).unwrap().sign("POST", CONFIGURED, EVENTS.as_bytes(), an_hour_ago).unwrap();
    let mut request = Request::post("/hubspot/events").header("content-length", EVENTS.len());
    for (name, value) in signed.pairs() {
        request = request.header(name, value);
    }
    let reports = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&reports);
    let hook = Diagnostician::new([SECRET], Version::V3).report_to(move |diagnosis| {
        let causes = diagnosis.findings().iter().flat_map(|finding| finding.causes().map(|cause| cause.code()));
        to.lock().unwrap().extend(causes.map(str::to_owned));
    });
    let service = layer().on_refusal(hook).layer(service_fn(answer));
    let response = ready(service.oneshot(request.body(EVENTS.to_owned()).unwrap())).unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let codes = reports.lock().unwrap();
    assert!(codes.iter().any(|code| code == "timestamp-stale"), "{codes:?}");
    assert!(!codes.iter().any(|code| code.starts_with("body-")), "{codes:?}");
}

/// The status of one request and its reports.
fn answered(layer: VerifyLayer, diagnostician: Diagnostician, uri: &str, signed: &Sent) -> (StatusCode, String) {
    let reports = Arc::new(Mutex::new(String::new()));
    let to = Arc::clone(&reports);
    let hook = diagnostician.report_to(move |diagnosis| to.lock().unwrap().push_str(&diagnosis.to_string()));
    let mut request = Request::builder().method(&*signed.method).uri(uri);
    for (name, value) in &signed.headers {
        request = request.header(name, value.as_slice());
    }
    let body = String::from_utf8(signed.body.clone()).unwrap();
    let response =
        ready(layer.on_refusal(hook).layer(service_fn(answer)).oneshot(request.body(body).unwrap())).unwrap();
    let reports = reports.lock().unwrap();
    (response.status(), reports.clone())
}

fn reports(layer: VerifyLayer, diagnostician: Diagnostician, uri: &str, signed: &Sent) -> String {
    let (status, reports) = answered(layer, diagnostician, uri, signed);
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    reports
}

fn at_the_time_of_signing(endpoint: &str) -> VerifyLayer {
    let verifier = Verifier::new(SECRET, Version::V3).unwrap();
    VerifyLayer::with_clock(verifier, PublicUrl::endpoint(endpoint).unwrap(), || NOW)
}

/// The layer refuses it before its body, and has verified no URL.
#[test]
fn a_path_that_is_not_the_endpoints_is_named_with_the_endpoints() {
    let slashed = format!("{URI}/");
    let refused = "Refused: the path of the request is not that of the endpoint.\n";
    let both = |arrived: &str, endpoint: &str| {
        format!(
            "[likely] {}\n   Evidence: the URI's path is {arrived:?}, and the endpoint's is {endpoint:?}.",
            Cause::UriTrailingSlash
        )
    };
    let (path, with_slash) = ("/hubspot/events", "/hubspot/events/");
    let knows = |endpoint: &str| Diagnostician::new([SECRET], Version::V3).endpoint(endpoint);
    let open = "   Fix: If HubSpot calls the path that arrived, configure it: `PublicUrl::endpoint(…)`. The router also \
                needs a route for the path that arrives. If HubSpot calls the endpoint, the request is a replay at another \
                route, or the path was changed on the way: disable the proxy's rewrite rule";
    let known = format!(
        "   Fix: Configure the URL as it is in HubSpot, with a slash at its end only if it has one there: \
         `PublicUrl::endpoint({slashed:?})`."
    );
    // HubSpot calls the setting, and a middleware took the slash from the path, over HTTP/1.1 and HTTP/2.
    let sent = Sent::new("POST", &slashed, EVENTS);
    for target in [path, "http://10.0.0.7:3000/hubspot/events"] {
        let text = reports(at_the_time_of_signing(&slashed), knows(&slashed), target, &sent);
        assert!(text.starts_with(refused) && text.contains(&both(path, with_slash)), "{text}");
        // The diagnosis knows no other URL than the one that is set.
        assert!(text.contains(open) && !text.contains("PublicUrl::endpoint(\""), "{text}");
        assert!(!text.contains("absolute") && !text.contains(Cause::UriPathOnly.description()), "{text}");
    }
    // The setting has no slash, and HubSpot's has; the diagnosis knows, or does not.
    let text = reports(at_the_time_of_signing(URI), knows(&slashed), with_slash, &sent);
    assert!(text.starts_with(refused) && text.contains(&both(with_slash, path)), "{text}");
    assert!(text.contains(&known), "{text}");
    let unknowing = Diagnostician::new([SECRET], Version::V3);
    let text = reports(at_the_time_of_signing(URI), unknowing, with_slash, &sent);
    assert!(text.starts_with(refused) && text.contains(&both(with_slash, path)), "{text}");
    // A GET has no body that was not read, so the URL that arrived is proved, whatever the diagnosis was told.
    let sent = Sent::new("GET", &slashed, "");
    for told in [URI, slashed.as_str()] {
        let text = reports(at_the_time_of_signing(URI), knows(told), with_slash, &sent);
        let proved = format!(
            "1. [proved] {}\n   Evidence: the path {with_slash:?} was signed, and the endpoint's is {path:?}.\n   Fix: \
             Configure the URL that was signed, `PublicUrl::endpoint({slashed:?})`, or",
            Cause::UriTrailingSlash
        );
        assert!(text.starts_with(refused) && text.contains(&proved), "{text}");
        assert!(text.contains(&format!("over the URI {slashed:?}")), "{text}");
        assert!(!text.contains(&format!("PublicUrl::endpoint({URI:?})")) && !text.contains("[likely]"), "{text}");
    }
    // And so is the one that is set, if something took the slash away.
    let text = reports(at_the_time_of_signing(&slashed), knows(&slashed), path, &sent);
    let proved = "   Fix: The endpoint's URL was signed. If HubSpot's own requests arrive like this one, the path was \
                  changed on the way: disable the proxy's rewrite rule";
    assert!(text.contains("1. [proved]") && text.contains(proved), "{text}");
    assert!(!text.contains("PublicUrl::endpoint"), "{text}");
}

/// Every signature covers the body, which the layer has not read; and has, for a mismatch.
#[test]
fn no_signature_is_compared_with_a_body_that_was_not_read() {
    let sent = Sent::with_v1("POST", URI, EVENTS);
    let diagnostician = || Diagnostician::new([OTHER], Version::V3).work_limit(1 << 20);
    for endpoint in [URI, "https://hooks.example.com/else"] {
        let text = reports(at_the_time_of_signing(URI), diagnostician().endpoint(endpoint), "/elsewhere", &sent);
        let open = "\nNo change was tried.\n  - The body was not read, and every signature covers it.\n";
        assert!(text.ends_with(open) && text.contains("    the body       not read\n"), "{text}");
        assert!(text.contains("[likely] ") && !text.contains("[proved]"), "{text}");
    }
    // The layer says why.
    let verifier = Verifier::new(SECRET, Version::V3).unwrap().max_body(100);
    let short = VerifyLayer::with_clock(verifier, PublicUrl::endpoint(URI).unwrap(), || NOW);
    let (status, text) = answered(short, diagnostician(), "/hubspot/events", &sent);
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text.starts_with("Refused: the body is longer than"), "{text}");
    let text = reports(at_the_time_of_signing(CONFIGURED), diagnostician(), "/hubspot/events", &sent);
    assert!(text.contains("The v1 signature, which covers neither"), "{text}");
}

/// Over HTTP/2 the host that was called is in the target, and there is no `Host`.
#[test]
fn the_host_of_http2_is_looked_at() {
    let mut request = request();
    *request.uri_mut() = URI.parse().unwrap();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&reports);
    let hook = Diagnostician::new([SECRET], Version::V3)
        .report_to(move |diagnosis| to.lock().unwrap().push(diagnosis.clone()));
    let old_host = PublicUrl::endpoint("https://old.example.com/hubspot/events").unwrap();
    let layer = VerifyLayer::new(Verifier::new(SECRET, Version::V3).unwrap(), old_host);
    ready(layer.on_refusal(hook).layer(service_fn(answer)).oneshot(request)).unwrap();
    assert_eq!(proves(&reports.lock().unwrap()[0], &[Cause::UriHost]).signed_uri(), Some(URI));
}
