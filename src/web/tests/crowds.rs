//! Whoever comes in crowds waits, and the bars don't.

use super::{Answer, Bar, House, sale};
use crate::db::testing::on_both_engines;
use crate::ledger::{Book, LaneError, QUEUE_REQUESTS_MAX, Request, Touches};
use crate::operators::Role;
use crate::secrets::draw_token;
use crate::values;
use crate::web::app::Limits;
use axum::body::Body;
use axum::extract::FromRef;
use axum::http::Method;
use futures_util::future::join_all;
use futures_util::poll;
use std::task::Poll;
use std::time::Duration;

/// Asks the lane for nothing, and takes a place in its queue.
struct Nothing;

impl Request for Nothing {
    type Answer = ();
    fn touches(&self, _: &mut Touches) {}
    fn decide(&self, _: &mut Book) {}
}

impl House {
    /// Somebody tries a token or a session, from the address everybody here has.
    async fn tries(&self, token: &str) -> Answer {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        self.anonymous().sends(Method::GET, "/api/v1/events", &headers, Body::empty()).await
    }
}

#[tokio::test]
async fn a_bar_looks_up_and_charges_while_every_other_reading_connection_is_taken() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        house.tops_up(0, 2_000).await;
        let bar: Bar<'_> = house.bar("Bar 1").await;
        bar.charges(house.pay_code(0), 100).await.is(201);
        let mut readers = Vec::new();
        for _ in 0..store.readers_max() {
            readers.push(store.read().await.unwrap());
        }
        bar.posts("/api/v1/charges", sale(house.pay_code(0), 350)).await.is(201);
        bar.looks_up(house.pay_code(0)).await.is(200);
        drop(readers);
        assert_eq!(house.balance().await, 1_550);
    })
    .await;
}

#[tokio::test]
async fn guessing_tokens_is_limited_before_the_database_is_asked_and_hinders_nobody_who_has_one() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        let office = house.office(Role::Admin).await;
        office.gets("/api/v1/events").await.is(200);
        for _ in 0..119 {
            house.tries(draw_token("pbo_").reveal()).await.refused(401, "unauthorized");
        }
        let guess = draw_token("pbo_").reveal().to_owned();
        let answer = house.tries(&guess).await;
        assert_eq!(answer.header("retry-after"), "1");
        answer.refused(429, "too-many-requests");
        let session = format!("polsband-session={}", draw_token("pbs_").reveal());
        let headers = [("cookie", session.as_str())];
        house.anonymous().sends(Method::GET, "/console", &headers, Body::empty()).await.page(429);
        office.gets("/api/v1/events").await.is(200);
        store.close().await;
        house.tries(&guess).await.refused(429, "too-many-requests");
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_a_token_is_refused_without_asking_the_database() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        store.close().await;
        for wrong in ["pbo_", "pbo_abc", "hello", &"pbo_".repeat(14)] {
            house.tries(wrong).await.refused(401, "unauthorized");
        }
        house.tries(draw_token("pbo_").reveal()).await.refused(503, "unavailable");
        let headers = [("cookie", "polsband-session=pbs_abc")];
        let answer = house.anonymous().sends(Method::GET, "/console", &headers, Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/console/sign-in"));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_was_revoked_is_counted_like_any_other_guess() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        let office = house.office(Role::Admin).await;
        office.gets("/api/v1/events").await.is(200);
        let mut tx = store.begin().await.unwrap();
        tx.execute("UPDATE operator_tokens SET revoked_at = 1", values![]).await.unwrap();
        tx.commit().await.unwrap();
        for _ in 0..120 {
            office.gets("/api/v1/events").await.refused(401, "unauthorized");
        }
        office.gets("/api/v1/events").await.refused(429, "too-many-requests");
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_often_whether_the_service_is_ready_asks_the_database_once_a_second() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        let anyone = house.anonymous();
        anyone.gets("/readyz").await.is(200);
        store.close().await;
        anyone.gets("/readyz").await.is(200);
        house.festival.clock.advance(Duration::from_secs(1));
        anyone.gets("/readyz").await.refused(503, "unavailable");
    })
    .await;
}

