//! A request that something changed on its way, or any other: the diagnosis has the verifier's verdict, keeps to its budget,
//! shows no secret and no signature, and what it calls proved is so by the oracle.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hubspot_signature::diagnose::{
    Cause, Certainty, Diagnostician, Finding, MAX_HASHED_BYTES, MAX_SECRETS, Part, ReceivedRequest,
};
use hubspot_signature::{Header, Verifier, Version};
use hubspot_signature_fuzz::{BODIES, Case, Scheme, Sketch, oracle};

#[derive(Arbitrary, Debug)]
struct Input {
    // First what decides most, and so that no bytes at all are the usual request.
    signed: u8,
    /// One of `BODIES`, or the sketch's.
    body: u8,
    changes: [Option<Change>; 2],
    /// In units of 32 bytes.
    budget: Option<u16>,
    further: Option<(Further, String)>,
    others: Option<String>,
    sketch: Sketch,
}

/// A header that tells of the way.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Further {
    Host,
    Forwarded,
    ForwardedHost,
    ForwardedProto,
    ForwardedPrefix,
    OriginalUri,
    ContentLength,
    ContentType,
    ContentEncoding,
}

/// What happens between the signer and the receiver.
#[derive(Arbitrary, Clone, Debug)]
enum Change {
    UriScheme,
    UriHost(String),
    UriPort(u16),
    UriPathOnly,
    UriQueryDropped,
    UriSlash,
    UriDecoded,
    Uri(String),
    Method(String),
    BodyTrimmed,
    BodyNewline,
    BodyCrLf,
    BodySpaced,
    BodyBase64,
    BodyEmpty,
    BodyBytes(Vec<u8>),
    SecretQuoted,
    SecretNewline,
    SecretBase64,
    SecretOther(String),
    Header { at: u8, prefix: String },
    HeaderUpperCase(u8),
    HeaderDropped(u8),
}

