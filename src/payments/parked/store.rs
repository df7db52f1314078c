//! Parked matters in the database.

use super::{Marked, Matter, MoneyBack, NewParked, NewResolution, Parked, Said};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Engine, Error, Rows, Session, Tx, Value};
use crate::events::store::word;
use crate::ids::{EventId, MediumId, ParkedId, TransferId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;
use uuid::Uuid;

/// What is written here, for whoever lost a race over it. A matter may be raised, proposed and resolved in one batch.
pub(super) const MATTER: &str = "parked matter";

pub(in crate::payments) fn raise<'n>(tx: &mut Tx, raised: impl Iterator<Item = &'n NewParked>) {
    let rows = raised.map(|new| {
        let back = new.matter.money_back();
        [
            Value::from(new.event_id),
            Value::from(ParkedId::new()),
            Value::from(new.matter.kind),
            Value::from(new.matter.subject.as_str()),
            Value::from(new.matter.said.to_string()),
            Value::from(back.map(|back| back.by.as_str())),
            Value::from(back.map(|back| back.amount)),
            Value::from(new.reason.as_str()),
            Value::from(new.detail.as_str()),
            Value::from(new.payment),
            Value::from(new.amount),
            Value::from(new.medium),
            Value::from(new.opened_at),
        ]
    });
    let names = [
        "event_id",
        "id",
        "kind",
        "subject",
        "said",
        "went_back_by",
        "went_back_cents",
        "reason",
        "detail",
        "payment",
        "amount_cents",
        "medium_id",
        "opened_at",
    ];
    tx.write_some(
        MATTER,
        "INSERT INTO parked (event_id, id, kind, subject, said, went_back_by, went_back_cents, reason, detail, payment,
             amount_cents, medium_id, opened_at)
         SELECT r.event_id, r.id, r.kind, r.subject, r.said, r.went_back_by, r.went_back_cents, r.reason, r.detail, r.payment,
             r.amount_cents, r.medium_id, r.opened_at
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(names, rows),
    );
}

