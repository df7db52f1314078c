//! What the audit and the statement add up: transfers, wallets, and facts that don't fit together.

use crate::db::{Error, Session};
use crate::ids::{AccountId, EventId, TransferId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;
use uuid::Uuid;

/// What moved between two accounts under one posting code.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct SumRow {
    /// From which account; all wallets together come under the event's own id.
    pub(crate) debit: AccountId,
    /// To which, in the same way.
    pub(crate) credit: AccountId,
    /// The business reason, as stored.
    pub(crate) code: String,
    /// How many transfers.
    pub(crate) transfers: i64,
    /// Their sum.
    pub(crate) amount_cents: Cents,
}

/// Adds up an event's transfers in a window of ids, the first of which is outside.
///
/// # Errors
/// The database's.
pub(crate) async fn sums(
    session: &mut Session,
    event: EventId,
    (after, to): (Uuid, Uuid),
) -> Result<Vec<SumRow>, Error> {
    session
        .all(
            "SELECT s.debit, s.credit, s.code, COUNT(*) AS transfers,
                 CAST(SUM(s.amount_cents) AS BIGINT) AS amount_cents
             FROM (SELECT CASE WHEN wallet_id = debit_account THEN event_id ELSE debit_account END AS debit,
                       CASE WHEN wallet_id = credit_account THEN event_id ELSE credit_account END AS credit,
                       code, amount_cents
                   FROM transfers WHERE event_id = $1 AND id > $2 AND id <= $3) AS s
             GROUP BY s.debit, s.credit, s.code",
            values![event, after, to],
        )
        .await
}

/// The id of the transfer so many rows behind `after`; none when there are not so many.
///
/// # Errors
/// The database's.
pub(crate) async fn transfer_behind(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    rows: i64,
) -> Result<Option<Uuid>, Error> {
    let row: Option<(Uuid,)> = session
        .optional(
            "SELECT id FROM transfers WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT 1 OFFSET $3",
            values![event, after, rows - 1],
        )
        .await?;
    Ok(row.map(|row| row.0))
}

/// A transfer as the audit reads it.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct AuditRow {
    /// Its id.
    pub(crate) id: TransferId,
    /// The business reason, as stored.
    pub(crate) code: String,
    /// Debited.
    pub(crate) debit_account: AccountId,
    /// Credited.
    pub(crate) credit_account: AccountId,
    /// The amount.
    pub(crate) amount_cents: Cents,
    /// The wallet, if any.
    pub(crate) wallet_id: Option<Uuid>,
    /// Its version after.
    pub(crate) wallet_version: Option<i64>,
    /// Its balance after.
    pub(crate) wallet_balance_cents: Option<i64>,
}

/// An event's transfers in order of id, after `after`.
///
/// # Errors
/// The database's.
pub(crate) async fn transfers_after(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    session
        .all(
            "SELECT id, code, debit_account, credit_account, amount_cents, wallet_id, wallet_version,
                 wallet_balance_cents
             FROM transfers WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            values![event, after, limit],
        )
        .await
}

/// Transfers that touch a wallet, wallet by wallet in the order of their versions.
///
/// # Errors
/// The database's.
pub(crate) async fn wallet_transfers_after(
    session: &mut Session,
    event: EventId,
    wallet: Uuid,
    version: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, Error> {
    session
        .all(
            "SELECT id, code, debit_account, credit_account, amount_cents, wallet_id, wallet_version,
                 wallet_balance_cents
             FROM transfers WHERE event_id = $1 AND (wallet_id, wallet_version) > ($2, $3)
             ORDER BY wallet_id, wallet_version LIMIT $4",
            values![event, wallet, version, limit],
        )
        .await
}

/// A wallet as stored.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct StoredWallet {
    /// Its account.
    pub(crate) id: AccountId,
    /// The running balance.
    pub(crate) balance_cents: Cents,
    /// The running version.
    pub(crate) version: i64,
}

/// Wallets of an event in order of id, after `after`.
///
/// # Errors
/// The database's.
pub(crate) async fn wallets_after(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<StoredWallet>, Error> {
    session
        .all(
            "SELECT id, balance_cents, version FROM wallets WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            values![event, after, limit],
        )
        .await
}

/// What a wallet says of itself, and what its transfers say.
#[derive(Clone, Copy, Debug, FromRow)]
pub(crate) struct Recount {
    /// The running balance.
    pub(crate) balance_cents: Cents,
    /// The running version.
    pub(crate) version: i64,
    /// The sum of its transfers.
    pub(crate) sum_cents: Cents,
    /// The version of its last transfer.
    pub(crate) last_version: i64,
}

/// A wallet and its transfers read in one statement: what an audit beside a live festival asks before it believes
/// that they differ.
///
/// # Errors
/// The database's.
pub(crate) async fn recount(
    session: &mut Session,
    event: EventId,
    wallet: AccountId,
) -> Result<Recount, Error> {
    session
        .one(
            "SELECT w.balance_cents, w.version, CAST(COALESCE((
                 SELECT SUM(CASE WHEN t.credit_account = w.id THEN t.amount_cents ELSE -t.amount_cents END)
                 FROM transfers t WHERE t.event_id = w.event_id AND t.wallet_id = w.id), 0) AS BIGINT) AS sum_cents,
                 CAST(COALESCE((SELECT MAX(t.wallet_version) FROM transfers t
                 WHERE t.event_id = w.event_id AND t.wallet_id = w.id), 0) AS BIGINT) AS last_version
             FROM wallets w WHERE w.event_id = $1 AND w.id = $2",
            values![event, wallet],
        )
        .await
}

/// True when there is such a wallet: it may have been made since the audit passed its place.
///
/// # Errors
/// The database's.
pub(crate) async fn wallet_exists(
    session: &mut Session,
    event: EventId,
    wallet: Uuid,
) -> Result<bool, Error> {
    let found: Option<(i64,)> = session
        .optional("SELECT version FROM wallets WHERE event_id = $1 AND id = $2", values![event, wallet])
        .await?;
    Ok(found.is_some())
}

/// Running totals of one length of span: code, transfers, cents.
///
/// # Errors
/// The database's.
pub(crate) async fn tallied(
    session: &mut Session,
    event: EventId,
    seconds: i64,
) -> Result<Vec<(String, i64, i64)>, Error> {
    session
        .all(
            "SELECT code, CAST(SUM(transfers) AS BIGINT), CAST(SUM(amount_cents) AS BIGINT)
             FROM tallies WHERE event_id = $1 AND seconds = $2 AND start_at >= $3 AND start_at < $4 GROUP BY code",
            values![event, seconds, i64::MIN, i64::MAX],
        )
        .await
}
