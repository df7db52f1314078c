//! What happens to many at once is said to the log once and then seldom, with how many they were.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the log hears of what lasts.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// When something was last said, and how often it has happened since.
pub(in crate::web) struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    /// Nothing was said yet.
    pub(in crate::web) const fn new() -> Seldom {
        Seldom(Mutex::new((None, 0)))
    }

    /// Once more. How often it happened since it was last said, when it is time to say it again.
    pub(in crate::web) fn happens(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, times) = &mut *state;
        *times += 1;
        if said.is_some_and(|said| said.elapsed() < SAID_EVERY) {
            return None;
        }
        *said = Some(Instant::now());
        Some(std::mem::take(times))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_and_those_right_after_are_counted() {
        let seldom = Seldom::new();
        assert_eq!(seldom.happens(), Some(1));
        assert_eq!([seldom.happens(), seldom.happens()], [None, None]);
        seldom.0.lock().unwrap().0 = Instant::now().checked_sub(SAID_EVERY);
        assert_eq!(seldom.happens(), Some(3));
    }
}
