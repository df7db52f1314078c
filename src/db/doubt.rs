//! Doubt about the server, or about the files: after a statement that got no answer, or on a server that takes no writes, it may be another
//! one by now that answers at its address.
//!
//! For a while from then on every connection that comes back to its pool is asked whether it leads to a server that
//! writes; one that does not is closed, and the next is made afresh. Without doubt nothing is asked, because asking costs
//! as much as a small statement. On SQLite the one connection that writes is opened afresh once, before it is used again:
//! one that was opened while its files could not be written would go on refusing when they can.

use super::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long doubt lasts.
const LASTS: Duration = Duration::from_secs(60);
/// How long it is believed that nobody gets a connection.
const CUT_OFF_LASTS: Duration = Duration::from_secs(10);

/// Shared by a store, its sessions and its pools.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    since: Instant,
    /// Milliseconds after `since`.
    until: Arc<AtomicU64>,
    /// Until when nobody expects to get a connection soon, like `until`.
    cut_off_until: Arc<AtomicU64>,
}

impl Doubt {
    pub(super) fn none() -> Doubt {
        Doubt { since: Instant::now(), until: Arc::default(), cut_off_until: Arc::default() }
    }

    pub(super) fn raise(&self) {
        self.until.store(self.after(LASTS), Ordering::SeqCst);
    }

    fn after(&self, time: Duration) -> u64 {
        let until = self.since.elapsed().saturating_add(time).as_millis();
        u64::try_from(until).unwrap_or(u64::MAX)
    }

    /// Somebody got a connection, or waited for one in vain.
    pub(super) fn connected<T>(&self, taken: Result<T, Error>) -> Result<T, Error> {
        match &taken {
            Ok(_) => self.cut_off_until.store(0, Ordering::SeqCst),
            Err(Error::Database(sqlx::Error::PoolTimedOut)) => {
                self.cut_off_until.store(self.after(CUT_OFF_LASTS), Ordering::SeqCst);
            }
            Err(_) => {}
        }
        taken
    }

    /// True when nobody got a connection lately. It lasts for moments, so that now and then somebody waits for longer: at
    /// a server that is slow to let us in nobody would ever get in otherwise.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_before(&self.cut_off_until)
    }

    fn is_before(&self, until: &AtomicU64) -> bool {
        self.since.elapsed().as_millis() < u128::from(until.load(Ordering::SeqCst))
    }

    /// True once, when it was raised.
    pub(super) fn is_taken(&self) -> bool {
        self.until.swap(0, Ordering::SeqCst) > 0
    }

    pub(super) fn is_raised(&self) -> bool {
        self.is_before(&self.until)
    }
}

/// Raises doubt when a statement is given up before its answer.
pub(super) struct Asking<'d>(Option<&'d Doubt>);

impl<'d> Asking<'d> {
    pub(super) fn begin(doubt: &'d Doubt) -> Asking<'d> {
        Asking(Some(doubt))
    }

    /// There is an answer; an error that tells of a broken connection, or of files that can't be used, raises doubt as well.
    pub(super) fn answered<T>(mut self, answer: Result<T, Error>) -> Result<T, Error> {
        if let (Some(doubt), Err(error)) = (self.0.take(), &answer)
            && (error.is_connection_lost() || error.is_of_the_files())
        {
            doubt.raise();
        }
        answer
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if let Some(doubt) = self.0 {
            doubt.raise();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_for_a_connection_in_vain_is_believed_until_somebody_gets_one() {
        let doubt = Doubt::none();
        let in_vain = || Err(Error::Database(sqlx::Error::PoolTimedOut));
        doubt.connected::<()>(Err(Error::LostRace("a row"))).unwrap_err();
        assert!(!doubt.is_cut_off());
        doubt.connected::<()>(in_vain()).unwrap_err();
        assert!(doubt.is_cut_off() && !doubt.is_raised());
        doubt.connected(Ok(())).unwrap();
        assert!(!doubt.is_cut_off());
    }

    #[test]
    fn doubt_comes_of_what_is_given_up_or_breaks_and_of_no_refusal() {
        let doubt = Doubt::none();
        Asking::begin(&doubt).answered(Ok(())).unwrap();
        Asking::begin(&doubt).answered::<()>(Err(Error::LostRace("a row"))).unwrap_err();
        assert!(!doubt.is_raised());
        drop(Asking::begin(&doubt));
        assert!(doubt.is_raised());
        let doubt = Doubt::none();
        let broken = Err(Error::Database(sqlx::Error::WorkerCrashed));
        Asking::begin(&doubt).answered::<()>(broken).unwrap_err();
        assert!(doubt.is_raised());
    }
}
