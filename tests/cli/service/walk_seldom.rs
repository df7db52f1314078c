//! A walk over the pages of the console that nobody comes to while all is well: after thefts, misprints and doubtful money,
//! while something is under way, when a festival is closed, a role too small, a session over; and over each form as it
//! refuses what was typed.

use super::browser::Browser;
use super::console::{ends_session, signs_in};
use super::festival::{Caller, Festival};
use super::harness::{Server, run};
use super::http::Http;
use super::inspector::Inspector;
use super::top_up::with_an_account;
use crate::desk::on_one_engine;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What waits for a person, by its amount: which kind of matter it is.
const STOLEN: i64 = 700;
const CONTRADICTED: i64 = 800;
const COUNTERFEIT: i64 = 1_000;
const NOBODYS: i64 = 1_200;
const FOR_TWO: i64 = 60_000;
/// Of what nobody told an amount.
const UNTOLD: i64 = 0;
/// As many pieces as keep an audit busy until its page is there.
const PIECES: u32 = 10_000;
/// Audits that may end before.
const AUDITS_MAX: usize = 20;
/// Pages that say, or do, something else once their festival is closed.
const CLOSED: [&str; 10] = [
    "",
    "/summer",
    "/summer/batches",
    "/summer/set-up",
    "/summer/set-up/accounts",
    "/summer/set-up/artwork",
    "/summer/set-up/points-of-sale",
    "/summer/set-up/products",
    "/summer/set-up/rules",
    "/summer/set-up/terminals",
];

/// Somebody puts money on a wallet behind the back of the books, and takes it away again.
const THEFT: &str = "UPDATE wallets SET balance_cents = balance_cents + 1 WHERE id = (SELECT id FROM wallets ORDER BY id LIMIT 1)";
const RETURN: &str = "UPDATE wallets SET balance_cents = balance_cents - 1 WHERE id = (SELECT id FROM wallets ORDER BY id LIMIT 1)";

/// Sends a form without fields, and shows the page that answers as it is now. Loaded, it would soon load itself again.
const SHOWS: &str = "const [path, done] = arguments; \
     fetch(path, { method: 'POST', body: new URLSearchParams() }).then((answer) => answer.text()).then((text) => { \
         document.body.replaceWith(new DOMParser().parseFromString(text, 'text/html').body); \
         done(document.querySelector('main').innerText); }, (error) => done(String(error)))";
/// Types into the fields of a form, and sends it whatever the browser thinks of them.
const SENDS: &str = "const [css, typed] = arguments, form = document.querySelector(css); \
     for (const [name, text] of Object.entries(typed)) form.elements[name].value = text; \
     form.noValidate = true; form.requestSubmit(); return true";

