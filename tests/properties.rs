//! Properties of every request: signed it verifies, changed it does not, and chunks make no difference.
//!
//! "Changed" means that the source string is another one. The schemes sign a concatenation without separators, so some
//! different requests have the same source string; these equalities are the protocol's, and are stated here:
//!
//! - v1 signs neither method nor URI nor time, v2 no time;
//! - bytes moved between the end of the URI and the beginning of the body (what is left of it is in boundary.rs);
//! - bytes moved between the end of the secret and the beginning of what v1 and v2 hash behind it;
//! - v3: a URI and its form with the twelve escapes decoded;
//! - v3: a secret longer than a block of 64 bytes and its SHA-256 (a property of HMAC keys).
#![allow(clippy::pedantic, clippy::restriction, unreachable_pub, reason = "a test may panic")]

mod common;

use std::time::Duration;

use crate::common::{
    NOW, OTHER_SECRET, Request, SECRET, VERSIONS, headers_of, lax_verifier, oracle, verifier, verifier_from,
    without_form,
};
use hubspot_signature::{ClientSecret, Error, Header, MatchedSecret, Signature, UnixTime, Verifier, Version};
use proptest::prelude::*;
use proptest::sample::Index;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

/// Texts of a pattern, which is read once; a `&str` as strategy reads it again for every case.
fn text(pattern: &str) -> impl Strategy<Value = String> {
    prop::string::string_regex(pattern).expect("a pattern")
}

fn any_version() -> impl Strategy<Value = Version> {
    prop::sample::select(VERSIONS.to_vec())
}

