//! The same JSON written in other ways: what serialisers do differently is spaces, escapes, `\/` and the order of keys.
//!
//! Parsing is `serde_json`'s. Its `Value` is not used: that rounds numbers and, unless a feature is on that would change
//! the maps of everyone in the same build, sorts keys. Here numbers keep their text and keys their order.

use core::fmt;
use std::format;
use std::prelude::rust_2024::*;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// HubSpot nests two or three levels; each level is parsed by itself, so this also bounds the work.
const MAX_DEPTH: u8 = 24;

/// The orders of keys in the events of the Webhooks API, as HubSpot's documentation shows them.
const EVENT_KEYS: [&[&str]; 3] = [
    &[
        "eventId",
        "subscriptionId",
        "portalId",
        "appId",
        "occurredAt",
        "subscriptionType",
        "attemptNumber",
        "objectId",
        "propertyName",
        "propertyValue",
        "changeFlag",
        "changeSource",
        "sourceId",
    ],
    &[
        "eventId",
        "subscriptionId",
        "portalId",
        "occurredAt",
        "subscriptionType",
        "attemptNumber",
        "objectId",
        "changeSource",
        "changeFlag",
        "appId",
    ],
    &[
        "objectId",
        "propertyName",
        "propertyValue",
        "changeSource",
        "eventId",
        "subscriptionId",
        "portalId",
        "appId",
        "occurredAt",
        "subscriptionType",
        "eventType",
        "attemptNumber",
    ],
];

/// A value whose numbers keep their text and whose objects keep their order.
#[derive(Clone)]
pub(super) enum Json<'a> {
    /// A number, `true`, `false` or `null`, as it is written.
    Literal(&'a str),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'a> Json<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        Self::of(serde_json::from_str(text).ok()?, MAX_DEPTH)
    }

    fn of(raw: &'a RawValue, depth: u8) -> Option<Self> {
        let text = raw.get();
        let depth = depth.checked_sub(1)?;
        Some(match text.as_bytes().first()? {
            b'{' => {
                let members: Members<'a> = serde_json::from_str(text).ok()?;
                Self::Object(
                    members
                        .0
                        .into_iter()
                        .map(|(key, raw)| Some((key, Self::of(raw, depth)?)))
                        .collect::<Option<_>>()?,
                )
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::Array(items.into_iter().map(|raw| Self::of(raw, depth)).collect::<Option<_>>()?)
            }
            b'"' => Self::Text(serde_json::from_str(text).ok()?),
            _ => Self::Literal(text),
        })
    }

    /// Whether some object has three keys or more and all such objects have them in alphabetical order.
    pub(super) fn is_sorted(&self) -> bool {
        fn walk(json: &Json<'_>, seen: &mut bool) -> bool {
            match json {
                Json::Object(members) => {
                    *seen |= members.len() >= 3;
                    members.is_sorted_by(|(a, _), (b, _)| a <= b) && members.iter().all(|(_, value)| walk(value, seen))
                }
                Json::Array(items) => items.iter().all(|item| walk(item, seen)),
                Json::Literal(_) | Json::Text(_) => true,
            }
        }
        let mut seen = false;
        walk(self, &mut seen) && seen
    }

    /// Puts the keys of every object into an order, stably.
    fn order(&mut self, by: &impl Fn(&str, &str) -> core::cmp::Ordering) {
        match self {
            Self::Object(members) => {
                members.sort_by(|(a, _), (b, _)| by(a, b));
                for (_, value) in members {
                    value.order(by);
                }
            }
            Self::Array(items) => items.iter_mut().for_each(|item| item.order(by)),
            Self::Literal(_) | Self::Text(_) => {}
        }
    }

    /// Writes it, unless that takes more than `limit` bytes.
    fn write(&self, style: Style, limit: usize) -> Option<String> {
        let mut writer = Writer { out: String::new(), style, limit };
        writer.value(self, 0)?;
        Some(writer.out)
    }

    /// Whether the text is this value without spaces between its parts.
    pub(super) fn is_compact_in(&self, text: &str) -> bool {
        NonAscii::ALL.into_iter().any(|non_ascii| {
            [false, true].into_iter().any(|escape_slash| {
                let style = Style { spacing: Spacing::Compact, non_ascii, escape_slash };
                self.write(style, text.len()).is_some_and(|written| written == text)
            })
        })
    }

    /// The value written in every way that serialisers are known to write, each with words for it.
    pub(super) fn spellings(mut self, source: &str, limit: usize, mut take: impl FnMut(String, String)) {
        const SPACINGS: [Spacing; 5] = [
            Spacing::Compact,
            Spacing::Spaced,
            Spacing::Indented("  "),
            Spacing::Indented("    "),
            Spacing::Indented("\t"),
        ];
        // Escapes of what the source does not have would spell the same text again.
        let escapings = if source.is_ascii() && !source.contains("\\u") { 1 } else { NonAscii::ALL.len() };
        let slashings = if source.contains('/') { 2 } else { 1 };
        for spacing in SPACINGS {
            for non_ascii in NonAscii::ALL.into_iter().take(escapings) {
                for escape_slash in [false, true].into_iter().take(slashings) {
                    let style = Style { spacing, non_ascii, escape_slash };
                    if let Some(text) = self.write(style, limit) {
                        take(text, format!("{style}"));
                    }
                }
            }
        }
        let compact = Style { spacing: Spacing::Compact, non_ascii: NonAscii::Raw, escape_slash: false };
        let original = self.clone();
        self.order(&|a, b| a.cmp(b));
        if let Some(text) = self.write(compact, limit) {
            take(text, format!("{compact}, keys in alphabetical order"));
        }
        for keys in EVENT_KEYS {
            let rank = |key: &str| keys.iter().position(|known| *known == key).unwrap_or(keys.len());
            let mut json = original.clone();
            json.order(&|a, b| rank(a).cmp(&rank(b)));
            if let Some(text) = json.write(compact, limit) {
                take(text, format!("{compact}, keys in the order of HubSpot's events"));
            }
        }
    }
}