/// A festival at which everything went wrong once: a piece stolen, one misprinted, one torn and replaced, money of nobody, a
/// code that is not the printed one, a provider that contradicts itself. Its batch, and what waits, by its amount.
async fn had_trouble(festival: &Festival<'_>, server: &Server) -> (String, BTreeMap<i64, String>) {
    let [paid, stolen, spoilt, _, torn, new] = &festival.bands[..] else { panic!("six wristbands") };
    let (desk, bank, operator) = (festival.desk, &festival.bank, &festival.operator);
    let batches = operator.gets("/api/v1/events/summer/batches").await.of_status(200);
    let batch = batches["batches"][0]["id"].as_str().unwrap().to_owned();
    with_an_account(festival).await;
    desk.does(&["printer", "set", "office", "--dpi", "600", "--nudge-x", "1"]);
    desk.does(&["media", "spoil", &spoilt.serial, "--reason", "cut in two"]);
    let range =
        json!({"from": stolen.serial, "to": stolen.serial, "reason": "the van was broken into at night"});
    operator.posts(&format!("/api/v1/batches/{batch}/quarantine"), &range).await.of_status(200);
    let replace = format!("/api/v1/media/{}/replace", torn.reference);
    operator.posts(&replace, &json!({"with": new.serial, "reason": "torn off"})).await.of_status(200);
    festival.fund(1, 2_000).await;
    bank.pays(stolen, STOLEN, "deliver").await;
    let stranger = paid.qr_text.replace(&paid.reference, "E98Y1AD8J3EWCF0");
    for cents in [NOBODYS, FOR_TWO] {
        let sent = json!({"payload": stranger, "amount_cents": cents, "callback": "deliver"});
        bank.call(Method::POST, "/sandbox/pay", Some(&sent)).await;
    }
    let copied = json!({"payload": paid.qr_text, "amount_cents": COUNTERFEIT, "description": "Beer for free",
        "callback": "drop"});
    bank.call(Method::POST, "/sandbox/pay", Some(&copied)).await;
    let twice = bank.pays(paid, CONTRADICTED, "deliver").await;
    let otherwise = json!({"outcome": "SUCCEEDED", "amount_cents": CONTRADICTED + 100});
    let path = format!("/sandbox/payments/{}/move", twice.payment_id);
    bank.call(Method::POST, &path, Some(&otherwise)).await;
    festival.reconciles(server).await;
    // From now on its lists say 0 where a code has no amount.
    bank.call(Method::POST, "/sandbox/faults", Some(&json!({"open_amounts_as_zero": true}))).await;
    bank.pays(paid, 900, "drop").await;
    festival.reconciles(server).await;
    let waits = operator.gets("/api/v1/events/summer/parked").await.of_status(200);
    let matters = waits["parked"].as_array().unwrap().iter().map(|matter| {
        (matter["amount_cents"].as_i64().unwrap_or_default(), matter["id"].as_str().unwrap().to_owned())
    });
    let matters: BTreeMap<_, _> = matters.collect();
    let wanted = [STOLEN, CONTRADICTED, COUNTERFEIT, NOBODYS, FOR_TWO, UNTOLD];
    assert!(wanted.iter().all(|cents| matters.contains_key(cents)), "{waits}");
    (batch, matters)
}

/// The page that answers a form of a festival, kept as it is. Its script may ask, so that of the page it stands in must, too.
async fn shows(browser: &Browser, server: &Server, path: &str) -> String {
    browser.goes_to(&format!("{}/console/summer/media", server.url)).await;
    let said = browser.awaits(SHOWS, json!([format!("/console/summer{path}")])).await;
    said.as_str().unwrap().to_owned()
}

