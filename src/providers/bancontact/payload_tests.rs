//! Codes written and read: the guide's worked example, every limit, and whatever a scanner may bring.

use super::*;
use crate::money::Cents;
use crate::providers::Environment;
use crate::providers::{CodeError, ServiceUrl};
use proptest::prelude::*;

const PROFILE: &str = "5c18cbd1296e9a26d3278518";

fn pay() -> ServiceUrl {
    ServiceUrl::parse("https://pay.bancontact.net").unwrap()
}

fn profile() -> ProfileId {
    ProfileId(PROFILE.to_owned())
}

fn written(description: Option<&str>, amount: Option<i64>, reference: &str) -> Result<String, CodeError> {
    let code = TopUpCode { reference, description, amount: amount.map(Cents), pay_url: None };
    top_up_payload(&pay(), &profile(), &code)
}

#[test]
fn the_guides_example_comes_out_to_the_letter_and_encoded_twice_for_the_picture_service() {
    let payload = written(Some("Receipt Payment"), Some(1000), "sd89sd91?sd9").unwrap();
    assert_eq!(
        payload,
        "https://pay.bancontact.net/t/1/5c18cbd1296e9a26d3278518?D=Receipt%20Payment&A=1000&R=sd89sd91%3Fsd9"
    );
    let service = Endpoints::of(Environment::Production, Overrides::default()).unwrap().image;
    let once_more = "https%3A%2F%2Fpay.bancontact.net%2Ft%2F1%2F5c18cbd1296e9a26d3278518%3FD%3DReceipt%2520Payment\
                     %26A%3D1000%26R%3Dsd89sd91%253Fsd9";
    let generator = "https://qrcodegenerator.api.bancontact.net/qrcode";
    assert_eq!(image_url(&service, &payload, ImageFormat::Svg), format!("{generator}?f=SVG&c={once_more}"));
    let png = image_url(&service, &payload, ImageFormat::Png(ImageSize::ExtraLarge));
    assert_eq!(png, format!("{generator}?f=PNG&s=XL&c={once_more}"));
}

#[test]
fn a_code_without_description_and_amount_has_neither_parameter() {
    assert_eq!(written(None, None, "R1").unwrap(), format!("https://pay.bancontact.net/t/1/{PROFILE}?R=R1"));
}

#[test]
fn a_batchs_own_host_is_printed_instead_of_the_adapters() {
    let settings = Settings {
        profile: profile(),
        endpoints: Endpoints::of(Environment::Production, Overrides::default()).unwrap(),
        callback_url: "https://wallet.example/callbacks/bancontact/summer".to_owned(),
        api_key: None,
    };
    let adapter = Bancontact::new(settings, &Connections::new());
    let old = ServiceUrl::parse("https://payconiq.com").unwrap();
    let code = |pay_url| TopUpCode { reference: "R1", description: None, amount: None, pay_url };
    assert_eq!(
        adapter.top_up_code(&code(Some(&old))).unwrap(),
        format!("https://payconiq.com/t/1/{PROFILE}?R=R1")
    );
    assert!(adapter.top_up_code(&code(None)).unwrap().starts_with("https://pay.bancontact.net/t/1/"));
}

#[test]
fn what_is_outside_the_limits_is_not_printed_and_is_named() {
    let text = "x".repeat(36);
    for (result, said) in [
        (written(None, None, ""), "reference “” is empty"),
        (written(None, None, &text), "36 characters, more than 35"),
        (written(None, None, "café"), "'é'"),
        (written(None, None, "a&b"), "'&'"),
        (written(Some(""), None, "R1"), "description “” is empty"),
        (written(Some("50% off"), None, "R1"), "'%'"),
        (written(Some("a\nb"), None, "R1"), "'\\n'"),
        (written(None, Some(0), "R1"), "0 cents"),
        (written(None, Some(-1), "R1"), "-1 cents"),
        (written(None, Some(1_000_000), "R1"), "1 to 999999"),
        (written(Some(&"/".repeat(35)), None, &"?".repeat(35)), "more than 256"),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(said), "{error} instead of {said}");
    }
    assert!(written(Some(&text[1..]), Some(999_999), &text[1..]).is_ok());
    for wrong in ["", "5C18CBD1296E9A26D3278518", "5c18cbd1296e9a26d327851", "5c18cbd1296e9a26d32785180", "é"]
    {
        assert!(parse_profile_id(wrong).is_err(), "{wrong} was taken");
    }
}

