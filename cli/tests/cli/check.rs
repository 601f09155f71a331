//! `send --check`: whether it tells good endpoints from bad ones, and is right about correct ones of every kind.

use hubspot_signature::Version;

use crate::http2;
use crate::naive::{Mistake, naive};
use crate::program::*;
use crate::server::{PUBLIC_URL, Server, careful};

fn check(server: &Server, arguments: &[&str]) -> Outcome {
    let to = server.url("/hubspot");
    run(&[&["send", "--check", "--to", &to, "--public-url", PUBLIC_URL], arguments].concat(), b"")
}

/// `relabelled` and `extended` have no v3 signature, and repeat `downgraded` where v3 is demanded.
const FORGERIES_OF_V3: &[&str] = FORGERIES.split_at(17).0;

pub const FORGERIES: [&str; 19] = [
    "unsigned",
    "tampered",
    "other-url",
    "other-method",
    "other-secret",
    "empty-secret",
    "other-host",
    "stale",
    "future",
    "two-times",
    "moved-time",
    "moved-body",
    "moved-body-delete",
    "moved-body-post",
    "doubled",
    "malformed",
    "downgraded",
    "relabelled",
    "extended",
];

/// The forgeries that `--check` calls refused, accepted, unserved, unjudged and neither.
fn judged(outcome: &Outcome) -> [Vec<&str>; 5] {
    let (_, forgeries) = outcome.stdout.split_once("Forgeries").expect("a table");
    ["refused", "accepted", "unserved", "unjudged", "neither"].map(|judgement| {
        let lines = forgeries.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.filter(|words| words.len() > 3 && words[1] == judgement).map(|words| words[3]).collect()
    })
}

/// Each forgery is one: an endpoint that makes the mistake accepts it, and is told so; without the mistake it passes.
#[test]
fn each_forgery_fools_a_naive_endpoint() {
    use Mistake::*;
    let (all, posts, workflow) = (&[][..], &["workflow", "batch"][..], &["workflow"][..]);
    let any_value =
        &["tampered", "other-url", "other-method", "other-secret", "empty-secret", "other-host", "malformed"][..];
    let mut fooling = Vec::new();
    for (mistake, minimum, events, fooled_by) in [
        (None, "v3", all, &[][..]),
        (None, "v2", workflow, &[]),
        (TakesUnsigned, "v3", all, &["unsigned"]),
        (ComparesNothing, "v3", all, any_value),
        (LeavesTheQueryOut, "v3", posts, &["other-url"]),
        (AssumesPost, "v3", posts, &["other-method"]),
        (HasAnEmptySecretToo, "v3", all, &["empty-secret"]),
        (BelievesHost, "v3", all, &["other-host"]),
        (TakesAnyAge, "v3", all, &["stale"]),
        (TakesAnyFuture, "v3", all, &["future"]),
        (MixesTimestamps, "v3", all, &["two-times"]),
        (ReadsAnyNumber, "v3", all, &["future", "moved-time"]),
        (TakesAnyBody, "v3", all, &["moved-body", "moved-body-delete", "moved-body-post"]),
        (TakesTheLastSignature, "v3", all, &["doubled"]),
        (FallsBack, "v3", all, &["malformed"]),
        (TakesOlderAlone, "v3", all, &["downgraded"]),
        (BelievesTheVersion, "v2", workflow, &["relabelled"]),
        (TakesNuls, "v2", workflow, &["extended"]),
    ] {
        let server = Server::start(naive(mistake, minimum == "v3"));
        let mut arguments = vec!["--minimum-version", minimum];
        events.iter().for_each(|event| arguments.extend(["--event", event]));
        let outcome = check(&server, &arguments);
        assert_eq!(outcome.status, Some(i32::from(!fooled_by.is_empty())), "{mistake:?} {outcome:?}");
        assert_eq!(judged(&outcome)[1], fooled_by, "{mistake:?} {outcome:?}");
        let genuine = if events.is_empty() { 4 } else { events.len() };
        outcome.assert(outcome.status.unwrap(), &format!("{genuine} of {genuine} genuine requests accepted"));
        fooling.extend(fooled_by);
    }
    let unproved: Vec<_> = FORGERIES.iter().filter(|forgery| !fooling.contains(forgery)).collect();
    assert!(unproved.is_empty(), "{unproved:?}");
}

