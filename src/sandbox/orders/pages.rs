//! The page a payer is sent to, and the same for programs.

use super::{Finish, Notify, OrderFaults, Orders, Outcome};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use std::pin::pin;

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/pay/{order}", get(page))
        .route("/pay/{order}/{outcome}", post(choose))
        .route("/sandbox/orders/{order}", post(finish))
        .route("/sandbox/orders/{order}/refunds", post(refund))
        .route("/sandbox/orders", post(faults))
}

/// What a payer can choose.
const CHOICES: [(&str, Outcome, &str); 3] = [
    ("paid", Outcome::Paid, "Pay"),
    ("declined", Outcome::Declined, "Let the bank decline"),
    ("cancelled", Outcome::Cancelled, "Cancel"),
];

async fn page(State(orders): State<Orders>, Path(order): Path<String>) -> Response {
    let state = orders.state();
    let Some(payment) = state.payments.iter().find(|payment| payment.order == order) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let buttons: String = CHOICES
        .iter()
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

async fn choose(State(orders): State<Orders>, Path((order, word)): Path<(String, String)>) -> Response {
    let Some((_, outcome, _)) = CHOICES.into_iter().find(|(choice, ..)| *choice == word) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let finish = Finish { outcome, notify: Notify::Deliver, amount_cents: None };
    if orders.finish_and_send(&order, &finish).await.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let back = orders.return_url(&order).unwrap_or_default();
    (StatusCode::SEE_OTHER, [(header::LOCATION, back)]).into_response()
}

async fn finish(
    State(orders): State<Orders>,
    Path(order): Path<String>,
    Json(finish): Json<Finish>,
) -> Response {
    match orders.finish_and_send(&order, &finish).await {
        Some(answers) => Json(json!({ "callbacks": answers })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
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
) -> Response {
    match orders.refund_by_hand(&order, by_hand.amount_cents) {
        Some(notice) => Json(json!({ "callbacks": [orders.send(&notice).await] })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn faults(State(orders): State<Orders>, Json(faults): Json<OrderFaults>) -> Json<OrderFaults> {
    orders.change_faults(faults);
    Json(faults)
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
