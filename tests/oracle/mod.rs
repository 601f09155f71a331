//! A signer and verifier written from `docs/PROTOCOL.md` as plainly as possible, to hold the crate to.
//!
//! It concatenates, replaces in strings, compares with `==` and copies freely. It uses neither the crate nor any
//! dependency: SHA-256, HMAC, hex and base64 are written out from their definitions, so an error in the crate or in
//! what it builds on shows as a difference. The tests, the fuzz targets and the servers' suite include this one file.

#![allow(
    dead_code,
    clippy::all,
    clippy::pedantic,
    reason = "each program that includes it uses a part, under its own lints"
)]

// --- Hashes and encodings ---

/// The round constants of FIPS 180-4 section 4.2.2.
#[rustfmt::skip]
const ROUNDS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The initial hash value of FIPS 180-4 section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

/// FIPS 180-4 section 6.2.2.
fn compress(state: [u32; 8], block: &[u8]) -> [u32; 8] {
    let mut schedule = [0_u32; 64];
    for t in 0..16 {
        schedule[t] = u32::from_be_bytes([block[4 * t], block[4 * t + 1], block[4 * t + 2], block[4 * t + 3]]);
    }
    for t in 16..64 {
        let (x, y) = (schedule[t - 15], schedule[t - 2]);
        let small0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
        let small1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
        schedule[t] = small1.wrapping_add(schedule[t - 7]).wrapping_add(small0).wrapping_add(schedule[t - 16]);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
    for t in 0..64 {
        let big1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let t1 = h.wrapping_add(big1).wrapping_add(choice).wrapping_add(ROUNDS[t]).wrapping_add(schedule[t]);
        let big0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let t2 = big0.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
    }
    let after = [a, b, c, d, e, f, g, h];
    std::array::from_fn(|i| state[i].wrapping_add(after[i]))
}

/// The padding that SHA-256 appends to a message of this many bytes: a one bit, zeros, the length in bits (FIPS 180-4 section 5.1.1).
///
/// For an attacker who extends a signed message this is the glue.
pub fn glue(length: u64) -> Vec<u8> {
    let zeros = (64 + 56 - (length % 64 + 1) % 64) % 64;
    [[0x80].as_slice(), &vec![0; zeros as usize], &length.wrapping_mul(8).to_be_bytes()].concat()
}

pub fn sha256(message: &[u8]) -> [u8; 32] {
    finish(INITIAL, message, message.len() as u64)
}

/// Hashes the last bytes of a message of `length` bytes, the state being that of all before them.
fn finish(mut state: [u32; 8], rest: &[u8], length: u64) -> [u8; 32] {
    let mut blocks = rest.chunks_exact(64);
    for block in &mut blocks {
        state = compress(state, block);
    }
    for block in [blocks.remainder(), &glue(length)].concat().chunks(64) {
        state = compress(state, block);
    }
    state.map(u32::to_be_bytes).concat().try_into().unwrap()
}

/// The length extension of SHA-256: from `hash = hex(SHA-256(m))` and the length of `m` alone, without knowing `m`, the
/// glue and `hex(SHA-256(m ‖ glue ‖ suffix))`.
pub fn extend(hash: &str, length: usize, suffix: &[u8]) -> (Vec<u8>, String) {
    let glue = glue(length as u64);
    // The hash is the whole state after m ‖ glue, so hashing goes on from there.
    let state = std::array::from_fn(|i| u32::from_str_radix(&hash[8 * i..8 * i + 8], 16).expect("a hash in hex"));
    let extended = hex(&finish(state, suffix, (length + glue.len() + suffix.len()) as u64));
    (glue, extended)
}

/// RFC 2104.
pub fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&sha256(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = sha256(&[&block.map(|byte| byte ^ 0x36), message].concat());
    sha256(&[block.map(|byte| byte ^ 0x5c).as_slice(), &inner].concat())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        .collect()
}

/// RFC 4648, with padding.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, i| bits << 8 | usize::from(*group.get(i).unwrap_or(&0)));
        for i in 0..4 {
            let digit = char::from(ALPHABET[bits >> (18 - 6 * i) & 63]);
            text.push(if i <= group.len() { digit } else { '=' });
        }
    }
    text
}

// --- The three schemes ---

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    V1,
    V2,
    V3,
}

impl Scheme {
    pub const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// As the version header has it.
    pub fn name(self) -> &'static str {
        ["v1", "v2", "v3"][self as usize]
    }
}

