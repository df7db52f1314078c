//! Money that a payer's bank takes back after it was paid, at MultiSafepay: the wallet keeps it, and a person hears of it
//! once, whoever tells of it, how late and in whichever order. WooshPay says that there is nothing of the kind, and
//! Bancontact reports none.

use super::providers::{Begun, MINUTE, for_each};
use super::{Answer, House};
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::ProviderName;
use crate::sandbox::orders::{Notify, Outcome, Refusal};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;
use tower::ServiceExt;

impl House {
    /// Calls the sandbox's own paths.
    pub(super) async fn at_the_bank(&self, method: Method, path: &str, body: &'static str) -> Answer {
        let request =
            Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
        let answer = self.festival.bank.router().oneshot(request.body(Body::from(body)).unwrap()).await;
        Answer::of(answer.unwrap()).await
    }

    /// So many chargebacks wait for a person, and nothing else is contradicted.
    async fn expect_told(&self, times: usize) {
        assert_eq!(self.mismatches().await, vec!["charged back by the payer's bank"; times]);
    }
}

#[tokio::test]
async fn money_charged_back_a_week_later_stays_on_the_wallet_and_a_person_is_told_once() {
    for_each(async |till| {
        if till.provider != ProviderName::MultiSafepay {
            return;
        }
        let house = till.house;
        let (mut late, mut lost) = (till.begins(2_500).await, till.begins(1_000).await);
        let paid = till.moves(&mut late, Outcome::Paid, Notify::Deliver, None).await;
        house.receives(&paid).await.is(200);
        till.tells(&mut lost, Outcome::Paid).await;
        house.festival.clock.advance(MINUTE * 60 * 24 * 7);

        // Told twice; and then comes what was sent when it was paid, too old to be believed, so that it is asked for.
        let back = till.moves(&mut late, Outcome::ChargedBack, Notify::Twice, None).await;
        for _ in 0..2 {
            house.receives(&back).await.is(200);
        }
        house.receives(&paid).await.refused(401, "bad-signature");
        house.app.finish().await;
        house.reconciles().await;
        house.expect_told(1).await;

        // The list tells nothing of the one whose notification gets lost; whoever asks for the payment hears of it.
        till.moves(&mut lost, Outcome::ChargedBack, Notify::Drop, None).await;
        house.reconciles().await;
        house.expect_told(1).await;
        let Begun::Order(order) = &lost else { panic!("it is an order") };
        let payment = house.order(*order).await.payment.unwrap();
        for _ in 0..2 {
            house.looks_up(till.provider, &payment).await;
            house.expect_told(2).await;
        }
        assert_eq!((house.balance().await, house.state(*order).await), (3_500, OrderState::Credited));

        // The chargeback is heard of before the payment.
        let mut early = till.begins(700).await;
        let paid = till.moves(&mut early, Outcome::Paid, Notify::Deliver, None).await;
        let back = till.moves(&mut early, Outcome::ChargedBack, Notify::Deliver, None).await;
        for notice in [&back, &paid, &back] {
            house.receives(notice).await.is(200);
        }
        assert_eq!(house.suspense().await, [("refunded-at-provider".to_owned(), 700)]);
        house.reconciles().await;
        house.expect_told(3).await;
        assert_eq!(house.balance().await, 3_500);

        // Whoever closes one by the API is told how, and that nothing is sent by it; nothing is.
        let (finance, path) = (house.office(Role::Finance).await, "/api/v1/events/pukkelfest/parked");
        let told = house.open_matters("mismatch").await;
        let resolve = format!("{path}/{}/resolve", told[0]["id"].as_str().unwrap());
        let to = json!({ "to": house.reference(0), "reason": "it was hers" });
        let refused = finance.posts(&resolve, to).await.refused(409, "not-that-way");
        assert!(refused["detail"].as_str().unwrap().ends_with("close it with return, which sends nothing"));
        finance.posts(&resolve, json!({ "return": true, "reason": "looked at" })).await.is(200);
        house.expect_told(2).await;
        assert_eq!(house.suspense().await, [("refunded-at-provider".to_owned(), 700)]);
        assert_eq!(house.balance().await, 3_500);
    })
    .await;
}

#[tokio::test]
async fn the_sandbox_charges_back_what_was_paid_at_multisafepay_only() {
    for_each(async |till| {
        let (house, begun) = (till.house, till.begins(500).await);
        let Begun::Order(order) = begun else { return };
        let is_possible = till.provider == ProviderName::MultiSafepay;
        let (page, path) = (format!("/pay/{order}"), format!("/sandbox/orders/{order}"));
        let charges_back = async || {
            let body = r#"{"outcome": "charged-back", "notify": "drop"}"#;
            house.at_the_bank(Method::POST, &path, body).await
        };
        let is_offered = async || {
            let shown = house.at_the_bank(Method::GET, &page, "").await.is(200);
            shown.as_str().unwrap().contains("Let the bank take it back")
        };
        charges_back().await.is(409);
        assert!(!is_offered().await, "it is not paid");
        house.at_the_bank(Method::POST, &path, r#"{"outcome": "paid", "notify": "drop"}"#).await.is(200);
        assert_eq!(is_offered().await, is_possible);
        charges_back().await.is(if is_possible { 200 } else { 409 });
        if !is_possible {
            house.at_the_bank(Method::POST, &format!("{page}/charged-back"), "").await.is(409);
        }
        let again = house.festival.bank.orders().refund_by_hand(&order.to_string(), 500);
        assert_eq!(
            again.err(),
            is_possible.then_some(Refusal::Impossible),
            "what was taken back is not sent back"
        );
        house.at_the_bank(Method::POST, "/sandbox/orders/another", r#"{"outcome": "paid"}"#).await.is(404);
    })
    .await;
}

#[tokio::test]
async fn the_page_a_payer_is_sent_to_says_what_is_paid_to_whom_and_does_what_is_chosen() {
    for_each(async |till| {
        let (house, begun) = (till.house, till.begins(1_250).await);
        let Begun::Order(order) = begun else { return };
        let path = format!("/pay/{order}");
        let page = house.at_the_bank(Method::GET, &path, "").await.is(200);
        let page = page.as_str().unwrap();
        let serial = house.festival.bands[0].serial.last_four();
        for part in
            ["To pay", "€ 12,50", till.provider.title(), serial, "Let the bank decline", "Cancel", "Lost"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(page.contains("Held back") && page.contains("Without a signature"), "{page}");
        assert!(!page.contains("<script") && !page.contains("style="), "{page}");
        // Whoever sends the form is led on to the shop, which its policy has to allow.
        let sent = house.at_the_bank(Method::GET, &path, "").await;
        assert!(sent.header("content-security-policy").contains("form-action 'self' http://127.0.0.1:8080;"));
        let refused = house.at_the_bank(Method::POST, &format!("{path}/paid"), "notify=pigeon").await;
        refused.is(422);
        let paid = house.at_the_bank(Method::POST, &format!("{path}/paid"), "notify=drop").await;
        assert_eq!(paid.status.as_u16(), 303);
        assert!(
            paid.header("location").starts_with("http://127.0.0.1:8080/t/"),
            "{}",
            paid.header("location")
        );
        let page = house.at_the_bank(Method::GET, &path, "").await.is(200);
        let page = page.as_str().unwrap();
        assert!(page.contains(">Paid<") && page.contains("Back to the shop"), "{page}");
        assert!(!page.contains("Let the bank decline"), "{page}");
        assert_eq!(house.balance().await, 0, "the notification was lost");
        house.reconciles().await;
        assert_eq!(house.balance().await, 1_250);
    })
    .await;
}
