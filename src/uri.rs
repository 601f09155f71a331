//! The URI as v3 may sign it: with twelve escapes decoded, and only these (docs/PROTOCOL.md §3).

/// An absolute URI in parts, which are hashed one after the other and so need not be joined in memory.
///
/// No escape spans two parts: they meet where a URI has a delimiter.
#[derive(Clone, Copy)]
pub(crate) struct SignedUri<'a> {
    parts: [&'a str; 4],
}

impl<'a> SignedUri<'a> {
    /// A URI in one part.
    pub(crate) const fn whole(uri: &'a str) -> Self {
        Self { parts: [uri, "", "", ""] }
    }

    /// `scheme` includes `://`; `path_and_query` begins with a slash.
    #[cfg(feature = "http")]
    pub(crate) const fn joined(scheme: &'a str, authority: &'a str, prefix: &'a str, path_and_query: &'a str) -> Self {
        Self { parts: [scheme, authority, prefix, path_and_query] }
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

    /// Whether decoding changes the URI.
    pub(crate) fn has_escapes(&self) -> bool {
        // Most URIs have no `%`; a fold over all bytes, which the compiler vectorises, finds that out soonest.
        let has_percent = |part: &str| part.bytes().fold(0, |found, byte| found | u8::from(byte == b'%')) != 0;
        self.parts.iter().any(|part| has_percent(part) && literal_length(part) < part.len())
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

/// The text with the twelve escapes decoded, in pieces that borrow from it; an iterator, so that it can be hashed as it
/// is decoded.
///
/// One pass: what a decoded character forms with its neighbours is not looked at again, so `%2540` stays `%2540`.
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
