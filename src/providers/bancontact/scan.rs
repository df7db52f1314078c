//! Reads the text of a scanned Top-Up code, strictly: whatever is not exactly the documented form is refused, and
//! nothing in it is ever fetched.

use super::payload::{AMOUNT_CENTS_MAX, check_text, parse_profile_id};
use crate::codes::SCAN_BYTES_MAX;
use crate::money::Cents;
use crate::providers::{ProfileId, ServiceUrl};
use percent_encoding::percent_decode_str;

/// Hosts that Bancontact has put on codes: now, in preprod, and until May 2026. `www.payconiq.com` is in none of its
/// documents and is refused.
const KNOWN: [&str; 3] =
    ["https://pay.bancontact.net", "https://pay.acc.bancontact.net", "https://payconiq.com"];

/// What a Top-Up code says. The profile may be somebody else's: compare it with the event's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannedTopUp {
    /// Who would be paid.
    pub profile: ProfileId,
    /// `D`.
    pub description: Option<String>,
    /// `A`, 1 to 999999 cents.
    pub amount: Option<Cents>,
    /// `R`.
    pub reference: Option<String>,
}

/// Why a scanned text is not a Top-Up code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// More than 256 bytes.
    #[error("the scanned text is longer than {SCAN_BYTES_MAX} bytes")]
    TooLong,
    /// Not a link, or a link to somewhere else.
    #[error("the scanned text is not a Bancontact top-up code")]
    Foreign,
    /// A link to a known host that breaks the documented form.
    #[error("the scanned top-up code is malformed: {0}")]
    Malformed(String),
}

/// Reads a scanned text. Besides Bancontact's own hosts it takes those in `also` (an event's configured one, a
/// batch's); only for these can it be plain http.
///
/// # Errors
/// Says what is wrong, repeating 40 characters of the text at most.
pub fn scan(text: &str, also: &[ServiceUrl]) -> Result<ScannedTopUp, ScanError> {
    if text.len() > SCAN_BYTES_MAX {
        return Err(ScanError::TooLong);
    }
    let bases = KNOWN.into_iter().chain(also.iter().map(ServiceUrl::as_str));
    let rest = bases.filter_map(|base| after_base(text, base)).next().ok_or(ScanError::Foreign)?;
    let malformed = |why: &str| ScanError::Malformed(why.to_owned());
    let rest = rest.strip_prefix("t/1/").ok_or_else(|| malformed("its path does not begin with /t/1/"))?;
    if rest.contains('#') {
        return Err(malformed("it has a fragment"));
    }
    let (profile, query) = match rest.split_once('?') {
        Some((profile, query)) => (profile, Some(query)),
        None => (rest, None),
    };
    let profile =
        parse_profile_id(profile).map_err(|_| malformed("its profile id is not 24 of 0-9 and a-f"))?;
    let mut scanned = ScannedTopUp { profile, description: None, amount: None, reference: None };
    for parameter in query.into_iter().flat_map(|query| query.split('&')) {
        read_parameter(&mut scanned, parameter).map_err(ScanError::Malformed)?;
    }
    Ok(scanned)
}

/// What follows `base` and a slash. Scheme and host may be written in capitals, as in any link.
fn after_base<'a>(text: &'a str, base: &str) -> Option<&'a str> {
    let host = base.find("://").map_or(0, |at| at + 3);
    let host_end = base[host..].find('/').map_or(base.len(), |at| host + at);
    let (scheme_and_host, path) = base.split_at(host_end);
    let (front, rest) = text.split_at_checked(host_end)?;
    front.eq_ignore_ascii_case(scheme_and_host).then_some(rest)?.strip_prefix(path)?.strip_prefix('/')
}

fn read_parameter(scanned: &mut ScannedTopUp, parameter: &str) -> Result<(), String> {
    let (name, value) = parameter.split_once('=').ok_or("a parameter has no value")?;
    match name {
        "D" => set("D", &mut scanned.description, read_text("description", value)?),
        "A" => set("A", &mut scanned.amount, read_amount(value)?),
        "R" => set("R", &mut scanned.reference, read_text("reference", value)?),
        _ => Err("it has a parameter other than D, A and R".to_owned()),
    }
}

fn set<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), String> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(format!("it has {name} twice")),
    }
}

fn read_text(field: &'static str, value: &str) -> Result<String, String> {
    if !escapes_are_whole(value) {
        return Err(format!("its {field} has a % without two hex digits"));
    }
    let text = percent_decode_str(value).decode_utf8().map_err(|_| format!("its {field} is not UTF-8"))?;
    check_text(field, &text).map_err(|e| e.to_string())?;
    Ok(text.into_owned())
}

fn escapes_are_whole(value: &str) -> bool {
    value.split('%').skip(1).all(|after| {
        let digits = after.as_bytes();
        digits.len() >= 2 && digits[..2].iter().all(u8::is_ascii_hexdigit)
    })
}

fn read_amount(value: &str) -> Result<Cents, String> {
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    match value.parse::<i64>() {
        Ok(cents) if plain && cents <= AMOUNT_CENTS_MAX => Ok(Cents(cents)),
        _ => Err(format!("its amount is not a whole number of cents from 1 to {AMOUNT_CENTS_MAX}")),
    }
}
