//! [`SignedUri`]: a URI in parts, and the form with twelve escapes decoded that v3 may sign (docs/PROTOCOL.md §3).

use core::fmt;

/// An absolute URI in parts, which are hashed one after the other and so need not be joined in memory.
///
/// No escape spans two parts: they meet where a URI has a delimiter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedUri<'a> {
    parts: [&'a str; 4],
}

impl<'a> SignedUri<'a> {
    /// A URI in one part.
    pub(crate) const fn whole(uri: &'a str) -> Self {
        Self { parts: [uri, "", "", ""] }
    }

    /// A URI in four parts. An authority begins a part of its own, or stands in the first part with the scheme.
    #[cfg(feature = "http")]
    pub(crate) const fn joined(parts: [&'a str; 4]) -> Self {
        Self { parts }
    }

    /// Whether this is an `http` or `https` URL with a host: all that a signed URI must be.
    pub(crate) fn is_absolute(&self) -> bool {
        let [first, second, ..] = self.parts;
        let ([b'h' | b'H', b't' | b'T', b't' | b'T', b'p' | b'P', b's' | b'S', b':', b'/', b'/', rest @ ..]
        | [b'h' | b'H', b't' | b'T', b't' | b'T', b'p' | b'P', b':', b'/', b'/', rest @ ..]) = first.as_bytes()
        else {
            return false;
        };
        let host = if rest.is_empty() { second.as_bytes() } else { rest };
        !matches!(host.first(), None | Some(b'/' | b'?' | b'#' | b':' | b'@'))
    }

    /// Looks for the twelve escapes, and for the bytes that no signed URI holds, because they could be the beginning of a
    /// body: `{`, `"`, white space or a control character (docs/PROTOCOL.md §5.2). Clients must escape those; the first
    /// one is the error.
    pub(crate) fn survey(&self) -> Result<Forms, u8> {
        const PERCENT: u8 = 2;
        let is_forbidden = |byte: u8| byte <= b' ' || matches!(byte, b'{' | b'"' | 0x7f);
        // Most URIs have neither. A fold over all bytes, which the compiler vectorises, finds that out soonest.
        let flags = |byte: u8| u8::from(is_forbidden(byte)) | if byte == b'%' { PERCENT } else { 0 };
        let found = |part: &str| part.bytes().fold(0, |found, byte| found | flags(byte));
        let mut forms = Forms::One;
        for part in self.parts {
            match found(part) {
                0 => {}
                PERCENT if literal_length(part) == part.len() => {}
                PERCENT => forms = Forms::Two,
                _ => return part.bytes().find(|byte| is_forbidden(*byte)).map_or(Ok(forms), Err),
            }
        }
        Ok(forms)
    }

    /// The URI as HubSpot called it.
    pub(crate) fn as_received(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().copied()
    }

    /// The URI with the twelve escapes decoded.
    pub(crate) fn decoded(&self) -> impl Iterator<Item = &'a str> {
        self.parts.iter().copied().flat_map(decoded)
    }
}

/// How many forms of a URI v3 may have signed: as it was received, and with twelve escapes decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forms {
    /// Both are the same.
    One,
    /// They differ.
    Two,
}

impl fmt::Display for SignedUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| f.write_str(part))
    }
}

/// The text with the twelve escapes decoded, in pieces that borrow from it, so that it can be hashed without a copy.
///
/// One pass: a decoded character is not read again together with its neighbours, so `%2540` stays `%2540`.
fn decoded(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((character, after)) = split_escape(rest) {
            rest = after;
            return Some(character);
        }
        let literal = literal_length(rest);
        let (piece, after) = rest.split_at_checked(literal)?;
        rest = after;
        Some(piece)
    })
}

/// How many bytes come before the first of the twelve escapes.
fn literal_length(text: &str) -> usize {
    text.match_indices('%')
        .map(|(at, _)| at)
        .find(|at| text.get(*at..).and_then(split_escape).is_some())
        .unwrap_or(text.len())
}

/// If the text begins with one of the twelve escapes: the character it stands for, and what follows.
fn split_escape(text: &str) -> Option<(&'static str, &str)> {
    let [b'%', high, low, ..] = text.as_bytes() else { return None };
    let character = match (high, low.to_ascii_uppercase()) {
        (b'3', b'A') => ":",
        (b'2', b'F') => "/",
        (b'3', b'F') => "?",
        (b'4', b'0') => "@",
        (b'2', b'1') => "!",
        (b'2', b'4') => "$",
        (b'2', b'7') => "'",
        (b'2', b'8') => "(",
        (b'2', b'9') => ")",
        (b'2', b'A') => "*",
        (b'2', b'C') => ",",
        (b'3', b'B') => ";",
        _ => return None,
    };
    Some((character, text.get(3..)?))
}
