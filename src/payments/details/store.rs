//! Unfinished payments in the database.

use super::Place;
use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::ids::EventId;
use crate::providers::{Adapter, PaymentId, Provider};
use crate::values;
use uuid::Uuid;

/// Payments without a settlement whose state is not final, made between two instants, behind one of them; the oldest
/// first.
pub(super) async fn unfinished(
    session: &mut Session,
    event: EventId,
    adapter: &Adapter,
    (from, to): (Timestamp, Timestamp),
    (after_at, after_id): Place,
    limit: usize,
) -> Result<Vec<(Place, PaymentId)>, Error> {
    let (from, after_id) = if after_at < from { (from, Uuid::nil()) } else { (after_at, after_id) };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows: Vec<(Timestamp, Uuid, String)> = session
        .all(
            "SELECT created_at, id, payment_id FROM payments
             WHERE event_id = $1 AND created_at >= $4 AND created_at <= $5 AND provider = $2 AND profile_id = $3
                 AND status NOT IN ('SUCCEEDED', 'AUTHORIZATION_FAILED', 'FAILED', 'CANCELLED', 'EXPIRED', 'VOIDED')
                 AND (created_at > $4 OR id > $6)
             ORDER BY created_at, id LIMIT $7",
            values![
                event,
                adapter.name().as_str(),
                adapter.profile().0.as_str(),
                from,
                to,
                after_id,
                limit
            ],
        )
        .await?;
    Ok(rows.into_iter().map(|(at, id, payment)| ((at, id), PaymentId(payment))).collect())
}
