//! JSON that was parsed and written again.

use std::format;
use std::prelude::rust_2024::*;

use super::super::cause::Cause;
use super::super::change::{Change, cost};
use super::json::{Json, Kind};
use super::members::{Edit, Order, unquoted};
use super::slots::MAX_REWRITTEN;
use super::style::{Escaped, Spacing, Style, write};
use super::{members, numbers};

/// Longer bodies are only written in other styles; members and numbers stay as they are.
const MAX_EDITED: usize = 128 << 10;
/// Of so many members of a kind, each set is left out or exchanged.
const MAX_SETS: usize = 5;
/// At most so many members are left out one by one.
const MAX_SINGLE: usize = 16;
/// Of so many different keys, each order is tried.
const MAX_PERMUTED: usize = 6;

const SPACINGS: [Spacing; 9] = [
    Spacing::Compact,
    Spacing::Spaced,
    Spacing::Indented("  "),
    Spacing::Indented("    "),
    Spacing::Indented("\t"),
    Spacing::AfterComma,
    Spacing::Jackson,
    Spacing::Members("  "),
    Spacing::Members("    "),
];
const ESCAPES: [Escaped; 6] =
    [Escaped::Nothing, Escaped::Lower, Escaped::Upper, Escaped::Html, Escaped::Gson, Escaped::DotNet];

/// The orders of keys in what HubSpot sends, as its documentation shows it: events of the Webhooks API, workflow actions.
const ORDERS: [&[&str]; 4] = [
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
    &[
        "callbackId",
        "origin",
        "portalId",
        "actionDefinitionId",
        "actionDefinitionVersion",
        "context",
        "source",
        "workflowId",
        "object",
        "objectId",
        "properties",
        "objectType",
        "fields",
        "inputFields",
    ],
];

/// The habits of the writer that the received JSON shows.
#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "independent marks")]
struct Marks {
    is_json: bool,
    has_spaces: bool,
    has_unicode_escapes: bool,
    has_slash_escapes: bool,
    has_zeros: bool,
    is_sorted: bool,
}

/// `is_wrapped` says that the JSON may only show after another change of the body.
pub(super) fn changes<'a>(body: &[u8], is_wrapped: bool) -> Vec<Change<'a>> {
    let text = core::str::from_utf8(body).unwrap_or_default();
    let text = text.trim_start_matches('\u{feff}').trim_ascii();
    let json = Json::parse(text);
    let mut changes = Vec::new();
    let marks = json.as_ref().map(|json| marks(json, text)).unwrap_or_default();
    if !marks.is_json && !is_wrapped {
        return changes;
    }
    styles(marks, text, &mut changes);
    let is_small = text.len() <= MAX_EDITED;
    if let Some(json) = json.filter(|_| is_small) {
        orders(&json, marks, &mut changes);
        left_out(&json, &mut changes);
        exchanged(&json, &mut changes);
        numbers_of(&json, marks, &mut changes);
    }
    changes
}

fn marks(json: &Json<'_>, text: &str) -> Marks {
    let length = |token: &super::json::Token| json.text(*token).len();
    // The tokens, and the marks between them: brackets, and for each value but the last of its kind a comma or a colon.
    let mut dense = 0_usize;
    for (index, token) in json.tokens().iter().enumerate() {
        let next = json.token(index.saturating_add(1)).map(|token| token.kind);
        let is_value_end = !matches!(token.kind, Kind::Object | Kind::Array | Kind::Key);
        let separator = token.kind == Kind::Key || is_value_end && next.is_some_and(|kind| kind != Kind::End);
        let bracket = matches!(token.kind, Kind::Object | Kind::Array | Kind::End);
        let marks = usize::from(separator).saturating_add(usize::from(bracket));
        dense = dense.saturating_add(length(token)).saturating_add(marks);
    }
    let is_zero = |text: &str| text.ends_with(".0");
    let is_literal = |token: &&super::json::Token| token.kind == Kind::Literal;
    Marks {
        is_json: matches!(json.token(0), Some(token) if matches!(token.kind, Kind::Object | Kind::Array)),
        has_spaces: text.len() > dense,
        has_unicode_escapes: text.contains("\\u"),
        has_slash_escapes: text.contains("\\/"),
        has_zeros: json.tokens().iter().filter(is_literal).any(|token| is_zero(json.text(*token))),
        is_sorted: is_sorted(json),
    }
}

