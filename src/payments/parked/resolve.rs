//! Resolves a parked matter: to a wallet, back to its payer, or by having looked at it.

use super::{
    Marked, Matter, MoneyBack, NewPart, NewResolution, Parked, ParkedKind, ParkedPage, Proposed, WayBack,
    tell_of_chargeback, went_back,
};
use crate::audit_log::{Actor, Entry};
use crate::codes::Reference;
use crate::events::{Activation, top_up_limits};
use crate::ids::{EventId, MoveId, ParkedId, TransferId};
use crate::ledger::{Account, Book, Code, Entries, Moving, PostError, Posting, Request, Touches};
use crate::media::{CodeKind, LifecycleMove, Medium, MediumStatus};
use crate::money::Cents;
use crate::payments::PaymentKey;
use crate::payments::gone::{stands_credited, stands_marked, told_of_part};
use crate::secrets::CodeHash;

/// Why money of which any went back is not credited.
const GONE: &str = "the provider told that money of this payment went back to its payer, so it can't be credited: mark it \
    for return, and send what has not gone yet back in the provider's own pages as well";
/// The same at a provider that refunds a payment once.
const GONE_ONCE: &str = "the provider told that money of this payment went back to its payer, so it can't be credited: \
    mark it for return; the provider refunds a payment once, so the organiser transfers what has not gone yet";
/// The same where the payer's bank took it: sent as well, the payer would have it twice.
const TAKEN: &str = "the payer's bank took money of this payment back, so it can't be credited: mark it for return, and \
    don't send it back as well";
/// Why money of which a refund is reserved is not credited for now.
const RESERVED: &str = "a refund of this payment is reserved at the provider, so it can't be credited now: look in the \
    provider's own pages, and close the mismatch that tells of it once that refund was stopped";

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The money belongs to the wallet behind this reference.
    To {
        /// As typed.
        reference: Reference,
        /// For the directory.
        hash: CodeHash,
    },
    /// It goes back to whoever paid it. A matter that no money is decided on is closed: nothing is sent.
    Return,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// Done, now or before by the same resolution. With the wallet's balance where one was credited now.
    Done {
        /// The wallet's balance after it.
        balance: Option<Cents>,
    },
    /// The amount takes two people: nobody else says the same yet.
    AwaitsSecondPerson,
    /// There is no such matter in this event.
    Unknown,
    /// It was resolved before, otherwise.
    AlreadyResolved,
    /// The reference is none of this event's.
    UnknownReference,
    /// The medium behind the reference can't be credited any more.
    NotUsable(MediumStatus),
    /// The wallet would hold this with it, more than the event's wallets may and than [`Resolve::up_to`].
    Exceeds {
        /// What it would hold.
        balance: Cents,
    },
    /// The wallet holds less than is to be returned.
    Insufficient {
        /// What it holds.
        balance: Cents,
    },
    /// This kind of matter is not resolved that way; the sentence says how it is.
    NotThatWay(&'static str),
}

/// The request.
pub struct Resolve {
    /// Whose.
    pub event: EventId,
    /// Which matter.
    pub parked: ParkedId,
    /// What was decided.
    pub resolution: Resolution,
    /// By whom.
    pub actor: Actor,
    /// And why.
    pub reason: String,
    /// The most that a wallet may hold by it where that is more than the event's wallets may, as they were told before; more
    /// is answered by [`Resolved::Exceeds`]. None: any amount.
    pub up_to: Option<Cents>,
}

/// Whether parked money is credited to a medium in this status: where media are activated `by_hand`, not before.
#[must_use]
pub fn takes_parked(status: MediumStatus, by_hand: bool) -> bool {
    match status {
        MediumStatus::Active | MediumStatus::Frozen | MediumStatus::Replaced => true,
        MediumStatus::Issued => !by_hand,
        MediumStatus::Revoked | MediumStatus::Spoiled | MediumStatus::Quarantined => false,
    }
}

