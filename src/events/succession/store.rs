//! Events of one profile in the database.

use super::Other;
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
                 ON o.provider = p.provider AND o.profile_id = p.profile_id AND o.event_id <> p.event_id
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
