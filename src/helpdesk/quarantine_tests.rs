//! Ranges on both engines: what is moved, what is left, and what races with them.

use super::{
    Asked, BadSuccessor, Move, Range, RangeMove, RangeMoved, RangeOrder, RangeRefusal, Refusal, find_range,
    move_medium, move_range,
};
use crate::audit_log;
use crate::db::testing::on_both_engines;
use crate::ids::{BatchId, MoveId};
use crate::ledger::test_festival::{Festival, actor, public_url};
use crate::media::MediumStatus::{Active, Issued, Quarantined, Revoked, Spoiled};
use crate::media::{self, MediumKind, NewBatch};
use crate::money::Cents;
use crate::payments::{Outcome, Suspended};
use crate::print::Piece;
use crate::providers::ServiceUrl;
use crate::values;
use std::collections::BTreeMap;

fn order(asked: RangeMove) -> RangeOrder {
    RangeOrder { asked, actor: actor(), reason: "stolen from the van".to_owned() }
}

impl Festival {
    async fn range(&self, from: &str, to: &str) -> Result<Range, RangeRefusal> {
        find_range(&self.store, &self.scanner(), None, from, to).await.unwrap()
    }

    /// The range between two of the festival's own pieces.
    async fn between(&self, from: usize, to: usize) -> Range {
        self.range(&self.pieces[from].qr_text, self.pieces[to].serial.as_str()).await.unwrap()
    }

    async fn moves_range(&self, range: &Range, asked: RangeMove) -> RangeMoved {
        move_range(&self.store, &self.lane, range, &order(asked), |_| ()).await.unwrap().unwrap()
    }

    async fn asks_for(&self, piece: &Piece, asked: Asked) -> Result<(), Refusal> {
        let medium = self.medium(piece).await.id;
        let reason = Some("at the desk".to_owned());
        let order = Move { event: self.event.id, medium, id: MoveId::new(), asked, actor: actor(), reason };
        move_medium(&self.lane, order).await.unwrap().map(drop)
    }

    /// Of a batch of its own, so large.
    async fn roll(&self, count: i64) -> Range {
        let new = NewBatch {
            id: BatchId::new(),
            count,
            kind: MediumKind::Wristband,
            pay_url: ServiceUrl::parse("https://pay.bancontact.net").unwrap(),
            public_url: public_url(),
            options: media::BatchOptions::default(),
        };
        let (store, keys) = (&self.store, &self.keys);
        let batch =
            media::issue(store, keys, &actor(), &self.clock, &self.event, &new, |_| ()).await.unwrap();
        Range { batch, first: 1, last: count }
    }
}

