//! The books: accounts, days, files, the audit.

use super::Answer;
use crate::audit_log::Actor;
use crate::db::testing::on_both_engines;
use crate::events::{self, RuleChanges};
use crate::operators::Role;
use crate::print::text_of;
use crate::values;
use crate::web::tests::House;
use serde_json::json;
use std::time::Duration;

const BOOKS: &str = "/console/pukkelfest/books";

/// What a file is called, and its rows below the names of its columns. When it was read stands as `now`.
fn rows(file: &Answer) -> (String, Vec<String>) {
    let text = String::from_utf8(file.bytes.to_vec()).unwrap();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let columns: Vec<&str> = lines.next().unwrap().split(';').collect();
    let as_of = columns.iter().position(|name| *name == "\"as_of\"").unwrap();
    let row = |line: &str| {
        let mut cells: Vec<&str> = line.split(';').collect();
        assert_eq!(cells.len(), columns.len(), "{text}");
        assert!(cells[as_of].starts_with("\"2026-07-0") && cells[as_of].ends_with("+02:00\""), "{text}");
        cells[as_of] = "now";
        cells.join(";").replace('"', "")
    };
    (file.header("content-disposition").to_owned(), lines.map(row).collect())
}

#[tokio::test]
async fn a_day_ends_when_the_bars_close_and_its_file_holds_no_formula() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 100_000).await;
        let bar = house.bar("=1+1 Bar").await;
        bar.charges(house.pay_code(0), 1_234).await.is(201);
        // At one in the morning: still Friday's.
        house.festival.clock.advance(Duration::from_secs(5 * 3600));
        let sold = bar.charges(house.pay_code(0), 400).await.is(201);
        bar.posts(&format!("/api/v1/charges/{}/void", sold["id"].as_str().unwrap()), json!({})).await.is(200);
        bar.charges(house.pay_code(0), 100).await.is(201);
        let finance = house.person(Role::Finance).await;
        let books = finance.sees(BOOKS).await;
        for part in ["€ 1.000,00", "€ 986,66", "€ 13,34", "day?day=2026-07-03", "Taken back"] {
            assert!(books.contains(part), "{part} is not in {books}");
        }
        let friday = finance.sees(&format!("{BOOKS}/day?day=2026-07-03")).await;
        assert!(friday.contains("From 3/7/2026 06:00 to 4/7/2026 06:00") && friday.contains("€ 13,34"));
        let early = finance.sees(&format!("{BOOKS}/day?day=2026-07-03&cut=0")).await;
        assert!(early.contains("€ 12,34") && !early.contains("€ 13,34"), "{early}");
        let answer = finance.gets(&format!("{BOOKS}/day.csv?day=2026-07-03")).await;
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let friday = "2026-07-03;2026-07-03T06:00:00+02:00;2026-07-04T06:00:00+02:00;now";
        let (name, sold) = rows(&answer);
        assert_eq!(name, "attachment; filename=\"pukkelfest-2026-07-03-bars.csv\"");
        assert_eq!(sold, [format!("{friday};'=1+1 Bar;'=1+1 Bar;3;17,34;4,00;13,34;1334")]);
        let (name, moved) = rows(&finance.gets(&format!("{BOOKS}/moved.csv?day=2026-07-03")).await);
        assert_eq!(name, "attachment; filename=\"pukkelfest-2026-07-03-moved.csv\"");
        let why = ["Topped up;1;1000,00;100000", "Charged;3;17,34;1734", "Taken back;1;4,00;400"];
        assert_eq!(moved, why.map(|why| format!("{friday};{why}")));
        let paper = finance.gets(&format!("{BOOKS}/day.pdf?day=2026-07-03")).await;
        assert_eq!(paper.header("content-type"), "application/pdf");
        assert!(paper.header("content-disposition").contains("pukkelfest-2026-07-03-books.pdf"));
        let words = text_of(&paper.bytes);
        for part in
            ["Pukkelfest: 3/7/2026", "=1+1 Bar", "€ 17,34", "€ 4,00", "€ 13,34", "Topped up", "Page 1 of 1"]
        {
            assert!(words.contains(part), "{part} is not in {words}");
        }
        for (wrong, field, kept) in [
            ("day=today", "day", "value=\"today\""),
            ("cut=24", "cut", "value=\"24\" selected"),
            ("cut=x", "cut", "value=\"x\" selected"),
            ("day=2026-13-45&cut=0", "day", "value=\"2026-13-45\""),
            ("day=2026-13-45&cut=0", "day", "value=\"0\" selected"),
            ("day=2026-13-45&cut=99", "cut", "value=\"99\" selected"),
        ] {
            let page = finance.gets(&format!("{BOOKS}/day?{wrong}")).await.page(422);
            let mistake = format!("id=\"{field}-mistake\"");
            assert!(
                page.contains(&mistake) && page.contains(kept) && page.contains(">Show</button>"),
                "{page}"
            );
            finance.gets(&format!("{BOOKS}/day.csv?{wrong}")).await.page(422);
        }
        for never in ["9999-12-31", "9999-12-30", "-009999-01-01", "1999-12-31"] {
            let refused = finance.gets(&format!("{BOOKS}/day?day={never}")).await.page(422);
            assert!(refused.contains("Books have days of the years 2000 to 2999"), "{never}: {refused}");
        }
        let last = finance.sees(&format!("{BOOKS}/day?day=2999-12-31")).await;
        assert!(last.contains("From 31/12/2999 06:00 to 1/1/3000 06:00"), "{last}");
    })
    .await;
}

