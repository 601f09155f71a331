//! Each cause of docs/PROTOCOL.md §6, made by really doing the damage to a genuine request, is found and named.
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]
#![cfg(feature = "diagnose")]

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hubspot_signature::diagnose::{
    Cause, Certainty, Diagnosis, Diagnostician, Finding, Objection, Part, ReceivedRequest,
};
use hubspot_signature::{ClientSecret, Error, Header, MatchedSecret, SecretError, UnixTime, Version};
use serde_json::Value;

const SECRET: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const OTHER: &str = "99999999-4e5f-6071-8293-a4b5c6d7e8f9";
const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_123);
const URI: &str = "https://hooks.example.com/hubspot/events";
const FETCH: &str = "https://hooks.example.com/hubspot/card?name=O%27Neil%20%26%20S%C3%B6hne&when=12%3A30\
                     &userId=7&portalId=62515&userEmail=ada%40example.com&appId=54321";

/// A batch of the Webhooks API, keys in HubSpot's order.
const EVENTS: &str = "[{\"eventId\":1,\"subscriptionId\":12345,\"portalId\":62515,\"appId\":54321,\
                      \"occurredAt\":1564113600000,\"subscriptionType\":\"contact.propertyChange\",\"attemptNumber\":0,\
                      \"objectId\":123,\"propertyName\":\"city\",\"propertyValue\":\"Köln €/m²\",\
                      \"changeSource\":\"CRM\"}]";
/// Keys in alphabetical order, so that `serde_json::Value` keeps it.
const SORTED: &str = "{\"city\":\"Köln €/m²\",\"list\":[1,2.5,null,true],\"nested\":{\"a\":{},\"b\":[]},\"url\":\"https://a.example/b\"}";

/// A request on its way: signed, then damaged.
#[derive(Clone)]
struct Sent {
    method: String,
    uri: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Sent {
    /// Signed as it is, be it what the verifier refuses.
    fn unchecked(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers = secret().sign(method, uri, &body, NOW).as_pairs().map(owned).into();
        Self { method: method.into(), uri: uri.into(), headers, body }
    }

    fn new(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::unchecked(method, uri, body).genuine()
    }

    fn with_v1(method: &str, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let headers = secret().sign_with_v1(method, uri, &body, NOW).as_pairs().map(owned).into();
        Self::genuine(Self { method: method.into(), uri: uri.into(), headers, body })
    }

    /// Nothing below can pass because the request was broken from the start.
    fn genuine(self) -> Self {
        let diagnosis = self.diagnosed();
        assert!(diagnosis.verdict().is_ok() && diagnosis.findings().is_empty(), "{diagnosis}");
        self
    }

    fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = uri.into();
        self
    }

    fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    fn method(mut self, method: &str) -> Self {
        self.method = method.into();
        self
    }

    /// Adds a header.
    fn and(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().into()));
        self
    }

    fn without(mut self, header: Header) -> Self {
        self.headers.retain(|(name, _)| name != header.name());
        self
    }

    fn set(self, header: Header, value: impl AsRef<[u8]>) -> Self {
        self.without(header).and(header.name(), value)
    }

    fn get(&self, header: Header) -> String {
        let (_, value) = self.headers.iter().find(|(name, _)| name == header.name()).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Only v1 or v2 stays.
    fn older_only(self) -> Self {
        self.without(Header::SignatureV3).without(Header::RequestTimestamp)
    }

    /// Only v3 stays.
    fn v3_only(self) -> Self {
        self.without(Header::Signature).without(Header::SignatureVersion)
    }

    fn diagnosed(&self) -> Diagnosis {
        self.diagnosed_by(&Diagnostician::new([SECRET]), NOW)
    }

    fn diagnosed_by(&self, diagnostician: &Diagnostician, now: UnixTime) -> Diagnosis {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
        let request = ReceivedRequest { method: &self.method, uri: &self.uri, headers: &headers, body: &self.body };
        diagnostician.diagnose(&request, now)
    }

    #[track_caller]
    fn proves(&self, causes: &[Cause]) -> Finding {
        proves(&self.diagnosed(), causes)
    }

    /// The damage to the URI alone is proved, and the URI that was signed is named.
    #[track_caller]
    fn proves_uri(&self, signed: &str, causes: &[Cause]) {
        assert_eq!(self.proves(causes).signed_uri(), Some(signed));
    }

    #[track_caller]
    fn suspects(&self, cause: Cause) {
        suspects(&self.diagnosed(), cause);
    }
}

