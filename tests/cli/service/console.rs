//! The console in a real browser: a newcomer comes to a printed sheet, the help desk to a lost wristband, and nobody to what
//! is not for their role.

use super::bank::Bank;
use super::browser::Browser;
use super::festival::Festival;
use super::harness::{Server, run};
use super::http::Http;
use crate::desk::{Desk, PROFILE, on_both_engines};
use serde_json::json;
use uuid::Uuid;

const API_KEY: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
/// The page of a wristband is there.
const FOUND: &str = "return document.querySelector('h1')?.innerText.startsWith('Wristband')";
const PASSWORD: &str = "correct horse battery";

/// Somebody new, who sets a password with their link and signs in.
pub(super) async fn signs_in(desk: &Desk, server: &Server, email: &str, role: &str) -> Browser {
    signs_in_before(desk, server, email, role, None).await
}

/// The same with a code lying before the camera.
async fn signs_in_before(
    desk: &Desk,
    server: &Server,
    email: &str,
    role: &str,
    code: Option<&str>,
) -> Browser {
    let link = desk.does(&["operator", "add", email, "--role", role]);
    let (_, path) = link.trim().split_once("/console/").expect("a link");
    let browser = Browser::open(desk, code).await;
    browser.goes_to(&format!("{}/console/{path}", server.url)).await;
    browser.fills("#password", PASSWORD).await;
    browser.types("#again", PASSWORD).await;
    browser.says(".notice", &["Your password is set"]).await;
    browser.fills("#email", email).await;
    browser.types("#password", PASSWORD).await;
    browser.waits_for("the console", "return location.pathname === '/console'", json!([])).await;
    browser
}

/// The picture of a piece, drawn.
async fn sees_a_picture(browser: &Browser) {
    let script =
        "const seen = document.querySelector('.specimen'); return seen?.complete && seen.naturalWidth > 0";
    browser.waits_for("a picture of a piece", script, json!([])).await;
}

#[test]
fn a_newcomer_comes_from_nothing_to_a_printed_sheet_without_any_script() {
    on_both_engines(|desk| {
        run(async {
            let http = Http::new();
            let (_program, bank) = Bank::start(desk, &http);
            bank.registers(API_KEY, "http://127.0.0.1:9").await;
            let server = Server::start(desk);
            let browser = signs_in(desk, &server, "nele@festival.example", "organiser").await;
            browser.runs_no_scripts().await;
            browser.goes_to(&format!("{}/console", server.url)).await;
            browser.says("main", &["Welcome"]).await;
            browser.follows("Set up the first festival").await;
            browser.fills("#name", "Zomer & Zon").await;
            browser.fills("#slug", "zomer").await;
            browser.fills("#profile_id", PROFILE).await;
            // The sandbox has addresses of its own.
            browser.runs("document.querySelector('summary').click()", json!([])).await;
            browser.fills("#api_url", &bank.url).await;
            browser.fills("#key_set_url", &format!("{}/jwks", bank.url)).await;
            browser.touches("Set it up").await;
            browser.says(".notice", &["Zomer & Zon is set up"]).await;
            browser.fills("#api_key", "00000000-0000-4000-8000-000000000000").await;
            browser.touches("Try and keep it").await;
            browser.says(".notice.bad", &["does not answer"]).await;
            browser.fills("#api_key", API_KEY).await;
            browser.touches("Try and keep it").await;
            browser.says(".notice.good", &["The provider answers"]).await;
            browser.follows("To the batches").await;
            browser.follows("New batch").await;
            browser.fills("#count", "9").await;
            browser.touches("Look at it").await;
            sees_a_picture(&browser).await;
            browser.touches("Issue").await;
            browser.says(".notice", &["9 wristbands are issued"]).await;
            let link = "document.querySelector(\"a[href*='?layout=a4-band-25']\").click(); return true";
            browser.waits_for("the layouts", link, json!([])).await;
            sees_a_picture(&browser).await;
            let script =
                "return document.querySelector(\"a.button[href*='sheet.pdf?layout=a4-band-25']\")?.href";
            let pdf = browser.waits_for("the file", script, json!([])).await;
            let pdf = pdf.as_str().unwrap();
            let session = format!("polsband-session={}", browser.cookie("polsband-session").await);
            let file = http.downloads(pdf, &session).await;
            assert_eq!(file.status, 200);
            std::fs::write(desk.path("zomer.pdf"), file.bytes).unwrap();
            let batch = pdf.split('/').rev().nth(1).unwrap();
            // Every code on it is one of the batch, and says what it should.
            let verified = desk.does(&["sheet", batch, "--verify", "zomer.pdf"]);
            assert!(verified.contains('9'), "{verified}");
            drop(browser);
            server.stopped();
        });
    });
}

