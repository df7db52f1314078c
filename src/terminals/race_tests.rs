//! Races on both engines: many tasks, two lanes, one wallet.

use super::charge::Answer;
use super::test_till::{Bar, sale};
use super::{NewCharge, Refusal, Terminal, Till, revoke};
use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::helpdesk::{Asked, Move, move_medium};
use crate::ids::MoveId;
use crate::ledger::QUEUE_REQUESTS_MAX;
use crate::ledger::test_festival::actor;
use crate::money::Cents;
use futures_util::future::join_all;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const TASKS: usize = 200;

impl Bar {
    /// Sends each of these charges from a task of its own, in turn through these tills.
    async fn race(&self, tills: &[Till], charges: Vec<NewCharge>) -> Vec<Answer> {
        let tasks = charges.into_iter().enumerate().map(|(number, new)| {
            let (till, terminal) = (tills[number % tills.len()].clone(), self.terminal.clone());
            let now = self.clock.now();
            tokio::spawn(async move { charge(&till, &terminal, now, new).await })
        });
        join_all(tasks).await.into_iter().map(Result::unwrap).collect()
    }
}

/// Charges as a terminal does: without an answer it sends the same charge again.
async fn charge(till: &Till, terminal: &Arc<Terminal>, now: Timestamp, new: NewCharge) -> Answer {
    loop {
        if let Ok(answer) = till.charge(terminal, now, new.clone()).await {
            return answer;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_tasks_never_overdraw_a_wallet() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 10_050).await;
        let charges = (0..TASKS).map(|_| sale(&band.pay_qr_text, 100)).collect();
        let answers = bar.race(std::slice::from_ref(&bar.till), charges).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 100);
        let short = Refusal::InsufficientFunds { balance: Cents(50), missing: Cents(50) };
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert!(refused.iter().all(|refusal| **refusal == short), "{refused:?}");
        assert_eq!(bar.balance(band).await, Cents(50));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_lanes_on_the_same_wallets_stay_correct() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let bands = &bar.pieces[..3];
        for band in bands {
            bar.top_up(band, 3_000).await;
        }
        let tills = [bar.till.clone(), bar.till_on(bar.another_lane())];
        let charges = (0..TASKS).map(|number| sale(&bands[number % 3].pay_qr_text, 100)).collect();
        let answers = bar.race(&tills, charges).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 90);
        for band in bands {
            assert_eq!(bar.balance(band).await, Cents::ZERO);
        }
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_charge_sent_many_times_through_two_lanes_happens_once() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [band, other, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        bar.top_up(band, 3_000).await;
        bar.top_up(other, 3_000).await;
        let new = sale(&band.pay_qr_text, 100);
        let forged = NewCharge { code: other.pay_qr_text.clone(), ..new.clone() };
        let tills = [bar.till.clone(), bar.till_on(bar.another_lane())];
        let charges = [vec![new.clone(); 40], vec![forged; 40]].concat();
        let answers = bar.race(&tills, charges).await;
        let fresh = answers.iter().flatten().filter(|charged| !charged.replayed).count();
        assert_eq!(fresh, 1, "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 40);
        let left = (bar.balance(band).await, bar.balance(other).await);
        assert!(left == (Cents(2_900), Cents(3_000)) || left == (Cents(3_000), Cents(2_900)), "{left:?}");
        // Voided from both sides at once, it goes back once.
        let voids = (0..20).map(|number| {
            let (till, terminal) = (tills[number % 2].clone(), bar.terminal.clone());
            tokio::spawn(async move { till.void(&terminal, new.id, None).await.unwrap() })
        });
        for answer in join_all(voids).await {
            assert_eq!(answer.unwrap().unwrap().balance, Cents(3_000));
        }
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn once_revoking_a_terminal_returned_no_lane_accepts_its_charges() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 1_000_000).await;
        let revoked = Arc::new(AtomicBool::new(false));
        let tills = [bar.till.clone(), bar.till_on(bar.another_lane())];
        let sellers = tills.clone().map(|till| {
            let (terminal, code, now) = (bar.terminal.clone(), band.pay_qr_text.clone(), bar.clock.now());
            let revoked = revoked.clone();
            tokio::spawn(async move {
                let mut sold = 0;
                loop {
                    let was_revoked = revoked.load(Ordering::SeqCst);
                    match charge(&till, &terminal, now, sale(&code, 1)).await {
                        Ok(_) if was_revoked => panic!("a revoked terminal sold"),
                        Ok(_) => sold += 1,
                        Err(Refusal::TerminalRevoked) => return sold,
                        Err(refusal) => panic!("{refusal:?}"),
                    }
                }
            })
        });
        while bar.balance(band).await > Cents(999_980) {
            tokio::task::yield_now().await;
        }
        revoke(&bar.store, &actor(), bar.clock.now(), bar.terminal.id, None).await.unwrap();
        revoked.store(true, Ordering::SeqCst);
        let mut sold = 0;
        for seller in sellers {
            sold += seller.await.unwrap();
        }
        assert_eq!(bar.balance(band).await, Cents(1_000_000 - sold));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn once_revoking_a_medium_returned_no_lane_charges_it() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 1_000_000).await;
        let medium = bar.medium(band).await.id;
        let revoked = Arc::new(AtomicBool::new(false));
        // A third lane is the command line beside two servers.
        let (desk, tills) = (bar.another_lane(), [bar.till.clone(), bar.till_on(bar.another_lane())]);
        let sellers = tills.clone().map(|till| {
            let (terminal, code, now) = (bar.terminal.clone(), band.pay_qr_text.clone(), bar.clock.now());
            let revoked = revoked.clone();
            tokio::spawn(async move {
                let mut sold = 0;
                loop {
                    let was_revoked = revoked.load(Ordering::SeqCst);
                    match charge(&till, &terminal, now, sale(&code, 1)).await {
                        Ok(_) if was_revoked => panic!("a revoked medium paid"),
                        Ok(_) => sold += 1,
                        Err(Refusal::MediumNotActive(_)) => return sold,
                        Err(refusal) => panic!("{refusal:?}"),
                    }
                }
            })
        });
        while bar.balance(band).await > Cents(999_980) {
            tokio::task::yield_now().await;
        }
        let reason = Some("stolen".to_owned());
        let (event, id) = (bar.event.id, MoveId::new());
        let order = Move { event, medium, id, asked: Asked::Revoke, actor: actor(), reason };
        // Without an answer, the same move again.
        let moved = loop {
            if let Ok(answer) = move_medium(&desk, order.clone()).await {
                break answer;
            }
        };
        moved.unwrap();
        revoked.store(true, Ordering::SeqCst);
        let mut sold = 0;
        for seller in sellers {
            sold += seller.await.unwrap();
        }
        assert_eq!(bar.balance(band).await, Cents(1_000_000 - sold));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lane_that_starts_while_a_terminal_is_revoked_refuses_it_afterwards() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 1_000).await;
        let late = bar.till_on(bar.another_lane());
        let mut tx = bar.store.begin().await.unwrap();
        crate::db::close_gate(&mut tx).await.unwrap();
        tx.execute("UPDATE terminals SET revoked_at = 1", vec![]).await.unwrap();
        let (till, terminal, now) = (late.clone(), bar.terminal.clone(), bar.clock.now());
        let new = sale(&band.pay_qr_text, 1);
        let during = tokio::spawn(async move { charge(&till, &terminal, now, new).await });
        // Time for the lane to be claimed, should nothing hold it up.
        for _ in 0..1_000 {
            bar.balance(band).await;
        }
        tx.commit().await.unwrap();
        let after = charge(&late, &bar.terminal, now, sale(&band.pay_qr_text, 1)).await;
        assert_eq!(after, Err(Refusal::TerminalRevoked));
        let _ = during.await.unwrap();
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_charge_that_is_still_waiting_is_not_denied() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        // From its second charge on, a till knows our addresses and asks nothing before the lane.
        bar.sold(band, 100).await;
        for _ in 0..5 {
            let new = sale(&band.pay_qr_text, 100);
            let (charged, found) = tokio::join!(bar.charges(new.clone()), bar.reads_back(new.id));
            assert_eq!(found.unwrap().expect("it was asked after the charge").id, charged.unwrap().id);
        }
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tills_that_flush_more_than_the_queue_holds_wait_for_their_turn() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 10_000).await;
        bar.sold(band, 1).await;
        let flush = |_| {
            let (till, terminal, now) = (bar.till.clone(), bar.terminal.clone(), bar.clock.now());
            let stored = (0..200).map(|_| sale(&band.pay_qr_text, 1)).collect();
            tokio::spawn(async move { till.charge_batch(&terminal, now, stored).await.unwrap() })
        };
        let flushes = QUEUE_REQUESTS_MAX / 200 + 2;
        for answers in join_all((0..flushes).map(flush)).await {
            assert!(answers.unwrap().into_iter().all(|answer| answer.unwrap().is_ok()));
        }
        let sold = i64::try_from(flushes * 200 + 1).unwrap();
        assert_eq!(bar.balance(band).await, Cents(10_000 - sold));
        bar.books_are_clean().await;
    })
    .await;
}