fn owned((name, value): (&'static str, &str)) -> (String, Vec<u8>) {
    (name.into(), value.into())
}

fn secret() -> ClientSecret {
    ClientSecret::new(SECRET).unwrap()
}

/// One finding is proved, with exactly these causes, and nothing is said beside it.
#[track_caller]
fn proves(diagnosis: &Diagnosis, causes: &[Cause]) -> Finding {
    proves_beside(diagnosis, causes, &[])
}

/// One finding is proved, with exactly these causes, and exactly those others are likely.
#[track_caller]
fn proves_beside(diagnosis: &Diagnosis, causes: &[Cause], others: &[Cause]) -> Finding {
    assert!(diagnosis.verdict().is_err(), "the damage did no harm: {diagnosis}");
    let [finding, likely @ ..] = diagnosis.findings() else { panic!("{causes:?} expected: {diagnosis}") };
    assert_eq!(finding.certainty(), Certainty::Proved, "{diagnosis}");
    assert!(finding.causes().eq(causes.iter().copied()), "{causes:?} expected: {diagnosis}");
    assert!(!finding.matched().is_empty());
    assert!(likely.iter().all(|finding| finding.certainty() == Certainty::Likely), "{diagnosis}");
    assert!(likely.iter().flat_map(Finding::causes).eq(others.iter().copied()), "{others:?} expected: {diagnosis}");
    for step in finding.steps() {
        assert!(!step.evidence().is_empty() && !step.mend().is_empty());
        assert!(format!("{diagnosis}").contains(step.cause().description()));
    }
    finding.clone()
}

/// This is likely, and nothing else is said.
#[track_caller]
fn suspects(diagnosis: &Diagnosis, cause: Cause) {
    likely(diagnosis, &[cause]);
}

/// Exactly these are likely, and nothing is proved.
#[track_caller]
fn likely(diagnosis: &Diagnosis, causes: &[Cause]) {
    assert!(diagnosis.verdict().is_err(), "the damage did no harm: {diagnosis}");
    let said: Vec<Cause> = diagnosis.findings().iter().flat_map(Finding::causes).collect();
    assert_eq!(said, causes, "{diagnosis}");
    assert!(diagnosis.findings().iter().all(|finding| finding.certainty() == Certainty::Likely), "{diagnosis}");
}

fn post() -> Sent {
    Sent::new("POST", URI, EVENTS)
}

fn get() -> Sent {
    Sent::new("GET", FETCH, "")
}

mod uri {
    use super::*;

    /// Over HTTP/2 a request's URI is absolute and there is no `Host`; so a tower layer sees it.
    #[cfg(feature = "http")]
    #[test]
    fn over_http2() {
        use http::{HeaderMap, Uri};
        use hubspot_signature::http::PublicUrl;

        let seen: Uri = "http://hooks.example.com/events?a=%C3%A4&b=1+2".parse().unwrap();
        let as_configured = |public_url: PublicUrl| {
            let url = public_url.url(&seen, &HeaderMap::new()).unwrap();
            let sent = Sent::new("POST", "https://hooks.example.com/hubspot/events?a=%C3%A4&b=1+2", EVENTS);
            sent.uri(url).and(":authority", seen.authority().unwrap().as_str())
        };
        as_configured(PublicUrl::new("https://hooks.example.com/hubspot").unwrap()).genuine();
        as_configured(PublicUrl::trusting_host_header().path_prefix("/hubspot").unwrap()).genuine();
        let signed = "https://hooks.example.com/hubspot/events?a=%C3%A4&b=1+2";
        let over_http = PublicUrl::trusting_host_header_over_http().path_prefix("/hubspot").unwrap();
        as_configured(over_http).proves_uri(signed, &[Cause::UriScheme]);
        let old_host = PublicUrl::new("https://old.example.com/hubspot").unwrap();
        as_configured(old_host).proves_uri(signed, &[Cause::UriHost]);
        let no_prefix = PublicUrl::new("https://hooks.example.com").unwrap();
        as_configured(no_prefix).proves_uri(signed, &[Cause::UriPrefixLost]);
    }

    #[test]
    fn http_behind_a_tls_proxy() {
        post().uri(URI.replace("https", "http")).proves_uri(URI, &[Cause::UriScheme]);
        let behind = post().uri(URI.replace("https", "http"));
        assert_eq!(behind.proves(&[Cause::UriScheme]).steps()[0].evidence(), "the URI has http");
        for (name, value, said) in [
            ("X-Forwarded-Proto", "https", ", and X-Forwarded-Proto says https"),
            ("X-Forwarded-Proto", "http", ""),
            ("Forwarded", "for=192.0.2.1;proto=https", ", and Forwarded says https"),
            ("Front-End-Https", "On", ", and Front-End-Https says https"),
        ] {
            let finding = behind.clone().and(name, value).proves(&[Cause::UriScheme]);
            assert_eq!(finding.steps()[0].evidence(), format!("the URI has http{said}"));
        }
    }

    /// Which of its parts a URI lacks, if it lacks one.
    #[test]
    fn parts_are_told_apart() {
        let no_dot = post().uri("http://app/hubspot/events").and("Host", "hooks.example.com");
        no_dot.proves_uri(URI, &[Cause::UriScheme, Cause::UriHost]);
        let local = "http://localhost/hubspot/events";
        Sent::new("POST", local, EVENTS).uri("localhost/hubspot/events").proves_uri(local, &[Cause::UriScheme]);
        let port = "http://localhost:8080/hubspot/events";
        Sent::new("POST", port, EVENTS)
            .uri("localhost/hubspot/events")
            .proves_uri(port, &[Cause::UriScheme, Cause::UriPort]);
        let inside = "https://hooks.example.com/go/https://a.example/b";
        Sent::new("POST", inside, EVENTS)
            .uri("/go/https://a.example/b")
            .and("Host", "hooks.example.com")
            .proves_uri(inside, &[Cause::UriPathOnly]);
    }

    /// Longer ones are taken as they are.
    #[test]
    fn up_to_8_kib() {
        let long = |length: usize| format!("{URI}?{}", "x".repeat(length - URI.len() - 1));
        let over_http = |signed: &str| Sent::new("POST", signed, EVENTS).uri(signed.replace("https", "http"));
        over_http(&long(8193)).proves_uri(&long(8193), &[Cause::UriScheme]);
        over_http(&long(8194)).suspects(Cause::UriScheme);
    }

    #[test]
    fn internal_host_or_old_tunnel() {
        let internal = post().uri(URI.replace("hooks.example.com", "app-7.svc.cluster.local"));
        for (name, value) in [
            ("Host", "hooks.example.com"),
            ("X-Forwarded-Host", "hooks.example.com, app-7.svc.cluster.local"),
            ("Forwarded", "for=192.0.2.1;host=\"hooks.example.com\";proto=https"),
            ("X-Original-Host", "hooks.example.com"),
        ] {
            internal.clone().and(name, value).proves_uri(URI, &[Cause::UriHost]);
        }
        internal.clone().and("X-Forwarded-Host", "hooks.example.com:443").proves_uri(URI, &[Cause::UriHost]);
        let second = internal.clone().and("X-Forwarded-Host", "edge.example.net").and("Host", "hooks.example.com");
        second.proves_uri(URI, &[Cause::UriHost]);
        post().uri("https://Hooks.Example.COM/hubspot/events").proves_uri(URI, &[Cause::UriHost]);
        let tunnel = "https://4c1d.tunnel.example/hubspot/events";
        Sent::new("POST", tunnel, EVENTS)
            .and("Host", "4c1d.tunnel.example")
            .uri("https://93ab.tunnel.example/hubspot/events")
            .proves_uri(tunnel, &[Cause::UriHost]);
        // Nothing in the request has the public name.
        internal.clone().and("Host", "app-7.svc.cluster.local").suspects(Cause::UriHost);
        post().uri("https://10.0.3.7:8080/hubspot/events").suspects(Cause::UriHost);
    }

    #[test]
    fn port_dropped_or_added() {
        let with_port = "https://hooks.example.com:8443/hubspot/events";
        Sent::new("POST", with_port, EVENTS).uri(URI).proves_uri(with_port, &[Cause::UriPort]);
        post().uri(with_port).proves_uri(URI, &[Cause::UriPort]);
        let unusual = "https://hooks.example.com:9123/hubspot/events";
        let sent = Sent::new("POST", unusual, EVENTS).uri(URI);
        sent.clone().and("Host", "hooks.example.com:9123").proves_uri(unusual, &[Cause::UriPort]);
        sent.and("X-Forwarded-Port", "9123").proves_uri(unusual, &[Cause::UriPort]);
        // What is no port is not tried.
        let hopeless = Diagnostician::new([OTHER]);
        let tried = |port| post().and("X-Forwarded-Port", port).diagnosed_by(&hopeless, NOW).search().tried();
        assert!(tried("9123") > tried(""));
        assert_eq!([tried("https"), tried("123456")], [tried(""), tried("")]);
    }

    #[test]
    fn query_sorted_by_the_framework() {
        let (path, query) = FETCH.split_once('?').unwrap();
        let mut parameters: Vec<&str> = query.split('&').collect();
        parameters.sort_unstable();
        get().uri(format!("{path}?{}", parameters.join("&"))).proves_uri(FETCH, &[Cause::UriQueryOrder]);
        // Of HubSpot's cards, with more parameters than all orders could be tried of.
        let card = "https://hooks.example.com/card?userId=1&userEmail=a%40b.example&associatedObjectId=5\
                    &associatedObjectType=CONTACT&portalId=62515&firstname=Tim&email=t%40b.example&lastname=R";
        let mut parameters: Vec<&str> = card.split_once('?').unwrap().1.split('&').collect();
        parameters.sort_unstable();
        let sorted = format!("https://hooks.example.com/card?{}", parameters.join("&"));
        Sent::new("GET", card, "").uri(sorted).suspects(Cause::UriQueryOrder);
        let own_last = card.replace("&firstname=Tim&email=t%40b.example&lastname=R", "&firstname=Tim");
        let moved = own_last
            .replace("?userId=1", "?firstname=Tim&portalId=62515&userId=1")
            .replace("&portalId=62515&firstname=Tim", "");
        Sent::new("GET", &own_last, "").uri(moved).proves_uri(&own_last, &[Cause::UriQueryOrder]);
        // More than that, but HubSpot's own are in the order in which it appends them, behind the others or before.
        let own = "a=1&b=2&c=3";
        for query in [
            format!("{own}&userId=7&portalId=62515&userEmail=ada%40example.com&appId=54321"),
            format!("userId=1&userEmail=a%40b.example&associatedObjectId=5&associatedObjectType=X&portalId=9&{own}"),
        ] {
            let mut parameters: Vec<&str> = query.split('&').collect();
            parameters.sort_unstable();
            let signed = format!("{URI}?{query}");
            Sent::new("POST", &signed, EVENTS)
                .uri(format!("{URI}?{}", parameters.join("&")))
                .proves_uri(&signed, &[Cause::UriQueryOrder]);
        }
        // Few enough that every order is tried.
        let own = "https://hooks.example.com/card?z=1&a=2&m=3";
        Sent::new("GET", own, "")
            .uri("https://hooks.example.com/card?m=3&z=1&a=2")
            .proves_uri(own, &[Cause::UriQueryOrder]);
    }

    /// More of them are left as they are.
    #[test]
    fn query_of_up_to_32_parameters() {
        let query = |count: usize| (0..count).map(|n| format!("p{n}={n}")).collect::<Vec<_>>().join("&");
        let with = |count| format!("{URI}?{}", query(count));
        Sent::new("POST", &with(31), EVENTS).uri(with(32)).proves_uri(&with(31), &[Cause::UriQueryAdded]);
        likely(&Sent::new("POST", &with(32), EVENTS).uri(with(33)).diagnosed(), &[]);
    }

    #[test]
    fn query_dropped() {
        let (without, query) = FETCH.split_once('?').unwrap();
        get().uri(without).suspects(Cause::UriQueryLost);
        for name in ["X-Original-URL", "X-Rewrite-URL", "X-Envoy-Original-Path", "X-Original-URI", "X-Forwarded-Uri"] {
            get().uri(without).and(name, format!("/hubspot/card?{query}")).proves_uri(FETCH, &[Cause::UriRewritten]);
        }
        get().uri(without).and("X-Original-URL", FETCH).proves_uri(FETCH, &[Cause::UriRewritten]);
    }

    #[test]
    fn query_doubled() {
        let query = FETCH.split_once('?').unwrap().1;
        get().uri(format!("{FETCH}&{query}")).proves_uri(FETCH, &[Cause::UriQueryDoubled]);
        get().uri(format!("{FETCH}?{query}")).proves_uri(FETCH, &[Cause::UriQueryDoubled]);
        get().uri(format!("{FETCH}&appId=54321")).proves_uri(FETCH, &[Cause::UriQueryDoubled]);
        // Two `&`, but nothing doubled between them.
        let signed = "https://hooks.example.com/card?a=1&b=2";
        let received = "https://hooks.example.com/card?a=1&&b=2";
        Sent::new("GET", signed, "").uri(received).proves_uri(signed, &[Cause::UriQueryOrder]);
    }

    #[test]
    fn query_grown_on_the_way() {
        get().uri(format!("{FETCH}&traceId=9")).proves_uri(FETCH, &[Cause::UriQueryAdded]);
        post().uri(format!("{URI}?stage=live")).proves_uri(URI, &[Cause::UriQueryAdded]);
    }

    #[test]
    fn path_only() {
        let path = "/hubspot/events";
        post().uri(path).suspects(Cause::UriPathOnly);
        post().uri(path).and("Host", "hooks.example.com").proves_uri(URI, &[Cause::UriPathOnly]);
        let sent = post().uri(path).and("Host", "10.0.0.7:8080").and("X-Forwarded-Host", "hooks.example.com");
        sent.and("X-Forwarded-Proto", "https").proves_uri(URI, &[Cause::UriPathOnly]);
        post().uri("hooks.example.com/hubspot/events").proves_uri(URI, &[Cause::UriScheme]);
        let finding = post().uri(path).and("Host", "hooks.example.com").proves(&[Cause::UriPathOnly]);
        let evidence = "the URI begins \"/hubspot/events\", and Host says \"hooks.example.com\"";
        assert_eq!(finding.steps()[0].evidence(), evidence);
        // Whoever signed this left the host out too, so the signature is right and the request is refused.
        Sent::unchecked("POST", path, EVENTS).proves_uri(path, &[Cause::UriPathOnly]);
    }

    /// The whole URL is named where it is what has to be set, and only if it is known.
    #[test]
    fn mend_names_the_public_url_where_that_mends() {
        let finding = post().uri(URI.replace("https", "http")).proves(&[Cause::UriScheme]);
        assert!(finding.steps()[0].mend().contains("`PublicUrl::new(\"https://hooks.example.com\")`"), "{finding}");
        let finding = post().uri(format!("{URI}/")).proves(&[Cause::UriTrailingSlash]);
        assert_eq!(finding.steps()[0].mend(), Cause::UriTrailingSlash.mend());
        let no_scheme = "hooks.example.com/hubspot/events";
        let finding = Sent::unchecked("POST", no_scheme, EVENTS)
            .uri("hooks.example.com:8443/hubspot/events")
            .proves(&[Cause::UriPort]);
        assert_eq!(finding.signed_uri(), Some(no_scheme));
        assert_eq!(finding.steps()[0].mend(), Cause::UriPort.mend());
    }

    #[test]
    fn mount_prefix_or_stage_lost() {
        for (prefix, header) in
            [("/hubspot", None), ("/tenants/7", Some("X-Forwarded-Prefix")), ("/x", Some("X-Script-Name"))]
        {
            let uri = format!("https://hooks.example.com{prefix}/events?a=b");
            let mut sent = Sent::new("POST", &uri, EVENTS).uri("https://hooks.example.com/events?a=b");
            if let Some(header) = header {
                sent = sent.and(header, prefix);
            }
            let finding = sent.proves(&[Cause::UriPrefixLost]);
            assert_eq!(finding.signed_uri(), Some(&*uri));
            let line = format!("PublicUrl::new(\"https://hooks.example.com{prefix}\")");
            assert!(finding.steps()[0].mend().contains(&line), "{finding}");
        }
        let stage = "https://a1b2.gateway.example/prod/hubspot";
        Sent::new("POST", stage, EVENTS)
            .uri("https://a1b2.gateway.example/hubspot")
            .proves_uri(stage, &[Cause::UriPrefixLost]);
    }

    #[test]
    fn prefix_added() {
        post().uri("https://hooks.example.com/internal/hubspot/events").proves_uri(URI, &[Cause::UriPrefixAdded]);
        post().uri("https://hooks.example.com/a/b/hubspot/events").proves_uri(URI, &[Cause::UriPrefixAdded]);
    }

    /// `PublicUrl::new` was given the whole URL of the webhook.
    #[test]
    fn public_url_with_the_webhooks_own_path() {
        let doubled = |path: &str| {
            let signed = format!("https://hooks.example.com{path}");
            let sent = Sent::new("POST", &signed, EVENTS).uri(format!("https://hooks.example.com{path}{path}"));
            sent.proves_uri(&signed, &[Cause::UriPrefixAdded]);
            sent.proves(&[Cause::UriPrefixAdded])
        };
        for path in ["/hubspot", "/hubspot/events", "/a/b/c/d"] {
            let finding = doubled(path);
            let [step] = finding.steps() else { panic!("{finding:?}") };
            assert!(step.mend().contains("own path out of the public URL"), "{finding}");
            assert!(step.mend().contains("`PublicUrl::new(\"https://hooks.example.com\")`"), "{finding}");
        }
        // A slash at its end, and a handler below that path.
        for (signed, doubled) in [("/hubspot/", "/hubspot/hubspot/"), ("/hubspot/7", "/hubspot/hubspot/7")] {
            let sent = Sent::new("POST", &format!("https://hooks.example.com{signed}"), EVENTS);
            let finding = sent.uri(format!("https://hooks.example.com{doubled}")).proves(&[Cause::UriPrefixAdded]);
            assert!(finding.steps()[0].mend().contains("webhook's own path"), "{finding}");
        }
        // With another fault of the public URL, each mend names the one that is right.
        let sent = Sent::new("POST", "https://hooks.example.com/hubspot", EVENTS);
        let finding =
            sent.uri("http://hooks.example.com/hubspot/hubspot").proves(&[Cause::UriScheme, Cause::UriPrefixAdded]);
        for step in finding.steps() {
            assert!(step.mend().contains("`PublicUrl::new(\"https://hooks.example.com\")`"), "{finding}");
        }
        // What only begins alike is a proxy's.
        let sent = Sent::new("POST", "https://hooks.example.com/hubspot2", EVENTS);
        let finding = sent.uri("https://hooks.example.com/hubspot/hubspot2").proves(&[Cause::UriPrefixAdded]);
        assert!(!finding.steps()[0].mend().contains("webhook's own path"), "{finding}");
    }

    #[test]
    fn trailing_slash() {
        post().uri(format!("{URI}/")).proves_uri(URI, &[Cause::UriTrailingSlash]);
        let slashed = format!("{URI}/?a=b");
        Sent::new("POST", &slashed, EVENTS).uri(format!("{URI}?a=b")).proves_uri(&slashed, &[Cause::UriTrailingSlash]);
        // URL libraries print the empty path as a slash.
        let bare = "https://hooks.example.com?a=b";
        let printed = "https://hooks.example.com/?a=b";
        Sent::new("POST", bare, EVENTS).uri(printed).proves_uri(bare, &[Cause::UriTrailingSlash]);
    }

    #[test]
    fn slashes_merged() {
        let doubled = "https://hooks.example.com//hubspot/events";
        Sent::new("POST", doubled, EVENTS).uri(URI).proves_uri(doubled, &[Cause::UriDoubleSlash]);
        post().uri(doubled).proves_uri(URI, &[Cause::UriDoubleSlash]);
    }

    #[test]
    fn twelve_escapes_kept_for_v2() {
        // v3 accepts both forms, v2 only what was signed.
        let decoded = FETCH.replace("%27", "'").replace("%3A", ":").replace("%40", "@");
        let finding = Sent::new("GET", &decoded, "").older_only().uri(FETCH).proves(&[Cause::UriEscapesKept]);
        assert_eq!(finding.signed_uri(), Some(&*decoded));
        Sent::new("GET", &decoded, "").uri(FETCH).genuine();
    }

    #[test]
    fn all_escapes_kept() {
        let decoded = "https://hooks.example.com/card?name=Söhne Ltd&rate=5%";
        let received = "https://hooks.example.com/card?name=S%C3%b6hne%20Ltd&rate=5%";
        Sent::new("GET", decoded, "").uri(received).proves_uri(decoded, &[Cause::UriEscapesKept]);
    }

    #[test]
    fn everything_decoded() {
        let query = FETCH.split_once('?').unwrap().1;
        let parameters: Vec<String> =
            form_urlencoded::parse(query.as_bytes()).map(|(name, value)| format!("{name}={value}")).collect();
        // An `&` in a value cannot be told from one between parameters, so this one has none.
        let received = format!("https://hooks.example.com/hubspot/card?{}", parameters.join("&"));
        get().uri(received).suspects(Cause::UriEscapesDecoded);

        let simple = "https://hooks.example.com/card?name=S%C3%B6hne%20Ltd&userEmail=ada%40example.com&t=12%3A30%21";
        let decoded = "https://hooks.example.com/card?name=Söhne Ltd&userEmail=ada@example.com&t=12:30!";
        Sent::new("GET", simple, "").uri(decoded).proves_uri(simple, &[Cause::UriEscapesDecoded]);
        Sent::new("GET", simple, "").older_only().uri(decoded).proves_uri(simple, &[Cause::UriEscapesDecoded]);
        let path = "https://hooks.example.com/caf%C3%A9/b%20c?x=1";
        Sent::new("GET", path, "")
            .uri("https://hooks.example.com/café/b c?x=1")
            .proves_uri(path, &[Cause::UriEscapesDecoded]);
        // Path and query, and in the query what a URI could contain.
        let both = "https://hooks.example.com/caf%C3%A9?userEmail=ada%40example.com&t=12%3A30";
        Sent::new("GET", both, "")
            .uri("https://hooks.example.com/café?userEmail=ada@example.com&t=12:30")
            .proves_uri(both, &[Cause::UriEscapesDecoded]);
        // An escape that was left stays; a `%` that is none is escaped.
        let some = "https://hooks.example.com/card?note=%2F%C3%B6ab%20100%25";
        Sent::new("GET", some, "")
            .uri("https://hooks.example.com/card?note=%2Föab 100%")
            .proves_uri(some, &[Cause::UriEscapesDecoded]);
    }

    #[test]
    fn escaped_twice() {
        get().uri(FETCH.replace('%', "%25")).proves_uri(FETCH, &[Cause::UriEscapesDoubled]);
    }

    #[test]
    fn case_of_escapes() {
        let lower = "https://hooks.example.com/card?name=S%c3%b6hne%2fKG";
        Sent::new("GET", lower, "")
            .uri(lower.replace("%c3%b6", "%C3%B6").replace("%2f", "%2F"))
            .proves_uri(lower, &[Cause::UriEscapeCase]);
        let upper = lower.replace("%c3%b6", "%C3%B6").replace("%2f", "%2F");
        Sent::new("GET", &upper, "").uri(lower).proves_uri(&upper, &[Cause::UriEscapeCase]);
        // In the path too, and only what is an escape.
        let upper = "https://hooks.example.com/caf%C3%A9?name=S%C3%B6hne&rate=5%of";
        let lower = "https://hooks.example.com/caf%c3%a9?name=S%c3%b6hne&rate=5%of";
        Sent::new("GET", upper, "").uri(lower).proves_uri(upper, &[Cause::UriEscapeCase]);
    }

    #[test]
    fn space_and_plus_exchanged() {
        let percent = "https://hooks.example.com/card?name=Ada%20Lovelace&note=a%20b%20c";
        let printed = parsed_and_printed(percent);
        assert!(printed.contains("Ada+Lovelace"));
        Sent::new("GET", percent, "").uri(printed.as_str()).proves_uri(percent, &[Cause::UriSpace]);
        Sent::new("GET", &printed, "").uri(percent).proves_uri(&printed, &[Cause::UriSpace]);
    }

    /// The query put through a library that reads and writes forms.
    fn parsed_and_printed(uri: &str) -> String {
        let (path, query) = uri.split_once('?').unwrap();
        let mut printed = form_urlencoded::Serializer::new(format!("{path}?"));
        printed.extend_pairs(form_urlencoded::parse(query.as_bytes()));
        printed.finish().replacen("?&", "?", 1)
    }

    #[test]
    fn apostrophe_escaped_by_a_url_library() {
        let apostrophe = "https://hooks.example.com/card?name=O'Neil";
        let printed = parsed_and_printed(apostrophe);
        assert!(printed.contains("%27"));
        // For v3 the verifier decodes it; for v2 it is a mismatch.
        Sent::new("GET", apostrophe, "").older_only().uri(&printed).proves_uri(apostrophe, &[Cause::UriQuote]);
        Sent::new("GET", &printed, "").uri(apostrophe).proves_uri(&printed, &[Cause::UriQuote]);
    }

    #[test]
    fn fragment_attached() {
        post().uri(format!("{URI}#top")).proves_uri(URI, &[Cause::UriFragment]);
    }

    #[test]
    fn local_development_proxy() {
        let target = "/hubspot/card?userId=7&userEmail=a%40b.example";
        for host in ["localhost:8080", "localhost", "[::1]:8080", "0.0.0.0:3000", "127.0.0.1", "app.localhost"] {
            let local = format!("http://{host}{target}");
            Sent::new("GET", &local, "")
                .uri(format!("https://hooks.example.com{target}"))
                .and("Host", host)
                .proves_uri(&local, &[Cause::UriLocalProxy]);
        }
    }

    #[test]
    fn second_hop_sees_its_own_url() {
        let finding = post()
            .uri("http://10.1.2.3:9000/events")
            .and("Host", "10.1.2.3:9000")
            .and("X-Forwarded-Host", "hooks.example.com, edge.internal")
            .and("X-Forwarded-Proto", "https, http")
            .and("X-Forwarded-Prefix", "/hubspot")
            .proves(&[Cause::UriScheme, Cause::UriHost, Cause::UriPrefixLost]);
        assert_eq!(finding.signed_uri(), Some(URI));
        // One public URL mends all three.
        let line = "PublicUrl::new(\"https://hooks.example.com/hubspot\")";
        assert!(finding.steps().iter().all(|step| step.mend().contains(line)), "{finding}");
    }
}

mod body {
    use super::*;

    /// Python's `json.dumps` and others: a space after each `,` and `:`.
    struct Spaced;

    impl serde_json::ser::Formatter for Spaced {
        fn begin_array_value<W: ?Sized + std::io::Write>(
            &mut self,
            writer: &mut W,
            first: bool,
        ) -> std::io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
            writer.write_all(b": ")
        }
    }

    fn sorted() -> Sent {
        Sent::new("POST", URI, SORTED)
    }

    fn value() -> Value {
        serde_json::from_str(SORTED).unwrap()
    }

    fn spaced(value: &Value) -> String {
        let mut out = Vec::new();
        serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut out, Spaced)).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// As PHP and Python escape by default.
    fn ascii(text: &str) -> String {
        text.chars()
            .flat_map(|c| {
                let escaped =
                    c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
                if c.is_ascii() { vec![c] } else { escaped.chars().collect() }
            })
            .collect()
    }

    #[test]
    fn serialised_again() {
        assert_eq!(value().to_string(), SORTED, "the damage is nothing but the style");
        for body in [
            spaced(&value()),
            serde_json::to_string_pretty(&value()).unwrap(),
            ascii(SORTED),
            SORTED.replace('/', "\\/"),
            ascii(&spaced(&value())),
            ascii(SORTED).replace('/', "\\/"),
        ] {
            let finding = sorted().body(body).proves(&[Cause::BodyReserialised]);
            assert!(
                finding.steps()[0].evidence().contains("without spaces, non-ASCII characters as they are"),
                "{finding}"
            );
        }
    }

    #[test]
    fn serialised_compactly_though_signed_otherwise() {
        for (signed, words) in [
            (spaced(&value()), "a space after each"),
            (serde_json::to_string_pretty(&value()).unwrap(), "indented by 2 spaces"),
            (ascii(SORTED), "\\u escapes in lower case"),
            (SORTED.replace('/', "\\/"), "`/` as `\\/`"),
        ] {
            let finding = Sent::new("POST", URI, signed).body(SORTED).proves(&[Cause::BodyReserialised]);
            assert!(finding.steps()[0].evidence().contains(words), "{finding}");
        }
        let (upper, lower) = ("{\"city\":\"K\\u00F6ln\"}", "{\"city\":\"K\\u00f6ln\"}");
        let finding = Sent::new("POST", URI, upper).body(lower).proves(&[Cause::BodyReserialised]);
        assert!(finding.steps()[0].evidence().contains("\\u escapes in upper case"), "{finding}");
    }

    #[test]
    fn keys_in_another_order() {
        // `serde_json::Value` without `preserve_order` sorts.
        let parsed: Value = serde_json::from_str(EVENTS).unwrap();
        assert!(parsed.to_string().starts_with("[{\"appId\""));
        let finding = post().body(parsed.to_string()).proves(&[Cause::BodyReserialised]);
        assert!(finding.steps()[0].evidence().contains("the order of HubSpot's events"), "{finding}");
        let finding = post().body(spaced(&parsed)).proves(&[Cause::BodyReserialised]);
        assert!(finding.steps()[0].evidence().contains("the order of HubSpot's events"), "{finding}");
        let unsorted = "{\"url\":\"x\",\"city\":2,\"b\":{\"d\":1,\"c\":0}}";
        let finding = Sent::new("POST", URI, "{\"b\":{\"c\":0,\"d\":1},\"city\":2,\"url\":\"x\"}")
            .body(unsorted)
            .proves(&[Cause::BodyReserialised]);
        assert!(finding.steps()[0].evidence().contains("alphabetical"), "{finding}");
        // An order that nobody could know.
        let parsed: Value = serde_json::from_str(unsorted).unwrap();
        Sent::new("POST", URI, unsorted).body(parsed.to_string()).suspects(Cause::BodyReserialised);
    }

    #[test]
    fn numbers_keep_their_text() {
        let signed = "{\"big\":123456789012345678901234567890,\"exp\":1.0E10,\"float\":0.10,\"neg\":-0}";
        Sent::new("POST", URI, signed)
            .body(signed.replace(',', ", ").replace(':', ": "))
            .proves(&[Cause::BodyReserialised]);
    }

    #[test]
    fn serialised_twice() {
        let twice = serde_json::to_string(EVENTS).unwrap();
        post().body(twice).proves(&[Cause::BodyDoubleSerialised]);
    }

    #[test]
    fn white_space_lost_or_added() {
        for end in ["\n", "\r\n", " "] {
            let signed = format!("{EVENTS}{end}");
            Sent::new("POST", URI, signed.as_str()).body(signed.trim()).proves(&[Cause::BodyTrimmed]);
            post().body(signed).proves(&[Cause::BodyWhiteSpace]);
        }
        post().body(format!("\n\n {EVENTS}\n\n")).proves(&[Cause::BodyWhiteSpace]);
        Sent::new("POST", URI, "").body("\n").proves(&[Cause::BodyWhiteSpace]);
    }

    /// Longer ones are taken as they are, inside a wrapping too.
    #[test]
    fn up_to_128_kib() {
        let (at_most, too_long) = ("x".repeat((128 << 10) - 1), "x".repeat(128 << 10));
        let ended = |body: &str| format!("{body}\n");
        Sent::new("POST", URI, at_most.as_str()).body(ended(&at_most)).proves(&[Cause::BodyWhiteSpace]);
        likely(&Sent::new("POST", URI, too_long.as_str()).body(ended(&too_long)).diagnosed(), &[]);
        Sent::new("POST", URI, at_most.as_str())
            .body(gzip(ended(&at_most).as_bytes()))
            .proves(&[Cause::BodyCompressed, Cause::BodyWhiteSpace]);
        let wrapped = Sent::new("POST", URI, too_long.as_str()).body(gzip(ended(&too_long).as_bytes()));
        likely(&wrapped.diagnosed(), &[Cause::BodyCompressed, Cause::BodyNotUtf8]);
    }

    #[test]
    fn line_endings_changed() {
        let unix = serde_json::to_string_pretty(&value()).unwrap() + "\n";
        let windows = unix.replace('\n', "\r\n");
        Sent::new("POST", URI, unix.as_str()).body(windows.as_str()).proves(&[Cause::BodyLineEndings]);
        Sent::new("POST", URI, windows).body(unix).proves(&[Cause::BodyLineEndings]);
    }

    #[test]
    fn byte_order_mark() {
        let marked = format!("\u{feff}{EVENTS}");
        post().body(marked.as_str()).proves(&[Cause::BodyByteOrderMark]);
        Sent::new("POST", URI, marked).body(EVENTS).proves(&[Cause::BodyByteOrderMark]);
    }

    #[test]
    fn read_as_latin_1_and_encoded_again() {
        let body = EVENTS.replace('€', "");
        let twice: String = body.bytes().map(char::from).collect();
        assert!(twice.contains("KÃ¶ln"));
        Sent::new("POST", URI, body).body(twice).proves(&[Cause::BodyDoubleEncoded]);
        // Windows-1252 has printable characters where Latin-1 has controls: `€` becomes `â‚¬`.
        let twice: String = EVENTS.replace('€', "\u{0}").bytes().map(char::from).collect();
        let twice = twice.replace('\u{0}', "\u{e2}\u{201a}\u{ac}");
        post().body(twice).proves(&[Cause::BodyDoubleEncoded]);
    }

    #[test]
    fn converted_to_latin_1() {
        let body = EVENTS.replace('€', "");
        let latin: Vec<u8> = body.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        Sent::new("POST", URI, body.as_str()).body(latin.as_slice()).proves(&[Cause::BodyLatin1]);
        // v1 and v2 refuse it before they compare.
        Sent::new("POST", URI, body).older_only().body(latin).proves(&[Cause::BodyLatin1]);
        // In Windows-1252 the `€` is one byte too.
        let latin: Vec<u8> = EVENTS.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(0x80)).collect();
        let finding = post().body(latin).proves(&[Cause::BodyLatin1]);
        assert!(finding.steps()[0].evidence().contains("Windows-1252"), "{finding}");
    }

    /// Signed as bytes, and refused because v1 and v2 are for text.
    #[test]
    fn never_was_utf_8() {
        Sent::new("POST", URI, b"{\"city\":\"K\xf6ln\"}").older_only().proves(&[Cause::BodyNotUtf8]);
    }

    #[test]
    fn decoded_lossily() {
        let latin: Vec<u8> = EVENTS.replace('€', "").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        post().body(String::from_utf8_lossy(&latin).into_owned()).suspects(Cause::BodyLossy);
    }

    #[test]
    fn placeholder_for_nothing() {
        for placeholder in ["{}", "null", "undefined", "\"\"", "[]", "{}\n"] {
            Sent::new("POST", URI, "").body(placeholder).proves(&[Cause::BodyPlaceholder]);
            get().body(placeholder).proves(&[Cause::BodyPlaceholder]);
        }
        for signed in ["{}", "null"] {
            Sent::new("POST", URI, signed).body("").proves(&[Cause::BodyLost]);
        }
    }

    #[test]
    fn base64_from_a_gateway() {
        for encoded in
            [base64(EVENTS.as_bytes()), base64(EVENTS.as_bytes()).trim_end_matches('=').into(), base64(b"{}")]
        {
            let signed = if encoded.len() < 8 { "{}" } else { EVENTS };
            Sent::new("POST", URI, signed).body(encoded).proves(&[Cause::BodyBase64]);
        }
        let (start, end) = (&base64(EVENTS.as_bytes())[..76], &base64(EVENTS.as_bytes())[76..]);
        post().body(format!("{start}\r\n{end}\r\n")).proves(&[Cause::BodyBase64]);
        post().body(format!("\"{start}{end}\"")).proves(&[Cause::BodyBase64]);
    }

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(plain).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn compressed() {
        let gzip = gzip(EVENTS.as_bytes());
        post().body(gzip.as_slice()).and("Content-Encoding", "gzip").proves(&[Cause::BodyCompressed]);
        post().body(gzip.as_slice()).proves(&[Cause::BodyCompressed]);
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(EVENTS.as_bytes()).unwrap();
        post().body(zlib.finish().unwrap()).proves(&[Cause::BodyCompressed]);
        // Both, as a gateway delivers compressed requests.
        post().body(base64(&gzip)).proves(&[Cause::BodyBase64, Cause::BodyCompressed]);
        // Cut off: nothing to prove, but plain to see.
        likely(&post().body(&gzip[..40]).diagnosed(), &[Cause::BodyCompressed, Cause::BodyNotUtf8]);
    }

    #[test]
    fn read_twice_so_empty() {
        post().body("").suspects(Cause::BodyLost);
        let finding = post().body("").and("Content-Length", EVENTS.len().to_string()).diagnosed();
        assert!(format!("{finding}").contains(&format!("Content-Length says {} bytes", EVENTS.len())));
    }

    #[test]
    fn shortened() {
        post().body(&EVENTS[..60]).and("Content-Length", EVENTS.len().to_string()).suspects(Cause::BodyLength);
    }

    #[test]
    fn forged_by_moving_the_boundary() {
        // The signature of `…&appId=54321` is that of `…&appId=543` with the body `21`: right, and refused.
        let (uri, body) = FETCH.split_at(FETCH.len() - 2);
        let finding = get().uri(uri).body(body).proves(&[Cause::BodyUnexpected]);
        assert!(finding.steps()[0].mend().contains("refuse the request"));
    }

    fn base64(bytes: &[u8]) -> String {
        use base64ct::Encoding;
        let mut buffer = vec![0; bytes.len() * 2 + 4];
        base64ct::Base64::encode(bytes, &mut buffer).unwrap().into()
    }
}

