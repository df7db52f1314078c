//! Lifecycle moves in the database.

use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::events::store::word;
use crate::ids::{EventId, MediumId, MoveId};
use crate::media::{Medium, MediumStatus};
use crate::values;
use sqlx::FromRow;

/// One recorded move of a medium's life.
#[derive(Clone, Debug, FromRow, serde::Serialize)]
pub struct MoveRow {
    /// Named by who asked for it.
    pub id: MoveId,
    /// Before.
    pub from_status: String,
    /// After.
    pub to_status: String,
    /// The medium the wallet went to.
    pub successor_id: Option<MediumId>,
    /// The medium the wallet came from.
    pub predecessor_id: Option<MediumId>,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

impl MoveRow {
    /// What it did, for people. A move that leaves a medium as it is takes a visitor's freeze over.
    #[must_use]
    pub fn what(&self) -> String {
        match self.from_status == self.to_status {
            true => "freeze taken over from its visitor".to_owned(),
            false => format!("{} → {}", self.from_status, self.to_status),
        }
    }
}

/// The moves of a medium, oldest first. A life has few.
///
/// # Errors
/// The database's.
pub async fn moves(session: &mut Session, event: EventId, medium: MediumId) -> Result<Vec<MoveRow>, Error> {
    session
        .all(
            "SELECT id, from_status, to_status, successor_id, predecessor_id, actor, reason, at FROM media_moves
             WHERE event_id = $1 AND medium_id = $2 ORDER BY at, id LIMIT 1000",
            values![event, medium],
        )
        .await
}

/// A move as whoever holds the medium reads it.
#[derive(Clone, Debug, FromRow)]
pub struct LifeRow {
    /// Before.
    pub from_status: String,
    /// After.
    pub to_status: String,
    /// Who.
    pub actor: String,
    /// When.
    pub at: Timestamp,
    /// The medium the wallet came from.
    pub predecessor_id: Option<MediumId>,
    /// And its serial.
    pub predecessor_serial: Option<String>,
}

/// The newest moves of a medium, with what it replaced.
///
/// # Errors
/// The database's.
pub async fn life(
    session: &mut Session,
    event: EventId,
    medium: MediumId,
    limit: i64,
) -> Result<Vec<LifeRow>, Error> {
    session
        .all(
            "SELECT m.from_status, m.to_status, m.actor, m.at, m.predecessor_id, p.serial AS predecessor_serial
             FROM media_moves m LEFT JOIN media p ON p.event_id = m.event_id AND p.id = m.predecessor_id
             WHERE m.event_id = $1 AND m.medium_id = $2 ORDER BY m.at DESC, m.id DESC LIMIT $3",
            values![event, medium, limit],
        )
        .await
}

/// A status change to be written by the lane, guarded by the status it was decided on.
#[derive(Clone, Debug)]
pub struct StatusChange {
    /// Which medium.
    pub medium: Medium,
    /// What it was.
    pub from: MediumStatus,
}

/// Writes changed media: status, freezer and wallet, guarded by the status they had. A race is lost when one changed meanwhile.
pub fn update_media<'c>(tx: &mut Tx, changes: impl IntoIterator<Item = &'c StatusChange>) {
    let rows = changes.into_iter().map(|change| {
        [
            Value::from(change.medium.event_id),
            Value::from(change.medium.id),
            Value::from(change.medium.status),
            Value::from(change.medium.own_freeze.map(|code| code.0)),
            Value::from(change.medium.wallet_id),
            Value::from(change.from),
        ]
    });
    tx.write(
        "medium",
        "UPDATE media SET status = r.status, unfreeze_hash = r.unfreeze_hash, wallet_id = r.wallet_id FROM {rows}
         WHERE media.event_id = r.event_id AND media.id = r.id AND media.status = r.was",
        Rows::new(["event_id", "id", "status", "unfreeze_hash", "wallet_id", "was"], rows),
    );
}

/// A move as recorded.
#[derive(Clone, Debug)]
pub struct NewMove {
    /// Whose.
    pub event_id: EventId,
    /// Named by who asks.
    pub id: MoveId,
    /// Which medium.
    pub medium_id: MediumId,
    /// Before.
    pub from: MediumStatus,
    /// After.
    pub to: MediumStatus,
    /// The medium the wallet goes to.
    pub successor: Option<MediumId>,
    /// The medium the wallet comes from.
    pub predecessor: Option<MediumId>,
    /// Who.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// Records moves. A race is lost when one was recorded meanwhile.
pub fn insert_moves(tx: &mut Tx, moves: &[NewMove]) {
    let rows = moves.iter().map(|m| {
        [
            Value::from(m.event_id),
            Value::from(m.id),
            Value::from(m.medium_id),
            Value::from(m.from),
            Value::from(m.to),
            Value::from(m.successor),
            Value::from(m.predecessor),
            Value::from(m.actor.as_str()),
            Value::from(m.reason.as_str()),
            Value::from(m.at),
        ]
    });
    let names = [
        "event_id",
        "id",
        "medium_id",
        "from_status",
        "to_status",
        "successor_id",
        "predecessor_id",
        "actor",
        "reason",
        "at",
    ];
    tx.write(
        "move",
        "INSERT INTO media_moves (event_id, id, medium_id, from_status, to_status, successor_id, predecessor_id, actor,
             reason, at)
         SELECT r.event_id, r.id, r.medium_id, r.from_status, r.to_status, r.successor_id, r.predecessor_id, r.actor,
             r.reason, r.at
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(names, rows),
    );
}

/// What a move did, to which whoever asks again under its name is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeMove {
    /// Which medium.
    pub medium: MediumId,
    /// Before.
    pub from: MediumStatus,
    /// After.
    pub to: MediumStatus,
    /// The medium the wallet went to.
    pub successor: Option<MediumId>,
    /// Why.
    pub reason: String,
}

#[derive(FromRow)]
struct MadeRow {
    id: MoveId,
    medium_id: MediumId,
    from_status: String,
    to_status: String,
    successor_id: Option<MediumId>,
    reason: String,
}

impl MadeRow {
    fn made(self) -> Result<(MoveId, MadeMove), Error> {
        let (from, to) = (word(&self.from_status)?, word(&self.to_status)?);
        let MadeRow { id, medium_id: medium, successor_id: successor, reason, .. } = self;
        Ok((id, MadeMove { medium, from, to, successor, reason }))
    }
}

/// Those of these moves that are recorded already: a move asked for again is answered, not done again.
///
/// # Errors
/// The database's.
pub async fn known_moves(
    session: &mut Session,
    moves: impl IntoIterator<Item = (EventId, MoveId)>,
) -> Result<Vec<(MoveId, MadeMove)>, Error> {
    let rows = moves.into_iter().map(|(event, id)| [Value::from(event), Value::from(id)]);
    let rows: Vec<MadeRow> = session
        .all_rows(
            "SELECT m.id, m.medium_id, m.from_status, m.to_status, m.successor_id, m.reason
             FROM {rows} JOIN media_moves m ON m.event_id = r.event_id AND m.id = r.id",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    rows.into_iter().map(MadeRow::made).collect()
}
