//! A connection on which statements run, whichever engine it belongs to.

use super::checkpoint::Checkpoints;
use super::connect::{BEGIN_READING, to_read};
use super::doubt::{Asking, Doubt};
use super::lent::Lent;
use super::rows::Rows;
use super::statement::Statement;
use super::values::Value;
use super::writes::{Write, Writes};
use super::{ATTEMPTS_MAX, Engine, Error, Pooler};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, PgPool, Sqlite, Transaction};
use std::io;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// Runs statements. Reached through a [`Reader`], a [`Snapshot`] or a [`Tx`].
pub struct Session {
    connection: Connection,
    /// False on a connection that is only lent: a statement that was prepared there would meet another's.
    keeps_statements: bool,
    doubt: Doubt,
    /// How long a statement that only reads may take: a network that swallows everything tells nobody.
    time_max: Option<Duration>,
    /// What a [`Tx`] has yet to write: it happens before any other statement runs.
    writes: Writes,
    /// Rows that were written, and who is told of them when they are durable.
    written: u64,
    checkpoints: Option<Checkpoints>,
}

enum Connection {
    SqliteReader(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    PostgresReader(Lent),
    PostgresTx(Lent),
}

/// The connection beneath a session.
pub(super) enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres {
        connection: &'c mut PgConnection,
        /// Whether a statement stays prepared.
        keep: bool,
    },
}

/// A row type that can be read from both engines: any struct with `#[derive(FromRow)]` over our value types.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Session {
    fn sqlite(connection: Connection, doubt: &Doubt) -> Session {
        let (doubt, writes) = (doubt.clone(), Writes::default());
        Session {
            connection,
            keeps_statements: true,
            doubt,
            time_max: None,
            writes,
            written: 0,
            checkpoints: None,
        }
    }

    fn postgres(connection: Connection, doubt: &Doubt, pooler: Pooler) -> Session {
        let keeps_statements = pooler == Pooler::None;
        let (doubt, writes) = (doubt.clone(), Writes::default());
        Session { connection, keeps_statements, doubt, time_max: None, writes, written: 0, checkpoints: None }
    }

    /// Which engine the session runs on, for the few statements that differ.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.connection {
            Connection::SqliteReader(_) | Connection::SqliteTx(_) => Engine::Sqlite,
            Connection::PostgresReader(_) | Connection::PostgresTx(_) => Engine::Postgres,
        }
    }

    /// The connection, with a guard that knows whether what is asked of it was answered.
    fn link(&mut self) -> (Link<'_>, Asking<'_>) {
        let keep = self.keeps_statements;
        let link = match &mut self.connection {
            Connection::SqliteReader(c) => Link::Sqlite(c),
            Connection::SqliteTx(c) => Link::Sqlite(c),
            Connection::PostgresReader(c) => Link::Postgres { connection: c, keep },
            Connection::PostgresTx(c) => Link::Postgres { connection: c, keep },
        };
        (link, Asking::begin(&self.doubt))
    }

    /// How often a statement is asked before its caller hears that it failed. One that reads by itself is a transaction
    /// of its own, which a serialisable database refuses as it does any other; inside one, all of it is done again.
    fn attempts_max(&self) -> u32 {
        if matches!(self.connection, Connection::PostgresReader(_)) { ATTEMPTS_MAX } else { 1 }
    }

    /// Writes what waits to be written.
    async fn settle(&mut self) -> Result<(), Error> {
        if self.writes.is_empty() {
            return Ok(());
        }
        let writes = std::mem::take(&mut self.writes);
        self.write_now(writes).await.map(|_| ())
    }

    async fn write_now(&mut self, writes: Writes) -> Result<Vec<u64>, Error> {
        let (mut link, asking) = self.link();
        let counts = asking.answered(writes.run(&mut link).await)?;
        self.written += counts.iter().sum::<u64>();
        Ok(counts)
    }

    async fn rows_of<T: Row>(&mut self, statement: Statement) -> Result<Vec<T>, Error> {
        self.settle().await?;
        let time_max = self.time_max;
        for _ in 1..self.attempts_max() {
            let (link, asking) = self.link();
            match asking.answered(within(time_max, statement.clone().rows(link)).await) {
                Err(error) if error.is_retryable() => {}
                found => return found,
            }
        }
        let (link, asking) = self.link();
        asking.answered(within(time_max, statement.rows(link)).await)
    }

    /// Runs a writing statement; answers how many rows it touched.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        self.settle().await?;
        let (link, asking) = self.link();
        let rows = asking.answered(Statement::Values(sql, values).run(link).await)?;
        self.written += rows;
        Ok(rows)
    }

    /// All rows of a statement that is bounded by its own text.
    ///
    /// # Errors
    /// The database's.
    pub async fn all<T: Row>(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>, Error> {
        self.rows_of(Statement::Values(sql, values)).await
    }

    /// The one row of a statement that has no more, or none.
    ///
    /// # Errors
    /// The database's.
    pub async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }

    /// The one row of a statement that always has one.
    ///
    /// # Errors
    /// The database's.
    pub async fn one<T: Row>(&mut self, sql: &'static str, values: Vec<Value>) -> Result<T, Error> {
        self.optional(sql, values).await?.ok_or(Error::Database(sqlx::Error::RowNotFound))
    }

    /// Runs a writing statement over a set of rows: `{rows}` in its text stands for them, aliased `r`.
    /// Nothing is run for an empty set.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute_rows(&mut self, sql: &'static str, rows: Rows) -> Result<u64, Error> {
        self.settle().await?;
        let mut alone = Writes::default();
        alone.add(Write { what: "", sql, rows, all: false });
        Ok(self.write_now(alone).await?.into_iter().sum())
    }

    /// All rows of a statement over a set of rows: `{rows}` in its text stands for them, aliased `r`.
    /// Nothing is run for an empty set.
    ///
    /// # Errors
    /// The database's.
    pub async fn all_rows<T: Row>(&mut self, sql: &'static str, rows: Rows) -> Result<Vec<T>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.rows_of(Statement::Rows(sql, rows)).await
    }
}