/// Whether some object has three keys or more and all such objects have them in alphabetical order.
fn is_sorted(json: &Json<'_>) -> bool {
    let mut has_many = false;
    for (index, token) in json.tokens().iter().enumerate() {
        if token.kind != Kind::Object {
            continue;
        }
        let keys = json.children(index).map(|key| json.text_at(key));
        if !keys.is_sorted() {
            return false;
        }
        has_many |= json.children(index).take(3).count() == 3;
    }
    has_many
}

impl Marks {
    /// The difference from how HubSpot writes.
    fn evidence(self) -> Option<&'static str> {
        Some(match self {
            Self { has_spaces: true, .. } => "the JSON has white space between its parts, and HubSpot's has none",
            Self { has_unicode_escapes: true, .. } => "the JSON has \\u escapes, and HubSpot's has the characters",
            Self { has_slash_escapes: true, .. } => "the JSON has `\\/`, and HubSpot's has `/`",
            _ => return None,
        })
    }
}

/// The JSON in a style, with an edit.
fn rewritten<'a>(evidence: String, cost: u8, style: Style, edit: Edit) -> Change<'a> {
    // An edit by tokens is of the body as received.
    let is_by_token =
        matches!(edit, Edit::Without(_) | Edit::Exchanged(_) | Edit::Literal(..) | Edit::WithZero(Some(_)));
    Change::new(Cause::BodyReserialised, evidence, cost, move |reading, budget| {
        if is_by_token && matches!(*reading.body, std::borrow::Cow::Owned(_)) {
            return None;
        }
        let is_container = matches!(reading.body.trim_ascii_start().first(), Some(b'{' | b'['));
        budget.spend(if is_container { reading.body.len() } else { 0 })?;
        let text = core::str::from_utf8(&reading.body).ok()?;
        let json = Json::parse(text)?;
        let written = write(&json, style, &edit, MAX_REWRITTEN)?;
        budget.spend(written.len())?;
        // White space around it alone is another change.
        (written != text.trim_ascii()).then(|| reading.set_body(written.into_bytes()))
    })
}

fn styles(marks: Marks, text: &str, changes: &mut Vec<Change<'_>>) {
    let evidence = marks.evidence();
    // Escapes of characters that the text does not have would write the same again.
    let has_unicode = !marks.is_json || !text.is_ascii() || marks.has_unicode_escapes;
    let has_special = !marks.is_json || marks.has_unicode_escapes || text.contains(['<', '>', '&', '\'', '=', '+']);
    let has_slash = !marks.is_json || text.contains('/');
    for spacing in SPACINGS {
        for escaped in ESCAPES {
            let is_pointless = match escaped {
                Escaped::Nothing => false,
                Escaped::Lower | Escaped::Upper => !has_unicode,
                Escaped::Html | Escaped::Gson | Escaped::DotNet => !has_special && !has_unicode,
            };
            for slash in [false, true].into_iter().take(if has_slash { 2 } else { 1 }) {
                let style = Style { spacing, escaped, slash };
                if !is_pointless {
                    changes.push(styled(style, evidence));
                }
            }
        }
    }
}

fn styled<'a>(style: Style, received: Option<&'static str>) -> Change<'a> {
    let Some(received) = received.filter(|_| style == Style::HUBSPOT) else {
        let changed = [style.spacing != Spacing::Compact, style.escaped != Escaped::Nothing, style.slash];
        let usual = if received.is_some() { cost::USUAL } else { cost::KNOWN };
        let cost = match changed.into_iter().filter(|changed| *changed).count() {
            0 => cost::HINTED,
            1 => usual,
            2 => cost::KNOWN,
            _ => cost::GUESS,
        };
        return rewritten(format!("the signed body is the same JSON {style}"), cost, style, Edit::None);
    };
    rewritten(received.into(), cost::HINTED, style, Edit::None).suspected()
}

fn edited<'a>(evidence: impl Into<String>, cost: u8, edit: Edit) -> Change<'a> {
    rewritten(evidence.into(), cost, Style::HUBSPOT, edit)
}

