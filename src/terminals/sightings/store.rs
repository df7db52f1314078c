//! When terminals were last heard of, in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::ids::{EventId, TerminalId};
use crate::values;
use sqlx::FromRow;

pub(super) async fn write(tx: &mut Tx, seen: &[((EventId, TerminalId), Timestamp)]) -> Result<(), Error> {
    let rows = seen
        .iter()
        .map(|((event, terminal), at)| [Value::from(*event), Value::from(*terminal), Value::from(*at)]);
    tx.execute_rows(
        "INSERT INTO terminal_sightings (event_id, terminal_id, seen_at)
         SELECT r.event_id, r.terminal_id, r.seen_at FROM {rows} WHERE 1 = 1
         ON CONFLICT (event_id, terminal_id) DO UPDATE SET seen_at = excluded.seen_at
             WHERE terminal_sightings.seen_at < excluded.seen_at",
        Rows::new(["event_id", "terminal_id", "seen_at"], rows),
    )
    .await?;
    Ok(())
}

/// A terminal that may sell, and when it was last heard of.
#[derive(Clone, Debug, FromRow)]
pub struct Sighting {
    /// Which.
    pub id: TerminalId,
    /// What the device calls itself.
    pub device_name: Option<String>,
    /// The bar's name.
    pub point_of_sale: String,
    /// None before it ever was.
    pub seen_at: Option<Timestamp>,
}

/// So many of an event's terminals that are enrolled and were not revoked, in the order they were added.
///
/// # Errors
/// The database's.
pub async fn of_event(session: &mut Session, event: EventId, limit: i64) -> Result<Vec<Sighting>, Error> {
    session
        .all(
            "SELECT t.id, t.device_name, p.name AS point_of_sale, s.seen_at
             FROM terminals t
             JOIN points_of_sale p ON p.event_id = t.event_id AND p.id = t.point_of_sale_id
             LEFT JOIN terminal_sightings s ON s.event_id = t.event_id AND s.terminal_id = t.id
             WHERE t.event_id = $1 AND t.enrolled_at IS NOT NULL AND t.revoked_at IS NULL ORDER BY t.id LIMIT $2",
            values![event, limit],
        )
        .await
}
