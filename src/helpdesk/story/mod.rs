//! The story of a medium: each movement of its wallet with the fact behind it, the media that this wallet was behind
//! before and after, what was paid and waits for a person instead of having moved anything, and what went back to whoever
//! paid it.

pub mod credited;
pub mod store;

use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Error, Session};
use crate::ids::{ChargeId, EventId, MediumId, ParkedId};
use crate::ledger::Code;
use crate::media::{MediumKind, MediumStatus};
use crate::money::Cents;
use crate::providers::ProviderName;
use uuid::Uuid;

/// Media of one chain that are shown: a wallet that changes wrists more often than that is looked into in the audit log.
const CHAIN_MAX: usize = 20;
/// Matters of a page: more of them are nowhere but where somebody means to fill it.
const MATTERS_MAX: usize = 50;

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
    /// Whose payment, and its id there: of top-ups, and of parked money.
    pub payment: Option<(ProviderName, String)>,
    /// The payment as it is named here.
    pub own_payment: Option<Uuid>,
    /// What was paid, of parked money that was credited.
    pub paid_onto: Option<Serial>,
    /// Who decided it: of voids, and of parked money.
    pub by: Option<String>,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// A sale, as it is told to whoever is to take it back.
#[derive(Clone, Debug)]
pub struct Sold {
    /// How much.
    pub amount: Cents,
    /// When.
    pub at: Timestamp,
    /// Where.
    pub point_of_sale: String,
    /// What kind of medium paid.
    pub kind: MediumKind,
    /// What is printed on that for people.
    pub serial: Serial,
    /// Where the medium is in its life that spends from the wallet now.
    pub holder: MediumStatus,
    /// That it was taken back, where it was.
    pub taken_back: Option<TakenBack>,
}

/// That a sale was taken back.
#[derive(Clone, Debug)]
pub struct TakenBack {
    /// By whom, as the log names them.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Money that was paid onto a medium, and that a person has to decide about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The matter.
    pub id: ParkedId,
    /// How much; `None` where nobody knows yet how much came.
    pub amount: Option<Cents>,
    /// How much of it the provider told that it sent back; what a bank took may still be won.
    pub back: Cents,
    /// Why it is on no wallet, in the matter's few words.
    pub reason: String,
    /// Since when it waits.
    pub at: Timestamp,
}

/// Money of a payment onto a medium that went back to whoever paid it, or is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// The matter that tells of it.
    pub id: ParkedId,
    /// Whose payment, and its id there.
    pub payment: (ProviderName, String),
    /// How much of it.
    pub amount: Cents,
    /// It was on a wallet before.
    pub was_credited: bool,
    /// How it went.
    pub way: ReturnWay,
    /// When that was decided, or told.
    pub at: Timestamp,
    /// Who decided it, or closed what was told.
    pub by: Option<String>,
    /// Why, in their words.
    pub reason: Option<String>,
}

/// How money goes back to whoever paid it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnWay {
    /// Somebody here marked it for return; and what of it is booked as gone.
    Marked(Option<Gone>),
    /// The provider sent it, asked to in its own pages; and what it told, in a sentence.
    Refund(String),
    /// The payer's bank took it; and what the provider told, in a sentence.
    Chargeback(String),
}

/// What is booked as gone of money that was marked for return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// How much.
    pub amount: Cents,
    /// How much of that the payer's bank took.
    pub taken: Cents,
    /// When the last of it was booked.
    pub at: Timestamp,
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
    let (before, mut after) = (before(session, event, medium).await?, Vec::new());
    let mut of = medium;
    while let Some(link) = store::successor(session, event, of).await?.filter(|_| after.len() < CHAIN_MAX) {
        of = link.id;
        after.push(link);
    }
    Ok((before, after))
}

/// The media whose wallet became this medium's, the oldest first.
///
/// # Errors
/// The database's.
pub async fn before(session: &mut Session, event: EventId, medium: MediumId) -> Result<Vec<Link>, Error> {
    let (mut before, mut of) = (Vec::new(), medium);
    while let Some(link) = store::predecessor(session, event, of).await?.filter(|_| before.len() < CHAIN_MAX)
    {
        of = link.id;
        before.push(link);
    }
    before.reverse();
    Ok(before)
}
