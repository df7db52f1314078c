//! What went back to payers, in the database.

use super::{MoneyBack, NewPart, NewReturn, WayBack};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::events::store::word;
use crate::ids::{EventId, ParkedId};
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::payments::gone::{stands_marked, undecided};
use crate::payments::parked::store::MATTER;
use crate::payments::parked::{DISAGREE, DISPUTED, NewParked, Said};
use crate::values;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Writes what is booked. Where somebody booked from the same amount on at the same moment, nothing of the batch is written.
pub(in crate::payments::parked) fn insert(tx: &mut Tx, returns: &[NewReturn]) {
    let rows = returns.iter().map(|new| {
        [
            Value::from(new.event_id),
            Value::from(new.matter),
            Value::from(new.was),
            Value::from(new.amount),
            Value::from(new.by),
            Value::from(new.transfer),
        ]
    });
    tx.write(
        "money that went back",
        "INSERT INTO returned (event_id, id, was_cents, amount_cents, went_back_by, transfer_id)
         SELECT r.event_id, r.id, r.was_cents, r.amount_cents, r.went_back_by, r.transfer_id FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(["event_id", "id", "was_cents", "amount_cents", "went_back_by", "transfer_id"], rows),
    );
}

/// Closes the matters of smaller sums once a larger one of the same payment is told of: they are parts of it. Where each
/// refund is told of alone, they are not.
pub(in crate::payments::parked) fn close_smaller<'n>(
    tx: &mut Tx,
    raised: impl Iterator<Item = &'n NewParked>,
    now: Timestamp,
) {
    let is_sum = |new: &&NewParked| {
        let is_refund = new.matter.money_back().is_some_and(|back| back.by == WayBack::Refund);
        is_refund && PaymentKey::named(&new.matter.subject).is_some_and(|key| !key.provider.refunds_once())
    };
    let rows = raised
        .filter(is_sum)
        .map(|new| [Value::from(new.event_id), Value::from(new.matter.subject.as_str()), Value::from(now)]);
    tx.write_some(
        MATTER,
        "UPDATE parked SET resolved_at = r.at, resolved_by = 'system:settle', resolution = 'return',
             resolution_reason = 'a larger sum of the same payment is told of, and this is a part of it'
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.went_back_by = 'refund' AND parked.resolved_at IS NULL
             AND EXISTS (SELECT 1 FROM parked g
                         WHERE g.event_id = r.event_id AND g.kind = 'mismatch' AND g.subject = r.subject
                             AND g.went_back_by = 'refund' AND g.went_back_cents > parked.went_back_cents)",
        Rows::new(["event_id", "subject", "at"], rows),
    );
}

/// Opens the matters of reserved refunds again that a person had closed: what was stopped is reserved anew, or was not stopped.
pub(in crate::payments::parked) fn reserve_again<'n>(
    tx: &mut Tx,
    raised: impl Iterator<Item = &'n NewParked>,
) {
    let reserved = raised.filter(|new| matches!(new.matter.said, Said::Reserved(_)));
    let rows = reserved.map(|new| {
        [
            Value::from(new.event_id),
            Value::from(new.matter.subject.as_str()),
            Value::from(new.matter.said.to_string()),
        ]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET resolved_at = NULL, resolved_by = NULL, resolution = NULL, resolution_reason = NULL
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.said = r.said AND parked.resolved_by <> 'system:settle'",
        Rows::new(["event_id", "subject", "said"], rows),
    );
}

/// Closes the matters of reserved refunds of these payments where some of the money has gone, or a person decided on it: there
/// is nothing left to wait for, whichever was told first.
pub(in crate::payments::parked) fn close_reserved<'n>(
    tx: &mut Tx,
    (raised, decided): (impl Iterator<Item = &'n NewParked>, impl Iterator<Item = (EventId, &'n str)>),
    now: Timestamp,
) {
    let told = raised.filter(|new| matches!(new.matter.said, Said::MoneyBack(_) | Said::Reserved(_)));
    let told = told.map(|new| (new.event_id, new.matter.subject.as_str()));
    let rows = told
        .chain(decided)
        .map(|(event, subject)| [Value::from(event), Value::from(subject), Value::from(now)]);
    tx.write_some(
        MATTER,
        "UPDATE parked SET resolved_at = r.at, resolved_by = 'system:settle', resolution = 'return',
             resolution_reason = 'what became of the money is known'
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.said LIKE 'refund reserved %' AND parked.resolved_at IS NULL
             AND EXISTS (SELECT 1 FROM parked g
                         WHERE g.event_id = r.event_id AND g.kind IN ('mismatch', 'suspense') AND g.subject = r.subject
                             AND (g.went_back_by IS NOT NULL OR (g.kind = 'suspense' AND g.resolved_at IS NOT NULL)))",
        Rows::new(["event_id", "subject", "at"], rows),
    );
}

