//! A connection to PostgreSQL that its pool has lent, with the transaction on it.
//!
//! Before a connection goes back it has to answer. The pool would wait for that answer for as long as the system believes
//! in the connection, which behind a network that swallows everything is a quarter of an hour, and keep its place so
//! long; here it has moments.

use super::connect::SIGN_OF_LIFE_MAX;
use sqlx::Executor;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};
use std::ops::{Deref, DerefMut};

/// A lent connection; given back when it is dropped, and what was begun on it is undone.
pub(super) struct Lent {
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
}

impl Lent {
    pub(super) fn new(connection: PoolConnection<Postgres>) -> Lent {
        Lent { connection: Some(connection), in_transaction: false }
    }

    /// Starts a transaction with this statement.
    pub(super) async fn begun(
        connection: PoolConnection<Postgres>,
        begin: &'static str,
    ) -> sqlx::Result<Lent> {
        let mut lent = Lent { connection: Some(connection), in_transaction: true };
        lent.execute(begin).await?;
        Ok(lent)
    }

    pub(super) async fn commit(mut self) -> sqlx::Result<()> {
        self.execute("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }
}

impl Deref for Lent {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("taken only at the end")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("taken only at the end")
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let in_transaction = self.in_transaction;
        // Unless it is given back in time.
        connection.close_on_drop();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let giving_back = async {
                if !in_transaction || connection.execute("ROLLBACK").await.is_ok() {
                    connection.return_to_pool().await;
                }
            };
            if tokio::time::timeout(SIGN_OF_LIFE_MAX, giving_back).await.is_err() {
                tracing::warn!("a connection to the database is given up: it does not answer");
            }
        });
    }
}
