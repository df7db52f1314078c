//! A stand-in for the payment providers: makes payments, sends signed callbacks, answers for them, and fails on request.
//!
//! It speaks HTTP to Polsband like the real thing and is written from the providers' public descriptions.
//! It shares no code and no types with the adapters in `providers/`: a mistake made on one side must show up
//! on the other, not cancel itself out. Bancontact has a folder of its own, [`bancontact`]; the two that make a payment for
//! each order share one, [`orders`], which says which paths, keys and faults it has.
//!
//! **It is never to be exposed.** Whoever reaches it makes payments out of nothing and reads every callback.
//! It belongs on a loopback address, next to a Polsband that holds no real money.
//!
//! # Where things are
//!
//! | path | what |
//! |---|---|
//! | `GET /` | a phone-like page: choose or paste a code, pay, see what was sent and answered |
//! | `/v3/…` and `/jwks` | Bancontact's own paths; see [`bancontact`]. Configure `{base}` as its API and `{base}/jwks` as its key set |
//! | `POST /sandbox/pay` | what a bank app does after scanning a code; see [`PayRequest`] |
//! | `POST /sandbox/payments/{id}/move` | a payment changes its state, and the callback for it; see [`MoveRequest`] |
//! | `GET /sandbox/payments?limit=N` | the newest payments (20, at most 200) with their callbacks: headers and body as sent, every answer |
//! | `POST /sandbox/profiles`, `GET` | who gets paid, and where its callbacks go; see [`NewProfile`]. Answers `{profile_id, api_key, api_url, key_set_url}` |
//! | `POST /sandbox/faults`, `GET`, `DELETE` | what goes wrong; see below |
//! | `POST /sandbox/callbacks/release` | sends held callbacks now, one after the other: `{"order": "oldest-first"}` or `"newest-first"` |
//!
//! Bodies are JSON of at most 16 KiB whatever their content type says; unknown fields are refused; a refusal is
//! `application/problem+json` with a sentence that says what would be right.
//!
//! # Faults
//!
//! `POST /sandbox/faults` changes the fields it names and leaves the others; it answers all of them, as `GET` does.
//! `{"reset": true}` (or `DELETE`) puts all back first. Faults do not survive a restart. All fields, at their defaults:
//!
//! ```json
//! {
//!   "server_errors_percent": {"details": 0, "search": 0, "cancel": 0, "key_set": 0},
//!   "too_many_requests_percent": {"details": 0, "search": 0, "cancel": 0, "key_set": 0},
//!   "retry_after_seconds": 1,
//!   "key_set_unreachable": false,
//!   "list_lag_ms": 0,
//!   "details_lag_ms": 0,
//!   "hold_callbacks": false,
//!   "open_amounts_as_zero": false,
//!   "legacy_amounts": true
//! }
//! ```
//!
//! | field | effect |
//! |---|---|
//! | `server_errors_percent` | that share of requests gets 500 `TECHNICAL_ERROR`, 503 `TRY_AGAIN_LATER` or an empty 503. A single number sets all endpoints |
//! | `too_many_requests_percent` | that share gets 429 with `Retry-After: retry_after_seconds` |
//! | `key_set_unreachable` | the key set answers 503 with an empty body |
//! | `list_lag_ms`, `details_lag_ms` | a payment appears in the search, or by its id, only so long after it was made |
//! | `hold_callbacks` | callbacks are made and signed but kept back; turned off again, the kept ones are sent |
//! | `open_amounts_as_zero` | details and search say amount 0 for a code that was printed without an amount |
//! | `legacy_amounts` | callbacks carry `transferAmount`, `tippingAmount` and `totalAmount`, as all real samples do and the description no longer does |
//! | `rotate_keys` | not a state but an act: `"keep"` signs with a new key and publishes the old one for another 24 h, `"drop"` takes all old ones away at once |
//!
//! # Time and work
//!
//! [`Sandbox::serve`] runs the router together with a loop that expires payments and sends the callbacks that are
//! due. A test with a manual clock serves the router alone and calls [`Sandbox::step`], one turn of that loop.
//!
//! # What is kept
//!
//! With a data folder, profiles, keys, payments and callbacks are appended to one JSON-lines file per provider
//! as they happen, and read back at the start; a callback that was due goes on with the same bytes. Writes reach the operating
//! system before an answer does, so a killed process loses nothing; a power cut may. Bounds: the newest 200,000
//! payments and 10,000 callbacks. What is kept of the two others is said in [`orders`].

pub mod bancontact;
pub mod orders;

mod control;
mod journal;
mod page;
mod problem;
mod serve;
#[cfg(test)]
mod tests;

use crate::clock::Clock;
use crate::sandbox::bancontact::Bancontact;
pub use crate::sandbox::bancontact::{
    CallbackMode, DebtorRequest, Faults, FaultsChange, MoveRequest, NewProfile, Paid, PayRequest, Rates,
    RatesChange, Rotation, Status,
};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Most codes the page offers to choose from; a longer list is no help to a person.
pub const CODES_MAX: usize = 500;

/// How a sandbox is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where its state is kept; made if missing. `None`: in memory only.
    pub data: Option<PathBuf>,
    /// The time it lives in.
    pub clock: Clock,
    /// Where it is reached, without a slash at the end: `http://127.0.0.1:8081`. Stands in the links of its answers.
    pub base_url: String,
    /// Fixes what is random in ids and fault rates (never the keys), so that a test can repeat a run.
    pub seed: Option<u64>,
}