/// The digest whose text is the signature. Only v3 uses the timestamp.
pub fn digest(scheme: Scheme, secret: &str, method: &str, uri: &[u8], body: &[u8], timestamp: &[u8]) -> [u8; 32] {
    let (secret, method) = (secret.as_bytes(), method.as_bytes());
    match scheme {
        Scheme::V1 => sha256(&[secret, body].concat()),
        Scheme::V2 => sha256(&[secret, method, uri, body].concat()),
        Scheme::V3 => hmac(secret, &[method, uri, body, timestamp].concat()),
    }
}

pub fn sign(scheme: Scheme, secret: &str, method: &str, uri: &str, body: &[u8], timestamp: &[u8]) -> String {
    let digest = digest(scheme, secret, method, uri.as_bytes(), body, timestamp);
    if scheme == Scheme::V3 { base64(&digest) } else { hex(&digest) }
}

pub fn v1(secret: &str, body: impl AsRef<[u8]>) -> String {
    hex(&digest(Scheme::V1, secret, "", b"", body.as_ref(), b""))
}

pub fn v2(secret: &str, method: &str, uri: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> String {
    hex(&digest(Scheme::V2, secret, method, uri.as_ref(), body.as_ref(), b""))
}

pub fn v3(secret: &str, method: &str, uri: impl AsRef<[u8]>, body: impl AsRef<[u8]>, timestamp: &str) -> String {
    base64(&digest(Scheme::V3, secret, method, uri.as_ref(), body.as_ref(), timestamp.as_bytes()))
}

/// The twelve escapes of v3. One after the other is as good as one pass: no replacement holds a `%` or a hex digit.
pub fn decode_uri(uri: &str) -> String {
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
    if !uri.contains('%') {
        return uri.to_owned();
    }
    table.iter().fold(uri.to_owned(), |uri, (escape, character)| {
        uri.replace(escape, character).replace(&escape.to_lowercase(), character)
    })
}

// --- The verdict ---

/// A request as it arrives, the headers in their order.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    pub uri: &'a str,
    pub headers: &'a [(String, Vec<u8>)],
    pub body: &'a [u8],
}

/// The operator's settings. Times are in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Policy<'a> {
    pub secret: &'a str,
    pub previous: Option<&'a str>,
    pub minimum: Scheme,
    pub max_age: u64,
    pub max_clock_skew: u64,
    pub max_body: Option<u64>,
    /// Whether the body's half of the boundary rule is lifted.
    pub any_body: bool,
}

/// The proof for a request that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub scheme: Scheme,
    pub timestamp: Option<u64>,
    pub by_current: bool,
    /// The digest that was presented.
    pub digest: [u8; 32],
}

/// Judges a request at a time. `None` if it breaks any rule.
pub fn judge(policy: &Policy, request: &Request, now: u64) -> Option<Accepted> {
    let Request { method, uri, body, .. } = *request;
    let unversioned = once(request, "x-hubspot-signature")?;
    let version = once(request, "x-hubspot-signature-version")?;
    let v3 = once(request, "x-hubspot-signature-v3")?;
    let timestamp = once(request, "x-hubspot-request-timestamp")?;

    // The newest scheme that is there decides.
    let (scheme, presented) = match (v3, version) {
        (Some(text), _) => (Scheme::V3, text),
        (None, None | Some(b"v2")) => (Scheme::V2, unversioned?),
        (None, Some(b"v1")) => (Scheme::V1, unversioned?),
        _ => return None,
    };
    let (timestamp, signed_at) = match scheme {
        Scheme::V3 => (timestamp?, Some(timestamp_millis(timestamp?)?)),
        _ => (b"".as_slice(), None),
    };
    let is_fresh = signed_at.is_none_or(|signed_at| {
        let age = i128::from(now) - i128::from(signed_at);
        age <= i128::from(policy.max_age) && -age <= i128::from(policy.max_clock_skew)
    });
    let uri_is_signed = scheme > Scheme::V1;
    if scheme < policy.minimum
        || !is_fresh
        || !is_method(method)
        || uri_is_signed && !(is_absolute(uri) && has_only_uri_characters(uri))
        || ["GET", "HEAD"].contains(&method) && !body.is_empty()
        || policy.max_body.is_some_and(|limit| body.len() as u64 > limit)
        || !policy.any_body && !body_may_stand_alone(body)
        || scheme < Scheme::V3 && body.contains(&0)
    {
        return None;
    }

    let decoded = decode_uri(uri);
    let forms: &[&str] = if scheme == Scheme::V3 && decoded != uri { &[uri, &decoded] } else { &[uri] };
    let by = |secret: &str| {
        forms.iter().find_map(|uri| {
            let digest = digest(scheme, secret, method, uri.as_bytes(), body, timestamp);
            let text = if scheme == Scheme::V3 { base64(&digest) } else { hex(&digest) };
            (text.as_bytes() == presented).then_some(digest)
        })
    };
    let accepted = |digest, by_current| Accepted { scheme, timestamp: signed_at, by_current, digest };
    let by_current = by(policy.secret).map(|digest| accepted(digest, true));
    by_current.or_else(|| by(policy.previous?).map(|digest| accepted(digest, false)))
}

