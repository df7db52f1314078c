//! The crowd: connections on which nobody asks anything. They cost little, until there is no place for anybody else.
//!
//! When a listener has all the connections it may have, whoever comes next takes the place of one that says nothing:
//! of those that never asked for anything the one that has been there longest; only when there is none, one that rests
//! between two requests. So strangers who open thousands of connections and leave them lying keep no till away, and
//! tills, which ask, keep theirs. Whoever came or was answered a moment ago leaves last: what they ask may be on its
//! way, and nobody could tell them what became of it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often the log hears that places run out.
const SAID_EVERY: Duration = Duration::from_secs(10);

/// How long what a client asks may be on its way, after it has connected or has its last answer.
const MOMENT: Duration = Duration::from_millis(500);

/// The connections of one listener that wait for a request.
pub(in crate::web) struct Crowd {
    waiting: Mutex<Waiting>,
    moment: Duration,
    /// Numbers are given in order, so that the lowest has waited longest.
    next: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    silent: Line,
    resting: Line,
    said: Option<Instant>,
}

/// Those who wait for one thing, since when, and how to ask them to leave.
#[derive(Default)]
struct Line(BTreeMap<u64, (Instant, CancellationToken)>);

impl Line {
    /// Takes out the one that has waited longest, if that is longer than this.
    fn leaves(&mut self, longer_than: Duration) -> Option<CancellationToken> {
        let first = self.0.first_entry().filter(|first| first.get().0.elapsed() >= longer_than);
        first.map(|first| first.remove().1)
    }
}

impl Waiting {
    fn leaves(&mut self, longer_than: Duration) -> Option<CancellationToken> {
        self.silent.leaves(longer_than).or_else(|| self.resting.leaves(longer_than))
    }
}

impl Default for Crowd {
    fn default() -> Crowd {
        Crowd::with_moment(MOMENT)
    }
}

impl Crowd {
    /// One in which whoever waits for less than this leaves last.
    pub(in crate::web) fn with_moment(moment: Duration) -> Crowd {
        Crowd { waiting: Mutex::default(), moment, next: AtomicU64::default() }
    }

    /// A connection that was just opened.
    pub(in crate::web) fn joined(self: &Arc<Crowd>) -> Place {
        let place = Place { crowd: Arc::clone(self), number: Mutex::new(0), leave: CancellationToken::new() };
        place.waits(|waiting| &mut waiting.silent);
        place
    }

    /// Asks the one that has waited longest to leave. False when all are being served.
    pub(in crate::web) fn makes_room(&self, places: usize) -> bool {
        let mut waiting = self.waiting();
        let leaving = waiting.leaves(self.moment).or_else(|| waiting.leaves(Duration::ZERO));
        if leaving.is_some() && waiting.said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
            waiting.said = Some(Instant::now());
            tracing::warn!(
                places,
                "all connections are taken: those that say nothing are closed for new ones"
            );
        }
        drop(waiting);
        let Some(leave) = leaving else { return false };
        metrics::counter!("polsband_http_connections_closed_total").increment(1);
        leave.cancel();
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection's place in the crowd, or its way out of it.
pub(in crate::web) struct Place {
    crowd: Arc<Crowd>,
    /// 0 while it is served.
    number: Mutex<u64>,
    leave: CancellationToken,
}

impl Place {
    /// A request begins.
    pub(in crate::web) fn asks(&self) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.crowd.waiting();
        waiting.silent.0.remove(&number);
        waiting.resting.0.remove(&number);
        *number = 0;
    }

    /// It is answered.
    pub(in crate::web) fn rests(&self) {
        self.waits(|waiting| &mut waiting.resting);
    }

    fn waits(&self, whom: impl FnOnce(&mut Waiting) -> &mut Line) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *number = self.crowd.next.fetch_add(1, Ordering::Relaxed) + 1;
        whom(&mut self.crowd.waiting()).0.insert(*number, (Instant::now(), self.leave.clone()));
    }

    /// Completes when the connection is to leave and nothing is under way on it.
    pub(in crate::web) async fn leaves(&self) {
        self.leave.cancelled().await;
        let is_served = *self.number.lock().unwrap_or_else(PoisonError::into_inner) == 0;
        if is_served {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.asks();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_left(place: &Place) -> bool {
        place.leave.is_cancelled()
    }

    #[test]
    fn the_silent_leave_before_those_who_rest_and_the_oldest_first() {
        let crowd = Arc::new(Crowd::with_moment(Duration::ZERO));
        let [till, first, second, served] = [(); 4].map(|()| crowd.joined());
        till.asks();
        till.rests();
        served.asks();
        assert!(crowd.makes_room(4) && has_left(&first) && !has_left(&second) && !has_left(&till));
        assert!(crowd.makes_room(4) && has_left(&second) && !has_left(&till));
        assert!(crowd.makes_room(4) && has_left(&till));
        assert!(!crowd.makes_room(4), "whoever is served stays");
        assert!(!has_left(&served));
    }

    #[test]
    fn who_came_a_moment_ago_stays_while_another_has_waited_for_longer() {
        let crowd = Arc::new(Crowd::with_moment(Duration::from_secs(3_600)));
        let [rested, rests, fresh, late] = [(); 4].map(|()| crowd.joined());
        for till in [&rested, &rests] {
            till.asks();
            till.rests();
        }
        let long_ago = Instant::now().checked_sub(Duration::from_secs(7_200)).unwrap();
        crowd.waiting().resting.0.first_entry().unwrap().get_mut().0 = long_ago;
        assert!(crowd.makes_room(4) && has_left(&rested) && !has_left(&rests) && !has_left(&fresh));
        assert!(crowd.makes_room(4) && has_left(&fresh) && !has_left(&rests), "nobody has waited for long");
        assert!(crowd.makes_room(4) && has_left(&late) && !has_left(&rests));
        assert!(crowd.makes_room(4) && has_left(&rests));
    }

    #[test]
    fn whoever_is_gone_is_asked_nothing() {
        let crowd = Arc::new(Crowd::default());
        drop(crowd.joined());
        assert!(!crowd.makes_room(1));
    }
}
