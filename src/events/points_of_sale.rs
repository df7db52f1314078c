//! Bars, and the vendors who are owed what they take.

use super::{Event, EventError, plain_text, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::{EventId, PointOfSaleId, VendorId};

/// Longest name of a bar or vendor, in characters.
const NAME_CHARS_MAX: usize = 60;

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointOfSale {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: PointOfSaleId,
    /// Unique within the event.
    pub name: String,
    /// Who is owed the money.
    pub vendor_id: VendorId,
    /// As the statement names them.
    pub vendor: String,
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
        let name = plain_text("name", &self.name, NAME_CHARS_MAX)?;
        let vendor = plain_text("vendor", self.vendor.as_deref().unwrap_or(&name), NAME_CHARS_MAX)?;
        Ok((name, vendor))
    }
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
            let (actor, name, vendor) = (actor.clone(), name.clone(), vendor.clone());
            Box::pin(async move {
                let vendor_id = store::vendor(tx, event_id, &vendor).await?;
                let point = PointOfSale { event_id, id: PointOfSaleId::new(), name, vendor_id, vendor };
                if !store::insert_point_of_sale(tx, &point, now).await? {
                    return Err(EventError::PointOfSaleTaken(point.name));
                }
                let entry = Entry {
                    event: Some(event_id),
                    actor,
                    action: "point of sale added",
                    subject: point.name.clone(),
                    reason: None,
                    detail: Some(format!("vendor {}", point.vendor)),
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(point)
            })
        })
        .await
}
