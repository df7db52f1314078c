//! Accounts that are not offered: nothing new is made there, and what was made goes on.

use super::House;
use super::providers::MINUTE;
use super::top_ups::PHONE;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::ProviderName;
use crate::sandbox::orders::{Finish, Notify, OrderFaults, Outcome};
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
        for _ in 0..2 {
            assert_eq!(office.posts(&pause, json!({})).await.is(200)["is_paused"], json!(true));
        }
        assert_eq!(viewer.gets(PROVIDERS).await.is(200)["providers"][0]["is_paused"], json!(true));
        let elsewhere = house.ordered("5").await;
        assert_eq!(house.order(elsewhere).await.provider, ProviderName::WooshPay);

        assert!(house.sees(told, "", PHONE).await.contains("Pay € 20,00"));
        house.bank_says(told, Outcome::Paid).await;
        let finish = Finish { outcome: Outcome::Paid, notify: Notify::Drop, amount_cents: None };
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
        assert!(bank.made().is_empty());
        office.posts(&format!("{PROVIDERS}/multisafepay/resume"), json!({})).await.is(200);
        house.sees(order, "", PHONE).await;
        house.app.finish().await;
        assert_eq!(bank.made(), [order.to_string()]);
    })
    .await;
}