#[tokio::test]
async fn a_vendors_statement_says_what_each_of_its_bars_took_on_which_day() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 100_000).await;
        let bar = house.bar("Bar & Grill").await;
        bar.charges(house.pay_code(0), 1_234).await.is(201);
        house.bar("Bar 2").await.charges(house.pay_code(0), 9_999).await.is(201);
        house.festival.clock.advance(Duration::from_secs(24 * 3600));
        let sold = bar.charges(house.pay_code(0), 400).await.is(201);
        bar.posts(&format!("/api/v1/charges/{}/void", sold["id"].as_str().unwrap()), json!({})).await.is(200);
        bar.charges(house.pay_code(0), 100).await.is(201);
        let finance = house.person(Role::Finance).await;
        let link = "vendor?name=Bar%20%26%20Grill";
        assert!(finance.sees(BOOKS).await.contains(&format!("{BOOKS}/{link}\"")));
        let page = finance.sees(&format!("{BOOKS}/{link}")).await;
        for part in
            ["€ 13,34", "€ 12,34", "€ 1,00", "day?day=2026-07-03&amp;cut=6", "day?day=2026-07-04&amp;cut=6"]
        {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        assert!(!page.contains("99,99"), "each vendor sees its own");
        let csv = finance.gets(&format!("{BOOKS}/vendor.csv?name=Bar%20%26%20Grill")).await;
        let (name, sold) = rows(&csv);
        assert!(name.contains("filename=\"pukkelfest-bar-grill-2026-07-0"), "{name}");
        assert!(name.contains("filename*=UTF-8''pukkelfest%2DBar%20%26%20Grill%2D2026%2D07%2D0"), "{name}");
        let second =
            "2026-07-04;2026-07-04T06:00:00+02:00;2026-07-05T06:00:00+02:00;now;Bar & Grill;Bar & Grill;";
        assert_eq!(sold[1], format!("{second}2;5,00;4,00;1,00;100"));
        let paper =
            text_of(&finance.gets(&format!("{BOOKS}/vendor.pdf?name=Bar%20%26%20Grill&cut=6")).await.bytes);
        for part in ["statement of Bar & Grill", "Owed in all: € 13,34", "4/7/2026", "€ 4,00"] {
            assert!(paper.contains(part), "{part} is not in {paper}");
        }
        finance.gets(&format!("{BOOKS}/vendor?name=Nobody")).await.page(404);
        for (cut, kept) in [("24", "value=\"24\" selected"), ("x", "value=\"x\" selected")] {
            let wrong = format!("name=Bar%20%26%20Grill&cut={cut}");
            let again = finance.gets(&format!("{BOOKS}/vendor?{wrong}")).await.page(422);
            for part in ["<h1>Bar &#38; Grill</h1>", "id=\"cut-mistake\"", kept, ">Show</button>", "0 to 23"]
            {
                assert!(again.contains(part), "{part} is not in {again}");
            }
            assert!(!again.contains("Owed in all"), "{again}");
            finance.gets(&format!("{BOOKS}/vendor.csv?{wrong}")).await.page(422);
        }
        // What can't be read leads nowhere, on a page that says so.
        for nothing in ["vendor", "vendor.csv", "vendor?cut=0", "day.csv?day=2026-07-03&day=2026-07-04"] {
            finance.gets(&format!("{BOOKS}/{nothing}")).await.page(404);
        }
    })
    .await;
}

