//! Notes a list that is another account's: it lacks our orders, which stand under another id.

use super::lease::RunError;
use super::worker::Worker;
use crate::events::accounts;
use crate::providers::{Adapter, CallError, PaymentId, Provider, Window};
use std::collections::HashSet;

/// Notes it at the first of our orders. A wrong id can be entered where no payment tells of it yet; its list would lack them
/// for ever, and nobody would hear. Nothing more is asked for where one of them is listed.
pub(super) async fn note(
    worker: &mut Worker,
    adapter: &Adapter,
    window: Window,
    listed: &HashSet<PaymentId>,
) -> Result<(), RunError> {
    let (event, provider) = (worker.event.id, adapter.name());
    let made = {
        let mut session = worker.reconciler.store.read().await?;
        accounts::store::made(&mut session, event, provider, window).await?
    };
    let made: Vec<PaymentId> = made.into_iter().map(|(payment, _)| payment).collect();
    if made.is_empty() || made.iter().any(|payment| listed.contains(payment)) {
        return Ok(());
    }
    let clock = worker.reconciler.clock.clone();
    let named = match worker.patiently(|| adapter.profile_of(&made, window, clock.now())).await {
        // Nothing is told of whose the key is. What is settled here and not listed is asked for all the same.
        Err(RunError::Provider(CallError::Refused { .. } | CallError::Invalid { .. })) => return Ok(()),
        named => named?,
    };
    if let Some(other) = named.filter(|named| named != adapter.profile_there()) {
        worker.note(accounts::wrong_id(adapter.profile_there(), &other));
    }
    Ok(())
}