/// Judges as a hasty endpoint does, and is what an attack has to fool: *any* signature of the request is right. It asks for
/// no minimum version and no form, and of the timestamp what the SDKs ask, that it is not more than 5 minutes old.
pub fn accepts_naively(secret: &str, request: &Request, now: u64) -> bool {
    let text = |name: &str| {
        let value = request.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name));
        value.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
    };
    let Request { method, uri, body, .. } = *request;
    let scheme = if text("x-hubspot-signature-version").as_deref() == Some("v1") { Scheme::V1 } else { Scheme::V2 };
    if text("x-hubspot-signature").is_some_and(|presented| presented == sign(scheme, secret, method, uri, body, b"")) {
        return true;
    }
    let (Some(presented), Some(timestamp)) = (text("x-hubspot-signature-v3"), text("x-hubspot-request-timestamp"))
    else {
        return false;
    };
    let too_old = timestamp.parse::<i128>().is_ok_and(|signed| i128::from(now) - signed > 300_000);
    !too_old
        && [uri.to_owned(), decode_uri(uri)].iter().any(|uri| v3(secret, method, uri, body, &timestamp) == presented)
}

/// The value of a header without the blanks around it. The outer `None` is for a header that occurs twice.
fn once<'a>(request: &Request<'a>, name: &str) -> Option<Option<&'a [u8]>> {
    let mut values = request.headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name));
    let value = values.next().map(|header| trim(&header.1));
    if values.next().is_some() { None } else { Some(value) }
}

/// Without the spaces and tabs at both ends.
pub fn trim(value: &[u8]) -> &[u8] {
    let blanks = |bytes: &mut dyn Iterator<Item = &u8>| bytes.take_while(|byte| b" \t".contains(byte)).count();
    let value = &value[blanks(&mut value.iter())..];
    &value[..value.len() - blanks(&mut value.iter().rev())]
}

/// The milliseconds of exactly 13 digits, the first not 0.
pub fn timestamp_millis(text: &[u8]) -> Option<u64> {
    let digits = String::from_utf8(text.to_vec()).ok()?;
    (digits.len() == 13 && !digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit()))
        .then(|| digits.parse().unwrap())
}

/// Upper case, or letters could move between method and URI.
pub fn is_method(method: &str) -> bool {
    !method.is_empty() && method.chars().all(|c| c.is_ascii_uppercase())
}

/// `http://` or `https://`, then a host.
pub fn is_absolute(uri: &str) -> bool {
    let lower = uri.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or(lower.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.chars().next().is_some_and(|first| !"/?#:@".contains(first)))
}

/// The URI's half of the boundary rule: no `{`, no `"`, no white space and no control character.
pub fn has_only_uri_characters(uri: &str) -> bool {
    uri.bytes().all(is_uri_byte)
}

pub fn is_uri_byte(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && byte != b'{' && byte != b'"'
}

/// The body's half of the boundary rule: empty, or, white space apart, an object, an array or a string by its first and
/// its last byte.
pub fn body_may_stand_alone(body: &[u8]) -> bool {
    let is_blank = |byte: &u8| b" \t\r\n".contains(byte);
    let first = body.iter().position(|byte| !is_blank(byte));
    let last = body.iter().rposition(|byte| !is_blank(byte));
    let (Some(first), Some(last)) = (first, last) else { return body.is_empty() };
    last > first && matches!((body[first], body[last]), (b'{', b'}') | (b'[', b']') | (b'"', b'"'))
}

