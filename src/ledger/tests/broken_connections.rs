//! Connections that break: whatever was under way happened once or not at all, and whoever asked is told.

use super::proxy::Wire;
use crate::db::testing::on_postgres_address;
use crate::db::{self, Error, Store};
use crate::events::Rules;
use crate::ids::ChargeId;
use crate::ledger::{LaneError, LaneHandle, LaneOptions};
use crate::money::Cents;
use crate::payments::tests::world::{Books, World};
use crate::payments::{Outcome, Settle};
use crate::providers::Verified;
use crate::values;
use futures_util::future::join_all;
use std::time::Duration;

#[tokio::test]
async fn a_commit_that_was_cut_off_before_it_reached_the_server_is_made_again() {
    on_postgres_address(async |url| {
        let (wire, through) = Wire::lay(&url).await;
        let store = Store::open(&through).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let bar = world.opens_bar("Bar").await;
        world.tops_up("p1", band, 1_000).await;
        wire.cut_before_commit();
        assert_eq!(world.tops_up("p2", band, 100).await, Cents(1_100));
        wire.cut_before_commit();
        let charged = world.sells(&bar, ChargeId::new(), band, 30).await.unwrap();
        assert_eq!((charged.balance, charged.replayed), (Cents(1_070), false));
        assert_eq!(wire.cuts(), 2);
        world.books_are(Books { wallets: 1_070, vendors: 30, ..Books::default() }).await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_again_and_not_repeated() {
    on_postgres_address(async |url| {
        let (wire, through) = Wire::lay(&url).await;
        let store = Store::open(&through).await.unwrap();
        let world = World::open(&store, Rules::default(), 2).await;
        let [band, other] = &world.bands[..] else { panic!("two wristbands") };
        let bar = world.opens_bar("Bar").await;
        world.tops_up("p1", band, 1_000).await;
        wire.cut_after_commit();
        assert_eq!(world.settle(world.paid("p2", band, 100)).await, Outcome::AlreadyKnown);
        wire.cut_after_commit();
        let id = ChargeId::new();
        let charged = world.sells(&bar, id, band, 30).await.unwrap();
        assert_eq!((charged.balance, charged.replayed), (Cents(1_070), true), "the answer it would have had");
        wire.cut_after_commit();
        assert_eq!(world.voids(&bar, id).await.unwrap().balance, Cents(1_100));
        // A whole batch of many.
        wire.cut_after_commit();
        let outcomes =
            join_all((0..20).map(|number| world.settle(world.paid(&format!("q{number}"), other, 1)))).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::AlreadyKnown), "{outcomes:?}");
        assert_eq!(wire.cuts(), 4);
        world.books_are(Books { wallets: 1_120, ..Books::default() }).await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_ends_every_connection_costs_no_request() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        let control = Store::open(&url).await.unwrap();
        for round in 1..=3 {
            // Readers and the lane have connections of their own by now, and all of them die.
            let readers = join_all((0..4).map(|_| store.read())).await;
            drop(readers);
            let ended: Vec<(bool,)> = control
                .read()
                .await
                .unwrap()
                .all(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND pid <> pg_backend_pid()",
                    values![],
                )
                .await
                .unwrap();
            assert!(!ended.is_empty());
            assert_eq!(world.tops_up(&format!("p{round}"), band, 1).await, Cents(round));
        }
        control.close().await;
        let _ = store.read().await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_gone_is_said_at_once_to_everybody_who_waits() {
    on_postgres_address(async |url| {
        let store = Store::open(&url).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        store.close().await;
        let answers = join_all((0..500).map(|number| {
            let report = world.paid(&format!("p{number}"), band, 1);
            world.lane.submit(Settle::new(&world.keys, world.event.id, Verified::unchecked(report)))
        }))
        .await;
        assert!(answers.iter().all(|answer| *answer == Err(LaneError::Unavailable)));
    })
    .await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_holds_nobody_up_for_ever() {
    on_postgres_address(async |url| {
        let (wire, through) = Wire::lay(&url).await;
        let store = Store::open(&through).await.unwrap();
        let world = World::open(&store, Rules::default(), 1).await;
        let options =
            LaneOptions { batch_time_max: Duration::from_secs(3), ..LaneOptions::new(world.clock.clone()) };
        let (lane, _) = LaneHandle::start(store.clone(), options);
        let settles = |payment: &'static str| {
            let report = Verified::unchecked(world.paid(payment, &world.bands[0], 100));
            lane.submit(Settle::new(&world.keys, world.event.id, report))
        };
        settles("p1").await.unwrap();
        wire.swallows();
        assert_eq!(settles("p2").await, Err(LaneError::Unavailable));
        assert!(!lane.commits().await);
        wire.is_mended();
        while settles("p2").await.is_err() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(settles("p2").await, Ok(Outcome::AlreadyKnown)));
        world.books_are(Books { wallets: 200, ..Books::default() }).await;
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_read_that_is_never_answered_is_given_up_and_the_next_is_answered() {
    on_postgres_address(async |url| {
        let (wire, through) = Wire::lay(&url).await;
        let store = Store::open(&through).await.unwrap();
        let mut session = store.read_at_bar().await.unwrap();
        db::ping(&mut session).await.unwrap();
        wire.swallows();
        // Without a bound it would wait for as long as the system believes in the connection.
        let asked = tokio::time::timeout(Duration::from_secs(60), db::ping(&mut session)).await;
        assert!(asked.expect("it is given up").unwrap_err().is_connection_lost());
        wire.is_mended();
        drop(session);
        db::ping(&mut store.read_at_bar().await.unwrap()).await.unwrap();
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn who_waited_for_a_server_in_vain_learns_why() {
    on_postgres_address(async |url| {
        let (wire, through) = Wire::lay(&url).await;
        let store = Store::open(&through).await.unwrap();
        let in_vain = Error::Database(sqlx::Error::PoolTimedOut);
        assert_eq!(store.why_unreachable(&in_vain).await, None, "all connections are lent out");
        wire.refuses().await;
        let why = store.why_unreachable(&in_vain).await.expect("nobody listens");
        assert!(why.contains("refused"), "{why}");
        assert_eq!(store.why_unreachable(&Error::LostRace("a row")).await, None, "it says itself what it is");
    })
    .await;
}
