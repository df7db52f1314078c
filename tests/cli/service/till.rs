//! The bar's app in a real browser: sold, refused, topped up, taken back, cut off, tried out.

use super::browser::ESCAPE;
use super::festival::Festival;
use super::harness::run;
use super::till_app::{Till, shows};
use crate::desk::{Codes, on_one_engine};
use serde_json::json;
use std::collections::BTreeSet;

/// What was charged at the festival: how often, and how much.
pub(super) async fn charged(festival: &Festival<'_>) -> (i64, i64) {
    festival.moved(&festival.operator, "charge").await
}

pub(super) fn with_a_till(bands: u32, test: impl AsyncFn(&Festival<'_>, &Till)) {
    opened(bands, false, test);
}

/// With the first wristband lying before the camera.
pub(super) fn with_a_camera(bands: u32, test: impl AsyncFn(&Festival<'_>, &Till)) {
    opened(bands, true, test);
}

fn opened(bands: u32, films: bool, test: impl AsyncFn(&Festival<'_>, &Till)) {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, bands, 0).await;
            let seen = films.then(|| festival.bands[0].pay_qr_text.clone());
            let till = Till::open(desk, &festival, &server, seen.as_deref()).await;
            test(&festival, &till).await;
            drop(till);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn a_basket_is_paid_with_one_scan_and_the_same_scan_again_does_nothing() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.browser.touches("Beer").await;
        till.browser.touches("Water").await;
        till.scans(&festival.bands[0]).await;
        let serial = &festival.bands[0].serial;
        let green = till.sees("paid").await;
        shows(&green, &["Paid", "€ 20,00", "−€ 9,50", "€ 10,50", &serial[serial.len() - 4..]]);
        // The basket is empty now, so that a scan that counted would show the balance.
        till.scans(&festival.bands[0]).await;
        assert!(till.sees("paid").await.contains("Paid"));
        assert_eq!(charged(festival).await, (1, 950));
        till.lets_go_of_the_scan().await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("balance").await, &["Balance", "€ 10,50"]);
        till.browser.touches("Next customer").await;
        // After a touch the same code is another scan, at once.
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("balance").await, &["Balance", "€ 10,50"]);
        till.browser.touches("Next customer").await;

        // The same basket once more: one touch, one scan, here a typed one.
        till.browser.touches("Again").await;
        till.lets_go_of_the_scan().await;
        till.browser.types("#typed", &festival.bands[0].pay_code.to_lowercase()).await;
        shows(&till.sees("paid").await, &["€ 10,50", "−€ 9,50", "€ 1,00"]);
        assert_eq!(charged(festival).await, (2, 1_900));
    });
}