#[test]
fn codes_of_every_host_bancontact_has_used_are_read() {
    for host in [
        "https://pay.bancontact.net",
        "https://pay.acc.bancontact.net",
        "https://payconiq.com",
        "HTTPS://PAY.Bancontact.NET",
    ] {
        let scanned = scan(&format!("{host}/t/1/{PROFILE}?R=R1"), &[]).unwrap();
        assert_eq!((scanned.profile, scanned.reference.as_deref()), (profile(), Some("R1")));
    }
    let bare = scan(&format!("https://payconiq.com/t/1/{PROFILE}"), &[]).unwrap();
    assert_eq!((bare.reference, bare.amount, bare.description), (None, None, None));
    let shuffled = scan(&format!("https://payconiq.com/t/1/{PROFILE}?R=R%31&A=1&D=a+b%2B"), &[]).unwrap();
    assert_eq!(shuffled.reference.as_deref(), Some("R1"));
    assert_eq!((shuffled.amount, shuffled.description.as_deref()), (Some(Cents(1)), Some("a+b+")));
}

#[test]
fn another_host_is_read_only_where_it_is_configured_and_only_as_configured() {
    let sandbox = [ServiceUrl::parse("http://127.0.0.1:8090/bank").unwrap()];
    let text = format!("http://127.0.0.1:8090/bank/t/1/{PROFILE}?R=R1");
    assert!(scan(&text, &sandbox).is_ok());
    assert_eq!(scan(&text, &[]), Err(ScanError::Foreign));
    for other in [
        text.replace("8090", "8091"),
        text.replace("http:", "https:"),
        text.replace("/bank", "/BANK"),
        text.replace("/bank", ""),
        format!("http://pay.bancontact.net/t/1/{PROFILE}?R=R1"),
    ] {
        assert_eq!(scan(&other, &sandbox), Err(ScanError::Foreign), "{other}");
    }
}

#[test]
fn links_that_only_look_like_bancontacts_are_foreign() {
    for front in [
        "https://pay.bancontact.net.example.com",
        "https://pay.bancontact.net@example.com",
        "https://user@pay.bancontact.net",
        "https://pay.bancontact.net:443",
        "https://www.payconiq.com",
        "https://evil.pay.bancontact.net",
        " https://pay.bancontact.net",
        "https:/pay.bancontact.net",
        // A Cyrillic letter, and a character that straddles the end of a known host.
        "https://pay.bancontact.n\u{435}t",
        "https://payconiq.co\u{1FA80}",
        "",
    ] {
        assert_eq!(scan(&format!("{front}/t/1/{PROFILE}?R=R1"), &[]), Err(ScanError::Foreign), "{front}");
    }
    assert_eq!(scan("https://pay.bancontact.net", &[]), Err(ScanError::Foreign));
    assert_eq!(
        scan(&format!("https://payconiq.com/t/1/{PROFILE}?R={}", "x".repeat(256)), &[]),
        Err(ScanError::TooLong)
    );
}

