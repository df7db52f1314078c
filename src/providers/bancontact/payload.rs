//! Writes the text of a printed Top-Up code: `https://{host}/t/1/{PPID}?D=…&A=…&R=…`.
//!
//! Bancontact documents the order D, A, R, at most 35 characters for D and R, and the SEPA characters; we keep to
//! the subset that every source agrees on. The 35 are counted as a person counts, before encoding. A space is `%20`,
//! never `+`.

use crate::codes::SCAN_BYTES_MAX;
use crate::providers::{CodeError, ProfileId, ServiceUrl, TopUpCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write;

/// Most characters of a description or reference, before encoding.
pub const TEXT_CHARS_MAX: usize = 35;

pub(super) const AMOUNT_CENTS_MAX: i64 = 999_999;

const PROFILE_ID_CHARS: usize = 24;

/// Everything but the characters that RFC 3986 leaves as they are.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The text of a printed code. What a payer may do with the amount (type it, change it, neither) was fixed by
/// Bancontact for the whole profile, not by the code.
///
/// # Errors
/// Names the part that is outside the limits.
pub fn top_up_payload(
    pay_url: &ServiceUrl,
    profile: &ProfileId,
    code: &TopUpCode<'_>,
) -> Result<String, CodeError> {
    let profile = parse_profile_id(&profile.0)?;
    let mut text = String::with_capacity(SCAN_BYTES_MAX);
    text.push_str(pay_url.as_str());
    text.push_str("/t/1/");
    text.push_str(&profile.0);
    let mut separator = '?';
    let mut push = |name: char, value: &str| {
        let encoded = utf8_percent_encode(value, ENCODED);
        write!(text, "{separator}{name}={encoded}").expect("writing to a String can't fail");
        separator = '&';
    };
    if let Some(description) = code.description {
        check_text("description", description)?;
        push('D', description);
    }
    if let Some(amount) = code.amount {
        if !(1..=AMOUNT_CENTS_MAX).contains(&amount.0) {
            return Err(CodeError::Amount(amount.0));
        }
        push('A', &amount.0.to_string());
    }
    check_text("reference", code.reference)?;
    push('R', code.reference);
    if text.len() > SCAN_BYTES_MAX {
        return Err(CodeError::TooLong { length: text.len(), max: SCAN_BYTES_MAX });
    }
    Ok(text)
}

/// Reads a product profile id: 24 of `0-9 a-f`, as every real one is.
///
/// # Errors
/// When it has another length or another character.
pub fn parse_profile_id(text: &str) -> Result<ProfileId, CodeError> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() == PROFILE_ID_CHARS && text.bytes().all(hex) {
        Ok(ProfileId(text.to_owned()))
    } else {
        Err(CodeError::Profile(text.chars().take(40).collect()))
    }
}

/// Checks a description or reference against the limits, both when printing and when scanning.
pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), CodeError> {
    let wrong = |why: String| CodeError::Text { field, text: text.chars().take(40).collect(), why };
    let length = text.chars().count();
    if length == 0 {
        return Err(wrong("is empty".to_owned()));
    }
    if let Some(other) = text.chars().find(|c| !is_allowed(*c)) {
        return Err(wrong(format!(
            "holds {other:?}; only A-Z a-z 0-9 / ? : ( ) . , ' + - and spaces are sure to arrive"
        )));
    }
    if length > TEXT_CHARS_MAX {
        return Err(wrong(format!("has {length} characters, more than {TEXT_CHARS_MAX}")));
    }
    Ok(())
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/?:().,'+- ".contains(c)
}
