//! Starts a run, joins one under way, waits for one to end.

use super::lease::Lease;
use super::worker::Worker;
use super::{Counts, OVERLAP, OVERLAP_EVERY, OVERLAP_SHORT, Run, RunKind, RunState, store};
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::events::{self, Event, Tenure};
use crate::ids::{EventId, RunId};
use crate::ledger::LaneHandle;
use crate::payments::Adapters;
use crate::providers::Provider;
use crate::secrets::KeyFile;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// Longest window somebody can name.
const WINDOW_MAX: Duration = Duration::from_secs(400 * 24 * 3600);
/// How often a waiting caller looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often a caller starts again what a dead process left; more is a fault that starting again doesn't heal.
const STARTS_MAX: u32 = 5;

/// How a run bears a provider that doesn't answer.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Waited after the first failure; doubled after each further one.
    pub first_wait: Duration,
    /// Tries of one call before the run gives up.
    pub attempts_max: u32,
    /// The longest wait a provider can ask for; when it asks for more the run gives up, and the next one comes later.
    pub wait_max: Duration,
}

impl Default for Patience {
    /// A provider that refuses at once is given up within eight seconds, so that whoever asked hears why; one that
    /// takes its time to fail, within two minutes.
    fn default() -> Patience {
        Patience {
            first_wait: Duration::from_millis(250),
            attempts_max: 6,
            wait_max: Duration::from_secs(300),
        }
    }
}

/// The window somebody asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Its start; where the last run had got to, unless given.
    pub from: Option<Timestamp>,
    /// Its end; now, unless given.
    pub to: Option<Timestamp>,
}

/// Why no run was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No profile of the event has an API key.
    #[error(
        "the event {0} has no API key for a provider's payment list: give Bancontact's with event set-key, or add an account"
    )]
    NoApiKey(crate::events::Slug),
    /// The window is yet to come.
    #[error("from: this moment has not come yet")]
    NotYet,
    /// The window begins at its end, or after it.
    #[error("from: {from} is not before {to}, the end of the window")]
    Backwards {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// The window has no beginning of its own, and ends before the point from which one goes on; nobody asked for it before.
    #[error(
        "to: until {0} all was compared already, or nothing was paid, and a window without a beginning begins there: choose a later \
         end, or a beginning as well"
    )]
    Compared(Timestamp),
    /// The window is longer than one may be.
    #[error("from: a window has 400 days at most")]
    TooLong,
    /// All of the window lies before the event's time on its profile.
    #[error(
        "to: until {0} the event's profile or account was another event's, and what was paid there is that one's: choose a later end"
    )]
    BeforeItsTime(Timestamp),
    /// Or behind it.
    #[error(
        "from: since {0} the event's profile or account is another event's, and what is paid there is that one's: choose an earlier beginning"
    )]
    BehindItsTime(Timestamp),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for StartError {
    fn is_retryable(&self) -> bool {
        matches!(self, StartError::Database(error) if error.is_retryable())
    }
}

/// Runs comparisons. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    pub(super) store: Store,
    pub(super) keys: Arc<KeyFile>,
    pub(super) lane: LaneHandle,
    pub(super) adapters: Adapters,
    pub(super) clock: Clock,
    pub(super) patience: Patience,
    tasks: TaskTracker,
}

impl Reconciler {
    /// Starts nothing yet.
    #[must_use]
    pub fn new(
        store: Store,
        keys: Arc<KeyFile>,
        lane: LaneHandle,
        adapters: Adapters,
        clock: Clock,
    ) -> Reconciler {
        let (patience, tasks) = (Patience::default(), TaskTracker::new());
        Reconciler { store, keys, lane, adapters, clock, patience, tasks }
    }

