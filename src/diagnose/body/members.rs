//! [`Edit`]: members and numbers that a serialiser added, dropped, moved or wrote differently.

use core::cmp::Ordering;
use std::borrow::Cow;
use std::format;
use std::prelude::rust_2024::*;

use super::json::{Json, Kind};

/// A change of the JSON that is more than its spelling.
#[derive(Clone)]
pub(super) enum Edit {
    None,
    /// The keys of every object in another order.
    Order(Order),
    /// Members left out, by their keys' tokens.
    Without(Vec<usize>),
    /// Members left out whose value is `null`.
    WithoutNulls,
    /// Members left out whose value is `null`, `""`, `[]` or `{}`.
    WithoutEmpties,
    /// Empty arrays as empty objects and the reverse, by their tokens.
    Exchanged(Vec<usize>),
    /// Whole numbers without `.0`.
    WithoutZero,
    /// Whole numbers with `.0`: all of them, or one.
    WithZero(Option<usize>),
    /// One literal by another.
    Literal(usize, String),
    /// Numbers in quotation marks.
    Quoted,
    /// Strings that are numbers, without quotation marks.
    Unquoted,
}

#[derive(Clone)]
pub(super) enum Order {
    Alphabetical,
    /// Short keys first, as databases store them.
    Length,
    /// As in this list, which has keys without quotation marks.
    Listed(Vec<String>),
}

impl Order {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        match self {
            Self::Alphabetical => a.cmp(b),
            Self::Length => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            Self::Listed(keys) => {
                let rank = |key: &str| keys.iter().position(|known| known == key).unwrap_or(keys.len());
                rank(a).cmp(&rank(b))
            }
        }
    }
}

pub(super) fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

fn is_whole(literal: &str) -> bool {
    let digits = literal.strip_prefix('-').unwrap_or(literal);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text in quotation marks would also be a number.
fn is_number(text: &str) -> bool {
    matches!(Json::parse(text), Some(json) if json.tokens().len() == 1)
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"-+.eE".contains(&byte))
}

impl Edit {
    /// The text of a number, `true`, `false` or `null`.
    pub(super) fn literal<'t>(&self, json: &Json<'t>, index: usize) -> Cow<'t, str> {
        let text = json.text_at(index);
        match self {
            Self::WithoutZero => {
                let whole = text.strip_suffix(".0").filter(|text| is_whole(text));
                Cow::Borrowed(whole.unwrap_or(text))
            }
            Self::WithZero(only) if is_whole(text) && only.is_none_or(|only| only == index) => {
                Cow::Owned(format!("{text}.0"))
            }
            Self::Literal(at, other) if *at == index => Cow::Owned(other.clone()),
            Self::Quoted if is_number(text) => Cow::Owned(format!("\"{text}\"")),
            _ => Cow::Borrowed(text),
        }
    }

    /// The number that a string is written as.
    pub(super) fn unquoted<'t>(&self, json: &Json<'t>, index: usize) -> Option<&'t str> {
        let Self::Unquoted = self else { return None };
        Some(unquoted(json.text_at(index))).filter(|text| is_number(text))
    }

    /// Whether it is written as an object or as an array.
    pub(super) fn container(&self, json: &Json<'_>, index: usize, kind: Kind) -> Kind {
        match (self, kind) {
            (Self::Exchanged(tokens), Kind::Array) if tokens.contains(&index) && json.is_empty(index) => Kind::Object,
            (Self::Exchanged(tokens), Kind::Object) if tokens.contains(&index) && json.is_empty(index) => Kind::Array,
            _ => kind,
        }
    }

    /// The members or items to write, in their order.
    pub(super) fn children(&self, json: &Json<'_>, index: usize) -> Vec<usize> {
        let mut children: Vec<usize> = json.children(index).collect();
        let is_object = json.token(index).is_some_and(|token| token.kind == Kind::Object);
        if !is_object {
            return children;
        }
        let value = |key: usize| key.saturating_add(1);
        match self {
            Self::Order(order) => {
                children.sort_by(|a, b| order.compare(unquoted(json.text_at(*a)), unquoted(json.text_at(*b))));
            }
            Self::Without(keys) => children.retain(|key| !keys.contains(key)),
            Self::WithoutNulls => children.retain(|key| json.text_at(value(*key)) != "null"),
            Self::WithoutEmpties => children.retain(|key| !is_nothing(json, value(*key))),
            _ => {}
        }
        children
    }
}

/// `null`, `""`, `[]` or `{}`.
pub(super) fn is_nothing(json: &Json<'_>, index: usize) -> bool {
    let Some(token) = json.token(index) else { return false };
    match token.kind {
        Kind::Object | Kind::Array => json.is_empty(index),
        _ => ["null", "\"\""].contains(&json.text(token)),
    }
}
