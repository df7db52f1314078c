//! The payments of a batch: what is known of each, and what this batch adds.

use super::record::{NewSettlement, Record, Settled};
use super::{PaymentKey, Suspended, store};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::{MediumId, TransferId};
use crate::ledger::{Page, Touches};
use crate::money::Cents;
use crate::providers::Source;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};

/// The payments a batch touches.
#[derive(Default)]
pub(super) struct PaymentPage {
    known: BTreeMap<PaymentKey, Record>,
    /// Their keys, by those that they are looked for by.
    led_to: BTreeMap<PaymentKey, PaymentKey>,
    inserted: BTreeSet<PaymentKey>,
    updated: BTreeMap<PaymentKey, i64>,
    settlements: Vec<NewSettlement>,
}

impl PaymentPage {
    /// What is known of a payment, by the key that it is [looked for](PaymentKey::there) by.
    pub(super) fn known(&self, there: &PaymentKey) -> Option<&Record> {
        self.known.get(self.led_to.get(there)?)
    }

    /// Keeps what is known of a payment now; it is written with the batch.
    pub(super) fn keep(&mut self, record: Record) {
        let key = record.key.clone();
        let is_new = match self.known.get(&key) {
            None => true,
            Some(before) => {
                let was = before.version;
                if !self.inserted.contains(&key) {
                    self.updated.entry(key.clone()).or_insert(was);
                }
                false
            }
        };
        if is_new {
            self.inserted.insert(key.clone());
            self.led_to.insert(record.there.clone(), key.clone());
        }
        let version = if is_new { record.version } else { record.version + 1 };
        self.known.insert(key, Record { version, ..record });
    }

    /// Keeps a payment with its one settlement.
    pub(super) fn settled(
        &mut self,
        record: &Record,
        transfer_id: TransferId,
        amount: Cents,
        destination: Result<MediumId, Suspended>,
        source: Source,
    ) {
        let (reference, is_parked) = (record.reference.clone(), destination.is_err());
        let is_leaving = destination == Err(Suspended::RefundedAtProvider);
        let settlement = Some(Settled { amount, reference, is_parked, is_leaving, credited: None });
        self.keep(Record { in_review: false, settlement, ..record.clone() });
        self.settlements.push(NewSettlement {
            event_id: record.event_id,
            payment: record.id,
            transfer_id,
            amount,
            reference: record.reference.clone(),
            medium_id: destination.ok(),
            parked_because: destination.err(),
            source,
            at: Timestamp::default(),
        });
    }
}

impl Page for PaymentPage {
    type Key = PaymentKey;

    fn begin(&mut self, _gate_moved: bool) {
        *self = PaymentPage::default();
    }

    fn load<'a>(
        &'a mut self,
        session: &'a mut Session,
        keys: Vec<PaymentKey>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            for record in store::records(session, &keys).await? {
                self.led_to.insert(record.there.clone(), record.key.clone());
                self.known.insert(record.key.clone(), record);
            }
            Ok(())
        })
    }

    fn touches(&self, touches: &mut Touches) {
        // A payment is settled by the event that saw it first, which need not be the one it is reported to.
        // And a report without a reference is about the one that an earlier report named: settled or not, what is told of
        // it names what was paid.
        for record in self.known.values() {
            touches.event(record.event_id);
            if let Some(hash) = record.reference_hash {
                touches.code(hash);
            }
        }
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let inserted: Vec<&Record> = self.inserted.iter().filter_map(|key| self.known.get(key)).collect();
            store::insert_records(tx, &inserted);
            let updated: Vec<(&Record, i64)> =
                self.updated.iter().filter_map(|(key, was)| Some((self.known.get(key)?, *was))).collect();
            store::update_records(tx, &updated);
            for settlement in &mut self.settlements {
                settlement.at = now;
            }
            store::insert_settlements(tx, &self.settlements);
            Ok(())
        })
    }
}
