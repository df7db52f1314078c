//! Who may write a run: its living holder, and nobody else.

use super::lease::Lease;
use super::lease::RunError;
use super::tests::{HOUR, MINUTE, quick};
use super::worker::Worker;
use super::{Asked, Counts, Run, RunKind, RunState, StartError, store};
use crate::db::testing::on_both_engines;
use crate::ids::RunId;
use crate::payments::test_festival::Festival;
use crate::providers::CallError;
use std::sync::Arc;
use std::time::Duration;

/// Takes the lease for a run that nobody works on: what a process has at its start, and leaves when it is killed.
async fn take(festival: &Festival) -> Lease {
    let now = festival.clock.now();
    let run = Run {
        event_id: festival.event.id,
        id: RunId::new(),
        kind: RunKind::CatchUp,
        state: RunState::Running,
        from: now.before(HOUR),
        to: now,
        done_to: now.before(HOUR),
        counts: Counts::default(),
        problem: None,
        started_at: now,
        finished_at: None,
    };
    let mut tx = festival.store.begin().await.unwrap();
    assert!(Lease::take(&mut tx, &run).await.unwrap());
    tx.commit().await.unwrap();
    Lease::of(festival.store.clone(), festival.clock.clone(), run)
}

async fn state(festival: &Festival, run: RunId) -> RunState {
    let mut session = festival.store.read().await.unwrap();
    store::by_id(&mut session, festival.event.id, run).await.unwrap().unwrap().state
}

#[tokio::test]
async fn whoever_waits_for_a_dead_run_hears_of_it_and_starts_another() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        festival.pays(0, 500).await;
        let dead = take(&festival).await.run.id;
        let again = Asked { from: None, to: Some(festival.event.created_at.before(HOUR)) };
        for asked in [Asked::default(), again] {
            assert_eq!(reconciler.start(&festival.event, asked).await.unwrap(), dead, "joined");
        }
        let found = reconciler.wait(festival.event.id, dead, Duration::ZERO).await.unwrap().unwrap();
        assert_eq!(found.state, RunState::Running, "its lease is still good");
        festival.clock.advance(2 * MINUTE);
        let found = reconciler.wait(festival.event.id, dead, Duration::from_secs(5)).await.unwrap().unwrap();
        assert_eq!((found.state, found.finished_at), (RunState::Interrupted, Some(festival.clock.now())));
        let refused = reconciler.start(&festival.event, again).await;
        assert!(matches!(refused, Err(StartError::Compared(_))), "{refused:?}");

        let waiting = {
            let (reconciler, event) = (reconciler.clone(), festival.event.clone());
            let dead = take(&festival).await.run.id;
            assert_eq!(reconciler.start(&event, Asked::default()).await.unwrap(), dead);
            tokio::spawn(async move {
                reconciler.compare(&event, Asked::default(), Duration::from_secs(30)).await
            })
        };
        festival.clock.advance(2 * MINUTE);
        let run = waiting.await.unwrap().unwrap().unwrap();
        assert_eq!((run.state, run.counts.settled), (RunState::Complete, 1));
    })
    .await;
}

#[tokio::test]
async fn a_slow_provider_does_not_outlast_the_lease() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let reconciler = quick(&festival);
        let lease = take(&festival).await;
        let id = lease.run.id;
        let mut worker = Worker::new(reconciler.clone(), festival.event.clone(), Arc::new([]), lease);
        let outcome: Result<(), RunError> = worker
            .patiently(async || {
                // Three times as long as a call may take.
                festival.clock.advance(Duration::from_secs(45));
                assert_eq!(reconciler.start(&festival.event, Asked::default()).await.unwrap(), id);
                Err(CallError::Retry { after: None, why: "it did not answer in time".to_owned() })
            })
            .await;
        assert!(matches!(outcome, Err(RunError::Provider(_))), "{outcome:?}");
        for _ in 0..3 {
            worker.lease.during(async { festival.clock.advance(Duration::from_secs(45)) }).await.unwrap();
            assert_eq!(reconciler.start(&festival.event, Asked::default()).await.unwrap(), id);
        }
        assert_eq!(state(&festival, id).await, RunState::Running);
    })
    .await;
}

#[tokio::test]
async fn a_lost_lease_writes_nothing_any_more() {
    on_both_engines(async |store| {
        let festival = Festival::open(store, 1, true).await;
        let mut slow = take(&festival).await;
        festival.clock.advance(2 * MINUTE);
        assert!(slow.renew().await.is_ok(), "nobody wanted it");
        festival.clock.advance(2 * MINUTE);
        let next = take(&festival).await;
        assert_eq!(state(&festival, slow.run.id).await, RunState::Interrupted);
        slow.run.counts.settled = 7;
        assert!(matches!(slow.renew().await, Err(RunError::TakenOver)));
        let (slow_id, next_id) = (slow.run.id, next.run.id);
        slow.end(RunState::Complete, None).await.unwrap();
        assert_eq!(state(&festival, slow_id).await, RunState::Interrupted);
        next.end(RunState::Complete, None).await.unwrap();
        assert_eq!(state(&festival, next_id).await, RunState::Complete);
    })
    .await;
}
