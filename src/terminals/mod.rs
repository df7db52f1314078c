//! Terminals: devices at the bars, and everything they may do.
//!
//! A device is enrolled with a short code that works once ([`add`], [`enrol`]) and from then on carries a token.
//! [`Till`] is what a server keeps: it knows terminals by their tokens, looks media up, charges, voids and reads
//! back.
//!
//! **A sale** is named by its terminal, before it is sent: the same id again gets the original answer, other
//! content under it a conflict that names the field. Only an accepted charge fixes its id; a refusal is an answer
//! and is not stored. The order in which a charge is judged is one function, [`charge`](Till::charge)'s:
//!
//! | asked first to last | else |
//! |---|---|
//! | the terminal is not revoked | `terminal-revoked` |
//! | the id is new, or its charge has the same terminal, medium, amount and lines: the original answer | `id-reused` |
//! | the event is open | `event-closed` |
//! | the amount is within the event's bounds and the sum of its lines | `invalid-amount` |
//! | the code is one of this event's, and of a kind that pays | `foreign-code`, `unknown-medium`, `…-cannot-pay` |
//! | the medium is active | `medium-not-active` |
//! | within the caps of an event whose top-up codes pay | `invalid-amount` |
//! | the wallet holds enough | `insufficient-funds` |
//!
//! **Revoking** a terminal passes through the gate of the lanes: once [`revoke`] returned, no instance accepts a
//! charge of it. A device revokes its own with [`end`]. Tokens are remembered in memory, because what they stand for
//! never changes; whether the terminal still may is asked in the lane for charges and voids, and in the database with
//! every look-up.

mod batch;
mod charge;
mod devices;
mod lines;
mod lookup;
mod page;
mod read_back;
mod refusal;
mod sale;
pub mod sightings;
mod store;
mod till;
mod void;

#[cfg(test)]
mod charge_tests;
#[cfg(test)]
mod enrol_tests;
#[cfg(test)]
mod lookup_tests;
#[cfg(test)]
mod race_tests;
#[cfg(test)]
mod test_till;
#[cfg(test)]
mod void_tests;

pub use batch::CHARGES_PER_BATCH_MAX;
pub use charge::{ChargeStatus, Charged, NewCharge};
pub use devices::{
    AddError, Added, ENROLMENT_CODE_LIVES, EnrolRefusal, Enrolled, TERMINALS_PER_PAGE_MAX, TOKENS_KEPT_MAX,
    TerminalView, add, add_as, app_link, by_id, end, enrol, list, renew_code, revoke, with_code,
};
pub use lines::{BY_ANOTHER, LINES_MAX, Line, OTHER_AMOUNT, PRODUCT_CHARS_MAX, REST, part_of};
pub use lookup::Balance;
pub use refusal::{AmountProblem, Refusal};
pub use till::{Till, TillError};
pub use void::{TERMINAL_VOID_WINDOW, Voided};

use crate::events::Slug;
use crate::ids::{EventId, PointOfSaleId, TerminalId, VendorId};

/// Who charges: what an enrolled token stands for. Nothing in it ever changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: TerminalId,
    /// Where it stands.
    pub point_of_sale_id: PointOfSaleId,
    /// Who is owed what it takes.
    pub vendor_id: VendorId,
    /// The event in addresses.
    pub event: Slug,
    /// The bar's name.
    pub point_of_sale: String,
}
