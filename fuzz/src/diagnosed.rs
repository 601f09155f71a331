//! [`Damaged`], a signed request that something changed on its way, with what its operator tells a diagnosis.
//!
//! As text it is lines, `-`, and a [`Case`] as it was signed. The lines: `work` and the most work, `candidate` and a further
//! secret, `endpoint` and a URL, `further Host: example.com` and the like for headers that were added on the way, and the
//! changes, each a word and perhaps a text.

use std::time::Duration;

use hubspot_signature::Version;
use hubspot_signature::diagnose::{Diagnosis, Diagnostician, ReceivedRequest};

use crate::oracle::{self, Scheme};
use crate::{Case, lines_until_dash};

pub struct Damaged {
    pub case: Case,
    /// The secret in use, further candidates, and last the previous one if there is one.
    pub secrets: Vec<String>,
    endpoint: Option<String>,
    pub work: u64,
}

impl Damaged {
    pub fn parse(input: &[u8]) -> Option<Self> {
        let (lines, case) = lines_until_dash(input)?;
        let mut case = Case::parse(case)?;
        // A diagnosis does not know these.
        (case.max_body, case.any_body) = (None, false);
        // So that a thousand requests are diagnosed in a second.
        let (mut candidates, mut endpoint, mut work) = (Vec::new(), None, 64 << 10);
        for line in lines {
            let (word, text) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "work" => work = text.parse().ok()?,
                "candidate" => candidates.push(text.to_owned()),
                "endpoint" => endpoint = Some(text.to_owned()),
                "further" => {
                    let (name, value) = text.split_once(": ")?;
                    case.headers.push((name.to_owned(), value.as_bytes().to_vec()));
                }
                _ => change(&mut case, word, text)?,
            }
        }
        let secrets =
            [case.secret.clone()].into_iter().chain(candidates.into_iter().take(4)).chain(case.previous.clone());
        Some(Self { secrets: secrets.collect(), case, endpoint, work })
    }

    pub fn diagnose(&self) -> (Diagnosis, String) {
        let Self { case, secrets, endpoint, work } = self;
        let minimum = match case.minimum {
            Scheme::V1 => Version::V1,
            Scheme::V2 => Version::V2,
            Scheme::V3 => Version::V3,
        };
        let candidates = &secrets[..secrets.len() - usize::from(case.previous.is_some())];
        let mut diagnostician = Diagnostician::new(candidates, minimum)
            .max_age(Duration::from_millis(case.max_age))
            .max_clock_skew(Duration::from_millis(case.max_clock_skew))
            .work_limit(*work);
        if let Some(previous) = &case.previous {
            diagnostician = diagnostician.previous_secret(previous);
        }
        if let Some(endpoint) = endpoint {
            diagnostician = diagnostician.endpoint(endpoint);
        }
        let headers: Vec<(&str, &[u8])> =
            case.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let request =
            ReceivedRequest { method: &case.method, uri: &case.uri, headers: &headers, body: Some(&case.body) };
        let diagnosis = diagnostician.diagnose(&request, case.now());
        let mut text = format!("{diagnosis}\n{diagnosis:?}\n{diagnostician:?}\n{request:?}");
        for finding in diagnosis.findings() {
            text += &format!("{finding}\n{finding:?}");
        }
        (diagnosis, text)
    }

    /// Neither a secret nor a signature is in the text, unless the request has it where it may be quoted.
    pub fn assert_reveals_nothing(&self, diagnosis: &Diagnosis, text: &str) {
        let Self { case, secrets, endpoint, .. } = self;
        let is_signature = |name: &str| name.to_ascii_lowercase().starts_with("x-hubspot-signature");
        let mut quotable = vec![case.uri.clone(), case.method.clone(), fully_decoded(&case.uri)];
        quotable.extend(endpoint.clone());
        quotable.push(String::from_utf8_lossy(&case.body).into_owned());
        quotable.extend(case.headers.iter().map(|header| header.0.clone()));
        let others = case.headers.iter().filter(|header| !is_signature(&header.0));
        quotable.extend(others.map(|header| String::from_utf8_lossy(&header.1).into_owned()));
        let shows = |needle: &str| text.contains(needle) && !quotable.iter().any(|quotable| quotable.contains(needle));
        let timestamp = value(case, "x-hubspot-request-timestamp").unwrap_or_default();
        for secret in secrets {
            // One of some other form could be a word of the text, or escaped in it.
            let in_headers = case.headers.iter().any(|header| String::from_utf8_lossy(&header.1).contains(secret));
            if secret.len() >= 16 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
                assert!(!shows(secret) || in_headers, "{secret} in {text}");
            }
            for uri in diagnosis.findings().iter().filter_map(|finding| finding.signed_uri()).chain([case.uri.as_str()])
            {
                for scheme in Scheme::ALL {
                    let signature = oracle::sign(scheme, secret, &case.method, uri, &case.body, timestamp.as_bytes());
                    assert!(!shows(&signature), "{signature} in {text}");
                }
            }
        }
        for (_, value) in case.headers.iter().filter(|header| is_signature(&header.0)) {
            if let Ok(value) = str::from_utf8(value)
                && value.len() >= 40
                && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'"')
            {
                assert!(!shows(value), "{value} in {text}");
            }
        }
    }
}

