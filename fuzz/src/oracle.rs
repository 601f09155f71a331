//! A verifier written from docs/PROTOCOL.md as plainly as possible: it concatenates, it replaces in strings, it compares
//! with `==`, and it shares no code with the crate, not even the hash.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Case;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, arbitrary::Arbitrary)]
pub enum Scheme {
    V1,
    V2,
    V3,
}

/// What makes a request acceptable.
#[derive(Debug, PartialEq, Eq)]
pub struct Accepted {
    pub scheme: Scheme,
    pub timestamp: Option<u64>,
    pub by_current: bool,
}

/// Whether a text may serve as client secret.
pub fn is_secret(text: &str) -> bool {
    let outer = [text.chars().next(), text.chars().next_back()];
    !text.is_empty()
        && !text.starts_with("pat-")
        && outer.into_iter().flatten().all(|c| !c.is_whitespace() && !c.is_control() && !"\u{feff}\"'`".contains(c))
}

/// `None` if any rule is broken.
pub fn judge(case: &Case) -> Option<Accepted> {
    let unversioned = once(case, "x-hubspot-signature")?;
    let version = once(case, "x-hubspot-signature-version")?;
    let v3 = once(case, "x-hubspot-signature-v3")?;
    let timestamp = once(case, "x-hubspot-request-timestamp")?;

    let (scheme, presented) = match (v3, version.as_deref()) {
        (Some(text), _) => (Scheme::V3, text),
        (None, None | Some(b"v2")) => (Scheme::V2, unversioned?),
        (None, Some(b"v1")) => (Scheme::V1, unversioned?),
        _ => return None,
    };
    let timestamp = if scheme == Scheme::V3 { Some(timestamp?) } else { None };
    if scheme < case.minimum
        || case.method.is_empty()
        || !case.method.chars().all(|c| c.is_ascii_uppercase())
        || (scheme > Scheme::V1 && !is_absolute(&case.uri))
        || (["GET", "HEAD"].contains(&case.method.as_str()) && !case.body.is_empty())
        || (scheme < Scheme::V3 && String::from_utf8(case.body.clone()).is_err())
    {
        return None;
    }
    let mut signed_at = None;
    if let Some(text) = &timestamp {
        let millis = timestamp_millis(text)?;
        if i128::from(case.now) - i128::from(millis) > i128::from(case.max_age)
            || i128::from(millis) - i128::from(case.now) > i128::from(case.max_clock_skew)
        {
            return None;
        }
        signed_at = Some(millis);
    }

    let text = timestamp.as_deref().unwrap_or_default();
    let signs = |secret: &str| {
        [case.uri.clone(), decode(&case.uri)].iter().any(|uri| {
            (scheme == Scheme::V3 || *uri == case.uri)
                && sign(scheme, secret, &case.method, uri, &case.body, text).as_bytes() == presented
        })
    };
    let by_current = signs(&case.secret);
    let by_previous = case.previous.as_deref().is_some_and(signs);
    (by_current || by_previous).then_some(Accepted { scheme, timestamp: signed_at, by_current })
}

/// The milliseconds of exactly 13 digits, the first not zero.
pub fn timestamp_millis(text: &[u8]) -> Option<u64> {
    let digits = String::from_utf8(text.to_vec()).ok()?;
    (digits.len() == 13 && !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit()))
        .then(|| digits.parse().unwrap())
}

pub fn sign(scheme: Scheme, secret: &str, method: &str, uri: &str, body: &[u8], timestamp: &[u8]) -> String {
    let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let (secret, method, uri) = (secret.as_bytes(), method.as_bytes(), uri.as_bytes());
    match scheme {
        Scheme::V1 => hex(hmac_sha256::Hash::hash(&[secret, body].concat())),
        Scheme::V2 => hex(hmac_sha256::Hash::hash(&[secret, method, uri, body].concat())),
        Scheme::V3 => STANDARD.encode(hmac_sha256::HMAC::mac([method, uri, body, timestamp].concat(), secret)),
    }
}

/// The twelve escapes. Their order does not matter: no replacement holds a `%`.
pub fn decode(uri: &str) -> String {
    let table = [
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    table.iter().fold(uri.to_owned(), |uri, (escape, character)| {
        uri.replace(escape, character).replace(&escape.to_lowercase(), character)
    })
}

/// `http://` or `https://`, then a host.
pub fn is_absolute(uri: &str) -> bool {
    let lower = uri.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or(lower.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.chars().next().is_some_and(|first| !"/?#:@".contains(first)))
}

/// The value of a header. The outer `None` is for a header that occurs twice.
fn once(case: &Case, name: &str) -> Option<Option<Vec<u8>>> {
    let mut values = case.headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name));
    let value = values.next().map(|header| trim(&header.1).to_vec());
    if values.next().is_some() { None } else { Some(value) }
}

