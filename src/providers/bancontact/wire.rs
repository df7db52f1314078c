//! A payment in Bancontact's JSON, the same in callbacks, details and lists.
//!
//! Only the payment's id must be there. Everything else may be missing, of another type, or joined by fields nobody
//! told us of (`totalAmount` comes and goes); what can't be read is `None`, and settling decides what that means.

use crate::clock::Timestamp;
use crate::providers::names::PAYMENT_ID_BYTES_MAX;
use crate::providers::{Debtor, PaymentId, PaymentReport, PaymentStatus, ProfileId, ProviderName, Source};
use serde_json::Value;

/// Longest text kept of any field. Bancontact allows 140 characters at most.
const TEXT_CHARS_MAX: usize = 256;

/// Reads a payment from JSON text.
pub(super) fn read_payment(
    json: &[u8],
    profile: &ProfileId,
    source: Source,
) -> Result<PaymentReport, String> {
    let payment: Value = serde_json::from_slice(json).map_err(|e| format!("it is not JSON: {e}"))?;
    to_report(&payment, profile, source)
}

/// Reads a payment from a JSON value.
pub(super) fn to_report(
    payment: &Value,
    profile: &ProfileId,
    source: Source,
) -> Result<PaymentReport, String> {
    if !payment.is_object() {
        return Err("it is not a JSON object".to_owned());
    }
    let payment_id = payment_id(payment)
        .ok_or("it has no paymentId, or one that is not a string of 1 to 64 characters")?;
    Ok(PaymentReport {
        provider: ProviderName::Bancontact,
        profile: profile.clone(),
        profile_there: None,
        source,
        payment_id,
        status: PaymentStatus::from_wire(&text(payment, "status").unwrap_or_else(|| "MISSING".to_owned())),
        amount_cents: payment.get("amount").and_then(Value::as_i64),
        received: None,
        refunded_cents: None,
        reserved_cents: None,
        is_chargeback: false,
        link: None,
        currency: text(payment, "currency"),
        reference: text(payment, "reference"),
        order: None,
        description: text(payment, "description"),
        debtor: payment.get("debtor").and_then(debtor),
        creditor_profile: payment.get("creditor").and_then(|c| text(c, "profileId")).map(ProfileId),
        created_at: instant(payment, "createdAt"),
        succeeded_at: instant(payment, "succeededAt"),
    })
}

/// The payment's id. It is opaque, so anything printable is taken: refusing one here would lose money.
pub(super) fn payment_id(payment: &Value) -> Option<PaymentId> {
    let id = payment.get("paymentId")?.as_str()?;
    let fits = (1..=PAYMENT_ID_BYTES_MAX).contains(&id.len()) && !id.contains(char::is_control);
    fits.then(|| PaymentId(id.to_owned()))
}

fn debtor(debtor: &Value) -> Option<Debtor> {
    let (name, iban) = (text(debtor, "name"), text(debtor, "iban"));
    (name.is_some() || iban.is_some()).then_some(Debtor { name, iban })
}

/// A text, cut to a bearable length. Control characters are replaced, because PostgreSQL can't store a NUL.
fn text(object: &Value, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str()?;
    let readable = |c: char| {
        if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }
    };
    Some(text.chars().take(TEXT_CHARS_MAX).map(readable).collect())
}

fn instant(object: &Value, name: &str) -> Option<Timestamp> {
    object.get(name)?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payment: Value) -> Result<PaymentReport, String> {
        to_report(&payment, &ProfileId("5c18cbd1296e9a26d3278518".to_owned()), Source::Callback)
    }

    #[test]
    fn a_payment_is_read_whole() {
        let report = read(json!({
            "paymentId": "5bdb1685b93d1c000bde96f2", "amount": 1000, "totalAmount": 1000, "currency": "EUR",
            "status": "SUCCEEDED", "createdAt": "2021-12-16T13:41:08.726Z", "succeededAt": "2021-12-16T13:41:20.209Z",
            "reference": "R1", "description": "K7QM3XR9", "debtor": {"name": "An", "iban": "*************24680"},
            "creditor": {"profileId": "000000000000000000000001"}, "brandNew": {"a": [1]},
        }))
        .unwrap();
        assert_eq!(report.payment_id.0, "5bdb1685b93d1c000bde96f2");
        assert_eq!(report.status, PaymentStatus::Succeeded);
        assert_eq!((report.amount_cents, report.currency.as_deref()), (Some(1000), Some("EUR")));
        assert_eq!(
            (report.reference.as_deref(), report.description.as_deref()),
            (Some("R1"), Some("K7QM3XR9"))
        );
        assert_eq!(report.debtor.unwrap().iban.as_deref(), Some("*************24680"));
        assert_eq!(report.creditor_profile.unwrap().0, "000000000000000000000001");
        assert_eq!(report.created_at.unwrap().to_string(), "2021-12-16T13:41:08.726000Z");
        assert!(report.succeeded_at > report.created_at);
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_none_and_never_money() {
        let bare = read(json!({"paymentId": "a"})).unwrap();
        assert_eq!(bare.status, PaymentStatus::Other("MISSING".to_owned()));
        assert_eq!((bare.amount_cents, bare.debtor, bare.reference), (None, None, None));
        for amount in [
            json!("1000"),
            json!(10.5),
            json!(1000.0),
            json!(1e30),
            json!(u64::MAX),
            json!(null),
            json!([1000]),
        ] {
            let odd = read(
                json!({"paymentId": "a", "amount": amount, "debtor": "An", "createdAt": 7, "status": 1}),
            );
            assert_eq!(odd.unwrap().amount_cents, None, "{amount} was taken");
        }
    }

    #[test]
    fn texts_are_cut_and_hold_no_control_characters() {
        let report =
            read(json!({"paymentId": "a", "reference": "x\u{0}y\n", "description": "é".repeat(5000)}))
                .unwrap();
        assert_eq!(report.reference.as_deref(), Some("x\u{FFFD}y\u{FFFD}"));
        assert_eq!(report.description.unwrap().chars().count(), TEXT_CHARS_MAX);
    }

    #[test]
    fn without_a_payment_id_it_is_no_payment() {
        for wrong in [
            json!({}),
            json!({"paymentId": 7}),
            json!({"paymentId": ""}),
            json!({"paymentId": "a\u{0}"}),
            json!([]),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong} was taken");
        }
        assert!(read(json!({"paymentId": "x".repeat(65)})).is_err());
        let deep = "[".repeat(100_000);
        let profile = ProfileId("5c18cbd1296e9a26d3278518".to_owned());
        assert!(read_payment(deep.as_bytes(), &profile, Source::List).unwrap_err().contains("not JSON"));
        assert!(read_payment(b"", &profile, Source::List).is_err());
    }
}
