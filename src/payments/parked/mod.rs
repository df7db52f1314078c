//! What needs a person: money in suspense, reviews, possible counterfeits, mismatches.
//!
//! A matter is raised once per payment and kind, however often its reason comes back, and resolved once; of
//! mismatches, each contradiction is a matter of its own. Only money that is really in suspense moves when it is
//! resolved; the other kinds are looked at and closed. A review that a person closed keeps its payment from nothing: a later
//! report of an amount is settled, and the same odd report again raises nothing.
//!
//! Money that was marked for return is on its way until the provider tells that it has gone: then it is booked as sent back,
//! whichever of the two was first. What the provider tells is the sum of what it sent of a payment, and each part is booked
//! once, because it begins where the one before ended. While a part is on its way, a mismatch says how much, and the next
//! larger sum takes that mismatch's place. Closing it books what of it is not booked yet: nothing, but where it was raised and
//! the money marked without either knowing of the other. A part that was told before is booked with the marking, and its
//! mismatch opens again and says what is left. A chargeback of just the amount that was marked is booked
//! as well, as far as that has not gone, but only once a person has closed its mismatch: it may be disputed. It closes no
//! refund's matter, and a refund that is told after it is a mismatch: that money may have gone on top of it. A chargeback of
//! another amount, or a refund of more than was marked, is a mismatch, and closing it books nothing. A closing that books takes
//! as many people as the marking. From the moment that a chargeback is told of, whichever was first, the mismatch of a part no
//! longer says to send what is left. Whoever resolves a matter holds the money it is about, so that of two processes, one
//! marking it and one closing its chargeback, the second sees what the first did and books it.
//!
//! Money of which any went back is never credited out of suspense: nobody here can tell how much of it is left. It is marked
//! for return, and what is left of it is sent back in the provider's pages, or transferred by the organiser where a payment is
//! refunded once; once all of it has gone, every matter of a part closes itself.
//!
//! A refund that is reserved moves nothing and may be stopped. As long as its matter is open the money isn't credited either:
//! a person closes it once it was stopped, and the same amount told of after that opens it again. It closes itself when the
//! money is decided on, or some of it has gone.
//!
//! A known gap: MultiSafepay tells the sum of its refunds; WooshPay tells of each refund alone and allows one. One is booked;
//! another amount that it tells of after that is a mismatch, and closing it books nothing. The rest of what it refunded in part
//! can't go that way any more, and stays on its way here; the mismatch says so.
//!
//! Another: of two reports that name different amounts the settled one stays booked, and nothing books the difference. Closing
//! that mismatch says what it leaves in the books ([`Closing::Differs`]), and as long as it is open it is named where the money is
//! decided on or sent back. A later report of the settled amount is told in its story.

mod closing;
mod proposals;
mod refund;
mod resolve;
mod said;
pub mod store;

pub use closing::{Closing, Differs};
pub use proposals::store::{Proposed, latest_words, proposed};
pub(in crate::payments) use refund::store::is_told;
pub use refund::store::{OnItsWay, Warnings, gone, on_its_way, warnings};
pub(in crate::payments) use refund::{Marked, tell_of_chargeback, went_back};
pub use refund::{MoneyBack, NewPart, NewReturn, WayBack};
pub use resolve::{Resolution, Resolve, Resolved, takes_parked};
pub use said::Said;

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

