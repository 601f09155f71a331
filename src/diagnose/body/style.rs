//! [`Style`]: the ways in which serialisers write the same JSON.

use core::fmt;
use std::format;
use std::prelude::rust_2024::*;

use super::json::{Json, Kind, characters};
use super::members::Edit;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    Compact,
    /// `{"a": 1, "b": [1, 2]}`
    Spaced,
    /// `{"a":1, "b":[1, 2]}`
    AfterComma,
    /// One member or item a line.
    Indented(&'static str),
    /// One member a line, `"a" : 1`, arrays in one line: Jackson.
    Jackson,
    /// One member a line, arrays in one line.
    Members(&'static str),
}

/// The characters that are written as `\u` escapes although JSON does not demand it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaped {
    Nothing,
    /// All that is not ASCII, in lower case and in upper case.
    Lower,
    Upper,
    /// `<`, `>`, `&`, U+2028 and U+2029: Go.
    Html,
    /// Those and `=` and `'`: Gson.
    Gson,
    /// All that is not ASCII, and `"`, `&`, `'`, `+`, `<`, `>`, `` ` ``: System.Text.Json.
    DotNet,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) spacing: Spacing,
    pub(super) escaped: Escaped,
    /// `/` as `\/`.
    pub(super) slash: bool,
}

impl Style {
    /// As HubSpot writes.
    pub(super) const HUBSPOT: Self = Self { spacing: Spacing::Compact, escaped: Escaped::Nothing, slash: false };
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spacing {
            Spacing::Compact => f.write_str("without spaces")?,
            Spacing::Spaced => f.write_str("with a space after each `,` and `:`")?,
            Spacing::AfterComma => f.write_str("with a space after each `,`")?,
            Spacing::Indented("\t") => f.write_str("indented by tabs")?,
            Spacing::Indented(indent) => write!(f, "indented by {} spaces", indent.len())?,
            Spacing::Jackson => f.write_str("indented as Jackson does")?,
            Spacing::Members(_) => f.write_str("with each member on its own line")?,
        }
        f.write_str(match self.escaped {
            Escaped::Nothing => ", non-ASCII characters as they are",
            Escaped::Lower => ", non-ASCII characters as \\u escapes in lower case",
            Escaped::Upper => ", non-ASCII characters as \\u escapes in upper case",
            Escaped::Html => ", `<`, `>` and `&` as \\u escapes",
            Escaped::Gson => ", `<`, `>`, `&`, `=` and `'` as \\u escapes",
            Escaped::DotNet => ", non-ASCII characters and those special in HTML as \\u escapes",
        })?;
        f.write_str(if self.slash { ", `/` as `\\/`" } else { "" })
    }
}

/// Writes the text in a style, with an edit of its members or numbers. `None` if it is longer than the limit.
pub(super) fn write(json: &Json<'_>, style: Style, edit: &Edit, limit: usize) -> Option<String> {
    let mut writer = Writer { json, out: String::new(), style, edit, limit };
    writer.value(0, 0)?;
    Some(writer.out)
}

struct Writer<'w, 't> {
    json: &'w Json<'t>,
    out: String,
    style: Style,
    edit: &'w Edit,
    limit: usize,
}

impl Writer<'_, '_> {
    /// `None` over the limit.
    fn put(&mut self, text: &str) -> Option<()> {
        self.out.push_str(text);
        (self.out.len() <= self.limit).then_some(())
    }

    /// Writes the value that begins at this token.
    fn value(&mut self, index: usize, depth: usize) -> Option<()> {
        let token = self.json.token(index)?;
        match token.kind {
            Kind::Literal => self.put(&self.edit.literal(self.json, index)),
            Kind::Text | Kind::Key | Kind::End => match self.edit.unquoted(self.json, index) {
                Some(number) => self.put(number),
                None => self.text(self.json.text(token)),
            },
            Kind::Object | Kind::Array => self.container(token.kind, index, depth),
        }
    }

    fn container(&mut self, kind: Kind, index: usize, depth: usize) -> Option<()> {
        let kind = self.edit.container(self.json, index, kind);
        let [open, close] = if kind == Kind::Object { ["{", "}"] } else { ["[", "]"] };
        self.put(open)?;
        let children = self.edit.children(self.json, index);
        let is_lines = match self.style.spacing {
            Spacing::Indented(_) => true,
            Spacing::Jackson | Spacing::Members(_) => kind == Kind::Object,
            Spacing::Compact | Spacing::Spaced | Spacing::AfterComma => false,
        };
        let inner = if is_lines { depth.saturating_add(1) } else { depth };
        let is_padded = self.style.spacing == Spacing::Jackson && !is_lines;
        for (position, child) in children.iter().enumerate() {
            self.separator(position, is_lines)?;
            self.line(is_lines, inner)?;
            self.put(if is_padded && position == 0 { " " } else { "" })?;
            self.child(kind, *child, inner)?;
        }
        if children.is_empty() {
            self.put(if self.style.spacing == Spacing::Jackson { " " } else { "" })?;
        } else {
            self.line(is_lines, depth)?;
            self.put(if is_padded { " " } else { "" })?;
        }
        self.put(close)
    }

    fn separator(&mut self, position: usize, is_lines: bool) -> Option<()> {
        let is_spaced = self.style.spacing != Spacing::Compact && !is_lines;
        match position {
            0 => Some(()),
            _ => self.put(if is_spaced { ", " } else { "," }),
        }
    }