fn any_secret() -> impl Strategy<Value = String> {
    prop_oneof![text("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), text("~[a-zA-Z0-9é]{15,150}")]
}

fn any_uri() -> impl Strategy<Value = String> {
    prop_oneof![
        text("https?://[a-z]{1,10}\\.example(:[0-9]{2,4})?(/[a-zA-Z0-9]{0,8}){0,3}(\\?[a-z]=[0-9]{1,6})?"),
        text("https://a/(%[234][0-9A-Fa-f]|[a-z0-9%?&=+]){0,30}"),
        text("https://[a-zé][!#-z|}~é€]{0,60}"),
    ]
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => Just(Vec::new()),
        2 => any::<String>().prop_map(|text| format!("{{{text}}}").replace('\0', " ").into_bytes()),
        2 => text("[\\[{\"a-z0-9:é,}\\]]{0,200}").prop_map(|text| format!(" [{text}]\n").into_bytes()),
        2 => prop::collection::vec(1_u8.., 0..60).prop_map(|bytes| [b"\"".as_slice(), &bytes, b"\""].concat()),
    ]
}

/// A time of 13 digits.
fn any_time() -> impl Strategy<Value = UnixTime> {
    (1_000_000_000_000_u64..=9_999_999_999_999).prop_map(UnixTime::from_millis)
}

#[derive(Clone, Debug)]
struct Signed {
    version: Version,
    secret: String,
    time: UnixTime,
    request: Request,
}

impl Signed {
    fn verifier(&self) -> Verifier {
        lax(&self.secret)
    }
}

fn lax(secret: &str) -> Verifier {
    Verifier::new(secret, Version::V1).expect("a usable secret")
}

/// A request that the crate itself has signed, with the headers of the one scheme.
fn any_signed() -> impl Strategy<Value = Signed> {
    let method = prop::sample::select(vec!["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "X"]);
    (any_version(), any_secret(), method, any_uri(), any_body(), any_time()).prop_map(
        |(version, secret, method, uri, body, time)| {
            let body = if matches!(method, "GET" | "HEAD") { Vec::new() } else { body };
            let client = ClientSecret::new(&secret).expect("a usable secret");
            let signed = match version {
                Version::V1 => client.sign_with_v1(method, &uri, &body, time),
                _ => client.sign(method, &uri, &body, time),
            };
            let signed = signed.expect("what can be signed");
            let all = Request { headers: headers_of(&signed), ..Request::new(method, &uri, body) };
            let request = match version {
                Version::V3 => all.without(Header::Signature).without(Header::SignatureVersion),
                _ => all.without(Header::SignatureV3).without(Header::RequestTimestamp),
            };
            Signed { version, secret, time, request }
        },
    )
}

/// The text that the scheme signs, for the URI as received and decoded. For v3 the key is told from the rest as it is by HMAC.
fn source_strings(version: Version, secret: &str, request: &Request) -> Vec<Vec<u8>> {
    let Request { method, uri, body, .. } = request;
    match version {
        Version::V1 => vec![[secret.as_bytes(), body].concat()],
        Version::V2 => vec![[secret.as_bytes(), method.as_bytes(), uri.as_bytes(), body].concat()],
        _ => {
            let time = request.header(Header::RequestTimestamp).unwrap_or_default();
            let key = if secret.len() > 64 { oracle::sha256(secret.as_bytes()).to_vec() } else { secret.into() };
            [uri.clone(), oracle::decode_uri(uri)]
                .map(|uri| [&key, &b"|"[..], method.as_bytes(), uri.as_bytes(), body, time].concat())
                .to_vec()
        }
    }
}

/// One change to a text: a byte more, one less, another one, two exchanged, a piece cut off.
fn edit(bytes: &[u8], how: usize, at: Index, with: u8) -> Vec<u8> {
    let mut edited = bytes.to_vec();
    let place = at.index(bytes.len() + 1);
    match (how % 5, edited.get_mut(place)) {
        (0, _) => edited.insert(place, with),
        (1, Some(_)) => drop(edited.remove(place)),
        (2, Some(byte)) => *byte ^= 1 << (with % 8),
        (3, Some(_)) if place > 0 => edited.swap(place - 1, place),
        _ => edited.truncate(place),
    }
    edited
}

#[derive(Clone, Debug)]
enum Part {
    Method,
    Uri,
    Body,
    Time,
    Secret,
    Signature,
}

/// The parts to change in a request of the scheme without changing it into an equal one.
fn parts(version: Version) -> &'static [Part] {
    match version {
        Version::V1 => &[Part::Body, Part::Secret, Part::Signature],
        Version::V2 => &[Part::Method, Part::Uri, Part::Body, Part::Secret, Part::Signature],
        _ => &[Part::Method, Part::Uri, Part::Body, Part::Time, Part::Secret, Part::Signature],
    }
}

/// A body in chunks, empty ones among them.
fn cut<'a>(body: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    places.sort_unstable();
    let mut chunks = Vec::new();
    let mut start = 0;
    for place in places.into_iter().chain([body.len()]) {
        chunks.push(&body[start..place]);
        start = place;
    }
    chunks
}

/// Bodies that are JSON, that are not, and that break off.
fn hostile_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => any_body(),
        1 => prop::collection::vec(any::<u8>(), 0..50),
        1 => text("[\\[{\"][a-z]{0,9}[\\]}\"]?").prop_map(String::into_bytes),
        1 => text("[{][a\u{0}]{1,9}[}]").prop_map(String::into_bytes),
    ]
}

/// Header values: right, nearly right and anything.
fn hostile_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"v1".to_vec()),
        Just(b"v2".to_vec()),
        Just(b"v3".to_vec()),
        text("[0-9a-f]{64}").prop_map(String::into_bytes),
        text("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=").prop_map(String::into_bytes),
        text("1[67][0-9]{11}").prop_map(String::into_bytes),
        text("[0-9]{12,14}").prop_map(String::into_bytes),
        text("[ \t]{0,2}[ -~]{0,70}[ \t]{0,2}").prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..80),
    ]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn signed_verifies(signed in any_signed(), other_secret in any_secret()) {
        let verified = signed.request.judge_at(&signed.verifier(), signed.time).unwrap();
        prop_assert_eq!(verified.version(), signed.version);
        prop_assert_eq!(verified.matched_secret(), MatchedSecret::Current);
        prop_assert_eq!(verified.timestamp(), (signed.version == Version::V3).then_some(signed.time));
        if other_secret != signed.secret {
            let rotating = lax(&other_secret).previous_secret(signed.secret.as_str()).unwrap();
            let verified = signed.request.judge_at(&rotating, signed.time).unwrap();
            prop_assert_eq!(verified.matched_secret(), MatchedSecret::Previous);
        }
    }

    #[test]
    fn chunking_never_matters_to_what_is_accepted(
        signed in any_signed(),
        cuts in prop::collection::vec(any::<Index>(), 0..10),
    ) {
        let Signed { request, time, .. } = &signed;
        let whole = request.judge_at(&signed.verifier(), *time);
        prop_assert!(whole.is_ok());
        let chunks = cut(&request.body, &cuts);
        prop_assert_eq!(request.stream(&signed.verifier(), *time, chunks.into_iter()), whole);
    }
}