// --- Client secrets ---

/// Whether a text may serve as client secret.
pub fn is_secret(text: &str) -> bool {
    secret_fault(text).is_none()
}

/// The reason why a text cannot be a client secret, as the crate's `SecretError` names it.
pub fn secret_fault(text: &str) -> Option<&'static str> {
    let at_ends = |unwanted: &dyn Fn(char) -> bool| text.starts_with(unwanted) || text.ends_with(unwanted);
    let is_invisible = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let lower = text.to_ascii_lowercase();
    let between = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    let (name, value) = match text.find(['=', ':']) {
        Some(at) => (&text[..at], text[at + 1..].trim_start_matches('=')),
        None => ("", ""),
    };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c));
    let plain: String = lower.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    // A program's way to read a secret.
    let (names, called) =
        text.split_at(text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.:!".contains(c))).unwrap_or(text.len()));
    let lower_names = names.to_ascii_lowercase();
    let segments: Vec<&str> = lower_names.split(['.', ':']).collect();
    let configurations = ["env", "environ", "process", "config", "settings", "secrets", "vars", "var"];
    let is_random = text.len() >= 32
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/-_=".contains(c))
        && text.contains(|c: char| c.is_ascii_digit());
    let mut characters: Vec<char> = lower.chars().filter(|c| !c.is_ascii_punctuation()).collect();
    characters.dedup();
    let placeholders = [
        "undefined",
        "null",
        "none",
        "nil",
        "nan",
        "true",
        "false",
        "changeme",
        "secret",
        "clientsecret",
        "appsecret",
        "mysecret",
        "hubspotclientsecret",
        "hubspotsecret",
        "password",
        "todo",
        "tbd",
        "placeholder",
        "example",
        "test",
        "objectobject",
        "string",
    ];
    let instructions = ["your", "insert", "replace", "changeme", "enter", "paste"];
    let rules = [
        ("Empty", text.is_empty()),
        ("SurroundingWhiteSpace", at_ends(&is_invisible)),
        ("Quoted", at_ends(&|c| "\"'`“”„‘’".contains(c))),
        ("Bearer", ["bearer ", "basic ", "token "].iter().any(|word| lower.starts_with(word))),
        ("AccessToken", text.starts_with("pat-")),
        (
            "Template",
            text.starts_with('$')
                || ["${", "{{", "#{", "://", "/secrets/", "arn:aws"].iter().any(|mark| text.contains(mark))
                || [("<", ">"), ("%", "%"), ("[", "]"), ("{", "}")].iter().any(|(open, close)| between(open, close))
                || !names.is_empty()
                    && [("(", ")"), ("[", "]")].iter().any(|(a, b)| called.starts_with(a) && called.ends_with(b))
                || called.is_empty() && segments[..segments.len() - 1].iter().any(|name| configurations.contains(name)),
        ),
        ("Assignment", is_name && !value.is_empty()),
        (
            "Placeholder",
            plain.replace('x', "").is_empty()
                || placeholders.contains(&plain.as_str())
                || plain.contains("clientsecret")
                || !is_random && instructions.iter().any(|word| plain.starts_with(word)),
        ),
        ("InnerWhiteSpace", text.contains(is_invisible)),
        ("TooShort", text.chars().count() < 16),
        // But that of HubSpot's documentation.
        ("Placeholder", characters.len() < 2 && text != "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"),
    ];
    rules.into_iter().find(|(_, is_broken)| *is_broken).map(|(name, _)| name)
}

// --- The public URL ---

/// Where the public URL of a request comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// Path and query come from the request.
    Server(String),
    /// Only the query comes from the request.
    Endpoint {
        url: String,
        any_path: bool,
    },
    Host {
        https: bool,
    },
    Forwarded {
        last: bool,
    },
}

/// The URL that HubSpot called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicUrl {
    Known(String),
    /// The standards leave it open, or forbid it and proxies write it all the same: this URL or none.
    Lenient(String),
    Unknown,
}

