//! Products: what points of sale sell, and for how much.
//!
//! A product's row never changes: the product is retired, and another one is on sale in its place from the same moment, so
//! that a terminal that still shows the old price charges what it shows, and the lines of a sale say what was agreed at the
//! bar.

mod change;
mod store;

pub use change::{ProductChange, change};
pub use store::{PRODUCTS_MAX, by_id, sold_at, sold_in};

use super::{Event, EventError, plain_text};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::{self, Session, Store};
use crate::ids::{EventId, PointOfSaleId, ProductId};
use crate::money::Cents;
use crate::words;

/// Longest name: it must fit a line of a sale, and a button under a thumb.
const NAME_CHARS_MAX: usize = 40;
/// Cheapest and dearest: no terminal charges nothing.
pub const PRICE_MIN: Cents = Cents(1);
const PRICE_MAX: Cents = Cents(50_000);
/// Last position.
pub const POSITION_MAX: i64 = 100_000;
/// What a new product's position is after the last one, so that others fit between.
const POSITION_STEP: i64 = 10;

words! {
    /// The colour of a product's button.
    Colour, "a colour" {
        /// Beer.
        Yellow = "yellow",
        /// Cider.
        Orange = "orange",
        /// Wine.
        Red = "red",
        /// Cocktails.
        Pink = "pink",
        /// Coffee.
        Brown = "brown",
        /// Food.
        Green = "green",
        /// Water.
        Blue = "blue",
        /// What else there is.
        Purple = "purple",
    }
}

/// Something on sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: ProductId,
    /// Where it is sold: an id and its name; none: everywhere.
    pub point_of_sale: Option<(PointOfSaleId, String)>,
    /// On the button, and in the lines of a sale.
    pub name: String,
    /// Of one.
    pub price: Cents,
    /// Buttons are in the order of positions, then of names.
    pub position: i64,
    /// Of the button.
    pub colour: Option<Colour>,
    /// When it went off sale.
    pub retired_at: Option<Timestamp>,
    /// What went on sale in its place, where it was changed.
    pub successor_id: Option<ProductId>,
}

/// What a person says of a new product.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// Unique among what is sold at one place.
    pub name: String,
    /// Of one.
    pub price: Cents,
    /// A point of sale by its name or id; everywhere unless given.
    pub point_of_sale: Option<String>,
    /// After the others unless given.
    pub position: Option<i64>,
    /// None: the plain button.
    pub colour: Option<Colour>,
}