/// Writes what holds now into the matters of parts that were told of before their money was marked for return, and opens them
/// again: whoever closed one had read what held before. A larger sum's matter tells more.
pub(in crate::payments::parked) fn tell_again(tx: &mut Tx, parts: &[NewPart]) {
    let rows = parts.iter().map(|part| {
        [
            Value::from(part.event_id),
            Value::from(part.subject.as_str()),
            Value::from(part.amount),
            Value::from(part.detail.as_str()),
        ]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET detail = r.detail, resolved_at = NULL, resolved_by = NULL, resolution = NULL,
             resolution_reason = NULL
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.went_back_by = 'refund' AND parked.went_back_cents = r.amount_cents
             AND NOT EXISTS (SELECT 1 FROM parked g
                             WHERE g.event_id = r.event_id AND g.kind = 'mismatch' AND g.subject = r.subject
                                 AND g.went_back_by = 'refund' AND g.went_back_cents > r.amount_cents)",
        Rows::new(["event_id", "subject", "amount_cents", "detail"], rows),
    );
}

/// Writes into the stories of a payment what a person decided about its money, or that it has gone, where they say how it
/// stood before.
pub(in crate::payments::parked) fn tell_decided(
    tx: &mut Tx,
    decided: &BTreeMap<(EventId, String), (Cents, String)>,
) {
    let rows = decided.iter().map(|((event, subject), (amount, words))| {
        let [gone, waiting, settled] = undecided(*amount);
        [
            Value::from(*event),
            Value::from(subject.as_str()),
            Value::from(gone),
            Value::from(waiting),
            Value::from(settled),
            Value::from(stands_marked(*amount)),
            Value::from(words.as_str()),
        ]
    });
    let names = [
        "event_id",
        "subject",
        "gone_words",
        "waiting_words",
        "settled_words",
        "marked_words",
        "decided_words",
    ];
    tx.write_some(
        MATTER,
        "UPDATE parked SET detail = REPLACE(REPLACE(REPLACE(REPLACE(parked.detail, r.gone_words, r.decided_words),
             r.waiting_words, r.decided_words), r.settled_words, r.decided_words), r.marked_words, r.decided_words)
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject",
        Rows::new(names, rows),
    );
}

