//! Festivals and bars: set up, shown, closed, and what is refused.

use super::House;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use axum::http::Method;
use serde_json::json;

#[tokio::test]
async fn a_festival_is_set_up_shown_and_closed() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let new = json!({
            "slug": "winterfest", "name": "Winterfest", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa",
            "api_key": "a-key-nobody-sees", "behaviour": "modifiable", "amount_cents": 1_000,
            "day_cut_hour": 4, "visitor_language": "fr", "till_language": "de",
            "api_url": house.festival.bank.api_url(),
        });
        let answer = office.posts("/api/v1/events", new).await;
        assert_eq!(answer.header("location"), "/api/v1/events/winterfest");
        let mut event = answer.is(201);
        // The bank has not heard of this profile.
        let warning = event.as_object_mut().unwrap().remove("warning").unwrap();
        assert!(warning.as_str().unwrap().contains("has not been seen to work"), "{warning}");
        assert!(!warning.to_string().contains("nobody-sees"));
        assert_eq!((&event["status"], &event["behaviour"]), (&json!("open"), &json!("modifiable")));
        assert_eq!((&event["charge_max_cents"], &event["day_cut_hour"]), (&json!(50_000), &json!(4)));
        assert_eq!((&event["visitor_language"], &event["till_language"]), (&json!("fr"), &json!("de")));
        let profile = &event["profiles"][0];
        assert_eq!(profile["callback_url"], "http://127.0.0.1:8080/callbacks/bancontact/winterfest");
        assert_eq!((&profile["has_api_key"], &profile["environment"]), (&json!(true), &json!("production")));
        assert!(!event.to_string().contains("nobody-sees"));
        let viewer = house.office(Role::Viewer).await;
        assert_eq!(viewer.gets("/api/v1/events/winterfest").await.is(200), event);
        let listed = viewer.gets("/api/v1/events").await.is(200);
        assert_eq!(listed["events"].as_array().unwrap().len(), 2);
        assert_eq!(listed["events"][0], event);
        let closed = office.posts("/api/v1/events/winterfest/close", json!({})).await.is(200);
        assert_eq!(closed["status"], "closed");
        office.posts("/api/v1/events/winterfest/close", json!({})).await.refused(409, "event-closed");
        let bar = json!({ "name": "Bar 1" });
        office.posts("/api/v1/events/winterfest/points-of-sale", bar).await.refused(409, "event-closed");
        let batch = json!({ "count": 1, "kind": "card" });
        office.posts("/api/v1/events/winterfest/batches", batch).await.refused(409, "event-closed");
    })
    .await;
}

#[tokio::test]
async fn rules_change_one_by_one_while_a_festival_runs() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let changes = async |body: serde_json::Value| {
            office.sends(Method::PATCH, "/api/v1/events/pukkelfest/rules", body.to_string()).await
        };
        let before = office.gets("/api/v1/events/pukkelfest").await.is(200);
        assert_eq!(changes(json!({})).await.is(200), before);
        let set = json!({ "balance_max_cents": 10_000, "till_language": "fr", "visitor_language": "en" });
        let changed = changes(set.clone()).await.is(200);
        let mut expected = before.clone();
        expected.as_object_mut().unwrap().extend(set.as_object().unwrap().clone());
        assert_eq!(changed, expected);
        let unset = json!({
            "balance_max_cents": null, "till_language": null, "visitor_language": before["visitor_language"],
        });
        assert_eq!(changes(unset).await.is(200), before);
        let refused = changes(json!({ "charge_max_cents": 0 })).await.refused(422, "invalid-request");
        assert_eq!(refused["field"], "charge_max_cents");
        changes(json!({ "codes": "single" })).await.refused(422, "invalid-request");
        assert_eq!(office.gets("/api/v1/events/pukkelfest").await.is(200), before);
        let viewer = house.office(Role::Viewer).await;
        let path = "/api/v1/events/pukkelfest/rules";
        viewer.sends(Method::PATCH, path, "{}").await.refused(403, "not-allowed");
    })
    .await;
}

