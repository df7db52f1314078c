//! Money that was marked for return, and the provider's word that it went back.

use super::{Matter, ParkedPage};
use crate::ids::{EventId, ParkedId, TransferId};
use crate::ledger::{Account, Book, Code, Posting};
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::words;

words! {
    /// How money went back to its payer.
    WayBack, "a way back" {
        /// The provider sent it, asked to in its own pages.
        Refund = "refund",
        /// The payer's bank took it.
        Chargeback = "chargeback",
    }
}

/// Money of a payment that went back to its payer: how, and how much of it by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MoneyBack {
    /// How.
    pub by: WayBack,
    /// How much.
    pub amount: Cents,
}

impl MoneyBack {
    /// The provider sent it back.
    pub(super) fn refund(amount: Cents) -> MoneyBack {
        MoneyBack { by: WayBack::Refund, amount }
    }

    /// The payer's bank took it back.
    pub(super) fn chargeback(amount: Cents) -> MoneyBack {
        MoneyBack { by: WayBack::Chargeback, amount }
    }

    /// What keeps the matter of it from being raised twice.
    pub(super) fn key(self) -> String {
        match self.by {
            WayBack::Refund => format!("refunded {}", self.amount.0),
            WayBack::Chargeback => format!("charged back {}", self.amount.0),
        }
    }
}

/// Money of a payment that was marked for return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payments) struct Marked {
    /// The matter that was resolved so; the transfer that sends it back is called the same.
    pub(in crate::payments) matter: ParkedId,
    pub(in crate::payments) amount: Cents,
    /// It is booked that it went back.
    pub(in crate::payments) is_back: bool,
}

/// What a refund in the provider's own pages has to do with a matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refunded {
    /// Nothing, as far as is known, or it is booked.
    #[default]
    No,
    /// The provider told of a refund of just this amount before anybody marked the money for return.
    Told,
    /// The payer's bank took just this amount, and a person has closed the matter of that.
    Taken,
    /// The matter is the refund or the chargeback itself, of money that another one marked for return.
    Of {
        /// The other one.
        matter: ParkedId,
        /// How much.
        amount: Cents,
    },
}

/// Books that money went back which a matter marked for return. A refund closes the matters of the payment's refunds, where
/// there are any: they are parts of it. A chargeback closes none: whether they went on top of it nobody here can tell.
/// Within a batch it happens once; over all of them the transfer's name sees to that.
pub(in crate::payments) fn went_back(
    book: &mut Book,
    event: EventId,
    key: &PaymentKey,
    (matter, amount): (ParkedId, Cents),
    by: WayBack,
) {
    let refund = Matter::mismatch(key.to_string(), MoneyBack::refund(amount));
    if !book.page::<ParkedPage>().books(event, refund, by) {
        return;
    }
    let posting = Posting {
        id: TransferId(matter.0),
        event_id: event,
        code: Code::RefundExecuted,
        debit: Account::InTransit,
        credit: Account::Receivable(key.provider, key.profile.clone()),
        amount,
        fact_id: matter.0,
        place: None,
    };
    book.post(posting).expect("it touches no wallet");
}
