//! The addresses that operators marked as retired.

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::values;
use std::collections::BTreeSet;

/// All that are marked.
///
/// # Errors
/// The database's.
pub async fn marked(session: &mut Session) -> Result<BTreeSet<String>, Error> {
    let rows: Vec<(String,)> = session.all("SELECT url FROM retired_hosts LIMIT 1000", values![]).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// False when it was marked before.
pub(super) async fn mark(tx: &mut Tx, url: &str, actor: &str, now: Timestamp) -> Result<bool, Error> {
    let written = tx
        .execute(
            "INSERT INTO retired_hosts (url, actor, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            values![url, actor, now],
        )
        .await?;
    Ok(written == 1)
}

/// False when it was not marked.
pub(super) async fn unmark(tx: &mut Tx, url: &str) -> Result<bool, Error> {
    let written = tx.execute("DELETE FROM retired_hosts WHERE url = $1", values![url]).await?;
    Ok(written == 1)
}
