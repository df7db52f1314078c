//! What the database knows about itself: its key file, its writing processes, its leases.

use super::{Engine, Error, Session, Store, Tx, all_written};
use crate::clock::Timestamp;
use crate::values;
use sqlx::FromRow;
use std::time::Duration;
use uuid::Uuid;

/// How long a lane stays its owner's without a batch. Whoever finds it expired takes it with a new epoch;
/// the old owner notices at its next batch and claims another.
const LANE_HELD: Duration = Duration::from_secs(60);

/// A lease that ends later than after so many times its length was taken by a clock that was wrong, and is nobody's.
const LEASES_AHEAD: u32 = 3;

/// The right of one process to commit batches: proof that its row was claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The row.
    pub id: i64,
    /// The owner's turn; a commit of an earlier owner can't land any more.
    pub epoch: i64,
}

#[derive(FromRow)]
struct LaneRow {
    id: i64,
    epoch: i64,
}

/// Claims a lane nobody holds, or makes one.
///
/// # Errors
/// The database's; a lost race is retried inside.
pub async fn claim_lane(store: &Store, now: Timestamp) -> Result<Lane, Error> {
    store.transact(|tx| Box::pin(claim(tx, now))).await
}

async fn claim(tx: &mut Tx, now: Timestamp) -> Result<Lane, Error> {
    hold_gate(tx).await?;
    let free: Option<LaneRow> = tx
        .optional("SELECT id, epoch FROM lanes WHERE held_until < $1 ORDER BY id LIMIT 1", values![now])
        .await?;
    if let Some(LaneRow { id, epoch }) = free {
        let lane = Lane { id, epoch };
        return retake(tx, lane, now).await?.ok_or(Error::LostRace("lane"));
    }
    let written = tx
        .execute(
            "INSERT INTO lanes (id, epoch, number, held_until)
             SELECT COALESCE(MAX(id), 0) + 1, 1, 0, CAST($1 AS BIGINT) FROM lanes WHERE 1 = 1
             ON CONFLICT DO NOTHING",
            values![now.after(LANE_HELD)],
        )
        .await?;
    all_written(written, 1, "lane")?;
    let lane = newest_lane(tx).await?.ok_or(Error::LostRace("lane"))?;
    tx.execute("INSERT INTO gates (lane, gate) VALUES ($1, 0)", values![lane.id]).await?;
    Ok(lane)
}

/// Takes the lane back on which a connection broke, under a new epoch. Waits for the batch that may still be under
/// way there: its transaction holds the row. `None`: somebody else has taken it meanwhile.
///
/// # Errors
/// The database's; a lost race is retried inside.
pub async fn reclaim_lane(store: &Store, lane: Lane, now: Timestamp) -> Result<Option<Lane>, Error> {
    store.transact(|tx| Box::pin(retake(tx, lane, now))).await
}

/// The same lane under its next epoch; none when it has another one already.
async fn retake(tx: &mut Tx, lane: Lane, now: Timestamp) -> Result<Option<Lane>, Error> {
    let written = tx
        .execute(
            "UPDATE lanes SET epoch = epoch + 1, held_until = $3 WHERE id = $1 AND epoch = $2",
            values![lane.id, lane.epoch, now.after(LANE_HELD)],
        )
        .await?;
    Ok((written == 1).then_some(Lane { epoch: lane.epoch + 1, ..lane }))
}

async fn newest_lane(session: &mut Session) -> Result<Option<Lane>, Error> {
    let row: Option<LaneRow> =
        session.optional("SELECT id, epoch FROM lanes ORDER BY id DESC LIMIT 1", values![]).await?;
    Ok(row.map(|row| Lane { id: row.id, epoch: row.epoch }))
}

/// What a batch learns when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Step {
    /// The number of this batch in its lane; stands in every transfer it writes.
    pub number: i64,
    /// Moved since the last batch: what was remembered of events and terminals must be read afresh.
    pub gate: i64,
}

/// Starts a batch: numbers it and holds the lane's gate until the commit, so that whoever closes the gate
/// waits for it. `None`: the lane has another owner by now; claim one and decide again.
///
/// # Errors
/// The database's.
pub async fn step_lane(tx: &mut Tx, lane: Lane, now: Timestamp) -> Result<Option<Step>, Error> {
    let sql = match tx.engine() {
        // Whoever writes holds all of the database there.
        Engine::Sqlite => {
            "UPDATE lanes SET number = number + 1, held_until = $3 WHERE id = $1 AND epoch = $2
             RETURNING number, (SELECT g.gate FROM gates g WHERE g.lane = lanes.id) AS gate"
        }
        Engine::Postgres => {
            "UPDATE lanes SET number = number + 1, held_until = $3 WHERE id = $1 AND epoch = $2
             RETURNING number, (SELECT g.gate FROM gates g WHERE g.lane = lanes.id FOR UPDATE) AS gate"
        }
    };
    tx.optional(sql, values![lane.id, lane.epoch, now.after(LANE_HELD)]).await
}

