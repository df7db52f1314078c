//! WooshPay's paths, from its public pages.

use super::{House, Notice, Orders, Outcome, Payment, Record, RefundState, Refunded, Refusal, WOOSHPAY_KEY};
use crate::clock::Timestamp;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/payment_intents", post(create).get(list))
        .route("/payment_intents/search", get(search))
        .route("/payment_intents/{id}", get(one))
        .route("/payment_intents/{id}/cancel", post(cancel))
        .route("/refunds", post(refund))
        .route("/refunds/{id}", get(one_refund))
        .route("/webhook_endpoints", post(webhook))
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"type": kind, "code": "sandbox", "message": message}}))).into_response()
}

/// What stands in the way of any call.
fn guard(orders: &Orders, headers: &HeaderMap) -> Option<Response> {
    if orders.state().faults.unavailable {
        return Some(refused(StatusCode::SERVICE_UNAVAILABLE, "api_error", "unavailable"));
    }
    let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let right = format!("Basic {}", BASE64.encode(format!("{WOOSHPAY_KEY}:").as_bytes()));
    (said != Some(&right)).then(|| refused(StatusCode::UNAUTHORIZED, "invalid_request_error", "bad key"))
}

async fn create(State(orders): State<Orders>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let Some(amount) = body["amount"].as_i64().filter(|amount| *amount > 0) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error", "amount");
    };
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    if key != body["merchant_order_id"].as_str() {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error", "the key is the order's name here");
    }
    if body["confirm"] != true || body["payment_method_data"]["type"] != "bancontact" {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error", "payment_method_data");
    }
    let payment = Payment {
        house: House::WooshPay,
        number: 0,
        order: text("merchant_order_id"),
        amount,
        received: None,
        currency: text("currency"),
        description: text("description"),
        notify_url: String::new(),
        is_signed: true,
        return_url: text("return_url"),
        asked: Arc::new(body.clone()),
        outcome: Outcome::Open,
        created: orders.0.clock.now(),
        expires: None,
        refunds: Vec::new(),
    };
    // The same again is answered like the first time, and anything else under the key is refused, as Stripe does.
    let payment = match orders.make(payment) {
        Ok(payment) => payment,
        Err(known) if *known.asked == body => *known,
        Err(_) => {
            let what = "a key can only be used again with what it was used with first";
            return refused(StatusCode::BAD_REQUEST, "idempotency_error", what);
        }
    };
    if let Some(lost) = orders.lost_answer().await {
        return lost;
    }
    Json(shown(&orders, &payment)).into_response()
}

fn id_of(payment: &Payment) -> String {
    format!("pi_{:013}", payment.number)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "requires_action",
        Outcome::Processing => "processing",
        Outcome::Paid | Outcome::ChargedBack => "succeeded",
        Outcome::Declined => "requires_payment_method",
        Outcome::Cancelled | Outcome::Expired => "canceled",
        Outcome::Unheard => "pondering",
    }
}

fn intent(payment: &Payment) -> Value {
    let mut intent = json!({
        "id": id_of(payment), "object": "payment_intent", "created": payment.created.0 / 1_000, "livemode": false,
        "currency": payment.currency, "amount": payment.amount, "status": word(payment.outcome),
        "merchant_order_id": payment.order, "client_secret": "x", "payment_method_types": ["bancontact"],
        "return_url": payment.return_url, "capture_method": "automatic",
    });
    if let Some(received) = payment.received {
        intent["amount_received"] = json!(received);
    }
    if payment.outcome == Outcome::Declined {
        intent["last_payment_error"] = json!({"code": "payment_declined"});
    }
    intent
}

fn shown(orders: &Orders, payment: &Payment) -> Value {
    let mut intent = intent(payment);
    if payment.outcome == Outcome::Open {
        let kind = "bancontact_handle_redirect";
        let mut next = json!({"type": kind});
        next[kind] = json!({"url": orders.page_url(&payment.order)});
        intent["next_action"] = next;
    }
    intent
}

fn by_id(orders: &Orders, id: &str) -> Option<Payment> {
    orders.of(House::WooshPay).into_iter().find(|payment| id_of(payment) == id)
}

async fn one(State(orders): State<Orders>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    match by_id(&orders, &id) {
        Some(payment) => Json(shown(&orders, &payment)).into_response(),
        None => refused(StatusCode::NOT_FOUND, "invalid_request_error", "no such intent"),
    }
}

async fn cancel(State(orders): State<Orders>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let mut state = orders.state_now();
    let known = |payment: &&Payment| payment.house == House::WooshPay && id_of(payment) == id;
    let Some(mut payment) = state.payments.iter().find(known).cloned() else {
        return refused(StatusCode::NOT_FOUND, "invalid_request_error", "no such intent");
    };
    if payment.outcome == Outcome::Paid {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error", "it has succeeded");
    }
    payment.outcome = Outcome::Cancelled;
    state.keep(Record::Payment(payment.clone()));
    Json(intent(&payment)).into_response()
}

