//! What is sold, where, and for how much.

use super::{bars, part_shell};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::products::{self, Colour, NewProduct, Product};
use crate::ids::ProductId;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::Named;
use crate::web::console::at::AtFestival;
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

const PATH: &str = "/set-up/products";

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
    let price = form.read("price");
    let colour = form.read_optional::<Colour>("colour");
    let Some(price) = price.filter(|_| form.is_right()) else { return show(&at, &store, form).await };
    let (name, point_of_sale) = (form.text("name").to_owned(), form.optional("point_of_sale"));
    let new = NewProduct { name, price, point_of_sale, position: None, colour };
    match products::add(&store, &at.actor(), clock.now(), &at.event, &new).await {
        Ok(product) => {
            Ok(at.done(&at.path(PATH), &format!("{} is sold for {} now.", product.name, product.price)))
        }
        Err(why) => {
            form.refused(why, "name")?;
            show(&at, &store, form).await
        }
    }
}

/// `POST /console/{event}/set-up/products/{product}`: takes it off sale.
pub(in crate::web::console) async fn retire(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<ProductId>,
    _: Form,
) -> Result<Response, Sorry> {
    let product = products::retire(&store, &at.actor(), clock.now(), &at.event, id).await?;
    Ok(at.done(&at.path(PATH), &format!("{} is off sale.", product.name)))
}

async fn show(at: &AtFestival<ManageEvents>, store: &Store, form: Form) -> Result<Response, Sorry> {
    let products = products::sold_in(&mut *store.read().await?, at.event.id).await?;
    let mut places = vec![(String::new(), "Everywhere".to_owned())];
    places.extend(bars(store, &at.event).await?);
    let mut colours = vec![(String::new(), "Plain".to_owned())];
    colours.extend(Colour::ALL.iter().map(|colour| (colour.to_string(), colour.to_string())));
    let (status, shell, is_open) = (form.status(), part_shell(at), at.event.is_open());
    let shown = ProductsPage { shell, path: at.path(PATH), form, is_open, products, places, colours };
    Ok(at.page(status, &shown))
}
