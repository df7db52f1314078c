//! The states a payment can be in.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The provider's words for where a payment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Made, not scanned.
    Pending,
    /// Scanned.
    Identified,
    /// Confirmed and authorised; not money yet.
    Authorized,
    /// The bank refused.
    AuthorizationFailed,
    /// Paid.
    #[default]
    Succeeded,
    /// Failed otherwise.
    Failed,
    /// By payer or merchant.
    Cancelled,
    /// Not confirmed in time.
    Expired,
    /// Waits for the merchant's acknowledgement.
    PendingMerchantAcknowledgement,
    /// Not acknowledged in time.
    Voided,
}

impl Status {
    /// Every state.
    pub const ALL: [Status; 10] = [
        Status::Pending,
        Status::Identified,
        Status::Authorized,
        Status::AuthorizationFailed,
        Status::Succeeded,
        Status::Failed,
        Status::Cancelled,
        Status::Expired,
        Status::PendingMerchantAcknowledgement,
        Status::Voided,
    ];

    /// The provider's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "PENDING",
            Status::Identified => "IDENTIFIED",
            Status::Authorized => "AUTHORIZED",
            Status::AuthorizationFailed => "AUTHORIZATION_FAILED",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::Cancelled => "CANCELLED",
            Status::Expired => "EXPIRED",
            Status::PendingMerchantAcknowledgement => "PENDING_MERCHANT_ACKNOWLEDGEMENT",
            Status::Voided => "VOIDED",
        }
    }

    /// Waiting for the payer: may be cancelled, will expire.
    pub(super) fn is_open(self) -> bool {
        matches!(self, Status::Pending | Status::Identified)
    }

    /// Whether the payer is known in this state unless a request says otherwise.
    pub(super) fn has_payer(self) -> bool {
        matches!(
            self,
            Status::Succeeded
                | Status::Authorized
                | Status::AuthorizationFailed
                | Status::PendingMerchantAcknowledgement
                | Status::Voided
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(word: &str) -> Result<Status, String> {
        Status::ALL.into_iter().find(|status| status.as_str() == word).ok_or_else(|| {
            let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
            format!("{word:?} is not a payment's state: there are {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_back_from_its_word() {
        for status in Status::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert!("succeeded".parse::<Status>().unwrap_err().contains("SUCCEEDED"));
    }
}
