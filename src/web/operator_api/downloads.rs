//! A batch for the print shop: as a sheet, as a list, as pictures. Whoever has one can spend from every medium of
//! it, so each download is in the audit log before its first byte leaves.

use super::pipe::{Pipe, sent_while_written};
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Clock;
use crate::db::Store;
use crate::events::{self, Event};
use crate::ids::BatchId;
use crate::media::{self, PieceSource};
use crate::print::{
    Language, Layout, Longest, Options, Piece, Plan, Refusal, SheetText, layouts, plan, write_csv, write_pdf,
    write_zip,
};
use crate::secrets::KeyFile;
use crate::web::app::Downloads;
use crate::web::body::Query;
use crate::web::caller::{Allowed, Print};
use crate::web::in_path::InPath;
use crate::web::problem::Problem;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::IntoParams;

/// How a sheet is printed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct SheetQuery {
    /// The name of a layout, such as `avery-l7160`, `cr80` or `a4-band-19`.
    layout: String,
    /// Language of the printed texts: `nl` (default), `fr`, `de` or `en`.
    language: Option<String>,
    /// Resolution of the printer: modules become whole dots where that keeps them large enough.
    dpi: Option<u32>,
}

/// Codes take no options.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct NoQuery {}

/// What every download needs.
#[derive(Clone)]
pub(in crate::web) struct Shop {
    pub(in crate::web) store: Store,
    pub(in crate::web) keys: Arc<KeyFile>,
    pub(in crate::web) clock: Clock,
    pub(in crate::web) downloads: Downloads,
}

/// A batch that can be printed, with a place in the queue.
struct Order {
    event: Event,
    batch: BatchId,
    pieces: Pieces,
    permit: OwnedSemaphorePermit,
}

impl Shop {
    async fn open(&self, batch: BatchId) -> Result<Order, Problem> {
        let unknown =
            || Problem::new(StatusCode::NOT_FOUND, "unknown-batch", format!("there is no batch {batch}"));
        let (event, profile) = {
            let mut session = self.store.read().await?;
            let (found, _) = media::store::batch_with_key(&mut session, batch).await?.ok_or_else(unknown)?;
            let event =
                events::store::by_ids(&mut session, [found.event_id]).await?.pop().ok_or_else(unknown)?;
            let profiles = events::store::profiles(&mut session, &self.keys, event.id).await?;
            let profile = profiles.into_iter().next().map(|profile| profile.profile_id);
            (event, profile.ok_or_else(|| Problem::internal("an event without a profile"))?)
        };
        let source = PieceSource::open(&self.store, &self.keys, batch, &profile).await?;
        let source = source.map_err(|why| Problem::new(StatusCode::CONFLICT, "batch-not-printable", why))?;
        let permit = Arc::clone(&self.downloads.0).try_acquire_owned().map_err(|_| {
            let detail = "several files are being written already: try again in a moment";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(5)
        })?;
        let runtime = Handle::current();
        let pieces = Pieces { store: self.store.clone(), source, read: VecDeque::new(), runtime };
        Ok(Order { event, batch, pieces, permit })
    }

    async fn note(
        &self,
        actor: &Actor,
        action: &'static str,
        order: &Order,
        detail: Option<String>,
    ) -> Result<(), Problem> {
        let entry = Entry {
            event: Some(order.event.id),
            detail,
            ..Entry::new(actor, action, format!("batch:{}", order.batch))
        };
        let mut tx = self.store.begin().await?;
        audit_log::store::write(&mut tx, self.clock.now(), &entry).await?;
        Ok(tx.commit().await?)
    }
}

/// A batch's pieces for a thread that may wait for the database.
struct Pieces {
    store: Store,
    source: PieceSource,
    read: VecDeque<Piece>,
    runtime: Handle,
}

impl Pieces {
    /// The texts of all pieces of a batch have one length, so that the first page tells the longest.
    async fn look_ahead(&mut self) -> Result<Option<&Piece>, Problem> {
        if self.read.is_empty() {
            self.read = self.source.page(&self.store).await.map_err(Problem::internal)?.into();
        }
        Ok(self.read.front())
    }
}

impl Iterator for Pieces {
    type Item = Result<Piece, media::PieceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_empty() {
            match self.runtime.block_on(self.source.page(&self.store)) {
                Ok(page) => self.read = page.into(),
                Err(error) => return Some(Err(error)),
            }
        }
        self.read.pop_front().map(Ok)
    }
}