#[test]
fn a_basket_is_seen_whole_on_a_phone_and_says_where_more_of_it_is() {
    with_a_till(1, async |festival, till| {
        till.browser.looks(390, false).await;
        till.browser.touches("Beer").await;
        let holds = async |names: &[&str]| {
            let script = "const key = 'polsband.terminal.basket', basket = JSON.parse(localStorage.getItem(key)); \
                 const lines = arguments[0].map((product) => ({ product, quantity: 2, unit_cents: 350 })); \
                 localStorage.setItem(key, JSON.stringify({ ...basket, lines }))";
            till.browser.runs(script, json!([names])).await;
            till.browser.goes_to("about:blank").await;
            till.opens().await;
            till.browser.says(".lines", &["Kriek"]).await;
        };
        let not_seen = "const seen = document.querySelector('.lines').getBoundingClientRect(); \
             const isIn = (part) => { const place = part.getBoundingClientRect(); \
                 return place.left >= seen.left - 1 && place.right <= seen.right + 1 \
                     && place.top >= seen.top - 1 && place.bottom <= seen.bottom + 1; }; \
             return [...document.querySelectorAll('.lines li, .lines .quantity')] \
                 .filter((part) => !isIn(part)).map((part) => part.innerText)";
        let ends = "return [...document.querySelector('.lines').classList]";
        let five = ["Glas champagne brut millésimé met hapje", "Beer", "Water", "Tripel", "Kriek"];
        holds(&five).await;
        assert_eq!(till.browser.runs(not_seen, json!([])).await, json!([]));
        assert_eq!(till.browser.runs(ends, json!([])).await, json!(["lines"]));
        let many: Vec<String> = (1..=12).map(|number| format!("Tripel of abbey {number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).chain(["Kriek"]).collect();
        holds(&many).await;
        assert_eq!(till.browser.runs(ends, json!([])).await, json!(["lines", "above"]));

        // Ten lines stand in the products' place at a touch, and the products come back at another. What is paid and the
        // button that does it stay where they are.
        holds(&many[3..]).await;
        let places = "return ['.total', '.left', '.pay', '.top'].map((part) => { \
             const { top, right, bottom } = document.querySelector(part).getBoundingClientRect(); \
             return [top, right, bottom]; })";
        let before = till.browser.runs(places, json!([])).await;
        till.browser.touches("Whole basket").await;
        assert_eq!(till.browser.runs(not_seen, json!([])).await, json!([]));
        assert_eq!(till.browser.runs(ends, json!([])).await, json!(["lines"]));
        assert_eq!(till.browser.runs(places, json!([])).await, before);
        let small = "return [...document.querySelectorAll('.basket button')] \
             .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.innerText)";
        assert_eq!(till.browser.runs(small, json!([])).await, json!([]));
        let products = "return document.querySelector('.grid').checkVisibility()";
        assert_eq!(till.browser.runs(products, json!([])).await, false);
        till.browser.touches("Products").await;
        assert_eq!(till.browser.runs(products, json!([])).await, true);
        assert_eq!(till.browser.runs(places, json!([])).await, before);
        // A phone held sideways has the products beside the basket: the prices of two rows are in sight.
        for name in ["Tripel", "Coffee", "Cola"] {
            let product = json!({"name": name, "price_cents": 400});
            festival.operator.posts("/api/v1/events/summer/products", &product).await.of_status(201);
        }
        till.browser.lies(844, 390).await;
        till.browser.goes_to("about:blank").await;
        till.opens().await;
        till.browser.says(".grid", &["Cola"]).await;
        let rows = "const seen = document.querySelector('.till main').getBoundingClientRect(); \
             const isIn = (tile) => { const price = tile.querySelector('.price').getBoundingClientRect(); \
                 return price.top >= seen.top && price.bottom <= Math.min(seen.bottom, innerHeight); }; \
             return new Set([...document.querySelectorAll('.tile')].filter(isIn).map((tile) => tile.offsetTop)).size";
        assert_eq!(till.browser.runs(rows, json!([])).await, 2);
        let before = till.browser.runs(places, json!([])).await;
        till.browser.touches("Whole basket").await;
        assert_eq!(till.browser.runs(not_seen, json!([])).await, json!([]));
        assert_eq!(till.browser.runs(places, json!([])).await, before);
        assert_eq!(till.browser.runs(small, json!([])).await, json!([]));
        till.browser.touches("Products").await;
        assert_eq!(till.browser.runs(places, json!([])).await, before);
        till.browser.looks(390, false).await;
        // An empty basket needs no room.
        till.browser.touches("Whole basket").await;
        till.browser.touches("Empty").await;
        till.browser.touches("Beer").await;
        till.browser.says(".total", &["€ 3,50"]).await;
    });
}

#[test]
fn no_long_word_of_a_products_name_is_broken_on_a_phone() {
    with_a_till(1, async |festival, till| {
        let product = json!({"name": "Bekerwaarborg", "price_cents": 100});
        festival.operator.posts("/api/v1/events/summer/products", &product).await.of_status(201);
        till.browser.looks(390, false).await;
        till.browser.goes_to("about:blank").await;
        till.opens().await;
        till.browser.says(".grid", &["Bekerwaarborg"]).await;
        let rows = "const name = [...document.querySelectorAll('.tile .name')] \
                 .find((one) => one.textContent === 'Bekerwaarborg'); \
             const range = document.createRange(); range.selectNodeContents(name.firstChild); \
             return range.getClientRects().length";
        assert_eq!(till.browser.runs(rows, json!([])).await, 1);
    });
}

#[test]
fn an_amount_that_no_product_has_is_typed_on_the_keys_of_the_screen_and_paid() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Other amount").await;
        for key in ["7", "5", "⌫", "00"] {
            till.browser.touches(key).await;
        }
        till.browser.says("[data-view=keypad] .due", &["€ 7,00"]).await;
        // More than may be charged is not taken in.
        till.browser.touches("00").await;
        till.browser.says("[data-view=keypad] .due", &["€ 7,00"]).await;
        till.browser.touches("Add € 7,00").await;
        till.browser.touches("Beer").await;
        till.browser.says(".lines", &["Other amount", "Beer"]).await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 10,50", "€ 9,50"]);
        assert_eq!(charged(festival).await, (1, 1_050));
    });
}

