//! Batches on their way to the wrists, and rolls that get lost there.

use super::{House, Office};
use crate::db::testing::on_both_engines;
use crate::helpdesk::{Asked, Move, move_medium};
use crate::ids::MoveId;
use crate::media::{Found, Scanner};
use crate::operators::Role;
use crate::payments::test_festival::Festival;
use crate::providers::ServiceUrl;
use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

impl House {
    /// The id of the festival's batch.
    async fn batch(&self, office: &Office<'_>) -> String {
        let listed = office.gets("/api/v1/events/pukkelfest/batches").await.is(200);
        listed["batches"][0]["id"].as_str().unwrap().to_owned()
    }

    fn serial(&self, band: usize) -> &str {
        self.festival.bands[band].serial.as_str()
    }

    fn five(&self) -> Value {
        json!([
            self.festival.bands[0].qr_text,
            self.festival.bands[1].pay_qr_text,
            self.serial(2),
            self.reference(3),
            self.pay_code(4)
        ])
    }

    async fn spoils(&self, band: usize) {
        let Festival { store, keys, lane, .. } = &self.festival;
        let url = ServiceUrl::parse(super::PUBLIC_URL).unwrap();
        let scanner = Scanner::new(store.clone(), keys.clone(), url);
        let Found::Medium(view) = scanner.find(self.serial(band)).await.unwrap() else { panic!("issued") };
        let order = Move {
            event: view.medium.event_id,
            medium: view.medium.id,
            id: MoveId::new(),
            asked: Asked::Spoil,
            actor: crate::audit_log::Actor::System("test"),
            reason: None,
        };
        move_medium(lane, order).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_batch_shows_its_life_and_takes_each_step_once() {
    on_both_engines(async |store| {
        let house = House::open(store, 8).await;
        let office = house.office(Role::Organiser).await;
        let path = format!("/api/v1/batches/{}", house.batch(&office).await);
        let at = |what: &str| format!("{path}/{what}");
        let fresh = office.gets(&path).await.is(200);
        assert_eq!(
            (&fresh["step"], &fresh["steps"], &fresh["in_use"]),
            (&Value::Null, &json!([]), &json!(false))
        );
        assert_eq!((&fresh["count"], &fresh["event"]), (&json!(8), &json!("pukkelfest")));
        assert_eq!(fresh["media"], json!({ "issued": 8 }));
        assert_eq!(office.gets(&at("codes.csv")).await.status.as_u16(), 200);
        assert_eq!(office.gets(&path).await.is(200)["step"], "rendered");
        let printed = office.posts(&at("printed"), json!({ "note": "two pallets" })).await.is(200);
        assert_eq!(
            (&printed["step"], &printed["steps"][1]["note"]),
            (&json!("printed"), &json!("two pallets"))
        );
        assert_eq!(office.sends(Method::POST, &at("printed"), Body::empty()).await.is(200), printed);

        let received = office.posts(&at("receive"), json!({ "codes": house.five() })).await.is(200);
        let numbers: Vec<i64> =
            received["samples"].as_array().unwrap().iter().map(|s| s["number"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        house.tops_up(7, 500).await;
        let used = office.gets(&path).await.is(200);
        assert_eq!((&used["step"], &used["in_use"]), (&json!("active"), &json!(true)));
        let active = office.posts(&at("activate"), json!({})).await.is(200);
        assert_eq!((active["steps"].as_array().unwrap().len(), &active["never_recorded"]), (4, &json!([])));
        let back = office.posts(&at("printed"), json!({})).await.refused(409, "not-allowed-from");
        assert_eq!(back["step"], "active");
        let long = office.posts(&at("activate"), json!({ "note": "x".repeat(501) })).await;
        assert_eq!(long.refused(422, "invalid-request")["field"], "note");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_delivery_with_a_stranger_in_it_is_refused_with_what_each_sample_was() {
    on_both_engines(async |store| {
        let house = House::open(store, 8).await;
        let office = house.office(Role::Admin).await;
        let id = house.batch(&office).await;
        let more = json!({ "count": 1, "kind": "card" });
        let other = office.posts("/api/v1/events/pukkelfest/batches", more).await.is(201);
        let other = other["id"].as_str().unwrap();
        let path = format!("/api/v1/batches/{id}/receive");
        let mut codes = house.five();
        codes.as_array_mut().unwrap().extend([json!("HELLO"), json!(house.serial(0))]);
        let refused = office.posts(&path, json!({ "codes": codes })).await.refused(409, "not-received");
        let found: Vec<&str> =
            refused["samples"].as_array().unwrap().iter().map(|s| s["found"].as_str().unwrap()).collect();
        assert_eq!(found, ["piece", "piece", "piece", "piece", "piece", "foreign", "twice"]);
        assert!(!refused.to_string().contains(house.pay_code(4)), "what was scanned may be a secret");
        let elsewhere = format!("/api/v1/batches/{other}/receive");
        let refused = office
            .posts(&elsewhere, json!({ "codes": [house.serial(0)] }))
            .await
            .refused(409, "not-received");
        assert_eq!((&refused["samples"][0]["found"], &refused["needed"]), (&json!("other-batch"), &json!(1)));
        assert!(refused["samples"][0]["serial"].is_string(), "a stranger has its serial: {refused}");
        let few =
            office.posts(&path, json!({ "codes": [house.serial(0)] })).await.refused(409, "not-received");
        assert_eq!((&few["pieces"], &few["needed"]), (&json!(1), &json!(5)));
        let many = office.posts(&path, json!({ "codes": vec!["x"; 2_001] })).await;
        assert_eq!(many.refused(422, "invalid-request")["field"], "codes");
        assert_eq!(office.gets(&format!("/api/v1/batches/{id}")).await.is(200)["step"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn only_whoever_sets_events_up_records_steps_and_everybody_at_the_office_sees_them() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let viewer = house.office(Role::Viewer).await;
        let path = format!("/api/v1/batches/{}", house.batch(&viewer).await);
        viewer.gets(&path).await.is(200);
        viewer.gets("/api/v1/events/pukkelfest/hosts").await.is(200);
        for role in [Role::HelpDesk, Role::Finance, Role::Viewer] {
            let office = house.office(role).await;
            for what in ["printed", "activate", "reissue"] {
                let refused = office.posts(&format!("{path}/{what}"), json!({})).await;
                assert_eq!(refused.refused(403, "not-allowed")["right"], "manage-events", "{role} {what}");
            }
        }
        for role in [Role::Finance, Role::Viewer] {
            let body = json!({ "from": house.serial(0), "to": house.serial(1), "reason": "stolen" });
            let refused = house.office(role).await.posts(&format!("{path}/quarantine"), body).await;
            assert_eq!(refused.refused(403, "not-allowed")["right"], "move-media");
        }
        let nobody = house.anonymous();
        nobody.gets(&path).await.refused(401, "unauthorized");
        house.bar("Bar 1").await.gets(&path).await.refused(403, "not-allowed");
        let unknown = format!("/api/v1/batches/{}", uuid::Uuid::now_v7());
        viewer.gets(&unknown).await.refused(404, "unknown-batch");
        let admin = house.office(Role::Admin).await;
        admin.posts(&format!("{unknown}/printed"), json!({})).await.refused(404, "unknown-batch");
        admin.posts(&format!("{unknown}/reissue"), json!({})).await.refused(404, "unknown-batch");
        viewer.gets("/api/v1/batches/1").await.refused(404, "not-found");
    })
    .await;
}

#[tokio::test]
async fn a_stolen_roll_is_quarantined_at_every_door_and_found_again() {
    on_both_engines(async |store| {
        let house = House::open(store, 6).await;
        house.tops_up(2, 1_000).await;
        let (bar, desk) = (house.bar("Bar 1").await, house.office(Role::HelpDesk).await);
        let path = format!("/api/v1/batches/{}", house.batch(&desk).await);
        let range = json!({ "from": house.serial(4), "to": house.pay_code(1), "reason": "stolen" });
        let done = desk.posts(&format!("{path}/quarantine"), range.clone()).await.is(200);
        assert_eq!((&done["first"], &done["last"], &done["moved"]), (&json!(2), &json!(5), &json!(3)));
        assert_eq!(done["left"], json!({ "active": 1 }));
        let again = desk.posts(&format!("{path}/quarantine"), range.clone()).await.is(200);
        assert_eq!((&again["moved"], &again["already"]), (&json!(0), &json!(3)));
        assert_eq!(desk.gets(&path).await.is(200)["media"]["quarantined"], 3);

        let problem = bar.charges(house.pay_code(1), 100).await.refused(409, "medium-not-active");
        assert_eq!(problem["medium_status"], "quarantined");
        let seen = bar.looks_up(house.pay_code(1)).await.is(200);
        assert_eq!((&seen["status"], &seen["can_spend"]), (&json!("quarantined"), &json!(false)));
        bar.charges(house.pay_code(2), 100).await.is(201);
        let with = json!({ "with": house.pay_code(1), "reason": "torn" });
        let refused = desk.posts(&format!("/api/v1/media/{}/replace", house.reference(2)), with).await;
        assert_eq!(refused.refused(409, "not-allowed-from")["medium_status"], "quarantined");
        // Money that comes all the same waits, and says why.
        house.tops_up(1, 700).await;
        let finance = house.office(Role::Finance).await;
        let parked = finance.gets("/api/v1/events/pukkelfest/parked").await.is(200);
        assert_eq!(
            (&parked["parked"][0]["reason"], &parked["parked"][0]["amount_cents"]),
            (&json!("quarantined"), &json!(700))
        );
        let resolve = format!(
            "/api/v1/events/pukkelfest/parked/{}/resolve",
            parked["parked"][0]["id"].as_str().unwrap()
        );
        let to = json!({ "to": house.reference(1), "reason": "hers" });
        let refused = finance.posts(&resolve, to.clone()).await.refused(409, "medium-not-usable");
        assert_eq!(refused["medium_status"], "quarantined");
        // The visitor is told, and is not led to pay.
        house.anonymous().gets(&format!("/t/{}", house.reference(1))).await.page(410);
        let opened = house.anonymous().gets(&format!("/w/{}", house.pay_code(1))).await;
        let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
        for (language, words) in [
            ("nl", "als verloren gemeld"),
            ("fr", "signalé perdu"),
            ("de", "als verloren gemeldet"),
            ("en", "was reported lost"),
        ] {
            let headers = [("cookie", cookie.as_str()), ("accept-language", language)];
            let page = house.anonymous().sends(Method::GET, "/w", &headers, Body::empty()).await.page(200);
            assert!(page.contains(words) && !page.contains("pay.bancontact.net"), "{page}");
        }

        let released = desk.posts(&format!("{path}/release"), range.clone()).await.is(200);
        assert_eq!((&released["moved"], &released["left"]), (&json!(3), &json!({ "active": 1 })));
        finance.posts(&resolve, to).await.is(200);
        assert_eq!(bar.charges(house.pay_code(1), 100).await.is(201)["balance_cents"], 600);
        house.ends().await;
        desk.posts(&format!("{path}/quarantine"), range).await.refused(409, "event-closed");
        let log = house.audit_log().await;
        let told = |action: &str| log.iter().find(|entry| entry.1 == action).unwrap();
        assert!(told("range quarantined").0.starts_with("operator:help-desk-"));
        assert_eq!(told("range released").3.as_deref(), Some("stolen"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_range_that_can_not_be_is_refused_and_moves_nothing() {
    on_both_engines(async |store| {
        let house = House::open(store, 3).await;
        let admin = house.office(Role::Admin).await;
        let id = house.batch(&admin).await;
        let more = json!({ "count": 1, "kind": "card" });
        let other = admin.posts("/api/v1/events/pukkelfest/batches", more).await.is(201);
        let other = other["id"].as_str().unwrap();
        let (one, two) = (house.serial(0), house.serial(1));
        let range = |from: &str, to: &str, reason: &str| json!({ "from": from, "to": to, "reason": reason });
        for what in ["quarantine", "release"] {
            let path = format!("/api/v1/batches/{id}/{what}");
            let answer = admin.posts(&path, range(one, "HELLO", "x")).await.refused(422, "foreign-code");
            assert_eq!(answer["field"], "to");
            let answer = admin.posts(&path, range("PB1AAAAAAAAAAAAAAAA", one, "x")).await;
            assert_eq!(answer.refused(404, "unknown-medium")["field"], "from");
            let answer = admin.posts(&path, range(one, two, " ")).await.refused(422, "invalid-request");
            assert_eq!(answer["field"], "reason");
            admin.posts(&path, json!({ "from": one, "to": two })).await.refused(422, "invalid-request");
            let elsewhere = format!("/api/v1/batches/{other}/{what}");
            admin.posts(&elsewhere, range(one, two, "x")).await.refused(409, "other-batch");
            let nowhere = format!("/api/v1/batches/{}/{what}", uuid::Uuid::now_v7());
            admin.posts(&nowhere, range(one, two, "x")).await.refused(404, "unknown-batch");
        }
        let media = admin.gets(&format!("/api/v1/batches/{id}")).await.is(200)["media"].clone();
        assert_eq!(media, json!({ "issued": 3 }));
    })
    .await;
}

#[tokio::test]
async fn spoiled_pieces_are_reissued_as_a_batch_that_says_of_which() {
    on_both_engines(async |store| {
        let house = House::open(store, 4).await;
        let office = house.office(Role::Organiser).await;
        let old = house.batch(&office).await;
        let path = format!("/api/v1/batches/{old}/reissue");
        let refused = office.posts(&path, json!({})).await.refused(409, "nothing-to-reissue");
        assert!(refused["detail"].as_str().unwrap().contains("no piece of this batch is spoiled"));
        house.spoils(1).await;
        house.spoils(3).await;
        let long = office.posts(&path, json!({ "reason": "x".repeat(501) })).await;
        assert_eq!(long.refused(422, "invalid-request")["field"], "reason");
        let new = office.posts(&path, json!({ "reason": "smeared" })).await.is(201);
        let life = office.gets(&format!("/api/v1/batches/{}", new["id"].as_str().unwrap())).await.is(200);
        assert_eq!(life["reprint_reason"], "smeared");
        assert_eq!(
            (&new["count"], &new["reprint_of"], &new["kind"]),
            (&json!(2), &json!(old), &json!("wristband"))
        );
        let refused = office.posts(&path, json!({})).await.refused(409, "nothing-to-reissue");
        assert!(refused["detail"].as_str().unwrap().contains("all 2 spoiled"));
        let listed = office.gets("/api/v1/events/pukkelfest/batches").await.is(200);
        assert_eq!((&listed["batches"][0], &listed["batches"][1]["reprint_of"]), (&new, &Value::Null));
        let shown = office.gets(&format!("/api/v1/batches/{old}")).await.is(200);
        assert_eq!(shown["reprints"], json!([{ "batch": new["id"], "count": 2 }]));
        let list = office.gets(&format!("/api/v1/batches/{}/codes.csv", new["id"].as_str().unwrap())).await;
        let text = String::from_utf8(list.bytes.to_vec()).unwrap();
        assert_eq!(text.lines().count(), 3);
        assert!(!text.contains(house.serial(1)) && !text.contains(house.reference(3)));
        house.spoils(0).await;
        office.posts("/api/v1/events/pukkelfest/close", json!({})).await.is(200);
        office.posts(&path, json!({})).await.refused(409, "event-closed");
    })
    .await;
}

#[tokio::test]
async fn the_addresses_that_codes_were_printed_with_are_listed_with_what_hangs_on_them() {
    on_both_engines(async |store| {
        let house = House::open(store, 4).await;
        house.tops_up(0, 500).await;
        let office = house.office(Role::Organiser).await;
        let batch = house.batch(&office).await;
        let listed = office.gets("/api/v1/events/pukkelfest/hosts").await.is(200);
        assert_eq!(
            listed["hosts"],
            json!([{
                "kind": "top-up", "url": "https://pay.bancontact.net", "is_retired": false, "retired": null,
                "why": null, "batches": [batch], "media": { "issued": 3, "active": 1 }
            }])
        );
        office.gets("/api/v1/events/nowhere/hosts").await.refused(404, "unknown-event");
    })
    .await;
}

#[tokio::test]
async fn no_step_of_a_closed_festivals_batch_is_recorded_and_no_piece_of_it_stopped() {
    on_both_engines(async |store| {
        let house = House::open(store, 6).await;
        let office = house.office(Role::Organiser).await;
        let path = format!("/api/v1/batches/{}", house.batch(&office).await);
        house.tops_up(5, 500).await;
        office.posts("/api/v1/events/pukkelfest/close", json!({})).await.is(200);
        let (before, log) = (office.gets(&path).await.is(200), house.audit_log().await.len());
        let used = json!({ "from": house.serial(5), "to": house.serial(5), "reason": "lost" });
        let unused = json!({ "from": house.serial(0), "to": house.serial(1), "reason": "lost" });
        for (what, body) in [
            ("printed", json!({})),
            ("printed", json!({ "note": "late" })),
            ("activate", json!({})),
            ("receive", json!({ "codes": house.five() })),
            ("receive", json!({ "codes": ["HELLO"] })),
            ("quarantine", unused),
            ("quarantine", used.clone()),
            ("release", used),
        ] {
            let refused = office.posts(&format!("{path}/{what}"), body).await.refused(409, "event-closed");
            assert!(refused["detail"].as_str().unwrap().starts_with("the event is closed: "), "{refused}");
        }
        assert_eq!(office.gets(&path).await.is(200), before);
        assert_eq!(house.audit_log().await.len(), log, "nothing was done");
    })
    .await;
}
