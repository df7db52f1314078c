//! MultiSafepay and WooshPay over HTTP: each control is set, seen at the provider's own paths, and cleared.

use super::*;
use crate::sandbox::orders::{MULTISAFEPAY_KEY, WOOSHPAY_KEY};
use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use std::time::Duration;

const NONE: [&str; 0] = [];

#[derive(Clone, Copy, Debug, PartialEq)]
enum House {
    MultiSafepay,
    WooshPay,
}

/// A shop that takes payments at one of the two, and is notified.
struct Shop {
    bank: Bank,
    house: House,
    secret: String,
}

impl Shop {
    async fn at(house: House) -> Shop {
        Shop::at_in(house, None).await
    }

    async fn at_in(house: House, data: Option<&Path>) -> Shop {
        let mut shop = Shop { bank: Bank::start_in(data).await, house, secret: MULTISAFEPAY_KEY.to_owned() };
        if house == House::WooshPay {
            let made =
                shop.asks("POST", "/webhook_endpoints", "", json!({"url": shop.bank.callback_url})).await;
            shop.secret = made.1["secret"].as_str().unwrap().to_owned();
        }
        shop
    }

    /// The provider ends, and starts again on the same folder.
    fn after_a_restart(self, data: &Path) -> Shop {
        let Shop { bank: Bank { sandbox, clock, receiver, callback_url }, house, secret } = self;
        drop(sandbox);
        let bank = Bank { sandbox: open(Some(data), &clock), clock, receiver, callback_url };
        Shop { bank, house, secret }
    }

    fn request(&self, method: &str, path: &str, key: &str, body: &Value) -> Request<Body> {
        let request = match self.house {
            House::MultiSafepay => Request::builder()
                .uri(format!("/multisafepay/v1/json{path}"))
                .header("api_key", MULTISAFEPAY_KEY),
            House::WooshPay => {
                let basic = BASE64.encode(format!("{WOOSHPAY_KEY}:").as_bytes());
                let request = Request::builder().uri(format!("/wooshpay/v1{path}"));
                request.header(header::AUTHORIZATION, format!("Basic {basic}")).header("idempotency-key", key)
            }
        };
        let request = request.method(method).header(header::CONTENT_TYPE, "application/json");
        request.body(if body.is_null() { Body::empty() } else { Body::from(body.to_string()) }).unwrap()
    }

    /// Calls the provider as the shop.
    async fn asks(&self, method: &str, path: &str, key: &str, body: Value) -> (u16, Value) {
        let response = self.bank.send(self.request(method, path, key, &body)).await;
        let status = response.status().as_u16();
        (status, serde_json::from_str(&text(response).await).unwrap_or(Value::Null))
    }

    async fn gets(&self, path: &str) -> (u16, Value) {
        self.asks("GET", path, "", Value::Null).await
    }

    fn order(&self, order: &str) -> Request<Body> {
        let (path, body) = match self.house {
            House::MultiSafepay => ("/orders", multisafepay_order(order, json!({}), &self.bank.callback_url)),
            House::WooshPay => (
                "/payment_intents",
                json!({
                    "amount": 2_500, "currency": "EUR", "confirm": true, "merchant_order_id": order,
                    "payment_method_data": {"type": "bancontact"}, "return_url": "https://shop.example/",
                }),
            ),
        };
        self.request("POST", path, order, &body)
    }

    async fn orders(&self, order: &str) -> u16 {
        self.bank.send(self.order(order)).await.status().as_u16()
    }

    async fn paid(&self, order: &str) {
        assert_eq!(self.orders(order).await, 200);
        self.tells(order, json!({"outcome": "paid", "notify": "drop"}), &NONE).await;
    }

    /// What the provider says of an order.
    async fn sees(&self, order: &str) -> Value {
        match self.house {
            House::MultiSafepay => self.gets(&format!("/orders/{order}")).await.1["data"].take(),
            House::WooshPay => {
                let path = format!("/payment_intents/search?query=merchant_order_id:%27{order}%27");
                self.gets(&path).await.1["data"].get(0).cloned().unwrap_or_default()
            }
        }
    }

