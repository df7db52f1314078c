//! Two engines behind one [`Store`]: SQLite for one machine, PostgreSQL for several instances.
//!
//! Statements are written once, in the `store.rs` files of the rooms, with `$1` placeholders; they run on a
//! [`Session`], which knows its engine. A [`Reader`] is a session outside any transaction; a [`Tx`] is one
//! inside, and the only way to write; a [`Snapshot`] reads several things as of one moment. A set of rows goes
//! into a statement at once through [`Rows`], which each engine unpacks in its own way. Instants are stored as
//! microseconds and money as cents, so that the two schemas differ only in the names of their types.
//!
//! Rules that were measured and are kept here:
//! - SQLite transactions start with `BEGIN IMMEDIATE`; a plain `BEGIN` lost 18 of 20 concurrent
//!   read-then-write transactions. They share one writing connection.
//! - Writers, the readers of bars and all other readers have pools of their own, so that no crowd of readers keeps the
//!   lane waiting, nor who looks a balance up to sell.
//! - A connection comes back to its pool only when its transaction has ended: SQLite ends one by itself when the disk is
//!   full, and what counts transactions would wait for its end for ever. Once a statement got no answer, connections to
//!   PostgreSQL have to show that they live and write.
//! - A SQLite file that is not the one that was opened is not written: it would be lost with the last connection.
//! - After an error a `Tx` is never continued: PostgreSQL would refuse, SQLite would not.
//! - A serialisation failure, a deadlock or a lost race redoes the whole transaction ([`Store::transact`]).
//! - Nothing engine-specific that PostgreSQL's distributed relatives lack: no advisory locks, triggers,
//!   stored procedures, temporary tables or savepoints.

mod connect;
mod doubt;
mod error;
mod lent;
mod migrate;
mod place;
mod rows;
mod session;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod values;
mod words;

pub use connect::READERS_MIN;
pub use error::{Error, RetryHint, all_written};
pub use rows::Rows;
pub use session::{Reader, Row, Session, Snapshot, Tx};
pub use store::{
    Lane, Step, check_key_fingerprint, claim_lane, close_gate, copy_sqlite_into, is_lease_held,
    known_key_fingerprint, ping, reclaim_lane, release_lane, release_lease, renew_lease, step_lane,
    take_lease,
};
pub use values::Value;

use connect::Pools;
use doubt::Asking;
use futures_util::future::BoxFuture;
use lent::Lent;
use std::time::Duration;

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

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store(Pools);

impl Store {
    /// Opens the database behind `url` (`sqlite://file` or `postgres://…`) and brings its schema up to date.
    ///
    /// # Errors
    /// A URL of another kind, a database that can't be reached, a schema that is newer than this program.
    pub async fn open(url: &str) -> Result<Store, Error> {
        let store = Store(Pools::connect(url, true).await?);
        migrate::run(&store).await?;
        Ok(store)
    }

    /// Opens a database that exists and leaves its schema as it is: for copying it before an upgrade.
    ///
    /// # Errors
    /// A URL of another kind, a database that isn't there or can't be reached.
    pub async fn open_unchanged(url: &str) -> Result<Store, Error> {
        Ok(Store(Pools::connect(url, false).await?))
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match &self.0 {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    /// The database file, where there is one.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.0 {
            Pools::Sqlite { place, .. } => Some(place.path()),
            Pools::Postgres { .. } => None,
        }
    }

    /// Starts a transaction that may write.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins")]
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { writer, place, .. } => {
                place.check()?;
                Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres { writers, doubt, .. } => {
                let asking = Asking::begin(doubt);
                let begun = async { Ok(Lent::begun(writers.acquire().await?, "BEGIN").await?) };
                Tx::postgres(asking.answered(begun.await)?, doubt.clone())
            }
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
            Pools::Postgres { readers, doubt, .. } => {
                Reader::postgres(Lent::new(readers.acquire().await?), doubt.clone())
            }
        })
    }

    /// A session for the short reads of bars, who wait for nobody else who reads.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the place of the bars")]
    pub async fn read_at_bar(&self) -> Result<Reader, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { bars, .. } => Reader::sqlite(bars.acquire().await?),
            Pools::Postgres { bars, doubt, .. } => {
                Reader::postgres(Lent::new(bars.acquire().await?), doubt.clone())
            }
        })
    }

    /// A session for reads that must fit together: all see the database as it is at the first.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins")]
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        const ONE_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => Snapshot::sqlite(readers.begin().await?),
            Pools::Postgres { readers, doubt, .. } => {
                let begun = Lent::begun(readers.acquire().await?, ONE_MOMENT).await?;
                Snapshot::postgres(begun, doubt.clone())
            }
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
            Pools::Sqlite { writer, bars, readers, .. } => {
                bars.close().await;
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres { writers, bars, readers, .. } => {
                bars.close().await;
                readers.close().await;
                writers.close().await;
            }
        }
    }
}
