//! Two engines behind one [`Store`]: SQLite for one machine, PostgreSQL for several instances.
//!
//! Statements are written once, in the `store.rs` files of the rooms, with `$1` placeholders; they run on a
//! [`Session`], which knows its engine. A [`Reader`] is a session outside any transaction; a [`Tx`] is one
//! inside, and the only way to write. A set of rows goes into a statement at once through [`Rows`], which
//! each engine unpacks in its own way. Instants are stored as microseconds and money as cents, so that the
//! two schemas differ only in the names of their types.
//!
//! Rules that were measured and are kept here:
//! - SQLite transactions start with `BEGIN IMMEDIATE`; a plain `BEGIN` lost 18 of 20 concurrent
//!   read-then-write transactions. They share one writing connection; readers have a pool of their own.
//! - After an error a `Tx` is never continued: PostgreSQL would refuse, SQLite would not.
//! - A serialisation failure, a deadlock or a lost race redoes the whole transaction ([`Store::transact`]).
//! - Nothing engine-specific that PostgreSQL's distributed relatives lack: no advisory locks, triggers,
//!   stored procedures, temporary tables or savepoints.

mod migrate;
mod rows;
mod session;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use rows::Rows;
pub use session::{Reader, Row, Session, Tx};
pub use store::{
    Lane, Step, check_key_fingerprint, claim_lane, close_gate, copy_sqlite_into, is_lease_held,
    known_key_fingerprint, ping, reclaim_lane, release_lane, release_lease, renew_lease, step_lane,
    take_lease,
};
pub use values::Value;

use futures_util::future::BoxFuture;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Connections to PostgreSQL per process. The lane holds one, reading pages and look-ups share the rest.
const POSTGRES_CONNECTIONS_MAX: u32 = 24;
/// Reading connections on SQLite; more than cores only queue elsewhere.
const SQLITE_READERS: u32 = 8;
/// How long a statement waits for a connection before its caller hears that the database is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection to PostgreSQL that was idle for longer is asked whether it lives: after a restart of the server none
/// does, and each would cost somebody an answer.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);
/// How long SQLite waits for another process's write (the command line beside `serve`).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a transaction that lost a race is done again before its caller hears of it.
const ATTEMPTS_MAX: u32 = 12;

/// Which database is behind a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The embedded default.
    Sqlite,
    /// Several instances on one database.
    Postgres,
}

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database said no, or can't be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A guarded write found its row changed by someone else.
    #[error("another writer was faster ({0})")]
    LostRace(&'static str),
    /// The schema can't be brought up to date.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// `DATABASE_URL` names nothing we can open.
    #[error("{0}")]
    Url(String),
    /// A stored value is not what the program wrote.
    #[error("the database holds {0}, which this program never writes")]
    Corrupt(String),
}

impl Error {
    /// True when doing the whole transaction again may succeed: 40001, 40P01, a lost race, a busy SQLite.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::LostRace(_) => true,
            Error::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("40001" | "40P01" | "5" | "261" | "517"))
            }
            _ => false,
        }
    }

    /// True when the database as a whole can't be used now, whatever is asked of it: connections break or none is free,
    /// its disk is full, another process keeps writing.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        const SQLITE_BUSY: i64 = 5;
        const SQLITE_READ_ONLY: i64 = 8;
        const SQLITE_IO: i64 = 10;
        const SQLITE_FULL: i64 = 13;
        const SQLITE_CANT_OPEN: i64 = 14;
        match self {
            Error::Database(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)) => {
                true
            }
            Error::Database(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                // SQLite's codes are numbers with details above the lowest byte, PostgreSQL's have five characters.
                let sqlite = code.parse::<i64>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
                let spent = [SQLITE_BUSY, SQLITE_READ_ONLY, SQLITE_IO, SQLITE_FULL, SQLITE_CANT_OPEN];
                self.is_connection_lost()
                    || code.starts_with("53")
                    || sqlite.is_some_and(|c| spent.contains(&c))
            }
            _ => self.is_connection_lost(),
        }
    }

    /// True when the connection broke, so that a commit under way may or may not have happened.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        match self {
            Error::Database(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_)) => {
                true
            }
            Error::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
            }
            _ => false,
        }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Pools);

