//! `polsband backup`: a copy of the database, consistent while others go on using it.

use super::out::note;
use super::output_file::OutputFile;
use super::shell::Shell;
use crate::db::{self, Engine, Store};
use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(Args)]
#[command(after_long_help = "\
The copy is a complete SQLite database of one moment. To restore it, stop the service,
put the copy in the place of the database, and start again.

The key file is not in it, so that a stolen backup spends nothing. Keep a copy of the key
file as well, in a safe place: without it nothing printed can be looked up any more.

A PostgreSQL database is backed up with PostgreSQL's own tools, such as pg_dump.")]
pub(super) struct Backup {
    /// Where to write it; nothing that exists is overwritten
    file: PathBuf,
}

/// What is printed of a backup.
#[derive(Serialize)]
struct Written<'a> {
    file: &'a Path,
    bytes: u64,
    key_file: &'a Path,
}

pub(super) async fn run(command: Backup, shell: &Shell) -> anyhow::Result<()> {
    let settings = shell.settings()?;
    let path = &command.file;
    let store =
        Store::open_unchanged(&settings.database_url).await.context("the database can't be opened")?;
    if store.engine() == Engine::Postgres {
        bail!(
            "this copies SQLite databases only: back this one up with PostgreSQL's own pg_dump, and keep a copy of the \
             key file {} as well",
            settings.key_file.display()
        );
    }
    if path.try_exists()? {
        bail!("{} exists already: a backup overwrites nothing, so name another file", path.display());
    }
    // SQLite fills the empty file, which only its owner may read.
    let file = OutputFile::create_named(path)?;
    let beside = file.beside().to_str().context("the file's name is not UTF-8")?;
    db::copy_sqlite_into(&mut *store.read().await?, beside).await.context("the copy failed")?;
    let bytes = file.file().metadata()?.len();
    file.keep()?;
    store.close().await;
    let written = Written { file: path, bytes, key_file: &settings.key_file };
    shell.out.one(&written, format_args!("{}: {bytes} bytes", path.display()))?;
    note(format_args!(
        "The key file {} is not in it: keep a copy of that as well, or nothing printed can be looked up any more.",
        settings.key_file.display()
    ));
    Ok(())
}
