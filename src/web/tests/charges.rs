//! A bar's evening: look up, charge, charge again, read back, void, and what is refused.

use super::{House, sale};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::operators::Role;
use crate::web::body;
use axum::http::Method;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn a_sale_is_charged_once_however_often_it_is_sent() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let bar = house.bar("Bar 1").await;
        let code = house.pay_code(0);
        let shown = bar.looks_up(code).await.is(200);
        assert_eq!(shown["balance_cents"], 2_000);
        assert_eq!((&shown["currency"], &shown["can_spend"]), (&json!("EUR"), &json!(true)));
        assert_eq!((&shown["event"], &shown["status"]), (&json!("pukkelfest"), &json!("active")));
        assert_eq!(shown["reference"], house.reference(0));

        let mut body = sale(code, 700);
        body["lines"] = json!([{ "product": "beer", "quantity": 2, "unit_cents": 350 }]);
        let charged = bar.posts("/api/v1/charges", body.clone()).await.is(201);
        assert_eq!(charged["status"], "accepted");
        assert_eq!((&charged["amount_cents"], &charged["balance_cents"]), (&json!(700), &json!(1_300)));
        assert_eq!(charged["serial"], house.festival.bands[0].serial.as_str());
        bar.charges(code, 100).await.is(201);
        assert_eq!(bar.posts("/api/v1/charges", body.clone()).await.is(200), charged);
        let path = format!("/api/v1/charges/{}", body["id"].as_str().unwrap());
        assert_eq!(bar.gets(&path).await.is(200), charged);
        assert_eq!(house.balance().await, 1_200);

        body["amount_cents"] = json!(1_400);
        body["lines"][0]["quantity"] = json!(4);
        let problem = bar.posts("/api/v1/charges", body).await.refused(409, "id-reused");
        assert_eq!(problem["field"], "amount_cents");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_charged_is_refused_with_its_own_name() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 500).await;
        let bar = house.bar("Bar 1").await;
        let code = house.pay_code(0);
        let short = bar.charges(code, 800).await.refused(402, "insufficient-funds");
        assert_eq!((&short["balance_cents"], &short["missing_cents"]), (&json!(500), &json!(300)));
        bar.charges(house.reference(0), 100).await.refused(403, "top-up-code-cannot-pay");
        bar.charges(&house.festival.bands[0].qr_text, 100).await.refused(403, "top-up-code-cannot-pay");
        bar.charges(house.festival.bands[0].serial.as_str(), 100).await.refused(403, "serial-cannot-pay");
        bar.charges("PB1AAAAAAAAAAAAAAAA", 100).await.refused(404, "unknown-medium");
        bar.charges("0123456789ABCDE", 100).await.refused(404, "unknown-medium");
        bar.charges("https://elsewhere.example/", 100).await.refused(422, "foreign-code");
        bar.charges(&"x".repeat(10_000), 100).await.refused(422, "foreign-code");
        bar.charges("", 100).await.refused(422, "foreign-code");
        let issued = bar.charges(house.pay_code(1), 100).await.refused(409, "medium-not-active");
        assert_eq!(issued["medium_status"], "issued");
        for amount in [0, -100, 50_001, i64::MAX] {
            bar.charges(code, amount).await.refused(422, "invalid-amount");
        }
        for amount in [json!(1.5), json!("100"), json!(null), json!(1e30), json!([100])] {
            let mut body = sale(code, 100);
            body["amount_cents"] = amount;
            let problem = bar.posts("/api/v1/charges", body).await.refused(422, "invalid-amount");
            assert_eq!(problem["field"], "amount_cents");
        }
        let mut body = sale(code, 100);
        body["tip_cents"] = json!(1);
        let problem = bar.posts("/api/v1/charges", body).await.refused(422, "invalid-request");
        assert_eq!(problem["field"], "tip_cents");
        let mut body = sale(code, 100);
        body["lines"] = json!([{ "product": "beer", "quantity": 1, "unit_cents": 350 }]);
        bar.posts("/api/v1/charges", body).await.refused(422, "invalid-amount");
        // Books are read in the order of ids, from behind the one of zeros on.
        for wrong in ["not-a-uuid", "00000000-0000-0000-0000-000000000000"] {
            let mut body = sale(code, 100);
            body["id"] = json!(wrong);
            let problem = bar.posts("/api/v1/charges", body).await.refused(422, "invalid-request");
            assert_eq!(problem["field"], "id");
        }
        bar.gets(&format!("/api/v1/charges/{}", Uuid::now_v7())).await.refused(404, "unknown-charge");
        bar.gets("/api/v1/charges/7").await.refused(404, "not-found");
        assert_eq!(house.balance().await, 500);
        let now = house.festival.clock.now();
        events::close(&house.festival.store, &Actor::System("test"), now, "pukkelfest").await.unwrap();
        bar.charges(code, 100).await.refused(409, "event-closed");
    })
    .await;
}

