//! Tells, check by check and without any network, why a callback was accepted or refused: for support cases.

use super::callback::check_key;
use super::claims::{CLAIM_CHECKS, Expected, Finding};
use super::jws::DetachedJws;
use super::key_set::KeySet;
use super::wire;
use crate::clock::Timestamp;
use crate::providers::{CALLBACK_BODY_BYTES_MAX, Check, ProfileId, Source};

/// Everything a callback is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The key set's JSON, as it was served.
    pub key_set: &'a [u8],
    /// The `signature` header. White space around it (a file's last newline) does not count.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
    /// Our profile.
    pub profile: &'a ProfileId,
    /// Our callback URL, as given to Bancontact.
    pub callback_url: &'a str,
    /// The instant at which it is judged.
    pub at: Timestamp,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckLine {
    /// Which check; `body` comes last and is about reading, not trusting.
    pub name: &'static str,
    /// Whether it holds. A check that could not be made does not hold.
    pub passed: bool,
    /// Why, in one sentence.
    pub said: String,
}

const BODY: &str = "body";

/// All checks in order. The callback is good when every line has passed. A check that needs an earlier one says so.
#[must_use]
pub fn explain(evidence: &Evidence<'_>) -> Vec<CheckLine> {
    let mut lines = Vec::new();
    let mut push = |name: &'static str, finding: Finding| {
        let passed = finding.is_ok();
        lines.push(CheckLine { name, passed, said: finding.unwrap_or_else(|why| why) });
    };
    let parsed = form(evidence);
    push(
        Check::Form.as_str(),
        parsed.as_ref().map(|_| "three parts, header readable".to_owned()).map_err(Clone::clone),
    );
    let Evidence { profile, callback_url, at, .. } = *evidence;
    let expected = Expected { profile: &profile.0, callback_url, now: at };
    for (check, run) in CLAIM_CHECKS {
        push(check.as_str(), needing(&parsed, "the signature's form", |jws| run(jws, &expected)));
    }
    let key_set = KeySet::parse(evidence.key_set);
    let key = needing(&parsed, "the signature's form", |jws| {
        check_key(key_set.as_ref().map_err(Clone::clone)?, jws)
    });
    push(Check::Key.as_str(), key.clone());
    let signature = needing(&parsed, "the signature's form", |jws| {
        needing(&key_set, "the key", |set| signature(set, jws, evidence.body, &key))
    });
    push(Check::Signature.as_str(), signature);
    push(BODY, body(evidence));
    lines
}

fn needing<T>(earlier: &Result<T, String>, name: &str, check: impl FnOnce(&T) -> Finding) -> Finding {
    match earlier {
        Ok(value) => check(value),
        Err(_) => Err(format!("not checked, because {name} is not right")),
    }
}

fn form<'a>(evidence: &Evidence<'a>) -> Result<DetachedJws<'a>, String> {
    if evidence.body.len() > CALLBACK_BODY_BYTES_MAX {
        return Err(format!("the body is larger than {CALLBACK_BODY_BYTES_MAX} bytes"));
    }
    DetachedJws::parse(evidence.signature.trim_ascii())
}

fn signature(set: &KeySet, jws: &DetachedJws<'_>, body: &[u8], key: &Finding) -> Finding {
    if key.is_err() {
        return Err("not checked, because the key is not right".to_owned());
    }
    let kid = jws.text("kid").unwrap_or_default();
    let fits = |input: &[u8]| set.named(kid).any(|key| jws.is_by(key, input));
    if fits(&jws.signing_input(body)) {
        return Ok(format!("it fits the {} bytes of the body", body.len()));
    }
    let trimmed = body.trim_ascii_end();
    if trimmed.len() < body.len() && fits(&jws.signing_input(trimmed)) {
        return Err("it does not fit the body; it would without the white space at the body's end, \
                    which an editor may have added"
            .to_owned());
    }
    Err(format!(
        "it does not fit the {} bytes of the body: they were changed, or another key signed",
        body.len()
    ))
}

/// The payer is left out: what is printed here goes into support mails.
fn body(evidence: &Evidence<'_>) -> Finding {
    let report = wire::read_payment(evidence.body, evidence.profile, Source::Callback)?;
    let amount = report.amount_cents.map_or("no amount".to_owned(), |cents| format!("{cents} cents"));
    let currency = report.currency.as_deref().unwrap_or("no currency");
    let reference = report.reference.as_deref().unwrap_or("none");
    let status = report.status.as_str();
    Ok(format!("payment {}, {status}, {amount}, {currency}, reference {reference}", report.payment_id))
}
