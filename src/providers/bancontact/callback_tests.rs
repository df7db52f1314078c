//! Every check of a callback has a message that passes it and one that doesn't.

use super::test_signer::{BODY, CALLBACK_URL, PROFILE, Signer, headers, key_set, now};
use super::*;
use crate::providers::Environment;
use crate::providers::test_server::{Reply, TestServer};
use crate::providers::{CALLBACK_BODY_BYTES_MAX, Check, HeaderMap, PaymentStatus};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use std::time::Duration;

/// An adapter whose bank has one key, served by a real HTTP server.
pub(super) struct Desk {
    pub(super) bank: Signer,
    adapter: Bancontact,
}

impl Desk {
    pub(super) async fn open() -> Desk {
        let bank = Signer::new("es.2026");
        let server = TestServer::answering(Reply::json(key_set(&[&bank]))).await;
        let url = server.url.as_str();
        let overrides = Overrides { api_url: Some(url), key_set_url: Some(url), pay_url: None };
        let settings = Settings {
            profile: ProfileId(PROFILE.to_owned()),
            endpoints: Endpoints::of(Environment::Preprod, overrides).unwrap(),
            callback_url: CALLBACK_URL.to_owned(),
            api_key: None,
        };
        Desk { bank, adapter: Bancontact::new(settings, &Connections::new()) }
    }

    async fn takes_at(
        &self,
        signature: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        let headers = headers(signature);
        self.adapter.verify_callback(&CallbackRequest { headers: &headers, query: "", body }, now).await
    }

    pub(super) async fn takes(
        &self,
        signature: &str,
        body: &[u8],
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        self.takes_at(signature, body, now()).await
    }

    async fn refuses(&self, signature: &str, body: &[u8]) -> (Check, String) {
        match self.takes(signature, body).await {
            Err(CallbackError::Refused { check, why, .. }) => (check, why),
            other => panic!("not refused: {other:?}"),
        }
    }

    /// What a message with one header field changed is refused for.
    async fn refuses_header(&self, name: &str, value: Value) -> (Check, String) {
        self.refuses(&self.bank.sign_with(name, value), BODY).await
    }
}

#[tokio::test]
async fn a_signed_message_is_taken_and_read() {
    let desk = Desk::open().await;
    let report = desk.takes(&desk.bank.sign(BODY), BODY).await.unwrap().into_inner();
    assert_eq!(report.payment_id.0, "5bdb1685b93d1c000bde96f2");
    assert_eq!(report.status, PaymentStatus::Succeeded);
    assert_eq!(report.amount_cents, Some(1000));
    assert_eq!((report.profile.0.as_str(), report.source), (PROFILE, super::super::Source::Callback));
}

#[tokio::test]
async fn any_change_to_the_body_is_refused() {
    let desk = Desk::open().await;
    let signature = desk.bank.sign(BODY);
    let mut tampered = BODY.to_vec();
    let at = tampered.iter().position(|b| *b == b'1').unwrap();
    tampered[at] = b'9';
    let mut with_newline = BODY.to_vec();
    with_newline.push(b'\n');
    let parsed: Value = serde_json::from_slice(BODY).unwrap();
    for changed in [tampered, with_newline, parsed.to_string().into_bytes(), vec![], BODY[1..].to_vec()] {
        assert_ne!(changed, BODY);
        assert_eq!(desk.refuses(&signature, &changed).await.0, Check::Signature);
    }
}

#[tokio::test]
async fn a_payload_that_was_not_encoded_before_signing_is_refused() {
    let desk = Desk::open().await;
    let header = BASE64URL_NOPAD.encode(desk.bank.header().to_string().as_bytes());
    let input = [header.as_bytes(), b".", BODY].concat();
    let signature = format!("{header}..{}", BASE64URL_NOPAD.encode(&desk.bank.raw(&input)));
    assert_eq!(desk.refuses(&signature, BODY).await.0, Check::Signature);
    let marked = desk.bank.sign_with("crit", json!(["b64"]));
    assert_eq!(desk.refuses(&marked, BODY).await.0, Check::Critical);
}

