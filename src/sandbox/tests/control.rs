//! The sandbox's own calls: what they take and what they refuse.

use super::*;

#[tokio::test]
async fn the_codes_own_amount_is_paid_when_none_is_given() {
    let bank = Bank::start().await;
    let payload = format!("{CODE}&A=1550");
    let (status, _) = bank.post("/sandbox/pay", json!({ "payload": payload })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(bank.receiver.bodies()[0]["amount"], 1550);
    let described = json!({ "payload": payload, "amount_cents": 5, "description": "Not what was printed" });
    bank.post("/sandbox/pay", described).await;
    assert_eq!(bank.receiver.bodies()[1]["amount"], 5);
    assert_eq!(bank.receiver.bodies()[1]["description"], "Not what was printed");
}

#[tokio::test]
async fn a_payment_that_cant_be_made_is_refused_with_what_would_be_right() {
    let bank = Bank::start().await;
    for (body, status, said) in [
        (json!({ "payload": CODE }), 422, "amount_cents is missing"),
        (json!({ "payload": CODE, "amount_cents": 0 }), 422, "1 to 999999"),
        (json!({ "payload": CODE, "amount_cents": -5 }), 422, "1 to 999999"),
        (json!({ "payload": CODE, "amount_cents": 1_000_000 }), 422, "1 to 999999"),
        (json!({ "payload": CODE, "amount_cents": 12.5 }), 422, "invalid type"),
        (json!({ "payload": CODE, "amount_cents": 100, "outcome": "PAID" }), 422, "SUCCEEDED"),
        (json!({ "payload": CODE, "amount_cents": 100, "callback": "never" }), 422, "delay:<ms>"),
        (json!({ "payload": CODE, "amount_cents": 100, "callback": "delay:-1" }), 422, "delay:<ms>"),
        (json!({ "payload": CODE, "amount_cents": 100, "tip": 1 }), 422, "unknown field `tip`"),
        (json!({ "payload": CODE, "amount_cents": 100, "description": "x".repeat(141) }), 422, "140"),
        (json!({ "payload": CODE, "amount_cents": 100, "debtor": { "name": "" } }), 422, "debtor.name"),
        (json!({ "payload": "PB1XXXX", "amount_cents": 100 }), 422, "not a URL"),
        (json!({ "amount_cents": 100 }), 422, "payload"),
        (json!({ "payload": "https://h/t/1/ab", "amount_cents": 100 }), 422, "not registered"),
    ] {
        let (got, problem) = bank.post("/sandbox/pay", body.clone()).await;
        assert_eq!(got.as_u16(), status, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{body}: {problem}");
    }
    assert!(bank.receiver.came().is_empty());
}

#[tokio::test]
async fn bodies_that_are_not_json_or_too_large_are_refused_as_such() {
    let bank = Bank::start().await;
    let cases = [
        (b"".to_vec(), 400),
        (b"{".to_vec(), 400),
        (b"\xff\xfe".to_vec(), 400),
        (b"[]".to_vec(), 422),
        (vec![b' '; 20_000], 413),
    ];
    for path in ["/sandbox/pay", "/sandbox/profiles", "/sandbox/faults", "/sandbox/callbacks/release"] {
        for (body, status) in &cases {
            let request = Request::post(path).body(Body::from(body.clone())).unwrap();
            let response = bank.send(request).await;
            assert_eq!(
                response.status().as_u16(),
                *status,
                "{path} {:?}",
                String::from_utf8_lossy(&body[..body.len().min(9)])
            );
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
    }
}

#[tokio::test]
async fn a_profile_is_registered_once_and_keeps_its_key() {
    let bank = Bank::start().await;
    let url = "https://polsband.example/callbacks/bancontact/fest";
    let (status, first) =
        bank.post("/sandbox/profiles", json!({ "profile_id": "abc1", "callback_url": url })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(first["key_set_url"], format!("{BASE}/jwks"));
    let moved = json!({ "profile_id": "abc1", "callback_url": bank.callback_url, "merchant_name": "Fest" });
    let (_, second) = bank.post("/sandbox/profiles", moved).await;
    assert_eq!(first["api_key"], second["api_key"]);
    let (_, listed) = bank.json("GET", "/sandbox/profiles", None, None).await;
    let listed = listed["profiles"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|profile| profile.get("api_key").is_none()));

    for (profile, said) in [
        (json!({ "profile_id": "", "callback_url": url }), "profile_id"),
        (json!({ "profile_id": "a/b", "callback_url": url }), "profile_id"),
        (json!({ "profile_id": "abc2", "callback_url": "http://polsband.example/cb" }), "loopback"),
        (json!({ "profile_id": "abc2", "callback_url": "ftp://127.0.0.1/cb" }), "https"),
        (json!({ "profile_id": "abc2", "callback_url": "somewhere" }), "not a URL"),
        (json!({ "profile_id": "abc2", "callback_url": url, "api_key": KEY }), "another profile"),
        (json!({ "profile_id": "abc2", "callback_url": url, "api_key": "with space" }), "visible ASCII"),
        (json!({ "profile_id": "abc2", "callback_url": url, "merchant_name": "" }), "merchant_name"),
    ] {
        let (status, problem) = bank.post("/sandbox/profiles", profile.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{profile}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{profile}: {problem}");
    }
}

#[tokio::test]
async fn faults_are_shown_changed_one_by_one_and_reset() {
    let bank = Bank::start().await;
    let defaults = bank.json("GET", "/sandbox/faults", None, None).await.1;
    let (status, now) =
        bank.post("/sandbox/faults", json!({ "server_errors_percent": { "details": 20 } })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        now["server_errors_percent"],
        json!({ "details": 20, "search": 0, "cancel": 0, "key_set": 0 })
    );
    let (_, now) = bank
        .post("/sandbox/faults", json!({ "list_lag_ms": 10, "server_errors_percent": { "search": 5 } }))
        .await;
    assert_eq!(now["server_errors_percent"]["details"], 20);
    assert_eq!(bank.json("DELETE", "/sandbox/faults", None, None).await.1, defaults);

    for (change, said) in [
        (json!({ "server_errors_percent": 101 }), "0 to 100"),
        (json!({ "server_errors_percent": "all" }), "whole number of percent"),
        (json!({ "server_errors_percent": { "pay": 1 } }), "unknown field `pay`"),
        (json!({ "rotate_keys": "twice" }), "keep"),
        (json!({ "list_lag_ms": 86_400_001 }), "at most"),
        (json!({ "retry_after_seconds": 3601 }), "at most"),
        (json!({ "lag": 1 }), "unknown field `lag`"),
    ] {
        let (status, problem) = bank.post("/sandbox/faults", change.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{change}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{change}: {problem}");
    }
    assert_eq!(bank.json("GET", "/sandbox/faults", None, None).await.1, defaults);
}

#[tokio::test]
async fn payments_are_listed_with_what_was_sent_and_answered() {
    let bank = Bank::start().await;
    bank.paid(json!({})).await;
    let newest = bank.paid(json!({})).await;
    let (_, shown) = bank.json("GET", "/sandbox/payments?limit=1", None, None).await;
    let [payment] = shown["payments"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!(payment["payment_id"], newest);
    let callback = &payment["callbacks"][0];
    let (headers, body) = bank.receiver.came().remove(1);
    assert_eq!(callback["headers"]["signature"], headers["signature"].to_str().unwrap());
    assert_eq!(callback["body"].as_str().unwrap().as_bytes(), body);
    assert_eq!(callback["attempts"][0]["status"], 200);
    assert_eq!(callback["state"]["is"], "accepted");
    for wrong in ["?limit=0", "?limit=201", "?limit=x", "?size=1"] {
        let (status, _) = bank.json("GET", &format!("/sandbox/payments{wrong}"), None, None).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn a_served_sandbox_sends_delayed_callbacks_by_itself_and_stops_when_told() {
    let (receiver, callback_url) = Receiver::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let sandbox = Sandbox::open(Options { base_url, ..Options::default() }).unwrap();
    sandbox
        .register_profile(NewProfile {
            profile_id: PROFILE.to_owned(),
            callback_url,
            api_key: None,
            merchant_name: None,
        })
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(sandbox.clone().serve(listener, async {
        let _ = stopped.await;
    }));
    let request =
        serde_json::from_value(json!({ "payload": CODE, "amount_cents": 100, "callback": "delay:1" }));
    assert_eq!(sandbox.pay(request.unwrap()).await.unwrap().callback_status, None);
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while receiver.came().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the callback came");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}
