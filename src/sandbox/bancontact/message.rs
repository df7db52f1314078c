//! What a callback consists of: its body and its signature.
//!
//! Fields and their order are those of the real signed messages; presence follows the public description.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::keys::Keys;
use crate::sandbox::bancontact::payment::{Debtor, Millis, Payment};
use crate::sandbox::bancontact::status::Status;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

const CRIT: [&str; 5] = [
    "https://payconiq.com/iat",
    "https://payconiq.com/jti",
    "https://payconiq.com/path",
    "https://payconiq.com/iss",
    "https://payconiq.com/sub",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallbackBody<'a> {
    payment_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tipping_amount: Option<i64>,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    created_at: Millis,
    expire_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded_at: Option<Millis>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    debtor: Option<&'a Debtor>,
    currency: &'static str,
}

/// The callback's body, byte for byte: compact, no newline at the end.
pub(super) fn callback_body(payment: &Payment, legacy_amounts: bool) -> String {
    // The published EXPIRED example has 0 in both amounts that say what moved.
    let moved = if payment.status == Status::Succeeded { payment.amount_cents } else { 0 };
    let body = CallbackBody {
        payment_id: &payment.payment_id,
        transfer_amount: legacy_amounts.then_some(moved),
        tipping_amount: legacy_amounts.then_some(0),
        amount: payment.amount_cents,
        total_amount: legacy_amounts.then_some(moved),
        description: payment.description.as_deref(),
        reference: payment.reference.as_deref(),
        created_at: Millis(payment.created_at),
        expire_at: Millis(payment.expire_at),
        succeeded_at: payment.succeeded_at.map(Millis),
        status: payment.status,
        debtor: payment.debtor.as_ref(),
        currency: "EUR",
    };
    serde_json::to_string(&body).expect("strings and numbers")
}

#[derive(Serialize)]
struct JoseHeader<'a> {
    typ: &'static str,
    kid: &'a str,
    alg: &'static str,
    #[serde(rename = "https://payconiq.com/iat")]
    iat: Timestamp,
    #[serde(rename = "https://payconiq.com/jti")]
    jti: String,
    #[serde(rename = "https://payconiq.com/path")]
    path: &'a str,
    #[serde(rename = "https://payconiq.com/iss")]
    iss: &'static str,
    #[serde(rename = "https://payconiq.com/sub")]
    sub: &'a str,
    crit: [&'static str; 5],
}

/// What a signature says beside the body.
pub(super) struct Claims<'a> {
    pub(super) signed_at: Timestamp,
    /// Written in hexadecimal without leading zeros, as the real ones are.
    pub(super) request_number: u64,
    pub(super) callback_url: &'a str,
    pub(super) profile_id: &'a str,
}

/// The `signature` header: a detached JWS whose payload is `body`. With `spoil`, one bit of the signature is turned over.
pub(super) fn signature(keys: &Keys, claims: &Claims<'_>, body: &str, spoil: bool) -> String {
    let header = JoseHeader {
        typ: "JOSE+JSON",
        kid: keys.kid(),
        alg: "ES256",
        iat: claims.signed_at,
        jti: format!("{:x}", claims.request_number),
        path: claims.callback_url,
        iss: "Payconiq",
        sub: claims.profile_id,
        crit: CRIT,
    };
    let header = serde_json::to_vec(&header).expect("strings");
    let header = BASE64URL_NOPAD.encode(&header);
    let input = format!("{header}.{}", BASE64URL_NOPAD.encode(body.as_bytes()));
    let mut signed = keys.sign(input.as_bytes());
    if spoil {
        signed[40] ^= 1;
    }
    format!("{header}..{}", BASE64URL_NOPAD.encode(&signed))
}
