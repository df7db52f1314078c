//! Devices, their enrolment codes and their tokens in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx, all_written};
use crate::events::store::word;
use crate::ids::{EventId, PointOfSaleId, TerminalId, VendorId};
use crate::secrets::TokenHash;
use crate::terminals::Terminal;
use crate::terminals::sightings::is_online;
use crate::values;
use sqlx::FromRow;

/// Writes a terminal; false when there is one of this id.
pub(super) async fn insert_terminal(
    tx: &mut Tx,
    event: EventId,
    id: TerminalId,
    point_of_sale: PointOfSaleId,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO terminals (event_id, id, point_of_sale_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            values![event, id, point_of_sale, now],
        )
        .await?;
    Ok(written == 1)
}

/// Keeps a terminal from being enrolled or revoked until this transaction ends; false when it was.
pub(super) async fn hold_waiting(tx: &mut Tx, event: EventId, id: TerminalId) -> Result<bool, Error> {
    let held = tx
        .execute(
            "UPDATE terminals SET enrolled_at = enrolled_at
             WHERE event_id = $1 AND id = $2 AND enrolled_at IS NULL AND revoked_at IS NULL",
            values![event, id],
        )
        .await?;
    Ok(held == 1)
}

/// Ends the codes that a terminal has not used.
pub(super) async fn forget_codes(tx: &mut Tx, event: EventId, terminal: TerminalId) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM enrolment_codes WHERE event_id = $1 AND terminal_id = $2 AND used_at IS NULL",
        values![event, terminal],
    )
    .await?;
    Ok(())
}

/// The terminals of an event whose device could enrol now.
///
/// # Errors
/// The database's.
pub async fn with_code(
    session: &mut Session,
    event: EventId,
    now: Timestamp,
) -> Result<Vec<TerminalId>, Error> {
    let rows: Vec<(TerminalId,)> = session
        .all(
            "SELECT terminal_id FROM enrolment_codes WHERE event_id = $1 AND used_at IS NULL AND expires_at > $2",
            values![event, now],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Writes an enrolment code; a lost race when it was drawn before.
pub(super) async fn insert_enrolment_code(
    tx: &mut Tx,
    hash: [u8; 32],
    event: EventId,
    terminal: TerminalId,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let written = tx
        .execute(
            "INSERT INTO enrolment_codes (hash, event_id, terminal_id, expires_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            values![hash, event, terminal, expires_at],
        )
        .await?;
    all_written(written, 1, "enrolment code")
}

/// True while a code could be used up.
pub(super) async fn is_usable(session: &mut Session, hash: [u8; 32], now: Timestamp) -> Result<bool, Error> {
    let found: Option<(i64,)> = session
        .optional(
            "SELECT expires_at FROM enrolment_codes WHERE hash = $1 AND used_at IS NULL AND expires_at > $2",
            values![hash, now],
        )
        .await?;
    Ok(found.is_some())
}

/// Uses a code up and answers whose it was; nothing when it is unknown, used or expired. Of many at once, one wins.
pub(super) async fn use_enrolment_code(
    tx: &mut Tx,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<(EventId, TerminalId)>, Error> {
    tx.optional(
        "UPDATE enrolment_codes SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2
         RETURNING event_id, terminal_id",
        values![hash, now],
    )
    .await
}

/// Marks a terminal enrolled; false when it was revoked before.
pub(super) async fn enrol_terminal(
    tx: &mut Tx,
    event: EventId,
    id: TerminalId,
    device_name: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE terminals SET device_name = $3, enrolled_at = $4
             WHERE event_id = $1 AND id = $2 AND revoked_at IS NULL",
            values![event, id, device_name, now],
        )
        .await?;
    Ok(written == 1)
}

pub(super) async fn insert_token(
    tx: &mut Tx,
    hash: TokenHash,
    event: EventId,
    terminal: TerminalId,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO terminal_tokens (hash, event_id, terminal_id) VALUES ($1, $2, $3)",
        values![hash.0, event, terminal],
    )
    .await?;
    Ok(())
}

/// Marks a terminal revoked; false when it was before.
pub(super) async fn revoke(
    tx: &mut Tx,
    event: EventId,
    id: TerminalId,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE terminals SET revoked_at = $3 WHERE event_id = $1 AND id = $2 AND revoked_at IS NULL",
            values![event, id, now],
        )
        .await?;
    Ok(written == 1)
}

#[derive(FromRow)]
struct TerminalRow {
    event_id: EventId,
    id: TerminalId,
    point_of_sale_id: PointOfSaleId,
    vendor_id: VendorId,
    event: String,
    point_of_sale: String,
}

