//! What goes wrong at MultiSafepay and WooshPay, for as long as it is set.

use super::Orders;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::pin::pin;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OrderFaults {
    /// Payments and refunds are made, and the answer gets lost on its way: 504.
    pub answers_lost: bool,
    /// Payments and refunds are made, and the answer doesn't come for as long as this stands.
    pub answers_hang: bool,
    /// Nothing answers but 503.
    pub unavailable: bool,
    /// Nothing answers at all and nothing is made, for as long as this stands.
    pub silent: bool,
    /// MultiSafepay takes no key any more: 401.
    pub multisafepay_key_ended: bool,
    /// Rows of a page, where not as many as asked for.
    pub page_rows: Option<usize>,
    /// Refunds are taken on, and stay reserved until one is finished.
    pub refunds_stay_reserved: bool,
    /// WooshPay's search knows no payment yet.
    pub search_lags: bool,
}

impl OrderFaults {
    /// What can't be set.
    pub(super) fn mistake(&self) -> Option<&'static str> {
        (self.page_rows == Some(0)).then_some("page_rows is at least 1: a page without rows never ends")
    }
}

impl Orders {
    /// Changes what goes wrong.
    pub fn change_faults(&self, faults: OrderFaults) {
        self.state().faults = faults;
        self.0.faults_changed.notify_waiters();
    }

    /// What is answered in place of what was just made, once it is answered at all.
    pub(super) async fn lost_answer(&self) -> Option<Response> {
        self.wait_while(|faults| faults.answers_hang).await;
        let is_lost = self.state().faults.answers_lost;
        is_lost.then(|| StatusCode::GATEWAY_TIMEOUT.into_response())
    }

    async fn wait_while(&self, stands: fn(&OrderFaults) -> bool) {
        loop {
            let mut changed = pin!(self.0.faults_changed.notified());
            changed.as_mut().enable();
            if !stands(&self.state().faults) {
                return;
            }
            changed.await;
        }
    }
}

/// Holds a request for as long as the providers say nothing.
pub(super) async fn keeps_silent(State(orders): State<Orders>, request: Request, next: Next) -> Response {
    orders.wait_while(|faults| faults.silent).await;
    next.run(request).await
}
