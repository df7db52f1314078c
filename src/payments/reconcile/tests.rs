//! Runs against the sandbox's list, on both engines.

use super::{Asked, Counts, Patience, Reconciler, Run, RunState, StartError, store};
use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::payments::test_festival::{Festival, PROFILE};
use crate::payments::{Outcome, look_up, parked};
use crate::providers::{PaymentId, ProviderName};
use crate::sandbox::{FaultsChange, RatesChange, Status};
use std::time::Duration;
use uuid::Uuid;

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn quick(festival: &Festival) -> Reconciler {
    let Festival { store, keys, lane, adapters, clock, .. } = festival;
    let patience =
        Patience { first_wait: Duration::from_millis(1), attempts_max: 3, wait_max: Duration::from_secs(2) };
    Reconciler::new(store.clone(), keys.clone(), lane.clone(), adapters.clone(), clock.clone())
        .with_patience(patience)
}

pub(super) async fn run(festival: &Festival, reconciler: &Reconciler, asked: Asked) -> Run {
    let id = reconciler.start(&festival.event, asked).await.unwrap();
    let run = reconciler.wait(festival.event.id, id, Duration::from_secs(60)).await.unwrap().unwrap();
    assert_ne!(run.state, RunState::Running);
    run
}

pub(super) async fn open_matters(festival: &Festival) -> Vec<(String, String)> {
    let mut session = festival.store.read().await.unwrap();
    let open = parked::store::open(&mut session, festival.event.id, Uuid::nil(), 100).await.unwrap();
    open.into_iter().map(|matter| (matter.kind, matter.reason)).collect()
}

async fn look_up_details(festival: &Festival, payment: String) -> Option<Outcome> {
    let Festival { adapters, event, clock, keys, lane, .. } = festival;
    let adapter = adapters.one(event, ProviderName::Bancontact).await.unwrap().unwrap();
    look_up(lane, keys, &adapter, event.id, &PaymentId(payment), clock.now()).await.unwrap()
}

#[tokio::test]
async fn what_no_callback_brought_is_found_in_the_list_and_settled_once() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 3, true).await;
        let reconciler = quick(&festival);
        for _ in 0..120 {
            festival.pays(0, 100).await;
        }
        festival.pays(1, 2_500).await;
        let known = festival.pays(2, 700).await;
        look_up_details(&festival, known).await.unwrap();
        festival.pays_with(&festival.bands[1].qr_text, 900, Status::Cancelled).await;
        let unknown = format!("https://pay.bancontact.net/t/1/{PROFILE}?R=NOTONEOFOURS");
        festival.pays_with(&unknown, 300, Status::Succeeded).await;

        let first = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((first.state, first.problem), (RunState::Complete, None));
        let found = Counts {
            listed: 124,
            already_known: 1,
            settled: 121,
            parked: 1,
            recorded: 1,
            ..Counts::default()
        };
        assert_eq!(first.counts, found);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 12_000);
        assert_eq!(festival.balance(&festival.bands[1].reference).await, 2_500);
        assert_eq!(open_matters(&festival).await, [("suspense".to_owned(), "unknown-reference".to_owned())]);

        let again = run(&festival, &reconciler, Asked::default()).await;
        let nothing_new = Counts { listed: 124, already_known: 124, ..Counts::default() };
        assert_eq!(again.counts, nothing_new);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 12_000);
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_run_goes_on_where_the_last_one_had_got_to() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let opened_at = festival.clock.now();
        let first = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!(first.to, opened_at);
        // A day and a half of downtime, with a payment in the middle of it and one just before its end.
        festival.clock.advance(12 * HOUR);
        festival.pays(0, 1_000).await;
        festival.clock.advance(24 * HOUR);
        festival.pays(0, 200).await;
        let second = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!(second.from, opened_at.before(20 * MINUTE));
        assert_eq!((second.to, second.done_to), (festival.clock.now(), festival.clock.now()));
        assert_eq!((second.counts.listed, second.counts.settled), (2, 2));
        // A window somebody named does not count as having caught up.
        festival.clock.advance(10 * HOUR);
        let named = Asked { from: Some(festival.clock.now().before(HOUR)), to: None };
        run(&festival, &reconciler, named).await;
        let third = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!(third.from, second.to.before(20 * MINUTE));
    })
    .await;
}

