//! What holds at every address: health, metrics, paths that lead nowhere, bodies that are none.

use super::House;
use crate::audit_log::Actor;
use crate::clock::Timestamp;
use crate::db::testing::on_both_engines;
use crate::events;
use crate::providers::{OrderId, ProviderName};
use crate::sandbox::orders::{OrderFaults, Outcome};
use crate::web::{App, Surface, body, envelope, router};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::middleware::from_fn;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

#[tokio::test]
async fn the_service_says_that_it_lives_and_whether_its_database_does() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        let anyone = house.anonymous();
        assert_eq!(anyone.gets("/healthz").await.is(200), json!({ "status": "ok" }));
        assert_eq!(anyone.gets("/readyz").await.is(200), json!({ "status": "ready" }));
        store.close().await;
        house.festival.clock.advance(Duration::from_secs(1));
        anyone.gets("/readyz").await.refused(503, "unavailable");
        anyone.gets("/healthz").await.is(200);
    })
    .await;
}

#[tokio::test]
async fn the_bare_address_leads_on_and_a_form_s_address_says_that_it_is_one() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let anyone = house.anonymous();
        assert_eq!(anyone.gets("/").await.header("location"), "/console");
        let person = [("accept", "text/html,*/*")];
        let opened = async |path: &'static str| anyone.sends(Method::GET, path, &person, Body::empty()).await;
        // In a visitor's own language, whatever they did with the address bar.
        assert_eq!(opened("/w/unfreeze").await.header("location"), "/w");
        for path in ["/console/sign-out", "/console/pukkelfest/books/audit"] {
            let answer = opened(path).await;
            assert!(answer.header("allow").contains("POST"), "{path}");
            assert!(answer.page(405).contains("Only a form leads here"), "{path}");
            anyone.gets(path).await.refused(405, "method-not-allowed");
        }
        opened("/nowhere").await.page(404);
        for (asked, leads) in [
            ("/console/", "/console"),
            ("/console/pukkelfest/?day=3", "/console/pukkelfest?day=3"),
            ("/terminal/", "/terminal"),
            ("/w/x/", "/w/x"),
            // As it is printed.
            ("/W/PB1X/", "/W/PB1X"),
            ("/T/x/", "/T/x"),
            ("/t/x//", "/t/x"),
        ] {
            assert_eq!(opened(asked).await.header("location"), leads, "{asked}");
        }
        // To no other host, and nothing but pages.
        for wrong in ["//evil.example/", "//console/", "/consolation/", "/api/v1/events/"] {
            opened(wrong).await.page(404);
        }
        anyone.sends(Method::POST, "/console/", &person, Body::empty()).await.page(404);
    })
    .await;
}

