//! A festival with a bank beside it: an event on a fresh database, its printed codes, and the sandbox that pays them.

use super::Adapters;
use crate::audit_log::Actor;
use crate::clock::{Clock, Timestamp};
use crate::codes::Reference;
use crate::db::Store;
use crate::events::{self, Event, NewEvent, NewProfile, Rules};
use crate::ids::BatchId;
use crate::ledger::{self, LaneHandle, LaneOptions};
use crate::media::{self, MediumKind, NewBatch, PieceSource};
use crate::print::Piece;
use crate::providers::{HeaderMap, PaymentId, ServiceUrl};
use crate::sandbox::{self, CallbackMode, FaultsChange, PayRequest, Sandbox, Status};
use crate::secrets::KeyFile;
use axum::body::Body;
use axum::http::Request;
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const PROFILE: &str = "5c18cbd1296e9a26d3278518";
const SLUG: &str = "pukkelfest";
const PUBLIC_URL: &str = "http://127.0.0.1:8080";
pub(crate) const API_KEY: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// What a test of payments needs.
pub(crate) struct Festival {
    pub(crate) store: Store,
    pub(crate) keys: Arc<KeyFile>,
    pub(crate) clock: Clock,
    pub(crate) lane: LaneHandle,
    pub(crate) adapters: Adapters,
    pub(crate) event: Event,
    pub(crate) bands: Vec<Piece>,
    pub(crate) bank: Sandbox,
}

/// A callback as the bank sends one.
#[derive(Clone)]
pub(crate) struct SignedCallback {
    pub(crate) payment: PaymentId,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Festival {
    /// An event with `count` wristbands; callbacks of its bank go nowhere.
    pub(crate) async fn open(store: Store, count: i64, with_api_key: bool) -> Festival {
        let clock = Clock::manual("2026-07-03T18:00:00Z".parse::<Timestamp>().unwrap());
        let keys = Arc::new(KeyFile::from_secret([7; 32]));
        let bank = serve_bank(&clock).await;
        let new = NewEvent {
            slug: SLUG.to_owned(),
            name: "Pukkelfest".to_owned(),
            merchant: None,
            rules: Rules::default(),
            profile: Some(NewProfile {
                profile_id: PROFILE.to_owned(),
                api_url: Some(bank.api_url().to_owned()),
                key_set_url: Some(bank.key_set_url()),
                api_key: with_api_key.then(|| API_KEY.to_owned()),
                ..NewProfile::default()
            }),
        };
        let actor = Actor::System("test");
        let event = events::create(&store, &keys, &actor, clock.now(), &new).await.unwrap();
        let address = |text: &str| ServiceUrl::parse(text).unwrap();
        let batch = NewBatch {
            id: BatchId::new(),
            count,
            kind: MediumKind::Wristband,
            pay_url: address("https://pay.bancontact.net"),
            public_url: address(PUBLIC_URL),
            options: media::BatchOptions::default(),
        };
        let batch = media::issue(&store, &keys, &actor, &clock, &event, &batch, |_| ()).await.unwrap();
        let mut source = PieceSource::open(&store, &keys, batch.id).await.unwrap().unwrap();
        let bands = source.page(&store).await.unwrap();
        let (lane, _) = LaneHandle::start(store.clone(), LaneOptions::new(clock.clone()));
        let adapters = Adapters::new(store.clone(), keys.clone(), clock.clone(), PUBLIC_URL);
        Festival { store, keys, clock, lane, adapters, event, bands, bank }
    }

    /// Somebody pays the code of a wristband, and no callback is sent. Answers the payment's id.
    pub(crate) async fn pays(&self, band: usize, cents: i64) -> String {
        self.pays_with(&self.bands[band].qr_text, cents, Status::default()).await
    }

    /// Somebody pays any code, with any outcome, and no callback is sent.
    pub(crate) async fn pays_with(&self, payload: &str, cents: i64, outcome: Status) -> String {
        let request = PayRequest {
            payload: payload.to_owned(),
            amount_cents: Some(cents),
            outcome,
            callback: CallbackMode::Drop,
            description: None,
            debtor: None,
        };
        self.bank.pay(request).await.unwrap().payment_id
    }

    /// Somebody pays the code of a wristband; the callback that the bank signs for it, which is sent to nobody.
    pub(crate) async fn pays_and_signs(&self, band: usize, cents: i64) -> SignedCallback {
        register_profile(&self.bank, &format!("{PUBLIC_URL}/callbacks/bancontact/{SLUG}"));
        self.faults(FaultsChange { hold_callbacks: Some(true), ..FaultsChange::default() });
        let request = PayRequest {
            payload: self.bands[band].qr_text.clone(),
            amount_cents: Some(cents),
            outcome: Status::default(),
            callback: CallbackMode::Deliver,
            description: None,
            debtor: None,
        };
        let payment = self.bank.pay(request).await.unwrap().payment_id;
        let newest = Request::get("/sandbox/payments?limit=1").body(Body::empty()).unwrap();
        let shown = self.bank.router().oneshot(newest).await.unwrap();
        let shown = axum::body::to_bytes(shown.into_body(), 64 << 10).await.unwrap();
        let shown: serde_json::Value = serde_json::from_slice(&shown).unwrap();
        assert_eq!(shown["payments"][0]["payment_id"], payment);
        let made = &shown["payments"][0]["callbacks"][0];
        let mut headers = HeaderMap::new();
        headers.insert("signature", made["headers"]["signature"].as_str().unwrap().parse().unwrap());
        SignedCallback {
            payment: PaymentId(payment),
            headers,
            body: made["body"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn faults(&self, change: FaultsChange) {
        self.bank.change_faults(change).unwrap();
    }

    /// What the wallet behind a reference holds.
    pub(crate) async fn balance(&self, reference: &Reference) -> i64 {
        let hash = media::reference_hash(&self.keys, reference);
        let mut session = self.store.read().await.unwrap();
        media::store::by_code(&mut session, hash).await.unwrap().unwrap().balance.0
    }

    /// Fails the test when the books break a rule.
    pub(crate) async fn expect_clean_books(&self) {
        let mut session = self.store.read().await.unwrap();
        let profiles = events::accounts::store::names(&mut session, self.event.id).await.unwrap();
        drop(session);
        let findings = ledger::audit(&self.store, &self.event, &profiles, |_| ()).await.unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

async fn serve_bank(clock: &Clock) -> Sandbox {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let options = sandbox::Options { data: None, clock: clock.clone(), base_url, seed: Some(7) };
    let bank = Sandbox::open(options).unwrap();
    register_profile(&bank, "http://127.0.0.1:9/callbacks");
    tokio::spawn(bank.clone().serve(listener, std::future::pending()));
    bank
}

fn register_profile(bank: &Sandbox, callback_url: &str) {
    bank.register_profile(sandbox::NewProfile {
        profile_id: PROFILE.to_owned(),
        callback_url: callback_url.to_owned(),
        api_key: Some(API_KEY.to_owned()),
        merchant_name: None,
    })
    .unwrap();
}
