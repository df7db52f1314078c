//! The vendors of a festival, who are owed what their points of sale take: their names. A point of sale brings its own.

use super::{part_shell, renamed_from};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::store::{POINTS_OF_SALE_MAX, points_of_sale, vendor, vendors_after};
use crate::events::{EventError, Vendor};
use crate::ids::VendorId;
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
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::collections::HashMap;

pub(super) const PATH: &str = "/set-up/vendors";

#[derive(Template)]
#[template(path = "web/console/vendors.html")]
struct VendorsPage {
    shell: Shell,
    path: String,
    is_open: bool,
    /// Each with the names of its points of sale.
    vendors: Vec<(Vendor, Vec<String>)>,
    is_first: bool,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "web/console/vendor_name.html")]
struct VendorNamePage {
    shell: Shell,
    list: String,
    path: String,
    form: Form,
    name: String,
    is_open: bool,
}

/// Which page of the list: after the vendor of this name.
#[derive(Deserialize)]
pub(in crate::web::console) struct Cursor {
    after: Option<String>,
}

/// `GET /console/{event}/set-up/vendors`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let after = cursor.after.unwrap_or_default();
    let mut session = store.read().await?;
    let found = vendors_after(&mut session, at.event.id, &after, PAGE_LINES + 1).await?;
    let bars = points_of_sale(&mut session, at.event.id, "", POINTS_OF_SALE_MAX).await?;
    drop(session);
    let (vendors, next) = page_of(found, |vendor| vendor.name.clone());
    let mut bars_of: HashMap<VendorId, Vec<String>> = HashMap::new();
    for bar in bars {
        bars_of.entry(bar.vendor_id).or_default().push(bar.name);
    }
    let vendors = vendors.into_iter().map(|vendor| {
        let bars = bars_of.remove(&vendor.id).unwrap_or_default();
        (vendor, bars)
    });
    let shown = VendorsPage {
        shell: part_shell(&at),
        path: at.path(PATH),
        is_open: at.event.is_open(),
        vendors: vendors.collect(),
        is_first: after.is_empty(),
        next,
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// `GET /console/{event}/set-up/vendors/{vendor}`
pub(in crate::web::console) async fn one(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Named(id): Named<VendorId>,
) -> Result<Response, Sorry> {
    let vendor = known(&at, &store, id).await?;
    let form = Form::over(&typed(&vendor));
    Ok(show_one(&at, vendor, form))
}

/// `POST /console/{event}/set-up/vendors/{vendor}`: another name.
pub(in crate::web::console) async fn rename(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    Named(id): Named<VendorId>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let vendor = known(&at, &store, id).await?;
    let stored = typed(&vendor);
    if form.is_outdated(&stored) {
        let who = changed_by(&store, at.event.id, (&["vendor renamed"], &vendor.name)).await?;
        return Ok(show_one(&at, vendor, form.outdated(&stored, &who, |_, name| name.to_owned())));
    }
    let name = form.text("name").to_owned();
    let renamed = (id, name.as_str());
    match print_shop::rename_vendor(&store, &at.actor(), clock.now(), &at.event, renamed).await {
        Ok(renamed) => Ok(at.done(&at.path(PATH), &renamed_from(&vendor.name, &renamed.name))),
        Err(why) => {
            form.refused(why, "name")?;
            Ok(show_one(&at, vendor, form))
        }
    }
}

fn typed(vendor: &Vendor) -> Values {
    vec![("name", vendor.name.clone())]
}

async fn known(at: &AtFestival<ManageEvents>, store: &Store, id: VendorId) -> Result<Vendor, EventError> {
    let found = vendor(&mut *store.read().await?, at.event.id, id).await?;
    found.ok_or_else(|| EventError::UnknownVendor(id.to_string()))
}

fn show_one(at: &AtFestival<ManageEvents>, vendor: Vendor, form: Form) -> Response {
    let list = at.path(PATH);
    let shown = VendorNamePage {
        shell: part_shell(at).under("Vendors", list.clone()),
        path: format!("{list}/{}", vendor.id),
        list,
        name: vendor.name,
        is_open: at.event.is_open(),
        form,
    };
    at.page(shown.form.status(), &shown)
}
