//! Bancontact Pro's Top-Up product: printed codes that are paid many times, signed callbacks, payment details and
//! the payment list. Facts: Bancontact's Merchant Payment API v3, its callback guide and its Top-Up guide.
//!
//! | file | does |
//! |---|---|
//! | `endpoints` | the addresses of production and preprod |
//! | `payload`, `scan` | write the text of a printed code, read a scanned one |
//! | `image` | the address of the provider's own QR picture service |
//! | `jws`, `claims` | a detached signature and what its header claims |
//! | `key_set`, `key_cache` | the provider's public keys, and keeping them |
//! | `callback`, `explain` | check a callback; tell check by check why it was accepted or refused |
//! | `wire` | what a payment looks like in their JSON |
//! | `api`, `details`, `list` | asking for payments |
//!
//! What is easily got wrong, and is right here: the payload is base64url-encoded in the signing input although a
//! guide cites RFC 7797; the signed `path` is our whole public URL; a retry after 24 hours carries the same `iat`;
//! the key set mixes RSA and EC keys and changes without notice; the old API host answers 401 to good keys.

mod api;
mod callback;
mod claims;
mod details;
mod endpoints;
mod explain;
mod image;
mod jws;
pub(in crate::providers) mod key_cache;
mod key_set;
mod list;
mod payload;
mod scan;
mod wire;

#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod callback_tests;
#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod key_cache_tests;
#[cfg(test)]
mod payload_tests;
#[cfg(test)]
mod test_signer;
#[cfg(test)]
mod vector_tests;

pub use endpoints::{Endpoints, Overrides, is_old_pay_host};
pub use explain::{CheckLine, Evidence, explain};
pub use image::{ImageFormat, ImageSize, image_url};
pub use list::KeyError;
pub use payload::{TEXT_CHARS_MAX, parse_profile_id, top_up_payload};
pub use scan::{ScanError, ScannedTopUp, scan};

use super::facts::Facts;
use super::{
    ApiKey, CallError, CallbackError, CallbackRequest, Capabilities, CodeError, Connections, Created,
    ListPage, NewPayment, NewRefund, OrderId, PageToken, PaymentId, PaymentReport, ProfileId, Provider,
    ProviderName, Refund, RefundName, Refunds, TopUpCode, Verified, Window,
};
use crate::clock::Timestamp;
use key_cache::KeyCache;
use std::sync::Arc;

/// What is so of all profiles of theirs.
pub(super) const FACTS: Facts = Facts {
    word: "bancontact",
    title: "Bancontact",
    names_its_type: true,
    notifies_unsigned: false,
    refunds: Refunds::None,
    account: None,
};

/// What an event says about its Bancontact profile.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The product profile id (PPID).
    pub profile: ProfileId,
    /// Where the provider is.
    pub endpoints: Endpoints,
    /// Our callback URL, exactly as it was given to Bancontact for this profile.
    pub callback_url: String,
    /// Without a key callbacks work; details and list don't.
    pub api_key: Option<ApiKey>,
}

/// The adapter for one profile. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bancontact {
    settings: Arc<Settings>,
    connections: Connections,
    keys: Arc<KeyCache>,
}

impl Bancontact {
    /// Sets up the adapter; nothing is fetched before it is needed. Profiles with the same key-set address share
    /// their keys.
    #[must_use]
    pub fn new(settings: Settings, connections: &Connections) -> Bancontact {
        let keys = connections.key_caches.at(&settings.endpoints.key_set);
        Bancontact { settings: Arc::new(settings), connections: connections.clone(), keys }
    }

    /// Where this adapter's provider is.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.settings.endpoints
    }

    /// Asks with the API key for the payments of a window: how many there are.
    ///
    /// # Errors
    /// [`KeyError`], which tells a key that is refused from one that nobody can judge now.
    pub async fn try_key(&self, window: Window, now: Timestamp) -> Result<u64, KeyError> {
        list::try_key(&self.settings, &self.connections.http, window, now).await
    }
}

impl Provider for Bancontact {
    fn name(&self) -> ProviderName {
        ProviderName::Bancontact
    }

    fn profile(&self) -> &ProfileId {
        &self.settings.profile
    }

    fn capabilities(&self) -> Capabilities {
        let with_key = self.settings.api_key.is_some();
        Capabilities {
            creates: false,
            cancels: false,
            details: with_key,
            list: with_key,
            refunds: FACTS.refunds,
        }
    }

    fn top_up_code(&self, code: &TopUpCode<'_>) -> Result<String, CodeError> {
        let pay_url = code.pay_url.unwrap_or(&self.settings.endpoints.pay);
        top_up_payload(pay_url, &self.settings.profile, code)
    }

    async fn verify_callback(
        &self,
        callback: &CallbackRequest<'_>,
        now: Timestamp,
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        callback::verify(&self.settings, &self.keys, callback, now).await
    }

    async fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        details::fetch(&self.settings, &self.connections.http, payment, now).await
    }

    async fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<ListPage, CallError> {
        list::fetch(&self.settings, &self.connections.http, window, page, now).await
    }

    async fn create(&self, _: &NewPayment<'_>, _: Timestamp) -> Result<Created, CallError> {
        Err(CallError::Refused { why: "Bancontact's printed codes are paid without an order".to_owned() })
    }

    async fn find_order(
        &self,
        _: &OrderId,
        _: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        Ok(None)
    }

    async fn cancel(&self, _: &PaymentId, _: Timestamp) -> Result<(), CallError> {
        Err(CallError::Refused {
            why: "a payment of a printed code is cancelled by its payer only".to_owned(),
        })
    }
    /// Their refunds have to be agreed with them first, and signed with a key of ours that they fetch.
    async fn refund(&self, _: &NewRefund<'_>, _: Timestamp) -> Result<Refund, CallError> {
        Err(CallError::Refused { why: "Bancontact's payments are refunded in its own pages".to_owned() })
    }

    async fn find_refund(
        &self,
        _: &PaymentId,
        _: &RefundName,
        _: Timestamp,
    ) -> Result<Option<Refund>, CallError> {
        Ok(None)
    }
}