#[test]
fn a_careful_endpoint_passes() {
    let server = Server::start(careful(Version::V3));
    let outcome = check(&server, &[]);
    outcome.assert(0, "4 of 4 genuine requests accepted, 17 of 17 forgeries refused");
    outcome.assert(
        0,
        "not tried: relabelled, extended (these requests do not allow it, or it shows nothing new); respelled (no HTTP/2)\n",
    );
    assert_eq!(judged(&outcome), [FORGERIES_OF_V3.to_vec(), vec![], vec![], vec![], vec![]]);
    assert!(!outcome.stdout.contains("BAD") && !outcome.stdout.contains("udged"), "{outcome:?}");

    // One by one.
    for forgery in FORGERIES {
        let event = if forgery.starts_with("moved") { "card" } else { "workflow" };
        let to = server.url("/hubspot");
        let send = ["send", "--to", &to, "--public-url", PUBLIC_URL, "--event", event, "--forge", forgery];
        run(&send, b"").assert(0, "401").assert(0, "as it should be (forged");
    }
}

#[test]
fn an_endpoint_that_accepts_everything_fails() {
    let outcome = check(&Server::start(|_| 200), &[]);
    outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 17 forgeries refused");
    assert_eq!(judged(&outcome)[1], FORGERIES_OF_V3);
    outcome.assert(1, "verifies nothing before it answers").assert(1, "from a queue, --check cannot judge it");
    assert!(!outcome.stdout.contains("demand v3"), "{outcome:?}");
}

/// Its fault is not the version, and it does verify what is signed.
#[test]
fn an_endpoint_that_takes_unsigned_requests_is_told_so() {
    let outcome = check(&Server::start(naive(Mistake::TakesUnsigned, true)), &[]);
    outcome.assert(1, "`unsigned` was accepted, so anyone can send this endpoint a request");
    assert!(!outcome.stdout.contains("verifies nothing") && !outcome.stdout.contains("demand v3"), "{outcome:?}");
    // Where even the genuine request is not accepted, nothing is known.
    let outcome = check(&Server::start(|_| 422), &["--event", "workflow"]);
    for conclusion in ["verifies nothing", "anyone can send", "demand v3"] {
        assert!(!outcome.stdout.contains(conclusion), "{outcome:?}");
    }
}

#[test]
fn an_endpoint_that_refuses_everything_fails() {
    let outcome = check(&Server::start(|_| 401), &[]);
    outcome.assert(1, "0 of 4 genuine requests accepted, 17 of 17 forgeries refused");
    outcome.assert(1, "a refusal says nothing");
}

#[test]
fn an_endpoint_that_accepts_only_some_genuine_requests_fails() {
    for refused in ["card", "fetch"] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| {
            let is_card = request.method() == "GET";
            let is_fetch = request.uri().query().is_some_and(|query| query.contains("appId=")) && !is_card;
            if if refused == "card" { is_card } else { is_fetch } { 401 } else { careful(request) }
        });
        let outcome = check(&server, &[]);
        outcome.assert(1, "3 of 4 genuine requests accepted, 17 of 17 forgeries refused");
        assert!(!outcome.stdout.contains("a refusal says nothing"), "{outcome:?}");
    }
}

#[test]
fn an_endpoint_that_breaks_fails() {
    let careful = careful(Version::V3);
    let server = Server::start(move |request| if careful(request) == 200 { 200 } else { 500 });
    let outcome = check(&server, &[]);
    outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 17 forgeries refused");
    assert_eq!(judged(&outcome)[4], FORGERIES_OF_V3);
}

/// A status that says nothing of the signature proves nothing.
#[test]
fn an_endpoint_that_answers_another_4xx_is_not_judged() {
    for status in [402, 408, 413, 415, 422, 499] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| if careful(request) == 200 { 200 } else { status });
        let outcome = check(&server, &[]);
        outcome.assert(1, "4 of 4 genuine requests accepted, 0 of 17 forgeries refused");
        outcome.assert(1, "NOT JUDGED, as").assert(1, &format!("unsigned ({status}), tampered ({status})"));
        assert_eq!(judged(&outcome)[3], FORGERIES_OF_V3);
    }
    for status in [400, 401, 403, 429] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| if careful(request) == 200 { 200 } else { status });
        check(&server, &[]).assert(0, "17 of 17 forgeries refused");
    }
}

/// nginx does, if the service closes the connection while the body is still sent.
#[test]
fn a_proxy_that_answers_for_the_endpoint_is_told() {
    let hint = "502 and 504 are usually a proxy's own answers. nginx, for example, answers 502 if the service refuses a \
                request before it has read the body. Send to the service itself, or use smaller events\n";
    for status in [502, 504] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| match careful(request) {
            401 if !request.headers().contains_key("x-hubspot-signature-v3") => status,
            answer => answer,
        });
        let outcome = check(&server, &["--event", "workflow"]);
        assert_eq!(judged(&outcome)[4], ["unsigned", "downgraded"]);
        let named = format!("neither accepted nor refused: unsigned ({status}), downgraded ({status})\n{hint}");
        outcome.assert(1, "13 of 15 forgeries refused").assert(1, &named);
    }
    // A fault of the endpoint itself; or the proxy refuses the genuine request, too.
    for (genuine, forged) in [(200, 500), (502, 502)] {
        let careful = careful(Version::V3);
        let server = Server::start(move |request| if careful(request) == 200 { genuine } else { forged });
        let outcome = check(&server, &["--event", "workflow"]);
        assert!(outcome.status == Some(1) && !outcome.stdout.contains(hint), "{outcome:?}");
    }
}

