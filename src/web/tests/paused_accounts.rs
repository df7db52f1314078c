//! Accounts that are not offered: nothing new is made there, and what was made goes on. And those that are asked first.

use super::House;
use super::providers::MINUTE;
use super::top_ups::PHONE;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{Finish, Notify, OrderFaults, Outcome};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;

const PROVIDERS: &str = "/api/v1/events/pukkelfest/providers";

#[tokio::test]
async fn nothing_new_is_made_at_a_paused_account_and_what_was_made_there_is_paid_and_found() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        let (told, lost) = (house.ordered("20").await, house.ordered("10").await);
        let (office, viewer) = (house.office(Role::Organiser).await, house.office(Role::Viewer).await);
        let (pause, resume) =
            (format!("{PROVIDERS}/multisafepay/pause"), format!("{PROVIDERS}/multisafepay/resume"));
        viewer.posts(&pause, json!({})).await.refused(403, "not-allowed");
        let printed = office.posts(&format!("{PROVIDERS}/bancontact/pause"), json!({})).await;
        let printed = printed.refused(404, "unknown-provider");
        assert!(printed["detail"].as_str().unwrap().contains("codes are printed"), "{printed}");
        for _ in 0..2 {
            assert_eq!(office.posts(&pause, json!({})).await.is(200)["is_paused"], json!(true));
        }
        assert_eq!(viewer.gets(PROVIDERS).await.is(200)["providers"][0]["is_paused"], json!(true));
        let elsewhere = house.ordered("5").await;
        assert_eq!(house.order(elsewhere).await.provider, ProviderName::WooshPay);

        assert!(house.sees(told, "", PHONE).await.contains("Pay € 20,00"));
        house.bank_says(told, Outcome::Paid).await;
        let finish = Finish::as_ordered(Outcome::Paid, Notify::Drop);
        house.festival.bank.orders().finish(&lost.to_string(), &finish).unwrap();
        house.sees(lost, "", PHONE).await;
        house.app.finish().await;
        assert_eq!((house.balance().await, house.state(lost).await), (3_000, OrderState::Credited));

        assert_eq!(office.posts(&resume, json!({})).await.is(200)["is_paused"], json!(false));
        let back = house.ordered("5").await;
        assert_eq!(house.order(back).await.provider, ProviderName::MultiSafepay);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_was_made_at_a_paused_account_is_answered_again_as_before() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        let office = house.office(Role::Organiser).await;
        let order = OrderId::draw();
        let sends = async |order: OrderId| {
            let form = format!("order={order}&provider=multisafepay&cents=1500");
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
            let path = format!("/t/{}", house.reference(0));
            house.anonymous().sends(Method::POST, &path, &headers, form).await
        };
        let first = sends(order).await;
        assert_eq!(first.status.as_u16(), 303, "{}", first.body);
        office.posts(&format!("{PROVIDERS}/multisafepay/pause"), json!({})).await.is(200);
        let again = sends(order).await;
        assert_eq!(again.status.as_u16(), 303, "{}", again.body);
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(house.festival.bank.orders().made(), [order.to_string()]);
        let page = sends(OrderId::draw()).await.page(422);
        assert!(page.contains("No new payment was made"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn an_order_without_an_answer_is_made_at_no_paused_account_and_another_one_is_offered() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        let (office, bank) = (house.office(Role::Organiser).await, house.festival.bank.orders());
        bank.change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        let order = house.ordered("15").await;
        office.posts(&format!("{PROVIDERS}/multisafepay/pause"), json!({})).await.is(200);
        bank.change_faults(OrderFaults::default());
        house.festival.clock.advance(MINUTE / 2);
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        let page = house.sees(order, "", PHONE).await;
        assert!(page.contains("name=\"provider\" value=\"wooshpay\""), "{page}");
        assert!(page.contains(">Nothing was paid: try again.<") && !page.contains("by itself"), "{page}");
        assert!(bank.made().is_empty());
        office.posts(&format!("{PROVIDERS}/multisafepay/resume"), json!({})).await.is(200);
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        assert_eq!(bank.made(), [order.to_string()]);
    })
    .await;
}

#[tokio::test]
async fn while_every_account_is_paused_a_code_is_known_and_the_page_says_that_nothing_can_be_added_now() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.winterfest(json!({})).await;
        house.winter_account(&office).await;
        let printed = office.prints(json!({"count": 1, "kind": "wristband"})).await;
        let account = "/api/v1/events/winterfest/providers/multisafepay";
        office.posts(&format!("{account}/pause"), json!({})).await.is(200);
        let path = format!("/t/{}", printed.reference);
        let sends = async |method: Method, language: &str, body: String| {
            let kind = ("content-type", "application/x-www-form-urlencoded");
            house.anonymous().sends(method, &path, &[("accept-language", language), kind], body).await
        };
        for (language, title, words) in [
            ("nl-BE", "Geld toevoegen kan even niet", "Het geld op je bandje blijft zoals het is."),
            ("fr", "On ne peut pas ajouter d’argent", "L’argent sur votre bracelet reste tel quel."),
            ("de", "Geld hinzufügen geht gerade nicht", "Das Geld auf deinem Band bleibt, wie es ist."),
            ("en", "Nothing can be added at the moment", "The money on your wristband stays as it is."),
        ] {
            let order = OrderId::draw();
            for (method, body) in [
                (Method::GET, String::new()),
                (Method::POST, format!("order={order}&amount=20")),
                (Method::POST, "order=&cents=2000".to_owned()),
            ] {
                let answer = sends(method, language, body).await;
                assert_eq!(answer.header("retry-after"), "60");
                let page = answer.page(503);
                assert!(page.contains(title) && page.contains(words), "{page}");
            }
        }
        assert!(house.festival.bank.orders().made().is_empty());
        office.posts(&format!("{account}/resume"), json!({})).await.is(200);
        assert!(sends(Method::GET, "en", String::new()).await.page(200).contains("<form"));
    })
    .await;
}

