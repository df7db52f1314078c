//! MultiSafepay's paths, from its API description.

use super::{
    House, MULTISAFEPAY_SITE, Notice, Orders, Outcome, Payment, Record, RefundState, Refunded, Refusal,
};
use crate::clock::Timestamp;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Longest id of an order, and longest description, in characters.
const ORDER_ID_MAX: usize = 50;
const DESCRIPTION_MAX: usize = 200;

pub(super) fn routes() -> Router<Orders> {
    Router::new()
        .route("/orders", post(create))
        .route("/orders/{order}", get(one))
        .route("/orders/{order}/cancel", post(cancel))
        .route("/orders/{order}/refunds", post(refund))
        .route("/transactions", get(list))
}

fn refused(status: StatusCode, code: i64, info: &str) -> Response {
    let body = json!({"success": false, "data": {}, "error_code": code, "error_info": info});
    (status, Json(body)).into_response()
}

/// What stands in the way of any call.
fn guard(orders: &Orders, headers: &HeaderMap) -> Option<Response> {
    let (faults, key) = {
        let state = orders.state();
        (state.faults, state.key())
    };
    if faults.unavailable {
        return Some(refused(StatusCode::SERVICE_UNAVAILABLE, 1000, "Unknown error"));
    }
    let said = headers.get("api_key").and_then(|value| value.to_str().ok());
    let is_taken = said == Some(key.as_str()) && !faults.multisafepay_key_ended;
    (!is_taken).then(|| refused(StatusCode::UNAUTHORIZED, 1032, "Invalid API key"))
}

fn text<'b>(body: &'b Value, pointer: &str) -> &'b str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The first thing that is wrong with an order, by the number and in the words of their list of errors.
fn mistake(body: &Value) -> Option<(i64, &'static str)> {
    let (order, description) = (text(body, "/order_id"), text(body, "/description").chars().count());
    if order.is_empty() || text(body, "/type").is_empty() {
        return Some((1016, "Missing data"));
    }
    if order.chars().count() > ORDER_ID_MAX {
        return Some((1006, "Invalid transaction ID"));
    }
    if body["amount"].as_i64().is_none_or(|amount| amount < 1) {
        return Some((1001, "Invalid amount"));
    }
    if text(body, "/currency") != "EUR" {
        return Some((1002, "Invalid currency"));
    }
    if !(1..=DESCRIPTION_MAX).contains(&description) {
        return Some((1008, "Invalid description"));
    }
    // Bancontact is paid at a page of theirs only.
    let is_available = text(body, "/gateway") == "MISTERCASH" && text(body, "/type") != "direct";
    (!is_available).then_some((1023, "Gateway unavailable"))
}

async fn create(State(orders): State<Orders>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    if let Some((code, info)) = mistake(&body) {
        return refused(StatusCode::BAD_REQUEST, code, info);
    }
    let text = |pointer: &str| text(&body, pointer).to_owned();
    let order = text("/order_id");
    let now = orders.0.clock.now();
    let seconds = body["seconds_active"].as_u64().unwrap_or(2_592_000);
    let payment = Payment {
        house: House::MultiSafepay,
        number: 0,
        order: order.clone(),
        amount: body["amount"].as_i64().unwrap_or_default(),
        received: None,
        currency: "EUR".to_owned(),
        description: text("/description"),
        notify_url: text("/payment_options/notification_url"),
        is_signed: text("/payment_options/notification_method") == "POST",
        return_url: text("/payment_options/redirect_url"),
        asked: Arc::default(),
        outcome: Outcome::Open,
        created: now,
        expires: Some(now.after(Duration::from_secs(seconds))),
        refunds: Vec::new(),
    };
    if orders.make(payment).is_err() {
        return refused(StatusCode::BAD_REQUEST, 1006, "Invalid transaction ID");
    }
    if let Some(lost) = orders.lost_answer().await {
        return lost;
    }
    let page = orders.page_url(&order);
    let data = json!({"order_id": order, "payment_url": page, "qr_url": format!("{page}?qr")});
    Json(json!({"success": true, "data": data})).into_response()
}

async fn one(State(orders): State<Orders>, headers: HeaderMap, Path(order): Path<String>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    match orders.of(House::MultiSafepay).into_iter().find(|payment| payment.order == order) {
        Some(payment) => Json(json!({"success": true, "data": shown(&payment)})).into_response(),
        None => refused(StatusCode::NOT_FOUND, 1006, "Invalid transaction ID"),
    }
}

