//! Gives an event that began without one a Bancontact profile.

use super::kept_apart::{self, Service};
use super::profile::{NewProfile, Profile};
use super::{Event, EventError, store, succession};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::secrets::KeyFile;

/// Gives an event a Bancontact profile. Batches issued from then on have its codes; those that were printed with our own
/// page keep it.
///
/// # Errors
/// [`EventError::Invalid`] naming the field (the environment's, when it is live money beside test money, or the other way
/// round), [`EventError::HasProfile`], [`EventError::ProfileTaken`],
/// [`EventError::Closed`], or the database's.
pub async fn add_profile(
    store: &Store,
    keys: &KeyFile,
    (actor, now): (&Actor, Timestamp),
    event: &Event,
    new: &NewProfile,
) -> Result<Profile, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let profile = new.check(event.id)?;
    let mut entry = Entry::new(actor, "event profile added", profile.profile_id.to_string());
    entry.event = Some(event.id);
    store
        .transact(|tx| {
            let (keys, event, profile, entry) = (keys.clone(), event.clone(), profile.clone(), entry.clone());
            Box::pin(async move {
                if !store::hold_open(tx, event.id).await? {
                    return Err(EventError::Closed(event.slug.clone()));
                }
                if !store::profiles(tx, &keys, event.id).await?.is_empty() {
                    return Err(EventError::HasProfile(profile.provider));
                }
                kept_apart::check(tx, &keys, event.id, Service::of_profile(&profile)).await?;
                profile.write(tx, &keys, now).await?;
                // Which event a payment of a profile belongs to is told by the time in which it was whose.
                if succession::is_late(tx, &event, &profile).await? {
                    let why = "this profile served another event when this one was set up already, and nobody could \
                               tell their payments apart: set a new event up with it"
                        .to_owned();
                    return Err(EventError::Invalid { field: "profile_id", why });
                }
                audit_log::store::write(tx, now, &entry).await?;
                Ok(profile)
            })
        })
        .await
}
