//! The one place that knows the library's names: what it makes of a case, and whether its fix works.

use hubspot_signature::diagnose::{Certainty, Diagnostician, ReceivedRequest};
use hubspot_signature::{ClientSecret, Header, UnixTime, Version};

use crate::case::Case;

/// One finding, in the library's own words.
#[derive(Clone, Debug)]
pub struct Found {
    pub is_proved: bool,
    pub codes: Vec<String>,
    pub signed_uri: Option<String>,
    /// Of the headers whose signature matches after the change.
    pub matched: Vec<Header>,
}

/// The findings, and whether the request was accepted as it is.
pub struct Answer {
    pub is_accepted: bool,
    pub findings: Vec<Found>,
}

pub fn diagnose(case: &Case) -> Answer {
    let secrets = core::iter::once(&case.secret).chain(&case.others);
    let mut diagnostician = Diagnostician::new(secrets.map(String::as_str), Version::V2);
    if let Some(previous) = &case.previous {
        diagnostician = diagnostician.previous_secret(previous);
    }
    if let Some(endpoint) = &case.endpoint {
        diagnostician = diagnostician.endpoint(endpoint);
    }
    let headers: Vec<_> = case.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let request = ReceivedRequest { method: &case.method, uri: &case.uri, headers: &headers, body: Some(&case.body) };
    let diagnosis = diagnostician.diagnose(&request, UnixTime::from_millis(case.at));
    let findings = diagnosis.findings().iter().map(|finding| Found {
        is_proved: finding.certainty() == Certainty::Proved,
        codes: finding.causes().map(|cause| cause.code().to_owned()).collect(),
        signed_uri: finding.signed_uri().map(str::to_owned),
        matched: finding.matched().iter().map(|(header, _)| *header).collect(),
    });
    Answer { is_accepted: diagnosis.is_accepted(), findings: findings.collect() }
}

/// Takes a proved finding literally: what it names is put right, all else stays as it was seen, and the request that
/// comes of it is signed. Whether a signature is then the one that HubSpot made.
pub fn fix_works(case: &Case, found: &Found) -> bool {
    let truth = &case.signed;
    let names = |part: &str| found.codes.iter().any(|code| code.starts_with(part));
    let method = if names("method") { &truth.method } else { &case.method };
    let uri = found.signed_uri.as_ref().unwrap_or(&case.uri);
    let body = if names("body") { &truth.body } else { &case.body };
    let secret = if names("secret") { &truth.secret } else { &case.secret };
    // A sender that computes otherwise than HubSpot is not put right by the receiver.
    if names("scheme") || names("header") || names("timestamp-left-out") {
        return found.signed_uri.as_ref().is_none_or(|uri| *uri == truth.uri);
    }
    let seen_time = case.header("x-hubspot-request-timestamp").and_then(|text| text.parse().ok());
    let time = if names("timestamp") { Some(truth.timestamp) } else { seen_time };
    let (Ok(ours), Ok(theirs)) = (ClientSecret::new(secret), ClientSecret::new(&truth.secret)) else { return false };
    let signed = |secret: &ClientSecret, version: Version, method: &str, uri: &str, body: &[u8], time: u64| {
        let signature = match version {
            Version::V1 => secret.v1(body),
            Version::V2 => secret.v2(method, uri, body),
            _ => secret.v3(method, uri, body, UnixTime::from_millis(time)),
        };
        signature.as_str().to_owned()
    };
    found.matched.iter().all(|header| {
        let version = if *header == Header::SignatureV3 { "v3" } else { truth.older() };
        let version = match version {
            "v1" => Version::V1,
            "v2" => Version::V2,
            _ => Version::V3,
        };
        let Some(time) = time.or((version != Version::V3).then_some(truth.timestamp)) else { return false };
        let theirs = signed(&theirs, version, &truth.method, &truth.uri, &truth.body, truth.timestamp);
        // The verifier accepts v3 over the URI as it is, and with the twelve escapes decoded that HubSpot documents.
        let decoded = if version == Version::V3 { twelve_decoded(uri) } else { uri.clone() };
        [uri, &decoded].into_iter().any(|uri| signed(&ours, version, method, uri, body, time) == theirs)
    })
}

fn twelve_decoded(uri: &str) -> String {
    const TWELVE: [(&str, &str); 12] = [
        ("%3a", ":"),
        ("%2f", "/"),
        ("%3f", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2a", "*"),
        ("%2c", ","),
        ("%3b", ";"),
    ];
    let (mut decoded, mut rest) = (String::new(), uri);
    while let Some(next) = rest.chars().next() {
        let escape = rest.get(..3).map(str::to_ascii_lowercase);
        let found = TWELVE.iter().find(|(escaped, _)| escape.as_deref() == Some(escaped));
        let (text, length) = match found {
            Some((_, character)) => (*character, 3),
            None => (&rest[..next.len_utf8()], next.len_utf8()),
        };
        decoded.push_str(text);
        rest = &rest[length..];
    }
    decoded
}
