//! Goods received: samples of a delivered roll, scanned one after another into one field, a line each.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::{Place, Shell};
use super::{named, pieces, title};
use crate::clock::Clock;
use crate::codes::holds_pay_code;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::batch_life::{self, Found, Received, SAMPLES_MAX, Sample, StepRefusal};
use crate::media::{Batch, Scanner};
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::page::{Sorry, with_script};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// Most strangers that are named above the form; the table below it has all of them.
const NAMED_MAX: usize = 5;

#[derive(Template)]
#[template(path = "web/console/receive.html")]
struct ReceivePage {
    shell: Shell,
    batch_path: String,
    form: Form,
    /// What each sample turned out to be, when they were not enough: its place, its serial, and a sentence.
    samples: Vec<(usize, String, String)>,
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
    let texts: Vec<String> = lines(&form).map(str::to_owned).collect();
    if texts.is_empty() || texts.len() > SAMPLES_MAX {
        form.wrong("codes", format!("scan a few pieces, a line each; {SAMPLES_MAX} at most"));
        return Ok(show(&at, &batch, without_pay_codes(form, &[]), None));
    }
    let (now, actor) = (clock.now(), at.actor());
    match batch_life::receive(&store, &keys, &scanner, now, &actor, &batch, &texts).await? {
        Ok(received) => {
            let were = if received.pieces == 1 { "was" } else { "were" };
            let said =
                format!("It is received: {} of it {were} scanned.", pieces(received.pieces, "different "));
            Ok(at.done(&at.path(&format!("/batches/{id}")), &said))
        }
        Err(StepRefusal::Samples(why, received)) => {
            form.wrong("codes", why);
            for (place, stranger) in received.strangers().take(NAMED_MAX) {
                form.wrong("codes", format!("code {place}: {}", stranger.with_serial()));
            }
            let form = without_pay_codes(form, &received.samples);
            Ok(show(&at, &batch, form, Some(&received)))
        }
        Err(why) => {
            form.refused(why, "")?;
            Ok(show(&at, &batch, without_pay_codes(form, &[]), None))
        }
    }
}

/// What was scanned, a line each.
fn lines(form: &Form) -> impl Iterator<Item = &str> {
    form.text("codes").lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The same form with a piece's number in place of each pay code, which stands in no page. The pay code of a misprint
/// has none, since its number would hide what is wrong with it; nor has what is unknown, leads
/// elsewhere, or was not looked at.
fn without_pay_codes(form: Form, samples: &[Sample]) -> Form {
    let line = |(at, line): (usize, &str)| match holds_pay_code(line) {
        false => Some(line.to_owned()),
        true => {
            let sample = samples.get(at).filter(|sample| !matches!(sample.found, Found::Misprint(_)));
            sample.and_then(|sample| sample.serial.clone())
        }
    };
    let kept: Vec<String> = lines(&form).enumerate().filter_map(line).collect();
    form.instead("codes", kept.join("\n"))
}

fn show(at: &AtFestival<ManageEvents>, batch: &Batch, form: Form, received: Option<&Received>) -> Response {
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = at
        .shell(Place::Batches)
        .under("Batches", at.path("/batches"))
        .under(title(batch), batch_path.clone());
    let samples = received.map(|received| {
        let told = (1..).zip(&received.samples);
        let line = |(place, sample): (usize, &Sample)| {
            (place, sample.serial.clone().unwrap_or_default(), sample.sentence())
        };
        told.map(line).collect()
    });
    let shown = ReceivePage { shell, batch_path, form, samples: samples.unwrap_or_default() };
    with_script(at.page(shown.form.status(), &shown))
}
