//! Payers' names and masked account numbers: personal data, kept for refunds and questions, then forgotten.

mod store;

use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::events::Event;
use crate::ids::EventId;
use crate::plural::counted;
use std::time::Duration;
use uuid::Uuid;

/// How long after the closing of an event they are kept: refunds and disputes are over by then.
pub const KEPT_AFTER_CLOSING: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long an event is looked through after that. Settling keeps no payer by then, so once is enough; the day lets
/// settlements finish that were decided just before.
const LOOKED_THROUGH: Duration = Duration::from_secs(24 * 3600);
/// Payments looked at, and purged in one transaction.
const PURGED_AT_ONCE: i64 = 1_000;

/// True when no payer of this event is kept any more, those of late payments included.
#[must_use]
pub fn are_forgotten(event: &Event, now: Timestamp) -> bool {
    event.closed_at.is_some_and(|closed_at| closed_at < now.before(KEPT_AFTER_CLOSING))
}

/// Forgets who paid at events that closed long ago; answers how many payments that touched. Walks through all payments
/// of such an event, a thousand at a time, and holds no sale up for longer than it takes to change those.
///
/// # Errors
/// The database's.
pub async fn purge(db: &Store, now: Timestamp) -> Result<u64, db::Error> {
    let closed_before = now.before(KEPT_AFTER_CLOSING);
    let due = store::due(&mut *db.read().await?, closed_before).await?;
    let mut purged = 0;
    for event in due {
        let mut after = Uuid::nil();
        loop {
            let page = store::payments_after(&mut *db.read().await?, event, after, PURGED_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            let named: Vec<Uuid> = page.into_iter().filter(|(_, named)| *named).map(|(id, _)| id).collect();
            purged += forget(db, event, named, now).await?;
        }
    }
    let looked_through = closed_before.before(LOOKED_THROUGH);
    db.transact(|tx| Box::pin(store::mark_forgotten(tx, looked_through, now))).await?;
    Ok(purged)
}

async fn forget(db: &Store, event: EventId, named: Vec<Uuid>, now: Timestamp) -> Result<u64, db::Error> {
    if named.is_empty() {
        return Ok(0);
    }
    db.transact(|tx| {
        let named = named.clone();
        Box::pin(async move {
            let purged = store::forget(tx, event, named).await?;
            let actor = Actor::System("purge");
            let mut entry = Entry::new(&actor, "payers forgotten", "payments of closed events");
            entry.detail = Some(counted(purged, "payment"));
            audit_log::store::write(tx, now, &entry).await?;
            Ok(purged)
        })
    })
    .await
}
