//! The console in a browser: figures that move by themselves, and money that finds its wallet.

use super::browser::Browser;
use super::console::{ends_session, signs_in};
use super::festival::Festival;
use super::harness::run;
use crate::desk::on_one_engine;
use serde_json::json;

#[test]
fn a_payment_in_the_sandbox_moves_the_dashboard_without_a_reload() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 1).await;
            let browser = signs_in(desk, &server, "otto@festival.example", "organiser").await;
            browser.goes_to(&format!("{}/console/summer", festival.url)).await;
            browser
                .waits_for(
                    "the stream",
                    "return document.body.innerText.includes('Kept up to date')",
                    json!([]),
                )
                .await;
            browser.says("main", &["€ 0,00", "Nothing waits for a person", "Main bar"]).await;
            browser.runs("window.stayed = true", json!([])).await;
            // A visitor pays the code of their wristband on the page of the sandbox's bank.
            let phone = Browser::open(desk, None).await;
            phone.goes_to(&festival.bank.url).await;
            phone.fills("#payload", &festival.bands[0].qr_text).await;
            phone.fills("#amount", "20,00").await;
            phone.touches("Pay").await;
            phone.says("h1", &["Paid"]).await;
            phone.says(".sum", &["€ 20,00"]).await;
            drop(phone);
            browser.says("main", &["€ 20,00"]).await;
            let sale = json!({"id": "01a20132-4280-7315-9045-000000000001", "code": festival.bands[0].pay_code,
                 "amount_cents": 350});
            festival.terminals[0].posts("/api/v1/charges", &sale).await.of_status(201);
            let moved = "const text = document.body.innerText.replaceAll('\\u00a0', ' '); \
                 return text.includes('€ 16,50') && text.includes('in the last hour 1 of € 3,50')";
            browser.waits_for("figures that moved", moved, json!([])).await;
            assert_eq!(
                browser.runs("return window.stayed", json!([])).await,
                true,
                "nothing was loaded again"
            );
            browser.says("main", &["How fast the service is", "slowest part:"]).await;
            let open = "[...document.querySelectorAll('summary')].find((one) => one.innerText.includes('How fast')).click()";
            browser.runs(open, json!([])).await;
            browser.says("main", &["Writing and committing it", "The rest of a charge"]).await;
            let bars = "return document.querySelectorAll('.chart rect').length";
            assert_eq!(browser.runs(bars, json!([])).await, 2);
            // Whoever stands on a link stays on it while the figures change around it.
            let stranger = festival.bands[0].qr_text.replace(&festival.bands[0].reference, "E98Y1AD8J3EWCF0");
            let paid = json!({"payload": stranger, "amount_cents": 1_200, "callback": "deliver"});
            festival.bank.call(reqwest::Method::POST, "/sandbox/pay", Some(&paid)).await;
            let link = "const link = document.querySelector('[data-live] a[href$=\"/waiting\"]'); link?.focus(); return !!link";
            browser.waits_for("the link to what waits", link, json!([])).await;
            festival.fund(1, 500).await;
            let more = "return document.body.innerText.replaceAll('\\u00a0', ' ').includes('€ 21,50') \
                 && document.activeElement.matches('[data-live] a[href$=\"/waiting\"]')";
            browser.waits_for("figures that moved under the focus", more, json!([])).await;
            // A server that stops lets the stream go.
            server.stopped();
            let lost = "return document.querySelector('[data-live-state]').innerText.includes('Not kept')";
            browser.waits_for("the loss", lost, json!([])).await;
            festival.audits();
        });
    });
}

#[test]
fn a_dashboard_says_that_its_person_was_signed_out_and_leads_to_signing_in() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let browser = signs_in(desk, &server, "otto@festival.example", "organiser").await;
            browser.goes_to(&format!("{}/console/summer", festival.url)).await;
            browser.says("[data-live-state]", &["Kept up to date"]).await;
            ends_session(&server, &browser).await;
            browser.says("[data-live-state][role=status]", &["You were signed out", "stand still"]).await;
            browser.follows("Sign in").await;
            let next = "return location.pathname === '/console/sign-in' \
                 && new URLSearchParams(location.search).get('next')";
            assert_eq!(browser.waits_for("the page to sign in", next, json!([])).await, "/console/summer");
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn the_links_of_a_festival_stand_in_the_same_place_on_each_of_its_pages() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let browser = signs_in(desk, &server, "otto@festival.example", "organiser").await;
            browser.looks(390, false).await;
            let places = "return [...document.querySelectorAll('.festival nav a')] \
                 .map((link) => [link.textContent, link.offsetLeft, link.offsetTop])";
            let mut first = None;
            for part in ["", "/payments", "/books", "/batches", "/set-up"] {
                browser.goes_to(&format!("{}/console/summer{part}", festival.url)).await;
                browser.reads("h1").await;
                let found = browser.runs(places, json!([])).await;
                assert_eq!(first.get_or_insert_with(|| found.clone()), &found, "{part}");
            }
            drop(browser);
            server.stopped();
        });
    });
}

#[test]
fn money_in_suspense_finds_its_wallet_in_a_browser() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let band = &festival.bands[0];
            let stranger = band.qr_text.replace(&band.reference, "E98Y1AD8J3EWCF0");
            let paid = json!({"payload": stranger, "amount_cents": 1_200, "callback": "deliver"});
            festival.bank.call(reqwest::Method::POST, "/sandbox/pay", Some(&paid)).await;
            let browser = signs_in(desk, &server, "fien@festival.example", "finance").await;
            browser.goes_to(&format!("{}/console/summer/waiting", festival.url)).await;
            browser.says("tbody", &["Money in suspense", "€ 12,00"]).await;
            browser.runs("document.querySelector('tbody th a').click()", json!([])).await;
            browser.waits_for("the matter", "return document.querySelector('#to')", json!([])).await;
            browser.runs("document.querySelector('#to').value = arguments[0]", json!([band.serial])).await;
            browser.touches("Credit this wallet").await;
            browser.says(".mistake", &["Say why"]).await;
            let typed = browser.runs("return document.querySelector('#to').value", json!([])).await;
            let typed = typed.as_str().unwrap().replace('-', "");
            assert_eq!(typed, band.serial, "what was typed stays");
            let reason = "document.querySelector('#reason').value = 'she showed her bank app'";
            browser.runs(reason, json!([])).await;
            browser.touches("Credit this wallet").await;
            browser.says("[role=status]", &["the wallet holds € 12,00 now"]).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}
