//! The payments of a batch: what is known of each, and what this batch adds.

use super::{PaymentKey, Suspended, store};
use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::{EventId, MediumId, TransferId};
use crate::ledger::{Page, Touches};
use crate::money::Cents;
use crate::providers::{PaymentReport, PaymentStatus, Source};
use crate::secrets::CodeHash;
use futures_util::future::BoxFuture;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A payment as known.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) event_id: EventId,
    pub(super) id: Uuid,
    pub(super) key: PaymentKey,
    pub(super) status: PaymentStatus,
    pub(super) amount_cents: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) reference: Option<String>,
    /// For the directory; `None` where the reference can't be one of ours.
    pub(super) reference_hash: Option<CodeHash>,
    pub(super) description: Option<String>,
    pub(super) debtor_name: Option<String>,
    pub(super) debtor_iban: Option<String>,
    pub(super) source: String,
    pub(super) created_at: Timestamp,
    pub(super) succeeded_at: Option<Timestamp>,
    pub(super) first_seen_at: Timestamp,
    pub(super) version: i64,
    pub(super) in_review: bool,
    pub(super) settlement: Option<Settled>,
}

/// What a payment was settled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) amount: Cents,
    pub(super) reference: Option<String>,
}

impl Record {
    /// A payment seen for the first time.
    pub(super) fn first(
        event: EventId,
        report: &PaymentReport,
        reference_hash: Option<CodeHash>,
        now: Timestamp,
    ) -> Record {
        Record {
            event_id: event,
            id: Uuid::now_v7(),
            key: PaymentKey::of(report),
            status: report.status.clone(),
            amount_cents: report.amount_cents,
            currency: report.currency.clone(),
            reference: report.reference.clone(),
            reference_hash,
            description: report.description.clone(),
            debtor_name: report.debtor.as_ref().and_then(|debtor| debtor.name.clone()),
            debtor_iban: report.debtor.as_ref().and_then(|debtor| debtor.iban.clone()),
            source: report.source.as_str().to_owned(),
            created_at: report.created_at.unwrap_or(now),
            succeeded_at: report.succeeded_at,
            first_seen_at: now,
            version: 0,
            in_review: false,
            settlement: None,
        }
    }

    /// The record after one more report: what it says replaces, what it leaves out stays.
    pub(super) fn reported(&self, report: &PaymentReport, hash: Option<CodeHash>) -> Record {
        let first = Record::first(self.event_id, report, hash, self.first_seen_at);
        let (reference, reference_hash) = match first.reference {
            Some(reference) => (Some(reference), hash),
            None => (self.reference.clone(), self.reference_hash),
        };
        Record {
            id: self.id,
            currency: first.currency.or_else(|| self.currency.clone()),
            amount_cents: first.amount_cents.or(self.amount_cents),
            reference,
            reference_hash,
            description: first.description.or_else(|| self.description.clone()),
            debtor_name: first.debtor_name.or_else(|| self.debtor_name.clone()),
            debtor_iban: first.debtor_iban.or_else(|| self.debtor_iban.clone()),
            source: self.source.clone(),
            created_at: report.created_at.unwrap_or(self.created_at),
            succeeded_at: first.succeeded_at.or(self.succeeded_at),
            version: self.version,
            in_review: self.in_review,
            ..first
        }
    }

    /// True when a report adds nothing to an unsettled payment.
    pub(super) fn says_the_same(&self, report: &PaymentReport) -> bool {
        self.status == report.status
            && (self.status != PaymentStatus::Succeeded || self.in_review)
            && self.amount_cents == report.amount_cents
            && self.currency == report.currency
            && report.reference.as_ref().is_none_or(|said| self.reference.as_ref() == Some(said))
            && report.description.as_ref().is_none_or(|said| self.description.as_ref() == Some(said))
    }
}

/// A settlement to be written.
#[derive(Clone, Debug)]
pub(super) struct NewSettlement {
    pub(super) event_id: EventId,
    pub(super) payment: Uuid,
    pub(super) transfer_id: TransferId,
    pub(super) amount: Cents,
    pub(super) reference: Option<String>,
    pub(super) medium_id: Option<MediumId>,
    pub(super) parked_because: Option<Suspended>,
    pub(super) source: Source,
    pub(super) at: Timestamp,
}

/// The payments a batch touches.
#[derive(Default)]
pub(super) struct PaymentPage {
    known: BTreeMap<PaymentKey, Record>,
    inserted: BTreeSet<PaymentKey>,
    updated: BTreeMap<PaymentKey, i64>,
    settlements: Vec<NewSettlement>,
}

impl PaymentPage {
    pub(super) fn known(&self, key: &PaymentKey) -> Option<&Record> {
        self.known.get(key)
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
        let settlement = Some(Settled { amount, reference: record.reference.clone() });
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
                self.known.insert(record.key.clone(), record);
            }
            Ok(())
        })
    }

    fn touches(&self, touches: &mut Touches) {
        // A payment is settled by the event that saw it first, which need not be the one it is reported to.
        // And a report without a reference is about the one that an earlier report named.
        for record in self.known.values() {
            touches.event(record.event_id);
            if let Some(hash) = record.reference_hash.filter(|_| record.settlement.is_none()) {
                touches.code(hash);
            }
        }
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let inserted: Vec<&Record> = self.inserted.iter().filter_map(|key| self.known.get(key)).collect();
            store::insert_records(tx, &inserted).await?;
            let updated: Vec<(&Record, i64)> =
                self.updated.iter().filter_map(|(key, was)| Some((self.known.get(key)?, *was))).collect();
            store::update_records(tx, &updated).await?;
            for settlement in &mut self.settlements {
                settlement.at = now;
            }
            store::insert_settlements(tx, &self.settlements).await
        })
    }
}
