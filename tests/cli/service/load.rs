//! Many clients at once, who note what they were told; and the comparison of their notes with the books.

use super::bank::Bank;
use super::festival::{Caller, Festival};
use super::harness::{Server, wait_for};
use super::http::{Answer, Lost};
use crate::desk::Codes;
use futures_util::stream::{self, StreamExt};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;
use tokio::task::JoinSet;
use uuid::Uuid;

/// What happens to the callbacks of payments, in turn: a third of them are lost.
const CALLBACKS: [&str; 6] = ["deliver", "drop", "twice", "deliver", "delay:30", "drop"];
/// One charge in so many is voided.
const VOIDED_EVERY: usize = 5;
const CHECKED_AT_ONCE: usize = 16;

/// Clients at work. They stop when they are told to, or when they get no answer any more.
pub(super) struct Load {
    tills: JoinSet<Vec<Sale>>,
    payers: JoinSet<Vec<TopUp>>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct Progress {
    accepted: AtomicUsize,
    stop: AtomicBool,
}

/// A charge as its client knows it.
#[derive(Clone)]
pub(super) struct Sale {
    till: Caller,
    band: usize,
    pub(super) id: Uuid,
    cents: i64,
    pub(super) charge: Result<Answer, Lost>,
    /// `None`: nobody wanted one.
    void: Option<Result<Answer, Lost>>,
    /// When the charge's answer was there, and when all was.
    answered_at: [Instant; 2],
}

/// A payment as the bank knows it.
#[derive(Clone, Copy)]
pub(super) struct TopUp {
    band: usize,
    cents: i64,
}

/// What all clients noted.
#[derive(Default)]
pub(super) struct Told {
    pub(super) sales: Vec<Sale>,
    pub(super) top_ups: Vec<TopUp>,
}

impl Load {
    /// One task for each till, which charges all wristbands in turn, and one that goes on paying onto them.
    pub(super) fn start(festival: &Festival<'_>, tills: Vec<Caller>) -> Load {
        Load::of_tills(festival, tills).with_a_payer(festival)
    }

    /// The same with nobody paying.
    pub(super) fn of_tills(festival: &Festival<'_>, tills: Vec<Caller>) -> Load {
        Load::of(festival, tills.into_iter().map(|till| (till, None)))
    }

    /// The same, and each till sends what was accepted again, to another server.
    pub(super) fn of_tills_that_repeat(festival: &Festival<'_>, tills: Vec<(Caller, Caller)>) -> Load {
        Load::of(festival, tills.into_iter().map(|(till, other)| (till, Some(other))))
    }

    fn of(festival: &Festival<'_>, tills: impl Iterator<Item = (Caller, Option<Caller>)>) -> Load {
        let mut load = Load { tills: JoinSet::new(), payers: JoinSet::new(), progress: Arc::default() };
        for (number, tills) in tills.enumerate() {
            load.tills.spawn(sell(tills, number, Arc::clone(&festival.bands), Arc::clone(&load.progress)));
        }
        load
    }

    /// Together with somebody who goes on paying onto all wristbands.
    pub(super) fn with_a_payer(mut self, festival: &Festival<'_>) -> Load {
        let (bands, progress) = (Arc::clone(&festival.bands), Arc::clone(&self.progress));
        self.payers.spawn(pay(festival.bank.clone(), bands, progress));
        self
    }

    /// Waits until so many charges were accepted, from the start on.
    #[track_caller]
    pub(super) fn waits_for(&self, accepted: usize) {
        wait_for("accepted charges", || (self.accepted() >= accepted).then_some(()));
    }

    pub(super) fn accepted(&self) -> usize {
        self.progress.accepted.load(Ordering::SeqCst)
    }

    /// Tells everybody to stop after what they are at; their notes.
    pub(super) async fn ends(self) -> Told {
        self.progress.stop.store(true, Ordering::SeqCst);
        self.loses_its_servers().await
    }

