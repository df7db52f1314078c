//! A festival to test on: an event with its profile, its wristbands and its lane, and verbs for what happens to it.

use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::codes::Reference;
use crate::db::Store;
use crate::events::{self, Event, NewEvent, NewPointOfSale, NewProfile, Rules};
use crate::ids::{BatchId, ChargeId, EventId, MediumId, MoveId, OperatorId};
use crate::ledger::{AccountKind, Book, LaneHandle, LaneOptions, Moving, Request, Touches, audit, statement};
use crate::media::store::MediumView;
use crate::media::{
    self, LifecycleMove, Medium, MediumKind, MediumStatus, NewBatch, NotAllowedFrom, PieceSource, Scanner,
    reference_hash,
};
use crate::money::Cents;
use crate::operators::{self, Role};
use crate::payments::parked::store::ParkedView;
use crate::payments::parked::{self, Resolution, Resolve, Resolved};
use crate::payments::{Outcome, Settle, Suspended};
use crate::providers::{
    PaymentId, PaymentReport, PaymentStatus, ProfileId, ProviderName, ServiceUrl, Source, Verified,
};
use crate::secrets::KeyFile;
use crate::terminals::{self, Charged, NewCharge, Refusal, Terminal, Till, Voided};
use crate::values;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The profile of every event here, unless a test names another.
pub(crate) const PROFILE: &str = "5c18cbd1296e9a26d3278518";

/// When the tests' clocks start.
const START: Timestamp = Timestamp(1_782_000_000_000_000);

/// An event with all that hangs on it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) keys: Arc<KeyFile>,
    pub(crate) clock: Clock,
    pub(crate) lane: LaneHandle,
    pub(crate) event: Event,
    pub(crate) profile: ProfileId,
    /// As they were issued; ask [`World::now`] for what they are.
    pub(crate) bands: Vec<Medium>,
}

/// A terminal at a bar, which scans the pay codes of the first batch.
#[derive(Clone)]
pub(crate) struct Bar {
    pub(crate) terminal: Arc<Terminal>,
    pay_codes: Arc<HashMap<Reference, String>>,
}

/// What the accounts of an event should hold; its provider owes the sum, less what vendors are owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    pub(crate) wallets: i64,
    pub(crate) suspense: i64,
    pub(crate) in_transit: i64,
    pub(crate) vendors: i64,
}

impl World {
    /// An event with these rules and this many wristbands.
    pub(crate) async fn open(store: &Store, rules: Rules, bands: i64) -> World {
        let keys = Arc::new(test_keys());
        let clock = Clock::manual(START);
        let (lane, _) = LaneHandle::start(store.clone(), LaneOptions::new(clock.clone()));
        let profile = ProfileId(PROFILE.to_owned());
        let event = create(store, &keys, &clock, "summer", &profile, rules).await;
        let bands = issue(store, &keys, &clock, &event, bands).await;
        for who in ["an", "anna", "bert", "carl"] {
            let email = format!("{who}@bar.example").parse().unwrap();
            operators::add(store, &actor(), clock.now(), &email, Role::Finance).await.unwrap();
        }
        World { store: store.clone(), keys, clock, lane, event, profile, bands }
    }

    /// The next event of the same profile, on the same database, lane and keys; this one must be closed.
    pub(crate) async fn another(&self, slug: &str, rules: Rules, bands: i64) -> World {
        self.another_on(&self.profile, slug, rules, bands).await
    }

    /// An event beside this one, with a profile of its own.
    pub(crate) async fn beside(&self, slug: &str, rules: Rules, bands: i64) -> World {
        let unique = Uuid::now_v7().simple().to_string();
        self.another_on(&ProfileId(unique[8..].to_owned()), slug, rules, bands).await
    }

    async fn another_on(&self, profile: &ProfileId, slug: &str, rules: Rules, bands: i64) -> World {
        let event = create(&self.store, &self.keys, &self.clock, slug, profile, rules).await;
        let bands = issue(&self.store, &self.keys, &self.clock, &event, bands).await;
        World { event, profile: profile.clone(), bands, ..self.clone() }
    }

