//! Messages that MultiSafepay has published, read by the adapter. Names, addresses, account numbers, tokens and free texts
//! are replaced.
//!
//! | `examples/` | from |
//! |---|---|
//! | `order-made.json`, `order-completed.json`, `order-declined.json`, `order-cancelled.json`, `refund-made.json` | MultiSafepay/docs, `openapi/components/examples/responses/` |
//! | `order-unknown.json`, `key-invalid.json`, `forbidden.json` | MultiSafepay/docs, `openapi/components/errors/` |
//! | `transactions.json` | MultiSafepay/openapi, `openapi/components/examples/responses/listTransactions.json` |
//! | `order-uncleared.json`, `refused.json` | MultiSafepay/php-sdk, `tests/fixture-data/` |
//!
//! A notification is the order alone: a signed one of 2021 is read in `callback_tests`. Of an order with refunds in it, of a
//! refund in the list and of a chargeback no public example was found: those in the other tests are hand-made.

use super::api_tests::{Desk, ORDER};
use super::callback_tests::{KEY, now, seconds, signed, verify};
use super::*;
use crate::providers::test_server::Reply;
use crate::providers::{PaymentStatus, RefundState, Source};
use serde_json::{Value, json};

const MADE: &str = include_str!("examples/order-made.json");
const CANCELLED: &str = include_str!("examples/order-cancelled.json");
const UNCLEARED: &str = include_str!("examples/order-uncleared.json");
const TRANSACTIONS: &str = include_str!("examples/transactions.json");

async fn details(reply: Reply, order: &str) -> Result<Option<PaymentReport>, CallError> {
    let desk = Desk::open(reply).await;
    let found = desk.adapter.details(&PaymentId(order.to_owned()), now()).await?;
    Ok(found.map(Verified::into_inner))
}

/// The example with another order's id in it, as an order of ours would have.
fn as_ours(example: &str) -> Value {
    let mut answer: Value = serde_json::from_str(example).unwrap();
    answer["data"]["order_id"] = json!(ORDER);
    answer
}

#[tokio::test]
async fn an_order_that_was_made_leads_to_their_page_and_has_no_code_of_its_own() {
    let created = Desk::open(Reply::json(as_ours(MADE))).await.create().await.unwrap();
    assert_eq!((created.payment.0.as_str(), created.qr), (ORDER, None));
    let page = "https://testpayv2.multisafepay.com/connect/00000000000000000000000000000000000/?lang=nl_NL";
    assert_eq!(created.link.as_str(), page);
    let elses = Desk::open(Reply::json(MADE)).await.create().await;
    assert!(matches!(elses, Err(CallError::Invalid { .. })), "it is about another order");
}

#[tokio::test]
async fn a_completed_order_is_money_in_cents_whatever_its_costs_and_methods_say() {
    let reply = Reply::json(include_str!("examples/order-completed.json"));
    let report = details(reply, "example_order_123456").await.unwrap().unwrap();
    assert_eq!((&report.status, report.source), (&PaymentStatus::Succeeded, Source::Details));
    assert_eq!((report.amount_cents, report.currency.as_deref()), (Some(1000), Some("EUR")));
    assert_eq!(report.created_at.unwrap().to_string(), "2025-05-14T06:48:10.000000Z");
    assert_eq!(report.succeeded_at.unwrap().to_string(), "2025-05-14T06:50:32.000000Z");
    let debtor = report.debtor.unwrap();
    assert_eq!(
        (debtor.name.as_deref(), debtor.iban.as_deref()),
        (Some("An Payer"), Some("BE68539007547034"))
    );
    // A cost is called a refund in it, of nothing; the order says of none how much, and nothing is guessed.
    assert_eq!((report.refunded_cents, report.reserved_cents, report.is_chargeback), (None, None, false));
    assert_eq!((report.order, report.link), (None, None));
}

#[tokio::test]
async fn a_declined_order_is_at_its_end_and_no_money() {
    let reply = Reply::json(include_str!("examples/order-declined.json"));
    let report = details(reply, "apitool_9290377").await.unwrap().unwrap();
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::AuthorizationFailed, Some(1000)));
    assert!(report.status.is_final());
    assert_eq!((report.refunded_cents, report.succeeded_at), (Some(0), None));
}

