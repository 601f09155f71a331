//! The boundary rule (docs/PROTOCOL.md §5.2): nothing separates method, URI, body and timestamp in what is signed, so every
//! other way to cut the signed text into these is presented. None is accepted but those that SECURITY.md names.

use hubspot_signature::{BodyForm, Error, Header, Verified, Verifier, Version};
use proptest::prelude::*;
use serde_json::Value;

use crate::common::{BODY, NOW, Request, SECRET, URI, VERSIONS, lax_verifier, oracle, verifier, verifier_from};

const OTHER: Error = Error::BodyNotJson { looks_like: BodyForm::Other };

/// The verdict in memory, which is also that of the body in chunks, of the `http` adapter and of the layer.
#[track_caller]
fn judged(request: &Request, verifier: &Verifier) -> Result<Verified, Error> {
    let verdict = request.judge(verifier);
    #[cfg(feature = "http")]
    if let Some(sent) = request.to_http("https://hooks.example.com") {
        let server = hubspot_signature::PublicUrl::server("https://hooks.example.com").unwrap();
        assert_eq!(verifier.verify_request(&server, &sent, NOW), verdict);
        let (parts, body) = sent.clone().into_parts();
        let streamed = verifier.begin_request(&server, &parts, NOW).and_then(|mut verification| {
            body.chunks(5).try_for_each(|chunk| verification.update(chunk))?;
            verification.finish()
        });
        assert_eq!(crate::common::without_form(streamed), crate::common::without_form(verdict));
        #[cfg(feature = "tower")]
        for size in [1, 1 << 16] {
            let answer = crate::common::service::through_layer(verifier, &server, &sent, size);
            assert_eq!(crate::common::without_form(answer), crate::common::without_form(verdict));
        }
    }
    verdict
}

/// S1, verbatim: the end of a query passed off as a body names another tenant.
#[test]
fn the_end_of_a_query_is_no_body() {
    let uri = "https://hooks.example.com/records/7?userId=9001&portalId=62515&userEmail=user%40example.com&appId=54321";
    let (before, after) = uri.split_at(uri.find("62515").unwrap() + 4);
    assert_eq!((before.ends_with("&portalId=6251"), after), (true, "5&userEmail=user%40example.com&appId=54321"));
    for method in ["DELETE", "OPTIONS", "POST", "PUT", "PATCH"] {
        for version in [Version::V2, Version::V3] {
            let seen = Request::signed(version, method, uri, "");
            assert_eq!(judged(&seen, &verifier_from(version)).map(|verified| verified.version()), Ok(version));
            let forged = seen.with_uri(before).with_body(after);
            assert!(forged.fools_naive(SECRET, NOW.as_millis()), "not a forgery at all");
            let refusal = judged(&forged, &verifier_from(version));
            assert_eq!(refusal, Err(Error::BodyNotJson { looks_like: BodyForm::Form }), "{method} {version}");
            // At the first byte of the body.
            let mut verification = verifier().begin(&forged.head(), NOW).unwrap();
            assert_eq!(verification.update(b"5"), Err(OTHER));
        }
    }
}

/// A v2 signature is one of v1, of the body `METHOD + URI + body`.
#[test]
fn a_v2_signature_shown_as_v1() {
    for (method, body) in [("GET", ""), ("POST", BODY), ("POST", "{}"), ("DELETE", "")] {
        let seen = Request::signed(Version::V2, method, URI, body);
        for shown_method in ["POST", "PUT", "GET"] {
            let forged = seen
                .with_method(shown_method)
                .with_body(format!("{method}{URI}{body}"))
                .replacing(Header::SignatureVersion, "v1");
            assert!(forged.fools_naive(SECRET, NOW.as_millis()), "not a forgery at all");
            assert!(matches!(judged(&forged, &lax_verifier()), Err(Error::BodyNotJson { .. } | Error::UnexpectedBody)));
        }
    }
}

// --- Every way to cut ---

/// The same signed text, cut at other places.
struct Cuts<'a> {
    seen: &'a Request,
    version: Version,
    /// Method, URI and body together.
    whole: Vec<u8>,
}

impl<'a> Cuts<'a> {
    fn new(seen: &'a Request, version: Version) -> Self {
        Self { seen, version, whole: [seen.method.as_bytes(), seen.uri.as_bytes(), &seen.body].concat() }
    }

    fn places(&self) -> (usize, usize) {
        (self.seen.method.len(), self.seen.method.len() + self.seen.uri.len())
    }

