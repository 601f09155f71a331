//! The scheme and host of a request as its headers give them: `Host`, `Forwarded` and `X-Forwarded-*`. [`Hop`].

use core::net::Ipv6Addr;

use ::http::uri::Authority;
use ::http::{HeaderMap, Uri};

/// Which entry of a forwarding header counts, where several proxies have written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hop {
    /// The first entry. Safe only if the proxy nearest HubSpot discards what the sender wrote; otherwise the sender
    /// controls it.
    First,
    /// The last entry, written by the proxy nearest this server.
    Last,
}

/// Why a header of a request does not give the public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderFault {
    /// It is absent, or does not give the scheme.
    Absent,
    /// It occurs more than once.
    Doubled,
    /// Its value cannot be read, or is not a host or a scheme.
    Malformed,
    /// Another header says something else.
    Contradicted,
}

impl HeaderFault {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Doubled => "doubled",
            Self::Malformed => "malformed",
            Self::Contradicted => "contradicted",
        }
    }
}

/// A header, and why it does not give the public URL.
pub(crate) type Unknown = (&'static str, HeaderFault);

pub(crate) const HTTPS: &str = "https://";
pub(crate) const HTTP: &str = "http://";
const FORWARDED: &str = "forwarded";
const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const X_FORWARDED_HOST: &str = "x-forwarded-host";

/// The authority of the request, which HTTP/2 and absolute-form targets have in the URI, and others in `Host`. If both
/// are there they must be the same.
pub(crate) fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, Unknown> {
    let in_uri = uri.authority().map(Authority::as_str);
    let in_header = only(headers, "host")?;
    let host = match (in_uri, in_header) {
        (Some(a), Some(b)) if a != b => return Err(("host", HeaderFault::Contradicted)),
        (a, b) => a.or(b).ok_or(("host", HeaderFault::Absent))?,
    };
    host_text(host).ok_or(("host", HeaderFault::Malformed))
}

/// Scheme, with `://`, and authority as the proxies say they were. Where both families of headers say it, they must
/// agree.
pub(crate) fn forwarded<'a>(
    hop: Hop,
    uri: &'a Uri,
    headers: &'a HeaderMap,
) -> Result<(&'static str, &'a str), Unknown> {
    let standard = match only(headers, FORWARDED)? {
        Some(list) => forwarded_element(hop, list).ok_or((FORWARDED, HeaderFault::Malformed))?,
        None => Element::default(),
    };
    let proto = entry(hop, headers, X_FORWARDED_PROTO)?;
    let name = entry(hop, headers, X_FORWARDED_HOST)?;
    let proto = agreed((standard.proto, FORWARDED), (proto, X_FORWARDED_PROTO))?;
    let scheme = match proto {
        Some((proto, _)) if proto.eq_ignore_ascii_case("https") => HTTPS,
        Some((proto, _)) if proto.eq_ignore_ascii_case("http") => HTTP,
        Some((_, header)) => return Err((header, HeaderFault::Malformed)),
        None if headers.contains_key(FORWARDED) => return Err((FORWARDED, HeaderFault::Absent)),
        None => return Err((X_FORWARDED_PROTO, HeaderFault::Absent)),
    };
    let authority = match agreed((standard.host, FORWARDED), (name, X_FORWARDED_HOST))? {
        Some((name, header)) => host_text(name).ok_or((header, HeaderFault::Malformed))?,
        None => host(uri, headers)?,
    };
    Ok((scheme, authority))
}

/// The value that one of two headers gives, or that both give alike, with the name of the header.
fn agreed<'a>(
    (a, a_header): (Option<&'a str>, &'static str),
    (b, b_header): (Option<&'a str>, &'static str),
) -> Result<Option<(&'a str, &'static str)>, Unknown> {
    match (a, b) {
        (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b) => Err((b_header, HeaderFault::Contradicted)),
        (Some(a), _) => Ok(Some((a, a_header))),
        (None, b) => Ok(b.map(|b| (b, b_header))),
    }
}

impl Hop {
    fn of<T>(self, mut entries: impl Iterator<Item = T>) -> Option<T> {
        match self {
            Self::First => entries.next(),
            Self::Last => entries.last(),
        }
    }
}

/// The entry of a comma-separated list that counts. Empty ones do not (RFC 9110 section 5.6.1.2).
fn entry<'a>(hop: Hop, headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Unknown> {
    let Some(list) = only(headers, name)? else { return Ok(None) };
    let entries = list.split(',').map(trim_ows).filter(|entry| !entry.is_empty());
    hop.of(entries).map(Some).ok_or((name, HeaderFault::Malformed))
}

/// The parts of an element of `Forwarded` that matter here.
#[derive(Clone, Copy, Default)]
struct Element<'a> {
    proto: Option<&'a str>,
    host: Option<&'a str>,
}

/// The element that counts of a list such as `for=192.0.2.60;proto=https;host="hooks.example.com:8443", for=10.0.0.1`.
///
/// Empty elements do not count. The whole list must be well-formed: an attacker who can begin it must not be able to
/// swallow, with a quotation mark, part of what a proxy appended.
fn forwarded_element(hop: Hop, list: &str) -> Option<Element<'_>> {
    let mut chosen = None;
    for text in split_unquoted(list, ',').map(trim_ows).filter(|text| !text.is_empty()) {
        let element = element(text)?;
        chosen = match (hop, chosen) {
            (Hop::First, Some(first)) => Some(first),
            (Hop::First, None) | (Hop::Last, _) => Some(element),
        };
    }
    chosen
}

/// Reads `for=192.0.2.60;proto=https`. Pairs may be empty (RFC 7239 section 4).
fn element(text: &str) -> Option<Element<'_>> {
    let mut element = Element::default();
    for pair in split_unquoted(text, ';').map(trim_ows).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=')?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        let value = forwarded_value(value)?;
        let place = if name.eq_ignore_ascii_case("proto") {
            &mut element.proto
        } else if name.eq_ignore_ascii_case("host") {
            &mut element.host
        } else {
            continue;
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some(element)
}

/// A token or the inside of a quoted string, its escapes left as they are: no scheme and no host has one. Outside of
/// quotes the colon and the brackets of an address are let through, as many proxies write them.
fn forwarded_value(value: &str) -> Option<&str> {
    let Some(inside) = value.strip_prefix('"') else {
        let is_value = |byte| is_token(byte) || matches!(byte, b':' | b'[' | b']');
        return (!value.is_empty() && value.bytes().all(is_value)).then_some(value);
    };
    let inside = inside.strip_suffix('"')?;
    let mut bytes = inside.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => bytes.next().map(drop)?,
            _ => {}
        }
    }
    Some(inside)
}

/// Splits at the separators that are not in a quoted string.
fn split_unquoted(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match c {
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        c == separator && !is_quoted
    })
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// The value of a header that may occur once.
fn only<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, Unknown> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err((name, HeaderFault::Doubled));
    }
    value.to_str().map(Some).map_err(|_| (name, HeaderFault::Malformed))
}

/// A host and perhaps a port, and nothing that could reach into another part of a URL.
pub(crate) fn host_text(text: &str) -> Option<&str> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    // The digits too, since parsing takes a plus sign.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (is_host && port.is_none_or(is_port)).then_some(text)
}

fn trim_ows(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
