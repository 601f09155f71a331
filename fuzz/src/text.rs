//! A [`Case`] as text, so that a corpus holds requests that a person can read and write.
//!
//! Lines of secret, previous secret (or `-`), minimum version, time to judge at, method and URL; header lines; an empty
//! line; the body. A header's value may hold `{v1}`, `{v2}`, `{v3}` or `{v3 decoded}` for the signature by the current
//! secret, the same with `previous` before it, and `{now}`, `{now+60000}`, `{now-300000}` for a time.

use crate::Case;
use crate::oracle::{self, Scheme};

impl Case {
    pub fn parse(input: &[u8]) -> Option<Self> {
        Self::parse_over(input, |url, _| url.to_owned())
    }

    /// The same, if what stands for the URL is not yet the one to sign.
    pub fn parse_over(input: &[u8], url: impl FnOnce(&str, &[(String, String)]) -> String) -> Option<Self> {
        let split = input.windows(2).position(|two| two == b"\n\n")?;
        let head = std::str::from_utf8(&input[..split]).ok()?;
        let mut lines = head.split('\n');
        let mut case = Self {
            secret: lines.next()?.to_owned(),
            previous: Some(lines.next()?.to_owned()).filter(|text| text != "-"),
            minimum: match lines.next()? {
                "v1" => Scheme::V1,
                "v2" => Scheme::V2,
                "v3" => Scheme::V3,
                _ => return None,
            },
            max_age: 300_000,
            max_clock_skew: 60_000,
            now: lines.next()?.parse().ok()?,
            method: lines.next()?.to_owned(),
            uri: lines.next()?.to_owned(),
            headers: Vec::new(),
            body: input[split + 2..].to_vec(),
        };
        let mut headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .map(|(name, value)| (name.to_owned(), case.fill_times(value)))
            .collect();
        case.uri = url(&case.uri, &headers);
        let timestamp = headers
            .iter()
            .find(|header| header.0.eq_ignore_ascii_case("x-hubspot-request-timestamp"))
            .map(|header| header.1.trim_matches([' ', '\t']).to_owned())
            .unwrap_or_default();
        for (_, value) in &mut headers {
            *value = case.fill_signatures(value, timestamp.as_bytes());
        }
        case.headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        Some(case)
    }

    fn fill_times(&self, value: &str) -> String {
        let Some((before, rest)) = value.split_once("{now") else { return value.to_owned() };
        let Some((offset, after)) = rest.split_once('}') else { return value.to_owned() };
        let offset = if offset.is_empty() { Some(0) } else { offset.parse::<i64>().ok() };
        let Some(offset) = offset else { return value.to_owned() };
        format!("{before}{}{after}", self.now.saturating_add_signed(offset))
    }

    fn fill_signatures(&self, value: &str, timestamp: &[u8]) -> String {
        let mut value = value.to_owned();
        for (prefix, secret) in [("", Some(&self.secret)), ("previous ", self.previous.as_ref())] {
            let Some(secret) = secret else { continue };
            for (name, scheme, uri) in [
                ("v1", Scheme::V1, &self.uri),
                ("v2", Scheme::V2, &self.uri),
                ("v3", Scheme::V3, &self.uri),
                ("v3 decoded", Scheme::V3, &oracle::decode(&self.uri)),
            ] {
                let place = format!("{{{prefix}{name}}}");
                if value.contains(&place) {
                    let signature = oracle::sign(scheme, secret, &self.method, uri, &self.body, timestamp);
                    value = value.replace(&place, &signature);
                }
            }
        }
        value
    }
}
