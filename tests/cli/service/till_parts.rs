//! The bar's app in a real browser: one sale on several wristbands, and what they paid given back.

use super::festival::Festival;
use super::till::{charged, with_a_till};
use super::till_app::{Till, shows};
use serde_json::json;

/// In cents: twelve euros take all three, and leave something on the last.
const HELD: [i64; 3] = [650, 500, 200];

/// A basket of twelve euros is before them.
async fn twelve_euros_for_three(festival: &Festival<'_>, till: &Till) {
    for (band, cents) in festival.bands.iter().zip(HELD) {
        festival.bank.pays(band, cents, "deliver").await;
    }
    for product in ["Beer", "Water", "Beer", "Water"] {
        till.browser.touches(product).await;
    }
    till.browser.says(".total", &["€ 12,00"]).await;
}

/// The whole of what a wristband holds goes into the basket, of which this is left.
async fn pays_a_part(festival: &Festival<'_>, till: &Till, band: usize, rest: &str) {
    till.scans(&festival.bands[band]).await;
    till.sees("short").await;
    till.browser.touches("Take").await;
    till.browser.says("[data-view=scan]", &["Rest", rest]).await;
    till.browser.says(".total", &[rest]).await;
}

async fn opens_anew(till: &Till) {
    till.browser.goes_to("about:blank").await;
    till.browser.goes_to(&format!("{}/terminal", till.wire.url)).await;
}

fn paid_by(festival: &Festival<'_>, band: usize, amount: &str) -> String {
    let serial = &festival.bands[band].serial;
    format!("{amount} was paid by …{}", &serial[serial.len() - 4..])
}

#[test]
fn three_wristbands_pay_one_basket_together_and_no_cent_more() {
    with_a_till(3, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        // As an app from before there could be several parts kept the only one.
        let older = "const key = 'polsband.terminal.basket'; const basket = JSON.parse(localStorage.getItem(key)); \
             localStorage.setItem(key, JSON.stringify({ ...basket, paid: basket.paid[0] }))";
        till.browser.runs(older, json!([])).await;
        opens_anew(till).await;
        till.browser.says(".total", &["€ 5,50"]).await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        opens_anew(till).await;
        let parts = [paid_by(festival, 0, "€ 6,50"), paid_by(festival, 1, "€ 5,00")];
        till.browser.says(".lines", &parts.each_ref().map(String::as_str)).await;
        till.browser.says(".total", &["€ 0,50"]).await;
        till.scans(&festival.bands[2]).await;
        shows(&till.sees("paid").await, &["€ 2,00", "−€ 0,50", "€ 1,50"]);
        assert_eq!((charged(festival).await, till.wire.sales()), ((3, 1_200), 5));
        // Once more, and it is the whole of it.
        till.browser.touches("Next customer").await;
        till.browser.touches("Again").await;
        till.browser.says("[data-view=scan]", &["Scan the pay code", "€ 12,00"]).await;
        till.browser.says(".lines", &["2×", "Beer", "Water"]).await;
    });
}

