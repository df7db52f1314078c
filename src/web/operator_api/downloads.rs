//! A batch for the print shop: as a sheet, as a list, as pictures. Whoever has one can spend from every medium of
//! it, so each download is in the audit log before its first byte leaves.

use super::pipe::sent_while_written;
use crate::audit_log::{Actor, Entry};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::{PrintJob, PrintJobError, Product, batch_life};
use crate::print::{Language, Layout, Options, Refusal, layouts};
use crate::secrets::KeyFile;
use crate::web::app::{App, Downloads};
use crate::web::body::Query;
use crate::web::caller::{Allowed, Print};
use crate::web::in_path::InPath;
use crate::web::problem::Problem;
use axum::extract::{FromRef, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
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
    store: Store,
    keys: Arc<KeyFile>,
    clock: Clock,
    downloads: Downloads,
}

impl FromRef<App> for Shop {
    fn from_ref(app: &App) -> Shop {
        Shop {
            store: Store::from_ref(app),
            keys: Arc::from_ref(app),
            clock: Clock::from_ref(app),
            downloads: Downloads::from_ref(app),
        }
    }
}

/// A batch worked out, with a place in the queue.
struct Order {
    job: PrintJob,
    permit: OwnedSemaphorePermit,
}

impl Shop {
    async fn prepare(&self, batch: BatchId, product: Product) -> Result<Order, Problem> {
        let permit = Arc::clone(&self.downloads.0).try_acquire_owned().map_err(|_| {
            let detail = "several files are being written already: try again in a moment";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(5)
        })?;
        let job = PrintJob::prepare(&self.store, &self.keys, batch, product).await?;
        Ok(Order { job, permit })
    }

    async fn note(
        &self,
        actor: &Actor,
        action: &'static str,
        order: &Order,
        detail: Option<String>,
    ) -> Result<(), Problem> {
        let entry = Entry {
            event: Some(order.job.event().id),
            detail,
            ..Entry::new(actor, action, format!("batch:{}", order.job.batch().id))
        };
        Ok(batch_life::rendered(&self.store, self.clock.now(), order.job.batch(), &entry).await?)
    }
}

impl From<PrintJobError> for Problem {
    fn from(error: PrintJobError) -> Problem {
        match error {
            PrintJobError::Unknown(_) => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-batch", error.to_string())
            }
            PrintJobError::NotPrintable(why) => {
                Problem::new(StatusCode::CONFLICT, "batch-not-printable", why)
            }
            PrintJobError::Refused(ref refusal @ Refusal::Option { option, .. }) => {
                Problem::invalid(option, refusal)
            }
            PrintJobError::Refused(other) => {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "does-not-fit", other.to_string())
            }
            PrintJobError::Pieces(error) => Problem::internal(error),
            PrintJobError::Database(error) => error.into(),
        }
    }
}

/// The file, written while it is sent.
fn file(order: Order, ending: &str, content_type: &'static str) -> Response {
    let Order { job, permit } = order;
    let name = format!("attachment; filename=\"{}-{}{ending}\"", job.event().slug, job.batch().id);
    let body = sent_while_written(permit, move |pipe| {
        job.write(pipe, |_| ()).map(drop).map_err(|error| error.to_string())
    });
    let headers = [(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, name.as_str())];
    (headers, body).into_response()
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
    let options = Options { dpi: query.dpi, ..Options::default() };
    let product = Product::Sheet { layout: Box::new(layout.clone()), language, options };
    let order = shop.prepare(batch, product).await?;
    shop.note(&caller.actor(), "sheet downloaded", &order, Some(format!("layout {}", layout.name()))).await?;
    Ok(file(order, &format!("-{}.pdf", layout.name()), "application/pdf"))
}

fn layout(name: &str) -> Result<&'static Layout, Problem> {
    layouts().iter().find(|layout| layout.name() == name).ok_or_else(|| {
        let names: Vec<&str> = layouts().iter().map(Layout::name).collect();
        Problem::invalid("layout", format!("there is no such layout; choose one of {}", names.join(", ")))
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
    let order = shop.prepare(batch, Product::List).await?;
    shop.note(&caller.actor(), "code list downloaded", &order, None).await?;
    Ok(file(order, "-codes.csv", "text/csv; charset=utf-8; header=present"))
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
    let order = shop.prepare(batch, Product::Pictures(Options::default())).await?;
    shop.note(&caller.actor(), "code pictures downloaded", &order, None).await?;
    Ok(file(order, "-codes.zip", "application/zip"))
}
