//! Text of the request, made fit for a terminal and a log.

use std::format;
use std::prelude::rust_2024::*;

use base16ct::HexDisplay;
use sha2::{Digest, Sha256};

/// The most characters of the request that are quoted in one place.
const LONGEST: usize = 200;

/// Text of the request, quoted, escaped and shortened.
pub(super) fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut out = String::from("\"");
    for c in characters.by_ref().take(LONGEST) {
        if is_deceptive(c) {
            out.extend(c.escape_unicode());
        } else {
            out.extend(c.escape_debug());
        }
    }
    out.push('"');
    if characters.next().is_some() {
        out.push('…');
    }
    out
}

/// Characters that `escape_debug` may leave and that change how the text around them is displayed.
const fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The timestamp header's text if it may be shown: a long text may be a signature in the wrong header.
pub(super) fn shown_timestamp(text: &str) -> String {
    if text.len() <= 32 { shown(text) } else { bytes(text.len()) }
}

/// "1 byte", "2 bytes".
pub(super) fn bytes(count: usize) -> String {
    counted(count as u64, "byte", "bytes")
}

/// The length of a body, if it was read.
pub(super) fn length(body: Option<&[u8]>) -> String {
    body.map_or_else(|| "not read".into(), |body| bytes(body.len()))
}

/// The length and the SHA-256 of a body, to be compared with those that another program logs. Half of the SHA-256 is
/// enough, and cannot be taken for a signature.
pub(super) fn fingerprint(body: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(body).into();
    let (first, _) = digest.split_at(16);
    format!("{}, SHA-256 {:x}… (its first half)", bytes(body.len()), HexDisplay(first))
}

/// A number with its noun.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_escaped() {
        assert_eq!(shown("a\u{9b}b\u{202e}\n\u{feff}\u{2028}\"ä"), "\"a\\u{9b}b\\u{202e}\\n\\u{feff}\\u{2028}\\\"ä\"");
        assert!(shown(&"x".repeat(201)).ends_with("x\"…"));
    }

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!([bytes(0), bytes(1), bytes(2)], ["0 bytes", "1 byte", "2 bytes"]);
    }
}
