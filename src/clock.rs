//! Time: instants at microseconds, and the clock that is handed to whoever needs one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// An instant: microseconds since 1970-01-01 UTC, the precision both databases and the API keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The instant `by` later; stays at the last representable instant rather than wrapping.
    #[must_use]
    pub fn after(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(micros(by)))
    }

    /// The instant `by` earlier.
    #[must_use]
    pub fn before(self, by: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(micros(by)))
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// True when this and `other` are less than `span` apart, whichever is first. What is kept for a while is kept by this
    /// measure: a clock that was wrong and set back must not make it fresh for hours.
    #[must_use]
    pub fn is_near(self, other: Timestamp, span: Duration) -> bool {
        self.since(other).max(other.since(self)) < span
    }

    /// The same instant in `jiff`'s type, for calendars and time zones.
    #[must_use]
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with six decimals: `2026-07-03T18:04:05.000000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.to_jiff())
    }
}

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a time: write it as 2026-07-03T18:04:05Z, with Z or an offset")]
pub struct NotATime(pub String);

/// Reads RFC 3339 with zero to nine decimals and `Z` or an offset; what is finer than a microsecond is cut off.
impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Timestamp, NotATime> {
        text.parse::<jiff::Timestamp>()
            .map(|t| Timestamp(t.as_microsecond()))
            .map_err(|_| NotATime(text.chars().take(40).collect()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the time comes from. A test holds a clock that it moves by hand.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is moved.
    Manual(Arc<Hands>),
}

/// What a clock shows that is moved by hand.
#[derive(Debug)]
pub struct Hands {
    /// Microseconds since 1970.
    at: AtomicI64,
    /// Microseconds it was moved on.
    running: AtomicI64,
}

impl Clock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn manual(at: Timestamp) -> Clock {
        Clock::Manual(Arc::new(Hands { at: AtomicI64::new(at.0), running: AtomicI64::new(0) }))
    }

    /// The instant it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Clock::Manual(hands) => Timestamp(hands.at.load(Ordering::SeqCst)),
        }
    }

    /// How long it has been running: never goes back and never jumps, whatever is done to the machine's clock. For
    /// waiting and counting, not for writing down.
    #[must_use]
    pub fn running(&self) -> Duration {
        static STARTED: LazyLock<Instant> = LazyLock::new(Instant::now);
        match self {
            Clock::System => STARTED.elapsed(),
            Clock::Manual(hands) => {
                Duration::from_micros(u64::try_from(hands.running.load(Ordering::SeqCst)).unwrap_or_default())
            }
        }
    }

    /// Moves a manual clock on; the machine's clock does as it likes.
    pub fn advance(&self, by: Duration) {
        if let Clock::Manual(hands) = self {
            hands.at.fetch_add(micros(by), Ordering::SeqCst);
            hands.running.fetch_add(micros(by), Ordering::SeqCst);
        }
    }

    /// Has a manual clock show another time, as somebody does who corrects it: nothing passes meanwhile.
    pub fn set(&self, to: Timestamp) {
        if let Clock::Manual(hands) = self {
            hands.at.store(to.0, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_six_decimals_and_read_with_any() {
        let time: Timestamp = "2023-06-26T00:49:06.883535123Z".parse().expect("nine decimals");
        assert_eq!(time.to_string(), "2023-06-26T00:49:06.883535Z");
        let whole: Timestamp = "2023-06-26T02:49:06+02:00".parse().expect("an offset");
        assert_eq!(whole.to_string(), "2023-06-26T00:49:06.000000Z");
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    #[test]
    fn instants_are_near_whichever_is_first() {
        let (early, late, second) = (Timestamp(0), Timestamp(999_999), Duration::from_secs(1));
        assert!(early.is_near(late, second) && late.is_near(early, second));
        assert!(!Timestamp(-1).is_near(late, second) && !late.is_near(Timestamp(-1), second));
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(Timestamp(1_000_000));
        clock.advance(Duration::from_secs(2));
        assert_eq!(clock.now(), Timestamp(3_000_000));
        clock.set(Timestamp(5));
        assert_eq!((clock.now(), clock.running()), (Timestamp(5), Duration::from_secs(2)));
    }
}
