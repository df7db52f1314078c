//! A festival's first page: what moved, what is odd, and how it is sent to whoever watches.

use crate::audit_log::Actor;
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::events::{self, Rules};
use crate::operators::Role;
use crate::providers::ProviderName;
use crate::sandbox::orders::{MULTISAFEPAY_KEY, OrderFaults};
use crate::sandbox::{CallbackMode, Status};
use crate::web::client::Peer;
use crate::web::tests::House;
use axum::body::Body;
use axum::http::Request;
use futures_util::{Stream, StreamExt};
use serde_json::json;
use std::time::Duration;
use tower::ServiceExt;

const TODAY: &str = "/console/pukkelfest";
const LIVE: &str = "/console/pukkelfest/live";

/// A row of the table of bars, as a page has it.
fn row(name: &str, sales: i64, today: &str, in_all: &str) -> String {
    format!(
        "<th scope=\"row\" class=\"name\">{name}</th><td class=\"amount\" data-label=\"Sales today\">{sales}</td>\
         <td class=\"amount\" data-label=\"Today\">{today}</td>\
         <td class=\"amount\" data-label=\"In all\">{in_all}</td>"
    )
}

impl House {
    /// Somebody pays a code of ours that was never printed.
    async fn pays_nobody(&self, cents: i64) {
        let nobodys = Reference::draw(&mut rand::rng());
        let stranger = self.festival.bands[0].qr_text.replace(self.reference(0), nobodys.as_str());
        let callback = self.paid(&stranger, cents, CallbackMode::Deliver, Status::Succeeded).await;
        self.anonymous().calls_back("pukkelfest", &callback).await.is(200);
    }

    /// What is sent to whoever watches with this cookie.
    async fn watched(&self, cookie: &str) -> (u16, impl Stream<Item = String> + Unpin + use<>) {
        let request = Request::get(LIVE).header("cookie", cookie).body(Body::empty());
        let mut request = request.unwrap();
        request.extensions_mut().insert(Peer("203.0.113.7:5000".parse().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        if status == 200 {
            assert_eq!(response.headers()["content-type"], "text/event-stream");
        }
        let chunks = response.into_body().into_data_stream();
        let texts = chunks.map(|chunk| String::from_utf8(chunk.unwrap().to_vec()).unwrap());
        (status, texts.map(|text| text.replace("€\u{a0}", "€ ")).boxed())
    }
}

#[tokio::test]
async fn the_first_page_shows_what_moved_where_and_what_waits() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 10_000).await;
        house.pays_nobody(700).await;
        let (north, south) = (house.bar("Bar north").await, house.bar("Bar south").await);
        for cents in [350, 250] {
            north.charges(house.pay_code(0), cents).await.is(201);
        }
        let sold = south.charges(house.pay_code(0), 400).await.is(201);
        let organiser = house.person(Role::Organiser).await;
        let page = organiser.sees(TODAY).await;
        for part in ["€ 100,00", "€ 10,00", "€ 90,00", "€ 7,00", "1 matter waits", "2 online, 0 quiet"]
        {
            // Terminals were heard of, and it is not written yet.
            assert!(page.contains(part) || part.contains("online"), "{part} is not in {page}");
        }
        assert!(page.contains("0 online, 2 quiet") && page.contains("never heard of"));
        assert!(page.contains(&row("Bar north", 2, "€ 6,00", "€ 6,00")), "{page}");
        assert!(page.contains("in the last hour 3 of € 10,00"), "{page}");
        assert!(page.contains("aria-label=\"Charges per minute: "));
        // A void is taken off where the sale was, whoever takes it back.
        let path = format!("/api/v1/charges/{}/void", sold["id"].as_str().unwrap());
        house.office(Role::HelpDesk).await.posts(&path, json!({"reason": "spilled"})).await.is(200);
        house.app.write_sightings().await;
        let page = organiser.sees(TODAY).await;
        assert!(page.contains(&row("Bar south", 0, "€ 0,00", "€ 0,00")), "{page}");
        assert!(page.contains("€ 94,00") && page.contains("2 online, 0 quiet"), "{page}");
        // The next morning nothing was sold today; what was sold stays.
        house.festival.clock.advance(Duration::from_secs(14 * 3600));
        let page = house.person(Role::Finance).await.sees(TODAY).await;
        assert!(page.contains(&row("Bar north", 0, "€ 0,00", "€ 6,00")), "{page}");
        assert!(page.contains("0 online, 2 quiet") && page.contains("in the last hour 0 of € 0,00"));
        house.festival.expect_clean_books().await;
    })
    .await;
}