fn orders(json: &Json<'_>, marks: Marks, changes: &mut Vec<Change<'_>>) {
    let (usual, guess) = if marks.is_sorted { (cost::USUAL, cost::KNOWN) } else { (cost::KNOWN, cost::GUESS) };
    for keys in ORDERS {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let evidence = if marks.is_sorted {
            "the keys are in alphabetical order, and the signed body has the order of HubSpot's documentation"
        } else {
            "the signed body has its keys in the order of HubSpot's documentation"
        };
        let is_action = keys.first().is_some_and(|key| key == "callbackId");
        let order = Edit::Order(Order::Listed(keys));
        if is_action && is_moved_action(json, &order) {
            let evidence = "the keys of a workflow action are not in the order of HubSpot's documentation";
            changes.push(edited(evidence, cost::HINTED, order).suspected());
        } else {
            changes.push(edited(evidence, usual, order));
        }
    }
    for (order, name) in [(Order::Alphabetical, "alphabetical order"), (Order::Length, "the order of their lengths")] {
        let evidence = format!("the signed body has its keys in {name}");
        changes.push(edited(evidence.clone(), cost::KNOWN, Edit::Order(order.clone())));
        let spaced = Style { spacing: Spacing::Spaced, ..Style::HUBSPOT };
        changes.push(rewritten(evidence, cost::GUESS, spaced, Edit::Order(order)));
    }
    if marks.is_sorted {
        let evidence = "the keys are in alphabetical order, which HubSpot's are not";
        changes.push(Change::suspicion(Cause::BodyReserialised, evidence));
    }
    let mut keys: Vec<String> = Vec::new();
    for token in json.tokens().iter().filter(|token| token.kind == Kind::Key) {
        let key = unquoted(json.text(*token));
        if keys.len() <= MAX_PERMUTED && keys.iter().all(|known| known != key) {
            keys.push(key.into());
        }
    }
    if (2..=MAX_PERMUTED).contains(&keys.len()) {
        keys.sort_unstable();
        permutations(keys, |order| {
            let evidence = format!("the signed body has its keys in the order {}", order.join(", "));
            changes.push(edited(evidence, guess, Edit::Order(Order::Listed(order.to_vec()))));
        });
    }
}

/// Whether this is a workflow's action with its keys in another order than the documented one.
fn is_moved_action(json: &Json<'_>, order: &Edit) -> bool {
    let has_key = |name: &str| json.children(0).any(|key| json.text_at(key) == name);
    let written = |edit: &Edit| write(json, Style::HUBSPOT, edit, MAX_EDITED);
    has_key("\"callbackId\"") && has_key("\"origin\"") && written(order) != written(&Edit::None)
}

/// Every order of the items, which must be sorted.
fn permutations(mut items: Vec<String>, mut each: impl FnMut(&[String])) {
    loop {
        each(&items);
        let Some(pivot) = items.windows(2).rposition(|pair| pair.first() < pair.last()) else { return };
        let Some(greater) = items.iter().rposition(|item| Some(item) > items.get(pivot)) else { return };
        items.swap(pivot, greater);
        if let Some(tail) = items.get_mut(pivot.saturating_add(1)..) {
            tail.reverse();
        }
    }
}

/// Every set of the items, but the empty one.
fn sets(items: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let count = 1_usize.checked_shl(u32::try_from(items.len()).unwrap_or(u32::MAX)).unwrap_or_default();
    (1..count).map(|set| {
        let chosen = items.iter().enumerate().filter(|(index, _)| (set >> *index) & 1 == 1);
        chosen.map(|(_, item)| *item).collect()
    })
}