mod secrets {
    use super::*;

    fn with(secrets: &[&str]) -> Diagnosis {
        post().diagnosed_by(&Diagnostician::new(secrets), NOW)
    }

    #[test]
    fn clinging_characters() {
        for text in [format!("{SECRET}\n"), format!(" {SECRET}"), format!("{SECRET}\r\n"), format!("\u{feff}{SECRET}")]
        {
            proves(&with(&[&text]), &[Cause::SecretWhiteSpace]);
        }
        for text in [
            format!("\"{SECRET}\""),
            format!("'{SECRET}'"),
            format!("{SECRET}\""),
            format!("`{SECRET}`"),
            format!("“{SECRET}”"),
            format!("„{SECRET}‘"),
        ] {
            proves(&with(&[&text]), &[Cause::SecretQuoted]);
        }
        let both = with(&[&format!("\"{SECRET}\"\n")]);
        assert_eq!(both.verdict(), Err(Objection::Secret(SecretError::SurroundingWhiteSpace)));
        proves(&both, &[Cause::SecretWhiteSpace]);
    }

    #[test]
    fn base64_of_it() {
        proves(&with(&["MGExYjJjM2QtNGU1Zi02MDcxLTgyOTMtYTRiNWM2ZDdlOGY5"]), &[Cause::SecretBase64]);
        proves(&with(&["MGExYjJjM2QtNGU1Zi02MDcxLTgyOTMtYTRiNWM2ZDdlOGY5Cg=="]), &[Cause::SecretBase64]);
    }

