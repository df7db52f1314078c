//! Reads the story of a medium.

use super::{Gone, Link, MATTERS_MAX, ReturnWay, Returned, Sold, TakenBack, Told, Waiting};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Error, Rows, Session, Value};
use crate::events::store::word;
use crate::ids::{AccountId, ChargeId, EventId, MediumId, ParkedId};
use crate::media::Medium;
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;
use std::cmp::Reverse;
use uuid::Uuid;

/// Things of one medium that are looked for in the audit log, of each kind.
const LOGGED_MAX: i64 = 200;
/// Who closes the matter of a refund that is booked: the money that was marked for return tells of it.
const BOOKED_BY: &str = "system:settle";

#[derive(FromRow)]
struct ToldRow {
    wallet_version: i64,
    code: String,
    amount_cents: Cents,
    wallet_balance_cents: Cents,
    at: Timestamp,
    charge_id: Option<ChargeId>,
    point_of_sale: Option<String>,
    device_name: Option<String>,
    lines: Option<String>,
    void_actor: Option<String>,
    void_reason: Option<String>,
    provider: Option<String>,
    payment_id: Option<String>,
    own_payment: Option<Uuid>,
    resolved_by: Option<String>,
    resolution_reason: Option<String>,
    parked_provider: Option<String>,
    parked_payment: Option<String>,
    own_parked: Option<Uuid>,
    paid_onto: Option<Serial>,
}

impl ToldRow {
    fn told(self) -> Result<Told, Error> {
        let code = word(&self.code)?;
        let is_charge = code == crate::ledger::Code::Charge;
        let provider = self.provider.or(self.parked_provider).as_deref().map(word).transpose()?;
        Ok(Told {
            version: self.wallet_version,
            code,
            amount: self.amount_cents,
            balance: self.wallet_balance_cents,
            at: self.at,
            charge: self.charge_id,
            point_of_sale: self.point_of_sale,
            device: self.device_name,
            lines: self.lines,
            is_voided: is_charge && self.void_actor.is_some(),
            payment: provider.zip(self.payment_id.or(self.parked_payment)),
            own_payment: self.own_payment.or(self.own_parked),
            paid_onto: self.paid_onto.filter(|_| code == crate::ledger::Code::ParkedToWallet),
            by: self.void_actor.filter(|_| !is_charge).or(self.resolved_by),
            reason: self.void_reason.filter(|_| !is_charge).or(self.resolution_reason),
        })
    }
}

