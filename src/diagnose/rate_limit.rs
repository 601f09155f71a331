//! [`RateLimit`]: bounds how many refused requests are explained.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::UnixTime;

const INTERVAL_MILLIS: u64 = 60_000;
/// So many minutes have different numbers: enough for 31 years.
const INTERVALS: u64 = 1 << 24;

/// Bounds how many requests are explained in a minute, because anyone can send requests that are refused.
///
/// The hooks [`to_stderr`] and [`report_to`] of the tower layer explain at most three requests a minute that have a
/// signature, and three that have none. Without these hooks, call [`allow`](Self::allow) before each diagnosis. A limit
/// takes no lock, and threads can share a `static` one:
///
/// ```
/// use hubspot_signature::UnixTime;
/// use hubspot_signature::diagnose::RateLimit;
///
/// static EXPLAINED: RateLimit = RateLimit::per_minute(3);
///
/// fn refused(now: UnixTime) -> &'static str {
///     if EXPLAINED.allow(now) { "explained" } else { "only counted" }
/// }
///
/// let (noon, a_minute) = (1_700_049_600_000, 60_000);
/// let answers = [0, 1, 2, 3, 59_999, a_minute].map(|millis| refused(UnixTime::from_millis(noon + millis)));
/// assert_eq!(answers, ["explained", "explained", "explained", "only counted", "only counted", "explained"]);
/// ```
///
/// A minute begins when the clock's minute begins. So twice as many can be allowed within a few seconds, just before
/// and just after that.
///
/// [`to_stderr`]: super::Diagnostician::to_stderr
/// [`report_to`]: super::Diagnostician::report_to
#[derive(Debug)]
pub struct RateLimit {
    at_most: u8,
    /// The upper 24 bits hold the number of the minute, and the lower 8 bits how many were allowed in it. 32 bits in
    /// all, because some machines have no atomic numbers of 64 bits.
    state: AtomicU32,
}

impl RateLimit {
    /// Allows at most this many in a minute; 0 allows none. Three are enough to see what is wrong.
    #[must_use]
    pub const fn per_minute(at_most: u8) -> Self {
        Self { at_most, state: AtomicU32::new(0) }
    }

    /// Returns whether one more is allowed at this time. If so, counts it.
    #[must_use]
    pub fn allow(&self, now: UnixTime) -> bool {
        let number = |interval: u64| u32::try_from(interval % INTERVALS).unwrap_or_default();
        let interval = now.as_millis() / INTERVAL_MILLIS;
        let (interval, next) = (number(interval), number(interval.saturating_add(1)));
        let count = |state: u32| {
            let (counted, allowed) = (state >> 8, state & 0xff);
            // Threads that read the clock on either side of a boundary must not reset each other's count, so only a
            // later interval, or a clock that was set back by more than one, starts a new one.
            let is_current = counted == interval || counted == next;
            let (counted, allowed) = if is_current { (counted, allowed) } else { (interval, 0) };
            (allowed < u32::from(self.at_most)).then(|| (counted << 8) | allowed.saturating_add(1))
        };
        self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use core::sync::atomic::AtomicUsize;
    use std::thread;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn so_many_an_interval() {
        let limit = RateLimit::per_minute(3);
        let allowed = |millis| (0..10).filter(|_| limit.allow(UnixTime::from_millis(millis))).count();
        assert_eq!(allowed(1_700_000_040_000), 3);
        assert_eq!(allowed(1_700_000_099_999), 0);
        assert_eq!(allowed(1_700_000_100_000), 3);
        // A clock that goes back a little does not start a new count.
        assert_eq!(allowed(1_700_000_099_999), 0);
        assert_eq!(allowed(1_600_000_000_000), 3);
    }

    #[test]
    fn none_and_the_most() {
        for at_most in [0, 1, u8::MAX] {
            let limit = RateLimit::per_minute(at_most);
            // The number of a minute begins again in between, in the year 2033.
            for minute in [0, 1, INTERVALS - 1, INTERVALS, 2 * INTERVALS + 7, u64::MAX / INTERVAL_MILLIS] {
                let now = UnixTime::from_millis(minute * INTERVAL_MILLIS);
                assert_eq!((0..300).filter(|_| limit.allow(now)).count(), usize::from(at_most), "{minute}");
            }
        }
    }

    /// Each round has a limit of its own, which two threads ask at the same moment. The longer they ask, the surer is one
    /// to come in between the other's reading and writing.
    #[test]
    fn threads_share_one_count() {
        let limits: Vec<RateLimit> = [3, u8::MAX].repeat(10_000).into_iter().map(RateLimit::per_minute).collect();
        let arrived = AtomicUsize::new(0);
        let ask = || {
            let allowed = |(round, limit): (usize, &RateLimit)| {
                arrived.fetch_add(1, Ordering::SeqCst);
                let both = || arrived.load(Ordering::SeqCst) >= 2 * (round + 1);
                // At the same moment, if each thread has a processor.
                while !(0..200).any(|_| both()) {
                    thread::yield_now();
                }
                (0..=limit.at_most).filter(|_| limit.allow(UnixTime::from_secs(1_700_000_000))).count()
            };
            limits.iter().enumerate().map(allowed).collect::<Vec<_>>()
        };
        let [first, second] =
            thread::scope(|scope| [(); 2].map(|()| scope.spawn(ask)).map(|thread| thread.join().unwrap()));
        for (limit, (first, second)) in limits.iter().zip(first.iter().zip(second)) {
            assert_eq!(first + second, usize::from(limit.at_most));
        }
    }
}
