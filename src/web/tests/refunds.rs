//! Money that goes back, through the adapters and in a provider's own pages, and money that comes after its time; at all
//! three, on both engines, each ending in clean books.

use super::House;
use super::providers::{Begun, MINUTE, Till, for_each};
use crate::audit_log::Actor;
use crate::money::Cents;
use crate::operators::Role;
use crate::payments::orders::{OrderState, finish, look};
use crate::payments::test_festival::Festival;
use crate::payments::{Settle, look_up};
use crate::providers::{
    CallError, NewRefund, OrderId, PaymentId, PaymentReport, Provider, ProviderName, RefundAmount, RefundId,
    RefundName, RefundState, Refunds, Verified,
};
use crate::sandbox::orders::{Notify, OrderFaults, Outcome};
use serde_json::json;

impl House {
    /// Asks the provider for a payment and settles what it says.
    pub(super) async fn looks_up(&self, provider: ProviderName, payment: &PaymentId) {
        let Festival { lane, keys, adapters, event, clock, .. } = &self.festival;
        let adapter = adapters.one(event, provider).await.unwrap().unwrap();
        look_up(lane, keys, &adapter, event.id, payment, clock.now()).await.unwrap().unwrap();
    }

    /// Settles what the provider says of an order's payment, with something in it that the sandbox never says.
    pub(super) async fn hears(&self, order: OrderId, changed: impl FnOnce(&mut PaymentReport)) {
        let Festival { lane, keys, adapters, event, clock, .. } = &self.festival;
        let order = self.order(order).await;
        let adapter = adapters.one(event, order.provider).await.unwrap().unwrap();
        let report = adapter.details(&order.payment.unwrap(), clock.now()).await.unwrap().unwrap();
        let mut report = report.into_inner();
        changed(&mut report);
        lane.submit(Settle::new(keys, event.id, Verified::unchecked(report))).await.unwrap();
    }

    /// The open matters of a kind.
    pub(super) async fn open_matters(&self, kind: &str) -> Vec<serde_json::Value> {
        let finance = self.office(Role::Finance).await;
        let open = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let open = open["parked"].as_array().unwrap().iter();
        open.filter(|matter| matter["kind"] == kind).cloned().collect()
    }

    /// Resolves the oldest open matter of a kind with a return.
    async fn returns_the_oldest(&self, kind: &str) {
        let matter = self.open_matters(kind).await.remove(0);
        let path = format!("/api/v1/events/pukkelfest/parked/{}/resolve", matter["id"].as_str().unwrap());
        let finance = self.office(Role::Finance).await;
        finance.posts(&path, json!({"return": true, "reason": "decided"})).await.is(200);
    }

    /// What is on its way back, and what providers owe.
    async fn on_its_way(&self) -> (i64, i64) {
        let finance = self.office(Role::Finance).await;
        let statement = finance.gets("/api/v1/events/pukkelfest/statement").await.is(200);
        let accounts = statement["accounts"].as_array().unwrap();
        let balance = |kind: &str| {
            let of_kind = accounts.iter().filter(|account| account["kind"] == kind);
            of_kind.filter_map(|account| account["balance_cents"].as_i64()).sum::<i64>()
        };
        (balance("refunds-in-transit"), balance("receivable"))
    }