#[tokio::test]
async fn null_stands_in_rules_where_the_description_says_so_and_is_refused_elsewhere() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let described = house.anonymous().gets("/api/v1/openapi.json").await.is(200);
        let fields = described["components"]["schemas"]["RulesBody"]["properties"].as_object().unwrap();
        let mut nullable = Vec::new();
        for (field, schema) in fields {
            let kinds = schema["type"].as_array();
            let takes_null = kinds.is_some_and(|kinds| kinds.contains(&json!("null")));
            let body = json!({ field: null }).to_string();
            let answer = office.sends(Method::PATCH, "/api/v1/events/pukkelfest/rules", body).await;
            if takes_null {
                nullable.push(field.as_str());
                assert!(answer.is(200)[field].is_null(), "{field}");
            } else {
                assert_eq!(answer.refused(422, "invalid-request")["field"], field.as_str());
            }
        }
        assert_eq!((nullable, fields.len()), (vec!["balance_max_cents", "till_language"], 12));
        let most = 100_000_000;
        for body in ["RulesBody", "NewEventBody"] {
            let field = &described["components"]["schemas"][body]["properties"]["balance_max_cents"];
            let said = field["description"].as_str().unwrap();
            assert!(said.contains(&format!("{most} at most")), "{body}: {said}");
        }
        let sets = async |cents: i64| {
            let body = json!({ "balance_max_cents": cents }).to_string();
            office.sends(Method::PATCH, "/api/v1/events/pukkelfest/rules", body).await
        };
        sets(most).await.is(200);
        assert_eq!(sets(most + 1).await.refused(422, "invalid-request")["field"], "balance_max_cents");
        let choices = fields["till_language"]["enum"].as_array().unwrap();
        assert!(choices.contains(&json!("nl")) && choices.contains(&json!(null)), "{choices:?}");
        let answered = &described["components"]["schemas"]["Event"]["properties"]["till_language"];
        assert_eq!(answered["type"], json!(["string", "null"]));

        let new = |field: &str| {
            let mut body = json!({ "slug": "w", "name": "W", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa" });
            body[field] = json!(null);
            body
        };
        for field in ["behaviour", "codes", "counterfeit", "activation", "over_balance", "visitor_language"] {
            let refused = office.posts("/api/v1/events", new(field)).await.refused(422, "invalid-request");
            assert_eq!(refused["field"], field);
        }
        assert!(
            office.posts("/api/v1/events", new("till_language")).await.is(201)["till_language"].is_null()
        );
    })
    .await;
}

#[tokio::test]
async fn an_account_of_test_money_is_refused_beside_a_live_profile() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let new = json!({ "slug": "winterfest", "name": "W", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa" });
        let made = office.posts("/api/v1/events", new).await.is(201);
        assert!(made.get("warning").is_none(), "without a key nobody is asked: {made}");
        let account =
            json!({ "provider": "multisafepay", "environment": "test", "profile_id": "7", "api_key": "k" });
        let path = "/api/v1/events/winterfest/providers";
        let refused = office.posts(path, account).await.refused(422, "invalid-request");
        assert_eq!(refused["field"], "environment", "{refused}");
        // This service's own address is no https address.
        let account =
            json!({ "provider": "multisafepay", "environment": "live", "profile_id": "7", "api_key": "k" });
        let refused = office.posts(path, account).await.refused(422, "provider-refuses");
        assert!(refused["detail"].as_str().unwrap().contains("POLSBAND_PUBLIC_URL"), "{refused}");
        assert_eq!(office.gets(path).await.is(200)["providers"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_festival_that_can_not_be_is_refused_with_the_field() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Admin).await;
        let new = |changes: serde_json::Value| {
            let mut body = json!({ "slug": "w", "name": "W", "profile_id": "aaaaaaaaaaaaaaaaaaaaaaaa" });
            body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            body
        };
        for (changes, name, field) in [
            (json!({ "slug": "Winter Fest" }), "invalid-request", "slug"),
            (json!({ "name": " " }), "invalid-request", "name"),
            (json!({ "profile_id": "1" }), "invalid-request", "profile_id"),
            (json!({ "behaviour": "odd" }), "invalid-request", "behaviour"),
            (json!({ "behaviour": "fixed" }), "invalid-amount", "amount_cents"),
            (
                json!({
                    "behaviour": "fixed", "amount_cents": 2_000, "balance_max_cents": 1_999, "over_balance": "suspense",
                }),
                "invalid-request",
                "balance_max_cents",
            ),
            (json!({ "balance_max_cents": 100_000_001 }), "invalid-request", "balance_max_cents"),
            (json!({ "balance_max_cents": 0 }), "invalid-request", "balance_max_cents"),
            (json!({ "api_url": "http://bank.example" }), "invalid-request", "api_url"),
            (json!({ "environment": "moon" }), "invalid-request", "environment"),
            (json!({ "day_cut_hour": 24 }), "invalid-request", "day_cut_hour"),
            (json!({ "visitor_language": "xx" }), "invalid-request", "visitor_language"),
            (json!({ "name": "\u{200b}" }), "invalid-request", "name"),
            (json!({ "colour": "red" }), "invalid-request", "colour"),
        ] {
            let problem = office.posts("/api/v1/events", new(changes.clone())).await.refused(422, name);
            assert_eq!(problem["field"], field, "{changes}");
        }
        office.posts("/api/v1/events", new(json!({ "slug": "pukkelfest" }))).await.refused(409, "slug-taken");
        let taken = new(json!({ "profile_id": crate::payments::test_festival::PROFILE }));
        office.posts("/api/v1/events", taken).await.refused(409, "profile-taken");
        office.gets("/api/v1/events/nowhere").await.refused(404, "unknown-event");
        office.gets("/api/v1/events/%00").await.refused(404, "unknown-event");
        let viewer = house.office(Role::Viewer).await;
        let problem = viewer.posts("/api/v1/events", new(json!({}))).await.refused(403, "not-allowed");
        assert_eq!(problem["right"], "manage-events");
        house.anonymous().posts("/api/v1/events", new(json!({}))).await.refused(401, "unauthorized");
    })
    .await;
}

