//! Media: wristbands and cards, their codes and their lives.
//!
//! A [`Medium`] points at one wallet. Three codes lead to it: the reference inside the printed top-up QR, the
//! serial printed for people, and the secret pay code. None of them is stored in a form that helps a thief: a
//! directory maps the keyed hash of each to the medium, and pay codes are derived, never written down.
//!
//! ```text
//! issued → active → frozen ⇄ active → replaced | revoked
//! issued → spoiled        issued ⇄ quarantined → spoiled | revoked
//! ```
//!
//! Frozen is either the visitor's own doing or the help desk's: [`Medium::own_freeze`] stands in the medium's row.
//!
//! [`MediumStatus::after`] is the one table of moves. A move never travels alone: it advances the version of
//! the wallet behind it, so that a charge decided before the move can't commit after it.
//!
//! Media are issued, printed and handed out as batches: [`batch_life`] tells how far one is, [`reissue`] makes new pieces
//! for its misprints, and [`hosts`] knows which printed addresses are retired. [`preview()`] says what their codes will be on
//! paper before there are any, [`PrintJob`] writes them, [`verify()`] reads a sheet back, and [`print_shop`] keeps what
//! printing needs to remember.

pub mod batch_life;
pub mod hosts;
mod issue;
mod manifest;
pub mod moves;
mod pieces;
mod preview;
mod print_job;
pub mod print_shop;
mod reissue;
mod scan;
mod scanner;
pub mod store;
#[cfg(test)]
mod tests;
mod top_up_codes;
mod unfreeze;
mod verify;

pub use issue::{BatchOptions, IssueError, MEDIA_PER_BATCH_MAX, NewBatch, issue};
pub use moves::{LifecycleMove, NotAllowedFrom};
pub use pieces::{PieceError, PieceSource, pay_text};
pub use preview::preview;
pub use print_job::{PrintJob, PrintJobError, Product, SheetOrder};
pub use reissue::{ReissueError, reissue};
pub use scan::{Scanned, reference_hash, scan};
pub use scanner::{Found, Scanner};
pub use top_up_codes::{TopUpCodes, is_own_page, own_page};
pub use unfreeze::UnfreezeHash;
pub use verify::{SheetFault, Verified, verify};

use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::ids::{AccountId, BatchId, EventId, MediumId};
use crate::money::Cents;
use crate::print::{Language, Level};
use crate::words;

words! {
    /// What the thing is made of.
    MediumKind, "a kind of medium" {
        /// Around a wrist.
        Wristband = "wristband",
        /// In a pocket.
        Card = "card",
    }
}

words! {
    /// Where in its life a medium is.
    MediumStatus, "a medium's status" {
        /// Printed, perhaps handed out; never used.
        Issued = "issued",
        /// In use.
        Active = "active",
        /// Can't spend; money may still be added.
        Frozen = "frozen",
        /// Its wallet moved to another medium. Its reference still adds money to that wallet.
        Replaced = "replaced",
        /// Ended without a successor.
        Revoked = "revoked",
        /// A misprint.
        Spoiled = "spoiled",
        /// Out of our hands before it was handed out: a roll that was lost or stolen. Neither pays nor takes money.
        Quarantined = "quarantined",
    }
}

words! {
    /// Which of a medium's codes was scanned or typed.
    CodeKind, "a kind of code" {
        /// Adds money.
        Reference = "reference",
        /// Read out to people.
        Serial = "serial",
        /// Spends.
        Pay = "pay",
    }
}

/// A wristband or card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: MediumId,
    /// Issued and printed with these.
    pub batch_id: BatchId,
    /// Its place in the batch, from 1.
    pub sequence: i64,
    /// What it is.
    pub kind: MediumKind,
    /// In its top-up QR.
    pub reference: Reference,
    /// Printed for people.
    pub serial: Serial,
    /// What it points at.
    pub wallet_id: AccountId,
    /// Where in its life it is.
    pub status: MediumStatus,
    /// What undoes its freeze, where its visitor froze it and not the help desk.
    pub own_freeze: Option<UnfreezeHash>,
    /// What its top-up QR says to the payer; empty when it says nothing.
    pub description: String,
}

/// Media issued and printed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: BatchId,
    /// What its media are.
    pub kind: MediumKind,
    /// How many.
    pub count: i64,
    /// What its top-up codes start with.
    pub pay_url: String,
    /// What its pay codes' links start with; none where the public URL was not https.
    pub wallet_url: Option<String>,
    /// Template of the description in its top-up codes: `{serial}` is replaced. Empty: none.
    pub description: String,
    /// The amount in its top-up codes.
    pub amount: Option<Cents>,
    /// Error correction of its top-up codes, unless a sheet is told otherwise.
    pub level: Level,
    /// Language of what is printed beside its codes, unless a sheet is told otherwise.
    pub language: Language,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When the last medium was written; none while issuing, or when that was interrupted.
    pub issued_at: Option<Timestamp>,
}

impl Batch {
    /// What the top-up code of `serial` says to its payer.
    #[must_use]
    pub fn description_of(&self, serial: &Serial) -> String {
        self.description.replace("{serial}", serial.as_str())
    }
}