pub(super) fn close_reviews(tx: &mut Tx, closed: &[(EventId, Uuid, &'static str)], now: Timestamp) {
    let rows = closed.iter().map(|(event, payment, resolution)| {
        [Value::from(*event), Value::from(*payment), Value::from(*resolution), Value::from(now)]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET resolved_at = r.at, resolved_by = 'system:settle', resolution = r.resolution,
             resolution_reason = r.resolution
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.payment = r.payment AND parked.kind = 'needs-review'
             AND parked.resolved_at IS NULL",
        Rows::new(["event_id", "payment", "resolution", "at"], rows),
    );
}

pub(super) fn resolve(tx: &mut Tx, resolutions: &[NewResolution]) {
    let rows = resolutions.iter().map(|new| {
        [
            Value::from(new.event_id),
            Value::from(new.id),
            Value::from(new.actor.as_str()),
            Value::from(new.resolution.as_str()),
            Value::from(new.reason.as_str()),
            Value::from(new.transfer),
            Value::from(new.at),
        ]
    });
    let names = ["event_id", "id", "actor", "resolution", "reason", "transfer_id", "at"];
    tx.write(
        MATTER,
        "UPDATE parked SET resolved_at = r.at, resolved_by = r.actor, resolution = r.resolution,
             resolution_reason = r.reason, transfer_id = r.transfer_id
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.id = r.id AND parked.resolved_at IS NULL",
        Rows::new(names, rows),
    );
}

/// Holds the money that these matters are about until the transaction ends, so that of two who resolve matters of one
/// payment, its money and its chargeback, the second sees what the first decided.
pub(super) async fn hold_money(session: &mut Session, ids: &[(EventId, ParkedId)]) -> Result<(), Error> {
    // Whoever writes holds all of the database there.
    if session.engine() == Engine::Sqlite {
        return Ok(());
    }
    let rows = ids.iter().map(|(event, id)| [Value::from(*event), Value::from(*id)]);
    let _held: Vec<(ParkedId,)> = session
        .all_rows(
            "SELECT k.id FROM {rows} JOIN parked p ON p.event_id = r.event_id AND p.id = r.id
             JOIN parked k ON k.event_id = p.event_id AND k.payment = p.payment AND k.kind IN ('suspense', 'counterfeit')
             ORDER BY k.id FOR UPDATE OF k",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct ParkedRow {
    event_id: EventId,
    id: ParkedId,
    kind: String,
    subject: String,
    said: String,
    went_back_by: Option<String>,
    went_back_cents: Option<i64>,
    amount_cents: Option<i64>,
    medium_id: Option<MediumId>,
    resolved_at: Option<i64>,
    resolution: Option<String>,
    transfer_id: Option<TransferId>,
    told_cents: Option<Cents>,
    taken: Option<ParkedId>,
    back_cents: Option<Cents>,
    taken_cents: Option<Cents>,
    marked: Option<ParkedId>,
    marked_cents: Option<Cents>,
    marked_back_cents: Option<Cents>,
    marked_taken_cents: Option<Cents>,
    waiting: Option<ParkedId>,
    gone: Option<String>,
    charged_back: Option<String>,
    reserved: Option<String>,
}

impl ParkedRow {
    fn parked(self) -> Result<Parked, Error> {
        let is_charged_back = self.charged_back.is_some();
        let of = self.marked.zip(self.marked_cents).map(|(matter, amount)| Marked {
            matter,
            amount,
            back: self.marked_back_cents.unwrap_or_default(),
            taken: self.marked_taken_cents.unwrap_or_default(),
            is_charged_back,
        });
        let said = match self.went_back_by.zip(self.went_back_cents) {
            Some((by, cents)) => Said::MoneyBack(MoneyBack { by: word(&by)?, amount: Cents(cents) }),
            None => Said::read(self.said),
        };
        Ok(Parked {
            event_id: self.event_id,
            id: self.id,
            matter: Matter { kind: word(&self.kind)?, subject: self.subject, said },
            amount: self.amount_cents.map(Cents),
            medium: self.medium_id,
            words: Vec::new(),
            resolved_at: self.resolved_at.map(Timestamp),
            resolution: self.resolution,
            transfer: self.transfer_id,
            told: self.told_cents,
            is_taken: self.taken.is_some(),
            of,
            back: self.back_cents.unwrap_or_default(),
            taken: self.taken_cents.unwrap_or_default(),
            is_waiting: self.waiting.is_some(),
            is_gone: self.gone.is_some(),
            is_charged_back,
            is_reserved: self.reserved.is_some(),
        })
    }
}

/// The matters with these ids.
///
/// # Errors
/// The database's.
pub async fn by_ids(session: &mut Session, ids: &[(EventId, ParkedId)]) -> Result<Vec<Parked>, Error> {
    let rows = ids.iter().map(|(event, id)| [Value::from(*event), Value::from(*id)]);
    let rows: Vec<ParkedRow> = session
        .all_rows(
            "SELECT p.event_id, p.id, p.kind, p.subject, p.said, p.went_back_by, p.went_back_cents, p.amount_cents,
                 p.medium_id, p.resolved_at, p.resolution, p.transfer_id, c.id AS taken,
                 CASE WHEN p.kind IN ('suspense', 'counterfeit') THEN (SELECT MAX(m.went_back_cents) FROM parked m
                  WHERE m.event_id = p.event_id AND m.kind = 'mismatch' AND m.subject = p.subject
                      AND m.went_back_by = 'refund') END AS told_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = p.event_id AND y.id = p.id) AS back_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = p.event_id AND y.id = p.id AND y.went_back_by = 'chargeback') AS taken_cents,
                 b.id AS marked, b.amount_cents AS marked_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = b.event_id AND y.id = b.id) AS marked_back_cents,
                 (SELECT CAST(SUM(y.amount_cents) AS BIGINT) FROM returned y
                  WHERE y.event_id = b.event_id AND y.id = b.id AND y.went_back_by = 'chargeback') AS marked_taken_cents,
                 (SELECT w.id FROM parked w
                  WHERE w.event_id = p.event_id AND w.payment = p.payment AND w.kind = 'suspense'
                      AND w.resolved_at IS NULL
                  ORDER BY w.id LIMIT 1) AS waiting,
                 CASE WHEN p.reason = 'refunded-at-provider' THEN p.reason ELSE (SELECT g.went_back_by FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.went_back_by IS NOT NULL
                  ORDER BY g.said LIMIT 1) END AS gone,
                 (SELECT g.went_back_by FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.went_back_by = 'chargeback'
                  ORDER BY g.said LIMIT 1) AS charged_back,
                 (SELECT MIN(g.said) FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.said LIKE 'refund reserved %' AND g.resolved_at IS NULL) AS reserved
             FROM {rows} JOIN parked p ON p.event_id = r.event_id AND p.id = r.id
             LEFT JOIN parked c ON c.event_id = p.event_id AND c.kind = 'mismatch' AND c.subject = p.subject
                 AND c.went_back_by = 'chargeback' AND c.went_back_cents = p.amount_cents
                 AND c.resolved_at IS NOT NULL AND p.kind IN ('suspense', 'counterfeit')
             LEFT JOIN parked b ON b.event_id = p.event_id AND b.payment = p.payment AND b.resolution = 'return'
                 AND b.kind IN ('suspense', 'counterfeit') AND b.transfer_id IS NOT NULL
                 AND p.kind = 'mismatch' AND (p.went_back_by IS NULL OR p.went_back_cents = b.amount_cents
                     OR (p.went_back_by = 'refund' AND p.went_back_cents < b.amount_cents))",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    rows.into_iter().map(ParkedRow::parked).collect()
}

/// A matter as operators see it.
#[derive(Clone, Debug, FromRow)]
pub struct ParkedView {
    /// Ours; also the cursor of the next page.
    pub id: ParkedId,
    /// `suspense`, `needs-review`, `counterfeit` or `mismatch`.
    pub kind: String,
    /// In a few words.
    pub reason: String,
    /// Its story.
    pub detail: String,
    /// The provider's id of the payment it is about, with provider and profile before it.
    pub payment: String,
    /// The money it is about; of a contradiction its payment's, as it was settled.
    pub amount_cents: Option<i64>,
    /// How money of the payment went back to its payer, where it tells that: `refund` or `chargeback`.
    pub went_back_by: Option<String>,
    /// How much of the payment.
    pub went_back_cents: Option<i64>,
    /// When it was raised.
    pub opened_at: Timestamp,
    /// Who proposed last what waits for a second person.
    pub proposed_by: Option<String>,
    /// What was proposed last.
    pub proposal: Option<String>,
    /// The reference of the medium that was paid, where one was.
    pub reference: Option<Reference>,
    /// Its serial.
    pub serial: Option<Serial>,
}

/// The open matters of an event, oldest first.
///
/// # Errors
/// The database's.
pub async fn open(
    session: &mut Session,
    event: EventId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<ParkedView>, Error> {
    // They are ordered by their id; PostgreSQL needs to be told the rest of the index that they are read from.
    session
        .all(
            "SELECT p.id, p.kind, p.reason, p.detail, p.subject AS payment, p.amount_cents, p.went_back_by,
                 p.went_back_cents, p.opened_at,
                 (SELECT q.person FROM proposals q
                  WHERE q.event_id = p.event_id AND q.parked_id = p.id ORDER BY q.nth DESC LIMIT 1) AS proposed_by,
                 (SELECT q.said FROM proposals q
                  WHERE q.event_id = p.event_id AND q.parked_id = p.id ORDER BY q.nth DESC LIMIT 1) AS proposal,
                 m.reference, m.serial
             FROM parked p LEFT JOIN media m ON m.event_id = p.event_id AND m.id = p.medium_id
             WHERE p.event_id = $1 AND p.resolved_at IS NULL AND p.id > $2
             ORDER BY p.resolved_at, p.id LIMIT $3",
            values![event, after, limit],
        )
        .await
}

/// A matter with the medium it is about, and what became of it.
#[derive(Clone, Debug, FromRow)]
pub struct ParkedStory {
    /// The matter.
    #[sqlx(flatten)]
    pub matter: ParkedView,
    /// The payment as it is named here.
    pub own_payment: Option<Uuid>,
    /// The medium that was paid, where one was.
    pub medium_id: Option<MediumId>,
    /// When it was resolved.
    pub resolved_at: Option<i64>,
    /// By whom.
    pub resolved_by: Option<String>,
    /// How.
    pub resolution: Option<String>,
    /// Why.
    pub resolution_reason: Option<String>,
}

/// One matter of an event, resolved or not.
///
/// # Errors
/// The database's.
pub async fn story(
    session: &mut Session,
    event: EventId,
    id: ParkedId,
) -> Result<Option<ParkedStory>, Error> {
    session
        .optional(
            "SELECT p.id, p.kind, p.reason, p.detail, p.subject AS payment, p.amount_cents, p.went_back_by,
                 p.went_back_cents, p.opened_at, p.payment AS own_payment, p.medium_id,
                 (SELECT q.person FROM proposals q
                  WHERE q.event_id = p.event_id AND q.parked_id = p.id ORDER BY q.nth DESC LIMIT 1) AS proposed_by,
                 (SELECT q.said FROM proposals q
                  WHERE q.event_id = p.event_id AND q.parked_id = p.id ORDER BY q.nth DESC LIMIT 1) AS proposal,
                 m.reference, m.serial, p.resolved_at, p.resolved_by, p.resolution, p.resolution_reason
             FROM parked p LEFT JOIN media m ON m.event_id = p.event_id AND m.id = p.medium_id
             WHERE p.event_id = $1 AND p.id = $2",
            values![event, id],
        )
        .await
}

/// All that was raised of one payment: which matter, its kind, in a few words why, and when it was resolved.
///
/// # Errors
/// The database's.
pub async fn of_payment(
    session: &mut Session,
    event: EventId,
    payment: Uuid,
) -> Result<Vec<(ParkedId, String, String, Option<Timestamp>)>, Error> {
    session
        .all(
            "SELECT id, kind, reason, resolved_at FROM parked WHERE event_id = $1 AND payment = $2",
            values![event, payment],
        )
        .await
}

/// The payments of which a matter was raised for a reason, of this amount where there is one, the newest first. No index answers
/// it: an event has few matters.
///
/// # Errors
/// The database's.
pub async fn of_matters(
    session: &mut Session,
    event: EventId,
    amount: Option<Cents>,
    reason: &str,
    limit: i64,
) -> Result<Vec<Uuid>, Error> {
    let found: Vec<(Uuid, Timestamp)> = session
        .all(
            "SELECT DISTINCT k.payment, p.created_at
             FROM parked k JOIN payments p ON p.event_id = k.event_id AND p.id = k.payment
             WHERE k.event_id = $1 AND k.reason = $2
                 AND (CAST($3 AS BIGINT) IS NULL OR k.amount_cents = $3 OR k.went_back_cents = $3)
             ORDER BY p.created_at DESC, k.payment DESC LIMIT $4",
            values![event, reason, amount, limit],
        )
        .await?;
    Ok(found.into_iter().map(|(payment, _)| payment).collect())
}
