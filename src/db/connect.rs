//! Opening a database: how many connections, and how each is set up.

use super::Error;
use super::checkpoint::{Checkpoints, LOG_PAGES_MAX};
use super::doubt::Doubt;
use super::place::Place;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, Executor};
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::str::FromStr;
use std::time::{Duration, Instant};

/// Connections to PostgreSQL that write, per process: the lane's, and some for people's changes, which wait for locks.
/// Nobody who only reads takes one, so that no crowd of readers queues ahead of the lane.
const POSTGRES_WRITERS: u32 = 8;
/// Connections to PostgreSQL on which bars look balances up, per process.
const POSTGRES_BARS: u32 = 8;
/// Connections to PostgreSQL that read for all others, per process.
pub(super) const POSTGRES_READERS: u32 = 8;
/// Connections to SQLite on which bars look balances up; more than cores only queue elsewhere.
const SQLITE_BARS: u32 = 8;
/// Connections to SQLite that read for all others.
pub(super) const SQLITE_READERS: u32 = 8;
/// What the writing connection on SQLite keeps of the file: the wallets and the ends of the indexes of a large festival.
const SQLITE_WRITER_CACHE_KIB: i64 = 64 * 1024;
/// What SQLite's log is cut back to when it has grown because somebody read for long.
const SQLITE_LOG_BYTES: u32 = 64 * 1024 * 1024;
/// What each reading one keeps.
const SQLITE_READER_CACHE_KIB: i64 = 8 * 1024;
/// Reading connections there are on either engine: who may be kept waiting takes fewer.
pub const READERS_MIN: usize = 8;
/// How long a statement waits for a connection before its caller hears that the database is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same while nobody gets one.
const ACQUIRE_TIMEOUT_CUT_OFF: Duration = Duration::from_secs(1);
/// A connection to PostgreSQL that was idle for longer is asked whether it lives: after a restart of the server none
/// does, and each would cost somebody an answer.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);
/// How long a connection may take to show that it lives, when it is taken and when it comes back. One behind a network
/// that swallows everything would keep its place in the pool for as long as the system believes in it.
pub(super) const SIGN_OF_LIFE_MAX: Duration = Duration::from_secs(2);
/// How long SQLite waits for another process's write (the command line beside `serve`).
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two attempts to open a file that another process has alone.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// How long PostgreSQL holds locks for a writer it hears nothing of.
const IDLE_IN_TRANSACTION: &str = "SET idle_in_transaction_session_timeout = '15s'";

crate::words! {
    /// What stands between us and a PostgreSQL server.
    Pooler, "a kind of pooler" {
        /// Nothing, or a pooler that lends a connection for as long as we hold ours.
        None = "none",
        /// A pooler that lends one for a transaction: nothing may be left on it for the next.
        Transaction = "transaction",
    }
}

#[derive(Clone, Debug)]
pub(super) enum Pools {
    Sqlite {
        writer: SqlitePool,
        bars: SqlitePool,
        readers: SqlitePool,
        checkpoints: Checkpoints,
        place: Place,
        doubt: Doubt,
    },
    Postgres {
        writers: PgPool,
        bars: PgPool,
        readers: PgPool,
        doubt: Doubt,
        pooler: Pooler,
    },
}

/// The one connection that writes. Whoever gives a new file its log, or takes the log of a closed one away, has the file
/// alone for a moment, and SQLite then refuses at once in place of waiting: of processes that start together all but one
/// ask again.
async fn sqlite_writer(options: SqliteConnectOptions, doubt: &Doubt) -> Result<SqlitePool, Error> {
    let since = Instant::now();
    loop {
        let doubt = doubt.clone();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |_, _| {
                let is_doubtful = doubt.is_taken();
                Box::pin(async move { Ok(!is_doubtful) })
            })
            .after_release(|connection, _| Box::pin(has_ended(connection)));
        match pool.connect_with(options.clone()).await.map_err(Error::from) {
            Err(error) if error.is_retryable() && since.elapsed() < BUSY_TIMEOUT => {
                tokio::time::sleep(ASKED_AGAIN_AFTER).await;
            }
            outcome => return outcome,
        }
    }
}