#[test]
fn who_has_too_little_tops_up_from_the_screen_and_pays_the_same_basket() {
    with_a_till(1, async |festival, till| {
        let band = &festival.bands[0];
        festival.fund(1, 200).await;
        till.browser.touches("Beer").await;
        till.scans(band).await;
        shows(&till.sees("short").await, &["Not enough money", "€ 2,00", "€ 1,50"]);
        till.browser.reads("[data-qr=there] + p").await;
        let screen = till.browser.screenshot().await;
        let (width, height) = screen.dimensions();
        let mut picture =
            rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
                screen.get_pixel(u32::try_from(x).unwrap(), u32::try_from(y).unwrap()).0[0]
            });
        let (_, text) = picture.detect_grids()[0].decode().unwrap();
        assert_eq!(text, band.qr_text);
        assert_eq!(charged(festival).await, (0, 0));
        // The bank reads what the screen shows, and the figures follow what is paid.
        let shown = Codes { qr_text: text, ..band.clone() };
        festival.bank.pays(&shown, 50, "deliver").await;
        till.waits_for_text("€ 2,50").await;
        shows(&till.sees("short").await, &["Not enough money", "Missing", "€ 1,00"]);
        // What comes while nothing is heard is there afterwards.
        till.loses_the_network().await;
        till.waits_for_text("whether the money came can’t be seen now").await;
        festival.bank.pays(&shown, 100, "deliver").await;
        till.finds_the_network().await;
        till.waits_for_text("The money is there").await;
        let there = till.sees("short").await;
        assert!(!there.contains("Not enough") && !there.contains("Missing"), "{there}");
        till.browser.touches("Pay € 3,50").await;
        shows(&till.sees("paid").await, &["€ 3,50", "€ 0,00"]);
        assert_eq!(charged(festival).await, (1, 350));
    });
}

#[test]
fn two_wristbands_pay_one_basket_together() {
    with_a_till(2, async |festival, till| {
        festival.fund(2, 200).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        till.sees("short").await;
        till.browser.touches("Take").await;
        till.browser.says("[data-view=scan]", &["Rest", "€ 1,50"]).await;
        till.scans(&festival.bands[1]).await;
        shows(&till.sees("paid").await, &["€ 2,00", "−€ 1,50", "€ 0,50"]);
        assert_eq!(charged(festival).await, (2, 350));
    });
}

/// A browser that reads chips, as far as the app can tell: `holdChip(text)` holds one against it.
const CHIP_READER: &str = "
    let leave = 'prompt';
    const readers = [];
    navigator.permissions.query = async ({ name }) => ({ state: name === 'nfc' ? leave : 'denied' });
    window.NDEFReader = class extends EventTarget {
        async scan() {
            if (leave === 'denied') throw new DOMException('no leave', 'NotAllowedError');
            leave = 'granted';
            readers.push(this);
        }
    };
    window.holdChip = (recordType, text) => {
        const data = new DataView(new TextEncoder().encode(text).buffer);
        for (const reader of readers) {
            reader.dispatchEvent(Object.assign(new Event('reading'), { message: { records: [
                { recordType: 'mime', data: new DataView(new ArrayBuffer(4)) },
                { recordType, encoding: recordType === 'text' ? 'utf-8' : undefined, data },
            ] } }));
        }
        return readers.length;
    };";