    #[test]
    fn access_token() {
        suspects(&with(&["pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"]), Cause::SecretAccessToken);
        suspects(&with(&["\"pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\""]), Cause::SecretQuoted);
        // The right one given beside it settles the matter.
        let diagnosis = with(&["pat-na1-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", SECRET]);
        let finding = proves_beside(&diagnosis, &[Cause::SecretOther], &[Cause::SecretAccessToken]);
        assert_eq!(finding.matched()[0].secret(), 1);
    }

    #[test]
    fn empty() {
        suspects(&with(&[""]), Cause::SecretEmpty);
        proves_beside(&with(&["", SECRET]), &[Cause::SecretOther], &[Cause::SecretEmpty]);
    }

    #[test]
    fn not_in_the_shape_of_a_uuid() {
        let no_hyphens = "0a1b2c3d4e5f607182930a1b2c3d4e5f6071";
        for text in ["your-client-secret", "abc", no_hyphens, "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-2"] {
            let diagnosis = with(&[text]);
            suspects(&diagnosis, Cause::SecretShape);
            let evidence = format!("the secret has {} characters", text.len());
            assert!(diagnosis.findings()[0].steps()[0].evidence().starts_with(&evidence), "{diagnosis}");
        }
        // Not talked about once the fault is found.
        proves(&with(&["your-client-secret", SECRET]), &[Cause::SecretOther]);
    }

