//! Forgets what is kept no longer.

use super::{Jobs, Next};
use crate::payments::payers;

pub(super) async fn step(jobs: &Jobs) -> Next {
    match payers::purge(&jobs.store, jobs.clock.now()).await {
        Ok(0) => Next::Idle,
        Ok(payments) => {
            tracing::info!(payments, "forgot who paid at events closed long ago");
            Next::Done
        }
        Err(error) => {
            tracing::warn!(%error, "payers can't be forgotten now");
            Next::Retry
        }
    }
}
