//! With the endpoint's URL, the URI is compared and not guessed; and what a signature of another host means.

use hubspot_signature::Version;
use hubspot_signature::diagnose::{Cause, Certainty, Diagnostician, Fault, Finding};

use crate::request::*;

const ENDPOINT: &str = "https://hooks.example.com/tenants/42/crm-events/inbox";

fn compared(sent: &Sent) -> Finding {
    let diagnostician = Diagnostician::new([SECRET], Version::V2).endpoint(ENDPOINT);
    let diagnosis = sent.diagnosed_by(&diagnostician, NOW);
    let [finding] = diagnosis.findings() else { panic!("{diagnosis}") };
    assert_eq!(finding.certainty(), Certainty::Proved, "{diagnosis}");
    finding.clone()
}

#[test]
fn any_difference_is_found() {
    use Cause::*;
    let sent = |seen: &str| Sent::new("POST", &format!("{ENDPOINT}?a=1"), EVENTS).uri(format!("{seen}?a=1"));
    for (seen, causes) in [
        ("https://hooks.example.com/inbox", &[UriPrefixLost][..]),
        ("https://hooks.example.com/stage/x/tenants/42/crm-events/inbox", &[UriPrefixAdded]),
        ("http://10.0.0.7:9000/crm-events/inbox", &[UriScheme, UriHost, UriPrefixLost]),
        ("https://hooks.example.com:9443/tenants/42/crm-events/inbox", &[UriPort]),
        ("https://hooks.example.com/tenants/42/crm-events/inbox/", &[UriTrailingSlash]),
        ("https://hooks.example.com//tenants/42//crm-events/inbox", &[UriDoubleSlash]),
        ("https://old-tunnel.example/tenants/42/crm-events/inbox", &[UriHost]),
        ("https://hooks.example.com/index.cgi", &[UriRewritten]),
        ("/crm-events/inbox", &[UriPathOnly, UriPrefixLost]),
    ] {
        let finding = compared(&sent(seen));
        assert!(finding.causes().eq(causes.iter().copied()), "{seen}: {finding}");
        assert_eq!(finding.signed_uri(), Some(&*format!("{ENDPOINT}?a=1")));
        for fault in finding.faults().iter().filter(|fault| fault.fix().contains("PublicUrl")) {
            assert!(fault.fix().contains(&format!("PublicUrl::endpoint({ENDPOINT:?})")), "{finding}");
        }
    }
    // With the query that the endpoint has in HubSpot.
    let signed = format!("{ENDPOINT}?tenant=7");
    let sent = Sent::new("POST", &signed, EVENTS).uri(ENDPOINT);
    let diagnosis = sent.diagnosed_by(&Diagnostician::new([SECRET], Version::V2).endpoint(&signed), NOW);
    proves(&diagnosis, &[UriQueryLost]);
}

/// The setting itself may have another path than HubSpot: the fix begins with it.
#[test]
fn each_fix_of_a_path_begins_with_the_setting() {
    use Cause::*;
    let spelled = "https://hooks.example.com/caf%C3%A9/inbox";
    for (endpoint, seen, cause, on_the_way) in [
        (
            ENDPOINT,
            "/tenants/42/crm-events/inbox/",
            UriTrailingSlash,
            "`path_not_endpoint`): disable the proxy's rewrite rule",
        ),
        (ENDPOINT, "/tenants/42/crm-events//inbox", UriDoubleSlash, "merge_slashes off"),
        (ENDPOINT, "/crm-events/inbox", UriPrefixLost, "OriginalUri"),
        (ENDPOINT, "/x/tenants/42/crm-events/inbox", UriPrefixAdded, "before the prefix was added"),
        (ENDPOINT, "/webhook", UriRewritten, "`path_not_endpoint`): verify before the hop"),
        (spelled, "/café/inbox", UriEscapesDecoded, "`path_not_endpoint`): pass the raw path"),
        (spelled, "/caf%c3%a9/inbox", UriEscapeCase, "`path_not_endpoint`): pass the raw path"),
    ] {
        let sent = Sent::new("POST", endpoint, EVENTS).uri(format!("https://hooks.example.com{seen}"));
        let knows = |secret| Diagnostician::new([secret], Version::V2).endpoint(endpoint).work_limit(1 << 20);
        let finding = proves(&sent.diagnosed_by(&knows(SECRET), NOW), &[cause]);
        // And where no signature proves it.
        let diagnosis = sent.diagnosed_by(&knows(OTHER), NOW);
        let mut suspected = diagnosis.findings().iter().flat_map(Finding::faults);
        let is_of_path = |fault: &&Fault| fault.cause() == cause || fault.evidence().contains("the endpoint's is");
        let suspected = suspected.find(is_of_path).unwrap();
        for fault in [&finding.faults()[0], suspected] {
            let fix = fault.fix();
            assert!(fix.starts_with("Configure the"), "{fix}");
            assert!(fix.contains(&format!("`PublicUrl::endpoint({endpoint:?})`")) && fix.contains(on_the_way), "{fix}");
        }
    }
    // A hop that a header names did rewrite it; and no setting has a query.
    let hop = Sent::new("POST", ENDPOINT, EVENTS).uri("https://hooks.example.com/index.cgi");
    let hop = hop.and("X-Original-Uri", "/tenants/42/crm-events/inbox").proves(&[UriRewritten]);
    assert_eq!(hop.faults()[0].fix(), UriRewritten.fix());
    let query = Sent::new("POST", &format!("{ENDPOINT}?a=1&b=2"), EVENTS).uri(format!("{ENDPOINT}?a=1&&b=2"));
    let query = query.diagnosed_by(&Diagnostician::new([SECRET], Version::V2).endpoint(ENDPOINT), NOW);
    assert_eq!(query.findings()[0].faults()[0].fix(), UriRewritten.fix());
}

