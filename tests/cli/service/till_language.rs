//! The bar's app in a real browser: the language it begins in.

use super::browser::Browser;
use super::harness::{Server, run};
use crate::desk::on_one_engine;
use serde_json::json;

#[test]
fn a_device_begins_in_the_language_of_its_festival_and_keeps_the_one_that_is_chosen() {
    on_one_engine(|desk| {
        run(async {
            desk.does(&["event", "create", "winter", "--name", "Winter", "--till-language", "fr"]);
            desk.does(&["point-of-sale", "add", "winter", "Bar"]);
            let server = Server::start(desk);
            let added = desk.prints(&["terminal", "add", "winter", "--point-of-sale", "Bar"]);
            let browser = Browser::open(desk, None).await;
            let link = format!("{}/terminal#code={}", server.url, added["code"].as_str().unwrap());
            browser.goes_to(&link).await;
            // Before it belongs to a festival, in its own.
            browser.touches("Start selling").await;
            browser.says(".strip", &["Prêt"]).await;
            assert_eq!(browser.runs("return document.documentElement.lang", json!([])).await, "fr");
            browser.touches("Menu").await;
            let choose = "const list = document.getElementById('language'); list.value = 'nl'; \
                 list.dispatchEvent(new Event('change'))";
            browser.runs(choose, json!([])).await;
            browser.loads_again().await;
            browser.says(".strip", &["Klaar"]).await;
            drop(browser);
            server.stopped();
        });
    });
}
