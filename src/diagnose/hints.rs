//! What the request's other headers say about the URL that was called and the body that was sent.

use std::format;
use std::prelude::rust_2024::*;

/// Longer values are not looked at.
const MAX_VALUE: usize = 4096;
/// Proxies in a row that each add a value.
const MAX_HOPS: usize = 4;

/// All headers of the request.
#[derive(Clone, Copy)]
pub(super) struct Headers<'a>(&'a [(&'a str, &'a [u8])]);

/// Something that a header says.
pub(super) struct Hint {
    /// The header, in words.
    pub(super) source: String,
    pub(super) value: String,
}

impl<'a> Headers<'a> {
    pub(super) const fn new(pairs: &'a [(&'a str, &'a [u8])]) -> Self {
        Self(pairs)
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0
            .iter()
            .filter(move |(candidate, value)| candidate.eq_ignore_ascii_case(name) && value.len() <= MAX_VALUE)
            .map(|(_, value)| *value)
    }

    /// The first value of a name, if it is text; white space round it dropped.
    pub(super) fn text(&self, name: &'static str) -> Option<&'a str> {
        self.all(name).next().and_then(|value| core::str::from_utf8(value).ok()).map(str::trim)
    }

    /// The members of a list-valued header.
    fn list(&self, name: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.all(name)
            .filter_map(|value| core::str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|member| !member.is_empty())
            .take(MAX_HOPS)
    }

    /// A parameter of `Forwarded` (RFC 7239), hop by hop.
    fn forwarded(&self, parameter: &'static str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.list("forwarded").flat_map(|hop| hop.split(';')).filter_map(move |pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case(parameter).then(|| value.trim().trim_matches('"'))
        })
    }

    /// The hosts (with their ports) that were called, as far as headers say, each once.
    pub(super) fn hosts(&self) -> Vec<Hint> {
        let mut hosts: Vec<Hint> = Vec::new();
        let named = ["x-forwarded-host", "x-original-host", "host", ":authority"]
            .into_iter()
            .flat_map(|name| self.list(name).map(move |value| (name, value)));
        let is_host = |host: &str| {
            host.len() <= 255
                && host.bytes().any(|byte| byte.is_ascii_alphanumeric())
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
        };
        for (source, value) in self.forwarded("host").map(|host| ("Forwarded", host)).chain(named) {
            if is_host(value) && hosts.iter().all(|known| known.value != value) {
                hosts.push(Hint { source: display_name(source), value: value.into() });
            }
        }
        hosts
    }

    /// What the headers call the scheme that was called, in lower case.
    pub(super) fn schemes(&self) -> Vec<Hint> {
        let secure = ["x-forwarded-ssl", "front-end-https"]
            .into_iter()
            .filter(|name| self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("on")))
            .map(|name| (name, "https"));
        let named = ["x-forwarded-proto", "x-forwarded-scheme", "x-scheme", "x-forwarded-protocol"]
            .into_iter()
            .flat_map(|name| self.list(name).map(move |value| (name, value)));
        let all = self.forwarded("proto").map(|proto| ("Forwarded", proto)).chain(named).chain(secure);
        all.map(|(source, value)| Hint { source: display_name(source), value: value.to_ascii_lowercase() }).collect()
    }

    /// Path and query (or the whole URL) as they were before a rewrite.
    pub(super) fn targets(&self) -> Vec<Hint> {
        [
            "x-original-url",
            "x-original-uri",
            "x-rewrite-url",
            "x-envoy-original-path",
            "x-forwarded-uri",
            "x-forwarded-path",
            "x-replaced-path",
            "x-waws-unencoded-url",
            "x-request-uri",
        ]
        .into_iter()
        .filter_map(|name| Some(Hint { source: display_name(name), value: self.text(name)?.into() }))
        .filter(|hint| hint.value.starts_with('/') || hint.value.starts_with("http"))
        .collect()
    }

    /// Prefixes that a proxy stripped from the path, as `/prefix`.
    pub(super) fn prefixes(&self) -> Vec<Hint> {
        ["x-forwarded-prefix", "x-script-name", "x-ingress-path", "x-stripprefix", "x-forwarded-context"]
            .into_iter()
            .flat_map(|name| self.list(name).map(move |value| (name, value)))
            .filter_map(|(name, value)| {
                let value = value.trim_matches('/');
                (!value.is_empty()).then(|| Hint { source: display_name(name), value: format!("/{value}") })
            })
            .collect()
    }

    /// Ports that were called.
    pub(super) fn ports(&self) -> Vec<Hint> {
        self.list("x-forwarded-port")
            .filter(|port| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|port| Hint { source: display_name("x-forwarded-port"), value: port.into() })
            .collect()
    }

    pub(super) fn content_length(&self) -> Option<u64> {
        self.text("content-length")?.parse().ok()
    }
}

/// `x-forwarded-host` as `X-Forwarded-Host`.
fn display_name(name: &str) -> String {
    let mut start = true;
    name.chars()
        .map(|c| {
            let shown = if start { c.to_ascii_uppercase() } else { c };
            start = c == '-';
            shown
        })
        .collect()
}
