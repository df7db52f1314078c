//! Batches: the list, a new one with what its codes will be before they are issued, and one batch with its files and its
//! life.

mod batch;
pub(super) mod files;
mod new;
mod quarantine;
pub(super) mod receive;
mod reissue;
mod steps;

use super::asked::Asked;
use super::at::{AtFestival, PAGE_LINES, page_of};
use super::shell::{Place, Shell};
use super::words;
use crate::db::Store;
use crate::events::Event;
use crate::ids::BatchId;
use crate::media::batch_life::{self, BatchStep};
use crate::media::{self, Batch, MediumKind};
use crate::operators::Right;
use crate::print::{Choice, CodePlan, Kind, Layout, Listing, specimen_size};
use crate::web::App;
use crate::web::caller::LookUp;
use crate::web::page::{Sorry, belgian_time};
use crate::web::problem::Problem;
use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing;
use serde::Deserialize;
use uuid::Uuid;

pub(super) fn routes() -> Router<App> {
    let file = |path: &str| format!("/console/{{event}}/batches/{{batch}}/{path}");
    let long_list = DefaultBodyLimit::max(receive::BODY_BYTES_MAX);
    Router::new()
        .route("/console/{event}/batches", routing::get(get))
        .route("/console/{event}/batches/new", routing::get(new::get).post(new::post))
        .route("/console/{event}/batches/new/specimen.svg", routing::get(new::specimen))
        .route("/console/{event}/batches/{batch}", routing::get(batch::get))
        .route(&file("sheet.pdf"), routing::get(files::sheet))
        .route(&file("codes.csv"), routing::get(files::csv))
        .route(&file("codes.zip"), routing::get(files::zip))
        .route(&file("manifest.json"), routing::get(files::manifest))
        .route(&file("specimen.svg"), routing::get(files::specimen))
        .route(&file("receive"), routing::get(receive::get).post(receive::post).layer(long_list))
        .route(&file("quarantine"), routing::get(quarantine::get).post(quarantine::post))
        .route(&file("reissue"), routing::get(reissue::get).post(reissue::post))
        .route(&file("{step}"), routing::get(steps::get).post(steps::post))
}

#[derive(Template)]
#[template(path = "web/console/batches.html")]
struct BatchesPage {
    shell: Shell,
    path: String,
    batches: Vec<Line>,
    is_first: bool,
    next: Option<String>,
    may_issue: bool,
    closed_at: Option<String>,
}

struct Line {
    path: String,
    what: String,
    created: String,
    /// The last step that was recorded.
    step: &'static str,
    codes: String,
    is_issued: bool,
}

/// Which page of the list.
#[derive(Deserialize)]
struct Cursor {
    after: Option<Uuid>,
}

/// `GET /console/{event}/batches`
async fn get(
    at: AtFestival<LookUp>,
    State(store): State<Store>,
    Asked(cursor): Asked<Cursor>,
) -> Result<Response, Sorry> {
    let after = cursor.after.map(BatchId);
    let mut session = store.read().await?;
    let found = media::store::batches(&mut session, at.event.id, after, PAGE_LINES + 1).await?;
    let (found, next) = page_of(found, |batch| batch.id.to_string());
    let steps = batch_life::store::last_steps(&mut session, &found).await?;
    drop(session);
    let batches = found.into_iter().map(|batch| Line {
        path: at.path(&format!("/batches/{}", batch.id)),
        what: words::counted(batch.count, batch.kind),
        created: belgian_time(batch.created_at),
        step: steps.get(&batch.id).map_or("issued", |step| step_words(*step)),
        codes: options(&batch),
        is_issued: batch.issued_at.is_some(),
    });
    let shown = BatchesPage {
        shell: at.shell(Place::Batches),
        path: at.path("/batches"),
        batches: batches.collect(),
        is_first: after.is_none(),
        next,
        may_issue: at.operator.may(Right::ManageEvents) && at.event.is_open(),
        closed_at: at.event.closed_at.map(belgian_time),
    };
    Ok(at.page(StatusCode::OK, &shown))
}

