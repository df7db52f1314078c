//! Asks a provider for single payments and settles what it says.

mod store;

use super::{Adapters, Outcome, Settle};
use crate::clock::Timestamp;
use crate::db::{self, Store};
use crate::events::Event;
use crate::ids::EventId;
use crate::ledger::{LaneError, LaneHandle};
use crate::providers::{Adapter, CallError, PaymentId, ProfileId, Provider, ProviderName};
use crate::secrets::KeyFile;
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// A payment that was seen unfinished is given this long before it is asked for.
const UNFINISHED_AFTER: Duration = Duration::from_secs(120);
/// And is asked for no longer than this: codes are valid for minutes.
const UNFINISHED_UNTIL: Duration = Duration::from_secs(24 * 3600);
/// Most payments asked for in one round.
const ASKED_MAX: usize = 50;
/// Refusals in a row that end a round: a key that counts no more, not an odd payment.
const REFUSED_MAX: u32 = 5;

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

/// Asks for unfinished payments in turn: each round goes on behind the last one, so that payments nobody ever
/// finishes don't keep the newer ones waiting. Kept in memory; a new process starts with the oldest.
#[derive(Default)]
pub struct Rounds(HashMap<(EventId, ProviderName, ProfileId), Place>);

/// When a payment was made, and its id here.
type Place = (Timestamp, Uuid);

impl Rounds {
    /// Asks for payments that were last seen in a state they should have left by now: the callback of their end may
    /// be lost. Answers how many were asked for. A payment that the provider refuses to tell about is passed over.
    ///
    /// # Errors
    /// [`DetailsError`]; what was learned until then is settled, and the next round goes on behind the payment that
    /// could not be asked for.
    pub async fn look_up_unfinished(
        &mut self,
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
            let turn = (event.id, adapter.name(), adapter.profile().clone());
            let after = self.0.get(&turn).copied().unwrap_or_default();
            let mut session = store.read().await?;
            let payments = store::unfinished(&mut session, event.id, adapter, seen, after, ASKED_MAX).await?;
            drop(session);
            let is_last = payments.len() < ASKED_MAX;
            let mut refused = 0;
            for (place, payment) in payments {
                self.0.insert(turn.clone(), place);
                match look_up(lane, keys, adapter, event.id, &payment, now).await {
                    Ok(_) => {
                        asked += 1;
                        refused = 0;
                    }
                    Err(DetailsError::Provider(
                        error @ (CallError::Refused { .. } | CallError::Invalid { .. }),
                    )) => {
                        tracing::info!(event = %event.slug, %payment, %error, "a payment can't be looked up");
                        refused += 1;
                        if refused == REFUSED_MAX {
                            return Err(error.into());
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            if is_last {
                self.0.remove(&turn);
            }
        }
        Ok(asked)
    }
}
