//! A walk over every page, with whoever inspects them.

use super::browser::Browser;
use super::console::signs_in;
use super::festival::Festival;
use super::harness::run;
use super::inspector::Inspector;
use crate::desk::on_one_engine;
use data_encoding::BASE32_NOPAD;
use reqwest::Method;
use ring::hmac;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::time::SystemTime;
use uuid::Uuid;

/// Pages of the console that a walk over its links must have come to; what stands in braces differs.
const CONSOLE: [&str; 42] = [
    "/console",
    "/console/new",
    "/console/people",
    "/console/people/{id}",
    "/console/log",
    "/console/me",
    "/console/me/codes",
    "/console/summer",
    "/console/summer/media",
    "/console/summer/media/{code}",
    "/console/summer/media/{code}/freeze",
    "/console/summer/media/{code}/unfreeze",
    "/console/summer/media/{code}/replace",
    "/console/summer/media/{code}/revoke",
    "/console/summer/charges/{id}/void?medium",
    "/console/summer/waiting",
    "/console/summer/waiting/{id}",
    "/console/summer/payments",
    "/console/summer/payments?payers",
    "/console/summer/payments/{id}",
    "/console/summer/payments/{id}?payers",
    "/console/summer/returns",
    "/console/summer/reconcile",
    "/console/summer/books",
    "/console/summer/books/trial-balance",
    "/console/summer/batches",
    "/console/summer/batches/new",
    "/console/summer/batches/{id}",
    "/console/summer/batches/{id}?layout&printer",
    "/console/summer/batches/{id}/receive",
    "/console/summer/batches/{id}/printed",
    "/console/summer/batches/{id}/quarantine",
    "/console/summer/set-up",
    "/console/summer/set-up/provider",
    "/console/summer/set-up/points-of-sale",
    "/console/summer/set-up/products",
    "/console/summer/set-up/products/{id}",
    "/console/summer/set-up/vendors",
    "/console/summer/set-up/vendors/{id}",
    "/console/summer/set-up/terminals",
    "/console/summer/set-up/terminals/{id}",
    "/console/summer/set-up/rules",
];

/// Forms that say what is wrong with them when they are sent empty: where, and which form of the page.
const REFUSING: [(&str, &str); 9] = [
    ("/console/new", "main form"),
    ("/console/me", "main form"),
    ("/console/people", "main form"),
    ("/console/summer/media/{code}/replace", "main form"),
    ("/console/summer/charges/{id}/void?medium", "main form"),
    ("/console/summer/waiting/{id}", "main form"),
    ("/console/summer/set-up/products", ".card form"),
    ("/console/summer/set-up/points-of-sale", "main form"),
    ("/console/summer/set-up/terminals/{id}", "main form"),
];

/// An address with what differs from thing to thing taken out of it.
fn kind_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let steps = path.split('/').map(|step| match step {
        step if Uuid::parse_str(step).is_ok() => "{id}",
        step if step.len() == 15
            && step.chars().all(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase()) =>
        {
            "{code}"
        }
        step => step,
    });
    let path: Vec<&str> = steps.collect();
    let mut names: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    names.sort_unstable();
    match names[..] {
        [""] | [] => path.join("/"),
        _ => format!("{}?{}", path.join("/"), names.join("&")),
    }
}

/// One of each kind of page that links lead to, from these on; where each is.
async fn pages_from(browser: &Browser, url: &str, first: &[String]) -> BTreeMap<String, String> {
    let mut ahead = VecDeque::from(first.to_vec());
    let mut known: BTreeMap<_, _> = first.iter().map(|path| (kind_of(path), path.clone())).collect();
    while let Some(path) = ahead.pop_front() {
        browser.goes_to(&format!("{url}{path}")).await;
        let script = "return [...document.querySelectorAll('a[href]')].map((a) => new URL(a.href)) \
             .filter((to) => to.origin === location.origin && !/\\.[a-z]+$/.test(to.pathname)) \
             .map((to) => to.pathname + to.search)";
        let links = browser.runs(script, json!([])).await;
        for link in links.as_array().unwrap().iter().filter_map(Value::as_str) {
            let kind = kind_of(link);
            if link.starts_with("/console") && !known.contains_key(&kind) {
                known.insert(kind, link.to_owned());
                ahead.push_back(link.to_owned());
            }
        }
    }
    known
}