/// The URL that HubSpot called, by the target and the headers of a request.
pub fn public_url(origin: &Origin, prefix: &str, target: &str, headers: &[(String, Vec<u8>)]) -> PublicUrl {
    let target = target.split('#').next().unwrap_or_default();
    let (authority, path_and_query) = match target.split_once("://") {
        _ if target.starts_with(['/', '?']) => (None, target),
        Some((_, rest)) => {
            let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            (Some(authority), if path.is_empty() { "/" } else { path })
        }
        None => return PublicUrl::Unknown,
    };
    let found = match origin {
        Origin::Server(base) => {
            Found { certain: true, scheme: String::new(), host: base.strip_suffix('/').unwrap_or(base).to_owned() }
        }
        Origin::Endpoint { url, any_path } => {
            let (path, query) = path_and_query.split_at(path_and_query.find('?').unwrap_or(path_and_query.len()));
            return match *any_path || path_is_of_endpoint(path, url) {
                true => PublicUrl::Known(format!("{url}{query}")),
                false => PublicUrl::Unknown,
            };
        }
        Origin::Host { https } => match host(authority, headers) {
            Some(host) => Found { certain: true, scheme: if *https { "https://" } else { "http://" }.to_owned(), host },
            None => return PublicUrl::Unknown,
        },
        Origin::Forwarded { last } => match forwarded(*last, authority, headers) {
            Some(found) => found,
            None => return PublicUrl::Unknown,
        },
    };
    let url = format!("{}{}{prefix}{path_and_query}", found.scheme, found.host);
    if found.certain { PublicUrl::Known(url) } else { PublicUrl::Lenient(url) }
}

struct Found {
    certain: bool,
    scheme: String,
    host: String,
}

/// Whether the path is the end of the endpoint's path or has it as its own end, at the boundary of a segment: a gateway or
/// a router may have removed a prefix, added one, or decoded the path. An escaped slash of the request is no boundary.
fn path_is_of_endpoint(path: &str, url: &str) -> bool {
    const ESCAPED_SLASH: u16 = 0x100;
    let units = |path: &str| -> Vec<u16> {
        let marked = path.replace("%2f", "%2F").replace("%2F", "\u{1}");
        let decoded = percent_decoded(if marked.is_empty() { "/" } else { &marked });
        decoded.into_iter().map(|byte| if byte == 1 { ESCAPED_SLASH } else { byte.into() }).collect()
    };
    let after_scheme = url.split_once("://").map_or("", |(_, rest)| rest);
    let endpoint = units(after_scheme.find('/').map_or("/", |at| &after_scheme[at..]));
    let path = units(path);
    let common = endpoint.len().min(path.len());
    let (endpoint_end, path_end) = (&endpoint[endpoint.len() - common..], &path[path.len() - common..]);
    let slash = u16::from(b'/');
    let is_same = |(a, b): (&u16, &u16)| a == b || (*a == ESCAPED_SLASH && *b == slash);
    endpoint_end.iter().zip(path_end).all(is_same)
        && (endpoint.len() == path.len()
            || (endpoint_end[0] == slash && endpoint_end.iter().any(|unit| *unit != slash)))
}

