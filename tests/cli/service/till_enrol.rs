//! The bar's app in a real browser: a device becomes a terminal.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use super::till::{charged, with_a_till};
use super::till_app::shows;
use crate::desk::on_one_engine;
use serde_json::json;

#[test]
fn the_code_of_a_link_is_still_there_when_the_page_is_loaded_anew_before_it_was_used() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let path = "/api/v1/events/summer/terminals";
            let bar = json!({"point_of_sale": "Main bar"});
            let added = festival.operator.posts(path, &bar).await.of_status(201);
            let code = added["code"].as_str().unwrap();
            let browser = Browser::open(desk, None).await;
            browser.goes_to(&format!("{}/terminal#code={code}", server.url)).await;
            browser.reads("h1").await;
            browser.runs("window.isOld = true; location.reload()", json!([])).await;
            let found = "return !window.isOld && document.querySelector('#code')?.value + location.hash";
            assert_eq!(browser.waits_for("the code", found, json!([])).await, code);
            browser.touches("Start selling").await;
            browser.says("h1", &["Main bar"]).await;
            assert_eq!(browser.runs("return history.state", json!([])).await, json!(null));
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn the_code_of_a_link_stays_in_its_field_when_the_old_terminal_is_revoked_meanwhile() {
    with_a_till(1, async |festival, till| {
        let path = "/api/v1/events/summer/terminals";
        let bar = json!({"point_of_sale": "Main bar"});
        let added = festival.operator.posts(path, &bar).await.of_status(201);
        let code = added["code"].as_str().unwrap();
        till.browser.runs("location.hash = `code=${arguments[0]}`", json!([code])).await;
        till.browser.reads("[data-view=enrol]").await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let revoke = format!("/api/v1/terminals/{}/revoke", listed["terminals"][0]["id"].as_str().unwrap());
        festival.operator.posts(&revoke, &json!({})).await.of_status(200);
        // It asks the service, and hears of it.
        till.browser.runs("window.dispatchEvent(new Event('online'))", json!([])).await;
        till.browser.says(".message", &["ended by the organiser"]).await;
        let field = "return document.querySelector('#code').value";
        assert_eq!(till.browser.runs(field, json!([])).await, code);
        till.browser.touches("Start selling").await;
        till.browser.says("h1", &["Main bar"]).await;
    });
}

#[test]
fn what_is_scanned_while_the_device_is_made_another_terminal_sells_nothing_beneath_the_form() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        let path = "/api/v1/events/summer/terminals";
        let bar = json!({"point_of_sale": "Main bar"});
        let added = festival.operator.posts(path, &bar).await.of_status(201);
        let code = added["code"].as_str().unwrap();
        till.browser.runs("location.hash = `code=${arguments[0]}`", json!([code])).await;
        till.browser.reads("[data-view=enrol]").await;
        till.scans(&festival.bands[0]).await;
        let field = "return document.querySelector('#code').value";
        assert_eq!(till.browser.runs(field, json!([])).await, code);
        till.browser.touches("Cancel").await;
        till.browser.says(".total", &["€ 3,50"]).await;
        assert_eq!((charged(festival).await, till.wire.sales()), ((0, 0), 0));
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((1, 350), 1));
    });
}

/// A device whose long timers stand still, as while it sleeps.
const ASLEEP: &str = "const timed = window.setTimeout; \
     window.setTimeout = (work, ms, ...more) => ms < 20000 ? timed(work, ms, ...more) : 0;";

#[test]
fn a_device_that_slept_hears_that_its_festival_was_closed_when_somebody_looks_at_it() {
    with_a_till(1, async |festival, till| {
        till.browser.prepares_pages_with(ASLEEP).await;
        till.opens().await;
        till.browser.says(".strip", &["Ready"]).await;
        festival.operator.posts("/api/v1/events/summer/close", &json!({})).await.of_status(200);
        let looks = "document.dispatchEvent(new Event('visibilitychange')); \
             return document.querySelector('.strip.closed')?.innerText";
        let said = till.browser.waits_for("the closed festival", looks, json!([])).await;
        shows(said.as_str().unwrap(), &["The event is closed"]);
    });
}

/// The field that has the focus, once this is said to be wrong with it: which, and what stands in it.
const MISTAKEN: &str = "const field = document.activeElement; \
     const mistake = document.getElementById(field.getAttribute('aria-describedby')); \
     return field.matches('[aria-invalid=true]') && mistake.innerText.startsWith(arguments[0]) \
         && [field.id, field.value]";

#[test]
fn mistakes_at_enrolment_are_said_beside_their_fields_and_what_was_typed_stays() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let path = "/api/v1/events/summer/terminals";
            let bar = json!({"point_of_sale": "Main bar"});
            let added = festival.operator.posts(path, &bar).await.of_status(201);
            let right = added["code"].as_str().unwrap();
            let browser = Browser::open(desk, None).await;
            browser.goes_to(&format!("{}/terminal", server.url)).await;
            browser.reads("#code").await;
            let fill =
                "[document.querySelector('#code').value, document.querySelector('#name').value] = arguments";
            let other = "That is no code";
            for (code, name, wrong, says) in [
                ("", " ", "code", "Fill this in"),
                (other, "  ", "name", "Fill this in"),
                (other, "Tablet 3", "code", "This code is unknown"),
                (right, "\u{200b}", "name", "A name has 1 to 60 characters"),
            ] {
                browser.runs(fill, json!([code, name])).await;
                browser.touches("Start selling").await;
                let typed = if wrong == "code" { code } else { name };
                let mistaken = browser.waits_for(says, MISTAKEN, json!([says])).await;
                assert_eq!(mistaken, json!([wrong, typed]));
            }
            browser.runs(fill, json!([right, "Tablet 3"])).await;
            browser.touches("Start selling").await;
            browser.says("h1", &["Main bar"]).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}
