//! WooshPay's payment intents, paid with Bancontact: one intent for each top-up, made and confirmed in one call; the
//! payer is sent to a page of theirs. Facts: WooshPay's API pages and its Bancontact page, which are thin; what they
//! leave open is treated as unknown and never as money.
//!
//! | file | does |
//! |---|---|
//! | `callback` | checks an event: HMAC-SHA256 over its time and the raw bytes |
//! | `wire` | what an intent looks like in their JSON; what a state means |
//! | `api` | the key, the bounds, what each kind of refusal means; one intent, one order, an end |
//! | `create` | makes an intent |
//! | `list` | lists intents |
//! | `refund` | sends money back, and tells where it is |
//!
//! What is easily got wrong, and is right here: times are milliseconds; the webhook's secret is used as it is shown,
//! not decoded; several signatures may stand in one header while a secret changes; the unit of the list's own time
//! filter is documented nowhere, so it is not used; an amount is a number everywhere but in a refund, where it is text.

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
    Provider, ProviderName, Refund, RefundName, Refunds, TopUpCode, Verified, Window,
};
use crate::clock::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// What is so of all accounts of theirs.
pub(super) const FACTS: Facts = Facts {
    word: "wooshpay",
    title: "WooshPay",
    names_its_type: true,
    notifies_unsigned: false,
    refunds: Refunds::Once,
    account: Some(ACCOUNT_RULES),
};

/// What is particular to an account of theirs. Their clients allow a signature five minutes; whether an event that is
/// sent again is signed again is not documented, so an event's account may say otherwise.
const ACCOUNT_RULES: AccountRules = AccountRules {
    profile_id_is: "the account id",
    profile_id: |id| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let is_id = (1..=64).contains(&id.len()) && id.bytes().all(fits);
        (is_id && !is_key(id) && !id.starts_with("whsec_")).then_some(()).ok_or_else(|| {
            "WooshPay's id of the account is needed: 1 to 64 letters, digits, dashes and underscores, no key and \
             no secret"
                .to_owned()
        })
    },
    api_key_is: "the secret key",
    api_key: |key, environment| {
        let (kind, begins) = match environment {
            Environment::Production => ("live", "sk_live_"),
            Environment::Preprod => ("test", "sk_test_"),
        };
        key.starts_with(begins).then_some(()).ok_or_else(|| {
            format!("this is not a secret key of the {kind} environment: those begin with {begins}")
        })
    },
    api: |environment| match environment {
        Environment::Production => "https://api.wooshpay.com",
        Environment::Preprod => "https://apitest.wooshpay.com",
    },
    webhook_events: Some("payment_intent.*, charge.refund.updated, charge.dispute.updated"),
    webhook_secret: |secret| match secret {
        key if is_key(key) => {
            Err("this is a key of WooshPay's API: the webhook's secret is shown where the webhook is made"
                .to_owned())
        }
        id if id.starts_with("we_") => {
            Err("this is the webhook's id: its secret is shown beside it, when the webhook is made"
                .to_owned())
        }
        _ => Ok(()),
    },
    callback_url: |url| {
        url.starts_with("https://").then_some(()).ok_or_else(|| "it must begin with https://".to_owned())
    },
    signature_window: Duration::from_secs(300),
    list_names_it: false,
};

/// True for what begins like a key of the API, secret or publishable; neither an account's id nor a webhook's secret does.
fn is_key(text: &str) -> bool {
    ["sk_", "pk_"].iter().any(|begins| text.starts_with(begins))
}

/// The adapter for one account. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WooshPay {
    account: Arc<Account>,
    connections: Connections,
}

impl WooshPay {
    /// Sets up the adapter; nothing is fetched before it is needed.
    #[must_use]
    pub fn new(account: Account, connections: &Connections) -> WooshPay {
        WooshPay { account: Arc::new(account), connections: connections.clone() }
    }
}

impl Provider for WooshPay {
    fn name(&self) -> ProviderName {
        ProviderName::WooshPay
    }

    fn profile(&self) -> &ProfileId {
        &self.account.profile
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            creates: !self.account.is_paused,
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
        callback::verify(&self.account, callback, now)
    }

    async fn details(
        &self,
        payment: &PaymentId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        api::intent(&self.account, &self.connections.http, payment, now).await
    }

    async fn list(
        &self,
        window: Window,
        page: Option<&PageToken>,
        now: Timestamp,
    ) -> Result<ListPage, CallError> {
        list::fetch(&self.account, &self.connections.http, window, page, now).await
    }

    async fn create(&self, new: &NewPayment<'_>, now: Timestamp) -> Result<Created, CallError> {
        create::intent(&self.account, &self.connections.http, new, now).await
    }

    async fn find_order(
        &self,
        order: &OrderId,
        now: Timestamp,
    ) -> Result<Option<Verified<PaymentReport>>, CallError> {
        list::of_order(&self.account, &self.connections.http, order, now).await
    }

    async fn cancel(&self, payment: &PaymentId, now: Timestamp) -> Result<(), CallError> {
        api::cancel(&self.account, &self.connections.http, payment, now).await
    }

    async fn refund(&self, new: &NewRefund<'_>, now: Timestamp) -> Result<Refund, CallError> {
        refund::make(&self.account, &self.connections.http, new, now).await
    }

    async fn find_refund(
        &self,
        payment: &PaymentId,
        refund: &RefundName,
        now: Timestamp,
    ) -> Result<Option<Refund>, CallError> {
        refund::find(&self.account, &self.connections.http, payment, refund, now).await
    }
}
