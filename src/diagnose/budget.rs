//! [`Budget`]: the work that one diagnosis may do.

/// The cost of a step next to the bytes that it reads or writes.
const STEP: u64 = 64;

/// The work of one diagnosis, counted in bytes: those that are hashed, and those that are read or written to make what is
/// hashed, with a constant for each step. Every loop takes from it, so the time is bounded whatever the request holds.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    spent: u64,
    exhausted: bool,
    /// How many readings of the request were compared with a signature.
    pub(super) tried: u64,
}

impl Budget {
    pub(super) const fn new(limit: u64) -> Self {
        Self { left: limit, spent: 0, exhausted: false, tried: 0 }
    }

    /// Takes the cost of a step over so many bytes. `None` if not enough is left; then nothing is left.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        let cost = (bytes as u64).saturating_add(STEP);
        let Some(left) = self.left.checked_sub(cost) else {
            self.left = 0;
            self.exhausted = true;
            return None;
        };
        self.left = left;
        self.spent = self.spent.saturating_add(cost);
        Some(())
    }

    /// Takes the cost of something that can be left out: `None`, and nothing is taken, if less than a quarter of what is
    /// left pays for it.
    pub(super) fn afford(&mut self, bytes: usize) -> Option<()> {
        if (bytes as u64).saturating_mul(4) > self.left {
            self.exhausted = true;
            return None;
        }
        self.spend(bytes)
    }

    /// Divides off what is left, or three quarters of it if more is to come; [`join`](Self::join) counts what was done
    /// with it.
    pub(super) const fn share(&self, is_last: bool) -> Self {
        Self::new(if is_last { self.left } else { self.left.saturating_sub(self.left / 4) })
    }

    pub(super) const fn join(&mut self, share: &Self) {
        self.left = self.left.saturating_sub(share.spent);
        self.spent = self.spent.saturating_add(share.spent);
        self.tried = self.tried.saturating_add(share.tried);
        self.exhausted |= share.exhausted;
    }

    pub(super) const fn spent(&self) -> u64 {
        self.spent
    }

    pub(super) const fn is_exhausted(&self) -> bool {
        self.exhausted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three quarters are for the first of two signatures. If they do not suffice, the search is not complete.
    #[test]
    fn a_share_is_counted_in_the_whole() {
        let mut whole = Budget::new(4000);
        let mut share = whole.share(false);
        assert_eq!(share.spend(3000 - 64), Some(()));
        assert_eq!(share.spend(0), None);
        share.tried = 7;
        whole.join(&share);
        assert_eq!((whole.spent(), whole.tried, whole.is_exhausted()), (3000, 7, true));
        assert_eq!(whole.share(true).spend(1000 - 64), Some(()));
        assert_eq!(whole.spend(1000 - 63), None);
    }
}