    /// The same event seen by another process: a lane of its own on a store of its own.
    pub(crate) fn on(&self, store: &Store) -> World {
        let (lane, _) = LaneHandle::start(store.clone(), LaneOptions::new(self.clock.clone()));
        World { store: store.clone(), lane, ..self.clone() }
    }

    /// A SUCCEEDED payment as a bank app makes one from the printed code of this wristband.
    pub(crate) fn paid(&self, payment: &str, band: &Medium, cents: i64) -> PaymentReport {
        PaymentReport {
            provider: ProviderName::Bancontact,
            profile: self.profile.clone(),
            profile_there: None,
            source: Source::Callback,
            payment_id: PaymentId(payment.to_owned()),
            status: PaymentStatus::Succeeded,
            amount_cents: Some(cents),
            received: None,
            refunded_cents: None,
            reserved_cents: None,
            is_chargeback: false,
            link: None,
            currency: Some("EUR".to_owned()),
            reference: Some(band.reference.as_str().to_owned()),
            description: Some(band.description.clone()),
            debtor: None,
            order: None,
            creditor_profile: Some(self.profile.clone()),
            created_at: Some(self.clock.now()),
            succeeded_at: None,
        }
    }

    /// Settles a report in this event.
    pub(crate) async fn settle(&self, report: PaymentReport) -> Outcome {
        self.lane
            .submit(Settle::new(&self.keys, self.event.id, Verified::unchecked(report)))
            .await
            .expect("the lane answers")
    }

    /// Pays onto a wristband and asserts that its wallet is credited.
    pub(crate) async fn tops_up(&self, payment: &str, band: &Medium, cents: i64) -> Cents {
        match self.settle(self.paid(payment, band, cents)).await {
            Outcome::Credited { amount, balance, .. } if amount == Cents(cents) => balance,
            other => panic!("{payment} was not credited: {other:?}"),
        }
    }

    /// What a wristband is now.
    pub(crate) async fn now(&self, band: &Medium) -> MediumView {
        let hash = reference_hash(&self.keys, &band.reference);
        let mut session = self.store.read().await.unwrap();
        media::store::by_code(&mut session, hash).await.unwrap().expect("an issued medium is found")
    }

    /// What a wristband's wallet holds.
    pub(crate) async fn balance(&self, band: &Medium) -> i64 {
        self.now(band).await.balance.0
    }

    pub(crate) async fn status(&self, band: &Medium) -> MediumStatus {
        self.now(band).await.medium.status
    }

    /// Moves a medium along its life.
    pub(crate) async fn moves(
        &self,
        band: &Medium,
        asked: LifecycleMove,
    ) -> Result<MediumStatus, NotAllowedFrom> {
        let (event, medium) = (self.event.id, band.id);
        self.lane.submit(Move { event, id: MoveId::new(), medium, asked }).await.expect("the lane answers")
    }

    /// Gives the wallet of one wristband to another.
    pub(crate) async fn replaces(&self, old: &Medium, new: &Medium) -> Result<(), NotAllowedFrom> {
        let (event, old, new) = (self.event.id, old.id, new.id);
        self.lane.submit(Replace { event, old, new }).await.expect("the lane answers")
    }

    /// Opens a bar with one terminal.
    pub(crate) async fn opens_bar(&self, name: &str) -> Bar {
        let (store, keys, now) = (&self.store, &self.keys, self.clock.now());
        let new = NewPointOfSale { name: name.to_owned(), vendor: None };
        events::add_point_of_sale(store, &actor(), now, &self.event, &new).await.unwrap();
        let added = terminals::add(store, keys, &actor(), now, &self.event, name).await.unwrap();
        let enrolled = terminals::enrol(store, keys, now, &added.code, "till").await.unwrap().unwrap();
        let batch = self.bands[0].batch_id;
        let mut source = PieceSource::open(store, keys, batch).await.unwrap().unwrap();
        let mut codes = HashMap::new();
        for piece in source.page(store).await.unwrap() {
            codes.insert(piece.reference, piece.pay_code.reveal().to_owned());
        }
        Bar { terminal: Arc::new(enrolled.terminal), pay_codes: Arc::new(codes) }
    }

