//! What the service does by itself: each job is a loop around a `step` that says how soon it wants to go on.
//!
//! | job | does | when it stops working |
//! |---|---|---|
//! | reconcile | compares each event with its provider's list, until two weeks after it closed | lost callbacks settle late; lag is a metric |
//! | unfinished | asks for payments that were last seen under way, ends orders nobody paid | the same, for payments seen before |
//! | housekeeping | forgets payers of closed events, ended sessions | personal data stays longer than promised |
//!
//! Every instance runs every job: reconciliation takes a lease per event, the others do no harm twice.

mod housekeeping;
mod reconcile;
mod unfinished;

use crate::clock::Clock;
use crate::db::Store;
use crate::events::store::EVENTS_MAX;
use crate::events::{self, Event};
use crate::ledger::LaneHandle;
use crate::payments::reconcile::Reconciler;
use crate::payments::{Adapters, Rounds};
use crate::secrets::KeyFile;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long after its closing an event's payments are looked after: a payment made in its last hours may be booked or
/// listed days later, and its money is then found in suspense.
const WATCHED_AFTER_CLOSING: Duration = Duration::from_secs(14 * 24 * 3600);

/// What jobs work with. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    /// The database.
    pub store: Store,
    /// To look references up.
    pub keys: Arc<KeyFile>,
    /// Where settlements go.
    pub lane: LaneHandle,
    /// Who is asked.
    pub adapters: Adapters,
    /// The time.
    pub clock: Clock,
    /// Compares.
    pub reconciler: Reconciler,
}

/// How soon a job wants its next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There is nothing more to do now.
    Idle,
    /// Something was done and more may be waiting.
    Done,
    /// It failed and says so in the log; later.
    Retry,
}

impl Jobs {
    /// Starts all of them. They end soon after `shutdown`, in the middle of nothing that can't be done again.
    #[must_use]
    pub fn start(self, shutdown: &CancellationToken) -> TaskTracker {
        let tasks = TaskTracker::new();
        let minute = Duration::from_secs(60);
        let jobs = self.clone();
        let mut sweeps = reconcile::Sweeps::default();
        tasks.spawn(until(shutdown.clone(), async move {
            loop {
                pause(reconcile::step(&jobs, &mut sweeps).await, Duration::from_secs(20)).await;
            }
        }));
        let jobs = self.clone();
        let mut rounds = Rounds::default();
        tasks.spawn(until(shutdown.clone(), async move {
            loop {
                pause(unfinished::step(&jobs, &mut rounds).await, minute).await;
            }
        }));
        tasks.spawn(until(shutdown.clone(), async move {
            loop {
                pause(housekeeping::step(&self).await, 60 * minute).await;
            }
        }));
        tasks.close();
        tasks
    }

    /// The events whose payments are looked after: the open ones, and those that closed not long ago.
    async fn watched_events(&self) -> Result<Vec<Event>, crate::db::Error> {
        let since = self.clock.now().before(WATCHED_AFTER_CLOSING);
        let events = events::store::list(&mut *self.store.read().await?, None, EVENTS_MAX).await?;
        Ok(events.into_iter().filter(|event| event.closed_at.is_none_or(|at| at >= since)).collect())
    }
}

async fn until(shutdown: CancellationToken, job: impl Future<Output = ()>) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = job => {}
    }
}

async fn pause(next: Next, idle: Duration) {
    match next {
        Next::Done => tokio::task::yield_now().await,
        Next::Idle | Next::Retry => tokio::time::sleep(idle).await,
    }
}

#[cfg(test)]
mod tests;
