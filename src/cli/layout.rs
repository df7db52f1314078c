//! `polsband layout`: what can be printed on.

use super::failure::Usage;
use super::out::note;
use super::shell::{Shell, read_argument};
use crate::media::print_shop::{ShopError, add_layout, layout_file, layouts_known, remove_layout};
use crate::print::{self, Choice, Layout, Listing, Refusal};
use anyhow::bail;
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Longest file of a layout of one's own.
const LAYOUT_BYTES_MAX: u64 = 16 * 1024;

#[derive(Subcommand)]
pub(super) enum LayoutCommand {
    /// All layouts with what the usual codes are on them: those that come with the program, then your own
    List,
    /// Check a layout file and say what the usual codes are on it, in each language; exits with 1 when they don't fit
    Check {
        /// The file, in the form that `layout show` prints
        file: PathBuf,
    },
    /// Keep a layout of your own, in place of one of the same name
    Add {
        /// The file, in the form that `layout show` prints
        file: PathBuf,
    },
    /// Print a layout as the file it was read from, to start your own from
    Show {
        /// Its name
        name: String,
    },
    /// Forget a layout of your own; what was printed on it stays as it is
    Remove {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(command: LayoutCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        LayoutCommand::Check { file } => {
            let layout = Layout::parse(&read_layout(&file)?).map_err(|error| wrong_file(&file, error))?;
            list_fitting(shell, &print::list_usual([&layout]))
        }
        LayoutCommand::Show { name } => match print::layout_source(&name) {
            Some(source) => shell.out.one(&source, source.trim_end()),
            None => {
                let context = shell.open().await?;
                let source = layout_file(&context.store, &name).await;
                context.close().await;
                let source = source?;
                shell.out.one(&source, source.trim_end())
            }
        },
        command => kept(command, shell).await,
    }
}

async fn kept(command: LayoutCommand, shell: &Shell) -> anyhow::Result<()> {
    let context = shell.open().await?;
    match command {
        LayoutCommand::Add { file } => {
            let source = read_layout(&file)?;
            let added = add_layout(&context.store, &context.actor, context.now(), &source).await;
            let layout = added.map_err(|error| match error {
                ShopError::Database(error) => error.into(),
                ShopError::Refused(refusal) => refusal.into(),
                other => wrong_file(&file, other),
            })?;
            list(shell, &print::list_usual([&layout]))?;
        }
        LayoutCommand::Remove { name } => {
            remove_layout(&context.store, &context.actor, context.now(), &name).await?;
            shell.out.one(&name, format_args!("{name} is removed"))?;
        }
        _ => list(shell, &print::list_usual(&layouts_known(&context.store).await?))?,
    }
    context.close().await;
    Ok(())
}

fn wrong_file(file: &Path, error: impl std::fmt::Display) -> anyhow::Error {
    Usage(format!("{}: {error}", file.display())).into()
}

/// The text of a layout file.
pub(super) fn read_layout(file: &Path) -> anyhow::Result<String> {
    let bytes = read_argument("layout", file, LAYOUT_BYTES_MAX)?;
    Ok(String::from_utf8(bytes).map_err(|_| Usage(format!("{}: it is not text", file.display())))?)
}

/// Prints layouts, and fails where none of them can be printed on.
pub(super) fn list_fitting(shell: &Shell, listings: &[Listing<'_>]) -> anyhow::Result<()> {
    let refusals: Vec<&Refusal> = listings.iter().filter_map(|listing| listing.plan.as_ref().err()).collect();
    if shell.out.is_json() || refusals.len() < listings.len() {
        list(shell, listings)?;
    }
    match refusals.as_slice() {
        [only] if listings.len() == 1 => Err((*only).clone().into()),
        all if all.len() < listings.len() || listings.is_empty() => Ok(()),
        all => {
            all.iter().for_each(note);
            bail!("these codes fit none of {} layouts", all.len())
        }
    }
}

/// Prints layouts with what some codes are on them. Remarks are beside the result; with `--json` they are in it.
pub(super) fn list(shell: &Shell, listings: &[Listing<'_>]) -> anyhow::Result<()> {
    let choices: Vec<Choice> = listings.iter().map(Choice::of).collect();
    let headings =
        ["layout", "kind", "a page", "top-up code", "module", "edge", "pay code", "module", "title"];
    shell.out.list(&choices, headings, |choice| {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let version =
            |version: Option<i16>| version.map_or("doesn't fit".to_owned(), |v| format!("version {v}"));
        let module = match choice.top_up_dots {
            Some(dots) => format!("{} ({dots} dots)", text(&choice.top_up_module)),
            None => text(&choice.top_up_module),
        };
        [
            choice.name.clone(),
            choice.kind.to_owned(),
            choice.per_page.to_string(),
            version(choice.top_up_version),
            module,
            text(&choice.top_up_edge),
            version(choice.pay_version),
            text(&choice.pay_module),
            choice.title.clone(),
        ]
    })?;
    if !shell.out.is_json() {
        let remarks =
            choices.iter().flat_map(|choice| choice.remarks.iter().map(move |why| (&choice.name, why)));
        remarks.for_each(|(name, why)| note(headed(name, why)));
    }
    Ok(())
}

/// A remark says of which layout it is. Most name it by themselves.
fn headed(name: &str, why: &str) -> String {
    let names_it = why.split([' ', ':']).any(|word| word == name);
    if names_it { why.to_owned() } else { format!("{name}: {why}") }
}
