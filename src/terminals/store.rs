//! Charges, voids and look-ups of terminals in the database.

use super::sale::{NewSale, NewVoid, Sale, Standing, Taken};
use crate::clock::Timestamp;
use crate::codes::{Reference, Serial};
use crate::db::{Error, Rows, Session, Tx, Value};
use crate::events::Codes;
use crate::events::store::word;
use crate::ids::{AccountId, ChargeId, EventId, MediumId, PointOfSaleId, TerminalId};
use crate::media::{MediumKind, MediumStatus};
use crate::money::Cents;
use crate::secrets::CodeHash;
use crate::values;
use sqlx::FromRow;
use std::collections::HashMap;

/// True for a terminal that was not revoked.
pub(super) async fn is_live(session: &mut Session, event: EventId, id: TerminalId) -> Result<bool, Error> {
    let row: Option<(Option<i64>,)> = session
        .optional("SELECT revoked_at FROM terminals WHERE event_id = $1 AND id = $2", values![event, id])
        .await?;
    Ok(row.is_some_and(|(revoked_at,)| revoked_at.is_none()))
}

#[derive(FromRow)]
struct StandingRow {
    event_id: EventId,
    id: TerminalId,
    revoked_at: Option<i64>,
    codes: String,
}

/// Which of these terminals may charge, and whether their events cap what is spent.
pub(super) async fn standings(
    session: &mut Session,
    terminals: impl IntoIterator<Item = (EventId, TerminalId)>,
) -> Result<Vec<((EventId, TerminalId), Standing)>, Error> {
    let rows = terminals.into_iter().map(|(event, id)| [Value::from(event), Value::from(id)]);
    let rows: Vec<StandingRow> = session
        .all_rows(
            "SELECT t.event_id, t.id, t.revoked_at, e.codes
             FROM {rows} JOIN terminals t ON t.event_id = r.event_id AND t.id = r.id
             JOIN events e ON e.id = t.event_id",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    rows.into_iter()
        .map(|row| {
            let single_codes = word::<Codes>(&row.codes)? == Codes::Single;
            Ok(((row.event_id, row.id), Standing { live: row.revoked_at.is_none(), single_codes }))
        })
        .collect()
}

#[derive(FromRow)]
struct TakenRow {
    event_id: EventId,
    id: ChargeId,
    debit_account: AccountId,
    credit_account: AccountId,
    amount_cents: Cents,
    wallet_balance_cents: Option<Cents>,
    at: Timestamp,
    terminal_id: Option<TerminalId>,
    point_of_sale_id: Option<PointOfSaleId>,
    medium_id: Option<MediumId>,
    lines: Option<String>,
    serial: Option<Serial>,
    voided_balance_cents: Option<Cents>,
}

impl TakenRow {
    fn taken(self) -> Taken {
        let device = self.terminal_id.zip(self.point_of_sale_id);
        let charge = device.zip(self.medium_id).zip(self.lines.zip(self.serial));
        match charge.zip(self.wallet_balance_cents) {
            Some(((((terminal_id, point_of_sale_id), medium_id), (lines, serial)), balance)) => {
                Taken::Sale(Box::new(Sale {
                    terminal_id,
                    point_of_sale_id,
                    medium_id,
                    serial,
                    lines,
                    amount: self.amount_cents,
                    balance,
                    wallet: self.debit_account,
                    vendor: self.credit_account,
                    at: self.at,
                    voided: self.voided_balance_cents,
                }))
            }
            None => Taken::Otherwise,
        }
    }
}

/// What these ids stand for already. A charge's transfer has the charge's id, so an id that any other transfer
/// bears is taken as well.
pub(super) async fn taken(
    session: &mut Session,
    ids: impl IntoIterator<Item = (EventId, ChargeId)>,
) -> Result<Vec<((EventId, ChargeId), Taken)>, Error> {
    let rows = ids.into_iter().map(|(event, id)| [Value::from(event), Value::from(id)]);
    let rows: Vec<TakenRow> = session
        .all_rows(
            "SELECT t.event_id, t.id, t.debit_account, t.credit_account, t.amount_cents, t.wallet_balance_cents,
                 t.at, c.terminal_id, c.point_of_sale_id, c.medium_id, c.lines, m.serial,
                 b.wallet_balance_cents AS voided_balance_cents
             FROM {rows} JOIN transfers t ON t.event_id = r.event_id AND t.id = r.id
             LEFT JOIN charges c ON c.event_id = t.event_id AND c.id = t.id
             LEFT JOIN media m ON m.event_id = c.event_id AND m.id = c.medium_id
             LEFT JOIN voids v ON v.event_id = c.event_id AND v.charge_id = c.id
             LEFT JOIN transfers b ON b.event_id = v.event_id AND b.id = v.transfer_id",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    Ok(rows.into_iter().map(|row| ((row.event_id, row.id), row.taken())).collect())
}

#[derive(FromRow)]
struct SpentRow {
    #[sqlx(try_from = "Vec<u8>")]
    code_hash: CodeHash,
    wallet_id: AccountId,
    at: Timestamp,
    amount_cents: Cents,
}

/// What the wallets behind these codes were charged since, but for what was voided.
pub(super) async fn spent(
    session: &mut Session,
    windows: impl IntoIterator<Item = (CodeHash, Timestamp)>,
) -> Result<HashMap<AccountId, Vec<(Timestamp, Cents)>>, Error> {
    let rows = windows.into_iter().map(|(hash, since)| [Value::from(hash.0), Value::from(since)]);
    let rows: Vec<SpentRow> = session
        .all_rows(
            "SELECT r.code_hash, t.wallet_id, t.at, t.amount_cents
             FROM {rows}
             JOIN code_directory d ON d.code_hash = r.code_hash
             JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id
             JOIN transfers t ON t.event_id = m.event_id AND t.wallet_id = m.wallet_id
             LEFT JOIN voids v ON v.event_id = t.event_id AND v.charge_id = t.id
             WHERE t.code = 'charge' AND t.at > r.since AND v.charge_id IS NULL",
            Rows::new(["code_hash", "since"], rows),
        )
        .await?;
    // Two codes of one wallet bring its charges twice: they are kept once.
    let mut spent: HashMap<AccountId, (CodeHash, Vec<(Timestamp, Cents)>)> = HashMap::new();
    for row in rows {
        let (code, charges) = spent.entry(row.wallet_id).or_insert((row.code_hash, Vec::new()));
        if *code == row.code_hash {
            charges.push((row.at, row.amount_cents));
        }
    }
    Ok(spent.into_iter().map(|(wallet, (_, charges))| (wallet, charges)).collect())
}

pub(super) fn insert_sales(tx: &mut Tx, sales: &[NewSale]) {
    let rows = sales.iter().map(|new| {
        [
            Value::from(new.event_id),
            Value::from(new.id),
            Value::from(new.sale.terminal_id),
            Value::from(new.sale.point_of_sale_id),
            Value::from(new.sale.medium_id),
            Value::from(new.sale.lines.as_str()),
        ]
    });
    tx.write(
        "charge",
        "INSERT INTO charges (event_id, id, terminal_id, point_of_sale_id, medium_id, lines)
         SELECT r.event_id, r.id, r.terminal_id, r.point_of_sale_id, r.medium_id, r.lines
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(["event_id", "id", "terminal_id", "point_of_sale_id", "medium_id", "lines"], rows),
    );
}

pub(super) fn insert_voids(tx: &mut Tx, voids: &[NewVoid]) {
    let rows = voids.iter().map(|new| {
        [
            Value::from(new.event_id),
            Value::from(new.charge),
            Value::from(new.transfer),
            Value::from(new.actor.as_str()),
            Value::from(new.reason.as_str()),
        ]
    });
    tx.write(
        "void",
        "INSERT INTO voids (event_id, charge_id, transfer_id, actor, reason)
         SELECT r.event_id, r.charge_id, r.transfer_id, r.actor, r.reason
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(["event_id", "charge_id", "transfer_id", "actor", "reason"], rows),
    );
}

/// The events that have a charge of this id; two at most.
pub(super) async fn charged_in(session: &mut Session, charge: ChargeId) -> Result<Vec<EventId>, Error> {
    let rows: Vec<(EventId,)> = session
        .all(
            // One look-up per event: SQLite keeps the order of a CROSS JOIN, and would else read all charges.
            "SELECT e.id FROM events e CROSS JOIN charges c WHERE c.event_id = e.id AND c.id = $1 LIMIT 2",
            values![charge],
        )
        .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// What a look-up by a terminal reads, in one statement: the terminal itself, its event, and the medium.
#[derive(FromRow)]
struct LookupRow {
    revoked_at: Option<i64>,
    codes: String,
    closed_at: Option<i64>,
    reference: Option<Reference>,
    serial: Option<Serial>,
    kind: Option<String>,
    status: Option<String>,
    balance_cents: Option<Cents>,
}

/// What a terminal's look-up found.
pub(super) struct LookedUp {
    pub(super) live: bool,
    pub(super) codes: Codes,
    pub(super) open: bool,
    pub(super) medium: Option<(Reference, Serial, MediumKind, MediumStatus, Cents)>,
}

/// The medium of a terminal's own event behind a code.
pub(super) async fn look_up(
    session: &mut Session,
    event: EventId,
    terminal: TerminalId,
    code: CodeHash,
) -> Result<Option<LookedUp>, Error> {
    let row: Option<LookupRow> = session
        .optional(
            "SELECT t.revoked_at, e.codes, e.closed_at, m.reference, m.serial, b.kind, m.status, w.balance_cents
             FROM terminals t
             JOIN events e ON e.id = t.event_id
             LEFT JOIN code_directory d ON d.code_hash = $3 AND d.event_id = t.event_id
             LEFT JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id
             LEFT JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             LEFT JOIN wallets w ON w.event_id = m.event_id AND w.id = m.wallet_id
             WHERE t.event_id = $1 AND t.id = $2",
            values![event, terminal, code.0],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let medium = match row.reference.zip(row.serial).zip(row.kind.zip(row.status)).zip(row.balance_cents) {
        Some((((reference, serial), (kind, status)), balance)) => {
            Some((reference, serial, word(&kind)?, word(&status)?, balance))
        }
        None => None,
    };
    Ok(Some(LookedUp {
        live: row.revoked_at.is_none(),
        codes: word(&row.codes)?,
        open: row.closed_at.is_none(),
        medium,
    }))
}
