//! Events signed with a secret of our own, and everything that must not pass for one.

use super::*;
use crate::providers::{Check, HeaderMap, NewAccount, PaymentStatus};
use data_encoding::HEXLOWER;
use ring::hmac;

const SECRET: &str = "whsec_dGhpcyBpcyBub3QgZGVjb2RlZA==";
/// Hand-made from the fields that WooshPay's page about webhooks names; its Bancontact page shows no event.
const BODY: &[u8] = br#"{"id":"evt_1","object":"event","created":1783101598000,"livemode":false,"type":"payment_intent.succeeded","data":{"object":{"id":"pi_1766018493456","object":"payment_intent","amount":2500,"currency":"EUR","status":"succeeded","merchant_order_id":"0123456789abcdef0123456789abcdef","created":1783101590000,"livemode":false}}}"#;

/// The instant the tests take place.
pub(super) fn now() -> Timestamp {
    "2026-07-03T18:00:00Z".parse().unwrap()
}

pub(super) fn account() -> Account {
    let new = NewAccount {
        profile_id: "acct_77".to_owned(),
        environment: Some("test".to_owned()),
        api_key: "sk_test_4711".to_owned(),
        webhook_secret: Some(SECRET.to_owned()),
        ..NewAccount::default()
    };
    Account::check(ProviderName::WooshPay, &new).unwrap()
}

fn sign(secret: &str, time: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    HEXLOWER.encode(hmac::sign(&key, &[time.as_bytes(), b".", body].concat()).as_ref())
}

fn seconds(at: Timestamp) -> String {
    (at.0 / 1_000_000).to_string()
}

pub(super) fn header(at: Timestamp, body: &[u8]) -> String {
    format!("t={},v1={}", seconds(at), sign(SECRET, &seconds(at), body))
}