    /// Why the open mismatches are.
    pub(super) async fn mismatches(&self) -> Vec<String> {
        let open = self.open_matters("mismatch").await;
        open.iter().map(|matter| matter["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// Why money waits in suspense, and how much of it.
    pub(super) async fn suspense(&self) -> Vec<(String, i64)> {
        let open = self.open_matters("suspense").await;
        let told = open.iter().map(|matter| {
            (matter["reason"].as_str().unwrap().to_owned(), matter["amount_cents"].as_i64().unwrap())
        });
        told.collect()
    }
}

impl Till<'_> {
    /// Bancontact's are made in its own pages. By its description no callback tells of one, and no answer to the key has a
    /// field for one: of a payment that was refunded in part, its callback, its details and its row of the list say what they
    /// said before, the whole amount. So the money stays credited, nothing is guessed, and comparing finds no difference.
    async fn hears_of_no_refund(&self, begun: &mut Begun) {
        let (house, Festival { adapters, event, clock, .. }) = (self.house, &self.house.festival);
        let adapter = adapters.one(event, self.provider).await.unwrap().unwrap();
        assert_eq!(adapter.capabilities().refunds, Refunds::None);
        let amount = RefundAmount::of(Cents(1_000), Cents(2_500)).unwrap();
        let Begun::Code { payment: Some(payment), .. } = &*begun else { panic!("it was scanned") };
        let payment = PaymentId(payment.clone());
        let refund = NewRefund { id: RefundId::draw(), payment: &payment, amount };
        assert!(matches!(adapter.refund(&refund, clock.now()).await, Err(CallError::Refused { .. })));
        let name = RefundName("made in its own pages".to_owned());
        assert_eq!(adapter.find_refund(&payment, &name, clock.now()).await, Ok(None));
        clock.advance(MINUTE * 60);
        self.tells(begun, Outcome::Paid).await;
        let report = adapter.details(&payment, clock.now()).await.unwrap().unwrap().into_inner();
        assert_eq!((report.amount_cents, report.refunded_cents), (Some(2_500), None));
        house.looks_up(self.provider, &payment).await;
        assert_eq!(house.reconciles().await["mismatched"], 0);
        let waiting = (house.mismatches().await, house.suspense().await);
        assert_eq!((house.balance().await, waiting), (2_500, (vec![], vec![])));
    }
}

#[tokio::test]
async fn money_refunded_in_part_stays_credited_and_a_person_is_told_once() {
    for_each(async |till| {
        let (house, now) = (till.house, till.house.festival.clock.now());
        let mut begun = till.begins(2_500).await;
        till.tells(&mut begun, Outcome::Paid).await;
        let Begun::Order(order) = begun else { return till.hears_of_no_refund(&mut begun).await };
        let adapter =
            house.festival.adapters.one(&house.festival.event, till.provider).await.unwrap().unwrap();
        let bank = house.festival.bank.orders();
        let payment = house.order(order).await.payment.unwrap();
        let amount = RefundAmount::of(Cents(1_000), Cents(2_500)).unwrap();
        let refund = NewRefund { id: RefundId::draw(), payment: &payment, amount };
        bank.change_faults(OrderFaults { refunds_stay_reserved: true, ..OrderFaults::default() });
        let made = adapter.refund(&refund, now).await.unwrap();
        assert_eq!((made.state, made.amount), (RefundState::Reserved, Cents(1_000)));
        assert_eq!(adapter.refund(&refund, now).await.unwrap().name, made.name, "it goes once");
        let found = adapter.find_refund(&payment, &made.name, now).await.unwrap().unwrap();
        assert_eq!((found.state, found.amount), (RefundState::Reserved, Cents(1_000)));
        house.looks_up(till.provider, &payment).await;
        assert_eq!(house.mismatches().await, [""; 0], "nothing has gone yet");

        bank.change_faults(OrderFaults::default());
        let other = NewRefund { id: RefundId::draw(), ..refund };
        let too_soon = adapter.refund(&other, now).await;
        assert!(matches!(too_soon, Err(CallError::Refused { .. })), "of the same amount: {too_soon:?}");
        house.festival.clock.advance(MINUTE * 5);
        let again = adapter.refund(&other, house.festival.clock.now()).await;
        assert_eq!(adapter.capabilities().refunds == Refunds::Once, till.provider.refunds_once());
        match adapter.capabilities().refunds {
            Refunds::Several => assert_eq!(again.unwrap().amount, Cents(1_000)),
            _ => assert!(matches!(again, Err(CallError::Refused { .. })), "once is enough: {again:?}"),
        }
        assert_eq!(house.balance().await, 2_500);
    })
    .await;
}

#[tokio::test]
async fn a_refund_made_in_the_providers_own_pages_is_a_mismatch_and_takes_nothing_from_the_wallet() {
    for_each(async |till| {
        let house = till.house;
        let (mut begun, mut late) = (till.begins(2_500).await, till.begins(700).await);
        till.tells(&mut begun, Outcome::Paid).await;
        let (Begun::Order(order), Begun::Order(unseen)) = (&begun, &late) else { return };
        let (order, unseen) = (*order, *unseen);
        let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), 1_000).unwrap();
        for _ in 0..2 {
            house.receives(&notice).await.is(200);
        }
        assert_eq!(house.mismatches().await, ["refunded at the provider"]);
        assert_eq!((house.balance().await, house.state(order).await), (2_500, OrderState::Credited));
        // One that was paid and refunded before anybody here heard of it.
        till.moves(&mut late, Outcome::Paid, Notify::Drop, None).await;
        let notice = house.festival.bank.orders().refund_by_hand(&unseen.to_string(), 200).unwrap();
        house.receives(&notice).await.is(200);
        assert_eq!(house.mismatches().await.len(), 2);
        house.reconciles().await;
        assert_eq!(house.suspense().await, [("refunded-at-provider".to_owned(), 700)]);
        assert_eq!((house.balance().await, house.mismatches().await.len()), (2_500, 2));
    })
    .await;
}

