//! What every provider must hold: the same list of scenarios through the front door, for all three, on both engines,
//! each ending in clean books: paid, declined, expired, abandoned, late, twice, its callback lost, of another amount; refunded
//! in part is in `refunds`.

use super::{Answer, Callback, House};
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::Rounds;
use crate::payments::orders::{Order, OrderState, Orders, finish, store};
use crate::payments::test_festival::Festival;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{
    Finish, MULTISAFEPAY_KEY, MULTISAFEPAY_SITE, Notice, Notify, OrderFaults, Outcome, WOOSHPAY_ACCOUNT,
    WOOSHPAY_KEY,
};
use crate::sandbox::{CallbackMode, MoveRequest, PayRequest, Status};
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

impl House {
    /// Gives the festival an account at the sandbox's MultiSafepay or WooshPay.
    pub(super) async fn with_account(&self, provider: ProviderName) -> &House {
        let bank = self.festival.bank.orders();
        let office = self.office(Role::Organiser).await;
        let path = "/api/v1/events/pukkelfest/providers";
        let body = match provider {
            ProviderName::Bancontact => return self,
            ProviderName::MultiSafepay => json!({
                "provider": "multisafepay", "profile_id": MULTISAFEPAY_SITE, "environment": "test",
                "api_url": bank.multisafepay_url(), "api_key": MULTISAFEPAY_KEY,
            }),
            ProviderName::WooshPay => json!({
                "provider": "wooshpay", "profile_id": WOOSHPAY_ACCOUNT, "environment": "test",
                "api_url": bank.wooshpay_url(), "api_key": WOOSHPAY_KEY,
                "webhook_secret": bank.register_webhook("http://127.0.0.1:8080/callbacks/wooshpay/pukkelfest"),
            }),
        };
        let made = office.posts(path, body).await.is(201);
        assert!(!made.to_string().contains("key"), "{made}");
        self
    }

    /// Somebody types an amount on the page of the first wristband; where the browser is sent.
    pub(super) async fn orders(&self, order: OrderId, euros: &str) -> Answer {
        let path = format!("/t/{}", self.reference(0));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-language", "en")];
        let body = format!("order={order}&amount={}", euros.replace(',', "%2C"));
        self.anonymous().sends(Method::POST, &path, &headers, body).await
    }

    pub(super) fn making(&self) -> Orders {
        let Festival { store, keys, lane, adapters, clock, .. } = &self.festival;
        Orders {
            store: store.clone(),
            keys: keys.clone(),
            lane: lane.clone(),
            adapters: adapters.clone(),
            clock: clock.clone(),
        }
    }

    pub(super) async fn order(&self, order: OrderId) -> Order {
        store::by_ids(&mut self.festival.store.read().await.unwrap(), [order]).await.unwrap().remove(0)
    }

    pub(super) async fn state(&self, order: OrderId) -> OrderState {
        self.order(order).await.state
    }

    /// The job's turn.
    pub(super) async fn follows_orders(&self) {
        finish(&self.making(), &self.festival.event).await.unwrap();
    }

    /// Hands a message of the sandbox over as its provider would.
    pub(super) async fn receives(&self, notice: &Notice) -> Answer {
        let path = notice.url.strip_prefix("http://127.0.0.1:8080").unwrap();
        let headers: Vec<(&str, &str)> =
            notice.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let method = if notice.method == "GET" { Method::GET } else { Method::POST };
        self.anonymous().sends(method, path, &headers, notice.body.clone()).await
    }

    /// The job's turn, for payments that were made without an order: how many were asked for.
    async fn looks_up_unfinished(&self) -> usize {
        let Festival { store, lane, keys, adapters, event, clock, .. } = &self.festival;
        let mut rounds = Rounds::default();
        rounds.look_up_unfinished(store, lane, keys, adapters, event, clock.now()).await.unwrap()
    }

    /// The states of all payments, by name.
    async fn states_of_payments(&self) -> Vec<String> {
        let finance = self.office(Role::Finance).await;
        let page = finance.gets("/api/v1/payments?event=pukkelfest").await.is(200);
        let payments = page["payments"].as_array().unwrap();
        let mut states: Vec<String> =
            payments.iter().map(|payment| payment["status"].as_str().unwrap().to_owned()).collect();
        states.sort();
        states
    }