async fn verify_at(
    account: Account,
    header: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<PaymentReport, CallbackError> {
    let mut headers = HeaderMap::new();
    headers.insert("wooshpay-signature", header.parse().unwrap());
    let adapter = WooshPay::new(account, &Connections::new());
    let callback = CallbackRequest { headers: &headers, query: "", body };
    adapter.verify_callback(&callback, at).await.map(Verified::into_inner)
}

pub(super) async fn verify(header: &str, body: &[u8]) -> Result<PaymentReport, CallbackError> {
    verify_at(account(), header, body, now()).await
}

fn check_of(result: Result<PaymentReport, CallbackError>) -> Check {
    match result.unwrap_err() {
        CallbackError::Refused { check, .. } => check,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn an_event_signed_with_the_webhooks_secret_is_read() {
    let report = verify(&header(now(), BODY), BODY).await.unwrap();
    assert_eq!((report.payment_id.0.as_str(), report.status), ("pi_1766018493456", PaymentStatus::Succeeded));
    assert_eq!(report.amount_cents, Some(2500));
    assert_eq!(report.order.unwrap().to_string(), "0123456789abcdef0123456789abcdef");
}

#[tokio::test]
async fn one_of_several_signatures_is_enough_while_a_secret_changes() {
    let at = seconds(now());
    let (old, ours) = (sign("whsec_old", &at, BODY), sign(SECRET, &at, BODY));
    for header in [
        format!("t={at},v1={old},v1={ours}"),
        format!("t={at}, v1={ours}, v1={old}"),
        format!("v1={ours},t={at},v0=abc"),
        format!("t={at},v1={}", ours.to_uppercase()),
    ] {
        assert!(verify(&header, BODY).await.is_ok(), "{header}");
    }
    assert_eq!(check_of(verify(&format!("t={at},v1={old}"), BODY).await), Check::Signature);
}

#[tokio::test]
async fn a_changed_body_another_secret_or_a_moved_time_does_not_verify_and_names_the_payment() {
    let with_newline = [BODY, b"\n"].concat();
    let parsed: serde_json::Value = serde_json::from_slice(BODY).unwrap();
    let rewritten = serde_json::to_vec_pretty(&parsed).unwrap();
    for changed in [&with_newline, &rewritten] {
        let refused = verify(&header(now(), BODY), changed).await.unwrap_err();
        let CallbackError::Refused { check, payment_id_hint, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(check, Check::Signature);
        assert_eq!(payment_id_hint.unwrap().0, "pi_1766018493456");
    }
    let earlier = seconds(now().before(Duration::from_secs(1)));
    let moved = format!("t={},v1={}", seconds(now()), sign(SECRET, &earlier, BODY));
    assert_eq!(check_of(verify(&moved, BODY).await), Check::Signature);
}

#[tokio::test]
async fn a_signature_outside_the_window_is_refused_on_both_sides_and_the_window_can_be_set() {
    let (second, header) = (Duration::from_secs(1), header(now(), BODY));
    let window = Duration::from_secs(300);
    for at in [now().after(window), now().before(window)] {
        assert!(verify_at(account(), &header, BODY, at).await.is_ok());
    }
    for at in [now().after(window + second), now().before(window + second)] {
        assert_eq!(check_of(verify_at(account(), &header, BODY, at).await), Check::IssuedAt);
    }
    let patient = Account { signature_window: Duration::from_secs(72 * 3600), ..account() };
    let next_day = now().after(Duration::from_secs(24 * 3600));
    assert!(verify_at(patient, &header, BODY, next_day).await.is_ok());
}

#[tokio::test]
async fn a_header_that_is_none_is_refused_by_its_form() {
    let (at, fine) = (seconds(now()), sign(SECRET, &seconds(now()), BODY));
    for wrong in [
        String::new(),
        fine.clone(),
        format!("t={at}"),
        format!("v1={fine}"),
        format!("t=,v1={fine}"),
        format!("t=-5,v1={fine}"),
        format!("t=9999999999999,v1={fine}"),
        format!("t={at},t={at},v1={fine}"),
        format!("t={at},v1=xyz"),
        format!("t={at}{}", format!(",v1={fine}").repeat(9)),
        "x".repeat(2_000),
    ] {
        assert_eq!(check_of(verify(&wrong, BODY).await), Check::Form, "{wrong}");
    }
    let short = format!("t={at},v1={}", &fine[..62]);
    assert_eq!(check_of(verify(&short, BODY).await), Check::Signature);
    let adapter = WooshPay::new(account(), &Connections::new());
    let callback = CallbackRequest { headers: &HeaderMap::new(), query: "", body: BODY };
    let unsigned = adapter.verify_callback(&callback, now()).await.map(Verified::into_inner);
    assert_eq!(check_of(unsigned), Check::Form);
}

#[tokio::test]
async fn test_money_is_refused_on_a_live_account_whatever_its_signature() {
    let live = String::from_utf8(BODY.to_vec()).unwrap().replacen("false", "true", 1);
    assert_eq!(check_of(verify(&header(now(), live.as_bytes()), live.as_bytes()).await), Check::Subject);
}

#[tokio::test]
async fn an_event_about_something_else_is_genuine_and_nothing_to_settle() {
    let body =
        br#"{"id":"evt_2","type":"charge.refund.updated","livemode":false,"data":{"object":{"id":"re_1"}}}"#;
    let other = verify(&header(now(), body), body).await.unwrap_err();
    assert_eq!(other, CallbackError::NotAPayment { what: "charge.refund.updated".to_owned() });
    let done =
        br#"{"id":"evt_3","type":"charge.refund.updated","livemode":false,"data":{"object":{"id":"re_1",
        "payment_intent":"pi_1","amount":1000,"status":"succeeded"}}}"#;
    let report = verify(&header(now(), done), done).await.unwrap();
    assert_eq!((report.payment_id.0.as_str(), report.refunded_cents), ("pi_1", Some(1000)));
    assert!(!report.status.is_final() && report.amount_cents.is_none());
    for unreadable in [&b"{"[..], br#"{"type":"payment_intent.succeeded","data":{"object":{}}}"#] {
        let error = verify(&header(now(), unreadable), unreadable).await.unwrap_err();
        assert!(matches!(error, CallbackError::Unreadable { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_dispute_names_its_payment_and_is_believed_no_amount_whatever_its_event_is_called() {
    for kind in ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"] {
        let of = |object: &str| {
            format!(r#"{{"id":"evt_4","type":"{kind}","livemode":false,"data":{{"object":{object}}}}}"#)
        };
        let body = of(r#"{"id":"dp_1","payment_intent":"pi_1","amount":2500,"status":"lost"}"#);
        let report = verify(&header(now(), body.as_bytes()), body.as_bytes()).await.unwrap();
        assert_eq!((report.payment_id.0.as_str(), report.is_chargeback), ("pi_1", true));
        assert_eq!((report.amount_cents, report.refunded_cents), (None, None));
        assert!(!report.status.is_final());
        let body = of(r#"{"id":"dp_1","charge":"ch_1","amount":2500}"#);
        let nameless = verify(&header(now(), body.as_bytes()), body.as_bytes()).await.unwrap_err();
        assert_eq!(nameless, CallbackError::NotAPayment { what: kind.to_owned() });
    }
}
