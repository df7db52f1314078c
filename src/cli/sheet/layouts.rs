//! What can be printed on: the list of layouts, and the page to calibrate a printer with.

use crate::cli::output_file::OutputFile;
use crate::cli::shell::Shell;
use crate::print::{self, CodePlan, Kind, Layout, Listing, Options};
use anyhow::Context as _;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// A layout as it is listed.
#[derive(Serialize)]
struct View {
    name: String,
    title: String,
    kind: &'static str,
    per_page: usize,
    top_up_module: Option<String>,
    pay_module: Option<String>,
    remarks: Vec<String>,
}

impl View {
    fn of(listing: &Listing<'_>) -> View {
        let layout = listing.layout;
        let module = |code: &CodePlan| code.module.to_string();
        let (plan, remarks) = match &listing.usual {
            Ok(plan) => (Some(plan), plan.warnings.clone()),
            Err(refusal) => (None, vec![refusal.to_string()]),
        };
        View {
            name: layout.name().to_owned(),
            title: layout.title().to_owned(),
            kind: match layout.kind() {
                Kind::Label => "label",
                Kind::Card => "card",
                Kind::Band => "band",
            },
            per_page: layout.per_page(),
            top_up_module: plan.map(|plan| module(&plan.top_up)),
            pay_module: plan.map(|plan| module(&plan.pay)),
            remarks,
        }
    }
}

/// Lists the layouts with what the usual codes are on them.
pub(super) fn list(shell: &Shell) -> anyhow::Result<()> {
    let views: Vec<View> = print::list(print::layouts()).iter().map(View::of).collect();
    shell.out.list(&views, ["layout", "kind", "a page", "top-up module", "pay module", "title"], |view| {
        let or_none = |module: &Option<String>| module.clone().unwrap_or_else(|| "doesn't fit".to_owned());
        [
            view.name.clone(),
            view.kind.to_owned(),
            view.per_page.to_string(),
            or_none(&view.top_up_module),
            or_none(&view.pay_module),
            view.title.clone(),
        ]
    })
}

/// What was written of a calibration page.
#[derive(Serialize)]
struct Calibration<'a> {
    layout: &'a str,
    file: &'a Path,
    bytes: usize,
}

/// Writes the calibration page of a layout.
pub(super) fn calibration(
    layout: &Layout,
    options: &Options,
    out: &Path,
    shell: &Shell,
) -> anyhow::Result<()> {
    let pdf = print::calibration_pdf(layout, options).map_err(super::refused)?;
    let file = OutputFile::create(out)?;
    file.file().write_all(&pdf).with_context(|| format!("{} can't be written", out.display()))?;
    file.keep()?;
    let written = Calibration { layout: layout.name(), file: out, bytes: pdf.len() };
    shell.out.one(&written, format_args!("{}: print it at 100% and hold it against the stock", out.display()))
}
