//! The console without any script: the help desk, doubtful money, what is sold and where, rules, comparing, books, people.
//! A newcomer's way to a printed sheet is in `console`, the visitor's in `visitor` and `top_up`.

use super::browser::Browser;
use super::console::signs_in;
use super::festival::{Caller, Festival};
use super::harness::run;
use super::http::Http;
use crate::desk::on_one_engine;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

/// What is paid onto a code that is nobody's, in cents: one finds its wallet, one goes back.
const NOBODYS: [i64; 2] = [1_200, 1_300];

/// Somebody at the console of a festival whose browser runs no script.
struct Console<'f> {
    festival: &'f Festival<'f>,
    browser: Browser,
}

impl Console<'_> {
    async fn opens(&self, path: &str) {
        self.browser.goes_to(&format!("{}/console{path}", self.festival.url)).await;
    }

    /// Waits for the word that something was done, and for what the page says besides.
    async fn is_told(&self, done: &str, says: &[&str]) {
        self.browser.says(".notice.good", &[done]).await;
        self.browser.says("main", says).await;
    }

    /// Types into a field over what stands there.
    async fn types_over(&self, css: &str, text: &str) {
        self.browser.runs("document.querySelector(arguments[0]).value = ''", json!([css])).await;
        self.browser.fills(css, text).await;
    }

    /// Follows the link of the line of a list that says this.
    async fn follows_in_line(&self, says: &str) {
        let script = "return [...document.querySelectorAll('main tbody tr, main .doors li')] \
             .find((line) => line.innerText.replaceAll('\\u00a0', ' ').includes(arguments[0]))?.querySelector('a')";
        self.browser.clicks(says, script, json!([says])).await;
    }

    /// The page of a wristband, by its number.
    async fn finds(&self, serial: &str) {
        self.opens("/summer/media").await;
        self.browser.types("#code", serial).await;
        self.browser.says("h1", &["Wristband"]).await;
    }

    /// Goes through a door of a wristband's page, with a reason.
    async fn moves(&self, door: &str, consequence: &str, reason: &str) {
        self.browser.follows(door).await;
        self.browser.says(".consequence", &[consequence]).await;
        self.browser.fills("#reason", reason).await;
        self.browser.touches(door).await;
    }
}

#[test]
fn the_console_does_everything_without_any_script() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 4, 1).await;
            festival.fund(1, 2_000).await;
            festival.bank.pays(&festival.bands[3], 2_000, "deliver").await;
            festival.terminals[0].charges(Uuid::now_v7(), &festival.bands[3], 350).await.of_status(201);
            for cents in NOBODYS {
                let stranger =
                    festival.bands[0].qr_text.replace(&festival.bands[0].reference, "E98Y1AD8J3EWCF0");
                let paid = json!({"payload": stranger, "amount_cents": cents, "callback": "deliver"});
                festival.bank.call(Method::POST, "/sandbox/pay", Some(&paid)).await;
            }
            let browser = signs_in(desk, &server, "nele@festival.example", "admin").await;
            browser.runs_no_scripts().await;
            let console = Console { festival: &festival, browser };
            moves_media(&console).await;
            decides_on_money(&console).await;
            changes_what_is_sold(&console).await;
            adds_a_terminal_and_changes_rules(&console).await;
            compares_and_audits(&console).await;
            reads_a_day(&console).await;
            adds_somebody_with_a_token(&console).await;
            drop(console);
            server.stopped();
            festival.audits();
        });
    });
}

async fn moves_media(console: &Console<'_>) {
    let [lost, new, spoilt, _] = &console.festival.bands[..] else { panic!("four wristbands") };
    console.finds(&lost.serial).await;
    console.moves("Freeze", "no bar takes it", "lost at the gate").await;
    console.is_told("It is frozen", &["lost at the gate", "€ 20,00"]).await;
    console.moves("Unfreeze", "spends its € 20,00", "it was in her bag").await;
    console.is_told("It pays again", &["it was in her bag"]).await;
    console.browser.follows("Replace").await;
    console.browser.fills("#with", &new.serial).await;
    console.browser.fills("#reason", "torn off").await;
    console.browser.touches("Replace").await;
    console.is_told("holds € 20,00 now", &["Replaced", "torn off"]).await;
    console.moves("Revoke", "nobody can spend its € 20,00", "it was stolen").await;
    console.is_told("It is revoked for good", &["it was stolen"]).await;
    console.finds(&spoilt.serial).await;
    console.moves("Misprint", "a new piece for its batch", "cut in two").await;
    console.is_told("It is a misprint now", &["cut in two"]).await;
    console.browser.follows("Reissue").await;
    console.browser.says(".consequence", &["A new batch of 1 piece"]).await;
    console.browser.fills("#reason", "cut in two").await;
    console.browser.touches("Issue them").await;
    console.is_told("1 new piece is issued", &["Stands in for", "cut in two"]).await;
}

async fn decides_on_money(console: &Console<'_>) {
    let paid = &console.festival.bands[3];
    console.opens("/summer/waiting").await;
    console.follows_in_line("€ 12,00").await;
    console.browser.fills("#to", &paid.serial).await;
    console.browser.touches("Credit this wallet").await;
    // What was typed stays there while its reason is asked for.
    console.browser.says(".notice.bad", &["Say why"]).await;
    console.browser.fills("#reason", "she showed her bank app").await;
    console.browser.touches("Credit this wallet").await;
    console.is_told("the wallet holds € 28,50 now", &["€ 13,00"]).await;
    console.follows_in_line("€ 13,00").await;
    console.browser.fills("#back_reason", "nobody came for it").await;
    console.browser.touches("Mark it for return").await;
    console.is_told("€ 13,00 is marked for return", &["Nothing. Money that belongs to no wallet"]).await;
    console.finds(&paid.serial).await;
    console.browser.says("main", &["€ 28,50", "she showed her bank app"]).await;
}

