//! A [`Case`] as text, so that a corpus holds requests that a person can read and write.
//!
//! Lines of secret, previous secret (or `-`), minimum version, time to judge at, method and URL; header lines; an empty
//! line; the body. Behind the minimum version may stand `age=` and `skew=` in milliseconds, `max-body=` in bytes,
//! `any-body`, and `chunks=` with sizes such as `1,0,7`.
//!
//! A header's value may hold `{v1}`, `{v2}`, `{v3}` or `{v3 decoded}` for the signature by the current secret, the same
//! with `previous` before it, and `{now}`, `{now+60000}`, `{now-300000}` for a time.

use crate::Case;
use crate::oracle::{self, Scheme};

impl Case {
    pub fn parse(input: &[u8]) -> Option<Self> {
        Self::parse_over(input, |url, _| url.to_owned())
    }

    /// The same, if the text in the URL's place is not yet the one to sign.
    pub fn parse_over(input: &[u8], url: impl FnOnce(&str, &[(String, Vec<u8>)]) -> String) -> Option<Self> {
        let split = input.windows(2).position(|two| two == b"\n\n")?;
        let head = std::str::from_utf8(&input[..split]).ok()?;
        let mut lines = head.split('\n');
        let mut case = Self {
            secret: lines.next()?.to_owned(),
            previous: Some(lines.next()?.to_owned()).filter(|text| text != "-"),
            minimum: Scheme::V1,
            max_age: 300_000,
            max_clock_skew: 60_000,
            max_body: None,
            any_body: false,
            chunks: vec![1, 0, 7],
            now: 0,
            method: String::new(),
            uri: String::new(),
            headers: Vec::new(),
            body: input[split + 2..].to_vec(),
        };
        case.set_policy(lines.next()?)?;
        case.now = lines.next()?.parse().ok()?;
        lines.next()?.clone_into(&mut case.method);
        lines.next()?.clone_into(&mut case.uri);
        case.headers = lines
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .map(|(name, value)| (name.to_owned(), case.fill_times(value).into_bytes()))
            .collect();
        case.uri = url(&case.uri, &case.headers);
        let timestamp = case.headers.iter().find(|header| header.0.eq_ignore_ascii_case("x-hubspot-request-timestamp"));
        let timestamp = timestamp.map(|header| oracle::trim(&header.1).to_vec()).unwrap_or_default();
        for at in 0..case.headers.len() {
            if let Some(filled) = case.fill_signatures(&case.headers[at].1, &timestamp) {
                case.headers[at].1 = filled;
            }
        }
        Some(case)
    }

    fn set_policy(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        let minimum = words.next()?;
        self.minimum = Scheme::ALL.into_iter().find(|scheme| scheme.name() == minimum)?;
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("age", millis) => self.max_age = millis.parse().ok()?,
                ("skew", millis) => self.max_clock_skew = millis.parse().ok()?,
                ("max-body", bytes) => self.max_body = Some(bytes.parse().ok()?),
                ("any-body", "") => self.any_body = true,
                ("chunks", sizes) => {
                    self.chunks = sizes.split(',').map(|size| size.parse().ok()).collect::<Option<_>>()?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn fill_times(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("{now") else { return value.to_owned() };
        let Some((offset, after)) = rest.split_once('}') else { return value.to_owned() };
        let offset = if offset.is_empty() { Some(0) } else { offset.parse::<i64>().ok() };
        let Some(offset) = offset else { return value.to_owned() };
        format!("{before}{}{after}", self.now.saturating_add_signed(offset))
    }

    fn fill_signatures(&self, value: &[u8], timestamp: &[u8]) -> Option<Vec<u8>> {
        let (before, rest) = str::from_utf8(value).ok()?.split_once('{')?;
        let (place, after) = rest.split_once('}')?;
        let (secret, place) = match place.strip_prefix("previous ") {
            Some(place) => (self.previous.as_ref()?, place),
            None => (&self.secret, place),
        };
        let decoded = oracle::decode_uri(&self.uri);
        let (scheme, uri) = match place {
            "v1" => (Scheme::V1, &self.uri),
            "v2" => (Scheme::V2, &self.uri),
            "v3" => (Scheme::V3, &self.uri),
            "v3 decoded" => (Scheme::V3, &decoded),
            _ => return None,
        };
        let signature = oracle::sign(scheme, secret, &self.method, uri, &self.body, timestamp);
        Some(format!("{before}{signature}{after}").into_bytes())
    }
}

/// The lines before one that is `-`, and all behind it.
pub fn lines_until_dash(input: &[u8]) -> Option<(Vec<&str>, &[u8])> {
    let (mut lines, mut rest) = (Vec::new(), input);
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
        if line == "-" {
            return Some((lines, rest));
        }
        lines.push(line);
    }
}
