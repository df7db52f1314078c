//! What is sent: bytes, signatures, retries, and what goes wrong on request.

use super::*;
use std::time::Duration;

#[tokio::test]
async fn a_payment_is_called_back_with_a_signature_that_verifies_over_the_raw_body() {
    let bank = Bank::start().await;
    let paid = bank.pays(json!({ "debtor": { "name": "Koen", "iban": "BE68 5390 0754 7034" } })).await;
    assert_eq!(paid["callback_status"], 200);

    let (headers, body) = bank.receiver.came().remove(0);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["user-agent"], "Bancontact Payments/v3");
    let expected = format!(
        r#"{{"paymentId":"{}","transferAmount":2000,"tippingAmount":0,"amount":2000,"totalAmount":2000,"description":"Polsband K7QM3XR9","reference":"0123456789ABCDE","createdAt":"2026-07-03T18:00:00.000Z","expireAt":"2026-07-03T18:20:00.000Z","succeededAt":"2026-07-03T18:00:00.000Z","status":"SUCCEEDED","debtor":{{"name":"Koen","iban":"***********47034"}},"currency":"EUR"}}"#,
        paid["payment_id"].as_str().unwrap()
    );
    assert_eq!(body, expected.as_bytes());

    let jose = verified(&bank.key_set().await, &headers, &body).expect("verifies");
    assert_eq!(jose["typ"], "JOSE+JSON");
    assert_eq!(jose["alg"], "ES256");
    assert_eq!(jose["https://payconiq.com/iat"], "2026-07-03T18:00:00.000000Z");
    assert_eq!(jose["https://payconiq.com/path"], bank.callback_url.as_str());
    assert_eq!(jose["https://payconiq.com/iss"], "Payconiq");
    assert_eq!(jose["https://payconiq.com/sub"], PROFILE);

    let with_newline = [&body[..], b"\n"].concat();
    assert!(verified(&bank.key_set().await, &headers, &with_newline).is_none());
}

#[tokio::test]
async fn a_bad_signature_fails_and_a_wrong_subject_verifies_for_someone_else() {
    let bank = Bank::start().await;
    bank.paid(json!({ "callback": "bad-signature" })).await;
    bank.paid(json!({ "callback": "wrong-subject" })).await;
    let (came, keys) = (bank.receiver.came(), bank.key_set().await);
    assert!(verified(&keys, &came[0].0, &came[0].1).is_none());
    let jose = verified(&keys, &came[1].0, &came[1].1).expect("well signed");
    assert_ne!(jose["https://payconiq.com/sub"], PROFILE);
    assert_eq!(jose["https://payconiq.com/sub"].as_str().unwrap().len(), 24);
}

#[tokio::test]
async fn twice_sends_the_same_bytes_again_and_drop_sends_none() {
    let bank = Bank::start().await;
    bank.paid(json!({ "callback": "twice" })).await;
    let came = bank.receiver.came();
    assert_eq!(came.len(), 2);
    assert_eq!(came[0], came[1]);

    let lost = bank.pays(json!({ "callback": "drop" })).await;
    assert_eq!(lost["callback_status"], Value::Null);
    bank.clock.advance(Duration::from_hours(25));
    assert_eq!(bank.sandbox.step().await, 0);
    assert_eq!(bank.receiver.came().len(), 2);
    let (_, details) = bank.details(lost["payment_id"].as_str().unwrap()).await;
    assert_eq!(details["status"], "SUCCEEDED");
}

#[tokio::test]
async fn a_delayed_callback_comes_when_its_time_has_come_and_not_before() {
    let bank = Bank::start().await;
    let paid = bank.pays(json!({ "callback": "delay:5000" })).await;
    assert_eq!(paid["callback_status"], Value::Null);
    bank.clock.advance(Duration::from_millis(4999));
    assert_eq!(bank.sandbox.step().await, 0);
    bank.clock.advance(Duration::from_millis(1));
    assert_eq!(bank.sandbox.step().await, 1);
    assert_eq!(bank.receiver.bodies()[0]["paymentId"], paid["payment_id"]);
}