/// Gives up what takes longer.
async fn within<T>(
    time_max: Option<Duration>,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(time_max) = time_max else { return asked.await };
    let silence = || Err(Error::Database(io::Error::from(io::ErrorKind::TimedOut).into()));
    tokio::time::timeout(time_max, asked).await.unwrap_or_else(|_| silence())
}

/// A session for reading, outside any transaction.
pub struct Reader(Session);

impl Reader {
    pub(super) fn sqlite(connection: PoolConnection<Sqlite>) -> Reader {
        Reader(Session::sqlite(Connection::SqliteReader(connection), &Doubt::none()))
    }

    /// Takes a connection out of this pool; no statement on it may take longer.
    pub(super) async fn postgres(
        pool: &PgPool,
        doubt: &Doubt,
        pooler: Pooler,
        time_max: Duration,
    ) -> Result<Reader, Error> {
        let connection = to_read(pool, doubt).await?;
        let connection = match pooler {
            Pooler::None => Connection::PostgresReader(Lent::new(connection)),
            Pooler::Transaction => {
                let begun = async { Ok(Lent::begun(connection, BEGIN_READING).await?) };
                Connection::PostgresTx(Asking::begin(doubt).answered(within(Some(time_max), begun).await)?)
            }
        };
        let session = Session::postgres(connection, doubt, pooler);
        Ok(Reader(Session { time_max: Some(time_max), ..session }))
    }
}

/// A session for reading inside a transaction that sees one moment of the database.
pub struct Snapshot(Session);

impl Snapshot {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Snapshot {
        Snapshot(Session::sqlite(Connection::SqliteTx(transaction), &Doubt::none()))
    }

    pub(super) fn postgres(transaction: Lent, doubt: &Doubt, pooler: Pooler) -> Snapshot {
        Snapshot(Session::postgres(Connection::PostgresTx(transaction), doubt, pooler))
    }
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx(Session);

impl Tx {
    pub(super) fn sqlite(
        transaction: Transaction<'static, Sqlite>,
        doubt: &Doubt,
        checkpoints: &Checkpoints,
    ) -> Tx {
        let session = Session::sqlite(Connection::SqliteTx(transaction), doubt);
        Tx(Session { checkpoints: Some(checkpoints.clone()), ..session })
    }

    pub(super) fn postgres(transaction: Lent, doubt: &Doubt, pooler: Pooler) -> Tx {
        Tx(Session::postgres(Connection::PostgresTx(transaction), doubt, pooler))
    }

    /// Has a set of rows written, all of them or nothing of the transaction: `{rows}` in the statement stands for
    /// them, aliased `r`. `what` names the things written, for whoever lost a race over one of them.
    ///
    /// It happens before the next statement, in one command with the others that wait by then; none of them may depend on
    /// another's effects, but for foreign keys.
    pub fn write(&mut self, what: &'static str, sql: &'static str, rows: Rows) {
        self.0.writes.add(Write { what, sql, rows, all: true });
    }

    /// The same for a statement that may find some rows written already.
    pub fn write_some(&mut self, what: &'static str, sql: &'static str, rows: Rows) {
        self.0.writes.add(Write { what, sql, rows, all: false });
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// The database's. After [`Error::is_connection_lost`] it may have happened all the same.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.0.settle().await?;
        let Session { connection, doubt, written, checkpoints, .. } = self.0;
        let asking = Asking::begin(&doubt);
        let committed = match connection {
            Connection::SqliteTx(transaction) => transaction.commit().await,
            Connection::PostgresTx(transaction) => transaction.commit().await,
            Connection::SqliteReader(_) | Connection::PostgresReader(_) => Ok(()),
        };
        asking.answered(committed.map_err(Error::from))?;
        if let Some(checkpoints) = checkpoints {
            checkpoints.written(written);
        }
        Ok(())
    }
}

impl Deref for Reader {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

impl Deref for Snapshot {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Snapshot {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

impl Deref for Tx {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}
