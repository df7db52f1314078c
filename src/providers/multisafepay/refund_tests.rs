//! Refunds against a server on loopback: nothing goes twice, and nothing asks for 0.

use super::callback_tests::{account, now};
use super::*;
use crate::money::Cents;
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{RefundAmount, RefundId, RefundState};
use serde_json::{Value, json};
use uuid::Uuid;

const ORDER: &str = "0123456789abcdef0123456789abcdef";
const REFUND: &str = "00000000000000000000000000000007";

pub(super) struct Desk {
    server: TestServer,
    adapter: MultiSafepay,
    payment: PaymentId,
}

impl Desk {
    pub(super) async fn open(replies: impl IntoIterator<Item = Reply>) -> Desk {
        let server = TestServer::answering(Reply::json("{}")).await;
        server.answers(replies);
        let account = Account { api: server.url.clone(), ..account() };
        let adapter = MultiSafepay::new(account, "https://w.example/c".to_owned(), &Connections::new());
        Desk { server, adapter, payment: PaymentId(ORDER.to_owned()) }
    }

    pub(super) async fn refunds(&self, cents: i64) -> Result<Refund, CallError> {
        let amount = RefundAmount::of(Cents(cents), Cents(2_500)).unwrap();
        let new = NewRefund { id: RefundId(Uuid::from_u128(7)), payment: &self.payment, amount };
        self.adapter.refund(&new, now()).await
    }
}

pub(super) fn order(refunds: &Value) -> Reply {
    let data = json!({
        "order_id": ORDER, "status": "completed", "financial_status": "completed", "amount": 2500,
        "related_transactions": refunds,
    });
    Reply::json(json!({"success": true, "data": data}))
}

/// Hand-made: no public example of an order with refunds in it was found.
fn row(status: &str, cents: i64) -> Value {
    json!([{"order_id": "another", "amount": 1, "status": "completed"},
           {"order_id": REFUND, "type": "refund", "amount": cents, "status": status}])
}

fn made() -> Reply {
    Reply::json(json!({"success": true, "data": {"transaction_id": 5, "order_id": ORDER}}))
}

#[tokio::test]
async fn a_refund_has_an_amount_and_an_id_of_its_own_in_part_and_in_full() {
    for cents in [1_000, 2_500] {
        let desk = Desk::open([order(&Value::Null), made()]).await;
        let refund = desk.refunds(cents).await.unwrap();
        assert_eq!((refund.name.0.as_str(), refund.amount), (REFUND, Cents(cents)));
        assert_eq!(refund.state, RefundState::Reserved, "nothing has gone yet");
        let asked = desk.server.asked();
        assert_eq!(asked[1].line, format!("POST /orders/{ORDER}/refunds"));
        let sent: Value = serde_json::from_slice(&asked[1].body).unwrap();
        assert_eq!((&sent["amount"], &sent["refund_order_id"]), (&json!(cents), &json!(REFUND)));
        assert_eq!(sent["currency"], "EUR");
    }
}

#[tokio::test]
async fn a_refund_whose_answer_got_lost_is_found_and_not_made_again() {
    let lost = Reply::status(504, "");
    let desk = Desk::open([order(&Value::Null), lost, order(&row("reserved", 1_000))]).await;
    assert!(matches!(desk.refunds(1_000).await, Err(CallError::Retry { .. })));
    assert_eq!(desk.refunds(1_000).await.unwrap().state, RefundState::Reserved);
    let posts = desk.server.asked().into_iter().filter(|asked| asked.line.starts_with("POST")).count();
    assert_eq!(posts, 1);
    let other = desk.refunds(900).await.unwrap_err();
    assert!(matches!(other, CallError::Refused { .. }), "{other:?}");
}

#[tokio::test]
async fn what_they_refuse_or_do_not_know_sends_nothing() {
    let refused = json!({"success": false, "data": [], "error_code": 1034, "error_info": "not possible"});
    let desk = Desk::open([order(&Value::Null), Reply::status(400, refused)]).await;
    assert!(matches!(desk.refunds(1_000).await, Err(CallError::Refused { .. })));
    let unknown = json!({"success": false, "data": [], "error_code": 1006, "error_info": "Invalid"});
    let desk = Desk::open([Reply::status(404, unknown)]).await;
    assert!(matches!(desk.refunds(1_000).await, Err(CallError::Refused { .. })));
    assert_eq!(desk.server.asked().len(), 1);
}

#[tokio::test]
async fn a_refund_is_followed_from_reserved_to_its_end() {
    for (word, state) in [
        ("reserved", RefundState::Reserved),
        ("initialized", RefundState::Reserved),
        ("completed", RefundState::Done),
        ("void", RefundState::Failed),
        ("pondered", RefundState::Other("pondered".to_owned())),
    ] {
        let desk = Desk::open([order(&row(word, 1_000))]).await;
        let name = RefundName(REFUND.to_owned());
        let found = desk.adapter.find_refund(&desk.payment, &name, now()).await.unwrap().unwrap();
        assert_eq!((found.state, found.amount), (state, Cents(1_000)));
        let other = RefundName("somebody's".to_owned());
        assert_eq!(desk.adapter.find_refund(&desk.payment, &other, now()).await, Ok(None));
    }
}
