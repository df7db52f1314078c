//! Unfinished payments in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::ids::EventId;
use crate::providers::{Adapter, PaymentId, Provider};
use crate::values;

/// Payments without a settlement whose state is not final, made between two instants; the oldest first.
pub(super) async fn unfinished(
    session: &mut Session,
    event: EventId,
    adapter: &Adapter,
    (from, to): (Timestamp, Timestamp),
    limit: i64,
) -> Result<Vec<PaymentId>, Error> {
    let rows: Vec<(String,)> = session
        .all(
            "SELECT payment_id FROM payments
             WHERE event_id = $1 AND created_at >= $4 AND created_at <= $5 AND provider = $2 AND profile_id = $3
                 AND status NOT IN ('SUCCEEDED', 'AUTHORIZATION_FAILED', 'FAILED', 'CANCELLED', 'EXPIRED', 'VOIDED')
             ORDER BY created_at LIMIT $6",
            values![event, adapter.name().as_str(), adapter.profile().0.as_str(), from, to, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|row| PaymentId(row.0)).collect())
}