/// Members that a serialiser added.
fn left_out(json: &Json<'_>, changes: &mut Vec<Change<'_>>) {
    let keys = json.tokens().iter().enumerate().filter(|(_, token)| token.kind == Kind::Key).map(|(index, _)| index);
    let nulls: Vec<usize> = keys.filter(|key| members::is_nothing(json, key.saturating_add(1))).take(64).collect();
    if !nulls.is_empty() {
        let evidence = "the body has members with the value `null` that the signed one lacks";
        changes.push(edited(evidence, cost::USUAL, Edit::WithoutNulls));
        let evidence = "the body has members without a value (`null`, `\"\"`, `[]`, `{}`) that the signed one lacks";
        changes.push(edited(evidence, cost::KNOWN, Edit::WithoutEmpties));
    }
    let name = |key: usize| json.text_at(key).chars().take(60).collect::<String>();
    if nulls.len() <= MAX_SETS {
        for set in sets(&nulls) {
            let names: Vec<String> = set.iter().map(|key| name(*key)).collect();
            let evidence = format!("the signed body lacks the members {}", names.join(", "));
            changes.push(edited(evidence, cost::KNOWN, Edit::Without(set)));
        }
    } else {
        for key in nulls.iter().take(MAX_SINGLE) {
            let evidence = format!("the signed body lacks the member {}", name(*key));
            changes.push(edited(evidence, cost::KNOWN, Edit::Without([*key].into())));
        }
    }
    // Of an object, or of each in an array of them.
    let top: Vec<usize> = json.children(0).take(64).collect();
    if !json.token(0).is_some_and(|token| token.kind == Kind::Object) {
        return;
    }
    for key in top.iter().take(MAX_SINGLE).chain(top.iter().rev().take(1)) {
        let evidence = format!("the signed body lacks the member {}", name(*key));
        changes.push(edited(evidence, cost::KNOWN, Edit::Without([*key].into())));
    }
    for count in 2..=4 {
        let Some(last) = top.len().checked_sub(count).and_then(|rest| top.get(rest..)) else { break };
        let evidence = format!("the signed body lacks the last {count} members");
        changes.push(edited(evidence, cost::GUESS, Edit::Without(last.to_vec())));
    }
}

/// Empty objects that PHP and others write as empty arrays, and the reverse.
fn exchanged(json: &Json<'_>, changes: &mut Vec<Change<'_>>) {
    for (kind, evidence) in [
        (Kind::Array, "the body has `[]` where the signed one has `{}`"),
        (Kind::Object, "the body has `{}` where the signed one has `[]`"),
    ] {
        let tokens = json.tokens().iter().enumerate().filter(|(_, token)| token.kind == kind).map(|(index, _)| index);
        let empty: Vec<usize> = tokens.filter(|index| json.is_empty(*index)).take(64).collect();
        if empty.is_empty() {
            continue;
        }
        changes.push(edited(evidence, cost::USUAL, Edit::Exchanged(empty.clone())));
        if empty.len() <= MAX_SETS {
            changes.extend(sets(&empty).map(|set| edited(evidence, cost::KNOWN, Edit::Exchanged(set))));
        } else {
            let single = empty.iter().take(MAX_SINGLE).map(|index| [*index].into());
            changes.extend(single.map(|set| edited(evidence, cost::KNOWN, Edit::Exchanged(set))));
        }
    }
}

fn numbers_of(json: &Json<'_>, marks: Marks, changes: &mut Vec<Change<'_>>) {
    if marks.has_zeros {
        let evidence = "the body has whole numbers with `.0`, and the signed one has them without";
        changes.push(edited(evidence, cost::HINTED, Edit::WithoutZero).suspected());
    }
    let evidence = "the signed body has whole numbers with `.0`";
    changes.push(edited(evidence, cost::GUESS, Edit::WithZero(None)));
    changes.push(edited("the signed body has its numbers in quotation marks", cost::KNOWN, Edit::Quoted));
    let evidence = "the body has numbers in quotation marks, and the signed one has them without";
    changes.push(edited(evidence, cost::KNOWN, Edit::Unquoted));
    let literals = json.tokens().iter().enumerate().filter(|(_, token)| token.kind == Kind::Literal);
    let literals: Vec<usize> = literals.map(|(index, _)| index).take(MAX_SINGLE).collect();
    for index in literals {
        let text = json.text_at(index);
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let evidence = format!("the signed body has {text}.0 where this one has {text}");
            changes.push(edited(evidence, cost::GUESS, Edit::WithZero(Some(index))));
        }
        if !numbers::is_rounded(text) {
            continue;
        }
        let evidence = format!("the body has {text}, to which a double rounds other numbers");
        changes.push(Change::suspicion(Cause::BodyReserialised, evidence));
        for other in numbers::neighbours(text) {
            let evidence = format!("the signed body has {other} where this one has {text}: a double was rounded");
            changes.push(edited(evidence, cost::GUESS, Edit::Literal(index, other)));
        }
    }
}
