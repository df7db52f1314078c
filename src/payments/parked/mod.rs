//! What needs a person: money in suspense, reviews, possible counterfeits, mismatches.
//!
//! A matter is raised once per payment and kind, however often its reason comes back, and resolved once; of
//! mismatches, each contradiction is a matter of its own. Only money that is really in suspense moves when it is
//! resolved; the other kinds are looked at and closed.
//!
//! Money that was marked for return is on its way until the provider tells of a refund of just that amount: then it is
//! booked as sent back, whichever of the two was first, and once, because the transfer is called like the matter. A
//! chargeback of just that amount is booked in the same way, but only once a person has closed its mismatch: it may be
//! disputed. It closes no refund's matter: that money may have gone on top of it. A refund or a chargeback of another amount
//! is a mismatch, and closing it books nothing. Whoever resolves a matter holds the money it is about, so that of two
//! processes, one marking it and one closing its chargeback, the second sees what the first did and books it.
//!
//! Money of which any went back is never credited out of suspense: nobody here can tell how much of it is left. It is marked
//! for return, and what is left of it is sent back in the provider's pages; once all of it has gone, that is booked, and
//! every matter of a part closes itself.
//!
//! A known gap: a refund in parts is booked when a report says that all of it has gone. MultiSafepay tells the sum;
//! WooshPay tells of each refund and allows one. What it refunded in part stays on its way here, and its rest, which can't
//! go that way any more, too; the mismatch says so.

mod refund;
mod resolve;
pub mod store;

pub(in crate::payments) use refund::{Marked, went_back};
pub use refund::{MoneyBack, Refunded, WayBack};
pub use resolve::{Resolution, Resolve, Resolved};

use crate::clock::Timestamp;
use crate::db::{Error, Session, Tx};
use crate::ids::{EventId, MediumId, ParkedId, TransferId};
use crate::ledger::{Page, Touches};
use crate::money::Cents;
use crate::words;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use uuid::Uuid;

words! {
    /// What kind of matter.
    ParkedKind, "a kind of parked matter" {
        /// Money in the suspense account.
        Suspense = "suspense",
        /// SUCCEEDED without an amount that can be credited.
        NeedsReview = "needs-review",
        /// The payer was shown something else than we printed.
        Counterfeit = "counterfeit",
        /// The provider contradicts itself or us.
        Mismatch = "mismatch",
    }
}

/// What tells the matter of a dispute from others.
pub(in crate::payments) const DISPUTED: &str = "disputed";

/// What makes a matter one matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    /// Its kind.
    pub kind: ParkedKind,
    /// The payment it is about.
    pub subject: String,
    /// What tells it from others of its kind about the same payment.
    pub said: Said,
}

/// What a contradiction consists of: another one about the same payment is another matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// Money went back to the payer.
    MoneyBack(MoneyBack),
    /// Anything else, in words; none for kinds that a payment has once at most.
    Words(String),
}

impl From<MoneyBack> for Said {
    fn from(back: MoneyBack) -> Said {
        Said::MoneyBack(back)
    }
}

impl From<String> for Said {
    fn from(words: String) -> Said {
        Said::Words(words)
    }
}

impl From<&str> for Said {
    fn from(words: &str) -> Said {
        Said::Words(words.to_owned())
    }
}

impl Matter {
    /// A matter that a payment has once at most.
    pub(super) fn once(kind: ParkedKind, subject: String) -> Matter {
        Matter { kind, subject, said: "".into() }
    }

    /// A contradiction.
    pub(super) fn mismatch(subject: String, said: impl Into<Said>) -> Matter {
        Matter { kind: ParkedKind::Mismatch, subject, said: said.into() }
    }

    /// The money that it tells went back, if that is what it tells.
    pub(super) fn money_back(&self) -> Option<MoneyBack> {
        match self.said {
            Said::MoneyBack(back) => Some(back),
            Said::Words(_) => None,
        }
    }
}

/// A matter to be raised.
#[derive(Clone, Debug)]
pub struct NewParked {
    /// Whose.
    pub event_id: EventId,
    /// What about.
    pub matter: Matter,
    /// In a few words.
    pub reason: String,
    /// Its story.
    pub detail: String,
    /// The payment, where there is a record of it.
    pub payment: Option<Uuid>,
    /// The money it is about.
    pub amount: Option<Cents>,
    /// The medium that was paid, where one was.
    pub medium: Option<MediumId>,
    /// When.
    pub opened_at: Timestamp,
}

/// A matter as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Whose.
    pub event_id: EventId,
    /// Ours.
    pub id: ParkedId,
    /// What about.
    pub matter: Matter,
    /// The money it is about.
    pub amount: Option<Cents>,
    /// The medium that was paid, where one was.
    pub medium: Option<MediumId>,
    /// What a first person proposed, waiting for a second: what, and who.
    pub proposal: Option<(String, String)>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// How.
    pub resolution: Option<String>,
    /// The transfer that resolved it.
    pub transfer: Option<TransferId>,
    /// What the provider's refund, or a chargeback, has to do with it.
    pub refund: Refunded,
    /// The provider told that money of its payment went back, or is reserved to go, however much.
    pub is_gone: bool,
}

impl Parked {
    /// True for money that a person decided to send back to its payer.
    fn is_marked_for_return(&self) -> bool {
        let holds_money = matches!(self.matter.kind, ParkedKind::Suspense | ParkedKind::Counterfeit);
        holds_money && self.resolution.as_deref() == Some("return") && self.transfer.is_some()
    }
}

