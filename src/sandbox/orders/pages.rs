//! The page a payer is sent to, and the same for programs.

use super::{Finish, Notify, OrderFaults, Orders, Outcome, Refusal};
use crate::sandbox::problem::Problem;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::pin::pin;

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/pay/{order}", get(page))
        .route("/pay/{order}/{outcome}", post(choose))
        .route("/sandbox/orders/{order}", post(finish))
        .route("/sandbox/orders/{order}/refunds", post(refund))
        .route("/sandbox/orders", post(faults))
        .route("/sandbox/multisafepay/key", post(renew_key))
}

/// What a payer can choose, and what their bank can do once they have paid.
const CHOICES: [(&str, Outcome, &str); 4] = [
    ("paid", Outcome::Paid, "Pay"),
    ("declined", Outcome::Declined, "Let the bank decline"),
    ("cancelled", Outcome::Cancelled, "Cancel"),
    ("charged-back", Outcome::ChargedBack, "Let the bank take it back"),
];

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
            Refusal::NoWebhook => Problem::new(
                StatusCode::CONFLICT,
                "no-webhook",
                "it is done; WooshPay has no webhook to tell of it",
            ),
        }
    }
}

async fn page(State(orders): State<Orders>, Path(order): Path<String>) -> Response {
    let state = orders.state();
    let Some(payment) = state.payments.iter().find(|payment| payment.order == order) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let buttons: String = CHOICES
        .iter()
        .filter(|(_, outcome, _)| *outcome != Outcome::ChargedBack || payment.can_be_charged_back())
        .map(|(word, _, label)| {
            let action = format!("/pay/{}/{word}", payment.order);
            format!("<form method=\"post\" action=\"{action}\"><button>{label}</button></form>")
        })
        .collect();
    // Only what the sandbox wrote itself stands in it: a number, and an order's name that was found.
    let cents = payment.amount;
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Sandbox bank</title><h1>Pay {cents} cents</h1>{buttons}</html>"
    ))
    .into_response()
}

async fn choose(
    State(orders): State<Orders>,
    Path((order, word)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let Some((_, outcome, _)) = CHOICES.into_iter().find(|(choice, ..)| *choice == word) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let finish = Finish { outcome, notify: Notify::Deliver, amount_cents: None };
    orders.finish_and_send(&order, &finish).await?;
    let back = orders.return_url(&order).unwrap_or_default();
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response())
}

async fn finish(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    Json(finish): Json<Finish>,
) -> Result<Json<Value>, Problem> {
    let answers = orders.finish_and_send(&order, &finish).await?;
    Ok(Json(json!({ "callbacks": answers })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    amount_cents: i64,
}

async fn refund(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    Json(by_hand): Json<ByHand>,
) -> Result<Json<Value>, Problem> {
    let notice = orders.refund_by_hand(&order, by_hand.amount_cents);
    let answers = orders.send_all(notice, 1).await?;
    Ok(Json(json!({ "callbacks": answers })))
}

async fn faults(State(orders): State<Orders>, Json(faults): Json<OrderFaults>) -> Json<OrderFaults> {
    orders.change_faults(faults);
    Json(faults)
}

async fn renew_key(State(orders): State<Orders>) -> Json<Value> {
    Json(json!({ "api_key": orders.renew_key() }))
}

/// Holds a request for as long as the providers say nothing.
pub(super) async fn keeps_silent(State(orders): State<Orders>, request: Request, next: Next) -> Response {
    loop {
        let mut changed = pin!(orders.0.faults_changed.notified());
        changed.as_mut().enable();
        if !orders.state().faults.silent {
            return next.run(request).await;
        }
        changed.await;
    }
}