#[test]
fn a_chip_held_against_the_device_pays_as_its_printed_code_does() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        let hold = "return holdChip(arguments[0], arguments[1])";
        let code = &festival.bands[0].pay_code;
        till.browser.prepares_pages_with(CHIP_READER).await;
        till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
        till.browser.touches("Beer").await;
        assert_eq!(till.browser.runs(hold, json!(["url", code])).await, 0, "nobody gave leave yet");
        till.browser.touches("Pay").await;
        till.browser.says(".scan.chips", &["Or hold its chip against this device"]).await;
        assert_eq!(till.browser.runs(hold, json!(["url", festival.bands[0].pay_qr_text])).await, 1);
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        till.browser.touches("Next customer").await;
        // Leave was given: it reads without the scan view, and what is no wristband's chip is refused.
        till.browser.touches("Water").await;
        till.browser.runs(hold, json!(["text", "a hotel's key"])).await;
        till.sees("refused").await;
        till.browser.touches("OK").await;
        assert_eq!(
            till.browser.runs(hold, json!(["text", code])).await,
            1,
            "one reader, however often one scans"
        );
        shows(&till.sees("paid").await, &["€ 16,50", "−€ 2,50", "€ 14,00"]);
        assert_eq!(charged(festival).await, (2, 600));
    });
}

#[test]
fn a_sale_is_taken_back_from_the_list_of_the_last_ones() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        till.sees("paid").await;
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        till.browser.touches("Take back").await;
        till.sees("sure").await;
        till.browser.touches("Take back").await;
        shows(&till.sees("voided").await, &["€ 16,50", "+€ 3,50", "€ 20,00"]);
        assert_eq!(festival.moved(&festival.operator, "void").await, (1, 350));
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales", &["Taken back"]).await;
    });
}

#[test]
fn long_baskets_leave_the_list_of_the_last_sales_short_and_long_names_the_products_in_line() {
    with_a_till(1, async |festival, till| {
        for name in ["Glas champagne brut millésimé", "Bekerwaarborg"] {
            let product = json!({"name": name, "price_cents": 900});
            festival.operator.posts("/api/v1/events/summer/products", &product).await.of_status(201);
        }
        let kept = "const line = (_, at) => ({ product: `Abbey ${at + 1}`, quantity: 1, unit_cents: 100 }); \
             const sale = (lines, at) => ({ id: `sale ${at}`, serial: 'AAAABBBB', at: Date.now(), voided: false, \
                 amount_cents: 100 * lines, lines: Array.from({ length: lines }, line) }); \
             localStorage.setItem('polsband.terminal.sales', JSON.stringify(arguments[0].map(sale)))";
        till.browser.runs(kept, json!([[12, 4, 1, 12, 12, 12, 12]])).await;
        till.browser.goes_to("about:blank").await;
        till.opens().await;
        till.browser.says(".grid", &["Glas champagne", "Bekerwaarborg"]).await;
        let starts = "return [...new Set([...document.querySelectorAll('.tile:not(.other)')].map((tile) => \
             Math.round(tile.querySelector('.name').getBoundingClientRect().left - tile.getBoundingClientRect().left)))].length";
        for width in [1280, 390] {
            till.browser.looks(width, false).await;
            assert_eq!(till.browser.runs(starts, json!([])).await, 1, "at {width} px");
        }

        till.browser.touches("Menu").await;
        let begins = "1× Abbey 1, 1× Abbey 2, 1× Abbey 3";
        till.browser.says(".sales li:nth-child(1)", &[begins, "and 9 more"]).await;
        till.browser.says(".sales li:nth-child(2)", &["1× Abbey 3, 1× Abbey 4"]).await;
        let said = till.browser.runs("return document.querySelector('.sales').textContent", json!([])).await;
        assert!(!said.as_str().unwrap().contains("× Abbey"), "a line may end between how many and what");
        let rest = "return document.querySelector('.sales details p').checkVisibility()";
        assert_eq!(till.browser.runs(rest, json!([])).await, false);
        let buttons = "return [...new Set([...document.querySelectorAll('.sales li')].map((sale) => { \
             const [place, own] = [sale.querySelector('button'), sale].map((one) => one.getBoundingClientRect()); \
             return `${Math.round(place.top - own.top)} ${Math.round(own.right - place.right)}`; }))].length";
        assert_eq!(till.browser.runs(buttons, json!([])).await, 1);
        let more = "return document.querySelector('.sales summary')";
        till.browser.clicks("and 9 more", more, json!([])).await;
        assert_eq!(till.browser.runs(rest, json!([])).await, true);
        till.browser.says(".sales li:nth-child(1)", &["1× Abbey 12"]).await;
        assert_eq!(till.browser.runs(buttons, json!([])).await, 1);

        // One touch leads past all of them.
        let in_sight = "return ['training', 'sound', 'language'].every((id) => { \
             const { top, bottom } = document.getElementById(id).getBoundingClientRect(); \
             return top >= document.querySelector('.menu header').getBoundingClientRect().bottom && bottom <= innerHeight; })";
        assert_eq!(till.browser.runs(in_sight, json!([])).await, false);
        till.browser.touches("Settings").await;
        till.browser.waits_for("the settings", in_sight, json!([])).await;
    });
}

