//! Notifications: what becomes of each, how it is signed, and the ones that are held back.

use super::{House, Orders, Payment, Refunded, Refusal, State, Webhook, multisafepay, wooshpay};
use crate::clock::Timestamp;
use crate::sandbox::bancontact::ReleaseOrder;
use serde::{Deserialize, Serialize};

/// Most notifications held back; the oldest get lost first.
const HELD_MAX: usize = 1_000;

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
    /// Kept as it is, until the held ones are released.
    Hold,
    /// Sent with a signature that does not hold.
    BadSignature,
    /// Sent without a signature: by MultiSafepay as the GET it sends unless told otherwise, by WooshPay as the same event.
    Unsigned,
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

impl State {
    /// The notification of a payment, or of a refund of it.
    pub(super) fn notice(
        &self,
        payment: &Payment,
        refund: Option<&Refunded>,
        notify: Notify,
        now: Timestamp,
    ) -> Result<Notice, Refusal> {
        let signed_with = |genuine: String| match notify {
            Notify::Unsigned => None,
            Notify::BadSignature => Some("another key".to_owned()),
            _ => Some(genuine),
        };
        match payment.house {
            House::MultiSafepay => {
                let key = signed_with(self.key()).filter(|_| payment.is_signed);
                Ok(multisafepay::notice(payment, now, key.as_deref()))
            }
            House::WooshPay => {
                let Webhook { url, secret, .. } = self.webhook.clone().ok_or(Refusal::NoWebhook)?;
                let about = wooshpay::about(payment, refund);
                Ok(wooshpay::notice(about, now, url, signed_with(secret).as_deref()))
            }
        }
    }
}

impl Orders {
    /// Sends the notification of a change, where there is one, as often as asked for, or keeps it; answers how each delivery
    /// was answered.
    pub(super) async fn notify(
        &self,
        notice: Result<Notice, Refusal>,
        notify: Notify,
    ) -> Result<Vec<String>, Refusal> {
        let notice = match notice {
            Err(Refusal::NoWebhook) => return Ok(Vec::new()),
            notice => notice?,
        };
        let times = match notify {
            Notify::Drop => 0,
            Notify::Hold => {
                self.hold(notice);
                return Ok(Vec::new());
            }
            Notify::Twice => 2,
            Notify::Deliver | Notify::BadSignature | Notify::Unsigned => 1,
        };
        let mut answers = Vec::new();
        for _ in 0..times {
            answers.push(self.send(&notice).await);
        }
        Ok(answers)
    }

    fn hold(&self, notice: Notice) {
        let mut state = self.state();
        if state.held.len() >= HELD_MAX {
            state.held.pop_front();
        }
        state.held.push_back(notice);
    }

    /// Sends the held ones one after the other; answers how each was answered.
    pub(super) async fn release(&self, order: ReleaseOrder) -> Vec<String> {
        let mut answers = Vec::new();
        loop {
            let next = match order {
                ReleaseOrder::OldestFirst => self.state().held.pop_front(),
                ReleaseOrder::NewestFirst => self.state().held.pop_back(),
            };
            let Some(notice) = next else { return answers };
            answers.push(self.send(&notice).await);
        }
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
}
