//! Money that was marked for return, and the provider's word that it went back.

use super::{Matter, ParkedKind, ParkedPage};
use crate::ids::{EventId, ParkedId, TransferId};
use crate::ledger::{Account, Book, Code, Posting};
use crate::money::Cents;
use crate::payments::PaymentKey;

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
    /// The provider told of a refund of just this amount before anybody marked the money for return, or of a chargeback of
    /// it, whose matter a person has closed.
    Told,
    /// The matter is the refund or the chargeback itself, of money that another one marked for return.
    Of {
        /// The other one.
        matter: ParkedId,
        /// How much.
        amount: Cents,
    },
}

/// What tells the matter of a refund from others about the same payment; it is looked for by this in the database, too.
pub(in crate::payments) fn said(amount: Cents) -> String {
    format!("refunded {}", amount.0)
}

/// The same of a chargeback.
pub(in crate::payments) fn chargeback_said(amount: Cents) -> String {
    format!("charged back {}", amount.0)
}

/// True for the matter of a refund or of a chargeback, of whatever amount.
pub(super) fn is_of_money_gone(matter: &Matter) -> bool {
    let starts = |word: &str| matter.said.starts_with(word);
    matter.kind == ParkedKind::Mismatch && (starts("refunded ") || starts("charged back "))
}

/// Books that money went back which a matter marked for return, and closes the matters of its refunds, where there are any.
/// Within a batch it happens once; over all of them the transfer's name sees to that.
pub(in crate::payments) fn went_back(
    book: &mut Book,
    event: EventId,
    key: &PaymentKey,
    (matter, amount): (ParkedId, Cents),
) {
    if !book.page::<ParkedPage>().books(event, Matter::mismatch(key.to_string(), said(amount))) {
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
