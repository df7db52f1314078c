//! Two engines behind one [`Store`]: SQLite for one machine, PostgreSQL for several instances.
//!
//! Statements are written once, in the `store.rs` files of the rooms, with `$1` placeholders; they run on a
//! [`Session`], which knows its engine. A [`Reader`] is a session outside any transaction; a [`Tx`] is one
//! inside, and the only way to write; a [`Snapshot`] reads several things as of one moment. A set of rows goes
//! into a statement at once through [`Rows`], which each engine unpacks in its own way; what a transaction only writes waits
//! for the rest and goes in one command ([`Tx::write`]). Instants are stored as
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
//! - A statement that only reads has a bound on PostgreSQL, at a bar a shorter one: nobody hears of a network that swallows
//!   everything. The connection on SQLite that writes is opened afresh after an error of its files.
//! - SQLite's log goes into its file on a connection of its own, a little at a time, so that no commit waits for much of it.
//! - A SQLite file that is not the one that was opened is not written: it would be lost with the last connection.
//! - After an error a `Tx` is never continued: PostgreSQL would refuse, SQLite would not.
//! - A serialisation failure, a deadlock or a lost race redoes the whole transaction ([`Store::transact`]).
//! - What grows is found by key or walked along an index up to a limit, however much there is: `tests/plans.rs` has both
//!   engines explain every statement of the program.
//! - On PostgreSQL a statement that reads by itself is asked again in place; inside a transaction nothing is.
//!
//! **Which engines.** SQLite for one process; a second one on the same file is safe, and slow. PostgreSQL from version
//! 15 on for several, directly or through a pooler ([`Pooler`]). The text keeps to what PostgreSQL's distributed relatives
//! have too: no advisory locks, `LISTEN`, triggers, stored procedures, sequences, temporary tables or `SKIP LOCKED`; a
//! savepoint nowhere. Some of them make every transaction serialisable, so that all tests run under that isolation as well
//! (`make test-serializable`). All of it was run on SQLite and on PostgreSQL, and on nothing else. What it uses beyond plain
//! SQL, to be looked for before moving to another:
//! - `UNNEST` of several arrays as a row source ([`Rows`]), `INSERT … SELECT … ON CONFLICT`, `UPDATE … FROM`, `RETURNING`
//!   (once with a subquery), and changes of several tables as common table expressions of one statement;
//! - row locks, `FOR KEY SHARE`, by which an order waits for whoever corrects or takes away its account, and `FOR UPDATE`
//!   and `FOR UPDATE OF`, by which lanes wait for each other, whoever closes the gate for the
//!   lanes, and two for each other who record something of one batch or resolve matters of one payment. Where an engine
//!   takes them for hints, versions still guard every wallet, and a batch that began before the gate was closed may commit
//!   just after;
//! - `LOCK TABLE … IN SHARE UPDATE EXCLUSIVE MODE`, by which processes that meet at the same wallets take turns; an engine
//!   that does not know it is asked once, and they hold the wallets before they read them instead;
//! - foreign keys, checks, a `fillfactor`, casts with `::`, `ALTER TABLE … DROP COLUMN` in a migration, in another a
//!   column that is filled in the transaction that adds it, `ANALYZE` of several tables after issuing;
//! - `REPEATABLE READ` for snapshots, or whatever stronger level the engine puts in its place;
//! - SQLSTATE 40001 and 40P01 for what is to be done again, at `COMMIT` as well.
//!
//! What their makers say of the relatives, as read in their manuals and not tried:
//!
//! | engine | what to expect |
//! |---|---|
//! | Aurora PostgreSQL, AlloyDB | PostgreSQL's own server over storage of their own, with one node that writes: all of the list. Meant for it |
//! | YugabyteDB from 2025.1 | PostgreSQL 15's own parser and planner, row locks and three isolation levels. By default each change of a table is a transaction of its own, so that a migration that is cut off may stay half done: migrate before anything serves, with a dump at hand. Meant for it |
//! | CockroachDB | serialisable by default, where row locks may be lost when data moves between nodes; a statement must not change one table in two of its common table expressions; changes of tables inside transactions are limited, and a column can't be counted on in the transaction that adds it, which migration 0018 does. Meant for it, but for the migrations, which somebody has to run there statement by statement first |
//! | Citus | tables that are not distributed are plain PostgreSQL. Distributed by `event_id` its rules are broken: keys and foreign keys must hold that column, and the directory's tables, which lead from a code, a token or a payment to its event, don't. Not meant for it |

mod checkpoint;
mod connect;
mod doubt;
mod error;
mod lent;
mod migrate;
mod place;
mod rows;
mod session;
mod statement;
mod store;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod values;
mod words;
mod writes;