    async fn refund(&self, order: &str, cents: i64, name: &str) -> Request<Body> {
        match self.house {
            House::MultiSafepay => {
                let body = json!({"currency": "EUR", "amount": cents, "refund_order_id": name});
                self.request("POST", &format!("/orders/{order}/refunds"), name, &body)
            }
            House::WooshPay => {
                let intent = self.sees(order).await["id"].take();
                let body = json!({"payment_intent": intent, "amount": cents.to_string()});
                self.request("POST", "/refunds", name, &body)
            }
        }
    }

    /// Refunds over the API; the provider's id of the refund.
    async fn refunds(&self, order: &str, cents: i64, name: &str) -> String {
        let response = self.bank.send(self.refund(order, cents, name).await).await;
        assert_eq!(response.status(), StatusCode::OK);
        let made: Value = serde_json::from_str(&text(response).await).unwrap();
        match self.house {
            House::MultiSafepay => made["data"]["refund_id"].to_string(),
            House::WooshPay => made["id"].as_str().unwrap().to_owned(),
        }
    }

    /// Where a refund is.
    async fn refund_is(&self, order: &str, id: &str) -> String {
        match self.house {
            House::MultiSafepay => {
                let shown = self.sees(order).await;
                let rows = shown["related_transactions"].as_array().unwrap();
                let row = rows.iter().find(|row| row["transaction_id"].as_i64() == id.parse().ok()).unwrap();
                row["status"].as_str().unwrap().to_owned()
            }
            House::WooshPay => {
                self.gets(&format!("/refunds/{id}")).await.1["status"].as_str().unwrap().to_owned()
            }
        }
    }

    /// Changes a payment, and expects its deliveries to be answered so.
    async fn tells(&self, order: &str, finish: Value, answered: &[&str]) {
        self.does(&format!("/sandbox/orders/{order}"), finish, answered).await;
    }

    async fn does(&self, path: &str, body: Value, answered: &[&str]) {
        let (status, sent) = self.bank.post(path, body).await;
        assert_eq!((status, &sent), (StatusCode::OK, &json!({ "callbacks": answered })), "{path}");
    }

    async fn faults_are(&self, faults: Value) {
        let (status, now) = self.bank.post("/sandbox/orders", faults.clone()).await;
        assert_eq!(status, StatusCode::OK, "{now}");
        for (name, value) in faults.as_object().unwrap() {
            assert_eq!(now[name], *value, "{name}");
        }
    }

    /// The states that notifications told of, in the order in which they came.
    fn told(&self) -> Vec<String> {
        let state = |told: &Value| match self.house {
            House::MultiSafepay => told["status"].as_str().unwrap().to_owned(),
            House::WooshPay => told["data"]["object"]["status"].as_str().unwrap().to_owned(),
        };
        self.bank.receiver.bodies().iter().map(state).collect()
    }

    fn verifies(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let verifies = |algorithm, message: String, tag: &str| {
            let key = hmac::Key::new(algorithm, self.secret.as_bytes());
            let message = [message.as_bytes(), body].concat();
            hmac::verify(&key, &message, &HEXLOWER.decode(tag.as_bytes()).unwrap()).is_ok()
        };
        match self.house {
            House::MultiSafepay => {
                let auth = BASE64.decode(headers["auth"].as_bytes()).unwrap();
                let auth = String::from_utf8(auth).unwrap();
                let (time, tag) = auth.split_once(':').unwrap();
                verifies(hmac::HMAC_SHA512, format!("{time}:"), tag)
            }
            House::WooshPay => {
                let said = headers["wooshpay-signature"].to_str().unwrap();
                let (time, tag) = said.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
                verifies(hmac::HMAC_SHA256, format!("{time}."), tag)
            }
        }
    }