libfuzzer_sys::fuzz_target!(|input: Input| {
    let Input { signed, body, changes, budget, further, others, sketch } = input;
    let mut case = sketch.case();
    if let Some(body) = BODIES.get(usize::from(body) % (BODIES.len() + 1)) {
        case.body = (*body).into();
    }
    let schemes: &[Scheme] = match signed % 4 {
        0 => &[Scheme::V2, Scheme::V3],
        1 => &[Scheme::V1, Scheme::V3],
        2 => &[Scheme::V2],
        _ => &[],
    };
    for scheme in schemes {
        case.sign(*scheme);
    }
    let signers: Vec<String> = [Some(case.secret.clone()), case.previous.take()].into_iter().flatten().collect();
    for change in changes.into_iter().flatten() {
        change.make(&mut case);
    }
    let further: Vec<(String, Vec<u8>)> =
        further.into_iter().map(|(header, value)| (header.name().to_owned(), value.into_bytes())).collect();
    case.headers.extend(further.iter().cloned());

    let budget = u64::from(budget.unwrap_or(u16::MAX)) * 32;
    let mut secrets = vec![case.secret.clone()];
    secrets.extend(others.into_iter().chain(signers.iter().cloned()).take(4));
    let minimum = match case.minimum {
        Scheme::V1 => Version::V1,
        Scheme::V2 => Version::V2,
        Scheme::V3 => Version::V3,
    };
    let diagnostician = Diagnostician::new(&secrets)
        .minimum_version(minimum)
        .max_age(Duration::from_millis(case.max_age))
        .max_clock_skew(Duration::from_millis(case.max_clock_skew))
        .hash_budget(budget);
    let headers: Vec<(&str, &[u8])> =
        case.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let request = ReceivedRequest { method: &case.method, uri: &case.uri, headers: &headers, body: &case.body };
    let diagnosis = diagnostician.diagnose(&request, case.now());

    let accepted = match case.verifier() {
        Some(verifier) => {
            let verdict = verifier.verify_at(&case.head(), &case.body, case.now());
            assert_eq!(diagnosis.verdict().ok(), verdict.ok());
            verdict.is_ok()
        }
        None => {
            assert!(Verifier::new(&case.secret).is_err() && diagnosis.verdict().is_err());
            false
        }
    };
    assert_eq!(accepted, oracle::is_secret(&case.secret) && oracle::judge(&case).is_some());
    let search = diagnosis.search();
    assert!(search.hashed_bytes() <= budget && search.hashed_bytes() <= MAX_HASHED_BYTES);
    assert!(!accepted || (diagnosis.findings().is_empty() && search.tried() == 0));

    for finding in diagnosis.findings() {
        let proved = finding.certainty() == Certainty::Proved;
        assert!(!finding.steps().is_empty());
        assert_eq!(!finding.matched().is_empty(), proved);
        assert!(proved || finding.signed_uri().is_none());
        assert!(finding.matched().iter().all(|matched| matched.secret() < secrets.len().min(MAX_SECRETS)));
        if proved {
            assert_proved(finding, &case, &secrets);
        }
    }

    let mut text = format!("{diagnosis}\n{diagnosis:?}\n{diagnostician:?}\n{request:?}");
    for finding in diagnosis.findings() {
        text += &format!("{finding}\n{finding:?}");
    }
    // What the text may quote.
    let mut quotable = vec![case.uri.clone(), case.method.clone(), fully_decoded(&case.uri)];
    quotable.extend(case.headers.iter().map(|header| header.0.clone()));
    quotable.extend(further.iter().map(|header| String::from_utf8_lossy(&header.1).into_owned()));
    let shows = |needle: &str| text.contains(needle) && !quotable.iter().any(|quotable| quotable.contains(needle));
    for secret in &secrets {
        // One of some other form could be a word of the text, or escaped in it.
        let in_headers = case.headers.iter().any(|header| String::from_utf8_lossy(&header.1).contains(secret));
        if secret.len() >= 16 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            assert!(!shows(secret) || in_headers, "{secret} in {text}");
        }
        for uri in diagnosis.findings().iter().filter_map(Finding::signed_uri).chain([case.uri.as_str()]) {
            for scheme in [Scheme::V1, Scheme::V2, Scheme::V3] {
                let timestamp = timestamp(&case).unwrap_or_default();
                let computed = oracle::sign(scheme, secret, &case.method, uri, &case.body, timestamp.as_bytes());
                assert!(!shows(&computed), "{computed} in {text}");
            }
        }
    }
    for (name, value) in &case.headers {
        let is_signature = ["x-hubspot-signature", "x-hubspot-signature-v3"].contains(&name.to_lowercase().as_str());
        if let Ok(value) = str::from_utf8(value)
            && is_signature
            && value.len() >= 40
            && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'"')
        {
            assert!(!shows(value), "{value} in {text}");
        }
    }
});

/// Makes the change, if it is one to the URI or to another secret alone, and lets the oracle sign.
fn assert_proved(finding: &Finding, case: &Case, secrets: &[String]) {
    let by_hand = |cause: Cause| cause.part() == Part::Uri || cause == Cause::SecretOther;
    let policy =
        |cause: Cause| matches!(cause, Cause::TimestampStale | Cause::TimestampFuture | Cause::SchemeBelowMinimum);
    if !finding.causes().all(|cause| by_hand(cause) || policy(cause)) {
        return;
    }
    for matched in finding.matched() {
        let name = matched.header().name();
        let version = if matched.header() == Header::SignatureV3 {
            Scheme::V3
        } else {
            match value(case, "x-hubspot-signature-version") {
                Some("v1") => Scheme::V1,
                _ => Scheme::V2,
            }
        };
        let uri = finding.signed_uri().unwrap_or(&case.uri);
        let timestamp = timestamp(case).unwrap_or_default();
        let signs = |uri: &str| {
            let secret = &secrets[matched.secret()];
            let signature = oracle::sign(version, secret, &case.method, uri, &case.body, timestamp.as_bytes());
            value(case, name) == Some(&signature)
        };
        assert!(signs(uri) || version == Scheme::V3 && signs(&oracle::decode(uri)), "{finding:?}\n{case:?}");
    }
}

