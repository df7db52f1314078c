//! Payments and settlements in the database.

use super::parked::Marked;
use super::record::{NewSettlement, Record, Settled};
use super::{PaymentKey, Suspended};
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::events::accounts::{self, store::Corrected};
use crate::events::store::word;
use crate::ids::{EventId, ParkedId};
use crate::money::Cents;
use crate::providers::{PaymentId, PaymentStatus, ProfileId, ProviderName};
use crate::secrets::CodeHash;
use crate::values;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

#[derive(FromRow)]
struct RecordRow {
    there: String,
    found_by: String,
    event_id: EventId,
    id: Uuid,
    provider: String,
    profile_id: String,
    payment_id: String,
    status: String,
    amount_cents: Option<i64>,
    currency: Option<String>,
    reference: Option<String>,
    reference_hash: Option<Vec<u8>>,
    description: Option<String>,
    debtor_name: Option<String>,
    debtor_iban: Option<String>,
    source: String,
    created_at: Timestamp,
    succeeded_at: Option<i64>,
    first_seen_at: Timestamp,
    version: i64,
    review: Option<Uuid>,
    settled_cents: Option<i64>,
    settled_reference: Option<String>,
    parked_because: Option<String>,
    credited_to: Option<Serial>,
    credited_by: Option<String>,
    marked: Option<Uuid>,
    marked_cents: Option<i64>,
    back_cents: Option<Cents>,
    taken_cents: Option<Cents>,
    charged_back: Option<String>,
    differs: Option<String>,
}

/// What is known of the payments that are [looked for](PaymentKey::there) by these keys, whichever event they belong to: those
/// that were written by these, and those that an event knew already when the account's id was corrected to theirs.
pub(super) async fn records(session: &mut Session, keys: &[PaymentKey]) -> Result<Vec<Record>, Error> {
    let corrected = if keys.iter().any(|key| key.provider.has_accounts()) {
        accounts::store::corrected(session).await?
    } else {
        Vec::new()
    };
    let rows = keys.iter().flat_map(|key| {
        let is_there = |(provider, _, right): &&Corrected| (provider, right) == (&key.provider, &key.profile);
        let entered = corrected.iter().filter(is_there).map(|(_, entered, _)| entered);
        std::iter::once(&key.profile).chain(entered).map(|name| {
            [
                Value::from(key.provider.as_str()),
                Value::from(key.profile.0.as_str()),
                Value::from(name.0.as_str()),
                Value::from(key.payment.0.as_str()),
            ]
        })
    });
    let mut rows: Vec<RecordRow> = session
        .all_rows(
            "SELECT r.there, d.profile_id AS found_by, p.event_id, p.id, p.provider, p.profile_id, p.payment_id, p.status, p.amount_cents, p.currency,
                 p.reference, p.reference_hash, p.description, p.debtor_name, p.debtor_iban, p.source, p.created_at,
                 p.succeeded_at, p.first_seen_at, p.version, k.id AS review, s.amount_cents AS settled_cents,
                 s.reference AS settled_reference, s.parked_because, c.resolved_by AS credited_by,
                 (SELECT h.serial FROM transfers t JOIN wallets w ON w.event_id = t.event_id AND w.id = t.wallet_id
                  JOIN media h ON h.event_id = w.event_id AND h.id = w.holder_id
                  WHERE t.event_id = c.event_id AND t.id = c.transfer_id) AS credited_to,
                 b.id AS marked, b.amount_cents AS marked_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = b.event_id AND y.id = b.id) AS back_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = b.event_id AND y.id = b.id AND y.went_back_by = 'chargeback') AS taken_cents,
                 (SELECT g.went_back_by FROM parked g
                  WHERE g.event_id = b.event_id AND g.kind = 'mismatch' AND g.subject = b.subject
                      AND g.went_back_by = 'chargeback'
                  ORDER BY g.said LIMIT 1) AS charged_back,
                 (SELECT MIN(g.said) FROM parked g
                  WHERE g.event_id = p.event_id AND g.payment = p.id AND g.said LIKE 'amount %'
                      AND g.detail NOT LIKE '% again (source: %') AS differs
             FROM {rows}
             JOIN payment_directory d
                 ON d.provider = r.provider AND d.profile_id = r.profile_id AND d.payment_id = r.payment_id
             JOIN payments p ON p.event_id = d.event_id AND p.id = d.id
             LEFT JOIN provider_profiles f ON f.event_id = d.event_id AND f.provider = d.provider
                 AND f.profile_id = d.profile_id
             LEFT JOIN settlements s ON s.event_id = p.event_id AND s.payment = p.id
             LEFT JOIN parked k ON k.event_id = p.event_id AND k.payment = p.id AND k.kind = 'needs-review'
             LEFT JOIN parked b ON b.event_id = p.event_id AND b.payment = p.id AND b.resolution = 'return'
                 AND b.kind IN ('suspense', 'counterfeit') AND b.transfer_id IS NOT NULL
             LEFT JOIN parked c ON c.event_id = p.event_id AND c.payment = p.id AND c.kind = 'suspense'
                 AND c.resolution <> 'return'
             WHERE r.profile_id = r.there OR f.corrected_id = r.there",
            Rows::new(["provider", "there", "profile_id", "payment_id"], rows),
        )
        .await?;
    // Two events may have kept one payment before a correction told that it is one: the last one stands, and that is its own.
    rows.sort_by_key(|row| row.there == row.found_by);
    rows.into_iter().map(RecordRow::record).collect()
}

