//! Goods received: samples of a delivered roll, scanned one after another into one field, a line each.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::{Place, Shell};
use super::{named, title};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::batch_life::{self, Received, SAMPLES_MAX, StepRefusal};
use crate::media::{Batch, Scanner};
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::page::Sorry;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "web/console/receive.html")]
struct ReceivePage {
    shell: Shell,
    batch_path: String,
    form: Form,
    /// What each sample turned out to be, when they were not enough: its serial, and a sentence.
    samples: Vec<(String, String)>,
}

/// `GET /console/{event}/batches/{batch}/receive`
pub(in crate::web::console) async fn get(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    Steps((_, id)): Steps<(String, BatchId)>,
) -> Result<Response, Sorry> {
    let batch = named(&store, &at.event, id).await?;
    Ok(show(&at, &batch, Form::default(), None))
}

/// `POST /console/{event}/batches/{batch}/receive`
pub(in crate::web::console) async fn post(
    at: AtFestival<ManageEvents>,
    State(store): State<Store>,
    State(clock): State<Clock>,
    State(keys): State<Arc<KeyFile>>,
    State(scanner): State<Arc<Scanner>>,
    Steps((_, id)): Steps<(String, BatchId)>,
    mut form: Form,
) -> Result<Response, Sorry> {
    let batch = named(&store, &at.event, id).await?;
    let texts: Vec<String> = form
        .text("codes")
        .lines()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    if texts.is_empty() || texts.len() > SAMPLES_MAX {
        form.wrong("codes", format!("scan a few pieces, a line each; {SAMPLES_MAX} at most"));
        return Ok(show(&at, &batch, form, None));
    }
    let (now, actor) = (clock.now(), at.actor());
    match batch_life::receive(&store, &keys, &scanner, now, &actor, &batch, &texts).await? {
        Ok(received) => {
            let said = format!("It is received: {} different pieces of it were scanned.", received.pieces);
            Ok(at.done(&at.path(&format!("/batches/{id}")), &said))
        }
        Err(StepRefusal::Samples(why, received)) => {
            form.wrong("codes", why);
            Ok(show(&at, &batch, form.without("codes"), Some(&received)))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, &batch, form, None))
        }
    }
}

fn show(at: &AtFestival<ManageEvents>, batch: &Batch, form: Form, received: Option<&Received>) -> Response {
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = at
        .shell(Place::Batches)
        .under("Batches", at.path("/batches"))
        .under(title(batch), batch_path.clone());
    let samples = received.map(|received| {
        let told = received.samples.iter();
        told.map(|sample| (sample.serial.clone().unwrap_or_default(), sample.sentence())).collect()
    });
    at.page(form.status(), &ReceivePage { shell, batch_path, form, samples: samples.unwrap_or_default() })
}