    /// `None` if the cut leaves a URI that is no text, or no cut at all.
    fn cut(&self, method: usize, uri: usize) -> Option<Request> {
        if (method, uri) == self.places() || method > uri {
            return None;
        }
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
        let (method, uri, body) =
            (text(&self.whole[..method])?, text(&self.whole[method..uri])?, self.whole[uri..].to_vec());
        Some(Request { method, uri, body, headers: self.seen.headers.clone() })
    }

    /// As `cut` with the original method, and the body's end moved into the timestamp (v3) or the reverse.
    fn cut_with_timestamp(&self, uri: usize, end: usize) -> Option<Request> {
        let timestamp = NOW.as_millis().to_string();
        let all = [&self.whole[..], timestamp.as_bytes()].concat();
        let (method, _) = self.places();
        if end == self.whole.len() || uri > end || end > all.len() {
            return None;
        }
        let uri_text = std::str::from_utf8(&all[method..uri]).ok()?;
        let moved = self.seen.with_uri(uri_text).with_body(&all[uri..end]);
        Some(moved.replacing(Header::RequestTimestamp, &all[end..]))
    }

    /// Every way to move the boundary between method and URI and that between URI and body, and for v3 those between
    /// URI and body and between body and timestamp.
    fn all(&self) -> impl Iterator<Item = Request> {
        let (method, _) = self.places();
        let length = self.whole.len();
        let both = (0..=length).flat_map(move |first| (first..=length).map(move |second| (first, second)));
        let cuts = both.clone().filter_map(|(first, second)| self.cut(first, second));
        let ends = (method..=length + 13).flat_map(move |uri| (uri..=length + 13).map(move |end| (uri, end)));
        let with_timestamp = ends.filter_map(|(uri, end)| self.cut_with_timestamp(uri, end));
        cuts.chain(with_timestamp.filter(|_| self.version == Version::V3))
    }
}

/// Whether SECURITY.md names this split as one that stays open.
fn is_named(seen: &Request, moved: &Request) -> bool {
    let ends_in_brackets = |uri: &str| uri.ends_with(']') && uri.contains('[');
    let is_json = |body: &[u8]| body.is_empty() || serde_json::from_slice::<Value>(body).is_ok();
    // Leftovers that are not JSON, which a strict parser refuses.
    !is_json(&moved.body)
        // A URI that ends in a raw `[…]`, which may be a body.
        || seen.body.is_empty() && ends_in_brackets(&seen.uri)
        // An array without an object or a string, which may be the end of a URI.
        || moved.body.is_empty() && ends_in_brackets(&moved.uri) && !seen.body.iter().any(|byte| b"{\"".contains(byte))
}

/// Presents every other cut of a genuine request, and returns those that are accepted.
fn accepted_cuts(version: Version, seen: &Request, deep: bool) -> Vec<Request> {
    let lax = lax_verifier();
    assert!(judged(seen, &lax).is_ok(), "not genuine: {seen:?}");
    let cuts = Cuts::new(seen, version);
    let (method, uri) = cuts.places();
    // The boundary between URI and body alone: a naive endpoint accepts each.
    // v1 signs the body alone, so that there is nothing to cut; what it signed is shown as v2 below.
    let cuts_it = version > Version::V1;
    for at in (method..=cuts.whole.len()).filter(|at| cuts_it && *at != uri) {
        let Some(moved) = cuts.cut(method, at) else { continue };
        assert!(moved.fools_naive(SECRET, NOW.as_millis()), "not a forgery at all: {moved:?}");
        if deep {
            // By every way in.
            let _ = judged(&moved, &lax);
        }
    }
    let mut accepted = Vec::new();
    for moved in cuts.all().filter(|_| cuts_it) {
        let verdict = lax.verify(&moved.head(), &moved.body, NOW);
        if verdict.is_ok() {
            assert_eq!(judged(&moved, &lax), verdict);
            accepted.push(moved);
        } else {
            let streamed = moved.stream(&lax, NOW, moved.body.chunks(3));
            assert!(streamed.is_err(), "{moved:?}");
        }
    }
    // The v1 form of what v2 signed, and the v2 forms of what v1 signed.
    let shown = match version {
        Version::V2 => vec![seen.with_body(&cuts.whole).replacing(Header::SignatureVersion, "v1")],
        Version::V1 => {
            let body = &seen.body;
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let splits = (0..=body.len()).flat_map(|a| (a..=body.len()).map(move |b| (a, b)));
            let shown = splits.map(|(a, b)| {
                let moved = seen.with_method(&text(&body[..a])).with_uri(&text(&body[a..b])).with_body(&body[b..]);
                moved.replacing(Header::SignatureVersion, "v2")
            });
            shown.collect()
        }
        _ => Vec::new(),
    };
    accepted.extend(shown.into_iter().filter(|shown| shown.judge(&lax).is_ok()));
    accepted
}