impl RecordRow {
    fn record(self) -> Result<Record, Error> {
        let marked = self.marked.zip(self.marked_cents).map(|(id, cents)| Marked {
            matter: ParkedId(id),
            amount: Cents(cents),
            back: self.back_cents.unwrap_or_default(),
            taken: self.taken_cents.unwrap_or_default(),
            is_charged_back: self.charged_back.is_some(),
        });
        let key = PaymentKey {
            provider: word(&self.provider)?,
            profile: ProfileId(self.profile_id),
            payment: PaymentId(self.payment_id),
        };
        let there = PaymentKey { profile: ProfileId(self.there), ..key.clone() };
        Ok(Record {
            event_id: self.event_id,
            id: self.id,
            key,
            there,
            status: PaymentStatus::from_wire(&self.status),
            amount_cents: self.amount_cents,
            currency: self.currency,
            reference: self.reference,
            reference_hash: self.reference_hash.map(stored_hash).transpose()?,
            description: self.description,
            debtor_name: self.debtor_name,
            debtor_iban: self.debtor_iban,
            source: self.source,
            created_at: self.created_at,
            succeeded_at: self.succeeded_at.map(Timestamp),
            first_seen_at: self.first_seen_at,
            version: self.version,
            in_review: self.review.is_some(),
            settlement: self.settled_cents.map(|cents| Settled {
                amount: Cents(cents),
                reference: self.settled_reference,
                is_parked: self.parked_because.is_some(),
                is_leaving: self.parked_because.as_deref() == Some(Suspended::RefundedAtProvider.as_str()),
                credited: self.credited_to.zip(self.credited_by),
            }),
            marked,
            disagrees: self.differs.is_some(),
        })
    }
}

fn stored_hash(bytes: Vec<u8>) -> Result<CodeHash, Error> {
    CodeHash::try_from(bytes).map_err(|error| Error::Corrupt(error.to_string()))
}

pub(super) fn insert_records(tx: &mut Tx, records: &[&Record]) {
    insert_directory(tx, records);
    let names = [
        "event_id",
        "id",
        "provider",
        "profile_id",
        "payment_id",
        "status",
        "amount_cents",
        "currency",
        "reference",
        "reference_hash",
        "description",
        "debtor_name",
        "debtor_iban",
        "source",
        "created_at",
        "succeeded_at",
        "first_seen_at",
        "version",
    ];
    let rows = records.iter().map(|record| {
        [
            Value::from(record.event_id),
            Value::from(record.id),
            Value::from(record.key.provider.as_str()),
            Value::from(record.key.profile.0.as_str()),
            Value::from(record.key.payment.0.as_str()),
            Value::from(record.status.as_str()),
            Value::from(record.amount_cents),
            Value::from(record.currency.clone()),
            Value::from(record.reference.clone()),
            Value::from(record.reference_hash.map(|hash| hash.0)),
            Value::from(record.description.clone()),
            Value::from(record.debtor_name.clone()),
            Value::from(record.debtor_iban.clone()),
            Value::from(record.source.as_str()),
            Value::from(record.created_at),
            Value::from(record.succeeded_at),
            Value::from(record.first_seen_at),
            Value::from(record.version),
        ]
    });
    tx.write(
        "payment's record",
        "INSERT INTO payments (event_id, id, provider, profile_id, payment_id, status, amount_cents, currency,
             reference, reference_hash, description, debtor_name, debtor_iban, source, created_at, succeeded_at,
             first_seen_at, version)
         SELECT r.event_id, r.id, r.provider, r.profile_id, r.payment_id, r.status, r.amount_cents, r.currency,
             r.reference, r.reference_hash, r.description, r.debtor_name, r.debtor_iban, r.source, r.created_at,
             r.succeeded_at, r.first_seen_at, r.version
         FROM {rows}",
        Rows::new(names, rows),
    );
}

