//! The life of a batch on both engines: its steps, goods received, reprints, and the addresses it was printed with.

use crate::audit_log::{self, Entry};
use crate::codes::Serial;
use crate::db::testing::on_both_engines;
use crate::events::Rules;
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
        let source = PieceSource::open(&self.store, &self.keys, batch.id, &self.profile).await.unwrap();
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
        let today = (url("https://pay.bancontact.net"), url(PUBLIC_URL));
        let World { store, keys, clock, event, .. } = self;
        reissue(store, keys, &actor(), clock, event, old, (&today.0, &today.1), |_| ()).await
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

#[tokio::test]
async fn each_step_of_a_batch_is_recorded_once_and_every_rendering_in_the_log() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let batch = world.roll(8).await;
        assert_eq!(world.life_of(&batch).await.step(), None);
        world.renders(&batch).await;
        world.renders(&batch).await;
        assert_eq!(world.takes(&batch, BatchStep::Printed).await, Ok(true));
        assert_eq!(
            world.takes(&batch, BatchStep::Printed).await,
            Ok(false),
            "said again, nothing is written"
        );
        let pieces = world.pieces_of(&batch).await;
        world.receives(&batch, &samples(&pieces)).await.unwrap();
        assert_eq!(world.takes(&batch, BatchStep::Active).await, Ok(true));
        let life = world.life_of(&batch).await;
        let steps: Vec<BatchStep> = life.steps.iter().map(|taken| taken.step).collect();
        assert_eq!(steps, BatchStep::ALL);
        assert_eq!(life.never_recorded(), []);
        assert_eq!(
            (life.steps[1].note.as_str(), life.steps[0].note.as_str()),
            ("at the shop", "layout cr80")
        );
        assert!(life.steps.iter().all(|taken| taken.actor == actor().to_string()));
        assert_eq!(
            world.told_of(batch.id).await,
            [
                "batch issued",
                "sheet printed",
                "sheet printed",
                "batch printed",
                "batch received",
                "batch active"
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_batch_takes_no_step_back_and_shows_the_ones_it_left_out() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let batch = world.roll(8).await;
        assert_eq!(world.takes(&batch, BatchStep::Active).await, Ok(true));
        let life = world.life_of(&batch).await;
        assert_eq!(life.never_recorded(), [BatchStep::Rendered, BatchStep::Printed, BatchStep::Received]);
        let further = Err(StepRefusal::Further(BatchStep::Active));
        assert_eq!(world.takes(&batch, BatchStep::Printed).await, further);
        let pieces = world.pieces_of(&batch).await;
        let refused = world.receives(&batch, &samples(&pieces)).await;
        assert_eq!(refused, Err(StepRefusal::Further(BatchStep::Active)));
        // A file made of it later is in the log, and no step.
        world.renders(&batch).await;
        assert_eq!(world.life_of(&batch).await.steps.len(), 1);
        let long = "x".repeat(batch_life::NOTE_CHARS_MAX + 1);
        let step =
            take_step(&store, world.clock.now(), &actor(), &batch, BatchStep::Active, Some(&long)).await;
        assert_eq!(step.unwrap(), Err(StepRefusal::Note));
    })
    .await;
}

#[tokio::test]
async fn a_batch_whose_issuing_was_interrupted_takes_no_step() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let batch = Batch { issued_at: None, ..world.roll(5).await };
        assert_eq!(world.takes(&batch, BatchStep::Printed).await, Err(StepRefusal::Unfinished));
        assert_eq!(world.receives(&batch, &["HELLO"]).await, Err(StepRefusal::Unfinished));
        assert!(matches!(world.reissues(&batch).await, Err(ReissueError::Unfinished)));
    })
    .await;
}

