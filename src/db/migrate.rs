//! The schema, brought up to date at every start; the same files serve `sqlx-cli`.

use super::{Error, Pools, Store};
use crate::values;
use sqlx::FromRow;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use std::sync::LazyLock;

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
/// Without sqlx's lock, which is an advisory one: those are what PostgreSQL's distributed relatives lack.
pub(super) static POSTGRES: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!("migrations/postgres");
    migrator.set_locking(false);
    migrator
});

/// How often a process that met another one at the same migration looks again. Each time the other has committed one,
/// so that this many can wait at a start.
const MEETINGS_MAX: u32 = 50;
/// What PostgreSQL says of a table that there isn't.
const NO_TABLE: &str = "42P01";

pub(super) async fn run(store: &Store) -> Result<(), Error> {
    match &store.0 {
        Pools::Sqlite { writer, .. } => run_on_sqlite(&SQLITE, writer).await,
        Pools::Postgres { writers, .. } => run_on_postgres(&POSTGRES, writers).await,
    }
}

#[derive(FromRow)]
struct Applied {
    version: i64,
    checksum: Vec<u8>,
}

/// Fails unless every migration has run and no other: for a connection on which none can, because the migrator prepares
/// statements that stay.
pub(super) async fn check(store: &Store) -> Result<(), Error> {
    let mut session = store.read().await?;
    let applied = session
        .all::<Applied>("SELECT version, checksum FROM _sqlx_migrations ORDER BY version", values![])
        .await;
    let applied = match applied {
        Err(Error::Database(sqlx::Error::Database(error))) if error.code().as_deref() == Some(NO_TABLE) => {
            return Err(Error::OlderSchema);
        }
        applied => applied?,
    };
    for Applied { version, checksum } in &applied {
        let known = POSTGRES.iter().find(|known| known.version == *version);
        let known = known.ok_or(Error::NewerSchema(*version))?;
        if *known.checksum != checksum[..] {
            return Err(Error::Migration(MigrateError::VersionMismatch(*version)));
        }
    }
    if applied.len() == POSTGRES.iter().count() { Ok(()) } else { Err(Error::OlderSchema) }
}

/// Each migration and the note that it ran are one transaction. Of two processes that run the same one at once the
/// second waits for the first's tables and is then told that they exist, or that the note does: nothing of its own
/// remains, and looking again it finds the migration done.
async fn run_on_postgres(migrator: &Migrator, writers: &PgPool) -> Result<(), Error> {
    let mut meetings = 0;
    loop {
        match migrator.run(writers).await {
            Err(error) if met_another(&error) && meetings < MEETINGS_MAX => meetings += 1,
            outcome => return Ok(outcome?),
        }
    }
}

/// True for what a process hears that runs a migration which another one has just run.
fn met_another(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else {
        return false;
    };
    let Some(error) = error.as_database_error() else { return false };
    match error.code().as_deref() {
        // Something exists already: a row, a column, a table, an object; or the engine gave up one of the two.
        Some("23505" | "42701" | "42P07" | "42710" | "40001" | "40P01") => true,
        Some("XX000") => error.message().contains("concurrently"),
        _ => false,
    }
}

/// In one immediate transaction: sqlx has no lock for SQLite, so that of two processes
/// that started at once on an empty file the second failed because the first's tables existed.
async fn run_on_sqlite(migrator: &Migrator, writer: &SqlitePool) -> Result<(), Error> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let connection: &mut SqliteConnection = &mut tx;
    migrator.run_direct(None, connection, false).await?;
    Ok(tx.commit().await?)
}

/// Stops after migration `version`, as an older program would have.
#[cfg(test)]
pub(super) async fn run_to(store: &Store, version: i64) -> Result<(), Error> {
    match &store.0 {
        Pools::Sqlite { writer, .. } => SQLITE.run_to(version, writer).await?,
        Pools::Postgres { writers, .. } => POSTGRES.run_to(version, writers).await?,
    }
    Ok(())
}
