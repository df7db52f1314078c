//! What all calls share: the key in its header, the bounds, what each kind of refusal means; asking for one order, and
//! ending one.

use super::wire;
use crate::clock::Timestamp;
use crate::providers::http::{Answer, HttpClient, Request};
use crate::providers::{
    Account, CallError, PaymentId, PaymentLink, PaymentReport, PaymentStatus, Source, Verified,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderName;
use serde_json::Value;

/// An order has about 3 kB.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// An order's id that is not valid, not known, or known already: it depends on what was asked.
pub(super) const ORDER_ID: i64 = 1006;

/// An answer that says `success: true`.
pub(super) type Success = Value;

/// Why there is none.
pub(super) enum Failure {
    /// The provider's own number says what is wrong.
    Numbered(i64, CallError),
    /// Anything else.
    Other(CallError),
}

impl Failure {
    pub(super) fn into_error(self) -> CallError {
        match self {
            Failure::Numbered(_, error) | Failure::Other(error) => error,
        }
    }
}

/// Sends a call; a JSON body makes it a POST.
pub(super) async fn call(
    account: &Account,
    http: &HttpClient,
    path: &str,
    json: Option<String>,
    answer_bytes_max: usize,
    now: Timestamp,
) -> Result<Success, Failure> {
    let request = Request {
        service: &account.api,
        path,
        headers: vec![(HeaderName::from_static("api_key"), account.api_key.bare())],
        json,
        time_max: http.patience.call_max,
        answer_bytes_max,
    };
    let answer = http.send(request, now).await.map_err(Failure::Other)?;
    read(account, &answer)
}

fn read(account: &Account, answer: &Answer) -> Result<Success, Failure> {
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let field = |name: &str| body.as_ref().and_then(|body| body.get(name));
    let number = field("error_code").and_then(Value::as_i64);
    // One of their own examples has it as a text.
    let said_no = field("success").is_some_and(|said| *said == Value::Bool(false) || *said == "false");
    let said_yes = field("success").is_some_and(|said| *said == Value::Bool(true) || *said == "true");
    if answer.status == 200 && said_yes {
        return Ok(body.unwrap_or_default());
    }
    let (api, status) = (&account.api, answer.status);
    let said = said(body.as_ref());
    let retry =
        || CallError::Retry { after: answer.retry_after, why: format!("{api} answered {status}{said}") };
    let refused = |hint: &str| CallError::Refused { why: format!("{api} answered {status}{said}{hint}") };
    let error = match (status, number) {
        (_, Some(1000 | 1033 | 9999)) => retry(),
        (_, Some(1032)) | (401 | 403, _) => refused(
            ". A key belongs to one site, and a key of the test environment opens nothing in the live one, nor the \
             other way round",
        ),
        (_, Some(1019 | 1020)) => refused(". MultiSafepay has to be asked: no order can be made until then"),
        (408 | 429 | 500..=599, _) => retry(),
        (300..=399, _) => CallError::Invalid {
            why: format!("{api} answered {status}, a redirect; a key is not carried to another address"),
        },
        (200, _) if !said_no => {
            CallError::Invalid { why: format!("{api} answered something that says neither yes nor no") }
        }
        // No refusal: something may have been made.
        (201..=299, _) if !said_no => {
            CallError::Invalid { why: format!("{api} answered {status}{said}, where 200 was expected") }
        }
        _ => refused(""),
    };
    Err(match number {
        Some(number) => Failure::Numbered(number, error),
        None => Failure::Other(error),
    })
}

/// Their number and sentence; the edge has other shapes.
fn said(body: Option<&Value>) -> String {
    let Some(body) = body else { return String::new() };
    let number = body.get("error_code").and_then(Value::as_i64).map(|number| number.to_string());
    let sentence = ["error_info", "message"].iter().find_map(|name| wire::text(body, name));
    let parts: Vec<String> = [number, sentence].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

/// Asks for one order. `None`: they know none of this id.
pub(super) async fn order(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<Option<Value>, CallError> {
    let path = path_of(payment, "")?;
    let mut answer = match call(account, http, &path, None, ANSWER_BYTES_MAX, now).await {
        Ok(answer) => answer,
        Err(Failure::Numbered(ORDER_ID, _)) => return Ok(None),
        Err(failure) => return Err(failure.into_error()),
    };
    let data = answer.get_mut("data").map(Value::take).unwrap_or_default();
    match wire::payment_id(&data) {
        Some(known) if known == *payment => Ok(Some(data)),
        known => {
            let known = known.map_or("nothing".to_owned(), |known| format!("order {known}"));
            let why = format!("{} answered about order {payment}, but it is about {known}", account.api);
            Err(CallError::Invalid { why })
        }
    }
}

/// The same, as what it says of the payment.
pub(super) async fn payment(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<Option<Verified<PaymentReport>>, CallError> {
    let Some(order) = order(account, http, payment, now).await? else { return Ok(None) };
    let report = wire::to_report(&order, account, Source::Details);
    let mut report = report.map_err(|why| CallError::Invalid {
        why: format!("{} answered about order {payment}: {why}", account.api),
    })?;
    // Their description of this answer doesn't name it; where it stands it leads to what is to be paid.
    if report.status == PaymentStatus::Pending {
        report.link = order
            .get("payment_url")
            .and_then(Value::as_str)
            .and_then(|url| PaymentLink::parse(url, &account.api));
    }
    Ok(Some(Verified::new(report)))
}

/// Ends an order that nobody paid. They do so for orders with a Bancontact QR code, as ours are, and answer 403 for others.
pub(super) async fn cancel(
    account: &Account,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<(), CallError> {
    let path = path_of(payment, "/cancel")?;
    let answer = call(account, http, &path, Some("{}".to_owned()), ANSWER_BYTES_MAX, now).await;
    answer.map(drop).map_err(Failure::into_error)
}

/// The path of an order, or of what can be done with it.
pub(super) fn path_of(payment: &PaymentId, verb: &str) -> Result<String, CallError> {
    if PaymentId::parse(&payment.0).is_none() {
        let why = "an order's id has 1 to 64 of A-Z a-z 0-9 = _ -; this one has others".to_owned();
        return Err(CallError::Refused { why });
    }
    Ok(format!("/orders/{}{verb}", utf8_percent_encode(&payment.0, NON_ALPHANUMERIC)))
}
