//! A statement with what it is asked with, for either engine.

use super::rows::Rows;
use super::session::{Link, Row};
use super::values::{Value, postgres_arguments, sqlite_arguments};
use super::{Engine, Error};
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

/// What is asked. A copy can be asked again.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// With a value for each `$1`.
    Values(&'static str, Vec<Value>),
    /// Over a set of rows.
    Rows(&'static str, Rows),
}

impl Statement {
    fn on_sqlite(self) -> Result<(SqlStr, SqliteArguments), Error> {
        Ok(match self {
            Statement::Values(sql, values) => (SqlStr::from_static(sql), sqlite_arguments(values)?),
            Statement::Rows(sql, rows) => {
                let mut arguments = SqliteArguments::default();
                rows.add_to_sqlite(&mut arguments)?;
                (AssertSqlSafe(rows.splice(sql, Engine::Sqlite, 0)).into_sql_str(), arguments)
            }
        })
    }

    fn on_postgres(self) -> Result<(SqlStr, PgArguments), Error> {
        Ok(match self {
            Statement::Values(sql, values) => (SqlStr::from_static(sql), postgres_arguments(values)?),
            Statement::Rows(sql, rows) => {
                let mut arguments = PgArguments::default();
                let text = rows.splice(sql, Engine::Postgres, 0);
                rows.add_to_postgres(&mut arguments)?;
                (AssertSqlSafe(text).into_sql_str(), arguments)
            }
        })
    }

    /// Runs it; how many rows it touched.
    pub(super) async fn run(self, link: Link<'_>) -> Result<u64, Error> {
        Ok(match link {
            Link::Sqlite(connection) => {
                let (text, arguments) = self.on_sqlite()?;
                sqlx::query_with(text, arguments).execute(connection).await?.rows_affected()
            }
            Link::Postgres { connection, keep } => {
                let (text, arguments) = self.on_postgres()?;
                let query = sqlx::query_with(text, arguments).persistent(keep);
                query.execute(connection).await?.rows_affected()
            }
        })
    }

    /// Runs it; the rows it has.
    pub(super) async fn rows<T: Row>(self, link: Link<'_>) -> Result<Vec<T>, Error> {
        Ok(match link {
            Link::Sqlite(connection) => {
                let (text, arguments) = self.on_sqlite()?;
                sqlx::query_as_with(text, arguments).fetch_all(connection).await?
            }
            Link::Postgres { connection, keep } => {
                let (text, arguments) = self.on_postgres()?;
                sqlx::query_as_with(text, arguments).persistent(keep).fetch_all(connection).await?
            }
        })
    }
}
