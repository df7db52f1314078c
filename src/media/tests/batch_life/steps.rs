//! The steps of a batch, and goods received.

use super::*;

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
            "said again, only its note is kept, in the log"
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
        let late = world.receives(&batch, &samples(&pieces)).await;
        assert_eq!(late.unwrap().pieces, 5, "a second delivery comes in when the first is handed out");
        // A file made of it later is in the log, and no step.
        world.renders(&batch).await;
        assert_eq!(world.life_of(&batch).await.steps.len(), 1);
        let long = "x".repeat(batch_life::NOTE_CHARS_MAX + 1);
        let step =
            take_step(&store, world.clock.now(), &actor(), &batch, BatchStep::Active, Some(&long)).await;
        let why = "has at most 500 characters: these are 501";
        assert_eq!(step.unwrap(), Err(StepRefusal::Note(why.to_owned())));
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
async fn a_batch_of_a_closed_event_takes_no_step_and_a_file_of_it_is_still_noted() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let batch = world.roll(5).await;
        let pieces = world.pieces_of(&batch).await;
        events::close(&store, &actor(), world.clock.now(), world.event.slug.as_str()).await.unwrap();
        let closed = StepRefusal::EventClosed;
        for step in [BatchStep::Printed, BatchStep::Active] {
            assert_eq!(world.takes(&batch, step).await, Err(closed.clone()));
        }
        for texts in [&samples(&pieces)[..], &["HELLO"]] {
            assert_eq!(world.receives(&batch, texts).await, Err(closed.clone()));
        }
        world.renders(&batch).await;
        assert_eq!(world.life_of(&batch).await.step(), Some(BatchStep::Rendered));
        assert_eq!(world.told_of(batch.id).await, ["batch issued", "sheet printed"]);
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
            assert_eq!(why, "1 of 6 samples is not a piece of this batch as it was rendered");
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

#[test]
fn what_is_refused_has_a_name_and_a_sentence() {
    let none = Received { samples: Vec::new(), pieces: 0, needed: 5 };
    for refusal in [
        StepRefusal::Unfinished,
        StepRefusal::EventClosed,
        StepRefusal::Further(BatchStep::Active),
        StepRefusal::Note("is too long".to_owned()),
        StepRefusal::Samples("scan more".to_owned(), none),
    ] {
        assert!(!refusal.name().is_empty() && refusal.sentence().len() > 10, "{refusal:?}");
    }
    assert!(Retired::ALL.iter().all(|why| why.sentence().len() > 10));
}
