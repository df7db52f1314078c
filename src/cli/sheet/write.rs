//! Writing what was worked out of a batch into files.

use crate::audit_log::{self, Entry};
use crate::cli::context::Context;
use crate::cli::failure::Usage;
use crate::cli::out::note;
use crate::cli::output_file::OutputFile;
use crate::cli::progress::Progress;
use crate::cli::shell::Shell;
use crate::ids::BatchId;
use crate::media::{PrintJob, PrintJobError, Product, batch_life};
use crate::print::{Plan, Refusal, Summary, WriteError};
use anyhow::{Context as _, Error, anyhow};
use serde::Serialize;
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

/// What a manifest is called among the formats.
const MANIFEST: &str = "json";

/// A file that was written.
#[derive(Serialize)]
pub(super) struct Written {
    batch: BatchId,
    format: &'static str,
    file: PathBuf,
    pieces: u64,
    pages: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    layout: Option<Codes>,
}

/// What the codes of a sheet became.
#[derive(Serialize)]
struct Codes {
    name: String,
    top_up_version: i16,
    top_up_module: String,
    pay_version: i16,
    pay_module: String,
    warnings: Vec<String>,
}

impl Codes {
    fn of(plan: &Plan) -> Codes {
        Codes {
            name: plan.layout().name().to_owned(),
            top_up_version: plan.top_up.version,
            top_up_module: plan.top_up.module.to_string(),
            pay_version: plan.pay.version,
            pay_module: plan.pay.module.to_string(),
            warnings: plan.warnings.clone(),
        }
    }
}

/// Prints what was written: one JSON object for one file, an array for several.
pub(super) fn print(shell: &Shell, written: &[Written]) -> anyhow::Result<()> {
    let lines: Vec<String> = written.iter().map(Written::text).collect();
    match written {
        [one] => shell.out.one(one, lines.join("\n")),
        all => shell.out.one(&all, lines.join("\n")),
    }
}

impl Written {
    fn text(&self) -> String {
        let Written { file, pieces, pages, .. } = self;
        let unit = match (self.format, *pages) {
            ("pdf", 1) => "page",
            ("pdf", _) => "pages",
            ("zip", _) => "files",
            (_, 1) => "row",
            _ => "rows",
        };
        format!("{}: {pieces} media, {pages} {unit}", file.display())
    }
}

/// Writes a batch into `path`, notes it in the audit log, and only then shows the file.
pub(super) async fn write(
    context: &Context,
    batch: BatchId,
    product: Product,
    path: PathBuf,
) -> anyhow::Result<Written> {
    let (format, action) = match product {
        Product::Sheet(_) => ("pdf", "sheet printed"),
        Product::List => ("csv", "codes written as CSV"),
        Product::Pictures { .. } => ("zip", "codes written as ZIP"),
        Product::Manifest(_) => (MANIFEST, "manifest written"),
    };
    let job = PrintJob::prepare(&context.store, &context.keys, batch, product).await;
    let job = job.map_err(not_prepared)?;
    let layout = job.plan().map(Codes::of);
    let warnings = job.plan().map_or(&[][..], |plan| &plan.warnings);
    warnings.iter().for_each(|warning| note(format_args!("Mind: {warning}")));
    let entry = Entry {
        event: Some(job.event().id),
        detail: path.file_name().map(|name| format!("file {}", name.to_string_lossy())),
        ..Entry::new(&context.actor, action, format!("batch:{batch}"))
    };
    let printed = job.batch().clone();
    let file = OutputFile::create(&path)?;
    let progress = Progress::of(job.batch().count.unsigned_abs(), "media");
    let written = spawn_blocking(move || {
        let summary = job.write(file.file(), |done| progress.at(done));
        summary.map(|summary| (summary, file))
    });
    let written = written.await.context("the printing thread stopped")?;
    let (summary, file) = written.map_err(|error| not_written(error, &path))?;
    if format == MANIFEST {
        // No piece can be printed from it.
        audit_log::store::write_alone(&context.store, context.now(), &entry).await?;
    } else {
        batch_life::rendered(&context.store, context.now(), &printed, &entry).await?;
    }
    file.keep()?;
    let Summary { pieces, pages, bytes } = summary;
    Ok(Written { batch, format, file: path, pieces, pages, bytes, layout })
}

/// Says what to do where something can't be printed.
pub(super) fn not_prepared(error: PrintJobError) -> Error {
    match error {
        PrintJobError::Unknown(batch) => {
            anyhow!("there is no batch {batch}: `media issue` printed its id, `event show` lists them")
        }
        PrintJobError::Refused(refusal) => refused(refusal),
        other => other.into(),
    }
}

/// An option out of its range was an argument.
pub(super) fn refused(refusal: Refusal) -> Error {
    match refusal {
        Refusal::Option { .. } => Usage(refusal.to_string()).into(),
        other => other.into(),
    }
}

fn not_written<E: std::error::Error + Send + Sync + 'static>(error: WriteError<E>, path: &Path) -> Error {
    match error {
        WriteError::Source(error) => error.into(),
        WriteError::Output(error) => {
            Error::new(error).context(format!("{} can't be written", path.display()))
        }
        WriteError::Refused(refusal) => refusal.into(),
    }
}