/// A difference from the endpoint is likely even where no signature proves it.
#[test]
fn a_difference_is_suspected() {
    let diagnostician = Diagnostician::new([OTHER], Version::V2).endpoint(ENDPOINT);
    let sent = Sent::new("POST", ENDPOINT, EVENTS).uri("http://hooks.example.com/inbox");
    likely(&sent.diagnosed_by(&diagnostician, NOW), &[Cause::UriScheme, Cause::UriPrefixLost]);
    let same = Sent::new("POST", ENDPOINT, EVENTS).and("X-Forwarded-Host", "edge.example.com");
    let diagnosis = same.diagnosed_by(&diagnostician, NOW);
    likely(&diagnosis, &[]);
    let text = diagnosis.to_string();
    assert!(text.contains("Not tried: another secret, a host or a path that is neither the endpoint's"), "{text}");
    assert!(text.contains("Log the raw body's length and SHA-256"), "{text}");
}

/// A request that was captured at another host of the same app.
#[test]
fn another_hosts_signature_is_perhaps_a_replay() {
    let staging = "https://staging.example.com/hubspot/events";
    let replayed = Sent::new("POST", staging, EVENTS).uri(URI).and("Host", "staging.example.com");
    let finding = replayed.proves(&[Cause::UriHost]);
    let fix = finding.faults()[0].fix();
    assert!(
        fix.starts_with("The signature is that of a request to \"staging.example.com\": perhaps a replay"),
        "{fix}"
    );
    let warning = fix.find("Only if HubSpot itself calls").unwrap();
    assert!(warning < fix.find("PublicUrl::endpoint").unwrap(), "{fix}");
    // Neither an internal name nor the endpoint's own host is a sign of one.
    let internal = post().uri("https://app.internal/hubspot/events").and("Host", "hooks.example.com");
    assert!(!internal.proves(&[Cause::UriHost]).faults()[0].fix().contains("replay"));
    let known = Diagnostician::new([SECRET], Version::V2).endpoint(staging);
    let finding = proves(&replayed.diagnosed_by(&known, NOW), &[Cause::UriHost]);
    assert!(!finding.faults()[0].fix().contains("replay"), "{finding}");
}

/// Without it, the report says what is missing, and does not begin with the secret.
#[test]
fn nothing_found_names_one_experiment() {
    let text = post().uri("https://hooks.example.com/never/heard/of/it").diagnosed().to_string();
    let (_, open) = text.split_once("None of the changes that were tried").unwrap();
    let (prefix, secret) = (open.find("a path prefix or a host").unwrap(), open.find("another secret").unwrap());
    assert!(prefix < secret, "{open}");
    assert!(open.contains("run this again with `endpoint` set to the URL"), "{open}");
}

