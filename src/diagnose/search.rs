//! The search: sets of changes in order of plausibility, each applied, hashed and compared.

use core::ops::ControlFlow;
use std::borrow::ToOwned;
use std::prelude::rust_2024::*;

use super::budget::Budget;
use super::change::{Change, Covers, Slot, cost};
use super::claim::Claim;
use super::digest::{Keyed, forms};
use super::reading::Reading;
use super::scheme::Recipe;
use super::secrets::Candidate;

/// The cost of a hash next to its bytes: the padding, and the second hash of an HMAC.
const PER_HASH: usize = 128;

/// All sets of changes that may explain one presented signature: at most one change of each slot, a secret and a recipe.
pub(super) struct Space<'s, 'a> {
    pub(super) slots: Vec<&'s Slot<'a>>,
    pub(super) candidates: &'s [Candidate],
    pub(super) recipes: &'s [Recipe],
    pub(super) claim: &'s Claim,
}

/// A set of changes after which the presented signature matches.
pub(super) struct Match<'s, 'a> {
    pub(super) changes: Vec<&'s Change<'a>>,
    pub(super) candidate: &'s Candidate,
    pub(super) recipe: &'s Recipe,
    /// The timestamp that was signed, if it was one of many guesses.
    pub(super) guess: Option<u64>,
    /// The index of the claim's reading that matches.
    pub(super) presented: usize,
    pub(super) reading: Reading<'a>,
}

/// The cheapest set of changes that explains the signature.
pub(super) fn search<'s, 'a>(space: &Space<'s, 'a>, start: &Reading<'a>, budget: &mut Budget) -> Option<Match<'s, 'a>> {
    let mut search = Search {
        space,
        most: 0,
        totals: Vec::new(),
        total: 0,
        changes: Vec::new(),
        covers_head: false,
        budget,
        found: None,
    };
    // Whatever the request itself suggests is tried in all sets before anything else, so that a long body is not hashed
    // for each usual change.
    for most in [cost::HINTED, cost::MOST] {
        (search.most, search.totals) = (most, totals(space, most));
        for total in 0..=cost::MOST {
            search.total = total;
            if search.visit(0, total, start).is_break() {
                return search.found;
            }
        }
    }
    None
}

/// For each slot, and for the end, the costs that it and the rest can add up to, as a set of bits; each change costs at
/// most so much.
fn totals(space: &Space<'_, '_>, most: u8) -> Vec<u32> {
    let bit = |cost: u8| 1_u32.checked_shl(cost.into()).unwrap_or_default();
    let ends = space
        .candidates
        .iter()
        .flat_map(|candidate| space.recipes.iter().map(move |recipe| candidate.cost.saturating_add(recipe.cost)));
    let mut sums = ends.fold(0, |sums, cost| sums | bit(cost));
    let mut totals = Vec::from([sums]);
    for slot in space.slots.iter().rev() {
        let costs = slot.changes().iter().map(|change| change.cost).filter(|cost| *cost <= most);
        sums = costs.fold(sums, |all, cost| all | sums.checked_shl(cost.into()).unwrap_or_default());
        totals.push(sums);
    }
    totals.reverse();
    totals
}

/// The index of the presented digest that matches, and the timestamp if it was guessed.
type Guess = (usize, Option<u64>);

/// The budget is used up.
struct Exhausted;

struct Search<'r, 's, 'a> {
    space: &'r Space<'s, 'a>,
    /// The most that a change may cost.
    most: u8,
    totals: Vec<u32>,
    /// The cost of the sets that are tried now.
    total: u8,
    /// The changes made so far.
    changes: Vec<&'s Change<'a>>,
    /// Whether one of them concerns method or URI.
    covers_head: bool,
    budget: &'r mut Budget,
    found: Option<Match<'s, 'a>>,
}

