//! The provider's own paths: who may ask, details, search, cancellation, and their faults.

use super::*;
use std::time::Duration;

#[tokio::test]
async fn no_credentials_get_an_empty_403_and_wrong_ones_a_401_in_the_providers_shape() {
    let bank = Bank::start().await;
    let id = bank.paid(json!({})).await;
    for (method, path) in [
        ("GET", format!("/v3/payments/{id}")),
        ("DELETE", format!("/v3/payments/{id}")),
        ("POST", "/v3/payments/search".to_owned()),
        ("GET", "/v3/anything".to_owned()),
    ] {
        let request = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
        let response = bank.send(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{method} {path}");
        assert_eq!(text(response).await, "");
        let (status, error) = bank.json(method, &path, Some("wrong"), None).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(error["code"], "UNAUTHORIZED");
        for field in ["message", "traceId", "spanId"] {
            assert!(error[field].is_string(), "{field}");
        }
    }
}

#[tokio::test]
async fn a_key_sees_its_own_profiles_payments_only() {
    let bank = Bank::start().await;
    let id = bank.paid(json!({})).await;
    let other = json!({ "profile_id": "ffffffffffffffffffffffff", "callback_url": bank.callback_url });
    let (_, registered) = bank.post("/sandbox/profiles", other).await;
    let key = registered["api_key"].as_str().unwrap();
    assert_eq!(key.len(), 36);
    let (status, error) = bank.json("GET", &format!("/v3/payments/{id}"), Some(key), None).await;
    assert_eq!((status, &error["code"]), (StatusCode::NOT_FOUND, &json!("PAYMENT_NOT_FOUND")));
    let (_, list) = bank.json("POST", "/v3/payments/search", Some(key), None).await;
    assert_eq!(list["totalElements"], 0);
}

#[tokio::test]
async fn details_have_the_documented_fields() {
    let bank = Bank::start().await;
    let id = bank.paid(json!({})).await;
    let (status, details) = bank.details(&id).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(details["paymentId"], id);
    assert_eq!(details["amount"], 2000);
    assert_eq!(details["creditor"]["profileId"], PROFILE);
    assert_eq!(details["creditor"]["name"], "Pukkelfest");
    assert_eq!(details["creditor"]["callbackUrl"], bank.callback_url);
    assert_eq!(details["reference"], "0123456789ABCDE");
    assert_eq!(details["succeededAt"], "2026-07-03T18:00:00.000Z");
    assert_eq!(details["_links"]["self"]["href"], format!("{BASE}/v3/payments/{id}"));
    assert!(details["_links"]["refund"].is_object() && details["_links"]["cancel"].is_null());
    assert_eq!(bank.details("000000000000000000000000").await.0, StatusCode::NOT_FOUND);

    bank.faults(json!({ "open_amounts_as_zero": true }));
    assert_eq!(bank.details(&id).await.1["amount"], 0);
}

#[tokio::test]
async fn only_a_waiting_payment_can_be_cancelled() {
    let bank = Bank::start().await;
    let waiting = bank.paid(json!({ "outcome": "IDENTIFIED" })).await;
    let (status, body) = bank.json("DELETE", &format!("/v3/payments/{waiting}"), Some(KEY), None).await;
    assert_eq!((status, body), (StatusCode::NO_CONTENT, Value::Null));
    assert_eq!(bank.details(&waiting).await.1["status"], "CANCELLED");
    assert_eq!(bank.sandbox.step().await, 1);
    assert_eq!(bank.receiver.bodies()[1]["status"], "CANCELLED");

    let paid = bank.paid(json!({})).await;
    for id in [&paid, &waiting] {
        let (status, error) = bank.json("DELETE", &format!("/v3/payments/{id}"), Some(KEY), None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error["code"], "PAYMENT_NOT_PENDING");
    }
    let unknown = bank.json("DELETE", "/v3/payments/000000000000000000000000", Some(KEY), None).await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_search_without_parameters_shows_the_ten_newest_of_the_last_day() {
    let bank = Bank::start().await;
    let old = bank.paid(json!({})).await;
    bank.clock.advance(Duration::from_hours(24) + Duration::from_millis(1));
    let mut newest_first = Vec::new();
    for _ in 0..12 {
        newest_first.insert(0, bank.paid(json!({})).await);
    }
    let (_, page) = bank.search("", None).await;
    assert_eq!(ids(&page), newest_first[..10]);
    let counts = ["size", "totalPages", "totalElements", "number"].map(|name| page[name].as_i64().unwrap());
    assert_eq!(counts, [10, 2, 12, 0]);
    let (_, last) = bank.search("?page=1", None).await;
    assert_eq!(ids(&last), newest_first[10..]);
    assert_eq!((&last["size"], &last["number"]), (&json!(2), &json!(1)));
    let (_, beyond) = bank.search("?page=2&size=100", None).await;
    assert_eq!((ids(&beyond).len(), &beyond["totalPages"]), (0, &json!(1)));

    let (_, all) = bank.search("?size=100", Some(json!({ "from": "2026-07-03T18:00:00.000Z" }))).await;
    assert_eq!(ids(&all).last(), Some(&old));
    let window = json!({ "from": "2026-07-03T17:00:00Z", "to": "2026-07-03T18:00:00Z" });
    assert_eq!(ids(&bank.search("", Some(window)).await.1), [old]);
}

#[tokio::test]
async fn a_search_filters_by_status_and_reference() {
    let bank = Bank::start().await;
    let failed = bank.paid(json!({ "outcome": "FAILED" })).await;
    let elsewhere = bank.paid(json!({ "payload": format!("https://h/t/1/{PROFILE}?R=OTHER") })).await;
    let by_status = bank.search("", Some(json!({ "paymentStatuses": ["FAILED", "EXPIRED"] }))).await.1;
    assert_eq!(ids(&by_status), [failed]);
    let by_reference = bank.search("", Some(json!({ "reference": "OTHER", "unknown": 1 }))).await.1;
    assert_eq!(ids(&by_reference), [elsewhere]);
    for (query, body) in [
        ("?size=101", None),
        ("?size=-1", None),
        ("?page=x", None),
        ("", Some(json!({ "paymentStatuses": ["PAID"] }))),
        ("", Some(json!({ "from": "yesterday" }))),
    ] {
        let (status, error) = bank.search(query, body).await;
        assert_eq!(
            (status, &error["code"]),
            (StatusCode::BAD_REQUEST, &json!("FIELD_IS_INVALID")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn pages_shift_when_a_payment_comes_in_between() {
    let bank = Bank::start().await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(bank.paid(json!({})).await);
    }
    let first = bank.search("?size=2", None).await.1;
    bank.paid(json!({})).await;
    let second = bank.search("?size=2&page=1", None).await.1;
    assert_eq!(ids(&first), [made[3].clone(), made[2].clone()]);
    assert_eq!(ids(&second), [made[2].clone(), made[1].clone()], "one row is seen again");
}

#[tokio::test]
async fn lags_hide_a_payment_until_they_have_passed() {
    let bank = Bank::start().await;
    bank.faults(json!({ "list_lag_ms": 3000, "details_lag_ms": 1000 }));
    let id = bank.paid(json!({})).await;
    assert_eq!(bank.details(&id).await.0, StatusCode::NOT_FOUND);
    bank.clock.advance(Duration::from_secs(1));
    assert_eq!(bank.details(&id).await.0, StatusCode::OK);
    assert_eq!(bank.search("", None).await.1["totalElements"], 0);
    bank.clock.advance(Duration::from_secs(2));
    assert_eq!(bank.search("", None).await.1["totalElements"], 1);
}

#[tokio::test]
async fn error_rates_hit_the_endpoint_they_name_and_no_other() {
    let bank = Bank::start().await;
    let id = bank.paid(json!({})).await;
    bank.faults(json!({ "server_errors_percent": { "search": 100 } }));
    for _ in 0..20 {
        let (status, error) = bank.search("", None).await;
        assert!(matches!(status.as_u16(), 500 | 503), "{status}");
        assert!(error.is_null() || error["traceId"].is_string());
    }
    assert_eq!(bank.details(&id).await.0, StatusCode::OK);

    bank.faults(json!({ "reset": true, "too_many_requests_percent": 100, "retry_after_seconds": 7 }));
    let request = Request::get(format!("/v3/payments/{id}")).body(Body::empty()).unwrap();
    let response = bank.send(request).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "7");

    bank.faults(json!({ "reset": true, "server_errors_percent": 30 }));
    let mut failed = 0;
    for _ in 0..200 {
        failed += u32::from(bank.details(&id).await.0 != StatusCode::OK);
    }
    assert!((30..=90).contains(&failed), "{failed} of 200 failed at 30%");
}

#[tokio::test]
async fn the_key_set_mixes_rsa_and_ec_and_can_be_unreachable() {
    let bank = Bank::start().await;
    let keys = bank.key_set().await;
    let kinds: Vec<_> = keys["keys"].as_array().unwrap().iter().map(|key| key["kty"].clone()).collect();
    assert_eq!(kinds, ["RSA", "EC"]);
    bank.faults(json!({ "key_set_unreachable": true }));
    assert_eq!(bank.json("GET", "/jwks", None, None).await.0, StatusCode::SERVICE_UNAVAILABLE);
    bank.faults(json!({ "reset": true }));
    assert_eq!(bank.key_set().await, keys);
}