/// Refused for its path, which the service compares with its own setting: one of the two was signed, or neither.
#[cfg(feature = "http")]
#[test]
fn a_path_that_was_refused_is_explained() {
    use Cause::*;
    use hubspot_signature::{Error, diagnose::ReceivedRequest};
    let other = "https://hooks.example.com/tenants/42/crm-events";
    let explained = |signed: &str, arrived: &str, told: Option<&str>, set: &str| {
        let sent = Sent::new("GET", signed, "");
        let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
        let request = ReceivedRequest { method: "GET", uri: arrived, headers: &headers, body: Some(b"") };
        let diagnostician = Diagnostician::new([SECRET], Version::V2);
        let diagnostician = told.into_iter().fold(diagnostician, Diagnostician::endpoint);
        let diagnosis = diagnostician.diagnose_path(&request, set, NOW);
        // Scheme and host are those of the setting, given or not.
        let target = arrived.strip_prefix("https://hooks.example.com").unwrap();
        for uri in [target, &format!("http://10.0.0.7:3000{target}")] {
            let request = ReceivedRequest { uri, ..request };
            assert_eq!(diagnostician.diagnose_path(&request, set, NOW).to_string(), diagnosis.to_string());
        }
        assert_eq!(diagnosis.verdict(), Ok(Err(Error::PathNotEndpoint)));
        diagnosis
    };
    let longer = format!("{ENDPOINT}/x?a=1");
    let rewritten = "https://hooks.example.com/index.cgi";
    for (signed, arrived, set, cause, fix) in [
        // What arrived was signed, so the setting is wrong, or a request to another route was captured.
        (&*longer, &*longer, ENDPOINT, UriEndpoint, "onfigure {the} `PublicUrl::endpoint({signed})`"),
        (ENDPOINT, ENDPOINT, rewritten, UriEndpoint, "onfigure {the} `PublicUrl::endpoint({signed})`"),
        // The setting was signed, and something on the way changed the path.
        (ENDPOINT, rewritten, ENDPOINT, UriRewritten, "changed on the way: verify before the hop that rewrites it"),
        (ENDPOINT, "https://hooks.example.com/inbox", ENDPOINT, UriPrefixLost, "changed on the way: in axum's `nest`"),
        (other, "https://hooks.example.com/x/tenants/42/crm-events", other, UriPrefixAdded, "way: verify the path as"),
    ] {
        // Told or not, the service's own URL is one that HubSpot may have called.
        for told in [Some(ENDPOINT), Some(set), None] {
            let diagnosis = explained(signed, arrived, told, set);
            let finding = diagnosis.findings().iter().find(|finding| finding.certainty() == Certainty::Proved).unwrap();
            assert_eq!((finding.faults()[0].cause(), finding.signed_uri()), (cause, Some(signed)), "{diagnosis}");
            assert_eq!(finding.matched().len(), 2, "v2 and v3: {diagnosis}");
            let text = diagnosis.to_string();
            let is_told = told == Some(signed);
            let fix = fix.replace("{the}", if is_told { "the URL that was signed," } else { "it:" });
            let fix = fix.replace("{signed}", &format!("{:?}", signed.split('?').next().unwrap()));
            let warns = text.contains("Otherwise, the request is a replay at another route.");
            assert_eq!(warns, cause != UriEndpoint || !is_told, "{text}");
            assert!(text.contains(&fix), "{fix}: {text}");
            assert!(!text.contains(&format!("PublicUrl::endpoint({set:?})")), "{text}");
        }
    }
    // What arrived was signed for another host: configuring that would be to accept a replay.
    let staging = "https://staging.example.com/tenants/42/crm-events/inbox/x";
    let sent = Sent::new("GET", staging, "").and("Host", "staging.example.com");
    let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
    let uri = "/tenants/42/crm-events/inbox/x";
    let request = ReceivedRequest { method: "GET", uri, headers: &headers, body: Some(b"") };
    let diagnosis = Diagnostician::new([SECRET], Version::V2).diagnose_path(&request, ENDPOINT, NOW);
    let text = diagnosis.to_string();
    assert!(text.contains("[proved]") && text.contains("perhaps a replay of one that was captured there"), "{text}");
    assert!(!text.contains("the URL that was signed"), "{text}");
    assert!(!text.contains("Configure the URL that was signed"), "{text}");
    // Neither: nothing is proved, and the paths differ.
    let diagnosis = explained("https://hooks.example.com/never/heard/of/it", rewritten, Some(ENDPOINT), ENDPOINT);
    likely(&diagnosis, &[UriEndpoint, UriQueryLost]);
    assert!(diagnosis.to_string().contains("the request is a replay at another route, or the path was changed"));
    assert!(!diagnosis.to_string().contains("PublicUrl::endpoint(\""), "{diagnosis}");
}

