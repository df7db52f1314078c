//! Money that needs eyes: reconciliation, parked matters, payments and their payers, the statement.

use super::House;
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use crate::payments::test_festival::{API_KEY, PROFILE};
use crate::providers::ProviderName;
use crate::sandbox::{CallbackMode, FaultsChange, Status};
use serde_json::json;

const EVENT: &str = "/api/v1/events/pukkelfest";

#[tokio::test]
async fn a_lost_callback_is_found_by_reconciling() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let code = house.festival.bands[0].qr_text.clone();
        house.paid(&code, 2_000, CallbackMode::Drop, Status::Succeeded).await;
        let finance = house.office(Role::Finance).await;
        let run = finance.sends(axum::http::Method::POST, &format!("{EVENT}/reconcile"), "").await.is(200);
        assert_eq!((&run["listed"], &run["settled"], &run["mismatched"]), (&json!(1), &json!(1), &json!(0)));
        assert_eq!(house.balance().await, 2_000);
        let path = format!("{EVENT}/reconcile/{}", run["run"].as_str().unwrap());
        assert_eq!(finance.gets(&path).await.is(200), run);
        finance.posts(&format!("{EVENT}/reconcile"), json!(null)).await.is(200);
        let again = finance.posts(&format!("{EVENT}/reconcile"), json!({})).await.is(200);
        assert_eq!((&again["already_known"], &again["settled"]), (&json!(1), &json!(0)));
        finance
            .gets(&format!("{EVENT}/reconcile/{}", uuid::Uuid::now_v7()))
            .await
            .refused(404, "unknown-run");
        let window = json!({ "from": "2026-07-03T19:00:00Z", "to": "2026-07-03T18:00:00Z" });
        let problem =
            finance.posts(&format!("{EVENT}/reconcile"), window).await.refused(422, "invalid-request");
        assert_eq!(problem["field"], "from");
        let problem = finance
            .posts(&format!("{EVENT}/reconcile"), json!({ "from": "today" }))
            .await
            .refused(422, "invalid-request");
        assert_eq!(problem["field"], "from");
        house
            .office(Role::HelpDesk)
            .await
            .posts(&format!("{EVENT}/reconcile"), json!({}))
            .await
            .refused(403, "not-allowed");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_does_not_answer_and_a_missing_key_are_said() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        let admin = house.office(Role::Admin).await;
        admin.posts(&format!("{EVENT}/reconcile"), json!({})).await.refused(409, "no-api-key");
        admin.posts("/api/v1/events/nowhere/reconcile", json!({})).await.refused(404, "unknown-event");

        // Beside another provider the rest is compared, and who is left out is said.
        house.with_account(ProviderName::MultiSafepay).await;
        let run = admin.posts(&format!("{EVENT}/reconcile"), json!({})).await.is(200);
        let warned = run["warning"].as_str().unwrap();
        assert!(warned.starts_with("Bancontact's payment list") && warned.contains("no API key"), "{run}");
        let path = format!("/reconcile/{}", run["run"].as_str().unwrap());
        assert_eq!(admin.gets(&format!("{EVENT}{path}")).await.is(200)["warning"], warned);

        // The API gives the key, too, and only one that works.
        let (accounts, key) = (format!("{EVENT}/providers/bancontact/keys"), format!("{EVENT}/key"));
        let elsewhere = admin.posts(&accounts, json!({ "api_key": API_KEY })).await;
        let elsewhere = elsewhere.refused(404, "unknown-provider");
        assert!(elsewhere["detail"].as_str().unwrap().ends_with(&key), "{elsewhere}");
        admin.posts(&key, json!({ "api_key": "1b3d-wrong" })).await.refused(422, "provider-refuses");
        let given = admin.posts(&key, json!({ "api_key": API_KEY })).await.is(200);
        assert_eq!(given["profiles"][0]["has_api_key"], true, "{given}");
        assert!(given.get("warning").is_none() && !given.to_string().contains(API_KEY), "{given}");
        let run = admin.posts(&format!("{EVENT}/reconcile"), json!({})).await.is(200);
        assert!(run.get("warning").is_none(), "{run}");
        admin
            .posts(&format!("{EVENT}/providers/multisafepay/keys"), json!({}))
            .await
            .refused(422, "invalid-request");
        let listed = admin.gets(&format!("{EVENT}/providers")).await.is(200);
        assert_eq!(listed["providers"][0]["environment"], "test", "as it was given");
    })
    .await;
}

