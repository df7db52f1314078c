//! Bars, and the vendors who are owed what they take.
//!
//! What was sold at a bar is told under the names that it and its vendor have now, and a bar is never deleted: one that was
//! retired stays in the books, and nothing new stands or is sold there until it is opened again. Terminals are revoked
//! first, so that no sale is lost that one of them has kept.

pub(super) mod store;
#[cfg(test)]
mod tests;
mod vendors;

pub use vendors::{Vendor, rename_vendor};

use super::{Event, EventError, plain_text};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{Session, Store, Tx};
use crate::ids::{EventId, PointOfSaleId, TerminalId, VendorId};
use crate::plural::counted;

/// Longest name of a bar or vendor, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Terminals that are named where they keep a bar from being retired.
const TERMINALS_NAMED_MAX: usize = 5;

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointOfSale {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: PointOfSaleId,
    /// Unique within the event, in whichever case it is written.
    pub name: String,
    /// Who is owed the money.
    pub vendor_id: VendorId,
    /// As the statement names them.
    pub vendor: String,
    /// When it was retired: nothing new stands or is sold there.
    pub retired_at: Option<Timestamp>,
}

impl PointOfSale {
    /// True until it is retired.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.retired_at.is_none()
    }
}

/// What a person says of a new bar.
#[derive(Clone, Debug)]
pub struct NewPointOfSale {
    /// Unique within the event.
    pub name: String,
    /// Who is owed the money: an existing vendor's name, or a new one's. The bar's own name unless given.
    pub vendor: Option<String>,
}

impl NewPointOfSale {
    /// The bar's name and its vendor's.
    ///
    /// # Errors
    /// [`EventError::Invalid`].
    pub(crate) fn names(&self) -> Result<(String, String), EventError> {
        let name = name(&self.name)?;
        let vendor = plain_text("vendor", self.vendor.as_deref().unwrap_or(&name), NAME_CHARS_MAX)?;
        Ok((name, vendor))
    }
}

/// A bar's name, or a vendor's.
///
/// # Errors
/// [`EventError::Invalid`].
pub(crate) fn name(text: &str) -> Result<String, EventError> {
    plain_text("name", text, NAME_CHARS_MAX)
}

/// Adds a bar, and its vendor where that is new.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::PointOfSaleTaken`], or the database's.
pub async fn add_point_of_sale(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    new: &NewPointOfSale,
) -> Result<PointOfSale, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let (name, vendor) = new.names()?;
    let event_id = event.id;
    store
        .transact(|tx| {
            let (actor, event, name, vendor) = (actor.clone(), event.clone(), name.clone(), vendor.clone());
            Box::pin(async move {
                held_open(tx, &event).await?;
                let id = PointOfSaleId::new();
                if let Some(other) = alike(tx, event_id, id, &name).await? {
                    return Err(taken(other));
                }
                vendors::check_spelling(tx, event_id, &vendor).await?;
                let vendor_id = super::store::vendor_for(tx, event_id, &vendor).await?;
                let point = PointOfSale { event_id, id, name, vendor_id, vendor, retired_at: None };
                if !store::insert(tx, &point, now).await? {
                    return Err(EventError::PointOfSaleTaken(point.name));
                }
                let detail = Some(format!("vendor {}", point.vendor));
                let entry = entry(&actor, "point of sale added", &point, detail);
                audit_log::store::write(tx, now, &entry).await?;
                Ok(point)
            })
        })
        .await
}

/// Gives a bar another name, in the books as well. Its vendor keeps theirs.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::UnknownPointOfSale`], [`EventError::PointOfSaleTaken`], or
/// the database's.
pub async fn rename_point_of_sale(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, new_name): (PointOfSaleId, &str),
) -> Result<PointOfSale, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let (event_id, new_name) = (event.id, name(new_name)?);
    store
        .transact(|tx| {
            let (actor, event, name) = (actor.clone(), event.clone(), new_name.clone());
            Box::pin(async move {
                held_open(tx, &event).await?;
                let point = known(tx, event_id, id).await?;
                if point.name == name {
                    return Ok(point);
                }
                if let Some(other) = alike(tx, event_id, id, &name).await? {
                    return Err(taken(other));
                }
                let before = point.name;
                let point = PointOfSale { name, ..point };
                store::rename(tx, &point).await?;
                let entry = entry(&actor, "point of sale renamed", &point, Some(format!("was {before}")));
                audit_log::store::write(tx, now, &entry).await?;
                Ok(point)
            })
        })
        .await
}

