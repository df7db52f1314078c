//! One key at a provider and two festivals: refused while both are open, and one payment is one payment when they come one
//! after the other, whatever their accounts are called here.

use super::{Answer, House, Office};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{Finish, MULTISAFEPAY_KEY, Notify, Outcome, WOOSHPAY_ACCOUNT, WOOSHPAY_KEY};
use axum::http::Method;
use serde_json::{Value, json};

const PROVIDERS: &str = "/api/v1/events/winterfest/providers";

impl House {
    /// The next festival's account: the same key, under another id.
    async fn winter_woosh(&self, office: &Office<'_>, account: &str) -> Answer {
        let bank = self.festival.bank.orders();
        let body = json!({
            "provider": "wooshpay", "profile_id": account, "environment": "test", "api_url": bank.wooshpay_url(),
            "api_key": WOOSHPAY_KEY,
            "webhook_secret": bank.register_webhook("http://127.0.0.1:8080/callbacks/wooshpay/winterfest"),
        });
        office.posts(PROVIDERS, body).await
    }

    /// Somebody chooses an amount on the page of a reference.
    async fn chooses(&self, reference: &str, euros: &str) -> OrderId {
        let order = OrderId::draw();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = format!("order={order}&amount={euros}");
        let answer = self.anonymous().sends(Method::POST, &format!("/t/{reference}"), &headers, body).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        order
    }

    async fn is_paid(&self, order: OrderId, notify: Notify) {
        let paid = Finish { outcome: Outcome::Paid, notify, amount_cents: None, currency: None };
        let notice = self.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        if notify == Notify::Deliver {
            self.receives(&notice).await.is(200);
        }
    }

    /// Compares a festival with the provider's list; what then waits for a person there.
    async fn compares(&self, event: &str) -> Vec<Value> {
        let finance = self.office(Role::Finance).await;
        finance.posts(&format!("/api/v1/events/{event}/reconcile"), json!({})).await.is(200);
        let open = finance.gets(&format!("/api/v1/events/{event}/parked")).await.is(200);
        open["parked"].as_array().unwrap().clone()
    }

    /// The same of both festivals, twice.
    async fn compares_both(&self) -> Vec<Value> {
        let mut waiting = Vec::new();
        for _ in 0..2 {
            waiting = self.compares("pukkelfest").await;
            waiting.extend(self.compares("winterfest").await);
        }
        waiting
    }
}

#[tokio::test]
async fn a_key_of_another_open_festival_is_refused_beside_its_field_and_the_description_says_so() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let office = house.winterfest(json!({})).await;
        let body = json!({
            "provider": "multisafepay", "profile_id": "1001002", "environment": "test",
            "api_url": house.festival.bank.orders().multisafepay_url(), "api_key": MULTISAFEPAY_KEY,
        });
        let refused = office.posts(PROVIDERS, body).await.refused(422, "invalid-request");
        assert_eq!(refused["field"], "api_key", "{refused}");
        let described = house.anonymous().gets("/api/v1/openapi.json").await.is(200);
        for path in ["/api/v1/events/{event}/providers", "/api/v1/events/{event}/providers/{provider}/keys"] {
            let said = &described["paths"][path]["post"]["responses"]["422"]["description"];
            assert!(said.as_str().unwrap().contains("another open festival has the key"), "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_payment_is_one_payment_where_a_closed_festivals_key_is_entered_under_another_id() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::WooshPay).await;
        let (told, lost) = (house.ordered("10").await, house.ordered("3").await);
        house.is_paid(told, Notify::Deliver).await;
        house.festival.clock.advance(super::providers::MINUTE);
        let now = house.festival.clock.now();
        crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();

        let office = house.winterfest(json!({})).await;
        house.winter_woosh(&office, &format!("{WOOSHPAY_ACCOUNT}_2")).await.is(201);
        let printed = office.prints(json!({"count": 2, "kind": "wristband"})).await;
        let order = house.chooses(&printed.reference, "20").await;
        house.is_paid(order, Notify::Deliver).await;
        let waiting = house.compares_both().await;
        assert!(waiting.is_empty(), "each finds the other's payments in its list: {waiting:?}");

        // The first festival's late money is heard of at the other one first: a person is told there, and it is money of the
        // first one only.
        house.is_paid(lost, Notify::Drop).await;
        for _ in 0..2 {
            let told = house.compares("winterfest").await;
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0]["reason"], "its order is another account's", "{told:?}");
        }
        let waiting = house.compares_both().await;
        assert_eq!(waiting.len(), 2, "{waiting:?}");
        let closed =
            format!("/api/v1/events/winterfest/parked/{}/resolve", waiting[1]["id"].as_str().unwrap());
        let finance = house.office(Role::Finance).await;
        finance.posts(&closed, json!({"return": true, "reason": "found at the first one"})).await.is(200);
        let waiting = house.compares_both().await;
        assert_eq!(waiting.len(), 1, "{waiting:?}");
        assert_eq!((&waiting[0]["kind"], &waiting[0]["amount_cents"]), (&json!("suspense"), &json!(300)));
        let named = waiting[0]["payment"].as_str().unwrap();
        assert!(named.starts_with(&format!("wooshpay/{WOOSHPAY_ACCOUNT}/")), "{named}");
        house.winter_is_clean().await;
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_that_moved_to_the_next_festival_goes_from_it_until_something_of_it_hangs_there() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let paid = house.ordered("10").await;
        house.is_paid(paid, Notify::Deliver).await;
        house.festival.clock.advance(super::providers::MINUTE);
        let now = house.festival.clock.now();
        crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();

        let office = house.winterfest(json!({})).await;
        let account = format!("{PROVIDERS}/multisafepay");
        let removes = async || office.sends(Method::DELETE, &account, "").await;
        house.winter_account(&office).await;
        assert!(house.compares_both().await.is_empty());
        removes().await.is(204);
        house.winter_account(&office).await;
        let printed = office.prints(json!({"count": 1, "kind": "wristband"})).await;
        house.chooses(&printed.reference, "20").await;
        let refused = removes().await.refused(409, "provider-used");
        assert!(
            refused["detail"].as_str().unwrap().contains("the event has orders there. Pause it"),
            "{refused}"
        );
        house.winter_is_clean().await;
        house.festival.expect_clean_books().await;
    })
    .await;
}