impl Request for Resolve {
    type Answer = Resolved;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        touches.page::<ParkedPage>((self.event, self.parked));
        if let Resolution::To { hash, .. } = &self.resolution {
            touches.code(*hash);
        }
    }

    fn decide(&self, book: &mut Book) -> Resolved {
        // Another request of the batch may have loaded it for its own event.
        let known = book.page::<ParkedPage>().known(self.parked).filter(|known| known.event_id == self.event);
        let Some(parked) = known.cloned() else {
            return Resolved::Unknown;
        };
        if parked.resolved_at.is_some() {
            let same = parked.resolution.as_deref() == Some(self.words().as_str());
            return if same { Resolved::Done { balance: None } } else { Resolved::AlreadyResolved };
        }
        match parked.matter.kind {
            ParkedKind::Suspense => self.move_suspense(book, &parked),
            // A later report of an amount is settled all the same.
            ParkedKind::NeedsReview => match self.resolution {
                Resolution::Return => self.finish(book, &parked, None, None),
                Resolution::To { .. } => Resolved::NotThatWay(
                    "no amount is known that could be credited: once the provider has answered, close it with return, which \
                     sends nothing",
                ),
            },
            ParkedKind::Counterfeit => self.judge_counterfeit(book, &parked),
            ParkedKind::Mismatch => match self.resolution {
                Resolution::Return => self.close_mismatch(book, &parked),
                Resolution::To { .. } => Resolved::NotThatWay(
                    "a mismatch credits nobody: once the provider has answered, close it with return, which sends nothing",
                ),
            },
        }
    }
}

impl Resolve {
    /// As written in the record: `to REFERENCE` or `return`.
    fn words(&self) -> String {
        match &self.resolution {
            Resolution::To { reference, .. } => format!("to {reference}"),
            Resolution::Return => "return".to_owned(),
        }
    }

    fn move_suspense(&self, book: &mut Book, parked: &Parked) -> Resolved {
        let amount = parked.amount.expect("money in suspense has an amount");
        let (page, subject) = (book.page::<ParkedPage>(), &parked.matter.subject);
        let is_gone = parked.is_gone || page.is_told_gone(self.event, subject);
        let is_taken = parked.is_charged_back || page.is_charged_back(self.event, subject);
        let is_reserved = parked.is_reserved || page.is_told_reserved(self.event, subject);
        let medium = match &self.resolution {
            Resolution::Return => None,
            Resolution::To { .. } if is_taken => return Resolved::NotThatWay(TAKEN),
            Resolution::To { .. } if is_gone => {
                let once = PaymentKey::named(subject).is_some_and(|key| key.provider.refunds_once());
                return Resolved::NotThatWay(if once { GONE_ONCE } else { GONE });
            }
            Resolution::To { .. } if is_reserved => return Resolved::NotThatWay(RESERVED),
            Resolution::To { hash, .. } => match self.usable(book, *hash) {
                Ok(medium) => Some(medium),
                Err(refusal) => return refusal,
            },
        };
        if let Some(balance) = medium.as_ref().and_then(|medium| self.exceeds(book, medium, amount)) {
            return Resolved::Exceeds { balance };
        }
        if self.takes_second_person(book, parked, amount) {
            return Resolved::AwaitsSecondPerson;
        }
        let (code, credit) = match &medium {
            Some(medium) => (Code::ParkedToWallet, Account::Wallet(medium.wallet_id)),
            None => (Code::ParkedReturned, Account::InTransit),
        };
        let done = self.post(book, parked, code, Account::Suspense, credit, amount);
        if let (Ok(_), Some(medium)) = (&done, medium) {
            self.activate(book, &medium);
            let words = stands_credited(amount, &medium.serial, &self.actor.to_string());
            book.page::<ParkedPage>().tell_decided(self.event, subject.clone(), amount, words);
        }
        done.unwrap_or_else(|refusal| refusal)
    }

    /// What the wallet of a medium would hold, where that is more than it may and more than whoever decides was told.
    fn exceeds(&self, book: &Book, medium: &Medium, amount: Cents) -> Option<Cents> {
        let up_to = self.up_to?;
        let holds = book.wallet(medium.wallet_id)?.balance;
        let room = top_up_limits::room(&book.event(self.event)?.rules, holds)?;
        let balance = holds.plus(amount)?;
        (amount > room && balance > up_to).then_some(balance)
    }

    /// A medium with money on it is in use: as unused, it could still become the successor of another, and its money
    /// would be on a wallet that no medium spends from.
    fn activate(&self, book: &mut Book, medium: &Medium) {
        if medium.status == MediumStatus::Issued {
            let moving = Moving {
                id: MoveId::new(),
                asked: LifecycleMove::Activate,
                actor: self.actor.to_string(),
                reason: self.reason.clone(),
            };
            book.move_medium(medium.id, moving).expect("an issued medium can be activated");
        }
    }