#[test]
fn what_several_wristbands_paid_is_given_back_to_each_also_when_one_fails_at_first() {
    with_a_till(3, async |festival, till| {
        let voided = async || festival.moved(&festival.operator, "void").await;
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        till.browser.touches("Cancel").await;
        let second_fails = "const ask = window.fetch; let voids = 0; \
             const no = { type: 'urn:polsband:problem:wallet-full', detail: 'no' }; \
             window.fetch = (path, ...rest) => path.endsWith('/void') && (voids += 1) === 2 \
                 ? Promise.resolve(new Response(JSON.stringify(no), { status: 409 })) : ask(path, ...rest)";
        till.browser.runs(second_fails, json!([])).await;
        till.browser.touches("Give it back").await;
        let serial = &festival.bands[1].serial;
        shows(&till.sees("refused").await, &["Not possible", &serial[serial.len() - 4..]]);
        till.browser.touches("OK").await;
        till.browser.says(".total", &["€ 7,00"]).await;
        assert_eq!(voided().await, (1, 650));

        opens_anew(till).await;
        till.browser.says(".total", &["€ 7,00"]).await;
        till.browser.says(".lines", &[&paid_by(festival, 1, "€ 5,00")]).await;
        till.browser.touches("Give it back").await;
        shows(&till.sees("voided").await, &["€ 0,00", "+€ 5,00"]);
        till.browser.touches("OK").await;
        till.browser.says(".total", &["€ 12,00"]).await;
        assert_eq!(voided().await, (2, 1_150));

        // Once more, and both go back at one touch.
        pays_a_part(festival, till, 0, "€ 5,50").await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        till.browser.touches("Cancel").await;
        till.browser.touches("Give it back").await;
        shows(&till.sees("voided").await, &["Taken back", "+€ 6,50", "+€ 5,00"]);
        till.browser.touches("OK").await;
        till.browser.says(".total", &["€ 12,00"]).await;
        assert_eq!((charged(festival).await, voided().await), ((4, 2_300), (4, 2_300)));
    });
}

#[test]
fn a_part_that_is_taken_back_from_the_list_is_to_be_paid_again() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        till.browser.touches("Cancel").await;
        till.browser.touches("Menu").await;
        till.browser.touches("Take back").await;
        till.sees("sure").await;
        till.browser.touches("Take back").await;
        shows(&till.sees("voided").await, &["+€ 6,50"]);
        till.browser.touches("OK").await;
        till.browser.says(".total", &["€ 12,00"]).await;
        assert_eq!(festival.moved(&festival.operator, "void").await, (1, 650));
        // Nobody paid the rest.
        till.browser.touches("Menu").await;
        let part = "A part of € 12,00: 2× Beer, 2× Water";
        till.browser.says(".sales li", &["€ 6,50", part, "Given back"]).await;
        assert!(!till.browser.reads(".sales").await.contains("another wristband"));
    });
}

#[test]
fn a_part_that_is_taken_back_while_its_basket_is_set_aside_is_to_be_paid_again() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        // No sale arrives, and none is heard of; what is taken back is.
        let mute = "window.ask = window.fetch; \
             window.fetch = (path, ...rest) => /^.api.v1.charges(.[^/]+)?$/.test(path) \
                 ? Promise.resolve(new Response('{}', { status: 503 })) : window.ask(path, ...rest)";
        till.browser.runs(mute, json!([])).await;
        till.scans(&festival.bands[1]).await;
        till.sees("unknown").await;
        till.browser.touches("Go on").await;
        till.browser.says(".total", &["€ 0,00"]).await;
        till.browser.touches("Menu").await;
        till.browser.says("#training-waits", &["not certain yet", "€ 5,50"]).await;
        till.browser.touches("Take back").await;
        till.sees("sure").await;
        till.browser.touches("Take back").await;
        shows(&till.sees("voided").await, &["+€ 6,50"]);
        till.browser.touches("Next customer").await;
        till.browser.runs("window.fetch = window.ask", json!([])).await;
        shows(&till.sees("not-charged").await, &["The basket is still there"]);
        till.browser.touches("OK").await;
        till.browser.touches("Menu").await;
        till.browser.says("#training-waits", &["never arrived, as far as is known", "€ 5,50"]).await;
        till.browser.touches("Close").await;
        till.browser.says(".total", &["€ 12,00"]).await;
        // All of it is charged, and not what was left of it before.
        festival.bank.pays(&festival.bands[1], 1_000, "deliver").await;
        till.scans(&festival.bands[1]).await;
        shows(&till.sees("paid").await, &["€ 15,00", "−€ 12,00", "€ 3,00"]);
        let voided = festival.moved(&festival.operator, "void").await;
        assert_eq!((charged(festival).await, voided), ((2, 1_850), (1, 650)));
    });
}

