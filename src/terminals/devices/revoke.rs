//! Revokes a terminal: lost, stolen, or no longer needed, which its own device may say as well.

use super::store::{self, TerminalView};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::ids::TerminalId;
use crate::secrets::token_hash;

/// Why a terminal ended that nobody else ended.
const ON_ITS_DEVICE: &str = "ended on its device";

/// Revokes a terminal; nothing when there is none of this id. Its id stays, in its charges and in the list.
/// Revoking it again changes nothing. Once this returned, no instance accepts anything of it: the change passes
/// through the gate that every batch of every lane passes first.
///
/// # Errors
/// The database's.
pub async fn revoke(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    id: TerminalId,
    reason: Option<&str>,
) -> Result<Option<TerminalView>, db::Error> {
    store
        .transact(|tx| {
            let (actor, reason) = (actor.clone(), reason.map(str::to_owned));
            Box::pin(async move {
                db::close_gate(tx).await?;
                let Some(terminal) = store::by_id(tx, id).await? else {
                    return Ok(None);
                };
                if store::revoke(tx, terminal.event_id, id, now).await? {
                    let entry = Entry {
                        event: Some(terminal.event_id),
                        reason,
                        ..Entry::new(&actor, "terminal revoked", id.to_string())
                    };
                    audit_log::store::write(tx, now, &entry).await?;
                }
                store::by_id(tx, id).await
            })
        })
        .await
}

/// Revokes the terminal that carries this token, on its own device's word; nothing for anything else. Revoked before,
/// by whomever, it stays as it is, and holds up no lane.
///
/// # Errors
/// The database's.
pub async fn end(store: &Store, now: Timestamp, token: &str) -> Result<Option<TerminalView>, db::Error> {
    let mut session = store.read().await?;
    let Some(id) = store::of_token(&mut session, token_hash(token)).await? else {
        return Ok(None);
    };
    let found = store::by_id(&mut session, id).await?;
    drop(session);
    if found.as_ref().is_some_and(|terminal| terminal.revoked_at.is_some()) {
        return Ok(found);
    }
    revoke(store, &Actor::Terminal(id), now, id, Some(ON_ITS_DEVICE)).await
}
