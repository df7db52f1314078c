//! All callbacks, and which of them are to be sent when.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::callback::{Attempt, Callback, CallbackState};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Oldest callbacks beyond this are forgotten unless they wait; each has some 2 KiB.
const CALLBACKS_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Queue {
    callbacks: BTreeMap<u64, Callback>,
    of_payment: HashMap<String, Vec<u64>>,
    due: BTreeSet<(Timestamp, u64)>,
    held: BTreeSet<u64>,
}

impl Queue {
    /// Adds a callback where its state says.
    pub(super) fn put(&mut self, callback: Callback) {
        self.list(&callback);
        self.of_payment.entry(callback.payment_id.clone()).or_default().push(callback.number);
        self.callbacks.insert(callback.number, callback);
        self.forget_surplus();
    }

    /// Notes what became of a callback, and moves it where its new state says.
    pub(super) fn note(&mut self, number: u64, attempts: Vec<Attempt>, state: CallbackState) {
        if let Some(mut callback) = self.callbacks.remove(&number) {
            self.unlist(&callback);
            callback.attempts.extend(attempts);
            callback.state = state;
            self.list(&callback);
            self.callbacks.insert(number, callback);
        }
    }

    /// Takes one callback out, for whoever sends it now. It is back after [`Queue::note`], or after a restart.
    pub(super) fn claim(&mut self, number: u64) {
        if let Some(CallbackState::Waiting { at }) =
            self.callbacks.get(&number).map(|callback| callback.state)
        {
            self.due.remove(&(at, number));
        }
        self.held.remove(&number);
    }

    /// Takes out up to `limit` callbacks that are due, earliest first.
    pub(super) fn claim_due(&mut self, now: Timestamp, limit: usize) -> Vec<u64> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now).take(limit);
        let numbers: Vec<_> = due.map(|(_, number)| *number).collect();
        numbers.iter().for_each(|number| self.claim(*number));
        numbers
    }

    /// Takes out all held callbacks, oldest first.
    pub(super) fn claim_held(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.held).into_iter().collect()
    }

    /// The held callbacks, oldest first.
    pub(super) fn held(&self) -> Vec<u64> {
        self.held.iter().copied().collect()
    }

    pub(super) fn next_due_at(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// How many wait or are held.
    pub(super) fn waiting(&self) -> usize {
        self.due.len() + self.held.len()
    }

    pub(super) fn len(&self) -> usize {
        self.callbacks.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Callback> {
        self.callbacks.get(&number)
    }

    /// The number for the next callback.
    pub(super) fn next_number(&self) -> u64 {
        self.callbacks.last_key_value().map_or(1, |(number, _)| number + 1)
    }

    /// All callbacks, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Callback> {
        self.callbacks.values()
    }

    /// The callbacks of one payment, oldest first.
    pub(super) fn of(&self, payment_id: &str) -> impl Iterator<Item = &Callback> {
        let numbers = self.of_payment.get(payment_id).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.callbacks.get(number))
    }

    fn list(&mut self, callback: &Callback) {
        match callback.state {
            CallbackState::Waiting { at } => {
                self.due.insert((at, callback.number));
            }
            CallbackState::Held => {
                self.held.insert(callback.number);
            }
            _ => {}
        }
    }

    fn unlist(&mut self, callback: &Callback) {
        if let CallbackState::Waiting { at } = callback.state {
            self.due.remove(&(at, callback.number));
        }
        self.held.remove(&callback.number);
    }

    fn forget_surplus(&mut self) {
        let waits = |callback: &Callback| {
            matches!(callback.state, CallbackState::Waiting { .. } | CallbackState::Held)
        };
        while self.callbacks.len() > CALLBACKS_MAX {
            let done = self.callbacks.values().find(|callback| !waits(callback));
            let Some(number) = done.map(|callback| callback.number) else {
                return;
            };
            self.forget(number);
        }
    }

    fn forget(&mut self, number: u64) {
        if let Some(callback) = self.callbacks.remove(&number)
            && let Some(numbers) = self.of_payment.get_mut(&callback.payment_id)
        {
            numbers.retain(|other| *other != number);
            if numbers.is_empty() {
                self.of_payment.remove(&callback.payment_id);
            }
        }
    }
}
