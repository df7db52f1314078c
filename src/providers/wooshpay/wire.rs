//! A payment intent in WooshPay's JSON.
//!
//! Only the intent's id must be there. Everything else may be missing or of another type; what can't be read is `None`,
//! and settling decides what that means.

use crate::clock::Timestamp;
use crate::providers::names::PAYMENT_ID_BYTES_MAX;
use crate::providers::{
    Account, Came, Environment, PaymentId, PaymentLink, PaymentReport, PaymentStatus, ProviderName, Received,
    RefundState, Source,
};
use serde_json::Value;

/// Longest text kept of any field.
const TEXT_CHARS_MAX: usize = 256;
/// Longest odd thing kept that stands where an amount should.
const ODD_CHARS_MAX: usize = 40;
/// Times below this are seconds: as milliseconds they would be in January 1970. Some of their examples are borrowed.
const SECONDS_MAX: i64 = 100_000_000_000;

/// Reads an intent. The key that was asked with, or the secret that signed, belongs to one account: that is the
/// creditor.
pub(super) fn to_report(intent: &Value, account: &Account, source: Source) -> Result<PaymentReport, String> {
    if !intent.is_object() {
        return Err("it is not a JSON object".to_owned());
    }
    let payment_id = payment_id(intent).ok_or("it has no id of 1 to 64 characters")?;
    if is_of_the_other_world(intent, account) {
        return Err(format!("it is not a payment of the {} environment", account.environment));
    }
    let status = state(intent);
    let link = link(intent, account).filter(|_| status == PaymentStatus::Pending);
    let received = received(intent, &status);
    Ok(PaymentReport {
        provider: ProviderName::WooshPay,
        profile: account.profile.clone(),
        profile_there: account.corrected.clone(),
        source,
        payment_id,
        status,
        amount_cents: cents(intent).filter(|_| received.is_none()),
        received,
        refunded_cents: None,
        reserved_cents: None,
        is_chargeback: false,
        link,
        currency: text(intent, "currency").map(|code| code.to_ascii_uppercase()),
        reference: None,
        order: text(intent, "merchant_order_id").and_then(|order| order.parse().ok()),
        description: None,
        debtor: None,
        creditor_profile: Some(account.id_there().clone()),
        created_at: instant(intent, "created"),
        succeeded_at: None,
    })
}

/// True for test money reported to a live account, or the other way round.
pub(super) fn is_of_the_other_world(object: &Value, account: &Account) -> bool {
    let is_live = account.environment == Environment::Production;
    object.get("livemode").and_then(Value::as_bool).is_some_and(|said| said != is_live)
}

/// What came in, where their word for it says something else than what was asked, or is no whole number: a person looks before
/// either is credited. Nothing is what has come in of an intent that has not succeeded yet.
fn received(intent: &Value, status: &PaymentStatus) -> Option<Received> {
    let said = intent.get("amount_received").filter(|said| !said.is_null())?;
    let of_cents = cents(intent)?;
    let came = match said.as_i64() {
        Some(cents) => {
            let is_told = cents != 0 || *status == PaymentStatus::Succeeded;
            Came::Cents(Some(cents).filter(|cents| is_told && *cents != of_cents)?)
        }
        None => Came::Unread(said.to_string().chars().take(ODD_CHARS_MAX).collect()),
    };
    Some(Received { came, of_cents })
}

/// The page of theirs that the payer is to be sent to next.
pub(super) fn link(intent: &Value, account: &Account) -> Option<PaymentLink> {
    let next = intent.get("next_action")?;
    let how = next.get(next.get("type")?.as_str()?)?;
    PaymentLink::parse(how.get("url")?.as_str()?, &account.api)
}

/// The amount of an intent or a refund.
pub(super) fn cents(object: &Value) -> Option<i64> {
    object.get("amount").and_then(Value::as_i64)
}

/// What a refund says of its payment: how much of it went back, or is to go. `None` for one that was stopped, and where it does
/// not say of which payment.
pub(super) fn to_refunded(refund: &Value, account: &Account) -> Option<PaymentReport> {
    let amount = Some(cents(refund).filter(|cents| *cents > 0)?);
    let (refunded_cents, reserved_cents) = match super::refund::state(refund) {
        RefundState::Done => (amount, None),
        RefundState::Reserved => (None, amount),
        RefundState::Failed | RefundState::Other(_) => return None,
    };
    Some(PaymentReport { refunded_cents, reserved_cents, ..about(refund, "?refunded", account)? })
}

