//! The closed list of adapters: each call goes to the one that is meant.

use super::bancontact::Bancontact;
use super::{
    CallError, CallbackError, CallbackRequest, Capabilities, CodeError, ListPage, PageToken, PaymentId,
    PaymentReport, ProfileId, Provider, ProviderName, TopUpCode, Verified, Window,
};
use crate::clock::Timestamp;

/// One of the providers, set up for one profile. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Adapter {
    /// Bancontact Pro's Top-Up product.
    Bancontact(Bancontact),
}

impl Provider for Adapter {
    fn name(&self) -> ProviderName {
        match self {
            Adapter::Bancontact(adapter) => adapter.name(),
        }
    }

    fn profile(&self) -> &ProfileId {
        match self {
            Adapter::Bancontact(adapter) => adapter.profile(),
        }
    }

    fn capabilities(&self) -> Capabilities {
        match self {
            Adapter::Bancontact(adapter) => adapter.capabilities(),
        }
    }

    fn top_up_code(&self, code: &TopUpCode<'_>) -> Result<String, CodeError> {
        match self {
            Adapter::Bancontact(adapter) => adapter.top_up_code(code),
        }
    }

    async fn verify_callback(
        &self,
        callback: &CallbackRequest<'_>,
        now: Timestamp,
    ) -> Result<Verified<PaymentReport>, CallbackError> {
        match self {
            Adapter::Bancontact(adapter) => adapter.verify_callback(callback, now).await,
        }
    }

    async fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        match self {
            Adapter::Bancontact(adapter) => adapter.details(payment, now).await,
        }
    }

    async fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<ListPage, CallError> {
        match self {
            Adapter::Bancontact(adapter) => adapter.list(window, page, now).await,
        }
    }
}
