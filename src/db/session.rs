//! A connection on which statements run, whichever engine it belongs to.

use super::doubt::{Asking, Doubt};
use super::lent::Lent;
use super::rows::Rows;
use super::values::{Value, postgres_arguments, sqlite_arguments};
use super::{Engine, Error};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Sqlite, Transaction};
use std::ops::{Deref, DerefMut};

/// Runs statements. Reached through a [`Reader`], a [`Snapshot`] or a [`Tx`].
pub struct Session {
    connection: Connection,
    doubt: Doubt,
}

enum Connection {
    SqliteReader(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    Postgres(Lent),
}

enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A row type that can be read from both engines: any struct with `#[derive(FromRow)]` over our value types.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin> Row for T {}

impl Session {
    /// Which engine the session runs on, for the few statements that differ.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.connection {
            Connection::SqliteReader(_) | Connection::SqliteTx(_) => Engine::Sqlite,
            Connection::Postgres(_) => Engine::Postgres,
        }
    }

    /// The connection, with a guard that knows whether what is asked of it was answered.
    fn link(&mut self) -> (Link<'_>, Asking<'_>) {
        let link = match &mut self.connection {
            Connection::SqliteReader(c) => Link::Sqlite(c),
            Connection::SqliteTx(c) => Link::Sqlite(c),
            Connection::Postgres(c) => Link::Postgres(c),
        };
        (link, Asking::begin(&self.doubt))
    }

    /// Runs a writing statement; answers how many rows it touched.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64, Error> {
        let (link, asking) = self.link();
        let answer = async {
            Ok(match link {
                Link::Sqlite(c) => {
                    sqlx::query_with(sql, sqlite_arguments(values)?).execute(c).await?.rows_affected()
                }
                Link::Postgres(c) => {
                    sqlx::query_with(sql, postgres_arguments(values)?).execute(c).await?.rows_affected()
                }
            })
        };
        asking.answered(answer.await)
    }

    /// All rows of a statement that is bounded by its own text.
    ///
    /// # Errors
    /// The database's.
    pub async fn all<T: Row>(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>, Error> {
        let (link, asking) = self.link();
        let answer = async {
            Ok(match link {
                Link::Sqlite(c) => sqlx::query_as_with(sql, sqlite_arguments(values)?).fetch_all(c).await?,
                Link::Postgres(c) => {
                    sqlx::query_as_with(sql, postgres_arguments(values)?).fetch_all(c).await?
                }
            })
        };
        asking.answered(answer.await)
    }

    /// The one row of a statement, or none.
    ///
    /// # Errors
    /// The database's.
    pub async fn optional<T: Row>(
        &mut self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Option<T>, Error> {
        let (link, asking) = self.link();
        let answer = async {
            Ok(match link {
                Link::Sqlite(c) => {
                    sqlx::query_as_with(sql, sqlite_arguments(values)?).fetch_optional(c).await?
                }
                Link::Postgres(c) => {
                    sqlx::query_as_with(sql, postgres_arguments(values)?).fetch_optional(c).await?
                }
            })
        };
        asking.answered(answer.await)
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
        let text = AssertSqlSafe(rows.splice(sql, self.engine()));
        let (link, asking) = self.link();
        let answer = async {
            Ok(match link {
                Link::Sqlite(c) => {
                    sqlx::query_with(text, rows.sqlite_arguments()?).execute(c).await?.rows_affected()
                }
                Link::Postgres(c) => {
                    sqlx::query_with(text, rows.postgres_arguments()?).execute(c).await?.rows_affected()
                }
            })
        };
        asking.answered(answer.await)
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
        let text = AssertSqlSafe(rows.splice(sql, self.engine()));
        let (link, asking) = self.link();
        let answer = async {
            Ok(match link {
                Link::Sqlite(c) => sqlx::query_as_with(text, rows.sqlite_arguments()?).fetch_all(c).await?,
                Link::Postgres(c) => {
                    sqlx::query_as_with(text, rows.postgres_arguments()?).fetch_all(c).await?
                }
            })
        };
        asking.answered(answer.await)
    }
}

/// A session for reading, outside any transaction.
pub struct Reader(Session);

impl Reader {
    pub(super) fn sqlite(connection: PoolConnection<Sqlite>) -> Reader {
        Reader(Session { connection: Connection::SqliteReader(connection), doubt: Doubt::none() })
    }

    pub(super) fn postgres(connection: Lent, doubt: Doubt) -> Reader {
        Reader(Session { connection: Connection::Postgres(connection), doubt })
    }
}

/// A session for reading inside a transaction that sees one moment of the database.
pub struct Snapshot(Session);

impl Snapshot {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Snapshot {
        Snapshot(Session { connection: Connection::SqliteTx(transaction), doubt: Doubt::none() })
    }

    pub(super) fn postgres(transaction: Lent, doubt: Doubt) -> Snapshot {
        Snapshot(Session { connection: Connection::Postgres(transaction), doubt })
    }
}

/// A transaction. Dropped without [`Tx::commit`], it is rolled back.
pub struct Tx(Session);

impl Tx {
    pub(super) fn sqlite(transaction: Transaction<'static, Sqlite>) -> Tx {
        Tx(Session { connection: Connection::SqliteTx(transaction), doubt: Doubt::none() })
    }

    pub(super) fn postgres(transaction: Lent, doubt: Doubt) -> Tx {
        Tx(Session { connection: Connection::Postgres(transaction), doubt })
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// The database's. After [`Error::is_connection_lost`] it may have happened all the same.
    pub async fn commit(self) -> Result<(), Error> {
        let Session { connection, doubt } = self.0;
        let asking = Asking::begin(&doubt);
        let committed = match connection {
            Connection::SqliteTx(transaction) => transaction.commit().await,
            Connection::Postgres(transaction) => transaction.commit().await,
            Connection::SqliteReader(_) => Ok(()),
        };
        asking.answered(committed.map_err(Error::from))
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
