//! A batch for the print shop: as a sheet, as a list, as pictures. Whoever has one can spend from every medium of
//! it, so each download is in the audit log before its first byte leaves.

use super::batches::LayoutList;
use super::pipe::sent_while_written;
use crate::audit_log::{self, Actor, Entry};
use crate::clock::Clock;
use crate::db::Store;
use crate::ids::BatchId;
use crate::media::print_shop::{Printer, ShopError, layout_named, layouts_known, printer_named};
use crate::media::{PrintJob, PrintJobError, Product, SheetOrder, batch_life};
use crate::print::{Choice, Language, Level, Refusal};
use crate::secrets::KeyFile;
use crate::web::app::{App, Downloads};
use crate::web::body::{Json, Query};
use crate::web::caller::{Allowed, Print};
use crate::web::in_path::InPath;
use crate::web::openapi::schemas;
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
    /// Language of the printed texts: `nl`, `fr`, `de` or `en`; the batch's unless given.
    #[param(schema_with = schemas::language, required = false)]
    language: Option<Language>,
    /// Error correction of the top-up codes: `M`, `Q` or `H`; the batch's unless given.
    #[param(schema_with = schemas::level, required = false)]
    level: Option<Level>,
    /// A printer by the name it was remembered by.
    printer: Option<String>,
    /// Resolution of the printer: modules become whole dots where that keeps them large enough.
    dpi: Option<u32>,
}

impl SheetQuery {
    /// As the batch says, on this layout and printer.
    pub(in crate::web) fn on(layout: String, printer: Option<String>) -> SheetQuery {
        SheetQuery { layout, language: None, level: None, printer, dpi: None }
    }
}

/// A sheet, or no more than its codes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct ManifestQuery {
    /// The name of the layout of the sheet it is the manifest of.
    layout: Option<String>,
}

/// What it is printed on.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::web) struct PrinterQuery {
    /// A printer by the name it was remembered by.
    printer: Option<String>,
    /// Its resolution.
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

    /// The sheet of a batch, noted as downloaded.
    pub(in crate::web) async fn sheet(
        &self,
        actor: &Actor,
        batch: BatchId,
        query: SheetQuery,
    ) -> Result<Response, Problem> {
        let SheetQuery { layout, language, level, printer, dpi } = query;
        let layout = layout_named(&self.store, &layout).await?;
        let printer = self.printer(printer.as_deref(), dpi).await?;
        let name = layout.name().to_owned();
        let order = SheetOrder { layout, language, level, printer };
        let order = self.prepare(batch, Product::Sheet(order)).await?;
        self.note(actor, "sheet downloaded", &order, Some(format!("layout {name}"))).await?;
        Ok(file(order, &format!("-{name}.pdf"), "application/pdf"))
    }

    /// What was printed of a batch, without a code that works.
    pub(in crate::web) async fn manifest(
        &self,
        actor: &Actor,
        batch: BatchId,
        layout: Option<&str>,
    ) -> Result<Response, Problem> {
        let order = match layout {
            Some(name) => {
                let layout = layout_named(&self.store, name).await?;
                Some(SheetOrder { layout, language: None, level: None, printer: Printer::exact("") })
            }
            None => None,
        };
        let order = self.prepare(batch, Product::Manifest(order)).await?;
        self.note_manifest(actor, &order).await?;
        Ok(file(order, "-manifest.json", "application/json"))
    }

    /// The codes of a batch as a list, noted as downloaded.
    pub(in crate::web) async fn list(&self, actor: &Actor, batch: BatchId) -> Result<Response, Problem> {
        let order = self.prepare(batch, Product::List).await?;
        self.note(actor, "code list downloaded", &order, None).await?;
        Ok(file(order, "-codes.csv", "text/csv; charset=utf-8; header=present"))
    }

    /// The codes of a batch as pictures, noted as downloaded.
    pub(in crate::web) async fn pictures(&self, actor: &Actor, batch: BatchId) -> Result<Response, Problem> {
        let order = self.prepare(batch, Product::Pictures { level: None }).await?;
        self.note(actor, "code pictures downloaded", &order, None).await?;
        Ok(file(order, "-codes.zip", "application/zip"))
    }

    /// A printer that is remembered by its name, or one that prints as it should.
    pub(in crate::web) async fn printer(
        &self,
        name: Option<&str>,
        dpi: Option<u32>,
    ) -> Result<Printer, Problem> {
        let printer = match name {
            Some(name) => printer_named(&self.store, name).await?,
            None => Printer::exact(""),
        };
        Ok(Printer { dpi: dpi.or(printer.dpi), ..printer })
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

    /// Notes what no piece can be printed from.
    async fn note_manifest(&self, actor: &Actor, order: &Order) -> Result<(), Problem> {
        let subject = format!("batch:{}", order.job.batch().id);
        let entry =
            Entry { event: Some(order.job.event().id), ..Entry::new(actor, "manifest downloaded", subject) };
        Ok(audit_log::store::write_alone(&self.store, self.clock.now(), &entry).await?)
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
            PrintJobError::Shop(error) => error.into(),
            PrintJobError::Pieces(error) => Problem::internal(error),
            PrintJobError::Database(error) => error.into(),
        }
    }
}

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Problem {
        match error {
            ShopError::Database(error) => error.into(),
            ShopError::Unknown { what, .. } => Problem::invalid(what, error),
            other => Problem::new(StatusCode::CONFLICT, "batch-not-printable", other.to_string()),
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
    shop.sheet(&caller.actor(), batch, query).await
}

/// What was printed of a batch, without a code that works: to check a delivery against.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}/manifest.json", tag = "Media", operation_id = "batch_manifest",
    security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch"), ManifestQuery),
    responses(
        (status = 200, description = "Its options, and for each piece its serial and the SHA-256 of its codes",
            content_type = "application/json", body = String),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`batch-not-printable`"),
        (status = 422, description = "`invalid-request` {field}, `does-not-fit`"),
    )
)]
pub(in crate::web) async fn manifest(
    caller: Allowed<Print>,
    State(shop): State<Shop>,
    InPath(batch): InPath<BatchId>,
    Query(query): Query<ManifestQuery>,
) -> Result<Response, Problem> {
    shop.manifest(&caller.actor(), batch, query.layout.as_deref()).await
}

/// What the codes of a batch are on every layout, before anything is printed.
#[utoipa::path(
    get, path = "/api/v1/batches/{id}/layouts", tag = "Media", operation_id = "preview_sheets",
    security(("operator" = [])),
    params(("id" = uuid::Uuid, Path, description = "The batch"), PrinterQuery),
    responses(
        (status = 200, description = "Every layout; what doesn't fit says why", body = LayoutList),
        (status = 404, description = "`unknown-batch`"),
        (status = 409, description = "`batch-not-printable`"),
        (status = 422, description = "`invalid-request` {field}"),
    )
)]
pub(in crate::web) async fn layouts(
    _: Allowed<Print>,
    State(shop): State<Shop>,
    InPath(batch): InPath<BatchId>,
    Query(query): Query<PrinterQuery>,
) -> Result<Json<LayoutList>, Problem> {
    let printer = shop.printer(query.printer.as_deref(), query.dpi).await?;
    let layouts = layouts_known(&shop.store).await?;
    let listed = PrintJob::preview(&shop.store, &shop.keys, batch, &layouts, &printer, (None, None)).await?;
    Ok(Json(LayoutList { layouts: listed.iter().map(Choice::of).collect() }))
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
    shop.list(&caller.actor(), batch).await
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
    shop.pictures(&caller.actor(), batch).await
}
