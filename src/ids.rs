//! Ids of our own making: time-ordered UUIDs, one type for each kind of thing.
//!
//! Ordered ids keep the newest rows side by side in every index; random ones cost SQLite a fifth to a
//! third of its throughput. Ids that arrive from outside (a charge's) may be any UUID but the one of zeros only: whoever reads
//! everything in the order of ids begins after it.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Why a text names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnId {
    /// It is no UUID.
    #[error(transparent)]
    NoUuid(#[from] uuid::Error),
    /// It is the one that is given to nothing.
    #[error("an id of zeros only names nothing: draw one, version 7 advised")]
    Nil,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new one, later in order than every one this process made before.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "a default id would hide that it is unique")]
            pub fn new() -> $name {
                $name(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = NotAnId;

            fn try_from(id: Uuid) -> Result<$name, NotAnId> {
                if id.is_nil() { Err(NotAnId::Nil) } else { Ok($name(id)) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                $name::try_from(Uuid::deserialize(from)?).map_err(de::Error::custom)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<$name, NotAnId> {
                $name::try_from(Uuid::parse_str(text)?)
            }
        }
    )*};
}

ids! {
    /// A festival.
    EventId;
    /// Media issued together.
    BatchId;
    /// A wristband or card.
    MediumId;
    /// An account of an event's books; a wallet's id is the id of its account.
    AccountId;
    /// A transfer between two accounts. A charge's transfer has the charge's id.
    TransferId;
    /// A sale, named by the terminal that made it.
    ChargeId;
    /// Whoever is owed the money of its points of sale.
    VendorId;
    /// A bar.
    PointOfSaleId;
    /// What is sold.
    ProductId;
    /// A device that charges.
    TerminalId;
    /// A person who signs in or holds an API token.
    OperatorId;
    /// An API token of an operator.
    TokenId;
    /// Something that needs a person: parked money, a mismatch, a possible counterfeit.
    ParkedId;
    /// One comparison with a provider's list.
    RunId;
    /// A lifecycle move of a medium, named by whoever asks for it, so that it is done once.
    MoveId;
}
