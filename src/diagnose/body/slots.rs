//! All slots of the body, in the order in which their changes are undone.

use std::prelude::rust_2024::*;

use super::super::change::{Covers, Slot, cost};
use super::super::hints::Headers;
use super::super::reading::Reading;
use super::{edges, encodings, printed, rewriting, shape};

/// Longer bodies are taken as they are, and no rewriting makes a body longer than this.
pub(crate) const MAX_REWRITTEN: usize = 5 << 20;

/// The slots for the body of a reading as received.
pub(crate) fn slots<'a>(reading: &Reading<'a>, headers: &Headers<'_>) -> Vec<Slot<'a>> {
    let body: &[u8] = &reading.body;
    let mut changes = Vec::from([shape::suspicions(body, &reading.method, headers)]);
    if body.len() <= MAX_REWRITTEN {
        let mut wrapped = encodings::changes(body, headers);
        wrapped.extend(printed::changes(body));
        let is_wrapped = wrapped.iter().any(|change| change.cost <= cost::HINTED);
        let inner = if is_wrapped { encodings::inner() } else { Vec::new() };
        changes.extend([
            wrapped,
            inner,
            rewriting::changes(body, is_wrapped),
            edges::changes(body, &reading.method, is_wrapped),
        ]);
    }
    changes.into_iter().map(|changes| Slot::new(Covers::Body, changes)).collect()
}