    /// Waits until no till gets an answer any more; everybody's notes.
    pub(super) async fn loses_its_servers(mut self) -> Told {
        let mut told = Told::default();
        while let Some(sales) = self.tills.join_next().await {
            told.sales.extend(sales.unwrap());
        }
        self.progress.stop.store(true, Ordering::SeqCst);
        while let Some(top_ups) = self.payers.join_next().await {
            told.top_ups.extend(top_ups.unwrap());
        }
        told
    }
}

impl Progress {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }
}

async fn sell(
    (till, other): (Caller, Option<Caller>),
    number: usize,
    bands: Arc<Vec<Codes>>,
    progress: Arc<Progress>,
) -> Vec<Sale> {
    let mut sales = Vec::new();
    for round in 0.. {
        if !progress.goes_on() {
            break;
        }
        let (band, id) = ((number * 5 + round * 7) % bands.len(), Uuid::now_v7());
        let cents = 50 + i64::try_from((number * 101 + round * 37) % 400).unwrap();
        let charge = till.try_charges(id, &bands[band], cents).await;
        let charged_at = Instant::now();
        let accepted = charge.as_ref().is_ok_and(|charge| charge.status == 201);
        progress.accepted.fetch_add(usize::from(accepted), Ordering::SeqCst);
        if let (Ok(told), Some(other), true) = (&charge, &other, accepted)
            && let Ok(again) = other.try_charges(id, &bands[band], cents).await
        {
            assert_eq!(again.of_status(200), told.json(), "another server knows of it");
        }
        let void = match accepted && round % VOIDED_EVERY == 0 {
            true => Some(till.try_voids(id).await),
            false => None,
        };
        let lost = charge.is_err() || matches!(void, Some(Err(_)));
        let answered_at = [charged_at, Instant::now()];
        sales.push(Sale { till: till.clone(), band, id, cents, charge, void, answered_at });
        if lost {
            break;
        }
    }
    sales
}

async fn pay(bank: Bank, bands: Arc<Vec<Codes>>, progress: Arc<Progress>) -> Vec<TopUp> {
    let mut top_ups = Vec::new();
    for round in 0.. {
        if !progress.goes_on() {
            break;
        }
        let top_up = TopUp { band: round % bands.len(), cents: 100 + i64::try_from(round % 9).unwrap() };
        bank.pays(&bands[top_up.band], top_up.cents, CALLBACKS[round % CALLBACKS.len()]).await;
        top_ups.push(top_up);
    }
    top_ups
}

impl Told {
    /// Money that was on the wristbands before.
    pub(super) fn and_before(mut self, bands: usize, cents: i64) -> Told {
        self.top_ups.extend((0..bands).map(|band| TopUp { band, cents }));
        self
    }

    /// Together with what others noted.
    pub(super) fn and(mut self, others: Told) -> Told {
        self.sales.extend(others.sales);
        self.top_ups.extend(others.top_ups);
        self
    }

    /// What had been answered to clients at that moment.
    pub(super) fn until(&self, moment: Instant) -> Told {
        let known = self.sales.iter().filter(|sale| sale.answered_at[0] < moment);
        let sales = known.map(|sale| {
            let mut sale = sale.clone();
            if sale.void.is_some() && sale.answered_at[1] >= moment {
                sale.void = Some(Err(Lost::Broken));
            }
            sale
        });
        Told { sales: sales.collect(), top_ups: Vec::new() }
    }

    /// Why charges and voids have no answer, one for each that has none.
    pub(super) fn lost(&self) -> Vec<Lost> {
        let lost = |asked: &Result<Answer, Lost>| asked.as_ref().err().copied();
        let of_sale = |sale: &Sale| lost(&sale.charge).or(sale.void.as_ref().and_then(lost));
        self.sales.iter().filter_map(of_sale).collect()
    }