#[test]
fn the_question_before_a_sale_is_taken_back_fits_a_phone_and_has_two_different_answers_in_every_language() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        till.sees("paid").await;
        till.browser.touches("Next customer").await;
        till.browser.looks(390, false).await;
        for (language, menu, take_back, leave) in [
            ("en", "Menu", "Take back", "Cancel"),
            ("nl", "Menu", "Terugnemen", "Annuleren"),
            ("fr", "Menu", "Rembourser", "Annuler"),
            ("de", "Menü", "Zurück\u{ad}nehmen", "Abbrechen"),
        ] {
            let chosen = "localStorage.setItem('polsband.terminal.language', JSON.stringify(arguments[0]))";
            till.browser.runs(chosen, json!([language])).await;
            till.browser.goes_to("about:blank").await;
            till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
            till.browser.touches(menu).await;
            till.browser.touches(take_back).await;
            let question = till.sees("sure").await;
            shows(&question, &["€ 3,50", leave]);
            let texts = "return [...document.querySelectorAll('#over .actions button')].map((one) => one.textContent)";
            assert_eq!(till.browser.runs(texts, json!([])).await, json!([take_back, leave]), "{language}");
            let wide = "const over = document.querySelector('#over > *'); \
                 return [document.documentElement, over].some((one) => one.scrollWidth > one.clientWidth)";
            assert_eq!(till.browser.runs(wide, json!([])).await, false, "{language}");
            till.browser.touches(leave).await;
        }
    });
}

#[test]
fn a_sale_whose_answer_was_lost_is_found_by_its_id_even_when_the_app_was_closed_meanwhile() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.wire.cuts_the_next_sale();
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("unknown").await, &["Not known yet", "€ 3,50"]);
        till.lets_go_of_the_scan().await;
        shows(&till.sees("unknown").await, &["Not known yet"]);
        let kept = till.browser.runs("return JSON.stringify(localStorage)", json!([])).await;
        assert!(
            !kept.as_str().unwrap().contains(&festival.bands[0].pay_code),
            "no pay code stays on the device"
        );
        // Left, and opened again.
        till.browser.goes_to("about:blank").await;
        till.wire.is_mended();
        till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        till.browser.touches("Next customer").await;
        till.browser.says(".total", &["€ 0,00"]).await;

        till.browser.touches("Water").await;
        till.lets_go_of_the_scan().await;
        till.wire.cuts_the_next_sale();
        till.scans(&festival.bands[0]).await;
        till.sees("unknown").await;
        till.wire.is_mended();
        shows(&till.sees("paid").await, &["€ 16,50", "−€ 2,50", "€ 14,00"]);
        assert_eq!(till.wire.sales(), 2, "each was sent once");
        assert_eq!(charged(festival).await, (2, 600));
    });
}

#[test]
fn a_sale_that_is_lost_on_its_way_is_sent_again_under_its_id_and_charged_once_though_both_arrive() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        // The first one is held up: nothing is known of it until the second is sent, and then it arrives just before that.
        let held_up = "const ask = window.fetch; let first = null; window.sent = []; \
             window.fetch = async (path, options) => { \
                 if (path !== '/api/v1/charges') return ask(path, options); \
                 window.sent.push(JSON.parse(options.body).id); \
                 if (!first) { first = { ...options, signal: null }; throw new TypeError('lost'); } \
                 await ask(path, first); \
                 return ask(path, options); }";
        till.browser.runs(held_up, json!([])).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        let sent = till.browser.runs("return window.sent", json!([])).await;
        let sent = sent.as_array().unwrap();
        assert_eq!((sent.len(), &sent[0]), (2, &sent[1]), "one id");
        assert_eq!((charged(festival).await, till.wire.sales()), ((1, 350), 2));
    });
}

