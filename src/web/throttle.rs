//! Rate limits in bounded memory.
//!
//! Keys are hashed into a fixed number of slots under a secret that each start draws afresh, so that nobody fills the
//! memory with addresses, and nobody can choose an address that shares a slot with somebody else's.

use super::problem::Problem;
use crate::clock::Clock;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::{BuildHasher, Hash, RandomState};
use std::num::NonZeroU32;

/// Two keys share a slot once in so many pairs; all slots taken are ten megabytes.
const SLOTS: u64 = 1 << 18;

/// Our clock, as the limiter wants to see it: one that jumped and was set back would have everybody wait for hours.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl GovernorClock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.running().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// So many a minute for each key.
pub(in crate::web) struct Throttle {
    limiter: RateLimiter<u64, DashMapStateStore<u64>, Ticks, NoOpMiddleware<Nanos>>,
    clock: Ticks,
    slots: RandomState,
}

impl Throttle {
    /// `per_minute` at once, and again as many over each minute.
    pub(in crate::web) fn per_minute(per_minute: u32, clock: Clock) -> Throttle {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).expect("a limit lets something through"));
        let clock = Ticks(clock);
        Throttle {
            limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()),
            clock,
            slots: RandomState::new(),
        }
    }

    /// Counts one more for `key`.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(in crate::web) fn count(&self, key: impl Hash) -> Result<(), Problem> {
        let slot = self.slots.hash_one(key) % SLOTS;
        self.limiter.check_key(&slot).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::too_many(wait.as_secs().saturating_add(1))
        })
    }
}

/// Puts a refusal by a limit among the metrics.
pub(in crate::web) fn counted(limit: &'static str, outcome: Result<(), Problem>) -> Result<(), Problem> {
    outcome.inspect_err(|_| metrics::counter!("polsband_throttled_total", "limit" => limit).increment(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use std::time::Duration;

    #[test]
    fn a_key_waits_for_its_turn_and_nobody_else_does() {
        let clock = Clock::manual(Timestamp(1_750_000_000_000_000));
        let throttle = Throttle::per_minute(2, clock.clone());
        assert!(throttle.count("a").is_ok());
        assert!(throttle.count("a").is_ok());
        assert!(throttle.count("a").is_err());
        assert!(throttle.count("b").is_ok());
        clock.advance(Duration::from_secs(31));
        assert!(throttle.count("a").is_ok());
        assert!(throttle.count("a").is_err());
    }

    #[test]
    fn a_clock_that_jumps_lets_nobody_wait_longer_or_shorter() {
        let start = Timestamp(1_750_000_000_000_000);
        let clock = Clock::manual(start.after(Duration::from_secs(10_800)));
        let throttle = Throttle::per_minute(2, clock.clone());
        throttle.count("a").unwrap();
        throttle.count("a").unwrap();
        for shown in [start, start.after(Duration::from_secs(86_400))] {
            clock.set(shown);
            assert_eq!(throttle.count("a").unwrap_err().to_json()["retry_after_seconds"], 31);
        }
        clock.advance(Duration::from_secs(30));
        throttle.count("a").unwrap();
    }
}