#[tokio::test]
async fn bars_have_a_name_and_a_vendor() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let path = "/api/v1/events/pukkelfest/points-of-sale";
        let first = office.posts(path, json!({ "name": "Bar 1", "vendor": "Brewery" })).await.is(201);
        let second = office.posts(path, json!({ "name": "Bar 2", "vendor": "Brewery" })).await.is(201);
        assert_eq!(first["vendor_id"], second["vendor_id"]);
        let listed = office.gets(path).await.is(200);
        assert_eq!(listed, json!({ "points_of_sale": [first, second], "next": null }));
        office.posts(path, json!({ "name": "Bar 1" })).await.refused(409, "name-taken");
        let problem = office.posts(path, json!({ "name": "" })).await.refused(422, "invalid-request");
        assert_eq!(problem["field"], "name");
        let drawn = json!({ "name": "Bar 3", "vendor": "Brewery \u{1F37A}" });
        assert_eq!(office.posts(path, drawn).await.refused(422, "invalid-request")["field"], "vendor");
        let elsewhere = "/api/v1/events/nowhere/points-of-sale";
        office.posts(elsewhere, json!({ "name": "Bar 1" })).await.refused(404, "unknown-event");
    })
    .await;
}

#[tokio::test]
async fn a_bar_is_renamed_retired_once_no_terminal_stands_there_and_opened_again() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let bar = house.bar("Bar 1").await;
        let office = house.office(Role::Organiser).await;
        let list = "/api/v1/events/pukkelfest/points-of-sale";
        let id = office.gets(list).await.is(200)["points_of_sale"][0]["id"].as_str().unwrap().to_owned();
        let at = |what: &str| format!("{list}/{id}/{what}");
        let renamed = office.posts(&at("rename"), json!({ "name": "Main bar" })).await.is(200);
        assert_eq!((&renamed["name"], &renamed["vendor"]), (&json!("Main bar"), &json!("Bar 1")));
        office.posts(list, json!({ "name": "Bar 1" })).await.is(201);
        office.posts(&at("rename"), json!({ "name": "Bar 1" })).await.refused(409, "name-taken");
        let problem = office.posts(&at("rename"), json!({ "name": "\u{1F37A}" })).await;
        assert_eq!(problem.refused(422, "invalid-request")["field"], "name");
        let used = office.posts(&at("retire"), json!({})).await.refused(409, "point-of-sale-used");
        assert!(used["detail"].as_str().unwrap().contains(&bar.id), "{used}");
        office.posts(&format!("/api/v1/terminals/{}/revoke", bar.id), json!({})).await.is(200);
        let retired = office.posts(&at("retire"), json!({})).await.is(200);
        assert!(retired["retired_at"].is_string(), "{retired}");
        assert_eq!(office.posts(&at("retire"), json!({})).await.is(200), retired, "once");
        assert_eq!(office.gets(list).await.is(200)["points_of_sale"][1], retired);
        let terminal = json!({ "point_of_sale": "Main bar" });
        let late = office.posts("/api/v1/events/pukkelfest/terminals", terminal).await;
        assert_eq!(late.refused(422, "invalid-request")["field"], "point_of_sale");
        let unknown = format!("{list}/{}/retire", uuid::Uuid::now_v7());
        office.posts(&unknown, json!({})).await.refused(404, "unknown-point-of-sale");
        let viewer = house.office(Role::Viewer).await;
        viewer.posts(&at("retire"), json!({})).await.refused(403, "not-allowed");
        viewer.posts(&at("reopen"), json!({})).await.refused(403, "not-allowed");
        let reopened = office.posts(&at("reopen"), json!({ "reason": "it is built again" })).await.is(200);
        assert!(reopened["id"] == id.as_str() && reopened["retired_at"].is_null(), "{reopened}");
        assert_eq!(office.posts(&at("reopen"), json!({})).await.is(200), reopened, "once");
        let entry =
            house.audit_log().await.into_iter().find(|entry| entry.1 == "point of sale reopened").unwrap();
        assert_eq!((entry.2.as_str(), entry.3.as_deref()), ("Main bar", Some("it is built again")));
        let terminal = json!({ "point_of_sale": "Main bar" });
        office.posts("/api/v1/events/pukkelfest/terminals", terminal).await.is(201);
        let unknown = format!("{list}/{}/reopen", uuid::Uuid::now_v7());
        office.posts(&unknown, json!({})).await.refused(404, "unknown-point-of-sale");
    })
    .await;
}

