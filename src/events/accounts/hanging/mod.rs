//! What of an event hangs on an account. While there is anything, the account stays, and is known by its id.
//!
//! Processes know accounts for some seconds, and one of them may be about to write an order for an account that another
//! corrects or takes away. So whoever writes an order keeps the account until it is written, and whoever changes the
//! account's id holds it before looking for orders: one of the two sees what the other did.

mod store;

use crate::db::{self, Session, Tx};
use crate::events::EventError;
use crate::ids::EventId;
use crate::plural::listed;
use crate::providers::{Account, ProfileId, ProviderName};

/// What of an event hangs on an account, by which it keeps its id and its place: `orders and payments`. Empty where nothing does.
///
/// # Errors
/// The database's.
pub async fn on(session: &mut Session, event: EventId, account: &Account) -> Result<String, db::Error> {
    let hanging = [
        ("orders", store::has_orders(session, event, account).await?),
        ("payments", store::has_payments(session, event, account).await?),
        ("open matters", store::has_open_matters(session, event, account).await?),
    ];
    let hanging = hanging.into_iter().filter_map(|(what, is_there)| is_there.then_some(what));
    Ok(listed(&hanging.collect::<Vec<&str>>(), "and"))
}

/// Keeps an account's id until the transaction ends, for what is written that hangs on it; false where the event has none
/// of this id now.
///
/// # Errors
/// The database's.
pub async fn keep(
    tx: &mut Tx,
    event: EventId,
    account: (ProviderName, &ProfileId),
) -> Result<bool, db::Error> {
    store::hold(tx, event, account, store::Hold::Name).await
}

/// Holds an account until the transaction ends, so that of two who change it the second sees what the first did. Who writes
/// what hangs on it waits.
pub(super) async fn hold(
    tx: &mut Tx,
    event: EventId,
    account: (ProviderName, &ProfileId),
) -> Result<bool, db::Error> {
    store::hold(tx, event, account, store::Hold::Row).await
}

/// Refuses an account on which something hangs, and has nothing written that hangs on it until the transaction ends.
pub(super) async fn hold_unused(tx: &mut Tx, event: EventId, account: &Account) -> Result<(), EventError> {
    let (provider, named) = (account.provider, (account.provider, &account.profile));
    if !store::hold(tx, event, named, store::Hold::Row).await? {
        return Err(EventError::NoAccount(provider));
    }
    let by = on(tx, event, account).await?;
    if by.is_empty() { Ok(()) } else { Err(EventError::AccountUsed { provider, by, proven: None }) }
}