    #[test]
    fn rotated_or_another_apps() {
        let other = OTHER;
        let finding = proves(&with(&[other, SECRET]), &[Cause::SecretOther]);
        assert_eq!(
            finding.matched().iter().map(|matched| matched.header()).collect::<Vec<_>>(),
            [Header::SignatureV3, Header::Signature]
        );
        assert!(finding.steps()[0].mend().contains("previous_secret"));
        // Alone it cannot be known; the report says whose secret is needed.
        let alone = with(&[other]);
        assert_eq!(alone.app_id(), Some(54321));
        assert!(alone.findings().is_empty(), "{alone}");
        assert!(format!("{alone}").contains("app 54321"));
        assert!(alone.search().tried() > 1000 && alone.search().is_complete());
    }

    /// A secret that the service accepts is no fault.
    #[test]
    fn previous() {
        let other = OTHER;
        let rotating = Diagnostician::new([other]).previous_secret(SECRET);
        let accepted = post().diagnosed_by(&rotating, NOW);
        assert_eq!(accepted.verdict().map(|verified| verified.secret()), Ok(MatchedSecret::Previous));
        assert!(accepted.findings().is_empty());
        // The damage alone is told, and which secret it is told by.
        let damaged = post().uri(URI.replace("https", "http")).diagnosed_by(&rotating, NOW);
        let finding = proves(&damaged, &[Cause::UriScheme]);
        assert!(finding.matched().iter().all(|matched| matched.secret() == 1));
        let late = UnixTime::from_millis(NOW.as_millis() + 301_000);
        proves(&post().diagnosed_by(&rotating, late), &[Cause::TimestampStale]);
        // The policy is kept whatever the order of the settings.
        let strict = Diagnostician::new([other]).minimum_version(Version::V3).previous_secret(SECRET);
        proves(&post().older_only().diagnosed_by(&strict, NOW), &[Cause::SchemeBelowMinimum]);
        // It does not make the others acceptable, and is numbered after them.
        let third = "88888888-4e5f-6071-8293-a4b5c6d7e8f9";
        let finding = proves(
            &post().diagnosed_by(&Diagnostician::new([other, SECRET]).previous_secret(third), NOW),
            &[Cause::SecretOther],
        );
        assert_eq!(finding.matched()[0].secret(), 1);
        let damaged = post().uri(URI.replace("https", "http"));
        let rotating = Diagnostician::new([other, third]).previous_secret(SECRET);
        assert_eq!(proves(&damaged.diagnosed_by(&rotating, NOW), &[Cause::UriScheme]).matched()[0].secret(), 2);
    }

    /// As one may have done before there was a setting for it.
    #[test]
    fn previous_given_twice() {
        let other = OTHER;
        let rotating = Diagnostician::new([other, SECRET]).previous_secret(SECRET);
        proves(&post().uri(URI.replace("https", "http")).diagnosed_by(&rotating, NOW), &[Cause::UriScheme]);
    }

    /// The service would not start with it, right as the current secret is.
    #[test]
    fn previous_unusable() {
        let with =
            |current, previous| post().diagnosed_by(&Diagnostician::new([current]).previous_secret(previous), NOW);
        let diagnosis = with(SECRET, "");
        assert_eq!(diagnosis.verdict(), Err(Objection::Secret(SecretError::Empty)));
        suspects(&diagnosis, Cause::SecretEmpty);
        assert!(format!("{diagnosis}").contains("the previous secret is empty"), "{diagnosis}");
        let quoted = format!("\"{SECRET}\"");
        proves(&with(OTHER, &quoted), &[Cause::SecretQuoted]);
        // An unusable current secret stays what is told of.
        assert_eq!(with("", SECRET).verdict(), Err(Objection::Secret(SecretError::Empty)));
    }
}

mod scheme {
    use super::*;

    /// HMAC-SHA-256 as any signer computes it.
    fn hmac(parts: &[&str]) -> [u8; 32] {
        use hmac::{Hmac, KeyInit, Mac};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        parts.iter().for_each(|part| mac.update(part.as_bytes()));
        mac.finalize().into_bytes().into()
    }

    fn sha256(parts: &[&str]) -> [u8; 32] {
        use sha2::Digest;
        let mut hash = sha2::Sha256::new();
        parts.iter().for_each(|part| hash.update(part.as_bytes()));
        hash.finalize().into()
    }