#[tokio::test]
async fn a_batch_is_active_once_one_of_its_media_is_used_whatever_was_recorded() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let batch = world.roll(8).await;
        let media = world.media_of(&batch).await;
        world.takes(&batch, BatchStep::Printed).await.unwrap();
        world.moves(&media[0], LifecycleMove::Quarantine).await.unwrap();
        world.moves(&media[1], LifecycleMove::Spoil).await.unwrap();
        assert_eq!(world.life_of(&batch).await.step(), Some(BatchStep::Printed));
        world.tops_up("p1", &media[7], 100).await;
        let life = world.life_of(&batch).await;
        assert_eq!((life.step(), life.is_in_use()), (Some(BatchStep::Active), true));
        assert_eq!(life.never_recorded(), [BatchStep::Rendered, BatchStep::Received]);
        let counts = [
            (MediumStatus::Issued, 5),
            (MediumStatus::Active, 1),
            (MediumStatus::Spoiled, 1),
            (MediumStatus::Quarantined, 1),
        ];
        assert_eq!(life.media.into_iter().collect::<Vec<_>>(), counts);
        // One that was tried on a piece of it first can still be received.
        let pieces = world.pieces_of(&batch).await;
        world.receives(&batch, &samples(&pieces[2..])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_delivery_is_received_on_five_different_pieces_and_one_stranger_refuses_it() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let (batch, other) = (world.roll(8).await, world.roll(8).await);
        let (pieces, strangers) = (world.pieces_of(&batch).await, world.pieces_of(&other).await);
        let good = samples(&pieces);
        let counterfeit = pieces[5].qr_text.replace(&world.profile.0, &"a".repeat(24));
        let nobodys = Serial::draw(&mut rand::rng());
        let other_amount = format!("{}&A=2000", pieces[5].qr_text);
        let other_host = pieces[5].qr_text.replace("pay.bancontact.net", "payconiq.com");
        for (text, found) in [
            (strangers[0].qr_text.as_str(), Found::OtherBatch(other.id)),
            (world.bands[0].serial.as_str(), Found::OtherBatch(world.bands[0].batch_id)),
            (nobodys.as_str(), Found::Unknown),
            (counterfeit.as_str(), Found::Counterfeit),
            (other_amount.as_str(), Found::Misprint(6)),
            (other_host.as_str(), Found::Misprint(6)),
            ("HELLO", Found::Foreign("this is not a wristband's or card's code")),
            ("", Found::Foreign("this is not a wristband's or card's code")),
        ] {
            let texts = [&good[..], &[text]].concat();
            let Err(StepRefusal::Samples(why, received)) = world.receives(&batch, &texts).await else {
                panic!("received with {text}")
            };
            assert_eq!(received.samples[5].found, found);
            assert_eq!(why, "1 of 6 samples are not pieces of this batch as it was rendered");
        }
        // Five scans of four pieces.
        let texts = [&good[..4], &[pieces[3].serial.as_str()]].concat();
        let Err(StepRefusal::Samples(why, received)) = world.receives(&batch, &texts).await else {
            panic!("four are not five")
        };
        assert_eq!((received.samples[4].found.clone(), received.pieces), (Found::Twice(4), 4));
        assert_eq!(why, "scan 5 different pieces: these were 4");
        assert!(matches!(world.receives(&batch, &[]).await, Err(StepRefusal::Samples(..))));
        assert_eq!(world.life_of(&batch).await.step(), None, "nothing was received so far");
        let told = world.told_of(batch.id).await;
        assert_eq!(told.iter().filter(|action| *action == "batch not received").count(), 9);

        let received = world.receives(&batch, &good).await.unwrap();
        let found: Vec<Found> = received.samples.into_iter().map(|sample| sample.found).collect();
        assert_eq!(found, (1..=5).map(Found::Piece).collect::<Vec<_>>());
        assert_eq!(world.life_of(&batch).await.step(), Some(BatchStep::Received));
        // A second look is one more entry, and no second step.
        world.receives(&batch, &good).await.unwrap();
        assert_eq!(world.life_of(&batch).await.steps.len(), 1);
        let many = vec!["HELLO"; batch_life::SAMPLES_MAX + 1];
        assert!(matches!(world.receives(&batch, &many).await, Err(StepRefusal::Samples(..))));
        let small = world.roll(2).await;
        let pieces = world.pieces_of(&small).await;
        let both = [pieces[0].serial.as_str(), pieces[1].serial.as_str()];
        assert!(world.receives(&small, &both[..1]).await.is_err());
        world.receives(&small, &both).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn spoiled_pieces_are_reissued_once_with_codes_of_their_own() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let old = world.roll(6).await;
        let nothing = world.reissues(&old).await;
        assert!(matches!(nothing, Err(ReissueError::NothingSpoiled)), "{nothing:?}");
        let media = world.media_of(&old).await;
        world.moves(&media[1], LifecycleMove::Spoil).await.unwrap();
        world.moves(&media[4], LifecycleMove::Spoil).await.unwrap();
        assert_eq!(world.life_of(&old).await.to_reissue(), 2);
        let new = world.reissues(&old).await.unwrap();
        assert_eq!(new.count, 2);
        let same = Batch {
            id: old.id,
            count: old.count,
            created_at: old.created_at,
            issued_at: old.issued_at,
            ..new.clone()
        };
        assert_eq!(same, old, "the options are the same");
        let life = world.life_of(&old).await;
        assert_eq!((life.to_reissue(), life.reprints[0].batch, life.reprints[0].count), (0, new.id, 2));
        assert_eq!(world.life_of(&new).await.reprint_of, Some(old.id));
        let mut session = store.read().await.unwrap();
        let listed = batch_life::store::all_reprints(&mut session, world.event.id).await.unwrap();
        drop(session);
        assert_eq!(listed, [(new.id, old.id)]);
        let fresh = world.pieces_of(&new).await;
        for piece in &fresh {
            assert!(!media.iter().any(|m| m.reference == piece.reference || m.serial == piece.serial));
        }
        world.tops_up("p1", &world.media_of(&new).await[0], 100).await;
        assert!(matches!(world.reissues(&old).await, Err(ReissueError::AllReissued(2))));
        // Another misprint, another piece; and a reprint has misprints of its own.
        world.moves(&media[2], LifecycleMove::Spoil).await.unwrap();
        assert_eq!(world.reissues(&old).await.unwrap().count, 1);
        world.moves(&world.media_of(&new).await[1], LifecycleMove::Spoil).await.unwrap();
        assert_eq!(world.reissues(&new).await.unwrap().count, 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_reissue_at_once_one_does_and_an_interrupted_one_counts_for_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let old = world.roll(6).await;
        let media = world.media_of(&old).await;
        for medium in &media[..3] {
            world.moves(medium, LifecycleMove::Spoil).await.unwrap();
        }
        let (one, two) = tokio::join!(world.reissues(&old), world.reissues(&old));
        assert_eq!([&one, &two].iter().filter(|made| made.is_ok()).count(), 1, "{one:?} {two:?}");
        let refused = one.err().or(two.err()).unwrap();
        let expected = matches!(refused, ReissueError::Meanwhile | ReissueError::AllReissued(3));
        assert!(expected, "{refused:?}");
        let life = world.life_of(&old).await;
        assert_eq!((life.to_reissue(), life.reprints.len()), (0, 1));
        // As if it had been interrupted just before its end.
        let mut tx = store.begin().await.unwrap();
        let sql = "UPDATE batches SET issued_at = NULL WHERE event_id = $1 AND reprint_of = $2";
        tx.execute(sql, values![world.event.id, old.id]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.reissues(&old).await.unwrap().count, 3);
        world.closes().await;
        let mut closed = world.clone();
        closed.event.closed_at = Some(world.clock.now());
        assert!(matches!(closed.reissues(&old).await, Err(ReissueError::Issue(_))));
    })
    .await;
}

