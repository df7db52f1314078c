//! One key at a provider and two festivals: refused while both are open, and one payment is one payment when they come one
//! after the other, whatever their accounts are called here.

use super::{Answer, House, Office};
use crate::audit_log::Actor;
use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::Settle;
use crate::payments::test_festival::Festival;
use crate::providers::{OrderId, PaymentReport, Provider, ProviderName, Verified};
use crate::sandbox::orders::{
    Finish, MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, Notify, Outcome, WOOSHPAY_ACCOUNT, WOOSHPAY_KEY,
};
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;

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
        let paid = Finish::as_ordered(Outcome::Paid, notify);
        let notice = self.festival.bank.orders().finish(&order.to_string(), &paid).unwrap();
        if notify == Notify::Deliver {
            self.receives(&notice).await.is(200);
        }
    }

    /// Somebody pays at a shop on the same site, for no order of ours.
    async fn is_paid_at_a_shop(&self, order: &str, cents: i64) {
        let body = json!({
            "type": "redirect", "gateway": "MISTERCASH", "order_id": order, "currency": "EUR", "amount": cents,
            "description": "A shirt",
        });
        let request = Request::post("/multisafepay/v1/json/orders").header("api_key", MULTISAFEPAY_KEY);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = self.festival.bank.router().oneshot(request.body(Body::from(body.to_string())).unwrap());
        assert_eq!(answer.await.unwrap().status().as_u16(), 200);
        let paid = Finish::as_ordered(Outcome::Paid, Notify::Drop);
        self.festival.bank.orders().finish(order, &paid).unwrap();
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

/// The first festival's account was entered under its own id, or under another one and corrected after an order.
async fn two_festivals_on_one_site(store: Store, entered: &str) {
    let house = House::open(store, 1).await;
    house.with_account(ProviderName::MultiSafepay).await;
    let keys = "/api/v1/events/pukkelfest/providers/multisafepay/keys";
    let organiser = house.office(Role::Organiser).await;
    organiser.posts(keys, json!({ "profile_id": entered })).await.is(200);
    house.is_paid(house.ordered("10").await, Notify::Deliver).await;
    let right = organiser.posts(keys, json!({ "profile_id": MULTISAFEPAY_SITE })).await.is(200);
    assert_eq!(right["entered_as"].as_str(), Some(entered).filter(|id| *id != MULTISAFEPAY_SITE));
    let late = house.ordered("5").await;
    // Set up while the first one is open: no time parts their payments.
    let office = house.winterfest(json!({})).await;
    house.festival.clock.advance(super::providers::MINUTE);
    let now = house.festival.clock.now();
    crate::events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
    house.winter_account(&office).await;
    let printed = office.prints(json!({"count": 1, "kind": "wristband"})).await;
    house.is_paid(house.chooses(&printed.reference, "20").await, Notify::Deliver).await;
    house.is_paid(late, Notify::Drop).await;
    house.is_paid_at_a_shop("shop1", 700).await;
    let (finance, person) = (house.office(Role::Finance).await, house.person(Role::Finance).await);
    // The late payment is found by the festival that it is none of, and kept for the one that it is of.
    for (event, [known, others, parked]) in [("winterfest", [1, 1, 2]), ("pukkelfest", [2, 2, 0])] {
        let path = format!("/api/v1/events/{event}/reconcile");
        let run = finance.posts(&path, json!({})).await.is(200);
        let counts = ["listed", "already_known", "of_other_events", "parked", "mismatched"]
            .map(|name| run[name].as_i64().unwrap());
        assert_eq!(counts, [4, known, others, parked, 0], "{run}");
        let page = person.sees(&format!("/console/{event}/reconcile")).await;
        let cell = format!(
            "data-label=\"Known\"><span>{known}<br><span class=\"quiet\">and {others} of other festivals"
        );
        assert!(page.contains(&cell), "{page}");
        let run = run["run"].as_str().unwrap();
        let page = person.sees(&format!("/console/{event}/reconcile/{run}")).await;
        assert!(page.contains(&format!("<dt>Of other festivals</dt><dd>{others}</dd>")), "{page}");
    }
    let waiting = house.compares_both().await;
    let waiting: Vec<_> = waiting.iter().map(|found| (&found["reason"], &found["amount_cents"])).collect();
    let (late, shop) = ((json!("event-closed"), json!(500)), (json!("no-reference"), json!(700)));
    assert_eq!(waiting, [(&late.0, &late.1), (&shop.0, &shop.1)]);
    // Both compare at the same moment.
    for (number, cents) in [(2, 800), (3, 900)] {
        house.is_paid_at_a_shop(&format!("shop{number}"), cents).await;
    }
    let (mut waiting, others) = tokio::join!(house.compares("pukkelfest"), house.compares("winterfest"));
    waiting.extend(others);
    let mut waiting: Vec<_> = waiting.iter().filter_map(|found| found["amount_cents"].as_i64()).collect();
    waiting.sort_unstable();
    assert_eq!(waiting, [500, 700, 800, 900]);
    house.winter_is_clean().await;
    house.festival.expect_clean_books().await;
}

#[tokio::test]
async fn a_comparison_counts_apart_what_is_another_festivals_on_the_same_account() {
    on_both_engines(async |store| two_festivals_on_one_site(store, MULTISAFEPAY_SITE).await).await;
}

#[tokio::test]
async fn what_is_of_a_festival_whose_account_was_corrected_is_its_own_wherever_it_is_listed() {
    on_both_engines(async |store| two_festivals_on_one_site(store, "999").await).await;
}

#[tokio::test]
async fn what_a_process_kept_that_had_not_heard_of_a_correction_yet_is_found_by_the_right_id() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let keys = "/api/v1/events/pukkelfest/providers/multisafepay/keys";
        let organiser = house.office(Role::Organiser).await;
        organiser.posts(keys, json!({"profile_id": "999"})).await.is(200);
        let (paid, ended) = (house.ordered("10").await, house.ordered("3").await);
        organiser.posts(keys, json!({ "profile_id": MULTISAFEPAY_SITE })).await.is(200);
        house.is_paid(paid, Notify::Drop).await;
        let expired = Finish::as_ordered(Outcome::Expired, Notify::Drop);
        house.festival.bank.orders().finish(&ended.to_string(), &expired).unwrap();
        let Festival { keys, lane, adapters, event, clock, .. } = &house.festival;
        let adapter = adapters.one(event, ProviderName::MultiSafepay).await.unwrap().unwrap();
        let mut outcomes = Vec::new();
        for order in [paid, ended, paid, ended] {
            let report = adapter.find_order(&order, clock.now()).await.unwrap().unwrap().into_inner();
            let (profile_there, creditor_profile) = (None, Some(report.profile.clone()));
            let unheard = PaymentReport { profile_there, creditor_profile, ..report };
            let settle = Settle::new(keys, event.id, Verified::unchecked(unheard));
            outcomes.push(lane.submit(settle).await.unwrap().as_str());
        }
        assert_eq!(outcomes, ["credited", "recorded", "already-known", "already-known"]);

        // Set up while the first one is open: no time parts their payments.
        let office = house.winterfest(json!({})).await;
        clock.advance(super::providers::MINUTE);
        crate::events::close(&house.festival.store, &Actor::System("test"), clock.now(), "pukkelfest")
            .await
            .unwrap();
        house.winter_account(&office).await;
        for (event, known, others) in [("winterfest", 0, 2), ("pukkelfest", 2, 0)] {
            let run = office.posts(&format!("/api/v1/events/{event}/reconcile"), json!({})).await.is(200);
            let counts = ["listed", "already_known", "of_other_events"].map(|name| run[name].as_i64());
            assert_eq!(counts, [Some(2), Some(known), Some(others)], "{run}");
        }
        // What was thought to be over is paid after all, and the other festival hears of it first.
        house.is_paid(ended, Notify::Drop).await;
        let waiting = house.compares_both().await;
        let waiting: Vec<_> =
            waiting.iter().map(|found| (&found["reason"], &found["amount_cents"])).collect();
        assert_eq!(waiting, [(&json!("event-closed"), &json!(300))]);
        assert_eq!(house.festival.balance(&house.festival.bands[0].reference).await, 1_000);
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
            refused["detail"].as_str().unwrap().contains("the event has orders there. Pausing it"),
            "{refused}"
        );
        house.winter_is_clean().await;
        house.festival.expect_clean_books().await;
    })
    .await;
}