    /// Compares with all lists; what was found.
    pub(super) async fn reconciles(&self) -> serde_json::Value {
        let office = self.office(Role::Finance).await;
        office.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await.is(200)
    }
}

/// A payment somebody is about to make: an order, or a scanned code and what became of it.
pub(super) enum Begun {
    Order(OrderId),
    Code { cents: i64, payment: Option<String> },
}

/// One provider at a festival.
pub(super) struct Till<'h> {
    pub(super) house: &'h House,
    pub(super) provider: ProviderName,
}

impl Till<'_> {
    pub(super) async fn begins(&self, cents: i64) -> Begun {
        if self.provider == ProviderName::Bancontact {
            return Begun::Code { cents, payment: None };
        }
        let order = OrderId::draw();
        let answer = self.house.orders(order, &format!("{},{:02}", cents / 100, cents % 100)).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.body);
        assert!(answer.header("location").ends_with(&format!("/{order}?go")));
        Begun::Order(order)
    }

    /// The payment moves on; the message about it, as it would have been sent.
    pub(super) async fn moves(
        &self,
        begun: &mut Begun,
        outcome: Outcome,
        notify: Notify,
        cents: Option<i64>,
    ) -> Notice {
        match begun {
            Begun::Order(order) => {
                let finish = Finish { amount_cents: cents, ..Finish::as_ordered(outcome, notify) };
                self.house.festival.bank.orders().finish(&order.to_string(), &finish).unwrap()
            }
            Begun::Code { cents: asked, payment } => {
                self.scans(cents.unwrap_or(*asked), payment, status(outcome), notify).await
            }
        }
    }

    async fn scans(
        &self,
        cents: i64,
        payment: &mut Option<String>,
        status: Status,
        notify: Notify,
    ) -> Notice {
        let bank = &self.house.festival.bank;
        let callback =
            if notify == Notify::BadSignature { CallbackMode::BadSignature } else { CallbackMode::Deliver };
        match payment {
            Some(known) => {
                bank.move_payment(known, MoveRequest { outcome: status, amount_cents: None, callback })
                    .await
                    .unwrap();
            }
            None => {
                let request = PayRequest {
                    payload: self.house.festival.bands[0].qr_text.clone(),
                    amount_cents: Some(cents),
                    outcome: status,
                    callback,
                    description: None,
                    debtor: None,
                };
                *payment = Some(bank.pay(request).await.unwrap().payment_id);
            }
        }
        let Callback { signature, body } = self.last_callback(payment.as_deref().unwrap()).await;
        Notice {
            method: "POST",
            url: "http://127.0.0.1:8080/callbacks/bancontact/pukkelfest".to_owned(),
            headers: vec![
                ("signature".to_owned(), signature),
                ("content-type".to_owned(), "application/json".to_owned()),
            ],
            body,
        }
    }

    async fn last_callback(&self, payment: &str) -> Callback {
        let request = Request::get("/sandbox/payments?limit=200").body(Body::empty()).unwrap();
        let shown = Answer::of(self.house.festival.bank.router().oneshot(request).await.unwrap()).await.body;
        let payments = shown["payments"].as_array().unwrap();
        let found = payments.iter().find(|known| known["payment_id"] == payment).unwrap();
        let sent = found["callbacks"].as_array().unwrap().last().unwrap();
        Callback {
            signature: sent["headers"]["signature"].as_str().unwrap_or_default().to_owned(),
            body: sent["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    pub(super) async fn tells(&self, begun: &mut Begun, outcome: Outcome) {
        let notice = self.moves(begun, outcome, Notify::Deliver, None).await;
        self.house.receives(&notice).await.is(200);
    }

    /// Two people scan the code and go away, as far as either state goes that waits for a payer. Nothing was made for them
    /// here, so nothing is ended here: their bank ends it, and until we hear of that it is asked for.
    async fn leaves_scanned_codes(&self) {
        let (house, bank) = (self.house, &self.house.festival.bank);
        let mut told = self.begins(500).await;
        self.tells(&mut told, Outcome::Open).await;
        let code = &house.festival.bands[0].qr_text;
        let listed = house.festival.pays_with(code, 700, Status::Identified).await;
        house.reconciles().await;
        assert_eq!(house.states_of_payments().await, ["IDENTIFIED", "PENDING"]);
        house.festival.clock.advance(MINUTE * 3);
        assert_eq!(house.looks_up_unfinished().await, 2, "they can still be paid");
        assert_eq!(house.states_of_payments().await, ["IDENTIFIED", "PENDING"]);
        let Begun::Code { payment: Some(called_back), .. } = &told else { panic!("it was scanned") };
        for payment in [called_back, &listed] {
            let end =
                MoveRequest { outcome: Status::Expired, amount_cents: None, callback: CallbackMode::Drop };
            bank.move_payment(payment, end).await.unwrap();
        }
        house.festival.clock.advance(MINUTE * 20);
        assert_eq!(house.looks_up_unfinished().await, 2, "nobody told of their end");
        assert_eq!(house.states_of_payments().await, ["EXPIRED", "EXPIRED"]);
        assert_eq!(house.looks_up_unfinished().await, 0, "and they are left alone");
        assert_eq!((house.balance().await, house.suspense().await), (0, vec![]));
        assert_eq!(house.mismatches().await, [""; 0]);
        self.tells(&mut told, Outcome::Paid).await;
        assert_eq!(house.balance().await, 500, "whoever comes back and pays all the same has paid");
    }
}

fn status(outcome: Outcome) -> Status {
    match outcome {
        Outcome::Open => Status::Pending,
        Outcome::Processing | Outcome::Unheard => Status::Authorized,
        Outcome::Paid => Status::Succeeded,
        Outcome::Declined => Status::AuthorizationFailed,
        Outcome::Cancelled => Status::Cancelled,
        Outcome::Expired => Status::Expired,
        Outcome::ChargedBack => panic!("Bancontact reports none"),
    }
}

/// Runs one scenario for each provider, on both engines; the books are clean in the end.
pub(super) async fn for_each(scenario: impl AsyncFn(&Till<'_>)) {
    for provider in ProviderName::ALL {
        on_both_engines(async |store| {
            let house = House::open(store, 1).await;
            house.with_account(provider).await;
            scenario(&Till { house: &house, provider }).await;
            house.festival.expect_clean_books().await;
        })
        .await;
    }
}

#[tokio::test]
async fn paid_money_is_credited_before_the_provider_is_answered_in_its_own_words() {
    for_each(async |till| {
        let mut begun = till.begins(2_050).await;
        till.tells(&mut begun, Outcome::Processing).await;
        assert_eq!(till.house.balance().await, 0);
        let notice = till.moves(&mut begun, Outcome::Paid, Notify::Deliver, None).await;
        let answer = till.house.receives(&notice).await;
        let thanks = String::from_utf8(answer.bytes.to_vec()).unwrap();
        assert_eq!(thanks, if till.provider == ProviderName::MultiSafepay { "OK" } else { "{}" });
        assert_eq!(till.house.balance().await, 2_050);
        if let Begun::Order(order) = begun {
            assert_eq!(till.house.state(order).await, OrderState::Credited);
        }
    })
    .await;
}

#[tokio::test]
async fn declined_cancelled_expired_and_unheard_of_states_are_no_money() {
    for_each(async |till| {
        for outcome in [Outcome::Declined, Outcome::Cancelled, Outcome::Expired, Outcome::Unheard] {
            let mut begun = till.begins(500).await;
            till.tells(&mut begun, outcome).await;
            if let Begun::Order(order) = begun {
                let state = till.house.state(order).await;
                assert!(
                    !state.is_paid() && (state == OrderState::Open) == (outcome == Outcome::Unheard),
                    "{state}"
                );
            }
        }
        assert_eq!(till.house.balance().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_payment_nobody_finishes_is_ended_and_takes_nothing_with_it() {
    for_each(async |till| {
        let Begun::Order(order) = till.begins(500).await else { return till.leaves_scanned_codes().await };
        till.house.festival.clock.advance(MINUTE * 3);
        till.house.follows_orders().await;
        assert_eq!(till.house.state(order).await, OrderState::Open, "it can still be paid");
        till.house.festival.clock.advance(MINUTE * 20);
        till.house.follows_orders().await;
        assert!(matches!(till.house.state(order).await, OrderState::Expired | OrderState::Failed));
        till.house.follows_orders().await;
        assert_eq!(till.house.balance().await, 0);
    })
    .await;
}

#[tokio::test]
async fn late_money_is_credited_after_the_payment_had_ended() {
    for_each(async |till| {
        let mut begun = till.begins(900).await;
        till.tells(&mut begun, Outcome::Expired).await;
        till.house.festival.clock.advance(MINUTE * 30);
        till.house.follows_orders().await;
        assert_eq!(till.house.balance().await, 0);
        till.tells(&mut begun, Outcome::Paid).await;
        assert_eq!(till.house.balance().await, 900);
        if let Begun::Order(order) = begun {
            till.tells(&mut begun, Outcome::Open).await;
            assert_eq!(till.house.balance().await, 900, "what was paid does not go back");
            assert_eq!(till.house.state(order).await, OrderState::Credited);
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_that_comes_twice_is_credited_once() {
    for_each(async |till| {
        let mut begun = till.begins(700).await;
        let notice = till.moves(&mut begun, Outcome::Paid, Notify::Twice, None).await;
        for _ in 0..3 {
            till.house.receives(&notice).await.is(200);
        }
        till.house.reconciles().await;
        assert_eq!(till.house.balance().await, 700);
    })
    .await;
}

#[tokio::test]
async fn money_whose_message_was_lost_is_found_in_the_list() {
    for_each(async |till| {
        for cents in [300, 400, 500] {
            let mut begun = till.begins(cents).await;
            till.moves(&mut begun, Outcome::Paid, Notify::Drop, None).await;
        }
        till.house
            .festival
            .bank
            .orders()
            .change_faults(OrderFaults { page_rows: Some(2), ..OrderFaults::default() });
        till.house.reconciles().await;
        assert_eq!(till.house.balance().await, 1_200);
        till.house.reconciles().await;
        assert_eq!(till.house.balance().await, 1_200);
    })
    .await;
}

#[tokio::test]
async fn another_amount_than_ordered_is_credited_as_reported_and_none_is_for_a_person() {
    for_each(async |till| {
        let mut begun = till.begins(1_000).await;
        let notice = till.moves(&mut begun, Outcome::Paid, Notify::Deliver, Some(800)).await;
        till.house.receives(&notice).await.is(200);
        assert_eq!(till.house.balance().await, 800);
        let mut nothing = till.begins(1_000).await;
        if let Begun::Order(order) = nothing {
            let notice = till.moves(&mut nothing, Outcome::Paid, Notify::Deliver, Some(0)).await;
            till.house.receives(&notice).await.is(200);
            assert_eq!(till.house.state(order).await, OrderState::Parked);
        }
        assert_eq!(till.house.balance().await, 800);
    })
    .await;
}

#[tokio::test]
async fn a_badly_signed_message_is_refused_and_the_payment_it_names_is_asked_for() {
    for_each(async |till| {
        let mut begun = till.begins(600).await;
        let forged = till.moves(&mut begun, Outcome::Paid, Notify::BadSignature, None).await;
        till.house.receives(&forged).await.refused(401, "bad-signature");
        till.house.app.finish().await;
        assert_eq!(till.house.balance().await, 600, "the provider itself confirmed it");
    })
    .await;
}

#[tokio::test]
async fn an_unsigned_notification_is_a_hint_and_what_is_credited_was_asked_for() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let till = Till { house: &house, provider: ProviderName::MultiSafepay };
        let (mut open, mut paid) = (till.begins(100).await, till.begins(250).await);
        let hint = till.moves(&mut open, Outcome::Open, Notify::Unsigned, None).await;
        assert_eq!(hint.method, "GET");
        assert_eq!(String::from_utf8(house.receives(&hint).await.bytes.to_vec()).unwrap(), "OK");
        let hint = till.moves(&mut paid, Outcome::Paid, Notify::Unsigned, None).await;
        house.receives(&hint).await;
        house.app.finish().await;
        assert_eq!(house.balance().await, 250);
        let bank = house.anonymous();
        bank.gets("/callbacks/multisafepay/pukkelfest").await.refused(404, "not-found");
        bank.gets("/callbacks/wooshpay/pukkelfest").await.refused(405, "method-not-allowed");
        bank.posts("/callbacks/paypal/pukkelfest", json!({})).await.refused(404, "not-found");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn one_providers_outage_keeps_no_other_ones_money_from_being_found() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        house.festival.pays(0, 450).await;
        house
            .festival
            .bank
            .orders()
            .change_faults(OrderFaults { unavailable: true, ..OrderFaults::default() });
        let office = house.office(Role::Finance).await;
        office
            .posts("/api/v1/events/pukkelfest/reconcile", json!({}))
            .await
            .refused(502, "provider-unavailable");
        assert_eq!(house.balance().await, 450);
    })
    .await;
}