pub fn percent_decoded(text: &str) -> Vec<u8> {
    let (bytes, mut decoded, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let digits = bytes.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match digits {
            Some(digits) if bytes[at] == b'%' => {
                decoded.push(u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// The value of a header, if it is there once and is visible ASCII. The outer `None` is for one that is there otherwise.
fn one(headers: &[(String, Vec<u8>)], name: &str) -> Option<Option<String>> {
    let values: Vec<_> = headers.iter().filter(|header| header.0.eq_ignore_ascii_case(name)).collect();
    match values[..] {
        [] => Some(None),
        [(_, value)] if value.iter().all(|byte| (b' '..=b'~').contains(byte) || *byte == b'\t') => {
            Some(Some(String::from_utf8(value.clone()).unwrap()))
        }
        _ => None,
    }
}

/// The host of the request itself. HTTP/2 and targets in absolute form have it in the target, others in `Host`.
fn host(authority: Option<&str>, headers: &[(String, Vec<u8>)]) -> Option<String> {
    let host = match (authority, one(headers, "host")?) {
        (Some(authority), Some(header)) if authority != header => return None,
        (Some(authority), _) => authority.to_owned(),
        (None, header) => header?,
    };
    is_host(&host).then_some(host)
}

/// Scheme and host by `Forwarded` (RFC 7239), by `X-Forwarded-Proto` and `X-Forwarded-Host`, or by both if they agree.
fn forwarded(last: bool, authority: Option<&str>, headers: &[(String, Vec<u8>)]) -> Option<Found> {
    // A header that is there must say something.
    let listed = |name: &str| match one(headers, name)? {
        Some(list) => Some(Some(entry(elements(list.split(',')), last)?)),
        None => Some(None),
    };
    let (x_proto, x_host) = (listed("x-forwarded-proto")?, listed("x-forwarded-host")?);
    let (mut certain, mut proto, mut name) = (true, None, None);
    if let Some(list) = one(headers, "forwarded")? {
        // The whole list must be well-formed.
        let mut read = Vec::new();
        for element in elements(split_unquoted(&list, ',')?.iter().map(String::as_str)) {
            read.push(forwarded_element(&element, &mut certain)?);
        }
        (proto, name) = entry(read, last)?;
    }
    let mut agreed = |a: Option<String>, b: Option<String>| match (a, b) {
        (Some(a), Some(b)) if !a.eq_ignore_ascii_case(&b) => None,
        (Some(a), Some(b)) => {
            certain &= a == b;
            Some(Some(a))
        }
        (a, b) => Some(a.or(b)),
    };
    let proto = agreed(proto, x_proto)??.to_ascii_lowercase();
    if proto != "https" && proto != "http" {
        return None;
    }
    let host = match agreed(name, x_host)? {
        Some(name) => is_host(&name).then_some(name)?,
        None => host(authority, headers)?,
    };
    Some(Found { certain, scheme: format!("{proto}://"), host })
}

/// The entry that counts of a list.
fn entry<T>(list: Vec<T>, last: bool) -> Option<T> {
    let mut list = list.into_iter();
    if last { list.next_back() } else { list.next() }
}

/// The elements of a list without the empty ones, which a recipient ignores (RFC 9110 section 5.6.1.2).
fn elements<'a>(list: impl Iterator<Item = &'a str>) -> Vec<String> {
    list.map(|text| text.trim_matches([' ', '\t']).to_owned()).filter(|text| !text.is_empty()).collect()
}

/// `proto` and `host` of an element of `Forwarded`. Its pairs may be empty (RFC 7239 section 4).
fn forwarded_element(element: &str, certain: &mut bool) -> Option<(Option<String>, Option<String>)> {
    let (mut proto, mut host) = (None, None);
    for pair in split_unquoted(element, ';')? {
        let bare = pair.trim_matches([' ', '\t']);
        if bare.is_empty() {
            continue;
        }
        let (name, value) = bare.split_once('=')?;
        // Not by the grammar: blanks around a pair, and characters that must be quoted. Without a use: escapes.
        *certain &= bare == pair && unquoted(value).is_some() && !value.contains('\\');
        let value = unquoted(value).unwrap_or_else(|| value.to_owned());
        if !is_token(name) {
            return None;
        }
        let place = if name.eq_ignore_ascii_case("proto") {
            &mut proto
        } else if name.eq_ignore_ascii_case("host") {
            &mut host
        } else {
            continue;
        };
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some((proto, host))
}

/// The parts between the separators that are outside quoted strings (RFC 9110 section 5.6.4). `None` if a quote stays open.
fn split_unquoted(text: &str, separator: char) -> Option<Vec<String>> {
    let (mut parts, mut part, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        if c == separator && !quoted {
            parts.push(std::mem::take(&mut part));
            continue;
        }
        part.push(c);
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    parts.push(part);
    (!quoted).then_some(parts)
}

/// A token, or the content of a quoted string. `None` if the text is neither.
fn unquoted(value: &str) -> Option<String> {
    if is_token(value) {
        return Some(value.to_owned());
    }
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    let (mut content, mut escaped) = (String::new(), false);
    for c in inner.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return None,
            _ => {
                content.push(c);
                escaped = false;
            }
        }
    }
    (!escaped).then_some(content)
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// A name or an address, and perhaps a port.
pub fn is_host(text: &str) -> bool {
    let (host, port) = match text.rfind(':') {
        Some(at) if !text.ends_with(']') => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let is_name = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    let is_address = host.len() > 2
        && host.starts_with('[')
        && host.ends_with(']')
        && host[1..host.len() - 1].parse::<std::net::Ipv6Addr>().is_ok();
    // A number up to 65,535, however many zeros precede it.
    let is_port = port.is_none_or(|port| {
        let digits = port.trim_start_matches('0');
        !port.is_empty()
            && port.chars().all(|c| c.is_ascii_digit())
            && digits.len() <= 5
            && digits.parse::<u32>().unwrap_or_default() <= 65535
    });
    (is_name || is_address) && is_port
}
