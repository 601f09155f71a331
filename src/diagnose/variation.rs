//! [`Variation`], one way to read a part of the request, and [`Variations`], a bounded list of them without doubles.

use core::hash::{BuildHasher, Hash};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::prelude::rust_2024::*;

use super::cause::Step;

/// How many readings of one part are kept, and how many bytes they take together: what bounds the work beside hashing.
const MAX_COUNT: usize = 6000;
const MAX_BYTES: usize = 8 << 20;

/// One way to read a part of the request.
pub(super) struct Variation<T> {
    pub(super) value: T,
    /// What differs from the part as received.
    pub(super) steps: Vec<Step>,
    pub(super) weight: Weight,
    /// Whether it is looked at together with a change of another part. So is whatever has no weight.
    pub(super) pairs: bool,
}

/// How far a reading is from what was received. The search tries lighter ones first, and sums above `DOUBLE` not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight(pub(super) u8);

impl Weight {
    /// As received, or mended without a doubt.
    pub(super) const NONE: Self = Self(0);
    /// One change.
    pub(super) const SINGLE: Self = Self(1);
    /// Two changes.
    pub(super) const DOUBLE: Self = Self(2);
    /// A guess among thousands, tried last and by itself.
    pub(super) const LAST: Self = Self(3);
}

/// The readings of one part, each value once: the first, which is the lightest, wins.
pub(super) struct Variations<T> {
    list: Vec<Variation<T>>,
    seen: HashSet<u64>,
    hasher: RandomState,
    bytes: usize,
}

impl<T: AsRef<[u8]>> Variations<T> {
    pub(super) fn new(as_received: T) -> Self {
        let mut new = Self { list: Vec::new(), seen: HashSet::new(), hasher: RandomState::new(), bytes: 0 };
        let first = Variation { value: as_received, steps: Vec::new(), weight: Weight::NONE, pairs: true };
        new.seen.insert(new.hash(first.value.as_ref()));
        new.list.push(first);
        new
    }

    fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }

    pub(super) fn push(&mut self, variation: Variation<T>) {
        let bytes = self.bytes.saturating_add(variation.value.as_ref().len());
        if self.list.len() < MAX_COUNT && bytes <= MAX_BYTES && self.seen.insert(self.hash(variation.value.as_ref())) {
            self.bytes = bytes;
            self.list.push(variation);
        }
    }

    /// A single change of one step.
    pub(super) fn single(&mut self, value: T, step: Step) {
        self.push(Variation { value, steps: [step].into(), weight: Weight::SINGLE, pairs: true });
    }

    pub(super) fn into_list(self) -> Vec<Variation<T>> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use std::{vec, vec::Vec};

    use super::super::cause::Cause;
    use super::*;

    fn of(values: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
        let mut all = Variations::new(vec![]);
        values.into_iter().for_each(|value| all.single(value, Step::new(Cause::BodyLost, "")));
        all.into_list().into_iter().map(|variation| variation.value).collect()
    }

    #[test]
    fn each_value_comes_once() {
        assert_eq!(of([b"a".into(), vec![], b"b".into(), b"a".into()]), [&b""[..], b"a", b"b"]);
    }

    #[test]
    fn so_many_and_so_large_together() {
        assert_eq!(of((0..9000_u16).map(|n| n.to_le_bytes().into())).len(), MAX_COUNT);
        let megabytes = of((0..20).map(|n| vec![n; 1 << 20]));
        assert_eq!(megabytes.iter().map(Vec::len).sum::<usize>(), MAX_BYTES);
        // What is too large leaves room for what is not.
        assert_eq!(of([vec![0; MAX_BYTES + 1], b"a".into()]), [&b""[..], b"a"]);
    }
}