#[test]
fn pages_that_are_seldom_seen_are_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 6, 1).await;
            let (batch, matters) = had_trouble(&festival, &server).await;
            let browser = signs_in(desk, &server, "nele@festival.example", "admin").await;
            let mut inspector = Inspector::new(&browser);
            let at = |path: &str| format!("{}/console{path}", server.url);
            let medium = |band: usize, page: &str| {
                at(&format!("/summer/media/{}{page}", festival.bands[band].reference))
            };
            let of_batch = |page: &str| at(&format!("/summer/batches/{batch}{page}"));
            let matter = |cents: i64| at(&format!("/summer/waiting/{}", matters[&cents]));
            let options = "count=9&kind=wristband&level=M&language=nl&description=%7Bserial%7D";
            for (name, url) in [
                ("an account", at("/summer/set-up/accounts/multisafepay")),
                ("printers", at("/summer/set-up/printers")),
                ("batches to come", at(&format!("/summer/batches/new?{options}"))),
                ("handing out", of_batch("/active")),
                ("reissuing", of_batch("/reissue")),
                ("stolen", medium(1, "")),
                ("a misprint", medium(2, "")),
                ("torn", medium(4, "")),
                ("in its place", medium(5, "")),
                ("releasing", medium(1, "/release")),
                ("what can't be", medium(2, "/activate")),
                ("activating", medium(3, "/activate")),
                ("quarantine", medium(3, "/quarantine")),
                ("misprinted", medium(3, "/spoil")),
                ("paid onto a stolen one", matter(STOLEN)),
                ("a contradiction", matter(CONTRADICTED)),
                ("a counterfeit", matter(COUNTERFEIT)),
                ("for two", matter(FOR_TWO)),
                ("a payment without an amount", matter(UNTOLD)),
            ] {
                inspector.opens(name, &url).await;
            }
            let resolve = |cents: i64| format!("/api/v1/events/summer/parked/{}/resolve", matters[&cents]);
            let back = json!({"return": true, "reason": "nobody came for it"});
            let credit = json!({"to": festival.bands[0].reference, "reason": "she showed her bank app at the info desk"});
            desk.does(&["operator", "add", "fien@festival.example", "--role", "finance"]);
            let token = desk.does(&["operator", "token", "fien@festival.example"]);
            let fien = Caller::new(&Http::new(), &server.url, &token);
            fien.posts(&resolve(FOR_TWO), &back).await.of_status(202);
            inspector.opens("one of two", &matter(FOR_TWO)).await;
            festival.operator.posts(&resolve(FOR_TWO), &credit).await.of_status(202);
            inspector.opens("two who differ", &matter(FOR_TWO)).await;
            festival.operator.posts(&resolve(NOBODYS), &back).await.of_status(200);
            inspector.opens("resolved", &matter(NOBODYS)).await;
            browser.goes_to(&of_batch("/reissue")).await;
            refuses(&browser, "main form", &json!({})).await;
            inspector.sees("reissuing, refused").await;
            browser.runs(SENDS, json!(["main form", {"reason": "cut in two"}])).await;
            browser.says(".notice", &["1 new piece is issued"]).await;
            inspector.sees("reissued").await;
            inspector.opens("nothing to reissue", &of_batch("/reissue")).await;
            inspector.opens("a batch with a new piece", &of_batch("")).await;
            under_way(&browser, &mut inspector, &festival, &server).await;
            festival.operator.posts("/api/v1/events/summer/close", &json!({})).await.of_status(200);
            for path in CLOSED {
                inspector.opens(&format!("/console{path}, closed"), &at(path)).await;
            }
            inspector.opens("a batch, closed", &of_batch("")).await;
            inspector.opens("a medium, closed", &medium(0, "")).await;
            inspector.opens("replacing, closed", &medium(0, "/replace")).await;
            inspector.opens("nowhere, signed in", &at("/summer/nowhere")).await;
            desk.does(&["operator", "role", "nele@festival.example", "viewer"]);
            inspector.opens("a festival without its money", &at("/summer")).await;
            inspector.opens("not for a role", &at("/summer/set-up")).await;
            browser.goes_to(&at("/summer/media")).await;
            browser.fills("#code", &festival.bands[0].serial).await;
            ends_session(&server, &browser).await;
            browser.touches("Find").await;
            browser.says("h1", &["Your session has ended"]).await;
            inspector.sees("a session that has ended").await;
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

/// An audit and a comparison, while they run and when they have ended, well and badly.
async fn under_way(
    browser: &Browser,
    inspector: &mut Inspector<'_>,
    festival: &Festival<'_>,
    server: &Server,
) {
    let at = |path: &str| format!("{}/console/summer{path}", server.url);
    festival.desk.issues(PIECES);
    let mut said = String::new();
    for _ in 0..AUDITS_MAX {
        said = shows(browser, server, "/books/audit").await;
        if said.contains("It runs since") {
            break;
        }
    }
    assert!(said.contains("It runs since"), "{said}");
    inspector.sees("an audit under way").await;
    browser.goes_to(&at("/books")).await;
    browser.says("main", &["every rule holds"]).await;
    inspector.opens("an audit of right books", &at("/books")).await;
    tampers(festival, THEFT);
    browser.touches("Run the audit").await;
    browser.says("main", &["broken rules"]).await;
    inspector.opens("an audit of wrong books", &at("/books")).await;
    tampers(festival, RETURN);
    // A comparison with a bank that doesn't answer tries again for some seconds.
    let silent = json!({"server_errors_percent": {"search": 100}});
    festival.bank.call(Method::POST, "/sandbox/faults", Some(&silent)).await;
    let said = shows(browser, server, "/reconcile").await;
    assert!(said.contains("This comparison is under way"), "{said}");
    inspector.sees("a comparison under way").await;
    // Answered when it has failed.
    festival.operator.posts("/api/v1/events/summer/reconcile", &json!({})).await;
    inspector.opens("comparisons that failed", &at("/reconcile")).await;
    inspector.opens("a provider that is silent", &at("/set-up/provider")).await;
    festival.bank.call(Method::POST, "/sandbox/faults", Some(&json!({"reset": true}))).await;
}