#[test]
fn a_lost_wristband_is_found_frozen_and_replaced_at_the_help_desk() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 2, 1).await;
            festival.fund(1, 2_000).await;
            let [lost, new] = &festival.bands[..] else { panic!("two wristbands") };
            let browser = signs_in(desk, &server, "hilde@festival.example", "help-desk").await;
            browser.follows("Summer Festival").await;
            browser.follows("Media").await;
            browser.reads("#code").await;
            // A scanner types wherever the focus is.
            browser.scanner_types(&lost.serial).await;
            browser.waits_for("the wristband", FOUND, json!([])).await;
            browser.says("main", &["€ 20,00"]).await;
            browser.follows("Freeze").await;
            browser.says(".consequence", &["no bar takes it"]).await;
            browser.fills("#reason", "lost at the gate").await;
            browser.touches("Freeze").await;
            browser.says(".notice", &["It is frozen"]).await;
            let till = &festival.terminals[0];
            let refused = till.charges(Uuid::now_v7(), lost, 350).await;
            assert_eq!(refused.status, 409);
            browser.follows("Replace").await;
            // The scanner comes first: its field has the focus, and keeps the new one while a reason is asked for.
            let stands_in = "return document.activeElement?.id === arguments[0]";
            browser.waits_for("the field of the new one", stands_in, json!(["with"])).await;
            browser.scanner_types(&new.pay_code).await;
            browser.waits_for("the field of the reason", stands_in, json!(["reason"])).await;
            browser.fills("#reason", "it stays lost").await;
            browser.touches("Replace").await;
            browser.says(".notice", &["holds € 20,00 now"]).await;
            browser.says("main", &["Replaced"]).await;
            assert_eq!(till.charges(Uuid::now_v7(), new, 350).await.status, 201);
            browser.runs("location.reload()", json!([])).await;
            let script =
                "return document.body.innerText.includes('Paid at Main bar') && document.body.innerText";
            let page = browser.waits_for("the sale", script, json!([])).await;
            assert!(page.as_str().unwrap().contains("€\u{a0}16,50"), "{page}");
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn the_help_desk_finds_a_wristband_with_a_camera() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            festival.fund(1, 2_000).await;
            let code = &festival.bands[0].pay_qr_text;
            let browser =
                signs_in_before(desk, &server, "hilde@festival.example", "help-desk", Some(code)).await;
            browser.follows("Summer Festival").await;
            browser.follows("Media").await;
            browser.touches("Use the camera").await;
            browser.waits_for("the wristband", FOUND, json!([])).await;
            browser.says("main", &["€ 20,00"]).await;
            let address = browser.runs("return location.href", json!([])).await;
            assert!(!address.as_str().unwrap().contains("PB1"), "{address}");
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

/// Three roles, the links above a page of a festival, and an address that is not for them. An address may ask for passwords
/// ten times a minute, which is not enough for all five.
const SEEN: [(&str, &str, &str); 3] = [
    ("finance", "Festivals Log Today Media Waiting Payments Books Batches", "/summer/set-up"),
    ("help-desk", "Festivals Today Media Batches", "/summer/payments"),
    ("organiser", "Festivals Log Today Media Waiting Payments Books Batches Set-up", "/people"),
];

#[test]
fn nobody_comes_to_what_is_not_for_their_role() {
    on_both_engines(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let band = &festival.bands[0];
            let paid = json!({"payload": band.qr_text, "amount_cents": 2_000, "callback": "deliver",
                "debtor": {"name": "Wannes Peeters", "iban": "BE68539007547034"}});
            festival.bank.call(reqwest::Method::POST, "/sandbox/pay", Some(&paid)).await;
            for (role, links, elsewhere) in SEEN {
                let browser = signs_in(desk, &server, &format!("{role}@festival.example"), role).await;
                let at = |path: &str| format!("{}/console{path}", server.url);
                browser.goes_to(&at("/summer")).await;
                let script = "return [...document.querySelectorAll('header a, .festival nav a')] \
                     .map((a) => a.innerText).filter((text) => text && !text.includes('@') && text !== 'Polsband').join(' ')";
                assert_eq!(browser.runs(script, json!([])).await, links, "{role}");
                browser.goes_to(&at(elsewhere)).await;
                browser.says("h1", &["This is not for your role"]).await;
                browser.says("main", &[&format!("Your role ({role}) may not")]).await;
                // Who paid is for few roles, whatever the address says.
                browser.goes_to(&at("/summer/payments?payers=yes")).await;
                let sees_who_paid = browser.reads("main").await.contains("Wannes Peeters");
                assert_eq!(sees_who_paid, role == "finance", "{role}");
                browser.goes_to(&at(&format!("/summer/media/{}", band.reference))).await;
                browser.says("main", &["€ 20,00"]).await;
                let offered =
                    "return [...document.querySelectorAll('main a')].some((a) => a.innerText === 'Freeze')";
                let may_freeze = browser.runs(offered, json!([])).await;
                assert_eq!(may_freeze, role != "finance", "{role}");
            }
            server.stopped();
            festival.audits();
        });
    });
}
