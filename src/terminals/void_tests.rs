//! Voids on both engines: by the terminal in time, by an operator later, once.

use super::test_till::{Bar, sale};
use super::{ChargeStatus, Charged, NewCharge, Refusal, TERMINAL_VOID_WINDOW, Voided};
use crate::db::testing::on_both_engines;
use crate::helpdesk::Asked;
use crate::ids::{ChargeId, EventId};
use crate::ledger::test_festival::actor;
use crate::money::Cents;
use std::time::Duration;

impl Bar {
    async fn operator_voids(&self, event: Option<EventId>, id: ChargeId) -> Result<Voided, Refusal> {
        self.till.void_anywhere(&actor(), event, id, Some("wrong table")).await.unwrap()
    }
}

#[tokio::test]
async fn a_terminal_voids_its_charge_within_five_minutes_once() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let new = sale(&band.pay_qr_text, 350);
        let charged = bar.charges(new.clone()).await.unwrap();
        bar.sold(band, 1000).await;
        bar.clock.advance(TERMINAL_VOID_WINDOW);
        let voided = bar.voids(charged.id).await.unwrap();
        assert_eq!(voided, Voided { id: charged.id, amount: Cents(350), balance: Cents(1000) });
        bar.clock.advance(Duration::from_secs(3600));
        bar.sold(band, 500).await;
        assert_eq!(bar.voids(charged.id).await, Ok(voided.clone()), "with the balance of then");
        assert_eq!(bar.operator_voids(None, charged.id).await, Ok(voided));
        assert_eq!(bar.balance(band).await, Cents(500));
        // The charge itself tells of its void, and is not charged again.
        let replay = Charged { status: ChargeStatus::Voided, replayed: true, ..charged };
        assert_eq!(bar.charges(new).await, Ok(replay.clone()));
        assert_eq!(bar.reads_back(replay.id).await, Ok(Some(replay)));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn after_five_minutes_it_takes_an_operator_and_the_audit_log_tells_of_it() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let charged = bar.sold(band, 350).await;
        bar.clock.advance(TERMINAL_VOID_WINDOW + Duration::from_micros(1));
        assert_eq!(bar.voids(charged.id).await, Err(Refusal::TooLateToVoid));
        bar.clock.advance(Duration::from_secs(86_400));
        let voided = bar.operator_voids(None, charged.id).await.unwrap();
        assert_eq!(voided.balance, Cents(2000));
        assert_eq!(bar.operator_voids(Some(bar.event.id), charged.id).await, Ok(voided.clone()));
        assert_eq!(bar.voids(charged.id).await, Ok(voided), "the terminal hears what became of it");
        let log = bar.log().await;
        let told = log.iter().filter(|entry| **entry == format!("charge voided {}", charged.id)).count();
        assert_eq!(told, 1, "{log:?}");
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_void_gives_the_money_back_whatever_became_of_the_medium() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let [frozen, replaced, successor, revoked, ..] = bar.pieces.as_slice() else { panic!("ten pieces") };
        let mut charges = Vec::new();
        for band in [frozen, replaced, revoked] {
            bar.top_up(band, 2000).await;
            charges.push(bar.sold(band, 350).await.id);
        }
        bar.moves(frozen, Asked::Freeze).await;
        bar.replaces_by(replaced, successor).await;
        bar.moves(revoked, Asked::Revoke).await;
        for id in charges {
            assert_eq!(bar.voids(id).await.unwrap().balance, Cents(2000));
        }
        for band in [frozen, replaced, successor, revoked] {
            assert_eq!(bar.balance(band).await, Cents(2000));
        }
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn others_charges_unknown_ones_and_closed_events_are_refused() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = Bar::at(bar.festival.beside().await).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let charged = bar.sold(band, 350).await;
        let neighbour = bar.another_terminal().await;
        let by_neighbour = bar.till.void(&neighbour, charged.id, None).await.unwrap();
        assert_eq!(by_neighbour, Err(Refusal::UnknownCharge));
        assert_eq!(other.voids(charged.id).await, Err(Refusal::UnknownCharge));
        assert_eq!(bar.voids(ChargeId::new()).await, Err(Refusal::UnknownCharge));
        assert_eq!(bar.operator_voids(None, ChargeId::new()).await, Err(Refusal::UnknownCharge));
        let elsewhere = bar.operator_voids(Some(other.event.id), charged.id).await;
        assert_eq!(elsewhere, Err(Refusal::UnknownCharge));
        let nowhere = bar.operator_voids(Some(EventId::new()), charged.id).await;
        assert_eq!(nowhere, Err(Refusal::UnknownCharge));
        // A refused charge never happened.
        let refused = sale(&band.pay_qr_text, 9_999);
        assert!(bar.charges(refused.clone()).await.is_err());
        assert_eq!(bar.voids(refused.id).await, Err(Refusal::UnknownCharge));

        bar.close().await;
        assert_eq!(bar.voids(charged.id).await, Err(Refusal::EventClosed));
        assert_eq!(bar.operator_voids(None, charged.id).await, Err(Refusal::EventClosed));
        assert_eq!(bar.balance(band).await, Cents(1650));
        bar.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_charge_id_that_two_events_share_takes_the_event_too() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = Bar::at(bar.festival.beside().await).await;
        let id = ChargeId::new();
        for bar in [&bar, &other] {
            bar.top_up(&bar.pieces[0], 500).await;
            bar.charges(NewCharge { id, ..sale(&bar.pieces[0].pay_qr_text, 100) }).await.unwrap();
        }
        assert_eq!(bar.operator_voids(None, id).await, Err(Refusal::AmbiguousCharge));
        assert_eq!(bar.operator_voids(Some(other.event.id), id).await.unwrap().balance, Cents(500));
        assert_eq!(bar.balance(&bar.pieces[0]).await, Cents(400));
        assert_eq!(bar.voids(id).await.unwrap().balance, Cents(500), "a terminal means its own event");
        bar.books_are_clean().await;
        other.books_are_clean().await;
    })
    .await;
}

#[tokio::test]
async fn a_void_sent_right_behind_its_charge_finds_it() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        let new = sale(&band.pay_qr_text, 350);
        let id = new.id;
        let (charged, voided) = tokio::join!(bar.charges(new), bar.voids(id));
        assert_eq!(charged.unwrap().balance, Cents(1650));
        // Whichever came first: afterwards it is voided, once.
        assert!(matches!(voided, Ok(_) | Err(Refusal::UnknownCharge)), "{voided:?}");
        assert_eq!(bar.voids(id).await.unwrap().balance, Cents(2000));
        bar.books_are_clean().await;
    })
    .await;
}
