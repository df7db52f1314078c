//! The bars of a festival, and the vendors who are owed what they take.

use super::part_shell;
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, NewPointOfSale, PointOfSale};
use crate::media::print_shop;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::Asked;
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::form::Form;
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

const PATH: &str = "/set-up/points-of-sale";

#[derive(Template)]
#[template(path = "web/console/points_of_sale.html")]
struct PointsOfSalePage {
    shell: Shell,
    path: String,
    form: Form,
    is_open: bool,
    points: Vec<PointOfSale>,
    is_first: bool,
    next: Option<String>,
}

/// Which page of the list: after the bar of this name.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Cursor {
    after: Option<String>,
}

/// `GET /console/{event}/set-up/points-of-sale`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    show(&at, &store, cursor, Form::default()).await
}

/// `POST /console/{event}/set-up/points-of-sale`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let new = NewPointOfSale { name: form.text("name").to_owned(), vendor: form.optional("vendor") };
    match print_shop::add_point_of_sale(&store, &at.actor(), clock.now(), &at.event, &new).await {
        Ok(point) => Ok(at.done(&at.path(PATH), &format!("{} was added.", point.name))),
        Err(why) => {
            form.refused(why, "name")?;
            show(&at, &store, Cursor::default(), form).await
        }
    }
}

async fn show(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    cursor: Cursor,
    form: Form,
) -> Result<Response, Sorry> {
    let after = cursor.after.unwrap_or_default();
    let mut session = store.read().await?;
    let found = events::store::points_of_sale(&mut session, at.event.id, &after, PAGE_LINES + 1).await?;
    let (points, next) = page_of(found, |point| point.name.clone());
    let (status, shell) = (form.status(), part_shell(at));
    let (path, is_open, is_first) = (at.path(PATH), at.event.is_open(), after.is_empty());
    Ok(at.page(status, &PointsOfSalePage { shell, path, form, is_open, points, is_first, next }))
}
