//! The jobs' steps against the sandbox, on both engines.

use super::{Jobs, Next, housekeeping, reconcile, unfinished};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::payments::look_up;
use crate::payments::reconcile::Reconciler;
use crate::payments::store::{PaymentFilter, page};
use crate::payments::test_festival::Festival;
use crate::providers::{PaymentId, ProviderName};
use crate::sandbox::{MoveRequest, Status};
use std::time::Duration;

fn jobs(festival: &Festival) -> Jobs {
    let Festival { store, keys, lane, adapters, clock, .. } = festival;
    Jobs {
        store: store.clone(),
        keys: keys.clone(),
        lane: lane.clone(),
        adapters: adapters.clone(),
        clock: clock.clone(),
        reconciler: Reconciler::new(
            store.clone(),
            keys.clone(),
            lane.clone(),
            adapters.clone(),
            clock.clone(),
        ),
    }
}

async fn see(festival: &Festival, payment: &str) {
    let Festival { lane, keys, adapters, event, clock, .. } = festival;
    let adapter = adapters.one(event, ProviderName::Bancontact).await.unwrap().unwrap();
    look_up(lane, keys, &adapter, event.id, &PaymentId(payment.to_owned()), clock.now()).await.unwrap();
}

#[tokio::test]
async fn a_payment_whose_callback_was_lost_is_settled_by_the_loop() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        festival.pays(0, 1_500).await;
        assert_eq!(reconcile::step(&jobs(&festival), &mut reconcile::Sweeps::default()).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 1_500);
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn an_event_without_an_api_key_holds_nobody_up() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, false).await;
        assert_eq!(reconcile::step(&jobs(&festival), &mut reconcile::Sweeps::default()).await, Next::Idle);
    })
    .await;
}

#[tokio::test]
async fn a_payment_seen_under_way_is_asked_for_until_it_ends() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let payment = festival.pays_with(&festival.bands[0].qr_text, 900, Status::Authorized).await;
        see(&festival, &payment).await;
        let jobs = jobs(&festival);
        let paid = MoveRequest {
            outcome: Status::Succeeded,
            amount_cents: None,
            callback: crate::sandbox::CallbackMode::Drop,
        };
        festival.bank.move_payment(&payment, paid).await.unwrap();
        assert_eq!(unfinished::step(&jobs).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 0, "it is given a moment first");
        festival.clock.advance(Duration::from_secs(180));
        assert_eq!(unfinished::step(&jobs).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 900);
    })
    .await;
}

#[tokio::test]
async fn payers_are_forgotten_three_months_after_the_event_closed() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let payment = festival.pays(0, 900).await;
        see(&festival, &payment).await;
        let named = async || {
            let mut session = festival.store.read().await.unwrap();
            let rows = page(&mut session, festival.event.id, &PaymentFilter::default(), 10).await.unwrap();
            rows.iter().filter(|row| row.debtor_name.is_some() || row.debtor_iban.is_some()).count()
        };
        let day = Duration::from_secs(24 * 3600);
        festival.clock.advance(100 * day);
        assert_eq!(housekeeping::step(&jobs(&festival)).await, Next::Idle);
        assert_eq!(named().await, 1, "the event is still open");
        let actor = Actor::System("test");
        events::close(&festival.store, &actor, festival.clock.now(), "pukkelfest").await.unwrap();
        festival.clock.advance(89 * day);
        assert_eq!(housekeeping::step(&jobs(&festival)).await, Next::Idle);
        assert_eq!(named().await, 1, "it closed 89 days ago");
        festival.clock.advance(2 * day);
        assert_eq!(housekeeping::step(&jobs(&festival)).await, Next::Done);
        assert_eq!((named().await, housekeeping::step(&jobs(&festival)).await), (0, Next::Idle));
        festival.expect_clean_books().await;
    })
    .await;
}
