//! A product under another name or price, in another place among the buttons or another colour: the old one goes off sale
//! as the new one goes on.

use super::{Colour, Product, checked, entry, store};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::events::store::hold_point_of_sale;
use crate::events::{Event, EventError};
use crate::ids::ProductId;
use crate::money::Cents;

/// What a product is to be. Where it is sold stays.
#[derive(Clone, Debug)]
pub struct ProductChange {
    /// Unique among what is sold at one place.
    pub name: String,
    /// Of one.
    pub price: Cents,
    /// Buttons are in the order of positions, then of names.
    pub position: i64,
    /// None: the plain button.
    pub colour: Option<Colour>,
}

/// Puts a product on sale in the place of another, which goes off sale at the same moment. What changes nothing is answered
/// with the product as it is.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::UnknownProduct`] for one that is off sale as well,
/// [`EventError::ProductTaken`], [`EventError::PointOfSaleRetired`], or the database's.
pub async fn change(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    (id, change): (ProductId, &ProductChange),
) -> Result<Product, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let ProductChange { price, position, colour, .. } = *change;
    let (event_id, name) = (event.id, checked(&change.name, price, Some(position))?);
    store
        .transact(|tx| {
            let (actor, name) = (actor.clone(), name.clone());
            Box::pin(async move {
                let before = store::by_id(tx, event_id, id).await?;
                let before = before.ok_or_else(|| EventError::UnknownProduct(id.to_string()))?;
                let after = Product { name, price, position, colour, ..before.clone() };
                if after == before && before.retired_at.is_none() {
                    return Ok(before);
                }
                // The bar before what it sells, as where a bar is retired.
                if let Some((bar, called)) = &before.point_of_sale
                    && !hold_point_of_sale(tx, event_id, *bar).await?
                {
                    return Err(EventError::PointOfSaleRetired(called.clone()));
                }
                let after = Product { id: ProductId::new(), ..after };
                if !store::retire(tx, event_id, id, Some(after.id), now).await? {
                    return Err(EventError::UnknownProduct(before.name));
                }
                if !store::insert(tx, &after, now).await? {
                    return Err(EventError::ProductTaken(after.name));
                }
                let detail = format!("{}; was {}", told(&after), told(&before));
                let entry = Entry { detail: Some(detail), ..entry(actor, "product changed", &after) };
                audit_log::store::write(tx, now, &entry).await?;
                Ok(after)
            })
        })
        .await
}

fn told(product: &Product) -> String {
    let Product { name, price, position, colour, .. } = product;
    let colour = colour.map_or("plain", |colour| colour.as_str());
    format!("{name} for {price}, position {position}, {colour}")
}