#[tokio::test]
async fn the_trial_balance_is_added_up_from_every_transfer() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 2_000).await;
        house.bar("Bar 1").await.charges(house.pay_code(0), 750).await.is(201);
        let finance = house.person(Role::Finance).await;
        let page = finance.sees(&format!("{BOOKS}/trial-balance")).await;
        for part in ["On wallets", "€ 12,50", "€ 7,50", "€ 27,50", "Bar 1", ">Bancontact 5c18"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
        let csv = finance.gets(&format!("{BOOKS}/trial-balance.csv")).await;
        let (name, lines) = rows(&csv);
        assert!(name.contains("filename=\"pukkelfest-trial-balance-2026-07-03-20"), "{name}");
        let paper = text_of(&finance.gets(&format!("{BOOKS}/trial-balance.pdf")).await.bytes);
        assert!(paper.contains("Pukkelfest: trial balance") && paper.contains("€ 12,50"), "{paper}");
        let owed = "now;Owed to vendors;Bar 1;0,00;7,50;7,50;750".to_owned();
        assert!(lines.contains(&owed), "{lines:?}");
        let collected = "now;Collected by the provider;Bancontact 5c18";
        assert!(lines.iter().any(|line| line.starts_with(collected)), "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn days_end_when_the_festivals_rules_say_so_on_every_page_and_in_every_file() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        house.tops_up(0, 100_000).await;
        let bar = house.bar("Bar 1").await;
        bar.charges(house.pay_code(0), 1_234).await.is(201);
        // At one in the morning.
        house.festival.clock.advance(Duration::from_secs(5 * 3600));
        bar.charges(house.pay_code(0), 100).await.is(201);
        let rules = RuleChanges { day_cut_hour: Some(0), ..RuleChanges::default() };
        let (store, now) = (&house.festival.store, house.festival.clock.now());
        events::change_rules(store, &Actor::System("test"), now, "pukkelfest", &rules).await.unwrap();
        let finance = house.person(Role::Finance).await;
        let today = finance.sees("/console/pukkelfest").await;
        assert!(today.contains("data-label=\"Today\">€ 1,00<"), "{today}");
        assert!(today.contains("Today began at 0:00"), "{today}");
        let books = finance.sees(BOOKS).await;
        for part in ["A day ends at 0:00 of the next date", "day?day=2026-07-04"] {
            assert!(books.contains(part), "{part} is not in {books}");
        }
        let day = finance.sees(&format!("{BOOKS}/day")).await;
        assert!(
            day.contains("From 4/7/2026 00:00 to 5/7/2026 00:00") && day.contains("value=\"0\" selected")
        );
        let (name, sold) = rows(&finance.gets(&format!("{BOOKS}/day.csv?day=2026-07-03")).await);
        assert!(name.contains("\"pukkelfest-2026-07-03-bars.csv\""), "{name}");
        let friday = "2026-07-03;2026-07-03T00:00:00+02:00;2026-07-04T00:00:00+02:00;now;Bar 1;Bar 1";
        assert_eq!(sold, [format!("{friday};1;12,34;0,00;12,34;1234")]);
        let statement = format!("{BOOKS}/vendor.csv?name=Bar%201");
        assert_eq!(rows(&finance.gets(&statement).await).1[0], sold[0]);
        let (name, sold) = rows(&finance.gets(&format!("{statement}&cut=6")).await);
        assert!(name.contains("\"pukkelfest-bar-1-2026-07-04-cut-6h.csv\""), "{name}");
        assert_eq!(sold.len(), 1, "both of Friday: {sold:?}");
        for file in ["day.pdf", "moved.csv"] {
            let answer = finance.gets(&format!("{BOOKS}/{file}?day=2026-07-03&cut=6")).await;
            assert!(answer.header("content-disposition").contains("-cut-6h."), "{file}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_audit_runs_at_the_touch_of_a_button_and_says_what_it_found() {
    on_both_engines(async |store| {
        let house = House::open(store.clone(), 1).await;
        house.tops_up(0, 2_000).await;
        let finance = house.person(Role::Finance).await;
        assert!(!finance.sees(BOOKS).await.contains("Begun on"));
        let began = finance.does(&format!("{BOOKS}/audit"), &[]).await;
        assert!(began.contains("The audit runs."));
        house.app.finish().await;
        assert!(finance.sees(BOOKS).await.contains("every rule holds"));
        let mut tx = store.begin().await.unwrap();
        let wrong = "UPDATE tallies SET amount_cents = amount_cents + 1 WHERE seconds = 3600";
        tx.execute(wrong, values![]).await.unwrap();
        tx.commit().await.unwrap();
        finance.does(&format!("{BOOKS}/audit"), &[]).await;
        house.app.finish().await;
        let page = finance.sees(BOOKS).await;
        assert!(page.contains("running totals are the sums of the transfers"), "{page}");
    })
    .await;
}

#[tokio::test]
async fn the_books_are_for_admins_organisers_and_finance() {
    on_both_engines(async |store| {
        let house = House::open(store, 1).await;
        for role in [Role::HelpDesk, Role::Viewer] {
            let person = house.person(role).await;
            for page in [
                "",
                "/day",
                "/day.csv",
                "/day.pdf",
                "/moved.csv",
                "/trial-balance",
                "/trial-balance.csv",
                "/trial-balance.pdf",
            ] {
                person.gets(&format!("{BOOKS}{page}")).await.page(403);
            }
            for page in ["vendor", "vendor.csv", "vendor.pdf"] {
                person.gets(&format!("{BOOKS}/{page}?name=Bar")).await.page(403);
            }
            person.sends(&format!("{BOOKS}/audit"), &[]).await.page(403);
        }
        house.person(Role::Admin).await.sees(BOOKS).await;
    })
    .await;
}
