//! Doubt about the server, or about the files: after a statement that got no answer, or on a server that takes no writes, it may be another
//! one by now that answers at its address.
//!
//! For a while from then on every connection that comes back to its pool is asked whether it leads to a server that
//! writes; one that does not is closed, and the next is made afresh. Without doubt nothing is asked, because asking costs
//! as much as a small statement. On SQLite the one connection that writes is opened afresh once, before it is used again:
//! one that was opened while its files could not be written would go on refusing when they can.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long doubt lasts.
const LASTS: Duration = Duration::from_secs(60);

/// Shared by a store, its sessions and its pools.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    since: Instant,
    /// Milliseconds after `since`.
    until: Arc<AtomicU64>,
}

impl Doubt {
    pub(super) fn none() -> Doubt {
        Doubt { since: Instant::now(), until: Arc::default() }
    }

    pub(super) fn raise(&self) {
        let until = self.since.elapsed().saturating_add(LASTS).as_millis();
        self.until.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// True once, when it was raised.
    pub(super) fn is_taken(&self) -> bool {
        self.until.swap(0, Ordering::SeqCst) > 0
    }

    pub(super) fn is_raised(&self) -> bool {
        self.since.elapsed().as_millis() < u128::from(self.until.load(Ordering::SeqCst))
    }
}

/// Raises doubt when a statement is given up before its answer.
pub(super) struct Asking<'d>(Option<&'d Doubt>);

impl<'d> Asking<'d> {
    pub(super) fn begin(doubt: &'d Doubt) -> Asking<'d> {
        Asking(Some(doubt))
    }

    /// There is an answer; an error that tells of a broken connection, or of files that can't be used, raises doubt as well.
    pub(super) fn answered<T>(mut self, answer: Result<T, super::Error>) -> Result<T, super::Error> {
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
    use crate::db::Error;

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
