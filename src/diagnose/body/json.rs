//! [`Json`]: a JSON text in its tokens, which keep the text of numbers and strings and the order of keys.

use std::prelude::rust_2024::*;

/// Deeper texts are not rewritten. HubSpot nests two or three levels.
const MAX_DEPTH: usize = 100;
/// Texts of more tokens are not rewritten: what bounds the memory.
const MAX_TOKENS: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    /// The end of an object or an array.
    End,
    Key,
    Text,
    /// A number, `true`, `false` or `null`.
    Literal,
}

#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    start: u32,
    end: u32,
    /// The index of the first token after this value; for a key, after its value.
    after: u32,
}

/// A JSON text in its tokens.
pub(super) struct Json<'t> {
    source: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Json<'t> {
    /// `None` if it is not JSON, or too deep or too long to be rewritten.
    pub(super) fn parse(source: &'t str) -> Option<Self> {
        let mut parser = Parser { source, rest: source.as_bytes(), tokens: Vec::new() };
        parser.skip_space();
        parser.value(0)?;
        parser.skip_space();
        parser.rest.is_empty().then_some(Self { source, tokens: parser.tokens })
    }

    pub(super) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(super) fn token(&self, index: usize) -> Option<Token> {
        self.tokens.get(index).copied()
    }

    /// The token's text: a string with its quotation marks, or a literal.
    pub(super) fn text(&self, token: Token) -> &'t str {
        self.source.get(place(token.start)..place(token.end)).unwrap_or_default()
    }

    /// The text of a value without what is in it: empty for an object or an array.
    pub(super) fn text_at(&self, index: usize) -> &'t str {
        self.token(index).map(|token| self.text(token)).unwrap_or_default()
    }

    /// The indices of the keys of an object, or of the items of an array.
    pub(super) fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let mut next = index.saturating_add(1);
        core::iter::from_fn(move || {
            let current = next;
            let token = self.token(current).filter(|token| token.kind != Kind::End)?;
            next = place(token.after);
            Some(current)
        })
    }

    /// Whether an object or an array has nothing in it.
    pub(super) fn is_empty(&self, index: usize) -> bool {
        self.children(index).next().is_none()
    }

    /// The content of a text that is one JSON string.
    pub(super) fn as_string(&self) -> Option<String> {
        let [token] = self.tokens.as_slice() else { return None };
        (token.kind == Kind::Text).then(|| characters(self.text(*token)).filter_map(Result::ok).collect())
    }
}

/// An offset in a text that is shorter than 4 GiB.
fn place(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// The characters of a string with its quotation marks. Half of a surrogate pair is an error with its number.
pub(super) fn characters(text: &str) -> impl Iterator<Item = Result<char, u16>> + '_ {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let mut rest = inner;
    core::iter::from_fn(move || {
        let (character, length) = first_character(rest)?;
        rest = rest.get(length..)?;
        Some(character)
    })
}

fn first_character(text: &str) -> Option<(Result<char, u16>, usize)> {
    let first = text.chars().next()?;
    if first != '\\' {
        return Some((Ok(first), first.len_utf8()));
    }
    let simple = match text.as_bytes().get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return Some(unicode_escape(text)),
        other => char::from(*other),
    };
    Some((Ok(simple), 2))
}

fn unicode_escape(text: &str) -> (Result<char, u16>, usize) {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = unit(text) else { return (Ok('\\'), 1) };
    let second = text.get(6..).and_then(unit);
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(c)) => (Ok(c), if c.len_utf16() == 2 { 12 } else { 6 }),
        _ => (Err(first), 6),
    }
}

struct Parser<'t> {
    source: &'t str,
    rest: &'t [u8],
    tokens: Vec<Token>,
}