/// Routers of actix-web, Rocket and hyper answer 404 to another method, and some servers 501.
#[test]
fn a_forged_method_that_is_not_served_is_let_pass() {
    let posts = ["--event", "workflow", "--event", "batch"];
    for status in [404, 405, 501] {
        let handler = careful(Version::V3);
        let server = Server::start(move |request| if request.method() == "POST" { handler(request) } else { status });
        let outcome = check(&server, &posts);
        outcome.assert(0, "2 of 2 genuine requests accepted, 13 of 13 forgeries refused\n");
        let unserved = format!("other-method ({status}), moved-body-delete ({status})\n");
        outcome.assert(0, &format!("not judged, as the endpoint does not serve the method: {unserved}"));
        assert_eq!(judged(&outcome)[2], ["other-method", "moved-body-delete"]);
        assert!(!outcome.stdout.contains("BAD") && !outcome.stdout.contains("NOT JUDGED"), "{outcome:?}");
        // One alone.
        let to = server.url("/hubspot");
        let send = ["send", "--to", &to, "--public-url", PUBLIC_URL, "--forge", "other-method"];
        let wanted = "(forged, with another method: to be refused with 400, 401, 403, 404, 405, 429 or 501)\n";
        run(&send, b"").assert(0, &format!("\nas it should be {wanted}"));
        run(&["send", "--to", &to, "--public-url", PUBLIC_URL, "--forge", "tampered"], b"")
            .assert(0, "\nas it should be (forged: to be refused with 400, 401, 403 or 429)\n");

        // To a method that is served it is no answer.
        let handler = careful(Version::V3);
        let server = Server::start(move |request| if handler(request) == 200 { 200 } else { status });
        let outcome = check(&server, &posts);
        outcome
            .assert(1, "0 of 13 forgeries refused")
            .assert(1, &format!("method: other-method ({status}), moved-body-delete"));
    }
}

/// A strict `Vec<Event>` handler answers 422 to a workflow's event, although the signature is right.
#[test]
fn an_event_that_the_handler_cannot_use_is_not_its_fault() {
    for status in [400, 422] {
        let handler = careful(Version::V3);
        let strict = move |request: &http::Request<Vec<u8>>| match handler(request) {
            200 if !request.body().starts_with(b"[") => status,
            answer => answer,
        };
        let server = Server::start(strict);
        let outcome = check(&server, &[]);
        outcome.assert(0, "1 of 4 genuine requests accepted, 17 of 17 forgeries refused");
        let events = format!("workflow ({status}), card ({status}), fetch ({status})\n");
        outcome.assert(
            0,
            &format!("unusable: the signature was accepted, but the handler cannot use the event: {events}"),
        );
        // As many rows are marked as accepted as are counted.
        outcome.assert(0, &format!("-   unusable {status}  workflow "));
        assert_eq!(outcome.stdout.matches(" accepted ").count(), 1, "{outcome:?}");
        outcome.assert(0, "--body-file");
        check(&server, &["--body", "[]"]).assert(0, "1 of 1 genuine requests accepted");

        // Sent alone, nothing tells why.
        let alone = ["send", "--to", &server.url("/hubspot"), "--public-url", PUBLIC_URL];
        let alone = run(&alone, b"");
        assert_eq!(alone.status, Some(1), "{alone:?}");
        assert!(alone.stderr.contains("--body-file"), "{alone:?}");
    }
}

/// An endpoint that answers a forgery as it does the genuine event has accepted its signature.
#[test]
fn a_forgery_that_gets_as_far_as_the_event_is_accepted() {
    let fooled = naive(Mistake::TakesAnyAge, true);
    let server = Server::start(move |request| if fooled(request) == 200 { 400 } else { 401 });
    let outcome = check(&server, &["--event", "workflow"]);
    assert_eq!(judged(outcome.assert(1, "cannot use the event: workflow (400)"))[1], ["stale"]);
    // It judges the event first, so nothing is known of the signature.
    for status in [400, 422] {
        let outcome = check(&Server::start(move |_| status), &["--event", "workflow"]);
        outcome.assert(1, "0 of 1 genuine requests accepted").assert(1, "a refusal says nothing");
        assert!(!outcome.stdout.contains("cannot use the event"), "{outcome:?}");
    }
}

