//! Reprints of spoiled pieces.

use super::*;

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
        let own = world.life_of(&new).await;
        assert_eq!((own.reprint_of, own.reprint_reason.as_deref()), (Some(old.id), Some("misprints")));
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
        for wrong in ["x".repeat(501), world.pieces_of(&new).await[0].pay_code.reveal().to_owned()] {
            let refused = world.reissues_because(&old, Some(&wrong)).await;
            assert!(matches!(refused, Err(ReissueError::Reason(_))), "{refused:?}");
        }
        let third = world.reissues_because(&old, Some(" smeared ")).await.unwrap();
        assert_eq!(
            (third.count, world.life_of(&third).await.reprint_reason.as_deref()),
            (1, Some("smeared"))
        );
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
