//! Money that goes back to whoever paid it.

use super::PaymentId;
use crate::money::Cents;
use std::fmt;
use uuid::Uuid;

/// How often a payment can be refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refunds {
    /// Not through the provider.
    None,
    /// Once, in full or in part; each refund is told of alone.
    Once,
    /// In as many parts as there are cents; the sum of them is told.
    Several,
}

/// The id of a refund: ours, and stored before the provider hears of it, so that asking twice sends money once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefundId(pub Uuid);

impl RefundId {
    /// A new one.
    #[must_use]
    pub fn draw() -> RefundId {
        RefundId(Uuid::now_v7())
    }
}

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

/// How much is refunded: never nothing, which MultiSafepay takes for everything, and never more than was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefundAmount(Cents);

/// Why an amount can't be refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} can't be refunded of {1}: above zero, and not more than was paid")]
pub struct NotARefund(Cents, Cents);

impl RefundAmount {
    /// `amount` of a payment of `paid`; all of it where they are equal.
    ///
    /// # Errors
    /// [`NotARefund`].
    pub fn of(amount: Cents, paid: Cents) -> Result<RefundAmount, NotARefund> {
        if amount.is_positive() && amount <= paid {
            Ok(RefundAmount(amount))
        } else {
            Err(NotARefund(amount, paid))
        }
    }

    /// The amount.
    #[must_use]
    pub fn cents(self) -> Cents {
        self.0
    }
}

/// A refund to be made at a provider.
#[derive(Clone, Copy, Debug)]
pub struct NewRefund<'a> {
    /// Ours. The same again is answered like the first time.
    pub id: RefundId,
    /// What is refunded.
    pub payment: &'a PaymentId,
    /// How much of it.
    pub amount: RefundAmount,
}

/// The provider's name for a refund; to be stored, and asked for by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefundName(pub String);

/// Where a refund is. Only `Done` is money that went.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Taken on; it may take a night, or a person at the provider.
    Reserved,
    /// The money is on its way back.
    Done,
    /// It did not happen, and will not.
    Failed,
    /// A word we don't know; neither one nor the other.
    Other(String),
}

/// A refund as its provider tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// The provider's name for it.
    pub name: RefundName,
    /// How much.
    pub amount: Cents,
    /// Where it is.
    pub state: RefundState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_less_than_nothing_and_more_than_was_paid_are_no_refunds() {
        let of = |amount, paid| RefundAmount::of(Cents(amount), Cents(paid));
        for (amount, paid) in [(1, 2_500), (2_499, 2_500), (2_500, 2_500)] {
            assert_eq!(of(amount, paid).unwrap().cents(), Cents(amount));
        }
        for (amount, paid) in [(0, 2_500), (-1, 2_500), (2_501, 2_500), (0, 0), (i64::MAX, 2_500)] {
            assert!(of(amount, paid).is_err(), "{amount} of {paid}");
        }
    }
}
