//! `polsband migrate`: brings the tables up to date, which every other command does by itself as well.

use super::shell::Shell;
use crate::db::{Engine, Store};
use anyhow::Context as _;
use serde::Serialize;

/// What is printed.
#[derive(Serialize)]
struct Migrated {
    engine: &'static str,
}

pub(super) async fn run(shell: &Shell) -> anyhow::Result<()> {
    let settings = shell.settings()?;
    let store = Store::open_behind(&settings.database_url, settings.database_pooler)
        .await
        .context("the database can't be opened")?;
    let engine = match store.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    store.close().await;
    shell.out.one(&Migrated { engine }, format_args!("the tables of this {engine} database are up to date"))
}
