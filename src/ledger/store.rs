//! The books in the database as the lane reads and writes them.

use super::book::Book;
use super::page::Touches;
use super::{Transfer, Wallet, tallies};
use crate::db::{Engine, Error, Lane, Rows, Session, Tx, Value};
use crate::events;
use crate::events::store::word;
use crate::ids::{AccountId, EventId, MediumId};
use crate::media::moves::store::{insert_moves, known_moves, update_media};
use crate::media::store::MediumRow;
use crate::money::Cents;
use crate::secrets::CodeHash;
use sqlx::FromRow;

#[derive(FromRow)]
struct BookRow {
    #[sqlx(flatten)]
    medium: MediumRow,
    balance_cents: Cents,
    version: i64,
    holder_id: MediumId,
}

#[derive(FromRow)]
struct CodeRow {
    #[sqlx(flatten)]
    row: BookRow,
    #[sqlx(try_from = "Vec<u8>")]
    code_hash: CodeHash,
    code_kind: String,
}

/// Takes hold of wallets in the order they are given, which is that of their ids. Before they are written, because an
/// UPDATE over a set takes rows in any order and two lanes would deadlock. And before they are read again after a lost
/// race: two lanes on the same wallets would else overtake each other until one gives up (nine times in a row with 64
/// tasks, now once). Those are all that were read, so that none is taken out of order later. SQLite has one
/// writer, who meets nobody.
pub(super) async fn hold_wallets(tx: &mut Tx, wallets: &[(EventId, AccountId)]) -> Result<(), Error> {
    if tx.engine() == Engine::Sqlite {
        return Ok(());
    }
    let rows = wallets.iter().map(|(event, id)| values_of(*event, *id));
    let _held: Vec<(AccountId,)> = tx
        .all_rows(
            "SELECT w.id FROM {rows} JOIN wallets w ON w.event_id = r.event_id AND w.id = r.id
             ORDER BY w.id FOR UPDATE OF w",
            Rows::new(["event_id", "id"], rows),
        )
        .await?;
    Ok(())
}

/// The wallets behind what a batch touches, as far as they are known before anything is read. SQLite has no use for them.
pub(super) async fn wallets_of(
    session: &mut Session,
    touches: &Touches,
) -> Result<Vec<(EventId, AccountId)>, Error> {
    if session.engine() == Engine::Sqlite {
        return Ok(Vec::new());
    }
    let mut wallets: Vec<(EventId, AccountId)> = session
        .all_rows(
            "SELECT m.event_id, m.wallet_id FROM {rows}
             JOIN code_directory d ON d.code_hash = r.code_hash
             JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id",
            Rows::new(["code_hash"], touches.codes.iter().map(|hash| [Value::from(hash.0)])),
        )
        .await?;
    wallets.extend(&touches.wallets);
    Ok(wallets)
}

/// Reads what a batch touches into the book. Events are kept from batch to batch while the gate stands.
pub(super) async fn load(session: &mut Session, touches: &Touches, book: &mut Book) -> Result<(), Error> {
    let missing: Vec<EventId> =
        touches.events.iter().filter(|id| !book.events.contains_key(id)).copied().collect();
    for event in events::store::by_ids(session, missing).await? {
        book.events.insert(event.id, event);
    }
    load_codes(session, touches, book).await?;
    let missing: Vec<_> =
        touches.media.iter().filter(|(_, id)| !book.media.contains_key(id)).copied().collect();
    load_media(session, missing, book).await?;
    load_wallets(session, touches, book).await?;
    let holders: Vec<_> = book
        .wallets
        .values()
        .filter(|wallet| !book.media.contains_key(&wallet.holder_id))
        .map(|wallet| (wallet.event_id, wallet.holder_id))
        .collect();
    load_media(session, holders, book).await?;
    book.known_moves.extend(known_moves(session, touches.moves.iter().copied()).await?);
    Ok(())
}

async fn load_codes(session: &mut Session, touches: &Touches, book: &mut Book) -> Result<(), Error> {
    let rows: Vec<CodeRow> = session
        .all_rows(
            "SELECT m.event_id, m.id, m.batch_id, m.sequence, b.kind, m.reference, m.serial, m.wallet_id, m.status,
                 m.unfreeze_hash, b.description, w.balance_cents, w.version, w.holder_id, d.code_hash, d.code_kind
             FROM {rows}
             JOIN code_directory d ON d.code_hash = r.code_hash
             JOIN media m ON m.event_id = d.event_id AND m.id = d.medium_id
             JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             JOIN wallets w ON w.event_id = m.event_id AND w.id = m.wallet_id",
            Rows::new(["code_hash"], touches.codes.iter().map(|hash| [Value::from(hash.0)])),
        )
        .await?;
    for row in rows {
        book.codes.insert(row.code_hash, (word(&row.code_kind)?, row.row.medium.id));
        take(row.row, book)?;
    }
    Ok(())
}

async fn load_media(
    session: &mut Session,
    media: Vec<(EventId, MediumId)>,
    book: &mut Book,
) -> Result<(), Error> {
    let rows: Vec<BookRow> = session
        .all_rows(
            "SELECT m.event_id, m.id, m.batch_id, m.sequence, b.kind, m.reference, m.serial, m.wallet_id, m.status,
                 m.unfreeze_hash, b.description, w.balance_cents, w.version, w.holder_id
             FROM {rows}
             JOIN media m ON m.event_id = r.event_id AND m.id = r.id
             JOIN batches b ON b.event_id = m.event_id AND b.id = m.batch_id
             JOIN wallets w ON w.event_id = m.event_id AND w.id = m.wallet_id",
            Rows::new(["event_id", "id"], media.into_iter().map(|(event, id)| values_of(event, id))),
        )
        .await?;
    rows.into_iter().try_for_each(|row| take(row, book))
}

