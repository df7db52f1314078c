//! A festival for the tests of the rooms above: an event with a bar and ten wristbands, a lane, a clock.

use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::db::Store;
use crate::events::{self, Event, NewEvent, NewPointOfSale, NewProfile, PointOfSale, Rules};
use crate::ids::BatchId;
use crate::ledger::{self, LaneHandle, LaneOptions};
use crate::media::{self, Medium, MediumKind, NewBatch, PieceSource, Scanner};
use crate::money::Cents;
use crate::payments::{Outcome, Settle};
use crate::print::Piece;
use crate::providers::{
    PaymentId, PaymentReport, PaymentStatus, ProfileId, ProviderName, ServiceUrl, Source, Verified,
};
use crate::secrets::KeyFile;
use std::sync::Arc;
use uuid::Uuid;

/// When the tests' festival begins.
pub(crate) const START: Timestamp = Timestamp(1_783_000_000_000_000);

pub(crate) struct Festival {
    pub(crate) store: Store,
    pub(crate) keys: Arc<KeyFile>,
    pub(crate) clock: Clock,
    pub(crate) lane: LaneHandle,
    pub(crate) event: Event,
    pub(crate) profile: ProfileId,
    pub(crate) bar: PointOfSale,
    pub(crate) pieces: Vec<Piece>,
}

impl Festival {
    /// With the rules of a newcomer.
    pub(crate) async fn open(store: Store) -> Festival {
        Festival::with_rules(store, Rules::default()).await
    }

    pub(crate) async fn with_rules(store: Store, rules: Rules) -> Festival {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyFile::open_or_create(&folder.path().join("secret.key"), true).unwrap();
        let clock = Clock::manual(START);
        let (lane, _) = LaneHandle::start(store.clone(), LaneOptions::new(clock.clone()));
        Festival::in_place(store, Arc::new(keys), clock, lane, rules).await
    }

    /// Another event in the same database, with the same keys and the same lane.
    pub(crate) async fn beside(&self) -> Festival {
        let (store, keys) = (self.store.clone(), self.keys.clone());
        Festival::in_place(store, keys, self.clock.clone(), self.lane.clone(), Rules::default()).await
    }

    async fn in_place(
        store: Store,
        keys: Arc<KeyFile>,
        clock: Clock,
        lane: LaneHandle,
        rules: Rules,
    ) -> Festival {
        let unique = Uuid::now_v7().simple().to_string();
        let profile = ProfileId(unique[unique.len() - 24..].to_owned());
        let new = NewEvent {
            slug: format!("festival-{unique}"),
            name: "Zomer".to_owned(),
            merchant: None,
            rules,
            profile: Some(NewProfile { profile_id: profile.0.clone(), ..NewProfile::default() }),
        };
        let event = events::create(&store, &keys, &actor(), START, &new).await.unwrap();
        let new = NewPointOfSale { name: "Bar 1".to_owned(), vendor: Some("Brouwerij".to_owned()) };
        let bar = events::add_point_of_sale(&store, &actor(), START, &event, &new).await.unwrap();
        let batch = NewBatch {
            id: BatchId::new(),
            count: 10,
            kind: MediumKind::Wristband,
            pay_url: ServiceUrl::parse("https://pay.bancontact.net").unwrap(),
            public_url: public_url(),
            options: media::BatchOptions::default(),
        };
        let batch = media::issue(&store, &keys, &actor(), &clock, &event, &batch, |_| {}).await.unwrap();
        let mut source = PieceSource::open(&store, &keys, batch.id).await.unwrap().unwrap();
        let pieces = source.page(&store).await.unwrap();
        Festival { store, keys, clock, lane, event, profile, bar, pieces }
    }

    pub(crate) fn scanner(&self) -> Arc<Scanner> {
        Arc::new(Scanner::new(self.store.clone(), self.keys.clone(), public_url()))
    }

    /// A lane of another process on the same database.
    pub(crate) fn another_lane(&self) -> LaneHandle {
        LaneHandle::start(self.store.clone(), LaneOptions::new(self.clock.clone())).0
    }

    /// The medium as it is now.
    pub(crate) async fn medium(&self, piece: &Piece) -> Medium {
        self.view(piece).await.medium
    }

    /// What is on its wallet now.
    pub(crate) async fn balance(&self, piece: &Piece) -> Cents {
        self.view(piece).await.balance
    }

    async fn view(&self, piece: &Piece) -> media::store::MediumView {
        let hash = media::reference_hash(&self.keys, &piece.reference);
        let mut session = self.store.read().await.unwrap();
        media::store::by_code(&mut session, hash).await.unwrap().expect("the piece was issued")
    }

    /// A payment onto a printed reference, settled.
    pub(crate) async fn pay(&self, piece: &Piece, cents: i64) -> Outcome {
        let report = PaymentReport {
            provider: ProviderName::Bancontact,
            profile: self.profile.clone(),
            profile_there: None,
            source: Source::Callback,
            payment_id: PaymentId(Uuid::now_v7().simple().to_string()),
            status: PaymentStatus::Succeeded,
            amount_cents: Some(cents),
            received: None,
            refunded_cents: None,
            reserved_cents: None,
            is_chargeback: false,
            link: None,
            currency: Some("EUR".to_owned()),
            reference: Some(piece.reference.as_str().to_owned()),
            description: None,
            debtor: None,
            order: None,
            creditor_profile: None,
            created_at: Some(self.clock.now()),
            succeeded_at: Some(self.clock.now()),
        };
        let settle = Settle::new(&self.keys, self.event.id, Verified::unchecked(report));
        self.lane.submit(settle).await.unwrap()
    }

    /// A payment that must reach the wallet.
    pub(crate) async fn top_up(&self, piece: &Piece, cents: i64) {
        let outcome = self.pay(piece, cents).await;
        assert!(matches!(outcome, Outcome::Credited { .. }), "{outcome:?}");
    }

    pub(crate) async fn close(&self) {
        events::close(&self.store, &actor(), self.clock.now(), self.event.slug.as_str()).await.unwrap();
    }

    /// Every test that moves money ends here.
    pub(crate) async fn books_are_clean(&self) {
        let profiles = [(ProviderName::Bancontact, self.profile.clone())];
        let findings = ledger::audit(&self.store, &self.event, &profiles, |_| {}).await.unwrap();
        assert_eq!(findings, []);
    }

    /// The audit log of the event, newest first, as `action subject`.
    pub(crate) async fn log(&self) -> Vec<String> {
        let mut session = self.store.read().await.unwrap();
        let page = crate::audit_log::store::page(&mut session, Some(self.event.id), None, 200).await.unwrap();
        page.into_iter().map(|entry| format!("{} {}", entry.action, entry.subject)).collect()
    }
}

/// Somebody at the command line.
pub(crate) fn actor() -> Actor {
    Actor::CommandLine("anna".to_owned())
}

/// Where this installation is reached: https, so that pay codes are printed as links.
pub(crate) fn public_url() -> ServiceUrl {
    ServiceUrl::parse("https://zomer.example").unwrap()
}
