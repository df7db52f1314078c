//! `GET /healthz`: the process answers. `GET /readyz`: the database does too, reading and writing.

use super::body::Json;
use super::problem::Problem;
use crate::clock::{Clock, Timestamp};
use crate::db::{self, Store};
use crate::ledger::LaneHandle;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Whoever asks wants a quick answer more than a patient one.
const PING_TIME_MAX: Duration = Duration::from_secs(2);

/// How long an answer of the database's stands for whoever asks next: anybody may ask as often as they like.
const PING_STANDS: Duration = Duration::from_secs(1);

/// Whether the database answered, and when it was asked. One asks at a time, the others hear of it.
#[derive(Clone, Default)]
pub(in crate::web) struct Readiness(Arc<Mutex<Option<(Timestamp, bool)>>>);

impl Readiness {
    async fn is_ready(&self, store: &Store, lane: &LaneHandle, clock: &Clock) -> bool {
        let mut last = self.0.lock().await;
        let now = clock.now();
        if let Some((at, ready)) = *last
            && now.is_near(at, PING_STANDS)
        {
            return ready;
        }
        let reads = async {
            let mut session = store.read().await?;
            db::ping(&mut session).await
        };
        let (reads, writes) = tokio::join!(tokio::time::timeout(PING_TIME_MAX, reads), lane.commits());
        let ready = matches!(reads, Ok(Ok(()))) && writes;
        let was_ready = last.is_none_or(|(_, ready)| ready);
        // Who watches asks again and again; the log hears when it turns.
        match &reads {
            _ if ready == was_ready => {}
            Ok(Ok(())) if ready => tracing::info!("ready again"),
            Ok(Ok(())) => tracing::warn!("not ready: the database can't be written"),
            Ok(Err(error)) => tracing::warn!(%error, "not ready: the database does not answer"),
            Err(_) => tracing::warn!("not ready: the database did not answer within two seconds"),
        }
        *last = Some((clock.now(), ready));
        ready
    }
}

/// `GET /healthz`
pub(in crate::web) async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`
pub(in crate::web) async fn ready(
    State(readiness): State<Readiness>,
    State(store): State<Store>,
    State(lane): State<LaneHandle>,
    State(clock): State<Clock>,
) -> Result<Json<Value>, Problem> {
    match readiness.is_ready(&store, &lane, &clock).await {
        true => Ok(Json(json!({ "status": "ready" }))),
        false => Err(Problem::come_again()),
    }
}
