//! The methods that may have been signed.

use std::borrow::Cow;
use std::format;
use std::prelude::rust_2024::*;

use super::cause::Cause;
use super::change::{Change, Covers, Slot, cost};
use super::hints::Headers;
use super::text::shown;

const METHODS: [&str; 5] = ["POST", "GET", "PUT", "PATCH", "DELETE"];
/// No method is longer.
const MAX_LENGTH: usize = 32;

pub(super) fn changes<'a>(received: &'a str, headers: &Headers<'_>) -> Slot<'a> {
    let mut changes = Vec::new();
    let upper = received.to_ascii_uppercase();
    let set = |cause, evidence: String, cost, method: String| {
        Change::new(cause, evidence, cost, move |reading, _| {
            reading.method = Cow::Owned(method.clone());
            Some(())
        })
    };
    if received.len() <= MAX_LENGTH && upper != received {
        let evidence = format!("the method is {}", shown(received));
        changes.push(set(Cause::MethodCase, evidence, cost::FREE, upper.clone()).suspected());
    }
    let mut hints = headers.methods();
    hints.retain(|hint| hint.value != upper);
    for hint in &hints {
        let evidence = format!("the method is {}, and {} says {}", shown(received), hint.source, hint.value);
        changes.push(set(Cause::MethodAssumed, evidence, cost::HINTED, hint.value.clone()).suspected());
    }
    for method in METHODS {
        if method != upper && hints.iter().all(|hint| hint.value != method) {
            let evidence = format!("the method is {}, and the signed one is {method}", shown(received));
            changes.push(set(Cause::MethodAssumed, evidence, cost::KNOWN, method.into()));
        }
    }
    Slot::new(Covers::Head, changes)
}
