//! Runs in the database.

use super::{Counts, Run, RunState};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx, all_written};
use crate::events::store::word;
use crate::ids::{EventId, RunId};
use crate::providers::{Adapter, PaymentId, Provider};
use crate::values;
use sqlx::FromRow;

/// Runs with one window that are looked at: nobody asks more often for the same within a week.
const SAME_WINDOW_MAX: i64 = 100;

#[derive(FromRow)]
struct RunRow {
    event_id: EventId,
    id: RunId,
    kind: String,
    state: String,
    from_at: Timestamp,
    to_at: Timestamp,
    done_to_at: Timestamp,
    listed: i64,
    already_known: i64,
    settled: i64,
    parked: i64,
    mismatched: i64,
    recorded: i64,
    of_other_events: i64,
    problem: Option<String>,
    started_at: Timestamp,
    finished_at: Option<i64>,
}

impl RunRow {
    fn run(self) -> Result<Run, Error> {
        Ok(Run {
            event_id: self.event_id,
            id: self.id,
            kind: word(&self.kind)?,
            state: word(&self.state)?,
            from: self.from_at,
            to: self.to_at,
            done_to: self.done_to_at,
            counts: Counts {
                listed: self.listed,
                already_known: self.already_known,
                settled: self.settled,
                parked: self.parked,
                mismatched: self.mismatched,
                recorded: self.recorded,
                of_other_events: self.of_other_events,
            },
            problem: self.problem,
            started_at: self.started_at,
            finished_at: self.finished_at.map(Timestamp),
        })
    }
}

/// A run by its name.
///
/// # Errors
/// The database's.
pub async fn by_id(session: &mut Session, event: EventId, id: RunId) -> Result<Option<Run>, Error> {
    let row: Option<RunRow> = session
        .optional(
            "SELECT event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known, settled, parked,
                 mismatched, recorded, of_other_events, problem, started_at, finished_at
             FROM reconcile_runs WHERE event_id = $1 AND id = $2",
            values![event, id],
        )
        .await?;
    row.map(RunRow::run).transpose()
}

/// The newest run that is under way.
///
/// # Errors
/// The database's.
pub async fn under_way(session: &mut Session, event: EventId) -> Result<Option<Run>, Error> {
    let row: Option<RunRow> = session
        .optional(
            "SELECT event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known, settled, parked,
                 mismatched, recorded, of_other_events, problem, started_at, finished_at
             FROM reconcile_runs WHERE event_id = $1 AND state = $2 ORDER BY id DESC LIMIT 1",
            values![event, RunState::Running],
        )
        .await?;
    row.map(RunRow::run).transpose()
}

/// Runs of an event that looked at a window somebody named, and got as far as this instant.
pub(super) async fn windows_done_to(
    session: &mut Session,
    event: EventId,
    done_to: Timestamp,
) -> Result<Vec<Run>, Error> {
    let rows: Vec<RunRow> = session
        .all(
            "SELECT event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known, settled, parked,
                 mismatched, recorded, of_other_events, problem, started_at, finished_at
             FROM reconcile_runs WHERE event_id = $1 AND kind = 'window' AND done_to_at = $2 LIMIT $3",
            values![event, done_to, SAME_WINDOW_MAX],
        )
        .await?;
    rows.into_iter().map(RunRow::run).collect()
}

/// The newest runs of an event.
///
/// # Errors
/// The database's.
pub async fn newest(session: &mut Session, event: EventId, limit: i64) -> Result<Vec<Run>, Error> {
    let rows: Vec<RunRow> = session
        .all(
            "SELECT event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known, settled, parked,
                 mismatched, recorded, of_other_events, problem, started_at, finished_at
             FROM reconcile_runs WHERE event_id = $1 AND id > $2 ORDER BY id DESC LIMIT $3",
            values![event, uuid::Uuid::nil(), limit],
        )
        .await?;
    rows.into_iter().map(RunRow::run).collect()
}

/// Up to which instant catch-up runs have compared everything; none before one got anywhere.
///
/// # Errors
/// The database's.
pub async fn covered_to(session: &mut Session, event: EventId) -> Result<Option<Timestamp>, Error> {
    let row: (Option<i64>,) = session
        .one(
            "SELECT MAX(done_to_at) FROM reconcile_runs
             WHERE event_id = $1 AND kind = 'catch-up' AND (done_to_at > from_at OR state = 'complete')",
            values![event],
        )
        .await?;
    Ok(row.0.map(Timestamp))
}

pub(super) async fn insert(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO reconcile_runs (event_id, id, kind, state, from_at, to_at, done_to_at, listed, already_known,
             settled, parked, mismatched, started_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, $8)",
        values![run.event_id, run.id, run.kind, run.state, run.from, run.to, run.done_to, run.started_at],
    )
    .await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    let counts = run.counts;
    let written = tx
        .execute(
            "UPDATE reconcile_runs SET state = $3, done_to_at = $4, listed = $5, already_known = $6, settled = $7,
                 parked = $8, mismatched = $9, problem = $10, finished_at = $11, recorded = $12,
                 of_other_events = $13
             WHERE event_id = $1 AND id = $2",
            values![
                run.event_id,
                run.id,
                run.state,
                run.done_to,
                counts.listed,
                counts.already_known,
                counts.settled,
                counts.parked,
                counts.mismatched,
                run.problem.clone(),
                run.finished_at,
                counts.recorded,
                counts.of_other_events
            ],
        )
        .await?;
    all_written(written, 1, "reconciliation")
}

/// Marks runs whose process is gone; whoever calls holds the lease.
pub(super) async fn interrupt_all(tx: &mut Tx, event: EventId, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE reconcile_runs SET state = $2, finished_at = $3 WHERE event_id = $1 AND state = $4",
        values![event, RunState::Interrupted, now, RunState::Running],
    )
    .await?;
    Ok(())
}

/// Forgets runs that ended before `before`.
pub(super) async fn forget(tx: &mut Tx, event: EventId, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM reconcile_runs WHERE event_id = $1 AND finished_at < $2", values![event, before])
        .await?;
    Ok(())
}

/// Forgets catch-up runs that ended between two instants and found nothing, when a later one has compared all they did.
pub(super) async fn forget_quiet(
    tx: &mut Tx,
    later: &Run,
    (from, before): (Timestamp, Timestamp),
) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM reconcile_runs
         WHERE event_id = $1 AND finished_at >= $2 AND finished_at < $3 AND kind = 'catch-up' AND state = 'complete'
             AND done_to_at <= $4 AND settled = 0 AND parked = 0 AND mismatched = 0",
        values![later.event_id, from, before, later.done_to],
    )
    .await?;
    Ok(())
}

/// The provider's ids of what is settled here and was made between two instants, both included.
pub(super) async fn settled_between(
    session: &mut Session,
    event: EventId,
    adapter: &Adapter,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PaymentId>, Error> {
    let rows: Vec<(String,)> = session
        .all(
            "SELECT p.payment_id
             FROM payments p JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.provider = $2 AND p.profile_id = $3
                 AND p.created_at >= $4 AND p.created_at <= $5
             ORDER BY p.created_at",
            values![event, adapter.name().as_str(), adapter.profile().0.as_str(), from, to],
        )
        .await?;
    Ok(rows.into_iter().map(|row| PaymentId(row.0)).collect())
}