    /// Sends again what was not answered, under the same ids, until everybody knows what became of it.
    pub(super) async fn asks_again(&mut self, server: &Server, bands: &[Codes]) {
        for sale in &mut self.sales {
            let till = sale.till.at(server);
            if let Err(lost) = sale.charge {
                let answer = till.charges(sale.id, &bands[sale.band], sale.cents).await;
                let possible: &[u16] = if lost == Lost::Broken { &[200, 201, 402] } else { &[201, 402] };
                assert!(possible.contains(&answer.status), "{lost:?}: {}", answer.text());
                sale.charge = Ok(answer);
            }
            if let Some(Err(_)) = sale.void {
                sale.void = Some(till.try_voids(sale.id).await);
            }
        }
    }

    /// Every answer that was given is true: asked by its id, a charge says the same again.
    pub(super) async fn is_true_at(&self, server: &Server) {
        let checks = self.sales.iter().map(|sale| sale.is_true_at(server));
        stream::iter(checks).buffer_unordered(CHECKED_AT_ONCE).collect::<()>().await;
    }

    /// The books hold what the clients counted: by reason, and wristband by wristband.
    pub(super) async fn is_in_the_books(&self, festival: &Festival<'_>, server: &Server) {
        let operator = festival.operator.at(server);
        let mut balances: BTreeMap<usize, i64> = BTreeMap::new();
        let mut count = |sums: &mut (i64, i64), band: usize, cents: i64, sign: i64| {
            *sums = (sums.0 + 1, sums.1 + cents);
            *balances.entry(band).or_default() += sign * cents;
        };
        let (mut charged, mut voided, mut paid) = ((0, 0), (0, 0), (0, 0));
        for sale in self.sales.iter().filter(|sale| sale.is_accepted()) {
            count(&mut charged, sale.band, sale.cents, -1);
            if sale.is_voided() {
                count(&mut voided, sale.band, sale.cents, 1);
            }
        }
        self.top_ups.iter().for_each(|top_up| count(&mut paid, top_up.band, top_up.cents, 1));
        assert_eq!(festival.moved(&operator, "charge").await, charged);
        assert_eq!(festival.moved(&operator, "void").await, voided);
        assert_eq!(festival.moved(&operator, "top-up").await, paid);
        assert_eq!(festival.holds(&operator, "receivable").await, paid.1);
        assert_eq!(festival.holds(&operator, "vendor").await, charged.1 - voided.1);
        for (band, balance) in balances {
            assert!(balance >= 0, "wristband {band} was overdrawn");
            assert_eq!(operator.looks_up(&festival.bands[band]).await, balance, "wristband {band}");
        }
        festival.audits();
    }
}

impl Sale {
    fn is_accepted(&self) -> bool {
        self.charge.as_ref().expect("asked again until it was answered").status != 402
    }

    fn is_voided(&self) -> bool {
        self.void.as_ref().is_some_and(|void| void.as_ref().expect("asked again as well").status == 200)
    }

    async fn is_true_at(&self, server: &Server) {
        let Ok(charge) = &self.charge else { return };
        let found = self.till.at(server).reads(self.id).await;
        match charge.status {
            200 | 201 => {
                let (mut told, found) = (charge.json(), found.of_status(200));
                assert_eq!(told["amount_cents"], self.cents);
                match &self.void {
                    None => {}
                    Some(Ok(void)) => {
                        let void = void.clone().of_status(200);
                        assert_eq!(void["id"], json!(self.id));
                        assert_eq!(void["amount_cents"], self.cents);
                        assert_eq!(void["status"], "voided");
                        told["status"] = json!("voided");
                    }
                    // Either is true until it is asked for again.
                    Some(Err(_)) if found["status"] == "voided" => told["status"] = json!("voided"),
                    Some(Err(_)) => {}
                }
                assert_eq!(found, told);
            }
            402 => {
                let refusal = charge.json();
                let number = |field: &str| refusal[field].as_i64().unwrap();
                assert_eq!(number("balance_cents") + number("missing_cents"), self.cents);
                assert!(number("missing_cents") > 0 && number("balance_cents") >= 0);
                assert_eq!(found.problem(404), "unknown-charge");
            }
            _ => panic!("a charge was answered {}: {}", charge.status, charge.text()),
        }
    }
}
