//! Money that reaches a wallet: credited with the reported amount, once, whoever reports it how often.

use super::world::{Books, World};
use crate::db::testing::on_both_engines;
use crate::events::{Behaviour, Rules};
use crate::media::{LifecycleMove, MediumStatus};
use crate::money::Cents;
use crate::payments::{Outcome, Settle};
use crate::providers::{PaymentReport, Source, Verified};
use futures_util::future::join_all;

#[tokio::test]
async fn a_top_up_credits_the_reported_amount_whatever_was_printed() {
    on_both_engines(async |store| {
        let rules = Rules { behaviour: Behaviour::Fixed, amount: Some(Cents(2_500)), ..Rules::default() };
        let world = World::open(&store, rules, 2).await;
        let [first, second] = &world.bands[..] else { panic!("two wristbands") };
        let outcome = world.settle(world.paid("p1", first, 1)).await;
        assert_eq!(outcome, Outcome::Credited { medium: first.id, amount: Cents(1), balance: Cents(1) });
        assert_eq!(world.tops_up("p2", first, 999_999).await, Cents(1_000_000));
        assert_eq!(world.balance(second).await, 0);
        assert_eq!(world.status(first).await, MediumStatus::Active, "the first top-up activates");
        assert_eq!(world.status(second).await, MediumStatus::Issued);
        assert_eq!(world.parked().await.len(), 0);
        world.books_are(Books { wallets: 1_000_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_payment_from_any_source_at_any_time_is_credited_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 2_000).await;
        for source in [Source::Callback, Source::Details, Source::List] {
            let again = PaymentReport { source, ..world.paid("p1", band, 2_000) };
            assert_eq!(world.settle(again).await, Outcome::AlreadyKnown);
            world.waits(std::time::Duration::from_secs(86_400));
        }
        // In one batch with others, and in whatever words the optional fields are left out.
        let bare = PaymentReport {
            description: None,
            created_at: None,
            reference: None,
            ..world.paid("p1", band, 2_000)
        };
        let outcomes = join_all((0..8).map(|_| world.settle(bare.clone()))).await;
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::AlreadyKnown), "{outcomes:?}");
        assert_eq!(world.matters().await, []);
        world.books_are(Books { wallets: 2_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_tasks_that_report_one_payment_credit_it_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let beside = world.on(&store);
        let tasks = (0..64).map(|number| {
            let world = if number % 2 == 0 { world.clone() } else { beside.clone() };
            tokio::spawn(async move {
                let source = [Source::Callback, Source::Details, Source::List][number % 3];
                let one = PaymentReport { source, ..world.paid("p1", &world.bands[0], 2_000) };
                let other = world.paid(&format!("q{number}"), &world.bands[1], 10);
                (world.settle(one).await, world.settle(other).await)
            })
        });
        let outcomes: Vec<_> = join_all(tasks).await.into_iter().map(Result::unwrap).collect();
        let credited = outcomes.iter().filter(|(one, _)| matches!(one, Outcome::Credited { .. }));
        assert_eq!(credited.count(), 1);
        assert!(
            outcomes
                .iter()
                .all(|(one, _)| { matches!(one, Outcome::Credited { .. } | Outcome::AlreadyKnown) })
        );
        assert!(outcomes.iter().all(|(_, other)| matches!(other, Outcome::Credited { .. })));
        world.books_are(Books { wallets: 2_640, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_frozen_medium_still_takes_money() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let band = &world.bands[0];
        world.tops_up("p1", band, 500).await;
        world.moves(band, LifecycleMove::Freeze).await.unwrap();
        assert_eq!(world.tops_up("p2", band, 500).await, Cents(1_000));
        assert_eq!(world.status(band).await, MediumStatus::Frozen);
        world.books_are(Books { wallets: 1_000, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn an_old_reference_credits_the_wallet_its_successor_spends_from() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 3).await;
        let [first, second, third] = &world.bands[..] else { panic!("three wristbands") };
        world.tops_up("p1", first, 1_000).await;
        world.replaces(first, second).await.unwrap();
        world.replaces(second, third).await.unwrap();
        assert_eq!(world.tops_up("p2", first, 100).await, Cents(1_100));
        assert_eq!(world.tops_up("p3", second, 10).await, Cents(1_110));
        assert_eq!(world.tops_up("p4", third, 1).await, Cents(1_111));
        for band in [first, second, third] {
            assert_eq!(world.balance(band).await, 1_111);
        }
        assert_eq!(world.status(first).await, MediumStatus::Replaced);
        assert_eq!(world.status(third).await, MediumStatus::Active);
        world.books_are(Books { wallets: 1_111, ..Books::default() }).await;
    })
    .await;
}

#[tokio::test]
async fn a_report_settles_the_same_alone_and_among_others() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 3).await;
        let [first, second, third] = &world.bands[..] else { panic!("three wristbands") };
        let reports = [
            world.paid("p1", first, 100),
            world.paid("p2", first, 100),
            world.paid("p1", first, 100),
            world.paid("p1", first, 200),
            PaymentReport { amount_cents: None, ..world.paid("p3", second, 0) },
            world.paid("p3", second, 300),
            world.paid("p4", third, 400),
        ];
        let settles = reports.map(|report| {
            world.lane.submit(Settle::new(&world.keys, world.event.id, Verified::unchecked(report)))
        });
        let names: Vec<&str> =
            join_all(settles).await.into_iter().map(|outcome| outcome.unwrap().as_str()).collect();
        assert_eq!(
            names,
            ["credited", "credited", "already-known", "mismatch", "needs-review", "credited", "credited"]
        );
        let matters = world.matters().await;
        assert_eq!(matters, [("mismatch".to_owned(), "two reports disagree".to_owned())]);
        world.books_are(Books { wallets: 900, ..Books::default() }).await;
    })
    .await;
}