// --- What is sent ---

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..1000_u32).prop_map(Value::from),
        "[a-z0-9&=\\[\\]{}, äé]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z]{1,3}", inner), 0..3)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn white_space() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 1 => "[ \t\r\n]{1,3}"]
}

/// Objects, arrays of objects and strings: what HubSpot's products send.
fn sent_body() -> impl Strategy<Value = String> {
    let object = || json().prop_map(|value| serde_json::json!({ "a": value }));
    let value = prop_oneof![
        object(),
        prop::collection::vec(object(), 1..3).prop_map(Value::from),
        "[a-z0-9&=\\[\\]{}\" é]{0,12}".prop_map(Value::from),
    ];
    prop_oneof![
        1 => Just(String::new()),
        5 => (white_space(), value, white_space()).prop_map(|(before, value, after)| format!("{before}{value}{after}")),
    ]
}

/// Any array, object or string.
fn any_json_body() -> impl Strategy<Value = String> {
    let closed =
        json().prop_filter("a bare literal", |value| value.is_array() || value.is_object() || value.is_string());
    let numbers = prop::collection::vec(0..100_u32, 0..5).prop_map(Value::from);
    let nested = prop::collection::vec(prop::collection::vec(0..100_u32, 0..3), 0..3).prop_map(Value::from);
    let value = prop_oneof![3 => closed, 1 => numbers, 1 => nested];
    (white_space(), value, white_space()).prop_map(|(before, value, after)| format!("{before}{value}{after}"))
}

fn uri() -> impl Strategy<Value = String> {
    let query = prop_oneof!["", "\\?[a-z]=[0-9]{1,4}(&[a-z]{1,2}=[a-z0-9%.]{0,5}){0,2}"];
    ("(/[a-z0-9]{0,4}){0,2}", query).prop_map(|(path, query)| format!("https://hooks.example.com{path}{query}"))
}

/// With raw brackets, as PHP's frameworks write lists.
fn uri_with_brackets() -> impl Strategy<Value = String> {
    (
        uri(),
        prop_oneof![
            "\\?[a-z]\\[[0-9]?\\]=[0-9]{0,3}",
            "\\?ids=\\[[0-9],[0-9]\\]",
            "/\\[[a-z]\\]",
            "\\?a=\\[",
            "\\?a=\\]"
        ],
    )
        .prop_map(|(uri, end)| format!("{}{end}", uri.split('?').next().unwrap()))
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET", "HEAD"])
}

fn signed(version: Version, method: &str, uri: &str, body: &str) -> Request {
    Request::signed(version, method, uri, if ["GET", "HEAD"].contains(&method) { "" } else { body })
}

