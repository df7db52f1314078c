//! Who froze it decides who unfreezes it, on both engines and under race.

use super::{OwnFrozen, freeze, unfreeze};
use crate::db::testing::on_both_engines;
use crate::helpdesk::{Asked, MediumState, Move, Refusal, move_medium};
use crate::ids::MoveId;
use crate::ledger::LaneHandle;
use crate::ledger::test_festival::{Festival, actor};
use crate::media::MediumStatus::{Active, Frozen, Issued, Revoked};
use crate::media::moves;
use crate::money::Cents;
use crate::print::Piece;

impl Festival {
    async fn freezes_own(&self, piece: &Piece) -> Result<OwnFrozen, Refusal> {
        let medium = self.medium(piece).await;
        freeze(&self.lane, &self.keys, &medium).await.unwrap()
    }

    async fn unfreezes_own(&self, piece: &Piece, code: &str) -> Result<MediumState, Refusal> {
        let medium = self.medium(piece).await;
        unfreeze(&self.lane, &self.keys, &medium, code).await.unwrap()
    }

    async fn desk(&self, lane: &LaneHandle, piece: &Piece, asked: Asked) -> Result<MediumState, Refusal> {
        let (event, medium) = (self.event.id, self.medium(piece).await.id);
        let reason = Some("at the desk".to_owned());
        let order = Move { event, medium, id: MoveId::new(), asked, actor: actor(), reason };
        move_medium(lane, order).await.unwrap()
    }

    async fn is_own(&self, piece: &Piece) -> bool {
        self.medium(piece).await.own_freeze.is_some()
    }
}

