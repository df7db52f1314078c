//! Lifecycle moves on both engines: each one, its refusals, and what becomes of the money.

use super::story::store::logged_as;
use super::{Asked, BadSuccessor, MediumState, Move, REASON_CHARS_MAX, Refusal, move_medium, own_freeze};
use crate::db::testing::on_both_engines;
use crate::events::{Activation, Rules};
use crate::ids::{MediumId, MoveId};
use crate::ledger::test_festival::{Festival, actor};
use crate::media::MediumStatus::{Active, Frozen, Issued, Replaced, Revoked, Spoiled};
use crate::media::{Found, moves, reference_hash};
use crate::money::Cents;
use crate::payments::parked::{self, Resolution, Resolve, Resolved};
use crate::payments::{Outcome, Suspended};
use crate::print::Piece;
use futures_util::future::join_all;
use std::time::Duration;
use uuid::Uuid;

impl Festival {
    async fn asks(&self, piece: &Piece, asked: Asked) -> Result<MediumState, Refusal> {
        let medium = self.medium(piece).await.id;
        self.orders(medium, asked, MoveId::new()).await
    }

    async fn orders(&self, medium: MediumId, asked: Asked, id: MoveId) -> Result<MediumState, Refusal> {
        let reason = Some("found at the gate".to_owned());
        let order = Move { event: self.event.id, medium, id, asked, actor: actor(), reason };
        move_medium(&self.lane, order).await.unwrap()
    }

    async fn replaces(&self, old: &Piece, new: &Piece) -> Result<MediumState, Refusal> {
        let with = self.medium(new).await.id;
        self.asks(old, Asked::Replace { with }).await
    }
}

#[tokio::test]
async fn a_frozen_medium_is_unfrozen_with_its_money() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let band = &festival.pieces[0];
        festival.top_up(band, 2000).await;
        let frozen = festival.asks(band, Asked::Freeze).await.unwrap();
        assert_eq!((frozen.medium.status, frozen.balance), (Frozen, Cents(2000)));
        assert_eq!(festival.asks(band, Asked::Freeze).await, Err(Refusal::NotAllowedFrom(Frozen)));
        festival.top_up(band, 500).await;
        let back = festival.asks(band, Asked::Unfreeze).await.unwrap();
        assert_eq!((back.medium.status, back.balance), (Active, Cents(2500)));
        assert_eq!(festival.asks(band, Asked::Unfreeze).await, Err(Refusal::NotAllowedFrom(Active)));
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_revoked_medium_never_comes_back_and_its_money_goes_to_suspense() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let band = &festival.pieces[0];
        festival.top_up(band, 2000).await;
        let revoked = festival.asks(band, Asked::Revoke).await.unwrap();
        assert_eq!((revoked.medium.status, revoked.balance), (Revoked, Cents(2000)));
        for asked in [Asked::Revoke, Asked::Freeze, Asked::Unfreeze, Asked::Activate, Asked::Spoil] {
            assert_eq!(festival.asks(band, asked).await, Err(Refusal::NotAllowedFrom(Revoked)));
        }
        assert_eq!(festival.pay(band, 700).await, Outcome::Suspended(Suspended::Revoked));
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_replaced_medium_gives_its_wallet_away_and_its_reference_still_adds_money() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let [old, new, third, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        festival.top_up(old, 2000).await;
        let replaced = festival.replaces(old, new).await.unwrap();
        assert_eq!((replaced.medium.status, replaced.balance), (Replaced, Cents(2000)));
        assert_eq!(festival.medium(new).await.status, Active);
        assert_eq!(festival.medium(new).await.wallet_id, replaced.medium.wallet_id);
        festival.top_up(old, 300).await;
        assert_eq!(festival.balance(new).await, Cents(2300));
        assert_eq!(festival.replaces(old, third).await, Err(Refusal::NotAllowedFrom(Replaced)));
        // A chain: the money follows, and ends in suspense where the chain ends.
        festival.replaces(new, third).await.unwrap();
        festival.top_up(old, 100).await;
        assert_eq!(festival.balance(third).await, Cents(2400));
        festival.asks(third, Asked::Revoke).await.unwrap();
        assert_eq!(festival.pay(old, 100).await, Outcome::Suspended(Suspended::Revoked));
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_successor_must_be_another_unused_medium_of_the_same_event() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        let [old, used, spoiled, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        festival.top_up(old, 2000).await;
        festival.top_up(used, 5).await;
        festival.asks(spoiled, Asked::Spoil).await.unwrap();
        let refused = |why| Err(Refusal::Successor(why));
        let foreign = other.medium(&other.pieces[0]).await.id;
        for with in [foreign, MediumId::new()] {
            let answer = festival.asks(old, Asked::Replace { with }).await;
            assert_eq!(answer, refused(BadSuccessor::Unknown));
        }
        assert_eq!(festival.replaces(old, old).await, refused(BadSuccessor::Same));
        assert_eq!(festival.replaces(old, used).await, refused(BadSuccessor::NotUnused(Active)));
        assert_eq!(festival.replaces(old, spoiled).await, refused(BadSuccessor::NotUnused(Spoiled)));
        assert_eq!(festival.medium(old).await.status, Active);
        assert_eq!(festival.balance(old).await, Cents(2000));
        assert_eq!(festival.medium(&other.pieces[0]).await.status, Issued);
    })
    .await;
}