#[tokio::test]
async fn a_cancelled_order_has_no_financial_state_and_one_that_names_no_order_is_not_believed() {
    let cancelled = details(Reply::json(as_ours(CANCELLED)), ORDER).await.unwrap().unwrap();
    assert_eq!((cancelled.status, cancelled.amount_cents), (PaymentStatus::Cancelled, None));
    assert_eq!((cancelled.debtor, cancelled.currency), (None, None));
    let nameless = details(Reply::json(CANCELLED), ORDER).await;
    assert!(matches!(nameless, Err(CallError::Invalid { .. })), "{nameless:?}");
}

#[tokio::test]
async fn an_uncleared_order_is_not_money_and_numbers_where_texts_are_expected_spoil_nothing() {
    let auth = signed(KEY, &seconds(now()), UNCLEARED.as_bytes());
    let report = verify(&auth, UNCLEARED.as_bytes()).await.unwrap();
    assert_eq!((report.payment_id.0.as_str(), &report.status), ("1588947171", &PaymentStatus::Authorized));
    assert!(!report.status.is_final());
    assert_eq!((report.amount_cents, report.refunded_cents), (Some(10_000), Some(0)));
    assert_eq!(report.debtor, None, "a number is no name");
}

#[tokio::test]
async fn transactions_are_listed_each_in_its_state_with_its_site_and_go_on_at_the_cursor() {
    let desk = Desk::open(Reply::json(TRANSACTIONS)).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.unreadable, page.next), (vec![], Some(PageToken("string".to_owned()))));
    let rows: Vec<_> = page.reports.into_iter().map(Verified::into_inner).collect();
    let told: Vec<_> =
        rows.iter().map(|row| (row.payment_id.0.as_str(), &row.status, row.amount_cents)).collect();
    assert_eq!(
        told,
        [
            ("my-order-id-1", &PaymentStatus::Expired, Some(1000)),
            ("my-order-id-2", &PaymentStatus::Succeeded, Some(1000)),
            ("my-order-id-3", &PaymentStatus::AuthorizationFailed, Some(100)),
        ]
    );
    let sites = || vec![ProfileId("12345".to_owned()); 3];
    assert_eq!(rows.iter().filter_map(|row| row.creditor_profile.clone()).collect::<Vec<_>>(), sites());
    assert_eq!(desk.adapter.profiles_named(now()).await.unwrap(), sites());
    let window = Window { from: now().before(Duration::from_secs(3600)), to: now() };
    let refunded = desk.adapter.refunded(window, None, now()).await.unwrap();
    assert!(refunded.payments.is_empty(), "a payment is no refund, whatever was asked for");
}

#[tokio::test]
async fn a_refund_that_was_taken_is_reserved_under_our_name_for_it() {
    let taken = Reply::json(include_str!("examples/refund-made.json"));
    let desk = refund_tests::Desk::open([refund_tests::order(&Value::Null), taken]).await;
    let refund = desk.refunds(1_000).await.unwrap();
    assert_eq!((refund.state, refund.amount.0), (RefundState::Reserved, 1_000));
}

#[tokio::test]
async fn refusals_are_told_apart_by_what_to_do_next() {
    let unknown = || Reply::status(404, include_str!("examples/order-unknown.json"));
    assert_eq!(details(unknown(), ORDER).await, Ok(None));
    let made_before = Desk::open(unknown()).await.create().await;
    assert!(matches!(made_before, Err(CallError::Retry { .. })), "{made_before:?}");
    for (reply, word) in [
        (Reply::status(401, include_str!("examples/key-invalid.json")), "belongs to one site"),
        (Reply::status(403, include_str!("examples/forbidden.json")), "Forbidden"),
        (Reply::status(400, include_str!("examples/refused.json")), "418, I'm a teapot"),
    ] {
        let error = details(reply, ORDER).await.unwrap_err();
        assert!(matches!(&error, CallError::Refused { why } if why.contains(word)), "{error:?}");
    }
}