    fn child(&mut self, kind: Kind, index: usize, depth: usize) -> Option<()> {
        if kind == Kind::Array || self.json.token(index)?.kind != Kind::Key {
            return self.value(index, depth);
        }
        self.text(self.json.text_at(index))?;
        self.put(match self.style.spacing {
            Spacing::Compact | Spacing::AfterComma => ":",
            Spacing::Jackson => " : ",
            Spacing::Spaced | Spacing::Indented(_) | Spacing::Members(_) => ": ",
        })?;
        self.value(index.saturating_add(1), depth)
    }

    fn line(&mut self, is_lines: bool, depth: usize) -> Option<()> {
        let indent = match self.style.spacing {
            Spacing::Indented(indent) | Spacing::Members(indent) => indent,
            _ => "  ",
        };
        if !is_lines {
            return Some(());
        }
        self.put("\n")?;
        (0..depth).try_for_each(|_| self.put(indent))
    }

    /// Writes a string.
    fn text(&mut self, text: &str) -> Option<()> {
        let is_plain = |byte: u8| byte.is_ascii() && byte != b'\\' && !is_special(byte, self.style);
        let is_raw = |byte: u8| is_plain(byte) || !byte.is_ascii() && !self.style.escapes_non_ascii();
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
        if inner.bytes().all(is_raw) && !self.style.escapes_separators(inner) {
            return self.put(text);
        }
        self.put("\"")?;
        for c in characters(text) {
            match c {
                Ok(c) => self.character(c)?,
                Err(unit) => self.escape(unit)?,
            }
        }
        self.put("\"")
    }

    fn character(&mut self, c: char) -> Option<()> {
        let is_escaped = match c {
            '"' => return self.put(if self.style.escaped == Escaped::DotNet { "\\u0022" } else { "\\\"" }),
            '\\' => return self.put("\\\\"),
            '\u{8}' => return self.put("\\b"),
            '\u{c}' => return self.put("\\f"),
            '\n' => return self.put("\\n"),
            '\r' => return self.put("\\r"),
            '\t' => return self.put("\\t"),
            '/' if self.style.slash => return self.put("\\/"),
            '\u{2028}' | '\u{2029}' => self.style.escaped != Escaped::Nothing,
            c if c.is_ascii() => c < ' ' || is_special(c as u8, self.style),
            _ => self.style.escapes_non_ascii(),
        };
        if !is_escaped {
            return self.put(c.encode_utf8(&mut [0; 4]));
        }
        c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| self.escape(*unit))
    }

    fn escape(&mut self, unit: u16) -> Option<()> {
        let is_upper = matches!(self.style.escaped, Escaped::Upper | Escaped::DotNet);
        self.put(&if is_upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") })
    }
}

/// Whether an ASCII character is escaped in this style although JSON does not demand it.
fn is_special(byte: u8, style: Style) -> bool {
    let special: &[u8] = match style.escaped {
        Escaped::Nothing | Escaped::Lower | Escaped::Upper => b"",
        Escaped::Html => b"<>&",
        Escaped::Gson => b"<>&='",
        Escaped::DotNet => b"<>&'+`",
    };
    special.contains(&byte) || byte == b'/' && style.slash
}

impl Style {
    const fn escapes_non_ascii(self) -> bool {
        matches!(self.escaped, Escaped::Lower | Escaped::Upper | Escaped::DotNet)
    }

    /// Whether the line separators of Unicode, which are no ends of lines in JSON, have to be looked for.
    fn escapes_separators(self, text: &str) -> bool {
        matches!(self.escaped, Escaped::Html | Escaped::Gson) && text.contains(['\u{2028}', '\u{2029}'])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn written(spacing: Spacing, escaped: Escaped, slash: bool) -> String {
        let json = Json::parse("{\"a\" :[1, 2 ],\"b\":{},\"c\":\"<\\u00e4/\\n'\"}").unwrap();
        write(&json, Style { spacing, escaped, slash }, &Edit::None, 1000).unwrap()
    }

    #[test]
    fn styles() {
        use Escaped::*;
        assert_eq!(written(Spacing::Compact, Nothing, false), "{\"a\":[1,2],\"b\":{},\"c\":\"<ä/\\n'\"}");
        assert_eq!(written(Spacing::Spaced, Lower, true), "{\"a\": [1, 2], \"b\": {}, \"c\": \"<\\u00e4\\/\\n'\"}");
        assert_eq!(written(Spacing::AfterComma, Html, false), "{\"a\":[1, 2], \"b\":{}, \"c\":\"\\u003cä/\\n'\"}");
        assert_eq!(written(Spacing::Compact, Gson, false), "{\"a\":[1,2],\"b\":{},\"c\":\"\\u003cä/\\n\\u0027\"}");
        assert_eq!(
            written(Spacing::Compact, DotNet, false),
            "{\"a\":[1,2],\"b\":{},\"c\":\"\\u003C\\u00E4/\\n\\u0027\"}"
        );
        assert_eq!(
            written(Spacing::Indented("  "), Nothing, false),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": \"<ä/\\n'\"\n}"
        );
        assert_eq!(
            written(Spacing::Jackson, Nothing, false),
            "{\n  \"a\" : [ 1, 2 ],\n  \"b\" : { },\n  \"c\" : \"<ä/\\n'\"\n}"
        );
        assert_eq!(
            written(Spacing::Members("  "), Nothing, false),
            "{\n  \"a\": [1, 2],\n  \"b\": {},\n  \"c\": \"<ä/\\n'\"\n}"
        );
    }
}
