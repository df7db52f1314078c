//! Names: which provider, which of our profiles there, which payment.

use crate::plural::listed;
use std::fmt;
use std::str::FromStr;

/// Longest payment id that goes into an address or a table, in bytes.
pub(in crate::providers) const PAYMENT_ID_BYTES_MAX: usize = 64;

/// The providers there are adapters for. What tells them apart stands in their tables, see `facts`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProviderName {
    /// Bancontact Pro's Top-Up product.
    Bancontact,
    /// MultiSafepay's orders, paid with Bancontact.
    MultiSafepay,
    /// WooshPay's payment intents, paid with Bancontact.
    WooshPay,
}

impl ProviderName {
    /// All there are.
    pub const ALL: [ProviderName; 3] =
        [ProviderName::Bancontact, ProviderName::MultiSafepay, ProviderName::WooshPay];
}

impl FromStr for ProviderName {
    type Err = String;

    fn from_str(text: &str) -> Result<ProviderName, String> {
        ProviderName::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| {
            let names = ProviderName::ALL.map(ProviderName::as_str);
            format!("{text:?} is not a provider: there are {}", listed(&names, "and"))
        })
    }
}

/// The provider's name for the account that receives the money (Bancontact: the product profile id, PPID).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(pub String);

/// The provider's name for one payment; opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(pub String);

impl fmt::Display for ProfileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PaymentId {
    /// Takes a text that looks like a payment id: 1 to 64 of `A-Z a-z 0-9 = _ -`. Every id seen so far does
    /// (24 hex digits in practice, `5f91483d-78a7-4914-bc6f=` in the provider's own description).
    #[must_use]
    pub fn parse(text: &str) -> Option<PaymentId> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-');
        (1..=PAYMENT_ID_BYTES_MAX).contains(&text.len()).then_some(())?;
        text.bytes().all(allowed).then(|| PaymentId(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_id_holds_nothing_that_could_change_an_address() {
        for fine in ["5bdb1685b93d1c000bde96f2", "5f91483d-78a7-4914-bc6f=", "a_b"] {
            assert_eq!(PaymentId::parse(fine), Some(PaymentId(fine.to_owned())));
        }
        for wrong in ["", "../search", "a b", "a?b", "a%2Fb", "é", &"x".repeat(65)] {
            assert_eq!(PaymentId::parse(wrong), None, "{wrong} was taken");
        }
    }

    #[test]
    fn a_provider_is_known_by_its_name_only() {
        for name in ProviderName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
        }
        assert!("paypal".parse::<ProviderName>().unwrap_err().contains("there are bancontact"));
    }
}
