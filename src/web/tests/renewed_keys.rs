//! MultiSafepay's key is renewed while payments are under way: it opens the account, and it signs what we are told.

use super::House;
use super::providers::MINUTE;
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::accounts::{self, AccountChange};
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{Finish, MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, Notify, Outcome};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn payments_under_way_while_a_key_is_renewed_are_credited_once_whichever_key_signed_their_message() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let orders = [house.ordered("10").await, house.ordered("20").await, house.ordered("40").await];
        let pays = |order: OrderId| {
            let paid = Finish::as_ordered(Outcome::Paid, Notify::Deliver);
            house.festival.bank.orders().finish(&order.to_string(), &paid).unwrap()
        };
        let signed_before = pays(orders[0]);
        let renewed = house.at_the_bank(Method::POST, "/sandbox/multisafepay/key", "").await.is(200);
        let signed_after = pays(orders[1]);
        pays(orders[2]);

        // The new key is not known here yet: nothing that it signed is believed, and nothing can be asked for.
        house.receives(&signed_after).await.refused(401, "bad-signature");
        house.app.finish().await;
        house.festival.clock.advance(MINUTE * 3);
        house.follows_orders().await;
        for order in orders {
            assert_eq!((house.balance().await, house.state(order).await), (0, OrderState::Open));
        }

        let office = house.office(Role::Organiser).await;
        let keys = "/api/v1/events/pukkelfest/providers/multisafepay/keys";
        office.posts(keys, json!({ "api_key": renewed["api_key"] })).await.is(200);
        house.receives(&signed_before).await.refused(401, "bad-signature");
        house.app.finish().await;
        assert_eq!(house.balance().await, 1_000, "it is asked for, with the new key");
        house.receives(&signed_after).await.is(200);
        assert_eq!(house.balance().await, 3_000);
        house.festival.clock.advance(MINUTE * 2);
        house.follows_orders().await;
        assert_eq!(house.balance().await, 7_000, "the one whose message never came");

        house.receives(&signed_before).await.refused(401, "bad-signature");
        house.receives(&signed_after).await.is(200);
        house.app.finish().await;
        house.reconciles().await;
        let next = house.ordered("5").await;
        house.bank_says(next, Outcome::Paid).await;
        for order in orders.into_iter().chain([next]) {
            assert_eq!((house.balance().await, house.state(order).await), (7_500, OrderState::Credited));
        }
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_site_is_corrected_freely_before_anybody_pays_and_after_that_to_what_its_orders_prove() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let office = house.office(Role::Organiser).await;
        let providers = "/api/v1/events/pukkelfest/providers";
        let site = json!({
            "provider": "multisafepay", "profile_id": "998", "environment": "test",
            "api_url": house.festival.bank.orders().multisafepay_url(), "api_key": MULTISAFEPAY_KEY,
        });
        office.posts(providers, site).await.is(201);
        let keys = format!("{providers}/multisafepay/keys");
        let corrected = office.posts(&keys, json!({"profile_id": "999"})).await.is(200);
        assert_eq!(corrected["profile_id"], "999");
        let nothing = office.posts(&keys, json!({})).await.refused(422, "invalid-request");
        assert!(nothing["detail"].as_str().unwrap().contains("profile_id"), "{nothing}");

        // The provider's list names its site with the first order, before it is paid.
        let order = house.ordered("10").await;
        let finance = house.office(Role::Finance).await;
        let compares = async || finance.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await;
        let wrong = compares().await;
        assert_ne!(wrong.status.as_u16(), 200);
        for part in ["list of account 999", "stand on account 1001001"] {
            assert!(wrong.body.to_string().contains(part), "{part} is not in {}", wrong.body);
        }
        let listed = async || office.gets(providers).await.is(200)["providers"][0].clone();
        let account = listed().await;
        assert!(account["problem"].as_str().unwrap().contains("stand on account 1001001"), "{account}");
        assert!(account["problem_at"].is_string(), "{account}");
        let other = json!({ "profile_id": "997" });
        let refused = office.posts(&keys, other).await.refused(409, "provider-used");
        for part in
            ["the event has orders there", "on account 1001001", "Pausing it, while the event is open"]
        {
            assert!(refused["detail"].as_str().unwrap().contains(part), "{part} is not in {refused}");
        }
        let renewed = house.at_the_bank(Method::POST, "/sandbox/multisafepay/key", "").await.is(200);
        let renewed = office.posts(&keys, json!({ "api_key": renewed["api_key"] })).await.is(200);
        assert_eq!(renewed["profile_id"], "999");
        let warning = renewed["warning"].as_str().unwrap();
        assert!(warning.contains("on account 1001001, not on 999: correct the id"), "{warning}");
        house.bank_says(order, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(order).await), (1_000, OrderState::Credited));
        let other = json!({ "profile_id": "997" });
        let refused = office.posts(&keys, other).await.refused(409, "provider-used");
        assert!(refused["detail"].as_str().unwrap().contains("orders and payments"), "{refused}");
        let right = json!({ "profile_id": MULTISAFEPAY_SITE });
        let right = office.posts(&keys, right).await.is(200);
        assert_eq!((&right["profile_id"], &right["entered_as"]), (&json!(MULTISAFEPAY_SITE), &json!("999")));
        assert_eq!(right["warning"], json!(null));

        // What was paid under the wrong id is known, and what is lost is found.
        let lost = house.ordered("5").await;
        house
            .festival
            .bank
            .orders()
            .finish(&lost.to_string(), &Finish::as_ordered(Outcome::Paid, Notify::Drop))
            .unwrap();
        let run = compares().await.is(200);
        assert_eq!(
            (&run["listed"], &run["already_known"], &run["settled"]),
            (&json!(2), &json!(1), &json!(1))
        );
        let account = listed().await;
        assert!(account.get("problem").is_none() && account.get("problem_at").is_none(), "{account}");
        assert_eq!((house.balance().await, house.state(lost).await), (1_500, OrderState::Credited));
        assert!(house.mismatches().await.is_empty());
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn no_order_is_made_at_an_account_that_another_process_corrected_or_took_away_just_now() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let office = house.office(Role::Organiser).await;
        let site = json!({
            "provider": "multisafepay", "profile_id": "998", "environment": "test",
            "api_url": house.festival.bank.orders().multisafepay_url(), "api_key": MULTISAFEPAY_KEY,
        });
        office.posts("/api/v1/events/pukkelfest/providers", site).await.is(201);
        let (festival, msp) = (&house.festival, ProviderName::MultiSafepay);
        let (event, keys, actor) = (&festival.event, &festival.keys, Actor::System("test"));
        let by = (&actor, festival.clock.now());
        let is_known = async || house.making().makers(event).await.unwrap() == [msp];
        assert!(is_known().await);
        accounts::remove(&festival.store, keys, by, event, msp).await.unwrap();
        assert!(is_known().await, "to this process");
        let nothing = house.orders(OrderId::draw(), "10").await;
        assert_eq!(nothing.status.as_u16(), 303, "{}", nothing.body);
        assert_eq!(nothing.header("location"), format!("/t/{}", house.reference(0)));
        assert!(festival.bank.orders().made().is_empty() && !is_known().await);

        house.with_account(msp).await;
        assert!(is_known().await);
        let connections = festival.adapters.connections();
        let url = "http://127.0.0.1:8080";
        let other = AccountChange { profile_id: Some("999".to_owned()), ..AccountChange::default() };
        accounts::change(&festival.store, keys, connections, url, by, event, (msp, &other)).await.unwrap();
        let order = house.ordered("10").await;
        assert_eq!(house.order(order).await.profile.0, "999");
        house.bank_says(order, Outcome::Paid).await;
        assert_eq!((house.balance().await, house.state(order).await), (1_000, OrderState::Credited));
        festival.expect_clean_books().await;
    })
    .await;
}