/// Waits until no other transaction has the turn and keeps it until this one ends: of those who take one, one writes at a
/// time. To be taken first: locking a table takes no snapshot yet, so that even a serialisable transaction sees all that
/// was committed before its turn came. Nobody else locks this table so but who vacuums it, and nothing in it ever changes.
/// On SQLite who writes is alone in any case.
///
/// # Errors
/// The database's; one that has no such locks refuses.
pub async fn take_turn(tx: &mut Tx) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.execute("LOCK TABLE installation IN SHARE UPDATE EXCLUSIVE MODE", values![]).await?;
    }
    Ok(())
}

/// Gives a lane back at a graceful stop.
///
/// # Errors
/// The database's.
pub async fn release_lane(tx: &mut Tx, lane: Lane) -> Result<(), Error> {
    tx.execute("UPDATE lanes SET held_until = 0 WHERE id = $1 AND epoch = $2", values![lane.id, lane.epoch])
        .await?;
    Ok(())
}

/// Holds up every lane until this transaction commits, and makes each read events and terminals afresh then.
/// A charge decided before can't commit after, on any instance. Closing an event and revoking a terminal
/// pass through here.
///
/// # Errors
/// The database's.
pub async fn close_gate(tx: &mut Tx) -> Result<(), Error> {
    hold_gate(tx).await?;
    tx.execute("UPDATE gates SET gate = gate + 1 WHERE lane > 0", values![]).await?;
    Ok(())
}

/// Lets one transaction at a time move the gate or claim a lane: a lane that is claimed while the gate moves
/// would not be among those the gate holds up, and would remember what was true before for ever.
async fn hold_gate(tx: &mut Tx) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO leases (name, holder, held_until) VALUES ('gate', $1, 0)
         ON CONFLICT (name) DO UPDATE SET held_until = leases.held_until",
        values![Uuid::nil()],
    )
    .await?;
    Ok(())
}

/// Remembers the key file's fingerprint the first time, and compares it ever after. False: another key file.
///
/// # Errors
/// The database's.
pub async fn check_key_fingerprint(
    tx: &mut Tx,
    fingerprint: [u8; 32],
    now: Timestamp,
) -> Result<bool, Error> {
    tx.execute(
        "INSERT INTO installation (id, key_fingerprint, created_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING",
        values![fingerprint, now],
    )
    .await?;
    Ok(known_key_fingerprint(tx).await?.is_some_and(|known| known == fingerprint))
}

/// The fingerprint of the key file this database belongs to; none before the first start.
///
/// # Errors
/// The database's.
pub async fn known_key_fingerprint(session: &mut Session) -> Result<Option<Vec<u8>>, Error> {
    let row: Option<(Vec<u8>,)> =
        session.optional("SELECT key_fingerprint FROM installation WHERE id = 1", values![]).await?;
    Ok(row.map(|row| row.0))
}

/// Takes the lease `name` for `holder`; false when somebody else holds it.
///
/// # Errors
/// The database's.
pub async fn take_lease(
    tx: &mut Tx,
    name: &str,
    holder: Uuid,
    now: Timestamp,
    held: Duration,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO leases (name, holder, held_until) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
             WHERE leases.holder = excluded.holder OR leases.held_until < $4 OR leases.held_until > $5",
            values![name, holder, now.after(held), now, now.after(held * LEASES_AHEAD)],
        )
        .await?;
    Ok(written == 1)
}

/// Renews the lease `name` of `holder`; false when somebody took it or it was given back. One that has lapsed and
/// that nobody wanted is still its holder's.
///
/// # Errors
/// The database's.
pub async fn renew_lease(
    tx: &mut Tx,
    name: &str,
    holder: Uuid,
    now: Timestamp,
    held: Duration,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE leases SET held_until = $3 WHERE name = $1 AND holder = $2",
            values![name, holder, now.after(held)],
        )
        .await?;
    Ok(written == 1)
}

/// True while somebody holds the lease `name`, which is taken for `held` at a time.
///
/// # Errors
/// The database's.
pub async fn is_lease_held(
    session: &mut Session,
    name: &str,
    now: Timestamp,
    held: Duration,
) -> Result<bool, Error> {
    let row: Option<(i64,)> =
        session.optional("SELECT held_until FROM leases WHERE name = $1", values![name]).await?;
    Ok(row.is_some_and(|(held_until,)| held_until >= now.0 && held_until <= now.after(held * LEASES_AHEAD).0))
}

/// Gives a lease back.
///
/// # Errors
/// The database's.
pub async fn release_lease(tx: &mut Tx, name: &str, holder: Uuid) -> Result<(), Error> {
    tx.execute("DELETE FROM leases WHERE name = $1 AND holder = $2", values![name, holder]).await?;
    Ok(())
}

/// Proves that the database answers.
///
/// # Errors
/// The database's.
pub async fn ping(session: &mut Session) -> Result<(), Error> {
    let _: (i64,) = session.one("SELECT CAST(1 AS BIGINT)", values![]).await?;
    Ok(())
}

/// Writes a consistent copy of a SQLite database to `file`, which must not exist, while others go on writing.
///
/// # Errors
/// The database's.
pub async fn copy_sqlite_into(session: &mut Session, file: &str) -> Result<(), Error> {
    session.execute("VACUUM INTO $1", values![file]).await?;
    Ok(())
}