/// A prefix that a hop removes is no fault of an endpoint. A slash at the end of the setting is one, also behind it.
#[cfg(feature = "http")]
#[test]
fn a_slash_of_the_setting_is_found_behind_a_prefix() {
    use Cause::*;
    use hubspot_signature::{Error, diagnose::ReceivedRequest};
    let (bare, slashed) =
        ("https://hooks.example.com/vialisten/hubspot/webhook", "https://hooks.example.com/vialisten/hubspot/webhook/");
    let explained = |secret, signed: &str, arrived: &str, told: Option<&str>, set: &str| {
        let sent = Sent::new("POST", signed, EVENTS);
        let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
        let body = Some(EVENTS.as_bytes());
        let request = ReceivedRequest { method: "POST", uri: arrived, headers: &headers, body };
        let diagnostician = Diagnostician::new([secret], Version::V2).work_limit(1 << 20);
        let diagnostician = told.into_iter().fold(diagnostician, Diagnostician::endpoint);
        let diagnosis = diagnostician.diagnose_path(&request, set, NOW);
        assert_eq!(diagnosis.verdict(), Ok(Err(Error::PathNotEndpoint)));
        diagnosis
    };
    for (signed, arrived, set) in [
        (bare, "/hubspot/webhook", slashed),
        (slashed, "/hubspot/webhook/", bare),
        (bare, "/public/vialisten/hubspot/webhook", slashed),
    ] {
        for told in [None, Some(set)] {
            let diagnosis = explained(SECRET, signed, arrived, told, set);
            let finding = proves(&diagnosis, &[UriTrailingSlash]);
            assert_eq!((finding.signed_uri(), finding.matched().len()), (Some(signed), 2), "{diagnosis}");
            let fix = finding.faults()[0].fix();
            assert!(fix.starts_with("Configure the URL that was signed, `PublicUrl::endpoint("), "{fix}");
            assert!(fix.contains(&format!("`PublicUrl::endpoint({signed:?})`")), "{fix}");
            assert!(fix.ends_with("The router also needs a route for the path that arrives."), "{fix}");
            assert!(diagnosis.tried() < 100, "{diagnosis}");
            // Where nothing is proved, it is likely.
            let diagnosis = explained(OTHER, signed, arrived, told, set);
            likely(&diagnosis, &[UriTrailingSlash]);
            let fix = diagnosis.findings()[0].faults()[0].fix();
            assert!(fix.starts_with("Configure the URL as it is in HubSpot, with a slash at its end only if"), "{fix}");
            assert!(!fix.contains("X-Original-URI") && fix.contains("NormalizePath"), "{fix}");
        }
        // With HubSpot's URL, the setting is compared with it.
        let told = explained(OTHER, signed, arrived, Some(signed), set);
        likely(&told, &[UriTrailingSlash]);
        let fix = told.findings()[0].faults()[0].fix();
        assert!(fix.contains(&format!("`PublicUrl::endpoint({signed:?})`")), "{fix}");
    }
    // What arrived is no part of it: the sender chose it.
    let diagnosis = explained(SECRET, bare, "/index.cgi", None, slashed);
    assert!(diagnosis.to_string().contains("the request is a replay at another route"), "{diagnosis}");
    assert!(!diagnosis.to_string().contains("[proved]"), "{diagnosis}");
    // HubSpot called the setting, and both prefix and slash were lost: an endpoint takes the one, and not the other.
    let diagnosis = explained(SECRET, slashed, "/hubspot/webhook", None, slashed);
    let fix = proves(&diagnosis, &[UriTrailingSlash]).faults()[0].fix().to_owned();
    assert!(fix.starts_with("The endpoint's URL was signed.") && fix.contains("NormalizePath"), "{fix}");
    // The setting lacks the prefix, too.
    let diagnosis =
        explained(SECRET, bare, "/vialisten/hubspot/webhook", None, "https://hooks.example.com/hubspot/webhook/");
    proves(&diagnosis, &[UriEndpoint]);
}

/// One secret signs for all URLs of an app. What is not the endpoint may have been captured elsewhere, whatever headers the
/// sender has added to it.
#[test]
fn another_url_than_the_endpoint_is_perhaps_a_replay() {
    use Cause::*;
    let path = "/tenants/42/crm-events/inbox";
    for (signed, header, cause) in [
        ("https://hooks.example.com/billing", ("X-Original-URI", "/billing"), UriRewritten),
        ("https://hooks.example.com:8443/tenants/42/crm-events/inbox", ("Host", "hooks.example.com:8443"), UriPort),
        ("https://hooks.example.com/a/tenants/42/crm-events/inbox", ("X-Forwarded-Prefix", "/a"), UriPrefixLost),
    ] {
        let uri = format!("https://hooks.example.com{path}");
        let sent = Sent::new("POST", signed, EVENTS).uri(uri).and(header.0, header.1);
        let knows = Diagnostician::new([SECRET], Version::V2).endpoint(ENDPOINT);
        let finding = proves(&sent.diagnosed_by(&knows, NOW), &[cause]);
        let fix = finding.faults()[0].fix();
        let warning = format!("The signature is that of a request to {signed:?}: perhaps a replay");
        assert!(fix.starts_with(&warning) && fix.contains("Only if HubSpot itself calls"), "{fix}");
        // It is no replay if that is the URL in HubSpot.
        let knows = Diagnostician::new([SECRET], Version::V2).endpoint(signed);
        let finding = proves(&sent.diagnosed_by(&knows, NOW), &[cause]);
        assert!(!finding.faults()[0].fix().contains("replay"), "{finding}");
    }
}
