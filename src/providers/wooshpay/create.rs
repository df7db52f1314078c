//! Makes and confirms an intent: `POST /v1/payment_intents`.

use super::api::{ANSWER_BYTES_MAX, Call, refusal, send};
use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{Account, CallError, Created, NewPayment};
use serde_json::{Value, json};

pub(super) async fn intent(
    account: &Account,
    http: &HttpClient,
    new: &NewPayment<'_>,
    now: Timestamp,
) -> Result<Created, CallError> {
    if !new.amount.is_positive() {
        return Err(CallError::Refused { why: "a payment is about 1 cent at least".to_owned() });
    }
    let call = Call {
        path: "/v1/payment_intents",
        json: Some(body(new).to_string()),
        idempotency_key: Some(new.order.to_string()),
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = send(account, http, call, now).await?;
    if answer.status != 200 {
        return Err(refusal(&answer, account));
    }
    read(&answer.body, account, new).map_err(|why| CallError::Invalid {
        why: format!("{} answered to a new payment: {why}", account.api),
    })
}

/// The payer's name is asked for in their examples; nobody here knows it, and the bank will.
fn body(new: &NewPayment<'_>) -> Value {
    json!({
        "amount": new.amount.0,
        "currency": "EUR",
        "confirm": true,
        "payment_method_types": ["bancontact"],
        "payment_method_data": {
            "type": "bancontact",
            "billing_details": {"address": {"country": "BE"}, "firstName": "Festival", "lastName": "Visitor"},
        },
        "merchant_order_id": new.order.to_string(),
        "return_url": new.return_url,
        "description": new.description,
    })
}

fn read(json: &[u8], account: &Account, new: &NewPayment<'_>) -> Result<Created, String> {
    let intent: Value = serde_json::from_slice(json).map_err(|e| format!("it is not JSON: {e}"))?;
    let payment = wire::payment_id(&intent).ok_or("it has no id of 1 to 64 characters")?;
    if wire::is_of_the_other_world(&intent, account) {
        return Err(format!("it is not of the {} environment", account.environment));
    }
    let order = new.order.to_string();
    match wire::text(&intent, "merchant_order_id") {
        Some(said) if said == order => {}
        other => return Err(format!("it is about order {}", other.unwrap_or_default())),
    }
    let link = wire::link(&intent, account)
        .ok_or("it has no next_action with an address that a payer can be sent to")?;
    Ok(Created { payment, link, qr: None })
}
