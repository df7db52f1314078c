//! Bars in the database.

use super::{PointOfSale, Vendor};
use crate::clock::Timestamp;
use crate::db::{Error, Rows, Session, Tx, Value, all_written};
use crate::ids::{EventId, PointOfSaleId, TerminalId, VendorId};
use crate::values;
use sqlx::FromRow;
use std::collections::BTreeSet;

/// Bars of an event, where a list has no pages.
pub const POINTS_OF_SALE_MAX: i64 = 10_000;

#[derive(FromRow)]
struct PointRow {
    event_id: EventId,
    id: PointOfSaleId,
    name: String,
    vendor_id: VendorId,
    vendor: String,
    retired_at: Option<Timestamp>,
}

impl PointRow {
    fn point(self) -> PointOfSale {
        let PointRow { event_id, id, name, vendor_id, vendor, retired_at } = self;
        PointOfSale { event_id, id, name, vendor_id, vendor, retired_at }
    }
}

/// Writes a bar; false when its name is taken.
pub(super) async fn insert(tx: &mut Tx, point: &PointOfSale, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO points_of_sale (event_id, id, vendor_id, name, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
            values![point.event_id, point.id, point.vendor_id, point.name.as_str(), now],
        )
        .await?;
    Ok(written == 1)
}

/// Writes a bar's other name.
pub(super) async fn rename(tx: &mut Tx, point: &PointOfSale) -> Result<(), Error> {
    let written = tx
        .execute(
            "UPDATE points_of_sale SET name = $3 WHERE event_id = $1 AND id = $2",
            values![point.event_id, point.id, point.name.as_str()],
        )
        .await?;
    all_written(written, 1, "point of sale")
}

/// Marks a bar retired; false when it was before, or there is none.
pub(super) async fn retire(
    tx: &mut Tx,
    event: EventId,
    id: PointOfSaleId,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE points_of_sale SET retired_at = $3 WHERE event_id = $1 AND id = $2 AND retired_at IS NULL",
            values![event, id, now],
        )
        .await?;
    Ok(written == 1)
}

/// Marks a bar open again; false when it was before, or there is none.
pub(super) async fn reopen(tx: &mut Tx, event: EventId, id: PointOfSaleId) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE points_of_sale SET retired_at = NULL WHERE event_id = $1 AND id = $2 AND retired_at IS NOT NULL",
            values![event, id],
        )
        .await?;
    Ok(written == 1)
}

/// Keeps a bar from being retired until this transaction ends; false when it is.
pub(crate) async fn hold(tx: &mut Tx, event: EventId, id: PointOfSaleId) -> Result<bool, Error> {
    let held = tx
        .execute(
            "UPDATE points_of_sale SET retired_at = retired_at
             WHERE event_id = $1 AND id = $2 AND retired_at IS NULL",
            values![event, id],
        )
        .await?;
    Ok(held == 1)
}

/// Takes off sale what is sold at one bar only; answers how many products that were.
pub(super) async fn retire_products(
    tx: &mut Tx,
    event: EventId,
    id: PointOfSaleId,
    now: Timestamp,
) -> Result<u64, Error> {
    tx.execute(
        "UPDATE products SET retired_at = $3, sold_as = NULL
         WHERE event_id = $1 AND point_of_sale_id = $2 AND retired_at IS NULL",
        values![event, id, now],
    )
    .await
}

/// The terminals at a bar that were not revoked: their ids, and what their devices call themselves.
pub(super) async fn terminals_at(
    session: &mut Session,
    event: EventId,
    id: PointOfSaleId,
) -> Result<Vec<(TerminalId, Option<String>)>, Error> {
    session
        .all(
            "SELECT id, device_name FROM terminals
             WHERE event_id = $1 AND point_of_sale_id = $2 AND revoked_at IS NULL",
            values![event, id],
        )
        .await
}

/// The bar of this id.
///
/// # Errors
/// The database's.
pub async fn point_of_sale(
    session: &mut Session,
    event: EventId,
    id: PointOfSaleId,
) -> Result<Option<PointOfSale>, Error> {
    let row: Option<PointRow> = session
        .optional(
            "SELECT p.event_id, p.id, p.name, p.vendor_id, v.name AS vendor, p.retired_at
             FROM points_of_sale p JOIN vendors v ON v.event_id = p.event_id AND v.id = p.vendor_id
             WHERE p.event_id = $1 AND p.id = $2",
            values![event, id],
        )
        .await?;
    Ok(row.map(PointRow::point))
}

/// The bar of this name, or else of this id.
///
/// # Errors
/// The database's.
pub async fn point_of_sale_named(
    session: &mut Session,
    event: EventId,
    wanted: &str,
) -> Result<Option<PointOfSale>, Error> {
    let wanted = wanted.trim();
    let row: Option<PointRow> = session
        .optional(
            "SELECT p.event_id, p.id, p.name, p.vendor_id, v.name AS vendor, p.retired_at
             FROM points_of_sale p JOIN vendors v ON v.event_id = p.event_id AND v.id = p.vendor_id
             WHERE p.event_id = $1 AND p.name = $2",
            values![event, wanted],
        )
        .await?;
    match (row, wanted.parse()) {
        (None, Ok(id)) => point_of_sale(session, event, id).await,
        (row, _) => Ok(row.map(PointRow::point)),
    }
}

