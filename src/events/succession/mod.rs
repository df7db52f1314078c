//! Events that have one provider profile in turn: whose time it was when a payment was made.
//!
//! A profile serves one open event at a time, and the next one's codes, callbacks and payment list are of the same
//! profile. What was paid before an event had it belongs to the one before, what was paid after it to the next one.

mod store;

use super::{Event, Profile, Slug};
use crate::clock::Timestamp;
use crate::db::{Error, Session};

/// The time in which its profile was an event's; open at a side where no other event had it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tenure {
    /// Payments made before are not this event's.
    pub from: Option<Timestamp>,
    /// Payments made after are not this event's.
    pub to: Option<Timestamp>,
    /// The event that had the profile last before this one. Until the provider is told otherwise, callbacks still go
    /// to that one's address.
    pub predecessor: Option<Slug>,
}

/// Another event with the same profile.
struct Other {
    slug: Slug,
    created_at: Timestamp,
    closed_at: Option<Timestamp>,
}

/// When the profile was this event's.
///
/// # Errors
/// The database's.
pub async fn tenure(session: &mut Session, event: &Event) -> Result<Tenure, Error> {
    let others = store::others_on_profile(session, event.id).await?;
    let had_it = |other: &&Other| other.closed_at.is_some_and(|closed_at| closed_at <= event.created_at);
    let predecessor = others.iter().filter(had_it).max_by_key(|other| other.closed_at);
    let gets_it = |other: &&Other| event.closed_at.is_some_and(|closed_at| other.created_at >= closed_at);
    Ok(Tenure {
        from: predecessor.map(|_| event.created_at),
        to: others.iter().filter(gets_it).map(|other| other.created_at).min(),
        predecessor: predecessor.map(|other| other.slug.clone()),
    })
}

/// True where another event had the profile when this one was set up already: no time parts their payments.
pub(super) async fn is_late(session: &mut Session, event: &Event, profile: &Profile) -> Result<bool, Error> {
    store::had_after(session, profile, event.created_at).await
}
