//! A walk over the pages outside the console, with whoever inspects them: signing in, the visitor's pages, the bar's app.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use super::inspector::Inspector;
use super::till_app::Till;
use crate::desk::on_one_engine;
use serde_json::json;

#[test]
fn every_page_for_whoever_is_not_signed_in_is_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 1).await;
            let browser = Browser::open(desk, None).await;
            let mut inspector = Inspector::new(&browser);
            let link = desk.does(&["operator", "add", "nele@festival.example", "--role", "finance"]);
            let (_, link) = link.trim().split_once("/console/").expect("a link");
            let at = |path: &str| format!("{}{path}", server.url);
            inspector.opens("sign in", &at("/console/sign-in")).await;
            browser.fills("#email", "nele@festival.example").await;
            browser.types("#password", "not the password").await;
            browser.reads("#mistake").await;
            inspector.sees("sign in, refused").await;
            inspector.opens("the second step", &at("/console/sign-in/code")).await;
            inspector.opens("password", &at(&format!("/console/{link}"))).await;
            browser.fills("#password", "correct horse battery").await;
            browser.types("#again", "another battery").await;
            browser.reads("#mismatch").await;
            inspector.sees("password, refused").await;
            inspector.opens("link that ended", &at("/console/password/pbl_1")).await;
            inspector.opens("nowhere", &at("/nowhere")).await;
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn every_page_of_a_visitor_is_for_everybody_on_every_screen_in_every_language() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 1).await;
            festival.fund(1, 2_000).await;
            let band = &festival.bands[0];
            festival.terminals[0].charges(uuid::Uuid::now_v7(), band, 350).await.of_status(201);
            let browser = Browser::open(desk, None).await;
            let mut inspector = Inspector::new(&browser);
            let at = |path: &str| format!("{}{path}", server.url);
            browser.goes_to(&at(&format!("/w/{}?lang=nl", band.pay_code))).await;
            inspector.opens("a wallet", &at(&format!("/w/{}", band.pay_code))).await;
            inspector.opens("freezing", &at("/w/freeze")).await;
            inspector.opens("topping up", &at(&format!("/t/{}", band.reference))).await;
            inspector.opens("a reference of nobody", &at("/t/E98Y1AD8J3EWCF0")).await;
            browser.goes_to(&at("/w/freeze")).await;
            browser.touches("Ja, blokkeer").await;
            browser.reads(".code").await;
            inspector.sees("frozen").await;
            for language in ["nl", "fr", "de", "en"] {
                browser.goes_to(&at(&format!("/w?lang={language}"))).await;
                inspector.opens(&format!("a frozen wallet in {language}"), &at("/w")).await;
            }
            browser.types("#code", "K7QM3XR9").await;
            browser.reads("#mistake").await;
            inspector.sees("a frozen wallet, refused").await;
            inspector.opens("a code of nobody", &at("/w/PB15Z21R6XZ3S2RN06F")).await;
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn every_screen_of_the_bars_app_is_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            festival.fund(1, 500).await;
            let fresh = Browser::open(desk, None).await;
            let mut inspector = Inspector::new(&fresh);
            inspector.opens("a device that is no terminal", &format!("{}/terminal", server.url)).await;
            inspector.found_nothing();
            drop(fresh);
            let till = Till::open(desk, &festival, &server, None).await;
            let mut inspector = Inspector::new(&till.browser);
            inspector.opens("the products", &format!("{}/terminal", till.wire.url)).await;
            till.browser.touches("Beer").await;
            till.browser.touches("Pay").await;
            inspector.sees("scanning").await;
            till.scans(&festival.bands[0]).await;
            till.sees("paid").await;
            inspector.sees("paid").await;
            till.browser.touches("Next customer").await;
            till.browser.touches("Again").await;
            till.lets_go_of_the_scan().await;
            till.scans(&festival.bands[0]).await;
            till.sees("short").await;
            till.browser.runs("return document.querySelector('[data-qr]') && true", json!([])).await;
            inspector.sees("too little money").await;
            till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
            till.browser.touches("Menu").await;
            inspector.sees("the menu").await;
            inspector.found_nothing();
            drop(till);
            server.stopped();
            festival.audits();
        });
    });
}