/// A resolution to be written.
#[derive(Clone, Debug)]
pub struct NewResolution {
    pub(super) event_id: EventId,
    pub(super) id: ParkedId,
    pub(super) actor: String,
    pub(super) resolution: String,
    pub(super) reason: String,
    pub(super) transfer: Option<TransferId>,
    pub(super) at: Timestamp,
}

/// A proposal to be written.
#[derive(Clone, Debug)]
pub struct NewProposal {
    pub(super) event_id: EventId,
    pub(super) id: ParkedId,
    pub(super) proposal: String,
    pub(super) actor: String,
}

/// The matters of a batch.
#[derive(Default)]
pub struct ParkedPage {
    known: BTreeMap<ParkedId, Parked>,
    raised: BTreeMap<(EventId, Matter), NewParked>,
    closed_reviews: Vec<(EventId, Uuid, &'static str)>,
    /// What went back and is booked now, as refunds of it are called.
    booked: Vec<(EventId, Matter, WayBack)>,
    resolutions: Vec<NewResolution>,
    /// The last one of each matter: two people may propose different things in one batch.
    proposals: BTreeMap<ParkedId, NewProposal>,
}

impl ParkedPage {
    /// Raises a matter; the same one again changes nothing.
    pub(super) fn raise(&mut self, new: NewParked) {
        self.raised.entry((new.event_id, new.matter.clone())).or_insert(new);
    }

    /// Closes the open review of a payment that settled after all.
    pub(super) fn close_review(&mut self, event: EventId, payment: Uuid, resolution: &'static str) {
        self.closed_reviews.push((event, payment, resolution));
    }

    /// Closes the matter of a refund, where there is one, because what it tells of is booked now, unless that is a
    /// chargeback. False when it was in this batch before.
    fn books(&mut self, event: EventId, refund: Matter, by: WayBack) -> bool {
        let is_new = !self.booked.iter().any(|(of, known, _)| *of == event && *known == refund);
        if is_new {
            self.booked.push((event, refund, by));
        }
        is_new
    }

    /// The money of a payment that this batch marked for return.
    pub(super) fn marked(&self, event: EventId, subject: &str) -> Option<Marked> {
        let is_meant = |parked: &&Parked| {
            parked.event_id == event && parked.matter.subject == subject && parked.is_marked_for_return()
        };
        let parked = self.known.values().find(is_meant)?;
        let is_back = matches!(parked.refund, Refunded::Told | Refunded::Taken);
        Some(Marked { matter: parked.id, amount: parked.amount?, is_back })
    }

    /// True when this batch was told that money of a payment went back.
    fn is_told_gone(&self, event: EventId, subject: &str) -> bool {
        let mut raised = self.raised.keys().filter(|(of, matter)| *of == event && matter.subject == subject);
        raised.any(|(_, matter)| matter.money_back().is_some())
    }

    fn is_raised(&self, event: EventId, matter: &Matter) -> bool {
        self.raised.contains_key(&(event, matter.clone()))
    }

    /// True for a matter that this batch touches and that is closed, by now or since before.
    fn is_closed(&self, event: EventId, matter: &Matter) -> bool {
        let is_it = |parked: &Parked| parked.event_id == event && parked.matter == *matter;
        self.known.values().any(|parked| is_it(parked) && parked.resolved_at.is_some())
    }

    /// The money of a payment that this batch marked for return, where none of it is booked yet.
    fn marked_just_now(&self, event: EventId, subject: &str) -> Option<Marked> {
        let is_new = |marked: &Marked| self.resolutions.iter().any(|new| new.id == marked.matter);
        self.marked(event, subject).filter(|marked| is_new(marked) && !marked.is_back)
    }

    fn known(&self, id: ParkedId) -> Option<&Parked> {
        self.known.get(&id)
    }

    fn resolve(&mut self, new: NewResolution) {
        if let Some(parked) = self.known.get_mut(&new.id) {
            parked.resolved_at = Some(new.at);
            parked.resolution = Some(new.resolution.clone());
            parked.transfer = new.transfer;
        }
        self.resolutions.push(new);
    }

    fn propose(&mut self, new: NewProposal) {
        if let Some(parked) = self.known.get_mut(&new.id) {
            parked.proposal = Some((new.proposal.clone(), new.actor.clone()));
        }
        self.proposals.insert(new.id, new);
    }
}

impl Page for ParkedPage {
    type Key = (EventId, ParkedId);

    fn begin(&mut self, _gate_moved: bool) {
        *self = ParkedPage::default();
    }

    fn load<'a>(
        &'a mut self,
        session: &'a mut Session,
        keys: Vec<(EventId, ParkedId)>,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            store::hold_money(session, &keys).await?;
            for parked in store::by_ids(session, &keys).await? {
                self.known.insert(parked.id, parked);
            }
            Ok(())
        })
    }

    fn touches(&self, touches: &mut Touches) {
        for parked in self.known.values() {
            if let Some(medium) = parked.medium {
                touches.medium(parked.event_id, medium);
            }
        }
    }

    fn store<'a>(&'a mut self, tx: &'a mut Tx, now: Timestamp) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            store::raise(tx, self.raised.values());
            store::close_reviews(tx, &self.closed_reviews, now);
            store::propose(tx, self.proposals.values());
            store::resolve(tx, &self.resolutions);
            store::close_refunds(tx, &self.booked, now);
            Ok(())
        })
    }
}
