//! The jobs' steps against the sandbox, on both engines.

use super::{Jobs, Next, housekeeping, reconcile, unfinished};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{self, NewEvent, NewProfile, ProfileChange, Rules};
use crate::ids::EventId;
use crate::payments::listing::{PaymentFilter, page};
use crate::payments::reconcile::Reconciler;
use crate::payments::test_festival::Festival;
use crate::payments::{Rounds, Settle, look_up, parked};
use crate::providers::{PaymentId, PaymentReport, Provider, ProviderName, Verified};
use crate::sandbox::{MoveRequest, Status};
use crate::values;
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
        let mut rounds = Rounds::default();
        assert_eq!(unfinished::step(&jobs, &mut rounds).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 0, "it is given a moment first");
        festival.clock.advance(Duration::from_secs(180));
        assert_eq!(unfinished::step(&jobs, &mut rounds).await, Next::Idle);
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
        let looked_through = async || -> (Option<i64>,) {
            let mut session = festival.store.read().await.unwrap();
            let event = festival.event.id;
            session.one("SELECT payers_forgotten_at FROM events WHERE id = $1", values![event]).await.unwrap()
        };
        assert_eq!(looked_through().await, (None,), "a settlement may still be under way");
        festival.clock.advance(day);
        assert_eq!(housekeeping::step(&jobs(&festival)).await, Next::Idle);
        let at = looked_through().await;
        assert_eq!(at, (Some(festival.clock.now().0),), "from now on its payments are left alone");
        // What arrives all the same names nobody.
        let late = festival.pays(0, 300).await;
        see(&festival, &late).await;
        assert_eq!(named().await, 0);
        festival.clock.advance(day);
        assert_eq!((housekeeping::step(&jobs(&festival)).await, looked_through().await), (Next::Idle, at));
        festival.expect_clean_books().await;
    })
    .await;
}

/// Somebody pays later what was seen under way; the callback of it is lost.
async fn succeeds(festival: &Festival, payment: &str) {
    let paid = MoveRequest {
        outcome: Status::Succeeded,
        amount_cents: None,
        callback: crate::sandbox::CallbackMode::Drop,
    };
    festival.bank.move_payment(payment, paid).await.unwrap();
}

#[tokio::test]
async fn payments_nobody_finishes_keep_no_newer_one_waiting() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let code = festival.bands[0].qr_text.clone();
        let mut newest = String::new();
        for _ in 0..51 {
            newest = festival.pays_with(&code, 900, Status::Authorized).await;
            see(&festival, &newest).await;
        }
        succeeds(&festival, &newest).await;
        festival.clock.advance(Duration::from_secs(180));
        let (jobs, mut rounds) = (jobs(&festival), Rounds::default());
        for credited in [0, 900] {
            assert_eq!(unfinished::step(&jobs, &mut rounds).await, Next::Idle);
            assert_eq!(festival.balance(&festival.bands[0].reference).await, credited);
        }
        // And then it begins with the oldest again.
        let filter = PaymentFilter { status: Some("AUTHORIZED".to_owned()), ..PaymentFilter::default() };
        let rows =
            page(&mut festival.store.read().await.unwrap(), festival.event.id, &filter, 1).await.unwrap();
        succeeds(&festival, &rows[0].payment_id).await;
        assert_eq!(unfinished::step(&jobs, &mut rounds).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 1_800);
    })
    .await;
}

#[tokio::test]
async fn a_payment_that_cannot_be_asked_for_keeps_no_other_one_waiting() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let Festival { keys, lane, adapters, event, clock, .. } = &festival;
        let payment = festival.pays_with(&festival.bands[0].qr_text, 900, Status::Authorized).await;
        let adapter = adapters.one(event, ProviderName::Bancontact).await.unwrap().unwrap();
        let report =
            adapter.details(&PaymentId(payment.clone()), clock.now()).await.unwrap().unwrap().into_inner();
        let odd = PaymentReport {
            payment_id: PaymentId("an odd id".to_owned()),
            created_at: report.created_at.map(|at| at.before(Duration::from_secs(1))),
            ..report
        };
        lane.submit(Settle::new(keys, event.id, Verified::unchecked(odd))).await.unwrap();
        see(&festival, &payment).await;
        succeeds(&festival, &payment).await;
        clock.advance(Duration::from_secs(180));
        assert_eq!(unfinished::step(&jobs(&festival), &mut Rounds::default()).await, Next::Idle);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 900);
    })
    .await;
}

#[tokio::test]
async fn money_that_arrives_after_closing_is_found_for_two_weeks() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, false).await;
        let Festival { store, keys, event, clock, .. } = &festival;
        festival.pays(0, 1_500).await;
        let actor = Actor::System("test");
        events::close(store, &actor, clock.now(), "pukkelfest").await.unwrap();
        // The key may come, or be renewed, after it closed.
        let api_key = Some(crate::payments::test_festival::API_KEY.to_owned());
        let change = ProfileChange { api_key, ..ProfileChange::default() };
        events::change_profile(store, keys, &actor, clock.now(), "pukkelfest", &change).await.unwrap();
        let day = Duration::from_secs(24 * 3600);
        clock.advance(13 * day);
        let found = async || {
            let mut sweeps = reconcile::Sweeps::default();
            assert_eq!(reconcile::step(&jobs(&festival), &mut sweeps).await, Next::Idle);
            parked_in(&festival, event.id).await
        };
        assert_eq!(found().await, ["event-closed"]);
        festival.pays(0, 1_500).await;
        clock.advance(2 * day);
        assert_eq!(found().await, ["event-closed"], "it closed fifteen days ago");
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn events_that_share_a_profile_in_turn_leave_each_other_their_payments() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let Festival { store, keys, event: first, clock, bank, .. } = &festival;
        let actor = Actor::System("test");
        let minute = Duration::from_secs(60);
        festival.pays(0, 1_500).await;
        clock.advance(minute);
        events::close(store, &actor, clock.now(), "pukkelfest").await.unwrap();
        clock.advance(minute);
        let new = NewEvent {
            slug: "next".to_owned(),
            name: "Next".to_owned(),
            merchant: None,
            rules: Rules::default(),
            profile: Some(NewProfile {
                profile_id: crate::payments::test_festival::PROFILE.to_owned(),
                api_url: Some(bank.api_url().to_owned()),
                key_set_url: Some(bank.key_set_url()),
                api_key: Some(crate::payments::test_festival::API_KEY.to_owned()),
                ..NewProfile::default()
            }),
        };
        let next = events::create(store, keys, &actor, clock.now(), &new).await.unwrap();
        clock.advance(minute);
        festival.pays(0, 700).await;
        clock.advance(minute);
        let (jobs, mut sweeps) = (jobs(&festival), reconcile::Sweeps::default());
        for _ in 0..2 {
            assert_eq!(reconcile::step(&jobs, &mut sweeps).await, Next::Idle);
            assert_eq!(parked_in(&festival, first.id).await, ["event-closed"]);
            assert_eq!(parked_in(&festival, next.id).await, ["unknown-reference"]);
            clock.advance(7 * 60 * minute);
        }
    })
    .await;
}

async fn parked_in(festival: &Festival, event: EventId) -> Vec<String> {
    let mut session = festival.store.read().await.unwrap();
    let open = parked::store::open(&mut session, event, uuid::Uuid::nil(), 10).await.unwrap();
    open.into_iter().map(|matter| matter.reason).collect()
}