/// A file of a batch, written while it is sent.
fn file(
    order: Order,
    ending: &str,
    content_type: &'static str,
    write: impl FnOnce(Pieces, &mut Pipe) -> Result<(), String> + Send + 'static,
) -> Response {
    let Order { event, batch, pieces, permit } = order;
    let name = format!("attachment; filename=\"{}-{batch}{ending}\"", event.slug);
    let body = sent_while_written(permit, move |pipe| write(pieces, pipe));
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, name.as_str())];
    (headers, body).into_response()
}

fn said(error: impl Display) -> String {
    error.to_string()
}

/// The sheet of a batch, as PDF.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}/sheet.pdf", tag = "Media", operation_id = "print_sheet",
    security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch"), SheetQuery),
    responses(
        (status = 200, description = "The sheet", content_type = "application/pdf", body = Vec<u8>),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`batch-not-printable`"),
        (status = 422, description = "`invalid-request` {field}, `does-not-fit`"),
    )
)]
pub(in crate::web) async fn sheet(
    caller: Allowed<Print>,
    State(shop): State<Shop>,
    InPath(batch): InPath<BatchId>,
    Query(query): Query<SheetQuery>,
) -> Result<Response, Problem> {
    let layout = layout(&query.layout)?;
    let language = match query.language.as_deref() {
        None => Language::default(),
        Some(code) => Language::parse(code)
            .ok_or_else(|| Problem::invalid("language", "choose one of nl, fr, de and en"))?,
    };
    let mut order = shop.open(batch).await?;
    let text =
        SheetText { event_name: order.event.name.clone(), merchant: order.event.merchant.clone(), language };
    let options = Options { dpi: query.dpi, ..Options::default() };
    let plan = planned(&mut order, layout, &text, &options).await?;
    shop.note(&caller.actor(), "sheet downloaded", &order, Some(format!("layout {}", layout.name()))).await?;
    let ending = format!("-{}.pdf", layout.name());
    Ok(file(order, &ending, "application/pdf", move |pieces, pipe| {
        write_pdf(&plan, pieces, pipe, |_| ()).map(drop).map_err(said)
    }))
}

fn layout(name: &str) -> Result<&'static Layout, Problem> {
    layouts().iter().find(|layout| layout.name() == name).ok_or_else(|| {
        let names: Vec<&str> = layouts().iter().map(Layout::name).collect();
        Problem::invalid("layout", format!("there is no such layout; choose one of {}", names.join(", ")))
    })
}

async fn planned(
    order: &mut Order,
    layout: &Layout,
    text: &SheetText,
    options: &Options,
) -> Result<Plan, Problem> {
    let first = order.pieces.look_ahead().await?;
    let first = first.ok_or_else(|| Problem::internal("an issued batch without media"))?;
    let longest = Longest { qr_text: &first.qr_text, pay_qr_text: &first.pay_qr_text };
    plan(layout, text, &longest, options).map_err(|refusal| match refusal {
        Refusal::Option { option, .. } => Problem::invalid(option, refusal),
        other => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "does-not-fit", other.to_string()),
    })
}

/// The codes of a batch, as a list.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}/codes.csv", tag = "Media", operation_id = "list_codes",
    security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch")),
    responses(
        (status = 200, description = "sequence, serial, reference, qr_text, pay_code, pay_qr_text, batch",
            content_type = "text/csv", body = String),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`batch-not-printable`"),
    )
)]
pub(in crate::web) async fn csv(
    caller: Allowed<Print>,
    State(shop): State<Shop>,
    InPath(batch): InPath<BatchId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let order = shop.open(batch).await?;
    shop.note(&caller.actor(), "code list downloaded", &order, None).await?;
    Ok(file(order, "-codes.csv", "text/csv; charset=utf-8; header=present", move |pieces, pipe| {
        write_csv(batch, pieces, pipe, |_| ()).map(drop).map_err(said)
    }))
}

/// The codes of a batch, as pictures.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}/codes.zip", tag = "Media", operation_id = "draw_codes",
    security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch")),
    responses(
        (status = 200, description = "An SVG and a PNG for each code, named by serial",
            content_type = "application/zip", body = Vec<u8>),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`batch-not-printable`"),
    )
)]
pub(in crate::web) async fn zip(
    caller: Allowed<Print>,
    State(shop): State<Shop>,
    InPath(batch): InPath<BatchId>,
    Query(NoQuery {}): Query<NoQuery>,
) -> Result<Response, Problem> {
    let order = shop.open(batch).await?;
    shop.note(&caller.actor(), "code pictures downloaded", &order, None).await?;
    Ok(file(order, "-codes.zip", "application/zip", move |pieces, pipe| {
        write_zip(&Options::default(), pieces, pipe, |_| ()).map(drop).map_err(said)
    }))
}