proptest! {
    #![proptest_config(config(1024))]

    /// One change to anything that the scheme signs, or to the signature, and the request is refused.
    #[test]
    fn any_change_refuses(
        signed in any_signed(),
        part in any::<Index>(),
        how in 0..5_usize,
        at in any::<Index>(),
        with in any::<u8>(),
    ) {
        let Signed { version, secret, time, request } = &signed;
        let header = |header| request.header(header).unwrap_or_default().to_vec();
        let lossy = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (mut changed, mut changed_secret) = (request.clone(), secret.clone());
        let part = part.get(parts(*version));
        match part {
            Part::Method => changed.method = lossy(edit(request.method.as_bytes(), how, at, with)),
            Part::Uri => changed.uri = lossy(edit(request.uri.as_bytes(), how, at, with)),
            Part::Body => changed.body = edit(&request.body, how, at, with),
            Part::Secret => changed_secret = lossy(edit(secret.as_bytes(), how, at, with)),
            Part::Time => {
                let value = edit(&header(Header::RequestTimestamp), how, at, with);
                changed = changed.replacing(Header::RequestTimestamp, value);
            }
            Part::Signature => {
                let value = edit(&header(version.header()), how, at, with);
                changed = changed.replacing(version.header(), value);
            }
        }
        // Blanks around a header's value are HTTP's, not the value's.
        let bare = |request: &Request, header| request.header(header).map(|value| value.trim_ascii().to_vec());
        let same = |header| bare(&changed, header) == bare(request, header);
        match part {
            Part::Signature => prop_assume!(!same(version.header())),
            Part::Time => prop_assume!(!same(Header::RequestTimestamp)),
            _ => {
                let before = source_strings(*version, secret, request);
                let after = source_strings(*version, &changed_secret, &changed);
                prop_assume!(!before.iter().any(|source| after.contains(source)));
            }
        }
        let Ok(verifier) = Verifier::new(&changed_secret, Version::V1) else { return Ok(()) };
        let verifier = verifier.max_age(Duration::MAX).max_clock_skew(Duration::MAX);
        prop_assert!(request.judge_at(&signed.verifier(), *time).is_ok(), "before the change");
        prop_assert!(changed.judge_at(&verifier, *time).is_err(), "after it: {:?}", changed);
    }

    /// Whatever is sent, the answer for the body in hand is the answer for its chunks, a refusal no less than a proof;
    /// and what is accepted a naive verifier accepts.
    #[test]
    fn chunking_never_matters_to_hostile_input(
        method in prop_oneof![6 => text("POST|GET"), 1 => text("[A-Z]{0,5}"), 1 => any::<String>()],
        uri in prop_oneof![4 => any_uri(), 1 => any::<String>()],
        body in hostile_body(),
        headers in prop::collection::vec((prop::sample::select(Header::ALL.to_vec()), hostile_value()), 0..6),
        // Sometimes one of the signatures is right after all, so that the judgement gets as far as the body.
        genuine in prop::option::weighted(0.5, any_version()),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
        minimum in any_version(),
        now in prop_oneof![Just(NOW), any::<u64>().prop_map(UnixTime::from_millis)],
        rotating in any::<bool>(),
    ) {
        let mut request = Request { headers, ..Request::new(&method, &uri, body) };
        if let Some(version) = genuine {
            request.headers.truncate(1);
            request.headers.extend(Request::signed(version, &method, &uri, &request.body).headers);
        }
        let mut verifier = verifier_from(minimum);
        if rotating {
            verifier = Verifier::new(OTHER_SECRET, minimum).unwrap().previous_secret(SECRET).unwrap();
        }
        let whole = verifier.verify(&request.head(), &request.body, now);
        let chunks = cut(&request.body, &cuts);
        let streamed = request.stream(&verifier, now, chunks.into_iter());
        prop_assert_eq!(without_form(streamed), without_form(whole));
        // The oracle comes to the same verdict, and knows the same of what it accepts.
        let (secret, previous) = if rotating { (OTHER_SECRET, Some(SECRET)) } else { (SECRET, None) };
        let minimum_scheme = oracle::Scheme::ALL[minimum as usize];
        let policy = oracle::Policy {
            secret,
            previous,
            minimum: minimum_scheme,
            max_age: 300_000,
            max_clock_skew: 60_000,
            max_body: None,
            any_body: false,
        };
        let judged = request.with_oracle(|request| oracle::judge(&policy, request, now.as_millis()));
        prop_assert_eq!(judged.is_some(), whole.is_ok(), "{:?} {:?}", judged, whole);
        if let (Some(judged), Ok(verified)) = (judged, whole) {
            prop_assert_eq!(judged.scheme.name(), verified.version().as_str());
            prop_assert_eq!(judged.timestamp, verified.timestamp().map(UnixTime::as_millis));
            prop_assert_eq!(judged.by_current, verified.matched_secret() == MatchedSecret::Current);
            prop_assert_eq!(judged.digest[..16].to_vec(), verified.replay_key().as_bytes().to_vec());
        }
        if let Ok(verified) = whole {
            prop_assert!(verified.version() >= minimum);
            prop_assert_eq!(verified.matched_secret() == MatchedSecret::Previous, rotating);
            let trimmed = Request {
                headers: request.headers.iter().map(|(name, value)| (*name, value.trim_ascii().to_vec())).collect(),
                ..request.clone()
            };
            prop_assert!(trimmed.fools_naive(SECRET, now.as_millis()));
        }
    }
}