#[tokio::test]
async fn metrics_answer_this_machine_and_listed_networks_only() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        super::super::measure();
        for welcome in ["127.0.0.1:1", "[::1]:1", "192.0.2.9:1"] {
            let answer = house.anonymous_at(welcome).gets("/metrics").await;
            assert!(answer.header("content-type").starts_with("text/plain"));
            answer.is(200);
        }
        house.anonymous().gets("/metrics").await.refused(403, "not-allowed");
        for (peer, claimed, welcome) in [
            ("127.0.0.1:1", "203.0.113.9", false),
            ("203.0.113.9:1", "127.0.0.1", false),
            ("10.0.0.1:1", "203.0.113.9", false),
            ("10.0.0.1:1", "192.0.2.9", true),
        ] {
            let through = house.anonymous_at(peer);
            let answer =
                through.sends(Method::GET, "/metrics", &[("x-forwarded-for", claimed)], Body::empty()).await;
            assert_eq!(answer.status.is_success(), welcome, "{peer} for {claimed}");
        }
        let callback = house.paid_20_euros().await;
        house.anonymous().calls_back("pukkelfest", &callback).await.is(200);
        house.anonymous().posts("/callbacks/bancontact/pukkelfest", json!({})).await.is(401);
        house.with_account(ProviderName::MultiSafepay).await;
        let order = house.ordered("5").await;
        house.bank_says(order, Outcome::Paid).await;
        let bank = house.festival.bank.orders();
        for faults in [
            OrderFaults { multisafepay_key_ended: true, ..OrderFaults::default() },
            OrderFaults { unavailable: true, ..OrderFaults::default() },
            OrderFaults::default(),
        ] {
            bank.change_faults(faults);
            house.orders(OrderId::draw(), "5").await;
        }
        house.festival.clock.advance(Duration::from_secs(3600));
        house.follows_orders().await;
        let text = house.anonymous_at("127.0.0.1:1").gets("/metrics").await.is(200);
        let text = text.as_str().unwrap();
        for name in [
            "polsband_callbacks_total{provider=\"bancontact\",result=\"credited\"}",
            "polsband_callbacks_total{provider=\"multisafepay\",result=\"credited\"}",
            "polsband_callbacks_refused_total{provider=\"bancontact\",check=\"form\"}",
            "polsband_orders_total{provider=\"multisafepay\",result=\"made\"}",
            "polsband_orders_total{provider=\"multisafepay\",result=\"refused\"}",
            "polsband_orders_total{provider=\"multisafepay\",result=\"unanswered\"}",
            "polsband_orders_total{provider=\"multisafepay\",result=\"expired\"}",
            "polsband_settle_seconds_bucket{provider=\"bancontact\"",
            "polsband_last_callback_age_seconds{event=\"pukkelfest\",provider=\"bancontact\"}",
            "polsband_last_callback_age_seconds{event=\"pukkelfest\",provider=\"multisafepay\"}",
            "polsband_lane_batch_requests_count",
            "polsband_lane_wait_seconds_count",
            "polsband_lane_commit_seconds_count",
        ] {
            assert!(text.contains(name), "{name} is not in\n{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_order_that_ends_is_counted_by_how_it_did() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        super::super::measure();
        house.with_account(ProviderName::MultiSafepay).await;
        let counted = async |result: &str| {
            let text = house.anonymous_at("127.0.0.1:1").gets("/metrics").await.is(200);
            let name = format!("polsband_orders_total{{provider=\"multisafepay\",result=\"{result}\"}} ");
            let line = text.as_str().unwrap().lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
            line.unwrap_or(0_u64)
        };
        for (outcome, result) in
            [(Outcome::Paid, "credited"), (Outcome::Expired, "expired"), (Outcome::Declined, "failed")]
        {
            let before = counted(result).await;
            let order = house.ordered("5").await;
            house.bank_says(order, outcome).await;
            // Other tests may count meanwhile.
            assert!(counted(result).await > before, "{result}");
        }
        let before = counted("expired").await;
        house.ordered("5").await;
        house.festival.clock.advance(Duration::from_secs(3600));
        house.follows_orders().await;
        assert!(counted("expired").await > before);
    })
    .await;
}

#[tokio::test]
async fn the_age_of_an_events_last_callback_is_known_from_the_start_and_until_the_event_closes() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let clock = &house.festival.clock;
        let measured = async |app: App, name: &str| {
            let router = router(app, Surface::ALL);
            let here = super::Anonymous { router: &router, peer: "127.0.0.1:1".parse().unwrap() };
            let text = here.gets("/metrics").await.is(200);
            let labels = "event=\"pukkelfest\",provider=\"bancontact\"";
            let line = format!("polsband_last_callback_{name}_seconds{{{labels}}} ");
            text.as_str().unwrap().lines().find_map(|found| Some(found.strip_prefix(&line)?.to_owned()))
        };
        let again = || House::app_of(&house.festival);
        clock.advance(Duration::from_secs(60));
        let never = measured(house.app.clone(), "age").await.expect("an alarm needs something to watch");
        assert!(never.parse::<f64>().unwrap() >= 60.0, "{never}");
        assert_eq!(measured(house.app.clone(), "timestamp").await, None);
        let callback = house.paid_20_euros().await;
        house.anonymous().calls_back("pukkelfest", &callback).await.is(200);
        clock.advance(Duration::from_millis(90_500));
        for app in [house.app.clone(), again()] {
            assert_eq!(measured(app, "age").await.as_deref(), Some("90.500"));
        }
        let at = clock.now().since(Timestamp(0)) - Duration::from_millis(90_500);
        let at = format!("{}.{:03}", at.as_secs(), at.subsec_millis());
        assert_eq!(measured(again(), "timestamp").await, Some(at));
        let actor = Actor::System("test");
        events::close(&house.festival.store, &actor, clock.now(), "pukkelfest").await.unwrap();
        for app in [house.app.clone(), again()] {
            assert_eq!(measured(app, "age").await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_provider_that_an_event_is_given_later_is_waited_for_from_then_on() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.festival.clock.advance(Duration::from_secs(7_200));
        house.with_account(ProviderName::MultiSafepay).await;
        house.festival.clock.advance(Duration::from_secs(60));
        let text = house.anonymous_at("127.0.0.1:1").gets("/metrics").await.is(200);
        let line = "polsband_last_callback_age_seconds{event=\"pukkelfest\",provider=\"multisafepay\"} ";
        let age = text.as_str().unwrap().lines().find_map(|found| found.strip_prefix(line));
        assert_eq!(age, Some("60.000"));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_leads_nowhere_answers_with_a_problem() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let anyone = house.anonymous();
        anyone.gets("/elsewhere").await.refused(404, "not-found");
        let page = anyone
            .sends(Method::GET, "/elsewhere", &[("accept", "text/html,*/*;q=0.8")], Body::empty())
            .await;
        assert_eq!(page.status, 404);
        assert!(page.body.as_str().is_some_and(|text| text.contains("<h1>")), "a person gets a page");
        anyone.gets("/api/v2/charges").await.refused(404, "not-found");
        let answer = anyone.posts("/healthz", json!({})).await;
        assert_eq!(answer.header("allow"), "GET,HEAD");
        answer.refused(405, "method-not-allowed");
    })
    .await;
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[allow(dead_code, reason = "read by serde")]
    name: String,
    #[allow(dead_code, reason = "read by serde")]
    lines: Vec<Line>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[allow(dead_code, reason = "read by serde")]
    amount_cents: i64,
}

