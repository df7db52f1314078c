//! The lane: who shares a batch, who waits, who is turned away, and who may not write any more.

use crate::clock::Timestamp;
use crate::db::testing::{on_both_addresses, on_both_engines, on_postgres_address};
use crate::db::{self, Error, Lane, Session, Store, Tx};
use crate::events::Rules;
use crate::ledger::{
    BATCH_REQUESTS_MAX, Book, LaneError, LaneHandle, LaneOptions, Page, QUEUE_REQUESTS_MAX, Request, Touches,
};
use crate::media::MediumStatus;
use crate::money::Cents;
use crate::payments::tests::world::{Books, World, suspended};
use crate::payments::{Outcome, Settle, Suspended};
use crate::providers::Verified;
use crate::values;
use futures_util::future::{BoxFuture, join_all};
use std::time::Duration;

/// Asks for nothing, or goes wrong at one place of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    Nothing,
    PanicsNaming,
    PanicsDeciding,
    PanicsAfterDeciding,
    CannotBeRead,
    CannotBeWritten,
    LosesEveryRace,
    MeetsNoDatabase,
}

impl Request for Odd {
    type Answer = &'static str;

    fn touches(&self, touches: &mut Touches) {
        assert!(*self != Odd::PanicsNaming, "as it was told");
        touches.page::<OddPage>(*self == Odd::CannotBeRead);
    }

    fn decide(&self, book: &mut Book) -> &'static str {
        assert!(*self != Odd::PanicsDeciding, "as it was told");
        book.page::<OddPage>().ends = match self {
            Odd::CannotBeWritten | Odd::LosesEveryRace | Odd::PanicsAfterDeciding | Odd::MeetsNoDatabase => {
                Some(*self)
            }
            _ => book.page::<OddPage>().ends,
        };
        "decided"
    }
}

#[derive(Default)]
struct OddPage {
    ends: Option<Odd>,
}

impl Page for OddPage {
    type Key = bool;

    fn begin(&mut self, _gate_moved: bool) {
        self.ends = None;
    }

    fn load<'a>(&'a mut self, session: &'a mut Session, keys: Vec<bool>) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            if keys.contains(&true) {
                session.execute("SELECT 1 FROM no_such_table", values![]).await?;
            }
            Ok(())
        })
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, _now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            match self.ends {
                Some(Odd::CannotBeWritten) => {
                    tx.execute("INSERT INTO lanes (id) VALUES (NULL)", values![]).await.map(|_| ())
                }
                Some(Odd::LosesEveryRace) => Err(Error::LostRace("as it was told")),
                Some(Odd::MeetsNoDatabase) => Err(Error::Moved("as it was told".to_owned())),
                Some(Odd::PanicsAfterDeciding) => panic!("as it was told"),
                _ => Ok(()),
            }
        })
    }
}

#[tokio::test]
async fn a_request_that_goes_wrong_costs_only_itself() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let wrong = [
            Odd::PanicsNaming,
            Odd::PanicsDeciding,
            Odd::PanicsAfterDeciding,
            Odd::CannotBeRead,
            Odd::CannotBeWritten,
            Odd::LosesEveryRace,
        ];
        for (number, odd) in wrong.into_iter().enumerate() {
            let before = world.settle(world.paid(&format!("a{number}"), band, 10));
            let after = world.settle(world.paid(&format!("b{number}"), band, 10));
            let (before, answer, nothing, after) =
                tokio::join!(before, world.lane.submit(odd), world.lane.submit(Odd::Nothing), after);
            assert!(matches!(before, Outcome::Credited { .. }), "{odd:?}: {before:?}");
            assert_eq!(answer, Err(LaneError::Unavailable), "{odd:?}");
            assert_eq!(nothing, Ok("decided"), "{odd:?}");
            assert!(matches!(after, Outcome::Credited { .. }), "{odd:?}: {after:?}");
            assert_eq!(world.lane.submit(odd).await, Err(LaneError::Unavailable), "{odd:?} alone");
            assert_eq!(world.lane.submit(Odd::Nothing).await, Ok("decided"), "after {odd:?}");
        }
        let wallets = 20 * i64::try_from(wrong.len()).unwrap();
        world.books_are(Books { wallets, ..Books::default() }).await;
    })
    .await;
}

/// A transaction that no batch can get past until it ends.
pub(super) async fn hold_up(store: &Store) -> Tx {
    let mut tx = store.begin().await.unwrap();
    tx.execute("UPDATE lanes SET number = number WHERE id > 0", values![]).await.unwrap();
    tx
}

