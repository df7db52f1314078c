//! The API's own description says all there is, and nothing that is not.

use super::House;
use crate::db::testing::on_both_engines;
use serde_json::Value;

#[tokio::test]
async fn every_call_is_described_with_its_answers_and_problems() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let described = house.anonymous().gets("/api/v1/openapi.json").await.is(200);
        assert!(described["openapi"].as_str().unwrap().starts_with("3."));
        let paths = described["paths"].as_object().unwrap();
        for (path, method) in [
            ("/api/v1/terminals/enrol", "post"),
            ("/api/v1/media/lookup", "post"),
            ("/api/v1/charges", "post"),
            ("/api/v1/charges/batch", "post"),
            ("/api/v1/charges/{id}", "get"),
            ("/api/v1/charges/{id}/void", "post"),
            ("/api/v1/events", "post"),
            ("/api/v1/events", "get"),
            ("/api/v1/events/{event}", "get"),
            ("/api/v1/events/{event}/close", "post"),
            ("/api/v1/events/{event}/batches", "post"),
            ("/api/v1/events/{event}/batches", "get"),
            ("/api/v1/events/{event}/providers/{provider}/pause", "post"),
            ("/api/v1/events/{event}/providers/{provider}/resume", "post"),
            ("/api/v1/events/{event}/points-of-sale", "post"),
            ("/api/v1/events/{event}/points-of-sale/{id}/rename", "post"),
            ("/api/v1/events/{event}/points-of-sale/{id}/retire", "post"),
            ("/api/v1/events/{event}/points-of-sale/{id}/reopen", "post"),
            ("/api/v1/events/{event}/terminals", "post"),
            ("/api/v1/batches/{id}", "get"),
            ("/api/v1/batches/{id}/printed", "post"),
            ("/api/v1/batches/{id}/receive", "post"),
            ("/api/v1/batches/{id}/activate", "post"),
            ("/api/v1/batches/{id}/quarantine", "post"),
            ("/api/v1/batches/{id}/release", "post"),
            ("/api/v1/batches/{id}/reissue", "post"),
            ("/api/v1/events/{event}/hosts", "get"),
            ("/api/v1/batches/{id}/sheet.pdf", "get"),
            ("/api/v1/batches/{id}/codes.csv", "get"),
            ("/api/v1/batches/{id}/codes.zip", "get"),
            ("/api/v1/media/{reference}/revoke", "post"),
            ("/api/v1/media/{reference}/replace", "post"),
            ("/api/v1/media/{reference}/freeze", "post"),
            ("/api/v1/media/{reference}/unfreeze", "post"),
            ("/api/v1/media/{reference}/activate", "post"),
            ("/api/v1/events/{event}/reconcile", "post"),
            ("/api/v1/events/{event}/reconcile/{run}", "get"),
            ("/api/v1/events/{event}/parked", "get"),
            ("/api/v1/events/{event}/parked/{id}/resolve", "post"),
            ("/api/v1/terminal", "get"),
            ("/api/v1/terminal/end", "post"),
            ("/api/v1/terminal/decode", "post"),
            ("/api/v1/terminal/top-up-code", "post"),
            ("/api/v1/events/{event}/products", "post"),
            ("/api/v1/events/{event}/products", "get"),
            ("/api/v1/events/{event}/products/{id}/retire", "post"),
            ("/api/v1/events/{event}/vendors/{id}/rename", "post"),
            ("/api/v1/terminals", "get"),
            ("/api/v1/terminals/{id}/revoke", "post"),
            ("/api/v1/events/{event}/statement", "get"),
            ("/api/v1/payments", "get"),
        ] {
            let operation = &paths[path][method];
            let answers = operation["responses"].as_object().unwrap_or_else(|| panic!("{method} {path}"));
            assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
            for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
                let schema = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema, "#/components/schemas/Problem", "{method} {path} {status}");
            }
            let is_open = path == "/api/v1/terminals/enrol";
            assert_eq!(operation["security"].is_array(), !is_open, "{method} {path}");
            assert_eq!(answers.contains_key("401"), !is_open, "{method} {path}");
        }
        assert_every_reference_leads_somewhere(&described, &described);
    })
    .await;
}

fn assert_every_reference_leads_somewhere(whole: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(whole.pointer(pointer).is_some(), "{reference} leads nowhere");
            }
            fields.values().for_each(|field| assert_every_reference_leads_somewhere(whole, field));
        }
        Value::Array(items) => {
            items.iter().for_each(|item| assert_every_reference_leads_somewhere(whole, item))
        }
        _ => {}
    }
}