#[tokio::test]
async fn a_range_is_quarantined_in_either_order_and_what_is_in_use_is_left_and_counted() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        festival.top_up(&festival.pieces[4], 500).await;
        festival.asks_for(&festival.pieces[5], Asked::Spoil).await.unwrap();
        let range = festival.between(7, 2).await;
        assert_eq!((range.first, range.last), (3, 8));
        let done = festival.moves_range(&range, RangeMove::Quarantine).await;
        let left = BTreeMap::from([(Active, 1), (Spoiled, 1)]);
        assert_eq!(done, RangeMoved { moved: 4, already: 0, left: left.clone() });
        for (index, status) in [(1, Issued), (2, Quarantined), (4, Active), (7, Quarantined), (8, Issued)] {
            assert_eq!(festival.medium(&festival.pieces[index]).await.status, status, "piece {}", index + 1);
        }
        // Run again, as after an interruption, it moves nothing twice.
        let again = festival.moves_range(&range, RangeMove::Quarantine).await;
        assert_eq!(again, RangeMoved { moved: 0, already: 4, left });
        let log = festival.log().await;
        let ranges = log.iter().filter(|entry| entry.starts_with("range quarantined batch:")).count();
        assert_eq!(ranges, 1, "what moves nothing is not written down: {log:?}");
        let released = festival.moves_range(&festival.between(2, 3).await, RangeMove::Release).await;
        assert_eq!(released, RangeMoved { moved: 2, ..RangeMoved::default() });
        assert_eq!(festival.medium(&festival.pieces[2]).await.status, Issued);
        assert_eq!(festival.medium(&festival.pieces[7]).await.status, Quarantined);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_quarantined_piece_takes_no_money_and_replaces_nothing_until_it_is_released() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let [used, stolen, ended, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        festival.top_up(used, 500).await;
        festival.moves_range(&festival.between(1, 2).await, RangeMove::Quarantine).await;
        assert_eq!(festival.pay(stolen, 700).await, Outcome::Suspended(Suspended::Quarantined));
        let with = festival.medium(stolen).await.id;
        let refused = Refusal::Successor(BadSuccessor::NotUnused(Quarantined));
        assert_eq!(festival.asks_for(used, Asked::Replace { with }).await, Err(refused));
        for asked in [Asked::Activate, Asked::Freeze, Asked::Unfreeze, Asked::Quarantine] {
            let refused = Err(Refusal::NotAllowedFrom(Quarantined));
            assert_eq!(festival.asks_for(stolen, asked).await, refused, "{asked:?}");
        }
        festival.asks_for(ended, Asked::Revoke).await.unwrap();
        assert_eq!(festival.medium(ended).await.status, Revoked);
        let released = festival.moves_range(&festival.between(1, 2).await, RangeMove::Release).await;
        assert_eq!((released.moved, released.left), (1, BTreeMap::from([(Revoked, 1)])));
        festival.top_up(stolen, 30).await;
        assert_eq!(festival.balance(stolen).await, Cents(30));
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_range_has_two_ends_in_one_batch_and_a_reason() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        let (own, foreign) = (festival.pieces[0].serial.as_str(), other.pieces[0].serial.as_str());
        let elsewhere = other.medium(&other.pieces[0]).await.batch_id;
        assert_eq!(festival.range(own, foreign).await, Err(RangeRefusal::OtherBatch("to", elsewhere)));
        let found = find_range(&festival.store, &festival.scanner(), Some(elsewhere), own, foreign).await;
        let own_batch = festival.medium(&festival.pieces[0]).await.batch_id;
        assert_eq!(found.unwrap(), Err(RangeRefusal::OtherBatch("from", own_batch)));
        assert_eq!(festival.range(own, "PB1ZZZZZZZZZZZZZZZZ").await, Err(RangeRefusal::Unknown("to")));
        let refusal = festival.range("HELLO", own).await.unwrap_err();
        assert!(matches!(refusal, RangeRefusal::Foreign("from", _)), "{refusal:?}");
        let range = festival.between(0, 9).await;
        for reason in [" ".to_owned(), "x".repeat(501)] {
            let order = RangeOrder { reason, ..order(RangeMove::Quarantine) };
            let refused = move_range(&festival.store, &festival.lane, &range, &order, |_| ()).await;
            assert_eq!(refused.unwrap().unwrap_err().name(), "invalid-reason");
        }
        assert_eq!(festival.medium(&festival.pieces[0]).await.status, Issued);
    })
    .await;
}