#[tokio::test]
async fn an_answer_that_asks_for_it_brings_the_identical_bytes_again_until_200() {
    let bank = Bank::start().await;
    bank.receiver.answers(&[503, 500]);
    let paid = bank.pays(json!({})).await;
    assert_eq!(paid["callback_status"], 503);
    assert_eq!(bank.sandbox.step().await, 0, "sent again without a pause");
    for pause in [2, 4] {
        bank.clock.advance(Duration::from_secs(pause));
        assert_eq!(bank.sandbox.step().await, 1);
    }
    bank.clock.advance(Duration::from_hours(1));
    assert_eq!(bank.sandbox.step().await, 0, "sent again after 200");
    let came = bank.receiver.came();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|one| *one == came[0]), "a retry differed");
}

#[tokio::test]
async fn a_refused_callback_is_not_sent_again() {
    let bank = Bank::start().await;
    bank.receiver.answers(&[401]);
    assert_eq!(bank.pays(json!({})).await["callback_status"], 401);
    bank.clock.advance(Duration::from_hours(2));
    assert_eq!(bank.sandbox.step().await, 0);
}

#[tokio::test]
async fn a_receiver_that_is_away_gets_the_callback_when_it_is_back() {
    let bank = Bank::start().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let away = format!("http://{}/callbacks", listener.local_addr().unwrap());
    drop(listener);
    let profile = json!({ "profile_id": PROFILE, "callback_url": away });
    assert_eq!(bank.post("/sandbox/profiles", profile).await.0, StatusCode::OK);
    assert_eq!(bank.pays(json!({})).await["callback_status"], Value::Null);
    bank.clock.advance(Duration::from_secs(2));
    assert_eq!(bank.sandbox.step().await, 1, "it is tried again");
    let shown = bank.json("GET", "/sandbox/payments", None, None).await.1;
    let callback = &shown["payments"][0]["callbacks"][0];
    assert_eq!(callback["state"]["is"], "waiting");
    assert_eq!(callback["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(callback["attempts"][0]["status"], Value::Null);
}

#[tokio::test]
async fn every_status_can_be_the_outcome_and_only_paid_ones_say_when() {
    let bank = Bank::start().await;
    for status in crate::sandbox::Status::ALL {
        bank.paid(json!({ "outcome": status })).await;
        let body = bank.receiver.bodies().pop().unwrap();
        assert_eq!(body["status"], status.as_str());
        assert_eq!(body.get("succeededAt").is_some(), status.as_str() == "SUCCEEDED");
    }
    let expired = bank.receiver.bodies().into_iter().find(|body| body["status"] == "EXPIRED").unwrap();
    assert_eq!(expired.get("debtor"), None);
    assert_eq!(expired["totalAmount"], 0);
}

#[tokio::test]
async fn a_waiting_payment_expires_and_says_so_and_a_late_success_still_comes() {
    let bank = Bank::start().await;
    let id = bank.paid(json!({ "outcome": "PENDING" })).await;
    bank.clock.advance(Duration::from_mins(20));
    assert_eq!(bank.sandbox.step().await, 1);
    assert_eq!(bank.details(&id).await.1["status"], "EXPIRED");
    let late = bank.post(&format!("/sandbox/payments/{id}/move"), json!({ "outcome": "SUCCEEDED" })).await;
    assert_eq!(late, (StatusCode::OK, json!({ "payment_id": id, "callback_status": 200 })));
    let statuses: Vec<_> = bank.receiver.bodies().iter().map(|body| body["status"].clone()).collect();
    assert_eq!(statuses, ["PENDING", "EXPIRED", "SUCCEEDED"]);

    let back = bank.post(&format!("/sandbox/payments/{id}/move"), json!({ "outcome": "FAILED" })).await;
    assert_eq!(back.0, StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = bank.post("/sandbox/payments/nothing/move", json!({ "outcome": "FAILED" })).await;
    assert_eq!(unknown.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn held_callbacks_come_in_the_order_asked_for() {
    let bank = Bank::start().await;
    bank.faults(json!({ "hold_callbacks": true }));
    let id = bank.paid(json!({ "outcome": "AUTHORIZED" })).await;
    bank.post(&format!("/sandbox/payments/{id}/move"), json!({ "outcome": "SUCCEEDED" })).await;
    assert_eq!(bank.sandbox.step().await, 0);
    let released = bank.post("/sandbox/callbacks/release", json!({ "order": "newest-first" })).await;
    assert_eq!(released, (StatusCode::OK, json!({ "released": 2 })));
    let statuses: Vec<_> = bank.receiver.bodies().iter().map(|body| body["status"].clone()).collect();
    assert_eq!(statuses, ["SUCCEEDED", "AUTHORIZED"]);

    bank.paid(json!({})).await;
    bank.faults(json!({ "hold_callbacks": false }));
    assert_eq!(bank.sandbox.step().await, 1, "no longer held");
}

#[tokio::test]
async fn a_rotated_key_signs_at_once_and_the_old_one_stays_for_a_day_or_goes() {
    let bank = Bank::start().await;
    bank.paid(json!({})).await;
    let (old_headers, old_body) = bank.receiver.came().remove(0);
    bank.faults(json!({ "rotate_keys": "keep" }));
    bank.paid(json!({})).await;
    let (headers, body) = bank.receiver.came().remove(1);
    let both = bank.key_set().await;
    assert_eq!(both["keys"][0]["kty"], "RSA");
    assert_eq!(both["keys"].as_array().unwrap().len(), 3);
    let old = verified(&both, &old_headers, &old_body).expect("the old key is still published");
    let new = verified(&both, &headers, &body).expect("the new key signs");
    assert_ne!(old["kid"], new["kid"]);

    bank.clock.advance(Duration::from_hours(24));
    assert!(verified(&bank.key_set().await, &old_headers, &old_body).is_none(), "a day has passed");
    bank.faults(json!({ "rotate_keys": "drop" }));
    assert!(verified(&bank.key_set().await, &headers, &body).is_none(), "dropped at once");
}

#[tokio::test]
async fn headers_and_bodies_have_the_fields_of_the_real_messages_in_their_order() {
    let Some(vectors) = std::env::var_os("POLSBAND_VECTORS") else {
        eprintln!("skipped: POLSBAND_VECTORS names no folder with real messages");
        return;
    };
    let read = |name: &str| std::fs::read_to_string(Path::new(&vectors).join(name)).expect(name);
    let bank = Bank::start().await;
    bank.paid(json!({})).await;
    let (headers, body) = bank.receiver.came().remove(0);
    let ours = jose_text(headers["signature"].to_str().unwrap());
    for year in ["2019", "2021"] {
        let real = jose_text(&read(&format!("bancontact-ext-{year}.jws")));
        assert_eq!(names(&ours), names(&real), "JOSE header of {year}");
        let crit = |jose: &str| jose[jose.find("\"crit\"").unwrap()..].to_owned();
        assert_eq!(crit(&ours), crit(&real));
    }
    let real = read("bancontact-ext-2021.body.json");
    assert_eq!(names(std::str::from_utf8(&body).unwrap()), names(&real));
}

fn jose_text(jws: &str) -> String {
    let header = jws.split('.').next().unwrap();
    String::from_utf8(BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap()
}

/// The names of all fields as they stand in the text, in order.
fn names(json: &str) -> Vec<String> {
    let ends: Vec<_> = json.match_indices("\":").map(|(end, _)| end).collect();
    ends.iter().map(|end| json[json[..*end].rfind('"').unwrap() + 1..*end].to_owned()).collect()
}
