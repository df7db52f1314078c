//! The lease of a run: it renews itself while its holder works, and nobody but its holder writes the run.

use super::{Run, RunState, store};
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Session, Store, Tx};
use crate::events::accounts;
use crate::ids::EventId;
use crate::ledger::LaneError;
use crate::providers::{CallError, ProviderName};
use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

/// How long a lease outlives its last sign of life: a killed process holds others up no longer.
pub(super) const LEASE_HELD: Duration = Duration::from_secs(60);
/// How old a sign of life gets before the next one: several may fail to be written before the lease lapses.
const RENEWED_AFTER: Duration = Duration::from_secs(10);
/// How long runs are kept to be looked at.
const RUNS_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long one that only found what was known is kept: there is one every few seconds. Those that ended in the hour
/// before are forgotten with each run; the few left over when a service stood still go with the others.
const QUIET_RUNS_KEPT: Duration = Duration::from_secs(3600);

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

/// A run and the right to write it.
pub(super) struct Lease {
    store: Store,
    clock: Clock,
    renewed_at: Timestamp,
    /// As far as it has got; the next sign of life writes it.
    pub(super) run: Run,
    /// The providers that were asked, with the first thing that kept the list of each from being compared.
    pub(super) providers: BTreeMap<ProviderName, Option<String>>,
}

pub(super) fn name_of(event: EventId) -> String {
    format!("reconcile {event}")
}

impl Lease {
    /// Takes the lease of its event for a new run, in whose name it is; false when another run holds it. Runs that
    /// say they are under way then are dead, and marked.
    pub(super) async fn take(tx: &mut Tx, run: &Run) -> Result<bool, db::Error> {
        let now = run.started_at;
        if !db::take_lease(tx, &name_of(run.event_id), run.id.0, now, LEASE_HELD).await? {
            return Ok(false);
        }
        store::interrupt_all(tx, run.event_id, now).await?;
        store::insert(tx, run).await?;
        Ok(true)
    }

    /// A run of the event is under way, and its process alive.
    pub(super) async fn is_held(
        session: &mut Session,
        event: EventId,
        now: Timestamp,
    ) -> Result<bool, db::Error> {
        db::is_lease_held(session, &name_of(event), now, LEASE_HELD).await
    }

    /// The lease of a run that was just taken.
    pub(super) fn of(store: Store, clock: Clock, run: Run) -> Lease {
        Lease { store, clock, renewed_at: run.started_at, run, providers: BTreeMap::new() }
    }

    /// Marks the runs of an event whose lease has lapsed: their process is gone. Changes nothing while one is held.
    pub(super) async fn bury(store: &Store, event: EventId, now: Timestamp) -> Result<(), db::Error> {
        if Lease::is_held(&mut *store.read().await?, event, now).await? {
            return Ok(());
        }
        store
            .transact(|tx| {
                Box::pin(async move {
                    let (name, undertaker) = (name_of(event), uuid::Uuid::now_v7());
                    if db::take_lease(tx, &name, undertaker, now, LEASE_HELD).await? {
                        store::interrupt_all(tx, event, now).await?;
                        db::release_lease(tx, &name, undertaker).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Does some work, however long it takes, with signs of life before and meanwhile.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Result<T, RunError> {
        let mut work = pin!(work);
        loop {
            if !self.clock.now().is_near(self.renewed_at, RENEWED_AFTER) {
                self.renew().await?;
            }
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(RENEWED_AFTER) => {}
            }
        }
    }

    /// Renews the lease and writes how far the run is.
    pub(super) async fn renew(&mut self) -> Result<(), RunError> {
        let now = self.clock.now();
        let run = &self.run;
        let held = self
            .store
            .transact(|tx| {
                let run = run.clone();
                Box::pin(async move {
                    let held = db::renew_lease(tx, &name_of(run.event_id), run.id.0, now, LEASE_HELD).await?;
                    if held {
                        store::update(tx, &run).await?;
                    }
                    Ok::<_, db::Error>(held)
                })
            })
            .await?;
        self.renewed_at = now;
        if held { Ok(()) } else { Err(RunError::TakenOver) }
    }

    /// Writes how the run ended and gives the lease back. One that was lost meanwhile is left as whoever took over
    /// has marked it.
    pub(super) async fn end(mut self, state: RunState, problem: Option<String>) -> Result<(), db::Error> {
        let now = self.clock.now();
        (self.run.state, self.run.problem, self.run.finished_at) = (state, problem, Some(now));
        let (run, providers) = (&self.run, &self.providers);
        self.store
            .transact(|tx| {
                let (run, providers) = (run.clone(), providers.clone());
                Box::pin(async move {
                    let name = name_of(run.event_id);
                    if !db::renew_lease(tx, &name, run.id.0, now, LEASE_HELD).await? {
                        return Ok(());
                    }
                    store::update(tx, &run).await?;
                    for (provider, problem) in providers {
                        accounts::store::compared(tx, run.event_id, provider, problem, now).await?;
                    }
                    store::forget(tx, run.event_id, now.before(RUNS_KEPT)).await?;
                    if run.state == RunState::Complete {
                        let hour = (now.before(2 * QUIET_RUNS_KEPT), now.before(QUIET_RUNS_KEPT));
                        store::forget_quiet(tx, &run, hour).await?;
                    }
                    db::release_lease(tx, &name, run.id.0).await
                })
            })
            .await
    }
}