/// As they have it: an order that nobody has begun to pay is cancelled, and any other answers 403.
async fn cancel(State(orders): State<Orders>, headers: HeaderMap, Path(order): Path<String>) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let mut state = orders.state_now();
    let known = |payment: &&Payment| payment.house == House::MultiSafepay && payment.order == order;
    match state.payments.iter().find(known).cloned() {
        Some(mut payment) if payment.outcome == Outcome::Open => {
            payment.outcome = Outcome::Cancelled;
            state.keep(Record::Payment(payment));
            Json(json!({"success": true, "data": {}})).into_response()
        }
        Some(_) => (StatusCode::FORBIDDEN, Json(json!({"message": "Forbidden"}))).into_response(),
        None => refused(StatusCode::NOT_FOUND, 1006, "Invalid transaction ID"),
    }
}

/// As they have it: no amount, an empty one and 0 refund everything; the order's own id names it unless another is given.
async fn refund(
    State(orders): State<Orders>,
    headers: HeaderMap,
    Path(order): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    if body["currency"] != "EUR" {
        return refused(StatusCode::BAD_REQUEST, 1002, "Invalid currency");
    }
    let cents = match &body["amount"] {
        Value::Null => None,
        Value::String(none) if none.is_empty() => None,
        Value::Number(cents) if cents.as_i64() == Some(0) => None,
        Value::Number(cents) if cents.as_i64().is_some_and(|cents| cents > 0) => cents.as_i64(),
        _ => return refused(StatusCode::BAD_REQUEST, 1001, "Invalid amount"),
    };
    let name = body["refund_order_id"].as_str().unwrap_or(&order);
    let made = orders.refund(House::MultiSafepay, |payment| payment.order == order, Some(name), cents);
    if made.is_ok()
        && let Some(lost) = orders.lost_answer().await
    {
        return lost;
    }
    match made {
        Ok((_, refund)) => Json(
            json!({"success": true, "data": {"transaction_id": refund.number, "refund_id": refund.number}}),
        )
        .into_response(),
        Err(Refusal::Unknown) => refused(StatusCode::NOT_FOUND, 1006, "Invalid transaction ID"),
        Err(_) => refused(StatusCode::BAD_REQUEST, 1034, "Refund not possible"),
    }
}

async fn list(
    State(orders): State<Orders>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    if let Some(refusal) = guard(&orders, &headers) {
        return refusal;
    }
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let text = |name: &str| query.get(name).map(String::as_str);
    let window = |by: &str| {
        let bound = |end: &str| number(&format!("{by}_{end}"));
        bound("from").unwrap_or(0)..=bound("until").unwrap_or(i64::MAX)
    };
    let (made, done) = (window("created"), window("completed"));
    let by_end = text("completed_from").is_some() || text("completed_until").is_some();
    let asked = number("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(100);
    let rows = orders.state().faults.page_rows.unwrap_or(asked).min(asked);
    let after = number("after").unwrap_or(i64::MAX);
    // Nothing here was paid on another site.
    let is_ours = query.get("site_id").is_none_or(|site| site == MULTISAFEPAY_SITE);
    let all = orders.of(House::MultiSafepay);
    // No payment here says when it was completed.
    let payments = all.iter().map(|paid| (paid.number, paid.created, None, row(paid)));
    let refunds = all.iter().flat_map(|paid| paid.refunds.iter().map(move |refund| (paid, refund)));
    let refunds = refunds.map(|(paid, one)| (one.number, one.at, one.done_at(), listed(paid, one)));
    let seconds = |at: Timestamp| at.0 / 1_000_000;
    let mut within: Vec<(u64, Value)> = payments
        .chain(refunds)
        .filter(|(_, at, done_at, _)| {
            let is_done_then = done_at.is_some_and(|at| done.contains(&seconds(at)));
            is_ours && made.contains(&seconds(*at)) && (!by_end || is_done_then)
        })
        .filter(|(_, _, _, row)| text("type").is_none_or(|kind| row["type"] == kind))
        .filter(|(number, ..)| i64::try_from(*number).is_ok_and(|number| number < after))
        .map(|(number, _, _, row)| (number, row))
        .collect();
    within.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let next = within.get(rows).and(rows.checked_sub(1)).map(|last| within[last].0.to_string());
    let data: Vec<Value> = within.into_iter().take(rows).map(|(_, row)| row).collect();
    let cursor = json!({"after": next.unwrap_or_default(), "before": ""});
    Json(json!({"success": true, "data": data, "pager": {"cursor": cursor, "limit": rows}})).into_response()
}

/// The two words of a state, as their table for Bancontact has them. For the second one of a chargeback they have no word:
/// the payment itself was completed.
fn words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Open => ("initialized", "initialized"),
        Outcome::Processing => ("uncleared", "uncleared"),
        Outcome::Paid => ("completed", "completed"),
        Outcome::Declined => ("declined", "declined"),
        Outcome::Cancelled => ("void", "cancelled"),
        Outcome::Expired => ("expired", "expired"),
        Outcome::ChargedBack => ("chargeback", "completed"),
        Outcome::Unheard => ("completed", "pondered"),
    }
}

