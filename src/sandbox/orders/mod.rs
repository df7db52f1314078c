//! MultiSafepay and WooshPay: one payment for each order, made when it is asked for, paid on a page of ours.
//!
//! | path | what |
//! |---|---|
//! | `/multisafepay/v1/json/…` | orders and transactions; configure `{base}/multisafepay/v1/json`, site `1001001`, key `multisafepay-sandbox-key` |
//! | `/wooshpay/v1/…` | payment intents and webhooks; configure `{base}/wooshpay`, account `acct_sandbox`, key `sk_test_sandbox` |
//! | `GET /pay/{order}` | the page a payer is sent to: pay, decline, cancel; then back to the shop |
//! | `POST /sandbox/orders/{order}` | the same for programs; see [`Finish`]. Answers what was sent |
//! | `GET /sandbox/orders/{order}` | where it stands: outcome, amount, what came in, currency, refunds |
//! | `POST /sandbox/orders/{order}/refunds` | somebody refunds `amount_cents` in the provider's own pages; `notify` as in [`Finish`]. Answers what was sent |
//! | `POST /sandbox/orders/{order}/refunds/finish` | a reserved refund is completed or refused; see [`FinishRefund`]. Answers what was sent |
//! | `POST /sandbox/notices/release` | sends the notifications that were held, as they were signed: `{"order": "oldest-first"}` or `"newest-first"`. Answers what was sent |
//! | `POST /sandbox/orders` | what goes wrong, all of it: what is left out is as it should be; see [`OrderFaults`] |
//! | `POST /sandbox/multisafepay/key` | somebody renews MultiSafepay's key: from now on only the new one, which it answers, opens and signs |
//!
//! "What was sent" is `{"callbacks": [...]}`, the status or the error that each delivery met, in their order.
//!
//! With a data folder, payments with their refunds, the webhook and the renewed key are kept over a restart; faults and
//! notifications that are held are not. WooshPay sends its events to the webhook that was made last; before one is made
//! it sends none. A refund is done at once unless told to stay reserved; one that was asked for over the API is notified to
//! nobody until it is finished.
//!
//! A payment at MultiSafepay can be charged back once it is paid. Its order has a word for that and tells no amount; their
//! pages don't say that the list tells of it, so here it doesn't. WooshPay's pages say that there are no chargebacks of
//! Bancontact payments, and nothing about what an event of a dispute holds: here it has none.

mod control;
mod faults;
mod kept;
mod multisafepay;
mod notices;
mod pages;
mod refunds;
mod wooshpay;

use crate::clock::{Clock, Timestamp};
use crate::sandbox::journal::Journal;
use crate::sandbox::{Options, SandboxError};
use axum::Router;
use axum::middleware::from_fn_with_state;
pub use faults::OrderFaults;
use kept::{Record, Webhook};
pub use notices::{Notice, Notify};
pub use refunds::{FinishRefund, RefundOutcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync;

/// The site there is at MultiSafepay, and its key.
pub const MULTISAFEPAY_SITE: &str = "1001001";
/// Opens the site, and signs its notifications, until it is renewed.
pub const MULTISAFEPAY_KEY: &str = "multisafepay-sandbox-key";
/// The account there is at WooshPay.
pub const WOOSHPAY_ACCOUNT: &str = "acct_sandbox";
/// Opens the account.
pub const WOOSHPAY_KEY: &str = "sk_test_sandbox";

/// Most payments kept; the oldest go first.
const PAYMENTS_MAX: usize = 10_000;
const DELIVERY_TIME_MAX: Duration = Duration::from_secs(10);

/// Whose payment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum House {
    MultiSafepay,
    WooshPay,
}

/// Where a payment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// To be paid.
    Open,
    /// The bank looks at it.
    Processing,
    /// Paid.
    Paid,
    /// The bank refused.
    Declined,
    /// The payer went away.
    Cancelled,
    /// Nobody paid in time.
    Expired,
    /// The payer's bank took back what was paid; at MultiSafepay only.
    ChargedBack,
    /// A word in no description.
    Unheard,
}

/// What happens to a payment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// Where it is from now on.
    pub outcome: Outcome,
    /// What becomes of the notification.
    #[serde(default)]
    pub notify: Notify,
    /// What is reported as paid, where not what was ordered.
    pub amount_cents: Option<i64>,
    /// In which currency, where not in that of the order; three capitals.
    pub currency: Option<String>,
    /// What is reported to have come in, 0 or more, where not what is reported as paid; at WooshPay only.
    pub received_cents: Option<i64>,
}

