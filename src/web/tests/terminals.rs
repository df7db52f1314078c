//! Terminals: a code makes one, a token proves it, revoking ends it.

use super::{Anonymous, Bar, House};
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{self, OrNone, RuleChanges};
use crate::language::Language;
use crate::operators::Role;
use crate::web::{Surface, router};
use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_enrolment_code_works_once_and_for_a_quarter_of_an_hour() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let bars = "/api/v1/events/pukkelfest/points-of-sale";
        office.posts(bars, json!({ "name": "Bar 1", "vendor": "Brewery" })).await.is(201);
        let terminals = "/api/v1/events/pukkelfest/terminals";
        let added = office.posts(terminals, json!({ "point_of_sale": "Bar 1" })).await.is(201);
        let enrolment = json!({ "code": added["code"], "device_name": "till 1" });
        let device = house.anonymous();
        let enrolled = device.posts("/api/v1/terminals/enrol", enrolment.clone()).await.is(201);
        assert_eq!(enrolled["terminal_id"], added["terminal_id"]);
        assert_eq!((&enrolled["event"], &enrolled["point_of_sale"]), (&json!("pukkelfest"), &json!("Bar 1")));
        assert!(enrolled["token"].as_str().unwrap().starts_with("pbt_") && enrolled["language"].is_null());
        device.posts("/api/v1/terminals/enrol", enrolment).await.refused(403, "invalid-enrolment-code");

        let late = office.posts(terminals, json!({ "point_of_sale": "Bar 1" })).await.is(201);
        house.festival.clock.advance(Duration::from_secs(15 * 60 + 1));
        let enrolment = json!({ "code": late["code"], "device_name": "till 2" });
        device.posts("/api/v1/terminals/enrol", enrolment).await.refused(403, "invalid-enrolment-code");
        let unnamed = json!({ "code": late["code"], "device_name": "" });
        let problem = device.posts("/api/v1/terminals/enrol", unnamed).await.refused(422, "invalid-request");
        assert_eq!(problem["field"], "device_name");
        let problem = office
            .posts(terminals, json!({ "point_of_sale": "Bar 9" }))
            .await
            .refused(422, "invalid-request");
        assert_eq!(problem["field"], "point_of_sale");
    })
    .await;
}

#[tokio::test]
async fn guessing_enrolment_codes_is_slowed_down_for_that_address_alone() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let guess = json!({ "code": "AAAAAAAA", "device_name": "till" });
        for _ in 0..10 {
            let answer = house.anonymous().posts("/api/v1/terminals/enrol", guess.clone()).await;
            answer.refused(403, "invalid-enrolment-code");
        }
        let answer = house.anonymous().posts("/api/v1/terminals/enrol", guess.clone()).await;
        assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
        answer.refused(429, "too-many-requests");
        let other =
            house.anonymous_at("198.51.100.4:1").posts("/api/v1/terminals/enrol", guess.clone()).await;
        other.refused(403, "invalid-enrolment-code");
        house.festival.clock.advance(Duration::from_secs(7));
        let answer = house.anonymous().posts("/api/v1/terminals/enrol", guess).await;
        answer.refused(403, "invalid-enrolment-code");
    })
    .await;
}

#[tokio::test]
async fn a_revoked_terminal_is_refused_everywhere_from_then_on() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let bar = house.bar("Bar 1").await;
        let charged = bar.charges(house.pay_code(0), 100).await.is(201);
        let office = house.office(Role::Organiser).await;
        let revoke = format!("/api/v1/terminals/{}/revoke", bar.id);
        house.office(Role::HelpDesk).await.posts(&revoke, json!({})).await.refused(403, "not-allowed");
        let revoked = office.posts(&revoke, json!({ "reason": "stolen" })).await.is(200);
        assert_eq!(revoked["status"], "revoked");
        assert_eq!(office.posts(&revoke, json!({})).await.is(200), revoked);
        let answer = bar.charges(house.pay_code(0), 100).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.refused(401, "unauthorized");
        bar.looks_up(house.pay_code(0)).await.refused(401, "unauthorized");
        let path = format!("/api/v1/charges/{}", charged["id"].as_str().unwrap());
        bar.gets(&path).await.refused(401, "unauthorized");
        bar.posts(&format!("{path}/void"), json!({})).await.refused(401, "unauthorized");
        let unknown = format!("/api/v1/terminals/{}/revoke", uuid::Uuid::now_v7());
        office.posts(&unknown, json!({})).await.refused(404, "unknown-terminal");
        assert_eq!(house.balance().await, 900);
    })
    .await;
}