fn shown(payment: &Payment) -> Value {
    let (mut status, financial) = words(payment.outcome);
    let refunded = payment.refunded();
    if refunded > 0 && payment.outcome != Outcome::ChargedBack {
        status = if refunded == payment.amount { "refunded" } else { "partial_refunded" };
    }
    let refunds: Vec<Value> = payment.refunds.iter().map(|refund| refund_row(payment, refund)).collect();
    json!({
        "transaction_id": payment.number, "order_id": payment.order, "status": status, "financial_status": financial,
        "amount": payment.amount, "amount_refunded": refunded, "currency": payment.currency, "created": local(payment.created),
        "costs": [{"amount": 0.49, "type": "SYSTEM"}], "payment_details": {"type": "MISTERCASH", "account_iban": "***4680"},
        "related_transactions": refunds, "var1": null, "var2": null, "var3": null, "fastcheckout": "NO",
    })
}

/// One that nobody named has the order's own id.
fn refund_row(payment: &Payment, refund: &Refunded) -> Value {
    let (status, financial) = match refund.state {
        RefundState::Reserved => ("reserved", "reserved"),
        RefundState::Done(_) => ("completed", "completed"),
        RefundState::Refused => ("void", "cancelled"),
    };
    json!({
        "transaction_id": refund.number, "order_id": refund.name.as_ref().unwrap_or(&payment.order), "type": "refund",
        "status": status, "financial_status": financial, "amount": refund.amount, "currency": payment.currency,
    })
}

/// A refund in the list.
fn listed(payment: &Payment, refund: &Refunded) -> Value {
    let mut row = refund_row(payment, refund);
    row["created"] = json!(local(refund.at));
    if let Some(at) = refund.done_at() {
        row["completed"] = json!(local(at));
    }
    row["debit_credit"] = json!("C");
    row["site_id"] = json!(MULTISAFEPAY_SITE.parse::<i64>().unwrap_or_default());
    row
}

/// A payment in the list, as it was paid: refunds are rows of their own, and of a chargeback nothing is told here.
fn row(payment: &Payment) -> Value {
    let mut row = shown(payment);
    let paid = if payment.outcome == Outcome::ChargedBack { Outcome::Paid } else { payment.outcome };
    row["status"] = json!(words(paid).0);
    row["amount_refunded"] = Value::Null;
    row["type"] = json!("payment");
    row["debit_credit"] = json!("D");
    row["site_id"] = json!(MULTISAFEPAY_SITE.parse::<i64>().unwrap_or_default());
    row
}

/// Without a zone, as they write it.
fn local(at: Timestamp) -> String {
    let zoned = at.to_jiff().in_tz("Europe/Amsterdam");
    zoned.map_or_else(|_| at.to_string(), |zoned| zoned.strftime("%Y-%m-%dT%H:%M:%S").to_string())
}

/// A notification as they send it: the order itself, signed with the site's key; without one it is a GET that says nothing.
pub(super) fn notice(payment: &Payment, now: Timestamp, key: Option<&str>) -> Notice {
    let time = now.0 / 1_000_000;
    let url = format!("{}?transactionid={}&timestamp={time}", payment.notify_url, payment.order);
    let Some(key) = key else {
        return Notice { method: "GET", url, headers: Vec::new(), body: String::new() };
    };
    let body = shown(payment).to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes());
    let tag = hmac::sign(&key, format!("{time}:{body}").as_bytes());
    let auth = BASE64.encode(format!("{time}:{}", HEXLOWER.encode(tag.as_ref())).as_bytes());
    let kind = ("content-type".to_owned(), "application/json".to_owned());
    Notice { method: "POST", url, headers: vec![("auth".to_owned(), auth), kind], body }
}
