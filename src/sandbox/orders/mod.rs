//! MultiSafepay and WooshPay: one payment for each order, made when it is asked for, paid on a page of ours.
//!
//! | path | what |
//! |---|---|
//! | `/multisafepay/v1/json/…` | orders and transactions; configure `{base}/multisafepay/v1/json`, site `1001001`, key `multisafepay-sandbox-key` |
//! | `/wooshpay/v1/…` | payment intents and webhooks; configure `{base}/wooshpay`, account `acct_sandbox`, key `sk_test_sandbox` |
//! | `GET /pay/{order}` | the page a payer is sent to: pay, decline, cancel; then back to the shop |
//! | `POST /sandbox/orders/{order}` | the same for programs; see [`Finish`]. Answers what was sent |
//! | `POST /sandbox/orders/{order}/refunds` | somebody refunds `amount_cents` in the provider's own pages. Answers what was sent |
//! | `POST /sandbox/orders` | what goes wrong; see [`OrderFaults`] |
//!
//! Nothing of it is kept over a restart. WooshPay sends its events to the webhook that was made last; before one is made
//! it sends none. A refund is done at once unless told to stay reserved; one that was
//! asked for over the API is notified to nobody.

mod multisafepay;
mod pages;
mod wooshpay;

use crate::clock::{Clock, Timestamp};
use axum::Router;
use axum::middleware::from_fn_with_state;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync;

/// The site there is at MultiSafepay, and its key.
pub const MULTISAFEPAY_SITE: &str = "1001001";
/// Opens the site, and signs its notifications.
pub const MULTISAFEPAY_KEY: &str = "multisafepay-sandbox-key";
/// The account there is at WooshPay.
pub const WOOSHPAY_ACCOUNT: &str = "acct_sandbox";
/// Opens the account.
pub const WOOSHPAY_KEY: &str = "sk_test_sandbox";

/// Most payments kept; the oldest go first.
const PAYMENTS_MAX: usize = 10_000;
const DELIVERY_TIME_MAX: Duration = Duration::from_secs(10);

/// Whose payment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// A word in no description.
    Unheard,
}

/// What becomes of the notification of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notify {
    /// Sent.
    #[default]
    Deliver,
    /// Lost.
    Drop,
    /// Sent twice.
    Twice,
    /// Sent with a signature that does not hold.
    BadSignature,
    /// Sent as a GET without a signature, as MultiSafepay does unless told otherwise.
    Unsigned,
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
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderFaults {
    /// Payments are made, and the answer gets lost on its way: 504.
    pub answers_lost: bool,
    /// Nothing answers but 503.
    pub unavailable: bool,
    /// Nothing answers at all, for as long as this stands.
    pub silent: bool,
    /// MultiSafepay takes no key any more: 401.
    pub multisafepay_key_ended: bool,
    /// Rows of a page, where not as many as asked for.
    pub page_rows: Option<usize>,
    /// Refunds are taken on, and stay where they are.
    pub refunds_stay_reserved: bool,
    /// WooshPay's search knows no payment yet.
    pub search_lags: bool,
}

/// A message as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Where to.
    pub url: String,
    /// What it is signed with, where it is.
    pub headers: Vec<(String, String)>,
    /// The body, to the byte.
    pub body: String,
}

#[derive(Clone, Debug)]
struct Payment {
    house: House,
    number: u64,
    order: String,
    amount: i64,
    currency: String,
    notify_url: String,
    is_signed: bool,
    return_url: String,
    /// What WooshPay was sent for it; MultiSafepay takes a name once, whatever comes with it.
    asked: Arc<Value>,
    outcome: Outcome,
    created: Timestamp,
    expires: Option<Timestamp>,
    refunds: Vec<Refunded>,
}

/// Money that went back, or is about to.
#[derive(Clone, Debug)]
struct Refunded {
    /// The asker's name for it.
    name: String,
    number: u64,
    amount: i64,
    is_done: bool,
    at: Timestamp,
}

/// Why nothing is refunded.
enum NoRefund {
    /// There is no such payment.
    Unknown,
    /// It was not paid, or not that much is left of it; or it was refunded, and only one refund is possible.
    Impossible,
}

impl Payment {
    /// What has gone back.
    fn refunded(&self) -> i64 {
        self.refunds.iter().filter(|refund| refund.is_done).map(|refund| refund.amount).sum()
    }
}

#[derive(Default)]
struct State {
    next: u64,
    payments: Vec<Payment>,
    /// Where events go, and what they are signed with.
    webhook: Option<(String, String)>,
    faults: OrderFaults,
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
    pub(in crate::sandbox) fn new(clock: Clock, base_url: &str) -> Result<Orders, reqwest::Error> {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(DELIVERY_TIME_MAX);
        let client = client.redirect(reqwest::redirect::Policy::none()).build()?;
        let (base_url, state) = (base_url.to_owned(), Mutex::default());
        let faults_changed = sync::Notify::new();
        Ok(Orders(Arc::new(Inner { clock, base_url, client, state, faults_changed })))
    }

