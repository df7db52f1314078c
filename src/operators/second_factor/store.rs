//! Second factors in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::OperatorId;
use crate::values;
use sqlx::FromRow;

#[derive(FromRow)]
pub(super) struct Factor {
    pub(super) sealed_secret: Vec<u8>,
    confirmed_at: Option<i64>,
}

impl Factor {
    pub(super) fn confirmed_at(&self) -> Option<Timestamp> {
        self.confirmed_at.map(Timestamp)
    }
}

pub(super) async fn factor(session: &mut Session, operator: OperatorId) -> Result<Option<Factor>, Error> {
    session
        .optional(
            "SELECT sealed_secret, confirmed_at FROM operator_factors WHERE operator_id = $1",
            values![operator],
        )
        .await
}

/// Writes one that is not confirmed yet, in place of another such; false when there is one that is confirmed.
pub(super) async fn begin(
    tx: &mut Tx,
    operator: OperatorId,
    sealed_secret: Vec<u8>,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO operator_factors (operator_id, sealed_secret, created_at, used_step)
             VALUES ($1, $2, $3, 0)
             ON CONFLICT (operator_id) DO UPDATE SET sealed_secret = $2, created_at = $3
             WHERE operator_factors.confirmed_at IS NULL",
            values![operator, sealed_secret, now],
        )
        .await?;
    Ok(written == 1)
}

/// Confirms it; false when it was confirmed meanwhile.
pub(super) async fn confirm(
    tx: &mut Tx,
    operator: OperatorId,
    step: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE operator_factors SET confirmed_at = $3, used_step = $2
             WHERE operator_id = $1 AND confirmed_at IS NULL",
            values![operator, step, now],
        )
        .await?;
    Ok(written == 1)
}

/// Takes the code of a step; false when it was taken before, or a later one was.
pub(super) async fn use_step(
    tx: &mut Tx,
    operator: OperatorId,
    step: i64,
    sealed_secret: Vec<u8>,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE operator_factors SET used_step = $2
             WHERE operator_id = $1 AND confirmed_at IS NOT NULL AND used_step < $2 AND sealed_secret = $3",
            values![operator, step, sealed_secret],
        )
        .await?;
    Ok(written == 1)
}

pub(super) async fn insert_recovery(tx: &mut Tx, operator: OperatorId, hash: [u8; 32]) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO operator_recovery_codes (hash, operator_id) VALUES ($1, $2)",
        values![hash, operator],
    )
    .await?;
    Ok(())
}

/// Uses a recovery code up; false when it is none, or was used.
pub(super) async fn use_recovery(tx: &mut Tx, operator: OperatorId, hash: [u8; 32]) -> Result<bool, Error> {
    let written = tx
        .execute(
            "DELETE FROM operator_recovery_codes WHERE hash = $1 AND operator_id = $2",
            values![hash, operator],
        )
        .await?;
    Ok(written == 1)
}

#[derive(FromRow)]
struct Count {
    remaining: i64,
}

/// Recovery codes that are left.
pub(super) async fn recovery_left(session: &mut Session, operator: OperatorId) -> Result<i64, Error> {
    let count: Option<Count> = session
        .optional(
            "SELECT COUNT(*) AS remaining FROM operator_recovery_codes WHERE operator_id = $1",
            values![operator],
        )
        .await?;
    Ok(count.map_or(0, |count| count.remaining))
}

/// Removes it with its recovery codes; false when there was none.
pub(in crate::operators) async fn delete(tx: &mut Tx, operator: OperatorId) -> Result<bool, Error> {
    tx.execute("DELETE FROM operator_recovery_codes WHERE operator_id = $1", values![operator]).await?;
    let gone = tx.execute("DELETE FROM operator_factors WHERE operator_id = $1", values![operator]).await?;
    Ok(gone == 1)
}
