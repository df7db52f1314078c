//! Payers in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Tx};
use crate::values;

/// Empties the payers of events closed before `closed_before` that were not looked through to their end yet.
pub(super) async fn purge(tx: &mut Tx, closed_before: Timestamp, limit: i64) -> Result<u64, Error> {
    tx.execute(
        "UPDATE payments SET debtor_name = NULL, debtor_iban = NULL
         WHERE (event_id, id) IN (
             SELECT p.event_id, p.id FROM events e JOIN payments p ON p.event_id = e.id
             WHERE e.closed_at < $1 AND e.payers_forgotten_at IS NULL
                 AND (p.debtor_name IS NOT NULL OR p.debtor_iban IS NOT NULL)
             LIMIT $2)",
        values![closed_before, limit],
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