/// The equalities that the schemes cannot help having, each shown to be one.
#[test]
fn legitimate_equalities() {
    let (a, b) = (Request::signed(Version::V1, "POST", "https://a/", "{}"), Request::new("PUT", "https://b/", "{}"));
    let same = Request { headers: a.headers, ..b };
    assert!(same.judge(&lax_verifier()).is_ok(), "v1 signs neither method nor URI");

    // The end of the secret is the beginning of what follows it: no attack, as the secret is not the attacker's to
    // choose.
    let secret = |end: &str| ClientSecret::new(&format!("0123456789abcdef{end}")).unwrap();
    let text = |signature: Signature| signature.as_str().to_owned();
    assert_eq!(text(secret("ab").v1(b"cd")), text(secret("abc").v1(b"d")));
    assert_eq!(text(secret("abP").v2("OST", "https://a/", b"")), text(secret("ab").v2("POST", "https://a/", b"")));
    let v3 = |end, method| text(secret(end).v3(method, "https://a/", b"cd", NOW));
    assert_ne!(v3("ab", "POST"), v3("abP", "OST"));

    // Where the hash of a long key happens to be text; no such key is known, so the equality is shown on bytes.
    let long = [b'k'; 100];
    assert_eq!(oracle::hmac(&long, b"x"), oracle::hmac(&oracle::sha256(&long), b"x"));

    let signed = Request::signed(Version::V3, "POST", "https://a/?x=:", "");
    assert!(signed.with_uri("https://a/?x=%3A").judge(&verifier()).is_ok());
    // The boundary rule leaves of these only what SECURITY.md names (boundary.rs).
    let moved = Request::signed(Version::V3, "POST", "https://a/?x=1", "2").with_uri("https://a/?x=").with_body("12");
    assert!(moved.judge(&verifier().dangerously_accept_any_body()).is_ok());
    assert_eq!(moved.with_method("GET").judge(&verifier()), Err(Error::UnexpectedBody));
}