    /// A possible counterfeit whose money is on the wallet: kept there, or returned as far as it is still there.
    fn judge_counterfeit(&self, book: &mut Book, parked: &Parked) -> Resolved {
        let medium = parked.medium.and_then(|id| book.medium(id)).cloned();
        let medium = medium.expect("a counterfeit is raised about the medium that was paid");
        let amount = parked.amount.expect("a counterfeit was settled with an amount");
        if let Resolution::To { hash, .. } = &self.resolution {
            let named = book.by_code(*hash);
            if !matches!(named, Some((CodeKind::Reference, same)) if same.id == medium.id) {
                return Resolved::NotThatWay(
                    "the money is on the paid wallet: name that reference to keep it there",
                );
            }
        }
        if self.takes_second_person(book, parked, amount) {
            return Resolved::AwaitsSecondPerson;
        }
        match &self.resolution {
            Resolution::To { .. } => self.finish(book, parked, None, None),
            Resolution::Return => {
                let wallet = Account::Wallet(medium.wallet_id);
                self.post(book, parked, Code::RefundRequested, wallet, Account::InTransit, amount)
                    .unwrap_or_else(|refusal| refusal)
            }
        }
    }

    /// The medium behind a reference whose wallet can be credited: where media are activated by hand, not before.
    fn usable(&self, book: &Book, hash: CodeHash) -> Result<Medium, Resolved> {
        let medium = match book.by_code(hash) {
            Some((CodeKind::Reference, medium)) if medium.event_id == self.event => medium,
            _ => return Err(Resolved::UnknownReference),
        };
        let holder = book.holder(medium.wallet_id).unwrap_or(medium);
        let by_hand =
            book.event(self.event).is_some_and(|event| event.rules.activation == Activation::Explicit);
        let stopped =
            [medium.status, holder.status].into_iter().find(|status| !takes_parked(*status, by_hand));
        stopped.map_or_else(|| Ok(medium.clone()), |status| Err(Resolved::NotUsable(status)))
    }

    /// True when the amount takes two people and nobody else's latest word is the same: then this one is kept.
    fn takes_second_person(&self, book: &mut Book, parked: &Parked, amount: Cents) -> bool {
        let large = book.event(self.event).is_none_or(|event| amount >= event.rules.second_person);
        let (said, person) = (self.words(), self.actor.to_string());
        let agrees = |word: &Proposed| word.said == said && word.person != person && !word.is_lapsed;
        let seconded = parked.words.iter().any(agrees);
        if !large {
            return false;
        }
        let is_last = parked.words.last().is_some_and(|last| last.said == said);
        let is_told =
            parked.words.iter().any(|word| word.person == person && word.said == said && word.why.is_some());
        if seconded || !is_last || !is_told {
            if !seconded {
                self.log(book, parked, "parked matter proposed");
            }
            // Whoever agrees says so as well: of two processes, one taking a word back and one agreeing to it, one is refused.
            let nth = parked.words.last().map_or(1, |last| last.nth + 1);
            let (event_id, parked_id, why) = (self.event, self.parked, Some(self.reason.clone()));
            let said_at = Some(book.now());
            let word = Proposed { event_id, parked_id, nth, person, said, why, said_at, is_lapsed: false };
            book.page::<ParkedPage>().propose(word);
        }
        !seconded
    }

    fn post(
        &self,
        book: &mut Book,
        parked: &Parked,
        code: Code,
        debit: Account,
        credit: Account,
        amount: Cents,
    ) -> Result<Resolved, Resolved> {
        let id = TransferId::new();
        let credits_wallet = matches!(credit, Account::Wallet(_));
        let is_return = matches!(credit, Account::InTransit);
        let fact_id = self.parked.0;
        let posting = Posting { id, event_id: self.event, code, debit, credit, amount, fact_id, place: None };
        let balance = book.post(posting).map_err(|error| match error {
            PostError::Insufficient { balance } => Resolved::Insufficient { balance },
            PostError::OutOfRange => Resolved::NotThatWay("the wallet can't hold that much"),
        })?;
        if is_return {
            self.follow_refund(book, parked, amount);
        }
        Ok(self.finish(book, parked, Some(id), credits_wallet.then_some(balance)))
    }