/// Why a person is told that two reports of a settled payment name different amounts, currencies or references.
pub const DISAGREE: &str = "two reports disagree";

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
            Said::Differs { .. } | Said::Reserved(_) | Said::Words(_) => None,
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
    /// The latest word of each person, the last one last, while it waits for two to say the same; as its row is read, none.
    pub(in crate::payments) words: Vec<Proposed>,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// How.
    pub resolution: Option<String>,
    /// The transfer that resolved it.
    pub transfer: Option<TransferId>,
    /// The most that the provider told it sent back of its payment, where it is money.
    pub told: Option<Cents>,
    /// Just this amount was taken back by the payer's bank, and a person has closed the matter of that.
    pub is_taken: bool,
    /// Of a contradiction, what was marked for return of its payment; where it tells of money that went back, as far as this is
    /// the refund of it or of a part of it, or the chargeback of just that.
    pub(in crate::payments) of: Option<Marked>,
    /// How much of it went back, where it was marked for return.
    pub back: Cents,
    /// How much of that the payer's bank took.
    pub taken: Cents,
    /// Money of its payment waits in suspense.
    pub is_waiting: bool,
    /// The provider told that money of its payment went back, or is reserved to go, however much.
    pub is_gone: bool,
    /// The provider told that the payer's bank took money of its payment, booked here or not.
    pub is_charged_back: bool,
    /// The provider told that a refund of its payment is reserved, and the matter of that is open.
    pub(in crate::payments) is_reserved: bool,
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

/// The matters of a batch.
#[derive(Default)]
pub struct ParkedPage {
    known: BTreeMap<ParkedId, Parked>,
    raised: BTreeMap<(EventId, Matter), NewParked>,
    closed_reviews: Vec<(EventId, Uuid, &'static str)>,
    /// What went back and is booked now.
    returns: Vec<NewReturn>,
    /// Payments of which all that was marked for return was sent, and the least that is a part of it.
    gone: Vec<(EventId, String, Cents)>,
    /// What the matters of parts say now.
    parts: Vec<NewPart>,
    /// And what they say, one of a payment, because a bank took money as well.
    changed: BTreeMap<(EventId, String), NewPart>,
    /// Payments about whose money a person decided, how much it was, and what is told of it now.
    decided: BTreeMap<(EventId, String), (Cents, String)>,
    /// Payments of which a report names the booked amount again, after another one, and what is told of that.
    agreed: BTreeMap<(EventId, String), String>,
    resolutions: Vec<NewResolution>,
    proposals: Vec<Proposed>,
}

impl ParkedPage {
    /// Raises a matter; the same one again changes nothing.
    pub(super) fn raise(&mut self, new: NewParked) {
        if new.matter.said.names_amount() {
            // What agreed before says nothing against this one.
            self.agreed.remove(&(new.event_id, new.matter.subject.clone()));
        }
        self.raised.entry((new.event_id, new.matter.clone())).or_insert(new);
    }

    /// Closes the open review of a payment that settled after all.
    pub(super) fn close_review(&mut self, event: EventId, payment: Uuid, resolution: &'static str) {
        self.closed_reviews.push((event, payment, resolution));
    }

    fn books(&mut self, new: NewReturn) {
        self.returns.push(new);
    }

    /// Closes the matters of a payment's refunds, where there are any, because what they tell of is booked now.
    fn close_refunds(&mut self, event: EventId, subject: String, least: Cents) {
        self.gone.push((event, subject, least));
    }

    /// Has the matter of a part say what holds now.
    fn tell_again(&mut self, part: NewPart) {
        self.parts.push(part);
    }

    /// Has what is told of a payment say what a person decided about its money, or that it has gone.
    fn tell_decided(&mut self, event: EventId, subject: String, amount: Cents, words: String) {
        self.decided.insert((event, subject), (amount, words));
    }

    /// Has the stories of a payment's other amounts say that the booked one was named again, each once.
    pub(super) fn tell_agreed(&mut self, event: EventId, subject: String, words: String) {
        self.agreed.entry((event, subject)).or_insert(words);
    }

    /// Has the matter of a part say that a bank took money as well, open or closed as it is.
    fn tell_changed(&mut self, part: NewPart) {
        self.changed.insert((part.event_id, part.subject.clone()), part);
    }

    /// What was marked for return, with what this batch has booked of it.
    pub(super) fn as_booked(&self, marked: Marked) -> Marked {
        self.returns.iter().fold(marked, Marked::with)
    }

