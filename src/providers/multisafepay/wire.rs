//! An order and a transaction in MultiSafepay's JSON.
//!
//! Only the order's id must be there. Everything else may be missing or of another type; what can't be read is `None`,
//! and settling decides what that means.

use super::refund;
use crate::clock::Timestamp;
use crate::providers::names::PAYMENT_ID_BYTES_MAX;
use crate::providers::{
    Account, Debtor, PaymentId, PaymentReport, PaymentStatus, ProfileId, ProviderName, RefundState, Source,
};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::LazyLock;

/// Longest text kept of any field.
const TEXT_CHARS_MAX: usize = 256;

/// Their times name no zone; their page about the transactions endpoint says CET/CEST, which is Belgian time. An hour's
/// error moves nothing but what is shown: windows are asked for in seconds since 1970, and what a list leaves out is asked
/// for by its id.
static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Europe/Brussels").unwrap_or(TimeZone::UTC));

/// Reads an order. The key that was asked with, or that signed, opens one site only: that is the creditor.
pub(super) fn to_report(order: &Value, account: &Account, source: Source) -> Result<PaymentReport, String> {
    if !order.is_object() {
        return Err("it is not a JSON object".to_owned());
    }
    let payment_id = payment_id(order).ok_or("it has no order_id of 1 to 64 characters")?;
    let (status, financial) = (text(order, "status"), text(order, "financial_status"));
    let (refunded_cents, reserved_cents) = refunded(order, status.as_deref());
    let foreign = site(order).filter(|site| site != account.id_there());
    // The site that was entered by mistake is foreign, too: what stands there is not known by its id.
    let (profile, profile_there) = match foreign {
        None => (account.profile.clone(), account.corrected.clone()),
        Some(_) => (account.id_there().clone(), None),
    };
    Ok(PaymentReport {
        provider: ProviderName::MultiSafepay,
        creditor_profile: Some(foreign.unwrap_or_else(|| account.id_there().clone())),
        profile,
        profile_there,
        source,
        order: payment_id.0.parse().ok(),
        payment_id,
        status: state(status.as_deref(), financial.as_deref()),
        amount_cents: order.get("amount").and_then(Value::as_i64),
        received: None,
        refunded_cents,
        reserved_cents,
        is_chargeback: refunded_cents.is_some() && status.as_deref().is_some_and(is_chargeback),
        link: None,
        currency: text(order, "currency"),
        reference: None,
        description: None,
        debtor: order.get("payment_details").and_then(debtor),
        created_at: instant(order, "created"),
        succeeded_at: instant(order, "completed"),
    })
}

/// What the two words together mean. Only completed and completed is money; whatever is not in their own table for
/// Bancontact stays an open question.
pub(super) fn state(status: Option<&str>, financial: Option<&str>) -> PaymentStatus {
    match (status.unwrap_or_default(), financial.unwrap_or_default()) {
        ("completed", "completed") => PaymentStatus::Succeeded,
        ("initialized", "initialized" | "") => PaymentStatus::Pending,
        ("uncleared", "uncleared" | "initialized" | "") => PaymentStatus::Authorized,
        ("declined", "declined" | "initialized" | "") => PaymentStatus::AuthorizationFailed,
        ("void" | "cancelled", "void" | "cancelled" | "initialized" | "") => PaymentStatus::Cancelled,
        ("expired", "expired" | "initialized" | "") => PaymentStatus::Expired,
        (status, financial) => {
            PaymentStatus::Other(format!("{status}/{financial}").chars().take(64).collect())
        }
    }
}

/// The payer's bank took the money back. Their description has one word for it, their client another.
fn is_chargeback(status: &str) -> bool {
    matches!(status, "chargeback" | "chargedback")
}

/// How much went back to the payer, 0 included, and how much more is reserved to go: what the order says, and all of it
/// where its state alone says so. Of a chargeback no amount is told; after one, the payer has all of it, whatever was
/// refunded before.
fn refunded(order: &Value, status: Option<&str>) -> (Option<i64>, Option<i64>) {
    let cents = |name: &str| order.get(name).and_then(Value::as_i64).filter(|cents| *cents >= 0);
    let (said, all) = (cents("amount_refunded"), cents("amount"));
    match status {
        Some(status) if is_chargeback(status) => (all.or(said), None),
        Some("refunded") => done_and_reserved(order, said.filter(|cents| *cents > 0).or(all)),
        _ => done_and_reserved(order, said),
    }
}

