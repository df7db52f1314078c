//! Callback, details and list race on one payment, from many tasks and two processes.

use super::{Asked, Patience, Reconciler, RunState};
use crate::db::Store;
use crate::db::testing::on_both_addresses;
use crate::ids::RunId;
use crate::ledger::{LaneHandle, LaneOptions};
use crate::payments::test_festival::{Festival, SignedCallback};
use crate::payments::{Outcome, Settle};
use crate::providers::{
    Adapter, CallbackRequest, PaymentReport, Provider, ProviderName, Source, Verified, Window,
};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;

const PAYMENTS: usize = 8;
/// Of each way, on each payment.
const TASKS: usize = 8;
/// Whole runs that are asked for meanwhile.
const RUNS: usize = 4;
const CENTS: i64 = 250;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a payment can be learned by, each in the way the service does it.
#[derive(Clone)]
struct Ways {
    festival: Arc<Festival>,
    adapter: Adapter,
}

impl Ways {
    async fn learn(&self, source: Source, signed: &SignedCallback) -> Verified<PaymentReport> {
        let now = self.festival.clock.now();
        match source {
            Source::Callback => {
                let request =
                    CallbackRequest { headers: &signed.headers, query: "", body: signed.body.as_bytes() };
                self.adapter.verify_callback(&request, now).await.unwrap()
            }
            Source::Details => self.adapter.details(&signed.payment, now).await.unwrap().unwrap(),
            Source::List => {
                let window = Window { from: now.before(DAY), to: now };
                let page = self.adapter.list(window, None, now).await.unwrap();
                let is_it = |report: &Verified<PaymentReport>| report.get().payment_id == signed.payment;
                page.reports.into_iter().find(is_it).expect("it is listed")
            }
        }
    }
}

/// One process: its lane, and its reconciling.
#[derive(Clone)]
struct Process {
    lane: LaneHandle,
    reconciler: Reconciler,
}

impl Process {
    fn new(festival: &Festival, store: Store, lane: LaneHandle) -> Process {
        let Festival { keys, adapters, clock, .. } = festival;
        let patience = Patience { first_wait: Duration::from_millis(1), ..Patience::default() };
        let reconciler = Reconciler::new(store, keys.clone(), lane.clone(), adapters.clone(), clock.clone());
        Process { lane, reconciler: reconciler.with_patience(patience) }
    }
}

/// Lets everything settle one payment at the same moment; answers what each report became, and the runs.
async fn race(ways: &Ways, processes: &[Process; 2], signed: &SignedCallback) -> (Vec<Outcome>, Vec<RunId>) {
    let sources = [Source::Callback, Source::Details, Source::List];
    let barrier = Arc::new(Barrier::new(sources.len() * TASKS + RUNS));
    let mut reports = Vec::new();
    for number in 0..TASKS {
        for source in sources {
            let (ways, signed, barrier) = (ways.clone(), signed.clone(), barrier.clone());
            let lane = processes[number % 2].lane.clone();
            reports.push(tokio::spawn(async move {
                let report = ways.learn(source, &signed).await;
                assert_eq!(report.get().source, source);
                barrier.wait().await;
                let Festival { keys, event, .. } = &*ways.festival;
                lane.submit(Settle::new(keys, event.id, report)).await.unwrap()
            }));
        }
    }
    let mut runs = Vec::new();
    for number in 0..RUNS {
        let (festival, barrier) = (ways.festival.clone(), barrier.clone());
        let reconciler = processes[number % 2].reconciler.clone();
        runs.push(tokio::spawn(async move {
            barrier.wait().await;
            reconciler.start(&festival.event, Asked::default()).await.unwrap()
        }));
    }
    let outcomes = join_all(reports).await.into_iter().map(|report| report.unwrap()).collect();
    (outcomes, join_all(runs).await.into_iter().map(|run| run.unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callback_details_and_list_racing_on_one_payment_settle_it_once() {
    on_both_addresses(async |url| {
        let (store, beside) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
        let festival = Arc::new(Festival::open(store.clone(), 1, true).await);
        let adapter =
            festival.adapters.one(&festival.event, ProviderName::Bancontact).await.unwrap().unwrap();
        let ways = Ways { festival: festival.clone(), adapter };
        let (lane, _) = LaneHandle::start(beside.clone(), LaneOptions::new(festival.clock.clone()));
        let processes = [
            Process::new(&festival, store.clone(), festival.lane.clone()),
            Process::new(&festival, beside.clone(), lane),
        ];
        for number in 1..=PAYMENTS {
            let signed = festival.pays_and_signs(0, CENTS).await;
            let (outcomes, begun) = race(&ways, &processes, &signed).await;
            let (mut credited, mut runs) = (0, BTreeMap::new());
            for outcome in outcomes {
                match outcome {
                    Outcome::Credited { amount, .. } if amount.0 == CENTS => credited += 1,
                    Outcome::AlreadyKnown => {}
                    other => panic!("{other:?}"),
                }
            }
            for id in begun {
                let patience = Duration::from_secs(60);
                let run =
                    processes[0].reconciler.wait(festival.event.id, id, patience).await.unwrap().unwrap();
                assert_eq!(run.state, RunState::Complete);
                runs.insert(id, run.counts.settled);
            }
            let settled = credited + runs.values().sum::<i64>();
            assert_eq!(settled, 1, "payment {number} is settled by one of them");
            let expected = CENTS * i64::try_from(number).unwrap();
            assert_eq!(festival.balance(&festival.bands[0].reference).await, expected);
        }
        festival.expect_clean_books().await;
        for process in &processes {
            process.reconciler.finish().await;
        }
    })
    .await;
}
