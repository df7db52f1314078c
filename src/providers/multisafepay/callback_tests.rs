//! Notifications signed with a key of our own, a real one of 2021, and everything that must not pass for one.

use super::*;
use crate::providers::{Check, HeaderMap, NewAccount, PaymentStatus};
use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use std::path::PathBuf;

pub(super) const KEY: &str = "1b3d4c5e6f-msp-test-key";
const BODY: &[u8] = br#"{"order_id":"0123456789abcdef0123456789abcdef","status":"completed","financial_status":"completed","amount":2500,"currency":"EUR","transaction_id":4680345,"costs":[{"amount":0.49}],"created":"2026-07-03T19:59:30"}"#;

/// The instant the tests take place.
pub(super) fn now() -> Timestamp {
    "2026-07-03T18:00:00Z".parse().unwrap()
}

pub(super) fn account() -> Account {
    account_with(KEY)
}

fn account_with(api_key: &str) -> Account {
    let new = NewAccount {
        profile_id: "1001001".to_owned(),
        environment: Some("test".to_owned()),
        api_key: api_key.to_owned(),
        ..NewAccount::default()
    };
    Account::check(ProviderName::MultiSafepay, &new).unwrap()
}

pub(super) fn seconds(at: Timestamp) -> String {
    (at.0 / 1_000_000).to_string()
}

pub(super) fn signed(key: &str, time: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA512, key.as_bytes());
    let signature = hmac::sign(&key, &[time.as_bytes(), b":", body].concat());
    BASE64.encode(format!("{time}:{}", HEXLOWER.encode(signature.as_ref())).as_bytes())
}

