//! [`Change`]: one thing that may have happened to a request on its way, and how to undo it.

use std::borrow::Cow;
use std::boxed::Box;
use std::prelude::rust_2024::*;

use super::budget::Budget;
use super::cause::Cause;
use super::fault::Fault;
use super::reading::Reading;

/// How far a change is from certain. The search adds the costs of a set of changes and tries cheap sets first.
pub(super) mod cost {
    /// Nothing can match without it.
    pub(crate) const FREE: u8 = 0;
    /// The request itself suggests it.
    pub(crate) const HINTED: u8 = 1;
    /// It is usual.
    pub(crate) const USUAL: u8 = 2;
    /// It is known to happen.
    pub(crate) const KNOWN: u8 = 3;
    /// One guess of many.
    pub(crate) const GUESS: u8 = 4;
    /// One guess of very many.
    pub(crate) const FAR: u8 = 5;
    /// The search ends after sets of this cost.
    pub(crate) const MOST: u8 = 6;
}

/// Undoes a change in a reading. `None` if it does not apply, or if the budget does not allow it.
type Undo<'a> = Box<dyn Fn(&mut Reading<'a>, &mut Budget) -> Option<()> + 'a>;

/// A change: its cause, its evidence, how plausible it is, and how to undo it.
///
/// A proof is a set of changes after which a signature matches. A suspicion is a change that the request suggests and
/// that no signature proved. So each sentence of evidence is written once.
pub(super) struct Change<'a> {
    pub(super) fault: Fault,
    pub(super) cost: u8,
    /// Whether the request suggests it so strongly that it is reported without a proof.
    pub(super) is_suspected: bool,
    undo: Option<Undo<'a>>,
}

impl<'a> Change<'a> {
    pub(super) fn new(
        cause: Cause,
        evidence: impl Into<Cow<'static, str>>,
        cost: u8,
        undo: impl Fn(&mut Reading<'a>, &mut Budget) -> Option<()> + 'a,
    ) -> Self {
        Self { fault: Fault::new(cause, evidence), cost, is_suspected: false, undo: Some(Box::new(undo)) }
    }

    /// A change that the request suggests and that cannot be undone.
    pub(super) fn suspicion(cause: Cause, evidence: impl Into<Cow<'static, str>>) -> Self {
        Self { fault: Fault::new(cause, evidence), cost: u8::MAX, is_suspected: true, undo: None }
    }

    /// Reported even without a proof.
    pub(super) const fn suspected(mut self) -> Self {
        self.is_suspected = true;
        self
    }

    pub(super) const fn suspected_if(mut self, suspected: bool) -> Self {
        self.is_suspected = suspected;
        self
    }

    pub(super) fn fixed_by(mut self, fix: impl Into<Cow<'static, str>>) -> Self {
        self.fault = self.fault.fixed_by(fix);
        self
    }

    pub(super) fn undo(&self, reading: &mut Reading<'a>, budget: &mut Budget) -> Option<()> {
        self.undo.as_ref().and_then(|undo| undo(reading, budget))
    }
}

/// Changes that exclude each other, the most plausible first.
pub(super) struct Slot<'a> {
    pub(super) covers: Covers,
    changes: Vec<Change<'a>>,
}

/// The part of the signed text that a slot's changes concern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Covers {
    /// Method or URI, which v1 does not sign.
    Head,
    Body,
}

impl<'a> Slot<'a> {
    pub(super) fn new(covers: Covers, mut changes: Vec<Change<'a>>) -> Self {
        changes.sort_by_key(|change| change.cost);
        Self { covers, changes }
    }

    pub(super) fn changes(&self) -> &[Change<'a>] {
        &self.changes
    }
}
