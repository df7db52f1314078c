//! A payment as the provider's details and search show it.

use crate::sandbox::bancontact::payment::{Debtor, Millis, Payment};
use crate::sandbox::bancontact::profile::Profile;
use crate::sandbox::bancontact::status::Status;
use serde::Serialize;

/// An account number made up for every merchant; its check digits hold.
const MERCHANT_IBAN: &str = "BE68539007547034";

/// A payment as `GET /v3/payments/{id}` and the search show it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details<'a> {
    payment_id: &'a str,
    created_at: Millis,
    expire_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded_at: Option<Millis>,
    currency: &'static str,
    status: Status,
    creditor: Creditor<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    debtor: Option<&'a Debtor>,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Creditor<'a> {
    profile_id: &'a str,
    merchant_id: &'a str,
    name: &'a str,
    iban: &'static str,
    callback_url: &'a str,
}

#[derive(Serialize)]
struct Links {
    #[serde(rename = "self")]
    itself: Link,
    deeplink: Link,
    qrcode: Link,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refund: Option<Link>,
}

#[derive(Serialize)]
struct Link {
    href: String,
}

impl<'a> Details<'a> {
    /// With `open_as_zero`, a code that was printed without an amount reads 0.
    pub(super) fn of(
        payment: &'a Payment,
        profile: &'a Profile,
        base_url: &str,
        open_as_zero: bool,
    ) -> Details<'a> {
        let hidden = open_as_zero && payment.open_amount;
        Details {
            payment_id: &payment.payment_id,
            created_at: Millis(payment.created_at),
            expire_at: Millis(payment.expire_at),
            succeeded_at: payment.succeeded_at.map(Millis),
            currency: "EUR",
            status: payment.status,
            creditor: Creditor {
                profile_id: &profile.profile_id,
                merchant_id: &profile.merchant_id,
                name: &profile.merchant_name,
                iban: MERCHANT_IBAN,
                callback_url: &profile.callback_url,
            },
            debtor: payment.debtor.as_ref(),
            amount: if hidden { 0 } else { payment.amount_cents },
            description: payment.description.as_deref(),
            reference: payment.reference.as_deref(),
            links: Links::of(payment, base_url),
        }
    }
}

impl Links {
    fn of(payment: &Payment, base_url: &str) -> Links {
        let id = &payment.payment_id;
        let itself = format!("{base_url}/v3/payments/{id}");
        let deeplink = format!("https://pay.bancontact.net/pay/2/{id}");
        let image = "https://qrcodegenerator.api.bancontact.net/qrcode?c=https%3A%2F%2Fpay.bancontact.net%2Fpay%2F2%2F";
        Links {
            cancel: (payment.status == Status::Pending).then(|| Link { href: itself.clone() }),
            refund: (payment.status == Status::Succeeded)
                .then(|| Link { href: format!("{itself}/debtor/refundIban") }),
            itself: Link { href: itself },
            deeplink: Link { href: deeplink },
            qrcode: Link { href: format!("{image}{id}") },
        }
    }
}