fn cases(full: u32) -> ProptestConfig {
    let cases = if crate::common::is_full_check() { 20 * full } else { full };
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

proptest! {
    #![proptest_config(cases(40))]

    /// For what HubSpot sends no other cut passes, whatever the version.
    #[test]
    fn no_other_cut_of_what_hubspot_sends_is_accepted(
        version in prop::sample::select(VERSIONS.to_vec()),
        method in method(),
        uri in uri(),
        body in sent_body(),
    ) {
        let seen = signed(version, method, &uri, &body);
        prop_assert_eq!(accepted_cuts(version, &seen, true), Vec::new());
    }

    /// For everything else none passes but those that SECURITY.md names.
    #[test]
    fn no_other_cut_is_accepted_but_the_named_ones(
        version in prop::sample::select(VERSIONS.to_vec()),
        method in method(),
        uri in prop_oneof![uri(), uri_with_brackets()],
        body in prop_oneof![1 => Just(String::new()), 3 => any_json_body(), 1 => sent_body()],
    ) {
        let seen = signed(version, method, &uri, &body);
        for moved in accepted_cuts(version, &seen, false) {
            prop_assert!(is_named(&seen, &moved), "{:?} passed for {:?}", moved, seen);
        }
    }
}

// --- What stays open ---

/// SECURITY.md: a URI that ends in a raw `[…]`.
#[test]
fn open_a_uri_that_ends_in_brackets() {
    for version in [Version::V2, Version::V3] {
        let seen = Request::signed(version, "DELETE", "https://hooks.example.com/records?ids=[1,2]", "");
        let moved = seen.with_uri("https://hooks.example.com/records?ids=").with_body("[1,2]");
        assert!(seen.judge(&verifier()).is_ok() && moved.judge(&verifier()).is_ok());
        assert!(is_named(&seen, &moved));
        // Escaped, as clients should send it, it stays where it is.
        let escaped = Request::signed(version, "DELETE", "https://hooks.example.com/records?ids=%5B1,2%5D", "");
        assert_eq!(accepted_cuts(version, &escaped, true), []);
    }
}

/// SECURITY.md: an array of only numbers, literals and arrays, lent to the URI.
#[test]
fn open_an_array_without_an_object_or_a_string() {
    for body in ["[1,2]", "[]", "[null,true]", "[[1],[2]]"] {
        let seen = Request::signed(Version::V3, "POST", URI, body);
        let moved = seen.with_uri(&format!("{URI}{body}")).with_body("");
        assert!(seen.judge(&verifier()).is_ok() && moved.judge(&verifier()).is_ok(), "{body}");
        assert!(is_named(&seen, &moved));
    }
    // A single object or string in it closes that.
    for body in ["[1,2,{}]", "[\"\"]"] {
        let seen = Request::signed(Version::V3, "POST", URI, body);
        let moved = seen.with_uri(&format!("{URI}{body}")).with_body("");
        assert!(matches!(moved.judge(&verifier()), Err(Error::UriCharacter { .. })), "{body}");
    }
}

/// SECURITY.md: leftovers that are not JSON, which a strict parser refuses.
#[test]
fn open_leftovers_that_are_not_json() {
    for (uri, body, moved_uri, moved_body) in [
        (URI, "[1,[{}]]", format!("{URI}[1,"), "[{}]]"),
        ("https://hooks.example.com/?a[0]=1", "[{}]", "https://hooks.example.com/?a".to_owned(), "[0]=1[{}]"),
    ] {
        let seen = Request::signed(Version::V3, "POST", uri, body);
        let moved = seen.with_uri(&moved_uri).with_body(moved_body);
        assert!(seen.judge(&verifier()).is_ok() && moved.judge(&verifier()).is_ok(), "{body}");
        assert!(serde_json::from_str::<Value>(moved_body).is_err() && is_named(&seen, &moved));
    }
}

/// SECURITY.md: the spelling of the URI under v3, with the boundary where it was.
#[test]
fn open_the_spelling_of_the_uri_under_v3() {
    let seen = Request::signed(Version::V3, "POST", "https://hooks.example.com/a/b?q=1", BODY);
    let respelled = seen.with_uri("https://hooks.example.com/a%2Fb%3fq=1");
    assert!(respelled.judge(&verifier()).is_ok());
    let v2 = Request::signed(Version::V2, "POST", "https://hooks.example.com/a/b?q=1", BODY);
    assert!(v2.with_uri(&respelled.uri).judge(&verifier()).is_err());
}

// --- The rule itself ---

/// Every byte in a URI. v1 does not sign it.
#[test]
fn characters_of_a_uri() {
    for byte in 0..128_u8 {
        for uri in ["https://hooks.example.com/?q=#x", "https://hooks.example.com/#", "https://hooks.example.com/a#b?c"]
        {
            let uri = uri.replace('#', &char::from(byte).to_string());
            let expected = if oracle::is_uri_byte(byte) { Ok(()) } else { Err(Error::UriCharacter { byte }) };
            assert_eq!(oracle::is_uri_byte(byte), byte > 0x20 && byte != 0x7f && byte != b'"' && byte != b'{');
            for version in [Version::V2, Version::V3] {
                let verdict = judged(&Request::signed(version, "POST", &uri, BODY), &lax_verifier());
                assert_eq!(verdict.map(|_| ()), expected, "{uri:?}");
            }
            assert!(Request::signed(Version::V1, "POST", &uri, BODY).judge(&lax_verifier()).is_ok(), "{uri:?}");
        }
    }
    // The first one is told, wherever it is; a closing brace alone is harmless, and so is what is not ASCII.
    let told = |uri| Request::signed(Version::V3, "POST", uri, BODY).judge(&verifier()).map(|_| ());
    assert_eq!(told("https://hooks.example.com/a b\"{"), Err(Error::UriCharacter { byte: b' ' }));
    assert_eq!(told("https://hooks.example.com/\"a b{"), Err(Error::UriCharacter { byte: b'"' }));
    assert_eq!(told("https://hooks.example.com/}]\u{a0}\u{85}ä"), Ok(()));
}

/// Every pair of a first and a last byte, alone and with text between, and with white space around.
#[test]
fn ends_of_a_body() {
    let closes = |first, last| matches!((first, last), (b'{', b'}') | (b'[', b']') | (b'"', b'"'));
    for first in 0..=u8::MAX {
        let interesting = b"{}[]\" \t\r\n\x0b\x0c0a\0\xff";
        for last in interesting.iter().copied().chain([first]) {
            let is_blank = |byte| b" \t\r\n".contains(&byte);
            if is_blank(first) || is_blank(last) {
                continue;
            }
            for body in
                [vec![first, last], vec![first, b'x', last], [b" \t", &[first, b' ', last][..], b"\r\n"].concat()]
            {
                for version in VERSIONS {
                    let verdict = Request::signed(version, "POST", URI, &body).judge(&lax_verifier());
                    let expected = match verdict {
                        _ if closes(first, last) => Ok(()),
                        Err(Error::BodyHasNul) if version < Version::V3 && body.contains(&0) => continue,
                        Err(Error::BodyNotJson { .. }) => continue,
                        other => other.map(|_| ()),
                    };
                    assert!(closes(first, last) && verdict.is_ok() && expected.is_ok(), "{body:x?}: {verdict:?}");
                    assert!(oracle::body_may_stand_alone(&body));
                }
            }
        }
    }
    // One byte has no other end, and white space alone no end at all.
    for body in ["{", "[", "\"", " [ ", " ", "\r\n\t ", "}", "null", "true", "12", "'a'", "[}", "\u{b}{}", "{}\u{c}"] {
        for version in VERSIONS {
            let verdict = Request::signed(version, "POST", URI, body).judge(&lax_verifier());
            assert!(matches!(verdict, Err(Error::BodyNotJson { .. })), "{body:?}: {verdict:?}");
        }
    }
    for body in ["", "{}", "[]", "\"\"", "\n{ }\n", "\t[1]", "\"a\" "] {
        for version in VERSIONS {
            assert!(Request::signed(version, "POST", URI, body).judge(&lax_verifier()).is_ok(), "{body:?}");
        }
    }
}

/// The forms that a refused body seems to have: the usual damage to a genuine one.
#[test]
fn forms_of_a_body() {
    use BodyForm::{Base64, ByteOrderMark, Cut, Form, Gzip, Other};
    for (body, looks_like) in [
        (&b"\xef\xbb\xbf{}"[..], ByteOrderMark),
        (b"\xfe\xff\0{\0}", ByteOrderMark),
        (b"\xff\xfe{\0}\0", ByteOrderMark),
        (b"\x1f\x8b\x08\0\0\0\0\0", Gzip),
        (b"eyJhIjoxfQ==", Base64),
        (b"eyJhIjoxMjN9", Base64),
        (b"eyJhIjox\r\nMjM0fQ==\r\n", Base64),
        (b"eyJhIjo_-jN9", Base64),
        (b"event=1&name=a%20b", Form),
        (b"%7B%22a%22%3A1%7D=", Other),
        (b"a=b=", Form),
        (b"{\"a\":1", Cut),
        (b"{\"a\":1}x", Cut),
        (b"[1}", Cut),
        (b"\"", Cut),
        (b" {", Cut),
        (b"undefined", Base64),
        (b"null", Other),
        (b"5", Other),
        (b"<xml/>", Other),
        (b"  ", Other),
        (b"hello world=1", Other),
    ] {
        let verdict = Request::signed(Version::V3, "POST", URI, body).judge(&verifier());
        assert_eq!(verdict, Err(Error::BodyNotJson { looks_like }), "{}", body.escape_ascii());
    }
}

/// The opt-out lifts what its name says and nothing else.
#[test]
fn dangerously_accept_any_body() {
    let any = lax_verifier().dangerously_accept_any_body();
    for body in ["5", "a=b", "{", " ", "undefined", "\u{feff}{}"] {
        for version in VERSIONS {
            let request = Request::signed(version, "POST", URI, body);
            assert!(judged(&request, &any).is_ok(), "{body:?}");
            assert!(judged(&request, &lax_verifier()).is_err(), "{body:?}");
        }
    }
    for version in [Version::V2, Version::V3] {
        let get = Request::signed(version, "GET", URI, "5");
        assert_eq!(judged(&get, &any), Err(Error::UnexpectedBody));
        let uri = Request::signed(version, "POST", "https://hooks.example.com/{", "5");
        assert_eq!(judged(&uri, &any), Err(Error::UriCharacter { byte: b'{' }));
    }
    assert_eq!(judged(&Request::signed(Version::V2, "POST", URI, "\0"), &any), Err(Error::BodyHasNul));
    let limited = any.max_body(1);
    let long = Request::signed(Version::V3, "POST", URI, "55");
    assert_eq!(judged(&long, &limited), Err(Error::BodyTooLarge { limit: 1 }));
}
