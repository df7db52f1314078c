//! What providers push: settled once, refused with the right status, and never lost.

use super::{Callback, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::sandbox::{CallbackMode, FaultsChange, Status};
use axum::http::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_signed_callback_is_credited_before_it_is_answered_and_a_replay_changes_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let callback = house.paid_20_euros().await;
        let bank = house.anonymous();
        assert_eq!(bank.calls_back("pukkelfest", &callback).await.is(200), json!({}));
        assert_eq!(house.balance().await, 2_000);
        house.festival.clock.advance(Duration::from_secs(20 * 3600));
        assert_eq!(bank.calls_back("pukkelfest", &callback).await.is(200), json!({}));
        assert_eq!(house.balance().await, 2_000);
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_callback_with_a_bad_signature_is_refused_and_the_payment_it_names_is_looked_up() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let code = house.festival.bands[0].qr_text.clone();
        let callback = house.paid(&code, 2_000, CallbackMode::BadSignature, Status::Succeeded).await;
        let problem =
            house.anonymous().calls_back("pukkelfest", &callback).await.refused(401, "bad-signature");
        assert_eq!(problem["check"], "signature");
        house.app.finish().await;
        assert_eq!(house.balance().await, 2_000, "the provider itself confirmed it");
    })
    .await;
}

#[tokio::test]
async fn without_an_api_key_nothing_is_looked_up_and_nothing_believed() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        let callback = house.paid_20_euros().await;
        let body = callback.body.replace("2000", "9000");
        let forged = Callback { body, ..callback };
        house.anonymous().calls_back("pukkelfest", &forged).await.refused(401, "bad-signature");
        house.app.finish().await;
        assert_eq!(house.balance().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_callback_for_nobody_and_one_without_a_signature_are_refused() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let callback = house.paid_20_euros().await;
        let bank = house.anonymous();
        bank.calls_back("winterfest", &callback).await.refused(404, "unknown-event");
        bank.calls_back("%FF", &callback).await.refused(404, "not-found");
        let answer = bank.posts("/callbacks/bancontact/pukkelfest", json!({})).await;
        assert_eq!(answer.refused(401, "bad-signature")["check"], "form");
        let wrong = bank.gets("/callbacks/bancontact/pukkelfest").await;
        assert_eq!(wrong.header("allow"), "POST");
        wrong.refused(405, "method-not-allowed");
        assert_eq!(house.balance().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_callback_of_another_type_or_size_is_refused_before_it_is_looked_at() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let callback = house.paid_20_euros().await;
        let bank = house.anonymous();
        let path = "/callbacks/bancontact/pukkelfest";
        for wrong in ["text/plain", "application/json; charset=latin1", "application/jsonp"] {
            let headers = [("content-type", wrong), ("signature", callback.signature.as_str())];
            let answer = bank.sends(Method::POST, path, &headers, callback.body.clone()).await;
            answer.refused(415, "unsupported-media-type");
        }
        let huge = Callback { body: " ".repeat(64 * 1024) + &callback.body, ..callback.clone() };
        bank.calls_back("pukkelfest", &huge).await.refused(413, "body-too-large");
        let padded = Callback { body: format!("{} ", callback.body), ..callback };
        bank.calls_back("pukkelfest", &padded).await.refused(401, "bad-signature");
    })
    .await;
}

#[tokio::test]
async fn while_the_keys_can_not_be_had_the_provider_is_asked_to_come_again() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let callback = house.paid_20_euros().await;
        let bank = house.anonymous();
        house.festival.faults(FaultsChange { key_set_unreachable: Some(true), ..FaultsChange::default() });
        let answer = bank.calls_back("pukkelfest", &callback).await;
        assert!((1..=10).contains(&answer.header("retry-after").parse::<u32>().unwrap()));
        answer.refused(503, "keys-unavailable");
        house.festival.faults(FaultsChange { key_set_unreachable: Some(false), ..FaultsChange::default() });
        house.festival.clock.advance(Duration::from_secs(11));
        bank.calls_back("pukkelfest", &callback).await.is(200);
        assert_eq!(house.balance().await, 2_000);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_keeps_failing_is_told_to_slow_down_and_its_genuine_callbacks_still_count() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        let callback = house.paid_20_euros().await;
        let forged = Callback { signature: "e30..AAAA".to_owned(), ..callback.clone() };
        let bank = house.anonymous();
        for _ in 0..600 {
            bank.calls_back("pukkelfest", &forged).await.refused(401, "bad-signature");
        }
        let answer = bank.calls_back("pukkelfest", &forged).await;
        assert_eq!(answer.header("retry-after"), "1");
        answer.refused(429, "too-many-requests");
        house
            .anonymous_at("203.0.113.8:1")
            .calls_back("pukkelfest", &forged)
            .await
            .refused(401, "bad-signature");
        bank.calls_back("pukkelfest", &callback).await.is(200);
        assert_eq!(house.balance().await, 2_000);
    })
    .await;
}

#[tokio::test]
async fn money_that_arrives_after_the_event_closed_is_kept_in_suspense() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let callback = house.paid_20_euros().await;
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        house.anonymous().calls_back("pukkelfest", &callback).await.is(200);
        assert_eq!(house.balance().await, 0);
        house.festival.expect_clean_books().await;
    })
    .await;
}
