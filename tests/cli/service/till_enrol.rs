//! The bar's app in a real browser: a device becomes a terminal.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use super::till::with_a_till;
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