#[tokio::test]
async fn printed_addresses_are_counted_with_what_hangs_on_them_and_why_they_are_retired() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let now = world.roll(4).await;
        let old = world.prints(5, "https://payconiq.com", "https://old.example").await;
        let bare = world.prints(2, "https://pay.bancontact.net", "http://127.0.0.1:8080").await;
        let media = world.media_of(&old).await;
        world.tops_up("p1", &media[0], 100).await;
        world.tops_up("p2", &media[1], 100).await;
        world.moves(&media[1], LifecycleMove::Freeze).await.unwrap();
        world.moves(&media[2], LifecycleMove::Quarantine).await.unwrap();
        world.moves(&media[3], LifecycleMove::Spoil).await.unwrap();
        let found = hosts::hosts(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        let shown: Vec<_> = found.iter().map(|host| (host.kind, host.url.as_str(), host.retired)).collect();
        assert_eq!(
            shown,
            [
                (HostKind::TopUp, "https://pay.bancontact.net", None),
                (HostKind::TopUp, "https://payconiq.com", Some(Retired::Provider)),
                (HostKind::Wallet, "https://old.example", Some(Retired::Moved)),
                (HostKind::Wallet, PUBLIC_URL, None),
            ]
        );
        let own = world.bands[0].batch_id;
        assert_eq!(found[0].batches, [bare.id, now.id, own], "the newest first");
        assert_eq!(found[0].media, batch_life::Counts::from([(MediumStatus::Issued, 7)]));
        let mattering = [
            (MediumStatus::Issued, 1),
            (MediumStatus::Active, 1),
            (MediumStatus::Frozen, 1),
            (MediumStatus::Quarantined, 1),
        ];
        assert_eq!(found[1].media, batch_life::Counts::from(mattering));
        // A plain address on this machine says nothing about links that were printed elsewhere.
        let local = hosts::hosts(&store, world.event.id, &url("http://127.0.0.1:8080")).await.unwrap();
        assert_eq!(local[2].retired, None);
        let concerned = hosts::batches_on_retired(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        assert_eq!(concerned.len(), 1);
        assert_eq!(concerned[0].0.id, old.id);
        assert_eq!(concerned[0].1, ["https://payconiq.com", "https://old.example"]);
    })
    .await;
}

