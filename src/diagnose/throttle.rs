//! [`Throttle`]: at most so many diagnoses in each interval.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

use crate::UnixTime;

/// Says whether one more diagnosis may run: at most so many in each interval.
///
/// A diagnosis costs thousands of times what verifying costs, so whoever can reach the endpoint could make the server run
/// nothing else. Ask a throttle first. It is one atomic number: no lock, no allocation, and a `static` holds it.
///
/// ```
/// use core::time::Duration;
/// use hubspot_signature::diagnose::Throttle;
/// use hubspot_signature::UnixTime;
///
/// static THROTTLE: Throttle = Throttle::new(3, Duration::from_secs(60));
///
/// let now = UnixTime::from_secs(1_700_000_000);
/// assert_eq!([(); 5].map(|()| THROTTLE.allow(now)), [true, true, true, false, false]);
/// assert!(THROTTLE.allow(UnixTime::from_secs(1_700_000_060)));
/// ```
///
/// Intervals are counted from the Unix epoch, so two neighbouring ones together may allow twice the number within one
/// interval's time.
#[derive(Debug)]
pub struct Throttle {
    at_most: u16,
    interval_millis: u64,
    /// The interval that is counted in the upper 48 bits, how many were allowed in it in the lower 16.
    state: AtomicU64,
}

impl Throttle {
    /// At most `at_most` in each interval. An interval shorter than a millisecond counts as one.
    #[must_use]
    pub const fn new(at_most: u16, interval: Duration) -> Self {
        // Whole milliseconds that fit: an interval longer than the Unix time so far is as good as endless.
        let millis = interval.as_secs().saturating_mul(1000).saturating_add(interval.subsec_millis() as u64);
        let interval_millis = if millis == 0 { 1 } else { millis };
        Self { at_most, interval_millis, state: AtomicU64::new(0) }
    }

    /// Whether one more may run now; if so, it is counted.
    #[must_use = "a diagnosis is to be made only if this is true"]
    pub fn allow(&self, now: UnixTime) -> bool {
        let interval = now.as_millis().checked_div(self.interval_millis).unwrap_or(0) & (u64::MAX >> 16);
        self.state
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| {
                let (counted, allowed) = (state >> 16, state & 0xffff);
                // Threads that read the clock on either side of a boundary must not reset each other's count, so only
                // a later interval, or a clock that was set back by more than one, starts a new one.
                let is_current = counted == interval || counted == interval.saturating_add(1);
                let (counted, allowed) = if is_current { (counted, allowed) } else { (interval, 0) };
                (allowed < u64::from(self.at_most)).then(|| (counted << 16) | allowed.saturating_add(1))
            })
            .is_ok()
    }
}
