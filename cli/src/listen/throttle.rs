//! [`Throttle`]: at most 5 in 10 seconds, which is as much as a person reads. Anyone can send requests that are refused.

use std::sync::Mutex;
use std::time::{Duration, Instant};

const AT_MOST: u32 = 5;
const EACH: Duration = Duration::from_secs(10);

/// Counts what it allowed since the interval began.
pub(super) struct Throttle(Mutex<(Instant, u32)>);

impl Throttle {
    pub(super) fn new() -> Self {
        Self(Mutex::new((Instant::now(), 0)))
    }

    /// Whether one more may be; if so, it is counted.
    pub(super) fn allow(&self) -> bool {
        self.allow_at(Instant::now())
    }

    fn allow_at(&self, now: Instant) -> bool {
        let Ok(mut state) = self.0.lock() else { return false };
        let (since, count) = *state;
        *state = if now.saturating_duration_since(since) >= EACH { (now, 1) } else { (since, count.saturating_add(1)) };
        state.1 <= AT_MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_in_ten_seconds() {
        let throttle = Throttle::new();
        let now = Instant::now();
        assert_eq!([(); 7].map(|()| throttle.allow_at(now)), [true, true, true, true, true, false, false]);
        assert!(!throttle.allow_at(now + Duration::from_millis(9_900)));
        assert!(throttle.allow_at(now + Duration::from_millis(10_100)));
    }
}
