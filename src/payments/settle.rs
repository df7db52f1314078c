//! Settles a reported payment: the verdict of the settlement table, written into the book.

use super::gone::reserved_later;
use super::orders::{Order, OrderPage};
use super::page::PaymentPage;
use super::parked::{
    Marked, Matter, NewParked, ParkedKind, ParkedPage, WayBack, tell_of_chargeback, went_back,
};
use super::record::Record;
use super::verdict::{self, Contradiction, Verdict};
use super::{PaymentKey, Suspended};
use crate::codes::Reference;
use crate::ids::{EventId, MediumId, MoveId, TransferId};
use crate::ledger::{Account, Book, Code, Moving, Posting, Request, Touches};
use crate::media::{LifecycleMove, Medium, MediumStatus, reference_hash};
use crate::money::Cents;
use crate::providers::{PaymentReport, PaymentStatus, ProfileId, Verified};
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
    hash: Option<CodeHash>,
}

impl Settle {
    /// Takes a verified report; nothing else can become money.
    #[must_use]
    pub fn new(keys: &KeyFile, event: EventId, report: Verified<PaymentReport>) -> Settle {
        let mut report = report.into_inner();
        // A blank reference is none: another report of the payment may have said it.
        report.reference = report.reference.filter(|text| !text.trim().is_empty());
        let reference = report.reference.as_deref().and_then(Reference::parse);
        let hash = reference.map(|reference| reference_hash(keys, &reference));
        Settle { event, key: PaymentKey::of(&report), report, hash }
    }
}

impl Request for Settle {
    type Answer = Outcome;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        if let Some(hash) = self.hash {
            touches.code(hash);
        }
        touches.page::<PaymentPage>(PaymentKey::there(&self.report));
        if let Some(order) = self.report.order {
            touches.page::<OrderPage>(order);
        }
    }

    fn decide(&self, book: &mut Book) -> Outcome {
        let order = self.report.order.and_then(|id| book.page::<OrderPage>().named(id).cloned());
        let is_ours = order.as_ref().is_none_or(|order| self.is_on_account_of(order));
        let known = self.known(book).map(|known| known.key.profile.clone());
        let name = match (&known, &order) {
            (Some(known), _) => known,
            (None, Some(order)) if is_ours => &order.profile,
            (None, _) => &self.key.profile,
        };
        let settle = self.known_as(name);
        let Some(order) = order else { return settle.decide_anywhere(book) };
        let is_settled = order.state.is_paid() && order.payment.as_ref() == Some(&self.key.payment);
        // A process that hadn't heard of a correction yet may have kept it by the name that was entered alone.
        if is_settled && (known.is_none() || !is_ours) {
            return Outcome::AlreadyKnown;
        }
        if !is_ours {
            return settle.decide_as_stranger(&order, book);
        }
        let outcome = settle.on(&order).decide_anywhere(book);
        let now = book.now();
        book.page::<OrderPage>().follow((order.id, now), &self.report, &outcome);
        outcome
    }
}

