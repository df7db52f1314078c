//! Sets of rows that wait to be written together.
//!
//! What a transaction writes while nothing is read in between goes to the database in one command. Each command is a way
//! there and back, between processes or threads: with a batch's writes in three, those ways took as long as the writing.
//! SQLite runs the statements one after the other; PostgreSQL gets one statement with a common table expression for each.

use super::rows::Rows;
use super::session::Link;
use super::{Engine, Error, all_written};
use futures_util::TryStreamExt;
use sqlx::postgres::{PgArguments, PgConnection};
use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{AssertSqlSafe, Either, Executor, Row};

/// A statement over a set of rows.
#[derive(Debug)]
pub(super) struct Write {
    /// The things written.
    pub(super) what: &'static str,
    pub(super) sql: &'static str,
    pub(super) rows: Rows,
    /// Whether each row must be written.
    pub(super) all: bool,
}

/// Statements that wait, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Writes(Vec<Write>);

impl Writes {
    pub(super) fn add(&mut self, write: Write) {
        if !write.rows.is_empty() {
            self.0.push(write);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs them; how many rows each has written.
    pub(super) async fn run(self, link: &mut Link<'_>) -> Result<Vec<u64>, Error> {
        let mut counts = Vec::with_capacity(self.0.len());
        for together in self.commands() {
            let meant: Vec<_> = together.iter().map(|w| w.all.then_some((w.rows.len(), w.what))).collect();
            let written = match link {
                Link::Sqlite(connection) => on_sqlite(connection, together).await?,
                Link::Postgres { connection, keep } => on_postgres(connection, *keep, together).await?,
            };
            for (meant, written) in meant.into_iter().zip(&written) {
                meant.map_or(Ok(()), |(rows, what)| all_written(*written, rows, what))?;
            }
            counts.extend(written);
        }
        Ok(counts)
    }

    /// Statements about the same things may meet in one row, and PostgreSQL shows the parts of one statement nothing of
    /// each other's work: they go one after the other.
    fn commands(self) -> Vec<Vec<Write>> {
        let mut commands: Vec<Vec<Write>> = Vec::new();
        for write in self.0 {
            match commands.last_mut() {
                Some(last) if last.iter().all(|other| other.what != write.what) => last.push(write),
                _ => commands.push(vec![write]),
            }
        }
        commands
    }
}

async fn on_sqlite(connection: &mut SqliteConnection, writes: Vec<Write>) -> Result<Vec<u64>, Error> {
    let mut text = String::with_capacity(1024);
    let mut arguments = SqliteArguments::default();
    for (index, write) in writes.iter().enumerate() {
        text.push_str(&write.rows.splice(write.sql, Engine::Sqlite, index));
        text.push(';');
        write.rows.add_to_sqlite(&mut arguments)?;
    }
    let mut results = connection.fetch_many(sqlx::query_with(AssertSqlSafe(text), arguments));
    let mut counts = Vec::with_capacity(writes.len());
    while let Some(result) = results.try_next().await? {
        if let Either::Left(done) = result {
            counts.push(done.rows_affected());
        }
    }
    Ok(counts)
}

/// The parts of the statement all run, whatever became of the others: the child of a row that lost its race breaks a
/// foreign key before anybody counts.
async fn on_postgres(
    connection: &mut PgConnection,
    keep: bool,
    writes: Vec<Write>,
) -> Result<Vec<u64>, Error> {
    let (mut parts, mut counted) = (Vec::with_capacity(writes.len()), Vec::with_capacity(writes.len()));
    let mut arguments = PgArguments::default();
    let (mut taken, statements) = (0, writes.len());
    for (index, write) in writes.into_iter().enumerate() {
        let statement = write.rows.splice(write.sql, Engine::Postgres, taken);
        taken += write.rows.parameters(Engine::Postgres);
        write.rows.add_to_postgres(&mut arguments)?;
        if statements == 1 {
            let query = sqlx::query_with(AssertSqlSafe(statement), arguments).persistent(keep);
            return Ok(vec![query.execute(connection).await?.rows_affected()]);
        }
        parts.push(format!("w{index} AS ({statement} RETURNING 1)"));
        counted.push(format!("(SELECT COUNT(*) FROM w{index})"));
    }
    let text = AssertSqlSafe(["WITH", &parts.join(", "), "SELECT", &counted.join(", ")].join(" "));
    let row = match sqlx::query_with(text, arguments).persistent(keep).fetch_one(connection).await {
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
            return Err(Error::LostRace("parent"));
        }
        row => row?,
    };
    (0..statements)
        .map(|index| Ok(u64::try_from(row.try_get::<i64, _>(index)?).unwrap_or_default()))
        .collect()
}
