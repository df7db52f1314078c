//! Forgets what is kept no longer.

use super::{Jobs, Next};
use crate::db;
use crate::operators;
use crate::payments::payers;

pub(super) async fn step(jobs: &Jobs) -> Next {
    match forget(jobs).await {
        Ok(0) => Next::Idle,
        Ok(payments) => {
            tracing::info!(payments, "forgot who paid at events closed long ago");
            Next::Done
        }
        Err(error) => {
            tracing::warn!(%error, "what is kept no longer can't be forgotten now");
            Next::Retry
        }
    }
}

async fn forget(jobs: &Jobs) -> Result<u64, db::Error> {
    let now = jobs.clock.now();
    operators::purge(&jobs.store, now).await?;
    payers::purge(&jobs.store, now).await
}