#[test]
fn parts_that_are_too_old_to_go_back_at_the_bar_are_left_to_the_help_desk_and_the_selling_goes_on() {
    with_a_till(2, async |festival, till| {
        let last_four = |band: usize| {
            let serial = &festival.bands[band].serial;
            serial[serial.len() - 4..].to_owned()
        };
        let voided = async || festival.moved(&festival.operator, "void").await;
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        till.browser.touches("Cancel").await;
        let only_the_first_goes_back = "const ask = window.fetch; let voids = 0; \
             const late = { type: 'urn:polsband:problem:too-late-to-void', detail: 'late' }; \
             window.fetch = (path, ...rest) => path.endsWith('/void') && (voids += 1) > 1 \
                 ? Promise.resolve(new Response(JSON.stringify(late), { status: 409 })) : ask(path, ...rest)";
        till.browser.runs(only_the_first_goes_back, json!([])).await;
        till.browser.touches("Give it back").await;
        let late = till.sees("too-late").await;
        shows(&late, &["Not possible", "The help desk gives it back", &last_four(1), "€ 5,00"]);
        shows(&late, &["Taken back", &last_four(0), "+€ 6,50"]);
        // Whoever has time for it keeps the basket.
        till.browser.touches("Cancel").await;
        till.browser.says(".total", &["€ 7,00"]).await;
        // While the rest is being charged it can't be left: in a moment all of it may be paid.
        till.browser.touches("Give it back").await;
        till.sees("too-late").await;
        let left_meanwhile = "const ask = window.fetch; window.fetch = (path, ...rest) => { \
             if (path === '/api/v1/charges') { \
                 window.fetch = ask; document.querySelector('[data-answer=too-late] .main').click(); } \
             return ask(path, ...rest); }";
        till.browser.runs(left_meanwhile, json!([])).await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("short").await, &["€ 6,50", "€ 0,50"]);
        till.browser.touches("Cancel").await;
        till.browser.says(".total", &["€ 7,00"]).await;
        till.browser.touches("Give it back").await;
        till.sees("too-late").await;
        till.browser.touches("Leave it to the help desk").await;
        till.browser.says(".total", &["€ 0,00"]).await;

        opens_anew(till).await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales li", &["€ 5,00", &last_four(1), "The help desk gives it back"]).await;
        let left = "return document.querySelector('.sales li').dataset.sale";
        let left = till.browser.runs(left, json!([])).await;
        till.browser.touches("Close").await;
        till.browser.touches("Water").await;
        till.scans(&festival.bands[0]).await;
        shows(&till.sees("paid").await, &["€ 6,50", "−€ 2,50", "€ 4,00"]);
        assert_eq!((charged(festival).await, voided().await), ((3, 1_400), (1, 650)));
        let path = format!("/api/v1/charges/{}/void", left.as_str().unwrap());
        let given =
            festival.operator.posts(&path, &json!({"reason": "left at the bar"})).await.of_status(200);
        assert_eq!(given["balance_cents"], 500);
    });
}

#[test]
fn training_can_not_begin_and_the_terminal_not_end_while_a_part_of_a_sale_is_really_paid() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        till.browser.touches("Cancel").await;
        let is_off = "return document.getElementById('training').disabled \
             && document.querySelector('.quiet-button').disabled";
        till.browser.touches("Menu").await;
        till.browser.says("#training-waits", &["A part of the basket was really paid"]).await;
        till.browser.says("#leave-waits", &["finish the sale or give it back"]).await;
        assert_eq!(till.browser.runs(is_off, json!([])).await, true);
        // As an app from before that was so kept it.
        let on = "localStorage.setItem('polsband.terminal.training', 'true')";
        till.browser.runs(on, json!([])).await;
        opens_anew(till).await;
        till.browser.says(".strip", &["Ready"]).await;
        till.browser.touches("Give it back").await;
        shows(&till.sees("voided").await, &["+€ 6,50"]);
        till.browser.touches("OK").await;
        till.browser.touches("Menu").await;
        till.browser.reads("#training").await;
        let is_on = "return !document.getElementById('training').disabled \
             && !document.querySelector('.quiet-button').disabled";
        assert_eq!(till.browser.runs(is_on, json!([])).await, true);
        assert_eq!(festival.moved(&festival.operator, "void").await, (1, 650));
    });
}