/// What a dispute says of its payment: that there is one. Their pages name one event of it, `charge.dispute.updated`, and
/// say neither what it holds nor which states there are, so no amount and no state in it is believed. `None` where it
/// doesn't name a payment as a refund does.
pub(super) fn to_disputed(dispute: &Value, account: &Account) -> Option<PaymentReport> {
    Some(PaymentReport { is_chargeback: true, ..about(dispute, "?disputed", account)? })
}

/// A report that something happened to the payment which an object names, and no more.
fn about(object: &Value, status: &str, account: &Account) -> Option<PaymentReport> {
    Some(PaymentReport {
        provider: ProviderName::WooshPay,
        profile: account.profile.clone(),
        profile_there: account.corrected.clone(),
        source: Source::Callback,
        payment_id: PaymentId::parse(&text(object, "payment_intent")?)?,
        status: PaymentStatus::Other(status.to_owned()),
        amount_cents: None,
        received: None,
        refunded_cents: None,
        reserved_cents: None,
        is_chargeback: false,
        link: None,
        currency: None,
        reference: None,
        order: None,
        description: None,
        debtor: None,
        creditor_profile: Some(account.id_there().clone()),
        created_at: None,
        succeeded_at: None,
    })
}

/// What a state means. Only `succeeded` is money; what nobody documented stays an open question.
fn state(intent: &Value) -> PaymentStatus {
    let word = text(intent, "status").unwrap_or_default();
    match word.as_str() {
        "succeeded" => PaymentStatus::Succeeded,
        // An attempt that failed leaves the intent waiting for another one, which nobody makes here.
        "requires_payment_method" if intent.get("last_payment_error").is_some_and(Value::is_object) => {
            PaymentStatus::AuthorizationFailed
        }
        "requires_payment_method" | "requires_confirmation" | "requires_action" => PaymentStatus::Pending,
        "processing" | "requires_capture" => PaymentStatus::Authorized,
        "failed" | "payment_failed" => PaymentStatus::Failed,
        "canceled" => PaymentStatus::Cancelled,
        "expired" => PaymentStatus::Expired,
        // Marked, so that it is read back as what it is, whatever another provider means by the word.
        other => PaymentStatus::Other(format!("?{other}").chars().take(64).collect()),
    }
}

/// The intent's id. It is opaque, so anything printable is taken: refusing one here would lose money.
pub(super) fn payment_id(intent: &Value) -> Option<PaymentId> {
    let id = intent.get("id")?.as_str()?;
    let fits = (1..=PAYMENT_ID_BYTES_MAX).contains(&id.len()) && !id.contains(char::is_control);
    fits.then(|| PaymentId(id.to_owned()))
}

/// A text, cut to a bearable length. Control characters are replaced, because PostgreSQL can't store a NUL.
pub(super) fn text(object: &Value, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str().filter(|text| !text.is_empty())?;
    let readable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    Some(text.chars().take(TEXT_CHARS_MAX).map(readable).collect())
}

