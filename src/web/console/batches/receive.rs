//! Goods received: samples of a delivered roll, scanned one after another into one field, a line each.

use super::super::asked::Steps;
use super::super::at::AtFestival;
use super::super::form::Form;
use super::super::shell::Shell;
use super::{below, closed, named, pieces};
use crate::clock::Clock;
use crate::codes::holds_pay_code;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::batch_life::{self, Found, Received, SAMPLES_MAX, Sample, StepRefusal};
use crate::media::{Batch, Scanner};
use crate::plural::counted;
use crate::secrets::KeyFile;
use crate::web::caller::ManageEvents;
use crate::web::page::{Sorry, with_script};
use crate::web::problem::Problem;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;

/// Longest list, in characters: as many as are taken of the longest code there is.
pub(in crate::web::console) const LIST_CHARS_MAX: usize = SAMPLES_MAX * 256;
/// Largest form with one as a browser sends it, so that a list that is too long is refused beside its field.
pub(super) const BODY_BYTES_MAX: usize = 8 * LIST_CHARS_MAX;
/// Most pay codes of a list that is not taken which are looked up, so that their pieces' numbers stand in for them: somewhat
/// more than a list may have.
const LOOKED_UP_MAX: usize = 2 * SAMPLES_MAX;
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
    if let Some(closed) = closed(&at, &batch, "Receive it") {
        return Ok(closed);
    }
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
    if let Some(closed) = closed(&at, &batch, "Receive it") {
        return Ok(closed);
    }
    let texts: Vec<String> = lines(&form).map(str::to_owned).collect();
    form.check_length("codes", LIST_CHARS_MAX);
    match texts.len() {
        0 => form.wrong("codes", "scan a few pieces, a line each"),
        1..=SAMPLES_MAX => {}
        many => form.wrong("codes", format!("{SAMPLES_MAX} pieces at a time at most: these are {many}")),
    }
    if !form.is_right() {
        let form = looked_at(&store, &keys, &scanner, &batch, form).await?;
        return Ok(show(&at, &batch, form, None));
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
            let looked_up = texts.iter().zip(&received.samples).filter(|(text, _)| holds_pay_code(text));
            let (form, _) = without_pay_codes(form, looked_up.map(|(_, sample)| sample));
            Ok(show(&at, &batch, form, Some(&received)))
        }
        Err(why) => {
            form.refused(why, "")?;
            let form = looked_at(&store, &keys, &scanner, &batch, form).await?;
            Ok(show(&at, &batch, form, None))
        }
    }
}

/// What was scanned, a line each.
fn lines(form: &Form) -> impl Iterator<Item = &str> {
    form.text("codes").lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The same form with a piece's number in place of each pay code, where nothing of the list was looked up yet. Says how many
/// pay codes are left out: no table names them.
async fn looked_at(
    store: &Store,
    keys: &KeyFile,
    scanner: &Scanner,
    batch: &Batch,
    form: Form,
) -> Result<Form, Problem> {
    let pay_codes = lines(&form).filter(|line| holds_pay_code(line)).take(LOOKED_UP_MAX);
    let pay_codes: Vec<String> = pay_codes.map(str::to_owned).collect();
    let received = batch_life::look_at(store, keys, scanner, batch, &pay_codes).await?;
    let (mut form, left_out) = without_pay_codes(form, &received.samples);
    if left_out > 0 {
        let are = if left_out == 1 { "is" } else { "are" };
        let codes = counted(left_out, "pay code");
        form.wrong("codes", format!("{codes} {are} left out below, since none stands in a page: scan anew"));
    }
    Ok(form)
}

/// The same form with a piece's number in place of each pay code, which stands in no page, and how many have none. The pay
/// code of a misprint has none, since its number would hide what is wrong with it; nor has what is unknown, leads
/// elsewhere, or was not looked up. `samples` are those of the pay codes, in their order.
fn without_pay_codes<'s>(form: Form, samples: impl IntoIterator<Item = &'s Sample>) -> (Form, usize) {
    let (mut samples, mut left_out) = (samples.into_iter(), 0);
    let mut kept = Vec::new();
    for line in lines(&form) {
        if !holds_pay_code(line) {
            kept.push(line.to_owned());
            continue;
        }
        let sample = samples.next().filter(|sample| !matches!(sample.found, Found::Misprint(_)));
        match sample.and_then(|sample| sample.serial.clone()) {
            Some(serial) => kept.push(serial),
            None => left_out += 1,
        }
    }
    (form.instead("codes", kept.join("\n")), left_out)
}

fn show(at: &AtFestival<ManageEvents>, batch: &Batch, form: Form, received: Option<&Received>) -> Response {
    let batch_path = at.path(&format!("/batches/{}", batch.id));
    let shell = below(at, batch);
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
