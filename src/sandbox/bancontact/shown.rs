//! Payments and callbacks as the page and `GET /sandbox/payments` show them.

use crate::clock::Timestamp;
use crate::sandbox::bancontact::callback::{Attempt, Callback, CallbackState};
use crate::sandbox::bancontact::deliver::{CONTENT_TYPE, USER_AGENT};
use crate::sandbox::bancontact::payment::{Debtor, Payment};
use crate::sandbox::bancontact::status::Status;
use serde::Serialize;

/// A payment and its callbacks, as shown on the page and in `GET /sandbox/payments`.
#[derive(Clone, Serialize)]
pub(in crate::sandbox) struct PaymentView {
    #[serde(flatten)]
    pub(in crate::sandbox) payment: ShownPayment,
    pub(in crate::sandbox) callbacks: Vec<CallbackView>,
}

/// A payment's facts.
#[derive(Clone, Serialize)]
pub(in crate::sandbox) struct ShownPayment {
    pub(in crate::sandbox) payment_id: String,
    pub(in crate::sandbox) profile_id: String,
    pub(in crate::sandbox) merchant_name: String,
    pub(in crate::sandbox) amount_cents: i64,
    pub(in crate::sandbox) status: Status,
    pub(in crate::sandbox) created_at: Timestamp,
    pub(in crate::sandbox) description: Option<String>,
    pub(in crate::sandbox) reference: Option<String>,
    pub(in crate::sandbox) debtor: Option<Debtor>,
}

/// A callback with everything that was sent.
#[derive(Clone, Serialize)]
pub(in crate::sandbox) struct CallbackView {
    pub(in crate::sandbox) url: String,
    pub(in crate::sandbox) headers: Headers,
    pub(in crate::sandbox) body: String,
    pub(in crate::sandbox) state: CallbackState,
    pub(in crate::sandbox) attempts: Vec<Attempt>,
}

/// The headers that are the provider's own; the HTTP client adds host and length.
#[derive(Clone, Serialize)]
pub(in crate::sandbox) struct Headers {
    pub(in crate::sandbox) signature: String,
    #[serde(rename = "content-type")]
    pub(in crate::sandbox) content_type: &'static str,
    #[serde(rename = "user-agent")]
    pub(in crate::sandbox) user_agent: &'static str,
}

impl From<&Callback> for CallbackView {
    fn from(callback: &Callback) -> CallbackView {
        CallbackView {
            url: callback.url.clone(),
            headers: Headers {
                signature: callback.signature.clone(),
                content_type: CONTENT_TYPE,
                user_agent: USER_AGENT,
            },
            body: callback.body.clone(),
            state: callback.state,
            attempts: callback.attempts.clone(),
        }
    }
}

impl ShownPayment {
    pub(super) fn of(payment: &Payment, merchant_name: String) -> ShownPayment {
        ShownPayment {
            payment_id: payment.payment_id.clone(),
            profile_id: payment.profile_id.clone(),
            merchant_name,
            amount_cents: payment.amount_cents,
            status: payment.status,
            created_at: payment.created_at,
            description: payment.description.clone(),
            reference: payment.reference.clone(),
            debtor: payment.debtor.clone(),
        }
    }
}
