//! MultiSafepay's orders, paid with Bancontact (`MISTERCASH`): one order for each top-up, made when somebody wants to
//! pay. Facts: MultiSafepay's API description, its webhook guide and its PHP client.
//!
//! | file | does |
//! |---|---|
//! | `callback` | checks a notification: HMAC-SHA512 over the raw bytes, with its time |
//! | `wire` | what an order and a row of the list look like in their JSON; what a state means |
//! | `api` | the key, the bounds, what each kind of refusal means; one order, and an end |
//! | `create` | makes an order |
//! | `list` | lists payments, and refunds, by cursor |
//! | `refund` | sends money back, and tells where it is |
//!
//! What is easily got wrong, and is right here: `transactionid` in the address of a notification is *our* order's id;
//! notifications are unsigned GETs unless POST is asked for, and those prove nothing; the answer must say `OK`; an
//! order is money only when its status *and* its financial status say completed; amounts are cents, but costs are
//! euros; times have no zone, so windows are asked for in seconds since 1970; a refund of 0, or of no amount, refunds all.

mod api;
mod callback;
mod create;
mod list;
mod refund;
mod wire;

#[cfg(test)]
mod api_tests;
#[cfg(test)]
mod callback_tests;
#[cfg(test)]
mod example_tests;
#[cfg(test)]
mod refund_tests;

use super::account::AccountRules;
use super::facts::Facts;
use super::{
    Account, CallError, CallbackError, CallbackRequest, Capabilities, CodeError, Connections, Created,
    Environment, ListPage, NewPayment, NewRefund, OrderId, PageToken, PaymentId, PaymentReport, ProfileId,
    Provider, ProviderName, Refund, RefundName, RefundPage, Refunds, TopUpCode, Verified, Window,
};
use crate::clock::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What is so of all sites of theirs.
pub(super) const FACTS: Facts = Facts {
    word: "multisafepay",
    title: "MultiSafepay",
    names_its_type: false,
    notifies_unsigned: true,
    refunds: Refunds::Several,
    account: Some(ACCOUNT_RULES),
};

/// What is particular to a site of theirs. A notification that is sent again is signed again, so ten minutes are enough,
/// as their own client has it.
const ACCOUNT_RULES: AccountRules = AccountRules {
    profile_id_is: "the site id",
    profile_id: |id| {
        let fits = (1..=12).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
        fits.then_some(()).ok_or_else(|| "MultiSafepay's id of the site is needed: digits only".to_owned())
    },
    api_key_is: "the site's API key",
    api_key: |_, _| Ok(()),
    api: |environment| match environment {
        Environment::Production => "https://api.multisafepay.com/v1/json",
        Environment::Preprod => "https://testapi.multisafepay.com/v1/json",
    },
    webhook_events: None,
    webhook_secret: |_| Ok(()),
    callback_url: create::check_callback_url,
    signature_window: Duration::from_secs(600),
    list_names_it: true,
};

/// The adapter for one site. Cheap to clone.
#[derive(Clone, Debug)]
pub struct MultiSafepay {
    site: Arc<Site>,
    connections: Connections,
}

/// The account, and where we are reached.
#[derive(Debug)]
struct Site {
    account: Account,
    callback_url: String,
}

impl MultiSafepay {
    /// Sets up the adapter; nothing is fetched before it is needed.
    #[must_use]
    pub fn new(account: Account, callback_url: String, connections: &Connections) -> MultiSafepay {
        MultiSafepay { site: Arc::new(Site { account, callback_url }), connections: connections.clone() }
    }
}

impl Provider for MultiSafepay {
    fn name(&self) -> ProviderName {
        ProviderName::MultiSafepay
    }

    fn profile(&self) -> &ProfileId {
        &self.site.account.profile
    }

    fn profile_there(&self) -> &ProfileId {
        self.site.account.id_there()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            creates: !self.site.account.is_paused,
            cancels: true,
            details: true,
            list: true,
            refunds: FACTS.refunds,
        }
    }

    fn top_up_code(&self, _: &TopUpCode<'_>) -> Result<String, CodeError> {
        Err(CodeError::NoPrintedCode(FACTS.title))
    }

    async fn verify_callback(
        &self,
        callback: &CallbackRequest<'_>,
        now: Timestamp,
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        callback::verify(&self.site.account, callback, now)
    }

    async fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        api::payment(&self.site.account, &self.connections.http, payment, now).await
    }

    async fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<ListPage, CallError> {
        list::fetch(&self.site.account, &self.connections.http, window, page, now).await
    }

    async fn refunded(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<RefundPage, CallError> {
        list::refunds(&self.site.account, &self.connections.http, window, page, now).await
    }

    async fn profiles_named(&self, now: Timestamp) -> Result<Vec<ProfileId>, CallError> {
        list::sites(&self.site.account, &self.connections.http, now).await
    }

    async fn profile_of(
        &self,
        payments: &[PaymentId],
        window: Window,
        now: Timestamp,
    ) -> Result<Option<ProfileId>, CallError> {
        list::site_of(&self.site.account, &self.connections.http, (payments, window), now).await
    }

    async fn create(&self, new: &NewPayment<'_>, now: Timestamp) -> Result<Created, CallError> {
        create::order(&self.site, &self.connections.http, new, now).await
    }

    /// An order's id is its payment's id, too.
    async fn find_order(
        &self,
        order: &OrderId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        self.details(&PaymentId(order.to_string()), now).await
    }

    /// An order ends by itself when the time it was made for is over, but for one that was begun to be paid just before.
    async fn cancel(&self, payment: &PaymentId, now: Timestamp) -> Result<(), CallError> {
        api::cancel(&self.site.account, &self.connections.http, payment, now).await
    }

    async fn refund(&self, new: &NewRefund<'_>, now: Timestamp) -> Result<Refund, CallError> {
        refund::make(&self.site.account, &self.connections.http, new, now).await
    }

    async fn find_refund(
        &self,
        payment: &PaymentId,
        refund: &RefundName,
        now: Timestamp,
    ) -> Result<Option<Refund>, CallError> {
        refund::find(&self.site.account, &self.connections.http, payment, refund, now).await
    }

    /// The order that an unsigned notification names.
    fn hint(&self, query: &str) -> Option<PaymentId> {
        let named =
            url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "transactionid")?;
        PaymentId::parse(&named.1)
    }

    fn thanks(&self) -> &'static str {
        "OK"
    }
}
