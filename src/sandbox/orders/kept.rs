//! What is kept over a restart: payments with their refunds, WooshPay's webhook, and how often MultiSafepay's key was renewed.

use super::{PAYMENTS_MAX, Payment, State};
use crate::sandbox::SandboxError;
use crate::sandbox::journal::Journal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// One line of the data file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Record {
    /// A payment, new or changed.
    Payment(Payment),
    /// The webhook, in place of the earlier one.
    Webhook(Webhook),
    /// How often MultiSafepay's key was renewed.
    Renewals(u32),
}

/// Where WooshPay's events go, and what they are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Webhook {
    pub(super) number: u64,
    pub(super) url: String,
    pub(super) secret: String,
}

impl State {
    /// What an earlier run left in the folder, or nothing.
    pub(super) fn open(data: Option<&Path>) -> Result<State, SandboxError> {
        let mut state = State::default();
        if let Some(folder) = data {
            state.journal = Some(Journal::open(folder, "orders.jsonl", |record| state.apply(record))?);
        }
        Ok(state)
    }

    /// Makes a change and writes it down. One that can't be written stands until the next start, and the log says so: by then
    /// the provider has done it.
    pub(super) fn keep(&mut self, record: Record) {
        let written = self.journal.as_mut().map_or(Ok(()), |journal| journal.append(&record));
        self.apply(record);
        let live = self.payments.len() + 2;
        let rewritten = match self.journal.take_if(|journal| journal.is_mostly_history(live)) {
            Some(mut journal) => {
                let rewritten = journal.rewrite(self.snapshot());
                self.journal = Some(journal);
                rewritten
            }
            None => Ok(()),
        };
        if let Err(error) = written.and(rewritten) {
            tracing::error!(%error, "what happened at MultiSafepay or WooshPay will be forgotten at a restart");
        }
    }

    fn snapshot(&self) -> impl Iterator<Item = Record> {
        let payments = self.payments.iter().cloned().map(Record::Payment);
        let webhook = self.webhook.iter().cloned().map(Record::Webhook);
        payments.chain(webhook).chain([Record::Renewals(self.renewals)])
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Payment(payment) => self.put(payment),
            Record::Webhook(webhook) => {
                self.next = self.next.max(webhook.number);
                self.webhook = Some(webhook);
            }
            Record::Renewals(times) => self.renewals = times,
        }
    }

    /// They stand in the order of their numbers; the oldest go first.
    fn put(&mut self, payment: Payment) {
        let numbers = payment.refunds.iter().map(|refund| refund.number).chain([payment.number]);
        self.next = numbers.fold(self.next, u64::max);
        match self.payments.binary_search_by_key(&payment.number, |known| known.number) {
            Ok(place) => self.payments[place] = payment,
            Err(place) => self.payments.insert(place, payment),
        }
        if self.payments.len() > PAYMENTS_MAX {
            self.payments.remove(0);
        }
    }
}

/// What is shared in memory is written out in the line.
pub(super) fn whole<S: Serializer>(shared: &Arc<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    shared.as_ref().serialize(serializer)
}

/// And shared again when it is read.
pub(super) fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<Value>, D::Error> {
    Value::deserialize(deserializer).map(Arc::new)
}
