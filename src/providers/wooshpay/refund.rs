//! Refunds: `POST /v1/refunds`, once for each intent, in full or in part; and what became of one.

use super::api::{ANSWER_BYTES_MAX, Call, refusal, send};
use super::wire::{self, text};
use crate::clock::Timestamp;
use crate::money::Cents;
use crate::providers::http::HttpClient;
use crate::providers::{Account, CallError, NewRefund, PaymentId, Refund, RefundName, RefundState};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

pub(super) async fn make(
    account: &Account,
    http: &HttpClient,
    new: &NewRefund<'_>,
    now: Timestamp,
) -> Result<Refund, CallError> {
    let amount = new.amount.cents();
    let body = json!({
        "payment_intent": new.payment.0,
        // Text in a request, a number in the answer.
        "amount": amount.0.to_string(),
        "reason": "requested_by_customer",
        "metadata": {"refund": new.id.to_string()},
    });
    let call = Call {
        path: "/v1/refunds",
        json: Some(body.to_string()),
        idempotency_key: Some(new.id.to_string()),
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = send(account, http, call, now).await?;
    if answer.status != 200 {
        return Err(refusal(&answer, account));
    }
    let made = read(&answer.body, account, new.payment)?;
    if made.amount != amount {
        let why = format!("{} refunded {}, where {amount} was asked for", account.api, made.amount);
        return Err(CallError::Invalid { why });
    }
    Ok(made)
}

pub(super) async fn find(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    refund: &RefundName,
    now: Timestamp,
) -> Result<Option<Refund>, CallError> {
    let path = format!("/v1/refunds/{}", utf8_percent_encode(&refund.0, NON_ALPHANUMERIC));
    let call = Call { path: &path, json: None, idempotency_key: None, answer_bytes_max: ANSWER_BYTES_MAX };
    let answer = send(account, http, call, now).await?;
    match answer.status {
        200 => read(&answer.body, account, payment).map(Some),
        404 => Ok(None),
        _ => Err(refusal(&answer, account)),
    }
}

fn read(json: &[u8], account: &Account, payment: &PaymentId) -> Result<Refund, CallError> {
    let invalid =
        |why: String| CallError::Invalid { why: format!("{} answered about a refund: {why}", account.api) };
    let refund: Value = serde_json::from_slice(json).map_err(|e| invalid(format!("it is not JSON: {e}")))?;
    let name = wire::payment_id(&refund).ok_or_else(|| invalid("it has no id".to_owned()))?;
    let of = text(&refund, "payment_intent").unwrap_or_default();
    if of != payment.0 {
        return Err(invalid(format!("it is of payment {of:?}, not {payment}")));
    }
    let amount = wire::cents(&refund).ok_or_else(|| invalid("it has no amount".to_owned()))?;
    Ok(Refund { name: RefundName(name.0), amount: Cents(amount), state: state(&refund) })
}

/// Their words are documented by one example; the rest is what their model has.
pub(super) fn state(refund: &Value) -> RefundState {
    let said = text(refund, "status").unwrap_or_default();
    match said.as_str() {
        "succeeded" => RefundState::Done,
        "pending" | "requires_action" => RefundState::Reserved,
        "failed" | "canceled" => RefundState::Failed,
        _ => RefundState::Other(said),
    }
}