    fn till(&self) -> Till {
        let public_url = ServiceUrl::parse("https://polsband.example").unwrap();
        let scanner = Scanner::new(self.store.clone(), Arc::clone(&self.keys), public_url);
        Till::new(self.store.clone(), self.lane.clone(), Arc::new(scanner))
    }

    /// Sells something at a bar.
    pub(crate) async fn sells(
        &self,
        bar: &Bar,
        id: ChargeId,
        band: &Medium,
        cents: i64,
    ) -> Result<Charged, Refusal> {
        let code = bar.pay_codes[&band.reference].clone();
        let new = NewCharge { id, code, amount: Cents(cents), lines: Vec::new() };
        self.till().charge(&bar.terminal, self.clock.now(), new).await.expect("the till answers")
    }

    /// Sells many things in one call, as a terminal that was offline does.
    pub(crate) async fn sells_all(
        &self,
        bar: &Bar,
        sales: Vec<(ChargeId, &Medium, i64)>,
    ) -> Vec<Result<Charged, Refusal>> {
        let new = |(id, band, cents): (ChargeId, &Medium, i64)| NewCharge {
            id,
            code: bar.pay_codes[&band.reference].clone(),
            amount: Cents(cents),
            lines: Vec::new(),
        };
        let charges = sales.into_iter().map(new).collect();
        let answers = self.till().charge_batch(&bar.terminal, self.clock.now(), charges).await;
        answers.expect("no more than a batch takes").into_iter().map(|answer| answer.unwrap()).collect()
    }

    /// Takes a sale back.
    pub(crate) async fn voids(&self, bar: &Bar, id: ChargeId) -> Result<Voided, Refusal> {
        self.till().void(&bar.terminal, id, None).await.expect("the till answers")
    }

    /// Closes the event.
    pub(crate) async fn closes(&self) {
        events::close(&self.store, &actor(), self.clock.now(), self.event.slug.as_str()).await.unwrap();
    }

    /// The open matters of the event.
    pub(crate) async fn parked(&self) -> Vec<ParkedView> {
        let mut session = self.store.read().await.unwrap();
        let open = parked::store::open(&mut session, self.event.id, Uuid::nil(), 1_000).await.unwrap();
        for ParkedView { detail, .. } in &open {
            assert!(detail.starts_with(char::is_uppercase) && detail.ends_with('.'), "a sentence: {detail}");
        }
        open
    }

    /// The kinds and reasons of the open matters, in order.
    pub(crate) async fn matters(&self) -> Vec<(String, String)> {
        self.parked().await.into_iter().map(|matter| (matter.kind, matter.reason)).collect()
    }

    /// Resolves a matter as the console does.
    pub(crate) async fn resolves(&self, matter: &ParkedView, resolution: Resolution, who: &str) -> Resolved {
        self.resolves_in(self.event.id, matter, resolution, who).await
    }

    pub(crate) async fn resolves_in(
        &self,
        event: EventId,
        matter: &ParkedView,
        resolution: Resolution,
        who: &str,
    ) -> Resolved {
        let email = format!("{who}@bar.example");
        let actor = Actor::Operator { id: OperatorId::new(), email };
        let reason = "asked at the desk".to_owned();
        let resolve = Resolve { event, parked: matter.id, resolution, actor, reason, up_to: None };
        self.lane.submit(resolve).await.expect("the lane answers")
    }

    /// The resolution that gives money to this wristband.
    pub(crate) fn to(&self, band: &Medium) -> Resolution {
        let reference = band.reference.clone();
        Resolution::To { hash: reference_hash(&self.keys, &reference), reference }
    }