#[tokio::test]
async fn a_batch_judges_each_charge_by_itself() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let bar = house.bar("Bar 1").await;
        let code = house.pay_code(0);
        let first = sale(code, 400);
        let mut odd = sale(code, 100);
        odd["amount_cents"] = json!("many");
        let charges = json!([
            first, first, sale(code, 700), odd, "nonsense", { "id": 7 }, sale("PB1AAAAAAAAAAAAAAAA", 1), sale(code, 600),
        ]);
        let answer = bar.posts("/api/v1/charges/batch", json!({ "charges": charges })).await.is(200);
        let results = answer["results"].as_array().unwrap();
        let statuses: Vec<&Value> = results.iter().map(|result| &result["http_status"]).collect();
        assert_eq!(statuses, [201, 200, 402, 422, 422, 422, 404, 201]);
        assert_eq!(results[0]["charge"], results[1]["charge"]);
        assert_eq!(results[0]["id"], first["id"]);
        assert_eq!(results[2]["problem"]["missing_cents"], 100);
        assert_eq!(results[3]["problem"]["type"], "urn:polsband:problem:invalid-amount");
        assert_eq!(results[3]["id"], odd["id"]);
        assert_eq!((&results[4]["id"], &results[5]["id"]), (&Value::Null, &Value::Null));
        assert!(results[0].get("problem").is_none() && results[2].get("charge").is_none());
        assert_eq!(house.balance().await, 0);

        let many: Vec<Value> = (0..501).map(|_| sale(code, 1)).collect();
        bar.posts("/api/v1/charges/batch", json!({ "charges": many })).await.refused(422, "batch-too-large");
        let full: Vec<Value> = (0..500).map(|_| sale(code, 1)).collect();
        let answer = bar.posts("/api/v1/charges/batch", json!({ "charges": full })).await.is(200);
        assert!(answer["results"].as_array().unwrap().iter().all(|result| result["http_status"] == 402));
        let none = bar.posts("/api/v1/charges/batch", json!({ "charges": [] })).await.is(200);
        assert_eq!(none, json!({ "results": [] }));
        bar.posts("/api/v1/charges/batch", json!([])).await.refused(422, "invalid-request");
        let odd = bar.posts("/api/v1/charges/batch", json!({ "charges": 7 })).await;
        assert_eq!(odd.refused(422, "invalid-request")["field"], "charges");
        let more = bar.posts("/api/v1/charges/batch", json!({ "charges": [sale(code, 1)], "more": 1 })).await;
        assert_eq!(more.refused(422, "invalid-request")["field"], "more");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_void_gives_the_money_back_once_and_in_time() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let (bar, other) = (house.bar("Bar 1").await, house.bar("Bar 2").await);
        let body = sale(house.pay_code(0), 400);
        let charged = bar.posts("/api/v1/charges", body.clone()).await.is(201);
        let void = format!("/api/v1/charges/{}/void", body["id"].as_str().unwrap());
        other.posts(&void, json!({})).await.refused(404, "unknown-charge");
        let long = bar.posts(&void, json!({ "reason": "x".repeat(501) })).await;
        assert_eq!(long.refused(422, "invalid-request")["field"], "reason");
        let voided = bar.posts(&void, json!({ "reason": "wrong drink" })).await.is(200);
        let expected =
            json!({ "id": body["id"], "status": "voided", "amount_cents": 400, "balance_cents": 1_000 });
        assert_eq!(voided, expected);
        assert_eq!(bar.sends(axum::http::Method::POST, &void, "").await.is(200), expected);
        let again = bar.posts("/api/v1/charges", body).await.is(200);
        assert_eq!(
            (&again["status"], &again["balance_cents"]),
            (&json!("voided"), &charged["balance_cents"])
        );

        let late = bar.charges(house.pay_code(0), 300).await.is(201);
        let void = format!("/api/v1/charges/{}/void", late["id"].as_str().unwrap());
        house.festival.clock.advance(Duration::from_secs(301));
        bar.posts(&void, json!({})).await.refused(409, "too-late-to-void");
        let viewer = house.office(Role::Viewer).await;
        let problem = viewer.posts(&void, json!({})).await.refused(403, "not-allowed");
        assert_eq!(problem["right"], "void-charges");
        let desk = house.office(Role::HelpDesk).await;
        assert_eq!(desk.posts(&void, json!({ "event": "pukkelfest" })).await.is(200)["balance_cents"], 1_000);
        desk.posts(&void, json!({ "event": "winterfest" })).await.refused(404, "unknown-event");
        assert_eq!(house.audit_log().await[0].1, "charge voided");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn operators_look_anything_up_and_terminals_their_own_event() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let bar = house.bar("Bar 1").await;
        let viewer = house.office(Role::Viewer).await;
        let band = &house.festival.bands[0];
        for (code, spends) in [
            (band.serial.grouped().to_lowercase(), false),
            (band.reference.to_string(), false),
            (band.qr_text.clone(), false),
            (band.pay_qr_text.clone(), true),
        ] {
            let by_operator = viewer.posts("/api/v1/media/lookup", json!({ "code": code })).await.is(200);
            assert_eq!(by_operator["can_spend"], spends, "{code}");
            assert_eq!(bar.looks_up(&code).await.is(200), by_operator);
        }
        bar.looks_up("AAAAAAAB").await.refused(404, "unknown-medium");
        bar.looks_up("HELLO").await.refused(422, "foreign-code");
        viewer.posts("/api/v1/media/lookup", json!({ "code": "HELLO" })).await.refused(422, "foreign-code");
        house
            .anonymous()
            .posts("/api/v1/media/lookup", json!({ "code": "HELLO" }))
            .await
            .refused(401, "unauthorized");
    })
    .await;
}

#[tokio::test]
async fn five_hundred_sales_of_a_hundred_lines_each_are_read_and_more_is_refused() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Bar 1").await;
        let line = json!({ "product": "x".repeat(60), "quantity": 1, "unit_cents": 100 });
        let lines = vec![line; 100];
        let of = |count: usize| {
            let sale = |_| {
                json!({ "id": uuid::Uuid::now_v7(), "code": house.pay_code(0), "amount_cents": 10_000, "lines": lines })
            };
            json!({ "charges": (0..count).map(sale).collect::<Vec<_>>() }).to_string()
        };
        let full = of(500);
        assert!(full.len() > 5_000_000, "{}", full.len());
        let answer = bar.sends(Method::POST, "/api/v1/charges/batch", full).await.is(200);
        let results = answer["results"].as_array().unwrap();
        assert_eq!((results.len(), &results[499]["http_status"]), (500, &json!(409)), "{}", results[499]);
        let padded = format!("{}{}", of(1), " ".repeat(body::LONG_BODY_BYTES_MAX));
        let answer = bar.sends(Method::POST, "/api/v1/charges/batch", padded).await;
        answer.refused(413, "body-too-large");
    })
    .await;
}