#[test]
fn the_files_of_the_app_travel_once() {
    with_a_till(1, async |_, till| {
        let worker = "return navigator.serviceWorker.controller !== null";
        till.browser.waits_for("the service worker", worker, json!([])).await;
        let fetched = till.wire.fetched();
        let is_own = |path: &&String| path.starts_with("/terminal/") && path.matches('/').count() == 3;
        let own: Vec<&String> = fetched.iter().filter(is_own).collect();
        let different: BTreeSet<&String> = own.iter().copied().collect();
        assert!(different.len() > 10 && own.len() == different.len(), "{own:?}");
    });
}

#[test]
fn without_a_network_the_app_opens_and_says_that_nothing_can_be_charged() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        let ready = "return navigator.serviceWorker.controller !== null";
        till.browser.waits_for("the service worker", ready, json!([])).await;
        till.wire.is_cut();
        till.browser.goes_to("about:blank").await;
        till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
        let offline = "return document.querySelector('.strip.offline')?.innerText";
        till.browser.waits_for("the word", offline, json!([])).await;
        till.browser.says(".grid", &["Beer", "€ 3,50"]).await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("offline").await, &["No connection"]);
        till.wire.is_mended();
        let online = "return document.querySelector('.strip.ready')?.innerText";
        till.browser.waits_for("the connection", online, json!([])).await;
        assert_eq!(charged(festival).await, (0, 0));
    });
}

#[test]
fn what_is_scanned_while_the_app_knows_of_no_connection_is_never_sent() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        let open = "return localStorage.getItem('polsband.terminal.open')";
        till.browser.touches("Beer").await;
        till.loses_the_network().await;
        till.browser.touches("Pay").await;
        shows(&till.sees("offline").await, &["Not charged", "No connection: nothing was charged"]);
        till.browser.touches("OK").await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("offline").await, &["No connection: nothing was charged"]);
        assert_eq!(till.browser.runs(open, json!([])).await, json!(null), "nothing is kept to be sent");
        till.browser.touches("OK").await;
        till.finds_the_network().await;
        till.browser.says(".total", &["€ 3,50"]).await;
        till.lets_go_of_the_scan().await;
        assert_eq!((charged(festival).await, till.wire.sales()), ((0, 0), 0));
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((1, 350), 1));

        // Nor is it taken back.
        till.browser.touches("Next customer").await;
        till.loses_the_network().await;
        till.browser.touches("Menu").await;
        till.browser.touches("Take back").await;
        till.sees("sure").await;
        till.browser.touches("Take back").await;
        shows(&till.sees("offline").await, &["Not possible", "taken back now"]);
        till.browser.touches("Next customer").await;
        till.finds_the_network().await;
        assert_eq!(festival.moved(&festival.operator, "void").await, (0, 0));
    });
}

#[test]
fn a_sale_of_which_nobody_knows_yet_is_left_and_still_found() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        let worker = "return navigator.serviceWorker.controller !== null";
        till.browser.waits_for("the service worker", worker, json!([])).await;
        till.browser.touches("Beer").await;
        till.wire.cuts_the_next_sale();
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("unknown").await, &["Not known yet", "€ 3,50"]);
        till.browser.touches("Go on").await;
        let notice = "return document.querySelector('.aside:not([hidden])')?.innerText";
        let said = till.browser.waits_for("the notice", notice, json!([])).await;
        shows(said.as_str().unwrap(), &["€ 3,50", "not known yet"]);
        till.browser.says(".total", &["€ 0,00"]).await;

        // The next customer's basket begins, and the question outlives the page.
        till.browser.touches("Water").await;
        till.browser.goes_to("about:blank").await;
        till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
        let said = till.browser.waits_for("the notice", notice, json!([])).await;
        shows(said.as_str().unwrap(), &["€ 3,50", "not known yet"]);
        till.loses_the_network().await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("offline").await, &["nothing was charged"]);
        till.browser.touches("OK").await;
        till.finds_the_network().await;
        let serial = &festival.bands[0].serial;
        shows(&till.sees("known").await, &["charged", "€ 3,50", &serial[serial.len() - 4..]]);
        till.browser.touches("OK").await;
        let gone = "return document.querySelector('.aside').hidden";
        till.browser.waits_for("the end of the notice", gone, json!([])).await;
        till.browser.says(".total", &["€ 2,50"]).await;
        till.lets_go_of_the_scan().await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 16,50", "−€ 2,50", "€ 14,00"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((2, 600), 2));
    });
}

