//! The page that makes a payment for each top-up, in a browser without scripts: chosen, paid at the provider's, followed to
//! its end; declined, left, and taken up again.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use super::inspector::Inspector;
use super::till_app::shows;
use crate::desk::on_one_engine;
use serde_json::json;

/// What opens the sandbox's site at MultiSafepay.
const KEY: &str = "multisafepay-sandbox-key";

/// Gives the festival an account at the bank's MultiSafepay.
pub(super) async fn with_an_account(festival: &Festival<'_>) {
    let account = json!({"provider": "multisafepay", "environment": "test", "profile_id": "1001001", "api_key": KEY,
        "api_url": format!("{}/multisafepay/v1/json", festival.bank.url)});
    festival.operator.posts("/api/v1/events/summer/providers", &account).await.of_status(201);
}

/// From the page of an order to that of the bank.
async fn goes_to_the_bank(phone: &Browser) {
    phone
        .clicks("the way to the bank", "return document.querySelector('a.button[rel=noreferrer]')", json!([]))
        .await;
    phone.waits_for("the bank", "return document.title === 'Sandbox bank'", json!([])).await;
}

#[test]
fn a_visitor_tops_up_on_the_page_without_any_script_and_a_declined_payment_can_be_tried_again() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            with_an_account(&festival).await;
            let band = &festival.bands[0];
            let phone = Browser::open(desk, None).await;
            phone.runs_no_scripts().await;
            phone.goes_to(&format!("{}/t/{}?lang=en", festival.url, band.reference)).await;
            let page = phone.reads("main").await;
            shows(&page, &["How much do you want to add?", &band.serial[band.serial.len() - 4..]]);
            assert!(!page.contains(&band.serial), "no more of the wristband than its last four: {page}");
            phone.types("#amount", "1000").await;
            phone.says("#mistake", &["You can choose an amount from"]).await;
            phone.runs("document.querySelector('#amount').value = ''", json!([])).await;
            phone.types("#amount", "12,50").await;
            phone.says("h1", &["€ 12,50"]).await;
            let order = phone.runs("return location.href", json!([])).await;
            goes_to_the_bank(&phone).await;
            phone.touches("Let the bank decline").await;
            phone.waits_for("the way back", "return location.pathname.startsWith('/t/')", json!([])).await;
            phone.follows("Try again").await;
            phone.touches("€ 20,00").await;
            goes_to_the_bank(&phone).await;
            phone.touches("Pay").await;
            let credited = "return document.body.innerText.includes('The money is on your wristband')";
            phone.waits_for("the end", credited, json!([])).await;
            // Going back to the first order, which was declined, makes nothing of it.
            phone.goes_to(order.as_str().unwrap()).await;
            phone.follows("Try again").await;
            assert_eq!(festival.moved(&festival.operator, "top-up").await, (1, 2_000));
            drop(phone);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn a_page_that_waits_shows_the_end_by_itself() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            with_an_account(&festival).await;
            let screen = Browser::open(desk, None).await;
            screen.looks(1280, false).await;
            screen.goes_to(&format!("{}/t/{}?lang=en", festival.url, festival.bands[0].reference)).await;
            screen.touches("€ 20,00").await;
            screen.waits_for("the code to scan", "return document.querySelector('.qr svg')", json!([])).await;
            // It is turned away twice, and told to come again sooner than it would have.
            let turned_away = "const asks = fetch; window.looks = []; window.fetch = (...asked) => { \
                 if (looks.length === 2) return asks(...asked); \
                 looks.push(performance.now()); \
                 return Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '1' } })); }";
            screen.runs(turned_away, json!([])).await;
            let between = "return looks.length === 2 && looks[1] - looks[0]";
            let between = screen.waits_for("two looks", between, json!([])).await;
            assert!(between.as_f64().is_some_and(|ms| ms > 2_500.0), "{between}");
            // Somebody pays on another device.
            let order = screen.runs("return location.pathname.split('/').pop()", json!([])).await;
            let path = format!("/sandbox/orders/{}", order.as_str().unwrap());
            festival.bank.call(reqwest::Method::POST, &path, Some(&json!({"outcome": "paid"}))).await;
            let credited = "return document.body.innerText.includes('The money is on your wristband')";
            screen.waits_for("the end", credited, json!([])).await;
            assert_eq!(screen.complaints().await, Vec::<String>::new());
            drop(screen);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn a_large_screen_shows_a_code_that_leads_a_phone_to_the_page_of_a_provider_that_has_none_for_bank_apps() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 0).await;
            let account = json!({"provider": "wooshpay", "environment": "test", "profile_id": "acct_sandbox",
            "api_key": "sk_test_sandbox", "webhook_secret": "whsec_none_is_sent",
            "api_url": format!("{}/wooshpay", festival.bank.url)});
            festival.operator.posts("/api/v1/events/summer/providers", &account).await.of_status(201);
            let screen = Browser::open(desk, None).await;
            screen.looks(1280, false).await;
            screen.goes_to(&format!("{}/t/{}?lang=en", festival.url, festival.bands[0].reference)).await;
            screen.touches("€ 20,00").await;
            screen.waits_for("the code to scan", "return document.querySelector('.qr svg')", json!([])).await;
            screen.says(".to-scan p", &["scan this code with your phone"]).await;
            goes_to_the_bank(&screen).await;
            screen.touches("Pay").await;
            // No message comes: whoever comes back has the provider asked.
            let credited = "return document.body.innerText.includes('The money is on your wristband')";
            screen.waits_for("the end", credited, json!([])).await;
            screen.goes_to(&format!("{}/t/{}?lang=en", festival.url, festival.bands[0].reference)).await;
            screen.touches("€ 10,00").await;
            screen.waits_for("the code to scan", "return document.querySelector('.qr svg')", json!([])).await;
            let order = screen.runs("return location.href", json!([])).await;
            let mut inspector = Inspector::new(&screen);
            inspector.opens("an order with the code of a page", order.as_str().unwrap()).await;
            inspector.found_nothing();
            drop(screen);
            server.stopped();
            festival.audits();
        });
    });
}

