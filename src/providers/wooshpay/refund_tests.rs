//! Refunds against a server on loopback, and the events about them.

use super::callback_tests::{account, now};
use super::*;
use crate::money::Cents;
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{RefundAmount, RefundId, RefundState};
use serde_json::{Value, json};
use uuid::Uuid;

struct Desk {
    server: TestServer,
    adapter: WooshPay,
    payment: PaymentId,
}

impl Desk {
    async fn open(reply: Reply) -> Desk {
        let server = TestServer::answering(reply).await;
        let account = Account { api: server.url.clone(), ..account() };
        let adapter = WooshPay::new(account, &Connections::new());
        Desk { server, adapter, payment: PaymentId("pi_1".to_owned()) }
    }

    async fn refunds(&self, cents: i64) -> Result<Refund, CallError> {
        let amount = RefundAmount::of(Cents(cents), Cents(2_500)).unwrap();
        let new = NewRefund { id: RefundId(Uuid::from_u128(7)), payment: &self.payment, amount };
        self.adapter.refund(&new, now()).await
    }
}

fn refund(status: &str, cents: i64) -> Value {
    json!({"id": "re_9", "object": "refund", "amount": cents, "payment_intent": "pi_1", "status": status,
           "created": 1_644_328_172})
}

#[tokio::test]
async fn an_amount_is_asked_for_as_text_and_answered_as_a_number() {
    let desk = Desk::open(Reply::json(refund("succeeded", 1_000))).await;
    let made = desk.refunds(1_000).await.unwrap();
    assert_eq!(made.name.0, "re_9");
    assert_eq!((made.amount, made.state), (Cents(1_000), RefundState::Done));
    let asked = &desk.server.asked()[0];
    assert_eq!(asked.line, "POST /v1/refunds");
    assert_eq!(asked.headers["idempotency-key"], "00000000000000000000000000000007");
    let sent: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!((&sent["payment_intent"], &sent["amount"]), (&json!("pi_1"), &json!("1000")));
}

#[tokio::test]
async fn an_answer_about_something_else_is_no_refund() {
    let mut other = refund("succeeded", 1_000);
    other["payment_intent"] = json!("pi_2");
    for wrong in [other, refund("succeeded", 2_500), json!({"id": "re_9"}), json!([])] {
        let desk = Desk::open(Reply::json(&wrong)).await;
        assert!(matches!(desk.refunds(1_000).await, Err(CallError::Invalid { .. })), "{wrong}");
    }
    let desk = Desk::open(Reply::status(402, r#"{"error":{"code":"once"}}"#)).await;
    assert!(matches!(desk.refunds(1_000).await, Err(CallError::Refused { .. })));
    let desk = Desk::open(Reply::status(503, "")).await;
    assert!(matches!(desk.refunds(1_000).await, Err(CallError::Retry { .. })));
}

#[tokio::test]
async fn a_refund_is_followed_by_the_name_they_gave_it() {
    for (word, state) in [
        ("pending", RefundState::Reserved),
        ("succeeded", RefundState::Done),
        ("canceled", RefundState::Failed),
        ("", RefundState::Other(String::new())),
    ] {
        let desk = Desk::open(Reply::json(refund(word, 1_000))).await;
        let name = RefundName("re_9".to_owned());
        let found = desk.adapter.find_refund(&desk.payment, &name, now()).await.unwrap().unwrap();
        assert_eq!(found.state, state);
        assert_eq!(desk.server.asked()[0].line, "GET /v1/refunds/re%5F9");
        desk.server.answers([Reply::status(404, "{}")]);
        assert_eq!(desk.adapter.find_refund(&desk.payment, &name, now()).await, Ok(None));
    }
}

#[test]
fn a_refund_is_reported_as_money_that_went_back_or_is_to_go() {
    let told = |refund: Value| wire::to_refunded(&refund, &account());
    let report = told(refund("succeeded", 1_000)).unwrap();
    assert_eq!((report.payment_id.0.as_str(), report.refunded_cents), ("pi_1", Some(1_000)));
    assert!(!report.status.is_final() && report.amount_cents.is_none());
    let report = told(refund("pending", 1_000)).unwrap();
    assert_eq!((report.refunded_cents, report.reserved_cents), (None, Some(1_000)));
    assert_eq!(told(refund("failed", 1_000)), None);
    assert_eq!(told(refund("succeeded", 0)), None);
    assert_eq!(told(json!({"id": "re_9", "amount": 5, "status": "succeeded"})), None);
}