/// Nobody documented whether their sum counts a refund that is only reserved, which may still be stopped. While there is one,
/// no more is believed than what those that are done come to.
fn done_and_reserved(order: &Value, said: Option<i64>) -> (Option<i64>, Option<i64>) {
    let rows = order.get("related_transactions").and_then(Value::as_array);
    let is_refund = |row: &&Value| text(row, "type").is_none_or(|kind| kind == "refund");
    let refunds =
        |state| rows.into_iter().flatten().filter(is_refund).filter(move |row| refund::state(row) == state);
    if refunds(RefundState::Reserved).next().is_none() {
        return (said, None);
    }
    let cents = |row: &Value| row.get("amount").and_then(Value::as_i64).and_then(i64::checked_abs);
    let sum = |state| refunds(state).filter_map(cents).fold(0_i64, i64::saturating_add);
    let done = said.map(|said| sum(RefundState::Done).min(said));
    let counted = said.unwrap_or_default() - done.unwrap_or_default();
    (done, Some(sum(RefundState::Reserved).max(counted)))
}

/// The order's id: ours, where we made it, and then text. A shop's own may be numbers.
pub(super) fn payment_id(order: &Value) -> Option<PaymentId> {
    let id = match order.get("order_id")? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let fits = (1..=PAYMENT_ID_BYTES_MAX).contains(&id.len()) && !id.contains(char::is_control);
    fits.then_some(PaymentId(id))
}

/// The site a row of the list names.
pub(super) fn site(row: &Value) -> Option<ProfileId> {
    match row.get("site_id")? {
        Value::String(text) if !text.is_empty() => Some(ProfileId(text.chars().take(64).collect())),
        Value::Number(number) => Some(ProfileId(number.to_string())),
        _ => None,
    }
}

fn debtor(details: &Value) -> Option<Debtor> {
    let (name, iban) = (text(details, "account_holder_name"), text(details, "account_iban"));
    (name.is_some() || iban.is_some()).then_some(Debtor { name, iban })
}

/// A text, cut to a bearable length. Control characters are replaced, because PostgreSQL can't store a NUL.
pub(super) fn text(object: &Value, name: &str) -> Option<String> {
    let text = object.get(name)?.as_str().filter(|text| !text.is_empty())?;
    let readable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    Some(text.chars().take(TEXT_CHARS_MAX).map(readable).collect())
}

