//! Asks for one payment: `GET /v3/payments/{id}`.

use super::api::{call, error_code, refusal};
use super::{Settings, wire};
use crate::clock::Timestamp;
use crate::providers::http::HttpClient;
use crate::providers::{CallError, PaymentId, PaymentReport, Source, Verified};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A payment has about 1.5 kB.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

pub(super) async fn fetch(
    settings: &Settings,
    http: &HttpClient,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<Option<Verified<PaymentReport>>, CallError> {
    if PaymentId::parse(&payment.0).is_none() {
        let why = "a payment id has 1 to 64 of A-Z a-z 0-9 = _ -; this one has others".to_owned();
        return Err(CallError::Refused { why });
    }
    let path = format!("/v3/payments/{}", utf8_percent_encode(&payment.0, NON_ALPHANUMERIC));
    let answer = call(settings, http, &path, None, ANSWER_BYTES_MAX, now).await?;
    let api = &settings.endpoints.api;
    match answer.status {
        200 => {}
        // Another code means that something else was not found, such as our profile.
        404 if error_code(&answer).is_none_or(|code| code == "PAYMENT_NOT_FOUND") => return Ok(None),
        _ => return Err(refusal(&answer, api)),
    }
    let invalid =
        |why: String| CallError::Invalid { why: format!("{api} answered about payment {payment}: {why}") };
    let report = wire::read_payment(&answer.body, &settings.profile, Source::Details).map_err(invalid)?;
    if report.payment_id != *payment {
        return Err(invalid(format!("but it is about payment {}", report.payment_id)));
    }
    Ok(Some(Verified::new(report)))
}