/// A festival at which everything happened once: sold, lost, found nobody's, waits, was compared.
async fn lived_in(festival: &Festival<'_>) {
    let [sold, lost, frozen] = &festival.bands[..3] else { panic!("three wristbands") };
    festival.fund(3, 2_000).await;
    for cents in [350, 1_200] {
        festival.terminals[0].charges(Uuid::now_v7(), sold, cents).await.of_status(201);
    }
    let freeze = |reference: &str| format!("/api/v1/media/{reference}/freeze");
    for band in [lost, frozen] {
        festival
            .operator
            .posts(&freeze(&band.reference), &json!({"reason": "lost at the gate"}))
            .await
            .of_status(200);
    }
    for cents in [900, 1_200, 60_000] {
        let stranger = sold.qr_text.replace(&sold.reference, "E98Y1AD8J3EWCF0");
        let paid = json!({"payload": stranger, "amount_cents": cents, "callback": "deliver"});
        festival.bank.call(Method::POST, "/sandbox/pay", Some(&paid)).await;
    }
    festival.operator.posts("/api/v1/events/summer/reconcile", &json!({})).await.of_status(200);
    let open = festival.operator.gets("/api/v1/events/summer/parked").await.of_status(200);
    let returned = open["parked"].as_array().unwrap().iter().find(|matter| matter["amount_cents"] == 900);
    let path = format!("/api/v1/events/summer/parked/{}/resolve", returned.unwrap()["id"].as_str().unwrap());
    let sent_back = json!({"return": true, "reason": "paid by mistake"});
    festival.operator.posts(&path, &sent_back).await.of_status(200);
    let path = "/api/v1/events/summer/terminals";
    festival.operator.posts(path, &json!({"point_of_sale": "Main bar"})).await.of_status(201);
    festival.desk.does(&["product", "add", "summer", "Beer", "--price", "3,50"]);
    // Words as long and as wide as names may be, wherever there are names.
    let (name, product) = ("M".repeat(60), "M".repeat(40));
    festival.desk.does(&["point-of-sale", "add", "summer", &name, "--vendor", &name.to_lowercase()]);
    festival.desk.does(&["product", "add", "summer", &product, "--price", "3,50", "--point-of-sale", &name]);
    festival.operator.posts(path, &json!({"point_of_sale": name})).await.of_status(201);
    festival.desk.does(&["operator", "add", &format!("{name}@festival.example"), "--role", "viewer"]);
}

#[test]
fn every_page_of_the_console_is_for_everybody_on_every_screen() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 4, 1).await;
            lived_in(&festival).await;
            let browser = signs_in(desk, &server, "nele@festival.example", "admin").await;
            // A wristband is found by its code, not by a link; and of matters one that still waits.
            let medium = |at: usize| format!("/console/summer/media/{}", festival.bands[at].reference);
            let first = ["/console/summer/waiting".to_owned(), "/console".to_owned(), medium(1), medium(0)];
            let pages = pages_from(&browser, &server.url, &first).await;
            let missed: Vec<_> = CONSOLE.iter().filter(|page| !pages.contains_key(**page)).collect();
            assert!(missed.is_empty(), "no link leads to {missed:?}; to be found are {:?}", pages.keys());
            let mut inspector = Inspector::new(&browser);
            for (kind, path) in &pages {
                inspector.opens(kind, &format!("{}{path}", server.url)).await;
            }
            for (kind, form) in REFUSING {
                browser.goes_to(&format!("{}{}", server.url, pages[kind])).await;
                let send = "const form = document.querySelector(arguments[0]); form.noValidate = true; form.requestSubmit(); return true";
                browser.runs(send, json!([form])).await;
                browser.reads(".mistake").await;
                inspector.sees(&format!("{kind}, refused")).await;
            }
            browser.goes_to(&format!("{}/console/me/codes", server.url)).await;
            browser.touches("Set it up").await;
            browser.reads(".secret").await;
            inspector.sees("codes of a phone").await;
            browser.types("#code", "000000").await;
            browser.reads(".mistake").await;
            inspector.sees("codes of a phone, refused").await;
            let secret = browser.reads(".secret").await;
            browser.runs("document.querySelector('#code').value = ''", json!([])).await;
            browser.types("#code", &code_of(&secret)).await;
            browser.reads(".days").await;
            inspector.sees("recovery codes").await;
            browser.goes_to(&format!("{}{}", server.url, pages["/console/people/{id}"])).await;
            browser.fills("#name", "accounting export").await;
            browser.touches("Make a token").await;
            browser.reads(".secret").await;
            inspector.sees("a token").await;
            browser.goes_to(&format!("{}/console/summer/set-up/terminals", server.url)).await;
            browser.touches("Show its code").await;
            browser.reads(".serial").await;
            inspector.sees("a terminal to enrol").await;
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}

/// The code that an authenticator app shows now (RFC 6238).
fn code_of(secret: &str) -> String {
    let key =
        hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &BASE32_NOPAD.decode(secret.as_bytes()).unwrap());
    let step = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() / 30;
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 0xf);
    let four: [u8; 4] = tag.as_ref()[at..at + 4].try_into().unwrap();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}
