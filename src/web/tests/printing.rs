//! Batches and their files: issued, downloaded by whoever may, and every download written down.

use super::House;
use crate::db::testing::on_both_engines;
use crate::operators::Role;
use serde_json::json;

#[tokio::test]
async fn a_batch_is_issued_and_downloaded_in_every_form() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let batches = "/api/v1/events/pukkelfest/batches";
        let batch = office.posts(batches, json!({ "count": 30, "kind": "wristband" })).await.is(201);
        assert_eq!((&batch["count"], &batch["kind"]), (&json!(30), &json!("wristband")));
        assert!(batch["issued_at"].is_string());
        let listed = office.gets(batches).await.is(200);
        assert_eq!(listed["batches"][0], batch);
        let id = batch["id"].as_str().unwrap();

        let sheet =
            office.gets(&format!("/api/v1/batches/{id}/sheet.pdf?layout=a4-band-19&language=en")).await;
        assert_eq!((sheet.status.as_u16(), sheet.header("content-type")), (200, "application/pdf"));
        assert!(sheet.header("content-disposition").contains("pukkelfest"));
        assert!(sheet.bytes.starts_with(b"%PDF-") && sheet.bytes.trim_ascii_end().ends_with(b"%%EOF"));

        let list = office.gets(&format!("/api/v1/batches/{id}/codes.csv")).await;
        assert!(list.header("content-type").starts_with("text/csv"));
        assert_eq!(list.header("cache-control"), "no-store");
        let text = String::from_utf8(list.bytes.to_vec()).unwrap();
        let header = r#""sequence","serial","reference","qr_text","pay_code","pay_qr_text","batch""#;
        assert_eq!((text.lines().next(), text.lines().count()), (Some(header), 31));
        let row: Vec<&str> = text.lines().nth(30).unwrap().split(',').map(|f| f.trim_matches('"')).collect();
        assert_eq!((row[0], row[6]), ("30", id));
        let shown = office.posts("/api/v1/media/lookup", json!({ "code": row[4] })).await.is(200);
        assert_eq!(shown["reference"], row[2]);

        let pictures = office.gets(&format!("/api/v1/batches/{id}/codes.zip")).await;
        assert_eq!(pictures.header("content-type"), "application/zip");
        let archive = zip::ZipArchive::new(std::io::Cursor::new(pictures.bytes.clone())).unwrap();
        assert_eq!(archive.len(), 120);

        let log = house.audit_log().await;
        let said: Vec<&str> = log.iter().take(3).map(|entry| entry.1.as_str()).collect();
        assert_eq!(said, ["code pictures downloaded", "code list downloaded", "sheet downloaded"]);
        assert!(log[0].0.starts_with("operator:organiser-") && log[0].2 == format!("batch:{id}"));
    })
    .await;
}

#[tokio::test]
async fn only_whoever_may_print_gets_codes() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let admin = house.office(Role::Admin).await;
        let listed = admin.gets("/api/v1/events/pukkelfest/batches").await.is(200);
        let id = listed["batches"][0]["id"].as_str().unwrap();
        for role in [Role::HelpDesk, Role::Finance, Role::Viewer] {
            let office = house.office(role).await;
            for file in ["sheet.pdf?layout=cr80", "codes.csv", "codes.zip"] {
                let answer = office.gets(&format!("/api/v1/batches/{id}/{file}")).await;
                assert_eq!(answer.refused(403, "not-allowed")["right"], "print");
            }
        }
        let bar = house.bar("Bar 1").await;
        bar.gets(&format!("/api/v1/batches/{id}/codes.csv")).await.refused(403, "not-allowed");
        house.anonymous().gets(&format!("/api/v1/batches/{id}/codes.csv")).await.refused(401, "unauthorized");
        let log = house.audit_log().await;
        assert!(!log.iter().any(|entry| entry.1.contains("download")));
    })
    .await;
}

