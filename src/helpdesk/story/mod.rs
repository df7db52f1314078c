//! The story of a medium: each movement of its wallet with the fact behind it, and the media that this wallet was behind
//! before and after.

pub mod store;

use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Error, Session};
use crate::ids::{ChargeId, EventId, MediumId};
use crate::ledger::Code;
use crate::media::MediumStatus;
use crate::money::Cents;

/// Media of one chain that are shown: a wallet that changes wrists more often than that is looked into in the audit log.
const CHAIN_MAX: usize = 20;

/// One movement of a wallet, with what is known of its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Counts the wallet's transfers and moves; the cursor of the next page.
    pub version: i64,
    /// Why it moved.
    pub code: Code,
    /// How much. Whether it came or went is the code's to say.
    pub amount: Cents,
    /// What the wallet held after it.
    pub balance: Cents,
    /// When.
    pub at: Timestamp,
    /// The sale, of charges and voids.
    pub charge: Option<ChargeId>,
    /// Where it was sold.
    pub point_of_sale: Option<String>,
    /// On which device.
    pub device: Option<String>,
    /// What was sold, as the terminal wrote it.
    pub lines: Option<String>,
    /// The sale was taken back: of charges.
    pub is_voided: bool,
    /// The provider's id of the payment: of top-ups.
    pub payment: Option<String>,
    /// Who decided it: of voids, and of parked money.
    pub by: Option<String>,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// A medium of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Ours.
    pub id: MediumId,
    /// In its top-up QR.
    pub reference: Reference,
    /// Printed for people.
    pub serial: Serial,
    /// Where in its life it is.
    pub status: MediumStatus,
}

/// The media whose wallet became this medium's, the oldest first, and those it went on to, in order.
///
/// # Errors
/// The database's.
pub async fn chain(
    session: &mut Session,
    event: EventId,
    medium: MediumId,
) -> Result<(Vec<Link>, Vec<Link>), Error> {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut of = medium;
    while let Some(link) = store::predecessor(session, event, of).await?.filter(|_| before.len() < CHAIN_MAX)
    {
        of = link.id;
        before.push(link);
    }
    before.reverse();
    of = medium;
    while let Some(link) = store::successor(session, event, of).await?.filter(|_| after.len() < CHAIN_MAX) {
        of = link.id;
        after.push(link);
    }
    Ok((before, after))
}