/// The first value of a header, if it is text.
pub fn value<'a>(case: &'a Case, name: &str) -> Option<&'a str> {
    let value = case.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name));
    value.and_then(|(_, value)| str::from_utf8(value).ok()).map(str::trim)
}

/// Makes a change, as happens between the signer and the receiver. `None` if there is no such change.
fn change(case: &mut Case, word: &str, text: &str) -> Option<()> {
    let body = |case: &Case| String::from_utf8_lossy(&case.body).into_owned();
    match word {
        "uri" => text.clone_into(&mut case.uri),
        "uri-from" => {
            let (from, to) = text.split_once(' ')?;
            case.uri = case.uri.replacen(from, to, 1);
        }
        "uri-path-only" => case.uri = case.uri.replacen("https://hooks.example.com", "", 1),
        "uri-query-dropped" => case.uri.truncate(case.uri.find('?').unwrap_or(case.uri.len())),
        "uri-query-sorted" => {
            let (path, query) = case.uri.split_once('?')?;
            let mut pairs: Vec<&str> = query.split('&').collect();
            pairs.sort_unstable();
            case.uri = format!("{path}?{}", pairs.join("&"));
        }
        "uri-decoded" => case.uri = fully_decoded(&case.uri),
        "uri-added" => case.uri += text,
        "method" => text.clone_into(&mut case.method),
        "body" => case.body = text.into(),
        "body-trimmed" => case.body = case.body.trim_ascii().to_vec(),
        "body-newline" => case.body.push(b'\n'),
        "body-mark" => drop(case.body.splice(0..0, *b"\xef\xbb\xbf")),
        "body-lines" => case.body = body(case).replace('\n', "\r\n").into_bytes(),
        "body-spaced" => case.body = body(case).replace(':', ": ").into_bytes(),
        "body-packed" => case.body = body(case).replace(": ", ":").replace(", ", ",").into_bytes(),
        "body-escaped" => case.body = body(case).replace('/', "\\/").into_bytes(),
        "body-twice" => case.body = body(case).bytes().map(char::from).collect::<String>().into_bytes(),
        "body-base64" => case.body = oracle::base64(&case.body).into_bytes(),
        "secret" => text.clone_into(&mut case.secret),
        "secret-quoted" => case.secret = format!("\"{}\"", case.secret),
        "secret-newline" => case.secret.push('\n'),
        // One of the header lines, counted from 0.
        "header-prefix" => {
            let (at, prefix) = text.split_once(' ')?;
            case.headers.get_mut(at.parse::<usize>().ok()?)?.1.splice(0..0, prefix.bytes());
        }
        "header-suffix" => {
            let (at, suffix) = text.split_once(' ')?;
            case.headers.get_mut(at.parse::<usize>().ok()?)?.1.extend(suffix.bytes());
        }
        "header-upper-case" => case.headers.get_mut(text.parse::<usize>().ok()?)?.1.make_ascii_uppercase(),
        "header-plus-as-space" => {
            let value = &mut case.headers.get_mut(text.parse::<usize>().ok()?)?.1;
            value.iter_mut().filter(|byte| **byte == b'+').for_each(|byte| *byte = b' ');
        }
        "header-lost" => {
            let at = text.parse::<usize>().ok()?;
            (at < case.headers.len()).then(|| case.headers.remove(at))?;
        }
        _ => return None,
    }
    Some(())
}

/// The URI without any escape, since the diagnosis may quote it so.
fn fully_decoded(uri: &str) -> String {
    String::from_utf8_lossy(&oracle::percent_decoded(uri)).into_owned()
}