#[tokio::test]
async fn a_full_queue_turns_away_and_loses_nothing_it_took() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.tops_up("p1", &world.bands[0], 1).await;
        let held = hold_up(&store).await;
        let over = 50;
        let asked = QUEUE_REQUESTS_MAX + BATCH_REQUESTS_MAX + over;
        let requests = join_all((0..asked).map(|_| world.lane.submit(Odd::Nothing)));
        let release = async {
            // After all have been sent: they were asked before this in the same join.
            held.commit().await.unwrap();
        };
        let (answers, ()) = tokio::join!(requests, release);
        let full = answers.iter().filter(|answer| **answer == Err(LaneError::Full)).count();
        assert!((over..=over + BATCH_REQUESTS_MAX).contains(&full), "{full} were turned away");
        assert_eq!(answers.iter().filter(|answer| **answer == Ok("decided")).count(), asked - full);
        assert_eq!(world.lane.submit(Odd::Nothing).await, Ok("decided"), "there is room again");
    })
    .await;
}

/// SQLite has one writer at a time in any case.
#[tokio::test]
async fn who_lost_a_race_waits_for_its_turn_and_commits_all_who_came_meanwhile_at_once() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let (band, beside) = (&world.bands[0], world.on(&store));
        assert_eq!(world.tops_up("p1", band, 1).await, Cents(1));
        assert_eq!(world.lane.submit(Odd::LosesEveryRace).await, Err(LaneError::Unavailable));
        let mut held = store.begin().await.unwrap();
        db::take_turn(&mut held).await.unwrap();
        let mut waiting = vec![Box::pin(world.settle(world.paid("p2", band, 1)))];
        assert!(futures_util::poll!(&mut waiting[0]).is_pending());
        someone_waits_for_a_lock(&store).await;
        assert_eq!(beside.tops_up("p3", band, 1).await, Cents(2), "who met nobody waits for no turn");
        let before = batches(&store).await;
        for number in 4..24 {
            let mut next = Box::pin(world.settle(world.paid(&format!("p{number}"), band, 1)));
            assert!(futures_util::poll!(&mut next).is_pending());
            waiting.push(next);
        }
        held.commit().await.unwrap();
        let outcomes = join_all(waiting).await;
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Credited { .. })), "{outcomes:?}");
        assert_eq!(batches(&store).await, before + 1);
        world.books_are(Books { wallets: 23, ..Books::default() }).await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_turn_that_does_not_come_is_not_waited_for_by_those_who_need_none_of_its_wallets() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        assert_eq!(world.tops_up("p1", band, 1).await, Cents(1));
        assert_eq!(world.lane.submit(Odd::LosesEveryRace).await, Err(LaneError::Unavailable));
        let mut held = store.begin().await.unwrap();
        db::take_turn(&mut held).await.unwrap();
        assert_eq!(world.tops_up("p2", band, 1).await, Cents(2));
        assert_eq!(world.tops_up("p3", band, 1).await, Cents(3));
        held.commit().await.unwrap();
        world.books_are(Books { wallets: 3, ..Books::default() }).await;
        store.close().await;
    })
    .await;
}

/// Committed by all lanes up to now.
async fn batches(store: &Store) -> i64 {
    let mut session = store.read().await.unwrap();
    let (sum,): (i64,) =
        session.one("SELECT CAST(SUM(number) AS BIGINT) FROM lanes WHERE id > 0", values![]).await.unwrap();
    sum
}