/// The members of an object in their order, doubled keys included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ordered;

        impl<'de> Visitor<'de> for Ordered {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Ordered)
    }
}

#[derive(Clone, Copy)]
struct Style {
    spacing: Spacing,
    non_ascii: NonAscii,
    escape_slash: bool,
}

#[derive(Clone, Copy)]
enum Spacing {
    Compact,
    Spaced,
    Indented(&'static str),
}

#[derive(Clone, Copy)]
enum NonAscii {
    Raw,
    LowerEscapes,
    UpperEscapes,
}

impl NonAscii {
    const ALL: [Self; 3] = [Self::Raw, Self::LowerEscapes, Self::UpperEscapes];
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spacing {
            Spacing::Compact => f.write_str("without spaces")?,
            Spacing::Spaced => f.write_str("with a space after each `,` and `:`")?,
            Spacing::Indented("\t") => f.write_str("indented by tabs")?,
            Spacing::Indented(indent) => write!(f, "indented by {} spaces", indent.len())?,
        }
        f.write_str(match self.non_ascii {
            NonAscii::Raw => ", non-ASCII characters as they are",
            NonAscii::LowerEscapes => ", non-ASCII characters as \\u escapes in lower case",
            NonAscii::UpperEscapes => ", non-ASCII characters as \\u escapes in upper case",
        })?;
        f.write_str(if self.escape_slash { ", `/` as `\\/`" } else { "" })
    }
}

struct Writer {
    out: String,
    style: Style,
    limit: usize,
}

impl Writer {
    /// `None` over the limit, in all these.
    fn put(&mut self, text: &str) -> Option<()> {
        self.out.push_str(text);
        (self.out.len() <= self.limit).then_some(())
    }

    fn value(&mut self, json: &Json<'_>, depth: usize) -> Option<()> {
        match json {
            Json::Literal(text) => self.put(text),
            Json::Text(text) => self.text(text),
            Json::Array(items) => {
                self.sequence(["[", "]"], items, depth, |writer, item, depth| writer.value(item, depth))
            }
            Json::Object(members) => self.sequence(["{", "}"], members, depth, |writer, (key, value), depth| {
                writer.text(key)?;
                writer.put(if matches!(writer.style.spacing, Spacing::Compact) { ":" } else { ": " })?;
                writer.value(value, depth)
            }),
        }
    }

    fn sequence<T>(
        &mut self,
        [open, close]: [&str; 2],
        items: &[T],
        depth: usize,
        each: impl Fn(&mut Self, &T, usize) -> Option<()>,
    ) -> Option<()> {
        let inner = depth.saturating_add(1);
        self.put(open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.put(if matches!(self.style.spacing, Spacing::Spaced) { ", " } else { "," })?;
            }
            self.line(inner)?;
            each(self, item, inner)?;
        }
        if !items.is_empty() {
            self.line(depth)?;
        }
        self.put(close)
    }

    fn line(&mut self, depth: usize) -> Option<()> {
        let Spacing::Indented(indent) = self.style.spacing else { return Some(()) };
        self.put("\n")?;
        (0..depth).try_for_each(|_| self.put(indent))
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.put("\"")?;
        for c in text.chars() {
            match c {
                '"' => self.put("\\\"")?,
                '\\' => self.put("\\\\")?,
                '\u{8}' => self.put("\\b")?,
                '\u{c}' => self.put("\\f")?,
                '\n' => self.put("\\n")?,
                '\r' => self.put("\\r")?,
                '\t' => self.put("\\t")?,
                '/' if self.style.escape_slash => self.put("\\/")?,
                c if c < ' ' || (!c.is_ascii() && !matches!(self.style.non_ascii, NonAscii::Raw)) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        let upper = matches!(self.style.non_ascii, NonAscii::UpperEscapes);
                        self.put(&if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") })?;
                    }
                }
                c => self.put(c.encode_utf8(&mut [0; 4]))?,
            }
        }
        self.put("\"")
    }
}
