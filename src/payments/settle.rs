//! Settles a reported payment: the settlement table as one decision.

use super::page::{PaymentPage, Record};
use super::parked::{Matter, NewParked, ParkedKind, ParkedPage};
use super::{PAYMENT_CENTS_MAX, PaymentKey, Suspended};
use crate::codes::Reference;
use crate::events::{Activation, Counterfeit, Event, OverBalance};
use crate::ids::{EventId, MediumId, MoveId, TransferId};
use crate::ledger::{Account, Book, Code, Moving, Posting, Request, Touches};
use crate::media::{CodeKind, LifecycleMove, Medium, MediumStatus, reference_hash};
use crate::money::Cents;
use crate::providers::{PaymentReport, PaymentStatus, Source, Verified};
use crate::secrets::{CodeHash, KeyFile};

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The wallet was credited.
    Credited {
        /// The medium whose reference was paid.
        medium: MediumId,
        /// How much.
        amount: Cents,
        /// What the wallet holds now.
        balance: Cents,
    },
    /// The money is in suspense.
    Suspended(Suspended),
    /// SUCCEEDED without an amount that can be credited.
    NeedsReview,
    /// A state that is not money (yet).
    Recorded,
    /// Nothing new.
    AlreadyKnown,
    /// It contradicts what is known, or went to a profile that is not ours.
    Mismatch,
}

impl Outcome {
    /// As a metric's label.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Credited { .. } => "credited",
            Outcome::Suspended(_) => "suspended",
            Outcome::NeedsReview => "needs-review",
            Outcome::Recorded => "recorded",
            Outcome::AlreadyKnown => "already-known",
            Outcome::Mismatch => "mismatch",
        }
    }
}

/// A report to be settled.
#[derive(Clone)]
pub struct Settle {
    event: EventId,
    report: PaymentReport,
    key: PaymentKey,
    reference: Option<Reference>,
    hash: Option<CodeHash>,
}

impl Settle {
    /// Takes a verified report; nothing else can become money.
    #[must_use]
    pub fn new(keys: &KeyFile, event: EventId, report: Verified<PaymentReport>) -> Settle {
        let report = report.into_inner();
        let reference = report.reference.as_deref().and_then(Reference::parse);
        let hash = reference.as_ref().map(|reference| reference_hash(keys, reference));
        Settle { event, key: PaymentKey::of(&report), report, reference, hash }
    }
}

impl Request for Settle {
    type Answer = Outcome;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        if let Some(hash) = self.hash {
            touches.code(hash);
        }
        touches.page::<PaymentPage>(self.key.clone());
    }

    fn decide(&self, book: &mut Book) -> Outcome {
        // One payment, one event: the one that saw it first keeps it, wherever it is reported later. An event that
        // closed before the payment succeeded takes it into suspense; nothing is dropped between two events.
        let owner = book.page::<PaymentPage>().known(&self.key).map(|known| known.event_id);
        match owner.filter(|owner| *owner != self.event) {
            Some(owner) => Settle { event: owner, ..self.clone() }.decide_as_owner(book),
            None => self.decide_as_owner(book),
        }
    }
}

impl Settle {
    fn decide_as_owner(&self, book: &mut Book) -> Outcome {
        let foreign =
            self.report.creditor_profile.as_ref().filter(|creditor| **creditor != self.report.profile);
        if let Some(creditor) = foreign {
            let detail =
                format!("the provider lists it as paid to profile {creditor}, which is not this event's");
            return self.mismatch(book, None, "paid to another profile", detail);
        }
        let now = book.now();
        let page = book.page::<PaymentPage>();
        let known = page.known(&self.key).cloned();
        match known {
            Some(known) if known.settlement.is_some() => self.compare(book, &known),
            Some(known) if known.status.is_final() && self.report.status != PaymentStatus::Succeeded => {
                Outcome::AlreadyKnown
            }
            Some(known) if known.says_the_same(&self.report) => Outcome::AlreadyKnown,
            Some(known) => {
                let record = page.update(known.reported(&self.report));
                self.record(book, record)
            }
            None => {
                let record = page.insert(Record::first(self.event, &self.report, now));
                self.record(book, record)
            }
        }
    }