/// Adds to the stories of another amount that the booked one was named again, to each once, open or closed.
pub(in crate::payments::parked) fn tell_agreed(tx: &mut Tx, agreed: &BTreeMap<(EventId, String), String>) {
    let rows = agreed.iter().map(|((event, subject), words)| {
        [Value::from(*event), Value::from(subject.as_str()), Value::from(words.as_str())]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET detail = parked.detail || r.words FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.said LIKE 'amount %' AND parked.detail NOT LIKE '% again (source: %'",
        Rows::new(["event_id", "subject", "words"], rows),
    );
}

/// Writes what holds now into the matters of parts whose payer's bank took money as well. One that a person has closed stays
/// closed: the chargeback's own matter tells of it.
pub(in crate::payments::parked) fn tell_changed<'p>(tx: &mut Tx, parts: impl Iterator<Item = &'p NewPart>) {
    let rows = parts.map(|part| {
        [
            Value::from(part.event_id),
            Value::from(part.subject.as_str()),
            Value::from(part.amount),
            Value::from(part.detail.as_str()),
        ]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET detail = r.detail FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.went_back_by = 'refund' AND parked.went_back_cents = r.amount_cents",
        Rows::new(["event_id", "subject", "amount_cents", "detail"], rows),
    );
}

/// A refund in parts was told of part by part: the whole closes them all. Those of less than the least are none of its parts.
pub(in crate::payments::parked) fn close_all(tx: &mut Tx, gone: &[(EventId, String, Cents)], now: Timestamp) {
    let rows = gone.iter().map(|(event, subject, least)| {
        [Value::from(*event), Value::from(subject.as_str()), Value::from(*least), Value::from(now)]
    });
    tx.write_some(
        MATTER,
        "UPDATE parked SET resolved_at = r.at, resolved_by = 'system:settle', resolution = 'return',
             resolution_reason = 'it is what was marked for return, or a part of it'
         FROM {rows}
         WHERE parked.event_id = r.event_id AND parked.kind = 'mismatch' AND parked.subject = r.subject
             AND parked.went_back_by = 'refund' AND parked.went_back_cents >= r.least_cents
             AND parked.resolved_at IS NULL",
        Rows::new(["event_id", "subject", "least_cents", "at"], rows),
    );
}

/// How money of a payment went back, as the provider told: what its payer's bank took, else what was sent, as it was told last.
///
/// # Errors
/// The database's.
pub async fn gone(session: &mut Session, event: EventId, subject: &str) -> Result<Option<MoneyBack>, Error> {
    let told: Vec<(Timestamp, String, Cents)> = session
        .all(
            "SELECT opened_at, went_back_by, went_back_cents FROM parked
             WHERE event_id = $1 AND kind = 'mismatch' AND subject = $2
                 AND went_back_by IS NOT NULL
             ORDER BY said LIMIT 100",
            values![event, subject],
        )
        .await?;
    let mut last: Option<(WayBack, Timestamp, Cents)> = None;
    for (at, by, amount) in told {
        last = last.max(Some((word(&by)?, at, amount)));
    }
    Ok(last.map(|(by, _, amount)| MoneyBack { by, amount }))
}

/// What there is to know of a payment before its money is decided on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Warnings {
    /// The provider told of a dispute about it.
    pub is_disputed: bool,
    /// The open matter of a refund that is reserved.
    pub reserved: Option<ParkedId>,
}

/// What the provider told of a payment that whoever decides on its money should know first: a dispute, whatever became of it,
/// and a refund that is reserved, as long as its matter is open.
///
/// # Errors
/// The database's.
pub async fn warnings(session: &mut Session, event: EventId, subject: &str) -> Result<Warnings, Error> {
    let told: Vec<(ParkedId, String)> = session
        .all(
            "SELECT id, said FROM parked
             WHERE event_id = $1 AND kind = 'mismatch' AND subject = $2
                 AND (said = $3 OR said LIKE 'refund reserved %' AND resolved_at IS NULL)",
            values![event, subject, DISPUTED],
        )
        .await?;
    let is_disputed = told.iter().any(|(_, said)| said == DISPUTED);
    let reserved = told.into_iter().find(|(_, said)| said != DISPUTED).map(|(id, _)| id);
    Ok(Warnings { is_disputed, reserved })
}

/// True when a person was told this, by a matter that is open or closed by now.
pub(in crate::payments) async fn is_told(
    session: &mut Session,
    (event, subject): (EventId, &str),
    said: &Said,
) -> Result<bool, Error> {
    let told: Option<(ParkedId,)> = session
        .optional(
            "SELECT id FROM parked WHERE event_id = $1 AND kind = 'mismatch' AND subject = $2 AND said = $3",
            values![event, subject, said.to_string()],
        )
        .await?;
    Ok(told.is_some())
}

