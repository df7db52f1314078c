//! The provider's own paths: key set, details, cancellation, and who may ask.

use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::callback::CallbackMode;
use crate::sandbox::bancontact::details::Details;
use crate::sandbox::bancontact::payment::Payment;
use crate::sandbox::bancontact::profile::Profile;
use crate::sandbox::bancontact::rates::Endpoint;
use crate::sandbox::bancontact::refusal::Refusal;
use crate::sandbox::bancontact::state::Record;
use crate::sandbox::bancontact::status::Status;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

type Shared = State<Arc<Bancontact>>;

pub(super) async fn key_set(State(bancontact): Shared) -> Result<Json<Value>, Refusal> {
    bancontact.trip(Endpoint::KeySet)?;
    if bancontact.faults().key_set_unreachable {
        return Err(Refusal::Empty(StatusCode::SERVICE_UNAVAILABLE));
    }
    Ok(Json(bancontact.state().keys.published(bancontact.clock.now())))
}

pub(super) async fn details(
    State(bancontact): Shared,
    headers: HeaderMap,
    Path(payment_id): Path<String>,
) -> Result<Response, Refusal> {
    bancontact.trip(Endpoint::Details)?;
    let profile = bancontact.authorised(&headers)?;
    let payment = bancontact.own_payment(&profile, &payment_id)?;
    let as_zero = bancontact.faults().open_amounts_as_zero;
    Ok(Json(Details::of(&payment, &profile, &bancontact.base_url, as_zero)).into_response())
}

pub(super) async fn cancel(
    State(bancontact): Shared,
    headers: HeaderMap,
    Path(payment_id): Path<String>,
) -> Result<StatusCode, Refusal> {
    bancontact.trip(Endpoint::Cancel)?;
    let profile = bancontact.authorised(&headers)?;
    let payment = bancontact.own_payment(&profile, &payment_id)?;
    bancontact.cancel_open(&payment.payment_id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Any other path: the edge wants credentials before it says that there is nothing.
pub(super) async fn unknown_path(
    State(bancontact): Shared,
    headers: HeaderMap,
) -> Result<StatusCode, Refusal> {
    bancontact.authorised(&headers)?;
    Ok(StatusCode::NOT_FOUND)
}

impl Bancontact {
    /// The profile whose key the request carries.
    pub(super) fn authorised(&self, headers: &HeaderMap) -> Result<Profile, Refusal> {
        let credentials = headers.get(header::AUTHORIZATION).ok_or(Refusal::Empty(StatusCode::FORBIDDEN))?;
        let mut state = self.state();
        let key = credentials.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let profile = key.and_then(|key| state.profile_of_key(key.trim())).cloned();
        profile.ok_or_else(|| {
            let message = "Full authentication is required to access this resource";
            Refusal::error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message, &mut state.random)
        })
    }

    /// A payment the profile may see: its own, and old enough for the lag that is set.
    fn own_payment(&self, profile: &Profile, payment_id: &str) -> Result<Payment, Refusal> {
        let mut state = self.state();
        let lag = Duration::from_millis(state.faults.details_lag_ms);
        let now = self.clock.now();
        let own = state.payment(payment_id).filter(|payment| {
            payment.profile_id == profile.profile_id && payment.created_at.after(lag) <= now
        });
        own.cloned().ok_or_else(|| {
            Refusal::error(StatusCode::NOT_FOUND, "PAYMENT_NOT_FOUND", "Payment not found", &mut state.random)
        })
    }

    fn cancel_open(&self, payment_id: &str) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut state = self.state();
        let open = state.payment(payment_id).filter(|payment| payment.status.is_open()).cloned();
        let mut payment = open.ok_or_else(|| {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Refusal::error(status, "PAYMENT_NOT_PENDING", "Payment is not pending", &mut state.random)
        })?;
        payment.status = Status::Cancelled;
        let kept = state.record(Record::Payment(payment.clone())).and_then(|()| {
            self.make_callback(&mut state, &payment, CallbackMode::Delay(Duration::ZERO), now)
        });
        kept.map(drop).map_err(|error| {
            tracing::error!(%error, "a cancellation could not be kept");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            Refusal::error(status, "TECHNICAL_ERROR", "A technical error occurred", &mut state.random)
        })
    }
}
