//! Events of one profile in the database.

use super::{Other, Profile};
use crate::clock::Timestamp;
use crate::db::{Error, Session};
use crate::events::store::word;
use crate::ids::EventId;
use crate::values;

/// Each other event that has or had a profile of this one.
pub(super) async fn others_on_profile(session: &mut Session, event: EventId) -> Result<Vec<Other>, Error> {
    let rows: Vec<(String, Timestamp, Option<i64>)> = session
        .all(
            "SELECT DISTINCT e.slug, e.created_at, e.closed_at
             FROM provider_profiles p
             JOIN provider_profiles o
                 ON o.provider = p.provider AND o.event_id <> p.event_id
                     AND COALESCE(o.corrected_id, o.profile_id) = COALESCE(p.corrected_id, p.profile_id)
             JOIN events e ON e.id = o.event_id
             WHERE p.event_id = $1",
            values![event],
        )
        .await?;
    let other = |(slug, created_at, closed_at): (String, Timestamp, Option<i64>)| {
        Ok(Other { slug: word(&slug)?, created_at, closed_at: closed_at.map(Timestamp) })
    };
    rows.into_iter().map(other).collect()
}

/// True where another event than its own had a profile after `since`.
pub(super) async fn had_after(
    session: &mut Session,
    profile: &Profile,
    since: Timestamp,
) -> Result<bool, Error> {
    let row: Option<(Timestamp,)> = session
        .optional(
            "SELECT e.created_at FROM provider_profiles o JOIN events e ON e.id = o.event_id
             WHERE o.provider = $1 AND o.profile_id = $2 AND o.event_id <> $3
                 AND (e.closed_at IS NULL OR e.closed_at > $4)
             LIMIT 1",
            values![profile.provider.as_str(), profile.profile_id.0.as_str(), profile.event_id, since],
        )
        .await?;
    Ok(row.is_some())
}
