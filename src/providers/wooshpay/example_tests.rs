//! Messages that WooshPay has published, read by the adapter. Client secrets are shortened.
//!
//! | `examples/` | from |
//! |---|---|
//! | `intent-to-pay.json` | WooshPay's page *Bank Transfer in Indonesia*, whose payments are made as Bancontact's are |
//! | `intent-succeeded.json` | docs.wooshpay.com, *Direct API*, the flow without 3DS |
//! | `refund.json` | docs.wooshpay.com, *Retrieve a refund* |
//!
//! Lists, searches and events are described field by field: the wrapping of these messages follows that. Of an error, a
//! dispute, and an intent that was declined or cancelled no public example was found: those in the other tests are
//! hand-made.

use super::api_tests::{Desk, rows};
use super::callback_tests::{account, header, now, verify};
use super::*;
use crate::money::Cents;
use crate::providers::test_server::Reply;
use crate::providers::{PaymentStatus, RefundState};
use serde_json::{Value, json};

const TO_PAY: &str = include_str!("examples/intent-to-pay.json");
const SUCCEEDED: &str = include_str!("examples/intent-succeeded.json");
const REFUND: &str = include_str!("examples/refund.json");

fn json_of(example: &str) -> Value {
    serde_json::from_str(example).unwrap()
}

async fn details(example: &str) -> PaymentReport {
    let id = json_of(example)["id"].as_str().unwrap().to_owned();
    let desk = Desk::open(Reply::json(example)).await;
    desk.adapter.details(&PaymentId(id), now()).await.unwrap().unwrap().into_inner()
}

/// What an event about this object, signed, is read as.
async fn told(kind: &str, example: &str) -> PaymentReport {
    let event = json!({
        "id": "evt_1", "object": "event", "type": kind, "livemode": false, "data": {"object": json_of(example)},
    });
    let body = event.to_string();
    verify(&header(now(), body.as_bytes()), body.as_bytes()).await.unwrap()
}

#[tokio::test]
async fn an_intent_that_waits_for_its_payer_leads_to_their_page_and_is_no_money() {
    let report = details(TO_PAY).await;
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Pending, Some(1_000_000)));
    assert!(!report.status.is_final());
    let page = "https://apitest.wooshpay.com/v1/receives/c12/pay/pi_1664204164491640832";
    assert_eq!(report.link.unwrap().as_str(), page);
    assert_eq!(report.created_at.unwrap().to_string(), "2023-06-01T09:36:07.000000Z");
    assert_eq!((report.currency.as_deref(), report.order), (Some("IDR"), None));
}

#[tokio::test]
async fn an_intent_that_succeeded_is_read_although_empty_texts_stand_for_what_there_is_none_of() {
    for report in [details(SUCCEEDED).await, told("payment_intent.succeeded", SUCCEEDED).await] {
        assert_eq!(report.payment_id.0, "pi_1583366366029676544");
        assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Succeeded, Some(1)));
        assert_eq!((report.currency.as_deref(), report.order, report.link), (Some("USD"), None, None));
        assert_eq!(report.created_at.unwrap().to_string(), "2022-10-21T07:55:34.000000Z");
        assert_eq!((report.refunded_cents, report.is_chargeback), (None, false));
        assert_eq!(report.creditor_profile, Some(account().profile));
    }
}

#[tokio::test]
async fn published_intents_are_listed_and_another_shops_order_is_not_found_for_ours() {
    let desk = Desk::open(rows(&[json_of(TO_PAY), json_of(SUCCEEDED)], false)).await;
    let window = Window { from: "2022-10-01T00:00:00Z".parse().unwrap(), to: now() };
    let page = desk.adapter.list(window, None, now()).await.unwrap();
    let statuses: Vec<_> = page.reports.iter().map(|row| &row.get().status).collect();
    assert_eq!(statuses, [&PaymentStatus::Pending, &PaymentStatus::Succeeded]);
    assert_eq!((page.unreadable, page.next), (vec![], None));
    let order = "0123456789abcdef0123456789abcdef".parse().unwrap();
    assert_eq!(desk.adapter.find_order(&order, now()).await, Ok(None));
}

#[tokio::test]
async fn a_refund_that_was_done_is_found_and_told_by_its_event() {
    let desk = Desk::open(Reply::json(REFUND)).await;
    let (payment, name) =
        (PaymentId("pi_3KQu4U2eZvKYlo2C0avUn9aJ".to_owned()), "re_3KQu4U2eZvKYlo2C02Ndp8xy".to_owned());
    let name = RefundName(name);
    let found = desk.adapter.find_refund(&payment, &name, now()).await.unwrap().unwrap();
    assert_eq!((&found.name, found.amount, found.state), (&name, Cents(100), RefundState::Done));
    let another = PaymentId("pi_1".to_owned());
    let error = desk.adapter.find_refund(&another, &name, now()).await.unwrap_err();
    assert!(matches!(error, CallError::Invalid { .. }), "{error:?}");
    let report = told("charge.refund.updated", REFUND).await;
    assert_eq!((report.payment_id, report.refunded_cents), (payment, Some(100)));
    assert!(!report.status.is_final() && report.amount_cents.is_none());
}
