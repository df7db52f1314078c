//! The sandbox's own calls about orders, for programs.

use super::{Finish, FinishRefund, Notify, OrderFaults, Orders, Payment, RefundState, Refusal};
use crate::sandbox::bancontact::ReleaseOrder;
use crate::sandbox::problem::{Problem, read_json};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

type Body = Result<Bytes, BytesRejection>;

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/sandbox/orders", post(faults))
        .route("/sandbox/orders/{order}", get(stands).post(finish))
        .route("/sandbox/orders/{order}/refunds", post(refund))
        .route("/sandbox/orders/{order}/refunds/finish", post(finish_refund))
        .route("/sandbox/notices/release", post(release))
        .route("/sandbox/multisafepay/key", post(renew_key))
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Unknown => {
                Problem::new(StatusCode::NOT_FOUND, "unknown-order", "there is no such order")
            }
            Refusal::Impossible => Problem::new(
                StatusCode::CONFLICT,
                "impossible",
                "it is not paid, or not that much is left of it, or its provider does no such thing",
            ),
            Refusal::BelowZero => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-payment",
                "what comes in is 0 or more: less than nothing can't",
            ),
            Refusal::NoRefund => Problem::new(
                StatusCode::NOT_FOUND,
                "unknown-refund",
                "this order has no refund of that id that is reserved, or none at all",
            ),
            Refusal::NoWebhook => Problem::new(
                StatusCode::CONFLICT,
                "no-webhook",
                "it is done; WooshPay has no webhook to tell of it",
            ),
        }
    }
}

/// How each delivery was answered, in their order.
#[derive(Serialize)]
struct Sent {
    callbacks: Vec<String>,
}

async fn finish(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    body: Body,
) -> Result<Json<Sent>, Problem> {
    let finish: Finish = read_json(body)?;
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if finish.currency.as_deref().is_some_and(|code| !is_code(code)) {
        let detail = "currency is three capitals, as EUR";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-payment", detail));
    }
    let callbacks = orders.notify(orders.finish(&order, &finish), finish.notify).await?;
    Ok(Json(Sent { callbacks }))
}

async fn stands(State(orders): State<Orders>, Path(order): Path<String>) -> Result<Json<Value>, Problem> {
    let payment = orders.state_now().of_order(&order).ok_or(Refusal::Unknown)?;
    Ok(Json(shown(&payment)))
}

/// An order as it stands.
fn shown(payment: &Payment) -> Value {
    let refunds: Vec<Value> = payment
        .refunds
        .iter()
        .map(|refund| {
            let state = match refund.state {
                RefundState::Reserved => "reserved",
                RefundState::Done(_) => "completed",
                RefundState::Refused => "refused",
            };
            json!({"refund": refund.id(payment.house), "amount_cents": refund.amount, "state": state})
        })
        .collect();
    json!({
        "order": payment.order, "provider": payment.house, "outcome": payment.outcome, "amount_cents": payment.amount,
        "received_cents": payment.received.unwrap_or(payment.amount), "currency": payment.currency, "refunded_cents": payment.refunded(), "created_at": payment.created,
        "expires_at": payment.expires, "refunds": refunds,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    amount_cents: i64,
    #[serde(default)]
    notify: Notify,
}

async fn refund(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    body: Body,
) -> Result<Json<Sent>, Problem> {
    let ByHand { amount_cents, notify } = read_json(body)?;
    if amount_cents < 1 {
        let detail = format!("amount_cents is {amount_cents}; a refund is of 1 cent at least");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-refund", detail));
    }
    let callbacks = orders.notify(orders.send_back(&order, amount_cents, notify), notify).await?;
    Ok(Json(Sent { callbacks }))
}

async fn finish_refund(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    body: Body,
) -> Result<Json<Sent>, Problem> {
    let finish: FinishRefund = read_json(body)?;
    let callbacks = orders.notify(orders.finish_refund(&order, &finish), finish.notify).await?;
    Ok(Json(Sent { callbacks }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    #[serde(default)]
    order: ReleaseOrder,
}

async fn release(State(orders): State<Orders>, body: Body) -> Result<Json<Sent>, Problem> {
    let Release { order } = read_json(body)?;
    Ok(Json(Sent { callbacks: orders.release(order).await }))
}

async fn faults(State(orders): State<Orders>, body: Body) -> Result<Json<OrderFaults>, Problem> {
    let faults: OrderFaults = read_json(body)?;
    if let Some(detail) = faults.mistake() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fault", detail));
    }
    orders.change_faults(faults);
    Ok(Json(faults))
}

async fn renew_key(State(orders): State<Orders>) -> Json<Value> {
    Json(json!({ "api_key": orders.renew_key() }))
}