#[test]
fn a_sale_that_was_left_and_never_arrived_comes_back_as_the_basket() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        // The app does not know of it yet.
        till.wire.is_cut();
        till.scans(&festival.bands[0]).await;
        till.sees("unknown").await;
        till.browser.touches("Go on").await;
        till.finds_the_network().await;
        shows(&till.sees("not-charged").await, &["€ 3,50", "The basket is still there"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((0, 0), 0));
        till.browser.touches("OK").await;
        till.browser.says(".total", &["€ 3,50"]).await;
        till.lets_go_of_the_scan().await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((1, 350), 1));
    });
}

#[test]
fn training_shows_everything_and_charges_nothing() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Menu").await;
        till.browser.runs("document.getElementById('training').click()", json!([])).await;
        till.browser.touches("Close").await;
        till.browser.says(".strip", &["TRAINING"]).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        let trained = till.sees("trained").await;
        shows(&trained, &["nothing was charged", "€ 20,00", "Would hold", "€ 16,50"]);
        assert!(!trained.contains('✓'), "nobody across the bar takes it for paid: {trained}");
        till.browser.reads(".answer.training").await;
        till.browser.touches("Next customer").await;
        // It ends while a wallet is looked up: that was training still, and is nothing to sell again.
        till.browser.touches("Water").await;
        let ends_meanwhile = "const ask = window.fetch; window.fetch = (path, ...rest) => { \
             if (path.endsWith('/lookup')) { window.fetch = ask; \
                 document.querySelector('.menu-button').click(); document.getElementById('training').click(); } \
             return ask(path, ...rest); }";
        till.browser.runs(ends_meanwhile, json!([])).await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("trained").await, &["nothing was charged", "€ 20,00", "€ 17,50"]);
        till.browser.touches("Next customer").await;
        till.browser.says(".strip", &["Ready"]).await;
        let is_none = "return document.querySelector('.left').disabled";
        till.browser.waits_for("nothing to sell again", is_none, json!([])).await;
        assert_eq!((charged(festival).await, till.wire.sales()), ((0, 0), 0));
    });
}

#[test]
fn training_has_sales_of_its_own_and_takes_no_real_one_back() {
    with_a_till(1, async |festival, till| {
        let switch = "document.getElementById('training').click()";
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.scans(&festival.bands[0]).await;
        till.sees("paid").await;
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales", &["€ 3,50"]).await;
        till.browser.runs(switch, json!([])).await;
        till.browser.says("[data-view=menu]", &["Last training sales", "No sales"]).await;
        till.browser.touches("Close").await;
        till.browser.touches("Water").await;
        till.scans(&festival.bands[0]).await;
        till.sees("trained").await;
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        let listed = till.browser.reads(".sales").await;
        assert!(listed.contains("€ 2,50") && !listed.contains("€ 3,50"), "{listed}");
        till.browser.touches("Take back").await;
        shows(&till.sees("sure").await, &["€ 2,50", "nothing was charged or taken back"]);
        till.browser.touches("Take back").await;
        shows(&till.sees("trained-back").await, &["Would be taken back", "+€ 2,50"]);
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales", &["€ 2,50", "Taken back"]).await;

        // The real one is where it was, and so is what is sold again at a touch.
        till.browser.runs(switch, json!([])).await;
        till.browser.says(".sales", &["€ 3,50", "Take back"]).await;
        till.browser.touches("Close").await;
        till.browser.touches("Again").await;
        till.browser.says("[data-view=scan]", &["€ 3,50"]).await;
        let voided = festival.moved(&festival.operator, "void").await;
        assert_eq!((charged(festival).await, voided, till.wire.sales()), ((1, 350), (0, 0), 1));
    });
}

