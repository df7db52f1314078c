//! The schema, brought up to date at every start; the same files serve `sqlx-cli`.

use super::{Error, Pools, Store};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnection, SqlitePool};

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

pub(super) async fn run(store: &Store) -> Result<(), Error> {
    match &store.0 {
        Pools::Sqlite { writer, .. } => run_on_sqlite(&SQLITE, writer).await,
        Pools::Postgres(pool) => Ok(POSTGRES.run(pool).await?),
    }
}

/// In one immediate transaction: sqlx locks out other processes that migrate on PostgreSQL only, so that of two
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
        Pools::Postgres(pool) => POSTGRES.run_to(version, pool).await?,
    }
    Ok(())
}
