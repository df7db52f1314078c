//! Refunds: `POST /orders/{order}/refunds`, and the order's own list of them.
//!
//! A refund has an id of ours there, too. Before one is asked for, the order is: an earlier call may have got through
//! whose answer did not, and their guard against that holds for five minutes only.

use super::api::{self, call};
use super::wire::{self, text};
use crate::clock::Timestamp;
use crate::money::Cents;
use crate::providers::http::HttpClient;
use crate::providers::{Account, CallError, NewRefund, PaymentId, Refund, RefundName, RefundState};
use serde_json::{Value, json};

const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub(super) async fn make(
    account: &Account,
    http: &HttpClient,
    new: &NewRefund<'_>,
    now: Timestamp,
) -> Result<Refund, CallError> {
    let (name, amount) = (RefundName(new.id.to_string()), new.amount.cents());
    let order = api::order(account, http, new.payment, now).await?;
    let order = order.ok_or_else(|| CallError::Refused {
        why: format!("{} knows no order {}", account.api, new.payment),
    })?;
    if let Some(known) = one_of(&order, &name) {
        if known.amount == amount {
            return Ok(known);
        }
        let why = format!("refund {} was made before, of {}", name.0, known.amount);
        return Err(CallError::Refused { why });
    }
    let body = json!({
        "currency": "EUR",
        // Never left out and never 0: either would refund everything.
        "amount": amount.0,
        "description": "Refund",
        // Left out it would be the order's own id, and one refund could not be told from another.
        "refund_order_id": name.0,
    });
    let path = api::path_of(new.payment, "/refunds")?;
    let answer = call(account, http, &path, Some(body.to_string()), ANSWER_BYTES_MAX, now).await;
    answer.map_err(api::Failure::into_error)?;
    // Their answer names it and says nothing of its state.
    Ok(Refund { name, amount, state: RefundState::Reserved })
}

pub(super) async fn find(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    refund: &RefundName,
    now: Timestamp,
) -> Result<Option<Refund>, CallError> {
    let order = api::order(account, http, payment, now).await?;
    Ok(order.and_then(|order| one_of(&order, refund)))
}

fn one_of(order: &Value, name: &RefundName) -> Option<Refund> {
    let rows = order.get("related_transactions")?.as_array()?;
    let row = rows.iter().find(|row| wire::payment_id(row).is_some_and(|id| id.0 == name.0))?;
    let amount = Cents(row.get("amount")?.as_i64()?.checked_abs()?);
    Some(Refund { name: name.clone(), amount, state: state(row) })
}

/// What a row of an order's refunds says of itself. Until about midnight one is reserved, and may still be stopped.
pub(super) fn state(row: &Value) -> RefundState {
    let said = text(row, "status").unwrap_or_default();
    match said.as_str() {
        "completed" => RefundState::Done,
        "reserved" | "initialized" => RefundState::Reserved,
        "void" | "cancelled" | "declined" | "expired" => RefundState::Failed,
        _ => RefundState::Other(said),
    }
}
