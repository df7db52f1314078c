//! What the page of a payment says when there is more to tell than paid or not: nothing can be added any more, a bank that
//! takes its time, money that a person sent back or credited; and why an amount is refused.

use super::providers::MINUTE;
use super::top_ups::PHONE;
use super::{Anonymous, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::OrderId;
use crate::sandbox::orders::{OrderFaults, Outcome};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

impl House {
    async fn closes(&self) {
        self.festival.clock.advance(MINUTE);
        let now = self.festival.clock.now();
        events::close(&self.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
    }

    /// An order whose money is parked, because its festival is closed.
    async fn parks_order(&self, order: OrderId) {
        self.bank_says(order, Outcome::Paid).await;
        assert_eq!(self.state(order).await, OrderState::Parked);
    }

    /// Resolves the oldest matter.
    async fn resolves(&self, how: serde_json::Value) {
        let finance = self.office(Role::Finance).await;
        let parked = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let id = parked["parked"][0]["id"].as_str().unwrap();
        finance.posts(&format!("/api/v1/events/pukkelfest/parked/{id}/resolve"), how).await.is(200);
    }
}

impl Anonymous<'_> {
    async fn reads(&self, path: &str, language: &str) -> String {
        self.sends(Method::GET, path, &[("accept-language", language)], Body::empty()).await.page(200)
    }
}

#[tokio::test]
async fn who_is_paying_when_the_festival_closes_is_told_in_their_language_and_invited_to_nothing() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        house.closes().await;
        let (form, path) =
            (format!("/t/{}", house.reference(0)), format!("/t/{}/{order}", house.reference(0)));
        for (language, title, words) in [
            ("nl-BE", "De tijd om te betalen is voorbij", "Op dit bandje kan geen geld meer"),
            ("fr", "Le temps pour payer est écoulé", "Ce bracelet ne peut plus être rechargé"),
            ("de", "Die Zeit zum Bezahlen ist vorbei", "kann kein Geld mehr geladen werden"),
            ("en", "The time to pay is over", "No more money can be added"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(title) && page.contains(words), "{page}");
            assert!(!page.contains("/pay/") && !page.contains(&format!("href=\"{form}\"")), "{page}");
            assert!(page.contains(&format!("data-next=\"{path}\"")), "it follows the payment: {page}");
        }
        assert!(
            !house.sees(order, "?go", PHONE).await.contains("content=\"0;"),
            "nobody is sent to the bank"
        );
        house.parks_order(order).await;
        assert!(house.sees(order, "", PHONE).await.contains("nothing is lost"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn no_payment_is_made_for_the_page_of_an_order_once_the_festival_is_closed() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let bank = house.festival.bank.orders();
        bank.change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        let order = house.ordered("15").await;
        house.closes().await;
        bank.change_faults(OrderFaults::default());
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        assert!(bank.made().is_empty());
        assert!(house.sees(order, "", PHONE).await.contains("The time to pay is over"));
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_parked_payment_says_what_a_person_did_with_it() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let orders = [house.ordered("10").await, house.ordered("11").await, house.ordered("12").await];
        house.closes().await;
        for (order, how, words) in [
            (
                orders[0],
                json!({ "return": true, "reason": "closed" }),
                [
                    "Je betaling gaat terug",
                    "Votre paiement vous revient",
                    "Deine Zahlung geht zurück",
                    "goes back",
                ],
            ),
            (
                orders[1],
                json!({ "to": house.reference(1), "reason": "another band" }),
                ["is goedgeschreven", "a été crédité", "wurde gutgeschrieben", "was credited"],
            ),
            (
                orders[2],
                json!({ "to": house.reference(0), "reason": "hers" }),
                [
                    "staat op je bandje",
                    "est sur votre bracelet",
                    "ist auf deinem Band",
                    "is on your wristband",
                ],
            ),
        ] {
            house.parks_order(order).await;
            let path = format!("/t/{}/{order}", house.reference(0));
            assert!(house.anonymous().reads(&path, "en").await.contains("The info desk helps you"));
            house.resolves(how).await;
            for (language, words) in ["nl-BE", "fr", "de", "en"].into_iter().zip(words) {
                let page = house.anonymous().reads(&path, language).await;
                assert!(page.contains(words), "{words} is not in {page}");
                assert!(!page.contains(house.reference(1)), "whose wristband it is on is told to nobody");
            }
        }
        assert_eq!(house.balance().await, 1_200);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_the_bank_still_looks_at_is_not_asked_for_again() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let order = house.ordered("15").await;
        house.bank_says(order, Outcome::Processing).await;
        let path = format!("/t/{}/{order}", house.reference(0));
        for (language, words) in [
            ("nl-BE", "Je betaling wordt nagekeken"),
            ("fr", "Votre paiement est en cours de vérification"),
            ("de", "Deine Zahlung wird geprüft"),
            ("en", "Your payment is being checked"),
        ] {
            let page = house.anonymous().reads(&path, language).await;
            assert!(page.contains(words) && !page.contains("/pay/"), "{page}");
            assert!(page.contains("data-next="), "it follows the payment: {page}");
        }
        assert!(!house.sees(order, "?go", PHONE).await.contains("content=\"0;"));
        // Its time is over, and the bank has not decided: it is not invited to pay another.
        house.festival.clock.advance(MINUTE * 20);
        house.follows_orders().await;
        assert_eq!(house.state(order).await, OrderState::Expired);
        assert!(house.sees(order, "", PHONE).await.contains("is being checked"));
        house.bank_says(order, Outcome::Paid).await;
        assert!(house.sees(order, "", PHONE).await.contains("The money is on your wristband"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_amount_outside_the_limits_is_refused_in_words_of_its_own_in_each_language() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let path = format!("/t/{}", house.reference(0));
        for (language, words) in [
            ("nl-BE", "Dit bedrag kan niet. Je kan een bedrag kiezen van"),
            ("fr", "Ce montant n’est pas possible. Choisissez un montant de"),
            ("de", "Dieser Betrag ist nicht möglich. Möglich ist ein Betrag von"),
            ("en", "This amount is not possible. You can choose an amount from"),
        ] {
            assert!(!house.anonymous().reads(&path, language).await.contains(words));
            for typed in ["0", "250%2C01", "1.000%2C00"] {
                let headers =
                    [("content-type", "application/x-www-form-urlencoded"), ("accept-language", language)];
                let body = format!("order={}&amount={typed}", OrderId::draw());
                let answer = house.anonymous().sends(Method::POST, &path, &headers, body).await;
                let page = answer.page(422);
                assert!(page.contains(words), "{typed}: {page}");
            }
        }
    })
    .await;
}
