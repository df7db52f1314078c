//! Closes an event to charges and gives its profile free.

use super::{Event, EventError, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Store};

/// Closes the event `slug`. From the moment this returns no instance charges for it; money that still arrives
/// goes to suspense. Closing a closed event is refused.
///
/// # Errors
/// [`EventError::Unknown`], [`EventError::Closed`], or the database's.
pub async fn close(store: &Store, actor: &Actor, now: Timestamp, slug: &str) -> Result<Event, EventError> {
    store
        .transact(|tx| {
            let (actor, slug) = (actor.clone(), slug.to_owned());
            Box::pin(async move {
                db::close_gate(tx).await?;
                let event = store::by_slug(tx, &slug).await?.ok_or(EventError::Unknown(slug))?;
                if !store::close(tx, event.id, now).await? {
                    return Err(EventError::Closed(event.slug));
                }
                store::release_profiles(tx, event.id).await?;
                let entry = Entry {
                    event: Some(event.id),
                    actor,
                    action: "event closed",
                    subject: event.slug.to_string(),
                    reason: None,
                    detail: None,
                };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(Event { closed_at: Some(now), ..event })
            })
        })
        .await
}
