//! Payers' names and masked account numbers: personal data, kept for refunds and questions, then forgotten.

mod store;

use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use std::time::Duration;

/// How long after the closing of an event they are kept: refunds and disputes are over by then.
pub const KEPT_AFTER_CLOSING: Duration = Duration::from_secs(90 * 24 * 3600);
/// Payments purged in one transaction.
const PURGED_AT_ONCE: i64 = 1_000;

/// Forgets who paid at events that closed long ago; answers how many payments that touched, at most a thousand:
/// call again while there are any.
///
/// # Errors
/// The database's.
pub async fn purge(db: &Store, now: Timestamp) -> Result<u64, db::Error> {
    db.transact(|tx| {
        Box::pin(async move {
            let purged = store::purge(tx, now.before(KEPT_AFTER_CLOSING), PURGED_AT_ONCE).await?;
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
