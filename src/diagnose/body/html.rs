//! HTML entities.

use std::prelude::rust_2024::*;

/// The named entities that escaping functions write.
const NAMED: [(&str, char); 7] =
    [("quot", '"'), ("amp", '&'), ("lt", '<'), ("gt", '>'), ("apos", '\''), ("nbsp", '\u{a0}'), ("sol", '/')];
/// The entities of Latin-1 from U+00A0, as PHP's `htmlentities` writes them.
const LATIN_1: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
    sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring \
    AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times \
    Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
    ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml \
    yacute thorn yuml";

/// The text with its entities decoded, in one pass. `all` includes those of Latin-1 and the numeric ones.
pub(super) fn unescaped(text: &str, all: bool) -> Option<String> {
    let mut pieces = text.split('&');
    let mut out = String::with_capacity(text.len());
    out.push_str(pieces.next()?);
    for piece in pieces {
        let entity = piece.split_once(';').filter(|(name, _)| name.len() <= 10);
        if let Some((c, rest)) = entity.and_then(|(name, rest)| Some((character(name, all)?, rest))) {
            out.push(c);
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(piece);
        }
    }
    Some(out)
}

fn character(name: &str, all: bool) -> Option<char> {
    if let Some((_, c)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Some(*c);
    }
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(number).filter(|c| all || c.is_ascii());
    }
    let index = LATIN_1.split_ascii_whitespace().position(|known| known == name).filter(|_| all)?;
    char::from_u32(u32::try_from(index).ok()?.checked_add(0xa0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities() {
        let text = "{&quot;a&quot;:&#34;&#x27;&uuml;&unknown; &amp;quot; &\"}";
        assert_eq!(unescaped(text, true).as_deref(), Some("{\"a\":\"'ü&unknown; &quot; &\"}"));
        assert_eq!(unescaped("&yuml;&uuml;", false).as_deref(), Some("&yuml;&uuml;"));
        assert_eq!(unescaped("&yuml;&nbsp;", true).as_deref(), Some("ÿ\u{a0}"));
    }
}
