//! The page to calibrate a printer with.

use crate::cli::failure::Usage;
use crate::cli::output_file::OutputFile;
use crate::cli::shell::Shell;
use crate::media::print_shop::Printer;
use crate::print::{self, Layout, Level};
use anyhow::Context as _;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// What was written of a calibration page.
#[derive(Serialize)]
struct Calibration<'a> {
    layout: &'a str,
    file: &'a Path,
    bytes: usize,
}

/// Writes the calibration page of a layout.
pub(super) fn write(
    layout: &Layout,
    printer: &Printer,
    out: Option<&Path>,
    shell: &Shell,
) -> anyhow::Result<()> {
    let out = out.ok_or_else(|| Usage("--out: name the file to write".to_owned()))?;
    let pdf = print::calibration_pdf(layout, &printer.options(Level::M), &printer.name)
        .map_err(super::write::refused)?;
    let file = OutputFile::create(out)?;
    file.file().write_all(&pdf).with_context(|| format!("{} can't be written", out.display()))?;
    file.keep()?;
    let written = Calibration { layout: layout.name(), file: out, bytes: pdf.len() };
    shell.out.one(&written, format_args!("{}: print it at 100% and hold it against the stock", out.display()))
}
