//! Pages of payments in the database.

use super::{Decided, PaymentFilter, Since};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Value};
use crate::events::store::word;
use crate::ids::EventId;
use crate::money::Cents;
use crate::payments::parked::{DISAGREE, WayBack};
use crate::providers::{OrderId, ProviderName};
use crate::values;
use serde::Serialize;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A payment as operators see it.
#[derive(Clone, Debug, FromRow, Serialize)]
pub struct PaymentRow {
    /// Ours; the cursor of the next page.
    pub id: Uuid,
    /// Which provider.
    pub provider: String,
    /// On which profile.
    pub profile_id: String,
    /// The provider's id.
    pub payment_id: String,
    /// In the provider's words.
    pub status: String,
    /// As reported.
    pub amount_cents: Option<i64>,
    /// As reported.
    pub currency: Option<String>,
    /// As reported.
    pub reference: Option<String>,
    /// As reported.
    pub description: Option<String>,
    /// Personal data.
    pub debtor_name: Option<String>,
    /// Personal data, masked by the provider.
    pub debtor_iban: Option<String>,
    /// How it first became known.
    pub source: String,
    /// When it was made at the provider.
    pub created_at: Timestamp,
    /// When it was first seen here.
    pub first_seen_at: Timestamp,
    /// What it was settled with.
    pub settled_cents: Option<i64>,
    /// Why it went to suspense.
    pub parked_because: Option<String>,
}

pub(super) async fn all(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3",
            values![event, after, limit],
        )
        .await
}

pub(super) async fn with_status(
    session: &mut Session,
    event: EventId,
    status: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.status = $2 AND p.id > $3 ORDER BY p.id LIMIT $4",
            values![event, status, after, limit],
        )
        .await
}

/// A wristband is paid onto a few times; of these the filter leaves what it wants.
pub(super) async fn with_reference(
    session: &mut Session,
    event: EventId,
    reference: &str,
    filter: &PaymentFilter,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.reference = $2 AND p.id > $3
                 AND (CAST($4 AS TEXT) IS NULL OR p.status = $4)
                 AND (CAST($5 AS BIGINT) IS NULL OR p.created_at >= $5)
                 AND (CAST($6 AS BIGINT) IS NULL OR p.created_at <= $6)
                 AND (CAST($8 AS TEXT) IS NULL OR p.provider = $8)
             ORDER BY p.id LIMIT $7",
            values![
                event,
                reference,
                filter.after.unwrap_or_default(),
                filter.status.clone(),
                filter.from,
                filter.to,
                limit,
                filter.provider.map(ProviderName::as_str).map(str::to_owned),
            ],
        )
        .await
}

/// Those made behind a place and up to an instant, in that order.
pub(super) async fn made_between(
    session: &mut Session,
    event: EventId,
    ((from, after), to): ((Timestamp, Uuid), Timestamp),
    status: Option<String>,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.created_at >= $2 AND p.created_at <= $3
                 AND (p.created_at > $2 OR p.id > $4) AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
             ORDER BY p.created_at, p.id LIMIT $6",
            values![event, from, to, after, status, limit],
        )
        .await
}

/// The same of those that came through a provider.
pub(super) async fn made_between_at(
    session: &mut Session,
    event: EventId,
    provider: ProviderName,
    ((from, after), to): ((Timestamp, Uuid), Timestamp),
    status: Option<String>,
    limit: i64,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.provider = $7 AND p.created_at >= $2 AND p.created_at <= $3
                 AND (p.created_at > $2 OR p.id > $4) AND (CAST($5 AS TEXT) IS NULL OR p.status = $5)
             ORDER BY p.created_at, p.id LIMIT $6",
            values![event, from, to, after, status, limit, provider.as_str()],
        )
        .await
}

/// When a payment was made.
pub(super) async fn made_at(
    session: &mut Session,
    event: EventId,
    payment: Uuid,
) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Timestamp,)> = session
        .optional("SELECT created_at FROM payments WHERE event_id = $1 AND id = $2", values![event, payment])
        .await?;
    Ok(row.map(|row| row.0))
}

