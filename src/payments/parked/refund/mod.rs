//! Money that was marked for return, and the provider's word that it went back.

pub(super) mod store;

use super::ParkedPage;
use crate::ids::{EventId, ParkedId, TransferId};
use crate::ledger::{Account, Book, Code, Posting};
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::payments::gone::{stands_gone, told_of_part};
use crate::providers::ProviderName;
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
    /// The matter that was resolved so.
    pub(in crate::payments) matter: ParkedId,
    pub(in crate::payments) amount: Cents,
    /// How much of it is booked as gone.
    pub(in crate::payments) back: Cents,
    /// How much of that the payer's bank took.
    pub(in crate::payments) taken: Cents,
    /// The provider told that the payer's bank took money of its payment, booked here or not.
    pub(in crate::payments) is_charged_back: bool,
}

impl Marked {
    /// Marked, and nothing of it has gone.
    pub(super) fn new(matter: ParkedId, amount: Cents) -> Marked {
        Marked { matter, amount, back: Cents::ZERO, taken: Cents::ZERO, is_charged_back: false }
    }

    /// True once all of it has gone.
    pub(in crate::payments) fn is_back(self) -> bool {
        self.back >= self.amount
    }

    /// How much of it the provider sent, as far as is booked.
    pub(in crate::payments) fn sent(self) -> Cents {
        self.back.minus(self.taken).unwrap_or(Cents::ZERO)
    }

    /// True where a refund that is told of is booked by now: told late, or again.
    pub(in crate::payments) fn has_sent(self, refunded: Cents, provider: ProviderName) -> bool {
        refunded == self.sent() || (!provider.refunds_once() && refunded < self.sent())
    }

    /// True where a refund that is told of now can be booked. What a bank took is booked once: what is sent besides may have
    /// gone on top of it; and so may a refund that is told of alone, after another one.
    pub(in crate::payments) fn can_be_sent(self, provider: ProviderName) -> bool {
        self.taken == Cents::ZERO && (!provider.refunds_once() || self.back == Cents::ZERO)
    }

    /// The same after this, unless it holds that already.
    pub(super) fn with(self, new: &NewReturn) -> Marked {
        if new.matter != self.matter || new.to <= self.back {
            return self;
        }
        let taken = match new.by {
            WayBack::Chargeback => self.taken.plus(new.amount).expect("no more than was marked"),
            WayBack::Refund => self.taken,
        };
        Marked { back: new.to, taken, ..self }
    }
}

/// A part of what was marked for return that has gone, or all of it: to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewReturn {
    pub(super) event_id: EventId,
    pub(super) matter: ParkedId,
    /// How much of it had gone before.
    pub(super) was: Cents,
    pub(super) amount: Cents,
    /// Both together.
    pub(super) to: Cents,
    pub(super) by: WayBack,
    pub(super) transfer: TransferId,
}

/// What the matter of a part says once its money is marked for return, or a bank took some of it: to be written.
#[derive(Clone, Debug)]
pub struct NewPart {
    pub(super) event_id: EventId,
    pub(super) subject: String,
    /// How much went back.
    pub(super) amount: Cents,
    pub(super) detail: String,
}

/// Books that of what was marked for return so much has gone by now; what is booked already is not booked again. Answers what
/// is marked, as it is then. A refund of all of it closes the matters of the payment's refunds, where there are any: they are
/// parts of it. A chargeback closes none, because whether they went on top of it nobody here can tell: it is told in them
/// ([`tell_of_chargeback`]).
pub(in crate::payments) fn went_back(
    book: &mut Book,
    event: EventId,
    key: &PaymentKey,
    marked: Marked,
    (to, by): (Cents, WayBack),
) -> Marked {
    let page = book.page::<ParkedPage>();
    let marked = page.as_booked(marked);
    let Some(amount) = to.minus(marked.back).filter(|amount| amount.is_positive()) else { return marked };
    let (matter, was, transfer) = (marked.matter, marked.back, TransferId::new());
    let new = NewReturn { event_id: event, matter, was, amount, to, by, transfer };
    page.books(new);
    let marked = marked.with(&new);
    if marked.is_back() {
        page.tell_decided(event, key.to_string(), marked.amount, stands_gone(marked.amount));
    }
    if by == WayBack::Refund && marked.is_back() {
        let least = if key.provider.refunds_once() { to } else { Cents::ZERO };
        page.close_refunds(event, key.to_string(), least);
    }
    let posting = Posting {
        id: transfer,
        event_id: event,
        code: Code::RefundExecuted,
        debit: Account::InTransit,
        credit: Account::Receivable(key.provider, key.profile.clone()),
        amount,
        fact_id: matter.0,
        place: None,
    };
    book.post(posting).expect("it touches no wallet");
    marked
}

/// Has the matter of a part that was sent say that the payer's bank took money as well: whoever reads it must not send what is
/// left, whether the chargeback is booked by now or only told of.
pub(in crate::payments) fn tell_of_chargeback(
    book: &mut Book,
    event_id: EventId,
    key: &PaymentKey,
    marked: Marked,
) {
    let amount = marked.sent();
    if amount.is_positive() && amount < marked.amount {
        let detail = told_of_part(Marked { is_charged_back: true, ..marked }, key.provider);
        let part = NewPart { event_id, subject: key.to_string(), amount, detail };
        book.page::<ParkedPage>().tell_changed(part);
    }
}
