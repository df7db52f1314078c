//! Products in the database.

use super::Product;
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::events::store::word;
use crate::ids::{EventId, PointOfSaleId, ProductId};
use crate::money::Cents;
use crate::values;
use sqlx::FromRow;

/// Most products an event has on sale: a terminal is sent all of its own.
pub const PRODUCTS_MAX: i64 = 1_000;

#[derive(FromRow)]
struct ProductRow {
    event_id: EventId,
    id: ProductId,
    point_of_sale_id: Option<PointOfSaleId>,
    point_of_sale: Option<String>,
    name: String,
    price_cents: Cents,
    position: i64,
    colour: Option<String>,
    retired_at: Option<i64>,
    successor_id: Option<ProductId>,
}

impl ProductRow {
    fn product(self) -> Result<Product, Error> {
        Ok(Product {
            event_id: self.event_id,
            id: self.id,
            point_of_sale: self.point_of_sale_id.zip(self.point_of_sale),
            name: self.name,
            price: self.price_cents,
            position: self.position,
            colour: self.colour.as_deref().map(word).transpose()?,
            retired_at: self.retired_at.map(Timestamp),
            successor_id: self.successor_id,
        })
    }
}

/// What must be unique among the products on sale: the place and the name, in whichever case it is typed.
pub(super) fn sold_as(place: Option<&(PointOfSaleId, String)>, name: &str) -> String {
    let place = place.map_or("everywhere".to_owned(), |(id, _)| id.to_string());
    format!("{place}/{}", name.to_lowercase())
}

/// Writes a product; false when its name is taken there.
pub(super) async fn insert(tx: &mut Tx, product: &Product, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO products
                 (event_id, id, point_of_sale_id, name, price_cents, position, colour, sold_as, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            values![
                product.event_id,
                product.id,
                product.point_of_sale.as_ref().map(|(id, _)| *id),
                product.name.as_str(),
                product.price,
                product.position,
                product.colour.map(|colour| colour.as_str()),
                sold_as(product.point_of_sale.as_ref(), &product.name),
                now,
            ],
        )
        .await?;
    Ok(written == 1)
}

/// How many products an event has on sale, and the last position of one.
pub(super) async fn count_and_last(tx: &mut Tx, event: EventId) -> Result<(i64, i64), Error> {
    let row: (i64, Option<i64>) = tx
        .one(
            "SELECT COUNT(*), MAX(position) FROM products WHERE event_id = $1 AND retired_at IS NULL",
            values![event],
        )
        .await?;
    Ok((row.0, row.1.unwrap_or(0)))
}

/// Takes a product off sale, because another goes on in its place or for good; false when it was, or there is none.
pub(super) async fn retire(
    tx: &mut Tx,
    event: EventId,
    id: ProductId,
    successor: Option<ProductId>,
    now: Timestamp,
) -> Result<bool, Error> {
    let written = tx
        .execute(
            "UPDATE products SET retired_at = $3, sold_as = NULL, successor_id = $4
             WHERE event_id = $1 AND id = $2 AND retired_at IS NULL",
            values![event, id, now, successor],
        )
        .await?;
    Ok(written == 1)
}

/// The product of this id, on sale or not.
///
/// # Errors
/// The database's.
pub async fn by_id(session: &mut Session, event: EventId, id: ProductId) -> Result<Option<Product>, Error> {
    let row: Option<ProductRow> = session
        .optional(
            "SELECT p.event_id, p.id, p.point_of_sale_id, s.name AS point_of_sale, p.name, p.price_cents, p.position,
                 p.colour, p.retired_at, p.successor_id
             FROM products p
             LEFT JOIN points_of_sale s ON s.event_id = p.event_id AND s.id = p.point_of_sale_id
             WHERE p.event_id = $1 AND p.id = $2",
            values![event, id],
        )
        .await?;
    row.map(ProductRow::product).transpose()
}

/// What is on sale at a point of sale, in the order of its buttons.
///
/// # Errors
/// The database's.
pub async fn sold_at(
    session: &mut Session,
    event: EventId,
    at: PointOfSaleId,
) -> Result<Vec<Product>, Error> {
    let rows: Vec<ProductRow> = session
        .all(
            "SELECT p.event_id, p.id, p.point_of_sale_id, s.name AS point_of_sale, p.name, p.price_cents, p.position,
                 p.colour, p.retired_at, p.successor_id
             FROM products p
             LEFT JOIN points_of_sale s ON s.event_id = p.event_id AND s.id = p.point_of_sale_id
             WHERE p.event_id = $1 AND p.retired_at IS NULL AND (p.point_of_sale_id IS NULL OR p.point_of_sale_id = $2)
             ORDER BY p.position, p.name, p.id LIMIT $3",
            values![event, at, PRODUCTS_MAX],
        )
        .await?;
    rows.into_iter().map(ProductRow::product).collect()
}

/// All that an event has on sale, in the order of its buttons.
///
/// # Errors
/// The database's.
pub async fn sold_in(session: &mut Session, event: EventId) -> Result<Vec<Product>, Error> {
    let rows: Vec<ProductRow> = session
        .all(
            "SELECT p.event_id, p.id, p.point_of_sale_id, s.name AS point_of_sale, p.name, p.price_cents, p.position,
                 p.colour, p.retired_at, p.successor_id
             FROM products p
             LEFT JOIN points_of_sale s ON s.event_id = p.event_id AND s.id = p.point_of_sale_id
             WHERE p.event_id = $1 AND p.retired_at IS NULL
             ORDER BY p.position, p.name, p.id LIMIT $2",
            values![event, PRODUCTS_MAX],
        )
        .await?;
    rows.into_iter().map(ProductRow::product).collect()
}
