//! The sandbox's own calls under `/sandbox/`.

use crate::sandbox::bancontact::{MoveRequest, PaymentView, ReleaseOrder};
use crate::sandbox::problem::{Problem, read_json};
use crate::sandbox::{Faults, NewProfile, Paid, Sandbox};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// How many payments `GET /sandbox/payments` shows when nothing is asked, and at most.
const PAYMENTS_DEFAULT: usize = 20;
const PAYMENTS_MAX: usize = 200;

type Body = Result<Bytes, BytesRejection>;

pub(in crate::sandbox) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/pay", post(pay))
        .route("/sandbox/payments", get(payments))
        .route("/sandbox/payments/{id}/move", post(move_payment))
        .route("/sandbox/profiles", get(profiles).post(register))
        .route("/sandbox/faults", get(faults).post(change_faults).delete(reset_faults))
        .route("/sandbox/callbacks/release", post(release))
}

async fn pay(State(sandbox): State<Sandbox>, body: Body) -> Result<Json<Paid>, Problem> {
    Ok(Json(sandbox.pay(read_json(body)?).await?))
}

async fn move_payment(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    body: Body,
) -> Result<Json<Paid>, Problem> {
    let request: MoveRequest = read_json(body)?;
    Ok(Json(sandbox.move_payment(&id, request).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Payments {
    payments: Vec<PaymentView>,
}

async fn payments(
    State(sandbox): State<Sandbox>,
    query: Result<Query<Limit>, QueryRejection>,
) -> Result<Json<Payments>, Problem> {
    let asked = query.ok().map(|Query(query)| query.limit.unwrap_or(PAYMENTS_DEFAULT));
    let Some(limit @ 1..=PAYMENTS_MAX) = asked else {
        let detail = format!("the query takes one thing: limit, a number from 1 to {PAYMENTS_MAX}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-query", detail));
    };
    Ok(Json(Payments { payments: sandbox.inner.bancontact.recent(limit) }))
}

async fn register(State(sandbox): State<Sandbox>, body: Body) -> Result<Json<Value>, Problem> {
    let profile: NewProfile = read_json(body)?;
    let profile_id = profile.profile_id.clone();
    let api_key = sandbox.register_profile(profile)?;
    let answer = json!({
        "profile_id": profile_id,
        "api_key": api_key,
        "api_url": sandbox.api_url(),
        "key_set_url": sandbox.key_set_url(),
    });
    Ok(Json(answer))
}

async fn profiles(State(sandbox): State<Sandbox>) -> Json<Value> {
    Json(json!({ "profiles": sandbox.inner.bancontact.profiles() }))
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<Faults> {
    Json(sandbox.inner.bancontact.faults())
}

async fn change_faults(State(sandbox): State<Sandbox>, body: Body) -> Result<Json<Faults>, Problem> {
    Ok(Json(sandbox.change_faults(read_json(body)?)?))
}

async fn reset_faults(State(sandbox): State<Sandbox>) -> Result<Json<Faults>, Problem> {
    let change = crate::sandbox::FaultsChange { reset: true, ..Default::default() };
    Ok(Json(sandbox.change_faults(change)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    #[serde(default)]
    order: ReleaseOrder,
}

async fn release(State(sandbox): State<Sandbox>, body: Body) -> Result<Json<Value>, Problem> {
    let Release { order } = read_json(body)?;
    let released = Arc::clone(&sandbox.inner.bancontact).release(order).await;
    Ok(Json(json!({ "released": released })))
}
