//! Bancontact's Merchant Payment API v3 for Top-Up codes, as its public description and real messages show it.
//!
//! | path | answers |
//! |---|---|
//! | `GET /jwks` | the key set: an RSA entry that signs nothing, as in real life, and the EC keys |
//! | `GET /v3/payments/{id}` | one payment |
//! | `DELETE /v3/payments/{id}` | 204; 422 `PAYMENT_NOT_PENDING` once it is past IDENTIFIED |
//! | `POST /v3/payments/search?page=&size=` | newest first; page 0, size 10, at most 100, made within the last day unless `from` says otherwise |
//!
//! Requests carry `Authorization: Bearer <API key>`. A key belongs to one profile and sees only its payments. No
//! credentials: 403 with an empty body, as the edge answers; a wrong key: 401 `UNAUTHORIZED`. Errors are
//! `{code, message, traceId, spanId}`.
//!
//! # Callbacks
//!
//! `POST` to the profile's callback URL with `signature` (a detached JWS, ES256), `content-type` and
//! `user-agent`. Answered 200: done. No answer within 15 s, or 429, 500, 503, 504, 509: sent again with the same bytes and
//! headers, after 2 s and then twice as long each time up to an hour, until 24 h have passed. The real intervals are
//! not known. Any other answer: not sent again.
//!
//! The real provider sends callbacks for final states. This one sends one for whatever outcome was asked for, so
//! that a receiver can be shown every state; also when a waiting payment expires (after 20 minutes) or is cancelled.
//!
//! # What is not known of the real provider
//!
//! Chosen here, each where it can do the least harm: the amount in details of a code without one (the paid amount; fault
//! `open_amounts_as_zero` for the other reading), `to` in a search (now), payers missing from callbacks that are
//! neither paid nor authorised, the names of keys, and no certificates (`x5c`) with the keys, which are optional.

mod announce;
mod api;
mod callback;
mod deliver;
mod details;
mod faults;
mod keys;
mod message;
mod pay;
mod payload;
mod payment;
mod profile;
mod queue;
mod rates;
mod refusal;
mod retry;
mod search;
mod shown;
mod state;
mod status;

pub use callback::CallbackMode;
pub(in crate::sandbox) use callback::{Attempt, CallbackState};
pub(in crate::sandbox) use deliver::ReleaseOrder;
pub use faults::{Faults, FaultsChange, Rotation};
pub use pay::{MoveRequest, Paid, PayRequest};
pub use payment::DebtorRequest;
pub use profile::NewProfile;
pub(in crate::sandbox) use profile::ProfileView;
pub use rates::{Rates, RatesChange};
pub(in crate::sandbox) use shown::{CallbackView, PaymentView};
pub use status::Status;

use crate::clock::Clock;
use crate::sandbox::{Options, SandboxError};
use axum::Router;
use axum::routing::{get, post};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Where the key set is served.
pub(in crate::sandbox) const KEY_SET_PATH: &str = "/jwks";

/// The provider: its books behind one lock, and what it needs to call us.
pub(in crate::sandbox) struct Bancontact {
    clock: Clock,
    base_url: String,
    http: reqwest::Client,
    state: Mutex<State>,
    came: Notify,
}

impl Bancontact {
    pub(in crate::sandbox) fn open(options: &Options, base_url: &str) -> Result<Bancontact, SandboxError> {
        let clock = options.clock.clone();
        let state = State::open(options.data.as_deref(), options.seed, clock.now())?;
        Ok(Bancontact {
            clock,
            base_url: base_url.to_owned(),
            http: deliver::http_client()?,
            state: Mutex::new(state),
            came: Notify::new(),
        })
    }

    /// Never held over an await: every use is a few map look-ups and one line to the data file.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The registered profiles, without their keys.
    pub(in crate::sandbox) fn profiles(&self) -> Vec<ProfileView> {
        self.state().profiles.values().map(ProfileView::from).collect()
    }

    /// The newest payments, newest first, each with its callbacks.
    pub(in crate::sandbox) fn recent(&self, limit: usize) -> Vec<PaymentView> {
        let state = self.state();
        state.newest().take(limit).map(|payment| state.view(payment)).collect()
    }

    /// One payment with its callbacks.
    pub(in crate::sandbox) fn shown(&self, payment_id: &str) -> Option<PaymentView> {
        let state = self.state();
        state.payment(payment_id).map(|payment| state.view(payment))
    }

    /// How long until something is due; as long as can be when nothing is.
    pub(in crate::sandbox) fn until_next(&self) -> Duration {
        let now = self.clock.now();
        self.state().next_due_at().map_or(Duration::MAX, |at| at.since(now))
    }

    /// Completes when a callback was put in the queue.
    pub(in crate::sandbox) async fn something_came(&self) {
        self.came.notified().await;
    }
}

/// The provider's own paths.
pub(in crate::sandbox) fn routes(bancontact: Arc<Bancontact>) -> Router {
    Router::new()
        .route(KEY_SET_PATH, get(api::key_set))
        .route("/v3/payments/search", post(search::search))
        .route("/v3/payments/{id}", get(api::details).delete(api::cancel))
        .route("/v3/{*rest}", axum::routing::any(api::unknown_path))
        .with_state(bancontact)
}