#[tokio::test]
async fn a_batch_or_sheet_that_can_not_be_is_refused() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Admin).await;
        let batches = "/api/v1/events/pukkelfest/batches";
        for count in [0, -1, 200_001] {
            let problem = office.posts(batches, json!({ "count": count, "kind": "card" })).await;
            assert_eq!(problem.refused(422, "invalid-request")["field"], "count");
        }
        let answer = office.posts(batches, json!({ "count": 1, "kind": "tattoo" })).await;
        assert_eq!(answer.refused(422, "invalid-request")["field"], "kind");
        let listed = office.gets(batches).await.is(200);
        let id = listed["batches"][0]["id"].as_str().unwrap();
        let unknown = uuid::Uuid::now_v7();
        office.gets(&format!("/api/v1/batches/{unknown}/codes.csv")).await.refused(404, "unknown-batch");
        office.gets("/api/v1/batches/1/codes.csv").await.refused(404, "not-found");
        for (query, field) in
            [("", "layout"), ("layout=napkin", "layout"), ("layout=cr80&language=xx", "language")]
        {
            let answer = office.gets(&format!("/api/v1/batches/{id}/sheet.pdf?{query}")).await;
            assert_eq!(answer.refused(422, "invalid-request")["field"], field, "{query}");
        }
        let answer = office.gets(&format!("/api/v1/batches/{id}/sheet.pdf?layout=cr80&dpi=3")).await;
        assert_eq!(answer.refused(422, "invalid-request")["field"], "dpi");
    })
    .await;
}

#[tokio::test]
async fn what_codes_would_be_on_each_layout_is_told_before_and_after_issuing() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let office = house.office(Role::Organiser).await;
        let batches = "/api/v1/events/pukkelfest/batches";
        let body = json!({ "count": 3, "kind": "card", "level": "Q", "language": "de", "description": "" });
        let on = |layouts: &serde_json::Value, name: &str| {
            let all = layouts["layouts"].as_array().unwrap().clone();
            all.into_iter().find(|layout| layout["name"] == name).unwrap()
        };
        let preview = office.posts(&format!("{batches}/preview?dpi=600"), body.clone()).await.is(200);
        assert_eq!(on(&preview, "avery-l7160")["top_up_version"], 6);
        assert!(on(&preview, "avery-l4731")["top_up_version"].is_null());
        let batch = office.posts(batches, body.clone()).await.is(201);
        assert_eq!((&batch["level"], &batch["language"]), (&json!("Q"), &json!("de")));
        let id = batch["id"].as_str().unwrap();
        let shown = office.gets(&format!("/api/v1/batches/{id}/layouts?dpi=600")).await.is(200);
        assert_eq!(shown, preview);
        let manifest = office.gets(&format!("/api/v1/batches/{id}/manifest.json?layout=cr80")).await;
        let manifest = manifest.is(200);
        assert_eq!((&manifest["level"], &manifest["layout"]["name"]), (&json!("Q"), &json!("cr80")));
        assert_eq!(manifest["pieces"].as_array().unwrap().len(), 3);
        for (field, value) in [
            ("level", json!("L")),
            ("language", json!("es")),
            ("description", json!("{number}")),
            ("pay_url", json!("ftp://x")),
        ] {
            let mut wrong = body.clone();
            wrong[field] = value;
            for address in [batches.to_owned(), format!("{batches}/preview")] {
                let answer = office.posts(&address, wrong.clone()).await;
                assert_eq!(answer.refused(422, "invalid-request")["field"], field, "{address}");
            }
        }
        let priced = json!({ "count": 1, "kind": "card", "amount_cents": 500 });
        office.posts(batches, priced).await.refused(422, "invalid-amount");
        for (query, field) in [("dpi=3", "dpi"), ("printer=attic", "printer")] {
            let answer = office.gets(&format!("/api/v1/batches/{id}/layouts?{query}")).await;
            assert_eq!(answer.refused(422, "invalid-request")["field"], field);
        }
        let viewer = house.office(Role::Viewer).await;
        viewer.gets(&format!("/api/v1/batches/{id}/layouts")).await.refused(403, "not-allowed");
        viewer.gets(&format!("/api/v1/batches/{id}/manifest.json")).await.refused(403, "not-allowed");
        viewer.posts(&format!("{batches}/preview"), body).await.refused(403, "not-allowed");
    })
    .await;
}