    /// A request that is under way, and has had time to be answered.
    async fn begins(&self, request: Request<Body>) -> tokio::task::JoinHandle<u16> {
        let router = self.bank.sandbox.router();
        let asking = tokio::spawn(async move { router.oneshot(request).await.unwrap().status().as_u16() });
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        asking
    }
}

fn multisafepay_order(order: &str, change: Value, callback_url: &str) -> Value {
    let mut body = json!({
        "type": "redirect", "gateway": "MISTERCASH", "order_id": order, "currency": "EUR", "amount": 2_500,
        "description": "Pukkelfest",
        "payment_options": {"notification_url": callback_url, "notification_method": "POST"},
    });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

async fn at_both(scenario: impl AsyncFn(&Shop)) {
    for house in [House::MultiSafepay, House::WooshPay] {
        scenario(&Shop::at(house).await).await;
    }
}

#[tokio::test]
async fn a_notification_comes_signed_forged_bare_twice_or_never_as_one_says() {
    at_both(async |shop| {
        assert_eq!(shop.orders("a").await, 200);
        for (notify, answered, is_genuine) in [
            ("deliver", &["200"][..], true),
            ("drop", &NONE[..], true),
            ("twice", &["200", "200"][..], true),
            ("bad-signature", &["200"][..], false),
        ] {
            let before = shop.bank.receiver.came().len();
            shop.tells("a", json!({"outcome": "processing", "notify": notify}), answered).await;
            let came = shop.bank.receiver.came().split_off(before);
            assert_eq!(came.len(), answered.len(), "{notify}");
            for (headers, body) in &came {
                assert_eq!(shop.verifies(headers, body), is_genuine, "{notify}");
                assert_eq!(body, &came[0].1);
            }
        }
        shop.tells("a", json!({"outcome": "paid", "notify": "unsigned"}), &["200"]).await;
        let (headers, body) = shop.bank.receiver.came().pop().unwrap();
        assert!(!headers.contains_key("auth") && !headers.contains_key("wooshpay-signature"), "{headers:?}");
        match shop.house {
            House::MultiSafepay => assert!(body.is_empty(), "it is a GET"),
            House::WooshPay => assert_eq!(shop.told().pop().unwrap(), "succeeded"),
        }
    })
    .await;
}

#[tokio::test]
async fn held_notifications_are_sent_in_the_order_one_says_and_once() {
    at_both(async |shop| {
        let (waiting, paid) = match shop.house {
            House::MultiSafepay => ("uncleared", "completed"),
            House::WooshPay => ("processing", "succeeded"),
        };
        let release = "/sandbox/notices/release";
        let mut told: Vec<String> = Vec::new();
        for (order, release_order, states) in [
            ("a", json!({"order": "newest-first"}), [paid, waiting]),
            ("b", json!({"order": "oldest-first"}), [waiting, paid]),
            ("c", json!({}), [waiting, paid]),
        ] {
            assert_eq!(shop.orders(order).await, 200);
            shop.tells(order, json!({"outcome": "processing", "notify": "hold"}), &NONE).await;
            shop.tells(order, json!({"outcome": "paid", "notify": "hold"}), &NONE).await;
            assert_eq!(shop.told(), told, "nothing yet");
            shop.does(release, release_order, &["200", "200"]).await;
            told.extend(states.map(str::to_owned));
            assert_eq!(shop.told(), told);
            shop.does(release, json!({}), &NONE).await;
        }
        // One that comes after a later one.
        assert_eq!(shop.orders("d").await, 200);
        shop.tells("d", json!({"outcome": "processing", "notify": "hold"}), &NONE).await;
        shop.tells("d", json!({"outcome": "paid"}), &["200"]).await;
        shop.does(release, json!({}), &["200"]).await;
        told.extend([paid, waiting].map(str::to_owned));
        assert_eq!(shop.told(), told);
        let came = shop.bank.receiver.came();
        assert!(came.iter().all(|(headers, body)| shop.verifies(headers, body)));
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_for_is_made_while_its_answer_hangs_or_is_lost() {
    at_both(async |shop| {
        shop.faults_are(json!({"answers_hang": true})).await;
        let asking = shop.begins(shop.order("a")).await;
        assert!(!asking.is_finished());
        assert_eq!(shop.sees("a").await["amount"], 2_500, "it is made");
        shop.faults_are(json!({})).await;
        assert_eq!(asking.await.unwrap(), 200, "late");

        shop.faults_are(json!({"answers_lost": true})).await;
        assert_eq!(shop.orders("b").await, 504);
        assert_eq!(shop.sees("b").await["amount"], 2_500, "it is made");
        shop.faults_are(json!({})).await;

        for (order, fault) in [("a", "answers_hang"), ("b", "answers_lost")] {
            shop.tells(order, json!({"outcome": "paid", "notify": "drop"}), &NONE).await;
            shop.faults_are(json!({ fault: true })).await;
            let asking = shop.begins(shop.refund(order, 1_000, "first").await).await;
            assert_eq!(asking.is_finished(), fault == "answers_lost");
            shop.faults_are(json!({})).await;
            assert_eq!(asking.await.unwrap(), if fault == "answers_lost" { 504 } else { 200 });
            let path = format!("/sandbox/orders/{order}/refunds");
            let (rest, _) = shop.bank.post(&path, json!({"amount_cents": 2_000})).await;
            assert_eq!(rest, StatusCode::CONFLICT, "it is made: not that much is left");
        }
    })
    .await;
}

#[tokio::test]
async fn a_reserved_refund_is_completed_or_refused_and_told_of() {
    at_both(async |shop| {
        let (reserved, done, refused) = match shop.house {
            House::MultiSafepay => ("reserved", "completed", "void"),
            House::WooshPay => ("pending", "succeeded", "failed"),
        };
        shop.paid("a").await;
        let finish = "/sandbox/orders/a/refunds/finish";
        let (status, problem) = shop.bank.post(finish, json!({"outcome": "completed"})).await;
        assert_eq!(
            (status, &problem["type"]),
            (StatusCode::NOT_FOUND, &json!("urn:polsband:problem:unknown-refund"))
        );

        shop.faults_are(json!({"refunds_stay_reserved": true})).await;
        let first = shop.refunds("a", 1_000, "first").await;
        assert_eq!(shop.refund_is("a", &first).await, reserved);
        assert!(shop.told().is_empty(), "who asked over the API was answered");
        shop.does(finish, json!({"outcome": "refused", "refund": first}), &["200"]).await;
        assert_eq!(shop.refund_is("a", &first).await, refused);
        assert_eq!(shop.bank.post(finish, json!({"outcome": "completed"})).await.0, StatusCode::NOT_FOUND);

        // What was refused can be sent back after all.
        let second = shop.refunds("a", 2_500, "second").await;
        assert_eq!(shop.refund_is("a", &second).await, reserved);
        let other = shop.bank.post(finish, json!({"outcome": "completed", "refund": first})).await;
        assert_eq!(other.0, StatusCode::NOT_FOUND, "that one is over");
        shop.does(finish, json!({"outcome": "completed", "notify": "bad-signature"}), &["200"]).await;
        assert_eq!(shop.refund_is("a", &second).await, done);
        let (headers, body) = shop.bank.receiver.came().pop().unwrap();
        assert!(!shop.verifies(&headers, &body));
        let last = shop.told().pop().unwrap();
        assert_eq!(last, if shop.house == House::MultiSafepay { "refunded" } else { done });

        shop.faults_are(json!({})).await;
        shop.paid("b").await;
        let at_once = shop.refunds("b", 1_000, "third").await;
        assert_eq!(shop.refund_is("b", &at_once).await, done);
        shop.paid("c").await;
        shop.does(
            "/sandbox/orders/c/refunds",
            json!({"amount_cents": 700, "notify": "twice"}),
            &["200", "200"],
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn outages_short_pages_and_a_search_that_lags_stand_until_they_are_cleared() {
    at_both(async |shop| {
        for order in ["a", "b", "c"] {
            assert_eq!(shop.orders(order).await, 200);
        }
        let list = match shop.house {
            House::MultiSafepay => "/transactions",
            House::WooshPay => "/payment_intents",
        };
        let rows = async || shop.gets(list).await.1["data"].as_array().map_or(0, Vec::len);
        assert_eq!(rows().await, 3);
        shop.faults_are(json!({"page_rows": 2})).await;
        assert_eq!(rows().await, 2);
        let page = shop.gets(list).await.1;
        let next = match shop.house {
            House::MultiSafepay => format!("?after={}", page["pager"]["cursor"]["after"].as_str().unwrap()),
            House::WooshPay => format!("?starting_after={}", page["data"][1]["id"].as_str().unwrap()),
        };
        let rest = shop.gets(&format!("{list}{next}")).await.1;
        assert_eq!(rest["data"].as_array().unwrap().len(), 1);

        shop.faults_are(json!({"unavailable": true})).await;
        assert_eq!(shop.gets(list).await.0, 503);
        shop.faults_are(json!({"silent": true})).await;
        let asking = shop.begins(shop.order("d")).await;
        assert!(!asking.is_finished() && shop.bank.sandbox.orders().made().len() == 3, "nothing is made");
        shop.faults_are(json!({"multisafepay_key_ended": true})).await;
        let is_refused = shop.house == House::MultiSafepay;
        assert_eq!(asking.await.unwrap(), if is_refused { 401 } else { 200 });
        shop.faults_are(json!({"search_lags": true})).await;
        let is_found = !shop.sees("a").await.is_null();
        assert_eq!(is_found, shop.house == House::MultiSafepay);
        shop.faults_are(json!({})).await;
        assert!(!shop.sees("a").await.is_null());
        assert_eq!(rows().await, if is_refused { 3 } else { 4 });
    })
    .await;
}

#[tokio::test]
async fn multisafepay_refuses_with_its_own_numbers_and_tells_of_an_order_no_way_to_pay_it() {
    let shop = Shop::at(House::MultiSafepay).await;
    let url = &shop.bank.callback_url;
    let makes = async |change: Value| {
        let body = multisafepay_order("a", change, url);
        let (status, answer) = shop.asks("POST", "/orders", "", body).await;
        assert_eq!((status, &answer["success"]), (400, &json!(false)), "{answer}");
        answer["error_code"].as_i64().unwrap()
    };
    for (change, number) in [
        (json!({"amount": 0}), 1001),
        (json!({"amount": "much"}), 1001),
        (json!({"currency": "USD"}), 1002),
        (json!({"order_id": "x".repeat(51)}), 1006),
        (json!({"description": ""}), 1008),
        (json!({"description": "x".repeat(201)}), 1008),
        (json!({"order_id": null}), 1016),
        (json!({"type": "direct"}), 1023),
        (json!({"gateway": "IDEAL"}), 1023),
    ] {
        assert_eq!(makes(change.clone()).await, number, "{change}");
    }
    let made = shop.asks("POST", "/orders", "", multisafepay_order("a", json!({}), url)).await.1;
    assert!(made["data"]["payment_url"].as_str().unwrap().ends_with("/pay/a"), "{made}");
    assert_eq!(makes(json!({})).await, 1006, "its id was used");
    assert_eq!(shop.sees("a").await.get("payment_url"), None);
    let (status, unknown) = shop.gets("/orders/b").await;
    assert_eq!((status, &unknown["error_code"]), (404, &json!(1006)));

    let refunds = async |body: Value| {
        let (status, answer) = shop.asks("POST", "/orders/a/refunds", "", body).await;
        (status, answer["error_code"].as_i64().unwrap_or_default())
    };
    let five = json!({"currency": "EUR", "amount": 500});
    assert_eq!(refunds(five.clone()).await, (400, 1034), "it is not paid");
    shop.tells("a", json!({"outcome": "paid", "notify": "drop"}), &NONE).await;
    assert_eq!(refunds(json!({"amount": 500})).await, (400, 1002));
    assert_eq!(refunds(json!({"currency": "EUR", "amount": -1})).await, (400, 1001));
    assert_eq!(refunds(json!({"currency": "EUR", "amount": 2_501})).await, (400, 1034), "more than was paid");
    assert_eq!(refunds(five.clone()).await, (200, 0));
    assert_eq!(refunds(five.clone()).await, (400, 1034), "the same amount within five minutes");
    shop.bank.clock.advance(Duration::from_secs(5 * 60));
    assert_eq!(refunds(five.clone()).await, (200, 0));
    assert_eq!(refunds(json!({"currency": "EUR", "amount": 0})).await, (200, 0), "all that is left");
    assert_eq!(shop.sees("a").await["amount_refunded"], 2_500);
    assert_eq!(refunds(five).await, (400, 1034), "it was refunded");
}

#[tokio::test]
async fn a_renewed_key_of_multisafepay_opens_and_signs_in_place_of_the_old_one() {
    let mut shop = Shop::at(House::MultiSafepay).await;
    assert_eq!(shop.orders("a").await, 200);
    let (_, renewed) = shop.bank.post("/sandbox/multisafepay/key", json!({})).await;
    assert_eq!(shop.gets("/orders/a").await.1["error_code"], 1032);
    shop.tells("a", json!({"outcome": "paid"}), &["200"]).await;
    let (headers, body) = shop.bank.receiver.came().pop().unwrap();
    assert!(!shop.verifies(&headers, &body));
    shop.secret = renewed["api_key"].as_str().unwrap().to_owned();
    assert!(shop.verifies(&headers, &body));
}

#[tokio::test]
async fn what_a_control_cant_read_or_do_is_refused_with_what_was_wrong() {
    at_both(async |shop| {
        assert_eq!(shop.orders("a").await, 200);
        for (path, body, status, said) in [
            ("/sandbox/orders", json!({"lag": 1}), 422, "unknown field `lag`"),
            ("/sandbox/orders", json!({"silent": "yes"}), 422, "\"yes\""),
            ("/sandbox/orders", json!({"page_rows": 0}), 422, "page_rows"),
            ("/sandbox/orders", json!({"page_rows": -2}), 422, "-2"),
            ("/sandbox/orders", json!([]), 422, "JSON object"),
            ("/sandbox/orders/a", json!({}), 422, "outcome"),
            ("/sandbox/orders/a", json!({"outcome": "won"}), 422, "unknown variant `won`"),
            (
                "/sandbox/orders/a",
                json!({"outcome": "paid", "notify": "pigeon"}),
                422,
                "unknown variant `pigeon`",
            ),
            ("/sandbox/orders/a", json!({"outcome": "paid", "tip": 1}), 422, "unknown field `tip`"),
            ("/sandbox/orders/a", json!({"outcome": "paid", "currency": "dollars"}), 422, "currency"),
            ("/sandbox/orders/b", json!({"outcome": "paid"}), 404, "no such order"),
            ("/sandbox/orders/a", json!({"outcome": "charged-back"}), 409, "not paid"),
            ("/sandbox/orders/a/refunds", json!({}), 422, "amount_cents"),
            ("/sandbox/orders/a/refunds", json!({"amount_cents": 0}), 422, "amount_cents is 0"),
            ("/sandbox/orders/a/refunds", json!({"amount_cents": 1.5}), 422, "1.5"),
            ("/sandbox/orders/a/refunds", json!({"amount_cents": 1}), 409, "not paid"),
            ("/sandbox/orders/b/refunds", json!({"amount_cents": 1}), 404, "no such order"),
            ("/sandbox/orders/a/refunds/finish", json!({}), 422, "outcome"),
            ("/sandbox/orders/a/refunds/finish", json!({"outcome": "done"}), 422, "unknown variant `done`"),
            ("/sandbox/orders/a/refunds/finish", json!({"outcome": "refused"}), 404, "no refund"),
            ("/sandbox/orders/b/refunds/finish", json!({"outcome": "refused"}), 404, "no such order"),
            ("/sandbox/notices/release", json!({"order": "shuffled"}), 422, "unknown variant `shuffled`"),
            ("/sandbox/notices/release", json!({"newest": true}), 422, "unknown field `newest`"),
        ] {
            let (got, problem) = shop.bank.post(path, body.clone()).await;
            assert_eq!(got.as_u16(), status, "{path} {body}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(said), "{path} {body}: {problem}");
        }
        assert!(shop.bank.receiver.came().is_empty());
        let before = shop.sees("a").await;
        let word = if shop.house == House::MultiSafepay { "initialized" } else { "requires_action" };
        assert_eq!(before["status"], word, "nothing was changed");
    })
    .await;
}

#[tokio::test]
async fn wooshpay_tells_of_another_amount_that_came_in_and_multisafepay_of_none() {
    at_both(async |shop| {
        for order in ["a", "b"] {
            assert_eq!(shop.orders(order).await, 200);
        }
        let less = json!({"outcome": "paid", "received_cents": 2_000});
        let form = |received: &str| {
            let request = Request::builder().method("POST").uri("/pay/b/paid");
            let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            request.body(Body::from(format!("notify=deliver&received={received}"))).unwrap()
        };
        let page = Request::builder().uri("/pay/b").body(Body::empty()).unwrap();
        let page = text(shop.bank.send(page).await).await;
        assert_eq!(page.contains("name=\"received\""), shop.house == House::WooshPay, "{page}");
        if shop.house == House::MultiSafepay {
            assert_eq!(shop.bank.post("/sandbox/orders/a", less).await.0, StatusCode::CONFLICT);
            assert_eq!(shop.bank.send(form("12,50")).await.status(), StatusCode::CONFLICT);
            return;
        }
        shop.tells("a", less, &["200"]).await;
        assert_eq!(shop.bank.send(form("twelve")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let below = json!({"outcome": "paid", "received_cents": -5});
        let (status, refused) = shop.bank.post("/sandbox/orders/b", below).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused["detail"].as_str().unwrap().contains("0 or more"), "{refused}");
        assert_eq!(shop.bank.send(form("-0,05")).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(shop.sees("b").await["status"], "requires_action", "nothing was changed");
        assert_eq!(shop.bank.send(form("12,50")).await.status(), StatusCode::SEE_OTHER);
        for (order, cents) in [("a", 2_000), ("b", 1_250)] {
            let seen = shop.sees(order).await;
            assert_eq!((&seen["amount"], &seen["amount_received"]), (&json!(2_500), &json!(cents)));
            let (_, stands) = shop.bank.json("GET", &format!("/sandbox/orders/{order}"), None, None).await;
            assert_eq!(stands["received_cents"], json!(cents));
        }
        let told = shop.bank.receiver.bodies().pop().unwrap();
        assert_eq!(told["data"]["object"]["amount_received"], json!(1_250));
        // No more goes back than came in.
        let refund = shop.bank.post("/sandbox/orders/a/refunds", json!({"amount_cents": 2_001})).await;
        assert_eq!(refund.0, StatusCode::CONFLICT);
    })
    .await;
}

#[tokio::test]
async fn before_it_has_a_webhook_wooshpay_tells_nobody() {
    let mut shop = Shop { bank: Bank::start().await, house: House::WooshPay, secret: String::new() };
    assert_eq!(shop.orders("a").await, 200);
    shop.tells("a", json!({"outcome": "processing"}), &NONE).await;
    shop.tells("a", json!({"outcome": "processing", "notify": "hold"}), &NONE).await;
    shop.does("/sandbox/notices/release", json!({}), &NONE).await;
    shop.secret = shop.bank.sandbox.orders().register_webhook(&shop.bank.callback_url);
    shop.tells("a", json!({"outcome": "paid"}), &["200"]).await;
    let (headers, body) = shop.bank.receiver.came().remove(0);
    assert!(shop.verifies(&headers, &body));
}

#[tokio::test]
async fn a_restart_on_the_same_folder_keeps_orders_refunds_the_webhook_and_the_renewed_key() {
    for house in [House::MultiSafepay, House::WooshPay] {
        let folder = tempfile::tempdir().unwrap();
        let shop = Shop::at_in(house, Some(folder.path())).await;
        assert_eq!(shop.orders("a").await, 200);
        shop.paid("b").await;
        let refund = shop.refunds("b", 500, "back").await;
        let (open, paid) = (shop.sees("a").await, shop.sees("b").await);

        let shop = shop.after_a_restart(folder.path());
        assert_eq!((shop.sees("a").await, shop.sees("b").await), (open, paid), "{house:?}");
        assert_ne!(shop.refund_is("b", &refund).await, "reserved");
        let again = if house == House::WooshPay { 200 } else { 400 };
        assert_eq!(shop.orders("a").await, again, "the order's name was taken before");
        assert_eq!(shop.orders("c").await, 200);
        assert_ne!(shop.sees("c").await, shop.sees("b").await);
        shop.tells("a", json!({"outcome": "paid"}), &["200"]).await;
        let (headers, body) = shop.bank.receiver.came().pop().unwrap();
        assert!(shop.verifies(&headers, &body), "{house:?}");
        let stands = shop.bank.json("GET", "/sandbox/orders/b", None, None).await.1;
        assert_eq!(stands["refunded_cents"], 500);
    }
    let folder = tempfile::tempdir().unwrap();
    let mut shop = Shop::at_in(House::MultiSafepay, Some(folder.path())).await;
    assert_eq!(shop.orders("a").await, 200);
    let (_, renewed) = shop.bank.post("/sandbox/multisafepay/key", json!({})).await;
    shop.secret = renewed["api_key"].as_str().unwrap().to_owned();
    let shop = shop.after_a_restart(folder.path());
    assert_eq!(shop.orders("b").await, 401, "the old key opens nothing");
    shop.tells("a", json!({"outcome": "paid"}), &["200"]).await;
    let (headers, body) = shop.bank.receiver.came().pop().unwrap();
    assert!(shop.verifies(&headers, &body));
}

#[tokio::test]
async fn another_amount_or_currency_than_ordered_is_told_and_an_order_is_shown_as_it_stands() {
    at_both(async |shop| {
        assert_eq!(shop.orders("a").await, 200);
        let stands = async || shop.bank.json("GET", "/sandbox/orders/a", None, None).await.1;
        let before = stands().await;
        assert_eq!((&before["outcome"], &before["amount_cents"]), (&json!("open"), &json!(2_500)));
        let other = json!({"outcome": "paid", "amount_cents": 2_000, "currency": "USD"});
        shop.tells("a", other, &["200"]).await;
        let told = shop.bank.receiver.bodies().pop().unwrap();
        let told = if shop.house == House::WooshPay { &told["data"]["object"] } else { &told };
        let seen = shop.sees("a").await;
        for said in [told, &seen] {
            assert_eq!((&said["amount"], &said["currency"]), (&json!(2_000), &json!("USD")));
        }
        let refund = shop.bank.post("/sandbox/orders/a/refunds", json!({"amount_cents": 300})).await;
        assert_eq!(refund.0, StatusCode::OK);
        let after = stands().await;
        let provider = if shop.house == House::WooshPay { "wooshpay" } else { "multisafepay" };
        assert_eq!((&after["provider"], &after["outcome"]), (&json!(provider), &json!("paid")));
        assert_eq!((&after["currency"], &after["refunded_cents"]), (&json!("USD"), &json!(300)));
        let one = &after["refunds"][0];
        assert_eq!((&one["amount_cents"], &one["state"]), (&json!(300), &json!("completed")));
        assert_eq!(shop.bank.json("GET", "/sandbox/orders/b", None, None).await.0, StatusCode::NOT_FOUND);
    })
    .await;
}
