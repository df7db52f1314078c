//! Names that are printed, on sheets or in the books: refused when they are given if the printed font lacks a character.

use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db::Store;
use crate::events::{self, Event, EventError, NewEvent, NewPointOfSale, PointOfSale, Vendor};
use crate::ids::{PointOfSaleId, VendorId};
use crate::print;

/// Refuses an event whose name or merchant could not be printed, before there is one.
///
/// # Errors
/// [`EventError::Invalid`] naming the field and the character that the printed font lacks.
pub fn check_names(new: &NewEvent) -> Result<(), EventError> {
    check("name", new.name.trim())?;
    new.merchant.as_ref().map_or(Ok(()), |merchant| check("merchant", merchant.trim()))
}

/// Adds a bar whose name, and whose vendor's, can be printed. A vendor whose name was taken before that was asked for goes
/// on getting bars.
///
/// # Errors
/// [`EventError::Invalid`] naming the field and the character that the printed font lacks; those of
/// [`events::add_point_of_sale`].
pub async fn add_point_of_sale(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    new: &NewPointOfSale,
) -> Result<PointOfSale, EventError> {
    let (name, vendor) = new.names()?;
    check("name", &name)?;
    if let Err(refused) = check("vendor", &vendor) {
        let vendors = events::store::vendors(&mut *db.read().await?, event.id).await?;
        if !vendors.iter().any(|(_, known)| *known == vendor) {
            return Err(refused);
        }
    }
    events::add_point_of_sale(db, actor, now, event, new).await
}

/// Gives a bar another name that can be printed.
///
/// # Errors
/// [`EventError::Invalid`] naming the character that the printed font lacks; those of [`events::rename_point_of_sale`].
pub async fn rename_point_of_sale(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, name): (PointOfSaleId, &str),
) -> Result<PointOfSale, EventError> {
    check("name", &events::point_of_sale_name(name)?)?;
    events::rename_point_of_sale(db, actor, now, event, (id, name)).await
}

/// Gives a vendor another name that can be printed.
///
/// # Errors
/// [`EventError::Invalid`] naming the character that the printed font lacks; those of [`events::rename_vendor`].
pub async fn rename_vendor(
    db: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, name): (VendorId, &str),
) -> Result<Vendor, EventError> {
    check("name", &events::point_of_sale_name(name)?)?;
    events::rename_vendor(db, actor, now, event, (id, name)).await
}

fn check(field: &'static str, text: &str) -> Result<(), EventError> {
    print::check_characters(text).map_err(|refusal| EventError::Invalid { field, why: refusal.to_string() })
}