fn values_of(event: EventId, id: impl Into<Value>) -> [Value; 2] {
    [Value::from(event), id.into()]
}

fn take(row: BookRow, book: &mut Book) -> Result<(), Error> {
    let medium = row.medium.medium()?;
    insert_wallet(
        book,
        WalletRow {
            event_id: medium.event_id,
            id: medium.wallet_id,
            balance_cents: row.balance_cents,
            version: row.version,
            holder_id: row.holder_id,
        },
    );
    book.media.insert(medium.id, medium);
    Ok(())
}

#[derive(FromRow)]
struct WalletRow {
    event_id: EventId,
    id: AccountId,
    balance_cents: Cents,
    version: i64,
    holder_id: MediumId,
}

fn insert_wallet(book: &mut Book, row: WalletRow) {
    // Two statements of one batch may read a wallet at two versions. The older one stays: a write guarded by
    // it fails and the batch is read again, where the newer one could let a decision on older media through.
    book.wallets.entry(row.id).or_insert(Wallet {
        event_id: row.event_id,
        id: row.id,
        balance: row.balance_cents,
        version: row.version,
        read_version: row.version,
        holder_id: row.holder_id,
    });
}

async fn load_wallets(session: &mut Session, touches: &Touches, book: &mut Book) -> Result<(), Error> {
    let missing = touches.wallets.iter().filter(|(_, id)| !book.wallets.contains_key(id));
    let rows: Vec<WalletRow> = session
        .all_rows(
            "SELECT w.event_id, w.id, w.balance_cents, w.version, w.holder_id
             FROM {rows} JOIN wallets w ON w.event_id = r.event_id AND w.id = r.id",
            Rows::new(["event_id", "id"], missing.map(|(event, id)| values_of(*event, *id))),
        )
        .await?;
    for row in rows {
        insert_wallet(book, row);
    }
    Ok(())
}

/// Writes what a batch decided, guarded by the versions it read.
pub(super) async fn write(tx: &mut Tx, book: &mut Book, lane: Lane, number: i64) -> Result<(), Error> {
    let changed: Vec<&Wallet> = book.wallets.values().filter(|w| w.version != w.read_version).collect();
    if changed.len() > 1 {
        let ids: Vec<_> = changed.iter().map(|wallet| (wallet.event_id, wallet.id)).collect();
        hold_wallets(tx, &ids).await?;
    }
    update_wallets(tx, &changed);
    update_media(tx, book.changes.values());
    insert_moves(tx, &book.moves);
    insert_transfers(tx, &book.transfers, lane, number);
    tallies::store::add(tx, tallies::rows(&book.transfers, lane));
    Ok(())
}

fn update_wallets(tx: &mut Tx, wallets: &[&Wallet]) {
    let rows = wallets.iter().map(|wallet| {
        [
            Value::from(wallet.event_id),
            Value::from(wallet.id),
            Value::from(wallet.balance),
            Value::from(wallet.version),
            Value::from(wallet.holder_id),
            Value::from(wallet.read_version),
        ]
    });
    tx.write(
        "wallet",
        "UPDATE wallets SET balance_cents = r.balance_cents, version = r.version, holder_id = r.holder_id
         FROM {rows}
         WHERE wallets.event_id = r.event_id AND wallets.id = r.id AND wallets.version = r.was
             AND r.balance_cents >= 0",
        Rows::new(["event_id", "id", "balance_cents", "version", "holder_id", "was"], rows),
    );
}

fn insert_transfers(tx: &mut Tx, transfers: &[Transfer], lane: Lane, number: i64) {
    let rows = transfers.iter().map(|t| {
        [
            Value::from(t.event_id),
            Value::from(t.id),
            Value::from(t.code),
            Value::from(t.debit),
            Value::from(t.credit),
            Value::from(t.amount),
            Value::from(t.fact_id),
            Value::from(t.wallet.map(|(id, _, _)| id)),
            Value::from(t.wallet.map(|(_, version, _)| version)),
            Value::from(t.wallet.map(|(_, _, balance)| balance)),
            Value::from(lane.id),
            Value::from(number),
            Value::from(t.at),
        ]
    });
    let names = [
        "event_id",
        "id",
        "code",
        "debit_account",
        "credit_account",
        "amount_cents",
        "fact_id",
        "wallet_id",
        "wallet_version",
        "wallet_balance_cents",
        "lane",
        "lane_number",
        "at",
    ];
    tx.write(
        "transfer",
        "INSERT INTO transfers (event_id, id, code, debit_account, credit_account, amount_cents, fact_id,
             wallet_id, wallet_version, wallet_balance_cents, lane, lane_number, at)
         SELECT r.event_id, r.id, r.code, r.debit_account, r.credit_account, r.amount_cents, r.fact_id,
             r.wallet_id, r.wallet_version, r.wallet_balance_cents, r.lane, r.lane_number, r.at
         FROM {rows} WHERE 1 = 1
         ON CONFLICT DO NOTHING",
        Rows::new(names, rows),
    );
}
