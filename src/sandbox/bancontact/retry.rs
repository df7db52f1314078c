//! Whether and when a callback is sent again.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::callback::CallbackState;
use std::time::Duration;

/// How long it keeps trying.
const TRIES_FOR: Duration = Duration::from_hours(24);
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// Where a callback goes after an answer, or none.
pub(super) fn after_answer(
    status: Option<u16>,
    tries_before: usize,
    began_at: Timestamp,
    now: Timestamp,
) -> CallbackState {
    match status {
        Some(200) => CallbackState::Accepted,
        None | Some(429 | 500 | 503 | 504 | 509) => {
            let doublings = u32::try_from(tries_before).unwrap_or(u32::MAX).min(16);
            let at = now.after((FIRST_PAUSE * 2u32.pow(doublings)).min(PAUSE_MAX));
            if at.since(began_at) <= TRIES_FOR {
                CallbackState::Waiting { at }
            } else {
                CallbackState::GivenUp
            }
        }
        Some(_) => CallbackState::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documented_answers_are_tried_again() {
        let now = Timestamp(0);
        for status in [None, Some(429), Some(500), Some(503), Some(504), Some(509)] {
            let after = after_answer(status, 0, now, now);
            assert_eq!(after, CallbackState::Waiting { at: now.after(Duration::from_secs(2)) }, "{status:?}");
        }
        for status in [201, 202, 204, 301, 400, 401, 403, 404, 422, 502] {
            assert_eq!(after_answer(Some(status), 0, now, now), CallbackState::Refused, "{status}");
        }
        assert_eq!(after_answer(Some(200), 0, now, now), CallbackState::Accepted);
    }

    #[test]
    fn it_is_tried_for_a_day_with_growing_pauses_and_then_given_up() {
        let (began, mut now, mut tries) = (Timestamp(0), Timestamp(0), 0);
        let mut pause = Duration::ZERO;
        while let CallbackState::Waiting { at } = after_answer(None, tries, began, now) {
            assert!(at.since(now) >= pause && at.since(now) <= PAUSE_MAX);
            pause = at.since(now);
            now = at;
            tries += 1;
        }
        assert!(now.since(began) > Duration::from_hours(22), "gave up after {:?}", now.since(began));
        assert!(tries < 50, "{tries} tries");
    }
}