/// The payment that a provider calls by this id, on one of the event's profiles.
pub(super) async fn by_payment_id(
    session: &mut Session,
    event: EventId,
    payment_id: &str,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM provider_profiles f
             JOIN payment_directory d ON d.provider = f.provider AND d.profile_id = f.profile_id AND d.payment_id = $2
             JOIN payments p ON p.event_id = d.event_id AND p.id = d.id
             LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE f.event_id = $1 AND p.event_id = $1
             ORDER BY p.id LIMIT 10",
            values![event, payment_id],
        )
        .await
}

/// The payment of an order of ours, once it has one.
pub(super) async fn by_order(
    session: &mut Session,
    event: EventId,
    order: OrderId,
) -> Result<Vec<PaymentRow>, Error> {
    session
        .all(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM top_up_orders o
             JOIN payment_directory d
                 ON d.provider = o.provider AND d.profile_id = o.profile_id AND d.payment_id = o.payment_id
             JOIN payments p ON p.event_id = d.event_id AND p.id = d.id
             LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE o.event_id = $1 AND o.id = $2 AND p.event_id = $1",
            values![event, order.0],
        )
        .await
}

/// The payment with this id of ours.
pub(super) async fn by_own_id(
    session: &mut Session,
    event: EventId,
    id: Uuid,
) -> Result<Option<PaymentRow>, Error> {
    session
        .optional(
            "SELECT p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency, p.reference,
                 p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at, p.first_seen_at,
                 s.amount_cents AS settled_cents, s.parked_because
             FROM payments p LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             WHERE p.event_id = $1 AND p.id = $2",
            values![event, id],
        )
        .await
}

#[derive(FromRow)]
struct SinceRow {
    payment: Uuid,
    resolution: Option<String>,
    amount_cents: Option<Cents>,
    went_back_by: Option<String>,
    went_back_cents: Option<Cents>,
    back_cents: Option<Cents>,
}

/// What was decided about the money of these payments, where it moved by that, what the provider told went back, and of which
/// two reports disagree.
pub(super) async fn since(
    session: &mut Session,
    event: EventId,
    payments: &[Uuid],
) -> Result<BTreeMap<Uuid, Since>, Error> {
    let rows =
        payments.iter().map(|payment| [Value::from(event), Value::from(*payment), Value::from(DISAGREE)]);
    let rows: Vec<SinceRow> = session
        .all_rows(
            "SELECT k.payment, k.resolution, k.amount_cents, k.went_back_by, k.went_back_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = k.event_id AND y.id = k.id) AS back_cents
             FROM {rows} JOIN parked k ON k.event_id = r.event_id AND k.payment = r.payment
                 AND (k.went_back_by IS NOT NULL OR (k.reason = r.disagree AND k.resolved_at IS NULL)
                     OR (k.kind IN ('suspense', 'counterfeit') AND k.resolution IS NOT NULL
                         AND k.transfer_id IS NOT NULL))",
            Rows::new(["event_id", "payment", "disagree"], rows),
        )
        .await?;
    let mut all: BTreeMap<Uuid, Since> = BTreeMap::new();
    for row in rows {
        let since = all.entry(row.payment).or_default();
        match row.went_back_by.map(|by| word::<WayBack>(&by)).transpose()? {
            Some(WayBack::Refund) => since.sent = since.sent.max(row.went_back_cents),
            Some(WayBack::Chargeback) => since.taken = since.taken.max(row.went_back_cents),
            None if row.resolution.is_none() => since.disagrees = true,
            None if row.resolution.as_deref() == Some("return") => {
                let (amount, gone) =
                    (row.amount_cents.unwrap_or_default(), row.back_cents.unwrap_or_default());
                since.decided = Some(Decided::Back { amount, gone });
            }
            None => since.decided = Some(Decided::ToWallet),
        }
    }
    Ok(all)
}
