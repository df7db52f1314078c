//! Who asks what: bars that charge, bars that look balances up, the bank that calls back, tills that flush what they stored.

use crate::bank::{Payee, new_payment};
use crate::load::{Caller, get, post, send_all};
use crate::service::{Band, Service};
use anyhow::bail;
use rand::RngExt as _;
use rand::rngs::SmallRng;
use rand::{SeedableRng as _, seq::IndexedRandom as _};
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use uuid::Uuid;

/// In one of so many requests of the realistic mix, the terminal sends its last charge again.
const REPLAYED_EVERY: u32 = 20;
/// In one of so many, somebody holds the top-up code to the scanner.
const TOP_UP_CODE_EVERY: u32 = 30;
/// And in one of so many, the wristband of somebody whose money is spent.
const POOR_EVERY: u32 = 25;
const CHARGE_PATH: &str = "/api/v1/charges";

/// Asks the route that does nothing.
struct Nothing;

impl Caller for Nothing {
    fn next(&mut self) -> Option<Vec<u8>> {
        Some(get("/healthz"))
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        expect(status, 200, body, "answered")
    }
}

/// A terminal that charges wristbands by chance.
struct Till {
    token: String,
    bands: Arc<[Band]>,
    /// The wristbands without money of the realistic mix; `None` where every charge is a new one that succeeds.
    poor: Option<Arc<[Band]>>,
    random: SmallRng,
    last: Option<String>,
}

impl Caller for Till {
    fn next(&mut self) -> Option<Vec<u8>> {
        let is_mixed = self.poor.is_some();
        let again = is_mixed && self.random.random_ratio(1, REPLAYED_EVERY);
        if let Some(last) = self.last.as_ref().filter(|_| again) {
            return Some(post(CHARGE_PATH, &self.token, last));
        }
        let poor = self.poor.as_ref().filter(|_| self.random.random_ratio(1, POOR_EVERY));
        let band = poor.unwrap_or(&self.bands).choose(&mut self.random)?;
        let wrong = is_mixed && self.random.random_ratio(1, TOP_UP_CODE_EVERY);
        let code = if wrong { &band.reference } else { &band.pay_code };
        let cents = self.random.random_range(1..=400);
        let charge = json!({ "id": Uuid::now_v7(), "code": code, "amount_cents": cents }).to_string();
        let request = post(CHARGE_PATH, &self.token, &charge);
        self.last = Some(charge);
        Some(request)
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        match status {
            201 => Ok("accepted"),
            200 if self.poor.is_some() => Ok("replayed"),
            402 if self.poor.is_some() => Ok("insufficient-funds"),
            403 if self.poor.is_some() => Ok("top-up-code-cannot-pay"),
            _ => wrong(status, body),
        }
    }
}

/// A terminal that only looks.
struct Looker {
    token: String,
    bands: Arc<[Band]>,
    random: SmallRng,
}

impl Caller for Looker {
    fn next(&mut self) -> Option<Vec<u8>> {
        let band = self.bands.choose(&mut self.random)?;
        let body = json!({ "code": band.pay_code }).to_string();
        Some(post("/api/v1/media/lookup", &self.token, &body))
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        expect(status, 200, body, "looked up")
    }
}

/// A terminal that was offline and sends what it stored.
struct Flusher {
    requests: VecDeque<Vec<u8>>,
}

impl Caller for Flusher {
    fn next(&mut self) -> Option<Vec<u8>> {
        self.requests.pop_front()
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        batch_answer(status, body)
    }
}

const PROBLEM: &[u8] = b"\"problem\":{";

/// Judges the answer to a batch, none of whose charges may be refused.
pub(crate) fn batch_answer(status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
    if body.windows(PROBLEM.len()).any(|part| part == PROBLEM) {
        return wrong(status, body);
    }
    expect(status, 200, body, "batch")
}

pub(crate) fn expect(
    status: u16,
    wanted: u16,
    body: &[u8],
    kind: &'static str,
) -> anyhow::Result<&'static str> {
    if status == wanted { Ok(kind) } else { wrong(status, body) }
}

fn wrong(status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
    let body = String::from_utf8_lossy(body);
    bail!("answered {status}: {}", body.chars().take(300).collect::<String>())
}

/// So many connections to the route that does nothing.
pub(crate) fn nothing(connections: usize) -> Vec<Box<dyn Caller>> {
    (0..connections).map(|_| Box::new(Nothing) as Box<dyn Caller>).collect()
}

/// So many terminals that charge; `mixed` with replays and refusals, which takes wristbands without money.
pub(crate) fn tills(service: &Service, connections: usize, mixed: bool) -> Vec<Box<dyn Caller>> {
    tills_of(service, Arc::clone(&service.bands), connections, mixed)
}

/// The same with these wristbands only.
pub(crate) fn tills_at(
    service: &Service,
    bands: &[Band],
    connections: usize,
    mixed: bool,
) -> Vec<Box<dyn Caller>> {
    tills_of(service, bands.into(), connections, mixed)
}

fn tills_of(service: &Service, bands: Arc<[Band]>, connections: usize, mixed: bool) -> Vec<Box<dyn Caller>> {
    let till = |token: String| {
        let (bands, random) = (Arc::clone(&bands), SmallRng::from_rng(&mut rand::rng()));
        let poor = mixed.then(|| Arc::clone(&service.poor));
        Box::new(Till { token, bands, poor, random, last: None }) as Box<dyn Caller>
    };
    service.terminals.iter().cycle().take(connections).cloned().map(till).collect()
}

/// So many terminals that look up.
pub(crate) fn lookers(service: &Service, connections: usize) -> Vec<Box<dyn Caller>> {
    let bands = Arc::clone(&service.bands);
    let looker = |token: String| {
        let random = SmallRng::from_rng(&mut rand::rng());
        Box::new(Looker { token, bands: Arc::clone(&bands), random }) as Box<dyn Caller>
    };
    service.terminals.iter().cycle().take(connections).cloned().map(looker).collect()
}

/// So many connections on which the bank reports `payments` payments, each signed afresh, before this returns.
pub(crate) fn callbacks(service: &Service, payments: usize, connections: usize) -> Vec<Box<dyn Caller>> {
    let (payee, mut random) = (Payee::live(), SmallRng::from_rng(&mut rand::rng()));
    let callback = |_| {
        let band = service.bands.choose(&mut random).expect("bands were issued");
        service.bank.callback(&service.url, &payee, &new_payment(), band, 1_000)
    };
    send_all((0..payments).map(callback).collect(), connections)
}

/// Terminals that flush `stored` charges each, in calls of `per_call`, over so many connections.
pub(crate) fn flushers(
    service: &Service,
    connections: usize,
    stored: usize,
    per_call: usize,
) -> Vec<Box<dyn Caller>> {
    let mut random = SmallRng::from_rng(&mut rand::rng());
    let mut charge = || {
        let band = service.bands.choose(&mut random).expect("bands were issued");
        json!({ "id": Uuid::now_v7(), "code": band.pay_code, "amount_cents": 1 })
    };
    let mut flusher = |token: &String| {
        let mut call = |_| {
            let charges: Vec<_> = (0..per_call).map(|_| charge()).collect();
            post("/api/v1/charges/batch", token, &json!({ "charges": charges }).to_string())
        };
        let requests = (0..stored / per_call).map(&mut call).collect();
        Box::new(Flusher { requests }) as Box<dyn Caller>
    };
    service.terminals.iter().cycle().take(connections).map(&mut flusher).collect()
}
