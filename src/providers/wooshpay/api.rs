//! What all calls share: the key, the bounds, what each kind of refusal means; asking for one intent, and ending one.

use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::{Answer, HttpClient, Request};
use crate::providers::{Account, CallError, PaymentId, PaymentReport, Source, Verified};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde_json::Value;

/// An intent has about 2 kB.
pub(super) const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// A call to be made.
pub(super) struct Call<'a> {
    pub(super) path: &'a str,
    /// A JSON body makes it a POST.
    pub(super) json: Option<String>,
    /// What makes a second call with the same name do nothing new.
    pub(super) idempotency_key: Option<String>,
    pub(super) answer_bytes_max: usize,
}

/// Sends a call. Any answer comes back, whatever its status.
pub(super) async fn send(
    account: &Account,
    http: &HttpClient,
    call: Call<'_>,
    now: Timestamp,
) -> Result<Answer, CallError> {
    let mut headers = vec![(AUTHORIZATION, account.api_key.basic())];
    if let Some(value) = call.idempotency_key.and_then(|key| HeaderValue::from_str(&key).ok()) {
        headers.push((HeaderName::from_static("idempotency-key"), value));
    }
    let request = Request {
        service: &account.api,
        path: call.path,
        headers,
        json: call.json,
        time_max: http.patience.call_max,
        answer_bytes_max: call.answer_bytes_max,
    };
    http.send(request, now).await
}

/// What an answer other than 200 means.
pub(super) fn refusal(answer: &Answer, account: &Account) -> CallError {
    let (api, status, said) = (&account.api, answer.status, said(answer));
    match status {
        // 409: the same call is under way.
        408 | 409 | 429 | 500..=599 => {
            CallError::Retry { after: answer.retry_after, why: format!("{api} answered {status}{said}") }
        }
        401 | 403 => CallError::Refused {
            why: format!(
                "{api} does not take the secret key (it answered {status}{said}). A key belongs to one account and one \
                 environment: sk_test_ or sk_live_"
            ),
        },
        400..=499 => {
            CallError::Refused { why: format!("{api} refused the call (it answered {status}{said})") }
        }
        300..=399 => CallError::Invalid {
            why: format!("{api} answered {status}, a redirect; a key is not carried to another address"),
        },
        _ => CallError::Invalid { why: format!("{api} answered {status}{said}, where 200 was expected") },
    }
}

/// Their words; it is not documented whether the error is wrapped, so both shapes are read.
fn said(answer: &Answer) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return String::new() };
    let error = body.get("error").filter(|error| error.is_object()).unwrap_or(&body);
    let said: Vec<String> =
        ["type", "code", "message"].iter().filter_map(|name| wire::text(error, name)).collect();
    if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) }
}

/// Asks for one intent. `None`: they know none of this id.
pub(super) async fn intent(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<Option<Verified<PaymentReport>>, CallError> {
    let path = path_of(payment, "")?;
    let call = Call { path: &path, json: None, idempotency_key: None, answer_bytes_max: ANSWER_BYTES_MAX };
    let answer = send(account, http, call, now).await?;
    match answer.status {
        200 => {}
        404 => return Ok(None),
        _ => return Err(refusal(&answer, account)),
    }
    let invalid = |why: String| CallError::Invalid {
        why: format!("{} answered about payment {payment}: {why}", account.api),
    };
    let intent: Value =
        serde_json::from_slice(&answer.body).map_err(|e| invalid(format!("it is not JSON: {e}")))?;
    let report = wire::to_report(&intent, account, Source::Details).map_err(invalid)?;
    if report.payment_id != *payment {
        return Err(invalid(format!("but it is about payment {}", report.payment_id)));
    }
    Ok(Some(Verified::new(report)))
}

/// Ends an intent that nobody paid.
pub(super) async fn cancel(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<(), CallError> {
    let path = path_of(payment, "/cancel")?;
    let call = Call {
        path: &path,
        json: Some("{}".to_owned()),
        idempotency_key: None,
        answer_bytes_max: ANSWER_BYTES_MAX,
    };
    let answer = send(account, http, call, now).await?;
    if answer.status == 200 { Ok(()) } else { Err(refusal(&answer, account)) }
}

fn path_of(payment: &PaymentId, verb: &str) -> Result<String, CallError> {
    if PaymentId::parse(&payment.0).is_none() {
        let why = "a payment's id has 1 to 64 of A-Z a-z 0-9 = _ -; this one has others".to_owned();
        return Err(CallError::Refused { why });
    }
    Ok(format!("/v1/payment_intents/{}{verb}", utf8_percent_encode(&payment.0, NON_ALPHANUMERIC)))
}