    fn record(&self, book: &mut Book, record: Record) -> Outcome {
        if self.report.status != PaymentStatus::Succeeded {
            return Outcome::Recorded;
        }
        let believed = self.report.amount_cents.filter(|cents| (1..=PAYMENT_CENTS_MAX).contains(cents));
        match (believed.map(Cents), self.report.currency.as_deref()) {
            (Some(amount), Some("EUR")) => self.settle(book, &record, amount),
            _ => {
                let said = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
                let detail = format!(
                    "reported by {} with amount {} and currency {}",
                    self.report.source.as_str(),
                    said(self.report.amount_cents.map(|amount| amount.to_string())),
                    said(self.report.currency.clone()),
                );
                self.raise(book, ParkedKind::NeedsReview, Some(&record), None, "no amount to credit", detail);
                Outcome::NeedsReview
            }
        }
    }

    fn settle(&self, book: &mut Book, record: &Record, amount: Cents) -> Outcome {
        let transfer = TransferId(record.id);
        let receivable = Account::Receivable(self.key.provider, self.key.profile.clone());
        let posting = |code, credit| Posting {
            id: transfer,
            event_id: self.event,
            code,
            debit: receivable.clone(),
            credit,
            amount,
            fact_id: record.id,
        };
        let destination = self.destination(book, amount);
        let credited = destination.and_then(|medium| {
            let wallet = Account::Wallet(medium.wallet_id);
            let balance = book.post(posting(Code::TopUp, wallet)).map_err(|_| Suspended::OverBalance)?;
            Ok((medium, balance))
        });
        if record.in_review {
            book.page::<ParkedPage>().close_review(self.event, record.id, "settled by a later report");
        }
        let counterfeit = self.counterfeit(book);
        match credited {
            Ok((medium, balance)) => {
                self.activate(book, &medium);
                book.page::<PaymentPage>().settled(
                    record,
                    transfer,
                    amount,
                    Some(medium.id),
                    None,
                    &self.report,
                );
                if let Some(story) = counterfeit {
                    let reason = "another description than the printed one";
                    self.raise(book, ParkedKind::Counterfeit, Some(record), Some(amount), reason, story);
                }
                Outcome::Credited { medium: medium.id, amount, balance }
            }
            Err(reason) => {
                book.post(posting(Code::Parked, Account::Suspense)).expect("suspense takes every amount");
                book.page::<PaymentPage>().settled(
                    record,
                    transfer,
                    amount,
                    None,
                    Some(reason),
                    &self.report,
                );
                let reference = self.report.reference.as_deref().unwrap_or("none");
                let story = counterfeit.map(|story| format!("; {story}")).unwrap_or_default();
                let detail = format!("reference {reference}{story}");
                self.raise(book, ParkedKind::Suspense, Some(record), Some(amount), reason.as_str(), detail);
                Outcome::Suspended(reason)
            }
        }
    }

    /// The medium whose wallet is to be credited, or why none is.
    fn destination(&self, book: &Book, amount: Cents) -> Result<Medium, Suspended> {
        let event = book.event(self.event).ok_or(Suspended::EventClosed)?;
        if !event.is_open() {
            return Err(Suspended::EventClosed);
        }
        let Some(hash) = self.hash else {
            let said = self.report.reference.as_deref().is_some_and(|text| !text.trim().is_empty());
            return Err(if said { Suspended::UnknownReference } else { Suspended::NoReference });
        };
        let medium = self.paid_medium(book, hash).ok_or(Suspended::UnknownReference)?;
        // The wallet may have moved on to a successor; the end of that chain decides.
        let holder = book.holder(medium.wallet_id).unwrap_or(medium);
        for status in [medium.status, holder.status] {
            match status {
                MediumStatus::Revoked => return Err(Suspended::Revoked),
                MediumStatus::Spoiled => return Err(Suspended::Spoiled),
                MediumStatus::Issued if event.rules.activation == Activation::Explicit => {
                    return Err(Suspended::NotActive);
                }
                _ => {}
            }
        }
        if event.rules.counterfeit == Counterfeit::Hold && self.counterfeit(book).is_some() {
            return Err(Suspended::PossibleCounterfeit);
        }
        over_balance(event, book, medium, amount)?;
        Ok(medium.clone())
    }

