//! Payments in the database, the newest first.
//!
//! PostgreSQL takes whatever fits a pattern for rare, and would sort all of a span rather than walk its index: texts stand in a
//! CASE, which it doesn't look into.

use super::super::{PaymentFilter, PaymentRow};
use super::{Sought, like};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Value};
use crate::ids::EventId;
use crate::money::Cents;
use crate::providers::ProviderName;
use crate::values;
use uuid::Uuid;

/// A question as the statements take it.
pub(super) struct Asked<'q> {
    pub(super) filter: &'q PaymentFilter,
    pub(super) sought: &'q Sought,
    pub(super) from: Timestamp,
    /// Where the page begins: what was made at this instant has an id below `before`.
    pub(super) to: Timestamp,
    pub(super) before: Uuid,
    pub(super) limit: i64,
}

impl Asked<'_> {
    /// `$1` to `$9` of all statements that narrow; a provider and an amount behind them where `count` is 10 or 11.
    fn values(&self, event: EventId, count: usize) -> Vec<Value> {
        let Sought { amount, description, payer_name, account_end, .. } = self.sought;
        let mut values = values![
            event,
            self.from,
            self.to,
            self.before,
            self.filter.status.clone(),
            self.limit,
            description.as_ref().map(|text| format!("%{}%", like(text))),
            payer_name.as_ref().map(|text| format!("%{}%", like(text))),
            account_end.as_ref().map(|end| format!("%{}", like(end))),
            self.filter.provider.map(ProviderName::as_str).map(str::to_owned),
            amount.map(|Cents(cents)| cents),
        ];
        values.truncate(count);
        values
    }
}

/// Those in a status before a place, the one that became known last first.
pub(super) async fn with_status(
    session: &mut Session,
    event: EventId,
    status: &str,
    before: Uuid,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.status = $2 AND p.id < $3 ORDER BY p.id DESC LIMIT $4",
            values![event, status, before, limit],
        )
        .await
}

/// One payment, where the question leaves it.
pub(super) async fn with_id(
    session: &mut Session,
    event: EventId,
    id: Uuid,
    asked: &Asked<'_>,
) -> Result<Vec<PaymentRow>, Error> {
    let mut values = asked.values(event, 11);
    values.push(Value::from(id));
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.id = $12 AND p.id < $4
                 AND p.created_at >= $2 AND p.created_at <= $3 AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
                 AND (CAST($10 AS TEXT) IS NULL OR p.provider = $10)
                 AND (CAST($11 AS BIGINT) IS NULL OR p.amount_cents = $11)
                 AND CASE WHEN (CAST($7 AS TEXT) IS NULL OR LOWER(p.description) LIKE $7 ESCAPE '!')
                     AND (CAST($8 AS TEXT) IS NULL OR LOWER(p.debtor_name) LIKE $8 ESCAPE '!')
                     AND (CAST($9 AS TEXT) IS NULL OR p.debtor_iban LIKE $9 ESCAPE '!') THEN 1 END IS NOT NULL
             LIMIT $6",
            values,
        )
        .await
}

/// Those onto a wristband, the one that became known last first. It is paid onto a few times; of these the question leaves
/// what it wants.
pub(super) async fn with_reference(
    session: &mut Session,
    event: EventId,
    reference: &str,
    asked: &Asked<'_>,
) -> Result<Vec<PaymentRow>, Error> {
    let mut values = asked.values(event, 11);
    values.push(Value::from(reference));
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.reference = $12 AND p.id < $4
                 AND p.created_at >= $2 AND p.created_at <= $3 AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
                 AND (CAST($10 AS TEXT) IS NULL OR p.provider = $10)
                 AND (CAST($11 AS BIGINT) IS NULL OR p.amount_cents = $11)
                 AND CASE WHEN (CAST($7 AS TEXT) IS NULL OR LOWER(p.description) LIKE $7 ESCAPE '!')
                     AND (CAST($8 AS TEXT) IS NULL OR LOWER(p.debtor_name) LIKE $8 ESCAPE '!')
                     AND (CAST($9 AS TEXT) IS NULL OR p.debtor_iban LIKE $9 ESCAPE '!') THEN 1 END IS NOT NULL
             ORDER BY p.id DESC LIMIT $6",
            values,
        )
        .await
}

/// Those of an amount.
pub(super) async fn of_amount(
    session: &mut Session,
    event: EventId,
    asked: &Asked<'_>,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.amount_cents = $11 AND p.created_at >= $2 AND p.created_at <= $3
                 AND (p.created_at < $3 OR p.id < $4) AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
                 AND (CAST($10 AS TEXT) IS NULL OR p.provider = $10)
                 AND CASE WHEN (CAST($7 AS TEXT) IS NULL OR LOWER(p.description) LIKE $7 ESCAPE '!')
                     AND (CAST($8 AS TEXT) IS NULL OR LOWER(p.debtor_name) LIKE $8 ESCAPE '!')
                     AND (CAST($9 AS TEXT) IS NULL OR p.debtor_iban LIKE $9 ESCAPE '!') THEN 1 END IS NOT NULL
             ORDER BY p.created_at DESC, p.id DESC LIMIT $6",
            asked.values(event, 11),
        )
        .await
}

/// Those that came through a provider.
pub(super) async fn through_provider(
    session: &mut Session,
    event: EventId,
    asked: &Asked<'_>,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.provider = $10 AND p.created_at >= $2 AND p.created_at <= $3
                 AND (p.created_at < $3 OR p.id < $4) AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
                 AND CASE WHEN (CAST($7 AS TEXT) IS NULL OR LOWER(p.description) LIKE $7 ESCAPE '!')
                     AND (CAST($8 AS TEXT) IS NULL OR LOWER(p.debtor_name) LIKE $8 ESCAPE '!')
                     AND (CAST($9 AS TEXT) IS NULL OR p.debtor_iban LIKE $9 ESCAPE '!') THEN 1 END IS NOT NULL
             ORDER BY p.created_at DESC, p.id DESC LIMIT $6",
            asked.values(event, 10),
        )
        .await
}

/// Those made between two instants.
pub(super) async fn made_between(
    session: &mut Session,
    event: EventId,
    asked: &Asked<'_>,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.created_at >= $2 AND p.created_at <= $3
                 AND (p.created_at < $3 OR p.id < $4) AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
                 AND CASE WHEN (CAST($7 AS TEXT) IS NULL OR LOWER(p.description) LIKE $7 ESCAPE '!')
                     AND (CAST($8 AS TEXT) IS NULL OR LOWER(p.debtor_name) LIKE $8 ESCAPE '!')
                     AND (CAST($9 AS TEXT) IS NULL OR p.debtor_iban LIKE $9 ESCAPE '!') THEN 1 END IS NOT NULL
             ORDER BY p.created_at DESC, p.id DESC LIMIT $6",
            asked.values(event, 9),
        )
        .await
}