/// Money that a person marked for return, and of which not all has gone.
#[derive(Clone, Debug, FromRow)]
pub struct OnItsWay {
    /// Its matter; also the cursor of the next page.
    pub id: ParkedId,
    /// The provider's id of the payment, with provider and profile before it.
    pub subject: String,
    /// The payment as it is named here.
    pub payment: Option<Uuid>,
    /// How much was marked.
    pub amount_cents: Cents,
    /// How much of that is booked as gone.
    pub back_cents: Option<Cents>,
    /// `chargeback`, where the payer's bank took money of the payment.
    pub charged_back: Option<String>,
    /// The matter of two of its reports that disagree, as long as a person has not closed it.
    pub contradiction: Option<ParkedId>,
    /// When it was marked.
    pub resolved_at: Timestamp,
    /// By whom.
    pub resolved_by: Option<String>,
    /// And why.
    pub resolution_reason: Option<String>,
    /// The reference of the medium that was paid, where one was.
    pub reference: Option<Reference>,
    /// Its serial.
    pub serial: Option<Serial>,
    /// Personal data.
    pub debtor_name: Option<String>,
    /// Personal data, masked by the provider.
    pub debtor_iban: Option<String>,
}

/// What of an event's money is on its way back, the longest marked first. `after` is the matter that ended the page before.
///
/// # Errors
/// The database's.
pub async fn on_its_way(
    session: &mut Session,
    event: EventId,
    after: Option<ParkedId>,
    limit: i64,
) -> Result<Vec<OnItsWay>, Error> {
    let (from, after) = match after {
        Some(after) => (marked_at(session, event, after).await?, after),
        None => (None, ParkedId(Uuid::nil())),
    };
    let from = from.unwrap_or(Timestamp(i64::MIN));
    session
        .all(
            "SELECT p.id, p.subject, p.payment, p.amount_cents, p.resolved_at, p.resolved_by, p.resolution_reason,
                 m.reference, m.serial, y.debtor_name, y.debtor_iban,
                 (SELECT CAST(SUM(b.amount_cents) AS BIGINT) FROM returned b
                  WHERE b.event_id = p.event_id AND b.id = p.id) AS back_cents,
                 (SELECT g.went_back_by FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.went_back_by = 'chargeback'
                  ORDER BY g.said LIMIT 1) AS charged_back,
                 (SELECT g.id FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.reason = $5 AND g.resolved_at IS NULL
                  ORDER BY g.said LIMIT 1) AS contradiction
             FROM parked p LEFT JOIN payments y ON y.event_id = p.event_id AND y.id = p.payment
             LEFT JOIN media m ON m.event_id = p.event_id AND m.id = p.medium_id
             WHERE p.event_id = $1 AND p.resolved_at >= $2 AND (p.resolved_at > $2 OR p.id > $3)
                 AND p.resolution = 'return' AND p.kind IN ('suspense', 'counterfeit') AND p.transfer_id IS NOT NULL
                 AND p.amount_cents > COALESCE((SELECT CAST(SUM(b.amount_cents) AS BIGINT) FROM returned b
                                                WHERE b.event_id = p.event_id AND b.id = p.id), 0)
             ORDER BY p.resolved_at, p.id LIMIT $4",
            values![event, from, after, limit, DISAGREE],
        )
        .await
}

async fn marked_at(
    session: &mut Session,
    event: EventId,
    matter: ParkedId,
) -> Result<Option<Timestamp>, Error> {
    let row: Option<(Option<Timestamp>,)> = session
        .optional("SELECT resolved_at FROM parked WHERE event_id = $1 AND id = $2", values![event, matter])
        .await?;
    Ok(row.and_then(|row| row.0))
}