    pub(in crate::sandbox) fn router(&self) -> Router {
        let all = Router::new()
            .nest("/multisafepay/v1/json", multisafepay::routes())
            .nest("/wooshpay/v1", wooshpay::routes())
            .route_layer(from_fn_with_state(self.clone(), pages::keeps_silent))
            .merge(pages::routes());
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

    /// Changes what goes wrong.
    pub fn change_faults(&self, faults: OrderFaults) {
        self.state().faults = faults;
        self.0.faults_changed.notify_waiters();
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
        state.next += 1;
        let secret = format!("whsec_{:016x}", state.next.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        state.webhook = Some((url.to_owned(), secret.clone()));
        secret
    }

    /// Changes a payment; answers the notification of it, which nobody has sent yet. `None`: there is no such payment,
    /// or nowhere to send one.
    #[must_use]
    pub fn finish(&self, order: &str, finish: &Finish) -> Option<Notice> {
        let now = self.0.clock.now();
        let mut state = self.state();
        let webhook = state.webhook.clone();
        let payment = state.payments.iter_mut().rev().find(|payment| payment.order == order)?;
        payment.outcome = finish.outcome;
        payment.amount = finish.amount_cents.unwrap_or(payment.amount);
        let is_genuine = finish.notify != Notify::BadSignature;
        match payment.house {
            House::MultiSafepay => {
                let signed = payment.is_signed && finish.notify != Notify::Unsigned;
                Some(multisafepay::notice(payment, now, signed, is_genuine))
            }
            House::WooshPay => {
                let (url, secret) = webhook?;
                let secret = if is_genuine { secret } else { "another secret".to_owned() };
                Some(wooshpay::notice(payment, now, &url, &secret))
            }
        }
    }

    /// Somebody refunds a paid payment in the provider's own pages; answers the notification of it. `None`: there is no
    /// such payment, it can't be refunded, or there is nowhere to send one.
    #[must_use]
    pub fn refund_by_hand(&self, order: &str, cents: i64) -> Option<Notice> {
        let house = self.state().payments.iter().rev().find(|payment| payment.order == order)?.house;
        let name = format!("by hand {cents}");
        let (payment, refund) =
            self.refund(house, |payment| payment.order == order, &name, Some(cents)).ok()?;
        self.refund_notice(&payment, &refund)
    }

    /// The notification of the last refund of a payment.
    fn refund_notice(&self, payment: &Payment, refund: &Refunded) -> Option<Notice> {
        let now = self.0.clock.now();
        match payment.house {
            House::MultiSafepay => Some(multisafepay::notice(payment, now, payment.is_signed, true)),
            House::WooshPay => {
                let (url, secret) = self.state().webhook.clone()?;
                Some(wooshpay::refund_notice(payment, refund, now, &url, &secret))
            }
        }
    }

    /// Refunds a payment; no amount means what is left of it. The same name again is the same refund.
    fn refund(
        &self,
        house: House,
        is_meant: impl Fn(&Payment) -> bool,
        name: &str,
        cents: Option<i64>,
    ) -> Result<(Payment, Refunded), NoRefund> {
        let mut state = self.state();
        state.next += 1;
        let (number, is_done) = (state.next, !state.faults.refunds_stay_reserved);
        let payment = state.payments.iter_mut().rev().find(|known| known.house == house && is_meant(known));
        let payment = payment.ok_or(NoRefund::Unknown)?;
        if let Some(known) = payment.refunds.iter().find(|refund| refund.name == name) {
            return Ok((payment.clone(), known.clone()));
        }
        let left = payment.amount - payment.refunds.iter().map(|refund| refund.amount).sum::<i64>();
        let amount = cents.unwrap_or(left);
        let is_once = house == House::WooshPay && !payment.refunds.is_empty();
        if payment.outcome != Outcome::Paid || is_once || !(1..=left).contains(&amount) {
            return Err(NoRefund::Impossible);
        }
        let at = self.0.clock.now();
        let refund = Refunded { name: name.to_owned(), number, amount, is_done, at };
        payment.refunds.push(refund.clone());
        Ok((payment.clone(), refund))
    }

    /// Changes a payment and sends what is to be sent; answers how each delivery was answered.
    async fn finish_and_send(&self, order: &str, finish: &Finish) -> Option<Vec<String>> {
        let notice = self.finish(order, finish);
        if !self.state().payments.iter().any(|payment| payment.order == order) {
            return None;
        }
        let times = match (&notice, finish.notify) {
            (None, _) | (_, Notify::Drop) => 0,
            (_, Notify::Twice) => 2,
            _ => 1,
        };
        let mut answers = Vec::new();
        for notice in notice.iter().cycle().take(times) {
            answers.push(self.send(notice).await);
        }
        Some(answers)
    }

    async fn send(&self, notice: &Notice) -> String {
        let mut call = match notice.method {
            "GET" => self.0.client.get(&notice.url),
            _ => self.0.client.post(&notice.url).body(notice.body.clone()),
        };
        for (name, value) in &notice.headers {
            call = call.header(name, value);
        }
        match call.send().await {
            Ok(answer) => answer.status().as_u16().to_string(),
            Err(error) => error.to_string(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a new payment; the one of the same house and order, if there is one, stays instead.
    fn make(&self, mut payment: Payment) -> Result<Payment, Box<Payment>> {
        let mut state = self.state();
        let is_same = |known: &&Payment| known.house == payment.house && known.order == payment.order;
        if let Some(known) = state.payments.iter().find(is_same) {
            return Err(Box::new(known.clone()));
        }
        state.next += 1;
        payment.number = state.next;
        if state.payments.len() >= PAYMENTS_MAX {
            state.payments.remove(0);
        }
        state.payments.push(payment.clone());
        Ok(payment)
    }

    /// A house's payments as they are now, the newest first.
    fn of(&self, house: House) -> Vec<Payment> {
        let now = self.0.clock.now();
        let mut state = self.state();
        for payment in &mut state.payments {
            if payment.outcome == Outcome::Open && payment.expires.is_some_and(|at| at <= now) {
                payment.outcome = Outcome::Expired;
            }
        }
        state.payments.iter().filter(|payment| payment.house == house).rev().cloned().collect()
    }

    fn page_url(&self, order: &str) -> String {
        format!("{}/pay/{order}", self.0.base_url)
    }
}
