//! Batches: every code once, whole or not at all, in bounded memory.

use crate::audit_log;
use crate::codes::Code;
use crate::db::testing::on_both_engines;
use crate::events::{Behaviour, Rules};
use crate::ids::{BatchId, MediumId};
use crate::media::store::{Fresh, batches, by_code, insert_media};
use crate::media::{
    BatchOptions, CodeKind, IssueError, MediumKind, MediumStatus, NewBatch, PieceSource, issue,
};
use crate::money::Cents;
use crate::payments::tests::world::{World, actor};
use crate::print::Piece;
use crate::providers::ServiceUrl;
use crate::values;
use std::collections::HashSet;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

fn wristbands(count: i64) -> NewBatch {
    NewBatch {
        id: BatchId::new(),
        count,
        kind: MediumKind::Wristband,
        pay_url: ServiceUrl::parse("https://pay.bancontact.net").unwrap(),
        public_url: ServiceUrl::parse("https://polsband.example").unwrap(),
        options: BatchOptions::default(),
    }
}

impl World {
    async fn issues(&self, new: &NewBatch) -> Result<crate::media::Batch, IssueError> {
        issue(&self.store, &self.keys, &actor(), &self.clock, &self.event, new, |_| {}).await
    }

    async fn pieces(&self, batch: &crate::media::Batch) -> (Vec<Piece>, usize) {
        let source = PieceSource::open(&self.store, &self.keys, batch.id).await.unwrap();
        let mut source = source.unwrap();
        let (mut pieces, mut largest) = (Vec::new(), 0);
        loop {
            let page = source.page(&self.store).await.unwrap();
            if page.is_empty() {
                return (pieces, largest);
            }
            largest = largest.max(page.len());
            pieces.extend(page);
        }
    }
}

#[tokio::test]
async fn every_medium_of_a_batch_has_three_codes_of_its_own_that_survive_a_spreadsheet() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let mut heard = Vec::new();
        let new = wristbands(3_001);
        let batch = issue(&store, &world.keys, &actor(), &world.clock, &world.event, &new, |n| heard.push(n))
            .await
            .unwrap();
        assert_eq!(heard, [1_000, 2_000, 3_000, 3_001], "in pieces, each heard of");
        let (pieces, largest) = world.pieces(&batch).await;
        assert_eq!(pieces.len(), 3_001);
        assert!(largest <= 2_000, "a page is what lies in memory, however large the batch");
        let places: Vec<u64> = pieces.iter().map(|piece| piece.sequence).collect();
        assert_eq!(places, (1..=3_001).collect::<Vec<u64>>());
        let mut codes = HashSet::new();
        for piece in &pieces {
            for text in [piece.reference.as_str(), piece.serial.as_str(), piece.pay_code.reveal()] {
                assert!(codes.insert(text.to_owned()), "{text} twice");
                assert!(text.parse::<f64>().is_err(), "{text} is a number to a spreadsheet");
                assert!(Code::parse(text).is_some_and(|code| code != Code::Mistyped), "{text}");
            }
        }
        let (wallets, hashes): (i64, i64) = store
            .read()
            .await
            .unwrap()
            .one("SELECT (SELECT COUNT(*) FROM wallets), (SELECT COUNT(*) FROM code_directory)", values![])
            .await
            .unwrap();
        assert_eq!((wallets, hashes), (3_002, 3 * 3_002));
        for piece in [&pieces[0], &pieces[1_000], &pieces[3_000]] {
            let mut session = store.read().await.unwrap();
            for (kind, text) in [
                (CodeKind::Reference, piece.reference.as_str()),
                (CodeKind::Serial, piece.serial.as_str()),
                (CodeKind::Pay, piece.pay_code.reveal()),
            ] {
                let found = by_code(&mut session, world.keys.code_hash(kind.as_str(), text)).await.unwrap();
                let found = found.expect("its codes lead to it");
                assert_eq!((found.code_kind, &found.medium.reference), (kind, &piece.reference));
                assert_eq!((found.medium.status, found.balance), (MediumStatus::Issued, Cents::ZERO));
            }
        }
    })
    .await;
}

