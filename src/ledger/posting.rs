//! The posting table: what each business reason debits and credits.

use super::AccountKind;
use crate::words;

words! {
    /// Why money moved.
    Code, "a posting code" {
        /// A payment settled onto a wallet.
        TopUp = "top-up",
        /// A payment that belongs to no spendable wallet (yet).
        Parked = "parked",
        /// A sale.
        Charge = "charge",
        /// A sale's mirror entry.
        Void = "void",
        /// Parked money given to a wallet.
        ParkedToWallet = "parked-to-wallet",
        /// Parked money to be sent back.
        ParkedReturned = "parked-returned",
        /// A wallet's money to be sent back.
        RefundRequested = "refund-requested",
        /// Money to be sent back that the provider has sent back.
        RefundExecuted = "refund-executed",
    }
}

/// Which side of a transfer an account stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Pays.
    Debit,
    /// Receives.
    Credit,
}

impl Code {
    /// The kinds of account it debits and credits. The writer refuses, and the audit finds, anything else.
    #[must_use]
    pub const fn posts(self) -> (AccountKind, AccountKind) {
        match self {
            Code::TopUp => (AccountKind::Receivable, AccountKind::Wallet),
            Code::Parked => (AccountKind::Receivable, AccountKind::Suspense),
            Code::Charge => (AccountKind::Wallet, AccountKind::Vendor),
            Code::Void => (AccountKind::Vendor, AccountKind::Wallet),
            Code::ParkedToWallet => (AccountKind::Suspense, AccountKind::Wallet),
            Code::ParkedReturned => (AccountKind::Suspense, AccountKind::InTransit),
            Code::RefundRequested => (AccountKind::Wallet, AccountKind::InTransit),
            Code::RefundExecuted => (AccountKind::InTransit, AccountKind::Receivable),
        }
    }

    /// On which side the wallet stands, if there is one. No reason touches two.
    #[must_use]
    pub const fn wallet_side(self) -> Option<Side> {
        match self.posts() {
            (AccountKind::Wallet, _) => Some(Side::Debit),
            (_, AccountKind::Wallet) => Some(Side::Credit),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_moves_money_between_two_accounts_of_one_kind() {
        for code in Code::ALL {
            let (debit, credit) = code.posts();
            assert_ne!(debit, credit, "{code}");
        }
    }
}
