//! Resolves a parked matter: to a wallet, back to its payer, or by having looked at it.

use super::{NewProposal, NewResolution, Parked, ParkedKind, ParkedPage};
use crate::audit_log::{Actor, Entry};
use crate::codes::Reference;
use crate::ids::{EventId, MediumId, ParkedId, TransferId};
use crate::ledger::{Account, Book, Code, Entries, PostError, Posting, Request, Touches};
use crate::media::{CodeKind, Medium, MediumStatus};
use crate::money::Cents;
use crate::secrets::CodeHash;

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
    /// It goes back to whoever paid it.
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
    /// The amount takes two people: this was the first.
    AwaitsSecondPerson,
    /// There is no such matter in this event.
    Unknown,
    /// It was resolved before, otherwise.
    AlreadyResolved,
    /// The reference is none of this event's.
    UnknownReference,
    /// The medium behind the reference can't be credited any more.
    NotUsable(MediumStatus),
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
    /// The medium it is about, as read before: immutable, so it can be touched.
    pub medium: Option<MediumId>,
    /// What was decided.
    pub resolution: Resolution,
    /// By whom.
    pub actor: Actor,
    /// And why.
    pub reason: String,
}

impl Request for Resolve {
    type Answer = Resolved;

    fn touches(&self, touches: &mut Touches) {
        touches.event(self.event);
        touches.page::<ParkedPage>((self.event, self.parked));
        if let Resolution::To { hash, .. } = &self.resolution {
            touches.code(*hash);
        }
        if let Some(medium) = self.medium {
            touches.medium(self.event, medium);
        }
    }

    fn decide(&self, book: &mut Book) -> Resolved {
        let Some(parked) = book.page::<ParkedPage>().known(self.parked).cloned() else {
            return Resolved::Unknown;
        };
        if parked.resolved_at.is_some() {
            let same = parked.resolution.as_deref() == Some(self.words().as_str());
            return if same { Resolved::Done { balance: None } } else { Resolved::AlreadyResolved };
        }
        match parked.matter.kind {
            ParkedKind::Suspense => self.move_suspense(book, &parked),
            ParkedKind::NeedsReview => Resolved::NotThatWay(
                "no amount is known that could be moved: it closes by itself when the provider reports one",
            ),
            ParkedKind::Counterfeit => self.judge_counterfeit(book, &parked),
            ParkedKind::Mismatch => match self.resolution {
                Resolution::Return => self.finish(book, None, None),
                Resolution::To { .. } => Resolved::NotThatWay(
                    "the first settlement stands: close a mismatch with return once the provider has answered",
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
        let credit = match &self.resolution {
            Resolution::Return => Account::InTransit,
            Resolution::To { hash, .. } => match self.usable(book, *hash) {
                Ok(medium) => Account::Wallet(medium.wallet_id),
                Err(refusal) => return refusal,
            },
        };
        if self.takes_second_person(book, parked, amount) {
            return Resolved::AwaitsSecondPerson;
        }
        let wallet = matches!(credit, Account::Wallet(_));
        let code = if wallet { Code::ParkedToWallet } else { Code::ParkedReturned };
        self.post(book, code, Account::Suspense, credit, amount).unwrap_or_else(|refusal| refusal)
    }

    /// A possible counterfeit whose money is on the wallet: kept there, or returned as far as it is still there.
    fn judge_counterfeit(&self, book: &mut Book, parked: &Parked) -> Resolved {
        let Some(medium) = parked.medium.and_then(|id| book.medium(id)).cloned() else {
            return self.finish(book, None, None);
        };
        match &self.resolution {
            Resolution::To { hash, .. } => match book.by_code(*hash) {
                Some((CodeKind::Reference, same)) if same.id == medium.id => self.finish(book, None, None),
                _ => Resolved::NotThatWay(
                    "the money is on the paid wallet: name that reference to keep it there",
                ),
            },
            Resolution::Return => {
                let amount = parked.amount.expect("a counterfeit was settled with an amount");
                if self.takes_second_person(book, parked, amount) {
                    return Resolved::AwaitsSecondPerson;
                }
                let wallet = Account::Wallet(medium.wallet_id);
                self.post(book, Code::RefundRequested, wallet, Account::InTransit, amount)
                    .unwrap_or_else(|refusal| refusal)
            }
        }
    }

    fn usable(&self, book: &Book, hash: CodeHash) -> Result<Medium, Resolved> {
        let medium = match book.by_code(hash) {
            Some((CodeKind::Reference, medium)) if medium.event_id == self.event => medium,
            _ => return Err(Resolved::UnknownReference),
        };
        let holder = book.holder(medium.wallet_id).unwrap_or(medium);
        for status in [medium.status, holder.status] {
            if matches!(status, MediumStatus::Revoked | MediumStatus::Spoiled) {
                return Err(Resolved::NotUsable(status));
            }
        }
        Ok(medium.clone())
    }

    /// True when the amount takes two people and this is the first, whose proposal is kept.
    fn takes_second_person(&self, book: &mut Book, parked: &Parked, amount: Cents) -> bool {
        let large = book.event(self.event).is_none_or(|event| amount >= event.rules.second_person);
        let words = self.words();
        let seconded = parked.proposal.as_ref().is_some_and(|(proposal, proposed_by)| {
            *proposal == words && *proposed_by != self.actor.to_string()
        });
        if !large || seconded {
            return false;
        }
        self.note(book, "parked matter proposed");
        book.page::<ParkedPage>().propose(NewProposal {
            event_id: self.event,
            id: self.parked,
            proposal: words,
            actor: self.actor.to_string(),
        });
        true
    }

    fn post(
        &self,
        book: &mut Book,
        code: Code,
        debit: Account,
        credit: Account,
        amount: Cents,
    ) -> Result<Resolved, Resolved> {
        let id = TransferId::new();
        let credits_wallet = matches!(credit, Account::Wallet(_));
        let fact_id = self.parked.0;
        let posting = Posting { id, event_id: self.event, code, debit, credit, amount, fact_id };
        let balance = book.post(posting).map_err(|error| match error {
            PostError::Insufficient { balance } => Resolved::Insufficient { balance },
            PostError::OutOfRange => Resolved::NotThatWay("the wallet can't hold that much"),
        })?;
        Ok(self.finish(book, Some(id), credits_wallet.then_some(balance)))
    }

    fn finish(&self, book: &mut Book, transfer: Option<TransferId>, balance: Option<Cents>) -> Resolved {
        let at = book.now();
        self.note(book, "parked matter resolved");
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

    fn note(&self, book: &mut Book, action: &'static str) {
        book.page::<Entries>().add(Entry {
            event: Some(self.event),
            reason: Some(self.reason.clone()),
            detail: Some(self.words()),
            ..Entry::new(&self.actor, action, format!("parked:{}", self.parked))
        });
    }
}