#[test]
fn a_replaced_wristband_is_said_to_be_replaced_and_shows_and_spends_nothing_of_the_new_one() {
    with_a_till(2, async |festival, till| {
        let [old, new, ..] = festival.bands.as_slice() else { panic!("two wristbands") };
        festival.fund(1, 2_000).await;
        let replace = format!("/api/v1/media/{}/replace", old.reference);
        festival.operator.posts(&replace, &json!({"with": new.reference})).await.of_status(200);
        till.scans(old).await;
        let said = till.sees("balance").await;
        shows(&said, &["Replaced", "The new one pays", &old.serial[old.serial.len() - 4..]]);
        assert!(!said.contains('€'), "{said}");
        till.browser.touches("Next customer").await;
        till.browser.touches("Beer").await;
        till.scans(old).await;
        shows(&till.sees("refused").await, &["Not charged", "was replaced"]);
        till.browser.touches("OK").await;
        till.scans(new).await;
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        assert_eq!(charged(festival).await, (1, 350));
    });
}

#[test]
fn escape_closes_what_lies_over_the_app_but_no_running_sale_and_the_focus_goes_back() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        let is_back = "const over = document.getElementById('over'); \
             return !over.firstChild && document.activeElement.matches(arguments[0])";
        let escapes_to = async |from: &str| {
            till.browser.presses([ESCAPE]).await;
            till.browser.waits_for(&format!("the focus on {from}"), is_back, json!([from])).await;
        };
        till.browser.touches("Beer").await;
        for (touched, view, from) in [
            ("Menu", "menu", ".menu-button"),
            ("Other amount", "keypad", ".tile.other"),
            ("Pay", "scan", ".pay"),
        ] {
            till.browser.touches(touched).await;
            till.browser.reads(&format!("[data-view={view}]")).await;
            escapes_to(from).await;
        }
        till.browser.runs("document.querySelector('.lines button').focus()", json!([])).await;
        till.wire.cuts_the_next_sale();
        till.scans(&festival.bands[0]).await;
        till.sees("unknown").await;
        till.browser.presses([ESCAPE]).await;
        till.sees("unknown").await;
        till.wire.is_mended();
        shows(&till.sees("paid").await, &["€ 20,00", "−€ 3,50", "€ 16,50"]);
        till.finds_the_network().await;
        // The line that had the focus went with its basket.
        escapes_to(".pay").await;
        assert_eq!(charged(festival).await, (1, 350));
    });
}

#[test]
fn refusals_and_the_end_of_a_terminal_are_said_in_plain_words() {
    with_a_till(1, async |festival, till| {
        festival.fund(1, 2_000).await;
        till.browser.touches("Beer").await;
        till.browser.scanner_types(&festival.bands[0].reference).await;
        shows(&till.sees("refused").await, &["Not charged", "Scan the pay code", "€ 3,50"]);
        till.browser.touches("OK").await;
        let freeze = format!("/api/v1/media/{}/freeze", festival.bands[0].reference);
        festival.operator.posts(&freeze, &json!({"reason": "lost"})).await.of_status(200);
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("refused").await, &["frozen"]);
        till.browser.touches("OK").await;
        let revoke = format!("/api/v1/media/{}/revoke", festival.bands[0].reference);
        festival.operator.posts(&revoke, &json!({"reason": "lost for good"})).await.of_status(200);
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("refused").await, &["was revoked. The help desk can help.", "€ 3,50"]);
        till.browser.touches("OK").await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let revoke = format!("/api/v1/terminals/{}/revoke", listed["terminals"][0]["id"].as_str().unwrap());
        till.lets_go_of_the_scan().await;
        festival.operator.posts(&revoke, &json!({})).await.of_status(200);
        till.scans(&festival.bands[0]).await;
        let said = ["ended by the organiser", "The last sale of € 3,50 was not taken: nothing was charged."];
        till.browser.says(".message", &said).await;
        assert_eq!(charged(festival).await, (0, 0));
    });
}
