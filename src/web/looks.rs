//! Looks at the pages of payments: counted for the payment where there is one, so that those who wait for theirs behind one
//! address, as on a festival's own network, lock nobody out. An id that nobody has been answered for counts for whoever asks.

use super::problem::Problem;
use super::throttle::{Throttle, counted};
use crate::clock::Clock;
use crate::providers::OrderId;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Looks a minute at one payment: a page that waits looks every three seconds, and may be open twice.
const LOOKS_PER_MINUTE: u32 = 40;
/// Most payments that are known at a time, in about a megabyte; when there are more, all are to be met again.
const KNOWN_MAX: usize = 1 << 15;

/// Counts looks.
pub(in crate::web) struct Looks {
    known: Mutex<HashSet<OrderId>>,
    limit: Throttle,
}

impl Looks {
    pub(in crate::web) fn new(clock: Clock) -> Looks {
        Looks { known: Mutex::default(), limit: Throttle::per_minute(LOOKS_PER_MINUTE, clock) }
    }

    /// Remembers that there is a payment.
    pub(in crate::web) fn know(&self, order: OrderId) {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX && !known.contains(&order) {
            known.clear();
        }
        known.insert(order);
    }

    /// Counts a look at a payment; `None` where it is not known whether there is one.
    pub(in crate::web) fn count(&self, order: OrderId) -> Option<Result<(), Problem>> {
        let is_known = self.known().contains(&order);
        is_known.then(|| counted("look", self.limit.count(order)))
    }

    fn known(&self) -> MutexGuard<'_, HashSet<OrderId>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
