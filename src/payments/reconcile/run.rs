//! The run itself: slice after slice, until the window is compared or it has to give up.

use super::lease::Lease;
use super::{Reconciler, RunKind, RunState, absent, slice};
use crate::db;
use crate::events::Event;
use crate::ledger::LaneError;
use crate::providers::{Adapter, CallError, Provider, Window};
use std::sync::Arc;
use std::time::Duration;

/// Length of a slice. A festival's busiest six hours have some ten thousand payments, a hundred pages.
const SLICE: Duration = Duration::from_secs(6 * 3600);

/// Why a run ends before its window does.
#[derive(Debug, thiserror::Error)]
pub(super) enum RunError {
    /// The provider.
    #[error("{0}")]
    Provider(#[from] CallError),
    /// The database or the lane.
    #[error("{0}")]
    Lane(#[from] LaneError),
    /// The database.
    #[error("{0}")]
    Database(#[from] db::Error),
    /// Another process holds the lease by now.
    #[error("another process took this run over")]
    TakenOver,
}

pub(super) struct Worker {
    pub(super) reconciler: Reconciler,
    pub(super) event: Event,
    pub(super) adapters: Arc<[Adapter]>,
    pub(super) lease: Lease,
    /// The first thing that kept a slice from being whole; what could be compared was.
    problem: Option<String>,
}

impl Worker {
    pub(super) fn new(
        reconciler: Reconciler,
        event: Event,
        adapters: Arc<[Adapter]>,
        lease: Lease,
    ) -> Worker {
        Worker { reconciler, event, adapters, lease, problem: None }
    }

    /// Runs to its end and writes how it ended.
    pub(super) async fn work(mut self) {
        let outcome = self.slices().await;
        let (state, problem) = match (outcome, self.problem) {
            (Ok(()), None) => (RunState::Complete, None),
            (Ok(()), Some(problem)) => (RunState::Failed, Some(problem)),
            (Err(RunError::TakenOver), _) => (RunState::Interrupted, None),
            (Err(error), _) => (RunState::Failed, Some(error.to_string())),
        };
        let (event, counts) = (self.event.slug, self.lease.run.counts);
        match &problem {
            _ if state == RunState::Interrupted => tracing::warn!(%event, ?counts, "another run took over"),
            Some(problem) => tracing::warn!(%event, ?counts, problem, "a reconciliation is not whole"),
            None if self.lease.run.kind == RunKind::CatchUp && counts.settled + counts.mismatched == 0 => {
                tracing::debug!(%event, ?counts, "reconciled");
            }
            None => tracing::info!(%event, ?counts, "reconciled"),
        }
        if let Err(error) = self.lease.end(state, problem).await {
            tracing::error!(%event, %error, "the end of a reconciliation can't be written");
        }
    }

    async fn slices(&mut self) -> Result<(), RunError> {
        let (mut from, end) = (self.lease.run.from, self.lease.run.to);
        while from < end {
            let to = from.after(SLICE).min(end);
            let window = Window { from, to };
            for adapter in self.adapters.clone().iter().filter(|adapter| adapter.capabilities().list) {
                let listed = slice::settle_all(self, adapter, window).await?;
                absent::raise(self, adapter, window, &listed).await?;
            }
            if self.problem.is_none() {
                self.lease.run.done_to = to;
            }
            from = to;
            self.lease.renew().await?;
        }
        Ok(())
    }

    /// Remembers what kept a slice from being whole. The run goes on, because money may lie behind it; it counts as
    /// failed in the end, and the next one starts at this slice again.
    pub(super) fn note(&mut self, problem: String) {
        tracing::warn!(event = %self.event.slug, problem, "a part of the payment list can't be compared");
        self.problem.get_or_insert(problem);
    }

    /// Calls the provider, again after a failure that may pass, as patiently as it is asked to.
    pub(super) async fn patiently<T, F>(&mut self, call: impl Fn() -> F) -> Result<T, RunError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let patience = self.reconciler.patience;
        let mut wait = patience.first_wait;
        let mut attempt = 1;
        loop {
            match self.lease.during(call()).await? {
                Err(CallError::Retry { after, .. })
                    if attempt < patience.attempts_max
                        && after.is_none_or(|after| after <= patience.wait_max) =>
                {
                    let wait = after.map_or(wait, |after| after.max(wait));
                    self.lease.during(tokio::time::sleep(wait)).await?;
                }
                other => return Ok(other?),
            }
            attempt += 1;
            wait *= 2;
        }
    }
}
