//! Vendors, who are owed what their bars take: their names, which a first bar gives them.

use super::{held_open, name, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{Session, Store};
use crate::events::{Event, EventError};
use crate::ids::{EventId, VendorId};

/// Who is owed what one or more bars take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: VendorId,
    /// Unique within the event, in whichever case it is written; as the statement names them.
    pub name: String,
}

/// Gives a vendor another name, in the books as well, from their beginning. Their bars keep theirs.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::UnknownVendor`], [`EventError::VendorTaken`], or the
/// database's.
pub async fn rename_vendor(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, new_name): (VendorId, &str),
) -> Result<Vendor, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let (event_id, new_name) = (event.id, name(new_name)?);
    store
        .transact(|tx| {
            let (actor, event, name) = (actor.clone(), event.clone(), new_name.clone());
            Box::pin(async move {
                held_open(tx, &event).await?;
                let vendor = store::vendor(tx, event_id, id).await?;
                let vendor = vendor.ok_or_else(|| EventError::UnknownVendor(id.to_string()))?;
                if vendor.name == name {
                    return Ok(vendor);
                }
                let mut others = alike(tx, event_id, &name).await?.into_iter();
                if let Some(other) = others.find(|other| other.id != id) {
                    return Err(EventError::VendorTaken(other.name));
                }
                let detail = Some(format!("was {}", vendor.name));
                let vendor = Vendor { name, ..vendor };
                store::rename_vendor(tx, &vendor).await?;
                let entry = Entry {
                    event: Some(event_id),
                    detail,
                    ..Entry::new(&actor, "vendor renamed", vendor.name.clone())
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(vendor)
            })
        })
        .await
}

/// Refuses a new vendor whose name differs from that of one there is in its case only.
pub(super) async fn check_spelling(
    session: &mut Session,
    event: EventId,
    name: &str,
) -> Result<(), EventError> {
    let known = alike(session, event, name).await?;
    if known.iter().any(|vendor| vendor.name == name) {
        return Ok(());
    }
    known.into_iter().next().map_or(Ok(()), |other| {
        let why =
            format!("a vendor {:?} exists already in this event: write the name as it is there", other.name);
        Err(EventError::Invalid { field: "vendor", why })
    })
}

/// The vendors whose names differ from this one in their case at most. An event has no more of them than of bars.
async fn alike(session: &mut Session, event: EventId, name: &str) -> Result<Vec<Vendor>, EventError> {
    let wanted = name.to_lowercase();
    let mut vendors = store::vendors_after(session, event, "", store::POINTS_OF_SALE_MAX).await?;
    vendors.retain(|vendor| vendor.name.to_lowercase() == wanted);
    Ok(vendors)
}
