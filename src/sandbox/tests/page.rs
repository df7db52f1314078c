//! The page, as a browser without script uses it.

use super::*;
use crate::sandbox::PrintedCode;

async fn submit(bank: &Bank, form: &[(&str, &str)]) -> Response {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap();
    bank.send(request).await
}

async fn see(bank: &Bank, path: &str) -> String {
    let response = bank.send(Request::get(path).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
    text(response).await
}

#[tokio::test]
async fn a_person_chooses_a_code_types_an_amount_and_sees_what_was_sent() {
    let bank = Bank::start().await;
    let label = "Wristband <K7QM-3XR9>".to_owned();
    bank.sandbox.register_codes(vec![PrintedCode { label, payload: CODE.to_owned() }]);
    let form = see(&bank, "/").await;
    assert!(form.contains("Wristband &#60;K7QM-3XR9&#62;"), "labels are escaped");
    assert!(!form.contains("<style") && !form.contains("style=") && !form.contains("onclick"));

    let answer = submit(
        &bank,
        &[("code", CODE), ("payload", ""), ("amount", "12,50"), ("outcome", ""), ("callback", "deliver")],
    )
    .await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let receipt = see(&bank, answer.headers()["location"].to_str().unwrap()).await;
    for shown in ["€ 12,50", "Pukkelfest", "Callback answered 200", "20:00:00", "es.signature.sandbox."] {
        assert!(receipt.contains(shown), "{shown} is missing");
    }
    assert_eq!(bank.receiver.bodies()[0]["amount"], 1250);
}

#[tokio::test]
async fn a_mistake_is_said_beside_its_field_and_what_was_typed_stays() {
    let bank = Bank::start().await;
    for (payload, amount, id, said) in [
        ("", "12", "code-mistake", "Choose a code"),
        (CODE, "twelve", "amount-mistake", "not an amount in euros"),
        (CODE, "", "amount-mistake", "this code has none of its own"),
        (CODE, "10000", "amount-mistake", "to € 9.999,99"),
        ("https://elsewhere.example/", "12", "code-mistake", "/t/1/PROFILE"),
        ("https://h/t/1/unknown", "12", "code-mistake", "no merchant has registered"),
    ] {
        let response = submit(&bank, &[("payload", payload), ("amount", amount)]).await;
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = text(response).await;
        assert!(page.contains(&format!("id=\"{id}\"")) && page.contains(said), "{payload} {amount}: {said}");
        assert!(page.contains(&format!("value=\"{amount}\"")), "the amount was not kept");
    }
    assert!(bank.receiver.came().is_empty());
}

#[tokio::test]
async fn its_assets_are_served_from_the_binary() {
    let bank = Bank::start().await;
    for (path, kind) in
        [("phone.css", "text/css"), ("phone.js", "text/javascript"), ("icon.svg", "image/svg+xml")]
    {
        let request = Request::get(format!("/sandbox/assets/{path}")).body(Body::empty()).unwrap();
        let response = bank.send(request).await;
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        assert!(text(response).await.len() > 100);
    }
}
