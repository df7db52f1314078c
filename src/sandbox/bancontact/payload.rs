//! Reading the text of a printed top-up QR, as a bank app does after scanning it.

use percent_encoding::percent_decode_str;
use url::Url;

/// Longest text that is looked at, in bytes.
const PAYLOAD_BYTES_MAX: usize = 1024;
/// Longest description and reference, in decoded characters.
const TEXT_CHARS_MAX: usize = 35;
/// What a code may ask for, in cents: up to € 9.999,99.
pub(super) const AMOUNT_CENTS_MAX: i64 = 999_999;

/// What a printed code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TopUpCode {
    pub(super) profile_id: String,
    pub(super) description: Option<String>,
    pub(super) amount_cents: Option<i64>,
    pub(super) reference: Option<String>,
}

/// Reads `https://host/t/1/PPID?D=…&A=…&R=…`. Any host is taken: events may print their own. Parameters are optional,
/// come in any order, and at most once. The error names what is wrong.
pub(super) fn read(text: &str) -> Result<TopUpCode, String> {
    if text.len() > PAYLOAD_BYTES_MAX {
        return Err(format!("payload has more than {PAYLOAD_BYTES_MAX} bytes"));
    }
    let shape = "a top-up code reads https://pay.bancontact.net/t/1/PROFILE?D=…&A=…&R=…";
    let url = Url::parse(text.trim()).map_err(|_| format!("payload is not a URL; {shape}"))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(format!("payload starts with {}:, not https:; {shape}", url.scheme()));
    }
    let profile_id = match url.path().strip_prefix("/t/1/") {
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric()) => id.to_owned(),
        _ => {
            return Err(format!("payload has the path {}, not /t/1/PROFILE; {shape}", url.path()));
        }
    };
    if url.fragment().is_some() {
        return Err(format!("payload has a part behind #; {shape}"));
    }
    let mut code = TopUpCode { profile_id, description: None, amount_cents: None, reference: None };
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| format!("payload has {pair:?} without a value"))?;
        let repeated = match name {
            "D" => code.description.replace(decoded(name, value)?).is_some(),
            "R" => code.reference.replace(decoded(name, value)?).is_some(),
            "A" => code.amount_cents.replace(amount(value)?).is_some(),
            other => {
                return Err(format!("payload has the parameter {other:?}; there are D, A and R"));
            }
        };
        if repeated {
            return Err(format!("payload has {name} twice"));
        }
    }
    Ok(code)
}

/// A `+` stays a plus: only `%20` is a space here.
fn decoded(name: &str, value: &str) -> Result<String, String> {
    let text = percent_decode_str(value)
        .decode_utf8()
        .map_err(|_| format!("{name} in the payload is not percent-encoded UTF-8"))?;
    match text.chars().count() {
        1..=TEXT_CHARS_MAX => Ok(text.into_owned()),
        chars => Err(format!("{name} in the payload has {chars} characters; it takes 1 to {TEXT_CHARS_MAX}")),
    }
}

fn amount(value: &str) -> Result<i64, String> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    match value.parse() {
        Ok(cents @ 1..=AMOUNT_CENTS_MAX) if digits => Ok(cents),
        _ => Err(format!("A in the payload is {value:?}; it takes whole cents, 1 to {AMOUNT_CENTS_MAX}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_guides_worked_example_is_read() {
        let code = read(
            "https://pay.bancontact.net/t/1/5c18cbd1296e9a26d3278518?D=Receipt%20Payment&A=1000&R=sd89sd91%3Fsd9",
        );
        let expected = TopUpCode {
            profile_id: "5c18cbd1296e9a26d3278518".to_owned(),
            description: Some("Receipt Payment".to_owned()),
            amount_cents: Some(1000),
            reference: Some("sd89sd91?sd9".to_owned()),
        };
        assert_eq!(code, Ok(expected));
    }

    #[test]
    fn a_bare_profile_is_a_code_and_a_plus_stays_a_plus() {
        let bare = read("https://payconiq.com/t/1/5c18cbd1296e9a26d3278518").unwrap();
        assert_eq!((bare.amount_cents, bare.reference), (None, None));
        let plus = read("https://pay.bancontact.net/t/1/5c18cbd1296e9a26d3278518?D=a+b").unwrap();
        assert_eq!(plus.description.as_deref(), Some("a+b"));
    }

    #[test]
    fn what_is_wrong_with_a_code_is_named() {
        let long = format!("https://h/t/1/ab?R={}", "x".repeat(36));
        let huge = format!("https://h/t/1/ab?R={}", "x".repeat(2000));
        for (payload, named) in [
            ("", "not a URL"),
            ("PB1ABCDEFGH", "not a URL"),
            ("ftp://h/t/1/ab", "not https"),
            ("https://h/t/2/ab", "/t/1/PROFILE"),
            ("https://h/t/1/", "/t/1/PROFILE"),
            ("https://h/t/1/ab/cd", "/t/1/PROFILE"),
            ("https://h/t/1/ab?d=x", "there are D, A and R"),
            ("https://h/t/1/ab?A=1&A=2", "A twice"),
            ("https://h/t/1/ab?A=0", "1 to 999999"),
            ("https://h/t/1/ab?A=1000000", "1 to 999999"),
            ("https://h/t/1/ab?A=+5", "1 to 999999"),
            ("https://h/t/1/ab?A=12.50", "whole cents"),
            ("https://h/t/1/ab?R=", "0 characters"),
            ("https://h/t/1/ab?R=%FF", "UTF-8"),
            ("https://h/t/1/ab?R", "without a value"),
            ("https://h/t/1/ab#x", "behind #"),
            (&long, "36 characters"),
            (&huge, "1024 bytes"),
        ] {
            let refusal = read(payload).expect_err(payload);
            assert!(refusal.contains(named), "{payload}: {refusal}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = read(&text);
        }
    }
}
