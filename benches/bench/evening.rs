//! A festival's evening: bars sell and look balances up, people top up, and of some payments the service is never told. Those
//! it finds in the bank's list by itself.

use crate::bank::{Bank, Payee};
use crate::load::{Caller, Span};
use crate::report::Report;
use crate::service::{Band, Service};
use crate::workloads::{self, expect};
use crate::{Options, measured};
use anyhow::ensure;
use polsband::clock::{Clock, Timestamp};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _, seq::IndexedRandom as _};
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The service compares with the bank's list every 20 seconds.
const LASTS_MIN: Duration = Duration::from_secs(60);
/// Within this time after the evening the last payment must be credited.
const CREDITED_WITHIN: Duration = Duration::from_secs(60);
/// Of one in so many payments the service is never told.
const UNTOLD_EVERY: u32 = 30;
const TOP_UP_CENTS: i64 = 1_000;

/// What was paid at the bank.
#[derive(Clone, Default)]
struct Paid(Arc<Mutex<Payments>>);

#[derive(Default)]
struct Payments {
    made: usize,
    /// Those for which no callback was answered.
    untold: HashSet<String>,
}

impl Paid {
    fn lock(&self) -> MutexGuard<'_, Payments> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// People who pay one after the other, and the bank that reports most of it.
struct Payer {
    bank: Bank,
    url: String,
    bands: Arc<[Band]>,
    random: SmallRng,
    paid: Paid,
    /// The payment that is being reported.
    reported: Option<String>,
}

impl Caller for Payer {
    fn next(&mut self) -> Option<Vec<u8>> {
        let payee = Payee::live();
        loop {
            let band = self.bands.choose(&mut self.random)?;
            let payment = self.bank.pays(&payee, band, TOP_UP_CENTS).expect("the bank knows the payee");
            let mut paid = self.paid.lock();
            paid.made += 1;
            paid.untold.insert(payment.clone());
            drop(paid);
            if !self.random.random_ratio(1, UNTOLD_EVERY) {
                let callback = self.bank.callback(&self.url, &payee, &payment, band, TOP_UP_CENTS);
                self.reported = Some(payment);
                return Some(callback);
            }
        }
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        let kind = expect(status, 200, body, "done")?;
        if let Some(payment) = self.reported.take() {
            self.paid.lock().untold.remove(&payment);
        }
        Ok(kind)
    }
}

fn payers(service: &Service, paid: &Paid, connections: usize) -> Vec<Box<dyn Caller>> {
    let payer = |_| {
        Box::new(Payer {
            bank: service.bank.clone(),
            url: service.url.clone(),
            bands: Arc::clone(&service.bands),
            random: SmallRng::from_rng(&mut rand::rng()),
            paid: paid.clone(),
            reported: None,
        }) as Box<dyn Caller>
    };
    (0..connections).map(payer).collect()
}

/// Charges, look-ups, callbacks and reconciliation at once.
pub(crate) fn measure(options: &Options, service: &Service, report: &mut Report) -> anyhow::Result<()> {
    let (clock, paid, token) = (Clock::System, Paid::default(), service.organiser()?);
    let began_at = clock.now();
    service.take_api_key()?;
    let parts: [(&str, Vec<Box<dyn Caller>>); 3] = [
        ("evening: charges, 64 connections", workloads::tills(service, 64, true)),
        ("evening: look-ups, 16 connections", workloads::lookers(service, 16)),
        ("evening: callbacks, 4 connections", payers(service, &paid, 4)),
    ];
    let usual = options.span();
    let span = Span { measured: usual.measured.max(LASTS_MIN), ..usual };
    std::thread::scope(|scope| {
        let at_work: Vec<_> = parts
            .into_iter()
            .map(|(name, callers)| (name, scope.spawn(move || measured(service, span, callers))))
            .collect();
        for (name, work) in at_work {
            let (outcome, _) = work.join().expect("no panic")?;
            report.workload(name, &outcome, None, 1);
        }
        anyhow::Ok(())
    })?;
    let ended_at = clock.now();
    let known = all_credited(service, &token, began_at, &paid.lock())?;
    say(report, &known, &paid.lock(), ended_at);
    Ok(())
}

/// A payment as the service knows it.
#[derive(Deserialize)]
struct Known {
    payment_id: String,
    /// How it first became known.
    source: String,
    created_at: Timestamp,
    first_seen_at: Timestamp,
    settled_cents: Option<i64>,
    parked_because: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    payments: Vec<Known>,
    next: Option<String>,
}

/// Waits until the service knows every payment of the evening; an error when it takes too long, or when one of them is not
/// credited with what was paid.
fn all_credited(
    service: &Service,
    token: &str,
    from: Timestamp,
    paid: &Payments,
) -> anyhow::Result<Vec<Known>> {
    let waiting = Instant::now();
    let mut known = known_since(service, token, from)?;
    while known.len() < paid.made {
        let (missing, made) = (paid.made - known.len(), paid.made);
        ensure!(
            waiting.elapsed() < CREDITED_WITHIN,
            "{missing} of {made} payments in the bank's list were not found"
        );
        std::thread::sleep(Duration::from_secs(1));
        known = known_since(service, token, from)?;
    }
    ensure!(known.len() == paid.made, "{} payments are known, and {} were made", known.len(), paid.made);
    for payment in &known {
        let Known { payment_id, settled_cents, parked_because, .. } = payment;
        ensure!(
            *settled_cents == Some(TOP_UP_CENTS) && parked_because.is_none(),
            "payment {payment_id} was settled with {settled_cents:?}, parked because {parked_because:?}"
        );
    }
    Ok(known)
}

/// All payments made from an instant on.
fn known_since(service: &Service, token: &str, from: Timestamp) -> anyhow::Result<Vec<Known>> {
    let first = format!("/api/v1/payments?event={}&from={from}", Payee::live().event);
    let (mut known, mut path) = (Vec::new(), first.clone());
    loop {
        let page: Page = service.shows(token, &path)?;
        known.extend(page.payments);
        let Some(next) = page.next else { return Ok(known) };
        path = format!("{first}&after={next}");
    }
}

/// What reconciliation found, and how late.
fn say(report: &mut Report, known: &[Known], paid: &Payments, ended_at: Timestamp) {
    let (untold, overtaken): (Vec<&Known>, Vec<&Known>) = known
        .iter()
        .filter(|payment| payment.source == "list")
        .partition(|payment| paid.untold.contains(&payment.payment_id));
    let mut lags: Vec<Duration> =
        untold.iter().map(|payment| payment.first_seen_at.since(payment.created_at)).collect();
    lags.sort_unstable();
    let lag = |place: usize| lags.get(place).copied().unwrap_or_default().as_secs_f64();
    let later = untold.iter().filter(|payment| payment.first_seen_at > ended_at).count();
    report.sentence(&format!(
        "\n- evening: the bank listed {} payments and never called back for {}; reconciliation found and credited {} of these, \
         {later} of them after the evening; from the payment to its credit p50 {:.1} s, at most {:.1} s",
        paid.made,
        paid.untold.len(),
        untold.len(),
        lag(lags.len() / 2),
        lag(lags.len().saturating_sub(1)),
    ));
    report.sentence(&format!(
        "- evening: {} more were found in the list before their callback had been settled",
        overtaken.len()
    ));
}