pub use connect::{Pooler, READERS_MIN};
pub use error::{Error, RetryHint, all_written};
pub use rows::Rows;
pub use session::{Reader, Row, Session, Snapshot, Tx};
pub use store::{
    Lane, Step, check_key_fingerprint, claim_lane, close_gate, copy_sqlite_into, is_lease_held,
    known_key_fingerprint, ping, reclaim_lane, release_lane, release_lease, renew_lease, step_lane,
    take_lease, take_turn,
};
pub use values::Value;

use crate::values;
use connect::{BEGIN_BY_KEY, Pools};
use doubt::Asking;
use futures_util::future::BoxFuture;
use lent::Lent;
use std::time::Duration;

/// How often a transaction that lost a race is done again before its caller hears of it.
const ATTEMPTS_MAX: u32 = 12;

/// How long a statement at a bar may take on PostgreSQL: a till gives up after six seconds.
const READ_AT_BAR_TIME_MAX: Duration = Duration::from_secs(4);
/// How long any other that only reads may take there: each reads a page, however much there is.
const READ_TIME_MAX: Duration = Duration::from_secs(10);

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
        Store::open_behind(url, Pooler::None).await
    }

    /// The same through a pooler. Tables that one who lends connections for a transaction stands before are left as
    /// they are, and must be up to date.
    ///
    /// # Errors
    /// As [`Store::open`]; a schema that is older than this program and can't be changed from here.
    pub async fn open_behind(url: &str, pooler: Pooler) -> Result<Store, Error> {
        Store(Pools::connect(url, pooler, true).await?).up_to_date().await
    }

    /// The same of a database that has tables of ours; none where it has none, and none are made there.
    ///
    /// # Errors
    /// As [`Store::open_behind`]; a database that isn't there.
    pub async fn open_existing(url: &str, pooler: Pooler) -> Result<Option<Store>, Error> {
        let store = Store(Pools::connect(url, pooler, false).await?);
        let made = store.read().await?.one::<(i64,)>("SELECT COUNT(*) FROM installation", values![]).await;
        match made {
            Err(error) if error.is_no_such_table() => Ok(None),
            Err(error) => Err(error),
            Ok(_) => store.up_to_date().await.map(Some),
        }
    }

    async fn up_to_date(self) -> Result<Store, Error> {
        match &self.0 {
            Pools::Postgres { pooler: Pooler::Transaction, .. } => migrate::check(&self).await?,
            _ => migrate::run(&self).await?,
        }
        Ok(self)
    }

    /// Opens a database that exists and leaves its schema as it is: for copying it before an upgrade.
    ///
    /// # Errors
    /// A URL of another kind, a database that isn't there or can't be reached.
    pub async fn open_unchanged(url: &str) -> Result<Store, Error> {
        Ok(Store(Pools::connect(url, Pooler::None, false).await?))
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
            Pools::Sqlite { writer, checkpoints, place, doubt, .. } => {
                place.check()?;
                let asking = Asking::begin(doubt);
                let begun = writer.begin_with("BEGIN IMMEDIATE").await.map_err(Error::from);
                Tx::sqlite(asking.answered(begun)?, doubt, checkpoints)
            }
            Pools::Postgres { writers, doubt, pooler, .. } => {
                let asking = Asking::begin(doubt);
                let begin = match pooler {
                    Pooler::None => "BEGIN",
                    Pooler::Transaction => BEGIN_BY_KEY,
                };
                let begun = async {
                    let connection = doubt.connected(writers.acquire().await.map_err(Error::from))?;
                    Ok(Lent::begun(connection, begin).await?)
                };
                Tx::postgres(asking.answered(begun.await)?, doubt, *pooler)
            }
        })
    }

    /// Why a server can't be reached, where the error only says that it was waited for.
    pub async fn why_unreachable(&self, error: &Error) -> Option<String> {
        match (&self.0, error) {
            (Pools::Postgres { writers, .. }, Error::Database(sqlx::Error::PoolTimedOut)) => {
                connect::why(&writers.connect_options()).await
            }
            _ => None,
        }
    }

    /// A session for short reads, outside any transaction.
    ///
    /// # Errors
    /// When no connection is free in time or the database can't be reached.
    #[expect(clippy::disallowed_methods, reason = "the one place that acquires")]
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(match &self.0 {
            Pools::Sqlite { readers, .. } => Reader::sqlite(readers.acquire().await?),
            Pools::Postgres { readers, doubt, pooler, .. } => {
                Reader::postgres(readers, doubt, *pooler, READ_TIME_MAX).await?
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
            Pools::Postgres { bars, doubt, pooler, .. } => {
                Reader::postgres(bars, doubt, *pooler, READ_AT_BAR_TIME_MAX).await?
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
            Pools::Postgres { readers, doubt, pooler, .. } => {
                let connection = connect::to_read(readers, doubt).await?;
                Snapshot::postgres(Lent::begun(connection, ONE_MOMENT).await?, doubt, *pooler)
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
            Pools::Sqlite { writer, bars, readers, checkpoints, .. } => {
                bars.close().await;
                readers.close().await;
                checkpoints.close().await;
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
