//! Compares the provider's payment list with ours, settles what is missing, raises what differs.
//!
//! A run covers a window of time, cut into slices that are read oldest first, so that a run that stops goes on
//! from its last whole slice. The list is newest first and its rows move from page to page while people pay, so rows
//! are told apart by payment id and a slice is read again while it shows fewer payments than the provider counts.
//! Each page is settled before the next is asked for; rows that say nothing new never reach the lane. A slice that
//! stays incomplete, or a payment nobody can ask for, keeps nothing behind it from being found: the run goes on, and
//! has failed in the end.
//!
//! | what the list shows | counted as |
//! |---|---|
//! | a payment settled here before | already known |
//! | one that is known as another event's, which has or had the same account | of other events |
//! | money that never reached us | settled, or parked where the settlement table says so |
//! | a contradiction of ours, a row nobody can read | mismatched, and raised for a person |
//! | a payment that is new or changed, and nothing to credit; a refund that is booked now | recorded |
//!
//! What is listed is one of these, each once. Counted beside it are payments that are not listed: of which money went back in the
//! window, whose row can't be read, or that the provider doesn't list.
//!
//! Money that went back to a payer is no row of its payment: where the provider lists refunds, each payment refunded in the
//! window is asked for, and settled like any report. WooshPay lists none, so there only its events tell. The
//! windows of a dozen runs overlap, and each of them meets a refund; it is a contradiction of the first one only.
//!
//! The other way round, money settled here that the provider neither lists nor knows by its id is raised too.
//!
//! One run per event is under way at a time, on any instance: a lease names it, and whoever asks meanwhile joins
//! it. Without a window a run starts where the last such run had got to, less an overlap, because a payment is
//! listed by when it was made and may succeed minutes later. A profile may serve one festival after another; a run
//! keeps to the time in which it was its event's.

mod absent;
mod compare;
mod elsewhere;
#[cfg(test)]
mod fault_tests;
mod lease;
#[cfg(test)]
mod lease_tests;
#[cfg(test)]
mod race_tests;
mod raise;
mod refunds;
mod run;
mod slice;
mod start;
pub mod store;
#[cfg(test)]
mod tests;
mod worker;

pub use start::{Asked, Patience, Reconciler, StartError};

use crate::clock::Timestamp;
use crate::events::Event;
use crate::ids::{EventId, RunId};
use crate::payments::Outcome;
use crate::words;
use serde::Serialize;
use std::time::Duration;

/// How far a run without a window reaches back behind the last one, for what succeeded long after it was made.
pub const OVERLAP: Duration = Duration::from_secs(20 * 60);
/// How often one does. The runs between reach back [`OVERLAP_SHORT`] only: at thirty payments a second twenty minutes
/// are 360 pages.
pub const OVERLAP_EVERY: Duration = Duration::from_secs(5 * 60);
/// How far the others reach back, for a list that lags.
pub const OVERLAP_SHORT: Duration = Duration::from_secs(60);

words! {
    /// Why a run was made.
    RunKind, "a kind of run" {
        /// Goes on where the last one had got to.
        CatchUp = "catch-up",
        /// Looks at a window somebody named.
        Window = "window",
    }
}

words! {
    /// Where a run is.
    RunState, "a state of a run" {
        /// Under way.
        Running = "running",
        /// The whole window was compared.
        Complete = "complete",
        /// It gave up, or could not compare all of it; `problem` says why. The next one goes on from its last whole slice.
        Failed = "failed",
        /// Its process ended, or another one took over.
        Interrupted = "interrupted",
    }
}

/// What a run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Payments the provider listed, each once.
    pub listed: i64,
    /// Of these, known here before and unchanged.
    pub already_known: i64,
    /// The same, and another event's, which has or had the same profile or account.
    pub of_other_events: i64,
    /// Credited now.
    pub settled: i64,
    /// Money that went to suspense now, or needs a review.
    pub parked: i64,
    /// In contradiction to what we know; or settled here, and unknown to the provider. Money that went back counts in the
    /// run that tells of it first, whenever its payment was made.
    pub mismatched: i64,
    /// New or changed, and nothing to credit: waiting, cancelled, expired, or a refund that is booked now of what was marked
    /// for return, whenever its payment was made.
    pub recorded: i64,
}

impl Counts {
    /// Counts what became of a listed payment, the first time that it `is_first` seen. A contradiction that a person `is_told`
    /// of by now is known.
    fn count(&mut self, outcome: &Outcome, is_first: bool, is_told: bool) {
        let first = i64::from(is_first);
        match outcome {
            Outcome::Credited { .. } => self.settled += 1,
            Outcome::Suspended(_) | Outcome::NeedsReview => self.parked += 1,
            Outcome::AlreadyKnown => self.already_known += first,
            Outcome::Mismatch if is_told => self.already_known += first,
            Outcome::Mismatch => self.mismatched += first,
            Outcome::Recorded => self.recorded += first,
        }
    }
}

/// A comparison with the provider's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: RunId,
    /// Why it was made.
    pub kind: RunKind,
    /// Where it is.
    pub state: RunState,
    /// Start of its window.
    pub from: Timestamp,
    /// End of its window.
    pub to: Timestamp,
    /// Everything before this instant is compared.
    pub done_to: Timestamp,
    /// What it found so far.
    pub counts: Counts,
    /// Why it failed.
    pub problem: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Run {
    /// Says so where all of its window lies before its event was set up.
    #[must_use]
    pub fn before_its_event(&self, event: &Event) -> Option<&'static str> {
        let why = "all of this window lies before the event was set up: nothing of the event was paid then";
        (self.to < event.created_at).then_some(why)
    }
}