fn instant(object: &Value, name: &str) -> Option<Timestamp> {
    let text = object.get(name)?.as_str()?;
    if let Ok(with_zone) = text.parse::<Timestamp>() {
        return Some(with_zone);
    }
    let at: DateTime = text.parse().ok()?;
    let at = at.to_zoned(ZONE.clone()).ok()?.timestamp();
    Some(Timestamp(at.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::super::callback_tests::account;
    use super::*;
    use serde_json::json;

    fn read(order: Value) -> Result<PaymentReport, String> {
        to_report(&order, &account(), Source::Callback)
    }

    #[test]
    fn an_order_is_read_whole_with_cents_and_belgian_times() {
        let order = "0123456789abcdef0123456789abcdef";
        let report = read(json!({
            "order_id": order, "transaction_id": 4680345, "status": "completed", "financial_status": "completed",
            "amount": 2500, "currency": "EUR", "costs": [{"amount": 0.49}], "created": "2026-07-03T20:00:00",
            "completed": "2026-07-03T20:00:31", "description": "Top-up", "var1": null, "items": null,
            "payment_details": {"type": "MISTERCASH", "account_holder_name": "An", "account_iban": "***4680"},
        }))
        .unwrap();
        assert_eq!((report.payment_id.0.as_str(), report.order), (order, order.parse().ok()));
        assert_eq!(report.status, PaymentStatus::Succeeded);
        assert_eq!((report.amount_cents, report.currency.as_deref()), (Some(2500), Some("EUR")));
        assert_eq!(report.created_at.unwrap().to_string(), "2026-07-03T18:00:00.000000Z");
        assert!(report.succeeded_at > report.created_at);
        assert_eq!((report.reference, report.description), (None, None));
        assert_eq!(report.debtor.unwrap().iban.as_deref(), Some("***4680"));
        assert_eq!(report.creditor_profile.unwrap().0, "1001001");
    }

    #[test]
    fn only_completed_and_completed_is_money_and_what_is_unknown_is_never_final() {
        let words = [
            "initialized",
            "uncleared",
            "completed",
            "declined",
            "void",
            "cancelled",
            "expired",
            "reserved",
            "refunded",
            "partial_refunded",
            "shipped",
            "chargeback",
            "chargedback",
            "",
            "COMPLETED",
            "new",
        ];
        for status in words {
            for financial in words {
                let state = state(Some(status), Some(financial));
                let is_money = (status, financial) == ("completed", "completed");
                assert_eq!(state == PaymentStatus::Succeeded, is_money, "{status}/{financial}");
                if status == "completed" || financial == "completed" {
                    assert!(is_money || !state.is_final(), "{status}/{financial} is not the end");
                }
            }
        }
        assert_eq!(state(Some("void"), Some("cancelled")), PaymentStatus::Cancelled);
        assert_eq!(state(Some("cancelled"), None), PaymentStatus::Cancelled);
        assert_eq!(state(Some("declined"), Some("declined")), PaymentStatus::AuthorizationFailed);
        assert_eq!(state(Some("expired"), Some("expired")), PaymentStatus::Expired);
        assert_eq!(state(Some("initialized"), Some("initialized")), PaymentStatus::Pending);
        assert!(!state(Some("uncleared"), Some("uncleared")).is_final());
        assert_eq!(state(None, None), PaymentStatus::Other("/".to_owned()));
    }

    #[test]
    fn what_went_back_is_told_by_the_order_or_by_its_state() {
        let refunded = |status: &str, said: Value| {
            let order = json!({"order_id": "a", "amount": 2500, "status": status, "amount_refunded": said});
            read(order).unwrap().refunded_cents
        };
        assert_eq!(refunded("completed", json!(0)), Some(0));
        assert_eq!(refunded("completed", json!(null)), None);
        assert_eq!(refunded("completed", json!("1000")), None);
        assert_eq!(refunded("completed", json!(-1)), None);
        assert_eq!(refunded("partial_refunded", json!(1000)), Some(1000));
        assert_eq!(refunded("refunded", json!(null)), Some(2500));
        assert_eq!(refunded("refunded", json!(0)), Some(2500));
        assert_eq!(refunded("chargeback", json!(0)), Some(2500));
        assert_eq!(
            refunded("chargeback", json!(1000)),
            Some(2500),
            "refunded in part, and then charged back"
        );
    }

    #[test]
    fn a_refund_that_is_only_reserved_has_not_gone_whether_their_sum_counts_it_or_not() {
        let refunded = |status: &str, said: Value, rows: &[(&str, i64)]| {
            let rows =
                rows.iter().map(|(state, cents)| json!({"type": "refund", "amount": cents, "status": state}));
            let order = json!({
                "order_id": "a", "amount": 2500, "status": status, "amount_refunded": said,
                "related_transactions": rows.collect::<Vec<Value>>(),
            });
            let report = read(order).unwrap();
            (report.refunded_cents, report.reserved_cents)
        };
        for word in ["reserved", "initialized"] {
            assert_eq!(refunded("refunded", json!(2500), &[(word, 2500)]), (Some(0), Some(2500)));
            assert_eq!(refunded("refunded", json!(null), &[(word, 2500)]), (Some(0), Some(2500)));
            assert_eq!(refunded("completed", json!(null), &[(word, 2500)]), (None, Some(2500)));
            for said in [1000, 2500] {
                let rows = [("completed", 1000), (word, 1500)];
                let both = (Some(1000), Some(1500));
                assert_eq!(refunded("partial_refunded", json!(said), &rows), both, "{word} of {said}");
            }
            assert_eq!(
                refunded("partial_refunded", json!(700), &[("completed", -700), (word, 5)]),
                (Some(700), Some(5))
            );
            assert_eq!(refunded("chargeback", json!(0), &[(word, 1000)]), (Some(2500), None));
        }
        assert_eq!(
            refunded("refunded", json!(2500), &[("completed", 1000), ("completed", 1500)]),
            (Some(2500), None)
        );
        assert_eq!(refunded("completed", json!(0), &[("void", 2500)]), (Some(0), None));
        // A word that nobody documented takes nothing from what the order says.
        assert_eq!(refunded("refunded", json!(2500), &[("pondered", 2500)]), (Some(2500), None));
    }

    #[test]
    fn what_the_bank_took_back_is_no_refund_and_what_somebody_sent_back_is_no_chargeback() {
        for (status, financial, is_chargeback) in [
            ("chargeback", "completed", true),
            ("chargedback", "chargedback", true),
            ("refunded", "completed", false),
            ("partial_refunded", "completed", false),
            ("completed", "completed", false),
        ] {
            let order = json!({
                "order_id": "a", "amount": 2500, "status": status, "financial_status": financial, "amount_refunded": 0,
            });
            assert_eq!(read(order).unwrap().is_chargeback, is_chargeback, "{status}/{financial}");
        }
    }

    #[test]
    fn an_amount_that_is_no_whole_number_of_cents_is_none() {
        for amount in [json!("2500"), json!(25.0), json!(25.5), json!(null), json!([1]), json!(u64::MAX)] {
            let odd = json!({"order_id": "a", "amount": amount, "created": "soon", "payment_details": []});
            assert_eq!(read(odd).unwrap().amount_cents, None, "{amount} was taken");
        }
    }

    #[test]
    fn an_order_of_a_shop_is_none_of_ours_and_one_without_an_id_is_none_at_all() {
        for (id, kept) in [(json!("182"), "182"), (json!(182), "182"), (json!("Order 7/b"), "Order 7/b")] {
            let report = read(json!({"order_id": id})).unwrap();
            assert_eq!((report.payment_id.0.as_str(), report.order), (kept, None));
        }
        for wrong in [json!({}), json!({"order_id": null}), json!({"order_id": ""}), json!("x"), json!([])] {
            assert!(read(wrong.clone()).is_err(), "{wrong} was taken");
        }
    }

    #[test]
    fn a_row_that_names_another_site_says_so() {
        let creditor =
            |site: Value| read(json!({"order_id": "a", "site_id": site})).unwrap().creditor_profile;
        assert_eq!(creditor(json!(1001001)).unwrap().0, "1001001");
        assert_eq!(creditor(json!("7")).unwrap().0, "7");
        assert_eq!(creditor(json!(null)).unwrap().0, "1001001");
    }

    #[test]
    fn what_is_paid_to_a_corrected_site_is_known_by_the_id_that_was_entered() {
        let corrected = account().known_as(&ProfileId("999".to_owned()));
        assert_eq!(corrected.id_there().0, "1001001");
        let ours = "0198f3b2c4d57e60a1b2c3d4e5f60718";
        for (order, site, known, creditor) in [
            (ours, json!(1001001), "999", "1001001"),
            (ours, json!(null), "999", "1001001"),
            (ours, json!(7), "1001001", "7"),
            (ours, json!(999), "1001001", "999"),
            ("shop 1", json!(1001001), "999", "1001001"),
            ("shop 1", json!(null), "999", "1001001"),
            ("shop 1", json!(999), "1001001", "999"),
        ] {
            let row = json!({"order_id": order, "site_id": site});
            let report = to_report(&row, &corrected, Source::List).unwrap();
            let names = (report.profile.0.as_str(), report.creditor_profile.as_ref().unwrap().0.as_str());
            assert_eq!(names, (known, creditor), "{row}");
            assert_eq!(report.there().0, "1001001", "{row}");
        }
        assert_eq!(account().known_as(&account().profile).corrected, None);
    }
}
