//! Checks an event: `Wooshpay-Signature: t=<seconds>,v1=<hex>[,v1=…]`, each the HMAC-SHA256 of time, a dot and the raw
//! body under the webhook's secret. Only then is the body read.

use super::wire;
use crate::clock::Timestamp;
use crate::providers::{
    Account, ApiKey, CALLBACK_BODY_BYTES_MAX, CallbackError, CallbackRequest, Check, HeaderMap, PaymentId,
    PaymentReport, Source, Verified,
};
use data_encoding::HEXLOWER_PERMISSIVE;
use ring::hmac;
use serde_json::Value;
use std::time::Duration;

const HEADER: &str = "wooshpay-signature";
const HEADER_BYTES_MAX: usize = 1024;
/// While a secret changes there are two.
const SIGNATURES_MAX: usize = 8;

/// What the header says.
#[derive(Debug)]
struct Signed<'a> {
    /// As it was written: the signature covers the text.
    time: &'a str,
    at: Timestamp,
    signatures: Vec<Vec<u8>>,
}

/// Verifies an event for one account.
pub(super) fn verify(
    account: &Account,
    callback: &CallbackRequest<'_>,
    now: Timestamp,
) -> Result<Verified<PaymentReport>, CallbackError> {
    let refused = |check, why: String| CallbackError::Refused {
        check,
        why,
        payment_id_hint: payment_id_hint(callback.body),
    };
    if callback.body.len() > CALLBACK_BODY_BYTES_MAX {
        let why = format!("the body is larger than {CALLBACK_BODY_BYTES_MAX} bytes");
        return Err(CallbackError::Refused { check: Check::Form, why, payment_id_hint: None });
    }
    let signed = header(callback.headers).and_then(read).map_err(|why| refused(Check::Form, why))?;
    let window = account.signature_window;
    if !now.is_near(signed.at, window.saturating_add(Duration::from_micros(1))) {
        let why = format!("signed at {}, more than {} s from {now}", signed.at, window.as_secs());
        return Err(refused(Check::IssuedAt, why));
    }
    let Some(secret) = &account.webhook_secret else {
        return Err(refused(Check::Key, "this account has no webhook secret".to_owned()));
    };
    if !fits(secret, &signed, callback.body) {
        let why = "no signature fits the body under this webhook's secret".to_owned();
        return Err(refused(Check::Signature, why));
    }
    let unreadable = |why| CallbackError::Unreadable { why };
    let event: Value =
        serde_json::from_slice(callback.body).map_err(|e| unreadable(format!("it is not JSON: {e}")))?;
    let kind = wire::text(&event, "type").unwrap_or_default();
    let intent = event.pointer("/data/object").unwrap_or(&Value::Null);
    if wire::is_of_the_other_world(&event, account) || wire::is_of_the_other_world(intent, account) {
        let why = format!("it is not about the {} environment", account.environment);
        return Err(CallbackError::Refused { check: Check::Subject, why, payment_id_hint: None });
    }
    if kind.starts_with("charge.refund") {
        let report = wire::to_refunded(intent, account).map(Verified::new);
        return report.ok_or(CallbackError::NotAPayment { what: kind });
    }
    if kind.starts_with("charge.dispute") {
        let report = wire::to_disputed(intent, account).map(Verified::new);
        return report.ok_or_else(|| {
            tracing::warn!(kind, "a dispute names no payment: look in WooshPay's own pages");
            CallbackError::NotAPayment { what: kind }
        });
    }
    if !kind.starts_with("payment_intent.") {
        return Err(CallbackError::NotAPayment { what: kind });
    }
    wire::to_report(intent, account, Source::Callback).map(Verified::new).map_err(unreadable)
}

fn header(headers: &HeaderMap) -> Result<&str, String> {
    let mut values = headers.get_all(HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Err("there is no Wooshpay-Signature header".to_owned()),
        (Some(value), None) => value.to_str().map_err(|_| "the signature header is not ASCII".to_owned()),
        (Some(_), Some(_)) => Err("there is more than one signature header".to_owned()),
    }
}

fn read(header: &str) -> Result<Signed<'_>, String> {
    let form = || "the signature header is not t=<seconds>,v1=<64 digits>".to_owned();
    if header.len() > HEADER_BYTES_MAX {
        return Err(form());
    }
    let (mut time, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        let (name, value) = part.trim().split_once('=').ok_or_else(form)?;
        match name {
            "t" if time.is_some() => return Err("the signature header has two times".to_owned()),
            "t" => time = Some(value),
            "v1" => signatures.push(HEXLOWER_PERMISSIVE.decode(value.as_bytes()).map_err(|_| form())?),
            // A scheme to come; what we know has to be there as well.
            _ => {}
        }
    }
    let time = time.ok_or_else(form)?;
    let is_number = (1..=12).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = time.parse().ok().filter(|_| is_number).ok_or_else(form)?;
    if !(1..=SIGNATURES_MAX).contains(&signatures.len()) {
        return Err(form());
    }
    Ok(Signed { time, at: Timestamp(seconds * 1_000_000), signatures })
}

/// Compares each in constant time.
fn fits(secret: &ApiKey, signed: &Signed<'_>, body: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    let message = [signed.time.as_bytes(), b".", body].concat();
    signed.signatures.iter().any(|signature| hmac::verify(&key, &message, signature).is_ok())
}

fn payment_id_hint(body: &[u8]) -> Option<PaymentId> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let id = body.pointer("/data/object/id")?.as_str().filter(|id| id.starts_with("pi_"))?;
    PaymentId::parse(id)
}
