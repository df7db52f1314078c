//! Products: what points of sale sell, and for how much.
//!
//! A price never changes: the product is retired and added again, so that a terminal that still shows the old one
//! charges what it shows, and the lines of a sale say what was agreed at the bar.

mod store;

pub use store::{PRODUCTS_MAX, sold_at, sold_in};

use super::{Event, EventError, PointOfSale, plain_text};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Timestamp;
use crate::db::Store;
use crate::ids::{EventId, PointOfSaleId, ProductId};
use crate::money::Cents;
use crate::words;

/// Longest name: it must fit a line of a sale, and a button under a thumb.
const NAME_CHARS_MAX: usize = 40;
/// Cheapest and dearest: no terminal charges nothing.
const PRICE_MIN: Cents = Cents(1);
const PRICE_MAX: Cents = Cents(50_000);
/// Last position.
const POSITION_MAX: i64 = 100_000;
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
/// [`EventError::Closed`], [`EventError::Invalid`], [`EventError::ProductTaken`], or the database's.
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
    let name = plain_text("name", &new.name, NAME_CHARS_MAX)?;
    price_fits(new.price)?;
    if let Some(position) = new.position.filter(|position| !(0..=POSITION_MAX).contains(position)) {
        let why = format!("{position} is not 0 to {POSITION_MAX}");
        return Err(EventError::Invalid { field: "position", why });
    }
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
                let position = position.unwrap_or((last + POSITION_STEP).min(POSITION_MAX));
                let (id, point_of_sale) = (ProductId::new(), place);
                let product =
                    Product { event_id, id, point_of_sale, name, price, position, colour, retired_at: None };
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
                let retired = store::retire(tx, event_id, id, now).await?;
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
    let wanted = wanted.trim();
    let mut session = store.read().await?;
    let all = super::store::points_of_sale(&mut session, event, "", super::store::POINTS_OF_SALE_MAX).await?;
    let is_wanted = |bar: &&PointOfSale| bar.name == wanted || wanted.parse() == Ok(bar.id);
    let found = all.iter().find(is_wanted).map(|bar| (bar.id, bar.name.clone()));
    found.ok_or_else(|| EventError::Invalid {
        field: "point_of_sale",
        why: format!("this event has no point of sale {:?}", wanted.chars().take(80).collect::<String>()),
    })
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
