//! Payers in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::ids::EventId;
use crate::values;
use uuid::Uuid;

/// The events closed before `closed_before` that were not looked through to their end yet.
pub(super) async fn due(session: &mut Session, closed_before: Timestamp) -> Result<Vec<EventId>, Error> {
    let rows: Vec<(EventId,)> = session
        .all(
            "SELECT id FROM events WHERE closed_at < $1 AND payers_forgotten_at IS NULL ORDER BY id LIMIT 1000",
            values![closed_before],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The payments of an event in order of id, and whether they say who paid.
pub(super) async fn payments_after(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, bool)>, Error> {
    let rows: Vec<(Uuid, i64)> = session
        .all(
            "SELECT id, CAST(CASE WHEN debtor_name IS NULL AND debtor_iban IS NULL THEN 0 ELSE 1 END AS BIGINT)
             FROM payments WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            values![event, after, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|(id, named)| (id, named == 1)).collect())
}

/// Empties the payers of these payments.
pub(super) async fn forget(tx: &mut Tx, event: EventId, payments: Vec<Uuid>) -> Result<u64, Error> {
    let rows = payments.into_iter().map(|id| [Value::from(event), Value::from(id)]);
    tx.execute_rows(
        "UPDATE payments SET debtor_name = NULL, debtor_iban = NULL FROM {rows}
         WHERE payments.event_id = r.event_id AND payments.id = r.id",
        Rows::new(["event_id", "id"], rows),
    )
    .await
}

/// Marks events closed before `closed_before` as looked through to their end.
pub(super) async fn mark_forgotten(
    tx: &mut Tx,
    closed_before: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE events SET payers_forgotten_at = $2 WHERE closed_at < $1 AND payers_forgotten_at IS NULL",
        values![closed_before, now],
    )
    .await?;
    Ok(())
}
