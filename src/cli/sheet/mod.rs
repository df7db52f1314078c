//! `polsband sheet`: what is printed of a batch.

mod calibration;
mod verify;
mod write;

use super::context::Context;
use super::failure::Usage;
use super::layout;
use super::out::note;
use super::shell::Shell;
use super::words::{batch_id, level, one_of};
use crate::ids::BatchId;
use crate::media::print_shop::{Printer, layout_named, layouts_known, printer_named};
use crate::media::{PrintJob, Product, SheetOrder};
use crate::print::{self, Language, Layout, Length, Level};
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(after_long_help = "\
Examples:
  polsband sheet BATCH --preview
  polsband sheet --calibration --layout avery-l7160 --out calibration.pdf
  polsband sheet BATCH --layout avery-l7160 --printer office --out sheet.pdf
  polsband sheet BATCH --verify sheet.pdf
  polsband sheet BATCH --csv codes.csv --zip codes.zip --manifest manifest.json

Sheets and lists hold pay codes: whoever reads them can spend. They are written for your
own account's eyes only, and each one is noted in the audit log. A manifest holds none.")]
pub(super) struct Sheet {
    /// The batch, as `media issue` printed its id
    #[arg(value_parser = batch_id, required_unless_present_any = ["layouts", "calibration"])]
    batch: Option<BatchId>,
    /// The layout, by name (see `layout list`) or as a .toml file of your own
    #[arg(long, value_name = "NAME")]
    #[arg(required_unless_present_any = ["layouts", "csv", "zip", "manifest", "verify", "preview"])]
    layout: Option<String>,
    /// Write the PDF there
    #[arg(long, value_name = "FILE.pdf", requires = "layout")]
    #[arg(required_unless_present_any = ["layouts", "csv", "zip", "manifest", "verify", "preview"])]
    out: Option<PathBuf>,
    /// Write a list of all codes there, for variable-data printing
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// Write a picture of every code there, as SVG and PNG
    #[arg(long, value_name = "FILE.zip")]
    zip: Option<PathBuf>,
    /// Write there what was printed, without a code that works, to check a delivery against
    #[arg(long, value_name = "FILE.json")]
    manifest: Option<PathBuf>,
    /// Decode every code of a PDF of this batch and compare them with it, piece by piece
    #[arg(long, value_name = "FILE.pdf", conflicts_with_all = ["out", "csv", "zip", "manifest", "preview"])]
    verify: Option<PathBuf>,
    /// Say what the batch's codes are on each layout, or on the one that is named; nothing is written
    #[arg(long, conflicts_with_all = ["out", "csv", "zip", "manifest"])]
    preview: bool,
    /// Print a page to hold against the stock, in place of a batch
    #[arg(long, conflicts_with_all = ["batch", "csv", "zip", "manifest", "verify", "preview"])]
    calibration: bool,
    /// List the layouts that come with the program; `layout list` has your own as well
    #[arg(long, conflicts_with_all = ["batch", "layout", "out", "csv", "zip", "manifest", "calibration"])]
    layouts: bool,
    #[command(flatten)]
    look: LookArgs,
    /// A printer by the name it was remembered by; what is given here besides goes before
    #[arg(long, value_name = "NAME", help_heading = "How it is printed")]
    printer: Option<String>,
    #[command(flatten)]
    adjust: AdjustArgs,
}

#[derive(Args)]
#[command(next_help_heading = "How it is printed")]
struct LookArgs {
    /// Language of the printed texts [default: the batch's]
    #[arg(long, value_parser = one_of!(Language))]
    language: Option<Language>,
    /// Error correction of the top-up code: M where it stays flat, Q or H where it creases [default: the batch's]
    #[arg(long, value_parser = level(), ignore_case = true)]
    level: Option<Level>,
}

/// What a printer needs.
#[derive(Args)]
#[command(next_help_heading = "How it is printed")]
pub(super) struct AdjustArgs {
    /// The printer's resolution: modules become whole dots where they can
    #[arg(long, value_name = "N")]
    dpi: Option<u32>,
    /// Move everything to the right, in millimetres; negative to the left
    #[arg(long, value_name = "MM", value_parser = millimetres, allow_hyphen_values = true)]
    nudge_x: Option<Length>,
    /// Move everything down, in millimetres; negative up
    #[arg(long, value_name = "MM", value_parser = millimetres, allow_hyphen_values = true)]
    nudge_y: Option<Length>,
    /// Print so much larger or smaller, in percent
    #[arg(long, value_name = "PERCENT", value_parser = print::parse_scale)]
    scale: Option<u32>,
}

impl AdjustArgs {
    /// A printer with what was given in place of its own.
    pub(super) fn applied(&self, printer: Printer) -> Printer {
        Printer {
            dpi: self.dpi.or(printer.dpi),
            nudge_x: self.nudge_x.unwrap_or(printer.nudge_x),
            nudge_y: self.nudge_y.unwrap_or(printer.nudge_y),
            scale_ppm: self.scale.unwrap_or(printer.scale_ppm),
            name: printer.name,
        }
    }
}

fn millimetres(text: &str) -> Result<Length, String> {
    Length::parse_mm(text).ok_or_else(|| "not a length in millimetres, such as 0.4 or -1,25".to_owned())
}

pub(super) async fn run(sheet: Sheet, shell: &Shell) -> anyhow::Result<()> {
    if sheet.layouts {
        return layout::list(shell, &print::list_usual(print::layouts()));
    }
    if let (true, None, Some(name)) = (sheet.calibration, &sheet.printer, &sheet.layout)
        && let Some(layout) = without_database(name)?
    {
        return calibration::write(
            &layout,
            &sheet.adjust.applied(Printer::exact("")),
            sheet.out.as_deref(),
            shell,
        );
    }
    let context = shell.open().await?;
    let outcome = run_in(&context, sheet, shell).await;
    context.close().await;
    outcome
}

async fn run_in(context: &Context, sheet: Sheet, shell: &Shell) -> anyhow::Result<()> {
    let printer = match &sheet.printer {
        Some(name) => printer_named(&context.store, name).await?,
        None => Printer::exact(""),
    };
    let printer = sheet.adjust.applied(printer);
    let layout = match &sheet.layout {
        Some(name) => Some(match without_database(name)? {
            Some(layout) => layout,
            None => layout_named(&context.store, name).await.map_err(|e| Usage(format!("--layout: {e}")))?,
        }),
        None => None,
    };
    match (sheet.batch, layout) {
        (None, Some(layout)) => calibration::write(&layout, &printer, sheet.out.as_deref(), shell),
        (None, None) => Err(Usage("nothing to print: see `polsband sheet --help`".to_owned()).into()),
        (Some(batch), _) if sheet.verify.is_some() => {
            verify::run(context, batch, sheet.verify.as_deref().unwrap_or(Path::new("")), shell).await
        }
        (Some(batch), layout) if sheet.preview => {
            let layouts = match layout {
                Some(layout) => vec![layout],
                None => layouts_known(&context.store).await?,
            };
            let look = (sheet.look.level, sheet.look.language);
            let listed =
                PrintJob::preview(&context.store, &context.keys, batch, &layouts, &printer, look).await;
            layout::list_fitting(shell, &listed.map_err(write::not_prepared)?)
        }
        (Some(batch), layout) => {
            let products = products(&sheet, layout, printer);
            check_files(&products)?;
            let mut written = Vec::new();
            for (product, path) in products {
                written.push(write::write(context, batch, product, path).await?);
            }
            write::print(shell, &written)
        }
    }
}

/// What is asked for, each with its file.
fn products(sheet: &Sheet, layout: Option<Layout>, printer: Printer) -> Vec<(Product, PathBuf)> {
    let LookArgs { language, level } = sheet.look;
    if sheet.out.is_none() && sheet.manifest.is_none() && layout.is_some() {
        note("--layout is for a PDF: without --out none is written");
    }
    let order = layout.map(|layout| SheetOrder { layout, language, level, printer });
    let pdf = sheet.out.clone().zip(order.clone()).map(|(path, order)| (Product::Sheet(order), path));
    let csv = sheet.csv.clone().map(|path| (Product::List, path));
    let zip = sheet.zip.clone().map(|path| (Product::Pictures { level }, path));
    let manifest = sheet.manifest.clone().map(|path| (Product::Manifest(order), path));
    [pdf, csv, zip, manifest].into_iter().flatten().collect()
}

/// Refuses two results in one file, before anything is written.
fn check_files(products: &[(Product, PathBuf)]) -> anyhow::Result<()> {
    for (index, (_, path)) in products.iter().enumerate() {
        if path.as_os_str() == "-" {
            let why = "codes are written to files only, so that none is left on a screen: name one, or ./- for that name";
            return Err(Usage(format!("-: {why}")).into());
        }
        let is_same = |other: &Path| other == path || place(other).is_some_and(|at| place(path) == Some(at));
        if products[index + 1..].iter().any(|(_, other)| is_same(other)) {
            return Err(Usage(format!("{}: two results can't be in one file", path.display())).into());
        }
    }
    Ok(())
}

/// Where a file will lie, links followed.
fn place(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        Some(folder.unwrap_or(Path::new(".")).canonicalize().ok()?.join(path.file_name()?))
    })
}

/// A layout that comes with the program, or a file of the user's own; none where the name may be one that was added.
fn without_database(name: &str) -> anyhow::Result<Option<Layout>> {
    if name.ends_with(".toml") {
        let source = layout::read_layout(Path::new(name))?;
        let parsed = Layout::parse(&source);
        return parsed.map(Some).map_err(|error| Usage(format!("--layout: {name}: {error}")).into());
    }
    Ok(print::layouts().iter().find(|layout| layout.name() == name).cloned())
}
