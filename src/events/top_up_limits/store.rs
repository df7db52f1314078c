//! Top-up limits in the database.

use super::TopUpLimits;
use crate::db::{Error, Session, Tx};
use crate::ids::EventId;
use crate::money::Cents;
use crate::values;

pub(super) async fn of(session: &mut Session, event: EventId) -> Result<Option<TopUpLimits>, Error> {
    let row: Option<(Cents, Cents)> = session
        .optional("SELECT min_cents, max_cents FROM top_up_limits WHERE event_id = $1", values![event])
        .await?;
    Ok(row.map(|(min, max)| TopUpLimits { min, max }))
}

pub(super) async fn set(tx: &mut Tx, event: EventId, limits: TopUpLimits) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO top_up_limits (event_id, min_cents, max_cents) VALUES ($1, $2, $3)
         ON CONFLICT (event_id) DO UPDATE SET min_cents = excluded.min_cents, max_cents = excluded.max_cents",
        values![event, limits.min, limits.max],
    )
    .await?;
    Ok(())
}