/// Does something to the database from outside the test's own runtime.
fn tampers(festival: &Festival<'_>, statement: &'static str) {
    let desk = festival.desk;
    std::thread::scope(|scope| scope.spawn(|| desk.tampers(statement)).join()).unwrap();
}

/// Sends a form that is refused, and waits for the page that says why.
async fn refuses(browser: &Browser, form: &str, typed: &Value) {
    browser.runs(SENDS, json!([form, typed])).await;
    browser.reads(".mistake, main [role=alert]").await;
}

#[test]
fn forms_that_refuse_what_was_typed_are_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 6, 0).await;
            let (batch, matters) = had_trouble(&festival, &server).await;
            let browser = signs_in(desk, &server, "nele@festival.example", "admin").await;
            let mut inspector = Inspector::new(&browser);
            let at = |path: &str| format!("{}/console{path}", server.url);
            let of_batch = |page: &str| format!("/summer/batches/{batch}/{page}");
            let matter = |cents: i64| format!("/summer/waiting/{}", matters[&cents]);
            let set_up = |page: &str| format!("/summer/set-up/{page}");
            browser.goes_to(&at(&of_batch("active"))).await;
            browser.touches("Hand it out").await;
            browser.says(".notice", &["It is recorded"]).await;
            let unused = &festival.bands[3].reference;
            let nobodys = "E98Y1AD8J3EWCF0";
            for (path, form, typed) in [
                ("/summer/media".to_owned(), "main form", json!({"code": nobodys})),
                (format!("/summer/media/{unused}/activate"), "main form", json!({})),
                ("/summer/batches/new".to_owned(), "main form", json!({"count": "0"})),
                (of_batch("receive"), "main form", json!({"codes": format!("{unused}\n{nobodys}")})),
                (of_batch("quarantine"), "main form", json!({"from": nobodys})),
                (of_batch("printed"), "main form", json!({})),
                (matter(STOLEN), "form:has([name=back_reason])", json!({})),
                (matter(CONTRADICTED), "main form", json!({})),
                (matter(COUNTERFEIT), "main form", json!({})),
                (matter(UNTOLD), "main form", json!({})),
                ("/summer/reconcile".to_owned(), "main form", json!({"from": "2040-01-01T00:00"})),
                (set_up("provider"), "main form", json!({"api_key": "00000000-0000-4000-8000-000000000000"})),
                (set_up("accounts"), "main form", json!({"profile_id": "", "signature_window_seconds": "1"})),
                (set_up("accounts/multisafepay"), "main form", json!({"signature_window_seconds": "1"})),
                (set_up("top-ups"), "main form", json!({"min": "much", "max": ""})),
                (
                    set_up("printers"),
                    "form[action$='/printers']",
                    json!({"name": "M", "nudge_x": "far", "nudge_y": "", "scale": "large", "dpi": "1"}),
                ),
                (set_up("artwork"), "main form", json!({"colour": "mauve"})),
                (set_up("rules"), "main form", json!({"charge_min": "much", "second_person": ""})),
                (set_up("close"), "main form", json!({"slug": "winter"})),
            ] {
                browser.goes_to(&at(&path)).await;
                refuses(&browser, form, &typed).await;
                inspector.sees(&format!("{path}, refused")).await;
            }
            browser.goes_to(&at("/people")).await;
            browser.follows("anna@festival.example").await;
            browser.says("h1", &["anna@festival.example"]).await;
            refuses(&browser, "form:has([name=sure])", &json!({})).await;
            inspector.sees("removing somebody, refused").await;
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}