    /// Closes a contradiction. Where that books marked money as gone, it takes as many people as moving the money did.
    fn close_mismatch(&self, book: &mut Book, parked: &Parked) -> Resolved {
        if let Some((key, marked, back)) = self.gone_by(book, parked) {
            let books = back.amount.minus(marked.back).unwrap_or(Cents::ZERO);
            if self.takes_second_person(book, parked, books) {
                return Resolved::AwaitsSecondPerson;
            }
            let marked = went_back(book, self.event, &key, marked, (back.amount, back.by));
            if back.by == WayBack::Chargeback {
                tell_of_chargeback(book, self.event, &key, marked);
            }
        }
        self.finish(book, parked, None, None)
    }

    /// The marked money that closing this matter books as gone: by a chargeback of just that, or by a refund of it or of a
    /// part, which was raised, and the money marked, without either knowing of the other.
    fn gone_by(&self, book: &mut Book, parked: &Parked) -> Option<(PaymentKey, Marked, MoneyBack)> {
        let subject = &parked.matter.subject;
        let (back, key) = (parked.matter.money_back()?, PaymentKey::named(subject)?);
        let page = book.page::<ParkedPage>();
        let is_chargeback = |marked: &Marked| back == MoneyBack::chargeback(marked.amount);
        let marked = parked.of.or_else(|| page.marked_just_now(self.event, subject).filter(is_chargeback))?;
        let marked = page.as_booked(marked);
        let is_booked = back.by == WayBack::Chargeback || marked.can_be_sent(key.provider);
        is_booked.then_some((key, marked, back))
    }

    /// Books what of the money that is to be returned has gone already, where the provider told so before; of a chargeback,
    /// where a person closed its matter before. The matter of a part says from then on what is left.
    fn follow_refund(&self, book: &mut Book, parked: &Parked, amount: Cents) {
        let subject = &parked.matter.subject;
        let chargeback = Matter::mismatch(subject.clone(), MoneyBack::chargeback(amount));
        let page = book.page::<ParkedPage>();
        page.tell_decided(self.event, subject.clone(), amount, stands_marked(amount));
        let told = parked.told.max(page.told(self.event, subject)).filter(|told| *told <= amount);
        let is_taken = parked.is_taken || page.is_closed(self.event, &chargeback);
        let Some(key) = PaymentKey::named(subject) else { return };
        let is_charged_back = parked.is_charged_back || page.is_charged_back(self.event, subject);
        let mut marked = Marked { is_charged_back, ..Marked::new(parked.id, amount) };
        let sent = told.map(|told| (told, WayBack::Refund));
        let taken = is_taken.then_some((amount, WayBack::Chargeback));
        for gone in sent.into_iter().chain(taken) {
            marked = went_back(book, self.event, &key, marked, gone);
        }
        if marked.sent().is_positive() && marked.sent() < amount {
            let detail = told_of_part(marked, key.provider);
            book.page::<Entries>().add(Entry {
                event: Some(self.event),
                reason: Some(self.reason.clone()),
                detail: Some(format!("mismatch of {subject}: {detail}")),
                ..Entry::new(&self.actor, "refunded part told again", format!("parked:{}", self.parked))
            });
            let (event_id, subject, amount) = (self.event, subject.clone(), marked.sent());
            book.page::<ParkedPage>().tell_again(NewPart { event_id, subject, amount, detail });
        }
    }

    fn finish(
        &self,
        book: &mut Book,
        parked: &Parked,
        transfer: Option<TransferId>,
        balance: Option<Cents>,
    ) -> Resolved {
        self.log(book, parked, "parked matter resolved");
        let at = book.now();
        book.page::<ParkedPage>().resolve(NewResolution {
            event_id: self.event,
            id: self.parked,
            actor: self.actor.to_string(),
            resolution: self.words(),
            reason: self.reason.clone(),
            transfer,
            at,
        });
        Resolved::Done { balance }
    }

    fn log(&self, book: &mut Book, parked: &Parked, action: &'static str) {
        book.page::<Entries>().add(Entry {
            event: Some(self.event),
            reason: Some(self.reason.clone()),
            detail: Some(format!("{} of {}: {}", parked.matter.kind, parked.matter.subject, self.words())),
            ..Entry::new(&self.actor, action, format!("parked:{}", self.parked))
        });
    }
}
