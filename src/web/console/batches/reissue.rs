//! New pieces for a batch's misprints: how many they are, and why, before they are issued.

use super::super::asked::{Asked, Steps};
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::media;
use super::super::shell::Shell;
use super::super::words;
use super::{below, closed, named, pieces};
use crate::codes::holds_pay_code;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::{Batch, MediumStatus, batch_life};
use crate::web::caller::ManageEvents;
use crate::web::operator_api::{Desk, Press};
use crate::web::page::Sorry;
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "web/console/batch_reissue.html")]
struct ReissuePage {
    shell: Shell,
    /// Where whoever changes their mind goes.
    back_path: String,
    /// The misprint whose page led here.
    misprint: Option<String>,
    /// How many there will be, in words; none where every misprint has its new piece.
    count: Option<String>,
    form: Form,
}

/// Which page led here.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Origin {
    /// A misprint, by its reference.
    medium: Option<String>,
}

/// What the page is about.
struct Asking {
    batch: Batch,
    to_reissue: i64,
    /// The page of the misprint that led here, and what that is called.
    misprint: Option<(String, String)>,
}

/// `GET /console/{event}/batches/{batch}/reissue`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(desk): State<Desk>,
    Steps((_, id)): Steps<(String, BatchId)>,
    Asked(origin): Asked<Origin>,
) -> Result<Response, Sorry> {
    let asking = asking(&at, &store, &desk, id, origin).await?;
    if let Some(closed) = closed(&at, &asking.batch, "New pieces for its misprints") {
        return Ok(closed);
    }
    Ok(show(&at, asking, Form::default()))
}

/// `POST /console/{event}/batches/{batch}/reissue`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(desk): State<Desk>,
    State(press): State<Press>,
    Steps((_, id)): Steps<(String, BatchId)>,
    Asked(origin): Asked<Origin>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let asking = asking(&at, &store, &desk, id, origin).await?;
    if let Some(closed) = closed(&at, &asking.batch, "New pieces for its misprints") {
        return Ok(closed);
    }
    let Some(reason) = form.reason() else { return Ok(show(&at, asking, form)) };
    // A scanner types into whatever field has the focus.
    if holds_pay_code(&reason) {
        form.wrong("reason", "it held a pay code, a secret that spends: that was taken out");
        return Ok(show(&at, asking, form));
    }
    match press.reissue(at.actor(), at.event.clone(), asking.batch.clone(), Some(reason)).await {
        Ok(new) => {
            let are = if new.count == 1 { "is" } else { "are" };
            let said = format!("{} {are} issued and ready to be printed.", pieces(new.count, "new "));
            Ok(at.done(&at.path(&format!("/batches/{}", new.id)), &said))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, asking, form))
        }
    }
}

async fn asking(
    at: &AtFestival<ManageEvents>,
    store: &Store,
    desk: &Desk,
    id: BatchId,
    origin: Origin,
) -> Result<Asking, Problem> {
    let batch = named(store, &at.event, id).await?;
    let to_reissue = batch_life::life(store, &batch).await?.to_reissue();
    let misprint = match origin.medium {
        Some(reference) => {
            let medium = media::named(at, desk, &reference).await?.medium;
            if medium.batch_id != batch.id || medium.status != MediumStatus::Spoiled {
                return Err(Problem::not_found());
            }
            Some((at.path(&format!("/media/{}", medium.reference)), words::medium(&medium)))
        }
        None => None,
    };
    Ok(Asking { batch, to_reissue, misprint })
}

fn show(at: &AtFestival<ManageEvents>, asking: Asking, form: Form) -> Response {
    let Asking { batch, to_reissue, misprint } = asking;
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = below(at, &batch);
    let (back_path, misprint) = match misprint {
        Some((path, name)) => (path, Some(name)),
        None => (batch_path, None),
    };
    let count = (to_reissue > 0).then(|| pieces(to_reissue, ""));
    at.page(form.status(), &ReissuePage { shell, back_path, misprint, count, form })
}