    /// Asserts that the audit finds nothing and that every account holds what it should.
    pub(crate) async fn books_are(&self, books: Books) {
        let profiles = [(ProviderName::Bancontact, self.profile.clone())];
        let findings = audit(&self.store, &self.event, &profiles, |_| {}).await.unwrap();
        assert_eq!(findings, [], "the audit of {}", self.event.slug);
        let mut session = self.store.snapshot().await.unwrap();
        let statement = statement(&mut session, self.event.id, &profiles).await.unwrap();
        let (wallets,): (i64,) = session
            .one(
                "SELECT CAST(COALESCE(SUM(balance_cents), 0) AS BIGINT) FROM wallets WHERE event_id = $1",
                values![self.event.id],
            )
            .await
            .unwrap();
        let held = |kind| -> i64 {
            let lines = statement.accounts.iter().filter(|line| line.kind == kind);
            lines.map(|line| line.balance_cents.0).sum()
        };
        let found = Books {
            wallets: held(AccountKind::Wallet),
            suspense: held(AccountKind::Suspense),
            in_transit: held(AccountKind::InTransit),
            vendors: held(AccountKind::Vendor),
        };
        assert_eq!(found, books);
        assert_eq!(wallets, books.wallets, "the running balances and the transfers");
        let owed = books.wallets + books.suspense + books.in_transit + books.vendors;
        assert_eq!(held(AccountKind::Receivable), owed, "what the provider owes");
        assert_eq!(statement.debits_cents, statement.credits_cents);
        let moved: i64 = statement.movements.iter().map(|movement| movement.amount_cents.0).sum();
        assert_eq!(moved, statement.debits_cents.0);
    }

    /// Lets time pass on the lane's clock.
    pub(crate) fn waits(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// A key file of its own; the folder may go once it is read.
pub(crate) fn test_keys() -> KeyFile {
    let folder = tempfile::tempdir().unwrap();
    KeyFile::open_or_create(&folder.path().join("secret.key"), true).unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor::CommandLine("tester".to_owned())
}

/// What a suspended payment answers.
pub(crate) fn suspended(reason: Suspended) -> Outcome {
    Outcome::Suspended(reason)
}

async fn create(
    store: &Store,
    keys: &KeyFile,
    clock: &Clock,
    slug: &str,
    profile: &ProfileId,
    rules: Rules,
) -> Event {
    let new = NewEvent {
        slug: slug.to_owned(),
        name: "Summer".to_owned(),
        merchant: None,
        rules,
        profile: Some(NewProfile { profile_id: profile.0.clone(), ..NewProfile::default() }),
    };
    events::create(store, keys, &actor(), clock.now(), &new).await.unwrap()
}

/// Issues wristbands and reads them back.
pub(crate) async fn issue(
    store: &Store,
    keys: &KeyFile,
    clock: &Clock,
    event: &Event,
    count: i64,
) -> Vec<Medium> {
    let new = NewBatch {
        id: BatchId::new(),
        count,
        kind: MediumKind::Wristband,
        pay_url: ServiceUrl::parse("https://pay.bancontact.net").unwrap(),
        public_url: ServiceUrl::parse("https://polsband.example").unwrap(),
        options: media::BatchOptions::default(),
    };
    let batch = media::issue(store, keys, &actor(), clock, event, &new, |_| {}).await.unwrap();
    let mut session = store.read().await.unwrap();
    media::store::media_of_batch(&mut session, &batch, 0, count).await.unwrap()
}

/// A lifecycle move as the help desk asks for one.
pub(crate) struct Move {
    pub(crate) event: EventId,
    pub(crate) id: MoveId,
    pub(crate) medium: MediumId,
    pub(crate) asked: LifecycleMove,
}

impl Request for Move {
    type Answer = Result<MediumStatus, NotAllowedFrom>;

    fn touches(&self, touches: &mut Touches) {
        touches.medium(self.event, self.medium);
        touches.lifecycle_move(self.event, self.id);
    }

    fn decide(&self, book: &mut Book) -> Self::Answer {
        if book.knows_move(self.id) {
            return Ok(book.medium(self.medium).expect("touched").status);
        }
        book.move_medium(self.medium, moving(self.id, self.asked))
    }
}

struct Replace {
    event: EventId,
    old: MediumId,
    new: MediumId,
}

impl Request for Replace {
    type Answer = Result<(), NotAllowedFrom>;

    fn touches(&self, touches: &mut Touches) {
        touches.medium(self.event, self.old);
        touches.medium(self.event, self.new);
    }

    fn decide(&self, book: &mut Book) -> Self::Answer {
        book.replace_medium(self.old, self.new, moving(MoveId::new(), LifecycleMove::Replace))
    }
}

fn moving(id: MoveId, asked: LifecycleMove) -> Moving {
    Moving { id, asked, actor: "operator:anna@bar.example".to_owned(), reason: "lost".to_owned() }
}
