//! Turns: whoever nobody knows yet is served a few at a time, so that those who are known find the database free.
//!
//! A rate limit counts by address, and a crowd has many. What is bounded here is what a crowd takes from the others: the
//! connections to the database it holds at once. The rest of it waits, not for long, and is told to come again.

use super::problem::Problem;
use axum::http::StatusCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long somebody waits for their turn.
const WAIT_MAX: Duration = Duration::from_secs(1);
/// After how many seconds it is worth coming again.
const RETRY_AFTER_SECONDS: u64 = 2;

/// So many at a time.
#[derive(Clone)]
pub(in crate::web) struct Turns {
    places: Arc<Semaphore>,
    whose: &'static str,
}

impl Turns {
    /// `whose` is what the metrics call them.
    pub(in crate::web) fn at_once(places: usize, whose: &'static str) -> Turns {
        Turns { places: Arc::new(Semaphore::new(places)), whose }
    }

    /// Waits for a turn, which lasts as long as what is returned.
    ///
    /// # Errors
    /// 503 when none comes in time.
    pub(in crate::web) async fn take(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let turn = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.places).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        turn.ok_or_else(|| {
            metrics::counter!("polsband_throttled_total", "limit" => self.whose).increment(1);
            let detail = "too many are asking right now: try again in a moment";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail)
                .retry_after(RETRY_AFTER_SECONDS)
        })
    }
}
