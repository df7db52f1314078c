//! The console, the visitor's pages and the bar's app by keyboard alone: wherever Tab leads one sees that one is there,
//! everything is reached, in an order that makes sense, and nothing holds on to whoever came.

use super::browser::{Browser, ENTER, ESCAPE, TAB};
use super::console::{PASSWORD, signs_in};
use super::festival::Festival;
use super::harness::run;
use super::top_up::with_an_account;
use crate::desk::on_one_engine;
use serde_json::json;

/// More stops than any of the pages has.
const STOPS_MAX: usize = 100;

/// The languages of a visitor's page, at its end.
const LANGUAGES: [&str; 4] = ["Nederlands", "Français", "Deutsch", "English"];

/// What has the focus by its name, and why nobody would see that it does: its frame differs too little from what is behind it
/// where their contrast is less than 3 to 1 (WCAG 2.2, 1.4.11).
const STOP: &str = "const at = document.activeElement; \
     if (!at || at === document.body) return null; \
     (window.passed ??= new Set()).add(at); \
     const box = at.getBoundingClientRect(), faults = []; \
     const figures = (colour) => colour.match(/[\\d.]+/g).map(Number); \
     const light = (colour) => { \
         const [red, green, blue] = figures(colour).map((part) => ((part / 255 + 0.055) / 1.055) ** 2.4); \
         return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05; }; \
     const paints = (one) => figures(getComputedStyle(one).backgroundColor)[3] !== 0; \
     let behind = at.parentElement; \
     while (behind.parentElement && !paints(behind)) behind = behind.parentElement; \
     const frame = [null, '::after'].map((part) => getComputedStyle(at, part)).find((style) => \
         style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2); \
     if (!frame || !at.matches(':focus-visible')) faults.push('without a frame'); \
     else { \
         const [dark, bright] = [frame.outlineColor, getComputedStyle(behind).backgroundColor].map(light).sort((a, b) => a - b); \
         if (bright / dark < 3) faults.push('with a frame that nobody sees'); } \
     if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) faults.push('out of sight'); \
     for (let above = at; above; above = above.parentElement) \
         if (getComputedStyle(above).maskImage !== 'none') faults.push('faded'); \
     return [(at.labels?.[0] ?? at).innerText.replace(/\\s+/g, ' ').trim(), faults.join(', ')]";
/// What can have the focus and never had it on this page. Of some choices that exclude each other the chosen one has it.
const LEFT: &str = "return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')] \
     .filter((one) => !one.disabled && !one.closest('[inert]') && one.checkVisibility() \
         && (one.type !== 'radio' || one.checked) && !window.passed?.has(one)) \
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

    /// Past everything that can have the focus, in this order.
    async fn goes_round(&self) -> Vec<String> {
        let (mut left, mut stops) = (json!([]), Vec::new());
        for _ in 0..STOPS_MAX {
            stops.extend(self.tabs().await);
            left = self.0.runs(LEFT, json!([])).await;
            if left == json!([]) {
                return stops;
            }
        }
        panic!("no way to {left}");
    }

    /// On to what is called so, and presses it.
    async fn enters(&self, name: &str) {
        self.tabs_to(name).await;
        self.0.presses([ENTER]).await;
    }

    /// What has just opened, or was gone back to, puts the focus here.
    async fn is_at(&self, name: &str) {
        assert_eq!(self.stop().await.as_deref(), Some(name));
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
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            festival.fund(1, 2_000).await;
            let email = "otto@festival.example";
            let browser = signs_in(desk, &server, email, "organiser").await;
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
    });
}