#[tokio::test]
async fn of_more_matters_than_are_looked_for_in_the_log_the_newest_are() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let band = &festival.pieces[0];
        festival.asks(band, Asked::Revoke).await.unwrap();
        for _ in 0..4 {
            join_all((0..50).map(|_| festival.pay(band, 10))).await;
        }
        festival.clock.advance(Duration::from_secs(1));
        festival.pay(band, 11).await;
        let medium = festival.medium(band).await;
        let mut session = festival.store.read().await.unwrap();
        let open = parked::store::open(&mut session, festival.event.id, Uuid::nil(), 300).await.unwrap();
        let newest = open.iter().find(|matter| matter.amount_cents == Some(11)).unwrap().id;
        let logged = logged_as(&mut session, &medium).await.unwrap();
        assert_eq!((open.len(), logged.len()), (201, 200));
        assert!(logged.contains(&format!("parked:{newest}")), "{logged:?}");
    })
    .await;
}

#[tokio::test]
async fn an_unused_medium_holds_no_money_that_replacing_could_strand() {
    on_both_engines(async |store| {
        let rules = Rules { activation: Activation::Explicit, ..Rules::default() };
        let festival = Festival::with_rules(store, rules).await;
        let [old, new, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        festival.asks(old, Asked::Activate).await.unwrap();
        festival.pay(new, 500).await;
        let mut session = festival.store.read().await.unwrap();
        let open = parked::store::open(&mut session, festival.event.id, Uuid::nil(), 10).await.unwrap();
        drop(session);
        let resolve = Resolve {
            event: festival.event.id,
            parked: open[0].id,
            resolution: Resolution::To {
                reference: new.reference.clone(),
                hash: reference_hash(&festival.keys, &new.reference),
            },
            actor: crate::audit_log::Actor::CommandLine("anna".to_owned()),
            reason: "it is hers".to_owned(),
            up_to: None,
        };
        let resolved = festival.lane.submit(resolve).await.unwrap();
        assert_eq!(resolved, Resolved::NotUsable(Issued));
        assert_eq!(festival.balance(new).await, Cents::ZERO);
        festival.replaces(old, new).await.unwrap();
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_medium_of_another_event_is_not_moved() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        other.top_up(&other.pieces[0], 500).await;
        let foreign = other.medium(&other.pieces[0]).await.id;
        for asked in [Asked::Freeze, Asked::Revoke] {
            let answer = festival.orders(foreign, asked, MoveId::new()).await;
            assert_eq!(answer, Err(Refusal::UnknownMedium));
        }
        assert_eq!(other.medium(&other.pieces[0]).await.status, Active);
    })
    .await;
}

#[tokio::test]
async fn a_move_asked_for_again_under_its_own_id_is_answered_and_not_done_again() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let band = &festival.pieces[0];
        festival.top_up(band, 500).await;
        let (id, medium) = (MoveId::new(), festival.medium(band).await.id);
        let first = festival.orders(medium, Asked::Freeze, id).await;
        assert_eq!(festival.orders(medium, Asked::Freeze, id).await, first);
        // At once, they are in one batch.
        let id = MoveId::new();
        let (one, two) = tokio::join!(
            festival.orders(medium, Asked::Unfreeze, id),
            festival.orders(medium, Asked::Unfreeze, id)
        );
        assert_eq!(one, two);
        assert_eq!(one.unwrap().medium.status, Active);
        let mut session = festival.store.read().await.unwrap();
        let history = moves::store::moves(&mut session, festival.event.id, medium).await.unwrap();
        let steps: Vec<_> = history.iter().map(|step| step.to_status.as_str()).collect();
        assert_eq!(steps, ["active", "frozen", "active"]);
        assert_eq!(
            (history[1].actor.as_str(), history[1].reason.as_str()),
            ("command-line:anna", "found at the gate")
        );
        let log = festival.log().await;
        let subject = band.reference.as_str();
        assert_eq!(log[..2], [format!("medium unfrozen {subject}"), format!("medium frozen {subject}")]);
        assert_eq!(log.iter().filter(|entry| entry.starts_with("medium")).count(), 2);
    })
    .await;
}

