//! [`Headers`]: what the request's headers say about the URL that was called and the body that was sent.

use std::format;
use std::prelude::rust_2024::*;

use crate::Header;

/// Longer values are not read.
const MAX_VALUE: usize = 4096;
/// More values of one name than this are not read.
const MAX_VALUES: usize = 5;
/// More proxies in a row than this are not followed.
const MAX_HOPS: usize = 4;
/// More names than this are not read. A request has a few dozen headers.
const MAX_KEPT: usize = 160;

const HOSTS: [&str; 5] = ["x-forwarded-host", "x-original-host", "x-forwarded-server", "host", ":authority"];
const SCHEMES: [&str; 5] = ["x-forwarded-proto", "x-forwarded-scheme", "x-scheme", "x-forwarded-protocol", ":scheme"];
const SECURE: [&str; 2] = ["x-forwarded-ssl", "front-end-https"];
const TARGETS: [&str; 12] = [
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-envoy-original-path",
    "x-forwarded-uri",
    "x-forwarded-path",
    "x-replaced-path",
    "x-waws-unencoded-url",
    "x-request-uri",
    "x-auth-request-redirect",
    "x-forwarded-url",
    ":path",
];
const PREFIXES: [&str; 6] =
    ["x-forwarded-prefix", "x-script-name", "script-name", "x-ingress-path", "x-stripprefix", "x-forwarded-context"];
const METHODS: [&str; 4] = ["x-http-method-override", "x-original-method", "x-forwarded-method", ":method"];
const OTHER: [&str; 4] = ["forwarded", "x-forwarded-port", "content-length", "content-encoding"];

/// The headers of the request that say something.
pub(super) struct Headers<'a> {
    /// By the names they should have, in lower case.
    kept: Vec<(&'static str, &'a [u8])>,
    /// The name of one of HubSpot's headers that it has only as a CGI variable.
    renamed: Option<&'a str>,
    /// HubSpot's headers that are too long to be read, and their lengths.
    too_long: Vec<(&'static str, usize)>,
}

/// Something that a header says.
pub(super) struct Hint {
    /// The header's name, for people.
    pub(super) source: String,
    pub(super) value: String,
}

impl<'a> Headers<'a> {
    pub(super) fn new(pairs: &'a [(&'a str, &'a [u8])]) -> Self {
        let mut headers = Self { kept: Vec::new(), renamed: None, too_long: Vec::new() };
        let mut renamed = Vec::new();
        for (name, value) in pairs {
            match known(name, false) {
                Some(known) => headers.keep(known, value),
                None => {
                    renamed
                        .extend(known(name, true).map(|known| (known, *name, *value)).filter(|_| renamed.len() < 64));
                }
            }
        }
        // Some servers show both.
        for (known, name, value) in renamed {
            if headers.all(known).next().is_none() {
                headers.keep(known, value);
                let is_hubspots = Header::ALL.iter().any(|header| header.name() == known);
                headers.renamed = headers.renamed.or(Some(name).filter(|_| is_hubspots));
            }
        }
        headers
    }

    fn keep(&mut self, name: &'static str, value: &'a [u8]) {
        if value.len() > MAX_VALUE {
            if self.too_long.len() < MAX_VALUES {
                self.too_long.push((name, value.len()));
            }
        } else if self.kept.len() < MAX_KEPT && self.all(name).count() < MAX_VALUES {
            self.kept.push((name, value));
        }
    }