#[tokio::test]
async fn parked_money_is_listed_and_given_to_the_right_wallet() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        let nobodys = Reference::draw(&mut rand::rng());
        let stranger = house.festival.bands[0].qr_text.replace(house.reference(0), nobodys.as_str());
        for cents in [700, 60_000] {
            let callback = house.paid(&stranger, cents, CallbackMode::Deliver, Status::Succeeded).await;
            house.anonymous().calls_back("pukkelfest", &callback).await.is(200);
        }
        let finance = house.office(Role::Finance).await;
        let first = finance.gets(&format!("{EVENT}/parked?limit=1")).await.is(200);
        let (small, next) = (&first["parked"][0], first["next"].as_str().unwrap());
        assert_eq!((&small["kind"], &small["amount_cents"]), (&json!("suspense"), &json!(700)));
        let rest = finance.gets(&format!("{EVENT}/parked?after={next}")).await.is(200);
        let large = &rest["parked"][0];
        assert_eq!((&large["amount_cents"], &rest["next"]), (&json!(60_000), &json!(null)));

        let resolve = |id: &serde_json::Value| format!("{EVENT}/parked/{}/resolve", id.as_str().unwrap());
        let to = json!({ "to": house.reference(1), "reason": "she showed her bank app" });
        let desk = house.office(Role::HelpDesk).await;
        desk.posts(&resolve(&small["id"]), to.clone()).await.refused(403, "not-allowed");
        for (wrong, field) in [
            (json!({ "reason": "r" }), "to"),
            (json!({ "to": "x", "reason": "r" }), "to"),
            (json!({ "to": house.reference(1), "return": true, "reason": "r" }), "to"),
            (json!({ "return": true }), "reason"),
            (json!({ "return": true, "reason": " " }), "reason"),
        ] {
            let problem =
                finance.posts(&resolve(&small["id"]), wrong.clone()).await.refused(422, "invalid-request");
            assert_eq!(problem["field"], field, "{wrong}");
        }
        let elsewhere = json!({ "to": nobodys.as_str(), "reason": "r" });
        finance.posts(&resolve(&small["id"]), elsewhere).await.refused(404, "unknown-medium");
        let resolved = finance.posts(&resolve(&small["id"]), to.clone()).await.is(200);
        assert_eq!((&resolved["status"], &resolved["balance_cents"]), (&json!("resolved"), &json!(700)));
        finance.posts(&resolve(&small["id"]), to.clone()).await.is(200);
        let back = json!({ "return": true, "reason": "r" });
        finance.posts(&resolve(&small["id"]), back).await.refused(409, "already-resolved");
        finance
            .posts(&resolve(&json!(uuid::Uuid::now_v7())), to.clone())
            .await
            .refused(404, "unknown-parked");

        let proposed = finance.posts(&resolve(&large["id"]), to.clone()).await.is(202);
        assert_eq!(proposed["status"], "awaits-second-person");
        finance.posts(&resolve(&large["id"]), to.clone()).await.is(202);
        let shown = finance.gets(&format!("{EVENT}/parked")).await.is(200);
        assert_eq!(shown["parked"][0]["proposal"], format!("to {}", house.reference(1)));
        let second = house.office(Role::Admin).await;
        assert_eq!(second.posts(&resolve(&large["id"]), to).await.is(200)["balance_cents"], 60_700);
        assert_eq!(house.audit_log().await[0].1, "parked matter resolved");
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn payments_are_paged_and_payers_shown_to_few_and_never_unseen() {
    on_both_engines(async |store| {
        let house = House::open(store, 2).await;
        house.tops_up(0, 1_000).await;
        house.tops_up(1, 2_000).await;
        let finance = house.office(Role::Finance).await;
        let page = finance.gets("/api/v1/payments?event=pukkelfest&limit=1").await.is(200);
        let payment = &page["payments"][0];
        assert_eq!((&payment["amount_cents"], &payment["settled_cents"]), (&json!(1_000), &json!(1_000)));
        assert!(payment["debtor"]["name"].is_string());
        let (who, what, _, _) = house.audit_log().await[0].clone();
        assert_eq!(what, "payers seen");
        assert!(who.starts_with("operator:finance-"));
        let backwards = "/api/v1/payments?event=pukkelfest&from=2026-07-04T00:00:00Z&to=2026-07-03T00:00:00Z";
        finance.gets(backwards).await.refused(422, "invalid-request");
        let next = format!("/api/v1/payments?event=pukkelfest&after={}", page["next"].as_str().unwrap());
        let page = finance.gets(&next).await.is(200);
        assert_eq!((&page["payments"][0]["amount_cents"], &page["next"]), (&json!(2_000), &json!(null)));

        let organiser = house.office(Role::Organiser).await;
        let looks = house.audit_log().await.iter().filter(|entry| entry.1 == "payers seen").count();
        let reference = house.reference(1).to_lowercase();
        let path = format!("/api/v1/payments?event=pukkelfest&status=SUCCEEDED&reference={reference}");
        let page = organiser.gets(&path).await.is(200);
        assert_eq!(page["payments"].as_array().unwrap().len(), 1);
        assert!(page["payments"][0].get("debtor").is_none());
        assert_eq!(house.audit_log().await.iter().filter(|entry| entry.1 == "payers seen").count(), looks);
        let later = "/api/v1/payments?event=pukkelfest&from=2027-01-01T00:00:00Z";
        assert_eq!(organiser.gets(later).await.is(200)["payments"], json!([]));
        organiser.gets("/api/v1/payments?event=nowhere").await.refused(404, "unknown-event");
        let none = "/api/v1/payments?event=pukkelfest&status=EXPIRED";
        assert_eq!(
            organiser.gets(none).await.is(200)["payments"],
            json!([]),
            "a status that no payment has yet"
        );
        let unknown = organiser.gets("/api/v1/payments?event=pukkelfest&status=succeeded").await;
        let unknown = unknown.refused(422, "invalid-request")["detail"].as_str().unwrap().to_owned();
        assert!(unknown.contains("there are PENDING, ") && unknown.contains("SUCCEEDED"), "{unknown}");
        for (query, field) in [
            ("", "event"),
            ("event=pukkelfest&from=x", "from"),
            ("event=pukkelfest&limit=201", "limit"),
            ("event=pukkelfest&status=b", "status"),
            ("event=pukkelfest&status=", "status"),
            ("event=pukkelfest&reference=zzz", "reference"),
        ] {
            let problem =
                organiser.gets(&format!("/api/v1/payments?{query}")).await.refused(422, "invalid-request");
            assert_eq!(problem["field"], field, "{query}");
        }
        for role in [Role::HelpDesk, Role::Viewer] {
            house
                .office(role)
                .await
                .gets("/api/v1/payments?event=pukkelfest")
                .await
                .refused(403, "not-allowed");
        }
    })
    .await;
}

