//! What went back to payers, in the database.

use super::{NewPart, NewReturn, WayBack};
use crate::clock::Timestamp;
use crate::db::{Rows, Tx, Value};
use crate::ids::EventId;
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::payments::parked::NewParked;
use crate::payments::parked::store::MATTER;

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
