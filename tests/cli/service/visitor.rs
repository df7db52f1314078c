//! The visitor's page in a browser: balance, freezing, the code that is shown once, another language.

use super::browser::Browser;
use super::festival::Festival;
use super::harness::run;
use crate::desk::on_one_engine;
use serde_json::json;

#[test]
fn a_visitor_freezes_a_lost_wristband_and_unfreezes_it_with_the_code_in_their_own_language() {
    on_one_engine(|desk| {
        run(async {
            let (festival, server) = Festival::open(desk, 1, 1).await;
            festival.fund(1, 2_000).await;
            let band = &festival.bands[0];
            let phone = Browser::open(desk, None).await;
            phone.runs_no_scripts().await;
            phone.goes_to(&format!("{}/w/{}?lang=en", festival.url, band.pay_code)).await;
            phone.goes_to(&format!("{}/w/{}", festival.url, band.pay_code)).await;
            phone.says("main", &["Balance", "€ 20,00", "Topped up"]).await;
            let address = phone.runs("return location.href + document.referrer", json!([])).await;
            assert!(!address.as_str().unwrap().contains(&band.pay_code), "{address}");

            phone.goes_to(&format!("{}/w/freeze", festival.url)).await;
            phone.touches("Yes, freeze it").await;
            let code = phone.reads(".code").await;
            let sale = |id: &str| json!({"id": id, "code": band.pay_code, "amount_cents": 350});
            let refused = "01a20132-4280-7315-9045-000000000001";
            let answer = festival.terminals[0].posts("/api/v1/charges", &sale(refused)).await;
            assert_eq!(answer.of_status(409)["medium_status"], "frozen");

            phone.goes_to(&format!("{}/w", festival.url)).await;
            phone.says("main", &["You froze this wristband", "Frozen by you"]).await;
            phone.types("#code", "K7QM3XR9").await;
            phone.says("#mistake", &["not the code you were shown"]).await;
            let typed = phone.runs("return document.querySelector('#code').value", json!([])).await;
            assert_eq!(typed, "K7QM3XR9");
            phone.runs("document.querySelector('#code').value = ''", json!([])).await;
            phone.types("#code", &code.to_lowercase()).await;
            phone
                .waits_for(
                    "the history",
                    "return document.body.innerText.includes('Unfrozen by you')",
                    json!([]),
                )
                .await;
            festival.terminals[0].posts("/api/v1/charges", &sale(refused)).await.of_status(201);

            phone.goes_to(&format!("{}/w?lang=fr", festival.url)).await;
            phone.says("main", &["Solde", "€ 16,50", "Payé · Main bar", "Débloqué par vous"]).await;
            let fits =
                phone.runs("return document.documentElement.scrollWidth <= innerWidth", json!([])).await;
            assert_eq!(fits, true);
            drop(phone);
            server.stopped();
            festival.audits();
        });
    });
}