    /// The name under which one of HubSpot's headers came, if it has only the name of a CGI variable.
    pub(super) const fn renamed(&self) -> Option<&'a str> {
        self.renamed
    }

    /// The length of a header that is too long to be read.
    pub(super) fn too_long(&self, name: &'static str) -> Option<usize> {
        self.too_long.iter().find(|(long, _)| *long == name).map(|(_, length)| *length)
    }

    /// All values of a name, which is one of those above.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.kept.iter().filter(move |(kept, _)| *kept == name).map(|(_, value)| *value)
    }

    /// The first value of a name, if it is text, without the white space around it.
    pub(super) fn text(&self, name: &'static str) -> Option<&'a str> {
        self.all(name).next().and_then(|value| core::str::from_utf8(value).ok()).map(str::trim)
    }

    /// The members of a list-valued header.
    fn list(&self, name: &'static str) -> impl Iterator<Item = &'a str> {
        self.all(name)
            .filter_map(|value| core::str::from_utf8(value).ok())
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|member| !member.is_empty())
            .take(MAX_HOPS)
    }

    fn lists<const N: usize>(&self, names: [&'static str; N]) -> impl Iterator<Item = (&'static str, &'a str)> {
        names.into_iter().flat_map(|name| self.list(name).map(move |value| (name, value)))
    }

    /// A parameter of `Forwarded` (RFC 7239), hop by hop.
    fn forwarded(&self, parameter: &'static str) -> impl Iterator<Item = (&'static str, &'a str)> {
        self.list("forwarded").flat_map(|hop| hop.split(';').take(8)).filter_map(move |pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case(parameter).then(|| ("forwarded", value.trim().trim_matches('"')))
        })
    }

    /// The hosts (with their ports) that were called, as far as headers say, each once.
    pub(super) fn hosts(&self) -> Vec<Hint> {
        let mut hosts: Vec<Hint> = Vec::new();
        for (source, value) in self.forwarded("host").chain(self.lists(HOSTS)) {
            let is_host = value.len() <= 255
                && value.bytes().any(|byte| byte.is_ascii_alphanumeric())
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte));
            if is_host && hosts.iter().all(|known| known.value != value) {
                hosts.push(hint(source, value));
            }
        }
        hosts
    }

    /// The schemes that were called, as far as headers say, in lower case.
    pub(super) fn schemes(&self) -> Vec<Hint> {
        let is_on = |name: &&'static str| self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("on"));
        let secure = SECURE.into_iter().filter(is_on).map(|name| (name, "https"));
        let all = self.forwarded("proto").chain(self.lists(SCHEMES)).chain(secure);
        all.map(|(source, value)| hint(source, &value.to_ascii_lowercase())).collect()
    }

    /// Path and query (or the whole URL) as they were before a rewrite.
    pub(super) fn targets(&self) -> Vec<Hint> {
        TARGETS
            .into_iter()
            .filter_map(|name| Some(hint(name, self.text(name)?)))
            .filter(|hint| hint.value.starts_with('/') || hint.value.starts_with("http"))
            .collect()
    }

    /// Prefixes that a proxy stripped from the path, as `/prefix`.
    pub(super) fn prefixes(&self) -> Vec<Hint> {
        self.lists(PREFIXES)
            .filter_map(|(name, value)| {
                let value = value.trim_matches('/');
                (!value.is_empty()).then(|| hint(name, &format!("/{value}")))
            })
            .collect()
    }

    /// Ports that were called.
    pub(super) fn ports(&self) -> Vec<Hint> {
        self.list("x-forwarded-port")
            .filter(|port| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit()))
            .map(|port| hint("x-forwarded-port", port))
            .collect()
    }

    /// Methods that were called.
    pub(super) fn methods(&self) -> Vec<Hint> {
        self.lists(METHODS)
            .filter(|(_, value)| value.len() <= 16 && value.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .map(|(name, value)| hint(name, &value.to_ascii_uppercase()))
            .collect()
    }

    pub(super) fn content_length(&self) -> Option<u64> {
        self.text("content-length")?.parse().ok()
    }
}

/// The header of this name, or of the CGI variable with this name: `HTTP_X_FORWARDED_HOST`.
fn known(name: &str, as_variable: bool) -> Option<&'static str> {
    let groups: [&[&'static str]; 7] = [&HOSTS, &SCHEMES, &SECURE, &TARGETS, &PREFIXES, &METHODS, &OTHER];
    let hubspots = Header::ALL.iter().map(|header| header.name());
    let mut all = groups.into_iter().flatten().copied().chain(hubspots);
    if !as_variable {
        return all.find(|known| known.eq_ignore_ascii_case(name));
    }
    if name.len() > 64 || !name.contains('_') {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('_', "-");
    let name = name.strip_prefix("http-").unwrap_or(&name);
    all.find(|known| *known == name)
}

fn hint(name: &str, value: &str) -> Hint {
    Hint { source: display_name(name), value: value.into() }
}

/// `x-forwarded-host` as `X-Forwarded-Host`.
fn display_name(name: &str) -> String {
    let mut is_start = true;
    name.chars()
        .map(|c| {
            let shown = if is_start { c.to_ascii_uppercase() } else { c };
            is_start = c == '-';
            shown
        })
        .collect()
}