#[test]
fn whoever_types_a_wrong_code_or_one_that_paid_its_part_is_told_so_and_scans_on_with_the_same_basket() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        festival.bank.pays(&festival.bands[1], 1_000, "deliver").await;
        let [first, second, ..] = festival.bands.as_slice() else { panic!("two wristbands") };
        till.browser.touches("Pay").await;
        let types_and_touches = async |code: &str| {
            till.browser.fills("#typed", code).await;
            till.browser.touches("Go").await;
        };
        till.browser.types("#typed", &first.reference).await;
        shows(&till.sees("refused").await, &["Not charged", "Scan the pay code"]);
        till.browser.touches("OK").await;
        // What a hand that trembles has a scanner type once more is the same scan; whoever means it is answered, at once.
        till.browser.says("[data-view=scan]", &["Scan the pay code", "€ 12,00"]).await;
        till.browser.types("#typed", &first.reference).await;
        till.browser.says("[data-view=scan]", &["counts once", "touch “Go”"]).await;
        till.browser.touches("Go").await;
        till.browser.says("[data-view=scan]", &["Fill this in"]).await;
        types_and_touches(&first.reference).await;
        shows(&till.sees("refused").await, &["Not charged", "Scan the pay code"]);
        till.browser.touches("OK").await;
        till.browser.says("[data-view=scan]", &["Scan the pay code", "€ 12,00"]).await;
        till.browser.types("#typed", &first.pay_code).await;
        till.sees("short").await;
        till.browser.touches("Take").await;
        till.browser.says("[data-view=scan]", &["Rest", "€ 5,50"]).await;
        till.browser.types("#typed", &first.pay_code).await;
        till.browser.says("[data-view=scan]", &["counts once", "€ 5,50"]).await;
        // In groups, in small letters, and with a letter for a digit.
        let (front, back) = first.pay_code.split_at(7);
        types_and_touches(&format!("{front} - {back}").replace('1', "l").to_lowercase()).await;
        let told = till.sees("refused").await;
        shows(&told, &["has just paid its part of € 6,50", &first.serial[first.serial.len() - 4..]]);
        till.browser.touches("OK").await;
        till.browser.says("[data-view=scan]", &["Rest", "€ 5,50"]).await;
        // Typed once more it is meant: there may be money on it again.
        types_and_touches(&first.pay_code).await;
        shows(&till.sees("short").await, &["Not enough money", "€ 0,00", "€ 5,50"]);
        till.browser.touches("Cancel").await;
        till.browser.touches("Pay").await;
        till.browser.says("[data-view=scan]", &["Rest", "€ 5,50"]).await;
        till.browser.types("#typed", &second.pay_code).await;
        let green = till.sees("paid").await;
        shows(&green, &["€ 15,00", "−€ 5,50", "€ 9,50", "€ 12,00 in all: € 6,50 + € 5,50"]);
        assert_eq!(charged(festival).await, (2, 1_200));
    });
}