/// The movements of a wallet with their facts, the newest first; `before` is the version of the last one of the page
/// before.
///
/// # Errors
/// The database's.
pub async fn told(
    session: &mut Session,
    event: EventId,
    wallet: AccountId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Told>, Error> {
    let rows: Vec<ToldRow> = session
        .all(
            "SELECT t.wallet_version, t.code, t.amount_cents, t.wallet_balance_cents, t.at, c.id AS charge_id,
                 p.name AS point_of_sale, d.device_name, c.lines, v.actor AS void_actor, v.reason AS void_reason,
                 y.provider, y.payment_id, y.id AS own_payment, k.resolved_by, k.resolution_reason,
                 z.provider AS parked_provider, z.payment_id AS parked_payment, z.id AS own_parked, m.serial AS paid_onto
             FROM transfers t
             LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.fact_id
             LEFT JOIN points_of_sale p ON p.event_id = c.event_id AND p.id = c.point_of_sale_id
             LEFT JOIN terminals d ON d.event_id = c.event_id AND d.id = c.terminal_id
             LEFT JOIN voids v ON v.event_id = t.event_id AND v.charge_id = t.fact_id
             LEFT JOIN payments y ON y.event_id = t.event_id AND y.id = t.fact_id
             LEFT JOIN parked k ON k.event_id = t.event_id AND k.id = t.fact_id
             LEFT JOIN payments z ON z.event_id = k.event_id AND z.id = k.payment
             LEFT JOIN media m ON m.event_id = k.event_id AND m.id = k.medium_id
             WHERE t.event_id = $1 AND t.wallet_id = $2 AND t.wallet_version < $3
             ORDER BY t.wallet_version DESC LIMIT $4",
            values![event, wallet, before.unwrap_or(i64::MAX), limit],
        )
        .await?;
    rows.into_iter().map(ToldRow::told).collect()
}

#[derive(FromRow)]
struct SoldRow {
    amount_cents: Cents,
    at: Timestamp,
    point_of_sale: String,
    kind: String,
    serial: Serial,
    holder: String,
    void_actor: Option<String>,
    void_reason: Option<String>,
    void_at: Option<Timestamp>,
}

impl SoldRow {
    fn sold(self) -> Result<Sold, Error> {
        let taken_back = self.void_actor.zip(self.void_at).map(|(by, at)| TakenBack {
            by,
            reason: self.void_reason.unwrap_or_default(),
            at,
        });
        Ok(Sold {
            amount: self.amount_cents,
            at: self.at,
            point_of_sale: self.point_of_sale,
            kind: word(&self.kind)?,
            serial: self.serial,
            holder: word(&self.holder)?,
            taken_back,
        })
    }
}

/// A sale of an event; `None` when it has no such one.
///
/// # Errors
/// The database's.
pub async fn sold(session: &mut Session, event: EventId, charge: ChargeId) -> Result<Option<Sold>, Error> {
    let row: Option<SoldRow> = session
        .optional(
            "SELECT t.amount_cents, t.at, p.name AS point_of_sale, b.kind, m.serial, h.status AS holder,
                 v.actor AS void_actor, v.reason AS void_reason, x.at AS void_at
             FROM charges c
             JOIN transfers t ON t.event_id = c.event_id AND t.id = c.id
             JOIN points_of_sale p ON p.event_id = c.event_id AND p.id = c.point_of_sale_id
             JOIN media m ON m.event_id = c.event_id AND m.id = c.medium_id
             JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             JOIN wallets w ON w.event_id = t.event_id AND w.id = t.wallet_id
             JOIN media h ON h.event_id = w.event_id AND h.id = w.holder_id
             LEFT JOIN voids v ON v.event_id = c.event_id AND v.charge_id = c.id
             LEFT JOIN transfers x ON x.event_id = v.event_id AND x.id = v.transfer_id
             WHERE c.event_id = $1 AND c.id = $2",
            values![event, charge],
        )
        .await?;
    row.map(SoldRow::sold).transpose()
}

#[derive(FromRow)]
struct WaitingRow {
    id: ParkedId,
    amount_cents: Option<Cents>,
    back_cents: Option<Cents>,
    reason: String,
    opened_at: Timestamp,
}

/// Money that was paid onto any of these media and waits for a person, the newest first, as much of it as is shown on a
/// page. A possible counterfeit that was credited is on its wallet, and a contradiction is no money: neither is here.
///
/// # Errors
/// The database's.
pub async fn waiting(
    session: &mut Session,
    event: EventId,
    media: &[MediumId],
) -> Result<Vec<Waiting>, Error> {
    let rows = media.iter().map(|medium| [Value::from(event), Value::from(*medium)]);
    let rows: Vec<WaitingRow> = session
        .all_rows(
            "SELECT p.id, p.amount_cents, p.reason, p.opened_at,
                 (SELECT MAX(g.went_back_cents) FROM parked g
                  WHERE g.event_id = p.event_id AND g.kind = 'mismatch' AND g.subject = p.subject
                      AND g.went_back_by = 'refund') AS back_cents
             FROM {rows} JOIN parked p ON p.event_id = r.event_id AND p.medium_id = r.medium_id
             WHERE p.resolved_at IS NULL AND p.kind IN ('suspense', 'needs-review')
             LIMIT 500",
            Rows::new(["event_id", "medium_id"], rows),
        )
        .await?;
    let waiting = |row: WaitingRow| Waiting {
        id: row.id,
        amount: row.amount_cents,
        back: row.back_cents.unwrap_or(Cents::ZERO),
        reason: row.reason,
        at: row.opened_at,
    };
    let mut waiting: Vec<Waiting> = rows.into_iter().map(waiting).collect();
    waiting.sort_by_key(|one| Reverse((one.at, one.id)));
    waiting.truncate(MATTERS_MAX);
    Ok(waiting)
}

#[derive(FromRow)]
struct ReturnedRow {
    id: ParkedId,
    kind: String,
    provider: String,
    payment_id: String,
    amount_cents: Option<Cents>,
    went_back_by: Option<String>,
    went_back_cents: Option<Cents>,
    detail: String,
    opened_at: Timestamp,
    resolved_at: Option<Timestamp>,
    resolved_by: Option<String>,
    resolution_reason: Option<String>,
    back_cents: Option<Cents>,
    taken_cents: Option<Cents>,
    gone_at: Option<Timestamp>,
}

impl ReturnedRow {
    fn is_told_elsewhere(&self) -> bool {
        self.went_back_by.is_some() && self.resolved_by.as_deref() == Some(BOOKED_BY)
    }

    fn returned(self) -> Result<Returned, Error> {
        let told = || first_sentence(&self.detail).to_owned();
        let taken = self.taken_cents.unwrap_or(Cents::ZERO);
        let gone = self.back_cents.zip(self.gone_at).map(|(amount, at)| Gone { amount, taken, at });
        let (way, amount, at) = match self.went_back_by.as_deref() {
            None => (ReturnWay::Marked(gone), self.amount_cents, self.resolved_at),
            Some("chargeback") => (ReturnWay::Chargeback(told()), self.went_back_cents, None),
            Some(_) => (ReturnWay::Refund(told()), self.went_back_cents, None),
        };
        Ok(Returned {
            id: self.id,
            payment: (word(&self.provider)?, self.payment_id),
            amount: amount.unwrap_or(Cents::ZERO),
            was_credited: self.kind == "counterfeit",
            way,
            at: at.unwrap_or(self.opened_at),
            by: self.resolved_by,
            reason: self.resolution_reason,
        })
    }
}

/// Of a story its first sentence without the full stop: of money that went back, who sent or took how much. In older ones a
/// semicolon ends it.
fn first_sentence(story: &str) -> &str {
    let end = [". ", "; "].into_iter().filter_map(|stop| story.find(stop)).min();
    story[..end.unwrap_or(story.len())].trim_end_matches('.')
}

/// Money of payments onto these media that went back to whoever paid it, or is marked to go: the newest first, as much of it
/// as is shown on a page.
///
/// # Errors
/// The database's.
pub async fn returned(
    session: &mut Session,
    event: EventId,
    media: &[&Reference],
) -> Result<Vec<Returned>, Error> {
    let rows = media.iter().map(|reference| [Value::from(event), Value::from(*reference)]);
    let rows: Vec<ReturnedRow> = session
        .all_rows(
            // SQLite keeps the order of a CROSS JOIN, and would else begin with all matters of the event.
            "SELECT k.id, k.kind, y.provider, y.payment_id, k.amount_cents, k.went_back_by, k.went_back_cents, k.detail,
                 k.opened_at, k.resolved_at, k.resolved_by, k.resolution_reason, x.at AS gone_at,
                 g.was_cents + g.amount_cents AS back_cents,
                 (SELECT CAST(SUM(t.amount_cents) AS BIGINT) FROM returned t
                  WHERE t.event_id = k.event_id AND t.id = k.id AND t.went_back_by = 'chargeback') AS taken_cents
             FROM {rows} CROSS JOIN payments y CROSS JOIN parked k
             LEFT JOIN returned g ON g.event_id = k.event_id AND g.id = k.id
                 AND g.was_cents = (SELECT MAX(l.was_cents) FROM returned l
                                    WHERE l.event_id = k.event_id AND l.id = k.id)
             LEFT JOIN transfers x ON x.event_id = g.event_id AND x.id = g.transfer_id
             WHERE y.event_id = r.event_id AND y.reference = r.reference AND k.event_id = y.event_id AND k.payment = y.id
                 AND (k.went_back_cents IS NOT NULL OR (k.resolution = 'return' AND k.transfer_id IS NOT NULL))
             LIMIT 500",
            Rows::new(["event_id", "reference"], rows),
        )
        .await?;
    let told = rows.into_iter().filter(|row| !row.is_told_elsewhere());
    let mut returned = told.map(ReturnedRow::returned).collect::<Result<Vec<_>, _>>()?;
    returned.sort_by_key(|one| Reverse((one.at, one.id)));
    returned.truncate(MATTERS_MAX);
    Ok(returned)
}

/// What the audit log calls things of a medium other than itself, the newest of each kind: sales of its wallet that were taken
/// back and matters whose money was credited to that, and matters of what was paid onto the medium.
///
/// # Errors
/// The database's.
pub async fn logged_as(session: &mut Session, medium: &Medium) -> Result<Vec<String>, Error> {
    let event = medium.event_id;
    let facts: Vec<(String, Uuid)> = session
        .all(
            "SELECT code, fact_id FROM transfers
             WHERE event_id = $1 AND wallet_id = $2 AND code IN ('void', 'parked-to-wallet')
             ORDER BY wallet_version DESC LIMIT $3",
            values![event, medium.wallet_id, LOGGED_MAX],
        )
        .await?;
    let matters: Vec<(Uuid,)> = session
        .all(
            // Ordered by their id alone, SQLite would pass over those of other media.
            "SELECT id FROM parked WHERE event_id = $1 AND medium_id = $2
             ORDER BY opened_at DESC, id DESC LIMIT $3",
            values![event, medium.id, LOGGED_MAX],
        )
        .await?;
    let facts = facts.into_iter().map(|(code, id)| match code.as_str() {
        "void" => id.to_string(),
        _ => format!("parked:{id}"),
    });
    let mut named: Vec<String> = facts.chain(matters.iter().map(|(id,)| format!("parked:{id}"))).collect();
    named.sort_unstable();
    named.dedup();
    Ok(named)
}

#[derive(FromRow)]
struct LinkRow {
    id: MediumId,
    reference: Reference,
    serial: Serial,
    status: String,
}

impl LinkRow {
    fn link(self) -> Result<Link, Error> {
        let status = word(&self.status)?;
        Ok(Link { id: self.id, reference: self.reference, serial: self.serial, status })
    }
}

/// The medium that this one replaced. There is one at most: a successor must be unused.
pub(super) async fn predecessor(
    session: &mut Session,
    event: EventId,
    medium: MediumId,
) -> Result<Option<Link>, Error> {
    let row: Option<LinkRow> = session
        .optional(
            "SELECT m.id, m.reference, m.serial, m.status
             FROM media_moves x JOIN media m ON m.event_id = x.event_id AND m.id = x.medium_id
             WHERE x.event_id = $1 AND x.successor_id = $2 LIMIT 1",
            values![event, medium],
        )
        .await?;
    row.map(LinkRow::link).transpose()
}

/// The medium that replaced this one.
pub(super) async fn successor(
    session: &mut Session,
    event: EventId,
    medium: MediumId,
) -> Result<Option<Link>, Error> {
    let row: Option<LinkRow> = session
        .optional(
            "SELECT m.id, m.reference, m.serial, m.status
             FROM media_moves x JOIN media m ON m.event_id = x.event_id AND m.id = x.successor_id
             WHERE x.event_id = $1 AND x.medium_id = $2 LIMIT 1",
            values![event, medium],
        )
        .await?;
    row.map(LinkRow::link).transpose()
}
