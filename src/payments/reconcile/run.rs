//! The run itself: slice after slice, renewing its lease, until the window is compared or it has to give up.

use super::start::{LEASE_HELD, lease_name};
use super::{Reconciler, Run, RunKind, RunState, absent, slice, store};
use crate::clock::Timestamp;
use crate::db;
use crate::events::Event;
use crate::ledger::LaneError;
use crate::payments::{Outcome, Settle};
use crate::providers::{Adapter, CallError, PaymentReport, Provider, Verified, Window};
use futures_util::stream::{self, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// Length of a slice. A festival's busiest six hours have some ten thousand payments, a hundred pages.
const SLICE: Duration = Duration::from_secs(6 * 3600);
/// How many reports wait in the lane together; it commits them in groups.
const SETTLED_AT_ONCE: usize = 100;
/// Waiting for a provider is cut into pieces, with a sign of life after each.
const WAIT_PIECE: Duration = Duration::from_secs(15);
/// How long runs are kept to be looked at.
const RUNS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

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
    pub(super) run: Run,
}

impl Worker {
    pub(super) fn new(reconciler: Reconciler, event: Event, adapters: Arc<[Adapter]>, run: Run) -> Worker {
        Worker { reconciler, event, adapters, run }
    }

    /// Runs to its end and writes how it ended.
    pub(super) async fn work(mut self) {
        let outcome = self.slices().await;
        let now = self.reconciler.clock.now();
        self.run.finished_at = Some(now);
        self.run.state = match &outcome {
            Ok(()) => RunState::Complete,
            Err(RunError::TakenOver) => RunState::Interrupted,
            Err(error) => {
                self.run.problem = Some(error.to_string());
                RunState::Failed
            }
        };
        let (event, counts) = (&self.event.slug, self.run.counts);
        match &outcome {
            Ok(()) if self.run.kind == RunKind::CatchUp && counts.settled + counts.mismatched == 0 => {
                tracing::debug!(%event, ?counts, "reconciled");
            }
            Ok(()) => tracing::info!(%event, ?counts, "reconciled"),
            Err(error) => tracing::warn!(%event, ?counts, %error, "a reconciliation ended early"),
        }
        if let Err(error) = self.write_end(now).await {
            tracing::error!(%event, %error, "the end of a reconciliation can't be written");
        }
    }

    async fn write_end(&self, now: Timestamp) -> Result<(), db::Error> {
        let run = &self.run;
        self.reconciler
            .store
            .transact(|tx| {
                let run = run.clone();
                Box::pin(async move {
                    store::update(tx, &run).await?;
                    store::forget(tx, run.event_id, now.before(RUNS_KEPT)).await?;
                    db::release_lease(tx, &lease_name(run.event_id), run.id.0).await
                })
            })
            .await
    }

    async fn slices(&mut self) -> Result<(), RunError> {
        while self.run.done_to < self.run.to {
            let to = self.run.done_to.after(SLICE).min(self.run.to);
            let window = Window { from: self.run.done_to, to };
            for adapter in self.adapters.clone().iter().filter(|adapter| adapter.capabilities().list) {
                self.compare(adapter, window).await?;
            }
            self.run.done_to = to;
            self.sign_of_life().await?;
        }
        Ok(())
    }

    /// Compares one slice with one provider.
    async fn compare(&mut self, adapter: &Adapter, window: Window) -> Result<(), RunError> {
        let listed = slice::read(self, adapter, window).await?;
        self.run.counts.listed += i64::try_from(listed.reports.len()).unwrap_or(i64::MAX);
        self.run.counts.mismatched += slice::raise_unreadable(self, adapter, &listed.unreadable).await?;
        let ids = listed.reports.iter().map(|report| report.get().payment_id.clone()).collect();
        self.settle(listed.reports).await?;
        self.run.counts.mismatched += absent::raise(self, adapter, window, &ids).await?;
        Ok(())
    }

    async fn settle(&mut self, reports: Vec<Verified<PaymentReport>>) -> Result<(), RunError> {
        let (lane, keys, event) = (&self.reconciler.lane, &self.reconciler.keys, self.event.id);
        let outcomes = stream::iter(reports)
            .map(|report| submit(lane, keys, event, report))
            .buffer_unordered(SETTLED_AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        for outcome in outcomes {
            match outcome? {
                Outcome::Credited { .. } => self.run.counts.settled += 1,
                Outcome::Suspended(_) | Outcome::NeedsReview => self.run.counts.parked += 1,
                Outcome::AlreadyKnown => self.run.counts.already_known += 1,
                Outcome::Mismatch => self.run.counts.mismatched += 1,
                Outcome::Recorded => {}
            }
        }
        Ok(())
    }

    /// Renews the lease and shows how far the run is.
    pub(super) async fn sign_of_life(&self) -> Result<(), RunError> {
        let now = self.reconciler.clock.now();
        let run = &self.run;
        let held = self
            .reconciler
            .store
            .transact(|tx| {
                let run = run.clone();
                Box::pin(async move {
                    let name = lease_name(run.event_id);
                    let held = db::take_lease(tx, &name, run.id.0, now, LEASE_HELD).await?;
                    if held {
                        store::update(tx, &run).await?;
                    }
                    Ok::<_, db::Error>(held)
                })
            })
            .await?;
        if held { Ok(()) } else { Err(RunError::TakenOver) }
    }

    /// Calls the provider, again after a failure that may pass, as patiently as it is asked to.
    pub(super) async fn patiently<T, F>(&self, call: impl Fn() -> F) -> Result<T, RunError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let patience = self.reconciler.patience;
        let mut wait = patience.first_wait;
        let mut attempt = 1;
        loop {
            match call().await {
                Err(CallError::Retry { after, .. })
                    if attempt < patience.attempts_max
                        && after.is_none_or(|after| after <= patience.wait_max) =>
                {
                    self.pause(after.map_or(wait, |after| after.max(wait))).await?;
                }
                other => return Ok(other?),
            }
            attempt += 1;
            wait *= 2;
        }
    }

    async fn pause(&self, mut left: Duration) -> Result<(), RunError> {
        while !left.is_zero() {
            let piece = left.min(WAIT_PIECE);
            tokio::time::sleep(piece).await;
            left -= piece;
            if !left.is_zero() {
                self.sign_of_life().await?;
            }
        }
        Ok(())
    }
}

/// Settles one report; a full lane is waited for, because nobody else brings this payment.
async fn submit(
    lane: &crate::ledger::LaneHandle,
    keys: &crate::secrets::KeyFile,
    event: crate::ids::EventId,
    report: Verified<PaymentReport>,
) -> Result<Outcome, LaneError> {
    let mut wait = Duration::from_millis(20);
    loop {
        match lane.submit(Settle::new(keys, event, report.clone())).await {
            Err(LaneError::Full) if wait < Duration::from_secs(10) => tokio::time::sleep(wait).await,
            other => return other,
        }
        wait *= 2;
    }
}