#[test]
fn a_terminal_that_is_revoked_in_the_middle_of_a_sale_says_what_was_paid_of_it() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let revoke = format!("/api/v1/terminals/{}/revoke", listed["terminals"][0]["id"].as_str().unwrap());
        festival.operator.posts(&revoke, &json!({})).await.of_status(200);
        till.scans(&festival.bands[1]).await;
        let paid = paid_by(festival, 0, "€ 6,50");
        let told = ["ended by the organiser", &paid, "The help desk can give it back"];
        till.browser.says(".message", &told).await;
        let said = till.browser.reads(".message").await;
        assert!(!said.contains("nothing was charged"), "{said}");
        // It is said until the device is a terminal again.
        opens_anew(till).await;
        till.browser.says(".message", &told).await;
        let bar = json!({"point_of_sale": "Main bar"});
        let added = festival.operator.posts("/api/v1/events/summer/terminals", &bar).await.of_status(201);
        till.browser.fills("#code", added["code"].as_str().unwrap()).await;
        till.browser.touches("Start selling").await;
        till.browser.says("h1", &["Main bar"]).await;
        let kept = "return localStorage.getItem('polsband.terminal.notice')";
        assert_eq!(till.browser.runs(kept, json!([])).await, json!(null));
        assert_eq!(charged(festival).await, (1, 650));
    });
}

/// In each language: "Give it back", and what is said of a closed festival.
const CLOSED: [(&str, &str, [&str; 2]); 4] = [
    ("nl", "Teruggeven", ["evenement is afgesloten: dit blijft", "De organisator regelt het"]),
    ("fr", "Rembourser", ["événement est clôturé : ceci reste", "L’organisateur s’en occupe"]),
    ("de", "Zurückgeben", ["Veranstaltung ist beendet: das bleibt", "Der Veranstalter klärt es"]),
    ("en", "Give it back", ["event is closed: this stays", "The organiser settles it"]),
];

#[test]
fn parts_of_a_festival_that_is_closed_are_left_to_the_organiser_and_the_terminal_ends() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        festival.operator.posts("/api/v1/events/summer/close", &json!({})).await.of_status(200);
        let serials = festival.bands.iter().map(|band| &band.serial[band.serial.len() - 4..]);
        let parts: Vec<&str> = serials.chain(["€ 6,50", "€ 5,00"]).collect();
        for (language, give_back, says) in CLOSED {
            let chosen = "localStorage.setItem('polsband.terminal.language', JSON.stringify(arguments[0]))";
            till.browser.runs(chosen, json!([language])).await;
            opens_anew(till).await;
            till.browser.touches(give_back).await;
            let told = till.sees("closed").await;
            shows(&told, &says);
            shows(&told, &parts);
            assert!(!told.to_lowercase().contains("desk"), "{told}");
        }
        // Whoever waits for a word of the organiser keeps the basket, and the terminal with it.
        till.browser.touches("Cancel").await;
        till.browser.says(".strip", &["The event is closed"]).await;
        till.browser.says(".total", &["€ 0,50"]).await;
        till.browser.touches("Menu").await;
        till.browser.says("#leave-waits", &["touch “Give it back” to leave it to the organiser"]).await;
        till.browser.says("#training-waits", &["to leave it to the organiser"]).await;
        assert!(!till.browser.reads(".sales").await.contains("Take back"), "nothing goes back there");
        till.browser.touches("Close").await;
        till.browser.touches("Give it back").await;
        till.sees("closed").await;
        till.browser.touches("Leave it to the organiser").await;
        till.browser.says(".total", &["€ 0,00"]).await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales li", &["€ 5,00", "The organiser settles it"]).await;
        let listed = till.browser.reads(".sales").await;
        assert!(!listed.contains("help desk") && !listed.contains("Take back"), "{listed}");

        // What its device ends is ended for the service as well.
        till.browser.touches("End this terminal").await;
        till.sees("sure").await;
        till.browser.touches("End this terminal").await;
        till.browser.reads("[data-view=enrol]").await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        assert_eq!(listed["terminals"][0]["status"], "revoked");
        assert_eq!((charged(festival).await, till.wire.sales()), ((2, 1_150), 4));
    });
}

