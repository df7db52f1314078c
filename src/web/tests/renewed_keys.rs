//! MultiSafepay's key is renewed while payments are under way: it opens the account, and it signs what we are told.

use super::House;
use super::providers::MINUTE;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::orders::OrderState;
use crate::providers::OrderId;
use crate::sandbox::orders::{Finish, Notify, Outcome};
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn payments_under_way_while_a_key_is_renewed_are_credited_once_whichever_key_signed_their_message() {
    on_both_engines(async |store| {
        let house = House::with_page(store).await;
        let orders = [house.ordered("10").await, house.ordered("20").await, house.ordered("40").await];
        let pays = |order: OrderId| {
            let paid = Finish {
                outcome: Outcome::Paid,
                notify: Notify::Deliver,
                amount_cents: None,
                currency: None,
            };
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
