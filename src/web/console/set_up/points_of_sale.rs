//! The bars of a festival, and the vendors who are owed what they take: added, renamed, retired, opened again.

use super::{part_shell, renamed_from, vendors};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, EventError, NewPointOfSale, PointOfSale};
use crate::ids::PointOfSaleId;
use crate::media::print_shop;
use crate::web::caller::ManageEvents;
use crate::web::console::asked::{Asked, Named};
use crate::web::console::at::{AtFestival, PAGE_LINES, page_of};
use crate::web::console::form::Form;
use crate::web::console::meanwhile::{Values, changed_by};
use crate::web::console::shell::Shell;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

const PATH: &str = "/set-up/points-of-sale";
/// Vendors that the form which adds a bar offers: more is typed faster than chosen.
const VENDORS_OFFERED_MAX: i64 = 500;

#[derive(Template)]
#[template(path = "web/console/points_of_sale.html")]
struct PointsOfSalePage {
    shell: Shell,
    path: String,
    form: Form,
    is_open: bool,
    points: Vec<PointOfSale>,
    /// Names of vendors that there are.
    vendors: Vec<String>,
    is_first: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/point_of_sale.html")]
struct PointOfSalePage {
    shell: Shell,
    list: String,
    path: String,
    form: Form,
    name: String,
    vendor: String,
    /// Where the vendor is renamed.
    vendor_path: String,
    is_open: bool,
    is_live: bool,
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
    let vendors = events::store::vendors_after(&mut session, at.event.id, "", VENDORS_OFFERED_MAX).await?;
    drop(session);
    let vendors = vendors.into_iter().map(|vendor| vendor.name).collect();
    let (points, next) = page_of(found, |point| point.name.clone());
    let (status, shell) = (form.status(), part_shell(at));
    let (path, is_open, is_first) = (at.path(PATH), at.event.is_open(), after.is_empty());
    let shown = PointsOfSalePage { shell, path, form, is_open, points, vendors, is_first, next };
    Ok(at.page(status, &shown))
}

/// `GET /console/{event}/set-up/points-of-sale/{point}`
pub(in crate::web::console) async fn one(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Named(id): Named<PointOfSaleId>,
) -> Result<Response, Sorry> {
    let point = known(&at, &store, id).await?;
    let form = Form::over(&typed(&point));
    Ok(show_one(&at, &point, form))
}

/// `POST /console/{event}/set-up/points-of-sale/{point}`: another name.
pub(in crate::web::console) async fn rename(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<PointOfSaleId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let point = known(&at, &store, id).await?;
    let stored = typed(&point);
    if form.is_outdated(&stored) {
        let who = changed_by(&store, at.event.id, (&["point of sale renamed"], &point.name)).await?;
        return Ok(show_one(&at, &point, form.outdated(&stored, &who, |_, name| name.to_owned())));
    }
    let name = form.text("name").to_owned();
    let renamed = (id, name.as_str());
    match print_shop::rename_point_of_sale(&store, &at.actor(), clock.now(), &at.event, renamed).await {
        Ok(renamed) => Ok(at.done(&at.path(PATH), &renamed_from(&point.name, &renamed.name))),
        Err(why) => {
            form.refused(why, "name")?;
            Ok(show_one(&at, &point, form))
        }
    }
}

/// `POST /console/{event}/set-up/points-of-sale/{point}/retire`
pub(in crate::web::console) async fn retire(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<PointOfSaleId>,
    form: Form,
) -> Result<Response, Sorry> {
    stand(&at, (&store, &clock), id, form, false).await
}

/// `POST /console/{event}/set-up/points-of-sale/{point}/reopen`
pub(in crate::web::console) async fn reopen(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<PointOfSaleId>,
    form: Form,
) -> Result<Response, Sorry> {
    stand(&at, (&store, &clock), id, form, true).await
}

/// Retires a bar, or opens it again.
async fn stand(
    at: &AtFestival<ManageEvents>,
    (store, clock): (&Store, &Clock),
    id: PointOfSaleId,
    form: Form,
    is_open: bool,
) -> Result<Response, Sorry> {
    let point = known(at, store, id).await?;
    let mut form = form.instead("name", point.name.as_str()).showing(&typed(&point));
    let Some(reason) = form.reason() else { return Ok(show_one(at, &point, form)) };
    let (actor, now, which) = (at.actor(), clock.now(), (id, Some(reason.as_str())));
    let (stands, done) = match is_open {
        true => (events::reopen_point_of_sale(store, &actor, now, &at.event, which).await, "is open again"),
        false => (events::retire_point_of_sale(store, &actor, now, &at.event, which).await, "is retired"),
    };
    match stands {
        Ok(point) => Ok(at.done(&at.path(PATH), &format!("{} {done}.", point.name))),
        Err(why) => {
            form.refused(why, "")?;
            Ok(show_one(at, &point, form))
        }
    }
}

fn typed(point: &PointOfSale) -> Values {
    vec![("name", point.name.clone())]
}

async fn known(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    id: PointOfSaleId,
) -> Result<PointOfSale, EventError> {
    let found = events::store::point_of_sale(&mut *store.read().await?, at.event.id, id).await?;
    found.ok_or_else(|| EventError::UnknownPointOfSale(id.to_string()))
}

fn show_one(at: &AtFestival<ManageEvents>, point: &PointOfSale, form: Form) -> Response {
    let list = at.path(PATH);
    let shown = PointOfSalePage {
        shell: part_shell(at).under("Points of sale", list.clone()),
        path: format!("{list}/{}", point.id),
        list,
        name: point.name.clone(),
        vendor: point.vendor.clone(),
        vendor_path: format!("{}/{}", at.path(vendors::PATH), point.vendor_id),
        is_open: at.event.is_open(),
        is_live: point.is_live(),
        form,
    };
    at.page(shown.form.status(), &shown)
}
