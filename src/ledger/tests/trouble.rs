//! A database that fails or hangs: who waits is told in time, and nobody's request is spent on finding out.

use super::lane::{Odd, hold_up};
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::db::testing::on_both_engines;
use crate::ledger::{BATCH_REQUESTS_MAX, LaneError, LaneHandle, LaneOptions};
use futures_util::future::join_all;
use std::iter::once;
use std::time::Duration;

/// Told after less than anything waits here for the database.
const AT_ONCE: Duration = Duration::from_millis(50);
/// Longer than a test takes.
const NEVER: Duration = Duration::from_secs(3_600);

/// A lane that gives no batch up, and leaves nobody waiting behind one.
async fn lane_on(store: &Store) -> LaneHandle {
    let clock = Clock::manual(Timestamp(1));
    let options = LaneOptions { clock, batch_time_max: NEVER, told_after: AT_ONCE };
    let (lane, _) = LaneHandle::start(store.clone(), options);
    assert_eq!(lane.submit(Odd::Nothing).await, Ok("decided"));
    lane
}

/// What is answered while the database hangs.
async fn told(lane: &LaneHandle) -> Result<&'static str, LaneError> {
    tokio::time::timeout(Duration::from_secs(60), lane.submit(Odd::Nothing)).await.expect("nobody is told")
}

#[tokio::test]
async fn who_waits_behind_a_batch_that_hangs_is_told_and_the_batch_is_committed_in_the_end() {
    on_both_engines(async |store| {
        let lane = lane_on(&store).await;
        let held = hold_up(&store).await;
        let batch = join_all((0..BATCH_REQUESTS_MAX).map(|_| lane.submit(Odd::Nothing)));
        let behind = async {
            let told = told(&lane).await;
            held.commit().await.unwrap();
            told
        };
        let (batch, told) = tokio::join!(batch, behind);
        assert_eq!(told, Err(LaneError::Unavailable));
        assert!(batch.iter().all(|answer| *answer == Ok("decided")));
        assert_eq!(lane.submit(Odd::Nothing).await, Ok("decided"));
    })
    .await;
}

#[tokio::test]
async fn who_waits_behind_a_batch_that_fails_for_everybody_is_told_the_same() {
    on_both_engines(async |store| {
        let lane = lane_on(&store).await;
        let requests = once(Odd::MeetsNoDatabase).chain((0..2 * BATCH_REQUESTS_MAX).map(|_| Odd::Nothing));
        let answers = join_all(requests.map(|request| lane.submit(request))).await;
        assert!(answers.iter().all(|answer| *answer == Err(LaneError::Unavailable)));
        assert_eq!(lane.submit(Odd::Nothing).await, Ok("decided"), "the first who asks when it is over");
    })
    .await;
}

#[tokio::test]
async fn after_a_failure_nobody_waits_until_a_database_that_hangs_is_given_up() {
    on_both_engines(async |store| {
        let lane = lane_on(&store).await;
        assert_eq!(lane.submit(Odd::MeetsNoDatabase).await, Err(LaneError::Unavailable));
        let held = hold_up(&store).await;
        for _ in 0..3 {
            assert_eq!(told(&lane).await, Err(LaneError::Unavailable));
        }
        held.commit().await.unwrap();
        while lane.submit(Odd::Nothing).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