async fn list(
    State(orders): State<Orders>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let all = orders.of(House::WooshPay);
    let start = match query.get("starting_after") {
        Some(id) => all.iter().position(|payment| id_of(payment) == *id).map_or(all.len(), |at| at + 1),
        None => 0,
    };
    let asked = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10);
    let rows = orders.state().faults.page_rows.unwrap_or(asked).min(asked);
    answer(&orders, &all[start..], rows)
}

/// `query=merchant_order_id:'…'`.
async fn search(
    State(orders): State<Orders>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let asked = query.get("query").and_then(|text| text.strip_prefix("merchant_order_id:'"));
    let Some(order) = asked.and_then(|text| text.strip_suffix('\'')) else {
        return refused(StatusCode::BAD_REQUEST, "invalid_request_error", "query");
    };
    let lags = orders.state().faults.search_lags;
    let is_found = |payment: &Payment| !lags && payment.order == order;
    let found: Vec<Payment> = orders.of(House::WooshPay).into_iter().filter(is_found).collect();
    answer(&orders, &found, 10)
}

/// The amount is text, and may be left out for all of it; a second refund is refused.
async fn refund(State(orders): State<Orders>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let bad = |what: &str| refused(StatusCode::BAD_REQUEST, "invalid_request_error", what);
    let cents = match &body["amount"] {
        Value::Null => None,
        Value::String(text) => match text.parse::<i64>() {
            Ok(cents) => Some(cents),
            Err(_) => return bad("amount"),
        },
        _ => return bad("amount is text"),
    };
    let name = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let intent = body["payment_intent"].as_str().unwrap_or_default();
    let made = orders.refund(House::WooshPay, |payment| id_of(payment) == intent, name, cents);
    if made.is_ok()
        && let Some(lost) = orders.lost_answer().await
    {
        return lost;
    }
    match made {
        Ok((payment, refund)) => Json(refund_shown(&payment, &refund)).into_response(),
        Err(Refusal::Unknown) => refused(StatusCode::NOT_FOUND, "invalid_request_error", "no such intent"),
        Err(_) => bad("it can't be refunded"),
    }
}

pub(super) fn refund_id(refund: &Refunded) -> String {
    format!("re_{:013}", refund.number)
}

fn refund_shown(payment: &Payment, refund: &Refunded) -> Value {
    let (status, failure) = match refund.state {
        RefundState::Reserved => ("pending", Value::Null),
        RefundState::Done(_) => ("succeeded", Value::Null),
        RefundState::Refused => ("failed", json!("unknown")),
    };
    json!({
        "id": refund_id(refund), "object": "refund", "amount": refund.amount, "currency": payment.currency,
        "payment_intent": id_of(payment), "reason": "requested_by_customer", "status": status, "failure_reason": failure,
    })
}

async fn one_refund(State(orders): State<Orders>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    for payment in orders.of(House::WooshPay) {
        if let Some(refund) = payment.refunds.iter().find(|refund| refund_id(refund) == id) {
            return Json(refund_shown(&payment, refund)).into_response();
        }
    }
    refused(StatusCode::NOT_FOUND, "invalid_request_error", "no such refund")
}

fn answer(orders: &Orders, payments: &[Payment], rows: usize) -> Response {
    let data: Vec<Value> = payments.iter().take(rows).map(|payment| shown(orders, payment)).collect();
    let has_more = payments.len() > rows;
    Json(json!({"object": "list", "url": "/v1/payment_intents", "has_more": has_more, "data": data}))
        .into_response()
}

async fn webhook(State(orders): State<Orders>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let url = body["url"].as_str().unwrap_or_default();
    let secret = orders.register_webhook(url);
    Json(json!({"id": "we_1", "url": url, "secret": secret, "status": "enabled"})).into_response()
}

/// What an event is about: a refund if there is one, or else the payment.
pub(super) fn about(payment: &Payment, refund: Option<&Refunded>) -> (&'static str, u64, Value) {
    if let Some(refund) = refund {
        return ("charge.refund.updated", refund.number, refund_shown(payment, refund));
    }
    let kind = match payment.outcome {
        Outcome::Open | Outcome::Processing | Outcome::Unheard => "payment_intent.requires_action",
        Outcome::Paid | Outcome::ChargedBack => "payment_intent.succeeded",
        Outcome::Declined => "payment_intent.payment_failed",
        Outcome::Cancelled | Outcome::Expired => "payment_intent.canceled",
    };
    (kind, payment.number, intent(payment))
}

/// An event as they send it, signed with the webhook's secret if there is one.
pub(super) fn notice(
    (kind, number, object): (&str, u64, Value),
    now: Timestamp,
    url: String,
    secret: Option<&str>,
) -> Notice {
    let body = json!({
        "id": format!("evt_{number:013}"), "object": "event", "created": now.0 / 1_000, "livemode": false,
        "type": kind, "data": {"object": object}, "pending_webhooks": 1,
    })
    .to_string();
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    if let Some(secret) = secret {
        let time = now.0 / 1_000_000;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let tag = HEXLOWER.encode(hmac::sign(&key, format!("{time}.{body}").as_bytes()).as_ref());
        headers.push(("wooshpay-signature".to_owned(), format!("t={time},v1={tag}")));
    }
    Notice { method: "POST", url, headers, body }
}
