//! The life of a batch on both engines: its steps, goods received, reprints, and the addresses it was printed with.

mod addresses;
mod reissuing;
mod steps;

use crate::audit_log::{self, Entry};
use crate::codes::Serial;
use crate::db::testing::on_both_engines;
use crate::events::{self, Rules};
use crate::ids::BatchId;
use crate::media::batch_life::{
    self, BatchStep, Found, Life, Received, StepRefusal, life, receive, rendered, take_step,
};
use crate::media::hosts::{self, HostKind, MarkRefusal, Retired};
use crate::media::{
    Batch, BatchOptions, LifecycleMove, Medium, MediumKind, MediumStatus, NewBatch, PieceSource,
    ReissueError, Scanner, issue, reissue, store,
};
use crate::payments::tests::world::{World, actor};
use crate::print::Piece;
use crate::providers::ServiceUrl;
use crate::values;
use std::sync::Arc;

const PUBLIC_URL: &str = "https://polsband.example";

fn url(text: &str) -> ServiceUrl {
    ServiceUrl::parse(text).unwrap()
}

impl World {
    async fn prints(&self, count: i64, pay_url: &str, public_url: &str) -> Batch {
        let new = NewBatch {
            id: BatchId::new(),
            count,
            kind: MediumKind::Wristband,
            pay_url: url(pay_url),
            public_url: url(public_url),
            options: BatchOptions::default(),
        };
        issue(&self.store, &self.keys, &actor(), &self.clock, &self.event, &new, |_| {}).await.unwrap()
    }

    async fn roll(&self, count: i64) -> Batch {
        self.prints(count, "https://pay.bancontact.net", PUBLIC_URL).await
    }

    async fn media_of(&self, batch: &Batch) -> Vec<Medium> {
        store::media_of_batch(&mut self.store.read().await.unwrap(), batch, 0, batch.count).await.unwrap()
    }

    async fn pieces_of(&self, batch: &Batch) -> Vec<Piece> {
        let source = PieceSource::open(&self.store, &self.keys, batch.id).await.unwrap();
        source.unwrap().page(&self.store).await.unwrap()
    }

    async fn life_of(&self, batch: &Batch) -> Life {
        life(&self.store, batch).await.unwrap()
    }

    async fn renders(&self, batch: &Batch) {
        let entry = Entry {
            event: Some(self.event.id),
            detail: Some("layout cr80".to_owned()),
            ..Entry::new(&actor(), "sheet printed", format!("batch:{}", batch.id))
        };
        rendered(&self.store, self.clock.now(), batch, &entry).await.unwrap();
    }

    async fn takes(&self, batch: &Batch, step: BatchStep) -> Result<bool, StepRefusal> {
        let note = Some(" at the shop ");
        take_step(&self.store, self.clock.now(), &actor(), batch, step, note).await.unwrap()
    }

    async fn receives(&self, batch: &Batch, texts: &[&str]) -> Result<Received, StepRefusal> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let scanner = Scanner::new(self.store.clone(), Arc::clone(&self.keys), url(PUBLIC_URL));
        receive(&self.store, &self.keys, &scanner, self.clock.now(), &actor(), batch, &texts).await.unwrap()
    }

    async fn reissues(&self, old: &Batch) -> Result<Batch, ReissueError> {
        self.reissues_because(old, None).await
    }

    async fn reissues_because(&self, old: &Batch, reason: Option<&str>) -> Result<Batch, ReissueError> {
        let today = (url("https://pay.bancontact.net"), url(PUBLIC_URL));
        let World { store, keys, clock, event, .. } = self;
        reissue(store, keys, &actor(), clock, event, old, (&today.0, &today.1), reason, |_| ()).await
    }

    /// The actions of the audit log about a batch, oldest first.
    async fn told_of(&self, batch: BatchId) -> Vec<String> {
        let mut session = self.store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, Some(self.event.id), None, 200).await.unwrap();
        let subject = format!("batch:{batch}");
        log.into_iter().rev().filter(|entry| entry.subject == subject).map(|entry| entry.action).collect()
    }
}

/// The texts of a delivered roll, in the forms that people bring them in.
fn samples(pieces: &[Piece]) -> [&str; 5] {
    [
        &pieces[0].qr_text,
        &pieces[1].pay_qr_text,
        pieces[2].serial.as_str(),
        pieces[3].reference.as_str(),
        pieces[4].pay_code.reveal(),
    ]
}