/// The live terminal that carries a token.
pub(super) async fn by_token(session: &mut Session, hash: TokenHash) -> Result<Option<Terminal>, Error> {
    let row: Option<TerminalRow> = session
        .optional(
            "SELECT t.event_id, t.id, t.point_of_sale_id, p.vendor_id, e.slug AS event, p.name AS point_of_sale
             FROM terminal_tokens k
             JOIN terminals t ON t.event_id = k.event_id AND t.id = k.terminal_id
             JOIN points_of_sale p ON p.event_id = t.event_id AND p.id = t.point_of_sale_id
             JOIN events e ON e.id = t.event_id
             WHERE k.hash = $1 AND t.revoked_at IS NULL",
            values![hash.0],
        )
        .await?;
    row.map(|row| {
        Ok(Terminal {
            event_id: row.event_id,
            id: row.id,
            point_of_sale_id: row.point_of_sale_id,
            vendor_id: row.vendor_id,
            event: word(&row.event)?,
            point_of_sale: row.point_of_sale,
        })
    })
    .transpose()
}

/// The terminal that a token was drawn for, revoked or not.
pub(super) async fn of_token(session: &mut Session, hash: TokenHash) -> Result<Option<TerminalId>, Error> {
    let row: Option<(TerminalId,)> =
        session.optional("SELECT terminal_id FROM terminal_tokens WHERE hash = $1", values![hash.0]).await?;
    Ok(row.map(|row| row.0))
}

/// A terminal as operators see it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct TerminalView {
    /// Ours; also the cursor of the next page.
    pub id: TerminalId,
    /// Whose.
    pub event_id: EventId,
    /// The event in addresses.
    pub event: String,
    /// The bar's name.
    pub point_of_sale: String,
    /// What the device calls itself; none before it enrolled.
    pub device_name: Option<String>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When a device used its code.
    pub enrolled_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last heard of, as far as that is written; none before it ever was.
    pub seen_at: Option<Timestamp>,
}

impl TerminalView {
    /// True for one that may sell and was heard of lately.
    #[must_use]
    pub fn is_online(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && is_online(self.seen_at, now)
    }
}

/// Most terminals of one page.
pub const TERMINALS_PER_PAGE_MAX: i64 = 200;

/// The terminals of an event, or of all events, in the order they were added. `after` is the last id of the page
/// before; `limit` is cut to [`TERMINALS_PER_PAGE_MAX`].
///
/// # Errors
/// The database's.
pub async fn list(
    session: &mut Session,
    event: Option<EventId>,
    after: Option<TerminalId>,
    limit: i64,
) -> Result<Vec<TerminalView>, Error> {
    let after = after.unwrap_or(TerminalId(uuid::Uuid::nil()));
    let limit = limit.min(TERMINALS_PER_PAGE_MAX);
    match event {
        Some(event) => {
            let sql = "SELECT t.id, t.event_id, e.slug AS event, p.name AS point_of_sale, t.device_name, t.created_at,
                 t.enrolled_at, t.revoked_at,
                 (SELECT s.seen_at FROM terminal_sightings s
                  WHERE s.event_id = t.event_id AND s.terminal_id = t.id) AS seen_at
             FROM terminals t
             JOIN events e ON e.id = t.event_id
             JOIN points_of_sale p ON p.event_id = t.event_id AND p.id = t.point_of_sale_id
             WHERE t.event_id = $3 AND t.id > $1 ORDER BY t.id LIMIT $2";
            session.all(sql, values![after, limit, event]).await
        }
        None => {
            let sql = "SELECT t.id, t.event_id, e.slug AS event, p.name AS point_of_sale, t.device_name, t.created_at,
                 t.enrolled_at, t.revoked_at,
                 (SELECT s.seen_at FROM terminal_sightings s
                  WHERE s.event_id = t.event_id AND s.terminal_id = t.id) AS seen_at
             FROM terminals t
             JOIN events e ON e.id = t.event_id
             JOIN points_of_sale p ON p.event_id = t.event_id AND p.id = t.point_of_sale_id
             WHERE t.id > $1 ORDER BY t.id LIMIT $2";
            session.all(sql, values![after, limit]).await
        }
    }
}

/// One terminal, of whichever event.
///
/// # Errors
/// The database's.
pub async fn by_id(session: &mut Session, id: TerminalId) -> Result<Option<TerminalView>, Error> {
    session
        .optional(
            "SELECT t.id, t.event_id, e.slug AS event, p.name AS point_of_sale, t.device_name, t.created_at,
                 t.enrolled_at, t.revoked_at,
                 (SELECT s.seen_at FROM terminal_sightings s
                  WHERE s.event_id = t.event_id AND s.terminal_id = t.id) AS seen_at
             FROM terminals t
             JOIN events e ON e.id = t.event_id
             JOIN points_of_sale p ON p.event_id = t.event_id AND p.id = t.point_of_sale_id
             WHERE t.id = $1",
            values![id],
        )
        .await
}
