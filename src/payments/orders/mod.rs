//! Orders: payments somebody wants to make at a provider that makes one for each top-up.
//!
//! An order is written, with the reference it is for, before the provider hears of it. From then on the provider may
//! answer, be silent, or report the payment first: each report names the order, and [`Settle`](super::Settle) takes the
//! wallet from it, whatever else the report says. Whoever reports, the settlement table is the same.
//!
//! | state | means | leaves it |
//! |---|---|---|
//! | asked | written; whether the provider made the payment nobody knows yet | open, failed, expired |
//! | open | made, and can be paid | any below |
//! | credited | the money is on the wallet | never |
//! | parked | the money came and waits for a person | never |
//! | failed | declined, cancelled, refused, never sent, replaced | credited, parked: late money is money |
//! | expired | nobody paid in time | credited, parked |
//!
//! The state is a shadow of the payment's, written in the same commit, for the page that follows it and for the job that
//! ends what nobody finished. Money never depends on it. One that ended with its time may have been paid in the last
//! moment, and the message about it be lost: the provider is asked a few times more, ever more rarely, for two hours.
//!
//! A provider that did not say where to pay is asked again while somebody waits: see [`resume()`]. One that refused the
//! order, or couldn't be reached for it, made nothing, and the next one the event has is asked, under an id of its own.
//! Where one doesn't answer, whoever waits may ask for another one instead, or for the same one where the others made
//! nothing: see [`Orders::way_on`]. One that made the payment while its answer got lost, and tells nobody where it is paid,
//! makes another: the first is ended, and an order of its own takes its place, see [`Orders::successor`].
//!
//! What a bank or a person makes of the payment while the order's state stays as it is, [`Orders::standing`] tells.

mod again;
mod finish;
mod make;
mod page;
mod resume;
mod standing;
pub mod store;

pub use finish::{finish, look};
pub use make::{NewOrder, OrderError, Orders};
pub(in crate::payments) use page::OrderPage;
pub use resume::resume;
pub use standing::Standing;

use crate::clock::Timestamp;
use crate::ids::EventId;
use crate::money::Cents;
use crate::providers::{OrderId, PaymentId, PaymentLink, ProfileId, ProviderName};
use crate::secrets::CodeHash;
use crate::words;
use std::time::Duration;

/// How long an order can be paid: enough for a card reader and a forgotten PIN, and over before anybody forgets it.
pub const PAYABLE_FOR: Duration = Duration::from_secs(15 * 60);
/// How long after its time an order is asked for whether it was paid in the last moment.
const LOOKED_BACK_FOR: Duration = Duration::from_secs(120 * 60);
/// How long what is asked for last may take to be known.
const KNOWN_AFTER: Duration = Duration::from_secs(5 * 60);
/// How long a provider is given to say where to pay. No call that makes a payment takes as long: after it none of the
/// first is under way any more.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

words! {
    /// Where an order is.
    OrderState, "a state of an order" {
        /// Written; the provider has not answered.
        Asked = "asked",
        /// It can be paid.
        Open = "open",
        /// The money is on the wallet.
        Credited = "credited",
        /// The money came and waits for a person.
        Parked = "parked",
        /// Declined, cancelled, refused, or its provider couldn't be reached.
        Failed = "failed",
        /// Nobody paid in time.
        Expired = "expired",
    }
}

impl OrderState {
    /// True while a payer may still be about to pay.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        matches!(self, OrderState::Asked | OrderState::Open)
    }

    /// True when money came.
    #[must_use]
    pub fn is_paid(self) -> bool {
        matches!(self, OrderState::Credited | OrderState::Parked)
    }
}

/// An order as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Whose.
    pub event_id: EventId,
    /// Ours, and what the provider calls it, too.
    pub id: OrderId,
    /// Who makes the payment.
    pub provider: ProviderName,
    /// On which account.
    pub profile: ProfileId,
    /// What the provider calls it by now, where its id was corrected since.
    pub profile_there: Option<ProfileId>,
    /// What is topped up.
    pub reference: String,
    /// The same, as the directory knows it.
    pub hash: CodeHash,
    /// What was asked for.
    pub amount: Cents,
    /// Where it is.
    pub state: OrderState,
    /// The provider's name for the payment, once it is known.
    pub payment: Option<PaymentId>,
    /// What was paid.
    pub paid: Option<Cents>,
    /// Where the payer goes.
    pub link: Option<PaymentLink>,
    /// What a QR code for a bank app says.
    pub qr: Option<PaymentLink>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it can't be paid any more.
    pub expires_at: Timestamp,
}

impl Order {
    /// True while money may still come: it is under way, or has ended and its time is over, so that it may have been paid
    /// in the last moment.
    #[must_use]
    pub fn may_be_paid(&self, now: Timestamp) -> bool {
        match self.state {
            OrderState::Asked | OrderState::Open | OrderState::Expired => true,
            OrderState::Failed => now >= self.expires_at,
            OrderState::Credited | OrderState::Parked => false,
        }
    }

    /// True while its page may tell something new: money may still come, and somebody asks for it.
    #[must_use]
    pub fn is_followed(&self, now: Timestamp) -> bool {
        self.may_be_paid(now) && now < self.expires_at.after(LOOKED_BACK_FOR + KNOWN_AFTER)
    }

    /// True while it could be paid, and its provider has not said where in the time that takes.
    #[must_use]
    pub fn is_unanswered(&self, now: Timestamp) -> bool {
        let waits = self.state.is_under_way() && self.link.is_none() && now < self.expires_at;
        waits && now >= self.created_at.after(ANSWERED_WITHIN)
    }

    /// True when its provider made no payment: it refused, or couldn't be reached.
    #[must_use]
    pub fn was_unmade(&self) -> bool {
        self.state == OrderState::Failed && self.payment.is_none()
    }
}