/// Without the spaces and tabs at both ends.
pub fn trim(value: &[u8]) -> &[u8] {
    let blanks = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| b" \t".contains(byte)).count();
    let value = &value[blanks(&mut value.iter())..];
    &value[..value.len() - blanks(&mut value.iter().rev())]
}

/// Where the scheme and the host of the public URL come from.
#[derive(Clone, Debug)]
pub enum Origin {
    Configured(String),
    Host { https: bool },
    Forwarded { last: bool },
}

/// The URL that HubSpot called, by the request's target and headers. `None` if they do not say.
pub fn public_url(origin: &Origin, prefix: &str, target: &str, headers: &[(String, String)]) -> Option<String> {
    let target = target.split('#').next()?;
    let (authority, path) = match target.split_once("://") {
        _ if target.starts_with(['/', '?']) => (None, target),
        Some((_, rest)) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            (Some(authority), if path.is_empty() { "/" } else { path })
        }
        None => return None,
    };
    // Visible ASCII, and once. The outer `None` is for what is there and is not.
    let one = |name: &str| {
        let values: Vec<_> = headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name)).collect();
        match values[..] {
            [] => Some(None),
            [(_, value)] if value.chars().all(|c| (' '..='~').contains(&c) || c == '\t') => Some(Some(value.clone())),
            _ => None,
        }
    };
    let host = || match (authority, one("host")?) {
        (Some(authority), Some(header)) if authority != header => None,
        (Some(authority), _) => Some(authority.to_owned()),
        (None, header) => header,
    };
    let (scheme, host) = match origin {
        Origin::Configured(base) => return Some(format!("{}{prefix}{path}", base.strip_suffix('/').unwrap_or(base))),
        Origin::Host { https } => (if *https { "https" } else { "http" }.to_owned(), host()?),
        Origin::Forwarded { last } => {
            let entry = |list: String| {
                let entries: Vec<&str> = list.split(',').collect();
                let entry = if *last { entries[entries.len() - 1] } else { entries[0] };
                entry.trim_matches([' ', '\t']).to_owned()
            };
            let (standard, proto, name) = (one("forwarded")?, one("x-forwarded-proto")?, one("x-forwarded-host")?);
            let (proto, name) = match standard {
                Some(_) if proto.is_some() || name.is_some() => return None,
                Some(list) => forwarded_pairs(&entry(list))?,
                None => (proto.map(entry), name.map(entry)),
            };
            let scheme = proto?.to_ascii_lowercase();
            if scheme != "https" && scheme != "http" {
                return None;
            }
            (
                scheme,
                match name {
                    Some(name) => name,
                    None => host()?,
                },
            )
        }
    };
    is_host(&host).then(|| format!("{scheme}://{host}{prefix}{path}"))
}

/// `proto` and `host` of an element of `Forwarded`. Quotation marks only round a whole value, each name at most once.
fn forwarded_pairs(element: &str) -> Option<(Option<String>, Option<String>)> {
    let mut found = [("proto", None), ("host", None)];
    for pair in element.split(';') {
        let (name, value) = pair.split_once('=')?;
        let inner = if value.starts_with('"') {
            if value.len() < 2 || !value.ends_with('"') {
                return None;
            }
            &value[1..value.len() - 1]
        } else {
            value
        };
        if name.contains('"') || inner.contains('"') || inner.contains('\\') {
            return None;
        }
        for (wanted, place) in &mut found {
            if name.trim_matches([' ', '\t']).eq_ignore_ascii_case(wanted) {
                if place.is_some() {
                    return None;
                }
                *place = Some(inner.to_owned());
            }
        }
    }
    let [(_, proto), (_, host)] = found;
    Some((proto, host))
}

/// A name or an address, and perhaps a port.
pub fn is_host(text: &str) -> bool {
    let (host, port) = match text.rfind(':') {
        Some(at) if !text.ends_with(']') => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c));
    let is_address = host.len() > 2
        && host.starts_with('[')
        && host.ends_with(']')
        && host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
    // A number of five digits at most, however many zeros precede it.
    let is_port = port.is_none_or(|port| {
        let digits = port.trim_start_matches('0');
        !port.is_empty()
            && port.chars().all(|c| c.is_ascii_digit())
            && digits.len() <= 5
            && digits.parse::<u32>().unwrap_or_default() <= 65535
    });
    (is_name || is_address) && is_port
}
