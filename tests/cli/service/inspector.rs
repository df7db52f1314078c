//! Whoever inspects pages: with axe-core for those who see, hear or move otherwise; for what jumps, weighs, sticks out at
//! the side, or makes the browser complain.
//!
//! What is found is kept until the end, so that one run says all of it. With `POLSBAND_PICTURES=FOLDER` each page leaves a
//! picture of each look, from its top to its end.

use super::browser::Browser;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A phone and a laptop.
const WIDTHS: [u32; 2] = [390, 1280];
/// Layout shift of a page that loads: nothing that was shown moves.
const SHIFT_MAX: f64 = 0.01;
/// A page with all that it loads.
const PAGE_BYTES_MAX: i64 = 100_000;

/// Sum of the layout shifts so far. The entry of the navigation comes after those, so that one need not wait for none.
const SHIFT: &str = "const done = arguments[0]; let sum = 0; \
     const observer = new PerformanceObserver((list) => { \
         for (const entry of list.getEntries()) if (entry.entryType === 'layout-shift') sum += entry.value; \
         if (list.getEntriesByType('navigation').length) done(sum); }); \
     observer.observe({ type: 'layout-shift', buffered: true }); \
     observer.observe({ type: 'navigation', buffered: true });";
const WEIGHT: &str = "const all = performance.getEntries().filter((entry) => 'encodedBodySize' in entry); \
     return all.reduce((sum, entry) => sum + entry.encodedBodySize, 0)";
/// Moments in lists that stand in more than one line. Terminals have too many columns for that.
const BROKEN: &str = "return [...document.querySelectorAll('table:not(.terminals) td')].filter((cell) => { \
     if (!/^\\d+\\/\\d+\\/\\d{4}\\s\\d+(:\\d+)+$/.test(cell.innerText.trim())) return false; \
     const range = document.createRange(); \
     range.selectNodeContents(cell.querySelector('a') ?? cell); \
     return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1; \
     }).map((cell) => cell.innerText)";
/// What fades in is looked at when it is there. What turns for ever is looked at while it turns.
const AXE: &str = "const [rules, done] = arguments; \
     const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime !== Infinity); \
     Promise.allSettled(ending.map((one) => one.finished)).then(() => \
     axe.run({ resultTypes: ['violations'], ...rules })).then((found) => done(found.violations.map((rule) => \
         `${rule.id}: ${rule.help}: ` + rule.nodes.map((node) => \
             `${node.target} (${node.any.map((check) => check.message).join('; ')})`).slice(0, 4).join(', '))), \
         (error) => done([String(error)]))";

pub(super) struct Inspector<'b> {
    browser: &'b Browser,
    axe: String,
    pictures: Option<PathBuf>,
    found: Vec<String>,
    /// Whether pages to come bring axe with them.
    prepared: bool,
}

impl<'b> Inspector<'b> {
    pub(super) fn new(browser: &'b Browser) -> Inspector<'b> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/axe-core@4.14.1/axe.min.js");
        let axe = std::fs::read_to_string(file);
        let axe = axe.unwrap_or_else(|error| panic!("{file}: {error}: run the tests with `make test`"));
        let pictures = std::env::var_os("POLSBAND_PICTURES").map(PathBuf::from);
        Inspector { browser, axe, pictures, found: Vec::new(), prepared: false }
    }

    /// Opens a page at each width and looks at it by day and by night.
    pub(super) async fn opens(&mut self, name: &str, url: &str) {
        self.browser.asks_no_worker().await;
        if !std::mem::replace(&mut self.prepared, true) {
            self.browser.prepares_pages_with(&self.axe).await;
        }
        for width in WIDTHS {
            self.browser.looks(width, false).await;
            self.browser.complaints().await;
            self.browser.goes_to(url).await;
            self.measures(&format!("{name} at {width} px")).await;
            self.looks(name, width).await;
        }
    }

    /// Looks at the page that is open, as it is after something was done.
    pub(super) async fn sees(&mut self, name: &str) {
        for width in WIDTHS {
            self.looks(name, width).await;
        }
    }

    /// What a page that has just loaded did meanwhile.
    async fn measures(&mut self, name: &str) {
        let shift = self.browser.awaits(SHIFT, json!([])).await.as_f64().unwrap();
        if shift >= SHIFT_MAX {
            self.found.push(format!("{name}: what was shown moved by {shift}"));
        }
        let bytes = self.browser.runs(WEIGHT, json!([])).await.as_i64().unwrap();
        if bytes == 0 || bytes > PAGE_BYTES_MAX {
            self.found.push(format!("{name}: {bytes} bytes"));
        }
    }

    async fn looks(&mut self, name: &str, width: u32) {
        for dark in [false, true] {
            self.browser.looks(width, dark).await;
            let at = format!("{name} at {width} px{}", if dark { " in the dark" } else { "" });
            let wide = "return document.documentElement.scrollWidth";
            let wide = self.browser.runs(wide, json!([])).await.as_u64().unwrap();
            if wide > u64::from(width) {
                self.found.push(format!("{at}: {wide} px wide"));
            }
            if width > 1_000 {
                let broken = self.browser.runs(BROKEN, json!([])).await;
                let broken = broken.as_array().unwrap().iter().filter_map(Value::as_str);
                self.found.extend(broken.map(|moment| format!("{at}: {moment} stands in two lines")));
            }
            if self.browser.runs("return !window.axe", json!([])).await == true {
                self.browser.runs(&self.axe, json!([])).await;
            }
            // The night changes nothing but colours.
            let rules = match dark {
                false => json!({"rules": {"target-size": {"enabled": true}}}),
                true => json!({"runOnly": ["color-contrast", "link-in-text-block"]}),
            };
            let violations = self.browser.awaits(AXE, json!([rules])).await;
            let violations = violations.as_array().unwrap().iter().filter_map(Value::as_str);
            self.found.extend(violations.map(|violation| format!("{at}: {violation}")));
            if let Some(folder) = &self.pictures {
                let plain = at.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
                let picture = self.browser.png_of_page().await;
                std::fs::write(folder.join(plain).with_extension("png"), picture).unwrap();
            }
        }
        let complaints = self.browser.complaints().await;
        // That a page was answered with an error is no fault of the page.
        let own = complaints
            .into_iter()
            .filter(|complaint| !complaint.contains("the server responded with a status of 4"));
        self.found.extend(own.map(|complaint| format!("{name}: {complaint}")));
    }

    /// The end: nothing was found.
    #[track_caller]
    pub(super) fn found_nothing(self) {
        assert!(self.found.is_empty(), "{} findings:\n{}", self.found.len(), self.found.join("\n"));
    }
}
