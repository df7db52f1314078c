//! Asks a provider for one payment and settles what it says.

use super::{Outcome, Settle};
use crate::clock::Timestamp;
use crate::ids::EventId;
use crate::ledger::{LaneError, LaneHandle};
use crate::providers::{Adapter, CallError, PaymentId, Provider};
use crate::secrets::KeyFile;

/// Why a look-up has no outcome.
#[derive(Debug, thiserror::Error)]
pub enum DetailsError {
    /// The provider.
    #[error(transparent)]
    Provider(#[from] CallError),
    /// The lane.
    #[error(transparent)]
    Lane(#[from] LaneError),
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
