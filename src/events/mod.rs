//! Events: festivals, the rules each one chose, and where its money is earned.
//!
//! An [`Event`] owns everything else: media, wallets, books, points of sale. Its [`Rules`] are what a decision
//! about money asks; they change only through the gate of the lanes (`db::close_gate`), so that a batch under
//! way never mixes old and new ones. A payment provider's profile serves one open event at a time, and the
//! claim on it is a row of its own: two events can't settle one payment.
//!
//! A closed event stays where it was. Every key of what grows leads with the event's id, so its rows lie together in
//! every tree, away from those of the live one, and the jobs look at open events and at those that closed lately. What events
//! share are the directories (code, token, batch, payment and order to event), in which one row is found by its key; there a
//! live event pays for old ones no more than the tree is deeper and less of it in memory. `make bench ARGS=years` shows
//! what that comes to.

pub mod accounts;
mod add_profile;
mod agreement;
mod change_profile;
mod close;
mod create;
mod kept_apart;
mod points_of_sale;
pub mod products;
mod profile;
mod rules;
pub mod store;
mod succession;
#[cfg(test)]
mod tests;
pub mod top_up_limits;
mod try_key;

pub use add_profile::add_profile;
pub use change_profile::{ProfileChange, change_profile};
pub use close::close;
pub use create::{NewEvent, create, mistakes, rule_mistakes};
pub(crate) use points_of_sale::name as point_of_sale_name;
pub use points_of_sale::{
    NewPointOfSale, PointOfSale, Vendor, add_point_of_sale, rename_point_of_sale, rename_vendor,
    reopen_point_of_sale, retire_point_of_sale,
};
pub use profile::{NewProfile, Profile};
pub use rules::{OrNone, RuleChanges, change_rules};
pub use succession::{Tenure, tenure};
pub use try_key::{KeyTrial, try_change};

use crate::clock::Timestamp;
use crate::db;
use crate::ids::EventId;
use crate::language::Language;
use crate::money::Cents;
use crate::one_line::is_name;
use crate::providers::{CodeError, ProfileId, ProviderName};
use crate::words;
use std::fmt;
use std::str::FromStr;

/// The name of an event in addresses and on the command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(String);

impl Slug {
    /// Longest slug, in characters: it stands in the callback address, which providers bound.
    pub const CHARS_MAX: usize = 63;

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = String;

    fn from_str(text: &str) -> Result<Slug, String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let edges = text.starts_with('-') || text.ends_with('-');
        if text.is_empty() || text.len() > Slug::CHARS_MAX || edges || !text.chars().all(fits) {
            let shown: String = text.chars().take(40).collect();
            return Err(format!(
                "{shown:?} is not a short name (slug): 1 to {} lower-case letters, digits and dashes, such as summer-2026",
                Slug::CHARS_MAX
            ));
        }
        Ok(Slug(text.to_owned()))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

words! {
    /// What a payer may do with the amount; agreed with the provider per product.
    Behaviour, "a behaviour" {
        /// The payer types the amount.
        Defined = "defined",
        /// An amount is proposed and may be changed.
        Modifiable = "modifiable",
        /// The amount can't be changed.
        Fixed = "fixed",
    }
}

words! {
    /// Which printed code spends.
    Codes, "a choice of codes" {
        /// A secret pay code spends; the top-up code only adds money.
        Separate = "separate",
        /// The top-up code spends too, within caps: a photographed wristband is a copied one.
        Single = "single",
    }
}

words! {
    /// What happens to money whose description is not the printed one.
    Counterfeit, "a way to treat counterfeits" {
        /// Credited and raised.
        Flag = "flag",
        /// Kept in suspense and raised.
        Hold = "hold",
    }
}

words! {
    /// What makes a medium active.
    Activation, "a way of activation" {
        /// The first top-up.
        FirstTopUp = "first-top-up",
        /// An operator; money that arrives before goes to suspense.
        Explicit = "explicit",
    }
}

words! {
    /// What happens to a top-up that leads over the maximum balance.
    OverBalance, "a way to treat a full wallet" {
        /// Credited all the same.
        Credit = "credit",
        /// Kept in suspense.
        Suspense = "suspense",
    }
}

/// A festival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Ours.
    pub id: EventId,
    /// In addresses.
    pub slug: Slug,
    /// As printed and shown.
    pub name: String,
    /// Whom the printed line says to pay.
    pub merchant: String,
    /// What it chose.
    pub rules: Rules,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When it was closed: nothing is charged after.
    pub closed_at: Option<Timestamp>,
}

impl Event {
    /// True until it is closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// What an event chose, with the defaults a newcomer gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// What a payer may do with the amount.
    pub behaviour: Behaviour,
    /// The amount printed in codes; present exactly when the behaviour is not `Defined`.
    pub amount: Option<Cents>,
    /// Which code spends.
    pub codes: Codes,
    /// Descriptions that differ.
    pub counterfeit: Counterfeit,
    /// What makes a medium active.
    pub activation: Activation,
    /// The most a wallet should hold.
    pub balance_max: Option<Cents>,
    /// And what happens above it.
    pub over_balance: OverBalance,
    /// Smallest charge.
    pub charge_min: Cents,
    /// Largest charge: a scanner that types a code into an amount box must not become money.
    pub charge_max: Cents,
    /// Largest charge with a top-up code (`single` codes only).
    pub single_charge_max: Cents,
    /// Most a wallet spends in ten minutes with `single` codes.
    pub single_window_max: Cents,
    /// From this amount on, moving parked money takes two people.
    pub second_person: Cents,
    /// At what hour of the next date a day of the books ends, in Belgium: 0 to 23.
    pub day_cut_hour: i8,
    /// Of a visitor's page where the browser asks for none of ours.
    pub visitor_language: Language,
    /// In which a device begins that becomes a terminal; none: in its own.
    pub till_language: Option<Language>,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            behaviour: Behaviour::Defined,
            amount: None,
            codes: Codes::Separate,
            counterfeit: Counterfeit::Flag,
            activation: Activation::FirstTopUp,
            balance_max: None,
            over_balance: OverBalance::Credit,
            charge_min: Cents(1),
            charge_max: Cents(50_000),
            single_charge_max: Cents(2_500),
            single_window_max: Cents(5_000),
            second_person: Cents(50_000),
            day_cut_hour: 6,
            visitor_language: Language::Dutch,
            till_language: None,
        }
    }
}