#[tokio::test]
async fn an_operator_marks_a_printed_address_as_retired_and_takes_it_back() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let old = world.prints(3, "https://pay.old.example", PUBLIC_URL).await;
        let retire = async |text: &str, undo| {
            hosts::retire(&store, world.clock.now(), &actor(), &url(text), undo).await
        };
        let refused = retire("https://pay.elsewhere.example", false).await.unwrap().unwrap_err();
        assert!(
            matches!(refused, MarkRefusal::NotPrinted(_)) && refused.sentence().contains("pay.old.example")
        );
        let not = retire("https://pay.old.example", true).await.unwrap();
        assert_eq!(not, Err(MarkRefusal::NotMarked));
        assert_eq!(retire("https://pay.old.example/", false).await.unwrap(), Ok(()));
        assert_eq!(retire("https://pay.old.example", false).await.unwrap(), Err(MarkRefusal::Marked));
        let of_event = async || hosts::hosts(&store, world.event.id, &url(PUBLIC_URL)).await.unwrap();
        let marked = |hosts: Vec<hosts::Host>| -> Vec<_> {
            hosts
                .into_iter()
                .filter(|host| host.retired.is_some())
                .map(|host| (host.url, host.retired))
                .collect()
        };
        let expected = ("https://pay.old.example".to_owned(), Some(Retired::Marked));
        assert_eq!(marked(of_event().await), [expected]);
        // What is reissued is printed with the address of today.
        world.moves(&world.media_of(&old).await[0], LifecycleMove::Spoil).await.unwrap();
        let new = world.reissues(&old).await.unwrap();
        assert_eq!(new.pay_url, "https://pay.bancontact.net");
        assert_eq!(new.wallet_url.as_deref(), Some(PUBLIC_URL));
        assert_eq!(retire("https://pay.old.example", true).await.unwrap(), Ok(()));
        assert_eq!(marked(of_event().await), []);
        let mut session = store.read().await.unwrap();
        let log = audit_log::store::page(&mut session, None, None, 200).await.unwrap();
        let told: Vec<&str> = log
            .iter()
            .filter(|entry| entry.action.starts_with("printed host"))
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(told, ["printed host taken back", "printed host retired"]);
    })
    .await;
}

#[test]
fn what_is_refused_has_a_name_and_a_sentence() {
    let none = Received { samples: Vec::new(), pieces: 0, needed: 5 };
    for refusal in [
        StepRefusal::Unfinished,
        StepRefusal::Further(BatchStep::Active),
        StepRefusal::Note,
        StepRefusal::Samples("scan more".to_owned(), none),
    ] {
        assert!(!refusal.name().is_empty() && refusal.sentence().len() > 10, "{refusal:?}");
    }
    assert!(Retired::ALL.iter().all(|why| why.sentence().len() > 10));
}