#[tokio::test]
async fn no_number_of_media_that_is_none_is_issued_nor_any_for_a_closed_event() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        for count in [0, -1, 1_000_001, i64::MIN, i64::MAX] {
            let refused = world.issues(&wristbands(count)).await;
            assert!(matches!(refused, Err(IssueError::Count(wrong)) if wrong == count), "{refused:?}");
        }
        world.closes().await;
        let mut closed = world.clone();
        closed.event.closed_at = Some(world.clock.now());
        assert!(matches!(closed.issues(&wristbands(1)).await, Err(IssueError::EventClosed)));
        assert_eq!(
            batches(&mut store.read().await.unwrap(), world.event.id, None, 10).await.unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn codes_that_no_scanner_would_read_are_refused_before_one_is_issued() {
    on_both_engines(async |store| {
        let rules = Rules { behaviour: Behaviour::Fixed, amount: Some(Cents(999_999)), ..Rules::default() };
        let world = World::open(&store, rules, 1).await;
        let host = format!("https://pay.example/{}", "a".repeat(180));
        let long = NewBatch { pay_url: ServiceUrl::parse(&host).unwrap(), ..wristbands(5) };
        let refused = world.issues(&long).await;
        assert!(matches!(refused, Err(IssueError::Code(_))), "{refused:?}");
        assert_eq!(
            batches(&mut store.read().await.unwrap(), world.event.id, None, 10).await.unwrap().len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn a_batch_that_was_interrupted_can_not_be_printed_and_the_next_one_can() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let half = AtomicBool::new(false);
        {
            let progress = |written| half.store(written >= 1_000, Ordering::SeqCst);
            let (new, actor) = (wristbands(3_000), actor());
            let mut issuing = std::pin::pin!(issue(
                &store,
                &world.keys,
                &actor,
                &world.clock,
                &world.event,
                &new,
                progress
            ));
            // Polled until the first piece is written, and then dropped as a killed process would.
            std::future::poll_fn(|context| {
                assert!(issuing.as_mut().poll(context).is_pending(), "interrupted before its end");
                if half.load(Ordering::SeqCst) {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            })
            .await;
        }
        let known = batches(&mut store.read().await.unwrap(), world.event.id, None, 10).await.unwrap();
        let torn =
            known.iter().find(|batch| batch.issued_at.is_none()).expect("it is remembered as unfinished");
        let Err(why) = PieceSource::open(&store, &world.keys, torn.id).await.unwrap() else {
            panic!("half a batch was printed");
        };
        assert!(why.contains("interrupted") && why.contains("issue a new one"), "{why}");
        let whole = world.issues(&wristbands(10)).await.unwrap();
        assert_eq!(world.pieces(&whole).await.0.len(), 10);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_exists_already_is_never_written_a_second_time() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let taken = &world.bands[0];
        let hash = |kind: CodeKind, text: &str| (kind, world.keys.code_hash(kind.as_str(), text));
        let fresh = crate::codes::Reference::draw(&mut rand::rng());
        for hashes in [
            [
                hash(CodeKind::Reference, taken.reference.as_str()),
                hash(CodeKind::Serial, "A"),
                hash(CodeKind::Pay, "B"),
            ],
            [
                hash(CodeKind::Reference, fresh.as_str()),
                hash(CodeKind::Serial, taken.serial.as_str()),
                hash(CodeKind::Pay, "B"),
            ],
            [
                hash(CodeKind::Reference, fresh.as_str()),
                hash(CodeKind::Serial, "A"),
                hash(CodeKind::Serial, "A"),
            ],
        ] {
            let medium = crate::media::Medium { id: MediumId::new(), sequence: 2, ..taken.clone() };
            let mut tx = store.begin().await.unwrap();
            let collided = insert_media(&mut tx, &mut [Fresh { medium, hashes }]).await;
            assert!(collided.is_err_and(|error| error.is_retryable()), "drawn again");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_that_are_issued_at_once_do_not_mix() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let tasks = (0..3).map(|_| {
            let world = world.clone();
            tokio::spawn(async move { world.issues(&wristbands(1_100)).await.unwrap() })
        });
        let mut references = HashSet::new();
        for batch in futures_util::future::join_all(tasks).await {
            let (pieces, _) = world.pieces(&batch.unwrap()).await;
            assert_eq!(pieces.len(), 1_100);
            references.extend(pieces.into_iter().map(|piece| piece.reference));
        }
        assert_eq!(references.len(), 3_300);
        let mut session = store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, Some(world.event.id), None, 200).await.unwrap();
        assert_eq!(log.iter().filter(|entry| entry.action == "batch issued").count(), 4);
    })
    .await;
}

#[tokio::test]
async fn postgres_has_counted_what_was_issued() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        world.issues(&wristbands(300)).await.unwrap();
        if world.store.engine() == crate::db::Engine::Postgres {
            let counted = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE relname = 'code_directory'";
            let mut session = world.store.read().await.unwrap();
            let (codes,): (i64,) = session.one(counted, values![]).await.unwrap();
            assert!(codes >= 900, "{codes}");
        }
    })
    .await;
}
