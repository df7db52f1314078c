//! What goes wrong on request, and whether it goes wrong now.

use crate::sandbox::SandboxError;
use crate::sandbox::bancontact::Bancontact;
use crate::sandbox::bancontact::rates::{Endpoint, Rates, RatesChange};
use crate::sandbox::bancontact::refusal::Refusal;
use crate::sandbox::bancontact::state::Record;
use axum::http::StatusCode;
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Longest lag and wait that can be set: a day.
const LAG_MS_MAX: u64 = 24 * 60 * 60 * 1000;
const RETRY_AFTER_SECONDS_MAX: u32 = 3600;

/// Everything that goes wrong at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// Share of requests answered 500 or 503.
    pub server_errors_percent: Rates,
    /// Share of requests answered 429.
    pub too_many_requests_percent: Rates,
    /// What `Retry-After` says on a 429.
    pub retry_after_seconds: u32,
    /// The key set answers 503.
    pub key_set_unreachable: bool,
    /// How long a new payment is missing from the search.
    pub list_lag_ms: u64,
    /// How long a new payment is missing by its id.
    pub details_lag_ms: u64,
    /// Callbacks are kept back.
    pub hold_callbacks: bool,
    /// Details and search say 0 for codes without an amount.
    pub open_amounts_as_zero: bool,
    /// Callbacks have the three amounts that the description dropped.
    pub legacy_amounts: bool,
}

impl Default for Faults {
    fn default() -> Faults {
        Faults {
            server_errors_percent: Rates::default(),
            too_many_requests_percent: Rates::default(),
            retry_after_seconds: 1,
            key_set_unreachable: false,
            list_lag_ms: 0,
            details_lag_ms: 0,
            hold_callbacks: false,
            open_amounts_as_zero: false,
            legacy_amounts: true,
        }
    }
}

/// A change: what is `None` stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs, reason = "each changes the field of the same name")]
pub struct FaultsChange {
    /// Puts everything back to its default first.
    pub reset: bool,
    pub server_errors_percent: Option<RatesChange>,
    pub too_many_requests_percent: Option<RatesChange>,
    pub retry_after_seconds: Option<u32>,
    pub key_set_unreachable: Option<bool>,
    pub list_lag_ms: Option<u64>,
    pub details_lag_ms: Option<u64>,
    pub hold_callbacks: Option<bool>,
    pub open_amounts_as_zero: Option<bool>,
    pub legacy_amounts: Option<bool>,
    /// Replaces the signing key now.
    pub rotate_keys: Option<Rotation>,
}

/// What becomes of the old key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rotation {
    /// Published for another day.
    Keep,
    /// Gone at once, with all older ones.
    Drop,
}

impl Faults {
    fn changed(&self, change: &FaultsChange) -> Result<Faults, String> {
        let mut next = if change.reset { Faults::default() } else { self.clone() };
        next.server_errors_percent.change(change.server_errors_percent);
        next.too_many_requests_percent.change(change.too_many_requests_percent);
        next.retry_after_seconds = change.retry_after_seconds.unwrap_or(next.retry_after_seconds);
        next.key_set_unreachable = change.key_set_unreachable.unwrap_or(next.key_set_unreachable);
        next.list_lag_ms = change.list_lag_ms.unwrap_or(next.list_lag_ms);
        next.details_lag_ms = change.details_lag_ms.unwrap_or(next.details_lag_ms);
        next.hold_callbacks = change.hold_callbacks.unwrap_or(next.hold_callbacks);
        next.open_amounts_as_zero = change.open_amounts_as_zero.unwrap_or(next.open_amounts_as_zero);
        next.legacy_amounts = change.legacy_amounts.unwrap_or(next.legacy_amounts);
        if !next.server_errors_percent.is_share() || !next.too_many_requests_percent.is_share() {
            return Err("a percentage is 0 to 100".to_owned());
        }
        if next.retry_after_seconds > RETRY_AFTER_SECONDS_MAX {
            return Err(format!("retry_after_seconds is at most {RETRY_AFTER_SECONDS_MAX}"));
        }
        if next.list_lag_ms > LAG_MS_MAX || next.details_lag_ms > LAG_MS_MAX {
            return Err(format!("list_lag_ms and details_lag_ms are at most {LAG_MS_MAX}"));
        }
        Ok(next)
    }
}

impl Bancontact {
    pub(in crate::sandbox) fn faults(&self) -> Faults {
        self.state().faults.clone()
    }

    pub(in crate::sandbox) fn change_faults(&self, change: FaultsChange) -> Result<Faults, SandboxError> {
        let now = self.clock.now();
        let mut state = self.state();
        let next = state.faults.changed(&change).map_err(SandboxError::BadFault)?;
        if let Some(rotation) = change.rotate_keys {
            let state = &mut *state;
            let keys = state.keys.rotated(rotation == Rotation::Keep, now, &mut state.random);
            state.record(Record::Keys(keys))?;
        }
        let released = state.faults.hold_callbacks && !next.hold_callbacks;
        state.faults = next.clone();
        if released {
            state.release_held(now)?;
            self.came.notify_one();
        }
        Ok(next)
    }

    /// Fails when this request is one of those that shall fail.
    pub(super) fn trip(&self, endpoint: Endpoint) -> Result<(), Refusal> {
        let mut state = self.state();
        let faults = state.faults.clone();
        let random = &mut state.random;
        if random.random_range(0..100) < faults.too_many_requests_percent.of(endpoint) {
            return Err(Refusal::TooManyRequests { retry_after_seconds: faults.retry_after_seconds });
        }
        if random.random_range(0..100) >= faults.server_errors_percent.of(endpoint) {
            return Ok(());
        }
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        Err(match random.random_range(0..3u8) {
            0 => {
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Refusal::error(status, "TECHNICAL_ERROR", "A technical error occurred", random)
            }
            1 => Refusal::error(unavailable, "TRY_AGAIN_LATER", "Please try again later", random),
            _ => Refusal::Empty(unavailable),
        })
    }
}
