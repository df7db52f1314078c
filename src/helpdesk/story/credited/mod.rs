//! What was paid onto a medium, waited, and was credited to the wallet of another: its own wallet has no movement of it.

mod store;

use super::MATTERS_MAX;
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::db::{Error, Session};
use crate::ids::{AccountId, EventId, MediumId, ParkedId};
use crate::money::Cents;
use std::cmp::Reverse;

/// Money of a payment onto a medium that was credited to another one's wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credited {
    /// The matter that tells of it.
    pub id: ParkedId,
    /// How much.
    pub amount: Cents,
    /// Why it waited, in the matter's few words.
    pub reason: String,
    /// What spends from that wallet now.
    pub to: Serial,
    /// When that was decided.
    pub at: Timestamp,
    /// Who decided it.
    pub by: String,
    /// Why, in their words.
    pub why: String,
}

/// Money that was paid onto any of these media and credited to another wallet than theirs, the newest first, as much of it
/// as is shown on a page.
///
/// # Errors
/// The database's.
pub async fn credited(
    session: &mut Session,
    event: EventId,
    (wallet, media): (AccountId, &[MediumId]),
) -> Result<Vec<Credited>, Error> {
    let rows = store::to_wallets(session, event, media).await?.into_iter();
    let mut elsewhere: Vec<Credited> =
        rows.filter(|row| row.wallet_id != wallet).map(store::CreditedRow::credited).collect();
    elsewhere.sort_by_key(|one| Reverse((one.at, one.id)));
    elsewhere.truncate(MATTERS_MAX);
    Ok(elsewhere)
}
