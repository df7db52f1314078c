//! `GET /healthz`: the process answers. `GET /readyz`: so does the database.

use super::body::Json;
use super::problem::Problem;
use crate::db::{self, Store};
use axum::extract::State;
use serde_json::{Value, json};
use std::time::Duration;

/// Whoever asks wants a quick answer more than a patient one.
const PING_TIME_MAX: Duration = Duration::from_secs(2);

/// `GET /healthz`
pub(in crate::web) async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`
pub(in crate::web) async fn ready(State(store): State<Store>) -> Result<Json<Value>, Problem> {
    let ping = async {
        let mut session = store.read().await?;
        db::ping(&mut session).await
    };
    match tokio::time::timeout(PING_TIME_MAX, ping).await {
        Ok(Ok(())) => Ok(Json(json!({ "status": "ready" }))),
        Ok(Err(error)) => Err(Problem::unavailable(error)),
        Err(_) => Err(Problem::unavailable("the database did not answer within two seconds")),
    }
}
