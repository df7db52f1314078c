//! Taking a sale back for a visitor: says which one and what that does, and why it is done, before it is done.

use super::super::asked::{Asked, Named};
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::Shell;
use super::super::words;
use super::{OK, below};
use crate::codes::holds_pay_code;
use crate::db::Store;
use crate::helpdesk::story::{self, Sold, TakenBack};
use crate::ids::ChargeId;
use crate::media::{Medium, MediumStatus};
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
    /// Who took it back already and when, and why: then there is nothing to fill in.
    taken_back: Option<(String, String)>,
    /// What becomes of the money where nobody can spend it.
    lost: Option<&'static str>,
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
    if let Some(closed) = closed(&at, &medium) {
        return Ok(closed);
    }
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
            // Whoever was first, this one or another: theirs stands.
            let sold = self::sold(&at, &store, charge).await?;
            let said = match already(&sold).filter(|_| !is_taken_back_by(&sold, &at, &reason)) {
                Some((already, _)) => format!("What you sent did nothing: {already}."),
                None => format!("{} went back; the wallet holds {} after it.", voided.amount, voided.balance),
            };
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

/// Who took it back and when; and why.
fn already(sold: &Sold) -> Option<(String, String)> {
    let TakenBack { by, reason, at } = sold.taken_back.as_ref()?;
    let by = match by.strip_prefix("terminal:") {
        Some(_) => sold.point_of_sale.clone(),
        None => words::who(by),
    };
    Some((format!("{by} took it back on {}", belgian_time(*at)), reason.clone()))
}

/// Whether it was whoever asks who took it back, with this reason. A pay code in that was not kept.
fn is_taken_back_by(sold: &Sold, at: &AtFestival<VoidCharges>, reason: &str) -> bool {
    let kept = if holds_pay_code(reason) { "" } else { reason };
    sold.taken_back.as_ref().is_some_and(|taken| taken.by == at.actor().to_string() && taken.reason == kept)
}

/// What becomes of money that goes back to a wallet from which nothing spends any more.
fn lost(holder: MediumStatus) -> Option<&'static str> {
    (holder == MediumStatus::Revoked)
        .then_some("What it goes back to is revoked: the money stays on its wallet, and nobody can spend it.")
}

fn path_of(at: &AtFestival<VoidCharges>, medium: &Medium) -> String {
    at.path(&format!("/media/{}", medium.reference))
}

fn closed(at: &AtFestival<VoidCharges>, medium: &Medium) -> Option<Response> {
    at.closed(below(at, medium), "Take a sale back", "what was sold stays as it is")
}

fn show(at: &AtFestival<VoidCharges>, medium: &Medium, sold: Sold, form: Form) -> Response {
    let (medium_path, shell) = (path_of(at, medium), below(at, medium));
    let paid_with = format!("{} {}", sold.kind, sold.serial.grouped());
    let status = if form.is_right() { OK } else { form.status() };
    let shown = TakeBackPage {
        shell,
        medium_path,
        at: belgian_time(sold.at),
        paid_with,
        taken_back: already(&sold),
        lost: lost(sold.holder),
        sold,
        form,
    };
    at.page(status, &shown)
}
