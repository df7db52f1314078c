//! A connection on which statements run, whichever engine it belongs to.

use super::rows::Rows;
use super::values::{Value, postgres_arguments, sqlite_arguments};
use super::{Engine, Error, Pooler};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite, Transaction};
use std::mem;
use std::ops::{Deref, DerefMut};

/// Runs statements. Reached through a [`Reader`], a [`Snapshot`] or a [`Tx`].
pub struct Session {
    connection: Connection,
    /// False on a connection that is only lent: a statement that was prepared there would meet another's.
    keeps_statements: bool,
}

enum Connection {
    SqliteReader(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    PostgresReader(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A row type that can be read from both engines: any struct with `#[derive(FromRow)]` over our value types.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Session {
    fn keeping(connection: Connection) -> Session {
        Session { connection, keeps_statements: true }
    }

    fn lent(transaction: Transaction<'static, Postgres>) -> Session {
        Session { connection: Connection::PostgresTx(transaction), keeps_statements: false }
    }

    /// Which engine the session runs on, for the few statements that differ.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.connection {
            Connection::SqliteReader(_) | Connection::SqliteTx(_) => Engine::Sqlite,
            Connection::PostgresReader(_) | Connection::PostgresTx(_) => Engine::Postgres,
        }
    }

    fn link(&mut self) -> Link<'_> {
        match &mut self.connection {
            Connection::SqliteReader(c) => Link::Sqlite(c),
            Connection::SqliteTx(c) => Link::Sqlite(c),
            Connection::PostgresReader(c) => Link::Postgres(c),
            Connection::PostgresTx(c) => Link::Postgres(c),
        }
    }

    /// How often a statement is asked before its caller hears that it failed. One that reads by itself is a transaction
    /// of its own, which a serialisable database refuses as it does any other; inside one, all of it is done again.
    fn attempts_max(&self) -> u32 {
        if matches!(self.connection, Connection::PostgresReader(_)) { super::ATTEMPTS_MAX } else { 1 }
    }

    /// Runs a writing statement; answers how many rows it touched.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let keep = self.keeps_statements;
        Ok(match self.link() {
            Link::Sqlite(c) => {
                sqlx::query_with(sql, sqlite_arguments(values)?).execute(c).await?.rows_affected()
            }
            Link::Postgres(c) => {
                let query = sqlx::query_with(sql, postgres_arguments(values)?).persistent(keep);
                query.execute(c).await?.rows_affected()
            }
        })
    }

    /// All rows of a statement that is bounded by its own text.
    ///
    /// # Errors
    /// The database's.
    pub async fn all<T: Row>(&mut self, sql: &'static str, mut values: Vec<Value>) -> Result<Vec<T>, Error> {
        let keep = self.keeps_statements;
        let mut left = self.attempts_max();
        loop {
            left -= 1;
            let values = if left > 0 { values.clone() } else { mem::take(&mut values) };
            let found = match self.link() {
                Link::Sqlite(c) => sqlx::query_as_with(sql, sqlite_arguments(values)?).fetch_all(c).await,
                Link::Postgres(c) => {
                    let query = sqlx::query_as_with(sql, postgres_arguments(values)?).persistent(keep);
                    query.fetch_all(c).await
                }
            };
            match found.map_err(Error::from) {
                Err(error) if left > 0 && error.is_retryable() => {}
                found => return found,
            }
        }
    }

    /// The one row of a statement, or none.
    ///
    /// # Errors
    /// The database's.
    pub async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        mut values: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        let keep = self.keeps_statements;
        let mut left = self.attempts_max();
        loop {
            left -= 1;
            let values = if left > 0 { values.clone() } else { mem::take(&mut values) };
            let found = match self.link() {
                Link::Sqlite(c) => {
                    sqlx::query_as_with(sql, sqlite_arguments(values)?).fetch_optional(c).await
                }
                Link::Postgres(c) => {
                    let query = sqlx::query_as_with(sql, postgres_arguments(values)?).persistent(keep);
                    query.fetch_optional(c).await
                }
            };
            match found.map_err(Error::from) {
                Err(error) if left > 0 && error.is_retryable() => {}
                found => return found,
            }
        }
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
        if rows.is_empty() {
            return Ok(0);
        }
        let keep = self.keeps_statements;
        let text = AssertSqlSafe(rows.splice(sql, self.engine()));
        Ok(match self.link() {
            Link::Sqlite(c) => {
                sqlx::query_with(text, rows.sqlite_arguments()?).execute(c).await?.rows_affected()
            }
            Link::Postgres(c) => {
                let query = sqlx::query_with(text, rows.postgres_arguments()?).persistent(keep);
                query.execute(c).await?.rows_affected()
            }
        })
    }

    /// All rows of a statement over a set of rows: `{rows}` in its text stands for them, aliased `r`.
    /// Nothing is run for an empty set.
    ///
    /// # Errors
    /// The database's.
    pub async fn all_rows<T: Row>(&mut self, sql: &'static str, mut rows: Rows) -> Result<Vec<T>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let keep = self.keeps_statements;
        let mut left = self.attempts_max();
        loop {
            left -= 1;
            let rows = if left > 0 { rows.clone() } else { mem::take(&mut rows) };
            let text = AssertSqlSafe(rows.splice(sql, self.engine()));
            let found = match self.link() {
                Link::Sqlite(c) => sqlx::query_as_with(text, rows.sqlite_arguments()?).fetch_all(c).await,
                Link::Postgres(c) => {
                    let query = sqlx::query_as_with(text, rows.postgres_arguments()?).persistent(keep);
                    query.fetch_all(c).await
                }
            };
            match found.map_err(Error::from) {
                Err(error) if left > 0 && error.is_retryable() => {}
                found => return found,
            }
        }
    }
}

/// A session for reading, outside any transaction.
pub struct Reader(Session);

impl Reader {
    pub(super) fn sqlite(connection: PoolConnection<Sqlite>) -> Reader {
        Reader(Session::keeping(Connection::SqliteReader(connection)))
    }

    pub(super) fn postgres(connection: PoolConnection<Postgres>) -> Reader {
        Reader(Session::keeping(Connection::PostgresReader(connection)))
    }

    pub(super) fn lent(transaction: Transaction<'static, Postgres>) -> Reader {
        Reader(Session::lent(transaction))
    }
}

/// A session for reading inside a transaction that sees one moment of the database.
pub struct Snapshot(Session);

impl Snapshot {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Snapshot {
        Snapshot(Session::keeping(Connection::SqliteTx(transaction)))
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>, pooler: Pooler) -> Snapshot {
        Snapshot(match pooler {
            Pooler::None => Session::keeping(Connection::PostgresTx(transaction)),
            Pooler::Transaction => Session::lent(transaction),
        })
    }
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx(Session);

impl Tx {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Tx {
        Tx(Session::keeping(Connection::SqliteTx(transaction)))
    }

    pub(super) fn postgres(transaction: Transaction<'static, Postgres>) -> Tx {
        Tx(Session::keeping(Connection::PostgresTx(transaction)))
    }

    pub(super) fn lent(transaction: Transaction<'static, Postgres>) -> Tx {
        Tx(Session::lent(transaction))
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// The database's. After [`Error::is_connection_lost`] it may have happened all the same.
    pub async fn commit(self) -> Result<(), Error> {
        match self.0.connection {
            Connection::SqliteTx(transaction) => Ok(transaction.commit().await?),
            Connection::PostgresTx(transaction) => Ok(transaction.commit().await?),
            Connection::SqliteReader(_) | Connection::PostgresReader(_) => Ok(()),
        }
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
