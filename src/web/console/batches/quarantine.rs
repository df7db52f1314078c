//! A roll that was lost or stolen before it was handed out: stopped as a range of its batch, or released again.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::Shell;
use super::super::words;
use super::{below, closed, named};
use crate::db::Store;
use crate::helpdesk::{RangeMove, RangeMoved, RangeOrder};
use crate::ids::BatchId;
use crate::media::Batch;
use crate::web::caller::MoveMedia;
use crate::web::operator_api::{Desk, Rolls};
use crate::web::page::{Sorry, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "web/console/quarantine.html")]
struct QuarantinePage {
    shell: Shell,
    batch_path: String,
    form: Form,
}

/// `GET /console/{event}/batches/{batch}/quarantine`
pub(in crate::web::console) async fn get(
    at: AtFestival<MoveMedia>,
    State(store): State<Store>,
    Steps((_, id)): Steps<(String, BatchId)>,
) -> Result<Response, Sorry> {
    let batch = named(&store, &at.event, id).await?;
    if let Some(closed) = closed(&at, &batch, "Lost or stolen pieces") {
        return Ok(closed);
    }
    Ok(show(&at, &batch, Form::with([("move", "quarantine")])))
}

/// `POST /console/{event}/batches/{batch}/quarantine`
pub(in crate::web::console) async fn post(
    at: AtFestival<MoveMedia>,
    State(store): State<Store>,
    State(rolls): State<Rolls>,
    State(desk): State<Desk>,
    Steps((_, id)): Steps<(String, BatchId)>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let batch = named(&store, &at.event, id).await?;
    if let Some(closed) = closed(&at, &batch, "Lost or stolen pieces") {
        return Ok(closed);
    }
    let asked = match form.text("move") {
        "release" => RangeMove::Release,
        _ => RangeMove::Quarantine,
    };
    for end in ["from", "to"] {
        if form.text(end).is_empty() {
            form.wrong(end, "scan a piece, or type its number");
        } else if let Err(why) = rolls.knows_end(id, end, form.text(end)).await {
            form.refused(why, end)?;
        }
    }
    let reason = form.reason();
    let Some(reason) = reason.filter(|_| form.is_right()) else {
        return Ok(show(&at, &batch, with_numbers(&desk, form).await?));
    };
    let order = RangeOrder { asked, actor: at.actor(), reason };
    match rolls.moves(id, (form.text("from"), form.text("to")), order).await {
        Ok((range, RangeMoved { moved, already, left })) => {
            let done = if asked == RangeMove::Release { "released" } else { "in quarantine" };
            let left: i64 = left.values().sum();
            let said = format!(
                "Pieces {} to {}: {moved} {done} now, {already} already before, {left} left alone.",
                range.first, range.last
            );
            Ok(at.done(&at.path(&format!("/batches/{id}")), &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, &batch, with_numbers(&desk, form).await?))
        }
    }
}

async fn with_numbers(desk: &Desk, form: Form) -> Result<Form, Problem> {
    let form = words::with_number(desk, form, "from").await?;
    words::with_number(desk, form, "to").await
}

fn show(at: &AtFestival<MoveMedia>, batch: &Batch, form: Form) -> Response {
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = below(at, batch);
    with_script(at.page(form.status(), &QuarantinePage { shell, batch_path, form }))
}