#[tokio::test]
async fn an_outage_fails_the_run_and_the_next_one_misses_nothing() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        festival.pays(0, 1_000).await;
        let down = RatesChange { search: Some(100), ..RatesChange::default() };
        festival.faults(FaultsChange { server_errors_percent: Some(down), ..FaultsChange::default() });
        let failed = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!(failed.state, RunState::Failed);
        let why = failed.problem.unwrap();
        assert!(why.starts_with("Bancontact: ") && why.len() > "Bancontact: ".len(), "{why}");
        assert_eq!(failed.counts, Counts::default());
        festival.faults(FaultsChange { reset: true, ..FaultsChange::default() });
        let healed = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((healed.state, healed.counts.settled), (RunState::Complete, 1));
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_stumbles_is_asked_again() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let reconciler = reconciler.with_patience(Patience {
            attempts_max: 12,
            first_wait: Duration::from_micros(1),
            ..Patience::default()
        });
        festival.pays(0, 1_000).await;
        let stumbles = RatesChange { search: Some(40), ..RatesChange::default() };
        festival.faults(FaultsChange { server_errors_percent: Some(stumbles), ..FaultsChange::default() });
        for _ in 0..5 {
            assert_eq!(run(&festival, &reconciler, Asked::default()).await.state, RunState::Complete);
        }
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 1_000);
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_while_a_run_is_under_way_joins_it() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        for _ in 0..30 {
            festival.pays(0, 100).await;
        }
        let asked = (0..16).map(|_| {
            let (reconciler, event) = (reconciler.clone(), festival.event.clone());
            tokio::spawn(async move { reconciler.start(&event, Asked::default()).await })
        });
        let mut settled = 0;
        let mut seen = std::collections::HashSet::new();
        for task in asked.collect::<Vec<_>>() {
            let id = task.await.unwrap().unwrap();
            let run = reconciler.wait(festival.event.id, id, Duration::from_secs(60)).await.unwrap().unwrap();
            assert_eq!(run.state, RunState::Complete);
            if seen.insert(id) {
                settled += run.counts.settled;
            }
        }
        assert_eq!(settled, 30);
        assert_eq!(festival.balance(&festival.bands[0].reference).await, 3_000);
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_killed_run_holds_nobody_up() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        festival.pays(0, 500).await;
        // What a process leaves that dies in the middle: a lease, and a run that says it is under way.
        let (event, now) = (festival.event.id, festival.clock.now());
        let dead = crate::ids::RunId::new();
        let mut tx = festival.store.begin().await.unwrap();
        let name = super::lease::name_of(event);
        assert!(crate::db::take_lease(&mut tx, &name, dead.0, now, super::lease::LEASE_HELD).await.unwrap());
        let half_done = Run {
            event_id: event,
            id: dead,
            kind: super::RunKind::CatchUp,
            state: RunState::Running,
            from: now.before(HOUR),
            to: now,
            done_to: now.before(HOUR),
            counts: Counts::default(),
            problem: None,
            started_at: now,
            finished_at: None,
        };
        store::insert(&mut tx, &half_done).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(reconciler.start(&festival.event, Asked::default()).await.unwrap(), dead);
        festival.clock.advance(2 * MINUTE);
        let next = run(&festival, &reconciler, Asked::default()).await;
        assert_eq!((next.state, next.counts.settled), (RunState::Complete, 1));
        let left = store::by_id(&mut festival.store.read().await.unwrap(), event, dead).await.unwrap();
        assert_eq!(left.unwrap().state, RunState::Interrupted);
    })
    .await;
}

#[tokio::test]
async fn money_the_provider_does_not_know_is_raised_once() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let payment = festival.pays(0, 800).await;
        look_up_details(&festival, payment).await.unwrap();
        festival.clock.advance(2 * HOUR);
        // It lags in the list for a day, but its id is known: nothing is wrong.
        let lag = Some(24 * 3600 * 1000);
        festival.faults(FaultsChange { list_lag_ms: lag, ..FaultsChange::default() });
        assert_eq!(run(&festival, &reconciler, Asked::default()).await.counts.mismatched, 0);
        festival.faults(FaultsChange { details_lag_ms: lag, ..FaultsChange::default() });
        let window = Asked { from: Some(festival.clock.now().before(3 * HOUR)), to: None };
        assert_eq!(run(&festival, &reconciler, window).await.counts.mismatched, 1);
        assert_eq!(run(&festival, &reconciler, window).await.counts.mismatched, 1);
        let raised = ("mismatch".to_owned(), "settled here, unknown to the provider".to_owned());
        assert_eq!(open_matters(&festival).await, [raised]);
        festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn without_an_api_key_it_says_that_it_needs_one() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, false).await;
        let refused = quick(&festival).start(&festival.event, Asked::default()).await;
        assert!(matches!(refused, Err(StartError::NoApiKey(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_window_that_makes_no_sense_is_refused() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let now = festival.clock.now();
        let later = now.after(HOUR);
        let early = now.before(HOUR);
        for (from, to) in
            [(now, now), (early, early), (later, now), (later, later.after(HOUR)), (Timestamp(0), now)]
        {
            let asked = Asked { from: Some(from), to: Some(to) };
            let refused = reconciler.start(&festival.event, asked).await;
            assert!(
                matches!(
                    refused,
                    Err(StartError::NotYet | StartError::Backwards { .. } | StartError::TooLong)
                ),
                "{refused:?}"
            );
        }
        // One without a beginning goes on from where the last one had got to.
        let compared = run(&festival, &reconciler, Asked::default()).await;
        let asked = Asked { from: None, to: Some(compared.to.before(HOUR)) };
        let refused = reconciler.start(&festival.event, asked).await;
        assert!(matches!(refused, Err(StartError::Compared(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_window_up_to_an_instant_is_answered_again_after_later_runs_have_got_beyond_it() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let now = festival.clock.now();
        festival.pays(0, 500).await;
        festival.clock.advance(MINUTE);
        let asked = Asked { from: None, to: Some(now.after(MINUTE)) };
        let named = run(&festival, &reconciler, asked).await;
        assert_eq!((named.state, named.counts.settled), (RunState::Complete, 1));
        festival.clock.advance(HOUR);
        run(&festival, &reconciler, Asked::default()).await;
        assert_eq!(run(&festival, &reconciler, asked).await, named);
        let other = Asked { from: None, to: Some(now) };
        let refused = reconciler.start(&festival.event, other).await;
        assert!(matches!(refused, Err(StartError::Compared(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_was_hours_ahead_hides_no_payment_once_it_is_set_right() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let right = festival.clock.now();
        festival.clock.set(right.after(3 * HOUR));
        assert_eq!(run(&festival, &reconciler, Asked::default()).await.state, RunState::Complete);
        festival.clock.set(right);
        festival.pays(0, 500).await;
        festival.clock.advance(MINUTE);
        let found = run(&festival, &reconciler, Asked::default()).await;
        assert!(found.from < right, "{found:?}");
        assert_eq!((found.counts.listed, found.counts.settled), (1, 1));
    })
    .await;
}