async fn verify_at(
    account: Account,
    auth: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<PaymentReport, CallbackError> {
    let mut headers = HeaderMap::new();
    headers.insert("auth", auth.parse().unwrap());
    let adapter = MultiSafepay::new(account, "https://wallet.example/c".to_owned(), &Connections::new());
    let callback = CallbackRequest { headers: &headers, query: "transactionid=x", body };
    adapter.verify_callback(&callback, at).await.map(Verified::into_inner)
}

pub(super) async fn verify(auth: &str, body: &[u8]) -> Result<PaymentReport, CallbackError> {
    verify_at(account(), auth, body, now()).await
}

fn check_of(result: Result<PaymentReport, CallbackError>) -> Check {
    match result.unwrap_err() {
        CallbackError::Refused { check, .. } => check,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_notification_signed_with_the_sites_key_is_read() {
    let report = verify(&signed(KEY, &seconds(now()), BODY), BODY).await.unwrap();
    assert_eq!((report.status, report.amount_cents), (PaymentStatus::Succeeded, Some(2500)));
    assert_eq!(report.order.unwrap().to_string(), report.payment_id.0);
}

#[tokio::test]
async fn a_changed_body_another_key_or_a_moved_time_does_not_verify_and_names_the_order() {
    let fine = signed(KEY, &seconds(now()), BODY);
    let with_newline = [BODY, b"\n"].concat();
    let parsed: serde_json::Value = serde_json::from_slice(BODY).unwrap();
    let rewritten = serde_json::to_vec_pretty(&parsed).unwrap();
    for changed in [&with_newline, &rewritten] {
        let refused = verify(&fine, changed).await.unwrap_err();
        let CallbackError::Refused { check, payment_id_hint, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(check, Check::Signature);
        assert_eq!(payment_id_hint.unwrap().0, "0123456789abcdef0123456789abcdef");
    }
    assert_eq!(check_of(verify(&signed("another", &seconds(now()), BODY), BODY).await), Check::Signature);
    let signature = BASE64.decode(fine.as_bytes()).unwrap();
    let signature = String::from_utf8(signature).unwrap();
    let later = signature.replace(&seconds(now()), &seconds(now().after(Duration::from_secs(1))));
    assert_eq!(check_of(verify(&BASE64.encode(later.as_bytes()), BODY).await), Check::Signature);
}

#[tokio::test]
async fn a_notification_may_be_ten_minutes_old_or_early_and_no_more() {
    let (auth, window, second) =
        (signed(KEY, &seconds(now()), BODY), Duration::from_secs(600), Duration::from_secs(1));
    for at in [now().after(window), now().before(window)] {
        assert!(verify_at(account(), &auth, BODY, at).await.is_ok());
    }
    for at in [now().after(window + second), now().before(window + second)] {
        assert_eq!(check_of(verify_at(account(), &auth, BODY, at).await), Check::IssuedAt);
    }
}

#[tokio::test]
async fn a_header_that_is_none_is_refused_by_its_form() {
    let time = seconds(now());
    let hex = "ab".repeat(64);
    let wrapped = |plain: String| BASE64.encode(plain.as_bytes());
    for wrong in [
        String::new(),
        "not base64".to_owned(),
        wrapped(time.clone()),
        wrapped(format!("{time}:xyz")),
        wrapped(format!(":{hex}")),
        wrapped(format!("-5:{hex}")),
        wrapped(format!("{time}:{}", hex.to_uppercase())),
        wrapped(format!("9999999999999:{hex}")),
        wrapped(format!("{time}:{}", "ab".repeat(500))),
    ] {
        assert_eq!(check_of(verify(&wrong, BODY).await), Check::Form, "{wrong}");
    }
    assert_eq!(check_of(verify(&wrapped(format!("{time}:{}", &hex[..126])), BODY).await), Check::Signature);
    let adapter = MultiSafepay::new(account(), String::new(), &Connections::new());
    let unsigned =
        CallbackRequest { headers: &HeaderMap::new(), query: "transactionid=7&timestamp=1", body: BODY };
    let unsigned = adapter.verify_callback(&unsigned, now()).await.map(Verified::into_inner);
    assert_eq!(check_of(unsigned), Check::Form);
    let huge = vec![b' '; 70_000];
    assert_eq!(check_of(verify(&signed(KEY, &time, &huge), &huge).await), Check::Form);
}

#[tokio::test]
async fn a_genuine_notification_that_names_no_order_is_to_come_again() {
    for body in [&b"{"[..], b"[]", br#"{"status":"completed"}"#] {
        let error = verify(&signed(KEY, &seconds(now()), body), body).await.unwrap_err();
        assert!(matches!(error, CallbackError::Unreadable { .. }), "{error:?}");
    }
}

#[test]
fn an_unsigned_notification_hints_at_an_order_and_no_more() {
    let adapter = MultiSafepay::new(account(), String::new(), &Connections::new());
    let hint = |query: &str| adapter.hint(query).map(|payment| payment.0);
    assert_eq!(hint("transactionid=ab12&timestamp=1616601851"), Some("ab12".to_owned()));
    for nothing in ["", "timestamp=1", "transactionid=", "transactionid=../x", "transactionid=a%2Fb"] {
        assert_eq!(hint(nothing), None, "{nothing}");
    }
    assert_eq!(adapter.thanks(), "OK");
}

/// A message MultiSafepay really signed. It is not in this repository: `POLSBAND_VECTORS` names the folder that holds
/// it.
#[tokio::test]
async fn a_real_notification_verifies_at_its_time_and_no_changed_one_does() {
    let Some(folder) = std::env::var_os("POLSBAND_VECTORS").map(PathBuf::from) else {
        eprintln!("skipped: set POLSBAND_VECTORS to the folder with the provider's real messages");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let text = |name: &str| String::from_utf8(read(name)).unwrap().trim().to_owned();
    let body = read("multisafepay-2021.body.json");
    let auth = text("multisafepay-2021.auth-header.txt");
    let account = account_with(&text("multisafepay-2021.api-key.txt"));
    let at = Timestamp(1_616_601_851_000_000);
    let report = verify_at(account.clone(), &auth, &body, at).await.unwrap();
    assert_eq!((report.payment_id.0.as_str(), report.status), ("182", PaymentStatus::Succeeded));
    assert_eq!((report.amount_cents, report.currency.as_deref()), (Some(24_293), Some("GBP")));
    assert_eq!(report.order, None);
    let with_newline = [&body[..], b"\n"].concat();
    let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap();
    for changed in [with_newline, serde_json::to_vec_pretty(&parsed).unwrap()] {
        assert_eq!(check_of(verify_at(account.clone(), &auth, &changed, at).await), Check::Signature);
    }
    let next_day = at.after(Duration::from_secs(24 * 3600));
    assert_eq!(check_of(verify_at(account, &auth, &body, next_day).await), Check::IssuedAt);
}