#[tokio::test]
async fn something_else_under_the_id_of_a_move_is_refused_by_what_differs_and_not_done() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let [old, new, third, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        festival.top_up(old, 500).await;
        let (old, new, third) =
            (festival.medium(old).await, festival.medium(new).await.id, festival.medium(third).await.id);
        // The help desk's freeze on top of its visitor's is a move of its own, answered again as such.
        own_freeze::freeze(&festival.lane, &festival.keys, &old).await.unwrap().unwrap();
        let id = MoveId::new();
        for _ in 0..2 {
            assert_eq!(festival.orders(old.id, Asked::Freeze, id).await.unwrap().medium.status, Frozen);
        }
        let used = |field| Err(Refusal::IdReused { field });
        assert_eq!(festival.orders(old.id, Asked::Unfreeze, id).await, used("move"));
        let id = MoveId::new();
        let replaced = festival.orders(old.id, Asked::Replace { with: new }, id).await;
        assert_eq!(replaced.as_ref().unwrap().medium.status, Replaced);
        assert_eq!(festival.orders(old.id, Asked::Replace { with: new }, id).await, replaced);
        assert_eq!(festival.orders(old.id, Asked::Replace { with: third }, id).await, used("with"));
        assert_eq!(festival.orders(old.id, Asked::Revoke, id).await, used("move"));
        assert_eq!(festival.orders(third, Asked::Spoil, id).await, used("medium"));
        let order = Move {
            event: festival.event.id,
            medium: old.id,
            id,
            asked: Asked::Replace { with: new },
            actor: actor(),
            reason: Some("torn".to_owned()),
        };
        assert_eq!(move_medium(&festival.lane, order).await.unwrap(), used("reason"));
        let mut session = festival.store.read().await.unwrap();
        assert!(moves::store::moves(&mut session, festival.event.id, third).await.unwrap().is_empty());
        drop(session);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn media_are_activated_by_hand_or_spoiled_before_their_first_use_only() {
    on_both_engines(async |store| {
        let rules = Rules { activation: Activation::Explicit, ..Rules::default() };
        let festival = Festival::with_rules(store, rules).await;
        let [band, misprint, ..] = festival.pieces.as_slice() else { panic!("ten pieces") };
        assert_eq!(festival.pay(band, 500).await, Outcome::Suspended(Suspended::NotActive));
        assert_eq!(festival.asks(band, Asked::Freeze).await, Err(Refusal::NotAllowedFrom(Issued)));
        assert_eq!(festival.asks(band, Asked::Activate).await.unwrap().medium.status, Active);
        assert_eq!(festival.asks(band, Asked::Activate).await, Err(Refusal::NotAllowedFrom(Active)));
        festival.top_up(band, 500).await;
        assert_eq!(festival.asks(band, Asked::Spoil).await, Err(Refusal::NotAllowedFrom(Active)));
        assert_eq!(festival.asks(misprint, Asked::Spoil).await.unwrap().medium.status, Spoiled);
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_moves_at_once_on_two_lanes_one_is_refused() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.another_lane();
        for band in &festival.pieces {
            festival.top_up(band, 500).await;
            let medium = festival.medium(band).await.id;
            let order = |id| Move {
                event: festival.event.id,
                medium,
                id,
                asked: Asked::Revoke,
                actor: actor(),
                reason: Some("stolen".to_owned()),
            };
            let (one, two) = tokio::join!(
                move_medium(&festival.lane, order(MoveId::new())),
                move_medium(&other, order(MoveId::new()))
            );
            let answers = [one.unwrap(), two.unwrap()];
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
            assert!(answers.contains(&Err(Refusal::NotAllowedFrom(Revoked))), "{answers:?}");
        }
        festival.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn revoking_needs_a_reason_and_reasons_are_bounded_and_hold_no_pay_code() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let medium = festival.medium(&festival.pieces[0]).await.id;
        for (asked, reason) in [
            (Asked::Revoke, None),
            (Asked::Revoke, Some("  ".to_owned())),
            (Asked::Spoil, Some("x".repeat(REASON_CHARS_MAX + 1))),
            (Asked::Freeze, Some(format!("lost {}", festival.pieces[0].pay_qr_text.to_ascii_lowercase()))),
        ] {
            let id = MoveId::new();
            let order = Move { event: festival.event.id, medium, id, asked, actor: actor(), reason };
            let refusal = move_medium(&festival.lane, order).await.unwrap().unwrap_err();
            assert_eq!(refusal.name(), "invalid-reason");
        }
        assert_eq!(festival.medium(&festival.pieces[0]).await.status, Issued);
    })
    .await;
}

#[tokio::test]
async fn a_medium_is_found_by_anything_printed_on_it() {
    on_both_engines(async |store| {
        let festival = Festival::open(store).await;
        let other = festival.beside().await;
        let scanner = festival.scanner();
        for festival in [&festival, &other] {
            let piece = &festival.pieces[3];
            let typed = piece.serial.grouped().to_lowercase();
            for text in [
                piece.reference.as_str(),
                typed.as_str(),
                piece.pay_code.reveal(),
                piece.qr_text.as_str(),
                piece.pay_qr_text.as_str(),
                &format!("https://zomer.example/t/{}", piece.reference),
            ] {
                let Found::Medium(view) = scanner.find(text).await.unwrap() else { panic!("{text}") };
                assert_eq!(view.medium.reference, piece.reference);
                assert_eq!(view.medium.event_id, festival.event.id);
            }
        }
        let counterfeit = festival.pieces[0].qr_text.replace(&festival.profile.0, &other.profile.0);
        let nobodys = festival.pieces[0].qr_text.replace(&festival.profile.0, &"a".repeat(24));
        for text in [counterfeit.as_str(), &nobodys, "", "https://evil.example/t/1", &"9".repeat(300)] {
            let found = scanner.find(text).await.unwrap();
            assert!(matches!(found, Found::Foreign(_)), "{text}: {found:?}");
        }
        let mut wrong = festival.pieces[0].serial.as_str().to_owned();
        let last = if wrong.pop() == Some('0') { '1' } else { '0' };
        wrong.push(last);
        for text in [wrong.as_str(), "PB1ZZZZZZZZZZZZZZZZ"] {
            assert!(matches!(scanner.find(text).await.unwrap(), Found::Unknown), "{text}");
        }
    })
    .await;
}

#[test]
fn every_refusal_says_what_would_be_right() {
    let refusals = [
        Refusal::UnknownMedium,
        Refusal::NotAllowedFrom(Frozen),
        Refusal::Successor(BadSuccessor::Unknown),
        Refusal::Successor(BadSuccessor::Same),
        Refusal::Successor(BadSuccessor::NotUnused(Active)),
        Refusal::Reason("a reason is needed"),
        Refusal::IdReused { field: "with" },
    ];
    for refusal in refusals {
        assert!(!refusal.name().is_empty() && refusal.sentence().len() > 10, "{refusal:?}");
    }
    assert_eq!(Refusal::NotAllowedFrom(Frozen).medium_status(), Some(Frozen));
    assert_eq!(Refusal::Successor(BadSuccessor::NotUnused(Active)).medium_status(), Some(Active));
    assert_eq!(Refusal::UnknownMedium.medium_status(), None);
}
