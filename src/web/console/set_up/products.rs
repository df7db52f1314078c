//! What is sold, where, and for how much.

use super::{bars, part_shell};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::EventError;
use crate::events::products::{self, Colour, NewProduct, POSITION_MAX, Product, ProductChange};
use crate::ids::ProductId;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::Named;
use crate::web::console::at::AtFestival;
use crate::web::console::form::{Form, euros};
use crate::web::console::meanwhile::{Values, changed_by};
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::ops::RangeInclusive;

const PATH: &str = "/set-up/products";
/// Where a button may stand among the others.
const POSITIONS: RangeInclusive<i64> = 0..=POSITION_MAX;

#[derive(Template)]
#[template(path = "web/console/products.html")]
struct ProductsPage {
    shell: Shell,
    path: String,
    form: Form,
    is_open: bool,
    products: Vec<Product>,
    places: Vec<(String, String)>,
    colours: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "web/console/product.html")]
struct ProductPage {
    shell: Shell,
    list: String,
    path: String,
    form: Form,
    product: Product,
    is_open: bool,
    colours: Vec<(String, String)>,
}

/// `GET /console/{event}/set-up/products`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
) -> Result<Response, Sorry> {
    show(&at, &store, Form::default()).await
}

/// `POST /console/{event}/set-up/products`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let Some(new) = read(&mut form)? else { return show(&at, &store, form).await };
    match products::add(&store, &at.actor(), clock.now(), &at.event, &new).await {
        Ok(product) => Ok(at.done(&at.path(PATH), &sold(&product))),
        Err(why) => {
            form.refused(why, "name")?;
            show(&at, &store, form).await
        }
    }
}

/// `GET /console/{event}/set-up/products/{product}`
pub(in crate::web::console) async fn one(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Named(id): Named<ProductId>,
) -> Result<Response, Sorry> {
    let product = match in_its_place(&at, &store, id).await? {
        Some(other) => other,
        None => on_sale(&at, &store, id).await?,
    };
    let form = Form::with(typed(&product));
    Ok(show_one(&at, product, form))
}

/// What was typed of a product, to be sold at the place that was chosen. Unless all of it fits, each mistake is noted.
fn read(form: &mut Form) -> Result<Option<NewProduct>, Sorry> {
    form.needs("name");
    let (name, price) = (form.text("name").to_owned(), form.read("price"));
    let (position, colour) = (form.number("position", POSITIONS), form.read_optional("colour"));
    for why in products::mistakes(&name, price.unwrap_or(products::PRICE_MIN), position) {
        form.refused(why, "")?;
    }
    let point_of_sale = form.optional("point_of_sale");
    let price = price.filter(|_| form.is_right());
    Ok(price.map(|price| NewProduct { name, price, point_of_sale, position, colour }))
}

fn typed(product: &Product) -> Values {
    vec![
        ("name", product.name.clone()),
        ("price", euros(product.price)),
        ("position", product.position.to_string()),
        ("colour", product.colour.map_or_else(String::new, |colour| colour.to_string())),
    ]
}

/// `POST /console/{event}/set-up/products/{product}`: another name, price, position or colour.
pub(in crate::web::console) async fn change(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<ProductId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    if let Some(other) = in_its_place(&at, &store, id).await? {
        let stored = typed(&other);
        if !form.differs(&stored) {
            // Sent twice.
            return Ok(at.done(&at.path(PATH), &sold(&other)));
        }
        let actions = ["product changed", "product added"];
        let who = changed_by(&store, at.event.id, (&actions, &other.name)).await?;
        return Ok(show_one(&at, other, form.outdated(&stored, &who, |_, value| value.to_owned())));
    }
    let product = on_sale(&at, &store, id).await?;
    let Some(NewProduct { name, price, position, colour, .. }) = read(&mut form)? else {
        return Ok(show_one(&at, product, form));
    };
    let change = ProductChange { name, price, position: position.unwrap_or(product.position), colour };
    match products::change(&store, &at.actor(), clock.now(), &at.event, (id, &change)).await {
        Ok(product) => Ok(at.done(&at.path(PATH), &sold(&product))),
        Err(why) => {
            form.refused(why, "name")?;
            Ok(show_one(&at, product, form))
        }
    }
}

/// `POST /console/{event}/set-up/products/{product}/retire`: takes it off sale.
pub(in crate::web::console) async fn retire(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<ProductId>,
    _: Form,
) -> Result<Response, Sorry> {
    let product = products::retire(&store, &at.actor(), clock.now(), &at.event, id).await?;
    // One that was changed meanwhile went off sale by that, and another is sold in its place.
    if let Some(other) = in_its_place(&at, &store, id).await? {
        let said = format!(
            "{} was changed after the page was opened, and is on sale as it stands here.",
            other.name
        );
        return Ok(at.done(&at.path(&format!("{PATH}/{}", other.id)), &said));
    }
    Ok(at.done(&at.path(PATH), &format!("{} is off sale.", product.name)))
}

async fn show(at: &AtFestival<ManageEvents>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let mut session = store.read().await?;
    let products = products::sold_in(&mut session, at.event.id).await?;
    let mut places = vec![(String::new(), "Everywhere".to_owned())];
    places.extend(bars(&mut session, at.event.id).await?);
    drop(session);
    let colours = colours();
    let (status, shell, is_open) = (form.status(), part_shell(at), at.event.is_open());
    let shown = ProductsPage { shell, path: at.path(PATH), form, is_open, products, places, colours };
    Ok(at.page(status, &shown))
}

/// A changed product is another one: what is on sale in its place now.
async fn in_its_place(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    id: ProductId,
) -> Result<Option<Product>, Sorry> {
    Ok(products::in_the_place_of(&mut *store.read().await?, at.event.id, id).await?)
}

fn sold(product: &Product) -> String {
    format!("{} is sold for {} now.", product.name, product.price)
}

/// What is on sale under this id.
async fn on_sale(at: &AtFestival<ManageEvents>, store: &Store, id: ProductId) -> Result<Product, EventError> {
    let found = products::by_id(&mut *store.read().await?, at.event.id, id).await?;
    let product = found.ok_or_else(|| EventError::UnknownProduct(id.to_string()))?;
    if product.retired_at.is_some() { Err(EventError::UnknownProduct(product.name)) } else { Ok(product) }
}

fn show_one(at: &AtFestival<ManageEvents>, product: Product, form: Form) -> Response {
    let list = at.path(PATH);
    let shown = ProductPage {
        shell: part_shell(at).under("Products and prices", list.clone()),
        path: format!("{list}/{}", product.id),
        list,
        is_open: at.event.is_open(),
        colours: colours(),
        product,
        form,
    };
    at.page(shown.form.status(), &shown)
}

/// Colours of a button as a choice.
fn colours() -> Vec<(String, String)> {
    let mut colours = vec![(String::new(), "Plain".to_owned())];
    colours.extend(Colour::ALL.iter().map(|colour| (colour.to_string(), colour.to_string())));
    colours
}