#[tokio::test]
async fn a_statement_adds_up() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 1_000).await;
        house.bar("Bar 1").await.charges(house.pay_code(0), 300).await.is(201);
        let finance = house.office(Role::Finance).await;
        let statement = finance.gets(&format!("{EVENT}/statement")).await.is(200);
        assert_eq!((&statement["debits_cents"], &statement["credits_cents"]), (&json!(1_300), &json!(1_300)));
        let balance = |kind: &str| {
            let accounts = statement["accounts"].as_array().unwrap();
            accounts.iter().find(|line| line["kind"] == kind).unwrap()["balance_cents"].clone()
        };
        assert_eq!(
            (balance("wallet"), balance("vendor"), balance("receivable")),
            (json!(700), json!(300), json!(1_000))
        );
        let accounts = statement["accounts"].as_array().unwrap();
        let collected = accounts.iter().find(|line| line["kind"] == "receivable").unwrap();
        assert_eq!(
            (&collected["name"], &collected["display_name"]),
            (&json!(PROFILE), &json!(format!("Bancontact {PROFILE}")))
        );
        house
            .office(Role::Viewer)
            .await
            .gets(&format!("{EVENT}/statement"))
            .await
            .refused(403, "not-allowed");
        finance.gets("/api/v1/events/nowhere/statement").await.refused(404, "unknown-event");
    })
    .await;
}

#[tokio::test]
async fn reconciling_with_a_provider_in_trouble_says_so() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let faults: FaultsChange =
            serde_json::from_value(json!({ "server_errors_percent": { "search": 100 } })).unwrap();
        house.festival.faults(faults);
        let admin = house.office(Role::Admin).await;
        let problem =
            admin.posts(&format!("{EVENT}/reconcile"), json!({})).await.refused(502, "provider-unavailable");
        assert!(problem["run"].is_string());
    })
    .await;
}