#[tokio::test]
async fn a_signature_by_another_key_is_refused_although_it_names_the_right_one() {
    let desk = Desk::open().await;
    let forger = Signer::new("es.2026");
    assert_eq!(desk.refuses(&forger.sign(BODY), BODY).await.0, Check::Signature);
}

#[tokio::test]
async fn a_key_the_provider_does_not_have_is_refused_after_a_fresh_look() {
    let desk = Desk::open().await;
    let (check, why) = desk.refuses_header("kid", json!("es.1999")).await;
    assert_eq!(check, Check::Key);
    assert!(why.contains("es.1999") && why.contains("es.2026"), "{why}");
    let later = now().after(Duration::from_secs(60));
    let signature = desk.bank.sign_with("kid", Value::Null);
    let refused = desk.takes_at(&signature, BODY, later).await.unwrap_err();
    assert!(matches!(refused, CallbackError::Refused { check: Check::Key, .. }), "{refused:?}");
}

#[tokio::test]
async fn every_algorithm_but_es256_is_refused() {
    let desk = Desk::open().await;
    for alg in [json!("none"), json!("HS256"), json!("RS256"), json!("es256"), json!(7), Value::Null] {
        assert_eq!(desk.refuses_header("alg", alg).await.0, Check::Algorithm);
    }
}

#[tokio::test]
async fn crit_may_have_any_order_but_no_name_we_do_not_know() {
    let desk = Desk::open().await;
    let reversed = json!([
        "https://payconiq.com/sub",
        "https://payconiq.com/iss",
        "https://payconiq.com/path",
        "https://payconiq.com/jti",
        "https://payconiq.com/iat",
    ]);
    assert!(desk.takes(&desk.bank.sign_with("crit", reversed), BODY).await.is_ok());
    // The provider's own description lists four names in one place.
    let four = json!([
        "https://payconiq.com/iss",
        "https://payconiq.com/path",
        "https://payconiq.com/jti",
        "https://payconiq.com/iat"
    ]);
    assert!(desk.takes(&desk.bank.sign_with("crit", four), BODY).await.is_ok());
    for wrong in [
        Value::Null,
        json!([]),
        json!("https://payconiq.com/iat"),
        json!([1]),
        json!(["https://payconiq.com/iat", "exp"]),
        json!(["https://payconiq.com/IAT"]),
    ] {
        assert_eq!(desk.refuses_header("crit", wrong).await.0, Check::Critical);
    }
}

#[tokio::test]
async fn each_of_the_five_claims_must_be_a_string() {
    let desk = Desk::open().await;
    for name in ["iss", "sub", "iat", "jti", "path"] {
        let name = format!("https://payconiq.com/{name}");
        for wrong in [Value::Null, json!(1_783_000_000), json!(""), json!(["x"])] {
            let (check, why) = desk.refuses_header(&name, wrong).await;
            assert_eq!(check, Check::Claims);
            assert!(why.contains(&name), "{why}");
        }
    }
}

#[tokio::test]
async fn the_issuer_is_payconiq_in_any_case() {
    let desk = Desk::open().await;
    let claim = "https://payconiq.com/iss";
    for fine in ["payconiq", "PAYCONIQ"] {
        assert!(desk.takes(&desk.bank.sign_with(claim, json!(fine)), BODY).await.is_ok());
    }
    for wrong in ["Payconiq ", "Bancontact", "https://payconiq.com"] {
        assert_eq!(desk.refuses_header(claim, json!(wrong)).await.0, Check::Issuer);
    }
}

#[tokio::test]
async fn a_message_for_another_profile_is_refused_although_its_signature_is_good() {
    let desk = Desk::open().await;
    for other in ["000000000000000000000001", &PROFILE.to_uppercase(), &format!("{PROFILE} ")] {
        assert_eq!(desk.refuses_header("https://payconiq.com/sub", json!(other)).await.0, Check::Subject);
    }
}

#[tokio::test]
async fn the_path_must_be_our_callback_url_to_the_letter() {
    let desk = Desk::open().await;
    for other in [
        &format!("{CALLBACK_URL}/"),
        &format!("{CALLBACK_URL}?mode=test"),
        &CALLBACK_URL.replace("https", "http"),
        "/callbacks/bancontact/summer",
    ] {
        assert_eq!(desk.refuses_header("https://payconiq.com/path", json!(other)).await.0, Check::Path);
    }
}