#[tokio::test]
async fn a_vendor_is_renamed_to_a_name_that_is_free() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let list = "/api/v1/events/pukkelfest/points-of-sale";
        let bar = office.posts(list, json!({ "name": "Bar 1", "vendor": "Brewry" })).await.is(201);
        office.posts(list, json!({ "name": "Bar 2", "vendor": "Jef" })).await.is(201);
        let id = bar["vendor_id"].as_str().unwrap();
        let rename = format!("/api/v1/events/pukkelfest/vendors/{id}/rename");
        let renamed = office.posts(&rename, json!({ "name": "Brewery" })).await.is(200);
        assert_eq!(renamed, json!({ "id": id, "name": "Brewery" }));
        assert_eq!(office.posts(&rename, json!({ "name": "Brewery" })).await.is(200), renamed, "once");
        let renames = house.audit_log().await.into_iter().filter(|entry| entry.1 == "vendor renamed");
        assert_eq!(renames.count(), 1);
        assert_eq!(office.gets(list).await.is(200)["points_of_sale"][0]["vendor"], "Brewery");
        office.posts(&rename, json!({ "name": "Jef" })).await.refused(409, "name-taken");
        let problem = office.posts(&rename, json!({ "name": "\u{1F37A}" })).await;
        assert_eq!(problem.refused(422, "invalid-request")["field"], "name");
        let unknown = format!("/api/v1/events/pukkelfest/vendors/{}/rename", uuid::Uuid::now_v7());
        office.posts(&unknown, json!({ "name": "Jos" })).await.refused(404, "unknown-vendor");
        let viewer = house.office(Role::Viewer).await;
        viewer.posts(&rename, json!({ "name": "Jos" })).await.refused(403, "not-allowed");
        office.posts("/api/v1/events/pukkelfest/close", json!({})).await.is(200);
        office.posts(&rename, json!({ "name": "Jos" })).await.refused(409, "event-closed");
    })
    .await;
}

#[tokio::test]
async fn festivals_bars_and_batches_are_listed_page_by_page() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        for number in 1..=4 {
            let profile = format!("{number:024x}");
            let event = json!({ "slug": format!("fest-{number}"), "name": "Fest", "profile_id": profile });
            office.posts("/api/v1/events", event).await.is(201);
            let bar = json!({ "name": format!("Bar {number}") });
            office.posts("/api/v1/events/fest-1/points-of-sale", bar).await.is(201);
            let batch = json!({ "count": 1, "kind": "card" });
            office.posts("/api/v1/events/fest-1/batches", batch).await.is(201);
        }
        for (path, list, name, count) in [
            ("/api/v1/events", "events", "slug", 5),
            ("/api/v1/events/fest-1/points-of-sale", "points_of_sale", "name", 4),
            ("/api/v1/events/fest-1/batches", "batches", "id", 4),
        ] {
            let whole = office.gets(path).await.is(200);
            assert!(whole["next"].is_null());
            let names = |page: &serde_json::Value| -> Vec<String> {
                page[list].as_array().unwrap().iter().map(|one| one[name].to_string()).collect()
            };
            assert_eq!(names(&whole).len(), count);
            let (mut walked, mut after) = (Vec::new(), String::new());
            loop {
                let page = office.gets(&format!("{path}?limit=2{after}")).await.is(200);
                assert!(names(&page).len() <= 2);
                walked.extend(names(&page));
                let Some(next) = page["next"].as_str() else { break };
                after = format!("&after={}", next.replace(' ', "%20"));
            }
            assert_eq!(walked, names(&whole), "{path}");
            for limit in ["0", "201", "many"] {
                let answer = office.gets(&format!("{path}?limit={limit}")).await;
                assert_eq!(answer.status.as_u16(), 422, "{path} {limit}");
            }
        }
    })
    .await;
}
