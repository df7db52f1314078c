//! The audit at the touch of a button: one at a time, in the background, its progress and its end on the page of the books.

use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::{self, Event};
use crate::ids::EventId;
use crate::ledger::{self, Finding};
use crate::web::caller::SeeMoney;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::page::{Sorry, belgian_time};
use axum::extract::State;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Audits at a time: each keeps a reading connection busy.
const AUDITS_MAX: usize = 1;
/// Findings shown.
const FINDINGS_SHOWN: usize = 50;

/// The audits this process ran or runs, the last one of each event. Cheap to clone.
#[derive(Clone)]
pub(in crate::web) struct Audits(Arc<Inner>);

struct Inner {
    turns: Arc<Semaphore>,
    last: Mutex<HashMap<EventId, Last>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Last {
    at: Timestamp,
    rows: u64,
    table: &'static str,
    /// What it found, or why it could not end.
    ended: Option<Result<Vec<Finding>, String>>,
}

/// The last audit as a page shows it.
pub(super) struct Shown {
    pub(super) at: String,
    pub(super) is_running: bool,
    pub(super) progress: String,
    pub(super) trouble: Option<String>,
    pub(super) findings: Vec<Finding>,
    pub(super) more: usize,
}

impl Audits {
    pub(in crate::web) fn new(tasks: TaskTracker) -> Audits {
        let (turns, stop) = (Arc::new(Semaphore::new(AUDITS_MAX)), CancellationToken::new());
        Audits(Arc::new(Inner { turns, last: Mutex::default(), tasks, stop }))
    }

    /// Ends one that is under way: it changes nothing, and can be run again.
    pub(in crate::web) fn end(&self) {
        self.0.stop.cancel();
    }

    /// The last one of an event, if this process ran any.
    pub(super) fn shown(&self, event: EventId) -> Option<Shown> {
        let last = self.last().get(&event)?.clone();
        let (trouble, mut findings) = match last.ended.clone() {
            Some(Ok(findings)) => (None, findings),
            Some(Err(why)) => (Some(why), Vec::new()),
            None => (None, Vec::new()),
        };
        let more = findings.len().saturating_sub(FINDINGS_SHOWN);
        findings.truncate(FINDINGS_SHOWN);
        Some(Shown {
            at: belgian_time(last.at),
            is_running: last.ended.is_none(),
            progress: format!("{} rows of {}", last.rows, last.table.replace('_', " ")),
            trouble,
            findings,
            more,
        })
    }

    /// Begins one. False when one is under way, of this event or another one.
    fn begin(&self, store: Store, event: Event, now: Timestamp) -> bool {
        let Ok(turn) = Arc::clone(&self.0.turns).try_acquire_owned() else { return false };
        let id = event.id;
        self.last().insert(id, Last { at: now, rows: 0, table: "transfers", ended: None });
        let audits = self.clone();
        self.0.tasks.spawn(async move {
            let _turn = turn;
            let audited = audits.0.stop.run_until_cancelled(audits.run(&store, &event)).await;
            let ended = audited.unwrap_or_else(|| Err("the service was stopped".to_owned()));
            if let Some(state) = audits.last().get_mut(&id) {
                state.ended = Some(ended);
            }
        });
        true
    }

    async fn run(&self, store: &Store, event: &Event) -> Result<Vec<Finding>, String> {
        let words = |error: crate::db::Error| {
            tracing::warn!(%error, event = %event.slug, "an audit could not end");
            "the database could not be read to the end: run it again".to_owned()
        };
        let mut session = store.read().await.map_err(words)?;
        let profiles = events::accounts::store::names(&mut session, event.id).await.map_err(words)?;
        drop(session);
        let progress = |audited: ledger::Audited| {
            if let Some(state) = self.last().get_mut(&event.id) {
                (state.rows, state.table) = (audited.rows, audited.table);
            }
        };
        ledger::audit(store, event, &profiles, progress).await.map_err(words)
    }

    fn last(&self) -> MutexGuard<'_, HashMap<EventId, Last>> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `POST /console/{event}/books/audit`
pub(in crate::web::console) async fn post(
    at: AtFestival<SeeMoney>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(audits): State<Audits>,
    _form: Form,
) -> Result<Response, Sorry> {
    let said = match audits.begin(store, at.event.clone(), clock.now()) {
        true => "The audit runs.",
        false => "An audit is under way already: one runs at a time.",
    };
    Ok(at.done(&at.path("/books"), said))
}