#[tokio::test]
async fn money_refunded_before_it_is_heard_of_waits_in_suspense_whoever_tells_of_it() {
    for_each(async |till| {
        let house = till.house;
        let mut waiting = Vec::new();
        for (cents, back, is_called_back) in [(1_000, 1_000, false), (2_000, 500, true), (3_000, 3_000, true)]
        {
            let mut begun = till.begins(cents).await;
            let Begun::Order(order) = &begun else { return };
            let order = *order;
            let paid = till.moves(&mut begun, Outcome::Paid, Notify::Drop, None).await;
            let refund = house.festival.bank.orders().refund_by_hand(&order.to_string(), back).unwrap();
            for _ in 0..2 {
                house.receives(&refund).await.is(200);
            }
            assert!(!house.state(order).await.is_paid());
            if is_called_back {
                house.receives(&paid).await.is(200);
            }
            for _ in 0..2 {
                house.reconciles().await;
                house.receives(&paid).await.is(200);
                house.receives(&refund).await.is(200);
            }
            waiting.push(("refunded-at-provider".to_owned(), cents));
            assert_eq!(house.suspense().await, waiting);
            assert_eq!((house.balance().await, house.state(order).await), (0, OrderState::Parked));
        }
        let told = house.open_matters("mismatch").await;
        assert_eq!(told.len(), 3, "each refund is one matter");
        assert!(told.iter().all(|matter| matter["detail"].as_str().unwrap().contains("waits in suspense")));
    })
    .await;
}

#[tokio::test]
async fn an_order_whose_time_is_over_is_asked_for_a_few_times_more_and_its_late_money_found() {
    for_each(async |till| {
        let (house, clock) = (till.house, &till.house.festival.clock);
        let (mut late, mut later) = (till.begins(900).await, till.begins(300).await);
        let (Begun::Order(order), Begun::Order(unpaid)) = (&late, &later) else { return };
        let (order, unpaid) = (*order, *unpaid);
        clock.advance(MINUTE * 18);
        house.follows_orders().await;
        assert!(matches!(house.state(order).await, OrderState::Expired | OrderState::Failed));
        till.moves(&mut late, Outcome::Paid, Notify::Drop, None).await;
        house.follows_orders().await;
        assert_eq!(house.balance().await, 0, "the provider is left alone for a moment");
        clock.advance(MINUTE * 2);
        house.follows_orders().await;
        assert_eq!((house.balance().await, house.state(order).await), (900, OrderState::Credited));

        let mut asked = 0;
        for _ in 0..12 {
            clock.advance(MINUTE * 20);
            asked += finish(&house.making(), &house.festival.event).await.unwrap();
        }
        assert_eq!(asked, 3, "the other one at 40, 80 and 140 minutes, and no more");
        // Only whoever opens its page has it asked for again.
        till.moves(&mut later, Outcome::Paid, Notify::Drop, None).await;
        look(&house.making(), &house.festival.event, &house.order(unpaid).await).await.unwrap();
        assert_eq!((house.balance().await, house.state(unpaid).await), (1_200, OrderState::Credited));
    })
    .await;
}