/// What LIKE finds a name by in any case. SQLite knows the cases of plain letters alone, so any sign may stand where the name
/// has another: who asks compares what is found. That is little, however many names there are: only those as long as this
/// one, with its plain letters and digits in the same places.
fn in_any_case(name: &str) -> String {
    let as_found = |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '_' };
    name.chars().map(as_found).collect()
}

/// The names of bars, vendors and products of any event that are this one in other cases.
///
/// # Errors
/// The database's.
pub async fn named_in_any_case(session: &mut Session, name: &str) -> Result<BTreeSet<String>, Error> {
    let found: Vec<(String,)> = session
        .all(
            "SELECT name FROM points_of_sale WHERE LOWER(name) LIKE $1
             UNION SELECT name FROM vendors WHERE LOWER(name) LIKE $1
             UNION SELECT name FROM products WHERE LOWER(name) LIKE $1",
            values![in_any_case(name)],
        )
        .await?;
    let wanted = name.to_lowercase();
    Ok(found.into_iter().map(|(name,)| name).filter(|name| name.to_lowercase() == wanted).collect())
}

/// The events that have a bar of one of these names, in any case.
///
/// # Errors
/// The database's.
pub async fn with_bar_named(session: &mut Session, names: &[&str]) -> Result<BTreeSet<EventId>, Error> {
    let rows = names.iter().map(|name| [Value::from(in_any_case(name))]);
    let found: Vec<(EventId, String)> = session
        .all_rows(
            "SELECT p.event_id, p.name FROM {rows} JOIN points_of_sale p ON LOWER(p.name) LIKE r.name",
            Rows::new(["name"], rows),
        )
        .await?;
    let wanted: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let is_wanted = |name: &str| wanted.contains(&name.to_lowercase());
    Ok(found.into_iter().filter(|(_, name)| is_wanted(name)).map(|(event, _)| event).collect())
}

/// The bars of an event by name, retired ones as well; `after` is the last name of the page before, or empty.
///
/// # Errors
/// The database's.
pub async fn points_of_sale(
    session: &mut Session,
    event: EventId,
    after: &str,
    limit: i64,
) -> Result<Vec<PointOfSale>, Error> {
    let rows: Vec<PointRow> = session
        .all(
            "SELECT p.event_id, p.id, p.name, p.vendor_id, v.name AS vendor, p.retired_at
             FROM points_of_sale p JOIN vendors v ON v.event_id = p.event_id AND v.id = p.vendor_id
             WHERE p.event_id = $1 AND p.name > $2 ORDER BY p.name LIMIT $3",
            values![event, after, limit],
        )
        .await?;
    Ok(rows.into_iter().map(PointRow::point).collect())
}

/// Writes a vendor's other name.
pub(super) async fn rename_vendor(tx: &mut Tx, vendor: &Vendor) -> Result<(), Error> {
    let written = tx
        .execute(
            "UPDATE vendors SET name = $3 WHERE event_id = $1 AND id = $2",
            values![vendor.event_id, vendor.id, vendor.name.as_str()],
        )
        .await?;
    all_written(written, 1, "vendor")
}

/// The vendor of this id.
///
/// # Errors
/// The database's.
pub async fn vendor(session: &mut Session, event: EventId, id: VendorId) -> Result<Option<Vendor>, Error> {
    let row: Option<(String,)> = session
        .optional("SELECT name FROM vendors WHERE event_id = $1 AND id = $2", values![event, id])
        .await?;
    Ok(row.map(|(name,)| Vendor { event_id: event, id, name }))
}

/// The vendor of this name, or else of this id.
///
/// # Errors
/// The database's.
pub async fn vendor_named(
    session: &mut Session,
    event: EventId,
    wanted: &str,
) -> Result<Option<Vendor>, Error> {
    let wanted = wanted.trim();
    let row: Option<(VendorId, String)> = session
        .optional("SELECT id, name FROM vendors WHERE event_id = $1 AND name = $2", values![event, wanted])
        .await?;
    match (row, wanted.parse()) {
        (None, Ok(id)) => vendor(session, event, id).await,
        (row, _) => Ok(row.map(|(id, name)| Vendor { event_id: event, id, name })),
    }
}

/// The vendors of an event by name; `after` is the last name of the page before, or empty.
///
/// # Errors
/// The database's.
pub async fn vendors_after(
    session: &mut Session,
    event: EventId,
    after: &str,
    limit: i64,
) -> Result<Vec<Vendor>, Error> {
    let rows: Vec<(VendorId, String)> = session
        .all(
            "SELECT id, name FROM vendors WHERE event_id = $1 AND name > $2 ORDER BY name LIMIT $3",
            values![event, after, limit],
        )
        .await?;
    Ok(rows.into_iter().map(|(id, name)| Vendor { event_id: event, id, name }).collect())
}