#[tokio::test]
async fn a_long_range_moves_in_pieces_each_with_its_entry_and_goes_on_where_it_was() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let roll = festival.roll(1_100).await;
        let start = Range { last: 300, ..roll.clone() };
        assert_eq!(festival.moves_range(&start, RangeMove::Quarantine).await.moved, 300);
        let mut heard = Vec::new();
        let order = order(RangeMove::Quarantine);
        let moved = move_range(&festival.store, &festival.lane, &roll, &order, |done| heard.push(done)).await;
        let moved = moved.unwrap().unwrap();
        assert_eq!((moved.moved, moved.already), (800, 300));
        assert_eq!(heard, [250, 500, 750, 1_000, 1_100]);
        let mut session = festival.store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, Some(festival.event.id), None, 200).await.unwrap();
        let mut told: Vec<(String, String)> = log
            .into_iter()
            .filter(|entry| entry.action == "range quarantined")
            .map(|entry| (entry.detail.unwrap(), entry.reason.unwrap()))
            .collect();
        told.reverse();
        let details: Vec<&str> = told.iter().map(|(detail, _)| detail.as_str()).collect();
        assert_eq!(
            details,
            [
                "250 of the pieces 1 to 250",
                "50 of the pieces 251 to 300",
                "200 of the pieces 251 to 500",
                "250 of the pieces 501 to 750",
                "250 of the pieces 751 to 1000",
                "100 of the pieces 1001 to 1100",
            ]
        );
        assert!(told.iter().all(|(_, reason)| reason == "stolen from the van"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_more_of_a_long_range_is_moved_once_its_event_is_closed() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let roll = festival.roll(600).await;
        let order = order(RangeMove::Quarantine);
        // Called between two commits.
        let close = |done: i64| {
            if done == 250 {
                tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(festival.close());
                });
            }
        };
        let refused = move_range(&festival.store, &festival.lane, &roll, &order, close).await.unwrap();
        assert_eq!(refused, Err(Refusal::EventClosed));
        let mut session = festival.store.read().await.unwrap();
        let sql = "SELECT COUNT(*) FROM media WHERE event_id = $1 AND status = 'quarantined'";
        let (moved,): (i64,) = session.one(sql, values![festival.event.id]).await.unwrap();
        assert_eq!(moved, 250, "what was moved before stays moved");
        let start = Range { last: 250, ..roll.clone() };
        let rest = Range { first: 251, ..roll };
        for (range, asked) in
            [(&start, RangeMove::Quarantine), (&rest, RangeMove::Quarantine), (&start, RangeMove::Release)]
        {
            let order = RangeOrder { asked, ..order.clone() };
            let refused = move_range(&festival.store, &festival.lane, range, &order, |_| ()).await.unwrap();
            assert_eq!(refused, Err(Refusal::EventClosed), "{asked:?}");
        }
        let log = festival.log().await;
        assert_eq!(log.iter().filter(|entry| entry.starts_with("range ")).count(), 1, "{log:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_top_up_that_races_with_a_quarantine_is_credited_before_it_or_parked_after_it() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let desk = festival.another_lane();
        let range = festival.between(0, 9).await;
        for _ in 0..4 {
            let order = order(RangeMove::Quarantine);
            let quarantine = move_range(&festival.store, &desk, &range, &order, |_| ());
            let pays =
                futures_util::future::join_all(festival.pieces[..5].iter().map(|p| festival.pay(p, 10)));
            let (moved, paid) = tokio::join!(quarantine, pays);
            moved.unwrap().unwrap();
            for (piece, outcome) in festival.pieces.iter().zip(paid) {
                let status = festival.medium(piece).await.status;
                match outcome {
                    Outcome::Credited { .. } => assert_eq!(status, Active),
                    other => {
                        assert_eq!(
                            (other, status),
                            (Outcome::Suspended(Suspended::Quarantined), Quarantined)
                        );
                    }
                }
            }
            let released = festival.moves_range(&range, RangeMove::Release).await;
            assert_eq!(released.moved + released.left.get(&Active).copied().unwrap_or_default(), 10);
        }
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_successor_that_is_quarantined_at_the_same_moment_gets_the_wallet_or_stays_out() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let desk = festival.another_lane();
        for pair in festival.pieces.chunks_exact(2) {
            let [old, new] = pair else { panic!("pairs") };
            festival.top_up(old, 500).await;
            let with = festival.medium(new).await.id;
            let range = festival.range(new.serial.as_str(), new.serial.as_str()).await.unwrap();
            let order = order(RangeMove::Quarantine);
            let (moved, replaced) = tokio::join!(
                move_range(&festival.store, &desk, &range, &order, |_| ()),
                festival.asks_for(old, Asked::Replace { with })
            );
            let (moved, status) = (moved.unwrap().unwrap(), festival.medium(new).await.status);
            match replaced {
                Ok(()) => {
                    assert_eq!((moved.left, status), (BTreeMap::from([(Active, 1)]), Active));
                    assert_eq!(festival.balance(new).await, Cents(500));
                }
                Err(refusal) => {
                    assert_eq!(refusal, Refusal::Successor(BadSuccessor::NotUnused(Quarantined)));
                    assert_eq!((moved.moved, status), (1, Quarantined));
                    assert_eq!(festival.balance(old).await, Cents(500));
                }
            }
        }
        festival.books_are_clean().await;
    })
    .await;
}

#[test]
fn every_refusal_of_a_range_names_its_end_and_what_would_be_right() {
    let batch = crate::ids::BatchId::new();
    for refusal in [
        RangeRefusal::Foreign("from", "this is not a wristband's or card's code"),
        RangeRefusal::Unknown("from"),
        RangeRefusal::OtherBatch("from", batch),
    ] {
        assert!(refusal.end() == "from" && refusal.sentence().len() > 10, "{refusal:?}");
    }
}