#[test]
fn a_terminal_that_is_revoked_after_the_festival_was_closed_sends_nobody_to_the_help_desk() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        // The app last heard that the festival is open, and hears of nothing else before its terminal is gone.
        let deaf = "window.ask = window.fetch; window.fetch = () => Promise.reject(new TypeError('lost'))";
        till.browser.runs(deaf, json!([])).await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let revoke = format!("/api/v1/terminals/{}/revoke", listed["terminals"][0]["id"].as_str().unwrap());
        festival.operator.posts("/api/v1/events/summer/close", &json!({})).await.of_status(200);
        festival.operator.posts(&revoke, &json!({})).await.of_status(200);
        till.browser.runs("window.fetch = window.ask", json!([])).await;
        till.scans(&festival.bands[1]).await;
        let paid = paid_by(festival, 0, "€ 6,50");
        let told = ["ended by the organiser", &paid, "The event is closed: this stays charged"];
        till.browser.says(".message", &told).await;
        assert!(!till.browser.reads(".message").await.contains("help desk"));
        opens_anew(till).await;
        till.browser.says(".message", &told).await;
        assert_eq!(charged(festival).await, (1, 650));
    });
}

#[test]
fn what_was_paid_is_said_at_once_and_after_a_reload_while_nobody_answers_whether_the_festival_is_open() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        let no_answer = "const ask = window.fetch; window.fetch = (path, ...rest) => \
             path.endsWith('/terminal/end') ? new Promise(() => {}) : ask(path, ...rest)";
        till.browser.runs(no_answer, json!([])).await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let revoke = format!("/api/v1/terminals/{}/revoke", listed["terminals"][0]["id"].as_str().unwrap());
        festival.operator.posts(&revoke, &json!({})).await.of_status(200);
        till.scans(&festival.bands[1]).await;
        let paid = paid_by(festival, 0, "€ 6,50");
        let told = ["ended by the organiser", &paid, "The help desk can give it back"];
        till.browser.says(".message", &told).await;
        opens_anew(till).await;
        till.browser.says(".message", &told).await;
    });
}

#[test]
fn a_device_becomes_another_terminal_only_once_no_part_of_a_sale_is_paid_and_then_ends_its_old_one() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        till.browser.touches("Cancel").await;
        let path = "/api/v1/events/summer/terminals";
        let bar = json!({"point_of_sale": "Main bar"});
        let added = festival.operator.posts(path, &bar).await.of_status(201);
        let link = format!("#code={}", added["code"].as_str().unwrap());
        let follows = async || {
            till.browser.runs("location.hash = arguments[0]", json!([link])).await;
            // The app takes the code out of the address when it has seen it.
            till.browser.waits_for("the code to be seen", "return location.hash === ''", json!([])).await;
        };
        let is_asked = "return document.querySelector('[data-view=enrol]') !== null";
        follows().await;
        assert_eq!(till.browser.runs(is_asked, json!([])).await, false);
        till.browser.goes_to("about:blank").await;
        till.browser.goes_to(&format!("{}/terminal{link}", till.wire.url)).await;
        till.browser.says(".total", &["€ 5,50"]).await;
        assert_eq!(till.browser.runs(is_asked, json!([])).await, false);
        till.browser.touches("Give it back").await;
        shows(&till.sees("voided").await, &["+€ 6,50"]);
        till.browser.touches("OK").await;
        follows().await;
        till.browser.touches("Start selling").await;
        till.browser.says("h1", &["Main bar"]).await;
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        let are = [0, 1].map(|number| listed["terminals"][number]["status"].clone());
        assert_eq!(are, ["revoked", "enrolled"]);
    });
}

