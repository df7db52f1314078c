//! One batch: what it is, how far it is, its files, and what can be done with it.

use super::super::asked::{Asked, Steps};
use super::super::at::AtFestival;
use super::super::shell::{Link, Place, Shell};
use super::super::words;
use super::{Row, STAYS, for_kind, named, options, pieces, step_words, title};
use crate::audit_log::store::done_to;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::batch_life::{self, BatchStep, Life};
use crate::media::print_shop::{layouts_known, printers};
use crate::media::{Batch, PrintJob, PrintJobError};
use crate::operators::Right;
use crate::print::PICTURES_PER_PIECE;
use crate::secrets::KeyFile;
use crate::web::caller::LookUp;
use crate::web::operator_api::Shop;
use crate::web::page::{Sorry, belgian_time, with_script};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

/// What the audit log calls a file that was made: in the console or the API, and on the command line.
const FILE_ACTIONS: [&str; 8] = [
    "sheet downloaded",
    "code list downloaded",
    "code pictures downloaded",
    "manifest downloaded",
    "sheet printed",
    "codes written as CSV",
    "codes written as ZIP",
    "manifest written",
];

/// Files that were made which are shown at once.
const MADE_SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "web/console/batch.html")]
struct BatchPage {
    shell: Shell,
    path: String,
    title: String,
    id: String,
    options: String,
    description: String,
    /// Issuing it was interrupted: it can't be printed.
    is_unfinished: bool,
    steps: Vec<Step>,
    never_recorded: Vec<&'static str>,
    /// How many of its media are in each status.
    counts: Vec<(String, i64)>,
    to_reissue: i64,
    reprints: Vec<Link>,
    reprint_of: Option<String>,
    /// Why it was issued in place of them; empty where nobody was asked.
    reprint_reason: String,
    /// What can be done with it by whoever looks: the last part of its address, and its words.
    doors: Vec<(&'static str, &'static str)>,
    /// When the festival was closed, after which nothing can, and what that means.
    closed: Option<(String, &'static str)>,
    files: Option<Files>,
}

struct Step {
    step: &'static str,
    at: String,
    by: String,
    note: String,
}

/// For whoever may print.
struct Files {
    rows: Vec<Row>,
    /// How many pieces a list has, and how many pictures a ZIP.
    pieces: u64,
    pictures: u64,
    printers: Vec<String>,
    /// The chosen printer and layout, or empty.
    printer: String,
    layout: String,
    /// Why nothing can be printed of it.
    problem: Option<String>,
    /// Each time that one was made, the newest first: those that are shown at once, and the older ones.
    made: Vec<Made>,
    made_before: Vec<Made>,
}

/// A file that was made.
struct Made {
    /// `sheet downloaded`
    what: String,
    at: String,
    by: String,
    /// On which layout, or into which file.
    note: String,
}

/// What the files are looked at for.
#[derive(Default, Deserialize)]
pub(in crate::web::console) struct Wanted {
    layout: Option<String>,
    printer: Option<String>,
}

/// `GET /console/{event}/batches/{batch}`
pub(in crate::web::console) async fn get(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    State(keys): State<Arc<KeyFile>>,
    State(shop): State<Shop>,
    Steps((_, id)): Steps<(String, BatchId)>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Sorry> {
    let batch = named(&store, &at.event, id).await?;
    let life = batch_life::life(&store, &batch).await?;
    let files = match at.operator.may(Right::Print) && batch.issued_at.is_some() {
        true => Some(files(&store, &keys, &shop, &batch, wanted).await?),
        false => None,
    };
    let (path, batches) = (at.path(&format!("/batches/{id}")), at.path("/batches"));
    let shown = BatchPage {
        shell: at.shell(Place::Batches).under("Batches", batches.clone()),
        title: title(&batch),
        id: id.to_string(),
        options: options(&batch),
        description: batch.description.clone(),
        is_unfinished: batch.issued_at.is_none(),
        never_recorded: life.never_recorded().into_iter().map(step_words).collect(),
        counts: life.media.iter().map(|(status, count)| (status.to_string(), *count)).collect(),
        to_reissue: life.to_reissue(),
        reprints: life
            .reprints
            .iter()
            .map(|reprint| Link::new(pieces(reprint.count, ""), format!("{batches}/{}", reprint.batch)))
            .collect(),
        reprint_of: life.reprint_of.map(|old| format!("{batches}/{old}")),
        reprint_reason: life.reprint_reason.clone().unwrap_or_default(),
        doors: doors(&at, &batch, &life),
        closed: at.event.closed_at.map(|at| (belgian_time(at), STAYS)),
        steps: life.steps.into_iter().map(Step::of).collect(),
        path,
        files,
    };
    let page = at.page(StatusCode::OK, &shown);
    Ok(if shown.files.is_some() { with_script(page) } else { page })
}

impl Step {
    fn of(taken: batch_life::StepTaken) -> Step {
        Step {
            step: step_words(taken.step),
            at: belgian_time(taken.at),
            by: words::who(&taken.actor),
            note: taken.note,
        }
    }
}

fn doors(at: &AtFestival<LookUp>, batch: &Batch, life: &Life) -> Vec<(&'static str, &'static str)> {
    let mut doors = Vec::new();
    if batch.issued_at.is_none() || !at.event.is_open() {
        return doors;
    }
    let is_before = |step: BatchStep| life.steps.iter().all(|taken| taken.step < step);
    if at.operator.may(Right::ManageEvents) {
        if is_before(BatchStep::Printed) {
            doors.push(("printed", "It is printed"));
        }
        if is_before(BatchStep::Received) {
            doors.push(("receive", "Receive it"));
        }
        if is_before(BatchStep::Active) {
            doors.push(("active", "Hand it out"));
        }
        if life.to_reissue() > 0 {
            doors.push(("reissue", "New pieces for its misprints"));
        }
    }
    if at.operator.may(Right::MoveMedia) {
        doors.push(("quarantine", "Lost or stolen pieces"));
    }
    doors
}

async fn files(
    store: &Store,
    keys: &KeyFile,
    shop: &Shop,
    batch: &Batch,
    wanted: Wanted,
) -> Result<Files, Sorry> {
    let known = printers(store).await?;
    let printer = wanted.printer.unwrap_or_default();
    let printer = known.iter().find(|known| known.name == printer);
    let used = shop.printer(printer.map(|printer| printer.name.as_str()), None).await?;
    let layouts = for_kind(layouts_known(store).await?, batch.kind);
    let (rows, problem) = match PrintJob::preview(store, keys, batch.id, &layouts, &used, (None, None)).await
    {
        Ok(listed) => (listed.iter().map(|listing| Row::of(listing, batch.count)).collect(), None),
        Err(PrintJobError::NotPrintable(why)) => (Vec::new(), Some(why)),
        Err(error) => return Err(error.into()),
    };
    let mut made = made(store, batch).await?;
    let made_before = made.split_off(made.len().min(MADE_SHOWN));
    let layout = wanted.layout.filter(|name| rows.iter().any(|row: &Row| row.fits && row.name == *name));
    let pieces = batch.count.unsigned_abs();
    Ok(Files {
        rows,
        pieces,
        pictures: pieces * PICTURES_PER_PIECE,
        printer: printer.map(|printer| printer.name.clone()).unwrap_or_default(),
        printers: known.into_iter().map(|printer| printer.name).collect(),
        layout: layout.unwrap_or_default(),
        problem,
        made,
        made_before,
    })
}

/// The newest files that were made of a batch, as the audit log has them.
async fn made(store: &Store, batch: &Batch) -> Result<Vec<Made>, Sorry> {
    let subject = format!("batch:{}", batch.id);
    let done = done_to(&mut *store.read().await?, (batch.event_id, &subject), &FILE_ACTIONS).await?;
    let made = done.into_iter().map(|entry| Made {
        what: entry.action,
        at: belgian_time(entry.at),
        by: words::who(&entry.actor),
        note: entry.detail.unwrap_or_default(),
    });
    Ok(made.collect())
}