#[test]
fn every_page_of_a_top_up_is_for_everybody_on_every_screen_in_every_language() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 4, 0).await;
            with_an_account(&festival).await;
            let browser = Browser::open(desk, None).await;
            let mut inspector = Inspector::new(&browser);
            // A wristband has so many pages a minute, which are fewer than all languages together need.
            for (band, language) in festival.bands.iter().zip(["nl", "fr", "de", "en"]) {
                let form = format!("{}/t/{}", festival.url, band.reference);
                browser.goes_to(&format!("{form}?lang={language}")).await;
                inspector.opens(&format!("topping up in {language}"), &form).await;
                browser.types("#amount", "much").await;
                browser.reads("#mistake").await;
                inspector.sees(&format!("topping up in {language}, refused")).await;
                for outcome in ["declined", "cancelled", "paid"] {
                    browser.goes_to(&form).await;
                    browser.runs("document.querySelector('.chips button').click()", json!([])).await;
                    let order = "return document.querySelector('a.button[rel=noreferrer]') && location.href";
                    let order = browser.waits_for("the order", order, json!([])).await;
                    let order = order.as_str().unwrap();
                    if outcome == "paid" {
                        inspector.opens(&format!("an order in {language}"), order).await;
                    }
                    goes_to_the_bank(&browser).await;
                    let choose = "document.querySelector(`button[formaction$='/${arguments[0]}']`).click()";
                    browser.runs(choose, json!([outcome])).await;
                    browser
                        .waits_for("the way back", "return location.pathname.startsWith('/t/')", json!([]))
                        .await;
                    inspector.opens(&format!("an order that was {outcome}, in {language}"), order).await;
                }
            }
            inspector.found_nothing();
            drop(browser);
            server.stopped();
            festival.audits();
        });
    });
}
