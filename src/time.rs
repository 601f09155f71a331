//! [`UnixTime`] in milliseconds, the text of HubSpot's timestamp header, and the judgement of its age.

use core::fmt;
use core::time::Duration;

use crate::Error;

/// A point in time: milliseconds since 1970-01-01T00:00:00 UTC, the unit of `X-HubSpot-Request-Timestamp`.
///
/// A type of its own, so that seconds cannot be passed for milliseconds by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the Unix epoch; times beyond the range are the last one in it.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// The system clock. A clock set before 1970 reads as the epoch, at which nothing is fresh.
    #[cfg(feature = "std")]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn now() -> Self {
        std::time::SystemTime::now().into()
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn from_digits(digits: &Digits) -> Self {
        // Wrapping is out of reach: 13 digits are below 2^44.
        let add = |millis: u64, byte: &u8| millis.wrapping_mul(10).wrapping_add(u64::from(byte & 0x0f));
        Self(digits.iter().fold(0, add))
    }

    /// The decimal digits, as they are signed.
    pub(crate) fn decimal(self) -> Decimal {
        let mut decimal = Decimal { digits: [0; 20], start: 20 };
        let mut rest = self.0;
        for digit in decimal.digits.iter_mut().rev() {
            *digit = b'0' | (rest % 10) as u8; // a remainder of ten fits
            decimal.start = decimal.start.saturating_sub(1);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        decimal
    }
}

#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
impl From<std::time::SystemTime> for UnixTime {
    /// Fractions of a millisecond are dropped; times before 1970 are the epoch.
    fn from(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// The text of a timestamp header, which is what is signed: 13 ASCII digits, the first of them not `0`.
///
/// Such numbers span 2001 to 2286. Fewer or more digits would let some move between the end of the body (or URI) and
/// the timestamp without changing what is signed (docs/PROTOCOL.md §5.2: a time in the year 2340 is never too old).
pub(crate) type Digits = [u8; 13];

pub(crate) fn digits(text: &[u8]) -> Result<&Digits, Error> {
    match text.try_into() {
        Ok(digits) if text.iter().all(u8::is_ascii_digit) && !text.starts_with(b"0") => Ok(digits),
        _ => Err(Error::MalformedTimestamp { length: text.len() }),
    }
}

/// The decimal text of a [`UnixTime`], without an allocation.
#[derive(Clone)]
pub(crate) struct Decimal {
    /// Right-aligned; 20 digits hold every `u64`.
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }

    pub(crate) fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// How far from now a signed time may lie.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    pub(crate) max_age: Duration,
    pub(crate) max_clock_skew: Duration,
}

impl Freshness {
    /// Both limits are inclusive: an age of exactly `max_age` passes.
    pub(crate) fn check(&self, timestamp: UnixTime, now: UnixTime) -> Result<(), Error> {
        let Self { max_age, max_clock_skew } = *self;
        if now.saturating_since(timestamp) > max_age {
            return Err(Error::TimestampTooOld { timestamp, now, max_age });
        }
        if timestamp.saturating_since(now) > max_clock_skew {
            return Err(Error::TimestampInFuture { timestamp, now, max_clock_skew });
        }
        Ok(())
    }
}