    /// The money of a payment that this batch marked for return.
    pub(super) fn marked(&self, event: EventId, subject: &str) -> Option<Marked> {
        let is_meant = |parked: &&Parked| {
            parked.event_id == event && parked.matter.subject == subject && parked.is_marked_for_return()
        };
        let parked = self.known.values().find(is_meant)?;
        let (back, taken, is_charged_back) = (parked.back, parked.taken, parked.is_charged_back);
        let marked = Marked { back, taken, is_charged_back, ..Marked::new(parked.id, parked.amount?) };
        Some(self.as_booked(marked))
    }

    /// What this batch was told of money of a payment that went back.
    fn backs(&self, event: EventId, subject: &str) -> impl Iterator<Item = MoneyBack> {
        let raised = self.raised.keys().filter(move |(of, matter)| *of == event && matter.subject == subject);
        raised.filter_map(|(_, matter)| matter.money_back())
    }

    /// True when this batch was told that money of a payment went back.
    fn is_told_gone(&self, event: EventId, subject: &str) -> bool {
        self.backs(event, subject).next().is_some()
    }

    /// True when this batch was told that the payer's bank took money of a payment back.
    pub(super) fn is_charged_back(&self, event: EventId, subject: &str) -> bool {
        self.backs(event, subject).any(|back| back.by == WayBack::Chargeback)
    }

    /// True when this batch was told another amount of a payment than is booked.
    pub(super) fn disagrees(&self, event: EventId, subject: &str) -> bool {
        let mut raised = self.raised.keys().filter(|(of, matter)| *of == event && matter.subject == subject);
        raised.any(|(_, matter)| matter.said.names_amount())
    }

    /// True when this batch was told that a refund of a payment is reserved.
    fn is_told_reserved(&self, event: EventId, subject: &str) -> bool {
        let mut raised = self.raised.keys().filter(|(of, matter)| *of == event && matter.subject == subject);
        raised.any(|(_, matter)| matches!(matter.said, Said::Reserved(_)))
    }

    /// The most that this batch was told of as sent back of a payment.
    fn told(&self, event: EventId, subject: &str) -> Option<Cents> {
        let backs = self.backs(event, subject);
        backs.filter(|back| back.by == WayBack::Refund).map(|back| back.amount).max()
    }

    /// True for a matter that this batch touches and that is closed, by now or since before.
    fn is_closed(&self, event: EventId, matter: &Matter) -> bool {
        let is_it = |parked: &Parked| parked.event_id == event && parked.matter == *matter;
        self.known.values().any(|parked| is_it(parked) && parked.resolved_at.is_some())
    }

    /// The money of a payment that this batch marked for return, where not all of it is booked yet.
    fn marked_just_now(&self, event: EventId, subject: &str) -> Option<Marked> {
        let is_new = |marked: &Marked| self.resolutions.iter().any(|new| new.id == marked.matter);
        self.marked(event, subject).filter(|marked| is_new(marked) && !marked.is_back())
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

    fn propose(&mut self, word: Proposed) {
        if let Some(parked) = self.known.get_mut(&word.parked_id) {
            proposals::say(&mut parked.words, word.clone());
        }
        self.proposals.push(word);
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
            let mut words = latest_words(session, &keys).await?;
            for parked in store::by_ids(session, &keys).await? {
                let words = words.remove(&parked.id).unwrap_or_default();
                self.known.insert(parked.id, Parked { words, ..parked });
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
            refund::store::reserve_again(tx, self.raised.values());
            refund::store::close_smaller(tx, self.raised.values(), now);
            proposals::store::insert(tx, &self.proposals);
            store::resolve(tx, &self.resolutions);
            // A person may close a review in the batch that settles its payment: theirs stands.
            store::close_reviews(tx, &self.closed_reviews, now);
            refund::store::tell_decided(tx, &self.decided);
            refund::store::tell_agreed(tx, &self.agreed);
            refund::store::tell_again(tx, &self.parts);
            refund::store::tell_changed(tx, self.changed.values());
            refund::store::close_all(tx, &self.gone, now);
            let decided = self.decided.keys().map(|(event, subject)| (*event, subject.as_str()));
            refund::store::close_reserved(tx, (self.raised.values(), decided), now);
            refund::store::insert(tx, &self.returns);
            Ok(())
        })
    }
}