#[test]
fn the_keyboard_alone_is_enough_for_a_visitor_to_freeze_a_wristband_and_to_top_it_up() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            with_an_account(&festival).await;
            festival.fund(1, 2_000).await;
            let browser = Browser::open(desk, None).await;
            browser.keeps_the_keyboard().await;
            let keyboard = Keyboard(&browser);
            browser.goes_to(&format!("{}/w/{}", festival.url, festival.bands[0].pay_code)).await;
            keyboard.enters("Nederlands").await;
            browser.says("h1", &["Saldo"]).await;
            keyboard.enters("English").await;
            browser.says("h1", &["Balance", "€ 20,00"]).await;
            let freeze = "Lost it? Freeze my wristband";
            let own = ["Top up with Bancontact", "Add money another way", freeze];
            assert_eq!(keyboard.goes_round().await, [&own[..], &LANGUAGES].concat());
            keyboard.enters(freeze).await;
            browser.says("h1", &["Freeze this wristband?"]).await;
            let own = ["Yes, freeze it", "No, go back"];
            assert_eq!(keyboard.goes_round().await, [&own[..], &LANGUAGES].concat());
            keyboard.tabs_to("Yes, freeze it").await;
            browser.presses([' ']).await;
            browser.says("h1", &["Your wristband is frozen"]).await;
            let code = browser.reads(".code").await;
            keyboard.enters("I have the code").await;
            browser.says("main", &["Frozen by you"]).await;
            keyboard.tabs_to("Code to unfreeze").await;
            browser.presses(code.chars().chain([ENTER])).await;
            browser.says("main", &["Unfrozen by you"]).await;

            keyboard.enters("Add money another way").await;
            browser.says("h1", &["How much do you want to add?"]).await;
            let typed = "Another amount, in euros";
            let own = ["€ 10,00", "€ 20,00", "€ 50,00", "€ 100,00", typed, "Add"];
            assert_eq!(keyboard.goes_round().await, [&own[..], &LANGUAGES].concat());
            keyboard.tabs_to(typed).await;
            browser.presses("much".chars().chain([ENTER])).await;
            browser.reads("#mistake").await;
            keyboard.begins_at(typed).await;
            keyboard.tabs_to("€ 20,00").await;
            browser.presses([' ']).await;
            browser.says("h1", &["Pay € 20,00"]).await;
            let own = ["To the payment page", "Reload this page"];
            assert_eq!(keyboard.goes_round().await, [&own[..], &LANGUAGES].concat());
            keyboard.enters("To the payment page").await;
            // Their page is not ours.
            browser.touches("Pay").await;
            browser.says("main", &["The money is on your wristband"]).await;
            keyboard.enters("Balance").await;
            browser.says("h1", &["Balance", "€ 40,00"]).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn the_keyboard_alone_is_enough_to_enrol_a_device_to_sell_and_to_take_a_sale_back() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            festival.fund(1, 2_000).await;
            desk.does(&["product", "add", "summer", "Beer", "--price", "3,50"]);
            let (path, bar) = ("/api/v1/events/summer/terminals", json!({"point_of_sale": "Main bar"}));
            let added = festival.operator.posts(path, &bar).await.of_status(201);
            let browser = Browser::open(desk, None).await;
            browser.keeps_the_keyboard().await;
            let keyboard = Keyboard(&browser);
            browser.goes_to(&format!("{}/terminal", server.url)).await;
            keyboard.begins_at("Code").await;
            assert_eq!(keyboard.goes_round().await, ["Name of this device", "Start selling"]);
            keyboard.tabs_to("Code").await;
            browser.presses(added["code"].as_str().unwrap().chars().chain([ENTER])).await;
            browser.reads(".tile:not(.other)").await;
            let other = "Other amount € …";
            assert_eq!(keyboard.goes_round().await, ["Menu", "Beer € 3,50", other, "See a balance"]);
            sells_a_beer(&festival, &keyboard, other).await;
            takes_it_back(&festival, &keyboard).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

async fn sells_a_beer(festival: &Festival<'_>, keyboard: &Keyboard<'_>, other: &str) {
    let browser = keyboard.0;
    keyboard.tabs_to("Beer € 3,50").await;
    browser.presses([' ']).await;
    browser.says(".total", &["€ 3,50"]).await;
    // Past the line of the basket, which takes one away, to the button that empties it.
    assert_eq!(keyboard.goes_round().await.last().map(String::as_str), Some("Empty"));
    keyboard.enters(other).await;
    browser.reads("[data-view=keypad]").await;
    let keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "0", "⌫", "Cancel"];
    assert_eq!(keyboard.goes_round().await, keys);
    browser.presses([ESCAPE]).await;
    keyboard.is_at(other).await;
    keyboard.enters("Pay € 3,50").await;
    browser.reads("[data-view=scan]").await;
    // There is no camera here.
    keyboard.begins_at("Or type the code").await;
    assert_eq!(keyboard.goes_round().await, ["Go", "Cancel"]);
    keyboard.tabs_to("Or type the code").await;
    browser.presses(festival.bands[0].pay_code.chars().chain([ENTER])).await;
    browser.says("[data-answer=paid]", &["−€ 3,50", "€ 16,50"]).await;
    keyboard.is_at("Next customer").await;
    browser.presses([ESCAPE]).await;
    keyboard.is_at("See a balance").await;
}

async fn takes_it_back(festival: &Festival<'_>, keyboard: &Keyboard<'_>) {
    let browser = keyboard.0;
    keyboard.enters("Menu").await;
    browser.reads("[data-view=menu]").await;
    keyboard.is_at("Close").await;
    keyboard.goes_round().await;
    keyboard.enters("Take back").await;
    browser.reads("[data-answer=sure]").await;
    keyboard.is_at("Cancel").await;
    keyboard.enters("Take back").await;
    browser.says("[data-answer=voided]", &["+€ 3,50", "€ 20,00"]).await;
    keyboard.is_at("Next customer").await;
    browser.presses([ENTER]).await;
    keyboard.is_at("Menu").await;
    let moved = async |code: &str| festival.moved(&festival.operator, code).await;
    assert_eq!((moved("charge").await, moved("void").await), ((1, 350), (1, 350)));
}
