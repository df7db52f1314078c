//! Asks a provider for single payments and settles what it says.

mod store;

use super::{Adapters, Outcome, Settle};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::events::Event;
use crate::ids::EventId;
use crate::ledger::{LaneError, LaneHandle};
use crate::providers::{Adapter, CallError, PaymentId, Provider};
use crate::secrets::KeyFile;
use std::time::Duration;

/// A payment that was seen unfinished is given this long before it is asked for.
const UNFINISHED_AFTER: Duration = Duration::from_secs(120);
/// And is asked for no longer than this: codes are valid for minutes.
const UNFINISHED_UNTIL: Duration = Duration::from_secs(24 * 3600);
/// Most payments asked for in one round.
const ASKED_MAX: i64 = 50;

/// Why a look-up has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum DetailsError {
    /// The provider.
    #[error(transparent)]
    Provider(#[from] CallError),
    /// The lane.
    #[error(transparent)]
    Lane(#[from] LaneError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Fetches a payment and settles it; `None` when the provider knows no such payment.
///
/// # Errors
/// [`DetailsError`]; nothing was changed then, and asking again is harmless.
pub async fn look_up(
    lane: &LaneHandle,
    keys: &KeyFile,
    adapter: &Adapter,
    event: EventId,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<Option<Outcome>, DetailsError> {
    match adapter.details(payment, now).await? {
        Some(report) => Ok(Some(lane.submit(Settle::new(keys, event, report)).await?)),
        None => Ok(None),
    }
}

/// Asks for payments that were last seen in a state they should have left by now: the callback of their end may
/// be lost. Answers how many were asked for.
///
/// # Errors
/// [`DetailsError`] of the first that can't be asked for; what was learned until then is settled.
pub async fn look_up_unfinished(
    store: &Store,
    lane: &LaneHandle,
    keys: &KeyFile,
    adapters: &Adapters,
    event: &Event,
    now: Timestamp,
) -> Result<usize, DetailsError> {
    let mut asked = 0;
    for adapter in adapters.of(event).await?.iter().filter(|adapter| adapter.capabilities().details) {
        let seen = (now.before(UNFINISHED_UNTIL), now.before(UNFINISHED_AFTER));
        let mut session = store.read().await?;
        let payments = store::unfinished(&mut session, event.id, adapter, seen, ASKED_MAX).await?;
        drop(session);
        for payment in payments {
            look_up(lane, keys, adapter, event.id, &payment, now).await?;
            asked += 1;
        }
    }
    Ok(asked)
}