#[derive(Clone, Debug)]
enum Pools {
    Sqlite { writer: SqlitePool, readers: SqlitePool, file: PathBuf },
    Postgres(PgPool),
}

impl Store {
    /// Opens the database behind `url` (`sqlite://file` or `postgres://…`) and brings its schema up to date.
    ///
    /// # Errors
    /// A URL of another kind, a database that can't be reached, a schema that is newer than this program.
    pub async fn open(url: &str) -> Result<Store, Error> {
        let store = Store::connect(url, true).await?;
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Opens a database that exists and leaves its schema as it is: for copying it before an upgrade.
    ///
    /// # Errors
    /// A URL of another kind, a database that isn't there or can't be reached.
    pub async fn open_unchanged(url: &str) -> Result<Store, Error> {
        Store::connect(url, false).await
    }

    async fn connect(url: &str, may_create: bool) -> Result<Store, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)?.application_name("polsband");
            let pool = PgPoolOptions::new()
                .max_connections(POSTGRES_CONNECTIONS_MAX)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .before_acquire(|connection, idle| {
                    Box::pin(async move {
                        if idle.idle_for > IDLE_TRUSTED {
                            connection.ping().await?;
                        }
                        Ok(true)
                    })
                })
                .connect_with(options)
                .await?;
            return Ok(Store(Pools::Postgres(pool)));
        }
        if !url.starts_with("sqlite:") {
            return Err(Error::Url(format!(
                "DATABASE_URL {url:?} names no database: write sqlite://polsband.db or postgres://user@host/name"
            )));
        }
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(may_create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let file = options.get_filename().to_path_buf();
        if !may_create && !file.exists() {
            return Err(Error::Url(format!("DATABASE_URL: there is no database at {}", file.display())));
        }
        if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
            // Payers' names lie there: nobody else's business.
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
                Error::Url(format!("DATABASE_URL: the folder {} can't be made: {error}", folder.display()))
            })?;
        }
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .connect_with(options.create_if_missing(false))
            .await?;
        Ok(Store(Pools::Sqlite { writer, readers, file }))
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.0 {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// The database file, where there is one.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Pools::Sqlite { file, .. } => Some(file),
            Pools::Postgres(_) => None,
        }
    }

    /// Starts a transaction that may write.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins")]
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { writer, .. } => Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Tx::postgres(pool.begin().await?),
        })
    }

    /// A session for short reads, outside any transaction.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the one place that acquires")]
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => Reader::sqlite(readers.acquire().await?),
            Pools::Postgres(pool) => Reader::postgres(pool.acquire().await?),
        })
    }

    /// Runs `work` in a transaction and commits it; does the whole of it again when it lost a race.
    ///
    /// # Errors
    /// Whatever `work` refuses with, and the database's own errors.
    pub async fn transact<T, E>(
        &self,
        mut work: impl for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    ) -> Result<T, E>
    where
        E: From<Error> + RetryHint,
    {
        let mut attempt = 1;
        loop {
            let mut tx = self.begin().await?;
            let outcome = match work(&mut tx).await {
                Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
                Err(error) => Err(error),
            };
            match outcome {
                Err(error) if error.is_retryable() && attempt < ATTEMPTS_MAX => {
                    attempt += 1;
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt))).await;
                }
                other => return other,
            }
        }
    }

    /// Waits until all connections are closed, so that SQLite folds its log into the file.
    pub async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// Lets [`Store::transact`] tell a lost race from a refusal in a room's own error.
pub trait RetryHint {
    /// True when doing the transaction again may succeed.
    fn is_retryable(&self) -> bool;
}

impl RetryHint for Error {
    fn is_retryable(&self) -> bool {
        Error::is_retryable(self)
    }
}

/// Fails with a lost race unless a guarded write touched as many rows as it meant to.
///
/// # Errors
/// [`Error::LostRace`] when the counts differ.
pub fn all_written(written: u64, meant: usize, what: &'static str) -> Result<(), Error> {
    if usize::try_from(written) == Ok(meant) { Ok(()) } else { Err(Error::LostRace(what)) }
}
