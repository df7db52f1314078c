//! Payments: what a provider reports becomes money on a wallet, exactly once.
//!
//! A payment becomes known by a callback, by asking for its details, or in the provider's list. All three end in
//! [`Settle`], a request to the ledger's lane that holds the settlement table:
//!
//! | situation | what happens |
//! |---|---|
//! | SUCCEEDED, above zero, EUR, a usable reference | the wallet is credited with the reported amount |
//! | the same again, from anywhere, at any time | nothing; the same answer |
//! | unknown, missing, revoked, spoiled or quarantined reference; event closed | suspense, with the reason |
//! | SUCCEEDED with no amount, none above zero, or not in EUR | recorded, *needs review*; nothing credited |
//! | another description than the printed one | *possible counterfeit*; credited, or suspense if the event holds those |
//! | medium not active yet | its first top-up activates it; suspense where the event activates explicitly |
//! | paid to a profile that is not ours | *mismatch*, never credited |
//! | made for an order of ours on another account | nothing if that order has its money from this payment, else *mismatch*; credited there only |
//! | over the maximum balance | credited or suspense, as the event says |
//! | any other state, known or not | recorded; a later SUCCEEDED still settles; a final state never goes back |
//! | part or all of it sent back in the provider's own pages, or taken back by the payer's bank | what is settled stays, what still arrives goes to suspense; *mismatch* |
//! | sent back in the provider's own pages, and marked for return here | booked as sent back; *mismatch* while a part of it is still on its way |
//! | taken back by the payer's bank, and marked for return here, both of one amount | *mismatch*; booked as sent back when a person closes it |
//! | sent back in the provider's own pages after a chargeback of it was booked, or after another refund of a provider that tells of each alone | *mismatch*; books nothing |
//! | a refund is reserved of money that waits in suspense | *mismatch*, until a person closes it; nothing moves |
//! | disputed by the payer, with no word of how much | *mismatch*; nothing moves |
//! | asked, the provider shows less sent back than is booked | *mismatch*; what is booked stays |
//! | two reports that disagree on amount or reference | the first settlement stands; *mismatch* with both values |
//! | the settled amount named again after another one | the same answer; the *mismatch* says so, once |
//!
//! A payment that we had a provider make is an [order](orders)'s: its wallet is the one the order was written for before
//! the provider heard of it, and the same table decides.
//!
//! What it all rests on: a payment is one row of a directory unique over all events, its settlement is another,
//! and both are written in the same commit as the transfer. An answer is given after that commit. Where an account's id was
//! entered wrong and [corrected](crate::providers::Account::known_as), payments go on being known by the one that was entered,
//! are looked for by the right one, and the directory leads to new ones by both: two events that have the account in turn under
//! two names write one row in common, and a payment is one of them's, whichever hears of it first.

pub mod listing;
pub mod orders;
pub mod parked;
pub mod payers;
pub mod reconcile;

mod adapters;
mod details;
mod gone;
mod page;
mod record;
mod settle;
pub mod store;
#[cfg(test)]
pub(crate) mod test_festival;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;

pub use adapters::Adapters;
pub use details::{DetailsError, Rounds, look_up};
pub use settle::{Outcome, Settle};

use crate::providers::{Adapter, PaymentId, PaymentReport, ProfileId, Provider, ProviderName};
use crate::words;
use std::fmt;

/// Largest amount of one payment that is believed, in cents: the most Bancontact's interface can express. Above it
/// a person looks first, and the sums of an event stay within range.
pub const PAYMENT_CENTS_MAX: i64 = 999_999_999_999;

/// What makes a payment one payment, over all events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentKey {
    /// Who reported it.
    pub provider: ProviderName,
    /// On which profile of ours.
    pub profile: ProfileId,
    /// The provider's id.
    pub payment: PaymentId,
}

impl PaymentKey {
    /// The key of a reported payment.
    #[must_use]
    pub fn of(report: &PaymentReport) -> PaymentKey {
        PaymentKey {
            provider: report.provider,
            profile: report.profile.clone(),
            payment: report.payment_id.clone(),
        }
    }

    /// The key by which a reported payment is looked for: with the name that the provider has for the profile, by which events
    /// know it that entered the account's id right.
    pub(crate) fn there(report: &PaymentReport) -> PaymentKey {
        PaymentKey { profile: report.there().clone(), ..PaymentKey::of(report) }
    }

    /// The key of a payment at a provider.
    #[must_use]
    pub fn at(adapter: &Adapter, payment: PaymentId) -> PaymentKey {
        PaymentKey { provider: adapter.name(), profile: adapter.profile().clone(), payment }
    }

    /// The same as it is [looked for](PaymentKey::there).
    pub(crate) fn there_at(adapter: &Adapter, payment: PaymentId) -> PaymentKey {
        PaymentKey { profile: adapter.profile_there().clone(), ..PaymentKey::at(adapter, payment) }
    }

    /// The key of the payment that a matter is about, as it names it.
    pub(crate) fn named(subject: &str) -> Option<PaymentKey> {
        let mut parts = subject.splitn(3, '/');
        let provider = parts.next()?.parse().ok()?;
        let profile = ProfileId(parts.next()?.to_owned());
        Some(PaymentKey { provider, profile, payment: PaymentId(parts.next()?.to_owned()) })
    }
}

/// As it names a matter that needs a person.
impl fmt::Display for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.provider.as_str(), self.profile, self.payment)
    }
}

words! {
    /// Why money went to suspense.
    Suspended, "a reason for suspense" {
        /// The payment names no reference.
        NoReference = "no-reference",
        /// The reference is none of this event's.
        UnknownReference = "unknown-reference",
        /// The medium, or the last of its successors, was revoked.
        Revoked = "revoked",
        /// The medium was a misprint.
        Spoiled = "spoiled",
        /// The medium was lost or stolen before it was handed out.
        Quarantined = "quarantined",
        /// The event is closed.
        EventClosed = "event-closed",
        /// The description is not the printed one, and the event holds those.
        PossibleCounterfeit = "possible-counterfeit",
        /// The event activates media explicitly, and this one is not active yet.
        NotActive = "not-active",
        /// The wallet would hold more than the event allows.
        OverBalance = "over-balance",
        /// Part or all of it went back to the payer before anything was settled.
        RefundedAtProvider = "refunded-at-provider",
        /// Another amount came in than was asked for: a person looks first.
        OtherAmount = "other-amount",
    }
}
