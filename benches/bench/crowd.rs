//! Crowds too large to write down beforehand: everybody tops up once, and tills sell until so many transfers are made.
//! Each request is made when its turn has come.

use crate::bank::{Payee, new_payment};
use crate::load::{Caller, post};
use crate::service::{Band, Service};
use crate::workloads::{batch_answer, expect};
use rand::rngs::SmallRng;
use rand::{SeedableRng as _, seq::IndexedRandom as _};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use uuid::Uuid;

/// Charges of one call.
const PER_CALL: u64 = 200;

/// Pays onto one wristband after another.
struct Payer {
    service: Arc<Paying>,
    next: Arc<AtomicUsize>,
}

struct Paying {
    bank: crate::bank::Bank,
    url: String,
    payee: Payee,
    bands: Arc<[Band]>,
    cents: i64,
}

impl Caller for Payer {
    fn next(&mut self) -> Option<Vec<u8>> {
        let Paying { bank, url, payee, bands, cents } = &*self.service;
        let band = bands.get(self.next.fetch_add(1, Ordering::Relaxed))?;
        Some(bank.callback(url, payee, &new_payment(), band, *cents))
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        expect(status, 200, body, "paid")
    }
}

/// So many connections that pay onto each of these wristbands from the given one on.
pub(crate) fn payers(
    service: &Service,
    payee: &Payee,
    bands: &Arc<[Band]>,
    from: usize,
    (cents, connections): (i64, usize),
) -> Vec<Box<dyn Caller>> {
    let (bank, url, payee, bands) =
        (service.bank.clone(), service.url.clone(), payee.clone(), Arc::clone(bands));
    let paying = Arc::new(Paying { bank, url, payee, bands, cents });
    let next = Arc::new(AtomicUsize::new(from));
    let payer =
        |_| Box::new(Payer { service: Arc::clone(&paying), next: Arc::clone(&next) }) as Box<dyn Caller>;
    (0..connections).map(payer).collect()
}

/// A terminal that sends stored sales until there are enough transfers.
struct Filler {
    token: String,
    bands: Arc<[Band]>,
    random: SmallRng,
    left: Arc<AtomicU64>,
}

impl Caller for Filler {
    fn next(&mut self) -> Option<Vec<u8>> {
        let taken = |left: u64| (left > 0).then(|| left.saturating_sub(PER_CALL));
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken).ok()?;
        let mut charge = |_| {
            let band = self.bands.choose(&mut self.random).expect("bands were issued");
            json!({ "id": Uuid::now_v7(), "code": band.pay_code, "amount_cents": 1 })
        };
        let charges: Vec<_> = (0..left.min(PER_CALL)).map(&mut charge).collect();
        Some(post("/api/v1/charges/batch", &self.token, &json!({ "charges": charges }).to_string()))
    }

    fn judge(&mut self, status: u16, body: &[u8]) -> anyhow::Result<&'static str> {
        batch_answer(status, body)
    }
}

/// Terminals that sell onto these wristbands by chance until they have made so many transfers, over so many connections.
pub(crate) fn fillers(
    terminals: &[String],
    bands: &Arc<[Band]>,
    transfers: u64,
    connections: usize,
) -> Vec<Box<dyn Caller>> {
    let left = Arc::new(AtomicU64::new(transfers));
    let filler = |token: &String| {
        let (bands, random) = (Arc::clone(bands), SmallRng::from_rng(&mut rand::rng()));
        Box::new(Filler { token: token.clone(), bands, random, left: Arc::clone(&left) }) as Box<dyn Caller>
    };
    terminals.iter().cycle().take(connections).map(filler).collect()
}
