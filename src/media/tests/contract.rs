//! The room's statements: what they find, what they don't, and what they refuse to write.

use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::events::Rules;
use crate::ids::{BatchId, EventId, MediumId, MoveId};
use crate::media::moves::store::{
    MadeMove, NewMove, StatusChange, insert_moves, known_moves, moves, update_media,
};
use crate::media::store::{batch_with_key, batches, by_code, media_of_batch};
use crate::media::{LifecycleMove, MediumStatus, reference_hash};
use crate::payments::tests::world::{World, issue};
use crate::secrets::CodeHash;

#[tokio::test]
async fn batches_and_their_media_are_found_by_event_and_page_by_page() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 5).await;
        let second = issue(&store, &world.keys, &world.clock, &world.event, 2).await;
        let beside = world.beside("autumn", Rules::default(), 1).await;
        let mut session = store.read().await.unwrap();
        let found = batches(&mut session, world.event.id, None, 10).await.unwrap();
        let ids: Vec<BatchId> = found.iter().map(|batch| batch.id).collect();
        assert_eq!(ids, [second[0].batch_id, world.bands[0].batch_id], "the newest first, no other event's");
        assert_eq!(batches(&mut session, EventId::new(), None, 10).await.unwrap(), []);

        let (batch, key) = batch_with_key(&mut session, ids[1]).await.unwrap().expect("it was issued");
        assert_eq!((batch.count, batch.event_id, &batch), (5, world.event.id, &found[1]));
        let sealed = key.expect("its key is kept");
        assert!(world.keys.open_sealed("code key of another batch", &sealed).is_err(), "bound to its batch");
        assert!(batch_with_key(&mut session, BatchId::new()).await.unwrap().is_none());

        let mut read = Vec::new();
        loop {
            let after = read.last().map_or(0, |medium: &crate::media::Medium| medium.sequence);
            let page = media_of_batch(&mut session, &batch, after, 2).await.unwrap();
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= 2);
            read.extend(page);
        }
        assert_eq!(read, world.bands);
        assert_ne!(beside.bands[0].batch_id, batch.id);
    })
    .await;
}

#[tokio::test]
async fn a_code_that_leads_nowhere_finds_nothing() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let mut session = store.read().await.unwrap();
        assert!(by_code(&mut session, CodeHash([0; 16])).await.unwrap().is_none());
        let serial_as_reference = world.keys.code_hash("reference", world.bands[0].serial.as_str());
        assert!(by_code(&mut session, serial_as_reference).await.unwrap().is_none());
        let right = reference_hash(&world.keys, &world.bands[0].reference);
        assert_eq!(by_code(&mut session, right).await.unwrap().unwrap().medium, world.bands[0]);
    })
    .await;
}

#[tokio::test]
async fn a_life_is_told_in_order_with_who_and_why() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [old, new] = &world.bands[..] else { panic!("two wristbands") };
        world.tops_up("p1", old, 10).await;
        world.waits(std::time::Duration::from_secs(1));
        world.moves(old, LifecycleMove::Freeze).await.unwrap();
        world.waits(std::time::Duration::from_secs(1));
        world.replaces(old, new).await.unwrap();
        let mut session = store.read().await.unwrap();
        let life = moves(&mut session, world.event.id, old.id).await.unwrap();
        let told: Vec<(&str, &str, Option<MediumId>, &str)> = life
            .iter()
            .map(|m| (m.from_status.as_str(), m.to_status.as_str(), m.successor_id, m.actor.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("issued", "active", None, "system:settle"),
                ("active", "frozen", None, "operator:anna@bar.example"),
                ("frozen", "replaced", Some(new.id), "operator:anna@bar.example"),
            ]
        );
        assert_eq!((life[0].reason.as_str(), life[1].reason.as_str()), ("first top-up", "lost"));
        assert!(life[0].at < life[1].at);
        let heir = moves(&mut session, world.event.id, new.id).await.unwrap();
        assert_eq!((heir.len(), heir[0].to_status.as_str()), (1, "active"));
        assert!(moves(&mut session, EventId::new(), old.id).await.unwrap().is_empty());
        let known = known_moves(
            &mut session,
            [(world.event.id, life[0].id), (world.event.id, MoveId::new()), (EventId::new(), life[1].id)],
        )
        .await
        .unwrap();
        let made = MadeMove {
            medium: old.id,
            from: MediumStatus::Issued,
            to: MediumStatus::Active,
            successor: None,
            reason: "first top-up".to_owned(),
        };
        assert_eq!(known, [(life[0].id, made)]);
    })
    .await;
}

#[tokio::test]
async fn a_change_decided_on_another_status_is_not_written() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 2).await;
        let [first, second] = &world.bands[..] else { panic!("two wristbands") };
        let change = |band: &crate::media::Medium, from| {
            let mut medium = band.clone();
            medium.status = MediumStatus::Frozen;
            StatusChange { medium, from }
        };
        let mut tx = store.begin().await.unwrap();
        let both = [change(first, MediumStatus::Issued), change(second, MediumStatus::Active)];
        update_media(&mut tx, &both);
        let lost = tx.commit().await;
        assert!(lost.is_err_and(|error| error.is_retryable()), "one of the two is not active");
        assert_eq!(world.status(first).await, MediumStatus::Issued);
        let mut tx = store.begin().await.unwrap();
        update_media(&mut tx, &[]);
        update_media(&mut tx, &both[..1]);
        tx.commit().await.unwrap();
        assert_eq!(world.status(first).await, MediumStatus::Frozen);
    })
    .await;
}

#[tokio::test]
async fn a_move_is_recorded_once() {
    on_both_engines(async |store| {
        let world = World::open(&store, Rules::default(), 1).await;
        let new = NewMove {
            event_id: world.event.id,
            id: MoveId::new(),
            medium_id: world.bands[0].id,
            from: MediumStatus::Issued,
            to: MediumStatus::Active,
            predecessor: None,
            successor: None,
            actor: "system:settle".to_owned(),
            reason: String::new(),
            at: Timestamp(1),
        };
        let mut tx = store.begin().await.unwrap();
        insert_moves(&mut tx, std::slice::from_ref(&new));
        tx.commit().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        insert_moves(&mut tx, std::slice::from_ref(&new));
        let again = tx.commit().await;
        assert!(again.is_err_and(|error| error.is_retryable()), "read and decided again, it is known");
    })
    .await;
}