/// How a batch's codes are made, in a line.
fn options(batch: &Batch) -> String {
    let amount = batch.amount.map(|amount| format!(", {amount}")).unwrap_or_default();
    format!("{}, correction {}{amount}", batch.language.own_name(), batch.level)
}

/// A step of a batch, for people.
fn step_words(step: BatchStep) -> &'static str {
    match step {
        BatchStep::Rendered => "file made",
        step => step.as_str(),
    }
}

/// What stands around a page below a batch's own.
fn below<R>(at: &AtFestival<R>, batch: &Batch) -> Shell {
    at.shell(Place::Batches)
        .under("Batches", at.path("/batches"))
        .under(title(batch), at.path(&format!("/batches/{}", batch.id)))
}

/// What a festival's end means for its batches.
const STAYS: &str = "nothing is changed about its batches any more";

/// In place of a form about a batch of a festival that is closed.
fn closed<R>(at: &AtFestival<R>, batch: &Batch, heading: &str) -> Option<Response> {
    at.closed(below(at, batch), heading, STAYS)
}

/// The batch of this festival that a path names.
async fn named(store: &Store, event: &Event, id: BatchId) -> Result<Batch, Problem> {
    issued(store, event, id).await?.ok_or_else(Problem::not_found)
}

/// The batch of this festival with this id, once there is one.
async fn issued(store: &Store, event: &Event, id: BatchId) -> Result<Option<Batch>, Problem> {
    let found = media::store::batch_with_key(&mut *store.read().await?, id).await?;
    Ok(found.map(|(batch, _)| batch).filter(|batch| batch.event_id == event.id))
}

/// A batch as a heading says it.
pub(super) fn title(batch: &Batch) -> String {
    format!("{} of {}", words::counted(batch.count, batch.kind), belgian_time(batch.created_at))
}

/// `1 piece`, `12 new pieces`; `which` ends in a space.
fn pieces(count: i64, which: &str) -> String {
    words::counted(count, format_args!("{which}piece"))
}

/// The layouts with those that are made for such pieces first; labels go on any.
fn for_kind(mut layouts: Vec<Layout>, kind: MediumKind) -> Vec<Layout> {
    let own = match kind {
        MediumKind::Wristband => Kind::Band,
        MediumKind::Card => Kind::Card,
    };
    layouts.sort_by_key(|layout| match layout.kind() {
        kind if kind == own => 0,
        Kind::Label => 1,
        Kind::Band | Kind::Card => 2,
    });
    layouts
}

/// A layout in a table of what the codes would be on each.
struct Row {
    name: String,
    title: String,
    per_page: usize,
    /// Of the whole batch, reverse pages included.
    pages: u64,
    /// `37 modules of 0.42 mm`
    top_up: String,
    /// `version 5, 18.9 mm with its white edge`
    top_up_edge: String,
    pay: String,
    pay_edge: String,
    remarks: Vec<String>,
    fits: bool,
    /// How wide and how high the picture of a piece is, in a unit of its own.
    picture: (i64, i64),
}

impl Row {
    fn of(listing: &Listing<'_>, pieces: i64) -> Row {
        let Choice { name, title, per_page, remarks, .. } = Choice::of(listing);
        let plan = listing.plan.as_ref().ok();
        let code = |code: &CodePlan| {
            let dots = code.dots.map(|dots| format!(", {dots} dots")).unwrap_or_default();
            format!("{} modules of {}{dots}", code.modules, code.module)
        };
        let edge = |code: &CodePlan| format!("version {}, {} with its white edge", code.version, code.edge());
        Row {
            name,
            title,
            per_page,
            pages: plan.map(|plan| plan.pages(pieces.unsigned_abs())).unwrap_or_default(),
            top_up: plan.map(|plan| code(&plan.top_up)).unwrap_or_default(),
            top_up_edge: plan.map(|plan| edge(&plan.top_up)).unwrap_or_default(),
            pay_edge: plan.map(|plan| edge(&plan.pay)).unwrap_or_default(),
            pay: plan.map(|plan| code(&plan.pay)).unwrap_or_default(),
            remarks,
            fits: plan.is_some(),
            picture: plan.map(specimen_size).unwrap_or_default(),
        }
    }
}
