//! What moved on one wallet, as its holder reads it.

pub mod store;

use super::Code;
use crate::clock::Timestamp;
use crate::money::Cents;

/// One transfer of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Counts the wallet's transfers and moves; the cursor of the next page.
    pub version: i64,
    /// Why it moved.
    pub code: Code,
    /// Where it was paid, or paid back: charges and voids only.
    pub point_of_sale: Option<String>,
    /// What was sold there, as the sale's room writes it.
    pub lines: Option<String>,
    /// How much. Whether it came or went is the code's to say.
    pub amount: Cents,
    /// What the wallet held after it.
    pub balance: Cents,
    /// When.
    pub at: Timestamp,
}