impl<'s, 'a> Search<'_, 's, 'a> {
    /// Whether the slots from this one on have a set of exactly this cost.
    fn has_total(&self, slot: usize, total: u8) -> bool {
        self.totals.get(slot).is_some_and(|totals| totals.checked_shr(total.into()).unwrap_or_default() & 1 == 1)
    }

    /// Tries all sets of exactly this cost of the slots from this one on. Breaks when a match is found or the budget is
    /// used up.
    fn visit(&mut self, slot: usize, left: u8, reading: &Reading<'a>) -> ControlFlow<()> {
        if !self.has_total(slot, left) {
            return ControlFlow::Continue(());
        }
        let Some(current) = self.space.slots.get(slot).copied() else { return self.compare(left, reading) };
        let next = slot.saturating_add(1);
        self.visit(next, left, reading)?;
        let most = self.most;
        for change in current.changes().iter().take_while(|change| change.cost <= most) {
            let Some(left) = left.checked_sub(change.cost) else { break };
            if self.has_total(next, left) {
                self.visit_changed(current, change, next, left, reading)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn visit_changed(
        &mut self,
        slot: &'s Slot<'a>,
        change: &'s Change<'a>,
        next: usize,
        left: u8,
        reading: &Reading<'a>,
    ) -> ControlFlow<()> {
        let Some(()) = self.budget.spend(reading.url.len()) else { return ControlFlow::Break(()) };
        let mut changed = reading.clone();
        if change.undo(&mut changed, self.budget).is_none() {
            return ControlFlow::Continue(());
        }
        let covered_head = self.covers_head;
        self.covers_head |= slot.covers == Covers::Head;
        self.changes.push(change);
        let flow = self.visit(next, left, &changed);
        self.changes.pop();
        self.covers_head = covered_head;
        flow
    }

    /// Compares one reading with the presented signature: by all secrets and recipes that cost what is left.
    fn compare(&mut self, left: u8, reading: &Reading<'a>) -> ControlFlow<()> {
        let is_suggested = self.changes.iter().all(|change| change.cost <= cost::HINTED);
        if is_suggested && self.most > cost::HINTED && left <= cost::HINTED {
            // It was tried at first.
            return ControlFlow::Continue(());
        }
        let uri = reading.url.join();
        for candidate in self.space.candidates {
            let Some(left) = left.checked_sub(candidate.cost) else { continue };
            let (changes, covers_head) = (self.total.saturating_sub(left), self.covers_head);
            for recipe in self.space.recipes.iter().filter(|recipe| recipe.cost == left) {
                // A change of method or URI makes no difference to a signature that does not cover them.
                let is_excluded = changes > recipe.most_changes || recipe.cost > self.most;
                if is_excluded || covers_head && !recipe.covers_head {
                    continue;
                }
                let Ok(found) = self.matches(candidate, recipe, &uri, reading) else {
                    return ControlFlow::Break(());
                };
                let Some((presented, guess)) = found else { continue };
                let changes = self.changes.clone();
                let reading = reading.to_owned();
                self.found = Some(Match { changes, candidate, recipe, guess, presented, reading });
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// The index of the presented digest that this makes, and the timestamp if it was guessed. An error if the budget
    /// is used up.
    fn matches(
        &mut self,
        candidate: &Candidate,
        recipe: &Recipe,
        uri: &str,
        reading: &Reading<'a>,
    ) -> Result<Option<Guess>, Exhausted> {
        let length = reading.body.len().saturating_add(PER_HASH);
        let (method, uri) = if recipe.covers_head { (&*reading.method, uri) } else { ("", "") };
        for (form, is_decoded) in forms(uri, recipe.is_hmac) {
            self.budget.spend(length.saturating_add(uri.len())).ok_or(Exhausted)?;
            let (secret, is_hmac) = (&candidate.secret, recipe.is_hmac);
            let keyed = if is_decoded {
                Keyed::new(secret, is_hmac, method, form.decoded(), reading)
            } else {
                Keyed::new(secret, is_hmac, method, form.as_received(), reading)
            };
            if let Some(found) = self.timestamps(recipe, &keyed)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Tries all timestamps of a recipe. An error if the budget is used up.
    fn timestamps(&mut self, recipe: &Recipe, keyed: &Keyed) -> Result<Option<Guess>, Exhausted> {
        let presented = || self.space.claim.readings.iter().map(|reading| &reading.digest);
        for (text, guess) in recipe.timestamps.texts() {
            self.budget.spend(PER_HASH).ok_or(Exhausted)?;
            self.budget.tried = self.budget.tried.saturating_add(1);
            if let Some(index) = keyed.find(&text, presented()) {
                return Ok(Some((index, guess)));
            }
        }
        Ok(None)
    }
}
