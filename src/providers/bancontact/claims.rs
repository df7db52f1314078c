//! What a signature's header claims, and whether that is meant for us. None of it needs a key.

use super::jws::DetachedJws;
use crate::clock::Timestamp;
use crate::providers::Check;
use serde_json::Value;
use std::time::Duration;

const ISSUER: &str = "https://payconiq.com/iss";
const SUBJECT: &str = "https://payconiq.com/sub";
const ISSUED_AT: &str = "https://payconiq.com/iat";
const REQUEST_ID: &str = "https://payconiq.com/jti";
const PATH: &str = "https://payconiq.com/path";

/// The claims keep Payconiq's name; Bancontact changed addresses only. A header may mark these critical and no other.
const CLAIMS: [&str; 5] = [ISSUER, SUBJECT, ISSUED_AT, REQUEST_ID, PATH];

/// How far our clock may be behind theirs.
const AHEAD_MAX: Duration = Duration::from_secs(5 * 60);

/// What claims are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) profile: &'a str,
    pub(super) callback_url: &'a str,
    pub(super) now: Timestamp,
}

/// What one check has to say: why it holds, or why it doesn't.
pub(super) type Finding = Result<String, String>;

type ClaimCheck = fn(&DetachedJws<'_>, &Expected<'_>) -> Finding;

/// The checks of the header, in order.
pub(super) const CLAIM_CHECKS: [(Check, ClaimCheck); 7] = [
    (Check::Algorithm, algorithm),
    (Check::Critical, critical),
    (Check::Claims, claims),
    (Check::Issuer, issuer),
    (Check::Subject, subject),
    (Check::Path, path),
    (Check::IssuedAt, issued_at),
];

/// The algorithm is ours to choose: taking it from the header would let a forger choose `none`.
fn algorithm(jws: &DetachedJws<'_>, _: &Expected<'_>) -> Finding {
    match jws.text("alg") {
        Some("ES256") => Ok("alg is ES256".to_owned()),
        other => Err(format!("alg is {}; only ES256 is taken", shown(other))),
    }
}

/// RFC 7515 obliges us to understand each name; their order is free.
fn critical(jws: &DetachedJws<'_>, _: &Expected<'_>) -> Finding {
    let Some(Value::Array(names)) = jws.field("crit") else {
        return Err("crit is missing or not a list".to_owned());
    };
    if names.is_empty() {
        return Err("crit is an empty list".to_owned());
    }
    match names.iter().find(|name| !name.as_str().is_some_and(|name| CLAIMS.contains(&name))) {
        None => Ok(format!("all {} critical headers are understood", names.len())),
        Some(Value::String(name)) => {
            Err(format!("crit names {}, which we don't understand", shown(Some(name))))
        }
        Some(_) => Err("crit holds something that is not a string".to_owned()),
    }
}

fn claims(jws: &DetachedJws<'_>, _: &Expected<'_>) -> Finding {
    match CLAIMS.into_iter().find(|name| jws.text(name).is_none_or(str::is_empty)) {
        None => Ok("iss, sub, iat, jti and path are there".to_owned()),
        Some(name) => Err(format!("{name} is missing, empty or not a string")),
    }
}

/// Both `Payconiq` and `payconiq` have been seen.
fn issuer(jws: &DetachedJws<'_>, _: &Expected<'_>) -> Finding {
    match jws.text(ISSUER) {
        Some(issuer) if issuer.eq_ignore_ascii_case("payconiq") => Ok(format!("issued by {issuer}")),
        other => Err(format!("issued by {}, not by Payconiq", shown(other))),
    }
}

fn subject(jws: &DetachedJws<'_>, expected: &Expected<'_>) -> Finding {
    match jws.text(SUBJECT) {
        Some(subject) if subject == expected.profile => Ok(format!("meant for profile {subject}")),
        other => Err(format!("meant for profile {}, ours is {}", shown(other), expected.profile)),
    }
}

/// Compared with what is configured: the address as seen behind a proxy may be another.
fn path(jws: &DetachedJws<'_>, expected: &Expected<'_>) -> Finding {
    match jws.text(PATH) {
        Some(path) if path == expected.callback_url => Ok(format!("sent to {path}")),
        other => Err(format!(
            "sent to {}, our callback URL is {:?}; they must be equal to the letter, slash at the end included",
            shown(other),
            expected.callback_url
        )),
    }
}

/// There is no greatest age. A retry repeats the first attempt's `iat` for a day by design, and after a long outage
/// of ours an old message is still the truth about a payment. Replaying it does no harm, since a payment is settled
/// once whoever reports it and how often.
fn issued_at(jws: &DetachedJws<'_>, expected: &Expected<'_>) -> Finding {
    let claim = jws.text(ISSUED_AT);
    let issued_at: Timestamp = match claim.map(str::parse) {
        Some(Ok(at)) => at,
        _ => return Err(format!("iat is {}, which is not a time", shown(claim))),
    };
    if issued_at > expected.now.after(AHEAD_MAX) {
        let ahead_s = issued_at.since(expected.now).as_secs();
        return Err(format!("issued at {issued_at}, {ahead_s} s in the future: is our clock right?"));
    }
    Ok(format!("issued at {issued_at}"))
}

/// Text from outside, cut to a bearable length and with control characters escaped.
pub(super) fn shown(text: Option<&str>) -> String {
    match text {
        None => "missing or not a string".to_owned(),
        Some(text) => format!("{:?}", text.chars().take(200).collect::<String>()),
    }
}
