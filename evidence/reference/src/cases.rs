//! [`Cases`]: random requests of the kinds that make implementations differ.

use fastrand::Rng;

use crate::oracle;

/// A request that every implementation can represent: all its fields are text.
pub struct Case {
    pub secret: String,
    pub method: String,
    pub uri: String,
    pub body: String,
    /// 13 digits.
    pub timestamp: u64,
}

pub struct Cases {
    rng: Rng,
    made: usize,
    count: usize,
}

impl Cases {
    pub fn new(seed: u64, count: usize) -> Self {
        Self { rng: Rng::with_seed(seed), made: 0, count }
    }
}

impl Iterator for Cases {
    type Item = Case;

    fn next(&mut self) -> Option<Case> {
        if self.made == self.count {
            return None;
        }
        let (number, rng) = (self.made, &mut self.rng);
        self.made += 1;
        Some(Case {
            // Every length from 16 to 200, over and over: each side of SHA-256's block of 64, and of the padding at 56.
            secret: secret(rng, 16 + number % 185),
            method: rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE"]).unwrap().to_owned(),
            uri: uri(rng),
            body: body(rng, number),
            timestamp: rng.u64(1_000_000_000_000..=9_999_999_999_999),
        })
        .map(|case| if case.method == "GET" { Case { body: String::new(), ..case } } else { case })
    }
}

/// Characters that are one byte or many, that are escaped in JSON or not, that normalise, reorder, join or vanish.
const HOSTILE: &[char] = &[
    '\0',
    '\u{1}',
    '\u{7f}',
    '\u{80}',
    '\u{a0}',
    '\u{ad}',
    '\u{e4}',
    '\u{301}',
    '\u{3a9}',
    '\u{5d0}',
    '\u{200b}',
    '\u{200d}',
    '\u{202e}',
    '\u{2028}',
    '\u{2029}',
    '\u{20ac}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{fdd0}',
    '\u{feff}',
    '\u{fffd}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{1f469}',
    '\u{e0061}',
    '\u{10ffff}',
    '"',
    '\\',
    '/',
    '\'',
    '<',
    '\r',
    '\n',
    '\t',
    ' ',
    '+',
    '%',
    '{',
    '}',
];

fn character(rng: &mut Rng) -> char {
    match rng.u8(..4) {
        0 => *rng.choice(HOSTILE).unwrap(),
        1 => rng.char('\0'..=char::MAX),
        _ => rng.char(' '..='~'),
    }
}

fn text(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| character(rng)).collect()
}

/// Of that many bytes; one that may serve as client secret.
fn secret(rng: &mut Rng, length: usize) -> String {
    // In fewer bytes, characters of four bytes would be too few characters.
    let hostile = length >= 64 && rng.u8(..4) == 0;
    loop {
        let mut secret = String::new();
        while secret.len() < length {
            let next = if hostile { character(rng) } else { rng.alphanumeric() };
            // The ends are letters, and what does not fit becomes one.
            let is_end = secret.is_empty() || secret.len() + next.len_utf8() >= length;
            secret.push(if is_end { rng.alphanumeric() } else { next });
        }
        if oracle::is_secret(&secret) {
            return secret;
        }
    }
}

fn uri(rng: &mut Rng) -> String {
    let mut uri = String::from(if rng.bool() { "https://" } else { "http://" });
    uri.push_str(
        rng.choice(["hooks.example.com", "localhost:3000", "[::1]:8443", "a.b.example", "b\u{fc}cher.example"])
            .unwrap(),
    );
    for _ in 0..rng.usize(..12) {
        match rng.u8(..8) {
            0 => uri.push_str(&format!("%{:02X}", rng.u8(..))),
            1 => uri.push_str(&format!("%{:02x}", rng.u8(..))),
            2 => uri.push_str(
                rng.choice(["%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B"])
                    .unwrap(),
            ),
            3 => uri.push_str(rng.choice(["%20", "+", "%2B", "%2540", "%", "%2", "%25", "&", "?", "=", "#"]).unwrap()),
            4 => {
                uri.extend(Some(character(rng)).filter(|c| oracle::has_only_uri_characters(c.encode_utf8(&mut [0; 4]))))
            }
            _ => uri.push(*rng.choice(b"/?&=-._~abcXYZ019").unwrap() as char),
        }
    }
    uri
}

fn body(rng: &mut Rng, number: usize) -> String {
    match number % 500 {
        0 => text(rng, 100_000),
        1 => "x".repeat(1 << 20),
        2..20 => String::new(),
        // Around the blocks of the hash.
        20..260 => {
            let length = rng.usize(..200);
            "a".repeat(length)
        }
        _ => {
            let length = rng.usize(..300);
            text(rng, length)
        }
    }
}
