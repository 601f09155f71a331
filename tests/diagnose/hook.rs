//! The hook of the tower layer.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Request, Response, StatusCode};
use hubspot_signature::diagnose::{Cause, Diagnostician};
use hubspot_signature::tower::{Refusal, VerifyLayer};
use hubspot_signature::{ClientSecret, PublicUrl, UnixTime, Verifier, Version};
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

#[test]
fn three_refusals_a_minute_are_explained() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (to, diagnostician) = (Arc::clone(&reports), Diagnostician::new([SECRET], Version::V3).endpoint(URI));
    let hook = diagnostician.report_to(move |diagnosis| to.lock().unwrap().push(diagnosis.clone()));
    let layer = layer().on_refusal(hook);
    for _ in 0..5 {
        let response = ready(layer.layer(service_fn(answer)).oneshot(request())).unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    }
    let reports = reports.lock().unwrap();
    // More only if a minute ended in between.
    assert!((3..=5).contains(&reports.len()), "{}", reports.len());
    for diagnosis in reports.iter() {
        let finding = proves(diagnosis, &[Cause::UriScheme]);
        assert_eq!(finding.signed_uri(), Some(URI));
    }
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
