//! The books: accounts, transfers, and the one path on which money moves.
//!
//! A transfer debits one account and credits another of the same event by the same amount, and is never changed;
//! a mistake is corrected by another transfer. [`posting`] is the one table of what each business reason debits
//! and credits: the writer, the audit and the statement all read it.
//!
//! **The lane.** Whoever wants money moved makes a [`Request`] and hands it to the [`LaneHandle`]. One task per
//! process takes what is waiting, never waiting for more; reads what the requests touch into one working copy,
//! the [`Book`]; lets each decide against it in order, in plain Rust without I/O; writes all of it set-based;
//! commits once; and only then answers. A refusal is an answer and costs the others nothing.
//!
//! **When the database can't.** A batch that fails for everybody is told to everybody at once, those behind it as well;
//! one that hangs is given up after a while, and whoever comes or waits meanwhile is refused. Before the next one the lane
//! commits nothing at all, which shows whether it can, so that a database that stays silent keeps nobody waiting for
//! more than a moment, and the first who asks when it is back is served. What became of a batch that was given up
//! nobody knows until the next one has taken the lane back, so its callers are told to ask by their ids. The log hears
//! once of each trouble, not once of each request.
//!
//! **What a decision may rely on.** Wallets carry a version that every transfer and lifecycle move advances; a
//! batch writes only where the versions are still those it read, or it is read and decided again. What changes
//! rarely (an event closing, a terminal revoked) goes through the gate that every batch passes first. So the same
//! decision code is right with one process on SQLite and with several on PostgreSQL.
//!
//! **Several processes** that met at the same wallets take turns for a while. A batch that is formed and then waits for
//! another one's commit holds half of those who wait by the time it goes on, and batches of half the size cost more than
//! half. So it waits first, and takes all who came meanwhile. Who met nobody waits for nobody (`crowd`).
//!
//! **Rooms above** keep rows of their own (charges, settlements). They take part in a batch as [`Page`]s: loaded
//! before deciding, stored before the commit. The lane knows none of them by name.
//!
//! Accounts without a limit (vendors, the provider receivable, suspense) have no stored balance: a row that every
//! sale updates would be fought over by every process. Their balance is the sum of their transfers; what a page shows of
//! it comes from [`tallies`], running totals of each minute and each hour that every lane keeps for itself.

mod account;
mod audit;
mod book;
mod crowd;
mod entries;
mod handle;
mod lane;
pub mod movements;
mod page;
pub mod posting;
mod pulse;
mod queue;
mod statement;
pub mod store;
pub mod tallies;
#[cfg(test)]
pub(crate) mod test_festival;
#[cfg(test)]
mod tests;

pub use account::{Account, AccountKind};
pub use audit::{Audited, Finding, audit};
pub use book::{Book, Moving, PostError, Posting, Wallet};
pub use entries::Entries;
pub use handle::{LaneError, LaneHandle, LaneOptions};
pub use page::{Page, Pages, Touches};
pub use posting::{Code, Side};
pub use queue::{BATCH_REQUESTS_MAX, QUEUE_REQUESTS_MAX};
pub use statement::{Statement, StatementLine, statement};

use crate::clock::Timestamp;
use crate::ids::{AccountId, EventId, PointOfSaleId, TransferId};
use crate::money::Cents;
use uuid::Uuid;

/// Something that wants money moved, or a medium whose wallet must not be charged meanwhile.
///
/// `decide` may run more than once, when a batch lost a race: it starts from a fresh book each time and must
/// not remember anything. It changes the book only when it accepts.
pub trait Request: Send + Sync + 'static {
    /// What the caller gets after the commit.
    type Answer: Send + 'static;

    /// Names what deciding looks at.
    fn touches(&self, touches: &mut Touches);

    /// Decides against the book.
    fn decide(&self, book: &mut Book) -> Self::Answer;
}

/// A transfer as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Whose books.
    pub event_id: EventId,
    /// Made by the caller; a charge's is the charge's own.
    pub id: TransferId,
    /// The business reason.
    pub code: Code,
    /// Debited.
    pub debit: AccountId,
    /// Credited.
    pub credit: AccountId,
    /// Above zero.
    pub amount: Cents,
    /// The charge, payment or parked matter it stems from.
    pub fact_id: Uuid,
    /// Where it happened, if at a point of sale.
    pub place: Option<PointOfSaleId>,
    /// The wallet it touches with its version and balance after it.
    pub wallet: Option<(AccountId, i64, Cents)>,
    /// When.
    pub at: Timestamp,
}