    fn hex(digest: [u8; 32]) -> String {
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn base64(digest: [u8; 32]) -> String {
        use base64ct::Encoding;
        base64ct::Base64::encode(&digest, &mut [0; 64]).unwrap().into()
    }

    fn timestamp() -> String {
        NOW.as_millis().to_string()
    }

    #[test]
    fn wrong_label() {
        // v1 labelled v2, unlabelled v1, and v2 labelled v1.
        let v1 = Sent::with_v1("POST", URI, EVENTS);
        v1.clone().older_only_unchecked().set(Header::SignatureVersion, "v2").proves(&[Cause::SchemeVersion]);
        v1.older_only_unchecked().without(Header::SignatureVersion).proves(&[Cause::SchemeVersion]);
        let diagnostician = Diagnostician::new([SECRET]).minimum_version(Version::V1);
        let v2 = post().older_only().set(Header::SignatureVersion, "v1");
        proves(&v2.diagnosed_by(&diagnostician, NOW), &[Cause::SchemeVersion]);
        proves(&v2.diagnosed(), &[Cause::SchemeVersion, Cause::SchemeBelowMinimum]);
    }

    #[test]
    fn label_changed() {
        for label in ["V2", "\"v2\"", "two", "v12"] {
            let finding = post().older_only().set(Header::SignatureVersion, label).proves(&[Cause::SchemeLabel]);
            assert!(finding.steps()[0].evidence().ends_with(&format!("is {label:?}")), "{finding}");
        }
        let v1 = Sent::with_v1("POST", URI, EVENTS).older_only().set(Header::SignatureVersion, "V1");
        let diagnostician = Diagnostician::new([SECRET]).minimum_version(Version::V1);
        proves(&v1.diagnosed_by(&diagnostician, NOW), &[Cause::SchemeLabel]);
    }

    /// The version header speaks of a signature that is not there.
    #[test]
    fn labelled_v3_without_a_v3_signature() {
        let diagnosis = post().older_only().set(Header::SignatureVersion, "v3").diagnosed();
        suspects(&diagnosis, Cause::HeaderMissing);
        let said = diagnosis.findings()[0].steps()[0].evidence();
        assert_eq!(said, "X-HubSpot-Signature-v3 is missing though the version header says v3");
    }

    #[test]
    fn signature_in_the_wrong_header() {
        let (v2, v3) = (post().get(Header::Signature), post().get(Header::SignatureV3));
        let swapped = post().v3_only().set(Header::SignatureV3, v2);
        swapped.proves(&[Cause::HeaderHexForBase64, Cause::SchemeVersion]);
        let swapped = post().without(Header::SignatureV3).set(Header::Signature, v3);
        let causes = [Cause::HeaderBase64ForHex, Cause::SchemeVersion];
        let finding = proves_beside(&swapped.diagnosed(), &causes, &[Cause::HeaderMissing]);
        assert!(finding.steps()[1].evidence().contains("it is the v3 signature"));
    }

    #[test]
    fn hmac_for_v2() {
        let forged = post().older_only().set(Header::Signature, hex(hmac(&["POST", URI, EVENTS])));
        forged.proves(&[Cause::SchemeHmacForHash]);
        let forged = post().older_only().set(Header::Signature, hex(hmac(&[EVENTS])));
        let finding = forged.proves(&[Cause::SchemeHmacForHash]);
        assert!(finding.steps()[0].evidence().contains("the other of v1 and v2"), "{finding}");
        assert_eq!(finding.signed_uri(), None);
    }

    #[test]
    fn plain_hash_for_v3() {
        let signature = base64(sha256(&[SECRET, "POST", URI, EVENTS, &timestamp()]));
        post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::SchemeHashForHmac]);
    }

    #[test]
    fn body_alone() {
        let signature = base64(hmac(&[EVENTS]));
        post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::SchemeBodyOnly]);
    }

    #[test]
    fn fine_for_an_older_version_than_demanded() {
        let v3_demanded = Diagnostician::new([SECRET]).minimum_version(Version::V3);
        let v2 = post().older_only();
        let finding = proves(&v2.diagnosed_by(&v3_demanded, NOW), &[Cause::SchemeBelowMinimum]);
        assert!(finding.steps()[0].mend().contains("minimum_version"));
        Sent::with_v1("POST", URI, EVENTS).older_only().proves(&[Cause::SchemeBelowMinimum]);
    }

    #[test]
    fn older_signature_narrows_it_down() {
        // The v3 header was replaced; v2 shows that the rest is right.
        let sent = post().set(Header::SignatureV3, base64([7; 32]));
        let finding = sent.proves(&[Cause::SchemeOlderMatches]);
        assert!(finding.steps()[0].evidence().contains("the method, the URI and the body are"));
        // The URI is beyond repair; v1 shows that secret and body are right, so they are not suspected.
        let sent = Sent::with_v1("POST", URI, EVENTS.replace(':', ": ")).uri("https://10.0.0.1/else");
        proves_beside(&sent.diagnosed(), &[Cause::SchemeOlderMatches], &[Cause::UriHost]);
    }

    #[test]
    fn timestamp_left_out() {
        let signature = base64(hmac(&["POST", URI, EVENTS]));
        post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::TimestampLeftOut]);
    }

    #[test]
    fn timestamp_as_a_float() {
        post().set(Header::RequestTimestamp, format!("{}.0", timestamp())).proves(&[Cause::TimestampFloat]);
        post().set(Header::RequestTimestamp, "1.700000000123E12").proves(&[Cause::TimestampFloat]);
        post().set(Header::RequestTimestamp, "1700000000.123").proves(&[Cause::TimestampFloat]);
        let signature = base64(hmac(&["POST", URI, EVENTS, &format!("{}.0", timestamp())]));
        post().v3_only().set(Header::SignatureV3, signature).proves(&[Cause::TimestampFloat]);
    }

    #[test]
    fn timestamp_in_seconds() {
        post().set(Header::RequestTimestamp, "1700000000").proves(&[Cause::TimestampSeconds]);
        let signature = base64(hmac(&["POST", URI, EVENTS, "1700000000"]));
        let signed = post().v3_only().set(Header::SignatureV3, signature);
        signed.proves(&[Cause::TimestampSeconds]);
        signed.set(Header::RequestTimestamp, "1700000000").proves(&[Cause::TimestampSeconds]);
    }

    #[test]
    fn timestamp_mangled() {
        let diagnostician = Diagnostician::new([SECRET]);
        let later = UnixTime::from_millis(NOW.as_millis() + 60_000);
        for text in ["\"1700000000123\"", "1,700,000,000,123"] {
            let sent = post().set(Header::RequestTimestamp, text);
            sent.proves(&[Cause::TimestampMalformed]);
            proves(&sent.diagnosed_by(&diagnostician, later), &[Cause::TimestampMalformed]);
        }
        // Microseconds, signed as they are.
        let micros = "1700000000123456";
        let signature = base64(hmac(&["POST", URI, EVENTS, micros]));
        let sent = post().v3_only().set(Header::SignatureV3, signature).set(Header::RequestTimestamp, micros);
        sent.proves(&[Cause::TimestampMalformed]);
        let sent = post().v3_only().set(Header::RequestTimestamp, "yesterday");
        sent.proves(&[Cause::TimestampMalformed]);
        suspects(&sent.diagnosed_by(&diagnostician, later), Cause::TimestampMalformed);
    }

    #[test]
    fn timestamp_of_the_receivers_own_clock() {
        let received = UnixTime::from_millis(NOW.as_millis() + 1234);
        let sent = post().v3_only().set(Header::RequestTimestamp, received.as_millis().to_string());
        let diagnosed = |now| sent.diagnosed_by(&Diagnostician::new([SECRET]), now);
        let finding = proves(&diagnosed(received), &[Cause::TimestampOwnClock]);
        assert!(finding.steps()[0].evidence().contains("1234 ms"), "{finding}");
        // The header's time is the time of receipt only if that was just now.
        let later = |millis| UnixTime::from_millis(received.as_millis() + millis);
        proves(&diagnosed(later(5000)), &[Cause::TimestampOwnClock]);
        likely(&diagnosed(later(5001)), &[]);
    }

    #[test]
    fn stale_or_from_the_future() {
        let diagnostician = Diagnostician::new([SECRET]);
        let later = UnixTime::from_millis(NOW.as_millis() + 12 * 60_000);
        let finding = proves(&post().diagnosed_by(&diagnostician, later), &[Cause::TimestampStale]);
        assert!(finding.steps()[0].evidence().contains("12 minutes old"), "{finding}");
        let earlier = UnixTime::from_millis(NOW.as_millis() - 120_000);
        proves(&post().diagnosed_by(&diagnostician, earlier), &[Cause::TimestampFuture]);
        // Stale and damaged.
        let damaged = post().uri(URI.replace("https", "http"));
        proves(&damaged.diagnosed_by(&diagnostician, later), &[Cause::UriScheme, Cause::TimestampStale]);
        // Stale, and nothing matches: only the age is sure.
        let other = Diagnostician::new([OTHER]);
        suspects(&post().diagnosed_by(&other, later), Cause::TimestampStale);
        // The policy is the service's.
        let patient = Diagnostician::new([SECRET]).max_age(std::time::Duration::from_secs(3600));
        assert!(post().diagnosed_by(&patient, later).verdict().is_ok());
        let tolerant = Diagnostician::new([SECRET]).max_clock_skew(std::time::Duration::from_secs(180));
        assert!(post().diagnosed_by(&tolerant, earlier).verdict().is_ok());
    }

    impl Sent {
        fn older_only_unchecked(self) -> Self {
            self.older_only()
        }
    }
}

mod headers {
    use super::*;

    fn v3() -> String {
        post().get(Header::SignatureV3)
    }

    /// A body for which the v3 signature has the property.
    fn body_whose_v3(has: impl Fn(&str) -> bool) -> Sent {
        (0..10_000)
            .map(|n| Sent::new("POST", URI, format!("{{\"n\":{n}}}")))
            .find(|sent| has(&sent.get(Header::SignatureV3)))
            .unwrap()
    }

    #[track_caller]
    fn v3_damaged(sent: Sent, damage: impl Fn(&str) -> String, cause: Cause) {
        let value = damage(&sent.get(Header::SignatureV3));
        assert_ne!(value, sent.get(Header::SignatureV3));
        sent.v3_only().set(Header::SignatureV3, value).proves(&[cause]);
    }

    #[test]
    fn quoted_padded_prefixed() {
        v3_damaged(post(), |value| format!("\"{value}\""), Cause::HeaderQuoted);
        v3_damaged(post(), |value| format!("b'{value}'"), Cause::HeaderQuoted);
        v3_damaged(post(), |value| format!("{value}\r\n"), Cause::HeaderPadded);
        for c in ['\u{a0}', '\u{feff}', '\0'] {
            v3_damaged(post(), |value| format!("{c}{value}{c}"), Cause::HeaderPadded);
        }
        v3_damaged(post(), |value| format!("sha256={value}"), Cause::HeaderPrefixed);
        v3_damaged(post(), |value| format!("V3={value}"), Cause::HeaderPrefixed);
        // Spaces and tabs round a value do no harm.
        post().set(Header::SignatureV3, format!("  {}\t", v3())).genuine();
        let v2 = post().get(Header::Signature);
        post().older_only().set(Header::Signature, format!("sha256={v2}")).proves(&[Cause::HeaderPrefixed]);
    }

    #[test]
    fn plus_turned_into_space() {
        v3_damaged(
            body_whose_v3(|value| value[1..].contains('+')),
            |value| value.replace('+', " "),
            Cause::HeaderPlusAsSpace,
        );
        // At the very beginning the space is trimmed away.
        v3_damaged(
            body_whose_v3(|value| value.starts_with('+')),
            |value| value.replace('+', " "),
            Cause::HeaderPlusAsSpace,
        );
    }

    #[test]
    fn percent_encoded() {
        let encode = |value: &str| value.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        v3_damaged(
            body_whose_v3(|value| value.contains('+') && value.contains('/')),
            encode,
            Cause::HeaderPercentEncoded,
        );
    }

    #[test]
    fn another_alphabet() {
        let url_safe = |value: &str| value.replace('+', "-").replace('/', "_");
        v3_damaged(
            body_whose_v3(|value| value.contains('+') || value.contains('/')),
            url_safe,
            Cause::HeaderBase64Alphabet,
        );
        v3_damaged(post(), |value| value.trim_end_matches('=').into(), Cause::HeaderBase64Alphabet);
    }

    #[test]
    fn hex_for_base64_and_the_reverse() {
        use base64ct::Encoding;
        let mut digest = [0; 32];
        base64ct::Base64::decode(v3(), &mut digest).unwrap();
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        post().v3_only().set(Header::SignatureV3, hex).proves(&[Cause::HeaderHexForBase64]);

        let v2 = post().get(Header::Signature);
        base16ct::lower::decode(&v2, &mut digest).unwrap();
        let mut buffer = [0; 64];
        let base64 = base64ct::Base64::encode(&digest, &mut buffer).unwrap();
        post().older_only().set(Header::Signature, base64).proves(&[Cause::HeaderBase64ForHex]);
        post().older_only().set(Header::Signature, v2.to_uppercase()).proves(&[Cause::HeaderUpperCase]);
    }

    #[test]
    fn doubled() {
        post().and("X-HubSpot-Signature-v3", v3()).proves(&[Cause::HeaderDoubled]);
        post().and("x-hubspot-signature-v3", "AAAA").proves(&[Cause::HeaderDoubled]);
        post().set(Header::SignatureV3, format!("{0}, {0}", v3())).proves(&[Cause::HeaderDoubled]);
        post().and("X-HubSpot-Request-Timestamp", NOW.as_millis().to_string()).proves(&[Cause::HeaderDoubled]);
        // The one that matches stands behind another signature.
        let other = secret().sign("POST", URI, b"else", NOW).as_pairs().map(owned).into_iter();
        let other = other.filter(|(name, _)| name == Header::SignatureV3.name());
        let mut both = post();
        both.headers.splice(0..0, other);
        both.proves(&[Cause::HeaderDoubled]);
    }