#[tokio::test]
async fn visitors_wait_for_their_turn_and_bars_do_not() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Bar 1").await;
        let mut turns = Vec::new();
        while turns.len() < crate::db::READERS_MIN / 4 {
            turns.push(Limits::from_ref(&house.app).page_turn().await.unwrap());
        }
        let page = house.anonymous().gets("/w").await;
        assert_eq!(page.header("retry-after"), "2");
        page.page(503);
        bar.looks_up(house.pay_code(0)).await.is(200);
        turns.pop();
        house.anonymous().gets("/w").await.page(200);
    })
    .await;
}

#[tokio::test]
async fn whoever_nobody_knows_yet_waits_for_a_turn_and_whoever_is_known_does_not() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (bar, new, office) =
            (house.bar("Bar 1").await, house.bar("Bar 2").await, house.office(Role::Admin).await);
        bar.looks_up(house.pay_code(0)).await.is(200);
        office.gets("/api/v1/events").await.is(200);
        let mut turns = Vec::new();
        while turns.len() < crate::db::READERS_MIN / 4 {
            turns.push(Limits::from_ref(&house.app).newcomers_turn().await.unwrap());
        }
        let guess = draw_token("pbo_").reveal().to_owned();
        let anyone = house.anonymous();
        let callback = anyone.posts("/callbacks/bancontact/nowhere", serde_json::json!({}));
        let enrols = serde_json::json!({ "code": "ABCD-EFGH", "device_name": "x" });
        let enrolment = anyone.posts("/api/v1/terminals/enrol", enrols);
        let answers = tokio::join!(house.tries(&guess), new.looks_up(house.pay_code(0)), callback, enrolment);
        for answer in [answers.0, answers.1, answers.2, answers.3] {
            assert_eq!(answer.header("retry-after"), "2");
            answer.refused(503, "overloaded");
        }
        bar.looks_up(house.pay_code(0)).await.is(200);
        office.gets("/api/v1/events").await.is(200);
        turns.pop();
        new.looks_up(house.pay_code(0)).await.is(200);
    })
    .await;
}

#[tokio::test]
async fn a_sale_that_meets_a_full_queue_is_told_when_to_come_again_and_is_taken_then() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Bar 1").await;
        let mut held = store.begin().await.unwrap();
        held.execute("UPDATE lanes SET number = number WHERE id > 0", values![]).await.unwrap();
        let lane = &house.festival.lane;
        let mut waiting = vec![Box::pin(lane.submit(Nothing))];
        assert!(poll!(&mut waiting[0]).is_pending());
        // The lane begins with that one, and gets no further: whoever comes now stays in the queue. A look-up alone
        // doesn't make sure of it: where the database answers at once, the lane has had no turn.
        tokio::task::yield_now().await;
        bar.looks_up(house.pay_code(0)).await.is(200);
        let turned_away = loop {
            let mut next = Box::pin(lane.submit(Nothing));
            match poll!(&mut next) {
                Poll::Pending => waiting.push(next),
                Poll::Ready(answer) => break answer,
            }
        };
        assert_eq!((turned_away, waiting.len()), (Err(LaneError::Full), 1 + QUEUE_REQUESTS_MAX));
        let sale = sale(house.pay_code(0), 350);
        let refused = bar.posts("/api/v1/charges", sale.clone()).await;
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(refused.refused(503, "overloaded")["retry_after_seconds"], 1);
        held.commit().await.unwrap();
        assert!(join_all(waiting).await.iter().all(Result::is_ok), "whoever waited is answered");
        bar.posts("/api/v1/charges", sale).await.is(201);
        assert_eq!(house.balance().await, 1_650);
    })
    .await;
}
