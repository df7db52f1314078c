//! A wallet's transfers in the database.

use super::Movement;
use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::events::store::word;
use crate::ids::{AccountId, EventId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;

#[derive(FromRow)]
struct MovementRow {
    wallet_version: i64,
    code: String,
    vendor: Option<String>,
    amount_cents: Cents,
    wallet_balance_cents: Cents,
    at: Timestamp,
}

/// The newest transfers of a wallet, older than `before` where that is given.
///
/// # Errors
/// The database's.
pub async fn newest(
    session: &mut Session,
    event: EventId,
    wallet: AccountId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Movement>, Error> {
    let rows: Vec<MovementRow> = session
        .all(
            "SELECT t.wallet_version, t.code, v.name AS vendor, t.amount_cents, t.wallet_balance_cents, t.at
             FROM transfers t LEFT JOIN vendors v ON v.event_id = t.event_id
                 AND v.id = CASE WHEN t.debit_account = t.wallet_id THEN t.credit_account ELSE t.debit_account END
             WHERE t.event_id = $1 AND t.wallet_id = $2 AND t.wallet_version < $3
             ORDER BY t.wallet_version DESC LIMIT $4",
            values![event, wallet, before.unwrap_or(i64::MAX), limit],
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Movement {
                version: row.wallet_version,
                code: word(&row.code)?,
                vendor: row.vendor,
                amount: row.amount_cents,
                balance: row.wallet_balance_cents,
                at: row.at,
            })
        })
        .collect()
}