async fn order(body::Json(_): body::Json<Order>) {}

async fn stumble() {
    panic!("a secret");
}

fn odd_router() -> Router {
    let routes = Router::new().route("/order", post(order)).route("/stumble", post(stumble));
    routes.layer(from_fn(envelope::around))
}

async fn order_of(bytes: impl Into<Vec<u8>>) -> super::Answer {
    let request = Request::post("/order").header("content-type", "application/json; charset=utf-8");
    let request = request.body(Body::from(bytes.into())).unwrap();
    super::Answer::of(odd_router().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn a_body_that_is_not_what_it_should_be_is_refused_with_the_field() {
    order_of(r#" {"name": "é", "lines": [{"amount_cents": 1}]} "#).await.is(200);
    for (wrong, name, field) in [
        (r#"{"name": "a"}"#, "invalid-request", json!("lines")),
        (r#"{"name": 3, "lines": []}"#, "invalid-request", json!("name")),
        (r#"{"name": "a", "lines": [], "more": 1}"#, "invalid-request", json!("more")),
        (r#"{"name": "a", "name": "b", "lines": []}"#, "invalid-request", json!("name")),
        (r#"{"name": "a", "lines": [{}]}"#, "invalid-amount", json!("lines[0].amount_cents")),
        (
            r#"{"name": "a", "lines": [{"amount_cents": 1.5}]}"#,
            "invalid-amount",
            json!("lines[0].amount_cents"),
        ),
        (
            r#"{"name": "a", "lines": [{"amount_cents": "1"}]}"#,
            "invalid-amount",
            json!("lines[0].amount_cents"),
        ),
        (
            r#"{"name": "a", "lines": [{"amount_cents": 9223372036854775808}]}"#,
            "invalid-amount",
            json!("lines[0].amount_cents"),
        ),
        (r#"["a", []]"#, "invalid-request", Value::Null),
        ("null", "invalid-request", Value::Null),
    ] {
        let problem = order_of(wrong).await.refused(422, name);
        assert_eq!(problem["field"], field, "{wrong}: {problem}");
    }
    for wrong in ["", "{", "{\"name\": \"a\"", "{} {}", "{\"name\": 3, \"lines\": [}"] {
        order_of(wrong).await.refused(400, "invalid-json");
    }
    order_of(b"{\"name\": \"\xff\", \"lines\": []}").await.refused(400, "invalid-json");
    order_of("[".repeat(100_000)).await.refused(400, "invalid-json");
    order_of(" ".repeat(body::API_BODY_BYTES_MAX + 1)).await.refused(413, "body-too-large");
    order_of(" ".repeat(body::API_BODY_BYTES_MAX * 20)).await.refused(413, "body-too-large");
}

#[tokio::test]
async fn a_panic_is_an_answer_without_its_words() {
    let request = Request::post("/stumble").body(Body::empty()).unwrap();
    let answer = super::Answer::of(odd_router().oneshot(request).await.unwrap()).await;
    let problem = answer.refused(500, "internal");
    assert!(!problem.to_string().contains("secret"));
}
