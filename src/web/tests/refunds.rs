//! Money that goes back: through the adapters, and in a provider's own pages; at all three, on both engines, each ending in
//! clean books.

use super::House;
use super::providers::{Begun, Till, for_each};
use crate::money::Cents;
use crate::operators::Role;
use crate::payments::look_up;
use crate::payments::orders::OrderState;
use crate::payments::test_festival::Festival;
use crate::providers::{
    CallError, NewRefund, PaymentId, Provider, ProviderName, RefundAmount, RefundId, RefundState, Refunds,
};
use crate::sandbox::orders::{Notify, OrderFaults, Outcome};

impl House {
    /// Asks the provider for a payment and settles what it says.
    async fn looks_up(&self, provider: ProviderName, payment: &PaymentId) {
        let Festival { lane, keys, adapters, event, clock, .. } = &self.festival;
        let adapter = adapters.one(event, provider).await.unwrap().unwrap();
        look_up(lane, keys, &adapter, event.id, payment, clock.now()).await.unwrap().unwrap();
    }

    /// Why the open mismatches are.
    async fn mismatches(&self) -> Vec<String> {
        let finance = self.office(Role::Finance).await;
        let open = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        let open = open["parked"].as_array().unwrap().iter();
        let mismatches = open.filter(|matter| matter["kind"] == "mismatch");
        mismatches.map(|matter| matter["reason"].as_str().unwrap().to_owned()).collect()
    }
}

impl Till<'_> {
    /// Bancontact's are made in its own pages, and it reports none.
    async fn refuses_refunds(&self) {
        let Festival { adapters, event, clock, .. } = &self.house.festival;
        let adapter = adapters.one(event, self.provider).await.unwrap().unwrap();
        assert_eq!(adapter.capabilities().refunds, Refunds::None);
        let amount = RefundAmount::of(Cents(1_000), Cents(2_500)).unwrap();
        let payment = PaymentId("any".to_owned());
        let refund = NewRefund { id: RefundId::draw(), payment: &payment, amount };
        assert!(matches!(adapter.refund(&refund, clock.now()).await, Err(CallError::Refused { .. })));
        assert_eq!(self.house.balance().await, 2_500);
    }
}

#[tokio::test]
async fn money_refunded_in_part_stays_credited_and_a_person_is_told_once() {
    for_each(async |till| {
        let (house, now) = (till.house, till.house.festival.clock.now());
        let mut begun = till.begins(2_500).await;
        till.tells(&mut begun, Outcome::Paid).await;
        let Begun::Order(order) = begun else { return till.refuses_refunds().await };
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
        let again = adapter.refund(&other, now).await;
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
        assert_eq!(house.balance().await, 2_500);
    })
    .await;
}