#[tokio::test]
async fn a_visitor_unfreezes_with_the_code_and_with_nothing_else() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let [band, other, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        assert_eq!(festival.freezes_own(band).await.err(), Some(Refusal::NotAllowedFrom(Issued)));
        for piece in [band, other] {
            festival.top_up(piece, 500).await;
        }
        let frozen = festival.freezes_own(band).await.unwrap();
        assert_eq!((frozen.state.medium.status, frozen.state.balance), (Frozen, Cents(500)));
        assert!(festival.is_own(band).await);
        assert_eq!(festival.freezes_own(band).await.err(), Some(Refusal::NotAllowedFrom(Frozen)));
        // Another medium's code, a serial, nothing.
        let others = festival.freezes_own(other).await.unwrap().code;
        for wrong in [others.as_str(), band.serial.as_str(), "", "x"] {
            assert_eq!(festival.unfreezes_own(band, wrong).await, Err(Refusal::WrongCode));
        }
        let typed = format!(" {}-{} ", &frozen.code[..4], frozen.code[4..].to_lowercase());
        assert_eq!(festival.unfreezes_own(band, &typed).await.unwrap().medium.status, Active);
        assert!(!festival.is_own(band).await);
        assert_eq!(festival.unfreezes_own(band, &frozen.code).await, Err(Refusal::NotAllowedFrom(Active)));
        // Frozen again, the old code is worth nothing.
        let again = festival.freezes_own(band).await.unwrap();
        assert_eq!(festival.unfreezes_own(band, &frozen.code).await, Err(Refusal::WrongCode));
        festival.unfreezes_own(band, &again.code).await.unwrap();
        let medium = festival.medium(band).await.id;
        let mut session = festival.store.read().await.unwrap();
        let life = moves::store::moves(&mut session, festival.event.id, medium).await.unwrap();
        let steps: Vec<_> = life.iter().map(|step| (step.to_status.as_str(), step.actor.as_str())).collect();
        let own =
            [("frozen", "visitor"), ("active", "visitor"), ("frozen", "visitor"), ("active", "visitor")];
        assert_eq!(steps[1..], own);
        drop(session);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_help_desk_froze_no_visitor_unfreezes() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let band = &festival.pieces[0];
        festival.top_up(band, 500).await;
        let code = festival.freezes_own(band).await.unwrap().code;
        // The help desk makes it its own; a second time there is nothing to do.
        let taken = festival.desk(&festival.lane, band, Asked::Freeze).await.unwrap();
        assert_eq!(taken.medium.status, Frozen);
        assert!(!festival.is_own(band).await);
        assert_eq!(festival.unfreezes_own(band, &code).await, Err(Refusal::FrozenByDesk));
        let again = festival.desk(&festival.lane, band, Asked::Freeze).await;
        assert_eq!(again, Err(Refusal::NotAllowedFrom(Frozen)));
        assert_eq!(festival.freezes_own(band).await.err(), Some(Refusal::NotAllowedFrom(Frozen)));
        assert_eq!(festival.desk(&festival.lane, band, Asked::Unfreeze).await.unwrap().medium.status, Active);
        // From the start the help desk's.
        festival.desk(&festival.lane, band, Asked::Freeze).await.unwrap();
        assert_eq!(festival.unfreezes_own(band, &code).await, Err(Refusal::FrozenByDesk));
        assert_eq!(festival.medium(band).await.status, Frozen);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn the_help_desk_ends_a_visitors_freeze_in_every_way_it_ends_its_own() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let [first, second, third, fresh, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        let with = festival.medium(fresh).await.id;
        let ways = [(first, Asked::Unfreeze), (second, Asked::Revoke), (third, Asked::Replace { with })];
        for (band, asked) in ways {
            festival.top_up(band, 500).await;
            let code = festival.freezes_own(band).await.unwrap().code;
            let ended = festival.desk(&festival.lane, band, asked).await.unwrap().medium.status;
            assert!(!festival.is_own(band).await, "{asked:?}");
            assert_eq!(festival.unfreezes_own(band, &code).await, Err(Refusal::NotAllowedFrom(ended)));
        }
        let mut session = festival.store.read().await.unwrap();
        let life = moves::store::moves(&mut session, festival.event.id, with).await.unwrap();
        assert_eq!(life[0].predecessor_id, Some(festival.medium(third).await.id));
        drop(session);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visitor_and_the_help_desk_at_once_on_two_lanes_never_leave_the_visitor_the_last_word() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.another_lane();
        for band in &festival.pieces {
            festival.top_up(band, 500).await;
            let code = festival.freezes_own(band).await.unwrap().code;
            let (own, desk) =
                tokio::join!(festival.unfreezes_own(band, &code), festival.desk(&other, band, Asked::Freeze));
            // Whoever came first: the help desk froze it, and there it stays.
            assert_eq!(desk.unwrap().medium.status, Frozen);
            assert!(matches!(own, Ok(_) | Err(Refusal::FrozenByDesk)), "{own:?}");
            assert_eq!(festival.unfreezes_own(band, &code).await, Err(Refusal::FrozenByDesk));
            assert_eq!(festival.medium(band).await.status, Frozen);
            let (own, desk) =
                tokio::join!(festival.freezes_own(band), festival.desk(&other, band, Asked::Revoke));
            assert_eq!(desk.unwrap().medium.status, Revoked);
            assert!(own.is_err());
            assert!(!festival.is_own(band).await);
        }
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_freezes_at_once_one_code_is_shown_and_one_unfreeze_uses_it_up() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.another_lane();
        for band in &festival.pieces {
            festival.top_up(band, 500).await;
            let medium = festival.medium(band).await;
            let (one, two) = tokio::join!(
                freeze(&festival.lane, &festival.keys, &medium),
                freeze(&other, &festival.keys, &medium)
            );
            let codes: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
            let [shown] = codes.as_slice() else { panic!("{} codes", codes.len()) };
            let (one, two) = tokio::join!(
                unfreeze(&festival.lane, &festival.keys, &medium, &shown.code),
                unfreeze(&other, &festival.keys, &medium, &shown.code)
            );
            let ended = [one.unwrap(), two.unwrap()];
            assert_eq!(ended.iter().filter(|answer| answer.is_ok()).count(), 1);
            assert!(ended.contains(&Err(Refusal::NotAllowedFrom(Active))));
        }
        festival.books_are_clean().await;
    })
    .await;
}