#[tokio::test]
async fn money_marked_for_return_and_refunded_in_the_providers_own_pages_is_done_with() {
    for_each(async |till| {
        let house = till.house;
        let mut begun = till.begins(2_500).await;
        let Begun::Order(order) = &begun else { return };
        let order = *order;
        house.festival.clock.advance(MINUTE);
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        crate::events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        till.tells(&mut begun, Outcome::Paid).await;
        house.returns_the_oldest("suspense").await;
        assert_eq!(house.on_its_way().await, (2_500, 2_500));
        let notice = house.festival.bank.orders().refund_by_hand(&order.to_string(), 2_500).unwrap();
        for _ in 0..2 {
            house.receives(&notice).await.is(200);
            assert_eq!(house.on_its_way().await, (0, 0));
        }
        assert_eq!(house.mismatches().await, [""; 0]);
        assert_eq!((house.state(order).await, house.suspense().await), (OrderState::Parked, vec![]));
    })
    .await;
}

#[tokio::test]
async fn money_marked_for_return_and_refunded_in_part_is_booked_in_part_and_what_is_left_is_said() {
    for_each(async |till| {
        let (house, bank) = (till.house, till.house.festival.bank.orders());
        let mut begun = till.begins(2_500).await;
        let Begun::Order(order) = &begun else { return };
        let order = order.to_string();
        house.festival.clock.advance(MINUTE);
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        crate::events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        till.tells(&mut begun, Outcome::Paid).await;
        house.returns_the_oldest("suspense").await;
        let part = bank.refund_by_hand(&order, 1_000).unwrap();
        for _ in 0..2 {
            house.receives(&part).await.is(200);
            assert_eq!(house.on_its_way().await, (1_500, 1_500));
        }
        let told = house.open_matters("mismatch").await;
        let [told] = told.as_slice() else { panic!("{told:?}") };
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("€ 15,00 stays on its way"), "{detail}");
        assert_eq!(
            (told["went_back_cents"].as_i64(), told["amount_cents"].as_i64()),
            (Some(1_000), Some(2_500))
        );
        let Ok(rest) = bank.refund_by_hand(&order, 1_500) else {
            assert!(detail.contains("WooshPay refunds a payment once"), "{detail}");
            house.returns_the_oldest("mismatch").await;
            assert_eq!((house.mismatches().await.len(), house.on_its_way().await), (0, (1_500, 1_500)));
            return;
        };
        house.receives(&rest).await.is(200);
        assert_eq!((house.mismatches().await.len(), house.on_its_way().await), (0, (0, 0)));
    })
    .await;
}

#[tokio::test]
async fn a_refund_that_was_lost_after_its_chargeback_was_booked_is_found_by_comparing_and_told_once() {
    for_each(async |till| {
        if till.provider != ProviderName::MultiSafepay {
            return; // WooshPay lists no refunds, and Bancontact's are not reported.
        }
        let house = till.house;
        let mut begun = till.begins(2_500).await;
        let Begun::Order(order) = &begun else { panic!("it is an order") };
        let order = *order;
        house.festival.clock.advance(MINUTE);
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        crate::events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        till.tells(&mut begun, Outcome::Paid).await;
        house.returns_the_oldest("suspense").await;
        house
            .hears(order, |report| {
                (report.is_chargeback, report.refunded_cents) = (true, Some(2_500));
            })
            .await;
        house.returns_the_oldest("mismatch").await;
        assert_eq!((house.mismatches().await.len(), house.on_its_way().await), (0, (0, 0)));
        house.festival.bank.orders().refund_by_hand(&order.to_string(), 2_500).unwrap();
        for contradictions in [1, 0] {
            house.festival.clock.advance(MINUTE);
            assert_eq!(house.reconciles().await["mismatched"], contradictions);
            assert_eq!(house.mismatches().await, ["refunded at the provider"]);
            assert_eq!(house.on_its_way().await, (0, 0));
        }
    })
    .await;
}

