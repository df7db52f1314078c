//! What a provider says of one payment, in one shape for all providers.

use super::{OrderId, PaymentId, PaymentLink, ProfileId, ProviderName};
use crate::clock::Timestamp;
use std::fmt;

/// A payment's state in the providers' words. Only `Succeeded` is money.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PaymentStatus {
    /// Made, waiting for a scan.
    Pending,
    /// Scanned.
    Identified,
    /// The payer confirmed and the bank authorised; not money yet.
    Authorized,
    /// Waits for an acknowledgement by us (void-mode products).
    PendingMerchantAcknowledgement,
    /// The only state that guarantees funds.
    Succeeded,
    /// The bank refused.
    AuthorizationFailed,
    /// Failed otherwise.
    Failed,
    /// By the payer, or by the merchant.
    Cancelled,
    /// Not confirmed in time.
    Expired,
    /// Not acknowledged in time.
    Voided,
    /// A word we don't know; never final.
    Other(String),
}

impl PaymentStatus {
    /// Every state whose word we know.
    pub const KNOWN: [PaymentStatus; 10] = [
        PaymentStatus::Pending,
        PaymentStatus::Identified,
        PaymentStatus::Authorized,
        PaymentStatus::PendingMerchantAcknowledgement,
        PaymentStatus::Succeeded,
        PaymentStatus::AuthorizationFailed,
        PaymentStatus::Failed,
        PaymentStatus::Cancelled,
        PaymentStatus::Expired,
        PaymentStatus::Voided,
    ];

    /// Reads a provider's word; an unknown one is kept as it came.
    #[must_use]
    pub fn from_wire(word: &str) -> PaymentStatus {
        match word {
            "PENDING" => PaymentStatus::Pending,
            "IDENTIFIED" => PaymentStatus::Identified,
            "AUTHORIZED" => PaymentStatus::Authorized,
            // Bancontact's own guide misspells it.
            "PENDING_MERCHANT_ACKNOWLEDGEMENT" | "PENDING_MERCHANT_AKNOWLEDGMENT" => {
                PaymentStatus::PendingMerchantAcknowledgement
            }
            "SUCCEEDED" => PaymentStatus::Succeeded,
            "AUTHORIZATION_FAILED" => PaymentStatus::AuthorizationFailed,
            "FAILED" => PaymentStatus::Failed,
            "CANCELLED" => PaymentStatus::Cancelled,
            "EXPIRED" => PaymentStatus::Expired,
            "VOIDED" => PaymentStatus::Voided,
            other => PaymentStatus::Other(other.chars().take(64).collect()),
        }
    }

    /// The provider's word, as stored and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            PaymentStatus::Pending => "PENDING",
            PaymentStatus::Identified => "IDENTIFIED",
            PaymentStatus::Authorized => "AUTHORIZED",
            PaymentStatus::PendingMerchantAcknowledgement => "PENDING_MERCHANT_ACKNOWLEDGEMENT",
            PaymentStatus::Succeeded => "SUCCEEDED",
            PaymentStatus::AuthorizationFailed => "AUTHORIZATION_FAILED",
            PaymentStatus::Failed => "FAILED",
            PaymentStatus::Cancelled => "CANCELLED",
            PaymentStatus::Expired => "EXPIRED",
            PaymentStatus::Voided => "VOIDED",
            PaymentStatus::Other(word) => word,
        }
    }

    /// True for states a payment does not leave.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            PaymentStatus::Succeeded
                | PaymentStatus::AuthorizationFailed
                | PaymentStatus::Failed
                | PaymentStatus::Cancelled
                | PaymentStatus::Expired
                | PaymentStatus::Voided
        )
    }
}

/// How a payment became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The provider called us.
    Callback,
    /// We asked for this payment.
    Details,
    /// We found it in the provider's list.
    List,
}

impl Source {
    /// As stored, and as a metric's label.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Callback => "callback",
            Source::Details => "details",
            Source::List => "list",
        }
    }
}

/// Who paid, as far as a provider says: personal data, shown only to operators with the right.
#[derive(Clone, PartialEq, Eq)]
pub struct Debtor {
    /// First name.
    pub name: Option<String>,
    /// Masked by the provider: `*************24680`.
    pub iban: Option<String>,
}

impl fmt::Debug for Debtor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Debtor(…)")
    }
}

/// Another amount than was asked for, as a report says. No wallet is credited with either before a person has looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What came in.
    pub came: Came,
    /// What was asked for, in cents.
    pub of_cents: i64,
}

/// What came in, as a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// So many cents.
    Cents(i64),
    /// No whole number of cents: as it stands there.
    Unread(String),
}

/// What a provider says of one payment, whichever way it was said. Nothing in it is trusted to be present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentReport {
    /// Which adapter read it.
    pub provider: ProviderName,
    /// Our profile it was reported for, as it is known here.
    pub profile: ProfileId,
    /// What the provider calls that profile, where it is known here by another id: see [`Account::known_as`](super::Account).
    pub profile_there: Option<ProfileId>,
    /// How it came.
    pub source: Source,
    /// The provider's id; unique per profile.
    pub payment_id: PaymentId,
    /// The state it is in.
    pub status: PaymentStatus,
    /// The amount in cents; `None` when missing or not a whole number.
    pub amount_cents: Option<i64>,
    /// What came in, where the report says that it is not what was asked for: then it has no amount.
    pub received: Option<Received>,
    /// How much of it went back to the payer, in cents, where the report says so; 0 where it says that nothing did.
    pub refunded_cents: Option<i64>,
    /// How much more of it is to go back, in cents, where the report says so: it may still be stopped.
    pub reserved_cents: Option<i64>,
    /// It went back because the payer's bank took it back, and nobody here sent it; where no amount went back, that is only
    /// disputed.
    pub is_chargeback: bool,
    /// ISO 4217, as it came.
    pub currency: Option<String>,
    /// Our `R` from the printed code, as it came.
    pub reference: Option<String>,
    /// Our order that the payment was made for, where we made it: the order's reference is the payment's.
    pub order: Option<OrderId>,
    /// Where the payer goes to pay, as long as there is something to pay and the report says so.
    pub link: Option<PaymentLink>,
    /// What the payer was shown, as it came.
    pub description: Option<String>,
    /// The payer.
    pub debtor: Option<Debtor>,
    /// The profile the money went to, as the provider calls it, where the report says so (details and list). When it is not
    /// [ours](PaymentReport::there) the report is a mismatch.
    pub creditor_profile: Option<ProfileId>,
    /// When the payment was made at the provider.
    pub created_at: Option<Timestamp>,
    /// When it succeeded.
    pub succeeded_at: Option<Timestamp>,
}

impl PaymentReport {
    /// Our profile, as the provider calls it.
    #[must_use]
    pub fn there(&self) -> &ProfileId {
        self.profile_there.as_ref().unwrap_or(&self.profile)
    }

    /// How many cents came, as it says: its amount, or what came in of another one.
    #[must_use]
    pub fn cents(&self) -> Option<i64> {
        self.amount_cents.or_else(|| match self.received.as_ref()?.came {
            Came::Cents(cents) => Some(cents),
            Came::Unread(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_that_are_known_read_back() {
        for status in PaymentStatus::KNOWN {
            assert_eq!(PaymentStatus::from_wire(status.as_str()), status);
        }
    }
}
