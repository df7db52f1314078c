//! Running totals in the database.

use super::{HOUR, Tally};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx};
use crate::events::store::word;
use crate::ids::{EventId, PointOfSaleId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;
use std::time::Duration;

/// Adds what a batch moved.
pub(in crate::ledger) fn add(tx: &mut Tx, rows: Rows) {
    tx.write(
        "tally",
        "INSERT INTO tallies (event_id, seconds, start_at, place, code, lane, transfers, amount_cents)
         SELECT r.event_id, r.seconds, r.start_at, r.place, r.code, r.lane, r.transfers, r.amount_cents
         FROM {rows} WHERE 1 = 1
         ON CONFLICT (event_id, seconds, start_at, place, code, lane) DO UPDATE
             SET transfers = tallies.transfers + excluded.transfers,
                 amount_cents = tallies.amount_cents + excluded.amount_cents",
        rows,
    );
}

#[derive(FromRow)]
struct TallyRow {
    start_at: Timestamp,
    place: uuid::Uuid,
    code: String,
    transfers: i64,
    amount_cents: Cents,
}

impl TallyRow {
    fn tally(self) -> Result<Tally, Error> {
        Ok(Tally {
            start_at: self.start_at,
            place: Some(self.place).filter(|place| !place.is_nil()).map(PointOfSaleId),
            code: word(&self.code)?,
            transfers: self.transfers,
            amount: self.amount_cents,
        })
    }
}

/// What moved in the spans of this length that begin in a window, the end of which is outside. In the order of time.
///
/// # Errors
/// The database's.
pub async fn between(
    session: &mut Session,
    event: EventId,
    span: Duration,
    (from, to): (Timestamp, Timestamp),
) -> Result<Vec<Tally>, Error> {
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let rows: Vec<TallyRow> = session
        .all(
            "SELECT start_at, place, code, CAST(SUM(transfers) AS BIGINT) AS transfers,
                 CAST(SUM(amount_cents) AS BIGINT) AS amount_cents
             FROM tallies WHERE event_id = $1 AND seconds = $2 AND start_at >= $3 AND start_at < $4
             GROUP BY start_at, place, code ORDER BY start_at, place, code",
            values![event, seconds, from, to],
        )
        .await?;
    rows.into_iter().map(TallyRow::tally).collect()
}

/// What moved since the beginning, by place and reason: a sum over hours.
///
/// # Errors
/// The database's.
pub async fn since_the_beginning(session: &mut Session, event: EventId) -> Result<Vec<Tally>, Error> {
    let seconds = i64::try_from(HOUR.as_secs()).unwrap_or(i64::MAX);
    let rows: Vec<TallyRow> = session
        .all(
            "SELECT CAST(0 AS BIGINT) AS start_at, place, code, CAST(SUM(transfers) AS BIGINT) AS transfers,
                 CAST(SUM(amount_cents) AS BIGINT) AS amount_cents
             FROM tallies WHERE event_id = $1 AND seconds = $2 AND start_at >= $3 AND start_at < $4
             GROUP BY place, code ORDER BY place, code",
            values![event, seconds, i64::MIN, i64::MAX],
        )
        .await?;
    rows.into_iter().map(TallyRow::tally).collect()
}

/// What moved at a point of sale since the beginning, hour by hour, in the order of time.
///
/// # Errors
/// The database's.
pub async fn of_place(
    session: &mut Session,
    event: EventId,
    place: PointOfSaleId,
) -> Result<Vec<Tally>, Error> {
    let seconds = i64::try_from(HOUR.as_secs()).unwrap_or(i64::MAX);
    let rows: Vec<TallyRow> = session
        .all(
            "SELECT start_at, place, code, CAST(SUM(transfers) AS BIGINT) AS transfers,
                 CAST(SUM(amount_cents) AS BIGINT) AS amount_cents
             FROM tallies
             WHERE event_id = $1 AND seconds = $2 AND start_at >= $3 AND start_at < $4 AND place = $5
             GROUP BY start_at, place, code ORDER BY start_at, place, code",
            values![event, seconds, i64::MIN, i64::MAX, place],
        )
        .await?;
    rows.into_iter().map(TallyRow::tally).collect()
}