#[test]
fn forgeries_can_be_left_out() {
    let fooled = naive(Mistake::ReadsAnyNumber, true);
    let server = Server::start(fooled);
    let outcome = check(&server, &["--skip", "future", "--skip", "moved-time"]);
    outcome.assert(0, "15 of 15 forgeries refused").assert(0, "not tried: future, moved-time (left out); ");
    check(&server, &["--skip", "future"]).assert(1, "15 of 16 forgeries refused");
    check(&server, &["--skip", "futures"]).assert_failed("possible values");
}

#[test]
fn the_minimum_version_says_what_is_a_forgery() {
    let v2 = Server::start(careful(Version::V2));
    let outcome = check(&v2, &[]);
    assert_eq!(judged(outcome.assert(1, ""))[1], ["downgraded"]);
    outcome.assert(1, "the endpoint takes v2 alone").assert(1, "demand v3 (`Verifier::new(secret, Version::V3)`");
    // What is advised helps.
    outcome.assert(1, "--minimum-version v2\n");
    // The batch's v1 is below v2.
    let outcome = check(&v2, &["--minimum-version", "v2"]);
    outcome.assert(0, "19 of 19 forgeries refused").assert(0, "downgraded         batch");
    assert!(!outcome.stdout.contains("alone"), "{outcome:?}");

    let v1 = Server::start(careful(Version::V1));
    let outcome = check(&v1, &["--minimum-version", "v2"]);
    assert_eq!(judged(outcome.assert(1, ""))[1], ["downgraded"]);
    outcome.assert(1, "takes v1 alone").assert(1, "Version::V2").assert(1, "--minimum-version v1\n");
    let outcome = check(&v1, &["--minimum-version", "v1"]);
    outcome
        .assert(0, "17 of 17 forgeries refused")
        .assert(0, "not tried: downgraded, relabelled (these requests do not allow it");
    // The batch's v1 is too old, extended or not.
    check(&v2, &["--minimum-version", "v2", "--event", "batch"])
        .assert(0, "not tried: moved-time, moved-body, extended (these requests do not allow it");
}

#[test]
fn only_chosen_events_are_checked() {
    let careful = careful(Version::V3);
    let server = Server::start(move |request| if request.method() == "POST" { careful(request) } else { 405 });
    let outcome = check(&server, &[]);
    outcome.assert(1, "3 of 4 genuine requests accepted").assert(1, "with --event workflow --event batch");
    let outcome = check(&server, &["--event", "workflow", "--event", "batch"]);
    assert!(!outcome.stdout.contains("leave cards out"), "{outcome:?}");
    outcome.assert(0, "2 of 2 genuine").assert(0, "moved-time, moved-body, relabelled");
    check(&server, &["--body", "[]"]).assert(0, "1 of 1 genuine").assert(0, " 200  own ");
    let capture = File::new("check.http", V3);
    check(&server, &["--capture", capture.path()]).assert(0, "1 of 1 genuine").assert(0, " 200  capture ");
}

/// Over HTTP/2 a header keeps the space after its value, so its text is another and its signature the same.
#[test]
fn a_memory_of_signatures_is_one_of_their_bytes() {
    let check = |memory| {
        let server = http2::Server::start(memory);
        let to = server.url("/hubspot");
        let send = ["send", "--check", "--to", &to, "--public-url", PUBLIC_URL, "--event", "workflow"];
        run(&send, b"")
    };
    let outcome = check(http2::Memory::None);
    outcome
        .assert(0, "15 of 15 forgeries refused")
        .assert(0, "respelled (an exact copy is answered with 2xx too, so no answer shows whether");
    let outcome = check(http2::Memory::OfKeys);
    outcome.assert(0, "16 of 16 forgeries refused").assert(0, "refused  409  respelled ");
    let outcome = check(http2::Memory::OfText);
    outcome.assert(1, "15 of 16 forgeries refused").assert(1, "accepted 200  respelled ");
}

/// If the endpoint refuses a genuine request, that it refuses the forgeries of it says nothing.
#[test]
fn forgeries_are_made_of_what_is_accepted() {
    let fooled = naive(Mistake::TakesAnyAge, true);
    let server =
        Server::start(move |request| if request.body().starts_with(b"{\"vid\"") { 401 } else { fooled(request) });
    let outcome = check(&server, &["--event", "workflow", "--event", "batch"]);
    outcome.assert(1, "1 of 2 genuine requests accepted");
    assert_eq!(judged(&outcome)[1], ["stale"]);
}
