//! The steps of batches in the database, and what is counted of their media.

use super::{BatchStep, Reprint, StepTaken};
use crate::clock::Timestamp;
use crate::db::{Engine, Error, Rows, Session, Tx, Value};
use crate::events::store::word;
use crate::ids::{BatchId, EventId, MoveId};
use crate::media::{Batch, MediumStatus};
use crate::values;
use sqlx::FromRow;
use std::collections::BTreeMap;

/// Media that are counted in one statement.
pub(super) const WINDOW: i64 = 10_000;

/// Holds a batch until the transaction ends, so that of two who record something of it the second sees the first's.
pub(in crate::media) async fn hold_batch(tx: &mut Tx, batch: &Batch) -> Result<(), Error> {
    // Whoever writes holds all of the database there.
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let _held: Option<(BatchId,)> = tx
        .optional(
            "SELECT id FROM batches WHERE event_id = $1 AND id = $2 FOR UPDATE",
            values![batch.event_id, batch.id],
        )
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct StepRow {
    step: String,
    at: Timestamp,
    actor: String,
    note: String,
}

/// What was recorded of a batch, in the order of the steps. There are four at most.
pub(super) async fn steps(session: &mut Session, batch: &Batch) -> Result<Vec<StepTaken>, Error> {
    let rows: Vec<StepRow> = session
        .all(
            "SELECT step, at, actor, note FROM batch_moves WHERE event_id = $1 AND batch_id = $2",
            values![batch.event_id, batch.id],
        )
        .await?;
    let taken = rows.into_iter().map(|row| {
        let StepRow { step, at, actor, note } = row;
        Ok(StepTaken { step: word(&step)?, at, actor, note })
    });
    let mut steps = taken.collect::<Result<Vec<_>, Error>>()?;
    steps.sort_by_key(|taken| taken.step);
    Ok(steps)
}

/// The last step that was recorded of each of these batches of one event; those of none are left out.
///
/// # Errors
/// The database's.
pub async fn last_steps(
    session: &mut Session,
    batches: &[Batch],
) -> Result<BTreeMap<BatchId, BatchStep>, Error> {
    let named = batches.iter().map(|batch| [Value::from(batch.event_id), Value::from(batch.id)]);
    let rows: Vec<(BatchId, String)> = session
        .all_rows(
            "SELECT m.batch_id, m.step
             FROM {rows} JOIN batch_moves m ON m.event_id = r.event_id AND m.batch_id = r.batch_id",
            Rows::new(["event_id", "batch_id"], named),
        )
        .await?;
    let mut last = BTreeMap::new();
    for (batch, step) in rows {
        let (step, known): (BatchStep, _) = (word(&step)?, last.entry(batch).or_insert(BatchStep::Rendered));
        *known = step.max(*known);
    }
    Ok(last)
}

/// Records a step. Whoever held the batch and saw that it is new never meets another.
pub(super) async fn insert_step(tx: &mut Tx, batch: &Batch, taken: &StepTaken) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO batch_moves (event_id, id, batch_id, step, actor, note, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values![
            batch.event_id,
            MoveId::new(),
            batch.id,
            taken.step,
            taken.actor.as_str(),
            taken.note.as_str(),
            taken.at,
        ],
    )
    .await?;
    Ok(())
}

/// The media of a batch behind number `after` by status, a window of them.
pub(super) async fn count_window(
    session: &mut Session,
    batch: &Batch,
    after: i64,
) -> Result<Vec<(MediumStatus, i64)>, Error> {
    let rows: Vec<(String, i64)> = session
        .all(
            "SELECT status, COUNT(*) FROM media
             WHERE event_id = $1 AND batch_id = $2 AND sequence > $3 AND sequence <= $4 GROUP BY status",
            values![batch.event_id, batch.id, after, after + WINDOW],
        )
        .await?;
    rows.into_iter().map(|(status, count)| Ok((word(&status)?, count))).collect()
}

#[derive(FromRow)]
struct ReprintRow {
    id: BatchId,
    count: i64,
}

/// The batch that this one stands in for, and why it was issued.
pub(super) async fn reprint_of(
    session: &mut Session,
    batch: &Batch,
) -> Result<(Option<BatchId>, Option<String>), Error> {
    let own: Option<(Option<BatchId>, Option<String>)> = session
        .optional(
            "SELECT reprint_of, reprint_reason FROM batches WHERE event_id = $1 AND id = $2",
            values![batch.event_id, batch.id],
        )
        .await?;
    Ok(own.unwrap_or_default())
}

/// The batches that stand in for this one, the oldest first. One that was interrupted while it was issued stands in for
/// nothing.
pub(in crate::media) async fn reprints(session: &mut Session, batch: &Batch) -> Result<Vec<Reprint>, Error> {
    let rows: Vec<ReprintRow> = session
        .all(
            "SELECT id, count FROM batches
             WHERE event_id = $1 AND reprint_of = $2 AND issued_at IS NOT NULL ORDER BY id",
            values![batch.event_id, batch.id],
        )
        .await?;
    Ok(rows.into_iter().map(|ReprintRow { id, count }| Reprint { batch: id, count }).collect())
}

/// Says which batch a new one stands in for and why, in the transaction that makes it.
pub(in crate::media) async fn set_reprint_of(
    tx: &mut Tx,
    batch: &Batch,
    reprint_of: BatchId,
    reason: &str,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE batches SET reprint_of = $3, reprint_reason = $4 WHERE event_id = $1 AND id = $2",
        values![batch.event_id, batch.id, reprint_of, reason],
    )
    .await?;
    Ok(())
}

/// Which batches of an event stand in for which.
///
/// # Errors
/// The database's.
pub async fn all_reprints(session: &mut Session, event: EventId) -> Result<Vec<(BatchId, BatchId)>, Error> {
    session
        .all(
            "SELECT id, reprint_of FROM batches WHERE event_id = $1 AND reprint_of IS NOT NULL ORDER BY id",
            values![event],
        )
        .await
}
