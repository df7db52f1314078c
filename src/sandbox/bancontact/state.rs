//! The provider's books in memory, and the one way they change: a record is written down, then applied.

use crate::clock::Timestamp;
use crate::sandbox::SandboxError;
use crate::sandbox::bancontact::callback::{Attempt, Callback, CallbackState};
use crate::sandbox::bancontact::faults::Faults;
use crate::sandbox::bancontact::keys::Keys;
use crate::sandbox::bancontact::payment::Payment;
use crate::sandbox::bancontact::profile::Profile;
use crate::sandbox::bancontact::queue::Queue;
use crate::sandbox::bancontact::shown::{CallbackView, PaymentView, ShownPayment};
use crate::sandbox::journal::Journal;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;

/// Oldest payments beyond this are forgotten: some 100 MB.
const PAYMENTS_MAX: usize = 200_000;
/// Most callbacks that may wait or be held.
const WAITING_MAX: usize = 5_000;

/// One line of the data file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Record {
    /// All keys, in place of the earlier ones.
    Keys(Keys),
    /// A profile, new or changed.
    Profile(Profile),
    /// A payment, new or changed.
    Payment(Payment),
    /// A callback that was made.
    Callback(Callback),
    /// What became of a callback, and the tries that led there.
    Outcome { number: u64, attempts: Vec<Attempt>, state: CallbackState },
}

pub(super) struct State {
    journal: Option<Journal>,
    pub(super) random: StdRng,
    pub(super) keys: Keys,
    pub(super) faults: Faults,
    pub(super) profiles: BTreeMap<String, Profile>,
    /// In order of creation.
    payments: VecDeque<Payment>,
    /// Payment id → how many payments were made before it.
    places: HashMap<String, usize>,
    forgotten: usize,
    /// Payments that wait for their payer, by when they expire.
    open: BTreeSet<(Timestamp, String)>,
    pub(super) queue: Queue,
}

impl State {
    pub(super) fn open(
        data: Option<&Path>,
        seed: Option<u64>,
        now: Timestamp,
    ) -> Result<State, SandboxError> {
        let mut random = match seed {
            None => rand::make_rng(),
            // With a folder the same seed must not draw the same ids again after a restart.
            Some(seed) if data.is_some() => StdRng::seed_from_u64(seed ^ now.0.unsigned_abs()),
            Some(seed) => StdRng::seed_from_u64(seed),
        };
        let mut state = State {
            journal: None,
            keys: Keys::make(&mut random),
            random,
            faults: Faults::default(),
            profiles: BTreeMap::new(),
            payments: VecDeque::new(),
            places: HashMap::new(),
            forgotten: 0,
            open: BTreeSet::new(),
            queue: Queue::default(),
        };
        if let Some(folder) = data {
            let mut has_keys = false;
            state.journal = Some(Journal::open(folder, "bancontact.jsonl", |record| {
                has_keys |= matches!(record, Record::Keys(_));
                state.apply(record);
            })?);
            if !has_keys {
                state.record(Record::Keys(state.keys.clone()))?;
            }
            // Nothing holds them any more: faults do not survive a restart.
            state.release_held(now)?;
        }
        Ok(state)
    }

    /// Writes a change down and makes it. When writing fails nothing has changed.
    pub(super) fn record(&mut self, record: Record) -> Result<(), SandboxError> {
        if let Some(journal) = &mut self.journal {
            journal.append(&record)?;
        }
        self.apply(record);
        self.forget_surplus();
        let live = 1 + self.profiles.len() + self.payments.len() + self.queue.len();
        if let Some(mut journal) = self.journal.take_if(|journal| journal.is_mostly_history(live)) {
            let rewritten = journal.rewrite(self.snapshot());
            self.journal = Some(journal);
            rewritten?;
        }
        Ok(())
    }

    fn snapshot(&self) -> impl Iterator<Item = Record> {
        std::iter::once(Record::Keys(self.keys.clone()))
            .chain(self.profiles.values().cloned().map(Record::Profile))
            .chain(self.payments.iter().cloned().map(Record::Payment))
            .chain(self.queue.all().cloned().map(Record::Callback))
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Keys(keys) => self.keys = keys,
            Record::Profile(profile) => {
                self.profiles.insert(profile.profile_id.clone(), profile);
            }
            Record::Payment(payment) => self.put_payment(payment),
            Record::Callback(callback) => self.queue.put(callback),
            Record::Outcome { number, attempts, state } => self.queue.note(number, attempts, state),
        }
    }

    fn put_payment(&mut self, payment: Payment) {
        let waits = (payment.expire_at, payment.payment_id.clone());
        if payment.status.is_open() {
            self.open.insert(waits);
        } else {
            self.open.remove(&waits);
        }
        match self.places.get(&payment.payment_id) {
            Some(place) => self.payments[place - self.forgotten] = payment,
            None => {
                self.places.insert(payment.payment_id.clone(), self.forgotten + self.payments.len());
                self.payments.push_back(payment);
            }
        }
    }

    fn forget_surplus(&mut self) {
        while self.payments.len() > PAYMENTS_MAX
            && let Some(oldest) = self.payments.pop_front()
        {
            self.places.remove(&oldest.payment_id);
            self.open.remove(&(oldest.expire_at, oldest.payment_id));
            self.forgotten += 1;
        }
    }

    pub(super) fn profile_of_key(&self, api_key: &str) -> Option<&Profile> {
        self.profiles.values().find(|profile| profile.api_key == api_key)
    }

    pub(super) fn payment(&self, payment_id: &str) -> Option<&Payment> {
        self.places.get(payment_id).map(|place| &self.payments[place - self.forgotten])
    }

    /// All payments, newest first.
    pub(super) fn newest(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().rev()
    }

    /// When a payment made at `now` was made: in whole milliseconds, and never before the one made last.
    pub(super) fn creation_time(&self, now: Timestamp) -> Timestamp {
        let whole_ms = Timestamp(now.0 - now.0.rem_euclid(1000));
        self.payments.back().map_or(whole_ms, |newest| whole_ms.max(newest.created_at))
    }

    /// The payments that have waited too long at `now`.
    pub(super) fn expired(&self, now: Timestamp) -> Vec<Payment> {
        let late = self.open.iter().take_while(|(at, _)| *at <= now);
        late.filter_map(|(_, id)| self.payment(id)).cloned().collect()
    }

    /// Refuses when too many callbacks wait already.
    pub(super) fn check_room(&self) -> Result<(), SandboxError> {
        let waiting = self.queue.waiting();
        if waiting < WAITING_MAX { Ok(()) } else { Err(SandboxError::Busy(waiting)) }
    }

    /// Makes all held callbacks due.
    pub(super) fn release_held(&mut self, now: Timestamp) -> Result<(), SandboxError> {
        for number in self.queue.held() {
            let state = CallbackState::Waiting { at: now };
            self.record(Record::Outcome { number, attempts: Vec::new(), state })?;
        }
        Ok(())
    }

    /// When the next callback is due or the next payment expires.
    pub(super) fn next_due_at(&self) -> Option<Timestamp> {
        let expiry = self.open.first().map(|(at, _)| *at);
        self.queue.next_due_at().into_iter().chain(expiry).min()
    }

    /// A payment with its callbacks.
    pub(super) fn view(&self, payment: &Payment) -> PaymentView {
        let merchant = self.profiles.get(&payment.profile_id).map(|profile| profile.merchant_name.clone());
        PaymentView {
            payment: ShownPayment::of(payment, merchant.unwrap_or_default()),
            callbacks: self.queue.of(&payment.payment_id).map(CallbackView::from).collect(),
        }
    }
}