async fn someone_waits_for_a_lock(store: &Store) {
    let mut session = store.read().await.unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while session.one::<(i64,)>(waiting, values![]).await.unwrap().0 == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lane_that_stops_answers_what_it_took_and_gives_its_row_back() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let (lane, stopped) = LaneHandle::start(store.clone(), LaneOptions::new(world.clock.clone()));
        let held = hold_up(&store).await;
        let reports = (0..20).map(|number| world.paid(&format!("p{number}"), &world.bands[0], 5));
        let settles: Vec<_> = reports
            .map(|report| Settle::new(&world.keys, world.event.id, Verified::unchecked(report)))
            .collect();
        let accepted = join_all(settles.into_iter().map(|settle| {
            let lane = lane.clone();
            async move { lane.submit(settle).await }
        }));
        drop(lane);
        let (answers, ()) = tokio::join!(accepted, async { held.commit().await.unwrap() });
        assert!(answers.iter().all(|answer| matches!(answer, Ok(Outcome::Credited { .. }))), "{answers:?}");
        stopped.await.unwrap();
        let free: (i64,) = store
            .read()
            .await
            .unwrap()
            .one("SELECT COUNT(*) FROM lanes WHERE held_until = 0", values![])
            .await
            .unwrap();
        assert_eq!(free.0, 1);
        world.books_are(Books { wallets: 100, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_served_all_the_same() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let held = hold_up(&store).await;
        {
            let mut settle = std::pin::pin!(world.settle(world.paid("p1", &world.bands[0], 5)));
            assert!(futures_util::poll!(&mut settle).is_pending());
        }
        held.commit().await.unwrap();
        assert_eq!(world.settle(world.paid("p1", &world.bands[0], 5)).await, Outcome::AlreadyKnown);
        world.books_are(Books { wallets: 5, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_lane_that_was_taken_over_writes_nothing_and_its_process_takes_another() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 1).await;
        let stale = lanes(&store).await;
        assert_eq!(stale.len(), 1);
        // Held for a minute: until then somebody else gets a row of their own.
        let now = world.clock.now();
        let beside = db::claim_lane(&store, now).await.unwrap();
        assert_eq!(beside, Lane { id: 2, epoch: 1 });
        world.waits(Duration::from_secs(61));
        let taken = db::claim_lane(&store, world.clock.now()).await.unwrap();
        assert_eq!(taken, Lane { id: stale[0].id, epoch: stale[0].epoch + 1 });
        let mut tx = store.begin().await.unwrap();
        assert_eq!(db::step_lane(&mut tx, stale[0], world.clock.now()).await.unwrap(), None);
        let step = db::step_lane(&mut tx, taken, world.clock.now()).await.unwrap().expect("the owner's");
        assert_eq!((step.number, step.gate), (2, 0));
        tx.commit().await.unwrap();
        assert_eq!(world.tops_up("p2", band, 1).await, Cents(2), "its process goes on in another lane");
        let used: Vec<(i64, i64)> = store
            .read()
            .await
            .unwrap()
            .all("SELECT lane, lane_number FROM transfers ORDER BY wallet_version", values![])
            .await
            .unwrap();
        assert_eq!(used, [(1, 1), (2, 1)]);
        world.books_are(Books { wallets: 2, ..Books::default() }).await;
    })
    .await;
}

async fn lanes(store: &Store) -> Vec<Lane> {
    let rows: Vec<(i64, i64)> = store
        .read()
        .await
        .unwrap()
        .all("SELECT id, epoch FROM lanes WHERE id > 0 ORDER BY id", values![])
        .await
        .unwrap();
    rows.into_iter().map(|(id, epoch)| Lane { id, epoch }).collect()
}

#[tokio::test]
async fn a_lane_that_is_taken_back_waits_for_nobody_and_is_refused_to_a_stranger() {
    on_both_engines(async |store| {
        let now = Timestamp(1);
        let lane = db::claim_lane(&store, now).await.unwrap();
        let again = db::reclaim_lane(&store, lane, now).await.unwrap().expect("nobody took it");
        assert_eq!(again, Lane { id: lane.id, epoch: lane.epoch + 1 });
        assert_eq!(db::reclaim_lane(&store, lane, now).await.unwrap(), None, "an older epoch");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_at_once_have_lanes_of_their_own() {
    on_both_addresses(async |url| {
        let store = Store::open(&url).await.unwrap();
        let claims = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { db::claim_lane(&store, Timestamp(5)).await.unwrap().id })
        });
        let mut ids: Vec<i64> = join_all(claims).await.into_iter().map(Result::unwrap).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=8).collect::<Vec<i64>>());
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn an_event_that_closes_is_closed_to_every_lane_at_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let beside = world.on(&store);
        world.tops_up("p1", band, 1).await;
        beside.tops_up("p2", band, 1).await;
        beside.closes().await;
        for (world, payment) in [(&world, "p3"), (&beside, "p4"), (&world.on(&store), "p5")] {
            let outcome = world.settle(world.paid(payment, band, 1)).await;
            assert_eq!(outcome, suspended(Suspended::EventClosed));
        }
        assert_eq!(world.status(band).await, MediumStatus::Active);
        world.books_are(Books { wallets: 2, suspense: 3, ..Books::default() }).await;
    })
    .await;
}

/// On SQLite there is one writer, so that nobody can start between the gate and its commit.
#[tokio::test]
async fn a_process_that_starts_while_an_event_closes_knows_that_it_is_closed() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        world.tops_up("p1", &world.bands[0], 1).await;
        // Closing has passed the gate and is not committed yet.
        let mut closing = store.begin().await.unwrap();
        db::close_gate(&mut closing).await.unwrap();
        assert!(crate::events::store::close(&mut closing, world.event.id, world.clock.now()).await.unwrap());
        let late = world.on(&store);
        let mut settling = {
            let late = late.clone();
            tokio::spawn(async move { late.settle(late.paid("p2", &late.bands[0], 1)).await })
        };
        // It waits for the one who closes, or it would have answered by now.
        tokio::select! {
            () = someone_waits_for_a_lock(&store) => {}
            took = &mut settling => panic!("it took money for an event that is being closed: {took:?}"),
        }
        closing.commit().await.unwrap();
        assert_eq!(settling.await.unwrap(), suspended(Suspended::EventClosed));
        let again = late.settle(late.paid("p3", &late.bands[0], 1)).await;
        assert_eq!(again, suspended(Suspended::EventClosed));
        store.close().await;
    })
    .await;
}
