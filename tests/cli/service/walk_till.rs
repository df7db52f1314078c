//! A walk over what the bar's app says and asks, with whoever inspects it: what goes wrong, what waits, what only trains.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use super::inspector::Inspector;
use super::till_app::Till;
use crate::desk::on_one_engine;
use serde_json::json;

const LANGUAGES: [&str; 4] = ["nl", "fr", "de", "en"];

async fn speaks(browser: &Browser, language: &str) {
    let chosen = "localStorage.setItem('polsband.terminal.language', JSON.stringify(arguments[0]))";
    browser.runs(chosen, json!([language])).await;
}

/// From now on requests whose path has this in it are lost, or refused with this problem.
async fn fails(till: &Till, path: &str, how: &str) {
    let script = "const [part, how] = arguments; window.ask ??= window.fetch; \
         const refusal = JSON.stringify({ type: `urn:polsband:problem:${how}`, detail: how }); \
         window.fetch = (path, ...rest) => !path.includes(part) ? window.ask(path, ...rest) \
             : how === 'lost' ? Promise.reject(new TypeError(how)) \
             : Promise.resolve(new Response(refusal, { status: 409 }))";
    till.browser.runs(script, json!([path, how])).await;
}

/// Nothing fails any more.
async fn works(till: &Till) {
    till.browser.runs("window.fetch = window.ask", json!([])).await;
}

#[test]
fn enrolling_a_device_is_for_everybody_in_every_language() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let browser = Browser::open(desk, None).await;
            let mut inspector = Inspector::new(&browser);
            let url = format!("{}/terminal", server.url);
            browser.goes_to(&url).await;
            for language in LANGUAGES {
                speaks(&browser, language).await;
                inspector.opens(&format!("enrolment in {language}"), &url).await;
                browser.fills("#code", "K7QM-3XR9").await;
                inspector.sees(&format!("enrolment in {language}, filled")).await;
                browser.types("#name", "").await;
                browser.reads("#code[aria-invalid]").await;
                inspector.sees(&format!("enrolment in {language}, refused")).await;
            }
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn whatever_the_bars_app_says_is_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 2, 0).await;
            festival.fund(2, 1_000).await;
            let till = Till::open(desk, &festival, &server, None).await;
            let mut inspector = Inspector::new(&till.browser);
            sees_a_sale_taken_back(&festival, &till, &mut inspector).await;
            sees_parts_left_to_the_help_desk(&festival, &till, &mut inspector).await;
            sees_a_sale_nobody_knows_of(&festival, &till, &mut inspector).await;
            sees_no_connection(&till, &mut inspector).await;
            sees_training(&festival, &till, &mut inspector).await;
            inspector.found_nothing();
            drop(till);
            server.stopped();
            festival.audits();
        });
    });
}

async fn sees_a_sale_taken_back(festival: &Festival<'_>, till: &Till, inspector: &mut Inspector<'_>) {
    till.browser.touches("Other amount").await;
    till.browser.touches("7").await;
    inspector.sees("an amount on keys").await;
    till.browser.touches("Cancel").await;
    till.scans(&festival.bands[0]).await;
    till.sees("balance").await;
    inspector.sees("a balance").await;
    till.browser.touches("Next customer").await;
    till.browser.touches("Beer").await;
    till.browser.scanner_types(&festival.bands[0].reference).await;
    till.sees("refused").await;
    inspector.sees("refused").await;
    till.browser.touches("OK").await;
    till.scans(&festival.bands[0]).await;
    till.sees("paid").await;
    till.browser.touches("Next customer").await;
    till.browser.touches("Menu").await;
    inspector.sees("the menu with a sale").await;
    till.browser.touches("Take back").await;
    till.sees("sure").await;
    inspector.sees("sure?").await;
    till.browser.touches("Take back").await;
    till.sees("voided").await;
    inspector.sees("taken back").await;
    till.browser.touches("Next customer").await;
}