fn insert_directory(tx: &mut Tx, records: &[&Record]) {
    let keys = records.iter().flat_map(|record| [(&record.key, *record), (&record.there, *record)]);
    // In the order that every process writes them in, and each once.
    let directory: BTreeMap<&PaymentKey, &Record> = keys.collect();
    let directory = directory.into_iter().map(|(key, record)| {
        [
            Value::from(key.provider.as_str()),
            Value::from(key.profile.0.as_str()),
            Value::from(key.payment.0.as_str()),
            Value::from(record.event_id),
            Value::from(record.id),
        ]
    });
    tx.write(
        "payment",
        "INSERT INTO payment_directory (provider, profile_id, payment_id, event_id, id)
         SELECT r.provider, r.profile_id, r.payment_id, r.event_id, r.id FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(["provider", "profile_id", "payment_id", "event_id", "id"], directory),
    );
}

pub(super) fn update_records(tx: &mut Tx, records: &[(&Record, i64)]) {
    let names = [
        "event_id",
        "id",
        "status",
        "amount_cents",
        "currency",
        "reference",
        "reference_hash",
        "description",
        "debtor_name",
        "debtor_iban",
        "created_at",
        "succeeded_at",
        "version",
        "was",
    ];
    let rows = records.iter().map(|(record, was)| {
        [
            Value::from(record.event_id),
            Value::from(record.id),
            Value::from(record.status.as_str()),
            Value::from(record.amount_cents),
            Value::from(record.currency.clone()),
            Value::from(record.reference.clone()),
            Value::from(record.reference_hash.map(|hash| hash.0)),
            Value::from(record.description.clone()),
            Value::from(record.debtor_name.clone()),
            Value::from(record.debtor_iban.clone()),
            Value::from(record.created_at),
            Value::from(record.succeeded_at),
            Value::from(record.version),
            Value::from(*was),
        ]
    });
    tx.write(
        "payment's record",
        "UPDATE payments SET status = r.status, amount_cents = r.amount_cents, currency = r.currency,
             reference = r.reference, reference_hash = r.reference_hash, description = r.description,
             debtor_name = r.debtor_name, debtor_iban = r.debtor_iban, created_at = r.created_at,
             succeeded_at = r.succeeded_at, version = r.version
         FROM {rows}
         WHERE payments.event_id = r.event_id AND payments.id = r.id AND payments.version = r.was",
        Rows::new(names, rows),
    );
}

pub(super) fn insert_settlements(tx: &mut Tx, settlements: &[NewSettlement]) {
    let rows = settlements.iter().map(|s| {
        [
            Value::from(s.event_id),
            Value::from(s.payment),
            Value::from(s.transfer_id),
            Value::from(s.amount),
            Value::from(s.reference.clone()),
            Value::from(s.medium_id),
            Value::from(s.parked_because.map(|reason| reason.as_str())),
            Value::from(s.source.as_str()),
            Value::from(s.at),
        ]
    });
    let names = [
        "event_id",
        "payment",
        "transfer_id",
        "amount_cents",
        "reference",
        "medium_id",
        "parked_because",
        "source",
        "at",
    ];
    tx.write(
        "settlement",
        "INSERT INTO settlements (event_id, payment, transfer_id, amount_cents, reference, medium_id,
             parked_because, source, at)
         SELECT r.event_id, r.payment, r.transfer_id, r.amount_cents, r.reference, r.medium_id,
             r.parked_because, r.source, r.at
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(names, rows),
    );
}

/// When the last of an event's payments through a provider that became known by a callback was first seen, if any did among
/// its newest thousand.
///
/// # Errors
/// The database's.
pub async fn last_callback_at(
    session: &mut Session,
    event: EventId,
    provider: ProviderName,
) -> Result<Option<Timestamp>, Error> {
    let row: (Option<i64>,) = session
        .one(
            "SELECT MAX(newest.first_seen_at)
             FROM (SELECT source, first_seen_at FROM payments WHERE event_id = $1 AND provider = $2
                   ORDER BY created_at DESC LIMIT 1000) AS newest
             WHERE newest.source = 'callback'",
            values![event, provider.as_str()],
        )
        .await?;
    Ok(row.0.map(Timestamp))
}