/// The first value of a header, if it is text.
fn value<'a>(case: &'a Case, name: &str) -> Option<&'a str> {
    let value = case.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name));
    value.and_then(|(_, value)| str::from_utf8(value).ok()).map(str::trim)
}

fn timestamp(case: &Case) -> Option<&str> {
    value(case, "x-hubspot-request-timestamp")
}

/// The URI without any escape, since the diagnosis may quote it so.
fn fully_decoded(uri: &str) -> String {
    let (mut decoded, mut rest) = (Vec::new(), uri.as_bytes());
    while let [first, after @ ..] = rest {
        let escape = after.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                decoded.push(byte);
                rest = &after[2..];
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

impl Further {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "Host",
            Self::Forwarded => "Forwarded",
            Self::ForwardedHost => "X-Forwarded-Host",
            Self::ForwardedProto => "X-Forwarded-Proto",
            Self::ForwardedPrefix => "X-Forwarded-Prefix",
            Self::OriginalUri => "X-Original-Uri",
            Self::ContentLength => "Content-Length",
            Self::ContentType => "Content-Type",
            Self::ContentEncoding => "Content-Encoding",
        }
    }
}

impl Change {
    fn make(self, case: &mut Case) {
        let signature = |case: &mut Case, at: u8, change: &dyn Fn(&mut Vec<u8>)| {
            if !case.headers.is_empty() {
                let at = usize::from(at) % case.headers.len();
                change(&mut case.headers[at].1);
            }
        };
        match self {
            Self::UriScheme => case.uri = case.uri.replacen("https://", "http://", 1),
            Self::UriHost(host) => case.uri = case.uri.replacen("hooks.example.com", &host, 1),
            Self::UriPort(port) => {
                case.uri = case.uri.replacen("hooks.example.com", &format!("hooks.example.com:{port}"), 1);
            }
            Self::UriPathOnly => case.uri = case.uri.replacen("https://hooks.example.com", "", 1),
            Self::UriQueryDropped => case.uri.truncate(case.uri.find('?').unwrap_or(case.uri.len())),
            Self::UriSlash => case.uri.push('/'),
            Self::UriDecoded => case.uri = fully_decoded(&case.uri),
            Self::Uri(uri) => case.uri = uri,
            Self::Method(method) => case.method = method,
            Self::BodyTrimmed => case.body = case.body.trim_ascii().to_vec(),
            Self::BodyNewline => case.body.push(b'\n'),
            Self::BodyCrLf => case.body = String::from_utf8_lossy(&case.body).replace('\n', "\r\n").into_bytes(),
            Self::BodySpaced => case.body = String::from_utf8_lossy(&case.body).replace(':', ": ").into_bytes(),
            Self::BodyBase64 => case.body = STANDARD.encode(&case.body).into_bytes(),
            Self::BodyEmpty => case.body.clear(),
            Self::BodyBytes(bytes) => case.body = bytes,
            Self::SecretQuoted => case.secret = format!("\"{}\"", case.secret),
            Self::SecretNewline => case.secret.push('\n'),
            Self::SecretBase64 => case.secret = STANDARD.encode(&case.secret),
            Self::SecretOther(other) => case.secret = other,
            Self::Header { at, prefix } => signature(case, at, &|value| {
                value.splice(0..0, prefix.bytes());
            }),
            Self::HeaderUpperCase(at) => signature(case, at, &|value| value.make_ascii_uppercase()),
            Self::HeaderDropped(at) if !case.headers.is_empty() => {
                case.headers.remove(usize::from(at) % case.headers.len());
            }
            Self::HeaderDropped(_) => {}
        }
    }
}