impl Finish {
    /// What is reported is what was ordered.
    #[must_use]
    pub fn as_ordered(outcome: Outcome, notify: Notify) -> Finish {
        Finish { outcome, notify, amount_cents: None, currency: None, received_cents: None }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Payment {
    house: House,
    number: u64,
    order: String,
    amount: i64,
    /// What came in, where that is not the amount.
    #[serde(default)]
    received: Option<i64>,
    currency: String,
    /// What the payer is shown.
    description: String,
    notify_url: String,
    is_signed: bool,
    return_url: String,
    /// What WooshPay was sent for it; MultiSafepay takes a name once, whatever comes with it.
    #[serde(serialize_with = "kept::whole", deserialize_with = "kept::shared")]
    asked: Arc<Value>,
    outcome: Outcome,
    created: Timestamp,
    expires: Option<Timestamp>,
    refunds: Vec<Refunded>,
}

/// Money that went back, or is about to.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Refunded {
    /// The asker's name for it, if they gave one; what is made in the provider's own pages has none.
    name: Option<String>,
    number: u64,
    amount: i64,
    at: Timestamp,
    state: RefundState,
}

impl Refunded {
    fn done_at(&self) -> Option<Timestamp> {
        match self.state {
            RefundState::Done(at) => Some(at),
            RefundState::Reserved | RefundState::Refused => None,
        }
    }
}

/// Where a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RefundState {
    /// Taken on.
    Reserved,
    /// It went back then.
    Done(Timestamp),
    /// It never will.
    Refused,
}

/// Why a payment stays as it is, or nobody is told of its change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such payment.
    Unknown,
    /// It was not paid, or not that much is left of it; or its provider does nothing of the kind, or not again.
    Impossible,
    /// Less than nothing would have come in.
    BelowZero,
    /// There is no such refund that is reserved.
    NoRefund,
    /// It is done, and WooshPay has no webhook to tell of it.
    NoWebhook,
}

impl Payment {
    /// What has gone back.
    fn refunded(&self) -> i64 {
        let done = self.refunds.iter().filter(|refund| refund.done_at().is_some());
        done.map(|refund| refund.amount).sum()
    }

    /// What can still be sent back.
    fn left(&self) -> i64 {
        let kept = self.refunds.iter().filter(|refund| refund.state != RefundState::Refused);
        self.received.unwrap_or(self.amount) - kept.map(|refund| refund.amount).sum::<i64>()
    }

    fn can_be_charged_back(&self) -> bool {
        self.house == House::MultiSafepay && matches!(self.outcome, Outcome::Paid | Outcome::ChargedBack)
    }
}

#[derive(Default)]
struct State {
    journal: Option<Journal>,
    /// The number that was given last.
    next: u64,
    /// In the order of their numbers.
    payments: Vec<Payment>,
    webhook: Option<Webhook>,
    /// How often MultiSafepay's key was renewed.
    renewals: u32,
    /// Notifications that wait to be released, the oldest first.
    held: VecDeque<Notice>,
    faults: OrderFaults,
}

impl State {
    /// MultiSafepay's key as it is now.
    fn key(&self) -> String {
        match self.renewals {
            0 => MULTISAFEPAY_KEY.to_owned(),
            number => format!("{MULTISAFEPAY_KEY}-{}", number + 1),
        }
    }

    /// The payment of an order as it is now; of two houses that have one of this name, the one that was made last.
    fn of_order(&self, order: &str) -> Option<Payment> {
        self.payments.iter().rev().find(|payment| payment.order == order).cloned()
    }
}

/// The two providers. Clones share one state.
#[derive(Clone)]
pub struct Orders(Arc<Inner>);

struct Inner {
    clock: Clock,
    base_url: String,
    client: reqwest::Client,
    state: Mutex<State>,
    faults_changed: sync::Notify,
}

impl Orders {
    /// Reads what an earlier run left in the data folder, or starts empty.
    pub(in crate::sandbox) fn open(options: &Options, base_url: &str) -> Result<Orders, SandboxError> {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(DELIVERY_TIME_MAX);
        let client = client.redirect(reqwest::redirect::Policy::none()).build()?;
        let state = Mutex::new(State::open(options.data.as_deref())?);
        let (clock, base_url) = (options.clock.clone(), base_url.to_owned());
        let faults_changed = sync::Notify::new();
        Ok(Orders(Arc::new(Inner { clock, base_url, client, state, faults_changed })))
    }