#[tokio::test]
async fn bars_that_sell_while_no_callback_comes_are_warned_of() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 10_000).await;
        let (bar, organiser) = (house.bar("Bar 1").await, house.person(Role::Organiser).await);
        let warned = async || organiser.sees(TODAY).await.contains("no top-up is reported");
        house.festival.clock.advance(Duration::from_secs(16 * 60));
        for _ in 0..9 {
            bar.charges(house.pay_code(0), 100).await.is(201);
        }
        assert!(!warned().await, "a few sales prove nothing");
        bar.charges(house.pay_code(0), 100).await.is(201);
        assert!(warned().await);
        house.tops_up(0, 100).await;
        assert!(!warned().await);
    })
    .await;
}

#[tokio::test]
async fn a_refused_key_is_named_with_its_provider_at_once_on_the_first_page_and_beside_the_run() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.with_account(ProviderName::MultiSafepay).await;
        let (organiser, office) = (house.person(Role::Organiser).await, house.office(Role::Finance).await);
        let bank = house.festival.bank.orders();
        assert!(!organiser.sees(TODAY).await.contains("The last comparison failed"));
        bank.change_faults(OrderFaults { multisafepay_key_ended: true, ..OrderFaults::default() });
        office.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await;
        let today = organiser.sees(TODAY).await;
        assert!(today.contains("The last comparison failed. MultiSafepay: "), "{today}");
        let runs = organiser.sees("/console/pukkelfest/reconcile").await;
        for page in [today, runs] {
            assert!(page.contains("MultiSafepay: ") && page.contains("Invalid API key"), "{page}");
            assert!(!page.contains(MULTISAFEPAY_KEY), "{page}");
        }
        bank.change_faults(OrderFaults::default());
        house.reconciles().await;
        assert!(!organiser.sees(TODAY).await.contains("The last comparison failed"));
    })
    .await;
}

#[tokio::test]
async fn the_figures_are_sent_to_whoever_may_see_money_and_end_at_a_stop() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        let finance = house.person(Role::Finance).await;
        let (status, mut first) = house.watched(&finance.cookie).await;
        assert_eq!(status, 200);
        let event = first.next().await.unwrap();
        assert!(event.starts_with("data: ") && event.ends_with("\n\n"), "{event}");
        assert!(event.lines().all(|line| line.is_empty() || line.starts_with("data: ")));
        assert!(event.contains("€ 20,00") && !event.contains("<script"), "{event}");
        let (_, mut second) = house.watched(&finance.cookie).await;
        assert!(second.next().await.unwrap().contains("€ 20,00"));
        house.app.end_streams().await;
        while first.next().await.is_some() {}
        while second.next().await.is_some() {}
        house.app.finish().await;
    })
    .await;
}

#[tokio::test]
async fn rules_that_change_and_an_end_are_seen_by_whoever_watches_already() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 10_000).await;
        let (bar, finance) = (house.bar("Bar 1").await, house.person(Role::Finance).await);
        house.festival.clock.advance(Duration::from_secs(16 * 60));
        for _ in 0..10 {
            bar.charges(house.pay_code(0), 100).await.is(201);
        }
        let (_, mut stream) = house.watched(&finance.cookie).await;
        let first = stream.next().await.unwrap();
        assert!(first.contains("Today began at 6:00") && first.contains("no top-up is reported"), "{first}");
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        let (actor, rules) = (Actor::System("test"), Rules { day_cut_hour: 4, ..Rules::default() });
        events::change_rules(store, &actor, now, "pukkelfest", &rules).await.unwrap();
        events::close(store, &actor, now, "pukkelfest").await.unwrap();
        // The first of them may have been read before.
        let later: Vec<String> = stream.take(2).collect().await;
        let last = later.last().unwrap();
        assert!(last.contains("Today began at 4:00") && !last.contains("no top-up is reported"), "{last}");
    })
    .await;
}

#[tokio::test]
async fn so_many_watch_and_the_next_one_is_told_to_come_later() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        let finance = house.person(Role::Finance).await;
        let mut watching = Vec::new();
        for _ in 0..64 {
            let (status, stream) = house.watched(&finance.cookie).await;
            assert_eq!(status, 200);
            watching.push(stream);
        }
        assert_eq!(house.watched(&finance.cookie).await.0, 503);
        watching.pop();
        assert_eq!(house.watched(&finance.cookie).await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_see_money_watches_none() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 123_456).await;
        for role in [Role::HelpDesk, Role::Viewer] {
            let person = house.person(role).await;
            let (status, mut stream) = house.watched(&person.cookie).await;
            assert_eq!(status, 200);
            assert_eq!(stream.next().await.as_deref(), Some("event: over\ndata: not-allowed\n\n"));
            assert_eq!(stream.next().await, None);
            let page = person.sees(TODAY).await;
            assert!(!page.contains("1.234,56") && !page.contains("<script"));
        }
        // Who was signed out hears it where they watch.
        for cookie in ["", "polsband-session=pbs_invented"] {
            let (status, mut stream) = house.watched(cookie).await;
            assert_eq!(status, 200);
            assert_eq!(stream.next().await.as_deref(), Some("event: over\ndata: signed-out\n\n"));
            assert_eq!(stream.next().await, None);
        }
    })
    .await;
}
