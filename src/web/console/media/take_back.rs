//! Taking a sale back for a visitor: says what it does, and why it is done, before it is done.

use super::super::asked::{Asked, Named};
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::{Place, Shell};
use super::OK;
use crate::ids::ChargeId;
use crate::terminals::Till;
use crate::web::caller::VoidCharges;
use crate::web::operator_api::Desk;
use crate::web::page::Sorry;
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
    form: Form,
}

/// The medium that one came from and goes back to.
#[derive(Deserialize)]
pub(super) struct CameFrom {
    medium: String,
}

impl CameFrom {
    async fn path(&self, at: &AtFestival<VoidCharges>, desk: &Desk) -> Result<String, Problem> {
        let medium = super::named(at, desk, &self.medium).await?.medium;
        Ok(at.path(&format!("/media/{}", medium.reference)))
    }
}

/// `GET /console/{event}/charges/{charge}/void?medium=`
pub(super) async fn get(
    at: AtFestival<VoidCharges>,
    State(desk): State<Desk>,
    Named(_): Named<ChargeId>,
    Asked(from): Asked<CameFrom>,
) -> Result<Response, Sorry> {
    let medium_path = from.path(&at, &desk).await?;
    Ok(show(&at, medium_path, Form::default()))
}

/// `POST /console/{event}/charges/{charge}/void?medium=`
pub(super) async fn post(
    at: AtFestival<VoidCharges>,
    State(till): State<Till>,
    State(desk): State<Desk>,
    Named(charge): Named<ChargeId>,
    Asked(from): Asked<CameFrom>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let medium_path = from.path(&at, &desk).await?;
    let Some(reason) = form.reason() else { return Ok(show(&at, medium_path, form)) };
    match till.void_anywhere(&at.actor(), Some(at.event.id), charge, Some(&reason)).await? {
        Ok(voided) => {
            let said = format!("{} went back; the wallet holds {} after it.", voided.amount, voided.balance);
            Ok(at.done(&medium_path, &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, medium_path, form))
        }
    }
}

fn show(at: &AtFestival<VoidCharges>, medium_path: String, form: Form) -> Response {
    let shell = at.shell(Place::Media).under("Media", at.path("/media"));
    let status = if form.is_right() { OK } else { form.status() };
    at.page(status, &TakeBackPage { shell, medium_path, form })
}