    pub(in crate::sandbox) fn router(&self) -> Router {
        let all = Router::new()
            .nest("/multisafepay/v1/json", multisafepay::routes())
            .nest("/wooshpay/v1", wooshpay::routes())
            .route_layer(from_fn_with_state(self.clone(), faults::keeps_silent))
            .merge(pages::routes())
            .merge(control::routes());
        all.with_state(self.clone())
    }

    /// Where MultiSafepay's API is.
    #[must_use]
    pub fn multisafepay_url(&self) -> String {
        format!("{}/multisafepay/v1/json", self.0.base_url)
    }

    /// Where WooshPay's API is.
    #[must_use]
    pub fn wooshpay_url(&self) -> String {
        format!("{}/wooshpay", self.0.base_url)
    }

    /// The names of the orders of which payments were made, the oldest first.
    #[must_use]
    pub fn made(&self) -> Vec<String> {
        self.state().payments.iter().map(|payment| payment.order.clone()).collect()
    }

    /// Where the payer of an order is sent back to.
    #[must_use]
    pub fn return_url(&self, order: &str) -> Option<String> {
        let state = self.state();
        state.payments.iter().find(|payment| payment.order == order).map(|payment| payment.return_url.clone())
    }

    /// Makes WooshPay's webhook, as its API does; answers the secret.
    pub fn register_webhook(&self, url: &str) -> String {
        let mut state = self.state();
        let number = state.next + 1;
        let secret = format!("whsec_{:016x}", number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        state.keep(Record::Webhook(Webhook { number, url: url.to_owned(), secret: secret.clone() }));
        secret
    }

    /// Renews MultiSafepay's key; answers the new one. Nobody documented whether the old one goes on for a while: here it
    /// ends at once.
    pub fn renew_key(&self) -> String {
        let mut state = self.state();
        let times = state.renewals + 1;
        state.keep(Record::Renewals(times));
        state.key()
    }

    /// Changes a payment; answers the notification of it, which nobody has sent yet.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn finish(&self, order: &str, finish: &Finish) -> Result<Notice, Refusal> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let mut payment = state.of_order(order).ok_or(Refusal::Unknown)?;
        let can_be = match finish.outcome {
            Outcome::ChargedBack => payment.can_be_charged_back(),
            _ => finish.received_cents.is_none() || payment.house == House::WooshPay,
        };
        if !can_be {
            return Err(Refusal::Impossible);
        }
        if finish.received_cents.is_some_and(|cents| cents < 0) {
            return Err(Refusal::BelowZero);
        }
        payment.outcome = finish.outcome;
        payment.amount = finish.amount_cents.unwrap_or(payment.amount);
        payment.received = finish.received_cents.or(payment.received);
        payment.currency = finish.currency.clone().unwrap_or(payment.currency);
        state.keep(Record::Payment(payment.clone()));
        state.notice(&payment, None, finish.notify, now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What nobody paid in time has expired by now.
    fn state_now(&self) -> MutexGuard<'_, State> {
        let now = self.0.clock.now();
        let mut state = self.state();
        for payment in &mut state.payments {
            if payment.outcome == Outcome::Open && payment.expires.is_some_and(|at| at <= now) {
                payment.outcome = Outcome::Expired;
            }
        }
        state
    }

    /// Keeps a new payment; the one of the same house and order, if there is one, stays instead.
    fn make(&self, mut payment: Payment) -> Result<Payment, Box<Payment>> {
        let mut state = self.state();
        let is_same = |known: &&Payment| known.house == payment.house && known.order == payment.order;
        if let Some(known) = state.payments.iter().find(is_same) {
            return Err(Box::new(known.clone()));
        }
        payment.number = state.next + 1;
        state.keep(Record::Payment(payment.clone()));
        Ok(payment)
    }

    /// A house's payments as they are now, the newest first.
    fn of(&self, house: House) -> Vec<Payment> {
        let state = self.state_now();
        state.payments.iter().filter(|payment| payment.house == house).rev().cloned().collect()
    }

    fn page_url(&self, order: &str) -> String {
        format!("{}/pay/{order}", self.0.base_url)
    }
}