impl Settle {
    /// What is known of the payment.
    fn known<'b>(&self, book: &'b mut Book) -> Option<&'b Record> {
        book.page::<PaymentPage>().known(&PaymentKey::there(&self.report))
    }

    /// True when the order was written for the account that the payment was reported on, by whichever name.
    fn is_on_account_of(&self, order: &Order) -> bool {
        let there = order.profile_there.as_ref().unwrap_or(&order.profile);
        // Of the order's own event, a process that hadn't heard of a correction yet calls it as it was entered.
        let is_called_so = order.event_id == self.event && order.profile == self.key.profile;
        order.provider == self.key.provider && (is_called_so || there == self.report.there())
    }

    /// The same, on our account as another event knows it: one of them may have entered another id, which was corrected.
    fn known_as(&self, name: &ProfileId) -> Settle {
        let there = Some(self.report.there().clone()).filter(|there| there != name);
        let report = PaymentReport { profile: name.clone(), profile_there: there, ..self.report.clone() };
        Settle { key: PaymentKey::of(&report), report, ..self.clone() }
    }

    /// The same report, with what we wrote down before the provider heard of the payment: the event, the wallet and the
    /// time are the order's.
    fn on(mut self, order: &Order) -> Settle {
        self.event = order.event_id;
        self.hash = Some(order.hash);
        self.report.reference = Some(order.reference.clone());
        self.report.created_at = Some(order.created_at);
        self
    }

    /// The payment names an order that was written for another account: one account of the provider has two names here that
    /// nothing proves to be one's, or somebody names what is not theirs. It is reported on the order's own account, too, and is
    /// money there only.
    fn decide_as_stranger(&self, order: &Order, book: &mut Book) -> Outcome {
        // As long as it isn't settled there, that account may be one that nobody can ask any more.
        if self.report.status != PaymentStatus::Succeeded {
            return Outcome::AlreadyKnown;
        }
        let reason = "its order is another account's";
        let detail = format!(
            "It names order {}, which was made on account {}. Nothing is credited here: reconciling the event of that \
             account finds the payment if it is there.",
            order.id, order.profile
        );
        let matter = Matter::mismatch(self.key.to_string(), reason);
        self.raise(book, matter, None, None, reason, detail);
        Outcome::Mismatch
    }

    fn decide_anywhere(&self, book: &mut Book) -> Outcome {
        // One payment, one event: the one that saw it first keeps it, wherever it is reported later. An event that
        // closed before the payment succeeded takes it into suspense; nothing is dropped between two events.
        let owner = self.known(book).map(|known| known.event_id);
        match owner.filter(|owner| *owner != self.event) {
            Some(owner) => Settle { event: owner, ..self.clone() }.decide_as_owner(book),
            None => self.decide_as_owner(book),
        }
    }

    fn decide_as_owner(&self, book: &mut Book) -> Outcome {
        let mut known = self.known(book).cloned();
        if let Some(known) = known.as_mut() {
            let (page, subject) = (book.page::<ParkedPage>(), self.key.to_string());
            let marked = known.marked.map(|marked| page.as_booked(marked));
            let marked = marked.or_else(|| page.marked(self.event, &subject));
            let is_told = page.is_charged_back(self.event, &subject);
            known.marked =
                marked.map(|marked| Marked { is_charged_back: marked.is_charged_back || is_told, ..marked });
            known.disagrees |= page.disagrees(self.event, &subject);
        }
        let verdict = verdict::of(self.event, known.as_ref(), &self.report, self.hash, book);
        let outcome = self.apply(verdict, known.clone(), book);
        // Beside whatever else the report says.
        let told = known.as_ref().and_then(|known| reserved_later(known, &self.report));
        let Some(told) = told else { return outcome };
        self.contradict(book, told, known.as_ref(), settled_amount(known.as_ref()));
        Outcome::Mismatch
    }

    fn apply(&self, verdict: Verdict, known: Option<Record>, book: &mut Book) -> Outcome {
        match verdict {
            Verdict::AlreadyKnown => Outcome::AlreadyKnown,
            Verdict::Agrees(amount) => self.agree(book, amount),
            Verdict::Mismatch(told) => {
                if let Some(known) = known.as_ref().filter(|_| told.is_chargeback()) {
                    // The payment is written again, so that of two processes, one told of a refund of it and one of its
                    // chargeback, the second knows what the first was told.
                    book.page::<PaymentPage>().keep(known.clone());
                }
                self.contradict(book, told, known.as_ref(), settled_amount(known.as_ref()));
                Outcome::Mismatch
            }
            Verdict::SentBack { record, told } => {
                book.page::<PaymentPage>().keep(record.clone());
                self.contradict(book, told, Some(&record), None);
                Outcome::Mismatch
            }
            Verdict::WentBack { record, marked, to, told } => {
                let marked = Some(went_back(book, self.event, &self.key, marked, (to, WayBack::Refund)));
                let record = Record { marked, ..record };
                book.page::<PaymentPage>().keep(record.clone());
                let Some(told) = told else { return Outcome::Recorded };
                self.contradict(book, told, Some(&record), settled_amount(Some(&record)));
                Outcome::Mismatch
            }
            Verdict::Recorded(record) => {
                book.page::<PaymentPage>().keep(record);
                Outcome::Recorded
            }
            Verdict::NeedsReview { mut record, detail } => {
                record.in_review = true;
                book.page::<PaymentPage>().keep(record.clone());
                let reason = "no amount to credit";
                self.raise(book, self.once(ParkedKind::NeedsReview), Some(&record), None, reason, detail);
                Outcome::NeedsReview
            }
            Verdict::Credited { record, amount, medium, counterfeit } => {
                let credit = Account::Wallet(medium.wallet_id);
                let balance = self.settle(book, &record, Code::TopUp, credit, amount, Ok(medium.id));
                self.activate(book, &medium);
                if let Some(story) = counterfeit {
                    let reason = "another description than the printed one";
                    self.raise(
                        book,
                        self.once(ParkedKind::Counterfeit),
                        Some(&record),
                        Some(amount),
                        reason,
                        story,
                    );
                }
                Outcome::Credited { medium: medium.id, amount, balance }
            }
            Verdict::Suspended { record, amount, reason, detail, told } => {
                self.settle(book, &record, Code::Parked, Account::Suspense, amount, Err(reason));
                let words = reason.as_str();
                self.raise(book, self.once(ParkedKind::Suspense), Some(&record), Some(amount), words, detail);
                if let Some(told) = told {
                    self.contradict(book, told, Some(&record), Some(amount));
                }
                Outcome::Suspended(reason)
            }
        }
    }

    /// Writes the one settlement of a payment with its transfer; answers the wallet's balance.
    fn settle(
        &self,
        book: &mut Book,
        record: &Record,
        code: Code,
        credit: Account,
        amount: Cents,
        destination: Result<MediumId, Suspended>,
    ) -> Cents {
        let transfer = TransferId(record.id);
        let debit = Account::Receivable(self.key.provider, self.key.profile.clone());
        let (event_id, fact_id) = (self.event, record.id);
        let posting = Posting { id: transfer, event_id, code, debit, credit, amount, fact_id, place: None };
        let balance = book.post(posting).expect("the verdict saw that there is room for it");
        if record.in_review {
            book.page::<ParkedPage>().close_review(self.event, record.id, "settled by a later report");
        }
        book.page::<PaymentPage>().settled(record, transfer, amount, destination, self.report.source);
        balance
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

    fn once(&self, kind: ParkedKind) -> Matter {
        Matter::once(kind, self.key.to_string())
    }

    fn contradict(
        &self,
        book: &mut Book,
        told: Contradiction,
        record: Option<&Record>,
        amount: Option<Cents>,
    ) {
        let is_chargeback = told.is_chargeback();
        let matter = Matter::mismatch(self.key.to_string(), told.said);
        self.raise(book, matter, record, amount, told.reason, told.detail);
        if let Some(marked) = record.and_then(|record| record.marked).filter(|_| is_chargeback) {
            tell_of_chargeback(book, self.event, &self.key, marked);
        }
    }

    /// What was booked is named again, after another amount: whoever decides on that reads it.
    fn agree(&self, book: &mut Book, amount: Cents) -> Outcome {
        let words = verdict::named_again(amount, self.report.source);
        book.page::<ParkedPage>().tell_agreed(self.event, self.key.to_string(), words);
        Outcome::AlreadyKnown
    }

    fn raise(
        &self,
        book: &mut Book,
        matter: Matter,
        record: Option<&Record>,
        amount: Option<Cents>,
        reason: &str,
        detail: String,
    ) {
        let now = book.now();
        let medium = match record {
            Some(record) => verdict::paid_medium(record, book).map(|medium| medium.id),
            None => None,
        };
        book.page::<ParkedPage>().raise(NewParked {
            event_id: self.event,
            matter,
            reason: reason.to_owned(),
            detail,
            payment: record.map(|record| record.id),
            amount,
            medium,
            opened_at: now,
        });
    }
}

/// What a payment was settled with.
fn settled_amount(record: Option<&Record>) -> Option<Cents> {
    Some(record?.settlement.as_ref()?.amount)
}
