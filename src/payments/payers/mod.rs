//! Payers' names and masked account numbers: personal data, kept for refunds and questions, then forgotten.

mod store;

use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::events::Event;
use std::time::Duration;

/// How long after the closing of an event they are kept: refunds and disputes are over by then.
pub const KEPT_AFTER_CLOSING: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long an event is looked through after that. Settling keeps no payer by then, so once is enough; the day lets
/// settlements finish that were decided just before.
const LOOKED_THROUGH: Duration = Duration::from_secs(24 * 3600);
/// Payments purged in one transaction.
const PURGED_AT_ONCE: i64 = 1_000;

/// True when no payer of this event is kept any more, those of late payments included.
#[must_use]
pub fn are_forgotten(event: &Event, now: Timestamp) -> bool {
    event.closed_at.is_some_and(|closed_at| closed_at < now.before(KEPT_AFTER_CLOSING))
}

/// Forgets who paid at events that closed long ago; answers how many payments that touched, at most a thousand:
/// call again while there are any.
///
/// # Errors
/// The database's.
pub async fn purge(db: &Store, now: Timestamp) -> Result<u64, db::Error> {
    db.transact(|tx| {
        Box::pin(async move {
            let closed_before = now.before(KEPT_AFTER_CLOSING);
            let purged = store::purge(tx, closed_before, PURGED_AT_ONCE).await?;
            if purged < PURGED_AT_ONCE.unsigned_abs() {
                store::mark_forgotten(tx, closed_before.before(LOOKED_THROUGH), now).await?;
            }
            if purged > 0 {
                let actor = Actor::System("purge");
                let mut entry = Entry::new(&actor, "payers forgotten", "payments of closed events");
                entry.detail = Some(format!("{purged} payments"));
                audit_log::store::write(tx, now, &entry).await?;
            }
            Ok(purged)
        })
    })
    .await
}
