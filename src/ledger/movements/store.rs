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
    point_of_sale: Option<String>,
    lines: Option<String>,
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
            "SELECT t.wallet_version, t.code, p.name AS point_of_sale, c.lines, t.amount_cents, t.wallet_balance_cents, t.at
             FROM transfers t
             LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.fact_id
             LEFT JOIN points_of_sale p ON p.event_id = c.event_id AND p.id = c.point_of_sale_id
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
                point_of_sale: row.point_of_sale,
                lines: row.lines,
                amount: row.amount_cents,
                balance: row.wallet_balance_cents,
                at: row.at,
            })
        })
        .collect()
}