#[test]
fn a_code_that_breaks_the_form_is_refused_with_its_reason() {
    for (tail, said) in [
        (format!("/t/2/{PROFILE}?R=R1"), "/t/1/"),
        (format!("//t/1/{PROFILE}?R=R1"), "/t/1/"),
        (format!("/T/1/{PROFILE}?R=R1"), "/t/1/"),
        ("/t/1/5C18CBD1296E9A26D3278518?R=R1".to_owned(), "profile id"),
        (format!("/t/1/{PROFILE}/?R=R1"), "profile id"),
        (format!("/t/1/../1/{PROFILE}?R=R1"), "profile id"),
        (format!("/t/1/{PROFILE}?R=R1#x"), "fragment"),
        (format!("/t/1/{PROFILE}?"), "no value"),
        (format!("/t/1/{PROFILE}?R"), "no value"),
        (format!("/t/1/{PROFILE}?R=R1&"), "no value"),
        (format!("/t/1/{PROFILE}?r=R1"), "other than D, A and R"),
        (format!("/t/1/{PROFILE}?R=R1&X=1"), "other than D, A and R"),
        (format!("/t/1/{PROFILE}?R=R1&R=R1"), "R twice"),
        (format!("/t/1/{PROFILE}?A=1&R=R1&A=2"), "A twice"),
        (format!("/t/1/{PROFILE}?R="), "is empty"),
        (format!("/t/1/{PROFILE}?R={}", "x".repeat(36)), "36 characters"),
        (format!("/t/1/{PROFILE}?R=%C3%A9"), "'é'"),
        (format!("/t/1/{PROFILE}?R=%FF"), "not UTF-8"),
        (format!("/t/1/{PROFILE}?R=%2"), "two hex digits"),
        (format!("/t/1/{PROFILE}?R=%+1"), "two hex digits"),
        (format!("/t/1/{PROFILE}?R=a=b"), "'='"),
        (format!("/t/1/{PROFILE}?A=0"), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A=1000000"), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A=007"), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A=%2B7"), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A=12.50"), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A="), "1 to 999999"),
        (format!("/t/1/{PROFILE}?A=-5"), "1 to 999999"),
    ] {
        let error = scan(&format!("https://pay.bancontact.net{tail}"), &[]).unwrap_err();
        assert!(matches!(error, ScanError::Malformed(_)), "{tail}: {error:?}");
        assert!(error.to_string().contains(said), "{tail}: {error} instead of {said}");
    }
}

const ALLOWED: &str = "[A-Za-z0-9/?:().,'+ -]{1,35}";

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(
        description in proptest::option::of(ALLOWED),
        amount in proptest::option::of(1i64..=999_999),
        reference in ALLOWED,
        profile in "[0-9a-f]{24}",
    ) {
        let profile = ProfileId(profile);
        let amount = amount.map(Cents);
        let code = TopUpCode { reference: &reference, description: description.as_deref(), amount, pay_url: None };
        match top_up_payload(&pay(), &profile, &code) {
            Ok(text) => {
                prop_assert!(text.is_ascii() && !text.contains(['+', ' ']));
                let scanned = ScannedTopUp { profile, description, amount, reference: Some(reference) };
                prop_assert_eq!(scan(&text, &[]), Ok(scanned));
            }
            Err(error) => {
                let too_long = matches!(error, CodeError::TooLong { .. });
                prop_assert!(too_long, "{}", error);
            }
        }
    }

    #[test]
    fn no_text_makes_the_scanner_panic(text in "\\PC{0,300}", tail in "\\PC{0,80}") {
        let also = [ServiceUrl::parse("http://127.0.0.1:8090/bank").unwrap()];
        let _ = scan(&text, &also);
        let _ = scan(&format!("https://payconiq.com/{tail}"), &also);
        let _ = scan(&format!("https://payconiq.com/t/1/{PROFILE}?{tail}"), &also);
        let _ = scan(&format!("http://127.0.0.1:8090/bank{tail}"), &also);
    }

    #[test]
    fn no_text_makes_the_signature_parser_panic(text in "\\PC{0,300}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let evidence = Evidence {
            key_set: &body,
            signature: &text,
            body: &body,
            profile: &profile(),
            callback_url: "https://wallet.example/",
            at: Timestamp(0),
        };
        prop_assert!(explain(&evidence).iter().any(|line| !line.passed));
    }
}
