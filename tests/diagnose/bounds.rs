//! A diagnosis must never do three things: call a hopeless request explained, take long, or say a secret.

use std::time::{Duration, Instant};

use crate::hostile;
use hubspot_signature::diagnose::{Certainty, Diagnosis, Diagnostician, MAX_WORK, ReceivedRequest};
use hubspot_signature::{ClientSecret, UnixTime, Version};

const SECRET: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
const OTHER: &str = "99999999-4e5f-6071-8293-a4b5c6d7e8f9";
const NOW: UnixTime = UnixTime::from_millis(1_700_000_000_123);

/// Numbers without a pattern, the same in each run (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }
}

type Headers = Vec<(String, Vec<u8>)>;

struct Request {
    method: String,
    uri: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Request {
    /// Something HubSpot might send, or a proxy make of it, not signed yet.
    fn random(numbers: &mut Numbers) -> Self {
        let method = numbers.pick(&["POST", "GET", "PUT", "PATCH", "DELETE"]);
        let host = numbers.pick(&["hooks.example.com", "a.example:8443", "h.example", "b.internal.example"]);
        let path = numbers.pick(&["", "/", "/hubspot", "/a/b/c/", "//x", "/caf%C3%A9"]);
        let query = numbers.pick(&[
            "",
            "?a=b",
            "?userId=1&portalId=2&userEmail=a%40b.example&appId=3",
            "?z=%2540&y=a+b&z=1",
            "?",
        ]);
        let number = numbers.next();
        let body = match (method, numbers.below(4)) {
            ("GET", _) => String::new(),
            (_, 0) => format!("[{{\"eventId\":{number},\"value\":\"Köln €\"}}]"),
            (_, 1) => format!("{{\"b\": {number}, \"a\": [1.50, null]}}\n"),
            (_, 2) => format!("\"text {number}\""),
            _ => String::new(),
        };
        let mut headers = vec![("Host".into(), host.into())];
        for (name, values) in [
            ("X-Forwarded-Host", ["edge.example", "h.example, i.example"]),
            ("X-Forwarded-Proto", ["http", "https"]),
            ("X-Forwarded-Prefix", ["/x", "y/"]),
            ("X-Original-URL", ["/hubspot?a=1", "https://h.example/z"]),
            ("Forwarded", ["host=h.example;proto=https", "for=_x"]),
        ] {
            if numbers.below(3) == 0 {
                headers.push((name.into(), numbers.pick(&values).into()));
            }
        }
        Self { method: method.into(), uri: format!("https://{host}{path}{query}"), headers, body: body.into() }
    }

    fn signed_with(mut self, secret: &str, v1: bool) -> Self {
        let secret = ClientSecret::new(secret).unwrap();
        let Self { method, uri, body, .. } = &self;
        let (time, older) = (NOW.as_millis().to_string(), if v1 { "v1" } else { "v2" });
        let signature = if v1 { secret.v1(body) } else { secret.v2(method, uri, body) };
        // One by one, because `sign` refuses some of the hostile requests.
        for (name, value) in [
            ("x-hubspot-signature-v3", secret.v3(method, uri, body, NOW).as_str()),
            ("x-hubspot-signature", signature.as_str()),
            ("x-hubspot-signature-version", older),
            ("x-hubspot-request-timestamp", &time),
        ] {
            self.headers.push((name.into(), value.into()));
        }
        self
    }

    fn diagnosed_by(&self, diagnostician: &Diagnostician) -> Diagnosis {
        let headers: Vec<(&str, &[u8])> = self.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
        let request =
            ReceivedRequest { method: &self.method, uri: &self.uri, headers: &headers, body: Some(&self.body) };
        diagnostician.diagnose(&request, NOW)
    }
}

#[test]
fn a_thousand_undamaged_requests_are_fine() {
    let mut numbers = Numbers(1);
    let diagnostician = Diagnostician::new([SECRET, OTHER], Version::V2);
    for _ in 0..1000 {
        let v1 = numbers.below(3) == 0;
        let request = Request::random(&mut numbers).signed_with(SECRET, v1);
        let diagnosis = request.diagnosed_by(&diagnostician);
        assert!(diagnosis.is_accepted() && diagnosis.findings().is_empty(), "{} {diagnosis}", request.uri);
        assert_eq!(diagnosis.tried(), 0, "nothing is searched for");
    }
}

#[test]
fn a_thousand_hopeless_requests_prove_nothing() {
    let mut numbers = Numbers(2);
    // A smaller budget than the default keeps the test short where hashing is slow.
    let diagnostician = Diagnostician::new([SECRET], Version::V2).work_limit(1 << 20);
    let (mut proved, mut tried) = (0, 0);
    for round in 0..1000 {
        let v1 = numbers.below(3) == 0;
        let mut request = Request::random(&mut numbers);
        if round % 2 == 0 {
            // Signed with a secret that nobody gave.
            request = request.signed_with(OTHER, v1);
        } else {
            // Signed with the right secret, but it is another request.
            let digits = format!("{:016x}", numbers.next());
            let signed = Request {
                method: request.method.clone(),
                uri: format!("https://elsewhere.example/{digits}?{digits}"),
                headers: request.headers.clone(),
                body: if request.method == "GET" { Vec::new() } else { digits.into() },
            };
            request.headers = signed.signed_with(SECRET, false).headers;
        }
        let diagnosis = request.diagnosed_by(&diagnostician);
        assert!(!diagnosis.is_accepted());
        proved += diagnosis.findings().iter().filter(|finding| finding.certainty() == Certainty::Proved).count();
        tried += diagnosis.tried();
        assert!(diagnosis.work() <= 1 << 20);
    }
    assert_eq!(proved, 0);
    assert!(tried > 500_000, "only {tried} readings were tried");
}

/// No loop goes uncounted: what is far too much for the limit on the work ends at once.
#[test]
fn hostile_requests_stay_within_the_bound() {
    const LIMIT: u64 = 1 << 20;
    // Eight secrets, so that no request is cheap for want of work.
    let secrets: Vec<String> = (0..20).map(|n| format!("{n:08}-4e5f-6071-8293-a4b5c6d7e8f9")).collect();
    for (what, uri, headers, body) in hostile::requests() {
        let request = Request { method: "POST".into(), uri, headers, body };
        let request = request.signed_with(OTHER, false);
        for limit in [0, LIMIT] {
            let diagnostician = Diagnostician::new(&secrets, Version::V2).work_limit(limit);
            let begun = Instant::now();
            let diagnosis = request.diagnosed_by(&diagnostician);
            let text = format!("{diagnosis} {diagnosis:?}");
            let taken = begun.elapsed();
            assert!(diagnosis.work() <= limit, "{what}: {}", diagnosis.work());
            assert!(text.len() < 40_000, "{what}: {} bytes of text", text.len());
            // Not a measurement: many times what it takes, so that only an unbounded loop fails it.
            assert!(taken < Duration::from_secs(20), "{what} took {taken:?}");
        }
    }
}

#[test]
fn budget_is_kept_and_said() {
    let request = Request::random(&mut Numbers(3)).signed_with(OTHER, false);
    for budget in [0, 1, 1000, 100_000, u64::MAX] {
        let search = request.diagnosed_by(&Diagnostician::new([SECRET], Version::V2).work_limit(budget));
        assert!(search.work() <= budget.min(MAX_WORK));
        if budget <= 100_000 {
            assert!(!search.is_complete(), "{search}");
        }
    }
    let text = format!("{}", request.diagnosed_by(&Diagnostician::new([SECRET], Version::V2).work_limit(100_000)));
    assert!(text.contains("not all were tried"), "{text}");
}

#[test]
fn the_whole_search_of_a_usual_request_fits_the_budget() {
    let body = "[{\"eventId\":1,\"subscriptionId\":12345,\"portalId\":62515,\"objectId\":123}]";
    let uri = "https://hooks.example.com/hubspot?tenant=7";
    let request = Request { method: "POST".into(), uri: uri.into(), headers: vec![], body: body.into() };
    let search = request.signed_with(OTHER, false).diagnosed_by(&Diagnostician::new([SECRET], Version::V2));
    assert!(search.is_complete(), "{search}");
}

#[test]
fn nothing_reveals_a_secret_or_a_signature() {
    let mut numbers = Numbers(4);
    let secrets = [format!("\"{SECRET}\"\n"), OTHER.into(), "pat-na1-5ecre7".into(), "hunter2-and-more".into()];
    let mut checked = 0;
    for round in 0..200 {
        let mut request = Request::random(&mut numbers).signed_with(numbers.pick(&[SECRET, OTHER]), round % 3 == 0);
        let genuine: Headers =
            request.headers.iter().filter(|(name, _)| name.starts_with("x-hubspot-sig")).cloned().collect();
        let mut needles: Vec<Vec<u8>> = secrets.iter().map(|secret| secret.trim().trim_matches('"').into()).collect();
        for (_, value) in genuine.iter().filter(|(_, value)| value.len() > 40) {
            needles.push(value.clone());
            needles.extend(other_encodings(value));
        }
        match round % 7 {
            0 => request.uri = request.uri.replace("https", "http"),
            1 => request.body.push(b'\n'),
            2 => request.headers.iter_mut().for_each(|(_, value)| value.insert(0, b'"')),
            // Signatures where other values belong.
            3 => {
                let signature = genuine[0].1.clone();
                request.headers.retain(|(name, _)| name != "x-hubspot-signature-version");
                request.headers.push(("X-HubSpot-Signature-Version".into(), signature.clone()));
                request.headers.retain(|(name, _)| name != "x-hubspot-request-timestamp");
                request.headers.push(("X-HubSpot-Request-Timestamp".into(), signature));
            }
            4 => request.headers.retain(|(name, _)| name != "x-hubspot-signature-v3"),
            5 => request.method = "post".into(),
            _ => {}
        }
        // The first secret as configured, or a usable one.
        for skip in [0, 1] {
            let diagnostician = Diagnostician::new(&secrets[skip..], Version::V2).work_limit(200_000);
            let diagnosis = request.diagnosed_by(&diagnostician);
            let headers: Vec<(&str, &[u8])> =
                request.headers.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
            let received = ReceivedRequest {
                method: &request.method,
                uri: &request.uri,
                headers: &headers,
                body: Some(&request.body),
            };
            let said = format!(
                "{diagnosis}\n{diagnosis:?}\n{diagnosis:#?}\n{diagnostician:?}\n{received:?}\n{:?}",
                diagnosis.findings()
            );
            for needle in &needles {
                checked += 1;
                let found = said.as_bytes().windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
                assert!(!found, "{} is in\n{said}", String::from_utf8_lossy(needle));
            }
        }
    }
    assert!(checked > 2000);
}

/// The digest of a signature in hex and base64.
fn other_encodings(signature: &[u8]) -> Vec<Vec<u8>> {
    use base64ct::Encoding;
    let text = std::str::from_utf8(signature).unwrap();
    let mut digest = [0; 32];
    if base16ct::lower::decode(text, &mut digest).is_err() {
        base64ct::Base64::decode(text, &mut digest).unwrap();
    }
    let hex = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let decimal = format!("{digest:?}").trim_matches(['[', ']']).to_owned();
    let mut buffer = [0; 64];
    let base64 = base64ct::Base64::encode(&digest, &mut buffer).unwrap();
    let unpadded = base64.trim_end_matches('=').to_owned();
    vec![hex.into(), decimal.into(), unpadded.into()]
}