#[test]
fn a_terminal_that_ends_without_a_connection_is_ended_on_its_device_only() {
    with_a_till(1, async |festival, till| {
        let worker = "return navigator.serviceWorker.controller !== null";
        till.browser.waits_for("the service worker", worker, json!([])).await;
        till.loses_the_network().await;
        till.browser.touches("Menu").await;
        till.browser.touches("End this terminal").await;
        till.sees("sure").await;
        till.browser.touches("End this terminal").await;
        till.browser.reads("[data-view=enrol]").await;
        let token = "return localStorage.getItem('polsband.terminal.token')";
        assert_eq!(till.browser.runs(token, json!([])).await, json!(null));
        let listed = festival.operator.gets("/api/v1/terminals?event=summer").await.of_status(200);
        assert_eq!(listed["terminals"][0]["status"], "enrolled");
    });
}

#[test]
fn several_sales_of_which_nobody_knows_are_counted_before_the_terminal_ends() {
    with_a_till(1, async |_, till| {
        till.loses_the_network().await;
        let aside = "const sale = (cents, at) => \
                 ({ id: `sale ${at}`, amount_cents: cents, lines: [], basket: null, at: Date.now() }); \
             localStorage.setItem('polsband.terminal.aside', JSON.stringify(arguments[0].map(sale)))";
        for (amounts, said) in [
            (json!([350]), "What became of a sale of € 3,50 is not known here"),
            (json!([350, 250]), "What became of 2 sales (€ 3,50 + € 2,50) is not known here"),
        ] {
            till.browser.runs(aside, json!([amounts])).await;
            till.browser.touches("Menu").await;
            till.browser.touches("End this terminal").await;
            shows(&till.sees("sure").await, &[said]);
            till.browser.touches("Cancel").await;
        }
    });
}

#[test]
fn what_is_asked_before_a_later_part_is_seen_to_be_asked_and_says_to_scan_again_where_no_answer_comes() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        festival.bank.pays(&festival.bands[1], 1_000, "deliver").await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        let slow = "const ask = window.fetch; \
             window.fetch = (path, ...rest) => !/^.api.v1.charges.[^/]+$/.test(path) ? ask(path, ...rest) \
                 : new Promise((_, lost) => { window.fetch = ask; window.loses = () => lost(new TypeError()); })";
        till.browser.runs(slow, json!([])).await;
        till.scans(&festival.bands[1]).await;
        shows(&till.sees("working").await, &["Looking it up"]);
        till.browser.runs("window.loses()", json!([])).await;
        let paid = paid_by(festival, 0, "€ 6,50");
        let told = ["this part was not charged", "What was paid before stays", &paid, "Scan again as soon"];
        shows(&till.sees("offline").await, &told);
        till.browser.touches("OK").await;
        till.finds_the_network().await;
        assert_eq!(till.wire.sales(), 2, "the rest was not sent");
        till.scans(&festival.bands[1]).await;
        shows(&till.sees("paid").await, &["€ 12,00 in all: € 6,50 + € 5,50"]);
        assert_eq!(charged(festival).await, (2, 1_200));
    });
}

#[test]
fn a_part_that_the_help_desk_takes_back_meanwhile_is_to_be_paid_before_the_sale_is_green() {
    with_a_till(2, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        festival.bank.pays(&festival.bands[1], 1_000, "deliver").await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        let part = "return JSON.parse(localStorage.getItem('polsband.terminal.basket')).paid[0].id";
        let part = till.browser.runs(part, json!([])).await;
        let path = format!("/api/v1/charges/{}/void", part.as_str().unwrap());
        festival.operator.posts(&path, &json!({"reason": "asked at the desk"})).await.of_status(200);
        till.scans(&festival.bands[1]).await;
        let paid = paid_by(festival, 0, "€ 6,50");
        shows(&till.sees("part-back").await, &["Not charged", &paid, "€ 12,00 is to be paid now"]);
        assert_eq!(charged(festival).await, (1, 650));
        till.browser.touches("OK").await;
        till.browser.says("[data-view=scan]", &["Scan the pay code", "€ 12,00"]).await;
        till.lets_go_of_the_scan().await;
        till.scans(&festival.bands[1]).await;
        let green = till.sees("paid").await;
        shows(&green, &["€ 15,00", "−€ 12,00", "€ 3,00"]);
        assert!(!green.contains("in all"), "{green}");
        assert_eq!(charged(festival).await, (2, 1_850));
    });
}