impl Pools {
    pub(super) async fn connect(url: &str, pooler: Pooler, may_create: bool) -> Result<Pools, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Pools::connect_postgres(url, pooler).await;
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
        let with_cache = |kibibytes: i64| options.clone().pragma("cache_size", format!("-{kibibytes}"));
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
        if may_create {
            OpenOptions::new().append(true).create(true).mode(0o600).open(&file).map_err(|error| {
                Error::Url(format!("DATABASE_URL: {} can't be written: {error}", file.display()))
            })?;
        }
        let doubt = Doubt::none();
        // What a statement over a whole batch needs to be undone: in a file it cost a tenth of the writing thread.
        let for_writing = with_cache(SQLITE_WRITER_CACHE_KIB)
            .pragma("journal_size_limit", SQLITE_LOG_BYTES.to_string())
            .pragma("wal_autocheckpoint", LOG_PAGES_MAX.to_string())
            .pragma("temp_store", "memory");
        let writer = sqlite_writer(for_writing, &doubt).await.map_err(|error| match error.is_of_the_files() {
            true => Error::Url(format!(
                "DATABASE_URL: {} can't be opened to write: {error}. Its folder must be writable too, and the files \
                 beside it",
                file.display()
            )),
            false => error,
        })?;
        let reading = |connections_max: u32| {
            SqlitePoolOptions::new()
                .max_connections(connections_max)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .test_before_acquire(false)
                .connect_lazy_with(with_cache(SQLITE_READER_CACHE_KIB).create_if_missing(false))
        };
        let (bars, readers) = (reading(SQLITE_BARS), reading(SQLITE_READERS));
        let checkpoints = Checkpoints::on(reading(1));
        Ok(Pools::Sqlite { writer, bars, readers, checkpoints, place: Place::of(file)?, doubt })
    }

    async fn connect_postgres(url: &str, pooler: Pooler) -> Result<Pools, Error> {
        // Poolers refuse a connection that asks for a setting they don't know, and no number here has a point.
        let options =
            PgConnectOptions::from_str(url)?.application_name("polsband").extra_float_digits(None::<i8>);
        let doubt = Doubt::none();
        let mut writers = postgres_pool(POSTGRES_WRITERS, doubt.clone());
        if pooler == Pooler::None {
            writers = writers.after_connect(|connection, _| Box::pin(by_key(connection)));
        }
        let writers = match writers.connect_with(options.clone()).await {
            Ok(writers) => writers,
            Err(error) => return Err(unreachable(&options, error).await),
        };
        let bars = postgres_pool(POSTGRES_BARS, doubt.clone()).connect_lazy_with(options.clone());
        let readers = postgres_pool(POSTGRES_READERS, doubt.clone()).connect_lazy_with(options);
        Ok(Pools::Postgres { writers, bars, readers, doubt, pooler })
    }
}

/// Why a server can't be used. The pool waits for one that is coming up, and in the end says no more than that it
/// waited; one more try tells why.
async fn unreachable(options: &PgConnectOptions, error: sqlx::Error) -> Error {
    let why = match error {
        sqlx::Error::PoolTimedOut => {
            why(options).await.unwrap_or_else(|| "it takes too long to answer".to_owned())
        }
        error => error.to_string(),
    };
    let (host, port) = (options.get_host(), options.get_port());
    Error::Url(format!("DATABASE_URL: the PostgreSQL server at {host}:{port} can't be used: {why}"))
}

/// What one more try to connect tells; nothing when it works.
pub(super) async fn why(options: &PgConnectOptions) -> Option<String> {
    match tokio::time::timeout(SIGN_OF_LIFE_MAX, PgConnection::connect_with(options)).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            None
        }
        Ok(Err(why)) => Some(why.to_string()),
        Err(_) => Some("it takes too long to answer".to_owned()),
    }
}

/// Takes a connection for reading. While nobody gets one, who comes waits for a moment only, and not for as long as it
/// may take when all are lent out: page after page would stand still, and none be shown in the end.
#[expect(clippy::disallowed_methods, reason = "where readers on PostgreSQL come from")]
pub(super) async fn to_read(pool: &PgPool, doubt: &Doubt) -> Result<PoolConnection<Postgres>, Error> {
    let is_cut_off = doubt.is_cut_off();
    let time_max = if is_cut_off { ACQUIRE_TIMEOUT_CUT_OFF } else { ACQUIRE_TIMEOUT };
    let taken = tokio::time::timeout(time_max, pool.acquire()).await;
    let taken = taken.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(Error::from);
    if is_cut_off && taken.is_err() {
        return taken;
    }
    doubt.connected(taken)
}

fn postgres_pool(connections_max: u32, doubt: Doubt) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                if idle.idle_for > IDLE_TRUSTED {
                    lives(connection).await?;
                }
                Ok(true)
            })
        })
        .after_release(move |connection, _| {
            let doubtful = doubt.is_raised();
            Box::pin(async move { if doubtful { writes(connection).await } else { Ok(true) } })
        })
}

/// Fails for a connection that says nothing, and the pool drops it without a farewell.
async fn lives(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let ping = tokio::time::timeout(SIGN_OF_LIFE_MAX, connection.ping());
    ping.await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Fails for a connection that says nothing; false for one to a server that takes no writes, which may be the primary no
/// more, so that the next one is made afresh and reaches whoever is.
async fn writes(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    lives(connection).await?;
    let read_only = sqlx::query_scalar::<_, String>("SHOW transaction_read_only").fetch_one(connection);
    let read_only = tokio::time::timeout(SIGN_OF_LIFE_MAX, read_only).await;
    Ok(read_only.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))? == "off")
}

/// False for a connection whose transaction could not be rolled back, and the pool closes it. SQLite ends a transaction
/// by itself when the disk is full or fails; whoever counts transactions would go on waiting for its end.
async fn has_ended(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // Commands are done in order: after this one the rollback has been tried.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// What writes finds its rows by their keys, always, and is planned once. A plan made while a table was small would go
/// on reading the whole of it until the server next counts its rows; and by itself the server plans a statement over a
/// set of rows anew each time, which costs more than running it. The few statements that no key serves would seem so dear
/// to it then that it compiled them, for a tenth of a second each: it may not. And when nothing more is heard of us in the middle of a
/// transaction, because the network was cut or the machine is gone, the server gives up what it holds for us.
pub(super) async fn by_key(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    connection.execute(IDLE_IN_TRANSACTION).await?;
    connection.execute("SET enable_seqscan = off").await?;
    connection.execute("SET jit = off").await?;
    connection.execute("SET plan_cache_mode = force_generic_plan").await?;
    Ok(())
}

/// The same for one transaction, where the connection is only lent. What isn't kept is planned each time in any case.
pub(super) const BEGIN_BY_KEY: &str = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL jit = off";
/// A read by itself is two messages, which a pooler would take to two connections but for the transaction around them.
pub(super) const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY";