    #[test]
    fn malformed() {
        post().v3_only().set(Header::SignatureV3, &v3()[..40]).suspects(Cause::HeaderMalformed);
        post().v3_only().set(Header::SignatureV3, b"\xff\xfe").suspects(Cause::HeaderMalformed);
        for (value, lengths) in [("ab".repeat(20), "[40]"), ("g".repeat(64), "[64]")] {
            let v3 = post().v3_only().set(Header::SignatureV3, &value).diagnosed();
            let v2 = post().older_only().set(Header::Signature, &value).diagnosed();
            for (diagnosis, rest) in [(v3, "v3 has 44 characters of base64"), (v2, "v2 has 64 lower-case hex digits")] {
                suspects(&diagnosis, Cause::HeaderMalformed);
                let said = diagnosis.findings()[0].steps()[0].evidence();
                assert!(said.ends_with(&format!("has {lengths} bytes; {rest}")), "{said}");
            }
        }
        // Truncated, with a genuine v2 beside it.
        let diagnosis = post().set(Header::SignatureV3, &v3()[..40]).diagnosed();
        proves_beside(&diagnosis, &[Cause::SchemeOlderMatches], &[Cause::HeaderMalformed]);
    }

    #[test]
    fn stripped_or_never_sent() {
        let none = post().v3_only().without(Header::SignatureV3).without(Header::RequestTimestamp);
        none.suspects(Cause::HeaderSigningOff);
        assert_eq!(none.diagnosed().verdict(), Err(Objection::Request(Error::MissingSignature)));
        assert_eq!(none.diagnosed().search().tried(), 0);
        post().v3_only().without(Header::SignatureV3).suspects(Cause::HeaderMissing);
        let later = UnixTime::from_millis(NOW.as_millis() + 60_000);
        let untimed = post().v3_only().without(Header::RequestTimestamp);
        untimed.proves(&[Cause::HeaderMissing]);
        suspects(&untimed.diagnosed_by(&Diagnostician::new([SECRET]), later), Cause::HeaderMissing);
        post().without(Header::Signature).without(Header::SignatureV3).suspects(Cause::HeaderMissing);
    }
}

mod method {
    use super::*;

    #[test]
    fn assumed() {
        for (signed, received) in
            [("GET", "POST"), ("PUT", "POST"), ("PATCH", "POST"), ("DELETE", "GET"), ("POST", "GET")]
        {
            Sent::new(signed, FETCH, "").method(received).proves(&[Cause::MethodAssumed]);
        }
    }

    #[test]
    fn lower_case() {
        for received in ["post", "Post"] {
            post().method(received).proves(&[Cause::MethodCase]);
        }
        // Whoever signed this wrote it so too, so the signature is right and the request is refused.
        Sent::unchecked("post", URI, EVENTS).proves(&[Cause::MethodCase]);
    }
}

/// What is said of a request of which no reading matches. None is tried here, so that the tests are quick.
mod suspicions {
    use super::*;

    #[track_caller]
    fn said(sent: &Sent, causes: &[Cause]) -> Vec<String> {
        let diagnosis = sent.diagnosed_by(&Diagnostician::new([OTHER]).hash_budget(0), NOW);
        likely(&diagnosis, causes);
        let steps = diagnosis.findings().iter().flat_map(Finding::steps);
        steps.map(|step| step.evidence().to_owned()).collect()
    }

    #[test]
    fn of_the_host() {
        said(&post(), &[]);
        for uri in ["/hubspot/events", "hooks.example.com/hubspot/events"] {
            said(&post().uri(uri), &[Cause::UriPathOnly]);
        }
        // The verifier may object to something else first.
        for uri in ["/hubspot/events", "hooks.example.com/hubspot/events", "https:///hubspot/events"] {
            let unsigned = post().v3_only().without(Header::SignatureV3).without(Header::RequestTimestamp).uri(uri);
            let evidence = &said(&unsigned, &[Cause::HeaderSigningOff, Cause::UriPathOnly])[1];
            assert_eq!(*evidence, format!("the URI is {uri:?}"));
        }
        for host in ["app", "app.internal", "10.0.3.7:8080", "192.168.0.1", "169.254.1.1", "127.0.0.1", "[::1]"] {
            said(&post().uri(format!("https://{host}/hubspot/events")), &[Cause::UriHost]);
        }
        for host in ["203.0.113.9", "[2001:db8::1]", "app.internal.example.com", "127.example.com"] {
            said(&post().uri(format!("https://{host}/hubspot/events")), &[]);
        }
        let named = post().and("X-Forwarded-Host", "edge.example.com");
        let evidence = "the URI has \"hooks.example.com\", and X-Forwarded-Host says \"edge.example.com\"";
        assert_eq!(said(&named, &[Cause::UriHost]), [evidence]);
        // The same host with a port, and what is no host.
        for value in ["hooks.example.com:443", "a b", "...", &"a".repeat(256)] {
            said(&post().and("X-Forwarded-Host", value), &[]);
        }
    }

    #[test]
    fn of_the_scheme() {
        let http = post().uri(URI.replace("https", "http"));
        assert_eq!(said(&http, &[Cause::UriScheme]), ["the URI has http"]);
        let named = http.clone().and("X-Forwarded-Proto", "https");
        assert_eq!(said(&named, &[Cause::UriScheme]), ["the URI has http, and X-Forwarded-Proto says https"]);
        assert_eq!(said(&http.and("X-Forwarded-Proto", "http"), &[Cause::UriScheme]), ["the URI has http"]);
    }

    #[test]
    fn of_the_path() {
        for (name, same, other, cause) in [
            ("X-Original-Uri", "/hubspot/events", "/else", Cause::UriRewritten),
            ("X-Forwarded-Prefix", "/hubspot", "/else", Cause::UriPrefixLost),
        ] {
            said(&post().and(name, same), &[]);
            assert_eq!(said(&post().and(name, other), &[cause]), [format!("{name} says \"/else\"")]);
        }
        said(&post().uri(format!("{URI}#top")), &[Cause::UriFragment]);
        for c in ['ö', ' ', '\t', '{', '`'] {
            said(&post().uri(format!("{URI}/{c}")), &[Cause::UriEscapesDecoded]);
        }
        said(&post().uri(format!("{URI}/!$&'()*+,;=:@-._~%20")), &[]);
    }

    #[test]
    fn of_the_query() {
        let with = |query: &str| post().uri(format!("{URI}?{query}"));
        for query in ["a=1&b=1", "a=1", "b=1&a=1&c=1"] {
            said(&with(query), &[]);
        }
        for query in ["a=1&a=1", "a=1&b=2&a=1", "a=1?b=2"] {
            said(&with(query), &[Cause::UriQueryDoubled]);
        }
        said(&get(), &[]);
        said(&get().uri("https://hooks.example.com/card"), &[Cause::UriQueryLost]);
        // In alphabetical order, with all that HubSpot appends, and with more than that.
        said(&with("appId=3&portalId=2&userEmail=a%40b.example&userId=1"), &[Cause::UriQueryOrder]);
        for query in [
            "portalId=2&userEmail=a%40b.example&userId=1",
            "userId=1&portalId=2&userEmail=a%40b.example&appId=3",
            "a=1&b=2&c=3&d=4",
            "a=1&portalId=2&userEmail=a%40b.example&z=9",
        ] {
            said(&with(query), &[]);
        }
    }

    #[test]
    fn of_the_length() {
        let events = EVENTS.len().to_string();
        assert_eq!(said(&post().body(""), &[Cause::BodyLost]), ["a \"POST\" without a body"]);
        said(&post().body("").and("Content-Length", "0"), &[]);
        said(&get(), &[]);
        for empty in [post().body(""), get()] {
            let evidence = format!("Content-Length says {events} bytes, and there are none");
            assert_eq!(said(&empty.and("Content-Length", &events), &[Cause::BodyLost]), [evidence]);
        }
        said(&post().and("Content-Length", &events), &[]);
        let evidence = format!("Content-Length says 7 bytes, and there are {events}");
        assert_eq!(said(&post().and("Content-Length", "7"), &[Cause::BodyLength]), [evidence]);
    }

    #[test]
    fn of_the_body() {
        for (body, causes) in [
            ("{}", &[Cause::BodyPlaceholder][..]),
            ("\"\"", &[Cause::BodyPlaceholder]),
            ("\"x\"", &[Cause::BodyDoubleSerialised]),
            ("\u{feff}text", &[Cause::BodyByteOrderMark]),
            ("text \u{fffd}", &[Cause::BodyLossy]),
            ("KÃ¶ln", &[Cause::BodyDoubleEncoded]),
            ("Ã b ö", &[]),
            ("ÖÄÜ", &[]),
            ("[1,2]", &[]),
            ("[1, 2]", &[Cause::BodyReserialised]),
            // Keys in alphabetical order, or too few of them to tell.
            ("{\"a\":1,\"b\":2,\"c\":3}", &[Cause::BodyReserialised]),
            ("[{\"a\":1,\"b\":2,\"c\":3}]", &[Cause::BodyReserialised]),
            ("{\"a\":1,\"b\":2}", &[]),
            ("{\"a\":1,\"b\":2,\"c\":{\"z\":1,\"y\":2}}", &[]),
            ("{\"b\":1,\"a\":2,\"c\":3}", &[]),
        ] {
            said(&post().body(body), causes);
        }
        said(&post().and("Content-Encoding", "identity"), &[]);
        let evidence = said(&post().and("Content-Encoding", "gzip"), &[Cause::BodyCompressed]);
        assert_eq!(evidence, ["Content-Encoding says \"gzip\""]);
        said(&post().body(b"\xff"), &[Cause::BodyNotUtf8]);
        // Of longer ones the style is not looked at.
        let spaced = |length: usize| format!("[1, \"{}\"]", "x".repeat(length - 7));
        said(&post().body(spaced(128 << 10)), &[Cause::BodyReserialised]);
        said(&post().body(spaced((128 << 10) + 1)), &[]);
    }
}

mod pairs {
    use super::*;

    #[test]
    fn of_two_parts() {
        let spaced = EVENTS.replace(",\"", ", \"").replace("\":", "\": ");
        let http = URI.replace("https", "http");
        let internal = "http://app:3000/hubspot/events";
        post().uri(&http).body(spaced.as_str()).proves(&[Cause::UriScheme, Cause::BodyReserialised]);
        post().uri("http://hooks.example.com/events").proves_uri(URI, &[Cause::UriScheme, Cause::UriPrefixLost]);
        post().uri(internal).and("Host", "hooks.example.com").proves_uri(URI, &[Cause::UriScheme, Cause::UriHost]);
        post().older_only().set(Header::SignatureVersion, "v1").body(spaced.as_str()).proves(&[
            Cause::SchemeVersion,
            Cause::BodyReserialised,
            Cause::SchemeBelowMinimum,
        ]);
        post().uri(format!("{http}?stage=live")).proves_uri(URI, &[Cause::UriScheme, Cause::UriQueryAdded]);
        post().uri(&http).method("PUT").proves(&[Cause::MethodAssumed, Cause::UriScheme]);
        post()
            .uri(&http)
            .set(Header::RequestTimestamp, "1700000000123.0")
            .proves(&[Cause::TimestampFloat, Cause::UriScheme]);
        get().uri(FETCH.replace("https", "http")).body("{}").proves(&[Cause::UriScheme, Cause::BodyPlaceholder]);
        get()
            .uri(FETCH.replace("https", "http").replace("hooks.example.com/hubspot", "hooks.example.com"))
            .proves_uri(FETCH, &[Cause::UriScheme, Cause::UriPrefixLost]);
    }

