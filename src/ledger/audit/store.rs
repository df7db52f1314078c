//! What the audit and the statement add up: transfers, wallets, and facts that don't fit together.

use crate::db::{Error, Session};
use crate::ids::{AccountId, EventId, TransferId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;
use uuid::Uuid;

/// What an account paid and received under one posting code.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(crate) struct SumRow {
    /// Which account, on the side asked for.
    pub(crate) account: AccountId,
    /// The business reason, as stored.
    pub(crate) code: String,
    /// How many transfers.
    pub(crate) transfers: i64,
    /// Their sum.
    pub(crate) amount_cents: Cents,
}

/// Sums of an event's transfers by code and debited account, wallets together.
///
/// # Errors
/// The database's.
pub(crate) async fn debits(session: &mut Session, event: EventId) -> Result<Vec<SumRow>, Error> {
    session
        .all(
            "SELECT s.account, s.code, COUNT(*) AS transfers, CAST(SUM(s.amount_cents) AS BIGINT) AS amount_cents
             FROM (SELECT CASE WHEN wallet_id = debit_account THEN event_id ELSE debit_account END AS account,
                       code, amount_cents
                   FROM transfers WHERE event_id = $1) AS s
             GROUP BY s.account, s.code ORDER BY s.code",
            values![event],
        )
        .await
}

/// Sums of an event's transfers by code and credited account, wallets together.
///
/// # Errors
/// The database's.
pub(crate) async fn credits(session: &mut Session, event: EventId) -> Result<Vec<SumRow>, Error> {
    session
        .all(
            "SELECT s.account, s.code, COUNT(*) AS transfers, CAST(SUM(s.amount_cents) AS BIGINT) AS amount_cents
             FROM (SELECT CASE WHEN wallet_id = credit_account THEN event_id ELSE credit_account END AS account,
                       code, amount_cents
                   FROM transfers WHERE event_id = $1) AS s
             GROUP BY s.account, s.code ORDER BY s.code",
            values![event],
        )
        .await
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
             FROM transfers WHERE event_id = $1 AND (wallet_id > $2 OR (wallet_id = $2 AND wallet_version > $3))
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

/// A wallet's running balance and the sum of its transfers, read in one statement: what an audit beside a live
/// festival asks before it believes that they differ.
///
/// # Errors
/// The database's.
pub(crate) async fn recount(
    session: &mut Session,
    event: EventId,
    wallet: AccountId,
) -> Result<(Cents, Cents), Error> {
    session
        .one(
            "SELECT w.balance_cents, CAST(COALESCE((
                 SELECT SUM(CASE WHEN t.credit_account = w.id THEN t.amount_cents ELSE -t.amount_cents END)
                 FROM transfers t WHERE t.event_id = w.event_id AND t.wallet_id = w.id), 0) AS BIGINT)
             FROM wallets w WHERE w.event_id = $1 AND w.id = $2",
            values![event, wallet],
        )
        .await
}

/// Facts that have no transfer, or a transfer of another kind or amount; settlements without a payment;
/// SUCCEEDED payments that are neither settled nor in an open review. One row per broken rule.
///
/// # Errors
/// The database's.
pub(crate) async fn broken_facts(
    session: &mut Session,
    event: EventId,
) -> Result<Vec<(String, Uuid)>, Error> {
    session
        .all(
            "SELECT 'a charge without its transfer', c.id FROM charges c
             LEFT JOIN transfers t ON t.event_id = c.event_id AND t.id = c.id AND t.code = 'charge'
             WHERE c.event_id = $1 AND t.id IS NULL
             UNION ALL
             SELECT 'a charge''s transfer without its charge', t.id FROM transfers t
             LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.id
             WHERE t.event_id = $1 AND t.code = 'charge' AND c.id IS NULL
             UNION ALL
             SELECT 'a void that does not mirror its charge', v.charge_id FROM voids v
             LEFT JOIN transfers t ON t.event_id = v.event_id AND t.id = v.transfer_id AND t.code = 'void'
             LEFT JOIN transfers c ON c.event_id = v.event_id AND c.id = v.charge_id
             WHERE v.event_id = $1 AND (t.id IS NULL OR c.id IS NULL OR t.amount_cents <> c.amount_cents
                 OR t.debit_account <> c.credit_account OR t.credit_account <> c.debit_account)
             UNION ALL
             SELECT 'a void''s transfer without its void', t.id FROM transfers t
             LEFT JOIN voids v ON v.event_id = t.event_id AND v.transfer_id = t.id
             WHERE t.event_id = $1 AND t.code = 'void' AND v.charge_id IS NULL
             UNION ALL
             SELECT 'a settlement without its transfer', s.payment FROM settlements s
             LEFT JOIN transfers t ON t.event_id = s.event_id AND t.id = s.transfer_id
                 AND t.code IN ('top-up', 'parked') AND t.amount_cents = s.amount_cents
             WHERE s.event_id = $1 AND t.id IS NULL
             UNION ALL
             SELECT 'a settlement''s transfer without its settlement', t.id FROM transfers t
             LEFT JOIN settlements s ON s.event_id = t.event_id AND s.transfer_id = t.id
             WHERE t.event_id = $1 AND t.code IN ('top-up', 'parked') AND s.payment IS NULL
             UNION ALL
             SELECT 'a settlement without its payment', s.payment FROM settlements s
             LEFT JOIN payments p ON p.event_id = s.event_id AND p.id = s.payment AND p.status = 'SUCCEEDED'
             WHERE s.event_id = $1 AND p.id IS NULL
             UNION ALL
             SELECT 'a SUCCEEDED payment neither settled nor in an open review', p.id FROM payments p
             LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             LEFT JOIN parked k ON k.event_id = p.event_id AND k.payment = p.id AND k.kind = 'needs-review'
                 AND k.resolved_at IS NULL
             WHERE p.event_id = $1 AND p.status = 'SUCCEEDED' AND (s.payment IS NULL) = (k.id IS NULL)
             LIMIT 1000",
            values![event],
        )
        .await
}
