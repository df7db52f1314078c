//! The closed list of adapters: each call goes to the one that is meant.

use super::bancontact::Bancontact;
use super::multisafepay::MultiSafepay;
use super::wooshpay::WooshPay;
use super::{
    Account, CallError, CallbackError, CallbackRequest, Capabilities, CodeError, Connections, Created,
    ListPage, NewPayment, NewRefund, OrderId, PageToken, PaymentId, PaymentReport, ProfileId, Provider,
    ProviderName, Refund, RefundName, RefundPage, TopUpCode, Verified, Window,
};
use crate::clock::Timestamp;

/// One of the providers, set up for one profile. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// Bancontact Pro's Top-Up product.
    Bancontact(Bancontact),
    /// MultiSafepay's orders.
    MultiSafepay(MultiSafepay),
    /// WooshPay's payment intents.
    WooshPay(WooshPay),
}

/// The same expression for whichever it is.
macro_rules! each {
    ($this:expr, $adapter:ident => $call:expr) => {
        match $this {
            Adapter::Bancontact($adapter) => $call,
            Adapter::MultiSafepay($adapter) => $call,
            Adapter::WooshPay($adapter) => $call,
        }
    };
}

impl Adapter {
    /// The adapter of an account; `None` where the provider is set up otherwise. `callback_url` is where the provider
    /// reaches us.
    #[must_use]
    pub fn of_account(account: Account, callback_url: String, connections: &Connections) -> Option<Adapter> {
        match account.provider {
            ProviderName::Bancontact => None,
            ProviderName::MultiSafepay => {
                Some(Adapter::MultiSafepay(MultiSafepay::new(account, callback_url, connections)))
            }
            ProviderName::WooshPay => Some(Adapter::WooshPay(WooshPay::new(account, connections))),
        }
    }
}

impl Provider for Adapter {
    fn name(&self) -> ProviderName {
        each!(self, adapter => adapter.name())
    }

    fn profile(&self) -> &ProfileId {
        each!(self, adapter => adapter.profile())
    }

    fn profile_there(&self) -> &ProfileId {
        each!(self, adapter => adapter.profile_there())
    }

    fn capabilities(&self) -> Capabilities {
        each!(self, adapter => adapter.capabilities())
    }

    fn top_up_code(&self, code: &TopUpCode<'_>) -> Result<String, CodeError> {
        each!(self, adapter => adapter.top_up_code(code))
    }

    async fn verify_callback(
        &self,
        callback: &CallbackRequest<'_>,
        now: Timestamp,
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        each!(self, adapter => adapter.verify_callback(callback, now).await)
    }

    async fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        each!(self, adapter => adapter.details(payment, now).await)
    }

    async fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<ListPage, CallError> {
        each!(self, adapter => adapter.list(window, page, now).await)
    }

    async fn refunded(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<RefundPage, CallError> {
        each!(self, adapter => adapter.refunded(window, page, now).await)
    }

    async fn profiles_named(&self, now: Timestamp) -> Result<Vec<ProfileId>, CallError> {
        each!(self, adapter => adapter.profiles_named(now).await)
    }

    async fn profile_of(
        &self,
        payments: &[PaymentId],
        window: Window,
        now: Timestamp,
    ) -> Result<Option<ProfileId>, CallError> {
        each!(self, adapter => adapter.profile_of(payments, window, now).await)
    }

    async fn create(&self, new: &NewPayment<'_>, now: Timestamp) -> Result<Created, CallError> {
        each!(self, adapter => adapter.create(new, now).await)
    }

    async fn find_order(
        &self,
        order: &OrderId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        each!(self, adapter => adapter.find_order(order, now).await)
    }

    async fn cancel(&self, payment: &PaymentId, now: Timestamp) -> Result<(), CallError> {
        each!(self, adapter => adapter.cancel(payment, now).await)
    }

    async fn refund(&self, new: &NewRefund<'_>, now: Timestamp) -> Result<Refund, CallError> {
        each!(self, adapter => adapter.refund(new, now).await)
    }

    async fn find_refund(
        &self,
        payment: &PaymentId,
        refund: &RefundName,
        now: Timestamp,
    ) -> Result<Option<Refund>, CallError> {
        each!(self, adapter => adapter.find_refund(payment, refund, now).await)
    }

    fn hint(&self, query: &str) -> Option<PaymentId> {
        each!(self, adapter => adapter.hint(query))
    }

    fn thanks(&self) -> &'static str {
        each!(self, adapter => adapter.thanks())
    }
}
