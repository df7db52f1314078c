//! What is known of a payment, and how one more report changes that.

use super::parked::Marked;
use super::{PaymentKey, Suspended};
use crate::clock::Timestamp;
use crate::codes::Serial;
use crate::ids::{EventId, MediumId, TransferId};
use crate::money::Cents;
use crate::providers::{PaymentReport, PaymentStatus, Source};
use crate::secrets::CodeHash;
use uuid::Uuid;

/// A payment as known. It has no `Debug`, because it names the payer.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) event_id: EventId,
    pub(super) id: Uuid,
    pub(super) key: PaymentKey,
    /// By which it was [looked for](PaymentKey::there).
    pub(super) there: PaymentKey,
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
    /// A person was asked about it, and may have closed that.
    pub(super) in_review: bool,
    pub(super) settlement: Option<Settled>,
    /// What of it somebody marked for return.
    pub(super) marked: Option<Marked>,
    /// A person was told that a report named another amount than was settled, and not yet that a later one named that again.
    pub(super) disagrees: bool,
}

/// The state of a payment of which money went back before it was settled, marked like any word that is not Bancontact's.
/// It is not money yet, so a report of the payment itself still settles it.
const SENT_BACK: &str = "?refunded";

/// What a payment was settled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settled {
    pub(super) amount: Cents,
    pub(super) reference: Option<String>,
    /// It went to suspense first.
    pub(super) is_parked: bool,
    /// And that because money of it had gone back, or was to go.
    pub(super) is_leaving: bool,
    /// Whose wallet a person credited with it then, and which person.
    pub(super) credited: Option<(Serial, String)>,
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
            there: PaymentKey::there(report),
            status: report.status.clone(),
            amount_cents: report.cents(),
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
            marked: None,
            disagrees: false,
        }
    }

    /// The same, once money went back to the payer: nothing of it is for a wallet from now on.
    pub(super) fn sent_back(self) -> Record {
        Record { status: PaymentStatus::Other(SENT_BACK.to_owned()), ..self }
    }

    /// True when money went back before any of it was settled.
    pub(super) fn was_sent_back(&self) -> bool {
        matches!(&self.status, PaymentStatus::Other(word) if word == SENT_BACK)
    }

    /// The record after one more report: what it says replaces, what it leaves out stays. That money went back stays, too.
    pub(super) fn reported(&self, report: &PaymentReport, hash: Option<CodeHash>) -> Record {
        let first = Record::first(self.event_id, report, hash, self.first_seen_at);
        let (reference, reference_hash) = match first.reference {
            Some(reference) => (Some(reference), hash),
            None => (self.reference.clone(), self.reference_hash),
        };
        let status = if self.was_sent_back() { self.status.clone() } else { first.status };
        Record {
            id: self.id,
            status,
            currency: first.currency.or_else(|| self.currency.clone()),
            // What came is not what was asked for, also where it can't be read.
            amount_cents: first.amount_cents.or(self.amount_cents.filter(|_| report.received.is_none())),
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
        (self.status == report.status || self.was_sent_back())
            && (report.status != PaymentStatus::Succeeded || self.in_review)
            && self.amount_cents == report.cents()
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
