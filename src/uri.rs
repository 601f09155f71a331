//! The URI as v3 may sign it: with twelve escapes decoded, and only these (docs/PROTOCOL.md §3).

/// Whether the URI is an absolute `http` or `https` URL with a host: all that a signed URI must be.
pub(crate) fn is_absolute(uri: &str) -> bool {
    ["https://", "http://"].iter().any(|prefix| {
        uri.split_at_checked(prefix.len()).is_some_and(|(scheme, rest)| {
            scheme.eq_ignore_ascii_case(prefix)
                && !matches!(rest.as_bytes().first(), None | Some(b'/' | b'?' | b'#' | b':' | b'@'))
        })
    })
}

/// The URI with the twelve escapes decoded, in pieces that borrow from it; an iterator, so that it can be hashed as it is
/// decoded.
///
/// One pass: what a decoded character forms with its neighbours is not looked at again, so `%2540` stays `%2540`.
pub(crate) fn decoded(uri: &str) -> impl Iterator<Item = &str> {
    let mut rest = uri;
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

/// Whether decoding changes the URI.
pub(crate) fn has_escapes(uri: &str) -> bool {
    uri.as_bytes().contains(&b'%') && literal_length(uri) < uri.len()
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
