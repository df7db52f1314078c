//! Addresses that providers give us to send payers to: checked, because a page will link to them.

use super::ServiceUrl;
use std::fmt;
use url::Url;

const LINK_BYTES_MAX: usize = 2_000;

/// An absolute address, https; plain http where the provider's API itself is plain http, on this machine.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PaymentLink(String);

impl PaymentLink {
    /// Takes an address from a provider's answer. `None` for anything a browser should not be sent to.
    #[must_use]
    pub fn parse(text: &str, api: &ServiceUrl) -> Option<PaymentLink> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= LINK_BYTES_MAX)?;
        let is_plain = api.is_plain_http() && url.scheme() == "http";
        let is_safe = (url.scheme() == "https" || is_plain) && url.host().is_some();
        (is_safe && url.username().is_empty() && url.password().is_none())
            .then(|| PaymentLink(url.as_str().to_owned()))
    }

    /// One that was checked before it was stored.
    #[must_use]
    pub fn stored(text: String) -> PaymentLink {
        PaymentLink(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PaymentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whoever knows the address may pay, and see who is paid; logs need neither.
impl fmt::Debug for PaymentLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentLink(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payer_is_sent_over_https_only_but_for_a_sandbox_beside_us() {
        let live = ServiceUrl::parse("https://api.multisafepay.com/v1/json").unwrap();
        let sandbox = ServiceUrl::parse("http://127.0.0.1:8090").unwrap();
        let page = "https://payv2.multisafepay.com/connect/1?lang=nl";
        assert_eq!(PaymentLink::parse(page, &live).unwrap().as_str(), page);
        assert!(PaymentLink::parse("http://127.0.0.1:8090/pay/1", &sandbox).is_some());
        assert!(PaymentLink::parse("http://127.0.0.1:8090/pay/1", &live).is_none());
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/pay",
            "",
            "https://a@b.example/",
            &format!("https://x.example/{}", "a".repeat(LINK_BYTES_MAX)),
        ] {
            assert!(PaymentLink::parse(wrong, &live).is_none(), "{wrong}");
        }
        assert_eq!(format!("{:?}", PaymentLink::parse(page, &live).unwrap()), "PaymentLink(…)");
    }
}