    #[test]
    fn with_what_costs_nothing_to_mend() {
        let secrets = [OTHER, &format!("{SECRET}\n")];
        let sent = post().uri(URI.replace("https", "http")).body(EVENTS.replace(",\"", ", \""));
        let diagnosis = sent.diagnosed_by(&Diagnostician::new(secrets), NOW);
        // `, ` without `: ` is nobody's style, but compact it matches.
        proves(&diagnosis, &[Cause::SecretOther, Cause::SecretWhiteSpace, Cause::UriScheme, Cause::BodyReserialised]);
    }

    #[test]
    fn inside_a_wrapping() {
        let spaced = EVENTS.replace(",\"", ", \"").replace("\":", "\": ");
        post().body(format!("\u{feff}{spaced}")).proves(&[Cause::BodyReserialised]);
        post().body(format!("\u{feff}{EVENTS}\n")).proves(&[Cause::BodyReserialised]);
    }

    /// What would make many readings of each, for little that is likely.
    #[test]
    fn not_looked_for() {
        // Two changes of one aspect: here of the escapes.
        let signed = "https://hooks.example.com/card?name=O%27Neil%20Ltd";
        let received = "https://hooks.example.com/card?name=O'Neil+Ltd";
        likely(&Sent::new("GET", signed, "").uri(received).diagnosed(), &[]);
        // A guess among many beside another change, of the URI or of the body.
        let signed = format!("{URI}?c=3&a=1&b=2");
        let sent = Sent::new("POST", &signed, EVENTS);
        let received = format!("{URI}?b=2&a=1&c=3");
        sent.clone().uri(received.as_str()).proves(&[Cause::UriQueryOrder]);
        sent.clone().uri(received.replace("https", "http")).suspects(Cause::UriScheme);
        sent.uri(received).body(format!("{EVENTS}\n")).suspects(Cause::BodyReserialised);
        // Two changes of the body, if the first is no wrapping.
        Sent::new("POST", URI, "a\nb").body("\u{feff}a\r\nb").suspects(Cause::BodyByteOrderMark);
    }
}

#[test]
fn both_signatures_prove_one_finding() {
    let finding = post().uri(URI.replace("https", "http")).proves(&[Cause::UriScheme]);
    let headers: Vec<Header> = finding.matched().iter().map(|matched| matched.header()).collect();
    assert_eq!(headers, [Header::SignatureV3, Header::Signature]);
}

/// Each signature was damaged in its own way: the one does not witness for the other.
#[test]
fn two_faults_are_two_findings() {
    let (v3, v2) = (post().get(Header::SignatureV3), post().get(Header::Signature));
    let sent = post().set(Header::SignatureV3, format!("\"{v3}\"")).set(Header::Signature, format!("sha256={v2}"));
    let diagnosis = sent.diagnosed();
    let proved: Vec<Vec<Cause>> = diagnosis.findings().iter().map(|finding| finding.causes().collect()).collect();
    assert_eq!(proved, [[Cause::HeaderQuoted], [Cause::HeaderPrefixed]], "{diagnosis}");
    assert!(diagnosis.findings().iter().all(|finding| finding.matched().len() == 1), "{diagnosis}");
}

#[test]
fn expectation_is_said_with_lengths() {
    let diagnosis = post().body("").diagnosed();
    let [v3, v2] = diagnosis.expected() else { panic!("{diagnosis}") };
    assert_eq!((v3.version(), v2.version()), (Version::V3, Version::V2));
    let text = format!("{v3}");
    for part in ["\"POST\" (4 bytes)", &format!("{URI:?} ({} bytes)", URI.len()), "0 bytes", "1700000000123", "elided"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// The text for a person, line by line.
mod report {
    use super::*;

    #[track_caller]
    fn reads(diagnosis: &Diagnosis, expected: &[&str]) {
        let text = diagnosis.to_string();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn of_a_proof() {
        let sent = post().uri(URI.replace("https", "http"));
        let diagnosis = sent.diagnosed_by(&Diagnostician::new([OTHER, SECRET]), NOW);
        let tried = diagnosis.search().tried();
        reads(
            &diagnosis,
            &[
                &format!("Refused: {}.", diagnosis.verdict().unwrap_err()),
                "",
                "X-HubSpot-Signature-v3 is judged as v3: the base64 HMAC-SHA-256, keyed with the client secret \
                 (elided), of",
                "    the method     \"POST\" (4 bytes)",
                "    the URI        \"http://hooks.example.com/hubspot/events\" (39 bytes)",
                "    the body       248 bytes",
                "    the timestamp  \"1700000000123\"",
                "",
                "X-HubSpot-Signature is judged as v2: the hex SHA-256 of the client secret (elided), then",
                "    the method     \"POST\" (4 bytes)",
                "    the URI        \"http://hooks.example.com/hubspot/events\" (39 bytes)",
                "    the body       248 bytes",
                "",
                &format!("1. [proved] {}", Cause::SecretOther),
                "   Evidence: secret number 2 of those given matches.",
                &format!("   Mend: {}", Cause::SecretOther.mend()),
                &format!("   And: {}", Cause::UriScheme),
                "   Evidence: the URI has http.",
                "   Mend: The public URL is https://hooks.example.com: `PublicUrl::new(\"https://hooks.example.com\")`.",
                "   Matches then: X-HubSpot-Signature-v3 (with secret number 2), X-HubSpot-Signature (with secret \
                 number 2), over the URI \"https://hooks.example.com/hubspot/events\".",
                "",
                &format!(
                    "Tried {tried} readings of the request: secrets, methods, URIs, bodies, schemes and encodings, one \
                     change at a time and plausible ones in pairs."
                ),
            ],
        );
    }

    /// With the first secret, which is not numbered; v1 covers neither method nor URI.
    #[test]
    fn of_a_proof_by_v1() {
        let sent = Sent::with_v1("POST", URI, "{}").older_only().body("{}\n");
        let diagnosis = sent.diagnosed_by(&Diagnostician::new([SECRET]).minimum_version(Version::V1), NOW);
        let text = diagnosis.to_string();
        let (start, _) = text.split_once("\nTried").unwrap();
        assert_eq!(
            start,
            format!(
                "Refused: {}.\n\n\
                 X-HubSpot-Signature is judged as v1: the hex SHA-256 of the client secret (elided), then\n    \
                 the body       3 bytes\n\n\
                 1. [proved] {}\n   \
                 Evidence: 1 bytes of white space surround the signed body.\n   \
                 Mend: {}\n   \
                 Matches then: X-HubSpot-Signature.\n",
                diagnosis.verdict().unwrap_err(),
                Cause::BodyWhiteSpace,
                Cause::BodyWhiteSpace.mend()
            )
        );
    }

    #[test]
    fn of_a_suspicion() {
        let sent = Sent::new("POST", URI, "{}").without(Header::SignatureV3).v3_only();
        let diagnosis = sent.diagnosed();
        reads(
            &diagnosis,
            &[
                &format!("Refused: {}.", diagnosis.verdict().unwrap_err()),
                "",
                &format!("1. [likely] {}", Cause::HeaderMissing),
                "   Evidence: X-HubSpot-Signature-v3 is missing.",
                &format!("   Mend: {}", Cause::HeaderMissing.mend()),
                "",
                &format!("2. [likely] {}", Cause::BodyPlaceholder),
                "   Evidence: the body is \"{}\".",
                &format!("   Mend: {}", Cause::BodyPlaceholder.mend()),
                "",
                "No change makes a signature match.",
                "Check first that the client secret is that of the app that sends the request.",
            ],
        );
    }

    #[test]
    fn of_what_is_accepted() {
        let diagnosis = post().diagnosed();
        reads(
            &diagnosis,
            &[
                "Accepted: the v3 signature matches.",
                "",
                "X-HubSpot-Signature-v3 is judged as v3: the base64 HMAC-SHA-256, keyed with the client secret \
                 (elided), of",
                "    the method     \"POST\" (4 bytes)",
                "    the URI        \"https://hooks.example.com/hubspot/events\" (40 bytes)",
                "    the body       248 bytes",
                "    the timestamp  \"1700000000123\"",
            ],
        );
    }
}

#[test]
fn objection_is_said_in_its_own_words() {
    let objection = post().body("").diagnosed().verdict().unwrap_err();
    assert_eq!(objection.to_string(), Error::Mismatch { version: Version::V3 }.to_string());
    let objection = post().diagnosed_by(&Diagnostician::new([""]), NOW).verdict().unwrap_err();
    assert_eq!(objection.to_string(), SecretError::Empty.to_string());
}

/// What is hashed is what the documentation says: the bytes of a reading and 192 for each hash.
#[test]
fn hashed_bytes_are_counted() {
    let sent = post().v3_only();
    let one = ("POST".len() + URI.len() + EVENTS.len()) as u64 + 192;
    for (budget, tried) in [(one - 1, 0), (one, 1)] {
        let search = sent.diagnosed_by(&Diagnostician::new([OTHER]).hash_budget(budget), NOW).search();
        assert_eq!((search.tried(), search.hashed_bytes(), search.is_complete()), (tried, tried * one, false));
    }
}

#[test]
fn debug_says_which_and_how_much() {
    let request = ReceivedRequest { method: "POST", uri: URI, headers: &[("Host", b"a.example")], body: b"{\"a\":1}" };
    let expected = format!("ReceivedRequest {{ method: \"POST\", uri: {URI:?}, headers: [\"Host\"], body: 7 bytes }}");
    assert_eq!(format!("{request:?}"), expected);
    let text = format!("{:?}", Diagnostician::new([SECRET, OTHER]).hash_budget(77));
    assert!(text.contains("usable_secrets: 2") && text.contains("hash_budget: 77"), "{text}");
}

#[test]
fn every_cause_is_described_once() {
    let codes: std::collections::HashSet<&str> = Cause::ALL.iter().map(|cause| cause.code()).collect();
    assert_eq!(codes.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        assert!(cause.description().ends_with('.') && cause.mend().ends_with(['.', ')']), "{cause:?}");
        assert_eq!(cause.code().starts_with("uri"), cause.part() == Part::Uri);
    }
}

/// The page for people lists every cause, its mend, and nothing else, in the words of the report.
#[test]
fn page_lists_every_cause() {
    let page = include_str!("../docs/mismatch.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `") && !line.contains("`the ")).collect();
    let expected: Vec<String> = Cause::ALL
        .iter()
        .map(|cause| format!("| `{}` | {} | {} |", cause.code(), cause.description(), cause.mend()))
        .collect();
    assert_eq!(rows, expected);
}