#[tokio::test]
async fn the_issue_time_may_have_any_decimals_and_any_age_but_not_lie_ahead() {
    let desk = Desk::open().await;
    let claim = "https://payconiq.com/iat";
    for fine in [
        "2026-07-03T17:59:58Z",
        "2026-07-03T17:59:58.8Z",
        "2026-07-03T17:59:58.883Z",
        "2026-07-03T17:59:58.883535Z",
        "2026-07-03T17:59:58.883535123Z",
        "2026-07-03T19:59:58+02:00",
        // Five minutes ahead, a day old, a year old.
        "2026-07-03T18:05:00Z",
        "2026-07-02T18:00:00Z",
        "2025-07-03T18:00:00Z",
    ] {
        assert!(
            desk.takes(&desk.bank.sign_with(claim, json!(fine)), BODY).await.is_ok(),
            "{fine} was refused"
        );
    }
    for wrong in
        ["2026-07-03T18:05:01Z", "2027-07-03T18:00:00Z", "yesterday", "1783101598", "2026-07-03T17:59:58"]
    {
        assert_eq!(desk.refuses_header(claim, json!(wrong)).await.0, Check::IssuedAt, "{wrong}");
    }
}

#[tokio::test]
async fn a_retry_a_day_later_is_the_same_message_and_is_taken() {
    let desk = Desk::open().await;
    let signature = desk.bank.sign(BODY);
    let first = desk.takes(&signature, BODY).await.unwrap();
    let later = now().after(Duration::from_secs(24 * 3600));
    assert_eq!(desk.takes_at(&signature, BODY, later).await.unwrap(), first);
}

#[tokio::test]
async fn a_signature_in_another_form_is_refused() {
    let desk = Desk::open().await;
    let good = desk.bank.sign(BODY);
    let (header, signature) = good.split_once("..").unwrap();
    let payload = BASE64URL_NOPAD.encode(BODY);
    let standard = data_encoding::BASE64.encode(&[0xff; 64]);
    let der = BASE64URL_NOPAD.encode(&[&[0x30, 0x45][..], &[2; 69]].concat());
    let short = BASE64URL_NOPAD.encode(&[1; 63]);
    let empty_header = BASE64URL_NOPAD.encode(b"[]");
    for (form, said) in [
        (String::new(), "1 parts"),
        (format!("{header}.{signature}"), "2 parts"),
        (format!("{good}.x"), "more than 3 parts"),
        (format!("{header}.{payload}.{signature}"), "carries a payload"),
        (format!("{header}=..{signature}"), "header part is not base64url"),
        (format!("{header}..{signature}=="), "signature part is not base64url"),
        (format!("{header}..{standard}"), "signature part is not base64url"),
        (format!("{}..{signature}", &header[1..]), "header"),
        (format!("{header}..{short}"), "63 bytes"),
        (format!("{header}..{der}"), "looks like DER"),
        (format!("{header}.."), "0 bytes"),
        (format!("..{signature}"), "not a JSON object"),
        (format!("{empty_header}..{signature}"), "not a JSON object"),
        (format!("{header}..{}", "A".repeat(5000)), "5000 characters"),
    ] {
        let (check, why) = desk.refuses(&form, BODY).await;
        assert_eq!(check, Check::Form, "{form}");
        assert!(why.contains(said), "{why} instead of {said}");
    }
}

#[tokio::test]
async fn a_header_or_body_of_unbearable_size_is_refused() {
    let desk = Desk::open().await;
    let (check, why) = desk.refuses_header("note", json!("x".repeat(4096))).await;
    assert_eq!((check, why.contains("longer than 4096")), (Check::Form, true));
    let large = vec![b' '; CALLBACK_BODY_BYTES_MAX + 1];
    let (check, why) = desk.refuses(&desk.bank.sign(&large), &large).await;
    assert_eq!((check, why.contains("larger than")), (Check::Form, true));
}