#[tokio::test]
async fn a_page_that_was_open_while_the_last_account_was_paused_leads_to_the_printed_code_that_remains() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let office = house.office(Role::Organiser).await;
        office.posts(&format!("{PROVIDERS}/multisafepay/pause"), json!({})).await.is(200);
        let path = format!("/t/{}", house.reference(0));
        let answer = house.orders(OrderId::draw(), "20").await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, path.as_str()));
        let headers = [("accept-language", "en")];
        let page = house.anonymous().sends(Method::GET, &path, &headers, Body::empty()).await.page(200);
        assert!(page.contains("Top up with Bancontact"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_account_that_is_put_first_makes_the_payments_and_the_others_follow_it() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        let (office, viewer) = (house.office(Role::Organiser).await, house.office(Role::Viewer).await);
        let made_at = async || house.order(house.ordered("5").await).await.provider;
        assert_eq!(made_at().await, ProviderName::MultiSafepay, "by their names as long as nobody says so");
        let first = |provider: &str| format!("{PROVIDERS}/{provider}/first");
        viewer.posts(&first("wooshpay"), json!({})).await.refused(403, "not-allowed");
        office.posts(&first("bancontact"), json!({})).await.refused(404, "unknown-provider");
        for _ in 0..2 {
            let listed = office.posts(&first("wooshpay"), json!({})).await.is(200);
            assert_eq!(listed["providers"][0]["provider"], "wooshpay");
            assert_eq!(listed["providers"][1]["provider"], "multisafepay");
            assert_eq!(viewer.gets(PROVIDERS).await.is(200), listed);
        }
        let told = house.audit_log().await;
        assert_eq!(told.iter().filter(|entry| entry.1 == "provider's account put first").count(), 1);
        assert_eq!(made_at().await, ProviderName::WooshPay);
        office.posts(&format!("{PROVIDERS}/wooshpay/pause"), json!({})).await.is(200);
        assert_eq!(made_at().await, ProviderName::MultiSafepay, "the next one follows");
        office.posts(&format!("{PROVIDERS}/wooshpay/resume"), json!({})).await.is(200);
        office.posts(&first("multisafepay"), json!({})).await.is(200);
        assert_eq!(made_at().await, ProviderName::MultiSafepay);
    })
    .await;
}

#[tokio::test]
async fn a_closed_festivals_accounts_keep_their_order_and_their_limits_and_take_a_new_key_and_the_right_id() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        house.with_account(ProviderName::WooshPay).await;
        let office = house.office(Role::Organiser).await;
        let paused = office.posts(&format!("{PROVIDERS}/wooshpay/pause"), json!({})).await.is(200);
        assert_eq!((&paused["is_paused"], &paused["has_webhook_secret"]), (&json!(true), &json!(true)));
        let event = "/api/v1/events/pukkelfest";
        let accounts = office.gets(event).await.is(200)["accounts"].clone();
        assert_eq!(accounts, office.gets(PROVIDERS).await.is(200)["providers"]);
        assert_eq!(
            (&accounts[0]["has_webhook_secret"], &accounts[1]["is_paused"]),
            (&json!(false), &json!(true))
        );
        let limits = office.gets(&format!("{event}/top-up-limits")).await.is(200);
        office.posts(&format!("{event}/close"), json!({})).await.is(200);
        let log = house.audit_log().await.len();
        for what in ["wooshpay/first", "wooshpay/resume", "wooshpay/pause", "multisafepay/pause"] {
            let refused = office.posts(&format!("{PROVIDERS}/{what}"), json!({})).await;
            let refused = refused.refused(409, "event-closed");
            assert_eq!(refused["detail"], "the event pukkelfest is closed", "{what}");
        }
        let other = json!({"min_cents": 500, "max_cents": 1_000}).to_string();
        for body in [other, limits.to_string()] {
            let set = office.sends(Method::PUT, &format!("{event}/top-up-limits"), body).await;
            set.refused(409, "event-closed");
        }
        assert_eq!(office.gets(PROVIDERS).await.is(200)["providers"], accounts);
        assert_eq!(office.gets(&format!("{event}/top-up-limits")).await.is(200), limits);
        assert_eq!(house.audit_log().await.len(), log, "nothing was done");

        // Late money is still looked for.
        let keys = format!("{PROVIDERS}/multisafepay/keys");
        let renewed = house.at_the_bank(Method::POST, "/sandbox/multisafepay/key", "").await.is(200);
        office.posts(&keys, json!({ "api_key": renewed["api_key"] })).await.is(200);
        office.posts(&keys, json!({ "profile_id": "999" })).await.is(200);
        let unknown = office.posts(&format!("{PROVIDERS}/stripe/keys"), json!({ "profile_id": "1" })).await;
        let unknown = unknown.refused(404, "unknown-provider")["detail"].as_str().unwrap().to_owned();
        assert!(unknown.contains("there are bancontact, multisafepay and wooshpay"), "{unknown}");
    })
    .await;
}
