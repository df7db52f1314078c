//! Accounts. A wallet's is a row; every other one is known by what it is for, and its id follows from that.

use crate::ids::{AccountId, EventId, VendorId};
use crate::providers::{ProfileId, ProviderName};
use crate::words;
use uuid::Uuid;

words! {
    /// What an account is for.
    AccountKind, "a kind of account" {
        /// A visitor's money.
        Wallet = "wallet",
        /// What a provider collected for us.
        Receivable = "receivable",
        /// Arrived, and belongs to no spendable wallet (yet).
        Suspense = "suspense",
        /// Owed to a vendor.
        Vendor = "vendor",
        /// On its way back to a payer.
        InTransit = "refunds-in-transit",
    }
}

/// An account of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Account {
    /// A visitor's money.
    Wallet(AccountId),
    /// What a provider collected for us on this profile.
    Receivable(ProviderName, ProfileId),
    /// Arrived, and belongs to no spendable wallet (yet).
    Suspense,
    /// Owed to a vendor.
    Vendor(VendorId),
    /// On its way back to a payer.
    InTransit,
}

impl Account {
    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        match self {
            Account::Wallet(_) => AccountKind::Wallet,
            Account::Receivable(..) => AccountKind::Receivable,
            Account::Suspense => AccountKind::Suspense,
            Account::Vendor(_) => AccountKind::Vendor,
            Account::InTransit => AccountKind::InTransit,
        }
    }

    /// Its id: the wallet's and the vendor's own; for the rest a hash of event, kind and owner, so that nothing
    /// has to be made before it is used.
    #[must_use]
    pub fn id(&self, event: EventId) -> AccountId {
        match self {
            Account::Wallet(id) => *id,
            Account::Vendor(vendor) => AccountId(vendor.0),
            Account::Receivable(provider, profile) => {
                derived(event, self.kind(), &format!("{}/{profile}", provider.as_str()))
            }
            Account::Suspense | Account::InTransit => derived(event, self.kind(), ""),
        }
    }
}

fn derived(event: EventId, kind: AccountKind, owner: &str) -> AccountId {
    AccountId(Uuid::new_v5(&event.0, format!("{kind}/{owner}").as_bytes()))
}
