//! What needs a person: money in suspense, reviews, possible counterfeits, mismatches.
//!
//! A matter is raised once per payment and kind, however often its reason comes back, and resolved once; of
//! mismatches, each contradiction is a matter of its own. Only money that is really in suspense moves when it is
//! resolved; the other kinds are looked at and closed.

mod resolve;
pub mod store;

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

/// What makes a matter one matter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter {
    /// Its kind.
    pub kind: ParkedKind,
    /// The payment it is about.
    pub subject: String,
    /// What a contradiction consists of: another one about the same payment is another matter. Empty for kinds that a
    /// payment has once at most.
    pub said: String,
}

impl Matter {
    /// A matter that a payment has once at most.
    pub(super) fn once(kind: ParkedKind, subject: String) -> Matter {
        Matter { kind, subject, said: String::new() }
    }

    /// A contradiction.
    pub(super) fn mismatch(subject: String, said: impl Into<String>) -> Matter {
        Matter { kind: ParkedKind::Mismatch, subject, said: said.into() }
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
            Ok(())
        })
    }
}