/// Retires a bar at which no terminal stands, and takes off sale what was sold there only. One that is retired already is
/// answered as it is.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::UnknownPointOfSale`], [`EventError::PointOfSaleUsed`], or the database's.
pub async fn retire_point_of_sale(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, reason): (PointOfSaleId, Option<&str>),
) -> Result<PointOfSale, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let event_id = event.id;
    store
        .transact(|tx| {
            let (actor, event, reason) = (actor.clone(), event.clone(), reason.map(str::to_owned));
            Box::pin(async move {
                held_open(tx, &event).await?;
                // Its row is held from here on: whoever adds a terminal holds it as well.
                let retired = store::retire(tx, event_id, id, now).await?;
                let point = known(tx, event_id, id).await?;
                if !retired {
                    return Ok(point);
                }
                let standing = store::terminals_at(tx, event_id, id).await?;
                if !standing.is_empty() {
                    return Err(EventError::PointOfSaleUsed { name: point.name, by: told(standing) });
                }
                let products = store::retire_products(tx, event_id, id, now).await?;
                let detail = format!("{} went off sale", counted(products, "product"));
                let entry = entry(&actor, "point of sale retired", &point, (products > 0).then_some(detail));
                audit_log::store::write(tx, now, &Entry { reason, ..entry }).await?;
                Ok(point)
            })
        })
        .await
}

/// Opens a bar again that was retired, so that terminals may stand there. What went off sale with it stays off sale. One
/// that is open is answered as it is.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::UnknownPointOfSale`], or the database's.
pub async fn reopen_point_of_sale(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, reason): (PointOfSaleId, Option<&str>),
) -> Result<PointOfSale, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let event_id = event.id;
    store
        .transact(|tx| {
            let (actor, event, reason) = (actor.clone(), event.clone(), reason.map(str::to_owned));
            Box::pin(async move {
                held_open(tx, &event).await?;
                let reopened = store::reopen(tx, event_id, id).await?;
                let point = known(tx, event_id, id).await?;
                if reopened {
                    let entry = entry(&actor, "point of sale reopened", &point, None);
                    audit_log::store::write(tx, now, &Entry { reason, ..entry }).await?;
                }
                Ok(point)
            })
        })
        .await
}

/// Keeps an event open until this transaction ends. Whoever names a bar or vendor of it in the meantime waits.
async fn held_open(tx: &mut Tx, event: &Event) -> Result<(), EventError> {
    match super::store::hold_open(tx, event.id).await? {
        true => Ok(()),
        false => Err(EventError::Closed(event.slug.clone())),
    }
}

/// Another bar whose name differs from this one in its case at most. Case is told here: the engines know that of different
/// letters.
async fn alike(
    session: &mut Session,
    event: EventId,
    id: PointOfSaleId,
    name: &str,
) -> Result<Option<PointOfSale>, EventError> {
    let wanted = name.to_lowercase();
    let bars = store::points_of_sale(session, event, "", store::POINTS_OF_SALE_MAX).await?;
    Ok(bars.into_iter().find(|bar| bar.id != id && bar.name.to_lowercase() == wanted))
}

/// Why the name of another bar can't be had.
fn taken(other: PointOfSale) -> EventError {
    match other.is_live() {
        true => EventError::PointOfSaleTaken(other.name),
        false => EventError::PointOfSaleNameKept(other.name),
    }
}

async fn known(session: &mut Session, event: EventId, id: PointOfSaleId) -> Result<PointOfSale, EventError> {
    let found = store::point_of_sale(session, event, id).await?;
    found.ok_or_else(|| EventError::UnknownPointOfSale(id.to_string()))
}

/// Which terminals, in the order they were added: what their devices call themselves, and their ids.
fn told(mut standing: Vec<(TerminalId, Option<String>)>) -> String {
    standing.sort_unstable();
    let more = standing.len().saturating_sub(TERMINALS_NAMED_MAX);
    let named = standing.into_iter().take(TERMINALS_NAMED_MAX);
    let mut told: Vec<String> = named
        .map(|(id, device)| format!("{} ({id})", device.as_deref().unwrap_or("a terminal without a device")))
        .collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    told.join(", ")
}

fn entry(actor: &Actor, action: &'static str, point: &PointOfSale, detail: Option<String>) -> Entry {
    Entry { event: Some(point.event_id), detail, ..Entry::new(actor, action, point.name.clone()) }
}
