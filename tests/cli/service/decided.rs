//! What is decided at one instance holds at every other from the moment the call returned, in the middle of their charges.

use super::festival::{Caller, Festival};
use super::harness::{Server, run};
use crate::desk::{Codes, on_both_engines};
use futures_util::future::join_all;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use uuid::Uuid;

const TILLS: usize = 4;
const FUNDS: i64 = 40_000;
/// What each of the tills sells before anything is decided.
const SOLD_BEFORE: usize = 10;

#[test]
fn an_event_closed_at_one_instance_is_closed_to_the_charges_of_the_other() {
    decides(Decision { status: 409, problem: "event-closed" }, async |festival, first| {
        let path = "/api/v1/events/summer/close";
        festival.operator.at(first).posts(path, &json!({})).await.of_status(200);
    });
}

#[test]
fn a_terminal_revoked_at_one_instance_sells_at_no_other() {
    decides(Decision { status: 401, problem: "unauthorized" }, async |festival, first| {
        let operator = festival.operator.at(first);
        let listed = operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        for terminal in listed["terminals"].as_array().unwrap() {
            let path = format!("/api/v1/terminals/{}/revoke", terminal["id"].as_str().unwrap());
            operator.posts(&path, &json!({})).await.of_status(200);
        }
    });
}

#[test]
fn a_wristband_frozen_at_one_instance_pays_at_no_other() {
    decides(Decision { status: 409, problem: "medium-not-active" }, async |festival, first| {
        let path = format!("/api/v1/media/{}/freeze", festival.bands[0].reference);
        festival.operator.at(first).posts(&path, &json!({"reason": "lost"})).await.of_status(200);
    });
}

#[test]
fn a_comparison_asked_for_at_two_instances_at_once_credits_each_payment_once() {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, 6, 1).await;
            let second = festival.another_server();
            for round in 1..=2 {
                for band in festival.bands.iter() {
                    festival.bank.pays(band, 700, "drop").await;
                }
                let servers = [&first, &second, &first, &second];
                // Four ask, and each instance compares by itself every now and then.
                join_all(servers.map(|server| festival.reconciles(server))).await;
                for server in servers {
                    let operator = festival.operator.at(server);
                    assert_eq!(festival.moved(&operator, "top-up").await, (6 * round, 6 * round * 700));
                }
            }
            festival.audits();
        });
    });
}

/// What a charge hears after a decision.
#[derive(Clone, Copy)]
struct Decision {
    status: u16,
    problem: &'static str,
}

/// Tills charge one wristband at both instances without a pause; somebody decides at the first one. Every charge that was
/// begun after the decision returned is refused, and no cent of those before is lost.
fn decides(decision: Decision, decide: impl AsyncFn(&Festival<'_>, &Server)) {
    on_both_engines(|desk| {
        run(async {
            let (festival, first) = Festival::open(desk, 1, TILLS).await;
            let second = festival.another_server();
            festival.fund(1, FUNDS).await;
            let (decided, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            let tills = festival.terminals.iter().flat_map(|till| [till.at(&first), till.at(&second)]);
            let selling: Vec<_> = tills
                .map(|till| {
                    let bands = Arc::clone(&festival.bands);
                    tokio::spawn(sells(till, bands, decision, Arc::clone(&decided), Arc::clone(&sold)))
                })
                .collect();
            while sold.load(Ordering::SeqCst) < SOLD_BEFORE * selling.len() {
                assert!(selling.iter().all(|till| !till.is_finished()), "a till gave up");
                tokio::task::yield_now().await;
            }
            decide(&festival, &first).await;
            decided.store(true, Ordering::SeqCst);
            for till in join_all(selling).await {
                till.unwrap();
            }
            let sold = i64::try_from(sold.load(Ordering::SeqCst)).unwrap();
            let operator = festival.operator.at(&second);
            assert_eq!(festival.moved(&operator, "charge").await, (sold, sold));
            assert_eq!(operator.looks_up(&festival.bands[0]).await, FUNDS - sold);
            festival.audits();
        });
    });
}

/// Sells for a cent until a charge that was begun after the decision is refused.
async fn sells(
    till: Caller,
    bands: Arc<Vec<Codes>>,
    decision: Decision,
    decided: Arc<AtomicBool>,
    sold: Arc<AtomicUsize>,
) {
    loop {
        let is_late = decided.load(Ordering::SeqCst);
        let answer = till.charges(Uuid::now_v7(), &bands[0], 1).await;
        if answer.status == 201 {
            assert!(!is_late, "a charge begun after the decision was accepted");
            sold.fetch_add(1, Ordering::SeqCst);
            continue;
        }
        assert_eq!(answer.problem(decision.status), decision.problem);
        if is_late {
            return;
        }
    }
}