/// A printed code the page offers to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedCode {
    /// What a person knows it by: `Wristband K7QM-3XR9`.
    pub label: String,
    /// The text of its QR.
    pub payload: String,
}

/// What the sandbox can't do, or won't.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The data folder can't be used.
    #[error("the sandbox can't use {path}: {source}")]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process holds the data folder.
    #[error("{path} is in use by another sandbox: stop that one or give this one a folder of its own")]
    InUse {
        /// The file that is held.
        path: PathBuf,
    },
    /// A line of the data file is not one of ours.
    #[error("{path}, line {line}, is damaged ({reason}): repair it, or move the file away to start empty")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What was wrong with it.
        reason: String,
    },
    /// No HTTP client could be built for sending callbacks.
    #[error("callbacks can't be sent: {0}")]
    Client(#[from] reqwest::Error),
    /// A profile that can't be registered.
    #[error("{0}")]
    BadProfile(String),
    /// The payload, amount or another part of a payment is wrong.
    #[error("{0}")]
    BadPayment(String),
    /// The code names a profile that nobody registered here.
    #[error(
        "profile {0} is not registered with this sandbox: POST /sandbox/profiles {{profile_id, callback_url}} first"
    )]
    UnknownProfile(String),
    /// No payment with that id.
    #[error("there is no payment {0} in this sandbox")]
    UnknownPayment(String),
    /// A fault that can't be set.
    #[error("{0}")]
    BadFault(String),
    /// Too many callbacks wait to be sent.
    #[error("{0} callbacks are waiting already: release the held ones, or bring their receiver back")]
    Busy(usize),
}

/// A running stand-in. Clones share one state.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    bancontact: Arc<Bancontact>,
    orders: orders::Orders,
    codes: Mutex<Vec<PrintedCode>>,
    base_url: String,
}

impl Sandbox {
    /// Reads what an earlier run left in the data folder, or starts empty with fresh keys.
    ///
    /// # Errors
    /// `Data`, `InUse` and `Damaged` for the folder, `Client` when callbacks can't be sent.
    pub fn open(options: Options) -> Result<Sandbox, SandboxError> {
        let base_url = options.base_url.trim_end_matches('/').to_owned();
        let bancontact = Bancontact::open(&options, &base_url)?;
        let orders = orders::Orders::open(&options, &base_url)?;
        let inner = Inner { bancontact: Arc::new(bancontact), orders, codes: Mutex::default(), base_url };
        Ok(Sandbox { inner: Arc::new(inner) })
    }

    /// Where the provider's API is: what an event's `--api-url` takes.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.inner.base_url
    }

    /// MultiSafepay and WooshPay.
    #[must_use]
    pub fn orders(&self) -> &orders::Orders {
        &self.inner.orders
    }

    /// Where its key set is: what an event's `--key-set-url` takes.
    #[must_use]
    pub fn key_set_url(&self) -> String {
        format!("{}{}", self.inner.base_url, bancontact::KEY_SET_PATH)
    }

    /// Registers who gets paid, or changes it; answers the profile's API key. Without one in the request an
    /// earlier registration's stays, and a new profile gets a drawn one.
    ///
    /// # Errors
    /// `BadProfile` says which field is wrong; `Data` when it can't be kept.
    pub fn register_profile(&self, profile: NewProfile) -> Result<String, SandboxError> {
        self.inner.bancontact.register(profile)
    }

    /// Replaces the codes the page offers to choose from; what exceeds [`CODES_MAX`] is left out.
    pub fn register_codes(&self, codes: Vec<PrintedCode>) {
        let mut offered = self.inner.codes.lock().unwrap_or_else(PoisonError::into_inner);
        *offered = codes;
        offered.truncate(CODES_MAX);
    }

    /// What a bank app does after scanning a code. Waits for the callback's answer where one is sent at once.
    ///
    /// # Errors
    /// `BadPayment`, `UnknownProfile`, `Busy`; `Data` when the payment can't be kept.
    pub async fn pay(&self, request: PayRequest) -> Result<Paid, SandboxError> {
        Arc::clone(&self.inner.bancontact).pay(request).await
    }

    /// Moves a payment to another state and sends the callback for it.
    ///
    /// # Errors
    /// `UnknownPayment`, `BadPayment`, `Busy`; `Data` when the move can't be kept.
    pub async fn move_payment(&self, id: &str, request: MoveRequest) -> Result<Paid, SandboxError> {
        Arc::clone(&self.inner.bancontact).move_payment(id, request).await
    }

    /// Changes what goes wrong; answers all faults as they are then.
    ///
    /// # Errors
    /// `BadFault` says which value is out of range.
    pub fn change_faults(&self, change: FaultsChange) -> Result<Faults, SandboxError> {
        self.inner.bancontact.change_faults(change)
    }

    /// Does what is due by the clock: expires payments, sends callbacks. Answers how many callbacks it sent.
    pub async fn step(&self) -> usize {
        Arc::clone(&self.inner.bancontact).step().await
    }

    fn codes(&self) -> Vec<PrintedCode> {
        self.inner.codes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