async fn changes_what_is_sold(console: &Console<'_>) {
    console.opens("/summer/set-up/products").await;
    console.browser.fills("#name", "Pils").await;
    console.browser.fills("#price", "3,50").await;
    console.browser.touches("Add").await;
    console.is_told("Pils is sold for € 3,50 now", &["everywhere"]).await;
    console.follows_in_line("Pils").await;
    console.browser.says("h1", &["Pils"]).await;
    console.types_over("#price", "4,00").await;
    console.browser.touches("Change").await;
    console.is_told("Pils is sold for € 4,00 now", &["€ 4,00"]).await;
    console.follows_in_line("Pils").await;
    console.browser.touches("Take off sale").await;
    console.is_told("Pils is off sale", &["There is none yet"]).await;
    console.opens("/summer/set-up/points-of-sale").await;
    console.browser.fills("#name", "Late bar").await;
    console.browser.touches("Add").await;
    console.is_told("Late bar was added", &["Late bar"]).await;
    console.follows_in_line("Late bar").await;
    console.browser.says("h1", &["Late bar"]).await;
    console.types_over("#name", "Night bar").await;
    console.browser.touches("Rename").await;
    console.is_told("Late bar is called Night bar now", &["Night bar"]).await;
    console.follows_in_line("Night bar").await;
    console.browser.fills("#reason", "The night is over").await;
    console.browser.touches("Retire").await;
    console.is_told("Night bar is retired", &[]).await;
    console.browser.says("tbody .tag", &["retired"]).await;
}

async fn adds_a_terminal_and_changes_rules(console: &Console<'_>) {
    console.opens("/summer/set-up/terminals").await;
    console.browser.touches("Show its code").await;
    let code = console.browser.reads(".serial").await;
    console.browser.says("h1", &["A terminal for"]).await;
    let nobody = Caller::new(&Http::new(), &console.festival.url, "");
    let enrol = json!({"code": code, "device_name": "till"});
    nobody.posts("/api/v1/terminals/enrol", &enrol).await.of_status(201);
    console.browser.follows("Back to the terminals").await;
    console.browser.says("main", &["till", "enrolled"]).await;
    console.opens("/summer/set-up/rules").await;
    console.types_over("#charge_max", "400,00").await;
    console.browser.touches("Save the rules").await;
    console.is_told("These rules hold from now on", &["Largest charge"]).await;
    let now = console.browser.runs("return document.querySelector('#charge_max').value", json!([])).await;
    assert_eq!(now, "400,00");
}

async fn compares_and_audits(console: &Console<'_>) {
    console.opens("/summer/reconcile").await;
    // A browser's field for a date and a time takes what is typed in its own order.
    let yesterday = "document.querySelector('#from').value = \
         new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 16)";
    console.browser.runs(yesterday, json!([])).await;
    console.browser.touches("Compare").await;
    console.browser.says("main", &["This comparison is complete", "Listed by the provider"]).await;
    console.opens("/summer/books").await;
    console.browser.touches("Run the audit").await;
    console.browser.says("main", &["every rule holds"]).await;
}

async fn reads_a_day(console: &Console<'_>) {
    let today = "return document.querySelector('.days a')";
    console.browser.clicks("today", today, json!([])).await;
    console.browser.says("main", &["Main bar", "€ 3,50", "What moved"]).await;
    let csv =
        "return [...document.querySelectorAll('main a')].find((a) => a.innerText === 'points of sale')?.href";
    let csv = console.browser.waits_for("the link to the file", csv, json!([])).await;
    let session = format!("polsband-session={}", console.browser.cookie("polsband-session").await);
    let file = Http::new().downloads(csv.as_str().unwrap(), &session).await;
    assert_eq!(file.status, 200);
    let text = file.text();
    assert!(text.contains("vendor") && text.contains("Main bar") && text.contains("350"), "{text}");
}

async fn adds_somebody_with_a_token(console: &Console<'_>) {
    console.opens("/people").await;
    console.browser.fills("#email", "fien@festival.example").await;
    console.browser.touches("Add").await;
    console.browser.says("h1", &["A link for fien@festival.example"]).await;
    console.browser.says(".secret", &["/console/password/"]).await;
    console.browser.follows("I have it").await;
    console.browser.fills("#name", "accounting export").await;
    console.browser.touches("Make a token").await;
    console.browser.says("h1", &["An API token of fien@festival.example"]).await;
    let token = console.browser.reads(".secret").await;
    let program = Caller::new(&Http::new(), &console.festival.url, &token);
    assert_eq!(program.gets("/api/v1/events").await.status, 200);
    console.browser.follows("I have it").await;
    console.browser.says("main", &["accounting export", "works"]).await;
    console.follows_in_line("accounting export").await;
    console.browser.says(".consequence", &["accounting export"]).await;
    console.browser.touches("Revoke").await;
    console.is_told("The token \"accounting export\" is revoked", &["revoked"]).await;
    assert_eq!(program.gets("/api/v1/events").await.status, 401);
}
