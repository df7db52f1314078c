//! The bar's app in a browser, and whoever stands behind it.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::Server;
use super::wire::Wire;
use crate::desk::{Codes, Desk};
use serde_json::{Value, json};

/// Somebody who sells with the app, over a wire that can be cut.
pub(super) struct Till {
    pub(super) browser: Browser,
    pub(super) wire: Wire,
}

impl Till {
    /// A device that was enrolled by opening the link, at a bar that sells beer for 3.50 and water for 2.50. Before its
    /// camera lies a code, if any.
    pub(super) async fn open(
        desk: &Desk,
        festival: &Festival<'_>,
        server: &Server,
        seen: Option<&str>,
    ) -> Till {
        for (name, price) in [("Beer", "3,50"), ("Water", "2,50")] {
            desk.does(&["product", "add", "summer", name, "--price", price]);
        }
        let wire = Wire::lay(server.address()).await;
        let path = "/api/v1/events/summer/terminals";
        let bar = json!({"point_of_sale": "Main bar"});
        let added = festival.operator.posts(path, &bar).await.of_status(201);
        let till = Till { browser: Browser::open(desk, seen).await, wire };
        let link = format!("{}/terminal#code={}", till.wire.url, added["code"].as_str().unwrap());
        till.browser.goes_to(&link).await;
        assert_eq!(till.browser.reads("h1").await, "Make this device a terminal");
        let hash = till.browser.runs("return location.hash", json!([])).await;
        assert_eq!(hash, "", "the code is out of the address");
        till.browser.touches("Start selling").await;
        till.browser.reads(".tile:not(.other)").await;
        assert_eq!(till.browser.reads("h1").await, "Main bar");
        till
    }

    /// The answer on the screen, once there is one of this kind.
    pub(super) async fn sees(&self, kind: &str) -> String {
        self.browser.reads(&format!("[data-answer={kind}]")).await
    }

    /// Waits until the answer on the screen says this.
    pub(super) async fn waits_for_text(&self, text: &str) {
        let script = "return document.querySelector('[data-answer]')?.innerText\
             .replaceAll('€\\u00a0', '€ ').includes(arguments[0])";
        self.browser.waits_for(text, script, json!([text])).await;
    }

    pub(super) async fn scans(&self, band: &Codes) {
        self.browser.scanner_types(&band.pay_code).await;
    }

    /// Opens the app anew, as it comes.
    pub(super) async fn opens(&self) {
        self.browser.goes_to(&format!("{}/terminal", self.wire.url)).await;
    }

    /// Waits until a code that was just scanned may be scanned again.
    pub(super) async fn lets_go_of_the_scan(&self) {
        let script = "window.letGo ??= performance.now(); \
             const over = performance.now() - window.letGo > 2000; if (over) delete window.letGo; return over";
        self.browser.waits_for("two seconds of the browser's", script, json!([])).await;
    }

    /// Nothing gets through any more, and the app has heard so.
    pub(super) async fn loses_the_network(&self) {
        self.wire.is_cut();
        let script = "window.dispatchEvent(new Event('offline')); \
             return document.querySelector('.strip.offline')?.innerText";
        self.browser.waits_for("the word that there is no connection", script, json!([])).await;
    }

    /// Everything gets through again, and the app has heard so.
    pub(super) async fn finds_the_network(&self) {
        self.wire.is_mended();
        let script = "window.dispatchEvent(new Event('online')); \
             return document.querySelector('.strip.ready')?.innerText";
        self.browser.waits_for("the connection", script, json!([])).await;
    }

    /// Milliseconds from each of so many scans to its answer on the screen.
    pub(super) async fn scan_to_answer_ms(&self, scans: usize) -> Vec<u64> {
        let script = "const all = performance.getEntriesByName('scan to answer'); \
             return all.length === arguments[0] && all.map((one) => Math.round(one.duration))";
        let list = self.browser.waits_for("a figure of each scan", script, json!([scans])).await;
        list.as_array().unwrap().iter().filter_map(Value::as_u64).collect()
    }
}

/// Amounts as the screen shows them have a blank that doesn't break.
pub(super) fn shows(screen: &str, texts: &[&str]) {
    let plain = screen.replace('\u{a0}', " ");
    for text in texts {
        assert!(plain.contains(text), "{text:?} is not in {plain:?}");
    }
}