async fn sees_parts_left_to_the_help_desk(
    festival: &Festival<'_>,
    till: &Till,
    inspector: &mut Inspector<'_>,
) {
    for _ in 0..4 {
        till.browser.touches("Beer").await;
    }
    till.scans(&festival.bands[0]).await;
    till.sees("short").await;
    till.browser.touches("Take").await;
    till.browser.says("[data-view=scan]", &["Rest"]).await;
    inspector.sees("scanning for the rest").await;
    till.browser.touches("Cancel").await;
    inspector.sees("a basket that is partly paid").await;
    fails(till, "/void", "event-closed").await;
    till.browser.touches("Give it back").await;
    till.sees("closed").await;
    inspector.sees("left to the organiser").await;
    till.browser.touches("Cancel").await;
    fails(till, "/void", "too-late-to-void").await;
    till.browser.touches("Give it back").await;
    till.sees("too-late").await;
    inspector.sees("too late").await;
    till.browser.touches("Leave it to the help desk").await;
    works(till).await;
    till.browser.touches("Menu").await;
    inspector.sees("the menu with what was left").await;
    till.browser.touches("Close").await;
}

async fn sees_a_sale_nobody_knows_of(festival: &Festival<'_>, till: &Till, inspector: &mut Inspector<'_>) {
    fails(till, "/api/v1/charges", "lost").await;
    till.browser.touches("Beer").await;
    till.scans(&festival.bands[1]).await;
    till.sees("unknown").await;
    inspector.sees("not known yet").await;
    till.browser.touches("Go on").await;
    till.browser.reads(".aside:not([hidden])").await;
    inspector.sees("a sale set aside").await;
    works(till).await;
    till.sees("not-charged").await;
    inspector.sees("not charged").await;
    till.browser.touches("OK").await;
    till.browser.touches("Empty").await;
}

async fn sees_no_connection(till: &Till, inspector: &mut Inspector<'_>) {
    fails(till, "/api/", "lost").await;
    till.browser.runs("window.dispatchEvent(new Event('offline'))", json!([])).await;
    till.browser.reads(".strip.offline").await;
    inspector.sees("no connection").await;
    till.browser.touches("See a balance").await;
    till.sees("offline").await;
    inspector.sees("no connection, said").await;
    till.browser.touches("Next customer").await;
    works(till).await;
    till.browser.runs("window.dispatchEvent(new Event('online'))", json!([])).await;
    till.browser.reads(".strip.ready").await;
}

async fn sees_training(festival: &Festival<'_>, till: &Till, inspector: &mut Inspector<'_>) {
    // What never arrived is looked for all the same, and training waits for that: the page forgets it.
    till.browser.runs("localStorage.removeItem('polsband.terminal.doubts')", json!([])).await;
    till.opens().await;
    till.browser.touches("Menu").await;
    till.browser.runs("document.getElementById('training').click()", json!([])).await;
    inspector.sees("the menu in training").await;
    till.browser.touches("Close").await;
    till.browser.says(".strip", &["TRAINING"]).await;
    till.browser.touches("Beer").await;
    till.browser.touches("Pay").await;
    inspector.sees("scanning in training").await;
    till.scans(&festival.bands[1]).await;
    till.sees("trained").await;
    inspector.sees("trained").await;
}

#[test]
fn the_bars_app_is_for_everybody_in_every_language() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let till = Till::open(desk, &festival, &server, None).await;
            let mut inspector = Inspector::new(&till.browser);
            let url = format!("{}/terminal", till.wire.url);
            for language in LANGUAGES {
                speaks(&till.browser, language).await;
                inspector.opens(&format!("the products in {language}"), &url).await;
                till.browser.touches("Men").await;
                till.browser.reads("[data-view=menu]").await;
                inspector.sees(&format!("the menu in {language}")).await;
                till.opens().await;
                till.browser.touches("Beer").await;
                till.browser.runs("document.querySelector('.pay').click()", json!([])).await;
                till.browser.reads("[data-view=scan]").await;
                inspector.sees(&format!("scanning in {language}")).await;
                till.browser.scanner_types(&festival.bands[0].reference).await;
                till.sees("refused").await;
                inspector.sees(&format!("refused in {language}")).await;
            }
            inspector.found_nothing();
            drop(till);
            server.stopped();
            festival.audits();
        });
    });
}
