//! Makes an order: `POST /orders`.

use super::Site;
use super::api::{Failure, ORDER_ID, call};
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{CallError, Created, NewPayment, PaymentId, PaymentLink};
use serde_json::{Value, json};

/// The answer holds little more than an address.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest address they notify.
const CALLBACK_URL_BYTES_MAX: usize = 150;

/// Says what they would not take of the address they are to notify.
pub(super) fn check_callback_url(url: &str) -> Result<(), String> {
    let Some(rest) = url.strip_prefix("https://") else {
        return Err("it must begin with https://".to_owned());
    };
    if !url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b)) {
        return Err("letters, digits and - _ . : / only may stand in it".to_owned());
    }
    if rest.contains(':') {
        return Err("it must name no port".to_owned());
    }
    if url.len() > CALLBACK_URL_BYTES_MAX {
        let length = url.len();
        return Err(format!("{CALLBACK_URL_BYTES_MAX} characters are the most, and it has {length}"));
    }
    Ok(())
}

pub(super) async fn order(
    site: &Site,
    http: &HttpClient,
    new: &NewPayment<'_>,
    now: Timestamp,
) -> Result<Created, CallError> {
    site.account.check_callback_url(&site.callback_url).map_err(|why| CallError::Refused {
        why: format!("MultiSafepay can't notify {}: {why}", site.callback_url),
    })?;
    if !new.amount.is_positive() {
        return Err(CallError::Refused { why: "an order is about 1 cent at least".to_owned() });
    }
    let json = body(site, new).to_string();
    let answer = match call(&site.account, http, "/orders", Some(json), ANSWER_BYTES_MAX, now).await {
        Ok(answer) => answer,
        // Nobody else draws our ids: an earlier call got through, and its answer did not.
        Err(Failure::Numbered(ORDER_ID, error)) => {
            return Err(CallError::Retry {
                after: None,
                why: format!("{error}: the order may exist already"),
            });
        }
        Err(failure) => return Err(failure.into_error()),
    };
    read(site, new, answer.get("data").unwrap_or(&Value::Null)).map_err(|why| CallError::Invalid {
        why: format!("{} answered to an order: {why}", site.account.api),
    })
}

fn body(site: &Site, new: &NewPayment<'_>) -> Value {
    json!({
        "type": "redirect",
        "gateway": "MISTERCASH",
        "order_id": new.order.to_string(),
        "currency": "EUR",
        "amount": new.amount.0,
        "description": new.description,
        "payment_options": {
            "notification_url": site.callback_url,
            // Left out it would be GET, which nobody signs.
            "notification_method": "POST",
            "redirect_url": new.return_url,
            "cancel_url": new.return_url,
            "close_window": false,
        },
        "gateway_info": {"qr_enabled": 1},
        "customer": {"locale": locale(new.language)},
        "seconds_active": new.payable_for.as_secs().max(1),
    })
}

fn locale(language: &str) -> &'static str {
    match language {
        "fr" => "fr_BE",
        "de" => "de_DE",
        "en" => "en_GB",
        _ => "nl_BE",
    }
}

fn read(site: &Site, new: &NewPayment<'_>, data: &Value) -> Result<Created, String> {
    let order = new.order.to_string();
    match data.get("order_id") {
        Some(Value::String(said)) if *said == order => {}
        other => return Err(format!("it is about order {}", other.unwrap_or(&Value::Null))),
    }
    let link = |name: &str| PaymentLink::parse(data.get(name)?.as_str()?, &site.account.api);
    let payment_url = link("payment_url").ok_or("it has no payment_url that a payer can be sent to")?;
    Ok(Created { payment: PaymentId(order), link: payment_url, qr: link("qr_url") })
}