#[tokio::test]
async fn a_terminal_that_its_device_ends_is_revoked_once_and_hears_whether_the_festival_is_open() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        let bar = house.bar("Bar 1").await;
        let ends = async |bar: &Bar<'_>| {
            bar.sends(Method::POST, "/api/v1/terminal/end", Body::empty()).await.is(200)
        };
        let ended = json!({ "terminal_id": bar.id, "event_open": true });
        assert_eq!(ends(&bar).await, ended);
        assert_eq!(ends(&bar).await, ended);
        bar.charges(house.pay_code(0), 100).await.refused(401, "unauthorized");
        let viewer = house.office(Role::Viewer).await;
        let listed = viewer.gets("/api/v1/terminals?event=pukkelfest").await.is(200);
        assert_eq!(listed["terminals"][0]["status"], "revoked");
        let log = house.audit_log().await;
        let told: Vec<_> = log.iter().filter(|entry| entry.1 == "terminal revoked").collect();
        let (who, why) = (format!("terminal:{}", bar.id), Some("ended on its device".to_owned()));
        assert_eq!(told, [&(who, "terminal revoked".to_owned(), bar.id.clone(), why)]);

        // Another process, which has never seen the token, says the same, and what became of the festival.
        house.ends().await;
        let elsewhere = router(House::app_of(&house.festival), Surface::ALL);
        let anyone = Anonymous { router: &elsewhere, peer: "203.0.113.7:5000".parse().unwrap() };
        let there = Bar { anyone, token: bar.token.clone(), id: bar.id.clone() };
        assert_eq!(ends(&there).await, json!({ "terminal_id": bar.id, "event_open": false }));
        let path = "/api/v1/terminal/end";
        let nobody = Bar { anyone, token: "pbt_nobody".to_owned(), id: String::new() };
        nobody.posts(path, json!({})).await.refused(401, "unauthorized");
        viewer.posts(path, json!({})).await.refused(403, "not-allowed");
    })
    .await;
}

#[tokio::test]
async fn a_device_begins_in_the_language_of_its_festival() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let festival = &house.festival;
        let french = OrNone(Some(Language::French));
        let rules = RuleChanges { till_language: Some(french), ..RuleChanges::default() };
        let (actor, now) = (Actor::System("test"), festival.clock.now());
        events::change_rules(&festival.store, &actor, now, "pukkelfest", &rules).await.unwrap();
        let office = house.office(Role::Organiser).await;
        office.posts("/api/v1/events/pukkelfest/points-of-sale", json!({ "name": "Bar" })).await.is(201);
        let bar = json!({ "point_of_sale": "Bar" });
        let added = office.posts("/api/v1/events/pukkelfest/terminals", bar).await.is(201);
        let enrolment = json!({ "code": added["code"], "device_name": "till" });
        let enrolled = house.anonymous().posts("/api/v1/terminals/enrol", enrolment).await.is(201);
        assert_eq!(enrolled["language"], "fr");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_is_online_while_it_is_heard_of() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Bar 1").await;
        let viewer = house.office(Role::Viewer).await;
        let seen = async || {
            let list = viewer.gets("/api/v1/terminals?event=pukkelfest").await.is(200);
            (list["terminals"][0]["seen_at"].clone(), list["terminals"][0]["online"].clone())
        };
        assert_eq!(seen().await, (json!(null), json!(false)));
        let heard_at = json!(house.festival.clock.now());
        bar.gets("/api/v1/terminal").await.is(200);
        house.app.write_sightings().await;
        assert_eq!(seen().await, (heard_at.clone(), json!(true)));
        house.festival.clock.advance(Duration::from_secs(301));
        assert_eq!(seen().await, (heard_at, json!(false)));
        bar.gets("/api/v1/terminal").await.is(200);
        house.app.write_sightings().await;
        assert_eq!(seen().await.1, json!(true));
        let office = house.office(Role::Organiser).await;
        let revoke = format!("/api/v1/terminals/{}/revoke", bar.id);
        assert_eq!(office.posts(&revoke, json!({})).await.is(200)["online"], json!(false));
    })
    .await;
}

#[tokio::test]
async fn terminals_are_listed_page_by_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let (first, second) = (house.bar("Bar 1").await, house.bar("Bar 2").await);
        let viewer = house.office(Role::Viewer).await;
        let page = viewer.gets("/api/v1/terminals?limit=1&event=pukkelfest").await.is(200);
        assert_eq!(page["terminals"][0]["id"], first.id.as_str());
        assert_eq!(page["terminals"][0]["status"], "enrolled");
        let next = format!("/api/v1/terminals?limit=2&after={}", page["next"].as_str().unwrap());
        let page = viewer.gets(&next).await.is(200);
        assert_eq!(page["terminals"][0]["id"], second.id.as_str());
        assert_eq!(page["next"], json!(null));
        for (wrong, field) in
            [("limit=0", "limit"), ("limit=many", "limit"), ("more=1", "more"), ("after=1", "after")]
        {
            let answer = viewer.gets(&format!("/api/v1/terminals?{wrong}")).await;
            assert_eq!(answer.refused(422, "invalid-request")["field"], field, "{wrong}");
        }
        viewer.gets("/api/v1/terminals?event=winterfest").await.refused(404, "unknown-event");
    })
    .await;
}

#[tokio::test]
async fn a_token_opens_only_what_it_was_made_for() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Bar 1").await;
        let office = house.office(Role::Admin).await;
        bar.gets("/api/v1/events").await.refused(403, "not-allowed");
        bar.gets("/api/v1/payments?event=pukkelfest").await.refused(403, "not-allowed");
        office
            .posts("/api/v1/charges", super::sale(house.pay_code(0), 100))
            .await
            .refused(403, "not-allowed");
        for wrong in ["", "Bearer", "Bearer pbt_wrong", "Bearer pbo_wrong", "Basic abc", "Bearer \u{e9}"] {
            for path in ["/api/v1/events", "/api/v1/terminals", "/api/v1/charges/7"] {
                let headers = [("authorization", wrong)];
                let answer = house.anonymous().sends(Method::GET, path, &headers, Body::empty()).await;
                assert!(matches!(answer.status.as_u16(), 401 | 403), "{wrong} at {path}: {}", answer.body);
            }
        }
        let answer = house.anonymous().gets("/api/v1/events").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        answer.refused(401, "unauthorized");
    })
    .await;
}