/// Milliseconds since 1970, or seconds.
pub(super) fn instant(object: &Value, name: &str) -> Option<Timestamp> {
    let number = object.get(name)?.as_i64().filter(|number| *number > 0)?;
    let millis = if number < SECONDS_MAX { number.checked_mul(1_000)? } else { number };
    millis.checked_mul(1_000).map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::super::callback_tests::account;
    use super::*;
    use serde_json::json;

    fn read(intent: Value) -> Result<PaymentReport, String> {
        to_report(&intent, &account(), Source::Details)
    }

    #[test]
    fn an_intent_is_read_whole_with_cents_and_milliseconds() {
        let order = "0123456789abcdef0123456789abcdef";
        let report = read(json!({
            "id": "pi_1766018493456", "object": "payment_intent", "amount": 2500, "currency": "EUR",
            "created": 1_709_792_977_000_i64, "livemode": false, "status": "succeeded", "merchant_order_id": order,
            "client_secret": "x", "payment_method": "pm_1", "return_url": "https://x.example", "new": {},
        }))
        .unwrap();
        assert_eq!((report.payment_id.0.as_str(), report.order), ("pi_1766018493456", order.parse().ok()));
        assert_eq!((report.status, report.amount_cents), (PaymentStatus::Succeeded, Some(2500)));
        assert_eq!(report.currency.as_deref(), Some("EUR"));
        assert_eq!(report.created_at.unwrap().to_string(), "2024-03-07T06:29:37.000000Z");
        let seconds = read(json!({"id": "pi_1", "created": 1_709_792_977, "currency": "eur"})).unwrap();
        assert_eq!(seconds.created_at, report.created_at);
        assert_eq!((seconds.currency.as_deref(), seconds.order), (Some("EUR"), None));
    }

    #[test]
    fn only_succeeded_is_money_and_unknown_states_are_not_final() {
        let said = |word: &str| read(json!({"id": "pi_1", "status": word})).unwrap().status;
        for (word, status) in [
            ("requires_action", PaymentStatus::Pending),
            ("requires_confirmation", PaymentStatus::Pending),
            ("requires_payment_method", PaymentStatus::Pending),
            ("processing", PaymentStatus::Authorized),
            ("requires_capture", PaymentStatus::Authorized),
            ("canceled", PaymentStatus::Cancelled),
            ("succeeded", PaymentStatus::Succeeded),
        ] {
            assert_eq!(said(word), status, "{word}");
        }
        for word in ["Succeeded", "SUCCEEDED", "paid", "success", "", "partially_captured"] {
            let status = said(word);
            assert!(!status.is_final(), "{word} became {status:?}");
            assert_eq!(PaymentStatus::from_wire(status.as_str()), status, "{word} is kept as it is");
        }
        let failed =
            json!({"id": "pi_1", "status": "requires_payment_method", "last_payment_error": {"code": "x"}});
        assert_eq!(read(failed).unwrap().status, PaymentStatus::AuthorizationFailed);
    }

    #[test]
    fn what_came_in_and_what_was_asked_must_be_the_same() {
        let amount = |received: Value| {
            read(json!({"id": "pi_1", "amount": 2500, "amount_received": received})).unwrap().amount_cents
        };
        for same in [json!(2500), json!(null), json!(0)] {
            assert_eq!(amount(same), Some(2500));
        }
        for other in [json!(2000), json!("2500"), json!(2500.5)] {
            assert_eq!(amount(other), None);
        }
        for cents in [0, 400] {
            let paid = json!({"id": "pi_1", "status": "succeeded", "amount": 1000, "amount_received": cents});
            let report = read(paid).unwrap();
            assert_eq!(report.received, Some(Received { came: Came::Cents(cents), of_cents: 1000 }));
            assert_eq!((report.amount_cents, report.cents()), (None, Some(cents)), "it has succeeded");
        }
        for (odd, stands) in [(json!("2500"), "\"2500\""), (json!(2500.5), "2500.5")] {
            let report = read(json!({"id": "pi_1", "amount": 2500, "amount_received": odd})).unwrap();
            let came = Came::Unread(stands.to_owned());
            assert_eq!((report.cents(), report.received), (None, Some(Received { came, of_cents: 2500 })));
        }
    }

    #[test]
    fn test_money_is_never_read_on_a_live_account_nor_the_other_way_round() {
        assert!(read(json!({"id": "pi_1", "livemode": true})).unwrap_err().contains("preprod"));
        assert!(read(json!({"id": "pi_1", "livemode": "true"})).is_ok());
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_none() {
        for amount in [json!("2500"), json!(25.5), json!(null), json!(u64::MAX)] {
            let odd = json!({"id": "pi_1", "amount": amount, "created": i64::MAX, "merchant_order_id": 7});
            let report = read(odd).unwrap();
            assert_eq!((report.amount_cents, report.created_at, report.order), (None, None, None));
        }
        for wrong in [json!({}), json!({"id": 1}), json!({"id": ""}), json!([]), json!({"id": "a\u{0}"})] {
            assert!(read(wrong.clone()).is_err(), "{wrong} was taken");
        }
    }
}
