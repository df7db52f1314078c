//! A festival's first page: what moved, what is odd, and how it is sent to whoever watches.

use crate::audit_log::Actor;
use crate::codes::Reference;
use crate::db::testing::on_both_engines;
use crate::db::{Rows, Value};
use crate::events::store::points_of_sale;
use crate::events::{self, RuleChanges};
use crate::ids::{PointOfSaleId, TerminalId};
use crate::operators::Role;
use crate::payments::test_festival::API_KEY;
use crate::providers::ProviderName;
use crate::sandbox::orders::{MULTISAFEPAY_KEY, OrderFaults, Outcome};
use crate::sandbox::{CallbackMode, FaultsChange, RatesChange, Status};
use crate::values;
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
        for part in [
            "<dt>Paid in</dt><dd>€ 107,00</dd>",
            "<dt>Spent</dt><dd>€ 10,00</dd>",
            "<dt>On wallets</dt><dd>€ 90,00</dd>",
            "<dt>In suspense</dt><dd>€ 7,00</dd>",
            "1 matter waits",
            // They were heard of, and that is not written yet.
            "0 online, 2 quiet",
            "never heard of",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(page.contains(&row("Bar north", 2, "€ 6,00", "€ 6,00")), "{page}");
        assert!(page.contains("in the last hour 3 of € 10,00"), "{page}");
        assert!(page.contains("aria-label=\"Charges per minute: "));
        // A void is taken off where the sale was, whoever takes it back; the sale is counted, as in the books.
        let path = format!("/api/v1/charges/{}/void", sold["id"].as_str().unwrap());
        house.office(Role::HelpDesk).await.posts(&path, json!({"reason": "spilled"})).await.is(200);
        house.app.write_sightings().await;
        let page = organiser.sees(TODAY).await;
        assert!(page.contains(&row("Bar south", 1, "€ 0,00", "€ 0,00")), "{page}");
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
async fn terminals_that_sell_are_counted_beside_however_many_wait_and_what_is_not_shown_is_said() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.bar("Bar 01").await;
        let (store, event, now) =
            (&house.festival.store, house.festival.event.id, house.festival.clock.now());
        let known = points_of_sale(&mut store.read().await.unwrap(), event, "", 1).await.unwrap();
        let known = &known[0];
        let tents = (0..300).map(|number| {
            let (id, name) = (PointOfSaleId::new(), format!("Tent {number}"));
            let (event, vendor) = (Value::from(event), Value::from(known.vendor_id));
            [event, Value::from(id), vendor, Value::from(name.as_str()), Value::from(now)]
        });
        let waiting = (0..1_000).map(|_| {
            let id = Value::from(TerminalId::new());
            [Value::from(event), id, Value::from(known.id), Value::from(now)]
        });
        let mut tx = store.begin().await.unwrap();
        tx.execute_rows(
            "INSERT INTO points_of_sale (event_id, id, vendor_id, name, created_at)
             SELECT r.event_id, r.id, r.vendor_id, r.name, r.created_at FROM {rows}",
            Rows::new(["event_id", "id", "vendor_id", "name", "created_at"], tents),
        )
        .await
        .unwrap();
        tx.execute_rows(
            "INSERT INTO terminals (event_id, id, point_of_sale_id, created_at)
             SELECT r.event_id, r.id, r.point_of_sale_id, r.created_at FROM {rows}",
            Rows::new(["event_id", "id", "point_of_sale_id", "created_at"], waiting),
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        for number in 2..=12 {
            // Enrolments are counted by address and minute.
            house.festival.clock.advance(Duration::from_secs(60));
            house.bar(&format!("Bar {number:02}")).await;
        }
        let page = house.person(Role::Organiser).await.sees(TODAY).await;
        for part in
            ["0 online, 12 quiet<", "<li>and 2 more</li>", "These are the first 300 by name; there are more."]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let revoked = "UPDATE terminals SET revoked_at = 1 WHERE enrolled_at IS NOT NULL";
        let enrolled = "UPDATE terminals SET enrolled_at = 1 WHERE enrolled_at IS NULL";
        let mut tx = store.begin().await.unwrap();
        for sql in [revoked, enrolled] {
            tx.execute(sql, values![]).await.unwrap();
        }
        tx.commit().await.unwrap();
        house.bar("Bar 13").await;
        let page = house.person(Role::Finance).await.sees(TODAY).await;
        assert!(page.contains("0 online, 1000 quiet, of the first 1000<"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn callbacks_that_get_lost_and_nobody_looks_for_are_warned_of() {
    on_both_engines(async |store| {
        let house = House::open_with(store, 1, false).await;
        let organiser = house.person(Role::Organiser).await;
        let page = organiser.sees(TODAY).await;
        let link = "<a href=\"/console/pukkelfest/set-up/provider\">Give the key</a>";
        assert!(page.contains("Lost callbacks are not found") && page.contains(link), "{page}");
        organiser.does("/console/pukkelfest/set-up/provider", &[("api_key", API_KEY)]).await;
        let page = organiser.sees(TODAY).await;
        assert!(!page.contains("Lost callbacks") && !page.contains("list is behind"), "{page}");
        assert!(page.contains("never yet"), "{page}");
        house.festival.clock.advance(Duration::from_secs(5 * 60));
        let page = organiser.sees(TODAY).await;
        assert!(page.contains("never yet") && page.contains("list is behind"), "{page}");
        // One that fails at its beginning compares nothing.
        house.festival.faults(FaultsChange {
            server_errors_percent: Some(RatesChange { search: Some(100), ..RatesChange::default() }),
            ..FaultsChange::default()
        });
        let office = house.office(Role::Finance).await;
        office.posts("/api/v1/events/pukkelfest/reconcile", json!({})).await;
        let page = organiser.sees(TODAY).await;
        assert!(page.contains("never yet") && page.contains("The last comparison failed"), "{page}");
        house.festival.faults(FaultsChange { reset: true, ..FaultsChange::default() });
        house.reconciles().await;
        let page = organiser.sees(TODAY).await;
        assert!(!page.contains("never yet") && !page.contains("list is behind"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn of_the_parts_of_the_path_one_is_named_as_the_slowest() {
    on_both_engines(async |store| {
        crate::web::measure();
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        house.bar("Bar 1").await.charges(house.pay_code(0), 350).await.is(201);
        let page = house.person(Role::Finance).await.sees(TODAY).await;
        for part in [
            "From a verified callback to its commit",
            "A charge, from request to answer",
            "Waiting for the batch",
            "Reading and deciding it",
            "Writing and committing it",
            "The rest of a charge",
        ] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert_eq!(page.matches(">slowest<").count(), 1, "{page}");
        let (bars, speed) = (
            page.find("id=\"bars\""),
            page.find("<summary>How fast the service is <span class=\"quiet\">slowest part: "),
        );
        assert!(bars.is_some() && bars < speed, "sales come first: {page}");
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
async fn where_an_event_has_several_providers_each_ones_last_callback_is_shown_and_they_warn_together() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 10_000).await;
        let (bar, organiser) = (house.bar("Bar 1").await, house.person(Role::Organiser).await);
        let sign = |name: &str, says: &str| format!("<span>{name}</span> <strong>{says}</strong>");
        assert!(organiser.sees(TODAY).await.contains(&sign("Last callback", "60 seconds ago")));
        house.with_account(ProviderName::MultiSafepay).await;
        let page = organiser.sees(TODAY).await;
        for part in [
            sign("Last callback of Bancontact", "60 seconds ago"),
            sign("Last callback of MultiSafepay", "none yet"),
        ] {
            assert!(page.contains(&part), "{part} is not in {page}");
        }
        let account = "/console/pukkelfest/set-up/accounts/multisafepay";
        organiser.does(&format!("{account}/pause"), &[]).await;
        let page = organiser.sees(TODAY).await;
        assert!(page.contains(&sign("Last callback of MultiSafepay", "none yet, paused")), "{page}");
        organiser.does(&format!("{account}/resume"), &[]).await;
        house.festival.clock.advance(Duration::from_secs(16 * 60));
        for _ in 0..10 {
            bar.charges(house.pay_code(0), 100).await.is(201);
        }
        let page = organiser.sees(TODAY).await;
        for title in ["Bancontact", "MultiSafepay"] {
            assert!(page.contains(&format!("Compare with {title}&#39;s list")), "{page}");
        }
        let order = house.ordered("5").await;
        house.bank_says(order, Outcome::Paid).await;
        let page = organiser.sees(TODAY).await;
        assert!(page.contains(&sign("Last callback of MultiSafepay", "just now")), "{page}");
        assert!(!page.contains("no top-up is reported"), "{page}");
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
        let (actor, rules) =
            (Actor::System("test"), RuleChanges { day_cut_hour: Some(4), ..RuleChanges::default() });
        events::change_rules(store, &actor, now, "pukkelfest", &rules).await.unwrap();
        events::close(store, &actor, now, "pukkelfest").await.unwrap();
        // The first of them may have been read before.
        let later: Vec<String> = stream.take(2).collect().await;
        let last = later.last().unwrap();
        assert!(last.contains("Today began at 4:00") && !last.contains("no top-up is reported"), "{last}");
        // Of one that is over no terminal is called quiet.
        assert!(
            last.contains("The festival was closed on ") && !last.contains("<span>Terminals</span>"),
            "{last}"
        );
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
