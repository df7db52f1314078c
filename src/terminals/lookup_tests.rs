//! Look-ups on both engines: what a bar and an operator see of a scanned text.

use super::test_till::Bar;
use super::{Balance, Refusal};
use crate::db::testing::on_both_engines;
use crate::events::{Codes, Rules};
use crate::helpdesk::Asked;
use crate::media::MediumKind;
use crate::media::MediumStatus::{Active, Frozen, Issued};
use crate::money::Cents;

#[tokio::test]
async fn any_code_of_a_medium_shows_its_balance_and_only_the_pay_code_can_spend() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let band = &bar.pieces[0];
        bar.top_up(band, 2000).await;
        for (text, can_spend) in [
            (band.pay_qr_text.as_str(), true),
            (band.pay_code.reveal(), true),
            (band.qr_text.as_str(), false),
            (band.reference.as_str(), false),
            (&band.serial.grouped(), false),
        ] {
            let expected = Balance {
                reference: band.reference.clone(),
                serial: band.serial.clone(),
                kind: MediumKind::Wristband,
                status: Active,
                event: bar.event.slug.clone(),
                balance: Cents(2000),
                can_spend,
                as_of: bar.clock.now(),
            };
            assert_eq!(bar.looks_up(text).await, Ok(expected.clone()), "{text}");
            let seen = bar.till.look_up_anywhere(bar.clock.now(), text).await.unwrap();
            assert_eq!(seen, Ok(expected), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_code_can_spend_only_where_a_charge_would_be_accepted() {
    on_both_engines(async |store| {
        let single = Rules { codes: Codes::Single, ..Rules::default() };
        let bar = Bar::with_rules(store, single).await;
        let band = &bar.pieces[0];
        let seen = async |text: &str| {
            let view = bar.looks_up(text).await.unwrap();
            assert_eq!(bar.till.look_up_anywhere(bar.clock.now(), text).await.unwrap(), Ok(view.clone()));
            (view.status, view.can_spend)
        };
        assert_eq!(seen(&band.pay_qr_text).await, (Issued, false));
        bar.top_up(band, 2000).await;
        assert_eq!(seen(&band.pay_qr_text).await, (Active, true));
        assert_eq!(seen(&band.qr_text).await, (Active, true), "this event's top-up codes pay");
        assert_eq!(seen(band.serial.as_str()).await, (Active, false));
        bar.moves(band, Asked::Freeze).await;
        assert_eq!(seen(&band.pay_qr_text).await, (Frozen, false));
        bar.moves(band, Asked::Unfreeze).await;
        bar.close().await;
        assert_eq!(seen(&band.pay_qr_text).await, (Active, false));
    })
    .await;
}

#[tokio::test]
async fn unknown_media_and_foreign_codes_are_told_apart() {
    on_both_engines(async |store| {
        let bar = Bar::open(store).await;
        let other = Bar::at(bar.festival.beside().await).await;
        let (band, foreign) = (&bar.pieces[0], &other.pieces[0]);
        let mut wrong = band.serial.as_str()[..7].to_owned();
        wrong.push(if band.serial.as_str().ends_with('0') { '1' } else { '0' });
        for text in ["PB1ZZZZZZZZZZZZZZZZ", &wrong, foreign.reference.as_str(), &foreign.pay_qr_text] {
            assert_eq!(bar.looks_up(text).await, Err(Refusal::UnknownMedium), "{text}");
        }
        // An operator sees every event's media, a terminal its own.
        for text in [foreign.reference.as_str(), &foreign.qr_text] {
            let seen = bar.till.look_up_anywhere(bar.clock.now(), text).await.unwrap().unwrap();
            assert_eq!(seen.event, other.event.slug);
        }
        let seen = bar.till.look_up_anywhere(bar.clock.now(), &wrong).await.unwrap();
        assert_eq!(seen, Err(Refusal::UnknownMedium));

        // The sticker over the real code: our reference, somebody else's profile.
        let sticker = band.qr_text.replace(&bar.profile.0, &"a".repeat(24));
        let swapped = band.qr_text.replace(&bar.profile.0, &other.profile.0);
        for text in [&sticker, &swapped, "", " ", "hello", "http://evil.example", &"0".repeat(257), "\0", "é"]
        {
            let refusals = [
                bar.looks_up(text).await.unwrap_err(),
                bar.till.look_up_anywhere(bar.clock.now(), text).await.unwrap().unwrap_err(),
            ];
            for refusal in refusals {
                assert_eq!(refusal.name(), "foreign-code", "{text}");
            }
        }
        let Err(Refusal::ForeignCode(why)) = bar.looks_up(&sticker).await else { panic!("taken") };
        assert!(why.contains("counterfeit"), "{why}");
    })
    .await;
}
