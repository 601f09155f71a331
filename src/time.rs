//! [`UnixTime`] in milliseconds, the text of HubSpot's timestamp header, and how a duration is shown.

use core::fmt;
use core::time::Duration;

/// A point in time: milliseconds since 1970-01-01T00:00:00 UTC, the unit of `X-HubSpot-Request-Timestamp`.
///
/// A type of its own, so that seconds cannot be passed for milliseconds by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Makes a time from milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Makes a time from whole seconds since the Unix epoch. Times beyond the range become the last one in it.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Reads the system clock. A clock set before 1970 reads as the epoch, at which nothing is fresh.
    ///
    /// Does not exist on `wasm32-unknown-unknown`, where the standard library has no clock: pass the host's time there.
    #[cfg(all(feature = "std", not(all(target_family = "wasm", target_os = "unknown"))))]
    #[cfg_attr(docsrs, doc(cfg(feature = "std")))]
    #[must_use]
    pub fn now() -> Self {
        std::time::SystemTime::now().into()
    }

    /// Returns the milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub(crate) const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn from_digits(digits: &Digits) -> Self {
        // Cannot wrap: 13 digits are below 2^44.
        let add = |millis: u64, byte: &u8| millis.wrapping_mul(10).wrapping_add(u64::from(byte & 0x0f));
        Self(digits.iter().fold(0, add))
    }

    /// The same time later by `duration`, to the millisecond, or the last one in range.
    pub(crate) fn saturating_add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
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
/// Such numbers span the years 2001 to 2286. With fewer or more digits, some could move between the timestamp and the end
/// of the body or URI without changing what is signed (docs/PROTOCOL.md §5.2: a time in the year 2340 is never too old).
pub(crate) type Digits = [u8; 13];

/// Reads the text of a timestamp header.
pub(crate) fn digits(text: &[u8]) -> Option<&Digits> {
    text.try_into()
        .ok()
        .filter(|digits: &&Digits| digits.iter().all(u8::is_ascii_digit) && digits.first() != Some(&b'0'))
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
}

/// A duration in the units a person would use. What they leave out is said as "more than", so that an age just
/// beyond a limit does not read like the limit.
pub(crate) struct Span(pub(crate) Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        const DAY: u64 = 24 * HOUR;
        const ENDLESS: u64 = 99_999 * DAY;
        let seconds = self.0.as_secs();
        let (number, unit, lesser, lesser_unit, left_out) = match seconds {
            0 => return write!(f, "{} ms", self.0.as_millis()),
            1..MINUTE => (seconds, "s", 0, "", 0),
            MINUTE..HOUR => (seconds / MINUTE, "min", seconds % MINUTE, "s", 0),
            HOUR..DAY => (seconds / HOUR, "h", seconds % HOUR / MINUTE, "min", seconds % MINUTE),
            DAY..ENDLESS => (seconds / DAY, "day", 0, "", seconds % DAY),
            // Longer numbers would only make the sentence long.
            _ => (ENDLESS / DAY, "day", 0, "", seconds.saturating_sub(ENDLESS)),
        };
        if left_out > 0 || self.0.subsec_nanos() > 0 {
            f.write_str("more than ")?;
        }
        let plural = if number > 1 && unit == "day" { "s" } else { "" };
        write!(f, "{number} {unit}{plural}")?;
        match lesser {
            0 => Ok(()),
            _ => write!(f, " {lesser} {lesser_unit}"),
        }
    }
}
