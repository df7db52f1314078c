//! The console by keyboard alone: wherever Tab leads one sees that one is there, everything is reached, and nothing holds on
//! to whoever came.

use super::browser::{Browser, ENTER, TAB};
use super::console::{PASSWORD, signs_in};
use super::festival::Festival;
use super::harness::run;
use crate::desk::Desk;
use serde_json::json;

/// More stops than any of the pages has.
const STOPS_MAX: usize = 100;

/// What has the focus by its name, and why nobody would see that it does.
const STOP: &str = "const at = document.activeElement; \
     if (!at || at === document.body) return null; \
     (window.passed ??= new Set()).add(at); \
     const box = at.getBoundingClientRect(), faults = []; \
     const framed = [null, '::after'].some((part) => { \
         const style = getComputedStyle(at, part); \
         return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; }); \
     if (!framed || !at.matches(':focus-visible')) faults.push('without a frame'); \
     if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) faults.push('out of sight'); \
     for (let above = at; above; above = above.parentElement) \
         if (getComputedStyle(above).maskImage !== 'none') faults.push('faded'); \
     return [(at.labels?.[0] ?? at).innerText.trim(), faults.join(', ')]";
/// What can have the focus and never had it on this page. Of some choices that exclude each other the chosen one has it.
const LEFT: &str = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')] \
     .filter((one) => !one.disabled && one.checkVisibility() && (one.type !== 'radio' || one.checked) && !window.passed?.has(one)) \
     .map((one) => (one.labels?.[0] ?? one).innerText.trim())";

struct Keyboard<'b>(&'b Browser);

impl Keyboard<'_> {
    /// What has the focus, if anything has; one sees that it does.
    async fn stop(&self) -> Option<String> {
        let stop = self.0.runs(STOP, json!([])).await;
        let name = stop[0].as_str()?;
        assert_eq!(stop[1], "", "{name}");
        Some(name.to_owned())
    }

    async fn tabs(&self) -> Option<String> {
        self.0.presses([TAB]).await;
        self.stop().await
    }

    /// On to what is called so.
    async fn tabs_to(&self, name: &str) {
        for _ in 0..STOPS_MAX {
            if self.tabs().await.as_deref() == Some(name) {
                return;
            }
        }
        panic!("no way to {name}");
    }

    /// Past everything that can have the focus.
    async fn goes_round(&self) {
        let mut left = json!([]);
        for _ in 0..STOPS_MAX {
            self.tabs().await;
            left = self.0.runs(LEFT, json!([])).await;
            if left == json!([]) {
                return;
            }
        }
        panic!("no way to {left}");
    }

    /// A page that opens puts the focus there by itself.
    async fn begins_at(&self, name: &str) {
        let script = "return document.activeElement?.labels?.[0]?.innerText.trim() === arguments[0]";
        self.0.waits_for(name, script, json!([name])).await;
        assert_eq!(self.stop().await.as_deref(), Some(name));
    }
}

#[test]
fn the_keyboard_alone_is_enough_to_sign_in_to_add_a_bar_and_to_freeze_a_wristband() {
    let desk = Desk::with_sqlite();
    run(async {
        let (festival, server) = Festival::open(&desk, 1, 0).await;
        festival.fund(1, 2_000).await;
        let email = "otto@festival.example";
        let browser = signs_in(&desk, &server, email, "organiser").await;
        browser.keeps_the_keyboard().await;
        let keyboard = Keyboard(&browser);
        keyboard.tabs_to("Sign out").await;
        browser.presses([ENTER]).await;
        browser.says("h1", &["Sign in"]).await;
        keyboard.goes_round().await;
        keyboard.tabs_to("E-mail address").await;
        browser.presses(email.chars()).await;
        keyboard.tabs_to("Password").await;
        browser.presses(PASSWORD.chars().chain([ENTER])).await;
        browser.says("h1", &["Festivals"]).await;
        // The way past the links above a page.
        assert_eq!(keyboard.tabs().await.as_deref(), Some("Skip to the page"));
        browser.presses([ENTER]).await;
        keyboard.tabs().await;
        let inside = "return document.activeElement.closest('main') !== null";
        assert_eq!(browser.runs(inside, json!([])).await, true);
        for (link, title) in [
            ("Summer Festival", "Summer Festival"),
            ("Set-up", "Set-up"),
            ("Points of sale", "Points of sale"),
        ] {
            keyboard.tabs_to(link).await;
            browser.presses([ENTER]).await;
            browser.says("h1", &[title]).await;
        }
        // However narrow it is, none of the festival's pages hides.
        let whole = "return [...document.querySelectorAll('.festival nav a')].every((link) => { \
             const box = link.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth; })";
        assert_eq!(browser.runs(whole, json!([])).await, true);
        keyboard.goes_round().await;
        keyboard.tabs_to("Name").await;
        browser.presses("Late bar".chars()).await;
        keyboard.tabs_to("Add").await;
        browser.presses([' ']).await;
        browser.says(".notice", &["Late bar was added."]).await;
        keyboard.tabs_to("Media").await;
        browser.presses([ENTER]).await;
        keyboard.begins_at("Code or number").await;
        browser.presses(festival.bands[0].serial.chars().chain([ENTER])).await;
        browser.says("h1", &["Wristband"]).await;
        keyboard.tabs_to("Freeze").await;
        browser.presses([ENTER]).await;
        keyboard.begins_at("Reason").await;
        keyboard.goes_round().await;
        keyboard.tabs_to("Reason").await;
        browser.presses("lost at the gate".chars()).await;
        keyboard.tabs_to("Freeze").await;
        browser.presses([' ']).await;
        browser.says(".notice", &["It is frozen"]).await;
        drop(browser);
        server.stopped();
        festival.audits();
    });
}
