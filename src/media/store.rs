//! Media in the database.

use super::{Batch, CodeKind, Medium, UnfreezeHash};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Engine, Error, Rows, Session, Tx, Value, all_written};
use crate::events::store::word;
use crate::ids::{AccountId, BatchId, EventId, MediumId};
use crate::money::Cents;
use crate::secrets::CodeHash;
use crate::values;
use sqlx::FromRow;

pub(super) fn key_context(batch: BatchId) -> String {
    format!("code key of batch {batch}")
}

/// Writes a batch; false when there is one of its id.
pub(super) async fn insert_batch(tx: &mut Tx, batch: &Batch, sealed_key: Vec<u8>) -> Result<bool, Error> {
    let is_new = tx
        .execute(
            "INSERT INTO batch_directory (batch_id, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            values![batch.id, batch.event_id],
        )
        .await?;
    if is_new == 0 {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO batches (event_id, id, kind, count, pay_url, wallet_url, description, amount_cents, level,
             language, code_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        values![
            batch.event_id,
            batch.id,
            batch.kind,
            batch.count,
            batch.pay_url.as_str(),
            batch.wallet_url.clone(),
            batch.description.as_str(),
            batch.amount,
            batch.level,
            batch.language,
            sealed_key,
            batch.created_at,
        ],
    )
    .await?;
    Ok(true)
}

pub(super) async fn finish_batch(tx: &mut Tx, batch: &Batch, now: Timestamp) -> Result<(), Error> {
    let written = tx
        .execute(
            "UPDATE batches SET issued_at = $3 WHERE event_id = $1 AND id = $2 AND issued_at IS NULL",
            values![batch.event_id, batch.id, now],
        )
        .await?;
    all_written(written, 1, "batch")
}

/// Has PostgreSQL count what was issued. Plans that it made while these tables were small would go on reading the
/// whole of them until it next counts by itself, a minute later or never. SQLite looks up by key in any case.
pub(super) async fn count_issued(tx: &mut Tx) -> Result<(), Error> {
    if tx.engine() == Engine::Postgres {
        tx.execute("ANALYZE media, code_directory, wallets", values![]).await?;
    }
    Ok(())
}

/// A medium being issued, with the hashes of its codes.
#[derive(Clone)]
pub(super) struct Fresh {
    pub(super) medium: Medium,
    pub(super) hashes: [(CodeKind, CodeHash); 3],
}

/// Writes media, codes and wallets; a lost race when any code exists already.
pub(super) async fn insert_media(tx: &mut Tx, media: &mut [Fresh]) -> Result<(), Error> {
    let mut codes: Vec<[Value; 4]> = media
        .iter()
        .flat_map(|fresh| {
            fresh.hashes.iter().map(|(kind, hash)| {
                [
                    Value::from(hash.0),
                    Value::from(fresh.medium.event_id),
                    Value::from(fresh.medium.id),
                    Value::from(*kind),
                ]
            })
        })
        .collect();
    // In the index's own order: neighbouring rows share pages.
    codes.sort_by(|a, b| match (&a[0], &b[0]) {
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    });
    let meant = codes.len();
    let written = tx
        .execute_rows(
            "INSERT INTO code_directory (code_hash, event_id, medium_id, code_kind)
             SELECT r.code_hash, r.event_id, r.medium_id, r.code_kind FROM {rows} WHERE 1 = 1
             ON CONFLICT DO NOTHING",
            Rows::new(["code_hash", "event_id", "medium_id", "code_kind"], codes),
        )
        .await?;
    all_written(written, meant, "code")?;
    let rows = media.iter().map(|fresh| {
        let m = &fresh.medium;
        values![m.event_id, m.id, m.batch_id, m.sequence, &m.reference, &m.serial, m.wallet_id, m.status]
            .try_into()
            .expect("eight values")
    });
    tx.execute_rows(
        "INSERT INTO media (event_id, id, batch_id, sequence, reference, serial, wallet_id, status)
         SELECT r.event_id, r.id, r.batch_id, r.sequence, r.reference, r.serial, r.wallet_id, r.status FROM {rows}",
        Rows::new(
            ["event_id", "id", "batch_id", "sequence", "reference", "serial", "wallet_id", "status"],
            rows.collect::<Vec<[Value; 8]>>(),
        ),
    )
    .await?;
    let wallets = media.iter().map(|fresh| {
        let m = &fresh.medium;
        [Value::from(m.event_id), Value::from(m.wallet_id), Value::from(m.id)]
    });
    tx.execute_rows(
        "INSERT INTO wallets (event_id, id, balance_cents, version, holder_id)
         SELECT r.event_id, r.id, 0, 0, r.holder_id FROM {rows}",
        Rows::new(["event_id", "id", "holder_id"], wallets),
    )
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct BatchRow {
    event_id: EventId,
    id: BatchId,
    kind: String,
    count: i64,
    pay_url: String,
    wallet_url: Option<String>,
    description: String,
    amount_cents: Option<i64>,
    level: String,
    language: String,
    code_key: Option<Vec<u8>>,
    created_at: Timestamp,
    issued_at: Option<i64>,
}

impl BatchRow {
    fn batch(self) -> Result<(Batch, Option<Vec<u8>>), Error> {
        let batch = Batch {
            event_id: self.event_id,
            id: self.id,
            kind: word(&self.kind)?,
            count: self.count,
            pay_url: self.pay_url,
            wallet_url: self.wallet_url,
            description: self.description,
            amount: self.amount_cents.map(Cents),
            level: word(&self.level)?,
            language: word(&self.language)?,
            created_at: self.created_at,
            issued_at: self.issued_at.map(Timestamp),
        };
        Ok((batch, self.code_key))
    }
}

/// A batch with its sealed key, found through the directory.
///
/// # Errors
/// The database's.
pub async fn batch_with_key(
    session: &mut Session,
    batch: BatchId,
) -> Result<Option<(Batch, Option<Vec<u8>>)>, Error> {
    let row: Option<BatchRow> = session
        .optional(
            "SELECT b.event_id, b.id, b.kind, b.count, b.pay_url, b.wallet_url, b.description, b.amount_cents,
                 b.level, b.language, b.code_key, b.created_at, b.issued_at
             FROM batch_directory d JOIN batches b ON b.event_id = d.event_id AND b.id = d.batch_id
             WHERE d.batch_id = $1",
            values![batch],
        )
        .await?;
    row.map(BatchRow::batch).transpose()
}

/// Batches of an event, where a list has no pages.
pub const BATCHES_MAX: i64 = 1_000;

/// The batches of an event, the newest first; `after` is the last one of the page before.
///
/// # Errors
/// The database's.
pub async fn batches(
    session: &mut Session,
    event: EventId,
    after: Option<BatchId>,
    limit: i64,
) -> Result<Vec<Batch>, Error> {
    let rows: Vec<BatchRow> = session
        .all(
            "SELECT event_id, id, kind, count, pay_url, wallet_url, description, amount_cents, level, language,
                 code_key, created_at, issued_at
             FROM batches WHERE event_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            values![event, after.map_or(uuid::Uuid::max(), |batch| batch.0), limit],
        )
        .await?;
    rows.into_iter().map(|row| row.batch().map(|(batch, _)| batch)).collect()
}

/// A medium's row with what its batch says of it; the ledger reads wallets beside it.
#[derive(FromRow, Debug)]
pub struct MediumRow {
    pub(crate) event_id: EventId,
    pub(crate) id: MediumId,
    pub(crate) batch_id: BatchId,
    pub(crate) sequence: i64,
    pub(crate) kind: String,
    pub(crate) reference: Reference,
    pub(crate) serial: Serial,
    pub(crate) wallet_id: AccountId,
    pub(crate) status: String,
    pub(crate) unfreeze_hash: Option<Vec<u8>>,
    pub(crate) description: String,
}

impl MediumRow {
    pub(crate) fn medium(self) -> Result<Medium, Error> {
        let description = self.description.replace("{serial}", self.serial.as_str());
        let own_freeze = self.unfreeze_hash.map(|hash| hash.try_into().map(UnfreezeHash)).transpose();
        Ok(Medium {
            event_id: self.event_id,
            id: self.id,
            batch_id: self.batch_id,
            sequence: self.sequence,
            kind: word(&self.kind)?,
            reference: self.reference,
            serial: self.serial,
            wallet_id: self.wallet_id,
            status: word(&self.status)?,
            own_freeze: own_freeze.map_err(|_| Error::Corrupt("a hash of another length".to_owned()))?,
            description,
        })
    }
}

/// The media of a batch after `after` in order of sequence.
///
/// # Errors
/// The database's.
pub async fn media_of_batch(
    session: &mut Session,
    batch: &Batch,
    after: i64,
    limit: i64,
) -> Result<Vec<Medium>, Error> {
    let rows: Vec<MediumRow> = session
        .all(
            "SELECT m.event_id, m.id, m.batch_id, m.sequence, b.kind, m.reference, m.serial, m.wallet_id, m.status,
                 m.unfreeze_hash, b.description
             FROM media m JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             WHERE m.event_id = $1 AND m.batch_id = $2 AND m.sequence > $3 ORDER BY m.sequence LIMIT $4",
            values![batch.event_id, batch.id, after, limit],
        )
        .await?;
    rows.into_iter().map(MediumRow::medium).collect()
}

/// A scanned medium with its wallet's state, in one read: what a balance look-up shows.
#[derive(Debug)]
pub struct MediumView {
    /// The medium the code belongs to.
    pub medium: Medium,
    /// What its wallet holds.
    pub balance: Cents,
    /// Which code was scanned.
    pub code_kind: super::CodeKind,
}

#[derive(FromRow)]
struct ViewRow {
    #[sqlx(flatten)]
    medium: MediumRow,
    balance_cents: Cents,
    code_kind: String,
}

/// The medium behind a code.
///
/// # Errors
/// The database's.
pub async fn by_code(session: &mut Session, hash: CodeHash) -> Result<Option<MediumView>, Error> {
    let row: Option<ViewRow> = session
        .optional(
            "SELECT m.event_id, m.id, m.batch_id, m.sequence, b.kind, m.reference, m.serial, m.wallet_id, m.status,
                 m.unfreeze_hash, b.description, w.balance_cents, d.code_kind
             FROM code_directory d
             JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id
             JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             JOIN wallets w ON w.event_id = m.event_id AND w.id = m.wallet_id
             WHERE d.code_hash = $1",
            values![hash.0],
        )
        .await?;
    row.map(|row| {
        Ok(MediumView {
            medium: row.medium.medium()?,
            balance: row.balance_cents,
            code_kind: word(&row.code_kind)?,
        })
    })
    .transpose()
}

/// What an event printed with these codes on it: the reference of each, and its serial.
pub(super) async fn printed(
    session: &mut Session,
    event: EventId,
    hashes: impl Iterator<Item = CodeHash>,
) -> Result<Vec<(Reference, Serial)>, Error> {
    let rows = hashes.map(|hash| [Value::from(hash.0), Value::from(event)]);
    session
        .all_rows(
            "SELECT m.reference, m.serial FROM {rows}
             JOIN code_directory d ON d.code_hash = r.code_hash AND d.event_id = r.event_id
             JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id",
            Rows::new(["code_hash", "event_id"], rows),
        )
        .await
}

/// What the codes and links of all printed batches start with. A code on a wrist outlives a change of address.
pub(super) async fn printed_addresses(session: &mut Session) -> Result<Vec<String>, Error> {
    let rows: Vec<(String,)> = session
        .all(
            "SELECT pay_url FROM batches
             UNION SELECT wallet_url FROM batches WHERE wallet_url IS NOT NULL
             LIMIT 1000",
            values![],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Every event's profiles, each with the address its codes start with where that is not the provider's own.
pub(super) async fn profile_addresses(
    session: &mut Session,
) -> Result<Vec<(EventId, String, Option<String>)>, Error> {
    session.all("SELECT event_id, profile_id, pay_url FROM provider_profiles LIMIT 10000", values![]).await
}
