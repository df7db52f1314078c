//! `polsband sheet`: what is printed of a batch.

mod layouts;
mod write;

use super::failure::Usage;
use super::out::note;
use super::shell::Shell;
use super::words::batch_id;
use crate::ids::BatchId;
use crate::print::{self, Language, Layout, Length, Level, Options, Refusal};
use clap::Args;
use std::path::PathBuf;

/// Longest file of a layout of one's own.
const LAYOUT_BYTES_MAX: u64 = 16 * 1024;

#[derive(Args)]
#[command(after_long_help = "\
Examples:
  polsband sheet --layouts
  polsband sheet --calibration --layout avery-l7160 --out calibration.pdf
  polsband sheet BATCH --layout avery-l7160 --out sheet.pdf
  polsband sheet BATCH --csv codes.csv --zip codes.zip

Sheets and lists hold pay codes: whoever reads them can spend. They are written for your
own account's eyes only, and each one is noted in the audit log.")]
pub(super) struct Sheet {
    /// The batch, as `media issue` printed its id
    #[arg(value_parser = batch_id, required_unless_present_any = ["layouts", "calibration"])]
    batch: Option<BatchId>,
    /// The layout, by name or as a .toml file of your own
    #[arg(long, value_name = "NAME", required_unless_present_any = ["layouts", "csv", "zip"])]
    layout: Option<String>,
    /// Write the PDF there
    #[arg(long, value_name = "FILE.pdf", requires = "layout")]
    #[arg(required_unless_present_any = ["layouts", "csv", "zip"])]
    out: Option<PathBuf>,
    /// Write a list of all codes there, for variable-data printing
    #[arg(long, value_name = "FILE.csv")]
    csv: Option<PathBuf>,
    /// Write a picture of every code there, as SVG and PNG
    #[arg(long, value_name = "FILE.zip")]
    zip: Option<PathBuf>,
    /// Print a page to hold against the stock, in place of a batch
    #[arg(long, conflicts_with_all = ["batch", "csv", "zip"])]
    calibration: bool,
    /// List the layouts that come with the program
    #[arg(long, conflicts_with_all = ["batch", "layout", "out", "csv", "zip", "calibration"])]
    layouts: bool,
    #[command(flatten)]
    options: OptionArgs,
}

#[derive(Args)]
#[command(next_help_heading = "How it is printed")]
struct OptionArgs {
    /// Language of the printed texts
    #[arg(long, value_parser = ["nl", "fr", "de", "en"], default_value = "nl")]
    language: String,
    /// Error correction of the top-up code: M where it stays flat, Q or H where it creases
    #[arg(long, value_parser = ["M", "Q", "H"], default_value = "M", ignore_case = true)]
    level: String,
    /// The printer's resolution: modules become whole dots where they can
    #[arg(long, value_name = "N")]
    dpi: Option<u32>,
    /// Move everything to the right, in millimetres; negative to the left
    #[arg(long, value_name = "MM", value_parser = millimetres, allow_negative_numbers = true, default_value = "0")]
    nudge_x: Length,
    /// Move everything down, in millimetres; negative up
    #[arg(long, value_name = "MM", value_parser = millimetres, allow_negative_numbers = true, default_value = "0")]
    nudge_y: Length,
    /// Print so much larger or smaller, in percent
    #[arg(long, value_name = "PERCENT", value_parser = scale_ppm, default_value = "100")]
    scale: u32,
}

impl OptionArgs {
    fn options(&self) -> Options {
        Options {
            dpi: self.dpi,
            nudge_x: self.nudge_x,
            nudge_y: self.nudge_y,
            scale_ppm: self.scale,
            level: Level::parse(&self.level).expect("one of the listed levels"),
        }
    }

    fn language(&self) -> Language {
        Language::parse(&self.language).expect("one of the listed languages")
    }
}

fn millimetres(text: &str) -> Result<Length, String> {
    Length::parse_mm(text).ok_or_else(|| "not a length in millimetres, such as 0.4 or -1,25".to_owned())
}

/// Percent with up to four decimals, as millionths.
fn scale_ppm(text: &str) -> Result<u32, String> {
    let wrong = || "not a share in percent, such as 100.2".to_owned();
    let text = text.trim().trim_end_matches('%').replace(',', ".");
    let percent: rust_decimal::Decimal = text.parse().map_err(|_| wrong())?;
    let millionths = percent.checked_mul(rust_decimal::Decimal::from(10_000)).ok_or_else(wrong)?;
    if !millionths.fract().is_zero() {
        return Err(wrong());
    }
    u32::try_from(millionths.trunc()).map_err(|_| wrong())
}

pub(super) async fn run(sheet: Sheet, shell: &Shell) -> anyhow::Result<()> {
    if sheet.layouts {
        return layouts::list(shell);
    }
    let layout = sheet.layout.as_deref().map(layout).transpose()?;
    let options = sheet.options.options();
    match (sheet.batch, layout, &sheet.out) {
        (None, Some(layout), Some(out)) => layouts::calibration(&layout, &options, out, shell),
        (Some(batch), layout, _) => {
            if sheet.out.is_none() && layout.is_some() {
                note("--layout is for a PDF: without --out none is written");
            }
            let context = shell.open().await?;
            let job = write::Job {
                batch,
                layout: layout.filter(|_| sheet.out.is_some()),
                out: sheet.out,
                csv: sheet.csv,
                zip: sheet.zip,
                language: sheet.options.language(),
                options,
            };
            write::write(&context, shell, job).await?;
            context.close().await;
            Ok(())
        }
        _ => Err(Usage("nothing to print: name a batch, or see `polsband sheet --help`".to_owned()).into()),
    }
}

/// An option out of its range was an argument.
fn refused(refusal: Refusal) -> anyhow::Error {
    match refusal {
        Refusal::Option { .. } => Usage(refusal.to_string()).into(),
        other => other.into(),
    }
}

/// A layout that comes with the program, or one of the user's own.
fn layout(name: &str) -> anyhow::Result<Layout> {
    if name.ends_with(".toml") {
        let text = super::shell::read_text(name.as_ref(), LAYOUT_BYTES_MAX);
        let text = text.map_err(|error| Usage(format!("--layout: {name} can't be read: {error}")))?;
        return Layout::parse(&text).map_err(|error| Usage(format!("--layout: {name}: {error}")).into());
    }
    let known = print::layouts().iter().find(|layout| layout.name() == name);
    known.cloned().ok_or_else(|| {
        let names: Vec<&str> = print::layouts().iter().map(Layout::name).collect();
        let shown: String = name.chars().take(40).collect();
        Usage(format!("--layout: there is no layout {shown:?}; there are {}", names.join(", "))).into()
    })
}
