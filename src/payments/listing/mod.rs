//! The payments of an event page by page, by what somebody asks for.
//!
//! Each question walks an index in the order of its answer, so that a page costs the same however many payments there are: a
//! reference its few payments; a span of time, and a provider, those made in it, in the order they were made; a status, and no
//! question at all, the order in which they became known, where what arrives later comes last. People are shown the newest
//! first: the same indexes walked from their other end ([`newest()`]), and one of amounts.
//!
//! Where two things are asked for at once, an index is walked for one of them and passes over what lacks the other. A status
//! beside a span, a provider or an amount stands at that index's end: SQLite tells it there without reading the payment. With
//! none that fits, all of a span's entries are passed over; a span bounds them.

mod newest;
mod store;

pub use newest::{Sought, newest};
pub use store::PaymentRow;

use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::ids::EventId;
use crate::money::Cents;
use crate::providers::{OrderId, PaymentStatus, ProviderName};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What a page of payments is filtered by.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter {
    /// Only in this state, as the provider words it.
    pub status: Option<String>,
    /// Only with this reference.
    pub reference: Option<String>,
    /// Only those that came through this provider.
    pub provider: Option<ProviderName>,
    /// Made at the provider from this instant on.
    pub from: Option<Timestamp>,
    /// And up to this one.
    pub to: Option<Timestamp>,
    /// Only after the payment with this id of ours.
    pub after: Option<Uuid>,
}

/// The status that a word asks for, as payments have it; none for a word that nothing is called by. A provider's word that
/// we don't know is one as soon as a payment of the event has it.
///
/// # Errors
/// The database's.
pub async fn status_named(
    session: &mut Session,
    event: EventId,
    word: &str,
) -> Result<Option<String>, Error> {
    let status = PaymentStatus::from_wire(word);
    let is_one = match &status {
        PaymentStatus::Other(word) => {
            !store::with_status(session, event, word, Uuid::nil(), 1).await?.is_empty()
        }
        _ => true,
    };
    Ok(is_one.then(|| status.as_str().to_owned()))
}

/// What to tell whoever asks for another one.
#[must_use]
pub fn no_such_status() -> String {
    let words: Vec<String> = PaymentStatus::KNOWN.iter().map(|status| status.as_str().to_owned()).collect();
    format!("no payment has this status: there are {}", words.join(", "))
}

/// The payment that a provider calls by this id; of several profiles each may have one.
///
/// # Errors
/// The database's.
pub async fn by_payment_id(
    session: &mut Session,
    event: EventId,
    payment_id: &str,
) -> Result<Vec<PaymentRow>, Error> {
    store::by_payment_id(session, event, payment_id).await
}

/// The payment that an id of ours names: its own, or that of the order it was made for.
///
/// # Errors
/// The database's.
pub async fn by_own_id(session: &mut Session, event: EventId, id: Uuid) -> Result<Vec<PaymentRow>, Error> {
    match store::by_own_id(session, event, id).await? {
        Some(row) => Ok(vec![row]),
        None => store::by_order(session, event, OrderId(id)).await,
    }
}

/// What a person decided about a payment's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It was credited to a wallet, out of suspense.
    ToWallet,
    /// It was marked for return.
    Back {
        /// How much.
        amount: Cents,
        /// How much of that is booked as gone.
        gone: Cents,
    },
}

/// What happened to a payment's money after it was settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// What a person decided.
    pub decided: Option<Decided>,
    /// The most that the provider told it sent back.
    pub sent: Option<Cents>,
    /// The most that the provider told the payer's bank took back.
    pub taken: Option<Cents>,
    /// Two of its reports disagree, and nobody has closed that.
    pub disagrees: bool,
}

/// What happened to the money of these payments since they were settled; of those of which nothing did, nothing.
///
/// # Errors
/// The database's.
pub async fn since(
    session: &mut Session,
    event: EventId,
    payments: &[Uuid],
) -> Result<BTreeMap<Uuid, Since>, Error> {
    store::since(session, event, payments).await
}

/// A page of an event's payments, oldest first; with a provider or a span of time in the order they were made.
///
/// # Errors
/// The database's.
pub async fn page(
    session: &mut Session,
    event: EventId,
    filter: &PaymentFilter,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    match filter {
        PaymentFilter { reference: Some(reference), .. } => {
            store::with_reference(session, event, reference, filter, limit).await
        }
        PaymentFilter { from: None, to: None, provider: None, status: Some(status), after, .. } => {
            store::with_status(session, event, status, after.unwrap_or_default(), limit).await
        }
        PaymentFilter { from: None, to: None, provider: None, after, .. } => {
            store::all(session, event, after.unwrap_or_default(), limit).await
        }
        PaymentFilter { from, to, .. } => {
            let (from, to) = (from.unwrap_or(Timestamp(i64::MIN)), to.unwrap_or(Timestamp(i64::MAX)));
            let place = match filter.after {
                None => (from, Uuid::nil()),
                Some(after) => match store::made_at(session, event, after).await? {
                    Some(at) if at >= from => (at, after),
                    Some(_) => (from, Uuid::nil()),
                    None => return Ok(Vec::new()),
                },
            };
            let (span, status) = ((place, to), filter.status.clone());
            match filter.provider {
                Some(provider) => store::made_between_at(session, event, provider, span, status, limit).await,
                None => store::made_between(session, event, span, status, limit).await,
            }
        }
    }
}
