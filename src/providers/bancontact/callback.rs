//! Checks a callback: header first, which costs nothing, then the key, then the signature over the raw bytes. Only
//! then is the body read.

use super::Settings;
use super::claims::{CLAIM_CHECKS, Expected, shown};
use super::jws::DetachedJws;
use super::key_cache::{KeyCache, Unavailable};
use super::key_set::KeySet;
use super::wire;
use crate::clock::Timestamp;
use crate::providers::{
    CALLBACK_BODY_BYTES_MAX, CallbackError, CallbackRequest, Check, HeaderMap, PaymentId, PaymentReport,
    Source, Verified,
};
use std::sync::Arc;

const SIGNATURE_HEADER: &str = "signature";

/// A check that failed.
pub(super) struct Failed {
    check: Check,
    why: String,
}

/// Verifies a callback for one profile.
pub(super) async fn verify(
    settings: &Settings,
    keys: &Arc<KeyCache>,
    callback: &CallbackRequest<'_>,
    now: Timestamp,
) -> Result<Verified<PaymentReport>, CallbackError> {
    if callback.body.len() > CALLBACK_BODY_BYTES_MAX {
        let why = format!("the body is larger than {CALLBACK_BODY_BYTES_MAX} bytes");
        return Err(CallbackError::Refused { check: Check::Form, why, payment_id_hint: None });
    }
    let refused = |failed: Failed| CallbackError::Refused {
        check: failed.check,
        why: failed.why,
        payment_id_hint: payment_id_hint(callback.body),
    };
    let expected = Expected { profile: &settings.profile.0, callback_url: &settings.callback_url, now };
    let jws = signature_header(callback.headers)
        .and_then(DetachedJws::parse)
        .map_err(|why| refused(Failed { check: Check::Form, why }))?;
    for (check, run) in CLAIM_CHECKS {
        run(&jws, &expected).map_err(|why| refused(Failed { check, why }))?;
    }
    check_signature(&jws, keys, callback.body, now).await.map_err(|e| match e {
        NotSigned::Failed(failed) => refused(failed),
        NotSigned::KeysUnavailable(Unavailable { retry_after, why }) => {
            CallbackError::KeysUnavailable { retry_after, why }
        }
    })?;
    wire::read_payment(callback.body, &settings.profile, Source::Callback)
        .map(Verified::new)
        .map_err(|why| CallbackError::Unreadable { why })
}

enum NotSigned {
    Failed(Failed),
    KeysUnavailable(Unavailable),
}

/// An unknown key or a bad signature may mean that the provider changed its keys, so either asks for a newer set once.
async fn check_signature(
    jws: &DetachedJws<'_>,
    cache: &Arc<KeyCache>,
    body: &[u8],
    now: Timestamp,
) -> Result<(), NotSigned> {
    let input = jws.signing_input(body);
    let keys = cache.current(now).await.map_err(NotSigned::KeysUnavailable)?;
    let Err(failed) = signed_with(&keys.set, jws, &input) else {
        return Ok(());
    };
    if keys.just_fetched {
        return Err(NotSigned::Failed(failed));
    }
    match (cache.newer_than(&keys, now).await, failed.check) {
        (Ok(newer), _) => signed_with(&newer.set, jws, &input).map_err(NotSigned::Failed),
        (Err(unavailable), Check::Key) => Err(NotSigned::KeysUnavailable(unavailable)),
        (Err(_), _) => Err(NotSigned::Failed(failed)),
    }
}

fn signed_with(set: &KeySet, jws: &DetachedJws<'_>, input: &[u8]) -> Result<(), Failed> {
    check_key(set, jws).map_err(|why| Failed { check: Check::Key, why })?;
    let kid = jws.text("kid").unwrap_or_default();
    if set.named(kid).any(|key| jws.is_by(key, input)) {
        Ok(())
    } else {
        let why = format!("the signature does not fit the body under key {kid:?}");
        Err(Failed { check: Check::Signature, why })
    }
}

/// Finds the key the header names; says which there are.
pub(super) fn check_key(set: &KeySet, jws: &DetachedJws<'_>) -> Result<String, String> {
    let kid = jws.text("kid");
    match kid.filter(|kid| set.named(kid).next().is_some()) {
        Some(kid) => Ok(format!("the key set has {kid}")),
        None => Err(format!("kid is {}; the key set has {}", shown(kid), set.names())),
    }
}

fn signature_header(headers: &HeaderMap) -> Result<&str, String> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Err("there is no signature header".to_owned()),
        (Some(value), None) => value.to_str().map_err(|_| "the signature header is not ASCII".to_owned()),
        (Some(_), Some(_)) => Err("there is more than one signature header".to_owned()),
    }
}

fn payment_id_hint(body: &[u8]) -> Option<PaymentId> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    PaymentId::parse(body.get("paymentId")?.as_str()?)
}
