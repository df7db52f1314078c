//! Checks a notification: `Auth` is base64 of a time, a colon, and the HMAC-SHA512 of time, colon and raw body under
//! the site's API key. Only then is the body read.

use super::wire;
use crate::clock::Timestamp;
use crate::providers::{
    Account, CALLBACK_BODY_BYTES_MAX, CallbackError, CallbackRequest, Check, HeaderMap, PaymentId,
    PaymentReport, Source, Verified,
};
use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use std::time::Duration;

const HEADER: &str = "auth";
/// A time, a colon and 128 digits, in base 64.
const HEADER_BYTES_MAX: usize = 512;

/// What the header says.
#[derive(Debug)]
struct Auth {
    /// As it was written: the signature covers the text.
    time: String,
    at: Timestamp,
    signature: Vec<u8>,
}

/// Verifies a notification for one site.
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
    let auth = header(callback.headers).and_then(read).map_err(|why| refused(Check::Form, why))?;
    let window = account.signature_window;
    // Just as long either way: a clock that is late must not cost a festival its callbacks.
    if !now.is_near(auth.at, window.saturating_add(Duration::from_micros(1))) {
        let why = format!("signed at {}, more than {} s from {now}", auth.at, window.as_secs());
        return Err(refused(Check::IssuedAt, why));
    }
    if !fits(account.api_key.reveal(), &auth, callback.body) {
        let why = "the signature does not fit the body under this site's API key".to_owned();
        return Err(refused(Check::Signature, why));
    }
    let unreadable = |why| CallbackError::Unreadable { why };
    let order =
        serde_json::from_slice(callback.body).map_err(|e| unreadable(format!("it is not JSON: {e}")))?;
    wire::to_report(&order, account, Source::Callback).map(Verified::new).map_err(unreadable)
}

fn header(headers: &HeaderMap) -> Result<&str, String> {
    let mut values = headers.get_all(HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Err("there is no Auth header: only signed notifications are believed".to_owned()),
        (Some(value), None) => value.to_str().map_err(|_| "the Auth header is not ASCII".to_owned()),
        (Some(_), Some(_)) => Err("there is more than one Auth header".to_owned()),
    }
}

fn read(header: &str) -> Result<Auth, String> {
    let form = || "the Auth header is not base64 of a time, a colon and 128 digits".to_owned();
    if header.len() > HEADER_BYTES_MAX {
        return Err(form());
    }
    let plain = BASE64.decode(header.as_bytes()).map_err(|_| form())?;
    let plain = String::from_utf8(plain).map_err(|_| form())?;
    let (time, signature) = plain.split_once(':').ok_or_else(form)?;
    let is_number = (1..=12).contains(&time.len()) && time.bytes().all(|b| b.is_ascii_digit());
    let seconds: i64 = time.parse().ok().filter(|_| is_number).ok_or_else(form)?;
    let signature = HEXLOWER.decode(signature.as_bytes()).map_err(|_| form())?;
    Ok(Auth { time: time.to_owned(), at: Timestamp(seconds * 1_000_000), signature })
}

/// Compares in constant time.
fn fits(api_key: &str, auth: &Auth, body: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA512, api_key.as_bytes());
    let message = [auth.time.as_bytes(), b":", body].concat();
    hmac::verify(&key, &message, &auth.signature).is_ok()
}

fn payment_id_hint(body: &[u8]) -> Option<PaymentId> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    PaymentId::parse(body.get("order_id")?.as_str()?)
}