#[test]
fn every_part_is_listed_with_what_was_sold_and_stays_when_the_network_goes_or_another_goes_back() {
    with_a_till(3, async |festival, till| {
        twelve_euros_for_three(festival, till).await;
        pays_a_part(festival, till, 0, "€ 5,50").await;
        pays_a_part(festival, till, 1, "€ 0,50").await;
        till.browser.touches("Cancel").await;
        till.loses_the_network().await;
        till.browser.touches("Pay").await;
        let parts = [paid_by(festival, 0, "€ 6,50"), paid_by(festival, 1, "€ 5,00")];
        let offline = till.sees("offline").await;
        shows(&offline, &["this part was not charged", "What was paid before stays", &parts[0], &parts[1]]);
        assert!(!offline.contains("nothing was charged"), "{offline}");
        till.browser.touches("OK").await;
        till.finds_the_network().await;
        till.scans(&festival.bands[2]).await;
        shows(&till.sees("paid").await, &["€ 12,00 in all: € 6,50 + € 5,00 + € 0,50"]);
        till.browser.touches("Next customer").await;
        till.browser.touches("Menu").await;
        till.browser.says(".sales", &["€ 0,50", "€ 5,00", "€ 6,50"]).await;
        let sold = "return [...document.querySelectorAll('.sales p.quiet')] \
             .map((one) => one.innerText.replaceAll('\\u00a0', ' '))";
        let part = "A part of € 12,00: 2× Beer, 2× Water";
        assert_eq!(till.browser.runs(sold, json!([])).await, json!([part, part, part]));
        till.browser.touches("Take back").await;
        shows(&till.sees("sure").await, &["€ 0,50", "one part of a sale of € 12,00: the others stay"]);
    });
}

#[test]
fn on_a_phone_held_sideways_every_answer_is_in_sight_with_its_buttons_and_its_code() {
    with_a_till(2, async |festival, till| {
        let in_sight = async |what: &str| {
            let script = "const isIn = (part) => { const place = part.getBoundingClientRect(); \
                 return place.top >= 0 && place.left >= 0 \
                     && place.bottom <= innerHeight + 0.5 && place.right <= innerWidth + 0.5; }; \
                 return [...document.querySelectorAll('#over button, #over .qr, #over dl, #over p')] \
                     .filter((part) => part.checkVisibility() && !isIn(part)).map((part) => part.innerText)";
            for (width, height) in [(844, 390), (568, 320)] {
                till.browser.lies(width, height).await;
                let is_so = "return innerWidth === arguments[0] && innerHeight === arguments[1]";
                till.browser.waits_for("the screen", is_so, json!([width, height])).await;
                let out = till.browser.runs(script, json!([])).await;
                assert_eq!(out, json!([]), "{what} at {width} x {height}");
            }
        };
        twelve_euros_for_three(festival, till).await;
        festival.bank.pays(&festival.bands[1], 1_000, "deliver").await;
        till.scans(&festival.bands[0]).await;
        till.sees("short").await;
        let code = "return document.querySelector('[data-qr=there]') !== null";
        till.browser.waits_for("the top-up code", code, json!([])).await;
        in_sight("the shortfall").await;
        till.browser.touches("Take").await;
        till.browser.says("[data-view=scan]", &["Rest", "€ 5,50"]).await;
        till.scans(&festival.bands[1]).await;
        shows(&till.sees("paid").await, &["€ 12,00 in all"]);
        in_sight("a sale").await;
        till.browser.touches("Next customer").await;
        till.browser.touches("Beer").await;
        till.browser.scanner_types(&festival.bands[0].reference).await;
        till.sees("refused").await;
        in_sight("a refusal").await;
    });
}