/// Why something about an event was refused.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// No event has this slug.
    #[error("there is no event {0:?}")]
    Unknown(String),
    /// The slug is taken.
    #[error("an event {0} exists already: choose another short name")]
    SlugTaken(Slug),
    /// The profile serves another open event.
    #[error("profile {0} already serves an open event: close that one first, or use a profile of its own")]
    ProfileTaken(ProfileId),
    /// The event has an account of this provider.
    #[error("the event has an account of {} already: give it another key, or remove it first", .0.title())]
    AccountTaken(ProviderName),
    /// The event has a profile at this provider.
    #[error(
        "the event has a profile of {} already, and it stays, because printed codes name it: its API key can be changed \
         (event set-key, or in the console under Provider)",
        .0.title()
    )]
    HasProfile(ProviderName),
    /// What the event has at this provider is a profile: its codes are printed.
    #[error(
        "{}'s codes are printed: the event has no account there that could be paused or taken away; what can change of its \
         profile is the API key (event set-key, or in the console under Provider)",
        .0.title()
    )]
    CodesPrinted(ProviderName),
    /// The event has no account of this provider.
    #[error("the event has no account of {}", .0.title())]
    NoAccount(ProviderName),
    /// Somebody changed the account while its provider was asked.
    #[error(
        "somebody else changed the account of {} while it was asked, and nothing else is changed: look at the account, and \
         try again",
        .0.title()
    )]
    AccountChanged(ProviderName),
    /// Something of the event hangs on the account.
    #[error(
        "this account of {} keeps its id and its place, so that late money is found: the event has {by} there.{} Pausing \
         it, while the event is open, has nothing new made there",
        provider.title(),
        proven.as_ref().map_or_else(String::new, |id| format!(
            " The key's own list has them on account {id}: its id can be corrected to that one, and to no other."
        ))
    )]
    AccountUsed {
        /// Whose.
        provider: ProviderName,
        /// What: `orders and payments`.
        by: String,
        /// Where another id was entered: the one under which its key's own list has the event's orders.
        proven: Option<ProfileId>,
    },
    /// The provider does not take the account as it is entered or kept.
    #[error("this does not work at {}: {why}", provider.title())]
    NotTaken {
        /// Who was asked.
        provider: ProviderName,
        /// What it said.
        why: String,
    },
    /// The provider can't say now.
    #[error("{} can't be asked now, and nothing is changed: {why}. Try again in a moment", provider.title())]
    NotAnswered {
        /// Who was asked.
        provider: ProviderName,
        /// What happened.
        why: String,
    },
    /// The provider would not notify our address.
    #[error("{} can't notify {url}: {why}. It begins with POLSBAND_PUBLIC_URL", provider.title())]
    NotNotified {
        /// Who would be told to.
        provider: ProviderName,
        /// Where.
        url: String,
        /// What would be right.
        why: String,
    },
    /// The event is closed.
    #[error("the event {0} is closed")]
    Closed(Slug),
    /// A field is not what it should be.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What would be right.
        why: String,
    },
    /// A point of sale's name is taken in this event.
    #[error("a point of sale {0:?} exists already in this event")]
    PointOfSaleTaken(String),
    /// A retired bar keeps its name.
    #[error(
        "a point of sale that is retired is called {0:?}: open that one again, give it another name, or take another"
    )]
    PointOfSaleNameKept(String),
    /// A vendor's name is taken in this event.
    #[error("a vendor {0:?} exists already in this event")]
    VendorTaken(String),
    /// No vendor of the event has this name or id.
    #[error("this event has no vendor {0:?}")]
    UnknownVendor(String),
    /// No bar of the event has this name or id.
    #[error("this event has no point of sale {0:?}")]
    UnknownPointOfSale(String),
    /// Nothing new stands or is sold at a bar that was retired.
    #[error("the point of sale {0:?} is retired")]
    PointOfSaleRetired(String),
    /// Terminals that were not revoked stand at the bar.
    #[error("{name:?} stays as long as terminals stand there: revoke {by} first")]
    PointOfSaleUsed {
        /// The bar's.
        name: String,
        /// Which: `till 1 (…), till 2 (…)`.
        by: String,
    },
    /// A product's name is taken where it is to be sold.
    #[error("{0:?} is sold there already: retire it first, or choose another name")]
    ProductTaken(String),
    /// Nothing of this name or id is on sale.
    #[error("no product {0:?} is on sale here")]
    UnknownProduct(String),
    /// The provider's code can't be made with these settings.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// The database.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl db::RetryHint for EventError {
    fn is_retryable(&self) -> bool {
        matches!(self, EventError::Database(error) if error.is_retryable())
    }
}

/// A text people read: trimmed, 1 to `chars_max` characters, one of them to be seen, none that breaks its line.
pub(crate) fn plain_text(field: &'static str, text: &str, chars_max: usize) -> Result<String, EventError> {
    let text = text.trim();
    if !is_name(text, chars_max) {
        let why = format!("1 to {chars_max} characters on one line are needed, at least one of them visible");
        return Err(EventError::Invalid { field, why });
    }
    // Blanks in a row look like one.
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
