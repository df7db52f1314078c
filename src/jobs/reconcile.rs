//! Keeps each event level with its provider's list, for a while after it closed as well.

use super::{Jobs, Next};
use crate::clock::Timestamp;
use crate::db;
use crate::events::Event;
use crate::ids::EventId;
use crate::payments::reconcile::{Asked, OVERLAP, RunState, StartError, store};
use std::collections::HashMap;
use std::time::Duration;

/// How often a day's end is looked at again: a payment booked late, a list that lagged.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3600);
/// How far a sweep reaches back.
const SWEEP_BACK: Duration = Duration::from_secs(72 * 3600);
/// How long one run is waited for before the next event has its turn; the run itself goes on.
const WAITED_MAX: Duration = Duration::from_secs(60);

/// When each event was last swept by this process.
#[derive(Default)]
pub(super) struct Sweeps(HashMap<EventId, Timestamp>);

pub(super) async fn step(jobs: &Jobs, sweeps: &mut Sweeps) -> Next {
    let events = match jobs.watched_events().await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "the events can't be read");
            return Next::Retry;
        }
    };
    sweeps.0.retain(|id, _| events.iter().any(|event| event.id == *id));
    let mut next = Next::Idle;
    for event in &events {
        match one(jobs, sweeps, event).await {
            // It can't be done for this event; callbacks work all the same.
            Ok(()) | Err(StartError::NoApiKey(_)) => {}
            Err(error) => {
                tracing::warn!(event = %event.slug, %error, "reconciliation can't start");
                next = Next::Retry;
            }
        }
    }
    next
}

async fn one(jobs: &Jobs, sweeps: &mut Sweeps, event: &Event) -> Result<(), StartError> {
    let complete = run(jobs, event, Asked::default()).await?;
    let now = jobs.clock.now();
    let lag = lag(jobs, event, now).await?;
    metrics::gauge!("polsband_reconcile_lag_seconds", "event" => event.slug.to_string())
        .set(lag.as_secs_f64());
    let swept = sweeps.0.get(&event.id).copied();
    if complete && swept.is_none_or(|at| !now.is_near(at, SWEEP_EVERY)) {
        let from = now.before(SWEEP_BACK).max(event.created_at.before(OVERLAP));
        let back = Asked { from: Some(from), to: None };
        if run(jobs, event, back).await? {
            sweeps.0.insert(event.id, now);
        }
    }
    Ok(())
}

async fn run(jobs: &Jobs, event: &Event, asked: Asked) -> Result<bool, StartError> {
    let run = jobs.reconciler.compare(event, asked, WAITED_MAX).await?;
    Ok(run.is_some_and(|run| run.state == RunState::Complete))
}

/// How far behind the provider's list this event is.
async fn lag(jobs: &Jobs, event: &Event, now: Timestamp) -> Result<Duration, db::Error> {
    let covered_to = store::covered_to(&mut *jobs.store.read().await?, event.id).await?;
    Ok(now.since(covered_to.unwrap_or(event.created_at)))
}