#[tokio::test]
async fn a_refund_whose_notification_was_lost_is_found_by_comparing_the_days_on_which_it_was_made() {
    for_each(async |till| {
        if till.provider != ProviderName::MultiSafepay {
            return; // WooshPay lists no refunds, and Bancontact's are not reported.
        }
        let (house, bank) = (till.house, till.house.festival.bank.orders());
        let (mut credited, mut parted) = (till.begins(2_500).await, till.begins(1_000).await);
        let mut unheard = till.begins(700).await;
        till.tells(&mut credited, Outcome::Paid).await;
        till.tells(&mut parted, Outcome::Paid).await;
        till.moves(&mut unheard, Outcome::Paid, Notify::Drop, None).await;
        let order = |begun: &Begun| match begun {
            Begun::Order(order) => order.to_string(),
            Begun::Code { .. } => panic!("it is an order"),
        };
        // Long after they were paid, and one that nobody here heard of; a page has one row.
        bank.change_faults(OrderFaults { page_rows: Some(1), ..OrderFaults::default() });
        house.festival.clock.advance(MINUTE * 60);
        house.reconciles().await;
        assert_eq!((house.balance().await, house.mismatches().await), (4_200, vec![]));
        house.festival.clock.advance(MINUTE * 60 * 24);
        let lost = [(&credited, 2_500), (&parted, 400), (&unheard, 700)];
        for (begun, cents) in lost {
            bank.refund_by_hand(&order(begun), cents).unwrap();
        }
        for contradictions in [3, 0] {
            house.festival.clock.advance(MINUTE);
            let run = house.reconciles().await;
            assert_eq!(run["mismatched"], contradictions, "the next run meets them as well, and counts none");
            assert_eq!(house.mismatches().await, ["refunded at the provider"; 3]);
            assert_eq!(house.balance().await, 4_200);
        }
        // What nobody heard of at all, paid and refunded: it is not credited first.
        let mut quick = till.begins(300).await;
        till.moves(&mut quick, Outcome::Paid, Notify::Drop, None).await;
        bank.refund_by_hand(&order(&quick), 300).unwrap();
        house.festival.clock.advance(MINUTE);
        house.reconciles().await;
        assert_eq!(house.suspense().await, [("refunded-at-provider".to_owned(), 300)]);
        assert_eq!((house.balance().await, house.mismatches().await.len()), (4_200, 4));
        // It is nobody's to spend; marked for return, it is booked as gone, once.
        let parked = house.open_matters("suspense").await.remove(0);
        let path = format!("/api/v1/events/pukkelfest/parked/{}/resolve", parked["id"].as_str().unwrap());
        let finance = house.office(Role::Finance).await;
        let reference = house.festival.bands[0].reference.as_str();
        let refused = finance.posts(&path, json!({"to": reference, "reason": "theirs"})).await.is(409);
        assert!(refused["detail"].as_str().unwrap().contains("mark it for return"), "{refused}");
        finance.posts(&path, json!({"return": true, "reason": "it has gone"})).await.is(200);
        house.reconciles().await;
        assert_eq!((house.suspense().await, house.mismatches().await.len()), (vec![], 3));
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_is_listed_counts_once_whatever_went_back_of_it() {
    for_each(async |till| {
        if till.provider != ProviderName::MultiSafepay {
            return; // WooshPay lists no refunds, and Bancontact's are not reported.
        }
        let (house, bank) = (till.house, till.house.festival.bank.orders());
        let created_at = house.festival.event.created_at;
        let (mut credited, mut marked) = (till.begins(1_000).await, till.begins(2_500).await);
        till.tells(&mut credited, Outcome::Paid).await;
        house.festival.clock.advance(MINUTE);
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        crate::events::close(store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        till.tells(&mut marked, Outcome::Paid).await;
        house.returns_the_oldest("suspense").await;
        for (begun, cents) in [(&credited, 1_000), (&marked, 2_500)] {
            let Begun::Order(order) = begun else { panic!("it is an order") };
            bank.refund_by_hand(&order.to_string(), cents).unwrap();
        }
        let finance = house.office(Role::Finance).await;
        let window = json!({"from": created_at.before(MINUTE).to_string()});
        // One is a contradiction now, and the refund of the other is booked; then both are known.
        for counts in [[2, 0, 0, 0, 1, 1], [2, 2, 0, 0, 0, 0]] {
            house.festival.clock.advance(MINUTE);
            let run = finance.posts("/api/v1/events/pukkelfest/reconcile", window.clone()).await.is(200);
            let names = ["listed", "already_known", "settled", "parked", "mismatched", "recorded"];
            assert_eq!(names.map(|name| run[name].as_i64().unwrap()), counts, "{run}");
            assert_eq!(house.mismatches().await, ["refunded at the provider"]);
            assert_eq!(house.on_its_way().await.0, 0);
        }
    })
    .await;
}