impl Parser<'_> {
    fn position(&self) -> u32 {
        u32::try_from(self.source.len().saturating_sub(self.rest.len())).unwrap_or(u32::MAX)
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn take(&mut self, expected: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == expected).then_some(())
    }

    fn count(&self) -> u32 {
        u32::try_from(self.tokens.len()).unwrap_or(u32::MAX)
    }

    /// Adds a token, which is complete if nothing is in it.
    fn push(&mut self, kind: Kind, start: u32, end: u32) -> Option<usize> {
        let index = self.tokens.len();
        let after = self.count().checked_add(1)?;
        self.tokens.push(Token { kind, start, end, after });
        (index < MAX_TOKENS).then_some(index)
    }

    /// Ends the value or member that begins with this token.
    fn close(&mut self, index: usize) {
        let after = self.count();
        if let Some(token) = self.tokens.get_mut(index) {
            token.after = after;
        }
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let depth = depth.saturating_add(1);
        match self.rest.first()? {
            _ if depth > MAX_DEPTH => None,
            b'{' => self.container(Kind::Object, b'}', depth),
            b'[' => self.container(Kind::Array, b']', depth),
            b'"' => self.string(Kind::Text).map(|_| ()),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.name(),
        }
    }

    fn container(&mut self, kind: Kind, end: u8, depth: usize) -> Option<()> {
        let start = self.position();
        let index = self.push(kind, start, start)?;
        self.rest = self.rest.get(1..)?;
        self.skip_space();
        let mut is_first = true;
        while self.rest.first() != Some(&end) {
            if !is_first {
                self.take(b',')?;
                self.skip_space();
            }
            is_first = false;
            self.item(kind, depth)?;
            self.skip_space();
        }
        self.rest = self.rest.get(1..)?;
        let here = self.position();
        self.push(Kind::End, here, here)?;
        self.close(index);
        Some(())
    }

    fn item(&mut self, kind: Kind, depth: usize) -> Option<()> {
        if kind == Kind::Array {
            return self.value(depth);
        }
        let key = self.string(Kind::Key)?;
        self.skip_space();
        self.take(b':')?;
        self.skip_space();
        self.value(depth)?;
        self.close(key);
        Some(())
    }

    fn string(&mut self, kind: Kind) -> Option<usize> {
        let start = self.position();
        self.take(b'"')?;
        loop {
            let length = self.rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f))?;
            self.rest = self.rest.get(length..)?;
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return self.push(kind, start, self.position());
                }
                [b'\\', b'u', a, b, c, d, rest @ ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => {
                    self.rest = rest;
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest @ ..] => self.rest = rest,
                _ => return None,
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.rest = self.rest.get(length..)?;
        (length > 0).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.position();
        if let [b'-', rest @ ..] = self.rest {
            self.rest = rest;
        }
        match self.rest {
            [b'0', rest @ ..] => self.rest = rest,
            _ => self.digits()?,
        }
        if let [b'.', rest @ ..] = self.rest {
            self.rest = rest;
            self.digits()?;
        }
        if let [b'e' | b'E', rest @ ..] = self.rest {
            self.rest = match rest {
                [b'+' | b'-', rest @ ..] => rest,
                _ => rest,
            };
            self.digits()?;
        }
        self.push(Kind::Literal, start, self.position()).map(|_| ())
    }

    fn name(&mut self) -> Option<()> {
        let start = self.position();
        let name = [&b"true"[..], b"false", b"null"].into_iter().find(|name| self.rest.starts_with(name))?;
        self.rest = self.rest.get(name.len()..)?;
        self.push(Kind::Literal, start, self.position()).map(|_| ())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn takes_json_and_nothing_else() {
        for json in ["{}", "[]", " [1, -0.5e+3 ,true] ", "{\"a\":{\"b\":[null,\"\\u00e4\\\"\"]}}", "\"x\"", "0"] {
            assert!(Json::parse(json).is_some(), "{json}");
        }
        for other in ["", "{", "[1,]", "{\"a\"}", "{a:1}", "01", "1.", "\"\\x\"", "\"\u{1}\"", "nul", "1 2", "[1}"] {
            assert!(Json::parse(other).is_none(), "{other}");
        }
        assert!(Json::parse(&["[".repeat(100), "]".repeat(100)].concat()).is_some());
        assert!(Json::parse(&["[".repeat(101), "]".repeat(101)].concat()).is_none());
    }

    #[test]
    fn children_are_found() {
        let json = Json::parse("{\"a\":[1,{\"x\":2}],\"b\":3}").unwrap();
        let keys: Vec<&str> = json.children(0).map(|key| json.text_at(key)).collect();
        assert_eq!(keys, ["\"a\"", "\"b\""]);
        assert_eq!(json.children(2).count(), 2);
        assert!(!json.is_empty(2));
    }

    #[test]
    fn escapes_are_decoded() {
        let string = |text| Json::parse(text).and_then(|json| json.as_string());
        assert_eq!(string("\"\\u00e4\\ud83c\\udf89\\n\\/\"").as_deref(), Some("ä🎉\n/"));
        assert_eq!(characters("\"\\ud83cx\"").collect::<Vec<_>>(), [Err(0xd83c), Ok('x')]);
    }
}
