//! What goes wrong between us and the database, and what that means for whoever asked.

/// PostgreSQL ended a connection of which it had heard nothing in the middle of a transaction.
const WAITED_IN_TRANSACTION: &str = "25P03";
/// A PostgreSQL server that takes no writes: it was the primary, or the address does not lead to that yet.
const READ_ONLY: &str = "25006";
/// Classes of PostgreSQL's errors that everybody meets: it lets nobody in, has no such database, lacks connections, memory
/// or room on its disk, or its system fails.
const EVERYONES: [&str; 4] = ["28", "3D", "53", "58"];

const SQLITE_BUSY: i64 = 5;
const SQLITE_READ_ONLY: i64 = 8;
const SQLITE_IO: i64 = 10;
const SQLITE_FULL: i64 = 13;
const SQLITE_CANT_OPEN: i64 = 14;

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
    Migration(sqlx::migrate::MigrateError),
    /// The schema is one that a later version of this program has made.
    #[error(
        "its tables are newer than this program (migration {0} is unknown here): use the version that made them"
    )]
    NewerSchema(i64),
    /// The schema lacks this version's changes, and a pooler stands before it.
    #[error(
        "its tables are not up to date, and a pooler is no way to change them: run `polsband migrate` with the \
         server's own address and --database-pooler none"
    )]
    OlderSchema,
    /// `DATABASE_URL` names nothing we can open.
    #[error("{0}")]
    Url(String),
    /// The SQLite file that was opened is not there any more.
    #[error(
        "{0} is not the database this program opened: it was moved, deleted or replaced. Put it back, or restart to \
         use what is there"
    )]
    Moved(String),
    /// The SQLite file can't be looked at.
    #[error("{0} can't be reached: {1}. Look at the permissions of its folder")]
    OutOfReach(String, std::io::Error),
    /// A stored value is not what the program wrote.
    #[error("the database holds {0}, which this program never writes")]
    Corrupt(String),
}

impl From<sqlx::migrate::MigrateError> for Error {
    fn from(error: sqlx::migrate::MigrateError) -> Error {
        match error {
            sqlx::migrate::MigrateError::VersionMissing(version) => Error::NewerSchema(version),
            other => Error::Migration(other),
        }
    }
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

    /// True when the database does not know such a statement, or does not let this role use it.
    #[must_use]
    pub fn is_not_understood(&self) -> bool {
        let Error::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().is_some_and(|code| code.starts_with("42") || code.starts_with("0A"))
    }

    /// True when a table that was asked for isn't there.
    #[must_use]
    pub(super) fn is_no_such_table(&self) -> bool {
        let Error::Database(sqlx::Error::Database(error)) = self else { return false };
        error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table")
    }

    /// True when the database as a whole can't be used now, whatever is asked of it: connections break or none is free,
    /// its disk is full, another process keeps writing.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        match self {
            Error::Database(sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_)) => {
                true
            }
            Error::Moved(_) | Error::OutOfReach(..) => true,
            Error::Database(sqlx::Error::Database(error)) => {
                let code = error.code().unwrap_or_default();
                self.is_connection_lost()
                    || self.is_of_the_files()
                    || EVERYONES.iter().any(|class| code.starts_with(class))
                    || self.sqlite_code().is_some_and(|code| [SQLITE_BUSY, SQLITE_FULL].contains(&code))
            }
            _ => self.is_connection_lost(),
        }
    }

    /// True when SQLite could not use its files as it should. A connection that was opened while they could not be written
    /// reads them for ever and writes never, because SQLite then opens its log for reading and says nothing.
    #[must_use]
    pub(super) fn is_of_the_files(&self) -> bool {
        self.sqlite_code().is_some_and(|code| [SQLITE_READ_ONLY, SQLITE_IO, SQLITE_CANT_OPEN].contains(&code))
    }

    /// SQLite's code without the details above its lowest byte. PostgreSQL's codes have five characters.
    fn sqlite_code(&self) -> Option<i64> {
        let Error::Database(sqlx::Error::Database(error)) = self else { return None };
        let code = error.code()?;
        code.parse::<i64>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
    }

    /// True when the connection broke, so that a commit under way may or may not have happened.
    #[must_use]
    pub fn is_connection_lost(&self) -> bool {
        match self {
            Error::Database(sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_)) => {
                true
            }
            Error::Database(sqlx::Error::Database(error)) => {
                let ended = ["08", "57P", WAITED_IN_TRANSACTION, READ_ONLY];
                error.code().is_some_and(|code| ended.iter().any(|ended| code.starts_with(ended)))
            }
            _ => false,
        }
    }
}

/// Lets [`Store::transact`](super::Store::transact) tell a lost race from a refusal in a room's own error.
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