/// Puts a product on sale.
///
/// # Errors
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::ProductTaken`], [`EventError::PointOfSaleRetired`] for a
/// bar that is retired at the same moment, or the database's.
pub async fn add(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    new: &NewProduct,
) -> Result<Product, EventError> {
    if !event.is_open() {
        return Err(EventError::Closed(event.slug.clone()));
    }
    let name = checked(&new.name, new.price, new.position)?;
    let place = match &new.point_of_sale {
        Some(wanted) => Some(place(store, event.id, wanted).await?),
        None => None,
    };
    store
        .transact(|tx| {
            let (actor, name, place) = (actor.clone(), name.clone(), place.clone());
            let (event_id, price, colour, position) = (event.id, new.price, new.colour, new.position);
            Box::pin(async move {
                let (count, last) = store::count_and_last(tx, event_id).await?;
                if count >= PRODUCTS_MAX {
                    let why = format!("an event has at most {PRODUCTS_MAX} products on sale");
                    return Err(EventError::Invalid { field: "name", why });
                }
                if let Some((id, name)) = &place
                    && !super::store::hold_point_of_sale(tx, event_id, *id).await?
                {
                    return Err(EventError::PointOfSaleRetired(name.clone()));
                }
                let position = position.unwrap_or((last + POSITION_STEP).min(POSITION_MAX));
                let (id, point_of_sale) = (ProductId::new(), place);
                let (retired_at, successor_id) = (None, None);
                let product = Product {
                    event_id,
                    id,
                    point_of_sale,
                    name,
                    price,
                    position,
                    colour,
                    retired_at,
                    successor_id,
                };
                if !store::insert(tx, &product, now).await? {
                    return Err(EventError::ProductTaken(product.name));
                }
                audit_log::store::write(tx, now, &entry(actor, "product added", &product)).await?;
                Ok(product)
            })
        })
        .await
}

/// Takes a product off sale. One that is off already is answered as it is.
///
/// # Errors
/// [`EventError::UnknownProduct`], or the database's.
pub async fn retire(
    store: &Store,
    actor: &Actor,
    now: Timestamp,
    event: &Event,
    id: ProductId,
) -> Result<Product, EventError> {
    let event_id = event.id;
    store
        .transact(|tx| {
            let actor = actor.clone();
            Box::pin(async move {
                let retired = store::retire(tx, event_id, id, None, now).await?;
                let product = store::by_id(tx, event_id, id).await?;
                let product = product.ok_or_else(|| EventError::UnknownProduct(id.to_string()))?;
                if retired {
                    audit_log::store::write(tx, now, &entry(actor, "product retired", &product)).await?;
                }
                Ok(product)
            })
        })
        .await
}

/// What is on sale in the place of a product that was changed, however often.
///
/// # Errors
/// The database's.
pub async fn in_the_place_of(
    session: &mut Session,
    event: EventId,
    id: ProductId,
) -> Result<Option<Product>, db::Error> {
    let mut found = by_id(session, event, id).await?.and_then(|product| product.successor_id);
    while let Some(id) = found {
        match by_id(session, event, id).await? {
            Some(product) if product.retired_at.is_none() => return Ok(Some(product)),
            gone => found = gone.and_then(|product| product.successor_id),
        }
    }
    Ok(None)
}

/// What is on sale under a name, at one point of sale or everywhere.
///
/// # Errors
/// [`EventError::UnknownProduct`] when nothing is; the database's.
pub async fn named(
    store: &Store,
    event: &Event,
    name: &str,
    point_of_sale: Option<&str>,
) -> Result<Product, EventError> {
    let place = match point_of_sale {
        Some(wanted) => Some(place(store, event.id, wanted).await?),
        None => None,
    };
    let wanted = store::sold_as(place.as_ref(), name.trim());
    let found = sold_in(&mut *store.read().await?, event.id).await?;
    let found = found.into_iter().find(|p| store::sold_as(p.point_of_sale.as_ref(), &p.name) == wanted);
    found.ok_or_else(|| EventError::UnknownProduct(name.chars().take(NAME_CHARS_MAX).collect()))
}

async fn place(store: &Store, event: EventId, wanted: &str) -> Result<(PointOfSaleId, String), EventError> {
    let found = super::store::point_of_sale_named(&mut *store.read().await?, event, wanted).await?;
    let why = match found {
        Some(bar) if bar.is_live() => return Ok((bar.id, bar.name)),
        Some(bar) => EventError::PointOfSaleRetired(bar.name),
        None => EventError::UnknownPointOfSale(wanted.trim().chars().take(80).collect()),
    };
    Err(EventError::Invalid { field: "point_of_sale", why: why.to_string() })
}

/// The name of a product to be, once all that is said of it fits.
fn checked(name: &str, price: Cents, position: Option<i64>) -> Result<String, EventError> {
    let name = plain_text("name", name, NAME_CHARS_MAX)?;
    price_fits(price)?;
    position_fits(position)?;
    Ok(name)
}

/// All that is wrong with a product to be, as far as it can be seen without asking what else is sold.
#[must_use]
pub fn mistakes(name: &str, price: Cents, position: Option<i64>) -> Vec<EventError> {
    let name = plain_text("name", name, NAME_CHARS_MAX).err();
    [name, price_fits(price).err(), position_fits(position).err()].into_iter().flatten().collect()
}

fn price_fits(price: Cents) -> Result<(), EventError> {
    let why = match price {
        price if price < PRICE_MIN => {
            format!("a product costs at least {PRICE_MIN}: bars can't charge nothing")
        }
        price if price > PRICE_MAX => format!("a product costs at most {PRICE_MAX}"),
        _ => return Ok(()),
    };
    Err(EventError::Invalid { field: "price_cents", why })
}

fn position_fits(position: Option<i64>) -> Result<(), EventError> {
    let why = match position.filter(|position| !(0..=POSITION_MAX).contains(position)) {
        Some(position) => format!("{position} is not 0 to {POSITION_MAX}"),
        None => return Ok(()),
    };
    Err(EventError::Invalid { field: "position", why })
}

fn entry(actor: Actor, action: &'static str, product: &Product) -> Entry {
    let place =
        product.point_of_sale.as_ref().map_or("everywhere".to_owned(), |(_, name)| format!("at {name}"));
    Entry {
        event: Some(product.event_id),
        actor,
        action,
        subject: product.name.clone(),
        reason: None,
        detail: Some(format!("{} {place}", product.price)),
    }
}