#[tokio::test]
async fn exactly_one_signature_header_is_wanted() {
    let desk = Desk::open().await;
    let mut twice = headers(&desk.bank.sign(BODY));
    twice.append("signature", "x..y".parse().unwrap());
    let mut binary = HeaderMap::new();
    binary.insert("signature", axum::http::HeaderValue::from_bytes(&[0xff, 0xfe]).unwrap());
    for headers in [HeaderMap::new(), twice, binary] {
        let callback = CallbackRequest { headers: &headers, query: "", body: BODY };
        let refused = desk.adapter.verify_callback(&callback, now()).await.unwrap_err();
        assert!(matches!(refused, CallbackError::Refused { check: Check::Form, .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_payment_only_when_the_body_holds_something_like_an_id() {
    let desk = Desk::open().await;
    for (body, hint) in [
        (BODY, Some("5bdb1685b93d1c000bde96f2")),
        (br#"{"paymentId":"../search"}"#, None),
        (br#"{"paymentId":7}"#, None),
        (b"paymentId", None),
        (b"\xff\xfe", None),
    ] {
        match desk.takes("x..y", body).await {
            Err(CallbackError::Refused { payment_id_hint, .. }) => {
                assert_eq!(payment_id_hint.map(|id| id.0).as_deref(), hint);
            }
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_genuine_message_that_is_no_payment_is_told_apart_from_a_forged_one() {
    let desk = Desk::open().await;
    for (body, said) in
        [(&b"ok"[..], "not JSON"), (b"{}", "no paymentId"), (b"", "not JSON"), (b"\xff", "not JSON")]
    {
        match desk.takes(&desk.bank.sign(body), body).await {
            Err(CallbackError::Unreadable { why }) => assert!(why.contains(said), "{why}"),
            other => panic!("not unreadable: {other:?}"),
        }
    }
}

#[test]
fn an_explanation_has_a_line_for_each_check_and_names_the_one_that_fails() {
    let bank = Signer::new("es.2026");
    let profile = ProfileId(PROFILE.to_owned());
    let key_set = key_set(&[&bank]);
    let lines = |signature: &str, body: &[u8], callback_url: &str| {
        let key_set = key_set.as_bytes();
        explain(&Evidence { key_set, signature, body, profile: &profile, callback_url, at: now() })
    };
    let failing = |lines: Vec<CheckLine>| -> Vec<(&str, String)> {
        lines.into_iter().filter(|line| !line.passed).map(|line| (line.name, line.said)).collect()
    };
    let good = format!("{}\n", bank.sign(BODY));
    let all = lines(&good, BODY, CALLBACK_URL);
    assert!(all.iter().all(|line| line.passed), "{all:?}");
    let names: Vec<&str> = all.iter().map(|line| line.name).collect();
    let checks: Vec<&str> = Check::ALL.into_iter().map(Check::as_str).chain(["body"]).collect();
    assert_eq!(names, checks);
    assert!(all.last().unwrap().said.contains("1000 cents"));

    let other_url = failing(lines(&good, BODY, "https://wallet.example/other"));
    assert!(matches!(&other_url[..], [("path", said)] if said.contains("other")), "{other_url:?}");

    let edited = failing(lines(&good, &[BODY, b"\n"].concat(), CALLBACK_URL));
    assert!(matches!(&edited[..], [("signature", said)] if said.contains("white space")), "{edited:?}");

    let unknown = failing(lines(&bank.sign_with("kid", json!("gone")), BODY, CALLBACK_URL));
    let names: Vec<&str> = unknown.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["key", "signature"]);

    let nothing = failing(lines("", b"", CALLBACK_URL));
    assert_eq!(nothing.len(), checks.len());
}

#[test]
fn an_explanation_does_not_name_the_payer() {
    let bank = Signer::new("es.2026");
    let body = br#"{"paymentId":"a","debtor":{"name":"Annelies","iban":"*************24680"}}"#;
    let lines = explain(&Evidence {
        key_set: key_set(&[&bank]).as_bytes(),
        signature: &bank.sign(body),
        body,
        profile: &ProfileId(PROFILE.to_owned()),
        callback_url: CALLBACK_URL,
        at: now(),
    });
    let said = format!("{lines:?}");
    assert!(!said.contains("Annelies") && !said.contains("24680"), "{said}");
}
