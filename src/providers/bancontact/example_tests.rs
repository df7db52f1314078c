//! Messages that Bancontact and its clients have published, read by the adapter. Names, account numbers and, where they
//! were struck out, ids are replaced.
//!
//! | `examples/` | from |
//! |---|---|
//! | `callback-succeeded.json` | a message of the EXT environment: jose4j's `DetachedContentTest`, Stack Overflow 70380691 |
//! | `callback-expired.json` | optiosteam/payconiq-client-php, `README.md` |
//! | `payment-described.json` | Bancontact's description of its Payment API V3, 3.6.5: each field's own example; state, times, amount have none |
//! | `payment-authorized.json`, `search.json`, `payment-unknown.json` | DeWall88/BancontactPro.Net, `PaymentModelsTests.cs`, written after the same description |
//!
//! Of a callback in any other state, and of a refusal other than an unknown payment, no public example was found: those in
//! the other tests are hand-made after the same description.

use super::test_signer::now;
use super::*;
use crate::providers::test_server::Reply;
use crate::providers::{PaymentStatus, Source};

/// The payment of the published details and list.
const PAYMENT: &str = "5f91483d-78a7-4914-bc6f=";

/// What a callback with this body, signed, is read as.
async fn called_back(body: &str) -> PaymentReport {
    let desk = callback_tests::Desk::open().await;
    desk.takes(&desk.bank.sign(body.as_bytes()), body.as_bytes()).await.unwrap().into_inner()
}

/// What this answer says of the published payment.
async fn details(reply: Reply) -> Option<PaymentReport> {
    let desk = api_tests::Desk::open(reply).await;
    let found = desk.adapter.details(&PaymentId(PAYMENT.to_owned()), now()).await.unwrap();
    found.map(Verified::into_inner)
}

#[tokio::test]
async fn a_payment_that_succeeded_is_called_back_with_its_amount_reference_payer_and_times() {
    let report = called_back(include_str!("examples/callback-succeeded.json")).await;
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Succeeded, Some(1310)));
    assert_eq!(report.payment_id.0, "d927a7c8cca3392907808ef2");
    assert_eq!((report.currency.as_deref(), report.reference.as_deref()), (Some("EUR"), Some("0006-485")));
    assert_eq!(report.description.as_deref(), Some("Invoice Payment"));
    assert_eq!(report.created_at.unwrap().to_string(), "2021-12-16T13:41:08.726000Z");
    assert_eq!(report.succeeded_at.unwrap().to_string(), "2021-12-16T13:41:20.189000Z");
    let debtor = report.debtor.unwrap();
    assert_eq!((debtor.name.as_deref(), debtor.iban.as_deref()), (Some("An"), Some("*************00000")));
    assert_eq!((report.refunded_cents, report.creditor_profile), (None, None));
}

#[tokio::test]
async fn a_payment_that_nobody_finished_is_called_back_as_expired_without_payer_or_reference() {
    let report = called_back(include_str!("examples/callback-expired.json")).await;
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Expired, Some(100)));
    assert!(report.status.is_final() && report.status != PaymentStatus::Succeeded);
    assert_eq!((report.debtor, report.reference, report.succeeded_at), (None, None, None));
}

#[tokio::test]
async fn an_authorised_payment_is_not_money_yet_and_may_name_neither_payer_nor_creditor() {
    let report = details(Reply::json(include_str!("examples/payment-authorized.json"))).await.unwrap();
    assert_eq!((&report.status, report.source), (&PaymentStatus::Authorized, Source::Details));
    assert!(!report.status.is_final());
    assert_eq!((report.amount_cents, report.succeeded_at), (Some(1000), None));
    let debtor = report.debtor.unwrap();
    assert_eq!((debtor.name, debtor.iban.as_deref()), (None, Some("*************12636")));
    assert_eq!((report.creditor_profile, report.reference), (None, None));
}

#[tokio::test]
async fn of_all_fields_described_those_about_money_are_read_and_a_way_to_refund_is_no_refund() {
    let report = details(Reply::json(include_str!("examples/payment-described.json"))).await.unwrap();
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Succeeded, Some(1000)));
    assert_eq!(report.creditor_profile.unwrap().0, "07e998f9-d932-4848-8b60-d5b5ae94b1b2");
    assert_eq!(
        (report.reference.as_deref(), report.description.as_deref()),
        (Some("19848995"), Some("5 coke."))
    );
    assert_eq!((report.refunded_cents, report.reserved_cents, report.link), (None, None, None));
}

#[tokio::test]
async fn a_page_of_the_search_is_read_to_its_end() {
    let desk = api_tests::Desk::open(Reply::json(include_str!("examples/search.json"))).await;
    let page = desk.list(None).await.unwrap();
    assert_eq!((page.total, page.next, page.unreadable), (Some(1), None, vec![]));
    let [row] = page.reports.as_slice() else { panic!("{:?}", page.reports) };
    let report = row.get();
    assert_eq!((report.payment_id.0.as_str(), report.source), (PAYMENT, Source::List));
    assert_eq!((&report.status, report.amount_cents), (&PaymentStatus::Succeeded, Some(500)));
}

#[tokio::test]
async fn a_payment_they_say_they_do_not_know_is_none() {
    let unknown = Reply::status(404, include_str!("examples/payment-unknown.json"));
    assert_eq!(details(unknown).await, None);
}
