//! The console in a real browser: a newcomer comes to a printed sheet, the help desk to a lost wristband, and nobody to what
//! is not for their role.

use super::bank::Bank;
use super::browser::Browser;
use super::festival::Festival;
use super::harness::{Server, run};
use super::http::Http;
use crate::desk::{Desk, PROFILE, on_one_engine};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

const API_KEY: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
/// The page of a wristband is there.
const FOUND: &str = "return document.querySelector('h1')?.innerText.startsWith('Wristband')";
pub(super) const PASSWORD: &str = "correct horse battery";

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

/// Ends a session behind the back of its browser.
pub(super) async fn ends_session(server: &Server, browser: &Browser) {
    let cookie = format!("polsband-session={}", browser.cookie("polsband-session").await);
    let headers = [("cookie", cookie.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let url = format!("{}/console/sign-out", server.url);
    let ended = Http::new().send(Method::POST, &url, &headers, String::new()).await.unwrap();
    assert_eq!(ended.status, 303, "{}", ended.text());
}

/// Signs in in another tab of the same browser.
async fn signs_in_elsewhere(server: &Server, browser: &Browser, email: &str) {
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let form = format!("email={email}&password={PASSWORD}");
    let url = format!("{}/console/sign-in", server.url);
    let entered = Http::new().send(Method::POST, &url, &headers, form).await.unwrap();
    assert_eq!(entered.status, 303, "{}", entered.text());
    let session = entered.headers["set-cookie"].to_str().unwrap().split(['=', ';']).nth(1).unwrap();
    browser.keeps_cookie("polsband-session", session).await;
}

/// The picture of a piece, drawn.
async fn sees_a_picture(browser: &Browser) {
    let script =
        "const seen = document.querySelector('.specimen'); return seen?.complete && seen.naturalWidth > 0";
    browser.waits_for("a picture of a piece", script, json!([])).await;
}

#[test]
fn a_newcomer_comes_from_nothing_to_a_printed_sheet_without_any_script() {
    on_one_engine(|desk| {
        run(async {
            let http = Http::new();
            let (_program, bank) = Bank::start(desk, &http);
            bank.registers(API_KEY, "http://127.0.0.1:9").await;
            let server = Server::start(desk);
            let browser = signs_in(desk, &server, "nele@festival.example", "organiser").await;
            browser.runs_no_scripts().await;
            browser.goes_to(&format!("{}/console", server.url)).await;
            browser.says("main", &["Welcome", "an account at MultiSafepay or WooshPay"]).await;
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
            browser.says(".notice.bad", &["This key is not kept"]).await;
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
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 3, 1).await;
            festival.fund(1, 2_000).await;
            let [lost, new, used] = &festival.bands[..] else { panic!("three wristbands") };
            let activate = format!("/api/v1/media/{}/activate", used.reference);
            festival.operator.posts(&activate, &json!({"reason": "handed out"})).await.of_status(200);
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
            browser.scanner_types(&used.pay_code).await;
            // What can't be taken stands there to be scanned over, and both faults are said.
            let scans_over = "const field = document.activeElement; \
                 return field.id === 'with' && field.value !== '' && field.selectionStart === 0 \
                     && field.selectionEnd === field.value.length";
            browser.says(".notice.bad", &["Say why", "The new one is active"]).await;
            browser.waits_for("what was scanned, selected", scans_over, json!([])).await;
            browser.scanner_types(&lost.serial).await;
            browser.says(".notice.bad", &["Say why", "can't replace itself"]).await;
            browser.waits_for("what was scanned, selected", scans_over, json!([])).await;
            // Scanned while the reason is written: it goes where it belongs, and is sent as from there.
            browser.fills("#reason", "it stays lost").await;
            browser.scanner_types(&new.pay_code).await;
            browser.says(".notice.good", &["holds € 20,00 now"]).await;
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
    on_one_engine(|desk| {
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
            assert!(!address.as_str().unwrap().contains(&festival.bands[0].pay_code), "{address}");
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn both_codes_of_a_piece_before_the_camera_are_one_piece_of_the_list() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let band = &festival.bands[0];
            let path = format!("/console/summer/batches/{}/receive", desk.issues(1));
            let code = Some(band.pay_qr_text.as_str());
            let browser = signs_in_before(desk, &server, "olga@festival.example", "organiser", code).await;
            browser.goes_to(&format!("{}{path}", server.url)).await;
            browser.fills("#codes", &format!("{}\n", band.qr_text)).await;
            browser.touches("Use the camera").await;
            browser.says(".seen [role=status]", &["1 in the list"]).await;
            let both = format!("{}\n{}\n", band.qr_text, band.pay_qr_text);
            assert_eq!(
                browser.runs("return document.querySelector('#codes').value", json!([])).await,
                both.as_str()
            );
            // More than are looked up are so many codes.
            browser.goes_to(&format!("{}{path}", server.url)).await;
            let many: String = (1..=100).map(|number| format!("code {number}\n")).collect();
            browser.fills("#codes", &many).await;
            browser.touches("Use the camera").await;
            browser.says(".seen [role=status]", &["101 codes in the list"]).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn a_camera_whose_session_has_ended_leads_to_signing_in_and_back_to_its_page() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let code = &festival.bands[0].pay_qr_text;
            let path = format!("/console/summer/batches/{}/quarantine", desk.issues(1));
            let browser =
                signs_in_before(desk, &server, "hilde@festival.example", "help-desk", Some(code)).await;
            browser.goes_to(&format!("{}{path}", server.url)).await;
            browser.reads("#from").await;
            ends_session(&server, &browser).await;
            browser.touches("Use the camera").await;
            let next = "return location.pathname === '/console/sign-in' \
                 && new URLSearchParams(location.search).get('next')";
            assert_eq!(browser.waits_for("the page to sign in", next, json!([])).await, path.as_str());
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn what_was_typed_when_a_session_ended_is_sent_after_signing_in_elsewhere() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let email = "otto@festival.example";
            let browser = signs_in(desk, &server, email, "organiser").await;
            browser.goes_to(&format!("{}/console/summer/set-up/points-of-sale", server.url)).await;
            browser.fills("#name", "Late bar").await;
            ends_session(&server, &browser).await;
            browser.touches("Add").await;
            browser.says("main", &["Your session has ended", "nothing of it was done"]).await;
            signs_in_elsewhere(&server, &browser, email).await;
            browser.loads_again().await;
            browser.says(".notice", &["Late bar was added."]).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn what_is_longer_than_a_line_is_broken_before_its_table_leaves_the_page() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let browser = signs_in(desk, &server, "otto@festival.example", "organiser").await;
            // As the pages of accounts and comparisons tell what went wrong, with a word that no message has today.
            let told = "const long = 'http://127.0.0.1:9/' + 'x'.repeat(300); \
                 document.querySelector('main').innerHTML = `<table class=\"cards\"><tbody><tr><th scope=\"row\">One</th>\
                 <td data-label=\"Account\"><span><code>1</code><br><span class=\"quiet problem\">${long}</span></span></td>\
                 </tr><tr class=\"problem\"><td colspan=\"2\" class=\"quiet\">${long}</td></tr></tbody></table>`; \
                 return document.documentElement.scrollWidth";
            for width in [390, 1280] {
                browser.looks(width, false).await;
                browser.goes_to(&format!("{}/console/summer/reconcile", server.url)).await;
                let found = browser.runs(told, json!([])).await;
                assert!(found.as_u64().unwrap() <= u64::from(width), "{found} px wide at {width}");
            }
            no_hint_stands_tall(&browser, &server.url).await;
            figures_stand_in_full_rows(&browser, &server.url).await;
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

/// At a desk the hints of the log's search have room beside each other.
async fn no_hint_stands_tall(browser: &Browser, url: &str) {
    browser.looks(1280, false).await;
    browser.goes_to(&format!("{url}/console/log")).await;
    let lines = "const hint = document.getElementById('what-hint'); \
         return Math.round(hint.offsetHeight / parseFloat(getComputedStyle(hint).lineHeight))";
    let found = browser.runs(lines, json!([])).await;
    assert!(found.as_u64().unwrap() <= 5, "{found} lines");
}

/// What a comparison found stands in one row at a desk, and below a heading of one line.
async fn figures_stand_in_full_rows(browser: &Browser, url: &str) {
    browser.goes_to(&format!("{url}/console/summer/reconcile")).await;
    browser.touches("Compare").await;
    browser.says("main", &["This comparison is complete"]).await;
    let rows = "const heading = document.createRange(); heading.selectNodeContents(document.querySelector('h1')); \
         const tops = [...document.querySelectorAll('.figures div')].map((one) => one.offsetTop); \
         const row = (top) => tops.filter((one) => one === top).length; \
         return [heading.getClientRects().length, ...[...new Set(tops)].map(row)]";
    for (width, expected) in [(1280, json!([1, 6])), (768, json!([1, 3, 3])), (390, json!([1, 2, 2, 2]))] {
        browser.looks(width, false).await;
        assert_eq!(browser.runs(rows, json!([])).await, expected, "at {width} px");
    }
}

/// The payments with who paid fit between a phone and a laptop, too; and there, when each was made stands on one line.
async fn fits_at_any_width(browser: &Browser) {
    let lines = "const made = document.createRange(); \
         made.selectNodeContents(document.querySelector('td.time')); \
         return [document.documentElement.scrollWidth, made.getClientRects().length]";
    for width in [390, 641, 768, 1024, 1280] {
        browser.looks(width, false).await;
        let found = browser.runs(lines, json!([])).await;
        assert!(found[0].as_u64().unwrap() <= u64::from(width), "{} px wide at {width}", found[0]);
        assert!(width < 1280 || found[1] == 1, "{} lines at {width}", found[1]);
    }
}

/// A role, the links above a page of a festival, and an address that is not for it.
type Seen = (&'static str, &'static str, &'static str);

/// An address may ask for passwords ten times a minute, which is enough for three people.
const SEEN: [Seen; 3] = [
    ("finance", "Festivals Log Today Media Waiting Payments Books Batches", "/summer/set-up"),
    ("help-desk", "Festivals Today Media Batches", "/summer/payments"),
    ("organiser", "Festivals Log Today Media Waiting Payments Books Batches Set-up", "/people"),
];
/// What one of them becomes.
const VIEWER: Seen = ("viewer", "Festivals Today Media Batches", "/summer/batches/new");

/// The pages as a role sees them.
async fn sees_its_own(
    browser: &Browser,
    (festival, server): (&Festival<'_>, &Server),
    (role, links, elsewhere): Seen,
) {
    let not_theirs = "This is not for your role";
    let at = |path: &str| format!("{}/console{path}", server.url);
    browser.goes_to(&at("/summer")).await;
    let script = "return [...document.querySelectorAll('header a, .festival nav a')] \
         .map((a) => a.innerText).filter((text) => text && !text.includes('@') && text !== 'Polsband').join(' ')";
    assert_eq!(browser.runs(script, json!([])).await, links, "{role}");
    let hides_money = browser.reads("main").await.contains("Its money is shown to");
    assert_eq!(hides_money, matches!(role, "help-desk" | "viewer"), "{role}");
    browser.goes_to(&at(elsewhere)).await;
    browser.says("h1", &[not_theirs]).await;
    browser.says("main", &[&format!("Your role ({}) may not", role.replace('-', " "))]).await;
    // Who paid is for few roles, whatever the address says.
    browser.goes_to(&at("/summer/payments?payers=yes")).await;
    let sees_who_paid = browser.reads("main").await.contains("Wannes Peeters");
    assert_eq!(sees_who_paid, role == "finance", "{role}");
    if sees_who_paid {
        fits_at_any_width(browser).await;
    }
    let medium = at(&format!("/summer/media/{}", festival.bands[0].reference));
    browser.goes_to(&medium).await;
    browser.says("main", &["€ 20,00"]).await;
    let sees_movements = browser.reads("main").await.contains("Movements of its wallet");
    assert_eq!(sees_movements, role != "viewer", "{role}");
    let offered = "return [...document.querySelectorAll('main a')].some((a) => a.innerText === 'Freeze')";
    let may_freeze = matches!(role, "help-desk" | "organiser");
    assert_eq!(browser.runs(offered, json!([])).await, may_freeze, "{role}");
    browser.goes_to(&format!("{medium}/freeze")).await;
    browser.says("h1", &[if may_freeze { "Freeze" } else { not_theirs }]).await;
}

#[test]
fn nobody_comes_to_what_is_not_for_their_role() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let band = &festival.bands[0];
            let paid = json!({"payload": band.qr_text, "amount_cents": 2_000, "callback": "deliver",
                "debtor": {"name": "Wannes Peeters", "iban": "BE68539007547034"}});
            festival.bank.call(Method::POST, "/sandbox/pay", Some(&paid)).await;
            for seen in SEEN {
                let (role, _, _) = seen;
                let email = format!("{role}@festival.example");
                let browser = signs_in(desk, &server, &email, role).await;
                sees_its_own(&browser, (&festival, &server), seen).await;
                if role == "help-desk" {
                    // Another role holds from one page to the next.
                    desk.does(&["operator", "role", &email, "viewer"]);
                    sees_its_own(&browser, (&festival, &server), VIEWER).await;
                }
            }
            server.stopped();
            festival.audits();
        });
    });
}