    /// The same with another patience.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Reconciler {
        Reconciler { patience, ..self }
    }

    /// Starts a run in the background, or joins the one under way; either way its name. An end that others have got beyond
    /// since it was asked for is answered with the run that looked at that window.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(&self, event: &Event, asked: Asked) -> Result<RunId, StartError> {
        let adapters = self.adapters.of(event).await?;
        if !adapters.iter().any(|adapter| adapter.capabilities().list) {
            return Err(StartError::NoApiKey(event.slug.clone()));
        }
        let now = self.clock.now();
        check(asked, now)?;
        let tenure = events::tenure(&mut *self.store.read().await?, event).await?;
        check_tenure(asked, &tenure)?;
        let fresh = RunId::new();
        let begun = self
            .store
            .transact(|tx| {
                let event = event.clone();
                Box::pin(async move {
                    let (from, to) = window(tx, &event, asked, now).await?;
                    if asked.from.is_none() && asked.to.is_some() && from >= to {
                        let known = compared(tx, event.id, to, now).await?;
                        return known.map(|run| (run, false)).ok_or(StartError::Compared(from));
                    }
                    let run = first_page(&event, fresh, asked, (from.min(to), to), now);
                    if Lease::take(tx, &run).await? {
                        return Ok::<_, StartError>((run, true));
                    }
                    // None: it ended just now, and its lease with it. Once more, then.
                    let joined = store::under_way(tx, event.id).await?;
                    joined.map(|run| (run, false)).ok_or(db::Error::LostRace("reconciliation").into())
                })
            })
            .await?;
        let (run, is_new) = begun;
        let id = run.id;
        if is_new {
            let lease = Lease::of(self.store.clone(), self.clock.clone(), run);
            self.tasks.spawn(Worker::new(self.clone(), event.clone(), adapters, lease).work());
        }
        Ok(id)
    }

    /// Which of an event's providers no run compares with, and why: it has no list without an API key.
    ///
    /// # Errors
    /// The database's.
    pub async fn left_out(&self, event: &Event) -> Result<Option<String>, db::Error> {
        let adapters = self.adapters.of(event).await?;
        let left_out = adapters.iter().find(|adapter| !adapter.capabilities().list);
        Ok(left_out.map(|adapter| {
            format!(
                "{}'s payment list can't be compared: the event's profile there has no API key. Give it one with event \
                 set-key, or in the console under Provider",
                adapter.name().title()
            )
        }))
    }

    /// Starts a run or joins one, and answers it once it ended or `patience` is over. Where the process of the one
    /// that was joined is dead, starts another.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn compare(
        &self,
        event: &Event,
        asked: Asked,
        patience: Duration,
    ) -> Result<Option<Run>, StartError> {
        let started = Instant::now();
        let mut starts = 1;
        loop {
            let id = self.start(event, asked).await?;
            let run = self.wait(event.id, id, patience.saturating_sub(started.elapsed())).await?;
            let is_dead = run.as_ref().is_some_and(|run| run.state == RunState::Interrupted);
            if !is_dead || starts == STARTS_MAX || started.elapsed() >= patience {
                return Ok(run);
            }
            starts += 1;
        }
    }

    /// The run, once it ended or `patience` is over; `None` when the event has no such run. One whose process is gone
    /// has ended as soon as its lease lapses.
    ///
    /// # Errors
    /// The database's.
    pub async fn wait(
        &self,
        event: EventId,
        run: RunId,
        patience: Duration,
    ) -> Result<Option<Run>, db::Error> {
        let started = Instant::now();
        loop {
            let found = store::by_id(&mut *self.store.read().await?, event, run).await?;
            match found {
                Some(run) if run.state == RunState::Running && started.elapsed() < patience => {}
                other => return Ok(other),
            }
            Lease::bury(&self.store, event, self.clock.now()).await?;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits for the runs of this process to end.
    pub async fn finish(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn check(asked: Asked, now: Timestamp) -> Result<(), StartError> {
    let to = asked.to.unwrap_or(now);
    let Some(from) = asked.from else { return Ok(()) };
    if from >= to {
        return Err(StartError::Backwards { from, to });
    }
    if from >= now {
        return Err(StartError::NotYet);
    }
    if to.since(from) > WINDOW_MAX {
        return Err(StartError::TooLong);
    }
    Ok(())
}

/// A window that ends before the time in which the profile was the event's, or begins behind it, has nothing of the event.
fn check_tenure(asked: Asked, tenure: &Tenure) -> Result<(), StartError> {
    match (asked, tenure) {
        (Asked { to: Some(to), .. }, Tenure { from: Some(begin), .. }) if to <= *begin => {
            Err(StartError::BeforeItsTime(*begin))
        }
        (Asked { from: Some(from), .. }, Tenure { to: Some(end), .. }) if from >= *end => {
            Err(StartError::BehindItsTime(*end))
        }
        _ => Ok(()),
    }
}

/// What is to be compared; it may begin behind its end.
async fn window(
    tx: &mut db::Tx,
    event: &Event,
    asked: Asked,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), db::Error> {
    let from = match asked.from {
        Some(from) => from,
        None => match store::covered_to(tx, event.id).await? {
            // The clock was wrong then and has been set back: how far the list was really compared nobody knows.
            Some(covered_to) if covered_to > now => now.before(OVERLAP),
            Some(covered_to) => covered_to.before(overlap(covered_to, now)),
            None => event.created_at.before(OVERLAP),
        },
    };
    // Another event's payments, settled here, would be parked in the wrong books.
    let tenure = events::tenure(tx, event).await?;
    let to = tenure.to.map_or(now, |end| end.min(now)).min(asked.to.unwrap_or(now));
    Ok((tenure.from.map_or(from, |begin| begin.max(from)), to))
}

/// What answers for a window that was compared before: the run under way, as for any other, or the one that looked at it.
async fn compared(
    tx: &mut db::Tx,
    event: EventId,
    to: Timestamp,
    now: Timestamp,
) -> Result<Option<Run>, db::Error> {
    if Lease::is_held(tx, event, now).await? {
        return store::under_way(tx, event).await;
    }
    let done = store::windows_done_to(tx, event, to).await?;
    let whole = done.into_iter().filter(|run| run.state == RunState::Complete && run.to == to);
    Ok(whole.max_by_key(|run| run.id))
}

fn first_page(
    event: &Event,
    id: RunId,
    asked: Asked,
    (from, to): (Timestamp, Timestamp),
    now: Timestamp,
) -> Run {
    let named = asked.from.is_some() || asked.to.is_some();
    Run {
        event_id: event.id,
        id,
        kind: if named { RunKind::Window } else { RunKind::CatchUp },
        state: RunState::Running,
        from,
        to,
        done_to: from,
        counts: Counts::default(),
        problem: None,
        started_at: now,
        finished_at: None,
    }
}

/// A run reaches back the long way when it is the first to get beyond a multiple of [`OVERLAP_EVERY`]; one that
/// fails leaves that to the next.
fn overlap(covered_to: Timestamp, now: Timestamp) -> Duration {
    let cell = |at: Timestamp| at.since(Timestamp(0)).as_secs() / OVERLAP_EVERY.as_secs();
    if cell(covered_to) == cell(now) { OVERLAP_SHORT } else { OVERLAP }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_in_which_the_profile_was_another_events_is_refused() {
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        let tenure = Tenure { from: Some(at(10)), to: Some(at(20)), predecessor: None };
        let checked = |from: Option<i64>, to: Option<i64>| {
            check_tenure(Asked { from: from.map(at), to: to.map(at) }, &tenure)
        };
        for (from, to) in [(Some(1), Some(10)), (None, Some(9))] {
            assert!(matches!(checked(from, to), Err(StartError::BeforeItsTime(begin)) if begin == at(10)));
        }
        for (from, to) in [(Some(20), None), (Some(21), Some(30))] {
            assert!(matches!(checked(from, to), Err(StartError::BehindItsTime(end)) if end == at(20)));
        }
        for (from, to) in [(None, None), (Some(1), Some(11)), (Some(19), Some(30)), (Some(1), None)] {
            assert!(checked(from, to).is_ok(), "{from:?} to {to:?}");
        }
        let asked = Asked { from: Some(at(1)), to: Some(at(2)) };
        assert!(check_tenure(asked, &Tenure::default()).is_ok(), "nobody else had it");
    }
}
