//! Taking a sale back for a visitor: says which one and what that does, and why it is done, before it is done.

use super::super::asked::{Asked, Named};
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::{Place, Shell};
use super::OK;
use crate::db::Store;
use crate::helpdesk::story::{self, Sold};
use crate::ids::ChargeId;
use crate::media::Medium;
use crate::terminals::Till;
use crate::web::caller::VoidCharges;
use crate::web::operator_api::Desk;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "web/console/take_back.html")]
struct TakeBackPage {
    shell: Shell,
    medium_path: String,
    sold: Sold,
    at: String,
    /// What paid: `wristband 4A4D-0JBH`.
    paid_with: String,
    form: Form,
}

/// The medium that one came from and goes back to.
#[derive(Deserialize)]
pub(super) struct CameFrom {
    medium: String,
}

impl CameFrom {
    async fn medium(&self, at: &AtFestival<VoidCharges>, desk: &Desk) -> Result<Medium, Problem> {
        Ok(super::named(at, desk, &self.medium).await?.medium)
    }
}

/// `GET /console/{event}/charges/{charge}/void?medium=`
pub(super) async fn get(
    at: AtFestival<VoidCharges>,
    State(store): State<Store>,
    State(desk): State<Desk>,
    Named(charge): Named<ChargeId>,
    Asked(from): Asked<CameFrom>,
) -> Result<Response, Sorry> {
    let medium = from.medium(&at, &desk).await?;
    let sold = sold(&at, &store, charge).await?;
    Ok(show(&at, &medium, sold, Form::default()))
}

/// `POST /console/{event}/charges/{charge}/void?medium=`
pub(super) async fn post(
    at: AtFestival<VoidCharges>,
    State(store): State<Store>,
    State(till): State<Till>,
    State(desk): State<Desk>,
    Named(charge): Named<ChargeId>,
    Asked(from): Asked<CameFrom>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let medium = from.medium(&at, &desk).await?;
    let sold = sold(&at, &store, charge).await?;
    let Some(reason) = form.reason() else { return Ok(show(&at, &medium, sold, form)) };
    match till.void_anywhere(&at.actor(), Some(at.event.id), charge, Some(&reason)).await? {
        Ok(voided) => {
            let said = format!("{} went back; the wallet holds {} after it.", voided.amount, voided.balance);
            Ok(at.done(&path_of(&at, &medium), &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, &medium, sold, form))
        }
    }
}

async fn sold(at: &AtFestival<VoidCharges>, store: &Store, charge: ChargeId) -> Result<Sold, Problem> {
    let found = story::store::sold(&mut *store.read().await?, at.event.id, charge).await?;
    found.ok_or_else(Problem::not_found)
}

fn path_of(at: &AtFestival<VoidCharges>, medium: &Medium) -> String {
    at.path(&format!("/media/{}", medium.reference))
}

fn show(at: &AtFestival<VoidCharges>, medium: &Medium, sold: Sold, form: Form) -> Response {
    let medium_path = path_of(at, medium);
    let shell = at
        .shell(Place::Media)
        .under("Media", at.path("/media"))
        .under(medium.serial.grouped(), medium_path.clone());
    let paid_with = format!("{} {}", sold.kind, sold.serial.grouped());
    let status = if form.is_right() { OK } else { form.status() };
    at.page(status, &TakeBackPage { shell, medium_path, at: belgian_time(sold.at), paid_with, sold, form })
}