    fn paid_medium<'b>(&self, book: &'b Book, hash: CodeHash) -> Option<&'b Medium> {
        let (kind, medium) = book.by_code(hash)?;
        (kind == CodeKind::Reference && medium.event_id == self.event).then_some(medium)
    }

    /// What is wrong with the description, if a printed code of ours can't have shown it.
    fn counterfeit(&self, book: &Book) -> Option<String> {
        let medium = self.paid_medium(book, self.hash?)?;
        let said = self.report.description.as_deref().filter(|text| !text.is_empty())?;
        (said != medium.description).then(|| {
            let printed = if medium.description.is_empty() { "none" } else { &medium.description };
            format!("the payer saw {said:?}; printed for this reference: {printed}")
        })
    }

    fn activate(&self, book: &mut Book, medium: &Medium) {
        let issued =
            |id: MediumId, book: &Book| book.medium(id).is_some_and(|m| m.status == MediumStatus::Issued);
        if issued(medium.id, book) {
            let moving = Moving {
                id: MoveId::new(),
                asked: LifecycleMove::Activate,
                actor: "system:settle".to_owned(),
                reason: "first top-up".to_owned(),
            };
            book.move_medium(medium.id, moving).expect("an issued medium can be activated");
        }
    }

    /// Compares a report of a settled payment with its settlement: the first stands, a contradiction is raised.
    fn compare(&self, book: &mut Book, known: &Record) -> Outcome {
        let settled = known.settlement.as_ref().expect("compared only when settled");
        if self.report.status != PaymentStatus::Succeeded {
            return Outcome::AlreadyKnown;
        }
        // What a report leaves out says nothing. Nor does the 0 that details and list may report for a code without
        // an amount.
        let same_amount = match self.report.amount_cents {
            None => true,
            Some(0) if self.report.source != Source::Callback => true,
            Some(cents) => cents == settled.amount.0,
        };
        let same_currency = self.report.currency.as_deref().is_none_or(|currency| currency == "EUR");
        let same_reference = match (&self.reference, self.report.reference.as_deref()) {
            (Some(reference), _) => {
                settled.reference.as_deref().and_then(Reference::parse).as_ref() == Some(reference)
            }
            (None, None) => true,
            (None, said) => said == settled.reference.as_deref(),
        };
        if same_amount && same_currency && same_reference {
            return Outcome::AlreadyKnown;
        }
        let reference = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let detail = format!(
            "settled {} on reference {}; now reported by {}: {} {} on reference {}",
            settled.amount.0,
            reference(&settled.reference),
            self.report.source.as_str(),
            self.report.amount_cents.map_or("no amount".to_owned(), |amount| amount.to_string()),
            self.report.currency.as_deref().unwrap_or("without currency"),
            reference(&self.report.reference),
        );
        self.mismatch(book, Some(known), "two reports disagree", detail)
    }

    fn mismatch(&self, book: &mut Book, known: Option<&Record>, reason: &str, detail: String) -> Outcome {
        let amount = known.and_then(|known| known.settlement.as_ref()).map(|settled| settled.amount);
        self.raise(book, ParkedKind::Mismatch, known, amount, reason, detail);
        Outcome::Mismatch
    }

    fn raise(
        &self,
        book: &mut Book,
        kind: ParkedKind,
        record: Option<&Record>,
        amount: Option<Cents>,
        reason: &str,
        detail: String,
    ) {
        let now = book.now();
        let medium = self.hash.and_then(|hash| self.paid_medium(book, hash)).map(|medium| medium.id);
        book.page::<ParkedPage>().raise(NewParked {
            event_id: self.event,
            matter: Matter { kind, subject: self.key.to_string() },
            reason: reason.to_owned(),
            detail,
            payment: record.map(|record| record.id),
            amount,
            medium,
            opened_at: now,
        });
    }
}

fn over_balance(event: &Event, book: &Book, medium: &Medium, amount: Cents) -> Result<(), Suspended> {
    let Some(max) = event.rules.balance_max.filter(|_| event.rules.over_balance == OverBalance::Suspense)
    else {
        return Ok(());
    };
    let balance = book.wallet(medium.wallet_id).map_or(Cents::ZERO, |wallet| wallet.balance);
    match balance.plus(amount) {
        Some(after) if after <= max => Ok(()),
        _ => Err(Suspended::OverBalance),
    }
}
